# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A fleet is offboarded while hosts and registries fail: each token costs one revocation, and nothing is lost."""

from __future__ import annotations

from typing import Any

from tests.fleet.conftest import NAMES
from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token
from tests.integration.verdaccio import Verdaccio
from tests.registry import NPM

OFFBOARD = "npmops.auth.offboard"
#: They go down when the first token is revoked, which is while others are asked to end theirs.
LOST = ["h18", "h19", "h20"]
#: Hold a token of the registry that does not answer.
HELD_UP = ["h04", "h05", "h06"]
PASSWORD = "//passwords.example.com/:_auth=YWxpY2U6VHIwdWI0ZG9y\n"
REFERENCE = "//variables.example.com/:_authToken=${NO_SUCH_VARIABLE}\n"


def test_until_nothing_is_left(
    fleet: Fleet,
    controller: Controller,
    registry: WatchedRegistry,
    stumbling: WatchedRegistry,
    failing: WatchedRegistry,
    verdaccio: Verdaccio,
) -> None:
    everywhere, of_two, protected = registry.give(), registry.give(), registry.give()
    own = {name: registry.give() for name in NAMES}
    late, later = stumbling.give(), failing.give()
    served = verdaccio.create_token("offboarded")
    for name in NAMES:
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(everywhere))
        fleet[name].plant("alice", "~/work/app/.npmrc", registry.write_npmrc(own[name]))
    for name, text in {
        **dict.fromkeys(["h01", "h02", "h03"], stumbling.write_npmrc(late)),
        **dict.fromkeys(HELD_UP, failing.write_npmrc(later)),
        **dict.fromkeys(["h07", "h08"], f"{verdaccio.key}:_authToken={served}\nregistry={verdaccio.url}\n"),
        "h10": registry.write_npmrc(protected) + PASSWORD + REFERENCE,
        # Of these two, the one that is lost is asked first.
        **dict.fromkeys(["h19", "h21"], registry.write_npmrc(of_two)),
    }.items():
        fleet[name].plant("jenkins", "~/.npmrc", text)
    controller.secrets += [everywhere, of_two, *own.values(), late, later, served]
    options: dict[str, Any] = {
        "users": ["alice", "jenkins"],
        "protected_fingerprints": [name_token(protected)],
        "retries": 0,
    }

    def lose_hosts() -> None:
        for name in LOST:
            fleet[name].go_down()

    # 1. Three hosts are lost, one registry fails the first one who asks, one fails all.
    registry.on_first_revocation = lose_hosts
    first = controller.play(OFFBOARD, **options)
    assert first.code != 0
    assert first.list_hosts("failed") == [*HELD_UP, *LOST]
    assert registry.list_valid() == [protected, *(own[name] for name in LOST)]
    assert (stumbling.list_valid(), failing.list_valid()) == ([], [later])
    assert verdaccio.whoami(served).status in (401, 403)
    # What is valid, or could not be reached, is where it was.
    assert fleet.list_holding(everywhere) == [f"{name}:alice/.npmrc" for name in LOST]
    assert fleet.list_holding(of_two) == ["h19:jenkins/.npmrc"]
    assert fleet.list_holding(later) == [f"{name}:jenkins/.npmrc" for name in HELD_UP]
    for name in NAMES:
        assert fleet.list_holding(own[name]) == ([f"{name}:alice/work/app/.npmrc"] if name in LOST else [])
    # What was no token is gone, and the protected token is not.
    assert fleet["h10"].read("jenkins", "~/.npmrc") == registry.write_npmrc(protected)
    assert {name for name, status in first.map_hosts("status").items() if status == "unreachable"} == set(LOST)
    attempts = {name_token(late): ["h01", "h02"], name_token(of_two): ["h21"]}
    for token in first.report["tokens"]:
        if token["fingerprint"] in attempts:
            assert sorted(attempt["host"] for attempt in token["attempts"]) == attempts[token["fingerprint"]]

    # 2. All is well again, and what was left is done.
    fleet.start()
    failing.behave(NPM)
    second = controller.play(OFFBOARD, **options)
    assert (second.code, second.list_hosts("failed"), second.list_hosts("changed")) == (0, [], [*HELD_UP, *LOST])
    assert [token for token in controller.secrets if fleet.list_holding(token)] == []

    # 3. There is nothing to do.
    asked = [len(server.requests) for server in (registry, stumbling, failing)]
    third = controller.play(OFFBOARD, **options)
    assert (third.code, third.list_hosts("failed"), third.list_hosts("changed")) == (0, [], [])
    assert sorted(third.recap) == NAMES
    assert [len(server.requests) for server in (registry, stumbling, failing)] == asked

    # Each token was revoked once, however many hosts held it.
    assert (registry.count_revoked(), registry.list_valid()) == (len(registry.given) - 1, [protected])
    assert (stumbling.count_revoked(), failing.count_revoked()) == (1, 1)
