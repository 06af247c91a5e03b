# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures of the integration tests: a Verdaccio, an embedded registry, and a runner of playbooks."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.accounts import administer
from tests.integration.play import MODULE, Runner
from tests.integration.verdaccio import Verdaccio
from tests.registry import EmbeddedRegistry
from tests.tools import paths


@pytest.fixture(scope="session")
def verdaccio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verdaccio]:
    """Start a real Verdaccio for all tests. Each test uses its own users."""
    with Verdaccio(tmp_path_factory.mktemp("verdaccio")) as server:
        yield server


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    """Start an embedded registry that behaves like npm's."""
    with EmbeddedRegistry() as registry:
        yield registry


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    folder = tmp_path / "ansible-run"
    folder.mkdir()
    return Runner(folder)


@pytest.fixture(scope="session")
def documentation(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Read the module's documentation from ansible-doc: doc, examples, return."""
    folder = tmp_path_factory.mktemp("ansible-doc")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "ANSIBLE_HOME": str(folder),
        "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
    }
    command = [str(paths.ANSIBLE_DOC), "--type", "module", "--json", MODULE]
    process = subprocess.run(command, capture_output=True, text=True, check=True, timeout=150, env=environment)
    found: dict[str, Any] = json.loads(process.stdout)[MODULE]
    return found


@pytest.fixture(scope="session")
def accounts() -> Iterator[tuple[str, str]]:
    """Create two login accounts with home directories on this host, and remove them at the end."""
    if os.geteuid() != 0:
        pytest.skip("only root can make accounts, and act as them")
    if shutil.which("useradd") is None:
        pytest.skip("useradd is not installed")
    base = Path(tempfile.mkdtemp(prefix="npmops-homes-"))
    base.chmod(0o755)
    names = tuple(f"npmops-{secrets.token_hex(4)}" for _number in range(2))
    made: list[str] = []
    try:
        for name in names:
            administer("useradd", "--create-home", "--base-dir", str(base), "--shell", "/usr/sbin/nologin", name)
            made.append(name)
        yield (names[0], names[1])
    finally:
        for name in made:
            administer("userdel", "--remove", name)
        shutil.rmtree(base)
