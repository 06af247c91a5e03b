# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the user sees of a logout: results, diff, warnings and the message."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._errors import Problem, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._formats.npmrc import remove
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import Report, StoreReport
from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result, list_warnings
from ansible_collections.npmops.auth.plugins.module_utils._logout.verdicts import PENDING_VERDICT, foretell
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._plan import doomed_settings, make_plan, settle
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import advise_on_token
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._values import is_blank

NPM = "https://npm.example.com/"
TOKEN = "//npm.example.com/:_authToken=hunter2"
FINGERPRINT = fingerprint(Secret("hunter2"))
_PROVEN = ("confirmed", "already_invalid")
OUTCOMES = {
    *("accepted", "already_invalid", "confirmed", "failed", "ineffective", "not_applicable"),
    *("pending", "protected", "skipped", "unresolved", "unsupported"),
}
REPORT = Report(False, Selection(), (), (), (), None, ())


def tell_of_store(
    lines: Sequence[str],
    outcomes: str | Sequence[str] = "confirmed",
    *,
    check_mode: bool = False,
    environment: Mapping[str, str] | None = None,
    name: str = "jane",
    selection: Selection,
) -> StoreReport:
    """The report of one credential file whose tokens have these outcomes."""
    account = Account(name, 1000, 1000, (), f"/home/{name}", False, environment or {})
    data = "\n".join(lines).encode()
    plan = make_plan(read_settings(data, npmrc, account.environment), selection)
    asked = iter([outcomes] * len(plan.targets) if isinstance(outcomes, str) else outcomes)
    verdicts = tuple(
        foretell(target)
        if target.outcome
        else PENDING_VERDICT
        if check_mode
        else Verdict((outcome := next(asked)), f"It was {outcome}.", None if outcome in _PROVEN else "Ask Bob.")
        for target in plan.targets
    )
    settlement = settle(plan, [verdict.outcome for verdict in verdicts], selection.revoke)
    after = remove(data, doomed_settings(settlement))
    edit = Edit(data, None if after != data and is_blank(after) else after)
    return StoreReport(
        account=account,
        client="npm",
        path=f"/home/{name}/.npmrc",
        form=npmrc,
        plan=plan,
        verdicts=verdicts,
        settlement=settlement,
        edit=edit,
        other_names=0,
    )


def tell(
    lines: Sequence[str], outcomes: str | Sequence[str] = "confirmed", check_mode: bool = False, **selection: Any
) -> Report:
    """The report on one store."""
    if isinstance(selection.get("registry"), str):
        selection["registry"] = parse_registry(selection["registry"])
    chosen = Selection(**selection)
    store = tell_of_store(lines, outcomes, check_mode=check_mode, selection=chosen)
    return replace(REPORT, check_mode=check_mode, selection=chosen, stores=(store,))


def tell_text(lines: Sequence[str], remaining_text: tuple[int, ...]) -> Report:
    """The report on one file that still holds the text of a token."""
    report = tell(lines, registry=NPM)
    return replace(report, stores=(report.stores[0]._replace(remaining_text=remaining_text),))


# 1. The one sentence -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        pytest.param(
            tell([TOKEN], registry=NPM), f"Logged out of {NPM}: 1 credential removed, 1 token revoked", id="one token"
        ),
        pytest.param(
            tell([TOKEN, "//npm.example.com:_authToken=t", "//npm.example.com/:_auth=x"], registry=NPM),
            f"Logged out of {NPM}: 3 credentials removed, 2 tokens revoked",
            id="several",
        ),
        pytest.param(
            tell([TOKEN, "//npm.example.com:_authToken=hunter2"], registry=NPM),
            f"Logged out of {NPM}: 2 credentials removed, 1 token revoked",
            id="one token in two places counts once",
        ),
        pytest.param(
            tell([TOKEN], "already_invalid", registry=NPM),
            f"Logged out of {NPM}: 1 credential removed, 0 tokens revoked",
            id="revoked already",
        ),
        pytest.param(
            tell([TOKEN], registry=NPM, revoke="never"),
            f"Logged out of {NPM}: 1 credential removed, 0 tokens revoked",
            id="revoke=never",
        ),
        pytest.param(
            tell([TOKEN], check_mode=True, registry=NPM),
            f"Would log out of {NPM}: 1 credential to remove, 1 token to revoke",
            id="check mode",
        ),
        pytest.param(tell([], registry=NPM), f"Not logged in to {NPM}: nothing to do", id="nothing there"),
        pytest.param(
            tell(["@x:registry=https://h.example/"], scope="@x"),
            "Logged out of https://h.example/: 0 credentials removed, 0 tokens revoked",
            id="a link alone",
        ),
        pytest.param(
            tell([TOKEN], scope="@x"),
            f"No registry is mapped to @x: nothing to do. The files contain credentials for {NPM}",
            id="no link",
        ),
        pytest.param(
            tell(["//h.example/:_authToken=t", "//i.example/:_auth=x"], registry=NPM),
            f"Not logged in to {NPM}: nothing to do. "
            "The files contain credentials for https://h.example/ and https://i.example/",
            id="nothing there, but elsewhere",
        ),
        pytest.param(
            replace(tell([], registry=NPM), absent_paths=("/home/jane/nmprc",), absent_users=("jnae", "bbo")),
            f"Not logged in to {NPM}: nothing to do. There is no file /home/jane/nmprc. "
            "There is no account jnae or bbo",
            id="nothing there, and neither is what is named",
        ),
        pytest.param(
            tell(["@x:registry=https://h.example/p/", "//h.example/p//:_authToken=t"], scope="@x"),
            "Logged out of https://h.example/p/: 0 credentials removed, 0 tokens revoked; "
            "credentials for https://h.example/p// remain in /home/jane/.npmrc",
            id="a key that no client reads for it remains",
        ),
        pytest.param(
            tell([TOKEN, "//npm.example.com/a/:_auth=x"], registry=NPM),
            f"Logged out of {NPM}: 1 credential removed, 1 token revoked; "
            f"credentials for {NPM}a/ remain in /home/jane/.npmrc",
            id="a login of another path remains",
        ),
        pytest.param(
            tell([TOKEN], "accepted", registry=NPM),
            f"Not logged out of {NPM}: /home/jane/.npmrc line 1: It was accepted. Ask Bob."
            " To remove the line anyway, set revoke: accepted.",
            id="left undone where less certainty would be enough",
        ),
        pytest.param(
            tell_text([TOKEN], remaining_text=(3, 7)),
            f"Logged out of {NPM}: 1 credential removed, 1 token revoked; "
            "the text of a token remains in /home/jane/.npmrc lines 3 and 7",
            id="text of a token remains",
        ),
        pytest.param(
            tell([TOKEN, "//h.example/:_authToken=t"], all_registries=True),
            "Logged out of 2 registries: 2 credentials removed, 2 tokens revoked",
            id="all registries",
        ),
        pytest.param(
            tell([TOKEN], all_registries=True),
            f"Logged out of {NPM}: 1 credential removed, 1 token revoked",
            id="all registries, one there",
        ),
        pytest.param(
            tell([], all_registries=True), "Not logged in to any registry: nothing to do", id="all, none there"
        ),
        pytest.param(
            tell([TOKEN], registry=NPM, protected=frozenset({FINGERPRINT})),
            f"Nothing to do at {NPM}: the remaining credentials are protected",
            id="protected",
        ),
        pytest.param(
            tell([TOKEN], "ineffective", registry=NPM),
            f"Not logged out of {NPM}: /home/jane/.npmrc line 1: It was ineffective. Ask Bob."
            " To remove the line anyway, set revoke: attempted.",
            id="left undone",
        ),
        pytest.param(
            tell(["a=b", *(f"//npm.example.com/:_authToken=t{number}" for number in range(5))], "failed", registry=NPM),
            f"Not logged out of {NPM}: /home/jane/.npmrc line 2, /home/jane/.npmrc line 3, /home/jane/.npmrc line 4 "
            "and 2 more: It was failed. Ask Bob. To remove these lines anyway, set revoke: attempted.",
            id="left undone, many for one reason",
        ),
        pytest.param(
            tell(
                [f"//npm.example.com/:_authToken=t{number}" for number in range(5)],
                ["failed", "unsupported", "failed", "ineffective", "accepted"],
                registry=NPM,
            ),
            f"Not logged out of {NPM}: "
            "/home/jane/.npmrc line 1 and /home/jane/.npmrc line 3: It was failed. Ask Bob. "
            "/home/jane/.npmrc line 2: It was unsupported. Ask Bob. "
            "/home/jane/.npmrc line 4: It was ineffective. Ask Bob. And 1 more."
            " To remove these lines anyway, set revoke: attempted.",
            id="left undone, for many reasons",
        ),
        pytest.param(
            tell(
                [TOKEN, "//h.example/:_authToken=t"], ["confirmed", "failed"], all_registries=True, revoke="attempted"
            ),
            "Logged out of 2 registries: 2 credentials removed, 1 token revoked, 1 may still work",
            id="removed all the same",
        ),
        pytest.param(
            tell([TOKEN, "//h.example/:_authToken=t"], ["confirmed", "failed"], all_registries=True),
            "Not logged out of https://h.example/: /home/jane/.npmrc line 2: It was failed. Ask Bob."
            " To remove the line anyway, set revoke: attempted.",
            id="all registries, one of them left undone",
        ),
        pytest.param(
            replace(tell([TOKEN], all_registries=True), problems=(Problem("bob", "/b", "/b cannot be read"),)),
            "Not logged out of every registry: /b cannot be read.",
            id="all registries, a store that cannot be read",
        ),
        pytest.param(
            replace(tell([], registry=NPM), stray=(Secret("hunter2"), Verdict("confirmed", "It was."))),
            f"Logged out of {NPM}: 0 credentials removed, 1 token revoked",
            id="a token in no store",
        ),
        pytest.param(
            replace(tell([], registry=NPM), stray=(Secret("hunter2"), Verdict("already_invalid", "It was."))),
            f"Nothing to do at {NPM}: the registry already rejects the token, and no credential file contains it",
            id="a token in no store, revoked already",
        ),
        pytest.param(
            replace(tell([], registry=NPM, revoke="attempted"), stray=(Secret("hunter2"), Verdict("failed", "No."))),
            f"Nothing to remove for {NPM}: no credential file contains the token, which may still work",
            id="a token in no store, attempted in vain",
        ),
        pytest.param(
            replace(tell([], registry=NPM), stray=(Secret("hunter2"), Verdict("skipped", "It was not asked."))),
            f"Nothing to remove for {NPM}: no credential file contains the token",
            id="a token in no store, nobody asked",
        ),
        pytest.param(
            replace(tell([], check_mode=True, registry=NPM), stray=(Secret("hunter2"), PENDING_VERDICT)),
            f"Would revoke 1 token at {NPM}, which is in no credential file",
            id="a token in no store, check mode",
        ),
        pytest.param(
            replace(tell([], registry=NPM), stray=(Secret("hunter2"), Verdict("failed", "It was not.", "Ask Bob."))),
            f"Not logged out of {NPM}: The token {FINGERPRINT}: It was not. Ask Bob.",
            id="a token in no store, left undone",
        ),
    ],
)
def test_says_in_one_sentence_what_was_done(report: Report, sentence: str) -> None:
    assert build_result(report)["msg"] == sentence


def test_a_store_that_cannot_be_read_is_named() -> None:
    report = replace(
        tell([TOKEN], registry=NPM), problems=(Problem("bob", "/b", "/b cannot be read: it is a directory"),)
    )
    assert report.failures == ("/b cannot be read: it is a directory",)
    assert "/b cannot be read: it is a directory." in build_result(report)["msg"]


@pytest.mark.parametrize(
    ("outcome", "revoke", "fails"),
    [
        *(pytest.param(outcome, "confirmed", False, id=outcome) for outcome in ("confirmed", "already_invalid")),
        *(
            pytest.param(outcome, "confirmed", True, id=outcome)
            for outcome in ("accepted", "ineffective", "unsupported", "failed")
        ),
        pytest.param("accepted", "accepted", False, id="accepted where that is enough"),
        pytest.param("ineffective", "accepted", True, id="ineffective where accepted is enough"),
        pytest.param("failed", "attempted", False, id="failed where the attempt is enough"),
    ],
)
def test_fails_where_something_is_left_undone(outcome: str, revoke: str, fails: bool) -> None:
    report = tell([TOKEN], outcome, registry=NPM, revoke=revoke)
    assert bool(report.failures) is fails
    assert report.changed is not fails


@pytest.mark.parametrize(
    ("outcome", "revoked"),
    [("confirmed", True), ("accepted", True), ("already_invalid", False), ("ineffective", False), ("failed", False)],
)
def test_revoked_tells_of_this_run(outcome: str, revoked: bool) -> None:
    assert build_result(tell([TOKEN], outcome, registry=NPM))["revoked"] is revoked


# 2. Results ----------------------------------------------------------------------------------------------------------


def test_describes_a_credential() -> None:
    result = build_result(tell(["a=b", TOKEN, "//h.example/:_auth=x"], registry=NPM))
    assert result["changed"] is True
    assert result["credentials"] == [
        {
            "account": "jane",
            "path": "/home/jane/.npmrc",
            "line": 2,
            "client": "npm",
            "registry": NPM,
            "registry_key": "//npm.example.com/",
            "registries": [NPM],
            "settings": ["//npm.example.com/:_authToken"],
            "kind": "token",
            "source": "literal",
            "set_in": [],
            "fingerprint": FINGERPRINT,
            "revocation": "confirmed",
            "detail": "It was confirmed.",
            "by_hand": None,
            "registry_kind": "npm",
            "expires": None,
            "side_effects": [],
            "own_connection": False,
            "removed": True,
        }
    ]
    assert result["files"] == [
        {
            "account": "jane",
            "path": "/home/jane/.npmrc",
            "changed": True,
            "removed_keys": ["//npm.example.com/:_authToken"],
            "remaining": ["https://h.example/"],
            "remaining_variables": [],
            "remaining_text": [],
        }
    ]
    assert result["diff"] == [
        {
            "before": f"a=b\n//npm.example.com/:_authToken=<token {FINGERPRINT}>\n//h.example/:_auth=<basic auth>",
            "after": "a=b\n//h.example/:_auth=<basic auth>",
            "before_header": "/home/jane/.npmrc",
            "after_header": "/home/jane/.npmrc",
        }
    ]


def test_describes_a_deleted_file() -> None:
    (diff,) = build_result(tell([TOKEN], registry=NPM))["diff"]
    assert (diff["after"], diff["after_header"]) == ("", "/home/jane/.npmrc (deleted)")


def test_describes_what_stays() -> None:
    result = build_result(tell([TOKEN], "failed", registry=NPM))
    assert (result["changed"], result["diff"]) == (False, [])
    assert result["credentials"][0]["removed"] is False
    assert result["files"][0] == {
        "account": "jane",
        "path": "/home/jane/.npmrc",
        "changed": False,
        "removed_keys": [],
        "remaining": [NPM],
        "remaining_variables": [],
        "remaining_text": [],
    }


def test_describes_a_token_in_no_store() -> None:
    report = replace(tell([], registry=NPM), stray=(Secret("hunter2"), Verdict("confirmed", "It was.")))
    (described,) = build_result(report)["credentials"]
    assert (described["fingerprint"], described["registry"], described["path"]) == (FINGERPRINT, NPM, None)
    assert described["removed"] is False


@pytest.mark.parametrize(
    ("line", "revocation", "detail", "by_hand"),
    [
        pytest.param("//npm.example.com/:_auth=x", "not_applicable", "still valid", "Change", id="basic"),
        pytest.param("//npm.example.com/:_authToken=${N}", "unresolved", "variable N", "where N is set", id="variable"),
        pytest.param(
            "//npm.example.com/:_authToken=${not a name}",
            "unresolved",
            "is not the name of a variable",
            "If the text in ${...} is a secret, revoke it at its registry.",
            id="not a variable name",
        ),
        pytest.param(
            "//npm.example.com/:_auth=${N}", "unresolved", "variable N", "revoke the login", id="basic, variable"
        ),
        pytest.param("//npm.example.com/:tokenHelper=/h", "unresolved", "helper", "credential helper", id="helper"),
        pytest.param(
            "//npm.example.com/:certfile=/c\n//npm.example.com/:keyfile=/k",
            "not_applicable",
            "valid until it expires",
            "Ask the CA that issued the certificate to revoke it, and delete its key file.",
            id="certificate",
        ),
    ],
)
def test_says_what_is_left_for_a_person(line: str, revocation: str, detail: str, by_hand: str) -> None:
    (described,) = build_result(tell([line], registry=NPM))["credentials"]
    assert described["revocation"] == revocation
    assert detail in described["detail"]
    assert by_hand in described["by_hand"]


def test_says_what_is_left_where_nobody_was_asked() -> None:
    (described,) = build_result(tell([TOKEN], registry=NPM, revoke="never"))["credentials"]
    assert described["revocation"] == "skipped"
    assert described["by_hand"]


def test_advises_another_run_only_where_it_would_find_the_token() -> None:
    (left,) = build_result(tell([TOKEN], "failed", registry=NPM))["credentials"]
    (gone,) = build_result(tell([TOKEN], "failed", registry=NPM, revoke="attempted"))["credentials"]
    assert (left["removed"], left["by_hand"]) == (False, "Ask Bob.")
    assert (gone["removed"], gone["by_hand"]) == (True, f"{advise_on_token(parse_registry(NPM))}.")


@pytest.mark.parametrize("outcome", ["confirmed", "already_invalid"])
def test_says_what_is_left_where_the_file_cannot_be_edited(outcome: str) -> None:
    """Such as a link to a generated file on a read-only mount."""
    report = tell([TOKEN], outcome, registry=NPM)
    stuck = report.stores[0]._replace(
        settlement=settle(report.stores[0].plan, ["failed"], "confirmed"),
        edit=Edit(b"", b""),
        is_stuck=True,
    )
    (described,) = build_result(replace(report, stores=(stuck,)))["credentials"]
    assert described["revocation"] == outcome
    assert described["by_hand"].startswith("Fix the reported error, edit the source that generates the file")


@pytest.mark.parametrize(
    ("outcome", "has_advice"),
    [
        pytest.param(outcome, outcome not in ("confirmed", "already_invalid", "pending", "protected"), id=outcome)
        for outcome in sorted(OUTCOMES)
    ],
)
def test_every_verdict_of_this_run_says_what_a_person_must_do(outcome: str, has_advice: bool) -> None:
    """The sentence on one credential is built here for each outcome that needs no answer, and by the registry else."""
    lines = {
        "unresolved": "//npm.example.com/:_authToken=${N}",
        "not_applicable": "//npm.example.com/:_auth=YTpi",
    }
    selection: dict[str, Any] = {
        "skipped": {"revoke": "never"},
        "protected": {"protected": frozenset({FINGERPRINT})},
    }.get(outcome, {})
    report = tell([lines.get(outcome, TOKEN)], outcome, outcome == "pending", registry=NPM, **selection)
    described = build_result(report)["credentials"][0]
    assert described["revocation"] == outcome
    assert bool(described["by_hand"]) is has_advice


def test_says_why_a_certificate_stays() -> None:
    lines = ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k", TOKEN]
    described = build_result(tell(lines, "failed", registry=NPM))["credentials"][0]
    assert (described["kind"], described["removed"]) == ("certificate", False)
    assert "Kept for now" in described["detail"]


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["//npm.example.com/:_auth=YTpi"], id="password"),
        pytest.param(["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k"], id="certificate"),
    ],
)
def test_says_no_more_of_a_login_whose_file_could_not_be_replaced(lines: Sequence[str]) -> None:
    """No token keeps it there."""
    report = tell(lines, registry=NPM)
    (store,) = report.stores
    stuck = store._replace(
        settlement=settle(store.plan, ["failed"], "confirmed"), edit=Edit(store.edit.before, store.edit.before)
    )
    (described,) = build_result(replace(report, stores=(stuck,)))["credentials"]
    assert (described["revocation"], described["removed"]) == ("not_applicable", False)
    assert "valid" in described["detail"]


# 3. Warnings ---------------------------------------------------------------------------------------------------------


def test_warns_where_a_secret_lives_elsewhere() -> None:
    (warning,) = list_warnings(tell(["//npm.example.com/:_authToken=${N}"], registry=NPM))
    assert warning.startswith("/home/jane/.npmrc line 1: ")
    assert "N is set" in warning


def test_warns_of_other_names_of_a_changed_file() -> None:
    report = tell([TOKEN], registry=NPM)
    report = replace(report, stores=(report.stores[0]._replace(other_names=2),), warnings=("from below",))
    first, second = list_warnings(report)
    assert first == "from below"
    assert "2 more hard link" in second
    unchanged = tell([], registry=NPM)
    assert list_warnings(replace(unchanged, stores=(unchanged.stores[0]._replace(other_names=2),))) == ()


def test_warns_of_text_of_a_token_that_remains() -> None:
    report = tell_text([TOKEN], remaining_text=(3,))
    assert build_result(report)["files"][0]["remaining_text"] == [3]
    assert list_warnings(report) == (
        "/home/jane/.npmrc line 3: the text of a token remains outside of a credential. Remove it by hand.",
    )


@pytest.mark.parametrize("outcome", ["failed", "ineffective", "unsupported"])
def test_warns_of_a_token_that_is_removed_and_perhaps_valid(outcome: str) -> None:
    lines = [TOKEN, *(f"//npm.example.com/:_authToken=t{number}" for number in range(2))]
    report = tell(lines, ["confirmed", outcome, outcome], registry=NPM, revoke="attempted")
    (warning,) = list_warnings(report)
    assert warning.startswith("/home/jane/.npmrc line 2 and /home/jane/.npmrc line 3: removed, but the token may still")
    assert f"It was {outcome}." in warning
    assert list_warnings(tell(lines, ["confirmed", outcome, outcome], registry=NPM)) == ()


def test_warns_of_a_token_in_no_store_that_is_perhaps_valid() -> None:
    stray = (Secret("hunter2"), Verdict("failed", "It was not.", "Ask Bob."))
    attempted = replace(tell([], registry=NPM, revoke="attempted"), stray=stray)
    assert list_warnings(attempted) == (f"The token {FINGERPRINT} may still work. It was not. Ask Bob.",)
    assert list_warnings(replace(tell([], registry=NPM), stray=stray)) == ()


# 4. Nothing hostile, nothing secret ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "selection"),
    [
        pytest.param([TOKEN], {"registry": NPM}, id="token"),
        pytest.param(["//npm.example.com/:_auth=hunter2"], {"registry": NPM}, id="basic"),
        pytest.param(["//npm.example.com/:username=u", "//npm.example.com/:_password=hunter2"], {}, id="password"),
        pytest.param(["_password=hunter2", "username=u"], {}, id="unscoped"),
        pytest.param(["#//npm.example.com/:_authToken=hunter2"], {"registry": NPM, "comments": True}, id="comment"),
        pytest.param(["registry=https://u:hunter2@npm.example.com/", TOKEN], {}, id="URL of the default registry"),
        pytest.param(["@x:registry=https://u:hunter2@npm.example.com/", TOKEN], {"scope": "@x"}, id="URL of a scope"),
        pytest.param(["//u:hunter2@npm.example.com/:_authToken=t"], {"all_registries": True}, id="key"),
        pytest.param(["//u:hunter2@npm.example.com/:email=t", "_auth=x"], {"registry": NPM}, id="key that stays"),
        pytest.param(["//u:hunter2@a b/:_authToken=t"], {"all_registries": True}, id="key that names no host"),
        pytest.param(["//u:p@hunter2@a b/:_authToken=t"], {"all_registries": True}, id="key with two at signs"),
        pytest.param(["registry=https://u:hunter2@a b/", TOKEN], {}, id="URL that is none"),
        pytest.param([f"registry=https://npm.example.com/{TOKEN}"], {}, id="a missing newline behind the registry"),
        pytest.param([f"@x:registry=https://npm.example.com/{TOKEN}"], {"scope": "@x"}, id="a missing newline: link"),
        pytest.param(
            [f"@x:registry=https://npm.example.com/{TOKEN}", "//npm.example.com/:_authToken=t"],
            {"all_registries": True},
            id="a missing newline: another token's registry",
        ),
    ],
)
@pytest.mark.parametrize("outcome", ["confirmed", "failed"])
@pytest.mark.parametrize("check_mode", [False, True])
def test_shows_no_secret(lines: list[str], selection: dict[str, Any], outcome: str, check_mode: bool) -> None:
    try:
        report = tell(lines, outcome, check_mode, **selection)
        shown = json.dumps(build_result(report)) + "".join(list_warnings(report)) + repr(report.failures)
    except StoreError as problem:
        shown = str(problem)
    assert "hunter2" not in shown


def test_makes_hostile_text_harmless() -> None:
    selection = Selection(all_registries=True)
    lines = ['"//\\u001b[31m\\n\\u202ex/:_authToken"=${A\x1b}', '"//npm.example.com/\\n:_auth"=x']
    store = tell_of_store(lines, selection=selection)._replace(path="/home/jane/\x1b\n.npmrc")
    report = replace(REPORT, selection=selection, stores=(store,), absent_users=("a\nb",))
    result = build_result(report)
    result.pop("diff")
    texts = [json.loads(text) for text in _find_texts(result)] + list(list_warnings(report))
    assert all(text.isprintable() for text in texts), texts


def _find_texts(value: Any) -> list[str]:
    if isinstance(value, Mapping):
        return [text for item in value.values() for text in _find_texts(item)]
    if isinstance(value, list):
        return [text for item in value for text in _find_texts(item)]
    return [json.dumps(value)] if isinstance(value, str) else []
