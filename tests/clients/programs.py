# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define the clients: how they request a package and print their settings."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.tools import paths

# The keys of a login, as npm and Yarn print them.
LOGIN = re.compile(r"(.*:)?(_authToken|_auth|_password|username|email)|npmAuth(Token|Ident)")
LOGIN_IN_URL = re.compile(r"(?<=://)[^/@]*@")


@dataclass(frozen=True)
class Client:
    """A program that logs in to registries.

    :ivar key: its name in the option `clients`.
    :ivar question: the arguments that make it request a `{package}` from its registry.
    :ivar settings: the arguments that make it print its settings.
    :ivar read: reads the settings from its output.
    """

    key: str
    title: str
    command: tuple[Path, ...]
    question: tuple[str, ...]
    settings: tuple[str, ...]
    read: Callable[[str], Any]

    def make_command(self, arguments: tuple[str, ...]) -> list[str]:
        return [*map(str, self.command), *arguments]

    @property
    def is_installed(self) -> bool:
        """Whether it is installed. Setup leaves out clients that this platform cannot run."""
        return all(path.exists() for path in self.command)


def read_yarn_settings(text: str) -> dict[str, Any]:
    """Read one JSON object for each line and setting."""
    settings = (json.loads(line) for line in text.splitlines())
    return {item["key"]: item.get("effective") for item in settings}


def read_yarn_classic_settings(text: str) -> list[Any]:
    """Read one JSON object for each line. Two of them have settings: Yarn's own, and those of .npmrc files."""
    lines = (json.loads(line) for line in text.splitlines())
    return [line["data"] for line in lines if line["type"] == "inspect"]


def leave_out_logins(value: Any) -> Any:
    """Return the settings without logins, and without objects that contain only logins."""
    if isinstance(value, Mapping):
        rest = {key: leave_out_logins(item) for key, item in value.items() if not LOGIN.fullmatch(key)}
        return {LOGIN_IN_URL.sub("", key): item for key, item in rest.items() if item not in ({}, None)}
    if isinstance(value, list):
        return [leave_out_logins(item) for item in value]
    return LOGIN_IN_URL.sub("", value) if isinstance(value, str) else value


NPM = Client(
    key="npm",
    title="npm 12",
    command=(paths.NODE, paths.npm_cli(12)),
    question=("view", "{package}", "version"),
    settings=("config", "list", "--json"),
    read=json.loads,
)
PNPM = Client(
    key="pnpm",
    title="pnpm 12",
    command=(paths.PNPM,),
    question=("view", "{package}", "version"),
    settings=("config", "list", "--json"),
    read=json.loads,
)
YARN = Client(
    key="yarn",
    title="Yarn 4",
    command=(paths.NODE, paths.YARN),
    question=("npm", "info", "{package}", "--fields", "version"),
    settings=("config", "--json"),
    read=read_yarn_settings,
)
YARN_CLASSIC = Client(
    key="yarn_classic",
    title="Yarn 1",
    command=(paths.NODE, paths.YARN_CLASSIC),
    question=("info", "{package}", "version"),
    settings=("config", "list", "--json"),
    read=read_yarn_classic_settings,
)
BUN = Client(
    key="bun",
    title="Bun",
    command=(paths.BUN,),
    question=("info", "{package}", "version"),
    # Bun prints only one setting: the directory of its cache.
    settings=("pm", "cache"),
    read=str.strip,
)
CLIENTS = (NPM, PNPM, YARN, YARN_CLASSIC, BUN)


def list_environment(outside: str) -> Iterator[tuple[str, str]]:
    """Yield environment variables that isolate a client.

    :param outside: the URL of a proxy that receives every request to a host other than loopback.
    """
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "YARN_HTTPS_PROXY"):
        yield name, outside
    for name in ("no_proxy", "NO_PROXY"):
        yield name, "127.0.0.1"
    yield "NO_COLOR", "1"
    yield "npm_config_fetch_retries", "0"
    yield "pnpm_config_fetch_retries", "0"
    yield "YARN_ENABLE_TELEMETRY", "0"
    # As root, Yarn 1 uses /usr/local/share as its home directory, unless this variable indicates fakeroot.
    yield "FAKEROOTKEY", "1"
