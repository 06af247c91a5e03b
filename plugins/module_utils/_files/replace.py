# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Replace a file so that at every moment it is the old one or the new one.

Private to this collection. Runs with the privileges of the file's account (see ``_accounts.acting_as``), and so cannot
do what the account itself could not do.
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
# Only a run that deletes leftovers locks another run's temporary file, for a moment.
_PATIENCE_WITH_SWEEPERS = 0.02


class Edit(NamedTuple):
    """The bytes before and after an edit that was made or predicted. ``after`` is None for a deleted file.

    :ivar warning: a sentence on what failed, although the file is changed.
    :ivar in_place: the file was written, not replaced: its other hard links have the new content too.
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
    """A name in an open directory; changes to the directory's own path no longer matter.

    :ivar stack: closes the files that are opened there.
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

    :ivar edit: the change to the file's content, late writes included.
    :ivar file: the file that was replaced; ``held`` is its last known content.
    :ivar new: the file that replaced it; None if it was deleted or left unchanged.
    """

    edit: Edit
    file: Hold
    held: bytes
    is_done: bool
    new: Hold | None = None

    def __repr__(self) -> str:
        return f"_Step(is_done={self.is_done})"


class _Late(NamedTuple):
    """A late write: one to a file that was already replaced, or an unnoticed one just before that.

    :ivar step: the step that replaced the file.
    :ivar data: the content of the old file now.
    """

    step: _Step
    data: bytes

    def __repr__(self) -> str:
        return f"_Late({len(self.data)} bytes)"

    @property
    def appended(self) -> bytes | None:
        """The bytes appended to the file; None if it changed otherwise."""
        held = self.step.held
        return self.data[len(held) :] if self.data.startswith(held) else None

    def merge(self, now: bytes) -> bytes:
        """Add the late write to the content of the file that now has the name."""
        edit, held = self.step.edit, self.step.held
        if now == edit.after and held in (edit.before, edit.after):
            return self.data
        # That file was written to as well: the late lines go to its end.
        known = {*held.splitlines(), *now.splitlines()}
        missing = [line for line in self.data.splitlines(keepends=True) if line.rstrip(b"\r\n") not in known]
        return now + _gap_behind(now, missing) + b"".join(missing)


def edit_file(
    content: Content,
    change: Callable[[bytes], bytes | None],
    change_late: Callable[[bytes], bytes | None] | None = None,
) -> Edit:
    """Apply a change to the current content of a file, and replace the file.

    Mode, owner, group, ACL and extended attributes stay, and so does a link that leads to the file. Concurrent writes
    of others are kept: the change is applied to them too.

    :param change: bytes before to bytes after; None to delete the file. Called again if the file has changed.
    :param change_late: the same for lines appended after the change; not needed if ``change`` works line by line.
    :raises StoreError: the edit failed; the file is unchanged, unless a write in place could not be undone.
    """
    wanted: list[Edit] = []
    done: list[Edit] = []

    def note(data: bytes) -> bytes | None:
        wanted.append(Edit(data, change(data)))
        return wanted[-1].after

    try:
        return _replace(content.path, note, change_late or change, done)
    except Exception as problem:  # noqa: BLE001 - what is done is done, whatever fails afterwards
        # A failure after the rename (an unlock, a flush of the directory) does not undo it.
        done += [edit for edit in wanted if edit.changed and _stands(content.path, edit.after)]
        if not done:
            with explained("replaced", content.path):
                return _write_in_place(content.path, note, wanted, problem)
        return done[-1]._replace(warning=_warn_of_later(content.path, problem))


def _write_in_place(
    path: str, note: Callable[[bytes], bytes | None], wanted: Sequence[Edit], problem: Exception
) -> Edit:
    """Write a file in place, if the error of replacing it allows that.

    :param problem: that error, raised if the file cannot be written either.
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
    """Repeat the change until no late write is left.

    :param done: receives each edit that is made, in case a later step fails.
    """
    folder, name = os.path.split(path)
    with unsignalled(), contextlib.ExitStack() as stack:
        place = _Place(stack.enter_context(opened_file(folder, os.O_RDONLY | os.O_DIRECTORY)), name, stack)
        edit: Edit | None = None
        late: _Late | None = None
        for _attempt in range(_MOST_ATTEMPTS):
            file = _take(place, late)
            if file is None:
                return edit or Edit(b"", b"")
            step = _edit_once(place, file, late, change)
            file.let_go()
            if step.is_done:
                if step.edit.changed:
                    done.append(step.edit)
                if step.edit.changed or edit is None:
                    # Without a change, the content that another run has already changed.
                    edit = step.edit
                late = None if place.is_name_of(file.fd) else _find_late(step)
                if late is None or _append_late(place, late, change_late):
                    sync_directory(place.folder_fd)
                    return edit
        raise StoreError("it kept changing during the run")


def _stands(path: str, data: bytes | None) -> bool:
    """Return whether the file has this content now; None means a deleted file."""
    try:
        with opened_file(path, os.O_RDONLY | os.O_NOFOLLOW) as file_fd:
            return read_all(file_fd) == data
    except FileNotFoundError:
        return data is None
    except (OSError, StoreError):
        return False


def _take(place: _Place, late: _Late | None) -> Hold | None:
    """Take the file that has the name now; if there is none, the old one with the late write."""
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
    """Make the change once; the step is not done if another file took the name meanwhile.

    Writers wait, and then write to the old file, from which their bytes are copied to the new one. Until that is done,
    readers of the new file wait.
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
        # Readers that wait for this file resolved the name before the file lost it.
        _rewrite(replaced, edit.after)
        held = edit.after
    return _Step(edit, replaced, held, True, new)


def _delete(place: _Place, file_fd: int, before: bytes) -> bool:
    """Delete the file; False if it has changed.

    After a late write there is a file of that name again a moment later. Until then readers find none, since nothing
    exists that they could wait for.
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
    """Delete a file after moving it to a spare name.

    :param expected_fd: the file that should have the name.
    :returns: False if another file had the name; that file, or a newer one, then has it again.
    """
    if not rename(folder_fd, name, spare, NO_REPLACE):
        os.unlink(name, dir_fd=folder_fd)
        return True
    is_expected = os.path.samestat(os.stat(spare, dir_fd=folder_fd, follow_symlinks=False), os.fstat(expected_fd))
    if not is_expected:
        # If something newer has taken the name, this file is not needed.
        with contextlib.suppress(FileExistsError):
            rename(folder_fd, spare, name, NO_REPLACE)
            return False
    os.unlink(spare, dir_fd=folder_fd)
    return is_expected


def _put_in_place(place: _Place, file: Hold, before: bytes | None, after: bytes) -> tuple[Hold, Hold] | None:
    """Replace the file by one with these bytes; None if it has changed.

    :param before: the file's content; None for a free name.
    :returns: the new file and the one that it replaced.
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
            # The free name was taken, or another run deleted the temporary file before it was locked.
            return None
    # The lease must also stop processes that resolved the name just before.
    time.sleep(FOR_STRAGGLERS)
    return (new, replaced) if replaced else None


def _swap(place: _Place, temporary: str, new: Hold, file: Hold) -> Hold | None:
    """Give the name to the temporary file; return the file that had it before.

    Another file may have taken the name at the last moment. Its content counts as a late write. None if it cannot be
    read, such as a link or a directory, which then has the name again.
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
    """Change the content of this run's own file that no longer has a name."""
    os.ftruncate(file.fd, 0)
    write_all(file.fd, data)


def _find_late(step: _Step) -> _Late | None:
    """Find a late write to the old file by a process that resolved the name before; None if there is none."""
    file_fd = step.file.fd
    until = time.monotonic() + PATIENCE
    while True:
        is_leased = take_lease(file_fd)
        time.sleep(FOR_STRAGGLERS)
        if not is_leased or not is_awaited(file_fd) or time.monotonic() > until:
            data = read_all(file_fd)
            drop_lease(file_fd)
            return _Late(step, data) if data != step.held else None
        # Waiting processes get the file now; the lease is available again when they have closed it.
        drop_lease(file_fd)
        time.sleep(FOR_STRAGGLERS)


def _append_late(place: _Place, late: _Late, change: Callable[[bytes], bytes | None]) -> bool:
    """Append late bytes to the new file, as their writer would have.

    An append makes no process wait, so that the edit ends however often others write.

    :returns: False if the late write is not an append, or the new file does not have the name.
    """
    new = late.step.new
    if late.appended is None or new is None:
        return False
    try:
        lines = change(late.appended) or b""
    except StoreError:
        # A part of a file need not be valid in the file's format.
        lines = late.appended
    write_all(new.fd, _gap_behind(read_all(new.fd), [lines]) + lines)
    return place.is_name_of(new.fd)


def _gap_behind(data: bytes, lines: list[bytes]) -> bytes:
    return b"\n" if any(lines) and data and not data.endswith((b"\n", b"\r")) else b""


@contextlib.contextmanager
def _written(place: _Place, model_fd: int, data: bytes) -> Iterator[tuple[str, Hold]]:
    """Create a temporary file beside the place, with these bytes and the attributes of the model.

    Its name is removed at the end. The file stays open, and held by this run, until the edit is over.
    """
    temporary = make_temporary_name()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = Hold(place.stack.enter_context(opened_file(temporary, flags, place.folder_fd)))
    try:
        # The lock shows other runs that this file is in use. The directory's owner could lock the file first and never
        # unlock it, so the wait is short.
        file.take(_PATIENCE_WITH_SWEEPERS)
        write_all(file.fd, data)
        copy_attributes(model_fd, file.fd)
        os.fsync(file.fd)
        yield temporary, file
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=place.folder_fd)


def _is_unchanged(place: _Place, file_fd: int, before: bytes | None) -> bool:
    """Return whether the file that was read still has the name and the same content."""
    if before is None:
        return True
    return place.is_name_of(file_fd) and read_all(file_fd) == before
