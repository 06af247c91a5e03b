# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run programs that add settings to a file while the module edits it, each in its own way.

Each is a separate process. It writes until it gets the request to stop, and then prints how many settings it has
written. Its n-th setting is ``@<name>-<n>:registry=https://<name>.example.com/``, a realistic npm setting.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.hostile.run_module import CHECKOUT, MODULE
from tests.tools.paths import NODE, NODE_MODULES, PYTHON, npm_cli

LONGEST = 10.0

_PROLOGUE = """
import os, random, sys, threading, time
name, path = sys.argv[1:3]
progress = os.path.join(os.path.dirname(path), "progress")
stopping = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopping.set()), daemon=True).start()
def make_line(number):
    return f"@{name}-{number}:registry=https://{name}.example.com/\\n".encode()
def read():
    with open(path, "rb") as file:
        return file.read()
def wait_for_next_run(seen):
    while not stopping.is_set() and os.stat(progress).st_size == seen:
        time.sleep(0.0005)
    time.sleep(random.random() * 0.03)
    return os.stat(progress).st_size
def repeat(write):
    print("ready", flush=True)
    number = seen = 0
    while not stopping.is_set():
        for _number in range(BURST):
            write(make_line(number))
            number += 1
        seen = wait_for_next_run(seen)
    print(number)
"""

APPENDER = """
def write(line):
    with open(path, "ab", buffering=0) as file:
        file.write(line)
repeat(write)
"""

# Keeps the file open for some time, as a shell's ">>" after a block does.
SLOW_APPENDER = """
def write(line):
    with open(path, "ab", buffering=0) as file:
        file.write(line)
        time.sleep(0.002)
        file.write(b"; and a word on it\\n")
repeat(write)
"""

# As npm does: reads everything, changes it, and overwrites the file in place.
REWRITER = """
def write(line):
    data = read()
    with open(path, "wb", buffering=0) as file:
        file.write(data + line)
repeat(write)
"""

# As an editor does when text is added at the top.
PREPENDER = """
def write(line):
    data = read()
    with open(path, "wb", buffering=0) as file:
        file.write(line + data)
repeat(write)
"""

# Reads only once and then overwrites other changes, as npm's configuration does in a long-running program.
KNOW_ALL = """
lines = read()
def write(line):
    global lines
    lines += line
    with open(path, "wb", buffering=0) as file:
        file.write(lines)
repeat(write)
"""

# As editors and sed -i do.
REPLACER = """
def write(line):
    data = read()
    with open(path + ".new", "wb", buffering=0) as file:
        file.write(data + line)
    os.rename(path + ".new", path)
repeat(write)
"""

# Uses npm 12's own files: does what "npm config set" does, without starting npm each time.
_NPM_CONFIG = """
const fs = require("fs")
const [, name, path, npm] = process.argv
const progress = () => fs.statSync(path.replace(/[^/]*$/, "progress")).size
const sleep = (seconds) => new Promise(resolve => setTimeout(resolve, seconds * 1000))
const Config = require(npm + "/node_modules/@npmcli/config")
const { definitions, shorthands, flatten } = require(npm + "/node_modules/@npmcli/config/lib/definitions")
let stopping = false
process.stdin.on("end", () => { stopping = true }).resume()
const set = async (number) => {
  const env = { ...process.env, npm_config_userconfig: path }
  const options = { definitions, shorthands, flatten, npmPath: npm, argv: ["node", "npm"], env, cwd: "/" }
  const config = new Config({ ...options, execPath: process.execPath, platform: process.platform })
  await config.load()
  config.set(`@${name}-${number}:registry`, `https://${name}.example.com/`, "user")
  await config.save("user")
}
const main = async () => {
  console.log("ready")
  let number = 0
  let seen = 0
  while (!stopping) {
    await set(number++)
    while (!stopping && progress() === seen) await sleep(0.001)
    await sleep(Math.random() * 0.03)
    seen = progress()
  }
  console.log(number)
}
main()
"""

# The command itself, started for each setting.
_NPM = """
import subprocess
command = sys.argv[3:]
def write(line):
    key, _equals, value = line.decode().strip().partition("=")
    subprocess.run([*command, "config", "set", f"{key}={value}", f"--userconfig={path}"], check=True)
repeat(write)
"""


@dataclass(frozen=True)
class Writer:
    """A way to write settings: for each run of the module, some in a tight loop at a random time.

    :ivar burst: the number of settings in a loop. It is small, because real files have at most hundreds of settings.
    """

    script: str
    burst: int = 1
    kind: str = "python"

    def make_command(self, name: str, path: Path) -> list[str]:
        if self.kind == "node":
            return [str(NODE), "-e", self.script, name, str(path), str(NODE_MODULES / "npm12")]
        script = _PROLOGUE.replace("BURST", str(self.burst)) + self.script
        command = [sys.executable, "-S", "-c", script, name, str(path)]
        return [*command, str(NODE), str(npm_cli(12))] if self.kind == "npm" else command


WRITERS = {
    "appends": Writer(APPENDER),
    "appends many in a row": Writer(APPENDER, burst=5),
    "appends piece by piece": Writer(SLOW_APPENDER),
    "writes over the old bytes": Writer(REWRITER),
    "writes over the old bytes, many in a row": Writer(REWRITER, burst=5),
    "writes at the top, many in a row": Writer(PREPENDER, burst=5),
    "writes what it knows over the old bytes": Writer(KNOW_ALL),
    "replaces the file": Writer(REPLACER),
    "replaces the file, many in a row": Writer(REPLACER, burst=5),
    "npm's own configuration": Writer(_NPM_CONFIG, kind="node"),
    "npm config set": Writer(_NPM, kind="npm"),
}


class Process:
    """A process that runs until ``stop``."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def stop(self) -> str:
        """Stop the process after its current step, and return the last line of its output."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        output = self._process.stdout.read()
        assert self._process.wait(LONGEST) == 0
        return output.splitlines()[-1]


@contextmanager
def started(command: Sequence[str], home: Path) -> Iterator[Process]:
    """Start a program, wait until it prints "ready", and end it with the block."""
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    process = subprocess.Popen(list(command), env=environment, **pipes)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield Process(process)
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def writing(writer: Writer, name: str, path: Path) -> Iterator[Process]:
    with started(writer.make_command(name, path), path.parent) as process:
        yield process


def list_settings(name: str, count: int) -> list[bytes]:
    """List the lines that a writer has written."""
    return [f"@{name}-{number}:registry=https://{name}.example.com/".encode() for number in range(count)]


# Logs out repeatedly in one process, each time with the whole module, from its argument spec to its JSON. A login is
# written before each run. If part of the login remains afterwards, a writer has restored it.
_REMOVER = """
import contextlib, importlib, io, json, os, sys
checkout, path, runs, host, name = sys.argv[1:]
sys.path[:0] = [checkout]
from ansible.module_utils import basic
module = importlib.import_module(name)
arguments = {"registry": f"https://{host}/", "paths": [path], "revoke": "never"}
key = f"//{host}/:_authToken=".encode()
said = {"runs": 0, "removed": 0, "left": 0, "failures": []}
sys.argv[:] = ["ansible-module"]
basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": arguments}).encode()
basic._ANSIBLE_PROFILE = "legacy"
progress = os.path.join(os.path.dirname(path), "progress")
print("ready", flush=True)
for number in range(int(runs)):
    # Its size tells the writers how far this is.
    os.truncate(progress, number + 1)
    with open(path, "ab", buffering=0) as file:
        file.write(key + b"token-%d\\n" % number)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.suppress(SystemExit):
        module.main()
    result = json.loads(output.getvalue())
    said["runs"] += 1
    said["removed"] += result.get("changed", False)
    if result.get("failed"):
        said["failures"].append(result["msg"])
    try:
        with open(path, "rb") as file:
            said["left"] += key in file.read()
    except FileNotFoundError:
        pass
print(json.dumps(said))
"""


@dataclass(frozen=True)
class Removals:
    """The result of many runs.

    :ivar removed: the number of runs that changed the file.
    :ivar left: the number of runs after which a credential for their registry was in the file.
    :ivar failures: the messages of the failed runs.
    """

    runs: int
    removed: int
    left: int
    failures: list[str]


@contextmanager
def removing(path: Path, runs: int, host: str) -> Iterator[Process]:
    """Log out of a registry repeatedly in a background process."""
    command = [str(PYTHON), "-c", _REMOVER, str(CHECKOUT), str(path), str(runs), host, MODULE]
    with started(command, path.parent) as process:
        yield process


def remove(path: Path, runs: int, host: str) -> Removals:
    with removing(path, runs, host) as process:
        return read_removals(process)


def read_removals(process: Process) -> Removals:
    return Removals(**json.loads(process.stop()))
