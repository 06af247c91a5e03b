# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The demo that the README names first: it shows what it promises, and its checks can fail."""

from __future__ import annotations

import subprocess
import sys

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


def run_demo(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=paths.ROOT, capture_output=True, text=True, timeout=240, check=False
    )


def test_the_demo_shows_what_it_promises() -> None:
    demo = run_demo(str(DEMO))
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
