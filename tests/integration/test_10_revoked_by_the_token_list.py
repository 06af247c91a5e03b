# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token of Verdaccio's token API is revoked, which is verified, and removed with nothing else."""

from __future__ import annotations

import stat
from pathlib import Path

from tests.integration.files import plant_surrounded, surround
from tests.integration.play import Runner, log_out
from tests.integration.verdaccio import Verdaccio


def test_token_of_the_token_api(verdaccio: Verdaccio, runner: Runner, tmp_path: Path) -> None:
    token, other = (verdaccio.create_token("ursula") for _number in range(2))
    store = plant_surrounded(
        tmp_path / ".npmrc",
        f"{verdaccio.key}:_authToken={token}",
        f"{verdaccio.key}:email=ursula@example.com",
        f"{verdaccio.key}:always-auth=true",
    )
    assert verdaccio.whoami(token).body == {"username": "ursula"}

    run = runner.run(log_out("it", {"registry": verdaccio.url, "paths": [str(store)]}))

    result = run["it"]
    assert not result["failed"], result
    (credential,) = result["credentials"]
    assert credential["revocation"] == "confirmed"
    assert credential["by_hand"] is None
    assert credential["removed"]
    assert (result["changed"], result["revoked"]) == (True, True)
    assert result["msg"] == f"Logged out of {verdaccio.url}: 1 credential removed, 1 token revoked"
    assert result["files"][0]["remaining"] == ["https://other.example.com/"]
    assert store.read_bytes() == surround(b"")
    assert stat.S_IMODE(store.stat().st_mode) == 0o600
    assert verdaccio.whoami(token).status == 403
    assert verdaccio.whoami(other).body == {"username": "ursula"}
