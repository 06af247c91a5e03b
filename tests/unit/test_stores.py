# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which files of an account, and which global one, are npm's?"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils import _npmrc, _stores
from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.module_utils._stores import (
    find_global_npmrc,
    find_stores,
    get_npm_variable,
    resolve_path,
)

HOME = "/home/alice"


def make_account(environment: Mapping[str, str] | None = None, is_self: bool = True) -> Account:
    return Account("alice", 1000, 1000, (), HOME, is_self, dict(environment or {}))


def read(text: str) -> tuple[Reading, ...]:
    return read_settings(text.encode(), _npmrc, {"HOME": HOME})


def paths_of(account: Account, paths: Sequence[str] | None) -> list[str]:
    stores = find_stores(account, paths)
    assert all((store.account, store.client) == (account, "npm") for store in stores)
    return [store.path for store in stores]


# Stores --------------------------------------------------------------------------------------------------------------

PATHS = {
    "home": ("~/.npmrc", f"{HOME}/.npmrc"),
    "relative": ("project/.npmrc", f"{HOME}/project/.npmrc"),
    "absolute": ("/srv/ci/.npmrc", "/srv/ci/.npmrc"),
    "up": ("~/../bob/.npmrc", "/home/bob/.npmrc"),
    "dots": ("./a/./b/../.npmrc", f"{HOME}/a/.npmrc"),
    "the home itself": ("~", HOME),
    "doubled slashes": ("~//.npmrc", f"{HOME}/.npmrc"),
    "a tilde inside": ("a/~/.npmrc", f"{HOME}/a/~/.npmrc"),
    "a tilde at its end": (".npmrc~", f"{HOME}/.npmrc~"),
    "spaces": ("my project/.npmrc", f"{HOME}/my project/.npmrc"),
    "no variables": ("$HOME/.npmrc", f"{HOME}/$HOME/.npmrc"),
}


@pytest.mark.parametrize(("path", "expected"), [pytest.param(*value, id=name) for name, value in PATHS.items()])
def test_path(path: str, expected: str) -> None:
    assert resolve_path(path, make_account()) == expected


@pytest.mark.parametrize("path", ["~bob/.npmrc", "~bob", "~~/.npmrc", "~root"])
def test_home_of_another(path: str) -> None:
    """An account's files are found by naming it: then they are read with its powers."""
    with pytest.raises(InputError, match=r"^paths: .* name the account in users"):
        find_stores(make_account(), [path])


def test_default() -> None:
    assert paths_of(make_account(), None) == [f"{HOME}/.npmrc"]
    assert paths_of(make_account(is_self=False), None) == [f"{HOME}/.npmrc"]


def test_several_in_order_and_once() -> None:
    wanted = ["b/.npmrc", "~/.npmrc", f"{HOME}/.npmrc", ".npmrc", "/a"]
    assert paths_of(make_account(), wanted) == [f"{HOME}/b/.npmrc", f"{HOME}/.npmrc", "/a"]


def test_none_of_them() -> None:
    assert paths_of(make_account(), []) == []


@pytest.mark.parametrize("name", ["NPM_CONFIG_USERCONFIG", "npm_config_userconfig", "Npm_Config_UserConfig"])
def test_userconfig(name: str) -> None:
    """As npm has it: in any case of its letters."""
    assert paths_of(make_account({name: "/srv/npmrc"}), None) == ["/srv/npmrc"]
    assert paths_of(make_account({name: "~/other"}), None) == [f"{HOME}/other"]


def test_userconfig_that_is_empty() -> None:
    assert paths_of(make_account({"NPM_CONFIG_USERCONFIG": ""}), None) == [f"{HOME}/.npmrc"]


def test_userconfig_gives_way_to_paths() -> None:
    assert paths_of(make_account({"NPM_CONFIG_USERCONFIG": "/srv/npmrc"}), ["~/.npmrc"]) == [f"{HOME}/.npmrc"]


def test_userconfig_is_the_connecting_account_s() -> None:
    account = make_account({"NPM_CONFIG_USERCONFIG": "/srv/npmrc"}, is_self=False)
    assert paths_of(account, None) == [f"{HOME}/.npmrc"]


def test_variable() -> None:
    assert get_npm_variable("prefix", {"npm_config_prefix": "/a"}) == "/a"
    assert get_npm_variable("prefix", {"npm_config_prefixes": "/a", "config_prefix": "/b"}) is None
    assert get_npm_variable("prefix", {"npm_config_prefix": "", "NPM_CONFIG_PREFIX": "/b"}) == "/b"


# The host's global npmrc ---------------------------------------------------------------------------------------------

LAST = "/etc/npmrc"
NODE = "/opt/node"

GLOBAL: dict[str, tuple[Mapping[str, str], str, str | None, tuple[str, ...]]] = {
    "beside node": ({}, "", NODE, (f"{NODE}/etc/npmrc", LAST)),
    "no node": ({}, "", None, (LAST,)),
    "moved by the environment": ({"NPM_CONFIG_GLOBALCONFIG": "/a/npmrc"}, "globalconfig=/b", NODE, ("/a/npmrc",)),
    "moved by the store": ({}, "globalconfig=/b/npmrc", NODE, ("/b/npmrc",)),
    "moved by the store, from home": ({}, "globalconfig=~/npmrc", NODE, (f"{HOME}/npmrc",)),
    "moved by the store, with a variable": ({}, "globalconfig=${HOME}/npmrc", NODE, (f"{HOME}/npmrc",)),
    "moved twice, the last counts": ({}, "globalconfig=/b\nglobalconfig=/c", NODE, ("/c",)),
    "moved in a comment": ({}, "; globalconfig=/b/npmrc", NODE, (f"{NODE}/etc/npmrc", LAST)),
    "prefix of the store": ({}, "prefix=/p", NODE, ("/p/etc/npmrc", LAST)),
    "prefix of the store, from home": ({}, "prefix=~/.npm-global", NODE, (f"{HOME}/.npm-global/etc/npmrc", LAST)),
    "PREFIX": ({"PREFIX": "/p"}, "", NODE, ("/p/etc/npmrc", LAST)),
    "DESTDIR": ({"DESTDIR": "/image"}, "", NODE, (f"/image{NODE}/etc/npmrc", LAST)),
}


@pytest.mark.parametrize(
    ("environment", "text", "node", "expected"), [pytest.param(*value, id=name) for name, value in GLOBAL.items()]
)
def test_global_npmrc(
    monkeypatch: pytest.MonkeyPatch,
    environment: Mapping[str, str],
    text: str,
    node: str | None,
    expected: tuple[str, ...],
) -> None:
    monkeypatch.setattr(_stores, "_find_node_prefix", lambda: node)
    assert find_global_npmrc(make_account(environment), read(text)) == expected


def make_node(folder: Path) -> Path:
    """Something that is found as node, and says so when it is run."""
    node = folder / "bin" / "node"
    node.parent.mkdir(parents=True)
    node.write_text(f"#!/bin/sh\ntouch {folder}/was-run\n")
    node.chmod(0o755)
    return node


def test_node_is_found_and_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    node = make_node(tmp_path / "node")
    monkeypatch.setenv("PATH", str(node.parent))
    assert find_global_npmrc(make_account(), ())[0] == f"{tmp_path}/node/etc/npmrc"
    assert not (tmp_path / "node" / "was-run").exists()


def test_node_behind_a_link(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """npm goes by where node really is: nvm, fnm and Debian's alternatives link it."""
    node = make_node(tmp_path / "versions" / "v24")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "node").symlink_to(os.path.relpath(node, tmp_path / "bin"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    assert find_global_npmrc(make_account(), ())[0] == f"{tmp_path}/versions/v24/etc/npmrc"


def test_no_node_in_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_global_npmrc(make_account(), ()) == (LAST,)


def test_module_reads_no_other_places() -> None:
    """A project's file is one among `paths`; nothing is looked for in the current folder."""
    assert len(paths_of(make_account(), None)) == 1
