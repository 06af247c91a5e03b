# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Wherever the module is killed, the credential file is whole, and the next run finishes the work.

The module's system calls are recorded once. Then it is run again and again, and killed when it is about to make one of
them: a different one each time, all those after its start that concern files, privileges and the registry.
"""

from __future__ import annotations

import contextlib
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.accounts import Person, needs_root
from tests.hostile.forked import ForkedModule
from tests.hostile.scenario import OPTIONS
from tests.hostile.strace import Call, attached, is_permitted, read_log
from tests.hostile.system import mounted, run_tool
from tests.hostile.world import World, made_world
from tests.registry import Request

NO_STRACE = is_permitted() if os.geteuid() == 0 else None
pytestmark = [needs_root, pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))]

SHARDS = 4
LEAST_POINTS = 200
# In the module's own process; what its threads ask the network is killed at by the registry.
FILES = (
    *("open", "openat", "openat2", "read", "write", "close", "fstat", "newfstatat", "lseek", "readlink", "access"),
    *("getdents64", "ftruncate"),
)
CHANGES = (
    *("fchown", "fchownat", "fchmod", "fchmodat", "fsetxattr", "fremovexattr", "fgetxattr", "flistxattr", "fsync"),
    *("fdatasync", "flock", "fcntl", "rename", "renameat", "renameat2", "unlink", "unlinkat", "link", "linkat"),
    "clock_nanosleep",
)
POWERS = ("setresuid", "setresgid", "setgroups", "setreuid", "setregid")
NETWORK = ("socket", "connect", "sendto", "sendmsg", "recvfrom", "recvmsg", "clone3", "clone", "exit_group")


@dataclass(frozen=True)
class Scenario:
    """What is to be done, and with which calls it is killed.

    :ivar prepare: makes the stores.
    :ivar arguments: of the module, beside OPTIONS.
    """

    name: str
    prepare: Callable[[World], None]
    arguments: Callable[[World], dict[str, Any]]
    calls: tuple[str, ...]
    people: tuple[str, ...] = ("mallory",)


def for_mallory(world: World) -> dict[str, Any]:
    return {"users": [world.mallory.name], "registry": world.registry.url}


def for_both(world: World) -> dict[str, Any]:
    return {"users": [world.mallory.name, world.bob.name], "registry": world.registry.url}


def for_root(world: World) -> dict[str, Any]:
    """Root names the file, and no account."""
    return {"paths": [str(world.mallory.store)], "registry": world.registry.url}


def make_odd_store(world: World) -> None:
    """All that a store can have, in a directory that would give a new file other things."""
    world.mallory.home.chmod(0o2775)
    os.chown(world.mallory.store, world.mallory.uid, 0)
    world.mallory.store.chmod(0o640)
    run_tool("setfacl", "-d", "-m", f"u:{world.innocent.name}:rwx,o::rwx", world.mallory.home)
    run_tool("setfacl", "-m", f"u:{world.bob.name}:r,m::r", world.mallory.store)
    os.setxattr(world.mallory.store, "user.origin", b"a\x00b")


def make_odd_store_of_another_group(world: World) -> None:
    make_odd_store(world)
    os.chown(world.mallory.home, world.mallory.uid, 23456)


def make_linked_store(world: World) -> None:
    folder = world.mallory.home / "dotfiles"
    folder.mkdir()
    world.mallory.own(folder)
    world.mallory.store.rename(folder / "npmrc")
    world.mallory.store.symlink_to("dotfiles/npmrc")


def make_bare_store(world: World) -> None:
    """Nothing but the login: the file goes as a whole."""
    world.mallory.write(world.mallory.store, world.make_store(world.mallory).splitlines(keepends=True)[-1])


def share_token(world: World) -> None:
    """One token in the stores of two accounts."""
    world.bob.write(world.bob.store, world.make_store(world.bob, world.tokens["mallory"]))


def leave(_world: World) -> None:
    """The ordinary store that the world has."""


SCENARIOS = [
    Scenario("a store with all attributes", make_odd_store, for_mallory, (*FILES, *CHANGES, *POWERS, *NETWORK)),
    Scenario("another group", make_odd_store_of_another_group, for_mallory, (*CHANGES, *POWERS)),
    Scenario("a file that root names", make_odd_store, for_root, (*CHANGES, "openat", "write", "close")),
    Scenario("a link to a store", make_linked_store, for_mallory, CHANGES),
    Scenario("a store that is deleted", make_bare_store, for_mallory, (*CHANGES, "openat", "close")),
    Scenario("two accounts", share_token, for_both, (*CHANGES, *POWERS), ("mallory", "bob")),
]
scenarios = pytest.mark.parametrize("scenario", [pytest.param(item, id=item.name) for item in SCENARIOS])


@dataclass(frozen=True)
class State:
    """A store at one moment; all is None where there is none."""

    data: bytes | None
    facts: tuple[int, int, int, tuple[tuple[str, bytes], ...]] | None


@dataclass
class Stage:
    """One scenario, again and again from its start."""

    world: World
    module: ForkedModule
    scenario: Scenario
    before: dict[str, State] = field(default_factory=dict)

    @property
    def people(self) -> list[Person]:
        return [getattr(self.world, role) for role in self.scenario.people]

    @property
    def arguments(self) -> dict[str, Any]:
        return {**OPTIONS, **self.scenario.arguments(self.world)}

    def set(self) -> None:
        self.world.furnish()
        self.scenario.prepare(self.world)
        self.before = {person.role: look(person) for person in self.people}

    def hold(self) -> int:
        return self.module.hold(self.arguments, self.world.environment)

    def run(self) -> dict[str, Any]:
        self.world.registry.forget_requests()
        return self.module.run(self.arguments, self.world.environment)

    def make_new(self, person: Person) -> State:
        """The store as it is to be in the end."""
        old = self.before[person.role]
        data = (old.data or b"").replace((old.data or b"").splitlines(keepends=True)[-1], b"")
        return State(data, old.facts) if data else State(None, None)


def look(person: Person) -> State:
    path = person.store.resolve()
    if not path.exists():
        return State(None, None)
    status = path.stat()
    names = tuple((name, os.getxattr(path, name)) for name in sorted(os.listxattr(path)))
    return State(path.read_bytes(), (status.st_mode, status.st_uid, status.st_gid, names))


@pytest.fixture(scope="module")
def host() -> Iterator[tuple[World, ForkedModule]]:
    with made_world() as world:
        world.furnish()
        output = world.base / "output"
        output.mkdir()
        with ForkedModule(output, world.root_home) as module:
            yield world, module


@pytest.fixture
def stage(host: tuple[World, ForkedModule], scenario: Scenario) -> Stage:
    return Stage(*host, scenario)


def record(stage: Stage, log: Path) -> list[Call]:
    """The system calls of the whole run, in the main thread."""
    stage.set()
    pid = stage.hold()
    with attached(pid, "-y", "-o", str(log)):
        assert stage.module.release() == 0, stage.module.read_output()
    return [call for call in read_log(log) if call.thread == pid]


def list_points(stage: Stage, log: Path) -> list[tuple[str, int]]:
    """Name and number, from 1, of each call to be killed at, in the order of the run."""
    counts: Counter[str] = Counter()
    points: list[tuple[str, int]] = []
    begun = False
    for call in record(stage, log):
        counts[call.name] += 1
        begun = begun or str(stage.world.base / "home") in call.arguments or call.name in POWERS
        if begun and call.name in stage.scenario.calls:
            points.append((call.name, counts[call.name]))
    return points


def kill_at(stage: Stage, name: str, number: int) -> bool:
    """Run the module and kill it at one call; was it killed?"""
    stage.set()
    pid = stage.hold()
    inject = f"inject={name}:signal=SIGKILL:when={number}"
    with attached(pid, "-o", os.devnull, "-e", f"trace={name}", "-e", inject):
        return stage.module.release() == -signal.SIGKILL


@scenarios
@pytest.mark.parametrize("shard", range(SHARDS))
def test_killed_at_a_call(stage: Stage, shard: int, tmp_path: Path) -> None:
    points = list_points(stage, tmp_path / "strace")[shard::SHARDS]
    missed = 0
    for name, number in points:
        killed = kill_at(stage, name, number)
        missed += not killed
        try:
            check_after(stage)
        except AssertionError as problem:
            raise AssertionError(f"killed at {name} number {number}: {problem}") from problem
    assert missed <= len(points) // 10, f"{missed} of {len(points)} were not killed"


def test_points_are_enough(host: tuple[World, ForkedModule], tmp_path: Path) -> None:
    counts = [len(list_points(Stage(*host, scenario), tmp_path / "strace")) for scenario in SCENARIOS]
    assert sum(counts) >= LEAST_POINTS, counts
    print(f"{sum(counts)} points: {counts}")


def check_after(stage: Stage) -> None:
    """Old or new, and nothing lost; then a run that finishes, and one that finds nothing to do."""
    check_stores(stage)
    check_stray_files(stage)
    expected = [foretell(stage, person) for person in stage.people]
    second = stage.run()
    assert second.get("failed", False) is False, second
    assert [item["revocation"] for item in second["credentials"]] == [item for item in expected if item]
    for person in stage.people:
        assert look(person) == stage.make_new(person)
        assert list_names(person) == list_wanted(stage, person)
    assert not stage.world.registry.is_valid(stage.world.tokens["mallory"])
    third = stage.run()
    assert (third.get("failed", False), third["changed"], third["credentials"]) == (False, False, [])
    assert stage.world.registry.requests == ()


def check_stores(stage: Stage) -> None:
    for person in stage.people:
        assert look(person) in (stage.before[person.role], stage.make_new(person))


def check_stray_files(stage: Stage) -> None:
    """What is left beside a store is no more open than the store is."""
    for person in stage.people:
        for path in person.home.rglob(".npmops-*"):
            facts = stage.before[person.role].facts
            assert facts is not None
            status = path.stat()
            assert status.st_mode & ~facts[0] & 0o7777 == 0, oct(status.st_mode)
            assert status.st_uid in (person.uid, 0)


def foretell(stage: Stage, person: Person) -> str | None:
    """What the next run says of an account's token; None where its store is clean."""
    if look(person) == stage.make_new(person):
        return None
    return "confirmed" if stage.world.registry.is_valid(stage.world.tokens["mallory"]) else "already_invalid"


def list_names(person: Person) -> list[str]:
    return sorted(str(path.relative_to(person.home)) for path in person.home.rglob("*"))


def list_wanted(stage: Stage, person: Person) -> list[str]:
    if stage.scenario.prepare is make_linked_store:
        return [".npmrc", "dotfiles", "dotfiles/npmrc"]
    return [".npmrc"] if stage.make_new(person).data else []


# In place ------------------------------------------------------------------------------------------------------------

PAGE = 4096


def make_large_store(world: World) -> None:
    """The login in front of more than one page of other settings, which a kernel does not write in one step."""
    filler = b"".join(b"line%d = %d\n" % (number, number) for number in range(1000))
    world.mallory.write(world.mallory.store, world.make_store(world.mallory) + filler)


IN_PLACE = Scenario("a store that is a mount", make_large_store, for_mallory, (*CHANGES, "write", "ftruncate"))


@contextlib.contextmanager
def set_as_mount(stage: Stage) -> Iterator[bytes]:
    """Nothing else can take its place, so that it is written in place; gives the text that it is to have."""
    stage.set()
    mallory = stage.world.mallory
    before = mallory.store.read_bytes()
    other = mallory.write(stage.world.base / "mounted", before)
    with mounted(mallory.store, "bind", kind="none", device=str(other)):
        yield b"".join(line for line in before.splitlines(keepends=True) if b"_authToken" not in line)


def find_points_in_place(stage: Stage, log: Path) -> list[tuple[str, int]]:
    """Name and number of each call to be killed at, from the moment when the file is opened to be written."""
    with set_as_mount(stage):
        pid = stage.hold()
        with attached(pid, "-y", "-o", str(log)):
            assert stage.module.release() == 0, stage.module.read_output()
    counts: Counter[str] = Counter()
    points: list[tuple[str, int]] = []
    begun = False
    for call in (call for call in read_log(log) if call.thread == pid):
        counts[call.name] += 1
        begun = begun or (call.name == "openat" and "O_RDWR" in call.arguments and '".npmrc"' in call.arguments)
        if begun and call.name in IN_PLACE.calls:
            points.append((call.name, counts[call.name]))
    return points


def test_killed_while_it_writes_in_place(host: tuple[World, ForkedModule], tmp_path: Path) -> None:
    stage = Stage(*host, IN_PLACE)
    points = find_points_in_place(stage, tmp_path / "strace")
    assert len(points) >= 10, points
    was_torn = 0
    for name, number in points:
        with set_as_mount(stage) as after:
            pid = stage.hold()
            inject = f"inject={name}:signal=SIGKILL:when={number}"
            with attached(pid, "-o", os.devnull, "-e", f"trace={name}", "-e", inject):
                killed = stage.module.release() == -signal.SIGKILL
            was_torn += killed and tear(stage, after)
            try:
                check_in_place(stage, after)
            except AssertionError as problem:
                raise AssertionError(f"killed at {name} number {number}: {problem}") from problem
    assert was_torn


def tear(stage: Stage, after: bytes) -> bool:
    """Where the run was killed when it was about to write, write one page, as the kernel would have before it."""
    mallory = stage.world.mallory
    if mallory.store.read_bytes() == after or not list(mallory.home.glob(".npmops-*-.npmrc.tmp")):
        return False
    with open(mallory.store, "r+b") as file:
        file.write(after[:PAGE])
    return True


def check_in_place(stage: Stage, after: bytes) -> None:
    mallory = stage.world.mallory
    check_stray_files(stage)
    second = stage.run()
    assert second.get("failed", False) is False, second
    assert mallory.store.read_bytes() == after
    assert list_names(mallory) == [".npmrc"]
    assert not stage.world.registry.is_valid(stage.world.tokens["mallory"])
    third = stage.run()
    assert (third.get("failed", False), third["changed"], third["credentials"]) == (False, False, [])
    assert stage.world.registry.requests == ()


# At the registry -----------------------------------------------------------------------------------------------------


class Killer:
    """Kills a process when a registry has read its n-th request, or when it is about to answer it."""

    def __init__(self, world: World, monkeypatch: pytest.MonkeyPatch, number: int, *, answering: bool) -> None:
        self.pid = 0
        self._left = number
        registry = world.registry
        record_request, note_status = registry.record, registry.note_status

        def record(request: Request) -> int:
            if not answering:
                self._count()
            return record_request(request)

        def note(serial: int, status: int | None) -> None:
            note_status(serial, status)
            if answering:
                self._count()

        monkeypatch.setattr(registry, "record", record)
        monkeypatch.setattr(registry, "note_status", note)

    def _count(self) -> None:
        self._left -= 1
        if self._left == 0 and self.pid:
            os.kill(self.pid, signal.SIGKILL)


@pytest.mark.parametrize("scenario", [pytest.param(SCENARIOS[0], id=SCENARIOS[0].name)])
@pytest.mark.parametrize("answering", [False, True], ids=["asked", "about to be answered"])
@pytest.mark.parametrize("number", [1, 2, 3])
def test_killed_at_a_request(stage: Stage, monkeypatch: pytest.MonkeyPatch, number: int, answering: bool) -> None:
    """Who is it; end it; who is it now?"""
    killer = Killer(stage.world, monkeypatch, number, answering=answering)
    stage.set()
    killer.pid = stage.hold()
    assert stage.module.release() == -signal.SIGKILL
    monkeypatch.undo()
    # What has been asked for is done, whether or not anybody is left to hear of it.
    assert stage.world.registry.is_valid(stage.world.tokens["mallory"]) == (number == 1)
    check_after(stage)


# The whole process ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [pytest.param(SCENARIOS[0], id=SCENARIOS[0].name)])
@pytest.mark.parametrize("call", ["setgroups", "flock", "fchmod", "renameat2"])
def test_whole_process_is_killed(stage: Stage, call: str) -> None:
    """The same with a Python of its own, started by strace: the forks above leave nothing out."""
    stage.set()
    inject = f"inject={call}:signal=SIGKILL:when=1"
    prefix = ["strace", "-f", "-o", os.devnull, "-e", f"trace={call}", "-e", inject]
    run = stage.world.run(prefix=prefix, **stage.arguments)
    assert run.rc == -signal.SIGKILL
    check_after(stage)
