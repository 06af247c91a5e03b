# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record what other users of the machine can see during a run: the process list and the system log."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path

from .search import Source

SYSLOG = Path("/dev/log")
_PAUSE = 0.01


class ProcessWatch:
    """Reads the command lines and environments of this process's children every ten milliseconds."""

    def __init__(self, root: int) -> None:
        self._alive = {root}
        self._seen: dict[tuple[str, bytes], None] = {}
        self._stopping = threading.Event()
        self._commands: dict[int, bytes] = {}
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> list[Source]:
        self._stopping.set()
        self._thread.join()
        return [Source(kind, "process list", data) for kind, data in self._seen]

    def _watch(self) -> None:
        while not self._stopping.wait(_PAUSE):
            for pid in list(self._alive):
                try:
                    self._look_at(pid)
                except OSError:
                    self._alive.discard(pid)

    def _look_at(self, pid: int) -> None:
        command = _read(f"/proc/{pid}/cmdline")
        # A process has a new environment for each program that it runs.
        if self._commands.get(pid) != command:
            self._commands[pid] = command
            self._seen["cmdline", command] = None
            self._seen["environ", _read(f"/proc/{pid}/environ")] = None
        # A known process is watched until it ends, even after its parent has ended.
        for task in os.listdir(f"/proc/{pid}/task"):
            self._alive.update(map(int, _read(f"/proc/{pid}/task/{task}/children").split()))


def _read(path: str) -> bytes:
    with open(path, "rb", buffering=0) as file:
        return file.read().replace(b"\0", b"\n")


class SyslogWatch:
    """Listens on the socket to which programs send messages for the system log.

    :ivar problem: why it cannot listen, or None.
    """

    def __init__(self) -> None:
        self.problem: str | None = None
        self._messages: list[bytes] = []
        self._stopping = threading.Event()
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._thread = threading.Thread(target=self._listen, daemon=True)

    def start(self) -> None:
        if os.geteuid() != 0:
            self.problem = f"only root can listen at {SYSLOG}"
            return
        if SYSLOG.is_symlink() or (SYSLOG.exists() and _is_listened_to()):
            self.problem = f"somebody else listens at {SYSLOG}"
            return
        with contextlib.suppress(FileNotFoundError):
            SYSLOG.unlink()  # left by a process that was killed
        try:
            self._socket.bind(str(SYSLOG))
        except OSError as problem:
            self.problem = f"{SYSLOG} cannot be made: {problem.strerror}"
            return
        SYSLOG.chmod(0o666)
        self._socket.settimeout(0.1)
        self._thread.start()

    def stop(self) -> list[Source]:
        self._stopping.set()
        if self.problem is None:
            self._thread.join()
            SYSLOG.unlink(missing_ok=True)
        self._socket.close()
        return [Source("syslog", str(SYSLOG), message) for message in self._messages]

    def _listen(self) -> None:
        while True:
            try:
                self._messages.append(self._socket.recv(1 << 20))
            except TimeoutError:
                if self._stopping.is_set():
                    return


def _is_listened_to() -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(str(SYSLOG))
        except ConnectionRefusedError:
            return False
        except OSError:
            return True
    return True
