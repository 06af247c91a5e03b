# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the controller with the playbook offboard on a thousand simulated hosts that share one token.

The collection is a copy in which an action replaces each module: nothing runs on a host.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.benchmarks.measure import Row, Sample
from tests.report.fleets import hold, log_out, tell
from tests.tools.paths import ANSIBLE_PLAYBOOK, ROOT

HOSTS = 1_000
FORKS = 20
SECONDS = 1_800
#: The number of rounds of the other benchmarks for one run of this one.
LARGE = 7
OFFBOARD = "npmops.auth.offboard"
#: The number of tasks in the output for a host without credentials.
TASKS = 6
ACTION = Path(__file__).parent / "simulated" / "answer.py"
PARTS = ("galaxy.yml", "meta", "playbooks", "plugins", "roles")


def copy_collection(folder: Path) -> None:
    copy = folder / "ansible_collections" / "npmops" / "auth"
    copy.mkdir(parents=True)
    for part in PARTS:
        source = ROOT / part
        if source.is_dir():
            shutil.copytree(source, copy / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, copy / part)
    (copy / "plugins" / "action").mkdir(exist_ok=True)
    for module in ("npm_credentials_info", "npm_logout"):
        shutil.copy(ACTION, copy / "plugins" / "action" / f"{module}.py")


def write_answers(path: Path) -> None:
    """Write the results of each host in the format of the modules."""
    shared = hold("shared")
    answers = {
        "info": {"changed": False, "credentials": [shared], "findings": [], "files": []},
        "revoked": log_out(tell(shared, "confirmed")),
        "removed": log_out(tell(shared, "skipped"), revoked=False),
    }
    path.write_text(json.dumps(answers))


def write_inventory(path: Path) -> None:
    hosts: dict[str, object] = {f"host{number:04}": {} for number in range(HOSTS)}
    variables = {"ansible_connection": "local", "npm_auth_become": False, "npm_auth_users": ["alice"]}
    variables |= {"npm_auth_report_dir": str(path.parent / "reports"), "npm_auth_report_formats": ["json"]}
    path.write_text(json.dumps({"all": {"hosts": hosts, "vars": variables}}))


def write_task(path: Path) -> None:
    """Write a play of one task that returns at once, which measures ansible-core itself."""
    task: dict[str, dict[str, str]] = {"npmops.auth.npm_credentials_info": {}}
    path.write_text(json.dumps([{"hosts": "all", "gather_facts": False, "tasks": [task]}]))


def run_playbook(folder: Path, playbook: str) -> Sample:
    requests = folder / "requests"
    requests.write_text("")
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [str(ANSIBLE_PLAYBOOK), "-i", str(folder / "inventory.json"), playbook],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        cwd=folder,
        stdin=subprocess.DEVNULL,
        env={
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "ANSIBLE_COLLECTIONS_PATH": str(folder),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_FORKS": str(FORKS),
            "ANSIBLE_NOCOLOR": "1",
            "NPMOPS_ANSWERS": str(folder / "answers.json"),
            "NPMOPS_REQUESTS": str(requests),
        },
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode == 0, (done.stdout + done.stderr)[-5_000:]
    processor = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"each": processor / HOSTS, "requests": len(requests.read_text().splitlines())}


def measure_offboard(rounds: int, folder: Path) -> Iterator[Row]:
    copy_collection(folder)
    write_answers(folder / "answers.json")
    write_inventory(folder / "inventory.json")
    # Each run takes minutes.
    write_task(folder / "task.json")
    turns = range(max(1, rounds // LARGE))
    pairs = [(run_playbook(folder, "task.json"), run_playbook(folder, OFFBOARD)) for _turn in turns]
    samples = [sample for _task, sample in pairs]
    text = f"{HOSTS:,} simulated hosts with one shared token"
    yield Row(f"{text}: requests that revoke", "", "requests", 1, tuple(sample["requests"] for sample in samples))
    milliseconds = tuple(1000 * sample["each"] for sample in samples)
    text += ": processor time of the controller for each host"
    yield Row(text, "", "ms", 20, milliseconds)
    base = tuple(1000 * task["each"] for task, _sample in pairs)
    yield Row(text, "a play of one task that does nothing", "ms", TASKS, milliseconds, base)
