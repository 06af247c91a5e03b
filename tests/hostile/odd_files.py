# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create special files in place of regular ones. Each function needs an unused path, which it returns."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.accounts import needs_root

Create = Callable[[Path], Path]


def create_directory(path: Path) -> Path:
    path.mkdir()
    return path


def create_fifo(path: Path) -> Path:
    """Create a FIFO without a writer, on which a reader blocks."""
    os.mkfifo(path)
    path.chmod(0o666)
    return path


def create_socket(path: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as server:
        # The path of a socket has a short limit, which a path in pytest's directory can exceed.
        server.bind(os.path.relpath(path))
    path.chmod(0o777)
    return path


def create_device(major: int, minor: int) -> Create:
    """Create a device that all users can open: (1, 5) is /dev/zero, (1, 7) is /dev/full, (5, 0) is /dev/tty."""

    def create(path: Path) -> Path:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(major, minor))
        path.chmod(0o666)
        return path

    return create


def create_large_file(size: int) -> Create:
    """Create a sparse file of this size."""

    def create(path: Path) -> Path:
        with path.open("wb") as file:
            file.truncate(size)
        return path

    return create


def create_file(data: bytes) -> Create:
    def create(path: Path) -> Path:
        path.write_bytes(data)
        return path

    return create


def create_link(target: str | Path) -> Create:
    def create(path: Path) -> Path:
        path.symlink_to(target)
        return path

    return create


def create_dangling_link(path: Path) -> Path:
    return create_link(path.with_name("nowhere"))(path)


def create_link_to_itself(path: Path) -> Path:
    return create_link(path)(path)


def create_link_to_own_directory(path: Path) -> Path:
    return create_link(path.parent)(path)


#: Special files that cannot be read. The large one exceeds the size limit of files with variables.
UNREADABLE = [
    pytest.param(create_fifo, id="pipe"),
    pytest.param(create_socket, id="socket"),
    pytest.param(create_directory, id="directory"),
    pytest.param(create_device(1, 5), id="device", marks=needs_root),
    pytest.param(create_link_to_itself, id="link to itself"),
    pytest.param(create_link_to_own_directory, id="link to its directory"),
    pytest.param(create_file(b"#" * (2 << 20)), id="large"),
]
ODD_FILES = [
    *UNREADABLE,
    pytest.param(create_dangling_link, id="link to nowhere"),
    pytest.param(create_file(b"\0\xff" * 100), id="binary"),
]
