# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One registry that gives no answer keeps its own lines in the file, and no other's."""

from __future__ import annotations

from pathlib import Path

from tests.integration.files import plant
from tests.integration.play import Runner, log_out
from tests.integration.verdaccio import find_free_port
from tests.registry import EmbeddedRegistry


def test_rest_is_done(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    token, closed = registry.create_token("alice"), find_free_port()
    good, bad = registry.url.removeprefix("http:"), f"//127.0.0.1:{closed}/"
    store = plant(
        tmp_path / ".npmrc",
        f"@bad:registry=http:{bad}",
        f"{bad}:_authToken=npm_0123456789abcdefghij",
        f"@good:registry=http:{good}",
        f"{good}:_authToken={token}",
    )

    run = runner.run(log_out("it", {"all_registries": True, "paths": [str(store)], "retries": 0}))

    result = run["it"]
    assert result["failed"]
    assert result["changed"]
    assert [item["revocation"] for item in result["credentials"]] == ["failed", "confirmed"]
    assert f"{store} line 2: Cannot reach the registry: connection refused." in result["msg"]
    assert result["files"][0]["remaining"] == [f"http:{bad}"]
    assert store.read_text().splitlines() == [
        f"@bad:registry=http:{bad}",
        f"{bad}:_authToken=npm_0123456789abcdefghij",
        f"@good:registry=http:{good}",
    ]
