# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask a registry whose token this is, revoke the token, and verify that the registry rejects it.

Private to this collection. Drivers define the requests and the meaning of the answers; the client sends the requests.
A 2xx proves nothing: ``confirmed`` requires an identity before and a denial after.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer, WouldAsk
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import AUTOMATIC, DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    FAILED,
    INEFFECTIVE,
    UNSUPPORTED,
    Verdict,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    ALIVE,
    DENIED,
    FORBIDDEN,
    UNKNOWN,
    Reply,
    Who,
    is_limited,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.clock import SYSTEM_CLOCK, Clock
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    Driver,
    Question,
    Request,
    Subject,
    Way,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import (
    DEFAULT,
    foretell_kind,
    load_driver,
    name_kind,
    name_kind_of_answer,
    name_kind_of_token,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Pair, Secret, reveals

#: The time limit for one credential.
MOST_SECONDS = 120.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
# The minimum seconds between two refusals if one alone is not a denial: a registry may refuse briefly because of
# too many requests, or while it cannot look up its accounts.
_SECONDS_APART = 2.0
_CLOCK_GRAIN = 0.001
# A token that nobody has. If a registry forbids it too, a 403 proves nothing about the revoked token.
_NO_TOKEN = Secret("npmops-auth-asks-with-no-token")
# What node allows in a header, Latin-1, without the tab, which some servers treat as a blank.
_SENDABLE = re.compile("[\x20-\x7e\x80-\xff]+\\Z")
#: With these, a revocation was requested and can have side effects.
_ASKED_FOR = frozenset({CONFIRMED, ACCEPTED, INEFFECTIVE})


class Client(Protocol):
    """What this file needs of an HTTP client; ``client.RegistryClient`` is one."""

    registry: Registry

    def ask(self, *args: Any, **how: Any) -> Any:
        """Send a request, and return the answer."""


class _SilentClient:
    """A client that sends nothing."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry

    def ask(self, *_args: Any, **_how: Any) -> Any:
        raise WouldAsk


class _Known(NamedTuple):
    """A registry's answer about a token before its revocation, and the question."""

    who: Who
    question: Question | None = None

    @property
    def state(self) -> str:
        return self.who.state


class _Case(NamedTuple):
    """One token at one registry.

    :ivar is_open: whether neither the URL nor an option tells the kind, so that an answer may.
    :ivar is_guess: whether an answer or the token's format told the kind: npm's own endpoints are tried as well.
    """

    client: Client
    subject: Subject
    driver: Driver
    is_open: bool
    verify_timeout: float
    deadline: float
    clock: Clock
    is_guess: bool = False

    def ask(self, request: Request) -> Any:
        how: dict[str, Any] = {"issuer": self.driver.issuer} if request.at_issuer else {}
        return self.client.ask(
            request.method, request.target, self.subject.token, self.deadline, **how, **request.list_specials()
        )

    def list_questions(self) -> Sequence[Question]:
        questions = self.driver.list_questions(self.subject)
        others = load_driver(DEFAULT).list_questions(self.subject) if self.is_guess else ()
        return (*questions, *(question for question in others if question not in questions))

    def list_ways(self) -> Sequence[Way]:
        ways = self.driver.list_ways(self.subject)
        others = load_driver(DEFAULT).list_ways(self.subject) if self.is_guess else ()
        return (*ways, *(way for way in others if way not in ways))

    def guess(self, kind: str) -> _Case:
        return self._replace(driver=load_driver(kind), is_open=False, is_guess=True)

    def renew(self) -> _Case:
        return self._replace(deadline=self.clock.now() + MOST_SECONDS)

    def tell(self, verdict: Verdict, who: Who | None = None) -> Verdict:
        """Add to a verdict what the driver knows."""
        asked_for = verdict.outcome in _ASKED_FOR
        return verdict._replace(
            kind=self.driver.name,
            expires=(who.expires if who else None) or self.driver.read_expiry(self.subject.token),
            side_effects=tuple(self.driver.list_side_effects(self.subject)) if asked_for else (),
        )


def revoke_token(
    client: Client,
    token: Secret,
    *,
    revoke: str,
    verify_timeout: float,
    clock: Clock = SYSTEM_CLOCK,
    options: DriverOptions = AUTOMATIC,
    most_seconds: float = MOST_SECONDS,
) -> Verdict:
    """Ask a registry to revoke a token, and return the outcome.

    :param revoke: ``confirmed`` and ``attempted`` verify, ``accepted`` only asks.
    :param verify_timeout: seconds to keep asking whether the token is rejected.
    :param most_seconds: what other registries have left of the time limit for the credential.
    :raises NoAnswer: the registry cannot be reached at all, for other tokens either.
    """
    case = _make_case(client, token, verify_timeout, clock, options)
    case = case._replace(deadline=clock.now() + min(most_seconds, MOST_SECONDS))
    if not is_sendable(token):
        return case.tell(_fail(case, "The token contains characters that an HTTP header or URL cannot carry."))
    return _revoke_without_proof(case) if revoke == ACCEPTED else _revoke_with_proof(case)


def revoke_tokens(
    client: Client,
    tokens: Sequence[Secret],
    *,
    revoke: str,
    verify_timeout: float,
    clock: Clock = SYSTEM_CLOCK,
    options: DriverOptions = AUTOMATIC,
) -> list[Verdict]:
    """Revoke many tokens of one registry, with as few requests as its driver needs.

    :raises NoAnswer: the registry cannot be reached at all.
    """
    cases = {token: _make_case(client, token, verify_timeout, clock, options) for token in tokens}
    together = [case for token, case in cases.items() if is_sendable(token) and case.driver.make_batch([case.subject])]
    verdicts: dict[Secret, Verdict] = {}
    size = together[0].driver.most_at_once if together else 1
    for start in range(0, len(together), size):
        verdicts.update(_revoke_batch(together[start : start + size], revoke))
    for token in tokens:
        if token not in verdicts:
            verdicts[token] = revoke_token(
                client, token, revoke=revoke, verify_timeout=verify_timeout, clock=clock, options=options
            )
    return [verdicts[token] for token in tokens]


def foretell_verdict(registry: Registry, token: Secret, *, revoke: str, options: DriverOptions = AUTOMATIC) -> Verdict:
    """Return the verdict on a token that the registry cannot revoke, or about which no request can be sent.

    :raises WouldAsk: the registry would be asked to revoke it.
    """
    client = _SilentClient(registry)
    case = _make_case(client, token, 0, SYSTEM_CLOCK, options)
    if is_sendable(token) and not case.is_open and not case.list_ways():
        return case.tell(_say_unsupported(case))
    return revoke_token(client, token, revoke=revoke, verify_timeout=0, options=options)


def ask_who(client: Client, token: Secret, clock: Clock = SYSTEM_CLOCK, options: DriverOptions = AUTOMATIC) -> Who:
    """Ask a registry whose token this is, which changes nothing. A name with a piece of the token is hidden.

    :raises NoAnswer: no connection.
    """
    if isinstance(token, Pair):
        # A password: npm's own question accepts it too.
        options = options._replace(registry_kind=DEFAULT)
    case, known = _identify(_make_case(client, token, 0, clock, options))
    expires = known.who.expires or case.driver.read_expiry(token)
    who = known.who._replace(kind=case.driver.name, expires=expires)
    return who._replace(name="<secret>") if who.name and reveals(who.name, token) else who


def say_unreachable(
    registry: Registry, reason: str, token: Secret | None = None, options: DriverOptions = AUTOMATIC
) -> Verdict:
    """Return the verdict on a token whose registry does not answer.

    :param reason: the end of a sentence, from ``NoAnswer``.
    """
    driver = load_driver(foretell_kind(registry, token, options.registry_kind))
    subject = Subject(registry, token, options.issuer_api) if token else None
    advice = _advise_after_failure(driver, subject)
    verdict = Verdict(FAILED, f"Cannot reach the registry: {reason}.", advice)
    return verdict._replace(kind=driver.name, expires=driver.read_expiry(token) if token else None)


def is_sendable(token: Secret) -> bool:
    """Return whether the token can be sent in an HTTP header, and as a segment of a URL's path."""
    text = token.reveal()
    return bool(text.strip(".")) and text == text.strip() and bool(_SENDABLE.match(text))


def _make_case(client: Client, token: Secret, verify_timeout: float, clock: Clock, options: DriverOptions) -> _Case:
    kind = name_kind(client.registry, options.registry_kind)
    like_npm = name_kind_of_token(token, only_like_npm=True) if kind is None else None
    return _Case(
        client=client,
        subject=Subject(client.registry, token, options.issuer_api),
        driver=load_driver(kind or like_npm or DEFAULT),
        is_open=kind is None,
        verify_timeout=verify_timeout,
        deadline=clock.now() + MOST_SECONDS,
        clock=clock,
        is_guess=like_npm is not None,
    )


def _identify(case: _Case, answered: tuple[Question, Any] | None = None) -> tuple[_Case, _Known]:
    """Ask whose token it is. The registry's kind may become known by an answer, or else by the token.

    :param answered: a question that was asked before the kind was known, and its answer.
    """
    known = _Known(Who(UNKNOWN, "it has no endpoint for that", is_missing=True))
    for question in case.list_questions():
        answer = answered[1] if answered and answered[0] == question else case.ask(question.request)
        kind = name_kind_of_answer(answer.headers) if case.is_open else None
        if kind and kind != case.driver.name:
            return _identify(case.guess(kind), (question, answer))
        known = _Known(question.read(answer), question)
        if not known.who.is_missing:
            return case, _hear_registry(case, known)
    kind = name_kind_of_token(case.subject.token) if case.is_open else None
    return _identify(case.guess(kind)) if kind and kind != case.driver.name else (case, known)


def _hear_registry(case: _Case, known: _Known) -> _Known:
    """Check a refusal at another path of the host: a gateway there may not know the registry's tokens.

    If the registry's own path tells whose token it is, that answer counts.
    """
    asked = known.question.request if known.question else None
    if known.state != DENIED or asked is None or asked.at_issuer or not asked.target.startswith("/"):
        return known
    question = load_driver(DEFAULT).list_questions(case.subject)[0]
    who = question.read(case.ask(question.request))
    return known if who.is_missing or who.state == DENIED else _Known(who, question)


def _revoke_with_proof(case: _Case) -> Verdict:
    case, before = _identify(case)
    if before.state == DENIED:
        return _say_refused(case, before)
    replies: list[Reply] = []
    after = UNKNOWN
    for way in case.list_ways():
        if replies and not replies[-1].missing and not (way.as_well and before.state == ALIVE):
            break
        reply = _attempt(way, case)
        if reply is None:
            continue
        replies.append(reply)
        if reply.was_asked:
            after = _await_denial(case, before, replies)
        if after == DENIED:
            break
    return _conclude(case, before, after, replies)


def _revoke_batch(cases: Sequence[_Case], revoke: str) -> dict[Secret, Verdict]:
    """Revoke tokens with one request, and verify each."""
    verdicts: dict[Secret, Verdict] = {}
    asked: list[tuple[_Case, _Known]] = []
    for one in cases:
        case, before = one.renew(), _Known(Who(UNKNOWN, "it was not asked"))
        if revoke != ACCEPTED:
            case, before = _identify(case)
        if before.state == DENIED:
            verdicts[case.subject.token] = _say_refused(case, before)
        else:
            asked.append((case, before))
    if not asked:
        return verdicts
    way = asked[0][0].driver.make_batch([case.subject for case, _before in asked])
    reply = (_attempt(way, asked[0][0].renew()) if way else None) or Reply("it was not asked", was_asked=False)
    until = cases[0].clock.now() + cases[0].verify_timeout
    for one, before in asked:
        # All were revoked at the same time: the wait for one counts for the others.
        case = one.renew()._replace(verify_timeout=max(0.0, until - one.clock.now()))
        if revoke == ACCEPTED:
            verdicts[case.subject.token] = case.tell(_judge_unverified(case, reply))
        else:
            after = _await_denial(case, before, [reply])
            verdicts[case.subject.token] = _conclude(case, before, after, [reply])
    return verdicts


def _conclude(case: _Case, before: _Known, after: str, replies: list[Reply]) -> Verdict:
    if after == DENIED:
        return case.tell(Verdict(CONFIRMED, "The registry knew the token before, and rejects it now."), before.who)
    return case.tell(_judge(case, before, after, replies), before.who)


def _say_refused(case: _Case, before: _Known) -> Verdict:
    detail = "The registry already rejected the token when first asked."
    return case.tell(Verdict(ALREADY_INVALID, detail), before.who)


def _revoke_without_proof(case: _Case) -> Verdict:
    reply: Reply | None = None
    for way in case.list_ways():
        if reply is not None and not reply.missing:
            break
        # If the first one cannot be sent, the registry cannot be reached.
        reply = (_send(way, case) if reply is None else _attempt(way, case)) or reply
    if reply and reply.missing and case.is_open:
        kind = reply.kind or name_kind_of_token(case.subject.token)
        if kind and kind != case.driver.name:
            return _revoke_without_proof(case.guess(kind))
    if reply and reply.denied:
        return case.tell(_judge_refusal(case, reply))
    return case.tell(_judge_unverified(case, reply))


def _judge_unverified(case: _Case, reply: Reply | None) -> Verdict:
    if reply is None or reply.missing:
        return _say_unsupported(case)
    if reply.unsupported:
        return _say_unsupported(case, reply.reason)
    if reply.said_yes:
        detail = "The registry reported success; the result was not verified."
        kind = reply.kind if case.is_open else None
        return Verdict(ACCEPTED, detail, _advise_unless_rejected(case.guess(kind) if kind else case))
    return _fail(case, f"The registry did not revoke the token: {reply.reason}.")


def _judge_refusal(case: _Case, reply: Reply) -> Verdict:
    """Return the outcome if the registry refuses the token, which some do to valid ones that may not revoke."""
    try:
        is_denied = _identify(case)[1].state == DENIED
    except NoAnswer:
        is_denied = False
    if is_denied:
        return Verdict(ALREADY_INVALID, "The registry rejected the token when asked to revoke it (401).")
    return _fail(case, f"The registry did not revoke the token: {reply.reason}.")


def _judge(case: _Case, before: _Known, after: str, replies: list[Reply]) -> Verdict:
    """Return the outcome if no denial was seen."""
    said_yes = any(reply.plainly_said_yes for reply in replies)
    if said_yes and before.state == UNKNOWN:
        detail = f"The registry reported success, but this could not be verified: {before.who.reason}."
        return Verdict(ACCEPTED, detail, _advise_unless_rejected(case))
    if said_yes and after == UNKNOWN:
        detail = "The registry reported success, but then gave no usable response about the token."
        return Verdict(ACCEPTED, detail, _advise_unless_rejected(case))
    if said_yes:
        return _judge_still_valid(case)
    unsupported = next((reply.reason for reply in replies if reply.unsupported), None)
    if unsupported is not None or all(reply.missing for reply in replies):
        return _say_unsupported(case, unsupported)
    reason = next(reply.reason for reply in reversed(replies) if not reply.missing)
    return _fail(case, f"The registry did not revoke the token: {reason}.")


def _judge_still_valid(case: _Case) -> Verdict:
    lag, advice = case.driver.get_lag(case.subject), case.driver.advise_on_token(case.subject)
    if lag:
        detail = f"The registry reported success but still accepts the token. At this registry, that can take {lag}."
        return Verdict(ACCEPTED, detail, f"{advice}, if the registry still accepts it after that.")
    return Verdict(INEFFECTIVE, "The registry reported success but still accepts the token.", f"{advice}.")


def _say_unsupported(case: _Case, reason: str | None = None) -> Verdict:
    detail = f"The registry does not revoke this token: {reason}." if reason else None
    advice = f"{case.driver.advise_on_token(case.subject)}."
    return Verdict(UNSUPPORTED, detail or case.driver.explain_unsupported(case.subject), advice)


def _fail(case: _Case, detail: str) -> Verdict:
    return Verdict(FAILED, detail, _advise_after_failure(case.driver, case.subject))


def _advise_after_failure(driver: Driver, subject: Subject | None) -> str:
    advice = driver.advise_on_token(subject)
    return f"Fix this and run again, or revoke the token by hand: {advice[0].lower()}{advice[1:]}."


def _advise_unless_rejected(case: _Case) -> str:
    return f"If the token is still valid: {case.driver.advise_on_token(case.subject)}."


def _await_denial(case: _Case, before: _Known, replies: Sequence[Reply]) -> str:
    """Ask the endpoint that knew the token again, with growing pauses, until a denial or the time limit.

    After a reported success, one 401 proves the revocation; otherwise, two in a row do. A 403 proves it only after a
    reported success, if it is repeated (Verdaccio's answer to a revoked token) and an unknown token gets a 401: too
    many requests or the client's address can also cause a 403.
    """
    if before.state != ALIVE:
        return UNKNOWN
    clock = case.clock
    until = min(clock.now() + case.verify_timeout, case.deadline)
    has_yes = any(reply.plainly_said_yes for reply in replies)
    refused_since: float | None = None
    pause = _FIRST_PAUSE
    while True:
        state = _ask_again(case, before.question)
        if state == DENIED and has_yes:
            return DENIED
        if state == DENIED or (state == FORBIDDEN and has_yes):
            refused_since = clock.now() if refused_since is None else refused_since
            wait = refused_since + _SECONDS_APART - clock.now()
            if wait <= _CLOCK_GRAIN:
                return DENIED if state == DENIED else _ask_as_nobody(case, before.question)
            state = UNKNOWN
        else:
            refused_since = None
            wait, pause = pause, min(pause * 2, _LONGEST_PAUSE)
            if not replies[-1].may_have_revoked:
                return state
        if clock.now() + wait > until:
            return state
        clock.sleep(wait)


def _ask_again(case: _Case, question: Question | None) -> str:
    if question is None:
        return UNKNOWN
    try:
        answer = case.ask(question.request)
    except NoAnswer:
        return UNKNOWN
    if answer.status == 403 and not answer.is_page:
        return FORBIDDEN if case.driver.forbids_revoked(case.subject) and not is_limited(answer) else UNKNOWN
    return (question.read_after or question.read)(answer).state


def _ask_as_nobody(case: _Case, question: Question | None) -> str:
    """Ask the same with a token that nobody has. Without a 401 for it, the registry may forbid everybody."""
    nobody = case._replace(subject=case.subject._replace(token=_NO_TOKEN))
    return DENIED if _ask_again(nobody, question) == DENIED else UNKNOWN


def _attempt(way: Way, case: _Case) -> Reply | None:
    """Send a request. Without an answer, it may still have taken effect."""
    try:
        return _send(way, case)
    except NoAnswer as problem:
        return Reply(str(problem), unclear=True)


def _send(way: Way, case: _Case) -> Reply | None:
    """Request a revocation this way; return None if the way does not apply to this token.

    :raises NoAnswer: the registry did not answer.
    """
    request: Request | Reply | None = way.request
    if way.find:
        request = way.find(case.ask, case.subject)
    if not isinstance(request, Request):
        return request
    answer = case.ask(request)
    return way.read(answer)._replace(kind=name_kind_of_answer(answer.headers))
