# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wait until a thread that opens a file is blocked there, independent of the load of the machine."""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path

# The numbers of openat and clock_nanosleep on x86-64, then on ARM, as /proc shows them for a waiting thread: the kernel
# blocks a thread that opens a file with a lease, and a thread that must not block in the kernel tries again.
_WAITING = ("257", "230", "56", "115")
_LONGEST = 5.0


def wait_until_held_up(thread: threading.Thread, begun: threading.Event) -> None:
    """Wait until a thread that has begun to open a file is blocked there, or has ended."""
    assert begun.wait(60)
    call = Path(f"/proc/self/task/{thread.native_id}/syscall")
    deadline = time.monotonic() + _LONGEST
    while thread.is_alive() and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            if call.read_text().partition(" ")[0] in _WAITING:
                return
        time.sleep(0.002)
