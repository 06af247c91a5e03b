# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The benchmarks compare medians of rounds in turn, and say when a target is missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.benchmarks.__main__ import format_amount, format_row
from tests.benchmarks.measure import Contender, Row, compare, take_turns


def replay(calls: list[str], name: str, amounts: list[float]) -> Contender:
    queue: Iterator[float] = iter(amounts)

    def run() -> dict[str, float]:
        calls.append(name)
        return {"wall": next(queue)}

    return run


def test_rounds_are_in_turn_and_the_first_does_not_count() -> None:
    calls: list[str] = []
    taken = take_turns({"a": replay(calls, "a", [99, 1, 2]), "b": replay(calls, "b", [99, 3, 4])}, 2)
    assert calls == ["a", "b"] * 3
    assert taken == {"a": {"wall": [1, 2]}, "b": {"wall": [3, 4]}}


def test_row_is_the_ratio_of_the_medians() -> None:
    rounds = {"ours": {"wall": [3.0, 2.0, 100.0]}, "theirs": {"wall": [1.0, 2.0, 2.0]}}
    row = compare(rounds, "work", "base", "wall", 1.5, ("ours", "theirs"))
    assert (row.result, row.is_met, row.unit) == (1.5, True, "s")


@pytest.mark.parametrize(
    ("row", "line"),
    [
        pytest.param(
            Row("work", "base", "s", 1.1, (2.4,), (2.0,)),
            "| work | base | 2.40 s | 2.00 s | 1.20 | <= 1.1 (missed) |",
            id="missed",
        ),
        pytest.param(
            Row("work", "", "requests", 1, (1.0,)),
            "| work |  | 1 request |  | 1.00 | <= 1 |",
            id="an amount by itself",
        ),
        pytest.param(
            Row("work", "base", "s", 1.05, (2.104,), (2.0,)),
            "| work | base | 2.10 s | 2.00 s | 1.052 | <= 1.05 (missed) |",
            id="missed by less than two decimals show",
        ),
    ],
)
def test_line_of_the_table(row: Row, line: str) -> None:
    assert format_row(row) == line


@pytest.mark.parametrize(
    ("amount", "unit", "text"),
    [
        pytest.param(0.00004, "s", "40.0 us", id="microseconds"),
        pytest.param(0.25, "s", "250 ms", id="milliseconds"),
        pytest.param(2.5, "s", "2.50 s", id="seconds"),
        pytest.param(18.34, "ms", "18.3 ms", id="milliseconds as such"),
        pytest.param(363106, "bytes", "363,106 bytes", id="bytes"),
    ],
)
def test_amounts(amount: float, unit: str, text: str) -> None:
    assert format_amount(amount, unit) == text
