# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-test on a copy of the collection, with its own home directory and only the Python package index.

python -m tests.tools.ansible_test sanity|units|integration [arguments of ansible-test]

Run it with the Python of another virtual environment, such as .work/cores/2.22/bin/python, for another ansible-core.
"""

from __future__ import annotations

import configparser
import importlib.metadata
import os
import sys
from pathlib import Path
from types import SimpleNamespace

import ansible_test

from tests.tools import copy_collection, find_python, paths

HOME = paths.WORK / "home"
COPIES = paths.WORK / "ansible-test"
PYTHONS = paths.WORK / "pythons"
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
#: Where ansible-test runs each command. Tests with other requirements than its own run in a virtual environment.
WHERE = {
    "sanity": ["--local"],
    "units": ["--venv", "--requirements", "--python", VERSION],
    "integration": ["--venv", "--requirements", "--python", VERSION],
}


def link_pythons() -> None:
    """Link every Python that runs. ansible-test checks modules with the oldest, and would use broken pyenv shims."""
    PYTHONS.mkdir(parents=True, exist_ok=True)
    for link in PYTHONS.iterdir():
        link.unlink()
    for version, path in find_python.find_all(venv=True).items():
        (PYTHONS / f"python{version}").symlink_to(path)


def provide_pip() -> None:
    """Put a pip installer into ansible-test's cache, which would otherwise download one.

    The interpreter's bundled pip is sufficient and needs no network.
    """
    from ansible_test._internal.python_requirements import get_venv_packages

    cache = HOME / ".ansible" / "test" / "cache"
    cache.mkdir(parents=True, exist_ok=True)
    for version in find_python.KNOWN:
        pip = get_venv_packages(SimpleNamespace(version=version))["pip"]
        installer = cache / f"get_pip_{pip.replace('.', '_')}.py"
        installer.write_text("import ensurepip\nensurepip.bootstrap(upgrade=True)\n", encoding="utf-8")


def pass_on_pip_settings() -> None:
    """Write the user's pip settings to ansible-test's home directory, because ansible-test does not pass them on.

    Without them, pip would not use the user's package index or CA certificates.
    """
    home = Path.home()
    config = Path(os.environ.get("XDG_CONFIG_HOME", home / ".config"))
    settings = configparser.RawConfigParser()
    named = Path(os.environ.get("PIP_CONFIG_FILE", os.devnull))
    settings.read([home / ".pip" / "pip.conf", config / "pip" / "pip.conf", named])
    if not settings.has_section("global"):
        settings.add_section("global")
    for name, value in os.environ.items():
        if name.startswith("PIP_") and name != "PIP_CONFIG_FILE":
            settings.set("global", name[len("PIP_") :].lower().replace("_", "-"), value)
    settings.set("global", "quiet", "2")
    target = HOME / ".config" / "pip" / "pip.conf"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch(mode=0o600)  # the URL of an index can contain a password
    with target.open("w", encoding="utf-8") as file:
        settings.write(file)


def environment() -> dict[str, str]:
    """Return the environment of ansible-test: its own home, no pyenv shims, no Ansible settings of the user."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "XDG_"))}
    folders = [folder for folder in env["PATH"].split(os.pathsep) if Path(folder).name != "shims"]
    env["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), str(PYTHONS), *folders])
    env["HOME"] = str(HOME)  # it keeps its virtual environments under ~/.ansible/test
    return env


def list_tests_to_skip() -> list[str]:
    """List the sanity tests of this ansible-core that need a library that is not on the package index."""
    requirements = Path(ansible_test.__file__).parent / "_data" / "requirements"
    return [
        file.name.split(".")[1]
        for file in sorted(requirements.glob("sanity.*.txt"))
        if " @ " in file.read_text(encoding="utf-8")
    ]


def main(command: str, args: list[str]) -> None:
    # Each command has its own copy, because make test runs sanity in parallel with the suites.
    core = importlib.metadata.version("ansible-core")
    copy = COPIES / f"{command}-{core}" / "ansible_collections" / "npmops" / "auth"
    copy_collection.copy_to(copy)
    link_pythons()
    provide_pip()
    pass_on_pip_settings()
    os.chdir(copy)
    words = ["ansible-test", command, *WHERE[command], "--color", "no", *args]
    for test in list_tests_to_skip() if command == "sanity" else ():
        print(f"sanity test {test} is skipped: it needs a library that is not on the package index", flush=True)
        words += ["--skip-test", test]
    os.execvpe(words[0], words, environment())


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
