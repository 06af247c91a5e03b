# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a credential file, and find an account's own ones.

Private to this collection. Turn the places of ``_clients`` into paths, without running a client. Environment variables
that move a client's file count for the connecting account only; a setting of pnpm's config.yaml for each account.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as, belongs_to_another
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    CONFIG,
    HOME,
    NPM,
    PNPM,
    PROJECT,
    USER,
    YARN,
    Place,
    list_fellows,
    list_places,
    load_format,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
    from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format


_HARMLESS = ("HOME", "USER", "LOGNAME")
# The variables that move or rename a client's file. npm and pnpm ignore case.
_MOVED_BY = {
    NPM: ("npm_config_userconfig",),
    PNPM: ("PNPM_CONFIG_NPMRC_AUTH_FILE", "PNPM_CONFIG_USERCONFIG"),
    YARN: ("YARN_RC_FILENAME",),
}
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
    return tuple(Store(account, client, path, form) for form, path in paths)


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
    path = place.path
    if path.startswith(CONFIG):
        # Another account's environment is not known here.
        configured = account.environment.get("XDG_CONFIG_HOME", "") if account.is_self else ""
        is_own = configured.startswith("/") and not belongs_to_another(configured, account.uid)
        folder = configured if is_own else "~/.config"
        path = f"{folder.rstrip('/')}/{path[len(CONFIG) :]}"
    if not _is_pattern(place.path):
        return [place_in_home(path, account)]
    import fnmatch
    import glob

    folder, name = os.path.split(place_in_home(path, account))
    with acting_as(account):
        if _is_pattern(os.path.dirname(place.path)):
            return sorted(glob.glob(os.path.join(glob.escape(account.home), path[len(HOME) :])))
        if folder not in listings:
            listings[folder] = _list_folder(folder)
    return [f"{folder}/{item}" for item in fnmatch.filter(listings[folder], name)]


def _is_pattern(path: str) -> bool:
    return "*" in path or "[" in path


def _list_folder(folder: str) -> list[str]:
    try:
        return sorted(os.listdir(folder))
    except OSError:
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
