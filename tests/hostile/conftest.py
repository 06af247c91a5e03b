# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Provide accounts of the host to tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.hostile.world import World, made_world


@pytest.fixture(scope="module")
def host() -> Iterator[World]:
    with made_world() as world:
        yield world


@pytest.fixture
def world(host: World) -> World:
    host.furnish()
    return host
