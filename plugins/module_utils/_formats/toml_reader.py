# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the keys of a TOML document, and their byte offsets.

Private to this collection. Pure. The language is TOML 1.0, and what Bun 1.4 accepts of TOML 1.1: line ends, comments
and a final comma in an inline table, the escapes ``\\e`` and ``\\xHH``, times without seconds. Anything else that
clients may read differently is refused: a key or table that is defined twice could give a token to another registry.
Values that are not strings are kept as written. Whether a number or date is valid is not checked. This is harmless:
it stays byte for byte, unless it is the value of a login. Then it is a token without quotes, and is removed with its
line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, TypeVar

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_values import (
    Malformed,
    Scalar,
    read_name,
    read_value,
)

if TYPE_CHECKING:
    from typing import NoReturn, Tuple, Union

    #: Names from the root of the document; numbers in arrays.
    Path = Tuple[Union[str, int], ...]

_T = TypeVar("_T")

BOM = b"\xef\xbb\xbf"

# Limits the recursion that a malicious file can cause.
_DEEPEST = 50
_FORBIDDEN = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")
_BLANKS = re.compile(rb"[ \t]*")
_WHITE_SPACE = re.compile(rb"[ \t\r\n]*")
_COMMENT = re.compile(rb"#[^\r\n]*")
_LINE_END = re.compile(rb"\r?\n|\Z")


class Kind(Enum):
    """What is at a path that has no value of its own."""

    IMPLICIT = "a table that only the headers of others name"
    HEADER = "a table with a header of its own"
    DOTTED = "a table that dotted keys have made"
    INLINE = "an inline table"
    TABLES = "an array of tables"
    ARRAY = "an array"


@dataclass(frozen=True)
class Entry:
    """One ``key = value`` of a table or an inline table.

    :ivar value: None for an array and for an inline table.
    :ivar start: offset of the key's first byte.
    :ivar end: offset after the value's last byte, quotes and brackets included.
    :ivar holder: offset of the inline table with this entry; None in a table.
    :ivar section: the number of headers before it.
    """

    path: Path
    value: str | Scalar | None = field(repr=False)
    line: int
    start: int
    end: int
    value_start: int
    holder: int | None
    section: int


@dataclass(frozen=True)
class Header:
    """One ``[table]`` or ``[[table]]``.

    :ivar section: the number of headers up to here.
    """

    path: Path
    start: int
    end: int
    section: int


@dataclass(frozen=True)
class Comment:
    """One comment without its line end.

    :ivar is_own_line: nothing else is on the line, and no value spans it.
    """

    line: int
    start: int
    end: int
    section: int
    is_own_line: bool


@dataclass(frozen=True)
class Document:
    """A whole document; entries, headers and comments are in file order.

    :ivar tree: what is at each path: a string, a ``Scalar`` or a ``Kind``.
    :ivar commas: for each inline table entry with a comma, by its start: the offset after the comma.
    """

    data: bytes = field(repr=False)
    tree: Mapping[Path, Any] = field(repr=False)
    entries: tuple[Entry, ...]
    headers: tuple[Header, ...]
    comments: tuple[Comment, ...]
    commas: Mapping[int, int]


def scan(data: bytes) -> Document:
    """Read a document.

    :raises StoreError: invalid TOML; the message completes a sentence, and quotes nothing from the document.
    """
    return _Scanner(data).scan()


class _Scanner:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = len(BOM) if data.startswith(BOM) else 0
        self.line_ends = [match.start() for match in re.finditer(b"\n", data)]
        self.tree: dict[Path, Any] = {}
        self.entries: list[Entry] = []
        self.headers: list[Header] = []
        self.comments: list[Comment] = []
        self.commas: dict[int, int] = {}
        # Where the tables of dotted keys were begun: no other place may extend them.
        self.origins: dict[Path, tuple[int, int | None]] = {}
        self.lengths: dict[Path, int] = {}

    def scan(self) -> Document:
        try:
            self.data.decode("utf-8")
        except UnicodeDecodeError as problem:
            self.refuse("invalid UTF-8", problem.start)
        forbidden = _FORBIDDEN.search(self.data)
        if forbidden:
            self.refuse("a control character", forbidden.start())
        table: Path = ()
        self.skip_lines(between_entries=True)
        while self.position < len(self.data):
            if self.data.startswith(b"[", self.position):
                table = self.read_header()
            else:
                self.read_entry(table, None)
            self.take(_BLANKS)
            self.skip_comment(is_own_line=False)
            if self.take(_LINE_END) is None:
                self.refuse("unexpected text at the end of the line")
            self.skip_lines(between_entries=True)
        entries = tuple(sorted(self.entries, key=lambda entry: entry.start))
        return Document(self.data, self.tree, entries, tuple(self.headers), tuple(self.comments), self.commas)

    def refuse(self, problem: str, position: int | None = None) -> NoReturn:
        raise StoreError(f"line {self.line_at(self.position if position is None else position)}: {problem}")

    def line_at(self, position: int) -> int:
        return bisect_left(self.line_ends, position) + 1

    def take(self, pattern: re.Pattern[bytes]) -> re.Match[bytes] | None:
        match = pattern.match(self.data, self.position)
        if match:
            self.position = match.end()
        return match

    def take_sign(self, sign: bytes) -> bool:
        found = self.data.startswith(sign, self.position)
        if found:
            self.position += len(sign)
        return found

    def skip_lines(self, *, between_entries: bool = False) -> None:
        self.take(_WHITE_SPACE)
        while self.skip_comment(is_own_line=between_entries):
            self.take(_WHITE_SPACE)

    def skip_comment(self, *, is_own_line: bool) -> bool:
        start = self.position
        if self.take(_COMMENT) is None:
            return False
        self.comments.append(Comment(self.line_at(start), start, self.position, len(self.headers), is_own_line))
        return True

    def read_header(self) -> Path:
        start = self.position
        is_array = self.data.startswith(b"[[", start)
        self.position += 2 if is_array else 1
        self.take(_BLANKS)
        names = self.read_key()
        if not self.take_sign(b"]]" if is_array else b"]"):
            self.refuse("unclosed table header")
        path: Path = ()
        for name in names[:-1]:
            path = self.enter((*path, name))
        path = (*path, names[-1])
        known = self.tree.get(path)
        if is_array and known in (None, Kind.TABLES):
            self.tree[path] = Kind.TABLES
            number = self.lengths.get(path, 0)
            self.lengths[path] = number + 1
            path = (*path, number)
        elif is_array or known not in (None, Kind.IMPLICIT):
            self.refuse("duplicate table")
        self.tree[path] = Kind.HEADER
        self.headers.append(Header(path, start, self.position, section=len(self.headers) + 1))
        return path

    def enter(self, path: Path) -> Path:
        """Enter a table that a header names above its own."""
        known = self.tree.setdefault(path, Kind.IMPLICIT)
        if known is Kind.TABLES:
            return (*path, self.lengths[path] - 1)
        if known not in (Kind.IMPLICIT, Kind.HEADER, Kind.DOTTED):
            self.refuse("the header names a value that is not a table")
        return path

    def read_entry(self, table: Path, holder: int | None) -> None:
        start = self.position
        names = self.read_key()
        if not self.take_sign(b"="):
            self.refuse("missing equals sign after the key")
        self.take(_BLANKS)
        path = self.define(table, names, holder)
        value_start = self.position
        self.read_item(path)
        value = self.tree[path]
        self.entries.append(
            Entry(
                path=path,
                value=None if isinstance(value, Kind) else value,
                line=self.line_at(start),
                start=start,
                end=self.position,
                value_start=value_start,
                holder=holder,
                section=len(self.headers),
            )
        )

    def define(self, table: Path, names: tuple[str, ...], holder: int | None) -> Path:
        origin = (len(self.headers), holder)
        path = table
        for name in names[:-1]:
            path = (*path, name)
            known = self.tree.setdefault(path, Kind.DOTTED)
            if known is Kind.IMPLICIT:
                self.tree[path] = Kind.DOTTED
            elif known is not Kind.DOTTED or self.origins.get(path, origin) != origin:
                self.refuse("the key extends a table that is already complete")
            self.origins[path] = origin
        path = (*path, names[-1])
        if path in self.tree:
            self.refuse("duplicate key")
        return path

    def read_key(self) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            names.append(self.take_by(read_name, "missing key"))
            self.take(_BLANKS)
            if not self.take_sign(b"."):
                return tuple(names)
            if len(names) > _DEEPEST:
                self.refuse("the key has too many parts")
            self.take(_BLANKS)

    def read_item(self, path: Path) -> None:
        if len(path) > 2 * _DEEPEST:
            self.refuse("values are nested too deeply")
        if self.data.startswith(b"{", self.position):
            self.read_inline_table(path)
        elif self.data.startswith(b"[", self.position):
            self.read_array(path)
        else:
            self.tree[path] = self.take_by(read_value, "invalid value")

    def take_by(self, read: Callable[[bytes, int], tuple[_T, int] | None], otherwise: str) -> _T:
        try:
            found = read(self.data, self.position)
        except Malformed as problem:
            self.refuse(str(problem))
        if found is None:
            self.refuse(otherwise)
        self.position = found[1]
        return found[0]

    def read_inline_table(self, path: Path) -> None:
        holder = self.position
        self.position += 1
        self.tree[path] = Kind.INLINE
        self.skip_lines()
        while not self.take_sign(b"}"):
            start = self.position
            self.read_entry(path, holder)
            self.skip_lines()
            if self.take_sign(b","):
                self.commas[start] = self.position
                self.skip_lines()
            elif not self.data.startswith(b"}", self.position):
                self.refuse("unclosed inline table")

    def read_array(self, path: Path) -> None:
        self.position += 1
        self.tree[path] = Kind.ARRAY
        number = 0
        self.skip_lines()
        while not self.take_sign(b"]"):
            self.read_item((*path, number))
            number += 1
            self.skip_lines()
            if self.take_sign(b","):
                self.skip_lines()
            elif not self.data.startswith(b"]", self.position):
                self.refuse("unclosed array")
