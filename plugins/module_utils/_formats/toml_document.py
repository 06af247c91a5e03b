# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of a TOML document that has been read.

Private to this collection. Pure. ``_toml`` reads one, ``_toml_edit`` takes entries out of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any, Tuple, Union

from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_values import Scalar

if TYPE_CHECKING:
    from typing import Tuple, Union

    #: Names from the root of the document; a number within an array.
    Path = Tuple[Union[str, int], ...]

BOM = b"\xef\xbb\xbf"


class Kind(Enum):
    """What stands at a path that has no value of its own."""

    IMPLICIT = "a table that only the headers of others name"
    HEADER = "a table with a header of its own"
    DOTTED = "a table that dotted keys have made"
    INLINE = "an inline table"
    TABLES = "an array of tables"
    ARRAY = "an array"


@dataclass(frozen=True)
class Entry:
    """One ``key = value``, of a table or of an inline table.

    :ivar value: None for an array and for an inline table.
    :ivar start: offset of the key's first byte.
    :ivar end: offset behind the value's last byte, quotes and brackets included.
    :ivar holder: offset of the inline table that it is in; None in a table.
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

    :ivar is_own_line: nothing else is on its line, which is none of a value's.
    """

    line: int
    start: int
    end: int
    section: int
    is_own_line: bool


@dataclass(frozen=True)
class Document:
    """A whole document; entries, headers and comments in the order of the file.

    :ivar tree: what stands at each path: a string, a ``Scalar`` or a ``Kind``.
    :ivar commas: for an entry of an inline table, by its start: the offset behind its comma, where it has one.
    """

    data: bytes = field(repr=False)
    tree: Mapping[Path, Any] = field(repr=False)
    entries: tuple[Entry, ...]
    headers: tuple[Header, ...]
    comments: tuple[Comment, ...]
    commas: Mapping[int, int]
