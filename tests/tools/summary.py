# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Print the closing line of `make test`: how long it took, and what the test runs counted.

python summary.py SECONDS_AT_START REPORT.xml...
"""

from __future__ import annotations

import sys
import time
import xml.etree.ElementTree as ET
from pathlib import Path


def main(start: str, *reports: str) -> int:
    total = failed = skipped = 0
    for report in reports:
        suites = list(ET.parse(report).getroot().iter("testsuite"))
        tests = sum(int(suite.get("tests", 0)) for suite in suites)
        seconds = sum(float(suite.get("time", 0)) for suite in suites)
        total += tests
        failed += sum(int(suite.get("failures", 0)) + int(suite.get("errors", 0)) for suite in suites)
        skipped += sum(int(suite.get("skipped", 0)) for suite in suites)
        print(f"{Path(report).stem}: {tests} tests in {seconds:.0f} s")
    minutes, seconds = divmod(int(time.time()) - int(start), 60)
    print(f"make test took {minutes} min {seconds} s; lint and sanity passed too")
    print(f"{total - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or not total else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
