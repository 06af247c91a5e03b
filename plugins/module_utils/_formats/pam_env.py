# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find assignments in the files of pam_env: ``/etc/environment``, ``pam_env.conf`` and ``~/.pam_environment``.

Private to this collection. Pure. Follows pam_env.conf(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    NPM_NAME,
    Assignment,
    Assignments,
    Lines,
    doubt,
    mark_parts,
    open_text,
    to_value,
)

_LOGICAL_LINE = re.compile(r"[ \t]*#[^\n]*(?:\n|\Z)|(?:[^\\\n]|\\\n|\\)*(?:\n|\Z)")
_PLAIN = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=([^\n]*)")
_BARE = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t\r]*(?:#.*)?$")
_CONFIGURED = re.compile(
    rf"([A-Za-z_][A-Za-z0-9_]*|{NPM_NAME})((?:[ \t]+(?:DEFAULT|OVERRIDE)=(?:\"[^\"\n]*\"|[^\"\s]*))+)"
)
_PAIR = re.compile(rf"([A-Za-z_][A-Za-z0-9_]*|{NPM_NAME})=([^\s#]*)")
_UNSURE_PAIR = re.compile(r"[\\$@\"']")
_INDENTED = re.compile(r"[ \t]+([A-Za-z_][A-Za-z0-9_]*)(?:=|[ \t]+(?:DEFAULT|OVERRIDE)=)")
_NAMED = re.compile(r"[ \t]*([A-Za-z_][A-Za-z0-9_]*)[ \t=]")
_OPTION = re.compile(r"(DEFAULT|OVERRIDE)=(\"[^\"\n]*\"|[^\"\s]*)")
_REFERENCE = re.compile(r"[$@]\{([A-Za-z_][A-Za-z0-9_]*)\}\Z")
_UNSURE = re.compile(r"[\\$@#]")
_IGNORED = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\n|\Z)")


def parse(data: bytes) -> Assignments:
    """Parse ``/etc/environment``: see ``assignments.Syntax``."""
    text = open_text(data)
    lines = Lines(text)
    found: list[Assignment] = []
    for match, start, end in _list(text, _PLAIN):
        if match:
            found.append(_make_plain(match, start, end, lines))
        found += _list_joined(text, _PLAIN, start, end, lines)
    # A name alone unsets its variable.
    bare = {match.group(1) for match in _BARE.finditer(text)}
    joined = text.find("\\\n")
    unsure = len(text) if joined < 0 else joined
    return Assignments(
        tuple(replace(item, certain=item.end <= unsure and item.certain and item.name not in bare) for item in found)
    )


def quote(text: str) -> bytes:
    """See ``assignments.Syntax``."""
    if re.search(r"[\n\r\0\\#\"'$@\s]", text):
        raise StoreError("the file cannot contain this value")
    return text.encode()


class Configuration:
    """The syntax of ``pam_env.conf`` and ``~/.pam_environment``."""

    quote = staticmethod(quote)

    @staticmethod
    def parse(data: bytes) -> Assignments:
        """See ``assignments.Syntax``."""
        text = open_text(data)
        lines = Lines(text)
        found: list[Assignment] = []
        certain = True
        for match, start, end in _list(text, _CONFIGURED):
            # pam_env may stop at a line that it cannot parse.
            pair = _PAIR.match(text, start, end)
            certain = certain and _is_understood(text, match or pair, start, end)
            if match:
                made = _make_configured(match, start, end, lines)
            elif pair:
                made = _make_pair(pair, start, end, lines)
            else:
                made = _make_indented(text, start, end, lines)
            found += (replace(item, certain=certain and item.certain) for item in made)
            found += _list_joined(text, _NAMED, start, end, lines)
        # A name alone unsets its variable.
        bare = {match.group(1) for match in _BARE.finditer(text)}
        return Assignments(mark_parts(doubt(found, bare), text))


def _is_understood(text: str, match: re.Match[str] | None, start: int, end: int) -> bool:
    if match:
        return not text[match.end() : end].strip("\n")
    return bool(_IGNORED.match(text, start))


def _list(text: str, shape: re.Pattern[str]) -> Iterator[tuple[re.Match[str] | None, int, int]]:
    """Yield the assignment (or None), the start and the end of each line."""
    position = 0
    while position < len(text):
        line = _LOGICAL_LINE.match(text, position)
        end = line.end() if line else len(text)
        yield shape.match(text, position, end), position, end
        position = max(end, position + 1)


def _list_joined(text: str, shape: re.Pattern[str], start: int, end: int, lines: Lines) -> Iterator[Assignment]:
    """Yield assignments on continuation lines: versions differ about which lines a backslash joins."""
    while True:
        start = text.find("\\\n", start, end) + 2
        if start < 2:
            return
        match = shape.match(text, start, end)
        if match:
            item = _make(match.group(1), None, (start, end), (match.end(1), match.end(1)), lines, alone=False)
            yield replace(item, certain=False)


def _make_plain(match: re.Match[str], start: int, end: int, lines: Lines) -> Assignment:
    written = match.group(2).partition("#")[0]
    text = written
    first = match.start(2)
    value: str | None = text
    if text[:1] in ("'", '"'):
        value = text[1:-1] if text.endswith(text[0]) and len(text) > 1 else text[1:]
    # A continued line, or text that versions of pam_env read differently.
    if "\\" in text or text[:1] in (" ", "\t") or text != text.rstrip():
        value = None
    return _make(match.group(1), value, (start, end), (first, first + len(written.rstrip(" \t\r"))), lines)


def _make_configured(match: re.Match[str], start: int, end: int, lines: Lines) -> Iterator[Assignment]:
    rest = match.string[match.end() : end].strip("\n")
    for option in _OPTION.finditer(match.string, match.start(2), match.end(2)):
        raw = option.group(2).strip('"')
        known = not _UNSURE.search(raw) and not rest and "#" not in match.group()
        reference = _REFERENCE.match(raw)
        value = raw if known and raw else None
        options = [name for name, _value in _OPTION.findall(match.group(2))]
        place = (option.start(2), option.end(2))
        item = _make(
            match.group(1),
            value,
            (start, end),
            place,
            lines,
            reference.group(1) if reference else "",
            alone=len(options) == 1,
        )
        # OVERRIDE takes precedence over DEFAULT.
        yield replace(item, certain=option.group(1) != "DEFAULT" or "OVERRIDE" not in options)


def _make_pair(match: re.Match[str], start: int, end: int, lines: Lines) -> Iterator[Assignment]:
    """Yield the assignment ``NAME=value``: pam_env tries to unset a variable of that name, which sets it."""
    raw = match.group(2)
    known = raw and not _UNSURE_PAIR.search(raw) and not match.string[match.end() : end].strip("\n")
    yield _make(match.group(1), raw if known else None, (start, end), match.span(2), lines)


def _make_indented(text: str, start: int, end: int, lines: Lines) -> Iterator[Assignment]:
    """Yield an uncertain assignment: versions differ about white space before the name."""
    match = _INDENTED.match(text, start, end)
    if match:
        place = (match.end(1), match.end(1))
        yield replace(_make(match.group(1), None, (start, end), place, lines, alone=False), certain=False)


def _make(
    name: str,
    value: str | None,
    statement: tuple[int, int],
    place: tuple[int, int],
    lines: Lines,
    reference: str = "",
    *,
    alone: bool = True,
) -> Assignment:
    return Assignment(
        name=name,
        value=None if value is None else to_value(value),
        line=lines.number(place[0]),
        start=statement[0] if alone else place[0],
        end=statement[1] if alone else place[1],
        value_start=place[0],
        value_end=place[1],
        alone=alone,
        reference=reference,
    )


CONFIGURATION = Configuration()
