# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run a registry that writes arbitrary bytes instead of HTTP, with a script for each endpoint that must misbehave."""

from __future__ import annotations

import itertools
import json
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tests.registry import EmbeddedRegistry, Request
from tests.registry.endpoints import find_endpoint
from tests.registry.loopback import LoopbackServer, read_request

PATIENCE = 60.0  # the limit of endless responses, in seconds


@dataclass(frozen=True)
class Line:
    """The server's end of a connection, with the request to answer."""

    connection: socket.socket
    stopping: threading.Event
    request: Request
    count: int  # the number of earlier requests to this endpoint

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def send_last(self, data: bytes) -> None:
        """Send data with the end of the connection in the last packet, so that the client receives both together."""
        self.connection.sendall(data, socket.MSG_MORE)
        self.connection.shutdown(socket.SHUT_WR)

    def flood(self, chunks: Iterator[bytes], seconds: float = PATIENCE) -> None:
        """Send until the client closes the connection."""
        deadline = time.monotonic() + seconds
        for chunk in chunks:
            if self.stopping.is_set() or time.monotonic() > deadline:
                return
            self.send(chunk)

    def pause(self, seconds: float = PATIENCE) -> None:
        self.stopping.wait(seconds)


#: Writes a response. The connection is then closed unless the script returns True.
Script = Callable[[Line], Any]


class RawRegistry(EmbeddedRegistry):
    """The embedded registry, with scripts for some endpoints. Counts its connections."""

    def __init__(self, scripts: Mapping[str, Script] | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.scripts = dict(scripts or {})
        self.connections = 0
        self.asked: Counter[str] = Counter()

    def serve(self, connection: socket.socket) -> None:
        with self._lock:
            self.connections += 1
        with connection.makefile("rb") as reader:
            keep = True
            while keep and not self.stopping.is_set():
                request = read_request(reader)
                keep = request is not None and self._answer(connection, request)

    def _answer(self, connection: socket.socket, request: Request) -> bool:
        endpoint = find_endpoint(request.method, request.path, self.path)[0] or ""
        with self._lock:
            count = self.asked[endpoint]
            self.asked[endpoint] += 1
        script = self.scripts.get(endpoint)
        if script is None:
            return self._respond(connection, request)
        self.record(request)
        return script(Line(connection, self.stopping, request, count)) is True


class Mute(LoopbackServer):
    """Accepts connections, reads everything, and sends given data without a request."""

    def __init__(self, words: bytes = b"") -> None:
        super().__init__()
        self.words = words
        self.heard = b""

    def serve(self, connection: socket.socket) -> None:
        connection.sendall(self.words)
        while data := connection.recv(65536):
            self.heard += data


def say(data: bytes) -> Script:
    """Write these bytes and close."""
    return lambda line: line.send_last(data)


def say_and_wait(data: bytes) -> Script:
    """Write these bytes, then nothing, and keep the connection open."""

    def script(line: Line) -> None:
        line.send(data)
        line.pause()

    return script


def say_and_reset(data: bytes) -> Script:
    """Write these bytes, give the client a moment to read them, and reset the connection."""

    def script(line: Line) -> None:
        line.send(data)
        line.pause(0.1)
        # With a linger time of zero, close() sends RST instead of FIN.
        line.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))

    return script


def say_forever(data: bytes, again: bytes) -> Script:
    """Write these bytes, then the others repeatedly."""
    # In large pieces, so that the client is the bottleneck and not this loop.
    piece = again * max(1, 65536 // len(again))
    return lambda line: line.flood(itertools.chain([data], itertools.repeat(piece)))


def drip(data: bytes, seconds: float) -> Script:
    """Write these bytes one by one, with a pause after each."""

    def script(line: Line) -> None:
        for number in range(len(data)):
            line.send(data[number : number + 1])
            if line.stopping.wait(seconds):
                return

    return script


def answer(body: bytes, *fields: str, status: str = "200 OK") -> bytes:
    """Make a complete and valid response."""
    return head(*fields, f"Content-Length: {len(body)}", status=status) + body


def head(*fields: str, status: str = "200 OK") -> bytes:
    """Make a status line and headers, with the empty line after them."""
    return "\r\n".join([f"HTTP/1.1 {status}", "Content-Type: application/json", *fields, "", ""]).encode("latin-1")


def answer_json(value: object, *fields: str, status: str = "200 OK") -> bytes:
    return answer(json.dumps(value).encode(), *fields, status=status)


def keep_saying(data: bytes) -> Script:
    """Respond with these bytes and keep the connection."""

    def script(line: Line) -> bool:
        line.send(data)
        return True

    return script


def at_first(script: Script, times: int, then: Script) -> Script:
    """Use one script for the first requests to an endpoint, and another for later ones."""
    return lambda line: (script if line.count < times else then)(line)
