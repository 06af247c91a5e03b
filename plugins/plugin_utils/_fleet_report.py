# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the report, one document with the results of all hosts.

Private to this collection. Pure. ``docs/report.schema.json`` describes the document. The CSV files and the HTML page
are written from it. The most urgent items come first.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import end_sentence
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import HELPER
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    PENDING,
    PROTECTED,
    UNRESOLVED,
)
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import SKIPPED as SKIPPED_OUTCOME
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import (
    Copy,
    Responses,
    find_copies,
    find_responses,
    was_asked,
    weigh,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_headline import list_notes, say_headline
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import (
    AUDIT,
    BY_HAND,
    CONDITIONS,
    DONE,
    LEFTOVER,
    NEW,
    OPEN,
    PLANNED,
    ROTATE,
    SEVERITIES,
    SPARED,
    STATES,
    TRIPWIRE,
    UNVERIFIED,
    Run,
    list_some,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import (
    FAILED,
    KINDS,
    OK,
    OUTCOMES,
    SKIPPED,
    STATUSES,
    UNREACHABLE,
    Answer,
    Credential,
    Host,
    Token,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._outside import (
    limit_outside,
    name_place,
    say_outside,
)

SCHEMA = "npmops.auth/report"
VERSION = 1

#: The problem where the only answer came over a connection that one account's files chose.
OWN_CONNECTION = (
    "The registry was reached only with the proxy, CA or strict-ssl=false from an account's own files. Such a "
    "response counts only for the copies of that account."
)
OTHER_CONNECTION = (
    "Run again with npm_auth_validate_certs: true, and npm_auth_use_proxy: false or npm_auth_ca_path where needed"
)

#: Why the state of a token is unknown although registries of some hosts rejected it.
UNDECIDED = (
    "The registry rejected the token, but on some hosts a client may also send it to another registry, which has not "
    "rejected it."
)

_REVOKED = frozenset({CONFIRMED, ALREADY_INVALID})
_FINISHED = frozenset({DONE, PLANNED, SPARED, NEW})
_MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Case:
    """A token, its copies, and its outcome.

    :ivar asked: the answers of the hosts that asked the registry, with their names; the one that counts comes first.
    :ivar responses: those that can count for all copies.
    :ivar neutral: the outcome counts for all copies: no account's own files chose the connection.
    :ivar doubtful: the copies that may belong to another registry than those that rejected the token. If there are any,
        the outcome is theirs, and the rejection counts for the other copies alone.
    """

    token: Token
    copies: Sequence[Copy]
    outcome: str | None
    alive: bool | None
    asked: Sequence[tuple[str, Answer]]
    responses: Responses
    neutral: bool
    doubtful: Sequence[tuple[Host, Credential]]

    @property
    def credentials(self) -> Iterator[tuple[Host, Credential]]:
        return ((copy.host, credential) for copy in self.copies for credential in copy.credentials)

    @property
    def revoked(self) -> bool:
        is_rejected = self.outcome in _REVOKED or (self.outcome is None and self.alive is False)
        return self.neutral and is_rejected and not self.doubtful

    def is_revoked(self, credential: Credential) -> bool:
        """Check whether the token counts as revoked for this copy."""
        if self.doubtful:
            return not _is_in_doubt(credential, self.responses)
        own = credential.own and credential.alive is False and self.alive is not True
        return self.revoked or own or any(answer.outcome in _REVOKED for answer in credential.answers)

    @property
    def counting(self) -> tuple[str | None, Answer | None]:
        """The host with the answer that counts, and this answer."""
        if not self.asked or (self.doubtful and self.asked[0][1].outcome != self.outcome):
            return None, None
        return self.asked[0]

    @property
    def answer(self) -> Answer | None:
        return self.counting[1]

    def find_outcome(self, credential: Credential) -> str | None:
        """Find the outcome that counts for this copy."""
        own = [answer.outcome for answer in credential.answers]
        if self.doubtful:
            is_in_doubt = _is_in_doubt(credential, self.responses)
            return weigh(own if is_in_doubt else self.responses.list_for(credential))
        if self.outcome != PROTECTED and not (self.neutral and _REVOKED.isdisjoint(own)):
            return weigh(own)
        return self.outcome


def build_report(hosts: Sequence[Host], run: Run, protected: Collection[str] = ()) -> dict[str, Any]:
    """Build the document that the schema describes."""
    cases = {token: _make_case(token, copies, protected) for token, copies in find_copies(hosts).items()}
    hosts = [limit_outside(host, _list_processed(cases.values(), run)) for host in hosts]
    states = {
        (host.name, number): classify(credential, cases.get(credential.token) if credential.token else None, run)
        for host in hosts
        for number, credential in enumerate(host.credentials)
    }
    tokens = sorted((_describe_case(case, run) for case in cases.values()), key=_rank_token)
    credentials = [
        _describe_credential(host, credential, states[host.name, number])
        for host in hosts
        for number, credential in enumerate(host.credentials)
        if not credential.token
    ]
    findings = _describe_findings(hosts)
    by_hand = list(_list_work(hosts, cases.values(), run))
    described = [
        _describe_host(host, [states[host.name, n] for n in range(len(host.credentials))], run) for host in hosts
    ]
    summary = _summarize(hosts, tokens, described, list(states.values()), by_hand, findings, run)
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "run": _describe_run(run),
        "summary": summary,
        "tripwires": [{"host": host.name, "paths": list(host.tripwires)} for host in hosts if host.tripwires],
        "by_hand": by_hand,
        "tokens": tokens,
        "credentials": credentials,
        "findings": findings,
        "project_registries": _list_project_registries(hosts),
        "hosts": described,
        "matrix": _make_matrix(hosts, states),
    }


def _list_processed(cases: Iterable[Case], run: Run) -> frozenset[str]:
    """List the fingerprints of the tokens that the run revokes."""
    # A rotation that was held back reports the copies for other registries as the problem of their host.
    spared = {PROTECTED, SKIPPED_OUTCOME} if run.job == ROTATE else {PROTECTED}
    fingerprints = {case.token.fingerprint for case in cases if case.outcome not in spared}
    return frozenset() if run.job == AUDIT else frozenset(fingerprints - {run.new})


def classify(credential: Credential, case: Case | None, run: Run) -> str:
    """Find the state of a credential in one place, one of ``STATES``."""
    if case is None:
        return _classify_login(credential, run)
    gone = credential.removed or not credential.stands
    if run.new and case.token.fingerprint == run.new:
        return NEW
    if case.outcome == PROTECTED:
        return SPARED
    if run.check_mode and (case.outcome == PENDING or credential.removed):
        return PLANNED
    if case.is_revoked(credential):
        return DONE if gone and not credential.still_set else LEFTOVER
    if case.outcome == ACCEPTED:
        return UNVERIFIED
    return PLANNED if case.outcome == PENDING else OPEN


def _classify_login(credential: Credential, run: Run) -> str:
    """Find the state of a credential without a fingerprint."""
    if run.check_mode and credential.removed:
        return PLANNED
    elsewhere = credential.kind == HELPER or any(answer.outcome == UNRESOLVED for answer in credential.answers)
    return BY_HAND if elsewhere or credential.removed else OPEN


def _make_case(token: Token, copies: Sequence[Copy], protected: Collection[str]) -> Case:
    answers = [(copy.host.name, answer) for copy in copies for answer in copy.answers]
    asked = [(host, answer) for host, answer in answers if was_asked(answer.outcome)]
    neutral = [answer.outcome for _host, answer in asked if not answer.own]
    outcome = weigh(neutral) or weigh(answer.outcome for _host, answer in answers)
    outcome = PROTECTED if token.fingerprint in protected else outcome
    asked.sort(key=lambda pair: (pair[1].own, pair[1].outcome != outcome))
    known = {item.alive for copy in copies for item in copy.credentials if item.alive or not item.own}
    alive = True if True in known else False if False in known else None
    responses = find_responses(copies)
    doubtful = []
    if (neutral and outcome == ALREADY_INVALID) or (outcome is None and alive is False):
        held = [(copy.host, item) for copy in copies for item in copy.credentials]
        doubtful = [(host, item) for host, item in held if _is_in_doubt(item, responses)]
    if doubtful:
        alive = None
        told = [(host.name, answer) for host, item in doubtful for answer in item.answers]
        outcome = weigh(answer.outcome for _host, answer in told)
        first = [pair for pair in told if pair[1].outcome == outcome and was_asked(pair[1].outcome)]
        asked = [*first, *asked]
    return Case(
        token,
        copies,
        outcome,
        alive,
        list(dict.fromkeys(asked)),
        responses,
        bool(neutral) or not asked,
        doubtful,
    )


def _is_in_doubt(credential: Credential, responses: Responses) -> bool:
    """Check whether the rejection on other hosts says nothing of this copy, and its own host has none."""
    own = [answer.outcome for answer in credential.answers]
    is_rejected = not _REVOKED.isdisjoint(own) or (credential.alive is False and not any(map(was_asked, own)))
    return responses.is_doubtful(credential) and not is_rejected


def _describe_case(case: Case, run: Run) -> dict[str, Any]:
    credentials = [credential for _host, credential in case.credentials]
    states = [classify(credential, case, run) for credential in credentials]
    deciding = [credential for _host, credential in case.doubtful] or credentials
    host_that_asked, answer = case.counting
    return {
        "fingerprint": case.token.fingerprint,
        "registry": case.token.registry or None,
        "state": min(states, key=STATES.index),
        "outcome": case.outcome,
        "detail": answer.detail if answer else _first(item.detail for item in _list_answers(deciding)),
        "by_hand": answer.by_hand if answer and not case.revoked else None,
        "asked_by": host_that_asked,
        "at": answer.at if answer else None,
        "attempts": [
            {"host": host, "outcome": item.outcome, "detail": item.detail, "at": item.at}
            for host, item in case.asked[:_MOST_ATTEMPTS]
        ],
        "format": _first(credential.format for credential in credentials),
        "checksum_ok": _first(credential.checksum_ok for credential in credentials),
        "identity": _first(credential.identity for credential in credentials),
        "expires": _first(credential.expires for credential in credentials),
        "registry_kind": _first(credential.registry_kind for credential in credentials),
        "side_effects": list(answer.side_effects) if answer else [],
        "alive_before": case.alive,
        "check_failed": _find_failed_check(case),
        "hosts": len(case.copies),
        "places": [
            {
                **_describe_place(host, credential),
                "removed": credential.removed,
                "state": state,
                "outcome": case.find_outcome(credential),
            }
            for (host, credential), state in zip(case.credentials, states)
        ],
    }


def _find_failed_check(case: Case) -> str | None:
    """Return why a registry gave no usable answer about the token; None if it answered or was not asked."""
    if case.answer or case.alive is not None:
        return None
    held = list(case.doubtful or case.credentials)
    lost = (host.problem for host, _credential in held if case.token.is_among(host.asked))
    undecided = UNDECIDED if case.doubtful else None
    reason: str | None = _first((*(credential.check_failed for _host, credential in held), *lost, undecided))
    return reason


def _rank_token(described: Mapping[str, Any]) -> tuple[int, str, str]:
    return (STATES.index(described["state"]), described["registry"] or "", described["fingerprint"])


def _describe_credential(host: Host, credential: Credential, state: str) -> dict[str, Any]:
    answer = credential.answers[0] if credential.answers else None
    return {
        **_describe_place(host, credential),
        "registry": credential.registry,
        "kind": credential.kind,
        "state": state,
        "outcome": weigh(item.outcome for item in credential.answers),
        "detail": answer.detail if answer else None,
        "by_hand": answer.by_hand if answer else None,
        "removed": credential.removed,
    }


def _describe_place(host: Host, credential: Credential) -> dict[str, Any]:
    return {
        "host": host.name,
        "account": credential.account,
        "path": credential.path,
        "line": credential.line,
        "client": credential.client,
        "level": credential.level,
        "source": credential.source,
    }


def _describe_findings(hosts: Sequence[Host]) -> list[dict[str, Any]]:
    found = [
        {
            "severity": finding.severity,
            "host": host.name,
            "path": finding.path,
            "line": finding.line,
            "rule": finding.rule,
            "message": finding.message,
        }
        for host in hosts
        for finding in host.findings
    ]
    # The sort keeps the order of hosts and of findings within a host.
    return sorted(found, key=lambda finding: _rank_severity(str(finding["severity"])))


def _describe_host(host: Host, states: Sequence[str], run: Run) -> dict[str, Any]:
    worst = min(states, key=STATES.index, default=None)
    return {
        "name": host.name,
        "status": host.status,
        "condition": _find_condition(host, worst, run),
        "problem": host.problem,
        "audited": host.audited,
        "state": worst,
        "credentials": len(host.credentials),
        "removed": sum(credential.removed for credential in host.credentials),
        "findings": len(host.findings),
        "tripwires": len(host.tripwires),
    }


def _list_project_registries(hosts: Sequence[Host]) -> list[dict[str, Any]]:
    """List the registries that only project files name, each with its places."""
    found: dict[str, list[dict[str, Any]]] = {}
    for host in hosts:
        for item in host.project_registries:
            place = {"host": host.name, "path": item.path, "line": item.line}
            found.setdefault(item.registry, []).append(place)
    return [{"registry": registry, "places": found[registry]} for registry in sorted(found)]


def _find_condition(host: Host, worst: str | None, run: Run) -> str:
    if host.tripwires:
        return TRIPWIRE
    if run.job == AUDIT and host.status != OK:
        # An audit leaves every credential in place: a host that could not be audited is worse.
        return host.status
    unknown = UNVERIFIED if host.unreadable else OK
    return min(host.status, worst or OK, LEFTOVER if host.texts or host.outside else OK, unknown, key=CONDITIONS.index)


def _describe_run(run: Run) -> dict[str, Any]:
    seconds = None
    if run.started and run.finished:
        began, ended = (datetime.strptime(time, "%Y-%m-%dT%H:%M:%SZ") for time in (run.started, run.finished))
        seconds = max(0, int((ended - began).total_seconds()))
    return {
        "job": run.job,
        "check_mode": run.check_mode,
        "started": run.started,
        "finished": run.finished,
        "seconds": seconds,
        "collection_version": run.collection_version,
    }


def _make_matrix(hosts: Sequence[Host], states: Mapping[tuple[str, int], str]) -> dict[str, Any]:
    registries = sorted({credential.registry or "" for host in hosts for credential in host.credentials})
    rows = []
    for host in hosts:
        cells: dict[str, list[str]] = {}
        for number, credential in enumerate(host.credentials):
            cells.setdefault(credential.registry or "", []).append(states[host.name, number])
        rows.append(
            {
                "host": host.name,
                "cells": [
                    {
                        "registry": registry or None,
                        "credentials": len(cells[registry]),
                        "state": min(cells[registry], key=STATES.index),
                    }
                    for registry in sorted(cells)
                ],
            }
        )
    return {"registries": [registry or None for registry in registries], "rows": rows}


def _list_work(hosts: Sequence[Host], cases: Iterable[Case], run: Run) -> Iterator[dict[str, Any]]:
    """List the manual actions, the most urgent first, with one entry for all items that need the same action.

    Actions at a registry concern only its tokens, and are listed by registry.
    """
    tripped = [host.name for host in hosts if host.tripwires]
    if tripped:
        what = "Tripwire file found: malware can delete the home directory when a token is revoked."
        yield _make_work("host", what, "Isolate the host, then run again.", tripped)
    valid: dict[tuple[str, str, str], list[tuple[Case, list[str]]]] = {}
    revoked: dict[tuple[str, str, str], list[tuple[Case, list[str]]]] = {}
    for case in cases if run.job != AUDIT else ():
        found = _find_work_on_token(case, run)
        if found:
            what, advice, names = found
            registry = "" if case.revoked else case.token.registry
            (revoked if case.revoked else valid).setdefault((registry, what, advice), []).append((case, names))
    for (_registry, what, advice), concerned in (*sorted(valid.items()), *sorted(revoked.items())):
        tokens = [case.token for case, _names in concerned]
        yield _make_work(
            "token", what, advice, itertools.chain.from_iterable(names for _case, names in concerned), tokens
        )
    yield from _list_work_on_logins(hosts)
    yield from _list_work_on_texts(hosts)
    yield from _list_work_on_outside(hosts)
    yield from _list_work_on_hosts(hosts)


def _find_work_on_token(case: Case, run: Run) -> tuple[str, str, list[str]] | None:
    """Return the problem, the manual action and the affected hosts."""
    states = {classify(credential, case, run) for _host, credential in case.credentials}
    hosts = [copy.host.name for copy in case.copies]
    if states <= _FINISHED:
        return None
    if states.isdisjoint({OPEN, UNVERIFIED}):
        left = [(host, item) for host, item in case.credentials if classify(item, case, run) == LEFTOVER]
        names = [host.name for host, _item in left]
        still_set = list(dict.fromkeys(place for _host, item in left if item.removed for place in item.still_set))
        if still_set:
            return "The token is revoked, but a variable is still set to it.", _say_where_it_is_set(still_set), names
        return (
            "The token is revoked, but copies are still on disk.",
            "Make sure that these hosts can be reached and their files can be written, then run again.",
            names,
        )
    if case.doubtful:
        return _find_work_on_doubtful(case, run)
    answer = case.answer
    if answer and not case.neutral and answer.outcome in _REVOKED:
        return OWN_CONNECTION, OTHER_CONNECTION, hosts
    if answer:
        advice = answer.by_hand or "Check at the registry whether the token was revoked"
        return answer.detail or f"Revocation result: {answer.outcome}", advice, hosts
    if all(copy.host.tripwires or copy.host.status == UNREACHABLE for copy in case.copies):
        # The entries for these hosts cover it.
        return None
    if any(copy.host.tripwires for copy in case.copies):
        what = "The token is also on a host with a tripwire and was not revoked."
        return what, "Isolate that host, then run again.", hosts
    told = _list_answers(credential for _host, credential in case.credentials)
    failed = _find_failed_check(case)
    unknown = f"It is not known whether the token is valid. {failed}"
    asked = unknown if failed else "No request to revoke the token was sent."
    what = _first(item.detail for item in told) or asked
    return what, _first(item.by_hand for item in told) or "Run again when a host that has it can be reached.", hosts


def _find_work_on_doubtful(case: Case, run: Run) -> tuple[str, str, list[str]]:
    """Return the work on a token that some hosts could not settle, although others report a rejection."""
    told = [case.answer] if case.answer else _list_answers(item for _host, item in case.doubtful)
    unknown = f"It is not known whether the token is valid. {_find_failed_check(case)}"
    what = _first(item.detail for item in told) or unknown
    is_tripped = any(host.tripwires for host, _item in case.doubtful)
    default = "Isolate that host, then run again." if is_tripped else "Run again when these hosts can be reached."
    unfinished = [host.name for host, item in case.credentials if classify(item, case, run) not in _FINISHED]
    return what, _first(item.by_hand for item in told) or default, unfinished


def _say_where_it_is_set(places: Sequence[tuple[str, int]]) -> str:
    where = list_some([f"{path} line {line}" for path, line in places], _MOST_ATTEMPTS)
    return (
        f"Remove it from {where}, or run again with the level of the file in npm_auth_levels and environment in "
        "npm_auth_clients."
    )


def _list_work_on_logins(hosts: Sequence[Host]) -> Iterator[dict[str, Any]]:
    """List work on passwords, certificates and other credentials without a fingerprint."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for host in hosts:
        for credential in host.credentials:
            for answer in credential.answers[:1]:
                if answer.by_hand and not credential.token:
                    group = (credential.registry or "", answer.detail or "A login remains.", answer.by_hand)
                    grouped.setdefault(group, []).append(host.name)
    for (registry, what, advice), names in sorted(grouped.items()):
        yield {**_make_work("credential", what, advice, names), "registries": [registry] if registry else []}


def _list_work_on_texts(hosts: Sequence[Host]) -> Iterator[dict[str, Any]]:
    """List lines with the text of a token that are not logins: clients ignore them, people can read them."""
    grouped: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    for host in hosts:
        for text in host.texts:
            grouped.setdefault((text.path or "?", text.lines), []).append(host.name)
    for (path, lines), names in sorted(grouped.items()):
        numbers = f"line{'s' if len(lines) > 1 else ''} {', '.join(map(str, lines))}"
        what = f"The text of a token is still in {path}, {numbers}, outside of a credential."
        yield _make_work("host", what, "Remove it by hand.", names)


def _list_work_on_outside(hosts: Sequence[Host]) -> Iterator[dict[str, Any]]:
    """List the registries that are not part of the run and for which hosts still have its tokens."""
    grouped: dict[str, list[tuple[str, Credential]]] = {}
    for host in hosts:
        for credential in host.outside:
            grouped.setdefault(credential.registry or "", []).append((host.name, credential))
    for registry, copies in sorted(grouped.items()):
        what, advice = say_outside(registry, [credential for _host, credential in copies])
        tokens = [credential.token for _host, credential in copies if credential.token]
        yield _make_work("token", what, advice, [host for host, _credential in copies], tokens)


def _list_work_on_hosts(hosts: Sequence[Host]) -> Iterator[dict[str, Any]]:
    lost = [host.name for host in hosts if host.status == UNREACHABLE]
    if lost:
        yield _make_work("host", "State unknown: host unreachable.", "Restore access, then run again.", lost)
    skipped = [host.name for host in hosts if host.status == SKIPPED]
    if skipped:
        yield _make_work("host", "State unknown: host not processed in this run.", "Run again.", skipped)
    failed: dict[str, list[str]] = {}
    for host in hosts:
        for message in host.unreadable:
            failed.setdefault(message, []).append(host.name)
        if host.status == FAILED:
            failed.setdefault(host.problem or "The run failed on this host.", []).append(host.name)
    for problem, names in sorted(failed.items()):
        yield _make_work("host", problem, "Fix this, then run again.", names)


def _make_work(
    about: str, what: str, advice: str, hosts: Iterable[str], tokens: Collection[Token] = ()
) -> dict[str, Any]:
    return {
        "about": about,
        "what": what if what.endswith((".", "!", "?", "\u2026")) else f"{what}.",
        "advice": end_sentence(advice),
        "registries": sorted({token.registry for token in tokens if token.registry}),
        "fingerprints": sorted({token.fingerprint for token in tokens}),
        "hosts": sorted(set(hosts)),
    }


def _summarize(
    hosts: Sequence[Host],
    tokens: Sequence[Mapping[str, Any]],
    described: Sequence[Mapping[str, Any]],
    states: Sequence[str],
    by_hand: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    run: Run,
) -> dict[str, Any]:
    summary: dict[str, Any] = {
        "hosts": _count_hosts(hosts, described),
        "tripwires": sum(bool(host.tripwires) for host in hosts),
        "credentials": _count_credentials(hosts, states, sum(len(token["places"]) for token in tokens)),
        "tokens": _count_tokens(tokens),
        "by_hand": len(by_hand),
        "findings": _count_findings(findings),
    }
    texts = sum(len(host.texts) for host in hosts)
    unreadable = sum(len(host.unreadable) for host in hosts)
    outside = [f"{host.name}: {name_place(item)}" for host in hosts for item in host.outside]
    level, headline = say_headline(summary, _find_unknown_users(hosts), texts, outside, unreadable, run)
    return {"level": level, "headline": headline, "notes": list_notes(run), **summary}


def _count_hosts(hosts: Sequence[Host], described: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    statuses = Counter(host.status for host in hosts)
    conditions = Counter(host["condition"] for host in described)
    return {
        "total": len(hosts),
        **{status: statuses[status] for status in STATUSES},
        "conditions": {condition: conditions[condition] for condition in CONDITIONS},
    }


def _count_credentials(hosts: Sequence[Host], states: Sequence[str], of_tokens: int) -> dict[str, Any]:
    kinds = Counter(credential.kind for host in hosts for credential in host.credentials)
    counted = Counter(states)
    return {
        "total": len(states),
        "of_tokens": of_tokens,
        "others": len(states) - of_tokens,
        "removed": sum(credential.removed for host in hosts for credential in host.credentials),
        "kinds": {kind: kinds[kind] for kind in KINDS},
        "states": {state: counted[state] for state in STATES},
    }


def _count_tokens(tokens: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    states = Counter(token["state"] for token in tokens)
    outcomes = Counter(token["outcome"] or "not_asked" for token in tokens)
    return {
        "total": len(tokens),
        "shared": sum(token["hosts"] > 1 for token in tokens),
        "states": {state: states[state] for state in STATES},
        "outcomes": {outcome: outcomes[outcome] for outcome in (*OUTCOMES, "not_asked")},
    }


def _count_findings(findings: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    severities = Counter(str(finding["severity"]) for finding in findings)
    return {
        "total": len(findings),
        "severities": {name: severities[name] for name in sorted({*SEVERITIES, *severities}, key=_rank_severity)},
    }


def _find_unknown_users(hosts: Sequence[Host]) -> list[str]:
    """List the selected accounts that no audited host has: the names may be misspelled."""
    absent = [host.absent_users for host in hosts if host.audited]
    return sorted(frozenset.intersection(*absent)) if absent else []


def _rank_severity(severity: str) -> tuple[int, str]:
    return (SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES), severity)


def _list_answers(credentials: Iterable[Credential]) -> list[Answer]:
    return [answer for credential in credentials for answer in credential.answers]


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)
