# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A setting, whatever its file's format, and the interface of a format.

Private to this collection. Pure. Each client's format turns a file's bytes into settings under npm's own names:
``registry``, ``@scope:registry``, ``//host/path/:_authToken``. From here on nothing else need know the format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry

#: The field of a credential that stands inside a registry's URL: ``user:password``.
USERINFO = "_userinfo"
#: The key of a registry that a file does not tell; it is no host's.
UNKNOWN_KEY = "//?/"
# As the URL standard has it: the login ends at the last "@" before the path. Yarn leaves the scheme out at times.
_LOGIN_IN_URL = re.compile(r"(?i)\s*(?:https?:)?//([^/\\?#]+)@")
_URL = re.compile(r"(?i)\s*(https?:)?//(?:[^/\\?#]*@)?([^?#]*)")

#: What is in the braces where a reference says what counts without the variable: ``VAR-fallback``, ``VAR:-fallback``.
WITH_FALLBACK = re.compile(r"([^:-]+)(:?)-(.+)\Z", re.S)

_SAYS_LOGIN = re.compile(rb"(?i)auth|token|passw|username|private key|//[^\s\"'/]*@|\\")


class Setting(NamedTuple):
    """One setting of a file; ``${VAR}`` still stands as written.

    :ivar name: npm's name for it.
    :ivar value: text, or what the format makes of it: true, false, null, a number, a list, a mapping.
    :ivar line: line number, from 1.
    :ivar start: offset of the first byte that goes with it when it is removed.
    :ivar end: offset behind the last one.
    :ivar value_start: offset of the first byte of its value; ``value_end`` where there is none.
    :ivar value_end: offset behind the last byte of its value.
    :ivar appends: written as ``key[]``.
    :ivar section: the ``[section]`` of an .npmrc that it is under, or None. npm ignores what is under one.
    :ivar commented: it is in a comment.
    :ivar shown: what its own client calls it, where that is not ``name``.
    :ivar in_url: it is a part of the URL of a registry, which is ``shown``.
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

    @property
    def identity(self) -> tuple[bool, str | None, str, str]:
        """What makes this the same setting in another version of the file, wherever it is there."""
        return (self.commented, self.section, self.name, json.dumps(self.value, sort_keys=True))

    @property
    def label(self) -> str:
        """Its name, for a person."""
        return f"{self.shown} (login in its URL)" if self.in_url else self.shown or self.name

    def __hash__(self) -> int:
        # A value can be a list.
        return hash((self.name, self.line, self.start, self.end))

    def __repr__(self) -> str:
        # A value may be a secret: it must not reach a traceback or a log by way of a repr.
        return f"Setting(line={self.line})"


class Value(NamedTuple):
    """Something that a file says, be it a setting or not.

    :ivar names: its own and those around it, the outermost first.
    :ivar start: offset of its first byte; ``end`` behind its last one.
    """

    names: tuple[str, ...]
    start: int
    end: int


class Expansion(NamedTuple):
    """A text with its references replaced.

    :ivar text: an unset ``${VAR}`` stays as it is, an unset ``${VAR?}`` is empty.
    :ivar references: names of all variables that it refers to.
    :ivar unset: those among them that the environment does not have, and that npm would miss.
    """

    text: str
    references: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # The text in braces is a token where somebody has mistaken them.
        return f"Expansion({len(self.references)} references)"


class Format(Protocol):
    """How one kind of file is read and edited. A format is a module with these names.

    One in which a password stands as it is, not in base64, has ``PLAIN_PASSWORDS`` as well.

    :ivar ONE_LINE_EACH: a setting is always one whole line.
    """

    ONE_LINE_EACH: bool

    def parse_settings(self, data: bytes) -> tuple[Setting, ...]:
        """All settings that have to do with registries and logins, in the order of the file.

        :raises StoreError: the file is none of this format; the message is the end of a sentence, and shows no value.
        """

    def list_values(self, data: bytes) -> tuple[Value, ...]:
        """The values of which another line can say what they are, in the order of the file."""

    def remove(self, data: bytes, doomed: Iterable[Setting]) -> bytes:
        """The file without these settings (found by ``identity``), every other byte as it was.

        :raises StoreError: it cannot be done without touching something else.
        """

    def write_value(self, data: bytes, setting: Setting, text: str, /) -> tuple[int, int, bytes]:
        """From where to where the value of a setting stands, and the bytes that stand for another text there."""

    def expand(self, text: str, environment: Mapping[str, str]) -> Expansion:
        """Replace what the client takes for references to environment variables."""


def cut(data: bytes, spans: Iterable[tuple[int, int]]) -> bytes:
    """Bytes without these spans, which may overlap."""
    kept: list[bytes] = []
    position = 0
    for start, end in sorted(spans):
        if start > position:
            kept.append(data[position:start])
        position = max(position, end)
    kept.append(data[position:])
    return b"".join(kept)


def write_quoted(_data: bytes, setting: Setting, text: str) -> tuple[int, int, bytes]:
    """As ``Format.write_value``, where a client reads a JSON string as what it is: YAML, TOML and Yarn 1 do."""
    return setting.value_start, setting.value_end, json.dumps(text).encode()


def is_link(name: str) -> bool:
    """Whether a setting of this name is the URL of a registry.

    ``registry``, ``@scope:registry``, and ``//host/path/:registry`` for a URL that a file names otherwise.
    """
    return name == "registry" or (name.startswith(("@", "//")) and name.endswith(":registry"))


def find_login_in_url(data: bytes, link: Setting) -> tuple[Setting, ...]:
    """The user name and password in a registry's URL, as a setting of its own within the value.

    :param link: the setting that holds the URL.
    :returns: one or none. Where the URL is written in a way (escapes) that it cannot be cut out of, its span is empty,
        and its value's is that of the whole URL.
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
    """Whether a login could be in a file that cannot be read. An escape can hide any word."""
    return bool(_SAYS_LOGIN.search(data))


def require_removed(left: Iterable[Setting], doomed: Collection[Setting]) -> None:
    """:raises StoreError: one of the doomed settings is still among those that are left."""
    names, identities = {item.name for item in doomed}, {item.identity for item in doomed}
    for item in left:
        if item.name in names and item.identity in identities:
            raise StoreError(
                f"line {item.line}: removing the credential would change other settings: edit this line by hand"
            )


def make_key(url: str) -> str:
    """The registry key of a URL, which may lack its scheme."""
    match = _URL.match(url)
    if not match:
        return UNKNOWN_KEY
    scheme, rest = match.groups()
    try:
        return parse_registry(f"{scheme or 'https:'}//{rest}").key
    except InvalidUrl:
        # A reference to a variable, maybe: what it stands for is put in later.
        return f"//{rest.rstrip('/')}/"
