# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a module on the host: processor time, memory, bytes sent, many files, many accounts."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Contender, Row, Sample, compare, take_turns
from tests.benchmarks.payload import LOGOUT, PING, Payload, build_payload, run_payload
from tests.hostile.accounts import many_accounts
from tests.registry import EmbeddedRegistry, make_token

MANY = 200
REST = "; a comment\nfund = false\n@corp:registry = https://npm.example.com/\n"
PING_ON_HOST = "`ping` on the same host"


def write_store(path: Path, url: str, token: str = "") -> None:
    login = f"{url.partition(':')[2]}:_authToken={token}\n" if token else ""
    path.write_text(f"registry = {url}\n{REST}{login}")
    path.chmod(0o600)


def make_contender(payload: Payload, home: Path, url: str = "", token: str = "", outcome: str = "") -> Contender:
    """Restore the file, run the module, and check its result.

    :param token: the token in the file.
    :param outcome: the outcome of the token in the results; empty if there is nothing to do.
    """

    def run() -> Sample:
        if url:
            write_store(home / ".npmrc", url, token)
        cost = run_payload(payload, home)
        outcomes = [item["revocation"] for item in cost.result.get("credentials", [])]
        assert outcomes == ([outcome] if outcome else []), outcomes
        return {**cost.sample, "bytes": len(payload.data)}

    return run


def make_revoker(payload: Payload, home: Path, registry: EmbeddedRegistry) -> Contender:
    def run() -> Sample:
        token = registry.create_token("alice")
        sample = make_contender(payload, home, registry.url, token, "confirmed")()
        assert not registry.is_valid(token)
        return sample

    return run


def measure_on_host(rounds: int, folder: Path) -> Iterator[Row]:
    """Measure processor time, memory and bytes for one host."""
    home = folder / "home"
    home.mkdir()
    with EmbeddedRegistry() as registry:
        options = {"registry": registry.url}
        logout = build_payload(LOGOUT, options)
        contenders = {
            "ping": make_contender(build_payload(PING), home),
            "nothing": make_contender(logout, home, registry.url),
            "default": make_contender(build_payload(LOGOUT), home, "https://npm.example.com/"),
            "removed": make_contender(
                build_payload(LOGOUT, {**options, "revoke": "never"}), home, registry.url, make_token(), "skipped"
            ),
            "revoked": make_revoker(logout, home, registry),
        }
        taken = take_turns(contenders, rounds)
    work = {
        "nothing": ("processor time on the host, nothing to do", 1.15),
        "default": ("processor time on the host, nothing to do, registry from the file", 1.15),
        "removed": ("processor time on the host, removed with `revoke: never`", 1.35),
        "revoked": ("processor time on the host, revoked and verified", 2.0),
    }
    for name, (text, target) in work.items():
        yield compare(taken, text, PING_ON_HOST, "processor", target, (name, "ping"))
    yield compare(taken, "peak memory on the host, nothing to do", PING_ON_HOST, "peak", 1.05, ("nothing", "ping"))
    yield compare(taken, "bytes sent to a host", PING_ON_HOST, "bytes", 1.75, ("nothing", "ping"))


def measure_packing(rounds: int) -> Iterator[Row]:
    """Measure the work that the controller does once for each task while all hosts wait."""

    def contend(module: str) -> Contender:
        return lambda: {"processor": build_payload(module).packing}

    taken = take_turns({"ping": contend(PING), "logout": contend(LOGOUT)}, rounds)
    text = "processor time of the controller to pack the module, once a task for all hosts"
    yield compare(taken, text, "`ping`", "processor", None, ("logout", "ping"))


def measure_many_files(rounds: int, folder: Path) -> Iterator[Row]:
    """Measure removing credentials from many files in one task, compared with one file."""
    home = folder / "files"
    home.mkdir()
    url = "https://npm.example.com/"

    def contend(count: int) -> Contender:
        paths = [home / f"npmrc-{number}" for number in range(count)]
        payload = build_payload(LOGOUT, {"registry": url, "revoke": "never", "paths": [str(path) for path in paths]})

        def run() -> Sample:
            for path in paths:
                write_store(path, url, make_token())
            cost = run_payload(payload, home)
            assert len(cost.result["credentials"]) == count
            return cost.sample

        return run

    taken = take_turns({"one": contend(1), "many": contend(MANY)}, rounds)
    text = f"processor time, removed from {MANY} files in one task"
    yield compare(taken, text, "one file", "processor", 2.0, ("many", "one"))


def measure_many_accounts(rounds: int, folder: Path) -> Iterator[Row]:
    """Measure removing the credentials of many accounts in one task, compared with one account."""
    home = folder / "accounts"
    home.mkdir()
    url = "https://npm.example.com/"

    def contend(people: Sequence[Any]) -> Contender:
        users = [person.name for person in people]
        payload = build_payload(LOGOUT, {"registry": url, "revoke": "never", "users": users})

        def run() -> Sample:
            for person in people:
                write_store(person.store, url, make_token())
                person.own(person.store)
            cost = run_payload(payload, home)
            assert len(cost.result["credentials"]) == len(people)
            return cost.sample

        return run

    with many_accounts(MANY) as people:
        taken = take_turns({"one": contend(people[:1]), "many": contend(people)}, rounds)
    text = f"processor time, removed from {MANY} accounts in one task"
    yield compare(taken, text, "one account", "processor", 3.0, ("many", "one"))


def measure_modules(rounds: int, folder: Path) -> Iterator[Row]:
    with contextlib.suppress(FileExistsError):
        folder.mkdir()
    yield from measure_on_host(rounds, folder)
    yield from measure_packing(rounds)
    yield from measure_many_files(rounds, folder)
    yield from measure_many_accounts(rounds, folder)
