# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove entries from a TOML document.

Private to this collection. Pure. The result is parsed again, and must differ only by what was removed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import BOM, Document, Entry, Kind, scan
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import cut

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import Comment, Header, Path

_ENDS_LINE = re.compile(rb"[ \t]*(?:#[^\r\n]*)?(?:\r?\n|\Z)")
_BLANKS = re.compile(rb"[ \t]*")


@dataclass(frozen=True)
class Edit:
    """What to remove.

    :ivar entries: removed with their lines, or in an inline table with a comma.
    :ivar comments: removed with their lines.
    :ivar headers: removed if no entry of their tables stays.
    :ivar parts: spans to remove from values that stay.
    :ivar values: new text of the values with such parts, by path.
    """

    entries: Collection[Entry] = ()
    comments: Collection[Comment] = ()
    headers: Collection[Header] = ()
    parts: Collection[tuple[int, int]] = ()
    values: Mapping[Path, str] = field(default_factory=dict, repr=False)


def apply(document: Document, edit: Edit) -> bytes:
    """Return the bytes after an edit. An inline table that becomes empty is removed, unless it contains a comment.

    :raises StoreError: other settings would change.
    """
    doomed = add_emptied_tables(document, edit.entries)
    spans = _list_spans(document, edit, {entry.start for entry in doomed})
    result = cut(document.data, spans)
    try:
        _require_rest(document, result, {entry.path for entry in doomed}, edit.values)
    except StoreError:
        line = document.data.count(b"\n", 0, min(spans)[0]) + 1
        raise StoreError(
            f"line {line}: removing the credential would change other settings: edit this line by hand"
        ) from None
    return result


def _list_spans(document: Document, edit: Edit, doomed: Collection[int]) -> list[tuple[int, int]]:
    data = document.data
    spans = [*edit.parts, *(_span_lines(data, comment) for comment in edit.comments)]
    tables: dict[int, list[Entry]] = {}
    for entry in document.entries:
        if entry.holder is None:
            tables.setdefault(entry.section, []).append(entry)
            spans += [_span_lines(data, entry)] if entry.start in doomed else []
    for items in _list_items(document).values():
        before = None
        for entry in items:
            if entry.start in doomed:
                spans += _span_item(document, entry, before)
            else:
                before = entry
    for header in edit.headers:
        if all(entry.start in doomed for entry in tables.get(header.section, ())):
            spans.append(_span_lines(data, header))
    return spans


def add_emptied_tables(document: Document, entries: Collection[Entry]) -> list[Entry]:
    """Return these entries, and those of inline tables that are empty without them and contain no comment."""
    doomed = {entry.start: entry for entry in entries}
    items = _list_items(document)
    comments = [comment.start for comment in document.comments]
    # An outer table comes before its entries.
    for entry in reversed(document.entries):
        within = items.get(entry.value_start)
        noted = bisect_left(comments, entry.value_start) < bisect_left(comments, entry.end)
        if within and not noted and all(item.start in doomed for item in within):
            doomed[entry.start] = entry
    return list(doomed.values())


def _list_items(document: Document) -> dict[int, list[Entry]]:
    items: dict[int, list[Entry]] = {}
    for entry in document.entries:
        if entry.holder is not None:
            items.setdefault(entry.holder, []).append(entry)
    return items


def _span_lines(data: bytes, place: Entry | Comment | Header) -> tuple[int, int]:
    """Return the span of all lines of this place, with the last line end, but without a byte order mark."""
    end = data.find(b"\n", place.end)
    return _start_of_line(data, place.start), end + 1 if end >= 0 else len(data)


def _start_of_line(data: bytes, position: int) -> int:
    start = data.rfind(b"\n", 0, position) + 1
    return len(BOM) if start == 0 and data.startswith(BOM) else start


def _span_item(document: Document, entry: Entry, before: Entry | None) -> list[tuple[int, int]]:
    """Return the spans of an inline table's entry and one comma.

    :param before: the last entry before this one that stays.
    """
    data = document.data
    comma = document.commas.get(entry.start)
    if comma is not None:
        if data[entry.end : comma].strip() != b",":
            return [(entry.start, entry.end), (comma - 1, comma)]
        return [_widen(data, entry.start, comma)]
    if before is None:
        return [_widen(data, entry.start, entry.end)]
    if b"\n" not in data[before.end : entry.start]:
        return [(before.end, entry.end)]
    comma = document.commas[before.start]
    return [(comma - 1, comma), _widen(data, entry.start, entry.end)]


def _widen(data: bytes, start: int, end: int) -> tuple[int, int]:
    """Widen a span to its whole lines if nothing but a comment shares them, else to the blanks after it."""
    line = _start_of_line(data, start)
    rest = _ENDS_LINE.match(data, end)
    if rest and not data[line:start].strip(b" \t"):
        return line, rest.end()
    blanks = _BLANKS.match(data, end)
    return start, blanks.end() if blanks else end


def _require_rest(document: Document, result: bytes, gone: Collection[Path], values: Mapping[Path, str]) -> None:
    """:raises StoreError: the result differs from the document in more than what was removed."""
    above = {path[:length] for path in gone for length in range(len(path))}
    expected = {**_describe(document, gone, above), **{path: text for path, text in values.items() if path not in gone}}
    if _describe(scan(result), (), above) != expected:
        raise StoreError("other settings would change: edit the file by hand")


def _describe(document: Document, gone: Collection[Path], above: Collection[Path]) -> dict[Path, Any]:
    return {
        path: value in (Kind.ARRAY, Kind.TABLES) if isinstance(value, Kind) else value
        for path, value in document.tree.items()
        if path not in above and not any(path[: length + 1] in gone for length in range(len(path)))
    }
