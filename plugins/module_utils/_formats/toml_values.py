# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read one string or other single value of a TOML document.

Private to this collection. Pure. See ``toml_reader`` for the version of the language. Every function takes a document
and an offset, and returns what is there and the offset after it, or None if nothing of the kind begins there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BARE_KEY = re.compile(rb"[A-Za-z0-9_-]+")
_BASIC = re.compile(rb'"([^"\\\r\n]*(?:\\.[^"\\\r\n]*)*)"')
_LITERAL = re.compile(rb"'([^'\r\n]*)'")
# Up to two quotes may precede the closing three.
_LONG_BASIC = re.compile(rb'"""(?:\r?\n)?([^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*)"""("{0,2})', re.S)
_LONG_LITERAL = re.compile(rb"'''(?:\r?\n)?([^']*(?:'(?!'')[^']*)*)'''('{0,2})")
_ESCAPE = re.compile(
    r'\\(?:([btnfre"\\])|x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})|([ \t]*\n[ \t\n]*)|.|\Z)', re.S
)
_ESCAPED = {"b": "\b", "t": "\t", "n": "\n", "f": "\f", "r": "\r", "e": "\x1b", '"': '"', "\\": "\\"}
# Any text of the characters of numbers and dates. It need not be valid TOML, because the value is kept as written.
_SCALAR = re.compile(
    rb"true|false|[+-]?(?:inf|nan|[0-9][0-9A-Fa-f_xo.:+TtZz-]*(?: [0-9]{2}:[0-9:.]+(?:[Zz]|[+-][0-9:]+)?)?)"
)
_BEHIND_SCALAR = b" \t\r\n,]}#"


class Malformed(Exception):
    """The text at the offset is not valid TOML. The message does not quote it."""


@dataclass(frozen=True)
class Scalar:
    """A value that is not a string, as written."""

    text: str


def read_name(data: bytes, position: int) -> tuple[str, int] | None:
    """Read one part of a key.

    :raises Malformed: a quoted part is invalid.
    """
    bare = _BARE_KEY.match(data, position)
    return (bare.group().decode(), bare.end()) if bare else _read_short_string(data, position)


def read_value(data: bytes, position: int) -> tuple[str | Scalar, int] | None:
    """Read a value that is neither an array nor a table.

    :raises Malformed: a string is invalid.
    """
    return _read_long_string(data, position) or _read_short_string(data, position) or _read_scalar(data, position)


def _read_long_string(data: bytes, position: int) -> tuple[str, int] | None:
    if not data.startswith((b'"""', b"'''"), position):
        return None
    basic = _LONG_BASIC.match(data, position)
    match = basic or _LONG_LITERAL.match(data, position)
    if not match:
        raise Malformed("unclosed string")
    text = b"".join(match.groups()).decode().replace("\r\n", "\n")
    return (_unescape(text) if basic else text), match.end()


def _read_short_string(data: bytes, position: int) -> tuple[str, int] | None:
    if not data.startswith((b'"', b"'"), position):
        return None
    basic = _BASIC.match(data, position)
    match = basic or _LITERAL.match(data, position)
    if not match:
        raise Malformed("unclosed string")
    text = match.group(1).decode()
    return (_unescape(text) if basic else text), match.end()


def _read_scalar(data: bytes, position: int) -> tuple[Scalar, int] | None:
    match = _SCALAR.match(data, position)
    if not match or data[match.end() : match.end() + 1] not in _BEHIND_SCALAR:
        return None
    return Scalar(match.group().decode()), match.end()


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_replace_escape, text)


def _replace_escape(match: re.Match[str]) -> str:
    letter, *codes, line_end = match.groups()
    if letter is not None:
        return _ESCAPED[letter]
    if line_end is not None:
        return ""
    code = next((int(item, 16) for item in codes if item is not None), -1)
    if code < 0 or 0xD800 <= code < 0xE000 or code > 0x10FFFF:
        raise Malformed("invalid escape in a string")
    return chr(code)
