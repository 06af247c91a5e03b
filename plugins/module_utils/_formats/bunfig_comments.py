# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the entries of a TOML document that are commented out, and the table that each would be in.

Private to this collection. Pure. Only whole entries on one line count; the rest is prose.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import (
    Comment,
    Document,
    Entry,
    Header,
    scan,
)

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import Path

_SIGNS = re.compile(rb"[# \t]*")


@dataclass(frozen=True)
class Remark:
    """An entry that is commented out.

    :ivar entry: its path is the one that it would have, its place the one in the document.
    :ivar block: the same for comments with nothing but comments between them.
    """

    entry: Entry
    comment: Comment
    block: int


def list_remarks(document: Document) -> Iterator[Remark]:
    """All such entries; a header that is commented out as well holds for the comments behind it."""
    table: Path = ()
    context: Path = ()
    block = 0
    for place in _list_places(document):
        if not isinstance(place, Comment):
            context = table = place.path if isinstance(place, Header) else table
            block += 1
            continue
        found = _scan(document.data, place)
        if found and found.headers:
            context = found.headers[0].path
        elif found:
            offset = place.end - len(found.data)
            for entry in found.entries:
                yield Remark(_move(entry, context, place.line, offset), place, block)


def list_headers_above(document: Document, entries: Collection[int]) -> Iterator[Comment]:
    """The headers that are commented out and would hold for other comments without the entries that start there."""
    open_headers: list[Comment] = []
    for place in _list_places(document):
        if isinstance(place, Comment):
            found = _scan(document.data, place)
            open_headers += [place] if found and found.headers else []
            continue
        if place.start in entries:
            yield from open_headers
        open_headers = []


def _list_places(document: Document) -> list[Header | Entry | Comment]:
    """Headers, entries and comments with a line of their own, from the top to the bottom."""
    places: list[Header | Entry | Comment] = [*document.headers, *document.entries]
    places += [comment for comment in document.comments if comment.is_own_line]
    return sorted(places, key=lambda place: place.start)


def _scan(data: bytes, comment: Comment) -> Document | None:
    text = _SIGNS.sub(b"", data[comment.start : comment.end], count=1)
    if b"=" not in text and not text.startswith(b"["):
        return None
    try:
        return scan(text)
    except StoreError:
        return None


def _move(entry: Entry, table: Path, line: int, offset: int) -> Entry:
    return replace(
        entry,
        path=(*table, *entry.path),
        line=line,
        start=entry.start + offset,
        end=entry.end + offset,
        value_start=entry.value_start + offset,
    )
