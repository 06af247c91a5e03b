# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Interpret a registry's answers: whose token it is, and the result of a request to revoke it.

Private to this collection. Pure. Messages contain nothing of an answer but a user name: an answer can repeat the token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timezone
from typing import Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import format_seconds

ALIVE, DENIED, FORBIDDEN, UNKNOWN = "alive", "denied", "forbidden", "unknown"
NO_SUCH_ENDPOINT = frozenset({404, 405, 501})
MISSING_REASON = "it has no endpoint for that"

_LONGEST_NAME = 256
# With these, a 401 says that the token is not enough, or not from here: npm's (npm-registry-fetch,
# lib/check-response.js), GitLab's (lib/api/api_guard.rb) and OAuth's (RFC 6750, 9449, 9470).
_ASKS_FOR_MORE = re.compile(r"(?i)(?:\A|,)\s*(otp|ipaddress|dpop)\b")
_ERROR = re.compile(r'(?i)\berror\s*=\s*"?([\w-]+)')
_ASKS_FOR_PASSWORD = re.compile(r"(?i)one-time pass|\botp\b")
_ASKS_FOR_BROWSER = ("authUrl", "doneUrl")
_LACKING = {
    "otp": "it requires a one-time password (OTP)",
    "ipaddress": "it does not allow this IP address",
    "dpop": "it requires proof of possession (DPoP)",
    "dpop_error": "it requires proof of possession (DPoP)",
    "use_dpop_nonce": "it requires proof of possession (DPoP)",
    "restricted_language_server_client_error": "it accepts this token only from GitLab's language server",
    "insufficient_scope": "it requires a token with more permissions",
    "insufficient_user_authentication": "it requires its user to log in again",
}


class Who(NamedTuple):
    """The answer to a question for a token's user.

    :ivar state: ``alive``, ``denied`` or ``unknown``.
    :ivar reason: why it is unknown, as the end of a sentence.
    :ivar name: the user name that the registry gave.
    :ivar expires: when the token expires, as the registry says: ISO 8601, or ``never``.
    :ivar kind: the kind of the registry.
    :ivar is_missing: whether the registry does not answer this question, so that another may be asked.
    """

    state: str
    reason: str = ""
    name: str | None = None
    expires: str | None = None
    kind: str | None = None
    is_missing: bool = False


class Reply(NamedTuple):
    """The answer to a request to revoke a token.

    :ivar said_yes: a 2xx that is not a web page, and whose body does not deny the success.
    :ivar missing: the registry has no such endpoint.
    :ivar denied: 401, it does not know the token.
    :ivar unclear: the token may have been revoked, although no readable answer says so.
    :ivar was_asked: a request to revoke the token was sent.
    :ivar unsupported: the registry never revokes such a token in this way.
    :ivar kind: the registry's kind, if the answer's headers tell it.
    :ivar reason: what it said, as the end of a sentence.
    """

    reason: str
    was_asked: bool = True
    said_yes: bool = False
    missing: bool = False
    denied: bool = False
    unclear: bool = False
    unsupported: bool = False
    kind: str | None = None

    @property
    def may_have_revoked(self) -> bool:
        return self.said_yes or self.unclear

    @property
    def plainly_said_yes(self) -> bool:
        return self.said_yes and not self.unclear


def read_user_name(answer: Any, *names: str) -> Who:
    """Read a user name under one of these keys or npm's ``username``."""
    if answer.status == 401:
        return read_denial(answer)
    if answer.status != 200:
        return read_no_identity(answer)
    if answer.body is None:
        return Who(UNKNOWN, "its response is not a JSON object")
    name = next((answer.body[key] for key in ("username", *names) if answer.body.get(key)), None)
    if name == "anonymous":
        return Who(DENIED)
    if isinstance(name, str):
        return Who(ALIVE, name=name[:_LONGEST_NAME])
    return Who(UNKNOWN, "its response does not name a user")


def read_whoami(answer: Any) -> Who:
    """Read npm's ``whoami``. Verdaccio answers ``{}`` if it knows nobody; other bodies may be errors."""
    if answer.status == 200 and answer.body is not None and all(value is None for value in answer.body.values()):
        return Who(DENIED)
    return read_user_name(answer)


def read_denial(answer: Any) -> Who:
    """Read a 401."""
    lacking = find_lacking(answer)
    return Who(UNKNOWN, lacking) if lacking else Who(DENIED)


def read_no_identity(answer: Any) -> Who:
    """Read an answer other than 200 and 401."""
    if answer.status in NO_SUCH_ENDPOINT:
        return Who(UNKNOWN, MISSING_REASON, is_missing=True)
    return Who(UNKNOWN, explain_status(answer))


def read_reply(answer: Any) -> Reply:
    """Read most registries' answer to a request to revoke."""
    if answer.is_success:
        return read_success(answer)
    if answer.status == 401:
        lacking = find_lacking(answer)
        return Reply(lacking or "it answered 401", denied=not lacking, unclear=answer.is_repeated)
    if answer.status in NO_SUCH_ENDPOINT:
        return Reply(f"it answered {answer.status}", missing=True, unclear=answer.is_repeated)
    return Reply(explain_status(answer), unclear=answer.status >= 500 or answer.is_repeated)


def read_success(answer: Any) -> Reply:
    """Read a 2xx."""
    if answer.is_page:
        # Possibly a gateway's login page.
        return Reply("its response is a web page", unclear=True)
    if answer.body is not None and _takes_back(answer.body):
        return Reply("it reported a failure")
    return Reply("it reported success", said_yes=True, unclear=answer.body is None and not answer.is_empty)


def explain_status(answer: Any) -> str:
    """Return the end of a sentence: a refusal's status, and when to ask again if the registry says so."""
    when = _read_reset(answer.headers) if answer.status in (403, 429) else None
    return f"it answered {answer.status}" + (f", and accepts requests again from {when}" if when else "")


def is_limited(answer: Any) -> bool:
    """Return whether the registry refuses because of too many requests."""
    return answer.status == 429 or (answer.status == 403 and _read_reset(answer.headers) is not None)


def find_lacking(answer: Any) -> str:
    """Return what a 401 requires besides a token, which may be valid; empty if it refuses the token."""
    if answer.is_page:
        # From a gateway, which does not know the registry's tokens.
        return "it answered 401 with a web page"
    body = answer.body or {}
    if any(body.get(name) for name in _ASKS_FOR_BROWSER):
        return "it requires a login in a web browser"
    texts = [value for value in body.values() if isinstance(value, str)]
    words = [*_ASKS_FOR_MORE.findall(answer.challenge), *_ERROR.findall(answer.challenge), *texts]
    reasons = [_LACKING[word.lower()] for word in words if word.lower() in _LACKING]
    reasons += [_LACKING["otp"] for text in texts if _ASKS_FOR_PASSWORD.search(text)]
    return reasons[0] if reasons else ""


def _takes_back(body: dict[str, Any]) -> bool:
    """Return whether a body denies the success of its status. Some write text (Nexus: ``{"ok": "true"}``)."""
    return any(str(body.get(name)).lower() == "false" for name in ("ok", "success"))


def _read_reset(headers: Mapping[str, str]) -> str | None:
    """Return when a registry accepts requests again (GitHub's ``X-RateLimit-Reset``; ``Retry-After``)."""
    left, reset = headers.get("x-ratelimit-remaining", "0"), headers.get("x-ratelimit-reset", "")
    if left.strip() == "0" and re.match(r"[0-9]{1,11}\Z", reset):
        return format_seconds(float(reset))
    after = headers.get("retry-after", "")
    if re.match(r"[0-9]{1,9}\Z", after):
        return format_seconds(datetime.now(timezone.utc).timestamp() + float(after))
    return None
