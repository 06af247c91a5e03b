# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Send a response to the client: complete, delayed, in pieces, cut off, or endless."""

from __future__ import annotations

import http.client
import itertools
import socket
import struct
import threading
import time
from collections.abc import Iterable, Iterator

from .behaviour import Answer, Reply

LONGEST = 60.0  # the limit of an endless response, in seconds
UNANSWERED = ("reset", "cut_after_work")  # kinds without a status line


def make_head(reply: Reply, *fields: str) -> bytes:
    lines = [f"HTTP/1.1 {reply.status} {http.client.responses.get(reply.status, '')}", *fields]
    lines += [f"Content-Type: {reply.content_type}"] if reply.body else []
    lines += [f"{name}: {value}" for name, value in reply.headers]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def flood(connection: socket.socket, chunks: Iterable[bytes], stopping: threading.Event) -> None:
    """Send until the client closes the connection."""
    deadline = time.monotonic() + LONGEST
    for chunk in chunks:
        if stopping.is_set() or time.monotonic() > deadline:
            return
        connection.sendall(chunk)


def make_endless_headers(head: bytes) -> Iterator[bytes]:
    yield head[:-2]
    for number in itertools.count():
        yield f"X-Filler-{number}: {'x' * 100}\r\n".encode()


def drip(connection: socket.socket, data: bytes, seconds: float, stopping: threading.Event) -> None:
    for number in range(len(data)):
        connection.sendall(data[number : number + 1])
        if stopping.wait(seconds):
            return


def send(connection: socket.socket, answer: Answer, reply: Reply, keep: bool, stopping: threading.Event) -> bool:
    """Send a reply in the way that its answer requires; false if the connection must be closed."""
    length = () if reply.status == 204 else (f"Content-Length: {len(reply.body)}",)
    head = make_head(reply, *length, f"Connection: {'keep-alive' if keep else 'close'}")
    if answer.kind == "reset":
        # With a linger time of zero, close() sends RST instead of FIN.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    elif answer.kind == "cut":
        connection.sendall(head + reply.body[:1])
    elif answer.kind == "huge":
        start = [make_head(reply, "Connection: close"), b'{"username": "']
        flood(connection, itertools.chain(start, itertools.repeat(b"x" * 65536)), stopping)
    elif answer.kind == "endless_headers":
        flood(connection, make_endless_headers(head), stopping)
    elif answer.kind == "drip":
        drip(connection, head + reply.body, answer.get_seconds(), stopping)
        return keep
    elif answer.kind != "cut_after_work":
        if answer.kind == "slow" and stopping.wait(answer.get_seconds()):
            return False
        connection.sendall(head + reply.body)
        return keep
    return False
