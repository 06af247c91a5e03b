# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the files that a project's .npmrc makes npm read as the account's or the host's.

Private to this collection. npm reads the project's file first, so ``userconfig``, ``globalconfig`` and ``prefix`` in it
count. A project is not trusted: such a file is read as the project's own if it is in the same directory, else reported.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._clients import HOME, NPM, PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, Problem, show
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, Torn, open_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store, place_in_home

#: The settings that move npm's global file; with them, an account's own file is still read.
GLOBAL_KEYS = ("globalconfig", "prefix")
KEYS = ("userconfig", *GLOBAL_KEYS)


class Move(NamedTuple):
    """A file that a project's .npmrc makes npm read.

    :ivar path: empty if a variable names it.
    :ivar line: of the setting.
    """

    path: str
    line: int

    def describe(self, path: str) -> str:
        """Describe it for a warning.

        :param path: of the project's file.
        """
        named = show(self.path) if self.path else "a file that a variable names"
        return f"{show(path)} line {self.line} makes npm read {named}, which was not read."


def list_moves(
    account: Account, path: str, readings: Iterable[Reading], keys: Sequence[str] = KEYS
) -> tuple[Move, ...]:
    """List the files that exist, of those that a project's .npmrc names.

    :param path: of the project's file.
    """
    folder = os.path.dirname(path)
    if os.path.basename(path) != ".npmrc" or folder == os.path.normpath(account.home):
        return ()
    named = {item.name: item for item in readings if item.name in keys and item.value and not item.setting.commented}
    if not named:
        return ()
    moves = [Move("" if item.unset else _place(item, folder, account), item.setting.line) for item in named.values()]
    try:
        with acting_as(account):
            return tuple(move for move in moves if not move.path or os.path.isfile(move.path))
    except (ValueError, NpmopsError):
        return ()


def _place(reading: Reading, folder: str, account: Account) -> str:
    """Resolve a path as npm does in the project's directory."""
    value = reading.value or ""
    path = place_in_home(value, account) if value.startswith(HOME) else os.path.join(folder, value)
    return os.path.normpath(os.path.join(path, "etc", "npmrc") if reading.name == "prefix" else path)


def follow(opened: list[OpenStore], problems: list[Problem], torn: Torn) -> list[str]:
    """Read the files beside the opened projects' files, and return warnings about the others.

    :param opened: receives the files that were read; ``problems``, why others cannot be read.
    """
    known = {path for found in opened for path in (found.store.path, found.content.path)}
    known.update(problem.path for problem in problems)
    beside: list[Store] = []
    warnings: list[str] = []
    for found in opened:
        store = found.store
        for move in list_moves(store.account, store.path, found.readings) if store.level == PROJECT else ():
            told = f"{move.describe(store.path)} Add it to paths."
            if not move.path:
                warnings.append(told)
                continue
            with acting_as(store.account):
                real, folder = os.path.realpath(move.path), os.path.realpath(os.path.dirname(store.path))
            if known.isdisjoint((move.path, real)):
                known.add(real)
                if os.path.dirname(real) == folder:
                    beside.append(Store(store.account, NPM, move.path, level=PROJECT))
                else:
                    warnings.append(told)
    torn.finish(beside)
    more, unread = open_stores(torn.drop_broken(beside))
    opened += more
    problems += unread
    return warnings
