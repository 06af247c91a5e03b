# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each recipe of several tasks in the README and the docs, run twice: the second run leaves the new token in place."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.integration.files import plant
from tests.integration.play import LOGIN_MODULE, MODULE, Runner, Task
from tests.registry import EmbeddedRegistry, make_token
from tests.tools.paths import ROOT

URL = "https://npm.example.com/"
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
MODULES = (MODULE, LOGIN_MODULE)


def list_recipes() -> Iterator[Any]:
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        for number, block in enumerate(BLOCK.findall(document.read_text())):
            tasks = yaml.safe_load(block)
            if isinstance(tasks, list) and len([task for task in tasks if set(task) & set(MODULES)]) > 1:
                yield pytest.param(tasks, id=f"{document.name}-{number}")


RECIPES = list(list_recipes())


def adapt(task: Task, number: int, registry: EmbeddedRegistry, home: Path) -> Task:
    """The task, for the embedded registry and for who runs this."""
    (module,) = set(task) & set(MODULES)
    options = {name: registry.url if value == URL else value for name, value in task[module].items()}
    options["users"] = [pwd.getpwuid(os.geteuid()).pw_name]
    kept = {name: value for name, value in task.items() if name not in (module, "become", "name")}
    return {"name": f"task {number}", **kept, module: options, "environment": {"HOME": str(home)}}


def test_there_is_a_recipe() -> None:
    assert "recipes.md" in str([recipe.id for recipe in RECIPES])


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipe_twice(recipe: list[Task], registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    home = tmp_path / "home"
    old, new = registry.create_token("jenkins"), registry.create_token("jenkins", make_token())
    key = registry.url.removeprefix("http:")
    store = plant(home / ".npmrc", f"registry={registry.url}", f"{key}:_authToken={old}")
    tasks = [adapt(task, number, registry, home) for number, task in enumerate(recipe)]

    first = runner.run(*tasks, vars={"new_token": new})
    after = store.read_text()
    second = runner.run(*tasks, vars={"new_token": new})

    for run in (first, second):
        assert [run[task["name"]]["msg"] for task in tasks if run[task["name"]]["failed"]] == []
    assert after == store.read_text() == f"registry={registry.url}\n{key}:_authToken={new}\n"
    assert registry.is_valid(new)
    assert not registry.is_valid(old)
    assert [second[task["name"]]["changed"] for task in tasks] == [False] * len(tasks)
