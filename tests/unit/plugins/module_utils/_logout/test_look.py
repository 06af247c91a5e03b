# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The look at a host gives the result of the whole run, or leaves the decision to the whole run."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._logout.look import look
from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result, list_warnings
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC, read_logout_options

URL = "https://npm.example.com/"
CLEAN = b"registry=https://npm.example.com/\n@a:registry=https://npm.example.com/a/\r\nfund=false\n"
LOGIN = b"//npm.example.com/:_authToken=t0ken\n"
LEFTOVER = ".npmops-0123456789abcdef.tmp"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    # No test meets a file of the host that the tests run on.
    monkeypatch.setenv("npm_config_globalconfig", str(tmp_path / "etc/npmrc"))
    return tmp_path


def read_options(**params: Any) -> Any:
    return read_logout_options({**{name: option.get("default") for name, option in LOGOUT_SPEC.items()}, **params})


@pytest.mark.parametrize("check_mode", [pytest.param(False, id="run"), pytest.param(True, id="check mode")])
@pytest.mark.parametrize(
    ("data", "params"),
    [
        pytest.param(None, {}, id="no file"),
        pytest.param(None, {"registry": URL}, id="no file, a registry"),
        pytest.param(None, {"registry": "http://npm.example.com:4873/a-b/c.d"}, id="no file, a registry with a path"),
        pytest.param(None, {"all_registries": True}, id="no file, all registries"),
        pytest.param(None, {"scope": "@a"}, id="no file, a scope"),
        pytest.param(None, {"fingerprints": ["sha256:0123456789abcdef"]}, id="no file, a fingerprint"),
        pytest.param(None, {"paths": ["~/a", "b", "~/a"]}, id="paths that are absent"),
        pytest.param(None, {"paths": ["~/a", "b"], "all_registries": True}, id="all registries of absent paths"),
        pytest.param(None, {"users": ["nobody-of-that-name"], "all_registries": True}, id="an account that is absent"),
        pytest.param(CLEAN, {"registry": URL}, id="a file without a login"),
        pytest.param(CLEAN, {"all_registries": True}, id="a file without a login, all registries"),
        pytest.param(CLEAN, {"registry": URL, "comments": True}, id="a file without a login, comments"),
        pytest.param(CLEAN, {"registry": URL, "paths": ["~/.npmrc", "~/a"]}, id="a file and an absent path"),
        pytest.param(b"", {"registry": URL}, id="an empty file"),
        pytest.param(CLEAN, {}, id="the file names the registry"),
        pytest.param(b"registry=http://h.example/a", {}, id="the file names one without https"),
        pytest.param(b"registry=http://h.example/\n@a:registry=https://a.example/", {}, id="another host has https"),
        pytest.param(b"fund=false\n@a:registry=https://npm.example.com/a/", {}, id="npm's public registry"),
    ],
)
def test_says_what_the_whole_run_says(home: Path, data: bytes | None, params: dict[str, Any], check_mode: bool) -> None:
    if data is not None:
        (home / ".npmrc").write_bytes(data)
    options = read_options(**params)
    report = log_out(options, check_mode=check_mode)
    assert look(options) == build_result(report)
    assert list_warnings(report) == ()


def write(data: bytes) -> Callable[[Path], object]:
    return lambda home: (home / ".npmrc").write_bytes(data)


def write_global(home: Path) -> None:
    (home / "etc").mkdir()
    (home / "etc/npmrc").write_bytes(CLEAN)
    (home / ".npmrc").write_bytes(b"fund=false\n")


def link_home(home: Path) -> None:
    (home / ".npmrc").write_bytes(CLEAN)
    (home / "link").symlink_to(".")


@pytest.mark.parametrize(
    ("arrange", "params"),
    [
        pytest.param(write(LOGIN), {"registry": URL}, id="a login"),
        pytest.param(write(b"#" + LOGIN), {"registry": URL}, id="a login in a comment"),
        pytest.param(write(b"[a]\n" + CLEAN), {}, id="a registry that is in a section"),
        pytest.param(
            write(b"registry=http://h.example/\n@a:registry=https://H.example/a/"), {}, id="another URL says https"
        ),
        pytest.param(
            write(b"registry=http://h.example/\n@a:registry=https://%68.example/"), {}, id="an escape in a URL"
        ),
        pytest.param(write(b"prefix=~/local\n"), {}, id="the host's file is moved"),
        pytest.param(write_global, {}, id="the file of the host"),
        pytest.param(write(CLEAN), {"scope": "@a"}, id="a scope mapping that goes"),
        pytest.param(write(CLEAN), {"registry": URL, "token": "t0ken"}, id="a token by value"),
        pytest.param(write(CLEAN), {"registry": "https://npm.example.com/npm_0123456789/"}, id="a URL to look at"),
        pytest.param(write(b"fund=false\n" * 10_000), {"registry": URL}, id="a large file"),
        pytest.param(write("fund=false".encode("utf-16")), {"registry": URL}, id="a file in UTF-16"),
        pytest.param(lambda home: os.mkfifo(home / ".npmrc"), {"registry": URL}, id="a pipe"),
        pytest.param(lambda home: (home / ".npmrc").mkdir(), {"registry": URL}, id="a directory"),
        pytest.param(lambda home: (home / ".npmrc").symlink_to("a"), {"registry": URL}, id="a link that leads nowhere"),
        pytest.param(lambda home: (home / LEFTOVER).touch(), {"registry": URL}, id="a temporary file is left"),
        pytest.param(write(CLEAN), {"registry": URL, "users": []}, id="an empty selection"),
        pytest.param(write(CLEAN), {"registry": URL, "search": ["/nowhere"]}, id="a search"),
        pytest.param(link_home, {"registry": URL, "paths": ["~/.npmrc", "~/link/.npmrc"]}, id="one file twice"),
        pytest.param(
            lambda home: (home / ".yarnrc.yml").write_bytes(b"nodeLinker: pnp\n"),
            {"registry": URL, "clients": ["yarn"]},
            id="a file of another format",
        ),
    ],
)
def test_leaves_all_else_to_the_whole_run(
    home: Path, arrange: Callable[[Path], object], params: dict[str, Any]
) -> None:
    arrange(home)
    assert look(read_options(**params)) is None
