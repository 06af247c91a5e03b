# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the entries of a YAML file, and their byte offsets.

Private to this collection. Pure. Uses only the events of PyYAML's parser; no objects are constructed from a file.
PyYAML's messages quote the file, so they are not passed on. A file that PyYAML and the clients' parsers (js-yaml,
serde-saphyr) could read differently is refused.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError

BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\r|\n")

SCALAR = "scalar"
ALIAS = "alias"
MAPPING = "mapping"
SEQUENCE = "sequence"

# Limits the resources that a malicious file can use.
_DEEPEST = 50
_MOST_EVENTS = 100_000
# Line breaks in YAML 1.1, and thus in PyYAML, but not in the clients.
_DISPUTED_BREAK = re.compile("[\x85\u2028\u2029]")


@dataclass(frozen=True, eq=False, repr=False)
class Node:
    """A scalar, an alias, a mapping or a sequence.

    :ivar line: line number, from 1.
    :ivar column: from 0.
    :ivar start: offset of the first byte, anchor and tag included.
    :ivar end: offset after the last byte that is neither white space nor a comment.
    :ivar outer_end: offset of what comes next, in block style (indentation).
    :ivar first: number of the first event; ``last``: of the last one.
    :ivar text: text of a scalar; None if nothing is written.
    :ivar flow: the node is in brackets or braces.
    :ivar entries: entries of a mapping or sequence, in file order.
    :ivar target: the node to which an alias refers.
    """

    kind: str
    line: int
    column: int
    start: int
    end: int
    outer_end: int
    first: int
    last: int
    text: str | None = None
    flow: bool = False
    entries: tuple[Entry, ...] = ()
    target: Node | None = None

    @property
    def resolved(self) -> Node:
        """The target of an alias, else the node itself."""
        return self.target or self

    @property
    def is_block(self) -> bool:
        """Whether this is a mapping or sequence in block style."""
        return self.kind in (MAPPING, SEQUENCE) and not self.flow


@dataclass(frozen=True, eq=False, repr=False)
class Entry:
    """A key and its value, or an item of a sequence, which has no key."""

    key: Node | None
    value: Node

    @property
    def head(self) -> Node:
        return self.key or self.value

    @property
    def end(self) -> int:
        return max(self.head.end, self.value.end)


@dataclass(frozen=True, repr=False)
class Comment:
    """A line that contains only a comment.

    :ivar start: offset of the line's first byte; ``end``: after its line end.
    :ivar match: the match of the pattern, from the first ``#`` on.
    """

    line: int
    start: int
    end: int
    match: re.Match[bytes]


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """A whole file.

    :ivar root: None if the file has only comments.
    :ivar events: PyYAML's events, to compare with those of another version of the file.
    :ivar nodes: all nodes, each after its children and after its alias target.
    """

    data: bytes
    root: Node | None
    events: tuple[tuple[Any, ...], ...]
    nodes: tuple[Node, ...]
    line_starts: tuple[int, ...]

    def get_line(self, offset: int) -> tuple[int, int]:
        """Return the start of the line with this byte, and the start of the next line."""
        number = bisect_right(self.line_starts, offset)
        start = self.line_starts[number - 1]
        return start, self.line_starts[number] if number < len(self.line_starts) else len(self.data)


def parse(data: bytes) -> Document:
    """Read a file.

    :raises StoreError: the file is not valid YAML, or uses unsupported YAML.
    """
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as problem:
        raise StoreError(f"line {_count_lines(data[: problem.start])}: invalid UTF-8") from None
    disputed = _DISPUTED_BREAK.search(text)
    if disputed:
        line = _count_lines(text[: disputed.start()].encode())
        raise StoreError(f"line {line}: a line break that not every client recognizes")
    builder = _Builder(text)
    for event in _read_events(text):
        builder.take(event)
    starts = tuple(match.end() for match in LINE_END.finditer(data))
    first = len(BOM) if data.startswith(BOM) else 0
    return Document(data, builder.root, tuple(builder.events), tuple(builder.nodes), (first, *starts))


def list_pairs(node: Node | None) -> Iterator[tuple[str, Entry]]:
    """Yield the entries of a mapping that have text keys; none for other nodes."""
    if node is not None and node.resolved.kind == MAPPING:
        for entry in node.resolved.entries:
            key = entry.key.resolved.text if entry.key else None
            if key is not None:
                yield key, entry


def find_comments(document: Document, shape: re.Pattern[bytes]) -> Iterator[Comment]:
    """Yield the comment lines that match a pattern from the first ``#`` on."""
    data = document.data
    # Text of several lines can contain lines that begin with "#".
    texts = [node for node in document.nodes if node.kind == SCALAR and LINE_END.search(data, node.start, node.end)]
    ends = [node.end for node in texts]
    for number, start in enumerate(document.line_starts, 1):
        end = document.line_starts[number] if number < len(document.line_starts) else len(data)
        text_start = end - len(data[start:end].lstrip(b" \t"))
        match = shape.match(data, text_start, end)
        behind = bisect_right(ends, text_start)
        if match and (behind == len(texts) or text_start < texts[behind].start):
            yield Comment(number, start, end, match)


@dataclass
class _Open:
    """A mapping or sequence whose end has not been read."""

    event: Any
    number: int
    children: list[Node] = field(default_factory=list)


class _Builder:
    """Creates nodes from events, without recursion."""

    def __init__(self, text: str) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.nodes: list[Node] = []
        self.root: Node | None = None
        self._text = text
        self._locate = _make_locator(text)
        self._open: list[_Open] = []
        self._anchors: dict[str, Node | None] = {}
        self._documents = 0

    def take(self, event: Any) -> None:
        if len(self.events) == _MOST_EVENTS:
            raise StoreError(f"{_say_line(event)}: too many values")
        kind = event.__class__.__name__[: -len("Event")]
        facts = [getattr(event, name, None) for name in ("anchor", "tag", "implicit", "value")]
        self.events.append((kind, *facts))
        if kind == "DocumentStart":
            self._documents += 1
            if self._documents > 1:
                raise StoreError(f"{_say_line(event)}: a second YAML document")
        elif kind in ("MappingStart", "SequenceStart"):
            self._begin(event)
        elif kind in ("MappingEnd", "SequenceEnd"):
            self._finish(event)
        elif kind == "Scalar":
            self._add(event, self._make_scalar(event))
        elif kind == "Alias":
            self._add(None, self._make_alias(event))

    def _begin(self, event: Any) -> None:
        if len(self._open) == _DEEPEST:
            raise StoreError(f"{_say_line(event)}: nested too deeply")
        if event.anchor is not None:
            self._anchors[event.anchor] = None
        self._open.append(_Open(event, len(self.events) - 1))

    def _finish(self, event: Any) -> None:
        opened = self._open.pop()
        children = opened.children
        if opened.event.__class__.__name__ == "MappingStartEvent":
            kind, entries = MAPPING, tuple(map(Entry, children[0::2], children[1::2]))
        else:
            kind, entries = SEQUENCE, tuple(Entry(None, child) for child in children)
        flow = bool(opened.event.flow_style)
        outer_end = self._locate(event.end_mark.index)
        # In block style, PyYAML's end is the start of what comes next.
        end = outer_end if flow or not entries else entries[-1].end
        more = {"first": opened.number, "outer_end": outer_end, "flow": flow, "entries": entries}
        self._add(opened.event, self._make_node(kind, opened.event, end, **more))

    def _make_scalar(self, event: Any) -> Node:
        start, end = event.start_mark.index, event.end_mark.index
        # PyYAML's end of a block scalar is after its last line.
        end = start + len(self._text[start:end].rstrip(" \t\r\n")) if event.style in ("|", ">") else end
        text = None if event.implicit[0] and not event.value else event.value
        return self._make_node(SCALAR, event, self._locate(end), text=text)

    def _make_alias(self, event: Any) -> Node:
        if event.anchor not in self._anchors:
            raise StoreError(f"{_say_line(event)}: undefined YAML alias")
        target = self._anchors[event.anchor]
        if target is None:
            raise StoreError(f"{_say_line(event)}: recursive YAML alias")
        return self._make_node(ALIAS, event, self._locate(event.end_mark.index), target=target)

    def _make_node(self, kind: str, event: Any, end: int, **more: Any) -> Node:
        mark, last = event.start_mark, len(self.events) - 1
        facts = {"outer_end": end, "first": last, **more}
        return Node(kind, mark.line + 1, mark.column, self._locate(mark.index), end, last=last, **facts)

    def _add(self, event: Any, node: Node) -> None:
        self.nodes.append(node)
        if event is not None and event.anchor is not None:
            self._anchors[event.anchor] = node
        if self._open:
            self._open[-1].children.append(node)
        else:
            self.root = node


def _read_events(text: str) -> Iterator[Any]:
    try:
        import yaml
    except ImportError:
        raise StoreError("PyYAML is not installed on this host (Debian: python3-yaml)") from None
    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as problem:
        mark = problem.problem_mark or problem.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        raise StoreError(f"{where}invalid or unsupported YAML") from None
    except yaml.reader.ReaderError as problem:
        line = _count_lines(text[: problem.position].encode())
        raise StoreError(f"line {line}: a character that YAML does not allow") from None
    except (yaml.YAMLError, ValueError, OverflowError):
        # PyYAML fails on too large numbers in escapes and directives.
        raise StoreError("invalid YAML") from None


def _make_locator(text: str) -> Callable[[int], int]:
    """Return a function that turns a character's index into its byte offset."""
    if text.isascii():
        return int
    return [0, *accumulate(len(char.encode()) for char in text)].__getitem__


def _say_line(event: Any) -> str:
    return f"line {event.start_mark.line + 1}"


def _count_lines(before: bytes) -> int:
    return len(LINE_END.findall(before)) + 1
