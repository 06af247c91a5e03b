# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module hundreds of times in forks of one process.

``ForkedModule`` imports the module and its dependencies once, and forks for each run: each run is the whole module,
from its argument spec to its JSON. A run can be paused before its first step, so that strace records the run and
nothing else. ``ForkingPython`` imports only the slow parts, ansible-core and requests, and forks for each run. Each run
imports the collection again, and ends its own process normally.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.hostile.run_module import (
    CHECKOUT,
    LONGEST_SECONDS,
    MODULE,
    RUN,
    ModuleRun,
    make_environment,
    make_wish,
    read_result,
)
from tests.tools.paths import PYTHON, WORK

# Reads one line and prints "<pid>". The fork waits for a second line, then runs. Prints "<exit status>", negative for a
# signal.
_PARENT = """
import importlib, json, os, sys
sys.path[:0] = [sys.argv[1]]
from ansible.module_utils import basic
module = importlib.import_module(sys.argv[2])
# What the module imports late, too: else each fork would read it from the disk again.
helpers = "ansible_collections/npmops/auth/plugins/module_utils"
for folder, _folders, names in os.walk(os.path.join(sys.argv[1], helpers), followlinks=True):
    for name in names:
        if name.endswith(".py"):
            path = os.path.relpath(os.path.join(folder, name), sys.argv[1])
            importlib.import_module(path[: -len(".py")].replace("/", "."))
import ctypes, encodings.idna, fnmatch, glob, http.client, shutil, stringprep, syslog, tempfile, traceback

def run(wish):
    devnull = os.open(os.devnull, os.O_RDONLY)
    os.dup2(devnull, 0)
    output = os.open(wish["output"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    os.dup2(output, 1)
    os.dup2(output, 2)
    os.closerange(3, 64)
    os.environ.clear()
    os.environ.update(wish["environment"])
    os.chdir(wish["environment"]["HOME"])
    sys.argv[:] = ["ansible-module"]
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": wish["arguments"]}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    module.main()

for line in sys.stdin:
    gate_read, gate_write = os.pipe()
    sys.stdout.flush()
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            os.close(gate_write)
            os.read(gate_read, 1)
            run(json.loads(line))
        except SystemExit as end:
            status = end.code or 0
        finally:
            sys.stdout.flush()
            os._exit(status)
    os.close(gate_read)
    print(pid, flush=True)
    sys.stdin.readline()
    os.write(gate_write, b"x")
    os.close(gate_write)
    print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


class ForkedModule:
    """A module that is imported once and run many times, one run at a time."""

    def __init__(self, folder: Path, home: Path, module: str = MODULE, checkout: Path = CHECKOUT) -> None:
        """:param home: the ``$HOME`` of the runs."""
        self._output = folder / "output"
        environment = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"}
        self._environment = environment
        self._command = [str(PYTHON), "-c", _PARENT, str(checkout), module]
        self._process = self._start()
        self._pid = 0

    def _start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self._command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**self._environment, "PYTHONDONTWRITEBYTECODE": "1"},
        )

    def __enter__(self) -> ForkedModule:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.communicate()

    def run(self, arguments: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Run the module to its end, and return its result."""
        self.hold(arguments, environment)
        self.release()
        return self.read_result()

    def hold(self, arguments: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> int:
        """Create a process that waits before it runs the module, and return its ID."""
        wish = {
            "output": str(self._output),
            "environment": {**self._environment, **(environment or {})},
            "arguments": {**arguments, "_ansible_diff": True},
        }
        self._pid = int(self._talk(json.dumps(wish)))
        return self._pid

    def release(self) -> int:
        """Let the waiting process run to its end, and return its exit status, negative for a signal."""
        return int(self._talk("go"))

    def read_output(self) -> str:
        return self._output.read_text("utf-8", "replace")

    def read_result(self) -> dict[str, Any]:
        """Read the output of the last run, which must be exactly one JSON object."""
        result: dict[str, Any] = json.loads(self.read_output())
        return result

    def _talk(self, line: str) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            print(line, file=self._process.stdin, flush=True)
            answer = self._process.stdout.readline().strip()
        except BaseException:
            # Only the test that timed out must fail. The next one would otherwise read its late result.
            self._process.kill()
            self._process.communicate()
            self._process = self._start()
            raise
        if not answer:
            print(self.read_output() if self._output.exists() else "", file=sys.stderr)
            raise RuntimeError("the process that runs the module is gone")
        return answer


# Forks for each message: the request, with descriptors for the output, the errors and the peak. Sends the ID of the
# child, then its exit status. The child exits as any Python process does, including any threads that hang.
_FORKING = f"""{RUN}
import socket
import requests
from ansible.module_utils import basic
channel = socket.socket(fileno=int(sys.argv[1]))
while True:
    message, descriptors, flags, address = socket.recv_fds(channel, 1 << 16, 3)
    pid = os.fork() if message else os._exit(0)
    if not pid:
        break
    for descriptor in descriptors:
        os.close(descriptor)
    channel.send(b"%d" % pid)
    channel.send(b"%d" % os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
channel.close()
wish = json.loads(message)
os.dup2(descriptors[0], 1)
os.dup2(descriptors[1], 2)
os.environ.clear()
os.environ.update(wish["environment"])
os.chdir(wish["environment"]["HOME"])
run({{**wish, "peak_fd": descriptors[2]}})
"""


class ForkingPython:
    """Runs the module, one run at a time. Starts at the first run."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._channel = socket.socket()

    def run(
        self,
        arguments: Mapping[str, Any],
        *,
        home: Path,
        environment: Mapping[str, str] | None = None,
        check_mode: bool = False,
        seconds: float = LONGEST_SECONDS,
    ) -> ModuleRun:
        """Run the module to its end. The parameters are those of ``run_module``.

        :raises TimeoutError: the module was still running after the time limit, and was killed.
        """
        wish = {**make_wish(arguments, check_mode), "environment": make_environment(home, environment)}
        if self._process is None:
            self._start()
        with contextlib.ExitStack() as stack:
            stdout, stderr, peak = (stack.enter_context(tempfile.TemporaryFile()) for _number in range(3))
            started = time.monotonic()
            descriptors = [file.fileno() for file in (stdout, stderr, peak)]
            socket.send_fds(self._channel, [json.dumps(wish).encode()], descriptors)
            rc = self._wait(seconds)
            taken = time.monotonic() - started
            for file in (stdout, stderr, peak):
                file.seek(0)
            output, most = stdout.read(), peak.read()
            return ModuleRun(
                rc=rc,
                result=read_result(output),
                stdout=output.decode("utf-8", "replace"),
                stderr=stderr.read().decode("utf-8", "replace"),
                seconds=taken,
                peak_bytes=int(most) * 1024 if most else -1,
            )

    def close(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._channel.close()
            self._process = None

    def _start(self) -> None:
        self._channel, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        cache = {"PYTHONDONTWRITEBYTECODE": "", "PYTHONPYCACHEPREFIX": str(WORK / "cache" / "bytecode")}
        with theirs:
            self._process = subprocess.Popen(
                [str(PYTHON), "-c", _FORKING, str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                env={**make_environment(Path("/"), None), **cache},
                pass_fds=(theirs.fileno(),),
            )

    def _wait(self, seconds: float) -> int:
        pid = 0
        try:
            pid = int(self._channel.recv(32))
            self._channel.settimeout(seconds)
            rc = int(self._channel.recv(32))
            self._channel.settimeout(None)
        except BaseException as problem:
            # Also after a timeout of pytest, because a module without supervision could run for hours.
            if pid:
                os.kill(pid, signal.SIGKILL)
            self.close()
            if isinstance(problem, TimeoutError):
                raise TimeoutError(f"the module was still running after {seconds:.0f} s") from None
            raise
        return rc
