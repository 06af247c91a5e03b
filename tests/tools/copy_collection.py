# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy the collection to the path that ansible-test requires: .../ansible_collections/npmops/auth, without links.

    python copy_collection.py DESTINATION

Copies the tracked files and the untracked files that git does not ignore; without git, everything except directories
that tools create. Files that no longer exist in the source are removed from the copy. The copy becomes its own git
repository. Otherwise ansible-test would find the surrounding repository, which ignores the copy.
"""

from __future__ import annotations

import filecmp
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE_BY_TOOLS = {
    ".ansible",
    ".git",
    ".hypothesis",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".venv",
    ".work",
    "__pycache__",
    "node_modules",
}


def git(*args: str, cwd: Path) -> bytes | None:
    """Return the output of git; None without git or without a repository."""
    try:
        done = subprocess.run(["git", *args], cwd=cwd, capture_output=True, stdin=subprocess.DEVNULL, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def walk() -> Iterator[str]:
    for folder, names, files in os.walk(ROOT):
        names[:] = [name for name in names if name not in MADE_BY_TOOLS]
        for file in files:
            path = (Path(folder) / file).relative_to(ROOT)
            if path.suffix not in {".pyc", ".gz"} and path.parts[:2] != ("tests", "output"):
                yield str(path)


def wanted() -> set[str]:
    # A source tree unpacked inside another repository is not that repository: --show-cdup is empty only at the top.
    top = git("rev-parse", "--show-cdup", cwd=ROOT)
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT) if top == b"\n" else None
    names = set(walk()) if listed is None else {os.fsdecode(name) for name in listed.split(b"\0") if name}
    return {name for name in names if os.path.lexists(ROOT / name)}


def copy_to(destination: Path) -> None:
    names = wanted()
    destination.mkdir(parents=True, exist_ok=True)
    for folder, folders, files in os.walk(destination, topdown=True):
        folders[:] = [name for name in folders if name != ".git"]
        for file in files:
            path = Path(folder) / file
            if str(path.relative_to(destination)) not in names:
                path.unlink()
    for name in names:
        source, target = ROOT / name, destination / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_symlink() or not target.is_file() or not filecmp.cmp(source, target, shallow=False):
            target.unlink(missing_ok=True)
            shutil.copy2(source, target, follow_symlinks=False)
        if not source.is_symlink():
            shutil.copymode(source, target)
    if not (destination / ".git").exists():
        git("init", "--quiet", cwd=destination)
    print(f"{len(names)} files in {destination}", flush=True)


if __name__ == "__main__":
    copy_to(Path(sys.argv[1]).resolve())
