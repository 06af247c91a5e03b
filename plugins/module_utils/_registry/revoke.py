# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a token alive, and what comes of it when its registry is asked to end it?

Private to this collection. Knows npm's endpoints and how registries bend them; how a request is sent is the client's
business. A 2xx is no proof of anything: ``confirmed`` takes an identity before and a denial after.
"""

from __future__ import annotations

import hashlib
import re
import time
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
# With which a 401 says that the token is not enough, or not from here (npm-registry-fetch, lib/check-response.js).
_ASKS_FOR_MORE = re.compile(r"(?i)(?:\A|,)\s*(otp|ipaddress)\b")
_LACKING = {"otp": "it wants a one-time password", "ipaddress": "it does not let this address in"}
# What node lets stand in a header, Latin-1, without the tab, which some servers take for a blank.
_SENDABLE = re.compile("[\x20-\x7e\x80-\xff]+\\Z")
# What is masked between the shown ends of a token in a list, and how much must be shown to tell it by.
_MASK = re.compile(r"\.{3,}|\u2026|\*+")
_SHOWN_AT_LEAST = 6
# With which all tokens of a kind begin, which tells none of them from another: npm's, cnpm's, the header of a JWT.
_COMMON_BEGINNING = re.compile(r"(?:c?npms?_|eyJ[\w-]*\.?)")
_TELLING_AT_LEAST = 2

ALIVE, DENIED, UNKNOWN = "alive", "denied", "unknown"


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

    :ivar said_yes: a 2xx whose body does not take it back.
    :ivar missing: the registry has no such endpoint.
    :ivar denied: 401, the token is not known to it.
    :ivar unclear: it may have been done although no answer says so.
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


@dataclass(frozen=True)
class _Case:
    client: Client
    token: Secret
    verify_timeout: float
    deadline: float

    def ask(self, method: str, target: str) -> Any:
        return self.client.ask(method, target, self.token, self.deadline)


def end_token(client: Client, token: Secret, *, revoke: str, verify_timeout: float) -> Verdict:
    """Ask a registry to end a token, and say what came of it.

    :param revoke: ``confirmed`` and ``attempted`` verify, ``accepted`` only asks.
    :param verify_timeout: seconds to keep asking whether the token is dead.
    :raises NoAnswer: the registry cannot be reached at all; asking it for another token is of no use either.
    """
    if not is_sendable(token):
        return _fail(client.registry, "The token holds characters that no HTTP header or URL can carry.")
    case = _Case(client, token, verify_timeout, time.monotonic() + _MOST_SECONDS)
    return _end_without_proof(case) if revoke == ACCEPTED else _end_with_proof(case)


def ask_who(client: Client, token: Secret) -> Who:
    """Ask a registry whose token this is; changes nothing there. A name that holds a piece of the token is not told.

    :raises NoAnswer: no connection.
    """
    who = _ask_who(_Case(client, token, 0, time.monotonic() + _MOST_SECONDS))
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
        return Verdict(ALREADY_INVALID, "The registry refused the token when asked to end it (401).")
    if reply and reply.missing:
        reply = _attempt(_end_listed, case)
    if reply is None:
        return _say_unsupported(registry)
    if reply.said_yes:
        detail = "The registry said that it ended the token; that was not verified."
        return Verdict(ACCEPTED, detail, _advise_unless_dead(registry))
    return _fail(registry, f"The registry did not end the token: {reply.reason}.")


def _judge(registry: Registry, before: Who, after: str, replies: list[Reply]) -> Verdict:
    """The outcome where no denial was seen."""
    said_yes = any(reply.said_yes for reply in replies)
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
    """What a 401 wants besides a token, which may well be alive; nothing for one that refuses the token."""
    match = _ASKS_FOR_MORE.search(answer.challenge)
    return _LACKING[match.group(1).lower()] if match else ""


def _is_hollow(body: dict[str, Any]) -> bool:
    """Is it the ``{}`` with which Verdaccio says that it knows nobody? With anything in it, it may be an error's."""
    return all(value is None for value in body.values())


def _await_denial(case: _Case, before: Who, replies: Sequence[Reply]) -> str:
    """Ask again who it is, at the endpoint that knew it, with growing pauses, until denied or out of time."""
    if before.state != ALIVE:
        return UNKNOWN
    patience = case.verify_timeout if replies[-1].may_have_ended else 0
    may_be_dead = any(reply.may_have_ended or reply.denied for reply in replies)
    until = min(time.monotonic() + patience, case.deadline)
    pause = _FIRST_PAUSE
    while True:
        state = _ask_again(case, before.endpoint, may_be_dead)
        if state == DENIED or time.monotonic() + pause > until:
            return state
        time.sleep(pause)
        pause = min(pause * 2, _LONGEST_PAUSE)


def _ask_again(case: _Case, endpoint: str, may_be_dead: bool) -> str:
    try:
        answer = case.ask("GET", endpoint)
    except NoAnswer:
        return UNKNOWN
    if answer.status == 403 and may_be_dead:
        # The endpoint knew the token before, so "forbidden" is a denial (Verdaccio says it to a token that was ended).
        # Where the registry has ended nothing, it is not: who tries too much, or from the wrong place, is told so too.
        return DENIED
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
        if answer.body is not None and answer.body.get("ok") is False:
            return Reply("it answered that it did not")
        if answer.body is None and not answer.is_empty:
            # The page on which to sign in, maybe, which a gateway shows to everybody.
            return Reply("its answer is no JSON object", unclear=True)
        return Reply("it said yes", said_yes=True)
    if answer.status == 401:
        lacking = _find_lacking(answer)
        return Reply(lacking or "it answered 401", denied=not lacking, unclear=answer.is_repeated)
    if answer.status in _NO_SUCH_ENDPOINT:
        return Reply(f"it answered {answer.status}", missing=True, unclear=answer.is_repeated)
    return Reply(f"it answered {answer.status}", unclear=answer.status >= 500 or answer.is_repeated)


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
    text = case.token.reveal()
    own_keys = {text, hashlib.sha512(to_bytes(case.token)).hexdigest()}
    exact: list[str] = []
    alike: list[str] = []
    is_empty = True
    try:
        for entries in _read_pages(case):
            is_empty = is_empty and not entries
            exact = exact or [entry["key"] for entry in entries if entry["key"] in own_keys][:1]
            alike = (alike + [entry["key"] for entry in entries if _looks_like(entry.get("token"), text)])[:2]
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


def _looks_like(masked: Any, token: str) -> bool:
    if not isinstance(masked, str):
        return False
    shown = _MASK.split(masked)
    beginning, end = shown[0], shown[-1] if len(shown) > 1 else ""
    common = _COMMON_BEGINNING.match(beginning)
    telling = len(beginning) - (common.end() if common else 0) + len(end)
    enough = _SHOWN_AT_LEAST <= len(beginning) + len(end) <= len(token) and telling >= _TELLING_AT_LEAST
    return enough and len(shown) <= 2 and token.startswith(beginning) and token.endswith(end)


def _encode(raw: bytes) -> str:
    return quote(raw, safe="")
