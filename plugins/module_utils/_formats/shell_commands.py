# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the commands of a POSIX shell file, and the blocks and lists that contain them.

Private to this collection. Pure. Follows the grammar only as far as needed to find the words of each command, and
whether the command always runs. Invalid syntax is read leniently, because the shell itself would stop there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from ansible_collections.npmops.auth.plugins.module_utils._formats.shell_words import UNKNOWN, Part, Scanner, Word

_OPERATOR = re.compile(r"&&|\|\||;;&|;;|;&|\|&|[;&|\n]")
_REDIRECTION = re.compile(r"[0-9]*(?:&>>?|<<<|<<-?|<>|<&|>>|>&|>\||<|>)")
# These redirections cannot keep a command from running.
_CANNOT_FAIL = re.compile(r"(?:<|>|>>|>\|)/dev/null\Z|>&[0-9]\Z|<<[^<]")
_LINE = re.compile(r"[^\n]*(?:\n|\Z)")
_JOINED_LINE = re.compile(r"(?:[^\\\n]+|\\.|\\\Z)*(?:\n|\Z)", re.S)
_EXPANSION = re.compile(r"\\.|\$[({]|`", re.S)
#: A new command begins after these words.
_OPENING = frozenset({"if", "while", "until", "{", "!", "then", "do", "elif", "else", "time"})
_NEW_BLOCK = frozenset({"if", "while", "until", "{", "then", "do", "elif", "else"})
_CLOSING = {"fi": "if", "done": "do", "}": "{", "esac": "case"}
_DEEPEST = 200


@dataclass
class Command:
    """One simple command.

    :ivar before: the list operator, ``!`` or ``time`` before the command, else "".
    :ivar after: the operator after the command.
    :ivar redirected: the command contains a redirection or another element that is not a word.
    :ivar nested: the command is in a block, and may never run, or more than once.
    :ivar may_fail: a redirection can keep the command from running.
    :ivar is_split: some shells read what follows as a separate command.
    """

    words: list[Word] = field(default_factory=list)
    before: str = ""
    after: str = ""
    redirected: bool = False
    nested: bool = False
    block: int = 0
    may_fail: bool = False
    is_split: bool = False

    @property
    def is_certain(self) -> bool:
        """Whether the shell itself runs the command each time it reads the file."""
        return not (self.nested or self.before or self.may_fail or self.after in ("|", "|&", "&"))


@dataclass
class Script:
    """All commands of a file.

    :ivar blocks: number of commands of each block, by block number.
    :ivar loops: the variables of loops.
    """

    commands: list[Command] = field(default_factory=list)
    blocks: list[int] = field(default_factory=lambda: [0])
    loops: list[Word] = field(default_factory=list)


@dataclass
class _Frame:
    kind: str
    block: int
    in_pattern: bool = False


@dataclass(frozen=True)
class _HereDocument:
    """:ivar is_quoted: the shell expands nothing in the document."""

    delimiter: str
    is_indented: bool
    is_quoted: bool

    @classmethod
    def make(cls, word: Word, *, is_indented: bool) -> _HereDocument:
        is_plain = word.literal is not None
        delimiter = "".join(part.text for part in word.parts) if is_plain else word.raw
        return cls(delimiter, is_indented, is_plain and any(part.quoted for part in word.parts))


def _remove_end(line: str) -> str:
    return line[:-1] if line.endswith("\n") else line


class Reader:
    """Reads the commands of one file."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._text = scanner.text
        self._position = 0
        self._script = Script()
        self._command = Command()
        self._frames: list[_Frame] = []
        self._here_documents: list[_HereDocument] = []

    def read(self) -> Script:
        """:raises StoreError: a quotation or bracket is not closed, or the syntax is not supported."""
        while True:
            self._position = self._scanner.skip_blanks(self._position)
            if self._position >= len(self._text):
                self._finish("")
                return self._script
            self._step()

    def _step(self) -> None:
        text, position = self._text, self._position
        if text[position] == "#":
            self._position = self._scanner.skip_comment(position)
            return
        redirection = _REDIRECTION.match(text, position)
        if redirection and not text.startswith(("<(", ">("), position):
            self._redirect(redirection)
            return
        operator = _OPERATOR.match(text, position)
        if operator:
            self._end_with(operator)
        elif text[position] in "()":
            self._parenthesis(position)
        elif text[position] in "<>":
            self._position = self._scanner.skip_parentheses(position + 2)
            self._command.redirected = True
        else:
            self._take(self._scanner.read_word(position))

    # Words -------------------------------------------------------------------------------------------------------

    def _take(self, word: Word) -> None:
        self._position = word.end
        if self._here_documents and "\n" in word.raw:
            raise self._scanner.fail(word.start, "a here-document that begins within a word")
        if self._command.is_split and not self._scanner.ansi_quotes:
            raise self._scanner.fail(word.start, "a redirection whose meaning depends on the shell")
        frame = self._frames[-1] if self._frames else None
        if frame and frame.in_pattern:
            if word.raw == "esac":
                self._pop("case")
            return
        if not self._command.words and self._take_keyword(word):
            return
        if self._text.startswith("(", word.end) and word.raw.endswith("="):
            # An array.
            self._position = self._scanner.skip_parentheses(word.end + 1)
            word = Word(word.start, self._position, word.raw + "(", word.parts)
        self._command.words.append(word)

    def _take_keyword(self, word: Word) -> bool:
        raw = word.raw
        if raw == "[[":
            self._skip_test()
        elif raw in ("for", "select", "case"):
            self._push("do" if raw != "case" else "case")
            self._skip_head(raw)
        elif raw in _CLOSING:
            self._pop(_CLOSING[raw])
        elif raw in _OPENING:
            self._open(raw)
        elif raw == "function":
            # The name is not a command; the body is read as a block.
            self._position = self._scanner.read_word(self._scanner.skip_blanks(self._position)).end
        else:
            return False
        return True

    def _open(self, raw: str) -> None:
        if raw in ("if", "{"):
            self._push(raw)
        elif raw in ("while", "until"):
            self._push("do")
        if raw in _NEW_BLOCK and self._frames:
            self._frames[-1].block = self._add_block()
        if raw in ("!", "time"):
            self._command.before = raw

    def _skip_head(self, raw: str) -> None:
        """Skip ``for NAME in words`` or ``case word in``."""
        first = True
        while True:
            self._position = self._scanner.skip_blanks(self._position)
            word = self._scanner.read_word(self._position)
            if word.start == word.end:
                if raw == "case" and self._text.startswith("\n", word.end):
                    self._position = word.end + 1
                    continue
                if self._text.startswith("((", word.end):
                    self._position = self._scanner.skip_parentheses(word.end + 1)
                return
            self._position = word.end
            if first and raw != "case":
                self._script.loops.append(word)
            first = False
            if raw == "case" and word.raw == "in":
                self._frames[-1].in_pattern = True
                return

    def _skip_test(self) -> None:
        """Skip ``[[ ... ]]``, where operators have another meaning."""
        while self._position < len(self._text):
            self._position = self._scanner.skip_blanks(self._position)
            word = self._scanner.read_word(self._position)
            self._position = max(word.end, self._position + 1) if word.start == word.end else word.end
            if word.raw == "]]":
                break
        self._count()

    # Operators and parentheses -----------------------------------------------------------------------------------

    def _end_with(self, operator: re.Match[str]) -> None:
        self._position = operator.end()
        text = operator.group()
        self._finish(text)
        if text in (";;", ";&", ";;&") and self._frames and self._frames[-1].kind == "case":
            self._frames[-1].in_pattern = True
        if text == "\n" and self._here_documents:
            self._skip_here_documents()

    def _finish(self, operator: str) -> None:
        command = self._command
        if command.words or command.redirected:
            command.after = operator
            command.nested = bool(self._frames)
            command.block = self._frames[-1].block if self._frames else 0
            self._count()
            self._script.commands.append(command)
        elif operator == "\n":
            # A list continues after the end of a line.
            operator = command.before
        self._command = Command(before=operator if operator in ("&&", "||", "|", "|&") else "")

    def _parenthesis(self, position: int) -> None:
        frame = self._frames[-1] if self._frames else None
        if self._text[position] == ")":
            self._position = position + 1
            if frame and frame.in_pattern:
                frame.in_pattern = False
                frame.block = 0
                return
            self._finish("")
            self._pop("(")
        elif frame and frame.in_pattern:
            self._position = position + 1
        elif self._text.startswith("((", position):
            self._position = self._scanner.skip_parentheses(position + 1)
            self._count()
        elif self._command.words:
            self._function_or_pattern(position)
        else:
            self._position = position + 1
            self._push("(")
            self._frames[-1].block = self._add_block()

    def _function_or_pattern(self, position: int) -> None:
        end = self._scanner.skip_parentheses(position + 1)
        self._position = end
        if not self._text[position + 1 : end - 1].strip() and len(self._command.words) == 1:
            # A function definition: the body is the next block.
            self._command = Command()
        else:
            # A zsh pattern or an array.
            last = self._command.words[-1]
            if last.end == position:
                unknown = Word(last.start, end, last.raw + "(", (*last.parts, Part(UNKNOWN)))
                self._command.words[-1] = unknown
            self._command.redirected = True

    # Blocks ------------------------------------------------------------------------------------------------------

    def _push(self, kind: str) -> None:
        if len(self._frames) >= _DEEPEST:
            raise self._scanner.fail(self._position, "nested too deeply")
        self._count()
        self._frames.append(_Frame(kind, 0))

    def _pop(self, kind: str) -> None:
        if any(frame.kind == kind for frame in self._frames):
            while self._frames.pop().kind != kind:
                pass
        # Words after the end of a block do not belong to an earlier command.
        self._command = Command(redirected=False)

    def _add_block(self) -> int:
        self._script.blocks.append(0)
        return len(self._script.blocks) - 1

    def _count(self) -> None:
        if self._frames:
            self._script.blocks[self._frames[-1].block] += 1

    # Redirections ------------------------------------------------------------------------------------------------

    def _redirect(self, match: re.Match[str]) -> None:
        operator = match.group().lstrip("0123456789")
        position = self._scanner.skip_blanks(match.end())
        word = self._scanner.read_word(position)
        self._command.redirected = True
        self._command.may_fail = self._command.may_fail or not _CANNOT_FAIL.match(operator + word.raw)
        self._command.is_split = self._command.is_split or operator.startswith("&")
        if word.start == word.end and self._text.startswith(("<(", ">("), position):
            self._position = self._scanner.skip_parentheses(position + 2)
            return
        self._position = word.end
        if operator in ("<<", "<<-"):
            self._here_documents.append(_HereDocument.make(word, is_indented=operator == "<<-"))

    def _skip_here_documents(self) -> None:
        for document in self._here_documents:
            start = self._position
            while self._position < len(self._text):
                first = self._position
                self._position = self._find_line_end(is_joined=not document.is_quoted)
                line = _remove_end(self._text[first : self._position]).replace("\\\n", "")
                if (line.lstrip("\t") if document.is_indented else line) == document.delimiter:
                    if not document.is_quoted:
                        self._require_closed(start, first)
                    break
        self._here_documents = []

    def _find_line_end(self, *, is_joined: bool) -> int:
        """Return the offset after a line and the lines that a backslash joins to it."""
        match = (_JOINED_LINE if is_joined else _LINE).match(self._text, self._position)
        return match.end() if match else len(self._text)

    def _require_closed(self, start: int, end: int) -> None:
        """:raises StoreError: an expansion in a here-document is not closed, which shells read differently."""
        position = start
        while True:
            match = _EXPANSION.search(self._text, position, end)
            if match is None:
                return
            is_escaped = match.group().startswith("\\")
            position = match.end() if is_escaped else self._scanner.skip_expansion(match.start())
            if position > end:
                raise self._scanner.fail(match.start(), "an unclosed expansion in a here-document")
