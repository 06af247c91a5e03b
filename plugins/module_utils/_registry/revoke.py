# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Asks a registry whose token this is, revokes the token, and verifies that the registry rejects it.

Private to this collection. Knows npm's endpoints and how registries bend them; how a request is sent is the client's
business. A 2xx proves nothing: ``confirmed`` takes an identity before and a denial after.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol
from urllib.parse import quote, urljoin

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, Registry, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    FAILED,
    INEFFECTIVE,
    UNSUPPORTED,
    Verdict,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import advise_on_token
from ansible_collections.npmops.auth.plugins.module_utils._registry.clock import SYSTEM_CLOCK, Clock
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, reveals, to_bytes

_WHOAMI = "-/whoami"
_USER = "-/npm/v1/user"
_TOKENS = "-/npm/v1/tokens"
_NO_SUCH_ENDPOINT = frozenset({404, 405, 501})
_MOST_SECONDS = 120.0
_MOST_PAGES = 100
_LONGEST_TARGET = 8192
_LONGEST_NAME = 256
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
# So many seconds lie between two refusals where one alone is not a denial: who asks too often, or while the registry's
# own accounts cannot be looked up, may be refused for a moment.
_SECONDS_APART = 2.0
_CLOCK_GRAIN = 0.001
# With these a 401 says that the token is not enough, or not from here: npm's (npm-registry-fetch,
# lib/check-response.js), GitLab's (lib/api/api_guard.rb) and OAuth's (RFC 6750, 9449, 9470).
_ASKS_FOR_MORE = re.compile(r"(?i)(?:\A|,)\s*(otp|ipaddress|dpop)\b")
_ERROR = re.compile(r'(?i)\berror\s*=\s*"?([\w-]+)')
_ASKS_FOR_PASSWORD = re.compile(r"(?i)one-time pass|\botp\b")
_ASKS_FOR_BROWSER = ("authUrl", "doneUrl")  # npm's, where its user logs in with a security key
_LACKING = {
    "otp": "it wants a one-time password",
    "ipaddress": "it does not let this address in",
    "dpop": "it wants a proof of possession (DPoP)",
    "dpop_error": "it wants a proof of possession (DPoP)",
    "use_dpop_nonce": "it wants a proof of possession (DPoP)",
    "restricted_language_server_client_error": "it takes this token from GitLab's language server only",
    "insufficient_scope": "it wants a token with more rights",
    "insufficient_user_authentication": "it wants its user to log in again",
}
# What node lets stand in a header, Latin-1, without the tab, which some servers take for a blank.
_SENDABLE = re.compile("[\x20-\x7e\x80-\xff]+\\Z")
# What is masked between the shown ends of a token in a list, and how much must be shown to tell it by.
_MASK = re.compile(r"\.{3,}|\u2026|\*+")
# All tokens of a kind begin with the same prefix, which distinguishes none of them: "npm_", "vsr_pat_", "glpat-", the
# header of a JWT.
_COMMON_BEGINNING = re.compile(r"eyJ[\w-]*\.?|(?:[A-Za-z]{2,12}[_.-]){1,3}")
_TELLING_AT_LEAST = 8
_SHA512 = re.compile(r"[0-9A-Fa-f]{128}\Z")

ALIVE, DENIED, FORBIDDEN, UNKNOWN = "alive", "denied", "forbidden", "unknown"


class Client(Protocol):
    """What this file needs of an HTTP client; ``_http.RegistryClient`` is one."""

    registry: Registry

    def ask(self, method: str, target: str, token: Secret, deadline: float) -> Any: ...


@dataclass(frozen=True)
class Who:
    """The answer to "who is it?".

    :ivar state: ``alive``, ``denied`` or ``unknown``.
    :ivar endpoint: the one that gave the answer, to be asked again.
    :ivar reason: why it is unknown, as the end of a sentence.
    :ivar name: the user name that the registry gave.
    """

    state: str
    endpoint: str
    reason: str = ""
    name: str | None = None


@dataclass(frozen=True)
class Reply:
    """The answer to "end it".

    :ivar said_yes: a 2xx that is not a web page, and whose body does not take it back.
    :ivar missing: the registry has no such endpoint.
    :ivar denied: 401, the token is not known to it.
    :ivar unclear: it may have been done, although no answer says so in words that can be read.
    :ivar was_asked: a request to end the token was sent.
    :ivar reason: what it said, as the end of a sentence.
    """

    reason: str
    was_asked: bool = True
    said_yes: bool = False
    missing: bool = False
    denied: bool = False
    unclear: bool = False

    @property
    def may_have_ended(self) -> bool:
        return self.said_yes or self.unclear

    @property
    def plainly_said_yes(self) -> bool:
        return self.said_yes and not self.unclear


@dataclass(frozen=True)
class _Case:
    client: Client
    token: Secret
    verify_timeout: float
    deadline: float
    clock: Clock

    def ask(self, method: str, target: str) -> Any:
        return self.client.ask(method, target, self.token, self.deadline)


def end_token(
    client: Client, token: Secret, *, revoke: str, verify_timeout: float, clock: Clock = SYSTEM_CLOCK
) -> Verdict:
    """Ask a registry to revoke a token, and say what the outcome is.

    :param revoke: ``confirmed`` and ``attempted`` verify, ``accepted`` only asks.
    :param verify_timeout: seconds to keep asking whether the token is rejected.
    :raises NoAnswer: the registry cannot be reached at all; asking it for another token is of no use either.
    """
    if not is_sendable(token):
        return _fail(client.registry, "The token holds characters that no HTTP header or URL can carry.")
    case = _Case(client, token, verify_timeout, clock.now() + _MOST_SECONDS, clock)
    return _end_without_proof(case) if revoke == ACCEPTED else _end_with_proof(case)


def ask_who(client: Client, token: Secret, clock: Clock = SYSTEM_CLOCK) -> Who:
    """Ask a registry whose token this is; changes nothing there. A name that holds a piece of the token is not told.

    :raises NoAnswer: no connection.
    """
    who = _ask_who(_Case(client, token, 0, clock.now() + _MOST_SECONDS, clock))
    return replace(who, name="<secret>") if who.name and reveals(who.name, token) else who


def say_unreachable(registry: Registry, reason: str) -> Verdict:
    """The verdict on a token whose registry gives no answer.

    :param reason: the end of a sentence, as ``NoAnswer`` has it.
    """
    return _fail(registry, f"The registry could not be asked: {reason}.")


def is_sendable(token: Secret) -> bool:
    """Can the token stand in an HTTP header, and in a URL's path as a segment of its own?"""
    text = token.reveal()
    return bool(text.strip(".")) and text == text.strip() and bool(_SENDABLE.match(text))


def _end_with_proof(case: _Case) -> Verdict:
    before = _ask_who(case)
    if before.state == DENIED:
        return Verdict(ALREADY_INVALID, "The registry refused the token when first asked who it is.")
    replies = [_attempt(_send_logout, case) or Reply("")]
    after = _await_denial(case, before, replies)
    if after != DENIED and (before.state == ALIVE or replies[0].missing):
        listed = _attempt(_end_listed, case)
        if listed:
            replies.append(listed)
            after = _await_denial(case, before, replies) if listed.was_asked else after
    if after == DENIED:
        return Verdict(CONFIRMED, "The registry knew the token before, and refuses it now.")
    return _judge(case.client.registry, before, after, replies)


def _end_without_proof(case: _Case) -> Verdict:
    registry = case.client.registry
    reply: Reply | None = _send_logout(case)
    if reply and reply.denied:
        return _judge_refusal(case, reply)
    if reply and reply.missing:
        reply = _attempt(_end_listed, case)
    if reply is None:
        return _say_unsupported(registry)
    if reply.said_yes:
        detail = "The registry said that it ended the token; that was not verified."
        return Verdict(ACCEPTED, detail, _advise_unless_dead(registry))
    return _fail(registry, f"The registry did not end the token: {reply.reason}.")


def _judge_refusal(case: _Case, reply: Reply) -> Verdict:
    """The outcome where the registry refuses the token itself, which some do to valid ones that may not revoke."""
    try:
        is_denied = _ask_who(case).state == DENIED
    except NoAnswer:
        is_denied = False
    if is_denied:
        return Verdict(ALREADY_INVALID, "The registry refused the token when asked to end it (401).")
    return _fail(case.client.registry, f"The registry did not end the token: {reply.reason}.")


def _judge(registry: Registry, before: Who, after: str, replies: list[Reply]) -> Verdict:
    """The outcome where no denial was seen."""
    said_yes = any(reply.plainly_said_yes for reply in replies)
    advice = advise_on_token(registry)
    if said_yes and before.state == UNKNOWN:
        detail = f"The registry said that it ended the token; whether it did, it cannot tell: {before.reason}."
        return Verdict(ACCEPTED, detail, _advise_unless_dead(registry))
    if said_yes and after == UNKNOWN:
        detail = "The registry said that it ended the token, then gave no usable answer to whether it did."
        return Verdict(ACCEPTED, detail, _advise_unless_dead(registry))
    if said_yes and _may_lag(registry):
        detail = "The registry said that it ended the token and still accepts it; there, that may take up to an hour."
        return Verdict(ACCEPTED, detail, f"{advice}, if the registry still accepts it in an hour.")
    if said_yes:
        detail = "The registry said that it ended the token, and still accepts it."
        return Verdict(INEFFECTIVE, detail, f"{advice}.")
    if all(reply.missing for reply in replies):
        return _say_unsupported(registry)
    reason = next(reply.reason for reply in reversed(replies) if not reply.missing)
    return _fail(registry, f"The registry did not end the token: {reason}.")


def _say_unsupported(registry: Registry) -> Verdict:
    detail = "The registry has no way for a client to end this token."
    return Verdict(UNSUPPORTED, detail, f"{advise_on_token(registry)}.")


def _fail(registry: Registry, detail: str) -> Verdict:
    advice = advise_on_token(registry)
    by_hand = f"Run this again once that is mended, or end the token by hand: {advice[0].lower()}{advice[1:]}."
    return Verdict(FAILED, detail, by_hand)


def _advise_unless_dead(registry: Registry) -> str:
    return f"{advise_on_token(registry)}, unless it is known to be dead."


def _may_lag(registry: Registry) -> bool:
    """npm's public registry says so itself; others that do are told by their own ways to end a token."""
    return registry.host == parse_registry(PUBLIC_REGISTRY).host


def _ask_who(case: _Case) -> Who:
    who = _read_identity(_WHOAMI, case.ask("GET", _WHOAMI))
    if who.state == UNKNOWN and who.reason == _missing_reason():
        who = _read_identity(_USER, case.ask("GET", _USER))
    return who


def _missing_reason() -> str:
    return "it has no endpoint for that"


def _read_identity(endpoint: str, answer: Any) -> Who:
    if answer.status == 401:
        lacking = _find_lacking(answer)
        return Who(UNKNOWN, endpoint, lacking) if lacking else Who(DENIED, endpoint)
    if answer.status == 200 and answer.body is not None:
        name = answer.body.get("username") or (answer.body.get("name") if endpoint == _USER else None)
        if name == "anonymous" or (endpoint == _WHOAMI and _is_hollow(answer.body)):
            return Who(DENIED, endpoint)
        if isinstance(name, str) and name:
            return Who(ALIVE, endpoint, name=name[:_LONGEST_NAME])
        return Who(UNKNOWN, endpoint, "its answer names no user")
    if answer.status == 200:
        return Who(UNKNOWN, endpoint, "its answer is no JSON object")
    if answer.status in _NO_SUCH_ENDPOINT:
        return Who(UNKNOWN, endpoint, _missing_reason())
    return Who(UNKNOWN, endpoint, f"it answered {answer.status}")


def _find_lacking(answer: Any) -> str:
    """What a 401 wants besides a token, which may well be valid; nothing for one that refuses the token.

    Nothing of the answer gets into the text: it can repeat the token.
    """
    if answer.is_page:
        # A gateway's: it does not know the registry's tokens.
        return "it answered 401 with a web page"
    body = answer.body or {}
    if any(body.get(name) for name in _ASKS_FOR_BROWSER):
        return "it wants a login in a web browser"
    texts = [value for value in body.values() if isinstance(value, str)]
    words = [*_ASKS_FOR_MORE.findall(answer.challenge), *_ERROR.findall(answer.challenge), *texts]
    reasons = [_LACKING[word.lower()] for word in words if word.lower() in _LACKING]
    reasons += [_LACKING["otp"] for text in texts if _ASKS_FOR_PASSWORD.search(text)]
    return reasons[0] if reasons else ""


def _is_hollow(body: dict[str, Any]) -> bool:
    """Is it the ``{}`` with which Verdaccio says that it knows nobody? With anything in it, it may be an error's."""
    return all(value is None for value in body.values())


def _await_denial(case: _Case, before: Who, replies: Sequence[Reply]) -> str:
    """Ask again who it is, at the endpoint that knew it, with growing pauses, until denied or out of time.

    A 401 proves it behind a yes; without one, when it is said twice. A 403 proves it behind a yes, when it is said
    twice (Verdaccio says it of a revoked token), and nothing elsewhere: who asks too often, or from the wrong place, is
    told so too.
    """
    if before.state != ALIVE:
        return UNKNOWN
    clock = case.clock
    until = min(clock.now() + case.verify_timeout, case.deadline)
    has_yes = any(reply.plainly_said_yes for reply in replies)
    refused_since: float | None = None
    pause = _FIRST_PAUSE
    while True:
        state = _ask_again(case, before.endpoint)
        if state == DENIED and has_yes:
            return DENIED
        if state == DENIED or (state == FORBIDDEN and has_yes):
            refused_since = clock.now() if refused_since is None else refused_since
            wait = refused_since + _SECONDS_APART - clock.now()
            if wait <= _CLOCK_GRAIN:
                return DENIED
            state = UNKNOWN
        else:
            refused_since = None
            wait, pause = pause, min(pause * 2, _LONGEST_PAUSE)
            if not replies[-1].may_have_ended:
                return state
        if clock.now() + wait > until:
            return state
        clock.sleep(wait)


def _ask_again(case: _Case, endpoint: str) -> str:
    try:
        answer = case.ask("GET", endpoint)
    except NoAnswer:
        return UNKNOWN
    if answer.status == 403 and not answer.is_page:
        return FORBIDDEN
    return _read_identity(endpoint, answer).state


def _attempt(send: Callable[[_Case], Reply | None], case: _Case) -> Reply | None:
    """Send; an answer that never came leaves it open whether it was done."""
    try:
        return send(case)
    except NoAnswer as problem:
        return Reply(str(problem), unclear=True)


def _send_logout(case: _Case) -> Reply:
    return _send_delete(case, f"-/user/token/{_encode(to_bytes(case.token))}")


def _send_delete(case: _Case, target: str) -> Reply:
    answer = case.ask("DELETE", target)
    if answer.is_success:
        return _read_success(answer)
    if answer.status == 401:
        lacking = _find_lacking(answer)
        return Reply(lacking or "it answered 401", denied=not lacking, unclear=answer.is_repeated)
    if answer.status in _NO_SUCH_ENDPOINT:
        return Reply(f"it answered {answer.status}", missing=True, unclear=answer.is_repeated)
    return Reply(f"it answered {answer.status}", unclear=answer.status >= 500 or answer.is_repeated)


def _read_success(answer: Any) -> Reply:
    if answer.is_page:
        # The page on which to sign in, maybe, which a gateway shows to everybody.
        return Reply("its answer is a web page, or cannot be read", unclear=True)
    if answer.body is not None and _takes_back(answer.body):
        return Reply("it answered that it did not")
    if answer.body is None and not answer.is_empty:
        return Reply("its answer is no JSON object", said_yes=True, unclear=True)
    return Reply("it said yes", said_yes=True)


def _takes_back(body: dict[str, Any]) -> bool:
    """Does a body say no where the status says yes? Some write the answer as a text (Nexus: ``{"ok": "true"}``)."""
    return any(str(body.get(name)).lower() == "false" for name in ("ok", "success"))


def _end_listed(case: _Case) -> Reply | None:
    """End the token by its entry in the registry's list; None where no entry is known to be this token."""
    keys, problem = _search_list(case)
    if len(keys) > 1:
        return Reply("several tokens in its list look like this one, and none was touched", was_asked=False)
    if problem:
        return Reply(problem, was_asked=False)
    return _send_delete(case, f"{_TOKENS}/token/{_encode(keys[0].encode('utf-8'))}") if keys else None


def _search_list(case: _Case) -> tuple[list[str], str]:
    """The keys of the entries that are this token or can be, and why there is none where that may change.

    A list may be of any length: nothing is kept of it but what is found, and no more than two of what looks alike.
    """
    text, digest = case.token.reveal(), hashlib.sha512(to_bytes(case.token)).hexdigest()
    exact: list[str] = []
    alike: list[str] = []
    is_empty = True
    try:
        for entries in _read_pages(case):
            is_empty = is_empty and not entries
            exact = exact or [entry["key"] for entry in entries if _is_key_of(entry["key"], text, digest)][:1]
            alike = (alike + [entry["key"] for entry in entries if _looks_like(entry, text)])[:2]
    except _CutShort as reason:
        # What looks alike may do so even more on a page that was not seen.
        return exact, str(reason) if is_empty else ""
    return exact or alike, ""


class _CutShort(Exception):
    """The list goes on, and cannot be read on. Its text says why where that may change."""


def _read_pages(case: _Case) -> Iterator[list[dict[str, Any]]]:
    """The entries of the registry's list of tokens, page by page.

    :raises _CutShort: that is not all of it.
    """
    target = _TOKENS
    seen: set[str] = set()
    while target not in seen and len(seen) < _MOST_PAGES:
        seen.add(target)
        try:
            answer = case.ask("GET", target)
        except NoAnswer as reason:
            # Also where the next page is at another origin, which is never asked.
            raise _CutShort(f"asked for its list of tokens, {reason}") from None
        if answer.status != 200 or answer.body is None:
            may_change = answer.status not in _NO_SUCH_ENDPOINT and answer.status != 200
            raise _CutShort(f"its list of tokens answered {answer.status}" if may_change else "")
        objects = answer.body.get("objects")
        yield [item for item in objects if _is_entry(item)] if isinstance(objects, list) else []
        urls = answer.body.get("urls")
        following = urls.get("next") if isinstance(urls, dict) else None
        if not isinstance(following, str) or not following:
            return
        try:
            target = _follow(case.client.registry, target, following)
        except ValueError:
            break
    raise _CutShort


def _follow(registry: Registry, target: str, following: str) -> str:
    """The next page of a list. npm takes ``/-/...`` for a path below the registry, whatever path that has itself.

    :raises ValueError: it is no URL, or longer than any server takes.
    """
    if len(following) > _LONGEST_TARGET:
        raise ValueError
    if following.startswith("/-/"):
        return following[1:]
    if following.startswith("?"):
        return target.partition("?")[0] + following
    return urljoin(urljoin(registry.url, target), following)


def _is_entry(item: Any) -> bool:
    key = item.get("key") if isinstance(item, dict) else None
    return isinstance(key, str) and bool(key.strip(".")) and not re.search("[\ud800-\udfff]", key)


def _is_key_of(key: str, token: str, digest: str) -> bool:
    return key == token or key.lower() == digest


def _looks_like(entry: dict[str, Any], token: str) -> bool:
    """Do both ends of a token that an entry shows fit, and do they show enough to distinguish it from others?"""
    masked = entry.get("token")
    if not isinstance(masked, str) or _SHA512.match(entry["key"]):
        return False
    if masked == token:
        return True
    shown = _MASK.split(masked)
    if len(shown) != 2 or not all(shown) or sum(map(len, shown)) > len(token):
        return False
    beginning, end = shown
    common = _COMMON_BEGINNING.match(token)
    telling = max(0, len(beginning) - (common.end() if common else 0)) + len(end)
    return telling >= _TELLING_AT_LEAST and token.startswith(beginning) and token.endswith(end)


def _encode(raw: bytes) -> str:
    return quote(raw, safe="")
