# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Copy a file's owner, permissions and extended attributes to the file that replaces it.

Private to this collection. Runs with the privileges of the file's account, except to set the group.
"""

from __future__ import annotations

import os
import re
import stat

from ansible_collections.npmops.auth.plugins.module_utils._accounts import set_group_as_root
from ansible_collections.npmops.auth.plugins.module_utils._files import linux

# Attributes that only the kernel or a privileged process can set.
_NOT_COPIED = re.compile(r"security\.(?:ima|evm|capability)\Z|trusted\.")


def copy_attributes(source_fd: int, target_fd: int) -> None:
    """Copy owner, group, permissions, ACL and extended attributes from one open file to another.

    :raises OSError: the account may not set them.
    """
    wanted, given = os.fstat(source_fd), os.fstat(target_fd)
    if wanted.st_uid != given.st_uid:
        os.fchown(target_fd, wanted.st_uid, -1)
    if wanted.st_gid != given.st_gid:
        try:
            os.fchown(target_fd, -1, wanted.st_gid)
        except PermissionError:
            # After "chown alice .npmrc" the file still has root's group, which alice cannot set. The mode below
            # omits the bits that would let a program run as that group.
            set_group_as_root(target_fd, wanted.st_gid)
    os.fchmod(target_fd, stat.S_IMODE(wanted.st_mode) & 0o777)
    attributes = _list_attributes(source_fd)
    for name in _list_attributes(target_fd) - attributes:
        # For example, one from the directory's default ACL.
        linux.remove_attribute(target_fd, name)
    for name in attributes:
        value = linux.get_attribute(source_fd, name)
        if value is not None and linux.get_attribute(target_fd, name) != value:
            linux.set_attribute(target_fd, name, value)


def _list_attributes(descriptor: int) -> set[str]:
    return {name for name in linux.list_attributes(descriptor) if not _NOT_COPIED.match(name)}
