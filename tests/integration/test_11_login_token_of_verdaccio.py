# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdaccio says yes to a logout and ends nothing: that is not believed, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.files import Snapshot, plant_surrounded, surround, take_snapshot
from tests.integration.play import Run, Runner, log_out
from tests.integration.verdaccio import Verdaccio

# The option, and the result of it: the outcome, whether the task fails, whether the lines go.
WORDS = {
    "confirmed": ("ineffective", True, False),
    "accepted": ("accepted", False, True),
    "attempted": ("ineffective", False, True),
}


class Logins:
    """A login token for each word, in a store of its own."""

    def __init__(self, verdaccio: Verdaccio, folder: Path) -> None:
        self.tokens = {word: verdaccio.login(f"login-{word}") for word in WORDS}
        self.stores = {
            word: plant_surrounded(folder / word, f"{verdaccio.key}:_authToken={token}")
            for word, token in self.tokens.items()
        }
        self.before: dict[str, Snapshot] = {word: take_snapshot(store) for word, store in self.stores.items()}
        self.run: Run


@pytest.fixture(scope="module")
def logins(verdaccio: Verdaccio, tmp_path_factory: pytest.TempPathFactory) -> Logins:
    found = Logins(verdaccio, tmp_path_factory.mktemp("stores"))
    common = {"registry": verdaccio.url, "verify_timeout": 1}
    tasks = [log_out(word, {**common, "paths": [str(store)], "revoke": word}) for word, store in found.stores.items()]
    found.run = Runner(tmp_path_factory.mktemp("run")).run(*tasks)
    return found


def get_credential(logins: Logins, word: str) -> dict[str, Any]:
    (credential,) = logins.run[word]["credentials"]
    assert isinstance(credential, dict)
    return credential


@pytest.mark.parametrize("word", WORDS)
def test_outcome(logins: Logins, word: str) -> None:
    outcome, fails, removed = WORDS[word]
    result, credential = logins.run[word], get_credential(logins, word)
    assert credential["revocation"] == outcome
    assert credential["removed"] == removed
    assert (result["failed"], result["changed"]) == (fails, removed)


def test_confirmed_leaves_the_file_untouched(logins: Logins) -> None:
    assert take_snapshot(logins.stores["confirmed"]) == logins.before["confirmed"]


@pytest.mark.parametrize("word", ["accepted", "attempted"])
def test_lines_go_and_nothing_else(logins: Logins, word: str) -> None:
    assert logins.stores[word].read_bytes() == surround(b"")


def test_why_and_what_to_do_is_said(logins: Logins) -> None:
    message = logins.run["confirmed"]["msg"]
    assert "still accepts the token" in message
    assert "change its user's password" in message
    assert f"{logins.stores['confirmed']} line 6" in message
    assert get_credential(logins, "confirmed")["by_hand"] in message


@pytest.mark.parametrize("word", ["accepted", "attempted"])
def test_what_is_left_to_do_is_said_where_the_lines_are_gone(logins: Logins, word: str) -> None:
    assert "password" in get_credential(logins, word)["by_hand"]


def test_revoked_tells_the_truth(logins: Logins) -> None:
    assert {word: logins.run[word]["revoked"] for word in WORDS} == {
        "confirmed": False,
        "accepted": True,  # as far as the registry says
        "attempted": False,
    }


@pytest.mark.parametrize("word", WORDS)
def test_token_lives_on(verdaccio: Verdaccio, logins: Logins, word: str) -> None:
    """Which is what the outcomes say; should Verdaccio change, this is where it shows."""
    assert verdaccio.whoami(logins.tokens[word]).body == {"username": f"login-{word}"}
