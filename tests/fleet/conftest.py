# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Fixtures of the fleet tests: one fleet for all tests, with empty home directories for each test, and registries."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.hosts import Fleet, find_obstacle, run_fleet
from tests.fleet.play import Controller
from tests.fleet.registries import FAILING, STUMBLING, WatchedRegistry
from tests.integration.verdaccio import Verdaccio

NAMES = [f"h{number:02}" for number in range(1, 23)]
#: The host whose Python does not have requests.
BARE = "h22"


@pytest.fixture(scope="session")
def running_fleet() -> Iterator[Fleet]:
    obstacle = find_obstacle()
    if obstacle:
        pytest.skip(obstacle)
    with run_fleet(NAMES) as fleet:
        fleet[BARE].python = _make_bare_python(fleet.base / "bare")
        yield fleet


@pytest.fixture
def fleet(running_fleet: Fleet) -> Fleet:
    """Start all hosts, with empty home directories."""
    running_fleet.start()
    running_fleet.empty()
    for link in (running_fleet.base / "bare").rglob("installed.pth"):
        link.unlink()
    return running_fleet


@pytest.fixture
def controller(fleet: Fleet, tmp_path: Path) -> Controller:
    return Controller(tmp_path, fleet)


@pytest.fixture
def registry() -> Iterator[WatchedRegistry]:
    with WatchedRegistry() as registry:
        yield registry


@pytest.fixture
def stumbling() -> Iterator[WatchedRegistry]:
    """Start a registry on which the first request to each endpoint fails."""
    with WatchedRegistry() as registry:
        registry.behave(STUMBLING)
        yield registry


@pytest.fixture
def failing() -> Iterator[WatchedRegistry]:
    """Start a registry that is unavailable until a test changes its behavior."""
    with WatchedRegistry() as registry:
        registry.behave(FAILING)
        yield registry


@pytest.fixture(scope="session")
def verdaccio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verdaccio]:
    with Verdaccio(tmp_path_factory.mktemp("verdaccio")) as server:
        yield server


def _make_bare_python(folder: Path) -> str:
    """Create an interpreter with only the standard library."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=120)
    return str(folder / "bin" / "python")
