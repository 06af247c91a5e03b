# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Wait for processes that have a file open, and make others wait, within limits.

Private to this collection. A lease (``linux.take_lease``) is granted if no other process has the file open. While it
is held, processes that open the file wait.
"""

from __future__ import annotations

import errno
import os
import time
from collections.abc import Callable

from ansible_collections.npmops.auth.plugins.module_utils._files import linux

#: Seconds to wait for others to close the file.
PATIENCE = 2.0
#: Seconds within which a process that is opening the file becomes visible.
FOR_STRAGGLERS = 0.002
#: Seconds to wait until a file can be opened: another run may wait several times before it releases the file.
PATIENCE_TO_OPEN = 3 * PATIENCE
_OPEN = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK


class Hold:
    """An open file that this run holds exclusively from ``take`` until ``let_go``, or until the file is closed.

    Other runs of this collection wait for its lock, and all processes for its lease. If the file system has no leases,
    or a writer does not finish, the run continues without.
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
    """Open a file, waiting while another run holds it; do not wait for a FIFO or a device."""
    until = time.monotonic() + patience
    while True:
        try:
            return os.open(name, flags | _OPEN, 0o600, dir_fd=folder_fd)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(0.001)


def take_lease(file_fd: int, patience: float = PATIENCE) -> bool:
    """Take a lease once other processes have closed the file; False if that is not possible."""
    return _retry_until(lambda: linux.take_lease(file_fd), patience)


def _retry_until(take: Callable[[], object], patience: float) -> bool:
    """Retry while ``take`` fails with EAGAIN, for ``patience`` seconds; False if it does not succeed."""
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
