# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The security findings about a credential file and its surroundings.

Private to this collection. Pure. A rule has a name, a severity and a message that says what to do. No message shows a
secret.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from ansible_collections.npmops.auth.plugins.module_utils._clients import BACKUP, BUILTIN, GLOBAL, SKELETON
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import (
    CERTIFICATE,
    COMMENT,
    UNSCOPED,
    Credential,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import try_parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import is_link
from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import NEVER

_SOON_DAYS = 30

HIGH, MEDIUM, LOW = "high", "medium", "low"
#: Highest first.
SEVERITIES = (HIGH, MEDIUM, LOW)

RULES = {
    "readable_by_others": (
        HIGH,
        "This file is readable by other users (mode {mode}): set mode 0600, or remove the credentials.",
    ),
    "foreign_owner": (
        HIGH,
        "This file belongs to {owner}, who can change its credentials and registries: change its owner.",
    ),
    "tracked_by_git": (HIGH, "This file is tracked by git: every clone has its credentials, so revoke them."),
    "plain_http": (
        HIGH,
        "This registry uses unencrypted HTTP, where others can read the credentials: change its URL to https.",
    ),
    "skeleton_file": (HIGH, "Every new account gets a copy of this file: remove the credentials."),
    "token_in_log": (HIGH, "A log contains a token: revoke the token, and delete the log."),
    "token_in_environment": (
        MEDIUM,
        "A running process has {names} in its environment: restart the process without the variable.",
    ),
    "login_in_url": (
        MEDIUM,
        "Credentials are in a registry URL and can appear in logs: log in again without them in the URL.",
    ),
    "backup_copy": (MEDIUM, "A backup copy contains credentials: revoke them, and delete the copy."),
    "no_certificate_check": (
        MEDIUM,
        "TLS verification is disabled (strict-ssl=false): remove this setting, and configure cafile.",
    ),
    "never_expires": (MEDIUM, "This token never expires: replace it with a token that does."),
    "expires_soon": (LOW, "This token expires in {days}: replace it, or remove it if it is not needed."),
    "expired": (LOW, "This token expired on {expires}: remove it."),
    "unreadable": (MEDIUM, "{problem}"),
    "legacy_unscoped": (LOW, "This setting names no registry, and npm 9 and newer refuse it: log in again."),
    "commented_out": (
        LOW,
        "A commented-out credential is valid until it is revoked: log out with comments: true.",
    ),
}


@dataclass(frozen=True)
class Finding:
    """A security problem.

    :ivar line: line number, from 1; None if the finding is about the whole file.
    """

    severity: str
    path: str
    line: int | None
    rule: str
    message: str


@dataclass(frozen=True)
class StoreFacts:
    """What is known about a credential file.

    :ivar mode: its permissions.
    :ivar owner: name of the account that owns it.
    :ivar is_foreign: neither its account nor root owns it.
    :ivar credentials: its credentials, including commented-out ones.
    """

    path: str
    client: str
    level: str
    mode: int
    owner: str
    is_foreign: bool
    is_tracked: bool
    readings: tuple[Reading, ...]
    credentials: tuple[Credential, ...]


def make_finding(rule: str, path: str, line: int | None = None, **details: str) -> Finding:
    """Create a finding for one of ``RULES``."""
    severity, message = RULES[rule]
    return Finding(severity, path, line, rule, message.format(**details))


def examine(store: StoreFacts) -> tuple[Finding, ...]:
    """Return all findings about one credential file."""
    found = [*_examine_file(store), *_examine_settings(store), *_examine_credentials(store)]
    return tuple(dict.fromkeys(found))


def examine_expiry(path: str, line: int, expires: str | None, now: datetime) -> Iterator[Finding]:
    """Yield the finding about a token's expiry, if any.

    :param expires: ISO 8601 in UTC, ``never``, or None if unknown.
    """
    if expires is None:
        return
    if expires == NEVER:
        yield make_finding("never_expires", path, line)
        return
    left = datetime.strptime(expires, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc) - now
    if left.total_seconds() <= 0:
        yield make_finding("expired", path, line, expires=expires)
    elif left.days < _SOON_DAYS:
        yield make_finding("expires_soon", path, line, days=f"{left.days} day{'' if left.days == 1 else 's'}")


def sort_findings(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Sort by severity (highest first), path and line."""
    return tuple(sorted(findings, key=lambda item: (SEVERITIES.index(item.severity), item.path, item.line or 0)))


def _examine_file(store: StoreFacts) -> Iterator[Finding]:
    if store.is_foreign:
        yield make_finding("foreign_owner", store.path, owner=store.owner)
    if not store.credentials:
        return
    # This includes global files: all users may read them, but not credentials.
    if stat.S_IMODE(store.mode) & 0o077:
        yield make_finding("readable_by_others", store.path, mode=f"{stat.S_IMODE(store.mode):04o}")
    if store.is_tracked:
        yield make_finding("tracked_by_git", store.path)
    if store.client == BACKUP:
        yield make_finding("backup_copy", store.path)
    if store.level in (GLOBAL, BUILTIN) and store.path.startswith(f"{SKELETON}/"):
        yield make_finding("skeleton_file", store.path)


def _examine_settings(store: StoreFacts) -> Iterator[Finding]:
    for reading in store.readings:
        setting = reading.setting
        if setting.commented:
            continue
        if is_link(reading.name) and _is_plain_http(reading.value):
            yield make_finding("plain_http", store.path, setting.line)
        if reading.name == "strict-ssl" and reading.value is None and setting.value != "":
            yield make_finding("no_certificate_check", store.path, setting.line)


def _examine_credentials(store: StoreFacts) -> Iterator[Finding]:
    for credential in store.credentials:
        if credential.source == COMMENT:
            yield make_finding("commented_out", store.path, credential.line)
        if any(reading.setting.in_url for reading in credential.readings):
            yield make_finding("login_in_url", store.path, credential.line)
        if credential.key == UNSCOPED and credential.kind != CERTIFICATE and _is_npms(credential):
            yield make_finding("legacy_unscoped", store.path, credential.line)


def _is_npms(credential: Credential) -> bool:
    """Return whether npm's own settings make up the credential. Other clients may omit the registry."""
    return not any(reading.setting.shown or reading.setting.section is not None for reading in credential.readings)


def _is_plain_http(url: str | None) -> bool:
    registry = try_parse_registry(url)
    return registry is not None and registry.scheme == "http" and not registry.is_loopback
