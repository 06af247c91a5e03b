# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the new token of a rotation goes, which hosts have it, and whether the old ones may be revoked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.npmops.auth.plugins.filter.plan_rotation import plan_rotation
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import choose
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts
from ansible_collections.npmops.auth.plugins.plugin_utils._rotation import say_missing
from tests.report.fleets import NPM, OTHER, Result, hold, hold_password, name_token

OLD, NEW = hold("old"), hold("new")
HOME = "/home/alice"
#: `registry=https://npm.example.com/npm/` beside `//npm.example.com/:_authToken`.
PARENT = hold("t", f"{NPM}npm/", registry_key="//npm.example.com/")
NPMRC = {"account": "alice", "path": f"{HOME}/.npmrc"}
YARN = {"account": "alice", "path": f"{HOME}/.yarnrc.yml"}
IN_YARN = hold("old", client="yarn", path=YARN["path"], settings=["npmAuthToken"])
SET_IN = {"path": f"{HOME}/.bashrc", "line": 3}
REFERENCE = hold("old", source="environment", set_in=[SET_IN])
ASSIGNMENT = hold("old", client="environment", source="environment", settings=["NPM_TOKEN"], set_in=[SET_IN], **SET_IN)
UNLED = (
    f"{HOME}/.bashrc: line 3 sets a variable to an old token, and no credential file refers to this variable: set it "
    "to the new token by hand, then run again."
)
UNIVERSAL = hold("old", source="environment", set_in=[{"path": f"{HOME}/.config/fish/fish_variables", "line": 2}])


def make_host(*held: Result, **changes: Any) -> Result:
    """A host after its audit."""
    info = {"credentials": list(held), "findings": []}
    return {"status": "ok", "problem": None, "info": info, "tripwires": [], "logout": [], "logins": [], **changes}


def log_in(place: Mapping[str, str], problem: str | None = None) -> Result:
    return {**place, "problem": problem}


def plan(fleet: Mapping[str, Result], registry: str = NPM, **options: Any) -> Result:
    return plan_rotation(fleet, registry, name_token("new"), **options)


# 1. Where it goes -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("held", "stores", "others"),
    [
        pytest.param([], [], [], id="nothing there"),
        pytest.param([OLD], [NPMRC], [], id="an old token"),
        pytest.param([NEW], [], [], id="the new one"),
        pytest.param([OLD, NEW], [NPMRC], [], id="both"),
        pytest.param([OLD, hold("older", line=2)], [NPMRC], [], id="two old ones in a store"),
        pytest.param([hold("t", OTHER)], [], [], id="of another registry"),
        pytest.param([hold("t", NPM + "deeper/")], [], [], id="of a deeper path"),
        pytest.param([PARENT], [NPMRC], [], id="whose key is that of the registry, while the file names one below"),
        pytest.param([hold("t", "http://npm.example.com")], [NPMRC], [], id="whatever the scheme"),
        pytest.param([hold("t", None)], [], [], id="of no registry that is known"),
        pytest.param([hold_password()], [], [], id="a password"),
        pytest.param([hold("t", source="comment")], [], [], id="in a comment"),
        pytest.param([REFERENCE, ASSIGNMENT], [NPMRC], [], id="behind a reference"),
        pytest.param([hold("t", source="environment", fingerprint=None)], [], [], id="behind a reference, not set"),
        pytest.param([UNIVERSAL], [], [NPMRC], id="behind a reference, in fish's universal variables"),
        pytest.param([OLD, UNIVERSAL], [], [NPMRC], id="the same beside a literal token"),
        pytest.param(
            [{**REFERENCE, "client": "yarn", "path": YARN["path"]}], [YARN], [], id="behind a reference of Yarn's"
        ),
        pytest.param([hold("t", client="backup", path=f"{HOME}/.npmrc.bak")], [], [], id="in a backup copy"),
        pytest.param([IN_YARN], [], [YARN], id="Yarn"),
        pytest.param([hold("t", client="bun", path="/b/bunfig.toml")], [], ["/b/bunfig.toml"], id="Bun"),
        pytest.param([hold("t", client="yarn_classic", path="/b/.yarnrc")], [], ["/b/.yarnrc"], id="Yarn 1"),
        pytest.param([hold("t", client="pnpm", path="/c/pnpm/auth.ini")], ["/c/pnpm/auth.ini"], [], id="pnpm"),
        pytest.param(
            [hold("t", client="pnpm", path="/c/pnpm/config.yaml")], [], ["/c/pnpm/config.yaml"], id="pnpm, YAML"
        ),
        pytest.param([hold("t", client="npmrc", path="/h/.npmrcs/work")], ["/h/.npmrcs/work"], [], id="a profile"),
        pytest.param(
            [hold("t", account="root", path="/etc/npmrc")],
            [{"account": "root", "path": "/etc/npmrc"}],
            [],
            id="the host's",
        ),
    ],
)
def test_stores(held: list[Result], stores: list[Any], others: list[Any]) -> None:
    def name(places: list[Any]) -> list[Result]:
        return [{"account": "alice", "path": item} if isinstance(item, str) else item for item in places]

    told = plan({"a": make_host(*held)})
    assert told["files"].get("a", []) == name(stores)
    replaced = told["others"].get("a", [])
    assert [{key: place[key] for key in ("account", "path")} for place in replaced] == name(others)
    old = {item["fingerprint"] for item in held}
    assert all(set(place["fingerprints"]) == old for place in replaced)


def test_host_with_a_tripwire_is_left_alone() -> None:
    told = plan({"a": make_host(OLD, IN_YARN, tripwires=["/x"])})
    assert (told["files"], told["others"]) == ({}, {})
    assert len(told["fleet"]["a"]["info"]["credentials"]) == 2


def test_protected_tokens_are_no_old_ones() -> None:
    told = plan({"a": make_host(OLD)}, protected_fingerprints=[name_token("old")])
    assert (told["files"], told["missing"], told["fleet"]["a"]["info"]["credentials"]) == ({}, {}, [])


@pytest.mark.parametrize(
    ("held", "protected", "tidy"),
    [
        pytest.param([OLD], [], [], id="no password"),
        pytest.param([OLD, hold_password()], [], [NPMRC], id="a password"),
        pytest.param([OLD, hold_password(OTHER)], [], [], id="of another registry"),
        pytest.param([OLD, hold_password(source="comment")], [], [], id="in a comment"),
        pytest.param([hold_password()], [], [], id="without a token"),
        pytest.param([OLD, hold_password(), hold("kept")], ["kept"], [], id="beside a token that has to stay"),
    ],
)
def test_what_is_left_to_be_removed(held: list[Result], protected: list[str], tidy: list[Result]) -> None:
    told = plan({"a": make_host(*held)}, protected_fingerprints=[name_token(token) for token in protected])
    assert told["tidy"].get("a", []) == tidy


# 2. Who has it --------------------------------------------------------------------------------------------------------

UNREADABLE = {"severity": "medium", "path": "/x", "line": None, "rule": "unreadable", "message": "/x cannot be read."}
DOWN = {"status": "unreachable", "problem": "Connection refused", "info": None}


@pytest.mark.parametrize(
    ("host", "missing"),
    [
        pytest.param(make_host(), None, id="needs none"),
        pytest.param(make_host(NEW), None, id="had it"),
        pytest.param(make_host(OLD), f"{HOME}/.npmrc: The new token was not written.", id="not yet"),
        pytest.param(make_host(OLD, logins=[log_in(NPMRC)]), None, id="has it"),
        pytest.param(make_host(OLD, logins=[log_in(NPMRC, "refused")]), f"{HOME}/.npmrc: refused", id="refused"),
        pytest.param(
            make_host(OLD, hold("t", path="/p/.npmrc"), logins=[log_in(NPMRC)]),
            "/p/.npmrc: The new token was not written.",
            id="not everywhere",
        ),
        pytest.param(make_host(**DOWN), "Connection refused", id="down"),
        pytest.param(make_host(OLD, status="failed", problem="No space"), "No space", id="failed"),
        pytest.param(make_host(info=None), "The host was not audited.", id="not looked at"),
        pytest.param(
            make_host(info={"credentials": [], "findings": [{"rule": "tracked_by_git"}, UNREADABLE]}),
            "/x cannot be read.",
            id="a file that cannot be read",
        ),
        pytest.param(make_host(tripwires=["/x"]), "Tripwire file found. Host skipped.", id="a tripwire"),
        pytest.param(make_host(IN_YARN), None, id="other stores come later"),
        pytest.param(make_host(REFERENCE, ASSIGNMENT, logins=[log_in(NPMRC)]), None, id="behind a reference"),
        pytest.param(make_host(OLD, ASSIGNMENT, logins=[log_in(NPMRC)]), UNLED, id="an assignment nobody refers to"),
        pytest.param(
            make_host(REFERENCE, {**ASSIGNMENT, "account": "bob"}, logins=[log_in(NPMRC)]),
            UNLED,
            id="an assignment of another account",
        ),
    ],
)
def test_missing(host: Result, missing: str | None) -> None:
    told = plan({"a": host})
    assert told["missing"] == ({"a": missing} if missing else {})


def test_missing_in_other_stores() -> None:
    told = plan({"a": make_host(IN_YARN), "b": make_host(IN_YARN, logins=[log_in(YARN)])})
    assert told["missing_others"] == {"a": f"{YARN['path']}: The new token was not written."}


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        pytest.param([], "", id="none"),
        pytest.param(
            ["a"],
            "1 host does not have the new token (a). No old token was revoked. Fix this, then run again.",
            id="one",
        ),
        pytest.param(
            ["b", "a"],
            "2 hosts do not have the new token (a, b). No old token was revoked. Fix this, then run again.",
            id="two",
        ),
        pytest.param(
            [f"h{number:02}" for number in range(12)],
            "12 hosts do not have the new token (h00, h01, h02, h03, h04, h05, h06, h07, h08, h09 and 2 more). "
            "No old token was revoked. Fix this, then run again.",
            id="many",
        ),
    ],
)
def test_sentence(names: list[str], sentence: str) -> None:
    assert say_missing(dict.fromkeys(names, "why")) == sentence


AT_OTHER = hold("old", OTHER, line=2)
USED = (
    f"{HOME}/.npmrc line 2 has the token {name_token('old')} for {OTHER}, which is not part of this rotation: run the "
    "rotation with the same new token for that registry too, or replace the token there by hand, then run again."
)
DEEP = NPM + "deeper/"


@pytest.mark.parametrize(
    ("held", "elsewhere"),
    [
        pytest.param([AT_OTHER], USED, id="another host name"),
        pytest.param(
            [{**AT_OTHER, "registry": DEEP, "registry_key": DEEP[6:], "registries": [DEEP]}],
            USED.replace(OTHER, DEEP),
            id="another path of the same host name",
        ),
        pytest.param([hold("old", None, line=2)], USED.replace(OTHER, "another registry"), id="a registry not known"),
        pytest.param(
            [{**AT_OTHER, "registry": "https://alice:hunter2@other.example.com/"}],
            USED.replace(OTHER, "https://<password>@other.example.com/"),
            id="a login in a URL",
        ),
        pytest.param([{**AT_OTHER, "source": "environment", "set_in": [SET_IN]}], USED, id="behind a reference"),
        pytest.param([{**AT_OTHER, "source": "comment"}], None, id="in a comment"),
        pytest.param([{**AT_OTHER, "client": "backup"}], None, id="in a backup copy"),
        pytest.param([hold("t", OTHER)], None, id="another token"),
        pytest.param([AT_OTHER, hold("new", OTHER, line=3)], None, id="followed by the new token"),
        pytest.param([AT_OTHER, hold("new", OTHER, line=1)], USED, id="after the new token"),
        pytest.param([AT_OTHER, hold("new", OTHER, line=3, source="comment")], USED, id="followed by a comment"),
        pytest.param([AT_OTHER, hold("new", OTHER, line=3, path="/x")], USED, id="the new token in another file"),
        pytest.param([AT_OTHER, hold("new", DEEP, line=3)], USED, id="the new token for a third registry"),
        pytest.param([], None, id="nothing"),
    ],
)
@pytest.mark.parametrize("apart", [pytest.param(True, id="kept apart"), pytest.param(False, id="in one list")])
def test_login_for_another_registry_that_a_revocation_would_break(
    held: list[Result], elsewhere: str | None, apart: bool
) -> None:
    """Its host does not need to have a token for the registry of the rotation."""
    host = make_host(outside=held) if apart else make_host(*held)
    told = plan({"a": make_host(OLD, logins=[log_in(NPMRC)]), "b": host})
    assert told["elsewhere"] == ({"b": elsewhere} if elsewhere else {})
    assert (told["missing"], told["fleet"]["b"]["problem"]) == ({}, elsewhere)
    assert [item for item in told["fleet"]["b"]["outside"] if item["fingerprint"] != name_token("old")] == []
    reason = (
        "1 host uses an old token for another registry too (b). No old token was revoked. Fix this, then run again."
    )
    assert told["sentence"] == (reason if elsewhere else "")
    decisions = {
        ruling.token.fingerprint: ruling.decision for ruling in choose(read_hosts(told["fleet"]), comments=True)
    }
    answers = [answer.detail for answer in read_hosts(told["fleet"])[0].credentials[0].answers]
    assert (answers, decisions[name_token("old")]) == ([reason] if elsewhere else [], "revoke")


def test_copies_of_protected_tokens_for_other_registries_do_not_matter() -> None:
    fleet = {"a": make_host(OLD, AT_OTHER)}
    assert plan(fleet, protected_fingerprints=[name_token("old")])["elsewhere"] == {}


def test_host_with_a_tripwire_is_not_told_about_another_registry() -> None:
    fleet = {"a": make_host(OLD, logins=[log_in(NPMRC)]), "b": make_host(AT_OTHER, tripwires=["/x"])}
    assert plan(fleet)["elsewhere"] == {}


def test_all_reasons_to_revoke_no_old_token_are_named() -> None:
    assert say_missing({"a": "why"}, ["c", "b"]) == (
        "1 host does not have the new token (a). 2 hosts use an old token for another registry too (b, c). "
        "No old token was revoked. Fix this, then run again."
    )


# 3. Whether the old ones may be revoked ------------------------------------------------------------------------------


def rule(fleet: Mapping[str, Result]) -> dict[str, str]:
    """What the choice would decide on each old token."""
    rulings = choose(read_hosts(plan(fleet)["fleet"]), comments=True)
    return {ruling.token.fingerprint: ruling.decision for ruling in rulings}


def test_old_tokens_of_the_registry_and_the_new_one_are_all_that_is_left_of_the_fleet() -> None:
    held = [OLD, NEW, hold("comment", source="comment"), hold("t", OTHER), hold_password()]
    told = plan({"a": make_host(*held, logins=[log_in(NPMRC)])})
    assert told["fleet"]["a"]["info"]["credentials"] == [held[0], held[2], held[1]]
    assert (told["missing"], told["missing_others"], told["sentence"]) == ({}, {}, "")


@pytest.mark.parametrize(
    ("host", "places"),
    [
        pytest.param(make_host(NEW), [NPMRC["path"]], id="it was there"),
        pytest.param(make_host(OLD, logins=[log_in(NPMRC)]), [NPMRC["path"]], id="it was put there"),
        pytest.param(make_host(OLD, NEW, logins=[log_in(NPMRC)]), [NPMRC["path"]], id="both, and told once"),
        pytest.param(make_host(IN_YARN, logins=[log_in(YARN)]), [YARN["path"]], id="in the place of the old one"),
        pytest.param(make_host(OLD, IN_YARN, logins=[log_in(NPMRC)]), [NPMRC["path"]], id="not everywhere yet"),
        pytest.param(make_host(OLD, logins=[log_in(NPMRC, "refused")]), [], id="refused"),
        pytest.param(make_host(hold("new", OTHER)), [], id="of another registry"),
    ],
)
def test_where_the_new_token_is(host: Result, places: list[str]) -> None:
    (known,) = read_hosts(plan({"a": host})["fleet"])
    found = [item for item in known.credentials if item.token and item.token.fingerprint == name_token("new")]
    assert [item.path for item in found] == places
    assert {answer.outcome for item in found for answer in item.answers} <= {"protected"}
    assert rule({"a": host}).get(name_token("new")) == ("protected" if places else None)


def test_every_old_token_says_why_it_lives() -> None:
    told = plan({"a": make_host(OLD, logins=[log_in(NPMRC)]), "b": make_host(**DOWN)})
    hosts = {host.name: host for host in read_hosts(told["fleet"])}
    (answer,) = hosts["a"].credentials[0].answers
    assert (answer.outcome, answer.removed) == ("skipped", False)
    assert [answer.outcome for answer in hosts["a"].credentials[1].answers] == ["protected"]
    assert (
        answer.detail
        == told["sentence"]
        == "1 host does not have the new token (b). No old token was revoked. Fix this, then run again."
    )


def test_token_that_was_replaced_in_place_is_revoked_where_it_still_is() -> None:
    replaced = make_host(IN_YARN, logins=[log_in(YARN)])
    beside = make_host(OLD, logins=[log_in(NPMRC)])
    assert rule({"a": replaced, "b": beside}) == {name_token("old"): "revoke", name_token("new"): "protected"}
    assert rule({"a": replaced}) == {name_token("old"): "stuck", name_token("new"): "protected"}


def test_token_that_was_replaced_in_place_is_reported() -> None:
    (host,) = read_hosts(plan({"a": make_host(IN_YARN, logins=[log_in(YARN)])})["fleet"])
    (answer,) = host.credentials[0].answers
    assert (answer.outcome, answer.removed) == ("skipped", True)
    assert answer.by_hand == "Revoke it at the registry, unless it was revoked because another file contained it."


def test_assignment_that_was_replaced_in_place_is_reported_with_its_reference() -> None:
    place = UNIVERSAL["set_in"][0]
    held = [UNIVERSAL, {**ASSIGNMENT, **place, "set_in": [place]}]
    (host,) = read_hosts(plan({"a": make_host(*held, logins=[log_in(NPMRC)])})["fleet"])
    answers = [
        answer for item in host.credentials if item.token.fingerprint != name_token("new") for answer in item.answers
    ]
    assert [(answer.outcome, answer.removed) for answer in answers] == [("skipped", True)] * 2


def test_host_with_an_assignment_that_nobody_refers_to_says_so() -> None:
    (host,) = read_hosts(plan({"a": make_host(OLD, ASSIGNMENT, logins=[log_in(NPMRC)])})["fleet"])
    assert (host.status, host.problem) == ("failed", UNLED)


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        pytest.param(([], NPM, name_token("new")), "fleet must be what gather_results returns", id="fleet"),
        pytest.param(({}, "npm.example.com", name_token("new")), "registry must start with http", id="registry"),
        pytest.param(({}, NPM, "hunter2"), "fingerprint must be 'sha256:'", id="fingerprint"),
    ],
)
def test_filter_says_what_is_wrong(arguments: tuple[Any, ...], problem: str) -> None:
    with pytest.raises(AnsibleFilterError, match=problem) as raised:
        plan_rotation(*arguments)
    assert "hunter2" not in str(raised.value)
