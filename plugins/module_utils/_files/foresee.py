# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check whether a file can be replaced, written in place or deleted, without doing it.

Private to this collection. Runs with the privileges of the file's account. The kernel decides: an unnamed file is
created in the directory and gets the attributes, if the file system supports that.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files import linux
from ansible_collections.npmops.auth.plugins.module_utils._files.attributes import copy_attributes
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import explained, opened_file
from ansible_collections.npmops.auth.plugins.module_utils._files.in_place import (
    REASONS,
    opened_writable,
    warn_of_no_copy,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.read import Content
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY = 1  # ST_RDONLY of statvfs(3)


def require_open_folder(path: str, participle: str) -> None:
    """Check that a file can be created at this path.

    :raises StoreError: its directory does not exist or is not writable.
    """
    folder = os.path.dirname(path)
    with explained(participle, path), opened_file(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        try:
            _try_creating(folder_fd, None)
        except PermissionError:
            raise StoreError("its directory is not writable") from None


def foresee_edit(content: Content, after: bytes | None, *, is_guess: bool = True) -> Edit:
    """Predict an edit.

    :param after: the new content of the file; None to delete it.
    :param is_guess: if the kernel cannot decide, refuse a directory that does not seem writable.
    :raises StoreError: the edit is not possible.
    """
    folder, name = os.path.split(content.path)
    with explained("replaced", content.path), opened_file(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        try:
            _try_replacing(content, name, folder_fd, is_deleted=after is None, is_guess=is_guess)
        except OSError as problem:
            if problem.errno not in REASONS:
                raise
            with opened_writable(name, folder_fd, problem):
                warning = _foresee_copy(content.path, folder_fd, problem)
                return Edit(content.data, after or b"", warning, in_place=True)
    return Edit(content.data, after)


def _foresee_copy(path: str, folder_fd: int, why: OSError) -> str:
    try:
        _try_creating(folder_fd, None)
    except OSError as problem:
        return warn_of_no_copy(path, why, problem)
    return ""


def _try_replacing(content: Content, name: str, folder_fd: int, *, is_deleted: bool, is_guess: bool) -> None:
    """:raises OSError: the file cannot be replaced or deleted."""
    with opened_file(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd) as file_fd:
        if linux.is_mount_point(folder_fd, file_fd):
            _refuse(errno.EBUSY)
        if linux.may_not_change(file_fd) or linux.may_not_change(folder_fd):
            _refuse(errno.EPERM)
        own, folder = os.geteuid(), os.fstat(folder_fd)
        is_sticky = bool(folder.st_mode & stat.S_ISVTX) and folder.st_uid != own
        if content.owner != own != 0 and (is_sticky or not is_deleted):
            # The new file could not get this owner, or the old one cannot be removed from a sticky directory.
            _refuse(errno.EPERM)
        try:
            _try_creating(
                folder_fd, None if is_deleted else lambda new_fd: copy_attributes(file_fd, new_fd), is_guess=is_guess
            )
        except OSError as problem:
            # Deleting a file needs no space.
            if not is_deleted or problem.errno not in _NO_ROOM:
                raise


def _try_creating(folder_fd: int, furnish: Callable[[int], None] | None, *, is_guess: bool = True) -> None:
    """:raises OSError: no file can be created in this directory, or ``furnish`` fails."""
    if os.statvfs(folder_fd).f_flag & _READ_ONLY:
        _refuse(errno.EROFS)
    try:
        new_fd = linux.open_unnamed(folder_fd)
    except OSError as problem:
        if problem.errno not in linux.LACKING | {errno.EISDIR, errno.ENOENT}:
            raise
        if is_guess and not _seems_open(folder_fd):
            _refuse(errno.EACCES)
        return
    try:
        if furnish:
            furnish(new_fd)
    finally:
        os.close(new_fd)


def _seems_open(folder_fd: int) -> bool:
    """Return whether the directory is writable. Older C libraries only check its mode (access(2), AT_EACCESS)."""
    try:
        return os.access(".", os.W_OK | os.X_OK, dir_fd=folder_fd, effective_ids=True)
    except NotImplementedError:
        return True


def _refuse(number: int) -> None:
    raise OSError(number, os.strerror(number))
