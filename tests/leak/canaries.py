# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make unique secrets, and list the forms in which they could appear."""

from __future__ import annotations

import base64
import hashlib
import json
import random
import re
import string
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

#: The user of every login. It is shorter than any piece that is searched for, so that it never matches.
USER = "al"
#: The minimum length of the forms that are searched for.
SHORTEST = 6

# "?" is a letter or digit that is random for each canary, "#" a hex digit. All but the shortest shapes have eight of
# them in a row, so that some piece of the canary remains unchanged by any escaping.
SHAPES = {
    "npm": "npm_" + "?" * 36,
    "gitlab": "glpat-" + "?" * 20,
    "github": "ghp_" + "?" * 36,
    "cnpm": "cnpm_" + "?" * 20 + "_" + "?" * 6,
    "base64": "????????/????+????/????????+????????==",
    "hex": "#" * 40,
    "uuid": "########-####-####-####-############",
    "jwt": "eyJ??????????.eyJ????????????????.????????_????-????????",
    # {"alg":"HS256"}, {"exp":1900000000}
    "jwt_expiring": "eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjE5MDAwMDAwMDB9.????????????????????????????????",
    "percent": "????????%2F????%????????%20????????",
    "quotes": '????????"????\\????? ????\'?????"????????',
    "accents": "????????\u00e9????\u00fc?????????????",
    "beyond": "????????\u6f22????\u00e9????????",
    "human": "????????-!?",
    "words": "???????? ?????? ????????",
    "url": "????????@????:????????",
    "slashes": "????????/????/????????",
    "short": "??????",
}


@dataclass(frozen=True)
class Canary:
    """A unique secret.

    :ivar name: the case and its role there, such as ``confirmed/token``.
    :ivar text: the secret.
    """

    name: str
    text: str

    @property
    def role(self) -> str:
        return self.name.rpartition("/")[2]

    @property
    def is_password(self) -> bool:
        """Whether even the digest must not be shown. A token's digest is its fingerprint and may be shown."""
        return "password" in self.role


def make_canary(name: str, shape: str, seed: str) -> Canary:
    """Make the canary of this name. It is the same for the same seed, so that failures are reproducible."""
    source = random.Random(f"{seed} {name} {shape}")
    while True:
        text = "".join(_fill(char, source) for char in SHAPES[shape])
        # As in any real token, so that code that recognizes secrets by their format can match.
        is_mixed = any(char.isdigit() for char in text) and any(char.isalpha() for char in text)
        # Eight digits could occur in other numbers, such as those of Ansible's temporary directories.
        if is_mixed and not re.search("[0-9]{8}", text):
            return Canary(name, text)


def _fill(char: str, source: random.Random) -> str:
    alphabet = {"?": string.ascii_letters + string.digits, "#": "0123456789abcdef"}.get(char)
    return source.choice(alphabet) if alphabet else char


def encode_basic(password: str) -> str:
    """Encode the value that npm stores as ``_auth``."""
    return base64.b64encode(f"{USER}:{password}".encode()).decode()


@dataclass(frozen=True)
class Form:
    """A form in which a canary can be written.

    :ivar width: the number of consecutive bytes that count as a find.
    """

    label: str
    text: bytes
    width: int

    def list_pieces(self) -> Iterator[bytes]:
        for start in range(max(1, len(self.text) - self.width + 1)):
            yield self.text[start : start + self.width]


def list_forms(canary: Canary) -> tuple[Form, ...]:
    """List all forms: unchanged, escaped, percent-encoded, with its user, in base64 of any kind, in hex."""
    plain = (canary.text, f"{USER}:{canary.text}")
    forms = [Form(label, text, 8) for secret in plain for label, text in _write_plainly(secret)]
    for secret in plain:
        forms += [Form("base64", text, 10) for text in _encode_base64(secret.encode())]
        forms.append(Form("hex", secret.encode().hex().encode(), 16))
    if canary.is_password:
        digest = hashlib.sha256(canary.text.encode()).hexdigest().encode()
        stored = (base64.b64encode(canary.text.encode()).decode(), encode_basic(canary.text))
        digests = [digest, *(hashlib.sha256(text.encode()).hexdigest().encode() for text in stored)]
        forms += [Form("digest", text, 12) for text in digests]
    # The part of a short secret inside longer base64 could occur anywhere by chance.
    return tuple({form.text: form for form in reversed(forms) if len(form.text) >= SHORTEST}.values())


def _write_plainly(secret: str) -> Iterator[tuple[str, bytes]]:
    escaped = json.dumps(secret)[1:-1]
    quoted = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    yield "raw", secret.encode()
    yield "latin-1", secret.encode("latin-1", "replace")
    yield "JSON", escaped.encode()
    yield "JSON", json.dumps(secret, ensure_ascii=False)[1:-1].encode()
    yield "JSON twice", json.dumps(escaped)[1:-1].encode()
    yield "repr", repr(secret)[1:-1].encode()
    yield "quoted for a shell", secret.replace("'", "'\"'\"'").encode()
    for text in quoted:
        yield "percent-encoded", text.encode()
        yield "percent-encoded", _lower_escapes(text).encode()


def _lower_escapes(quoted: str) -> str:
    head, *rest = quoted.split("%")
    return "%".join([head, *(part[:2].lower() + part[2:] for part in rest)])


def _encode_base64(secret: bytes) -> Iterator[bytes]:
    """Yield base64 in both alphabets, with and without padding, also of longer texts that contain the secret."""
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        yield encode(secret)
        yield encode(secret).rstrip(b"=")
        for before in range(3):
            whole = encode(b"\0" * before + secret)
            # The characters at both ends also depend on the neighboring bytes.
            inside = whole[4 if before else 0 : (before + len(secret)) // 3 * 4]
            if len(inside) >= 8:
                yield inside
