# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is somebody else writing to this file, or about to?

Private to this collection. A lease (fcntl(2), "Leases") is granted while nobody else has the file open, and while it is
held, whoever opens it waits. A read lease is for those who only read: it concerns others who write. A write lease
concerns everybody.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable, Iterator

#: Seconds to wait for others to close the file.
PATIENCE = 2.0
#: Seconds within which those who are in the middle of opening the file show up.
FOR_STRAGGLERS = 0.002
#: Seconds to wait until a file can be opened: another run may wait for others several times before it lets us in.
PATIENCE_TO_OPEN = 3 * PATIENCE
_OPEN = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


class Hold:
    """An open file, which this run has for itself from ``take`` on until it lets go of it, or closes it.

    Other runs of this collection wait for its lock, and everybody for its lease. Some file systems have no leases, and
    some writers do not come to an end: then it goes without.
    """

    def __init__(self, file_fd: int) -> None:
        self.fd = file_fd
        self._held = False

    def take(self, patience: float = PATIENCE) -> None:
        if not self._held:
            _retry_until(lambda: fcntl.flock(self.fd, fcntl.LOCK_EX | fcntl.LOCK_NB), patience)
            take_lease(self.fd, patience)
            self._held = True

    def let_go(self) -> None:
        if self._held:
            drop_lease(self.fd)
            fcntl.flock(self.fd, fcntl.LOCK_UN)
            self._held = False


@contextlib.contextmanager
def unsignalled() -> Iterator[None]:
    """Take leases in here: the kernel announces who is waiting with a signal, which would end the process."""
    former = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGIO, former)


def open_patiently(name: str, flags: int, folder_fd: int | None = None, patience: float = PATIENCE_TO_OPEN) -> int:
    """Open a file, which another run may have for itself; a fifo or a device is not waited for."""
    until = time.monotonic() + patience
    while True:
        try:
            return os.open(name, flags | _OPEN, 0o600, dir_fd=folder_fd)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.001)


def take_lease(file_fd: int, patience: float = PATIENCE) -> bool:
    """Let whoever opens the file wait, after those who have it open are done; False where that cannot be had."""
    writes = fcntl.fcntl(file_fd, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    kind = fcntl.F_WRLCK if writes else fcntl.F_RDLCK
    # EAGAIN: somebody has the file open.
    return _retry_until(lambda: fcntl.fcntl(file_fd, fcntl.F_SETLEASE, kind), patience)


def drop_lease(file_fd: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.fcntl(file_fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)


def is_awaited(file_fd: int) -> bool:
    """Is somebody waiting for the lease to end? It counts as gone as soon as somebody does."""
    return fcntl.fcntl(file_fd, fcntl.F_GETLEASE) == fcntl.F_UNLCK


def _retry_until(take: Callable[[], object], patience: float) -> bool:
    """Try until it is not refused any more, for as long as patience lasts; False where it cannot be had."""
    until = time.monotonic() + patience
    while True:
        try:
            take()
        except OSError as problem:
            if problem.errno != errno.EAGAIN or time.monotonic() > until:
                return False
            time.sleep(0.001)
        else:
            return True
