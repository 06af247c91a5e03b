# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module as a managed host does, without a playbook, and measure the run.

The module runs in its own process, is imported from a directory, and gets its arguments as AnsiballZ passes them:
neither on the command line nor in a file.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.tools.paths import PYTHON, WORK

MODULE = "ansible_collections.npmops.auth.plugins.modules.npm_logout"
# Contains a link to the checkout under the name of the collection: runs use the current files in plugins/.
CHECKOUT = WORK / "typing"
LONGEST_SECONDS = 280.0
MOST_BYTES = 4 << 30

# Runs in the module's process. Does what ansible-core's AnsiballZ loader does, without the zip file. The peak is read
# here, because the system counts the memory of the forking process as the child's (ru_maxrss of wait4).
RUN = """
import json, os, resource, runpy, sys

def run(wish):
    sys.stdin = open(os.devnull)
    sys.path[:0] = wish["directories"]
    resource.setrlimit(resource.RLIMIT_AS, (wish["most_bytes"], wish["most_bytes"]))
    sys.argv[:] = ["ansible-module"]
    from ansible.module_utils import basic
    basic._ANSIBLE_ARGS = json.dumps({"ANSIBLE_MODULE_ARGS": wish["arguments"]}).encode()
    basic._ANSIBLE_PROFILE = "legacy"
    try:
        runpy.run_module(wish["module"], {"_module_fqn": wish["module"], "_modlib_path": ""}, "__main__", True)
    finally:
        sys.stdout.flush()
        status = open("/proc/self/status").read()
        os.write(wish["peak_fd"], status.partition("VmHWM:")[2].split()[0].encode())
"""
_BOOTSTRAP = f"""{RUN}
wish = json.loads(sys.stdin.buffer.read())
sys.stdin.close()
run(wish)
"""


@dataclass(frozen=True)
class ModuleRun:
    """The result of a run.

    :ivar rc: the exit status; the negative signal number if a signal ended it.
    :ivar result: the JSON object on stdout; empty if there is none.
    :ivar seconds: wall time, including the start of Python.
    :ivar peak_bytes: maximum resident memory; -1 if the process was killed.
    """

    rc: int
    result: dict[str, Any]
    stdout: str
    stderr: str
    seconds: float
    peak_bytes: int

    @property
    def failed(self) -> bool:
        return self.result.get("failed") is True

    @property
    def msg(self) -> str:
        return str(self.result.get("msg", ""))

    @property
    def outcomes(self) -> list[str]:
        """The outcome of each credential, in the order of the result."""
        return [item["revocation"] for item in self.result.get("credentials", [])]

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


@dataclass
class ModuleProcess:
    """A running module. ``wait`` always ends it."""

    process: subprocess.Popen[bytes]
    peak_fd: int
    started: float
    pid: int = field(init=False)

    def __post_init__(self) -> None:
        self.pid = self.process.pid

    def kill(self) -> None:
        self.process.kill()

    def wait(self, seconds: float = LONGEST_SECONDS) -> ModuleRun:
        """Wait for the end.

        :raises TimeoutError: the module was still running after the time limit, and was killed.
        """
        try:
            stdout, stderr = self.process.communicate(timeout=seconds)
            peak = os.read(self.peak_fd, 64)
        except subprocess.TimeoutExpired:
            raise TimeoutError(f"the module was still running after {seconds:.0f} s") from None
        finally:
            # Also after a timeout of pytest, because a module without supervision could run for hours.
            if self.process.poll() is None:
                self.process.kill()
                self.process.communicate()
            os.close(self.peak_fd)
        return ModuleRun(
            rc=self.process.returncode,
            result=read_result(stdout),
            stdout=stdout.decode("utf-8", "replace"),
            stderr=stderr.decode("utf-8", "replace"),
            seconds=time.monotonic() - self.started,
            peak_bytes=int(peak) * 1024 if peak else -1,
        )


def start_module(
    arguments: Mapping[str, Any],
    *,
    home: Path,
    environment: Mapping[str, str] | None = None,
    check_mode: bool = False,
    module: str = MODULE,
    python: Path = PYTHON,
    most_bytes: int = MOST_BYTES,
    directories: Sequence[Path] = (CHECKOUT,),
    prefix: Sequence[str] = (),
    **popen: Any,
) -> ModuleProcess:
    """Start a module without waiting for it.

    :param home: ``$HOME`` of the process, and its working directory if that exists.
    :param environment: variables in addition to ``HOME``, ``PATH``, ``LANG`` and the variable that excludes this host's
        global npmrc. The variables of this process are not passed on.
    :param most_bytes: the limit of its address space, so that a defect does not use up the memory of the machine.
    :param directories: the directories in which Python finds ``ansible_collections``.
    :param prefix: a command that runs the following command, such as strace.
    :param popen: arguments of ``subprocess.Popen``, such as ``user`` or ``preexec_fn``.
    """
    read_fd, write_fd = os.pipe()
    wish = {
        **make_wish(arguments, check_mode, most_bytes),
        "module": module,
        "directories": [str(directory) for directory in directories],
        "peak_fd": write_fd,
    }
    started = time.monotonic()
    with os.fdopen(write_fd, "wb"):
        process = subprocess.Popen(
            [*prefix, str(python), "-c", _BOOTSTRAP],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=popen.pop("cwd", home if home.is_dir() else "/"),
            env=make_environment(home, environment),
            pass_fds=(write_fd,),
            **popen,
        )
    assert process.stdin is not None
    try:
        process.stdin.write(json.dumps(wish).encode())
        process.stdin.close()
    except BrokenPipeError:
        pass  # the module has already ended; wait() returns its status
    process.stdin = None
    return ModuleProcess(process, read_fd, started)


def run_module(
    arguments: Mapping[str, Any], *, home: Path, seconds: float = LONGEST_SECONDS, **start: Any
) -> ModuleRun:
    """Run a module to its end. The parameters are those of ``start_module``.

    :raises TimeoutError: the module was still running after the time limit, and was killed.
    """
    return start_module(arguments, home=home, **start).wait(seconds)


def make_wish(arguments: Mapping[str, Any], check_mode: bool = False, most_bytes: int = MOST_BYTES) -> dict[str, Any]:
    """Make the request for ``RUN``, without the descriptor."""
    return {
        "module": MODULE,
        "directories": [str(CHECKOUT)],
        "arguments": {**be_patient(arguments), "_ansible_check_mode": check_mode, "_ansible_diff": True},
        "most_bytes": most_bytes,
    }


def be_patient(arguments: Mapping[str, Any]) -> Mapping[str, Any]:
    """Extend the timeout for the registry if the machine has far more running processes than processors."""
    wanted = os.getloadavg()[0] / (4 * (os.cpu_count() or 1))
    if wanted <= 1 or "timeout" not in arguments:
        return arguments
    return {**arguments, "timeout": math.ceil(arguments["timeout"] * wanted)}


def make_environment(home: Path, more: Mapping[str, str] | None) -> dict[str, str]:
    """Make an environment without the variables of this process and without this host's global npmrc."""
    variables = {"HOME": str(home), "PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
    variables["npm_config_globalconfig"] = str(home / ".no-global-npmrc")
    return {**variables, **(more or {})}


def read_result(stdout: bytes) -> dict[str, Any]:
    try:
        value = json.loads(stdout)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}
