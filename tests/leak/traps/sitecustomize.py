# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Break the function that LEAK_TRAP names while the module runs. Python imports this file on the managed host.

The simulated errors of the system contain no secrets. Those of the HTTP library contain the URL and headers of the
request, as its real errors do.
"""

from __future__ import annotations

import atexit
import builtins
import errno
import hashlib
import json
import logging
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any


class Panic(BaseException):
    """Like the exception of a panic in an extension module in another language."""


def _break_with_cause(*_args: Any, **_kwargs: Any) -> Any:
    try:
        raise OSError(errno.EIO, "the disk is broken")
    except OSError as problem:
        raise RuntimeError("broken on purpose") from problem


def _trap_rename() -> None:
    import ctypes

    class Library(ctypes.CDLL):
        # With this function of the C library, a file replaces another one.
        def __getattr__(self, name: str) -> Any:
            return _break_with_cause if name == "renameat2" else super().__getattr__(name)

    ctypes.CDLL = Library  # type: ignore[misc]


def _trap_fsync() -> None:
    os.fsync = _break_with_cause


def _trap_disk_full() -> None:
    def fsync(fd: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    os.fsync = fsync


def _trap_digest() -> None:
    whole = hashlib.sha256

    def sha256(*args: Any, **kwargs: Any) -> Any:
        # Calls from Python's and Ansible's files still work.
        caller = sys._getframe(1).f_globals.get("__name__", "")
        return _break_with_cause() if "npmops" in caller else whole(*args, **kwargs)

    hashlib.sha256 = sha256


def _trap_print() -> None:
    whole = builtins.print

    def print_(*args: Any, **kwargs: Any) -> None:
        # The results exist, but cannot be returned.
        _break_with_cause() if any("credentials" in str(item) for item in args) else whole(*args, **kwargs)

    builtins.print = print_


def _raise_from_requests(kind: Callable[[str], BaseException]) -> Callable[[], None]:
    def trap() -> None:
        import requests

        def send(_self: Any, request: Any, **kwargs: Any) -> Any:
            raise kind(f"Max retries exceeded with url: {request.url} (headers: {request.headers}, {kwargs})")

        requests.adapters.HTTPAdapter.send = send  # type: ignore[method-assign,assignment]

    return trap


def _trap_logging() -> None:
    logging.basicConfig(level=logging.DEBUG)


def _trap_neighbour() -> None:
    """Start another process of the account with additional environment variables."""
    environment = {**os.environ, **json.loads(os.environ["LEAK_NEIGHBOUR"])}
    null = subprocess.DEVNULL
    process = subprocess.Popen(["sleep", "60"], env=environment, stdin=null, stdout=null, stderr=null)
    atexit.register(process.kill)


TRAPS = {
    "rename": _trap_rename,
    "fsync": _trap_fsync,
    "disk_full": _trap_disk_full,
    "digest": _trap_digest,
    "print": _trap_print,
    "requests": _raise_from_requests(RuntimeError),
    "requests_os_error": _raise_from_requests(OSError),
    "requests_panic": _raise_from_requests(Panic),
    "logging": _trap_logging,
    "neighbour": _trap_neighbour,
}

if os.environ.get("LEAK_TRAP"):
    TRAPS[os.environ["LEAK_TRAP"]]()
