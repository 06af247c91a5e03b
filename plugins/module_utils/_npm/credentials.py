# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Group the settings that together log in to one registry.

Private to this collection. Pure. Follows npm's ``hasAuth`` (``npm-registry-fetch``, ``lib/auth.js``) and
``clearCredentialsByURI`` (``@npmcli/config``). npm 8 and older use the unscoped names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import split_name
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import USERINFO
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

#: The key of legacy credentials that have none; they belong to the default registry.
UNSCOPED = ""

TOKEN = "token"  # the kind, not a secret
BASIC = "basic"
CERTIFICATE = "certificate"
HELPER = "helper"
#: The source of a commented-out credential, and of one whose secret is in a variable.
COMMENT = "comment"
ENVIRONMENT = "environment"

_TOKEN_FIELDS = frozenset({"_authToken"})
_UNSCOPED_TOKEN_FIELDS = frozenset({"_authToken", "_authtoken", "-authtoken"})
# Settings that a login of any registry can use: Yarn 1 sends a token only together with ``always-auth``.
_SHARED_FIELDS = frozenset({"email", "always-auth"})
_UNSCOPED_FIELDS = _UNSCOPED_TOKEN_FIELDS | _SHARED_FIELDS | {"_auth", "username", "_password", "cert", "key"}
_KEY_FIELDS = frozenset(
    {
        USERINFO,
        "_authToken",
        "_auth",
        "username",
        "_password",
        "certfile",
        "keyfile",
        "cert",
        "key",
        "tokenHelper",
        "email",
        "always-auth",
    }
)
#: The text that identifies a private key in PEM.
_PRIVATE_KEY = "PRIVATE KEY"


class Credential(NamedTuple):
    """The settings that together log in to one registry.

    :ivar key: registry key as in the file, or ``UNSCOPED``.
    :ivar kind: ``token``, ``basic``, ``certificate`` or ``helper``.
    :ivar readings: its settings, in the order of the file.
    :ivar source: ``literal``, ``environment``, ``helper`` or ``comment``.
    :ivar secret: the token, the password as stored, or the private key; None if the file contains no secret.
    :ivar unset: environment variables that its value refers to and that are not set.
    """

    key: str
    kind: str
    readings: tuple[Reading, ...]
    source: str
    secret: Secret | None = None
    # May contain a token that was put into the braces of "${...}" by mistake.
    unset: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"Credential({self.kind}, line={self.line})"

    @property
    def line(self) -> int:
        return self.readings[0].setting.line

    @property
    def keys(self) -> tuple[str, ...]:
        """The settings' names as written: the value of a ``${VAR}`` in a name must not be shown."""
        return tuple(dict.fromkeys(reading.setting.label for reading in self.readings))

    @property
    def set_in(self) -> tuple[tuple[str, int | None], ...]:
        """Paths and lines that set the variables that its value refers to."""
        return tuple(dict.fromkeys(place for reading in self.readings for place in reading.set_in))

    @property
    def set_by(self) -> tuple[str, ...]:
        """What sets these variables to an unknown value, each as a part of a sentence."""
        return tuple(dict.fromkeys(said for reading in self.readings for said in reading.set_by))

    @property
    def fingerprint(self) -> str | None:
        return fingerprint(self.secret) if self.kind == TOKEN and self.secret else None


def find_credentials(readings: Iterable[Reading]) -> tuple[Credential, ...]:
    """Group a file's settings into credentials, in the order of the file.

    :param readings: top-level settings, with commented-out ones only if they count. A setting that occurs twice
        gives two credentials: the shadowed one is as secret as the other.
    """
    found: list[Credential] = []
    for (key, commented), fields in _group(readings).items():
        found += _find_at(key, commented, fields)
    return tuple(sorted(found, key=lambda credential: credential.line))


def find_companions(
    readings: Iterable[Reading], credentials: Sequence[Credential], *, others_stay: bool = False
) -> tuple[Reading, ...]:
    """Return the settings at the keys of these credentials that are not credentials themselves.

    npm removes them together with the credential: ``email``, ``always-auth``, a user name next to a token.

    :param others_stay: other credentials stay in the file and may use its top-level ``email`` and ``always-auth``.
    """
    keys = {(credential.key, credential.source == COMMENT) for credential in credentials}
    taken = {id(reading.setting) for credential in credentials for reading in credential.readings}
    return tuple(
        reading
        for group, fields in _group(readings).items()
        if group in keys
        for reading in _flatten(fields)
        if id(reading.setting) not in taken
        and not (others_stay and group[0] == UNSCOPED and reading.name in _SHARED_FIELDS)
    )


def is_login_field(name: str) -> bool:
    """Return whether a setting of this name belongs to a login."""
    return _place(name) is not None


def _place(name: str) -> tuple[str, str] | None:
    parts = split_name(name)
    if parts:
        return parts if parts[1] in _KEY_FIELDS else None
    return (UNSCOPED, name) if name in _UNSCOPED_FIELDS else None


def _group(readings: Iterable[Reading]) -> dict[tuple[str, bool], dict[str, list[Reading]]]:
    groups: dict[tuple[str, bool], dict[str, list[Reading]]] = {}
    for reading in readings:
        place = _place(reading.name)
        if place:
            key, field_name = place
            fields = groups.setdefault((key, reading.setting.commented), {})
            fields.setdefault(field_name, []).append(reading)
    return groups


def _flatten(fields: dict[str, list[Reading]]) -> list[Reading]:
    return sorted((item for items in fields.values() for item in items), key=lambda item: item.setting.line)


def _find_at(key: str, commented: bool, fields: dict[str, list[Reading]]) -> list[Credential]:
    def holding(name: str) -> list[Reading]:
        return [item for item in fields.get(name, ()) if item.value or item.unset]

    def make(kind: str, readings: list[Reading], secret: Reading | None = None) -> Credential:
        return _make(key, kind, readings, secret, commented)

    token_fields = _TOKEN_FIELDS if key else _UNSCOPED_TOKEN_FIELDS
    tokens = [item for name in token_fields for item in holding(name)]
    # A fallback is a separate token, which applies where the variable is not set.
    tokens += [item._replace(value=item.fallback, references=(), unset=()) for item in tokens if item.fallback]
    # So is what another client reads.
    tokens += [
        item._replace(value=text, unset=())
        for name in token_fields
        for item in fields.get(name, ())
        for text in item.others
    ]
    found = [make(TOKEN, [item], item) for item in tokens]
    found += [make(BASIC, [item], item) for name in ("_auth", USERINFO) for item in holding(name)]
    found += [make(HELPER, [item]) for item in holding("tokenHelper")]
    names, passwords = holding("username"), holding("_password")
    for item in passwords:
        # User names belong to the last password, which is the one that npm reads.
        found.append(make(BASIC, [item, *(names if item is passwords[-1] else [])], item))
    certificates, private_keys = holding("certfile"), holding("keyfile")
    if certificates and private_keys:
        found.append(make(CERTIFICATE, certificates + private_keys))
    found += _find_certificate_texts(holding("cert"), holding("key"), make)
    if names and not found:
        # A lone user name is the rest of a login.
        found.append(make(BASIC, names))
    return found


def _find_certificate_texts(
    certificates: list[Reading], private_keys: list[Reading], make: Callable[..., Credential]
) -> list[Credential]:
    """Return the certificates whose text is in the file. A private key is a secret even without a certificate."""
    if not certificates:
        private_keys = [item for item in private_keys if _PRIVATE_KEY in (item.value or "")]
    # Certificates belong to the last key, which is the effective one.
    return [
        make(CERTIFICATE, [item, *(certificates if item is private_keys[-1] else [])], item) for item in private_keys
    ]


def _make(key: str, kind: str, readings: list[Reading], secret: Reading | None, commented: bool) -> Credential:
    readings = sorted(readings, key=lambda reading: reading.setting.line)
    unset = secret.unset if secret else ()
    if commented:
        source = COMMENT
    elif kind == HELPER:
        source = "helper"
    else:
        source = ENVIRONMENT if secret and secret.references else "literal"
    value = Secret(secret.value) if secret and secret.value and not unset else None
    return Credential(key, kind, tuple(readings), source, value, unset)
