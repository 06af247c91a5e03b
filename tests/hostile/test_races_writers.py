# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""In 500 runs, nobody who writes to a file loses a setting, and no login is left.

What is promised:

- Who appends, loses nothing, and no credential is left when a run ends.
- Who reads the file and writes all of it later (npm, editors), in place or by another file, loses no setting of their
  own. A credential that they read before it was removed, they bring back; the next run removes it.
- Two runs at once lose nothing of what the other does.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.hostile.run_module import run_module
from tests.hostile.writers import (
    WRITERS,
    list_settings,
    read_removals,
    remove,
    removing,
    writing,
)
from tests.registry import EmbeddedRegistry
from tests.tools.paths import NODE

RUNS = 500
HOST = "npm.example.com"
BEFORE = b"".join(b"@before-%d:registry=https://before.example.com/\n" % number for number in range(20))

APPENDING = {"appends": RUNS, "appends many in a row": RUNS // 5, "appends piece by piece": RUNS // 5}
REWRITING = {
    "writes over the old bytes": RUNS,
    "writes over the old bytes, many in a row": RUNS // 5,
    "writes at the top, many in a row": RUNS // 5,
    "writes what it knows over the old bytes": RUNS // 2,
    "replaces the file": RUNS // 2,
    "replaces the file, many in a row": RUNS // 5,
}


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    path.chmod(0o600)
    (tmp_path / "progress").touch()
    return path


def check_settings(store: Path, *expected: bytes) -> None:
    """Each of them is there, and none of them twice."""
    counts = Counter(store.read_bytes().splitlines())
    lost = [line for line in expected if not counts[line]]
    assert lost == [], f"{len(lost)} of {len(expected)} settings are lost: {lost[:3]}"
    twice = [line for line in expected if counts[line] > 1]
    assert twice == [], f"{len(twice)} of {len(expected)} settings are there twice: {twice[:3]}"


def check_end(store: Path, *hosts: str) -> None:
    """The last run, when nobody writes any more, leaves no credential and no temporary file."""
    for host in hosts:
        last = remove(store, 1, host)
        assert (last.left, last.failures) == (0, [])
    assert b"_authToken" not in store.read_bytes()
    assert [name for name in os.listdir(store.parent) if "npmops" in name] == []


@pytest.mark.parametrize(("name", "runs"), list(APPENDING.items()), ids=list(APPENDING))
def test_nothing_appended_is_lost(store: Path, name: str, runs: int) -> None:
    with writing(WRITERS[name], "theirs", store) as process:
        removals = remove(store, runs, HOST)
        count = int(process.stop())
    check_settings(store, *BEFORE.splitlines(), *list_settings("theirs", count))
    assert (removals.left, removals.failures) == (0, [])
    assert removals.removed == runs
    assert count >= runs // 4
    check_end(store, HOST)


@pytest.mark.parametrize(("name", "runs"), list(REWRITING.items()), ids=list(REWRITING))
def test_nothing_rewritten_is_lost(store: Path, name: str, runs: int) -> None:
    with writing(WRITERS[name], "theirs", store) as process:
        removals = remove(store, runs, HOST)
        count = int(process.stop())
    check_settings(store, *BEFORE.splitlines(), *list_settings("theirs", count))
    assert removals.failures == []
    assert count >= runs // 4
    check_end(store, HOST)


@pytest.mark.skipif(not NODE.exists(), reason="npm is not set up (make setup)")
@pytest.mark.parametrize("name", ["npm's own configuration", "npm config set"])
def test_nothing_that_npm_sets_is_lost(store: Path, name: str) -> None:
    with writing(WRITERS[name], "theirs", store) as process:
        removals = remove(store, RUNS, HOST)
        count = int(process.stop())
    check_settings(store, *BEFORE.splitlines(), *list_settings("theirs", count))
    assert removals.failures == []
    assert count >= 10
    check_end(store, HOST)


def test_two_writers_at_once(store: Path) -> None:
    with writing(WRITERS["appends"], "one", store) as one, writing(WRITERS["appends"], "two", store) as two:
        removals = remove(store, RUNS // 5, HOST)
        counts = int(one.stop()), int(two.stop())
    check_settings(store, *list_settings("one", counts[0]), *list_settings("two", counts[1]))
    assert (removals.left, removals.failures) == (0, [])
    check_end(store, HOST)


def test_two_runs_at_once(store: Path) -> None:
    """Each for a registry of its own: neither brings back what the other has removed, nor loses what it has not."""
    hosts = "one.example.com", "two.example.com"
    with removing(store, RUNS // 2, hosts[0]) as first, removing(store, RUNS // 2, hosts[1]) as second:
        removals = read_removals(first), read_removals(second)
    check_settings(store, *BEFORE.splitlines())
    assert [(item.left, item.failures) for item in removals] == [(0, []), (0, [])]
    check_end(store, *hosts)


def test_two_runs_and_a_writer_at_once(store: Path) -> None:
    hosts = "one.example.com", "two.example.com"
    with (
        writing(WRITERS["appends"], "theirs", store) as process,
        removing(store, RUNS // 4, hosts[0]) as first,
        removing(store, RUNS // 4, hosts[1]) as second,
    ):
        removals = read_removals(first), read_removals(second)
        count = int(process.stop())
    check_settings(store, *BEFORE.splitlines(), *list_settings("theirs", count))
    assert [(item.left, item.failures) for item in removals] == [(0, []), (0, [])]
    check_end(store, *hosts)


def test_store_that_goes_as_a_whole(store: Path) -> None:
    """It is deleted when nothing is left in it; what is appended just then is there afterwards."""
    pauses = random.Random(1)
    for number in range(RUNS // 20):
        store.write_bytes(b"")
        line = b"@theirs-%d:registry=https://theirs.example.com/\n" % number
        with removing(store, 1, HOST) as process:
            time.sleep(pauses.random() * 0.05)
            with store.open("ab", buffering=0) as file:
                file.write(line)
            assert read_removals(process).failures == []
        assert store.read_bytes() == line


def test_whole_modules(store: Path) -> None:
    """The same with real processes, a real registry and real tokens, while somebody appends."""
    with EmbeddedRegistry() as registry, writing(WRITERS["appends"], "theirs", store) as process:
        for _run in range(15):
            token = registry.create_token("alice")
            with store.open("ab", buffering=0) as file:
                file.write(f"{registry.url.partition(':')[2]}:_authToken={token}\n".encode())
            run = run_module({"registry": registry.url, "paths": [str(store)]}, home=store.parent)
            assert (run.failed, run.outcomes) == (False, ["confirmed"])
            assert not registry.is_valid(token)
        count = int(process.stop())
    check_settings(store, *BEFORE.splitlines(), *list_settings("theirs", count))
    assert b"_authToken" not in store.read_bytes()
