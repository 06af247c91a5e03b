# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The credential files of an account, and npm's global file."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import CLIENTS, LEVELS
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc as _npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions
from ansible_collections.npmops.auth.plugins.module_utils._stores import global_files, projects
from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_global_npmrc
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import get_npm_variable, resolve_path
from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import warn_of_search

HOME = "/home/alice"


def make_account(environment: Mapping[str, str] | None = None, is_self: bool = True) -> Account:
    return Account("alice", 1000, 1000, (), HOME, is_self, dict(environment or {}))


def read(text: str) -> tuple[Reading, ...]:
    return read_settings(text.encode(), _npmrc, {"HOME": HOME})


def paths_of(account: Account, paths: Sequence[str] | None) -> list[str]:
    stores = find_stores([account], StoreOptions(paths=None if paths is None else tuple(paths)))
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
    """An account's files are found by naming it: then they are read with its privileges."""
    with pytest.raises(InputError, match=r"^paths contains .*: add that account to users"):
        paths_of(make_account(), [path])


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize("given", ["home", "home/n/node", "home/n/node/etc/npmrc"])
def test_global_file_of_a_node_in_somebody_s_directory_is_their_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    """The host's Node.js can be a link into a home: root reads no file there as its own, and with none of its words."""
    prefix = tmp_path / "home" / "n" / "node"
    (prefix / "etc").mkdir(parents=True)
    (prefix / "etc" / "npmrc").write_text("//evil.example/:_authToken=${VAULT_TOKEN}\n")
    os.chown(tmp_path / given, 1234, 1234)
    monkeypatch.setenv("VAULT_TOKEN", "roots-secret-0001")
    monkeypatch.setattr(global_files, "_find_node_prefix", lambda: str(prefix))
    (own,), _absent = find_accounts(None)
    options = StoreOptions(levels=("global",))
    (store,) = [item for item in find_stores([own], options) if item.path == str(prefix / "etc" / "npmrc")]
    assert (store.account.uid, store.is_chosen, store.environment.get("VAULT_TOKEN")) == (1234, True, None)
    assert find_global_npmrc(own._replace(environment={}), ()) == ("/etc/npmrc",)


# Files that the operator names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "level"),
    [
        pytest.param("~/.npmrc", "user", id="npm's"),
        pytest.param("~/ci.npmrc", "user", id="at the top of the home"),
        pytest.param("~/.config/pnpm/auth.ini", "user", id="pnpm's"),
        pytest.param("~/.npmrcs/work", "user", id="a profile"),
        pytest.param("~/moved/.npmrc", "user", id="where the environment moves it"),
        pytest.param("~/.nvm/versions/node/v22/etc/npmrc", "user", id="a Node.js of the account's"),
        pytest.param("~/prefix/etc/npmrc", "user", id="where its own file moves the global one"),
        pytest.param("/etc/npmrc", "user", id="the host's"),
        pytest.param("~/src/linked", "user", id="what its own link leads to"),
        pytest.param("~/src/clone/.npmrc", "project", id="a clone"),
        pytest.param("~/src/clone/examples/.npmrc", "project", id="a directory of a clone"),
        pytest.param("~/src/clone/examples/settings", "project", id="any name in a clone"),
        pytest.param("~/src/clone/.npmrcs/work", "project", id="a clone that looks like a home"),
        pytest.param("~/unpacked/.npmrc", "user", id="a directory without any mark of a project"),
        pytest.param("~/named", "project", id="a link to a clone"),
        pytest.param("~/src/clone/link", "project", id="a link of a clone"),
        pytest.param("/srv/ci/.npmrc", "user", id="outside of the home"),
        pytest.param("~/a\0b/.npmrc", "project", id="no path at all"),
    ],
)
def test_named_file_in_a_project_is_not_the_account_s_own(tmp_path: Path, path: str, level: str) -> None:
    names = [".npmrcs/work", "src/linked", "src/clone/.git/HEAD", "src/clone/.npmrc", "src/clone/examples/.npmrc"]
    account = make_home(
        tmp_path, *names, "moved/a", "src/clone/.npmrcs/work", ".nvm/versions/node/v22/etc/npmrc", "unpacked/.npmrc"
    )
    (tmp_path / ".npmrc").write_text(f"prefix={tmp_path}/prefix\n")
    (tmp_path / ".yarnrc").symlink_to("src/linked")
    (tmp_path / "src" / "clone" / "link").symlink_to("examples/.npmrc")
    (tmp_path / "named").symlink_to("src/clone/.npmrc")
    if "moved" in path:
        account = account._replace(environment={"npm_config_userconfig": "~/moved/.npmrc"})
    (store,) = find_stores([account], StoreOptions(paths=(path,)))
    assert store.level == level


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_named_file_does_not_depend_on_what_the_environment_names(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    os.chown(tmp_path / "theirs", 1234, 1234)
    account = make_home(tmp_path)._replace(environment={"npm_config_userconfig": str(tmp_path / "theirs" / ".npmrc")})
    stores = find_stores([account], StoreOptions(paths=("~/theirs/.npmrc", "~/.config/pnpm/rc")))
    assert [store.level for store in stores] == ["user", "user"]


# Clients and levels --------------------------------------------------------------------------------------------------

ALL_CLIENTS = tuple(CLIENTS)


def make_home(folder: Path, *names: str) -> Account:
    """The connecting account, with a home that holds these files."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return Account("me", os.geteuid(), os.getegid(), (), str(folder), True, {})


def list_stores(account: Account, **options: Any) -> list[tuple[str, str, str]]:
    """Client, level, and path from the home, of all stores that are there."""
    stores = find_stores([account], StoreOptions(**options))
    return [
        (store.client, store.level, os.path.relpath(store.path, account.home))
        for store in stores
        if os.path.exists(store.path) and store.path.startswith(account.home)
    ]


@pytest.mark.parametrize(
    ("clients", "names"),
    [
        pytest.param(("npm",), [".npmrc"], id="npm"),
        pytest.param(("pnpm",), [".config/pnpm/auth.ini", ".config/pnpm/rc", ".config/pnpm/config.yaml"], id="pnpm"),
        pytest.param(("yarn",), [".yarnrc.yml"], id="Yarn"),
        pytest.param(("yarn_classic",), [".yarnrc"], id="Yarn 1"),
        pytest.param(("bun",), [".bunfig.toml", ".config/.bunfig.toml"], id="Bun"),
        pytest.param(("npmrc",), [".npmrcs/default", ".npmrcs/work"], id="profiles"),
        pytest.param(
            ("backup",),
            [".npmrc.bak", ".npmrc.orig", ".npmrc~", ".config/pnpm/rc.bak", ".yarnrc.yml.old"],
            id="copies",
        ),
    ],
)
def test_own_stores_of_a_client(tmp_path: Path, clients: tuple[str, ...], names: list[str]) -> None:
    others = [".npmrc.d/x", ".yarnrc.yaml", "config.yaml", "rc", ".npmrcs.txt", "x.bak"]
    account = make_home(tmp_path, *names, *others)
    assert sorted(list_stores(account, clients=clients)) == sorted((clients[0], "user", name) for name in names)


def test_own_stores_of_all_clients_are_each_found_once(tmp_path: Path) -> None:
    names = [".npmrc", ".yarnrc", ".yarnrc.yml", ".bunfig.toml", ".npmrcs/a", ".npmrc.bak", ".config/pnpm/rc"]
    found = list_stores(make_home(tmp_path, *names), clients=ALL_CLIENTS, levels=LEVELS)
    assert sorted(path for _client, _level, path in found) == sorted(names)
    assert {level for _client, level, _path in found} == {"user"}


@pytest.mark.parametrize(
    ("environment", "clients", "path"),
    [
        pytest.param({"XDG_CONFIG_HOME": "{home}/c"}, ("pnpm",), "c/pnpm/rc", id="XDG_CONFIG_HOME"),
        pytest.param({"XDG_CONFIG_HOME": "c"}, ("pnpm",), ".config/pnpm/rc", id="XDG_CONFIG_HOME, relative"),
        pytest.param({"YARN_RC_FILENAME": ".yrc"}, ("yarn",), ".yrc", id="YARN_RC_FILENAME"),
        pytest.param({"PNPM_CONFIG_NPMRC_AUTH_FILE": "~/pn"}, ("pnpm",), "pn", id="PNPM_CONFIG_NPMRC_AUTH_FILE"),
        pytest.param({"pnpm_config_npmrc_auth_file": "~/pn"}, ("pnpm",), "pn", id="pnpm_config_npmrc_auth_file"),
        pytest.param({"PNPM_CONFIG_USERCONFIG": "~/pn"}, ("pnpm",), "pn", id="PNPM_CONFIG_USERCONFIG"),
        pytest.param({"pnpm_config_userconfig": "~/pn"}, ("pnpm",), "pn", id="pnpm_config_userconfig"),
    ],
)
def test_environment_moves_the_connecting_account_s_stores(
    tmp_path: Path, environment: dict[str, str], clients: tuple[str, ...], path: str
) -> None:
    account = make_home(tmp_path, path)
    moved = {name: value.format(home=tmp_path) for name, value in environment.items()}
    assert list_stores(account._replace(environment=moved), clients=clients) == [(clients[0], "user", path)]


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        pytest.param("npmrcAuthFile: {home}/pn", ["pn"], id="an absolute path"),
        pytest.param("npmrcAuthFile: ${{HOME}}/pn", ["pn"], id="a reference"),
        pytest.param("npmrcAuthFile: ${{NOT_SET:-{home}}}/pn", ["pn"], id="a reference with a fallback"),
        pytest.param("npmrcAuthFile: ~/pn", ["pn"], id="the home"),
        pytest.param("npmrcAuthFile: pn", ["pn"], id="a relative path"),
        pytest.param('"npmrc\\x41uthFile": {home}/pn', ["pn"], id="an escape in the key"),
        pytest.param("npmrcAuthFile:", [], id="no path"),
        pytest.param("# npmrcAuthFile: {home}/pn", [], id="a comment"),
        pytest.param("npmrc-auth-file: {home}/pn", [], id="a name that pnpm does not read there"),
        pytest.param("userconfig: {home}/pn\nglobalconfig: {home}/pn", [], id="names of npm"),
        pytest.param("npmrcAuthFile: [{home}/pn", [], id="a file that cannot be parsed"),
    ],
)
@pytest.mark.parametrize("is_self", [True, False])
def test_config_yaml_of_pnpm_names_a_file(tmp_path: Path, text: str, paths: list[str], is_self: bool) -> None:
    account = make_home(tmp_path, "pn", ".config/pnpm/config.yaml")
    account = account._replace(environment={"HOME": str(tmp_path)}, is_self=is_self)
    (tmp_path / ".config/pnpm/config.yaml").write_text(text.format(home=tmp_path))
    expected = [("pnpm", "user", path) for path in (".config/pnpm/config.yaml", *paths)]
    assert list_stores(account, clients=("pnpm",)) == expected
    (named,) = find_stores([account], StoreOptions(paths=("pn",)))
    assert named.level == "user"


def test_environment_of_this_process_moves_nobody_else_s(tmp_path: Path) -> None:
    account = make_home(tmp_path, "c/pnpm/rc")._replace(environment={"XDG_CONFIG_HOME": f"{tmp_path}/c"}, is_self=False)
    assert list_stores(account, clients=("pnpm",)) == []


def test_levels_of_node_versions_in_a_home(tmp_path: Path) -> None:
    node = ".nvm/versions/node/v22.1.0"
    account = make_home(tmp_path, f"{node}/etc/npmrc", f"{node}/lib/node_modules/npm/npmrc", ".npmrc")
    assert list_stores(account, levels=("global",)) == [("npm", "global", f"{node}/etc/npmrc")]
    assert list_stores(account, levels=("builtin",)) == [("npm", "builtin", f"{node}/lib/node_modules/npm/npmrc")]


def test_stores_of_the_host() -> None:
    account = make_account()
    found = {
        (store.client, store.path): store
        for store in find_stores([account], StoreOptions(clients=ALL_CLIENTS, levels=("global", "builtin")))
    }
    for key in (("npm", "/etc/npmrc"), ("yarn_classic", "/etc/yarnrc"), ("npm", "/etc/skel/.npmrc")):
        assert found[key].level == "global"
        assert found[key].account.uid == os.geteuid()
    assert found["npm", "/usr/lib/node_modules/npm/npmrc"].level == "builtin"


def test_home_with_signs_of_a_pattern(tmp_path: Path) -> None:
    account = make_home(tmp_path / "a[b]*", ".npmrcs/a", ".nvm/versions/node/v1/etc/npmrc", ".npmrc.bak")
    assert len(list_stores(account, clients=("npmrc", "npm", "backup"), levels=("user", "global"))) == 3


# Projects ------------------------------------------------------------------------------------------------------------


def test_projects_in_the_home(tmp_path: Path) -> None:
    account = make_home(tmp_path, ".npmrc", "a/.npmrc", "a/b/.yarnrc.yml", "c/bunfig.toml", "node_modules/x/.npmrc")
    assert list_stores(account, clients=ALL_CLIENTS, levels=("user", "project")) == [
        ("npm", "user", ".npmrc"),
        ("npm", "project", "a/.npmrc"),
        ("yarn", "project", "a/b/.yarnrc.yml"),
        ("bun", "project", "c/bunfig.toml"),
    ]


def test_excluded_directory_of_the_home(tmp_path: Path) -> None:
    """The home can contain characters of patterns."""
    account = make_home(tmp_path / "a[b]", "keep/.npmrc", "c/keep/.npmrc")
    found = list_stores(account, levels=("project",), exclude=("~/keep",))
    assert [path for _c, _l, path in found] == ["c/keep/.npmrc"]


@pytest.mark.parametrize("home", ["/", "/nonexistent", "/proc"])
def test_home_that_is_none_is_not_searched(home: str) -> None:
    account = Account("me", 12345, 12345, (), home, False, {})
    assert find_stores([account], StoreOptions(levels=("project",))) == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory to another account")
def test_home_that_another_account_owns(tmp_path: Path) -> None:
    """Such as a home for sftp: the projects are below the account's own directories."""
    account = make_home(tmp_path, "own/.npmrc", "own/a/.npmrc", "other/.npmrc")._replace(uid=12345, gid=12345)
    for folder in (tmp_path, *tmp_path.parents[:-2]):
        folder.chmod(0o755)
    for path in (tmp_path / "own").rglob("*"):
        os.chown(path, 12345, 12345)
    os.chown(tmp_path / "own", 12345, 12345)
    found = list_stores(account._replace(is_self=False), levels=("project",))
    assert [path for _c, _l, path in found] == ["own/.npmrc", "own/a/.npmrc"]


def test_searched_directories(tmp_path: Path) -> None:
    account = make_home(tmp_path, "srv/a/.npmrc", "srv/b/.npmrc", "elsewhere/.npmrc")
    options = {"levels": ("project",), "search": (f"{tmp_path}/srv",)}
    assert [path for _c, _l, path in list_stores(account, **options)] == ["srv/a/.npmrc", "srv/b/.npmrc"]
    for pattern in ("b", "~/srv/b", f"{tmp_path}/srv/b/", "*/b"):
        assert [path for _c, _l, path in list_stores(account, **options, exclude=(pattern,))] == ["srv/a/.npmrc"]
    in_home = {"levels": ("project",), "search": ("~/elsewhere",)}
    assert [path for _c, _l, path in list_stores(account, **in_home)] == ["elsewhere/.npmrc"]


@pytest.mark.parametrize(
    ("folders", "lost"),
    [
        pytest.param(("{tmp}/here",), (), id="there"),
        pytest.param(("{tmp}/heer", "{tmp}/here"), ("{tmp}/heer",), id="misspelt"),
        pytest.param(("{tmp}/file",), ("{tmp}/file",), id="a file"),
        pytest.param(("{tmp}/link",), (), id="a link to a directory"),
        pytest.param(("{tmp}/he\0re",), ("'{tmp}/he\\x00re'",), id="no path at all"),
        pytest.param(("~/here",), (), id="in the account's home"),
        pytest.param(("~/elsewhere", "~"), ("~/elsewhere",), id="not in its home"),
        pytest.param(None, (), id="no search"),
    ],
)
def test_directory_to_search_that_is_nowhere(
    tmp_path: Path, folders: tuple[str, ...] | None, lost: tuple[str, ...]
) -> None:
    account = make_home(tmp_path, "here/.npmrc", "file")
    (tmp_path / "link").symlink_to("here")
    named = None if folders is None else tuple(folder.format(tmp=tmp_path) for folder in folders)
    warnings = warn_of_search([account], StoreOptions(levels=("project",), search=named))
    assert warnings == tuple(f"search: {folder.format(tmp=tmp_path)} is not a readable directory." for folder in lost)


def test_directory_to_search_need_not_be_in_every_home(tmp_path: Path) -> None:
    one, other = make_home(tmp_path / "1", "work/.npmrc"), make_home(tmp_path / "2", ".npmrc")
    options = StoreOptions(levels=("project",), search=("~/work",))
    assert warn_of_search([other, one], options) == ()
    assert len(warn_of_search([other], options)) == 1
    assert warn_of_search([], options) == ()


@pytest.mark.parametrize(
    ("link", "target", "found"),
    [
        pytest.param("a/.npmrc", "../mine", "mine", id="out of the project"),
        pytest.param("a/.npmrc", "../b/c/npmrc", "b/c/npmrc", id="into another one"),
        pytest.param("a/.npmrc", "b/npmrc", "a/b/npmrc", id="into a directory of the project"),
        pytest.param("a/.npmrc", "npmrc", "a/.npmrc", id="beside it"),
        pytest.param("a/.npmrc", "../gone", "a/.npmrc", id="broken"),
        pytest.param(".npmrc", "dotfiles/npmrc", ".npmrc", id="of the home itself"),
    ],
)
def test_link_out_of_a_project_means_its_target(tmp_path: Path, link: str, target: str, found: str) -> None:
    account = make_home(tmp_path, "mine", "b/c/npmrc", "a/b/npmrc", "a/npmrc", "dotfiles/npmrc")
    (tmp_path / link).symlink_to(target)
    stores = find_stores([account], StoreOptions(levels=("project",)))
    assert [os.path.relpath(store.path, tmp_path) for store in stores] == [found]


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@needs_root
@pytest.mark.parametrize(
    ("users", "owners"),
    [
        pytest.param(None, {0, 51001, 51002}, id="everyone's"),
        pytest.param(("b",), {51002}, id="those of the accounts that are named"),
    ],
)
def test_searched_stores_are_their_owners_own(tmp_path: Path, users: tuple[str, ...] | None, owners: set[int]) -> None:
    me = make_home(tmp_path, "1/.npmrc", "2/.npmrc", "3/.npmrc")
    os.chown(tmp_path / "1/.npmrc", 51001, 51001)
    os.chown(tmp_path / "2/.npmrc", 51002, 51002)
    named = Account("b", 51002, 51002, (), "/nonexistent", False, {})
    stores = find_stores(
        [named] if users else [me], StoreOptions(users=users, levels=("project",), search=(str(tmp_path),))
    )
    assert {store.account.uid for store in stores} == owners
    assert all(os.lstat(store.path).st_uid == store.account.uid for store in stores)


@needs_root
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_directory_that_becomes_a_link_leads_to_nobody_s_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who owns a directory can lay a link to another account's home there while the rest is searched."""
    for name, uid in (("victim", 51112), ("search/evil", 51111), ("search/good", 51113)):
        make_home(tmp_path / name, ".npmrc")
        os.chown(tmp_path / name, uid, uid)
        os.chown(tmp_path / name / ".npmrc", uid, uid)
    (tmp_path / "link").symlink_to("search")
    search = projects.search

    def search_and_swap(*arguments: Any) -> list[str]:
        found = list(search(*arguments))
        (tmp_path / "search/evil").rename(tmp_path / "search/before")
        (tmp_path / "search/evil").symlink_to("../victim")
        return found

    monkeypatch.setattr(projects, "search", search_and_swap)
    options = StoreOptions(levels=("project",), search=(f"{tmp_path}/other/..//link/",))
    (own,), _absent = find_accounts(None)
    found = find_stores([own], options)
    assert [(store.account.uid, store.path) for store in found] == [(51113, f"{tmp_path}/link/good/.npmrc")]


def test_root_s_file_in_the_directory_of_another_is_theirs(tmp_path: Path) -> None:
    me = make_home(tmp_path, "1/a/.npmrc", "2/.npmrc")
    os.chown(tmp_path / "1", 51001, 51001)
    stores = find_stores([me], StoreOptions(levels=("project",), search=(str(tmp_path),)))
    assert [(os.path.relpath(store.path, tmp_path), store.account.uid) for store in stores] == [
        ("1/a/.npmrc", 51001),
        ("2/.npmrc", 0),
    ]


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
    "prefix of the environment": ({"NPM_CONFIG_PREFIX": "/e"}, "prefix=/p", NODE, ("/e/etc/npmrc", LAST)),
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
    monkeypatch.setattr(global_files, "_find_node_prefix", lambda: node)
    assert find_global_npmrc(make_account(environment), read(text)) == expected


@pytest.mark.parametrize(
    ("text", "environment", "expected"),
    [
        pytest.param("prefix=~/.npm_global", {}, ["{home}/.npm_global/etc/npmrc"], id="prefix"),
        pytest.param("prefix=${HOME}/g", {}, ["{home}/g/etc/npmrc"], id="prefix with a variable"),
        pytest.param("globalconfig=~/global", {}, ["{home}/global"], id="globalconfig"),
        pytest.param("globalconfig=~/a\nprefix=~/b", {}, ["{home}/a", "{home}/b/etc/npmrc"], id="both"),
        pytest.param("; prefix=~/b", {}, [], id="commented out"),
        pytest.param("", {"NPM_CONFIG_PREFIX": "{home}"}, ["{home}/etc/npmrc"], id="environment: prefix"),
        pytest.param("", {"npm_config_prefix": "{home}"}, ["{home}/etc/npmrc"], id="environment: prefix, lower case"),
        pytest.param("", {"Npm_Config_GlobalConfig": "{home}/g"}, ["{home}/g"], id="environment: globalconfig"),
        pytest.param(
            "prefix=~/b", {"npm_config_prefix": "{home}"}, ["{home}/etc/npmrc", "{home}/b/etc/npmrc"], id="each its own"
        ),
    ],
)
def test_global_npmrc_that_the_account_moves_is_its_own(
    tmp_path: Path, text: str, environment: Mapping[str, str], expected: list[str]
) -> None:
    (tmp_path / "etc").mkdir()
    (tmp_path / ".npmrc").write_text(text)
    told = {name: value.format(home=tmp_path) for name, value in environment.items()}
    (account,), _absent = find_accounts(None)
    account = account._replace(home=str(tmp_path), environment={"HOME": str(tmp_path), **told})
    found = find_stores([account], StoreOptions(levels=("global", "user")))
    assert [item.path for item in found if item.is_chosen] == [path.format(home=tmp_path) for path in expected]
    assert {(item.level, item.account.name) for item in found if item.is_chosen} <= {("global", account.name)}
    assert not any(item.is_chosen for item in find_stores([account], StoreOptions(levels=("user",))))


def test_a_prefix_of_another_account_s_environment_names_no_file_of_root_s(tmp_path: Path) -> None:
    """As with sudo -E, which keeps the variables of whoever calls it."""
    root = Account("root", 0, 0, (), "/root", True, {"npm_config_prefix": str(tmp_path / "none")})
    assert [item for item in find_stores([root], StoreOptions(levels=("global",))) if item.is_chosen] == []


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
    """A project's file is one among `paths`; nothing is looked for in the current directory."""
    assert len(paths_of(make_account(), None)) == 1
