# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the system calls of a process with strace, and the effective user of each."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_LINE = re.compile(r"(?:(?P<pid>\d+) +)?(?P<name>\w+)\((?P<arguments>.*)\) += (?P<result>\?|-?\w+)")
_CUT = re.compile(r"(?:(?P<pid>\d+) +)?(?P<text>.*) <unfinished \.\.\.>\Z")
_REST = re.compile(r"(?:(?P<pid>\d+) +)?<\.\.\. \w+ resumed>(?P<text>.*)\Z")
_UNCHANGED = "-1"

#: System calls that open or read a file. The others only read names and modes.
OPENING = frozenset({"open", "openat", "openat2", "execve", "readlink", "truncate"})


@dataclass(frozen=True)
class Call:
    """A system call.

    :ivar thread: the ID of the thread that made it.
    :ivar euid: the effective user at that time.
    :ivar result: the returned value; ``?`` if the call did not return.
    """

    thread: int
    name: str
    arguments: str
    result: str
    euid: int

    @property
    def succeeded(self) -> bool:
        return not self.result.startswith("-")


def is_permitted() -> str | None:
    """Return why strace cannot be used here; None if it can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    command = ["strace", "-f", "-o", "/dev/null", "-e", "inject=getppid:signal=SIGKILL", sys.executable, "-S", "-c"]
    done = subprocess.run([*command, "import os; os.getppid()"], capture_output=True, check=False, timeout=120)
    return None if done.returncode == -9 else "strace may not trace and inject here"


def make_prefix(log: Path, *calls: str) -> list[str]:
    """Make the command that records these system calls of the command after it. ``%file`` is a class of calls."""
    return ["strace", "-f", "-y", "-s", "4096", "--seccomp-bpf", "-o", str(log), "-e", f"trace={','.join(calls)}"]


@contextlib.contextmanager
def attached(pid: int, *options: str) -> Iterator[None]:
    """Attach strace to a waiting process until the process ends."""
    with subprocess.Popen(["strace", "-f", *options, "-p", str(pid)], stderr=subprocess.PIPE) as process:
        try:
            assert process.stderr is not None
            said = process.stderr.readline()
            assert b"attached" in said, said
            yield
            process.communicate(timeout=120)
        finally:
            process.kill()


def read_log(log: Path, euid: int = 0) -> list[Call]:
    """Read the calls of a recorded process, in order.

    :param euid: the first effective user. libc keeps that of all threads the same.
    """
    calls: list[Call] = []
    for line in _join_cut_lines(log.read_text("utf-8", "replace").splitlines()):
        match = _LINE.match(line)
        if match:
            thread = int(match["pid"] or 0)
            calls.append(Call(thread, match["name"], match["arguments"], match["result"], euid))
            euid = _follow(calls[-1], euid)
    return calls


def _follow(call: Call, euid: int) -> int:
    """Return the effective user after a call."""
    if call.name not in ("setresuid", "setreuid") or call.result != "0":
        return euid
    wanted = call.arguments.split(", ")[1]
    return euid if wanted == _UNCHANGED else int(wanted)


def _join_cut_lines(lines: Sequence[str]) -> Iterator[str]:
    """Join calls that strace writes in two parts because another thread made a call in between."""
    waiting: dict[str, str] = {}
    for line in lines:
        cut, rest = _CUT.match(line), _REST.match(line)
        if cut:
            waiting[cut["pid"] or ""] = cut["text"]
        elif rest:
            yield f"{rest['pid'] or 0} {waiting.pop(rest['pid'] or '', '')}{rest['text']}"
        else:
            yield line
