# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file is read whole, replaced at once, and only its bytes change. On a real file system."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import acting_as, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files import linux
from ansible_collections.npmops.auth.plugins.module_utils._files import read as _files
from ansible_collections.npmops.auth.plugins.module_utils._files import replace as _replace
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import MOST_BYTES
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import sweep
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content, read_file
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import edit_file
from tests.hostile.held_up import wait_until_held_up
from tests.hostile.odd_files import (
    Create,
    create_dangling_link,
    create_directory,
    create_fifo,
    create_large_file,
    create_link,
    create_link_to_itself,
    create_link_to_own_directory,
    create_socket,
)

BEFORE = b"\xef\xbb\xbf; a comment\r\nregistry=https://npm.example.com/\r\n\xff\xfe last line without an end"
AFTER = b"; another content\n"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as other accounts")
not_as_root = pytest.mark.skipif(os.geteuid() == 0, reason="root is refused nothing")
needs_acl = pytest.mark.skipif(shutil.which("setfacl") is None, reason="setfacl (package acl) is not installed")
needs_attr = pytest.mark.skipif(shutil.which("setfattr") is None, reason="setfattr (package attr) is not installed")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / ".npmrc"
    path.write_bytes(BEFORE)
    path.chmod(0o600)
    return path


def read(path: Path) -> Content:
    content = read_file(str(path))
    assert content is not None
    return content


def replace_by(data: bytes | None) -> Callable[[bytes], bytes | None]:
    return lambda _before: data


def run(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@contextmanager
def umask(value: int) -> Iterator[None]:
    before = os.umask(value)
    try:
        yield
    finally:
        os.umask(before)


# Reading -------------------------------------------------------------------------------------------------------------


def test_read(store: Path) -> None:
    content = read(store)
    status = store.stat()
    assert content == Content(
        str(store), BEFORE, False, status.st_uid, 1, status.st_mode, (status.st_dev, status.st_ino)
    )


def test_read_empty(store: Path) -> None:
    store.write_bytes(b"")
    assert read(store).data == b""


def test_read_nothing(tmp_path: Path) -> None:
    assert read_file(str(tmp_path / ".npmrc")) is None
    assert read_file(str(tmp_path / "no" / "folder" / ".npmrc")) is None


def test_read_through_link(store: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(store)
    content = read(link)
    assert (content.path, content.data, content.through_link) == (str(store), BEFORE, True)


def test_read_through_linked_directory(store: Path, tmp_path: Path) -> None:
    """The file itself is no link: it may be deleted like any other."""
    (tmp_path / "home").symlink_to(tmp_path)
    content = read(tmp_path / "home" / ".npmrc")
    assert (content.path, content.through_link) == (str(store), False)


@pytest.mark.parametrize("times", [1, 3])
def test_read_says_which_file_it_was(store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    """Also where it and a link to another one change places just behind the opening."""
    other, link = tmp_path / "other", tmp_path / "link"
    other.write_bytes(AFTER)
    link.symlink_to(other)
    files = {str(store): BEFORE, str(other): AFTER}
    open_patiently, left = _files.open_patiently, list(range(times))

    def open_and_swap(*arguments: Any) -> int:
        descriptor = open_patiently(*arguments)
        if left:
            left.pop()
            for old, new in ((store, "spare"), (link, store.name), (tmp_path / "spare", link.name)):
                old.rename(tmp_path / new)
        return descriptor

    monkeypatch.setattr(_files, "open_patiently", open_and_swap)
    content = read(store)
    assert left == []
    assert files[content.path] == content.data


def test_file_that_is_another_one_all_the_time(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_patiently = _files.open_patiently

    def open_and_replace(*arguments: Any) -> int:
        descriptor = open_patiently(*arguments)
        write_beside(store, AFTER)
        return descriptor

    monkeypatch.setattr(_files, "open_patiently", open_and_replace)
    with pytest.raises(StoreError, match="it kept changing during the run"):
        read(store)


def test_read_counts_names(store: Path, tmp_path: Path) -> None:
    os.link(store, tmp_path / "other")
    assert read(store).links == 2
    assert read(store).owner == os.getuid()


UNREADABLE = {
    "a folder": (create_directory, "it is a directory"),
    "a link to a folder": (create_link_to_own_directory, "it is a directory"),
    "a fifo, which nobody writes to": (create_fifo, "it is not a regular file"),
    "a socket": (create_socket, "it is not a regular file"),
    "a device without an end": (create_link("/dev/zero"), "it is not a regular file"),
    "a dangling link": (create_dangling_link, "it is a broken symbolic link"),
    "a link to itself": (create_link_to_itself, "Too many levels of symbolic links"),
    "too large": (create_large_file(MOST_BYTES + 1), "it is larger than 1 MiB"),
}


@pytest.mark.parametrize(("make", "reason"), [pytest.param(*value, id=name) for name, value in UNREADABLE.items()])
@pytest.mark.timeout(120)
def test_read_what_is_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Create, reason: str) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    path = tmp_path / ".npmrc"
    make(path)
    with pytest.raises(StoreError) as caught:
        read_file(str(path))
    assert str(caught.value) == f"{path} cannot be read: {reason}"


@pytest.mark.parametrize(
    ("line_end", "most"),
    [
        pytest.param(b"\n", 20_000, id="LF"),
        pytest.param(b"\r\n", 20_000, id="CRLF"),
        pytest.param(b"\r", 20_000, id="CR"),
        pytest.param(b"\n\r", 10_000, id="LF and CR are two"),
    ],
)
def test_read_counts_lines_as_the_formats_do(store: Path, line_end: bytes, most: int) -> None:
    store.write_bytes((b"a" + line_end) * most)
    assert read_file(str(store))
    store.write_bytes((b"a" + line_end) * (most + 1))
    with pytest.raises(StoreError, match="it has more than 20000 lines"):
        read_file(str(store))


def test_read_largest(store: Path) -> None:
    with store.open("wb") as file:
        file.truncate(MOST_BYTES)
    assert len(read(store).data) == MOST_BYTES


def test_read_below_a_file(store: Path) -> None:
    with pytest.raises(StoreError, match="Not a directory"):
        read_file(str(store / ".npmrc"))


def test_read_name_too_long(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="File name too long"):
        read_file(str(tmp_path / ("x" * 300)))


@pytest.mark.parametrize("name", ["a\x00b", "\ud800"], ids=["NUL", "half a character"])
def test_read_name_that_is_none(tmp_path: Path, name: str) -> None:
    with pytest.raises(StoreError, match="the path is not valid"):
        read_file(f"{tmp_path}/{name}")


def test_name_is_shown_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "a\nb\x1b[31m").mkdir()
    with pytest.raises(StoreError) as caught:
        read_file(f"{tmp_path}/a\nb\x1b[31m")
    assert str(caught.value).isprintable()


@needs_root
def test_root_does_not_follow_a_link_of_somebody_else(store: Path, tmp_path: Path) -> None:
    """Who lays it would choose which of root's files is read and edited."""
    link = tmp_path / "link"
    link.symlink_to(store)
    os.chown(link, 12345, 12345, follow_symlinks=False)
    with pytest.raises(StoreError, match="it is a symbolic link that another account owns"):
        read_file(str(link))


@not_as_root
def test_read_without_permission(store: Path) -> None:
    store.chmod(0)
    with pytest.raises(StoreError, match="Permission denied"):
        read_file(str(store))


# Replacing -----------------------------------------------------------------------------------------------------------


def test_edit(store: Path) -> None:
    edit = edit_file(read(store), replace_by(AFTER))
    assert (edit.before, edit.after, edit.changed) == (BEFORE, AFTER, True)
    assert store.read_bytes() == AFTER
    assert names_in(store.parent) == [".npmrc"]


def test_edit_that_changes_nothing(store: Path) -> None:
    """The file is not written at all."""
    before = store.stat()
    edit = edit_file(read(store), replace_by(BEFORE))
    after = store.stat()
    assert not edit.changed
    assert (after.st_ino, after.st_mtime_ns, after.st_ctime_ns) == (
        before.st_ino,
        before.st_mtime_ns,
        before.st_ctime_ns,
    )


def test_edit_to_nothing(store: Path) -> None:
    edit_file(read(store), replace_by(b""))
    assert store.read_bytes() == b""


def test_delete(store: Path) -> None:
    edit = edit_file(read(store), replace_by(None))
    assert (edit.before, edit.after, edit.changed) == (BEFORE, None, True)
    assert names_in(store.parent) == []


def test_edit_several_mebibytes(store: Path) -> None:
    data = b"; a comment\n" * 500_000
    edit_file(read(store), replace_by(data))
    assert store.read_bytes() == data


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077, 0o777], ids=oct)
@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640, 0o666, 0o400, 0o777, 0o700], ids=oct)
def test_mode_is_kept(store: Path, mode: int, mask: int) -> None:
    """Whatever the umask says."""
    store.chmod(mode)
    with umask(mask):
        edit_file(read(store), replace_by(AFTER))
    assert stat.S_IMODE(store.stat().st_mode) == mode


def test_no_one_else_can_read_meanwhile(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The temporary file is private before the first byte is in it."""
    modes: list[int] = []
    write_all = _replace.write_all

    def watch(descriptor: int, data: bytes) -> None:
        modes.append(stat.S_IMODE(os.fstat(descriptor).st_mode))
        write_all(descriptor, data)

    monkeypatch.setattr(_replace, "write_all", watch)
    store.chmod(0o644)
    with umask(0):
        edit_file(read(store), replace_by(AFTER))
    assert modes == [0o600]


@needs_root
def test_owner_and_group_are_kept(store: Path) -> None:
    os.chown(store, 12345, 23456)
    edit_file(read(store), replace_by(AFTER))
    assert (store.stat().st_uid, store.stat().st_gid) == (12345, 23456)


@needs_root
def test_group_that_the_account_is_not_in_is_kept(store: Path, tmp_path: Path) -> None:
    """`chown nobody .npmrc` leaves the file in root's group; the account could not give it there itself."""
    (account,), _absent = find_accounts(["nobody"])
    tmp_path.chmod(0o777)
    os.chown(store, account.uid, 23456)
    store.chmod(0o640)
    allow_way_to(tmp_path)
    with acting_as(account):
        edit_file(read(store), replace_by(AFTER))
    assert (store.stat().st_uid, store.stat().st_gid) == (account.uid, 23456)
    assert stat.S_IMODE(store.stat().st_mode) == 0o640
    assert os.geteuid() == 0


def allow_way_to(folder: Path) -> None:
    """Let other accounts through the directories that pytest made for root alone."""
    for parent in folder.parents:
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)


@needs_attr
def test_extended_attributes_are_kept(store: Path) -> None:
    try:
        os.setxattr(store, "user.origin", b"a\x00b")
        os.setxattr(store, "user.empty", b"")
    except OSError as problem:
        pytest.skip(f"no extended attributes here: {os.strerror(problem.errno or 0)}")
    edit_file(read(store), replace_by(AFTER))
    assert {name: os.getxattr(store, name) for name in os.listxattr(store)} == {
        "user.origin": b"a\x00b",
        "user.empty": b"",
    }


def set_acl(*options: str) -> None:
    try:
        run("setfacl", *options)
    except subprocess.CalledProcessError as problem:
        pytest.skip(f"no ACLs here: {problem.stderr}")


@needs_acl
def test_acl_is_kept(store: Path) -> None:
    set_acl("-m", "u:daemon:r,g:daemon:r,m:r", str(store))
    before = run("getfacl", "-cp", str(store))
    edit_file(read(store), replace_by(AFTER))
    assert run("getfacl", "-cp", str(store)) == before
    assert "user:daemon:r--" in before


@needs_acl
def test_default_acl_of_the_directory_is_not_taken_on(store: Path) -> None:
    """A new file there would be open to others; this one was not."""
    set_acl("-d", "-m", "u:daemon:rw,o:r", str(store.parent))
    before = run("getfacl", "-cp", str(store))
    edit_file(read(store), replace_by(AFTER))
    assert run("getfacl", "-cp", str(store)) == before
    assert "daemon" not in before


def test_link_stays_a_link(store: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dotfiles"
    folder.mkdir()
    target = folder / "npmrc"
    store.rename(target)
    store.symlink_to("dotfiles/npmrc")
    edit_file(read(store), replace_by(AFTER))
    assert os.readlink(store) == "dotfiles/npmrc"
    assert target.read_bytes() == AFTER
    assert not target.is_symlink()
    assert names_in(tmp_path) == [".npmrc", "dotfiles"]
    assert names_in(folder) == ["npmrc"]


def test_links_to_links_stay(store: Path, tmp_path: Path) -> None:
    (tmp_path / "second").symlink_to(".npmrc")
    (tmp_path / "first").symlink_to("second")
    edit_file(read(tmp_path / "first"), replace_by(AFTER))
    assert (os.readlink(tmp_path / "first"), os.readlink(tmp_path / "second")) == ("second", ".npmrc")
    assert store.read_bytes() == AFTER


def test_other_names_keep_the_old_content(store: Path, tmp_path: Path) -> None:
    """A hard link cannot follow a file that is replaced at once; the caller warns."""
    os.link(store, tmp_path / "other")
    edit_file(read(store), replace_by(AFTER))
    assert (tmp_path / "other").read_bytes() == BEFORE


def test_read_only_file_is_replaced(store: Path) -> None:
    """As npm does: what counts is the directory."""
    store.chmod(0o400)
    edit_file(read(store), replace_by(AFTER))
    assert store.read_bytes() == AFTER
    assert stat.S_IMODE(store.stat().st_mode) == 0o400


def test_name_that_is_no_text(tmp_path: Path) -> None:
    path = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.npmrc")
    Path(path).write_bytes(BEFORE)
    content = read_file(path)
    assert content
    edit_file(content, replace_by(AFTER))
    assert Path(path).read_bytes() == AFTER


# What others do meanwhile --------------------------------------------------------------------------------------------


def drop_last_line(data: bytes) -> bytes:
    return b"".join(data.splitlines(keepends=True)[:-1])


def test_change_since_it_was_read_is_not_lost(store: Path) -> None:
    """The edit is made of what is there now."""
    content = read(store)
    store.write_bytes(b"one\ntwo\nthree\n")
    edit = edit_file(content, drop_last_line)
    assert (edit.before, edit.after) == (b"one\ntwo\nthree\n", b"one\ntwo\n")
    assert store.read_bytes() == b"one\ntwo\n"


def write_beside(path: Path, data: bytes) -> None:
    """As npm and most editors do: nobody waits for anybody."""
    other = path.with_name("other")
    other.write_bytes(data)
    other.rename(path)


class Writer:
    """Somebody who writes in place, as `echo >> .npmrc` does. It may have to wait, so it is a thread of its own."""

    def __init__(self, path: Path, data: bytes, mode: str = "wb") -> None:
        self._path, self._data, self._mode = path, data, mode
        self._opening = threading.Event()
        self._thread = threading.Thread(target=self._write, daemon=True)
        self.started = False

    def start(self) -> None:
        """Go as far as to open the file."""
        self.started = True
        self._thread.start()
        wait_until_held_up(self._thread, self._opening)

    def finish(self) -> None:
        self._thread.join(120)
        assert not self._thread.is_alive()

    def _write(self) -> None:
        self._opening.set()
        with self._path.open(self._mode) as file:
            file.write(self._data)


@pytest.mark.parametrize("deleting", [False, True], ids=["replaced", "deleted"])
def test_file_that_is_replaced_meanwhile(store: Path, deleting: bool) -> None:
    """The edit is made again, on what somebody put there."""
    seen: list[bytes] = []

    def change(data: bytes) -> bytes | None:
        seen.append(data)
        if len(seen) == 1:
            write_beside(store, b"theirs\nours\n")
            return None if deleting else AFTER
        return b"theirs\n"

    edit = edit_file(read(store), change)
    assert seen == [BEFORE, b"theirs\nours\n"]
    assert (edit.before, edit.after) == (b"theirs\nours\n", b"theirs\n")
    assert store.read_bytes() == b"theirs\n"
    assert names_in(store.parent) == [".npmrc"]


@pytest.mark.parametrize("deleting", [False, True], ids=["replaced", "deleted"])
@pytest.mark.parametrize("mode", ["wb", "ab"], ids=["written anew", "appended to"])
def test_file_that_is_written_meanwhile(store: Path, mode: str, deleting: bool) -> None:
    """What they write is not lost, and what was to go is gone from it as well."""
    store.write_bytes(b"ours\n")
    writer = Writer(store, b"theirs\nours\n", mode)
    started: list[bytes] = []

    def change(data: bytes) -> bytes | None:
        if not started:
            started.append(data)
            writer.start()
        left = data.replace(b"ours\n", b"")
        return None if deleting and not left else left

    edit_file(read(store), change)
    writer.finish()
    assert store.read_bytes() == b"theirs\n"
    assert names_in(store.parent) == [".npmrc"]


def test_what_is_appended_too_late_and_means_nothing_alone(store: Path) -> None:
    """It is kept as it is: a part of a YAML file, say, need not be one."""
    store.write_bytes(b"ours\n")
    writer = Writer(store, b"  theirs\n", "ab")
    seen: list[bytes] = []

    def change(data: bytes) -> bytes:
        seen.append(data)
        if len(seen) == 1:
            writer.start()
        elif data.startswith(b" "):
            raise StoreError("line 1: invalid YAML")
        return data.replace(b"ours\n", b"")

    edit_file(read(store), change)
    writer.finish()
    assert seen[-1] == b"  theirs\n"
    assert store.read_bytes() == b"  theirs\n"


class Reader:
    """Somebody who reads the file by its name, and may have to wait."""

    def __init__(self, path: Path, reading: Callable[[Path], bytes] = Path.read_bytes) -> None:
        self._path, self._reading = path, reading
        self._opening = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self.started = False
        self.data = b""

    def start(self) -> None:
        """Go as far as to open the file."""
        self.started = True
        self._thread.start()
        wait_until_held_up(self._thread, self._opening)

    def finish(self) -> bytes:
        self._thread.join(120)
        assert not self._thread.is_alive()
        return self.data

    def _read(self) -> None:
        self._opening.set()
        self.data = self._reading(self._path)


def read_as_another_run(path: Path) -> bytes:
    content = read_file(str(path))
    return content.data if content else b""


LATE_WRITES = {
    "appended": ("ab", b"one\nours\n", b"theirs\nours\n", b"one\ntheirs\n"),
    "written over it": ("wb", b"one\nours\n", b"theirs\none\nours\n", b"theirs\none\n"),
}


@pytest.mark.parametrize("reading", [Path.read_bytes, read_as_another_run], ids=["somebody", "another run"])
@pytest.mark.parametrize(
    ("mode", "before", "written", "after"), [pytest.param(*value, id=name) for name, value in LATE_WRITES.items()]
)
def test_who_reads_sees_what_was_written_late(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    before: bytes,
    written: bytes,
    after: bytes,
    reading: Callable[[Path], bytes],
) -> None:
    """Else a writer that reads its own file again would write it back without what it has just written."""
    store.write_bytes(before)
    writer, reader = Writer(store, written, mode), Reader(store, reading)
    find_late = _replace._find_late

    def change(data: bytes) -> bytes:
        if not writer.started:
            writer.start()
        return data.replace(b"ours\n", b"")

    def read_and_find_late(step: _replace._Step) -> _replace._Late | None:
        """The new file has the name, and what was written to the old one is not in it yet."""
        if not reader.started:
            reader.start()
        return find_late(step)

    monkeypatch.setattr(_replace, "_find_late", read_and_find_late)
    edit_file(read(store), change)
    writer.finish()
    assert reader.finish() == store.read_bytes() == after
    assert names_in(store.parent) == [".npmrc"]


def test_late_part_that_is_no_file_of_its_own(store: Path) -> None:
    """What is appended too late may make sense only behind the rest: it is kept as it is."""
    store.write_bytes(b"first\nours\n")
    writer = Writer(store, b"second\n", "ab")

    def change(data: bytes) -> bytes:
        if not writer.started:
            writer.start()
        if not data.startswith(b"first\n"):
            raise StoreError("it has no first line")
        return data.replace(b"ours\n", b"")

    edit_file(read(store), change)
    writer.finish()
    assert store.read_bytes() == b"first\nsecond\n"


@pytest.mark.parametrize("after", [AFTER, None], ids=["replaced", "deleted"])
@pytest.mark.parametrize("times", [1, 3])
def test_file_that_is_put_there_at_the_last_moment(
    store: Path, monkeypatch: pytest.MonkeyPatch, times: int, after: bytes | None
) -> None:
    """Behind the last look at the name: it is not overwritten."""
    is_unchanged = _replace._is_unchanged
    left = list(range(times))

    def look_and_be_late(*arguments: Any) -> bool:
        result = is_unchanged(*arguments)
        if left:
            left.pop()
            write_beside(store, b"theirs\n")
        return result

    monkeypatch.setattr(_replace, "_is_unchanged", look_and_be_late)
    edit_file(read(store), lambda data: data if data == b"theirs\n" else after)
    assert store.read_bytes() == b"theirs\n"
    assert names_in(store.parent) == [".npmrc"]


def create_too_long(path: Path) -> Path:
    path.write_bytes(b"\n" * 30_000)
    return path


@pytest.mark.parametrize("after", [AFTER, None], ids=["replaced", "deleted"])
@pytest.mark.parametrize(
    "make", [create_directory, create_fifo, create_dangling_link, create_large_file(MOST_BYTES + 1), create_too_long]
)
def test_what_cannot_be_edited_is_put_there_at_the_last_moment(
    store: Path, monkeypatch: pytest.MonkeyPatch, make: Create, after: bytes | None
) -> None:
    """It stays there, as it is."""
    is_unchanged = _replace._is_unchanged
    theirs: list[os.stat_result] = []

    def look_and_be_late(*arguments: Any) -> bool:
        result = is_unchanged(*arguments)
        store.unlink()
        make(store)
        theirs.append(store.lstat())
        return result

    monkeypatch.setattr(_replace, "_is_unchanged", look_and_be_late)
    with pytest.raises(StoreError, match="cannot be replaced"):
        edit_file(read(store), replace_by(after))
    assert [os.path.samestat(store.lstat(), status) for status in theirs] == [True]
    assert names_in(store.parent) == [".npmrc"]


def test_attributes_of_a_file_that_is_put_there_at_the_last_moment(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it holds is no more open than it was itself."""
    is_unchanged = _replace._is_unchanged
    left = [store.with_name("other")]
    store.chmod(0o644)

    def look_and_be_late(*arguments: Any) -> bool:
        result = is_unchanged(*arguments)
        if left:
            left[0].write_bytes(BEFORE + b"\ntheirs\n")
            left[0].chmod(0o600)
            left.pop().rename(store)
        return result

    monkeypatch.setattr(_replace, "_is_unchanged", look_and_be_late)
    edit_file(read(store), lambda data: data.replace(BEFORE, AFTER))
    assert store.read_bytes() == AFTER + b"\ntheirs\n"
    assert stat.S_IMODE(store.stat().st_mode) == 0o600


def test_who_waits_for_a_file_that_is_replaced_again_sees_the_other_one(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours has the name when somebody looks it up to read it, and what came in at the last moment is not in it yet."""
    reader = Reader(store)
    rename = _replace.rename

    def rename_slowly(*arguments: Any) -> bool:
        if not reader.started:
            write_beside(store, b"theirs\n")
        done = rename(*arguments)
        if not reader.started:
            reader.start()
        return done

    monkeypatch.setattr(_replace, "rename", rename_slowly)
    edit_file(read(store), lambda data: data if data == b"theirs\n" else AFTER)
    assert reader.finish() == store.read_bytes() == b"theirs\n"


@pytest.mark.timeout(120)
def test_writer_that_does_not_come_to_an_end(store: Path) -> None:
    """Who keeps the file open holds nobody up for long."""
    start = time.monotonic()
    with store.open("ab"):
        edit_file(read(store), replace_by(AFTER))
    assert store.read_bytes() == AFTER
    assert time.monotonic() - start < 30


def test_change_that_makes_the_edit_needless(store: Path) -> None:
    """Somebody else has removed the line meanwhile: then nothing is written."""
    seen: list[bytes] = []

    def change(data: bytes) -> bytes:
        seen.append(data)
        if len(seen) == 1:
            write_beside(store, AFTER)
        return AFTER

    edit = edit_file(read(store), change)
    assert len(seen) == 2
    assert not edit.changed
    assert store.read_bytes() == AFTER


def test_file_that_is_replaced_all_the_time(store: Path) -> None:
    """There is an end to trying, and nothing of theirs is lost."""
    count = 0

    def change(_data: bytes) -> bytes:
        nonlocal count
        count += 1
        write_beside(store, b"%d\n" % count)
        return AFTER

    with pytest.raises(StoreError, match="it kept changing during the run"):
        edit_file(read(store), change)
    assert store.read_bytes() == b"%d\n" % count
    assert names_in(store.parent) == [".npmrc"]


@pytest.mark.parametrize("deleting", [False, True], ids=["replaced", "deleted"])
def test_file_that_is_deleted_meanwhile(store: Path, deleting: bool) -> None:
    """It stays deleted: there is nothing left to remove from."""
    content = read(store)
    store.unlink()
    edit = edit_file(content, replace_by(None if deleting else AFTER))
    assert not edit.changed
    assert names_in(store.parent) == []


def test_change_that_another_run_has_made(store: Path) -> None:
    """The edit has the content that the file has now."""
    content = read(store)
    store.write_bytes(b"a=2\n")
    edit = edit_file(content, lambda data: b"a=2\n")
    assert (edit.changed, edit.after) == (False, b"a=2\n")


def test_file_that_is_deleted_during_the_change(store: Path) -> None:
    def change(_data: bytes) -> bytes:
        store.unlink(missing_ok=True)
        return AFTER

    assert not edit_file(read(store), change).changed
    assert names_in(store.parent) == []


def test_link_that_is_put_in_the_file_s_place(store: Path, tmp_path: Path) -> None:
    """The file that it leads to is neither read nor written."""
    content = read(store)
    other = tmp_path / "other"
    other.write_bytes(b"not ours\n")
    store.unlink()
    store.symlink_to(other)
    with pytest.raises(StoreError, match="cannot be replaced"):
        edit_file(content, replace_by(AFTER))
    assert other.read_bytes() == b"not ours\n"


def test_fifo_that_is_put_in_the_file_s_place(store: Path) -> None:
    content = read(store)
    store.unlink()
    os.mkfifo(store)
    with pytest.raises(StoreError, match="it is not a regular file"):
        edit_file(content, replace_by(AFTER))


MANY = """
import sys, types
for name, path in (("ansible_collections", []), ("ansible_collections.npmops", []),
                   ("ansible_collections.npmops.auth", [sys.argv[1]])):
    module = types.ModuleType(name); module.__path__ = path; sys.modules[name] = module
from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import edit_file
content = read_file(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
line = sys.argv[3].encode() + b"\\n"
edit_file(content, lambda data: data.replace(line, b""))
"""


def test_many_at_once(store: Path) -> None:
    """Runs that edit one file at the same time: each takes its own line away, and no line of another comes back."""
    lines = [f"line {number}" for number in range(6)]
    store.write_text("".join(f"{line}\n" for line in ["first", *lines, "last"]))
    root = str(Path(__file__).resolve().parents[5])
    runs = [
        subprocess.Popen(
            [sys.executable, "-c", MANY, root, str(store), line],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for line in lines
    ]
    for run in runs:
        assert run.stdout
        assert run.stdout.readline() == "ready\n"
    for run in runs:
        assert run.stdin
        run.stdin.write("go\n")
        run.stdin.flush()
    assert [run.wait(30) for run in runs] == [0] * len(runs)
    for run in runs:
        run.communicate()
    assert store.read_text() == "first\nlast\n"
    assert names_in(store.parent) == [".npmrc"]


# When it fails -------------------------------------------------------------------------------------------------------

FAILING = ("write", "fsync", "fchmod", "rename", "setxattr")


@pytest.mark.parametrize("call", FAILING)
def test_failure_leaves_the_old_file(store: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """And no temporary file, whichever step it was."""
    if call == "rename":
        monkeypatch.setattr(linux, "_find_call", lambda _name: None)
    if call == "setxattr":
        try:
            os.setxattr(store, "user.origin", b"x")
        except OSError:
            pytest.skip("no extended attributes here")

    def fail(*_args: object, **_options: object) -> int:
        raise OSError(errno.EIO, "a text that is not for people")

    content = read(store)
    monkeypatch.setattr(os, call, fail)
    with pytest.raises(StoreError) as caught:
        edit_file(content, replace_by(AFTER))
    monkeypatch.undo()
    assert str(caught.value) == f"{store} cannot be replaced: Input/output error"
    assert store.read_bytes() == BEFORE
    assert names_in(store.parent) == [".npmrc"]


def test_failure_of_the_change_leaves_the_old_file(store: Path) -> None:
    def change(_data: bytes) -> bytes:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        edit_file(read(store), change)
    assert store.read_bytes() == BEFORE
    assert names_in(store.parent) == [".npmrc"]


def test_interrupt_while_writing_leaves_the_old_file(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_args: object) -> None:
        raise KeyboardInterrupt

    content = read(store)
    monkeypatch.setattr(_replace, "copy_attributes", interrupt)
    with pytest.raises(KeyboardInterrupt):
        edit_file(content, replace_by(AFTER))
    assert store.read_bytes() == BEFORE
    assert names_in(store.parent) == [".npmrc"]


@not_as_root
def test_directory_that_may_not_be_written(store: Path) -> None:
    content = read(store)
    store.chmod(0o400)
    store.parent.chmod(0o500)
    try:
        with pytest.raises(StoreError, match="Permission denied"):
            edit_file(content, replace_by(AFTER))
    finally:
        store.parent.chmod(0o700)
    assert store.read_bytes() == BEFORE


@needs_root
def test_directory_that_the_account_may_not_write(store: Path, tmp_path: Path) -> None:
    """Root could; the account could not, nor may it write the file itself, so it does not happen."""
    (account,), _absent = find_accounts(["nobody"])
    store.chmod(0o400)
    allow_way_to(tmp_path)
    tmp_path.chmod(0o755)
    os.chown(store, account.uid, account.gid)
    with acting_as(account):
        content = read(store)
        with pytest.raises(StoreError, match="Permission denied"):
            edit_file(content, replace_by(AFTER))
    assert store.read_bytes() == BEFORE
    assert names_in(tmp_path) == [".npmrc"]


@needs_root
def test_file_of_root_in_the_account_s_directory(store: Path, tmp_path: Path) -> None:
    """The account may replace it, as it may any file in its directory, but not make a file that is root's."""
    (account,), _absent = find_accounts(["nobody"])
    allow_way_to(tmp_path)
    tmp_path.chmod(0o777)
    store.chmod(0o644)
    with acting_as(account):
        content = read(store)
        with pytest.raises(StoreError, match="cannot be replaced"):
            edit_file(content, replace_by(AFTER))
    assert store.read_bytes() == BEFORE
    assert store.stat().st_uid == 0
    assert names_in(tmp_path) == [".npmrc"]


@needs_root
def test_link_of_an_account_to_a_file_of_root(tmp_path: Path) -> None:
    """A home is its account's: a link there does not lead root anywhere."""
    (account,), _absent = find_accounts(["nobody"])
    secret = tmp_path / "secret"
    secret.write_bytes(b"//npm.example.com/:_authToken=root-only\n")
    secret.chmod(0o600)
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, account.uid, account.gid)
    allow_way_to(home)
    tmp_path.chmod(0o755)
    (home / ".npmrc").symlink_to(secret)
    with acting_as(account), pytest.raises(StoreError, match="Permission denied"):
        read_file(str(home / ".npmrc"))


# Temporary files of runs that were killed ----------------------------------------------------------------------------

STRAY = ".npmops-0123456789abcdef.tmp"


def test_stray_file_of_a_killed_run_is_swept(store: Path) -> None:
    store.with_name(STRAY).write_bytes(b"half a file")
    sweep(str(store))
    assert names_in(store.parent) == [".npmrc"]


def test_temporary_file_of_a_running_run_is_not_removed(store: Path) -> None:
    stray = store.with_name(STRAY)
    stray.write_bytes(b"half a file")
    with stray.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        sweep(str(store))
        assert stray.exists()


NOT_STRAY = {
    "too short": ".npmops-0123.tmp",
    "not hex": ".npmops-0123456789abcdeg.tmp",
    "a longer name": ".npmops-0123456789abcdef.tmp.bak",
    "another beginning": "x.npmops-0123456789abcdef.tmp",
    "a line feed behind": ".npmops-0123456789abcdef.tmp\n",
}


@pytest.mark.parametrize("name", [pytest.param(value, id=name) for name, value in NOT_STRAY.items()])
def test_other_files_are_not_swept(store: Path, name: str) -> None:
    other = store.with_name(name)
    other.write_bytes(b"somebody's")
    sweep(str(store))
    assert other.read_bytes() == b"somebody's"


@pytest.mark.timeout(120)
@pytest.mark.parametrize("make", [create_directory, create_fifo, create_dangling_link, create_link("/dev/zero")])
def test_sweeping_is_not_led_astray(store: Path, make: Create) -> None:
    """By something that only has the name."""
    make(store.with_name(STRAY))
    sweep(str(store))
    assert store.read_bytes() == BEFORE


def test_stray_file_of_a_run_that_was_deleting_is_swept(store: Path) -> None:
    """It is the store itself, under another name."""
    store.rename(store.with_name(STRAY))
    sweep(str(store))
    assert names_in(store.parent) == []


@needs_root
def test_stray_file_of_the_directory_s_owner_is_removed(store: Path) -> None:
    """Where there is no store, it was most likely theirs."""
    stray = store.rename(store.with_name(STRAY))
    for path in (stray, store.parent):
        os.chown(path, 12345, 12345)
    sweep(str(store))
    assert names_in(store.parent) == []


@needs_root
def test_stray_file_of_another_account_is_not_swept(store: Path) -> None:
    stray = store.with_name(STRAY)
    stray.write_bytes(b"half a file")
    os.chown(stray, 12345, 12345)
    sweep(str(store))
    assert stray.exists()
