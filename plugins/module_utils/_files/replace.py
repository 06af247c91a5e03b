# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replaces a file so that it is at every moment the old one or the new one.

Private to this collection. Everything here runs with the privileges of the account that the file belongs to (see
``_accounts.acting_as``); what the account could not do itself does not happen.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._files.attributes import copy_attributes
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import (
    explain,
    explained,
    opened_file,
    read_all,
    require_regular,
    write_all,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.in_place import REASONS, write_in_place
from ansible_collections.npmops.auth.plugins.module_utils._files.leases import (
    FOR_STRAGGLERS,
    PATIENCE,
    Hold,
    take_lease,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import make_temporary_name
from ansible_collections.npmops.auth.plugins.module_utils._files.linux import (
    EXCHANGE,
    NO_REPLACE,
    drop_lease,
    is_awaited,
    rename,
    sync_directory,
    unsignalled,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content

_MOST_ATTEMPTS = 50
# Nobody else but a sweeping run, for a moment, has any business with a temporary file.
_PATIENCE_WITH_SWEEPERS = 0.02


class Edit(NamedTuple):
    """What an edit did, or would do: the bytes before and after. ``after`` is None for a deleted file.

    :ivar warning: a sentence on what did not go as it should, although the file is changed.
    :ivar in_place: the file was written, not replaced: its other names lead to the new content.
    """

    before: bytes
    after: bytes | None
    warning: str = ""
    in_place: bool = False

    def __repr__(self) -> str:
        return f"Edit(changed={self.changed})"

    @property
    def changed(self) -> bool:
        return self.before != self.after


class _Place(NamedTuple):
    """A name in an open directory: what happens to the directory's own path does not matter any more.

    :ivar stack: closes what was opened there.
    """

    folder_fd: int
    name: str
    stack: contextlib.ExitStack

    def is_name_of(self, file_fd: int) -> bool:
        try:
            now = os.stat(self.name, dir_fd=self.folder_fd, follow_symlinks=False)
        except FileNotFoundError:
            return False
        return os.path.samestat(now, os.fstat(file_fd))


class _Step(NamedTuple):
    """A step of an edit.

    :ivar edit: the change of what the file held, and of what had come in late.
    :ivar file: the file that was replaced, and ``held`` what it is known to have held.
    :ivar new: the file that has taken its place; None where it was deleted, or left as it is.
    """

    edit: Edit
    file: Hold
    held: bytes
    is_done: bool
    new: Hold | None = None

    def __repr__(self) -> str:
        return f"_Step(is_done={self.is_done})"


class _Late(NamedTuple):
    """Bytes that were written to a file after it had been replaced, or just before, so that nobody knew of them.

    :ivar step: how it was replaced.
    :ivar data: what it holds now.
    """

    step: _Step
    data: bytes

    def __repr__(self) -> str:
        return f"_Late({len(self.data)} bytes)"

    @property
    def appended(self) -> bytes | None:
        """What was added to its end, if nothing else was done to it."""
        held = self.step.held
        return self.data[len(held) :] if self.data.startswith(held) else None

    def merge(self, now: bytes) -> bytes:
        """What the file that has the name now should hold, before the change."""
        edit, held = self.step.edit, self.step.held
        if now == edit.after and held in (edit.before, edit.after):
            return self.data
        # Somebody has written to that one as well: what came in late goes to its end.
        known = {*held.splitlines(), *now.splitlines()}
        missing = [line for line in self.data.splitlines(keepends=True) if line.rstrip(b"\r\n") not in known]
        return now + _gap_behind(now, missing) + b"".join(missing)


def edit_file(
    content: Content,
    change: Callable[[bytes], bytes | None],
    change_late: Callable[[bytes], bytes | None] | None = None,
) -> Edit:
    """Replace a file by what a change makes of it, as it stands now.

    Mode, owner, group, ACL and extended attributes stay, and so does a link that leads to the file. What somebody
    else writes to the file meanwhile is kept: the change is made again on it.

    :param change: bytes before to bytes after; None to delete the file. Called again where the file has changed.
    :param change_late: the same for lines that somebody appends when the change has been made; ``change`` where that
        is line by line.
    :raises StoreError: it could not be done; the file is as it was.
    """
    wanted: list[Edit] = []
    done: list[Edit] = []

    def note(data: bytes) -> bytes | None:
        wanted.append(Edit(data, change(data)))
        return wanted[-1].after

    try:
        return _replace(content.path, note, change_late or change, done)
    except Exception as problem:  # noqa: BLE001 - what is done is done, whatever fails afterwards
        # What fails behind the rename does not undo it: an unlock, a flush of the directory.
        done += [edit for edit in wanted if edit.changed and _stands(content.path, edit.after)]
        if not done:
            with explained("replaced", content.path):
                return _write_in_place(content.path, note, wanted, problem)
        return done[-1]._replace(warning=_warn_of_later(content.path, problem))


def _write_in_place(
    path: str, note: Callable[[bytes], bytes | None], wanted: Sequence[Edit], problem: Exception
) -> Edit:
    """Write a file that cannot be replaced, if that may help.

    :param problem: what was said when it was to be replaced, which is raised where it cannot be written either.
    """
    if not isinstance(problem, OSError) or problem.errno not in REASONS:
        raise problem
    try:
        warning = write_in_place(path, note, problem)
    except Exception as later:
        if not wanted or not wanted[-1].changed or not _stands(path, wanted[-1].after or b""):
            raise
        warning = _warn_of_later(path, later)
    return Edit(wanted[-1].before, wanted[-1].after or b"", warning, in_place=True)


def _warn_of_later(path: str, problem: Exception) -> str:
    return f"{show(path)} was changed, but a later step failed: {explain(problem)}."


def _replace(
    path: str,
    change: Callable[[bytes], bytes | None],
    change_late: Callable[[bytes], bytes | None],
    done: list[Edit],
) -> Edit:
    """Make the change until nobody writes to the file any more.

    :param done: is given each change when it is made, for a failure behind it.
    """
    folder, name = os.path.split(path)
    with unsignalled(), contextlib.ExitStack() as stack:
        place = _Place(stack.enter_context(opened_file(folder, os.O_RDONLY | os.O_DIRECTORY)), name, stack)
        edit, late = Edit(b"", b""), None
        for _attempt in range(_MOST_ATTEMPTS):
            file = _take(place, late)
            if file is None:
                return edit
            step = _edit_once(place, file, late, change)
            file.let_go()
            if step.is_done:
                if step.edit.changed:
                    edit = step.edit
                    done.append(edit)
                late = None if place.is_name_of(file.fd) else _find_late(step)
                if late is None or _append_late(place, late, change_late):
                    sync_directory(place.folder_fd)
                    return edit
        raise StoreError("it kept changing during the run")


def _stands(path: str, data: bytes | None) -> bool:
    """Whether the file has this content now; None for a file that is deleted."""
    try:
        with opened_file(path, os.O_RDONLY | os.O_NOFOLLOW) as file_fd:
            return read_all(file_fd) == data
    except FileNotFoundError:
        return data is None
    except (OSError, StoreError):
        return False


def _take(place: _Place, late: _Late | None) -> Hold | None:
    """The file that has the name now; where there is none any more, the old one that was written to too late."""
    file = late.step.new if late else None
    if file is None or not place.is_name_of(file.fd):
        if file:
            file.let_go()
        try:
            file = Hold(
                place.stack.enter_context(opened_file(place.name, os.O_RDONLY | os.O_NOFOLLOW, place.folder_fd))
            )
        except FileNotFoundError:
            file = late.step.file if late else None
    if file:
        file.take()
    return file


def _edit_once(place: _Place, file: Hold, late: _Late | None, change: Callable[[bytes], bytes | None]) -> _Step:
    """Make the change once; not done where another file has taken the name meanwhile.

    Whoever wants to write waits. They get to write to the old file then, and what they write is found there and
    brought over. Until that is done, whoever wants to read the new file waits.
    """
    held = read_all(file.fd)
    is_gone = late is not None and file is late.step.file
    before = late.merge(held) if late and not is_gone else held
    edit = Edit(before, change(before))
    if edit.after == (None if is_gone else held):
        return _Step(edit, file, held, is_done=True)
    if edit.after is None:
        return _Step(edit, file, held, _delete(place, file.fd, held))
    files = _put_in_place(place, file, None if is_gone else held, edit.after)
    if files is None:
        return _Step(edit, file, held, is_done=False)
    new, replaced = files
    if late and replaced is late.step.new:
        # Those who wait to read this file have looked it up before it lost the name.
        _rewrite(replaced, edit.after)
        held = edit.after
    return _Step(edit, replaced, held, True, new)


def _delete(place: _Place, file_fd: int, before: bytes) -> bool:
    """Delete the file; False where it is no longer what it was.

    What somebody writes to it too late is in a file of that name again a moment later. Who reads within that moment
    finds none: nobody can be made to wait for what is not there.
    """
    if not _is_unchanged(place, file_fd, before):
        return False
    try:
        done = take_away(place.folder_fd, place.name, make_temporary_name(), file_fd)
    except FileNotFoundError:
        return False
    time.sleep(FOR_STRAGGLERS)
    return done


def take_away(folder_fd: int, name: str, spare: str, expected_fd: int) -> bool:
    """Delete a file by way of a spare name.

    :param expected_fd: the file that is thought to have the name.
    :returns: False where it had not; the name is then that of whatever somebody has put there.
    """
    if not rename(folder_fd, name, spare, NO_REPLACE):
        os.unlink(name, dir_fd=folder_fd)
        return True
    is_expected = os.path.samestat(os.stat(spare, dir_fd=folder_fd, follow_symlinks=False), os.fstat(expected_fd))
    if not is_expected:
        # Where the name is taken again, by something newer, this one is not needed any more.
        with contextlib.suppress(FileExistsError):
            rename(folder_fd, spare, name, NO_REPLACE)
            return False
    os.unlink(spare, dir_fd=folder_fd)
    return is_expected


def _put_in_place(place: _Place, file: Hold, before: bytes | None, after: bytes) -> tuple[Hold, Hold] | None:
    """Put bytes in the file's place; None where the file is no longer what it was.

    :param before: what the file holds; None for a name that is free.
    :returns: the new file and the one that it has replaced.
    """
    with _written(place, file.fd, after) as (temporary, new):
        if not _is_unchanged(place, file.fd, before):
            return None
        replaced: Hold | None = file
        try:
            if before is None:
                os.link(temporary, place.name, src_dir_fd=place.folder_fd, dst_dir_fd=place.folder_fd)
            else:
                replaced = _swap(place, temporary, new, file)
        except (FileExistsError, FileNotFoundError):
            # Somebody took the free name; another run swept the temporary file before it was locked.
            return None
    # Whoever had looked up the name just before is met by the lease as well.
    time.sleep(FOR_STRAGGLERS)
    return (new, replaced) if replaced else None


def _swap(place: _Place, temporary: str, new: Hold, file: Hold) -> Hold | None:
    """Let the temporary file have the name; gives the file that had it until then.

    Somebody may have put another one there at the last moment. What that one holds came in late, and is brought over.
    None where it cannot be read, as a link or a directory cannot: it has the name again.
    """
    if not rename(place.folder_fd, temporary, place.name, EXCHANGE):
        os.rename(temporary, place.name, src_dir_fd=place.folder_fd, dst_dir_fd=place.folder_fd)
        return file
    found = os.stat(temporary, dir_fd=place.folder_fd, follow_symlinks=False)
    if not os.path.samestat(found, os.fstat(file.fd)):
        try:
            require_regular(found)
            file = Hold(place.stack.enter_context(opened_file(temporary, os.O_RDONLY | os.O_NOFOLLOW, place.folder_fd)))
            read_all(file.fd)
            copy_attributes(file.fd, new.fd)
        except (OSError, StoreError):
            rename(place.folder_fd, temporary, place.name, EXCHANGE)
            return None
    os.unlink(temporary, dir_fd=place.folder_fd)
    return file


def _rewrite(file: Hold, data: bytes) -> None:
    """Give a file of this run's own, which has no name any more, another content."""
    os.ftruncate(file.fd, 0)
    write_all(file.fd, data)


def _find_late(step: _Step) -> _Late | None:
    """What somebody wrote to the old file after it was replaced, having looked it up before; None for nothing."""
    file_fd = step.file.fd
    until = time.monotonic() + PATIENCE
    while True:
        is_leased = take_lease(file_fd)
        time.sleep(FOR_STRAGGLERS)
        if not is_leased or not is_awaited(file_fd) or time.monotonic() > until:
            data = read_all(file_fd)
            drop_lease(file_fd)
            return _Late(step, data) if data != step.held else None
        # Whoever waits gets the file now; the lease can be had again when they have closed it.
        drop_lease(file_fd)
        time.sleep(FOR_STRAGGLERS)


def _append_late(place: _Place, late: _Late, change: Callable[[bytes], bytes | None]) -> bool:
    """Append what was appended too late, as its writer would have; False where it was not appended, or no file is left.

    An append holds nobody up, so that this comes to an end however often somebody writes.
    """
    new = late.step.new
    if late.appended is None or new is None:
        return False
    try:
        lines = change(late.appended) or b""
    except StoreError:
        # A part of a file need not be one of its kind.
        lines = late.appended
    write_all(new.fd, _gap_behind(read_all(new.fd), [lines]) + lines)
    return place.is_name_of(new.fd)


def _gap_behind(data: bytes, lines: list[bytes]) -> bytes:
    return b"\n" if any(lines) and data and not data.endswith((b"\n", b"\r")) else b""


@contextlib.contextmanager
def _written(place: _Place, model_fd: int, data: bytes) -> Iterator[tuple[str, Hold]]:
    """A temporary file beside the place, with these bytes and the attributes of the model.

    Its name is gone at the end; the file itself stays open, and this run's alone, until the edit is over.
    """
    temporary = make_temporary_name()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = Hold(place.stack.enter_context(opened_file(temporary, flags, place.folder_fd)))
    try:
        # The lock tells another run that this file is no left-over. The owner of the directory could have locked it
        # first, and waiting for them would be waiting for ever.
        file.take(_PATIENCE_WITH_SWEEPERS)
        write_all(file.fd, data)
        copy_attributes(model_fd, file.fd)
        os.fsync(file.fd)
        yield temporary, file
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=place.folder_fd)


def _is_unchanged(place: _Place, file_fd: int, before: bytes | None) -> bool:
    """Whether the name is still that of the file that was read, and the content is unchanged."""
    if before is None:
        return True
    return place.is_name_of(file_fd) and read_all(file_fd) == before
