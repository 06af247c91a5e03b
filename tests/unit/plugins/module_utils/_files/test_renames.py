# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Two files are exchanged, a file is removed, and a file that appears in between is kept."""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._files import linux, replace
from ansible_collections.npmops.auth.plugins.module_utils._files.linux import EXCHANGE, rename
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import take_away
from tests.hostile.odd_files import Create, create_dangling_link, create_directory, create_fifo

NAME, SOURCE, SPARE = "name", "source", "spare"


class Folder:
    """A directory with a file that has the name, and another one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / NAME).write_text("old")
        (path / SOURCE).write_text("new")
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.old_fd = os.open(path / NAME, os.O_RDONLY)

    def close(self) -> None:
        for descriptor in (self.fd, self.old_fd):
            os.close(descriptor)

    def swap(self) -> bool:
        return rename(self.fd, SOURCE, NAME, EXCHANGE)

    def take(self) -> bool:
        return take_away(self.fd, NAME, SPARE, self.old_fd)

    def come_between(self, text: str) -> None:
        """Somebody else renames a file of theirs to the name."""
        (self.path / "theirs").write_text(text)
        (self.path / "theirs").rename(self.path / NAME)

    def look(self) -> dict[str, str]:
        return {path.name: path.read_text() for path in self.path.iterdir()}


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    yield made
    made.close()


def refuse_with(number: int) -> Callable[..., int]:
    def call(*_arguments: object) -> int:
        ctypes.set_errno(number)
        return -1

    return call


# What the C library has to offer, and what the kernel and the file system say to it.
SYSTEMS: dict[str, Callable[..., int] | None] = {
    "no such call": None,
    "an old kernel": refuse_with(errno.ENOSYS),
    "a file system without it": refuse_with(errno.EINVAL),
    "another one": refuse_with(errno.ENOTSUP),
}
systems = pytest.mark.parametrize("call", [pytest.param(value, id=name) for name, value in SYSTEMS.items()])


def test_this_machine_has_the_call() -> None:
    """Otherwise nothing below shows anything."""
    assert linux._find_call("renameat2") is not None


def test_exchange(folder: Folder) -> None:
    assert folder.swap()
    assert folder.look() == {NAME: "new", SOURCE: "old"}


def test_take(folder: Folder) -> None:
    assert folder.take()
    assert folder.look() == {SOURCE: "new"}


def test_take_what_is_another_one_by_now(folder: Folder) -> None:
    folder.come_between("theirs")
    assert not folder.take()
    assert folder.look() == {NAME: "theirs", SOURCE: "new"}


def test_take_while_two_are_put_there(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one while the first one is looked at: it is the one that stays."""
    folder.come_between("theirs")

    def rename_and_be_late(*arguments: object) -> bool:
        done = rename(*arguments)  # type: ignore[arg-type]
        if not (folder.path / NAME).exists():
            folder.come_between("newer")
        return done

    monkeypatch.setattr(replace, "rename", rename_and_be_late)
    assert not folder.take()
    assert folder.look() == {NAME: "newer", SOURCE: "new"}


ways = pytest.mark.parametrize("taking", [False, True], ids=["exchange", "take away"])


@pytest.mark.parametrize("create", [create_directory, create_dangling_link, create_fifo])
def test_what_is_not_a_file_stays(folder: Folder, create: Create) -> None:
    path = folder.path / NAME
    path.unlink()
    create(path)
    before = path.lstat()
    assert not folder.take()
    assert os.path.samestat(path.lstat(), before)
    assert (folder.path / SOURCE).read_text() == "new"


@ways
def test_name_that_is_free(folder: Folder, taking: bool) -> None:
    (folder.path / NAME).unlink()
    with pytest.raises(FileNotFoundError):
        folder.take() if taking else folder.swap()
    assert folder.look() == {SOURCE: "new"}


@systems
def test_exchange_without_the_call(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: Callable[..., int] | None
) -> None:
    """The caller is told, and nothing has happened."""
    monkeypatch.setattr(linux, "_find_call", lambda _name: call)
    assert not folder.swap()
    assert folder.look() == {NAME: "old", SOURCE: "new"}


@systems
def test_take_without_the_call(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: Callable[..., int] | None
) -> None:
    monkeypatch.setattr(linux, "_find_call", lambda _name: call)
    assert folder.take()
    assert folder.look() == {SOURCE: "new"}


@ways
def test_what_is_refused_stays_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch, taking: bool) -> None:
    monkeypatch.setattr(linux, "_find_call", lambda _name: refuse_with(errno.EPERM))
    with pytest.raises(PermissionError):
        folder.take() if taking else folder.swap()
    assert folder.look() == {NAME: "old", SOURCE: "new"}


@pytest.mark.parametrize("problem", [ImportError, OSError, AttributeError])
def test_python_without_a_way_to_the_call(monkeypatch: pytest.MonkeyPatch, problem: type[Exception]) -> None:
    def load(*_arguments: object, **_options: object) -> None:
        raise problem

    linux._find_call.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", load)
    try:
        assert linux._find_call("renameat2") is None
    finally:
        linux._find_call.cache_clear()
