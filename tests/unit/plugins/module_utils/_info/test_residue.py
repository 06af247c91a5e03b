# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tokens are found where no client reads them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._info.residue import find_residue
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret

NPM_TOKEN = "npm_" + 36 * "a"
SECRET = Secret("an-0paque+token/of=some-length")


def make_account(home: Path) -> Account:
    return Account("me", os.geteuid(), os.getegid(), (), str(home), True, {})


def see(home: Path, secrets: tuple[Secret, ...] = (SECRET,)) -> list[tuple[str, str, int | None]]:
    """Rule, path from the home, line of each finding that is not about a process."""
    found = find_residue([make_account(home)], secrets)
    return [
        (item.rule, os.path.relpath(item.path, home), item.line)
        for item in found
        if item.rule != "token_in_environment"
    ]


def test_account_that_cannot_be_acted_as_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As root of a container that may not change its groups."""

    def refuse(_groups: object) -> None:
        raise PermissionError

    other = Account("other", os.geteuid() + 1, os.getegid(), (), str(tmp_path / "other"), False, {})
    (tmp_path / ".npmrc.swp").write_text("")
    monkeypatch.setattr(os, "setgroups", refuse)
    found = find_residue([other, make_account(tmp_path)], ())
    assert [item.path for item in found if item.rule == "backup_copy"] == [str(tmp_path / ".npmrc.swp")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(f"0 a\n1 http fetch DELETE 200 https://h.example/-/user/token/{NPM_TOKEN} 9ms", 2, id="logout"),
        pytest.param("http DELETE https://h.example/-/user/token/0123456789abcdef", 1, id="logout, opaque"),
        pytest.param(f"verbose {SECRET.reveal()}", 1, id="known"),
        pytest.param("verbose an-0paque%2Btoken%2Fof%3Dsome-length", 1, id="known, in a URL"),
        pytest.param(f"\n\n{NPM_TOKEN}\n{NPM_TOKEN}", 3, id="npm's form"),
        pytest.param("config //h.example/:_authToken=0123456789", 1, id="setting"),
    ],
)
def test_token_in_a_log(tmp_path: Path, text: str, line: int) -> None:
    log = tmp_path / ".npm" / "_logs" / "2026-01-01T00_00_00_000Z-debug-0.log"
    log.parent.mkdir(parents=True)
    log.write_text(text)
    assert see(tmp_path) == [("token_in_log", os.path.relpath(log, tmp_path), line)]


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("http fetch DELETE 200 https://h.example/-/user/token/*** 9ms", id="masked"),
        pytest.param("http fetch DELETE 200 https://h.example/-/user/token/[REDACTED] 9ms", id="redacted"),
        pytest.param("config //h.example/:_authToken=(protected)", id="protected"),
        pytest.param("http fetch GET 200 https://h.example/lodash", id="something else"),
    ],
)
def test_log_without_a_token(tmp_path: Path, text: str) -> None:
    log = tmp_path / ".npm" / "_logs" / "a-debug-0.log"
    log.parent.mkdir(parents=True)
    log.write_text(text)
    assert see(tmp_path) == []


MANY = (*(Secret(f"token-number-{number:020}") for number in range(5000)), SECRET, Secret("hunter2-hunter2"))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param("a\nverbose token-number-00000000000000004999 x", 2, id="word"),
        pytest.param('{"password": "hunter2-hunter2"}', 1, id="in quotes"),
        pytest.param("GET https://h.example/hunter2-hunter2/foo?a=b", 1, id="part of a path"),
        pytest.param("verbose an-0paque%2Btoken%2Fof%3Dsome-length", 1, id="in a URL"),
        pytest.param("aHVudGVyMi1odW50ZXIy", 1, id="base64"),
        pytest.param("token-number-00000000000000005000", None, id="another"),
    ],
)
def test_token_of_thousands_in_a_log(tmp_path: Path, text: str, line: int | None) -> None:
    log = tmp_path / ".npm" / "_logs" / "a-debug-0.log"
    log.parent.mkdir(parents=True)
    log.write_text(text)
    assert [found[2] for found in see(tmp_path, MANY)] == ([] if line is None else [line])


def test_large_logs_and_thousands_of_secrets(tmp_path: Path) -> None:
    """What an account can do to keep root busy: each secret times each byte would take minutes."""
    folder = tmp_path / ".npm" / "_logs"
    folder.mkdir(parents=True)
    (folder / "0.log").write_text("http fetch GET 200 https://h.example/foo 9ms\n" * 90_000)
    for number in range(1, 150):
        os.link(folder / "0.log", folder / f"{number}.log")
    started = time.process_time()
    assert see(tmp_path, MANY) == []
    assert time.process_time() - started < 20


def test_log_that_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / ".npm" / "_logs"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "a-debug-0.log")
    (folder / "b-debug-0.log").symlink_to("/dev/zero")
    (folder / "c-debug-0.log").mkdir()
    assert see(tmp_path) == []


@pytest.mark.parametrize("name", [".npmrc.swp", ".yarnrc.yml.swp", ".bunfig.toml.swp", "..npmrc.swp"])
def test_swap_file(tmp_path: Path, name: str) -> None:
    """Vim adds a dot only to a name without one; nano always does."""
    (tmp_path / name).touch()
    assert see(tmp_path) == [("backup_copy", name, None)]


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process of this account whose environment a test chooses."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(environment: Mapping[str, str]) -> subprocess.Popen[bytes]:
        code = "import sys; sys.stdout.write('x'); sys.stdout.flush(); sys.stdin.read()"
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=dict(environment), stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        processes.append(process)
        assert process.stdout is not None
        process.stdout.read(1)
        return process

    yield start  # type: ignore[misc]
    for process in processes:
        process.kill()
        process.communicate(timeout=120)


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        pytest.param("NPM_TOKEN", "anything", "NPM_TOKEN", id="NPM_TOKEN"),
        pytest.param("NODE_AUTH_TOKEN", "anything", "NODE_AUTH_TOKEN", id="of setup-node"),
        pytest.param("YARN_NPM_AUTH_TOKEN", "anything", "YARN_NPM_AUTH_TOKEN", id="of Yarn"),
        pytest.param(
            "npm_config_//h.example/:_authToken", "anything", "npm_config_//h.example/:_authToken", id="npm's"
        ),
        pytest.param(
            f"npm_config_//h.example/{NPM_TOKEN[:-1]}1/:_auth",
            "anything",
            "npm_config_//h.example/<secret>/:_auth",
            id="a token in its name",
        ),
        pytest.param("pnpm_config__auth", "anything", "pnpm_config__auth", id="pnpm's"),
        pytest.param("WHATEVER", NPM_TOKEN, "WHATEVER", id="by the value's form"),
        pytest.param("WHATEVER", SECRET.reveal(), "WHATEVER", id="by a known value"),
        pytest.param("PATH", "/bin", None, id="harmless"),
        pytest.param("NPM_TOKEN", "", None, id="empty"),
        pytest.param("GITHUB_TOKEN", "anything", None, id="of somebody else"),
    ],
)
def test_token_in_the_environment_of_a_process(
    tmp_path: Path, sleeper: object, name: str, value: str, shown: str | None
) -> None:
    process = sleeper({name: value, "HOME": "/"})  # type: ignore[operator]
    found = find_residue([make_account(tmp_path)], (SECRET,), Concealer([SECRET]))
    told = [item.message for item in found if item.path == f"/proc/{process.pid}/environ"]
    assert [shown in message for message in told] == ([] if shown is None else [True])
    assert not any(value in message for message in told if value)
