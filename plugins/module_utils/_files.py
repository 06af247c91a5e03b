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
from dataclasses import dataclass, field

from ansible_collections.npmops.auth.plugins.module_utils._accounts import set_group_as_root
from ansible_collections.npmops.auth.plugins.module_utils._errors import ClosedStore, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._leases import (
    FOR_STRAGGLERS,
    PATIENCE,
    PATIENCE_TO_OPEN,
    Hold,
    drop_lease,
    is_awaited,
    open_patiently,
    take_lease,
    unsignalled,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show
from ansible_collections.npmops.auth.plugins.module_utils._renames import exchange, take_away

#: No store is larger or longer; more would only hold up those who wait for their own.
MOST_BYTES = 1024 * 1024
_MOST_LINES = 20_000
_MOST_ATTEMPTS = 50
# Nobody else but a sweeping run, for a moment, has any business with a temporary file.
_PATIENCE_WITH_SWEEPERS = 0.02
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
    :ivar identity: device and inode: which file it is, whatever its path leads to by now.
    """

    path: str
    data: bytes = field(repr=False)  # holds secrets
    through_link: bool
    owner: int
    links: int
    mode: int
    identity: tuple[int, int]


@dataclass(frozen=True)
class Edit:
    """What an edit did, or would do: the bytes before and after. ``after`` is None for a deleted file."""

    before: bytes = field(repr=False)
    after: bytes | None = field(repr=False)

    @property
    def changed(self) -> bool:
        return self.before != self.after


@dataclass(frozen=True)
class _Place:
    """A name in an open folder: what happens to the folder's own path does not matter any more.

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


@dataclass(frozen=True)
class _Step:
    """A step of an edit.

    :ivar edit: the change of what the file held, and of what had come in late.
    :ivar file: the file that was replaced, and ``held`` what it is known to have held.
    :ivar new: the file that has taken its place; None where it was deleted, or left as it is.
    """

    edit: Edit
    file: Hold
    held: bytes = field(repr=False)
    is_done: bool
    new: Hold | None = None


@dataclass(frozen=True)
class _Late:
    """Bytes that were written to a file after it had been replaced, or just before, so that nobody knew of them.

    :ivar step: how it was replaced.
    :ivar data: what it holds now.
    """

    step: _Step
    data: bytes = field(repr=False)

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


def read_file(path: str) -> Content | None:
    """Read a regular file, links followed; None where there is none.

    :raises StoreError: it is none that can be read.
    """
    with _explained("read", path):
        if _is_foreign_link(path):
            raise StoreError("it is a link that belongs to another account; name that account in users")
        try:
            descriptor, real_path = _open_with_path(path)
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
            path=real_path,
            data=data,
            through_link=os.path.islink(path),
            owner=status.st_uid,
            links=status.st_nlink,
            mode=status.st_mode,
            identity=(status.st_dev, status.st_ino),
        )


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
    folder, name = os.path.split(content.path)
    with _explained("replaced", content.path), unsignalled(), contextlib.ExitStack() as stack:
        place = _Place(stack.enter_context(_opened(folder, os.O_RDONLY | os.O_DIRECTORY)), name, stack)
        edit, late = Edit(b"", b""), None
        for _attempt in range(_MOST_ATTEMPTS):
            file = _take(place, late)
            if file is None:
                return edit
            step = _edit_once(place, file, late, change)
            file.let_go()
            if step.is_done:
                edit = step.edit if step.edit.changed else edit
                late = None if place.is_name_of(file.fd) else _find_late(step)
                if late is None or _append_late(place, late, change_late or change):
                    os.fsync(place.folder_fd)
                    return edit
        raise StoreError("it is written to all the time")


def sweep(path: str, owner: int | None = None) -> None:
    """Take away temporary files that killed runs left beside a file: theirs are not locked any more.

    :param owner: user id of the file's owner, to whom root's temporary file may have been given already; where there
        is no file any more, its folder's owner.
    """
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError), _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        owner = os.fstat(folder_fd).st_uid if owner is None else owner
        for name in os.listdir(folder_fd):
            if _STRAY.match(name):
                _sweep_one(name, folder_fd, (os.geteuid(), owner))


def _open_with_path(path: str) -> tuple[int, str]:
    """Open a file, links followed; gives its path without links as well.

    Both are of one file, also where a link changes just then: else what is read of one file would count as another
    one's, which may be another account's, and would not be read any more.
    """
    for _attempt in range(_MOST_ATTEMPTS):
        # Looked at before it is opened: to open a device can have effects.
        _require_regular(os.stat(path))
        descriptor = open_patiently(path, os.O_RDONLY)
        real_path = os.path.realpath(path)
        with contextlib.suppress(OSError):
            if os.path.samestat(os.lstat(real_path), os.fstat(descriptor)):
                return descriptor, real_path
        os.close(descriptor)
    raise StoreError("it is replaced all the time")


def _take(place: _Place, late: _Late | None) -> Hold | None:
    """The file that has the name now; where there is none any more, the old one that was written to too late."""
    file = late.step.new if late else None
    if file is None or not place.is_name_of(file.fd):
        if file:
            file.let_go()
        try:
            file = Hold(place.stack.enter_context(_opened(place.name, os.O_RDONLY | os.O_NOFOLLOW, place.folder_fd)))
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
    held = _read_all(file.fd)
    is_gone = late is not None and file is late.step.file
    before = late.merge(held) if late and not is_gone else held
    edit = Edit(before, change(before))
    if edit.after == (None if is_gone else held):
        return _Step(edit, file, held, is_done=True)
    if edit.after is None:
        return _Step(edit, file, held, _delete(place, file.fd, held))
    files = _replace(place, file, None if is_gone else held, edit.after)
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
        done = take_away(place.folder_fd, place.name, _make_temporary_name(), file_fd)
    except FileNotFoundError:
        return False
    time.sleep(FOR_STRAGGLERS)
    return done


def _replace(place: _Place, file: Hold, before: bytes | None, after: bytes) -> tuple[Hold, Hold] | None:
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
    None where it cannot be read, as a link or a folder cannot: it has the name again.
    """
    if not exchange(place.folder_fd, temporary, place.name):
        os.rename(temporary, place.name, src_dir_fd=place.folder_fd, dst_dir_fd=place.folder_fd)
        return file
    found = os.stat(temporary, dir_fd=place.folder_fd, follow_symlinks=False)
    if not os.path.samestat(found, os.fstat(file.fd)):
        try:
            _require_regular(found)
            file = Hold(place.stack.enter_context(_opened(temporary, os.O_RDONLY | os.O_NOFOLLOW, place.folder_fd)))
            _read_all(file.fd)
            _copy_attributes(file.fd, new.fd)
        except (OSError, StoreError):
            exchange(place.folder_fd, temporary, place.name)
            return None
    os.unlink(temporary, dir_fd=place.folder_fd)
    return file


def _rewrite(file: Hold, data: bytes) -> None:
    """Give a file of this run's own, which has no name any more, another content."""
    os.ftruncate(file.fd, 0)
    _write_all(file.fd, data)


def _find_late(step: _Step) -> _Late | None:
    """What somebody wrote to the old file after it was replaced, having looked it up before; None for nothing."""
    file_fd = step.file.fd
    until = time.monotonic() + PATIENCE
    while True:
        is_leased = take_lease(file_fd)
        time.sleep(FOR_STRAGGLERS)
        if not is_leased or not is_awaited(file_fd) or time.monotonic() > until:
            data = _read_all(file_fd)
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
    _write_all(new.fd, _gap_behind(_read_all(new.fd), [lines]) + lines)
    return place.is_name_of(new.fd)


def _gap_behind(data: bytes, lines: list[bytes]) -> bytes:
    return b"\n" if any(lines) and data and not data.endswith((b"\n", b"\r")) else b""


@contextlib.contextmanager
def _written(place: _Place, model_fd: int, data: bytes) -> Iterator[tuple[str, Hold]]:
    """A temporary file beside the place, with these bytes and the attributes of the model.

    Its name is gone at the end; the file itself stays open, and this run's alone, until the edit is over.
    """
    temporary = _make_temporary_name()
    flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    file = Hold(place.stack.enter_context(_opened(temporary, flags, place.folder_fd)))
    try:
        # The lock tells another run that this file is no left-over. The owner of the folder could have locked it
        # first, and waiting for them would be waiting for ever.
        file.take(_PATIENCE_WITH_SWEEPERS)
        _write_all(file.fd, data)
        _copy_attributes(model_fd, file.fd)
        os.fsync(file.fd)
        yield temporary, file
    finally:
        with contextlib.suppress(OSError):
            os.unlink(temporary, dir_fd=place.folder_fd)


def _make_temporary_name() -> str:
    return f".npmops-{secrets.token_hex(8)}.tmp"


def _is_unchanged(place: _Place, file_fd: int, before: bytes | None) -> bool:
    """Is the name still that of the file that was read, and its content still what was read?"""
    if before is None:
        return True
    return place.is_name_of(file_fd) and _read_all(file_fd) == before


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
    # One that a living run has for itself cannot be opened at once.
    opened = _opened(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd, patience=0)
    with contextlib.suppress(OSError), opened as descriptor:
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
def _opened(name: str, flags: int, folder_fd: int | None = None, patience: float = PATIENCE_TO_OPEN) -> Iterator[int]:
    descriptor = open_patiently(name, flags, folder_fd, patience)
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
        kind = ClosedStore if isinstance(problem, PermissionError) else StoreError
        raise kind(f"{show(path)} cannot be {participle}: {reason}") from None
    except ValueError:  # a NUL in the path
        raise StoreError(f"{show(path)} cannot be {participle}: the path is not valid") from None


def require_open_folder(path: str, participle: str) -> None:
    """See that a file can be written there, without doing it.

    :raises StoreError: its folder is not there, or closed.
    """
    folder = os.path.dirname(path)
    with _explained(participle, path), _opened(folder, os.O_RDONLY | os.O_DIRECTORY):
        if not os.access(folder, os.W_OK | os.X_OK, effective_ids=True):
            raise StoreError("its folder cannot be written to")


def require_replaceable(content: Content, *, is_deleted: bool) -> None:
    """See that a file can be replaced, or deleted, as far as that can be told without doing it.

    :raises StoreError: it cannot.
    """
    require_open_folder(content.path, "replaced")
    own = os.geteuid()
    with _explained("replaced", content.path):
        if not is_deleted and content.owner != own != 0:
            # It could not be given back to its owner.
            raise PermissionError(errno.EPERM, "")
        is_writable = os.access(content.path, os.W_OK, effective_ids=True)
        if content.owner == own and content.mode & stat.S_IWUSR and not is_writable:
            # Not even its owner may, although its mode says so: it is immutable.
            raise PermissionError(errno.EPERM, "")


def create_file(path: str, data: bytes) -> None:
    """Make a file that only its owner can read; it is there whole or not at all.

    :raises StoreError: it cannot be made, or is there.
    """
    folder, name = os.path.split(path)
    with _explained("made", path), _opened(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        for _attempt in range(_MOST_ATTEMPTS):
            if _create_once(folder_fd, name, data):
                os.fsync(folder_fd)
                return
        raise StoreError("its folder is swept all the time")


def _create_once(folder_fd: int, name: str, data: bytes) -> bool:
    """Make the file; False where another run has swept the temporary file before it was locked."""
    temporary = _make_temporary_name()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with _opened(temporary, flags, folder_fd) as temporary_fd:
        try:
            # The lock tells another run that this file is no left-over.
            with contextlib.suppress(BlockingIOError):
                fcntl.flock(temporary_fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.fchmod(temporary_fd, 0o600)
            _write_all(temporary_fd, data)
            os.fsync(temporary_fd)
            os.link(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
        except FileNotFoundError:
            return False
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder_fd)
    return True
