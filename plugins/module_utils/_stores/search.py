# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Search directories for files of certain names.

Private to this collection. One pass that follows no links, enters no other file systems, and keeps only the names of
pending directories in memory. It reads names, not files.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Collection, Iterable, Iterator

#: Directories for downloads, build results and data of programs, not projects.
PRUNED = frozenset(
    {"node_modules", ".git", ".hg", ".svn", ".cache", ".npm", ".npm-packages", ".pnpm-store", ".yarn", ".bun"}
    | {"__pycache__", ".tox", ".nox", ".Trash", "lost+found"}
)
_MOUNTS = "/proc/self/mountinfo"
_ESCAPED = re.compile(r"\\([0-7]{3})")


def search(
    root: str,
    names: Collection[str],
    exclude: Iterable[str] = (),
    pruned: Collection[str] = PRUNED,
    *,
    left_out: list[str] | None = None,
    only_of: int | None = None,
) -> Iterator[str]:
    """Find all files (and links) of these names below a directory.

    :param names: bare file names.
    :param exclude: shell patterns for whole paths or bare names of directories to leave out.
    :param pruned: bare names of directories to leave out.
    :param left_out: receives the mount points, and the directories that ``exclude`` leaves out.
    :param only_of: the user ID to which the directories in ``root`` must belong.
    """
    excluded = _compile(exclude)
    mounts = _list_mounts()
    frames: list[tuple[str, list[str]]] = [("", [os.path.normpath(root)])]
    while frames:
        parent, pending = frames[-1]
        if not pending:
            frames.pop()
            continue
        folder = os.path.join(parent, pending.pop())
        prefix = os.path.join(folder, "")
        folders: list[str] = []
        for entry in _scan(folder):
            name = entry.name
            if _is_folder(entry):
                path = prefix + name
                if name in pruned or not (parent or only_of is None or _is_of(entry, only_of)):
                    continue
                if path not in mounts and not (excluded and _matches(excluded, path, name)):
                    folders.append(name)
                elif left_out is not None:
                    left_out.append(path)
            elif name in names:
                yield prefix + name
        if folders:
            frames.append((folder, folders))


def _scan(folder: str) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from entries
    except OSError:
        # Deleted, or closed to this account, which then has no files there.
        return


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_of(entry: os.DirEntry[str], owner: int) -> bool:
    try:
        return entry.stat(follow_symlinks=False).st_uid == owner
    except OSError:
        return False


def _compile(patterns: Iterable[str]) -> re.Pattern[str] | None:
    parts = [fnmatch.translate(pattern.rstrip("/")) for pattern in patterns]
    return re.compile("|".join(parts)) if parts else None


def _matches(excluded: re.Pattern[str], path: str, name: str) -> bool:
    return bool(excluded.match(path) or excluded.match(name))


def _list_mounts() -> frozenset[str]:
    """List the mount points (proc(5), ``mountinfo``, where blanks and the like are octal escapes)."""
    try:
        with open(_MOUNTS, encoding="utf-8", errors="surrogateescape") as lines:
            return frozenset(
                _ESCAPED.sub(lambda match: chr(int(match.group(1), 8)), line.split(" ")[4]) for line in lines
            )
    except (OSError, IndexError):
        return frozenset()
