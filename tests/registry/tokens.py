# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Store the users and tokens of the registry, and which tokens are valid."""

from __future__ import annotations

import hashlib
import secrets
import string
import time
import uuid
import zlib
from dataclasses import dataclass, field, replace

ALPHABET = string.digits + string.ascii_uppercase + string.ascii_lowercase


def compute_checksum(text: str) -> str:
    """Compute the last six characters of an npm token: the CRC-32 of the thirty before, in base 62."""
    rest, digits = zlib.crc32(text.encode()), ""
    while rest:
        rest, digit = divmod(rest, 62)
        digits = ALPHABET[digit] + digits
    return digits.rjust(6, "0")


def make_token() -> str:
    """Make a new token in npm's format, with a valid checksum."""
    text = "".join(secrets.choice(ALPHABET) for dummy in range(30))
    return f"npm_{text}{compute_checksum(text)}"


@dataclass(frozen=True)
class Token:
    """A token that the registry has issued, valid or not."""

    value: str
    user: str
    listed: bool = True
    readonly: bool = False
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    valid_until: float | None = None  # on the monotonic clock; None: not revoked
    asks_left: int = 0  # the number of requests for which it is still valid after the revocation
    revoked_by_request: bool = False

    def is_valid(self) -> bool:
        return self.valid_until is None or self.asks_left > 0 or time.monotonic() < self.valid_until

    def make_key(self, style: str) -> str:
        """Make the name of this token in the token list."""
        styles = {"uuid": str(self.id), "hex32": self.id.hex, "token": self.value}
        return styles[style] if style in styles else hashlib.sha512(self.value.encode()).hexdigest()

    def mask(self, head: int, tail: int) -> str:
        """Mask this token as the token list shows it."""
        return f"{self.value[:head]}...{self.value[-tail:]}" if tail else self.value[:head]


class Book:
    """The state of the registry. Callers must hold the registry's lock."""

    def __init__(self) -> None:
        self.passwords: dict[str, str] = {}
        self.tokens: dict[str, Token] = {}

    def add(self, token: Token) -> Token:
        self.tokens[token.value] = token
        return token

    def revoke(self, token: Token, seconds: float = 0.0, asks: int = 0, by_request: bool = True) -> None:
        """Revoke a token, now or later; a second request does not delay the revocation."""
        if token.valid_until is None:
            valid_until = time.monotonic() + seconds
            self.add(replace(token, valid_until=valid_until, asks_left=asks, revoked_by_request=by_request))

    def hide(self, token: Token) -> None:
        """Remove a token from the list, but keep it valid."""
        self.add(replace(token, listed=False))

    def count_ask(self, token: Token) -> None:
        """Count an identity request with this token."""
        self.add(replace(token, asks_left=max(0, token.asks_left - 1)))

    def list_tokens(self, user: str) -> list[Token]:
        """List the tokens of the user, without those that are being revoked and may still be valid."""
        listed = (token for token in self.tokens.values() if token.listed and token.valid_until is None)
        return [token for token in listed if token.user == user]

    def count_revocations(self) -> int:
        return sum(token.revoked_by_request and not token.is_valid() for token in self.tokens.values())
