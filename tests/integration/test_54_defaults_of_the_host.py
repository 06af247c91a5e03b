# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where nothing is said, the store's registry is meant, or else that of the host's global npmrc."""

from __future__ import annotations

from pathlib import Path

from tests.integration.files import plant
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry


def test_registry_of_the_store_and_of_the_host(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    key = registry.url.removeprefix("http:")
    tokens = [registry.create_token("alice") for _number in range(4)]
    host = plant(tmp_path / "etc" / "npmrc", f"registry={registry.url}")
    before = host.read_bytes()
    own = plant(tmp_path / "own", f"registry={registry.url}", f"{key}:_authToken={tokens[0]}")
    moved = plant(tmp_path / "moved", f"{key}:_authToken={tokens[1]}")
    prefixed = plant(tmp_path / "prefixed", f"prefix={tmp_path}", f"{key}:_authToken={tokens[2]}")
    public = plant(tmp_path / "public", f"{key}:_authToken={tokens[3]}")

    run = runner.run(
        log_out("own", {"paths": [str(own)]}),
        log_out("moved", {"paths": [str(moved)]}, environment={"NPM_CONFIG_GLOBALCONFIG": str(host)}),
        log_out("prefixed", {"paths": [str(prefixed)]}, environment={"NPM_CONFIG_GLOBALCONFIG": ""}),
        # Nobody names a registry: npm's public one is meant, and this store has no login of it.
        log_out("public", {"paths": [str(public)]}),
    )

    for name in ("own", "moved", "prefixed"):
        assert run[name]["credentials"][0]["revocation"] == "confirmed", name
        assert registry.url in run[name]["msg"]
    assert [registry.is_valid(token) for token in tokens] == [False, False, False, True]
    assert (run["public"]["failed"], run["public"]["changed"]) == (False, False)
    assert host.read_bytes() == before
