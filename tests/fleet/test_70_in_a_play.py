# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The roles in a play of one's own: after another, in a loop, with a condition, and in batches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller, Run
from tests.fleet.registries import WatchedRegistry, name_token

SOME = ["h01", "h02", "h03"]
OFFBOARD = "npmops.auth.offboard"


def run_play(controller: Controller, *arguments: str, **play: Any) -> Run:
    playbook = controller.folder / "playbook.yml"
    playbook.write_text(
        json.dumps([{"name": "Put a fleet in order", "hosts": SOME, "gather_facts": False, "become": True, **play}])
    )
    return controller.play(str(playbook), *arguments)


def test_roles_one_after_the_other(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    of_alice, of_jenkins, new = registry.give(), registry.give(), registry.give()
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(of_alice))
        fleet[name].plant("jenkins", "~/.npmrc", registry.write_npmrc(of_jenkins))
    controller.secrets += [of_alice, of_jenkins, new]
    of_rotation = {"npm_auth_users": ["jenkins"], "npm_auth_registry": registry.url, "npm_auth_token": new}
    run = run_play(
        controller,
        roles=[
            {"role": "npmops.auth.audit"},
            {"role": OFFBOARD, "npm_auth_users": ["alice"]},
            {"role": "npmops.auth.rotate", **of_rotation},
        ],
    )
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
    run = run_play(controller, serial=1, roles=[{"role": OFFBOARD, "npm_auth_users": ["alice"]}])
    assert (run.code != 0, list(run.recap), registry.requests) == (True, ["h01"], ())
    assert "remove serial from the play, or run the playbook npmops.auth.offboard" in " ".join(run.output.split())


def test_condition_that_is_false_for_the_first_host_is_refused(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """Ansible skips what is decided once for all hosts; results of an earlier role must not take its place."""
    of_alice, protected = registry.give(), registry.give()
    fleet["h02"].plant("alice", "~/.npmrc", registry.write_npmrc(of_alice) + "//b.example.com/:_auth=YTpi\n")
    fleet["h02"].plant("jenkins", "~/.npmrc", registry.write_npmrc(protected))
    second = {"npm_auth_users": ["jenkins"], "npm_auth_protected_fingerprints": [name_token(protected)]}
    run = run_play(
        controller,
        roles=[
            {"role": OFFBOARD, "npm_auth_users": ["alice"]},
            {"role": OFFBOARD, **second, "when": "inventory_hostname != 'h01'"},
        ],
    )
    assert (run.code != 0, run.list_hosts("failed")) == (True, ["h02", "h03"])
    assert "The condition of the role is false for the first host" in run.output
    assert registry.list_valid() == [protected]
    assert fleet["h02"].read("jenkins", "~/.npmrc") == registry.write_npmrc(protected)


def test_new_token_of_each_host_is_refused(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """A second run would revoke the new tokens of all hosts but the first."""
    old, *new = [registry.give() for _number in range(4)]
    for name in SOME:
        fleet[name].plant("jenkins", "~/.npmrc", registry.write_npmrc(old))
    of_rotation = {"npm_auth_users": ["jenkins"], "npm_auth_registry": registry.url}
    token = "{{ " + repr(dict(zip(SOME, new, strict=True))) + "[inventory_hostname] }}"
    run = run_play(controller, vars={"npm_auth_token": token}, roles=[{"role": "npmops.auth.rotate", **of_rotation}])
    assert (run.code != 0, registry.list_valid()) == (True, [old, *new])
    assert "npm_auth_token differs between h01 and h02" in " ".join(run.output.split())


def test_condition_that_is_false_for_another_host_is_refused(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """Its copies and tripwires are not known; an audit of an earlier role does not count."""
    token = registry.give()
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    role = {"role": OFFBOARD, "npm_auth_users": ["alice"], "when": "inventory_hostname != 'h02'"}
    run = run_play(controller, roles=[{"role": "npmops.auth.audit"}, role])
    assert (run.code != 0, registry.list_valid()) == (True, [token])
    assert "the host h02 was not searched" in " ".join(run.output.split())


def test_condition_of_an_included_role_is_refused(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """A host that was not searched can be one that the strategy free has not reached yet."""
    tokens = [registry.give() for _name in SOME]
    for name, token in zip(SOME, tokens, strict=True):
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    include = {"ansible.builtin.include_role": {"name": OFFBOARD}, "vars": {"npm_auth_users": ["alice"]}}
    run = run_play(controller, tasks=[{"name": "Offboard", **include, "when": "inventory_hostname != 'h01'"}])
    assert (run.code != 0, registry.list_valid()) == (True, tokens)
    assert "h01 was not searched. The role needs the strategy linear" in " ".join(run.output.split())


def test_condition_of_an_imported_playbook_is_refused(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    token = registry.give()
    fleet["h02"].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    playbook = controller.folder / "playbook.yml"
    play = {"ansible.builtin.import_playbook": OFFBOARD, "when": "inventory_hostname != 'h01'"}
    playbook.write_text(json.dumps([play]))
    run = controller.play(str(playbook), "--limit", "h01,h02", users=["alice"])
    assert (run.code != 0, registry.list_valid()) == (True, [token])
    assert "The condition of the role is false for the first host" in run.output


@pytest.mark.parametrize("argument", [pytest.param(True, id="of the play"), pytest.param(None, id="of the run")])
def test_check_mode_is_reported(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, argument: bool | None
) -> None:
    token = registry.give()
    text = registry.write_npmrc(token) + "//b.example.com/:_auth=YTpi\n"
    fleet["h01"].plant("alice", "~/.npmrc", text)
    keywords: dict[str, Any] = {} if argument is None else {"check_mode": argument}
    role = {"role": OFFBOARD, "npm_auth_users": ["alice"]}
    run = run_play(controller, *([] if argument else ["--check"]), roles=[role], **keywords)
    assert (run.code, registry.requests, fleet["h01"].read("alice", "~/.npmrc")) == (0, (), text)
    assert run.report["run"]["check_mode"] is True
    assert run.map_tokens("outcome") == {name_token(token): "pending"}


def test_real_run_of_a_play_is_reported_beside_the_check_mode_of_others(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    token = registry.give()
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    role = {"role": OFFBOARD, "npm_auth_users": ["alice"]}
    run = run_play(controller, "--check", roles=[role], check_mode=False)
    assert (run.code, registry.list_valid(), run.report["run"]["check_mode"]) == (0, [], False)
    assert run.map_tokens("outcome") == {name_token(token): "confirmed"}


def test_role_in_a_loop(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    tokens = {account: registry.give() for account in ("alice", "jenkins")}
    for account, token in tokens.items():
        fleet["h01"].plant(account, "~/.npmrc", registry.write_npmrc(token))
    given = {"npm_auth_users": ["{{ item.account }}"], "npm_auth_fingerprints": "{{ item.fingerprints }}"}
    include = {"ansible.builtin.include_role": {"name": OFFBOARD}, "vars": given}
    loop = [{"account": account, "fingerprints": [name_token(token)]} for account, token in tokens.items()]
    run = run_play(controller, tasks=[{"name": "Offboard", **include, "loop": loop}])
    assert (run.code, registry.list_valid(), registry.count_revoked()) == (0, [], 2)
    assert "is already in use" not in run.output
