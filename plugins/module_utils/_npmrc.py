# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings does an .npmrc hold, and at which bytes? What is it without, or with, one of them?

Private to this collection. Pure: bytes in, bytes out. The syntax is that of npm's ``ini`` package, version 6
(``lib/ini.js``: ``decode`` and ``unsafe``), including what it does by accident; what a document does not say in a
setting that is removed stays as it is, to the byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# What JavaScript's trim() and \s take for white space (ECMA-262, WhiteSpace and LineTerminator).
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_BOM = b"\xef\xbb\xbf"
_CONTENT = re.compile(rb"[^\r\n]+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_SECTION = re.compile(r"\[([^\]]*)\][%s]*\Z" % WHITE_SPACE)
# JavaScript's "." stops at these two as well, so such a line is none to ini.
_NO_VALUE = re.compile("[\u2028\u2029]")
# Deeper data is no setting that anybody has written, and only there to exhaust who reads it.
_DEEPEST = 50
_KEYWORDS = {"true": True, "false": False, "null": None}


@dataclass(frozen=True)
class Setting:
    """One ``key = value`` of a document, as ``ini`` reads it; ``${VAR}`` still stands as written.

    :ivar name: the key, unquoted and unescaped, without a trailing ``[]``.
    :ivar value: text, or what ini makes of it: true (a key alone), false, null, a number, a list, a mapping.
    :ivar line: line number, from 1.
    :ivar start: offset of the first byte of the line.
    :ivar end: offset behind the line's own line end.
    :ivar value_start: offset of the first byte behind ``=``; ``value_end`` where there is none.
    :ivar value_end: offset behind the last byte of the line's content.
    :ivar appends: written as ``key[]``.
    :ivar section: the ``[section]`` it stands under, or None. npm ignores what stands under one.
    :ivar commented: it stands in a comment line.
    """

    name: str
    value: Any = field(hash=False)
    line: int
    start: int
    end: int
    value_start: int
    value_end: int
    appends: bool = False
    section: str | None = None
    commented: bool = False

    @property
    def identity(self) -> tuple[bool, str | None, str, str]:
        """What makes this the same setting in another version of the file, wherever it stands there."""
        return (self.commented, self.section, self.name, json.dumps(self.value, sort_keys=True))

    def __repr__(self) -> str:
        # A value may be a secret: it must not reach a traceback or a log by way of a repr.
        return f"Setting(line={self.line})"


@dataclass(frozen=True)
class Document:
    """A whole .npmrc: its bytes, and its settings in the order of the file, commented-out ones among them."""

    data: bytes
    settings: tuple[Setting, ...]

    def __repr__(self) -> str:
        return f"Document({len(self.data)} bytes, {len(self.settings)} settings)"

    @property
    def effective(self) -> tuple[Setting, ...]:
        """The settings that npm's configuration takes: not under a section, not in a comment."""
        return tuple(item for item in self.settings if item.section is None and not item.commented)


def parse(data: bytes) -> Document:
    """Read a file's bytes. Never raises: what is no setting to ini is none here."""
    settings: list[Setting] = []
    section: str | None = None
    line, counted = 1, 0
    for match in _CONTENT.finditer(data):
        line += len(_LINE_END.findall(data, counted, match.start()))
        counted = match.start()
        text = match.group().decode("utf-8", "replace")
        header = _SECTION.match(text)
        if header:
            section = to_text(_unsafe(header.group(1)))
            continue
        found = _read_line(data, match.start(), match.end(), line, section)
        if found:
            settings.append(found)
    return Document(data, tuple(settings))


def remove(data: bytes, doomed: Iterable[Setting]) -> bytes:
    """Take settings out of a document, each with its whole line; every other byte stays.

    :param data: the document, maybe a newer version of the one that the settings were found in.
    :param doomed: settings; what is the same setting in ``data`` (its ``identity``) goes.
    :returns: the new bytes. One byte order mark goes too where it would come to stand before a ``[section]``, which
        ini would then no longer take for one.
    """
    identities = {item.identity for item in doomed}
    kept: list[bytes] = []
    position = 0
    first_line_goes = False
    for item in parse(data).settings:
        if item.identity in identities:
            start = item.start
            if start == 0 and data.startswith(_BOM):
                # The mark belongs to the file, not to its first line.
                start = len(_BOM)
                first_line_goes = True
            kept.append(data[position:start])
            position = item.end
    kept.append(data[position:])
    result = b"".join(kept)
    return _drop_mark_that_hides(result) if first_line_goes else result


def is_blank(data: bytes) -> bool:
    """Does the document hold nothing but white space (a byte order mark counts as such)?"""
    return not data.decode("utf-8", "replace").strip(WHITE_SPACE)


def to_text(value: Any) -> str:
    """A value of ini as JavaScript's ``String()`` writes it (ECMA-262, ToString)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number_to_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else to_text(item) for item in value)
    return "[object Object]"


def _read_line(data: bytes, start: int, content_end: int, number: int, section: str | None) -> Setting | None:
    text = data[start:content_end].decode("utf-8", "replace")
    body = text.strip(WHITE_SPACE)
    commented = body.startswith((";", "#"))
    if commented:
        # What a person would get by taking the comment signs away.
        text = body.lstrip(";#" + WHITE_SPACE)
    if not text.strip(WHITE_SPACE) or text.startswith("="):
        return None
    key_text, equals, value_text = text.partition("=")
    if _NO_VALUE.search(value_text) or (commented and not equals):
        # A word alone is a setting, but in a comment it is prose.
        return None
    raw_name = _unsafe(key_text)
    name = to_text(raw_name)
    appends = isinstance(raw_name, str) and len(name) > 2 and name.endswith("[]")
    if appends:
        name = name[:-2]
    if name == "__proto__":
        return None
    value = _unsafe(value_text) if equals else True
    if isinstance(value, str):
        value = _KEYWORDS.get(value, value)
    end = _LINE_END.match(data, content_end)
    return Setting(
        name=name,
        value=value,
        line=number,
        start=start,
        end=end.end() if end else content_end,
        value_start=data.index(b"=", start, content_end) + 1 if equals else content_end,
        value_end=content_end,
        appends=appends,
        section=None if commented else section,
        commented=commented,
    )


def _drop_mark_that_hides(data: bytes) -> bytes:
    rest = data[len(_BOM) :]
    first = _CONTENT.match(rest)
    if not first:
        return data
    text = first.group().decode("utf-8", "replace")
    # Neither a section nor a line without a key is one to ini with a mark in front of it.
    return rest if _SECTION.match(text) or text.startswith("=") else data


def _unsafe(text: str) -> Any:
    """What ini makes of a key or a value: quotes, escapes, a comment behind it."""
    text = text.strip(WHITE_SPACE)
    if text[:1] in ("'", '"') and text.endswith(text[:1]):
        return _unquote(text)
    plain: list[str] = []
    escaping = False
    for char in text:
        if escaping:
            plain.append(char if char in "\\;#" else "\\" + char)
            escaping = False
        elif char in ";#":
            break
        elif char == "\\":
            escaping = True
        else:
            plain.append(char)
    if escaping:
        plain.append("\\")
    return "".join(plain).strip(WHITE_SPACE)


def _unquote(text: str) -> Any:
    if text.startswith("'"):
        text = text[1:-1]
    if text.count("[") + text.count("{") > _DEEPEST:
        return text
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text


def _refuse_constant(_name: str) -> Any:
    """NaN and Infinity are no JSON to JavaScript."""
    raise ValueError


def _number_to_text(number: float) -> str:
    """ECMA-262, Number::toString: digits as they are between 1e-6 and 1e21, else with an exponent."""
    try:
        double = float(number)
    except OverflowError:
        return "Infinity" if number > 0 else "-Infinity"
    if double in (float("inf"), float("-inf")):
        return "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    _sign, digits, exponent = Decimal(repr(abs(double))).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if 0 < point <= 21:
        plain = text.ljust(point, "0") if len(text) <= point else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        plain = "0." + "0" * -point + text
    else:
        fraction = "." + text[1:] if len(text) > 1 else ""
        plain = f"{text[0]}{fraction}e{point - 1:+d}"
    return "-" + plain if double < 0 else plain
