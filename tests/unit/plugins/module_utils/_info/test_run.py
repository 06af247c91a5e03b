# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The credential files that an audit reads, and the time for which it asks registries."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._clients import LEVELS
from ansible_collections.npmops.auth.plugins.module_utils._info import run
from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import build_info
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, InfoOptions, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._registry import revoke


def read_options(**params: Any) -> InfoOptions:
    return read_info_options({**{name: option.get("default") for name, option in INFO_SPEC.items()}, **params})


@pytest.mark.parametrize(
    ("params", "levels"),
    [
        pytest.param({}, LEVELS, id="all"),
        pytest.param({"paths": ["~/.npmrc"]}, ("user",), id="with paths"),
        pytest.param({"levels": []}, (), id="none"),
        pytest.param({"levels": [], "search": ["/srv"]}, ("project",), id="of projects alone"),
        pytest.param({"levels": ["all"], "paths": ["~/.npmrc"]}, LEVELS, id="all with paths"),
    ],
)
def test_levels(params: dict[str, Any], levels: tuple[str, ...]) -> None:
    assert read_options(**params).stores.levels == levels


@pytest.mark.parametrize("option", ["users", "paths", "clients", "levels"])
def test_an_empty_selection_finds_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, option: str) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text("//h.example/:_authToken=t0ken\n")
    (tmp_path / "trap").write_text("")
    inventory = inspect_host(read_options(**{option: [], "tripwires": [str(tmp_path / "trap")]}))
    assert (inventory.stores, inventory.findings, inventory.tripwires) == ((), (), (str(tmp_path / "trap"),))
    assert build_info(inventory)["msg"] == f"The option {option} is an empty list, which selects nothing"


def test_slow_registries_hold_nobody_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An account can name thousands of tokens of a registry that takes its time to refuse each."""
    asked: list[object] = []

    def ask_slowly(_client: object, token: object, **_options: object) -> revoke.Who:
        asked.append(token)
        time.sleep(0.02)
        return revoke.Who(revoke.DENIED, "")

    monkeypatch.setattr(revoke, "ask_who", ask_slowly)
    monkeypatch.setattr(run, "_MOST_SECONDS", 0.05)
    monkeypatch.setenv("HOME", str(tmp_path))
    lines = [f"//127.0.0.1:1/{number}/:_authToken=t0ken-{number}\n" for number in range(99)]
    (tmp_path / ".npmrc").write_text("".join(lines))
    inventory = inspect_host(read_options(probe=True, levels=["user"]))
    told = [found.alive for store in inventory.stores for found in store.found]
    assert 1 <= len(asked) <= 3
    assert told == [False] * len(asked) + [None] * (99 - len(asked))
    (warning,) = inventory.warnings
    assert "took longer than" in warning


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as other accounts")
def test_account_that_cannot_be_acted_as_leaves_the_others(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that may not change its user: a finding, and the audit of the rest."""

    def refuse(_uid: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "seteuid", refuse)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text("//h.example/:_authToken=t0ken\n")
    inventory = inspect_host(read_options(users=["root", "daemon"], levels=["user"], tripwires=["~/.npmrc"]))
    assert [len(store.found) for store in inventory.stores] == [1]
    assert [item.rule for item in inventory.findings if "cannot switch to the account daemon." in item.message] == [
        "unreadable"
    ]
    assert any(text.startswith("The module cannot switch to the account daemon.") for text in inventory.warnings)
    assert inventory.tripwires == (str(tmp_path / ".npmrc"),)


def test_what_is_named_and_not_there_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "there").write_bytes(b"a=1\n")
    inventory = inspect_host(read_options(paths=["~/there", "~/typo"]))
    assert build_info(inventory)["msg"].endswith(f". There is no file {tmp_path}/typo")
    inventory = inspect_host(read_options(users=["nobody-of-that-name"]))
    assert build_info(inventory)["msg"].endswith(". There is no account nobody-of-that-name")
    assert "There is no" not in build_info(inspect_host(read_options()))["msg"]
