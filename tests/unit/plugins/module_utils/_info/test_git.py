# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether git tracks a file is known, as git itself reports it."""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._info import git as _git
from ansible_collections.npmops.auth.plugins.module_utils._info.git import is_tracked

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "a@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, env=ENVIRONMENT, check=True, capture_output=True, timeout=120)


def make_repository(folder: Path, *options: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", *options)
    return folder


def write(path: Path) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("x")
    return str(path)


@pytest.mark.parametrize("version", ["2", "3", "4"])
@pytest.mark.parametrize("name", [".npmrc", "a/.npmrc", "a/b/c/.yarnrc.yml", "a b/\u00e4.npmrc"])
def test_tracked(tmp_path: Path, version: str, name: str) -> None:
    repository = make_repository(tmp_path / "r")
    git(repository, "config", "index.version", version)
    for other in ("a/.a", "a/.npmrd", "b", "z/.npmrc", *(f"long/{'n' * length}" for length in range(1, 20))):
        write(repository / other)
    path = write(repository / name)
    git(repository, "add", "--all")
    if version == "3":
        # What makes git write version 3 indeed.
        git(repository, "update-index", "--skip-worktree", "b")
    else:
        git(repository, "update-index", "--index-version", version)
    assert (repository / ".git" / "index").read_bytes()[4:8] == int(version).to_bytes(4, "big")
    assert is_tracked(path)
    assert not is_tracked(write(repository / "untracked" / ".npmrc"))
    assert not is_tracked(str(repository / "a" / "npmrc"))


def test_worktree(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    write(repository / ".npmrc")
    git(repository, "add", ".npmrc")
    git(repository, "commit", "-qm", "x")
    git(repository, "worktree", "add", "-q", "../w")
    assert is_tracked(str(tmp_path / "w" / ".npmrc"))
    assert not is_tracked(write(tmp_path / "w" / "other" / ".npmrc"))


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_split_index(tmp_path: Path, object_format: str) -> None:
    repository = make_repository(tmp_path / "r", f"--object-format={object_format}")
    old = write(repository / "a" / ".npmrc")
    git(repository, "add", "--all")
    git(repository, "update-index", "--split-index")
    new = write(repository / "b" / ".npmrc")
    git(repository, "add", "b")
    assert is_tracked(old)
    assert is_tracked(new)
    assert not is_tracked(write(repository / "c" / ".npmrc"))


def test_nearest_repository_counts(tmp_path: Path) -> None:
    outer = make_repository(tmp_path / "r")
    inner = make_repository(outer / "inner")
    path = write(inner / ".npmrc")
    assert not is_tracked(path)
    git(inner, "add", ".npmrc")
    assert is_tracked(path)


def test_object_names_of_sha256(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r", "--object-format=sha256")
    path = write(repository / "a" / ".npmrc")
    git(repository, "add", "--all")
    assert is_tracked(path)


@pytest.mark.parametrize(
    "index",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"DIRC", id="cut off"),
        pytest.param(b"DIRC\0\0\0\2\xff\xff\xff\xff", id="says it is endless"),
        pytest.param(b"DIRC\0\0\0\4\0\0\0\2" + 62 * b"\0" + 200 * b"\xff", id="endless number"),
        pytest.param(b"DIRC\0\0\0\x09\0\0\0\1" + 99 * b"a", id="unknown version"),
        pytest.param(99 * b"a", id="no index"),
    ],
)
def test_damaged_index(tmp_path: Path, index: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_bytes(index)
    assert not is_tracked(write(tmp_path / ".npmrc"))


@pytest.mark.parametrize(
    "entries",
    [
        pytest.param(62 * b"\0" + 1_000_000 * b"\x80" + b"\0", id="number of a million digits"),
        pytest.param(100_000 * (62 * b"\0" + b"\0a\0"), id="each name longer than the one before"),
    ],
)
def test_index_that_exhausts(tmp_path: Path, entries: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index").write_bytes(b"DIRC\0\0\0\4\xff\xff\xff\xff" + entries)
    path = write(tmp_path / ".npmrc")
    started = time.process_time()
    assert not is_tracked(path)
    assert time.process_time() - started < 5


def test_many_stores_of_one_repository(tmp_path: Path) -> None:
    """Its index is read once, however many stores it tracks: 500 times would take a minute."""
    count = 500
    names = [f"{number:05}/{name}".encode() for number in range(count) for name in [".npmrc", *map(str, range(99))]]
    entries = [62 * b"\0" + name + (8 - (62 + len(name)) % 8) * b"\0" for name in names]
    (tmp_path / ".git").mkdir()
    index = b"DIRC\0\0\0\2" + len(entries).to_bytes(4, "big") + b"".join(entries)
    (tmp_path / ".git" / "index").write_bytes(index)
    started = time.process_time()
    assert all(is_tracked(f"{tmp_path}/{number:05}/.npmrc") for number in range(count))
    assert time.process_time() - started < 10


def test_index_that_changes(tmp_path: Path) -> None:
    repository = make_repository(tmp_path / "r")
    path = write(repository / ".npmrc")
    assert not is_tracked(path)
    git(repository, "add", ".npmrc")
    assert is_tracked(path)


def test_index_that_becomes_a_fifo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(tmp_path / "index")
    status = os.stat(write(tmp_path / "file"))
    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", lambda _path: status)
        data = _git._read(str(tmp_path / "index"))
    assert data == b""


def test_index_that_is_no_file(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    os.mkfifo(tmp_path / ".git" / "index")
    assert not is_tracked(write(tmp_path / ".npmrc"))


def test_no_repository() -> None:
    assert not is_tracked("/.npmrc")
