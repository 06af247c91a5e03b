# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the assignments in systemd units: ``Environment=``, and the files that ``EnvironmentFile=`` names.

Private to this collection. Pure. Follows "Quoting" of systemd.syntax(7) and "Environment" of systemd.exec(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    Assignment,
    Assignments,
    Lines,
    doubt,
    is_continued,
    open_text,
    to_value,
)

_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_KEY = re.compile(r"[ \t]*(Environment|EnvironmentFile|UnsetEnvironment)[ \t]*=[ \t]*")
_SECTION = re.compile(r"[ \t]*\[([^\]]*)\][ \t]*\Z")
# In the other sections, systemd ignores the setting.
_STARTS_PROGRAMS = frozenset({"Service", "Socket", "Mount", "Swap"})
_NAME = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_COMMENT = re.compile(r"[ \t]*[#;]")
_PLAIN_PATH = re.compile(r"-?(/[A-Za-z0-9_./+@,-]+|%h/[A-Za-z0-9_./+@,-]+)\Z")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ESCAPES.update({"\\": "\\", '"': '"', "'": "'", "s": " "})
_NUMBERED = re.compile(r"x([0-9a-fA-F]{2})|([0-7]{3})")
_NEEDS_QUOTES = re.compile(r"[\s\"'\\]")


@dataclass(frozen=True)
class _Char:
    """A character of a setting with joined lines, and its offset in the file."""

    char: str
    place: int


@dataclass(frozen=True)
class _Item:
    """:ivar text: one item of a list; None if unknown."""

    text: str | None
    start: int
    end: int
    name: str
    value_start: int


def parse(data: bytes) -> Assignments:
    """See ``assignments.Syntax``."""
    text = open_text(data)
    lines = Lines(text)
    found: list[Assignment] = []
    sources: list[str] = []
    unset: set[str] = set()
    counts = False
    for start, end, chars in _list_settings(text):
        joined = "".join(item.char for item in chars)
        section = _SECTION.match(joined)
        counts = section.group(1) in _STARTS_PROGRAMS if section else counts
        match = _KEY.match(joined)
        if match is None:
            continue
        if match.group(1) == "UnsetEnvironment":
            unset.update(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", joined[match.end() :]))
            continue
        if match.group(1) == "EnvironmentFile":
            path = _PLAIN_PATH.match(joined[match.end() :].rstrip())
            sources += [path.group(1).replace("%h/", "~/", 1)] if path else []
            continue
        items = list(_split(chars[match.end() :]))
        if not items:
            # An empty list resets the assignments above.
            found = [replace(item, certain=False) for item in found]
        made = [_make(item, start, end, len(items) == 1, lines) for item in items if item.name]
        found += [replace(item, certain=counts) for item in made]
    found = doubt(found, unset)
    return Assignments(tuple(found), tuple(dict.fromkeys(sources)))


def quote(text: str) -> bytes:
    """See ``assignments.Syntax``."""
    if re.search(r"[\n\r\0]", text):
        raise StoreError("a systemd unit cannot contain this value")
    escaped = re.sub(r"[\\\"]", lambda match: "\\" + match.group(), text).replace("%", "%%")
    return (f'"{escaped}"' if _NEEDS_QUOTES.search(text) else escaped).encode()


def _list_settings(text: str) -> Iterator[tuple[int, int, list[_Char]]]:
    """Yield each setting's start, end, and characters, with continued lines joined by a blank."""
    position, start = 0, -1
    chars: list[_Char] = []
    while position < len(text):
        match = _LINE.match(text, position)
        end = match.end() if match else len(text)
        line = text[position:end].rstrip("\r\n")
        if _COMMENT.match(line):
            # Also within a continued setting.
            position = end
            continue
        start = position if start < 0 else start
        continued = is_continued(line)
        body = line[:-1] if continued else line
        chars += [_Char(char, position + index) for index, char in enumerate(body)]
        if continued:
            chars.append(_Char(" ", position + len(body)))
        else:
            yield start, end, chars
            chars, start = [], -1
        position = end
    if chars:
        yield start, len(text), chars


def _split(chars: list[_Char]) -> Iterator[_Item]:
    """Yield the items of a list; systemd ignores all items after an invalid one."""
    index, valid = 0, True
    while True:
        while index < len(chars) and chars[index].char in " \t":
            index += 1
        if index >= len(chars):
            return
        first = index
        index, text, is_item = _read_item(chars, index)
        valid = valid and is_item
        text = text if valid else None
        raw = "".join(item.char for item in chars[first:index])
        match = _NAME.match(raw.lstrip("\"'"))
        shift = len(raw) - len(raw.lstrip("\"'")) + (match.end() if match else 0)
        start, end = chars[first].place, chars[index - 1].place + 1
        value = chars[first + shift].place if first + shift < index else end
        name = match.group(1) if match else ""
        yield _Item(text, start, end, name, value)


def _read_item(chars: list[_Char], index: int) -> tuple[int, str | None, bool]:
    """Return the end of an item, its text, and whether systemd accepts it."""
    pieces: list[str] | None = []
    valid = True
    sign = ""
    while index < len(chars):
        char = chars[index].char
        piece: str | None = char
        step = 1
        if sign:
            if char == sign:
                sign, piece = "", ""
        elif char in "\"'":
            sign, piece = char, ""
        elif char in " \t":
            break
        if char == "\\":
            step, piece = _read_escape(chars, index)
            valid = valid and piece is not None
        elif char == "%":
            # A specifier, unless the sign is doubled.
            doubled = index + 1 < len(chars) and chars[index + 1].char == "%"
            step, piece = (2, "%") if doubled else (1, None)
        if piece is None:
            pieces = None
        elif pieces is not None:
            pieces.append(piece)
        index += step
    return index, None if pieces is None or sign else "".join(pieces), valid and not sign


def _read_escape(chars: list[_Char], index: int) -> tuple[int, str | None]:
    rest = "".join(item.char for item in chars[index + 1 : index + 4])
    numbered = _NUMBERED.match(rest)
    if numbered:
        low, octal = numbered.groups()
        number = int(low, 16) if low else int(octal, 8)
        return numbered.end() + 1, chr(number) if 0 < number < 0x80 else None
    return (2, _ESCAPES[rest[0]]) if rest and rest[0] in _ESCAPES else (1 + len(rest[:1]), None)


def _make(item: _Item, start: int, end: int, alone: bool, lines: Lines) -> Assignment:
    value = None if item.text is None else to_value(item.text[len(item.name) + 1 :])
    return Assignment(
        name=item.name,
        value=value,
        line=lines.number(item.start),
        start=start if alone else item.start,
        end=end if alone else item.end,
        value_start=item.value_start,
        value_end=item.end,
        alone=alone,
    )
