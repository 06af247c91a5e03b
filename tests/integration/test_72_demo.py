# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo that the README names first: it shows what it promises, and its checks can fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.tools import paths

DEMO = paths.ROOT / "demo" / "play.py"
#: The same demo, where the third registry revokes its token like the others.
HONEST = """
import runpy, sys
import tests.registry
tests.registry.Behaviour = lambda **_answers: tests.registry.NPM
sys.argv = [sys.argv[1]]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def run_demo(*command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command],
        cwd=paths.ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_demo_shows_what_it_promises(tmp_path: Path) -> None:
    """It reaches no file of the person who runs it, wherever that person's variables lead."""
    mine = tmp_path / "pnpm" / "auth.ini"
    mine.parent.mkdir()
    mine.write_text("//npm.example/:_authToken=mine-0123456789\n")
    named = {name: str(mine) for name in ("NPM_CONFIG_USERCONFIG", "PNPM_CONFIG_NPMRC_AUTH_FILE")}
    demo = run_demo(str(DEMO), XDG_CONFIG_HOME=str(tmp_path), **named)
    assert mine.read_text() == "//npm.example/:_authToken=mine-0123456789\n"
    assert demo.returncode == 0, demo.stdout + demo.stderr
    for said in (
        "ineffective: The registry reported success but still accepts the token.",
        "the token that only .bashrc contains is rejected as well",
        "the module has noticed",
        "What to try next:",
    ):
        assert said in " ".join(demo.stdout.split())
    own = [line for line in demo.stdout.splitlines() if line.startswith(("---", "  [", "http://"))]
    assert max(map(len, own)) <= 100


def test_a_check_of_the_demo_can_fail() -> None:
    demo = run_demo("-c", HONEST, str(DEMO))
    assert demo.returncode == 1
    assert demo.stderr.strip() == ("The demo failed: the third registry has answered 'Logged out' and kept its token")
