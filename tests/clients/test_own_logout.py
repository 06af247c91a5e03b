# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The clients' own ways to log out do what docs/clients.md says, and these are the clients that it names."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.tools.paths import ROOT

from .cases import CASES
from .logouts import LOGOUTS, Logout, make_rows
from .programs import CLIENTS, Client
from .world import URL, make_world

DOCUMENT = ROOT / "docs" / "clients.md"


@pytest.mark.parametrize("logout", LOGOUTS, ids=lambda logout: f"{logout.case.name}: {logout.command}")
def test_client_logs_out_as_documented(logout: Logout, tmp_path: Path) -> None:
    require(logout.case.client)
    with make_world(logout.case, tmp_path) as world:
        ran = world.run(*(argument.replace("<URL>", world.localize(URL)) for argument in logout.arguments))
        assert world.see(succeeded=ran.returncode == 0) == logout.outcome, ran.stdout + ran.stderr


def test_document_holds_these_rows() -> None:
    assert "\n".join(make_rows()) in DOCUMENT.read_text()


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_document_names_this_version(client: Client, tmp_path: Path) -> None:
    require(client)
    command = client.make_command(("--version",))
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    ran = subprocess.run(
        command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=150, check=True
    )
    assert f"{client.title.partition(' ')[0]} {ran.stdout.strip()}" in " ".join(DOCUMENT.read_text().split())


@pytest.mark.parametrize("client", CLIENTS, ids=lambda client: client.key)
def test_every_client_has_cases_and_rows(client: Client) -> None:
    assert [case for case in CASES if case.client is client] != []
    assert [logout for logout in LOGOUTS if logout.case.client is client] != []


def require(client: Client) -> None:
    if not client.is_installed:
        pytest.skip(f"{client.title} does not run on this platform")
