# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the summary of `make test`: the numbers of tests passed, failed and skipped, and the names of failed tests."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Counts:
    """The counts of a pytest report.

    :ivar failed: the names of the tests that failed.
    :ivar skipped: how many tests were skipped for each reason.
    """

    tests: int = 0
    failed: tuple[str, ...] = ()
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def passed(self) -> int:
        return self.tests - len(self.failed) - self.skipped.total()


@dataclass(frozen=True)
class Target:
    """A target of make that has run.

    :ivar status: exit status of make.
    :ivar report: the path of pytest's report; None or a missing file for a target that does not write one.
    """

    name: str
    status: int
    seconds: float
    report: Path | None = None

    @property
    def counts(self) -> Counts | None:
        return read_report(self.report) if self.report and self.report.exists() else None

    @property
    def failed(self) -> bool:
        if self.status or not (self.report and self.report.exists()):
            return self.status != 0
        return self.counts is None or bool(self.counts.failed)


def read_report(path: Path) -> Counts | None:
    """Read a report; None if it is incomplete."""
    try:
        cases = list(ET.parse(path).getroot().iter("testcase"))
    except ET.ParseError:
        return None
    failed: list[str] = []
    skipped: Counter[str] = Counter()
    for case in cases:
        kinds = {child.tag: child for child in case}
        if "failure" in kinds or "error" in kinds:
            failed.append(f"{case.get('classname', '')}::{case.get('name', '')}")
        elif "skipped" in kinds:
            skipped[kinds["skipped"].get("message") or "no reason given"] += 1
    return Counts(len(cases), tuple(failed), skipped)


def describe_target(target: Target) -> str:
    result = "FAILED" if target.failed else "passed"
    counts = target.counts
    tests = ""
    if counts:
        tests = f"; {counts.passed} passed, {len(counts.failed)} failed, {counts.skipped.total()} skipped"
    return f"{target.name}: {result} in {target.seconds:.0f} s{tests}"


def summarize(done: Sequence[Target], not_run: Sequence[str], machine: str, seconds: float) -> str:
    """Write the whole summary.

    :param not_run: requested targets that did not run.
    :param machine: what is missing on this machine; empty if nothing is.
    """
    reports = [counts for counts in (target.counts for target in done) if counts]
    skipped = sum((counts.skipped for counts in reports), Counter[str]())
    failed = [name for counts in reports for name in counts.failed]
    lines = [describe_target(target) for target in done]
    lines += [f"{name}: NOT RUN" for name in not_run]
    lines += [f"failed: {name}" for name in failed]
    lines += [f"skipped {count} times: {reason}" for reason, count in skipped.most_common()]
    lines += [machine] if machine else []
    minutes, rest = divmod(int(seconds), 60)
    bad = [target.name for target in done if target.failed] + list(not_run)
    verdict = f"FAILED: {', '.join(bad)}" if bad else "every target passed"
    lines.append(f"make test took {minutes} min {rest} s; {verdict}")
    passed = sum(counts.passed for counts in reports)
    lines.append(f"{passed} passed, {len(failed)} failed, {skipped.total()} skipped")
    return "\n".join(lines)
