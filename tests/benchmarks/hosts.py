# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure a play of one task on 20 hosts with real sshd on loopback, compared with `ping` and `npm logout`."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import Contender, Row, Sample, compare, take_turns
from tests.benchmarks.modules import REST
from tests.benchmarks.payload import LOGOUT, PING
from tests.fleet.hosts import run_fleet
from tests.fleet.play import Controller
from tests.registry import EmbeddedRegistry
from tests.tools.paths import NODE, npm_cli

HOSTS = 20
NPM = 11
SECONDS = 300
ACCOUNT, STORE = "root", "~/.npmrc"


@dataclass
class Bench(Controller):
    """Runs plays of one task on all hosts."""

    def time(self, name: str, task: Mapping[str, Any]) -> float:
        """Measure the seconds of a play, from the start of ansible-playbook to its end."""
        hosts = self.folder / "hosts.json"
        hosts.write_text(json.dumps(self.fleet.make_inventory()))
        playbook = self.folder / f"{name}.json"
        playbook.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "become": True, "tasks": [task]}]))
        environment = {**self._make_environment("linear"), "ANSIBLE_FORKS": str(HOSTS)}
        started = time.monotonic()
        done = subprocess.run(
            [str(self.core / "bin" / "ansible-playbook"), "-i", str(hosts), str(playbook)],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            env=environment,
        )
        seconds = time.monotonic() - started
        assert done.returncode == 0, done.stdout + done.stderr
        return seconds


def list_contenders(bench: Bench, registry: EmbeddedRegistry) -> dict[str, Contender]:
    key = registry.url.partition(":")[2]
    rest = f"registry = {registry.url}\n{REST}"

    def plant(with_token: bool) -> list[str]:
        tokens = []
        for host in bench.fleet.hosts.values():
            text = rest
            if with_token:
                tokens.append(registry.create_token("alice"))
                text += f"{key}:_authToken={tokens[-1]}\n"
            host.plant(ACCOUNT, STORE, text)
        return tokens

    def contend(
        name: str, task: Mapping[str, Any], is_right: Callable[[list[str]], bool], *, with_token: bool = True
    ) -> Contender:
        def run() -> Sample:
            tokens = plant(with_token)
            seconds = bench.time(name, task)
            assert is_right(tokens), f"{name} did not do its work"
            return {"wall": seconds}

        return run

    def are_gone(_tokens: list[str]) -> bool:
        texts = [host.read(ACCOUNT, STORE) or "" for host in bench.fleet.hosts.values()]
        return not any("_authToken" in text for text in texts)

    def are_revoked(tokens: list[str]) -> bool:
        return are_gone(tokens) and not any(registry.is_valid(token) for token in tokens)

    npm = {
        "ansible.builtin.command": {"argv": [str(NODE), str(npm_cli(NPM)), "logout", f"--registry={registry.url}"]},
        "environment": {"NPM_CONFIG_UPDATE_NOTIFIER": "false"},
    }
    return {
        "ping": contend("ping", {PING: {}}, are_gone, with_token=False),
        "nothing": contend("nothing", {LOGOUT: {"registry": registry.url}}, are_gone, with_token=False),
        "removed": contend("removed", {LOGOUT: {"registry": registry.url, "revoke": "never"}}, are_gone),
        "revoked": contend("revoked", {LOGOUT: {"registry": registry.url}}, are_revoked),
        "npm": contend("npm", npm, are_revoked),
    }


def measure_hosts(rounds: int, folder: Path) -> Iterator[Row]:
    with run_fleet([f"h{number:02}" for number in range(1, HOSTS + 1)]) as fleet, EmbeddedRegistry() as registry:
        bench = Bench(folder, fleet)
        taken = take_turns(list_contenders(bench, registry), rounds)
    ping = f"`ping` on {HOSTS} hosts"
    rows = (
        ("nothing", "nothing to do", ping, "ping", 1.08),
        ("removed", "removed with `revoke: never`", ping, "ping", 1.12),
        ("revoked", "revoked and verified", ping, "ping", 1.4),
        ("revoked", "revoked and verified", f"`command: npm logout` of npm {NPM}, which does not verify", "npm", 0.8),
    )
    for name, text, against, base, target in rows:
        yield compare(taken, f"{HOSTS} hosts, {text}", against, "wall", target, (name, base))
