# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the behaviors of the embedded registry: the response of each endpoint, and the registry that it imitates."""

from __future__ import annotations

import functools
import gzip
import json
from dataclasses import dataclass, replace


@dataclass(frozen=True)
class Reply:
    """A complete response, before a fault changes it."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def make_json(status: int, value: object) -> Reply:
    return Reply(status, json.dumps(value).encode())


@functools.lru_cache
def make_gzip_bomb() -> bytes:
    """Compress 1 GiB of white space into 1 MB of gzip, with valid JSON at the end."""
    return gzip.compress(b" " * (10 << 20)) * 100 + gzip.compress(b"{}")


# Responses that are always the same and do not revoke a token.
FIXED = {
    "ok_but_valid": make_json(200, {"ok": True}),
    "logged_out": make_json(200, {"ok": "Logged out"}),
    "ok_false": make_json(200, {"ok": False}),
    "anonymous": make_json(200, {"username": "anonymous"}),
    "empty": make_json(200, {}),
    "json_list": make_json(200, []),
    "not_json": Reply(200, b'{"username": '),
    "html": Reply(200, b"<!DOCTYPE html><title>Sign in</title><p>Please sign in.", "text/html"),
    "no_content": Reply(204),
    "bad_request": make_json(400, {"message": "could not delete token"}),
    "unauthorized": Reply(401, b'{"error": "Unauthorized"}', headers=(("WWW-Authenticate", "Basic, Bearer"),)),
    "otp": Reply(401, b'{"error": "one-time pass required"}', headers=(("WWW-Authenticate", "OTP"),)),
    "wrong_address": Reply(401, b'{"error": "not from here"}', headers=(("WWW-Authenticate", "Bearer, ipaddress"),)),
    "forbidden": make_json(403, {"error": "unauthorized access"}),
    "missing": make_json(404, {"error": "not_found"}),
    "not_allowed": make_json(405, {"error": "method not allowed"}),
    "unprocessable": make_json(422, {"error": "token mismatch"}),
    "too_many": make_json(429, {"error": "too many requests"}),
    "server_error": make_json(500, {"error": "internal server error"}),
    "not_implemented": make_json(501, {"error": "not implemented"}),
    "bad_gateway": Reply(502, b"<html><h1>502 Bad Gateway</h1></html>", "text/html"),
    "unavailable": make_json(503, {"error": "unavailable"}),
}
# Responses that do the endpoint's real work. They differ in when the token is revoked, or how the response is sent.
WORKING = ("real", "lag", "forget", "slow", "drip", "cut_after_work")
# Responses that do no work and break the connection, or redirect.
BROKEN = ("cut", "reset", "huge", "endless_headers", "gzip_bomb", "redirect")
KEYS = ("sha512", "uuid", "hex32", "token")
DEFAULT_SECONDS = {"slow": 60.0, "drip": 1.0}


@dataclass(frozen=True)
class Answer:
    """The response of an endpoint: `kind` for the first `times` requests (None: all), `then` for later ones."""

    kind: str = "real"
    times: int | None = None
    then: Answer | str = "real"
    seconds: float | None = None  # slow: before the response; drip: between bytes; lag: until the token is revoked
    asks: int = 0  # lag: the number of identity requests for which the token is still valid
    status: int = 302  # redirect
    location: str = "{target}"  # redirect: may contain {origin}, {target} (of the request); /moved{target} works
    retry_after: str | None = None  # too_many, unavailable and every other fixed response

    def __post_init__(self) -> None:
        if self.kind not in FIXED and self.kind not in WORKING and self.kind not in BROKEN:
            raise ValueError(f"no such answer: {self.kind}")

    def get_seconds(self) -> float:
        return DEFAULT_SECONDS.get(self.kind, 0.0) if self.seconds is None else self.seconds

    def make_reply(self, origin: str, target: str) -> Reply:
        """Make the reply of a response that does no work."""
        if self.kind == "redirect":
            location = self.location.format(origin=origin, target=target)
            return Reply(self.status, headers=(("Location", location),))
        if self.kind == "gzip_bomb":
            return Reply(200, make_gzip_bomb(), headers=(("Content-Encoding", "gzip"),))
        reply = FIXED.get(self.kind, FIXED["ok_but_valid"])
        retry = () if self.retry_after is None else (("Retry-After", self.retry_after),)
        return replace(reply, headers=reply.headers + retry)


def as_answer(value: Answer | str) -> Answer:
    return value if isinstance(value, Answer) else Answer(value)


def choose_answer(value: Answer | str, count: int) -> Answer:
    """Return the response for a request after `count` earlier requests to the same endpoint."""
    answer = as_answer(value)
    while answer.times is not None and count >= answer.times:
        count -= answer.times
        answer = as_answer(answer.then)
    return answer


@dataclass(frozen=True)
class Behaviour:
    """The response of each endpoint, and the meaning of "real". The defaults are those of npm's public registry."""

    whoami: Answer | str = "real"
    user: Answer | str = "real"
    logout: Answer | str = "real"
    list: Answer | str = "real"
    delete: Answer | str = "real"
    other: Answer | str = "real"  # packages, login, creating tokens, ping

    # Names of fixed responses:
    whoami_unknown: str = "unauthorized"  # whoami without a token, or with one that was never issued
    revoked: str = "unauthorized"  # every endpoint but logout, with a revoked token
    logout_denied: str = "unauthorized"  # logout without a valid token
    logout_unknown: str = "missing"  # the path does not name a valid token of the caller
    deleted: str = "no_content"
    delete_unknown: str = "bad_request"

    logout_revokes: bool = True  # Verdaccio only responds "Logged out"
    logout_ok: object = True  # the value of "ok" after a revocation
    delete_by_value: bool = True  # the path may contain the token instead of its key
    readonly_may_delete: bool = True
    key: str = "sha512"  # in the token list: sha512, uuid, hex32, token
    mask: tuple[int, int] = (8, 4)  # the number of first and last characters shown; npm's was (6, 0) from 2019 to 2021
    page_size: int = 100  # the maximum of tokens per page, whatever perPage is
    # urls.next; "" for no paging. {next} is the path relative to the registry's URL, as npm reads it (npm does not
    # resolve "/..." against the host); {base} is the path of that URL, {target} the same page again.
    next_page: str = "{next}"
    headers: tuple[tuple[str, str], ...] = ()  # of every response

    def __post_init__(self) -> None:
        for endpoint in ("whoami", "user", "logout", "list", "delete", "other"):
            as_answer(getattr(self, endpoint))  # raises an error for a misspelled kind
        for name in ("whoami_unknown", "revoked", "logout_denied", "logout_unknown", "deleted", "delete_unknown"):
            if getattr(self, name) not in FIXED:
                raise ValueError(f"no such fixed answer: {getattr(self, name)}")
        if self.key not in KEYS:
            raise ValueError(f"no such key: {self.key}")


NPM = Behaviour()
NPM_GRANULAR = Behaviour(key="uuid")
NPM_2019 = Behaviour(mask=(6, 0))
VERDACCIO = Behaviour(
    logout_revokes=False,
    whoami_unknown="empty",
    revoked="forbidden",
    deleted="empty",
    delete_unknown="empty",
    delete_by_value=False,
    readonly_may_delete=False,
    key="hex32",
    mask=(5, 5),
    next_page="",
    headers=(("X-Powered-By", "hidden"),),
)
VERDACCIO_OLD = replace(VERDACCIO, delete="forget")  # before 6.7.3: removes the record, but the token stays valid
CNPM = Behaviour(
    logout_denied="ok_false", logout_unknown="unprocessable", deleted="ok_but_valid", delete_unknown="missing"
)
NEXUS = Behaviour(user="missing", list="missing", delete="missing", whoami_unknown="anonymous", logout_ok="true")
NO_ENDPOINTS = Behaviour(whoami="missing", user="missing", logout="missing", list="missing", delete="missing")
LYING = Behaviour(logout="ok_but_valid", list="missing", delete="missing")  # reports success, revokes nothing

PRESETS = {
    "npm": NPM,
    "npm-granular": NPM_GRANULAR,
    "npm-2019": NPM_2019,
    "verdaccio": VERDACCIO,
    "verdaccio-old": VERDACCIO_OLD,
    "cnpm": CNPM,
    "nexus": NEXUS,
    "no-endpoints": NO_ENDPOINTS,
    "lying": LYING,
}
