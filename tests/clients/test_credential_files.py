# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each client logs in with what its files hold, and is logged out by the module, and nothing else is changed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.run_module import ModuleRun, run_module

from .cases import CASES, GONE, PASSWORD_GONE
from .world import REMARK, SECRETS, URL, Case, Login, World, make_world


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    case: Case = request.param
    if not case.client.is_installed:
        pytest.skip(f"{case.client.title} does not run on this platform")
    with make_world(case, tmp_path) as world:
        yield world


def log_out(world: World) -> ModuleRun:
    options: dict[str, Any] = {"registry": world.localize(URL), "retries": 0, "verify_timeout": 2}
    return run_module({**options, **world.case.options}, home=world.home, environment=world.variables)


def test_client_logs_in_with_what_is_there(world: World) -> None:
    assert world.ask("@example/first") is (Login.KNOWN if world.case.used else Login.ANONYMOUS)


def test_client_is_logged_out_and_keeps_its_settings(world: World) -> None:
    settings = world.list_settings()
    first = log_out(world)
    assert not first.failed, first.msg
    assert first.outcomes == ["confirmed" if world.case.has_token else "not_applicable"]
    assert first.result["changed"] is True
    assert [secret for secret in SECRETS if secret in first.output] == []
    assert world.read(world.store) == world.case.left
    assert world.see(succeeded=True) == (GONE if world.case.has_token else PASSWORD_GONE)
    assert {path: world.read(world.home / path) for path in world.case.beside} == world.case.beside

    assert world.ask("@example/second") is Login.ANONYMOUS
    assert world.list_settings() == settings

    world.registry.forget_requests()
    second = log_out(world)
    assert not second.failed, second.msg
    assert second.result["changed"] is False
    assert world.registry.requests == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_case_shows_what_it_is_for(case: Case) -> None:
    assert [secret for secret in SECRETS if secret in case.text] != []
    assert [secret for secret in SECRETS if secret in case.left] == []
    assert REMARK in case.text
    assert REMARK in case.left


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in CASES]
    assert [name for name in names if names.count(name) > 1] == []
