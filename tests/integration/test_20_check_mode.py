# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A dry run sends nothing, writes nothing, and tells what the real run will do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.files import Snapshot, plant_surrounded, take_snapshot
from tests.integration.play import Run, Runner, log_out
from tests.registry import EmbeddedRegistry

PASSWORD = "cGFzc3dvcmQtb2YtYWxpY2U="


@dataclass(frozen=True)
class Rehearsal:
    """A dry run and the real one behind it, and what was there in between."""

    dry: Run
    real: Run
    sent_by_dry: int
    names_before: list[str]
    names_between: list[str]
    before: tuple[Snapshot, ...]
    between: tuple[Snapshot, ...]


def names_in(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


@pytest.fixture(scope="module")
def rehearsal(tmp_path_factory: pytest.TempPathFactory) -> Rehearsal:
    folder = tmp_path_factory.mktemp("home")
    with EmbeddedRegistry(path="/npm/") as registry:
        key = registry.url.removeprefix("http:")
        tokens = [registry.create_token("alice") for _number in range(3)]
        stores = [
            plant_surrounded(
                folder / "first",
                f"registry={registry.url}",
                f"{key}:_authToken={tokens[0]}",
                f"{key}:_authToken={tokens[1]}",
                f"{key}:email=alice@example.com",
                f"//127.0.0.1:{registry.port}/:username=alice",
                f"//127.0.0.1:{registry.port}/:_password={PASSWORD}",
                f"@example:registry={registry.url}",
                f"; {key}:_authToken={tokens[0]}",
            ),
            folder / "second",
        ]
        stores[1].write_text(f"{key}:_authToken={tokens[2]}\n")
        options = {"scope": "@example", "registry": registry.url, "paths": [str(store) for store in stores]}
        names_before, before = names_in(folder), tuple(take_snapshot(store) for store in stores)
        runner = Runner(tmp_path_factory.mktemp("run"))
        dry = runner.run(log_out("it", options), arguments=("--check", "--diff"))
        sent_by_dry, names_between = len(registry.requests), names_in(folder)
        between = tuple(take_snapshot(store) for store in stores)
        real = runner.run(log_out("it", options), arguments=("--diff",))
    return Rehearsal(dry, real, sent_by_dry, names_before, names_between, before, between)


def test_both_succeed(rehearsal: Rehearsal) -> None:
    assert not rehearsal.dry["it"]["failed"], rehearsal.dry["it"]
    assert not rehearsal.real["it"]["failed"], rehearsal.real["it"]


def test_nothing_is_sent(rehearsal: Rehearsal) -> None:
    assert rehearsal.sent_by_dry == 0


def test_nothing_is_written(rehearsal: Rehearsal) -> None:
    """Not a byte, and not a time: inode, mtime and ctime are the same."""
    assert rehearsal.between == rehearsal.before
    assert rehearsal.names_between == rehearsal.names_before


@pytest.mark.parametrize("key", ["changed", "diff", "files", "absent_users"])
def test_is_what_the_real_run_gives(rehearsal: Rehearsal, key: str) -> None:
    assert rehearsal.dry["it"][key] == rehearsal.real["it"][key]


def test_diff_is_not_empty(rehearsal: Rehearsal) -> None:
    first, second = rehearsal.real["it"]["diff"]
    assert first["before"] != first["after"]
    assert second["after"] == ""
    assert second["after_header"].endswith("second (deleted)")


def test_shown_diff_is_the_same(rehearsal: Rehearsal) -> None:
    shown = [
        [line for line in run.output.splitlines() if line.startswith(("+", "-", "@@"))]
        for run in (rehearsal.dry, rehearsal.real)
    ]
    assert shown[0] == shown[1]
    assert len(shown[0]) > 5


def test_credentials_differ_in_their_outcome_alone(rehearsal: Rehearsal) -> None:
    dry, real = (
        [
            {name: value for name, value in item.items() if name not in ("revocation", "detail", "by_hand")}
            for item in run["it"]["credentials"]
        ]
        for run in (rehearsal.dry, rehearsal.real)
    )
    assert dry == real
    outcomes = {item["revocation"] for item in rehearsal.dry["it"]["credentials"]}
    assert outcomes == {"pending", "not_applicable"}


def test_sentence_speaks_of_what_would_be(rehearsal: Rehearsal) -> None:
    assert rehearsal.dry["it"]["msg"].startswith("Would log out of ")
    assert rehearsal.real["it"]["msg"].startswith("Logged out of ")
    assert not rehearsal.dry["it"]["revoked"]
