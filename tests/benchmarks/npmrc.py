# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure reading a long .npmrc, removing one login and writing the file, compared with npm's own `ini`."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tests.benchmarks.measure import Contender, Row, Sample, compare, take_turns
from tests.tools.paths import INI, NODE, PYTHON, WORK

LARGEST = 18_000
LINES = (100, 1_000, 10_000, LARGEST)
KEY = "//npm.example.com/:_authToken"

# The processor time of reading, removing and writing within the process, without the start of the interpreter.
_OURS = """
import sys, time
sys.path.insert(0, sys.argv[1])
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
path, key = sys.argv[2:]
started = time.process_time()
with open(path, "rb") as file:
    data = file.read()
credentials = find_credentials(read_settings(data, npmrc, {}))
doomed = [reading.setting for item in credentials for reading in item.readings if reading.name == key]
after = npmrc.remove(data, doomed)
with open(path + ".new", "wb") as file:
    file.write(after)
print(time.process_time() - started, len(doomed))
"""
_NODE = """
const fs = require("fs")
const ini = require(process.argv[1])
const [path, key] = process.argv.slice(2)
const started = process.cpuUsage()
const data = ini.parse(fs.readFileSync(path, "utf8"))
const found = key in data ? 1 : 0
delete data[key]
fs.writeFileSync(path + ".new", ini.stringify(data))
const used = process.cpuUsage(started)
console.log((used.user + used.system) / 1e6, found)
"""


def write_lines(path: Path, count: int) -> None:
    """Write settings, comments, scope mappings and logins, about 50 bytes a line, with one login to remove."""
    kinds = (
        "setting-{} = a value of some length that npm does not know\n",
        "; comment {} of somebody who wants to remember something\n",
        "@scope-{0}:registry = https://npm-{0}.example.com/\n",
        "//npm-{0}.example.com/:_authToken = npm_{0:036d}\n",
    )
    lines = [kinds[number % len(kinds)].format(number) for number in range(count - 1)]
    lines.insert(count // 2, f"{KEY} = npm_{0:036d}\n")
    path.write_text("".join(lines))


def make_contender(command: Sequence[str], path: Path, lines: int) -> Contender:
    def run() -> Sample:
        done = subprocess.run(
            [*command, str(path), KEY],
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
            env={"PATH": os.defpath},
        )
        seconds, found = done.stdout.split()
        assert int(found) == 1, "the login was not found"
        return {"processor": float(seconds), "each": float(seconds) / lines}

    return run


def measure_npmrc(rounds: int, folder: Path) -> Iterator[Row]:
    contenders: dict[str, Contender] = {}
    ours = [str(PYTHON), "-I", "-c", _OURS, str(WORK / "typing")]
    for lines in LINES:
        path = folder / f"npmrc-{lines}"
        write_lines(path, lines)
        contenders[str(lines)] = make_contender(ours, path, lines)
    contenders["ini"] = make_contender([str(NODE), "-e", _NODE, str(INI)], folder / f"npmrc-{LARGEST}", LARGEST)
    taken = take_turns(contenders, rounds)
    text = f"`.npmrc` of {LARGEST:,} lines: read, remove a login, write"
    yield compare(taken, text, "`parse` and `stringify` of npm's `ini`", "processor", 3.0, (str(LARGEST), "ini"))
    for lines in LINES[1:]:
        text = f"the same for each line, in a file of {lines:,} lines"
        yield compare(taken, text, f"in a file of {LINES[0]:,} lines", "each", 1.2, (str(lines), str(LINES[0])))
