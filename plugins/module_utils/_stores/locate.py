# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locate the credential files of a run.

Private to this collection. Files of projects and of the host are included if the options name their levels.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    BUILTIN,
    GLOBAL,
    NPM,
    PROJECT,
    USER,
    guess_client,
    list_file_names,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, Problem
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    MOVED,
    Store,
    list_user_stores,
    look_at_host,
    may_move,
    resolve_path,
)

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions
    from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, Torn


_HOSTS = frozenset({GLOBAL, BUILTIN})
# Names that make a directory a project for npm or git.
_MARKS = ("package.json", "node_modules", ".git")


def find_moves(accounts: Sequence[Account], options: StoreOptions) -> tuple[Account, ...]:
    """Add to the accounts what their own files and the host's set to move a client's files."""
    if options.paths is not None or not {USER, GLOBAL}.intersection(options.levels):
        return tuple(accounts)
    of_host = look_at_host(accounts[0]) if accounts else None
    return tuple(_add_moves(account, of_host) for account in accounts)


def _add_moves(account: Account, of_host: list[tuple[bytes, bytes]] | None) -> Account:
    with acting_as(account):
        if of_host is not None and not may_move(account, of_host):
            return account
    # Imported with the privileges of this process: the account need not be able to read the archive.
    from ansible_collections.npmops.auth.plugins.module_utils._stores.account_moves import list_moves

    return account._replace(moves=list_moves(account))


def warn_of_moves(accounts: Sequence[Account], options: StoreOptions) -> tuple[str, ...]:
    """Name the variables that move a file of the selected clients which is not read."""
    unread = (move for account in accounts for move in account.moves if not move.path)
    return tuple(
        f"{move.place} moves {what}. The file was not read: name it in paths."
        for move, (what, level, clients) in ((move, MOVED[move.name]) for move in unread)
        if level in options.levels and set(clients).intersection(options.clients)
    )


def open_moved(opened: list[OpenStore], problems: list[Problem], torn: Torn) -> list[str]:
    """Read the files that projects make npm read too; return warnings about those that are not read."""
    if all(found.store.level != PROJECT for found in opened):
        return []
    from ansible_collections.npmops.auth.plugins.module_utils._stores.moved import follow

    return follow(opened, problems, torn)


def find_stores(accounts: Sequence[Account], options: StoreOptions) -> tuple[Store, ...]:
    """Find the credential files of these accounts and of the host, each once, an account's own first.

    :raises InputError: a path names another account's home.
    """
    found = [store for account in accounts for store in _find_of_account(account, options)]
    if _HOSTS.intersection(options.levels):
        from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_of_host

        found += find_of_host(options)
    if PROJECT in options.levels:
        from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import find_projects

        found += find_projects(accounts, options, list_file_names(options.clients))
    places: dict[tuple[str, str], Store] = {}
    for store in map(_follow_out, found):
        places.setdefault((store.account.name, store.path), store)
    return tuple(places.values())


def _follow_out(store: Store) -> Store:
    """Replace a project's link by its target elsewhere: files beside the link must not affect the target's secrets."""
    folder = os.path.dirname(store.path)
    if store.level != PROJECT or folder == os.path.normpath(store.account.home):
        return store
    try:
        with acting_as(store.account):
            if not os.path.islink(store.path) or (os.geteuid() == 0 and os.lstat(store.path).st_uid != 0):
                # ``read_file`` refuses a link of another account.
                return store
            path = os.path.realpath(store.path)
            is_elsewhere = os.path.dirname(path) != os.path.realpath(folder)
            return store._replace(path=path) if is_elsewhere and os.path.isfile(path) else store
    except (OSError, ValueError, NpmopsError):
        return store


def _find_of_account(account: Account, options: StoreOptions) -> Iterator[Store]:
    if options.paths is not None:
        for path in dict.fromkeys(resolve_path(path, account) for path in options.paths):
            client, form = guess_client(path)
            yield Store(account, client, path, form, USER if _is_own(path, account, options) else PROJECT)
    listings: dict[str, list[str]] = {}
    for client in options.clients:
        if USER in options.levels and options.paths is None:
            yield from list_user_stores(account, client, listings)
        if _HOSTS.intersection(options.levels):
            from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_of_account

            yield from find_of_account(account, client, options.levels, listings)
    if GLOBAL in options.levels and NPM in options.clients:
        from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_own_global_npmrcs

        yield from find_own_global_npmrcs(account)


def _is_own(path: str, account: Account, options: StoreOptions) -> bool:
    """Return whether a file that the operator names is the account's own or the host's, not a project's."""
    if not _is_in_project(path, account):
        return True
    from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import is_own_place

    return is_own_place(path, account, options)


def _is_in_project(path: str, account: Account) -> bool:
    """Return whether a directory of the path is a project for npm or git; the home and those above do not count."""
    with acting_as(account):
        try:
            home, real = os.path.normpath(account.home), os.path.realpath(path)
            ends = {"/", home, os.path.realpath(home)}
        except (OSError, ValueError):
            return True
        for folder in (os.path.dirname(path), os.path.dirname(real)):
            while folder not in ends:
                if any(os.path.lexists(os.path.join(folder, mark)) for mark in _MARKS):
                    return True
                folder = os.path.dirname(folder)
    return False
