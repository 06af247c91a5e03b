# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A host without requests is asked last, and gets it only where it has to ask a registry."""

from __future__ import annotations

from tests.fleet.conftest import BARE
from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token

OFFBOARD = "npmops.auth.offboard"


def test_another_host_with_the_token_is_asked(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    shared = registry.give()
    # Its name comes first, and it would be chosen for that.
    for name in ("h21", BARE):
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(shared))
    run = controller.play(OFFBOARD, "--limit", f"h21,{BARE}", users=["alice"])
    assert (run.code, registry.count_revoked(), fleet.list_holding(shared)) == (0, 1, [])
    assert run.map_tokens("asked_by") == {name_token(shared): "h21"}
    assert not list((fleet.base / "bare").rglob("installed.pth"))


def test_it_is_installed_where_nobody_else_can_be_asked(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    own = registry.give()
    fleet[BARE].plant("alice", "~/.npmrc", registry.write_npmrc(own))
    dry = controller.play(OFFBOARD, "--limit", BARE, "--check", users=["alice"])
    assert (dry.code, dry.map_tokens("outcome")) == (0, {name_token(own): "pending"})
    assert not list((fleet.base / "bare").rglob("installed.pth"))

    refused = controller.play(OFFBOARD, "--limit", BARE, users=["alice"], install_requests=False)
    assert (refused.code != 0, refused.list_hosts("failed"), registry.is_valid(own)) == (True, [BARE], True)
    assert "requests" in refused.map_hosts("problem")[BARE]

    run = controller.play(OFFBOARD, "--limit", BARE, users=["alice"])
    assert (run.code, registry.count_revoked(), fleet.list_holding(own)) == (0, 1, [])
