# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is known of the fleet after a task has run on its hosts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.npmops.auth.plugins.filter.gather_results import gather_results
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.plugin_utils._gather import gather
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts
from tests.report.fleets import NPM, OTHER, Result, hold, hold_password, log_out, name_token, tell

SHARED = hold("shared")
LOST = {"unreachable": True, "msg": "Connection refused", "changed": False}


def find(*held: Result, **changes: Any) -> Result:
    """What an audit registers."""
    return {"credentials": list(held), "findings": [], "files": [], "tripwires": [], "has_requests": True, **changes}


def gather_one(result: Result | None, kind: str, before: Result | None = None, **options: Any) -> Result:
    return gather({"a": before} if before else {}, {"a": result}, kind, **options)["a"]


KNOWN = gather_one(find(SHARED), "info")

# 1. Audits ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("result", "status", "problem", "requests", "tripwires"),
    [
        pytest.param(find(SHARED), "ok", None, True, [], id="well"),
        pytest.param(find(has_requests=False), "ok", None, False, [], id="without requests"),
        pytest.param(find(tripwires=["/x"]), "ok", None, True, ["/x"], id="with a tripwire"),
        pytest.param(LOST, "unreachable", "Connection refused", None, [], id="lost"),
        pytest.param({"failed": True, "msg": "No\n  space "}, "failed", "No space", None, [], id="failed"),
        pytest.param({"failed": True}, "failed", "Unknown error.", None, [], id="failed in silence"),
        pytest.param(None, "skipped", "The host was not audited in this run.", None, [], id="it never ran"),
        pytest.param({"skipped": True}, "skipped", "The host was not audited in this run.", None, [], id="skipped"),
    ],
)
def test_audit(
    result: Result | None, status: str, problem: str | None, requests: bool | None, tripwires: list[str]
) -> None:
    record = gather_one(result, "info")
    assert (record["status"], record["problem"], record["requests"]) == (status, problem, requests)
    assert record["tripwires"] == tripwires


def test_audit_keeps_the_accounts_that_are_not_there() -> None:
    assert gather_one(find(absent_users=["alice"]), "info")["absent"] == ["alice"]
    assert gather_one(LOST, "info")["absent"] == []


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        pytest.param({}, [0, 1, 2, 3], id="everything"),
        pytest.param({"registry": parse_registry(NPM)}, [0, 2], id="one registry"),
        pytest.param({"registry": parse_registry(NPM + "deeper/")}, [0, 2], id="what logs in to a deeper path"),
        pytest.param({"registry": parse_registry("http://npm.example.com")}, [0, 2], id="whatever the scheme"),
        pytest.param({"fingerprints": [name_token("t")]}, [1], id="one token"),
        pytest.param({"fingerprints": [name_token("t")], "registry": parse_registry(NPM)}, [], id="both"),
        pytest.param({"fingerprints": []}, [], id="an empty list means none"),
    ],
)
def test_what_the_run_is_about(options: Mapping[str, Any], kept: list[int]) -> None:
    held = [SHARED, hold("t", OTHER), hold_password(), hold("u", registry="not a URL")]
    record = gather_one(find(*held), "info", **options)
    assert record["info"]["credentials"] == [held[index] for index in kept]
    # Whatever the run is about, a step that removes other credentials has to leave these alone.
    assert record["tokens"] == sorted({name_token("shared"), name_token("t"), name_token("u")})


PARENT = hold("t", f"{NPM}npm/", registry_key="//npm.example.com/")
UNSCOPED = hold("t", registry_key=None)


@pytest.mark.parametrize(
    ("held", "registry", "kept"),
    [
        pytest.param(PARENT, NPM, True, id="the credential's own key, while its file names a registry below"),
        pytest.param(PARENT, f"{NPM}npm/", True, id="the registry below"),
        pytest.param(PARENT, f"{NPM}other/", True, id="another one below"),
        pytest.param(PARENT, OTHER, False, id="another host"),
        pytest.param(hold("t", f"{NPM}npm/"), NPM, False, id="a key below the registry"),
        pytest.param(UNSCOPED, NPM, True, id="without a key, the registry that its clients use"),
        pytest.param(UNSCOPED, f"{NPM}npm/", False, id="without a key, a registry below"),
        pytest.param(hold("t", "https://npm.example.com:443/"), NPM, True, id="the port of the scheme"),
    ],
)
def test_key_of_the_credential_decides(held: Result, registry: str, kept: bool) -> None:
    record = gather_one(find(held), "info", registry=parse_registry(registry))
    assert record["info"]["credentials"] == ([held] if kept else [])


DEEPER = hold("shared", f"{NPM}deeper/", line=2)
ELSEWHERE = hold("shared", OTHER, line=3)
IN_NPM = {"registry": parse_registry(NPM)}
ONLY_SHARED = {"fingerprints": [name_token("shared")]}


@pytest.mark.parametrize(
    ("fleet", "options", "outside"),
    [
        pytest.param({"a": [SHARED, DEEPER]}, IN_NPM, {"a": [DEEPER]}, id="another path of the same host name"),
        pytest.param({"a": [SHARED, ELSEWHERE]}, IN_NPM, {"a": [ELSEWHERE]}, id="another host name"),
        pytest.param({"a": [SHARED], "b": [ELSEWHERE]}, IN_NPM, {"a": [], "b": [ELSEWHERE]}, id="on another host"),
        pytest.param({"a": [ELSEWHERE], "b": [SHARED]}, IN_NPM, {"a": [ELSEWHERE], "b": []}, id="on an earlier host"),
        pytest.param({"a": [hold("t", OTHER), SHARED]}, IN_NPM, {"a": []}, id="not another token"),
        pytest.param({"a": [ELSEWHERE]}, IN_NPM, {"a": []}, id="not a token that the run does not process"),
        pytest.param({"a": [hold_password(), hold_password(OTHER)]}, IN_NPM, {"a": []}, id="not a password"),
        pytest.param({"a": [SHARED, ELSEWHERE]}, ONLY_SHARED, {"a": []}, id="with a fingerprint for all registries"),
        pytest.param(
            {"a": [SHARED, ELSEWHERE]}, {**IN_NPM, **ONLY_SHARED}, {"a": [ELSEWHERE]}, id="with both selections"
        ),
        pytest.param({"a": [SHARED, ELSEWHERE]}, {}, {"a": []}, id="without a selection"),
        pytest.param(
            {"a": [hold("new", OTHER)]},
            {**IN_NPM, "new": name_token("new")},
            {"a": [hold("new", OTHER)]},
            id="the new token of a rotation",
        ),
    ],
)
def test_copies_for_registries_that_are_not_part_of_the_run(
    fleet: Mapping[str, list[Result]], options: Mapping[str, Any], outside: Mapping[str, list[Result]]
) -> None:
    audits = {name: find(*held) for name, held in fleet.items()}
    records = gather({}, audits, "info", **options)
    assert {name: record["outside"] for name, record in records.items()} == outside
    # Neither a second audit of a host nor a call without its result lists a copy twice or loses it.
    for again in (audits, dict.fromkeys(audits)):
        repeated = gather(records, again, "info", **options)
        assert {name: record["outside"] for name, record in repeated.items()} == outside


def test_findings_stay_whatever_the_run_is_about() -> None:
    finding = {"severity": "high", "path": "/x", "line": None, "rule": "unreadable", "message": "Cannot be read."}
    record = gather_one(find(SHARED, findings=[finding]), "info", registry=parse_registry(OTHER))
    assert record["info"] == {"credentials": [], "findings": [finding], "project_registries": []}


# 2. Logouts -----------------------------------------------------------------------------------------------------------

CONFIRMED = log_out(tell(SHARED, "confirmed"))
REFUSED = log_out(tell(SHARED, "failed"), failed=True, msg="The registry could not be reached.")
UNSURE = log_out(tell(SHARED, "accepted"), failed=True, msg="Not verified.")
STUCK = log_out(tell(SHARED, "confirmed", removed=False), failed=True, msg="/x: read-only")


@pytest.mark.parametrize(
    ("result", "status", "problem", "outcomes"),
    [
        pytest.param(CONFIRMED, "ok", None, ["confirmed"], id="one"),
        pytest.param({"results": [CONFIRMED, REFUSED]}, "ok", None, ["confirmed", "failed"], id="a loop"),
        pytest.param({"results": [{"skipped": True}, CONFIRMED]}, "ok", None, ["confirmed"], id="some skipped"),
        pytest.param({"results": [], "skipped": True, "changed": False}, "ok", None, [], id="an empty loop"),
        pytest.param(None, "ok", None, [], id="it never ran"),
        pytest.param(REFUSED, "ok", None, ["failed"], id="a registry's answer is no host's failure"),
        pytest.param(UNSURE, "ok", None, ["accepted"], id="nor is one that is not enough"),
        pytest.param(STUCK, "failed", "/x: read-only", ["confirmed"], id="a file that cannot be edited"),
        pytest.param({"failed": True, "msg": "No requests"}, "failed", "No requests", [], id="nothing was done"),
        pytest.param({"results": [LOST]}, "unreachable", "Connection refused", [], id="lost in a loop"),
        pytest.param(LOST, "unreachable", "Connection refused", [], id="lost"),
        pytest.param(
            log_out(tell(SHARED, "protected", removed=False)), "ok", None, [], id="what a call was told to spare"
        ),
    ],
)
def test_logout(result: Result | None, status: str, problem: str | None, outcomes: list[str]) -> None:
    record = gather_one(result, "logout", KNOWN, at="2026-03-14T09:30:00Z")
    (host,) = read_hosts({"a": record})
    assert (record["status"], record["problem"]) == (status, problem)
    assert [answer.outcome for answer in host.credentials[0].answers] == outcomes
    assert {answer.at for answer in host.credentials[0].answers} <= {"2026-03-14T09:30:00Z"}


def test_text_that_remains_is_kept_until_a_later_logout_does_not_find_it() -> None:
    files = [{"account": "alice", "path": path, "remaining_text": [3], "remaining": []} for path in ("/a", "/b")]
    first = gather_one(log_out(files=files), "logout", KNOWN)
    (host,) = read_hosts({"a": first})
    assert [(text.path, text.lines) for text in host.texts] == [("/a", (3,)), ("/b", (3,))]
    clean = [{**file, "remaining_text": []} for file in (files[0], {**files[0], "path": "/c"})]
    second = gather_one(log_out(files=clean), "logout", first)
    (host,) = read_hosts({"a": second})
    assert [(text.path, text.lines) for text in host.texts] == [("/b", (3,))]
    assert [len(item["files"]) for item in second["logout"]] == [2, 1]


@pytest.mark.parametrize(
    ("result", "looked_for"),
    [
        pytest.param(log_out(), [{"logins": True}], id="done"),
        pytest.param(log_out(failed=True, msg="No space"), [None], id="failed"),
        pytest.param(LOST, [None], id="lost"),
        pytest.param(None, [], id="it never ran"),
    ],
)
def test_what_a_removal_of_other_credentials_looked_for(result: Result | None, looked_for: list[Any]) -> None:
    record = gather_one(result, "clear", KNOWN)
    assert [item.get("looked_for") for item in record["logout"]] == looked_for


def test_rounds_add_up() -> None:
    calls = {"a": {"revoke": [{"registry": None, "fingerprints": [name_token("shared")]}]}}
    first = gather_one(REFUSED, "logout", KNOWN, calls=calls)
    second = gather_one(CONFIRMED, "logout", first, calls=calls)
    assert [item["credentials"][0]["revocation"] for item in second["logout"]] == ["failed", "confirmed"]
    assert second["asked"] == 2 * calls["a"]["revoke"]
    assert KNOWN["logout"] == []


def test_who_was_lost_while_it_was_asked_was_asked() -> None:
    calls = {"a": {"revoke": [{"registry": None, "fingerprints": [name_token("shared")]}]}}
    record = gather_one({"results": [LOST]}, "logout", KNOWN, calls=calls)
    (host,) = read_hosts({"a": record})
    assert host.asked == {(None, name_token("shared"))}


def test_host_that_is_not_looked_at_stays_as_it_was() -> None:
    assert gather({"a": KNOWN}, {"b": CONFIRMED}, "logout")["a"] == KNOWN


# 3. Logins, and others ------------------------------------------------------------------------------------------------


NPMRC = {"account": "alice", "path": "/home/alice/.npmrc"}
UNWRITTEN = "The new token was not written"


@pytest.mark.parametrize(
    ("result", "status", "problem"),
    [
        pytest.param({"files": [NPMRC]}, "ok", None, id="done"),
        pytest.param({"failed": True, "msg": "refused"}, "failed", "refused", id="failed"),
        pytest.param({"files": []}, "failed", f"{UNWRITTEN}: the file no longer exists.", id="no file"),
        pytest.param({}, "failed", f"{UNWRITTEN}: the file no longer exists.", id="a result without files"),
        pytest.param(
            {"files": [{**NPMRC, "path": "/b"}, {**NPMRC, "account": "bob"}]},
            "failed",
            f"{UNWRITTEN}: the file no longer exists.",
            id="other files",
        ),
        pytest.param(
            {"files": [], "absent_users": ["alice"]},
            "failed",
            f"{UNWRITTEN}: the file belongs to a user ID without an account on this host.",
            id="an owner without an account",
        ),
        pytest.param(LOST, "unreachable", "Connection refused", id="lost"),
    ],
)
def test_login(result: Result, status: str, problem: str | None) -> None:
    record = gather_one({"results": [{**result, "item": NPMRC}]}, "login", KNOWN)
    assert record["logins"] == [{**NPMRC, "problem": problem}]
    assert record["status"] == status


def test_login_in_a_path_that_is_shown_quoted() -> None:
    place = {"account": "alice", "path": "'/home/alice/work\\xa0dir/.npmrc'"}
    record = gather_one({"results": [{"files": [], "item": place}]}, "login", KNOWN)
    assert (record["status"], record["problem"]) == (
        "failed",
        f"{UNWRITTEN}: its path has characters that cannot be printed.",
    )


@pytest.mark.parametrize(
    ("result", "status"),
    [
        pytest.param({"changed": True}, "ok", id="done"),
        pytest.param({"failed": True, "msg": "no"}, "failed", id="failed"),
        pytest.param(LOST, "unreachable", id="lost"),
    ],
)
def test_other(result: Result, status: str) -> None:
    assert gather_one(result, "other", KNOWN)["status"] == status


# 4. The filter --------------------------------------------------------------------------------------------------------


def test_filter_looks_into_the_variables_of_hosts() -> None:
    variables = {"a": {"found": find(SHARED)}, "b": {}, "c": {"found": "no result"}, "d": {"found": find()}}
    fleet = gather_results({}, iter(["a", "b", "c"]), variables, "found", "info")
    assert {name: record["status"] for name, record in fleet.items()} == {"a": "ok", "b": "skipped", "c": "skipped"}


@pytest.mark.parametrize(
    "given",
    [
        pytest.param([name_token("shared"), name_token("t")], id="list"),
        pytest.param(f"{name_token('shared')}, {name_token('t')}", id="text with commas"),
    ],
)
def test_what_one_host_protects_is_known(given: Any) -> None:
    protected = sorted([name_token("shared"), name_token("t")])
    variables = {"a": {"found": find(SHARED), "npm_auth_protected_fingerprints": given}, "b": {"found": find()}}
    fleet = gather_results({}, ["a", "b"], variables, "found", "info")
    fleet = gather_results(fleet, ["a"], {"a": {}}, "ended", "logout")
    assert {name: record["protected"] for name, record in fleet.items()} == {"a": protected, "b": []}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"kind": "x"}, "kind must be one of info, logout, login, other", id="kind"),
        pytest.param(
            {"known": []}, "names must be a list of names, and the input what earlier calls returned", id="known"
        ),
        pytest.param(
            {"names": "abc"}, "names must be a list of names, and the input what earlier calls returned", id="names"
        ),
        pytest.param({"registry": ""}, "registry must start with http", id="empty registry"),
        pytest.param({"registry": "ftp://x"}, "registry must start with http", id="registry"),
        pytest.param({"registry": "https://a:hunter2@x/"}, "without a user name or password", id="login in a URL"),
        pytest.param({"fingerprints": ["x"]}, "fingerprints must be 'sha256:'", id="fingerprints"),
    ],
)
def test_filter_says_what_is_wrong(changes: Mapping[str, Any], problem: str) -> None:
    given = {"known": {}, "names": [], "variables": {}, "register": "found", "kind": "info", **changes}
    with pytest.raises(AnsibleFilterError, match=problem) as raised:
        gather_results(**given)
    assert "hunter2" not in str(raised.value)
