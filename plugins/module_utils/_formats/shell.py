# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the assignments in files of POSIX shells: sh, dash, bash, zsh and ksh.

Private to this collection. Pure. Reads ``NAME=value``, ``export``, ``declare``, ``typeset`` and ``readonly``. Values
that come from a command, or depend on the shell or on anything outside the file, are unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import (
    NAME,
    NPM_NAME,
    Assignment,
    Assignments,
    Lines,
    mark_parts,
    open_text,
    to_value,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.shell_commands import Command, Reader
from ansible_collections.npmops.auth.plugins.module_utils._formats.shell_effects import PASSES_ON, Effects, skip_passing
from ansible_collections.npmops.auth.plugins.module_utils._formats.shell_words import (
    COMMAND,
    LITERAL,
    REFERENCE,
    UNKNOWN,
    Part,
    Scanner,
    Word,
)

# The first item of an array is the variable itself.
_ASSIGNS = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\[[^\]\n]*\]|)(\+?)=")
# In an argument of ``declare`` or the like, the name or the whole argument can be quoted.
_DECLARED = re.compile(r"[\"']?([A-Za-z_][A-Za-z0-9_]*)()[\"']?(\+?)=")
# An argument of ``env`` can be quoted as a whole.
_ASSIGNS_KEY = re.compile(rf"[\"']?({NPM_NAME})()()=")
_DECLARES = frozenset({"export", "declare", "typeset", "readonly", "local"})
_PORTABLE = frozenset({"export", "readonly"})
# Flags that neither change nor unset the value.
_HARMLESS_FLAGS = re.compile(r"-[gxr]+\Z|--\Z")
# An expansion that sets a variable if it has no value.
_DEFAULT = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*):?=(?!\})")
_COMMENT = re.compile(r"[ \t]*#")
_EXPANDS = re.compile(r"(?:\A=)|:[=~]")
_PLAIN_VALUE = re.compile(r"[A-Za-z0-9_./:@%+,-]+\Z")
_HOME = re.compile(r"\A(?:~|\"?\$HOME|\"?\$\{HOME\})(?=/)")
_PLAIN_PATH = re.compile(r"(?:~/|/)[A-Za-z0-9_./+@,-]+\Z")


@dataclass(frozen=True)
class _Found:
    """A word that assigns a variable, and how its command affects it.

    :ivar plain: the command does not change the value.
    :ivar transient: only one program gets the value.
    :ivar certain: every shell of this kind sets the variable.
    """

    word: Word
    exported: bool
    plain: bool = True
    transient: bool = False
    certain: bool = True


class Shell:
    """The syntax of one kind of shell.

    :param ansi_quotes: the shell has ``$'...'``.
    """

    def __init__(self, ansi_quotes: bool) -> None:
        self._ansi_quotes = ansi_quotes

    def parse(self, data: bytes) -> Assignments:
        """See ``assignments.Syntax``."""
        text = open_text(data)
        script = Reader(Scanner(text, self._ansi_quotes)).read()
        lines = Lines(text)
        found: list[Assignment] = []
        sources: list[str] = []
        effects = Effects(portable=not self._ansi_quotes)
        for command in script.commands:
            sources += _list_sources(command)
            effects.take(command)
            made = [_make(item, command, lines) for item in _find(command, portable=not self._ansi_quotes)]
            found += [replace(item, exported=True) if effects.exports_all else item for item in made]
        found += [_make_loop(word, lines) for word in script.loops if NAME.match(word.raw)]
        found += _list_defaults(text, lines)
        found.sort(key=lambda item: item.value_start)
        found = [
            replace(
                item,
                exported=item.exported or item.name in effects.exported,
                certain=item.certain and effects.is_sure(item.name, item.value_start),
            )
            for item in found
        ]
        found = _join_with_export(found, script.commands, lines)
        return Assignments(mark_parts(found, text), tuple(dict.fromkeys(sources)), tuple(script.blocks))

    def quote(self, text: str) -> bytes:
        """See ``assignments.Syntax``."""
        if "\0" in text:
            raise StoreError("the value contains a null byte")
        if _PLAIN_VALUE.match(text):
            return text.encode()
        return b"'" + text.encode().replace(b"'", b"'\\''") + b"'"


def _find(command: Command, *, portable: bool) -> Iterator[_Found]:
    """Yield the assignments of a command."""
    prefix = 0
    while prefix < len(command.words) and _ASSIGNS.match(command.words[prefix].raw):
        prefix += 1
    for word in command.words[:prefix]:
        yield _Found(word, exported=prefix < len(command.words), transient=prefix < len(command.words))
    rest = skip_passing(command.words[prefix:])
    name = rest[0].literal if rest else None
    if name in _DECLARES:
        # Not every shell has "declare", and "command" in zsh does not run builtins.
        through = command.words[0].literal if rest == command.words[1:] else None
        direct = rest == command.words or (portable and through == "command")
        certain = direct and (name in _PORTABLE or (name == "typeset" and not portable))
        yield from (replace(item, certain=certain) for item in _find_declared(name or "", rest[1:]))
    elif name == "env":
        for word in rest[1:]:
            if not _match_name(word.raw):
                break
            yield _Found(word, exported=True, transient=True)
    elif name == "read":
        # The value is input: only the name is known.
        for word in rest[1:]:
            if word.literal and re.match(r"[A-Za-z_]\w*\Z", word.literal):
                yield _Found(replace(word, raw=f"{word.literal}=", parts=()), exported=False, plain=False)


def _find_declared(name: str, words: Sequence[Word]) -> Iterator[_Found]:
    exported, plain = name == "export", True
    for word in words:
        match = _ASSIGNS.match(word.literal or "")
        if word.raw.startswith(("-", "+")):
            exported = exported or (word.raw.startswith("-") and "x" in word.raw)
            plain = plain and bool(_HARMLESS_FLAGS.match(word.raw))
        elif _DECLARED.match(word.raw) or _ASSIGNS.match(word.raw):
            yield _Found(word, exported=exported, plain=plain)
        elif match:
            # The name contains quotes or escapes.
            yield _Found(replace(word, raw=match.group(), parts=()), exported=exported, plain=False)


def _make(found: _Found, command: Command, lines: Lines) -> Assignment:
    word = found.word
    match = _match_name(word.raw)
    name, item, appends = match.groups() if match else ("", "", "")
    start, end = command.words[0].start, command.words[-1].end
    part = _read_value(word) if found.plain and not (item or appends) and word.parts else Part(UNKNOWN)
    value = to_value(part.text) if part.kind == LITERAL else None
    single = all(_is_part(other) for other in command.words if other is not word)
    ends_line = command.after in ("", "\n", ";")
    free = single and ends_line and not command.before and not command.redirected and not found.transient
    whole = lines.widen(start, end) if free else None
    value_start = min(word.start + (match.end() if match else 0), word.end)
    return Assignment(
        name=name,
        value=value,
        line=lines.number(word.start),
        start=whole[0] if whole else start,
        end=whole[1] if whole else end,
        value_start=value_start,
        value_end=word.end,
        alone=whole is not None,
        command=part.text if part.kind == COMMAND else "",
        reference=part.text if part.kind == REFERENCE else "",
        exported=found.exported,
        certain=found.certain and command.is_certain and not found.transient,
        block=command.block,
        is_part=bool(item or appends),
    )


def _match_name(text: str) -> re.Match[str] | None:
    return _ASSIGNS.match(text) or _DECLARED.match(text) or _ASSIGNS_KEY.match(text)


def _make_loop(word: Word, lines: Lines) -> Assignment:
    """Return the assignment to the variable of a loop."""
    line = lines.number(word.start)
    return Assignment(word.raw, None, line, word.start, word.end, word.end, word.end, exported=False, certain=False)


def _list_defaults(text: str, lines: Lines) -> Iterator[Assignment]:
    """Yield the assignments in expansions such as ``${NAME:=value}``."""
    for match in _DEFAULT.finditer(text):
        line = lines.number(match.start())
        if not _COMMENT.match(text, lines.start_of(match.start())):
            end = match.end()
            yield Assignment(match.group(1), None, line, match.start(), end, end, end, exported=False, certain=False)


def _is_part(word: Word) -> bool:
    """Return whether the word is a flag, or a command such as ``export`` or ``command``."""
    return word.raw.startswith(("-", "+")) or word.literal in _DECLARES | PASSES_ON


def _read_value(word: Word) -> Part:
    """Return the value of an assignment as one part."""
    if word.raw.endswith("=("):
        return Part(UNKNOWN)
    parts = _cut_name(word)
    plain = [part for part in parts if part.text or part.kind != LITERAL]
    if all(part.kind == LITERAL for part in plain):
        first = "".join(part.text if not part.quoted else "x" for part in parts)
        # Some shells expand "=" and "~" at these places.
        expands = _EXPANDS.search(first)
        return Part(UNKNOWN) if expands else Part(LITERAL, "".join(part.text for part in plain))
    if any(part.kind == COMMAND for part in plain):
        return next(part for part in plain if part.kind == COMMAND)
    return plain[0] if len(plain) == 1 and plain[0].kind == REFERENCE else Part(UNKNOWN)


def _cut_name(word: Word) -> list[Part]:
    parts = list(word.parts)
    while parts and parts[0].kind == LITERAL and not parts[0].text:
        parts = parts[1:]
    match = _match_name(parts[0].text) if parts and parts[0].kind == LITERAL else None
    if match is None:
        return [Part(UNKNOWN)]
    return [Part(LITERAL, parts[0].text[match.end() :]), *parts[1:]]


def _list_sources(command: Command) -> Iterator[str]:
    words = command.words
    if len(words) >= 2 and words[0].literal in (".", "source"):
        path = _HOME.sub("~", words[1].raw).strip("\"'")
        if _PLAIN_PATH.match(path):
            yield path


def _join_with_export(found: Sequence[Assignment], commands: Sequence[Command], lines: Lines) -> list[Assignment]:
    """Join ``NAME=value; export NAME`` on one line into one statement."""
    following = {
        command.words[0].start: after.words
        for command, after in zip(commands, commands[1:])
        if command.words and _is_free(command) and _is_free(after)
    }
    joined: list[Assignment] = []
    for item in found:
        words = following.get(item.start, [])
        same_line = bool(words) and lines.number(item.value_end) == lines.number(words[0].start)
        if same_line and not item.alone and [word.literal for word in words] == ["export", item.name]:
            whole = lines.widen(item.start, words[-1].end)
            if whole:
                item = replace(item, start=whole[0], end=whole[1], alone=True)
        joined.append(item)
    return joined


def _is_free(command: Command) -> bool:
    return not command.before and not command.redirected and command.after in ("", "\n", ";") and not command.nested


#: Files that any shell reads: values that shells read differently are unknown.
SH = Shell(ansi_quotes=False)
#: Files of bash, zsh and ksh.
BASH = Shell(ansi_quotes=True)
