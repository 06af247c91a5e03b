# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Root logs several accounts out at once, each with that account's privileges; a missing account is not an error."""

from __future__ import annotations

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.files import plant
from tests.integration.play import Run, Runner, log_out
from tests.registry import EmbeddedRegistry

GHOST = "npmops-ghost"
MODES = (0o640, 0o600)


@dataclass(frozen=True)
class LoggedOut:
    """Two accounts that a task has logged out, and what was left alone."""

    run: Run
    names: tuple[str, str]
    stores: tuple[Path, Path]
    still_alive: tuple[bool, ...]
    sent_by_second: int


def home_of(name: str) -> Path:
    return Path(pwd.getpwnam(name).pw_dir)


def plant_for(name: str, mode: int, *lines: str) -> Path:
    path = plant(home_of(name) / ".npmrc", *lines, mode=mode)
    entry = pwd.getpwnam(name)
    os.chown(path, entry.pw_uid, entry.pw_gid)
    return path


@pytest.fixture(scope="module")
def logged_out(accounts: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> LoggedOut:
    with EmbeddedRegistry() as registry:
        key = registry.url.removeprefix("http:")
        tokens = [registry.create_token(name) for name in accounts]
        stores = [
            plant_for(name, mode, "; kept", f"{key}:_authToken={token}")
            for name, mode, token in zip(accounts, MODES, tokens, strict=True)
        ]
        # No proxy: this machine's global npmrc counts for accounts that are not the connecting one.
        options = {"registry": registry.url, "users": [*accounts, GHOST], "use_proxy": False}
        runner = Runner(tmp_path_factory.mktemp("run"))
        run = runner.run(log_out("dry", options, check_mode=True), log_out("it", options))
        sent = len(registry.requests)
        again = runner.run(log_out("again", options))
        alive = tuple(registry.is_valid(token) for token in tokens)
        results = {**run.results, **again.results}
        sent_by_second = len(registry.requests) - sent
    return LoggedOut(Run(results, run.output), accounts, (stores[0], stores[1]), alive, sent_by_second)


def test_both_are_logged_out(logged_out: LoggedOut) -> None:
    result = logged_out.run["it"]
    assert not result["failed"], result
    outcomes = [(item["account"], item["revocation"], item["removed"]) for item in result["credentials"]]
    assert outcomes == [(name, "confirmed", True) for name in logged_out.names]
    assert logged_out.still_alive == (False, False)
    assert result["msg"].endswith("2 credentials removed, 2 tokens revoked")


def test_who_is_not_there_is_reported(logged_out: LoggedOut) -> None:
    assert logged_out.run["it"]["absent_users"] == [GHOST]


def test_files_are_their_own_as_before(logged_out: LoggedOut) -> None:
    for name, store, mode in zip(logged_out.names, logged_out.stores, MODES, strict=True):
        status, entry = store.stat(), pwd.getpwnam(name)
        assert store.read_text() == "; kept\n"
        assert stat.S_IMODE(status.st_mode) == mode
        assert (status.st_uid, status.st_gid) == (entry.pw_uid, entry.pw_gid)


def test_nothing_else_is_left_in_their_homes(logged_out: LoggedOut) -> None:
    for name in logged_out.names:
        assert not [path.name for path in home_of(name).iterdir() if "npmops" in path.name]


def test_dry_run_predicts_it(logged_out: LoggedOut) -> None:
    dry, real = logged_out.run["dry"], logged_out.run["it"]
    assert (dry["changed"], dry["diff"], dry["absent_users"]) == (real["changed"], real["diff"], real["absent_users"])


def test_second_run_does_nothing(logged_out: LoggedOut) -> None:
    again = logged_out.run["again"]
    assert (again["failed"], again["changed"], again["absent_users"]) == (False, False, [GHOST])
    assert logged_out.sent_by_second == 0


def test_only_ghosts(runner: Runner) -> None:
    result = runner.run(log_out("it", {"users": [GHOST]}))["it"]
    assert (result["failed"], result["changed"], result["absent_users"]) == (False, False, [GHOST])
