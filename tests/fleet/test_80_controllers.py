# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The oldest and the newest controller do the same, and evaluate nothing that the owner of a home has written."""

from __future__ import annotations

import json

import pytest

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller, Run
from tests.fleet.registries import WatchedRegistry, name_token
from tests.tools import paths

SOME = ["h01", "h02"]
HOSTILE = "{{ 40000000000 + 2 }}"
EVALUATED = "40000000002"


@pytest.fixture(params=["2.18", "2.22"])
def old_or_new(controller: Controller, request: pytest.FixtureRequest) -> Controller:
    controller.core = paths.WORK / "cores" / request.param
    if not controller.core.exists():
        pytest.skip(f"ansible-core {request.param} is not installed (make setup)")
    return controller


def test_offboard(fleet: Fleet, old_or_new: Controller, registry: WatchedRegistry) -> None:
    shared = registry.give()
    for name in SOME:
        fleet[name].plant(
            "alice", "~/.npmrc", registry.write_npmrc(shared) + f"//h.example.com/{HOSTILE}/:_auth=YTpi\n"
        )
        # Nobody answers there, so that the host fails with a sentence that names the store.
        fleet[name].plant("alice", f"~/{HOSTILE}/.npmrc", f"//127.0.0.1:1/{HOSTILE}/:_authToken=x\n")
    old_or_new.secrets.append(shared)
    run = old_or_new.play("npmops.auth.offboard", "--limit", ",".join(SOME), users=["alice"], timeout=2, retries=0)
    assert sorted(run.recap) == run.list_hosts("failed") == SOME
    assert (registry.count_revoked(), fleet.list_holding(shared)) == (1, [])
    assert run.map_tokens("outcome")[name_token(shared)] == "confirmed"
    assert_not_evaluated(run)


def test_rotate(fleet: Fleet, old_or_new: Controller, registry: WatchedRegistry) -> None:
    old, new = registry.give(), registry.give()
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(old))
    # It is part of a list, beside which no other token can stand.
    fleet["h02"].plant("alice", f"~/{HOSTILE}/.npmrc", f"{registry.key}:_authToken[]={old}\n")
    old_or_new.secrets += [old, new]
    run = old_or_new.play("npmops.auth.rotate", "--limit", ",".join(SOME), registry=registry.url, token=new)
    assert sorted(run.recap) == run.list_hosts("failed") == SOME
    assert registry.list_valid() == [old, new]
    assert "1 host does not have the new token (h02)" in run.output
    assert_not_evaluated(run)


def assert_not_evaluated(run: Run) -> None:
    told = run.output + json.dumps(run.report)
    assert f"{HOSTILE}/.npmrc" in told
    assert EVALUATED not in told
