# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A file keeps everything but its bytes when root edits it for its account. On real accounts."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.hostile.accounts import needs_root
from tests.hostile.system import run_tool
from tests.hostile.world import World

pytestmark = needs_root

FOREIGN_GROUP = 23456


def set_attribute(path: Path, name: str, value: bytes) -> None:
    try:
        os.setxattr(path, name, value, follow_symlinks=False)
    except OSError as problem:
        if problem.errno not in (errno.ENOTSUP, errno.EPERM):
            raise
        pytest.skip(f"no attribute {name} here")


def describe(path: Path) -> tuple[int, int, int, dict[str, bytes]]:
    """Mode, owner, group, and all attributes; an ACL is one of them."""
    status = path.lstat()
    names = sorted(os.listxattr(path))
    return status.st_mode, status.st_uid, status.st_gid, {name: os.getxattr(path, name) for name in names}


Change = Callable[[World], None]


def leave(_world: World) -> None:
    """An ordinary store."""


def set_mode(mode: int) -> Change:
    return lambda world: world.mallory.store.chmod(mode)


def set_group(gid: int, mode: int) -> Change:
    """A group that mallory is not in, as `chown mallory .npmrc` leaves it."""

    def change(world: World) -> None:
        os.chown(world.mallory.store, world.mallory.uid, gid)
        world.mallory.store.chmod(mode)

    return change


def set_acl(world: World) -> None:
    entries = f"u:{world.bob.name}:r,u:daemon:rw,g:{FOREIGN_GROUP}:r,m::r"
    run_tool("setfacl", "-m", entries, world.mallory.store)


def set_acl_against_owner(world: World) -> None:
    run_tool("setfacl", "-m", f"u::r,u:{world.bob.name}:rwx,m::rwx", world.mallory.store)


def set_default_acl(world: World) -> None:
    run_tool("setfacl", "-d", "-m", f"u:{world.innocent.name}:rwx,o::rwx", world.mallory.home)


def set_both_acls(world: World) -> None:
    set_default_acl(world)
    set_acl(world)


def set_attributes(world: World) -> None:
    for name, value in (("user.origin", b"a\x00\xffb"), ("user.empty", b""), ("user.long", b"x" * 1000)):
        set_attribute(world.mallory.store, name, value)


def make_home_setgid(world: World) -> None:
    os.chown(world.mallory.home, world.mallory.uid, FOREIGN_GROUP)
    world.mallory.home.chmod(0o2775)


def make_all_odd(world: World) -> None:
    make_home_setgid(world)
    set_group(0, 0o640)(world)
    set_both_acls(world)
    set_attributes(world)


STORES: dict[str, Change] = {
    "ordinary": leave,
    "mode 0400": set_mode(0o400),
    "mode 0644": set_mode(0o644),
    "mode 0666": set_mode(0o666),
    "mode 0755": set_mode(0o755),
    "mode 0440": set_mode(0o440),
    "root's group": set_group(0, 0o640),
    "root's group, which may write": set_group(0, 0o660),
    "a group that she is not in": set_group(FOREIGN_GROUP, 0o644),
    "an ACL": set_acl,
    "an ACL that gives others more": set_acl_against_owner,
    "a default ACL of the folder": set_default_acl,
    "an ACL and a default ACL of the folder": set_both_acls,
    "extended attributes": set_attributes,
    "a folder whose group is passed on": make_home_setgid,
    "all at once": make_all_odd,
}
stores = pytest.mark.parametrize("change", [pytest.param(value, id=name) for name, value in STORES.items()])


@stores
def test_all_but_bytes_is_kept(world: World, change: Change) -> None:
    change(world)
    before = describe(world.mallory.store)
    with world.untouched():
        run = world.run()
    assert not run.failed, run.msg
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    assert describe(world.mallory.store) == before
    assert os.listdir(world.mallory.home) == [".npmrc"]
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)


@pytest.mark.parametrize("bit", [stat.S_ISUID, stat.S_ISGID, stat.S_ISVTX], ids=["setuid", "setgid", "sticky"])
def test_bits_that_give_powers_do_not_come_along(world: World, bit: int) -> None:
    """Root gives no file of mallory's to root's group with a bit that lets a program run as that group."""
    os.chown(world.mallory.store, world.mallory.uid, 0)
    world.mallory.store.chmod(bit | 0o755)
    run = world.run()
    assert not run.failed, run.msg
    status = world.mallory.store.stat()
    assert (status.st_uid, status.st_gid, stat.S_IMODE(status.st_mode)) == (world.mallory.uid, 0, 0o755)


def test_attribute_that_she_could_not_give(world: World) -> None:
    """One that only root may set, as a security module may: the file is written in place rather than lose it."""
    set_attribute(world.mallory.store, "security.npmops", b"label")
    before = world.mallory.store.lstat().st_ino, describe(world.mallory.store)
    foretold = world.run(check_mode=True)
    with world.untouched():
        run = world.run()
    assert not run.failed, run.msg
    assert (foretold.result["files"], foretold.result["diff"]) == (run.result["files"], run.result["diff"])
    assert world.mallory.store.read_bytes() == world.make_rest(world.mallory)
    assert (world.mallory.store.lstat().st_ino, describe(world.mallory.store)) == before
    assert os.listdir(world.mallory.home) == [".npmrc"]
    world.check_bob_is_done(run)


@stores
def test_through_a_link(world: World, change: Change) -> None:
    """The same for a file that a link leads to, and the link stays the link it was."""
    change(world)
    folder = world.mallory.home / "dotfiles"
    folder.mkdir()
    world.mallory.own(folder)
    target = folder / "npmrc"
    world.mallory.store.rename(target)
    world.mallory.store.symlink_to("dotfiles/npmrc")
    os.chown(world.mallory.store, world.mallory.uid, FOREIGN_GROUP, follow_symlinks=False)
    before, link = describe(target), world.mallory.store.lstat()
    run = world.run()
    assert not run.failed, run.msg
    assert target.read_bytes() == world.make_rest(world.mallory)
    assert describe(target) == before
    assert (os.readlink(world.mallory.store), world.mallory.store.lstat().st_ino) == ("dotfiles/npmrc", link.st_ino)
    assert world.mallory.store.lstat().st_gid == FOREIGN_GROUP
