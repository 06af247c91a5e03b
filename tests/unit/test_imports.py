# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Is only imported what a run needs? Every import has its price on a managed host."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.paths import WORK

FORMATS = ("yarnrc_yml", "pnpm_config", "yarnrc", "bunfig", "toml_reader")
YARNRC_YML, PNPM_CONFIG, YARNRC, BUNFIG, TOML = (f"_formats.{name}" for name in FORMATS)
HEAVY = ("requests", "yaml", "tomllib", "_registry.http", YARNRC_YML, PNPM_CONFIG, YARNRC, BUNFIG, TOML)
TOKEN = "npm_0123456789"

_LIST = """
import json, sys
sys.path.insert(0, sys.argv[1])
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._options import INFO_SPEC, read_info_options
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
        timeout=60,
    )
    count, modules = ran.stdout.splitlines()
    assert int(count) == credentials
    assert set(json.loads(modules)) & set(HEAVY) == imported
