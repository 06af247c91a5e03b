# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find assignments in files that systemd's ``EnvironmentFile=`` names, and in files of ``environment.d``.

Private to this collection. Pure. Follows "EnvironmentFile=" in systemd.exec(5), and environment.d(5).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    NAME,
    Assignment,
    Assignments,
    Lines,
    is_continued,
    mark_parts,
    open_text,
    to_value,
)

_REFERENCE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))\Z")
_LINE_END = re.compile(r"[\r\n]")
_PLAIN = re.compile(r"[^\r\n\\]+")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,=#-]+\Z")
_ESCAPED_IN_QUOTES = '"\\`$'


class EnvironmentFile:
    """The syntax of one of these kinds of file.

    :param references: a dollar sign begins a reference, as in ``environment.d``.
    """

    def __init__(self, references: bool) -> None:
        self._references = references

    def parse(self, data: bytes) -> Assignments:
        """See ``assignments.Syntax``."""
        text = open_text(data)
        return Assignments(mark_parts(tuple(self._find(text, Lines(text))), text))

    def quote(self, text: str) -> bytes:
        """See ``assignments.Syntax``."""
        if re.search(r"[\n\r\0]", text) or (self._references and "$" in text):
            raise StoreError("the file cannot contain this value")
        if _PLAIN_VALUE.match(text):
            return text.encode()
        return b'"' + re.sub(r'["\\`$]', lambda match: "\\" + match.group(), text).encode() + b'"'

    def _find(self, text: str, lines: Lines) -> Iterator[Assignment]:
        position = 0
        certain, is_joined = True, False
        while position < len(text):
            if text[position] in " \t\n\r":
                position += 1
            elif text[position] in "#;":
                position, is_joined = _skip_comment(text, position)
                # Before version 254, systemd treated the line after such a comment as part of the comment.
                certain = certain and not is_joined
            else:
                line_end = _find_line_end(text, position)
                equals = text.find("=", position + 1, line_end)
                if equals < 0:
                    position, is_joined = line_end, False
                    continue
                name = text[position:equals].rstrip(" \t")
                end, value, start = _read_value(text, equals + 1)
                if NAME.match(name):
                    item = self._make(name, value, (position, end), (start, end), lines)
                    yield replace(item, certain=certain, alone=item.alone and not is_joined)
                position, is_joined = end, False

    def _make(
        self, name: str, value: str, statement: tuple[int, int], place: tuple[int, int], lines: Lines
    ) -> Assignment:
        whole = lines.widen(*statement, comments=False)
        reference = _REFERENCE.match(value) if self._references else None
        unknown = self._references and "$" in value
        return Assignment(
            name=name,
            value=None if unknown else to_value(value),
            line=lines.number(statement[0]),
            start=whole[0] if whole else statement[0],
            end=whole[1] if whole else statement[1],
            value_start=place[0],
            value_end=place[1],
            alone=whole is not None,
            reference=(reference.group(1) or reference.group(2)) if reference else "",
        )


def _find_line_end(text: str, position: int) -> int:
    match = _LINE_END.search(text, position)
    return match.start() if match else len(text)


def _skip_comment(text: str, position: int) -> tuple[int, bool]:
    """Return the end of a comment, and whether its last character is an unescaped backslash."""
    end = _find_line_end(text, position)
    return end, is_continued(text[position:end])


def _read_value(text: str, position: int) -> tuple[int, str, int]:
    """Return the end of the value, its text (quotations and the text between them, joined), and its start."""
    while position < len(text) and text[position] in " \t":
        position += 1
    start = position
    pieces: list[str] = []
    before = True
    while position < len(text) and text[position] not in "\r\n":
        char = text[position]
        if before and char in "'\"":
            position = _read_quoted(text, position, pieces)
        elif before and char in " \t":
            position += 1
        elif char == "\\":
            before = False
            following = text[position + 1 : position + 2]
            pieces.append(following.strip("\r\n"))
            position += 2
        else:
            before = False
            plain = _PLAIN.match(text, position)
            piece = plain.group() if plain else char
            position += len(piece)
            if position >= len(text) or text[position] in "\r\n":
                piece = piece.rstrip(" \t")
            pieces.append(piece)
    end = min(position, len(text))
    while end > start and text[end - 1] in " \t":
        end -= 1
    return end, "".join(pieces), start


def _read_quoted(text: str, position: int, pieces: list[str]) -> int:
    sign, position = text[position], position + 1
    while position < len(text) and text[position] != sign:
        if sign == '"' and text[position] == "\\" and position + 1 < len(text):
            following = text[position + 1]
            if following != "\n":
                pieces.append(following if following in _ESCAPED_IN_QUOTES else "\\" + following)
            position += 2
        else:
            pieces.append(text[position])
            position += 1
    return position + 1


#: A file that ``EnvironmentFile=`` names.
FILE = EnvironmentFile(references=False)
#: A file of ``environment.d``.
DIRECTORY = EnvironmentFile(references=True)
