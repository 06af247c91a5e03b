# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and write open files within limits, and turn errors into one sentence.

Private to this collection.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterator

from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    ClosedStore,
    StoreError,
    UnreadStore,
    describe_unexpected,
    show,
)
from ansible_collections.npmops.auth.plugins.module_utils._files.leases import PATIENCE_TO_OPEN, open_patiently

#: No real credential file is larger or longer; reading more would only delay other accounts.
MOST_BYTES = 1024 * 1024
_MOST_LINES = 20_000


@contextlib.contextmanager
def opened_file(
    name: str, flags: int, folder_fd: int | None = None, patience: float = PATIENCE_TO_OPEN
) -> Iterator[int]:
    """Open a file, and close it at the end.

    :param flags: as for open(2).
    :param folder_fd: the open directory that contains the name.
    :param patience: seconds to wait while another process has a lease on the file.
    """
    descriptor = open_patiently(name, flags, folder_fd, patience)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def read_all(descriptor: int) -> bytes:
    """Read a regular file from its beginning.

    :raises StoreError: the file is not regular, or exceeds the limits.
    """
    require_regular(os.fstat(descriptor))
    os.lseek(descriptor, 0, os.SEEK_SET)
    pieces: list[bytes] = []
    size = 0
    while True:
        piece = os.read(descriptor, 1024 * 1024)
        size += len(piece)
        if size > MOST_BYTES:
            raise UnreadStore(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")
        if not piece:
            break
        pieces.append(piece)
    data = b"".join(pieces)
    # CR LF ends one line, as in every format.
    if data.count(b"\n") + data.count(b"\r") - data.count(b"\r\n") > _MOST_LINES:
        raise UnreadStore(f"it has more than {_MOST_LINES} lines")
    return data


def write_all(descriptor: int, data: bytes) -> None:
    """Write all bytes; write(2) may write only a part."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def require_regular(status: os.stat_result) -> None:
    """:raises StoreError: the status is not that of a regular file within the size limit."""
    if stat.S_ISDIR(status.st_mode):
        raise StoreError("it is a directory")
    if not stat.S_ISREG(status.st_mode):
        raise StoreError("it is not a regular file")
    if status.st_size > MOST_BYTES:
        raise UnreadStore(f"it is larger than {MOST_BYTES // 1024 // 1024} MiB")


@contextlib.contextmanager
def explained(participle: str, path: str) -> Iterator[None]:
    """Turn an error into one sentence that names the file."""
    try:
        yield
    except (StoreError, OSError, ValueError) as problem:
        large = UnreadStore if isinstance(problem, UnreadStore) else StoreError
        kind = ClosedStore if isinstance(problem, PermissionError) else large
        raise kind(f"{show(path)} cannot be {participle}: {explain(problem)}") from None


def explain(problem: Exception) -> str:
    """Describe an exception without text of the system that could contain a name."""
    if isinstance(problem, StoreError):
        return str(problem)
    if isinstance(problem, OSError) and problem.errno:
        return os.strerror(problem.errno)
    if isinstance(problem, (OSError, ValueError)):  # ValueError: a NUL in the path
        return "the path is not valid"
    return describe_unexpected(problem)
