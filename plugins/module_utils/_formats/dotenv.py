# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find assignments in a ``.env`` file as python-dotenv, the npm package dotenv and ``node --env-file`` read them.

Private to this collection. Pure. If these readers disagree about a value, it is None.
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
    mark_parts,
    open_text,
    to_command,
    to_value,
)

_BEGINNING = re.compile(rf"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*|{NPM_NAME})[ \t]*=[ \t]*")
# Text that only one of the readers treats as an assignment.
_ODD = re.compile(r"[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)(?:[ \t]*\r?\n\s*=|:[ \t\r\n]|\+=)")
_BARE = re.compile(r"(?m)(?:^|(?<=\r))[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)[ \t]*(?:\r|$)")
_QUOTED_NAME = re.compile(r"(?m)^[ \t]*(?:export[ \t]+)?'")
# Where any reader may begin an assignment, once the readers disagree about where lines end.
_MAY_BEGIN = re.compile(r"(?:^|(?<=\r))[ \t]*(?:export\s+)?'?([A-Za-z_][A-Za-z0-9_]*)'?\s*[=:]", re.M)
_LONE_RETURN = re.compile(r"\r(?!\n)")
# White space and line ends that only some readers recognize.
_ODD_SPACE = re.compile("\\A[\\s\ufeff]|[\\s\ufeff]\\Z|[\u2028\u2029]")
_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))\Z")
_AFTER_QUOTES = re.compile(r"[ \t]*(?:#[^\n]*)?(?:\r?\n|\Z)")
_UNQUOTED = re.compile(r"[^\n]*?(?=\r?(?:\n|\Z))")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,=-]+\Z")
_UNSURE = re.compile(r"[\\`'\"$\r\x0b\x0c\x1c-\x1f\x85\xa0]")


def parse(data: bytes) -> Assignments:
    """See ``assignments.Syntax``."""
    text = open_text(data)
    bare = {match.group(1) for match in _BARE.finditer(text)}
    is_odd = bool(_QUOTED_NAME.search(text))
    if is_odd:
        # One reader treats what follows as a name, across line ends.
        bare.update(match.group(1) for match in re.finditer(_BEGINNING, text))
    is_split = bool(_LONE_RETURN.search(text))
    found = list(_find(text, Lines(text), 0 if is_odd or is_split else None))
    found.sort(key=lambda item: item.value_start)
    found = [replace(item, certain=False) if is_split or item.name in bare else item for item in found]
    return Assignments(mark_parts(found, text))


def quote(text: str) -> bytes:
    """See ``assignments.Syntax``."""
    if _PLAIN_VALUE.match(text):
        return text.encode()
    if re.search(r"['\\\n\r\0$]", text):
        raise StoreError("the value cannot be written so that every reader of the file reads it the same way")
    return f"'{text}'".encode()


def _find(text: str, lines: Lines, unsure_from: int | None) -> Iterator[Assignment]:
    """:param unsure_from: offset from which the readers disagree about lines, or None."""
    position = 3 if text.startswith("\xef\xbb\xbf") else 0
    names: set[int] = set()
    certain = True
    while position < len(text):
        match = _BEGINNING.match(text, position)
        end = text.find("\n", position)
        following = len(text) if end < 0 else end + 1
        if match:
            value_end, value, known = _read_value(text, match.end())
            # If readers close a quotation at different places, they read all that follows differently.
            certain = certain and (known or text[match.end() : match.end() + 1] not in ("'", '"', "`", "\r", "\n"))
            unsure_from = match.end() if not certain and unsure_from is None else unsure_from
            names.add(match.start(1))
            place = (match.end(), value_end)
            # After "export", one reader accepts only a space.
            is_sure = certain and "export\t" not in match.group()
            yield _make(match, text[slice(*place)], value if known else None, place, lines, is_sure)
            after = text.find("\n", value_end)
            following = len(text) if after < 0 else after + 1
        else:
            odd = _ODD.match(text, position)
            if odd:
                names.add(odd.start(1))
                yield _make_unsure(odd, lines)
        position = following
    if unsure_from is not None:
        for match in _MAY_BEGIN.finditer(text, unsure_from):
            if match.start(1) not in names:
                yield _make_unsure(match, lines)


def _make_unsure(match: re.Match[str], lines: Lines) -> Assignment:
    start, end = match.start(1), match.end()
    adds = match.group().endswith("+=")
    return Assignment(match.group(1), None, lines.number(start), start, end, end, end, certain=False, is_part=adds)


def _read_value(text: str, start: int) -> tuple[int, str, bool]:
    """Return the end of the value, its text, and whether all readers agree about it."""
    sign = text[start : start + 1]
    if sign and sign in "'\"`":
        end = text.find(sign, start + 1)
        inside = text[start + 1 : end]
        closed = end >= 0 and _AFTER_QUOTES.match(text, end + 1)
        if closed and sign != "`" and not _UNSURE.search(inside.replace('"', "") if sign == "'" else inside):
            return end + 1, inside, True
        if end >= 0 and not re.search(r"\\", inside) and closed:
            return end + 1, inside, False
        # The quotation is not closed as expected: each reader handles it differently.
        line_end = text.find("\n", start)
        return (len(text) if line_end < 0 else line_end), "", False
    match = _UNQUOTED.match(text, start)
    raw = match.group() if match else ""
    remark = re.search(r"(?:\A|[ \t])#", raw)
    value = raw[: remark.start()] if remark else raw
    value = value.rstrip(" \t")
    # With nothing before a comment, one reader uses the comment as the value.
    is_known = "#" not in value and not _UNSURE.search(value) and bool(value or not remark)
    # If only white space follows "=", one reader looks for the value on the next lines.
    is_known = is_known and bool(raw or text[start - 1] == "=" or not text[start:].strip())
    return start + len(value), value, is_known and not _ODD_SPACE.search(to_value(value) or "")


def _make(
    match: re.Match[str], raw: str, value: str | None, place: tuple[int, int], lines: Lines, certain: bool
) -> Assignment:
    start, end = match.start(), place[1]
    whole = lines.widen(start, end)
    inner = raw[1:-1] if raw[:1] == '"' and raw[-1:] == '"' else raw
    reference = _REFERENCE.match(inner)
    is_command = inner.startswith("$(")
    return Assignment(
        name=match.group(1),
        value=None if value is None else to_value(value),
        line=lines.number(start),
        start=whole[0] if whole else start,
        end=whole[1] if whole else end,
        value_start=place[0],
        value_end=place[1],
        alone=whole is not None,
        command=to_command(inner.strip("$()")) if is_command else "",
        reference=(reference.group(1) or reference.group(2)) if reference else "",
        certain=certain,
    )
