# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where each client writes what its own login gets, and that the module logs out of that."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .programs import NPM, PNPM, YARN, YARN_CLASSIC, Client
from .test_credential_files import log_out
from .world import HOST, PASSWORD, REMARK, TOKEN, URL, USER, Case, Login, World, make_world


@dataclass(frozen=True)
class LoggingIn:
    """A client's own command to log in.

    :ivar answers: what it asks for, and what is typed.
    :ivar path: of the file that it writes to, as in a case.
    :ivar before: that file's text, before.
    :ivar written: its text then.
    :ivar left: its text when the login is gone again.
    """

    name: str
    client: Client
    command: str
    answers: tuple[tuple[str, str], ...]
    path: str
    before: str
    written: str
    left: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def case(self) -> Case:
        return Case(self.name, self.client, self.path, self.before, self.left, self.options)


_YARN_HEAD = f"""\
npmRegistryServer: "{URL}"
"""
_YARN_TAIL = """
unsafeHttpWhitelist:
  - 127.0.0.1
"""
_YARN_REGISTRY = f"""
npmRegistries:
  "http://{HOST}":
    npmAuthToken: {TOKEN}

"""
LOGINS = (
    LoggingIn(
        name="npm",
        client=NPM,
        command="npm login --registry=<URL> --auth-type=legacy",
        answers=(("Username:", USER), ("Password:", PASSWORD)),
        path=".npmrc",
        before=f"; {REMARK}\nregistry = {URL}\n",
        written=f"registry={URL}\n//{HOST}/:_authToken={TOKEN}\n",
        left=f"registry={URL}\n",
    ),
    LoggingIn(
        name="pnpm",
        client=PNPM,
        command="pnpm login --registry=<URL>",
        answers=(("Username:", USER), ("Password:", PASSWORD), ("Email", "alice@example.com")),
        path=".config/pnpm/auth.ini",
        before=f"; {REMARK}\nregistry = {URL}\n",
        written=f"registry={URL}\n//{HOST}/:_authToken={TOKEN}\n",
        left=f"registry={URL}\n",
        options={"clients": ["pnpm"]},
    ),
    LoggingIn(
        name="yarn",
        client=YARN,
        command="yarn npm login",
        answers=(("Username:", USER), ("Password:", PASSWORD)),
        path=".yarnrc.yml",
        before=f"# {REMARK}\n{_YARN_HEAD}{_YARN_TAIL}",
        written=_YARN_REGISTRY.lstrip("\n") + _YARN_HEAD + _YARN_TAIL,
        # The blank line is Yarn's, and stays.
        left="\n" + _YARN_HEAD + _YARN_TAIL,
        options={"clients": ["yarn"]},
    ),
)


@pytest.fixture(params=LOGINS, ids=lambda login: login.name)
def login(request: pytest.FixtureRequest) -> LoggingIn:
    chosen: LoggingIn = request.param
    if not chosen.client.is_installed:
        pytest.skip(f"{chosen.client.title} does not run on this platform")
    return chosen


@pytest.fixture
def world(login: LoggingIn, tmp_path: Path) -> Iterator[World]:
    with make_world(login.case, tmp_path) as world:
        yield world


def log_in(login: LoggingIn, world: World) -> str:
    """Log in at a terminal; the token that is in the file then."""
    arguments = tuple(argument.replace("<URL>", world.localize(URL)) for argument in login.command.split()[1:])
    talk = world.talk(arguments, login.answers)
    assert talk.returncode == 0, talk.text
    tokens = re.findall(r"npm_\w{36}", world.read(world.store))
    assert len(tokens) == 1, talk.text
    return str(tokens[0])


def test_module_logs_out_of_what_the_client_wrote(login: LoggingIn, world: World) -> None:
    token = log_in(login, world)
    assert world.read(world.store).replace(token, TOKEN) == login.written
    assert world.ask("@example/first") is Login.KNOWN
    run = log_out(world)
    assert not run.failed, run.msg
    assert run.outcomes == ["confirmed"]
    assert not world.registry.is_valid(token)
    assert world.read(world.store) == login.left
    assert world.ask("@example/second") is Login.ANONYMOUS


def test_yarn_classic_keeps_no_secret(tmp_path: Path) -> None:
    """Its login asks nobody anything, and writes a name and an address."""
    case = Case("classic", YARN_CLASSIC, ".yarnrc", "", "")
    with make_world(case, tmp_path) as world:
        talk = world.talk(("login",), (("npm username", USER), ("npm email", "alice@example.com")))
        assert talk.returncode == 0, talk.text
        assert world.read(world.store).splitlines()[-2:] == ["email alice@example.com", f"username {USER}"]
        assert world.registry.requests == ()
