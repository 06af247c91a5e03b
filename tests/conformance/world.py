# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case of the conformance test, and what is seen of one run of it, whoever ran it.

A case's files speak of `main.example`, `other.example` and `/home/alice`. Each run gets registries of its own on
loopback and a home of its own; what is seen is reported in the names of the case, so that runs can be compared.
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
ANONYMOUSLY = "without authorization"  # in the place of an Authorization header

# Who asks these changes nothing and ends nothing: the module's questions (whose token is it, which tokens are there),
# and npm's own (is there a newer npm). Everything else that is sent is compared.
QUESTIONS = ("/-/whoami", "/-/npm/v1/user", "/-/npm/v1/tokens", "/npm")


class As(Enum):
    """Says of an aspect what it is like, in place of a value."""

    MODULE = "as the module has it"
    FOUND = "as it was found"


SAME = As.MODULE
UNTOUCHED = As.FOUND

Sent: TypeAlias = "tuple[str, ...] | As"
Left: TypeAlias = "str | As | None"


@dataclass(frozen=True)
class Site:
    """One of a case's registries: the tokens it has given out, how it behaves, and where it is on its host."""

    tokens: tuple[str, ...]
    behaviour: Behaviour = NPM
    path: str = "/"
    listed: bool = True  # are they in its token list?


@dataclass(frozen=True)
class Deviation:
    """A known difference as it shows in one case: of each aspect what npm makes of it."""

    name: str
    sent: Sent = SAME
    revoked: frozenset[str] | As = SAME
    failed: bool | As = SAME
    left: Left = SAME  # a file with these settings
    project_left: Left = SAME
    mode: int | As = SAME
    logged: frozenset[str] | As = SAME
    lost: tuple[str, ...] = ()  # texts that the module leaves and npm does not, while the settings are the same
    majors: tuple[int, ...] | None = None  # the versions of npm in this case; None: all that the difference names


@dataclass(frozen=True)
class Case:
    """An .npmrc, what is asked for, and what the module is to make of it."""

    name: str
    text: str
    left: str | None  # byte for byte; None: no file
    sent: tuple[str, ...] = ()
    revoked: frozenset[str] = frozenset()
    failed: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    main: Site = Site(())
    other: Site = Site(())
    project: str | None = None  # the .npmrc of the directory in which npm runs; the module is then given that file
    project_left: str | None = None
    mode: int = MODE
    logs: bool = False  # are npm's own logs looked at as well?
    npm: tuple[Deviation, ...] = ()

    @property
    def tokens(self) -> frozenset[str]:
        return frozenset(self.main.tokens + self.other.tokens)


@dataclass(frozen=True)
class Seen:
    """What is seen of one run, in the case's names. All but what it said is compared."""

    sent: tuple[str, ...]
    revoked: frozenset[str]
    failed: bool
    left: str | None
    project_left: str | None
    mode: int | None
    logged: frozenset[str]  # the tokens that are in the program's own logs
    output: str = field(repr=False)  # all that it said
    crash: str | None = None  # what it said in place of a result


def revoke(token: str, base: str = "main.example", authorization: str = "") -> str:
    """The request that revokes a token, as `Seen.sent` has it."""
    return f"DELETE {base}/-/user/token/{token} {authorization or f'Bearer {token}'}"


@dataclass(frozen=True)
class World:
    """All that one run can touch: two registries and a home."""

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
        """A file that says nothing."""
        return self.home / "global.npmrc"

    @property
    def environment(self) -> dict[str, str]:
        return {"HOME": str(self.home), **{name: self.localize(text) for name, text in self.case.environment.items()}}

    def localize(self, text: str) -> str:
        """A text of the case, with this run's names."""
        for name, actual in self._names():
            text = text.replace(name, actual)
        return text

    def generalize(self, text: str) -> str:
        """A text of this run, with the case's names."""
        for name, actual in self._names():
            text = text.replace(actual, name)
        return text

    def see(self, failed: bool, output: str, logs: str = "", crash: str | None = None) -> Seen:
        """The result of the run that is over now."""
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
    """Does the request change nothing? See `QUESTIONS`."""
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
