# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a run left undone on each host."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.npmops.auth.plugins.filter.list_undone import list_undone
from tests.report.fleets import Result, hold, hold_password, log_out, make_host, name_token, tell

SHARED, PASSWORD = hold("shared"), hold_password()
UNREADABLE = {"severity": "medium", "path": "/x", "line": None, "rule": "unreadable", "message": "/x cannot be read."}
PLACE = "/home/alice/.npmrc"
ADVICE = "Ask whoever runs the registry."


def answer(*pairs: tuple[Result, str], **changes: Any) -> Result:
    """A host whose logouts said so of what it holds."""
    removed = {"removed": changes.pop("removed")} if "removed" in changes else {}
    held = list({str(item): item for item, _outcome in pairs}.values())
    told = [log_out(tell(item, outcome, **removed)) for item, outcome in pairs]
    return make_host(*held, logout=told, **changes)


@pytest.mark.parametrize(
    ("host", "options", "sentence"),
    [
        pytest.param(make_host(), {}, None, id="nothing there"),
        pytest.param(answer((SHARED, "confirmed")), {}, None, id="revoked"),
        pytest.param(answer((SHARED, "already_invalid")), {}, None, id="revoked before"),
        pytest.param(answer((SHARED, "pending")), {}, None, id="check mode"),
        pytest.param(answer((PASSWORD, "not_applicable")), {}, None, id="a password went"),
        pytest.param(
            answer((SHARED, "failed")),
            {},
            f"The only credential here, in {PLACE}, could not be processed: It came out as failed. {ADVICE}",
            id="failed",
        ),
        pytest.param(
            answer((SHARED, "accepted")),
            {},
            f"The only credential here, in {PLACE}, could not be processed: It came out as accepted. {ADVICE}",
            id="not sure",
        ),
        pytest.param(answer((SHARED, "accepted"), removed=True), {"revoke": "accepted"}, None, id="sure enough"),
        pytest.param(answer((SHARED, "failed"), removed=True), {"revoke": "attempted"}, None, id="attempted"),
        pytest.param(answer((SHARED, "skipped")), {"revoke": "never"}, None, id="never"),
        pytest.param(
            answer((SHARED, "skipped")),
            {},
            f"The only credential here, in {PLACE}, could not be processed: It came out as skipped. {ADVICE}",
            id="off the disk, and valid",
        ),
        pytest.param(answer((SHARED, "protected")), {}, None, id="a host says that it is protected"),
        pytest.param(make_host(SHARED), {"protected_fingerprints": [name_token("shared")]}, None, id="protected"),
        pytest.param(
            make_host(SHARED),
            {},
            f"The only credential here, in {PLACE}, could not be processed: No request to revoke the token was sent.",
            id="nobody asked",
        ),
        pytest.param(
            make_host(
                PASSWORD, SHARED, hold("t"), logout=[log_out(tell(SHARED, "confirmed"), tell(hold("t"), "failed"))]
            ),
            {},
            f"2 of 3 credentials here could not be processed. First, in {PLACE}: "
            "No request to revoke the token was sent.",
            id="some",
        ),
        pytest.param(make_host(SHARED), {"job": "audit"}, None, id="an audit leaves them"),
        pytest.param(
            make_host(tripwires=["/x"]),
            {"job": "audit"},
            "Tripwire file found (/x). Host skipped. Isolate the host, then run again.",
            id="tripwire",
        ),
        pytest.param(
            {"status": "unreachable", "problem": "timed out"},
            {"job": "audit"},
            "Host unreachable: timed out",
            id="down",
        ),
        pytest.param(make_host(status="failed", problem="No space"), {"job": "audit"}, "No space", id="failed host"),
        pytest.param({"status": "skipped"}, {}, "The host was not processed in this run.", id="not processed"),
        pytest.param(
            make_host(info={"credentials": [], "findings": [UNREADABLE]}),
            {},
            "/x cannot be read.",
            id="a store that cannot be read",
        ),
        pytest.param(
            make_host(info={"credentials": [], "findings": [UNREADABLE]}),
            {"job": "audit"},
            "/x cannot be read.",
            id="a file that an audit cannot read",
        ),
    ],
)
def test_one_host(host: Result, options: Mapping[str, Any], sentence: str | None) -> None:
    undone = list_undone({"a": host}, **{"job": "offboard", **options})
    assert undone == ({"a": sentence} if sentence else {})


def test_who_removed_its_copy_is_done_when_another_host_saw_the_revocation() -> None:
    fleet = {"a": answer((SHARED, "confirmed")), "b": answer((SHARED, "skipped")), "c": make_host(SHARED)}
    assert list(list_undone(fleet, "offboard")) == ["c"]


def test_host_with_the_token_of_a_host_with_a_tripwire_reports_why_nobody_asked() -> None:
    undone = list_undone({"a": make_host(SHARED, tripwires=["/x"]), "b": make_host(SHARED)}, "offboard")
    assert undone["b"].endswith("The token is also on a host with a tripwire. Isolate that host, then run again.")


@pytest.mark.parametrize(
    ("outcomes", "reason"),
    [
        pytest.param(["ineffective"], f"Result on a: It came out as ineffective. {ADVICE}", id="asked"),
        pytest.param(
            ["failed", "confirmed"],
            "The copy here was not removed, although the result on a allows this. Run again.",
            id="revoked",
        ),
        pytest.param(["skipped"], "No request to revoke the token was sent.", id="nobody asked"),
    ],
)
def test_host_with_a_copy_says_what_the_host_that_asked_was_told(outcomes: list[str], reason: str) -> None:
    asking = make_host(SHARED, logout=[log_out(tell(SHARED, outcome)) for outcome in outcomes])
    undone = list_undone({"a": asking, "b": make_host(SHARED)}, "offboard")
    assert undone["b"] == f"The only credential here, in {PLACE}, could not be processed: {reason}"


KEYLESS = hold("shared", registry_key=None)
LEFT = f"The only credential here, in {PLACE}, could not be processed:"


@pytest.mark.parametrize(
    ("outcome", "other", "sentence"),
    [
        pytest.param("already_invalid", answer((SHARED, "skipped")), None, id="one registry, removed"),
        pytest.param("confirmed", answer((KEYLESS, "skipped")), None, id="revoked, removed"),
        pytest.param(
            "already_invalid",
            answer((KEYLESS, "skipped")),
            f"{LEFT} It came out as skipped. {ADVICE}",
            id="it may belong to another registry, and was removed",
        ),
        pytest.param(
            "already_invalid",
            make_host(KEYLESS),
            f"{LEFT} Result on a: It came out as already invalid. A client on this host may send the token to another "
            "registry. Run again.",
            id="it may belong to another registry, and nobody asked",
        ),
        pytest.param(
            "already_invalid",
            answer((KEYLESS, "failed")),
            f"{LEFT} It came out as failed. {ADVICE}",
            id="it may belong to another registry, which was not asked",
        ),
    ],
)
def test_rejection_by_the_registries_of_another_host(outcome: str, other: Result, sentence: str | None) -> None:
    undone = list_undone({"a": answer((SHARED, outcome)), "b": other}, "offboard")
    assert undone == ({"b": sentence} if sentence else {})


def test_answer_over_an_account_s_own_connection_leaves_the_others_undone() -> None:
    own = make_host(SHARED, logout=[log_out(tell(SHARED, "confirmed", own_connection=True))])
    assert list(list_undone({"a": own, "b": answer((SHARED, "skipped"))}, "offboard")) == ["b"]


def test_first_asked_then_removed() -> None:
    fleet = {
        "a": make_host(SHARED, logout=[log_out(tell(SHARED, "failed")), log_out(tell(SHARED, "skipped"))]),
        "b": answer((SHARED, "confirmed")),
    }
    assert list_undone(fleet, "offboard") == {}


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        pytest.param({"job": "x"}, "job must be one of audit, offboard, rotate", id="job"),
        pytest.param({"revoke": "x"}, "revoke must be one of", id="revoke"),
        pytest.param({"hosts": []}, "hosts must be a mapping", id="hosts"),
    ],
)
def test_filter_says_what_is_wrong(changes: Mapping[str, Any], problem: str) -> None:
    with pytest.raises(AnsibleFilterError, match=problem):
        list_undone(**{"hosts": {}, "job": "audit", **changes})
