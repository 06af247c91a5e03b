# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the search for credential files in a large tree, compared with `find` without the same directories.

``NPMOPS_DIRECTORIES`` sets the number of directories in the tree, which has five times as many files.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from ansible_collections.npmops.auth.plugins.module_utils._stores.search import PRUNED
from tests.benchmarks.measure import Row, Sample, compare, take_turns
from tests.tools.paths import WORK

DIRECTORIES = int(os.environ.get("NPMOPS_DIRECTORIES", "200000"))
WIDTH = 20
STORES_EVERY = 1000
NAMES = (".npmrc", ".yarnrc.yml", ".yarnrc", "bunfig.toml")

_SEARCH = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.npmops.auth.plugins.module_utils._stores.search import search
print(sum(1 for path in search(sys.argv[2], {".npmrc", ".yarnrc.yml", ".yarnrc", "bunfig.toml"})))
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
"""


def make_tree(root: Path, count: int) -> int:
    """Create nested directories, some of which the search skips. Return the number of credential files to find."""
    names = ["package.json", "index.js"]
    paths, stores = [root], 0
    for number in range(1, count):
        name = "node_modules" if number % 50 == 0 else f"directory-{number}"
        parent = paths[(number - 1) // WIDTH]
        path = parent / name
        path.mkdir(exist_ok=True)
        paths.append(path)
        for file in names:
            (path / file).touch()
        if number % STORES_EVERY == 7:
            (path / ".npmrc").touch()
            stores += "node_modules" not in path.parts
    return stores


def run(command: list[str]) -> tuple[float, str]:
    """Run a command, and return its processor time in seconds and its output."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


def make_find(root: Path) -> list[str]:
    pruned = [word for name in sorted(PRUNED) for word in ("-name", name, "-o")][:-1]
    wanted = [word for name in NAMES for word in ("-name", name, "-o")][:-1]
    return ["find", str(root), "-xdev", "-type", "d", "(", *pruned, ")", "-prune", "-o", "(", *wanted, ")", "-print"]


def measure_search(rounds: int, folder: Path) -> Iterator[Row]:
    """Compare the processor time with that of find, and the memory with that for a tree of a tenth of the size."""
    stores = {}
    for name, count in (("small", DIRECTORIES // 10), ("large", DIRECTORIES)):
        (folder / name).mkdir()
        stores[name] = make_tree(folder / name, count)
    assert stores["large"] > 0

    def find() -> Sample:
        seconds, output = run(make_find(folder / "large"))
        assert len(output.splitlines()) == stores["large"]
        return {"processor": seconds}

    def search(name: str) -> Sample:
        seconds, output = run([sys.executable, "-I", "-c", _SEARCH, str(WORK / "typing"), str(folder / name)])
        found, peak = map(int, output.split())
        assert found == stores[name]
        return {"processor": seconds, "peak": peak}

    contenders = {"find": find, "large": lambda: search("large"), "small": lambda: search("small")}
    taken = take_turns(contenders, rounds)
    text = f"processor time, files found in {DIRECTORIES:,} directories"
    yield compare(taken, text, "`find` that leaves out the same directories", "processor", 0.5, ("large", "find"))
    text = f"peak memory, files found in {DIRECTORIES:,} directories"
    yield compare(taken, text, f"{DIRECTORIES // 10:,} directories", "peak", 1.2, ("large", "small"))
