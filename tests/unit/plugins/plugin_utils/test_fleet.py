# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which host revokes which token now, and which hosts may remove their copies."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import (
    ANSWERED,
    ATTEMPTS,
    DONE,
    NO_HOST,
    REMOVE,
    REVOKE,
    SPARED,
    STUCK,
    TRIPWIRE,
    Ruling,
    choose,
    describe,
    was_asked,
    weigh,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import OUTCOMES, read_hosts
from tests.report.fleets import NPM, OTHER, Result, hold, hold_password, log_out, make_host, name_token, tell

SHARED = hold("shared")
DOWN = {"status": "unreachable"}
ASKED = {"asked": [{"registry": None, "fingerprints": [name_token("shared")]}]}
TRIPPED = {"tripwires": ["/home/alice/.local/bin/gh-token-monitor.sh"]}


def rule(fleet: Mapping[str, Result], **options: Any) -> list[Ruling]:
    return list(choose(read_hosts(fleet), **options))


def decide(fleet: Mapping[str, Result], **options: Any) -> dict[str, Any]:
    """What a playbook is told."""
    hosts = read_hosts(fleet)
    return describe(hosts, choose(hosts, **options), comments=options.get("comments", False))


def answered(outcome: str, *more: str, **changes: Any) -> Result:
    """A host with the shared token that got these outcomes, one a round."""
    removed = {"removed": changes.pop("removed")} if "removed" in changes else {}
    return make_host(SHARED, logout=[log_out(tell(SHARED, item, **removed)) for item in (outcome, *more)], **changes)


HOLDER = make_host(SHARED)
#: Over a proxy that the account's own file names.
PROXIED = make_host(SHARED, logout=[log_out(tell(SHARED, "confirmed", own_connection=True))])
OF_BOB = hold("shared", account="bob")

# 1. One token on several hosts ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fleet", "options", "decision", "chosen", "removing"),
    [
        pytest.param({"a": HOLDER, "b": HOLDER}, {}, "revoke", "a", "", id="the first of equals"),
        pytest.param({"b": HOLDER, "a": HOLDER}, {}, "revoke", "a", "", id="whatever the order"),
        pytest.param({"a": {**HOLDER, **DOWN}, "b": HOLDER}, {}, "revoke", "b", "", id="unreachable"),
        pytest.param({"a": {**HOLDER, "status": "skipped"}, "b": HOLDER}, {}, "revoke", "b", "", id="a skipped host"),
        pytest.param(
            {"a": {**HOLDER, **TRIPPED}, "b": HOLDER}, {}, "stuck", None, "", id="a tripwire waits for its death"
        ),
        pytest.param(
            {"a": {**HOLDER, **TRIPPED}, "b": HOLDER}, {"revoke": "never"}, "remove", None, "b", id="it may live on"
        ),
        pytest.param({"a": {**HOLDER, "requests": False}, "b": HOLDER}, {}, "revoke", "b", "", id="without requests"),
        pytest.param({"a": {**HOLDER, "requests": False}}, {}, "revoke", "a", "", id="without requests, but alone"),
        pytest.param({"a": {**HOLDER, "status": "failed"}, "b": HOLDER}, {}, "revoke", "b", "", id="failed before"),
        pytest.param({"a": {**HOLDER, "status": "failed"}}, {}, "revoke", "a", "", id="failed before, but alone"),
        pytest.param(
            {"a": {**HOLDER, "status": "failed"}, "b": {**HOLDER, "requests": False}},
            {},
            "revoke",
            "b",
            "",
            id="requests can be installed, health cannot",
        ),
        pytest.param({"a": answered("failed"), "b": HOLDER}, {}, "revoke", "b", "", id="failed, the next one"),
        pytest.param({"a": {**HOLDER, **ASKED}, "b": HOLDER}, {}, "revoke", "b", "", id="lost while it was asked"),
        pytest.param({"a": answered("confirmed"), "b": HOLDER, "c": HOLDER}, {}, "remove", None, "bc", id="confirmed"),
        pytest.param({"a": answered("already_invalid"), "b": HOLDER}, {}, "remove", None, "b", id="already invalid"),
        pytest.param({"a": answered("pending"), "b": HOLDER}, {}, "remove", None, "b", id="check mode"),
        pytest.param(
            {"a": answered("failed"), "b": answered("confirmed"), "c": HOLDER},
            {},
            "remove",
            None,
            "ac",
            id="confirmed by the second: the first removes, too",
        ),
        pytest.param(
            {"a": answered("confirmed"), "b": {**HOLDER, **DOWN}, "c": {**HOLDER, **TRIPPED}},
            {},
            "done",
            None,
            "",
            id="who is out of reach or has a tripwire removes nothing",
        ),
        pytest.param({"a": answered("confirmed"), "b": answered("skipped")}, {}, "done", None, "", id="all removed"),
        pytest.param(
            {"a": answered("confirmed"), "b": answered("skipped", removed=False)},
            {},
            "done",
            None,
            "",
            id="what could not be removed is not tried for ever",
        ),
        pytest.param(
            {"a": answered("skipped", removed=False), "b": HOLDER}, {}, "revoke", "a", "", id="skipped is no answer"
        ),
        pytest.param({"a": answered("accepted"), "b": HOLDER}, {}, "stuck", None, "", id="accepted is not enough"),
        pytest.param(
            {"a": answered("accepted"), "b": HOLDER},
            {"revoke": "accepted"},
            "remove",
            None,
            "b",
            id="accepted is enough",
        ),
        pytest.param({"a": answered("ineffective"), "b": HOLDER}, {}, "stuck", None, "", id="ineffective"),
        pytest.param({"a": answered("unsupported"), "b": HOLDER}, {}, "stuck", None, "", id="unsupported"),
        pytest.param(
            {"a": answered("ineffective"), "b": HOLDER}, {"revoke": "attempted"}, "remove", None, "b", id="attempted"
        ),
        pytest.param(
            {"a": answered("failed", removed=True), "b": HOLDER},
            {"revoke": "attempted"},
            "revoke",
            "b",
            "",
            id="attempted, failed: the next one first",
        ),
        pytest.param(
            {"a": answered("failed", removed=True), "b": HOLDER},
            {"revoke": "attempted", "attempts": 1},
            "remove",
            None,
            "b",
            id="attempted, failed, nobody left",
        ),
        pytest.param({"a": HOLDER, "b": HOLDER}, {"revoke": "never"}, "remove", None, "ab", id="never"),
        pytest.param({"a": HOLDER}, {"protected": {name_token("shared")}}, "protected", None, "", id="protected"),
        pytest.param(
            {"a": HOLDER},
            {"protected": {name_token("shared")}, "revoke": "never"},
            "protected",
            None,
            "",
            id="protected, whatever revoke says",
        ),
        pytest.param(
            {"a": answered("protected"), "b": HOLDER}, {}, "protected", None, "", id="a host says that it is protected"
        ),
        pytest.param(
            {"a": answered("failed"), "b": answered("failed"), "c": HOLDER},
            {"attempts": 2},
            "stuck",
            None,
            "",
            id="asked often enough",
        ),
        pytest.param({"a": answered("failed")}, {}, "stuck", None, "", id="nobody else holds it"),
        pytest.param({"a": {**HOLDER, **DOWN}}, {}, "stuck", None, "", id="the only host that has it is down"),
    ],
)
def test_one_token(
    fleet: Mapping[str, Result], options: Mapping[str, Any], decision: str, chosen: str | None, removing: str
) -> None:
    (ruling,) = rule(fleet, **options)
    assert (ruling.decision, ruling.chosen, "".join(ruling.removing)) == (decision, chosen, removing)


def test_tripwire_says_nothing_of_tokens_that_stand_elsewhere() -> None:
    rulings = rule({"a": {**make_host(hold("its own")), **TRIPPED}, "b": HOLDER})
    assert {ruling.token.fingerprint: ruling.decision for ruling in rulings} == {
        name_token("its own"): "stuck",
        name_token("shared"): "revoke",
    }


@pytest.mark.parametrize(
    ("fleet", "options", "reason", "asked"),
    [
        pytest.param({"a": {**HOLDER, **DOWN}}, {}, "no_host", [], id="down"),
        pytest.param({"a": answered("failed"), "b": {**HOLDER, **TRIPPED}}, {}, "tripwire", ["a"], id="tripwire"),
        pytest.param({"a": answered("failed"), "b": HOLDER}, {"attempts": 1}, "attempts", ["a"], id="often enough"),
        pytest.param({"a": answered("unsupported"), "b": HOLDER}, {}, "answered", ["a"], id="the registry cannot"),
    ],
)
def test_why_nobody_is_left_to_ask(
    fleet: Mapping[str, Result], options: Mapping[str, Any], reason: str, asked: list[str]
) -> None:
    choice = decide(fleet, **options)
    (stuck,) = choice["stuck"]
    assert (stuck["reason"], stuck["asked"]) == (reason, asked)
    assert choice["finished"]


@pytest.mark.parametrize(
    ("held", "options", "decisions"),
    [
        pytest.param([hold("t", source="comment")], {}, [], id="commented out"),
        pytest.param([hold("t", source="comment")], {"comments": True}, ["revoke"], id="commented out, and wanted"),
        pytest.param([hold("t", source="environment")], {}, ["revoke"], id="from the environment, and set"),
        pytest.param([hold("t", source="environment", fingerprint=None)], {}, [], id="from the environment, not set"),
        pytest.param([hold_password()], {}, [], id="a password"),
        pytest.param([hold("t"), hold("t", path="/home/alice/p/.npmrc")], {}, ["revoke"], id="in two stores of a host"),
        pytest.param([hold("t"), hold("t", OTHER)], {}, ["revoke", "revoke"], id="at two registries"),
        pytest.param(
            [hold("t", registry=None, settings=["_authToken"])], {}, ["revoke"], id="at no registry that is known"
        ),
    ],
)
def test_what_is_a_token(held: list[Result], options: Mapping[str, Any], decisions: list[str]) -> None:
    assert [ruling.decision for ruling in rule({"a": make_host(*held)}, **options)] == decisions


@pytest.mark.parametrize(
    ("fleet", "options", "decision", "chosen", "removing"),
    [
        pytest.param({"a": PROXIED, "b": HOLDER}, {}, "revoke", "b", "", id="the next host is asked"),
        pytest.param(
            {"a": PROXIED, "b": answered("confirmed"), "c": HOLDER}, {}, "remove", None, "c", id="a neutral yes"
        ),
        pytest.param({"a": PROXIED, "b": answered("failed")}, {}, "stuck", None, "", id="all were asked"),
        pytest.param(
            {"a": PROXIED, "b": HOLDER, "c": HOLDER},
            {"attempts": 1},
            "remove",
            None,
            "bc",
            id="the others ask themselves",
        ),
        pytest.param({"a": PROXIED}, {}, "stuck", None, "", id="its own copy is gone"),
        pytest.param(
            {"a": PROXIED, "b": {**HOLDER, **TRIPPED}}, {}, "stuck", None, "", id="a tripwire waits for its revocation"
        ),
        pytest.param(
            {
                "a": make_host(SHARED, OF_BOB, logout=[log_out(tell(SHARED, "confirmed", own_connection=True))]),
                "b": HOLDER,
            },
            {},
            "revoke",
            "b",
            "",
            id="another account's copy on the same host stays",
        ),
        pytest.param(
            {"a": make_host(SHARED, logout=[log_out(tell(SHARED, "ineffective", own_connection=True))]), "b": HOLDER},
            {},
            "revoke",
            "b",
            "",
            id="a no over such a connection is no answer for others either",
        ),
    ],
)
def test_answer_over_an_account_s_own_connection_counts_for_its_copies_alone(
    fleet: Mapping[str, Result], options: Mapping[str, Any], decision: str, chosen: str | None, removing: str
) -> None:
    (ruling,) = rule(fleet, **options)
    assert (ruling.decision, ruling.chosen, "".join(ruling.removing)) == (decision, chosen, removing)
    calls = [call for host in decide(fleet, **options)["hosts"].values() for call in host["remove"]]
    assert all(call["ask"] == (options == {"attempts": 1}) for call in calls)


#: A token without a key, for whatever registry the files of its host name.
KEYLESS = {**SHARED, "registry_key": None, "registries": [NPM]}
ELSEWHERE = {**SHARED, "registry_key": PUBLIC_REGISTRY.removeprefix("https:"), "registries": [NPM, OTHER]}


def with_projects(credential: Result, *registries: str) -> Result:
    """A host whose projects alone name these registries."""
    projects = [{"registry": url, "path": "/home/alice/app/.npmrc", "line": 1} for url in registries]
    return make_host(info={"credentials": [credential], "findings": [], "project_registries": projects})


def tell_invalid(credential: Result, outcome: str = "already_invalid") -> Result:
    return make_host(credential, logout=[log_out(tell(credential, outcome))])


@pytest.mark.parametrize(
    ("fleet", "decision", "removing", "asking"),
    [
        pytest.param({"a": tell_invalid(SHARED), "b": HOLDER}, "remove", "b", "", id="one registry"),
        pytest.param({"a": tell_invalid(SHARED), "b": make_host(KEYLESS)}, "remove", "b", "b", id="no key"),
        pytest.param({"a": tell_invalid(SHARED), "b": make_host(ELSEWHERE)}, "remove", "b", "b", id="two registries"),
        pytest.param(
            {"a": tell_invalid(SHARED), "b": with_projects(SHARED, f"{NPM}npm/")},
            "remove",
            "b",
            "b",
            id="a project names a registry below",
        ),
        pytest.param(
            {"a": tell_invalid(SHARED), "b": with_projects(SHARED, OTHER, NPM, NPM.replace("https", "http"))},
            "remove",
            "b",
            "",
            id="projects name other hosts",
        ),
        pytest.param(
            {"a": tell_invalid(SHARED), "b": make_host(KEYLESS), "c": HOLDER},
            "remove",
            "bc",
            "b",
            id="only the one with another registry asks",
        ),
        pytest.param(
            {"a": tell_invalid(SHARED), "b": make_host(KEYLESS), "c": tell_invalid(SHARED, "failed")},
            "remove",
            "bc",
            "b",
            id="the one without a response has no other registry",
        ),
        pytest.param(
            {"a": tell_invalid(SHARED), "b": tell_invalid(KEYLESS, "failed"), "c": HOLDER},
            "stuck",
            "c",
            "",
            id="one asked and stays, one has no other registry",
        ),
        pytest.param(
            {"a": tell_invalid(SHARED, "confirmed"), "b": tell_invalid(KEYLESS, "failed")},
            "remove",
            "b",
            "",
            id="confirmed, and it could not reach the registry",
        ),
        pytest.param(
            {"a": tell_invalid(KEYLESS), "b": tell_invalid(KEYLESS, "confirmed"), "c": make_host(KEYLESS)},
            "remove",
            "c",
            "",
            id="a registry that knew it",
        ),
        pytest.param(
            {"a": tell_invalid(KEYLESS), "b": tell_invalid(KEYLESS, "failed")},
            "stuck",
            "",
            "",
            id="it asked and stays",
        ),
        pytest.param({"a": tell_invalid(KEYLESS), "b": tell_invalid(KEYLESS)}, "done", "", "", id="all of them asked"),
    ],
)
def test_registries_of_one_host_say_nothing_of_those_of_another(
    fleet: Mapping[str, Result], decision: str, removing: str, asking: str
) -> None:
    (ruling,) = rule(fleet)
    told = (ruling.decision, "".join(ruling.removing), "".join(ruling.asking))
    assert told == (decision, removing, asking)
    calls = decide(fleet)["hosts"]
    assert "".join(name for name in calls for call in calls[name]["remove"] if call["ask"]) == asking


def test_rejection_by_other_registries_is_not_the_outcome_of_a_copy_that_stays() -> None:
    (stuck,) = decide({"a": tell_invalid(SHARED), "b": tell_invalid(KEYLESS, "failed"), "c": HOLDER})["stuck"]
    told = (stuck["outcome"], stuck["reason"], stuck["removing"], stuck["waiting"])
    assert told == ("failed", "answered", 1, 1)


# 2. Many tokens -------------------------------------------------------------------------------------------------------


def test_the_work_is_spread() -> None:
    tokens = [hold(f"t{number}") for number in range(30)]
    fleet = {f"host{number}": make_host(*tokens) for number in range(10)}
    chosen = Counter(ruling.chosen for ruling in rule(fleet))
    assert set(chosen.values()) == {3}


def test_a_token_on_one_host_leaves_the_others_to_others() -> None:
    fleet = {"a": make_host(SHARED, hold("own")), "b": make_host(SHARED)}
    assert {ruling.token.fingerprint: ruling.chosen for ruling in rule(fleet)} == {
        name_token("own"): "a",
        name_token("shared"): "b",
    }


@pytest.mark.parametrize(
    ("outcome", "chosen"),
    [
        pytest.param("failed", "b", id="who failed there comes last"),
        pytest.param("confirmed", "c", id="who was answered there comes first"),
        pytest.param("unsupported", "c", id="even if the answer was no"),
    ],
)
def test_hosts_that_reach_a_registry_are_preferred(outcome: str, chosen: str) -> None:
    own = hold("own")
    told = make_host(SHARED, own, logout=[log_out(tell(own, outcome))])
    fleet = {"c": told, "b": make_host(SHARED)} if chosen == "c" else {"a": told, "b": make_host(SHARED)}
    assert [ruling.chosen for ruling in rule(fleet) if ruling.token.fingerprint == name_token("shared")] == [chosen]


def test_a_registry_that_a_host_cannot_reach_says_nothing_of_another() -> None:
    own = hold("own", OTHER)
    fleet = {"a": make_host(SHARED, own, logout=[log_out(tell(own, "failed"))]), "b": make_host(SHARED)}
    assert {ruling.chosen for ruling in rule(fleet) if ruling.token.registry == NPM} == {"a"}


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_input_does_not_matter(seed: int) -> None:
    chance = random.Random(seed)
    fleet = {
        f"host{number}": make_host(*(hold(f"t{chance.randrange(20)}") for _token in range(4))) for number in range(30)
    }
    shuffled = list(fleet.items())
    chance.shuffle(shuffled)
    assert decide(dict(shuffled)) == decide(fleet)


# 3. What a playbook is told -------------------------------------------------------------------------------------------


def test_calls_of_each_host() -> None:
    own, done = hold("own"), hold("done")
    fleet = {
        "a": make_host(SHARED, own, done, logout=[log_out(tell(done, "confirmed"))]),
        "b": make_host(SHARED, done),
        "c": make_host(hold_password()),
    }
    assert decide(fleet)["hosts"] == {
        "a": {
            "revoke": [{"registry": None, "fingerprints": sorted([name_token("own"), name_token("shared")])}],
            "remove": [],
            "wait": [],
        },
        "b": {
            "revoke": [],
            "remove": [{"registry": None, "fingerprints": [name_token("done")], "ask": False}],
            "wait": [name_token("shared")],
        },
    }


def test_a_fingerprint_at_two_registries_is_revoked_at_the_one_that_is_meant() -> None:
    here, there, own = hold("t"), hold("t", OTHER), hold("own")
    fleet = {"a": make_host(here, there, own), "b": make_host(there, logout=[log_out(tell(there, "ineffective"))])}
    calls = decide(fleet)["hosts"]["a"]
    assert calls["revoke"] == [
        {"registry": None, "fingerprints": [name_token("own")]},
        {"registry": NPM, "fingerprints": [name_token("t")]},
    ]
    assert calls["wait"] == [name_token("t")]


def test_a_logout_may_name_a_registry_below_the_one_of_the_key() -> None:
    below = tell(SHARED, "confirmed", registry=f"{NPM}npm/private/")
    (ruling,) = rule({"a": make_host(SHARED, logout=[log_out(below)]), "b": HOLDER})
    assert (ruling.token.registry, ruling.removing) == (NPM, ("b",))


def test_who_needs_requests_is_named() -> None:
    fleet = {"a": {**HOLDER, "requests": False}, "b": {**make_host(hold("t")), "requests": True}, "c": make_host()}
    assert decide(fleet)["missing_requests"] == ["a"]


# 4. From the first round to the last ----------------------------------------------------------------------------------

_Play = Callable[[str, Result], str | None]


def play(fleet: dict[str, Result], answer: _Play, **options: Any) -> tuple[Counter[str], int]:
    """Go on until nothing is left to do: how often each host asked a registry, and after how many rounds.

    :param answer: what is said of a token: an outcome, or None where it is lost.
    """
    requests: Counter[str] = Counter()
    for number in range(20):
        choice = decide(fleet, **options)
        if choice["finished"]:
            return requests, number
        for name, calls in choice["hosts"].items():
            host = fleet[name]
            host.setdefault("asked", []).extend(calls["revoke"])
            held = {item["fingerprint"]: item for item in host["info"]["credentials"]}
            for call in calls["revoke"]:
                for fingerprint in call["fingerprints"]:
                    requests[name] += 1
                    outcome = answer(name, held[fingerprint])
                    if outcome is None:
                        host["status"] = "unreachable"
                    else:
                        host["logout"].append(log_out(tell(held[fingerprint], outcome)))
            for call in calls["remove"]:
                host["logout"] += [log_out(tell(held[item], "skipped")) for item in call["fingerprints"]]
    raise AssertionError("it does not come to an end")


def make_play_fleet() -> dict[str, Result]:
    """20 hosts with a token that all have, one that each tenth has, and one of their own."""
    return {f"host{n:02d}": make_host(SHARED, hold(f"tenth{n % 10}"), hold(f"own{n}")) for n in range(20)}


@pytest.mark.parametrize(
    ("answer", "asked", "most_rounds"),
    [
        pytest.param(lambda _name, _held: "confirmed", 31, 2, id="all is well"),
        pytest.param(lambda _name, _held: "unsupported", 31, 1, id="the registry cannot"),
        pytest.param(
            lambda name, _held: "failed" if name < "host05" else "confirmed", None, 4, id="five have no way out"
        ),
        pytest.param(lambda name, _held: None if name < "host03" else "confirmed", None, 4, id="three are lost"),
        pytest.param(lambda _name, _held: "failed", 20 + 10 * 2 + 3, 3, id="the registry is down"),
    ],
)
def test_rounds(answer: _Play, asked: int | None, most_rounds: int) -> None:
    fleet = make_play_fleet()
    requests, rounds = play(fleet, answer)
    assert rounds <= most_rounds
    assert asked is None or sum(requests.values()) == asked
    ended = [
        item["fingerprint"]
        for host in fleet.values()
        for result in host["logout"]
        for item in result["credentials"]
        if item["revocation"] == "confirmed"
    ]
    assert len(ended) == len(set(ended))


def test_what_waits_for_a_lost_host_is_done_by_the_next_one() -> None:
    fleet = make_play_fleet()
    play(fleet, lambda name, _held: None if name < "host03" else "confirmed")
    left = {item["fingerprint"] for item in decide(fleet)["stuck"]}
    assert left == {name_token(f"own{number}") for number in range(3)}


def test_one_token_on_ten_thousand_hosts_costs_one_revocation() -> None:
    fleet = {f"host{number}": make_host(SHARED) for number in range(10_000)}
    requests, rounds = play(fleet, lambda _name, _held: "confirmed")
    assert (sum(requests.values()), rounds) == (1, 2)


# 5. Words -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcomes", "counts"),
    [
        pytest.param([], None, id="none"),
        pytest.param(["failed", "confirmed"], "confirmed", id="proof"),
        pytest.param(["accepted", "ineffective"], "ineffective", id="known to be valid"),
        pytest.param(["already_invalid", "confirmed"], "confirmed", id="revoked before invalid"),
        pytest.param(["skipped", "failed"], "failed", id="asked before not asked"),
        pytest.param(["skipped", "pending"], "pending", id="check mode"),
    ],
)
def test_which_outcome_counts(outcomes: list[str], counts: str | None) -> None:
    assert weigh(outcomes) == counts


def test_every_outcome_can_be_weighed() -> None:
    assert {weigh([outcome]) for outcome in OUTCOMES} == set(OUTCOMES)


def test_which_outcomes_come_of_asking() -> None:
    not_asked = {"skipped", "protected", "unresolved", "not_applicable"}
    assert {outcome for outcome in OUTCOMES if not was_asked(outcome)} == not_asked


def test_the_documentation_names_every_decision_and_reason() -> None:
    from ansible_collections.npmops.auth.plugins.filter import choose_hosts

    words = (REVOKE, REMOVE, DONE, STUCK, SPARED, ANSWERED, ATTEMPTS, NO_HOST, TRIPWIRE)
    assert all(f"V({word})" in choose_hosts.RETURN for word in words)
