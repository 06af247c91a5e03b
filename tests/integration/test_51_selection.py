# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials a run is about: all, those with a fingerprint, one known by value; and how much must be known."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.files import plant
from tests.integration.play import Run, Runner, log_out
from tests.registry import EmbeddedRegistry

ONE = "ONE_KEY:_authToken=TOKEN_ONE"
TWO = "TWO_KEY:_authToken=TOKEN_TWO"
SAME = "TWO_KEY:_authToken=TOKEN_ONE"
REGISTRIES = ("registry=ONE", "@two:registry=TWO")
COMMENT = "; ONE_KEY:_authToken=TOKEN_TWO"
BASIC = "//basic.example.com/:_auth=YWxpY2U6cGFzc3dvcmQ="
BOTH = (*REGISTRIES, ONE, TWO)


@dataclass(frozen=True)
class Case:
    """A store, the options, the lines that are left, and which tokens are revoked afterwards."""

    lines: tuple[str, ...]
    left: tuple[str, ...]
    options: Mapping[str, Any]
    dead: str = ""
    outcomes: tuple[str, ...] = ("confirmed",)
    failed: bool = False
    revoked: bool = True
    silent: bool = False  # no request at all


CASES = {
    "all registries": Case(
        (*BOTH, BASIC), REGISTRIES, {"all_registries": True}, "ONE TWO", ("confirmed", "confirmed", "not_applicable")
    ),
    "the default registry": Case(BOTH, (*REGISTRIES, TWO), {}, "ONE"),
    "by fingerprint": Case(BOTH, (*REGISTRIES, ONE), {"fingerprints": ["PRINT_TWO"]}, "TWO"),
    "by fingerprint, of a registry that has another": Case(
        BOTH, BOTH, {"fingerprints": ["PRINT_TWO"], "registry": "ONE"}, outcomes=(), revoked=False, silent=True
    ),
    "by a fingerprint that is nowhere": Case(
        BOTH, BOTH, {"fingerprints": ["sha256:0123456789abcdef"]}, outcomes=(), revoked=False, silent=True
    ),
    "a protected one": Case(
        BOTH,
        (*REGISTRIES, ONE),
        {"all_registries": True, "protected_fingerprints": ["PRINT_ONE"]},
        "TWO",
        ("protected", "confirmed"),
    ),
    "nothing but protected ones": Case(
        (*REGISTRIES, ONE),
        (*REGISTRIES, ONE),
        {"all_registries": True, "protected_fingerprints": ["PRINT_ONE"]},
        outcomes=("protected",),
        revoked=False,
        silent=True,
    ),
    "by value": Case(BOTH, (*REGISTRIES, TWO), {"token": "TOKEN_ONE"}, "ONE"),
    "by value, wherever it stands": Case(
        (*REGISTRIES, ONE, TWO, SAME, BASIC),
        (*REGISTRIES, TWO, BASIC),
        {"token": "TOKEN_ONE", "revoke": "attempted"},
        "ONE",
        # The second registry has never seen it.
        ("confirmed", "already_invalid"),
    ),
    "by value, in no store": Case((), (), {"token": "TOKEN_ONE", "registry": "ONE"}, "ONE"),
    "by value, in no store, which is no reason to touch others": Case(
        BOTH, BOTH, {"token": "TOKEN_STRAY", "registry": "ONE"}, "STRAY"
    ),
    "never": Case(BOTH, (*REGISTRIES, TWO), {"revoke": "never"}, outcomes=("skipped",), revoked=False, silent=True),
    "comments": Case(
        (*REGISTRIES, ONE, COMMENT), REGISTRIES, {"comments": True}, "ONE", ("confirmed", "already_invalid")
    ),
    "no comments": Case((*REGISTRIES, ONE, COMMENT), (*REGISTRIES, COMMENT), {}, "ONE"),
}


@dataclass(frozen=True)
class World:
    """Two registries, and what became of each case's store and tokens."""

    run: Run
    stores: Mapping[str, Path]
    words: Mapping[str, Mapping[str, str]]
    alive: Mapping[str, Mapping[str, bool]]
    askers: frozenset[str]  # the tokens of all requests


def make_words(servers: Mapping[str, EmbeddedRegistry]) -> dict[str, str]:
    """The values of the words in capitals; each case has tokens of its own."""
    words: dict[str, str] = {"TOKEN_STRAY": servers["ONE"].create_token("alice")}
    for word, server in servers.items():
        token = server.create_token("alice")
        words[f"TOKEN_{word}"] = token
        words[f"PRINT_{word}"] = f"sha256:{hashlib.sha256(token.encode()).hexdigest()[:16]}"
        words[f"{word}_KEY"] = server.url.removeprefix("http:")
    return {**words, **{word: server.url for word, server in servers.items()}}


def translate(value: Any, words: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [translate(item, words) for item in value]
    if isinstance(value, str):
        for word, meaning in words.items():
            value = value.replace(word, meaning)
    return value


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder = tmp_path_factory.mktemp("stores")
    with EmbeddedRegistry() as one, EmbeddedRegistry() as two:
        servers, stores, words, tasks = {"ONE": one, "TWO": two}, {}, {}, []
        for name, case in CASES.items():
            words[name] = make_words(servers)
            stores[name] = folder / name.replace(" ", "-")
            if case.lines:
                plant(stores[name], *(translate(line, words[name]) for line in case.lines))
            options = {key: translate(value, words[name]) for key, value in case.options.items()}
            tasks.append(log_out(name, {"paths": [str(stores[name])], "verify_timeout": 0, **options}))
        run = Runner(tmp_path_factory.mktemp("run")).run(*tasks)
        owners = {"ONE": one, "TWO": two, "STRAY": one}
        alive = {
            name: {word: owner.is_valid(words[name][f"TOKEN_{word}"]) for word, owner in owners.items()}
            for name in CASES
        }
        asked = frozenset(
            request.headers["authorization"].removeprefix("Bearer ")
            for server in (one, two)
            for request in server.requests
        )
        yield World(run, stores, words, alive, asked)


@pytest.mark.parametrize("name", CASES)
def test_selection(world: World, name: str) -> None:
    case, result, store = CASES[name], world.run[name], world.stores[name]
    left = store.read_text().splitlines() if store.exists() else []
    assert left == [translate(line, world.words[name]) for line in case.left]
    assert result["failed"] == case.failed, result
    assert result["changed"] == (case.lines != case.left)
    assert result["revoked"] == case.revoked
    assert tuple(item["revocation"] for item in result["credentials"]) == case.outcomes


@pytest.mark.parametrize("name", CASES)
def test_tokens_that_are_revoked(world: World, name: str) -> None:
    dead = {word for word, alive in world.alive[name].items() if not alive}
    assert dead == set(CASES[name].dead.split())


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.silent])
def test_nobody_is_asked(world: World, name: str) -> None:
    tokens = {value for word, value in world.words[name].items() if word.startswith("TOKEN_")}
    assert not tokens & world.askers


def test_token_that_was_in_no_store(world: World) -> None:
    """It has no place, and changes no file."""
    (credential,) = world.run["by value, in no store"]["credentials"]
    assert (credential["account"], credential["path"], credential["line"]) == (None, None, None)
    assert credential["fingerprint"] == world.words["by value, in no store"]["PRINT_ONE"]
    assert not credential["removed"]
