# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How is a playbook of the installed collection run over the fleet, and what comes of it?"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.fleet.hosts import Fleet
from tests.tools import paths

FORKS = 12
SECONDS = 150
# Of the machine that runs the tests, these and no more.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ")
_RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What came of a run.

    :ivar recap: for each host what Ansible counted: ok, changed, unreachable, failed and so on.
    :ivar report: the report as JSON.
    """

    code: int
    output: str
    recap: Mapping[str, Mapping[str, int]]
    report: Mapping[str, Any]

    def list_hosts(self, count: str) -> list[str]:
        """The hosts for which something was counted."""
        return sorted(host for host, counts in self.recap.items() if counts.get(count))

    def map_tokens(self, field: str) -> dict[str, Any]:
        """A field of the report's tokens, by fingerprint."""
        return {token["fingerprint"]: token[field] for token in self.report["tokens"]}

    def map_hosts(self, field: str) -> dict[str, Any]:
        return {host["name"]: host[field] for host in self.report["hosts"]}


@dataclass
class Controller:
    """Runs playbooks, with files of its own in a folder.

    :ivar playbooks: how many were run.
    """

    folder: Path
    fleet: Fleet
    runs: int = field(default=0)

    def play(
        self,
        playbook: str,
        *arguments: str,
        environment: Mapping[str, str] | None = None,
        inventory: Mapping[str, Any] | None = None,
        **variables: Any,
    ) -> Run:
        """Run a playbook by its name, or one from a file.

        :param arguments: for ansible-playbook, as `--check`.
        :param variables: the roles', without their prefix.
        """
        self.runs += 1
        reports = self.folder / f"reports-{self.runs}"
        hosts = self.folder / "hosts.json"
        hosts.write_text(json.dumps(inventory or self.fleet.make_inventory()))
        given = {"npm_auth_report_dir": str(reports), **{f"npm_auth_{name}": value for name, value in variables.items()}}
        extra = self.folder / "variables.json"
        extra.write_text(json.dumps(given))
        process = subprocess.run(
            [str(paths.ANSIBLE_PLAYBOOK), "-i", str(hosts), playbook, "-e", f"@{extra}", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            env={**self._make_environment(), **(environment or {})},
        )
        output = process.stdout + process.stderr
        recap = {
            host: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", counts)}
            for host, counts in _RECAP.findall(process.stdout)
        }
        assert recap, output
        return Run(process.returncode, output, recap, _read_report(reports))

    def _make_environment(self) -> dict[str, str]:
        configuration = self.folder / "ansible.cfg"
        configuration.write_text("[defaults]\n")
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(self.folder),
            "PWD": str(self.folder),
            "ANSIBLE_CONFIG": str(configuration),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
            "ANSIBLE_FORKS": str(FORKS),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            # A socket's name may have 107 characters.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.fleet.base / "cp"),
            "ANSIBLE_TIMEOUT": "10",
        }


def _read_report(folder: Path) -> dict[str, Any]:
    found = list(folder.glob("*/report.json"))
    report: dict[str, Any] = json.loads(found[0].read_text()) if found else {}
    return report
