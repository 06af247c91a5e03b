# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Let a test process reach emulators under the names of the real registries, without root and without DNS.

The lookup of a name returns the address and port of its emulator on loopback. The certificates are signed by a CA of
the tests, so that a client verifies the real name as usual.
"""

from __future__ import annotations

import contextlib
import json
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

#: The variable with the ports by name, as JSON, for a process that imports ``resolver/sitecustomize.py``.
VARIABLE = "NPMOPS_TEST_NAMES"
#: The directory for the PYTHONPATH of such a process.
RESOLVER = Path(__file__).parent / "resolver"


class TestAuthority:
    """A CA that signs certificates for any name."""

    __test__ = False

    def __init__(self, directory: Path) -> None:
        import trustme

        self._authority = trustme.CA()
        self.ca_file = directory / "test-ca.pem"
        self._authority.cert_pem.write_to_path(str(self.ca_file))

    def make_context(self, names: Iterable[str]) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._authority.issue_cert(*names).configure_cert(context)
        return context


def redirect_lookups(ports: Mapping[str, int], look_up: Callable[..., Any]) -> Callable[..., Any]:
    """Return a ``getaddrinfo`` that resolves these names, and passes all others to the given function."""

    def getaddrinfo(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode("ascii", "replace") if isinstance(host, bytes) else host
        if name in ports:
            return [(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("127.0.0.1", ports[name]))]
        return look_up(host, port, *args, **kwargs)

    return getaddrinfo


@contextlib.contextmanager
def use_names(ports: Mapping[str, int]) -> Iterator[None]:
    """Map these names to these ports of loopback for the process, within the block."""
    before = socket.getaddrinfo
    socket.getaddrinfo = redirect_lookups(ports, before)
    try:
        yield
    finally:
        socket.getaddrinfo = before


def make_environment(ports: Mapping[str, int]) -> dict[str, str]:
    """Return the environment variables with which another Python reaches these names."""
    return {VARIABLE: json.dumps(dict(ports)), "PYTHONPATH": str(RESOLVER)}
