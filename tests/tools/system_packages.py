# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find the system programs that the tests need and that are missing, and print how to install them.

python3 system_packages.py           prints what is missing, and the command that installs it
python3 system_packages.py --names   prints the packages that are not installed, one a line

This file imports only the standard library, because it runs before setup.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PACKAGES = Path(__file__).with_name("debian-packages.txt")
# Directories of administration programs, which are not on every account's PATH.
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
INSTALL = "apt-get install --no-install-recommends"


@dataclass(frozen=True)
class Package:
    """A Debian package, and its programs. The tests need any one of them."""

    name: str
    programs: tuple[str, ...]

    def is_missing(self, path: str) -> bool:
        """Check that none of its programs is on this PATH. A package without programs is never missing."""
        return bool(self.programs) and not any(shutil.which(program, path=path) for program in self.programs)


def read_packages(text: str) -> list[Package]:
    lines = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return [Package(words[0], tuple(words[1:])) for words in lines if words]


def find_missing(packages: list[Package], path: str | None = None) -> list[Package]:
    """Find the packages without a program on PATH or in the directories of administration programs."""
    if path is None:
        path = os.environ.get("PATH", os.defpath) + os.pathsep + SYSTEM_PATH
    return [package for package in packages if package.is_missing(path)]


def describe(missing: list[Package], is_root: bool) -> str:
    """Describe which tests are skipped on this machine, and how to change that; empty if nothing is missing."""
    lines = []
    if missing:
        lines.append("These programs are missing. The tests that need them are skipped, and the summary counts them:")
        lines += [f"  {package.programs[0]} (Debian package {package.name})" for package in missing]
        sudo = "" if is_root else "sudo "
        lines += ["To install them:", f"  {sudo}{INSTALL} {' '.join(package.name for package in missing)}"]
    if not is_root:
        lines.append("This is not root. The tests that act on other accounts are skipped, and the summary counts them.")
    return "\n".join(lines)


def is_installed(package: Package) -> bool:
    """Check whether dpkg lists the package as installed."""
    query = ["dpkg-query", "--show", "--showformat=${db:Status-Status}", package.name]
    return subprocess.run(query, capture_output=True, text=True, check=False, timeout=120).stdout == "installed"


def describe_machine() -> str:
    """Describe which tests are skipped on this machine; empty if all of them run."""
    packages = read_packages(PACKAGES.read_text(encoding="utf-8"))
    return describe(find_missing(packages), os.geteuid() == 0)


def main(*arguments: str) -> int:
    if arguments == ("--names",):
        packages = read_packages(PACKAGES.read_text(encoding="utf-8"))
        for package in packages:
            if not is_installed(package):
                print(package.name)
    else:
        print(describe_machine() or "All programs that the tests use are here.")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
