# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read credential files, and the weaker files that count where these are silent.

Private to this collection. Each file is read with the privileges of its account, and parsed with those of this process:
what that takes is imported late, from places that the account need not be able to read.
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
    note_restored,
    show,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.glance import leads_away, may_hold_leftovers
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, read_file
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_global_npmrc
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import find_absent_paths
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store, is_of_home, list_user_stores

# What the stores of one account may cost, in settings: some seconds of work, and some hundred MB of memory. Links can
# show a search one large file a million times; nobody has that many stores of their own.
_MOST_COST = 300_000
_COST_OF_A_PROBLEM = 20
_BYTES_PER_SETTING = 64
# To look through what weaker levels say is cheaper than to read it.
_DEFAULTS_PER_SETTING = 10


class OpenStore(NamedTuple):
    """A store that was read.

    :ivar readings: its settings, commented-out ones among them.
    :ivar defaults: those of weaker levels, the weakest first.
    """

    store: Store
    content: Content
    readings: tuple[Reading, ...]
    defaults: tuple[Reading, ...]


class Torn:
    """Finishes what killed runs have begun to write in place, and takes away their temporary files.

    :ivar problems: of the files that are not to be read, since they are part new, part old.
    :ivar warnings: what a person should know of the others.
    :ivar restored: the paths of those that are whole again.
    """

    def __init__(self, *, is_dry: bool) -> None:
        """:param is_dry: nothing is to be written."""
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self.restored: list[str] = []
        self._is_dry = is_dry
        self._folders: dict[tuple[int, str], bool] = {}
        self._seen: set[tuple[str, str]] = set()

    def finish(self, stores: Sequence[Store]) -> None:
        """See to these files, each once, before they are read."""
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
        """The files that can be read."""
        broken = {(problem.account, problem.path) for problem in self.problems}
        return [store for store in stores if (store.account.name, store.path) not in broken] if broken else stores

    @contextlib.contextmanager
    def told(self) -> Iterator[None]:
        """Let whatever ends the run tell what was restored before."""
        try:
            yield
        except Exception as problem:
            note_restored(problem, self.restored)
            raise

    def _may_be_torn(self, store: Store) -> bool:
        """Whether a killed run can have left something beside this file. Each directory is looked at once."""
        with contextlib.suppress(NpmopsError, OSError, ValueError), acting_as(store.account):
            place = (store.account.uid, os.path.dirname(os.path.realpath(store.path)))
            if place not in self._folders and not leads_away(store.path, place[0]):
                self._folders[place] = may_hold_leftovers(place[1])
            return self._folders.get(place, False)
        return False


def open_stores(stores: Sequence[Store], option: str = "") -> tuple[list[OpenStore], list[Problem]]:
    """Read stores; those that are not there are left out, those that cannot be read are reported.

    Where an account has more than anybody can have in earnest, that is reported once, and the rest is left out.

    :param option: the one that names the stores, to be named itself where one of them cannot be read.
    """
    weaker = _WeakerLevels()
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
    # Accounts can share a home. What is closed to one of them is not a login of theirs, and another one's is seen to.
    paths = {found.store.path for found in opened}
    problems = [problem for problem in problems if not (problem in closed and problem.path in paths)]
    return _drop_doubles(opened), problems


class _Budget:
    """What may still be read for an account.

    :ivar is_told: nothing, and that was told.
    """

    def __init__(self) -> None:
        self.is_told = False
        self._spent = 0

    def spend(self, cost: int) -> None:
        self._spent += cost

    def require(self, store: Store) -> None:
        """:raises StoreError: nothing is left for a store that is there."""
        if self._spent > _MOST_COST and os.path.lexists(store.path):
            self.is_told = True
            raise StoreError(
                f"{show(store.path)} and later files of {store.account.name} were not read: the files before it are "
                "too many or too large. Select fewer files with paths or exclude."
            )


def _open(store: Store, weaker: _WeakerLevels, budget: _Budget) -> OpenStore | None:
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
    """Where several accounts or paths lead to one file, it is edited once, by its owner if that is one of them.

    A link that was laid between reading and looking where the path leads makes no two files one.
    """
    chosen: dict[tuple[str, tuple[int, int]], OpenStore] = {}
    for found in opened:
        other = chosen.setdefault(_place_of(found), found)
        if other.store.account.uid != other.content.owner == found.store.account.uid:
            chosen[_place_of(found)] = found
    return [found for found in opened if chosen[_place_of(found)] is found]


def _place_of(found: OpenStore) -> tuple[str, tuple[int, int]]:
    return found.content.path, found.content.identity


class _WeakerLevels:
    """What a client reads besides a store, where that is silent: for a registry's URL, a proxy, a certificate."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[Reading, ...]] = {}

    def read(self, store: Store, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        """:param readings: the store's own, which can say where npm's global file is."""
        reads = CLIENTS[store.client].reads
        found: list[Reading] = []
        if store.level in (USER, PROJECT) and NPM in (store.client, *reads):
            # Where the host's file is, an account's own file can say, but no project's.
            own = readings if store.level == USER else self._read_own(store.account, NPM)
            found += self._read_global(store.account, own)
        for client in (*reads, *([store.client] if store.level == PROJECT else [])):
            found += self._read_own(store.account, client)
        return tuple(found)

    def _read_global(self, account: Account, readings: Sequence[Reading]) -> tuple[Reading, ...]:
        for path in find_global_npmrc(account, readings):
            found = read_quietly(Store(account, NPM, path, level=GLOBAL))
            if found is not None:
                is_chosen = path not in find_global_npmrc(account, ()) or is_of_home(path, account)
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
    """The paths at which no account has a file."""
    there = {found.store.path for found in opened} | {problem.path for problem in problems}
    return find_absent_paths((store.path for store in stores), there)


def has_references(opened: Sequence[OpenStore]) -> bool:
    """Whether a setting of these files refers to a variable."""
    return any(
        reading.references or "${" in str(reading.setting.value) for found in opened for reading in found.readings
    )


def read_quietly(store: Store) -> tuple[Reading, ...] | None:
    """What counts in a file; None where it is not there or cannot be read, without which a client goes on as well."""
    try:
        with acting_as(store.account):
            content = read_file(store.path)
        readings = read_settings(content.data, store.form, store.environment, whole=True) if content else None
    except NpmopsError:
        return None
    return None if readings is None else tuple(item for item in readings if not item.setting.commented)
