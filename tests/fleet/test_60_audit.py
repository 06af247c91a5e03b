# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An audit finds what is there, and changes nothing, with or without check mode."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token

AUDIT = "npmops.auth.audit"
SOME = ["h01", "h02", "h03"]


def take_stock(fleet: Fleet) -> dict[Path, tuple[bytes, int]]:
    """Each store's bytes, and when they were written."""
    found = (path for name in SOME for path in fleet[name].home("alice").rglob("*") if path.is_file())
    return {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in found}


@pytest.mark.parametrize("arguments", [(), ("--check",)], ids=["run", "check"])
def test_audit(fleet: Fleet, controller: Controller, registry: WatchedRegistry, arguments: tuple[str, ...]) -> None:
    shared, own = registry.give(), registry.give()
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(shared))
    fleet["h02"].plant("alice", "~/work/.npmrc", registry.write_npmrc(own) + "//a.example.com/:_auth=YTpi\n")
    fleet["h02"].find("alice", "~/work/.npmrc").chmod(0o644)
    fleet["h03"].go_down()
    before = take_stock(fleet)
    controller.secrets += [shared, own]

    formats = ["json", "csv", "html"]
    run = controller.play(AUDIT, "--limit", ",".join(SOME), *arguments, report_formats=formats)
    assert (run.code != 0, run.list_hosts("failed"), run.list_hosts("changed")) == (True, ["h03"], [])
    assert take_stock(fleet) == before
    assert registry.requests == ()
    assert run.map_tokens("hosts") == {name_token(shared): 2, name_token(own): 1}
    assert run.map_hosts("status") == {"h01": "ok", "h02": "ok", "h03": "unreachable"}
    assert next((item["host"], item["rule"]) for item in run.report["findings"]) == ("h02", "readable_by_others")

    (folder,) = controller.folder.glob("reports-*/audit-*")
    assert {path.name for path in folder.iterdir()} == {
        *("report.json", "report.html", "credentials.csv", "tokens.csv", "hosts.csv", "findings.csv")
    }
    assert {oct(path.stat().st_mode & 0o777) for path in folder.iterdir()} == {"0o600"}
    assert oct(folder.stat().st_mode & 0o777) == "0o700"
    assert name_token(own) in (folder / "report.html").read_text()
    with (folder / "hosts.csv").open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == SOME
    assert json.loads((folder / "report.json").read_text())["run"]["job"] == "audit"


def test_probe_asks_and_ends_nothing(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    alive, dead = registry.give(), registry.give()
    registry.end(dead)
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(alive, dead))
    run = controller.play(AUDIT, "--limit", "h01", probe=True)
    assert (run.code, run.map_tokens("alive_before")) == (0, {name_token(alive): True, name_token(dead): False})
    assert {item.method for item in registry.requests} == {"GET"}
