# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rulebook for Event-Driven Ansible: its schema, and a run of ansible-rulebook that a webhook makes offboard."""

from __future__ import annotations

import http.client
import json
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import jsonschema
import pytest
import yaml

from tests.integration.files import plant
from tests.registry import EmbeddedRegistry
from tests.tools import paths

RULEBOOK = paths.ROOT / "extensions" / "eda" / "rulebooks" / "offboard.yml"
PROGRAM = paths.WORK / "eda-venv" / "bin" / "ansible-rulebook"
SECONDS = 200


def test_schema() -> None:
    (schema,) = (paths.WORK / "eda-venv").glob("lib/python*/site-packages/ansible_rulebook/schema/ruleset_schema.json")
    jsonschema.validate(yaml.safe_load(RULEBOOK.read_text(encoding="utf-8")), json.loads(schema.read_text()))


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        *(pytest.param(name, True, id=name) for name in ("alice", "alice.smith", "Alice", "_svc-1", "1000", "rooty")),
        pytest.param("a" * 64, True, id="64 characters"),
        pytest.param("a" * 65, False, id="65 characters"),
        *(pytest.param(name, False, id=repr(name)) for name in ("root", "", "-x", ".a", "a b", "a,b", "{{ 1 }}")),
        *(pytest.param(name, False, id=repr(name)) for name in ("alice\n", "root\n", "alice\nbob")),
    ],
)
def test_names(name: str, is_taken: bool) -> None:
    """One rule takes the names that the other one does not, by one pattern, whose syntax Java and Python share."""
    rules = yaml.safe_load(RULEBOOK.read_text(encoding="utf-8"))[0]["rules"]
    taken, refused = (re.findall(r'regex\("(.*)"\)', str(rule["condition"])) for rule in rules)
    assert taken == refused
    assert bool(re.search(taken[0], name)) is is_taken


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


class Rulebook:
    """A running ansible-rulebook.

    :ivar log: its output.
    """

    def __init__(self, process: subprocess.Popen[bytes], port: int, token: str, log: Path) -> None:
        self.log = log
        self._process = process
        self._port = port
        self._token = token

    def post(self, message: object, token: str | None = None) -> int:
        """Send a message, and return the status."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token or self._token}"}
        try:
            connection.request("POST", "/", json.dumps(message), headers)
            return connection.getresponse().status
        finally:
            connection.close()

    def wait_until_it_listens(self) -> None:
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self._port), 1).close()
                return
            time.sleep(0.2)
        pytest.fail(f"ansible-rulebook does not listen:\n{self.log.read_text()}")

    def wait_for(self, text: str) -> str:
        """The log, once it has a text."""
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline and text not in self.log.read_text():
            time.sleep(0.5)
        return self.log.read_text()


@contextmanager
def run_rulebook(folder: Path) -> Iterator[Rulebook]:
    token, port, log = secrets.token_hex(16), find_port(), folder / "log"
    inventory = plant(folder / "inventory", f"one ansible_connection=local ansible_python_interpreter={paths.PYTHON}")
    variables = plant(
        folder / "variables.yml", f"npm_auth_webhook_port: {port}", f"npm_auth_report_dir: {folder / 'reports'}"
    )
    environment = {
        "PATH": os.pathsep.join([str(PROGRAM.parent), os.environ["PATH"]]),
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
        "ANSIBLE_NOCOLOR": "1",
        "NPM_AUTH_WEBHOOK_TOKEN": token,
    }
    command = [PROGRAM, "-r", "npmops.auth.offboard", "-i", inventory, "-e", variables, "-E", "NPM_AUTH_WEBHOOK_TOKEN"]
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*map(str, command)], cwd=folder, env=environment, stdout=output, stderr=output, start_new_session=True
        )
    try:
        yield Rulebook(process, port, token, log)
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(20)


@pytest.mark.skipif(shutil.which("java") is None, reason="ansible-rulebook needs Java 17 (default-jre-headless)")
def test_webhook_offboards(accounts: tuple[str, str], registry: EmbeddedRegistry, tmp_path: Path) -> None:
    tokens, files = {}, {}
    key = registry.url.removeprefix("http:")
    for name in accounts:
        account = pwd.getpwnam(name)
        tokens[name] = registry.create_token(name)
        files[name] = plant(
            Path(account.pw_dir) / ".npmrc", f"registry={registry.url}", f"{key}:_authToken={tokens[name]}"
        )
        os.chown(files[name], account.pw_uid, account.pw_gid)
    leaver, stays = accounts

    with run_rulebook(tmp_path) as rulebook:
        rulebook.wait_until_it_listens()
        assert rulebook.post({"offboard": leaver}, token="guessed") == 401
        # Not the names of plain accounts: they are refused.
        others: list[object] = ["root", f"{leaver},{stays}", "{{ 1 }}", "", [stays], None, f"{stays}\n"]
        for other in others:
            assert rulebook.post({"offboard": other}) == 200
        assert rulebook.post({"offboard": leaver}) == 200
        log = rulebook.wait_for("PLAY RECAP")

    assert log.count("PLAY RECAP") == 1, log
    assert log.count("Refused to offboard") == len(others), log
    assert not registry.is_valid(tokens[leaver]), log
    assert registry.is_valid(tokens[stays])
    assert files[leaver].read_text() == f"registry={registry.url}\n"
    assert tokens[stays] in files[stays].read_text()
    assert not any(token in log for token in tokens.values())
    assert [file.name for file in (tmp_path / "reports").rglob("report.html")] == ["report.html"]
