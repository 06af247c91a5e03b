# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the files that set environment variables for an account, in a project and for the host.

Private to this collection. Each file is read once, with the privileges of the account that it is read for. A
missing file costs one look-up.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    ENVIRONMENT,
    GLOBAL,
    PROJECT,
    USER,
    YARN,
    Place,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import ClosedStore, NpmopsError, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, read_file
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    MOST_BYTES,
    Assignments,
    Syntax,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    BASH,
    CSH,
    DOTENV,
    ENVIRONMENT_D,
    ENVIRONMENT_FILE,
    FISH,
    FISH_VARIABLES,
    MOST_FILES,
    OF_ACCOUNT,
    OF_HOST,
    PAM,
    PAM_ENV,
    SH,
    UNIT,
    Store,
    list_directory,
    list_user_stores,
    list_variable_paths,
    place_in_home,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import find_projects

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._stores.open import Torn

#: A file of Yarn 4, which can list files in the syntax of ``.env``.
YARNRC = "yarnrc_yml"
_OF_PROJECT = {".env": DOTENV, ".npmrc.env": DOTENV, ".envrc": BASH, ".path": DOTENV, ".yarnrc.yml": YARNRC}
_OF_SOURCES = {UNIT: ENVIRONMENT_FILE, YARNRC: DOTENV}
_DOTENV_BEGINNING = ".env."
TOO_MANY = "too many files set variables"


@dataclass(frozen=True)
class VariableFile:
    """A file that sets variables.

    :ivar store: its place; the format is the name of the syntax.
    :ivar problem: why it cannot be read, as the end of a sentence.
    """

    store: Store
    content: Content | None = field(repr=False)
    read: Assignments = field(default_factory=lambda: Assignments(()))
    problem: str = ""

    @property
    def syntax(self) -> Syntax:
        return load_syntax(self.store.format)

    def mentions(self, name: str) -> bool:
        """Return whether the file contains the name, or could not be read."""
        return self.content is None or name.encode("utf-8", "replace") in self.content.data


class ProjectFiles(dict):  # type: ignore[type-arg]
    """The names of projects' files that set variables, for ``find_projects``."""

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and (name in _OF_PROJECT or name.startswith(_DOTENV_BEGINNING))

    def __missing__(self, name: str) -> tuple[str, Place]:
        return ENVIRONMENT, Place(PROJECT, name, _OF_PROJECT.get(name, DOTENV))


class VariableFiles:
    """The files of a run, each read once for each account."""

    def __init__(self, torn: Torn | None = None) -> None:
        """:param torn: finishes the writes of interrupted runs before a file is read."""
        self._torn = torn
        # A project's file can also be read by the account's own files, and then counts differently.
        self._known: dict[tuple[str, str, bool], VariableFile | None] = {}
        self._counts: dict[str, int] = {}
        self._folders: dict[str, str] = {}
        #: For each account, the first file that was not read because there are too many.
        self.unread: dict[str, Store] = {}

    def list_of_account(self, account: Account) -> list[VariableFile]:
        """List the account's own files, and those that they read by a plain path."""
        return self._read_all(account, USER, OF_ACCOUNT)

    def list_of_host(self, reader: Account) -> list[VariableFile]:
        """List the host's files, as far as this account can read them."""
        return self._read_all(reader, GLOBAL, OF_HOST)

    def list_beside(self, store: Store) -> list[VariableFile]:
        """List the files in the directory of a project's file."""
        folder = os.path.dirname(store.path)
        with acting_as(store.account):
            names = [name for name in list_directory(folder) if name in ProjectFiles()]
        return self.read_stores([_make_project_store(store.account, folder, name) for name in names])

    def read_stores(self, stores: Sequence[Store]) -> list[VariableFile]:
        """Read files of projects, and those that they list."""
        found: dict[str, VariableFile] = {}
        for store in stores:
            item = self._read(store)
            if item and (store.format != YARNRC or item.problem):
                found.setdefault(store.path, item)
            for path in item.read.sources if item and store.format == YARNRC else ():
                listed = self._read_listed(store, path)
                if listed:
                    found.setdefault(path, listed)
        return list(found.values())

    def get_project(self, store: Store) -> str:
        """Return the directory of the project that a file belongs to."""
        return self._folders.get(store.path) or os.path.dirname(store.path)

    def _read_listed(self, store: Store, path: str) -> VariableFile | None:
        """Read a file that a project's file lists, but only within that project."""
        folder = os.path.dirname(store.path)
        if folder == os.path.normpath(store.account.home):
            # It is one of the account's own files.
            return None
        listed = Store(store.account, ENVIRONMENT, path, DOTENV, PROJECT)
        with acting_as(store.account):
            top, exists = os.path.realpath(folder), os.path.lexists(path)
        found = self._read(listed) if path.startswith(f"{folder}/") else None
        if found and (found.content is None or found.content.path.startswith(f"{top}/")):
            self._folders[path] = folder
            return found
        return VariableFile(listed, None, problem=f"it is outside of the project {folder}") if exists else None

    def _read_all(self, account: Account, level: str, places: Sequence[tuple[str, str]]) -> list[VariableFile]:
        own = list_user_stores(account, YARN) if level == USER else ()
        with acting_as(account):
            pending = [
                Store(account, ENVIRONMENT, path, syntax, level)
                for place, syntax in places
                for path in list_variable_paths(place, account)
            ]
        pending += [Store(account, ENVIRONMENT, item.path, YARNRC, level) for item in own]
        found: list[VariableFile] = []
        seen = {store.path for store in pending}
        while pending:
            item = self._read(pending.pop(0))
            if item is None:
                continue
            if item.store.format != YARNRC or item.problem:
                found.append(item)
            for source in item.read.sources:
                path = place_in_home(source, account)
                if path not in seen and (level == USER or not source.startswith("~")):
                    seen.add(path)
                    syntax = _OF_SOURCES.get(item.store.format, item.store.format)
                    of_host = level == GLOBAL or not path.startswith(f"{account.home.rstrip('/')}/")
                    pending.append(Store(account, ENVIRONMENT, path, syntax, GLOBAL if of_host else level))
        return found

    def _read(self, store: Store) -> VariableFile | None:
        key = (store.account.name, store.path, store.level == PROJECT)
        if key not in self._known:
            count = self._counts[store.account.name] = self._counts.get(store.account.name, 0) + 1
            self._known[key] = self._read_whole(store) if count <= MOST_FILES else self._pass_over(store)
        return self._known[key]

    def _pass_over(self, store: Store) -> VariableFile | None:
        """Report the first existing file beyond the limit in place of all files of the account that are not read."""
        with acting_as(store.account):
            if store.account.name in self.unread or not os.path.lexists(store.path):
                return None
        self.unread[store.account.name] = store
        return VariableFile(store, None, problem=TOO_MANY)

    def _read_whole(self, store: Store) -> VariableFile | None:
        if self._torn:
            self._torn.finish([store])
            if not self._torn.drop_broken([store]):
                return VariableFile(store, None, problem="it is incomplete")
        return _read_file(store)


def find_project_files(accounts: Sequence[Account], options: object) -> list[Store]:
    """Find projects' files that set variables, in the directories that the options name."""
    return list(find_projects(accounts, options, ProjectFiles()))  # type: ignore[arg-type]


def _read_file(store: Store) -> VariableFile | None:
    try:
        with acting_as(store.account):
            status = os.stat(store.path)
            if stat.S_ISREG(status.st_mode) and status.st_size > MOST_BYTES:
                return VariableFile(store, None, problem="it is too large")
            content = read_file(store.path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, NpmopsError) as problem:
        if store.level == GLOBAL and isinstance(problem, (PermissionError, ClosedStore)):
            # A file that the account cannot read sets nothing in its shells. Its processes are searched instead.
            return None
        return VariableFile(store, None, problem="it cannot be read")
    if content is None:
        return None
    if store.format == YARNRC:
        return _read_list(store, content)
    if _leads_out(store, content):
        return VariableFile(store, content, problem="it is a symbolic link to a file outside of its project")
    try:
        return VariableFile(store, content, load_syntax(store.format).parse(content.data))
    except StoreError as problem:
        return VariableFile(store, content, problem=str(problem))


def _read_list(store: Store, content: Content) -> VariableFile:
    """Read the paths in a file of Yarn. Without them, the file may set any variable."""
    from ansible_collections.npmops.auth.plugins.module_utils._formats.yarnrc_yml import list_environment_files

    try:
        paths = list_environment_files(content.data)
    except StoreError as problem:
        return VariableFile(store, None, problem=str(problem))
    if paths and _leads_out(store, content):
        return VariableFile(store, None, problem="it is a symbolic link to a file outside of its project")
    folder = os.path.dirname(store.path)
    sources = tuple(os.path.normpath(os.path.join(folder, path)) for path in paths)
    return VariableFile(store, content, Assignments((), sources))


def _leads_out(store: Store, content: Content) -> bool:
    """Return whether a project's file is a link out of its directory. A clone can link to others' secrets."""
    folder = os.path.dirname(store.path)
    if store.level != PROJECT or folder == os.path.normpath(store.account.home):
        return False
    with acting_as(store.account):
        return os.path.dirname(content.path) != os.path.realpath(folder)


def load_syntax(name: str) -> Syntax:
    """Return the reader of a syntax, imported on demand."""
    if name in (SH, BASH):
        from ansible_collections.npmops.auth.plugins.module_utils._formats import shell

        return shell.SH if name == SH else shell.BASH
    if name == CSH:
        from ansible_collections.npmops.auth.plugins.module_utils._formats import csh

        return csh
    if name in (FISH, FISH_VARIABLES):
        from ansible_collections.npmops.auth.plugins.module_utils._formats import fish

        return fish if name == FISH else fish.UNIVERSAL
    if name == UNIT:
        from ansible_collections.npmops.auth.plugins.module_utils._formats import systemd_unit

        return systemd_unit
    if name in (ENVIRONMENT_FILE, ENVIRONMENT_D):
        from ansible_collections.npmops.auth.plugins.module_utils._formats import environment_file

        return environment_file.FILE if name == ENVIRONMENT_FILE else environment_file.DIRECTORY
    if name in (PAM, PAM_ENV):
        from ansible_collections.npmops.auth.plugins.module_utils._formats import pam_env

        return pam_env if name == PAM else pam_env.CONFIGURATION
    from ansible_collections.npmops.auth.plugins.module_utils._formats import dotenv

    return dotenv


def list_process_values(account: Account, names: frozenset[str]) -> list[tuple[str, str, str]]:
    """List name, value and place of these variables in the environments of the account's processes, each value once."""
    found: dict[tuple[str, str], str] = {}
    with acting_as(account):
        for number in sorted((name for name in list_directory("/proc") if name.isdigit()), key=int):
            path = f"/proc/{number}/environ"
            for entry in _read_environment(path, account):
                name, _equals, value = entry.partition("=")
                if name in names and value and int(number) != os.getpid():
                    found.setdefault((name, value), path)
    return [(name, value, path) for (name, value), path in found.items()]


def _read_environment(path: str, account: Account) -> list[str]:
    with contextlib.suppress(OSError, ValueError):
        if os.stat(os.path.dirname(path)).st_uid == account.uid:
            with open(path, "rb") as stream:
                return stream.read(MOST_BYTES).decode("utf-8", "replace").split("\0")
    return []


def _make_project_store(account: Account, folder: str, name: str) -> Store:
    return Store(account, ENVIRONMENT, os.path.join(folder, name), _OF_PROJECT.get(name, DOTENV), PROJECT)
