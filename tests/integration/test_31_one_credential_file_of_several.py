# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One store that cannot be read holds up no other: the rest is done, the run fails, the next one finishes."""

from __future__ import annotations

from pathlib import Path

from tests.integration.files import plant
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry


def test_rest_is_done(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    key = registry.url.removeprefix("http:")
    tokens = [registry.create_token("alice") for _number in range(3)]
    stores = [tmp_path / name for name in ("first", "second", "third")]
    for store, token in zip(stores, tokens, strict=True):
        plant(store, "; kept", f"{key}:_authToken={token}")
    hidden = stores[1].rename(tmp_path / "hidden")
    stores[1].mkdir()
    options = {"registry": registry.url, "paths": [str(store) for store in stores]}

    first = runner.run(log_out("it", options))["it"]

    assert first["failed"]
    assert first["changed"]
    assert first["revoked"]
    assert first["msg"] == f"Not logged out of {registry.url}: paths: {stores[1]} cannot be read: it is a directory."
    assert [item["revocation"] for item in first["credentials"]] == ["confirmed", "confirmed"]
    assert [item["path"] for item in first["files"]] == [str(stores[0]), str(stores[2])]
    assert [registry.is_valid(token) for token in tokens] == [False, True, False]
    assert [stores[0].read_text(), stores[2].read_text()] == ["; kept\n"] * 2

    stores[1].rmdir()
    hidden.rename(stores[1])
    registry.forget_requests()
    second = runner.run(log_out("it", options))["it"]

    assert not second["failed"], second
    assert [(item["path"], item["revocation"]) for item in second["credentials"]] == [(str(stores[1]), "confirmed")]
    assert {request.headers["authorization"] for request in registry.requests} == {f"Bearer {tokens[1]}"}
    assert stores[1].read_text() == "; kept\n"
