# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The archive of the collection: what it holds, and that it works without the checkout."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from tests.integration.files import plant
from tests.integration.play import INFO_MODULE, LOGIN_MODULE, MODULE, Runner, log_out
from tests.registry import EmbeddedRegistry
from tests.tools import copy_collection, paths

GALAXY = yaml.safe_load((paths.ROOT / "galaxy.yml").read_text(encoding="utf-8"))
#: What a user runs, reads or is owed by the license.
HELD = {
    *("CHANGELOG.rst", "CHANGELOG.rst.license", "CODE_OF_CONDUCT.md", "CONTRIBUTING.md", "COPYING", "FILES.json"),
    *("LICENSES", "MANIFEST.json", "README.md", "SECURITY.md", "changelogs", "docs", "extensions", "meta", "playbooks"),
    *("plugins", "roles"),
}
ENDINGS = {".html", ".ini", ".j2", ".json", ".keep", ".license", ".md", ".py", ".rst", ".txt", ".yaml", ".yml", ""}


class Installed:
    """The collection, built from a copy of the checkout, and installed where nothing else is."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.collections = folder / "collections"
        self.archive = folder / f"{GALAXY['namespace']}-{GALAXY['name']}-{GALAXY['version']}.tar.gz"

    def run(self, *command: str | Path) -> str:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "ANSIBLE_HOME": str(self.folder / "ansible"),
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
        }
        done = subprocess.run(
            [*map(str, command)],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    folder = tmp_path_factory.mktemp("archive")
    here = Installed(folder)
    source = folder / "source"
    copy_collection.copy_to(source)
    # Files that tools and editors leave behind.
    for name in ("plugins/modules/__pycache__/npm_logout.cpython-311.pyc", ".coverage", "tests/output/x", ".work/x"):
        plant(source / name, "left behind")
    here.run(paths.ANSIBLE_GALAXY, "collection", "build", source, "--output-path", folder)
    here.run(
        *(paths.ANSIBLE_GALAXY, "collection", "install", "--offline", "--no-deps", "-p", here.collections, here.archive)
    )
    source.rename(folder / "gone")
    return here


def test_archive_holds_what_users_need(installed: Installed) -> None:
    with tarfile.open(installed.archive) as archive:
        members = archive.getmembers()
    files = [Path(member.name) for member in members if member.isfile()]
    assert {path.parts[0] for path in files} <= HELD
    assert [str(path) for path in files if path.suffix not in ENDINGS or "__pycache__" in path.parts] == []
    assert [member.name for member in members if not member.isfile() and not member.isdir()] == []
    assert [member.name for member in members if member.isfile() and member.mode & 0o111] == []
    assert {"README.md", "CHANGELOG.rst", "COPYING", "meta/runtime.yml"} <= {str(path) for path in files}


def test_documentation_of_the_archive(installed: Installed) -> None:
    modules = (MODULE, INFO_MODULE, LOGIN_MODULE)
    shown = json.loads(installed.run(paths.ANSIBLE_DOC, "--json", "--type", "module", *modules))
    assert {name for name in modules if shown[name]["doc"]["version_added"] == "1.0.0"} == {*modules}
    roles = json.loads(installed.run(paths.ANSIBLE_DOC, "--json", "--type", "role", "--list", "npmops.auth"))
    assert {"npmops.auth.audit", "npmops.auth.offboard", "npmops.auth.rotate"} <= {*roles}


def test_module_of_the_archive(
    installed: Installed, registry: EmbeddedRegistry, runner: Runner, tmp_path: Path
) -> None:
    token = registry.create_token("alice")
    key = registry.url.removeprefix("http:")
    npmrc = plant(tmp_path / ".npmrc", f"registry={registry.url}", f"{key}:_authToken={token}")
    task = log_out("log out", {"registry": registry.url}, environment={"HOME": str(tmp_path)})
    place = {"ANSIBLE_COLLECTIONS_PATH": str(installed.collections)}

    result = runner.run(task, environment=place)["log out"]

    assert [item["revocation"] for item in result["credentials"]] == ["confirmed"]
    assert npmrc.read_text() == f"registry={registry.url}\n"
    assert not registry.is_valid(token)


def test_playbook_of_the_archive(installed: Installed) -> None:
    inventory = plant(installed.folder / "inventory", "[all:vars]", "ansible_connection=local", "[all]", "one")
    shown = installed.run(
        *(paths.ANSIBLE_PLAYBOOK, "npmops.auth.offboard", "-i", inventory, "-e", "npm_auth_users=alice"),
        *("--list-tasks",),
    )
    assert f"playbook: {installed.collections}/" in shown
