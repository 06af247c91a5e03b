# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The examples of the README and the guides: each task and play runs, and each command names variables that exist."""

from __future__ import annotations

import itertools
import json
import os
import pwd
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.files import plant
from tests.integration.play import INFO_MODULE, LOGIN_MODULE, MODULE, Runner, Task
from tests.registry import EmbeddedRegistry, make_token
from tests.tools.paths import ROOT

URL = "https://npm.example.com/"
USER = pwd.getpwuid(os.geteuid()).pw_name
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.M | re.S)
COMMAND = re.compile(r"ansible-playbook npmops\.auth\.(\w+)\b.*")
MODULES = {MODULE, INFO_MODULE, LOGIN_MODULE}
#: The plays of this document have tests of their own, with the directories that they are for.
ELSEWHERE = {"where.md"}
#: What a playbook reads, and no role.
OF_PLAYBOOKS = {"npm_auth_hosts", "npm_auth_serial", "npm_auth_become"}
DOCUMENTS = (
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "roles").glob("*/README.md")),
)


def list_blocks(language: str) -> Iterator[tuple[str, str]]:
    for document in DOCUMENTS:
        for number, (name, block) in enumerate(BLOCK.findall(document.read_text(encoding="utf-8"))):
            if name == language:
                yield f"{document.relative_to(ROOT).as_posix().replace('/', '-')}-{number}", block


def list_tasks(block: str) -> list[Task]:
    """The tasks of a block with modules of this collection, whether they are in a play or not."""
    loaded = yaml.safe_load(block)
    items = [item for item in loaded if isinstance(item, dict)] if isinstance(loaded, list) else []
    tasks = [task for item in items for task in item.get("tasks", [item])]
    return [task for task in tasks if set(task) & MODULES]


EXAMPLES = [
    pytest.param(tasks, id=name)
    for name, block in list_blocks("yaml")
    if (tasks := list_tasks(block)) and not any(document in name for document in ELSEWHERE)
]
COMMANDS = [
    pytest.param(command, id=f"{name}: {command[:40]}")
    for name, block in list_blocks("console")
    # A command goes on after a backslash, and within quotes.
    for command in re.findall(r"^ansible-playbook (?:'[^']*'|[^\n'\\]|\\\n)*", block, re.M)
]


def adapt(task: Task, number: int, registry: EmbeddedRegistry, home: Path) -> Task:
    """The task, for the embedded registry and for who runs this."""
    (module,) = set(task) & MODULES
    options = {name: registry.url if value == URL else value for name, value in (task[module] or {}).items()}
    if options.pop("all_users", False) or "users" in options:
        options["users"] = [USER]
    kept = {name: value for name, value in task.items() if name not in (module, "become", "name")}
    return {"name": f"task {number}", **kept, module: options, "environment": {"HOME": str(home)}}


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 8
    assert len(COMMANDS) > 15


@pytest.mark.parametrize("example", EXAMPLES)
def test_example(example: list[Task], registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    home = tmp_path / "home"
    old, new = registry.create_token("alice"), registry.create_token("alice", make_token())
    key = registry.url.removeprefix("http:")
    plant(home / ".npmrc", f"registry={registry.url}", f"@example:registry={registry.url}", f"{key}:_authToken={old}")
    tasks = [adapt(task, number, registry, home) for number, task in enumerate(example)]
    assert URL not in json.dumps(tasks)

    run = runner.run(*tasks, vars={"new_token": new, "leaked_token": old})

    assert [run[task["name"]]["msg"] for task in tasks if run[task["name"]]["failed"]] == []
    assert old not in run.output
    # What only lists or rehearses changes nothing; everything else revokes or replaces the token.
    reads = all(INFO_MODULE in task or task.get("check_mode") for task in tasks)
    assert (old in (home / ".npmrc").read_text()) == reads
    assert registry.is_valid(new)


def read_variables(command: str) -> Iterator[str]:
    """The names of the variables that a command sets with -e."""
    words = shlex.split(command.replace("\\\n", " "))
    for option, value in itertools.pairwise(words):
        if option == "-e" and not value.startswith("@"):
            yield from json.loads(value) if value.startswith("{") else [value.partition("=")[0]]


@pytest.mark.parametrize("command", COMMANDS)
def test_command(command: str) -> None:
    variables = [*read_variables(command)]
    match = COMMAND.match(command)
    if not match:
        assert variables == []
        return
    assert (ROOT / "playbooks" / f"{match[1]}.yml").is_file()
    spec = yaml.safe_load((ROOT / "roles" / match[1] / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options: dict[str, Any] = spec["argument_specs"]["main"]["options"]
    assert {*variables} <= {*options, *OF_PLAYBOOKS}
