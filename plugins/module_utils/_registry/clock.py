# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Provide the clock for requests and pauses.

Private to this collection. Tests of long pauses replace it, so that they need not wait.
"""

from __future__ import annotations

import time


class Clock:
    """The system's clock."""

    def now(self) -> float:
        """Return seconds, which never decrease."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


SYSTEM_CLOCK = Clock()
