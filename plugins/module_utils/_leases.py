# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is somebody else writing to this file, or about to?

Private to this collection. A read lease (fcntl(2), "Leases") is granted while nobody has the file open for writing, and
while it is held, whoever opens it for writing waits.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import signal
import time
from collections.abc import Callable, Iterator

#: Seconds to wait for others to close the file.
PATIENCE = 2.0
#: Seconds within which those who are in the middle of opening the file show up.
FOR_STRAGGLERS = 0.002


@contextlib.contextmanager
def lock(file_fd: int) -> Iterator[None]:
    """Let runs of this collection edit a file one after the other; whoever holds the lock for too long is passed."""
    _retry_until(lambda: fcntl.flock(file_fd, fcntl.LOCK_EX | fcntl.LOCK_NB))
    try:
        yield
    finally:
        fcntl.flock(file_fd, fcntl.LOCK_UN)


@contextlib.contextmanager
def lease(file_fd: int) -> Iterator[bool]:
    """Keep others from opening the file for writing, after those who have it open are done (fcntl(2), leases).

    Gives whether that worked: some file systems have no leases, and some writers do not come to an end.
    """
    # The kernel announces who is waiting with this signal, which would end the process.
    former = signal.signal(signal.SIGIO, signal.SIG_IGN)
    try:
        # EAGAIN: somebody has the file open for writing.
        yield _retry_until(lambda: fcntl.fcntl(file_fd, fcntl.F_SETLEASE, fcntl.F_RDLCK))
    finally:
        with contextlib.suppress(OSError):
            fcntl.fcntl(file_fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        signal.signal(signal.SIGIO, former)


def _retry_until(take: Callable[[], object]) -> bool:
    """Try until it is not refused any more, for as long as patience lasts; False where it cannot be had."""
    until = time.monotonic() + PATIENCE
    while True:
        try:
            take()
        except OSError as problem:
            if problem.errno != errno.EAGAIN or time.monotonic() > until:
                return False
            time.sleep(0.001)
        else:
            return True


def is_awaited(file_fd: int) -> bool:
    """Is somebody waiting for the lease to end, to write? It counts as gone as soon as somebody does."""
    return fcntl.fcntl(file_fd, fcntl.F_GETLEASE) == fcntl.F_UNLCK
