# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up the managed hosts of the matrix: Pythons with old and new libraries, and Debian systems with own packages."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.tools import find_python, paths
from tests.tools.make_cores import Core, Environment, make

FOLDER = paths.WORK / "matrix"
LIBRARIES = ("oldest", "newest")
DEBIANS = {"11": "bullseye", "12": "bookworm", "13": "trixie"}
DEBIAN_HOSTS = tuple(f"debian{number}" for number in DEBIANS)
_PACKAGES = "ca-certificates,openssh-server,sudo,python3,python3-requests,python3-yaml"
_SHOW_VERSIONS = (
    "import platform, requests, yaml; print(platform.python_version(), requests.__version__, yaml.__version__)"
)
# Runs a program in a Debian system with the accounts, host names, temporary files and checkout of this machine.
_MARK = "npmops-tree"
_ENTER = """\
#!/bin/sh
# Created by make matrix: runs the packaged Python of Debian's {suite}, also from within that system.
[ ! -e /{mark} ] || exec {python} "$@"
exec unshare --mount /bin/sh -c '
here=$PWD
for place in /proc /sys /dev /tmp "{root}"; do mount --rbind "$place" "{tree}$place"; done
for file in passwd group shadow hosts; do mount --bind "/etc/$file" "{tree}/etc/$file"; done
exec chroot "{tree}" /bin/sh -c '\\''cd "$1" && shift && exec {python} "$@"'\\'' sh "$here" "$@"' sh "$@"
"""


class Missing(Exception):
    """This managed host cannot be set up here; the text says why."""


@dataclass(frozen=True)
class Side:
    """A managed host.

    :ivar name: its name for --only.
    :ivar version: the version of its Python, such as 3.8.
    :ivar row: its description in the table.
    :ivar python: its interpreter.
    :ivar bare: an interpreter of the same version without libraries.
    :ivar tree: the directory with its system; None for the system of this machine.
    """

    name: str
    version: str
    row: str
    python: Path
    bare: Path
    tree: Path | None = None

    def describe_environment(self) -> dict[str, str]:
        """Return the environment variables with which the tests use the host."""
        environment = {"NPMOPS_TEST_PYTHON": str(self.python), "NPMOPS_TEST_BARE_PYTHON": str(self.bare)}
        return {**environment, "NPMOPS_TEST_TREE": str(self.tree)} if self.tree else environment


def is_supported(version: str, core: Core) -> bool:
    """Check whether this ansible-core supports this Python on a managed host."""
    return _number(core.managed) <= _number(version) <= _number(core.newest_managed)


def _number(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def list_names() -> list[str]:
    """List all managed hosts, including those that cannot be set up here."""
    return [
        *(f"{version}-{libraries}" for version in find_python.KNOWN for libraries in LIBRARIES),
        *DEBIAN_HOSTS,
    ]


def set_up(name: str) -> Side:
    """Set up a managed host unless it is set up already.

    :raises Missing: the host cannot be set up here.
    """
    if name.startswith("debian"):
        return _set_up_debian(name.removeprefix("debian"))
    version, _dash, libraries = name.partition("-")
    if not find_python.find(version, venv=True):
        raise Missing(f"this machine has no Python {version}")
    folders = FOLDER / name, FOLDER / f"{version}-bare"
    requirements = paths.ROOT / "requirements" / f"managed-{libraries}.txt"
    make(Environment(folders[0], (version,), requirements))
    make(Environment(folders[1], (version,), None))
    python = folders[0] / "bin" / "python"
    return Side(name, version, _describe(python), python, folders[1] / "bin" / "python")


def _describe(python: Path) -> str:
    command = [str(python), "-W", "ignore", "-c", _SHOW_VERSIONS]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    version, requests, yaml = done.stdout.split()
    return f"Python {version}, requests {requests}, PyYAML {yaml}"


# Debian --------------------------------------------------------------------------------------------------------------


def _set_up_debian(number: str) -> Side:
    suite = DEBIANS[number]
    tree = FOLDER / suite
    if not (tree / "usr/bin/python3").exists() or (tree / "debootstrap").exists():
        _bootstrap(suite, tree)
    (tree / str(paths.ROOT).lstrip("/")).mkdir(parents=True, exist_ok=True)
    (tree / "etc" / "hosts").touch()
    (tree / _MARK).touch()
    # -S leaves out the site packages, which contain Debian's libraries.
    python = _write_entrance(suite, tree, "", "/usr/bin/python3")
    bare = _write_entrance(suite, tree, "-bare", "/usr/bin/python3 -S")
    row = _describe(python)
    version = re.findall(r"\d+\.\d+", row)[0]
    return Side(f"debian{number}", version, f"Debian {number}: its own sshd, {row}", python, bare, tree)


def _write_entrance(suite: str, tree: Path, suffix: str, python: str) -> Path:
    path = FOLDER / f"{suite}-python{suffix}"
    text = _ENTER.format(suite=suite, tree=tree, root=paths.ROOT, python=python, mark=_MARK)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o755)
    return path


def _bootstrap(suite: str, tree: Path) -> None:
    """Install a minimal Debian from the mirror that apt uses on this machine."""
    if os.geteuid() != 0:
        raise Missing("only root can set up a Debian system")
    if not shutil.which("debootstrap"):
        raise Missing("debootstrap is not installed (Debian package debootstrap)")
    mirror = _find_mirror()
    shutil.rmtree(tree, ignore_errors=True)
    tree.parent.mkdir(parents=True, exist_ok=True)
    # In its own mount namespace, its mounts disappear when it exits, even after a failure.
    command = [
        "unshare",
        "--mount",
        "debootstrap",
        "--variant=minbase",
        f"--include={_PACKAGES}",
        suite,
        str(tree),
        mirror,
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=3600)
    if done.returncode:
        last = (done.stdout + done.stderr).strip().splitlines()[-1:]
        shutil.rmtree(tree, ignore_errors=True)
        raise Missing(f"debootstrap cannot install {suite}: {''.join(last).replace(mirror, 'the mirror')}")


def _find_mirror() -> str:
    """Find the mirror of this machine's Debian, or of the Debian that it is based on."""
    command = ["apt-get", "indextargets", "--format", "$(SITE) $(CODENAME)"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    for line in done.stdout.splitlines():
        site, _blank, codename = line.partition(" ")
        if codename in DEBIANS.values():
            return site
    raise Missing("apt knows no mirror of Debian here")
