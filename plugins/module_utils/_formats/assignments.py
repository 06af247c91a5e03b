# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Assignments of environment variables, whatever file they are in, and a file without some of them.

Private to this collection. Pure. Each syntax turns the bytes of a file into assignments. Only a plain literal is a
value: what a program would have to be run for is named, and never guessed. Offsets count bytes: files are scanned as
Latin-1, in which each byte is one character.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Protocol

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import cut

#: Larger files are not read: nobody writes a shell file of this size by hand.
MOST_BYTES = 1024 * 1024
#: What npm and pnpm read from their environment, although no shell can set such a name.
NPM_NAME = r"(?i:p?npm_config_)//[\w.:\[\]/@%~+-]+:_(?:authToken|auth|password)"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FIRST_WORD = re.compile(r"[A-Za-z0-9_./-]{1,40}\Z")
_COMMENT_AFTER = re.compile(r"[ \t]*;?[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|\Z)")
_NO_COMMENT_AFTER = re.compile(r"[ \t]*;?[ \t]*\r?(?:\n|\Z)")


@dataclass(frozen=True)
class Assignment:
    """One place where a variable is set.

    :ivar name: the variable.
    :ivar value: its value, where that is a plain literal; None where a program would have to be run to know it.
    :ivar line: line number, from 1.
    :ivar start: offset of the first byte of the statement; of its line where it is alone there.
    :ivar end: offset after its last byte; after the end of the line where it is alone there.
    :ivar value_start: offset of the first byte of the value, quotes included.
    :ivar value_end: offset after its last byte.
    :ivar alone: nothing else is on the lines of the statement, and the file stays valid without it.
    :ivar command: first word of the command whose output is the value, if one is.
    :ivar reference: the other variable whose value it is, if it is one.
    :ivar exported: programs started from the shell get it.
    :ivar certain: it is set whenever the file is read: in no condition, function or pipeline.
    :ivar block: number of the block of commands that must not become empty; 0 where there is none.
    """

    name: str
    value: str | None = field(repr=False)
    line: int
    start: int
    end: int
    value_start: int
    value_end: int
    alone: bool = False
    command: str = ""
    reference: str = ""
    exported: bool = True
    certain: bool = True
    block: int = 0

    def __repr__(self) -> str:
        # Neither a value nor a name that holds one may reach a traceback or a log.
        return f"Assignment(line={self.line})"

    @property
    def identity(self) -> tuple[str, str | None, str, str]:
        """What makes this the same assignment in another version of the file."""
        return self.name, self.value, self.command, self.reference


@dataclass(frozen=True)
class Assignments:
    """All that a file sets.

    :ivar found: the assignments, in the order of the file.
    :ivar sources: files that it reads by a plain path, ``~/`` standing for the home.
    :ivar blocks: how many commands each block has that must not become empty.
    """

    found: tuple[Assignment, ...]
    sources: tuple[str, ...] = ()
    blocks: tuple[int, ...] = (0,)

    def __repr__(self) -> str:
        return f"Assignments({len(self.found)})"


class Syntax(Protocol):
    """How one kind of file sets variables."""

    def parse(self, data: bytes) -> Assignments:
        """Read a file.

        :raises StoreError: it cannot be read; the message is the end of a sentence, and shows no value.
        """

    def quote(self, text: str) -> bytes:
        """A value as the file would have it.

        :raises StoreError: the syntax has no way to write it.
        """


class Lines:
    """Where the lines of a text begin and end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def number(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def start_of(self, offset: int) -> int:
        return self._starts[self.number(offset) - 1]

    def widen(self, start: int, end: int, comments: bool = True) -> tuple[int, int] | None:
        """The whole lines of a statement, if nothing but white space and a comment after it is there."""
        first = self.start_of(start)
        rest = (_COMMENT_AFTER if comments else _NO_COMMENT_AFTER).match(self._text, end)
        if self._text[first:start].strip(" \t") or not rest:
            return None
        return first, rest.end()


def open_text(data: bytes) -> str:
    """The bytes as text, each byte one character.

    :raises StoreError: no program of this kind reads such a file.
    """
    if len(data) > MOST_BYTES:
        raise StoreError("the file is too large to be searched for variables")
    if b"\0" in data:
        raise StoreError("the file contains a null byte")
    return data.decode("latin-1")


def doubt(found: Iterable[Assignment], names: Container[str]) -> list[Assignment]:
    """The assignments of a file, none of them certain whose variable something else in the file changes."""
    return [replace(item, certain=item.certain and item.name not in names) for item in found]


def is_continued(line: str) -> bool:
    """Whether a line ends with a backslash that is not escaped itself."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def to_value(text: str) -> str | None:
    """Characters of a file that was opened by ``open_text`` as they are meant; None for bytes that are not UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None


def to_command(text: str) -> str:
    """The first word of a command, if that can be shown; else a word for it."""
    words = text.split()
    word = words[0] if words else ""
    return word.rpartition("/")[2] if _FIRST_WORD.match(word) else "command"


def remove(data: bytes, doomed: Iterable[Assignment], parse: Callable[[bytes], Assignments]) -> bytes:
    """A file without these assignments (found by ``identity``), every other byte as it was.

    :raises StoreError: one of them is not alone on its line, or the file would not be the same without it.
    """
    identities = {item.identity for item in doomed}
    before = parse(data)
    gone = [item for item in before.found if item.identity in identities]
    require_alone(gone, before.blocks)
    result = cut(data, [(item.start, item.end) for item in gone])
    rest = [item.identity for item in before.found if item.identity not in identities]
    after = parse(result)
    if [item.identity for item in after.found] != rest or after.sources != before.sources:
        raise StoreError(f"line {gone[0].line}: the assignment cannot be removed without changing something else")
    return result


def require_alone(gone: Sequence[Assignment], blocks: Sequence[int]) -> None:
    """:raises StoreError: one of them shares its line, or a block of commands would be empty without it."""
    doomed_in = Counter({item.block: 0 for item in gone})
    for start in {(item.start, item.block) for item in gone}:
        doomed_in[start[1]] += 1
    for item in gone:
        if not item.alone:
            raise StoreError(f"line {item.line}: the assignment shares its line or statement with something else")
        if item.block and doomed_in[item.block] >= blocks[item.block]:
            raise StoreError(f"line {item.line}: the assignment is the only command of its block")
