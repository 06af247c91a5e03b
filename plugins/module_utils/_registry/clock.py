# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The clock by which registries are asked and waited for.

Private to this collection. One small object, so that tests of long waits need not wait.
"""

from __future__ import annotations

import time


class Clock:
    """The system's clock."""

    def now(self) -> float:
        """Seconds, which never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


SYSTEM_CLOCK = Clock()
