# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Say in one sentence what a run did, or why it did nothing.

Private to this collection. Pure. See ``report``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._errors import end_sentence, show
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import (
    PERHAPS_VALID,
    Report,
    StoreReport,
    count_revoked,
    count_tokens,
    list_remaining,
    locate_lines,
    name_registry,
)
from ansible_collections.npmops.auth.plugins.module_utils._logout.verdicts import NOT_LOOKED_UP
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import TOKEN
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import host_of
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    PENDING,
    PROTECTED,
    UNRESOLVED,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Target
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import (
    ANY_REGISTRY,
    enumerate_names,
    say_not_logged_in,
    say_not_mapped,
    say_what_is_absent,
)

_MOST_REASONS = 3


def summarize(report: Report) -> str:
    """Return the result ``msg``."""
    failures = report.failures
    if failures:
        return _say_undone(report, failures)
    if report.empty_option:
        return f"The option {report.empty_option} is an empty list, which selects nothing: nothing to do"
    where = _name_whereabouts(report, [target for _store, target, _verdict in report.judged]) or ANY_REGISTRY
    removed = sum(len(store.settlement.removed) for store in report.stores if store.edit.changed)
    revoked = count_revoked(report)
    if not removed and not revoked and not any(store.edit.changed for store in report.stores):
        return _say_nothing_done(report, where) + _say_where_it_is_set(report) + _say_where_text_remains(report)
    unknown = _say_unknown_references(report)
    if unknown and removed == _count_unknown_references(report) and not revoked and not report.check_mode:
        return unknown[0].upper() + unknown[1:] + _say_what_remains(report)
    credentials = f"{removed} credential{_plural(removed)}"
    rest = f"; {unknown}" if unknown and not report.check_mode else ""
    rest += _say_what_remains(report) + _say_where_text_remains(report)
    if report.check_mode:
        pending = count_tokens(report, {PENDING})
        return f"Would log out of {where}: {credentials} to remove, {pending} token{_plural(pending)} to revoke{rest}"
    perhaps = count_tokens(report, PERHAPS_VALID)
    rest = f", {perhaps} may still work{rest}" if perhaps else rest
    return f"Logged out of {where}: {credentials} removed, {revoked} token{_plural(revoked)} revoked{rest}"


def _list_unknown_references(report: Report) -> list[tuple[StoreReport, Target, str]]:
    """Return the references that were removed although their values are unknown, with the details of their verdicts."""
    return [
        (store, target, verdict.detail)
        for store, target, verdict in report.judged
        if verdict.outcome == UNRESOLVED and target.credential.unset and target.credential in store.settlement.removed
    ]


def _count_unknown_references(report: Report) -> int:
    return sum(store.edit.changed for store, _target, _said in _list_unknown_references(report))


def _say_unknown_references(report: Report) -> str:
    removed = [item for item in _list_unknown_references(report) if item[0].edit.changed]
    found = [target.credential for _store, target, _said in removed]
    if not found:
        return ""
    names = enumerate_names(list(dict.fromkeys(report.show_variables(credential) for credential in found)))
    where = "is not set to a plain value" if all(item.set_by for item in found) else ""
    unsought = [NOT_LOOKED_UP in said for _store, _target, said in removed]
    where = where or ("was not looked up" if all(unsought) else "has no known value" if any(unsought) else "")
    where = where or "is not set on this host"
    noun = "token" if all(item.kind == TOKEN for item in found) else "secret"
    return f"removed a reference to {names}, which {where}: the {noun} was not revoked"


def _say_undone(report: Report, failures: Sequence[str]) -> str:
    more = f" And {len(failures) - _MOST_REASONS} more." if len(failures) > _MOST_REASONS else ""
    reasons = " ".join(end_sentence(sentence) for sentence in failures[:_MOST_REASONS]) + more
    reasons += _name_option(report)
    where = _name_whereabouts(report, [target for _store, target, _verdict in report.unsettled]) or "every registry"
    return f"Not logged out of {where}: {reasons}" if report.stores or report.stray else reasons


def _name_option(report: Report) -> str:
    """Name the value of ``revoke`` that removes the lines anyway."""
    undone = [(target, verdict) for _store, target, verdict in report.unsettled]
    if not undone:
        return ""
    lines = "the line" if len(undone) == 1 else "these lines"
    if all(verdict.outcome == ACCEPTED for _target, verdict in undone):
        return f" To remove {lines} anyway, set revoke: accepted."
    return f" To remove {lines} anyway, set revoke: attempted."


def _say_what_remains(report: Report) -> str:
    """Name the remaining logins at the registry's host, which a reader might assume to be removed."""
    hosts = {store.plan.registry.host for store in report.stores if store.plan.registry}
    if report.selection.registry:
        hosts.add(report.selection.registry.host)
    left = [
        (report.show_name(name), show(store.path))
        for store in report.stores
        for name in list_remaining(report, store)
        if host_of(name.partition(":")[2] if "://" in name else name) in hosts
    ]
    if not left:
        return ""
    names, paths = (enumerate_names(list(dict.fromkeys(texts))) for texts in zip(*left))
    return f"; credentials for {names} remain in {paths}"


def _say_where_it_is_set(report: Report) -> str:
    """Name the assignments that stay, if no line of a credential file is removed."""
    if not any(target.credential.set_in for _store, target, _verdict in report.judged):
        return ""
    from ansible_collections.npmops.auth.plugins.module_utils._logout.left_assignments import find_left_assignments

    left = dict.fromkeys(item for found in find_left_assignments(report) for item in found)
    places = enumerate_names([f"{item.variables} in {item.place}" for item in left]) if left else ""
    return f"; a variable is still set to the token: {places}" if places else ""


def _say_where_text_remains(report: Report) -> str:
    places = [locate_lines(store, store.remaining_text) for store in report.stores if store.remaining_text]
    return f"; the text of a token remains in {enumerate_names(places)}" if places else ""


def _say_nothing_done(report: Report, where: str) -> str:
    outcomes = {verdict.outcome for store in report.stores for verdict in store.verdicts}
    if report.stray:
        outcomes.add(report.stray[1].outcome)
    if PENDING in outcomes:
        return f"Would revoke {count_tokens(report, {PENDING})} token at {where}, which is in no credential file"
    if PROTECTED in outcomes:
        return f"Nothing to do at {where}: the remaining credentials are protected"
    if ALREADY_INVALID in outcomes:
        return f"Nothing to do at {where}: the registry already rejects the token, and no credential file contains it"
    if outcomes & PERHAPS_VALID:
        return f"Nothing to remove for {where}: no credential file contains the token, which may still work"
    if outcomes:
        return f"Nothing to remove for {where}: no credential file contains the token"
    said = say_not_logged_in(where)
    if report.selection.scope and not report.selection.registry and not _linked(report):
        said = say_not_mapped(report.selection.scope)
    elif report.selection.token and not report.selection.registry and not _is_held(report):
        return "The token is in none of these files and was not revoked: set registry to revoke it"
    elif report.selection.fingerprints is not None and any(store.plan.bystanders for store in report.stores):
        said = "None of these files contains a token with one of the fingerprints: nothing to do"
    return said + _say_what_else_is_there(report)


def _say_what_else_is_there(report: Report) -> str:
    """Name the credentials that may be meant instead, and the paths and users that do not exist."""
    names = [report.show_name(name) for store in report.stores for name in list_remaining(report, store)]
    said = f". The files contain credentials for {enumerate_names(list(dict.fromkeys(names)))}" if names else ""
    return said + say_what_is_absent(report.absent_paths, report.absent_users)


def _is_held(report: Report) -> bool:
    """Return whether the token that the playbook gives by value is in one of the files."""
    token = report.selection.token
    return any(target.credential.secret == token for store in report.stores for target in store.plan.bystanders)


def _linked(report: Report) -> bool:
    return any(store.plan.registry for store in report.stores)


def _name_whereabouts(report: Report, targets: Collection[Target]) -> str | None:
    """Return the words for the registries of these credentials; None if there are none."""
    selection = report.selection
    if selection.registry:
        return show_url(selection.registry.url)
    named = {report.show_name(store.plan.registry.url) for store in report.stores if store.plan.registry}
    if len(named) == 1 and not selection.all_registries:
        return named.pop()
    if selection.scope:
        return f"the registry of {selection.scope}"
    concerned = {name_registry(report, target) for target in targets}
    if len(concerned) == 1:
        return concerned.pop()
    return f"{len(concerned)} registries" if concerned else None


def _plural(number: int) -> str:
    return "" if number == 1 else "s"
