# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the results of the hosts of a run.

Private to this collection. Pure. Reads what the roles gathered: for each host the results of its audit and of its
logouts. Reads only the fields that are named here, so that a field that is added to a result cannot disclose anything.
Names and sentences can come from a malicious home directory, so each is made harmless here.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils import _outcomes
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, show
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import BASIC, CERTIFICATE, HELPER, TOKEN
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, is_key_of, try_parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._redaction import hide_userinfo, show_url
from ansible_collections.npmops.auth.plugins.module_utils._secrets import is_fingerprint

#: The rule of a finding about a file that an audit could not read.
UNREADABLE = "unreadable"
OK, UNREACHABLE, SKIPPED, FAILED = "ok", "unreachable", "skipped", "failed"
STATUSES = (OK, FAILED, UNREACHABLE, SKIPPED)
KINDS = (TOKEN, BASIC, CERTIFICATE, HELPER)
OUTCOMES = (
    _outcomes.CONFIRMED,
    _outcomes.ALREADY_INVALID,
    _outcomes.ACCEPTED,
    _outcomes.INEFFECTIVE,
    _outcomes.UNSUPPORTED,
    _outcomes.FAILED,
    _outcomes.UNRESOLVED,
    _outcomes.NOT_APPLICABLE,
    _outcomes.PROTECTED,
    _outcomes.SKIPPED,
    _outcomes.PENDING,
)

_WORD = re.compile(r"[a-z][a-z0-9_-]{0,39}\Z")
_LONGEST = 1000
_MOST_EFFECTS = 10
#: The detail for a credential that a logout no longer found.
GONE = "The credential was no longer in this file, so nothing was done. Another host may share the directory."
#: The expiry of a token that does not expire.
NEVER = "never"


@dataclass(frozen=True)
class Token:
    """A token at its registry. The same text at two registries is two tokens: each registry must revoke its own."""

    fingerprint: str
    registry: str

    @property
    def rank(self) -> tuple[str, str]:
        return (self.registry, self.fingerprint)

    def is_among(self, asked: Collection[tuple[str | None, str]]) -> bool:
        """Check whether a pair of a registry (None for any) and a fingerprint matches."""
        return (None, self.fingerprint) in asked or (self.registry, self.fingerprint) in asked


@dataclass(frozen=True)
class Answer:
    """The result of one logout for one credential.

    :ivar at: the time in UTC; None if not recorded.
    :ivar removed: its lines were removed, or would be.
    :ivar own: the account's own files chose the connection to the registry: the response counts only for this account's
        copies on this host.
    :ivar side_effects: other effects of the revocation, in sentences.
    """

    outcome: str
    detail: str | None
    by_hand: str | None
    removed: bool
    at: str | None
    own: bool = False
    side_effects: tuple[str, ...] = ()


@dataclass(frozen=True)
class Credential:
    """A credential in one place, and the results of the logouts for it, the first one first.

    :ivar token: its token; None if it has no fingerprint.
    :ivar own: the account's own files chose the connection over which ``alive`` was found.
    :ivar check_failed: why the registry gave no usable answer to a probe.
    :ivar expires: a time, or ``never``.
    :ivar registry_kind: the kind of its registry, if known.
    :ivar has_others: other files of its host can send it to other registries.
    :ivar set_in: the files and lines that set the variable to which it refers.
    :ivar still_set: those in ``set_in`` that no logout of its host removed.
    """

    account: str | None
    path: str | None
    line: int | None
    client: str | None
    level: str | None
    registry: str | None
    kind: str
    source: str | None
    token: Token | None
    format: str | None
    checksum_ok: bool | None
    alive: bool | None
    identity: str | None
    expires: str | None
    shadowed_by: str | None
    answers: tuple[Answer, ...]
    own: bool = False
    check_failed: str | None = None
    registry_kind: str | None = None
    has_others: bool = False
    set_in: tuple[tuple[str, int], ...] = ()
    still_set: tuple[tuple[str, int], ...] = ()

    @property
    def removed(self) -> bool:
        return any(answer.removed for answer in self.answers)

    @property
    def has_vanished(self) -> bool:
        """Whether a logout looked for it and no longer found it."""
        return any(answer.detail == GONE for answer in self.answers)

    @property
    def stands(self) -> bool:
        """Whether it is in a credential file. A token that a playbook gave by value may be in none."""
        return self.path is not None


@dataclass(frozen=True)
class Finding:
    """A security problem that an audit found on a host."""

    severity: str
    path: str | None
    line: int | None
    rule: str | None
    message: str


@dataclass(frozen=True)
class ProjectRegistry:
    """A registry that only a project's file names, with its place."""

    registry: str
    path: str | None
    line: int | None


@dataclass(frozen=True)
class Text:
    """Lines of a file that still contain the text of a token, outside of credentials."""

    path: str | None
    lines: tuple[int, ...]


@dataclass(frozen=True)
class Host:
    """A host of the run.

    :ivar audited: its audit listed its credentials.
    :ivar absent_users: the selected accounts that it does not have.
    :ivar has_requests: it has the Python library ``requests``; None if unknown.
    :ivar asked: the tokens that it was chosen to revoke before, whatever the result: pairs of a registry (None for any)
        and a fingerprint.
    :ivar outside: copies of tokens of the run for registries that are not part of the run.
    """

    name: str
    status: str
    problem: str | None
    audited: bool
    credentials: tuple[Credential, ...]
    findings: tuple[Finding, ...]
    tripwires: tuple[str, ...]
    absent_users: frozenset[str]
    has_requests: bool | None
    asked: frozenset[tuple[str | None, str]]
    project_registries: tuple[ProjectRegistry, ...] = ()
    texts: tuple[Text, ...] = ()
    outside: tuple[Credential, ...] = ()

    @property
    def unreadable(self) -> tuple[str, ...]:
        """A sentence for each file that its audit could not read. Such a file may contain credentials."""
        return tuple(finding.message for finding in self.findings if finding.rule == UNREADABLE)


def read_hosts(hosts: Any) -> tuple[Host, ...]:
    """Read what the roles gathered, in the order of the host names.

    :param hosts: maps host names to mappings with ``info``, ``outside``, ``logout``, ``tripwires``, ``absent``,
        ``status``, ``problem``, ``requests`` and ``asked``, each of which may be missing or null.
    :raises InputError: a value has the wrong type, or is not one of the allowed words.
    """
    if not isinstance(hosts, Mapping):
        raise InputError("hosts", "must be a mapping of host names")
    if not all(isinstance(name, str) and name for name in hosts):
        raise InputError("hosts", "contains a host name that is not a string")
    return tuple(_read_host(name, hosts[name]) for name in sorted(hosts))


def read_time(value: Any, option: str) -> str | None:
    """Convert a time to UTC in ISO 8601 format, to the second. A time without a zone counts as UTC."""
    if value is None or value == "":
        return None
    try:
        time = value if isinstance(value, datetime) else datetime.fromisoformat(re.sub(r"[zZ]\Z", "+00:00", value))
        time = time.replace(tzinfo=timezone.utc) if time.tzinfo is None else time.astimezone(timezone.utc)
        return time.strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError):
        raise InputError(option, "must be a time in ISO 8601 format") from None


def _read_host(name: str, entry: Any) -> Host:
    where = f"entry {show(name)}"
    if not isinstance(entry, Mapping):
        raise InputError("hosts", f"{where}: not a mapping")
    status = entry.get("status") or OK
    if status not in STATUSES:
        raise InputError("hosts", f"{where}: status must be one of {', '.join(STATUSES)}")
    info = _read_mapping(entry, "info", where)
    projects = tuple(_read_project_registries(_list(info, "project_registries", where), where))
    named = [known for known in (try_parse_registry(item.registry) for item in projects) if known]
    seen = [_read_credential(item, f"{where}, info", None, named) for item in _list(info, "credentials", where)]
    texts: dict[tuple[str | None, str | None], Text] = {}
    for number, result in enumerate(_list_results(entry.get("logout"), where), 1):
        texts.update(_read_texts(_list(result, "files", where), f"{where}, logout {number}"))
        at = read_time(result.get("at"), f"hosts {where}, logout {number}: at")
        told = [
            _read_credential(item, f"{where}, logout {number}", at, named)
            for item in _list(result, "credentials", where)
        ]
        seen = _find_gone(_merge(seen, told), told, _read_mapping(result, "looked_for", where), at)
    return Host(
        name=show(name),
        status=str(status),
        problem=_sentence(entry.get("problem")),
        audited=isinstance(info.get("credentials"), Sequence),
        credentials=_find_still_set([known.credential for known in seen]),
        findings=tuple(_read_finding(item, where) for item in _list(info, "findings", where)),
        tripwires=tuple(_name(path) or "?" for path in _list(entry, "tripwires", where)),
        absent_users=frozenset(_name(user) or "?" for user in _list(entry, "absent", where)),
        has_requests=_flag(entry.get("requests")),
        asked=frozenset(_read_asked(_list(entry, "asked", where), where)),
        project_registries=projects,
        texts=tuple(text for text in texts.values() if text.lines),
        outside=tuple(_read_outside(_list(entry, "outside", where), seen, f"{where}, outside")),
    )


def _read_outside(items: Sequence[Any], seen: Sequence[_Seen], where: str) -> Iterator[Credential]:
    """Yield the copies that no logout removed. Several registries can share the line that sets a variable."""
    gone = {known.identity for known in seen if known.credential.removed}
    for item in items:
        read = _read_credential(item, where, None, ())
        if read.identity not in gone:
            yield read.credential


def _read_texts(files: Sequence[Any], where: str) -> Iterator[tuple[tuple[str | None, str | None], Text]]:
    """Yield the lines of each file that still contain a token. A later logout overrides an earlier one."""
    for file in files:
        if not isinstance(file, Mapping):
            raise InputError("hosts", f"{where}: a file is not a mapping")
        lines = (_number(line) for line in _list(file, "remaining_text", where))
        path = _name(file.get("path"))
        yield (_name(file.get("account")), path), Text(path, tuple(line for line in lines if line is not None))


def _find_still_set(credentials: Sequence[Credential]) -> tuple[Credential, ...]:
    """Add to each reference where its variable is still set."""
    gone = {(item.path, item.line) for item in credentials if item.client == ENVIRONMENT and item.removed}
    return tuple(
        replace(item, still_set=tuple(place for place in item.set_in if place not in gone))
        if item.set_in and item.client != ENVIRONMENT
        else item
        for item in credentials
    )


class _Seen(NamedTuple):
    """A credential, and the key by which other results mean the same one."""

    identity: tuple[str | None, ...]
    credential: Credential


def _read_credential(item: Any, where: str, at: str | None, named: Sequence[Registry]) -> _Seen:
    """:param named: the registries that only projects of its host name."""
    if not isinstance(item, Mapping):
        raise InputError("hosts", f"{where}: a credential is not a mapping")
    kind = item.get("kind")
    if kind not in KINDS:
        raise InputError("hosts", f"{where}: the kind of a credential must be one of {', '.join(KINDS)}")
    fingerprint = item.get("fingerprint")
    if not (isinstance(fingerprint, str) and is_fingerprint(fingerprint)):
        fingerprint = None
    registry = _url(item.get("registry"))
    credential = Credential(
        account=_name(item.get("account")),
        path=_name(item.get("path")),
        line=_number(item.get("line")),
        client=_word(item.get("client")),
        level=_word(item.get("level")),
        registry=registry,
        kind=kind,
        source=_word(item.get("source")),
        token=Token(str(fingerprint), registry or "") if kind == TOKEN and fingerprint else None,
        format=_word(item.get("format")),
        checksum_ok=_flag(item.get("checksum_ok")),
        alive=_flag(item.get("alive")),
        identity=_name(item.get("identity")),
        expires=_read_expiry(item.get("expires")),
        shadowed_by=_name(item.get("shadowed_by")),
        answers=_read_answers(item, where, at),
        own=item.get("own_connection") is True,
        check_failed=_sentence(item.get("check_failed")),
        registry_kind=_word(item.get("registry_kind")),
        has_others=_has_others(item, where, named),
        set_in=tuple(_read_places(_list(item, "set_in", where), where)),
    )
    # Without the registry: a logout reports the one of its option, which may have a longer path.
    settings = " ".join(str(name) for name in _list(item, "settings", where))
    return _Seen((credential.account, credential.path, str(kind), credential.source, fingerprint, settings), credential)


def _read_places(items: Sequence[Any], where: str) -> Iterator[tuple[str, int]]:
    """Yield files and lines. A running process has no line and is left out."""
    for item in items:
        if not isinstance(item, Mapping):
            raise InputError("hosts", f"{where}: a place in set_in is not a mapping")
        path, line = _name(item.get("path")), _number(item.get("line"))
        if path and line:
            yield path, line


def _has_others(item: Mapping[Any, Any], where: str, named: Sequence[Registry]) -> bool:
    """Check for other registries. A credential without a key is for any registry that its files name.

    npm sends a login to all registries of its host at and below the path of its key.
    """
    url, key = item.get("registry"), item.get("registry_key")
    if ("registry_key" in item and not key) or any(other != url for other in _list(item, "registries", where)):
        return True
    own = try_parse_registry(url) if isinstance(url, str) else None
    return any(
        isinstance(key, str) and is_key_of(key, registry) and (own is None or registry.key != own.key)
        for registry in named
    )


def _read_answers(item: Mapping[Any, Any], where: str, at: str | None) -> tuple[Answer, ...]:
    outcome = item.get("revocation")
    if outcome is None:
        return ()
    if outcome not in OUTCOMES:
        raise InputError("hosts", f"{where}: the revocation of a credential must be one of {', '.join(OUTCOMES)}")
    detail, by_hand = _sentence(item.get("detail")), _sentence(item.get("by_hand"))
    own = item.get("own_connection") is True
    effects = tuple(filter(None, map(_sentence, _list(item, "side_effects", where)[:_MOST_EFFECTS])))
    return (Answer(outcome, detail, by_hand, item.get("removed") is True, at, own, effects),)


def _merge(seen: Sequence[_Seen], told: Sequence[_Seen]) -> list[_Seen]:
    """Add the results of a logout to the credentials. Line numbers are ignored: earlier edits moved lines."""
    waiting: dict[tuple[str | None, ...], list[int]] = {}
    for index, known in enumerate(seen):
        waiting.setdefault(known.identity, []).append(index)
    merged = list(seen)
    for news in told:
        places = waiting.get(news.identity)
        if places:
            index = places.pop(0)
            before = merged[index].credential
            after = news.credential
            merged[index] = _Seen(
                news.identity,
                replace(
                    before,
                    answers=before.answers + after.answers,
                    expires=before.expires or after.expires,
                    registry_kind=after.registry_kind or before.registry_kind,
                ),
            )
        else:
            merged.append(news)
    return merged


def _find_gone(
    seen: Sequence[_Seen], told: Sequence[_Seen], looked_for: Mapping[Any, Any], at: str | None
) -> list[_Seen]:
    """Mark as removed what a logout looked for and no longer found."""
    if not looked_for:
        return list(seen)
    places = {_place_of(news.credential) for news in told}
    gone = Answer(_outcomes.SKIPPED, GONE, None, removed=True, at=at)
    return [
        _Seen(known.identity, replace(known.credential, answers=(*known.credential.answers, gone)))
        if _was_looked_for(known.credential, looked_for) and _place_of(known.credential) not in places
        else known
        for known in seen
    ]


def _was_looked_for(credential: Credential, looked_for: Mapping[Any, Any]) -> bool:
    # A reference can stay in its file when the variable is no longer set.
    is_reference = credential.source in (ENVIRONMENT, HELPER) and credential.client != ENVIRONMENT
    if credential.removed or is_reference:
        return False
    if not credential.token:
        return looked_for.get("logins") is True and credential.kind in (BASIC, CERTIFICATE)
    registry = _url(looked_for.get("registry"))
    return credential.token.fingerprint in (looked_for.get("fingerprints") or ()) and registry in (
        None,
        credential.token.registry,
    )


def _place_of(credential: Credential) -> tuple[str | None, ...]:
    fingerprint = credential.token.fingerprint if credential.token else None
    return (credential.account, credential.path, credential.kind, fingerprint)


def _read_finding(item: Any, where: str) -> Finding:
    if not isinstance(item, Mapping):
        raise InputError("hosts", f"{where}: a finding is not a mapping")
    return Finding(
        severity=_word(item.get("severity")) or "unknown",
        path=_name(item.get("path")),
        line=_number(item.get("line")),
        rule=_word(item.get("rule")),
        message=_sentence(item.get("message")) or "",
    )


def _read_project_registries(items: Sequence[Any], where: str) -> Iterator[ProjectRegistry]:
    for item in items:
        if not isinstance(item, Mapping):
            raise InputError("hosts", f"{where}: a registry of a project is not a mapping")
        registry = _url(item.get("registry"))
        if registry:
            yield ProjectRegistry(registry, _name(item.get("path")), _number(item.get("line")))


def _read_asked(calls: Sequence[Any], where: str) -> Iterator[tuple[str | None, str]]:
    for call in calls:
        if not isinstance(call, Mapping):
            raise InputError("hosts", f"{where}: asked must be a list of mappings")
        for fingerprint in _list(call, "fingerprints", where):
            yield _url(call.get("registry")), str(fingerprint)


def _list_results(logout: Any, where: str) -> list[Mapping[Any, Any]]:
    """List the results of the logouts: one, a list of them, or those of a loop."""
    if logout is None:
        return []
    if isinstance(logout, Mapping):
        looped = logout.get("results")
        return [logout] if looped is None else _list_results(looped, where)
    if isinstance(logout, Sequence) and not isinstance(logout, str):
        return [result for item in logout for result in _list_results(item, where)]
    raise InputError("hosts", f"{where}: logout must be a result or a list of results")


def _read_mapping(entry: Mapping[Any, Any], name: str, where: str) -> Mapping[Any, Any]:
    value = entry.get(name)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise InputError("hosts", f"{where}: {name} is not a mapping")
    return value


def _list(entry: Mapping[Any, Any], name: str, where: str) -> Sequence[Any]:
    value = entry.get(name)
    if value is None:
        return ()
    if isinstance(value, (str, bytes)) or not isinstance(value, Sequence):
        raise InputError("hosts", f"{where}: {name} is not a list")
    return value


def _read_expiry(value: Any) -> str | None:
    """Read a time (seconds since 1970 or ISO 8601), or ``never``."""
    if value == NEVER:
        return NEVER
    try:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = datetime.fromtimestamp(value, timezone.utc)
        return read_time(value, "hosts")
    except (InputError, ValueError, OverflowError, OSError):
        return None


def _name(value: Any) -> str | None:
    return _harmless(value) if isinstance(value, str) and value else None


def _url(value: Any) -> str | None:
    return _harmless_url(value) if isinstance(value, str) and value else None


def _sentence(value: Any) -> str | None:
    return _harmless_sentence(value) if isinstance(value, str) and value.strip() else None


def _word(value: Any) -> str | None:
    return str(value) if isinstance(value, str) and _WORD.match(value) else None


def _number(value: Any) -> int | None:
    return int(value) if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None


# Thousands of hosts report the same few texts.
@lru_cache(maxsize=65536)
def _harmless(text: str) -> str:
    return show(text[:_LONGEST])


@lru_cache(maxsize=4096)
def _harmless_url(text: str) -> str:
    return show_url(text[:_LONGEST])


@lru_cache(maxsize=4096)
def _harmless_sentence(text: str) -> str:
    text = hide_userinfo(" ".join(text.split()))
    return show(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "\u2026")
