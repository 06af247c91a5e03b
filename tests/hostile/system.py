# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Use the system as root: run tools, mount file systems, and run attacks by an account."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hostile.accounts import Person


def run_tool(*command: str | Path) -> str:
    """Run a tool, such as for ACLs. Skip the test if the machine or the file system does not support it."""
    if shutil.which(str(command[0])) is None:
        pytest.skip(f"{command[0]} is not installed")
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"not on this file system: {done.stderr.strip()}")
    return done.stdout


@contextlib.contextmanager
def mounted(place: Path, *options: str, kind: str = "tmpfs", device: str = "npmops") -> Iterator[Path]:
    """Mount a file system, and unmount it at the end. Skip the test if that is not permitted."""
    done = subprocess.run(
        ["mount", "-t", kind, "-o", ",".join(options), device, str(place)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    if done.returncode:
        pytest.skip(f"no {kind} with {', '.join(options)} can be mounted here: {done.stderr.splitlines()[0]}")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True, timeout=120)


@contextlib.contextmanager
def attacking(person: Person, script: str, *arguments: Path | str) -> Iterator[None]:
    """Run a Python script as an account until the block ends. The block begins when the script reports ``ready()``."""
    command = [sys.executable, "-S", "-c", _PROLOGUE + script, str(person.uid), str(person.gid), *map(str, arguments)]
    process = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n", "the attacker did not start"
        yield
        assert process.poll() is None, "the attacker gave up"
    finally:
        process.kill()
        process.communicate()


# Python is loaded as root, because the account may not be able to read it. Then all privileges are dropped. `repeat`
# repeats an action until the process is killed, and ignores its errors.
_PROLOGUE = """
import contextlib, ctypes, fcntl, os, signal, sys, time
uid, gid = map(int, sys.argv[1:3])
arguments = sys.argv[3:]
library = ctypes.CDLL(None, use_errno=True)
os.setgroups([]), os.setresgid(gid, gid, gid), os.setresuid(uid, uid, uid)
def ready():
    print("ready", flush=True)
def repeat(work):
    ready()
    while True:
        with contextlib.suppress(OSError):
            work()
def swap(one, other):
    library.renameat2(-100, os.fsencode(one), -100, os.fsencode(other), 2)
"""
