# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log a host out: read the files, revoke the tokens, then edit the files.

Private to this collection. In this order, an interrupted run leaves each file intact, and a second run finishes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    acting_as,
    find_accounts,
    list_usable,
)
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT, PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    NpmopsError,
    Problem,
    StoreError,
    describe_unexpected,
    show,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import explain
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit, edit_file
from ansible_collections.npmops.auth.plugins.module_utils._logout.around import LateSurroundings
from ansible_collections.npmops.auth.plugins.module_utils._logout.remaining import KnownTokens, find_text
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import Report, StoreReport
from ansible_collections.npmops.auth.plugins.module_utils._logout.verdicts import foretell
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import TOKEN, find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._options import LogoutOptions
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED, FAILED, PROTECTED, Verdict
from ansible_collections.npmops.auth.plugins.module_utils._plan import (
    Settlement,
    StorePlan,
    Target,
    doomed_settings,
    list_shared_lines,
    make_plan,
    settle,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import advise_on_token
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import (
    find_moves,
    find_stores,
    open_moved,
    warn_of_moves,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import (
    OpenStore,
    Torn,
    has_references,
    list_absent_paths,
    open_stores,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store
from ansible_collections.npmops.auth.plugins.module_utils._values import encode_like, is_blank, to_utf_8

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._logout.revoker import Revoker
    from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
    from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting


class PlannedStore(NamedTuple):
    """A credential file that was read, and its plan.

    :ivar obstacle: why it cannot be edited, if that was found before the revocation.
    """

    opened: OpenStore
    plan: StorePlan
    obstacle: NpmopsError | None = None


def log_out(options: LogoutOptions, *, check_mode: bool) -> Report:
    """Do the work of ``npm_logout``.

    :returns: what was done, and what could not be done.
    :raises InputError: the options do not fit this host; nothing is changed.
    :raises MissingLibrary: there is a token to revoke, and ``requests`` is missing; nothing is changed.
    """
    named, absent = find_accounts(options.stores.users, options.stores.all_users)
    if options.empty_option:
        return Report(check_mode, options.selection, (), (), absent, None, (), empty_option=options.empty_option)
    usable, unusable = list_usable(named)
    accounts = find_moves(usable, options.stores)
    torn = Torn(is_dry=check_mode)
    with torn.told():
        report = _log_out(options, accounts, torn, unusable, check_mode=check_mode)
    return replace(report, absent_users=absent)


def _log_out(
    options: LogoutOptions, accounts: Sequence[Account], torn: Torn, unusable: Sequence[Problem], *, check_mode: bool
) -> Report:
    """:param unusable: why the run cannot act as other accounts."""
    stores = find_stores(accounts, options.stores)
    torn.finish(stores)
    opened, problems = open_stores(torn.drop_broken(stores), "paths" if options.stores.paths is not None else "")
    moved = open_moved(opened, problems, torn)
    if ENVIRONMENT in options.stores.clients or has_references(opened):
        from ansible_collections.npmops.auth.plugins.module_utils._stores.references import References

        opened = References(opened, accounts, options.stores, options.named_registries, torn).follow()
    problems = [*unusable, *torn.problems, *problems]
    surroundings = LateSurroundings(opened, options)
    planned = _plan_stores(opened, options, problems, surroundings)
    stray = _find_stray_token(planned, options)
    conceal = Concealer(_collect_secrets(opened, options))
    revoker = _prepare_revoker(planned, stray, options, conceal, surroundings, check_mode=check_mode)
    if revoker and not check_mode:
        planned = [store._replace(obstacle=_find_obstacle(store, options.selection.revoke)) for store in planned]
    stray_verdict = revoker.revoke_stray(stray, [store.opened for store in planned]) if revoker and stray else None
    planned, verdicts = _decide_all(planned, revoker, options)
    tokens = _list_known_tokens(planned, verdicts, options)
    reports = [
        _finish(store, found, options, problems, tokens, check_mode=check_mode)._replace(
            is_restored=store.opened.content.path in torn.restored,
        )
        for store, found in zip(planned, verdicts)
    ]
    return Report(
        check_mode=check_mode,
        selection=options.selection,
        stores=tuple(reports),
        problems=tuple(problems),
        absent_users=(),
        stray=(stray, stray_verdict) if stray and stray_verdict else None,
        warnings=(
            *_warn_of_search(accounts, options),
            *torn.warnings,
            *warn_of_moves(accounts, options.stores),
            *moved,
            *(revoker.warnings if revoker else ()),
        ),
        conceal=conceal,
        driver=options.driver,
        absent_paths=list_absent_paths(stores, opened, problems) if options.stores.paths is not None else (),
        is_restored=bool(torn.restored),
    )


def _warn_of_search(accounts: Sequence[Account], options: LogoutOptions) -> tuple[str, ...]:
    if not options.stores.search:
        return ()
    from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import warn_of_search

    return warn_of_search(accounts, options.stores)


def _list_known_tokens(
    planned: Sequence[PlannedStore], verdicts: Sequence[Sequence[Verdict]], options: LogoutOptions
) -> KnownTokens:
    """Return the tokens of this run, whose text should not remain anywhere."""
    found = {
        target.credential.secret
        for store, its_verdicts in zip(planned, verdicts)
        for target, verdict in zip(store.plan.targets, its_verdicts)
        if target.credential.kind == TOKEN and verdict.outcome != PROTECTED
    }
    token = options.selection.token
    if token and fingerprint(token) not in options.selection.protected:
        found.add(token)
    return KnownTokens(secret for secret in found if secret)


def _plan_stores(
    opened: Sequence[OpenStore], options: LogoutOptions, problems: list[Problem], surroundings: LateSurroundings
) -> list[PlannedStore]:
    planned: list[PlannedStore] = []
    for found in map(surroundings.resolve_references, opened):
        try:
            elsewhere = surroundings.get_lookout(found)
            plan = make_plan(found.readings, options.selection, found.defaults, elsewhere)
            unclear = _find_unclear(found, plan, options)
            # The scope mapping stays with a credential that may belong to it.
            planned.append(PlannedStore(found, plan._replace(links=()) if unclear else plan))
            problems += unclear
        except StoreError as problem:
            store = found.store
            problems.append(Problem(store.account.name, store.path, f"{show(store.path)}, {problem}"))
    return planned


def _find_unclear(found: OpenStore, plan: StorePlan, options: LogoutOptions) -> list[Problem]:
    """Report the credentials that are left out although they may belong to the selected registry."""
    selection = options.selection
    if not (selection.registry or selection.scope):
        return []
    left_out = [target for target in plan.bystanders if not target.registry and target.outcome != PROTECTED]
    if selection.fingerprints is not None:
        left_out = [item for item in left_out if item.credential.fingerprint in selection.fingerprints]
    if not left_out:
        return []
    from ansible_collections.npmops.auth.plugins.module_utils._logout.unclear import say_unclear

    said = [say_unclear(found, target.credential, by_scope=not selection.registry) for target in left_out]
    store = found.store
    return [Problem(store.account.name, store.path, f"{show(store.path)} {text}") for text in said if text]


def _prepare_revoker(
    planned: Sequence[PlannedStore],
    stray: Secret | None,
    options: LogoutOptions,
    conceal: Concealer,
    surroundings: LateSurroundings,
    *,
    check_mode: bool,
) -> Revoker | None:
    """Return the ``Revoker`` of a run; None if no registry has to be asked.

    :raises MissingLibrary: there is a token to revoke, and ``requests`` is missing.
    """
    targets = [(store.opened.store.level, target) for store in planned for target in store.plan.targets]
    # The message on a project's reference depends on the files around it.
    is_asking = any(target.outcome is None or level == PROJECT for level, target in targets)
    if not stray and not is_asking:
        return None
    from ansible_collections.npmops.auth.plugins.module_utils._logout.revoker import Revoker

    revoker = Revoker(options, check_mode, conceal, surroundings)
    revoker.require_library([target for _level, target in targets], stray)
    return revoker


def _decide_all(
    planned: Sequence[PlannedStore], revoker: Revoker | None, options: LogoutOptions
) -> tuple[list[PlannedStore], list[list[Verdict]]]:
    """:returns: the same files, each credential with the registry that knew its token, and the verdicts."""
    if revoker is None:
        driver = options.driver
        return list(planned), [[foretell(target, driver) for target in store.plan.targets] for store in planned]
    revoker.gather((store.opened, target) for store in planned for target in store.plan.targets)
    decided: list[PlannedStore] = []
    verdicts: list[list[Verdict]] = []
    for store in planned:
        found = [_decide(revoker, store, target) for target in store.plan.targets]
        targets = tuple(
            target if registry is None else target._replace(registry=registry)
            for target, (registry, _verdict) in zip(store.plan.targets, found)
        )
        decided.append(store._replace(plan=store.plan._replace(targets=targets)))
        verdicts.append([verdict for _registry, verdict in found])
    revoker.close()
    return decided, verdicts


def _find_stray_token(planned: Sequence[PlannedStore], options: LogoutOptions) -> Secret | None:
    """Return the token that the playbook gives by value, if it is to be revoked but is in no credential file."""
    selection = options.selection
    token = selection.token
    if token is None or any(store.plan.targets for store in planned):
        return None
    if selection.fingerprints is not None and fingerprint(token) not in selection.fingerprints:
        return None
    return token if selection.registry else None


def _decide(revoker: Revoker, planned: PlannedStore, target: Target) -> tuple[Registry | None, Verdict]:
    """Return the verdict on a credential. An error becomes a verdict, so that the others are still reported."""
    try:
        return revoker.decide(planned.opened, target)
    except Exception as problem:  # noqa: BLE001
        said = str(problem) if isinstance(problem, NpmopsError) else f"{describe_unexpected(problem)}."
        detail = f"The result at the registry is unknown: {said}"
        return None, Verdict(FAILED, detail, f"{advise_on_token(target.registry)}.")


def _finish(
    planned: PlannedStore,
    verdicts: Sequence[Verdict],
    options: LogoutOptions,
    problems: list[Problem],
    tokens: KnownTokens,
    *,
    check_mode: bool,
) -> StoreReport:
    """Remove from a credential file what the verdicts allow.

    :param tokens: those whose text should not remain anywhere.
    """
    opened, plan = planned.opened, planned.plan
    store, content = opened.store, opened.content
    outcomes = [verdict.outcome for verdict in verdicts]
    settlement = settle(plan, outcomes, options.selection.revoke)
    edit = Edit(content.data, content.data)
    is_stuck = False
    try:
        if planned.obstacle and doomed_settings(settlement):
            raise planned.obstacle
        edit = _foresee(opened, settlement) if check_mode else _edit(opened, settlement)
    except Exception as problem:  # noqa: BLE001 - whatever it is, what was revoked so far must be reported
        said = str(problem) if isinstance(problem, NpmopsError) else f"{show(store.path)}: {explain(problem)}"
        problems.append(Problem(store.account.name, store.path, said))
        is_stuck = True
        settlement = settle(plan, [FAILED] * len(verdicts), "confirmed")
    if store.client == ENVIRONMENT and not is_stuck:
        lines = list_shared_lines(plan, settlement, outcomes, options.selection.revoke)
        problems += [_say_shared(store, line) for line in lines]
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


def _say_shared(store: Store, line: int) -> Problem:
    said = "the assignment also contains a credential that is kept. Edit the assignment by hand."
    return Problem(store.account.name, store.path, f"{show(store.path)} line {line}: {said}")


def _find_remaining_text(opened: OpenStore, plan: StorePlan, edit: Edit, tokens: KnownTokens) -> tuple[int, ...]:
    if not tokens.tokens or not edit.after:
        return ()
    store = opened.store
    comments = any(reading.setting.commented for reading in plan.readings)
    return find_text(to_utf_8(edit.after), tokens, store.form, store.account.environment, comments=comments)


def _change(opened: OpenStore, doomed: Collection[Setting], data: bytes) -> bytes | None:
    """Return a credential file without these settings; None if nothing is left and it is to be deleted."""
    text = to_utf_8(data)
    result = opened.store.form.remove(text, doomed)
    if result == text:
        return data
    # Raises if the result could not be read again, such as a file that is mostly NUL without its logins.
    to_utf_8(result)
    if is_blank(result) and not opened.content.through_link and opened.store.client != ENVIRONMENT:
        return None
    return encode_like(data, result)


def _edit(opened: OpenStore, settlement: Settlement) -> Edit:
    content, doomed = opened.content, doomed_settings(settlement)
    if not doomed:
        return Edit(content.data, content.data)
    with acting_as(opened.store.account):
        return edit_file(content, lambda data: _change(opened, doomed, data))


def _foresee(opened: OpenStore, settlement: Settlement, *, is_guess: bool = True) -> Edit:
    """Return the result that ``_edit`` would have."""
    # Imported before acting as the account, which may not be able to read this collection.
    from ansible_collections.npmops.auth.plugins.module_utils._files.foresee import foresee_edit

    content, doomed = opened.content, doomed_settings(settlement)
    if not doomed:
        return Edit(content.data, content.data)
    try:
        after = _change(opened, doomed, content.data)
    except StoreError as problem:
        raise StoreError(f"{show(content.path)} cannot be replaced: {problem}") from None
    if after == content.data:
        return Edit(content.data, after)
    with acting_as(opened.store.account):
        return foresee_edit(content, after, is_guess=is_guess)


def _find_obstacle(planned: PlannedStore, revoke: str) -> NpmopsError | None:
    """Return why a file cannot be edited, before its tokens are revoked.

    They are revoked anyway: otherwise, write protection of a directory would keep the tokens in it valid.
    """
    outcomes = [target.outcome or CONFIRMED for target in planned.plan.targets]
    settlement = settle(planned.plan, outcomes, revoke)
    try:
        _foresee(planned.opened, settlement, is_guess=False)
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
