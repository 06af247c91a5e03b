# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create the virtual environments of the leak tests: a controller for each ansible-core, and old Pythons for the hosts.

    python -m tests.tools.make_cores

Controllers are created in .work/cores/<series>, environments of managed hosts in .work/pythons-managed/<Python>: one
with old libraries, and one (-bare) without libraries. The packages of a requirements file are installed again only when
the file or the interpreter has changed. A Python that is not installed on this machine is not an error: environments
that need it are left out, and the tests that need them report it.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.tools import find_python, paths

# The wheel of pip is next to ensurepip, or in the directory that the distribution sets.
_SHOW_PIP = """
import ensurepip, pathlib, sysconfig
places = [pathlib.Path(ensurepip.__file__).parent / "_bundled", sysconfig.get_config_var("WHEEL_PKG_DIR")]
print(next(path for place in places if place for path in sorted(pathlib.Path(place).glob("pip-*.whl"))))
"""

CORES = paths.WORK / "cores"
MANAGED = paths.WORK / "pythons-managed"


@dataclass(frozen=True)
class Core:
    """A series of ansible-core.

    :ivar controllers: the Pythons that it runs on. The first installed one is used.
    :ivar managed: the oldest Python that it supports on a managed host.
    :ivar newest_managed: the newest Python that it supports there.
    """

    series: str
    controllers: tuple[str, ...]
    managed: str
    newest_managed: str

    @property
    def playbook(self) -> Path:
        return CORES / self.series / "bin" / "ansible-playbook"

    @property
    def managed_python(self) -> Path:
        if "NPMOPS_TEST_PYTHON" in os.environ:
            return paths.MANAGED_PYTHON
        return MANAGED / self.managed / "bin" / "python"

    @property
    def bare_python(self) -> Path:
        return paths.BARE_PYTHON or MANAGED / f"{self.managed}-bare" / "bin" / "python"


ALL = (
    Core("2.18", ("3.11", "3.12", "3.13"), "3.8", "3.13"),
    Core("2.19", ("3.11", "3.12", "3.13"), "3.8", "3.13"),
    Core("2.20", ("3.12", "3.13", "3.14"), "3.9", "3.14"),
    Core("2.21", ("3.12", "3.13", "3.14"), "3.9", "3.14"),
    Core("2.22", ("3.13", "3.14"), "3.9", "3.14"),
)


@dataclass(frozen=True)
class Environment:
    """A virtual environment to create."""

    folder: Path
    pythons: tuple[str, ...]
    requirements: Path | None


def list_environments() -> tuple[Environment, ...]:
    wanted: dict[Path, Environment] = {}
    for core in ALL:
        requirements = paths.ROOT / "requirements"
        bin_folders = (
            (core.playbook, core.controllers, requirements / f"core-{core.series}.txt"),
            (core.managed_python, (core.managed,), requirements / f"core-managed-{core.managed}.txt"),
            (core.bare_python, (core.managed,), None),
        )
        for executable, pythons, file in bin_folders:
            folder = executable.parents[1]
            wanted[folder] = Environment(folder, pythons, file)
    return tuple(wanted.values())


def say_missing(core: Core) -> str | None:
    """Return why this core cannot run here; None if everything is set up."""
    for what, executable, pythons in (
        (f"ansible-core {core.series}", core.playbook, core.controllers),
        ("its managed side", core.managed_python, (core.managed,)),
        ("its managed side", core.bare_python, (core.managed,)),
    ):
        if not executable.exists():
            known = any(find_python.find(version, venv=True) for version in pythons)
            todo = "it is not set up: make cores" if known else "this machine has none"
            return f"{what} runs on Python {' or '.join(pythons)}: {todo}"
    return None


def make(environment: Environment) -> str:
    """Create one environment if it is missing or outdated, and return what was done."""
    name = str(environment.folder.relative_to(paths.WORK))
    python = next(filter(None, (find_python.find(version, venv=True) for version in environment.pythons)), None)
    if python is None:
        shutil.rmtree(environment.folder, ignore_errors=True)
        return f"{name}: left out, no Python {' or '.join(environment.pythons)} here"
    stamp, state = environment.folder / "made-of", describe(environment, python)
    if stamp.exists() and stamp.read_text(encoding="utf-8") == state:
        return f"{name}: as it should be"
    started = time.monotonic()
    run(python, "-m", "venv", "--clear", "--without-pip", str(environment.folder))
    if environment.requirements:
        # Most modules are never imported, so they are not compiled. pip runs from the wheel of its interpreter.
        pip = (str(environment.folder / "bin" / "python"), find_pip(python), "--disable-pip-version-check")
        install = ("install", "-qq", "--no-compile", "--only-binary", ":all:", "--no-deps")
        run(*pip, *install, "-r", str(environment.requirements))
        run(*pip, "check")
    stamp.write_text(state, encoding="utf-8")
    return f"{name}: made with {python} in {time.monotonic() - started:.0f} s"


def find_pip(python: str) -> str:
    """Return the path of pip inside the interpreter's bundled wheel, which Python can run."""
    done = subprocess.run([python, "-c", _SHOW_PIP], check=True, capture_output=True, text=True)
    return f"{done.stdout.strip()}/pip"


def describe(environment: Environment, python: str) -> str:
    """Describe the interpreter and the requirements of an environment."""
    content = environment.requirements.read_bytes() if environment.requirements else b""
    return f"{python} {hashlib.sha256(content).hexdigest()}\n"


def run(*command: str) -> None:
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


def main() -> None:
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for line in pool.map(make, list_environments()):
            print(line, flush=True)


if __name__ == "__main__":
    main()
