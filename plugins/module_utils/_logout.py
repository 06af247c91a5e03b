# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How is a host logged out: which stores, which tokens, in which order?

Private to this collection. Reads everything first, then ends tokens, then edits files: a run that stops anywhere
leaves each file whole, and a second run finishes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Tuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._connection import Connection, choose_connection
from ansible_collections.npmops.auth.plugins.module_utils._credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    InputError,
    NoAnswer,
    NpmopsError,
    StoreError,
)
from ansible_collections.npmops.auth.plugins.module_utils._files import Content, Edit, edit_file, read_file, sweep
from ansible_collections.npmops.auth.plugins.module_utils._keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._npmrc import is_blank, parse, remove
from ansible_collections.npmops.auth.plugins.module_utils._options import LogoutOptions
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import FAILED, Verdict
from ansible_collections.npmops.auth.plugins.module_utils._plan import (
    Settlement,
    StorePlan,
    Target,
    doomed_settings,
    make_plan,
    settle,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show, show_url
from ansible_collections.npmops.auth.plugins.module_utils._report import (
    PENDING_VERDICT,
    PROTECTED_VERDICT,
    Problem,
    Report,
    StoreReport,
    foretell,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores import (
    Store,
    find_global_npmrc,
    find_stores,
    place_in_home,
)

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._http import RegistryClient, Trust

    #: A registry and how to reach it. Accounts whose files say the same have one way to it.
    _Way = Tuple[Registry, Connection, Trust]

# So many timeouts may a registry cost, one token after the other, until the rest of them is left to another run; an
# answer that comes within so many seconds costs nothing.
_MOST_TIMEOUTS = 3
_PROMPT = 1.0


@dataclass(frozen=True)
class OpenStore:
    """A store that was read, and what is to be done with it."""

    store: Store
    content: Content
    defaults: tuple[Reading, ...]
    plan: StorePlan


def log_out(options: LogoutOptions, *, check_mode: bool) -> Report:
    """Do all that ``npm_logout`` does.

    :returns: what was done, and what could not be.
    :raises InputError: the options do not fit this host; nothing is changed.
    :raises MissingLibrary: there is a token to end and no ``requests``; nothing is changed.
    """
    accounts, absent = find_accounts(options.users)
    opened, empty, problems = _open_stores(accounts, options)
    stray = _find_stray_token(opened, options)
    ender = _Ender(options, check_mode)
    ender.require_library([target for store in opened for target in store.plan.targets], stray)
    if not check_mode:
        _sweep_leftovers(opened, empty)
    stray_verdict = ender.end_stray(stray) if stray else None
    verdicts = [[ender.decide(store, target) for target in store.plan.targets] for store in opened]
    ender.close()
    stores = [_finish(store, found, options, problems, check_mode=check_mode) for store, found in zip(opened, verdicts)]
    return Report(
        check_mode=check_mode,
        selection=options.selection,
        stores=tuple(stores),
        problems=tuple(problems),
        absent_users=absent,
        stray=(stray, stray_verdict) if stray and stray_verdict else None,
        warnings=tuple(ender.warnings),
        conceal=Concealer(_collect_secrets(opened, options)),
    )


def _open_stores(
    accounts: Sequence[Account], options: LogoutOptions
) -> tuple[list[OpenStore], list[Store], list[Problem]]:
    """The stores that were read, those that are no files, and why the others could not be read."""
    stores = [store for account in accounts for store in find_stores(account, options.paths)]
    opened: list[OpenStore] = []
    empty: list[Store] = []
    problems: list[Problem] = []
    for store in stores:
        try:
            with acting_as(store.account):
                found = _open_store(store, options)
        except NpmopsError as problem:
            option = "paths: " if options.paths is not None else ""
            problems.append(Problem(store.account.name, store.path, option + str(problem)))
            continue
        if found:
            opened.append(found)
        else:
            empty.append(store)
    return _drop_doubles(opened), empty, problems


def _drop_doubles(opened: Sequence[OpenStore]) -> list[OpenStore]:
    """Where several accounts or paths lead to one file, it is edited once, by its owner if that is one of them."""
    chosen: dict[str, OpenStore] = {}
    for found in opened:
        other = chosen.setdefault(found.content.path, found)
        if other.store.account.uid != other.content.owner == found.store.account.uid:
            chosen[found.content.path] = found
    return [found for found in opened if chosen[found.content.path] is found]


def _sweep_leftovers(opened: Sequence[OpenStore], empty: Sequence[Store]) -> None:
    for found in opened:
        with acting_as(found.store.account):
            sweep(found.content.path, found.content.owner)
    for store in empty:
        # A run that was killed while it deleted the store has left it under another name.
        with acting_as(store.account):
            sweep(os.path.realpath(store.path))


def _open_store(store: Store, options: LogoutOptions) -> OpenStore | None:
    content = read_file(store.path)
    if content is None:
        return None
    readings = _read(content, store.account)
    defaults = _read_defaults(store.account, readings)
    try:
        plan = make_plan(readings, options.selection, defaults)
    except StoreError as problem:
        raise StoreError(f"{show(store.path)}, {problem}") from None
    return OpenStore(store, content, defaults, plan)


def _read(content: Content, account: Account) -> tuple[Reading, ...]:
    settings = parse(content.data).settings
    return read_settings([item for item in settings if item.section is None], account.environment)


def _read_defaults(account: Account, readings: Sequence[Reading]) -> tuple[Reading, ...]:
    for path in find_global_npmrc(account, readings):
        try:
            content = read_file(path)
        except StoreError:
            # npm goes on without a global file that it cannot read.
            continue
        if content:
            return tuple(item for item in _read(content, account) if not item.setting.commented)
    return ()


def _find_stray_token(opened: Sequence[OpenStore], options: LogoutOptions) -> Secret | None:
    """The token that the playbook names by value, if none of the credentials that the run is about is it."""
    selection = options.selection
    token = selection.token
    if token is None or any(store.plan.targets for store in opened):
        return None
    if selection.fingerprints and fingerprint(token) not in selection.fingerprints:
        return None
    if selection.registry is None and not _stands_somewhere(token, opened):
        raise InputError("registry", "it is required here, since the token stands in no store that would name one")
    return token if selection.registry else None


def _stands_somewhere(token: Secret, opened: Sequence[OpenStore]) -> bool:
    return any(target.credential.secret == token for store in opened for target in store.plan.bystanders)


class _Ender:
    """Ends tokens, each once, with one session for each registry and way to reach it."""

    def __init__(self, options: LogoutOptions, check_mode: bool) -> None:
        self.warnings: list[str] = []
        self._options = options
        self._check_mode = check_mode
        self._verdicts: dict[tuple[Registry, Secret], Verdict] = {}
        self._clients: dict[_Way, RegistryClient] = {}
        self._unreachable: dict[_Way, str] = {}
        self._wasted: dict[_Way, float] = {}

    def require_library(self, targets: Sequence[Target], stray: Secret | None) -> None:
        """:raises MissingLibrary: a token is to be ended, and ``requests`` is not there to do it."""
        asking = any(target.outcome is None and target.registry for target in targets)
        if not asking and (stray is None or self._options.selection.revoke == "never"):
            return
        if self._check_mode:
            self._foresee_library()
            return
        from ansible_collections.npmops.auth.plugins.module_utils import _http

        _http.require_requests()

    def decide(self, opened: OpenStore, target: Target) -> Verdict:
        """What comes of a target; asks its registry where that is not known yet."""
        token = target.credential.secret
        if target.outcome is not None or token is None:
            return foretell(target)
        if target.registry is None:
            detail = "The registry key does not name a host, so there is nobody to ask to end the token."
            return Verdict(FAILED, detail, "End the token where it was made, then remove the line.")
        if self._check_mode:
            return PENDING_VERDICT
        plan = opened.plan
        connection = choose_connection(target.registry, self._options.connection, plan.readings, opened.defaults)
        return self._end(target.registry, connection, opened.store.account, token)

    def end_stray(self, token: Secret) -> Verdict | None:
        """End a token that stands in no store."""
        selection = self._options.selection
        if fingerprint(token) in selection.protected:
            return PROTECTED_VERDICT
        if selection.registry is None or selection.revoke == "never":
            return None
        if self._check_mode:
            return PENDING_VERDICT
        (account,), _absent = find_accounts(None)
        connection = choose_connection(selection.registry, self._options.connection, ())
        return self._end(selection.registry, connection, account, token)

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def _end(self, registry: Registry, connection: Connection, account: Account, token: Secret) -> Verdict:
        known = self._verdicts.get((registry, token))
        # Another account may have the certificate or the proxy that the first one lacked.
        if known is None or known.outcome == FAILED:
            known = self._ask(registry, connection, account, token)
            self._verdicts[registry, token] = known
        return known

    def _ask(self, registry: Registry, connection: Connection, account: Account, token: Secret) -> Verdict:
        from ansible_collections.npmops.auth.plugins.module_utils._registry import end_token, say_unreachable

        try:
            way = (registry, connection, _read_trust(connection, account))
        except NoAnswer as problem:
            return say_unreachable(registry, str(problem))
        try:
            if way in self._unreachable:
                return say_unreachable(registry, self._unreachable[way])
            if way not in self._clients:
                self._clients[way] = self._connect(*way)
            started = time.monotonic()
            selection, timeout = self._options.selection, self._options.verify_timeout
            verdict = end_token(self._clients[way], token, revoke=selection.revoke, verify_timeout=timeout)
            self._note_cost(way, verdict, time.monotonic() - started)
            return verdict
        except NoAnswer as problem:
            self._unreachable[way] = str(problem)
            return say_unreachable(registry, str(problem))

    def _note_cost(self, way: _Way, verdict: Verdict, seconds: float) -> None:
        """A registry that answers one question and lets the next time out, token after token, is asked no more."""
        in_vain = verdict.outcome == FAILED and seconds > _PROMPT
        self._wasted[way] = self._wasted.get(way, 0) + seconds if in_vain else 0
        if self._wasted[way] > _MOST_TIMEOUTS * self._options.connection.timeout:
            self._unreachable[way] = "too much time went by in vain over other tokens of it"

    def _connect(self, registry: Registry, connection: Connection, trust: Trust) -> RegistryClient:
        from ansible_collections.npmops.auth.plugins.module_utils._http import RegistryClient

        if registry.scheme == "http" and not registry.is_loopback:
            self._warn(f"Tokens for {show_url(registry.url)} travel over plain http, where others can read them.")
        if registry.scheme == "https" and not connection.validate:
            self._warn(f"The certificate of {show_url(registry.url)} is not validated.")
        return RegistryClient(registry, connection, trust)

    def _warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def _foresee_library(self) -> None:
        from importlib.util import find_spec

        if find_spec("requests") is None:
            self._warn("The Python library requests is not on this host; a real run needs it to end tokens.")


def _read_trust(connection: Connection, account: Account) -> Trust:
    """The contents of the files that a store names, read with the powers of its account.

    :raises NoAnswer: a file that is there cannot be read.
    """
    from ansible_collections.npmops.auth.plugins.module_utils._http import Trust

    with acting_as(account):
        ca_text = _read_named_file(connection.ca_file, account)
        parts = [_read_named_file(path, account) for path in (connection.cert_file, connection.key_file)]
    certificate = Secret("\n".join(part for part in parts if part)) if all(parts) else None
    ca_texts = connection.ca_texts or ((ca_text,) if ca_text else ())
    return Trust(tuple(text.replace("\\n", "\n") for text in ca_texts), certificate)


def _read_named_file(path: str | None, account: Account) -> str | None:
    if not path:
        return None
    try:
        content = read_file(place_in_home(path, account))
    except StoreError:
        raise NoAnswer("a certificate file that the store names cannot be read") from None
    return content.data.decode("utf-8", "replace") if content else None


def _finish(
    opened: OpenStore,
    verdicts: Sequence[Verdict],
    options: LogoutOptions,
    problems: list[Problem],
    *,
    check_mode: bool,
) -> StoreReport:
    """Remove from a store what may go."""
    store, plan = opened.store, opened.plan
    settlement = settle(plan, [verdict.outcome for verdict in verdicts], options.selection.revoke)
    edit = Edit(opened.content.data, opened.content.data)
    try:
        with acting_as(store.account):
            edit = _edit(opened.content, settlement, check_mode=check_mode)
    except NpmopsError as problem:
        problems.append(Problem(store.account.name, store.path, str(problem)))
        settlement = settle(plan, [FAILED] * len(verdicts), "confirmed")
    return StoreReport(
        account=store.account,
        client=store.client,
        path=store.path,
        plan=plan,
        verdicts=tuple(verdicts),
        settlement=settlement,
        edit=edit,
        other_names=opened.content.links - 1,
    )


def _edit(content: Content, settlement: Settlement, *, check_mode: bool) -> Edit:
    doomed = doomed_settings(settlement)

    def change(data: bytes) -> bytes | None:
        result = remove(data, doomed)
        if result != data and is_blank(result) and not content.through_link:
            return None
        return result

    if not doomed:
        return Edit(content.data, content.data)
    return Edit(content.data, change(content.data)) if check_mode else edit_file(content, change)


def _collect_secrets(opened: Sequence[OpenStore], options: LogoutOptions) -> tuple[Secret, ...]:
    found = {
        credential.secret
        for store in opened
        for credential in find_credentials(store.plan.readings)
        if credential.secret
    }
    if options.selection.token:
        found.add(options.selection.token)
    return tuple(found)
