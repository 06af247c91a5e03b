# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A worm reacts to a revocation: the host is left alone, and the token stays valid, until somebody has isolated it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller, Run
from tests.fleet.registries import WatchedRegistry, name_token

SOME = ["h01", "h02", "h03"]
TRIPPED = "h02"
#: In the home of an account that the run is not about.
WIRE = ("jenkins", "~/.local/bin/gh-token-monitor.sh")


def play(controller: Controller, registry: WatchedRegistry, playbook: str, *hosts: str, new: str = "") -> Run:
    options: dict[str, Any] = {"users": ["alice"]} if playbook != "npmops.auth.audit" else {}
    if playbook == "npmops.auth.rotate":
        options |= {"registry": registry.url, "token": new}
    return controller.play(playbook, "--limit", ",".join(hosts), **options)


@pytest.mark.parametrize("job", ["offboard", "rotate"])
def test_host_with_a_tripwire(fleet: Fleet, controller: Controller, registry: WatchedRegistry, job: str) -> None:
    shared, own, new = registry.give(), registry.give(), registry.give()
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(shared))
    fleet["h01"].plant("alice", "~/work/.npmrc", registry.write_npmrc(own))
    fleet[TRIPPED].plant(*WIRE, "")
    before = fleet[TRIPPED].read("alice", "~/.npmrc")

    run = play(controller, registry, f"npmops.auth.{job}", *SOME, new=new)
    assert run.code != 0
    assert TRIPPED in run.list_hosts("failed")
    assert run.report["tripwires"] == [{"host": TRIPPED, "paths": [str(fleet[TRIPPED].find(*WIRE))]}]
    assert run.report["summary"]["headline"].startswith("1 host has a tripwire: isolate it, then run again.")
    assert "isolate it, then run again" in run.output
    assert fleet[TRIPPED].read("alice", "~/.npmrc") == before
    assert registry.is_valid(shared)
    # What is not there is revoked; a rotation revokes nothing before every host has the new token.
    assert registry.is_valid(own) == (job == "rotate")

    # It is isolated: out of the run, and of the fleet.
    fleet[TRIPPED].go_down()
    again = play(controller, registry, f"npmops.auth.{job}", "h01", "h03", new=new)
    assert (again.code, again.list_hosts("failed")) == (0, [])
    assert registry.list_valid() == [new]
    assert registry.count_revoked() == 2
    assert {place.partition(":")[0] for place in fleet.list_holding(shared)} == {TRIPPED}


def test_audit_fails_on_it(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    token = registry.give()
    fleet[TRIPPED].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    fleet[TRIPPED].plant(*WIRE, "")
    run = play(controller, registry, "npmops.auth.audit", *SOME)
    assert (run.code != 0, run.list_hosts("failed")) == (True, [TRIPPED])
    assert (run.report["summary"]["level"], run.map_tokens("state")) == ("alarm", {name_token(token): "open"})
