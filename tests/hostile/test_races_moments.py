# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No writer loses a setting where the module is slow between two of its system calls.

On a busy machine any process can be held up anywhere. Here strace holds the module up, for long, at one call after the
other.
"""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.hostile.accounts import needs_root
from tests.hostile.forked import ForkedModule
from tests.hostile.strace import attached, is_permitted
from tests.hostile.writers import WRITERS, list_settings, writing

NO_STRACE = is_permitted() if os.geteuid() == 0 else None
pytestmark = [needs_root, pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))]

HOST = "npm.example.com"
LOGIN = f"//{HOST}/:_authToken=token\n".encode()
BEFORE = b"".join(b"@before-%d:registry=https://before.example.com/\n" % number for number in range(5))
MICROSECONDS = 30_000

# The file is locked, leased, written beside, flushed, put in its place; or deleted, where nothing else is in it.
MOMENTS = ("flock", "fcntl", "fchmod", "fsync", "renameat2")
KINDS = ("appends", "writes over the old bytes", "writes what it knows over the old bytes", "replaces the file")


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForkedModule]:
    folder = tmp_path_factory.mktemp("module")
    with ForkedModule(folder, folder) as forked:
        yield forked


@pytest.fixture
def store(tmp_path: Path) -> Path:
    (tmp_path / "progress").touch()
    return tmp_path / ".npmrc"


@contextmanager
def ticking(progress: Path) -> Iterator[None]:
    """Let the writers write all the time, and not only once a run."""
    done = threading.Event()

    def tick() -> None:
        while not done.wait(0.005):
            os.truncate(progress, progress.stat().st_size + 1)

    thread = threading.Thread(target=tick)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def remove_slowly(module: ForkedModule, store: Path, moment: str) -> None:
    """Log out, held up whenever it makes one of these calls."""
    arguments = {"registry": f"https://{HOST}/", "paths": [str(store)], "revoke": "never"}
    pid = module.hold(arguments)
    slow = f"inject={moment}:delay_enter={MICROSECONDS}"
    with attached(pid, "-o", os.devnull, "-e", f"trace={moment}", "-e", slow):
        module.release()


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("kind", KINDS)
def test_held_up(module: ForkedModule, store: Path, kind: str, moment: str) -> None:
    store.write_bytes(BEFORE + LOGIN)
    with ticking(store.parent / "progress"), writing(WRITERS[kind], "theirs", store) as process:
        remove_slowly(module, store, moment)
        count = int(process.stop())
    counts = Counter(store.read_bytes().splitlines())
    lost = [line for line in [*BEFORE.splitlines(), *list_settings("theirs", count)] if not counts[line]]
    assert lost == [], f"{len(lost)} of {count} settings are lost: {lost[:3]}"
    assert count >= 2
    module.run({"registry": f"https://{HOST}/", "paths": [str(store)], "revoke": "never"})
    assert b"_authToken" not in store.read_bytes()


@pytest.mark.parametrize("moment", ["flock", "fcntl", "renameat2", "unlinkat"])
@pytest.mark.parametrize("kind", ["appends", "replaces the file"])
def test_held_up_while_deleting(module: ForkedModule, store: Path, kind: str, moment: str) -> None:
    """The file is to go as a whole; what is written to it just then is there afterwards."""
    store.write_bytes(LOGIN)
    pid = module.hold({"registry": f"https://{HOST}/", "paths": [str(store)], "revoke": "never"})
    slow = f"inject={moment}:delay_enter={10 * MICROSECONDS}:when=1..3"
    with attached(pid, "-o", os.devnull, "-e", f"trace={moment}", "-e", slow):
        writer = threading.Timer(4e-6 * MICROSECONDS, write_once, (kind, store))
        writer.start()
        module.release()
        writer.join()
    assert b"@theirs:registry=https://theirs.example.com/" in store.read_bytes().splitlines()


def write_once(kind: str, store: Path) -> None:
    line = b"@theirs:registry=https://theirs.example.com/\n"
    if kind == "appends":
        with store.open("ab", buffering=0) as file:
            file.write(line)
        return
    new = store.with_name("new")
    new.write_bytes(line)
    new.rename(store)
