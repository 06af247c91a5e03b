# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How do two names change places at once, and how is a file deleted without harm to another one that takes its name?

Private to this collection. Between a look at a name and a rename, somebody else may rename a file of theirs to it, as
many editors do, and that would be overwritten. Where the system can (renameat2(2)), files are moved in a way that
destroys nothing, and looked at then.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import os
from typing import Any

_NO_REPLACE = 1
_EXCHANGE = 2
# What an old kernel says, and a file system that does not know such a flag.
_LACKING = frozenset({errno.ENOSYS, errno.EINVAL, errno.ENOTSUP})


def exchange(folder_fd: int, name: str, other: str) -> bool:
    """Let two files have each other's name, at once; False where the system has no way to do that."""
    return _rename(folder_fd, name, other, _EXCHANGE)


def take_away(folder_fd: int, name: str, spare: str, expected_fd: int) -> bool:
    """Delete a file by way of a spare name.

    :param expected_fd: the file that is thought to have the name.
    :returns: False where it had not; the name is then that of whatever somebody has put there.
    """
    if not _rename(folder_fd, name, spare, _NO_REPLACE):
        os.unlink(name, dir_fd=folder_fd)
        return True
    is_expected = os.path.samestat(os.stat(spare, dir_fd=folder_fd, follow_symlinks=False), os.fstat(expected_fd))
    if not is_expected:
        # Where the name is taken again, by something newer, this one is not needed any more.
        with contextlib.suppress(FileExistsError):
            _rename(folder_fd, spare, name, _NO_REPLACE)
            return False
    os.unlink(spare, dir_fd=folder_fd)
    return is_expected


def _rename(folder_fd: int, source: str, target: str, flag: int) -> bool:
    """Rename within a folder; False where the system has no way to do it like that."""
    call = _find_call()
    if call is None:
        return False
    import ctypes

    if call(folder_fd, os.fsencode(source), folder_fd, os.fsencode(target), flag) == 0:
        return True
    number = ctypes.get_errno()
    if number in _LACKING:
        return False
    raise OSError(number, os.strerror(number))


@functools.lru_cache(maxsize=None)
def _find_call() -> Any:
    """The C library's renameat2; None where there is none, or no way to it."""
    try:
        import ctypes

        return ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, AttributeError):
        return None
