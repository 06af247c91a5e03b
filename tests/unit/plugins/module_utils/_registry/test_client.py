# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whom the HTTP client trusts, which proxy it uses, and what it never reports."""

from __future__ import annotations

import base64
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.poolmanager import pool_classes_by_scheme

from ansible_collections.npmops.auth.plugins.module_utils._errors import MissingLibrary, NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry import client as _http
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import Answer as HttpAnswer
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import (
    RegistryClient,
    Trust,
    is_same_origin,
    require_requests,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms
from tests.hostile.servers import RawRegistry
from tests.registry import NPM, Answer, EmbeddedRegistry, Recorder, Tls
from tests.registry.tls import Certificates

TOKEN = "npm_Abcdefghij0123456789/+=hij012345"
PASSWORD = "proxyPassw0rd"
PROXY_VARIABLES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ftp_proxy")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing of the machine that runs the tests: no proxies, no bundles, a home of its own."""
    for name in (*PROXY_VARIABLES, *(item.upper() for item in PROXY_VARIABLES)):
        monkeypatch.delenv(name, raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR", "NETRC"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry() as registry:
        registry.create_token("alice", TOKEN)
        yield registry


def whoami(
    url: str, trust: Trust | None = None, options: ConnectionOptions | None = None, target: str = "-/whoami", **how: Any
) -> HttpAnswer:
    """One question to a registry, as it is to be reached."""
    options = options or ConnectionOptions(timeout=60, retries=0)
    client = RegistryClient(parse_registry(url), Connection(options=options, **how), trust or Trust())
    try:
        return client.ask("GET", target, Secret(TOKEN), time.monotonic() + 10)
    finally:
        client.close()


def refuse(url: str, trust: Trust | None = None, **how: Any) -> str:
    """The reason why there is no answer; checked for secrets, with all that Python knows of it."""
    with pytest.raises(NoAnswer) as caught:
        whoami(url, trust, **how)
    told = "".join(traceback.format_exception(caught.value, limit=0))
    for secret in (TOKEN, PASSWORD):
        assert not [form for form in list_forms(Secret(secret)) if form in told]
    assert caught.value.__cause__ is None
    return str(caught.value)


# TLS -----------------------------------------------------------------------------------------------------------------


def start_tls(folder: Path, **special: bool) -> EmbeddedRegistry:
    folder.mkdir(exist_ok=True)
    registry = EmbeddedRegistry(tls=Tls(folder, **special))
    registry.create_token("alice", TOKEN)
    return registry


def files_of(registry: EmbeddedRegistry) -> Certificates:
    assert registry.certificates
    return registry.certificates


def trust_of(registry: EmbeddedRegistry) -> Trust:
    return Trust((registry.ca_file.read_text(),))


def localhost(registry: EmbeddedRegistry) -> str:
    """The registry by its name: the address alone is a case of its own."""
    return registry.url.replace("127.0.0.1", "localhost")


def make_ca_directory(folder: Path, ca_file: Path) -> str:
    """A directory of CA certificates as OpenSSL wants it: each file under the hash of its subject."""
    command = ("openssl", "x509", "-noout", "-subject_hash", "-in", str(ca_file))
    name = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout.strip()
    folder.mkdir()
    shutil.copy(ca_file, folder / f"{name}.0")
    return str(folder)


def test_own_authority_as_text(tmp_path: Path) -> None:
    with start_tls(tmp_path) as registry:
        assert whoami(localhost(registry), trust_of(registry)).body == {"username": "alice"}


def test_own_authority_by_address(tmp_path: Path) -> None:
    with start_tls(tmp_path) as registry:
        assert whoami(registry.url, trust_of(registry)).status == 200


def test_own_authority_as_file(tmp_path: Path) -> None:
    with start_tls(tmp_path) as registry:
        assert whoami(localhost(registry), ca_path=str(registry.ca_file)).status == 200


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl, which names the file, is not installed")
def test_own_ca_certificates_as_directory(tmp_path: Path) -> None:
    with start_tls(tmp_path) as registry:
        folder = make_ca_directory(tmp_path / "authorities", registry.ca_file)
        assert whoami(localhost(registry), ca_path=folder).status == 200


def test_one_authority_among_several(tmp_path: Path) -> None:
    with start_tls(tmp_path / "one") as one, start_tls(tmp_path / "two") as two:
        trust = Trust((one.ca_file.read_text(), two.ca_file.read_text()))
        assert whoami(localhost(one), trust).status == 200
        assert whoami(localhost(two), trust).status == 200


def test_playbook_s_ca_certificates_count_in_place_of_the_store_s(tmp_path: Path) -> None:
    with start_tls(tmp_path / "one") as one, start_tls(tmp_path / "two") as two:
        trust = Trust((two.ca_file.read_text(),))
        assert whoami(localhost(one), trust, ca_path=str(one.ca_file)).status == 200
        assert "not trusted" in refuse(localhost(two), trust, ca_path=str(one.ca_file))


def test_own_authority_with_a_comment_that_is_no_ascii(tmp_path: Path) -> None:
    """A bundle's comments say whose authority it is, in whatever language."""
    with start_tls(tmp_path) as registry:
        text = f"# Bundesdruckerei f\u00fcr alle\n{registry.ca_file.read_text()}# \u2713\n"
        assert whoami(localhost(registry), Trust((text,))).status == 200


REFUSED = {
    "a system that does not know the authority": ({}, False, "a CA that is not trusted here"),
    "an unknown authority": ({"unknown_ca": True}, True, "a CA that is not trusted here"),
    "another host's certificate": ({"wrong_name": True}, True, "is for another host name"),
    "expired": ({"expired": True}, True, "has expired"),
    "a client certificate is wanted": ({"client_certificate": True}, True, "TLS handshake failed"),
}


@pytest.mark.parametrize(
    ("special", "trusted", "reason"), [pytest.param(*value, id=name) for name, value in REFUSED.items()]
)
def test_refused_certificate(tmp_path: Path, special: dict[str, bool], trusted: bool, reason: str) -> None:
    """The registry sees no request, and the person learns why."""
    with start_tls(tmp_path, **special) as registry:
        assert reason in refuse(localhost(registry), trust_of(registry) if trusted else Trust())
        assert not registry.requests


def test_another_address_s_certificate(tmp_path: Path) -> None:
    with start_tls(tmp_path, wrong_name=True) as registry:
        assert "is for another address" in refuse(registry.url, trust_of(registry))
        assert not registry.requests


@pytest.mark.parametrize("special", ["wrong_name", "expired", "unknown_ca"])
def test_not_validated(tmp_path: Path, special: str) -> None:
    """Only where playbook or store say so."""
    with start_tls(tmp_path, **{special: True}) as registry:
        assert whoami(registry.url, trust_of(registry), validate=False).status == 200


@pytest.fixture
def system_authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddedRegistry]:
    """A registry that the system trusts, on a Debian whose urllib3 validates with the system's CA certificates."""
    with start_tls(tmp_path / "system") as registry:

        class DebianPool(HTTPSConnectionPool):
            def __init__(self, *args: Any, **kwargs: Any) -> None:
                defaults = {"cert_reqs": "CERT_REQUIRED", "ca_certs": str(registry.ca_file)}
                super().__init__(*args, **{**defaults, **kwargs})

        monkeypatch.setitem(pool_classes_by_scheme, "https", DebianPool)
        yield registry


def test_not_validated_on_debian(tmp_path: Path, system_authority: EmbeddedRegistry) -> None:
    with start_tls(tmp_path / "other", unknown_ca=True) as registry:
        assert whoami(localhost(registry), validate=False).status == 200


def test_ca_certificates_of_debian_do_not_count_beside_the_store_s(
    tmp_path: Path, system_authority: EmbeddedRegistry
) -> None:
    with start_tls(tmp_path / "other") as registry:
        assert whoami(localhost(registry), trust_of(registry)).status == 200
        assert "not trusted" in refuse(localhost(system_authority), trust_of(registry))


@pytest.mark.parametrize("has_memory_files", [True, False], ids=["memory file", "pipe"])
def test_client_certificate_of_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_memory_files: bool
) -> None:
    """Also where Python or the C library has no files in memory."""
    if not has_memory_files:
        monkeypatch.delattr(os, "memfd_create")
    with start_tls(tmp_path, client_certificate=True) as registry:
        files = files_of(registry)
        pair = Secret(f"{files.client_cert.read_text()}\n{files.client_key.read_text()}")
        trust = trust_of(registry)._replace(certificate=pair)
        assert whoami(localhost(registry), trust).status == 200


def test_client_certificate_of_the_playbook(tmp_path: Path) -> None:
    with start_tls(tmp_path, client_certificate=True) as registry:
        files = files_of(registry)
        options = ConnectionOptions(client_cert=str(files.client_cert), client_key=str(files.client_key), retries=0)
        assert whoami(localhost(registry), trust_of(registry), options).status == 200


def test_client_certificate_and_key_in_one_file(tmp_path: Path) -> None:
    with start_tls(tmp_path, client_certificate=True) as registry:
        files, pair = files_of(registry), tmp_path / "pair.pem"
        pair.write_text(files.client_cert.read_text() + files.client_key.read_text())
        options = ConnectionOptions(client_cert=str(pair), retries=0)
        assert whoami(localhost(registry), trust_of(registry), options).status == 200


def test_nothing_of_a_client_certificate_is_written_to_a_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    test_client_certificate_of_the_store(tmp_path, monkeypatch, False)
    assert not list(folder.iterdir())


UNUSABLE = {
    "authorities that are no PEM": ({"trust": Trust(("nonsense",))}, "CA certificates"),
    "a file of authorities that is none": ({"ca_path": __file__}, "CA certificates"),
    "a file of authorities that is not there": ({"ca_path": "/nowhere/ca.pem"}, "CA certificates"),
    "a client certificate that is no PEM": ({"trust": Trust((), Secret("nonsense"))}, "client certificate"),
    "a client certificate of the playbook that is none": (
        {"options": ConnectionOptions(client_cert=__file__)},
        "client certificate",
    ),
}


@pytest.mark.parametrize(("how", "reason"), [pytest.param(*value, id=name) for name, value in UNUSABLE.items()])
def test_unusable_certificates(how: dict[str, Any], reason: str) -> None:
    """Said in our own words, before anything is sent; and plain http does not care."""
    assert reason in refuse("https://npm.example.com/", **how)


def test_encrypted_key_does_not_ask_for_its_password(tmp_path: Path) -> None:
    """There is nobody to type it."""
    from cryptography.hazmat.primitives import serialization

    with start_tls(tmp_path, client_certificate=True) as registry:
        files = files_of(registry)
        key = serialization.load_pem_private_key(files.client_key.read_bytes(), None)
        protected = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"not for us"),
        ).decode()
        pair = Secret(files.client_cert.read_text() + protected)
        assert "client certificate" in refuse(localhost(registry), trust_of(registry)._replace(certificate=pair))


# The environment of who runs it --------------------------------------------------------------------------------------


def test_netrc_is_ignored(registry: EmbeddedRegistry) -> None:
    """requests would send its password in place of our token."""
    netrc = Path.home() / ".netrc"
    netrc.write_text("machine 127.0.0.1 login stranger password secret\ndefault login stranger password secret\n")
    netrc.chmod(0o600)
    assert whoami(registry.url).body == {"username": "alice"}
    assert [request.headers["authorization"] for request in registry.requests] == [f"Bearer {TOKEN}"]


def test_bundle_of_the_environment_is_ignored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It could only widen whom we trust."""
    with start_tls(tmp_path) as registry:
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(registry.ca_file))
        monkeypatch.setenv("CURL_CA_BUNDLE", str(registry.ca_file))
        assert "not trusted" in refuse(localhost(registry))


@pytest.mark.parametrize("variable", ["http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"])
def test_proxy_of_the_environment(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch, variable: str) -> None:
    with Recorder() as proxy:
        monkeypatch.setenv(variable, proxy.origin)
        assert whoami(registry.url).body == {"username": "alice"}
        assert [request.path for request in proxy.requests] == [f"{registry.url}-/whoami"]


@pytest.mark.parametrize("no_proxy", ["127.0.0.1", "*", "example.com,127.0.0.1", "127.0.0.0/8"])
def test_no_proxy_of_the_environment(
    registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch, no_proxy: str
) -> None:
    with Recorder() as proxy:
        monkeypatch.setenv("http_proxy", proxy.origin)
        monkeypatch.setenv("no_proxy", no_proxy)
        assert whoami(registry.url).status == 200
        assert not proxy.requests


def test_no_proxy_for_others(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder() as proxy:
        monkeypatch.setenv("http_proxy", proxy.origin)
        monkeypatch.setenv("no_proxy", "example.com")
        assert whoami(registry.url).status == 200
        assert len(proxy.requests) == 1


def test_no_proxy_of_the_store(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder() as proxy:
        monkeypatch.setenv("http_proxy", proxy.origin)
        assert whoami(registry.url, no_proxy="127.0.0.1").status == 200
        assert whoami(registry.url, proxy=Secret(proxy.origin), no_proxy="127.0.0.1").status == 200
        assert not proxy.requests


def test_without_proxy(registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    with Recorder() as proxy:
        monkeypatch.setenv("http_proxy", proxy.origin)
        options = ConnectionOptions(use_proxy=False, retries=0)
        assert whoami(registry.url, options=options).status == 200
        assert whoami(registry.url, options=options, proxy=Secret(proxy.origin)).status == 200
        assert not proxy.requests


def test_proxy_of_the_store_counts_before_the_environment_s(
    registry: EmbeddedRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Recorder() as own, Recorder() as other:
        monkeypatch.setenv("http_proxy", other.origin)
        assert whoami(registry.url, proxy=Secret(own.origin)).status == 200
        assert len(own.requests) == 1
        assert not other.requests


def test_proxy_without_a_scheme(registry: EmbeddedRegistry) -> None:
    with Recorder() as proxy:
        assert whoami(registry.url, proxy=Secret(f"127.0.0.1:{proxy.port}")).status == 200
        assert len(proxy.requests) == 1


def test_password_of_a_proxy_is_for_the_proxy_alone(registry: EmbeddedRegistry) -> None:
    with Recorder() as proxy:
        url = f"http://bob:{PASSWORD}@127.0.0.1:{proxy.port}"
        assert whoami(registry.url, proxy=Secret(url)).status == 200
        expected = base64.b64encode(f"bob:{PASSWORD}".encode()).decode()
        assert [request.headers["proxy-authorization"] for request in proxy.requests] == [f"Basic {expected}"]
        assert [request.headers["authorization"] for request in registry.requests] == [f"Bearer {TOKEN}"]
        assert "proxy-authorization" not in registry.requests[0].headers


@pytest.mark.parametrize("by_store", [True, False], ids=["the store's", "the environment's"])
def test_proxy_carries_tls_without_seeing_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_store: bool) -> None:
    with start_tls(tmp_path) as registry, Recorder() as proxy:
        monkeypatch.setenv("https_proxy", "" if by_store else proxy.origin)
        how = {"proxy": Secret(proxy.origin)} if by_store else {}
        assert whoami(localhost(registry), trust_of(registry), **how).status == 200
        assert [request.method for request in proxy.requests] == ["CONNECT"]
        assert not proxy.saw(TOKEN)


def test_certificate_behind_a_proxy_is_validated(tmp_path: Path) -> None:
    with start_tls(tmp_path) as registry, Recorder() as proxy:
        assert "not trusted" in refuse(localhost(registry), proxy=Secret(proxy.origin))
        assert not registry.requests


PROXY_PROBLEMS = {
    "refuses connections": "http://bob:{password}@127.0.0.1:1",
    "is not to be found": "http://bob:{password}@proxy.example.com:3128",
    "is of a kind that we do not speak": "gopher://bob:{password}@127.0.0.1:1",
    "is no URL": "http://bob:{password}@[::1",
    "has no port": "http://bob:{password}@127.0.0.1:no",
    "is socks": "socks5://bob:{password}@127.0.0.1:1",
}


@pytest.mark.parametrize("url", [pytest.param(value, id=name) for name, value in PROXY_PROBLEMS.items()])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_proxy_that(url: str, scheme: str) -> None:
    """Whatever is wrong with it, its password is not told."""
    assert refuse(f"{scheme}://npm.example.com/", proxy=Secret(url.format(password=PASSWORD)))


def test_proxy_that_refuses_to_connect() -> None:
    with Recorder() as proxy:
        url = f"http://bob:{PASSWORD}@127.0.0.1:{proxy.port}"
        assert "proxy" in refuse("https://npm.example.com/", proxy=Secret(url))
        assert not proxy.saw(TOKEN)


# What goes over the wire ---------------------------------------------------------------------------------------------

PATHS = {
    "two slashes at its beginning": "//npm/repo/",
    "three slashes at its beginning": "///npm/",
    "two slashes inside": "/npm//repo/",
    "percent-encoded": "/npm%2Frepo/",
    "a plus and an equals sign": "/a+b=c/",
    "a tilde": "/~alice/",
    "a semicolon": "/npm;v=1/",
}


@pytest.mark.parametrize("path", [pytest.param(value, id=name) for name, value in PATHS.items()])
@pytest.mark.parametrize("proxied", [False, True], ids=["direct", "by a proxy"])
def test_path_is_sent_unchanged(path: str, proxied: bool) -> None:
    """requests would fold slashes and decode what need not be encoded: another resource."""
    with Recorder() as server, Recorder() as proxy:
        how: dict[str, Any] = {"proxy": Secret(proxy.origin)} if proxied else {}
        whoami(f"{server.origin}{path}", target="-/user/token/%2Fa%2B%41", **how)
        assert [request.path for request in server.requests] == [f"{path}-/user/token/%2Fa%2B%41"]


def test_request(registry: EmbeddedRegistry) -> None:
    whoami(registry.url)
    (request,) = registry.requests
    assert request.head.decode().lower().count("authorization:") == 1
    assert request.headers["authorization"] == f"Bearer {TOKEN}"
    assert request.headers["accept"] == "application/json"
    assert request.headers["cache-control"] == "no-cache"
    assert request.headers["host"] == f"127.0.0.1:{registry.port}"
    assert "cookie" not in request.headers


def test_cookies_are_not_kept() -> None:
    """A session cookie could answer for a token that is revoked."""
    behaviour = replace(NPM, headers=(("Set-Cookie", "session=alice; Path=/"),))
    with EmbeddedRegistry(behaviour) as registry:
        client = RegistryClient(parse_registry(registry.url), Connection(ConnectionOptions()), Trust())
        for _number in range(2):
            client.ask("GET", "-/whoami", Secret(TOKEN), time.monotonic() + 5)
        client.close()
        assert ["cookie" in request.headers for request in registry.requests] == [False, False]


CONNECTIONS = {
    "whole answers": ("real", 1),
    "answers without a body": ("no_content", 1),
    "redirects": (Answer("redirect", location="/moved{target}"), 1),
    "answers that are not read to their end": ("huge", 5),
}


@pytest.mark.parametrize(("answer", "count"), [pytest.param(*value, id=name) for name, value in CONNECTIONS.items()])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connections_are_kept(tmp_path: Path, scheme: str, answer: Any, count: int) -> None:
    """A TLS handshake for each question on each of many tokens would take its time."""
    tls = Tls(tmp_path) if scheme == "https" else None
    with RawRegistry(behaviour=replace(NPM, whoami=answer), tls=tls) as registry:
        trust = Trust(ca_texts=(registry.ca_file.read_text(),)) if tls else Trust()
        client = RegistryClient(parse_registry(registry.url), Connection(ConnectionOptions()), trust)
        for _number in range(5):
            client.ask("GET", "-/whoami", Secret(TOKEN), time.monotonic() + 5)
        client.close()
        assert registry.connections == count


def has_ipv6() -> bool:
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6 loopback")
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_ipv6(tmp_path: Path, tls: bool) -> None:
    with EmbeddedRegistry(host="::1", tls=Tls(tmp_path) if tls else None) as registry:
        registry.create_token("alice", TOKEN)
        assert whoami(registry.url, trust_of(registry) if tls else None).body == {"username": "alice"}


# What can go wrong ---------------------------------------------------------------------------------------------------


def find_closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


def test_connection_refused() -> None:
    assert refuse(f"http://127.0.0.1:{find_closed_port()}/") == "connection refused"


def test_connection_refused_is_tried_again() -> None:
    start = time.monotonic()
    options = ConnectionOptions(retries=1)
    assert "refused" in refuse(f"http://127.0.0.1:{find_closed_port()}/", options=options)
    assert time.monotonic() - start > 0.4


def test_host_that_does_not_exist() -> None:
    assert refuse("https://npm.example.com/") == "host name cannot be resolved"


def test_plain_http_on_a_port_of_tls(tmp_path: Path) -> None:
    with start_tls(tmp_path) as registry:
        assert refuse(f"http://localhost:{registry.port}/")


def talk(listener: socket.socket, answer: bytes) -> None:
    """Answer one client, whatever it says."""
    connection, _address = listener.accept()
    with connection:
        connection.recv(65536)
        connection.sendall(answer)


@contextlib.contextmanager
def talking(answer: bytes) -> Iterator[int]:
    """A port where everybody gets this answer, once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=talk, args=(listener, answer), daemon=True)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(5)


def test_tls_on_a_port_of_plain_http() -> None:
    with talking(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n") as port:
        assert refuse(f"https://localhost:{port}/") == "TLS handshake failed"


NONSENSE = {
    "no HTTP": b"220 ftp.example.com ready\r\n",
    "nothing": b"",
    "no status": b"HTTP/1.1 \r\n\r\n",
    "a status that is no number": b"HTTP/1.1 abc OK\r\n\r\n",
    "half a header": b"HTTP/1.1 200 OK\r\nContent-",
    "a length that is no number": b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
    "chunks that are none": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    "a line without an end": b"HTTP/1.1 200 " + b"x" * 70000,
    "nothing but NUL": b"\x00" * 1000,
    "bytes that are no text": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-\xff: \xfe\r\n\r\n\xff\xfe",
    "the token itself": f"HTTP/1.1 {TOKEN}\r\n{TOKEN}\r\n\r\n{TOKEN}".encode(),
}


def say_answer(url: str) -> str:
    """The body, or the reason why there is no answer."""
    try:
        return str(whoami(url).body)
    except NoAnswer as problem:
        return str(problem)


@pytest.mark.parametrize("answer", [pytest.param(value, id=name) for name, value in NONSENSE.items()])
def test_nonsense(answer: bytes) -> None:
    """Is no answer, or one that says nothing; never a traceback, and never an identity."""
    with talking(answer) as port:
        said = say_answer(f"http://127.0.0.1:{port}/")
    assert said in ("None", "{}") or said.startswith(("it ", "the ", "connection "))
    assert TOKEN not in said


BODIES = {
    "an object": (b'{"a": 1}', {"a": 1}),
    "an empty object": (b"{}", {}),
    "with a mark at its beginning": (b"\xef\xbb\xbf{}", {}),
    "a list": (b"[]", None),
    "a text": (b'"alice"', None),
    "null": (b"null", None),
    "nothing": (b"", None),
    "HTML": (b"<html>", None),
    "half an object": (b'{"a": ', None),
    "deeply nested": (b'{"a":' * 100000, None),
    "not UTF-8": (b'{"a": "\xff"}', None),
    "a number without an end": (b'{"a": ' + b"9" * 10000 + b"}", None),
    "a MiB": (b'{"a": "' + b"x" * (1 << 20) + b'"}', None),
    "half a character": (b'{"a": "\\ud800"}', {"a": "\ud800"}),
}


@pytest.mark.parametrize(("body", "expected"), [pytest.param(*value, id=name) for name, value in BODIES.items()])
def test_bodies(body: bytes, expected: object) -> None:
    """Only a JSON object says anything; what is not sure to be one does not."""
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode()
    with talking(head + body) as port:
        answer = whoami(f"http://127.0.0.1:{port}/")
    assert answer.status == 200
    assert answer.body == expected


def test_deadline_that_is_over() -> None:
    """Nothing is sent any more."""
    with EmbeddedRegistry() as registry:
        client = RegistryClient(parse_registry(registry.url), Connection(ConnectionOptions()), Trust())
        with pytest.raises(NoAnswer, match="time limit"):
            client.ask("GET", "-/whoami", Secret(TOKEN), time.monotonic() - 1)
        client.close()
        assert not registry.requests


def test_deadline_ends_a_wait(registry: EmbeddedRegistry) -> None:
    """A pause that would go beyond it is not begun."""
    registry.behave(replace(NPM, whoami=Answer("too_many", retry_after="30")))
    client = RegistryClient(parse_registry(registry.url), Connection(ConnectionOptions(retries=3)), Trust())
    start = time.monotonic()
    assert client.ask("GET", "-/whoami", Secret(TOKEN), start + 25).status == 429
    assert time.monotonic() - start < 20
    client.close()


@pytest.mark.parametrize("seconds", ["3", "0"])
def test_deadline_cuts_a_request_short(registry: EmbeddedRegistry, seconds: str) -> None:
    registry.behave(replace(NPM, whoami=Answer("slow", seconds=float(seconds) + 55)))
    client = RegistryClient(parse_registry(registry.url), Connection(ConnectionOptions()), Trust())
    start = time.monotonic()
    with pytest.raises(NoAnswer):
        client.ask("GET", "-/whoami", Secret(TOKEN), start + 0.5)
    assert time.monotonic() - start < 20
    client.close()


# Small parts ---------------------------------------------------------------------------------------------------------

SAME = {
    "the same": ("http://a.example.com/x", "http://a.example.com/y", True),
    "its own port": ("https://a.example.com:443/", "https://a.example.com/", True),
    "the scheme's case": ("HTTPS://a.example.com/", "https://a.example.com/", True),
    "the host's case": ("https://A.example.com/", "https://a.example.com/", True),
    "another port": ("https://a.example.com:8443/", "https://a.example.com/", False),
    "down to http": ("http://a.example.com/", "https://a.example.com/", False),
    "up to https": ("https://a.example.com/", "http://a.example.com/", False),
    "http on the port of https": ("http://a.example.com:443/", "https://a.example.com/", False),
    "a host below": ("https://b.a.example.com/", "https://a.example.com/", False),
    "a host with a dot behind": ("https://a.example.com./", "https://a.example.com/", False),
    "a user name": ("https://a.example.com@b.example.com/", "https://a.example.com/", False),
    # Readers of URLs do not agree on where its host ends, and the one that connects may be the one that differs.
    "a backslash": ("https://b.example.com\\@a.example.com/", "https://a.example.com/", False),
    "not a port": ("https://a.example.com:x/", "https://a.example.com/", False),
    "a bracket": ("https://[a/", "https://a.example.com/", False),
}


@pytest.mark.parametrize(("one", "other", "same"), [pytest.param(*value, id=name) for name, value in SAME.items()])
def test_same_origin(one: str, other: str, same: bool) -> None:
    assert is_same_origin(one, other) == same


def test_requests_is_missing(monkeypatch: pytest.MonkeyPatch, registry: EmbeddedRegistry) -> None:
    monkeypatch.setattr(_http, "HAS_REQUESTS", False)
    with pytest.raises(MissingLibrary, match="requests"):
        require_requests()
    with pytest.raises(MissingLibrary):
        whoami(registry.url)


WITHOUT_REQUESTS = """
import sys, types
sys.modules["requests"] = None
for name, path in (("ansible_collections", []), ("ansible_collections.npmops", []),
                   ("ansible_collections.npmops.auth", [sys.argv[1]])):
    module = types.ModuleType(name); module.__path__ = path; sys.modules[name] = module
from ansible_collections.npmops.auth.plugins.module_utils._registry import client as _http
assert not _http.HAS_REQUESTS
"""


def test_import_without_requests() -> None:
    """The file can be imported where the library is not there, to be able to say so."""
    root = Path(__file__).resolve().parents[5]
    subprocess.run([sys.executable, "-c", WITHOUT_REQUESTS, str(root)], check=True, timeout=120)
