# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a case of these tests with its own registry and home directory, and report the result.

A case's files name `main.example`. Each run uses its own registry on loopback and its own home directory. Results are
reported with the names of the case.
"""

from __future__ import annotations

import base64
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from tests.registry import EmbeddedRegistry, Recorder
from tests.registry.tokens import compute_checksum

from . import terminal
from .programs import Client, leave_out_logins, list_environment

SECONDS = 150  # a client takes less than one
HOST = "main.example"
URL = f"http://{HOST}/"
USER = "alice"
PASSWORD = "a-Passw0rd-of-the-tests"
IDENT = f"{USER}:{PASSWORD}"
BASIC = base64.b64encode(IDENT.encode()).decode()
_DIGITS = "theTokenOfTheseTestsIs0fAlice1"
TOKEN = f"npm_{_DIGITS}{compute_checksum(_DIGITS)}"
SECRETS = (TOKEN, PASSWORD, BASIC, base64.b64encode(PASSWORD.encode()).decode())
REMARK = "mine: keep me"  # in a comment of every case's file


class Login(Enum):
    """How the registry treated a client's request for a package."""

    KNOWN = "sent a login, and was given the package"
    REFUSED = "sent a login, and was refused"
    ANONYMOUS = "sent no login, and was refused"


@dataclass(frozen=True)
class Outcome:
    """The result of logging out, in the words of the table in docs/clients.md.

    :ivar says: success, error.
    :ivar secret: the state at the registry: revoked, still valid.
    :ivar login: the state in the file: removed, stays.
    :ivar rest: the rest of the file: kept, comments lost, layout lost.
    """

    says: str
    secret: str
    login: str
    rest: str


@dataclass(frozen=True)
class Case:
    """A credential file with a login, and the expected result of the module.

    :ivar path: the path of the file in the home directory. `config/` is XDG_CONFIG_HOME, if the case sets it.
    :ivar left: the exact text of the file after the logout.
    :ivar options: the options of `npm_logout` in addition to `registry`.
    :ivar used: whether the client sends the login.
    :ivar beside: other files and their texts, which must not change.
    """

    name: str
    client: Client
    path: str
    text: str
    left: str
    options: Mapping[str, Any] = field(default_factory=dict)
    used: bool = True
    xdg: bool = False
    beside: Mapping[str, str] = field(default_factory=dict)

    @property
    def has_token(self) -> bool:
        return TOKEN in self.text


@dataclass(frozen=True)
class World:
    """The registry and the home directory of one run."""

    case: Case
    registry: EmbeddedRegistry
    outside: Recorder  # records requests to hosts other than loopback
    home: Path

    @property
    def store(self) -> Path:
        return self.home / self.case.path

    @property
    def project(self) -> Path:
        return self.home / "project"

    @property
    def variables(self) -> dict[str, str]:
        """The environment variables of the case, for the module and for the client."""
        return {"XDG_CONFIG_HOME": str(self.home / "config")} if self.case.xdg else {}

    @property
    def environment(self) -> dict[str, str]:
        # Debian's node is too old for npm 12. No client needs a node on PATH.
        return {
            "PATH": "/usr/bin:/bin",
            "HOME": str(self.home),
            **dict(list_environment(self.outside.url)),
            **self.variables,
        }

    def localize(self, text: str) -> str:
        """Replace the names of the case in a text by the names of this run."""
        return text.replace(HOST, self.registry.origin.partition("//")[2])

    def read(self, path: Path) -> str:
        """Read a file, with the names of the case."""
        return path.read_bytes().decode().replace(self.registry.origin.partition("//")[2], HOST)

    def write(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(self.localize(text).encode())
        path.chmod(0o600)

    def run(self, *arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        """Run the client in the project's directory."""
        return subprocess.run(
            self.case.client.make_command(arguments),
            cwd=self.project,
            env={**(environment or self.environment), "CI": "1"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def talk(self, arguments: tuple[str, ...], answers: tuple[tuple[str, str], ...]) -> terminal.Talk:
        """Run the client at a terminal."""
        return terminal.talk(self.case.client.make_command(arguments), answers, self.project, self.environment)

    def ask(self, package: str) -> Login:
        """Make the client request an unknown package, because it caches the response for known ones."""
        self.registry.forget_requests()
        ran = self.run(*(argument.format(package=package) for argument in self.case.client.question))
        requests = [item for item in self.registry.requests if unquote(item.path).endswith(package)]
        seen = {("authorization" in item.headers, item.status == 200) for item in requests}
        assert len(seen) == 1, (seen, ran.stdout, ran.stderr)
        return {(True, True): Login.KNOWN, (True, False): Login.REFUSED, (False, False): Login.ANONYMOUS}[seen.pop()]

    def list_settings(self) -> Any:
        """Return the client's settings as it prints them, without logins."""
        ran = self.run(*self.case.client.settings)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        return leave_out_logins(self.case.client.read(ran.stdout))

    def see(self, succeeded: bool) -> Outcome:
        """Return the result of the logout."""
        text = self.read(self.store) if self.store.exists() else ""
        if text in (self.case.text, self.case.left):
            rest = "kept"
        else:
            rest = "layout lost" if REMARK in text else "comments lost"
        return Outcome(
            says="success" if succeeded else "error",
            secret="revoked" if self.case.has_token and not self.registry.is_valid(TOKEN) else "still valid",
            login="stays" if any(secret in text for secret in SECRETS) else "removed",
            rest=rest,
        )


@contextmanager
def make_world(case: Case, folder: Path) -> Iterator[World]:
    """Start the registry and write the files of a case."""
    with EmbeddedRegistry() as registry, Recorder() as outside:
        registry.create_token(USER, TOKEN)
        registry.add_user(USER, PASSWORD)
        world = World(case, registry, outside, folder / "home")
        world.write(world.project / "package.json", '{"name": "project", "version": "1.0.0", "license": "MIT"}\n')
        for path, text in {**case.beside, case.path: case.text}.items():
            world.write(world.home / path, text)
        try:
            yield world
        finally:
            strange = [request.path for request in outside.requests]
        assert strange == [], "a client has left loopback"
