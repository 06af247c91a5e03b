# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What an .npmrc says does not make root read, run or send anything beyond its account's privileges.

The store names files, directories, programs, variables and proxies. All are reached with the account's privileges,
and nothing of root's environment is in reach.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hostile.accounts import needs_root
from tests.hostile.odd_files import create_device, create_fifo, create_large_file
from tests.hostile.strace import OPENING, is_permitted, make_prefix, read_log
from tests.hostile.world import World, look

pytestmark = needs_root

NO_STRACE = is_permitted() if os.geteuid() == 0 else None


def leave(_world: World) -> None:
    """Nothing beside the store."""


def put_fifo(world: World) -> None:
    world.put(create_fifo, "file")


def put_zeros(world: World) -> None:
    world.put(create_device(1, 5), "file")


def put_huge(world: World) -> None:
    world.put(create_large_file(1 << 30), "file")


def make_helper(world: World) -> None:
    """A program that leaves a trace where only root may write."""
    program = world.mallory.home / "file"
    program.write_text(f"#!/bin/sh\necho ran >'{world.base}/home/ran'\n")
    world.mallory.own(program, 0o755)


@dataclass(frozen=True)
class Case:
    """Lines of mallory's store, and the result of her token.

    :ivar outcome: of her token; None where the run is not about it.
    :ivar plant: what she puts in her home as ``file``.
    :ivar registry: of the run; None for what the store says.
    """

    name: str
    lines: str
    outcome: str | None
    plant: Callable[[World], None] = leave
    registry: bool = True


TOKEN = "{key}:_authToken={token}\n"
#: What the lines are filled in with: {vault} root's directory, {home} hers, {key}, {url}, {port}, {token}.
CASES = [
    Case("cafile of root's", "cafile={vault}/key.pem\n" + TOKEN, "failed"),
    Case("cafile in root's folder", "cafile={vault}/locked/npmrc\n" + TOKEN, "failed"),
    Case("cafile is /etc/shadow", "cafile=/etc/shadow\n" + TOKEN, "failed"),
    Case("cafile is a fifo", "cafile={home}/file\n" + TOKEN, "failed", put_fifo),
    Case("cafile has no end", "cafile={home}/file\n" + TOKEN, "failed", put_zeros),
    Case("cafile has a GiB", "cafile={home}/file\n" + TOKEN, "failed", put_huge),
    Case("cafile of another's home", "cafile=~root/.npmrc\n" + TOKEN, "confirmed"),
    Case("keyfile of root's", "{key}:certfile={vault}/key.pem\n{key}:keyfile={vault}/key.pem\n" + TOKEN, "failed"),
    Case("keyfile is a fifo", "{key}:certfile={home}/file\n{key}:keyfile={home}/file\n" + TOKEN, "failed", put_fifo),
    Case("keyfile has no end", "{key}:certfile={home}/file\n{key}:keyfile={home}/file\n" + TOKEN, "failed", put_zeros),
    Case("globalconfig of root's", "globalconfig={vault}/etc/npmrc\n" + TOKEN, None, registry=False),
    Case("globalconfig is /etc/shadow", "globalconfig=/etc/shadow\n" + TOKEN, "confirmed"),
    Case("globalconfig is a fifo", "globalconfig={home}/file\n" + TOKEN, "confirmed", put_fifo),
    Case("globalconfig has no end", "globalconfig={home}/file\n" + TOKEN, "confirmed", put_zeros),
    Case("globalconfig of another's home", "globalconfig=~root/.npmrc\n" + TOKEN, "confirmed"),
    Case("prefix of root's", "prefix={vault}\n" + TOKEN, None, registry=False),
    Case("prefix of another's home", "prefix=~root\n" + TOKEN, "confirmed"),
    Case("a token out of root's environment", "{key}:_authToken=${{SECRET_OF_ROOT}}\n", "unresolved"),
    Case("a part of a token", "{key}:_authToken=x${{NPM_TOKEN}}x\n", "unresolved"),
    Case("a registry out of root's environment", "registry={url}${{SECRET_OF_ROOT}}/\n" + TOKEN, None, registry=False),
    Case("a key out of root's environment", "{key}${{SECRET_OF_ROOT}}/:_authToken={token}\n", None),
    Case("a password out of root's environment", "{key}:username=x\n{key}:_password=${{NPM_TOKEN}}\n", "unresolved"),
    Case("a proxy out of root's environment", "proxy={url}${{SECRET_OF_ROOT}}\n" + TOKEN, "unsupported"),
    Case("a login of a proxy", "proxy=http://${{NPM_TOKEN}}:x@127.0.0.1:{port}/\n" + TOKEN, "unsupported"),
    Case("authorities out of root's environment", 'ca="${{SECRET_OF_ROOT}}"\n' + TOKEN, "confirmed"),
    Case("a file named by root's environment", "cafile=${{SECRET_OF_ROOT}}\n" + TOKEN, "confirmed"),
    Case("a helper program", "{key}:tokenHelper={home}/file\n", "unresolved", make_helper),
    Case(
        "programs of npm's",
        "script-shell={home}/file\ngit={home}/file\nnode-options=x\n" + TOKEN,
        "confirmed",
        make_helper,
    ),
    Case("a registry that is a file", "registry=file:///etc/shadow\n" + TOKEN, "confirmed"),
    Case("a userconfig", "userconfig={vault}/npmrc\n" + TOKEN, "confirmed"),
]
cases = pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])


def furnish(world: World, case: Case) -> None:
    values = {"vault": world.vault, "home": world.mallory.home, "key": world.key, "url": world.registry.url}
    text = case.lines.format(**values, port=world.registry.port, token=world.tokens["mallory"])
    world.mallory.write(world.mallory.store, text.encode())
    case.plant(world)


@cases
def test_what_a_store_says(world: World, case: Case) -> None:
    """Root's secrets do not arrive, her token comes to what it should, and bob is served."""
    furnish(world, case)
    before = look(world.mallory.store)
    with world.untouched():
        run = world.run(**({"registry": world.registry.url} if case.registry else {}))
    world.check_speed(run)
    world.check_nothing_is_shown(run)
    world.check_bob_is_done(run)
    outcomes = [item["revocation"] for item in world.list_of(world.mallory, run) if item["kind"] != "certificate"]
    assert outcomes == ([case.outcome] if case.outcome else [])
    assert world.registry.is_valid(world.tokens["mallory"]) == (case.outcome != "confirmed")
    if case.outcome in (None, "failed", "unsupported"):
        assert look(world.mallory.store) == before
    assert not (world.base / "home" / "ran").exists()
    assert run.msg.isprintable()


@pytest.mark.skipif(NO_STRACE is not None, reason=str(NO_STRACE))
@cases
def test_nothing_of_root_s_is_opened(world: World, case: Case, tmp_path: Path) -> None:
    """Neither with root's privileges nor, since hers do not suffice, at all; and no program is run."""
    furnish(world, case)
    log = tmp_path / "strace"
    run = world.run(
        prefix=make_prefix(log, "%file", "%creds", "execve"),
        **({"registry": world.registry.url} if case.registry else {}),
    )
    world.check_bob_is_done(run)
    calls = read_log(log)
    places = (str(world.vault), "/etc/shadow", "/root/.npmrc", str(world.root_home / ".netrc"))
    opened = [call for call in calls if call.name in OPENING and call.succeeded and call.result != "?"]
    assert [call for call in opened if any(f'"{place}' in call.arguments for place in places)] == []
    assert [call for call in calls if str(world.mallory.home) in call.arguments and call.euid == 0] == []
    assert [call.name for call in calls if call.name in ("execve", "execveat")] == ["execve"]


ODD = {
    "escapes of a terminal": "\\u001b[2J\\u001b[31mok",
    "a line feed": "\\nfailed: [host] => {}",
    "right to left": "\\u202efdp",
    "half a character": "\\ud800",
    "NUL": "\\u0000",
}
PLACES = {
    "the registry": 'registry="http://127.0.0.1:1/{odd}/"\n',
    "the registry's host": 'registry="http://{odd}.example.com/"\n',
    "no registry": 'registry="{odd}"\n',
    "a key": '"//127.0.0.1:1/{odd}/:_authToken"=x\n',
    "a link of a scope": '"@{odd}:registry"="{odd}"\n',
    "globalconfig": 'globalconfig="~{odd}"\n',
    "prefix": 'prefix="~{odd}"\n',
    "cafile": 'cafile="~{odd}"\n',
    "proxy": 'proxy="{odd}"\n',
}


@pytest.mark.parametrize("odd", [pytest.param(value, id=name) for name, value in ODD.items()])
@pytest.mark.parametrize("line", [pytest.param(value, id=name) for name, value in PLACES.items()])
def test_odd_text(world: World, line: str, odd: str) -> None:
    """Whatever a store says, what root is told is one line that no terminal acts on."""
    text = line.replace("{odd}", odd) + f"{world.key}:_authToken={world.tokens['mallory']}\n"
    world.mallory.write(world.mallory.store, text.encode())
    run = world.run(all_registries=True, users=[world.mallory.name])
    world.check_speed(run)
    world.check_nothing_is_shown(run)
    shown = [run.msg, *run.result.get("warnings", [])]
    for item in run.result.get("credentials", []):
        shown += [str(value) for name, value in item.items() if name != "settings"] + item["settings"]
    for item in run.result.get("files", []):
        shown += [*item["removed_keys"], *item["remaining"]]
    assert [text for text in shown if not text.isprintable()] == []
