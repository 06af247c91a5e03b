# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the registries that other files of an account name for a file's credentials.

Private to this collection. Each file is read once in a run, and only on demand. A home is searched for projects only if
a credential's registry can depend on one.
"""

from __future__ import annotations

import contextlib
import os
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT, NPM, PROJECT, YARN
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, UnreadStore, show
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import Credential, find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries, drop_same
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import (
    Reading,
    list_variables,
    read_registries,
    resolve,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import (
    PUBLIC_REGISTRY,
    Registry,
    parse_registry,
    try_parse_registry,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import (
    Elsewhere,
    Hidden,
    Outlook,
    Project,
    list_named,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.own_variables import is_of_npm
from ansible_collections.npmops.auth.plugins.module_utils._stores.moved import GLOBAL_KEYS, KEYS, list_moves
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, read_effective
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    Store,
    list_shared_stores,
    list_user_stores,
)

# The same limit as for the opened files of one account (see ``open``).
_MOST_SETTINGS = 300_000


class _Frame(NamedTuple):
    """The files that concern one file.

    :ivar found: that file, kept so that its id is not reused.
    :ivar home: the settings of the account's own files.
    :ivar permitted: the file's credentials as read with the files that may name registries for it.
    :ivar chosen: the keys of the registries that the account's own files, the host's or the operator name.
    """

    found: OpenStore
    home: tuple[Reading, ...]
    registries: Registries
    permitted: Outlook
    chosen: frozenset[str]


class _Tree:
    """The files of one account's projects, found by directory."""

    def __init__(self, projects: Iterable[Project]) -> None:
        placed = sorted(((_folder_of(item.reader or item.path), item) for item in projects), key=lambda pair: pair[0])
        self.folders = [folder for folder, _item in placed]
        self.projects = tuple(item for _folder, item in placed)

    def list_read_with(self, path: str) -> list[Project]:
        """List the files, in directories above and below, that a client reads together with a project's file.

        Those in the same directory are its neighbours, except for the files that a neighbour makes npm read.
        """
        folder = _folder_of(path)
        found = [
            *self._list_at(folder, folder[:-1] + "0"),
            *(item for item in self._list_at(folder, folder) if item.reader),
        ]
        above = os.path.dirname(folder[:-1])
        while len(above) > 1:
            found += self._list_at(f"{above}/", f"{above}/")
            above = os.path.dirname(above)
        return found

    def _list_at(self, first: str, last: str) -> Iterable[Project]:
        """List what is below the first path, or at it if both are equal; "0" sorts right after the slash."""
        start = bisect_left(self.folders, first) if first == last else bisect_right(self.folders, first)
        end = bisect_right(self.folders, last) if first == last else bisect_left(self.folders, last)
        return self.projects[start:end]


class Surroundings:
    """The files around those of a run."""

    def __init__(
        self, opened: Sequence[OpenStore], trusted: Sequence[Registry] = (), exclude: Sequence[str] = ()
    ) -> None:
        """:param trusted: the registries that may be asked although only a project names them.

        :param exclude: directories to leave out of every search.
        """
        self._opened = tuple(opened)
        self._trusted = {item.key: item for item in (parse_registry(PUBLIC_REGISTRY), *trusted)}
        self._named_by_operator = frozenset(item.key for item in trusted)
        self._exclude = exclude
        self._frames: dict[int, _Frame] = {}
        self._homes: dict[tuple[str, tuple[str, ...]], tuple[Project, ...]] = {}
        self._trees: dict[tuple[str, tuple[str, ...], bool, bool], _Tree] = {}
        self._spoken: dict[tuple[str, bool, bool], tuple[Project, ...]] = {}
        self._outlooks: dict[tuple[int, bool, bool], Outlook] = {}
        self._packages: dict[str, list[Project]] = {}

    def list_asked(self, found: OpenStore, credential: Credential) -> tuple[Registry, ...]:
        """List a credential's registries that may be asked unless the operator names one, the most likely first."""
        frame = self._frame(found)
        homes = frame.permitted.find_elsewhere(credential)
        asked = drop_same(
            [
                *frame.registries.list_all(credential),
                *(frame.registries.secure(item.registry) for item in homes),
            ]
        )
        if found.store.said and frame.registries.can_move(credential):
            named = drop_same([*asked, *(item for item in map(_parse, found.store.said) if item)])
            return tuple(self._trusted.get(item.key, item) for item in named if self._is_named(frame, item))
        if not is_from_outside(found, credential):
            return asked
        permitted = (self.find_permitted(found, item) for item in asked if self._may_have(found, credential, item))
        return tuple(item for item in permitted if item)

    def list_moved(self, found: OpenStore, credential: Credential, *, thorough: bool = True) -> tuple[Registry, ...]:
        """List the registries to which other files send a credential that has no registry of its own."""
        frame = self._frame(found)
        if not frame.registries.can_move(credential):
            return ()
        homes = frame.permitted.find_elsewhere(credential, likely=True)
        projects = self.find_elsewhere(found, credential, thorough=thorough, likely=True)
        return tuple(item.registry for item in (*homes, *projects))

    def _is_named(self, frame: _Frame, registry: Registry) -> bool:
        """Return whether the account's home, the host or the operator names this registry, not only a variable."""
        return registry.key in frame.chosen or registry.key in self._trusted

    def _find_said(self, found: OpenStore, credential: Credential) -> list[Elsewhere]:
        """Find the registries that only the variables of the credential's own file name."""
        frame = self._frame(found)
        named = [(item, _parse(item)) for item in found.store.said]
        return [
            Elsewhere(registry, found.store.path, item.setting.line, item.setting.shown)
            for item, registry in named
            if registry and frame.registries.can_move(credential) and not self._is_named(frame, registry)
        ]

    def is_named(self, found: OpenStore, credential: Credential) -> bool:
        """Return whether the account's home, the host or the operator names one of a credential's registries."""
        frame = self._frame(found)
        return any(item.key in self._trusted for item in frame.registries.list_all(credential)) or self.is_chosen(
            found, credential
        )

    def is_chosen(self, found: OpenStore, credential: Credential) -> bool:
        """Do the same without trusting the public registry, which a clone can name for another program's secret."""
        frame = self._frame(found)
        return any(item.key in frame.chosen for item in frame.registries.list_all(credential))

    def limit(self, found: OpenStore, credential: Credential) -> Mapping[str, str]:
        """Return the variables of the account's environment to which a project's credential may refer."""
        environment = found.store.account.environment
        if self.is_chosen(found, credential):
            return environment
        own = {name: value for name, value in environment.items() if is_of_npm(name, value)}
        return {**found.store.environment, **own}

    def may_look_up(self, found: OpenStore, credential: Credential) -> bool:
        """Return whether variables without a value may be looked up outside of the project."""
        if self.is_chosen(found, credential):
            return True
        return self.is_named(found, credential) and all(is_of_npm(name) for name in credential.unset)

    def _may_have(self, found: OpenStore, credential: Credential, registry: Registry) -> bool:
        """Return whether this registry may get a secret to which a project's file only refers."""
        if registry.key in self._frame(found).chosen:
            return True
        value = credential.secret.reveal() if credential.secret else ""
        names = [name for item in credential.readings for name in list_variables(item, found.store.form)]
        return registry.key in self._trusted and (is_of_npm("", value) or (bool(names) and all(map(is_of_npm, names))))

    def find_permitted(self, found: OpenStore, registry: Registry) -> Registry | None:
        """Return a project's registry with the scheme for a secret from outside; None if it may not get one."""
        frame = self._frame(found)
        if not self._is_named(frame, registry):
            return None
        return self._trusted.get(registry.key) or Registries(found.defaults, (), frame.home).bring_to_scheme(registry)

    def is_assumed(self, found: OpenStore, registry: Registry) -> bool:
        """Return whether no file gives the scheme for requests to a registry."""
        return self._frame(found).registries.is_scheme_assumed(registry)

    def find_elsewhere(
        self, found: OpenStore, credential: Credential, *, thorough: bool, likely: bool = False
    ) -> tuple[Elsewhere, ...]:
        """Find the registries to which a client would send a credential only because of projects or the environment.

        :param thorough: search for projects if the credential's registry can depend on one.
        """
        frame = self._frame(found)
        is_of_project = found.store.level == PROJECT
        searching = thorough and not is_of_project and frame.registries.can_depend_on_project(credential)
        permitted = {item.registry.key for item in frame.permitted.find_elsewhere(credential)}
        reading = thorough and frame.registries.can_depend_on_project(credential)
        elsewhere = self._get_outlook(found, searching, reading).find_elsewhere(credential, likely=likely)
        said = {item.registry.key: item for item in self._find_said(found, credential)}
        return (
            *said.values(),
            *self._find_forbidden(found, credential),
            *(item for item in elsewhere if item.registry.key not in permitted and item.registry.key not in said),
        )

    def _find_forbidden(self, found: OpenStore, credential: Credential) -> list[Elsewhere]:
        """Find the registries that a project names for a secret from outside, which is not sent there."""
        if not is_from_outside(found, credential):
            return []
        frame = self._frame(found)
        own = [Elsewhere(item, found.store.path, credential.line) for item in frame.registries.list_all(credential)]
        beside = frame.permitted.find_elsewhere(credential)
        return [item for item in (*own, *beside) if not self._may_have(found, credential, item.registry)]

    def find_hidden(self, found: OpenStore, credential: Credential) -> tuple[Hidden, ...]:
        """Find the lines that can send a credential to an unknown registry."""
        frame = self._frame(found)
        if not frame.registries.list_places(credential):
            return ()
        path = found.store.path
        around = self._get_outlook(found, found.store.level != PROJECT, True).find_hidden(credential, path)
        return tuple(dict.fromkeys((*frame.permitted.find_hidden(credential, path), *around)))

    def _get_outlook(self, found: OpenStore, searching: bool, reading: bool) -> Outlook:
        """:param reading: read the files that set variables, and the packages."""
        store = found.store
        key = (id(found), searching, reading)
        if key not in self._outlooks:
            tree = self._read_tree(store, searching, reading)
            projects = list(tree.projects)
            if store.level == PROJECT:
                known = tree.list_read_with(store.path)
                paths = {item.path for item in known}
                projects = [*known, *(item for item in _read_own_package(found) if reading and item.path not in paths)]
            spoken = [
                item
                for is_yarn in sorted({client == YARN for client in store.fellows})
                for item in self._list_spoken(store.account, reading, is_yarn=is_yarn)
            ]
            defaults = (*found.defaults, *self._frame(found).home)
            self._outlooks[key] = Outlook(found.readings, defaults, [*projects, *spoken])
        return self._outlooks[key]

    def _list_spoken(self, account: Account, reading: bool, *, is_yarn: bool) -> tuple[Project, ...]:
        """List the registries named by the environment, and by the files that set it for the account."""
        from ansible_collections.npmops.auth.plugins.module_utils._stores.variables import VariableFiles

        key = (account.name, reading, is_yarn)
        if key not in self._spoken:
            found = [Project("", read_registries(account.environment, is_yarn=is_yarn), True)]
            files = VariableFiles()
            for item in (*files.list_of_account(account), *files.list_of_host(account)) if reading else ():
                said = [
                    setting
                    for entry in item.read.found
                    for setting in read_registries({entry.name: entry.value}, is_yarn=is_yarn, line=entry.line)
                ]
                found.append(Project(item.store.path, tuple(said), True))
            self._spoken[key] = tuple(item for item in found if item.readings)
        return self._spoken[key]

    def part_trusted(
        self, found: OpenStore, credential: Credential, elsewhere: Iterable[Elsewhere]
    ) -> tuple[list[Registry], list[Elsewhere]]:
        """Separate the registries that may be asked anyway, as the operator writes them, from the rest."""
        trusted: list[Registry] = []
        rest: list[Elsewhere] = []
        is_outside = is_from_outside(found, credential)
        for item in elsewhere:
            known = self._trusted.get(item.registry.key)
            if known and (not is_outside or self._may_have(found, credential, item.registry)):
                trusted.append(known)
            else:
                rest.append(item)
        return trusted, rest

    def resolve_references(self, found: OpenStore) -> OpenStore:
        """Resolve the references of a project's file whose registry is also named outside of the project."""
        store = found.store
        if store.level != PROJECT or store.environment == store.account.environment:
            return found
        resolved: dict[int, Reading] = {}
        for credential in find_credentials(found.readings):
            if credential.unset and self.is_named(found, credential):
                environment = self.limit(found, credential)
                for reading in credential.readings:
                    again = resolve(reading, store.form, environment)
                    if again.name == reading.name:
                        resolved[id(reading)] = again
        if not resolved:
            return found
        return found._replace(readings=tuple(resolved.get(id(item), item) for item in found.readings))

    def _frame(self, found: OpenStore) -> _Frame:
        if id(found) not in self._frames:
            store, fellows = found.store, found.store.fellows
            homes = [item for item in self._read_homes(store, fellows) if item.path != store.path]
            home = tuple(reading for item in homes for reading in item.readings)
            # Files beside a project's file belong to the same project.
            beside = _read_neighbours(store, fellows) if store.level == PROJECT else []
            if store.client == ENVIRONMENT:
                # A variable is set where the files beside it, and the other variables of its file, take precedence.
                above = (*(reading for item in beside for reading in item.readings), *store.said)
                homes = [item._replace(readings=(*item.readings, *above)) for item in homes]
            files = [item for item in found.defaults if item not in store.said]
            self._frames[id(found)] = _Frame(
                found,
                home,
                Registries(found.readings, found.defaults, home),
                Outlook(found.readings, found.defaults, [*homes, *beside]),
                list_named([*files, *home]) | self._named_by_operator,
            )
        return self._frames[id(found)]

    def _read_homes(self, store: Store, fellows: tuple[str, ...]) -> tuple[Project, ...]:
        key = (store.account.name, fellows)
        if key not in self._homes:
            stores = [
                item
                for client in fellows
                for find in (list_shared_stores, list_user_stores)
                for item in find(store.account, client)
            ]
            self._homes[key] = tuple(_read_all(stores))
        return self._homes[key]

    def _list_packages(self, account: Account) -> list[Project]:
        from ansible_collections.npmops.auth.plugins.module_utils._stores.packages import list_packages

        if account.name not in self._packages:
            self._packages[account.name] = list_packages(account, self._exclude)
        return self._packages[account.name]

    def _read_tree(self, store: Store, searching: bool, reading: bool) -> _Tree:
        fellows = store.fellows
        key = (store.account.name, fellows, searching, reading)
        if key not in self._trees:
            known = {
                item.store.path: Project(item.store.path, item.readings)
                for item in self._opened
                if item.store.level == PROJECT and item.store.account == store.account and item.store.client in fellows
            }
            if searching:
                from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import list_projects

                left_out: list[str] = []
                found = list_projects(store.account, fellows, self._exclude, left_out)
                known.update({item.unread or item.path: item for item in _read_all(found)})
                if left_out:
                    told = (
                        f"{show(left_out[0])} is a mount point or left out by exclude, so its projects were not read."
                    )
                    known[told] = Project(os.path.join(store.account.home, ""), (), unread=told)
            if reading:
                known.update({item.unread or item.path: item for item in self._list_packages(store.account)})
            moved = _read_moved(store.account, known.values(), is_home=searching)
            self._trees[key] = _Tree([*known.values(), *moved])
        return self._trees[key]


def is_from_outside(found: OpenStore, credential: Credential) -> bool:
    """Return whether a credential of a project's file refers to a secret from outside the project."""
    is_reference = credential.secret is not None and credential.source == "environment"
    return found.store.level == PROJECT and is_reference and not any(item.of_project for item in credential.readings)


def _parse(link: Reading) -> Registry | None:
    return try_parse_registry(link.value)


def _read_neighbours(store: Store, fellows: tuple[str, ...]) -> list[Project]:
    from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import list_neighbours

    return _read_all(list_neighbours(store, fellows))


def _read_own_package(found: OpenStore) -> list[Project]:
    """Read the project's own package, whose registry gets a login that has none of its own."""
    from ansible_collections.npmops.auth.plugins.module_utils._stores.packages import find_beside, read_package

    if not any(Registries(found.readings, found.defaults).can_move(item) for item in find_credentials(found.readings)):
        return []
    return read_package(found.store.account, find_beside(found.store.path))


def _read_all(stores: Iterable[Store]) -> list[Project]:
    found: list[Project] = []
    left = _MOST_SETTINGS
    for store in stores:
        if left <= 0:
            told = f"There are too many settings: {show(store.path)} and later files were not read."
            return [*found, Project(os.path.join(store.account.home, ""), (), unread=told)]
        # A client ignores a file that it cannot read. One that only this collection cannot read counts.
        with contextlib.suppress(NpmopsError):
            try:
                readings = read_effective(store)
            except UnreadStore as problem:
                found.append(Project(store.path, (), unread=f"{problem}."))
                continue
            if readings is not None:
                left -= 1 + len(readings)
                found.append(Project(store.path, readings))
    return found


def _read_moved(account: Account, projects: Iterable[Project], *, is_home: bool) -> list[Project]:
    """Read the files that projects make npm read.

    :param is_home: for a credential of the home, which npm does not send where a project moves the file that holds it.
    """
    found: list[Project] = []
    readers: list[tuple[str, str]] = []
    for project in projects:
        for move in list_moves(account, project.path, project.readings, GLOBAL_KEYS if is_home else KEYS):
            if move.path:
                readers.append((project.path, move.path))
            else:
                found.append(Project(project.path, (), unread=move.describe(project.path), reader=project.path))
    paths = dict.fromkeys(path for _reader, path in readers)
    read = {item.path: item for item in _read_all([Store(account, NPM, path, level=PROJECT) for path in paths])}
    found += (read[path]._replace(reader=reader) for reader, path in readers if path in read)
    return [*found, *(item for path, item in read.items() if path not in paths)]


def _folder_of(path: str) -> str:
    return os.path.join(os.path.dirname(path), "")
