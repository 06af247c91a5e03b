# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of these tests look at what is the tests' own: others may use the machine meanwhile."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.accounts import administer, made_account, needs_root
from tests.hostile.world import World

pytestmark = needs_root


def test_accounts_that_others_add_and_remove_do_not_count(world: World, tmp_path: Path) -> None:
    with world.untouched(), made_account("stranger", tmp_path) as stranger:
        assert stranger.name.encode() in Path("/etc/shadow").read_bytes()


def touch_shadow(world: World) -> None:
    administer("usermod", "--expiredate", "1", world.mallory.name)


def write_to_vault(world: World) -> None:
    (world.vault / "npmrc").write_bytes(b"")


def give_away_home(world: World) -> None:
    os.chown(world.innocent.home, world.mallory.uid, -1)


def revoke_token(world: World) -> None:
    world.registry.revoke(world.tokens["innocent"])


@pytest.mark.parametrize(
    ("harm", "message"),
    [
        pytest.param(touch_shadow, "lines of /etc/shadow changed", id="a line of /etc/shadow"),
        pytest.param(write_to_vault, r"where nobody was to write: \['npmrc'\]", id="a file of root's"),
        pytest.param(give_away_home, r"where nobody was to write: \['\.'\]", id="a home"),
        pytest.param(revoke_token, "token of innocent was revoked", id="a token"),
    ],
)
def test_harm_to_what_is_the_tests_own_is_seen(world: World, harm: Callable[[World], None], message: str) -> None:
    with pytest.raises(AssertionError, match=message), world.untouched():
        harm(world)
