# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Give a host a new login: verify the login at its registry, then write the files.

Private to this collection. All changes are planned first, then each registry is asked whether it accepts the login,
then files are written: a rejected login is never written.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import acting_as, find_accounts, list_usable
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT, PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    InputError,
    NoAnswer,
    NpmopsError,
    Problem,
    StoreError,
    show,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import explain
from ansible_collections.npmops.auth.plugins.module_utils._files.foresee import foresee_edit, require_open_folder
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import sweep
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, create_file, read_file
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit, edit_file
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._login.options import LoginOptions
from ansible_collections.npmops.auth.plugins.module_utils._login.put import (
    Login,
    Put,
    drop_unread,
    find_fields,
    put_login,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Sessions
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import (
    OpenStore,
    Torn,
    has_references,
    open_stores,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._login.assigned import AssignedFile


@dataclass(frozen=True)
class LoggedIn:
    """The result for one file.

    :ivar edit: the bytes before and after; empty before if the file was created.
    :ivar is_restored: the write of an interrupted run was completed before the file was read.
    """

    store: Store
    login: Login
    put: Put
    edit: Edit
    created: bool
    is_restored: bool = False


@dataclass(frozen=True)
class LoginReport:
    """The result of a run.

    :ivar token: the new token; None for a user name and password.
    :ivar identity: the user name from the registry, if it was asked.
    :ivar conceal: removes the new login and the files' secrets from names that others chose.
    :ivar empty_option: the option whose empty list selects nothing, if there is one.
    :ivar is_restored: a file was restored before the files were read.
    """

    check_mode: bool
    token: Secret | None
    stores: tuple[LoggedIn, ...]
    problems: tuple[Problem, ...]
    absent_users: tuple[str, ...]
    identity: str | None
    warnings: tuple[str, ...]
    conceal: Callable[[str], str] = str
    empty_option: str | None = None
    is_restored: bool = False


@dataclass(frozen=True)
class _Planned:
    """The planned change of one file.

    :ivar content: None if the file does not exist.
    :ivar change: changes the bytes of the file.
    :ivar asked: the login's registry, with https if the credential file names it with https.
    :ivar readings: the settings for connecting to the registry.
    :ivar defaults: the same from levels with lower precedence.
    :ivar secrets: the values of the file's variables.
    :ivar foreseen: the expected edit of an existing file.
    :ivar needed: the files that must have the new login before this one is written.
    """

    store: Store
    content: Content | None
    login: Login
    change: Callable[[bytes], Put] = field(repr=False)
    put: Put
    asked: Registry
    readings: Sequence[Reading] = ()
    defaults: Sequence[Reading] = ()
    secrets: Sequence[Secret] = ()
    foreseen: Edit | None = None
    needed: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return self.content.path if self.content else self.store.path

    @property
    def before(self) -> bytes:
        return self.content.data if self.content else b""

    @property
    def is_changed(self) -> bool:
        return self.content is None or self.put.data != self.before


def log_in(options: LoginOptions, *, check_mode: bool) -> LoginReport:
    """Run ``npm_login``.

    :raises InputError: the options do not fit this host; nothing is changed.
    :raises StoreError: a registry rejects the login or cannot verify it; nothing is changed.
    :raises MissingLibrary: a registry must be asked, but ``requests`` is missing; nothing is changed.
    """
    named, absent = find_accounts(options.stores.users)
    accounts, unusable = list_usable(named)
    empty = options.stores.empty_option
    torn = Torn(is_dry=check_mode)
    with torn.told():
        stores = () if empty else find_stores(accounts, options.stores)
        report = _log_in(stores, options, torn, unusable, check_mode=check_mode)
    return replace(report, absent_users=absent, empty_option=empty)


def _log_in(
    stores: Sequence[Store], options: LoginOptions, torn: Torn, unusable: Sequence[Problem], *, check_mode: bool
) -> LoginReport:
    """:param unusable: problems of the accounts that the run cannot act as."""
    torn.finish(stores)
    opened, problems = open_stores(torn.drop_broken(stores), "paths" if options.stores.paths is not None else "")
    problems = [*unusable, *torn.problems, *problems]
    known = len(torn.problems)
    planned = _plan(stores, opened, options, problems, torn)
    problems += torn.problems[known:]
    conceal = Concealer(_collect_secrets(opened, planned, options))
    sessions = Sessions(options.connection, conceal)
    identity = _verify([item for item in planned if item.is_changed], options, sessions) if options.verify else None
    sessions.close()
    written = _write_all(planned, problems, torn.restored, check_mode=check_mode)
    return LoginReport(
        check_mode=check_mode,
        token=options.login if options.password is None else None,
        stores=tuple(written),
        problems=tuple(problems),
        absent_users=(),
        identity=identity,
        warnings=(*torn.warnings, *sessions.warnings, *(item.edit.warning for item in written if item.edit.warning)),
        conceal=conceal,
        is_restored=bool(torn.restored),
    )


def _collect_secrets(opened: Sequence[OpenStore], planned: Sequence[_Planned], options: LoginOptions) -> list[Secret]:
    found = [credential.secret for store in opened for credential in find_credentials(store.readings)]
    found += [secret for item in planned for secret in item.secrets]
    return [secret for secret in dict.fromkeys([options.login, options.password, *found]) if secret]


def _plan(
    stores: Sequence[Store], opened: Sequence[OpenStore], options: LoginOptions, problems: list[Problem], torn: Torn
) -> list[_Planned]:
    found = {(item.store.account.name, item.store.path): item for item in opened}
    broken = {(problem.account, problem.path) for problem in problems}
    taken = {item.content.path for item in opened}
    planned: list[_Planned] = []
    for store in stores:
        place = (store.account.name, store.path)
        if place in broken:
            continue
        try:
            if place not in found and (not options.create or _is_taken(store, taken)):
                continue
            for item in _plan_one(store, found.get(place), options, opened, torn):
                _add(planned, item)
        except NpmopsError as problem:
            text, path = str(problem), show(store.path)
            problems.append(Problem(*place, text if path in text else f"{path}, {text}"))
    return planned


def _is_taken(store: Store, taken: set[str]) -> bool:
    """Return whether another path or account already leads to this file, which is edited or created once."""
    with acting_as(store.account):
        path = os.path.realpath(store.path)
    if path in taken:
        return True
    taken.add(path)
    return False


def _add(planned: list[_Planned], item: _Planned) -> None:
    """Add a change once: several credential files can lead to the same file that sets variables."""
    same = [known for known in planned if known.content and item.content]
    if not any(
        known.content == item.content and known.store.account == item.store.account and known.put == item.put
        for known in same
    ):
        planned.append(item)


def _plan_one(
    store: Store, opened: OpenStore | None, options: LoginOptions, of_run: Sequence[OpenStore], torn: Torn
) -> list[_Planned]:
    """Plan the changes of the files that set a credential file's variables, then of that file.

    :param of_run: the credential files of the run.
    """
    if opened is None and store.form is not npmrc:
        raise StoreError("the file does not exist, and only an .npmrc can be created")
    readings, defaults = (opened.readings, opened.defaults) if opened else ((), ())
    registries = Registries([*readings], defaults)
    registry = _choose_registry(options, registries)
    login = Login(
        registry,
        options.scope,
        options.login if options.password is None else None,
        options.username or "",
        options.password,
        options.keep_replaced,
    )
    assigned = _find_assigned(opened, login, of_run, torn) if opened else []
    environment = dict(store.environment)
    for file in assigned:
        environment.update(file.values.texts)

    # If the variable gets the new token, its file tells which one that replaces.
    is_behind = opened and has_references([opened]) and not (assigned and login.token)
    behind = _list_behind(opened, login, options) if opened and is_behind else []

    def change(data: bytes) -> Put:
        put = put_login(data, store.form, login, environment, defaults)
        return replace(put, replaced=tuple(dict.fromkeys([*put.replaced, *map(fingerprint, behind)])))

    put = change(opened.content.data if opened else b"")
    asked = registries.secure(registry)
    if opened and store.level == PROJECT and not options.registry:
        asked = _require_permitted(opened, registry, options)
    # A project's proxy and certificates are not used for secrets from elsewhere.
    shared = (asked, readings if _is_own(store, options) else (), defaults)
    own = _Planned(store, opened.content if opened else None, login, change, put, *shared, behind)
    others = [
        _Planned(file.store, file.content, login, file.values.put, file.foresee(), *shared, file.secrets)
        for file in assigned
    ]
    paths = [file.content.path for file in assigned]
    return [_foresee(replace(item, needed=tuple(paths[:index]))) for index, item in enumerate((*others, own))]


def _is_own(store: Store, options: LoginOptions) -> bool:
    """Return whether the file is surely the account's own: its proxy may get secrets from elsewhere."""
    if store.level == PROJECT:
        return False
    if options.stores.paths is None:
        return True
    from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import is_own_place

    return is_own_place(store.path, store.account, options.stores)


def _find_assigned(opened: OpenStore, login: Login, of_run: Sequence[OpenStore], torn: Torn) -> list[AssignedFile]:
    """Return the files whose variables get the new login, if the credential file refers to variables."""
    if not has_references([opened]):
        return []
    readings = drop_unread(opened.readings, opened.store.form)
    from ansible_collections.npmops.auth.plugins.module_utils._login.assigned import find_assigned

    fields = find_fields(readings, login.registry, Registries(readings, opened.defaults))
    return find_assigned(opened, login, fields, of_run, torn)


def _list_behind(opened: OpenStore, login: Login, options: LoginOptions) -> list[Secret]:
    """Return the tokens of the registry to which the credential file refers, other than the new one."""
    from ansible_collections.npmops.auth.plugins.module_utils._stores.references import References

    stores = options.stores._replace(clients=(opened.store.client,))
    account = opened.store.account
    torn = Torn(is_dry=True)
    # A project's own value is not replaced.
    (found,) = References([opened], [account], stores, options.trusted, torn, in_projects=False).follow()
    readings = [item for item in found.readings if not item.setting.commented]
    fields = find_fields(readings, login.registry, Registries(readings, opened.defaults))
    tokens = [item.value for item in fields.get("_authToken", ()) if item.references and not item.unset]
    return [Secret(value) for value in dict.fromkeys(tokens) if value and Secret(value) != login.token]


def _foresee(planned: _Planned) -> _Planned:
    """:raises StoreError: the file cannot be written."""
    if not planned.is_changed:
        return planned
    with acting_as(planned.store.account):
        if planned.content:
            return replace(planned, foreseen=foresee_edit(planned.content, planned.put.data))
        require_open_folder(planned.store.path, "created")
    return planned


def _choose_registry(options: LoginOptions, registries: Registries) -> Registry:
    """:raises StoreError: the credential file's own registry is not a URL."""
    if options.registry:
        return options.registry
    linked = registries.get_linked(options.scope) if options.scope else None
    return linked or registries.get_default()


def _require_permitted(opened: OpenStore, registry: Registry, options: LoginOptions) -> Registry:
    """Return the registry, with the scheme to use for the new login, which is not from the project.

    :raises StoreError: only the project's file names the registry.
    """
    from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings

    permitted = Surroundings([opened], options.trusted).find_permitted(opened, registry)
    if permitted is None:
        raise StoreError(
            "only this project file names the registry, so the login was not sent. If you trust the registry, add it "
            "to trusted_registries or set registry, then run again"
        )
    return permitted


def _verify(planned: Sequence[_Planned], options: LoginOptions, sessions: Sessions) -> str | None:
    """Ask each registry once for the login's user name.

    :raises StoreError: a registry rejects the login or cannot verify it.
    """
    identity: str | None = None
    asked: set[Registry] = set()
    for item in planned:
        if item.asked not in asked:
            asked.add(item.asked)
            identity = _ask(item, options, sessions)
    return identity


def _ask(item: _Planned, options: LoginOptions, sessions: Sessions) -> str | None:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import ALIVE, DENIED
    from ansible_collections.npmops.auth.plugins.module_utils._registry.client import require_requests
    from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import ask_who, is_sendable

    require_requests()
    registry = item.asked
    where = sessions.show(registry)
    if not is_sendable(options.login):
        raise InputError("token", "contains characters that an HTTP header cannot carry")
    try:
        way = sessions.find_way(registry, item.store.account, item.readings, item.defaults)
        who = sessions.ask(way, lambda client: ask_who(client, options.login, options=options.driver))
    except NoAnswer as problem:
        raise StoreError(
            f"Cannot verify the login at {where}: {problem}. Nothing was written. Fix this and run again, or set "
            "verify: false to write the login anyway."
        ) from None
    if who.state == DENIED:
        raise StoreError(
            f"{where} rejected the new login. Nothing was written. Check the token or password, then run again."
        )
    if who.state != ALIVE:
        raise StoreError(
            f"Cannot verify the login at {where}: {who.reason}. Nothing was written. Set verify: false to write the "
            "login anyway."
        )
    return who.name


def _write_all(
    planned: Sequence[_Planned], problems: list[Problem], restored: Collection[str], *, check_mode: bool
) -> list[LoggedIn]:
    """:param restored: the files that were restored before they were read."""
    written: dict[int, LoggedIn] = {}
    failed: dict[str, None] = {}
    for number, item in enumerate(planned):
        try:
            _require_written(item, failed)
            with acting_as(item.store.account):
                put, edit, created = _write(item, check_mode=check_mode)
        except Exception as problem:  # noqa: BLE001 - whatever it is, what was written so far must be reported
            said = str(problem) if isinstance(problem, NpmopsError) else f"{show(item.store.path)}: {explain(problem)}"
            problems.append(Problem(item.store.account.name, item.store.path, said))
            failed[item.path] = None
            continue
        is_restored = item.content is not None and item.content.path in restored
        written[number] = LoggedIn(item.store, item.login, put, edit, created, is_restored)
    for number in reversed(_list_in_vain(planned, written, failed)):
        path, done = planned[number].path, written[number]
        try:
            written[number] = _take_back(path, done)
            said = (
                f"The old value was restored in {show(path)}, because {show(next(iter(failed)))} could not be changed."
            )
        except Exception as problem:  # noqa: BLE001 - as above
            said = (
                f"{show(path)} contains the new login, and the old value could not be restored: {explain(problem)}. "
                "Check this file by hand."
            )
        problems.append(Problem(done.store.account.name, done.store.path, said))
    return list(written.values())


def _list_in_vain(planned: Sequence[_Planned], written: Mapping[int, LoggedIn], failed: Collection[str]) -> list[int]:
    """List the changed variable files whose credential files all failed, or need another file that failed."""
    lacks: dict[str, list[bool]] = {}
    for item in planned if failed else ():
        for path in item.needed if item.store.client != ENVIRONMENT else ():
            lacks.setdefault(path, []).append(any(each in failed for each in (*item.needed, item.path)))
    return [
        number
        for number, done in written.items()
        if done.edit.changed and planned[number].path in lacks and all(lacks[planned[number].path])
    ]


def _take_back(path: str, done: LoggedIn) -> LoggedIn:
    """Restore the old text of a file.

    :raises StoreError: the file was changed since.
    """
    before, after = done.edit.before, done.edit.after
    with acting_as(done.store.account):
        content = read_file(path)
        if content is None or content.data != after:
            raise StoreError("it was changed during the run")
        if edit_file(content, lambda data: before if data == after else data).after != before:
            raise StoreError("it was changed during the run")
    return replace(done, put=Put(before, (), ()), edit=Edit(before, before))


def _require_written(item: _Planned, failed: Collection[str]) -> None:
    """:raises StoreError: the file would lose its login: a file that sets its variables did not get the new one."""
    missing = [path for path in item.needed if path in failed]
    if missing and item.is_changed:
        raise StoreError(f"{show(item.store.path)} was not changed, because {show(missing[0])} could not be changed")


def _write(item: _Planned, *, check_mode: bool) -> tuple[Put, Edit, bool]:
    """:returns: the change to the file's latest bytes, the edit, and whether the file was created."""
    store, content = item.store, item.content
    edit = item.foreseen or Edit(item.before, item.put.data)
    if not check_mode:
        # Temporary files of an interrupted run contain the new login or old ones.
        sweep(item.path, content.owner if content else None)
    if check_mode or not item.is_changed:
        return item.put, edit, content is None
    content = content or _create(item)
    if content is None:
        return item.put, edit, True

    def change_late(data: bytes) -> bytes:
        # These are appended lines: settings that they lack are above.
        changed = item.change(data)
        return data if changed.added else changed.data

    edit = edit_file(content, lambda data: item.change(data).data, change_late)
    if not edit.after:
        raise StoreError(f"{show(store.path)} was deleted during the run")
    return item.change(edit.before), edit, False


def _create(item: _Planned) -> Content | None:
    """Create a file. If another run has created it since, return what it contains."""
    try:
        create_file(item.store.path, item.put.data)
    except StoreError as problem:
        found = None
        if isinstance(problem.__context__, FileExistsError):
            with contextlib.suppress(OSError, NpmopsError):
                found = read_file(item.store.path)
        if found is None:
            raise
        return found
    return None
