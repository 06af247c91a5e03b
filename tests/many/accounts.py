# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How does a test get hundreds of accounts at once, and how is it sure that none of them stays behind?

Their lines are written into /etc/passwd together, which takes no time, and taken out again by their names, so that what
others change there meanwhile stays: other test runs too, whose accounts have other names and numbers. What a killed run
has left is taken out by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

PASSWD = Path("/etc/passwd")
# The lock of lckpwdf(3), which useradd and its kin take as well.
LOCK = Path("/etc/.pwd.lock")
# With the number of the process that made the accounts: when it has ended, they are left-overs.
PREFIX = f"npmops-many-{os.getpid()}-"
_OWN_NAME = re.compile(r"npmops-many-(\d+)-")
# A thousand numbers for each process, beyond those that a system gives out.
FIRST_ID = 1_000_000_000 + os.getpid() % 1_000_000 * 1000


@dataclass(frozen=True)
class Person:
    """An account, and its home."""

    name: str
    uid: int
    home: Path

    def write(self, name: str, text: str) -> Path:
        """Put a file of this account's own into its home."""
        path = self.home / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o600)
        os.chown(path, self.uid, self.uid)
        return path


@contextlib.contextmanager
def many_accounts(count: int) -> Iterator[list[Person]]:
    """So many accounts with empty homes, as long as this lasts. Requires root."""
    _remove_accounts()
    # Not in pytest's directory, into which nobody but root may go.
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
    """Take out this process's accounts, and those that processes made which have ended."""
    _rewrite(lambda text: "".join(line for line in text.splitlines(True) if not _is_left_over(line)))


def _is_left_over(line: str) -> bool:
    """Does a line of /etc/passwd belong to this process, or to one of a test run that has ended?"""
    match = _OWN_NAME.match(line)
    return match is not None and (line.startswith(PREFIX) or not Path("/proc", match[1]).exists())


def _make_person(base: Path, number: int) -> Person:
    person = Person(f"{PREFIX}{number}", FIRST_ID + number, base / str(number))
    person.home.mkdir(mode=0o700)
    os.chown(person.home, person.uid, person.uid)
    return person


def _rewrite(change: Callable[[str], str]) -> None:
    """Replace /etc/passwd as a whole, while nobody else does."""
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
