# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The playbooks over ssh, on hosts with a Debian system of their own: its sshd, sudo, Python and packaged libraries."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fleet.hosts import Fleet, find_obstacle, run_fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token
from tests.tools import paths

NAMES = ["h01", "h02"]
YARN = 'npmRegistryServer: "%s"\nnpmAuthToken: "%s"\n'


@pytest.fixture(scope="module")
def fleet() -> Iterator[Fleet]:
    if paths.TREE is None:
        pytest.skip("make matrix names the directory with the Debian system")
    obstacle = find_obstacle()
    if obstacle:
        pytest.skip(obstacle)
    with run_fleet(NAMES, paths.TREE) as fleet:
        yield fleet


@pytest.fixture
def controller(fleet: Fleet, tmp_path: Path) -> Controller:
    fleet.empty()
    return Controller(tmp_path, fleet, core=paths.CORE)


@pytest.fixture
def registry() -> Iterator[WatchedRegistry]:
    with WatchedRegistry() as registry:
        yield registry


def test_offboard_twice(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """A token of both hosts and one in YAML are revoked and removed; then there is nothing to do."""
    shared, own = registry.give(), registry.give()
    for name in NAMES:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(shared))
    fleet["h01"].plant("alice", "~/.yarnrc.yml", YARN % (registry.url, own))
    controller.secrets += [shared, own]
    run = controller.play("npmops.auth.offboard", users=["alice"])
    assert (run.code, run.list_hosts("failed"), run.list_hosts("changed")) == (0, [], NAMES), run.output
    assert run.map_tokens("outcome") == {name_token(shared): "confirmed", name_token(own): "confirmed"}
    assert (registry.count_revoked(), registry.list_valid()) == (2, [])
    assert fleet.list_holding(shared) == fleet.list_holding(own) == []
    again = controller.play("npmops.auth.offboard", users=["alice"])
    assert (again.code, again.list_hosts("changed")) == (0, []), again.output


def test_audit_and_rotate(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    old, new = registry.give(), registry.give()
    for name in NAMES:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(old))
    controller.secrets += [old, new]
    audit = controller.play("npmops.auth.audit", users=["alice"])
    assert (audit.code, audit.list_hosts("changed")) == (0, []), audit.output
    assert name_token(old) in audit.map_tokens("fingerprint")
    run = controller.play("npmops.auth.rotate", users=["alice"], registry=registry.url, token=new)
    assert (run.code, run.list_hosts("failed")) == (0, []), run.output
    assert registry.list_valid() == [new]
    assert fleet.list_holding(old) == []
    assert len(fleet.list_holding(new)) == len(NAMES)
