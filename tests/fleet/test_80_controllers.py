# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The oldest and the newest controller do the same, and evaluate nothing that the owner of a home has written."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token
from tests.tools import paths

SOME = ["h01", "h02"]


@pytest.mark.parametrize("version", ["2.18", "2.22"])
def test_names_that_look_like_templates(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, tmp_path: Path, version: str
) -> None:
    controller.core = paths.WORK / "cores" / version
    if not controller.core.exists():
        pytest.skip(f"ansible-core {version} is not installed (make setup)")
    witness = tmp_path / "evaluated"
    hostile = "{{ lookup('pipe', 'touch " + str(witness) + "') }}"
    shared = registry.give()
    for name in SOME:
        text = registry.write_npmrc(shared)
        fleet[name].plant(
            "alice", "~/.npmrc", text + f"//h.example.com/{hostile}/:_auth=YTpi\n//h/:_authToken=${{x}}\n"
        )
        fleet[name].plant(
            "alice", f"~/{hostile.replace('/', '_')}/.npmrc", f"//h.example.com/{hostile}/:_authToken=x\n"
        )
    controller.secrets.append(shared)
    run = controller.play("npmops.auth.offboard", "--limit", ",".join(SOME), users=["alice"], timeout=2, retries=0)
    assert not witness.exists()
    assert sorted(run.recap) == SOME
    assert (registry.count_ended(), fleet.list_holding(shared)) == (1, [])
    assert run.map_tokens("outcome")[name_token(shared)] == "confirmed"
    assert any("lookup" in place["path"] for token in run.report["tokens"] for place in token["places"])
