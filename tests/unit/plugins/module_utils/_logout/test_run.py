# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A logout, also from files that cannot be read or edited: messages name the path first, and show no value."""

from __future__ import annotations

import codecs
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import guess_client
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, StoreError, WouldAsk
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._logout import revoker, run
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import Report
from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result, list_warnings
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._options import (
    LOGOUT_SPEC,
    LogoutOptions,
    StoreOptions,
    read_logout_options,
)
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry import revoke
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store

OPTIONS = LogoutOptions(Selection(all_registries=True), StoreOptions(), ConnectionOptions(), 1)


def log_out_of(path: Path, monkeypatch: pytest.MonkeyPatch, *, check_mode: bool) -> Report:
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "npm", str(path)),))
    return run.log_out(OPTIONS, check_mode=check_mode)


@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "check mode"])
def test_what_cannot_be_cut_out_is_said_with_its_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check_mode: bool
) -> None:
    path = tmp_path / ".npmrc"
    path.write_text('registry="https:\\/\\/u:passw0rd@h.example/"\n')
    (problem,) = log_out_of(path, monkeypatch, check_mode=check_mode).problems
    assert problem.message == (
        f"{path} cannot be replaced: line 1: removing the credential would change other settings: edit this line by "
        "hand"
    )


YARN_SCOPE = 'npmScopes: {x: {npmRegistryServer: "${NOWHERE}", npmAuthToken: t0ken}}\n'
BY_REGISTRY = Selection(registry=parse_registry("https://h.example/"))
BY_SCOPE = Selection(scope="@x")
NOT_KNOWN = "the registry of the credential is given by NOWHERE, whose value is not known"


@pytest.mark.parametrize(
    ("name", "text", "selection", "said"),
    [
        pytest.param(".yarnrc.yml", YARN_SCOPE, BY_REGISTRY, f"line 1: {NOT_KNOWN}", id="Yarn's scope"),
        pytest.param(
            ".yarnrc.yml",
            YARN_SCOPE.replace("${", "https://${"),
            BY_REGISTRY,
            f"line 1: {NOT_KNOWN}",
            id="Yarn's scope, the host",
        ),
        pytest.param(
            ".yarnrc.yml",
            YARN_SCOPE,
            BY_SCOPE,
            "line 1: the setting @x:registry refers to an environment variable whose value is not known",
            id="Yarn's scope, by its name",
        ),
        pytest.param(
            ".npmrc",
            "registry=${NOWHERE}\n_authToken=t0ken\n",
            BY_REGISTRY,
            f"line 2: {NOT_KNOWN}",
            id="default registry",
        ),
        pytest.param(
            ".npmrc", "//${NOWHERE}/:_authToken=t0ken\n", BY_REGISTRY, f"line 1: {NOT_KNOWN}", id="host of a key"
        ),
        pytest.param(
            ".npmrc",
            "@x:registry=https://h.example/\n//${NOWHERE}/:_authToken=t0ken\n",
            BY_SCOPE,
            f"line 2: {NOT_KNOWN}",
            id="host of a key, by a scope",
        ),
        pytest.param(
            ".npmrc",
            "//${NOWHERE}/:_authToken=t0ken\n",
            BY_REGISTRY._replace(fingerprints=frozenset([fingerprint(Secret("t0ken"))])),
            f"line 1: {NOT_KNOWN}",
            id="with the token's fingerprint",
        ),
    ],
)
def test_a_credential_of_an_unknown_registry_is_not_left_out_silently(
    name: str, text: str, selection: Selection, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = log_out_of_text(tmp_path / name, text, selection, monkeypatch)
    (problem,) = report.problems
    assert f"{tmp_path / name}" in problem.message
    assert said in problem.message
    assert (tmp_path / name).read_text() == text


@pytest.mark.parametrize(
    ("text", "selection"),
    [
        pytest.param(
            "registry=${NOWHERE}\n_authToken=t0ken\n@x:registry=https://i.example/\n", BY_SCOPE, id="not of the scope"
        ),
        pytest.param("//${NOWHERE}/:_authToken=t0ken\n", BY_REGISTRY._replace(fingerprints=frozenset()), id="no token"),
        pytest.param(
            "//${NOWHERE}/:_authToken=t0ken\n",
            BY_REGISTRY._replace(protected=frozenset([fingerprint(Secret("t0ken"))])),
            id="a protected token",
        ),
        pytest.param("//?/:_authToken=t0ken\n", BY_REGISTRY, id="no variable"),
    ],
)
def test_other_credentials_of_unknown_registries_are_left_out(
    text: str, selection: Selection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = log_out_of_text(tmp_path / ".npmrc", text, selection, monkeypatch)
    assert report.problems == ()


def test_registry_that_a_variable_gives_is_not_called_invalid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = log_out_of_text(tmp_path / ".yarnrc.yml", YARN_SCOPE, Selection(all_registries=True), monkeypatch)
    ((verdict,),) = [store.verdicts for store in report.stores]
    assert verdict.outcome == "failed"
    assert verdict.detail == (
        "The registry of the token is given by NOWHERE, whose value is not known. No request was sent."
    )


@pytest.mark.parametrize(
    ("details", "said"),
    [
        pytest.param(["It was not looked up, because."], "NAME0, which was not looked up: the", id="not looked up"),
        pytest.param(["It is not set."], "NAME0, which is not set on this host: the", id="not set"),
        pytest.param(
            ["It was not looked up, because.", "It is not set."],
            "NAME0 and NAME1, which has no known value: the",
            id="both",
        ),
    ],
)
def test_a_reference_that_was_not_looked_up_is_not_called_unset(
    details: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    verdicts = iter([Verdict("unresolved", detail, "Do.") for detail in details])
    monkeypatch.setattr(run, "foretell", lambda _target, _driver: next(verdicts))
    lines = [f"//{number}.example/:_authToken=${{NAME{number}}}\n" for number, _detail in enumerate(details)]
    report = log_out_of_text(tmp_path / ".npmrc", "".join(lines), Selection(all_registries=True), monkeypatch)
    assert said in build_result(report)["msg"]


def log_out_of_text(path: Path, text: str, selection: Selection, monkeypatch: pytest.MonkeyPatch) -> Report:
    path.write_text(text)
    (account,), _absent = find_accounts(None)
    client, form = guess_client(path.name)
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, client, str(path), form),))
    return run.log_out(LogoutOptions(selection, StoreOptions(), ConnectionOptions(), 1), check_mode=False)


def test_no_token_of_another_store_hides_what_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (account,), _absent = find_accounts(None)
    stuck, other = tmp_path / "stuck", tmp_path / "other"
    stuck.write_text('registry="https:\\/\\/u:passw0rd@h.example/"\n')
    other.write_text("//h.example/:_authToken=cannot be replaced\n")
    stores = tuple(Store(account, "npm", str(path)) for path in (stuck, other))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: stores)
    (problem,) = run.log_out(OPTIONS, check_mode=True).problems
    assert problem.message.startswith(f"{stuck} cannot be replaced: line 1: ")


def test_registries_share_the_time_of_one_credential(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / ".npmrc"
    path.write_text("registry=https://h.example/\n@a:registry=https://i.example/\n_authToken=t0ken\n")
    now = [1000.0]
    left: list[float] = []

    def revoke_token(*_arguments: Any, most_seconds: float, **_options: Any) -> Verdict:
        left.append(most_seconds)
        now[0] += 50
        return Verdict("already_invalid", "It was.")

    monkeypatch.setattr(revoke, "revoke_token", revoke_token)
    monkeypatch.setattr(revoker, "time", SimpleNamespace(monotonic=lambda: now[0]))
    log_out_of(path, monkeypatch, check_mode=False)
    assert left == [120, 70]


def test_token_in_no_store_is_not_sent_over_http_where_a_store_says_https(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".npmrc"
    path.write_text("@a:registry=https://h.example/a/\n")
    (account,), _absent = find_accounts(None)
    asked: list[str] = []

    def revoke_token(client: Any, _token: Secret, **_options: Any) -> Verdict:
        asked.append(client.registry.url)
        return Verdict("confirmed", "It was.")

    monkeypatch.setattr(revoke, "revoke_token", revoke_token)
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "npm", str(path)),))
    selection = Selection(registry=parse_registry("http://h.example/"), token=Secret("t0ken"))
    run.log_out(LogoutOptions(selection, StoreOptions(), ConnectionOptions(), 1), check_mode=False)
    assert asked == ["https://h.example/"]


def test_what_an_accounts_own_proxy_says_counts_for_it_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever answers there may be in that account's hands: others are asked for on their own ways."""
    (account,), _absent = find_accounts(None)
    lines = {"alice": "proxy=http://127.0.0.1:9/\n", "bob": "", "carol": "", "dave": "proxy=http://127.0.0.1:9/\n"}
    stores = []
    for name, more in lines.items():
        path = tmp_path / name / ".npmrc"
        path.parent.mkdir()
        path.write_text(f"{more}//127.0.0.1:8/:_authToken=t0ken\n")
        person = account._replace(name=name, home=str(path.parent))
        stores.append(Store(person, "npm", str(path)))
    asked: list[bool] = []

    def revoke_token(client: Any, _token: Secret, **_options: Any) -> Verdict:
        # Through a proxy, all is well; the registry itself fails, then accepts.
        asked.append(bool(client._proxies))
        return Verdict("confirmed" if asked[-1] else "ineffective", "It was.", "Do.")

    monkeypatch.setattr(revoke, "revoke_token", revoke_token)
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: tuple(stores))
    result = build_result(run.log_out(OPTIONS, check_mode=False))
    assert asked == [True, False, True]
    assert [(item["account"], item["revocation"], item["own_connection"]) for item in result["credentials"]] == [
        ("alice", "confirmed", True),
        ("bob", "ineffective", False),
        ("carol", "ineffective", False),
        ("dave", "confirmed", True),
    ]


SEVERAL = {
    "the first only says yes, the second knew it": (["accepted", "confirmed"], "confirmed"),
    "the first only says yes, the second still accepts it": (["accepted", "ineffective"], "ineffective"),
    "the first only says yes, the second refuses it": (["accepted", "already_invalid"], "accepted"),
    "the first only says yes, the second fails": (["accepted", "failed"], "accepted"),
    "the first refuses it, the second only says yes": (["already_invalid", "accepted"], "accepted"),
    "the first fails, the second only says yes": (["failed", "accepted"], "accepted"),
    "the first knew it": (["confirmed"], "confirmed"),
}


@pytest.mark.parametrize(("said", "outcome"), [pytest.param(*value, id=name) for name, value in SEVERAL.items()])
def test_a_registry_that_only_says_yes_does_not_end_the_search(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, said: list[str], outcome: str
) -> None:
    """Verdaccio says yes of any token."""
    path = tmp_path / ".npmrc"
    path.write_text("registry=https://h.example/a/\n@b:registry=https://h.example/b/\n//h.example/:_authToken=t0ken\n")
    answers = iter(said)
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict(next(answers), "It was.", "Do."))
    report = log_out_of(path, monkeypatch, check_mode=False)
    assert [verdict.outcome for store in report.stores for verdict in store.verdicts] == [outcome]
    assert list(answers) == []


UNASKED = {
    "a project's registry": (
        {"project/.npmrc": "a=b\nregistry=https://evil.example/\n"},
        ["accepted"],
        "https://evil.example/ (HOME/project/.npmrc line 2). No request was sent there, because only a project's file "
        "names it.",
    ),
    "a variable's registry": (
        {".bashrc": "export npm_config_registry=https://other.example/\n"},
        ["accepted"],
        "https://other.example/ (npm_config_registry, HOME/.bashrc line 1). No request was sent there",
    ),
    "a registry that a variable hides": (
        {"project/.npmrc": "registry=${WHERE}\n"},
        ["accepted"],
        "another registry, which a variable names (HOME/project/.npmrc line 1).",
    ),
    "a registry without an answer": (
        {".npmrc": "registry=https://h.example/\n@b:registry=https://b.example/\n_authToken=t0ken-of-mine\n"},
        ["accepted", "failed"],
        "A client may also send the token to https://b.example/, which gave no usable response. It was.",
    ),
}


@pytest.mark.parametrize("revoke_option", ["accepted", "attempted", "confirmed"])
@pytest.mark.parametrize(("files", "said", "named"), [pytest.param(*value, id=name) for name, value in UNASKED.items()])
def test_a_yes_names_the_registries_that_did_not_answer_or_were_not_asked(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    revoke_option: str,
    files: dict[str, str],
    said: list[str],
    named: str,
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, text in {".npmrc": "registry=https://h.example/\n_authToken=t0ken-of-mine\n", **files}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    answers = iter(said)
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict(next(answers), "It was.", "Do."))
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    wish = {**defaults, "all_registries": True, "levels": ["user"], "revoke": revoke_option}
    report = run.log_out(read_logout_options(wish), check_mode=False)
    result = build_result(report)
    (credential,) = result["credentials"]
    named = named.replace("HOME", str(tmp_path))
    assert (credential["revocation"], credential["by_hand"]) == ("accepted", "Do.")
    assert named in credential["detail"]
    told = result["msg"] if revoke_option == "confirmed" else " ".join(list_warnings(report))
    assert named in told
    assert credential["removed"] is (revoke_option != "confirmed")


def test_assignment_that_another_registry_uses_is_not_a_login_of_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = [f"//{name}.example/:_authToken=${{NPM_TOKEN}}\n" for name in ("a", "b")]
    (tmp_path / ".npmrc").write_text("".join(lines))
    (tmp_path / ".bashrc").write_text("export NPM_TOKEN=t0ken-of-mine\n")
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("confirmed", "It was."))
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    wish = {**defaults, "registry": "https://a.example/", "clients": ["npm", "environment"], "levels": ["user"]}
    result = build_result(run.log_out(read_logout_options(wish), check_mode=False))
    assert (tmp_path / ".npmrc").read_text() == lines[1]
    assert (tmp_path / ".bashrc").read_text() == "export NPM_TOKEN=t0ken-of-mine\n"
    assert [item["remaining"] for item in result["files"]] == [["https://b.example/"], ["https://b.example/"]]
    assert result["msg"] == (
        "Logged out of https://a.example/: 1 credential removed, 1 token revoked; the text of a token remains in "
        f"{tmp_path}/.bashrc line 1"
    )


@pytest.mark.parametrize("clients", [["npm"], ["npm", "environment"]], ids=["without environment", "with it"])
def test_old_value_of_a_variable_that_stays_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clients: list[str]
) -> None:
    """The reference stays for the new value, so that no line of the credential file goes."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text("//a.example/:_authToken=${NPM_TOKEN}\n")
    (tmp_path / ".bashrc").write_text("export NPM_TOKEN=t0ken-of-old\nexport NPM_TOKEN=t0ken-of-new\n")
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("already_invalid", "It was."))
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    wish = {**defaults, "fingerprints": [fingerprint(Secret("t0ken-of-old"))], "clients": clients, "levels": ["user"]}
    result = build_result(run.log_out(read_logout_options(wish), check_mode=False))
    said = (
        f"no credential file contains it; a variable is still set to the token: NPM_TOKEN in {tmp_path}/.bashrc line 1"
    )
    assert (said in result["msg"]) is (clients == ["npm"])
    assert (tmp_path / ".bashrc").read_text().count("\n") == (2 if clients == ["npm"] else 1)


def test_fingerprints_that_no_token_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text("//a.example/:_authToken=t0ken-of-mine\n")
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    options = read_logout_options({**defaults, "fingerprints": ["sha256:0000000000000000"]})
    assert build_result(run.log_out(options, check_mode=False))["msg"] == (
        "None of these files contains a token with one of the fingerprints: nothing to do. The files contain "
        "credentials for https://a.example/"
    )


@pytest.mark.parametrize(
    ("key", "detail"),
    [
        pytest.param("//${HO}/", "The name of the setting refers to HO, whose value is not known", id="a host"),
        pytest.param("//h.example/${A}/${B}/", "The name of the setting refers to A, B, whose value is", id="two"),
        pytest.param("//https://h.example//", "No client sends this token", id="none"),
    ],
)
def test_key_that_names_no_registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, detail: str) -> None:
    """A variable that only a shell file sets can stand for the host."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".npmrc"
    path.write_text(f"{key}:_authToken=t0ken-of-mine\n")
    (tmp_path / ".bashrc").write_text("export HO=h.example\n")
    report = log_out_of(path, monkeypatch, check_mode=False)
    (credential,) = build_result(report)["credentials"]
    assert credential["revocation"] == "failed"
    assert credential["detail"].startswith(detail)
    assert report.failures[0].startswith(f"{path} line 1: {detail}")
    assert path.read_text() == f"{key}:_authToken=t0ken-of-mine\n"


EMPTY = ("users", "paths", "clients", "levels", "fingerprints")


@pytest.mark.parametrize("option", EMPTY)
def test_an_empty_selection_changes_and_asks_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(revoke, "revoke_token", None)
    path = tmp_path / ".npmrc"
    path.write_text("//127.0.0.1:9/:_authToken=t0ken\n")
    params = {name: item.get("default") for name, item in LOGOUT_SPEC.items()}
    options = read_logout_options({**params, "all_registries": True, "revoke": "attempted", option: []})
    report = run.log_out(options, check_mode=False)
    result = build_result(report)
    assert report.failures == ()
    assert (result["changed"], result["revoked"], result["credentials"]) == (False, False, [])
    assert result["msg"] == f"The option {option} is an empty list, which selects nothing: nothing to do"
    assert path.read_text() == "//127.0.0.1:9/:_authToken=t0ken\n"


def test_a_token_in_no_file_and_without_a_registry_is_nothing_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / ".npmrc"
    path.write_text("//h.example/:_authToken=another\n")
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "npm", str(path)),))
    options = LogoutOptions(Selection(token=Secret("t0ken")), StoreOptions(), ConnectionOptions(), 1)
    report = run.log_out(options, check_mode=False)
    assert report.failures == ()
    assert build_result(report)["msg"] == (
        "The token is in none of these files and was not revoked: set registry to revoke it"
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("a=b\nHTTP://h.example/:_authToken=npm_t0ken\n", (2,), id="a key with a scheme in capitals"),
        pytest.param("//h.example/:_authToken=\nnpm_t0ken\n", (2,), id="alone on the line below its key"),
        pytest.param('//h.example/:_authToken "npm_t0ken"\n', (1,), id="no equals sign"),
        pytest.param("//h.example/:_authToken=npm_t0ken\nx=Bearer npm_t0ken\n", (1,), id="beside a line that goes"),
        pytest.param("x=y\n", (), id="nowhere"),
    ],
)
@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "check mode"])
def test_text_of_a_known_token_that_remains_is_reported_by_its_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, lines: tuple[int, ...], check_mode: bool
) -> None:
    path = tmp_path / ".npmrc"
    path.write_text(text)
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("confirmed", "It was."))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "npm", str(path)),))
    selection = Selection(registry=parse_registry("http://h.example/"), token=Secret("npm_t0ken"))
    report = run.log_out(LogoutOptions(selection, StoreOptions(), ConnectionOptions(), 1), check_mode=check_mode)
    result = build_result(report)
    assert report.stores[0].remaining_text == lines
    assert result["files"][0]["remaining_text"] == list(lines)
    warnings = list_warnings(report)
    told = [warning.partition(":")[0] for warning in warnings if "the text of a token" in warning]
    assert told == [f"{path} line {line}" for line in lines]
    assert "t0ken" not in str(result) + str(warnings)


@pytest.mark.parametrize(
    ("selection", "lines"),
    [
        pytest.param(Selection(all_registries=True, revoke="never"), (2,), id="removed without a request"),
        pytest.param(
            Selection(all_registries=True, protected=frozenset({fingerprint(Secret("npm_t0ken"))})), (), id="protected"
        ),
    ],
)
def test_text_of_a_token_that_the_run_found_is_reported_in_every_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, selection: Selection, lines: tuple[int, ...]
) -> None:
    (account,), _absent = find_accounts(None)
    first, second = tmp_path / ".npmrc", tmp_path / ".yarnrc.yml"
    first.write_text("//h.example/:_authToken=npm_t0ken\n")
    second.write_text("a: b\n# was npm_t0ken\n")
    stores = (Store(account, "npm", str(first)), Store(account, "yarn", str(second), "yarnrc_yml"))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: stores)
    report = run.log_out(LogoutOptions(selection, StoreOptions(), ConnectionOptions(), 1), check_mode=False)
    assert report.stores[1].remaining_text == lines


NPMRC = "// \u00e4\r\n//h.example/:_authToken=npm_t0ken\r\nfund=false\r\n"
YARNRC_YML = 'enableTelemetry: false\r\nnpmAuthToken: "npm_t0ken"\r\n'
FORMATS = [
    pytest.param("npmrc", NPMRC, NPMRC.replace("//h.example/:_authToken=npm_t0ken\r\n", ""), id="npmrc"),
    pytest.param("npmrc", "//h.example/:_authToken=npm_t0ken\n", None, id="npmrc, nothing else"),
    pytest.param("yarnrc_yml", YARNRC_YML, "enableTelemetry: false\r\n", id="Yarn"),
    pytest.param("yarnrc", 'a b\n"//h.example/:_authToken" npm_t0ken\n', "a b\n", id="Yarn 1"),
    pytest.param(
        "pnpm_config", 'a: 1\n_auth: {"https://h.example/": {"@": {authToken: npm_t0ken}}}\n', "a: 1\n", id="pnpm"
    ),
    pytest.param("bunfig", 'x = 1\n[install.registry]\ntoken = "npm_t0ken"\n', "x = 1\n", id="Bun"),
]


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [
        pytest.param(codecs.BOM_UTF16_LE, "utf-16-le", id="little-endian"),
        pytest.param(codecs.BOM_UTF16_BE, "utf-16-be", id="big-endian"),
    ],
)
@pytest.mark.parametrize(("form", "before", "after"), FORMATS)
def test_a_credential_in_utf_16_is_removed_by_its_bytes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mark: bytes,
    encoding: str,
    form: str,
    before: str,
    after: str | None,
) -> None:
    """Bun reads the little-endian kind, with its mark."""
    path = tmp_path / "file"
    path.write_bytes(mark + before.encode(encoding))
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("confirmed", "It was."))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "bun", str(path), form),))
    report = run.log_out(OPTIONS, check_mode=False)
    result = build_result(report)
    assert report.failures == ()
    assert [item["fingerprint"] for item in result["credentials"]] == [fingerprint(Secret("npm_t0ken"))]
    assert (path.read_bytes() if path.exists() else None) == (mark + after.encode(encoding) if after else None)
    assert "t0ken" not in str(result)
    assert "<token sha256:" in result["diff"][0]["before"]
    assert build_result(run.log_out(OPTIONS, check_mode=False))["changed"] is False


@pytest.mark.parametrize(
    ("mark", "encoding", "said"),
    [
        pytest.param(b"", "utf-16-le", "it is not UTF-8 text", id="UTF-16, little-endian, no mark"),
        pytest.param(b"", "utf-16-be", "it is not UTF-8 text", id="UTF-16, big-endian, no mark"),
        pytest.param(codecs.BOM_UTF32_LE, "utf-32-le", "it is in UTF-32", id="UTF-32, little-endian"),
        pytest.param(codecs.BOM_UTF32_BE, "utf-32-be", "it is in UTF-32", id="UTF-32, big-endian"),
        pytest.param(b"", "utf-32-le", "it is not UTF-8 text", id="UTF-32, no mark"),
        pytest.param(codecs.BOM_UTF16_LE + b"x", "utf-16-le", "it is not valid UTF-16", id="UTF-16 that is cut off"),
    ],
)
@pytest.mark.parametrize(("form", "before", "_after"), FORMATS)
def test_a_file_in_another_encoding_is_reported(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mark: bytes,
    encoding: str,
    said: str,
    form: str,
    before: str,
    _after: str | None,
) -> None:
    path = tmp_path / "file"
    path.write_bytes(mark + before.encode(encoding))
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "bun", str(path), form),))
    report = run.log_out(OPTIONS, check_mode=False)
    assert [problem.message.startswith(f"{path} cannot be read: {said}") for problem in report.problems] == [True]
    assert path.read_bytes() == mark + before.encode(encoding)


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_file_that_could_not_be_read_without_its_login_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, check_mode: bool
) -> None:
    path = tmp_path / "npmrc"
    path.write_bytes(before := b"//h.example/:_authToken=npm_t0ken\na=" + bytes(11))
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("confirmed", "It was."))
    monkeypatch.setattr(revoke, "foretell_verdict", Mock(side_effect=WouldAsk))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: (Store(account, "npm", str(path), "npmrc"),))
    report = run.log_out(OPTIONS, check_mode=check_mode)
    result = build_result(report)
    assert path.read_bytes() == before
    assert not result["changed"]
    assert result["revoked"] is not check_mode, result
    assert ["it is not UTF-8 text" in problem.message for problem in report.problems] == [True]


def test_nothing_to_do_names_the_files_and_accounts_that_are_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, absent = tmp_path / "npmrc", tmp_path / "nmprc"
    there.write_text("//h.example/:_authToken=npm_t0ken\n")
    (account,), _absent = find_accounts(None)
    monkeypatch.setattr(run, "find_accounts", lambda *_args: ((account,), ("no-such-account",)))
    stores = StoreOptions(paths=(str(there), str(absent)))
    selection = Selection(registry=parse_registry("https://i.example/"))
    report = run.log_out(LogoutOptions(selection, stores, ConnectionOptions(), 1), check_mode=False)
    assert build_result(report)["msg"] == (
        "Not logged in to https://i.example/: nothing to do. The files contain credentials for https://h.example/. "
        f"There is no file {absent}. There is no account no-such-account"
    )


def test_report_does_not_print_its_secrets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback with values would."""
    path = tmp_path / ".npmrc"
    path.write_text("//h.example/:_auth=YTpi\n")
    report = log_out_of(path, monkeypatch, check_mode=True)
    assert report.changed
    assert "YTpi" not in repr(report)


WAYS = {
    "the same": ("", ["already_invalid"] * 2),
    "a proxy": ("proxy=http://127.0.0.1:9/\n", ["already_invalid", "failed"]),
    "no certificates": ("strict-ssl=false\n", ["already_invalid", "failed"]),
}


@pytest.mark.parametrize(("setting", "outcomes"), [pytest.param(*value, id=name) for name, value in WAYS.items()])
def test_what_is_heard_on_the_way_of_one_account_counts_for_no_other_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str, outcomes: list[str]
) -> None:
    """Mallory's own proxy says that the token which she shares with bob is revoked."""
    (account,), _absent = find_accounts(None)
    stores: list[Store] = []
    for name, more in (("mallory", setting), ("bob", "")):
        path = tmp_path / name
        path.write_text(f"{more}registry=https://h.example/\n//h.example/:_authToken=t0ken\n")
        stores.append(Store(account._replace(name=name), "npm", str(path)))
    answers = iter(outcomes)
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict(next(answers), "It was.", "Do."))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: tuple(stores))
    report = run.log_out(OPTIONS, check_mode=False)
    assert [verdict.outcome for store in report.stores for verdict in store.verdicts] == outcomes
    assert len(list(answers)) == (0 if setting else 1)


def test_account_that_cannot_be_acted_as_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root of a container that may not change its groups."""
    (account,), _absent = find_accounts(None)
    other = Account("other", account.uid + 1, account.gid, (), str(tmp_path / "other"), False, {})
    own = tmp_path / ".npmrc"
    own.write_text("//h.example/:_auth=YTpi\n")
    stores = (Store(account, "npm", str(own)), Store(other, "npm", str(tmp_path / "other" / ".npmrc")))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: stores)
    monkeypatch.setattr(os, "setgroups", refuse_groups)
    report = run.log_out(OPTIONS, check_mode=False)
    assert not own.exists()
    assert [problem.account for problem in report.problems] == ["other"]
    assert "cannot switch to the account other." in report.problems[0].message


ANYTHING = [AttributeError("listxattr"), OSError(5, "t0ken"), RecursionError(), NpmopsError("It did not work.")]


@pytest.mark.parametrize("problem", [pytest.param(item, id=type(item).__name__) for item in ANYTHING])
def test_whatever_an_edit_raises_all_revocations_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, problem: Exception
) -> None:
    (account,), _absent = find_accounts(None)
    stores: list[Store] = []
    for name in ("first", "second", "third"):
        (tmp_path / name).write_text(f"registry=https://h.example/\n//h.example/:_authToken=t0ken-{name}\n")
        stores.append(Store(account, "npm", str(tmp_path / name)))
    edit_file = run.edit_file

    def fail_once(content: Any, *arguments: Any) -> Edit:
        if content.path.endswith("second"):
            raise problem
        return edit_file(content, *arguments)

    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("confirmed", "It was."))
    monkeypatch.setattr(run, "find_stores", lambda _accounts, _options: tuple(stores))
    monkeypatch.setattr(run, "edit_file", fail_once)
    report = run.log_out(OPTIONS, check_mode=False)
    result = build_result(report)
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed"] * 3
    assert [item["removed"] for item in result["credentials"]] == [True, False, True]
    assert [item["changed"] for item in result["files"]] == [True, False, True]
    assert report.failures
    assert result["revoked"]
    assert "t0ken" not in str(result)


def test_whatever_a_registry_s_answer_raises_the_other_revocations_are_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token of which nothing is known stays, and its sentence holds nothing of the exception's text."""
    (tmp_path / "npmrc").write_text("".join(f"//h.example/{name}/:_authToken=t0ken-{name}\n" for name in "abc"))

    def revoke_token(_client: Any, token: Secret, **_options: Any) -> Verdict:
        if token.reveal() == "t0ken-b":
            raise KeyError(token.reveal())
        return Verdict("confirmed", "It was.")

    monkeypatch.setattr(revoke, "revoke_token", revoke_token)
    report = log_out_of(tmp_path / "npmrc", monkeypatch, check_mode=False)
    result = build_result(report)
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed", "failed", "confirmed"]
    assert [item["removed"] for item in result["credentials"]] == [True, False, True]
    assert "unexpected KeyError" in result["credentials"][1]["detail"]
    assert result["credentials"][1]["by_hand"]
    assert report.failures
    assert "t0ken" not in str(result)


def refuse_groups(_groups: object) -> None:
    raise PermissionError


def test_what_cannot_be_read_is_said_with_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_data: bytes) -> None:
        raise StoreError("line 3: invalid YAML")

    path = tmp_path / ".npmrc"
    path.write_text("_authToken=t0ken\n")
    monkeypatch.setattr(npmrc, "parse_settings", refuse)
    (problem,) = log_out_of(path, monkeypatch, check_mode=False).problems
    assert problem.message == f"{path} cannot be read: line 3: invalid YAML"
    assert path.read_text() == "_authToken=t0ken\n"
