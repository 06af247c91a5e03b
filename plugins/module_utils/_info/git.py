# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Determine whether git tracks a file.

Private to this collection. git itself is never run: a repository's configuration can name programs. The index is
parsed as documented in git's ``gitformat-index``, versions 2 to 4.
"""

from __future__ import annotations

import functools
import os
import stat
from collections.abc import Iterator

_MOST_BYTES = 64 * 1024 * 1024
# The limit of Linux. In a crafted index, names could grow with each entry.
_LONGEST_NAME = 4096
_MOST_DIGITS = 9
_BEFORE_HASH = 40
# An object's name is a SHA-1 or a SHA-256; only the repository's configuration says which.
_HASH_BYTES = (20, 32)
_EXTENDED = 0x4000
# Followed by its size and the name of the shared index (git's index-format documentation, "Split index").
_LINK_EXTENSION = b"link"


def is_tracked(path: str) -> bool:
    """Return whether a file is in the index of the repository around it."""
    folder, inside = os.path.dirname(path), os.path.basename(path)
    while True:
        index = _find_index(folder)
        if index:
            return os.fsencode(inside) in _find_names(index, os.fsencode(os.path.basename(path)), _identify(index))
        parent, name = os.path.split(folder)
        if not name or parent == folder:
            return False
        folder, inside = parent, f"{name}/{inside}"


@functools.lru_cache(maxsize=32)
def _find_names(index: str, basename: bytes, _identity: tuple[int, ...]) -> frozenset[bytes]:
    """Return the tracked paths with this base name. Cached: a repository can contain many credential files.

    :param _identity: identifies the index and its reader in the cache.
    """
    suffix = b"/" + basename
    return frozenset(name for name in _list_all_names(index) if name == basename or name.endswith(suffix))


def _list_all_names(index: str) -> Iterator[bytes]:
    """Yield the paths of an index and of the shared index to which it refers, deleted ones included."""
    data = _read(index)
    for hash_bytes in _HASH_BYTES:
        yield from _list_names(data, hash_bytes)
        start = data.rfind(_LINK_EXTENSION)
        shared = data[start + 8 : start + 8 + hash_bytes].hex() if start >= 0 else ""
        if shared:
            yield from _list_names(_read(os.path.join(os.path.dirname(index), f"sharedindex.{shared}")), hash_bytes)


def _identify(path: str) -> tuple[int, ...]:
    try:
        status = os.stat(path)
    except (OSError, ValueError):
        return ()
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, os.geteuid()


def _find_index(folder: str) -> str | None:
    place = f"{folder}/.git"
    if os.path.isdir(place):
        return f"{place}/index"
    # In a worktree or submodule, .git is a file with the path of the directory.
    text = _read(place)[:4096].decode("utf-8", "surrogateescape")
    if not text.startswith("gitdir: "):
        return None
    return os.path.join(folder, text[len("gitdir: ") :].rstrip("\r\n"), "index")


def _read(path: str) -> bytes:
    """Return a regular file's content; empty if too large or unreadable."""
    try:
        # Opening a device can have side effects; if the path changes meanwhile, opening must not block.
        if not stat.S_ISREG(os.stat(path).st_mode):
            return b""
        with open(path, "rb", opener=_open) as file:
            data = file.read(_MOST_BYTES + 1) if stat.S_ISREG(os.fstat(file.fileno()).st_mode) else b""
    except (OSError, ValueError):
        return b""
    return data if len(data) <= _MOST_BYTES else b""


def _open(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY)


def _list_names(data: bytes, hash_bytes: int) -> Iterator[bytes]:
    """Yield the paths of an index's entries, up to the first damaged one."""
    version, count = int.from_bytes(data[4:8], "big"), int.from_bytes(data[8:12], "big")
    if data[:4] != b"DIRC" or version not in (2, 3, 4):
        return
    position, name = 12, b""
    for _number in range(count):
        start = position
        flags_at = start + _BEFORE_HASH + hash_bytes
        flags = int.from_bytes(data[flags_at : flags_at + 2], "big")
        position = flags_at + (4 if version > 2 and flags & _EXTENDED else 2)
        kept = 0
        if version == 4:
            strip, position = _read_number(data, position)
            kept = max(0, len(name) - strip)
        end = data.find(b"\0", position)
        if end < 0 or kept + end - position > _LONGEST_NAME:
            return
        name = name[:kept] + data[position:end]
        yield name
        # Before version 4, entries are padded with NULs to a multiple of eight bytes.
        position = end + 1 if version == 4 else start + (end - start + 8) // 8 * 8


def _read_number(data: bytes, position: int) -> tuple[int, int]:
    """Read how many bytes to strip from the previous name: a variable-width number as in pack files."""
    number = -1
    for byte in data[position : position + _MOST_DIGITS]:
        position += 1
        number = ((number + 1) << 7) | (byte & 0x7F)
        if not byte & 0x80:
            break
    return number, position
