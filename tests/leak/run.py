# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run ansible-playbook once, and collect all output and files."""

from __future__ import annotations

import base64
import io
import json
import re
import subprocess
import time
import zipfile
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .capture import ProcessWatch, SyslogWatch
from .search import Find, Search, Source
from .world import LANES, World, make_environment

_TIMEOUT = 500
# The archive of modules that core sends, and the arguments that it sends with it.
_ARCHIVE = re.compile(rb"(?:ZIPDATA|zip_data) ?= ?'([A-Za-z0-9+/=]+)'")
_ARGUMENTS = re.compile(rb"^ *(?:ANSIBALLZ_PARAMS = |params=).*$", re.MULTILINE)
# With ANSIBLE_DEBUG, core prints the arguments of every task.
_SHOWN_ARGUMENTS = re.compile(rb"^.*: done with _execute_module \(.*$", re.MULTILINE)
_NEW_SECRETS = "_ansible_new_secrets"


@dataclass(frozen=True)
class Evidence:
    """Everything that a run has left.

    :ivar results: the results by task, as callbacks receive them.
    :ivar finds: all pieces of canaries in the sources.
    :ivar packed: the names of the files in the archives that core sends.
    :ivar heard: the messages for the system log.
    :ivar syslog_problem: why the system log was not recorded, or None.
    :ivar seconds: the duration of the run.
    """

    world: World
    status: int
    results: Mapping[str, dict[str, Any]]
    packed: frozenset[str]
    heard: tuple[bytes, ...]
    syslog_problem: str | None
    seconds: float
    finds: tuple[Find, ...]


@dataclass(frozen=True)
class _Run:
    """One process of ansible-playbook."""

    status: int
    sources: list[Source]


def run_playbook(world: World) -> Evidence:
    """Run the playbook, watch its processes, and collect the evidence."""
    started = time.monotonic()
    syslog = SyslogWatch()
    syslog.start()
    try:
        with ThreadPoolExecutor(LANES) as pool:
            runs = list(pool.map(lambda lane: _run(world, lane), range(LANES)))
        _await_background(world)
    finally:
        heard = syslog.stop()
    sources = [
        *(source for run in runs for source in run.sources),
        *heard,
        *_read_files(world),
        Source("elsewhere", "requests to a host that is no registry", world.servers.list_strange_requests()),
    ]
    return Evidence(
        world=world,
        status=max(run.status for run in runs),
        results=_read_results(world),
        packed=frozenset(source.name for source in sources if source.kind == "modules"),
        heard=tuple(source.data for source in heard),
        syslog_problem=syslog.problem,
        seconds=time.monotonic() - started,
        finds=tuple(Search(world.canaries.values()).look_through(sources)),
    )


def _run(world: World, lane: int) -> _Run:
    command = [str(world.core.playbook), "-vvvv", "--diff", "-i", "localhost,", str(world.get_playbook(lane))]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=make_environment(world, lane),
        cwd=world.get_directory("play"),
    ) as process:
        watch = ProcessWatch(process.pid)
        watch.start()
        try:
            stdout, stderr = process.communicate(timeout=_TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            stdout, stderr = process.communicate()
        finally:
            seen = watch.stop()
    printed = [*_split_output("stdout", stdout), *_split_output("stderr", stderr)]
    return _Run(process.returncode, [*printed, *seen])


def _await_background(world: World) -> None:
    """Wait for background tasks that the playbook did not wait for."""
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if all(
            b"ansible_job_id" not in data or b'"msg"' in data
            for _path, data in _read_directory(world.get_directory("async"))
        ):
            return
        time.sleep(0.1)


def _read_results(world: World) -> dict[str, dict[str, Any]]:
    """Read the results by task. A background task has its result in a separate file."""
    results = {}
    lines = [line for lane in range(LANES) for line in world.get_results(lane).read_text(encoding="utf-8").splitlines()]
    for line in lines:
        entry = json.loads(line)
        result = entry["result"]
        job = result.get("results_file")
        results[entry["task"]] = json.loads(Path(job).read_text(encoding="utf-8")) if job else result
    return results


def _read_files(world: World) -> Iterator[Source]:
    kinds = {
        "homes": "homes",
        "play": "playbook",
        "local": "local temporary folder",
        "remote": "remote temporary folder",
        "async": "background results",
        "temporary": "temporary folder",
        "home": "home of who runs it",
        "logs": "log",
    }
    archives: set[bytes] = set()
    for folder, kind in kinds.items():
        for path, data in _read_directory(world.get_directory(folder)):
            if path in world.written and folder == "homes":
                continue  # the credential file itself
            name = str(path.relative_to(world.root))
            yield Source(kind, "file name", name.encode())
            yield from _split_file("results" if path.suffix == ".jsonl" else kind, name, data, archives)


def _read_directory(folder: Path) -> Iterator[tuple[Path, bytes]]:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path, path.read_bytes()


def _split_file(kind: str, name: str, data: bytes, archives: set[bytes]) -> Iterator[Source]:
    """Yield a file and its packed content. Arguments that core sends are a separate source."""
    for packed in set(_ARCHIVE.findall(data)) - archives:
        archives.add(packed)
        yield from _unpack(name, base64.b64decode(packed))
    data = _ARCHIVE.sub(b"", data)
    if b"_ansiballz_main" in data:
        yield Source("arguments", name, b"\n".join(_ARGUMENTS.findall(data)))
        data = _ARGUMENTS.sub(b"", data)
    yield from _split_output(kind, data, name)


def _unpack(name: str, archive: bytes) -> Iterator[Source]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        for member in packed.namelist():
            yield Source("modules", f"{name}: {member}", packed.read(member))


def _split_output(kind: str, data: bytes, name: str = "") -> Iterator[Source]:
    """Yield output. Arguments and secrets that core itself passes on are separate sources."""
    shown = _SHOWN_ARGUMENTS.findall(data)
    yield Source("arguments", f"debugging output, {name or kind}", b"\n".join(shown))
    lines = []
    for line in _SHOWN_ARGUMENTS.sub(b"", data).split(b"\n"):
        if _NEW_SECRETS.encode() in line:
            line, secrets, arguments = _split_raw_result(line)
            yield Source("secrets for the controller", name or kind, secrets)
            yield Source("arguments", f"raw result, {name or kind}", arguments)
        lines.append(line)
    yield Source(kind, name or kind, b"\n".join(lines))


def _split_raw_result(line: bytes) -> tuple[bytes, bytes, bytes]:
    """Split a module's raw result: the rest, the secrets that a module registered and ansible-core 2.22 sends to the
    controller, and the arguments that were sent to the module."""
    try:
        result = json.loads(line)
        secrets, invocation = result.pop(_NEW_SECRETS), result.pop("invocation", None)
    except (ValueError, KeyError, AttributeError):
        return line, b"", b""
    return json.dumps(result).encode(), json.dumps(secrets).encode(), json.dumps(invocation).encode()
