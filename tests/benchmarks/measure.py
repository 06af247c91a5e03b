# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure contenders in turn, and compare the medians.

Other load on the machine affects all contenders of a round. The first round does not count.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

#: Quantity -> amount, such as seconds of processor time.
Sample = Mapping[str, float]
Contender = Callable[[], Sample]
#: Contender -> quantity -> amount in each round.
Rounds = Mapping[str, Mapping[str, "list[float]"]]


@dataclass(frozen=True)
class Row:
    """A comparison.

    :ivar work: what was measured; ``against`` is what it is compared with, empty if the amount itself is the result.
    :ivar unit: the unit of the amounts.
    :ivar target: the maximum of the ratio of the medians, or of the amount; None for no target.
    """

    work: str
    against: str
    unit: str
    target: float | None
    measured: tuple[float, ...]
    base: tuple[float, ...] = ()

    @property
    def result(self) -> float:
        return median(self.measured) / median(self.base) if self.base else median(self.measured)

    @property
    def is_met(self) -> bool:
        return self.target is None or self.result <= self.target

    def describe(self) -> dict[str, Any]:
        return {**asdict(self), "result": self.result, "is_met": self.is_met}


def take_turns(contenders: Mapping[str, Contender], rounds: int) -> Rounds:
    """Run each contender once in each round, in turn."""
    taken: dict[str, dict[str, list[float]]] = {name: {} for name in contenders}
    for number in range(-1, rounds):
        print(f"  round {number + 1} of {rounds}", file=sys.stderr, flush=True)
        for name, contender in contenders.items():
            sample = contender()
            if number < 0:
                continue
            for quantity, amount in sample.items():
                taken[name].setdefault(quantity, []).append(amount)
    return taken


def compare(
    rounds: Rounds, work: str, against: str, quantity: str, target: float | None, names: tuple[str, str]
) -> Row:
    """Make a row from the rounds of two contenders.

    :param names: the measured contender, and the one that it is compared with.
    """
    measured, base = (tuple(rounds[name][quantity]) for name in names)
    return Row(work, against, UNITS[quantity], target, measured, base)


UNITS = {"wall": "s", "processor": "s", "peak": "KiB", "bytes": "bytes", "each": "s"}
