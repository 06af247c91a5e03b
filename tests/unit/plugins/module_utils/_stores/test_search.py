# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of projects are found, and useless directories are not searched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._stores import search as _search
from ansible_collections.npmops.auth.plugins.module_utils._stores.search import search

NAMES = {".npmrc", "bunfig.toml"}


def plant(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def find(root: Path, **options: list[str]) -> list[str]:
    return sorted(os.path.relpath(path, root) for path in search(str(root), NAMES, **options))


def test_finds_files_of_these_names_at_any_depth(tmp_path: Path) -> None:
    plant(tmp_path, ".npmrc", "a/b/c/d/.npmrc", "a/bunfig.toml", "a/npmrc", "a/.npmrc.bak", "b/x")
    assert find(tmp_path) == [".npmrc", "a/b/c/d/.npmrc", "a/bunfig.toml"]


@pytest.mark.parametrize("name", ["node_modules", ".git", ".cache", ".npm", ".yarn", "__pycache__"])
def test_prunes(tmp_path: Path, name: str) -> None:
    plant(tmp_path, f"a/{name}/.npmrc", f"a/{name}s/.npmrc")
    assert find(tmp_path) == [f"a/{name}s/.npmrc"]


@pytest.mark.parametrize(
    ("exclude", "found"),
    [
        pytest.param([], ["a/b/.npmrc", "a/c/.npmrc", "b/.npmrc"], id="nothing"),
        pytest.param(["b"], ["a/c/.npmrc"], id="bare name"),
        pytest.param(["b/"], ["a/c/.npmrc"], id="with a slash"),
        pytest.param(["*/a/b"], ["a/c/.npmrc", "b/.npmrc"], id="end of a path"),
        pytest.param(["[bc]"], [], id="pattern"),
        pytest.param(["{root}/a"], ["b/.npmrc"], id="whole path"),
        pytest.param(["c", "*/b"], [], id="several"),
    ],
)
def test_excludes(tmp_path: Path, exclude: list[str], found: list[str]) -> None:
    plant(tmp_path, "a/b/.npmrc", "a/c/.npmrc", "b/.npmrc")
    assert find(tmp_path, exclude=[pattern.format(root=tmp_path) for pattern in exclude]) == found


def test_follows_no_link_to_a_directory(tmp_path: Path) -> None:
    plant(tmp_path, "real/.npmrc", "outside/.npmrc")
    (tmp_path / "real" / "loop").symlink_to(tmp_path / "real")
    (tmp_path / "real" / "out").symlink_to(tmp_path / "outside")
    assert find(tmp_path / "real") == [".npmrc"]


def test_finds_a_link_of_such_a_name(tmp_path: Path) -> None:
    plant(tmp_path, "settings")
    (tmp_path / ".npmrc").symlink_to("settings")
    assert find(tmp_path) == [".npmrc"]


def test_directory_of_such_a_name_is_not_a_file(tmp_path: Path) -> None:
    plant(tmp_path, ".npmrc/bunfig.toml")
    assert find(tmp_path) == [".npmrc/bunfig.toml"]


def test_enters_no_other_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(tmp_path, "a/.npmrc", "my mount/.npmrc")
    mounts = tmp_path / "mountinfo"
    mounts.write_text(f"36 35 98:0 / {tmp_path} rw - ext3 a rw\n37 36 98:0 / {tmp_path}/my\\040mount rw - ext3 a rw\n")
    monkeypatch.setattr(_search, "_MOUNTS", str(mounts))
    assert find(tmp_path) == ["a/.npmrc"]


def test_real_mounts_are_known() -> None:
    others = [f"/{name}" for name in os.listdir("/") if name != "proc"]
    assert not list(search("/", ["cpuinfo"], others))
    assert list(search("/proc", ["cpuinfo"], ["[0-9]*", "sys", "irq", "fs", "bus"])) == ["/proc/cpuinfo"]


def test_continues_where_a_directory_is_closed_or_gone(tmp_path: Path) -> None:
    assert find(tmp_path / "none") == []
    deep = tmp_path
    for _level in range(300):
        deep = deep / ("d" * 20)
        if len(str(deep)) > 4000:
            break
        deep.mkdir()
    plant(tmp_path, "a/.npmrc")
    assert find(tmp_path) == ["a/.npmrc"]


def test_names_that_are_no_text(tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"\xff\n")
    os.mkdir(folder)
    with open(os.path.join(folder, b".npmrc"), "wb"):
        pass
    assert [os.fsencode(path) for path in search(str(tmp_path), NAMES)] == [os.path.join(folder, b".npmrc")]
