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
    registry.revoke(dead)
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(alive, dead))
    run = controller.play(AUDIT, "--limit", "h01", probe=True)
    assert (run.code, run.map_tokens("alive_before")) == (0, {name_token(alive): True, name_token(dead): False})
    assert {item.method for item in registry.requests} == {"GET"}


def test_references_are_reported_as_they_are(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """An offboarding, and the audit after it, where a reference leads somewhere, nowhere, or to what nobody knows."""
    shared, of_host = registry.give(), registry.give()
    npmrc = f"registry={registry.url}\n{registry.key}:_authToken=${{NPM_TOKEN}}\n"
    others = "export AWS_SECRET_ACCESS_KEY=hunter2-of-others\n"
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", npmrc)
    fleet["h01"].plant("alice", "~/.bashrc", f"export NPM_TOKEN={shared}\n{others}")
    fleet["h01"].plant("alice", "~/.profile", others)
    fleet["h02"].plant("alice", "~/.bashrc", f"export NPM_TOKEN=$(op read op://a/b)\n{others}")
    fleet["h02"].plant("jenkins", "~/.npmrc", npmrc)
    fleet["h02"].plant("jenkins", "~/.env", f"NPM_TOKEN={shared}\n")
    fleet["h03"].plant("jenkins", "~/.npmrc", npmrc.replace("NPM_TOKEN", "T"))
    fleet["h03"].plant("root", "/etc/environment", f"T={of_host}\n")
    fleet["h03"].find("root", "/etc/environment").chmod(0o644)
    controller.secrets += [shared, of_host, "hunter2-of-others"]

    run = controller.play("npmops.auth.offboard", "--limit", ",".join(SOME), users=["alice", "jenkins"])
    # A command supplies the token of h02: nobody knows whether the token is valid.
    assert (run.code != 0, run.list_hosts("failed")) == (True, ["h02"])
    assert registry.list_valid() == []
    assert fleet["h01"].read("alice", "~/.bashrc") == others
    assert fleet["h01"].read("alice", "~/.npmrc") == fleet["h02"].read("jenkins", "~/.npmrc")
    assert fleet["h02"].read("alice", "~/.npmrc") == npmrc
    assert fleet["h02"].read("jenkins", "~/.env") == ""
    assert fleet["h03"].read("alice", "~/.npmrc") == f"registry={registry.url}\n"
    assert "by the command op" in run.map_hosts("problem").get("h02", "") or "by the command op" in run.output
    # The one of h03 is set nowhere; the one that its host sets is revoked, and still set.
    details = [item["detail"] for item in run.report["credentials"] if item["host"] == "h03"]
    assert details == ["The environment variable NPM_TOKEN is not set on this host: the token was not revoked."]
    assert run.map_hosts("state") == {"h01": "done", "h02": "by_hand", "h03": "by_hand"}
    assert run.map_tokens("state") == {name_token(shared): "done", name_token(of_host): "leftover"}
    advice = [work["advice"] for work in run.report["by_hand"] if name_token(of_host) in work["fingerprints"]]
    assert [text.startswith("Remove it from /etc/environment line 1, or run again") for text in advice] == [True]
    assert run.report["summary"]["level"] in ("attention", "alarm")
    assert "no copy left" not in run.report["summary"]["headline"]

    audit = controller.play(AUDIT, "--limit", ",".join(SOME))
    assert (audit.code, audit.list_hosts("changed")) == (0, [])
    # The value in the host's file can only be a token of npm's.
    assert audit.map_hosts("credentials") == {"h01": 0, "h02": 1, "h03": 1}
    assert list(audit.map_tokens("state")) == [name_token(of_host)]
    (left,) = audit.report["credentials"]
    assert (left["host"], left["source"]) == ("h02", "environment")
    assert audit.report["summary"]["level"] != "clear"


def test_rejection_on_one_host_does_not_settle_a_copy_for_another_registry(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """The registry of both hosts rejects the token. A project on one of them names the registry that accepts it."""
    with WatchedRegistry() as other:
        token = other.give()
        controller.secrets += [token]
        text = f"registry={registry.url}\n_authToken={token}\n"
        for name in SOME[:2]:
            fleet[name].plant("alice", "~/.npmrc", text)
        fleet["h02"].plant("alice", "~/app/.npmrc", f"registry={other.url}\n")

        audit = controller.play(AUDIT, "--limit", "h01,h02", probe=True)
        assert audit.map_tokens("alive_before") == {name_token(token): None}
        assert audit.map_hosts("state") == {"h01": "leftover", "h02": "open"}

        run = controller.play("npmops.auth.offboard", "--limit", "h01,h02", users=["alice"])
        assert (run.code != 0, run.list_hosts("failed")) == (True, ["h02"])
        assert fleet["h02"].read("alice", "~/.npmrc") == text
        assert run.map_hosts("state") == {"h01": "done", "h02": "open"}
        assert run.map_tokens("outcome") == {name_token(token): "failed"}
        assert run.report["summary"]["headline"] == "1 token may still work."
        (work,) = run.report["by_hand"]
        assert (other.url in work["what"], work["hosts"]) == (True, ["h02"])

        run = controller.play(
            "npmops.auth.offboard", "--limit", "h01,h02", users=["alice"], trusted_registries=[other.url]
        )
        assert (run.code, other.list_valid(), run.map_tokens("outcome")) == (0, [], {name_token(token): "confirmed"})
