# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Remove entries from a YAML file without changing any other byte.

Private to this collection. Pure. Cuts whole lines in block style (indentation), and an entry with one comma in flow
style. The result is parsed again and compared with the expected rest: any other difference is an error.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_reader import (
    ALIAS,
    LINE_END,
    SCALAR,
    Document,
    Entry,
    Node,
    parse,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting, cut, require_removed

_NOT_ALONE = "removing the credential would change other settings: edit the file by hand"
_BLANK = re.compile(rb"[ \t]*\Z")
_BEFORE_ITEM = re.compile(rb"[ \t]*-[ \t]+\Z")
_REST_OF_LINE = re.compile(rb"(?:[ \t]+\#[^\r\n]*|[ \t]*)(?:\r\n|\r|\n|\Z)")
_COMMENT_OR_BLANK = re.compile(rb"[ \t]*(?:#[^\r\n]*)?[\r\n]*\Z")
_BEFORE_COMMA = re.compile(rb"(?:[ \t\r\n]|\#[^\r\n]*)*,")
_BLANKS = re.compile(rb"[ \t]*")


@dataclass(frozen=True, eq=False, repr=False)
class Removal:
    """What to remove for one setting: one of the following.

    :ivar entry: a whole entry.
    :ivar node: the text from which the setting's own span, a login in a URL, is cut.
    :ivar span: the bytes of a comment.
    """

    setting: Setting
    entry: Entry | None = None
    node: Node | None = None
    span: tuple[int, int] | None = None


def cut_out(document: Document, removals: Sequence[Removal], marks: Collection[str] = ()) -> Document:
    """Apply the removals, and remove the mappings and sequences that become empty.

    :param marks: keys whose texts describe the mapping that they are in. A mapping with nothing else is empty.
    :raises StoreError: something else would change.
    """
    gone = _find_gone(document, {item.entry for item in removals if item.entry}, marks)
    cuts = [item for item in removals if item.node]
    # A login that is written with escapes has no span.
    require_removed(
        [item.setting for item in cuts if item.setting.start == item.setting.end], [item.setting for item in cuts]
    )
    removed = frozenset(_list_events(document.root, gone))
    _require_no_loose_alias(document, removals, removed)
    _require_no_second_key(document, cuts)
    spans = [*_list_spans(document, document.root, gone)] if document.root else []
    spans += [(item.setting.start, item.setting.end) for item in cuts]
    spans += [item.span for item in removals if item.span]
    try:
        result = parse(cut(document.data, spans))
    except StoreError:
        raise StoreError(_NOT_ALONE) from None
    _require_same(document, result, removed, cuts)
    return result


def _find_gone(document: Document, doomed: Collection[Entry], marks: Collection[str]) -> set[Entry]:
    """Return these entries, and those that contain only such entries."""
    gone = set(doomed)
    emptied: set[Node] = set()
    for node in document.nodes:
        gone.update(entry for entry in node.entries if entry.value.resolved in emptied)
        # What describes the whole file stays.
        rest = [entry for entry in node.entries if node is document.root or not _is_mark(entry, marks)]
        if rest and gone.issuperset(rest):
            gone.update(node.entries)
            emptied.add(node)
    return gone


def _is_mark(entry: Entry, marks: Collection[str]) -> bool:
    return bool(entry.key) and entry.head.resolved.text in marks and entry.value.resolved.kind == SCALAR


def _list_events(node: Node | None, gone: Collection[Entry]) -> Iterator[int]:
    """Yield the event numbers of all removed entries."""
    for entry in node.entries if node else ():
        if entry in gone:
            yield from range(entry.head.first, entry.value.last + 1)
        else:
            yield from _list_events(entry.value, gone)


def _require_no_loose_alias(document: Document, removals: Sequence[Removal], removed: Collection[int]) -> None:
    """:raises StoreError: an alias would stay without its target, or a secret as the target of a removed alias."""
    for node in document.nodes:
        if node.target and node.target.first in removed and node.first not in removed:
            raise StoreError(f"line {node.line}: a YAML alias refers to the credential: edit this line by hand")
    values = {number for item in removals if item.entry for number in _number(item.entry.value)}
    for node in document.nodes:
        if node.kind == ALIAS and node.first in values and node.resolved.first not in removed:
            raise StoreError(f"line {node.line}: the value of this YAML alias would stay in the file: edit it by hand")


def _number(node: Node) -> range:
    return range(node.first, node.last + 1)


def _require_no_second_key(document: Document, cuts: Sequence[Removal]) -> None:
    """:raises StoreError: without its login, a URL would duplicate another key."""
    texts = {item.node: _without_login(item) for item in cuts if item.node}
    for node in document.nodes:
        keys = [entry.key for entry in node.entries if entry.key]
        if texts.keys().isdisjoint(keys):
            continue
        count = Counter(texts.get(key, key.resolved.text) for key in keys)
        for key in keys:
            if key in texts and count[texts[key]] > 1:
                raise StoreError(
                    f"line {key.line}: without its login, this URL would duplicate another entry: edit it by hand"
                )


def _require_same(old: Document, new: Document, removed: Collection[int], cuts: Sequence[Removal]) -> None:
    """:raises StoreError: the new file differs from the old one in more than what was removed."""
    root = old.root
    if root and root.entries and len(removed) == root.last - root.first - 1:
        # A block mapping without its entries has no events at all.
        same = new.root is None or not (new.root.text or new.root.entries)
    else:
        texts = {item.node.first: _without_login(item) for item in cuts if item.node}
        same = new.events == tuple(
            (*event[:-1], texts[number]) if number in texts else event
            for number, event in enumerate(old.events)
            if number not in removed
        )
    if not same:
        raise StoreError(_NOT_ALONE)


def _without_login(item: Removal) -> str:
    text = item.node.text if item.node else None
    return (text or "").replace(f"//{item.setting.value}@", "//", 1)


def _list_spans(document: Document, node: Node, gone: Collection[Entry]) -> Iterator[tuple[int, int]]:
    """Yield the spans to cut from a mapping or sequence that stays."""
    if node.flow:
        yield from _list_flow_spans(document, node, gone)
    for entry in node.entries:
        if entry not in gone:
            yield from _list_spans(document, entry.value, gone)
        elif not node.flow:
            yield from _list_block_spans(document, entry)


def _list_block_spans(document: Document, entry: Entry) -> Iterator[tuple[int, int]]:
    """Yield the lines of an entry. Comment lines between its own entries stay."""
    start, _next = document.get_line(entry.head.start)
    before = document.data[start : entry.head.start]
    if not (_BLANK if entry.key else _BEFORE_ITEM).match(before):
        raise _refuse(entry)
    if not entry.value.is_block:
        yield start, _find_line_end(document.data, entry)
        return
    children = entry.value.entries
    first_child = document.get_line(children[0].head.start)[0]
    if first_child == start:
        raise _refuse(entry)
    while start < first_child:
        _start, end = document.get_line(start)
        if not _COMMENT_OR_BLANK.match(document.data[start:end]):
            yield start, end
        start = end
    for child in children:
        yield from _list_block_spans(document, child)


def _find_line_end(data: bytes, entry: Entry) -> int:
    rest = _REST_OF_LINE.match(data, entry.end)
    if not rest:
        raise _refuse(entry)
    return rest.end()


def _list_flow_spans(document: Document, node: Node, gone: Collection[Entry]) -> Iterator[tuple[int, int]]:
    """Yield each removed entry with one comma: the one after it, else the one before it."""
    data, entries = document.data, node.entries
    ends = [*(entry.head.start for entry in entries[1:]), node.end]
    commas = [_find_comma(data, entry.end, end) for entry, end in zip(entries, ends)]
    kept = [number for number, entry in enumerate(entries) if entry not in gone]
    # After the last entry that stays, use the commas before the entries, unless a comma ends the list.
    tail = kept[-1] + 1 if kept and commas[-1] is None else len(entries)
    for number, entry in enumerate(entries):
        if entry in gone:
            comma = commas[number - 1] if number >= tail else commas[number]
            yield from _list_flow_entry(document, entry, comma)


def _list_flow_entry(document: Document, entry: Entry, comma: int | None) -> Iterator[tuple[int, int]]:
    data, start, end = document.data, entry.head.start, entry.end
    if comma is not None and comma >= end and not LINE_END.search(data, end, comma):
        end = comma + 1
    elif comma is not None:
        yield comma, comma + 1
    line_start, _next = document.get_line(start)
    rest = _REST_OF_LINE.match(data, end)
    if rest and _BLANK.match(data[line_start:start]):
        yield line_start, rest.end()
    elif comma is not None and comma < start and _BLANK.match(data[comma + 1 : start]):
        yield comma, end
    else:
        blanks = _BLANKS.match(data, end)
        yield start, blanks.end() if blanks else end


def _find_comma(data: bytes, start: int, end: int) -> int | None:
    match = _BEFORE_COMMA.match(data, start, end)
    return match.end() - 1 if match else None


def _refuse(entry: Entry) -> StoreError:
    return StoreError(f"line {entry.head.line}: the entry shares its line with another one: edit this line by hand")
