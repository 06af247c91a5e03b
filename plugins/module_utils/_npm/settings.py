# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define a setting, independent of its file's format, and the interface of a format.

Private to this collection. Pure. Each client's format turns a file's bytes into settings with npm's own names:
``registry``, ``@scope:registry``, ``//host/path/:_authToken``. Other code does not depend on the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry

#: Where packages are published to, if that is not the registry that they are read from.
PUBLISH = "@:publish:registry"
#: The field of a credential inside a registry's URL: ``user:password``.
USERINFO = "_userinfo"
#: The key of an unknown registry; no host has this key.
UNKNOWN_KEY = "//?/"
# In the URL standard, the login ends at the last "@" before the path. Yarn sometimes omits the scheme.
_LOGIN_IN_URL = re.compile(r"(?i)\s*(?:https?:)?//([^/\\?#]+)@")
_URL = re.compile(r"(?i)\s*(https?:)?//(?:[^/\\?#]*@)?([^?#]*)")

#: The text in the braces of a reference with a fallback: ``VAR-fallback``, ``VAR:-fallback``.
WITH_FALLBACK = re.compile(r"([^:-]+)(:?)-(.+)\Z", re.S)

_SAYS_LOGIN = re.compile(rb"(?i)auth|token|passw|username|private key|//[^\s\"'/]*@|\\")


class Setting(NamedTuple):
    """One setting of a file, with each ``${VAR}`` as written.

    :ivar name: npm's name for it.
    :ivar value: text, or another value of the format: true, false, null, a number, a list, a mapping.
    :ivar line: line number, from 1.
    :ivar start: offset of the first byte to remove with it.
    :ivar end: offset after the last byte to remove.
    :ivar value_start: offset of the first byte of its value; ``value_end`` if there is none.
    :ivar value_end: offset after the last byte of its value.
    :ivar appends: written as ``key[]``.
    :ivar section: the ``[section]`` of an .npmrc that contains it, or None. Only pnpm uses settings in sections.
    :ivar commented: it is in a comment.
    :ivar shown: the name that its own client uses, if that is not ``name``.
    :ivar in_url: it is part of the registry URL in the setting ``shown``.
    :ivar others: the texts that other clients read instead of its value.
    """

    name: str
    value: Any
    line: int
    start: int
    end: int
    value_start: int
    value_end: int
    appends: bool = False
    section: str | None = None
    commented: bool = False
    shown: str = ""
    in_url: bool = False
    others: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[bool, str | None, str, str]:
        """Identifies the setting in another version of the file, at any position."""
        value = [self.value, *self.others] if self.others else self.value
        return (self.commented, self.section, self.name, json.dumps(value, sort_keys=True))

    @property
    def label(self) -> str:
        """Its human-readable name."""
        return f"{self.shown} (login in its URL)" if self.in_url else self.shown or self.name

    def __hash__(self) -> int:
        # A value can be a list.
        return hash((self.name, self.line, self.start, self.end))

    def __repr__(self) -> str:
        # A value may be a secret, which must not appear in a traceback or a log.
        return f"Setting(line={self.line})"


class Value(NamedTuple):
    """A value of a file, which may be a setting or not.

    :ivar names: its name after those of its parents, the outermost first.
    :ivar start: offset of its first byte; ``end``, after its last one.
    """

    names: tuple[str, ...]
    start: int
    end: int


class Expansion(NamedTuple):
    """A text with its references replaced.

    :ivar text: an unset ``${VAR}`` stays as it is, an unset ``${VAR?}`` is empty.
    :ivar references: names of all variables that it refers to.
    :ivar unset: those of them that npm requires and the environment does not have.
    """

    text: str
    references: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # The text in braces may be a token that was put there by mistake.
        return f"Expansion({len(self.references)} references)"


class Format(Protocol):
    """How one kind of file is read and edited. A format is a module with these names.

    A format in which passwords are plain, not in base64, also has ``PLAIN_PASSWORDS``.

    :ivar ONE_LINE_EACH: a setting is always one whole line.
    """

    ONE_LINE_EACH: bool

    def parse_settings(self, data: bytes) -> tuple[Setting, ...]:
        """Return all settings for registries and logins, in the order of the file.

        :raises StoreError: the file is not in this format. The message ends a sentence and contains no value.
        """

    def list_values(self, data: bytes) -> tuple[Value, ...]:
        """Return the values whose meaning another line can determine, in the order of the file."""

    def remove(self, data: bytes, doomed: Iterable[Setting]) -> bytes:
        """Return the file without these settings (found by ``identity``), with every other byte unchanged.

        :raises StoreError: the settings cannot be removed without changing something else.
        """

    def write_value(self, data: bytes, setting: Setting, text: str, /) -> tuple[int, int, bytes]:
        """Return the start and end of a setting's value, and the bytes that replace it to set another text."""

    def expand(self, text: str, environment: Mapping[str, str]) -> Expansion:
        """Replace what the client reads as references to environment variables."""


def cut(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Return the bytes without these spans, which may overlap."""
    kept: list[bytes] = []
    position = 0
    for start, end in sorted(spans):
        if start > position:
            kept.append(data[position:start])
        position = max(position, end)
    kept.append(data[position:])
    return b"".join(kept)


def write_quoted(_data: bytes, setting: Setting, text: str) -> tuple[int, int, bytes]:
    """Implement ``Format.write_value`` for clients that read JSON strings: YAML, TOML and Yarn 1."""
    return setting.value_start, setting.value_end, json.dumps(text).encode()


def is_link(name: str) -> bool:
    """Return whether a setting of this name is the URL of a registry.

    ``registry``, ``@scope:registry``, ``@scope:publish:registry``, ``@:publish:registry`` without a scope, and
    ``//host/path/:registry`` for a URL that a file gives in another way.
    """
    return name == "registry" or (name.startswith(("@", "//")) and name.endswith(":registry"))


def find_login_in_url(data: bytes, link: Setting) -> tuple[Setting, ...]:
    """Return the user name and password in a registry's URL, as a setting of its own within the value.

    :param link: the setting with the URL.
    :returns: one or none. If the login cannot be cut out of the URL (escapes), the setting's span is empty, and the
        span of its value is that of the whole URL.
    """
    if not is_link(link.name) or not isinstance(link.value, str):
        return ()
    match = _LOGIN_IN_URL.match(link.value)
    if not match:
        return ()
    login = match.group(1)
    raw = data.find(f"//{login}@".encode(), link.value_start, link.value_end)
    start = raw + len("//") if raw >= 0 else link.value_start
    end = start + len(f"{login}@".encode()) if raw >= 0 else start
    return (
        link._replace(
            name=f"{make_key(link.value)}:{USERINFO}",
            value=login,
            start=start,
            end=end,
            value_start=start,
            value_end=end - 1 if raw >= 0 else link.value_end,
            shown=link.label,
            in_url=True,
        ),
    )


def may_hold_login(data: bytes) -> bool:
    """Return whether a file that cannot be parsed may contain a login. An escape can hide any word."""
    return bool(_SAYS_LOGIN.search(data))


def require_removed(left: Iterable[Setting], doomed: Collection[Setting]) -> None:
    """:raises StoreError: a setting to remove is still in the file."""
    names, identities = {item.name for item in doomed}, {item.identity for item in doomed}
    for item in left:
        if item.name in names and item.identity in identities:
            raise StoreError(
                f"line {item.line}: removing the credential would change other settings: edit this line by hand"
            )


def make_key(url: str) -> str:
    """Return the registry key of a URL, which may lack its scheme."""
    match = _URL.match(url)
    if not match:
        return UNKNOWN_KEY
    scheme, rest = match.groups()
    try:
        return parse_registry(f"{scheme or 'https:'}//{rest}").key
    except InvalidUrl:
        # The URL may contain a reference, which is replaced later.
        return f"//{rest.rstrip('/')}/"
