# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Inventories as they are: names that no pattern can hold, and variables that are meant for hosts alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token

NAMES = {"h01": "db 1", "h02": "a,b:c", "h03": "localhost"}
SUDO = "/etc/as-root"


@pytest.fixture
def inventory(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Three hosts of the fleet, under other names."""
    made: dict[str, Any] = fleet.make_inventory()
    made["all"]["hosts"] = {new: made["all"]["hosts"][name] for name, new in NAMES.items()}
    monkeypatch.setattr(Fleet, "make_inventory", lambda _fleet: made)
    return made


@pytest.fixture
def sudo(fleet: Fleet) -> Iterator[str]:
    """A sudo that only the hosts have."""
    for name in NAMES:
        fleet[name].plant("root", SUDO, '#!/bin/sh\nexec sudo "$@"\n')
        fleet[name].find("root", SUDO).chmod(0o755)
    yield SUDO
    for name in NAMES:
        fleet[name].find("root", SUDO).unlink()


def test_names(fleet: Fleet, controller: Controller, registry: WatchedRegistry, inventory: dict[str, Any]) -> None:
    shared, own = registry.give(), {name: registry.give() for name in NAMES}
    for name in NAMES:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(shared, own[name]))
    controller.secrets += [shared, *own.values()]
    run = controller.play("npmops.auth.offboard", users=["alice"])
    assert (run.code, sorted(run.map_hosts("status"))) == (0, sorted(inventory["all"]["hosts"]))
    assert set(run.map_tokens("outcome").values()) == {"confirmed"}
    assert (registry.list_valid(), registry.count_revoked()) == ([], 4)
    assert {fleet[name].read("alice", "~/.npmrc") for name in NAMES} == {registry.write_npmrc()}


def test_name_of_a_host_that_fails(
    fleet: Fleet, controller: Controller, failing: WatchedRegistry, inventory: dict[str, Any]
) -> None:
    token = failing.give()
    fleet["h01"].plant("alice", "~/.npmrc", failing.write_npmrc(token))
    run = controller.play("npmops.auth.offboard", users=["alice"], timeout=2, retries=0)
    assert (run.code != 0, run.map_tokens("outcome")) == (True, {name_token(token): "failed"})
    assert run.map_hosts("state") == {name: "open" if name == "db 1" else None for name in inventory["all"]["hosts"]}


def test_how_hosts_are_reached_says_nothing_about_the_controller(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, inventory: dict[str, Any], sudo: str
) -> None:
    token = registry.give()
    for name in NAMES:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    inventory["all"]["vars"].update(ansible_become=True, ansible_become_exe=sudo)
    run = controller.play("npmops.auth.offboard", users=["alice"])
    assert (run.code, run.map_tokens("outcome")) == (0, {name_token(token): "confirmed"})
    assert registry.count_revoked() == 1
