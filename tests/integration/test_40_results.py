# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each result is there that the documentation promises, of the type that it says; and no other."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.files import plant
from tests.integration.play import Run, Runner, log_out
from tests.registry import LYING, EmbeddedRegistry

TYPES: dict[str, type] = {"bool": bool, "str": str, "int": int, "list": list, "dict": dict}
# Ansible's own.
COMMON = {"changed", "failed", "warnings", "deprecations", "invocation", "exception", "_ansible_no_log"}
RUNS = ("success", "failure", "check mode", "nothing to do", "unreadable", "a token in no store")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("home")
    with EmbeddedRegistry() as good, EmbeddedRegistry(LYING) as lying:
        lines = [
            "//other.example.com/:_auth=YWxpY2U6cGFzc3dvcmQ=",
            "//third.example.com/:_authToken=${NPM_TOKEN_THAT_IS_NOT_SET}",
        ]
        stores: dict[str, Path] = {}
        for name in ("success", "failure", "check mode"):
            server = lying if name == "failure" else good
            login = f"{server.url.removeprefix('http:')}:_authToken={server.create_token('alice')}"
            # The registry is on http, which a key alone does not say.
            stores[name] = plant(folder / name.replace(" ", "-"), f"registry={server.url}", login, *lines)
        stores["nothing to do"] = plant(folder / "nothing", "fund=false")
        stores["unreadable"] = folder
        tasks = [
            log_out(
                name,
                {"all_registries": True, "verify_timeout": 0, "paths": [str(stores[name])]},
                check_mode=name == "check mode",
            )
            for name in RUNS[:-1]
        ]
        options = {"registry": good.url, "token": good.create_token("alice"), "paths": [str(stores["nothing to do"])]}
        tasks.append(log_out(RUNS[-1], options))
        return Runner(tmp_path_factory.mktemp("run")).run(*tasks)


def check_types(values: Mapping[str, Any], promised: Mapping[str, Any], where: str) -> None:
    assert set(values) == set(promised), where
    for name, promise in promised.items():
        value = values[name]
        if value is None and "null" in str(promise["description"]).lower():
            continue
        assert is_a(value, promise["type"]), f"{where}.{name}"
        for item in value if promise["type"] == "list" else ():
            assert is_a(item, promise["elements"]), f"{where}.{name}"
            if promise["elements"] == "dict":
                check_types(item, promise["contains"], f"{where}.{name}")


def is_a(value: Any, name: str) -> bool:
    """Has the value exactly this type? To Python, a bool is an int as well."""
    return isinstance(value, TYPES[name]) and (name == "bool" or not isinstance(value, bool))


@pytest.mark.parametrize("name", RUNS)
def test_results(run: Run, documentation: dict[str, Any], name: str) -> None:
    result = {key: value for key, value in run[name].items() if key not in COMMON}
    promised = {key: value for key, value in documentation["return"].items() if key not in COMMON}
    check_types(result, promised, name)
    assert isinstance(run[name]["changed"], bool)


def test_runs_are_what_they_are_called(run: Run) -> None:
    """Otherwise the other tests would have looked at nothing."""
    assert [run[name]["failed"] for name in RUNS] == [False, True, False, False, True, False]
    assert [run[name]["changed"] for name in RUNS] == [True, True, True, False, False, False]
    assert [len(run[name]["credentials"]) for name in RUNS] == [3, 3, 3, 0, 0, 1]
    assert [len(run[name]["files"]) for name in RUNS] == [1, 1, 1, 1, 0, 1]


def test_outcomes_are_documented(run: Run, documentation: dict[str, Any]) -> None:
    text = " ".join(documentation["return"]["credentials"]["contains"]["revocation"]["description"])
    seen = {item["revocation"] for name in RUNS for item in run[name]["credentials"]}
    assert seen == {"confirmed", "ineffective", "pending", "not_applicable", "unresolved"}
    assert all(f"V({outcome})" in text for outcome in seen)


def test_every_result_is_documented(documentation: dict[str, Any]) -> None:
    for name, promise in documentation["return"].items():
        assert promise["description"], name
        assert promise["returned"], name


def test_warning_says_where_the_secret_lives(run: Run) -> None:
    (warning,) = run["success"]["warnings"]
    assert "NPM_TOKEN_THAT_IS_NOT_SET" in warning
