# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How is a secret carried without being shown, and under which name is it spoken of?

Private to this collection. A ``Secret`` prints itself nowhere; a token is spoken of by its fingerprint. Fingerprints
are for tokens only: a password is too easily guessed from a digest.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

_FINGERPRINT = re.compile(r"sha256:[0-9a-f]{16}\Z")
# Shorter values, registered for masking, would garble a run's own words more than they would protect.
_SHORTEST_MASKED = 8


class Secret:
    """A token, a password or a pair of both. Equal by value; ``reveal()`` is the only way to the text."""

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
        # A pickle is a way out as well.
        return str, (repr(self),)


def fingerprint(token: Secret) -> str:
    """``sha256:`` and the first 16 hex digits of the SHA-256 of a token's UTF-8 text."""
    return f"sha256:{hashlib.sha256(to_bytes(token)).hexdigest()[:16]}"


def is_fingerprint(text: str) -> bool:
    """Has the text the shape of a fingerprint?"""
    return bool(_FINGERPRINT.match(text))


def to_bytes(secret: Secret) -> bytes:
    """The secret as UTF-8; a lone surrogate, which a JSON escape can bring in, stays what it is."""
    return secret.reveal().encode("utf-8", "surrogatepass")


def list_forms(secret: Secret) -> frozenset[str]:
    """Every text under which a secret could turn up: raw, percent-encoded, JSON-escaped, base64 and decoded base64."""
    raw = to_bytes(secret)
    text = raw.decode("utf-8", "replace")
    forms = {
        text,
        quote(raw, safe=""),
        quote(raw, safe="").lower(),
        quote(raw),
        quote_plus(raw),
        json.dumps(secret.reveal())[1:-1],
        repr(text)[1:-1],
        base64.b64encode(raw).decode("ascii"),
        base64.urlsafe_b64encode(raw).decode("ascii"),
    }
    decoded = decode_base64(text)
    if decoded:
        forms |= {decoded, decoded.partition(":")[2], quote(decoded, safe=""), json.dumps(decoded)[1:-1]}
    return frozenset(form for form in forms if len(form) >= _SHORTEST_MASKED)


def decode_base64(text: str) -> str | None:
    """The text behind base64 (how npm stores ``_password`` and ``_auth``); None where there is none."""
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return None


def mask(secrets: Iterable[Secret], no_log_values: set[str], *, public: Callable[[str], bool]) -> None:
    """Have Ansible mask secrets wherever they might still appear: a second net, nothing here relies on it.

    :param no_log_values: ``AnsibleModule.no_log_values``, which masks up to ansible-core 2.21.
    :param public: says whether a text is one of the words that results are made of, which must not be masked: who
        chose "confirmed" as a token would otherwise hide the outcome of everyone's.
    """
    forms = {form for secret in secrets for form in list_forms(secret) if not public(form)}
    no_log_values.update(forms)
    try:
        from ansible.module_utils.secrets import register_secret  # ansible-core 2.22 and newer
    except ImportError:
        return
    for form in forms:
        register_secret(form)
