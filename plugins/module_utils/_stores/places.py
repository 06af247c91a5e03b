# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a credential file, and find an account's own ones.

Private to this collection. A variable that moves a client's file counts if it is in the connecting account's
environment, or if a file of the account or the host sets it (see ``locate.find_moves``).
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as, belongs_to_another
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    BUN,
    CONFIG,
    GLOBAL,
    HOME,
    NPM,
    PNPM,
    PROJECT,
    USER,
    YARN,
    YARN_CLASSIC,
    Place,
    list_fellows,
    list_places,
    load_format,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
    from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format

#: Names of syntaxes; ``variables.load_syntax`` imports them.
SH, BASH, CSH, FISH, FISH_VARIABLES = "sh", "bash", "csh", "fish", "fish_variables"
DOTENV, UNIT, ENVIRONMENT_FILE, ENVIRONMENT_D, PAM, PAM_ENV = (
    "dotenv",
    "unit",
    "environment_file",
    "environment_d",
    "pam",
    "pam_env",
)

#: The files that set variables for an account, and for the host, with their syntaxes.
OF_ACCOUNT = (
    ("~/.profile", SH),
    ("~/.bash_profile", BASH),
    ("~/.bash_login", BASH),
    ("~/.bashrc", BASH),
    ("~/.bash_aliases", BASH),
    ("~/.zshenv", BASH),
    ("~/.zprofile", BASH),
    ("~/.zshrc", BASH),
    ("~/.zlogin", BASH),
    ("~/.kshrc", BASH),
    ("~/.mkshrc", BASH),
    ("~/.cshrc", CSH),
    ("~/.tcshrc", CSH),
    ("~/.login", CSH),
    ("{config}/fish/config.fish", FISH),
    ("{config}/fish/conf.d/*.fish", FISH),
    ("{config}/fish/fish_variables", FISH_VARIABLES),
    ("{config}/environment.d/*.conf", ENVIRONMENT_D),
    ("~/.pam_environment", PAM_ENV),
    ("{config}/systemd/user/*.service", UNIT),
    ("{config}/systemd/user/*.service.d/*.conf", UNIT),
)
OF_HOST = (
    ("/etc/environment", PAM),
    ("/etc/profile", SH),
    ("/etc/profile.d/*.sh", SH),
    ("/etc/bash.bashrc", BASH),
    ("/etc/bashrc", BASH),
    ("/etc/zsh/z*", BASH),
    ("/etc/zshenv", BASH),
    ("/etc/zshrc", BASH),
    ("/etc/csh.cshrc", CSH),
    ("/etc/csh.login", CSH),
    ("/etc/fish/config.fish", FISH),
    ("/etc/fish/conf.d/*.fish", FISH),
    ("/etc/environment.d/*.conf", ENVIRONMENT_D),
    ("/etc/security/pam_env.conf", PAM_ENV),
    ("/etc/default/*", SH),
    ("/etc/systemd/system/*.service", UNIT),
    ("/etc/systemd/system/*.service.d/*.conf", UNIT),
    ("/opt/actions-runner/.env", DOTENV),
    ("/opt/actions-runner/.path", DOTENV),
    ("/srv/actions-runner/.env", DOTENV),
    ("/srv/actions-runner/.path", DOTENV),
)
#: Most files to read for one account, including those that others read by a plain path.
MOST_FILES = 2000
_MOST_BYTES = 1024 * 1024

_HARMLESS = ("HOME", "USER", "LOGNAME")
# The variables that move or rename a client's file. npm and pnpm ignore case.
_MOVED_BY = {
    NPM: ("npm_config_userconfig",),
    PNPM: ("PNPM_CONFIG_NPMRC_AUTH_FILE", "PNPM_CONFIG_USERCONFIG"),
    YARN: ("YARN_RC_FILENAME",),
}
GLOBALCONFIG, PREFIX, XDG = "npm_config_globalconfig", "npm_config_prefix", "xdg_config_home"
# For each variable in lower case, what it moves, the level, and the clients that read it.
MOVED = {
    "npm_config_userconfig": ("npm's user configuration", USER, (NPM,)),
    GLOBALCONFIG: ("npm's global configuration", GLOBAL, (NPM,)),
    PREFIX: ("npm's global configuration", GLOBAL, (NPM,)),
    "pnpm_config_npmrc_auth_file": ("pnpm's credential file", USER, (PNPM,)),
    "pnpm_config_userconfig": ("pnpm's credential file", USER, (PNPM,)),
    "yarn_rc_filename": ("Yarn's configuration", USER, (YARN,)),
    XDG: ("the configuration directory", USER, (PNPM, BUN)),
}
# An assignment of one of them in any syntax, except for the usual one that moves nothing.
MOVING = re.compile(
    rf"(?i)(?<![${{\w])(?!{XDG}=\"?(?:~|\$HOME|\${{HOME}})\"?/\.config\"?\s)({'|'.join(MOVED)})[=:\s]".encode()
)
# A file that another one reads by a plain path.
_SOURCE = re.compile(
    rb"(?:(?:^|[\s;&|{])(?:\.|source)[ \t]+[\"']?|EnvironmentFile=-?)(~|\$\{?HOME\}?)?[\"']?(/[\w./+@-]+)", re.MULTILINE
)
# pnpm's setting that names the file it reads instead of ~/.npmrc. A key in double quotes can be written with escapes.
_HINT = re.compile(rb"npmrcAuthFile|\\[xuU]")


class Store(NamedTuple):
    """A file that can hold credentials.

    :ivar account: the account with whose privileges it is read and written.
    :ivar client: the client that reads it.
    :ivar format: name of the module of its format.
    :ivar level: one of ``_clients.LEVELS``.
    :ivar is_chosen: its path comes from the account's own file or environment.
    """

    account: Account
    client: str
    path: str
    format: str = "npmrc"
    level: str = USER
    is_chosen: bool = False

    @property
    def form(self) -> Format:
        return load_format(self.format)

    @property
    def fellows(self) -> tuple[str, ...]:
        """The clients whose files can tell the registries of its logins."""
        return list_fellows(self.client, self.format)

    @property
    def said(self) -> tuple[Reading, ...]:
        """The default registries that its variables name, in place of those in the files of the clients."""
        return ()

    @property
    def environment(self) -> Mapping[str, str]:
        """The variables to which the file may refer: few for a project, which can be foreign and name any variable."""
        environment = self.account.environment
        if self.level != PROJECT:
            return environment
        return {name: environment[name] for name in _HARMLESS if name in environment}


def list_user_stores(account: Account, client: str, listings: dict[str, list[str]] | None = None) -> tuple[Store, ...]:
    """List an account's own credential files of one client.

    :param listings: cache of directory listings.
    """
    listings = {} if listings is None else listings
    paths = [(place.form, path) for place in list_places(client, USER) for path in list_paths(place, account, listings)]
    if client == PNPM:
        paths += [("npmrc", named) for form, path in paths if form == "pnpm_config" for named in _follow(path, account)]
    if account.is_self:
        paths = _move(client, paths, account)
    form = "yarnrc_yml" if client == YARN else "npmrc"
    is_of = (USER, (client,))
    paths += [(form, move.path) for move in account.moves if move.path and MOVED[move.name][1:] == is_of]
    return tuple(Store(account, client, path, form) for form, path in dict.fromkeys(paths))


def list_shared_stores(account: Account, client: str) -> list[Store]:
    """List the files of the host that Yarn reads for an account."""
    if client not in (YARN, YARN_CLASSIC):
        return []
    above = ("/", "/home") if account.home.startswith("/home/") else ("/",)
    folders = (*above, "/etc", *(["/usr/local/share"] if account.uid == 0 else []))
    return [
        Store(account, client, place.path, place.form, GLOBAL)
        for place in list_places(client, GLOBAL)
        if os.path.dirname(place.path) in folders
    ]


def look_at_host(account: Account) -> list[tuple[bytes, bytes]] | None:
    """Return the files that the host's files read, once for all accounts; None if these may move a client's file."""
    paths = [path for place, _syntax in OF_HOST for path in list_variable_paths(place, account)]
    data = b"\n".join(map(read_at_once, paths))
    return None if MOVING.search(data) else _SOURCE.findall(data)


def may_move(account: Account, of_host: list[tuple[bytes, bytes]]) -> bool:
    """Return whether a file, or one that it reads by a plain path, may set a variable that moves a client's file."""
    pending = [path for place, _syntax in OF_ACCOUNT for path in list_variable_paths(place, account)]
    _add_sources(pending, of_host, account)
    for path in pending:
        data = read_at_once(path)
        if MOVING.search(data):
            return True
        _add_sources(pending, _SOURCE.findall(data), account)
    return False


def _add_sources(pending: list[str], sources: Iterable[tuple[bytes, bytes]], account: Account) -> None:
    for home, rest in sources:
        source = (account.home if home else "") + os.fsdecode(rest)
        if len(pending) < MOST_FILES and source not in pending:
            pending.append(source)


def read_at_once(path: str) -> bytes:
    """Read the beginning of an ordinary file; nothing if there is none."""
    try:
        # To open a device or a pipe can have effects.
        if stat.S_ISREG(os.stat(path).st_mode):
            with open(path, "rb", opener=_open_at_once) as stream:
                return stream.read(_MOST_BYTES)
    except (OSError, ValueError):
        pass
    return b""


def _open_at_once(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def resolve_path(path: str, account: Account, option: str = "paths") -> str:
    """Resolve ``~`` and relative paths in the account's home.

    :raises InputError: the path begins with ``~name``, another account's home.
    """
    if path.startswith("~") and path != "~" and not path.startswith("~/"):
        raise InputError(
            option,
            f"contains {path}, which is in the home directory of another account: add that account to users instead",
        )
    return place_in_home(path, account)


def place_in_home(path: str, account: Account) -> str:
    """Resolve a path that a file of the account names; only ``~`` itself means the home, as in npm."""
    relative = path[2:].lstrip("/") if path.startswith("~/") else "" if path == "~" else path
    return os.path.normpath(os.path.join(account.home, relative))


def is_of_home(path: str, account: Account) -> bool:
    """Return whether a path is in the account's home."""
    home = os.path.normpath(account.home).rstrip("/")
    return os.path.normpath(path).startswith(f"{home}/")


def get_npm_variable(name: str, environment: Mapping[str, str]) -> str | None:
    """Return an npm setting from the environment: ``npm_config_<name>``, ignoring case."""
    return _get_variable(f"npm_config_{name}", environment)


def _get_variable(name: str, environment: Mapping[str, str]) -> str | None:
    return next((value for key, value in environment.items() if key.lower() == name.lower() and value), None)


def list_paths(place: Place, account: Account, listings: dict[str, list[str]]) -> list[str]:
    """List the paths of a place; those of a pattern only if they exist."""
    return [found for path in _expand(place.path, account) for found in _list_of(place, path, account, listings)]


def _list_of(place: Place, path: str, account: Account, listings: dict[str, list[str]]) -> list[str]:
    if not _is_pattern(place.path):
        return [place_in_home(path, account)]
    import fnmatch
    import glob

    folder, name = os.path.split(place_in_home(path, account))
    with acting_as(account):
        if _is_pattern(os.path.dirname(place.path)):
            return sorted(glob.glob(os.path.join(glob.escape(account.home), path[len(HOME) :])))
        if folder not in listings:
            listings[folder] = list_directory(folder)
    return [f"{folder}/{item}" for item in fnmatch.filter(listings[folder], name)]


def list_variable_paths(place: str, account: Account) -> list[str]:
    """List the paths of files that set variables; those of a pattern only if they exist."""
    if "*" not in place:
        return [place_in_home(path, account) for path in _expand(place, account)]
    import fnmatch
    import itertools

    folders: list[str] = []
    for path in _expand(place, account):
        folder = os.path.dirname(place_in_home(path, account))
        above, middle = os.path.split(folder)
        names = fnmatch.filter(list_directory(above), middle) if "*" in middle else [middle]
        folders += [os.path.join(above, name) for name in names]
    pattern = os.path.basename(place)
    found = (os.path.join(item, name) for item in folders for name in fnmatch.filter(list_directory(item), pattern))
    return list(itertools.islice(found, MOST_FILES + 1))


def _expand(path: str, account: Account) -> list[str]:
    """Put the account's configuration directories into a path."""
    if not path.startswith(CONFIG):
        return [path]
    # Another account's environment is not known here.
    configured = account.environment.get("XDG_CONFIG_HOME", "") if account.is_self else ""
    is_own = configured.startswith("/") and not belongs_to_another(configured, account.uid)
    folders = [configured if is_own else "~/.config", *(move.path for move in account.moves if move.name == XDG)]
    rest = path[len(CONFIG) :]
    return list(dict.fromkeys(place_in_home(f"{folder}/{rest}", account) for folder in folders if folder))


def _is_pattern(path: str) -> bool:
    return "*" in path or "[" in path


def list_directory(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except (OSError, ValueError):
        return []


def _follow(path: str, account: Account) -> list[str]:
    """List the file that pnpm's config.yaml names; none if it cannot be read, which ``open_stores`` reports."""
    with acting_as(account):
        if not os.path.lexists(path):
            return []
    from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file

    try:
        with acting_as(account):
            content = read_file(path)
        if not content or not _HINT.search(content.data):
            return []
        from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings

        readings = read_settings(content.data, load_format("pnpm_config"), account.environment, whole=True)
    except NpmopsError:
        return []
    named = [item.value for item in readings if item.name == "npmrc-auth-file" and item.value]
    return [place_in_home(value, account) for value in named]


def _move(client: str, paths: list[tuple[str, str]], account: Account) -> list[tuple[str, str]]:
    """Apply the environment of the connecting account, which can name other paths."""
    for name in _MOVED_BY.get(client, ()):
        moved = _get_variable(name, account.environment) if client != YARN else account.environment.get(name)
        if not moved:
            continue
        if belongs_to_another(os.path.dirname(place_in_home(moved, account)), account.uid):
            raise InputError(
                "paths",
                f"or users must be set, because {name} in this task's environment names a file in another account's "
                "directory",
            )
        if client != PNPM:
            return [(form, place_in_home(moved, account)) for form, _path in paths]
        paths = [*paths, ("npmrc", place_in_home(moved, account))]
    return paths
