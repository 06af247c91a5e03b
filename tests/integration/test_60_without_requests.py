# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host without the Python library requests is told so before anything has changed, and only where it is needed."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.integration.files import plant, take_snapshot
from tests.integration.play import Runner, log_out
from tests.registry import EmbeddedRegistry
from tests.tools import paths


def make_python(folder: Path) -> Path:
    """An interpreter with nothing but the standard library."""
    if paths.BARE_PYTHON:
        return paths.BARE_PYTHON
    command = [str(paths.PYTHON), "-m", "venv", "--without-pip", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=150)
    return folder / "bin" / "python"


def test_without_requests(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    python = make_python(tmp_path / "python")
    token = registry.create_token("alice")
    login = f"{registry.url.removeprefix('http:')}:_authToken={token}"
    store = plant(tmp_path / "token", "//basic.example.com/:_auth=YWxpY2U6cGFzc3dvcmQ=", login)
    basic = plant(tmp_path / "basic", "//basic.example.com/:_auth=YWxpY2U6cGFzc3dvcmQ=")
    never = plant(tmp_path / "never", login)
    before = take_snapshot(store)
    everything = {"all_registries": True}

    run = runner.run(
        log_out("dry", {**everything, "paths": [str(store)]}, check_mode=True),
        log_out("token", {**everything, "paths": [str(store)]}),
        log_out("stray", {"token": "npm_0123456789", "registry": registry.url, "paths": [str(tmp_path / "nowhere")]}),
        log_out("basic", {**everything, "paths": [str(basic)]}),
        log_out("never", {**everything, "paths": [str(never)], "revoke": "never"}),
        vars={"ansible_python_interpreter": str(python)},
    )

    assert take_snapshot(store) == before
    for name in ("token", "stray"):
        assert run[name]["failed"]
        assert "requests" in run[name]["msg"]
        assert "Failed to import the required Python library" in run[name]["msg"]
        assert not run[name].get("changed")
    assert not run["dry"]["failed"]
    assert "requests is not installed on this host" in str(run["dry"]["warnings"])
    for name, path in (("basic", basic), ("never", never)):
        assert (run[name]["failed"], run[name]["changed"]) == (False, True), run[name]
        assert not path.exists()
    assert not registry.requests
    assert "Traceback" not in run.output
