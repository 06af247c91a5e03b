# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the resource usage of the modules, print the table, and write it to docs/performance.md.

python -m tests.benchmarks [--rounds N] [--only GROUP]... [--keep]

Requires root, sshd and the real npm. The amounts of all rounds are in .work/bench/results.json. With --only, the
amounts of the other groups are kept there and in the table. With --keep, docs/performance.md is not changed.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from tests.benchmarks.hosts import NPM, measure_hosts
from tests.benchmarks.measure import Row
from tests.benchmarks.modules import measure_modules
from tests.benchmarks.npmrc import measure_npmrc
from tests.benchmarks.offboard import measure_offboard
from tests.benchmarks.search import measure_search
from tests.fleet.hosts import find_obstacle
from tests.tools.paths import NODE, ROOT, WORK, npm_cli

LEAST_ROUNDS = 7
RESULTS = WORK / "bench" / "results.json"
PAGE = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- begin of the table -->", "<!-- end of the table -->"

GROUPS: dict[str, Callable[[int, Path], Iterator[Row]]] = {
    "hosts": measure_hosts,
    "modules": measure_modules,
    "npmrc": measure_npmrc,
    "search": measure_search,
    "offboard": measure_offboard,
}


def describe_machine() -> list[str]:
    """List processor, system and versions, one a line."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    model = next(
        (line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine()
    )
    node = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True, timeout=30).stdout.strip()
    package = json.loads((npm_cli(NPM).parents[1] / "package.json").read_text())
    return [
        f"{os.cpu_count()} processors ({model}), Linux {platform.release()}",
        f"Python {platform.python_version()}, ansible-core {version('ansible-core')}, pipelining",
        f"Node.js {node.lstrip('v')}, npm {package['version']}",
        f"load {os.getloadavg()[1]:.1f}",
    ]


def format_amount(amount: float, unit: str) -> str:
    if unit == "ms":
        return f"{amount:.1f} ms"
    if unit == "s":
        return (
            f"{amount * 1e6:.1f} us" if amount < 1e-3 else f"{amount * 1e3:.0f} ms" if amount < 1 else f"{amount:.2f} s"
        )
    text = f"{amount:,.0f}"
    return f"{text} {unit.removesuffix('s') if text == '1' else unit}"


def format_result(row: Row) -> str:
    """Format a result with two decimals, or with three if two would equal the target."""
    text = f"{row.result:.2f}"
    is_like_target = row.target is not None and float(text) == row.target != row.result
    return f"{row.result:.3f}" if is_like_target else text


def format_row(row: Row) -> str:
    measured = format_amount(median(row.measured), row.unit)
    base = format_amount(median(row.base), row.unit) if row.base else ""
    target = "none" if row.target is None else f"<= {row.target:g}" + ("" if row.is_met else " (missed)")
    return f"| {row.work} | {row.against} | {measured} | {base} | {format_result(row)} | {target} |"


def format_table(groups: Mapping[str, Mapping[str, Any]]) -> str:
    """Write the rows of all groups, and the machine on which each group was measured."""
    lines = ["| work | compared with | took | that took | result | target |", "| --- | --- | --- | --- | --- | --- |"]
    machines: dict[str, list[str]] = {}
    for name, group in groups.items():
        lines += [format_row(read_row(row)) for row in group["rows"]]
        machines.setdefault("; ".join([*group["machine"], f"{group['rounds']} rounds"]), []).append(name)
    return "\n".join([*lines, "", *(f"- {', '.join(names)}: {machine}" for machine, names in machines.items())])


def read_row(described: Mapping[str, Any]) -> Row:
    fields = {name: described[name] for name in ("work", "against", "unit", "target")}
    return Row(**fields, measured=tuple(described["measured"]), base=tuple(described["base"]))


def read_results() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return {name: found[name] for name in GROUPS if name in found}


def measure(name: str, rounds: int) -> dict[str, Any]:
    """Measure the rows of a group in a temporary directory."""
    print(f"{name}:", file=sys.stderr, flush=True)
    folder = Path(tempfile.mkdtemp(prefix="npmops-bench-"))
    folder.chmod(0o755)
    try:
        rows = [row.describe() for row in GROUPS[name](rounds, folder)]
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    return {"machine": describe_machine(), "rounds": rounds, "rows": rows}


def write_page(table: str) -> None:
    before, _begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _table, _end, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{table}\n{END}{after}", encoding="utf-8")


def main(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks")
    parser.add_argument("--rounds", type=int, default=LEAST_ROUNDS)
    parser.add_argument("--only", action="append", choices=list(GROUPS))
    parser.add_argument("--keep", action="store_true")
    wish = parser.parse_args(arguments)
    obstacle = find_obstacle()
    if obstacle:
        print(f"The benchmarks cannot run: {obstacle}.", file=sys.stderr)
        return 1
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    for name in wish.only or GROUPS:
        group = measure(name, wish.rounds)
        RESULTS.write_text(json.dumps({**read_results(), name: group}, indent=1), encoding="utf-8")
    table = format_table(read_results())
    print(table)
    if not wish.keep:
        write_page(table)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
