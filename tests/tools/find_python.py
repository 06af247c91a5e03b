# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Find Python interpreters that run.

    python3 find_python.py [--venv] 3.11 3.12 ...    prints the path of the first of these versions that is installed
    python3 find_python.py --all                     prints "VERSION PATH" for every installed version

With pyenv, PATH has shims that may not run, and ~/.pyenv/versions may have more versions. Both are searched. This file
runs on Python 3.8 and newer, and imports only the standard library.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import Iterator

KNOWN = ["3.8", "3.9", "3.10", "3.11", "3.12", "3.13", "3.14"]


def _number(folder: str) -> list[int]:
    """Return the numbers in a directory name such as 3.11.7, as a sort key."""
    return [int(part) for part in re.findall(r"\d+", folder)]


def _candidates(version: str) -> Iterator[str]:
    """Yield the paths where this version could be, the best first."""
    name = "python" + version
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        yield os.path.join(folder, name)
    pyenv = os.environ.get("PYENV_ROOT") or os.path.expanduser("~/.pyenv")
    versions = os.path.join(pyenv, "versions")
    try:
        installed = sorted(os.listdir(versions), key=_number, reverse=True)
    except OSError:
        installed = []
    for folder in installed:
        yield os.path.join(versions, folder, "bin", name)
    for folder in ("/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"):
        yield os.path.join(folder, name)


def _try(path: str, version: str, venv: bool) -> str | None:
    """Return the real path of the interpreter if it runs, has this version and, with ``venv``, can create venvs."""
    if not os.access(path, os.X_OK):
        return None
    code = "import sys; print('%d.%d' % sys.version_info[:2]); print(sys.executable)"
    if venv:
        code = "import ensurepip, venv; " + code
    try:
        done = subprocess.run(
            [path, "-I", "-c", code], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    if done.returncode != 0 or len(lines) != 2 or lines[0] != version:
        return None
    return lines[1]


def find(version: str, venv: bool = False) -> str | None:
    """Return the path of an interpreter of this version ("3.11"), or None."""
    for path in _candidates(version):
        found = _try(path, version, venv)
        if found:
            return found
    return None


def find_all(venv: bool = False) -> dict[str, str]:
    """Map each known version that is installed to the path of an interpreter."""
    found = {version: find(version, venv) for version in KNOWN}
    return {version: path for version, path in found.items() if path}


def main(args: list[str]) -> int:
    venv = "--venv" in args
    versions = [arg for arg in args if not arg.startswith("-")]
    if "--all" in args:
        for version, path in find_all(venv).items():
            print(version, path)
        return 0
    for version in versions:
        found = find(version, venv)
        if found:
            print(found)
            return 0
    hint = " that can make virtual environments (Debian: apt-get install python3-venv)" if venv else ""
    print(f"find_python.py: no Python {' or '.join(versions) or '(no version named)'}{hint} found", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
