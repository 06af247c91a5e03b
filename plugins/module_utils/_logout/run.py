# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How is a host logged out: which stores, which tokens, in which order?

Private to this collection. Reads everything first, then ends tokens, then edits files: a run that stops anywhere
leaves each file whole, and a second run finishes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    acting_as,
    find_accounts,
    list_usable,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    NoAnswer,
    NpmopsError,
    Problem,
    StoreError,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import explain
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import sweep
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit, edit_file
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import (
    PENDING_VERDICT,
    PROTECTED_VERDICT,
    Report,
    StoreReport,
    foretell,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import TOKEN, find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._options import LogoutOptions
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED, FAILED, PROTECTED, Verdict
from ansible_collections.npmops.auth.plugins.module_utils._plan import (
    Registries,
    Settlement,
    StorePlan,
    Target,
    doomed_settings,
    make_plan,
    settle,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show
from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Sessions
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import Store, find_stores, warn_of_search
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, open_stores
from ansible_collections.npmops.auth.plugins.module_utils._values import is_blank

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Way


@dataclass(frozen=True)
class PlannedStore:
    """A credential file that was read, and what is to be done with it.

    :ivar obstacle: why it cannot be edited, as far as that was seen before anything was done.
    """

    opened: OpenStore
    plan: StorePlan
    obstacle: NpmopsError | None = None


def log_out(options: LogoutOptions, *, check_mode: bool) -> Report:
    """Do all that ``npm_logout`` does.

    :returns: what was done, and what could not be.
    :raises InputError: the options do not fit this host; nothing is changed.
    :raises MissingLibrary: there is a token to end and no ``requests``; nothing is changed.
    """
    named, absent = find_accounts(options.stores.users, options.stores.all_users)
    if options.empty_option:
        return Report(check_mode, options.selection, (), (), absent, None, (), empty_option=options.empty_option)
    accounts, unusable = list_usable(named)
    stores = find_stores(accounts, options.stores)
    opened, problems = open_stores(stores, "paths" if options.stores.paths is not None else "")
    problems = [*unusable, *problems]
    planned = _plan_stores(opened, options, problems)
    stray = _find_stray_token(planned, options)
    conceal = Concealer(_collect_secrets(opened, options))
    ender = _Ender(options, check_mode, conceal)
    ender.require_library([target for store in planned for target in store.plan.targets], stray)
    if not check_mode:
        _sweep_leftovers(stores, opened)
        planned = [replace(store, obstacle=_find_obstacle(store, options.selection.revoke)) for store in planned]
    stray_verdict = ender.end_stray(stray, planned) if stray else None
    verdicts = [[ender.decide(store, target) for target in store.plan.targets] for store in planned]
    ender.close()
    tokens = _list_known_tokens(planned, verdicts, options)
    reports = [
        _finish(store, found, options, problems, tokens, check_mode=check_mode)
        for store, found in zip(planned, verdicts)
    ]
    return Report(
        check_mode=check_mode,
        selection=options.selection,
        stores=tuple(reports),
        problems=tuple(problems),
        absent_users=absent,
        stray=(stray, stray_verdict) if stray and stray_verdict else None,
        warnings=(*warn_of_search(accounts, options.stores), *ender.warnings),
        conceal=conceal,
        absent_paths=_find_absent_paths(stores, opened, problems) if options.stores.paths is not None else (),
    )


def _find_absent_paths(
    stores: Sequence[Store], opened: Sequence[OpenStore], problems: Sequence[Problem]
) -> tuple[str, ...]:
    """The paths at which no account has a file."""
    there = {found.store.path for found in opened} | {problem.path for problem in problems}
    return tuple(dict.fromkeys(store.path for store in stores if store.path not in there))


def _list_known_tokens(
    planned: Sequence[PlannedStore], verdicts: Sequence[Sequence[Verdict]], options: LogoutOptions
) -> frozenset[Secret]:
    """The tokens that this run is about and whose text should be nowhere any more."""
    found = {
        target.credential.secret
        for store, its_verdicts in zip(planned, verdicts)
        for target, verdict in zip(store.plan.targets, its_verdicts)
        if target.credential.kind == TOKEN and verdict.outcome != PROTECTED
    }
    token = options.selection.token
    if token and fingerprint(token) not in options.selection.protected:
        found.add(token)
    return frozenset(secret for secret in found if secret)


def _plan_stores(opened: Sequence[OpenStore], options: LogoutOptions, problems: list[Problem]) -> list[PlannedStore]:
    planned: list[PlannedStore] = []
    for found in opened:
        try:
            planned.append(PlannedStore(found, make_plan(found.readings, options.selection, found.defaults)))
        except StoreError as problem:
            store = found.store
            problems.append(Problem(store.account.name, store.path, f"{show(store.path)}, {problem}"))
    return planned


def _sweep_leftovers(stores: Sequence[Store], opened: Sequence[OpenStore]) -> None:
    """What killed runs left beside a store goes, also where the store itself is gone or cannot be read."""
    places: dict[tuple[int, str], int | None] = {
        (found.store.account.uid, found.content.path): found.content.owner for found in opened
    }
    folders = {(uid, os.path.dirname(path)) for uid, path in places}
    accounts = {store.account.uid: store.account for store in stores}
    for store in stores:
        folder = (store.account.uid, os.path.dirname(store.path))
        if folder not in folders:
            folders.add(folder)
            places[store.account.uid, store.path] = None
    for (uid, path), owner in places.items():
        # What cannot be swept now is swept by another run; to revoke and to remove is more urgent.
        with contextlib.suppress(NpmopsError, OSError, ValueError), acting_as(accounts[uid]):
            sweep(path, owner)


def _find_stray_token(planned: Sequence[PlannedStore], options: LogoutOptions) -> Secret | None:
    """The token that the playbook names by value, if none of the credentials that the run is about is it."""
    selection = options.selection
    token = selection.token
    if token is None or any(store.plan.targets for store in planned):
        return None
    if selection.fingerprints is not None and fingerprint(token) not in selection.fingerprints:
        return None
    return token if selection.registry else None


class _Ender:
    """Ends tokens, each once."""

    def __init__(self, options: LogoutOptions, check_mode: bool, conceal: Callable[[str], str]) -> None:
        self._options = options
        self._check_mode = check_mode
        self._verdicts: dict[tuple[Way, Secret], Verdict] = {}
        self._sessions = Sessions(options.connection, conceal)

    @property
    def warnings(self) -> Sequence[str]:
        return self._sessions.warnings

    def require_library(self, targets: Sequence[Target], stray: Secret | None) -> None:
        """:raises MissingLibrary: a token is to be ended, and ``requests`` is not there to do it."""
        asking = any(target.outcome is None and target.registry for target in targets)
        if not asking and (stray is None or self._options.selection.revoke == "never"):
            return
        if self._check_mode:
            self._sessions.foresee_library()
            return
        from ansible_collections.npmops.auth.plugins.module_utils._registry import http

        http.require_requests()

    def decide(self, planned: PlannedStore, target: Target) -> Verdict:
        """What comes of a target; asks its registry where that is not known yet."""
        token = target.credential.secret
        if target.outcome is not None or token is None:
            return foretell(target)
        if target.registry is None:
            detail = "The registry key does not name a host, so there is nobody to ask to end the token."
            return Verdict(FAILED, detail, "End the token where it was made, then remove the line.")
        if self._check_mode:
            return PENDING_VERDICT
        account = planned.opened.store.account
        return self._end(target.registry, account, planned.plan.readings, planned.opened.defaults, token)

    def end_stray(self, token: Secret, planned: Sequence[PlannedStore]) -> Verdict | None:
        """End a token that stands in no store.

        :param planned: the stores, of which one may say that its registry is to be asked over https.
        """
        selection = self._options.selection
        if fingerprint(token) in selection.protected:
            return PROTECTED_VERDICT
        if selection.registry is None or selection.revoke == "never":
            return None
        if self._check_mode:
            return PENDING_VERDICT
        (account,), _absent = find_accounts(None)
        registry = selection.registry
        for store in planned:
            registry = Registries(store.plan.readings, store.opened.defaults).secure(registry)
        return self._end(registry, account, (), (), token)

    def close(self) -> None:
        self._sessions.close()

    def _end(
        self,
        registry: Registry,
        account: Account,
        readings: Sequence[Reading],
        defaults: Sequence[Reading],
        token: Secret,
    ) -> Verdict:
        from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import end_token, say_unreachable

        revoke, timeout = self._options.selection.revoke, self._options.verify_timeout
        way: Way | None = None
        try:
            # An account's own proxy, or one that its authorities let in, could answer in the registry's place: what it
            # says is that account's business alone.
            way = self._sessions.find_way(registry, account, readings, defaults)
            known = self._verdicts.get((way, token))
            if known is None or known.outcome == FAILED:
                known = self._verdicts[way, token] = self._sessions.ask(
                    way,
                    lambda client: end_token(client, token, revoke=revoke, verify_timeout=timeout),
                    lambda verdict: verdict.outcome == FAILED,
                )
        except NoAnswer as problem:
            known = say_unreachable(registry, str(problem))
        return replace(known, own_connection=way is not None and way[1].owner is not None)


def _finish(
    planned: PlannedStore,
    verdicts: Sequence[Verdict],
    options: LogoutOptions,
    problems: list[Problem],
    tokens: frozenset[Secret],
    *,
    check_mode: bool,
) -> StoreReport:
    """Remove from a credential file what may go.

    :param tokens: those whose text should be nowhere any more.
    """
    opened, plan = planned.opened, planned.plan
    store, content = opened.store, opened.content
    settlement = settle(plan, [verdict.outcome for verdict in verdicts], options.selection.revoke)
    edit = Edit(content.data, content.data)
    is_stuck = False
    try:
        if planned.obstacle and doomed_settings(settlement):
            raise planned.obstacle
        with acting_as(store.account):
            edit = _edit(opened, settlement, check_mode=check_mode)
    except Exception as problem:  # noqa: BLE001 - whatever it is, what was revoked so far must be reported
        is_stuck = True
        said = str(problem) if isinstance(problem, NpmopsError) else f"{show(store.path)}: {explain(problem)}"
        problems.append(Problem(store.account.name, store.path, said))
        settlement = settle(plan, [FAILED] * len(verdicts), "confirmed")
    return StoreReport(
        account=store.account,
        client=store.client,
        path=store.path,
        form=store.form,
        plan=plan,
        verdicts=tuple(verdicts),
        settlement=settlement,
        edit=edit,
        other_names=0 if edit.in_place else content.links - 1,
        is_stuck=is_stuck,
        remaining_text=_find_remaining_text(opened, plan, edit, tokens),
    )


def _find_remaining_text(opened: OpenStore, plan: StorePlan, edit: Edit, tokens: frozenset[Secret]) -> tuple[int, ...]:
    if not tokens or not edit.after:
        return ()
    from ansible_collections.npmops.auth.plugins.module_utils._logout.remaining import find_text

    store = opened.store
    comments = any(reading.setting.commented for reading in plan.readings)
    return find_text(edit.after, tokens, store.form, store.account.environment, comments=comments)


def _edit(opened: OpenStore, settlement: Settlement, *, check_mode: bool, is_guess: bool = True) -> Edit:
    content, doomed = opened.content, doomed_settings(settlement)

    def change(data: bytes) -> bytes | None:
        result = opened.store.form.remove(data, doomed)
        if result != data and is_blank(result) and not content.through_link:
            return None
        return result

    if not doomed:
        return Edit(content.data, content.data)
    if not check_mode:
        return edit_file(content, change)
    try:
        edit = Edit(content.data, change(content.data))
    except StoreError as problem:
        raise StoreError(f"{show(content.path)} cannot be replaced: {problem}") from None
    if not edit.changed:
        return edit
    from ansible_collections.npmops.auth.plugins.module_utils._files.foresee import foresee_edit

    return foresee_edit(content, edit.after, is_guess=is_guess)


def _find_obstacle(planned: PlannedStore, revoke: str) -> NpmopsError | None:
    """Why a file cannot be edited, seen before its tokens are revoked.

    They are revoked all the same: else whoever closes a directory would keep the tokens in it valid.
    """
    outcomes = [target.outcome or CONFIRMED for target in planned.plan.targets]
    settlement = settle(planned.plan, outcomes, revoke)
    try:
        with acting_as(planned.opened.store.account):
            _edit(planned.opened, settlement, check_mode=True, is_guess=False)
    except NpmopsError as problem:
        return problem
    except Exception:  # noqa: BLE001 - the edit itself will show whether that matters
        return None
    return None


def _collect_secrets(opened: Sequence[OpenStore], options: LogoutOptions) -> tuple[Secret, ...]:
    found = {
        credential.secret for store in opened for credential in find_credentials(store.readings) if credential.secret
    }
    if options.selection.token:
        found.add(options.selection.token)
    return tuple(found)
