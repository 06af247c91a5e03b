# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare files before and after a run: content, mode, owner, inode and times."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

# Content that must not change: another registry's login, comments, unusual line endings, invalid UTF-8.
SURROUNDINGS_BEFORE = (
    b"\xef\xbb\xbf; of alice\r\nfund = false\n\n# caf\xe9\n//other.example.com/:_authToken = other-0123456789\r\n"
)
SURROUNDINGS_AFTER = b"  save-exact=true\n; the last line has no end"


@dataclass(frozen=True)
class Snapshot:
    """The properties that do not change if a file is not written."""

    data: bytes
    inode: int
    mtime: int
    ctime: int
    mode: int
    owner: tuple[int, int]


def plant(path: Path, *lines: str, mode: int = 0o600) -> Path:
    """Write a credential file with only these lines."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(mode)
    return path


def surround(lines: bytes) -> bytes:
    return SURROUNDINGS_BEFORE + lines + SURROUNDINGS_AFTER


def plant_surrounded(path: Path, *lines: str) -> Path:
    """Write a credential file with these lines between content that must not change."""
    path.write_bytes(surround("".join(f"{line}\n" for line in lines).encode()))
    path.chmod(0o600)
    return path


def take_snapshot(path: Path) -> Snapshot:
    status = path.stat()
    mode, owner = stat.S_IMODE(status.st_mode), (status.st_uid, status.st_gid)
    return Snapshot(path.read_bytes(), status.st_ino, status.st_mtime_ns, status.st_ctime_ns, mode, owner)
