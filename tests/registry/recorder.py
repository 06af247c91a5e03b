# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record requests at an origin that is not the registry, or at a proxy."""

from __future__ import annotations

import ipaddress
import select
import socket
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

from .behaviour import FIXED, Answer, Reply, make_json
from .loopback import IDLE_SECONDS, LoopbackServer, Request, read_request
from .wire import send

TEMPTING = make_json(200, {"ok": True, "username": "stranger", "objects": [], "urls": {}})


def relay(one: socket.socket, other: socket.socket, stopping: threading.Event) -> None:
    """Copy bytes in both directions until one side closes."""
    while not stopping.is_set():
        for source in select.select((one, other), (), (), 0.1)[0]:
            data = source.recv(65536)
            if not data:
                return
            (other if source is one else one).sendall(data)


def rewrite_head(request: Request) -> bytes:
    """Rewrite the head for the origin: relative target, no headers for the proxy, one response per connection."""
    url = urlsplit(request.path)
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    lines = request.head.decode("latin-1").split("\r\n")[1:-2]
    kept = [line for line in lines if not line.lower().startswith(("proxy-", "connection:"))]
    first = f"{request.method} {target} HTTP/1.1"
    return "\r\n".join([first, *kept, "Connection: close", "", ""]).encode("latin-1")


class Recorder(LoopbackServer):
    """Logs every request. It has one response for its own paths. As a proxy it connects only to loopback."""

    def __init__(
        self, reply: Reply = TEMPTING, hosts: Mapping[str, int] | None = None, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        super().__init__(host, port)
        self.reply = reply
        self.hosts = dict(hosts or {})  # other names that the proxy resolves, and their ports on 127.0.0.1

    @property
    def url(self) -> str:
        return f"{self.origin}/"

    def saw(self, text: str) -> bool:
        """Check whether the head or body of any request contained this text."""
        return any(text.encode() in request.head + request.body for request in self.requests)

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            request = read_request(reader)
            if request is None:
                return
            serial = self.record(request)
            proxied = request.method == "CONNECT" or request.path.startswith("http://")
            upstream = self._dial(request) if proxied else None
            reply = self.reply if not proxied else FIXED["forbidden"]
            self.note_status(serial, None if upstream else reply.status)
            if upstream is None:
                send(connection, Answer(), reply, False, self.stopping)
                return
            with upstream:
                if request.method == "CONNECT":
                    connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                else:
                    upstream.sendall(rewrite_head(request) + request.body)
                relay(connection, upstream, self.stopping)

    def _dial(self, request: Request) -> socket.socket | None:
        """Connect to the target of the request; None if it is not on loopback."""
        url = urlsplit(request.path if "://" in request.path else f"//{request.path}")
        host, port = url.hostname or "", url.port or 80
        if host in self.hosts:
            host, port = "127.0.0.1", self.hosts[host]
        if host != "localhost" and not is_loopback(host):
            return None
        return socket.create_connection((host, port), IDLE_SECONDS)


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
