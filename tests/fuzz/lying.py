# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Simulate a registry with arbitrary responses in any order, and check every verdict on its token.

The registry is simulated below HTTP, as the client that the revocation uses. It may give any response to each request,
do what is requested or not, and do so with a delay. It must not reject a token that it accepts with a response that
counts as proof, because such a lie cannot be detected.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import AUTOMATIC, DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import Answer
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms

WHO, REVOKE, LIST, DROP = "who", "revoke", "list", "drop"
MOST_SECONDS = 120
MOST_REQUESTS = 400

#: Revokes a token and returns the verdict: the code under test.
Revoke = Callable[..., Verdict]


@dataclass(frozen=True)
class Kind:
    """The responses of an honest registry of one kind.

    :ivar sort: returns the endpoint for the method and target of a request, and the name in its path; None if the
        registry does not have the endpoint.
    :ivar known: the response to an identity request with an accepted token.
    :ivar denial: the response to one with a rejected token.
    :ivar revokes: whether its logout revokes anything.
    :ivar unknown: the response to one with a token that does not exist; None if it is the same as ``denial``.
    :ivar knows_revoked: whether its denial says that the token was revoked, and not only that it is unknown.
    :ivar revocable: whether such a token can be revoked at all.
    :ivar key: the key of the token in its list.
    :ivar entries: other entries of its list, none of which is this token.
    """

    name: str
    token: str
    sort: Callable[[str, str], tuple[str, str] | None]
    known: Answer
    denial: Answer
    unknown: Answer | None = None
    revokes: bool = True
    knows_revoked: bool = True
    revocable: bool = True
    key: str = ""
    entries: Sequence[Mapping[str, object]] = ()
    url: str = "https://npm.example.com/"
    yes: Answer = field(default_factory=lambda: Answer(200, {"ok": True}))
    options: DriverOptions = AUTOMATIC


PLAIN_401 = Answer(401, {"error": "Unauthorized"}, "Basic, Bearer")
EMPTY = Answer(204, None, is_empty=True)

#: Responses that prove nothing for any request.
LIES: dict[str, Any] = {
    "200 ok": Answer(200, {"ok": True}),
    "200 with nothing": Answer(200, None, is_empty=True),
    "200, a text": Answer(200, None),
    "200, a page": Answer(200, None, is_page=True),
    "200, ok false": Answer(200, {"ok": False}),
    "200, an error": Answer(200, {"error": "down for maintenance"}),
    "202": Answer(202, None, is_empty=True),
    "204": EMPTY,
    "303": Answer(303, None, is_empty=True),
    "401, a one-time password": Answer(401, {"error": "invalid OTP"}, "OTP"),
    "401, another address": Answer(401, None, "Bearer, ipaddress"),
    "401, DPoP": Answer(401, {"error": "dpop_error"}),
    "401, a browser": Answer(401, {"authUrl": "https://x.example/a", "doneUrl": "https://x.example/d"}),
    "401, a page": Answer(401, None, "Basic", is_page=True),
    "403, a page": Answer(403, None, is_page=True),
    "404": Answer(404, {"error": "not_found"}),
    "405": Answer(405, None),
    "422": Answer(422, {"error": "token mismatch"}),
    "429": Answer(429, {"error": "too many requests"}),
    "500": Answer(500, {"error": "internal server error"}),
    "503, a page": Answer(503, None, is_page=True),
    "503, after another try": Answer(503, None, is_repeated=True),
    "404, after another try": Answer(404, None, is_repeated=True),
    "no answer": NoAnswer("connection closed unexpectedly"),
}
#: Responses that count as a denial, at once or when repeated. For an accepted token they must be the exception.
REFUSALS: dict[str, Any] = {
    "401": PLAIN_401,
    "403": Answer(403, {"error": "unauthorized access"}),
    "200, nobody": Answer(200, {}),
    "200, anonymous": Answer(200, {"username": "anonymous"}),
}
WORDS = {**LIES, **REFUSALS}


@dataclass(frozen=True)
class Turn:
    """The reaction to one request to one endpoint.

    :ivar words: the response, a key of ``WORDS``; empty for the truth.
    :ivar does: whether a revocation is done.
    :ivar lag: the number of further identity requests for which the token is still accepted.
    """

    words: str = ""
    does: bool = True
    lag: int = 0


HONEST = Turn()


class VirtualClock:
    """A clock on which time passes only by pauses and requests."""

    def __init__(self) -> None:
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.time += seconds


class LyingRegistry:
    """The client of one registry with one token.

    :ivar asks_left: the number of identity requests for which the token is still accepted; None for no limit.
    :ivar touched: keys of other tokens whose deletion was requested.
    """

    def __init__(self, kind: Kind, clock: VirtualClock) -> None:
        self.registry: Registry = parse_registry(kind.url)
        self.kind = kind
        self.clock = clock
        self.asks_left: int | None = None
        self.is_listed = True
        self.turns: dict[str, deque[Turn]] = defaultdict(deque)
        self.touched: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Clear the responses of the previous run."""
        self.said: list[tuple[str, Any]] = []
        self.has_lied = False

    @property
    def is_accepted(self) -> bool:
        return self.asks_left is None or self.asks_left > 0

    def list_said(self, *endpoints: str) -> list[Any]:
        return [answer for endpoint, answer in self.said if endpoint in endpoints]

    def has_said_yes(self) -> bool:
        return any(isinstance(answer, Answer) and answer.is_success for answer in self.list_said(REVOKE, DROP))

    def ask(self, method: str, target: str, token: Secret, deadline: float, **_how: object) -> Answer:
        assert self.clock.now() <= deadline
        self.clock.sleep(0.1)
        endpoint, argument = self.kind.sort(method, target) or ("", "")
        if token.reveal() != self.kind.token:
            assert endpoint == WHO, "a token that is not this one"
            return self._tell_nobody()
        turn = self.turns[endpoint].popleft() if self.turns[endpoint] else HONEST
        answer = self._answer(endpoint, argument, turn)
        self.said.append((endpoint, answer))
        if isinstance(answer, NoAnswer):
            raise answer
        assert isinstance(answer, Answer)
        return answer

    def _answer(self, endpoint: str, argument: str, turn: Turn) -> Any:
        if endpoint == WHO:
            return self._tell_identity(turn)
        if endpoint == DROP and argument != self.kind.key:
            self.touched.append(argument)
        if endpoint in (REVOKE, DROP):
            return self._revoke(turn, does=endpoint == DROP or self.kind.revokes)
        if endpoint == LIST and not turn.words:
            return self._list()
        self.has_lied = self.has_lied or endpoint == LIST
        return WORDS[turn.words or "404"]

    def _tell_nobody(self) -> Answer:
        """Return the truth, or a 403 for everybody if the last response was a false 403 for the accepted token."""
        forbidden: Answer = REFUSALS["403"]
        if self.is_accepted and self.list_said(WHO)[-1:] == [forbidden]:
            return forbidden
        return self.kind.unknown or self.kind.denial

    def _tell_identity(self, turn: Turn) -> Any:
        accepted = self.is_accepted
        if self.asks_left:
            self.asks_left -= 1
        if turn.words and (not accepted or self._may_say(turn.words)):
            self.has_lied = True
            return WORDS[turn.words]
        return self.kind.known if accepted else self.kind.denial

    def _may_say(self, words: str) -> bool:
        """Check whether a response is allowed for an accepted token: a refusal must be neither the first nor repeated.

        A 403 may be repeated if it is the response to everybody.
        """
        if words in LIES or words == "403":
            return True
        before = self.list_said(WHO)
        is_first = not before or before[-1] in REFUSALS.values()
        return not is_first and not self.has_said_yes()

    def _revoke(self, turn: Turn, *, does: bool) -> Any:
        accepted = self.is_accepted
        if accepted and does and turn.does and self.asks_left is None:
            self.asks_left = turn.lag
        self.has_lied = self.has_lied or turn != HONEST
        if turn.words:
            return WORDS[turn.words]
        return self.kind.yes if accepted or not does else PLAIN_401

    def _list(self) -> Answer:
        token = self.kind.token
        own = [{"key": self.kind.key, "token": f"{token[:8]}...{token[-4:]}"}] if self.is_listed else []
        return Answer(200, {"objects": [*self.kind.entries, *own], "urls": {}}) if self.is_accepted else PLAIN_401


def check_verdict(registry: LyingRegistry, verdict: Verdict, revoke: str, seconds: float) -> None:
    """Check that the verdict claims no more than the state of the registry."""
    shown = f"{verdict!r} {verdict.detail} {verdict.by_hand}"
    assert not [form for form in list_forms(Secret(registry.kind.token)) if form in shown]
    assert seconds <= MOST_SECONDS + 1
    assert len(registry.said) <= MOST_REQUESTS
    assert not registry.touched, "another token was to be deleted"
    if verdict.outcome in ("confirmed", "already_invalid"):
        assert not registry.is_accepted, f"{verdict.outcome}, and the registry accepts the token"
        assert verdict.by_hand is None
    else:
        assert verdict.by_hand
    if not registry.kind.revocable:
        assert verdict.outcome in ("already_invalid", "unsupported", "failed")
        assert not registry.list_said(REVOKE, DROP), "nothing was to be asked for"
    if verdict.outcome in ("accepted", "ineffective"):
        assert registry.has_said_yes(), f"{verdict.outcome}, and the registry never said yes"
    if verdict.outcome == "ineffective":
        assert registry.list_said(WHO)[-1] == registry.kind.known
    if (
        registry.kind.revocable
        and not registry.has_lied
        and revoke != "accepted"
        and registry.kind.denial != REFUSALS["403"]
    ):
        assert verdict.outcome in ("confirmed", "already_invalid"), "an honest registry is not believed"


def make_machine(kinds: Sequence[Kind], revoke_token: Revoke) -> type[RuleBasedStateMachine]:
    """Make a state machine that simulates registries of these kinds and revokes their tokens."""

    class Machine(RuleBasedStateMachine):
        @initialize(kind=st.sampled_from(kinds), is_listed=st.booleans())
        def begin(self, kind: Kind, is_listed: bool) -> None:
            self.clock = VirtualClock()
            self.registry = LyingRegistry(kind, self.clock)
            self.registry.is_listed = is_listed or not kind.revokes

        @rule(
            endpoint=st.sampled_from((WHO, REVOKE, LIST, DROP)),
            words=st.sampled_from(sorted(WORDS)) | st.just(""),
            does=st.booleans(),
            lag=st.integers(0, 3),
        )
        def say(self, endpoint: str, words: str, does: bool, lag: int) -> None:
            self.registry.turns[endpoint].append(Turn(words, does, lag))

        @rule(does=st.booleans(), lasts=st.integers(1, 8))
        def forbid_everybody(self, does: bool, lasts: int) -> None:
            """Respond with 403 to everybody for some time after the revocation."""
            self.registry.turns[REVOKE] = deque([Turn("", does)])
            self.registry.turns[WHO] = deque([HONEST, *(Turn("403"),) * lasts])

        @precondition(lambda self: not self.registry.is_accepted)
        @rule()
        def issue_again(self) -> None:
            """Issue the same token again, as Nexus does. Otherwise the search would continue with a rejected token."""
            self.registry.asks_left = None

        @precondition(lambda self: self.registry.asks_left is None)
        @rule(lag=st.integers(0, 3))
        def revoke_elsewhere(self, lag: int) -> None:
            self.registry.asks_left = lag
            self.registry.has_lied = True

        @rule(
            revoke=st.sampled_from(("confirmed", "accepted", "attempted")),
            verify_timeout=st.sampled_from((0, 1, 3, 10, 600)),
        )
        def log_out(self, revoke: str, verify_timeout: int) -> None:
            registry, started = self.registry, self.clock.now()
            registry.begin()
            # During a lag, the responses are not yet those of an honest registry.
            registry.has_lied = bool(registry.asks_left)
            if not registry.kind.knows_revoked:
                registry.has_lied = registry.has_lied or not registry.is_accepted
            secret = Secret(registry.kind.token)
            try:
                verdict = revoke_token(
                    registry,
                    secret,
                    revoke=revoke,
                    verify_timeout=verify_timeout,
                    clock=self.clock,
                    options=registry.kind.options,
                )
            except NoAnswer:
                # No request reached the registry.
                assert not any(isinstance(answer, Answer) for answer in registry.list_said(REVOKE, DROP))
                return
            check_verdict(registry, verdict, revoke, self.clock.now() - started)

    return Machine
