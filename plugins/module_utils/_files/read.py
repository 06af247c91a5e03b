# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read files, and create new ones.

Private to this collection. Runs with the privileges of the file's account (see ``_accounts.acting_as``), and so cannot
do what the account itself could not do.
"""

from __future__ import annotations

import contextlib
import os
import stat
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import (
    explained,
    opened_file,
    read_all,
    require_regular,
    write_all,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.leases import open_patiently
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import make_temporary_name
from ansible_collections.npmops.auth.plugins.module_utils._files.linux import lock, sync_directory

_MOST_ATTEMPTS = 50


class Content(NamedTuple):
    """A file that was read.

    :ivar path: its path without links.
    :ivar through_link: the requested path is itself a symbolic link.
    :ivar owner: user id of its owner.
    :ivar links: number of its hard links.
    :ivar mode: its type and permissions, as in stat(2).
    :ivar identity: device and inode, which identify the file even if its path leads elsewhere by now.
    """

    path: str
    data: bytes  # holds secrets
    through_link: bool
    owner: int
    links: int
    mode: int
    identity: tuple[int, int]

    def __repr__(self) -> str:
        return f"Content({show(self.path)})"


def read_file(path: str) -> Content | None:
    """Read a regular file, following links; None if there is no file.

    :raises StoreError: the file cannot be read.
    """
    with explained("read", path):
        if _is_foreign_link(path):
            raise StoreError("it is a symbolic link that another account owns: add that account to users")
        try:
            descriptor, real_path = _open_with_path(path)
        except FileNotFoundError:
            if os.path.islink(path):
                raise StoreError("it is a broken symbolic link") from None
            return None
        try:
            status = os.fstat(descriptor)
            data = read_all(descriptor)
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


def create_file(path: str, data: bytes) -> None:
    """Create a file that only its owner can read, completely or not at all.

    :raises StoreError: the file cannot be created, or exists.
    """
    folder, name = os.path.split(path)
    with explained("created", path), opened_file(folder, os.O_RDONLY | os.O_DIRECTORY) as folder_fd:
        for _attempt in range(_MOST_ATTEMPTS):
            if _create_once(folder_fd, name, data):
                with contextlib.suppress(OSError):
                    # The file exists even if this fails.
                    sync_directory(folder_fd)
                return
        raise StoreError("its directory kept changing during the run")


def _create_once(folder_fd: int, name: str, data: bytes) -> bool:
    """Create the file; False if another run deleted the temporary file before it was locked."""
    temporary = make_temporary_name()
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    with opened_file(temporary, flags, folder_fd) as temporary_fd:
        try:
            # The lock shows other runs that this file is in use.
            with contextlib.suppress(OSError):
                lock(temporary_fd)
            os.fchmod(temporary_fd, 0o600)
            write_all(temporary_fd, data)
            os.fsync(temporary_fd)
            os.link(temporary, name, src_dir_fd=folder_fd, dst_dir_fd=folder_fd)
        except FileNotFoundError:
            return False
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary, dir_fd=folder_fd)
    return True


def _open_with_path(path: str) -> tuple[int, str]:
    """Open a file, following links, and return its path without links as well.

    Both are of the same file even if a link changes meanwhile. Otherwise the content of one file would be attributed
    to another one, perhaps of another account, which would then not be read.
    """
    for _attempt in range(_MOST_ATTEMPTS):
        # Checked before opening: to open a device can have effects.
        require_regular(os.stat(path))
        descriptor = open_patiently(path, os.O_RDONLY)
        real_path = os.path.realpath(path)
        with contextlib.suppress(OSError):
            if os.path.samestat(os.lstat(real_path), os.fstat(descriptor)):
                return descriptor, real_path
        os.close(descriptor)
    raise StoreError("it kept changing during the run")


def _is_foreign_link(path: str) -> bool:
    """Return whether root would follow a link that another account created."""
    if os.geteuid() != 0:
        return False
    try:
        status = os.lstat(path)
    except OSError:
        return False
    return stat.S_ISLNK(status.st_mode) and status.st_uid != 0
