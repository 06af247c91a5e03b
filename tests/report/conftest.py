# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the report tests: a browser, and pages to open in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_html import render_page
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import build_report
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import Run
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts
from tests.report.browser import Browser, Page, find_chromium
from tests.report.fleets import Result, make_fleet
from tests.tools import paths

Open = Callable[..., Page]

# Pages, screenshots and prints of the last run, for manual review.
SHOWN = paths.WORK / "report"


@pytest.fixture(scope="session")
def shown() -> Path:
    SHOWN.mkdir(parents=True, exist_ok=True)
    return SHOWN


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if not program:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium-headless-shell)")
    with Browser(program) as started:
        yield started


@pytest.fixture(scope="session")
def written(shown: Path) -> Callable[..., Path]:
    """Return a function that writes the page of a dummy fleet of a given size once."""

    def write(size: int, job: str = "offboard", check_mode: bool = False) -> Path:
        path = shown / f"{job}{'-check' if check_mode else ''}-{size}.html"
        if path not in fresh:
            write_page(path, make_fleet(size, check_mode=check_mode), job, check_mode)
            fresh.add(path)
        return path

    fresh: set[Path] = set()
    return write


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Return a function that opens a page until the end of the test."""
    pages: list[Page] = []

    def open_it(path: Path, **settings: Any) -> Page:
        pages.append(browser.open_page(path, **settings))
        return pages[-1]

    yield open_it
    for page in pages:
        page.close()


def write_page(path: Path, fleet: Mapping[str, Result], job: str = "offboard", check_mode: bool = False) -> None:
    if job == "audit":
        fleet = {name: {**host, "logout": None} for name, host in fleet.items()}
    run = Run(job, check_mode, "2026-03-14T09:30:00Z", "2026-03-14T09:52:10Z", "1.0.0")
    path.write_text(render_page(build_report(read_hosts(fleet), run)), encoding="utf-8")
