# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The same comes of it in check mode (but for the doing), under each strategy, in batches, and on some of the hosts."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.fleet.conftest import BARE, NAMES
from tests.fleet.hosts import Fleet
from tests.fleet.play import Controller
from tests.fleet.registries import WatchedRegistry, name_token
from tests.tools.paths import ROOT

OFFBOARD = "npmops.auth.offboard"
SOME = NAMES[:9]
#: Hold the same tokens, and are not in the run.
OTHERS = NAMES[9:11]


def plant(fleet: Fleet, registry: WatchedRegistry) -> list[str]:
    """Two tokens on all hosts, one of its own on each that is in the run."""
    tokens = [registry.give() for _number in range(2)]
    for name in [*SOME, *OTHERS]:
        own = registry.give()
        tokens += [own] if name in SOME else []
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(tokens[0], own))
        fleet[name].plant("alice", "~/.yarnrc.yml", f"npmRegistryServer: {registry.url}\nnpmAuthToken: {tokens[1]}\n")
    return tokens


def test_check_mode_says_what_would_come(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    tokens = plant(fleet, registry)
    before = {name: fleet[name].read("alice", "~/.npmrc") for name in SOME}
    controller.secrets += tokens
    run = controller.play(OFFBOARD, "--check", "--diff", "--limit", ",".join(SOME), users=["alice"])
    assert (run.code, run.list_hosts("failed"), run.list_hosts("changed")) == (0, [], SOME)
    assert registry.requests == ()
    assert {name: fleet[name].read("alice", "~/.npmrc") for name in SOME} == before
    assert run.report["run"]["check_mode"] is True
    assert run.map_tokens("outcome") == dict.fromkeys(map(name_token, tokens), "pending")
    assert run.report["summary"]["credentials"]["removed"] == 3 * len(SOME)


@pytest.mark.parametrize(
    ("strategy", "options"),
    [
        pytest.param("free", {}, id="free"),
        pytest.param("linear", {"serial": 4}, id="linear in batches"),
        pytest.param("free", {"serial": ["1", "50%"]}, id="free in batches"),
    ],
)
def test_each_token_is_revoked_once(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, strategy: str, options: dict[str, object]
) -> None:
    tokens = plant(fleet, registry)
    controller.secrets += tokens
    some = ",".join(SOME)
    run = controller.play(OFFBOARD, "--limit", some, strategy=strategy, users=["alice"], **options)
    assert (run.code, run.list_hosts("failed"), run.list_hosts("changed")) == (0, [], SOME)
    assert registry.count_revoked() == len(tokens)
    assert run.map_tokens("outcome") == dict.fromkeys(map(name_token, tokens), "confirmed")
    # Nobody looked at the hosts that are not in the run.
    assert [token for token in registry.given if token not in tokens] == registry.list_valid()
    assert {place.partition(":")[0] for token in tokens for place in fleet.list_holding(token)} == set(OTHERS)
    assert list(run.map_hosts("status")) == SOME


def test_hosts_of_a_pattern_and_a_registry(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, failing: WatchedRegistry
) -> None:
    """The playbook's own variable for the hosts, and a run about one registry."""
    tokens = plant(fleet, registry)
    kept = failing.give()
    text = failing.write_npmrc(kept) + "//other.example.com/:_auth=YWxpY2U6VHIwdWI0ZG9y\n"
    fleet["h01"].plant("jenkins", "~/.npmrc", text + f"{registry.key}:_auth=YWxpY2U6VHIwdWI0ZG9y\n")
    run = controller.play(OFFBOARD, hosts="h01:h02", all_users=True, registry=registry.url.rstrip("/"))
    assert (run.code, sorted(run.recap)) == (0, ["h01", "h02"])
    assert registry.count_revoked() == 4
    assert len(tokens) > 4
    assert failing.requests == ()
    assert fleet["h01"].read("jenkins", "~/.npmrc") == text


def test_one_token_that_leaked(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """By its fingerprint, wherever it is; nothing else is touched."""
    leaked, kept = registry.give(), registry.give()
    for name in ("h01", "h02"):
        fleet[name].plant("alice", "~/.npmrc", registry.write_npmrc(kept, leaked))
        fleet[name].plant("root", "/etc/npmrc", registry.write_npmrc(leaked) + "//a.example.com/:_auth=YTpi\n")
    run = controller.play(
        OFFBOARD, "--limit", "h01,h02", all_users=True, levels=["all"], fingerprints=[name_token(leaked)]
    )
    assert (run.code, registry.list_valid(), registry.count_revoked()) == (0, [kept], 1)
    assert "/etc/npmrc" in run.report["summary"]["notes"][0]
    for name in ("h01", "h02"):
        assert fleet[name].read("alice", "~/.npmrc") == registry.write_npmrc(kept)
        assert fleet[name].read("root", "/etc/npmrc") == registry.write_npmrc() + "//a.example.com/:_auth=YTpi\n"


def test_accounts_that_no_host_has(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    """Nothing is changed, the host's own files included."""
    token = registry.give()
    fleet["h01"].plant("root", "/etc/npmrc", registry.write_npmrc(token))
    run = controller.play(OFFBOARD, "--limit", "h01,h02", users=["alicia", "bobby"], levels=["all"])
    assert run.code != 0
    sentence = "No reachable host has an account of npm_auth_users (alicia, bobby). Nothing was changed."
    output = " ".join(run.output.split())
    assert sentence in output
    assert "Error while resolving" not in output
    assert (registry.requests, fleet["h01"].read("root", "/etc/npmrc")) == ((), registry.write_npmrc(token))


def test_files_of_the_host_take_an_option(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    own, hosts = registry.give(), registry.give()
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(own))
    fleet["h01"].plant("root", "/etc/npmrc", registry.write_npmrc(hosts))
    run = controller.play(OFFBOARD, "--limit", "h01", users=["alice"])
    assert (run.code, registry.list_valid(), run.report["summary"]["notes"]) == (0, [hosts], [])
    assert fleet["h01"].read("root", "/etc/npmrc") == registry.write_npmrc(hosts)


@pytest.mark.parametrize("variable", ["users", "fingerprints", "clients", "levels"])
def test_an_empty_list_means_none(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, variable: str
) -> None:
    token = registry.give()
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    options: dict[str, Any] = {"users": ["alice"], variable: []}
    run = controller.play(OFFBOARD, "--limit", "h01", **options)
    assert (run.code, run.list_hosts("changed"), registry.requests) == (0, [], ())
    assert fleet["h01"].read("alice", "~/.npmrc") == registry.write_npmrc(token)


def test_key_of_the_registry_beside_a_default_below_it(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    token = registry.give()
    text = f"registry={registry.url}npm/\n{registry.key}:_authToken={token}\n"
    fleet["h01"].plant("alice", "~/.npmrc", text)
    run = controller.play(OFFBOARD, "--limit", "h01", users=["alice"], registry=registry.url)
    assert set(run.map_tokens("fingerprint")) == {name_token(token)}
    assert fleet["h01"].read("alice", "~/.npmrc") != text


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        pytest.param({}, "Set npm_auth_users to the list of accounts", id="nobody"),
        pytest.param({"registry": "npm.example.com"}, "npm_auth_registry must start with http", id="no URL"),
        pytest.param({"fingerprints": ["hidden-word-0123"]}, "must be lists of fingerprints: 'sha256:'", id="token"),
        pytest.param(
            {"protected_fingerprints": ["sha256:12"]}, "must be lists of fingerprints: 'sha256:'", id="half of one"
        ),
        pytest.param({"users": None}, "npm_auth_users is null", id="null for accounts"),
        pytest.param({"fingerprints": None}, "npm_auth_fingerprints is null", id="null for tokens"),
        pytest.param({"exclude": None}, "npm_auth_exclude is null", id="null for directories"),
        pytest.param({"validate_certs": None}, "npm_auth_validate_certs is null", id="null for a boolean"),
        pytest.param({"registry": None}, "npm_auth_registry is null", id="null for a registry"),
        pytest.param({"registry": ""}, "npm_auth_registry is empty", id="empty registry"),
        pytest.param({"users": " "}, "npm_auth_users is empty", id="blanks for accounts"),
        pytest.param({"users": "alice,"}, "npm_auth_users has an empty entry", id="empty account"),
        pytest.param({"ca_path": ""}, "npm_auth_ca_path is empty", id="empty path"),
        pytest.param(
            {"protected_fingerprint": []}, "Did you mean npm_auth_protected_fingerprints?", id="misspelled name"
        ),
        pytest.param({"install_requests": "flase"}, "'flase' is not a valid boolean", id="neither true nor false"),
    ],
)
def test_what_cannot_be_meant_is_said_before_a_host_is_asked(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, variables: dict[str, Any], sentence: str
) -> None:
    fleet["h01"].plant("root", "~/.npmrc", registry.write_npmrc(registry.give()))
    run = controller.play(OFFBOARD, "--limit", "h01", all_users=bool(variables), **variables)
    assert run.code != 0
    assert sentence in " ".join(run.output.split())
    assert "Find npm credentials" not in run.output
    assert "hidden-word" not in run.output
    assert registry.requests == ()


@pytest.mark.parametrize(
    ("playbook", "of_first", "of_second", "sentence"),
    [
        pytest.param(
            OFFBOARD,
            {},
            {"fingerprints": ["sha256:0123456789abcdef"]},
            "npm_auth_fingerprints differs between h01 and h02",
            id="tokens",
        ),
        pytest.param(
            OFFBOARD,
            {"registry": "https://a.example.com/"},
            {"registry": "https://b.example.com/"},
            "npm_auth_registry differs between h01 and h02",
            id="registries",
        ),
        pytest.param(
            "npmops.auth.rotate",
            {"token": "hidden-word-1"},
            {"token": "hidden-word-2"},
            "npm_auth_token differs between h01 and h02",
            id="new tokens",
        ),
        pytest.param(OFFBOARD, {}, {"users": None}, "For the host h02, npm_auth_users is null", id="null on one host"),
    ],
)
def test_variables_of_hosts_that_the_run_would_not_follow(
    fleet: Fleet,
    controller: Controller,
    registry: WatchedRegistry,
    monkeypatch: pytest.MonkeyPatch,
    playbook: str,
    of_first: dict[str, Any],
    of_second: dict[str, Any],
    sentence: str,
) -> None:
    """The roles decide once for all hosts, with the variables of one of them."""
    inventory: dict[str, Any] = fleet.make_inventory()
    common: dict[str, Any] = {"users": ["root"]} if playbook == OFFBOARD else {"registry": registry.url}
    for name, own in (("h01", of_first), ("h02", of_second)):
        fleet[name].plant("root", "~/.npmrc", registry.write_npmrc(registry.give()))
        given = {**common, **own}
        inventory["all"]["hosts"][name].update({f"npm_auth_{variable}": value for variable, value in given.items()})
    monkeypatch.setattr(Fleet, "make_inventory", lambda _fleet: inventory)
    run = controller.play(playbook, "--limit", "h01,h02")
    assert (run.code != 0, registry.requests) == (True, ())
    assert sentence in " ".join(run.output.split())
    assert "hidden-word" not in run.output


def test_directory_of_the_report_is_created_before_a_token_is_revoked(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    token = registry.give()
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(token))
    obstacle = controller.folder / "a-file"
    obstacle.touch()
    run = controller.play(OFFBOARD, "--limit", "h01", users=["alice"], report_dir=str(obstacle / "reports"))
    assert (run.code != 0, registry.requests, registry.list_valid()) == (True, (), [token])
    assert "Create the directory of the report" in run.output


def test_reports_are_below_the_directory_of_the_run(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """Also where no PWD is set, as in a service."""
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc())
    defaults = yaml.safe_load((ROOT / "roles/audit/defaults/main.yml").read_text())
    run = controller.play("npmops.auth.audit", "--limit", "h01", report_dir=defaults["npm_auth_report_dir"])
    assert run.code == 0
    assert len(list(controller.folder.glob("npm-auth-reports/audit-*/report.json"))) == 1


@pytest.mark.parametrize("false", ["false", "no"])
def test_all_users_is_false_as_text(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry, false: str
) -> None:
    """``-e npm_auth_all_users=false`` is a text: nobody is offboarded."""
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(registry.give()))
    run = controller.play(OFFBOARD, "--limit", "h01", "-e", f"npm_auth_all_users={false}")
    assert (run.code != 0, registry.requests) == (True, ())
    assert "Set npm_auth_users to the list of accounts" in " ".join(run.output.split())


def give_texts(*texts: str) -> list[str]:
    return [item for text in texts for item in ("-e", f"npm_auth_{text}")]


def test_booleans_of_an_audit_are_false_as_text(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    """Without all_users only the connecting account is processed, which has nothing here."""
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(registry.give()))
    texts = give_texts("all_users=no", "probe=false", "use_proxy=no", "validate_certs=false", "issuer_api=no")
    run = controller.play("npmops.auth.audit", "--limit", "h01", *texts)
    assert (run.code, run.map_hosts("credentials"), registry.requests) == (0, {"h01": 0}, ())


def test_nothing_is_installed_where_false_is_a_text(
    fleet: Fleet, controller: Controller, registry: WatchedRegistry
) -> None:
    fleet[BARE].plant("alice", "~/.npmrc", registry.write_npmrc(registry.give()))
    texts = give_texts("install_requests=false", "all_users=false", "users=alice", "attempts=1")
    run = controller.play(OFFBOARD, "--limit", BARE, *texts)
    assert (run.code != 0, run.list_hosts("changed"), registry.requests) == (True, [], ())
    assert "requests" in run.map_hosts("problem")[BARE]


def test_numbers_and_lists_as_text(fleet: Fleet, controller: Controller, registry: WatchedRegistry) -> None:
    fleet["h01"].plant("alice", "~/.npmrc", registry.write_npmrc(registry.give()))
    texts = give_texts("users=alice,jenkins", "attempts=2", "verify_timeout=5", "retries=1", "timeout=20", "serial=5")
    run = controller.play(OFFBOARD, "--limit", "h01", *texts, "-e", "npm_auth_use_proxy=yes")
    assert (run.code, registry.list_valid()) == (0, [])
