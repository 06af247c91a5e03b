# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every credential is found on a host that has one in every file, and the host is clean after one logout."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.integration.play import Run, Runner, Task, list_credentials, log_out
from tests.planted.host import PlantedHost, make_host, needs_namespaces
from tests.planted.plants import RESIDUE, RULES

pytestmark = needs_namespaces

EVERYTHING = {"all_registries": True, "clients": "all", "levels": "all", "all_users": True}
NAMED_BY = ("account", "path", "client", "level", "kind", "source")


@pytest.fixture(scope="module")
def host() -> Iterator[PlantedHost]:
    with make_host() as made:
        made.plant_all()
        yield made


@pytest.fixture(scope="module")
def run(host: PlantedHost, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """All in one play: audit, logout, logout again, audit."""
    runner = Runner(tmp_path_factory.mktemp("ansible-run"), host.python)
    host.registry.forget_requests()
    return runner.run(
        list_credentials("audit", {"all_users": True}),
        list_credentials("in the background", {"all_users": True}, **{"async": 120, "poll": 1}),
        list_credentials("probe", {"all_users": True, "probe": True}),
        log_out("foretell", EVERYTHING, check_mode=True, diff=True),
        log_out("first", EVERYTHING, diff=True),
        log_out("second", EVERYTHING),
        list_credentials("audit again", {"all_users": True}),
        # Ansible and the host do not have the same root.
        environment={"HOME": host.home("root"), "ANSIBLE_ASYNC_DIR": str(runner.folder / "background")},
    )


def name_all(result: dict[str, Any]) -> Counter[tuple[str, ...]]:
    return Counter(tuple(item[name] for name in NAMED_BY) for item in result["credentials"])


def test_one_audit_finds_all(host: PlantedHost, run: Run) -> None:
    assert not run["audit"]["failed"]
    expected = Counter(tuple(getattr(item, name) for name in NAMED_BY) for item in host.expected)
    assert name_all(run["audit"]) == expected
    assert run["audit"]["changed"] is False


def test_long_search_can_run_in_the_background(run: Run) -> None:
    assert run["in the background"]["credentials"] == run["audit"]["credentials"]
    assert run["in the background"]["files"] == run["audit"]["files"]


def test_audit_says_what_should_worry(run: Run) -> None:
    rules = {finding["rule"] for finding in run["audit"]["findings"] if finding["rule"] != "token_in_environment"}
    assert rules == RULES


def test_probe_reports_which_tokens_are_valid(run: Run) -> None:
    literal = [item for item in run["probe"]["credentials"] if item["fingerprint"]]
    assert {(item["alive"], item["identity"]) for item in literal} == {
        (True, "alice"),
        (True, "jenkins"),
        (True, "root"),
    }
    assert not [item for item in run["audit"]["credentials"] if item["alive"] is not None]


def test_check_mode_predicts_it(run: Run) -> None:
    def names_removed(task: str) -> list[Any]:
        return sorted((item["path"], item["line"], item["removed"]) for item in run[task]["credentials"])

    assert names_removed("foretell") == names_removed("first")
    assert run["foretell"]["diff"] == run["first"]["diff"]


def test_one_logout_cleans_all(host: PlantedHost, run: Run) -> None:
    assert not run["first"]["failed"], run["first"]["msg"]
    assert run["first"]["changed"]
    assert all(item["removed"] for item in run["first"]["credentials"])
    residue = {str(host.find(place.account, place.path).relative_to(host.base)) for place in RESIDUE}
    assert not set(host.list_holding()) - residue


def test_tokens_are_revoked(host: PlantedHost, run: Run) -> None:
    ended = [item for item in run["first"]["credentials"] if item["revocation"] == "confirmed"]
    assert host.registry.revocations == len({item["fingerprint"] for item in ended}) > 20


def test_everything_else_stays(host: PlantedHost) -> None:
    for place, line in {
        ("alice", "~/.npmrc"): "; Alice's own\nregistry=",
        ("alice", "~/.yarnrc.yml"): "nodeLinker: node-modules\n",
        ("alice", "~/.bunfig.toml"): "optional = true\n",
        ("alice", "~/.yarnrc"): "lastUpdateCheck 1\n",
        ("root", "/etc/npmrc"): "; kept\n",
    }.items():
        assert line in host.find(*place).read_text(), place


def test_second_run_is_ok(run: Run) -> None:
    assert not run["second"]["failed"]
    assert run["second"]["changed"] is False
    assert run["second"]["credentials"] == []
    assert run["audit again"]["credentials"] == []


def test_no_secret_is_shown(host: PlantedHost, run: Run) -> None:
    assert not [secret for secret in host.secrets if secret in run.output]
    assert not [secret for secret in host.secrets if secret in str(run.results)]


@pytest.mark.parametrize("task", [list_credentials, log_out])
def test_missing_directory_to_search_is_reported(tmp_path: Path, task: Callable[..., Task]) -> None:
    there, lost = tmp_path / "there", tmp_path / "lost"
    there.mkdir()
    run = Runner(tmp_path).run(task("search", {"levels": [], "search": [str(there), str(lost)]}))
    assert not run["search"]["failed"]
    assert run["search"]["warnings"] == [f"search: {lost} is not a readable directory."]
