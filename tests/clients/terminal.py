# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer a program that asks a person at a terminal."""

from __future__ import annotations

import os
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 120.0  # a login takes one or two, on a machine with nothing else to do


@dataclass(frozen=True)
class Talk:
    """The result of it: the exit status, and all text on the terminal."""

    returncode: int
    text: str


def talk(command: Sequence[str], answers: Sequence[tuple[str, str]], cwd: Path, environment: Mapping[str, str]) -> Talk:
    """Run a program at a terminal of its own.

    :param answers: pairs of a text to wait for and the line to type then, in the order in which they are asked for.
    """
    ours, theirs = os.openpty()
    try:
        process = subprocess.Popen(
            # In a session of its own, whose terminal this is: some programs open /dev/tty to ask for a password.
            ["setsid", "--ctty", "--wait", *command],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=cwd,
            env={**environment, "TERM": "xterm"},
        )
        os.close(theirs)
        try:
            text = _converse(ours, answers)
            return Talk(process.wait(SECONDS), text)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(SECONDS)
    finally:
        os.close(ours)


def _converse(terminal: int, answers: Sequence[tuple[str, str]]) -> str:
    deadline = time.monotonic() + SECONDS
    heard, position, left = b"", 0, list(answers)
    while time.monotonic() < deadline:
        if left and left[0][0].encode() in heard[position:] and _is_listening(terminal):
            position = len(heard)
            os.write(terminal, left.pop(0)[1].encode() + b"\r")
        if not select.select([terminal], [], [], 0.02)[0]:
            continue
        try:
            piece = os.read(terminal, 65536)
        except OSError:
            break  # the program has closed its end
        if not piece:
            break
        heard += piece
    assert not left, f"it never asked for {left[0][0]}: {heard!r}"
    return heard.decode("utf-8", "replace")


def _is_listening(terminal: int) -> bool:
    """Has the program taken the echo over? What is typed between its question and that is thrown away."""
    flags: int = termios.tcgetattr(terminal)[3]
    return not flags & termios.ECHO
