# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run all cases in one playbook, with one host for each case."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tests.tools.paths import ANSIBLE_PLAYBOOK, PYTHON, ROOT

from .world import Case, Seen, World, make_world

SECONDS = 500
OPTIONS = ("registry", "scope", "all_registries", "revoke")
# No retries and a short wait, as for npm.
PLAYBOOK = [
    {
        "hosts": "all",
        "gather_facts": False,
        "environment": "{{ case_environment }}",
        "tasks": [
            {
                "npmops.auth.npm_logout": {
                    **{name: "{{ case_options.%s | default(omit) }}" % name for name in OPTIONS},
                    "paths": "{{ case_paths }}",
                    "retries": 0,
                    "verify_timeout": 3,
                },
                "register": "case_result",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.copy": {
                    "content": "{{ dict(ansible_play_hosts_all | zip(ansible_play_hosts_all"
                    " | map('extract', hostvars, 'case_result'))) | to_json }}",
                    "dest": "{{ results_path }}",
                    "mode": "0600",
                },
                "run_once": True,
            },
        ],
    }
]


def log_out_with_module(cases: Sequence[Case], folder: Path) -> tuple[dict[str, Seen], str]:
    """Run the module on all cases, and return the result of each and Ansible's whole output."""
    with ExitStack() as stack:
        worlds = [stack.enter_context(make_world(case, folder / case.name)) for case in cases]
        results, output = _play(worlds, folder)
        return {world.case.name: _see(world, results[world.case.name]) for world in worlds}, output


def _see(world: World, result: dict[str, Any]) -> Seen:
    # An unexpected exception or a rejected option has only a message.
    crash = None if "credentials" in result else str(result.get("msg"))
    return world.see(result["failed"], json.dumps(result), crash=crash)


def _play(worlds: Sequence[World], folder: Path) -> tuple[dict[str, Any], str]:
    variables = {
        "ansible_connection": "local",
        "ansible_python_interpreter": str(PYTHON),
        "results_path": str(folder / "results.json"),
    }
    hosts = {world.case.name: _describe_host(world) for world in worlds}
    (folder / "inventory.json").write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))
    (folder / "playbook.json").write_text(json.dumps(PLAYBOOK))
    ran = subprocess.run(
        [str(ANSIBLE_PLAYBOOK), "-vv", "-i", str(folder / "inventory.json"), str(folder / "playbook.json")],
        cwd=folder,
        env=_make_environment(folder),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return json.loads((folder / "results.json").read_text()), ran.stdout + ran.stderr


def _describe_host(world: World) -> dict[str, Any]:
    path = world.userconfig if world.case.project is None else world.project / ".npmrc"
    options = {
        name: world.localize(value) if isinstance(value, str) else value for name, value in world.case.options.items()
    }
    return {
        "case_options": options,
        "case_paths": [str(path)],
        "case_environment": {**world.environment, "NPM_CONFIG_GLOBALCONFIG": str(world.globalconfig)},
    }


def _make_environment(folder: Path) -> dict[str, str]:
    """Make Ansible's environment: no settings of the user, and the collection of this checkout."""
    collections = folder / "collections"
    namespace = collections / "ansible_collections" / "npmops"
    namespace.mkdir(parents=True)
    (namespace / "auth").symlink_to(ROOT)
    return {
        "PATH": f"{PYTHON.parent}{os.pathsep}{os.defpath}",
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(collections),
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_REMOTE_TMP": str(folder / "remote"),
        "ANSIBLE_FORKS": "4",
        "ANSIBLE_PIPELINING": "true",
        "ANSIBLE_NOCOLOR": "true",
    }
