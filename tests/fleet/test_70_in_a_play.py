# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles in a play of one's own: after another, beside other tasks, and with handlers that expect a fleet."""

from __future__ import annotations

import json

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token

SOME = ["h01", "h02", "h03"]


def test_roles_one_after_the_other(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    of_alice, of_jenkins, new = registry.give(), registry.give(), registry.give()
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(of_alice))
        fleet[name].plant("jenkins", "~/.npmrc", registry.write_npmrc(of_jenkins))
    play = {
        "name": "Put a fleet in order",
        "hosts": SOME,
        "gather_facts": False,
        "become": True,
        "roles": [
            {"role": "npmops.auth.audit"},
            {"role": "npmops.auth.offboard", "npm_auth_users": ["alice"]},
            {
                "role": "npmops.auth.rotate",
                "npm_auth_users": ["jenkins"],
                "npm_auth_registry": registry.url,
                "npm_auth_token": new,
            },
        ],
    }
    playbook = controller.folder / "playbook.yml"
    playbook.write_text(json.dumps([play]))
    controller.secrets += [of_alice, of_jenkins, new]
    run = controller.play(str(playbook))
    assert (run.code, run.list_hosts("failed"), run.list_hosts("changed")) == (0, [], SOME)
    assert (registry.list_valid(), registry.count_revoked()) == ([new], 2)
    for name in SOME:
        assert fleet[name].read("alice", "~/.npmrc") == registry.write_npmrc()
        assert fleet[name].read("jenkins", "~/.npmrc") == registry.write_npmrc(new)
    reports = {
        path.parent.name.partition("-")[0]: json.loads(path.read_text())
        for path in controller.folder.glob("reports-*/*/report.json")
    }
    assert {job: {token["fingerprint"] for token in report["tokens"]} for job, report in reports.items()} == {
        "audit": {name_token(of_alice), name_token(of_jenkins)},
        "offboard": {name_token(of_alice)},
        "rotate": {name_token(of_jenkins), name_token(new)},
    }


def test_play_in_batches_is_refused(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """One batch does not know what the others hold, nor whether they have the account."""
    token = registry.give()
    fleet["h02"].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    role = {"role": "npmops.auth.offboard", "npm_auth_users": ["alice"]}
    play = {"name": "Offboard", "hosts": SOME, "serial": 1, "gather_facts": False, "become": True, "roles": [role]}
    playbook = controller.folder / "playbook.yml"
    playbook.write_text(json.dumps([play]))
    run = controller.play(str(playbook))
    assert (run.code != 0, list(run.recap), registry.requests) == (True, ["h01"], ())
    assert "remove serial from the play, or run the playbook npmops.auth.offboard" in " ".join(run.output.split())
