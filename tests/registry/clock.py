# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A clock for tests of long waits: the system's, but nobody who sleeps by it has to wait."""

from __future__ import annotations

import time


class SkippingClock:
    """Time passes as it does, and each pause is over at once."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        return time.monotonic() + sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


class CountingClock(SkippingClock):
    """The system's clock, which also knows how long each pause was meant to be, whatever else the machine does."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        time.sleep(seconds)


class StandingClock(SkippingClock):
    """Time passes in pauses alone."""

    def now(self) -> float:
        return sum(self.pauses)
