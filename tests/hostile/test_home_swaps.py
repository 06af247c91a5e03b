# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a name refers to changes every few microseconds while root works on it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator

import pytest

from tests.hostile.accounts import needs_root
from tests.hostile.forked import ForkedModule
from tests.hostile.odd_files import create_directory, create_fifo, create_link
from tests.hostile.scenario import OPTIONS, list_forms, stretch
from tests.hostile.system import attacking
from tests.hostile.world import LONGEST, World, made_world

pytestmark = needs_root

RUNS = 12
OTHER = "other"
# Both names are always there: they change places at once (renameat2, RENAME_EXCHANGE).
SWAP = """
def work():
    for _number in range(1000):
        swap(arguments[0], arguments[1])
repeat(work)
"""


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[World, ForkedModule]]:
    with made_world() as world:
        world.furnish()
        output = world.base / "output"
        output.mkdir()
        with ForkedModule(output, world.root_home) as module:
            yield world, module


def link_to_bob(world: World) -> None:
    """Bob's store can be read, and is in the same run."""
    world.bob.store.chmod(0o644)
    world.put(create_link(world.bob.store), OTHER)


def hard_link_to_innocent(world: World) -> None:
    os.link(world.innocent.store, world.mallory.home / OTHER)


def create_second_file(world: World) -> None:
    world.mallory.write(world.mallory.home / OTHER, world.make_store(world.mallory) + b"; the second one\n")


OTHERS: dict[str, Callable[[World], object]] = {
    "a link to root's file": lambda world: world.put(create_link(world.vault / "npmrc"), OTHER),
    "a link to /etc/shadow": lambda world: world.put(create_link("/etc/shadow"), OTHER),
    "a link to bob's store": link_to_bob,
    "a link to a file that she may not read": lambda world: world.put(create_link(world.innocent.store), OTHER),
    "a hard link to such a file": hard_link_to_innocent,
    "a fifo": lambda world: world.put(create_fifo, OTHER),
    "a directory": lambda world: world.put(create_directory, OTHER),
    "a link to zeros without end": lambda world: world.put(create_link("/dev/zero"), OTHER),
    "another file of hers": create_second_file,
}
others = pytest.mark.parametrize("plant", [pytest.param(value, id=name) for name, value in OTHERS.items()])


@others
def test_store_that_is_swapped(host: tuple[World, ForkedModule], plant: Callable[[World], object]) -> None:
    """Mallory's own store and something else, a hundred thousand times a second."""
    for _run in range(RUNS):
        world, module = host
        world.furnish()
        plant(world)
        with attacking(world.mallory, SWAP, world.mallory.store, world.mallory.home / OTHER), world.untouched():
            check_run(world, module)


@pytest.mark.parametrize("target", ["locked", "folder"])
def test_directory_that_is_swapped(host: tuple[World, ForkedModule], target: str) -> None:
    """The directory of the store, and a link to one of root's, with a file of that name in it."""
    for _run in range(RUNS):
        world, module = host
        world.furnish()
        folder = world.vault / "folder"
        folder.mkdir()
        os.link(world.vault / "npmrc", folder / ".npmrc")
        own = world.mallory.home / "folder"
        own.mkdir()
        world.mallory.own(own)
        world.mallory.store.rename(own / ".npmrc")
        (world.mallory.home / "link").symlink_to(world.vault / target)
        with attacking(world.mallory, SWAP, own, world.mallory.home / "link"), world.untouched():
            check_run(world, module, paths=["~/folder/.npmrc", "~/.npmrc"])


def test_temporary_files_that_are_swapped(host: tuple[World, ForkedModule]) -> None:
    """What root's process has just made in her home, she replaces by a link to root's file."""
    script = """
target = arguments[1]
def work():
    for name in os.listdir(arguments[0]):
        if name.endswith(".tmp"):
            path = os.path.join(arguments[0], name)
            os.unlink(path)
            os.symlink(target, path)
repeat(work)
"""
    for _run in range(RUNS):
        world, module = host
        world.furnish()
        with attacking(world.mallory, script, world.mallory.home, world.vault / "npmrc"), world.untouched():
            check_run(world, module)


def test_temporary_files_that_are_locked(host: tuple[World, ForkedModule]) -> None:
    script = """
taken = []
def work():
    for name in os.listdir(arguments[0]):
        if name.endswith(".tmp"):
            descriptor = os.open(os.path.join(arguments[0], name), os.O_RDWR)
            taken.append(descriptor)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
repeat(work)
"""
    for _run in range(RUNS):
        world, module = host
        world.furnish()
        with attacking(world.mallory, script, world.mallory.home), world.untouched():
            check_run(world, module)


def check_run(world: World, module: ForkedModule, **options: object) -> None:
    """Whatever came of mallory's store: in time, one sentence or success, nothing shown, and bob served."""
    started = time.monotonic()
    result = module.run({**OPTIONS, "users": [world.mallory.name, world.bob.name], **options}, world.environment)
    assert time.monotonic() - started < stretch(LONGEST), result["msg"]
    assert result["msg"].isprintable()
    assert "exception" not in result
    shown = module.read_output()
    assert "Traceback" not in shown
    for secret in (*world.tokens.values(), *world.canaries.values()):
        assert not [form for form in list_forms(secret) if form in shown]
    sent = b"".join(request.head for request in world.registry.requests)
    for name, canary in world.canaries.items():
        assert canary.encode() not in sent, f"{name} arrived at the registry"
    assert not world.registry.is_valid(world.tokens["bob"])
    assert world.bob.store.read_bytes() == world.make_rest(world.bob)
    assert world.bob.store.stat().st_uid == world.bob.uid
