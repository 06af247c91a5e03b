# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide the embedded registry to tests: its address, tokens, log and behavior."""

from __future__ import annotations

import socket
from collections import Counter
from dataclasses import replace
from pathlib import Path

from .behaviour import NPM, WORKING, Answer, Behaviour, Reply, choose_answer
from .endpoints import Visit, do_work, find_endpoint
from .loopback import LoopbackServer, Request, read_request
from .tls import Tls, make_certificates
from .tokens import Book, Token, make_token
from .wire import UNANSWERED, send

SWITCHABLE = ("whoami", "user", "logout", "list", "delete")
MOVED = "/moved"  # paths with this prefix work, as targets of redirects


class EmbeddedRegistry(LoopbackServer):
    """An npm registry on loopback, with tokens and a selectable behavior."""

    def __init__(
        self,
        behaviour: Behaviour = NPM,
        path: str = "/",
        tls: Tls | None = None,
        host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:
        self.certificates = make_certificates(tls) if tls else None
        super().__init__(host, port, self.certificates.context if self.certificates else None)
        self.path = f"/{path.strip('/')}/" if path.strip("/") else "/"
        self._book = Book()
        self.behave(behaviour)

    @property
    def url(self) -> str:
        """The registry's base URL, with a slash at the end."""
        return self.origin + self.path

    @property
    def ca_file(self) -> Path:
        """The CA to trust, in the directory that the registry's Tls sets."""
        if self.certificates is None:
            raise ValueError("this registry is not on TLS")
        return self.certificates.ca_file

    @property
    def revocations(self) -> int:
        """The number of tokens that were revoked by a request."""
        with self._lock:
            return self._book.count_revocations()

    def behave(self, behaviour: Behaviour) -> None:
        """Change the behavior from the next request on, and reset its counts."""
        with self._lock:
            self._behaviour = behaviour
            self._counts: Counter[str] = Counter()

    def add_user(self, name: str, password: str) -> None:
        """Register a user, for Basic authentication and logging in."""
        with self._lock:
            self._book.passwords[name] = password

    def create_token(self, user: str, token: str | None = None, readonly: bool = False, listed: bool = True) -> str:
        """Create a token for the user, with the given value or a new one. By default it is in the token list."""
        with self._lock:
            return self._book.add(Token(token or make_token(), user, listed=listed, readonly=readonly)).value

    def login(self, user: str, token: str | None = None) -> str:
        """Create a session token for the user, which is not in the token list."""
        return self.create_token(user, token, listed=False)

    def revoke(self, token: str) -> None:
        """Revoke a token without a request, as an administrator would."""
        with self._lock:
            self._book.revoke(self._book.tokens[token], by_request=False)

    def is_valid(self, token: str) -> bool:
        """Whether the registry accepts this token."""
        with self._lock:
            return token in self._book.tokens and self._book.tokens[token].is_valid()

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            keep = True
            while keep and not self.stopping.is_set():
                request = read_request(reader)
                keep = request is not None and self._respond(connection, request)

    def _respond(self, connection: socket.socket, request: Request) -> bool:
        serial = self.record(request)
        answer, reply = self._decide(request)
        self.note_status(serial, None if answer.kind in UNANSWERED else reply.status)
        keep = request.headers.get("connection", "").lower() != "close"
        return send(connection, answer, reply, keep, self.stopping)

    def _decide(self, request: Request) -> tuple[Answer, Reply]:
        moved = request.path.startswith(MOVED + self.path)
        target = request.path[len(MOVED) :] if moved else request.path
        endpoint, argument = find_endpoint(request.method, target, self.path)
        with self._lock:
            behaviour, answer = self._behaviour, Answer()
            if endpoint and not moved:
                name = endpoint if endpoint in SWITCHABLE else "other"
                answer = choose_answer(getattr(behaviour, name), self._counts[name])
                self._counts[name] += 1
            if answer.kind in WORKING:
                visit = Visit(request, endpoint, argument, self._book, behaviour, answer, self.origin, self.path)
                reply = do_work(visit)
            else:
                reply = answer.make_reply(self.origin, request.path)
        return answer, replace(reply, headers=reply.headers + behaviour.headers)
