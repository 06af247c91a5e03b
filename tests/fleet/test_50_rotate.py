# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The old tokens are revoked when every host has the new one, and not before; each run goes on from what is there."""

from __future__ import annotations

import os
from typing import Any

import pytest

from tests.fleet.conftest import BARE
from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token

ROTATE = "npmops.auth.rotate"
SOME = ["h01", "h02", "h03", "h04", "h05", BARE]
LOST = "h03"
PASSWORD = "_auth=YWxpY2U6VHIwdWI0ZG9y\n"


@pytest.mark.parametrize(
    ("strategy", "options"),
    [pytest.param("linear", {}, id="linear"), pytest.param("free", {"serial": 4}, id="free in batches")],
)
def test_rotation(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, strategy: str, options: dict[str, Any]
) -> None:
    shared, in_yaml, new = registry.give(), registry.give(), registry.give()
    own = {name: registry.give() for name in SOME}
    for name in SOME:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(shared))
        fleet[name].plant("jenkins", "~/.npmrc", registry.write_npmrc(own[name]) + registry.key + ":" + PASSWORD)
    fleet["h01"].plant("alice", "~/.yarnrc.yml", f"npmRegistryServer: {registry.url}\nnpmAuthToken: {shared}\n")
    fleet["h02"].plant("alice", "~/.npmrc.bak", registry.write_npmrc(shared))
    controller.secrets += [*registry.given, "YWxpY2U6VHIwdWI0ZG9y"]
    old = [shared, *own.values()]

    def rotate(*arguments: str) -> Any:
        given = {"registry": registry.url, "token": new, **options}
        return controller.play(ROTATE, "--limit", ",".join(SOME), *arguments, strategy=strategy, **given)

    # 1. One host is down: all others get the new token, and every old one lives.
    fleet[LOST].go_down()
    first = rotate("-vvv")
    assert (first.code != 0, first.list_hosts("failed")) == (True, SOME)
    assert f"1 host does not have the new token ({LOST}). No old token was revoked. Fix this" in first.output
    assert registry.list_valid() == registry.given
    assert [item for item in registry.requests if item.method == "DELETE"] == []
    for name in SOME:
        assert fleet[name].read("alice", "~/.npmrc") == registry.write_npmrc(shared, *([new] if name != LOST else []))
    assert f"npmAuthToken: {shared}\n" in (fleet["h01"].read("alice", "~/.yarnrc.yml") or "")

    # 2. It is back. The old tokens go, and what the new one supersedes.
    fleet.start()
    second = rotate()
    assert (second.code, second.list_hosts("failed"), second.list_hosts("changed")) == (0, [], SOME)
    assert registry.list_valid() == [in_yaml, new]
    assert registry.count_revoked() == len(old)
    for name in SOME:
        assert fleet[name].read("alice", "~/.npmrc") == registry.write_npmrc(new)
        assert fleet[name].read("jenkins", "~/.npmrc") == registry.write_npmrc(new)
    assert fleet["h01"].read("alice", "~/.yarnrc.yml") == f'npmRegistryServer: {registry.url}\nnpmAuthToken: "{new}"\n'
    assert fleet["h02"].read("alice", "~/.npmrc.bak") == registry.write_npmrc()
    assert second.map_tokens("state") == {name_token(new): "new", **dict.fromkeys(map(name_token, old), "done")}
    assert second.map_tokens("hosts")[name_token(new)] == len(SOME)

    # 3. There is nothing to do.
    asked = len(registry.requests)
    third = rotate()
    assert (third.code, third.list_hosts("failed"), third.list_hosts("changed")) == (0, [], [])
    assert len(registry.requests) == asked


def test_token_that_no_store_can_keep(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """The token is reported: it stays valid, and no host has it any more."""
    old, new = registry.give(), registry.give()
    fleet["h01"].plant("alice", "~/.yarnrc.yml", f"npmRegistryServer: {registry.url}\nnpmAuthToken: {old}\n")
    run = controller.play(ROTATE, "--limit", "h01", registry=registry.url, token=new)
    assert (run.code != 0, registry.list_valid()) == (True, [old, new])
    # A run that stops after the replacement writes no report.
    shown = run.output.index(f"The new token replaces {name_token(old)} in this file.")
    assert shown < run.output.index("TASK [npmops.auth.rotate : Replace the token in files that allow only one]")
    assert fleet["h01"].read("alice", "~/.yarnrc.yml") == f'npmRegistryServer: {registry.url}\nnpmAuthToken: "{new}"\n'
    (work,) = run.report["by_hand"]
    assert (work["fingerprints"], work["advice"]) == (
        [name_token(old)],
        "Revoke it at the registry, unless it was revoked because another file contained it.",
    )


REFERRING = "{key}:_authToken=${{NPM_TOKEN}}\n"
BASHRC = "umask 022\nexport NPM_TOKEN={token}\nexport AWS_SECRET_ACCESS_KEY=hunter2-of-others\n"


def test_rotation_through_references(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """The new token is set beside the old one, the old one is revoked, and the reference stays."""
    old, new = registry.give(), registry.give()
    npmrc = f"registry={registry.url}\n" + REFERRING.format(key=registry.key)
    for name in ("h01", "h02"):
        fleet[name].plant("alice", "~/.npmrc", npmrc)
        fleet[name].plant("alice", "~/.bashrc", BASHRC.format(token=old))
    fleet["h02"].plant("jenkins", "~/.npmrc", npmrc)
    fleet["h02"].plant("jenkins", "~/.profile", "export NPM_TOKEN=$(op read op://ci/npm)\n")
    controller.secrets += [old, new, "hunter2-of-others"]

    # 1. A token that a command supplies is not known to be an old one: it does not hold the run up.
    first = controller.play(ROTATE, "--limit", "h01,h02", registry=registry.url, token=new)
    assert (first.code, first.list_hosts("failed")) == (0, []), first.output
    for name in ("h01", "h02"):
        assert fleet[name].read("alice", "~/.npmrc") == npmrc
        assert fleet[name].read("alice", "~/.bashrc") == BASHRC.format(token=new)
    assert fleet["h02"].read("jenkins", "~/.npmrc") == npmrc
    assert registry.list_valid() == [new]
    assert registry.count_revoked() == 1
    assert first.map_tokens("state") == {name_token(new): "new", name_token(old): "done"}

    # 2. There is nothing to do.
    asked = len(registry.requests)
    second = controller.play(ROTATE, "--limit", "h01,h02", registry=registry.url, token=new)
    assert (second.code, second.list_hosts("changed")) == (0, [])
    assert len(registry.requests) == asked


def test_variable_that_cannot_get_the_new_token_holds_the_rotation_up(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    old, new = registry.give(), registry.give()
    npmrc = f"registry={registry.url}\n" + REFERRING.format(key=registry.key)
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(old))
    fleet["h02"].plant("alice", "~/.npmrc", npmrc)
    fleet["h02"].plant("root", "/etc/environment", f"NPM_TOKEN={old}\n")
    fleet["h02"].find("root", "/etc/environment").chmod(0o644)
    controller.secrets += [old, new]
    run = controller.play(ROTATE, "--limit", "h01,h02", registry=registry.url, token=new)
    assert (run.code != 0, registry.list_valid()) == (True, [old, new])
    assert "/etc/environment line 1" in run.map_hosts("problem")["h02"]
    assert fleet["h02"].read("root", "/etc/environment") == f"NPM_TOKEN={old}\n"
    assert fleet["h02"].read("alice", "~/.npmrc") == npmrc


def test_file_that_does_not_get_the_new_token_holds_the_rotation_up(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """Its path is shown in another form, under which a login finds no file."""
    old, new = registry.give(), registry.give()
    path = "~/work\u00a0dir/.npmrc"
    fleet["h01"].plant("alice", path, registry.write_npmrc(old))
    fleet["h01"].plant("jenkins", "~/.npmrc", registry.write_npmrc(old))
    run = controller.play(ROTATE, "--limit", "h01", registry=registry.url, token=new)
    assert (run.code != 0, registry.list_valid()) == (True, [old, new])
    assert "characters that cannot be printed" in run.map_hosts("problem")["h01"]
    assert fleet["h01"].read("alice", path) == registry.write_npmrc(old)
    assert fleet["h01"].read("jenkins", "~/.npmrc") == registry.write_npmrc(old, new)


def test_file_of_an_owner_without_an_account_holds_the_rotation_up(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    old, new = registry.give(), registry.give()
    fleet["h01"].plant("alice", "/srv/app/.npmrc", registry.write_npmrc(old))
    fleet["h01"].plant("jenkins", "~/.npmrc", registry.write_npmrc(old))
    os.chown(fleet["h01"].find("alice", "/srv/app/.npmrc"), 12345, 12345)
    searched = ["~/", str(fleet["h01"].base / "root/srv")]
    run = controller.play(ROTATE, "--limit", "h01", registry=registry.url, token=new, search=searched)
    assert (run.code != 0, registry.list_valid()) == (True, [old, new])
    assert "belongs to a user ID without an account" in run.map_hosts("problem")["h01"]
    assert fleet["h01"].read("alice", "/srv/app/.npmrc") == registry.write_npmrc(old)


def test_file_that_cannot_be_read_holds_the_rotation_up(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    old, new = registry.give(), registry.give()
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(old))
    fleet["h02"].plant("alice", "~/.npmrc", "#" * 2**20 + "\n" + registry.write_npmrc(old))
    run = controller.play(ROTATE, "--limit", "h01,h02", registry=registry.url, token=new)
    assert (run.code != 0, registry.list_valid()) == (True, [old, new])
    assert "1 host does not have the new token (h02)" in run.output
    assert "1 file could not be read and may contain credentials." in run.report["summary"]["headline"]

    audit = controller.play("npmops.auth.audit", "--limit", "h02")
    assert (audit.code != 0, audit.list_hosts("failed"), audit.report["summary"]["level"]) == (
        True,
        ["h02"],
        "attention",
    )


def test_token_that_another_registry_uses_holds_the_rotation_up(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """Nothing is sent to the other registry, a second path on the same host name."""
    old, new = registry.give(), registry.give()
    other = registry.url + "other/"
    use = f"@acme:registry={other}\n{registry.key}other/:_authToken={old}\n"
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(old) + use)
    fleet["h02"].plant("alice", "~/.npmrc", use)
    controller.secrets += [old, new]

    def play(name: str, **options: Any) -> Any:
        return controller.play(name, "--limit", "h01,h02", registry=registry.url, **options)

    # 1. Two hosts use the old token for the other registry.
    first = play(ROTATE, token=new)
    assert (first.code != 0, registry.list_valid()) == (True, [old, new])
    reason = "2 hosts use an old token for another registry too (h01, h02). No old token was revoked."
    assert first.report["by_hand"][0]["what"].startswith(reason)
    for name, line in (("h01", 5), ("h02", 2)):
        problem = first.map_hosts("problem")[name]
        assert f"/.npmrc line {line} has the token {name_token(old)} for {other}, which is not part of" in problem
        assert problem in first.output
    assert fleet["h02"].read("alice", "~/.npmrc") == use

    # 2. A rotation of the other registry would put the new token after the old one.
    added = f"{use}{registry.key}other/:_authToken={new}\n"
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(old, new) + added)
    fleet["h02"].plant("alice", "~/.npmrc", added)
    second = play(ROTATE, token=new)
    assert (second.code, registry.list_valid()) == (0, [new])
    assert fleet["h01"].read("alice", "~/.npmrc") == registry.write_npmrc(new) + added
    assert "2 credential entries with the same token for other registries stay" in second.report["summary"]["headline"]

    # 3. An offboarding that is limited to the registry reports the other login.
    third = play("npmops.auth.offboard", users=["alice"])
    assert (third.code, registry.list_valid()) == (0, [])
    assert fleet["h02"].read("alice", "~/.npmrc") == added
    assert [work["registries"] for work in third.report["by_hand"]] == [[other]]
    assert "no copy left on disk" not in third.output
    assert not [item.path for item in registry.requests if item.path.startswith("/other/")]


def test_token_that_the_registry_refuses(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    old = registry.give()
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(old))
    run = controller.play(ROTATE, "--limit", "h01", registry=registry.url, token="npm_mistyped")
    assert (run.code != 0, run.list_hosts("failed"), registry.list_valid()) == (True, ["h01"], [old])
    assert "rejected the new login. Nothing was written." in run.map_hosts("problem")["h01"]
    assert fleet["h01"].read("alice", "~/.npmrc") == registry.write_npmrc(old)


def test_check_mode(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    old, new = registry.give(), registry.give()
    for name in ("h01", BARE):
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(old))
    run = controller.play(ROTATE, "--limit", f"h01,{BARE}", "--check", registry=registry.url, token=new)
    assert (run.code, run.list_hosts("failed")) == (0, [])
    assert run.map_tokens("outcome") == {name_token(old): "pending", name_token(new): "protected"}
    assert {item.method for item in registry.requests} == {"GET"}
    assert {fleet[name].read("alice", "~/.npmrc") for name in ("h01", BARE)} == {registry.write_npmrc(old)}
    assert not list((fleet.base / "bare").rglob("installed.pth"))
