# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which checks make matrix runs, and what the table says of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.__main__ import list_checks
from tests.matrix.sides import DEBIAN_HOSTS, is_supported, list_names
from tests.matrix.table import LEFT_OUT, PAGE, format_table
from tests.tools import find_python
from tests.tools.make_cores import ALL

NAMES = ["3.8-oldest", "debian12"]
RELEASES = {"2.18": "2.18.19", "2.22": "2.22.0"}
PASSED = {"status": "passed", "row": "Python 3.8.18", "seconds": 60, "date": "2026-11-29"}


@pytest.mark.parametrize(
    ("only", "expected"),
    [
        pytest.param(["2.20,3.13-newest"], ["2.20 3.13-newest integration", "2.20 3.13-newest leak"], id="a pair"),
        pytest.param(["2.20,debian11,ssh"], ["2.20 debian11 ssh"], id="a check"),
        pytest.param(["2.18,sanity", "2.22,sanity"], ["2.22 sanity", "2.18 sanity"], id="two choices"),
        pytest.param(["2.17"], [], id="nothing"),
    ],
)
def test_chosen_checks(only: list[str], expected: list[str]) -> None:
    assert [check.name for check in list_checks() if check.is_chosen(only)] == expected


def test_every_core_runs_every_suite_on_every_python() -> None:
    """Also without --every."""
    chosen = [check for check in list_checks() if check.is_in_turn]
    assert {(check.core.series, check.side.partition("-")[0], check.suite) for check in chosen} >= {
        (core.series, version, suite)
        for core in ALL
        for version in find_python.KNOWN
        for suite in ("integration", "leak")
    }


@pytest.mark.parametrize("suite", ["integration", "leak"])
@pytest.mark.parametrize("host", list_names())
def test_every_host_runs_every_suite_on_a_core_that_supports_it(host: str, suite: str) -> None:
    """So each Python meets its oldest and its newest libraries."""
    version = "3.11" if host in DEBIAN_HOSTS else host.partition("-")[0]
    cores = [check.core for check in list_checks() if check.is_in_turn and (check.side, check.suite) == (host, suite)]
    assert [core for core in cores if is_supported(version, core)]


def test_every_core_runs_ssh_on_every_debian() -> None:
    names = {check.name for check in list_checks() if check.is_in_turn}
    assert {f"{core.series} {host} ssh" for core in ALL for host in DEBIAN_HOSTS} <= names
    assert {f"{core.series} sanity" for core in ALL} <= names


def test_nothing_is_left_out_with_every() -> None:
    names = {check.name for check in list_checks()}
    for core in ALL:
        for host in list_names():
            suites = ("integration", "leak", "ssh") if host in DEBIAN_HOSTS else ("integration", "leak")
            assert {f"{core.series} {host} {suite}" for suite in suites} <= names


@pytest.mark.parametrize(
    ("version", "supported"),
    [("3.8", [True, False]), ("3.9", [True, True]), ("3.13", [True, True]), ("3.14", [False, True])],
)
def test_pairs_that_are_supported(version: str, supported: list[bool]) -> None:
    assert [is_supported(version, core) for core in (ALL[0], ALL[-1])] == supported


@pytest.mark.parametrize(
    ("results", "row"),
    [
        pytest.param({}, "| Python 3.8, oldest | not run | not run |", id="nothing was run"),
        pytest.param(
            {"2.18 3.8-oldest integration": PASSED, "2.18 3.8-oldest leak": PASSED},
            "| Python 3.8.18 | passed | not run |",
            id="all passed",
        ),
        pytest.param(
            {"2.18 3.8-oldest integration": PASSED, "2.18 3.8-oldest leak": {**PASSED, "status": "FAILED"}},
            "| Python 3.8.18 | integration passed, leak FAILED | not run |",
            id="one failed",
        ),
        pytest.param(
            {"2.22 debian12 ssh": {"status": "not run", "reason": "debootstrap is not installed"}},
            "| Debian 12 (debootstrap is not installed) | not run | not run |",
            id="it cannot be set up",
        ),
        pytest.param(
            {
                "2.18 debian12 integration": {"status": LEFT_OUT},
                "2.18 debian12 leak": {"status": LEFT_OUT},
                "2.18 debian12 ssh": PASSED,
                **{f"2.22 debian12 {suite}": {"status": LEFT_OUT} for suite in ("integration", "leak", "ssh")},
            },
            "| Python 3.8.18 | ssh passed | - |",
            id="what runs with --every only",
        ),
        pytest.param({"2.22 sanity": PASSED}, "| `ansible-test sanity` | not run | passed |", id="sanity"),
    ],
)
def test_row(results: dict[str, dict[str, Any]], row: str) -> None:
    assert row in format_table(results, NAMES, RELEASES).splitlines()


def test_page_has_a_row_for_every_host() -> None:
    """And one for ansible-test sanity, beside the two of the heading."""
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(list_names()) + 1
    assert all(row.count("|") == 2 + len(ALL) for row in rows)
