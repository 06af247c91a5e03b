# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find assignments in fish files: ``set -gx NAME value``, ``export NAME=value``, and the file of universal variables.

Private to this collection. Pure. Follows "Quotes" and "Escaping characters" of fish's language reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    NAME,
    Assignment,
    Assignments,
    Lines,
    doubt,
    mark_parts,
    open_text,
    to_command,
    to_value,
)

_ENDS_WORD = " \t\n;&|<>()"
_OPERATOR = re.compile(r"&&|\|\||&\||[;&|\n]")
_REDIRECTION = re.compile(r"[0-9]*(?:>>|>\?|>&|<&|>|<)|&>>?")
_ASSIGNS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
_BLOCKS = frozenset({"if", "for", "while", "switch", "function", "begin"})
_BEFORE_COMMAND = frozenset({"and", "or", "not", "!", "else", "builtin", "command", "time"})
_LEAVES = frozenset({"exit", "return", "exec"})
_FLAG = re.compile(r"-(?:[gxUlf]+|-export|-global|-universal|-local|-function)\Z")
_ANY_FLAG = re.compile(r"--?[a-zA-Z]|--\Z")
# Flags with which ``set`` changes nothing.
_SHOWS = re.compile(r"-[a-zA-Z]*[qnSLh]|--(?:query|names|show|long|help)\Z")
_ERASES = re.compile(r"-[a-zA-Z]*e|--erase\Z")
_ADDS = re.compile(r"-[a-zA-Z]*[ap]|--(?:append|prepend)\Z")
# Local and function variables end with the file; universal ones can be hidden.
_OTHER_SCOPE = re.compile(r"-[a-zA-Z]*[lfU]|--(?:local|function|universal)\Z")
_HIDES = re.compile(r"-[a-zA-Z]*[lf]|--(?:local|function)\Z")
# Comment lines after a continued line belong to it.
_CONTINUED = re.compile(r"\\\n(?:[ \t]*#[^\n]*\n)*")
_ITEM = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\[")
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)\Z")
_PLAIN_PATH = re.compile(r"(?:~/|/)[A-Za-z0-9_./+@,-]+\Z")
_HOME = re.compile(r"\A\"?\$HOME(?=/)")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@+,-]+\Z")
_UNIVERSAL = re.compile(r"(?m)^SETUVAR((?: --[a-z]+)*) ([A-Za-z_][A-Za-z0-9_]*):([^\n]*)$")
_ESCAPED = re.compile(r"\\(?:x([0-9a-fA-F]{2})|X([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))")


@dataclass(frozen=True)
class _Word:
    """:ivar text: its value; None if that is not known."""

    start: int
    end: int
    raw: str
    text: str | None
    command: str = ""


@dataclass
class _Command:
    words: list[_Word]
    before: str
    after: str
    redirected: bool = False


class _Script:
    """Reads the commands of one file."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __iter__(self) -> Iterator[_Command]:
        text, position, command = self._text, 0, _Command([], "", "")
        while position < len(text):
            char = text[position]
            redirection = _REDIRECTION.match(text, position)
            operator = _OPERATOR.match(text, position)
            continued = _CONTINUED.match(text, position)
            if char in " \t":
                position += 1
            elif continued:
                position = continued.end()
            elif char == "#":
                position = self._find_line_end(position)
            elif redirection:
                command.redirected = True
                position = redirection.end()
            elif operator:
                command.after = operator.group()
                if command.words:
                    yield command
                goes_on = command.after if command.after in ("&&", "||", "|", "&|") else ""
                if command.after == "\n" and not command.words:
                    goes_on = command.before
                command = _Command([], goes_on, "")
                position = operator.end()
            elif char == ")":
                position += 1
            else:
                command.words.append(self._read_word(position))
                position = max(command.words[-1].end, position + 1)
        if command.words:
            yield command

    def _find_line_end(self, position: int) -> int:
        end = self._text.find("\n", position)
        return len(self._text) if end < 0 else end

    def _fail(self, position: int, problem: str) -> StoreError:
        return StoreError(f"line {self._text.count(chr(10), 0, position) + 1}: {problem}")

    def _read_word(self, start: int) -> _Word:
        text, position, command = self._text, start, ""
        pieces: list[str] | None = []
        while position < len(text) and not self._ends_word(start, position):
            char = text[position]
            piece: str | None = None
            if char in "'\"":
                position, piece = self._read_quoted(position)
            elif char == "(" or text.startswith("$(", position):
                inside = position + (2 if char == "$" else 1)
                position = self._skip_parentheses(inside)
                command = to_command(text[inside : position - 1])
            elif char == "\\":
                following = text[position + 1 : position + 2]
                piece = following if following and following != "\n" and not following.isalnum() else None
                position += 2
            elif char == "#" and position > start and text[position - 1] in " \t":
                # After an escaped space, fish reads a comment as part of the word.
                position = self._find_line_end(position)
            else:
                # Within a word, an ampersand is a plain character since fish 3.5; older versions end the command there.
                piece = None if char in "*?{}[]~$%^&\r" else char
                position += 1
            if piece is None:
                pieces = None
            elif pieces is not None:
                pieces.append(piece)
        return _Word(start, position, text[start:position], None if pieces is None else "".join(pieces), command)

    def _ends_word(self, start: int, position: int) -> bool:
        char, following = self._text[position], self._text[position + 1 : position + 2]
        if char == "&" and position > start:
            return not following or following in _ENDS_WORD
        return char in _ENDS_WORD and char != "("

    def _read_quoted(self, start: int) -> tuple[int, str | None]:
        text, sign, position = self._text, self._text[start], start + 1
        pieces: list[str] = []
        known = True
        while position < len(text):
            char = text[position]
            if char == sign:
                return position + 1, "".join(pieces) if known else None
            if char == "\\" and position + 1 < len(text):
                following = text[position + 1]
                special = following in ("\\'" if sign == "'" else '\\"$\n')
                pieces.append(("" if following == "\n" else following) if special else char + following)
                position += 2
                continue
            if sign == '"' and text.startswith("$(", position):
                position, known = self._skip_parentheses(position + 2), False
                continue
            known = known and not (sign == '"' and char == "$")
            pieces.append(char)
            position += 1
        raise self._fail(start, "unclosed quotation")

    def _skip_parentheses(self, position: int) -> int:
        start, depth = position, 1
        while depth:
            if position >= len(self._text):
                raise self._fail(start, "unclosed parenthesis")
            char = self._text[position]
            if char in "'\"":
                position = self._skip_quoted(position)
                continue
            if char == "#" and self._text[position - 1] in " \t\n;(":
                position = self._find_line_end(position)
                continue
            depth += (char == "(") - (char == ")")
            position += 2 if char == "\\" else 1
        return position

    def _skip_quoted(self, start: int) -> int:
        sign, position = self._text[start], start + 1
        while position < len(self._text) and self._text[position] != sign:
            position += 2 if self._text[position] == "\\" else 1
        if position >= len(self._text):
            raise self._fail(start, "unclosed quotation")
        return position + 1


def parse(data: bytes) -> Assignments:
    """See ``assignments.Syntax``."""
    text = open_text(data)
    lines = Lines(text)
    found: list[Assignment] = []
    sources: list[str] = []
    erased: set[str] = set()
    depth, left = 0, False
    for command in _Script(text):
        words, conditional = _skip_keywords(command.words)
        first = words[0].text if words else None
        opened = sum(word.raw in _BLOCKS for word in command.words[: len(command.words) - len(words) + 1])
        depth = max(0, depth + opened - (first == "end"))
        if first in ("source", ".") and len(words) == 2:
            path = _HOME.sub("~", words[1].raw).strip("\"'")
            sources += [path] if _PLAIN_PATH.match(path) else []
        certain = not (left or depth or conditional or command.before or command.after in ("|", "&|", "&"))
        left = left or (certain and first in _LEAVES)
        erased.update(_list_erased(words))
        found += _find(command, words, lines, certain)
    found = doubt(found, erased)
    return Assignments(mark_parts(found, text), tuple(dict.fromkeys(sources)))


def quote(text: str) -> bytes:
    """See ``assignments.Syntax``."""
    if "\0" in text:
        raise StoreError("the value contains a null byte")
    if _PLAIN_VALUE.match(text):
        return text.encode()
    return b"'" + re.sub(r"[\\']", lambda match: "\\" + match.group(), text).encode() + b"'"


def _skip_keywords(words: list[_Word]) -> tuple[list[_Word], bool]:
    conditional = False
    while words and words[0].raw in _BEFORE_COMMAND:
        conditional = conditional or words[0].raw in ("and", "or", "not", "!", "else")
        words = words[1:]
    while words and words[0].raw in ("begin", "if", "while") and len(words) > 1:
        conditional, words = True, words[1:]
    return words, conditional


def _find(command: _Command, words: list[_Word], lines: Lines, certain: bool) -> Iterator[Assignment]:
    prefix = 0
    while prefix < len(words) and _ASSIGNS.match(words[prefix].raw):
        yield _make(command, words[prefix], lines, exported=True, certain=False, free=False)
        prefix += 1
    rest = words[prefix:]
    first = rest[0].text if rest else None
    free = rest == command.words and not command.before and not command.redirected
    free = free and command.after in ("", "\n", ";")
    if first == "export":
        for word in rest[1:]:
            quoted = _ASSIGNS.match(word.text or "")
            if _ASSIGNS.match(word.raw):
                yield _make(command, word, lines, exported=True, certain=certain, free=free and len(rest) == 2)
            elif quoted:
                unknown = _Word(word.end, word.end, "", None)
                yield _make(command, unknown, lines, exported=True, certain=False, free=False, name=quoted.group(1))
    elif first == "set":
        yield from _find_set(command, rest[1:], lines, certain, free)


def _split_flags(words: list[_Word]) -> tuple[list[str], list[_Word]]:
    """Split the words after ``set`` into flags and the rest."""
    flags: list[str] = []
    while words and _ANY_FLAG.match(words[0].raw):
        flags.append(words[0].raw)
        words = words[1:]
        if flags[-1] == "--":
            break
    return flags, words


def _find_set(command: _Command, words: list[_Word], lines: Lines, certain: bool, free: bool) -> Iterator[Assignment]:
    flags, rest = _split_flags(words)
    if not rest or any(_SHOWS.match(flag) or _ERASES.match(flag) for flag in flags):
        return
    item = _ITEM.match(rest[0].raw)
    plain = not item and all(_FLAG.match(flag) or flag == "--" for flag in flags)
    name = item.group(1) if item else rest[0].text or ""
    if not NAME.match(name):
        return
    certain = certain and not any(_OTHER_SCOPE.match(flag) for flag in flags)
    exported = any(flag == "--export" or (flag[1:2] != "-" and "x" in flag) for flag in flags)
    value = rest[1] if len(rest) > 1 else _Word(rest[0].end, rest[0].end, "", "")
    if len(rest) > 2 or not plain:
        # A list, which fish exports joined in a way that depends on its name, or a change to the current value.
        value = _Word(value.start, rest[-1].end, "", None)
    made = _make(command, value, lines, exported=exported, certain=certain, free=free, name=name)
    yield replace(made, is_part=bool(item) or any(_ADDS.match(flag) for flag in flags))


def _list_erased(words: list[_Word]) -> Iterator[str]:
    """Yield the variables that a command erases, or hides with a variable of a smaller scope."""
    flags, rest = _split_flags(words[1:]) if words and words[0].text == "set" else ([], [])
    if any(_ERASES.match(flag) for flag in flags):
        yield from (word.text or "" for word in rest)
    elif any(_HIDES.match(flag) for flag in flags):
        yield from (word.text or "" for word in rest[:1])


def _make(
    command: _Command, word: _Word, lines: Lines, *, exported: bool, certain: bool, free: bool, name: str = ""
) -> Assignment:
    value_start, raw, text = word.start, word.raw, word.text
    if not name:
        name, _equals, raw = raw.partition("=")
        value_start = word.end - len(raw)
        text = None if text is None else text[len(name) + 1 :]
    start, end = command.words[0].start, command.words[-1].end
    whole = lines.widen(start, end) if free else None
    variable = _VARIABLE.match(raw.strip('"'))
    return Assignment(
        name=name,
        value=None if text is None else to_value(text),
        line=lines.number(word.start),
        start=whole[0] if whole else start,
        end=whole[1] if whole else end,
        value_start=value_start,
        value_end=word.end,
        alone=whole is not None,
        command=word.command,
        reference=variable.group(1) if variable else "",
        exported=exported,
        certain=certain,
    )


class Universal:
    """The syntax of ``fish_variables``: one line for each variable, with fish's own escapes."""

    @staticmethod
    def parse(data: bytes) -> Assignments:
        """See ``assignments.Syntax``."""
        text = open_text(data)
        lines = Lines(text)
        return Assignments(tuple(_read_universal(match, lines) for match in _UNIVERSAL.finditer(text)))

    @staticmethod
    def quote(text: str) -> bytes:
        """See ``assignments.Syntax``."""
        return "".join(map(_escape, text)).encode("ascii")


def _read_universal(match: re.Match[str], lines: Lines) -> Assignment:
    flags, name, written = match.groups()
    start, end = lines.widen(match.start(), match.end(), comments=False) or match.span()
    return Assignment(
        name=name,
        value=_unescape(written),
        line=lines.number(match.start()),
        start=start,
        end=end,
        value_start=match.start(3),
        value_end=match.end(3),
        alone=True,
        exported="--export" in flags,
    )


def _unescape(text: str) -> str | None:
    """Decode fish's escapes; return None for an unknown escape or a list of zero or several values."""
    if re.search(r"\\x1[de]", text):
        return None
    raw = bytearray()
    position = 0
    for match in _ESCAPED.finditer(text):
        raw += text[position : match.start()].encode("latin-1")
        low, byte, short, long, char = match.groups()
        number = int(low or byte or short or long or "0", 16)
        if byte:
            raw.append(number)
        elif char or number > 0x10FFFF or 0xD800 <= number < 0xE000:
            if char is None or char not in "\\ '\"":
                return None
            raw += char.encode("latin-1")
        else:
            raw += chr(number).encode()
        position = match.end()
    return to_value((bytes(raw) + text[position:].encode("latin-1")).decode("latin-1"))


def _escape(char: str) -> str:
    if char.isascii() and (char.isalnum() or char in "/_"):
        return char
    number = ord(char)
    return f"\\x{number:02x}" if number < 0x80 else f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


UNIVERSAL = Universal()
