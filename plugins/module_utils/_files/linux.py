# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Use features that not every system has: locks, leases, extended attributes, safe renames, flags and mounts.

Private to this collection. Python on macOS, on FreeBSD and, in older versions, on Alpine Linux lacks some of these
calls, and some file systems refuse them. A missing call raises the error of a kernel without it, so that each caller
needs one fallback only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import functools
import os
import signal
import sys
from collections.abc import Callable, Iterator
from typing import Any

NO_REPLACE = 1
EXCHANGE = 2
# Errors of an old kernel or a file system that lacks a feature, and of a missing call.
LACKING = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})
_MOST_BYTES_OF_ATTRIBUTES = 65536
# FS_IOC_GETFLAGS, FS_IMMUTABLE_FL and FS_APPEND_FL of <linux/fs.h>; the first includes the size of a C long.
_GET_FLAGS = 0x80086601 if sys.maxsize > 2**32 else 0x80046601
_IMMUTABLE_OR_APPEND = 0x10 | 0x20


def lock(descriptor: int, *, shared: bool = False) -> None:
    """Lock an open file without waiting.

    :raises OSError: BlockingIOError if another process has locked the file; another error if it cannot be locked.
    """
    operation = _find(fcntl, "LOCK_SH") if shared else _find(fcntl, "LOCK_EX")
    _find(fcntl, "flock")(descriptor, operation | fcntl.LOCK_NB)


def unlock(descriptor: int) -> None:
    """Unlock an open file. Some network file systems refuse; closing the file unlocks it too."""
    with contextlib.suppress(OSError):
        _find(fcntl, "flock")(descriptor, fcntl.LOCK_UN)


def take_lease(descriptor: int) -> None:
    """Make processes that open the file wait (fcntl(2), "Leases"): writers for a read lease, all for a write lease.

    :raises OSError: EAGAIN if another process has the file open; another error if there are no leases.
    """
    is_writable = fcntl.fcntl(descriptor, fcntl.F_GETFL) & os.O_ACCMODE != os.O_RDONLY
    kind = fcntl.F_WRLCK if is_writable else fcntl.F_RDLCK
    fcntl.fcntl(descriptor, _find(fcntl, "F_SETLEASE"), kind)


def drop_lease(descriptor: int) -> None:
    with contextlib.suppress(OSError):
        fcntl.fcntl(descriptor, _find(fcntl, "F_SETLEASE"), fcntl.F_UNLCK)


def is_awaited(descriptor: int) -> bool:
    """Return whether a process waits for the lease to end. The kernel then reports the lease as gone."""
    with contextlib.suppress(OSError):
        return bool(fcntl.fcntl(descriptor, _find(fcntl, "F_GETLEASE")) == fcntl.F_UNLCK)
    return False


@contextlib.contextmanager
def unsignalled() -> Iterator[None]:
    """Ignore the signal that the kernel sends when a process waits for a lease; it would end this process."""
    number = getattr(signal, "SIGIO", None)
    if number is None:
        yield
        return
    former = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        # None: the handler was not set by Python, which cannot restore it.
        signal.signal(number, signal.SIG_DFL if former is None else former)


def sync_directory(descriptor: int) -> None:
    """Flush a directory to its disk.

    :raises OSError: flushing failed; a file system without this feature is not an error.
    """
    try:
        os.fsync(descriptor)
    except OSError as problem:
        if problem.errno not in LACKING:
            raise


@contextlib.contextmanager
def readable_once(data: bytes) -> Iterator[str]:
    """Provide a path at which this process can read these bytes, without writing them to a disk.

    :raises OSError: the bytes do not fit into a pipe, on a system without files in memory.
    """
    descriptor = os.memfd_create("npmops", os.MFD_CLOEXEC) if hasattr(os, "memfd_create") else None
    read_fd, write_fd = (descriptor, os.dup(descriptor)) if descriptor is not None else os.pipe()
    try:
        with os.fdopen(write_fd, "wb", 0) as target:
            os.set_blocking(write_fd, False)
            if target.write(data) != len(data):
                raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        folder = "/proc/self/fd" if os.path.isdir("/proc/self/fd") else "/dev/fd"
        yield f"{folder}/{read_fd}"
    finally:
        os.close(read_fd)


def rename(folder_fd: int, source: str, target: str, flag: int) -> bool:
    """Rename within a directory (renameat2(2)); False if the system does not support the flag."""
    try:
        _call("renameat2", folder_fd, os.fsencode(source), folder_fd, os.fsencode(target), flag)
    except OSError as problem:
        if problem.errno in LACKING:
            return False
        raise
    return True


def is_mount_point(folder_fd: int, descriptor: int) -> bool:
    """Return whether an open file of the directory is a mount point, which cannot be replaced."""
    mounts = [_find_mount(number) for number in (folder_fd, descriptor)]
    return mounts[0] != mounts[1]


def may_not_change(descriptor: int) -> bool:
    """Return whether an open file or directory is immutable or append-only (chattr(1)), even for root."""
    buffer = bytearray(8)
    try:
        fcntl.ioctl(descriptor, _GET_FLAGS, buffer)
    except OSError:
        return False
    return bool(int.from_bytes(buffer[:4], sys.byteorder) & _IMMUTABLE_OR_APPEND)


def open_unnamed(folder_fd: int) -> int:
    """Create a file without a name on a directory's file system; closing deletes it.

    :raises OSError: no file can be created there; one of ``LACKING`` or EISDIR if the system cannot tell.
    """
    return os.open(".", os.O_RDWR | os.O_CLOEXEC | int(_find(os, "O_TMPFILE")), 0o600, dir_fd=folder_fd)


def list_attributes(descriptor: int) -> frozenset[str]:
    """List the names of an open file's extended attributes; none if they are not supported."""
    try:
        if hasattr(os, "listxattr"):
            return frozenset(os.listxattr(descriptor))
        names = _fill("flistxattr", descriptor)
    except OSError as problem:
        if problem.errno in LACKING:
            return frozenset()
        raise
    return frozenset(os.fsdecode(name) for name in names.split(b"\0") if name)


def get_attribute(descriptor: int, name: str) -> bytes | None:
    try:
        if hasattr(os, "getxattr"):
            return os.getxattr(descriptor, name)
        return _fill("fgetxattr", descriptor, os.fsencode(name))
    except OSError as problem:
        if problem.errno == errno.ENODATA:
            return None
        raise


def set_attribute(descriptor: int, name: str, value: bytes) -> None:
    if hasattr(os, "setxattr"):
        os.setxattr(descriptor, name, value)
    else:
        _call("fsetxattr", descriptor, os.fsencode(name), value, len(value), 0)


def remove_attribute(descriptor: int, name: str) -> None:
    if hasattr(os, "removexattr"):
        os.removexattr(descriptor, name)
    else:
        _call("fremovexattr", descriptor, os.fsencode(name))


def _find_mount(descriptor: int) -> int:
    """Return the ID of the mount that an open file is on; of its device if the kernel does not report one."""
    # As bytes: the account may not be able to read the codec of its locale if Python is in root's home.
    with contextlib.suppress(OSError, ValueError, IndexError), open(f"/proc/self/fdinfo/{descriptor}", "rb") as lines:
        return int(lines.read().split(b"mnt_id:")[1].split()[0])
    return os.fstat(descriptor).st_dev


def _find(module: Any, name: str) -> Any:
    """:raises OSError: this Python lacks the name."""
    try:
        return getattr(module, name)
    except AttributeError:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS)) from None


def _fill(name: str, *arguments: int | bytes) -> bytes:
    """Return what a call of the C library writes into a buffer."""
    import ctypes

    buffer = ctypes.create_string_buffer(_MOST_BYTES_OF_ATTRIBUTES)
    size = _call(name, *arguments, buffer, len(buffer))
    return buffer.raw[:size]


def _call(name: str, *arguments: Any) -> int:
    """Call Linux's C library; a missing call raises ENOSYS, as a kernel without it does."""
    call = _find_call(name)
    if call is None:
        raise OSError(errno.ENOSYS, os.strerror(errno.ENOSYS))
    import ctypes

    result = int(call(*arguments))
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return result


@functools.lru_cache(maxsize=None)
def _find_call(name: str) -> Callable[..., int] | None:
    if not sys.platform.startswith("linux"):
        # On other systems the same name can take other arguments.
        return None
    try:
        import ctypes

        library: Any = ctypes.CDLL(None, use_errno=True)
        call: Callable[..., int] = getattr(library, name)
    except (ImportError, OSError, AttributeError):
        return None
    return call
