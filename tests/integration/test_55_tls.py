# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A registry with an authority of its own: the playbook or the store names it, and a token goes to no other."""

from __future__ import annotations

from pathlib import Path

from tests.integration.files import plant
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry, Tls
from tests.registry.tls import make_certificates

TRUSTING = ("option", "cafile", "ca", "ca before the host's cafile", "the host's cafile", "not checked")


def make_other_authority(path: Path) -> Path:
    path.mkdir()
    return make_certificates(Tls(path)).ca_file


def test_tls(runner: Runner, tmp_path: Path) -> None:
    with EmbeddedRegistry(tls=Tls(tmp_path)) as registry:
        key = f"//localhost:{registry.port}/"
        tokens = {name: registry.create_token("alice") for name in ("unknown", *TRUSTING)}
        other = make_other_authority(tmp_path / "other")
        hosts = {
            "ca before the host's cafile": plant(tmp_path / "etc" / "other", f"cafile={other}"),
            "the host's cafile": plant(tmp_path / "etc" / "this", f"cafile={registry.ca_file}"),
        }
        inline = registry.ca_file.read_text().replace("\n", "\\n")
        extra = {
            "cafile": [f"cafile={registry.ca_file}"],
            "ca": [f'ca="{inline}"'],
            "ca before the host's cafile": [f'ca="{inline}"'],
            "not checked": ["strict-ssl=false"],
        }
        stores = {
            name: plant(tmp_path / name, *extra.get(name, []), f"{key}:_authToken={token}")
            for name, token in tokens.items()
        }
        options = {"option": {"ca_path": str(registry.ca_file)}}
        common = {"registry": f"https:{key}", "retries": 0}
        tasks = [
            log_out(
                name,
                {**common, **options.get(name, {}), "paths": [str(store)]},
                environment={"NPM_CONFIG_GLOBALCONFIG": str(hosts[name])} if name in hosts else {},
            )
            for name, store in stores.items()
        ]

        run = runner.run(*tasks)

        assert run["unknown"]["failed"]
        assert "not trusted here" in run["unknown"]["msg"]
        assert registry.is_valid(tokens["unknown"])
        # npm's levels: what the store says, of whatever name, counts before what the host says.
        assert [name for name in TRUSTING if run[name]["failed"]] == []
        assert [name for name in TRUSTING if registry.is_valid(tokens[name])] == []
        assert "is not validated" in str(run["not checked"]["warnings"])
        assert not any(f"Bearer {tokens['unknown']}" in request.headers.values() for request in registry.requests)
