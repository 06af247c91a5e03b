# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the table of docs/compatibility.md from the results of the checks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from tests.tools.paths import ROOT

PAGE = ROOT / "docs" / "compatibility.md"
START_OF_TABLE, END_OF_TABLE = "<!-- begin of the table -->", "<!-- end of the table -->"
#: Suites of a managed host, in the order of the table cells.
SUITES = ("integration", "leak", "ssh")
#: The table cell of a check that runs only with --every.
LEFT_OUT = "-"

Results = Mapping[str, Mapping[str, Any]]


def format_table(results: Results, names: Sequence[str], releases: Mapping[str, str]) -> str:
    """Write one row for each managed host, and one for ansible-test sanity. Checks that did not run have a reason.

    :param names: the managed hosts.
    :param releases: maps each series of ansible-core to its tested release.
    """
    series = list(releases)
    lines = [
        f"| managed host | {' | '.join(f'ansible-core {release}' for release in releases.values())} |",
        f"| --- |{' --- |' * len(series)}",
    ]
    for name in names:
        cells = [_format_cell(results, core, name) for core in series]
        lines.append(f"| {_describe(results, series, name)} | {' | '.join(cells)} |")
    sanity = [_name_status(results.get(f"{core} sanity")) for core in series]
    lines.append(f"| `ansible-test sanity` | {' | '.join(sanity)} |")
    ran = [result for result in results.values() if "date" in result]
    if ran:
        dates = sorted({result["date"] for result in ran})
        minutes = sum(result["seconds"] for result in ran) / 60
        lines += ["", f"{len(ran)} checks, {' to '.join(dict.fromkeys((dates[0], dates[-1])))}, {minutes:.0f} minutes."]
    return "\n".join(lines)


def _describe(results: Results, series: Sequence[str], name: str) -> str:
    """Describe the versions of a managed host from its last check, or say why they are unknown."""
    found = [results[key] for core in series for suite in SUITES if (key := f"{core} {name} {suite}") in results]
    rows = [result["row"] for result in found if result.get("row")]
    reasons = [result["reason"] for result in found if result.get("reason")]
    plain = name.replace("debian", "Debian ") if name.startswith("debian") else f"Python {name.replace('-', ', ')}"
    return rows[-1] if rows else f"{plain} ({reasons[-1]})" if reasons else plain


def _format_cell(results: Results, core: str, name: str) -> str:
    suites = SUITES if name.startswith("debian") else SUITES[:2]
    statuses = {suite: _name_status(results.get(f"{core} {name} {suite}")) for suite in suites}
    if len(set(statuses.values())) == 1:
        return next(iter(statuses.values()))
    return ", ".join(f"{suite} {status}" for suite, status in statuses.items() if status != LEFT_OUT)


def _name_status(result: Mapping[str, Any] | None) -> str:
    return str(result["status"]) if result else "not run"
