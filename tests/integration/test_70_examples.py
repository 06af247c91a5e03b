# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each example of the documentation runs unchanged, but for its hosts and accounts."""

from __future__ import annotations

import os
import pwd
from pathlib import Path
from typing import Any

import yaml

from tests.integration.files import plant
from tests.integration.play import MODULE, Runner, Task
from tests.registry import EmbeddedRegistry

HOST = "https://npm.example.com/"


def adapt(task: Task, registry: EmbeddedRegistry, home: Path) -> Task:
    """The example, for the embedded registry and for who runs this."""
    options: dict[str, Any] = {
        name: registry.url if value == HOST else value for name, value in (task[MODULE] or {}).items()
    }
    if "users" in options:
        options["users"] = [pwd.getpwuid(os.geteuid()).pw_name, *(f"absent-{name}" for name in options["users"])]
    kept = {name: value for name, value in task.items() if name not in (MODULE, "become")}
    return {**kept, MODULE: options, "environment": {"HOME": str(home)}}


def is_thorough(example: Task) -> bool:
    """Is it for accounts that are to hold nothing any more, whatever their clients, or not this token?"""
    options = example[MODULE]
    return "users" in options and ("token" in options or options.get("all_registries", False))


def test_examples(documentation: dict[str, Any], registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    examples: list[Task] = yaml.safe_load(documentation["examples"])
    key = registry.url.removeprefix("http:")
    tasks, homes, leaked = [], [], registry.create_token("alice")
    for number, example in enumerate(examples):
        home = tmp_path / f"home-{number}"
        token = leaked if "token" in example[MODULE] else registry.create_token("alice")
        plant(home / ".npmrc", f"@example:registry={registry.url}", f"{key}:_authToken={token}")
        if is_thorough(example):
            plant(home / ".bunfig.toml", "[install]", f'registry = {{ url = "{registry.url}", token = "{token}" }}')
            plant(home / "app" / ".npmrc", f"#{key}:_authToken={token}")
        tasks.append(adapt(example, registry, home))
        homes.append(home)

    run = runner.run(*tasks, vars={"leaked_token": leaked})

    assert len(examples) >= 5
    assert "npm.example.com" not in str(tasks)
    for task, home in zip(tasks, homes, strict=True):
        result = run[task["name"]]
        assert not result["failed"], result
        assert result["changed"], result
        left = "".join(file.read_text() for file in home.rglob("*") if file.is_file())
        assert ("oken" in left) == bool(task.get("check_mode")), task["name"]
    assert sum(map(is_thorough, examples)) == 3
