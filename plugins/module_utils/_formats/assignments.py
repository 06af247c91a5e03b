# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Represent and remove assignments of environment variables, for all file syntaxes.

Private to this collection. Pure. Each syntax parses the bytes of a file into assignments. Only plain literals are
values: the output of a command is never guessed, only the command is named. Offsets count bytes: files are decoded as
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
#: Names that npm and pnpm read from the environment, although no shell can set them.
NPM_NAME = r"(?i:p?npm_config_)//[\w.:\[\]/@%~+-]+:_(?:authToken|auth|password)"
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_REFERENCE = re.compile(r"[$@]\{?(?:\([^)\n]{0,20}\))?([A-Za-z_][A-Za-z0-9_]*)")
_WITH_DEFAULT = re.compile(r"\"?\$\{([A-Za-z_][A-Za-z0-9_]*):?[-=?+]((?:[^{}]|\{[^{}]*\})*)\}\"?\Z")
_FIRST_WORD = re.compile(r"[A-Za-z0-9_./-]{1,40}\Z")
_COMMENT_AFTER = re.compile(r"[ \t]*;?[ \t]*(?:[ \t]#[^\n]*)?\r?(?:\n|\Z)")
_NO_COMMENT_AFTER = re.compile(r"[ \t]*;?[ \t]*\r?(?:\n|\Z)")


@dataclass(frozen=True)
class Assignment:
    """One place where a variable is set.

    :ivar name: the variable.
    :ivar value: its value if that is a known plain literal, else None.
    :ivar line: line number, from 1.
    :ivar start: offset of the first byte of the statement, or of its line if ``alone``.
    :ivar end: offset after the last byte of the statement, or after the end of its line if ``alone``.
    :ivar value_start: offset of the first byte of the value, including quotes.
    :ivar value_end: offset after the last byte of the value.
    :ivar alone: nothing else is on the lines of the statement, and the file stays valid without it.
    :ivar command: first word of the command whose output is the value, or empty.
    :ivar reference: the variable that the value refers to, or empty.
    :ivar exported: programs started from the shell inherit the variable.
    :ivar certain: reading the file always sets this value: not in a condition, function or pipeline.
    :ivar block: number of the enclosing block of commands, which must not become empty; 0 if there is none.
    :ivar is_part: the value is only a part: this assignment adds to an earlier one, or a later one adds to it.
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
    is_part: bool = False

    def __repr__(self) -> str:
        # Values, and names that contain a secret, must not reach tracebacks or logs.
        return f"Assignment(line={self.line})"

    @property
    def identity(self) -> tuple[str, str | None, str, str]:
        """The fields that identify the assignment in another version of the file."""
        return self.name, self.value, self.command, self.reference


@dataclass(frozen=True)
class Assignments:
    """The variables that a file sets.

    :ivar found: the assignments in file order.
    :ivar sources: plain paths of the files that it sources; ``~/`` is the home directory.
    :ivar blocks: number of commands of each block that must not become empty, by block number.
    """

    found: tuple[Assignment, ...]
    sources: tuple[str, ...] = ()
    blocks: tuple[int, ...] = (0,)

    def __repr__(self) -> str:
        return f"Assignments({len(self.found)})"


class Syntax(Protocol):
    """The syntax of one kind of file that sets variables."""

    def parse(self, data: bytes) -> Assignments:
        """Parse a file.

        :raises StoreError: the file is not valid; the message is the end of a sentence and shows no value.
        """

    def quote(self, text: str) -> bytes:
        """Write a value in this syntax.

        :raises StoreError: the syntax cannot express the value.
        """


class Lines:
    """The line boundaries of a text."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def number(self, offset: int) -> int:
        return bisect_right(self._starts, offset)

    def start_of(self, offset: int) -> int:
        return self._starts[self.number(offset) - 1]

    def widen(self, start: int, end: int, comments: bool = True) -> tuple[int, int] | None:
        """Return the span of a statement's lines; None if they contain more than the statement and a comment."""
        first = self.start_of(start)
        rest = (_COMMENT_AFTER if comments else _NO_COMMENT_AFTER).match(self._text, end)
        if self._text[first:start].strip(" \t") or not rest:
            return None
        return first, rest.end()


def open_text(data: bytes) -> str:
    """Decode a file, one character for each byte.

    :raises StoreError: the file is too large or contains a null byte.
    """
    if len(data) > MOST_BYTES:
        raise StoreError("the file is too large to be searched for variables")
    if b"\0" in data:
        raise StoreError("the file contains a null byte")
    return data.decode("latin-1")


def doubt(found: Iterable[Assignment], names: Container[str]) -> list[Assignment]:
    """Mark assignments to these variables as uncertain, because something else in the file changes them."""
    return [replace(item, certain=item.certain and item.name not in names) for item in found]


def mark_parts(found: Sequence[Assignment], text: str) -> tuple[Assignment, ...]:
    """Make the values unknown to which a later assignment of the same variable adds: they are not the whole value."""
    adding = {id(item): item for item in found if item.is_part or _uses_itself(item, text)}
    if not adding:
        return tuple(found)
    last = {item.name: item.value_start for item in adding.values()}
    return tuple(
        replace(item, value=None, is_part=True)
        if id(item) in adding or (item.value and item.value_start < last.get(item.name, 0))
        else item
        for item in found
    )


def _uses_itself(item: Assignment, text: str) -> bool:
    """Return whether an unknown value contains the variable's earlier value, but is not that value alone."""
    if item.value is not None or item.reference == item.name:
        return False
    written = text[item.value_start : item.value_end]
    default = _WITH_DEFAULT.match(written)
    if default:
        whole = default.group(2).strip('"') in (f"${item.name}", f"${{{item.name}}}")
        written = "" if whole else default.group(2) if default.group(1) == item.name else written
    return any(match.group(1) == item.name for match in _REFERENCE.finditer(written))


def is_continued(line: str) -> bool:
    """Return whether a line ends with an unescaped backslash."""
    return (len(line) - len(line.rstrip("\\"))) % 2 == 1


def to_value(text: str) -> str | None:
    """Decode text from ``open_text`` as UTF-8; return None if it is not valid UTF-8."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        return None


def to_command(text: str) -> str:
    """Return the program name in a command, or ``command`` if the name may not be shown."""
    words = text.split()
    word = words[0] if words else ""
    return word.rpartition("/")[2] if _FIRST_WORD.match(word) else "command"


def remove(data: bytes, doomed: Iterable[Assignment], parse: Callable[[bytes], Assignments]) -> bytes:
    """Remove assignments (found by ``identity``), and keep every other byte.

    :raises StoreError: an assignment shares its line, or removing it would change something else.
    """
    identities = {item.identity for item in doomed}
    before = parse(data)
    gone = [item for item in before.found if item.identity in identities]
    require_alone(gone, before.blocks)
    result = cut(data, [(item.start, item.end) for item in gone])
    rest = [item.identity for item in before.found if item.identity not in identities]
    after = parse(result)
    if [item.identity for item in after.found] != rest or after.sources != before.sources:
        raise StoreError(
            f"line {gone[0].line}: the assignment cannot be removed without changing something else: edit this line by "
            "hand"
        )
    return result


def require_alone(gone: Sequence[Assignment], blocks: Sequence[int]) -> None:
    """:raises StoreError: an assignment shares its line, or its block of commands would become empty."""
    doomed_in = Counter({item.block: 0 for item in gone})
    for start in {(item.start, item.block) for item in gone}:
        doomed_in[start[1]] += 1
    for item in gone:
        if not item.alone:
            raise StoreError(
                f"line {item.line}: the assignment shares its line or statement with something else: edit this line by "
                "hand"
            )
        if item.block and doomed_in[item.block] >= blocks[item.block]:
            raise StoreError(
                f"line {item.line}: the assignment is the only command of its block: edit this block by hand"
            )
