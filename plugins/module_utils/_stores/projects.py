# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the credential files of projects.

Private to this collection. A project is a directory in a home, or in a directory that the options name.
"""

from __future__ import annotations

import glob
import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as, find_accounts, find_owner
from ansible_collections.npmops.auth.plugins.module_utils._clients import HOME, PROJECT, Place, list_file_names
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, show
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store, resolve_path
from ansible_collections.npmops.auth.plugins.module_utils._stores.search import search

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions


def warn_of_search(accounts: Sequence[Account], options: StoreOptions) -> tuple[str, ...]:
    """Warn of each unreadable directory of ``search``: a typo would look like a host without credential files."""
    own, _absent = find_accounts(None)
    return tuple(
        f"search: {show(folder)} is not a readable directory."
        for folder in (options.search if options.search and accounts else ())
        if not any(_can_search(folder, account) for account in (accounts if folder.startswith("~") else own))
    )


def list_projects(
    account: Account, clients: Sequence[str], exclude: Sequence[str], left_out: list[str] | None = None
) -> list[Store]:
    """List the project files in the account's home that these clients read.

    :param left_out: receives the mount points, and the directories that ``exclude`` leaves out.
    """
    return _search_home(account, list_file_names(clients), exclude, left_out)


def list_projects_named(
    account: Account, names: Mapping[str, tuple[str, Place]], exclude: Sequence[str]
) -> list[Store]:
    """List the files of these names in the account's home."""
    return _search_home(account, names, exclude)


def list_neighbours(store: Store, clients: Sequence[str]) -> list[Store]:
    """List the other files that these clients would read in the directory of a project's file."""
    folder = os.path.dirname(store.path)
    return [
        Store(store.account, client, os.path.join(folder, name), place.form, PROJECT)
        for name, (client, place) in list_file_names(clients).items()
        if name != os.path.basename(store.path)
    ]


def find_projects(
    accounts: Sequence[Account], options: StoreOptions, names: Mapping[str, tuple[str, Place]]
) -> Iterator[Store]:
    """Find files of these names in projects, in the directories that the options name."""
    if options.search is None:
        for account in accounts:
            yield from _search_home(account, names, options.exclude)
        return
    for folder in options.search:
        if folder.startswith("~"):
            for account in accounts:
                yield from _search_as(account, resolve_path(folder, account, "search"), names, options.exclude)
        else:
            yield from _search_host(accounts, folder, names, options)


def _can_search(folder: str, account: Account) -> bool:
    try:
        with acting_as(account), os.scandir(resolve_path(folder, account, "search")):
            return True
    except (OSError, ValueError):
        return False


def _search_home(
    account: Account,
    names: Mapping[str, tuple[str, Place]],
    exclude: Sequence[str],
    left_out: list[str] | None = None,
) -> list[Store]:
    """Search a home; one that another account owns, such as for sftp, only below the account's own directories."""
    try:
        with acting_as(account):
            owner = os.stat(account.home).st_uid
    except (OSError, ValueError, NpmopsError):
        return []
    if account.home == "/":
        return []
    only_of = None if owner == account.uid else account.uid
    return _search_as(account, account.home, names, exclude, left_out, only_of)


def _search_as(
    account: Account,
    folder: str,
    names: Mapping[str, tuple[str, Place]],
    exclude: Sequence[str],
    left_out: list[str] | None = None,
    only_of: int | None = None,
) -> list[Store]:
    with acting_as(account):
        excluded = _expand(exclude, [account])
        paths = list(search(folder, names, excluded, left_out=left_out, only_of=only_of))
    return [_make_project_store(account, path, names) for path in sorted(paths)]


def _expand(patterns: Sequence[str], accounts: Sequence[Account]) -> list[str]:
    """Put the home directories into the patterns that begin with ``~/``."""
    homes = [glob.escape(os.path.normpath(account.home)) for account in accounts]
    return [
        f"{home}{pattern[1:]}" if pattern.startswith(HOME) else pattern
        for pattern in patterns
        for home in (homes if pattern.startswith(HOME) else [""])
    ]


def _search_host(
    accounts: Sequence[Account], folder: str, names: Mapping[str, tuple[str, Place]], options: StoreOptions
) -> Iterator[Store]:
    """Find files below a directory of the host, each to be read and written as its owner."""
    known = {account.uid: account for account in accounts}
    everyone = options.users is None
    folder = os.path.normpath(folder)
    top = os.path.realpath(folder)
    for path in sorted(search(folder, names, _expand(options.exclude, accounts))):
        inside = os.path.relpath(os.path.dirname(path), folder)
        if os.path.realpath(os.path.dirname(path)) != os.path.normpath(os.path.join(top, inside)):
            # A directory was replaced by a link: it leads outside, perhaps to another account's file.
            continue
        account = accounts[0] if os.geteuid() != 0 and accounts else _find_owner_of(path, folder, known, everyone)
        if account:
            yield _make_project_store(account, path, names)


def _find_owner_of(path: str, folder: str, known: dict[int, Account], everyone: bool) -> Account | None:
    try:
        uid = os.lstat(path).st_uid
        while uid == 0 and len(path) > len(folder):
            # Root's file in another account's directory: that account could have linked it, or redirect the path.
            path = os.path.dirname(path)
            uid = os.lstat(path).st_uid
    except OSError:
        return None
    if uid not in known and everyone:
        known[uid] = find_owner(uid)
    return known.get(uid)


def _make_project_store(account: Account, path: str, names: Mapping[str, tuple[str, Place]]) -> Store:
    client, place = names[os.path.basename(path)]
    return Store(account, client, path, place.form, PROJECT)
