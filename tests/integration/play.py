# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a playbook, and collect the results of its tasks."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools import paths

MODULE = "npmops.auth.npm_logout"
INFO_MODULE = "npmops.auth.npm_credentials_info"
LOGIN_MODULE = "npmops.auth.npm_login"
CALLBACKS = Path(__file__).parent / "callback"
SECONDS = 250
# The only variables that are taken from the environment of the tests.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ")

Task = dict[str, Any]


def list_credentials(name: str, options: Mapping[str, Any] | None = None, **keywords: Any) -> Task:
    """Make a task of npm_credentials_info."""
    return {"name": name, INFO_MODULE: dict(options or {}), "ignore_errors": True, **keywords}


def log_in(name: str, options: Mapping[str, Any] | None = None, **keywords: Any) -> Task:
    """Make a task of npm_login."""
    return {"name": name, LOGIN_MODULE: dict(options or {}), "ignore_errors": True, **keywords}


def log_out(name: str, options: Mapping[str, Any] | None = None, **keywords: Any) -> Task:
    """Make a task of npm_logout. Its play continues after a failure, so that one play can have many tasks."""
    return {"name": name, MODULE: dict(options or {}), "ignore_errors": True, **keywords}


@dataclass(frozen=True)
class Run:
    """The result of a run of ansible-playbook.

    :ivar results: the results of the tasks, in order. Each has `failed`.
    :ivar output: the whole output.
    """

    results: Mapping[str, dict[str, Any]]
    output: str

    def __getitem__(self, task: str) -> dict[str, Any]:
        return self.results[task]


@dataclass(frozen=True)
class Runner:
    """Runs playbooks, with its own files in a directory.

    :ivar python: the managed host's interpreter.
    """

    folder: Path
    python: str = str(paths.MANAGED_PYTHON)

    def run(
        self,
        *tasks: Task,
        arguments: Sequence[str] = (),
        environment: Mapping[str, str] | None = None,
        **keywords: Any,
    ) -> Run:
        """Run one play.

        :param arguments: arguments for ansible-playbook, such as `--check`.
        :param environment: more environment variables for ansible-playbook, and so for its modules.
        :param keywords: keywords of the play.
        """
        play = {"hosts": "all", "gather_facts": False, "tasks": list(tasks), **keywords}
        playbook, inventory, record = (self.folder / name for name in ("playbook.yml", "hosts.json", "record"))
        playbook.write_text(json.dumps([play]))
        inventory.write_text(json.dumps({"all": {"hosts": {"localhost": self._describe_host()}}}))
        record.write_text("")
        process = subprocess.run(
            [str(paths.ANSIBLE_PLAYBOOK), "-i", str(inventory), str(playbook), *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=SECONDS,
            check=False,
            cwd=self.folder,
            env={**self._make_environment(record), **(environment or {})},
        )
        output = process.stdout + process.stderr
        lines = [json.loads(line) for line in record.read_text().splitlines()]
        results = {item["task"]: {"failed": item["status"] == "failed", **item["result"]} for item in lines}
        missing = [task["name"] for task in tasks if task["name"] not in results]
        assert not missing, f"{missing} did not run:\n{output}"
        return Run(results, output)

    def _describe_host(self) -> dict[str, str]:
        return {
            "ansible_connection": "local",
            "ansible_python_interpreter": self.python,
            "ansible_remote_tmp": str(self.folder / "remote"),
        }

    def _make_environment(self, record: Path) -> dict[str, str]:
        configuration = self.folder / "ansible.cfg"
        configuration.write_text("[defaults]\n")
        return {
            **{name: os.environ[name] for name in KEPT if name in os.environ},
            "HOME": str(self.folder),
            # This machine may have a global npmrc with its own registry, proxy or CA certificates.
            "NPM_CONFIG_GLOBALCONFIG": str(self.folder / "no-such-npmrc"),
            "ANSIBLE_CONFIG": str(configuration),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
            "ANSIBLE_CALLBACK_PLUGINS": str(CALLBACKS),
            "ANSIBLE_CALLBACKS_ENABLED": "npmops_record",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PIPELINING": "1",
            "ANSIBLE_RETRY_FILES_ENABLED": "0",
            "NPMOPS_RECORD": str(record),
        }
