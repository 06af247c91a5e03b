# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that cannot be replaced is written in place, as safely as that can be done, and foreseen to be."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files import foresee, in_place, linux, replace
from ansible_collections.npmops.auth.plugins.module_utils._files.foresee import foresee_edit
from ansible_collections.npmops.auth.plugins.module_utils._files.in_place import EDITED, TORN, finish
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import (
    list_copies,
    make_temporary_name,
    name_copy,
    sweep,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, read_file
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit, edit_file

WRITE = os.write
BEFORE, AFTER, LONGER = b"one\ntwo\nthree\n", b"one\nthree\n", b"one\ntwo\nthree\nfour\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is a mount point, as far as anybody can tell."""
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    for module in (linux, replace):
        monkeypatch.setattr(module, "rename", refuse(errno.EBUSY))
    monkeypatch.setattr(replace, "take_away", refuse(errno.EBUSY))
    monkeypatch.setattr(foresee.linux, "is_mount_point", lambda _folder, _file: True)
    return path


def refuse(number: int) -> Callable[..., Any]:
    def call(*_arguments: object, **_options: object) -> None:
        raise OSError(number, "a text that is not for people")

    return call


def read(store: Path) -> Content:
    content = read_file(str(store))
    assert content is not None
    return content


def edit(store: Path, after: bytes | None) -> Edit:
    return edit_file(read(store), lambda _data: after)


@pytest.mark.parametrize("after", [AFTER, LONGER, b"", None], ids=["shorter", "longer", "empty", "deleted"])
def test_written_in_place(store: Path, after: bytes | None) -> None:
    (store.parent / "other").hardlink_to(store)
    number = store.stat().st_ino
    foreseen = foresee_edit(read(store), after)
    done = edit(store, after)
    assert done == foreseen == Edit(BEFORE, after or b"", "", in_place=True)
    assert (store.read_bytes(), store.stat().st_ino) == (after or b"", number)
    assert sorted(os.listdir(store.parent)) == [".npmrc", "other"]


def test_new_text_is_beside_it_while_it_is_written(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On its disk, closed to others, before the first byte of the file changes."""
    overwrite, seen = in_place._overwrite, []

    def look(*arguments: Any) -> None:
        (copy,) = store.parent.glob(".npmops-*.tmp")
        # By the descriptor: to open the file again would wait for the run's own lease to break.
        seen.append((os.pread(arguments[0], 1000, 0), copy.read_bytes(), copy.stat().st_mode & 0o777))
        overwrite(*arguments)

    monkeypatch.setattr(in_place, "_overwrite", look)
    edit(store, AFTER)
    assert seen == [(BEFORE, AFTER, 0o600)]


def kill_itself(*_arguments: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def is_store(descriptor: int) -> bool:
    return os.readlink(f"/proc/self/fd/{descriptor}").endswith("/.npmrc")


def write_and_die(size: int) -> Callable[[int, Any], int]:
    """As the kernel does where a process is killed in the middle of a large write to the store."""

    def write(descriptor: int, data: Any) -> int:
        if not is_store(descriptor):
            return WRITE(descriptor, data)
        WRITE(descriptor, bytes(data)[:size])
        kill_itself()
        return 0

    return write


def be_killed(call: str, action: Callable[..., Any], work: Callable[[], object]) -> None:
    """Do something in a process of its own that is killed at a call."""
    number = os.fork()
    if not number:
        with contextlib.suppress(BaseException):
            setattr(os, call, action)
            work()
        os._exit(0)
    assert os.waitpid(number, 0)[1] == signal.SIGKILL


def test_killed_before_the_rest_is_cut_off(store: Path) -> None:
    """Nothing of a removed line is left: what is behind the new text is blank."""
    be_killed("ftruncate", kill_itself, lambda: edit(store, AFTER))
    assert store.read_bytes() == AFTER + b"\n" * 4
    assert finish_one(store) == TORN
    assert (store.read_bytes(), os.listdir(store.parent)) == (AFTER, [".npmrc"])


def finish_one(store: Path, *, is_dry: bool = False) -> str:
    (copy,) = list_copies(str(store))
    return finish(str(store), copy, is_dry=is_dry)


LARGE = b"".join(b"line%d = %d\n" % (number, number) for number in range(1000))
LARGE_AFTER = LARGE.replace(b"line7 = 7\n", b"")


@pytest.fixture
def torn(store: Path) -> Path:
    store.write_bytes(LARGE)
    be_killed("write", write_and_die(4096), lambda: edit(store, LARGE_AFTER))
    assert store.read_bytes() == LARGE_AFTER[:4096] + LARGE[4096:]
    return store


def test_next_run_finishes_what_a_killed_one_has_begun(torn: Path) -> None:
    before = torn.read_bytes(), sorted(os.listdir(torn.parent))
    assert finish_one(torn, is_dry=True) == TORN
    assert before == (torn.read_bytes(), sorted(os.listdir(torn.parent)))
    sweep(str(torn))
    assert finish_one(torn) == TORN
    assert (torn.read_bytes(), os.listdir(torn.parent)) == (LARGE_AFTER, [".npmrc"])


@pytest.mark.parametrize("is_dry", [True, False])
def test_file_that_became_a_link_since_is_not_opened(torn: Path, is_dry: bool) -> None:
    torn.rename(torn.parent.parent / "elsewhere")
    torn.symlink_to(torn.parent.parent / "elsewhere")
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        finish_one(torn, is_dry=is_dry)


EDITS: dict[str, Callable[[Path], object]] = {
    "appended to": lambda path: path.write_bytes(path.read_bytes() + b"mine = 1\n"),
    "rewritten": lambda path: path.write_bytes(b"mine = 1\n"),
    "a line is gone": lambda path: path.write_bytes(path.read_bytes().replace(b"line999 = 999\n", b"")),
    "of the same size": lambda path: path.write_bytes(path.read_bytes().replace(b"line1 = 1", b"mine1 = 1")),
    "of the same size, later, behind what is new": lambda path: edit_later(path, b"line998 = 998", b"mine998 = 998"),
    "emptied": lambda path: path.write_bytes(b""),
}


def edit_later(path: Path, old: bytes, new: bytes) -> None:
    path.write_bytes(path.read_bytes().replace(old, new))
    os.utime(path, (time.time() + 60,) * 2)


@pytest.mark.parametrize("change", [pytest.param(change, id=name) for name, change in EDITS.items()])
def test_file_that_somebody_has_edited_since_is_left_alone(torn: Path, change: Callable[[Path], object]) -> None:
    change(torn)
    theirs = torn.read_bytes()
    assert finish_one(torn) == EDITED
    assert torn.read_bytes() == theirs
    (copy,) = list_copies(str(torn))
    assert torn.with_name(copy.name).read_bytes() == LARGE_AFTER


def test_killed_before_the_first_byte(store: Path) -> None:
    """The file is whole: it is processed as it is."""
    be_killed("write", write_and_die(0), lambda: edit(store, AFTER))
    assert finish_one(store) == ""
    assert (store.read_bytes(), os.listdir(store.parent)) == (BEFORE, [".npmrc"])


SECOND = 10**9
TIMES = {
    "in whole seconds": lambda time: time // SECOND * SECOND,
    "of a server whose clock is behind": lambda time: time - 30 * SECOND,
}


@pytest.mark.parametrize("tell", [pytest.param(tell, id=name) for name, tell in TIMES.items()])
def test_time_of_another_file_system(torn: Path, tell: Callable[[int], int]) -> None:
    """The file can be a mount: its time and that of the copy beside it are not told by one clock."""
    os.utime(torn, ns=(tell(torn.stat().st_mtime_ns),) * 2)
    assert finish_one(torn) == TORN
    assert (torn.read_bytes(), os.listdir(torn.parent)) == (LARGE_AFTER, [".npmrc"])


def test_old_file_that_begins_as_the_new_text_was_not_written_to(store: Path) -> None:
    store.write_bytes(LARGE)
    os.utime(store, (time.time() - 3600,) * 2)
    be_killed("write", write_and_die(0), lambda: edit(store, LARGE.replace(b"line999 = 999\n", b"")))
    os.utime(store, (time.time() - 3600,) * 2)
    assert finish_one(store) == ""
    assert (store.read_bytes(), os.listdir(store.parent)) == (LARGE, [".npmrc"])


def test_old_text_that_cannot_be_written_back(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then the new one stays beside the file, for another run."""
    store.write_bytes(LARGE)
    written: list[int] = []

    def write(descriptor: int, data: Any) -> int:
        if not is_store(descriptor):
            return WRITE(descriptor, data)
        if written:
            raise OSError(errno.EIO, "a text that is not for people")
        written.append(WRITE(descriptor, bytes(data)[:4096]))
        return written[0]

    monkeypatch.setattr(os, "write", write)
    with pytest.raises(StoreError, match="cannot be replaced: Input/output error"):
        edit(store, LARGE_AFTER)
    monkeypatch.undo()
    assert finish_one(store) == TORN
    assert store.read_bytes() == LARGE_AFTER


PLANTS: dict[str, Callable[[Path], object]] = {
    "another account's": lambda copy: os.chown(copy, 1234, 1234),
    "with another name": lambda copy: (copy.parent / "other").hardlink_to(copy),
    "open to its group": lambda copy: copy.chmod(0o660),
    "a link": lambda copy: (copy.rename(copy.parent / "other"), copy.symlink_to("other")),
}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
@pytest.mark.parametrize("plant", [pytest.param(plant, id=name) for name, plant in PLANTS.items()])
def test_copy_that_no_run_can_have_left_is_not_believed(torn: Path, plant: Callable[[Path], object]) -> None:
    (copy,) = list_copies(str(torn))
    before = torn.read_bytes()
    plant(torn.with_name(copy.name))
    with contextlib.suppress(OSError):
        assert finish_one(torn) == ""
    assert torn.read_bytes() == before


def test_copy_of_a_run_that_goes_on_is_left_alone(torn: Path) -> None:
    (copy,) = list_copies(str(torn))
    with open(torn.with_name(copy.name), "rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert finish_one(torn) == ""
    assert finish_one(torn) == TORN


def test_name_of_a_copy_names_its_file(tmp_path: Path) -> None:
    for name in (".npmrc", "a-b", "x.tmp", "new\nline"):
        (tmp_path / name_copy(make_temporary_name(), name, 12)).touch()
    (tmp_path / make_temporary_name()).touch()
    found = {name: list_copies(str(tmp_path / name)) for name in (".npmrc", "a-b", "b", "x.tmp", "new\nline", "npmrc")}
    assert {name: [copy.size for copy in copies] for name, copies in found.items()} == {
        ".npmrc": [12],
        "a-b": [12],
        "b": [],
        "x.tmp": [12],
        "new\nline": [12],
        "npmrc": [],
    }


@pytest.mark.parametrize("call", ["ftruncate", "write"])
def test_failure_writes_the_old_text_back(store: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    real, store_number, failed = getattr(os, call), store.stat().st_ino, []

    def fail_once(descriptor: int, value: Any) -> Any:
        if os.fstat(descriptor).st_ino == store_number and not failed:
            failed.append(call)
            if call == "write":
                real(descriptor, bytes(value)[:5])
            raise OSError(errno.EIO, "a text that is not for people")
        return real(descriptor, value)

    monkeypatch.setattr(os, call, fail_once)
    with pytest.raises(StoreError) as caught:
        edit(store, AFTER)
    assert str(caught.value) == f"{store} cannot be replaced: Input/output error"
    assert store.read_bytes() == BEFORE
    assert os.listdir(store.parent) == [".npmrc"]


def test_failure_to_flush_does_not_undo_the_truth(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, number = os.fsync, store.stat().st_ino

    def fail(descriptor: int) -> None:
        if os.fstat(descriptor).st_ino == number:
            raise OSError(errno.EIO, "a text that is not for people")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fail)
    done = edit(store, AFTER)
    assert (done.after, store.read_bytes()) == (AFTER, AFTER)
    assert done.warning == f"{store} was changed, but a later step failed: Input/output error."


def test_no_copy_beside_it(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Then one sentence says so, in check mode as well."""
    real = os.open

    def open_no_new_file(name: Any, flags: int, *arguments: Any, **options: Any) -> int:
        if flags & os.O_CREAT or flags & os.O_TMPFILE == os.O_TMPFILE:
            raise PermissionError(errno.EACCES, "a text that is not for people")
        return real(name, flags, *arguments, **options)

    monkeypatch.setattr(os, "open", open_no_new_file)
    foreseen = foresee_edit(read(store), AFTER)
    done = edit(store, AFTER)
    assert store.read_bytes() == AFTER
    assert f"{store} is written in place, because it cannot be replaced (" in done.warning
    assert "No copy can be kept next to it (Permission denied): if" in done.warning
    assert foreseen.warning.endswith(done.warning[-60:])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_full_disk_is_not_a_reason_to_write_in_place(store: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(replace, "rename", refuse(number))
    with pytest.raises(StoreError):
        edit(store, AFTER)
    assert store.read_bytes() == BEFORE


# Foreseen without Linux ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EOPNOTSUPP, errno.EISDIR, errno.ENOSYS])
@pytest.mark.parametrize("is_open", [True, False], ids=["open", "closed"])
def test_file_system_without_files_that_have_no_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_open: bool
) -> None:
    """Then access(2) tells; a real run does not trust its "no", which older C libraries guess."""
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    path.chmod(0o400)
    monkeypatch.setattr(linux, "open_unnamed", refuse(number))
    monkeypatch.setattr(os, "access", lambda *_arguments, **_options: is_open)
    monkeypatch.setattr(foresee, "opened_writable", lambda _name, _folder, why: refuse(why.errno)())
    content = read(path)
    assert foresee_edit(content, AFTER, is_guess=False) == Edit(BEFORE, AFTER)
    if is_open:
        assert foresee_edit(content, AFTER) == Edit(BEFORE, AFTER)
    else:
        with pytest.raises(StoreError, match="cannot be replaced: Permission denied"):
            foresee_edit(content, AFTER)


def test_python_without_the_means_to_foresee(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_ids(*_arguments: object, **_options: object) -> bool:
        raise NotImplementedError

    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    monkeypatch.delattr(os, "O_TMPFILE")
    monkeypatch.setattr(os, "access", refuse_ids)
    assert foresee_edit(read(path), AFTER) == Edit(BEFORE, AFTER)


def test_mount_of_another_device_without_proc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse_proc(path: str, _mode: str) -> Any:
        raise FileNotFoundError(path)

    monkeypatch.setattr("builtins.open", refuse_proc)
    with_fd = os.open(tmp_path, os.O_RDONLY)
    other_fd = os.open("/proc/self/status", os.O_RDONLY)
    try:
        assert linux.is_mount_point(with_fd, other_fd)
        assert not linux.is_mount_point(with_fd, with_fd)
    finally:
        os.close(with_fd)
        os.close(other_fd)


def test_nothing_is_written_to_foresee(tmp_path: Path) -> None:
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    before = path.stat().st_mtime_ns, tmp_path.stat().st_mtime_ns, path.stat().st_ctime_ns
    assert foresee_edit(read(path), AFTER) == Edit(BEFORE, AFTER)
    assert (path.stat().st_mtime_ns, tmp_path.stat().st_mtime_ns, path.stat().st_ctime_ns) == before
