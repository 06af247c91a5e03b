# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a module hundreds of times in forks of one process, each to the very end of its own process.

A Python imports what takes its time, which is ansible-core's part and requests, and forks for each run. The collection
is imported anew each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.hostile.run_module import LONGEST_SECONDS, RUN, ModuleRun, make_environment, make_wish, read_result
from tests.tools.paths import PYTHON, WORK

# Forks for each message: the wish, with descriptors for the output, the errors and the peak. Gives the child's number,
# then its exit status. The child comes to its end as any Python does, threads that hang included.
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
    """Runs the module, one run at a time; starts when it is first needed."""

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
        """Run the module to its end; parameters as for ``run_module``.

        :raises TimeoutError: it was still running after so many seconds, and was killed.
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
            # Also where pytest has lost its patience: a module that is left alone may run on for hours.
            if pid:
                os.kill(pid, signal.SIGKILL)
            self.close()
            if isinstance(problem, TimeoutError):
                raise TimeoutError(f"the module was still running after {seconds:.0f} s") from None
            raise
        return rc
