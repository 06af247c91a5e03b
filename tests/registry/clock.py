# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Clocks for tests of long waits: those that skip pauses, and one that records them."""

from __future__ import annotations

import time


class SkippingClock:
    """The system's clock, on which each pause ends at once."""

    def __init__(self) -> None:
        self.pauses: list[float] = []

    def now(self) -> float:
        return time.monotonic() + sum(self.pauses)

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


class CountingClock(SkippingClock):
    """The system's clock, which also records the requested length of each pause."""

    def now(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        time.sleep(seconds)


class StandingClock(SkippingClock):
    """A clock on which time passes only in pauses."""

    def now(self) -> float:
        return sum(self.pauses)
