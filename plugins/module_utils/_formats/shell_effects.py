# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Track what shell commands do besides setting variables: export, unset or lock variables, and leave the file.

Private to this collection. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ansible_collections.npmops.auth.plugins.module_utils._formats.shell_commands import Command
from ansible_collections.npmops.auth.plugins.module_utils._formats.shell_words import Word

PASSES_ON = frozenset({"command", "builtin", "noglob", "nocorrect"})
_NAME = re.compile(r"[\"']?([A-Za-z_][A-Za-z0-9_]*)(?:[\"']?\+?=|[\"']?\Z)")
_ARRAY = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[[^\]\n]*\]\+?=|\+?=\()")
_SETS_ALL = re.compile(r"([-+])[A-Za-z]*a[A-Za-z]*\Z")
_TAKES_NAME = re.compile(r"[-+][A-Za-z]*o\Z")
_LEAVES = frozenset({"return", "exit", "exec"})


class Effects:
    """Collects the effects of commands, which are passed in file order.

    :param portable: only commands that every shell has are certain to have an effect.
    :ivar exported: the variables that are exported whenever they are set.
    :ivar exports_all: each variable that is set now is exported.
    """

    def __init__(self, *, portable: bool) -> None:
        self._portable = portable
        self.exported: set[str] = set()
        self.exports_all = False
        self._unset: set[str] = set()
        self._locked: dict[str, int] = {}
        self._left_at: int | None = None

    def take(self, command: Command) -> None:
        # Arrays are not passed to programs.
        self._unset.update(match.group(1) for word in command.words for match in [_ARRAY.match(word.raw)] if match)
        words = skip_passing(command.words)
        first = words[0].literal if words else None
        rest = words[1:]
        if first == "set":
            self._take_options(rest, is_certain=command.is_certain)
        elif first == "unset":
            self._unset.update(word.literal or "" for word in rest)
        elif first in ("export", "readonly", "declare", "typeset"):
            self._declare(first, rest, is_certain=command.is_certain)
        elif first in _LEAVES and (first != "exec" or rest) and command.is_certain and self._left_at is None:
            self._left_at = words[0].start

    def is_sure(self, name: str, position: int) -> bool:
        """Return whether no other command undoes or prevents an assignment at this offset."""
        is_left = self._left_at is not None and position > self._left_at
        return not is_left and name not in self._unset and position <= self._locked.get(name, position)

    def _take_options(self, words: Sequence[Word], *, is_certain: bool) -> None:
        before = ""
        for word in words:
            text = word.literal or ""
            match = _SETS_ALL.match(text)
            if match or (before and text == "allexport"):
                self.exports_all = is_certain and (match.group(1) if match else before[0]) == "-"
            before = text if _TAKES_NAME.match(text) else ""

    def _declare(self, first: str, words: Sequence[Word], *, is_certain: bool) -> None:
        flags = [word.raw for word in words if word.raw.startswith(("-", "+"))]
        on = "".join(flag for flag in flags if flag.startswith("-"))
        off = "".join(flag for flag in flags if flag.startswith("+"))
        # Not every shell has "declare", and sh may lack "typeset".
        exports = first == "export" or (first == "typeset" and not self._portable and "x" in on)
        for word in words:
            match = _NAME.match(word.raw)
            if match is None or "f" in on:
                continue
            name = match.group(1)
            if "x" in off or re.search("[aA]", on) or (first == "export" and "n" in on):
                self._unset.add(name)
            elif exports and is_certain and word.literal == name:
                self.exported.add(name)
            if first == "readonly" or "r" in on:
                self._locked.setdefault(name, word.end)


def skip_passing(words: Sequence[Word]) -> Sequence[Word]:
    """Remove ``command``, ``builtin`` and the like, with their flags, from a command."""
    while words and words[0].literal in PASSES_ON:
        words = words[1:]
        while words and words[0].raw.startswith("-"):
            words = words[1:]
    return words
