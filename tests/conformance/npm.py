# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a real npm, isolated from the settings of this machine, and make it read an .npmrc."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.tools.paths import NODE, NODE_MODULES, npm_cli

from .world import Case, Seen, World, make_world

SECONDS = 300  # npm takes half a second

# Reads texts from standard input with the ini package of this npm.
READ_INI = """
const ini = require(process.argv[1])
const texts = JSON.parse(require('fs').readFileSync(0, 'utf8'))
console.log(JSON.stringify(texts.map(text => ini.parse(text))))
"""


def run_npm(major: int, world: World, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command of this npm in the world's home directory."""
    return subprocess.run(
        [
            str(NODE),
            str(npm_cli(major)),
            *arguments,
            f"--userconfig={world.userconfig}",
            f"--globalconfig={world.globalconfig}",
            f"--cache={world.home / 'cache'}",
            "--no-update-notifier",
            "--fetch-retries=0",
        ],
        cwd=world.project,
        env={"PATH": os.defpath, **world.environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )


def log_out_with_npm(case: Case, major: int, folder: Path) -> Seen:
    """Run `npm logout` on a case, and return the result."""
    with make_world(case, folder) as world:
        arguments = [
            f"--{name}={world.localize(case.options[name])}" for name in ("registry", "scope") if name in case.options
        ]
        ran = run_npm(major, world, "logout", *arguments)
        return world.see(ran.returncode != 0, ran.stdout + ran.stderr, _read_logs(world))


def read_as_npm(major: int, texts: list[str]) -> list[dict[str, Any]]:
    """Read the settings of each text with the `ini` package that this npm bundles."""
    ini = NODE_MODULES / f"npm{major}" / "node_modules" / "ini"
    ran = subprocess.run(
        [str(NODE), "-e", READ_INI, str(ini)],
        input=json.dumps(texts),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=True,
    )
    settings: list[dict[str, Any]] = json.loads(ran.stdout)
    return settings


def _read_logs(world: World) -> str:
    logs = sorted((world.home / "cache").glob("_logs/*.log"))
    return "".join(path.read_text() for path in logs)
