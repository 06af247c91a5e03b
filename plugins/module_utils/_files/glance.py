# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read ordinary small files, and leave all others to ``read``.

Private to this collection. Runs with the privileges of the file's account.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

#: Prefix and suffix of temporary files, which interrupted runs leave behind.
TEMPORARY = (".npmops-", ".tmp")
_MOST_BYTES = 65536


class Glance(NamedTuple):
    """What ``glance_at`` read.

    :ivar data: the file's content; None if there is no file.
    :ivar identity: device and inode, which show whether two paths lead to the same file.
    """

    data: bytes | None
    identity: tuple[int, int] = (0, 0)

    def __repr__(self) -> str:
        # A credential file holds secrets.
        return "Glance()"


def glance_at(path: str) -> Glance | None:
    """Read a file; None for a link, a pipe, a large file, or one that cannot be read at once."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None if os.path.lexists(path) else Glance(None)
    except (OSError, ValueError):
        return None
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _MOST_BYTES:
            return None
        data = os.read(descriptor, _MOST_BYTES + 1)
        return Glance(data, (status.st_dev, status.st_ino)) if len(data) == status.st_size else None
    except OSError:
        return None
    finally:
        os.close(descriptor)


def leads_away(path: str, uid: int) -> bool:
    """Return whether a path is a link into another account's directory, where no run for this one leaves files."""
    return os.path.islink(path) and os.stat(os.path.dirname(os.path.realpath(path))).st_uid != uid


def may_hold_leftovers(directory: str) -> bool:
    """Return whether a directory may contain temporary files of interrupted runs; True if it cannot be listed."""
    begin, end = TEMPORARY
    try:
        return any(name.startswith(begin) and name.endswith(end) for name in os.listdir(directory))
    except FileNotFoundError:
        return False
    except (OSError, ValueError):
        return True
