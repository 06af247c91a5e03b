# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a file's owner, permissions and extended attributes goes over to the one that takes its place?

Private to this collection. Runs with the powers of the account that the file belongs to, but for the group.
"""

from __future__ import annotations

import errno
import os
import re
import stat

from ansible_collections.npmops.auth.plugins.module_utils._accounts import set_group_as_root

# What the kernel writes itself, or only lets itself be written by.
_NOT_COPIED = re.compile(r"security\.(?:ima|evm|capability)\Z|trusted\.")


def copy_attributes(source_fd: int, target_fd: int) -> None:
    """Give one open file the owner, group, permissions, ACL and extended attributes of another one.

    :raises OSError: the account may not.
    """
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
