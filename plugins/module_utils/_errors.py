# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the errors that a user sees.

Private to this collection. Every message is one sentence for an operator and never contains a secret, a URL that could
contain one, or the text of a library's exception.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import NamedTuple

_MOST_FRAMES = 6


class NpmopsError(Exception):
    """The base class of the errors that a module turns into ``fail_json``."""


class InputError(NpmopsError):
    """An option is invalid. Nothing was read or changed.

    :param option: the option's name in a playbook.
    :param problem: what is wrong, as the rest of a sentence without its full stop.
    """

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"{option} {problem}.")
        self.option = option


class InvalidUrl(NpmopsError):
    """A text is not the URL of a registry. The message continues a sentence and does not repeat the text."""


class StoreError(NpmopsError):
    """One credential file cannot be read or written; others are not affected."""


class UnreadStore(StoreError):
    """A client may read a file that this collection does not read: it is too large, or its syntax is unknown."""


class ClosedStore(StoreError):
    """The account may not access a credential file."""


class MissingLibrary(NpmopsError):
    """A Python library that this run needs is not installed on the managed host."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the Python library {name} is missing")
        self.name = name


class NoAnswer(NpmopsError):
    """A registry gave no usable answer: connection, TLS, timeout, a redirect elsewhere. The message says which."""


class WouldAsk(NpmopsError):
    """Check mode: a real run would send a request to the registry."""


class Problem(NamedTuple):
    """What could not be completed in one credential file. Others are not affected.

    :ivar message: a sentence.
    """

    account: str
    path: str
    message: str


def end_sentence(text: str) -> str:
    """Return the text with a full stop at its end."""
    return text if text.endswith(".") else f"{text}."


def note_restored(problem: Exception, paths: Iterable[str]) -> None:
    """Record in an error that ends a run which files the run has restored."""
    vars(problem)["restored"] = tuple(sorted(paths))


def say_restored(problem: Exception) -> str:
    """Return a sentence on the files that ``note_restored`` recorded; empty if there are none."""
    paths = vars(problem).get("restored", ())
    if not paths:
        return ""
    names = ", ".join(map(show, paths))
    return f"Before that, the run restored what a killed run had left incomplete: {names}."


def describe_unexpected(problem: Exception) -> str:
    """Return an exception's type and code lines without its text, which could contain a secret."""
    import traceback

    frames = traceback.extract_tb(problem.__traceback__)[-_MOST_FRAMES:]
    places = ", ".join(f"{os.path.basename(frame.filename)}:{frame.lineno}" for frame in frames)
    return f"unexpected {type(problem).__name__} ({places})"


def show(text: str) -> str:
    """Return an untrusted path or name on one line."""
    return text if text.isprintable() else ascii(text)
