# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Create a host that has one credential of every kind in every credential file.

The host is this machine with other directories in place of /etc and /usr/local/etc, visible only to the module's
process (a mount namespace): its accounts, home directories and global files belong to the test. Requires root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.planted.plants import PLANTS, RESIDUE, Expected, Place
from tests.registry import EmbeddedRegistry
from tests.tools.paths import PYTHON

ACCOUNTS = {"root": 0, "alice": 51001, "jenkins": 51002, "bob": 51003}
#: The directories of this machine that are replaced.
HOST_FOLDERS = ("/etc", "/usr/local/etc")
_WRAPPER = """#!/bin/sh
exec unshare --mount --propagation private /bin/sh -c '{mounts}; exec "$@"' sh {python} "$@"
"""


def _can_unshare() -> bool:
    if os.geteuid() != 0 or shutil.which("unshare") is None:
        return False
    return subprocess.run(["unshare", "--mount", "true"], check=False, capture_output=True, timeout=120).returncode == 0


needs_namespaces = pytest.mark.skipif(not _can_unshare(), reason="only root can make a mount namespace (unshare)")


@dataclass
class PlantedHost:
    """A dummy host.

    :ivar base: the directory with its own files.
    :ivar secrets: every secret that was planted.
    :ivar expected: every credential that must be found.
    """

    base: Path
    registry: EmbeddedRegistry
    secrets: list[str] = field(default_factory=list)
    expected: list[Expected] = field(default_factory=list)

    @property
    def python(self) -> str:
        """The host's interpreter."""
        return str(self.base / "python")

    def home(self, account: str) -> str:
        return str(self.base / "homes" / account)

    def find(self, account: str, path: str) -> Path:
        """Return the path of the host's file on this machine."""
        if path.startswith("~/"):
            return self.base / "homes" / account / path[2:]
        return self.base / "host" / path.lstrip("/")

    def see(self, account: str, path: str) -> str:
        """Return the path of a file for the host's own processes."""
        return os.path.join(self.home(account), path[2:]) if path.startswith("~/") else path

    def plant_all(self) -> None:
        for plant in (*PLANTS, *RESIDUE):
            self._plant(plant)
        # The credential file of Alice's project is tracked by git.
        project = self.base / "homes/alice/work/app"
        for words in (["init", "--quiet"], ["add", ".npmrc"]):
            subprocess.run(
                ["git", "-c", "safe.directory=*", *words], cwd=project, check=True, capture_output=True, timeout=120
            )

    def list_holding(self) -> list[str]:
        """List the files of the host that still contain a planted secret."""
        found = []
        for folder in ("homes", "host"):
            for path in sorted((self.base / folder).rglob("*")):
                if path.is_file() and any(secret.encode() in path.read_bytes() for secret in self.secrets):
                    found.append(str(path.relative_to(self.base)))
        return found

    def _plant(self, plant: Place) -> None:
        path = self.find(plant.account, plant.path)
        tokens = [self.registry.create_token(plant.account) for _number in range(plant.text.count("{token}"))]
        self.secrets += [*tokens, *plant.secrets]
        text = plant.text
        for token in tokens:
            text = text.replace("{token}", token, 1)
        key = self.registry.url.partition(":")[2]
        text = text.replace("{url}", self.registry.url).replace("{key}", key).replace("{host}", key.strip("/"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        path.chmod(plant.mode)
        self._give(plant.account, plant.path)
        seen = self.see(plant.account, plant.path)
        self.expected += [
            Expected(plant.account, seen, plant.client, plant.level, kind, source) for kind, source in plant.holds
        ]

    def _give(self, account: str, path: str) -> None:
        """Make the account the owner of the file and of its parent directories below the home directory."""
        place, uid = self.find(account, path), ACCOUNTS[account]
        home = self.base / "homes" / account
        while path.startswith("~/") and place != home:
            os.chown(place, uid, uid)
            place = place.parent


@contextlib.contextmanager
def make_host() -> Iterator[PlantedHost]:
    """Create a host without credentials, and remove it at the end."""
    base = Path(tempfile.mkdtemp(prefix="npmops-host-"))
    base.chmod(0o755)
    try:
        with EmbeddedRegistry() as registry:
            host = PlantedHost(base, registry)
            _make_directories(host)
            _make_interpreter(host)
            yield host
    finally:
        shutil.rmtree(base)


def _make_directories(host: PlantedHost) -> None:
    for folder in HOST_FOLDERS:
        place = host.base / "host" / folder.lstrip("/")
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(folder, place, symlinks=True, ignore=_ignore_special, copy_function=_copy_if_there)
    entries, groups = [], []
    for name, uid in ACCOUNTS.items():
        home = host.base / "homes" / name
        home.mkdir(parents=True)
        home.chmod(0o700 if uid else 0o755)
        os.chown(home, uid, uid)
        entries.append(f"{name}:x:{uid}:{uid}::{home}:/bin/sh")
        groups.append(f"{name}:x:{uid}:")
    entries.append("nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin")
    etc = host.base / "host" / "etc"
    (etc / "passwd").write_text("\n".join(entries) + "\n")
    (etc / "group").write_text("\n".join(groups) + "\nnogroup:x:65534:\n")
    for name in ("npmrc", "yarnrc"):
        (etc / name).unlink(missing_ok=True)
    shutil.rmtree(etc / "skel", ignore_errors=True)
    shutil.rmtree(host.base / "host/usr/local/etc")
    (host.base / "host/usr/local/etc").mkdir()


def _ignore_special(folder: str, names: list[str]) -> set[str]:
    """List special and vanished files: other tests add accounts meanwhile, with lock files next to /etc/passwd."""
    plain = (stat.S_ISREG, stat.S_ISDIR, stat.S_ISLNK)
    ignored = set()
    for name in names:
        try:
            mode = os.lstat(os.path.join(folder, name)).st_mode
        except FileNotFoundError:
            ignored.add(name)
        else:
            if not any(is_it(mode) for is_it in plain):
                ignored.add(name)
    return ignored


def _copy_if_there(source: str, target: str) -> str:
    """Copy a file that may have vanished since its directory was listed."""
    with contextlib.suppress(FileNotFoundError):
        shutil.copy2(source, target)
    return target


def _make_interpreter(host: PlantedHost) -> None:
    mounts = " && ".join(f"mount --bind {host.base}/host{folder} {folder}" for folder in HOST_FOLDERS)
    wrapper = host.base / "python"
    wrapper.write_text(_WRAPPER.format(mounts=mounts, python=PYTHON))
    wrapper.chmod(0o755)
