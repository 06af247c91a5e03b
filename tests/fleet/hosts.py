# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Start and stop the hosts of the fleet.

A host is a real sshd on a port of loopback, in its own mount and process namespaces: it has its own accounts, home
directories, /etc and sudo configuration, and all its processes end with it. Ansible logs in as an ordinary account and
becomes root with sudo. Requires root.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from tests.tools.paths import PYTHON

SSHD = "/usr/sbin/sshd"
PRIVILEGES = Path("/run/sshd")
LOGIN = "deploy"
ACCOUNTS = {"root": 0, LOGIN: 52000, "alice": 52001, "jenkins": 52002}
START_SECONDS = 120.0
STOP_SECONDS = 60.0

#: The files of this machine's /etc that programs on the host read, in addition to the host's own.
_OF_THIS_MACHINE = (
    *("alternatives", "host.conf", "hosts", "ld.so.cache", "ld.so.conf", "ld.so.conf.d", "localtime", "login.defs"),
    *("nsswitch.conf", "os-release", "pam.conf", "pam.d", "security", "ssl/openssl.cnf"),
)
#: The files of the tests in the /etc of a host with its own system.
_IN_A_TREE = ("passwd", "shadow", "group", "sudoers")
#: Mounted over the directories of this machine.
_OWN_FOLDERS = ("/etc", "/usr/local/etc")
_CONFIGURATION = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {base}/host-key
AuthorizedKeysFile {base}/authorized-keys
PidFile none
AllowUsers {login}
PermitRootLogin no
PasswordAuthentication no
KbdInteractiveAuthentication no
UsePAM no
UseDNS no
StrictModes no
MaxStartups 100
MaxSessions 100
LogLevel ERROR
"""


def find_obstacle() -> str | None:
    """Return why this machine cannot run such hosts; None if it can."""
    if os.geteuid() != 0:
        return "only root can run a fleet of sshd"
    for program in (SSHD, "/usr/bin/ssh", "/usr/bin/ssh-keygen", "/usr/bin/sudo", "/usr/bin/unshare"):
        if not os.access(program, os.X_OK):
            return f"there is no {program} (Debian: openssh-server, openssh-client, sudo, util-linux)"
    probe = ["unshare", "--mount", "--pid", "--fork", "--mount-proc", "true"]
    if subprocess.run(probe, check=False, capture_output=True, timeout=120).returncode:
        return "this machine makes no namespaces (unshare)"
    return None


@dataclass
class FleetHost:
    """One host.

    :ivar base: the directory with its own files.
    :ivar python: its interpreter.
    :ivar tree: the directory with its system; None if it uses this machine's.
    """

    name: str
    base: Path
    port: int
    python: str = str(PYTHON)
    tree: Path | None = None
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def home(self, account: str) -> Path:
        return self.base / "homes" / account

    def find(self, account: str, path: str) -> Path:
        """Return the path of the host's file on this machine, in a home directory or in the host's own directories."""
        return self.home(account) / path[2:] if path.startswith("~/") else self.base / "root" / path.lstrip("/")

    def plant(self, account: str, path: str, text: str) -> None:
        """Write a file with the ownership of its account."""
        place = self.find(account, path)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        place.chmod(0o600)
        while place.is_relative_to(self.home(account)) and place != self.home(account):
            os.chown(place, ACCOUNTS[account], ACCOUNTS[account])
            place = place.parent

    def read(self, account: str, path: str) -> str | None:
        place = self.find(account, path)
        return place.read_text() if place.exists() else None

    def empty(self) -> None:
        """Reset the home directories to their initial state."""
        for account, uid in ACCOUNTS.items():
            home = self.home(account)
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir(parents=True)
            home.chmod(0o700)
            os.chown(home, uid, uid)
        shutil.rmtree(self.base / "root/usr/local/etc", ignore_errors=True)
        (self.base / "root/usr/local/etc").mkdir(parents=True)
        for name in ("npmrc", "environment"):
            (self.base / "root/etc" / name).unlink(missing_ok=True)

    def is_up(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start the host unless it is running."""
        if self.is_up():
            return
        command = f"{self._list_mounts()} {SSHD} -D -e -f {self.base}/sshd-config"
        with (self.base / "sshd-log").open("ab") as log:
            self._process = subprocess.Popen(
                ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c", command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/"},
                start_new_session=True,
            )

    def _list_mounts(self) -> str:
        """List the commands that set up the host's system, and the prefix that starts a program there."""
        if not self.tree:
            return " && ".join(
                [*(f"mount --bind {self.base}/root{folder} {folder}" for folder in _OWN_FOLDERS), "exec"]
            )
        (self.tree / "run/sshd").mkdir(parents=True, exist_ok=True)
        own = [f"mount --bind {self.base}/root/etc/{name} {self.tree}/etc/{name}" for name in _IN_A_TREE]
        kernel = [f"mount --rbind {folder} {self.tree}{folder}" for folder in ("/dev", "/sys", "/tmp")]
        return " && ".join([*own, *kernel, f"mount -t proc proc {self.tree}/proc", f"exec chroot {self.tree}"])

    def await_start(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self.is_up(), f"{self.name} ended: {(self.base / 'sshd-log').read_text()}"
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1.0) as connection:
                connection.settimeout(1.0)
                if connection.recv(4) == b"SSH-":
                    return
            time.sleep(0.05)
        raise TimeoutError(f"{self.name} did not come up in {START_SECONDS} s")

    def go_down(self) -> None:
        """Stop the host as a power failure would: all processes and open connections end at once."""
        if self._process is not None:
            # The first process of the namespace ends with this one, and then all others in the namespace.
            self._process.kill()
            self._process.wait(STOP_SECONDS)

    def describe(self) -> dict[str, object]:
        """Return the variables of the host in the inventory."""
        return {
            "ansible_port": self.port,
            "ansible_python_interpreter": self.python,
            # See tests/fleet/library.
            "ansible_package_use": "fleet_package",
        }


@dataclass(frozen=True)
class Fleet:
    """The hosts, by name, and how to connect to them."""

    base: Path
    hosts: dict[str, FleetHost]

    def __getitem__(self, name: str) -> FleetHost:
        return self.hosts[name]

    @property
    def names(self) -> list[str]:
        return list(self.hosts)

    def start(self) -> None:
        """Start all hosts that are not running."""
        down = [host for host in self.hosts.values() if not host.is_up()]
        for host in down:
            host.start()
        for host in down:
            host.await_start()

    def empty(self) -> None:
        for host in self.hosts.values():
            host.empty()

    def make_inventory(self) -> dict[str, object]:
        options = f"-F /dev/null -o UserKnownHostsFile={self.base}/known-hosts -o IdentitiesOnly=yes"
        return {
            "all": {
                "vars": {
                    "ansible_host": "127.0.0.1",
                    "ansible_user": LOGIN,
                    "ansible_ssh_private_key_file": str(self.base / "key"),
                    "ansible_ssh_common_args": options,
                },
                "hosts": {name: host.describe() for name, host in self.hosts.items()},
            }
        }

    def list_holding(self, secret: str) -> list[str]:
        """List the files that still contain a secret, as host and path."""
        found = []
        for name, host in self.hosts.items():
            for folder in ("homes", "root"):
                for path in sorted((host.base / folder).rglob("*")):
                    if path.is_file() and not path.is_symlink() and secret.encode() in path.read_bytes():
                        found.append(f"{name}:{path.relative_to(host.base / folder)}")
        return found


@contextlib.contextmanager
def run_fleet(names: Sequence[str], tree: Path | None = None) -> Iterator[Fleet]:
    """Run a fleet, and remove it at the end.

    :param tree: the directory with the system of each host; None for this machine's system.
    """
    base = Path(tempfile.mkdtemp(prefix="npmops-fleet-"))
    base.chmod(0o755)
    PRIVILEGES.mkdir(exist_ok=True)
    ports = _find_free_ports(len(names))
    python = "/usr/bin/python3" if tree else str(PYTHON)
    hosts = [FleetHost(name, base / name, port, python, tree) for name, port in zip(names, ports, strict=True)]
    fleet = Fleet(base, {host.name: host for host in hosts})
    try:
        _make_key(base / "key")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda host: _furnish(host, base), fleet.hosts.values()))
        keys = [(host.port, (host.base / "host-key.pub").read_text()) for host in fleet.hosts.values()]
        (base / "known-hosts").write_text("".join(f"[127.0.0.1]:{port} {key}" for port, key in keys))
        fleet.start()
        yield fleet
    finally:
        for host in fleet.hosts.values():
            host.go_down()
        shutil.rmtree(base)


def _find_free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as stack:
        listeners = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _number in range(count)]
        return [int(listener.getsockname()[1]) for listener in listeners]


def _make_key(path: Path) -> None:
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "fleet", "-f", str(path)]
    subprocess.run(command, check=True, timeout=120, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def _furnish(host: FleetHost, base: Path) -> None:
    """Create a host's files: keys, sshd configuration, an /etc with accounts and sudo, and empty home directories."""
    etc = host.base / "root" / "etc"
    etc.mkdir(parents=True)
    for name in _OF_THIS_MACHINE:
        _copy(Path("/etc") / name, etc / name)
    entries = {name: f"{name}:x:{uid}:{uid}::{host.home(name)}:/bin/sh" for name, uid in ACCOUNTS.items()}
    system = ("sshd:x:100:65534::/run/sshd:/usr/sbin/nologin", "nobody:x:65534:65534::/nonexistent:/usr/sbin/nologin")
    _write(etc / "passwd", *entries.values(), *system)
    _write(etc / "shadow", *(f"{name}:*:19000:0:99999:7:::" for name in (*ACCOUNTS, "sshd", "nobody")), mode=0o600)
    _write(etc / "group", *(f"{name}:x:{uid}:" for name, uid in ACCOUNTS.items()), "nogroup:x:65534:")
    _write(etc / "sudoers", "Defaults !lecture, !use_pty", f"{LOGIN} ALL=(ALL) NOPASSWD: ALL", mode=0o440)
    _make_key(host.base / "host-key")
    shutil.copy(base / "key.pub", host.base / "authorized-keys")
    (host.base / "sshd-config").write_text(_CONFIGURATION.format(port=host.port, base=host.base, login=LOGIN))
    host.empty()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    elif source.exists():
        shutil.copy2(source, target)


def _write(path: Path, *lines: str, mode: int = 0o644) -> None:
    path.write_text("".join(f"{line}\n" for line in lines))
    path.chmod(mode)
