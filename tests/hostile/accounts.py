# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create and remove the accounts of tests: real accounts of this machine, with names that no other test run uses.

A few are added with useradd. Hundreds are written to /etc/passwd at once, which is fast, and removed by their names, so
that changes by others are kept. Each run removes the accounts that an interrupted run has left.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import secrets
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

_ATTEMPTS = 60
PASSWD = Path("/etc/passwd")
# The lock of lckpwdf(3), which useradd and similar programs also take.
LOCK = Path("/etc/.pwd.lock")
# Contains the ID of the process that created the accounts. When the process has ended, they are leftovers.
PREFIX = f"npmops-many-{os.getpid()}-"
_OWN_NAME = re.compile(r"npmops-many-(\d+)-")
# A thousand IDs for each process, above those that a system assigns.
FIRST_ID = 1_000_000_000 + os.getpid() % 1_000_000 * 1000

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make accounts and act as them")


@dataclass(frozen=True)
class Person:
    """An account that exists while a test runs."""

    name: str
    uid: int
    gid: int
    home: Path

    @property
    def role(self) -> str:
        return self.name.split("-")[1]

    @property
    def store(self) -> Path:
        return self.home / ".npmrc"

    def own(self, path: Path, mode: int | None = None) -> Path:
        """Make this account the owner of a file or link."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if mode is not None:
            path.chmod(mode)
        return path

    def write(self, path: Path, data: bytes, mode: int = 0o600) -> Path:
        path.write_bytes(data)
        return self.own(path, mode)


@contextlib.contextmanager
def made_account(name: str, homes: Path) -> Iterator[Person]:
    """Create an account whose name no other test run on this machine uses, and remove it at the end."""
    full_name = f"npmops-{name}-{secrets.token_hex(4)}"
    home = homes / name
    # The try block begins before the account is created, so that an interruption cannot leave the account behind.
    try:
        administer("useradd", "--no-create-home", "--home-dir", str(home), "--shell", "/bin/false", full_name)
        entry = pwd.getpwnam(full_name)
        yield Person(full_name, entry.pw_uid, entry.pw_gid, home)
    finally:
        with contextlib.suppress(KeyError):
            pwd.getpwnam(full_name)
            administer("userdel", full_name)


def administer(*command: str) -> None:
    """Run useradd or a similar program, and try again while another process locks the password database."""
    for _attempt in range(_ATTEMPTS):
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
        if done.returncode == 0:
            return
        if "lock" not in done.stderr:
            break
        time.sleep(0.2 + secrets.randbelow(100) / 1000)
    pytest.fail(f"{command[0]}: {done.stderr.strip()}")


@contextlib.contextmanager
def many_accounts(count: int) -> Iterator[list[Person]]:
    """Create accounts with empty home directories for the duration of the block. Requires root."""
    _remove_accounts()
    # Not in pytest's directory, which only root can enter.
    base = Path(tempfile.mkdtemp(prefix=PREFIX))
    try:
        base.chmod(0o755)
        people = [_make_person(base, number) for number in range(count)]
        _add_accounts(people)
        yield people
    finally:
        _remove_accounts()
        shutil.rmtree(base, ignore_errors=True)


def _add_accounts(people: Sequence[Person]) -> None:
    lines = [f"{each.name}:x:{each.uid}:{each.uid}::{each.home}:/usr/sbin/nologin\n" for each in people]
    _rewrite(lambda text: text + ("" if text.endswith("\n") else "\n") + "".join(lines))


def _remove_accounts() -> None:
    """Remove the accounts of this process and of processes that have ended."""
    _rewrite(lambda text: "".join(line for line in text.splitlines(True) if not _is_left_over(line)))


def _is_left_over(line: str) -> bool:
    """Check whether a line of /etc/passwd belongs to this process or to a test process that has ended."""
    match = _OWN_NAME.match(line)
    return match is not None and (line.startswith(PREFIX) or not Path("/proc", match[1]).exists())


def _make_person(base: Path, number: int) -> Person:
    person = Person(f"{PREFIX}{number}", FIRST_ID + number, FIRST_ID + number, base / str(number))
    person.home.mkdir(mode=0o700)
    person.own(person.home)
    return person


def _rewrite(change: Callable[[str], str]) -> None:
    """Replace /etc/passwd while holding its lock."""
    with LOCK.open("a") as lock:
        fcntl.lockf(lock, fcntl.LOCK_EX)
        before = PASSWD.read_text(encoding="utf-8", errors="surrogateescape")
        after = change(before)
        if after == before:
            return
        status = PASSWD.stat()
        new = PASSWD.with_name(f"passwd.{PREFIX}new")
        new.write_text(after, encoding="utf-8", errors="surrogateescape")
        new.chmod(status.st_mode & 0o777)
        os.chown(new, status.st_uid, status.st_gid)
        new.replace(PASSWD)
