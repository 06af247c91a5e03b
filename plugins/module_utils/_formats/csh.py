# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find assignments in csh and tcsh files: ``setenv NAME value`` and ``set name = value``.

Private to this collection. Pure. Follows "Lexical structure" and "Variable substitution" of tcsh(1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

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

# A comment sign also ends a word.
_ENDS_WORD = " \t\n;&|<>()#"
_OPERATOR = re.compile(r"&&|\|\||\|&|[;&|\n()]")
_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})\Z")
_SPECIAL = frozenset("*?[]{}~!^$`\\")
_CHANGES_FLOW = frozenset(
    {"if", "foreach", "while", "switch", "else", "endif", "end", "endsw", "goto", "exit", "case", "default", "breaksw"}
    | {"exec", "logout", "onintr"}
)
# Commands that run the rest of their words as a command; the first one parses them again.
_PASSES_ON = ("eval", "time", "builtin", "nice", "nohup")
_ANY_NAME = "*"
_ITEM = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)\[")
_PLAIN_PATH = re.compile(r"(?:~/|/)[A-Za-z0-9_./+@,-]+\Z")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,-]+\Z")


@dataclass(frozen=True)
class _Word:
    """:ivar text: its value; None if that is not known."""

    start: int
    end: int
    raw: str
    text: str | None


@dataclass
class _Command:
    words: list[_Word]
    before: str
    after: str


def parse(data: bytes) -> Assignments:
    """See ``assignments.Syntax``."""
    text = open_text(data)
    lines = Lines(text)
    found: list[Assignment] = []
    sources: list[str] = []
    certain = True
    unset: set[str] = set()
    for command in _list_commands(text):
        words = _skip_condition(command.words)
        first = words[0].text if words else None
        unset.update(_list_unset(command, words))
        certain = certain and len(words) == len(command.words) and first not in _CHANGES_FLOW
        if first == "source" and len(words) == 2 and _PLAIN_PATH.match(words[1].raw):
            sources.append(words[1].raw)
        found += _find(command, words, lines, certain and not command.before)
    if _ANY_NAME in unset:
        unset.update(item.name for item in found)
    found = doubt(found, unset)
    return Assignments(mark_parts(found, text), tuple(dict.fromkeys(sources)))


def quote(text: str) -> bytes:
    """See ``assignments.Syntax``."""
    if re.search(r"['!\n\0\\]", text):
        raise StoreError("the value cannot be written for csh")
    return text.encode() if _PLAIN_VALUE.match(text) else f"'{text}'".encode()


def _list_unset(command: _Command, words: list[_Word]) -> Iterator[str]:
    """Yield the variables that a command may unset or change."""
    if any("!" in word.raw for word in command.words):
        # A history substitution can repeat any earlier command.
        yield _ANY_NAME
    elif words and words[0].text == "unsetenv":
        yield from (word.text if word.text and NAME.match(word.text) else _ANY_NAME for word in words[1:])


def _find(command: _Command, words: list[_Word], lines: Lines, certain: bool) -> Iterator[Assignment]:
    first = words[0].text if words else None
    place = _place_of_value(words) if first in ("set", "setenv") else None
    if place is None:
        return
    name, value, plain = place
    plain = plain and command.words[0].text != _PASSES_ON[0]
    start, end = command.words[0].start, command.words[-1].end
    variable = _VARIABLE.match(value.raw.strip('"'))
    free = plain and command.after in ("", "\n", ";") and not command.before and words == command.words
    whole = lines.widen(start, end) if free else None
    is_command = plain and value.text is None and value.raw.strip('"').startswith("`")
    yield Assignment(
        name=name,
        value=to_value(value.text) if plain and value.text is not None else None,
        line=lines.number(value.start),
        start=whole[0] if whole else start,
        end=whole[1] if whole else end,
        value_start=value.start,
        value_end=value.end,
        alone=whole is not None,
        command=to_command(value.raw.strip('"`')) if is_command else "",
        reference=(variable.group(1) or variable.group(2)) if variable and plain else "",
        exported=first == "setenv",
        is_part=first == "set" and bool(_ITEM.match(words[1].raw)),
        # ``set`` sets a shell variable, not an environment variable.
        certain=certain and first == "setenv" and words[1].raw == name and command.after not in ("|", "|&", "&"),
    )


def _place_of_value(words: list[_Word]) -> tuple[str, _Word, bool] | None:
    """Return the name, the value, and whether the command sets nothing else."""
    if words[0].text == "setenv":
        name = words[1].text if len(words) > 1 else None
        if name is None or not NAME.match(name):
            return None
        end = words[1].end
        value = words[2] if len(words) > 2 else _Word(end, end, "", "")
        return name, value, len(words) <= 3
    if len(words) == 4 and words[2].raw == "=" and NAME.match(words[1].raw):
        return words[1].raw, words[3], True
    item = _ITEM.match(words[1].raw) if len(words) > 1 else None
    if item or (len(words) > 4 and words[2].raw == "=" and NAME.match(words[1].raw)):
        # An item of a list, or a list.
        name = item.group(1) if item else words[1].raw
        return name, _Word(words[-1].end if item else words[3].start, words[-1].end, "", None), False
    name, equals, rest = words[1].raw.partition("=") if len(words) > 1 else ("", "", "")
    if not equals or not NAME.match(name):
        return None
    text = words[1].text
    end = words[-1].end if len(words) > 2 and words[2].raw == "(" else words[1].end
    value = _Word(words[1].start + len(name) + 1, end, rest, None if text is None else text[len(name) + 1 :])
    return name, value, len(words) == 2


def _skip_condition(words: list[_Word]) -> list[_Word]:
    """Return the command after a one-line ``if (...)`` or a word such as ``eval``."""
    if words and words[0].text == "if":
        depth = 0
        for index, word in enumerate(words[1:], 1):
            depth += (word.raw == "(") - (word.raw == ")")
            if depth == 0:
                return _skip_condition(words[index + 1 :])
    return _skip_condition(words[1:]) if words and words[0].text in _PASSES_ON else words


def _list_commands(text: str) -> Iterator[_Command]:
    position, before = 0, ""
    # Number of open parentheses, such as those of ``if (...)``.
    depth = 0
    words: list[_Word] = []
    while position < len(text):
        char = text[position]
        operator = _OPERATOR.match(text, position)
        in_condition = operator and operator.group() != "\n" and depth > 0
        if char in " \t":
            position += 1
        elif text.startswith("\\\n", position):
            position += 2
        elif char == "#":
            end = text.find("\n", position)
            # A backslash at its end joins the next line to the command before the comment.
            is_joined = text[end - 1 : end] == "\\"
            position = len(text) if end < 0 else end + is_joined
        elif operator and (in_condition or operator.group() in "()"):
            position = operator.end()
            words.append(_Word(operator.start(), position, operator.group(), None))
            depth += (operator.group() == "(") - (operator.group() == ")")
        elif operator:
            position = operator.end()
            if words:
                yield _Command(words, before, operator.group())
            before = operator.group() if operator.group() in ("&&", "||", "|", "|&") else ""
            words, depth = [], 0
        elif char in "<>":
            here = re.compile(r"<<[ \t]*(\S+)").match(text, position)
            if here:
                raise StoreError(f"line {text.count(chr(10), 0, position) + 1}: unsupported here-document")
            words.append(_Word(position, position + 1, char, None))
            position += 1
        else:
            word = _read_word(text, position)
            words.append(word)
            position = word.end
    if words:
        yield _Command(words, before, "")


def _read_word(text: str, start: int) -> _Word:
    pieces: list[str] | None = []
    position = start
    while position < len(text) and text[position] not in _ENDS_WORD:
        char = text[position]
        piece: str | None = None if char in _SPECIAL else char
        end = position + 1
        if char in "'\"`":
            end = _find_quote(text, position) + 1
            inside = text[position + 1 : end - 1]
            known = char != "`" and not re.search(r"[!\\\n]" if char == "'" else r"[!\\\n$`]", inside)
            piece = inside if known else None
        elif char == "\\" and text[position + 1 : position + 2] == "\n":
            break
        elif char == "\\" and re.match(r"[^\s!]", text[position + 1 : position + 2]):
            piece, end = text[position + 1], position + 2
        if piece is None:
            pieces = None
        elif pieces is not None:
            pieces.append(piece)
        position = end
    return _Word(start, position, text[start:position], None if pieces is None else "".join(pieces))


def _find_quote(text: str, start: int) -> int:
    """Find the closing quote; a line end within a quotation needs a backslash before it."""
    position = start + 1
    while position < len(text):
        char = text[position]
        if char == text[start]:
            return position
        if char == "\n":
            break
        position += 2 if char == "\\" and text[position + 1 : position + 2] in ("\n", "`") else 1
    raise StoreError(f"line {text.count(chr(10), 0, start) + 1}: unclosed quotation")
