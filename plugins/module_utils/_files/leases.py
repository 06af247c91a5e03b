# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Waits for others who have a file open, and lets others wait, within limits.

Private to this collection. A lease (``linux.take_lease``) is granted while nobody else has the file open, and while it
is held, whoever opens it waits.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from ansible_collections.npmops.auth.plugins.module_utils._files import linux

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
            _retry_until(lambda: linux.lock(self.fd), patience)
            take_lease(self.fd, patience)
            self._held = True

    def let_go(self) -> None:
        if self._held:
            linux.drop_lease(self.fd)
            linux.unlock(self.fd)
            self._held = False


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
    return _retry_until(lambda: linux.take_lease(file_fd), patience)


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
