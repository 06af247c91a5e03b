# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files that clients read because a file of the account or of the host sets a variable."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._logout.look import look
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._options import (
    LOGOUT_SPEC,
    StoreOptions,
    read_logout_options,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores import places, variables
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_moves, find_stores, warn_of_moves
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import open_stores

LOGIN = "//h.example/:_authToken=t0ken-0123456789\n"
YARN = "npmAuthToken: t0ken-0123456789\n"
BUNFIG = '[install.registry]\nurl = "https://h.example/"\ntoken = "t0ken-0123456789"\n'
EVERYTHING = {"clients": ["npm", "pnpm", "yarn", "bun"], "levels": ["user", "global"]}
NOBODY = 65534
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home without surroundings, beside the directory of the host's files."""
    for name in [name for name in os.environ if name.lower().startswith(("npm_", "xdg_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    of_host = tuple(
        (f"{tmp_path}{path}", syntax)
        for path, syntax in places.OF_HOST
        if path in ("/etc/environment", "/etc/profile.d/*.sh", "/etc/systemd/system/*.service")
    )
    for module in (places, variables):
        monkeypatch.setattr(module, "OF_HOST", of_host)
    return tmp_path / "home"


def write(home: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{home}", str(home)))


def look_around(home: Path, **params: Any) -> tuple[list[str], list[str]]:
    """Return the files with credentials, and the warnings, of both modules."""
    defaults = {name: option.get("default") for name, option in INFO_SPEC.items()}
    listed = inspect_host(read_info_options({**defaults, **EVERYTHING, **params}))
    files = [os.path.relpath(item.store.path, home) for item in listed.stores if item.found]
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    options = read_logout_options({**defaults, **EVERYTHING, "all_registries": True, "revoke": "never", **params})
    report = log_out(options, check_mode=True)
    assert files == [os.path.relpath(item.path, home) for item in report.stores if item.plan.targets]
    assert listed.warnings == report.warnings
    assert (look(options) is not None) <= (not files and report.warnings == ())
    return files, [text.replace(str(home), "~") for text in report.warnings]


def tell(what: str, place: str = "~/.bashrc line 1") -> list[str]:
    return [f"{place} moves {what}. The file was not read: name it in paths."]


NPMS, GLOBALS = "npm's user configuration", "npm's global configuration"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        pytest.param({".bashrc": "export NPM_CONFIG_USERCONFIG={home}/n", "n": LOGIN}, "n", id="npm"),
        pytest.param({".bashrc": "export npm_config_userconfig={home}/n", "n": LOGIN}, "n", id="npm, lower case"),
        pytest.param({".profile": "export NPM_CONFIG_USERCONFIG=~/n", "n": LOGIN}, "n", id="the shell's ~"),
        pytest.param({".zshenv": 'export NPM_CONFIG_USERCONFIG="$HOME/n"', "n": LOGIN}, "n", id="$HOME in quotes"),
        pytest.param({".bashrc": 'export NPM_CONFIG_USERCONFIG="${HOME}"/n', "n": LOGIN}, "n", id="${HOME}"),
        pytest.param(
            {".bashrc": "export NPM_CONFIG_USERCONFIG=${NPM_CONFIG_USERCONFIG:-$HOME/n}", "n": LOGIN},
            "n",
            id="a default",
        ),
        pytest.param({".bashrc": "NPM_CONFIG_USERCONFIG=~/n npm ci", "n": LOGIN}, "n", id="for one command"),
        pytest.param(
            {".bashrc": "[ -f ~/.env ] && . ~/.env", ".env": "export NPM_CONFIG_USERCONFIG=~/n", "n": LOGIN},
            "n",
            id="a file that .bashrc reads",
        ),
        pytest.param({".cshrc": "setenv NPM_CONFIG_USERCONFIG $HOME/n", "n": LOGIN}, "n", id="csh"),
        pytest.param({".config/fish/config.fish": "set -gx NPM_CONFIG_USERCONFIG ~/n", "n": LOGIN}, "n", id="fish"),
        pytest.param(
            {".config/fish/fish_variables": "SETUVAR --export NPM_CONFIG_USERCONFIG:{home}/n", "n": LOGIN},
            "n",
            id="a universal variable of fish",
        ),
        pytest.param(
            {".config/environment.d/a.conf": "NPM_CONFIG_USERCONFIG=${HOME}/n", "n": LOGIN}, "n", id="environment.d"
        ),
        pytest.param(
            {".pam_environment": "NPM_CONFIG_USERCONFIG DEFAULT=@{HOME}/n", "n": LOGIN}, "n", id="pam_environment"
        ),
        pytest.param(
            {".config/systemd/user/a.service": "[Service]\nEnvironment=NPM_CONFIG_USERCONFIG=%h/n", "n": LOGIN},
            "n",
            id="a unit of systemd",
        ),
        pytest.param({"../etc/environment": "NPM_CONFIG_USERCONFIG={home}/n", "n": LOGIN}, "n", id="/etc/environment"),
        pytest.param(
            {"../etc/profile.d/n.sh": "export NPM_CONFIG_USERCONFIG=~/n", "n": LOGIN}, "n", id="/etc/profile.d"
        ),
        pytest.param(
            {"../etc/environment": "NPM_CONFIG_USERCONFIG={home}/../etc/n", "../etc/n": LOGIN},
            "../etc/n",
            id="the host's file that the host names",
        ),
        pytest.param({".bashrc": "export NPM_CONFIG_GLOBALCONFIG=~/g", "g": LOGIN}, "g", id="npm's global file"),
        pytest.param(
            {".bashrc": "export NPM_CONFIG_PREFIX=~/p", "p/etc/npmrc": LOGIN}, "p/etc/npmrc", id="npm's prefix"
        ),
        pytest.param({".bashrc": "export PNPM_CONFIG_NPMRC_AUTH_FILE=~/n", "n": LOGIN}, "n", id="pnpm"),
        pytest.param({".bashrc": "export pnpm_config_userconfig=~/n", "n": LOGIN}, "n", id="pnpm, another name"),
        pytest.param({".bashrc": "export YARN_RC_FILENAME=.corp.yml", ".corp.yml": YARN}, ".corp.yml", id="Yarn 4"),
        pytest.param(
            {".bashrc": "export XDG_CONFIG_HOME=~/cfg", "cfg/pnpm/auth.ini": LOGIN}, "cfg/pnpm/auth.ini", id="pnpm, XDG"
        ),
        pytest.param(
            {".bashrc": "export XDG_CONFIG_HOME=$HOME/cfg", "cfg/.bunfig.toml": BUNFIG}, "cfg/.bunfig.toml", id="Bun"
        ),
        pytest.param({".bashrc": "export XDG_CONFIG_HOME=$HOME/cfg", "cfg/.npmrc": LOGIN}, "cfg/.npmrc", id="Bun, npm"),
    ],
)
def test_file_that_a_variable_names_is_read(home: Path, files: dict[str, str], found: str) -> None:
    write(home, files)
    assert look_around(home) == ([found], [])
    assert look_around(home, paths=["~/.npmrc"]) == ([], [])


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({".bashrc": "export NPM_CONFIG_USERCONFIG=$X/n"}, tell(NPMS), id="another variable"),
        pytest.param(
            {".bashrc": "\nexport NPM_CONFIG_USERCONFIG=$(f)"}, tell(NPMS, "~/.bashrc line 2"), id="a command"
        ),
        pytest.param({".bashrc": "export NPM_CONFIG_USERCONFIG=${X:-$HOME/n}"}, tell(NPMS), id="another one's default"),
        pytest.param({".bashrc": "export NPM_CONFIG_PREFIX=$(f)"}, tell(GLOBALS), id="npm's prefix"),
        pytest.param({".bashrc": "export PNPM_CONFIG_USERCONFIG=$X"}, tell("pnpm's credential file"), id="pnpm"),
        pytest.param({".bashrc": "export YARN_RC_FILENAME=$X"}, tell("Yarn's configuration"), id="Yarn 4"),
        pytest.param({".bashrc": "export XDG_CONFIG_HOME=$X"}, tell("the configuration directory"), id="XDG"),
        pytest.param(
            {".bashrc": "\nexport NPM_CONFIG_USERCONFIG=~/n\0"}, tell(NPMS, "~/.bashrc line 2"), id="no valid file"
        ),
        pytest.param({".bashrc": "# export NPM_CONFIG_USERCONFIG=~/n"}, [], id="a comment"),
        pytest.param({".bashrc": "NPM_CONFIG_USERCONFIG=~/n"}, [], id="not exported"),
        pytest.param({".bashrc": "export NPM_CONFIG_USERCONFIG="}, [], id="empty"),
        pytest.param({".bashrc": "cat $NPM_CONFIG_USERCONFIG /n"}, [], id="a use"),
        pytest.param({".bashrc": "export XDG_CONFIG_HOME=${XDG_CONFIG_HOME:-$HOME/.config}"}, [], id="XDG's default"),
        pytest.param({".bashrc/x": ""}, [], id="a directory"),
        pytest.param({".bashrc": ". ~/.env\n", ".env": ". ~/.bashrc\n"}, [], id="files that read each other"),
    ],
)
def test_file_whose_path_is_not_known_is_reported(home: Path, files: dict[str, str], told: list[str]) -> None:
    write(home, {**files, "n": LOGIN})
    assert look_around(home) == ([], told)
    assert look_around(home, paths=["~/.npmrc"]) == ([], [])


@pytest.mark.parametrize(
    "params",
    [
        pytest.param({"clients": ["pnpm"]}, id="another client"),
        pytest.param({"levels": ["global"]}, id="another level"),
        pytest.param({"levels": ["project"]}, id="projects"),
    ],
)
def test_variable_that_does_not_concern_the_run_is_not_reported(home: Path, params: dict[str, Any]) -> None:
    write(home, {".bashrc": "export NPM_CONFIG_USERCONFIG=$X/n\n"})
    assert look_around(home, **params) == ([], [])


def test_environment_of_the_task_counts_more_than_the_files(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home, {".bashrc": "export NPM_CONFIG_USERCONFIG=~/n\n", "n": LOGIN, "m": LOGIN})
    monkeypatch.setenv("npm_config_userconfig", f"{home}/m")
    assert look_around(home) == (["m"], [])


@pytest.mark.parametrize(
    ("text", "is_needed"),
    [
        pytest.param("export PATH=~/bin:$PATH\n. /etc/bashrc\n", False, id="an ordinary file"),
        pytest.param('export XDG_CONFIG_HOME="$HOME/.config"\n', False, id="XDG's default"),
        pytest.param("echo ${XDG_CONFIG_HOME:-~/.config}\n", False, id="a use"),
        pytest.param("export XDG_CONFIG_HOME=~/cfg\n", True, id="another directory"),
    ],
)
def test_files_are_parsed_only_if_one_sets_such_a_variable(
    home: Path, monkeypatch: pytest.MonkeyPatch, text: str, is_needed: bool
) -> None:
    write(home, {".bashrc": text})
    read: list[object] = []
    parse: Callable[[str], Any] = variables.load_syntax
    monkeypatch.setattr(variables, "load_syntax", lambda name: read.append(name) or parse(name))
    find_moves([make_account(home)], StoreOptions())
    assert bool(read) is is_needed


def make_account(home: Path, uid: int | None = None) -> Account:
    chosen = os.geteuid() if uid is None else uid
    return Account("me", chosen, chosen, (), str(home), uid is None, {"HOME": str(home)})


def test_moved_global_file_sets_what_the_account_s_own_does_not(home: Path) -> None:
    registry = "registry=https://a.example/\n"
    write(home, {".bashrc": "export NPM_CONFIG_GLOBALCONFIG=~/g\n", "g": registry, ".npmrc": "fund=false\n"})
    accounts = find_moves([make_account(home)], StoreOptions())
    (found,), _problems = open_stores(find_stores(accounts, StoreOptions()))
    assert [(item.name, item.value, item.of_host) for item in found.defaults] == [
        ("registry", "https://a.example/", False)
    ]


@needs_root
@pytest.mark.parametrize(
    ("place", "owner", "found", "unread"),
    [
        pytest.param("home/.bashrc", 0, [], ["me/n"], id="root's file"),
        pytest.param("home/.bashrc", NOBODY, ["me/n"], [], id="the account's file"),
        pytest.param("etc/environment", 0, [], [], id="root's file, of the host's variable"),
        pytest.param("etc/environment", NOBODY, ["me/n"], [], id="the account's file, of the host's variable"),
    ],
)
def test_file_that_an_account_names_is_read_with_its_privileges(
    home: Path, tmp_path: Path, place: str, owner: int, found: list[str], unread: list[str]
) -> None:
    line = f"NPM_CONFIG_USERCONFIG={tmp_path}/me/n\n"
    write(home, {f"../{place}": f"export {line}" if place == "home/.bashrc" else line, "../me/n": LOGIN})
    home.mkdir(exist_ok=True)
    for path in (*tmp_path.parents[:-2], tmp_path, tmp_path / "me", home):
        path.chmod(0o755)
    (tmp_path / "me" / "n").chmod(0o600)
    os.chown(tmp_path / "me" / "n", owner, owner)
    (account,) = find_moves([make_account(home, NOBODY)], StoreOptions())
    opened, problems = open_stores(find_stores([account], StoreOptions()))
    assert [os.path.relpath(item.store.path, tmp_path) for item in opened] == found
    assert [os.path.relpath(problem.path, tmp_path) for problem in problems] == unread


@needs_root
@pytest.mark.parametrize(
    ("place", "told"),
    [
        pytest.param("home/.bashrc", True, id="root's own"),
        pytest.param("etc/environment", True, id="the host's"),
        pytest.param("etc/systemd/system/ci.service", False, id="the host's, for a service"),
    ],
)
@pytest.mark.parametrize("is_there", [True, False])
def test_root_does_not_read_a_file_in_the_directory_of_another_account(
    home: Path, tmp_path: Path, place: str, told: bool, is_there: bool
) -> None:
    line = f"NPM_CONFIG_USERCONFIG={tmp_path}/ci/n"
    text = {"etc/environment": line, "home/.bashrc": f"export {line}"}.get(place, f"[Service]\nEnvironment={line}")
    write(tmp_path, {place: f"{text}\n", "ci/x": ""})
    write(tmp_path, {"ci/n": LOGIN} if is_there else {})
    os.chown(tmp_path / "ci", NOBODY, NOBODY)
    accounts = find_moves([make_account(home)], StoreOptions())
    expected = (f"{tmp_path}/{place} line 1 moves {NPMS}. The file was not read: name it in paths.",)
    assert warn_of_moves(accounts, StoreOptions()) == (expected if told and is_there else ())
    assert open_stores(find_stores(accounts, StoreOptions())) == ([], [])
