# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reach the emulators of the tests under the names of the real registries; see ``tests/registry/names.py``."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

_PORTS = json.loads(os.environ.get("NPMOPS_TEST_NAMES", "{}"))
_look_up = socket.getaddrinfo


def _getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> Any:
    name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
    if name in _PORTS:
        return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", _PORTS[name]))]
    return _look_up(host, *args, **kwargs)


socket.getaddrinfo = _getaddrinfo
