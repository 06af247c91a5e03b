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
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils._accounts import set_group_as_root
from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._leases import (
    FOR_STRAGGLERS,
    PATIENCE,
    is_awaited,
    lease,
    lock,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show

#: No store is larger or longer; more would only hold up those who wait for their own.
MOST_BYTES = 1024 * 1024
_MOST_LINES = 20_000
_MOST_ATTEMPTS = 50
_OPEN = os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK
_STRAY = re.compile(r"\.npmops-[0-9a-f]{16}\.tmp\Z")
# What the kernel writes itself, or only lets itself be written by.
_NOT_COPIED = re.compile(r"security\.(?:ima|evm|capability)\Z|trusted\.")


@dataclass(frozen=True)
class Content:
    """A file as it was read.

    :ivar path: without links.
    :ivar through_link: the path that was asked for is itself a symbolic link.
    :ivar owner: user id of its owner.
    :ivar links: under how many names the file stands.
    :ivar mode: its type and permissions, as stat(2) has them.
    """

    path: str
    data: bytes
    through_link: bool
    owner: int
    links: int
    mode: int


@dataclass(frozen=True)
class Edit:
    """What an edit did, or would do: the bytes before and after. ``after`` is None for a deleted file."""

    before: bytes
    after: bytes | None

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class _Place:
    """A name in an open folder: what happens to the folder's own path does not matter any more."""

    folder_fd: int
    name: str


@dataclass(frozen=True)
class _Step:
    """One replacement: what the file held, the edit of it (and of what had come in late), and whether it was done."""

    held: bytes
    edit: Edit
    done: bool


@dataclass(frozen=True)
class _Late:
    """Bytes that were written to a file after it had been replaced.

    :ivar old_fd: the replaced file.
    :ivar step: what it held, and what was made of it.
    :ivar data: what it holds now.
    """

    old_fd: int
    step: _Step
    data: bytes

    @property
    def appended(self) -> bytes | None:
        """What was added to its end, if nothing else was done to it."""
        held = self.step.held
        return self.data[len(held) :] if self.data.startswith(held) else None

    def merge(self, now: bytes) -> bytes:
        """What the file that has the name now should hold, before the change."""
        if now == self.step.edit.after and self.step.held == self.step.edit.before:
            return self.data
        # Somebody has written to that one as well: what came in late goes to its end.
        known = set(self.step.held.splitlines())
        missing = [line for line in self.data.splitlines(keepends=True) if line.rstrip(b"\r\n") not in known]
        return now + _gap_behind(now, missing) + b"".join(missing)


def read_file(path: str) -> Content | None:
    """Read a regular file, links followed; None where there is none.

    :raises StoreError: it is none that can be read.
    """
    with _explained("read", path):
        if _is_foreign_link(path):
            raise StoreError("it is a link that belongs to another account; name that account in users")
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
            data = _read_all(descriptor)
        finally:
            os.close(descriptor)
        return Content(
            os.path.realpath(path), data, os.path.islink(path), status.st_uid, status.st_nlink, status.st_mode
        )


def edit_file(content: Content, change: Callable[[bytes], bytes | None]) -> Edit:
    """Replace a file by what a change makes of it, as it stands now.

    Mode, owner, group, ACL and extended attributes stay, and so does a link that leads to the file. What somebody
    else writes to the file meanwhile is kept: the change is made again on it.

    :param change: bytes before to bytes after; None to delete the file. Called again where the file has changed.
    :raises StoreError: it could not be done; the file is as it was.
    """
    folder, name = os.path.split(content.path)
    with _explained("replaced", content.path), contextlib.ExitStack() as stack:
        place = _Place(stack.enter_context(_opened(folder, os.O_RDONLY | os.O_DIRECTORY)), name)
        late: _Late | None = None
        for _attempt in range(_MOST_ATTEMPTS):
            file_fd = _reopen(place, late, stack)
            if file_fd is None:
                return Edit(b"", b"")
            step = _edit_once(place, file_fd, late, change)
            if step.done:
                late = _find_late(file_fd, step)
                if late is None or _append_late(place, late, change):
                    os.fsync(place.folder_fd)
                    return step.edit
        raise StoreError("it is written to all the time")


def sweep(path: str, owner: int | None = None) -> None:
    """Take away temporary files that killed runs left beside a file: theirs are not locked any more.

    :param owner: user id of the file's owner, to whom root's temporary file may have been given already.
    """
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError), _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        for name in os.listdir(folder_fd):
            if _STRAY.match(name):
                _sweep_one(name, folder_fd, (os.geteuid(), owner))


def _reopen(place: _Place, late: _Late | None, stack: contextlib.ExitStack) -> int | None:
    """The file that has the name now; where there is none any more, the old one that was written to too late."""
    try:
        return stack.enter_context(_opened(place.name, os.O_RDONLY | os.O_NOFOLLOW, place.folder_fd))
    except FileNotFoundError:
        return late.old_fd if late else None


def _edit_once(place: _Place, file_fd: int, late: _Late | None, change: Callable[[bytes], bytes | None]) -> _Step:
    """Make the change once; not done where another file has taken the name meanwhile.

    While the lease is held, whoever wants to write waits. They get to write to the old file then, and what they write
    is found there and brought over.
    """
    with lock(file_fd), lease(file_fd):
        held = _read_all(file_fd)
        is_gone = late is not None and file_fd == late.old_fd
        before = late.merge(held) if late and not is_gone else held
        edit = Edit(before, change(before))
        nothing_to_do = edit.after is None if is_gone else edit.after == held
        done = nothing_to_do or _put(place, file_fd, None if is_gone else held, edit.after)
        return _Step(held, edit, done)


def _put(place: _Place, file_fd: int, before: bytes | None, after: bytes | None) -> bool:
    """Put bytes in the file's place, or nothing; False where the file is no longer what it was.

    :param before: what the file holds; None for a name that is free.
    """
    if after is None:
        if not _is_unchanged(place, file_fd, before):
            return False
        os.unlink(place.name, dir_fd=place.folder_fd)
    else:
        with _written(place, file_fd, after) as temporary:
            if not _is_unchanged(place, file_fd, before):
                return False
            try:
                if before is None:
                    os.link(temporary, place.name, src_dir_fd=place.folder_fd, dst_dir_fd=place.folder_fd)
                else:
                    os.rename(temporary, place.name, src_dir_fd=place.folder_fd, dst_dir_fd=place.folder_fd)
            except (FileExistsError, FileNotFoundError):
                # Somebody took the free name; another run swept the temporary file before it was locked.
                return False
    # Whoever had looked up the name just before is met by the lease as well.
    time.sleep(FOR_STRAGGLERS)
    return True


def _find_late(file_fd: int, step: _Step) -> _Late | None:
    """What somebody wrote to the old file after it was replaced, having looked it up before; None for nothing."""
    until = time.monotonic() + PATIENCE
    while True:
        with lease(file_fd) as held:
            time.sleep(FOR_STRAGGLERS)
            if not held or not is_awaited(file_fd) or time.monotonic() > until:
                data = _read_all(file_fd)
                return _Late(file_fd, step, data) if data != step.held else None
        # Whoever waits gets the file now; the lease can be had again when they have closed it.
        time.sleep(FOR_STRAGGLERS)


def _append_late(place: _Place, late: _Late, change: Callable[[bytes], bytes | None]) -> bool:
    """Append what was appended too late, as its writer would have; False where it was not appended, or no file is left.

    An append holds nobody up, so that this comes to an end however often somebody writes.
    """
    if late.appended is None:
        return False
    try:
        with _opened(place.name, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW, place.folder_fd) as file_fd:
            now = _read_all(file_fd)
            try:
                lines = change(late.appended) or b""
            except StoreError:
                # A part of a file need not be one of its kind.
                lines = late.appended
            _write_all(file_fd, _gap_behind(now, [lines]) + lines)
            current = os.stat(place.name, dir_fd=place.folder_fd, follow_symlinks=False)
            return os.path.samestat(current, os.fstat(file_fd))
    except (BlockingIOError, FileNotFoundError):
        # Another run holds its lease on it, or has taken it away: the next attempt starts from what is there then.
        return False


def _gap_behind(data: bytes, lines: list[bytes]) -> bytes:
    return b"\n" if any(lines) and data and not data.endswith((b"\n", b"\r")) else b""


@contextlib.contextmanager
def _written(place: _Place, model_fd: int, data: bytes) -> Iterator[str]:
    """A temporary file beside the place, with these bytes and the attributes of the model; gone at the end."""
    temporary = f".npmops-{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with _opened(temporary, flags, place.folder_fd) as temporary_fd:
        try:
            # Held until the end, it tells another run that this file is no left-over. The owner of the folder could
            # have locked it first, and waiting for them would be waiting for ever.
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(temporary_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _write_all(temporary_fd, data)
            _copy_attributes(model_fd, temporary_fd)
            os.fsync(temporary_fd)
            yield temporary
        finally:
            with contextlib.suppress(OSError):
                os.unlink(temporary, dir_fd=place.folder_fd)


def _is_unchanged(place: _Place, file_fd: int, before: bytes | None) -> bool:
    """Is the name still that of the file that was read, and its content still what was read?"""
    try:
        now = os.stat(place.name, dir_fd=place.folder_fd, follow_symlinks=False)
    except FileNotFoundError:
        return before is None
    status = os.fstat(file_fd)
    return (now.st_dev, now.st_ino) == (status.st_dev, status.st_ino) and _read_all(file_fd) == before


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


def _sweep_one(name: str, folder_fd: int, owners: tuple[int, int | None]) -> None:
    with contextlib.suppress(OSError), _opened(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd) as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(descriptor)
        if status.st_uid in owners and stat.S_ISREG(status.st_mode):
            os.unlink(name, dir_fd=folder_fd)


def _read_all(descriptor: int) -> bytes:
    _require_regular(os.fstat(descriptor))
    os.lseek(descriptor, 0, os.SEEK_SET)
    pieces: list[bytes] = []
    size = 0
    while True:
        piece = os.read(descriptor, 1024 * 1024)
        size += len(piece)
        if size > MOST_BYTES:
            raise StoreError(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
        if not piece:
            break
        pieces.append(piece)
    data = b"".join(pieces)
    if data.count(b"\n") + data.count(b"\r") > _MOST_LINES:
        raise StoreError(f"it has more than {_MOST_LINES} lines")
    return data


def _write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def _is_foreign_link(path: str) -> bool:
    """Would root follow a link that somebody else has laid?"""
    if os.geteuid() != 0:
        return False
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISLNK(status.st_mode) and status.st_uid != 0


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise StoreError("it is a folder")
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("it is not a regular file")
    if status.st_size > MOST_BYTES:
        raise StoreError(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")


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


def create_file(path: str, data: bytes) -> None:
    """Make a file that only its owner can read; it is there whole or not at all.

    :raises StoreError: it cannot be made, or is there.
    """
    folder, name = os.path.split(path)
    with _explained("made", path), _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        temporary = f".npmops-{secrets.token_hex(8)}.tmp"
        with _opened(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, folder_fd) as temporary_fd:
            try:
                os.fchmod(temporary_fd, 0o600)
                _write_all(temporary_fd, data)
                os.fsync(temporary_fd)
                os.link(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
            finally:
                os.unlink(temporary, dir_fd=folder_fd)
        os.fsync(folder_fd)
