# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that are read, for which account, and with which weaker settings."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import guess_client
from ansible_collections.npmops.auth.plugins.module_utils._errors import ClosedStore
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._stores import global_files, open, surroundings
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import open_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store, list_shared_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings

BOBS = "/home/bob/.npmrc"
URL = "https://npm.example/"


def make_account(name: str, uid: int, home: str = "/nonexistent") -> Account:
    """An account that needs nobody's privileges to be acted as."""
    return Account(name, uid, uid, (), home, True, {})


def make_content(path: str, owner: int, inode: int) -> Content:
    return Content(path, b"", False, owner, 1, 0o100600, (1, inode))


MALLORY, BOB = make_account("mallory", 1), make_account("bob", 2)


@pytest.mark.parametrize(
    ("mallorys", "bobs", "edited_as"),
    [
        pytest.param(
            make_content("/home/mallory/.npmrc", 1, 1), make_content(BOBS, 2, 2), ["mallory", "bob"], id="two files"
        ),
        pytest.param(make_content(BOBS, 2, 2), make_content(BOBS, 2, 2), ["bob"], id="one file, by its owner"),
        pytest.param(make_content(BOBS, 3, 2), make_content(BOBS, 3, 2), ["mallory"], id="one file of nobody's"),
        pytest.param(
            make_content(BOBS, 1, 1), make_content(BOBS, 2, 2), ["mallory", "bob"], id="a link laid after it was read"
        ),
        pytest.param(
            make_content("/home/mallory/.npmrc", 2, 2),
            make_content(BOBS, 2, 2),
            ["mallory", "bob"],
            id="two names of one",
        ),
    ],
)
def test_one_file_is_edited_once(
    monkeypatch: pytest.MonkeyPatch, mallorys: Content, bobs: Content, edited_as: list[str]
) -> None:
    contents = {"/m": mallorys, "/b": bobs}
    monkeypatch.setattr(open, "read_file", contents.get)
    opened, problems = open_stores([Store(MALLORY, "npm", "/m"), Store(BOB, "npm", "/b")])
    assert problems == []
    assert [found.store.account.name for found in opened] == edited_as


@pytest.mark.parametrize("order", [pytest.param((0, 1), id="closed last"), pytest.param((1, 0), id="closed first")])
def test_store_in_a_home_that_two_share(monkeypatch: pytest.MonkeyPatch, order: tuple[int, int]) -> None:
    """What only one of them may read is theirs alone, and nothing that the other one lacks."""
    reading: list[str] = []

    def read_file(path: str) -> Content | None:
        if path != BOBS:
            return None
        if reading.pop(0) == "mallory":
            raise ClosedStore(f"{path} cannot be read: Permission denied")
        return make_content(path, BOB.uid, 1)

    stores = [[Store(BOB, "npm", BOBS), Store(MALLORY, "npm", BOBS)][number] for number in order]
    reading += [store.account.name for store in stores]
    monkeypatch.setattr(open, "read_file", read_file)
    opened, problems = open_stores(stores)
    assert [found.store.account.name for found in opened] == ["bob"]
    assert problems == []


def test_store_that_nobody_may_read(monkeypatch: pytest.MonkeyPatch) -> None:
    def read_file(path: str) -> Content:
        raise ClosedStore(f"{path} cannot be read: Permission denied")

    monkeypatch.setattr(open, "read_file", read_file)
    opened, problems = open_stores([Store(BOB, "npm", BOBS), Store(MALLORY, "npm", BOBS)])
    assert opened == []
    assert [problem.account for problem in problems] == ["bob", "mallory"]


def write(path: Path, *lines: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines))
    return str(path)


@pytest.mark.parametrize(
    ("client", "form", "level", "store", "values"),
    [
        pytest.param("npm", "npmrc", "user", ".npmrc", ["global"], id="npm"),
        pytest.param("npm", "npmrc", "project", "p/.npmrc", ["global", "npm"], id="a project's"),
        pytest.param("npm", "npmrc", "global", "etc", [], id="the global one"),
        pytest.param("pnpm", "npmrc", "user", ".config/pnpm/rc", ["global", "npm"], id="pnpm"),
        pytest.param("yarn_classic", "yarnrc", "project", "p/.yarnrc", ["global", "npm", "yarn1"], id="Yarn 1"),
        pytest.param("yarn", "yarnrc_yml", "user", ".yarnrc.yml", [], id="Yarn"),
        pytest.param("bun", "bunfig", "user", ".bunfig.toml", ["global", "npm"], id="Bun"),
    ],
)
def test_weaker_levels_speak_where_a_store_is_silent(
    tmp_path: Path, client: str, form: str, level: str, store: str, values: list[str]
) -> None:
    write(tmp_path / "etc", "a=global")
    write(tmp_path / ".npmrc", "a=npm", "; b=comment", f"globalconfig={tmp_path}/etc")
    write(tmp_path / ".yarnrc", "a yarn1")
    if not (tmp_path / store).exists():
        write(tmp_path / store, "")
    environment = {"npm_config_globalconfig": f"{tmp_path}/etc"}
    account = Account("me", os.geteuid(), os.getegid(), (), str(tmp_path), True, environment)
    ((found,), _problems) = open_stores([Store(account, client, str(tmp_path / store), form, level)])
    assert [item.value for item in found.defaults if item.name == "a"] == values


@pytest.mark.parametrize(
    ("client", "home", "paths"),
    [
        pytest.param("yarn", "/home/bob", ["/.yarnrc.yml", "/home/.yarnrc.yml"], id="Yarn"),
        pytest.param("yarn", "/root", ["/.yarnrc.yml"], id="Yarn, a home elsewhere"),
        pytest.param("yarn", "/home2/bob", ["/.yarnrc.yml"], id="Yarn, a home beside"),
        pytest.param(
            "yarn_classic",
            "/home/bob",
            ["/etc/yarnrc", "/.npmrc", "/.yarnrc", "/home/.npmrc", "/home/.yarnrc"],
            id="Yarn 1",
        ),
        pytest.param(
            "yarn_classic",
            "/root",
            ["/etc/yarnrc", "/usr/local/share/.yarnrc", "/usr/local/share/.npmrc", "/.npmrc", "/.yarnrc"],
            id="Yarn 1, root",
        ),
        pytest.param("npm", "/home/bob", [], id="npm"),
    ],
)
def test_files_of_the_host_that_yarn_reads_for_an_account(client: str, home: str, paths: list[str]) -> None:
    account = make_account("bob", 0 if home == "/root" else 2, home)
    assert [store.path for store in list_shared_stores(account, client)] == paths


@pytest.mark.parametrize("level", ["user", "project"])
@pytest.mark.parametrize(
    ("client", "form", "files"),
    [
        pytest.param(
            "yarn",
            "yarnrc_yml",
            {".yarnrc.yml": "npmAuthToken: T\n", "../.yarnrc.yml": f'npmRegistryServer: "{URL}"\n'},
            id="Yarn",
        ),
        pytest.param("npm", "npmrc", {".npmrc": "_authToken=T\n", "../.yarnrc": f'registry "{URL}"\n'}, id="Yarn 1"),
        pytest.param(
            "npm", "npmrc", {".npmrc": "_authToken=T\n", "../.npmrc": f"registry={URL}\n"}, id="Yarn 1, npmrc"
        ),
    ],
)
def test_registry_in_a_file_above_the_home_gets_the_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, level: str, client: str, form: str, files: dict[str, str]
) -> None:
    home = tmp_path / "home"
    own, above = files
    write(home / own, files[own])
    write(tmp_path / above[3:], files[above])
    shared = {"yarn": ".yarnrc.yml", "npm": above[3:]}[client]
    reader = "yarn" if client == "yarn" else "yarn_classic"

    def list_shared(account: Account, asked: str) -> list[Store]:
        file_form = guess_client(shared)[1]
        return [Store(account, asked, str(tmp_path / shared), file_form, "global")] if asked == reader else []

    monkeypatch.setattr(open, "list_shared_stores", list_shared)
    monkeypatch.setattr(surroundings, "list_shared_stores", list_shared)
    environment = {"npm_config_globalconfig": str(tmp_path / "none")}
    account = Account("me", os.geteuid(), os.getegid(), (), str(home), True, environment)
    opened, _problems = open_stores([Store(account, client, str(home / own), form, level)])
    (credential,) = find_credentials(opened[0].readings)
    asked = [item.url for item in Surroundings(opened).list_asked(opened[0], credential)]
    # npm sends the token to its own default registry.
    assert asked == ([URL] if client == "yarn" else ["https://registry.npmjs.org/", URL])


def test_store_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    account = make_account("me", os.geteuid(), str(tmp_path))
    (tmp_path / "folder").mkdir()
    paths = [str(tmp_path / "folder"), write(tmp_path / "good"), str(tmp_path / "none")]
    opened, problems = open_stores([Store(account, "npm", path) for path in paths], "paths")
    assert [found.store.path for found in opened] == [paths[1]]
    assert [problem.message for problem in problems] == [f"paths: {paths[0]} cannot be read: it is a directory"]


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        pytest.param("a=b\n", True, id="where npm looks for it"),
        pytest.param("globalconfig=/srv/npmrc\n", False, id="where the account's own file says"),
        pytest.param("prefix=/srv\n", False, id="below a prefix that the account's own file names"),
    ],
)
def test_settings_of_the_host_are_known_as_such(monkeypatch: pytest.MonkeyPatch, own: str, expected: bool) -> None:
    """Unless the account's own file has chosen the file that they are in."""
    found = {"/home/bob/.npmrc": own, "/etc/npmrc": "c=d\n", "/srv/npmrc": "c=d\n", "/srv/etc/npmrc": "c=d\n"}

    def read_file(path: str) -> Content | None:
        return make_content(path, 2, 1)._replace(data=found[path].encode()) if path in found else None

    monkeypatch.setattr(open, "read_file", read_file)
    monkeypatch.setattr(global_files, "_find_node_prefix", lambda: None)
    opened, _problems = open_stores([Store(make_account("bob", 2, "/home/bob"), "npm", BOBS)])
    assert [item.of_host for item in opened[0].readings] == [False]
    assert [item.of_host for item in opened[0].defaults] == [expected]


@pytest.mark.parametrize(
    ("path", "level", "expected"),
    [
        pytest.param("/etc/npmrc", "global", True, id="the host's"),
        pytest.param("/usr/lib/node_modules/npm/npmrc", "builtin", True, id="npm's own"),
        pytest.param("/home/bob/node/etc/npmrc", "global", False, id="in the account's home"),
        pytest.param("/home/bob/.npmrc", "user", False, id="the account's"),
        pytest.param("/srv/app/.npmrc", "project", False, id="a project's"),
    ],
)
def test_files_of_the_host(monkeypatch: pytest.MonkeyPatch, path: str, level: str, expected: bool) -> None:
    contents = {path: make_content(path, 2, 1)._replace(data=b"c=d\n")}
    monkeypatch.setattr(open, "read_file", contents.get)
    opened, _problems = open_stores([Store(make_account("bob", 2, "/home/bob"), "npm", path, level=level)])
    assert [item.of_host for item in opened[0].readings] == [expected]


@pytest.mark.parametrize(
    ("is_chosen", "of_host"),
    [pytest.param(False, True, id="the host's"), pytest.param(True, False, id="what the account itself names")],
)
def test_a_global_file_that_an_account_chooses_is_not_the_host_s(
    tmp_path: Path, is_chosen: bool, of_host: bool
) -> None:
    """Else the account's own proxy would count as the host's."""
    (account,), _absent = find_accounts(None)
    path = tmp_path / "npmrc"
    path.write_text("proxy=http://127.0.0.1:9/\n")
    store = Store(account, "npm", str(path), level="global", is_chosen=is_chosen)
    (found,), problems = open_stores([store])
    assert problems == []
    assert [item.of_host for item in found.readings] == [of_host]
