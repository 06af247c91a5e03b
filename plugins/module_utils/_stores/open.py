# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read credential files, and the files of lower levels, which apply where these set nothing.

Private to this collection. Each file is read with the privileges of its account, and parsed with those of this process,
since parsers are imported late, from places that the account may not be able to read.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    BUILTIN,
    CLIENTS,
    GLOBAL,
    NPM,
    PROJECT,
    USER,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    ClosedStore,
    NpmopsError,
    Problem,
    StoreError,
    UnreadStore,
    note_restored,
    show,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.glance import leads_away, may_hold_leftovers
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, read_file
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import (
    find_global_npmrc,
    list_moved_globals,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import find_absent_paths
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    Store,
    is_of_home,
    list_shared_stores,
    list_user_stores,
)

# The cost limit for the credential files of one account, in settings: some seconds of work, and some hundred MB of
# memory. Links can lead a search to one large file a million times; no account really has that many files.
_MOST_COST = 300_000
_COST_OF_A_PROBLEM = 20
_BYTES_PER_SETTING = 64
# Searching the settings of lower levels is cheaper than reading them.
_DEFAULTS_PER_SETTING = 10


class OpenStore(NamedTuple):
    """A credential file that was read.

    :ivar readings: its settings, including commented-out ones.
    :ivar defaults: the settings of lower levels, the lowest first.
    """

    store: Store
    content: Content
    readings: tuple[Reading, ...]
    defaults: tuple[Reading, ...]


class Torn:
    """Finishes the writes in place of interrupted runs, and deletes their temporary files.

    :ivar problems: of the files that must not be read, because they are partly written.
    :ivar warnings: about the other files, one sentence each.
    :ivar restored: the paths of the files that were completed.
    """

    def __init__(self, *, is_dry: bool) -> None:
        """:param is_dry: write nothing."""
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self.restored: list[str] = []
        self._is_dry = is_dry
        self._folders: dict[tuple[int, str], bool] = {}
        self._seen: set[tuple[str, str]] = set()

    def finish(self, stores: Sequence[Store]) -> None:
        """Finish these files, each once, before they are read."""
        places = [(store.account.name, store.path) for store in stores]
        fresh = [store for store, place in zip(stores, places) if place not in self._seen]
        self._seen.update(places)
        pending = [store for store in fresh if self._may_be_torn(store)]
        if not pending:
            return
        # Imported with the privileges of this process: the account need not be able to read the archive.
        from ansible_collections.npmops.auth.plugins.module_utils._stores.torn import finish_all

        problems, warnings, restored = finish_all(pending, is_dry=self._is_dry)
        self.problems += problems
        self.warnings += (text for text in warnings if text not in self.warnings)
        self.restored += restored

    def drop_broken(self, stores: Sequence[Store]) -> Sequence[Store]:
        """Return the files that can be read."""
        broken = {(problem.account, problem.path) for problem in self.problems}
        return [store for store in stores if (store.account.name, store.path) not in broken] if broken else stores

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Add the restored files to an exception that ends the run."""
        try:
            yield
        except Exception as problem:
            note_restored(problem, self.restored)
            raise

    def _may_be_torn(self, store: Store) -> bool:
        """Return whether an interrupted run may have left a file beside this one. Each directory is read once."""
        with contextlib.suppress(NpmopsError, OSError, ValueError), acting_as(store.account):
            place = (store.account.uid, os.path.dirname(os.path.realpath(store.path)))
            if place not in self._folders and not leads_away(store.path, place[0]):
                self._folders[place] = may_hold_leftovers(place[1])
            return self._folders.get(place, False)
        return False


def open_stores(stores: Sequence[Store], option: str = "") -> tuple[list[OpenStore], list[Problem]]:
    """Read credential files; missing ones are left out, unreadable ones are reported.

    If an account has an implausible number of files, one problem reports that, and the rest is left out.

    :param option: the option that names the files, put before the message on an unreadable one.
    """
    weaker = WeakerLevels()
    opened: list[OpenStore] = []
    problems: list[Problem] = []
    closed: set[Problem] = set()
    budgets: dict[str, _Budget] = {}
    for store in stores:
        budget = budgets.setdefault(store.account.name, _Budget())
        if budget.is_told:
            continue
        try:
            found = _open(store, weaker, budget)
        except NpmopsError as problem:
            budget.spend(_COST_OF_A_PROBLEM)
            text = f"{option}: {problem}" if option else str(problem)
            problems.append(Problem(store.account.name, store.path, text))
            if isinstance(problem, ClosedStore):
                closed.add(problems[-1])
            continue
        if found:
            opened.append(found)
    # Accounts can share a home. A file that is closed to one account but read as another is not a problem.
    paths = {found.store.path for found in opened}
    problems = [problem for problem in problems if not (problem in closed and problem.path in paths)]
    return _drop_doubles(opened), problems


class _Budget:
    """The cost of reading an account's files.

    :ivar is_told: the limit is exceeded, and that was reported.
    """

    def __init__(self) -> None:
        self.is_told = False
        self._spent = 0

    def spend(self, cost: int) -> None:
        self._spent += cost

    def require(self, store: Store) -> None:
        """:raises StoreError: the file exists, and the limit is exceeded."""
        if self._spent > _MOST_COST and os.path.lexists(store.path):
            self.is_told = True
            raise StoreError(
                f"{show(store.path)} and later files of {store.account.name} were not read, because the files before "
                "them are too many or too large. Select fewer files with paths or exclude."
            )


def _open(store: Store, weaker: WeakerLevels, budget: _Budget) -> OpenStore | None:
    with acting_as(store.account):
        budget.require(store)
        content = read_file(store.path)
    if content is None:
        return None
    budget.spend(1 + len(content.data) // _BYTES_PER_SETTING)
    try:
        readings = read_settings(content.data, store.form, store.environment)
    except StoreError as problem:
        raise StoreError(f"{show(store.path)} cannot be read: {problem}") from None
    if store.level in (GLOBAL, BUILTIN) and not store.is_chosen and not is_of_home(store.path, store.account):
        readings = _mark_as_host(readings)
    defaults = weaker.read(store, readings)
    budget.spend(len(readings) + len(defaults) // _DEFAULTS_PER_SETTING)
    return OpenStore(store, content, readings, defaults)


def _mark_as_host(readings: Sequence[Reading]) -> tuple[Reading, ...]:
    return tuple(item._replace(of_host=True) for item in readings)


def _drop_doubles(opened: Sequence[OpenStore]) -> list[OpenStore]:
    """Keep a file once if several accounts or paths lead to it, for its owner if that is one of the accounts.

    The identity is compared too, in case a link changed between reading a file and resolving its path.
    """
    chosen: dict[tuple[str, tuple[int, int]], OpenStore] = {}
    for found in opened:
        other = chosen.setdefault(_place_of(found), found)
        if other.store.account.uid != other.content.owner == found.store.account.uid:
            chosen[_place_of(found)] = found
    return [found for found in opened if chosen[_place_of(found)] is found]


def _place_of(found: OpenStore) -> tuple[str, tuple[int, int]]:
    return found.content.path, found.content.identity


class WeakerLevels:
    """Reads the other files from which a client takes what a file does not set, such as a registry's URL or a proxy."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Reading, ...]] = {}

    def read(self, store: Store, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        """:param readings: the file's own, which can move npm's global file."""
        reads = CLIENTS[store.client].reads
        found: list[Reading] = []
        if store.level in (USER, PROJECT) and NPM in (store.client, *reads):
            # An account's own file can move the global file; a project's cannot.
            own = readings if store.level == USER else self._read_own(store.account, NPM)
            found += self._read_global(store.account, own)
        if store.level in (USER, PROJECT):
            for shared in list_shared_stores(store.account, store.client):
                found += _mark_as_host(read_quietly(shared) or ())
        for client in (*reads, *([store.client] if store.level == PROJECT else [])):
            found += self._read_own(store.account, client)
        return tuple(found)

    def _read_global(self, account: Account, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        moved = list_moved_globals(account)
        for path in (*moved, *find_global_npmrc(account, readings)):
            found = read_quietly(Store(account, NPM, path, level=GLOBAL))
            if found is not None:
                is_chosen = path in moved or path not in find_global_npmrc(account, ()) or is_of_home(path, account)
                return found if is_chosen else _mark_as_host(found)
        return ()

    def _read_own(self, account: Account, client: str) -> tuple[Reading, ...]:
        key = (account.name, client)
        if key not in self._known:
            found = [read_quietly(store) for store in list_user_stores(account, client)]
            self._known[key] = tuple(item for readings in found for item in readings or ())
        return self._known[key]


def list_absent_paths(
    stores: Sequence[Store], opened: Sequence[OpenStore], problems: Sequence[Problem]
) -> tuple[str, ...]:
    """Return the paths at which no account has a file."""
    there = {found.store.path for found in opened} | {problem.path for problem in problems}
    # Several paths can lead to one file.
    real = {found.content.path for found in opened}
    return find_absent_paths((store.path for store in stores if os.path.realpath(store.path) not in real), there)


def has_references(opened: Sequence[OpenStore]) -> bool:
    """Return whether a setting of these files refers to a variable."""
    return any(
        reading.references or "${" in str(reading.setting.value) for found in opened for reading in found.readings
    )


def read_quietly(store: Store) -> tuple[Reading, ...] | None:
    """Read the effective settings of a file; None if it is missing or unreadable, which clients ignore too."""
    with contextlib.suppress(NpmopsError):
        return read_effective(store)
    return None


def read_effective(store: Store) -> tuple[Reading, ...] | None:
    """Read the effective settings of a file; None if it is missing.

    :raises UnreadStore: only this collection may be unable to read the file.
    :raises StoreError: the account cannot read the file.
    """
    with acting_as(store.account):
        content = read_file(store.path)
    if content is None:
        return None
    try:
        readings = read_settings(content.data, store.form, store.environment, whole=True)
    except StoreError as problem:
        raise UnreadStore(f"{show(store.path)} cannot be read: {problem}") from None
    return tuple(item for item in readings if not item.setting.commented)
