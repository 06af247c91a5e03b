# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How is a file read, and replaced so that it is at every moment the old one or the new one?

Private to this collection. Everything here runs with the powers of the account that the file belongs to (see
``_accounts.acting_as``); what the account could not do itself does not happen.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import re
import secrets
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils._accounts import set_group_as_root
from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show

#: No store is larger; more would only fill the memory.
MOST_BYTES = 16 * 1024 * 1024
_MOST_ATTEMPTS = 20
_OPEN = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_STRAY = re.compile(r"\.npmops-[0-9a-f]{16}\.tmp\Z")
# What the kernel writes itself, or only lets itself be written by.
_NOT_COPIED = re.compile(r"security\.(?:ima|evm|capability)\Z|trusted\.")


@dataclass(frozen=True)
class Content:
    """A file as it was read.

    :ivar path: without links.
    :ivar through_link: the path that was asked for is itself a symbolic link.
    :ivar identity: device and inode.
    :ivar links: under how many names the file stands.
    """

    path: str
    data: bytes
    through_link: bool
    identity: tuple[int, int]
    links: int


@dataclass(frozen=True)
class Edit:
    """What an edit did, or would do: the bytes before and after. ``after`` is None for a deleted file."""

    before: bytes
    after: bytes | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


def read_file(path: str) -> Content | None:
    """Read a regular file, links followed; None where there is none.

    :raises StoreError: it is none that can be read.
    """
    with _explained("read", path):
        try:
            # Looked at before it is opened: to open a device can have effects.
            _require_regular(os.stat(path))
            descriptor = os.open(path, os.O_RDONLY | _OPEN)
        except FileNotFoundError:
            if os.path.islink(path):
                raise StoreError("it is a link that leads nowhere") from None
            return None
        try:
            status = os.fstat(descriptor)
            data = _read_all(descriptor, status)
        finally:
            os.close(descriptor)
        identity = (status.st_dev, status.st_ino)
        return Content(os.path.realpath(path), data, os.path.islink(path), identity, status.st_nlink)


def edit_file(content: Content, change: Callable[[bytes], bytes | None]) -> Edit:
    """Replace a file by what a change makes of it, as it stands now.

    Mode, owner, group, ACL and extended attributes stay, and so does a link that leads to the file. Where somebody
    writes to the file meanwhile, the change is made again on what they wrote.

    :param change: bytes before to bytes after; None to delete the file. Called again where the file has changed.
    :raises StoreError: it could not be done; the file is as it was.
    """
    folder, name = os.path.split(content.path)
    with _explained("replaced", content.path), _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        _sweep(folder_fd)
        for _attempt in range(_MOST_ATTEMPTS):
            with _opened(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd) as file_fd:
                status = os.fstat(file_fd)
                before = _read_all(file_fd, status)
                after = change(before)
                if after == before:
                    return Edit(before, after)
                if _put(folder_fd, name, file_fd, before, after):
                    os.fsync(folder_fd)
                    return Edit(before, after)
        raise StoreError("it is written to all the time")


def _put(folder_fd: int, name: str, file_fd: int, before: bytes, after: bytes | None) -> bool:
    """Put the new bytes in the file's place, or nothing; False where the file is no longer what it was."""
    if after is None:
        if not _is_unchanged(folder_fd, name, file_fd, before):
            return False
        os.unlink(name, dir_fd=folder_fd)
        return True
    temporary = f".npmops-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with _opened(temporary, flags, folder_fd) as temporary_fd:
        try:
            # Held until the end, it tells another run that this file is no left-over.
            fcntl.flock(temporary_fd, fcntl.LOCK_EX)
            _write_all(temporary_fd, after)
            _copy_attributes(file_fd, temporary_fd)
            os.fsync(temporary_fd)
            if _is_unchanged(folder_fd, name, file_fd, before):
                with contextlib.suppress(FileNotFoundError):  # swept by another run, before it was locked
                    os.rename(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
                    return True
        except BaseException:
            _remove_quietly(temporary, folder_fd)
            raise
        _remove_quietly(temporary, folder_fd)
        return False


def _is_unchanged(folder_fd: int, name: str, file_fd: int, before: bytes) -> bool:
    """Is the name still that of the file that was read, and its content still what was read?"""
    try:
        now = os.stat(name, dir_fd=folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return False
    status = os.fstat(file_fd)
    os.lseek(file_fd, 0, os.SEEK_SET)
    return (now.st_dev, now.st_ino) == (status.st_dev, status.st_ino) and _read_all(file_fd, status) == before


def _copy_attributes(source_fd: int, target_fd: int) -> None:
    wanted, given = os.fstat(source_fd), os.fstat(target_fd)
    if wanted.st_uid != given.st_uid:
        os.fchown(target_fd, wanted.st_uid, -1)
    if wanted.st_gid != given.st_gid:
        try:
            os.fchown(target_fd, -1, wanted.st_gid)
        except PermissionError:
            # "chown alice .npmrc" leaves the file in root's group, which alice cannot give away. The bits that
            # would let a program run as that group do not come along.
            set_group_as_root(target_fd, wanted.st_gid)
    os.fchmod(target_fd, stat.S_IMODE(wanted.st_mode) & 0o777)
    attributes = _list_attributes(source_fd)
    for name in _list_attributes(target_fd) - attributes:
        # A folder's default ACL, for one, is no part of the old file.
        os.removexattr(target_fd, name)
    for name in attributes:
        value = os.getxattr(source_fd, name)
        if _get_attribute(target_fd, name) != value:
            os.setxattr(target_fd, name, value)


def _list_attributes(descriptor: int) -> set[str]:
    try:
        return {name for name in os.listxattr(descriptor) if not _NOT_COPIED.match(name)}
    except OSError as problem:
        if problem.errno == errno.ENOTSUP:
            return set()
        raise


def _get_attribute(descriptor: int, name: str) -> bytes | None:
    try:
        return os.getxattr(descriptor, name)
    except OSError as problem:
        if problem.errno == errno.ENODATA:
            return None
        raise


def _sweep(folder_fd: int) -> None:
    """Take away temporary files of runs that were killed: theirs is not locked any more."""
    for name in os.listdir(folder_fd):
        if not _STRAY.match(name):
            continue
        with contextlib.suppress(OSError), _opened(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd) as descriptor:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.fstat(descriptor).st_uid == os.geteuid():
                os.unlink(name, dir_fd=folder_fd)


def _read_all(descriptor: int, status: os.stat_result) -> bytes:
    _require_regular(status)
    pieces: list[bytes] = []
    size = 0
    while True:
        piece = os.read(descriptor, 1024 * 1024)
        size += len(piece)
        if size > MOST_BYTES:
            raise StoreError(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
        if not piece:
            return b"".join(pieces)
        pieces.append(piece)


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise StoreError("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("it is not a regular file")
    if status.st_size > MOST_BYTES:
        raise StoreError(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")


def _remove_quietly(name: str, folder_fd: int) -> None:
    with contextlib.suppress(OSError):
        os.unlink(name, dir_fd=folder_fd)


@contextlib.contextmanager
def _opened(name: str, flags: int, folder_fd: int | None = None) -> Iterator[int]:
    descriptor = os.open(name, flags | _OPEN, 0o600, dir_fd=folder_fd)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def _explained(participle: str, path: str) -> Iterator[None]:
    """Turn what the system says into one sentence that names the file."""
    try:
        yield
    except StoreError as problem:
        raise StoreError(f"{show(path)} cannot be {participle}: {problem}") from None
    except OSError as problem:
        reason = os.strerror(problem.errno) if problem.errno else "the path is not valid"
        raise StoreError(f"{show(path)} cannot be {participle}: {reason}") from None
    except ValueError:  # a NUL in the path
        raise StoreError(f"{show(path)} cannot be {participle}: the path is not valid") from None
