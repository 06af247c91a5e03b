# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Create a host with three accounts, a registry and files of root, and check what must be true after every run.

Requires root: the accounts are real, with home directories in their own directory.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.hostile.accounts import Person, made_account
from tests.hostile.forked import ForkingPython
from tests.hostile.odd_files import Create
from tests.hostile.run_module import ModuleRun, start_module
from tests.hostile.scenario import OPTIONS, check_output, stretch
from tests.registry import EmbeddedRegistry, make_token

#: The seconds after which a hanging module is killed, and the seconds after which a module is too slow.
KILLED_AFTER = 30.0
LONGEST = 15.0
_PYTHON = ForkingPython()
atexit.register(_PYTHON.close)


@dataclass(frozen=True)
class Trace:
    """The state of a file. Any difference means that the file was changed."""

    content: bytes
    facts: tuple[int, ...]
    attributes: tuple[tuple[str, bytes], ...]


def look(path: Path) -> Trace:
    """Read the state of a file without following a link."""
    content = os.fsencode(os.readlink(path)) if path.is_symlink() else path.read_bytes() if path.is_file() else b""
    names = () if path.is_symlink() else sorted(os.listxattr(path))
    return Trace(content, get_facts(path), tuple((name, os.getxattr(path, name)) for name in names))


def get_facts(path: Path) -> tuple[int, ...]:
    """Return the metadata of a file, without the access time and the link count."""
    status = path.lstat()
    owner = (status.st_mode, status.st_uid, status.st_gid)
    return (status.st_ino, *owner, status.st_size, status.st_mtime_ns)


def look_at_shadow(people: Iterable[Person]) -> tuple[int, int, int, list[bytes]]:
    """Return mode and owner of /etc/shadow, and the lines of these accounts. Other lines do not belong to the tests."""
    path = Path("/etc/shadow")
    names = {person.name.encode() for person in people}
    lines = [line for line in path.read_bytes().splitlines() if line.partition(b":")[0] in names]
    status = path.stat()
    return status.st_mode, status.st_uid, status.st_gid, lines


def list_changes(before: dict[str, Trace], after: dict[str, Trace]) -> list[str]:
    """List the names of files that were created, removed or changed."""
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def look_around(folder: Path) -> dict[str, Trace]:
    """Read the states of a directory and of everything in it."""
    found = {str(path.relative_to(folder)): look(path) for path in sorted(folder.rglob("*"))}
    return {".": look(folder), **found}


@dataclass
class World:
    """A host with three accounts, a registry, and files of root.

    Mallory attacks. Bob is in the same run and must be processed correctly. Innocent is not in any run. The vault
    contains files that only root can read: tokens of bob's registry and of another one. Root's environment also
    contains a secret.
    """

    base: Path
    mallory: Person
    bob: Person
    innocent: Person
    registry: EmbeddedRegistry
    tokens: dict[str, str] = field(default_factory=dict)
    canaries: dict[str, str] = field(default_factory=dict)

    @property
    def vault(self) -> Path:
        return self.base / "vault"

    @property
    def root_home(self) -> Path:
        return self.base / "root"

    @property
    def key(self) -> str:
        return self.registry.url.partition(":")[2]

    @property
    def environment(self) -> dict[str, str]:
        """Root's environment."""
        return {"SECRET_OF_ROOT": self.canaries["environment"], "NPM_TOKEN": self.canaries["environment"]}

    def furnish(self) -> None:
        """Recreate everything: home directories with one login each, the vault, root's home directory."""
        self._clear()
        for name in ("mallory", "bob", "innocent"):
            self.tokens[name] = self.registry.create_token(name)
        for name in ("vault", "vault key", "netrc", "environment", "global"):
            self.canaries[name] = make_token()
        self.registry.create_token("root", self.canaries["vault"])
        for person in (self.mallory, self.bob, self.innocent):
            person.home.mkdir(mode=0o755, parents=True)
            person.own(person.home)
            person.write(person.store, self.make_store(person))
        self._fill_vault()
        self.root_home.mkdir(mode=0o700)
        netrc = self.root_home / ".netrc"
        netrc.write_text(f"machine 127.0.0.1 login root password {self.canaries['netrc']}\n")
        netrc.chmod(0o600)
        self.registry.forget_requests()

    def make_store(self, person: Person, token: str | None = None) -> bytes:
        """Make a credential file with a login of this account and with settings that must not change."""
        return self.make_rest(person) + f"{self.key}:_authToken={token or self.tokens[person.role]}\n".encode()

    def make_rest(self, person: Person) -> bytes:
        """Make the expected content of the credential file without its login."""
        return f"; of {person.role}\nregistry={self.registry.url}\n".encode()

    def run(self, **options: Any) -> ModuleRun:
        """Run one task for mallory and bob, mallory first.

        :param own_process: start a new Python for the task, with a pipe for its output as on any host.
        """
        check_mode, prefix = options.pop("check_mode", False), options.pop("prefix", ())
        own_process = options.pop("own_process", False)
        arguments = {**OPTIONS, "users": [self.mallory.name, self.bob.name], **options}
        if not (prefix or own_process):
            start = {"home": self.root_home, "environment": self.environment, "check_mode": check_mode}
            return _PYTHON.run(arguments, seconds=stretch(KILLED_AFTER), **start)
        module = start_module(
            arguments,
            home=self.root_home,
            environment=self.environment,
            start_new_session=True,
            prefix=prefix,
            check_mode=check_mode,
        )
        # Kill the process group: a module that strace runs would outlive strace.
        watchdog = threading.Timer(stretch(KILLED_AFTER), os.killpg, (module.pid, signal.SIGKILL))
        watchdog.start()
        try:
            return module.wait(2 * stretch(KILLED_AFTER))
        finally:
            watchdog.cancel()

    def put(self, create: Create, name: str = ".npmrc") -> Path:
        """Create something in mallory's home directory with her as owner, in place of a file of this name."""
        path = self.mallory.home / name
        path.unlink(missing_ok=True)
        return self.mallory.own(create(path))

    def list_of(self, person: Person, run: ModuleRun) -> list[dict[str, Any]]:
        """List the results for an account's credentials."""
        return [item for item in run.result.get("credentials", []) if item["account"] == person.name]

    def check_nothing_is_shown(self, run: ModuleRun) -> None:
        """Check that the output contains no secret, not even mallory's, and that the registry got none of root's."""
        check_output(run, *self.tokens.values(), *self.canaries.values())
        sent = b"".join(request.head + request.body for request in self.registry.requests)
        for name, canary in self.canaries.items():
            assert canary.encode() not in sent, f"{name} arrived at the registry"

    def check_bob_is_done(self, run: ModuleRun) -> None:
        """Check that bob's token is revoked and removed from his credential file, and that nothing else has changed."""
        told = [(item["revocation"], item["removed"]) for item in self.list_of(self.bob, run)]
        assert told == [("confirmed", True)], run.msg
        assert not self.registry.is_valid(self.tokens["bob"]), "the token of bob is still valid"
        assert self.bob.store.read_bytes() == self.make_rest(self.bob)
        status = self.bob.store.stat()
        assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (self.bob.uid, self.bob.gid, 0o600)
        assert sorted(path.name for path in self.bob.home.iterdir()) == [".npmrc"]

    def check_speed(self, run: ModuleRun, limit: float = LONGEST) -> None:
        """Check that the run stayed within the limits of time and memory."""
        assert run.rc >= 0, f"it had to be killed after {run.seconds:.0f} s"
        assert run.seconds < stretch(limit), f"it took {run.seconds:.1f} s: {run.msg}"
        assert run.peak_bytes < 150 << 20, f"it took {run.peak_bytes >> 20} MiB: {run.msg}"

    def check_refusal(self, run: ModuleRun, path: Path | str, reason: str) -> None:
        """Check that the message is one sentence that says why this file could not be processed."""
        assert run.failed, run.result
        shown = str(path) if str(path).isprintable() else ascii(str(path))
        sentence = rf"Not logged out of \S+: (paths: )?{re.escape(shown)} cannot be {reason}\."
        assert re.fullmatch(sentence, run.msg), run.msg

    @contextlib.contextmanager
    def untouched(self) -> Iterator[None]:
        """Check that files which belong to neither mallory nor bob do not change."""
        folders = (self.vault, self.root_home, self.innocent.home)
        before = [look_around(folder) for folder in folders]
        shadow = look_at_shadow(self.everybody)
        yield
        for folder, traces in zip(folders, before, strict=True):
            changed = list_changes(traces, look_around(folder))
            assert changed == [], f"changed in {folder}, where nobody was to write: {changed}"
        assert look_at_shadow(self.everybody) == shadow, "the mode, owner or tests' lines of /etc/shadow changed"
        assert self.registry.is_valid(self.tokens["innocent"]), "the token of innocent was revoked"
        assert self.registry.is_valid(self.canaries["vault"]), "the token in root's vault was revoked"

    def _fill_vault(self) -> None:
        self.vault.mkdir(mode=0o755)
        locked = self.vault / "locked"
        locked.mkdir(mode=0o700)
        store = (
            f"registry={self.registry.url}\n{self.key}:_authToken={self.canaries['vault']}\n"
            f"//other.example.com/:_authToken={self.canaries['vault key']}\n"
        ).encode()
        for path in (self.vault / "npmrc", locked / ".npmrc", locked / "npmrc"):
            path.write_bytes(store)
        settings = self.vault / "etc" / "npmrc"
        settings.parent.mkdir()
        settings.write_text(f"registry={self.registry.url}{self.canaries['global']}/\n")
        (self.vault / "key.pem").write_text(f"-----BEGIN PRIVATE KEY-----\n{self.canaries['vault key']}\n")
        for path in self.vault.rglob("*"):
            if path.is_file():
                path.chmod(0o644 if path.parent == locked else 0o600)

    def _clear(self) -> None:
        for folder in (self.vault, self.root_home, *(person.home for person in self.everybody)):
            if folder.is_symlink() or folder.is_file():
                folder.unlink()
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def everybody(self) -> tuple[Person, ...]:
        return self.mallory, self.bob, self.innocent


@contextlib.contextmanager
def made_world() -> Iterator[World]:
    """Create accounts, directories and a registry, and always remove them at the end."""
    with contextlib.ExitStack() as stack:
        base = Path(tempfile.mkdtemp(prefix="npmops-"))
        stack.callback(shutil.rmtree, base, ignore_errors=True)
        base.chmod(0o711)
        (base / "home").mkdir(mode=0o755)
        names = ("mallory", "bob", "innocent")
        mallory, bob, innocent = (stack.enter_context(made_account(name, base / "home")) for name in names)
        registry = stack.enter_context(EmbeddedRegistry())
        yield World(base, mallory, bob, innocent, registry)
