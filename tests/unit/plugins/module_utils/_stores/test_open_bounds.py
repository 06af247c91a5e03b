# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files of an account are read up to a limit, also where somebody has made them endless."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._clients import PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._stores import open
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import open_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store

LINE = "//h{}.example/:_authToken=t0ken\n"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    environment = {"npm_config_globalconfig": str(tmp_path / "none")}
    return Account("me", os.geteuid(), os.getegid(), (), str(tmp_path), True, environment)


def make_links(account: Account, text: str, count: int) -> list[Store]:
    """One file under very many names."""
    source = Path(account.home, "source")
    source.write_text(text)
    folder = Path(account.home, "many")
    folder.mkdir()
    for number in range(count):
        os.link(source, folder / str(number))
    return [Store(account, "npm", str(folder / str(number)), level=PROJECT) for number in range(count)]


@pytest.mark.parametrize(
    ("text", "defaults"),
    [
        pytest.param("".join(LINE.format(number) for number in range(19_000)), "", id="settings"),
        pytest.param(f"; {1_000_000 * 'x'}", "", id="bytes"),
        pytest.param("a=1\n", "".join(LINE.format(number) for number in range(19_000)), id="weaker levels"),
    ],
)
def test_one_large_file_under_many_names(
    account: Account, text: str, defaults: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open, "_MOST_COST", open._MOST_COST // 5)
    Path(account.home, ".npmrc").write_text(defaults)
    stores = make_links(account, text, 1000)
    started = time.process_time()
    opened, problems = open_stores(stores)
    assert time.process_time() - started < 20
    assert 0 < len(opened) < 100
    (problem,) = problems
    assert problem.path == stores[len(opened)].path
    assert problem.message == (
        f"{problem.path} and later files of me were not read, because the files before them are too many or too large. "
        "Select fewer files with paths or exclude."
    )


def test_many_that_cannot_be_read(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open, "_MOST_COST", 100)
    stores = [Store(account, "npm", f"{account.home}/{number}") for number in range(99)]
    for store in stores:
        Path(store.path).mkdir()
    _opened, problems = open_stores(stores)
    assert len(problems) == 7
    assert problems[-1].message.endswith("fewer files with paths or exclude.")


def test_other_accounts_are_read(account: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(open, "_MOST_COST", 10)
    stores = make_links(account, 20 * LINE.format(1), 3)
    Path(account.home, "other").write_text("a=1\n")
    other = Store(account._replace(name="other"), "npm", f"{account.home}/other")
    opened, problems = open_stores([*stores, other])
    assert [found.store.path for found in opened] == [stores[0].path, other.path]
    assert [problem.account for problem in problems] == ["me"]


def test_all_that_anybody_has(account: Account) -> None:
    stores = make_links(account, LINE.format(1), 2000)
    opened, problems = open_stores(stores)
    assert (len(opened), problems) == (2000, [])
