# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the results of ``npm_login``: return values, diff and summary.

Private to this collection. Pure. The results contain names, places and fingerprints, but no secrets.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import end_sentence, show
from ansible_collections.npmops.auth.plugins.module_utils._login.run import LoggedIn, LoginReport
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact, show_url
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import say_what_is_absent


def build_login_result(report: LoginReport) -> dict[str, Any]:
    """Return the module's results, as its documentation lists them."""
    replaced = [name for store in report.stores for name in store.put.replaced]
    return {
        "changed": report.is_restored or any(store.edit.changed for store in report.stores),
        "replaced": list(dict.fromkeys(replaced)),
        "fingerprint": fingerprint(report.token) if report.token else None,
        "identity": show(report.conceal(report.identity)) if report.identity else None,
        "files": [_describe_file(report, store) for store in report.stores],
        "absent_users": [show(name) for name in report.absent_users],
        "diff": [_build_diff(report, store) for store in report.stores if store.edit.changed],
        "msg": _summarize(report),
    }


def _describe_file(report: LoginReport, store: LoggedIn) -> dict[str, Any]:
    return {
        "account": store.store.account.name,
        "path": show(store.store.path),
        "client": store.store.client,
        "registry": _show_name(report, store.login.registry.url),
        "changed": store.edit.changed or store.is_restored,
        "created": store.created,
        "settings": [_show_name(report, name) for name in store.put.keys],
        "replaced": list(store.put.replaced),
    }


def _show_name(report: LoginReport, name: str) -> str:
    return show_url(report.conceal(name))


def _build_diff(report: LoginReport, store: LoggedIn) -> dict[str, str]:
    if store.store.client == ENVIRONMENT:
        return _build_statement_diff(store)
    environment, form = store.store.account.environment, store.store.form
    secrets = _collect_secrets(store)
    header = show(store.store.path)
    return {
        "before": redact(store.edit.before, form, environment, secrets, report.conceal),
        "after": redact(store.edit.after or b"", form, environment, secrets, report.conceal),
        "before_header": f"{header} (new)" if store.created else header,
        "after_header": header,
    }


def _build_statement_diff(store: LoggedIn) -> dict[str, str]:
    """Show only the statements that change: the others may contain secrets of other programs."""
    from ansible_collections.npmops.auth.plugins.module_utils._login.assigned import show_statements

    header, names = show(store.store.path), store.put.keys
    before, after = (
        show_statements(store.store, data, names, are_tokens=store.login.token is not None)
        for data in (store.edit.before, store.edit.after or b"")
    )
    return {"before": before, "after": after, "before_header": header, "after_header": header}


def _collect_secrets(store: LoggedIn) -> tuple[Secret, ...]:
    """Return all secrets in a credential file before and after the edit."""
    found: list[Secret | None] = []
    for data in (store.edit.before, store.edit.after or b""):
        readings = read_settings(data, store.store.form, store.store.account.environment)
        found += [credential.secret for credential in find_credentials(readings)]
    return tuple(dict.fromkeys(secret for secret in found if secret))


def _summarize(report: LoginReport) -> str:
    registries = list(dict.fromkeys(_show_name(report, store.login.registry.url) for store in report.stores))
    where = registries[0] if len(registries) == 1 else f"{len(registries)} registries"
    if report.problems:
        return f"Not logged in everywhere: {' '.join(end_sentence(problem.message) for problem in report.problems)}"
    changed = sum(store.edit.changed for store in report.stores)
    files = f"{changed} file{'' if changed == 1 else 's'}"
    if report.empty_option:
        return f"The option {report.empty_option} is an empty list, which selects nothing: nothing to do"
    if not report.stores:
        return f"No credential file found{say_what_is_absent((), report.absent_users)}"
    if not changed:
        return f"Already logged in to {where}: nothing to do{say_what_is_absent((), report.absent_users)}"
    return (
        f"Would log in to {where}: {files} to change" if report.check_mode else f"Logged in to {where}: {files} changed"
    )
