# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a case of the conformance test, and report the result of the module or of npm.

A case's files name `main.example`, `other.example` and `/home/alice`. Each run uses its own registries on loopback and
its own home directory. Results are reported with the names of the case, so that runs can be compared.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import unquote

from tests.registry import NPM, Behaviour, EmbeddedRegistry, Request

HOME = "/home/alice"
MODE = 0o600
ANONYMOUSLY = "without authorization"  # in place of an Authorization header

# Requests that change and revoke nothing: the module's (the owner of a token, the list of tokens) and npm's (the check
# for a newer npm). All other requests are compared.
QUESTIONS = ("/-/whoami", "/-/npm/v1/user", "/-/npm/v1/tokens", "/npm")


class As(Enum):
    """Describes an aspect of a result, in place of a value."""

    MODULE = "as the module has it"
    FOUND = "as it was found"


SAME = As.MODULE
UNTOUCHED = As.FOUND

Sent: TypeAlias = "tuple[str, ...] | As"
Left: TypeAlias = "str | As | None"


@dataclass(frozen=True)
class Site:
    """One of a case's registries: its issued tokens, its behavior, and its path on the host."""

    tokens: tuple[str, ...]
    behaviour: Behaviour = NPM
    path: str = "/"
    listed: bool = True  # whether they are in its token list


@dataclass(frozen=True)
class Deviation:
    """A known difference in one case: for each aspect, the result of npm."""

    name: str
    sent: Sent = SAME
    revoked: frozenset[str] | As = SAME
    failed: bool | As = SAME
    left: Left = SAME  # a file with these settings
    project_left: Left = SAME
    mode: int | As = SAME
    logged: frozenset[str] | As = SAME
    lost: tuple[str, ...] = ()  # texts that the module keeps and npm does not, although the settings are the same
    majors: tuple[int, ...] | None = None  # the versions of npm in this case; None: all versions of the difference


@dataclass(frozen=True)
class Case:
    """An .npmrc, the options, and the expected result of the module."""

    name: str
    text: str
    left: str | None  # the exact text; None: no file
    sent: tuple[str, ...] = ()
    revoked: frozenset[str] = frozenset()
    failed: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    main: Site = Site(())
    other: Site = Site(())
    project: str | None = None  # the .npmrc of npm's working directory, which is then also the file of the module
    project_left: str | None = None
    mode: int = MODE
    logs: bool = False  # whether npm's logs are searched too
    npm: tuple[Deviation, ...] = ()

    @property
    def tokens(self) -> frozenset[str]:
        return frozenset(self.main.tokens + self.other.tokens)


@dataclass(frozen=True)
class Seen:
    """The result of one run, with the names of the case. Everything except the output is compared."""

    sent: tuple[str, ...]
    revoked: frozenset[str]
    failed: bool
    left: str | None
    project_left: str | None
    mode: int | None
    logged: frozenset[str]  # the tokens in the program's logs
    output: str = field(repr=False)  # the whole output
    crash: str | None = None  # the message in place of a result


def revoke(token: str, base: str = "main.example", authorization: str = "") -> str:
    """Describe the request that revokes a token, in the format of `Seen.sent`."""
    return f"DELETE {base}/-/user/token/{token} {authorization or f'Bearer {token}'}"


@dataclass(frozen=True)
class World:
    """The two registries and the home directory of one run."""

    case: Case
    main: EmbeddedRegistry
    other: EmbeddedRegistry
    home: Path

    @property
    def userconfig(self) -> Path:
        return self.home / ".npmrc"

    @property
    def project(self) -> Path:
        return self.home / "project"

    @property
    def globalconfig(self) -> Path:
        """The path of an empty file."""
        return self.home / "global.npmrc"

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), **{name: self.localize(text) for name, text in self.case.environment.items()}}

    def localize(self, text: str) -> str:
        """Replace the names of the case in a text by the names of this run."""
        for name, actual in self._names():
            text = text.replace(name, actual)
        return text

    def generalize(self, text: str) -> str:
        """Replace the names of this run in a text by the names of the case."""
        for name, actual in self._names():
            text = text.replace(actual, name)
        return text

    def see(self, failed: bool, output: str, logs: str = "", crash: str | None = None) -> Seen:
        """Return the result of the finished run."""
        known = dict.fromkeys(self.case.main.tokens, self.main) | dict.fromkeys(self.case.other.tokens, self.other)
        mode = stat.S_IMODE(self.userconfig.stat().st_mode) if self.userconfig.exists() else None
        return Seen(
            sent=tuple(self._describe(name, request) for name, request in self._requests()),
            revoked=frozenset(token for token, registry in known.items() if not registry.is_valid(token)),
            failed=failed,
            left=self._read(self.userconfig),
            project_left=self._read(self.project / ".npmrc"),
            mode=mode,
            logged=frozenset(token for token in self.case.tokens if self.case.logs and token in logs),
            output=self.generalize(output),
            crash=crash,
        )

    def _names(self) -> Iterator[tuple[str, str]]:
        yield "main.example", self.main.origin.partition("//")[2]
        yield "other.example", self.other.origin.partition("//")[2]
        yield HOME, str(self.home)

    def _requests(self) -> Iterator[tuple[str, Request]]:
        for name, registry in (("main.example", self.main), ("other.example", self.other)):
            for request in registry.requests:
                if not is_question(request):
                    yield name, request

    def _read(self, path: Path) -> str | None:
        return self.generalize(path.read_bytes().decode()) if path.exists() else None

    @staticmethod
    def _describe(name: str, request: Request) -> str:
        authorization = request.headers.get("authorization", ANONYMOUSLY)
        return f"{request.method} {name}{unquote(request.path)} {authorization}"


def is_question(request: Request) -> bool:
    """Check whether the request changes nothing. See `QUESTIONS`."""
    return request.method == "GET" and request.path.partition("?")[0].endswith(QUESTIONS)


@contextmanager
def make_world(case: Case, folder: Path) -> Iterator[World]:
    """Start the registries and write the files of a case."""
    with ExitStack() as stack:
        main, other = (stack.enter_context(_start(site)) for site in (case.main, case.other))
        home = folder / "home"
        (home / "project").mkdir(parents=True)
        world = World(case, main, other, home)
        world.globalconfig.touch()
        _write(world.userconfig, world.localize(case.text), case.mode)
        if case.project is not None:
            (world.project / "package.json").write_text("{}\n")
            _write(world.project / ".npmrc", world.localize(case.project), MODE)
        yield world


def _start(site: Site) -> EmbeddedRegistry:
    registry = EmbeddedRegistry(site.behaviour, site.path)
    for token in site.tokens:
        registry.create_token("alice", token, listed=site.listed)
    return registry


def _write(path: Path, text: str, mode: int) -> None:
    path.write_bytes(text.encode())
    path.chmod(mode)
