# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write a file in place if it cannot be replaced: a mount point, or a file in a directory that is not writable.

Private to this collection. Runs with the privileges of the file's account.
"""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable, Iterator

from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._files import linux
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import (
    explain,
    opened_file,
    read_all,
    write_all,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.leases import Hold
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import (
    Copy,
    is_left_behind,
    make_temporary_name,
    name_copy,
)

#: The state of a file after an interrupted run: partly written, or changed since by another process.
TORN, EDITED = "torn", "edited"
# Nanoseconds from the complete copy to the write of the file, on a slow disk.
_LONGEST_WRITE = 10 * 10**9
_CLOCKS_DIFFER = 60 * 10**9
_SECTOR = 512
#: Errors of a file that cannot be replaced but may be writable. A full disk is not among them: the old file stays
#: until there is space.
REASONS = frozenset({errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES, errno.EROFS, errno.ENOTSUP})


def write_in_place(path: str, change: Callable[[bytes], bytes | None], why: OSError) -> str:
    """Overwrite a file; a file that is to be deleted becomes empty.

    A copy of the new text is kept beside the file until the write is complete, so that another run can finish an
    interrupted write. The rest of the old text is blanked before it is cut off, so that an interrupted run leaves no
    part of a removed line.

    :param why: the error of replacing the file, raised if the file cannot be written either.
    :returns: a warning if no copy could be kept, else an empty string.
    """
    folder, name = os.path.split(path)
    with contextlib.ExitStack() as stack:
        folder_fd = stack.enter_context(opened_file(folder, os.O_RDONLY | os.O_DIRECTORY))
        with linux.unsignalled():
            file_fd = stack.enter_context(opened_writable(name, folder_fd, why))
            Hold(file_fd).take()
            before = read_all(file_fd)
            after = change(before) or b""
            if after == before:
                return ""
            warning = ""
            try:
                stack.enter_context(_kept(folder_fd, name, len(before), after))
            except OSError as problem:
                warning = warn_of_no_copy(path, why, problem)
            _overwrite(file_fd, before, after)
            return warning


def warn_of_no_copy(path: str, why: OSError, problem: OSError) -> str:
    return (
        f"{show(path)} is written in place, because it cannot be replaced ({explain(why)}). No copy can be kept next "
        f"to it ({explain(problem)}): if the run is killed during the write, the file may be incomplete."
    )


@contextlib.contextmanager
def opened_writable(name: str, folder_fd: int, why: OSError) -> Iterator[int]:
    """:raises OSError: the file cannot be opened for writing; ``why`` in place of a PermissionError."""
    try:
        opened = opened_file(name, os.O_RDWR | os.O_NOFOLLOW, folder_fd)
        descriptor = opened.__enter__()
    except PermissionError:
        raise why from None
    try:
        yield descriptor
    finally:
        opened.__exit__(None, None, None)


class _Torn(OSError):
    """A file is partly written, and the old text could not be restored."""


@contextlib.contextmanager
def _kept(folder_fd: int, name: str, size: int, data: bytes) -> Iterator[None]:
    """Keep a copy of the new text beside the file, flushed to disk, until the block ends; longer after ``_Torn``.

    The name shows that the copy is complete, and of which file.
    """
    copy = make_temporary_name()
    with opened_file(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, folder_fd) as copy_fd:
        try:
            with contextlib.suppress(OSError):
                linux.lock(copy_fd)
            write_all(copy_fd, data)
            os.fsync(copy_fd)
            complete = name_copy(copy, name, size)
            os.rename(copy, complete, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
            copy = complete
            with contextlib.suppress(OSError):
                linux.sync_directory(folder_fd)
            yield
        except _Torn:
            copy = ""
            raise
        finally:
            if copy:
                with contextlib.suppress(OSError):
                    os.unlink(copy, dir_fd=folder_fd)


def _overwrite(file_fd: int, before: bytes, after: bytes) -> None:
    """Write the new text over the old one; if that fails, restore the old one."""
    try:
        _write_from_start(file_fd, _pad(after, len(before)))
        os.ftruncate(file_fd, len(after))
    except BaseException:
        try:
            _write_from_start(file_fd, before)
            os.ftruncate(file_fd, len(before))
        except OSError as torn:
            raise _Torn(torn.errno, "") from None
        raise
    os.fsync(file_fd)


def _pad(data: bytes, size: int) -> bytes:
    return data + b"\n" * (size - len(data))


def _write_from_start(file_fd: int, data: bytes) -> None:
    os.lseek(file_fd, 0, os.SEEK_SET)
    write_all(file_fd, data)


def finish(path: str, copy: Copy, *, is_dry: bool) -> str:
    """Finish the write of an interrupted run, unless the file was changed since.

    :param copy: the copy of the new text that the run left.
    :returns: ``TORN`` or ``EDITED``; an empty string for a complete file.
    :raises OSError: the file or the copy cannot be opened.
    """
    folder, name = os.path.split(path)
    with contextlib.ExitStack() as stack:
        folder_fd = stack.enter_context(opened_file(folder, os.O_RDONLY | os.O_DIRECTORY))
        copy_fd = stack.enter_context(opened_file(copy.name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd, patience=0))
        if not is_left_behind(copy_fd):
            return ""
        stack.enter_context(linux.unsignalled())
        file_fd = stack.enter_context(
            opened_file(name, (os.O_RDONLY if is_dry else os.O_RDWR) | os.O_NOFOLLOW, folder_fd)
        )
        if not is_dry:
            Hold(file_fd).take()
        state = _compare(file_fd, copy_fd, copy.size)
        if is_dry or state == EDITED:
            return state
        if state == TORN:
            _overwrite(file_fd, read_all(file_fd), read_all(copy_fd))
        os.unlink(copy.name, dir_fd=folder_fd)
        return state


def _compare(file_fd: int, copy_fd: int, size: int) -> str:
    """Compare a file with the text that was to be written, and return its state.

    The interrupted run started to write as soon as the copy was complete. The two files can be on different file
    systems, whose clocks differ and may count whole seconds only. A file that may be partly written is completed: if
    the run had not started to write, the file gets the intended text.
    """
    now, new = read_all(file_fd), read_all(copy_fd)
    waited = os.fstat(file_fd).st_mtime_ns - os.fstat(copy_fd).st_mtime_ns
    if waited < -_CLOCKS_DIFFER or now == new:
        return ""
    written = _pad(new, size)
    is_cut = len(now) == size or (len(now) > size and written.startswith(now))
    # No write is interrupted within a sector, so the old text starts after the first one.
    has_begun = now[:_SECTOR] == written[:_SECTOR]
    if is_cut and has_begun and waited < _LONGEST_WRITE:
        return TORN
    return "" if waited < 0 else EDITED
