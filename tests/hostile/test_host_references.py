# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that the host's own files set: found, revoked and removed, in an /etc, /opt and /srv of the test's own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.run_module import MODULE, ModuleRun, run_module
from tests.hostile.test_home_references import INFO, OPTIONS, OTHER_SECRET
from tests.hostile.test_login_references import LOGIN
from tests.registry import EmbeddedRegistry, make_token

#: A file, its text, and what is left of it.
FILES = {
    "/etc/environment": ("A=OTHERS\nVARIABLE=TOKEN\n", "A=OTHERS\n"),
    "/etc/profile": (
        'PS1="# "\nexport VARIABLE=TOKEN\n. /etc/company.sh\n',
        'PS1="# "\n. /etc/company.sh\n',
    ),
    "/etc/company.sh": ("export VARIABLE='TOKEN'\nexport B=OTHERS\n", "export B=OTHERS\n"),
    "/etc/profile.d/npm.sh": ('export VARIABLE="TOKEN" # npm\n:\n', ":\n"),
    "/etc/bash.bashrc": ("VARIABLE=TOKEN; export VARIABLE\nB=OTHERS\n", "B=OTHERS\n"),
    "/etc/zsh/zshenv": ("typeset -gx VARIABLE=TOKEN\ntrue\n", "true\n"),
    "/etc/csh.cshrc": ("setenv VARIABLE TOKEN\nsetenv B OTHERS\n", "setenv B OTHERS\n"),
    "/etc/csh.login": ("setenv VARIABLE 'TOKEN'\n", ""),
    "/etc/fish/config.fish": ("set -gx VARIABLE TOKEN\nset -gx B OTHERS\n", "set -gx B OTHERS\n"),
    "/etc/fish/conf.d/npm.fish": ("set -gx VARIABLE TOKEN\n", ""),
    "/etc/environment.d/npm.conf": ("VARIABLE=TOKEN\nB=OTHERS\n", "B=OTHERS\n"),
    "/etc/security/pam_env.conf": ("VARIABLE DEFAULT=TOKEN\nB DEFAULT=OTHERS\n", "B DEFAULT=OTHERS\n"),
    "/etc/default/app": (
        "VARIABLE=TOKEN\nDATABASE_URL=postgres://a:OTHERS@db\n",
        "DATABASE_URL=postgres://a:OTHERS@db\n",
    ),
    "/etc/systemd/system/a.service": (
        "[Service]\nExecStart=/bin/true\nEnvironment=VARIABLE=TOKEN\nEnvironment=B=OTHERS\n",
        "[Service]\nExecStart=/bin/true\nEnvironment=B=OTHERS\n",
    ),
    "/etc/systemd/system/b.service.d/npm.conf": ('[Service]\nEnvironment="VARIABLE=TOKEN"\n', "[Service]\n"),
    "/etc/systemd/system/c.service": (
        "[Service]\nExecStart=/bin/true\nEnvironmentFile=-/etc/c.env\n",
        "[Service]\nExecStart=/bin/true\nEnvironmentFile=-/etc/c.env\n",
    ),
    "/etc/c.env": ('VARIABLE="TOKEN"\nB=OTHERS\n', "B=OTHERS\n"),
    "/opt/actions-runner/.env": ("LANG=C.UTF-8\nVARIABLE=TOKEN\n", "LANG=C.UTF-8\n"),
    "/srv/actions-runner/.path": ("/usr/local/bin:/usr/bin\nVARIABLE=TOKEN\n", "/usr/local/bin:/usr/bin\n"),
}
#: What loads the files of one kind without running them, or reads them with nothing to run.
CHECKS: dict[str, tuple[str, ...]] = {
    "/etc/profile": ("dash", "-n"),
    "/etc/company.sh": ("dash", "-n"),
    "/etc/profile.d/npm.sh": ("mksh", "-n"),
    "/etc/bash.bashrc": ("bash", "-n"),
    "/etc/zsh/zshenv": ("zsh", "-n"),
    "/etc/csh.cshrc": ("tcsh", "-n"),
    "/etc/csh.login": ("tcsh", "-n"),
    "/etc/fish/config.fish": ("fish", "-n"),
    "/etc/fish/conf.d/npm.fish": ("fish", "-n"),
    "/etc/systemd/system/a.service": ("systemd-analyze", "verify"),
    "/etc/systemd/system/c.service": ("systemd-analyze", "verify"),
}
_OF_THIS_MACHINE = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "hosts")
_FOLDERS = ("etc", "opt", "srv")
EVERYTHING = {**OPTIONS, "clients": ["all"], "levels": ["user", "global"]}

needs_mounts = pytest.mark.skipif(
    os.geteuid() != 0 or subprocess.run(["unshare", "--mount", "true"], check=False, timeout=30).returncode != 0,
    reason="only root can give a module an /etc of its own (unshare --mount)",
)
pytestmark = needs_mounts


class OwnHost:
    """A host with an /etc, /opt and /srv of its own, and a home of root that refers to tokens."""

    def __init__(self, base: Path, registry: EmbeddedRegistry) -> None:
        self.base = base
        self.home = base / "home"
        self.registry = registry
        self.tokens = {name: make_token() for name in FILES}
        for name in (*_FOLDERS, "home"):
            (base / name).mkdir(parents=True)
        base.chmod(0o755)
        for name in _OF_THIS_MACHINE:
            source = Path("/etc", name)
            if source.is_dir():
                shutil.copytree(source, base / "etc" / name)
            elif source.exists():
                shutil.copy2(source, base / "etc" / name)

    @property
    def key(self) -> str:
        return self.registry.url.partition(":")[2]

    def localize(self, name: str, text: str) -> str:
        variable = f"T_{[*FILES].index(name)}"
        text = text.replace("OTHERS", OTHER_SECRET)
        return text.replace("TOKEN", self.tokens[name]).replace("VARIABLE", variable)

    def plant(self, names: Mapping[str, Any]) -> None:
        """The files, and a reference to each of their variables."""
        npmrc = f"registry={self.registry.url}\n"
        for name in names:
            path = self.base / name[1:]
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.localize(name, FILES[name][0]))
            self.registry.create_token("alice", self.tokens[name])
            npmrc += f"{self.key}:_authToken=${{T_{[*FILES].index(name)}}}\n" if "TOKEN" in FILES[name][0] else ""
        (self.home / ".npmrc").write_text(npmrc)
        (self.home / ".npmrc").chmod(0o600)

    def read(self, name: str) -> str:
        return (self.base / name[1:]).read_text()

    def run(self, options: Mapping[str, Any], module: str = MODULE, **more: Any) -> ModuleRun:
        mounts = " && ".join(f"mount --bind {self.base}/{folder} /{folder}" for folder in _FOLDERS)
        prefix = ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh"]
        run = run_module(
            {**options, "_ansible_diff": True}, home=self.home, environment={}, module=module, prefix=prefix, **more
        )
        assert run.result, run.stderr
        assert [text for text in (*self.tokens.values(), OTHER_SECRET) if text in run.output] == []
        return run


@pytest.fixture
def host(tmp_path: Path) -> Iterator[OwnHost]:
    with EmbeddedRegistry() as registry:
        yield OwnHost(tmp_path / "host", registry)


def test_files_of_the_host_are_found_at_once_and_clean_after_one_run(host: OwnHost) -> None:
    host.plant(FILES)
    setting = [name for name, (text, _left) in FILES.items() if "TOKEN" in text]
    found = host.run({"timeout": 2}, INFO).result["credentials"]
    assert {item["path"] for item in found if item["client"] == "environment"} == set(setting)
    assert {item["level"] for item in found if item["client"] == "environment"} == {"global"}
    check = host.run(EVERYTHING, check_mode=True)
    assert {name: host.read(name) for name in FILES} == {
        name: host.localize(name, text) for name, (text, _left) in FILES.items()
    }
    run = host.run(EVERYTHING)
    assert not run.failed, run.msg
    assert check.result["diff"] == run.result["diff"]
    assert [name for name in setting if host.registry.is_valid(host.tokens[name])] == []
    assert {name: host.read(name) for name in FILES} == {
        name: host.localize(name, left) for name, (_text, left) in FILES.items()
    }
    for name, command in CHECKS.items():
        subprocess.run([*command, host.base / name[1:]], check=True, timeout=60)
    again = host.run(EVERYTHING)
    assert (again.failed, again.result["changed"]) == (False, False)


def test_token_is_revoked_and_the_file_of_the_host_is_reported_where_its_level_is_not_included(host: OwnHost) -> None:
    host.plant({"/etc/environment": 0})
    run = host.run({**OPTIONS, "clients": ["all"], "levels": ["user"]})
    assert not run.failed, run.msg
    assert not host.registry.is_valid(host.tokens["/etc/environment"])
    assert host.read("/etc/environment") == host.localize("/etc/environment", FILES["/etc/environment"][0])
    assert "/etc/environment line 2" in str(run.result["warnings"])


@pytest.mark.parametrize("name", ["/etc/environment", "/etc/systemd/system/b.service.d/npm.conf", "/etc/csh.cshrc"])
def test_root_gives_a_file_of_the_host_the_new_token(host: OwnHost, name: str) -> None:
    host.plant({name: 0})
    new = host.registry.create_token("alice")
    run = host.run({"registry": host.registry.url, "token": new, "timeout": 2}, LOGIN)
    assert not run.failed, run.msg
    assert new not in run.output
    assert host.read(name) == host.localize(name, FILES[name][0]).replace(host.tokens[name], new)
