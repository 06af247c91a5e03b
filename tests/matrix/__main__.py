# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Test every supported ansible-core with every supported managed host, and write the table of docs/compatibility.md.

python -m tests.matrix [--only WORD[,WORD...]]... [--every] [--list] [--keep]

A check is a core, a managed host and a suite, such as ``2.20 3.9-oldest integration``. Each core runs every suite with
each Python, alternating between the oldest and the newest libraries: each Python is tested with both, on different
cores. A Debian host runs ssh with every core, and the other suites with one core. With --every, all checks run. With
--only, the checks run that match all words of one --only. The results of the others are kept in
.work/matrix/results.json and in the table. With --keep, the page is not changed. The exit status is 0 if every check
that ran has passed.
"""

from __future__ import annotations

import argparse
import datetime
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from tests.matrix import sides
from tests.matrix.sides import DEBIAN_HOSTS, LIBRARIES
from tests.matrix.table import END_OF_TABLE, LEFT_OUT, PAGE, START_OF_TABLE, format_table
from tests.tools import find_python, paths
from tests.tools.make_cores import ALL, CORES, Core

RESULTS = sides.FOLDER / "results.json"
LOGS = sides.FOLDER / "logs"
#: The limit for one check. The longest takes a few minutes.
LONGEST_SECONDS = 3600

#: Tests that do not use the Python of the managed host: the demo, the archive, the embedded registry.
ELSEWHERE = ("test_72_demo.py", "test_90_registry_is_like_verdaccio.py", "test_95_archive.py")

_PYTEST = (str(paths.PYTHON), "-m", "pytest", "-q", "--timeout", "900")


@dataclass(frozen=True)
class Check:
    """One suite, with one core and one managed host.

    :ivar side: the name of the managed host; empty for a suite without one.
    """

    core: Core
    side: str
    suite: str

    @property
    def name(self) -> str:
        return " ".join(filter(None, (self.core.series, self.side, self.suite)))

    def is_chosen(self, only: Sequence[str]) -> bool:
        words = {self.core.series, self.suite, self.side, *self.side.split("-")}
        return not only or any(set(choice.split(",")) <= words for choice in only)

    @property
    def is_in_turn(self) -> bool:
        """Whether the check runs without --every: libraries and cores alternate between Pythons and Debian releases."""
        if self.suite in ("sanity", "ssh"):
            return True
        core = ALL.index(self.core)
        if self.side in DEBIAN_HOSTS:
            return core == 2 * DEBIAN_HOSTS.index(self.side)
        version, _dash, libraries = self.side.partition("-")
        return LIBRARIES[(core + find_python.KNOWN.index(version)) % len(LIBRARIES)] == libraries

    def make_command(self) -> list[str]:
        if self.suite == "integration":
            ignored = [f"--ignore=tests/integration/{name}" for name in ELSEWHERE]
            return [*_PYTEST, "-n", "2", "--dist", "loadfile", *ignored, "tests/integration"]
        if self.suite == "leak":
            return [*_PYTEST, "tests/leak/test_leak.py", "-k", self.core.series]
        if self.suite == "ssh":
            return [*_PYTEST, "tests/matrix/test_ssh.py"]
        # ansible-test runs with the Python of its ansible-core.
        return [str(CORES / self.core.series / "bin" / "python"), "-m", "tests.tools.ansible_test", "sanity"]


def list_checks() -> Iterator[Check]:
    """Yield all checks, the newest core first, because it has changed most since the last run."""
    for core in reversed(ALL):
        yield Check(core, "", "sanity")
        for side in sides.list_names():
            yield Check(core, side, "integration")
            yield Check(core, side, "leak")
            if side.startswith("debian"):
                yield Check(core, side, "ssh")


@cache
def set_up(name: str) -> sides.Side | str:
    """Set up a managed host, or return why that is not possible."""
    try:
        return sides.set_up(name)
    except sides.Missing as problem:
        return str(problem)


def run(check: Check) -> dict[str, Any]:
    """Run a check and return its status, details and duration."""
    environment = {**os.environ, "LEAK_ALL": "1", "NPMOPS_TEST_CORE": str(CORES / check.core.series)}
    row = ""
    if not (CORES / check.core.series).exists():
        return {"status": "not run", "reason": f"ansible-core {check.core.series} cannot be set up here"}
    if check.side:
        side = set_up(check.side)
        if isinstance(side, str):
            return {"status": "not run", "reason": side}
        if not sides.is_supported(side.version, check.core):
            return {"status": "not supported", "row": side.row}
        environment.update(side.describe_environment())
        row = side.row
    log = LOGS / f"{check.name.replace(' ', '-')}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        status = subprocess.run(
            check.make_command(),
            cwd=paths.ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=LONGEST_SECONDS,
            check=False,
        ).returncode
    return {
        "status": "FAILED" if status else "passed",
        "row": row,
        "seconds": round(time.monotonic() - started),
        "date": datetime.date.today().isoformat(),
    }


def read_results() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.exists() else {}
    return found


def write_page(results: Mapping[str, Mapping[str, Any]]) -> None:
    before, _start, rest = PAGE.read_text(encoding="utf-8").partition(START_OF_TABLE)
    _table, _end, after = rest.partition(END_OF_TABLE)
    known = {**_list_left_out(), **results, **_list_unsupported()}
    table = format_table(known, sides.list_names(), _name_releases())
    PAGE.write_text(f"{before}{START_OF_TABLE}\n{table}\n{END_OF_TABLE}{after}", encoding="utf-8")


def _list_left_out() -> dict[str, dict[str, Any]]:
    """List the checks that run only with --every."""
    return {check.name: {"status": LEFT_OUT} for check in list_checks() if not check.is_in_turn}


def _list_unsupported() -> dict[str, dict[str, Any]]:
    """List the checks of unsupported pairs, whether they were run or not."""
    return {
        check.name: {"status": "not supported"}
        for check in list_checks()
        if check.side[:1].isdigit() and not sides.is_supported(check.side.partition("-")[0], check.core)
    }


def _name_releases() -> dict[str, str]:
    """Map each series to its tested release."""
    releases = {}
    for core in ALL:
        text = (paths.ROOT / "requirements" / f"core-{core.series}.txt").read_text(encoding="utf-8")
        releases[core.series] = text.partition("ansible-core==")[2].split()[0]
    return releases


def main(*arguments: str) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.matrix")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--every", action="store_true")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--keep", action="store_true")
    wish = parser.parse_args(arguments)
    chosen = [check for check in list_checks() if check.is_chosen(wish.only) and (wish.every or check.is_in_turn)]
    if not chosen:
        parser.error(f"no check has all words of {' or '.join(wish.only)}")
    if wish.list:
        print("\n".join(check.name for check in chosen))
        return 0
    LOGS.mkdir(parents=True, exist_ok=True)
    failed = []
    for check in chosen:
        result = run(check)
        RESULTS.write_text(json.dumps({**read_results(), check.name: result}, indent=1), encoding="utf-8")
        seconds = f" in {result['seconds']} s" if "seconds" in result else ""
        print(f"{check.name}: {result['status']}{seconds} {result.get('reason', '')}".rstrip(), flush=True)
        if result["status"] == "FAILED":
            failed.append(check.name)
            _show_end(LOGS / f"{check.name.replace(' ', '-')}.log")
        if not wish.keep:
            write_page(read_results())
    print(f"{len(chosen)} checks; FAILED: {', '.join(failed)}" if failed else f"{len(chosen)} checks; none failed")
    return 1 if failed else 0


def _show_end(log: Path) -> None:
    print("\n".join(f"    {line}" for line in log.read_text("utf-8", "replace").splitlines()[-15:]), flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
