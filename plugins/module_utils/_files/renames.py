# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Lets two names change places at once, and deletes a file without harm to another one that takes its name.

Private to this collection. Between a look at a name and a rename, somebody else may rename a file of theirs to it, as
many editors do, and that would be overwritten. Where the system can, files are moved in a way that destroys nothing,
and looked at then.
"""

from __future__ import annotations

import contextlib
import os

from ansible_collections.npmops.auth.plugins.module_utils._files.linux import EXCHANGE, NO_REPLACE, rename


def exchange(folder_fd: int, name: str, other: str) -> bool:
    """Let two files have each other's name, at once; False where the system has no way to do that."""
    return rename(folder_fd, name, other, EXCHANGE)


def take_away(folder_fd: int, name: str, spare: str, expected_fd: int) -> bool:
    """Delete a file by way of a spare name.

    :param expected_fd: the file that is thought to have the name.
    :returns: False where it had not; the name is then that of whatever somebody has put there.
    """
    if not rename(folder_fd, name, spare, NO_REPLACE):
        os.unlink(name, dir_fd=folder_fd)
        return True
    is_expected = os.path.samestat(os.stat(spare, dir_fd=folder_fd, follow_symlinks=False), os.fstat(expected_fd))
    if not is_expected:
        # Where the name is taken again, by something newer, this one is not needed any more.
        with contextlib.suppress(FileExistsError):
            rename(folder_fd, spare, name, NO_REPLACE)
            return False
    os.unlink(spare, dir_fd=folder_fd)
    return is_expected
