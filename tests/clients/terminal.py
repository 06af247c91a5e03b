# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answer the prompts of a program at a terminal."""

from __future__ import annotations

import os
import select
import subprocess
import termios
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS = 120.0  # a login takes one or two on an idle machine


@dataclass(frozen=True)
class Talk:
    """The exit status of the program, and all text on the terminal."""

    returncode: int
    text: str


def talk(command: Sequence[str], answers: Sequence[tuple[str, str]], cwd: Path, environment: Mapping[str, str]) -> Talk:
    """Run a program at its own terminal.

    :param answers: pairs of a prompt to wait for and the line to type, in the order of the prompts.
    """
    ours, theirs = os.openpty()
    try:
        process = subprocess.Popen(
            # In its own session with this controlling terminal: some programs open /dev/tty for a password prompt.
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
            break  # the program has closed the terminal
        if not piece:
            break
        heard += piece
    assert not left, f"it never asked for {left[0][0]}: {heard!r}"
    return heard.decode("utf-8", "replace")


def _is_listening(terminal: int) -> bool:
    """Check whether the program has turned off the echo. Input between its prompt and that moment is discarded."""
    flags: int = termios.tcgetattr(terminal)[3]
    return not flags & termios.ECHO
