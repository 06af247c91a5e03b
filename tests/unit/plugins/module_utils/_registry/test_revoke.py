# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The outcome for a token at each kind of registry, and exactly which requests are sent to find out."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, cast
from urllib.parse import quote

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, Registry, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import RegistryClient, Trust
from ansible_collections.npmops.auth.plugins.module_utils._registry.clock import SYSTEM_CLOCK, Clock
from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import ask_who, revoke_token, say_unreachable
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms
from tests.registry import (
    CNPM,
    LYING,
    NEXUS,
    NO_ENDPOINTS,
    NPM,
    NPM_2019,
    NPM_GRANULAR,
    VERDACCIO,
    VERDACCIO_OLD,
    Answer,
    Behaviour,
    EmbeddedRegistry,
    Recorder,
    Request,
)
from tests.registry.clock import CountingClock, SkippingClock, StandingClock

TOKEN = "npm_Abcdefghij0123456789Abcdefghij012345"

# The requests, as `name_requests` writes them. All targets are below the registry's path.
WHO = "GET -/whoami"
USER = "GET -/npm/v1/user"
END = "DELETE -/user/token/TOKEN"
LIST = "GET -/npm/v1/tokens"
DROP = "DELETE -/npm/v1/tokens/token/KEY"
#: The same question with a token that nobody has, where a registry forbids the one that was revoked.
NO_TOKEN = "npmops-auth-asks-with-no-token"
BY_NOBODY = ", by nobody"
WHO_IS_NOBODY = WHO + BY_NOBODY


@dataclass(frozen=True)
class Case:
    """A registry, what it is asked, and what is to come of it."""

    outcome: str
    sent: tuple[str, ...]
    registry: Behaviour = NPM
    revoke: str = "confirmed"
    token: str = TOKEN
    readonly: bool = False
    listed: bool = True
    known: bool = True  # False: the registry has never seen the token
    revoked: bool = False  # the token is revoked before anything is asked
    others: tuple[str, ...] = ()  # further tokens of the same user
    path: str = "/"
    alive: bool | None = None  # afterwards; None: as the outcome says
    says: str = ""  # is in the sentence for a person
    verify_timeout: float = 0
    skips: bool = False  # pauses are over at once
    timeout: int = 60
    retries: int = 0
    at_most: float = 2.0  # seconds of pauses
    at_least: float = 0.0  # seconds in all


def name_request(registry: EmbeddedRegistry, request: Request, token: str) -> str:
    """A request in the words of the table: its path below the registry's, without what differs from run to run."""
    path = request.path.removeprefix(registry.path)
    path = path.replace(quote(token, safe=""), "TOKEN") if "user/token" in path else path
    if request.headers["authorization"] == f"Bearer {NO_TOKEN}":
        path += BY_NOBODY
    head, found, _key = path.partition("npm/v1/tokens/token/")
    return f"{request.method} {head}{found}KEY" if found else f"{request.method} {path}"


def connect(url: str, clock: Clock = SYSTEM_CLOCK, **settings: Any) -> RegistryClient:
    connection = Connection(options=ConnectionOptions(**settings))
    return RegistryClient(parse_registry(url), connection, Trust(), clock)


def ask_to_revoke(
    client: RegistryClient,
    token: str,
    revoke: str = "confirmed",
    verify_timeout: float = 0,
    clock: Clock = SYSTEM_CLOCK,
) -> Verdict:
    """What `npm_logout` makes of it: no answer at all is a verdict, too."""
    try:
        return revoke_token(client, Secret(token), revoke=revoke, verify_timeout=verify_timeout, clock=clock)
    except NoAnswer as problem:
        return say_unreachable(client.registry, str(problem))
    finally:
        client.close()


def prepare(registry: EmbeddedRegistry, case: Case) -> None:
    for other in case.others:
        registry.create_token("alice", other)
    if case.known:
        registry.create_token("alice", case.token, readonly=case.readonly, listed=case.listed)
    if case.revoked:
        registry.revoke(case.token)


def assert_no_secret(verdict: Verdict, token: str) -> None:
    shown = f"{verdict.detail} {verdict.by_hand}"
    assert not [form for form in list_forms(Secret(token)) if form in shown]


def assert_sentences(verdict: Verdict) -> None:
    """Each outcome has whole sentences, and manual steps where something is left to do."""
    assert verdict.detail.endswith(".")
    assert (verdict.by_hand is None) == (verdict.outcome in ("confirmed", "already_invalid"))
    assert verdict.by_hand is None or verdict.by_hand.endswith(".")


def assert_headers(requests: tuple[Request, ...], token: str) -> None:
    """Each request shows the token in its header alone, or one that nobody has, and wants a fresh answer."""
    expected = [f"Bearer {shown}".encode().decode("latin-1").strip() for shown in (token, NO_TOKEN)]
    for request in requests:
        assert request.headers["authorization"] in expected
        assert request.headers["cache-control"] == "no-cache"
        assert request.headers["accept-encoding"] == "identity"
        assert request.body == b""


def run_case(case: Case) -> None:
    with EmbeddedRegistry(case.registry, case.path) as registry:
        prepare(registry, case)
        clock: Any = SkippingClock() if case.skips else CountingClock()
        client = connect(registry.url, clock, timeout=case.timeout, retries=case.retries)
        start = time.monotonic()
        verdict = ask_to_revoke(client, case.token, case.revoke, case.verify_timeout, clock)
        seconds = time.monotonic() - start
        requests = registry.requests
        assert tuple(name_request(registry, item, case.token) for item in requests) == case.sent
        assert verdict.outcome == case.outcome, verdict
        assert case.says in verdict.detail
        dead = case.outcome in ("confirmed", "already_invalid")
        expected = case.known and not dead if case.alive is None else case.alive
        assert registry.is_valid(case.token) == expected
        assert all(registry.is_valid(other) for other in case.others)
        assert case.at_least <= seconds
        assert case.skips or sum(clock.pauses) < case.at_most
    assert_no_secret(verdict, case.token)
    assert_sentences(verdict)
    assert_headers(requests, case.token)


def parametrize(cases: dict[str, Case]) -> Any:
    return pytest.mark.parametrize("case", [pytest.param(case, id=name) for name, case in cases.items()])


# The outcomes --------------------------------------------------------------------------------------------------------

DOES_IT = (WHO, END, WHO)
DOES_NOT = (WHO, END, WHO, LIST, DROP, WHO)
FINDS_NO_ENTRY = (WHO, END, WHO, LIST)
# Of Verdaccio, within three seconds: its logout says yes, and the token stays valid until the list revokes it.
DOES_NOT_AND_FORBIDS = (WHO, END, *(WHO,) * 4, LIST, DROP, WHO, WHO, WHO_IS_NOBODY)
VERDACCIO_TOKEN = "AbCde+/=fghijklmnopqrstuv0123456789+/=xyz=="

CONFIRMED = {
    "npm": Case("confirmed", DOES_IT, says="rejects it now"),
    "npm, a token in no list": Case("confirmed", DOES_IT, listed=False),
    "npm, a read-only token": Case("confirmed", DOES_IT, readonly=True),
    "npm, attempted asks and verifies the same": Case("confirmed", DOES_IT, revoke="attempted"),
    "below a path": Case("confirmed", DOES_IT, path="/npm/repo/"),
    "cnpm": Case("confirmed", DOES_IT, CNPM),
    "Nexus, whose whoami says anonymous to it afterwards": Case(
        "confirmed", DOES_IT, replace(NEXUS, revoked="anonymous")
    ),
    "whoami says 200 {} afterwards": Case("confirmed", DOES_IT, replace(NPM, revoked="empty")),
    "whoami says 403 afterwards, and again": Case(
        "confirmed", (*DOES_IT, WHO, WHO_IS_NOBODY), replace(NPM, revoked="forbidden"), verify_timeout=10, skips=True
    ),
    "no whoami: the user's profile is asked": Case("confirmed", (WHO, USER, END, USER), replace(NPM, whoami="missing")),
    "whoami is not allowed": Case("confirmed", (WHO, USER, END, USER), replace(NPM, whoami="not_allowed")),
    "whoami is not implemented": Case("confirmed", (WHO, USER, END, USER), replace(NPM, whoami="not_implemented")),
    "Verdaccio, listed: the list ends it": Case(
        "confirmed", DOES_NOT_AND_FORBIDS, VERDACCIO, token=VERDACCIO_TOKEN, verify_timeout=3, skips=True
    ),
    "Verdaccio, listed, attempted": Case(
        "confirmed", DOES_NOT_AND_FORBIDS, VERDACCIO, "attempted", VERDACCIO_TOKEN, verify_timeout=3, skips=True
    ),
    "no logout (404), with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="missing")),
    "no logout (405), with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="not_allowed")),
    "no logout (501), with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="not_implemented")),
    "ok false, with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="ok_false")),
    "logout answers 403, with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="forbidden")),
    "logout answers 401 while alive, with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="unauthorized")),
    "logout says yes and lies, with a list": Case("confirmed", DOES_NOT, replace(NPM, logout="ok_but_valid")),
    "logout answers 204": Case("confirmed", DOES_NOT, replace(NPM, logout="no_content")),
    "cut off after the work: refused twice": Case(
        "confirmed", (*DOES_IT, WHO), replace(NPM, logout="cut_after_work"), verify_timeout=10, skips=True
    ),
    "cut off after the work, asked again": Case(
        "confirmed",
        (WHO, END, END, WHO, WHO),
        replace(NPM, logout="cut_after_work"),
        retries=1,
        verify_timeout=10,
        skips=True,
    ),
    "Verdaccio, cut off after the list did it, asked again": Case(
        "confirmed",
        (*DOES_NOT_AND_FORBIDS[:-3], DROP, WHO, WHO, WHO_IS_NOBODY),
        replace(VERDACCIO, delete="cut_after_work"),
        token=VERDACCIO_TOKEN,
        retries=1,
        verify_timeout=3,
        skips=True,
    ),
    "the end lags within verify_timeout": Case(
        "confirmed", (WHO, END, WHO, WHO), replace(NPM, logout=Answer("lag", asks=1)), verify_timeout=1
    ),
    "the end by the list lags": Case(
        "confirmed",
        (WHO, END, WHO, LIST, DROP, WHO, WHO),
        replace(NPM, logout="missing", delete=Answer("lag", asks=1)),
        verify_timeout=1,
    ),
    "whoami stumbles once afterwards": Case(
        "confirmed",
        (WHO, END, WHO, WHO),
        replace(NPM, whoami=Answer(times=1, then=Answer("server_error", times=1))),
        verify_timeout=1,
    ),
}

LAG = Answer("lag", asks=99)

ALREADY_INVALID = {
    "401": Case("already_invalid", (WHO,), revoked=True),
    "401, never given out": Case("already_invalid", (WHO,), known=False),
    "200 without a name": Case("already_invalid", (WHO,), VERDACCIO, known=False),
    "200 anonymous": Case("already_invalid", (WHO,), NEXUS, known=False),
    "attempted": Case("already_invalid", (WHO,), revoke="attempted", revoked=True),
    "401 of the user's profile": Case("already_invalid", (WHO, USER), replace(NPM, whoami="missing"), revoked=True),
    "accepted: the logout itself answers 401": Case("already_invalid", (END, WHO), revoke="accepted", revoked=True),
}

NO_LIST = replace(NPM, list="missing")

INEFFECTIVE = {
    "says yes and ends nothing": Case("ineffective", FINDS_NO_ENTRY, LYING, says="still accepts the token"),
    "Verdaccio, a login token": Case("ineffective", FINDS_NO_ENTRY, VERDACCIO, listed=False),
    "Verdaccio, a login token, attempted": Case("ineffective", FINDS_NO_ENTRY, VERDACCIO, "attempted", listed=False),
    "Verdaccio before 6.7.3": Case("ineffective", DOES_NOT, VERDACCIO_OLD, token=VERDACCIO_TOKEN),
    "the end lags beyond verify_timeout": Case("ineffective", FINDS_NO_ENTRY, replace(NPM, logout=LAG)),
}

ACCEPTED = {
    "npm": Case("accepted", (END,), revoke="accepted", alive=False, says="not verified"),
    "Verdaccio": Case("accepted", (END,), VERDACCIO, "accepted"),
    "a registry that lies": Case("accepted", (END,), LYING, "accepted"),
    "204": Case("accepted", (END,), replace(NPM, logout="no_content"), "accepted"),
    "200, and a text": Case("accepted", (END,), replace(NPM, logout="not_json"), "accepted"),
    "not supported, with a list": Case(
        "accepted", (END, LIST, DROP), replace(NPM, logout="missing"), "accepted", alive=False
    ),
    "whoami says 403 at first": Case("accepted", (WHO, END), replace(NPM, whoami="forbidden"), alive=False, says="403"),
    "whoami says 500 at first": Case("accepted", (WHO, END), replace(NPM, whoami="server_error"), alive=False),
    "whoami is HTML": Case("accepted", (WHO, END), replace(NPM, whoami="html"), alive=False, says="not a JSON object"),
    "whoami is no JSON": Case("accepted", (WHO, END), replace(NPM, whoami="not_json"), alive=False),
    "whoami is a list": Case("accepted", (WHO, END), replace(NPM, whoami="json_list"), alive=False),
    "no way to ask who it is": Case(
        "accepted", (WHO, USER, END), replace(NPM, whoami="missing", user="missing"), alive=False, says="no endpoint"
    ),
    "no way to ask, and only the list ends it": Case(
        "accepted",
        (WHO, USER, END, LIST, DROP),
        replace(NPM, whoami="missing", user="missing", logout="missing"),
        alive=False,
    ),
    "whoami fails after the yes": Case(
        "accepted",
        (WHO, END, WHO, LIST),
        replace(NPM, whoami=Answer(times=1, then="server_error")),
        alive=False,
        says="no usable response",
    ),
    "whoami turns to HTML after the yes": Case(
        "accepted", (WHO, END, WHO, LIST), replace(NPM, whoami=Answer(times=1, then="html")), alive=False
    ),
    "whoami is cut off after the yes": Case(
        "accepted", (WHO, END, WHO, LIST), replace(NPM, whoami=Answer(times=1, then="reset")), alive=False
    ),
    "whoami is gone after the yes": Case(
        "accepted", (WHO, END, WHO, LIST), replace(NPM, whoami=Answer(times=1, then="missing")), alive=False
    ),
}

UNSUPPORTED = {
    "no endpoints at all": Case("unsupported", (WHO, USER, END, LIST), NO_ENDPOINTS, says="no way"),
    "no logout (404), no list": Case("unsupported", FINDS_NO_ENTRY, replace(NPM, logout="missing", list="missing")),
    "no logout (405), no list": Case("unsupported", FINDS_NO_ENTRY, replace(NPM, logout="not_allowed", list="missing")),
    "no logout (501), no list": Case(
        "unsupported", FINDS_NO_ENTRY, replace(NPM, logout="not_implemented", list="not_implemented")
    ),
    "no logout, not in the list": Case("unsupported", FINDS_NO_ENTRY, replace(NPM, logout="missing"), listed=False),
    "no logout, the list cannot delete": Case(
        "unsupported", DOES_NOT, replace(NPM, logout="missing", delete="missing")
    ),
    "accepted": Case("unsupported", (END, LIST), NO_ENDPOINTS, "accepted"),
    "attempted": Case("unsupported", (WHO, USER, END, LIST), NO_ENDPOINTS, "attempted"),
}

# Who has tried too much is told "forbidden" whatever the token is.
BANNED = Answer(times=1, then="forbidden")

FAILED = {
    "ok false": Case("failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="ok_false"), says="it reported a failure"),
    "ok false, accepted": Case(
        "failed", (END,), replace(NPM, logout="ok_false"), "accepted", says="it reported a failure"
    ),
    "cnpm, not authorised, accepted": Case("failed", (END,), CNPM, "accepted", known=False),
    "logout answers 401 while alive": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="unauthorized"), says="401"
    ),
    "logout wants a one-time password": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="otp"), says="one-time password"
    ),
    "logout answers 403": Case("failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="forbidden"), says="403"),
    "logout answers 403, accepted": Case("failed", (END,), replace(NPM, logout="forbidden"), "accepted", says="403"),
    "logout answers 500": Case("failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="server_error"), says="500"),
    "logout answers 500, accepted": Case("failed", (END,), replace(NPM, logout="server_error"), "accepted", says="500"),
    "logout wants a one-time password, accepted": Case(
        "failed", (END,), replace(NPM, logout="otp"), "accepted", says="one-time password"
    ),
    "logout wants another address, accepted": Case(
        "failed", (END,), replace(NPM, logout="wrong_address"), "accepted", says="this IP address"
    ),
    "nobody may ask from this address": Case(
        "failed", (WHO, END), replace(NPM, whoami="wrong_address", logout="wrong_address"), says="this IP address"
    ),
    "logout answers 403, and so does whoami from then on": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="forbidden", whoami=BANNED), says="403"
    ),
    "logout answers 429, and whoami 403 from then on": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="too_many", whoami=BANNED), says="429"
    ),
    "logout answers HTML": Case("failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="html"), says="a web page"),
    "logout answers HTML, accepted": Case("failed", (END,), replace(NPM, logout="html"), "accepted", says="a web page"),
    "everything answers HTML, accepted": Case(
        "failed", (END,), replace(NPM, logout="html", whoami="html"), "accepted", says="a web page"
    ),
    "Verdaccio, a read-only token, which may not even end itself": Case(
        "failed",
        DOES_NOT,
        replace(VERDACCIO, logout="forbidden"),
        token=VERDACCIO_TOKEN,
        readonly=True,
        says="403",
    ),
    "logout answers 422": Case("failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="unprocessable"), says="422"),
    "logout answers 429": Case("failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="too_many"), says="429"),
    "logout is cut off before the work": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="reset"), says="closed"
    ),
    "no logout, and the list refuses to delete": Case(
        "failed", DOES_NOT, replace(NPM, logout="missing", delete="bad_request"), says="400"
    ),
    "whoami cannot tell, logout answers 401": Case(
        "failed", (WHO, END), replace(NPM, whoami="forbidden", logout="unauthorized"), says="401"
    ),
    "whoami is cut off": Case("failed", (WHO,), replace(NPM, whoami="reset"), says="closed unexpectedly"),
    "whoami is cut off, attempted": Case("failed", (WHO,), replace(NPM, whoami="reset"), "attempted"),
    "every answer is 500": Case(
        "failed",
        (WHO, END),
        Behaviour("server_error", "server_error", "server_error", "server_error", "server_error"),
        says="500",
    ),
}


@parametrize(CONFIRMED)
def test_confirmed(case: Case) -> None:
    run_case(case)


@parametrize(ALREADY_INVALID)
def test_already_invalid(case: Case) -> None:
    """Nothing more is sent to a registry that has refused the token."""
    run_case(case)


@parametrize(INEFFECTIVE)
def test_ineffective(case: Case) -> None:
    run_case(case)


@parametrize(ACCEPTED)
def test_accepted(case: Case) -> None:
    run_case(case)


@parametrize(UNSUPPORTED)
def test_unsupported(case: Case) -> None:
    run_case(case)


@parametrize(FAILED)
def test_failed(case: Case) -> None:
    run_case(case)


def test_verification_goes_on_for_verify_timeout() -> None:
    """With growing pauses, so that a slow registry is not flooded."""
    with EmbeddedRegistry(replace(LYING, logout="ok_but_valid")) as registry:
        token = registry.create_token("alice", TOKEN)
        clock = cast("Clock", StandingClock())
        verdict = ask_to_revoke(connect(registry.url, clock), token, verify_timeout=1, clock=clock)
        asked = sum(request.path == "/-/whoami" for request in registry.requests)
    assert verdict.outcome == "ineffective"
    assert asked == 1 + 3  # at first; then after 0, 0.2 and 0.6 s


def test_two_tokens_over_one_session() -> None:
    with EmbeddedRegistry() as registry:
        tokens = [registry.create_token(user) for user in ("alice", "bob")]
        client = connect(registry.url)
        outcomes = [
            revoke_token(client, Secret(token), revoke="confirmed", verify_timeout=0).outcome for token in tokens
        ]
        client.close()
        assert outcomes == ["confirmed", "confirmed"]
        assert not any(registry.is_valid(token) for token in tokens)


def test_public_registry_may_take_an_hour() -> None:
    """npm documents that its own registry goes on accepting a revoked token: there, a yes is accepted."""
    with EmbeddedRegistry(LYING) as registry:
        host = parse_registry(PUBLIC_REGISTRY).host
        with Recorder(hosts={host: registry.port}) as proxy:
            token = registry.create_token("alice", TOKEN)
            connection = Connection(options=ConnectionOptions(), proxy=Secret(proxy.origin))
            verdict = ask_to_revoke(RegistryClient(Registry("http", host, "/"), connection, Trust()), token)
        assert registry.requests
    assert verdict.outcome == "accepted"
    assert "an hour" in verdict.detail
    assert "npm token revoke" in str(verdict.by_hand)


# The token's entry in the list ---------------------------------------------------------------------------------------

ENTRY = replace(NPM, logout="missing")
LIKE_IT = "npm_AbcdWhoKnowsWhatStandsInTheMiddle2345"  # the same first 8 and last 4 characters
UUID = "01234567-89ab-cdef-0000-0123456789ab"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiYWxpY2UifQ.c2lnbmVkLWJ5LWFsaWNl"
OTHER_JWT = "eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiYm9iIn0.c2lnbmVkLWJ5LWFsaWNl"
UNLIKE = "npm_Zbcdefghij0123456789Abcdefghij01ZZZZ"
FITS_TWICE = FINDS_NO_ENTRY

LISTED = {
    "key is the SHA-512": Case("confirmed", DOES_NOT, ENTRY),
    "key is the token": Case("confirmed", DOES_NOT, replace(ENTRY, key="token")),
    "key is a UUID, mask of today": Case("confirmed", DOES_NOT, replace(NPM_GRANULAR, logout="missing")),
    "mask of 2019, by its SHA-512": Case("confirmed", DOES_NOT, replace(NPM_2019, logout="missing")),
    "mask of 2019, which shows the beginning alone": Case(
        "unsupported", FINDS_NO_ENTRY, replace(NPM_2019, logout="missing", key="uuid"), token=UUID
    ),
    "mask of cnpm, which shows the beginning alone": Case(
        "unsupported", FINDS_NO_ENTRY, replace(ENTRY, key="uuid", mask=(8, 0))
    ),
    "mask of today that fits the entry of another SHA-512": Case(
        "unsupported", FINDS_NO_ENTRY, ENTRY, listed=False, others=(LIKE_IT,)
    ),
    "another JWT, which begins like all of them": Case(
        "unsupported",
        FINDS_NO_ENTRY,
        replace(NPM_GRANULAR, logout="missing"),
        token=JWT,
        listed=False,
        others=(OTHER_JWT,),
    ),
    "mask of Verdaccio": Case("confirmed", DOES_NOT, replace(ENTRY, key="hex32", mask=(5, 5)), token=VERDACCIO_TOKEN),
    "among others": Case("confirmed", DOES_NOT, replace(ENTRY, key="uuid"), others=(UNLIKE,)),
    "the SHA-512 decides between two masks that fit": Case("confirmed", DOES_NOT, ENTRY, others=(LIKE_IT,)),
    "the token decides between two masks that fit": Case(
        "confirmed", DOES_NOT, replace(ENTRY, key="token"), others=(LIKE_IT,)
    ),
    "two masks fit: neither is touched": Case(
        "failed", FITS_TWICE, replace(ENTRY, key="uuid"), others=(LIKE_IT,), says="several tokens"
    ),
    "two masks fit, accepted": Case(
        "failed", (END, LIST), replace(ENTRY, key="uuid"), "accepted", others=(LIKE_IT,), says="several tokens"
    ),
    "two masks fit where the logout lied": Case(
        "ineffective", FITS_TWICE, replace(ENTRY, key="uuid", logout="ok_but_valid"), others=(LIKE_IT,)
    ),
    "none fits: it is none of them": Case(
        "unsupported", FINDS_NO_ENTRY, replace(ENTRY, key="uuid"), listed=False, others=(UNLIKE,)
    ),
    "another one's mask fits and its own is not listed: the key tells": Case(
        "unsupported", FINDS_NO_ENTRY, replace(ENTRY, mask=(6, 0)), listed=False, others=(UNLIKE,)
    ),
    "a mask that shows too little": Case("unsupported", FINDS_NO_ENTRY, replace(ENTRY, key="uuid", mask=(3, 2))),
    "the list is HTML": Case("unsupported", FINDS_NO_ENTRY, replace(ENTRY, list="html")),
    "the list is a list": Case("unsupported", FINDS_NO_ENTRY, replace(ENTRY, list="json_list")),
    "the list is {}": Case("unsupported", FINDS_NO_ENTRY, replace(ENTRY, list="empty")),
    # No usable answer is not the same as no way to do it: later there may be one.
    "the list is forbidden": Case("failed", FINDS_NO_ENTRY, replace(ENTRY, list="forbidden"), says="403"),
    "the list is busy": Case("failed", FINDS_NO_ENTRY, replace(ENTRY, list="too_many"), says="429"),
    "the list fails": Case("failed", FINDS_NO_ENTRY, replace(ENTRY, list="server_error"), says="500"),
    "the list is cut off": Case("failed", FINDS_NO_ENTRY, replace(ENTRY, list="reset"), says="closed unexpectedly"),
}

NEXT = tuple(f"GET -/npm/v1/tokens?page={page}&perPage=1" for page in (1, 2))
PAGED = replace(ENTRY, page_size=1)
IN_PAGES = (WHO, END, WHO, LIST, *NEXT, DROP, WHO)

PAGES = {
    "as npm has it": Case("confirmed", IN_PAGES, PAGED, others=(UNLIKE, LIKE_IT)),
    "as npm has it, below a path": Case("confirmed", IN_PAGES, PAGED, others=(UNLIKE, LIKE_IT), path="/npm/repo/"),
    "by mask": Case("confirmed", (*IN_PAGES[:5], DROP, WHO), replace(PAGED, key="uuid"), others=(UNLIKE,)),
    "absolute URL": Case(
        "confirmed", IN_PAGES, replace(PAGED, next_page="{origin}{base}{next}"), others=(UNLIKE, LIKE_IT), path="/npm/"
    ),
    "no more than a query": Case(
        "confirmed",
        (*IN_PAGES[:4], "GET -/npm/v1/tokens?page=1", DROP, WHO),
        replace(PAGED, next_page="?page=1"),
        others=(UNLIKE,),
    ),
    "two on different pages fit": Case(
        "failed", (WHO, END, WHO, LIST, *NEXT[:1]), replace(PAGED, key="uuid"), others=(LIKE_IT,)
    ),
    "another origin: not followed, and what is not seen whole proves nothing by its mask": Case(
        "unsupported",
        FINDS_NO_ENTRY,
        replace(PAGED, key="uuid", next_page="http://elsewhere.example.com/-/npm/v1/tokens?page=1"),
        others=(UNLIKE,),
    ),
    "another origin without a scheme": Case(
        "unsupported", FINDS_NO_ENTRY, replace(PAGED, next_page="//elsewhere.example.com/page"), others=(UNLIKE,)
    ),
    "another scheme": Case(
        "unsupported", FINDS_NO_ENTRY, replace(PAGED, next_page="file:///etc/passwd"), others=(UNLIKE,)
    ),
    "no URL": Case("unsupported", FINDS_NO_ENTRY, replace(PAGED, next_page="http://[::1"), others=(UNLIKE,)),
    "no port": Case("unsupported", FINDS_NO_ENTRY, replace(PAGED, next_page="http://127.0.0.1:no/"), others=(UNLIKE,)),
}


@parametrize(LISTED)
def test_entry_in_the_list(case: Case) -> None:
    run_case(case)


@parametrize(PAGES)
def test_pages_of_the_list(case: Case) -> None:
    run_case(case)


def test_list_that_leads_to_itself_is_read_once() -> None:
    with EmbeddedRegistry(replace(PAGED, key="uuid", next_page="{target}")) as registry:
        token = registry.create_token("alice", TOKEN)
        registry.create_token("alice", UNLIKE)
        verdict = ask_to_revoke(connect(registry.url), token)
        asked = sum(request.path.startswith("/-/npm/v1/tokens") for request in registry.requests)
        assert registry.is_valid(UNLIKE)
    assert verdict.outcome == "unsupported"
    assert asked == 1


STRANGE_ENTRIES = {
    "not an object": ["npm_Abcd...2345", None, 7],
    "no key": [{"token": "npm_Abcd...2345"}],
    "the key is a number": [{"token": "npm_Abcd...2345", "key": 7}],
    "the key is empty": [{"token": "npm_Abcd...2345", "key": ""}],
    "the key leads up": [{"token": "npm_Abcd...2345", "key": ".."}],
    "the mask is a list": [{"token": ["npm_Abcd...2345"], "key": "abc"}],
    "the mask is nothing but dots": [{"token": "....", "key": "abc"}],
    "two gaps": [{"token": "npm_Ab...ef...2345", "key": "abc"}],
    "ends that overlap": [{"token": f"{TOKEN[:30]}...{TOKEN[-30:]}", "key": "abc"}],
    "objects is no list": {"token": "npm_Abcd...2345", "key": "abc"},
    "the key is half a character": [{"token": "npm_Abcd...2345", "key": "abc\ud800"}],
}


@dataclass
class ScriptedClient:
    """A client whose registry answers from a table; the first word of a key is the method."""

    answers: dict[str, Any]
    asked: list[str] = field(default_factory=list)
    registry: Registry = field(default_factory=lambda: parse_registry("https://npm.example.com/"))

    def ask(self, method: str, target: str, token: Secret, deadline: float, **_how: Any) -> Any:
        self.asked.append(f"{method} {target}")
        status, body = next(value for key, value in self.answers.items() if f"{method} {target}".startswith(key))
        return ScriptedAnswer(status, body)


@dataclass(frozen=True)
class ScriptedAnswer:
    status: int
    body: Any
    challenge: str = ""
    is_empty: bool = False
    is_page: bool = False
    is_repeated: bool = False
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def script_list(objects: Any, urls: Any = None) -> ScriptedClient:
    return ScriptedClient(
        {
            WHO: (200, {"username": "alice"}),
            "DELETE -/user": (404, None),
            "DELETE -/npm": (200, {}),
            LIST: (200, {"objects": objects, "urls": urls}),
        }
    )


IDENTITIES = {
    "nothing, as Verdaccio says no": ({}, "already_invalid"),
    "null": ({"username": None}, "already_invalid"),
    "anonymous": ({"username": "anonymous", "roles": []}, "already_invalid"),
    "something else": ({"error": "down for maintenance"}, "accepted"),
    "null, and something else": ({"username": None, "ok": True}, "accepted"),
    "an empty name": ({"username": ""}, "accepted"),
    "a number": ({"username": 7}, "accepted"),
    "a list": ({"username": ["alice"]}, "accepted"),
}


@pytest.mark.parametrize(("body", "outcome"), [pytest.param(*value, id=name) for name, value in IDENTITIES.items()])
def test_identities_that_nobody_would_expect(body: Any, outcome: str) -> None:
    """What is neither a name nor a no leaves it open whether the token lives."""
    client = ScriptedClient({WHO: (200, body), "DELETE -/user": (200, {"ok": True})})
    assert revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=0).outcome == outcome


# What comes after a registry has said who it is, to the request to revoke the token (rows) and to all later questions
# who it is (columns). The registry goes on accepting the token in each, except where it says a plain 401 for good.
YES = ScriptedAnswer(200, {"ok": True})
PAGE = ScriptedAnswer(200, None, is_page=True)
ANSWERS = {
    "200": YES,
    "200 without a body": ScriptedAnswer(200, None, is_empty=True),
    "200, a text": ScriptedAnswer(200, None),
    "200, ok false": ScriptedAnswer(200, {"ok": False}),
    "200, success false": ScriptedAnswer(200, {"success": False, "error": "Token not found"}),
    "200, HTML": PAGE,
    "202": ScriptedAnswer(202, None, is_empty=True),
    "204": ScriptedAnswer(204, None, is_empty=True),
    "303": ScriptedAnswer(303, None, is_empty=True),
    "304": ScriptedAnswer(304, None, is_empty=True),
    "401, OTP": ScriptedAnswer(401, {"error": "invalid OTP"}, "OTP"),
    "401, OTP in the body alone": ScriptedAnswer(401, {"error": "You must provide a one-time pass."}),
    "401, ipaddress": ScriptedAnswer(401, None, "Bearer, ipaddress"),
    "401, a DPoP challenge": ScriptedAnswer(401, None, 'DPoP error="use_dpop_nonce"'),
    "401, dpop_error in the body": ScriptedAnswer(401, {"error": "dpop_error", "error_description": "missing"}),
    "401, dpop_error in the header": ScriptedAnswer(401, None, 'Bearer realm="x", error="dpop_error"'),
    "401, language server": ScriptedAnswer(401, {"error": "restricted_language_server_client_error"}),
    "401, authUrl": ScriptedAnswer(401, {"authUrl": "https://x.example/a", "doneUrl": "https://x.example/d"}),
    "401, step up": ScriptedAnswer(401, None, 'Bearer error="insufficient_user_authentication"'),
    "401, HTML": ScriptedAnswer(401, None, "Basic", is_page=True),
    "403": ScriptedAnswer(403, {"error": "unauthorized access"}),
    "403, HTML": ScriptedAnswer(403, None, is_page=True),
    "404": ScriptedAnswer(404, {"error": "not_found"}),
    "405": ScriptedAnswer(405, None),
    "422": ScriptedAnswer(422, {"error": "token mismatch"}),
    "429": ScriptedAnswer(429, {"error": "too many requests"}),
    "500": ScriptedAnswer(500, {"error": "internal server error"}),
    "501": ScriptedAnswer(501, None),
    "503": ScriptedAnswer(503, None, is_page=True),
    "cut off": NoAnswer("connection closed unexpectedly"),
}
PLAIN = ScriptedAnswer(401, {"error": "Unauthorized"}, "Basic, Bearer")
YES_IN_PLAIN_WORDS = ("200", "200 without a body", "202", "204")
NO_PROOF = {name: answer for name, answer in ANSWERS.items() if name != "403"}


def name_all(answers: Mapping[str, Any]) -> list[Any]:
    return [pytest.param(name, id=name) for name in answers]


@dataclass
class OnceKnownClient(ScriptedClient):
    """Says once who it is, or is given the answer to that as well; then other answers, one after the other."""

    later: Sequence[Any] = ()
    to_nobody: Any = None

    def ask(self, method: str, target: str, token: Secret, deadline: float) -> Any:
        by_nobody = token.reveal() == NO_TOKEN
        self.asked.append(f"{method} {target}{BY_NOBODY if by_nobody else ''}")
        if by_nobody:
            answer = self.to_nobody or PLAIN
        elif target == "-/whoami":
            count = sum(each == WHO for each in self.asked)
            answer = (
                ScriptedAnswer(200, {"username": "alice"})
                if count == 1
                else self.later[min(count, 1 + len(self.later)) - 2]
            )
        else:
            answer = self.answers["DELETE"] if method == "DELETE" else ScriptedAnswer(404, None)
        if isinstance(answer, NoAnswer):
            raise answer
        return answer


def find_outcome(reply: Any, *later: Any, verify_timeout: float = 10, to_nobody: Any = None) -> str:
    """The outcome where the registry knew the token; the last of the later answers is repeated."""
    client = OnceKnownClient({"DELETE": reply}, later=later, to_nobody=to_nobody)
    token, clock = Secret(TOKEN), SkippingClock()
    verdict = revoke_token(client, token, revoke="confirmed", verify_timeout=verify_timeout, clock=clock)
    assert_sentences(verdict)
    assert sum(clock.pauses) <= 2 * verify_timeout + 1
    return verdict.outcome


@pytest.mark.parametrize("after", name_all(NO_PROOF))
@pytest.mark.parametrize("reply", name_all({**ANSWERS, "401": PLAIN}))
def test_only_a_denial_proves_that_a_token_was_revoked(reply: str, after: str) -> None:
    """Whatever a registry says to the request, and says afterwards."""
    outcome = find_outcome({**ANSWERS, "401": PLAIN}[reply], ANSWERS[after])
    assert outcome in (("accepted",) if reply in YES_IN_PLAIN_WORDS else ("failed", "unsupported"))


@pytest.mark.parametrize("reply", name_all({**ANSWERS, "401": PLAIN}))
def test_forbidden_is_a_denial_behind_a_yes_when_it_is_said_twice(reply: str) -> None:
    """Elsewhere it is what a registry says to who asks too much, or from the wrong place."""
    answer = {**ANSWERS, "401": PLAIN}[reply]
    has_yes = reply in YES_IN_PLAIN_WORDS
    assert (find_outcome(answer, ANSWERS["403"]) == "confirmed") == has_yes
    for later in ([ANSWERS["403"], ANSWERS["503"]], [ANSWERS["403"], ScriptedAnswer(200, {"username": "alice"})]):
        assert find_outcome(answer, *later) != "confirmed"
    assert find_outcome(answer, ANSWERS["403"], verify_timeout=1.9) != "confirmed"


@pytest.mark.parametrize("reply", name_all({**ANSWERS, "401": PLAIN}))
def test_refusal_without_a_yes_is_a_denial_when_it_is_said_twice(reply: str) -> None:
    """A registry whose own accounts cannot be looked up for a moment refuses everybody."""
    answer = {**ANSWERS, "401": PLAIN}[reply]
    assert find_outcome(answer, PLAIN) == "confirmed"
    once = find_outcome(answer, PLAIN, ScriptedAnswer(200, {"username": "alice"}))
    assert (once == "confirmed") == (reply in YES_IN_PLAIN_WORDS)


REJECTIONS = {
    "401": PLAIN,
    "200 without a name": ScriptedAnswer(200, {}),
    "200 anonymous": ScriptedAnswer(200, {"username": "anonymous"}),
}


@pytest.mark.parametrize("to_nobody", name_all({**ANSWERS, **REJECTIONS}))
def test_forbidden_is_a_denial_only_where_not_everybody_is_forbidden(to_nobody: str) -> None:
    """A gateway that forbids every request for a while says nothing of a token."""
    outcome = find_outcome(YES, ANSWERS["403"], to_nobody={**ANSWERS, **REJECTIONS}[to_nobody])
    assert outcome == ("confirmed" if to_nobody in REJECTIONS else "accepted")


@pytest.mark.parametrize(
    ("later", "asked"),
    [
        pytest.param([ANSWERS["403"]], 1, id="403, and again"),
        pytest.param([PLAIN], 0, id="401"),
        pytest.param([ANSWERS["403"], PLAIN], 0, id="403, then 401"),
        pytest.param([ANSWERS["503"]], 0, id="503"),
    ],
)
def test_nobody_asks_only_where_a_registry_forbids(later: Sequence[Any], asked: int) -> None:
    client = OnceKnownClient({"DELETE": YES}, later=later)
    revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=10, clock=SkippingClock())
    assert client.asked.count(WHO_IS_NOBODY) == asked


def test_two_refusals_lie_two_seconds_apart() -> None:
    client = OnceKnownClient({"DELETE": YES}, later=[ANSWERS["403"]])
    clock = SkippingClock()
    revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=10, clock=clock)
    assert clock.pauses == [pytest.approx(2, abs=0.1)]


@pytest.mark.parametrize("name", name_all({name: each for name, each in ANSWERS.items() if name.startswith("401")}))
def test_refusal_that_asks_for_more_is_not_a_denial(name: str) -> None:
    """Neither when first asked, nor where the registry is asked for nothing but the revocation."""
    client = ScriptedClient({"": (401, None)})
    client.ask = lambda *_request: ANSWERS[name]  # type: ignore[method-assign]
    for revoke in ("confirmed", "accepted", "attempted"):
        verdict = revoke_token(client, Secret(TOKEN), revoke=revoke, verify_timeout=0)
        assert verdict.outcome == "failed"
        assert_sentences(verdict)
    assert ask_who(client, Secret(TOKEN)).state == "unknown"


@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        pytest.param(PLAIN, "already_invalid", id="refused too"),
        pytest.param(ScriptedAnswer(200, {}), "already_invalid", id="nobody, as Verdaccio says it"),
        pytest.param(ScriptedAnswer(200, {"username": "alice"}), "failed", id="still known"),
        *(pytest.param(NO_PROOF[name], "failed", id=name) for name in NO_PROOF),
    ],
)
def test_refused_revocation_takes_a_refused_identity(who: Any, outcome: str) -> None:
    """Where only the revocation is asked for, and the registry refuses it, which some do to valid tokens."""
    client = OnceKnownClient({"DELETE": PLAIN})

    def ask(method: str, target: str, token: Secret, deadline: float) -> Any:
        answer = PLAIN if method == "DELETE" else who
        if isinstance(answer, NoAnswer):
            raise answer
        return answer

    client.ask = ask  # type: ignore[method-assign]
    assert revoke_token(client, Secret(TOKEN), revoke="accepted", verify_timeout=0).outcome == outcome


GATED = [
    "https://h.example/api/npm/x/",
    "https://h.example/api/v4/packages/npm/",
    "https://h.example/api/packages/o/npm/",
]


@pytest.mark.parametrize("revoke", ["confirmed", "accepted"])
@pytest.mark.parametrize("url", GATED)
@pytest.mark.parametrize(
    ("who", "outcome"),
    [
        pytest.param((200, {"username": "alice"}), "failed", id="it knows the token"),
        pytest.param((401, {}), "already_invalid", id="it refuses the token"),
        pytest.param((404, None), "already_invalid", id="it does not tell"),
        pytest.param((503, None), "failed", id="it is down"),
    ],
)
def test_refusal_of_a_gateway_beside_the_registry_is_no_denial(
    url: str, revoke: str, who: tuple[int, Any], outcome: str
) -> None:
    """Its path looks like one of a known kind; whatever else the host has is behind another login."""
    client = ScriptedClient({WHO: who, "": (401, {"error": "Unauthorized"})}, registry=parse_registry(url))
    assert revoke_token(client, Secret(TOKEN), revoke=revoke, verify_timeout=0).outcome == outcome
    assert ask_who(client, Secret(TOKEN)).state == {200: "alive", 503: "unknown"}.get(who[0], "denied")


ECHO = f'Token "{TOKEN}" not exists'


@pytest.mark.parametrize("status", [200, 204, 400, 401, 403, 404, 422, 429, 500, 503])
@pytest.mark.parametrize("revoke", ["confirmed", "accepted", "attempted"])
def test_body_that_repeats_the_token_is_not_shown(status: int, revoke: str) -> None:
    body = {"error": ECHO, "message": ECHO, "ok": False, "username": None, "reason": {TOKEN: TOKEN}}
    client = ScriptedClient({})
    client.ask = lambda *_request: ScriptedAnswer(status, body, f'Bearer error="{TOKEN}"')  # type: ignore[method-assign]
    verdict = revoke_token(client, Secret(TOKEN), revoke=revoke, verify_timeout=0)
    assert_no_secret(verdict, TOKEN)
    assert TOKEN[:12] not in f"{ask_who(client, Secret(TOKEN))} {verdict}"


@pytest.mark.parametrize(
    ("said", "told"),
    [
        pytest.param("alice", "alice", id="name"),
        pytest.param(TOKEN, "<secret>", id="the token"),
        pytest.param(f"alice ({TOKEN[:12]}...)", "<secret>", id="a piece of the token"),
        pytest.param("a" * 1000, "a" * 256, id="a name without an end"),
    ],
)
def test_a_name_that_reveals_the_token_is_not_shown(said: str, told: str) -> None:
    client = ScriptedClient({WHO: (200, {"username": said})})
    assert ask_who(client, Secret(TOKEN)).name == told


def test_profile_of_nobody_is_no_denial() -> None:
    """Verdaccio says {} where it is asked who it is, and 401 where it is asked for the profile."""
    client = ScriptedClient({WHO: (404, None), USER: (200, {}), "DELETE -/user": (200, {"ok": True})})
    assert revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=0).outcome == "accepted"


@pytest.mark.parametrize("objects", [pytest.param(value, id=name) for name, value in STRANGE_ENTRIES.items()])
def test_entries_that_nobody_would_expect(objects: Any) -> None:
    """They are none of ours, and nothing is deleted for their sake."""
    client = script_list(objects)
    verdict = revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=0)
    assert verdict.outcome == "unsupported"
    assert not [item for item in client.asked if item.startswith(DROP.removesuffix("KEY"))]


MASKS = {
    "today": ("npm_Abcd...2345", True),
    "more of the end": ("npm_A...6789Abcdefghij012345", True),
    "asterisks": ("npm_Abcd********2345", True),
    "an ellipsis": ("npm_Abcd\u20262345", True),
    "many dots": ("npm_Abcd......2345", True),
    "the whole token": (TOKEN, True),
    "seven characters beyond the prefix": ("npm_Abcd...345", False),
    "two characters beyond the prefix": ("npm_Ab", False),
    "Verdaccio's, for a token of npm's": ("npm_A...12345", False),
    "cnpm's, which has no gap": ("npm_Abcd", False),
    "a long beginning alone": ("npm_Abcdefghij0123...", False),
    "the beginning alone, without a gap": ("npm_Abcdefghij0123", False),
    "the end alone": ("...Abcdefghij012345", False),
    "another beginning": ("npm_Bbcd...2345", False),
    "another end": ("npm_Abcd...2346", False),
    "two digits": ("npm_01", False),
    "longer than the token": (TOKEN + "6", False),
}


@pytest.mark.parametrize(("mask", "fits"), [pytest.param(*value, id=name) for name, value in MASKS.items()])
def test_masks(mask: str, fits: bool) -> None:
    client = script_list([{"token": mask, "key": "abc"}])
    revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=0)
    assert (DROP.replace("KEY", "abc") in client.asked) == fits


PREFIXES = {
    "npm's": ("npm_Abcd0123456789WXYZ", "npm_Ab...89WXYZ", "npm_A...89WXYZ"),
    "two words": ("vsr_pat_Abcd0123456789WXYZ", "vsr_pat_Ab...89WXYZ", "vsr_pat_A...89WXYZ"),
    "a name and a hyphen": ("glpat-Abcd0123456789WXYZ", "glpat-Ab...89WXYZ", "glpat-A...89WXYZ"),
    "none": ("0123456789abcdef", "0123...cdef", "0123...def"),
    "the header of a JWT": (JWT, f"{JWT[:24]}...{JWT[-5:]}", f"{JWT[:22]}...{JWT[-5:]}"),
}


@pytest.mark.parametrize(("token", "enough", "less"), [pytest.param(*row, id=name) for name, row in PREFIXES.items()])
def test_common_prefix_identifies_no_token(token: str, enough: str, less: str) -> None:
    for mask, fits in ((enough, True), (less, False)):
        client = script_list([{"token": mask, "key": "abc"}])
        revoke_token(client, Secret(token), revoke="confirmed", verify_timeout=0)
        assert (DROP.replace("KEY", "abc") in client.asked) == fits


KEYS = {
    "its own SHA-512": (hashlib.sha512(TOKEN.encode()).hexdigest(), True),
    "its own SHA-512 in capitals": (hashlib.sha512(TOKEN.encode()).hexdigest().upper(), True),
    "the SHA-512 of another token": (hashlib.sha512(b"another").hexdigest(), False),
    "the SHA-512 of another token in capitals": (hashlib.sha512(b"another").hexdigest().upper(), False),
    "a UUID": (UUID, True),
}


@pytest.mark.parametrize(("key", "fits"), [pytest.param(*value, id=name) for name, value in KEYS.items()])
def test_key_decides_before_the_mask(key: str, fits: bool) -> None:
    client = script_list([{"token": "npm_Abcd...2345", "key": key}])
    revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=0)
    assert (DROP.replace("KEY", key) in client.asked) == fits


@pytest.mark.parametrize("urls", [["next"], {"next": 7}, {"next": ["-/x"]}, {"next": None}, "next", 7])
def test_urls_that_nobody_would_expect(urls: Any) -> None:
    """They lead nowhere; the entries that are there still count."""
    client = script_list([{"token": "npm_Abcd...2345", "key": "abc"}], urls)
    revoke_token(client, Secret(TOKEN), revoke="confirmed", verify_timeout=0)
    assert client.asked.count(LIST) == 1
    assert DROP.replace("KEY", "abc") in client.asked


# Redirects -----------------------------------------------------------------------------------------------------------

MOVED = Answer("redirect", location="/moved{target}")
REDIRECTED = {
    f"{verb} answers {status}": (verb, status) for verb in ("whoami", "logout") for status in (301, 302, 307, 308)
}


@pytest.mark.parametrize(("verb", "status"), [pytest.param(*value, id=name) for name, value in REDIRECTED.items()])
def test_redirect_within_the_origin_is_followed(verb: str, status: int) -> None:
    """With its method and its header."""
    behaviour = replace(NPM, **{verb: replace(MOVED, status=status)})
    with EmbeddedRegistry(behaviour) as registry:
        token = registry.create_token("alice", TOKEN)
        verdict = ask_to_revoke(connect(registry.url), token)
        sent = tuple(name_request(registry, request, token) for request in registry.requests)
        assert not registry.is_valid(token)
    assert verdict.outcome == "confirmed"
    if verb == "whoami":
        assert sent == (WHO, "GET moved/-/whoami", END, WHO, "GET moved/-/whoami")
    else:
        assert sent == (WHO, END, END.replace("DELETE ", "DELETE moved/"), WHO)


def test_delete_is_no_get_after_see_other() -> None:
    """303 says that the answer is to be fetched; a fetched page is not a revoked token."""
    run_case(Case("failed", (WHO, END, WHO, LIST), replace(NO_LIST, logout=replace(MOVED, status=303)), says="303"))


HOPS = {"three": (3, "confirmed"), "four": (4, "failed")}


@pytest.mark.parametrize(("hops", "outcome"), [pytest.param(*value, id=name) for name, value in HOPS.items()])
def test_three_redirects_are_followed_and_no_more(hops: int, outcome: str) -> None:
    again = Answer("redirect", times=hops, location="{target}")
    with EmbeddedRegistry(replace(NPM, whoami=again)) as registry:
        token = registry.create_token("alice", TOKEN)
        verdict = ask_to_revoke(connect(registry.url), token)
        assert registry.is_valid(token) == (outcome == "failed")
    assert verdict.outcome == outcome


def test_redirects_in_circles_end() -> None:
    circle = replace(NPM, whoami=Answer("redirect", location="{target}"))
    run_case(Case("failed", (WHO,) * 4, circle, says="in a loop"))


ELSEWHERE = {
    "whoami": "failed",
    "logout": "failed",
    "list": "failed",
    "delete": "failed",
}


@pytest.mark.parametrize("endpoint", ELSEWHERE)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_another_origin_sees_nothing(endpoint: str, status: int) -> None:
    """Not a request, not even a connection, whatever leads there."""
    with Recorder() as stranger:
        away = Answer("redirect", status=status, location=f"{stranger.origin}{{target}}")
        needed = {"list": {"logout": "missing"}, "delete": {"logout": "missing"}}.get(endpoint, {"list": "missing"})
        with EmbeddedRegistry(replace(NPM, **needed, **{endpoint: away})) as registry:
            token = registry.create_token("alice", TOKEN)
            verdict = ask_to_revoke(connect(registry.url), token)
            assert registry.is_valid(token)
        assert not stranger.requests
        assert not stranger.saw(token)
    assert verdict.outcome == ELSEWHERE[endpoint]
    assert_no_secret(verdict, TOKEN)


LOCATIONS = {
    "another host": "http://elsewhere.example.com/-/whoami",
    "another host without a scheme": "//elsewhere.example.com/-/whoami",
    "another name of the same host": "http://localhost:{port}/-/whoami",
    "another port": "http://127.0.0.1:1/-/whoami",
    "another scheme": "https://127.0.0.1:{port}/-/whoami",
    "a file": "file:///etc/passwd",
    "no URL": "http://[::1",
    "no port": "http://127.0.0.1:no/",
    "the host as user name": "http://127.0.0.1:{port}@elsewhere.example.com/",
    "a backslash": "http://elsewhere.example.com\\@127.0.0.1:{port}/-/whoami",
}


@pytest.mark.parametrize("location", [pytest.param(value, id=name) for name, value in LOCATIONS.items()])
def test_redirect_to_somewhere_else_is_no_answer(location: str) -> None:
    with EmbeddedRegistry() as registry:
        token = registry.create_token("alice", TOKEN)
        target = location.format(port=registry.port)
        registry.behave(replace(NPM, whoami=Answer("redirect", location=target)))
        verdict = ask_to_revoke(connect(registry.url), token)
        assert len(registry.requests) == 1
        assert registry.is_valid(token)
    assert verdict.outcome == "failed"


def test_redirect_with_a_user_name_does_not_change_who_asks() -> None:
    """requests would take the name and the password in place of our header, and the token would look revoked."""
    with EmbeddedRegistry() as registry:
        token = registry.create_token("alice", TOKEN)
        target = f"http://stranger:password@127.0.0.1:{registry.port}/-/whoami"
        registry.behave(replace(NPM, whoami=Answer("redirect", times=1, location=target)))
        verdict = ask_to_revoke(connect(registry.url), token)
        assert_headers(registry.requests, token)
    assert verdict.outcome in ("confirmed", "failed")


# Busy, slow and hostile registries -----------------------------------------------------------------------------------

BUSY = Answer("too_many", times=1)
ONE_MORE = (WHO, WHO, END, WHO)

BUSY_CASES = {
    "429 with Retry-After": Case(
        "confirmed", ONE_MORE, replace(NPM, whoami=replace(BUSY, retry_after="1")), retries=1, at_least=1.0
    ),
    "429 with Retry-After 0": Case(
        "confirmed",
        (WHO, WHO, *ONE_MORE[1:]),
        # Without it the two pauses would be 0.5 s and 1 s.
        replace(NPM, whoami=replace(BUSY, times=2, retry_after="0")),
        retries=2,
        at_most=1.4,
    ),
    "429 without": Case("confirmed", ONE_MORE, replace(NPM, whoami=BUSY), retries=1, at_least=0.5),
    "429 with a date, which is passed over": Case(
        "confirmed",
        ONE_MORE,
        replace(NPM, whoami=replace(BUSY, retry_after="Fri, 01 Jan 2100 00:00:00 GMT")),
        retries=1,
        at_least=0.5,
    ),
    "503 with Retry-After": Case(
        "confirmed", ONE_MORE, replace(NPM, whoami=Answer("unavailable", times=1, retry_after="0")), retries=1
    ),
    "502": Case("confirmed", ONE_MORE, replace(NPM, whoami=Answer("bad_gateway", times=1)), retries=1),
    "a logout that is told to come back": Case(
        "confirmed", (WHO, END, END, WHO), replace(NPM, logout=replace(BUSY, retry_after="0")), retries=1
    ),
    "429 with a Retry-After that nobody waits for": Case(
        "accepted",
        (WHO, END),
        replace(NPM, whoami=replace(BUSY, retry_after="86400")),
        retries=2,
        alive=False,
        at_most=1.0,
        says="429",
    ),
    "a logout with a Retry-After that nobody waits for": Case(
        "failed",
        FINDS_NO_ENTRY,
        replace(NO_LIST, logout=Answer("too_many", retry_after="86400")),
        retries=2,
        says="429",
    ),
    "429 without an end": Case(
        "failed",
        (WHO, WHO, WHO, END, END, END),
        replace(NPM, whoami=Answer("too_many", retry_after="0"), logout=Answer("too_many", retry_after="0")),
        retries=2,
        says="429",
    ),
    "500 is not asked again": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="server_error"), retries=2, says="500"
    ),
    "a broken connection is tried again": Case(
        "confirmed", ONE_MORE, replace(NPM, whoami=Answer("reset", times=1)), retries=1
    ),
    "cut off in the body": Case("failed", (WHO,), replace(NPM, whoami="cut"), says="closed unexpectedly"),
    "slow beyond the timeout": Case("failed", (WHO,), replace(NPM, whoami="slow"), timeout=2, at_least=1.9),
    "slow within the timeout": Case("confirmed", DOES_IT, replace(NPM, whoami=Answer("slow", times=1, seconds=0.3))),
    "one byte at a time beyond the timeout": Case(
        "failed",
        (WHO,),
        replace(NPM, whoami=Answer("drip", seconds=0.3)),
        timeout=2,
        at_least=1.9,
        says="no complete response within 2 s",
    ),
    "one byte at a time within the timeout": Case(
        "confirmed", DOES_IT, replace(NPM, whoami=Answer("drip", times=1, seconds=0.001))
    ),
    "a logout that works, then answers too late": Case(
        "confirmed",
        (*DOES_IT, WHO),
        replace(NPM, logout="slow"),
        timeout=2,
        verify_timeout=10,
        skips=True,
        at_least=1.9,
    ),
    "a body without an end to the logout": Case(
        "failed", FINDS_NO_ENTRY, replace(NO_LIST, logout="huge"), says="a web page"
    ),
    "a body without an end": Case(
        "accepted", (WHO, END), replace(NPM, whoami="huge"), alive=False, says="not a JSON object"
    ),
    "compressed although nobody asked for that": Case(
        "accepted", (WHO, END), replace(NPM, whoami="gzip_bomb"), alive=False, says="not a JSON object"
    ),
    "headers without an end": Case("failed", (WHO,), replace(NPM, whoami="endless_headers")),
}


@parametrize(BUSY_CASES)
def test_busy_slow_and_hostile_registries(case: Case) -> None:
    run_case(case)


@pytest.mark.parametrize(
    ("retry_after", "retries", "pauses"),
    [
        pytest.param("30", 1, [30], id="30 s"),
        pytest.param("30", 20, [30, 30, 30], id="30 s, until 120 s are over"),
        pytest.param("31", 20, [], id="more than 30 s"),
        pytest.param("0", 3, [0, 0, 0], id="at once"),
        pytest.param(None, 20, [0.5, 1, 2, 4, 8, 16], id="not said: growing pauses up to 30 s"),
    ],
)
def test_a_busy_registry_is_waited_for_within_bounds(
    retry_after: str | None, retries: int, pauses: list[float]
) -> None:
    """Of one token: what its first question has used up, is not there for the others."""
    busy = Answer("too_many", retry_after=retry_after)
    clock = SkippingClock()
    with EmbeddedRegistry(Behaviour(busy, busy, busy, busy, busy)) as registry:
        token = registry.create_token("alice", TOKEN)
        client = connect(registry.url, cast("Clock", clock), retries=retries)
        verdict = ask_to_revoke(client, token, clock=cast("Clock", clock))
        assert registry.is_valid(token)
    assert verdict.outcome == "failed"
    assert clock.pauses[: len(pauses)] == pauses
    assert sum(clock.pauses) <= 120


def test_what_another_registry_has_taken_of_the_time_is_not_there_for_this_one() -> None:
    busy = Answer("too_many", retry_after="30")
    clock = SkippingClock()
    with EmbeddedRegistry(Behaviour(busy, busy, busy, busy, busy)) as registry:
        token = Secret(registry.create_token("alice", TOKEN))
        client = connect(registry.url, cast("Clock", clock), retries=20)
        revoke_token(client, token, revoke="confirmed", verify_timeout=1, clock=cast("Clock", clock), most_seconds=40)
    assert sum(clock.pauses) <= 40


# Tokens --------------------------------------------------------------------------------------------------------------

CHARACTERS = {
    "percent": "secret%2Ftoken%",
    "slash": "secret/token/../x",
    "question mark": "secret?token=1",
    "number sign": "secret#token",
    "plus": "secret+token",
    "equals": "secret=token==",
    "ampersand and semicolon": "secret&token;x",
    "inner space": "secret token",
    "quotes": "secret\"token'",
    "backslash": "secret\\token\\",
    "brackets": "secret[token]{x}",
    "unreserved": "secret-._~token",
    "leading dots": "..secret",
    "colon and at": "secret:token@example.com",
    "Latin-1": "secret\u00e9token",
    "very long": "x" * 4000,
    "one character": "x",
}


@pytest.mark.parametrize("revoke", ["confirmed", "accepted"])
@pytest.mark.parametrize("token", [pytest.param(value, id=name) for name, value in CHARACTERS.items()])
def test_characters_of_a_token(token: str, revoke: str) -> None:
    """Percent-encoded but for the unreserved ones in the path, and in Latin-1 in the header, as node has it."""
    with EmbeddedRegistry() as registry:
        registry.create_token("alice", token)
        verdict = ask_to_revoke(connect(registry.url), token, revoke)
        targets = [request.path for request in registry.requests if request.method == "DELETE"]
        headers = [request.headers["authorization"] for request in registry.requests]
    assert targets[0] == f"/-/user/token/{quote(token, safe='')}"
    assert set(headers) == {f"Bearer {token}"}
    assert verdict.outcome == revoke


UNSENDABLE = {
    "beyond Latin-1": "secret\u20ac\u4e2d\U0001f511",
    "half a character, which a JSON escape can make": "secret\ud800token",
    "line feed": "secret\ntoken",
    "carriage return": "secret\rX-Evil: 1",
    "header injection": "secret\r\nX-Evil: 1",
    "NUL": "secret\x00token",
    "tab": "secret\ttoken",
    "escape": "secret\x1btoken",
    "delete": "secret\x7ftoken",
    "one dot": ".",
    "two dots": "..",
    "space at its end": "secret ",
    "space at its beginning": " secret",
    "empty": "",
}


@pytest.mark.parametrize("revoke", ["confirmed", "accepted", "attempted"])
@pytest.mark.parametrize("token", [pytest.param(value, id=name) for name, value in UNSENDABLE.items()])
def test_token_that_cannot_be_sent(token: str, revoke: str) -> None:
    """It could end a header, or lead to another path: nothing is sent at all."""
    with EmbeddedRegistry() as registry:
        verdict = ask_to_revoke(connect(registry.url), token, revoke)
        assert not registry.requests
    assert verdict.outcome == "failed"
    assert "characters" in verdict.detail
    assert "secret" not in verdict.detail
