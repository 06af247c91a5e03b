# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start and stop a real Verdaccio, and send requests to it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools import paths

START_SECONDS = 250
STOP_SECONDS = 60
PASSWORD = "a-Passw0rd-of-the-tests"
# Without uplinks, nothing is downloaded. Tokens are AES ciphertext with this secret, which is the default format.
CONFIGURATION = """
storage: {folder}/storage
auth: {{htpasswd: {{file: {folder}/htpasswd, algorithm: bcrypt, rounds: 4}}}}
secret: 0123456789abcdef0123456789abcdef
uplinks: {{}}
packages: {{"**": {{access: $authenticated, publish: $authenticated}}}}
log: {{type: file, path: {folder}/log, level: http}}
web: {{enable: false}}
"""


@dataclass(frozen=True)
class Answer:
    """The response of a registry."""

    status: int
    body: Any

    @property
    def keys(self) -> list[str]:
        """List the names in the body."""
        return sorted(self.body) if isinstance(self.body, dict) else []


def ask(url: str, method: str = "GET", token: str | None = None, body: object = None) -> Answer:
    """Send one request, without proxies or other settings of the environment."""
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=60) as response:
            return Answer(response.status, read_body(response.read()))
    except urllib.error.HTTPError as problem:
        with problem:
            return Answer(problem.code, read_body(problem.read()))


def read_body(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None


def find_free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


class Verdaccio:
    """A Verdaccio on loopback, with its own directory."""

    def __init__(self, folder: Path, program: Path = paths.VERDACCIO) -> None:
        self.folder = folder
        self.program = program
        self.port = find_free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.key = f"//127.0.0.1:{self.port}/"
        self._logins: dict[str, str] = {}

    def __enter__(self) -> Verdaccio:
        configuration = self.folder / "config.yaml"
        configuration.write_text(CONFIGURATION.format(folder=self.folder))
        command = [paths.NODE, self.program, "--config", configuration, "--listen", f"127.0.0.1:{self.port}"]
        self._output = (self.folder / "output").open("wb")
        self._process = subprocess.Popen(
            [str(item) for item in command],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            stderr=subprocess.STDOUT,
            cwd=self.folder,
            env={"HOME": str(self.folder), "PATH": os.environ["PATH"], "NODE_ENV": "production"},
        )
        try:
            self._await()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_exc_info: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(STOP_SECONDS)
        self._output.close()

    def login(self, user: str) -> str:
        """Register a new user, which also logs in, and return the login token."""
        answer = ask(f"{self.url}-/user/org.couchdb.user:{user}", "PUT", body={"name": user, "password": PASSWORD})
        assert answer.status == 201, answer
        return str(answer.body["token"])

    def create_token(self, user: str, readonly: bool = False) -> str:
        """Create a token as `npm token create` does, for a new user or for one of an earlier call."""
        if user not in self._logins:
            self._logins[user] = self.login(user)
        wish = {"password": PASSWORD, "readonly": readonly, "cidr_whitelist": []}
        answer = ask(f"{self.url}-/npm/v1/tokens", "POST", self._logins[user], wish)
        assert answer.status == 200, answer
        return str(answer.body["token"])

    def whoami(self, token: str) -> Answer:
        return ask(f"{self.url}-/whoami", token=token)

    def _await(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            assert self._process.poll() is None, (self.folder / "output").read_text()
            try:
                if ask(f"{self.url}-/ping").status == 200:
                    return
            except OSError:
                time.sleep(0.1)
        raise TimeoutError(f"Verdaccio did not start in {START_SECONDS} s: {(self.folder / 'output').read_text()}")
