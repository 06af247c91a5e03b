# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the system-wide credential files, and npm's global files that an account moves.

Private to this collection.
"""

from __future__ import annotations

import contextlib
import functools
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    acting_as,
    belongs_to_another,
    find_accounts,
    find_owner,
)
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    BUILTIN,
    CLIENTS,
    CONFIG,
    GLOBAL,
    HOME,
    NPM,
    Place,
    list_places,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    GLOBALCONFIG,
    Store,
    get_npm_variable,
    list_paths,
    list_user_stores,
    place_in_home,
)

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
    from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions


_DISTRIBUTION_PATH = "/etc/npmrc"
_NPM_IN_PREFIX = "lib/node_modules/npm/npmrc"


def find_global_npmrc(account: Account, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Find where this account's npm looks for its global configuration; the first path that exists counts.

    :param readings: the settings of the account's own credential file, which can move it.
    """
    values = {item.name: item.value for item in readings if item.value and not item.setting.commented}
    environment = account.environment
    moved = get_npm_variable("globalconfig", environment) or values.get("globalconfig")
    if moved:
        return (place_in_home(moved, account),)
    prefix = get_npm_variable("prefix", environment) or values.get("prefix")
    prefix = prefix or environment.get("PREFIX")
    if not prefix:
        prefix = _find_node_prefix()
        # Root ignores what another account can write.
        if not prefix or (account.uid == 0 and _find_owner_of(os.path.join(prefix, "etc", "npmrc"))):
            return (_DISTRIBUTION_PATH,)
    place = os.path.join(place_in_home(prefix, account), "etc", "npmrc")
    return (environment.get("DESTDIR", "") + place, _DISTRIBUTION_PATH)


def find_own_global_npmrcs(account: Account) -> Iterator[Store]:
    """Find npm's global files to which the account's file or environment points (``prefix``, ``globalconfig``)."""
    said = {name: get_npm_variable(name, account.environment) or "" for name in ("globalconfig", "prefix")}
    for path in _list_moved(said, account):
        # The environment, and so the directory, may be another account's (sudo -E).
        if not belongs_to_another(os.path.dirname(path), account.uid):
            yield Store(account, NPM, path, level=GLOBAL, is_chosen=True)
    for path in list_moved_globals(account):
        yield Store(account, NPM, path, level=GLOBAL, is_chosen=True)
    for store in list_user_stores(account, NPM):
        yield from (
            Store(account, NPM, path, level=GLOBAL, is_chosen=True)
            for path in _list_moved(_read_values(store), account)
        )


def list_moved_globals(account: Account) -> list[str]:
    """List npm's global files to which the variables in the account's and the host's files point."""
    return [move.path for move in account.moves if move.path and move.name == GLOBALCONFIG]


def _list_moved(values: Mapping[str, str], account: Account) -> list[str]:
    """List both places: which of them counts depends on the environment of each process."""
    paths = [values["globalconfig"]] if values.get("globalconfig") else []
    paths += [os.path.join(values["prefix"], "etc", "npmrc")] if values.get("prefix") else []
    return [place_in_home(path, account) for path in paths]


def _read_values(store: Store) -> dict[str, str]:
    """Read the values of a file; none if it cannot be read, which ``open_stores`` reports."""
    from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
    from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings

    try:
        with acting_as(store.account):
            content = read_file(store.path)
        readings = read_settings(content.data, store.form, store.account.environment) if content else ()
    except NpmopsError:
        return {}
    return {item.name: item.value for item in readings if item.value and not item.setting.commented}


def find_of_host(options: StoreOptions) -> Iterator[Store]:
    (own,), _absent = find_accounts(None)
    for level in (GLOBAL, BUILTIN):
        for client in options.clients if level in options.levels else ():
            for place in list_places(client, level):
                if not _is_of_account(place):
                    yield Store(own, client, place.path, place.form, level)
            prefix = _find_node_prefix()
            if client == NPM and prefix:
                path = os.path.join(prefix, "etc/npmrc" if level == GLOBAL else _NPM_IN_PREFIX)
                yield _make_node_store(path, own, level)


def _make_node_store(path: str, own: Account, level: str) -> Store:
    """Make the store for npm's file beside Node.js; if another account can replace the file, it is that account's."""
    owner = _find_owner_of(path) if own.uid == 0 else 0
    return Store(find_owner(owner) if owner else own, NPM, path, level=level, is_chosen=owner != 0)


def _find_owner_of(path: str) -> int:
    """Return the owner of the highest part of a path that root does not own, who can replace the file; 0 if none."""
    owner = 0
    while len(path) > 1:
        with contextlib.suppress(OSError, ValueError):
            owner = os.lstat(path).st_uid or owner
        path = os.path.dirname(path)
    return owner


def find_of_account(
    account: Account, client: str, levels: Sequence[str], listings: dict[str, list[str]]
) -> Iterator[Store]:
    """Find a client's files of these levels that are in the account's home.

    :param listings: cache of directory listings.
    """
    for level in (GLOBAL, BUILTIN):
        if level in levels:
            for place in filter(_is_of_account, list_places(client, level)):
                yield from (
                    Store(account, client, path, place.form, level) for path in list_paths(place, account, listings)
                )


def is_own_place(path: str, account: Account, options: StoreOptions) -> bool:
    """Return whether clients of the account or of the host read this file in any working directory.

    A file directly in the home counts, and so does the target of a link at such a place.
    """
    places = [store.path for store in _list_places(account, options)]
    if path in places:
        return True
    with acting_as(account):
        try:
            real = os.path.realpath(path)
            return os.path.dirname(real) == os.path.realpath(account.home) or real in map(os.path.realpath, places)
        except (OSError, ValueError):
            return False


def _list_places(account: Account, options: StoreOptions) -> Iterator[Store]:
    everywhere = options._replace(clients=tuple(CLIENTS), levels=(GLOBAL, BUILTIN))
    yield from find_of_host(everywhere)
    listings: dict[str, list[str]] = {}
    for client in CLIENTS:
        yield from find_of_account(account, client, everywhere.levels, listings)
    try:
        found = [store for client in CLIENTS for store in list_user_stores(account, client, listings)]
        yield from (*found, *find_own_global_npmrcs(account))
    except InputError:
        # The environment names another account's file, but the operator names this one.
        yield from _list_places(account._replace(environment={}), options)


def _is_of_account(place: Place) -> bool:
    return place.path.startswith((HOME, CONFIG))


def _find_node_prefix() -> str | None:
    return _find_node_prefix_in(os.environ.get("PATH"))


# Called for each file of a run.
@functools.lru_cache(maxsize=1)
def _find_node_prefix_in(path: str | None) -> str | None:
    import shutil

    node = shutil.which("node", path=path)
    return os.path.dirname(os.path.dirname(os.path.realpath(node))) if node else None
