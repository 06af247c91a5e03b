# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Is a large tree searched for stores in no more than twice the time of find, and in no more memory than a small one?

``NPMOPS_FOLDERS`` says how many folders the tree has (and five times as many files).
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._stores.search import PRUNED
from tests.tools.paths import WORK

FOLDERS = int(os.environ.get("NPMOPS_FOLDERS", "200000"))
FILES_EACH = 5
WIDTH = 20
STORES_EVERY = 1000
ROUNDS = 3
MOST_TIMES_FIND = 2.0
MOST_EXTRA_KIB = 4096

_SEARCH = """
import sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.npmops.auth.plugins.module_utils._stores.search import search
print(sum(1 for path in search(sys.argv[2], {".npmrc", ".yarnrc.yml", ".yarnrc", "bunfig.toml"})))
print(open("/proc/self/status").read().partition("VmHWM:")[2].split()[0])
"""


def make_tree(root: Path, folders: int) -> int:
    """Folders in folders, some of them pruned; how many stores there are to find."""
    names = ["a", "b", "package.json", "README.md", "index.js"][:FILES_EACH]
    paths, stores = [root], 0
    for number in range(1, folders):
        name = "node_modules" if number % 50 == 0 else f"folder-{number}"
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


@pytest.fixture(scope="module")
def trees() -> Iterator[tuple[Path, Path, int]]:
    """A large tree, one of a tenth, and how many stores are in the large one."""
    base = Path(tempfile.mkdtemp(prefix="npmops-tree-", dir=WORK))
    try:
        small, large = base / "small", base / "large"
        small.mkdir()
        large.mkdir()
        make_tree(small, FOLDERS // 10)
        yield large, small, make_tree(large, FOLDERS)
    finally:
        shutil.rmtree(base)


def run(command: list[str]) -> tuple[float, str]:
    """Seconds of processor time, and what it printed."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    output = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, output


def run_find(root: Path) -> tuple[float, str]:
    pruned = [word for name in sorted(PRUNED) for word in ("-name", name, "-o")][:-1]
    wanted = [word for name in (".npmrc", ".yarnrc.yml", ".yarnrc", "bunfig.toml") for word in ("-name", name, "-o")]
    command = [
        "find",
        str(root),
        "-xdev",
        "-type",
        "d",
        "(",
        *pruned,
        ")",
        "-prune",
        "-o",
        "(",
        *wanted[:-1],
        ")",
        "-print",
    ]
    return run(command)


def run_search(root: Path) -> tuple[float, str]:
    return run([sys.executable, "-I", "-c", _SEARCH, str(WORK / "typing"), str(root)])


def test_takes_no_more_than_twice_the_time_of_find(trees: tuple[Path, Path, int]) -> None:
    large, _small, stores = trees
    assert stores > 0
    found = [run_find(large) for _round in range(ROUNDS)]
    searched = [run_search(large) for _round in range(ROUNDS)]
    assert {len(output.splitlines()) for _seconds, output in found} == {stores}
    assert {int(output.split()[0]) for _seconds, output in searched} == {stores}
    ratio = min(seconds for seconds, _output in searched) / min(seconds for seconds, _output in found)
    print(f"\n{FOLDERS} folders, {FOLDERS * FILES_EACH} files: {ratio:.2f} times the processor time of find")
    assert ratio <= MOST_TIMES_FIND


def test_takes_no_more_memory_in_a_larger_tree(trees: tuple[Path, Path, int]) -> None:
    large, small, _stores = trees
    kib = [int(run_search(root)[1].split()[1]) for root in (small, large)]
    print(f"\n{kib[0]} KiB for {FOLDERS // 10} folders, {kib[1]} KiB for {FOLDERS}")
    assert kib[1] - kib[0] <= MOST_EXTRA_KIB
