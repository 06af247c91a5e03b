# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Files that cannot be replaced: no room, no permission to write, a file that may not change."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import pytest

from tests.hostile.accounts import needs_root
from tests.hostile.system import mounted
from tests.hostile.world import World, look

pytestmark = needs_root

PAGE = os.sysconf("SC_PAGE_SIZE")


@contextmanager
def file_system(world: World, *options: str) -> Iterator[Path]:
    """Mallory's home on a file system of its own."""
    data = world.mallory.store.read_bytes()
    with mounted(world.mallory.home, "mode=755", f"uid={world.mallory.uid}", *options) as home:
        world.mallory.write(world.mallory.store, data)
        yield home


def fill(home: Path) -> None:
    """Take all the room there is."""
    with (home / "filler").open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * PAGE)
        except OSError:
            return


@contextmanager
def full_disk(world: World) -> Iterator[None]:
    with file_system(world, "size=64k") as home:
        fill(home)
        yield


@contextmanager
def no_names_left(world: World) -> Iterator[None]:
    """Room, but not for another file: the directory and the store are two."""
    with file_system(world, "size=64k", "nr_inodes=2"):
        yield


@contextmanager
def read_only(world: World) -> Iterator[None]:
    with file_system(world, "size=64k") as home:
        subprocess.run(["mount", "-o", "remount,ro", str(home)], check=True, timeout=120)
        yield


@contextmanager
def read_only_again(world: World) -> Iterator[None]:
    """The same file system, mounted read-only over itself, as containers have it."""
    home = world.mallory.home
    with mounted(home, "bind", kind="none", device=str(home)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(home)], check=True, timeout=120)
        yield


@contextmanager
def store_of_its_own(world: World) -> Iterator[None]:
    """A file that something is mounted on, as containers have it: nothing else can take its place."""
    data = world.mallory.store.read_bytes()
    other = world.mallory.write(world.base / "mounted", data)
    with mounted(world.mallory.store, "bind", kind="none", device=str(other)):
        yield


@contextmanager
def closed_directory(world: World) -> Iterator[None]:
    world.mallory.home.chmod(0o555)
    yield


@contextmanager
def file_of_root(world: World) -> Iterator[None]:
    """She may read it, and could not give it back."""
    os.chown(world.mallory.store, 0, 0)
    world.mallory.store.chmod(0o644)
    yield


@contextmanager
def flagged(path: Path, flag: str) -> Iterator[None]:
    """A file or directory that not even root may change."""
    if shutil.which("chattr") is None:
        pytest.skip("chattr (package e2fsprogs) is not installed")
    done = subprocess.run(["chattr", f"+{flag}", str(path)], capture_output=True, text=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip(f"this file system has no such flag: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["chattr", f"-{flag}", str(path)], check=True, timeout=120)


@contextmanager
def quota(world: World) -> Iterator[None]:
    """Room for everybody but mallory."""
    image = world.base / "image"
    image.write_bytes(b"")
    os.truncate(image, 4 << 20)
    tool = shutil.which("mkfs.ext4", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if tool is None:
        pytest.skip("mkfs.ext4 (package e2fsprogs) is not installed")
    subprocess.run([tool, "-q", "-O", "quota", str(image)], check=True, capture_output=True, timeout=60)
    data = world.mallory.store.read_bytes()
    home = world.mallory.home
    with mounted(home, "loop", "usrquota", kind="ext4", device=str(image)):
        world.mallory.own(home)
        world.mallory.write(world.mallory.store, data)
        devices = [line.split()[0] for line in Path("/proc/mounts").read_text().splitlines() if str(home) in line]
        set_quota(devices[0], world.mallory.uid)
        yield


class Quota(ctypes.Structure):
    """struct dqblk of <sys/quota.h>."""

    _fields_ = (
        *((name, ctypes.c_uint64) for name in ("block_hard", "block_soft", "space")),
        *((name, ctypes.c_uint64) for name in ("inode_hard", "inode_soft", "inodes", "block_time", "inode_time")),
        ("valid", ctypes.c_uint32),
    )


def set_quota(device: str, uid: int) -> None:
    """Let an account have two files and no third one (quotactl(2): Q_SETQUOTA)."""
    library = ctypes.CDLL(None, use_errno=True)
    set_user_quota = (0x800008 << 8) & 0xFFFFFFFF
    limits = Quota(inode_hard=2, inode_soft=2, valid=4)
    if library.quotactl(ctypes.c_int(set_user_quota - (1 << 32)), device.encode(), uid, ctypes.byref(limits)):
        pytest.skip(f"no quota can be set here: {os.strerror(ctypes.get_errno())}")


Obstacle = Callable[[World], AbstractContextManager[None]]

OBSTACLES: dict[str, tuple[Obstacle, str]] = {
    "a full disk": (full_disk, "No space left on device"),
    "a disk without room for names": (no_names_left, "No space left on device"),
    "a disk that is read-only": (read_only, "Read-only file system"),
    "a folder that is read-only": (read_only_again, "Read-only file system"),
    "an immutable file": (lambda world: flagged(world.mallory.store, "i"), "Operation not permitted"),
    "a file that only grows": (lambda world: flagged(world.mallory.store, "a"), "Operation not permitted"),
    "a quota": (quota, "Disk quota exceeded"),
}
obstacles = pytest.mark.parametrize(
    ("obstacle", "reason"), [pytest.param(*value, id=name) for name, value in OBSTACLES.items()]
)


@obstacles
def test_store_that_cannot_be_replaced(world: World, obstacle: Obstacle, reason: str) -> None:
    """The token is revoked, the file is as it was, and the next run, without the obstacle, cleans it up."""
    with obstacle(world):
        before = look(world.mallory.store), sorted(os.listdir(world.mallory.home))
        with world.untouched():
            run = world.run()
        world.check_speed(run)
        world.check_nothing_is_shown(run)
        world.check_refusal(run, world.mallory.store, f"replaced: {reason}")
        world.check_bob_is_done(run)
        assert [(item["revocation"], item["removed"]) for item in world.list_of(world.mallory, run)] == [
            ("confirmed", False)
        ]
        assert (look(world.mallory.store), sorted(os.listdir(world.mallory.home))) == before
        assert run.result["files"][0]["changed"] is False
        data = world.mallory.store.read_bytes()
    world.mallory.write(world.mallory.store, data)
    second = world.run()
    assert not second.failed, second.msg
    assert second.outcomes == ["already_invalid"]
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)


@contextmanager
def file_system_of_its_own(world: World) -> Iterator[None]:
    """A file that is a mount, and what can be created beside it is on another disk."""
    with file_system(world, "size=64k"):
        folder = world.base / "elsewhere"
        folder.mkdir(exist_ok=True)
        other = world.mallory.write(folder / "npmrc", world.mallory.store.read_bytes())
        with mounted(world.mallory.store, "bind", kind="none", device=str(other)):
            yield


#: What keeps another file from taking the store's name, while it can be written; and can a copy be kept beside it?
WRITTEN: dict[str, tuple[Obstacle, bool]] = {
    "a file that is a mount": (store_of_its_own, True),
    "a file that is a mount of another disk": (file_system_of_its_own, True),
    "an immutable directory": (lambda world: flagged(world.mallory.home, "i"), False),
    "a directory that she may not write to": (closed_directory, False),
}
written = pytest.mark.parametrize(
    ("obstacle", "has_copy"), [pytest.param(*value, id=name) for name, value in WRITTEN.items()]
)


@written
@pytest.mark.parametrize("is_bare", [False, True], ids=["with more in it", "with nothing else in it"])
def test_store_that_is_written_in_place(world: World, obstacle: Obstacle, has_copy: bool, is_bare: bool) -> None:
    """It is the same file afterwards, and empty where it would have been deleted; check mode tells the same."""
    rest = b"" if is_bare else world.make_rest(world.mallory)
    if is_bare:
        world.mallory.write(world.mallory.store, world.make_store(world.mallory).splitlines(keepends=True)[-1])
    with obstacle(world):
        before = world.mallory.store.stat()
        attributes = look(world.mallory.store).attributes
        with world.untouched():
            runs = [world.run(check_mode=check_mode, registry=world.registry.url) for check_mode in (True, False)]
        after = world.mallory.store.stat()
        assert world.mallory.store.read_bytes() == rest
        assert look(world.mallory.store).attributes == attributes
        names = os.listdir(world.mallory.home)
        third = world.run(registry=world.registry.url)
    assert names == [".npmrc"]
    assert (after.st_ino, after.st_mode, after.st_uid, after.st_gid) == (
        *(before.st_ino, before.st_mode, before.st_uid, before.st_gid),
    )
    told = [(run.failed, run.result["changed"], run.result["files"], run.result["diff"]) for run in runs]
    assert told[0] == told[1]
    assert told[0][:2] == (False, True)
    warnings = [run.result.get("warnings", []) for run in runs]
    assert warnings[0] == warnings[1]
    assert [str(text).count(f"{world.mallory.store} is written in place") for text in warnings[0]] == [1] * (
        not has_copy
    ), warnings
    world.check_nothing_is_shown(runs[1])
    world.check_bob_is_done(runs[1])
    assert (third.failed, third.result["changed"], third.outcomes) == (False, False, [])


FORESEEN = {
    "a disk that is read-only": read_only,
    "a directory that is read-only": read_only_again,
    "a disk without room for names": no_names_left,
    "a file of root's": file_of_root,
    "an immutable file": OBSTACLES["an immutable file"][0],
    "a file that only grows": OBSTACLES["a file that only grows"][0],
}


@pytest.mark.parametrize("obstacle", [pytest.param(value, id=name) for name, value in FORESEEN.items()])
def test_check_mode_predicts_it(world: World, obstacle: Obstacle) -> None:
    """What does not take an attempt to be seen is told as the real run tells it: nothing would change in her store."""
    with obstacle(world):
        runs = [world.run(check_mode=check_mode) for check_mode in (True, False)]
    told = [(run.failed, run.result["changed"], run.result["files"], run.result["diff"]) for run in runs]
    removed = [[item["removed"] for item in run.result["credentials"]] for run in runs]
    assert told[0] == told[1]
    assert removed == [[False, True]] * 2
    assert str(world.mallory.store) in runs[0].msg
    (mallory,) = world.list_of(world.mallory, runs[1])
    assert mallory["revocation"] == "confirmed"
    assert "edit the source that generates the file" in mallory["by_hand"]


def test_link_to_a_generated_file(world: World) -> None:
    """A link into a read-only tree, as a configuration generator lays it: the source of the file is what to edit."""
    data = world.mallory.store.read_bytes()
    generated = world.base / "generated"
    generated.mkdir()
    world.mallory.write(generated / "npmrc", data, 0o444)
    world.mallory.store.unlink()
    world.mallory.store.symlink_to(generated / "npmrc")
    world.mallory.own(world.mallory.store)
    with mounted(generated, "bind", kind="none", device=str(generated)):
        subprocess.run(["mount", "-o", "remount,bind,ro", str(generated)], check=True, timeout=120)
        runs = [world.run(check_mode=check_mode) for check_mode in (True, False)]
    (generated / "npmrc").unlink()
    generated.rmdir()
    for run in runs:
        (mallory,) = world.list_of(world.mallory, run)
        assert (run.failed, mallory["removed"]) == (True, False)
        assert "edit the source that generates the file" in mallory["by_hand"]
        assert f"{generated / 'npmrc'} cannot be replaced: Read-only file system" in run.msg
    assert not world.registry.is_valid(world.tokens["mallory"])


@obstacles
def test_store_that_cannot_be_deleted(world: World, obstacle: Obstacle, reason: str) -> None:
    """A store with nothing but the login in it goes as a whole, for which there need be no room."""
    data = world.make_store(world.mallory).splitlines(keepends=True)[-1]
    world.mallory.write(world.mallory.store, data)
    arguments = {"registry": world.registry.url}
    with obstacle(world), world.untouched():
        run = world.run(**arguments)
        gone = not world.mallory.store.exists()
        if not gone:
            assert world.mallory.store.read_bytes() == data
        assert [name for name in os.listdir(world.mallory.home) if name.endswith(".tmp")] == []
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)
    assert gone == (not run.failed)
    assert gone == (reason.startswith(("No space", "Disk quota")))
    if not gone:
        world.check_refusal(run, world.mallory.store, f"replaced: {reason}")
