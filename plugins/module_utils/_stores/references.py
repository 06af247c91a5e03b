# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Resolve references: credentials of the form ``${NAME}`` get the values that the variables are set to.

Private to this collection. Files that set variables contain secrets of other programs: an assignment counts only if a
credential file refers to its name, the name is a client's own, or the value can only be an npm token. A reference in a
project's file is resolved from outside that project only if the account's home, the host or the operator names its
registry.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import List, NamedTuple, Tuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    BACKUP,
    CLIENTS,
    ENVIRONMENT,
    GLOBAL,
    NPM,
    PROJECT,
    USER,
    YARN,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import Problem, StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import Assignment
from ansible_collections.npmops.auth.plugins.module_utils._formats.variables import (
    VariablesFormat,
    is_url,
    list_removable,
    make_setting,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import (
    BASIC,
    TOKEN,
    Credential,
    find_credentials,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
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
    split_name,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.own_variables import (
    find_login_in_value,
    find_own_settings,
    find_readers,
    is_of_npm,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import USERINFO, Format, is_link
from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import enumerate_names
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import (
    OpenStore,
    Torn,
    WeakerLevels,
    open_stores,
    read_quietly,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store, list_user_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import (
    list_neighbours,
    list_projects_named,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings
from ansible_collections.npmops.auth.plugins.module_utils._stores.variables import (
    TOO_MANY,
    ProjectFiles,
    VariableFile,
    VariableFiles,
    find_project_files,
    list_process_values,
)

_LONGEST_CHAIN = 5
# Begins the message on a completely unreadable file, which does not matter if another file sets the variable.
_IN_FILE = "in "
_MOST_VALUES = 20
_PART = "part-of-a-value"
#: An assignment, and the settings that it stands for.
_Pair = Tuple[Assignment, List[Tuple[str, str]]]


class VariableStore(Store):
    """A file that sets variables and contains credentials."""

    variables: Format
    readers: tuple[str, ...]
    registries: tuple[Reading, ...]

    @property
    def form(self) -> Format:
        return self.variables

    @property
    def fellows(self) -> tuple[str, ...]:
        return self.readers

    @property
    def said(self) -> tuple[Reading, ...]:
        return self.registries

    @classmethod
    def make(
        cls, store: Store, variables: Format, readers: tuple[str, ...], registries: tuple[Reading, ...]
    ) -> VariableStore:
        """Copy a store, with the format that recognizes its credentials.

        :param readers: the clients that read them, directly or by a reference.
        :param registries: the default registries that the file names for these clients.
        """
        made = cls(*store)
        made.variables, made.readers, made.registries = variables, readers, registries
        return made


class _Meant(NamedTuple):
    """What the variables of one store are for.

    :ivar readers: the clients that read them without a reference, the one whose files take precedence last.
    :ivar referring: the files that refer to them.
    """

    readers: tuple[str, ...] = ()
    referring: tuple[OpenStore, ...] = ()


@dataclass(frozen=True)
class _Value:
    """A value of a variable, and the places that set it."""

    text: str = field(repr=False)
    places: tuple[tuple[str, int | None], ...]


@dataclass
class _Wanted:
    """The settings that refer to variables.

    :ivar names: for each variable, the names of the settings.
    :ivar stores: for each variable, the files that contain the settings, by their paths.
    """

    names: dict[str, list[str]] = field(default_factory=dict)
    parts: set[str] = field(default_factory=set)
    stores: dict[str, dict[str, OpenStore]] = field(default_factory=dict)

    def add(self, variable: str, setting: str, found: OpenStore) -> None:
        names = self.names.setdefault(variable, [])
        if setting not in names:
            names.append(setting)
        self.stores.setdefault(variable, {})[found.store.path] = found

    def add_alias(self, variable: str, other: str) -> None:
        """Add a variable whose value this one has."""
        names = self.names.setdefault(other, [])
        names += [name for name in self.names[variable] if name not in names]
        self.stores.setdefault(other, {}).update(self.stores[variable])


class References:
    """The references of a run, and the variables that they name."""

    def __init__(
        self,
        opened: Sequence[OpenStore],
        accounts: Sequence[Account],
        options: StoreOptions,
        trusted: Sequence[Registry],
        torn: Torn,
        *,
        in_projects: bool = True,
    ) -> None:
        """:param in_projects: projects can set a variable of the home to other values than the home does."""
        self._in_projects = in_projects
        self._opened = list(opened)
        self._accounts = accounts
        self._options = options
        self._surroundings = Surroundings(opened, trusted, options.exclude)
        self._torn = torn
        self._files = VariableFiles(torn)
        self._weaker = WeakerLevels()
        self._of_projects: dict[str, list[VariableFile]] = {}
        self._wanted: dict[str, _Wanted] = {}
        self._wanted_beside: dict[tuple[str, str], _Wanted] = {}

    def follow(self) -> list[OpenStore]:
        """Return the files with their references resolved, followed by the files that set variables."""
        found = [self._resolve_all(found) for found in self._opened]
        if ENVIRONMENT in self._options.clients:
            self._ask_other_clients()
            found += self._open_variables()
            self._torn.problems += [
                Problem(
                    name,
                    store.path,
                    f"{show(store.path)} and later files of {name} were not read: {TOO_MANY}. Select fewer files with "
                    "exclude.",
                )
                for name, store in self._files.unread.items()
            ]
        return found

    def _ask_other_clients(self) -> None:
        """Find the variables named by the accounts' files of clients that are not part of the run."""
        known = {(found.store.account.name, found.store.path) for found in self._opened}
        others = [
            store
            for account in self._accounts
            for client in CLIENTS
            if client not in (*self._options.clients, BACKUP)
            for store in list_user_stores(account, client)
            if (account.name, store.path) not in known
        ]
        opened, _problems = open_stores(others)
        self._opened += opened
        for found in opened:
            for credential in find_credentials(found.readings):
                for reading in credential.readings:
                    names = list_variables(reading, found.store.form)
                    whole, parts = _sort_names(reading, found.store.form, names) if names else ((), ())
                    wanted = self._wanted.setdefault(found.store.account.name, _Wanted())
                    wanted.parts.update(parts)
                    for name in whole:
                        wanted.add(name, reading.name, found)

    # References --------------------------------------------------------------------------------------------------

    def _resolve_all(self, found: OpenStore) -> OpenStore:
        changed: dict[int, list[Reading]] = {}
        for reading in found.readings if found.store.level != PROJECT else ():
            # The URL of a registry can contain a login.
            for name in list_variables(reading, found.store.form) if is_link(reading.setting.name) else ():
                self._wanted.setdefault(found.store.account.name, _Wanted()).add(name, reading.setting.name, found)
        for credential in find_credentials(found.readings):
            if credential.kind not in (TOKEN, BASIC):
                continue
            for reading in credential.readings:
                names = list_variables(reading, found.store.form)
                # What other clients read in the same setting is part of its first reading.
                if names and not (reading.setting.others and id(reading.setting) in changed):
                    changed[id(reading.setting)] = self._resolve(found, credential, reading, names)
        if not changed:
            return found
        readings: list[Reading] = []
        for item in found.readings:
            readings += changed.get(id(item.setting), [item])
        return found._replace(readings=tuple(readings))

    def _resolve(
        self, found: OpenStore, credential: Credential, reading: Reading, names: Sequence[str]
    ) -> list[Reading]:
        """Return a setting once for each value that it can have."""
        store = found.store
        permit = self._permit(found, credential)
        whole, parts = _sort_names(reading, store.form, names)
        if parts and store.level != PROJECT:
            self._wanted.setdefault(store.account.name, _Wanted()).parts.update(parts)
        for name in whole:
            if permit(name, ""):
                self._wanted.setdefault(store.account.name, _Wanted()).add(name, reading.name, found)
            if store.level == PROJECT:
                folder = store.path.rpartition("/")[0]
                self._wanted_beside.setdefault((store.account.name, folder), _Wanted()).add(name, reading.name, found)
        missing = [name for name in names if name in reading.unset]
        first = (missing or list(names))[0]
        values, set_by, beside = self._list_values(store, first, permit)
        own = store.account.environment.get(first, "")
        if own.strip() and permit(first, own):
            values = _join([_Value(own, ())], values)
        environment = {
            **store.environment,
            **{name: value for name, value in store.account.environment.items() if permit(name, value)},
        }
        places: list[tuple[str, int | None]] = []
        for name in missing[1:]:
            others, more, _beside = self._list_values(store, name, permit)
            places += others[0].places if others and name in (*whole, *parts) else ()
            environment.update({name: others[0].text} if others else {})
            set_by += more
        results: list[Reading] = [] if reading.unset else [reading]
        for value in values[:_MOST_VALUES]:
            again = resolve(reading, store.form, {**environment, first: value.text})
            if again.name != reading.name or again.unset:
                continue
            set_in = (*(value.places if first in (*whole, *parts) else ()), *places)
            again = again._replace(of_host=reading.of_host, set_in=set_in, of_project=value in beside, parts=parts)
            # Keep a fallback only once.
            again = again if reading.references else again._replace(fallback=None)
            same = [item for item in results if item.value == again.value]
            results = [item._replace(set_in=again.set_in) if item in same else item for item in results]
            results += [] if same else [again]
        if len(values) > _MOST_VALUES:
            set_by.append(f"to more than {_MOST_VALUES} values")
        unknown = tuple(dict.fromkeys(said for said in set_by if not values or not said.startswith(_IN_FILE)))
        if unknown or not results:
            unset = reading.unset or (first,)
            results.append(reading._replace(references=tuple(names), unset=unset, set_by=unknown))
        return results

    def _permit(self, found: OpenStore, credential: Credential) -> Callable[[str, str], bool]:
        """Return the check whether a credential may use a variable that is set outside of its project."""
        if found.store.level != PROJECT or self._surroundings.is_chosen(found, credential):
            return _allow
        return is_of_npm if self._surroundings.is_named(found, credential) else _refuse

    def _list_values(
        self, store: Store, name: str, permit: Callable[[str, str], bool]
    ) -> tuple[list[_Value], list[str], list[_Value]]:
        """Return a variable's values, what else sets it, and the values that the project itself sets."""
        account = store.account
        beside, set_by = _collect(self._list_beside(store), name)
        values = list(beside)
        if permit is _refuse:
            return values, set_by, beside
        files = [*self._files.list_of_account(account), *self._files.list_of_host(account)]
        others, more = _collect(files, name)
        others = [value for value in others if permit(name, value.text)]
        is_open = permit(name, "")
        values, set_by = _join(values, others), [*set_by, *(more if is_open else ())]
        if is_open and ((self._in_projects and store.level != PROJECT) or not (values or set_by)):
            # A client that runs in a project may read the project's value of a reference in the home.
            others, more = _collect([*self._list_in_projects(account), *files], name)
            values, set_by = _join(values, others), [*set_by, *more]
        if is_open and not values and not set_by:
            found = list_process_values(account, frozenset([name]))
            values = [_Value(value.strip(), ((path, None),)) for _name, value, path in found]
            # The value of a process can differ from the one that such a line sets.
            set_by = _list_hints(files, name)
        return values, set_by, beside

    def _list_in_projects(self, account: Account) -> list[VariableFile]:
        if account.name not in self._of_projects:
            stores = list_projects_named(account, ProjectFiles(), self._options.exclude)
            self._of_projects[account.name] = self._files.read_stores(stores)
        return self._of_projects[account.name]

    def _list_beside(self, store: Store) -> list[VariableFile]:
        return self._files.list_beside(store) if store.level == PROJECT else []

    # Files that set variables ------------------------------------------------------------------------------------

    def _open_variables(self) -> list[OpenStore]:
        files: list[VariableFile] = []
        if USER in self._options.levels and self._options.paths is None:
            files += [item for account in self._accounts for item in self._files.list_of_account(account)]
        if GLOBAL in self._options.levels:
            (own,), _absent = find_accounts(None)
            files += self._files.list_of_host(own)
        if PROJECT in self._options.levels:
            files += self._files.read_stores(find_project_files(self._accounts, self._options))
        self._add_aliases(files)
        chosen = [item for item in _drop_same(files) if item.store.level in self._options.levels]
        return [found for item in chosen for found in self._open(item)]

    def _add_aliases(self, files: Sequence[VariableFile]) -> None:
        """If a variable has the value of another one, add that one: its assignment contains the token.

        A project's file counts only for references in the same directory.
        """
        for item in files:
            folder = self._files.get_project(item.store)
            wanted = [self._wanted_beside.get((item.store.account.name, folder))]
            if item.store.level == GLOBAL:
                wanted = list(self._wanted.values())
            elif item.store.level != PROJECT:
                wanted = [self._wanted.get(item.store.account.name)]
            # The other one can be set above or below, and have the value of a third one.
            for entry in (*item.read.found, *item.read.found[::-1]):
                for found in wanted:
                    if found and entry.reference and entry.name in found.names:
                        found.add_alias(entry.name, entry.reference)

    def _open(self, item: VariableFile) -> list[OpenStore]:
        """Open a file's credentials; those that cannot be removed are separate, so that the others can be."""
        content = item.content
        if content is None:
            return []
        counted = [(entry, *self._find_settings(item.store, entry)) for entry in item.read.found]
        counted = [found for found in counted if found[1]]
        free = list_removable([entry for entry, _settings, _meant in counted], item.read, item.syntax, content.data)
        identities = {entry.identity for entry in free if not is_url(entry.value)}
        groups: dict[tuple[object, ...], tuple[_Meant, list[_Pair]]] = {}
        for entry, settings, meant in sorted(counted, key=lambda found: found[0].identity in identities):
            key = (entry.identity in identities, meant.readers, *map(id, meant.referring))
            groups.setdefault(key, (meant, []))[1].append((entry, settings))
        return [self._make_store(item, content, pairs, meant) for meant, pairs in groups.values()]

    def _make_store(self, item: VariableFile, content: Content, pairs: Sequence[_Pair], meant: _Meant) -> OpenStore:
        wanted = frozenset((entry.name, entry.value or "") for entry, _settings in pairs)
        base = item.store
        fellows = [name for found in meant.referring for name in found.store.fellows]
        fellows += [name for reader in meant.readers for name in (*CLIENTS[reader].reads, reader)]
        said = list_said(item, meant.readers)
        store = VariableStore.make(base, VariablesFormat(item.syntax, wanted), tuple(dict.fromkeys(fellows)), said)
        of_default = bool(meant.readers) and meant.readers != (YARN,)
        referrers = {each.name: each.setting.shown for found in meant.referring for each in found.readings}
        readings: list[Reading] = []
        for entry, settings in pairs:
            setting = make_setting(entry)
            places: tuple[tuple[str, int | None], ...] = ((base.path, entry.line),)
            of_host = base.level == GLOBAL
            made = [
                Reading(
                    setting,
                    name,
                    value,
                    of_host=of_host,
                    set_in=places,
                    of_default=of_default,
                    referrer=referrers.get(name, ""),
                )
                for name, value in settings
            ]
            if entry.is_part:
                parts = (_say_parts(item, entry),)
                names = (entry.name,)
                made = [each._replace(value=None, references=names, unset=names, set_by=parts) for each in made]
            readings += made
        return OpenStore(store, content, tuple(readings), (*self._list_defaults(store, meant), *said))

    def _find_settings(self, store: Store, entry: Assignment) -> tuple[list[tuple[str, str]], _Meant]:
        """Return the settings, with values, that an assignment represents; none if no client uses it."""
        value = _PART if entry.is_part else (entry.value or "").strip()
        if not value:
            return [], _Meant()
        folder = self._files.get_project(store)
        names: list[str] = []
        wanted = [self._wanted.get(store.account.name), self._wanted_beside.get((store.account.name, folder))]
        if store.level == GLOBAL:
            wanted = [self._wanted.get(name) for name in self._wanted]
        elif store.level != PROJECT:
            wanted = wanted[:1]
        referring: dict[str, OpenStore] = {}
        for item in wanted:
            names += [name for name in (item.names.get(entry.name, []) if item else []) if name not in names]
            referring.update(item.stores.get(entry.name, {}) if item else {})
        links = [name for name in names if is_link(name)]
        names = [name for name in names if name not in links]
        if links and not names:
            return find_login_in_value(value), _Meant(referring=tuple(referring.values()))
        if any(item and entry.name in item.parts for item in wanted):
            return find_own_settings("", value), _Meant()
        if names:
            stores = tuple(referring.values())
            return [(bound, value) for name in names for bound in _bind(name, stores)], _Meant(referring=stores)
        settings = find_own_settings(entry.name, value)
        is_unscoped = any(name in ("_authToken", "_auth") for name, _value in settings)
        return settings, _Meant(find_readers(entry.name) if is_unscoped else ())

    def _list_defaults(self, store: VariableStore, meant: _Meant) -> tuple[Reading, ...]:
        """List the settings of the clients' files, which name registries and how to reach them, lowest first."""
        found: list[Reading] = []
        project = self._files.get_project(store) if store.level == PROJECT else ""
        for client in meant.readers or ((NPM,) if not meant.referring else ()):
            found += self._weaker.read(Store(store.account, client, store.path, level=PROJECT), ())
        for item in meant.referring:
            if item.store.level == PROJECT and item.store.path.rpartition("/")[0] != project:
                # Its project's settings are not those of other files.
                found += item.defaults
            else:
                found += [*item.defaults, *(reading for reading in item.readings if not reading.setting.commented)]
        if store.level == PROJECT:
            for beside in list_neighbours(Store(store.account, store.client, f"{project}/"), store.fellows):
                found += read_quietly(beside) or ()
        return tuple(found)


def _bind(name: str, referring: Sequence[OpenStore]) -> list[str]:
    """Put the default registry into a setting's name if files of several clients refer to the variable."""
    if split_name(name) or len({found.store.fellows for found in referring}) == 1:
        return [name]
    found = [item for item in referring if any(reading.name == name for reading in item.readings)]
    return list(dict.fromkeys(f"{_find_default(item).key}:{name}" for item in found))


def _find_default(found: OpenStore) -> Registry:
    try:
        return Registries(found.readings, found.defaults).get_default()
    except StoreError:
        return parse_registry(PUBLIC_REGISTRY)


def list_said(item: VariableFile, readers: Sequence[str]) -> tuple[Reading, ...]:
    """Return the default registries that a file names for clients by variables, as settings."""
    found = [
        reading
        for entry in item.read.found
        for is_yarn in {reader == YARN for reader in readers}
        for reading in read_registries({entry.name: entry.value}, is_yarn=is_yarn, line=entry.line)
    ]
    return tuple(item for item in found if item.name == "registry")


def _allow(_name: str, _value: str) -> bool:
    return True


def _refuse(_name: str, _value: str) -> bool:
    return False


def _drop_same(files: Iterable[VariableFile]) -> list[VariableFile]:
    """Keep each file once, for its owner if that is one of the accounts."""
    chosen: dict[tuple[int, int], VariableFile] = {}
    for item in files:
        if item.content is None or item.problem:
            # It was not parsed here; the same file may be under another path.
            continue
        other = chosen.setdefault(item.content.identity, item)
        if other.store.account.uid != item.content.owner == item.store.account.uid:
            chosen[item.content.identity] = item
    return list(chosen.values())


def _collect(files: Iterable[VariableFile], name: str) -> tuple[list[_Value], list[str]]:
    """Return a variable's values in these files, and what else sets it."""
    files = list(files)
    set_by: list[str] = []
    for item in files:
        if item.problem and item.mentions(name):
            place = _IN_FILE if item.content is None else "by a line in "
            set_by.append(f"{place}{show(item.store.path)}, which cannot be read: {item.problem}")
    values, said = _Chain(files).follow(name)
    return values, list(dict.fromkeys([*set_by, *said]))


def _say_parts(item: VariableFile, entry: Assignment) -> str:
    """Say that several statements set the value together, or that one adds to a value from elsewhere."""
    lines = [str(other.line) for other in item.read.found if other.name == entry.name and other.is_part]
    if len(lines) == 1:
        return f"to something that is not a plain value ({show(item.store.path)} line {lines[0]})"
    return f"in several parts ({show(item.store.path)} lines {enumerate_names(lines)})"


def _sort_names(reading: Reading, form: Format, names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the variables whose values are secrets, and those with only parts of one; a user name is neither."""
    text, field_name = str(reading.setting.value).strip(), reading.name.rpartition(":")[2]
    if field_name == "username":
        return (), ()
    if field_name in ("_auth", USERINFO):
        text = text.partition(":")[2] or text
    others = dict.fromkeys(names, "x")
    named = form.expand(text, others).references
    whole: list[str] = []
    for name in names:
        among, alone = (form.expand(text, {**rest, name: _PART}).text for rest in (others, {}))
        # The second: as a fallback.
        if among == _PART or (alone == _PART and _PART not in among):
            whole.append(name)
    return tuple(whole), tuple(name for name in names if name in named and name not in whole)


def _list_hints(files: Iterable[VariableFile], name: str) -> list[str]:
    """List lines that may set a variable within the text of an alias, ``eval`` or the like."""
    sets = re.compile(rf"(?m)^(?![ \t]*#).*?(?:(?<![\w$.-]){re.escape(name)}:?=|-v[ \t]+{re.escape(name)}\b)")
    found: list[str] = []
    for item in files:
        text = item.content.data.decode("utf-8", "replace") if item.content else ""
        match = sets.search(text)
        if match:
            line = text.count("\n", 0, match.end()) + 1
            found.append(f"to something that is not a plain value ({show(item.store.path)} line {line})")
    return found


class _Chain:
    """Follows variables that have the values of other variables, each only once."""

    def __init__(self, files: Sequence[VariableFile]) -> None:
        self._entries: dict[str, list[tuple[VariableFile, Assignment]]] = {}
        for item in files:
            for entry in item.read.found:
                self._entries.setdefault(entry.name, []).append((item, entry))
        self._known: dict[tuple[str, int], list[_Value]] = {}

    def follow(self, name: str) -> tuple[list[_Value], list[str]]:
        """Return a variable's values, and what else sets it."""
        found: list[_Value] = []
        set_by: list[str] = []
        followed: set[str] = set()
        for item, entry in self._entries.get(name, ()):
            values, said = self._read(item, entry, _LONGEST_CHAIN)
            found += values if entry.value is not None or entry.reference not in followed else []
            followed.add(entry.reference)
            set_by += said
        return _join([], found), set_by

    def _read(self, item: VariableFile, entry: Assignment, left: int) -> tuple[list[_Value], list[str]]:
        place: tuple[str, int | None] = (item.store.path, entry.line)
        where = f"{show(item.store.path)} line {entry.line}"
        if entry.value is not None:
            return ([_Value(entry.value.strip(), (place,))] if entry.value.strip() else []), []
        if entry.command:
            return [], [f"by the command {entry.command} ({where})"]
        if entry.reference == entry.name:
            # It passes on a value that is set elsewhere.
            return [], []
        if entry.is_part:
            return [], [_say_parts(item, entry)]
        values = self._list_values(entry.reference, left - 1) if entry.reference and left else []
        said = [_say_parts(*other) for other in self._entries.get(entry.reference, ()) if other[1].is_part]
        return (values, said) if values or said else ([], [f"to something that is not a plain value ({where})"])

    def _list_values(self, name: str, left: int) -> list[_Value]:
        if (name, left) not in self._known:
            sources: dict[str, tuple[VariableFile, Assignment]] = {}
            found: list[_Value] = []
            for item, entry in self._entries.get(name, ()):
                if entry.value is not None:
                    found += self._read(item, entry, left)[0]
                elif entry.reference:
                    sources.setdefault(entry.reference, (item, entry))
            for item, entry in sources.values():
                found += self._read(item, entry, left)[0]
            self._known[name, left] = _join([], found)
        return self._known[name, left]


def _join(values: Sequence[_Value], others: Iterable[_Value]) -> list[_Value]:
    """Return each value once, with all of its places."""
    joined: dict[str, dict[tuple[str, int | None], None]] = {}
    for value in (*values, *others):
        joined.setdefault(value.text, {}).update(dict.fromkeys(value.places))
    return [_Value(text, tuple(places)) for text, places in joined.items()]
