# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the words of a POSIX shell file.

Private to this collection. Pure. Follows the "Shell Command Language" of POSIX, and "QUOTING" and "EXPANSION" in the
manuals of bash, zsh and ksh. Runs nothing: a part of a word that depends on more than the word's bytes is marked.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import to_command

_ENDS_WORD = frozenset(" \t\n;&|<>()")
_PLAIN = re.compile(r"[^ \t\n;&|<>()\\'\"$`*?\[\]{}~]+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_IN_QUOTES = re.compile(r"[^\"\\$`]+")
_ANSI = {"\\": "\\", "'": "'", '"': '"', "n": "\n", "t": "\t", "r": "\r"}
# Limits the recursion that a malicious file can cause.
_DEEPEST = 40

LITERAL = "literal"
REFERENCE = "reference"
COMMAND = "command"
UNKNOWN = "unknown"


@dataclass(frozen=True)
class Part:
    """A piece of a word: text, a variable's name, a command's first word, or unknown.

    :ivar quoted: the piece is in quotes or escaped.
    """

    kind: str
    text: str = ""
    quoted: bool = False


@dataclass(frozen=True)
class Word:
    """One word of a command.

    :ivar raw: the word as written.
    """

    start: int
    end: int
    raw: str
    parts: tuple[Part, ...]

    @property
    def literal(self) -> str | None:
        """The text, or None if the shell expands a part of it."""
        if all(part.kind == LITERAL for part in self.parts):
            return "".join(part.text for part in self.parts)
        return None


class Scanner:
    """Reads words from a given position.

    :param ansi_quotes: the shell has ``$'...'``.
    """

    def __init__(self, text: str, ansi_quotes: bool) -> None:
        self.text = text
        self.ansi_quotes = ansi_quotes
        self._depth = 0

    def skip_blanks(self, position: int) -> int:
        """Skip blanks and line continuations."""
        text = self.text
        while position < len(text):
            if text[position] in " \t":
                position += 1
            elif text.startswith("\\\n", position):
                position += 2
            else:
                break
        return position

    def skip_comment(self, position: int) -> int:
        end = self.text.find("\n", position)
        return len(self.text) if end < 0 else end

    def read_word(self, start: int) -> Word:
        """Read the word at this position; it is empty if none begins there."""
        parts: list[Part] = []
        position = start
        while position < len(self.text) and self.text[position] not in _ENDS_WORD:
            position = self._read_part(position, parts)
        return Word(start, position, self.text[start:position], tuple(parts))

    def skip_parentheses(self, position: int) -> int:
        """Return the position after the parenthesis that closes the one before this position."""
        self._enter(position)
        depth = 1
        while depth:
            if position >= len(self.text):
                raise self.fail(position, "unclosed parenthesis")
            char = self.text[position]
            word = _NAME.match(self.text, position)
            if word and word.group() == "case":
                raise self.fail(position, "unsupported command in a value")
            if char == "#" and self.text[position - 1] in " \t\n;(":
                position = self.skip_comment(position)
            elif self.text.startswith("<<", position):
                raise self.fail(position, "unsupported command in a value")
            elif word:
                position = word.end()
            elif char in " \t\n;&|<>()":
                depth += (char == "(") - (char == ")")
                position += 1
            else:
                position = self._read_part(position, [])
        self._depth -= 1
        return position

    def skip_expansion(self, position: int) -> int:
        """Return the position after the expansion that begins here."""
        return self._read_part(position, [])

    def fail(self, position: int, problem: str) -> StoreError:
        line = self.text.count("\n", 0, position) + 1
        return StoreError(f"line {line}: {problem}")

    def _enter(self, position: int) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.fail(position, "nested too deeply")

    def _read_part(self, position: int, parts: list[Part]) -> int:
        text, char = self.text, self.text[position]
        if char == "\\":
            if position + 1 >= len(text):
                parts.append(Part(UNKNOWN))
                return position + 1
            if text[position + 1] != "\n":
                parts.append(Part(LITERAL, text[position + 1], True))
            return position + 2
        if char == "'":
            end = self._find_quote(position)
            parts.append(Part(LITERAL, text[position + 1 : end], True))
            return end + 1
        if char == '"':
            return self._read_double(position + 1, parts)
        if char == "$":
            return self._read_dollar(position, parts, quoted=False)
        if char == "`":
            return self._read_backticks(position, parts)
        plain = _PLAIN.match(text, position)
        if plain:
            parts.append(Part(LITERAL, plain.group()))
            return plain.end()
        # A pattern, braces or a tilde, which the shell expands.
        parts.append(Part(UNKNOWN, char))
        return position + 1

    def _find_quote(self, position: int) -> int:
        end = self.text.find("'", position + 1)
        if end < 0:
            raise self.fail(position, "unclosed quotation")
        return end

    def _read_double(self, position: int, parts: list[Part]) -> int:
        text, start = self.text, position
        parts.append(Part(LITERAL, "", True))
        while position < len(text):
            char = text[position]
            if char == '"':
                return position + 1
            if char == "\\" and position + 1 < len(text):
                following = text[position + 1]
                if following != "\n":
                    parts.append(Part(LITERAL, following if following in '$`"\\' else "\\" + following, True))
                position += 2
            elif char == "$":
                position = self._read_dollar(position, parts, quoted=True)
            elif char == "`":
                position = self._read_backticks(position, parts)
            else:
                plain = _IN_QUOTES.match(text, position)
                end = plain.end() if plain else position + 1
                parts.append(Part(LITERAL, text[position:end], True))
                position = end
        raise self.fail(start, "unclosed quotation")

    def _read_dollar(self, position: int, parts: list[Part], *, quoted: bool) -> int:
        text = self.text
        following = text[position + 1 : position + 2]
        name = _NAME.match(text, position + 1)
        if following == "(":
            end = self.skip_parentheses(position + 2)
            inside = text[position + 2 : end - 1]
            parts.append(Part(UNKNOWN) if inside.startswith("(") else Part(COMMAND, to_command(inside)))
            return end
        if following == "{":
            return self._read_braces(position, parts)
        if name:
            # In zsh, this is a subscript or a modifier.
            modified = text[name.end() : name.end() + 1] in ("[", ":")
            parts.append(Part(UNKNOWN) if modified else Part(REFERENCE, name.group()))
            return name.end()
        if following == "'" and not quoted:
            return self._read_ansi(position, parts)
        if following == '"' and not quoted:
            parts.append(Part(UNKNOWN))
            return position + 1
        if not following or following in ' \n"':
            parts.append(Part(LITERAL, "$", quoted))
            return position + 1
        parts.append(Part(UNKNOWN))
        return position + 1 + (following in "0123456789@*#?$!-")

    def _read_ansi(self, position: int, parts: list[Part]) -> int:
        """Read ``$'...'``, which other shells read as a dollar sign and a quotation."""
        start = position
        position += 2
        pieces: list[str] | None = []
        while position < len(self.text) and self.text[position] != "'":
            char = self.text[position]
            if char == "\\":
                if not self.ansi_quotes:
                    raise self.fail(start, "a quotation whose meaning depends on the shell")
                position += 1
                plain = _ANSI.get(self.text[position : position + 1])
                pieces = pieces + [plain] if pieces is not None and plain is not None else None
            elif pieces is not None:
                pieces.append(char)
            position += 1
        if position >= len(self.text):
            raise self.fail(start, "unclosed quotation")
        known = pieces is not None and self.ansi_quotes
        parts.append(Part(LITERAL, "".join(pieces or ()), True) if known else Part(UNKNOWN))
        return position + 1

    def _read_braces(self, position: int, parts: list[Part]) -> int:
        name = _NAME.match(self.text, position + 2)
        if name and self.text.startswith("}", name.end()):
            parts.append(Part(REFERENCE, name.group()))
            return name.end() + 1
        self._enter(position)
        start, position = position, position + 2
        while position < len(self.text):
            if self.text[position] == "}":
                parts.append(Part(UNKNOWN))
                self._depth -= 1
                return position + 1
            if self.text[position] in _ENDS_WORD:
                position += 1
            else:
                position = self._read_part(position, [])
        raise self.fail(start, "unclosed brace")

    def _read_backticks(self, position: int, parts: list[Part]) -> int:
        start, position = position, position + 1
        while position < len(self.text):
            if self.text[position] == "`":
                parts.append(Part(COMMAND, to_command(self.text[start + 1 : position])))
                return position + 1
            position += 2 if self.text[position] == "\\" else 1
        raise self.fail(start, "unclosed backtick")
