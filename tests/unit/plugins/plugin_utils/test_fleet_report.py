# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the hosts say, and the report on the whole fleet."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils import _fleet_terms
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_csv import write_csv
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_html import render_page
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import (
    OTHER_CONNECTION,
    OWN_CONNECTION,
    UNDECIDED,
    build_report,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import Run
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import (
    GONE,
    KINDS,
    OUTCOMES,
    STATUSES,
    read_hosts,
    read_time,
)
from tests.report.fleets import (
    NPM,
    OTHER,
    Result,
    hold,
    hold_password,
    log_out,
    make_fleet,
    make_host,
    name_token,
    tell,
)

SCHEMA = json.loads((Path(__file__).parents[4] / "docs" / "report.schema.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
RUN = Run("offboard", False, "2026-03-14T09:30:00Z", "2026-03-14T09:52:10Z", "1.0.0")
AUDIT = Run("audit", False, None, None, None)
CHECK = Run("offboard", True, None, None, None)

SHARED = hold("shared")
SET_IN = {"path": "/etc/environment", "line": 2}
REFERENCE = hold("t", source="environment", set_in=[SET_IN])
ASSIGNMENT = hold("t", account="root", client="environment", source="environment", set_in=[SET_IN], **SET_IN)
BOTH = (REFERENCE, ASSIGNMENT)
IN_PROCESS = hold("t", source="environment", set_in=[{"path": "/proc/7/environ", "line": None}])
PASSWORD = hold_password()
FINDING = {
    "severity": "high",
    "path": "/home/alice/.npmrc",
    "line": 3,
    "rule": "readable",
    "message": "Everybody reads it.",
}


def report(fleet: Mapping[str, Result], run: Run = RUN, **options: Any) -> dict[str, Any]:
    """The report on a fleet, which is what the schema says."""
    document = build_report(read_hosts(fleet), run, **options)
    VALIDATOR.validate(document)
    return document


def with_answers(held: Result, *outcomes: str, **changes: Any) -> Result:
    return make_host(held, logout=[log_out(tell(held, outcome, **changes)) for outcome in outcomes])


CONFIRMED = with_answers(SHARED, "confirmed")

# 1. How things stand --------------------------------------------------------------------------------------------------

UNREADABLE = {"severity": "medium", "path": "/x", "line": None, "rule": "unreadable", "message": "/x cannot be read."}


@pytest.mark.parametrize(
    ("fleet", "run", "state"),
    [
        pytest.param({"a": make_host(SHARED)}, AUDIT, "open", id="found"),
        pytest.param({"a": make_host(hold("t", alive=True))}, AUDIT, "open", id="found valid"),
        pytest.param({"a": make_host(hold("t", alive=False))}, AUDIT, "leftover", id="found revoked"),
        pytest.param({"a": make_host(SHARED)}, RUN, "open", id="nobody asked"),
        pytest.param({"a": with_answers(SHARED, "confirmed")}, RUN, "done", id="confirmed"),
        pytest.param({"a": with_answers(SHARED, "already_invalid")}, RUN, "done", id="already invalid"),
        pytest.param({"a": with_answers(REFERENCE, "confirmed")}, RUN, "leftover", id="its variable is still set"),
        pytest.param(
            {"a": make_host(REFERENCE, ASSIGNMENT, logout=[log_out(*(tell(item, "confirmed") for item in BOTH))])},
            RUN,
            "done",
            id="nor is its variable",
        ),
        pytest.param({"a": with_answers(IN_PROCESS, "confirmed")}, RUN, "done", id="set in a process"),
        pytest.param({"a": with_answers(SHARED, "confirmed", removed=False)}, RUN, "leftover", id="not removed"),
        pytest.param(
            {"a": with_answers(SHARED, "confirmed"), "b": make_host(SHARED)}, RUN, "leftover", id="a copy is left"
        ),
        pytest.param(
            {"a": with_answers(SHARED, "confirmed"), "b": with_answers(SHARED, "skipped")}, RUN, "done", id="followed"
        ),
        pytest.param({"a": with_answers(SHARED, "failed", "confirmed")}, RUN, "done", id="the second time"),
        pytest.param({"a": with_answers(SHARED, "accepted")}, RUN, "unverified", id="accepted"),
        pytest.param(
            {"a": with_answers(SHARED, "confirmed", own_connection=True)}, RUN, "done", id="over its own connection"
        ),
        pytest.param(
            {"a": with_answers(SHARED, "confirmed", own_connection=True), "b": make_host(SHARED)},
            RUN,
            "open",
            id="over the connection of another account",
        ),
        pytest.param(
            {"a": make_host(hold("t", alive=False, own_connection=True)), "b": make_host(hold("t"))},
            AUDIT,
            "open",
            id="found invalid over the connection of another account",
        ),
        pytest.param({"a": with_answers(SHARED, "ineffective")}, RUN, "open", id="ineffective"),
        pytest.param({"a": with_answers(SHARED, "failed", removed=True)}, RUN, "open", id="removed, and valid"),
        pytest.param({"a": with_answers(SHARED, "skipped")}, RUN, "open", id="never asked, and removed"),
        pytest.param({"a": with_answers(SHARED, "protected")}, RUN, "protected", id="protected"),
        pytest.param({"a": with_answers(SHARED, "pending")}, CHECK, "pending", id="check mode"),
        pytest.param(
            {"a": with_answers(SHARED, "pending"), "b": with_answers(SHARED, "skipped")},
            CHECK,
            "pending",
            id="check mode, followed",
        ),
        pytest.param({"a": make_host(SHARED)}, CHECK, "open", id="check mode, nobody would ask"),
        pytest.param({"a": make_host(PASSWORD)}, RUN, "open", id="password"),
        pytest.param({"a": with_answers(PASSWORD, "not_applicable")}, RUN, "by_hand", id="password removed"),
        pytest.param({"a": with_answers(PASSWORD, "not_applicable", removed=False)}, RUN, "open", id="password kept"),
        pytest.param({"a": with_answers(PASSWORD, "not_applicable")}, CHECK, "pending", id="password, check mode"),
        pytest.param(
            {"a": make_host({**PASSWORD, "kind": "helper"})}, AUDIT, "by_hand", id="helper: nothing is in the file"
        ),
        pytest.param(
            {"a": with_answers(hold("t", fingerprint=None), "unresolved", removed=False)},
            RUN,
            "by_hand",
            id="a variable that is not set",
        ),
    ],
)
def test_state(fleet: Mapping[str, Result], run: Run, state: str) -> None:
    """The worst of the fleet is the state of its one token or login."""
    document = report(fleet, run)
    (entry,) = document["tokens"] + document["credentials"]
    assert entry["state"] == state
    states = document["summary"]["credentials"]["states"]
    assert states[state]
    assert not any(count for name, count in states.items() if worse(name, state))


def worse(one: str, other: str) -> bool:
    return _fleet_terms.STATES.index(one) < _fleet_terms.STATES.index(other)


def test_a_token_that_the_playbook_was_told_to_leave_alone_is_protected() -> None:
    document = report({"a": make_host(SHARED)}, protected=[name_token("shared")])
    assert document["tokens"][0]["state"] == document["tokens"][0]["outcome"] == "protected"
    assert document["by_hand"] == []


def test_a_token_that_is_in_no_file_is_revoked_and_gone() -> None:
    nowhere = tell(SHARED, "confirmed", account=None, path=None, line=None, client=None, settings=[], removed=False)
    document = report({"a": make_host(logout=log_out(nowhere))})
    assert document["tokens"][0]["state"] == "done"


def test_many_places_of_a_variable_are_counted() -> None:
    held = {**REFERENCE, "set_in": [{"path": f"/etc/profile.d/{number}.sh", "line": 1} for number in range(8)]}
    (work,) = report({"a": with_answers(held, "confirmed")})["by_hand"]
    assert "/etc/profile.d/4.sh line 1 and 3 more, or run again" in work["advice"]


def test_variable_that_is_still_set_to_a_revoked_token_is_work_to_do() -> None:
    told = report({"a": with_answers(REFERENCE, "confirmed")})
    (work,) = told["by_hand"]
    assert (work["what"], work["hosts"]) == ("The token is revoked, but a variable is still set to it.", ["a"])
    assert work["advice"].startswith("Remove it from /etc/environment line 2, or run again with")
    assert told["summary"]["headline"] == "1 token revoked; 1 copy still on disk."


@pytest.mark.parametrize("job", ["audit", "offboard", "rotate"])
def test_file_that_cannot_be_read_is_work_to_do(job: str) -> None:
    told = report({"a": make_host(info={"credentials": [], "findings": [UNREADABLE]})}, replace(RUN, job=job))
    (work,) = told["by_hand"]
    assert (work["what"], work["hosts"], told["hosts"][0]["condition"]) == ("/x cannot be read.", ["a"], "unverified")


def test_host_that_was_not_processed_is_work_to_do() -> None:
    (work,) = report({"a": {"status": "skipped"}})["by_hand"]
    assert (work["what"], work["hosts"]) == ("State unknown: host not processed in this run.", ["a"])


# 2. Tokens ------------------------------------------------------------------------------------------------------------


def test_a_token_with_its_evidence() -> None:
    held = hold("t", identity="alice", expires=1_800_000_000, format="jwt", alive=True)
    fleet = {
        "a": make_host(held, logout=[log_out(tell(held, "failed", detail="No answer."), at="2026-03-14 09:31:00")]),
        "b": make_host(
            hold("t"), logout=log_out(tell(held, "confirmed", detail="It refuses."), at="2026-03-14T10:32:00+01:00")
        ),
        "c": make_host(held, logout=[log_out(tell(held, "skipped"), at="2026-03-14T09:33:00Z")]),
    }
    (token,) = report(fleet)["tokens"]
    assert [place["host"] for place in token.pop("places")] == ["a", "b", "c"]
    assert token == {
        "fingerprint": name_token("t"),
        "registry": NPM,
        "state": "leftover",
        "outcome": "confirmed",
        "detail": "It refuses.",
        "by_hand": None,
        "asked_by": "b",
        "at": "2026-03-14T09:32:00Z",
        "attempts": [
            {"host": "b", "outcome": "confirmed", "detail": "It refuses.", "at": "2026-03-14T09:32:00Z"},
            {"host": "a", "outcome": "failed", "detail": "No answer.", "at": "2026-03-14T09:31:00Z"},
        ],
        "format": "jwt",
        "checksum_ok": True,
        "identity": "alice",
        "expires": "2027-01-15T08:00:00Z",
        "registry_kind": None,
        "side_effects": [],
        "alive_before": True,
        "check_failed": None,
        "hosts": 3,
    }


def test_where_a_token_is() -> None:
    one = hold("t", line=4)
    two = hold("t", account="bob", path="/home/bob/src/.npmrc", line=2, level="project", source="comment")
    document = report({"a": make_host(one, two, logout=[log_out(tell(one, "confirmed", line=4))])})
    assert document["tokens"][0]["places"] == [
        {
            "host": "a",
            "account": "alice",
            "path": "/home/alice/.npmrc",
            "line": 4,
            "client": "npm",
            "level": "user",
            "source": "literal",
            "removed": True,
            "state": "done",
            "outcome": "confirmed",
        },
        {
            "host": "a",
            "account": "bob",
            "path": "/home/bob/src/.npmrc",
            "line": 2,
            "client": "npm",
            "level": "project",
            "source": "comment",
            "removed": False,
            "state": "leftover",
            "outcome": "confirmed",
        },
    ]


def test_one_fingerprint_at_two_registries_is_two_tokens() -> None:
    document = report({"a": make_host(hold("t"), hold("t", OTHER))})
    assert [token["registry"] for token in document["tokens"]] == [NPM, OTHER]


def test_the_worst_token_comes_first() -> None:
    dead, open_ = hold("a"), hold("b", OTHER)
    document = report({"x": make_host(dead, open_, logout=log_out(tell(dead, "confirmed")))})
    assert [token["state"] for token in document["tokens"]] == ["open", "done"]


def test_of_many_hosts_that_asked_some_are_named() -> None:
    fleet = {f"host{number}": with_answers(SHARED, "failed") for number in range(9)}
    fleet["z"] = with_answers(SHARED, "confirmed")
    (token,) = report(fleet)["tokens"]
    assert [attempt["host"] for attempt in token["attempts"]] == ["z", "host0", "host1", "host2", "host3"]


def test_twice_the_same_line_is_two_places() -> None:
    one, two = hold("t", line=1), hold("t", line=2)
    told = log_out(tell(one, "confirmed", line=1), tell(two, "confirmed", line=2))
    later = log_out(tell(two, "already_invalid", line=1))
    (token,) = report({"a": make_host(one, two, logout=[told, later])})["tokens"]
    assert [place["line"] for place in token["places"]] == [1, 2]


def test_a_logout_without_an_audit_counts() -> None:
    document = report({"a": {"logout": log_out(tell(SHARED, "confirmed"))}})
    assert (document["tokens"][0]["state"], document["hosts"][0]["audited"]) == ("done", False)


# 3. A token that may belong to a registry that other hosts do not know -----------------------------------------------

#: A token without a key, for whatever registry the files of its host name.
KEYLESS = hold("shared", registry_key=None)
BELOW = {"registry": f"{NPM}npm/", "path": "/home/alice/app/.npmrc", "line": 1}
WITH_PROJECT = {"info": {"credentials": [SHARED], "findings": [], "project_registries": [BELOW]}}
REJECTED = with_answers(SHARED, "already_invalid")
REJECTED_AND_LEFT = with_answers(KEYLESS, "already_invalid", removed=False)
UNSETTLED = with_answers(KEYLESS, "failed")
OWN = {"own_connection": True}
UNKNOWN = f"It is not known whether the token is valid. {UNDECIDED}"
AGAIN = "Run again when these hosts can be reached."
ASK = "Ask whoever runs the registry."
GONE_ONCE_ASKED = {"credentials": [], "looked_for": {"fingerprints": [name_token("shared")]}}


@pytest.mark.parametrize(
    ("fleet", "states", "outcomes", "asked_by", "works"),
    [
        pytest.param(
            {"a": with_answers(KEYLESS, "already_invalid"), "b": UNSETTLED},
            ["done", "open"],
            ["already_invalid", "failed", "failed"],
            "b",
            [("It came out as failed.", ASK, ["b"])],
            id="one host could not settle it",
        ),
        pytest.param(
            {"a": UNSETTLED, "b": with_answers(KEYLESS, "already_invalid")},
            ["open", "done"],
            ["failed", "already_invalid", "failed"],
            "a",
            [("It came out as failed.", ASK, ["a"])],
            id="whatever the order",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "failed", "already_invalid"), "b": UNSETTLED},
            ["done", "open"],
            ["already_invalid", "failed", "failed"],
            "b",
            [("It came out as failed.", ASK, ["b"])],
            id="the answer of the host that could not settle it counts",
        ),
        pytest.param(
            {"a": REJECTED_AND_LEFT, "b": UNSETTLED},
            ["leftover", "open"],
            ["already_invalid", "failed", "failed"],
            "b",
            [("It came out as failed.", ASK, ["a", "b"])],
            id="the copy of the other host is left as well",
        ),
        pytest.param(
            {"a": REJECTED, "b": make_host(SHARED), "c": UNSETTLED},
            ["done", "leftover", "open"],
            ["already_invalid", "already_invalid", "failed", "failed"],
            "c",
            [("It came out as failed.", ASK, ["b", "c"])],
            id="a copy that can only belong to the registry that rejected it",
        ),
        pytest.param(
            {"a": REJECTED, "b": with_answers(SHARED, "failed", removed=True)},
            ["done", "done"],
            ["already_invalid", "already_invalid", "already_invalid"],
            "a",
            [],
            id="a host that could not reach the only registry",
        ),
        pytest.param(
            {"a": CONFIRMED, "b": with_answers(KEYLESS, "failed", removed=True)},
            ["done", "done"],
            ["confirmed", "confirmed", "confirmed"],
            "a",
            [],
            id="confirmed, and it could not reach the registry",
        ),
        pytest.param(
            {"a": CONFIRMED, "b": make_host(KEYLESS)},
            ["done", "leftover"],
            ["confirmed", "confirmed", "confirmed"],
            "a",
            [("The token is revoked, but copies are still on disk.", None, ["b"])],
            id="confirmed, and it did not ask",
        ),
        pytest.param(
            {"a": REJECTED, "b": make_host(KEYLESS)},
            ["done", "open"],
            ["already_invalid", None, None],
            None,
            [(UNKNOWN, AGAIN, ["b"])],
            id="it did not ask",
        ),
        pytest.param(
            {"a": REJECTED, "b": make_host(SHARED, **WITH_PROJECT)},
            ["done", "open"],
            ["already_invalid", None, None],
            None,
            [(UNKNOWN, AGAIN, ["b"])],
            id="a project names a registry below, and it did not ask",
        ),
        pytest.param(
            {"a": REJECTED, "b": make_host(KEYLESS, tripwires=["/x"])},
            ["done", "open"],
            ["already_invalid", None, None],
            None,
            [(UNKNOWN, "Isolate that host, then run again.", ["b"])],
            id="it has a tripwire",
        ),
        pytest.param(
            {"a": REJECTED, "b": with_answers(KEYLESS, "skipped")},
            ["done", "open"],
            ["already_invalid", "skipped", "skipped"],
            None,
            [("It came out as skipped.", ASK, ["b"])],
            id="it removed its copy without a request",
        ),
        pytest.param(
            {"a": REJECTED, "b": with_answers(KEYLESS, "ineffective")},
            ["done", "open"],
            ["already_invalid", "ineffective", "ineffective"],
            "b",
            [("It came out as ineffective.", ASK, ["b"])],
            id="its registry still accepts it",
        ),
        pytest.param(
            {"a": REJECTED, "b": with_answers(KEYLESS, "accepted")},
            ["done", "unverified"],
            ["already_invalid", "accepted", "accepted"],
            "b",
            [("It came out as accepted.", ASK, ["b"])],
            id="its registry reported success",
        ),
        pytest.param(
            {"a": REJECTED, "b": with_answers(KEYLESS, "already_invalid", own_connection=True)},
            ["done", "done"],
            ["already_invalid", "already_invalid", "already_invalid"],
            "a",
            [],
            id="rejected over its own connection",
        ),
        pytest.param(
            {"a": with_answers(KEYLESS, "confirmed", own_connection=True, removed=False), "b": make_host(SHARED)},
            ["leftover", "open"],
            ["confirmed", None, "confirmed"],
            "a",
            [(OWN_CONNECTION, f"{OTHER_CONNECTION}.", ["a", "b"])],
            id="revoked for one account alone, and left there",
        ),
        pytest.param(
            {"a": with_answers(KEYLESS, "already_invalid"), "b": make_host(KEYLESS, logout=[GONE_ONCE_ASKED])},
            ["done", "done"],
            ["already_invalid", "already_invalid", "already_invalid"],
            "a",
            [],
            id="the hosts share the directory",
        ),
        pytest.param(
            {
                "a": with_answers(KEYLESS, "already_invalid"),
                "b": make_host({**KEYLESS, "path": "/home/alice/app/.npmrc"}, logout=[GONE_ONCE_ASKED]),
            },
            ["done", "open"],
            ["already_invalid", "skipped", "skipped"],
            None,
            [(GONE, AGAIN, ["b"])],
            id="it vanished from another file",
        ),
    ],
)
def test_rejection_by_the_registries_of_one_host(
    fleet: Mapping[str, Result],
    states: list[str],
    outcomes: list[str | None],
    asked_by: str | None,
    works: list[tuple[str, str | None, list[str]]],
) -> None:
    """The last of the outcomes is that of the token. All forms of the report agree."""
    document = report(fleet)
    (token,) = document["tokens"]
    assert [place["state"] for place in token["places"]] == states
    assert [*(place["outcome"] for place in token["places"]), token["outcome"]] == outcomes
    assert token["asked_by"] == asked_by
    told = [work for work in document["by_hand"] if work["about"] == "token"]
    assert [(work["what"], work["hosts"]) for work in told] == [(what, hosts) for what, _advice, hosts in works]
    assert all(advice in (None, work["advice"]) for work, (_what, advice, _hosts) in zip(told, works, strict=True))
    assert token["state"] == min(states, key=_fleet_terms.STATES.index)
    headline = document["summary"]["headline"]
    assert ("1 token may still work." in headline) == ("open" in states)
    assert ("1 token revoked" in headline) == (set(states) <= {"done", "leftover"})
    rows = list(csv.DictReader(write_csv(document, "credentials").splitlines()))
    shown = [item or "" for item in outcomes[:-1]]
    assert [(row["state"], row["outcome"]) for row in rows] == list(zip(states, shown, strict=True))
    said = {attempt["outcome"]: attempt["detail"] for attempt in token["attempts"]}
    assert all(row["detail"] == said[row["outcome"]] for row in rows if row["outcome"] in said)
    assert not any("rejected" in row["detail"] for row in rows if row["state"] == "open")
    assert [item["state"] for item in document["hosts"]] == states


@pytest.mark.parametrize(
    ("held", "states", "alive", "reason"),
    [
        pytest.param(
            [{**KEYLESS, "alive": False}, KEYLESS], ["leftover", "open"], None, UNDECIDED, id="one host did not decide"
        ),
        pytest.param(
            [{**SHARED, "alive": False}, {**KEYLESS, "check_failed": "Connection refused."}],
            ["leftover", "open"],
            None,
            "Connection refused.",
            id="one host got no response",
        ),
        pytest.param([{**SHARED, "alive": False}, SHARED], ["leftover"] * 2, False, None, id="no other registry"),
        pytest.param([{**KEYLESS, "alive": False}] * 2, ["leftover"] * 2, False, None, id="all of them asked"),
        pytest.param(
            [{**SHARED, "alive": False}, {**KEYLESS, "alive": True}], ["open"] * 2, True, None, id="accepted elsewhere"
        ),
        pytest.param(
            [{**SHARED, "alive": False}, {**KEYLESS, "alive": False, **OWN}],
            ["leftover"] * 2,
            False,
            None,
            id="rejected over its own connection",
        ),
        pytest.param(
            [{**SHARED, "alive": True}, {**SHARED, "alive": False, **OWN}],
            ["open"] * 2,
            True,
            None,
            id="accepted, and rejected over the connection of one account",
        ),
    ],
)
def test_probe_of_a_token_that_may_belong_elsewhere(
    held: list[Result], states: list[str], alive: bool | None, reason: str | None
) -> None:
    document = report({str(number): make_host(item) for number, item in enumerate(held)}, AUDIT)
    (token,) = document["tokens"]
    assert [place["state"] for place in token["places"]] == states
    assert (token["alive_before"], token["check_failed"], token["outcome"]) == (alive, reason, None)
    assert ("rejected it already" in render_page(document)) == (alive is False)


# 4. Left to do by hand ------------------------------------------------------------------------------------------------


def summarize_work(document: Mapping[str, Any]) -> list[tuple[str, str, list[str]]]:
    return [(work["about"], work["advice"], work["hosts"]) for work in document["by_hand"]]


@pytest.mark.parametrize(
    ("fleet", "run", "works"),
    [
        pytest.param({"a": with_answers(SHARED, "confirmed")}, RUN, [], id="nothing"),
        pytest.param({"a": make_host(SHARED), "b": make_host(PASSWORD)}, AUDIT, [], id="an audit asks for nothing"),
        pytest.param({"a": with_answers(SHARED, "pending")}, CHECK, [], id="check mode"),
        pytest.param(
            {"a": with_answers(SHARED, "unsupported"), "b": make_host(SHARED)},
            RUN,
            [("token", "Ask whoever runs the registry.", ["a", "b"])],
            id="the registry cannot",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "failed"), "b": with_answers(hold("t", OTHER), "failed")},
            RUN,
            [("token", "Ask whoever runs the registry.", ["a"]), ("token", "Ask whoever runs the registry.", ["b"])],
            id="two registries, one advice",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "confirmed"), "b": make_host(SHARED, status="unreachable")},
            RUN,
            [
                (
                    "token",
                    "Make sure that these hosts can be reached and their files can be written, then run again.",
                    ["b"],
                ),
                ("host", "Restore access, then run again.", ["b"]),
            ],
            id="a copy on a host that is down",
        ),
        pytest.param(
            {"a": make_host(SHARED)},
            RUN,
            [("token", "Run again when a host that has it can be reached.", ["a"])],
            id="nobody asked",
        ),
        pytest.param(
            {"b": with_answers(SHARED, "failed"), "a": make_host(hold("t"), tripwires=["/x"])},
            RUN,
            [("host", "Isolate the host, then run again.", ["a"]), ("token", "Ask whoever runs the registry.", ["b"])],
            id="tripwires first, and no word of the tokens there",
        ),
        pytest.param(
            {"a": make_host(SHARED, tripwires=["/x"]), "b": make_host(SHARED)},
            RUN,
            [
                ("host", "Isolate the host, then run again.", ["a"]),
                ("token", "Isolate that host, then run again.", ["a", "b"]),
            ],
            id="a token that a tripwire waits for",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "confirmed", own_connection=True), "b": make_host(SHARED)},
            RUN,
            [("token", f"{OTHER_CONNECTION}.", ["a", "b"])],
            id="an answer that counts for one account alone",
        ),
        pytest.param(
            {"a": with_answers(PASSWORD, "not_applicable"), "b": with_answers(PASSWORD, "not_applicable")},
            RUN,
            [("credential", "Ask whoever runs the registry.", ["a", "b"])],
            id="passwords",
        ),
        pytest.param(
            {"a": {"status": "failed", "problem": "No space"}, "b": {"status": "failed"}},
            RUN,
            [("host", "Fix this, then run again.", ["a"]), ("host", "Fix this, then run again.", ["b"])],
            id="hosts that failed",
        ),
    ],
)
def test_work(fleet: Mapping[str, Result], run: Run, works: list[tuple[str, str, list[str]]]) -> None:
    document = report(fleet, run)
    assert summarize_work(document) == works
    assert document["summary"]["by_hand"] == len(works)


def test_work_names_its_tokens_and_registries() -> None:
    """One entry for each registry: what is done there is done for its tokens alone."""
    fleet = {
        "a": with_answers(SHARED, "failed"),
        "b": with_answers(hold("t", OTHER), "failed"),
        "c": with_answers(hold("u", OTHER), "failed"),
    }
    works = report(fleet)["by_hand"]
    assert [(work["registries"], work["hosts"]) for work in works] == [([NPM], ["a"]), ([OTHER], ["b", "c"])]
    assert works[1]["fingerprints"] == sorted([name_token("t"), name_token("u")])
    assert {work["what"] for work in works} == {"It came out as failed."}


def test_work_on_logins_is_listed_by_registry() -> None:
    logins = [hold_password(NPM), hold_password(OTHER)]
    fleet = {
        name: make_host(*logins, logout=log_out(*(tell(item, "not_applicable") for item in logins))) for name in "ab"
    }
    works = report(fleet)["by_hand"]
    assert [(work["registries"], work["hosts"]) for work in works] == [([NPM], ["a", "b"]), ([OTHER], ["a", "b"])]


def test_copies_of_revoked_tokens_are_one_entry_for_all_registries() -> None:
    left = [hold("t", NPM), hold("u", OTHER)]
    fleet = {"a": make_host(*left, logout=log_out(*(tell(item, "confirmed", removed=False) for item in left)))}
    (work,) = report(fleet)["by_hand"]
    assert work["registries"] == [NPM, OTHER]


# 5. At a glance -------------------------------------------------------------------------------------------------------

TRIPPED = make_host(hold("t"), tripwires=["/x"])


@pytest.mark.parametrize(
    ("fleet", "run", "level", "headline"),
    [
        pytest.param({}, RUN, "clear", "No credential was found.", id="no host"),
        pytest.param({"a": make_host()}, AUDIT, "clear", "No credential was found.", id="nothing found"),
        pytest.param({"a": make_host(SHARED)}, AUDIT, "notice", "1 token in 1 place.", id="audit"),
        pytest.param(
            {"a": make_host(SHARED, PASSWORD), "b": make_host(SHARED)},
            AUDIT,
            "notice",
            "1 token in 2 places, and 1 other credential.",
            id="audit with a password",
        ),
        pytest.param(
            {"a": make_host(info={"credentials": [SHARED], "findings": [FINDING]})},
            AUDIT,
            "attention",
            "1 token in 1 place. 1 finding of high severity.",
            id="audit with a severe finding",
        ),
        pytest.param(
            {"a": CONFIRMED}, RUN, "clear", "1 token revoked at the registry, and no copy left on disk.", id="done"
        ),
        pytest.param(
            {"a": CONFIRMED, "b": make_host(SHARED)},
            RUN,
            "attention",
            "1 token revoked; 1 copy still on disk.",
            id="a copy is left",
        ),
        pytest.param(
            {"a": CONFIRMED, "b": make_host(SHARED), "c": with_answers(hold("kept"), "protected")},
            RUN,
            "attention",
            "1 token revoked; 1 copy still on disk. 1 protected token was not revoked.",
            id="a copy is left beside a protected token",
        ),
        pytest.param(
            {"a": CONFIRMED, "b": with_answers(hold("k"), "protected"), "c": with_answers(hold("l"), "protected")},
            RUN,
            "clear",
            "1 token revoked at the registry, and no copy left on disk. 2 protected tokens were not revoked.",
            id="done beside protected tokens",
        ),
        pytest.param(
            {"a": CONFIRMED, "b": {"status": "skipped"}, "c": {"status": "skipped"}},
            RUN,
            "attention",
            "1 token revoked at the registry, and no copy left on disk. 2 hosts of 3 were not processed in this run.",
            id="hosts that were not processed",
        ),
        *(
            pytest.param(
                {"a": make_host(info={"credentials": [], "findings": [UNREADABLE]})},
                run,
                "attention",
                "No credential was found. 1 file could not be read and may contain credentials.",
                id=f"a file that cannot be read, {run.job}",
            )
            for run in (RUN, AUDIT)
        ),
        pytest.param(
            {"a": CONFIRMED, "b": make_host(hold("t"))}, RUN, "alarm", "1 of 2 tokens may still work.", id="one is left"
        ),
        pytest.param(
            {"a": CONFIRMED, "b": {"status": "unreachable"}},
            RUN,
            "attention",
            "1 token revoked at the registry, and no copy left on disk. 1 host of 2 failed or could not be reached.",
            id="a host is down",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "accepted")},
            RUN,
            "attention",
            "The registry reported success for 1 token, but the revocation could not be verified.",
            id="not verified",
        ),
        pytest.param(
            {"a": with_answers(PASSWORD, "not_applicable")},
            RUN,
            "attention",
            "1 login may still be valid at the registry.",
            id="a password is gone from disk",
        ),
        pytest.param(
            {"a": with_answers(PASSWORD, "not_applicable", removed=False)},
            RUN,
            "alarm",
            "1 credential still in place.",
            id="a password is left",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "protected")},
            RUN,
            "clear",
            "Everything that was found is protected. Nothing was revoked or removed.",
            id="protected",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "protected")},
            Run("rotate", False, None, None, None),
            "clear",
            "No old token was found. Nothing was revoked or removed.",
            id="only the new token",
        ),
        pytest.param(
            {"a": make_host(absent=["alcie"]), "b": make_host(absent=["alcie", "bob"])},
            RUN,
            "attention",
            "No credential was found. No reachable host has the account alcie.",
            id="an account that no host has",
        ),
        pytest.param(
            {"a": make_host(absent=["bob", "alcie"]), "b": make_host(absent=["alcie", "bob"])},
            RUN,
            "attention",
            "No credential was found. No reachable host has any of 2 accounts, such as alcie.",
            id="accounts that no host has",
        ),
        pytest.param(
            {"a": make_host(absent=["alice"]), "b": with_answers(SHARED, "protected")},
            RUN,
            "clear",
            "Everything that was found is protected. Nothing was revoked or removed.",
            id="an account that one host lacks",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "pending"), "b": with_answers(SHARED, "skipped")},
            CHECK,
            "notice",
            "A real run would revoke 1 token and remove 2 credential entries.",
            id="check mode",
        ),
        pytest.param(
            {"a": with_answers(SHARED, "pending"), "b": make_host(hold("t"))},
            CHECK,
            "attention",
            "A real run would revoke 1 token and remove 1 credential entry. 1 credential would be kept.",
            id="check mode, one would be kept",
        ),
        pytest.param(
            {"a": CONFIRMED, "b": TRIPPED, "c": TRIPPED},
            RUN,
            "alarm",
            "2 hosts have a tripwire: isolate them, then run again. 1 of 2 tokens may still work.",
            id="tripwires",
        ),
        pytest.param(
            {"a": TRIPPED},
            AUDIT,
            "alarm",
            "1 host has a tripwire: isolate it, then run again. 1 token in 1 place.",
            id="a tripwire",
        ),
    ],
)
def test_headline(fleet: Mapping[str, Result], run: Run, level: str, headline: str) -> None:
    summary = report(fleet, run)["summary"]
    assert (summary["level"], summary["headline"]) == (level, headline)


ROTATION = Run("rotate", False, None, None, None, frozenset({"user"}), name_token("new"))
OLD, NEW = hold("old"), hold("new")


def keep_text(*lines: int, path: str = "/home/alice/.npmrc") -> list[Result]:
    return [{"account": "alice", "path": path, "remaining_text": list(lines)}]


@pytest.mark.parametrize(
    ("logouts", "condition", "headline"),
    [
        pytest.param(
            [log_out(tell(OLD, "confirmed"), files=keep_text(3, 7))],
            "leftover",
            "1 token revoked at the registry. The text of a token is still in 1 file, outside of a credential.",
            id="text",
        ),
        pytest.param(
            [log_out(files=keep_text(3)), log_out(tell(OLD, "confirmed"), files=keep_text())],
            "done",
            "1 token revoked at the registry, and no copy left on disk.",
            id="gone since",
        ),
        pytest.param(
            [
                log_out(tell(OLD, "confirmed"), files=keep_text(3)),
                log_out(files=keep_text(1, path="/home/alice/.yarnrc")),
            ],
            "leftover",
            "1 token revoked at the registry. The text of a token is still in 2 files, outside of a credential.",
            id="two files",
        ),
    ],
)
def test_host_with_the_text_of_a_token_is_not_clean(logouts: list[Result], condition: str, headline: str) -> None:
    document = report({"a": make_host(OLD, logout=logouts)})
    assert (document["hosts"][0]["condition"], document["summary"]["headline"]) == (condition, headline)
    assert (document["summary"]["level"] == "clear") == (condition == "done")
    assert bool(document["by_hand"]) == (condition != "done")


def test_text_of_a_token_is_removed_by_hand() -> None:
    told = log_out(tell(OLD, "confirmed"), files=keep_text(3, 7))
    (work,) = report({"b": make_host(OLD, logout=told), "a": make_host(OLD, logout=told)})["by_hand"]
    assert work["what"] == "The text of a token is still in /home/alice/.npmrc, lines 3, 7, outside of a credential."
    assert (work["advice"], work["hosts"]) == ("Remove it by hand.", ["a", "b"])


def keep_outside(*outside: Result, outcome: str = "confirmed", **changes: Any) -> Result:
    """A host that has a token for another registry, too."""
    return {**with_answers(OLD, outcome, **changes), "outside": list(outside)}


AT_OTHER = hold("old", OTHER, line=2)
SET_FOR_BOTH = {**OLD, "source": "environment", "client": "environment", "settings": ["NPM_TOKEN"]}
STAYS = "1 credential entry with the same token for another registry stays on disk (a: /home/alice/.npmrc line 2)."
NO_COPY = "1 token revoked at the registry, and no copy left on disk."


@pytest.mark.parametrize(
    ("host", "run", "condition", "headline"),
    [
        pytest.param(keep_outside(AT_OTHER), RUN, "leftover", f"1 token revoked at the registry. {STAYS}", id="one"),
        pytest.param(
            keep_outside(AT_OTHER, hold("old", NPM + "x/", path="/x", line=None)),
            RUN,
            "leftover",
            "1 token revoked at the registry. 2 credential entries with the same token for other registries stay "
            "on disk (a: /home/alice/.npmrc line 2 and 1 more).",
            id="two",
        ),
        pytest.param(keep_outside(hold("t", OTHER)), RUN, "done", NO_COPY, id="another token"),
        pytest.param(keep_outside(outcome="confirmed"), RUN, "done", NO_COPY, id="none"),
        pytest.param(
            keep_outside(AT_OTHER, outcome="pending"),
            CHECK,
            "pending",
            f"A real run would revoke 1 token and remove 1 credential entry. {STAYS}",
            id="in check mode",
        ),
        pytest.param(
            keep_outside(AT_OTHER, outcome="failed"), RUN, "open", f"1 token may still work. {STAYS}", id="not revoked"
        ),
        pytest.param(
            keep_outside(AT_OTHER, outcome="protected", removed=False),
            RUN,
            "protected",
            "Everything that was found is protected. Nothing was revoked or removed.",
            id="protected",
        ),
        pytest.param(
            keep_outside({**AT_OTHER, "source": "comment"}),
            ROTATION,
            "leftover",
            f"1 token revoked at the registry. {STAYS}",
            id="in a comment, after a rotation",
        ),
        pytest.param(keep_outside(hold("new", OTHER)), ROTATION, "done", NO_COPY, id="the new token, after a rotation"),
        pytest.param(
            keep_outside(AT_OTHER, outcome="skipped", removed=False),
            ROTATION,
            "open",
            "1 token may still work.",
            id="a rotation that revoked nothing",
        ),
        pytest.param(make_host(OLD, outside=[AT_OTHER]), AUDIT, "open", "1 token in 1 place.", id="an audit"),
        pytest.param(
            keep_outside({**AT_OTHER, "source": "environment", "set_in": [SET_IN]}),
            RUN,
            "leftover",
            f"1 token revoked at the registry. {STAYS}",
            id="a reference to a variable that is no longer set",
        ),
        pytest.param(
            keep_outside({**AT_OTHER, "source": "environment", "client": "environment"}),
            RUN,
            "leftover",
            f"1 token revoked at the registry. {STAYS}",
            id="an assignment",
        ),
        pytest.param(
            make_host(
                SET_FOR_BOTH,
                outside=[{**SET_FOR_BOTH, "registry": OTHER}],
                logout=[log_out(tell(SET_FOR_BOTH, "confirmed"))],
            ),
            RUN,
            "done",
            NO_COPY,
            id="the same assignment, which was removed",
        ),
    ],
)
def test_copies_for_registries_that_are_not_part_of_the_run(
    host: Result, run: Run, condition: str, headline: str
) -> None:
    document = report({"a": host}, run)
    assert (document["hosts"][0]["condition"], document["summary"]["headline"]) == (condition, headline)
    assert (document["summary"]["level"] == "clear") == (condition in {"done", "protected"})


def test_copies_for_another_registry_are_work_to_do() -> None:
    copies = [hold("old", OTHER, path=f"/{number}/.npmrc", line=2) for number in range(7)]
    fleet = {"b": keep_outside(*copies[:4]), "a": keep_outside(*copies[3:], hold("old", None, path="/x", line=None))}
    unknown, known = report(fleet)["by_hand"]
    assert (known["hosts"], known["registries"], known["fingerprints"]) == (["a", "b"], [OTHER], [name_token("old")])
    assert (known["what"], known["advice"]) == (
        f"A token of this run is also stored for {OTHER}, which is not part of this run. Not changed: /3/.npmrc "
        "line 2, /4/.npmrc line 2, /5/.npmrc line 2, /6/.npmrc line 2, /0/.npmrc line 2 and 2 more.",
        f"Run again with npm_auth_registry: {OTHER}, or replace the token there by hand.",
    )
    assert (unknown["what"], unknown["advice"], unknown["registries"]) == (
        "A token of this run is also stored for another registry, which is not part of this run. Not changed: /x.",
        "Run again for that registry, or replace the token there by hand.",
        [],
    )


def test_after_a_perfect_rotation_every_host_has_the_new_token_in_place() -> None:
    fleet = {
        name: make_host(OLD, NEW, logout=log_out(tell(OLD, outcome), tell(NEW, "protected", removed=False)))
        for name, outcome in (("a", "confirmed"), ("b", "skipped"))
    }
    document = report(fleet, ROTATION)
    assert {host["name"]: host["condition"] for host in document["hosts"]} == {"a": "new", "b": "new"}
    assert {token["fingerprint"]: token["state"] for token in document["tokens"]} == {
        name_token("old"): "done",
        name_token("new"): "new",
    }
    assert (document["summary"]["level"], document["by_hand"]) == ("clear", [])
    assert document["summary"]["headline"].endswith("The new token is in 2 places.")


@pytest.mark.parametrize(
    ("host", "run", "condition"),
    [
        pytest.param(make_host(), RUN, "ok", id="nothing there"),
        pytest.param(CONFIRMED, RUN, "done", id="all revoked and removed"),
        pytest.param(
            make_host(SHARED, hold("t"), logout=log_out(tell(SHARED, "confirmed"))), RUN, "open", id="one left"
        ),
        pytest.param(
            make_host(SHARED, status="failed", problem="No space"), RUN, "open", id="failed, with a token left"
        ),
        pytest.param({"status": "failed", "problem": "No space"}, RUN, "failed", id="failed"),
        pytest.param({"status": "unreachable"}, RUN, "unreachable", id="unreachable"),
        pytest.param(TRIPPED, RUN, "tripwire", id="tripwire"),
        pytest.param(make_host(SHARED), AUDIT, "open", id="an audit"),
        pytest.param(
            make_host(SHARED, status="failed", problem="No space"), AUDIT, "failed", id="an audit that failed"
        ),
    ],
)
def test_condition_of_a_host_is_the_worst_of_what_it_holds(host: Result, run: Run, condition: str) -> None:
    document = report({"a": host}, run)
    assert document["hosts"][0]["condition"] == condition
    assert document["summary"]["hosts"]["conditions"][condition] == 1


@pytest.mark.parametrize("run", [AUDIT, CHECK, RUN], ids=["audit", "check mode", "offboard"])
def test_counts_of_the_headline_are_those_of_the_tables(run: Run) -> None:
    """A token without a fingerprint, such as a variable that is not set, is in the table of other credentials."""
    unresolved = hold("", fingerprint=None, source="environment")
    told = [] if run is AUDIT else [tell(SHARED, "pending"), tell(PASSWORD, "not_applicable")]
    document = report({"a": make_host(SHARED, PASSWORD, unresolved, logout=log_out(*told))}, run)
    summary = document["summary"]
    assert summary["credentials"]["of_tokens"] == sum(len(token["places"]) for token in document["tokens"]) == 1
    assert summary["credentials"]["others"] == len(document["credentials"]) == 2
    if run is AUDIT:
        assert summary["headline"] == "1 token in 1 place, and 2 other credentials."


@pytest.mark.parametrize(
    ("run", "noted"),
    [
        pytest.param(Run("offboard", False, None, None, None, frozenset({"user", "project"})), False, id="accounts"),
        pytest.param(Run("offboard", False, None, None, None, frozenset({"all"})), True, id="all levels"),
        pytest.param(Run("offboard", True, None, None, None, frozenset({"global"})), True, id="global, check mode"),
        pytest.param(Run("audit", False, None, None, None, frozenset({"all"})), False, id="an audit changes nothing"),
    ],
)
def test_that_the_files_of_the_host_were_processed_is_said_first(run: Run, noted: bool) -> None:
    notes = report({"a": make_host(SHARED)}, run)["summary"]["notes"]
    assert ["/etc/npmrc" in note for note in notes] == [True] * noted


def test_registries_that_only_projects_name() -> None:
    named = {"registry": "http://own.example.com/", "path": "/home/alice/app/.npmrc", "line": 2}
    unnamed = {"registry": None, "path": "/home/alice/app/.npmrc", "line": 3}
    info = {"credentials": [SHARED], "findings": [], "project_registries": [named, unnamed]}
    document = report({"a": make_host(info=info), "b": make_host(info=info), "c": make_host(SHARED)}, AUDIT)
    places = [{"host": host, "path": "/home/alice/app/.npmrc", "line": 2} for host in "ab"]
    assert document["project_registries"] == [{"registry": "http://own.example.com/", "places": places}]


@pytest.mark.parametrize(
    ("fleet", "reason"),
    [
        pytest.param({"a": make_host(SHARED)}, None, id="not asked"),
        pytest.param({"a": make_host(hold("t", alive=True, check_failed="no"))}, None, id="another host was answered"),
        pytest.param(
            {"a": make_host(hold("t", check_failed="Connection refused."))}, "Connection refused.", id="probe"
        ),
        pytest.param(
            {
                "a": make_host(
                    SHARED,
                    status="unreachable",
                    problem="Timed out",
                    asked=[{"registry": None, "fingerprints": [name_token("shared")]}],
                )
            },
            "Timed out",
            id="lost while it asked",
        ),
    ],
)
def test_why_a_check_failed(fleet: Mapping[str, Result], reason: str | None) -> None:
    (token,) = report(fleet)["tokens"]
    assert token["check_failed"] == reason


def test_numbers() -> None:
    fleet = {
        "a": make_host(SHARED, PASSWORD, logout=log_out(tell(SHARED, "confirmed"), tell(PASSWORD, "not_applicable"))),
        "b": make_host(SHARED, hold("t"), info={"credentials": [SHARED, hold("t")], "findings": [FINDING]}),
        "c": {"status": "unreachable"},
        "d": TRIPPED,
    }
    summary = report(fleet)["summary"]
    conditions = summary["hosts"].pop("conditions")
    assert summary["hosts"] == {"total": 4, "ok": 3, "failed": 0, "unreachable": 1, "skipped": 0}
    assert {name: count for name, count in conditions.items() if count} == {
        "tripwire": 1,
        "open": 1,
        "unreachable": 1,
        "by_hand": 1,
    }
    assert summary["tripwires"] == 1
    assert summary["credentials"]["total"] == 5
    assert summary["credentials"]["removed"] == 2
    assert summary["credentials"]["kinds"] == {"token": 4, "basic": 1, "certificate": 0, "helper": 0}
    assert {name: count for name, count in summary["credentials"]["states"].items() if count} == {
        "open": 2,
        "by_hand": 1,
        "leftover": 1,
        "done": 1,
    }
    assert (summary["tokens"]["total"], summary["tokens"]["shared"]) == (2, 2)
    assert {name: count for name, count in summary["tokens"]["outcomes"].items() if count} == {
        "confirmed": 1,
        "not_asked": 1,
    }
    assert summary["findings"]["severities"] == {"critical": 0, "high": 1, "medium": 0, "low": 0, "info": 0}


def test_matrix() -> None:
    fleet = {
        "a": make_host(SHARED, hold("t"), hold_password(OTHER), logout=log_out(tell(SHARED, "confirmed"))),
        "b": make_host(),
        "c": make_host(hold("u", registry=None, settings=["_authToken"])),
    }
    assert report(fleet)["matrix"] == {
        "registries": [None, NPM, OTHER],
        "rows": [
            {
                "host": "a",
                "cells": [
                    {"registry": NPM, "credentials": 2, "state": "open"},
                    {"registry": OTHER, "credentials": 1, "state": "open"},
                ],
            },
            {"host": "b", "cells": []},
            {"host": "c", "cells": [{"registry": None, "credentials": 1, "state": "open"}]},
        ],
    }


def test_findings_come_by_severity() -> None:
    severities = ["info", "odd", "critical", "medium", "high", "low"]
    found = [{**FINDING, "severity": severity} for severity in severities]
    document = report({"b": make_host(info={"findings": found[:3]}), "a": make_host(info={"findings": found[3:]})})
    assert [item["severity"] for item in document["findings"]] == ["critical", "high", "medium", "low", "info", "odd"]
    assert list(document["summary"]["findings"]["severities"])[-1] == "odd"


def test_run() -> None:
    assert report({}, RUN)["run"] == {
        "job": "offboard",
        "check_mode": False,
        "started": "2026-03-14T09:30:00Z",
        "finished": "2026-03-14T09:52:10Z",
        "seconds": 1330,
        "collection_version": "1.0.0",
    }


@pytest.mark.parametrize("check_mode", [False, True])
@pytest.mark.parametrize("size", [0, 1, 300])
def test_a_made_up_fleet_fits_the_schema(size: int, check_mode: bool) -> None:
    document = report(make_fleet(size, check_mode=check_mode), Run("rotate", check_mode, None, None, None))
    assert len(document["hosts"]) == len(document["matrix"]["rows"]) == size


def test_the_schema_has_the_words_of_the_code() -> None:
    definitions = SCHEMA["$defs"]
    assert tuple(definitions["state"]["enum"]) == _fleet_terms.STATES
    assert tuple(definitions["outcome"]["enum"]) == (*OUTCOMES, None)
    assert tuple(definitions["run"]["properties"]["job"]["enum"]) == _fleet_terms.JOBS
    assert tuple(definitions["summary"]["properties"]["level"]["enum"]) == _fleet_terms.SERIOUSNESS
    assert tuple(definitions["host"]["properties"]["status"]["enum"]) == STATUSES
    assert tuple(definitions["credential"]["properties"]["kind"]["enum"]) == KINDS


# 6. What comes in, and what does not ----------------------------------------------------------------------------------


def add_unknown_fields(value: Any) -> Any:
    """The same, with a secret in a field that nobody knows in every mapping of it."""
    if isinstance(value, dict):
        extended = {name: add_unknown_fields(item) for name, item in value.items()}
        return {**extended, "token": "hunter2", "value": "hunter2", "invocation": {"_authToken": "hunter2"}}
    return [add_unknown_fields(item) for item in value] if isinstance(value, list) else value


def test_unknown_fields_are_dropped() -> None:
    fleet = {
        "a": make_host(
            SHARED,
            PASSWORD,
            info={"credentials": [SHARED, PASSWORD], "findings": [FINDING], "files": [{"path": "/x"}]},
            logout=[log_out(tell(SHARED, "confirmed"), diff=[{"before": "hunter2"}], msg="hunter2")],
            tripwires=["/x"],
        )
    }
    spoiled = {name: add_unknown_fields(host) for name, host in fleet.items()}
    assert report(spoiled) == report(fleet)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("fingerprint", "npm_hunter2hunter2", id="a token in the place of its fingerprint"),
        pytest.param("format", "Hunter2 hunter2", id="a sentence in the place of a word"),
        pytest.param("client", "hunter2" * 10, id="a long word in the place of a client"),
        pytest.param("identity", ["hunter2"], id="a list in the place of a name"),
        pytest.param("line", "hunter2", id="a text in the place of a number"),
        pytest.param("alive", "hunter2", id="a text in the place of a truth"),
        pytest.param("expires", "hunter2", id="a text in the place of a time"),
        pytest.param("registry", "https://jane:hunter2@npm.example.com/", id="a login in a registry's URL"),
        pytest.param("detail", "see https://jane:hunter2@npm.example.com/", id="a login in a sentence"),
    ],
)
def test_what_could_be_a_secret_stays_out(field: str, value: Any) -> None:
    told = tell(SHARED, "failed")
    fleet = {"a": make_host({**SHARED, field: value}, logout=log_out({**told, field: value}))}
    assert "hunter2" not in json.dumps(report(fleet))


HOSTILE = "\x1b[31m\u202egnp.exe\u2066\n\r\t\x00</script><img src=x>&amp;\u2028\ud800"


def test_hostile_texts_are_made_harmless() -> None:
    held = hold("t", account=HOSTILE, path=f"/{HOSTILE}", identity=HOSTILE, registry=f"https://x/{HOSTILE}")
    fleet = {
        HOSTILE: make_host(
            held,
            info={"credentials": [held], "findings": [{**FINDING, "message": HOSTILE, "path": HOSTILE}]},
            logout=[log_out(tell(held, "failed", detail=HOSTILE, by_hand=HOSTILE))],
            tripwires=[HOSTILE],
            status="failed",
            problem=HOSTILE,
        )
    }
    texts = list(list_texts(report(fleet)))
    assert all(text.isprintable() for text in texts)
    assert sum("img src=x" in text for text in texts) > 10


def list_texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for item in value.values() for text in list_texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in list_texts(item)]
    return [value] if isinstance(value, str) else []


@pytest.mark.parametrize(
    ("logout", "answers"),
    [
        pytest.param(None, 0, id="none"),
        pytest.param(log_out(tell(SHARED, "failed")), 1, id="a result"),
        pytest.param([log_out(tell(SHARED, "failed")), log_out(tell(SHARED, "confirmed"))], 2, id="results"),
        pytest.param({"results": [log_out(tell(SHARED, "failed"))], "changed": True}, 1, id="what a loop registers"),
        pytest.param([{"results": [log_out(tell(SHARED, "failed"))]}, None, {"skipped": True}], 1, id="mixed"),
        pytest.param({"failed": True, "msg": "broken", "changed": False}, 0, id="a failure without results"),
    ],
)
def test_forms_of_a_logout(logout: Any, answers: int) -> None:
    (host,) = read_hosts({"a": make_host(SHARED, logout=logout)})
    assert len(host.credentials[0].answers) == answers


@pytest.mark.parametrize(
    ("hosts", "problem"),
    [
        pytest.param(["a"], "hosts must be a mapping of host names.", id="a list"),
        pytest.param(None, "hosts must be a mapping of host names.", id="nothing"),
        pytest.param({1: {}}, "hosts contains a host name that is not a string.", id="a number for a name"),
        pytest.param({"a": []}, "hosts entry a: not a mapping.", id="a list for a host"),
        pytest.param(
            {"a": {"status": "hunter2"}},
            "hosts entry a: status must be one of ok, failed, unreachable, skipped.",
            id="unknown status",
        ),
        pytest.param({"a": {"info": "hunter2"}}, "hosts entry a: info is not a mapping.", id="info"),
        pytest.param(
            {"a": {"logout": "hunter2"}},
            "hosts entry a: logout must be a result or a list of results.",
            id="logout",
        ),
        pytest.param({"a": {"tripwires": "hunter2"}}, "hosts entry a: tripwires is not a list.", id="tripwires"),
        pytest.param(
            {"a": {"info": {"credentials": "x"}}}, "hosts entry a: credentials is not a list.", id="credentials"
        ),
        pytest.param(
            {"a": {"info": {"credentials": ["hunter2"]}}},
            "hosts entry a, info: a credential is not a mapping.",
            id="a credential",
        ),
        pytest.param(
            {"a": {"info": {"credentials": [{"kind": "hunter2"}]}}},
            "hosts entry a, info: the kind of a credential must be one of token, basic, certificate, helper.",
            id="kind",
        ),
        pytest.param(
            {"a": make_host(logout=[log_out(tell(SHARED, "confirmed")), log_out(tell(SHARED, "hunter2"))])},
            f"hosts entry a, logout 2: the revocation of a credential must be one of {', '.join(OUTCOMES)}.",
            id="revocation",
        ),
        pytest.param(
            {"a": {"info": {"credentials": [{**REFERENCE, "set_in": ["hunter2"]}]}}},
            "hosts entry a, info: a place in set_in is not a mapping.",
            id="place of an assignment",
        ),
        pytest.param({"a": {"info": {"findings": [1]}}}, "hosts entry a: a finding is not a mapping.", id="finding"),
        pytest.param(
            {"a": {"info": {"project_registries": ["hunter2"]}}},
            "hosts entry a: a registry of a project is not a mapping.",
            id="registry of a project",
        ),
        pytest.param(
            {"a": {"logout": {"files": ["hunter2"]}}},
            "hosts entry a, logout 1: a file is not a mapping.",
            id="file of a logout",
        ),
        pytest.param(
            {"a": {"asked": ["hunter2"]}},
            "hosts entry a: asked must be a list of mappings.",
            id="asked",
        ),
        pytest.param(
            {"a": {"logout": [{"at": "hunter2"}]}},
            "hosts entry a, logout 1: at must be a time in ISO 8601 format.",
            id="time",
        ),
        pytest.param({"a\n": []}, "hosts entry 'a\\n': not a mapping.", id="hostile name"),
    ],
)
def test_bad_input_gets_one_sentence(hosts: Any, problem: str) -> None:
    with pytest.raises(InputError) as caught:
        read_hosts(hosts)
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("value", "time"),
    [
        pytest.param(None, None, id="none"),
        pytest.param("", None, id="empty"),
        pytest.param("2026-03-14T09:30:00Z", "2026-03-14T09:30:00Z", id="UTC"),
        pytest.param("2026-03-14T09:30:00+02:00", "2026-03-14T07:30:00Z", id="another zone"),
        pytest.param("2026-03-14 09:30:00.123456", "2026-03-14T09:30:00Z", id="as now() prints it"),
        pytest.param(datetime(2026, 3, 14, 9, 30), "2026-03-14T09:30:00Z", id="as now() gives it"),
        pytest.param(
            datetime(2026, 3, 14, 9, 30, tzinfo=timezone(timedelta(hours=-1))), "2026-03-14T10:30:00Z", id="aware"
        ),
    ],
)
def test_times(value: Any, time: str | None) -> None:
    assert read_time(value, "started") == time


@pytest.mark.parametrize("value", ["yesterday", 1, "2026-13-01", ["2026-03-14"]])
def test_what_is_no_time(value: Any) -> None:
    with pytest.raises(InputError, match=r"^started must be a time in ISO 8601 format\.$"):
        read_time(value, "started")


def test_kind_expiry_and_side_effects_are_reported() -> None:
    """A registry may only tell them when it is asked to revoke: the audit foresees what it can."""
    effect = "GitLab sends an email about it to the token's owner."
    one = hold("t", registry_kind="npm")
    told = tell(one, "confirmed", registry_kind="gitlab", expires="2027-01-31T00:00:00Z", side_effects=[effect])
    (token,) = report({"a": make_host(one, logout=[log_out(told)])})["tokens"]
    assert (token["registry_kind"], token["expires"], token["side_effects"]) == (
        "gitlab",
        "2027-01-31T00:00:00Z",
        [effect],
    )


def test_a_token_without_an_end_never_expires() -> None:
    (token,) = report({"a": make_host(hold("t", expires="never"))})["tokens"]
    assert token["expires"] == "never"
