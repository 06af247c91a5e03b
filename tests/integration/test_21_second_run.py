# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Twice is once: the second run finds nothing to do, says so, and asks nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.integration.files import plant, take_snapshot
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry

VARIANTS = ("registry", "scope", "all_registries", "default")


def test_second_run(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    key = registry.url.removeprefix("http:")
    options: dict[str, dict[str, Any]] = {
        "registry": {"registry": registry.url},
        "scope": {"scope": "@example"},
        "all_registries": {"all_registries": True},
        "default": {},
    }
    stores = {}
    for name in VARIANTS:
        token = registry.create_token("alice")
        lines = [f"registry={registry.url}", f"@example:registry={registry.url}", f"{key}:_authToken={token}"]
        stores[name] = plant(tmp_path / name, "; kept", *lines)
    first = [log_out(f"{name} 1", {**options[name], "paths": [str(stores[name])]}) for name in VARIANTS]
    second = [log_out(f"{name} 2", {**options[name], "paths": [str(stores[name])]}) for name in VARIANTS]

    run = runner.run(*first)
    sent, snapshots = len(registry.requests), {name: take_snapshot(stores[name]) for name in VARIANTS}
    again = runner.run(*second)

    assert [run[f"{name} 1"]["changed"] for name in VARIANTS] == [True] * len(VARIANTS)
    assert sent == 3 * len(VARIANTS)  # who is it, end it, who is it
    for name in VARIANTS:
        result = again[f"{name} 2"]
        assert (result["failed"], result["changed"], result["revoked"]) == (False, False, False), result
        assert (result["credentials"], result["diff"]) == ([], [])
        assert result["msg"].endswith("nothing to do")
        assert take_snapshot(stores[name]) == snapshots[name]
    assert len(registry.requests) == sent
