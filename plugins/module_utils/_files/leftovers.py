# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Name temporary files, and delete those that interrupted runs left behind.

Private to this collection.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import secrets
import stat
import time
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._files import linux
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import opened_file
from ansible_collections.npmops.auth.plugins.module_utils._files.glance import TEMPORARY

_STRAY = re.compile("%s[0-9a-f]{16}%s" % tuple(map(re.escape, TEMPORARY)) + r"\Z")
# The copy for a file that is written in place, with the size of the old file and the file's name.
_COPY = re.compile("%s[0-9a-f]{16}-([0-9]{1,7})-(.+)%s" % tuple(map(re.escape, TEMPORARY)) + r"\Z", re.DOTALL)
# On a file system without locks, a temporary file of this age is no longer in use.
_SECONDS_OF_A_LONG_RUN = 3600


def make_temporary_name() -> str:
    """Make a name that cannot be guessed and that ``sweep`` recognizes."""
    return secrets.token_hex(8).join(TEMPORARY)


class Copy(NamedTuple):
    """A copy of a file's complete new text, beside the file, and the file's size before the write."""

    name: str
    size: int


def name_copy(temporary: str, name: str, size: int) -> str:
    """Return the name of a temporary file once it contains the complete text of the file ``name``."""
    _begin, end = TEMPORARY
    return f"{temporary[: -len(end)]}-{size}-{name}{end}"


def list_copies(path: str) -> list[Copy]:
    """List the copies that runs may have left beside a file."""
    folder, name = os.path.split(path)
    found = [(each, _COPY.match(each)) for each in sorted(os.listdir(folder))]
    return [Copy(each, int(match.group(1))) for each, match in found if match and match.group(2) == name]


def sweep(path: str, owner: int | None = None) -> None:
    """Delete temporary files that interrupted runs left beside a file: these are not locked.

    :param owner: user id of the file's owner, who may already own root's temporary file; None, for a file that does
        not exist, means the directory's owner.
    """
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError), opened_file(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        owner = os.fstat(folder_fd).st_uid if owner is None else owner
        for name in os.listdir(folder_fd):
            if _STRAY.match(name):
                _sweep_one(name, folder_fd, (os.geteuid(), owner))


def is_left_behind(copy_fd: int) -> bool:
    """Return whether this account created an open copy, and no run uses it."""
    status = os.fstat(copy_fd)
    is_own = status.st_uid == os.geteuid() and stat.S_ISREG(status.st_mode) and status.st_nlink == 1
    return is_own and not status.st_mode & 0o022 and _is_abandoned(copy_fd, status.st_mtime)


def _sweep_one(name: str, folder_fd: int, owners: tuple[int, int | None]) -> None:
    # A file that an active run holds cannot be opened at once.
    opened = opened_file(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd, patience=0)
    with contextlib.suppress(OSError), opened as descriptor:
        status = os.fstat(descriptor)
        if status.st_uid in owners and stat.S_ISREG(status.st_mode) and _is_abandoned(descriptor, status.st_mtime):
            os.unlink(name, dir_fd=folder_fd)


def _is_abandoned(descriptor: int, written: float) -> bool:
    """Return whether no run uses this temporary file."""
    try:
        # Shared: NFS grants no other lock on a file opened for reading. A run's own lock excludes both kinds.
        linux.lock(descriptor, shared=True)
    except OSError as problem:
        return problem.errno != errno.EAGAIN and time.time() - written > _SECONDS_OF_A_LONG_RUN
    return True
