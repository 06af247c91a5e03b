# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A scope's registry is logged out of, and the link goes when nothing is left behind it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.files import plant
from tests.integration.play import Run, Runner, log_out
from tests.registry import LYING, EmbeddedRegistry

DEFAULT = "registry=DEFAULT"
DEFAULT_LOGIN = "DEFAULT_KEY:_authToken=TOKEN_OF_DEFAULT"
LINK = "@example:registry=GOOD"
LOGIN = "GOOD_KEY:_authToken=TOKEN_OF_GOOD"
LYING_LINK = "@example:registry=LYING"
LYING_LOGIN = "LYING_KEY:_authToken=TOKEN_OF_LYING"
OTHER_LINK = "@other:registry=GOOD"


@dataclass(frozen=True)
class Case:
    """A store, the options, and the lines that are left; in capitals what differs from run to run."""

    lines: tuple[str, ...]
    left: tuple[str, ...]
    options: Mapping[str, Any]
    failed: bool = False
    says: str = ""


CASES = {
    "link and token go": Case((DEFAULT, DEFAULT_LOGIN, LINK, LOGIN), (DEFAULT, DEFAULT_LOGIN), {"scope": "@example"}),
    "without the at sign": Case((LINK, LOGIN), (), {"scope": "example"}),
    "no link, nothing to do": Case(
        (DEFAULT, DEFAULT_LOGIN),
        (DEFAULT, DEFAULT_LOGIN),
        {"scope": "@example"},
        says="No registry is mapped to @example: nothing to do",
    ),
    "the link stays while the token lives": Case(
        (LYING_LINK, LYING_LOGIN), (LYING_LINK, LYING_LOGIN), {"scope": "@example"}, failed=True, says="still accepts"
    ),
    "the link goes with a token that was attempted": Case(
        (LYING_LINK, LYING_LOGIN), (), {"scope": "@example", "revoke": "attempted"}
    ),
    "a link without a login goes alone": Case(
        (DEFAULT, DEFAULT_LOGIN, LINK), (DEFAULT, DEFAULT_LOGIN), {"scope": "@example"}
    ),
    "another scope's link stays": Case((LINK, OTHER_LINK, LOGIN), (OTHER_LINK,), {"scope": "@example"}),
    "a link that stands twice goes twice": Case((LINK, LOGIN, LINK), (), {"scope": "@example"}),
    "with its registry": Case((LINK, LOGIN), (), {"scope": "@example", "registry": "GOOD"}),
    "with another registry, the link stays": Case(
        (DEFAULT, DEFAULT_LOGIN, LINK, LOGIN), (DEFAULT, LINK, LOGIN), {"scope": "@example", "registry": "DEFAULT"}
    ),
}


class World:
    """Registries, a store a case, and one run over all of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.values: dict[str, dict[str, str]] = {}

    def fill(self, name: str, servers: Mapping[str, EmbeddedRegistry]) -> dict[str, str]:
        """The values of the words in capitals; each case has tokens of its own."""
        words: dict[str, str] = {}
        for word, server in servers.items():
            words[f"TOKEN_OF_{word}"] = server.create_token("alice")
            words[f"{word}_KEY"] = server.url.removeprefix("http:")
            words[word] = server.url
        self.values[name] = words
        return words

    def translate(self, name: str, text: str) -> str:
        for word, value in self.values[name].items():
            text = text.replace(word, value)
        return text

    def store(self, name: str) -> Path:
        return self.folder / name.replace(" ", "-")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[World, Run, dict[str, dict[str, bool]]]:
    world = World(tmp_path_factory.mktemp("stores"))
    with EmbeddedRegistry() as good, EmbeddedRegistry(LYING) as lying, EmbeddedRegistry() as default:
        servers = {"GOOD": good, "LYING": lying, "DEFAULT": default}
        tasks = []
        for name, case in CASES.items():
            world.fill(name, servers)
            plant(world.store(name), *(world.translate(name, line) for line in case.lines))
            options = {
                key: world.translate(name, value) if isinstance(value, str) else value
                for key, value in case.options.items()
            }
            tasks.append(log_out(name, {**options, "paths": [str(world.store(name))], "verify_timeout": 0}))
        run = Runner(tmp_path_factory.mktemp("run")).run(*tasks)
        alive = {
            name: {word: server.is_valid(world.values[name][f"TOKEN_OF_{word}"]) for word, server in servers.items()}
            for name in CASES
        }
    return world, run, alive


@pytest.mark.parametrize("name", CASES)
def test_scope(world: tuple[World, Run, dict[str, dict[str, bool]]], name: str) -> None:
    stores, run, alive = world
    case, result, store = CASES[name], run[name], stores.store(name)
    left = store.read_text().splitlines() if store.exists() else []
    assert left == [stores.translate(name, line) for line in case.left]
    assert result["failed"] == case.failed, result
    assert result["changed"] == (case.lines != case.left)
    assert case.says in result["msg"]
    for word, login in (("GOOD", LOGIN), ("DEFAULT", DEFAULT_LOGIN)):
        assert alive[name][word] == (login not in case.lines or login in case.left)


def test_default_registry_is_not_asked(world: tuple[World, Run, dict[str, dict[str, bool]]]) -> None:
    """npm would fall through to it; here it is nobody's business."""
    _stores, run, _alive = world
    assert run["no link, nothing to do"]["credentials"] == []
    assert run["a link without a login goes alone"]["credentials"] == []
