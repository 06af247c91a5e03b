# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check that no other registry gets a new login through a variable.

Private to this collection. Imported only if a login is written to an assignment. Another registry gets the login if a
credential file refers to the variable, or if a client reads the variable by itself, as Yarn reads
``YARN_NPM_AUTH_TOKEN``. The same applies to every variable that gets its value from the first one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    BACKUP,
    BUN,
    CLIENTS,
    NPM,
    PNPM,
    PROJECT,
    YARN,
    YARN_CLASSIC,
)
from ansible_collections.npmops.auth.plugins.module_utils._clients import GLOBAL as OF_HOST
from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import Assignment
from ansible_collections.npmops.auth.plugins.module_utils._login.put import Login, find_fields
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import (
    Reading,
    list_variables,
    read_registries,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, try_parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.own_variables import MAPPING, NAMES_WITH_KEY
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_global_npmrc
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, open_stores, read_quietly
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store, list_user_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import list_neighbours
from ansible_collections.npmops.auth.plugins.module_utils._stores.variables import VariableFile, VariableFiles

_NAMES = {NPM: "npm", PNPM: "pnpm", YARN: "Yarn", YARN_CLASSIC: "Yarn 1", BUN: "Bun"}
_URL = re.compile(rb"https?:[\\/]+[^\s\"'\\<>]+")
# Variables with a login, but without a registry, that clients read by themselves, and these clients. No client reads
# ``NPM_TOKEN`` and the like.
_READ_BY = (
    (re.compile(r"(?i)yarn_npm_auth_(?:token|ident)\Z"), (YARN,)),
    (re.compile(r"bun_config_token\Z|npm_config_token\Z", re.I), (BUN,)),
    (re.compile(r"(?i)npm_config__?(?:auth_?token|auth|password)\Z"), (NPM, PNPM, YARN_CLASSIC)),
    (re.compile(r"(?i)pnpm_config__?auth_?token\Z"), (PNPM,)),
)
_REST = (
    "for another registry, which would get the login as well. The login was not written. Use a separate variable for "
    "each registry, then run again."
)


class SoleUse:
    """The files of an account that determine which registries get a variable's value."""

    def __init__(self, opened: OpenStore, of_run: Iterable[OpenStore], files: VariableFiles) -> None:
        """:param opened: the credential file that refers to the variable; ``of_run``: those of the run."""
        self._opened = opened
        self._fellows = _list_fellows(opened, of_run)
        self._files = _list_settings_files(self._fellows, files)

    def require(self, login: Login, reading: Reading, name: str) -> None:
        """:param reading: the setting that refers to the variable.

        :raises StoreError: another registry would get the login.
        """
        where = f"{show(self._opened.store.path)} line {reading.setting.line} refers to {show_variable(name)}"
        aliases = _list_aliases(self._files, name)
        self._require_no_reference(login, where, aliases)
        self._require_no_reader(login, where, aliases)

    def _require_no_reference(self, login: Login, where: str, aliases: Sequence[str]) -> None:
        """Check that no file refers to one of these variables for another registry."""
        for found in self._fellows:
            readings = [item for item in found.readings if not item.setting.commented]
            own = find_fields(readings, login.registry, Registries(readings, found.defaults))
            known = {id(item) for items in own.values() for item in items}
            for credential in find_credentials(readings):
                for item in credential.readings:
                    shared = [name for name in list_variables(item, found.store.form) if name in aliases]
                    if shared and id(item) not in known:
                        via = "" if shared[0] == aliases[0] else f" through {show_variable(shared[0])}"
                        place = f"{show(found.store.path)} line {item.setting.line}"
                        raise StoreError(f"{where}. {place} also refers to it{via} {_REST}")

    def _require_no_reader(self, login: Login, where: str, aliases: Sequence[str]) -> None:
        """Check that no client reads one of these variables by itself and sends it to another registry."""
        entries = [(item, entry) for item in self._files for entry in item.read.found if entry.name in aliases]
        for item, entry in entries:
            clients, setting = _find_readers(entry.name)
            for client in clients:
                registries = list(self._list_sent(client, setting) if setting else _list_named(item, entry))
                if not registries or any(registry.key != login.registry.key for registry in registries):
                    said = f"{_NAMES[client]} reads {show_variable(entry.name)} ({locate(item, entry)})"
                    raise StoreError(f"{where}. {said} {_REST}")

    def _list_sent(self, client: str, setting: str) -> Iterator[Registry]:
        """Yield the registries to which a client sends the login in a variable; none if unknown.

        :param setting: the name of the setting that the client reads from the variable.
        """
        (credential,) = find_credentials([Reading(Setting(setting, "x", 0, 0, 0, 0, 0), setting, "x")])
        readings = self._read_of(client)
        variables: list[Mapping[str, str | None]] = [{**self._opened.store.account.environment}]
        variables += [{entry.name: entry.value} for item in self._files for entry in item.read.found]
        said = [[item] for names in variables for item in read_registries(names, is_yarn=client == YARN)]
        # Variables take precedence over files; any of several can count.
        for own in said or [[]]:
            yield from Registries([*readings, *own]).list_all(credential)

    def _read_of(self, client: str) -> list[Reading]:
        """Return the settings in the client's own files, lowest precedence first."""
        store = self._opened.store
        names = (*CLIENTS[client].reads, client)
        own = [item for name in names for item in list_user_stores(store.account, name)]
        readings = [item for found in own for item in read_quietly(found) or ()]
        if NPM in names:
            paths = find_global_npmrc(store.account, readings)
            host = [Store(store.account, NPM, path, level=OF_HOST) for path in paths]
            readings = [*(item for found in host[::-1] for item in read_quietly(found) or ()), *readings]
        if store.level == PROJECT:
            beside = [*([store] if store.client in names else []), *list_neighbours(store, names)]
            readings += [item for found in beside for item in read_quietly(found) or ()]
        return readings


def _find_readers(name: str) -> tuple[tuple[str, ...], str]:
    """Return the clients that read a variable without a reference, and the setting that they read from it.

    The setting is empty for a mapping, whose value contains the registries.
    """
    key = NAMES_WITH_KEY.match(name)
    if key:
        return (NPM, PNPM), key.group(1)
    if MAPPING.match(name):
        return (PNPM,), ""
    return next(((clients, "_authToken") for shape, clients in _READ_BY if shape.match(name)), ((), ""))


def _list_named(item: VariableFile, entry: Assignment) -> Iterator[Registry]:
    """Yield the registries in the value of a variable that maps registries to logins."""
    for url in _URL.findall(_get_text(item, entry)):
        registry = try_parse_registry(url.decode("utf-8", "replace").replace("\\", ""))
        if registry:
            yield registry


def _get_text(item: VariableFile, entry: Assignment) -> bytes:
    """Return the value as written in the file."""
    return item.content.data[entry.value_start : entry.value_end] if item.content else b""


def list_outside(store: Store, files: VariableFiles) -> list[VariableFile]:
    """List the files outside of projects that set variables for an account, each once."""
    account = store.account
    found: dict[tuple[int, int] | str, VariableFile] = {}
    for item in (*files.list_of_account(account), *files.list_of_host(account)):
        found.setdefault(item.content.identity if item.content else item.store.path, item)
    return list(found.values())


def locate(item: VariableFile, entry: Assignment) -> str:
    """Return the place of an assignment for a message."""
    return f"{show(item.store.path)} line {entry.line}"


def _list_aliases(files: Iterable[VariableFile], name: str) -> list[str]:
    """List a variable and those whose values are or contain its value."""
    entries = [(item, entry) for item in files for entry in item.read.found if entry.value is None]
    names: list[str] = []
    pending = [name]
    while pending:
        known = pending.pop(0)
        names.append(known)
        refers = re.compile(rb"\$\{?%s(?!\w)" % re.escape(known.encode("utf-8", "replace")))
        for item, entry in entries:
            is_user = entry.reference == known or refers.search(_get_text(item, entry))
            if entry.name not in (*names, *pending) and is_user:
                pending.append(entry.name)
    return names


def _list_settings_files(fellows: Sequence[OpenStore], files: VariableFiles) -> list[VariableFile]:
    """List the files that set the variables to which these credential files refer."""
    beside = [item for found in fellows if found.store.level == PROJECT for item in files.list_beside(found.store)]
    return [*beside, *list_outside(fellows[0].store, files)]


def _list_fellows(opened: OpenStore, of_run: Iterable[OpenStore]) -> list[OpenStore]:
    """List a credential file and those that can refer to the same variables.

    These are the account's files and those of the run; for a project's file, the run's in or below its directory, and
    those beside it.
    """
    store = opened.store
    account = store.account
    clients = [client for client in CLIENTS if client != BACKUP]
    chosen = [item for item in of_run if item.store.account.name == account.name]
    if store.level == PROJECT:
        above = f"{os.path.dirname(store.path)}/"
        chosen = [item for item in chosen if item.store.path.startswith(above)]
        others = list_neighbours(store, clients)
    else:
        others = [item for client in clients for item in list_user_stores(account, client)]
        paths = find_global_npmrc(account, opened.readings)
        others += [Store(account, NPM, path, level=OF_HOST) for path in paths]
    found, _problems = open_stores([item for item in others if item.path != store.path])
    fellows = {item.content.identity: item for item in (*chosen, *found, opened)}
    del fellows[opened.content.identity]
    return [opened, *fellows.values()]
