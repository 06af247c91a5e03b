# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is the whole fleet's story?

Private to this collection. Pure. From what the hosts say to one document, which ``docs/report.schema.json`` describes
and from which the CSV files and the page are made. Whoever reads it should see first what is dangerous.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import HELPER, TOKEN
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    PENDING,
    PROTECTED,
    UNRESOLVED,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import Copy, find_copies, was_asked, weigh
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import (
    FAILED,
    KINDS,
    OUTCOMES,
    STATUSES,
    UNREACHABLE,
    Answer,
    Credential,
    Host,
    Token,
)

SCHEMA = "npmops.auth/report"
VERSION = 1

AUDIT = "audit"
ROTATE = "rotate"
JOBS = (AUDIT, "offboard", ROTATE)

OPEN, UNVERIFIED, PLANNED, BY_HAND, LEFTOVER, SPARED, DONE = (
    "open",
    "unverified",
    "pending",
    "by_hand",
    "leftover",
    "protected",
    "done",
)
#: How things stand with a credential, the worst first.
STATES = (OPEN, UNVERIFIED, PLANNED, BY_HAND, LEFTOVER, SPARED, DONE)

#: The worst first. An audit may know others, which come last.
SEVERITIES = ("critical", "high", "medium", "low", "info")

ALARM, ATTENTION, NOTICE, CLEAR = "alarm", "attention", "notice", "clear"
LEVELS = (ALARM, ATTENTION, NOTICE, CLEAR)

_DEAD = frozenset({CONFIRMED, ALREADY_INVALID})
_MOST_ATTEMPTS = 5


@dataclass(frozen=True)
class Run:
    """The run that the report is about. Times are UTC as ISO 8601 writes it."""

    job: str
    check_mode: bool
    started: str | None
    finished: str | None
    collection_version: str | None


@dataclass(frozen=True)
class Case:
    """A token, where it stands, and what came of it.

    :ivar asked: what the hosts that asked say, with their names; what counts comes first.
    """

    token: Token
    copies: Sequence[Copy]
    outcome: str | None
    alive: bool | None
    asked: Sequence[tuple[str, Answer]]

    @property
    def credentials(self) -> Iterator[tuple[Host, Credential]]:
        return ((copy.host, credential) for copy in self.copies for credential in copy.credentials)

    @property
    def dead(self) -> bool:
        return self.outcome in _DEAD or (self.outcome is None and self.alive is False)

    @property
    def answer(self) -> Answer | None:
        return self.asked[0][1] if self.asked else None


def build_report(hosts: Sequence[Host], run: Run, protected: Collection[str] = ()) -> dict[str, Any]:
    """The document, as the schema describes it."""
    cases = {token: _make_case(token, copies, protected) for token, copies in find_copies(hosts).items()}
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
    described = [_describe_host(host, [states[host.name, n] for n in range(len(host.credentials))]) for host in hosts]
    summary = _summarize(hosts, tokens, list(states.values()), by_hand, findings, run)
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
        "hosts": described,
        "matrix": _make_matrix(hosts, states),
    }


def classify(credential: Credential, case: Case | None, run: Run) -> str:
    """How do things stand with a credential in one place? One of ``STATES``."""
    if case is None:
        return _classify_login(credential, run)
    gone = credential.removed or not credential.stands
    if case.outcome == PROTECTED:
        return SPARED
    if run.check_mode and (case.outcome == PENDING or credential.removed):
        return PLANNED
    if case.dead:
        return DONE if gone else LEFTOVER
    if case.outcome == ACCEPTED:
        return UNVERIFIED
    return PLANNED if case.outcome == PENDING else OPEN


def _classify_login(credential: Credential, run: Run) -> str:
    """A credential that no registry can be asked to end."""
    if run.check_mode and credential.removed:
        return PLANNED
    elsewhere = credential.kind == HELPER or any(answer.outcome == UNRESOLVED for answer in credential.answers)
    return BY_HAND if elsewhere or credential.removed else OPEN


def _make_case(token: Token, copies: Sequence[Copy], protected: Collection[str]) -> Case:
    answers = [(copy.host.name, answer) for copy in copies for answer in copy.answers]
    outcome = PROTECTED if token.fingerprint in protected else weigh(answer.outcome for _host, answer in answers)
    asked = [(host, answer) for host, answer in answers if was_asked(answer.outcome)]
    order = {outcome: 0}
    asked.sort(key=lambda pair: order.get(pair[1].outcome, 1))
    known = {credential.alive for copy in copies for credential in copy.credentials}
    alive = True if True in known else False if False in known else None
    return Case(token, copies, outcome, alive, list(dict.fromkeys(asked)))


def _describe_case(case: Case, run: Run) -> dict[str, Any]:
    credentials = [credential for _host, credential in case.credentials]
    states = [classify(credential, case, run) for credential in credentials]
    answer = case.answer
    return {
        "fingerprint": case.token.fingerprint,
        "registry": case.token.registry or None,
        "state": min(states, key=STATES.index),
        "outcome": case.outcome,
        "detail": answer.detail if answer else _first(item.detail for item in _list_answers(credentials)),
        "by_hand": answer.by_hand if answer and not case.dead else None,
        "asked_by": case.asked[0][0] if case.asked else None,
        "at": answer.at if answer else None,
        "attempts": [
            {"host": host, "outcome": item.outcome, "detail": item.detail, "at": item.at}
            for host, item in case.asked[:_MOST_ATTEMPTS]
        ],
        "format": _first(credential.format for credential in credentials),
        "checksum_ok": _first(credential.checksum_ok for credential in credentials),
        "identity": _first(credential.identity for credential in credentials),
        "expires": _first(credential.expires for credential in credentials),
        "alive_before": case.alive,
        "hosts": len(case.copies),
        "places": [
            {**_describe_place(host, credential), "removed": credential.removed, "state": state}
            for (host, credential), state in zip(case.credentials, states)
        ],
    }


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
    # Python's sort keeps the order of hosts, and of each host's own.
    return sorted(found, key=lambda finding: _rank_severity(str(finding["severity"])))


def _describe_host(host: Host, states: Sequence[str]) -> dict[str, Any]:
    return {
        "name": host.name,
        "status": host.status,
        "problem": host.problem,
        "audited": host.audited,
        "state": min(states, key=STATES.index, default=None),
        "credentials": len(host.credentials),
        "removed": sum(credential.removed for credential in host.credentials),
        "findings": len(host.findings),
        "tripwires": len(host.tripwires),
    }


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
    """What is left to a person, the urgent first; one entry for all that need the same."""
    tripped = [host.name for host in hosts if host.tripwires]
    if tripped:
        what = "A tripwire waits there for a token to die: ending one can wipe the account's home."
        yield _make_work("host", what, "Isolate it, then run again.", tripped)
    living: dict[tuple[str, str], list[tuple[Case, list[str]]]] = {}
    dead: dict[tuple[str, str], list[tuple[Case, list[str]]]] = {}
    for case in cases if run.job != AUDIT else ():
        found = _find_work_on_token(case, run)
        if found:
            what, advice, names = found
            (dead if case.dead else living).setdefault((what, advice), []).append((case, names))
    for (what, advice), concerned in (*sorted(living.items()), *sorted(dead.items())):
        tokens = [case.token for case, _names in concerned]
        yield _make_work(
            "token", what, advice, itertools.chain.from_iterable(names for _case, names in concerned), tokens
        )
    yield from _list_work_on_logins(hosts)
    yield from _list_work_on_hosts(hosts)


def _find_work_on_token(case: Case, run: Run) -> tuple[str, str, list[str]] | None:
    """What the matter is, what can be done, and the hosts in question."""
    states = {classify(credential, case, run) for _host, credential in case.credentials}
    holders = [copy.host.name for copy in case.copies]
    if states <= {DONE, PLANNED, SPARED}:
        return None
    if LEFTOVER in states:
        names = [host.name for host, credential in case.credentials if classify(credential, case, run) == LEFTOVER]
        return "It is dead, and copies of it still stand.", "Run again when these hosts can be reached.", names
    answer = case.answer
    if answer:
        advice = answer.by_hand or "Make sure of its end at the registry"
        return answer.detail or f"Its end came out {answer.outcome}", advice, holders
    if all(copy.host.tripwires or copy.host.status == UNREACHABLE for copy in case.copies):
        # What is said of these hosts says it all.
        return None
    if any(copy.host.tripwires for copy in case.copies):
        what = "It also stands on a host with a tripwire, which waits for its end: nobody ended it."
        return what, "Isolate that host, then run again.", holders
    told = _list_answers(credential for _host, credential in case.credentials)
    what = _first(item.detail for item in told) or "No host asked the registry to end it."
    return what, _first(item.by_hand for item in told) or "Run again when a host that holds it can be reached.", holders


def _list_work_on_logins(hosts: Sequence[Host]) -> Iterator[dict[str, Any]]:
    """Passwords, certificates and the like."""
    grouped: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for host in hosts:
        for credential in host.credentials:
            for answer in credential.answers[:1]:
                if answer.by_hand and not credential.token:
                    group = (answer.detail or "A login is left.", answer.by_hand)
                    grouped.setdefault(group, []).append((credential.registry or "", host.name))
    for (what, advice), concerned in sorted(grouped.items()):
        work = _make_work("credential", what, advice, (name for _registry, name in concerned))
        yield {**work, "registries": sorted({registry for registry, _name in concerned if registry})}


def _list_work_on_hosts(hosts: Sequence[Host]) -> Iterator[dict[str, Any]]:
    lost = [host.name for host in hosts if host.status == UNREACHABLE]
    if lost:
        yield _make_work("host", "Nobody knows what stands there now.", "Make it reachable, then run again.", lost)
    failed: dict[str, list[str]] = {}
    for host in hosts:
        if host.status == FAILED:
            failed.setdefault(host.problem or "Its run failed.", []).append(host.name)
    for problem, names in sorted(failed.items()):
        yield _make_work("host", problem, "Mend this, then run again.", names)


def _make_work(
    about: str, what: str, advice: str, hosts: Iterable[str], tokens: Collection[Token] = ()
) -> dict[str, Any]:
    return {
        "about": about,
        "what": what if what.endswith((".", "!", "?", "\u2026")) else f"{what}.",
        "advice": advice if advice.endswith(".") else f"{advice}.",
        "registries": sorted({token.registry for token in tokens if token.registry}),
        "fingerprints": sorted({token.fingerprint for token in tokens}),
        "hosts": sorted(set(hosts)),
    }


def _summarize(
    hosts: Sequence[Host],
    tokens: Sequence[Mapping[str, Any]],
    states: Sequence[str],
    by_hand: Sequence[Mapping[str, Any]],
    findings: Sequence[Mapping[str, Any]],
    run: Run,
) -> dict[str, Any]:
    statuses = Counter(host.status for host in hosts)
    kinds = Counter(credential.kind for host in hosts for credential in host.credentials)
    outcomes = Counter(token["outcome"] or "not_asked" for token in tokens)
    severities = Counter(str(finding["severity"]) for finding in findings)
    counted = Counter(states)
    summary: dict[str, Any] = {
        "hosts": {"total": len(hosts), **{status: statuses[status] for status in STATUSES}},
        "tripwires": sum(bool(host.tripwires) for host in hosts),
        "credentials": {
            "total": len(states),
            "removed": sum(credential.removed for host in hosts for credential in host.credentials),
            "kinds": {kind: kinds[kind] for kind in KINDS},
            "states": {state: counted[state] for state in STATES},
        },
        "tokens": {
            "total": len(tokens),
            "shared": sum(token["hosts"] > 1 for token in tokens),
            "states": _count_states(tokens),
            "outcomes": {outcome: outcomes[outcome] for outcome in (*OUTCOMES, "not_asked")},
        },
        "by_hand": len(by_hand),
        "findings": {
            "total": len(findings),
            "severities": {name: severities[name] for name in sorted({*SEVERITIES, *severities}, key=_rank_severity)},
        },
    }
    level, headline = _say_headline(summary, _find_unknown_users(hosts), run)
    return {"level": level, "headline": headline, **summary}


def _count_states(tokens: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    counted = Counter(token["state"] for token in tokens)
    return {state: counted[state] for state in STATES}


def _find_unknown_users(hosts: Sequence[Host]) -> list[str]:
    """The accounts that the run is about and no host has: often a slip of the pen."""
    absent = [host.absent_users for host in hosts if host.audited]
    return sorted(frozenset.intersection(*absent)) if absent else []


def _say_headline(summary: Mapping[str, Any], unknown: Sequence[str], run: Run) -> tuple[str, str]:
    """How bad is it, and one or two sentences that a person can say aloud."""
    hosts, credentials, tokens = summary["hosts"], summary["credentials"], summary["tokens"]
    sentences = []
    level = CLEAR
    if summary["tripwires"]:
        level = ALARM
        plural = "s hold a tripwire: isolate them" if summary["tripwires"] > 1 else " holds a tripwire: isolate it"
        sentences.append(f"{summary['tripwires']:,} host{plural}, then run again.")
    told, sentence = _say_state(credentials, tokens, run)
    level = min(level, told, key=LEVELS.index)
    sentences.append(sentence)
    if unknown:
        level = min(level, ATTENTION, key=LEVELS.index)
        names = (
            f"an account {unknown[0]}" if len(unknown) == 1 else f"any of {len(unknown)} accounts, such as {unknown[0]}"
        )
        sentences.append(f"No host that answered has {names}.")
    missed = hosts["failed"] + hosts["unreachable"]
    if missed:
        level = min(level, ATTENTION, key=LEVELS.index)
        sentences.append(f"{_count(missed, 'host')} of {hosts['total']:,} failed or could not be reached.")
    severe = sum(summary["findings"]["severities"][name] for name in SEVERITIES[:2])
    if severe and run.job == AUDIT:
        level = min(level, ATTENTION, key=LEVELS.index)
        sentences.append(f"{_count(severe, 'finding')} of high severity.")
    return level, " ".join(sentences)


def _say_state(credentials: Mapping[str, Any], tokens: Mapping[str, Any], run: Run) -> tuple[str, str]:
    states = credentials["states"]
    if not credentials["total"]:
        return CLEAR, "No credential was found."
    if run.job == AUDIT:
        others = credentials["total"] - credentials["kinds"][TOKEN]
        sentence = f"{_count(tokens['total'], 'token')} in {_count(credentials['kinds'][TOKEN], 'place')}"
        return NOTICE, f"{sentence}, and {_count(others, 'other credential')}." if others else f"{sentence}."
    if run.check_mode:
        pending, removed = _count(tokens["outcomes"][PENDING], "token"), _count(credentials["removed"], "credential")
        sentence = f"A real run would ask for the end of {pending} and remove {removed}."
        stay = f" {_count(states[OPEN], 'credential')} would stay." if states[OPEN] else ""
        return ATTENTION if stay else NOTICE, sentence + stay
    if states[OPEN]:
        risky = tokens["states"][OPEN]
        sentence = f"{risky:,} of {_count(tokens['total'], 'token')} may still work." if risky else ""
        return ALARM, sentence or f"{_count(states[OPEN], 'credential')} still in place."
    if states[UNVERIFIED]:
        return ATTENTION, f"The end of {_count(tokens['states'][UNVERIFIED], 'token')} was accepted and not verified."
    if states[LEFTOVER]:
        return ATTENTION, f"Every token is dead; {_count(states[LEFTOVER], 'copy', 'copies')} still on disk."
    if states[BY_HAND]:
        return ATTENTION, f"Nothing is left on disk; {_count(states[BY_HAND], 'login')} may be valid at the registry."
    if not tokens["states"][DONE] and run.job == ROTATE:
        return CLEAR, "No old token was found: nothing was ended, nothing removed."
    if not tokens["states"][DONE]:
        return CLEAR, "All that was found is protected: nothing was ended, nothing removed."
    return CLEAR, f"{_count(tokens['states'][DONE], 'token')} dead at the registry, and no copy left on disk."


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"


def _rank_severity(severity: str) -> tuple[int, str]:
    return (SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES), severity)


def _list_answers(credentials: Iterable[Credential]) -> list[Answer]:
    return [answer for credential in credentials for answer in credential.answers]


def _first(values: Iterable[Any]) -> Any:
    return next((value for value in values if value is not None), None)
