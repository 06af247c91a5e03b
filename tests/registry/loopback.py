# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Serve requests on loopback and log them. The server stops within two seconds, whatever its clients do."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from io import BufferedReader
from typing import TypeVar

IDLE_SECONDS = 30.0  # a client that sends nothing for this time is disconnected
MAX_HEAD = 65536
MAX_BODY = 1 << 20

_Server = TypeVar("_Server", bound="LoopbackServer")


@dataclass(frozen=True)
class Request:
    """A request as received. `status` is the status of the response; None if no status line was sent."""

    method: str
    path: str  # the raw request target, percent-encoding and query included
    headers: Mapping[str, str]  # names in lower case
    body: bytes
    head: bytes
    status: int | None = None


def read_request(reader: BufferedReader) -> Request | None:
    """Read one request; None if the client has closed the connection or does not send HTTP."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        line = reader.readline(MAX_HEAD)
        head += line
        if not line or len(head) > MAX_HEAD:
            return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, rest = first.partition(" ")[::2]
    headers: dict[str, str] = {}
    for name, colon, value in (line.partition(":") for line in lines):
        if colon:
            key = name.strip().lower()
            headers[key] = f"{headers[key]}, {value.strip()}" if key in headers else value.strip()
    length = headers.get("content-length", "0")
    body = reader.read(min(int(length), MAX_BODY)) if length.isdigit() else b""
    return Request(method, rest.rpartition(" ")[0], headers, body, head)


def shake_hands(connection: ssl.SSLSocket) -> None:
    """Begin TLS. Do not close at once after a failure: the client could miss the alert with the reason."""
    try:
        connection.do_handshake()
    except ssl.SSLError:
        socket.socket.shutdown(connection, socket.SHUT_WR)
        connection.settimeout(1.0)
        while socket.socket.recv(connection, 65536):
            pass
        raise


class LoopbackServer:
    """Accepts connections, each in a thread, and can close all of them."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, context: ssl.SSLContext | None = None) -> None:
        self.host = host
        self.port = port
        self.stopping = threading.Event()
        self._context = context
        self._lock = threading.RLock()
        self._open: set[socket.socket] = set()
        self._log: dict[int, Request] = {}
        self._serial = 0

    @property
    def origin(self) -> str:
        """The server's scheme, host and port, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{'https' if self._context else 'http'}://{host}:{self.port}"

    @property
    def requests(self) -> tuple[Request, ...]:
        """The requests so far, in the order of arrival."""
        with self._lock:
            return tuple(self._log.values())

    def forget_requests(self) -> None:
        """Clear the log of requests."""
        with self._lock:
            self._log.clear()

    def record(self, request: Request) -> int:
        """Log a request, and return its number for `note_status`."""
        with self._lock:
            self._serial += 1
            self._log[self._serial] = request
            return self._serial

    def note_status(self, serial: int, status: int | None) -> None:
        """Complete a logged request before its response is sent, so that the client finds it in the log."""
        with self._lock:
            if serial in self._log:
                self._log[serial] = replace(self._log[serial], status=status)

    def serve(self, connection: socket.socket) -> None:
        """Serve one client until the client or the server stops."""
        raise NotImplementedError

    def start(self) -> None:
        """Bind the port and accept connections. Sets `port` to the real port."""
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.port), family=family, backlog=128)
        self._listener.settimeout(0.05)  # so that the accepting thread sees `stopping`
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop accepting, close every connection, and wait briefly for their threads to end."""
        self.stopping.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # on Linux this wakes the accepting thread at once
        self._thread.join(1.0)
        self._listener.close()
        with self._lock:
            for connection in self._open:
                # SSLSocket's own method would remove the TLS state while another thread uses it.
                with contextlib.suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)
        deadline = time.monotonic() + 0.8
        while self._open and time.monotonic() < deadline:
            time.sleep(0.01)

    def __enter__(self: _Server) -> _Server:
        self.start()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.stop()

    def _accept(self) -> None:
        while not self.stopping.is_set():
            try:
                connection = self._listener.accept()[0]
                # As real servers do. Otherwise a response waits 40 ms for an acknowledgement of earlier data.
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                if self._context:
                    # The handshake waits for the client, so it is done in the thread of the client.
                    connection = self._context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
            except OSError:
                continue  # no client, or the client has disconnected
            connection.settimeout(IDLE_SECONDS)
            with self._lock:
                self._open.add(connection)
            threading.Thread(target=self._attend, args=(connection,), daemon=True).start()

    def _attend(self, connection: socket.socket) -> None:
        try:
            if isinstance(connection, ssl.SSLSocket):
                shake_hands(connection)
            self.serve(connection)
        except OSError:
            pass  # the client disconnected, rejected our certificate, or was disconnected by stop()
        finally:
            connection.close()
            with self._lock:
                self._open.discard(connection)
