# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The bookkeeping of the roles between two steps of the hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.npmops.auth.plugins.filter.fleet_step import fleet_step
from ansible_collections.npmops.auth.plugins.plugin_utils._steps import name_hosts
from tests.report.fleets import NPM, OTHER, Result, hold, hold_password, log_out, name_token, tell

NOW = "2026-03-14T09:30:00+00:00"
SHARED, NEW = hold("shared"), hold("new")
IN_YARN = hold("shared", client="yarn", path="/home/alice/.yarnrc.yml")
PLACE = {"account": "alice", "path": "/home/alice/.npmrc"}

Variables = dict[str, dict[str, Any]]


def find(*held: Result, **changes: Any) -> Result:
    """What the audit of a host registers."""
    return {"credentials": list(held), "findings": [], "tripwires": [], "has_requests": True, **changes}


def audit(variables: Variables, job: str = "offboard", **options: Any) -> dict[str, Any]:
    names = list(variables)
    options = {"hosts": names, "batch": names, **options}
    return fleet_step({}, "found", variables, job=job, now=NOW, **options)


def name_calls(state: Mapping[str, Any], part: str) -> dict[str, list[str]]:
    hosts = state["choice"]["hosts"]
    return {name: [item for call in hosts[name][part] for item in call["fingerprints"]] for name in hosts}


def test_offboarding_from_the_first_step_to_the_last() -> None:
    variables: Variables = {
        "a": {"__npm_auth_audit": find(SHARED)},
        "b": {"__npm_auth_audit": find(SHARED, hold_password())},
        "c": {"__npm_auth_audit": find()},
    }
    state = audit(variables)
    assert (state["next"], state["revoking"]) == (["a"], True)
    assert name_calls(state, "revoke")["a"] == [name_token("shared")]

    variables["a"]["__npm_auth_revoked"] = {"results": [log_out(tell(SHARED, "confirmed"))]}
    state = fleet_step(state, "revoked", variables, job="offboard", now=NOW)
    assert (state["next"], state["revoking"]) == ([], False)
    again = fleet_step(state, "revoked", variables, job="offboard", now=NOW)
    assert again == state

    state = fleet_step(state, "settled", variables, job="offboard", now=NOW)
    assert (state["next"], state["clearing"]) == (["b"], ["b"])
    assert name_calls(state, "remove")["b"] == [name_token("shared")]

    variables["b"]["__npm_auth_removed"] = {"results": [log_out(tell(SHARED, "skipped"))]}
    variables["b"]["__npm_auth_cleared"] = log_out(tell(hold_password(), "not_applicable"))
    state = fleet_step(state, "removed", variables, job="offboard", now=NOW, levels=["all"])
    assert (state["next"], state["undone"]) == ([], {})
    assert (state["report"]["tokens"][0]["state"], state["report_name"]) == ("done", "offboard-20260314T093000Z")
    assert state["report"]["summary"]["notes"]


def test_what_the_last_host_did_is_collected_before_anything_is_removed() -> None:
    variables: Variables = {"a": {"__npm_auth_audit": find(SHARED)}, "b": {"__npm_auth_audit": find(SHARED)}}
    state = audit(variables, attempts=1)
    variables["a"]["__npm_auth_revoked"] = log_out(tell(SHARED, "confirmed"))
    assert fleet_step(state, "settled", variables, job="offboard", now=NOW)["next"] == ["b"]


def test_rotation_from_the_first_step_to_the_last() -> None:
    options: dict[str, Any] = {
        "job": "rotate",
        "registry": NPM,
        "new_fingerprint": name_token("new"),
        "now": NOW,
    }
    variables: Variables = {
        "a": {"__npm_auth_audit": find(SHARED, hold_password())},
        "b": {"__npm_auth_audit": find(SHARED, IN_YARN)},
    }
    state = audit(variables, **{name: value for name, value in options.items() if name != "now"})
    assert (state["next"], state["protected"]) == (["a", "b"], [name_token("new")])

    lacking = fleet_step(state, "logged_in", variables, **options)
    assert (lacking["next"], lacking["complete"]) == ([], False)
    held_back = fleet_step(lacking, "replaced", variables, **options)
    assert (held_back["next"], held_back["complete"], held_back["revoking"]) == ([], False, False)
    assert "2 hosts do not have the new token (a, b)." in held_back["rotation"]["sentence"]
    assert set(fleet_step(held_back, "removed", variables, **options)["undone"]) == {"a", "b"}

    for name in "ab":
        variables[name]["__npm_auth_logged_in"] = {"results": [{"changed": True, "item": PLACE, "files": [PLACE]}]}
    state = fleet_step(state, "logged_in", variables, **options)
    assert (state["next"], state["complete"]) == (["b"], True)
    place = {"account": "alice", "path": IN_YARN["path"]}
    variables["b"]["__npm_auth_replaced"] = {"results": [{"changed": True, "item": place, "files": [place]}]}
    state = fleet_step(state, "replaced", variables, **options)
    assert (state["revoking"], len(state["next"])) == (True, 1)
    (chosen,) = state["next"]
    variables[chosen]["__npm_auth_revoked"] = log_out(tell(SHARED, "confirmed"))
    # In check mode the new token is in no file yet.
    assert fleet_step(state, "settled", variables, check_mode=True, **options)["tidying"] == {}
    state = fleet_step(state, "settled", variables, **options)
    assert (set(state["tidying"]), state["next"]) == ({"a"}, ["b", "a"] if chosen == "a" else ["a"])
    variables["a"]["__npm_auth_tidied"] = {"results": [{"failed": True, "msg": "No space"}]}
    assert "No space" in fleet_step(state, "removed", variables, **options)["undone"]["a"]


AT_OTHER = hold("shared", NPM + "other/", line=3)


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"a": {"__npm_auth_audit": find(SHARED, AT_OTHER)}}, id="in the same file"),
        pytest.param(
            {"a": {"__npm_auth_audit": find(SHARED)}, "b": {"__npm_auth_audit": find(AT_OTHER)}}, id="on another host"
        ),
        pytest.param(
            {"a": {"__npm_auth_audit": find(SHARED, IN_YARN)}, "b": {"__npm_auth_audit": find(AT_OTHER)}},
            id="on another host, beside a file that allows one token",
        ),
    ],
)
def test_rotation_revokes_no_token_that_another_registry_uses(variables: Variables) -> None:
    options: dict[str, Any] = {"job": "rotate", "registry": NPM, "new_fingerprint": name_token("new")}
    state = audit(variables, **options)
    variables["a"]["__npm_auth_logged_in"] = {"results": [{"changed": True, "item": PLACE, "files": [PLACE]}]}
    state = fleet_step(state, "logged_in", variables, now=NOW, **options)
    assert (state["next"], state["complete"]) == ([], False)
    state = fleet_step(state, "replaced", variables, now=NOW, **options)
    assert (state["revoking"], state["next"]) == (False, [])
    state = fleet_step(state, "removed", variables, now=NOW, **options)
    user = list(variables)[-1]
    assert set(state["undone"]) == set(variables)
    place = f"/home/alice/.npmrc line 3 has the token {name_token('shared')} for {NPM}other/"
    assert state["undone"][user].startswith(f"{place}, which is not part of this rotation: ")
    assert f"1 host uses an old token for another registry too ({user})." in state["rotation"]["sentence"]
    assert "no copy left" not in state["report"]["summary"]["headline"]


def test_second_rotation_with_the_same_token_for_the_other_registry_revokes_it() -> None:
    """The first one has put the new token after the old one."""
    options: dict[str, Any] = {"job": "rotate", "registry": NPM + "other/", "new_fingerprint": name_token("new")}
    first = hold("shared", NPM + "first/"), hold("new", NPM + "first/", line=2)
    variables: Variables = {"a": {"__npm_auth_audit": find(*first, AT_OTHER)}}
    state = audit(variables, **options)
    variables["a"]["__npm_auth_logged_in"] = {"results": [{"changed": True, "item": PLACE, "files": [PLACE]}]}
    state = fleet_step(state, "logged_in", variables, now=NOW, **options)
    state = fleet_step(state, "replaced", variables, now=NOW, **options)
    assert (state["revoking"], state["next"]) == (True, ["a"])
    variables["a"]["__npm_auth_revoked"] = log_out(tell(AT_OTHER, "confirmed"))
    state = fleet_step(state, "settled", variables, now=NOW, **options)
    state = fleet_step(state, "removed", variables, now=NOW, **options)
    assert state["report"]["summary"]["headline"] == (
        "1 token revoked at the registry. The new token is in 1 place. "
        "1 credential entry with the same token for another registry stays on disk (a: /home/alice/.npmrc line 1)."
    )


def test_offboarding_limited_to_a_registry_reports_the_copies_for_others() -> None:
    variables: Variables = {
        "a": {"__npm_auth_audit": find(SHARED)},
        "b": {"__npm_auth_audit": find(AT_OTHER, hold("t", OTHER))},
    }
    state = audit(variables, registry=NPM)
    assert (list(state["choice"]["hosts"]), state["next"]) == (["a"], ["a"])
    variables["a"]["__npm_auth_revoked"] = log_out(tell(SHARED, "confirmed"))
    state = fleet_step(state, "settled", variables, job="offboard", registry=NPM, now=NOW)
    assert state["next"] == []
    state = fleet_step(state, "removed", variables, job="offboard", registry=NPM, now=NOW)
    assert state["undone"] == {}
    (work,) = state["report"]["by_hand"]
    assert (work["hosts"], work["registries"]) == (["b"], [NPM + "other/"])
    assert state["report"]["summary"]["headline"] == (
        "1 token revoked at the registry. "
        "1 credential entry with the same token for another registry stays on disk (b: /home/alice/.npmrc line 3)."
    )


def test_password_stays_beside_an_old_token_that_is_valid() -> None:
    options: dict[str, Any] = {"job": "rotate", "registry": NPM, "new_fingerprint": name_token("new")}
    variables: Variables = {"a": {"__npm_auth_audit": find(SHARED, hold_password())}}
    state = audit(variables, **options)
    variables["a"]["__npm_auth_logged_in"] = {"results": [{"changed": True, "item": PLACE, "files": [PLACE]}]}
    for step in ("logged_in", "replaced"):
        state = fleet_step(state, step, variables, now=NOW, **options)
    variables["a"]["__npm_auth_revoked"] = log_out(tell(SHARED, "failed"), failed=True)
    assert fleet_step(state, "settled", variables, now=NOW, **options)["tidying"] == {}


def test_audit_ends_with_a_report() -> None:
    variables: Variables = {"a": {"__npm_auth_audit": find(SHARED)}, "b": {}}
    state = audit(variables, "audit", batch=["a"])
    assert (state["choice"], state["next"]) == ({}, [])
    state = fleet_step(state, "removed", variables, job="audit", now=NOW)
    assert state["report"]["summary"]["headline"] == ("1 token in 1 place. 1 host of 2 was not processed in this run.")
    assert (state["undone"], state["report"]["summary"]["level"]) == (
        {"b": "The host was not audited in this run."},
        "attention",
    )


@pytest.mark.parametrize("job", ["audit", "offboard", "rotate"])
def test_nothing_is_decided_before_all_hosts_were_searched(job: str) -> None:
    """Under the strategy free, a slower host can still find a tripwire or a copy of a token."""
    variables: Variables = {"a": {"__npm_auth_audit": find(SHARED)}, "b": {}}
    with pytest.raises(AnsibleFilterError, match=r"the host b was not searched\. The role needs the strategy linear"):
        audit(variables, job)


LABEL = "r f t v a 2026-03-14T09:30:00Z"


@pytest.mark.parametrize(
    ("of_b", "says"),
    [
        pytest.param({"label": LABEL}, None, id="the same"),
        pytest.param({"label": LABEL.replace("f", "g")}, "npm_auth_fingerprints differs between a and b", id="tokens"),
        pytest.param({"label": LABEL.replace("r ", "s ")}, "npm_auth_registry differs between a and b", id="registry"),
        pytest.param({"label": LABEL.replace("t ", "u ")}, "npm_auth_token differs between a and b", id="new token"),
        pytest.param({"label": LABEL.replace("09", "08")}, "the host b was not searched", id="audit of another run"),
        pytest.param({"skipped": True}, "the host b was not searched", id="skipped"),
        pytest.param({"failed": True, "msg": "no"}, None, id="failed"),
    ],
)
def test_hosts_that_the_variables_of_one_host_do_not_fit(of_b: dict[str, Any], says: str | None) -> None:
    found = of_b if says is None and "label" not in of_b else {**find(SHARED), **of_b}
    variables: Variables = {"a": {"__npm_auth_audit": find(SHARED, label=LABEL)}, "b": {"__npm_auth_audit": found}}
    if says is None:
        assert audit(variables, began=NOW)["fleet"].keys() == {"a", "b"}
        return
    with pytest.raises(AnsibleFilterError, match=says):
        audit(variables, began=NOW)


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        pytest.param(SHARED, "confirmed", id="revoked"),
        pytest.param({**SHARED, "registry_key": None}, "already_invalid", id="rejected, with registries of the home"),
    ],
)
def test_hosts_that_share_a_home(token: Result, outcome: str) -> None:
    """One host removes what is in the home. The others find nothing any more, and nothing is left undone."""
    held = find(token, hold_password())
    variables: Variables = {name: {"__npm_auth_audit": held} for name in "ab"}
    state = audit(variables)
    variables["a"]["__npm_auth_revoked"] = {"results": [log_out(tell(token, outcome))]}
    for step in ("revoked", "settled"):
        state = fleet_step(state, step, variables, job="offboard", now=NOW)
    (call,) = state["choice"]["hosts"]["b"]["remove"]
    variables["b"]["__npm_auth_removed"] = {"results": [{**log_out(), "item": call}]}
    variables["a"]["__npm_auth_cleared"] = log_out(tell(hold_password(), "not_applicable", removed=True))
    variables["b"]["__npm_auth_cleared"] = log_out()
    state = fleet_step(state, "removed", variables, job="offboard", now=NOW)
    assert state["undone"] == {}
    (told,) = state["report"]["tokens"]
    assert [(place["host"], place["state"]) for place in told["places"]] == [("a", "done"), ("b", "done")]
    assert state["report"]["summary"]["credentials"]["states"]["leftover"] == 0


@pytest.mark.parametrize(
    ("held", "result"),
    [
        pytest.param(SHARED, log_out(failed=True, msg="No space"), id="the logout failed"),
        pytest.param(SHARED, {"unreachable": True, "msg": "timed out"}, id="the host was lost"),
        pytest.param(SHARED, log_out(tell(SHARED, "protected", removed=False)), id="the logout spared it"),
        pytest.param(SHARED, log_out(tell({**SHARED, "settings": ["x"]}, "failed")), id="the logout lists it"),
        pytest.param({**SHARED, "source": "environment"}, log_out(), id="a reference"),
    ],
)
def test_copy_that_a_logout_does_not_say_to_be_gone(held: Result, result: Result) -> None:
    variables: Variables = {name: {"__npm_auth_audit": find(held)} for name in "ab"}
    state = audit(variables)
    variables["a"]["__npm_auth_revoked"] = {"results": [log_out(tell(held, "confirmed"))]}
    for step in ("revoked", "settled"):
        state = fleet_step(state, step, variables, job="offboard", now=NOW)
    (call,) = state["choice"]["hosts"]["b"]["remove"]
    variables["b"]["__npm_auth_removed"] = {"results": [{**result, "item": call}]}
    state = fleet_step(state, "removed", variables, job="offboard", now=NOW)
    assert set(state["undone"]) == {"b"}


def test_token_that_is_gone_before_it_is_revoked_is_not_reported_as_revoked() -> None:
    variables: Variables = {"a": {"__npm_auth_audit": find(SHARED)}}
    state = audit(variables)
    (call,) = state["choice"]["hosts"]["a"]["revoke"]
    variables["a"]["__npm_auth_revoked"] = {"results": [{**log_out(), "item": call}]}
    for step in ("revoked", "settled", "removed"):
        state = fleet_step(state, step, variables, job="offboard", now=NOW)
    assert "was no longer in this file" in state["undone"]["a"]
    assert state["report"]["summary"]["headline"] == "1 token may still work."


def test_hosts_of_other_batches_were_not_audited() -> None:
    variables: Variables = {name: {"__npm_auth_audit": find(SHARED)} for name in "ab"}
    state = fleet_step({}, "found", variables, job="offboard", now=NOW, hosts=["a", "b"], batch=["a"])
    assert {name: record["status"] for name, record in state["fleet"].items()} == {"a": "ok", "b": "skipped"}


@pytest.mark.parametrize("given", [[name_token("shared")], name_token("shared")], ids=["a list", "given with -e"])
def test_what_one_host_protects_is_protected_on_all(given: Any) -> None:
    variables: Variables = {name: {"__npm_auth_audit": find(SHARED)} for name in "ab"}
    variables["b"]["npm_auth_protected_fingerprints"] = given
    state = audit(variables)
    assert (state["protected"], state["next"]) == ([name_token("shared")], [])


@pytest.mark.parametrize(
    ("absent", "users", "fails"),
    [
        pytest.param({"a": ["alicia"], "b": ["alicia"]}, ["alicia"], True, id="no host has it"),
        pytest.param({"a": ["alicia"], "b": []}, ["alicia"], False, id="one host has it"),
        pytest.param({"a": ["alicia"], "b": ["bobby"]}, ["alicia", "bobby"], False, id="each host has one of them"),
        pytest.param({"a": [], "b": []}, [], False, id="an empty list"),
        pytest.param({"a": ["alicia"], "b": None}, ["alicia"], True, id="the other host was lost"),
        pytest.param({"a": None, "b": None}, ["alicia"], False, id="no host answered"),
        pytest.param({"a": ["alicia"], "b": ["alicia"]}, "alicia", True, id="a name given with -e"),
        pytest.param({"a": ["alicia"], "b": []}, "alicia,bobby", False, id="names given with -e"),
    ],
)
def test_accounts_that_no_host_has(absent: dict[str, list[str] | None], users: Any, fails: bool) -> None:
    lost = {"unreachable": True, "msg": "timed out"}
    variables: Variables = {
        name: {"__npm_auth_audit": lost if items is None else find(absent_users=items)}
        for name, items in absent.items()
    }
    state = audit(variables, users=users)
    assert state["mistake"].startswith("No reachable host has an account of npm_auth_users (") == fails
    assert not fails or (state["choice"], state["next"]) == ({}, [])


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        pytest.param("web1.example.com", "web1.example.com", id="plain"),
        pytest.param("db 1", "~^db.1$", id="a blank"),
        pytest.param("a,b:c", "~^a.b.c$", id="what a pattern separates by"),
        pytest.param("-x", "~^-x$", id="a dash first"),
        pytest.param("all[0]", "~^all.0.$", id="brackets"),
    ],
)
def test_names_of_hosts_as_patterns(name: str, pattern: str) -> None:
    assert name_hosts([name, name]) == [pattern]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"step": "x"}, "step must be one of found", id="step"),
        pytest.param({"step": "revoked"}, "known must be what this filter returned", id="nothing known"),
        pytest.param({"job": "x"}, "job must be one of audit", id="job"),
        pytest.param({"registry": "ftp://x"}, "registry must start with http", id="registry"),
        pytest.param({"users": 1}, "users must be a list of names", id="users"),
        pytest.param({"fingerprints": "alice"}, "fingerprints must be 'sha256:'", id="fingerprints"),
        pytest.param({"levels": ["x"]}, "levels must be a list of some of", id="levels"),
        pytest.param({"job": "rotate"}, "registry is required for a rotation", id="a rotation of nothing"),
        pytest.param(
            {"registry": OTHER, "job": "rotate"}, "registry is required for a rotation", id="a rotation without a token"
        ),
        pytest.param({"batch": "a"}, "batch must be a list of names", id="batch"),
    ],
)
def test_filter_says_what_is_wrong(changes: Mapping[str, Any], problem: str) -> None:
    given = {"step": "found", "variables": {}, "now": NOW, "hosts": [], "batch": [], **changes}
    with pytest.raises(AnsibleFilterError, match=problem):
        fleet_step({}, given.pop("step"), **given)
