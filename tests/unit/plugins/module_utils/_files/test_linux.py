# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is replaced, and the result is the truth, where Python, the kernel or the file system lacks a call."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import stat
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._files import leftovers, linux, replace
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import sweep
from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit, edit_file

BEFORE, AFTER = b"one\ntwo\n", b"one\n"
STRAY = ".npmops-0123456789abcdef.tmp"


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    path.chmod(0o640)
    try:
        os.setxattr(path, "user.origin", b"a\x00b")
    except OSError:
        pytest.skip("no extended attributes here")
    return path


def edit(store: Path, data: bytes | None = AFTER) -> Edit:
    content = read_file(str(store))
    assert content is not None
    return edit_file(content, lambda _data: data)


def refuse(number: int) -> Callable[..., Any]:
    def call(*_arguments: object, **_options: object) -> None:
        raise OSError(number, "a text that is not for people")

    return call


MISSING = [
    *((os, name) for name in ("listxattr", "getxattr", "setxattr", "removexattr")),
    *((fcntl, name) for name in ("flock", "LOCK_EX", "LOCK_SH", "F_SETLEASE", "F_GETLEASE")),
    (signal, "SIGIO"),
]


@pytest.mark.parametrize(("module", "name"), MISSING, ids=[name for _module, name in MISSING])
@pytest.mark.parametrize("after", [AFTER, None], ids=["replaced", "deleted"])
def test_python_without_a_call(
    store: Path, monkeypatch: pytest.MonkeyPatch, module: Any, name: str, after: bytes | None
) -> None:
    monkeypatch.delattr(module, name)
    done = edit(store, after)
    monkeypatch.undo()
    assert done == Edit(BEFORE, after)
    assert os.listdir(store.parent) == ([".npmrc"] if after else [])
    if after:
        assert store.read_bytes() == after
        assert stat.S_IMODE(store.stat().st_mode) == 0o640
        assert os.getxattr(store, "user.origin") == b"a\x00b"


def test_system_without_any_of_them(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As macOS and FreeBSD are, whose C library has other calls of these names."""
    for module, name in MISSING:
        monkeypatch.delattr(module, name)
    monkeypatch.setattr(linux.sys, "platform", "darwin")
    linux._find_call.cache_clear()
    done = edit(store)
    monkeypatch.undo()
    linux._find_call.cache_clear()
    assert (done, store.read_bytes()) == (Edit(BEFORE, AFTER), AFTER)
    assert stat.S_IMODE(store.stat().st_mode) == 0o640


def fail_to_sync_a_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    fsync = os.fsync

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EIO, "a text that is not for people")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)


def fail_to_unlock(monkeypatch: pytest.MonkeyPatch) -> None:
    flock = fcntl.flock

    def call(descriptor: int, operation: int) -> None:
        if operation == fcntl.LOCK_UN:
            raise OSError(errno.EIO, "a text that is not for people")
        flock(descriptor, operation)

    monkeypatch.setattr(fcntl, "flock", call)


def fail_to_delete(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "unlink", refuse(errno.EIO))


def fail_to_look_for_late_writers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replace, "_find_late", refuse(errno.ESTALE))


def fail_unexpectedly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(replace, "_find_late")


LATER = {
    "the directory cannot be flushed": (fail_to_sync_a_directory, "Input/output error"),
    "the file cannot be unlocked": (fail_to_unlock, ""),
    "the old file cannot be deleted": (fail_to_delete, "Input/output error"),
    "the old file cannot be read again": (fail_to_look_for_late_writers, "Stale file handle"),
    "something that nobody thought of": (fail_unexpectedly, "unexpected NameError"),
}


@pytest.mark.parametrize(("fail", "why"), [pytest.param(*case, id=name) for name, case in LATER.items()])
def test_what_fails_behind_the_rename_does_not_undo_the_truth(
    store: Path, monkeypatch: pytest.MonkeyPatch, fail: Callable[[pytest.MonkeyPatch], None], why: str
) -> None:
    fail(monkeypatch)
    done = edit(store)
    monkeypatch.undo()
    assert store.read_bytes() == AFTER
    assert (done.before, done.after) == (BEFORE, AFTER)
    assert done.warning.startswith(f"{store} was changed, but a later step failed: {why}" if why else "")
    assert bool(done.warning) is bool(why)
    assert "not for people" not in done.warning


@pytest.mark.parametrize("number", [errno.EINVAL, errno.ENOTSUP])
def test_directory_that_cannot_be_flushed_at_all(store: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """Some network file systems have no such thing, and nobody has to hear of it."""
    fsync = os.fsync

    def sync(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, "")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    assert edit(store).warning == ""


def test_handler_that_python_did_not_set(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``signal.signal`` gives None for it, and does not take None."""
    former = signal.getsignal(signal.SIGIO)
    real = signal.signal
    given: list[object] = []

    def set_handler(number: int, handler: Any) -> object:
        given.append(handler)
        real(number, handler)
        return None

    monkeypatch.setattr(signal, "signal", set_handler)
    assert edit(store) == Edit(BEFORE, AFTER)
    monkeypatch.undo()
    assert given == [signal.SIG_IGN, signal.SIG_DFL]
    signal.signal(signal.SIGIO, former)


@pytest.mark.parametrize("has_memory_files", [True, False], ids=["memory file", "pipe"])
def test_bytes_that_are_on_no_disk(monkeypatch: pytest.MonkeyPatch, has_memory_files: bool) -> None:
    """What OpenSSL is given, which takes only the names of files."""
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create")
    before = sorted(os.listdir("/proc/self/fd"))
    with linux.readable_once(b"certificate") as path:
        assert Path(path).read_bytes() == b"certificate"
    assert sorted(os.listdir("/proc/self/fd")) == before


def test_more_bytes_than_a_pipe_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "memfd_create")
    with pytest.raises(OSError, match="File too large"), linux.readable_once(b"x" * (1 << 22)):
        raise AssertionError("this must not be reached")


# Left behind ---------------------------------------------------------------------------------------------------------


def lock_as_nfs_does(descriptor: int, operation: int) -> None:
    """An exclusive lock takes a file that is open for writing (flock(2), "NFS details")."""
    writable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    if operation & fcntl.LOCK_EX and not writable:
        raise OSError(errno.EBADF, "")


def test_left_behind_on_nfs(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store.with_name(STRAY).write_bytes(b"half a file")
    monkeypatch.setattr(fcntl, "flock", lock_as_nfs_does)
    sweep(str(store))
    assert os.listdir(store.parent) == [".npmrc"]


@pytest.mark.parametrize(("age", "left"), [(60, [STRAY, ".npmrc"]), (7200, [".npmrc"])], ids=["young", "old"])
def test_left_behind_where_there_are_no_locks(
    store: Path, monkeypatch: pytest.MonkeyPatch, age: int, left: list[str]
) -> None:
    """Nobody can tell whether a run works on it: it goes when no run can take that long."""
    stray = store.with_name(STRAY)
    stray.write_bytes(b"half a file")
    os.utime(stray, (time.time() - age,) * 2)
    monkeypatch.setattr(leftovers.linux.fcntl, "flock", refuse(errno.ENOLCK))
    sweep(str(store))
    assert sorted(os.listdir(store.parent)) == left
