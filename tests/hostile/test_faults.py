# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The file is the old one or the new one, and the result is the truth, on hosts that lack or refuse what others have.

A call is missing in Python, the kernel refuses it at one point after the other, an account cannot be acted as, the
home is an overlay.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.accounts import needs_root
from tests.hostile.forked import ForkedModule
from tests.hostile.run_module import CHECKOUT, ModuleRun, start_module
from tests.hostile.scenario import OPTIONS, check_output
from tests.hostile.strace import attached, is_permitted
from tests.hostile.system import mounted
from tests.hostile.test_crash import SCENARIOS, Scenario, Stage, leave, look, record
from tests.hostile.world import World, made_world

NO_STRACE = is_permitted() if os.geteuid() == 0 else None
pytestmark = needs_root
needs_strace = pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))

MODULES = "ansible_collections.npmops.auth.plugins.modules."


# Missing in Python ---------------------------------------------------------------------------------------------------

MISSING = {
    "extended attributes": "del os.listxattr, os.getxattr, os.setxattr, os.removexattr",
    "os.listxattr": "del os.listxattr",
    "os.getxattr": "del os.getxattr",
    "os.setxattr": "del os.setxattr",
    "os.removexattr": "del os.removexattr",
    "leases": "del fcntl.F_SETLEASE, fcntl.F_GETLEASE",
    "locks": "del fcntl.flock",
    "the names of locks": "del fcntl.LOCK_SH, fcntl.LOCK_EX, fcntl.LOCK_NB, fcntl.LOCK_UN",
    "SIGIO": "del signal.SIGIO",
    "files without a name": "del os.O_TMPFILE",
    "files in memory": "del os.memfd_create",
    "access with effective ids": "os.access = refuse",
    "ctypes": "sys.modules['ctypes'] = None",
    "numbers of the system": "os.sysconf_names.pop('SC_NGROUPS_MAX')",
    "all of Linux": (
        "sys.platform = 'freebsd14'; "
        "del os.listxattr, os.getxattr, os.setxattr, os.removexattr, os.O_TMPFILE, os.memfd_create, "
        "fcntl.F_SETLEASE, fcntl.F_GETLEASE"
    ),
}
_PROLOGUE = """
import fcntl, os, signal, sys
real_access = os.access
def refuse(path, mode, **options):
    if options:
        raise NotImplementedError
    return real_access(path, mode)
"""


def run_without(world: World, tmp_path: Path, lacking: str) -> ModuleRun:
    """Run the module in a Python that lacks something from its start on."""
    (tmp_path / "sitecustomize.py").write_text(f"{_PROLOGUE}{lacking}\n")
    return start_module(
        {**OPTIONS, "users": [world.mallory.name, world.bob.name]},
        home=world.root_home,
        environment={**world.environment, "PYTHONPATH": str(tmp_path)},
    ).wait()


@pytest.mark.parametrize("lacking", [pytest.param(value, id=name) for name, value in MISSING.items()])
def test_python_that_lacks_something(world: World, tmp_path: Path, lacking: str) -> None:
    world.mallory.store.chmod(0o640)
    with world.untouched():
        run = run_without(world, tmp_path, lacking)
    assert not run.failed, run.msg
    assert run.outcomes == ["confirmed", "confirmed"]
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    assert world.mallory.store.stat().st_mode & 0o7777 == 0o640
    assert os.listdir(world.mallory.home) == [".npmrc"]
    world.check_bob_is_done(run)
    world.check_nothing_is_shown(run)


def test_call_that_nobody_thought_of(world: World, tmp_path: Path) -> None:
    """The files stay, and what was revoked is in the result all the same."""
    run = run_without(world, tmp_path, "del os.fchmod")
    assert run.failed
    assert run.outcomes == ["confirmed", "confirmed"]
    assert [item["removed"] for item in run.result["credentials"]] == [False, False]
    assert run.result["revoked"] is True
    assert run.result["changed"] is False
    assert "unexpected AttributeError" in run.msg
    for person in (world.mallory, world.bob):
        assert person.store.read_bytes() == world.make_store(person)
        assert os.listdir(person.home) == [".npmrc"]
    world.check_nothing_is_shown(run)


def test_collection_that_the_account_cannot_read(world: World) -> None:
    """As Ansible copies it: nothing of it is imported while the account is acted as."""
    private = world.base / "private"
    plugins = "ansible_collections/npmops/auth/plugins"
    shutil.copytree(CHECKOUT / plugins, private / plugins)
    private.chmod(0o700)
    try:
        for check_mode in (True, False):
            world.mallory.home.chmod(0o555)
            run = start_module(
                {**OPTIONS, "users": [world.mallory.name, world.bob.name]},
                home=world.root_home,
                environment=world.environment,
                directories=[private],
                check_mode=check_mode,
            ).wait()
            assert not run.failed, run.msg
    finally:
        shutil.rmtree(private)
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    world.check_bob_is_done(run)


# Refused by the kernel -----------------------------------------------------------------------------------------------

#: What network file systems, containers and broken disks say.
ERRORS = {
    "flock": ("ENOLCK", "EBADF", "EIO"),
    "fsync": ("EIO", "EINVAL"),
    "flistxattr": ("EOPNOTSUPP", "EIO"),
    "fgetxattr": ("EIO",),
    "fsetxattr": ("EOPNOTSUPP", "EPERM"),
    "fremovexattr": ("EPERM",),
    "renameat2": ("ENOSYS", "EINVAL", "EBUSY", "EIO"),
    "fcntl": ("EINVAL",),
    "fchmod": ("EPERM",),
    "fchown": ("EPERM",),
    "unlinkat": ("EIO", "EBUSY"),
    "ftruncate": ("EIO",),
    "fstatfs": ("EIO",),
}
FAULTY = [
    *(item for item in SCENARIOS if item.name in ("a store with all attributes", "a store that is deleted")),
    Scenario("two plain stores", leave, SCENARIOS[-1].arguments, (), ("mallory", "bob")),
]


@pytest.fixture(scope="module")
def pair() -> Iterator[tuple[World, ForkedModule]]:
    with made_world() as world:
        world.furnish()
        output = world.base / "output"
        output.mkdir()
        with ForkedModule(output, world.root_home) as module:
            yield world, module


def list_faults(stage: Stage, log: Path) -> list[tuple[str, str, int]]:
    """Call, error and number of each point of the work at which the kernel is to refuse."""
    counts: Counter[str] = Counter()
    points: list[tuple[str, str, int]] = []
    begun = False
    for call in record(stage, log):
        counts[call.name] += 1
        begun = begun or str(stage.world.base / "home") in call.arguments or call.name.startswith("set")
        if begun:
            points += [(call.name, error, counts[call.name]) for error in ERRORS.get(call.name, ())]
    return points


def run_with_fault(stage: Stage, name: str, error: str, when: str) -> dict[str, Any]:
    stage.set()
    stage.world.registry.forget_requests()
    pid = stage.hold()
    inject = f"inject={name}:error={error}:when={when}"
    with attached(pid, "-o", os.devnull, "-e", f"trace={name}", "-e", inject):
        stage.module.release()
    return stage.module.read_result()


def check_truth(stage: Stage, result: dict[str, Any]) -> None:
    """Each file is the old or the new one, and the result says which, and what of the tokens."""
    world = stage.world
    changed = False
    for person in stage.people:
        now, before = look(person).data, stage.before[person.role].data
        assert now in (before, stage.make_new(person).data, b""), now
        changed = changed or now != before
        told = [item for item in result.get("credentials", []) if item["account"] == person.name]
        assert [item["removed"] for item in told] in ([now != before], [])
        revoked = [item["revocation"] in ("confirmed", "already_invalid") for item in told]
        if told:
            assert revoked == [not world.registry.is_valid(world.tokens[person.role])]
        else:
            assert result["failed"] is True
            assert world.registry.is_valid(world.tokens[person.role])
            assert now == before
    assert result["changed"] is changed if "changed" in result else not changed


def check_next_run(stage: Stage) -> None:
    """It finishes the work."""
    second = stage.run()
    assert second.get("failed", False) is False, second
    for person in stage.people:
        assert look(person).data in (stage.make_new(person).data, b"")
        left = [path.name for path in person.home.iterdir() if path.name != ".npmrc"]
        assert left == [], left


@needs_strace
@pytest.mark.parametrize("shard", range(4))
@pytest.mark.parametrize("scenario", [pytest.param(item, id=item.name) for item in FAULTY])
@pytest.mark.timeout(900)
def test_refused_once(pair: tuple[World, ForkedModule], scenario: Scenario, shard: int, tmp_path: Path) -> None:
    stage = Stage(*pair, scenario)
    points = list_faults(stage, tmp_path / "strace")
    assert len(points) >= 20, points
    wrong: list[str] = []
    for name, error, number in points[shard::4]:
        try:
            result = run_with_fault(stage, name, error, str(number))
            assert not [token for token in stage.world.tokens.values() if token in stage.module.read_output()]
            check_truth(stage, result)
            check_next_run(stage)
        except (AssertionError, ValueError) as problem:
            wrong.append(f"{name} number {number}, {error}: {str(problem)[:300]}")
    assert not wrong, "\n".join(wrong)


ALWAYS = [
    *(("flock", error) for error in ("ENOLCK", "ENOSYS", "EBADF")),
    ("flistxattr", "EOPNOTSUPP"),
    ("renameat2", "ENOSYS"),
    ("renameat2", "EINVAL"),
]


@needs_strace
@pytest.mark.parametrize(("name", "error"), ALWAYS)
def test_file_system_that_never_has_it(pair: tuple[World, ForkedModule], name: str, error: str) -> None:
    """Network file systems, old kernels and small C libraries: the work is done without."""
    stage = Stage(*pair, FAULTY[-1])
    result = run_with_fault(stage, name, error, "1+")
    assert result.get("failed", False) is False, result
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed"] * 2
    check_truth(stage, result)
    for person in stage.people:
        assert look(person) == stage.make_new(person)


# Accounts that cannot be acted as ------------------------------------------------------------------------------------

CONTAINERS = {
    "a user namespace that knows root alone": ["unshare", "--user", "--map-root-user"],
    "no CAP_SETUID": ["setpriv", "--bounding-set=-setuid"],
    "no CAP_SETGID": ["setpriv", "--bounding-set=-setgid"],
}
containers = pytest.mark.parametrize("prefix", [pytest.param(value, id=name) for name, value in CONTAINERS.items()])


def run_in_container(world: World, prefix: list[str], module: str, arguments: dict[str, Any]) -> ModuleRun:
    if shutil.which(prefix[0]) is None:
        pytest.skip(f"{prefix[0]} (package util-linux) is not installed")
    return start_module(
        arguments, home=world.root_home, environment=world.environment, prefix=prefix, module=MODULES + module
    ).wait()


def make_store_of_root(world: World) -> tuple[Path, str]:
    token = world.registry.create_token("operator")
    path = world.root_home / ".npmrc"
    path.write_bytes(world.make_store(world.bob, token))
    path.chmod(0o600)
    return path, token


@containers
def test_logout_where_one_account_cannot_be_acted_as(world: World, prefix: list[str]) -> None:
    path, token = make_store_of_root(world)
    users = [world.mallory.name, "root", world.bob.name]
    run = run_in_container(world, prefix, "npm_logout", {**OPTIONS, "users": users})
    check_output(run, token, *world.tokens.values())
    assert run.failed
    assert f"The module cannot switch to the account {world.mallory.name}." in run.msg
    assert f"The module cannot switch to the account {world.bob.name}." in run.msg
    assert [(item["account"], item["revocation"]) for item in run.result["credentials"]] == [("root", "confirmed")]
    assert not world.registry.is_valid(token)
    assert path.read_bytes() == world.make_rest(world.bob)
    assert world.mallory.store.read_bytes() == world.make_store(world.mallory)


@containers
def test_audit_where_one_account_cannot_be_acted_as(world: World, prefix: list[str]) -> None:
    """Of all accounts, with a look for traps in their homes."""
    path, token = make_store_of_root(world)
    arguments = {"all_users": True, "levels": ["user"], "tripwires": ["~/.npmrc"]}
    run = run_in_container(world, prefix, "npm_credentials_info", arguments)
    check_output(run, token, *world.tokens.values())
    assert not run.failed, run.msg
    assert str(path) in run.result["tripwires"]
    assert [item["account"] for item in run.result["credentials"]] == ["root"]
    unreadable = [item["message"] for item in run.result["findings"] if item["rule"] == "unreadable"]
    assert any(f"cannot switch to the account {world.mallory.name}." in text for text in unreadable)


@containers
def test_login_where_one_account_cannot_be_acted_as(world: World, prefix: list[str]) -> None:
    path, old = make_store_of_root(world)
    token = world.registry.create_token("operator")
    arguments = {"registry": world.registry.url, "token": token, "users": [world.mallory.name, "root"]}
    run = run_in_container(world, prefix, "npm_login", arguments)
    check_output(run, token, old, *world.tokens.values())
    assert run.failed
    assert f"The module cannot switch to the account {world.mallory.name}." in run.msg
    assert path.read_bytes() == world.make_store(world.bob, token)
    assert world.mallory.store.read_bytes() == world.make_store(world.mallory)


# File systems --------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def overlay(world: World) -> Iterator[None]:
    """Mallory's home is an overlay whose lower layer has her store."""
    layers = world.base / "layers"
    layers.mkdir(exist_ok=True)
    # An overlay's upper layer cannot be on another overlay, as the root of a container is one.
    with mounted(layers, "size=1m"):
        for name in ("lower", "upper", "work"):
            (layers / name).mkdir()
            world.mallory.own(layers / name)
        world.mallory.write(layers / "lower" / ".npmrc", world.mallory.store.read_bytes())
        options = [f"{name}dir={layers / name}" for name in ("lower", "upper", "work")]
        with mounted(world.mallory.home, *options, kind="overlay"):
            yield


def test_home_that_is_an_overlay(world: World) -> None:
    """As a container's is: the file comes up from a lower layer."""
    with overlay(world):
        foretold = world.run(check_mode=True)
        run = world.run()
        assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
        assert os.listdir(world.mallory.home) == [".npmrc"]
    assert not run.failed, run.msg
    assert (foretold.result["files"], foretold.result["diff"]) == (run.result["files"], run.result["diff"])
    world.check_bob_is_done(run)
