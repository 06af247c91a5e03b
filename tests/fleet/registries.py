# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the registries of the fleet, and the requests that they received."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace

from tests.registry import NPM, Answer, EmbeddedRegistry, Request

_DOWN = "unavailable"
#: Responds with 503 to every request.
FAILING = replace(NPM, whoami=_DOWN, user=_DOWN, logout=_DOWN, list=_DOWN, delete=_DOWN)
_ONCE = Answer(_DOWN, times=1)
#: Responds with 503 to the first request of each endpoint.
STUMBLING = replace(NPM, whoami=_ONCE, user=_ONCE, logout=_ONCE, list=_ONCE, delete=_ONCE)


def name_token(token: str) -> str:
    """Compute the fingerprint of a token."""
    return f"sha256:{hashlib.sha256(token.encode()).hexdigest()[:16]}"


class WatchedRegistry(EmbeddedRegistry):
    """An embedded registry that reports the first request to revoke a token, and lists the tokens that it issued.

    :ivar given: the issued tokens, in order.
    :ivar on_first_revocation: called once, while the client waits for the response.
    """

    def __init__(self) -> None:
        super().__init__()
        self.given: list[str] = []
        self.on_first_revocation: Callable[[], None] | None = None

    @property
    def key(self) -> str:
        return self.url.partition(":")[2]

    def give(self) -> str:
        token = self.create_token("alice")
        self.given.append(token)
        return token

    def count_revoked(self) -> int:
        """Count the revoked tokens, and assert that each was revoked by exactly one request."""
        ends = [item for item in self.requests if item.method == "DELETE" and item.status in (200, 204)]
        assert len(ends) == self.revocations, [item.path.rpartition("/")[0] for item in ends]
        return len(ends)

    def list_valid(self) -> list[str]:
        return [token for token in self.given if self.is_valid(token)]

    def record(self, request: Request) -> int:
        serial = super().record(request)
        if request.method == "DELETE" and self.on_first_revocation:
            call, self.on_first_revocation = self.on_first_revocation, None
            call()
        return serial

    def write_npmrc(self, *tokens: str) -> str:
        """Write the text of an .npmrc with these tokens, one line each."""
        return "".join([f"; kept\nregistry={self.url}\n", *(f"{self.key}:_authToken={token}\n" for token in tokens)])
