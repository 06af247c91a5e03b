# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the module's results, with the redacted diff, and list its warnings.

Private to this collection. Pure. See ``report``.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import (
    PERHAPS_VALID,
    Report,
    StoreReport,
    count_revoked,
    is_settled,
    list_remaining,
    locate,
    locate_lines,
    name_registry,
    say,
    say_once,
)
from ansible_collections.npmops.auth.plugins.module_utils._logout.sentence import summarize
from ansible_collections.npmops.auth.plugins.module_utils._logout.verdicts import advise
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import CERTIFICATE, TOKEN, Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    PENDING,
    UNRESOLVED,
    Verdict,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import (
    Target,
    is_held_back,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact, show_url, show_variable
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import foresee
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint


def build_result(report: Report) -> dict[str, Any]:
    """Return the module's results, as listed in its documentation."""
    result: dict[str, Any] = {
        "changed": report.changed,
        "revoked": count_revoked(report) > 0,
        "credentials": [_describe(report, *item) for item in report.judged],
        "files": [_describe_file(report, store) for store in report.stores],
        "absent_users": [show(name) for name in report.absent_users],
        "diff": [_build_diff(report, store) for store in report.stores if store.edit.changed],
        "msg": summarize(report),
    }
    if report.stray:
        result["credentials"].append(_describe_stray(report, *report.stray))
    if _has_references(report):
        _add_left_assignments(report, result["files"])
    return result


def _has_references(report: Report) -> bool:
    """Return whether a variable is set to a credential of this run."""
    return any(target.credential.set_in for store in report.stores for target in store.plan.targets)


def _add_left_assignments(report: Report, files: Sequence[dict[str, Any]]) -> None:
    from ansible_collections.npmops.auth.plugins.module_utils._logout.left_assignments import find_left_assignments

    for file, left in zip(files, find_left_assignments(report)):
        file["remaining_variables"] = [
            {"variable": item.variables, "path": show(item.path), "line": item.line, "registries": [*item.users]}
            for item in left
        ]


def _describe(report: Report, store: StoreReport, target: Target, verdict: Verdict) -> dict[str, Any]:
    credential = target.credential
    removed = credential in store.settlement.removed or _is_set_nowhere_now(report, store, credential)
    detail = verdict.detail
    if credential.kind == CERTIFICATE and not removed and _waits_for_a_token(report, store):
        detail = "Kept for now: the certificate may be needed to contact the registry about a remaining token."
    return {
        "account": store.account.name,
        "path": show(store.path),
        "line": credential.line,
        "client": store.client,
        "registry": name_registry(report, target),
        "registry_key": report.show_name(target.key) or None,
        "registries": [report.show_name(registry.url) for registry in target.registries],
        "settings": [report.show_name(name) for name in credential.keys],
        "kind": credential.kind,
        "source": ENVIRONMENT if store.client == ENVIRONMENT else credential.source,
        "set_in": [{"path": show(path), "line": line} for path, line in credential.set_in],
        "fingerprint": credential.fingerprint,
        "revocation": verdict.outcome,
        "detail": detail,
        "by_hand": _advise_on_file(report, store, verdict) or advise(target, verdict, report.driver, removed=removed),
        **_describe_kind(report, target.registry, credential.secret if credential.kind == TOKEN else None, verdict),
        "own_connection": verdict.own_connection,
        "removed": removed,
    }


def _is_set_nowhere_now(report: Report, store: StoreReport, credential: Credential) -> bool:
    """Return whether all assignments of this value are removed while the reference stays for a value not selected."""
    if store.client == ENVIRONMENT or credential.source != ENVIRONMENT or not credential.set_in:
        return False
    settings = {id(reading.setting) for reading in credential.readings}
    for target, verdict in zip(store.plan.targets, store.verdicts):
        shares = any(id(reading.setting) in settings for reading in target.credential.readings)
        if shares and not report.is_done(target, verdict):
            return False
    gone = {
        place
        for other in report.stores
        if other.client == ENVIRONMENT and not other.is_stuck
        for item in other.settlement.removed
        if item.secret == credential.secret
        for place in item.set_in
    }
    return gone.issuperset(credential.set_in)


def _describe_kind(
    report: Report, registry: Registry | None, token: Secret | None, verdict: Verdict
) -> dict[str, str | list[str] | None]:
    """Return the results that depend on the kind of registry, from its answer or else predicted."""
    foreseen = foresee(registry, token, report.driver)
    is_pending = verdict.outcome == PENDING
    return {
        "registry_kind": verdict.kind or foreseen.kind,
        "expires": verdict.expires or foreseen.expires,
        "side_effects": list(foreseen.side_effects if is_pending else verdict.side_effects),
    }


def _advise_on_file(report: Report, store: StoreReport, verdict: Verdict) -> str | None:
    """Return the manual steps if the file could not be edited although the outcome allows the removal."""
    if not store.is_stuck or not allows_removal(verdict.outcome, report.selection.revoke):
        return None
    advice = (
        "Fix the reported error, edit the source that generates the file, or remove the line by hand, then run again."
    )
    return f"{advice} {verdict.by_hand}" if verdict.by_hand else advice


def _waits_for_a_token(report: Report, store: StoreReport) -> bool:
    """Return whether a token stays about which its registry must be asked again."""
    return any(not is_settled(verdict, report.selection.revoke) for verdict in store.verdicts)


def _describe_stray(report: Report, token: Secret, verdict: Verdict) -> dict[str, Any]:
    registry = report.selection.registry
    return {
        "account": None,
        "path": None,
        "line": None,
        "client": None,
        "registry": show_url(registry.url) if registry else None,
        "registry_key": show_url(registry.key) if registry else None,
        "registries": [show_url(registry.url)] if registry else [],
        "settings": [],
        "kind": TOKEN,
        "source": "literal",
        "set_in": [],
        "fingerprint": fingerprint(token),
        "revocation": verdict.outcome,
        "detail": verdict.detail,
        "by_hand": verdict.by_hand,
        **_describe_kind(report, registry, token, verdict),
        "own_connection": verdict.own_connection,
        "removed": False,
    }


def _describe_file(report: Report, store: StoreReport) -> dict[str, Any]:
    doomed = store.settlement.doomed if store.edit.changed else ()
    return {
        "account": store.account.name,
        "path": show(store.path),
        "changed": store.edit.changed or store.is_restored,
        "removed_keys": [report.show_name(name) for name in dict.fromkeys(reading.setting.label for reading in doomed)],
        "remaining": [report.show_name(name) for name in list_remaining(report, store)],
        "remaining_variables": [],
        "remaining_text": list(store.remaining_text),
    }


def _build_diff(report: Report, store: StoreReport) -> dict[str, str]:
    if store.client == ENVIRONMENT:
        return _build_statement_diff(report, store)
    environment = store.account.environment
    known = [target.credential.secret for target in store.plan.targets + store.plan.bystanders]
    secrets = [secret for secret in known if secret]
    header = show(store.path)
    return {
        "before": redact(store.edit.before, store.form, environment, secrets, report.conceal),
        "after": redact(store.edit.after or b"", store.form, environment, secrets, report.conceal),
        "before_header": header,
        "after_header": header if store.edit.after is not None else f"{header} (deleted)",
    }


def _build_statement_diff(report: Report, store: StoreReport) -> dict[str, str]:
    """Show only the removed assignments, not the rest of such a file."""
    header = show(store.path)
    gone = {reading.setting.line: reading for reading in store.settlement.doomed}
    lines = []
    for line, reading in sorted(gone.items()):
        is_token = reading.name.endswith("_authToken")
        shown = f"<token {fingerprint(Secret(reading.value or ''))}>" if is_token else "<password>"
        # One of several credentials in a variable's value.
        shown = shown if reading.value == reading.setting.value.strip() else "<secret>"
        lines.append(f"{show_variable(report.conceal(reading.setting.name))}={shown} (line {line})\n")
    return {"before": "".join(lines), "after": "", "before_header": header, "after_header": header}


def list_warnings(report: Report) -> tuple[str, ...]:
    """Return what the user should know even if the run succeeds."""
    warnings = list(report.warnings)
    of_assignments, explained = _warn_of_assignments(report)
    for store in report.stores:
        for target, verdict in zip(store.plan.targets, store.verdicts):
            if verdict.outcome == UNRESOLVED and not is_held_back(
                target.credential, verdict.outcome, report.selection.revoke
            ):
                warnings.append(f"{locate(store, target)}: {verdict.detail} {verdict.by_hand}")
        if store.edit.warning:
            warnings.append(store.edit.warning)
        if store.other_names and store.edit.changed:
            warnings.append(
                f"{show(store.path)} has {store.other_names} more hard link(s), which still have the old content: "
                "remove the credentials there too."
            )
        lines = [line for line in store.remaining_text if (store.path, line) not in explained]
        if lines:
            where = locate_lines(store, lines)
            warnings.append(f"{where}: the text of a token remains outside of a credential. Remove it by hand.")
    return (*warnings, *_warn_of_valid_tokens(report), *of_assignments)


def _warn_of_assignments(report: Report) -> tuple[list[str], Collection[tuple[str, int | None]]]:
    if not _has_references(report):
        return [], ()
    from ansible_collections.npmops.auth.plugins.module_utils._logout.left_assignments import warn_of_assignments

    return warn_of_assignments(report)


def _warn_of_valid_tokens(report: Report) -> list[str]:
    """Warn of credentials that `attempted` removes although the token may be valid, each reason once."""
    gone = [
        (f"{verdict.detail} {advise(target, verdict, report.driver, removed=True)}", locate(store, target))
        for store, target, verdict in report.judged
        if verdict.outcome in PERHAPS_VALID and target.credential in store.settlement.removed
    ]
    warnings = [f"{where}: removed, but the token may still work. {said}" for said, where in say_once(gone)]
    if (
        report.stray
        and report.stray[1].outcome in PERHAPS_VALID
        and is_settled(report.stray[1], report.selection.revoke)
    ):
        warnings.append(f"The token {fingerprint(report.stray[0])} may still work. {say(report.stray[1])}")
    return warnings
