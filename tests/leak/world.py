# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up one run: home directories with credential files, a playbook that processes them, and the canaries."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlsplit

import yaml

from tests.registry.names import make_environment as make_names
from tests.tools import paths
from tests.tools.make_cores import Core

from .canaries import USER, Canary, encode_basic, make_canary
from .case import OPTIONS, Case
from .cases import PACKS
from .driver_cases import DRIVER, TOKEN_KINDS
from .servers import Servers

#: The number of parallel ansible-playbook processes. Each runs a part of the tasks, some of which only wait.
LANES = 3
COLLECTION = "npmops.auth"
TRAPS = Path(__file__).parent / "traps"

#: A canary that is leaked on purpose wherever a run leaves traces, to prove that all of them are searched.
PLANTED = "planted/planted"
#: Names in the texts of a case that are not canaries.
FACTS = frozenset({"url", "key", "host", "store", "home", "ca", "proxy", "closed"})

_PLACEHOLDER = re.compile(r"<<(\w+)(?::(\w+))?(?:\|(\w+))?>>")


def _encode_base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


ENCODINGS: Mapping[str, Callable[[str], str]] = {
    "base64": _encode_base64,
    "basic": encode_basic,
    "json": lambda text: json.dumps(text, ensure_ascii=False),
    "quoted": lambda text: quote(text, safe=""),
    "fingerprint": lambda text: f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}",
}


@dataclass
class World:
    """Everything of one run, in one directory.

    :ivar canaries: all canaries, by name.
    :ivar written: the files in which canaries are expected, because they were written there.
    """

    root: Path
    core: Core
    servers: Servers
    canaries: dict[str, Canary] = field(default_factory=dict)
    written: set[Path] = field(default_factory=set)

    def __post_init__(self) -> None:
        for folder in ("homes", "play", "local", "remote", "async", "temporary", "home", "logs"):
            self.get_directory(folder).mkdir()

    def get_directory(self, name: str) -> Path:
        return self.root / name

    def get_results(self, lane: int) -> Path:
        return self.root / "logs" / f"results{lane}.jsonl"

    def get_playbook(self, lane: int) -> Path:
        return self.root / "play" / f"lane{lane}.yml"

    def get_home(self, case: Case) -> Path:
        return self.root / "homes" / case.name

    def get_store(self, case: Case) -> Path:
        return self.get_home(case) / case.place

    def render(self, text: str, case: Case) -> str:
        """Replace the placeholders in a text of a case by canaries and facts of the run."""
        facts = self._list_facts(case)

        def put(match: re.Match[str]) -> str:
            name, shape, encoding = match.groups()
            plain = facts[name] if name in facts else self._get_canary(case, name, shape or "npm").text
            return ENCODINGS[encoding](plain) if encoding else plain

        return _PLACEHOLDER.sub(put, text)

    def render_all(self, value: object, case: Case) -> object:
        if isinstance(value, str):
            return self.render(value, case)
        if isinstance(value, (list, tuple)):
            return [self.render_all(item, case) for item in value]
        if isinstance(value, Mapping):
            return {name: self.render_all(item, case) for name, item in value.items()}
        return value

    def _list_facts(self, case: Case) -> dict[str, str]:
        url = self.servers.urls[case.server]
        return {
            "url": url,
            "key": url.partition(":")[2],
            "host": urlsplit(url).netloc,
            "store": str(self.get_store(case)),
            "home": str(self.get_home(case)),
            "ca": self.servers.get_ca_file(case.server),
            "proxy": f"127.0.0.1:{self.servers.proxy.port}",
            "closed": urlsplit(self.servers.urls["closed"]).netloc,
        }

    def _get_canary(self, case: Case, role: str, shape: str) -> Canary:
        name = f"{case.name}/{role}"
        canary = make_canary(name, shape, self.core.series)
        known = self.canaries.setdefault(name, canary)
        # A placeholder without a shape can name a canary with any shape.
        if shape != "npm" and known != canary:
            raise ValueError(f"{name} has two shapes")
        return known


def list_canaries(case: Case) -> tuple[str, ...]:
    """List the names of a case's canaries."""
    texts = repr((case.store, case.options, case.environment, case.files))
    roles = dict.fromkeys(match.group(1) for match in _PLACEHOLDER.finditer(texts))
    return tuple(f"{case.name}/{role}" for role in roles if role not in FACTS)


def build_world(root: Path, core: Core, servers: Servers, cases: Sequence[Case]) -> World:
    """Write the home directories and the playbook of a run, and register its tokens with the registries."""
    world = World(root, core, servers)
    packs: dict[str, list[Case]] = {}
    for case in cases:
        _make_home(world, case)
        packs.setdefault(case.task, []).append(case)
    tasks = [_make_task(world, name, members) for name, members in packs.items()]
    for case in cases:
        _make_tokens_known(world, case)
    tasks.append(_plant(world))
    lanes = [tasks[lane::LANES] for lane in range(LANES)]
    for lane, tasks in enumerate(lanes):
        _write_play(world, lane, tasks)
    return world


def _make_tokens_known(world: World, case: Case) -> None:
    emulator = world.servers.emulators.get(case.server)
    if emulator:
        for name in list_canaries(case):
            emulator.issue(TOKEN_KINDS.get(case.server.removeprefix(DRIVER), "token"), world.canaries[name].text)
    registry = world.servers.registries.get(case.server)
    if registry is None or case.dead:
        return
    for name in list_canaries(case):
        canary = world.canaries[name]
        if canary.role.startswith("token"):
            registry.create_token(USER, canary.text)


def _make_home(world: World, case: Case) -> None:
    home = world.get_home(case)
    home.mkdir()
    files = dict(case.files) if case.store is None else {case.place: case.store, **case.files}
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(world.render(text, case).encode(case.encoding if name == case.place else "utf-8"))
        path.chmod(0o600)
        world.written.add(path)
    # Options that the user typed may be written to the credential file.
    world.written.add(world.get_store(case))
    if case.prepare:
        case.prepare(home)


def _make_task(world: World, name: str, cases: Sequence[Case]) -> dict[str, object]:
    first = cases[0]
    options = {**OPTIONS[first.module], **PACKS.get(first.pack, {}), **first.options}
    if first.pack:
        options["paths"] = [str(world.get_store(case)) for case in cases]
    options = {option: value for option, value in options.items() if value is not None}
    keywords = dict(first.keywords)
    settings = keywords.pop("vars", {})
    return {
        "name": name,
        f"{COLLECTION}.{first.module}": world.render_all(options, first),
        "register": f"result_{name}",
        "ignore_errors": True,
        "vars": {**(settings if isinstance(settings, dict) else {}), **_choose_interpreter(world, first)},
        **keywords,
    }


def _plant(world: World) -> dict[str, object]:
    """Make a task that leaks everywhere that a task can."""
    canary = make_canary(PLANTED, "npm", world.core.series)
    world.canaries[PLANTED] = canary
    folders = [world.get_directory(name) for name in ("homes", "local", "remote", "async", "temporary", "home")]
    files = " ".join(shlex.quote(str(folder / "planted")) for folder in folders)
    # Runs long enough to appear in the process list.
    script = f"echo $PLANTED | tee {files} && exec sleep 0.3 --unknown={canary.text}"
    return {
        "name": "planted",
        "ansible.builtin.shell": script,
        "environment": {"PLANTED": canary.text},
        "register": "result_planted",
        "ignore_errors": True,
        "vars": {"ansible_python_interpreter": str(world.core.managed_python)},
    }


def _choose_interpreter(world: World, case: Case) -> dict[str, str]:
    """Choose the host's Python. Environment variables are set by a script, because core shows those of a task."""
    python = world.core.bare_python if case.bare else world.core.managed_python
    names = world.servers.list_names(case.server)
    if not case.environment and not names:
        return {"ansible_python_interpreter": str(python)}
    script = world.get_directory("play") / f"python-{case.name}"
    environment = {name: world.render(value, case) for name, value in case.environment.items()}
    environment.update(make_names(names) if names else {})
    if "LEAK_TRAP" in environment:
        environment["PYTHONPATH"] = str(TRAPS)
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in environment.items())
    script.write_text(f'#!/bin/sh\n{exports}exec {shlex.quote(str(python))} "$@"\n', encoding="utf-8")
    script.chmod(0o755)
    world.written.add(script)
    return {"ansible_python_interpreter": str(script)}


def _write_play(world: World, lane: int, tasks: list[dict[str, object]]) -> None:
    # As users do to see the results.
    names = ", ".join(f"'{task['name']}': {task['register']}" for task in tasks)
    shown = {"name": "show all", "ansible.builtin.debug": {"msg": "{{ {%s} }}" % names}}
    play = {"hosts": "localhost", "connection": "local", "gather_facts": False, "tasks": [*tasks, shown]}
    path = world.get_playbook(lane)
    path.write_text(yaml.safe_dump([play], allow_unicode=True, sort_keys=False), encoding="utf-8")
    world.written.add(path)


def make_environment(world: World, lane: int) -> dict[str, str]:
    """Make the environment of ansible-playbook, with every option that could show a secret."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LC_ALL") if name in os.environ}
    folder = world.get_directory
    return {
        **kept,
        "HOME": str(folder("home")),
        "TMPDIR": str(folder("temporary")),
        "ANSIBLE_HOME": str(folder("home") / ".ansible"),
        "ANSIBLE_LOCAL_TEMP": str(folder("local")),
        "ANSIBLE_REMOTE_TMP": str(folder("remote")),
        "ANSIBLE_ASYNC_DIR": str(folder("async")),
        "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
        "ANSIBLE_CALLBACK_PLUGINS": str(Path(__file__).parent / "callback_plugins"),
        "ANSIBLE_CALLBACKS_ENABLED": "leak_results",
        "ANSIBLE_DEBUG": "1",
        "ANSIBLE_DISPLAY_TRACEBACK": "always",
        "ANSIBLE_INJECT_INVOCATION": "1",
        "ANSIBLE_KEEP_REMOTE_FILES": "1",
        "ANSIBLE_LOG_PATH": str(folder("logs") / f"ansible{lane}.log"),
        "ANSIBLE_LOCALHOST_WARNING": "0",
        "ANSIBLE_NOCOLOR": "1",
        "LEAK_RESULTS": str(world.get_results(lane)),
    }
