# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the targets of `make test` one after the other, even after a failure, and print a summary in any case.

python3 -m tests.tools.run_suites --reports DIRECTORY [--beside TARGET] [--first TARGET] TARGET...

The exit status is 0 if every target passed. The target of --beside runs in parallel with the others. Its output is
written to DIRECTORY/TARGET.log, and is shown if the target failed. If the target of --first fails, the others do not
run. The environment variable MAKE sets the command. This file imports only the standard library, because it runs before
setup.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from tests.tools.summary import Target, summarize
from tests.tools.system_packages import describe_machine

INTERRUPTED = 130


def make_command(target: str) -> list[str]:
    return [*shlex.split(os.environ.get("MAKE", "make")), "--no-print-directory", target]


def run_target(target: str, reports: Path) -> Target:
    started = time.monotonic()
    status = subprocess.run(make_command(target), check=False).returncode
    return Target(target, status, time.monotonic() - started, reports / f"{target}.xml")


class Beside:
    """A target that runs in parallel with the others."""

    def __init__(self, target: str, reports: Path) -> None:
        self._target = target
        self._log = reports / f"{target}.log"
        self._started = time.monotonic()
        with self._log.open("wb") as output:
            self._process = subprocess.Popen(make_command(target), stdout=output, stderr=subprocess.STDOUT)
        self._ended = self._started
        self._watch = threading.Thread(target=self._await_end, daemon=True)
        self._watch.start()

    def finish(self) -> Target:
        """Wait until the target has finished, and show its output if it failed."""
        self._watch.join()
        status = self._process.wait()
        if status:
            print(f"\n== {self._target} ==\n{self._log.read_text('utf-8', 'replace')}", flush=True)
        return Target(self._target, status, self._ended - self._started)

    def _await_end(self) -> None:
        """Record when the target finished: the other suites may take longer."""
        self._process.wait()
        self._ended = time.monotonic()

    def stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait()


def run_all(targets: Sequence[str], reports: Path, done: list[Target], beside: str | None) -> None:
    """Run all targets. Add each finished target to ``done``, so that an interruption does not lose it."""
    other = Beside(beside, reports) if beside else None
    try:
        for target in targets:
            done.append(run_target(target, reports))
        if other:
            done.append(other.finish())
    finally:
        if other:
            other.stop()


def main(*arguments: str) -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--reports", type=Path, required=True)
    parser.add_argument("--beside")
    parser.add_argument("--first")
    parser.add_argument("targets", nargs="+")
    wish = parser.parse_args(arguments)
    started = time.monotonic()
    shutil.rmtree(wish.reports, ignore_errors=True)
    wish.reports.mkdir(parents=True)
    machine = describe_machine()
    print(f"\n== this machine ==\n{machine or 'All programs that the tests use are here.'}", flush=True)
    done: list[Target] = []
    interrupted = False
    try:
        if wish.first:
            done.append(run_target(wish.first, wish.reports))
        if not (done and done[0].failed):
            run_all(wish.targets, wish.reports, done, wish.beside)
    except KeyboardInterrupt:
        interrupted = True
    wanted = [wish.first, *wish.targets, wish.beside]
    ran = {target.name for target in done}
    not_run = [name for name in wanted if name and name not in ran]
    print(f"\n== summary ==\n{summarize(done, not_run, machine, time.monotonic() - started)}", flush=True)
    if interrupted:
        return INTERRUPTED
    return 1 if not_run or any(target.failed for target in done) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
