# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide what all emulators of registries share: tokens, strict checks of requests, and faults.

An emulator responds as the documentation or the source of its registry says, and records a complaint about every
request that its registry does not document. A fact that is not certain is a switch, so that each possibility is tested.
"""

from __future__ import annotations

import json
import re
import secrets
import socket
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar
from urllib.parse import unquote

from tests.registry.behaviour import Answer, Reply, make_json
from tests.registry.loopback import LoopbackServer, Request, read_request
from tests.registry.wire import send

SIGN_IN = Reply(200, b"<!DOCTYPE html><title>Sign in</title><p>Please sign in.", "text/html")
NOT_FOUND = make_json(404, {"error": "not_found"})

Handler = Callable[[Any, "Call"], Reply]


@dataclass(frozen=True)
class Fault:
    """A fault that a registry of any kind can have.

    :ivar lies: it reports a revocation, but does not revoke the token.
    :ivar lag: the number of requests for which a revoked token is still accepted.
    :ivar limit: every request is rejected with this status of a rate limit: 429 or 403.
    :ivar html: the response to every request is a sign-in page.
    :ivar echoes: each error repeats the token and the path of the request.
    """

    lies: bool = False
    lag: int = 0
    limit: int = 0
    limit_headers: tuple[tuple[str, str], ...] = ()
    html: bool = False
    echoes: bool = False


HEALTHY = Fault()


@dataclass
class Issued:
    """A token that the registry has issued.

    :ivar kind: one of the emulator's own.
    :ivar state: ``valid``, ``revoked``, ``expired``, or another one that the emulator knows.
    :ivar lag: the number of requests for which it is still accepted.
    """

    value: str
    kind: str
    owner: str = "alice"
    state: str = "valid"
    facts: dict[str, Any] = field(default_factory=dict)
    lag: int = 0
    identity: int = 0


@dataclass(frozen=True)
class Call:
    """A parsed request.

    :ivar host: the name that it was sent to.
    :ivar found: the groups of the route's pattern in the path, percent-decoded.
    :ivar scheme: the scheme of the Authorization header, in lower case; empty for none.
    :ivar shown: the token of the request, from any of the headers.
    """

    request: Request
    host: str
    found: tuple[str, ...]
    scheme: str
    shown: str

    @property
    def body(self) -> Any:
        try:
            return json.loads(self.request.body)
        except ValueError:
            return None


class Emulator(LoopbackServer):
    """A registry on loopback that is reached under its real name."""

    #: Its host names. The first one is the registry's.
    names: ClassVar[tuple[str, ...]] = ()
    #: The registry's path below its host.
    path: ClassVar[str] = "/"
    #: (host or None for any; method; pattern of the whole path; handler).
    routes: ClassVar[Sequence[tuple[str | None, str, str, Handler]]] = ()
    #: Facts that are not certain: name -> all possible values, the likeliest first.
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    #: Headers besides Authorization that can contain a token.
    token_headers: ClassVar[tuple[str, ...]] = ()
    #: The headers of every response.
    headers: ClassVar[tuple[tuple[str, str], ...]] = ()

    def __init__(self, context: ssl.SSLContext, fault: Fault = HEALTHY, **switches: Any) -> None:
        super().__init__(context=context)
        unknown = set(switches) - set(self.switches)
        if unknown:
            raise ValueError(f"no such switch: {unknown}")
        self.fault = fault
        self.set = {name: values[0] for name, values in self.switches.items()} | switches
        self.tokens: dict[str, Issued] = {}
        #: A sentence for each request that the registry does not document.
        self.complaints: list[str] = []
        self.revoked: list[str] = []

    @property
    def url(self) -> str:
        """The registry's base URL."""
        return f"https://{self.names[0]}{self.path}"

    @property
    def ports(self) -> dict[str, int]:
        return dict.fromkeys(self.names, self.port)

    def issue(self, kind: str = "token", value: str = "", state: str = "valid", **facts: Any) -> str:
        """Issue a token, or register one with a given value."""
        text = value or self.make_value(kind)
        self.tokens[text] = Issued(text, kind, state=state, facts=facts, identity=len(self.tokens) + 1)
        return text

    def make_value(self, kind: str) -> str:
        return secrets.token_urlsafe(30)

    def is_valid(self, value: str) -> bool:
        """Check whether the registry accepts the token, including during a lag."""
        found = self.tokens.get(value)
        return found is not None and (found.state not in ("revoked", "expired") or found.lag > 0)

    # For the handlers -------------------------------------------------------------------------------------------------

    def find(self, call: Call) -> Issued | None:
        """Return the token of a request if it is accepted. Each request shortens the lag."""
        found = self.tokens.get(call.shown)
        if found is None:
            return None
        if found.state == "revoked" and found.lag > 0:
            found.lag -= 1
            return replace(found, state="valid")
        return found if found.state not in ("revoked", "expired") else None

    def know(self, call: Call) -> Issued | None:
        """Return the token of a request, in any state."""
        return self.tokens.get(call.shown)

    def revoke(self, value: str) -> None:
        found = self.tokens[value]
        if not self.fault.lies and found.state != "revoked":
            found.state, found.lag = "revoked", self.fault.lag
            self.revoked.append(value)

    def require(self, call: Call, *schemes: str) -> None:
        """Complain about a request whose scheme is not documented."""
        if call.scheme not in schemes:
            self.complain(call, f"shows its token as {call.scheme or 'nothing'}")

    def complain(self, call: Call, problem: str) -> None:
        self.complaints.append(f"{call.request.method} {call.host} {problem}")

    # The conversation -----------------------------------------------------------------------------------------------

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            while not self.stopping.is_set():
                request = read_request(reader)
                if request is None:
                    return
                serial = self.record(request)
                with self._lock:
                    reply = self.decide(request)
                self.note_status(serial, reply.status)
                if not send(connection, Answer(), reply, True, self.stopping):
                    return

    def decide(self, request: Request) -> Reply:
        call = self._take_apart(request)
        reply = self._misbehave(call) or self._work(call)
        if self.fault.echoes and reply.status >= 400:
            said = f"{call.shown} {request.path}"
            reply = replace(make_json(reply.status, {"error": said, "message": said}), headers=reply.headers)
        return replace(reply, headers=reply.headers + self.headers)

    def _misbehave(self, call: Call) -> Reply | None:
        if self.fault.html:
            return SIGN_IN
        if self.fault.limit:
            reply = make_json(self.fault.limit, {"message": "API rate limit exceeded"})
            return replace(reply, headers=self.fault.limit_headers)
        return None

    def _work(self, call: Call) -> Reply:
        path = call.request.path.partition("?")[0]
        for host, method, pattern, handler in self.routes:
            match = re.fullmatch(pattern, path)
            if match and method == call.request.method and host in (None, call.host):
                return handler(self, replace(call, found=tuple(unquote(text) for text in match.groups())))
        return self.answer_unknown(call)

    def answer_unknown(self, call: Call) -> Reply:
        """Respond to a request for an unknown endpoint."""
        return NOT_FOUND

    def _take_apart(self, request: Request) -> Call:
        scheme, shown = request.headers.get("authorization", "").partition(" ")[::2]
        for name in self.token_headers:
            if name in request.headers:
                scheme, shown = name, request.headers[name]
        host = request.headers.get("host", "").partition(":")[0]
        call = Call(request, host, (), scheme.lower(), shown.strip())
        if host not in self.names:
            self.complain(call, "is for another host")
        if request.headers.get("cache-control") != "no-cache":
            self.complain(call, "may be answered from a cache")
        return call
