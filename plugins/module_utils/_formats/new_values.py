# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Puts new values into files that set variables, in place of the old ones or on the line after them.

Private to this collection. Pure. The new file is read again: everything else in it must mean what it meant before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    Assignment,
    Syntax,
    require_alone,
)

_PLAIN = re.compile(r"[A-Za-z0-9_./+=-]+\Z")
_READ_ONLY = re.compile(rb"\s*(?:readonly|(?:declare|typeset|local)\b.*\s-\w*r)", re.S)


def replace_value(data: bytes, assignment: Assignment, text: str, syntax: Syntax) -> bytes:
    """See ``replace_values``."""
    return replace_values(data, syntax.parse(data).found, [assignment], text, syntax)


def replace_values(
    data: bytes, before: Sequence[Assignment], chosen: Sequence[Assignment], text: str, syntax: Syntax
) -> bytes:
    """A file with another value in the place of that of these assignments; quotes around a plain value stay.

    :param before: all that the file sets.
    :raises StoreError: the file would not be the same otherwise.
    """
    places = [(item, *_spare_line_end(data, item, text)) for item in chosen]
    values = {(item.name, item.value_start): value for item, value, _end in places}
    expected = [replace(item, value=values.get((item.name, item.value_start), item.value)).identity for item in before]
    spellings = [_list_spellings(data[item.value_start : end], text, syntax) for item, _value, end in places]
    for choice in range(max(map(len, spellings))):
        result = data
        for (item, _value, end), written in reversed([*zip(places, spellings)]):
            result = result[: item.value_start] + written[min(choice, len(written) - 1)] + result[end:]
        if _list_identities(result, syntax) == expected:
            return result
    if not chosen[1:]:
        raise StoreError(f"line {chosen[0].line}: the value cannot be replaced without changing something else")
    # Each needs a spelling of its own, such as where quotes begin in front of the name.
    for index in [before.index(item) for item in chosen]:
        found = syntax.parse(data).found
        data = replace_values(data, found, [found[index]], text, syntax)
    return data


def add_behind(
    data: bytes, assignment: Assignment, text: str, syntax: Syntax, before: Sequence[Assignment] | None = None
) -> bytes:
    """A file in which the statement is there once more with another value, on the line after it, where it counts.

    :param before: all that the file sets, where that is known.
    :raises StoreError: the statement is not alone on its line, or the file would not be the same otherwise.
    """
    require_alone([replace(assignment, block=0)], ())
    value, value_end = _spare_line_end(data, assignment, text)
    head, tail = data[assignment.start : assignment.value_start], data[value_end : assignment.end]
    if not (assignment.value or "").strip():
        raise StoreError(f"line {assignment.line}: the assignment has no value to keep")
    if _READ_ONLY.match(head):
        raise StoreError(f"line {assignment.line}: the variable is read-only, and cannot be set twice")
    gap = b"" if tail.endswith(b"\n") else b"\n"
    before = syntax.parse(data).found if before is None else before
    index = before.index(assignment)
    expected = [item.identity for item in before]
    expected.insert(index + 1, replace(assignment, value=value).identity)
    for written in _list_spellings(data[assignment.value_start : value_end], text, syntax):
        added = gap + head + written + tail
        result = data[: assignment.end] + added + data[assignment.end :]
        if _list_identities(result, syntax) == expected:
            return result
    raise StoreError(f"line {assignment.line}: the value cannot be added without changing something else")


def _list_identities(data: bytes, syntax: Syntax) -> list[tuple[str, str | None, str, str]] | None:
    """What a file sets; None where it cannot be read, since another spelling may fit."""
    try:
        return [item.identity for item in syntax.parse(data).found]
    except StoreError:
        return None


def _spare_line_end(data: bytes, assignment: Assignment, text: str) -> tuple[str, int]:
    """The value as the file will have it, and where the old one ends: to a shell, a carriage return is a part of it."""
    is_part = (assignment.value or "").endswith("\r") and data[: assignment.value_end].endswith(b"\r")
    return (f"{text}\r", assignment.value_end - 1) if is_part else (text, assignment.value_end)


def _list_spellings(old: bytes, text: str, syntax: Syntax) -> list[bytes]:
    """How a value can be written, the one that looks like the old one first."""
    own = syntax.quote(text)
    # In units, the quotation can begin in front of the name.
    closing = old[-1:] if old[-1:] in (b"'", b'"') else b""
    opening = closing if len(old) > 1 and old[:1] == closing else b""
    if not closing:
        return [own]
    like = [opening + text.encode() + closing] if _PLAIN.match(text) else []
    return [*like, own, closing + own]
