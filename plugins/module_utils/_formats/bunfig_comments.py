# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the commented-out entries of a TOML document, and the table that each belongs to.

Private to this collection. Pure. Only whole entries on one line count; other comments are prose.
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
    """A commented-out entry.

    :ivar entry: the entry, with the path that it would have and its offsets in the document.
    :ivar block: the same number for comments with only comments between them.
    """

    entry: Entry
    comment: Comment
    block: int


def list_remarks(document: Document) -> Iterator[Remark]:
    """Yield all commented-out entries; a commented-out header applies to the comments after it."""
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
    """Yield the commented-out headers that would apply to other comments without the entries at these offsets."""
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
    """Return headers, entries and comments on lines of their own, in file order."""
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
