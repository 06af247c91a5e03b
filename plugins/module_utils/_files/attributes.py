# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gives the file that takes another one's place its owner, permissions and extended attributes.

Private to this collection. Runs with the privileges of the account that the file belongs to, but for the group.
"""

from __future__ import annotations

import os
import re
import stat

from ansible_collections.npmops.auth.plugins.module_utils._accounts import set_group_as_root
from ansible_collections.npmops.auth.plugins.module_utils._files import linux

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
        # A directory's default ACL, for one, is not a part of the old file.
        linux.remove_attribute(target_fd, name)
    for name in attributes:
        value = linux.get_attribute(source_fd, name)
        if value is not None and linux.get_attribute(target_fd, name) != value:
            linux.set_attribute(target_fd, name, value)


def _list_attributes(descriptor: int) -> set[str]:
    return {name for name in linux.list_attributes(descriptor) if not _NOT_COPIED.match(name)}
