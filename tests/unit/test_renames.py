# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is a file put in another one's place, or taken away, and does a third one that comes in between survive?"""

from __future__ import annotations

import ctypes
import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils import _renames
from ansible_collections.npmops.auth.plugins.module_utils._renames import put_in_place, take_away

NAME, SOURCE, SPARE = "name", "source", "spare"


class Folder:
    """A folder with a file that has the name, and one that is to have it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        (path / NAME).write_text("old")
        (path / SOURCE).write_text("new")
        self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        self.old_fd = os.open(path / NAME, os.O_RDONLY)
        self.new_fd = os.open(path / SOURCE, os.O_RDONLY)

    def close(self) -> None:
        for descriptor in (self.fd, self.old_fd, self.new_fd):
            os.close(descriptor)

    def put(self) -> bool:
        return put_in_place(self.fd, SOURCE, self.new_fd, NAME, self.old_fd)

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


@pytest.fixture
def interfere(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> Callable[[list[str]], None]:
    """Make somebody put one file after the other in the place, each just before the next system call."""
    rename = _renames._rename

    def start(texts: list[str]) -> None:
        def rename_too_late(*arguments: object) -> bool:
            if texts:
                folder.come_between(texts.pop(0))
            return rename(*arguments)  # type: ignore[arg-type]

        monkeypatch.setattr(_renames, "_rename", rename_too_late)

    return start


def test_this_machine_has_the_call() -> None:
    """Otherwise nothing below shows anything."""
    assert _renames._find_call() is not None


def test_put(folder: Folder) -> None:
    assert folder.put()
    assert folder.look() == {NAME: "new"}


def test_take(folder: Folder) -> None:
    assert folder.take()
    assert folder.look() == {SOURCE: "new"}


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_put_while_others_do(folder: Folder, interfere: Callable[[list[str]], None], count: int) -> None:
    """The last one to come has the name; ours does not overwrite it."""
    interfere([f"theirs {number}" for number in range(count)])
    assert not folder.put()
    assert folder.look()[NAME] == f"theirs {count - 1}"


def test_put_while_somebody_never_stops(folder: Folder, interfere: Callable[[list[str]], None]) -> None:
    interfere([f"theirs {number}" for number in range(1000)])
    assert not folder.put()


def test_take_while_somebody_puts_another_one_there(folder: Folder, interfere: Callable[[list[str]], None]) -> None:
    interfere(["theirs"])
    assert not folder.take()
    assert folder.look() == {NAME: "theirs", SOURCE: "new"}


def test_take_while_two_are_put_there(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one while the first one is looked at: it is the one that stays."""
    rename = _renames._rename
    folder.come_between("theirs")

    def rename_and_be_late(*arguments: object) -> bool:
        done = rename(*arguments)  # type: ignore[arg-type]
        if not (folder.path / NAME).exists():
            folder.come_between("newer")
        return done

    monkeypatch.setattr(_renames, "_rename", rename_and_be_late)
    assert not folder.take()
    assert folder.look() == {NAME: "newer", SOURCE: "new"}


def make_folder(path: Path) -> None:
    path.mkdir()


def make_link(path: Path) -> None:
    path.symlink_to("nowhere")


def make_fifo(path: Path) -> None:
    os.mkfifo(path)


@pytest.mark.parametrize("make", [make_folder, make_link, make_fifo])
@pytest.mark.parametrize("taking", [False, True], ids=["put", "take"])
def test_what_is_no_file_stays(folder: Folder, make: Callable[[Path], None], taking: bool) -> None:
    path = folder.path / NAME
    path.unlink()
    make(path)
    before = path.lstat()
    assert not (folder.take() if taking else folder.put())
    assert os.path.samestat(path.lstat(), before)
    assert (folder.path / SOURCE).read_text() == "new"


@pytest.mark.parametrize("taking", [False, True], ids=["put", "take"])
def test_name_that_is_free(folder: Folder, taking: bool) -> None:
    (folder.path / NAME).unlink()
    with pytest.raises(FileNotFoundError):
        folder.take() if taking else folder.put()
    assert folder.look() == {SOURCE: "new"}


@systems
def test_put_without_the_call(folder: Folder, monkeypatch: pytest.MonkeyPatch, call: Callable[..., int] | None) -> None:
    monkeypatch.setattr(_renames, "_find_call", lambda: call)
    assert folder.put()
    assert folder.look() == {NAME: "new"}


@systems
def test_take_without_the_call(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, call: Callable[..., int] | None
) -> None:
    monkeypatch.setattr(_renames, "_find_call", lambda: call)
    assert folder.take()
    assert folder.look() == {SOURCE: "new"}


@pytest.mark.parametrize("taking", [False, True], ids=["put", "take"])
def test_what_is_refused_stays_refused(folder: Folder, monkeypatch: pytest.MonkeyPatch, taking: bool) -> None:
    monkeypatch.setattr(_renames, "_find_call", lambda: refuse_with(errno.EPERM))
    with pytest.raises(PermissionError):
        folder.take() if taking else folder.put()
    assert folder.look() == {NAME: "old", SOURCE: "new"}


@pytest.mark.parametrize("problem", [ImportError, OSError, AttributeError])
def test_python_without_a_way_to_the_call(monkeypatch: pytest.MonkeyPatch, problem: type[Exception]) -> None:
    def load(*_arguments: object, **_options: object) -> None:
        raise problem

    _renames._find_call.cache_clear()
    monkeypatch.setattr(ctypes, "CDLL", load)
    try:
        assert _renames._find_call() is None
    finally:
        _renames._find_call.cache_clear()
