# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an account puts in its home, where root looks for an .npmrc, does root no harm."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import MOST_BYTES
from tests.hostile.accounts import needs_root
from tests.hostile.odd_files import Create, create_device, create_directory, create_fifo, create_link, create_socket
from tests.hostile.strace import OPENING, Call, is_permitted, make_prefix, read_log
from tests.hostile.system import attacking
from tests.hostile.world import World, get_facts, look

pytestmark = needs_root

GIB = 1 << 30
MIB = 1 << 20
NO_STRACE = is_permitted() if os.geteuid() == 0 else None
STRAY = ".npmops-0123456789abcdef.tmp"


Plant = Callable[[World], object]


def put(create: Create) -> Plant:
    """In place of mallory's store, something else of hers."""
    return lambda world: world.put(create)


def link_to(target: str) -> Plant:
    """In place of mallory's store, a link of hers; ``{vault}`` and ``{home}`` are filled in."""
    return lambda world: world.put(create_link(target.format(vault=world.vault, home=world.mallory.home)))


def plant_loop(world: World) -> None:
    link_to("{home}/other")(world)
    create_link(world.mallory.store)(world.mallory.home / "other")


def plant_hard_link(world: World) -> None:
    """As mallory could herself where protected_hardlinks is off."""
    world.mallory.store.unlink()
    os.link(world.innocent.store, world.mallory.store)


def plant_huge(world: World) -> None:
    with world.mallory.store.open("ab") as file:
        file.truncate(GIB)


def plant_long_line(world: World) -> None:
    with world.mallory.store.open("ab") as file:
        for _number in range(100):
            file.write(b"x" * MIB)


def plant_file_of_root(world: World) -> None:
    os.chown(world.mallory.store, 0, 0)


def close_home(world: World) -> None:
    world.mallory.home.chmod(0)


def replace_home_by_link(target: str) -> Plant:
    def plant(world: World) -> None:
        shutil.rmtree(world.mallory.home)
        world.mallory.home.symlink_to(target.format(vault=world.vault))

    return plant


def replace_home_by_file(world: World) -> None:
    shutil.rmtree(world.mallory.home)
    world.mallory.write(world.mallory.home, b"")


@dataclass(frozen=True)
class Case:
    """Something in place of mallory's store, and the end of the sentence that says why it is left alone."""

    name: str
    plant: Plant
    reason: str
    own_process: bool = False


NO_FILE = "read: it is not a regular file"
DENIED = "read: Permission denied"
TOO_LARGE = f"read: it is larger than {MOST_BYTES >> 20} MiB"
LEFT_ALONE = [
    Case("a link to /etc/shadow", link_to("/etc/shadow"), DENIED),
    Case("a link to root's npmrc", link_to("{vault}/npmrc"), DENIED),
    Case("a link into root's folder", link_to("{vault}/locked/npmrc"), DENIED),
    Case("a link through /proc into root's folder", link_to("/proc/self/root{vault}/locked/npmrc"), DENIED),
    Case("a link to root's environment", link_to("/proc/self/environ"), DENIED),
    Case("a link to root's memory", link_to("/proc/self/mem"), DENIED),
    Case("a link to init's environment", link_to("/proc/1/environ"), DENIED),
    Case("a link to standard input", link_to("/dev/stdin"), NO_FILE),
    Case("a link to standard output", link_to("/proc/self/fd/1"), NO_FILE, own_process=True),
    Case("a link to zeros without end", link_to("/dev/zero"), NO_FILE),
    Case("a link to the terminal", link_to("/dev/tty"), NO_FILE),
    Case("a link to a full device", link_to("/dev/full"), NO_FILE),
    Case("a link to nowhere", link_to("{home}/nowhere"), "read: it is a broken symbolic link"),
    Case("a link to nowhere in root's folder", link_to("{vault}/locked/nowhere"), DENIED),
    Case("a link to a folder", link_to("{home}"), "read: it is a directory"),
    Case("a link to itself", link_to("{home}/.npmrc"), "read: Too many levels of symbolic links"),
    Case("a loop of links", plant_loop, "read: Too many levels of symbolic links"),
    Case("a fifo", put(create_fifo), NO_FILE),
    Case("a socket", put(create_socket), NO_FILE),
    Case("a device with zeros without end", put(create_device(1, 5)), NO_FILE),
    Case("a full device", put(create_device(1, 7)), NO_FILE),
    Case("a terminal", put(create_device(5, 0)), NO_FILE),
    Case("a directory", put(create_directory), "read: it is a directory"),
    Case("a hard link to another account's file", plant_hard_link, DENIED),
    Case("a GiB", plant_huge, TOO_LARGE),
    Case("a line of 100 MB", plant_long_line, TOO_LARGE),
    Case("a file of root's", plant_file_of_root, DENIED),
    Case("a home that is closed", close_home, DENIED),
    Case("a home that is a link to root's folder", replace_home_by_link("{vault}/locked"), DENIED),
    Case("a home that is a file", replace_home_by_file, "read: Not a directory"),
]
left_alone = pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in LEFT_ALONE])


@left_alone
def test_left_alone(world: World, case: Case) -> None:
    """One sentence, nothing of root's read, changed or shown, and bob is served."""
    case.plant(world)
    before = get_facts(world.mallory.store) if world.mallory.home.is_dir() else ()
    with world.untouched():
        run = world.run(own_process=case.own_process)
    world.check_speed(run)
    world.check_nothing_is_shown(run)
    world.check_refusal(run, world.mallory.store, case.reason)
    world.check_bob_is_done(run)
    assert world.list_of(world.mallory, run) == []
    assert world.registry.is_valid(world.tokens["mallory"])
    if before:
        assert get_facts(world.mallory.store) == before


@pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))
@left_alone
def test_left_alone_without_root_s_powers(world: World, case: Case, tmp_path: Path) -> None:
    """Not even tried with root's privileges: no call on mallory's home is made in root's name."""
    case.plant(world)
    log = tmp_path / "strace"
    run = world.run(prefix=make_prefix(log, "%file", "%creds", "fchown", "fchmod", "fsetxattr", "fremovexattr"))
    world.check_bob_is_done(run)
    check_calls(world, read_log(log))


def check_calls(world: World, calls: list[Call]) -> None:
    """All that is mallory's was touched in her name, and nothing of root's was opened in it or for it."""
    hers = [call for call in calls if f"{world.mallory.home}" in call.arguments]
    assert {call.euid for call in hers} == {world.mallory.uid}, [call for call in hers if call.euid == 0]
    roots = [call for call in calls if f"{world.vault}" in call.arguments or "/etc/shadow" in call.arguments]
    # Where her own link leads may be read, in her name: that opens nothing.
    own_link = f'"{world.mallory.home}'
    roots = [call for call in roots if not (call.name == "readlink" and call.arguments.startswith(own_link))]
    assert [call for call in roots if call.name in OPENING and call.succeeded and call.result != "?"] == []


@pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))
def test_ordinary_store_without_root_s_powers(world: World, tmp_path: Path) -> None:
    """The check above sees something: where nothing is wrong, the store is read, written and renamed in her name."""
    log = tmp_path / "strace"
    run = world.run(prefix=make_prefix(log, "%file", "%creds", "fchown", "fchmod", "fsetxattr", "fremovexattr"))
    assert not run.failed, run.msg
    calls = read_log(log)
    check_calls(world, calls)
    done = {call.name for call in calls if f"{world.mallory.home}" in call.arguments and call.succeeded}
    assert {"openat", "fchmod", "renameat2"} <= done


# As large as a store may be -------------------------------------------------------------------------------------------

LARGE = {
    "one line": b"x",
    "lines": b"a\n",
    "settings": b"a=1\n",
    "comments with logins": b";//other.example.com/:_authToken=x\n",
    "sections": b"[a]\n",
    "references": b"a=${b}\n",
    "references in one line": b"${b}",
    "backslashes": b"\\",
    "brackets": b"[",
    "words of secrets": b"password ",
    "slashes": b"/",
    "bytes that are no text": b"\xff",
}


@pytest.mark.parametrize("piece", [pytest.param(value, id=name) for name, value in LARGE.items()])
def test_large_store(world: World, piece: bytes) -> None:
    """Served or refused, but within seconds, and without taking the host's memory."""
    data = world.make_store(world.mallory)
    world.mallory.write(world.mallory.store, data + piece * ((MOST_BYTES - len(data)) // len(piece)))
    run = world.run()
    world.check_speed(run)
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)
    assert run.failed == world.registry.is_valid(world.tokens["mallory"])


# Homes ---------------------------------------------------------------------------------------------------------------


def test_home_that_is_missing(world: World) -> None:
    """There is no store, so there is nothing to do; that is no error, and no home is made."""
    shutil.rmtree(world.mallory.home)
    with world.untouched():
        run = world.run()
    assert not run.failed, run.msg
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)
    assert not world.mallory.home.exists()


def test_home_of_somebody_else(world: World) -> None:
    """Mallory cannot put another file there: her own is written in place, with her privileges."""
    os.chown(world.mallory.home, world.innocent.uid, world.innocent.gid)
    with world.untouched():
        run = world.run()
    world.check_nothing_is_shown(run)
    assert not run.failed, run.msg
    assert [(item["revocation"], item["removed"]) for item in world.list_of(world.mallory, run)] == [
        ("confirmed", True)
    ]
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    assert os.listdir(world.mallory.home) == [".npmrc"]
    world.check_bob_is_done(run)


def test_home_that_all_may_write_to(world: World) -> None:
    """As /tmp is: with the sticky bit, others' files stay theirs."""
    world.mallory.home.chmod(0o1777)
    os.chown(world.mallory.home, 0, 0)
    run = world.run()
    assert not run.failed, run.msg
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    assert world.mallory.store.stat().st_uid == world.mallory.uid
    world.check_bob_is_done(run)


# Links that lead where mallory may read ------------------------------------------------------------------------------


@pytest.mark.parametrize("order", [("mallory", "bob"), ("bob", "mallory")], ids=" first, then ".join)
def test_link_to_the_store_of_the_next_account(world: World, order: tuple[str, str]) -> None:
    """Who can read bob's store and points at it does not keep his login there."""
    link_to(str(world.bob.store))(world)
    world.bob.store.chmod(0o644)
    names = {"mallory": world.mallory.name, "bob": world.bob.name}
    with world.untouched():
        run = world.run(users=[names[role] for role in order])
    world.check_nothing_is_shown(run)
    assert not world.registry.is_valid(world.tokens["bob"])
    assert world.bob.store.read_bytes() == world.make_rest(world.bob)
    status = world.bob.store.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (world.bob.uid, world.bob.gid, 0o644)


def test_hard_link_to_the_store_of_the_next_account(world: World) -> None:
    """Mallory's name for it cannot be replaced by her; bob's can be by him."""
    world.mallory.store.unlink()
    os.link(world.bob.store, world.mallory.store)
    world.bob.store.chmod(0o644)
    run = world.run()
    world.check_nothing_is_shown(run)
    assert world.bob.store.read_bytes() == world.make_rest(world.bob)
    assert world.bob.store.stat().st_uid == world.bob.uid


def test_two_names_of_one_store(world: World) -> None:
    """With both among the paths, both are clean after one run: twice is once."""
    other = world.mallory.home / "other"
    os.link(world.mallory.store, other)
    options = {"users": [world.mallory.name], "paths": ["~/.npmrc", "~/other"]}
    run = world.run(**options)
    assert not run.failed, run.msg
    assert world.mallory.store.read_bytes() == other.read_bytes() == world.make_rest(world.mallory)
    world.registry.forget_requests()
    assert not world.run(**options).result["changed"]
    assert world.registry.requests == ()


READABLE = {"another account's": "innocent", "root's": "root"}


@pytest.mark.parametrize("owner", [pytest.param(value, id=name) for name, value in READABLE.items()])
def test_file_of_somebody_else_that_she_may_read(world: World, owner: str) -> None:
    """It could not be given back to its owner: it stays as it is, to the byte."""
    person = world.innocent if owner == "innocent" else None
    os.chown(world.mallory.store, person.uid if person else 0, person.gid if person else 0)
    world.mallory.store.chmod(0o644)
    before = look(world.mallory.store)
    with world.untouched():
        run = world.run()
    world.check_nothing_is_shown(run)
    world.check_refusal(run, world.mallory.store, "replaced: Operation not permitted")
    assert [item["removed"] for item in world.list_of(world.mallory, run)] == [False]
    assert look(world.mallory.store) == before
    assert os.listdir(world.mallory.home) == [".npmrc"]
    world.check_bob_is_done(run)


def test_link_to_a_file_in_a_directory_of_somebody_else(world: World) -> None:
    """Mallory may write to it, but not replace it: it is written in place, and her link stays."""
    target = world.mallory.write(world.vault / "shared", world.make_store(world.mallory), 0o666)
    link_to("{vault}/shared")(world)
    names = sorted(os.listdir(world.vault))
    run = world.run()
    world.check_nothing_is_shown(run)
    assert not run.failed, run.msg
    assert (target.read_bytes(), target.stat().st_uid) == (world.make_rest(world.mallory), world.mallory.uid)
    assert world.mallory.store.is_symlink()
    assert sorted(os.listdir(world.vault)) == names
    world.check_bob_is_done(run)


# Names ---------------------------------------------------------------------------------------------------------------

NAMES = {
    "line feeds": "a\nb\n\nc",
    "an end of the line in it": "a\r\nfailed: [host] => {}",
    "escapes of a terminal": "\x1b[2J\x1b[31mok: [localhost]",
    "right to left": "a\u202efdp",
    "no UTF-8": os.fsdecode(b"\xff\xfe"),
    "spaces alone": "   ",
    "two dots and a space": ".. ",
    "a dash in front": "--help",
    "quotes": "\"'`$(id)",
    "as long as can be": "x" * 255,
}


@pytest.mark.parametrize("name", [pytest.param(value, id=name) for name, value in NAMES.items()])
def test_names(world: World, name: str) -> None:
    """A store of any name is served, and its name is shown on one line."""
    folder = world.mallory.home / name
    folder.mkdir()
    world.mallory.own(folder)
    world.mallory.store.rename(folder / name)
    run = world.run(paths=["~/.npmrc", f"~/{name}/{name}"])
    assert not run.failed, run.msg
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)
    assert (folder / name).read_bytes() == world.make_rest(world.mallory)
    for item in world.list_of(world.mallory, run):
        assert item["path"].isprintable()


@pytest.mark.parametrize("name", [pytest.param(value, id=name) for name, value in NAMES.items()])
def test_names_in_a_sentence(world: World, name: str) -> None:
    folder = world.mallory.home / name
    folder.mkdir()
    store = folder / ".npmrc"
    store.symlink_to(world.vault / "npmrc")
    with world.untouched():
        run = world.run(paths=["~/.npmrc", f"~/{name}/.npmrc"])
    world.check_nothing_is_shown(run)
    world.check_refusal(run, store, DENIED)
    world.check_bob_is_done(run)


# What looks like a temporary file of a killed run --------------------------------------------------------------------


def stray(create: Create) -> Plant:
    return lambda world: world.put(create, STRAY)


def stray_hard_link(world: World) -> None:
    os.link(world.innocent.store, world.mallory.home / STRAY)


def stray_of_root(world: World) -> None:
    (world.mallory.home / STRAY).write_bytes(b"root's\n")


def stray_crowd(world: World) -> None:
    for number in range(2000):
        world.mallory.write(world.mallory.home / f".npmops-{number:016x}.tmp", b"")


STRAYS: dict[str, tuple[Plant, bool]] = {
    "a link to root's file": (lambda world: world.put(create_link(world.vault / "npmrc"), STRAY), True),
    "a link to a device": (stray(create_link("/dev/zero")), True),
    "a fifo": (stray(create_fifo), True),
    "a directory": (stray(create_directory), True),
    "a hard link to another account's file": (stray_hard_link, True),
    "a file of root's": (stray_of_root, True),
    "a device": (stray(create_device(1, 5)), True),
    "two thousand files": (stray_crowd, False),
}


@pytest.mark.parametrize(("plant", "stays"), [pytest.param(*value, id=name) for name, value in STRAYS.items()])
def test_stray_files(world: World, plant: Plant, stays: bool) -> None:
    """Only what is mallory's own file and has the name is swept."""
    plant(world)
    with world.untouched():
        run = world.run()
    assert not run.failed, run.msg
    world.check_speed(run)
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    assert sorted(os.listdir(world.mallory.home)) == ([STRAY, ".npmrc"] if stays else [".npmrc"])
    world.check_bob_is_done(run)


# What mallory does meanwhile -----------------------------------------------------------------------------------------

# Each holds its store in another way.
HOLDS = {
    "open for writing": """
descriptor = os.open(arguments[0], os.O_RDWR)
ready()
time.sleep(600)
""",
    "leased to write": """
signal.signal(signal.SIGIO, signal.SIG_IGN)
descriptor = os.open(arguments[0], os.O_RDWR)
fcntl.fcntl(descriptor, fcntl.F_SETLEASE, fcntl.F_WRLCK)
ready()
time.sleep(600)
""",
    "locked": """
descriptor = os.open(arguments[0], os.O_RDWR)
fcntl.flock(descriptor, fcntl.LOCK_EX)
fcntl.lockf(descriptor, fcntl.LOCK_EX)
folder = os.open(os.path.dirname(arguments[0]), os.O_RDONLY)
fcntl.flock(folder, fcntl.LOCK_EX)
ready()
time.sleep(600)
""",
    "written to in place without end": """
data = open(arguments[0], "rb").read()
number = 0
def work():
    global number
    number += 1
    with open(arguments[0], "r+b") as file:
        file.write(data.replace(b"of mallory", b"%10d" % number))
repeat(work)
""",
    "emptied and written again without end": """
data = open(arguments[0], "rb").read()
def work():
    with open(arguments[0], "wb") as file:
        file.write(data)
repeat(work)
""",
    "growing without end": """
def work():
    with open(arguments[0], "ab") as file:
        file.write(b"x" * 1000 + b"\\n")
        file.flush()
        if file.tell() > 20000000:
            os.truncate(arguments[0], 100)
repeat(work)
""",
    "replaced without end": """
data = open(arguments[0], "rb").read()
def work():
    with open(arguments[0] + ".new", "wb") as file:
        file.write(data)
    os.rename(arguments[0] + ".new", arguments[0])
repeat(work)
""",
    "deleted and made again without end": """
data = open(arguments[0], "rb").read()
def work():
    os.unlink(arguments[0])
    with open(arguments[0], "wb") as file:
        file.write(data)
repeat(work)
""",
}


@pytest.mark.parametrize("script", [pytest.param(value, id=name) for name, value in HOLDS.items()])
def test_store_that_is_held(world: World, script: str) -> None:
    """Mallory can keep her own login in her own file. She does not keep root, or bob."""
    with attacking(world.mallory, script, world.mallory.store), world.untouched():
        run = world.run()
    world.check_speed(run)
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)


LOCKS_TEMPORARY_FILES = """
taken = {}
def work():
    for name in os.listdir(arguments[0]):
        if name.startswith(".npmops-") and name not in taken:
            taken[name] = os.open(os.path.join(arguments[0], name), os.O_RDONLY)
            fcntl.flock(taken[name], fcntl.LOCK_EX | fcntl.LOCK_NB)
repeat(work)
"""


@pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))
def test_temporary_file_that_mallory_locks_first(world: World) -> None:
    """It is her file: where the module locks it, she may be faster. Delayed here, so that she is."""
    slow = ["strace", "-f", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=flock"]
    slow += ["-e", "inject=flock:delay_enter=100000"]
    with attacking(world.mallory, LOCKS_TEMPORARY_FILES, world.mallory.home):
        run = world.run(prefix=slow)
    world.check_speed(run)
    world.check_bob_is_done(run)
