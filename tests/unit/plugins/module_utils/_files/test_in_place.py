# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file that cannot be replaced is written in place, as safely as that can be done, and foreseen to be."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files import foresee, in_place, linux, replace
from ansible_collections.npmops.auth.plugins.module_utils._files.foresee import foresee_edit
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, read_file
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit, edit_file

BEFORE, AFTER, LONGER = b"one\ntwo\nthree\n", b"one\nthree\n", b"one\ntwo\nthree\nfour\n"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that is a mount point, as far as anybody can tell."""
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    for module in (linux, replace):
        monkeypatch.setattr(module, "exchange" if module is replace else "rename", refuse(errno.EBUSY))
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


def test_killed_before_the_rest_is_cut_off(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of a removed line is left: what is behind the new text is blank."""

    def kill(_descriptor: int, _length: int) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "ftruncate", kill)
    with pytest.raises(KeyboardInterrupt):
        edit(store, AFTER)
    assert store.read_bytes() == AFTER + b"\n" * 4


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
    assert f"{store} is written in place, since it cannot be replaced (" in done.warning
    assert "no copy can be kept beside it meanwhile (Permission denied)." in done.warning
    assert foreseen.warning.endswith(done.warning[-60:])


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT, errno.EIO])
def test_full_disk_is_not_a_reason_to_write_in_place(store: Path, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(replace, "exchange", refuse(number))
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
    def refuse_proc(path: str) -> Any:
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
