# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a playbook of the installed collection on the fleet, and collect its result."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.fleet.hosts import Fleet
from tests.tools import paths

FORKS = 12
SECONDS = 500
LIBRARY = Path(__file__).parent / "library"
# The only variables that are taken from the environment of the tests.
_KEPT = ("PATH", "LANG", "LC_ALL", "TZ")
_RECAP = re.compile(r"^(\S+)\s+: (ok=.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """The result of a run.

    :ivar recap: for each host Ansible's counts: ok, changed, unreachable, failed and so on.
    :ivar report: the report as JSON.
    """

    code: int
    output: str
    recap: Mapping[str, Mapping[str, int]]
    report: Mapping[str, Any]

    def list_hosts(self, count: str) -> list[str]:
        """List the hosts with a count that is not zero."""
        return sorted(host for host, counts in self.recap.items() if counts.get(count))

    def map_tokens(self, field: str) -> dict[str, Any]:
        """Map the fingerprints of the report's tokens to a field."""
        return {token["fingerprint"]: token[field] for token in self.report["tokens"]}

    def map_hosts(self, field: str) -> dict[str, Any]:
        return {host["name"]: host[field] for host in self.report["hosts"]}


@dataclass
class Controller:
    """Runs playbooks, with its own files in a directory.

    :ivar secrets: the secrets that no output and no report may contain.
    :ivar core: the directory with the ansible-playbook to run.
    """

    folder: Path
    fleet: Fleet
    secrets: list[str] = field(default_factory=list)
    core: Path = paths.VENV
    _runs: int = 0

    def play(
        self,
        playbook: str,
        *arguments: str,
        strategy: str = "linear",
        **variables: Any,
    ) -> Run:
        """Run a playbook by its name, or from a file.

        :param arguments: arguments for ansible-playbook, such as `--check`.
        :param variables: variables of the roles, without their prefix.
        """
        self._runs += 1
        reports = self.folder / f"reports-{self._runs}"
        hosts = self.folder / "hosts.json"
        hosts.write_text(json.dumps(self.fleet.make_inventory()))
        given = {
            "report_dir": str(reports),
            "requests_package": _find_libraries(),
            "report_formats": ["json"],
            **variables,
        }
        given = {f"npm_auth_{name}": value for name, value in given.items()}
        extra = self.folder / "variables.json"
        extra.write_text(json.dumps(given))
        process = subprocess.run(
            [str(self.core / "bin" / "ansible-playbook"), "-i", str(hosts), playbook, "-e", f"@{extra}", *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            cwd=self.folder,
            stdin=subprocess.DEVNULL,
            env=self._make_environment(strategy),
        )
        output = process.stdout + process.stderr
        recap = {
            host: {name: int(number) for name, number in re.findall(r"(\w+)=(\d+)", counts)}
            for host, counts in _RECAP.findall(process.stdout)
        }
        assert recap, output
        self._find_secrets(output, reports)
        return Run(process.returncode, output, recap, _read_report(reports))

    def _find_secrets(self, output: str, reports: Path) -> None:
        texts = {"output": output, **{str(path): path.read_text() for path in reports.rglob("*") if path.is_file()}}
        assert [name for name, text in texts.items() if any(secret in text for secret in self.secrets)] == []

    def _make_environment(self, strategy: str) -> dict[str, str]:
        configuration = self.folder / "ansible.cfg"
        configuration.write_text("[defaults]\n")
        return {
            **{name: os.environ[name] for name in _KEPT if name in os.environ},
            "HOME": str(self.folder),
            "ANSIBLE_CONFIG": str(configuration),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
            "ANSIBLE_FORKS": str(FORKS),
            "ANSIBLE_LIBRARY": str(LIBRARY),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            # The path of a socket can have at most 107 characters.
            "ANSIBLE_SSH_CONTROL_PATH_DIR": str(self.fleet.base / "cp"),
            "ANSIBLE_STRATEGY": strategy,
            "ANSIBLE_TIMEOUT": "10",
        }


def _find_libraries() -> str:
    """Find the directory from which the tests' Python imports requests: the package of the hosts' package manager."""
    return str(Path(requests.__file__).parents[1])


def _read_report(folder: Path) -> dict[str, Any]:
    found = list(folder.glob("*/report.json"))
    report: dict[str, Any] = json.loads(found[0].read_text()) if found else {}
    return report
