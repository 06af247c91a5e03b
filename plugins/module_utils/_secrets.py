# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hold secrets without showing them, and identify tokens by their fingerprints.

Private to this collection. A ``Secret`` never prints its text. Fingerprints are for tokens only: a password is too
easily guessed from a digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterable
from urllib.parse import quote, quote_plus, unquote

_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{16}\Z")
_ESCAPE = re.compile("%[0-9A-F]{2}")
# Shorter ones occur in too many words.
_SHORTEST_CONCEALED = 8
# Shorter ones occur in too many names.
_SHORTEST_TOLD = 4


class Secret:
    """A token, a password or a user name with a password. Equal by value; only ``reveal()`` returns the text."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret()"

    __str__ = __repr__

    def __format__(self, _spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self._text == other._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> tuple[type[str], tuple[str]]:
        # A pickle must not contain the text.
        return str, (repr(self),)


class Pair(Secret):
    """A user name and a password for HTTP Basic authentication (RFC 7617): base64 of both."""

    __slots__ = ()

    def __init__(self, username: str, password: str) -> None:
        super().__init__(base64.b64encode(f"{username}:{password}".encode()).decode("ascii"))


def fingerprint(token: Secret) -> str:
    """Return ``sha256:`` and the first 16 hex digits of the SHA-256 of a token's UTF-8 text."""
    return f"sha256:{hashlib.sha256(to_bytes(token)).hexdigest()[:16]}"


def is_fingerprint(text: str) -> bool:
    """Return whether the text has the format of a fingerprint."""
    return bool(_FINGERPRINT.match(text))


def to_bytes(secret: Secret) -> bytes:
    """Return the secret as UTF-8; a lone surrogate, possible through a JSON escape, is kept."""
    return secret.reveal().encode("utf-8", "surrogatepass")


def list_forms(secret: Secret) -> frozenset[str]:
    """Return the forms of a secret: raw, percent-encoded, JSON-escaped, base64 and decoded base64."""
    raw = to_bytes(secret)
    text = raw.decode("utf-8", "replace")
    forms = {
        text,
        quote(raw, safe=""),
        _ESCAPE.sub(lambda match: match.group().lower(), quote(raw, safe="")),
        quote(raw),
        quote_plus(raw),
        json.dumps(secret.reveal())[1:-1],
        repr(text)[1:-1],
        base64.b64encode(raw).decode("ascii"),
        base64.urlsafe_b64encode(raw).decode("ascii"),
    }
    if ":" in text:
        # A user name and a password: also the latter alone.
        forms |= {text.partition(":")[2], unquote(text), unquote(text.partition(":")[2])}
    decoded = decode_base64(text)
    if decoded:
        forms |= {decoded, decoded.partition(":")[2], quote(decoded, safe=""), json.dumps(decoded)[1:-1]}
    return frozenset(form for form in forms if len(form) >= _SHORTEST_CONCEALED)


def reveals(text: str, secret: Secret) -> bool:
    """Return whether a text contains a piece of a secret, in any form. The user name of a pair does not count."""
    whole = secret.reveal()
    user, colon, password = (decode_base64(whole) or whole).partition(":")
    forms = {form for form in list_forms(secret) if not (colon and unquote(form).startswith(f"{user}:"))}
    forms |= list_forms(Secret(password))
    pieces = {text[start : start + _SHORTEST_CONCEALED] for start in range(len(text) - _SHORTEST_CONCEALED + 1)}
    short = {part for part in (whole, password) if _SHORTEST_TOLD <= len(part) < _SHORTEST_CONCEALED}
    return any(part in text for part in short) or any(
        form[start : start + _SHORTEST_CONCEALED] in pieces
        for form in forms
        for start in range(len(form) - _SHORTEST_CONCEALED + 1)
    )


def decode_base64(text: str) -> str | None:
    """Decode base64 (how npm stores ``_password`` and ``_auth``); return None if that is not possible."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


class Concealer:
    """Hides secrets, in every form, in names from elsewhere: a URL can contain a token that grants access.

    Secrets are not registered with Ansible: from ansible-core 2.22 on, registered values are sent unmasked to the
    controller, which prints them when debugging; an asynchronous task leaves them in its results file; and a token that
    is an ordinary word would be masked in all results, on every host of the run.
    """

    def __init__(self, secrets: Iterable[Secret] = ()) -> None:
        self._forms: dict[str, list[str]] = {}
        for form in sorted({form for secret in secrets for form in list_forms(secret)}, key=len, reverse=True):
            self._forms.setdefault(form[:_SHORTEST_CONCEALED], []).append(form)

    def __call__(self, text: str) -> str:
        # Find forms by their first characters, since there can be thousands.
        last = len(text) - _SHORTEST_CONCEALED
        beginnings = (text[index : index + _SHORTEST_CONCEALED] for index in range(last + 1))
        if not self._forms or self._forms.keys().isdisjoint(beginnings):
            return text
        pieces: list[str] = []
        position = index = 0
        while index <= last:
            candidates = self._forms.get(text[index : index + _SHORTEST_CONCEALED], ())
            form = next((form for form in candidates if text.startswith(form, index)), None)
            if form:
                pieces += [text[position:index], "<secret>"]
                position = index = index + len(form)
            else:
                index += 1
        return "".join([*pieces, text[position:]])
