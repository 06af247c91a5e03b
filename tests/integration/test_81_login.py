# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A new login is verified, written with everything around it kept, and the real npm logs in with it."""

from __future__ import annotations

import base64
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.modules import npm_login
from tests.integration.files import plant_surrounded, surround, take_snapshot
from tests.integration.play import Runner, log_in, log_out
from tests.integration.verdaccio import Verdaccio
from tests.registry import EmbeddedRegistry
from tests.tools.paths import NODE, NPM_MAJORS, npm_cli

PASSWORD = "pa;ss#wörd="


def ask_npm(major: int, store: Path, url: str) -> str:
    """Whom the registry takes the real npm for."""
    words = [str(NODE), str(npm_cli(major)), "whoami", f"--registry={url}", f"--userconfig={store}"]
    words += [f"--globalconfig={store.parent}/none", f"--cache={store.parent}/cache", "--fetch-retries=0"]
    environment = {"PATH": os.defpath, "HOME": str(store.parent)}
    ran = subprocess.run(
        words,
        cwd=store.parent,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=150,
        check=False,
    )
    return ran.stdout.decode().strip()


def key_of(registry: EmbeddedRegistry) -> str:
    return registry.url.removeprefix("http:")


@pytest.mark.parametrize("major", [NPM_MAJORS[0], 9, NPM_MAJORS[-1]])
def test_npm_is_logged_in(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path, major: int) -> None:
    """With a token in place of another one, and with a password in a new file."""
    old, new = registry.create_token("alice"), registry.create_token("alice")
    registry.add_user("bob", PASSWORD)
    store = plant_surrounded(tmp_path / "npmrc", f"{key_of(registry)}:_authToken = {old}")
    made = tmp_path / "made"
    run = runner.run(
        log_in("token", {"registry": registry.url, "token": new, "paths": [str(store)]}),
        log_in("password", {"registry": registry.url, "username": "bob", "password": PASSWORD, "paths": [str(made)]}),
    )
    assert (run["token"]["identity"], run["password"]["identity"]) == ("alice", "bob")
    assert run["token"]["replaced"] == [fingerprint(Secret(old))]
    assert store.read_bytes() == surround(f"{key_of(registry)}:_authToken = {new}\n".encode())
    assert registry.is_valid(old)
    assert ask_npm(major, store, registry.url) == "alice"
    assert ask_npm(major, made, registry.url) == "bob"
    assert stat.S_IMODE(made.stat().st_mode) == 0o600


def test_examples_revoke_the_token_that_is_replaced(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    """An old token that npm_login has overwritten is on no disk any more, so that npm_logout could not end it."""
    examples = yaml.safe_load(npm_login.EXAMPLES)
    logout = next(number for number, task in enumerate(examples) if "npmops.auth.npm_logout" in task)
    keep = {"keep_replaced": examples[logout - 1]["npmops.auth.npm_login"].get("keep_replaced", False)}
    old, new = registry.create_token("alice"), registry.create_token("alice")
    store = plant_surrounded(tmp_path / "npmrc", f"{key_of(registry)}:_authToken={old}")
    at = {"registry": registry.url, "paths": [str(store)]}
    login = runner.run(log_in("login", {**at, "token": new, **keep}))["login"]
    ended = runner.run(log_out("ended", {**at, "fingerprints": login["replaced"]}))["ended"]
    assert ended["revoked"]
    assert not registry.is_valid(old)
    assert store.read_bytes() == surround(f"{key_of(registry)}:_authToken={new}\n".encode())


def test_second_run_changes_and_sends_nothing(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    token = registry.create_token("alice")
    options = {"registry": registry.url, "token": token, "scope": "@x", "paths": [str(tmp_path / "npmrc")]}
    first = runner.run(log_in("first", options))["first"]
    assert first["changed"]
    assert first["files"][0]["created"]
    snapshot = take_snapshot(tmp_path / "npmrc")
    registry.forget_requests()
    second = runner.run(log_in("second", options))["second"]
    assert not second["changed"]
    assert not second["diff"]
    assert take_snapshot(tmp_path / "npmrc") == snapshot
    assert registry.requests == ()


def test_check_mode_predicts_it(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    old, new = registry.create_token("alice"), registry.create_token("alice")
    store = plant_surrounded(tmp_path / "npmrc", f"{key_of(registry)}:_authToken={old}")
    options = {"registry": registry.url, "token": new, "paths": [str(store)]}
    before = take_snapshot(store)
    check = runner.run(log_in("check", options, check_mode=True, diff=True))["check"]
    assert take_snapshot(store) == before
    real = runner.run(log_in("real", options, diff=True))["real"]
    assert check["changed"] is real["changed"] is True
    assert check["diff"] == real["diff"]
    shown = str(check["diff"])
    assert f"<token {fingerprint(Secret(old))}>" in shown
    assert f"<token {fingerprint(Secret(new))}>" in shown


@pytest.mark.parametrize(
    ("login", "says"),
    [
        pytest.param({"token": "no-such-token"}, "rejected the new login. Nothing was written.", id="token"),
        pytest.param({"username": "bob", "password": "wrong"}, "rejected the new login. Nothing", id="password"),
    ],
)
def test_refused_login_is_not_written(
    runner: Runner, registry: EmbeddedRegistry, tmp_path: Path, login: dict[str, Any], says: str
) -> None:
    registry.add_user("bob", PASSWORD)
    store = plant_surrounded(tmp_path / "npmrc", f"{key_of(registry)}:_authToken=old")
    before = take_snapshot(store)
    options = {"registry": registry.url, "paths": [str(store), str(tmp_path / "new")], **login}
    run = runner.run(log_in("refused", options))
    assert run["refused"]["failed"]
    assert says in run["refused"]["msg"]
    assert take_snapshot(store) == before
    assert not (tmp_path / "new").exists()
    assert "no-such-token" not in run.output
    assert "wrong" not in run["refused"]["msg"]


def test_unreachable_registry_is_not_trusted_unless_told_to(runner: Runner, tmp_path: Path) -> None:
    options = {"registry": "http://127.0.0.1:9/", "token": "t0ken-of-alice", "paths": [str(tmp_path / "npmrc")]}
    run = runner.run(log_in("asked", {**options, "retries": 0}), log_in("unasked", {**options, "verify": False}))
    assert run["asked"]["failed"]
    assert ": connection refused. Nothing was written." in run["asked"]["msg"]
    assert run["unasked"]["changed"]
    assert (tmp_path / "npmrc").read_text() == "//127.0.0.1:9/:_authToken=t0ken-of-alice\n"


@pytest.mark.parametrize(
    ("options", "says"),
    [
        pytest.param({}, "token is required, or username and password instead.", id="nothing"),
        pytest.param({"token": "a-new-t0ken", "username": "u"}, "token is mutually exclusive with username", id="both"),
        pytest.param({"username": "u"}, "password is required with username", id="half"),
        pytest.param({"token": "${TOKEN}"}, "token must be one token as text", id="reference"),
        pytest.param({"token": "a\nb"}, "token must be one token as text", id="two lines"),
        pytest.param({"token": "a\x00b"}, "token must not contain a control character.", id="control character"),
        pytest.param({"username": "a:b", "password": "p"}, "username must not contain a colon", id="colon"),
    ],
)
def test_input_error(runner: Runner, tmp_path: Path, options: dict[str, Any], says: str) -> None:
    store = tmp_path / "npmrc"
    run = runner.run(log_in("wrong", {"registry": "http://127.0.0.1:9/", "paths": [str(store)], **options}))
    assert run["wrong"]["failed"]
    assert says in run["wrong"]["msg"]
    assert not store.exists()


def test_file_is_made_only_where_it_may_be(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    options = {"registry": registry.url, "token": registry.create_token("alice"), "create": False}
    run = runner.run(log_in("none", {**options, "paths": [str(tmp_path / "npmrc")]}))
    assert (run["none"]["failed"], run["none"]["changed"], run["none"]["files"]) == (False, False, [])
    assert not (tmp_path / "npmrc").exists()


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        pytest.param(
            ".yarnrc.yml",
            '# kept\nnpmRegistryServer: "{url}"\nnpmAuthToken: "{old}" # kept\n',
            '# kept\nnpmRegistryServer: "{url}"\nnpmAuthToken: "{new}" # kept\n',
            id="Yarn",
        ),
        pytest.param(
            "bunfig.toml",
            '[install]\nregistry = {{ url = "{url}", token = "{old}" }} # kept\n',
            '[install]\nregistry = {{ url = "{url}", token = "{new}" }} # kept\n',
            id="Bun",
        ),
        pytest.param(".yarnrc", '"{key}:_authToken" {old}\n', '"{key}:_authToken" "{new}"\n', id="Yarn 1"),
    ],
)
def test_login_is_replaced_in_files_of_other_clients(
    runner: Runner, registry: EmbeddedRegistry, tmp_path: Path, name: str, before: str, after: str
) -> None:
    words = {
        "url": registry.url,
        "key": key_of(registry),
        "old": registry.create_token("alice"),
        "new": registry.create_token("alice"),
    }
    store = tmp_path / name
    store.write_text(before.format(**words))
    options = {"registry": registry.url, "token": words["new"], "paths": [str(store)]}
    result = runner.run(log_in("replace", options))["replace"]
    assert not result["failed"], result["msg"]
    assert store.read_text() == after.format(**words)
    assert result["replaced"] == [fingerprint(Secret(words["old"]))]


def test_none_is_added_to_files_of_other_clients(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    store = tmp_path / ".yarnrc.yml"
    store.write_text("nodeLinker: node-modules\n")
    options = {"registry": registry.url, "token": registry.create_token("alice"), "paths": [str(store)]}
    result = runner.run(log_in("add", options))["add"]
    assert result["failed"]
    assert "a login can be added only to an .npmrc" in result["msg"]
    assert store.read_text() == "nodeLinker: node-modules\n"


def test_verdaccio_knows_the_new_login(runner: Runner, verdaccio: Verdaccio, tmp_path: Path) -> None:
    token = verdaccio.login("rotated")
    options = {"registry": verdaccio.url, "token": token, "paths": [str(tmp_path / "npmrc")]}
    result = runner.run(log_in("real", options))["real"]
    assert result["identity"] == "rotated"


def test_no_secret_is_shown(runner: Runner, registry: EmbeddedRegistry, tmp_path: Path) -> None:
    registry.add_user("bob", PASSWORD)
    old = registry.create_token("alice")
    store = plant_surrounded(tmp_path / "npmrc", f"{key_of(registry)}:_authToken={old}")
    options = {"registry": registry.url, "username": "bob", "password": PASSWORD, "paths": [str(store)]}
    run = runner.run(log_in("password", options), arguments=["-vvv", "--diff"])
    hidden = [old, PASSWORD, base64.b64encode(PASSWORD.encode()).decode()]
    assert not [secret for secret in hidden if secret in str(run["password"])]
    assert old not in run.output
