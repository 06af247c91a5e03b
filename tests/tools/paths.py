# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths of the programs that tests run.

`make setup` creates them. This module does not check whether they exist, so that importing it never fails.
"""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
WORK = ROOT / ".work"

VENV = WORK / "venv"
PYTHON = VENV / "bin" / "python"
ANSIBLE = VENV / "bin" / "ansible"
ANSIBLE_GALAXY = VENV / "bin" / "ansible-galaxy"

# The controller and the managed host's Python that playbooks are tested with. `make matrix` sets others.
CORE = Path(os.environ.get("NPMOPS_TEST_CORE") or VENV)
ANSIBLE_DOC = CORE / "bin" / "ansible-doc"
ANSIBLE_PLAYBOOK = CORE / "bin" / "ansible-playbook"
MANAGED_PYTHON = Path(os.environ.get("NPMOPS_TEST_PYTHON") or PYTHON)
# A Python with only the standard library; None if tests must create one.
BARE_PYTHON = Path(os.environ["NPMOPS_TEST_BARE_PYTHON"]) if os.environ.get("NPMOPS_TEST_BARE_PYTHON") else None
# The directory with the Debian system whose sshd the tests log in to.
TREE = Path(os.environ["NPMOPS_TEST_TREE"]) if os.environ.get("NPMOPS_TEST_TREE") else None

# The value of ANSIBLE_COLLECTIONS_PATH: the collection as ansible-galaxy builds and installs it.
COLLECTIONS = WORK / "collections"

NODE_MODULES = WORK / "npm" / "node_modules"
# A link to the Node.js 24 of the test tools. npm 12 and Verdaccio require 22 or newer, which Debian 12 does not have.
NODE = WORK / "npm" / "bin" / "node"
INI = NODE_MODULES / "ini"
VERDACCIO = NODE_MODULES / "verdaccio" / "bin" / "verdaccio"
# The last version that does not enforce the revocation of a token, and the last release of version 5.
OLDER_VERDACCIOS = {"6.7.2": NODE_MODULES / "verdaccio672", "5.33.0": NODE_MODULES / "verdaccio5"}

# The other clients. The first two are programs for Linux on x64, and are not installed on other platforms. The others
# are scripts for NODE.
PNPM = NODE_MODULES / "pnpm12" / "pnpm"
BUN = NODE_MODULES / "bun" / "bin" / "bun"
YARN = NODE_MODULES / "yarn4" / "bin" / "yarn.js"
YARN_CLASSIC = NODE_MODULES / "yarn1" / "bin" / "yarn.js"

# The coverage-guided fuzzer is not available for every Python, so it has its own virtual environment.
FUZZER_PYTHON = WORK / "fuzz-venv" / "bin" / "python"

NPM_MAJORS = (6, 7, 8, 9, 10, 11, 12)


def npm_cli(major: int) -> Path:
    """Return the script of this npm, to run as `NODE npm_cli(10) logout`."""
    if major not in NPM_MAJORS:
        raise ValueError(f"no npm {major} among the test tools: {NPM_MAJORS}")
    return NODE_MODULES / f"npm{major}" / "bin" / "npm-cli.js"
