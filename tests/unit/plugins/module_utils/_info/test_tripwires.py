# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of a worm that reacts to the revocation of a token are found."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._info import tripwires
from ansible_collections.npmops.auth.plugins.module_utils._info.tripwires import find_tripwires

WIRE = "~/.local/bin/monitor.sh"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The home of the connecting account, with a trap and links in it."""
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = tmp_path / ".local" / "bin"
    folder.mkdir(parents=True)
    (folder / "monitor.sh").write_text("")
    (folder / "dangling").symlink_to("/no/such/file")
    (tmp_path / "a-folder").mkdir()
    return tmp_path


@pytest.mark.parametrize(
    ("paths", "found"),
    [
        pytest.param([], [], id="none asked for"),
        pytest.param([WIRE], [".local/bin/monitor.sh"], id="there"),
        pytest.param(["~/.local/bin/other.sh"], [], id="not there"),
        pytest.param(["~/no/such/folder/monitor.sh"], [], id="no such directory"),
        pytest.param(["~/.local/bin/monitor.sh/below"], [], id="below a file"),
        pytest.param(["~/.local/bin/dangling"], [".local/bin/dangling"], id="a link that leads nowhere"),
        pytest.param(["~/a-folder"], ["a-folder"], id="a directory"),
        pytest.param([WIRE, WIRE, "~/a-folder"], [".local/bin/monitor.sh", "a-folder"], id="each once"),
    ],
)
def test_in_a_home(home: Path, paths: list[str], found: list[str]) -> None:
    own = find_accounts(None)[0]
    assert [os.path.relpath(path, home) for path in find_tripwires(paths, own)] == found


def test_absolute_path(home: Path) -> None:
    there, gone = str(home / "a-folder"), str(home / "gone")
    assert find_tripwires([gone, there], ()) == (there,)


@pytest.mark.parametrize(("uid", "homes"), [(0, {"mine", "theirs"}), (1000, {"mine"})], ids=["root", "not root"])
def test_in_whose_homes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, homes: set[str]) -> None:
    """Root looks into all of them, whoever the run is about."""
    accounts = tuple(
        Account(name, os.geteuid(), os.getegid(), (), str(tmp_path / name), True, {}) for name in ("mine", "theirs")
    )
    for account in accounts:
        Path(account.home).mkdir()
        (Path(account.home) / "wire").write_text("")
    monkeypatch.setattr(tripwires.os, "geteuid", lambda: uid)
    monkeypatch.setattr(tripwires, "find_accounts", lambda _users, all_users: (accounts if all_users else (), ()))
    assert {Path(path).parent.name for path in find_tripwires(["~/wire"], accounts[:1])} == homes


@pytest.mark.skipif(os.geteuid() != 0, reason="only root looks into other homes")
def test_account_that_cannot_be_acted_as_leaves_the_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that knows only some users, or may not change its own."""

    def refuse(_uid: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "seteuid", refuse)
    (own,), _absent = find_accounts(None)
    skipped: list[str] = []
    assert str(home / WIRE[2:]) in find_tripwires([WIRE], [own], skipped)
    assert "daemon" in skipped
