# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which host revokes which token now, and which hosts may remove their copies.

Private to this collection. Pure. A token that is on many hosts is revoked once: one host is chosen, the others wait and
remove their copies when the outcome on the chosen host suffices. If that host could not reach the registry, another one
is chosen. A response over a connection that an account's own files chose counts only for the copies of that account on
that host. A rejection without a revocation counts only for copies that cannot belong to another registry. The same
input gives the same decision.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    FAILED,
    INEFFECTIVE,
    NOT_APPLICABLE,
    PENDING,
    PROTECTED,
    SKIPPED,
    UNRESOLVED,
    UNSUPPORTED,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import OK, UNREACHABLE, Answer, Credential, Host, Token
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import SKIPPED as HOST_SKIPPED

REVOKE, REMOVE, DONE, STUCK, SPARED = "revoke", "remove", "done", "stuck", "protected"
ANSWERED, ATTEMPTS, NO_HOST, TRIPWIRE = "answered", "attempts", "no_host", "tripwire"

# Precedence of outcomes where hosts differ: verified ones first, those without a request last.
_WEIGHT = (
    CONFIRMED,
    ALREADY_INVALID,
    INEFFECTIVE,
    ACCEPTED,
    UNSUPPORTED,
    FAILED,
    PROTECTED,
    UNRESOLVED,
    PENDING,
    NOT_APPLICABLE,
    SKIPPED,
)
# The registry responded: another host would get the same response.
_SPOKEN = frozenset({CONFIRMED, ALREADY_INVALID, INEFFECTIVE, ACCEPTED, UNSUPPORTED})
_NOT_ASKED = frozenset({SKIPPED, PROTECTED, UNRESOLVED, NOT_APPLICABLE})

_GOOD, _UNKNOWN, _BAD = range(3)


@dataclass(frozen=True)
class Copy:
    """A token on one host, in one or more places."""

    host: Host
    credentials: tuple[Credential, ...]

    @property
    def answers(self) -> tuple[Answer, ...]:
        return tuple(answer for credential in self.credentials for answer in credential.answers)

    @property
    def neutral(self) -> tuple[Answer, ...]:
        """The answers that count for other copies as well."""
        return tuple(answer for answer in self.answers if not answer.own)

    @property
    def has_others(self) -> bool:
        """Whether it can belong to registries that another host does not know."""
        return any(credential.has_others for credential in self.credentials)

    @property
    def gone(self) -> bool:
        return all(credential.removed for credential in self.credentials)

    def resists(self, revoke: str) -> bool:
        """Check whether a logout kept it although the outcome allows removal. The next one would keep it, too."""
        return any(
            allows_removal(answer.outcome, revoke)
            for credential in self.credentials
            if not credential.removed
            for answer in credential.answers
        )


@dataclass(frozen=True)
class Responses:
    """The responses about one token that can count for all of its copies.

    :ivar outcomes: those of all hosts.
    :ivar rejected: the accounts and paths of the copies whose own host asked, and whose registries rejected the token.
    """

    outcomes: frozenset[str]
    rejected: frozenset[tuple[str | None, str | None]]

    def is_doubtful(self, credential: Credential) -> bool:
        """Check whether a client may send it to a registry other than those that rejected it on other hosts.

        A copy that is in the directory of another host vanishes when that host removes it.
        """
        place = (credential.account, credential.path)
        return credential.has_others and not (credential.has_vanished and place in self.rejected)

    def list_for(self, credential: Credential) -> frozenset[str]:
        """List the outcomes that count for one copy, including those of its own host."""
        doubted = {ALREADY_INVALID} if self.is_doubtful(credential) else set()
        return (self.outcomes - doubted) | {answer.outcome for answer in credential.answers}


@dataclass(frozen=True)
class Ruling:
    """The decision about one token.

    :ivar chosen: the host that revokes it, where the decision is ``revoke``.
    :ivar asked: the hosts that tried to revoke it before.
    :ivar removing: the hosts that remove their copies now.
    :ivar asking: those in ``removing`` that ask the registry before they remove their copies.
    :ivar waiting: the hosts that keep their copies for now.
    :ivar reason: why the decision is ``stuck``.
    """

    token: Token
    decision: str
    outcome: str | None
    chosen: str | None
    asked: tuple[str, ...]
    removing: tuple[str, ...]
    waiting: tuple[str, ...]
    reason: str | None
    asking: tuple[str, ...] = ()


def find_copies(hosts: Iterable[Host], *, comments: bool = True) -> dict[Token, list[Copy]]:
    """Map each token (registry and fingerprint) to its copies, one for each host."""
    found: dict[Token, list[Copy]] = {}
    for host in hosts:
        held: dict[Token, list[Credential]] = {}
        for credential in host.credentials:
            if credential.token and (comments or credential.source != "comment"):
                held.setdefault(credential.token, []).append(credential)
        for token, credentials in held.items():
            found.setdefault(token, []).append(Copy(host, tuple(credentials)))
    return {token: found[token] for token in sorted(found, key=lambda token: token.rank)}


def find_responses(copies: Iterable[Copy]) -> Responses:
    """Find the responses about one token that can count for all of its copies."""
    outcomes: set[str] = set()
    rejected: set[tuple[str | None, str | None]] = set()
    for copy in copies:
        outcomes.update(answer.outcome for answer in copy.neutral)
        for credential in copy.credentials:
            if any(answer.outcome == ALREADY_INVALID for answer in credential.answers):
                rejected.add((credential.account, credential.path))
    return Responses(frozenset(outcomes), frozenset(rejected))


def weigh(outcomes: Iterable[str]) -> str | None:
    """Return the outcome that takes precedence; None if there is none."""
    return min(outcomes, key=_WEIGHT.index, default=None)


def was_asked(outcome: str) -> bool:
    """Check whether the host sent, or tried to send, a request to the registry."""
    return outcome not in _NOT_ASKED


def choose(
    hosts: Sequence[Host],
    *,
    protected: Collection[str] = (),
    revoke: str = CONFIRMED,
    attempts: int = 3,
    comments: bool = False,
) -> tuple[Ruling, ...]:
    """Decide for each token, by registry and fingerprint.

    :param protected: fingerprints of tokens that are neither revoked nor removed.
    :param revoke: how certain a revocation must be before the copies are removed, as in ``npm_logout``.
    :param attempts: how many hosts try to revoke a token, one after the other.
    :param comments: include commented-out tokens.
    """
    copies = find_copies(hosts, comments=comments)
    reach = _learn_who_reaches_what(copies)
    rulings: dict[Token, Ruling] = {}
    to_revoke: dict[Token, list[Host]] = {}
    for token, places in copies.items():
        candidates = [copy.host for copy in places if _can_be_asked(copy, token)]
        rulings[token] = _rule(token, places, bool(candidates), protected, revoke, attempts)
        if rulings[token].decision == REVOKE:
            to_revoke[token] = candidates
    load: dict[str, int] = {}
    # Tokens on few hosts first: the others have more hosts to choose from.
    for token in sorted(to_revoke, key=lambda token: (len(to_revoke[token]), token.rank)):
        chosen = min(to_revoke[token], key=lambda host: _rate(host, token, reach, load))
        load[chosen.name] = load.get(chosen.name, 0) + 1
        rulings[token] = _assign(rulings[token], chosen.name)
    return tuple(rulings.values())


def describe(hosts: Sequence[Host], rulings: Sequence[Ruling], *, comments: bool = False) -> dict[str, Any]:
    """Return what a playbook needs: the ``npm_logout`` calls of each host, and the decisions."""
    calls = _make_calls(hosts, rulings, comments)
    chosen = {ruling.chosen for ruling in rulings if ruling.chosen}
    return {
        "hosts": calls,
        "tokens": [_describe_ruling(ruling) for ruling in rulings],
        "stuck": [_describe_ruling(ruling) for ruling in rulings if ruling.decision == STUCK],
        "missing_requests": [host.name for host in hosts if host.name in chosen and host.has_requests is False],
        "finished": not any(ruling.chosen or ruling.removing for ruling in rulings),
    }


class _Evidence(NamedTuple):
    """What is known about one token.

    :ivar asked: the hosts that tried to revoke it.
    :ivar able: the copies that can still be removed.
    """

    token: Token
    revoke: str
    outcome: str | None
    asked: tuple[str, ...]
    able: Sequence[Copy]

    def rule(self, decision: str, reason: str | None = None) -> Ruling:
        waiting = tuple(copy.host.name for copy in self.able)
        return Ruling(self.token, decision, self.outcome, None, self.asked, (), waiting, reason)

    def rule_removal(self, asking: Collection[Copy] = ()) -> Ruling:
        """:param asking: the copies whose hosts ask before they remove them, unless they have asked already."""
        names = {copy.host.name for copy in asking}
        removing = tuple(
            copy.host.name
            for copy in self.able
            if not copy.resists(self.revoke) and not (copy.host.name in names and _was_host_asked(copy, self.token))
        )
        decision = REMOVE if removing else DONE
        still_asking = tuple(name for name in removing if name in names)
        return Ruling(self.token, decision, self.outcome, None, self.asked, removing, (), None, still_asking)

    def rule_removal_of_rejected(self) -> Ruling:
        """Rule where registries of some hosts rejected it, and files of others may name one that accepts it."""
        doubtful = [copy for copy in self.able if copy.has_others]
        stuck = [copy for copy in doubtful if not copy.resists(self.revoke) and _was_host_asked(copy, self.token)]
        ruling = self.rule_removal(doubtful)
        if not stuck:
            return ruling
        outcome = weigh(answer.outcome for copy in stuck for answer in copy.answers) or self.outcome
        waiting = tuple(copy.host.name for copy in stuck)
        return replace(ruling, decision=STUCK, outcome=outcome, waiting=waiting, reason=ANSWERED)


def _rule(
    token: Token, copies: Sequence[Copy], candidates: bool, protected: Collection[str], revoke: str, attempts: int
) -> Ruling:
    """Decide on one token, but do not choose its host yet."""
    outcomes = [answer.outcome for copy in copies for answer in copy.neutral]
    own = [answer.outcome for copy in copies for answer in copy.answers if answer.own]
    asked = tuple(copy.host.name for copy in copies if _was_host_asked(copy, token))
    able = [copy for copy in copies if _is_able(copy.host) and not copy.gone]
    evidence = _Evidence(token, revoke, weigh(outcomes) or weigh(own), asked, able)
    if token.fingerprint in protected or PROTECTED in (*outcomes, *own):
        return evidence.rule(SPARED)
    enough = {item for item in outcomes if _suffices(item, revoke)}
    if enough == {ALREADY_INVALID} and revoke != "never":
        return evidence.rule_removal_of_rejected()
    if revoke == "never" or enough:
        return evidence.rule_removal()
    spoken = any(item in _SPOKEN for item in outcomes)
    if not spoken and any(copy.host.tripwires for copy in copies):
        # Malware on the host with the tripwire would notice the revocation by any host.
        return evidence.rule(STUCK, TRIPWIRE)
    if not spoken and candidates and len(asked) < attempts:
        return evidence.rule(REVOKE)
    if revoke == "attempted" and asked:
        return evidence.rule_removal()
    if not spoken and candidates and any(_suffices(item, revoke) for item in own):
        # No response counts for the other copies: each host asks over its own connection.
        return evidence.rule_removal(able)
    if spoken:
        return evidence.rule(STUCK, ANSWERED)
    return evidence.rule(STUCK, ATTEMPTS if candidates else NO_HOST)


def _suffices(outcome: str, revoke: str) -> bool:
    """Check whether other hosts may remove their copies. Only a registry's response counts for them."""
    return (outcome in _SPOKEN or outcome == PENDING) and allows_removal(outcome, revoke)


def _assign(ruling: Ruling, chosen: str) -> Ruling:
    return replace(ruling, chosen=chosen, waiting=tuple(name for name in ruling.waiting if name != chosen))


def _is_able(host: Host) -> bool:
    """Check whether tasks can run on the host. Hosts with a tripwire are left alone."""
    return host.status not in (UNREACHABLE, HOST_SKIPPED) and not host.tripwires


def _can_be_asked(copy: Copy, token: Token) -> bool:
    return _is_able(copy.host) and not copy.gone and not _was_host_asked(copy, token)


def _was_host_asked(copy: Copy, token: Token) -> bool:
    if any(was_asked(answer.outcome) for answer in copy.answers):
        return True
    return token.is_among(copy.host.asked)


def _learn_who_reaches_what(copies: Mapping[Token, Sequence[Copy]]) -> dict[tuple[str, str], int]:
    """Rate each pair of host and registry by earlier rounds."""
    reach: dict[tuple[str, str], int] = {}
    for token, places in copies.items():
        for copy in places:
            outcomes = {answer.outcome for answer in copy.neutral}
            pair = (copy.host.name, token.registry)
            if outcomes & _SPOKEN:
                reach[pair] = _GOOD
            elif FAILED in outcomes or _was_host_asked(copy, token):
                reach.setdefault(pair, _BAD)
    return reach


def _rate(
    host: Host, token: Token, reach: Mapping[tuple[str, str], int], load: Mapping[str, int]
) -> tuple[int, bool, bool, int, str]:
    """Rate a host; lower is better: it reached the registry, has no problem, has ``requests``, has few calls."""
    known = reach.get((host.name, token.registry), _UNKNOWN)
    return (known, host.status != OK, host.has_requests is False, load.get(host.name, 0), host.name)


def _make_calls(hosts: Sequence[Host], rulings: Sequence[Ruling], comments: bool) -> dict[str, Any]:
    revoking: dict[str, list[Token]] = {}
    removing: dict[str, list[Token]] = {}
    asking: dict[str, list[Token]] = {}
    waiting: dict[str, list[Token]] = {}
    for ruling in rulings:
        if ruling.chosen:
            revoking.setdefault(ruling.chosen, []).append(ruling.token)
        for name in ruling.removing:
            (asking if name in ruling.asking else removing).setdefault(name, []).append(ruling.token)
        for name in ruling.waiting:
            waiting.setdefault(name, []).append(ruling.token)
    held: dict[str, dict[str, set[str]]] = {}
    for token, copies in find_copies(hosts, comments=comments).items():
        for copy in copies:
            held.setdefault(copy.host.name, {}).setdefault(token.fingerprint, set()).add(token.registry)
    return {
        name: {
            "revoke": _group(revoking.get(name, ()), held[name]),
            "remove": [
                *({**call, "ask": False} for call in _group(removing.get(name, ()), held[name])),
                *({**call, "ask": True} for call in _group(asking.get(name, ()), held[name])),
            ],
            "wait": sorted({token.fingerprint for token in waiting.get(name, ())}),
        }
        for name in sorted(held)
    }


def _group(tokens: Iterable[Token], held: Mapping[str, set[str]]) -> list[dict[str, Any]]:
    """Group tokens into as few calls as possible.

    Tokens to process for every registry for which the host has them share one call. If only some of the registries of a
    fingerprint are to be processed, each of these needs a call.
    """
    meant: dict[str, set[str]] = {}
    for token in tokens:
        meant.setdefault(token.fingerprint, set()).add(token.registry)
    grouped: dict[str, list[str]] = {}
    for fingerprint, registries in meant.items():
        for registry in [""] if registries == held[fingerprint] else registries:
            grouped.setdefault(registry, []).append(fingerprint)
    return [
        {"registry": registry or None, "fingerprints": sorted(fingerprints)}
        for registry, fingerprints in sorted(grouped.items())
    ]


def _describe_ruling(ruling: Ruling) -> dict[str, Any]:
    return {
        "fingerprint": ruling.token.fingerprint,
        "registry": ruling.token.registry or None,
        "decision": ruling.decision,
        "outcome": ruling.outcome,
        "chosen": ruling.chosen,
        "asked": list(ruling.asked),
        "removing": len(ruling.removing),
        "waiting": len(ruling.waiting),
        "reason": ruling.reason,
    }
