# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The errors that a user sees.

Private to this collection. Every message is one sentence for an operator and never holds a secret, a URL that could
hold one, or the text of an exception from below.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

_MOST_FRAMES = 6


class NpmopsError(Exception):
    """The family: whatever a module turns into ``fail_json``."""


class InputError(NpmopsError):
    """An option does not mean anything: nothing has been looked at, nothing is changed.

    :param option: the option's name, as a playbook says it.
    :param problem: what is wrong with it, as the rest of a sentence without its full stop.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option} {problem}.")
        self.option = option


class InvalidUrl(NpmopsError):
    """A text is not the URL of a registry. The message continues a sentence and does not repeat the text."""


class StoreError(NpmopsError):
    """One store cannot be read or written; other stores are not concerned."""


class ClosedStore(StoreError):
    """A store that the account has no right to."""


class MissingLibrary(NpmopsError):
    """A Python library that this run needs is not on the managed host."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the Python library {name} is missing")
        self.name = name


class NoAnswer(NpmopsError):
    """A registry gave no usable answer: connection, TLS, time, a redirect elsewhere. The message says which."""


class Problem(NamedTuple):
    """What is left undone with one store, while others are done.

    :ivar message: a sentence.
    """

    account: str
    path: str
    message: str


def end_sentence(text: str) -> str:
    """A text with a full stop at its end."""
    return text if text.endswith(".") else f"{text}."


def note_restored(problem: Exception, paths: Iterable[str]) -> None:
    """Let an error that ends a run tell which files the run had restored before."""
    vars(problem)["restored"] = tuple(sorted(paths))


def say_restored(problem: Exception) -> str:
    """A sentence on the files that a run had restored before an error ended it; empty where there are none."""
    paths = vars(problem).get("restored", ())
    if not paths:
        return ""
    names = ", ".join(map(show, paths))
    return f"Before that, the run restored what a killed run had left incomplete: {names}."


def describe_unexpected(problem: Exception) -> str:
    """What kind of exception came up and through which lines of code; its text could hold a secret."""
    import traceback

    frames = traceback.extract_tb(problem.__traceback__)[-_MOST_FRAMES:]
    places = ", ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames)
    return f"unexpected {type(problem).__name__} ({places})"


def show(text: str) -> str:
    """A path or name from a hostile place, on one line."""
    return text if text.isprintable() else ascii(text)
