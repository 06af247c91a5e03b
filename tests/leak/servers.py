# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the registries, proxies and strangers of the cases: the embedded registry, and servers that repeat requests."""

from __future__ import annotations

import base64
import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from tests.registry import (
    LYING,
    NO_ENDPOINTS,
    NPM,
    VERDACCIO,
    Answer,
    Behaviour,
    EmbeddedRegistry,
    Recorder,
    Request,
    Tls,
)
from tests.registry.emulators import EMULATORS, HEALTHY, Emulator, Fault
from tests.registry.loopback import LoopbackServer, read_request
from tests.registry.names import TestAuthority

from .canaries import USER
from .driver_cases import DRIVER, ECHOING


def _all_say(answer: Answer | str) -> Behaviour:
    return Behaviour(whoami=answer, user=answer, logout=answer, list=answer, delete=answer)


def _but_logout(answer: Answer | str) -> Behaviour:
    """Make a behavior that knows the token, with a fault in the request that has the token in its path."""
    return Behaviour(logout=answer, list="missing", delete="missing")


#: Name -> behavior of an embedded registry.
BEHAVIOURS = {
    "npm": NPM,
    "verdaccio": VERDACCIO,
    "lying": LYING,
    "no_endpoints": NO_ENDPOINTS,
    "no_identity": Behaviour(whoami="missing", user="missing", logout="ok_but_valid"),
    "forbidden": _but_logout("forbidden"),
    "one_time_password": _but_logout("otp"),
    "reset": _but_logout("reset"),
    "cut": _but_logout("cut"),
    "too_many": _but_logout(Answer("too_many", retry_after="3600")),
    "server_error": _but_logout("server_error"),
    "html": _all_say("html"),
    "not_json": _all_say("not_json"),
    "drip": _all_say(Answer("drip", seconds=0.5)),
    "slow": _but_logout(Answer("slow", seconds=20)),
    "endless_headers": _but_logout("endless_headers"),
    "gzip_bomb": _but_logout("gzip_bomb"),
    "circles": _but_logout(Answer("redirect", location="{target}")),
}


@dataclass(frozen=True)
class Told:
    """The parts of a request that a server repeats."""

    method: str
    path: str
    token: str


def _reply(status: str, body: str, *fields: str) -> bytes:
    content = body.encode("utf-8")
    head = [f"HTTP/1.1 {status}", *fields, f"Content-Length: {len(content)}", "Connection: close", "", ""]
    return "\r\n".join(head).encode("utf-8") + content


def _alive(told: Told) -> bytes | None:
    return (
        _reply("200 OK", json.dumps({"username": USER}))
        if told.path.endswith(("/-/whoami", "/-/npm/v1/user"))
        else None
    )


def _echo(told: Told) -> bytes:
    """Repeat the token in every part of a response."""
    shown = f"{told.token} {told.path}"
    body = json.dumps({"error": shown, "message": shown, "username": 1, told.token: told.path})
    challenge = f'WWW-Authenticate: Bearer realm="{shown}"'
    return _reply(f"403 {shown}", body, challenge, f"X-{USER}: {shown}", f"Set-Cookie: {shown}")


def _echo_name(told: Told) -> bytes:
    """Repeat the token as the user name, and its path as the key in the list."""
    entries = [{"key": told.path, "token": f"{told.token[:8]}...{told.token[-8:]}"}] * 2
    return _reply("200 OK", json.dumps({"username": told.token, "objects": entries, "urls": {}, "ok": False}))


def _welcome(_told: Told) -> bytes:
    return _reply("200 OK", json.dumps({"username": USER}))


def _name_after(make_name: Callable[[Told], str]) -> Callable[[Told], bytes]:
    """Respond with a user name that is derived from the token."""
    return lambda told: _reply("200 OK", json.dumps({"username": make_name(told)}))


def _mangle_header(told: Told) -> bytes:
    fields = (f"no header at all: {told.path}", " folded", f"{told.token}", "Content-Type: application/json")
    return _alive(told) or _reply("200 OK", '{"ok": true}', *fields)


def _mangle_status(told: Told) -> bytes:
    return _alive(told) or f"{told.path} {told.token}\r\n\r\n".encode()


def _mangle_chunks(told: Told) -> bytes:
    head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    return _alive(told) or f"{head}{told.path}\r\n{told.token}\r\n".encode()


def _mangle_length(told: Told) -> bytes:
    return _alive(told) or f"HTTP/1.1 200 OK\r\nContent-Length: {told.path}\r\n\r\n{{}}".encode()


def _mangle_encoding(told: Told) -> bytes:
    return _alive(told) or _reply("200 OK", told.token, f"Content-Encoding: {told.path}", "Content-Encoding: gzip")


def _mangle_location(told: Told) -> bytes:
    return _alive(told) or _reply("302 Found", "", f"Location: http://[{told.token}/{told.path}")


def _mangle_port(told: Told) -> bytes:
    return _alive(told) or _reply("302 Found", "", f"Location: http://127.0.0.1:{told.token}{told.path}")


def _list_elsewhere(address: str) -> Callable[[Told], bytes]:
    def tell(told: Told) -> bytes:
        following = address.replace("TOKEN", told.token)
        listed = json.dumps({"objects": [], "urls": {"next": following}})
        missing = _reply("404 Not Found", "{}")
        return _alive(told) or (_reply("200 OK", listed) if told.path.endswith("/-/npm/v1/tokens") else missing)

    return tell


#: Name -> the response of a server that repeats the request.
PARROTS: dict[str, Callable[[Told], bytes]] = {
    "echo": _echo,
    "echo_name": _echo_name,
    "echo_base64": _name_after(lambda told: base64.b64encode(told.token.encode()).decode()),
    "echo_percent": _name_after(lambda told: quote(told.token, safe="")),
    "echo_half": _name_after(lambda told: told.token[: len(told.token) // 2]),
    "echo_path": _name_after(lambda told: f"{told.path} {told.token}"),
    "echo_password": _name_after(lambda told: base64.b64decode(told.token).decode()),
    "welcome": _welcome,
    "mangled_header": _mangle_header,
    "mangled_status": _mangle_status,
    "mangled_chunks": _mangle_chunks,
    "mangled_length": _mangle_length,
    "mangled_encoding": _mangle_encoding,
    "mangled_location": _mangle_location,
    "mangled_port": _mangle_port,
    "next_page_at_token": _list_elsewhere("https://TOKEN/"),
    "next_page_in_brackets": _list_elsewhere("https://[TOKEN]/"),
    "next_page_unclosed": _list_elsewhere("https://[TOKEN/"),
}


class Parrot(LoopbackServer):
    """Repeats the request in its response: the token, and the path that contains the token."""

    def __init__(self, answer: Callable[[Told], bytes]) -> None:
        super().__init__()
        self._answer = answer

    def serve(self, connection: socket.socket) -> None:
        with connection.makefile("rb") as reader:
            request = read_request(reader)
        if request is not None:
            self.record(request)
            connection.sendall(self._answer(_listen(request)))


def _listen(request: Request) -> Told:
    token = request.headers.get("authorization", "").partition(" ")[2]
    return Told(request.method, request.path, token)


@dataclass
class Servers:
    """All servers, by their names in the cases.

    :ivar strangers: hosts that no secret may reach.
    """

    folder: Path
    registries: dict[str, EmbeddedRegistry] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    strangers: list[Recorder] = field(default_factory=list)
    proxy: Recorder = field(default_factory=Recorder)
    emulators: dict[str, Emulator] = field(default_factory=dict)
    authority: TestAuthority | None = None

    def list_names(self, name: str) -> dict[str, int]:
        """Return the ports by host name of all emulators with the same fault as this one; empty for other servers."""
        if name not in self.emulators:
            return {}
        others = [
            emulator for other, emulator in self.emulators.items() if other.endswith(ECHOING) == name.endswith(ECHOING)
        ]
        return {host: port for emulator in others for host, port in emulator.ports.items()}

    def get_ca_file(self, name: str) -> str:
        if name in self.emulators and self.authority:
            return str(self.authority.ca_file)
        registry = self.registries.get(name)
        return str(registry.ca_file) if registry and registry.certificates else ""

    def list_strange_requests(self) -> bytes:
        """Return all requests that reached a stranger."""
        return b"\n".join(request.head + request.body for host in self.strangers for request in host.requests)


def find_closed_port() -> int:
    """Find a port of loopback without a listener."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextlib.contextmanager
def start_servers(folder: Path) -> Iterator[Servers]:
    """Start all servers."""
    servers = Servers(folder)
    with contextlib.ExitStack() as stack:
        stack.enter_context(servers.proxy)
        stranger = stack.enter_context(Recorder())
        servers.strangers.append(stranger)
        registries = {name: EmbeddedRegistry(behaviour) for name, behaviour in BEHAVIOURS.items()}
        registries["elsewhere"] = EmbeddedRegistry(
            _but_logout(Answer("redirect", status=307, location=f"{stranger.origin}{{target}}"))
        )
        registries["below"] = EmbeddedRegistry(path="/npm/private/")
        registries["tls"] = EmbeddedRegistry(tls=_make_tls(folder / "tls"), host="localhost")
        registries["tls_address"] = EmbeddedRegistry(tls=_make_tls(folder / "tls_address"))
        registries["tls_unknown"] = EmbeddedRegistry(
            tls=_make_tls(folder / "tls_unknown", unknown_ca=True), host="localhost"
        )
        for name, registry in registries.items():
            servers.registries[name] = stack.enter_context(registry)
            servers.urls[name] = registry.url
        for name, answer in PARROTS.items():
            servers.urls[name] = f"{stack.enter_context(Parrot(answer)).origin}/"
        servers.authority = TestAuthority(folder)
        for kind, emulator in EMULATORS.items():
            context = servers.authority.make_context(emulator.names)
            for name, fault in ((DRIVER + kind, HEALTHY), (DRIVER + kind + ECHOING, Fault(limit=429, echoes=True))):
                servers.emulators[name] = stack.enter_context(emulator(context, fault))
                servers.urls[name] = servers.emulators[name].url
        servers.urls["closed"] = f"http://127.0.0.1:{find_closed_port()}/"
        yield servers


def _make_tls(folder: Path, *, unknown_ca: bool = False) -> Tls:
    folder.mkdir()
    return Tls(folder, unknown_ca=unknown_ca)
