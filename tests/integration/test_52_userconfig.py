# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The connecting account's store is where its environment says, and in its home otherwise."""

from __future__ import annotations

from pathlib import Path

from tests.integration.files import plant
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry


def test_places(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    home = tmp_path / "home"
    places = {
        "of the home": home / ".npmrc",
        "moved": tmp_path / "moved",
        "by path": home / "project" / ".npmrc",
        "by path all the same": tmp_path / "by-path",
    }
    key = registry.url.removeprefix("http:")
    tokens = {name: registry.create_token("alice") for name in places}
    for name, place in places.items():
        plant(place, f"{key}:_authToken={tokens[name]}")
    unwanted = plant(tmp_path / "unwanted", f"{key}:_authToken={registry.create_token('alice')}")

    run = runner.run(
        log_out("of the home", {"registry": registry.url}, environment={"HOME": str(home)}),
        log_out(
            "moved",
            {"registry": registry.url},
            environment={"HOME": str(unwanted.parent), "NPM_CONFIG_USERCONFIG": str(places["moved"])},
        ),
        log_out("by path", {"registry": registry.url, "path": "~/project/.npmrc"}, environment={"HOME": str(home)}),
        log_out(
            "by path all the same",
            {"registry": registry.url, "userconfig": str(places["by path all the same"])},
            environment={"NPM_CONFIG_USERCONFIG": str(unwanted)},
        ),
    )

    for name, place in places.items():
        (credential,) = run[name]["credentials"]
        assert (credential["path"], credential["revocation"]) == (str(place), "confirmed")
        assert not place.exists()
        assert not registry.is_valid(tokens[name])
    assert unwanted.exists()
