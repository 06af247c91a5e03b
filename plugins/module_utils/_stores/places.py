# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a credential file, and find an account's own ones.

Private to this collection. Turn the places of ``_clients`` into paths, without running a client. Environment variables
that move a client's file count for the connecting account only.
"""

from __future__ import annotations

import os
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
    list_places,
    load_format,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format


_HARMLESS = ("HOME", "USER", "LOGNAME")
# The variables that move or rename a client's file.
_MOVED_BY = {PNPM: "PNPM_CONFIG_NPMRC_AUTH_FILE", YARN: "YARN_RC_FILENAME"}


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
    wanted = f"npm_config_{name}"
    return next((value for key, value in environment.items() if key.lower() == wanted and value), None)


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


def _move(client: str, paths: list[tuple[str, str]], account: Account) -> list[tuple[str, str]]:
    """Apply the environment of the connecting account, which can name other paths."""
    moved = account.environment.get(_MOVED_BY.get(client, ""), "")
    if client == NPM:
        moved = get_npm_variable("userconfig", account.environment) or ""
    if not moved:
        return paths
    if belongs_to_another(os.path.dirname(place_in_home(moved, account)), account.uid):
        name = "npm_config_userconfig" if client == NPM else _MOVED_BY[client]
        raise InputError(
            "paths",
            f"or users must be set, because {name} in this task's environment names a file in another account's "
            "directory",
        )
    if client == PNPM:
        return [*paths, ("npmrc", place_in_home(moved, account))]
    return [(form, place_in_home(moved, account)) for form, _path in paths]
