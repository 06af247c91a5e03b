# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Locate the credential files of an account and of the host.

Private to this collection. ``_clients`` has the places; here they become paths. No client is ever run to
find them. What can move a client's own file in the environment counts for the connecting account alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

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
    PNPM,
    PROJECT,
    USER,
    YARN,
    Place,
    guess_client,
    list_file_names,
    list_places,
    load_format,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError, show

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
    from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
    from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions

_DISTRIBUTION_PATH = "/etc/npmrc"
_NPM_IN_PREFIX = "lib/node_modules/npm/npmrc"
_HARMLESS = ("HOME", "USER", "LOGNAME")
# What makes a directory a project to npm and git.
_MARKS = ("package.json", "node_modules", ".git")
# The variables that move a client's own file, or rename it.
_MOVED_BY = {PNPM: "PNPM_CONFIG_NPMRC_AUTH_FILE", YARN: "YARN_RC_FILENAME"}


class Store(NamedTuple):
    """A file that can hold credentials.

    :ivar account: with whose privileges it is read and written.
    :ivar client: whose file it is.
    :ivar format: name of the module of its format.
    :ivar level: how strong it is, one of ``_clients.LEVELS``.
    :ivar is_chosen: its path is what the account's own file or environment says.
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
        """What ``${VAR}`` in it may refer to. A project is somebody else's text, which can ask for any variable."""
        environment = self.account.environment
        if self.level != PROJECT:
            return environment
        return {name: environment[name] for name in _HARMLESS if name in environment}


def find_stores(accounts: Sequence[Account], options: StoreOptions) -> tuple[Store, ...]:
    """The files in which stores of these accounts and of this host can be, each once, an account's own first.

    :raises InputError: a path that names another account's home.
    """
    found = [store for account in accounts for store in _find_of_account(account, options)]
    found += _find_of_host(options)
    if PROJECT in options.levels:
        found += find_projects(accounts, options, list_file_names(options.clients))
    places: dict[tuple[str, str], Store] = {}
    for store in found:
        places.setdefault((store.account.name, store.path), store)
    return tuple(places.values())


def warn_of_search(accounts: Sequence[Account], options: StoreOptions) -> tuple[str, ...]:
    """A sentence for each directory of ``search`` that is nowhere: a slip would pass for a host without stores."""
    own, _absent = find_accounts(None)
    return tuple(
        f"search: {show(folder)} is not a readable directory."
        for folder in (options.search if options.search and accounts else ())
        if not any(_can_search(folder, account) for account in (accounts if folder.startswith("~") else own))
    )


def list_user_stores(account: Account, client: str, listings: dict[str, list[str]] | None = None) -> tuple[Store, ...]:
    """An account's own stores of one client.

    :param listings: what is in directories, to look into each only once.
    """
    listings = {} if listings is None else listings
    paths = [
        (place.form, path) for place in list_places(client, USER) for path in _list_paths(place, account, listings)
    ]
    if account.is_self:
        paths = _move(client, paths, account)
    return tuple(Store(account, client, path, form) for form, path in paths)


def list_projects(account: Account, clients: Sequence[str], exclude: Sequence[str]) -> list[Store]:
    """The files of projects in the account's home that these clients read."""
    return _search_as(account, account.home, list_file_names(clients), exclude) if _owns_home(account) else []


def list_projects_named(
    account: Account, names: Mapping[str, tuple[str, Place]], exclude: Sequence[str]
) -> list[Store]:
    """The files of these names in the account's home."""
    return _search_as(account, account.home, names, exclude) if _owns_home(account) else []


def list_neighbours(store: Store, clients: Sequence[str]) -> list[Store]:
    """The files that these clients would read in the directory of a project's file."""
    folder = os.path.dirname(store.path)
    return [
        Store(store.account, client, os.path.join(folder, name), place.form, PROJECT)
        for name, (client, place) in list_file_names(clients).items()
        if name != os.path.basename(store.path)
    ]


def resolve_path(path: str, account: Account, option: str = "paths") -> str:
    """``~`` and relative paths are those of the account's home.

    :raises InputError: ``~name``, whose files are not this account's.
    """
    if path.startswith("~") and path != "~" and not path.startswith("~/"):
        raise InputError(option, f"contains {path}, the home of another account: add that account to users instead")
    return place_in_home(path, account)


def place_in_home(path: str, account: Account) -> str:
    """Where a path leads that a file of the account names: ``~`` alone stands for its home, as npm has it."""
    relative = path[2:].lstrip("/") if path.startswith("~/") else "" if path == "~" else path
    return os.path.normpath(os.path.join(account.home, relative))


def is_of_home(path: str, account: Account) -> bool:
    """Is a path in the account's home?"""
    home = os.path.normpath(account.home).rstrip("/")
    return os.path.normpath(path).startswith(f"{home}/")


def find_global_npmrc(account: Account, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Where npm's global configuration can be, as this account's npm would look for it; the first that exists counts.

    :param readings: the settings of the account's own store, which can move it.
    """
    values = {item.name: item.value for item in readings if item.value and not item.setting.commented}
    environment = account.environment
    moved = get_npm_variable("globalconfig", environment) or values.get("globalconfig")
    if moved:
        return (place_in_home(moved, account),)
    prefix = get_npm_variable("prefix", environment) or values.get("prefix")
    prefix = prefix or environment.get("PREFIX") or _find_node_prefix()
    if not prefix:
        return (_DISTRIBUTION_PATH,)
    place = os.path.join(place_in_home(prefix, account), "etc", "npmrc")
    return (environment.get("DESTDIR", "") + place, _DISTRIBUTION_PATH)


def get_npm_variable(name: str, environment: Mapping[str, str]) -> str | None:
    """A setting of npm's from the environment: ``npm_config_<name>``, in any case."""
    wanted = f"npm_config_{name}"
    return next((value for key, value in environment.items() if key.lower() == wanted and value), None)


def _find_of_account(account: Account, options: StoreOptions) -> Iterator[Store]:
    if options.paths is not None:
        for path in dict.fromkeys(resolve_path(path, account) for path in options.paths):
            client, form = guess_client(path)
            yield Store(account, client, path, form, PROJECT if _is_of_project(path, account) else USER)
    listings: dict[str, list[str]] = {}
    for client in options.clients:
        if USER in options.levels and options.paths is None:
            yield from list_user_stores(account, client, listings)
        for level in (GLOBAL, BUILTIN):
            if level in options.levels:
                places = [place for place in list_places(client, level) if _is_of_account(place)]
                paths = [(place.form, path) for place in places for path in _list_paths(place, account, listings)]
                yield from (Store(account, client, path, form, level) for form, path in paths)
    if GLOBAL in options.levels and NPM in options.clients:
        yield from _find_own_global_npmrcs(account)


def _find_own_global_npmrcs(account: Account) -> Iterator[Store]:
    """npm's global file, where the account's own file or its environment moves it (``prefix``, ``globalconfig``)."""
    said = {name: get_npm_variable(name, account.environment) or "" for name in ("globalconfig", "prefix")}
    for path in _list_moved(said, account):
        # With somebody else's environment (sudo -E), the directory may be theirs.
        if not belongs_to_another(os.path.dirname(path), account.uid):
            yield Store(account, NPM, path, level=GLOBAL, is_chosen=True)
    for store in list_user_stores(account, NPM):
        yield from (
            Store(account, NPM, path, level=GLOBAL, is_chosen=True)
            for path in _list_moved(_read_values(store), account)
        )


def _list_moved(values: Mapping[str, str], account: Account) -> list[str]:
    """Both places: which of them counts depends on the environment of each process."""
    paths = [values["globalconfig"]] if values.get("globalconfig") else []
    paths += [os.path.join(values["prefix"], "etc", "npmrc")] if values.get("prefix") else []
    return [place_in_home(path, account) for path in paths]


def _read_values(store: Store) -> dict[str, str]:
    """What a file says; nothing where it cannot be read, which is reported where it is opened."""
    from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
    from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings

    try:
        with acting_as(store.account):
            content = read_file(store.path)
        readings = read_settings(content.data, store.form, store.account.environment) if content else ()
    except NpmopsError:
        return {}
    return {item.name: item.value for item in readings if item.value and not item.setting.commented}


def _find_of_host(options: StoreOptions) -> Iterator[Store]:
    (own,), _absent = find_accounts(None)
    for level in (GLOBAL, BUILTIN):
        for client in options.clients if level in options.levels else ():
            for place in list_places(client, level):
                if not _is_of_account(place):
                    yield Store(own, client, place.path, place.form, level)
            prefix = _find_node_prefix()
            if client == NPM and prefix:
                path = os.path.join(prefix, "etc/npmrc" if level == GLOBAL else _NPM_IN_PREFIX)
                yield Store(own, client, path, level=level)


def find_projects(
    accounts: Sequence[Account], options: StoreOptions, names: Mapping[str, tuple[str, Place]]
) -> Iterator[Store]:
    """The files of these names in projects, where the options look for them."""
    if options.search is None:
        for account in accounts:
            if _owns_home(account):
                yield from _search_as(account, account.home, names, options.exclude)
        return
    for folder in options.search:
        if folder.startswith("~"):
            for account in accounts:
                yield from _search_as(account, resolve_path(folder, account, "search"), names, options.exclude)
        else:
            yield from _search_host(accounts, folder, names, options)


def _is_of_project(path: str, account: Account) -> bool:
    """Is a file that the operator names one of a project, and so not the account's own text?"""
    folder, name = os.path.split(path)
    if folder == os.path.normpath(account.home) or name not in list_file_names([*CLIENTS]):
        return False
    with acting_as(account):
        return any(os.path.lexists(os.path.join(folder, mark)) for mark in _MARKS)


def _can_search(folder: str, account: Account) -> bool:
    try:
        with acting_as(account), os.scandir(resolve_path(folder, account, "search")):
            return True
    except (OSError, ValueError):
        return False


def _search_as(
    account: Account, folder: str, names: Mapping[str, tuple[str, Place]], exclude: Sequence[str]
) -> list[Store]:
    # Before the account is acted as: it need not be able to read this collection.
    from ansible_collections.npmops.auth.plugins.module_utils._stores.search import search

    with acting_as(account):
        paths = list(search(folder, names, exclude))
    return [_make_project_store(account, path, names) for path in sorted(paths)]


def _search_host(
    accounts: Sequence[Account], folder: str, names: Mapping[str, tuple[str, Place]], options: StoreOptions
) -> Iterator[Store]:
    """Stores under a directory of the host, each to be read and written as whom it belongs to."""
    from ansible_collections.npmops.auth.plugins.module_utils._stores.search import search

    known = {account.uid: account for account in accounts}
    everyone = options.users is None
    folder = os.path.normpath(folder)
    top = os.path.realpath(folder)
    for path in sorted(search(folder, names, options.exclude)):
        inside = os.path.relpath(os.path.dirname(path), folder)
        if os.path.realpath(os.path.dirname(path)) != os.path.normpath(os.path.join(top, inside)):
            # A directory has become a link since: it leads to what nobody has named, maybe another account's store.
            continue
        account = accounts[0] if os.geteuid() != 0 and accounts else _find_owner_of(path, folder, known, everyone)
        if account:
            yield _make_project_store(account, path, names)


def _find_owner_of(path: str, folder: str, known: dict[int, Account], everyone: bool) -> Account | None:
    try:
        uid = os.lstat(path).st_uid
        while uid == 0 and len(path) > len(folder):
            # What is root's in somebody's directory, they could have put there under another name, or lead elsewhere.
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


def _is_of_account(place: Place) -> bool:
    return place.path.startswith((HOME, CONFIG))


def _list_paths(place: Place, account: Account, listings: dict[str, list[str]]) -> list[str]:
    """The paths that a place stands for; those of a pattern only where something is there."""
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
    """The paths of the connecting account's stores, where its environment names others."""
    moved = account.environment.get(_MOVED_BY.get(client, ""), "")
    if client == NPM:
        moved = get_npm_variable("userconfig", account.environment) or ""
    if not moved:
        return paths
    if belongs_to_another(os.path.dirname(place_in_home(moved, account)), account.uid):
        name = "npm_config_userconfig" if client == NPM else _MOVED_BY[client]
        raise InputError(
            "paths",
            f"must be set, or users: {name} in this task's environment names a file in another account's directory",
        )
    if client == PNPM:
        return [*paths, ("npmrc", place_in_home(moved, account))]
    return [(form, place_in_home(moved, account)) for form, _path in paths]


def _owns_home(account: Account) -> bool:
    """Is the home this account's, and not a directory of the system that fills its entry?"""
    try:
        with acting_as(account):
            return account.home != "/" and os.stat(account.home).st_uid == account.uid
    except (OSError, ValueError, NpmopsError):
        return False


def _find_node_prefix() -> str | None:
    import shutil

    node = shutil.which("node")
    return os.path.dirname(os.path.dirname(os.path.realpath(node))) if node else None
