# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write new values to files that set variables, in place of the old ones or on the line after them.

Private to this collection. Pure. The new file is parsed again to verify that all other assignments are unchanged.
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
    """Replace the value of these assignments; quotes around a plain value stay.

    :param before: all assignments of the file.
    :raises StoreError: another assignment would change.
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
        raise StoreError(
            f"line {chosen[0].line}: the value cannot be replaced without changing something else: edit this line by "
            "hand"
        )
    # Each may need a different spelling, for example if a quotation begins before the name.
    for index in [before.index(item) for item in chosen]:
        found = syntax.parse(data).found
        data = replace_values(data, found, [found[index]], text, syntax)
    return data


def add_behind(
    data: bytes, assignment: Assignment, text: str, syntax: Syntax, before: Sequence[Assignment] | None = None
) -> bytes:
    """Repeat a statement with another value on the next line, where it takes precedence.

    :param before: all assignments of the file, if known.
    :raises StoreError: the statement shares its line, has no value or is read-only, or another assignment would change.
    """
    require_alone([replace(assignment, block=0)], ())
    value, value_end = _spare_line_end(data, assignment, text)
    head, tail = data[assignment.start : assignment.value_start], data[value_end : assignment.end]
    if not (assignment.value or "").strip():
        raise StoreError(f"line {assignment.line}: the assignment has no value to keep")
    if _READ_ONLY.match(head):
        raise StoreError(
            f"line {assignment.line}: the variable is read-only and cannot be set twice: the old value cannot be kept"
        )
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
    raise StoreError(
        f"line {assignment.line}: the value cannot be added without changing something else: edit this line by hand"
    )


def _list_identities(data: bytes, syntax: Syntax) -> list[tuple[str, str | None, str, str]] | None:
    """Return what a file sets; None if it is not valid, since another spelling may be."""
    try:
        return [item.identity for item in syntax.parse(data).found]
    except StoreError:
        return None


def _spare_line_end(data: bytes, assignment: Assignment, text: str) -> tuple[str, int]:
    """Return the new value and the end of the old one; keep a carriage return, which is part of a shell's value."""
    is_part = (assignment.value or "").endswith("\r") and data[: assignment.value_end].endswith(b"\r")
    return (f"{text}\r", assignment.value_end - 1) if is_part else (text, assignment.value_end)


def _list_spellings(old: bytes, text: str, syntax: Syntax) -> list[bytes]:
    """Return the ways to write a value, starting with the quoting of the old one."""
    own = syntax.quote(text)
    # In systemd units, a quotation can begin before the name.
    closing = old[-1:] if old[-1:] in (b"'", b'"') else b""
    opening = closing if len(old) > 1 and old[:1] == closing else b""
    if not closing:
        return [own]
    like = [opening + text.encode() + closing] if _PLAIN.match(text) else []
    return [*like, own, closing + own]
