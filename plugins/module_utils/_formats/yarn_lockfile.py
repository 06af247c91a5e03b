# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which pairs of a name and a value does a file in the syntax of Yarn 1's lockfile hold, and at which bytes?

Private to this collection. Pure. Follows Yarn's ``src/lockfile/parse.js`` (``tokenise``, ``Parser``), including what it
does by accident. What makes that one fail, or stop before the end of the file, is refused.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError

if TYPE_CHECKING:
    from typing import NoReturn

_BOM = b"\xef\xbb\xbf"
_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>")
# Deeper data is no setting that anybody has written, and only there to exhaust who reads it.
_DEEPEST = 50
# More digits than a double can hold.
_LONGEST = 15
_CR_ALONE = re.compile(rb"\r(?!\n)")
# Yarn takes two line ends in a row for one.
_TOKEN = re.compile(
    rb"(?P<newline>\r\n|\n\n?)|(?P<comment>#[^\n]*)|(?P<indent> +)|(?P<quote>\")|(?P<number>[0-9]+)"
    rb"|(?P<boolean>true|false)|(?P<colon>:)|(?P<comma>,)|(?P<string>[a-zA-Z/.-][^: \r\n,]*)"
)


class _Kind(Enum):
    NEWLINE = "newline"
    COMMENT = "comment"
    INDENT = "indent"
    NUMBER = "number"
    BOOLEAN = "boolean"
    COLON = "colon"
    COMMA = "comma"
    STRING = "string"
    END = "end"


_VALUES = (_Kind.STRING, _Kind.NUMBER, _Kind.BOOLEAN)


@dataclass(frozen=True)
class _Token:
    kind: _Kind
    start: int
    end: int
    value: Any = field(default=None, repr=False)


@dataclass(frozen=True)
class Pair:
    """One pair at the top of the file.

    :ivar names: more than one where a value is given to several.
    :ivar value: a text, a number, true or false; a mapping for an object.
    :ivar start: offset of the first byte of its line.
    :ivar end: offset behind the line end.
    """

    names: tuple[str, ...]
    value: Any = field(repr=False)
    line: int
    start: int
    end: int
    value_start: int
    value_end: int


@dataclass(frozen=True)
class Comment:
    """One comment on a line of its own; ``start`` and ``end`` are those of the line.

    :ivar sign: offset of its first byte.
    """

    line: int
    start: int
    end: int
    sign: int


@dataclass(frozen=True)
class Lockfile:
    """A whole file.

    :ivar inner: what stands within objects: names from the top of the file, start and end of the value.
    """

    pairs: tuple[Pair, ...]
    comments: tuple[Comment, ...]
    inner: tuple[tuple[tuple[str, ...], int, int], ...]


def parse(data: bytes) -> Lockfile:
    """Read a file.

    :raises StoreError: Yarn 1 does not read it as such; the message is the end of a sentence, and shows nothing of it.
    """
    return _Parser(data).parse()


class _Parser:
    def __init__(self, data: bytes) -> None:
        self.data = data
        self.first = len(_BOM) if data.startswith(_BOM) else 0
        self.line_ends = [match.start() for match in re.finditer(b"\n", data)]
        self.pairs: list[Pair] = []
        self.comments: list[Comment] = []
        self.inner: list[tuple[tuple[str, ...], int, int]] = []
        self.outer: tuple[str, ...] = ()
        self.tokens = self.list_tokens()

    def parse(self) -> Lockfile:
        alone = _CR_ALONE.search(self.data)
        if alone:
            self.refuse("a line ends in a carriage return alone", alone.start())
        if all(mark in self.data for mark in _CONFLICT):
            self.refuse("git has left a conflict in it", self.data.index(_CONFLICT[0]))
        self.token = next(self.tokens)
        self.step_over_comments()
        self.read_object(0)
        if self.token.kind is not _Kind.END:
            self.refuse("it is indented and belongs to nothing", self.token.start)
        return Lockfile(tuple(self.pairs), tuple(self.comments), tuple(self.inner))

    def refuse(self, problem: str, position: int) -> NoReturn:
        raise StoreError(f"line {bisect_left(self.line_ends, position) + 1}: {problem}")

    def refuse_syntax(self, position: int) -> NoReturn:
        self.refuse("it is not in the syntax of Yarn 1", position)

    def line_of(self, position: int) -> tuple[int, int, int]:
        """Number, start and end of a line; a byte order mark is no part of it."""
        number = bisect_left(self.line_ends, position)
        start = self.line_ends[number - 1] + 1 if number else self.first
        return number + 1, start, self.line_ends[number] + 1 if number < len(self.line_ends) else len(self.data)

    def list_tokens(self) -> Iterator[_Token]:
        position = self.first
        begins_line = False
        while position < len(self.data):
            match = _TOKEN.match(self.data, position)
            if not match:
                self.refuse_syntax(position)
            end = self.find_quote(position) if match.lastgroup == "quote" else match.end()
            kind = _Kind("string" if match.lastgroup == "quote" else match.lastgroup)
            # Blanks count at the beginning of a line alone, and not of the first.
            if kind is not _Kind.INDENT or begins_line:
                yield _Token(kind, position, end, self.read_token(kind, position, end))
            begins_line = kind is _Kind.NEWLINE
            position = end
        yield _Token(_Kind.END, position, position)

    def find_quote(self, start: int) -> int:
        """The end of a string as Yarn sees it: a quote behind two backslashes ends it, whatever stands before them."""
        end = start
        while True:
            end = self.data.find(b'"', end + 1)
            if end < 0:
                return len(self.data)
            if self.data[end - 1 : end] != b"\\" or self.data[end - 2 : end] == b"\\\\":
                return end + 1

    def read_token(self, kind: _Kind, start: int, end: int) -> Any:
        raw = self.data[start:end]
        text = raw.decode("utf-8", "replace")
        if kind is _Kind.INDENT:
            if len(raw) % 2:
                self.refuse_syntax(start)
            return len(raw) // 2
        if kind is _Kind.STRING and text.startswith('"'):
            try:
                return json.loads(text)
            except ValueError:
                self.refuse_syntax(start)
        if kind is _Kind.NUMBER:
            return int(text) if len(text) <= _LONGEST else float(text)
        return text == "true" if kind is _Kind.BOOLEAN else text

    def step(self) -> _Token:
        self.token = next(self.tokens)
        return self.step_over_comments()

    def step_over_comments(self) -> _Token:
        while self.token.kind is _Kind.COMMENT:
            sign = self.token.start
            number, start, end = self.line_of(sign)
            if not self.data[start:sign].strip(b" "):
                self.comments.append(Comment(number, start, end, sign))
            self.token = next(self.tokens)
        return self.token

    def read_object(self, depth: int) -> dict[str, Any]:
        if depth > _DEEPEST:
            self.refuse("objects are nested too deeply", self.token.start)
        found: dict[str, Any] = {}
        while True:
            token = self.token
            if token.kind is _Kind.NEWLINE:
                following = self.step()
                if depth and (following.kind is not _Kind.INDENT or following.value != depth):
                    return found
                if depth:
                    self.step()
            elif token.kind is _Kind.INDENT and token.value == depth:
                self.step()
            elif token.kind in (_Kind.INDENT, _Kind.END):
                return found
            elif token.kind is not _Kind.STRING:
                self.refuse_syntax(token.start)
            elif not self.read_pair(depth, found):
                return found

    def read_pair(self, depth: int, found: dict[str, Any]) -> bool:
        """Read one pair; is there more in the object?"""
        first = self.token
        names = self.read_names()
        has_colon = self.token.kind is _Kind.COLON
        if has_colon:
            self.step()
        said = self.token
        if said.kind in _VALUES:
            value = said.value
            self.step()
        elif has_colon:
            outer, self.outer = self.outer, (*self.outer, *names)
            value = self.read_object(depth + 1)
            self.outer = outer
        else:
            self.refuse_syntax(said.start)
        found.update((name, value) for name in names)
        if not depth:
            line, start, end = self.line_of(first.start)
            self.pairs.append(Pair(names, value, line, start, end, said.start, said.end))
        elif said.kind in _VALUES:
            self.inner.append(((*self.outer, *names), said.start, said.end))
        return said.kind in _VALUES or not depth or self.token.kind is _Kind.INDENT

    def read_names(self) -> tuple[str, ...]:
        names: list[str] = []
        while True:
            if self.token.kind is not _Kind.STRING or not self.token.value:
                self.refuse_syntax(self.token.start)
            names.append(self.token.value)
            if self.step().kind is not _Kind.COMMA:
                return tuple(names)
            self.step()
