# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of all modules of the collection can be set once, for the group npmops.auth.npm."""

from __future__ import annotations

from pathlib import Path

from tests.integration.files import plant
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry


def test_group(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    token = registry.create_token("alice")
    store = plant(tmp_path / ".npmrc", f"{registry.url.removeprefix('http:')}:_authToken={token}")
    defaults = {"group/npmops.auth.npm": {"registry": registry.url, "paths": [str(store)]}}

    result = runner.run(log_out("it"), module_defaults=defaults)["it"]

    assert not result["failed"], result
    assert result["credentials"][0]["revocation"] == "confirmed"
    assert not registry.is_valid(token)
