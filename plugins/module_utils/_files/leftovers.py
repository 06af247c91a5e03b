# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How are temporary files named, and how do those go that killed runs left behind?

Private to this collection.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import stat

from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import opened_file

_STRAY = re.compile(r"\.npmops-[0-9a-f]{16}\.tmp\Z")


def make_temporary_name() -> str:
    """A name that nobody can guess, and by which ``sweep`` knows the file."""
    return f".npmops-{secrets.token_hex(8)}.tmp"


def sweep(path: str, owner: int | None = None) -> None:
    """Take away temporary files that killed runs left beside a file: theirs are not locked any more.

    :param owner: user id of the file's owner, to whom root's temporary file may have been given already; where there
        is no file any more, its folder's owner.
    """
    folder = os.path.dirname(path)
    with contextlib.suppress(OSError), opened_file(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        owner = os.fstat(folder_fd).st_uid if owner is None else owner
        for name in os.listdir(folder_fd):
            if _STRAY.match(name):
                _sweep_one(name, folder_fd, (os.geteuid(), owner))


def _sweep_one(name: str, folder_fd: int, owners: tuple[int, int | None]) -> None:
    # One that a living run has for itself cannot be opened at once.
    opened = opened_file(name, os.O_RDONLY | os.O_NOFOLLOW, folder_fd, patience=0)
    with contextlib.suppress(OSError), opened as descriptor:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        status = os.fstat(descriptor)
        if status.st_uid in owners and stat.S_ISREG(status.st_mode):
            os.unlink(name, dir_fd=folder_fd)
