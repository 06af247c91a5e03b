# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A run imports what it needs and no more, and little is sent: each file has its price on a managed host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.payload import LOGOUT, PING, build_payload
from tests.tools.paths import WORK

FORMATS = ("yarnrc_yml", "pnpm_config", "yarnrc", "bunfig", "toml_reader")
YARNRC_YML, PNPM_CONFIG, YARNRC, BUNFIG, TOML = (f"_formats.{name}" for name in FORMATS)
HEAVY = ("requests", "yaml", "tomllib", "_registry.client", YARNRC_YML, PNPM_CONFIG, YARNRC, BUNFIG, TOML)
TOKEN = "npm_0123456789"

_LIST = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
inventory = inspect_host(read_info_options({name: spec.get("default") for name, spec in INFO_SPEC.items()}))
print(len([item for store in inventory.stores for item in store.found]))
print(json.dumps(sorted({name.rpartition(".module_utils.")[2] for name in sys.modules})))
"""


@pytest.mark.parametrize(
    ("files", "credentials", "imported"),
    [
        pytest.param({}, 0, set(), id="no store"),
        pytest.param({".npmrc": f"//h.example/:_authToken={TOKEN}"}, 1, set(), id="npm alone"),
        pytest.param({".yarnrc.yml": "nodeLinker: pnp"}, 0, {YARNRC_YML}, id="YAML without a login"),
        pytest.param({".yarnrc.yml": f"npmAuthToken: {TOKEN}"}, 1, {YARNRC_YML, "yaml"}, id="YAML with a login"),
        pytest.param(
            {".config/pnpm/config.yaml": "saveExact: true"},
            0,
            {PNPM_CONFIG},
            id="pnpm's YAML without a login",
        ),
        pytest.param(
            {".bunfig.toml": f"[install.registry]\ntoken = '{TOKEN}'"},
            1,
            {BUNFIG, TOML},
            id="TOML",
        ),
        pytest.param({".yarnrc": f'"//h.example/:_authToken" {TOKEN}'}, 1, {YARNRC}, id="Yarn 1"),
    ],
)
def test_imports_what_it_needs(tmp_path: Path, files: dict[str, str], credentials: int, imported: set[str]) -> None:
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    ran = subprocess.run(
        [sys.executable, "-I", "-c", _LIST, str(WORK / "typing")],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    count, modules = ran.stdout.splitlines()
    assert int(count) == credentials
    assert set(json.loads(modules)) & set(HEAVY) == imported


# What has been reached. These numbers only go down.
MOST_FILES = 15
MOST_TIMES_PING = 3.32
NAMED = {"registry": "https://npm.example.com/"}

_LIST_LOGOUT = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible.module_utils import basic
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": json.loads(sys.argv[2])}).encode()
basic._ANSIBLE_PROFILE = "legacy"
sys.argv[:] = ["ansible-module"]
from ansible_collections.npmops.auth.plugins.modules import npm_logout
try:
    npm_logout.main()
except SystemExit:
    pass
own = [name for name, module in sys.modules.items() if ".npmops." in name and getattr(module, "__file__", None)]
print(json.dumps(sorted(name.rpartition(".plugins.")[2] for name in own)))
"""


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        pytest.param(None, NAMED, id="no file"),
        pytest.param("registry=https://npm.example.com/\nfund=false\n", NAMED, id="a file without a login"),
        pytest.param("registry=https://npm.example.com/\nfund=false\n", {}, id="the file names the registry"),
    ],
)
def test_nothing_to_do_imports_few_files(tmp_path: Path, text: str | None, arguments: dict[str, str]) -> None:
    if text:
        (tmp_path / ".npmrc").write_text(text)
    ran = subprocess.run(
        [sys.executable, "-I", "-c", _LIST_LOGOUT, str(WORK / "typing"), json.dumps(arguments)],
        env={"HOME": str(tmp_path), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
        timeout=200,
    )
    result, files = (json.loads(line) for line in ran.stdout.splitlines() if line)
    assert (result["changed"], result["credentials"]) == (False, [])
    assert len(files) <= MOST_FILES, f"{len(files)} files are imported where there is nothing to do: {files}"


def test_little_is_sent_to_a_host() -> None:
    sizes = {module: len(build_payload(module).data) for module in (PING, LOGOUT)}
    ratio = sizes[LOGOUT] / sizes[PING]
    assert ratio <= MOST_TIMES_PING, f"{ratio:.2f} times the bytes of ping are sent: {sizes}"
