# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded registry can be believed: it revokes tokens as it says, and breaks as it is told."""

from __future__ import annotations

import base64
import contextlib
import gzip
import hashlib
import http.client
import io
import json
import socket
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import FrozenInstanceError, dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.registry import (
    CNPM,
    LYING,
    NEXUS,
    NO_ENDPOINTS,
    NPM,
    NPM_2019,
    NPM_GRANULAR,
    PRESETS,
    VERDACCIO,
    VERDACCIO_OLD,
    Answer,
    Behaviour,
    EmbeddedRegistry,
    Recorder,
    Tls,
)
from tests.registry.tokens import compute_checksum, make_token

KNOWN = "AbCde+/=fghijk?lm%no"  # a token that only survives a path when it is percent-encoded


@dataclass(frozen=True)
class Got:
    """What the client of these tests got."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def read_answer(connection: http.client.HTTPConnection) -> Got:
    answer = connection.getresponse()
    return Got(answer.status, answer.read(), {name.lower(): value for name, value in answer.getheaders()})


def ask(
    registry: EmbeddedRegistry,
    path: str,
    token: str | None = None,
    method: str = "GET",
    body: object = None,
    basic: str | None = None,
    timeout: float = 5,
) -> Got:
    """One request on a connection of its own; the path goes on the wire as it is here."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    if basic is not None:
        headers["Authorization"] = "Basic " + base64.b64encode(basic.encode()).decode()
    target = path if path.startswith("/") else urlsplit(registry.url).path + path
    connection = http.client.HTTPConnection(registry.host, registry.port, timeout=timeout)
    with contextlib.closing(connection):
        connection.request(method, target, None if body is None else json.dumps(body), headers)
        return read_answer(connection)


def whoami(registry: EmbeddedRegistry, token: str | None = None) -> tuple[int, Any]:
    got = ask(registry, "-/whoami", token)
    return got.status, got.json


def log_out(registry: EmbeddedRegistry, token: str, caller: str | None = None) -> Got:
    return ask(registry, "-/user/token/" + quote(token, safe=""), caller or token, "DELETE")


def delete_key(registry: EmbeddedRegistry, key: str, caller: str | None) -> Got:
    return ask(registry, "-/npm/v1/tokens/token/" + quote(key, safe=""), caller, "DELETE")


def list_keys(registry: EmbeddedRegistry, token: str) -> list[str]:
    return [entry["key"] for entry in ask(registry, "-/npm/v1/tokens?perPage=100", token).json["objects"]]


@pytest.fixture
def registry() -> Iterator[EmbeddedRegistry]:
    with EmbeddedRegistry() as running:
        yield running


# Tokens ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "fits"),
    [
        pytest.param("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", True, id="fits"),
        pytest.param("npm_NFX6dCpmIWvQ7megnY0AtQwkoKzWcEXAMPLE", False, id="does not fit"),
        pytest.param("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", True, id="padded"),
        pytest.param(make_token(), True, id="made here"),
    ],
)
def test_checksum(token: str, fits: bool) -> None:
    assert (compute_checksum(token[4:34]) == token[34:]) is fits


def test_new_tokens_are_valid_and_different(registry: EmbeddedRegistry) -> None:
    tokens = {registry.create_token("alice"), registry.create_token("alice"), registry.login("alice")}
    assert len(tokens) == 3
    assert all(len(token) == 40 and registry.is_valid(token) for token in tokens)
    assert not registry.is_valid("npm_never")


def test_session_tokens_are_in_no_list(registry: EmbeddedRegistry) -> None:
    session, listed = registry.login("alice"), registry.create_token("alice", KNOWN)
    registry.create_token("bob")
    assert listed == KNOWN
    assert list_keys(registry, session) == [hashlib.sha512(KNOWN.encode()).hexdigest()]


def test_token_revoked_without_a_request(registry: EmbeddedRegistry) -> None:
    token = registry.create_token("alice")
    registry.revoke(token)
    assert not registry.is_valid(token)
    assert registry.revocations == 0


# Who is it ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "unknown", "revoked"),
    [
        pytest.param(NPM, (401, {"error": "Unauthorized"}), 401, id="npm"),
        pytest.param(VERDACCIO, (200, {}), 403, id="verdaccio"),
        pytest.param(CNPM, (401, {"error": "Unauthorized"}), 401, id="cnpm"),
        pytest.param(NEXUS, (200, {"username": "anonymous"}), 401, id="nexus"),
    ],
)
def test_whoami(behaviour: Behaviour, unknown: tuple[int, Any], revoked: int) -> None:
    with EmbeddedRegistry(behaviour) as registry:
        token = registry.create_token("alice")
        assert whoami(registry, token) == (200, {"username": "alice"})
        assert whoami(registry, "npm_never") == unknown
        assert whoami(registry) == unknown
        registry.revoke(token)
        assert whoami(registry, token)[0] == revoked


@pytest.mark.parametrize(
    ("basic", "status"),
    [
        pytest.param("alice:open:sesame", 200, id="right"),
        pytest.param("alice:wrong", 401, id="wrong"),
        pytest.param("bob:", 401, id="nobody"),
        pytest.param("", 401, id="empty"),
    ],
)
def test_basic(registry: EmbeddedRegistry, basic: str, status: int) -> None:
    registry.add_user("alice", "open:sesame")
    assert [ask(registry, path, basic=basic).status for path in ("-/whoami", "-/npm/v1/user", "pkg")] == [status] * 3


@pytest.mark.parametrize(
    ("path", "name"),
    [
        pytest.param("left-pad", "left-pad", id="plain"),
        pytest.param("@acme%2fpad", "@acme/pad", id="scope, encoded"),
        pytest.param("@acme/pad", "@acme/pad", id="scope"),
    ],
)
def test_packages_are_restricted(registry: EmbeddedRegistry, path: str, name: str) -> None:
    token = registry.create_token("alice")
    assert ask(registry, path).status == 401
    packument = ask(registry, path, token).json
    assert (packument["name"], packument["dist-tags"]) == (name, {"latest": "1.0.0"})


# Ending tokens --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "status", "body", "ends"),
    [
        pytest.param(NPM, 200, {"ok": True}, True, id="npm"),
        pytest.param(CNPM, 200, {"ok": True}, True, id="cnpm"),
        pytest.param(NEXUS, 200, {"ok": "true"}, True, id="nexus"),
        pytest.param(VERDACCIO, 200, {"ok": "Logged out"}, False, id="verdaccio"),
        pytest.param(LYING, 200, {"ok": True}, False, id="lying"),
        pytest.param(NO_ENDPOINTS, 404, {"error": "not_found"}, False, id="no endpoints"),
    ],
)
def test_logout(behaviour: Behaviour, status: int, body: object, ends: bool) -> None:
    with EmbeddedRegistry(behaviour) as registry:
        token, other = registry.create_token("alice", KNOWN), registry.create_token("alice")
        got = log_out(registry, token)
        assert (got.status, got.json) == (status, body)
        assert registry.is_valid(token) is not ends
        assert registry.is_valid(other)
        assert registry.revocations == int(ends)


@pytest.mark.parametrize(
    ("behaviour", "named", "caller", "status", "body"),
    [
        pytest.param(NPM, "bob", "alice", 404, {"error": "not_found"}, id="npm: another's token"),
        pytest.param(NPM, "dead", "dead", 401, {"error": "Unauthorized"}, id="npm: revoked"),
        pytest.param(NPM, "dead", "alice", 404, {"error": "not_found"}, id="npm: revoked, named by a valid one"),
        pytest.param(CNPM, "dead", "dead", 200, {"ok": False}, id="cnpm: revoked"),
        pytest.param(CNPM, "bob", "alice", 422, {"error": "token mismatch"}, id="cnpm: another's token"),
        pytest.param(VERDACCIO, "bob", "alice", 200, {"ok": "Logged out"}, id="verdaccio: anything"),
        pytest.param(VERDACCIO, "bob", "dead", 403, {"error": "unauthorized access"}, id="verdaccio: revoked"),
    ],
)
def test_logout_refused(behaviour: Behaviour, named: str, caller: str, status: int, body: object) -> None:
    with EmbeddedRegistry(behaviour) as registry:
        tokens = {name: registry.create_token(name) for name in ("alice", "bob", "dead")}
        registry.revoke(tokens["dead"])
        got = log_out(registry, tokens[named], tokens[caller])
        assert (got.status, got.json) == (status, body)
        assert registry.revocations == 0


def test_token_that_is_not_encoded_is_not_found(registry: EmbeddedRegistry) -> None:
    token = registry.create_token("alice", KNOWN)
    assert ask(registry, "-/user/token/" + token, token, "DELETE").status == 404
    assert registry.is_valid(token)


@pytest.mark.parametrize(
    ("behaviour", "given", "status", "ends"),
    [
        pytest.param(NPM, "key", 204, True, id="npm: key"),
        pytest.param(NPM, "value", 204, True, id="npm: the token itself"),
        pytest.param(NPM, "unknown", 400, False, id="npm: unknown"),
        pytest.param(NPM, "another's", 400, False, id="npm: another's"),
        pytest.param(NPM_GRANULAR, "key", 204, True, id="npm granular: key"),
        pytest.param(VERDACCIO, "key", 200, True, id="verdaccio: key"),
        pytest.param(VERDACCIO, "value", 200, False, id="verdaccio: the token itself"),
        pytest.param(VERDACCIO, "unknown", 200, False, id="verdaccio: unknown"),
        pytest.param(VERDACCIO_OLD, "key", 200, False, id="verdaccio before 6.7.3: key"),
        pytest.param(CNPM, "key", 200, True, id="cnpm: key"),
        pytest.param(CNPM, "unknown", 404, False, id="cnpm: unknown"),
        pytest.param(NO_ENDPOINTS, "value", 404, False, id="no endpoints"),
        pytest.param(replace(NPM, key="token"), "key", 204, True, id="key is the token"),
    ],
)
def test_delete(behaviour: Behaviour, given: str, status: int, ends: bool) -> None:
    with EmbeddedRegistry(replace(behaviour, list="real")) as registry:
        token, others = registry.create_token("alice", KNOWN), registry.create_token("bob")
        keys = {"key": list_keys(registry, token)[0], "value": token, "unknown": "0" * 32, "another's": others}
        assert delete_key(registry, keys[given], token).status == status
        assert registry.is_valid(token) is not ends
        assert registry.is_valid(others)
        assert registry.revocations == int(ends)


def test_old_verdaccio_forgets_the_record() -> None:
    with EmbeddedRegistry(VERDACCIO_OLD) as registry:
        token = registry.create_token("alice")
        delete_key(registry, list_keys(registry, token)[0], token)
        assert list_keys(registry, token) == []
        assert whoami(registry, token) == (200, {"username": "alice"})


@pytest.mark.parametrize(
    ("behaviour", "status"), [pytest.param(NPM, 204, id="npm"), pytest.param(VERDACCIO, 403, id="verdaccio")]
)
def test_readonly_token_deletes_itself(behaviour: Behaviour, status: int) -> None:
    with EmbeddedRegistry(behaviour) as registry:
        token = registry.create_token("alice", readonly=True)
        assert delete_key(registry, list_keys(registry, token)[0], token).status == status


def test_verdaccio_says_403_to_a_revoked_token() -> None:
    with EmbeddedRegistry(VERDACCIO) as registry:
        token = registry.create_token("alice")
        delete_key(registry, list_keys(registry, token)[0], token)
        paths = ("-/whoami", "-/npm/v1/user", "-/npm/v1/tokens", "pkg")
        assert [ask(registry, path, token).status for path in paths] == [403] * 4
        assert ask(registry, "-/npm/v1/user", "never").status == 401
        assert ask(registry, "-/ping").headers["x-powered-by"] == "hidden"


@pytest.mark.parametrize(
    ("answer", "asks", "seconds"),
    [
        pytest.param(Answer("lag", asks=2), 2, 0.0, id="asks"),
        pytest.param(Answer("lag", seconds=0.3), 0, 0.3, id="seconds"),
    ],
)
@pytest.mark.parametrize("way", ["logout", "delete"])
def test_lag(answer: Answer, asks: int, seconds: float, way: str) -> None:
    with EmbeddedRegistry(Behaviour(logout=answer, delete=answer)) as registry:
        token = registry.create_token("alice")
        start = time.monotonic()
        assert (log_out(registry, token) if way == "logout" else delete_key(registry, token, token)).status < 300
        assert registry.is_valid(token)
        assert registry.revocations == 0
        alive = 0
        while whoami(registry, token)[0] == 200:
            alive += 1
        assert alive == asks or seconds
        assert time.monotonic() - start >= seconds
        assert registry.revocations == 1


# The token list -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("behaviour", "mask", "length"),
    [
        pytest.param(NPM, "npm_Alm0...scp5", 128, id="npm"),
        pytest.param(NPM_2019, "npm_Al", 128, id="npm 2019"),
        pytest.param(NPM_GRANULAR, "npm_Alm0...scp5", 36, id="npm granular"),
        pytest.param(VERDACCIO, "npm_A...Bscp5", 32, id="verdaccio"),
    ],
)
def test_mask_and_key(behaviour: Behaviour, mask: str, length: int) -> None:
    with EmbeddedRegistry(behaviour) as registry:
        token = registry.create_token("alice", "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")
        (entry,) = ask(registry, "-/npm/v1/tokens", token).json["objects"]
        assert (entry["token"], len(entry["key"]), entry["readonly"]) == (mask, length, False)


@pytest.mark.parametrize(
    ("template", "following"),
    [
        pytest.param("{next}", "/-/npm/v1/tokens?page=1&perPage=2", id="relative to the registry"),
        pytest.param("{base}{next}", "/npm/-/npm/v1/tokens?page=1&perPage=2", id="relative to the host"),
        pytest.param("{origin}{base}{next}", "{origin}/npm/-/npm/v1/tokens?page=1&perPage=2", id="absolute"),
        pytest.param("http://h:1{next}", "http://h:1/-/npm/v1/tokens?page=1&perPage=2", id="other origin"),
        pytest.param("{target}", "/npm/-/npm/v1/tokens?page=0&perPage=9", id="loop"),
    ],
)
def test_next_page(template: str, following: str) -> None:
    with EmbeddedRegistry(Behaviour(next_page=template, page_size=2), path="npm") as registry:
        tokens = [registry.create_token("alice") for dummy in range(5)]
        got = ask(registry, "-/npm/v1/tokens?page=0&perPage=9", tokens[0]).json
        assert got["urls"] == {"next": following.replace("{origin}", registry.origin)}
        assert (len(got["objects"]), got["total"]) == (2, 5)


def test_all_pages_hold_all_tokens() -> None:
    with EmbeddedRegistry(Behaviour(page_size=2, key="token", next_page="{base}{next}"), path="npm") as registry:
        tokens = [registry.create_token("alice") for dummy in range(5)]
        seen, path = [], "-/npm/v1/tokens"
        while path:
            page = ask(registry, path, tokens[0]).json
            seen += [entry["key"] for entry in page["objects"]]
            path = page["urls"].get("next")
        assert seen == tokens


def test_verdaccio_has_one_page() -> None:
    with EmbeddedRegistry(VERDACCIO) as registry:
        tokens = [registry.create_token("alice") for dummy in range(20)]
        got = ask(registry, "-/npm/v1/tokens?page=1&perPage=5", tokens[0]).json
        assert (len(got["objects"]), got["urls"]) == (20, {"next": ""})


# Logging in -----------------------------------------------------------------------------------------------------------


def test_login_over_http(registry: EmbeddedRegistry) -> None:
    path = "-/user/org.couchdb.user:al%20ice"
    got = ask(registry, path, method="PUT", body={"name": "al ice", "password": "sesame"})
    assert (got.status, got.json["ok"]) == (201, "you are authenticated as 'al ice'")
    assert whoami(registry, got.json["token"]) == (200, {"username": "al ice"})
    assert list_keys(registry, got.json["token"]) == []
    assert ask(registry, path, method="PUT", body={"password": "wrong"}).status == 401
    assert ask(registry, path, method="PUT").status == 401


@pytest.mark.parametrize(
    ("password", "status"), [pytest.param("sesame", 200, id="right"), pytest.param("wrong", 401, id="wrong")]
)
def test_create_over_http(registry: EmbeddedRegistry, password: str, status: int) -> None:
    registry.add_user("alice", "sesame")
    token = registry.login("alice")
    got = ask(registry, "-/npm/v1/tokens", token, "POST", {"password": password, "readonly": True})
    assert got.status == status
    if status == 200:
        assert got.json["readonly"] is True
        assert list_keys(registry, got.json["token"]) == [got.json["key"]]


# Behaviours -----------------------------------------------------------------------------------------------------------

FIXED = [
    ("missing", 404, b'{"error": "not_found"}'),
    ("not_allowed", 405, None),
    ("not_implemented", 501, None),
    ("unauthorized", 401, None),
    ("otp", 401, None),
    ("forbidden", 403, None),
    ("ok_but_valid", 200, b'{"ok": true}'),
    ("logged_out", 200, b'{"ok": "Logged out"}'),
    ("ok_false", 200, b'{"ok": false}'),
    ("anonymous", 200, b'{"username": "anonymous"}'),
    ("empty", 200, b"{}"),
    ("no_content", 204, b""),
    ("html", 200, None),
    ("not_json", 200, b'{"username": '),
    ("json_list", 200, b"[]"),
    ("bad_request", 400, None),
    ("unprocessable", 422, None),
    ("server_error", 500, None),
    ("bad_gateway", 502, None),
    ("unavailable", 503, None),
    ("too_many", 429, None),
]


@pytest.mark.parametrize(("kind", "status", "body"), [pytest.param(*case, id=case[0]) for case in FIXED])
@pytest.mark.parametrize(
    ("endpoint", "method", "path"),
    [
        pytest.param("whoami", "GET", "-/whoami", id="whoami"),
        pytest.param("user", "GET", "-/npm/v1/user", id="user"),
        pytest.param("logout", "DELETE", "-/user/token/t", id="logout"),
        pytest.param("list", "GET", "-/npm/v1/tokens?page=0", id="list"),
        pytest.param("delete", "DELETE", "-/npm/v1/tokens/token/t", id="delete"),
        pytest.param("other", "GET", "left-pad", id="other"),
    ],
)
def test_fixed_answers(
    registry: EmbeddedRegistry, endpoint: str, method: str, path: str, kind: str, status: int, body: bytes | None
) -> None:
    fields: dict[str, Any] = {endpoint: kind}
    registry.behave(Behaviour(**fields))
    token = registry.create_token("alice", "t")
    got = ask(registry, path, token, method)
    assert got.status == status
    assert body is None or got.body == body
    assert got.headers.get("content-length", "0") == str(len(got.body))
    assert "retry-after" not in got.headers
    assert registry.is_valid(token)


def test_answers_in_turn(registry: EmbeddedRegistry) -> None:
    last = Answer("server_error", times=1, then="empty")
    registry.behave(Behaviour(whoami=Answer("too_many", times=2, retry_after="7", then=last)))
    got = [ask(registry, "-/whoami") for dummy in range(5)]
    assert [each.status for each in got] == [429, 429, 500, 200, 200]
    assert [each.headers.get("retry-after") for each in got] == ["7", "7", None, None, None]
    registry.behave(Behaviour(whoami=Answer("too_many", times=1)))
    assert [whoami(registry, "never")[0] for dummy in range(2)] == [429, 401]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"whoami": "reel"}, id="answer"),
        pytest.param({"revoked": "real"}, id="not a fixed answer"),
        pytest.param({"key": "md5"}, id="key"),
    ],
)
def test_misspelt_behaviour_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no such"):
        Behaviour(**fields)


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_serves(name: str) -> None:
    with EmbeddedRegistry(PRESETS[name]) as registry:
        assert ask(registry, "-/ping").json == {}
        assert ask(registry, "left-pad", registry.create_token("alice")).status == 200


@pytest.mark.parametrize(
    ("location", "leads_to"),
    [
        pytest.param("{target}", "{registry}/-/whoami", id="loop"),
        pytest.param("/moved{target}", "{registry}/moved/-/whoami", id="same origin, path"),
        pytest.param("{origin}/moved{target}", "{registry}/moved/-/whoami", id="same origin, absolute"),
        pytest.param("{other}{target}", "{other}/-/whoami", id="other origin"),
    ],
)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect(registry: EmbeddedRegistry, location: str, leads_to: str, status: int) -> None:
    other = "http://127.0.0.1:9"
    registry.behave(Behaviour(whoami=Answer("redirect", status=status, location=location.replace("{other}", other))))
    got = ask(registry, "-/whoami")
    assert (got.status, got.body) == (status, b"")
    expected = leads_to.format(registry="" if "{origin}" not in location else registry.origin, other=other)
    assert got.headers["location"] == expected


def test_moved_endpoints_answer_really() -> None:
    moving = Answer("redirect", status=307, location="/moved{target}")
    with EmbeddedRegistry(Behaviour(whoami=moving, logout=moving), path="/npm/") as registry:
        token = registry.create_token("alice")
        request = urllib.request.Request(registry.url + "-/whoami", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert json.load(answer) == {"username": "alice"}
        assert [each.path for each in registry.requests] == ["/npm/-/whoami", "/moved/npm/-/whoami"]
        assert ask(registry, f"/moved/npm/-/user/token/{token}", token, "DELETE").json == {"ok": True}
        assert not registry.is_valid(token)


# Broken conversations -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "error", "status", "ends"),
    [
        pytest.param("cut", http.client.IncompleteRead, 200, False, id="cut"),
        pytest.param("reset", ConnectionResetError, None, False, id="reset"),
        pytest.param("cut_after_work", http.client.RemoteDisconnected, None, True, id="cut after work"),
        pytest.param("endless_headers", http.client.HTTPException, 200, False, id="endless headers"),
        pytest.param("slow", OSError, 200, True, id="slow"),
    ],
)
def test_broken_answers(
    registry: EmbeddedRegistry, kind: str, error: type[Exception], status: int | None, ends: bool
) -> None:
    registry.behave(Behaviour(logout=kind))
    token = registry.create_token("alice", "t")
    with pytest.raises(error) as caught:
        ask(registry, "-/user/token/t", token, "DELETE", timeout=0.3 if kind == "slow" else 60)
    assert kind != "reset" or not isinstance(caught.value, http.client.RemoteDisconnected)
    assert [each.status for each in registry.requests] == [status]
    assert registry.is_valid(token) is not ends


def test_slow_answers_in_the_end(registry: EmbeddedRegistry) -> None:
    registry.behave(Behaviour(whoami=Answer("slow", seconds=0.2)))
    start = time.monotonic()
    assert whoami(registry, registry.create_token("alice")) == (200, {"username": "alice"})
    assert time.monotonic() - start >= 0.2


def test_drip(registry: EmbeddedRegistry) -> None:
    registry.behave(Behaviour(whoami=Answer("drip", seconds=0.002)))
    start = time.monotonic()
    assert whoami(registry, registry.create_token("alice")) == (200, {"username": "alice"})
    assert time.monotonic() - start >= 0.2  # more than a hundred bytes, head and body


def test_huge(registry: EmbeddedRegistry) -> None:
    registry.behave(Behaviour(whoami="huge"))
    with urllib.request.urlopen(registry.url + "-/whoami", timeout=60) as answer:
        assert len(answer.read(20 << 20)) == 20 << 20


def test_gzip_bomb(registry: EmbeddedRegistry) -> None:
    registry.behave(Behaviour(whoami="gzip_bomb"))
    got = ask(registry, "-/whoami")
    assert got.headers["content-encoding"] == "gzip"
    assert len(got.body) < 2 << 20
    with gzip.open(io.BytesIO(got.body)) as unpacked:
        assert sum(len(unpacked.read(1 << 20)) for dummy in range(50)) == 50 << 20


@pytest.mark.parametrize("kind", ["slow", "drip", "huge", "endless_headers", "idle"])
def test_stop_cuts_hanging_clients(kind: str) -> None:
    with contextlib.ExitStack() as stack:
        registry = stack.enter_context(EmbeddedRegistry(Behaviour(whoami="empty" if kind == "idle" else kind)))
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", registry.port))) for dummy in range(5)]
        for client in clients[1:]:  # the first one never says a word
            client.sendall(b"GET /-/whoami HTTP/1.1\r\n\r\n")
        wait_for(registry, 4)
        start = time.monotonic()
        registry.stop()
        assert time.monotonic() - start < 20
        assert not [each for each in threading.enumerate() if "_attend" in each.name]
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", registry.port))


def wait_for(server: EmbeddedRegistry, count: int) -> None:
    deadline = time.monotonic() + 60
    while len(server.requests) < count and time.monotonic() < deadline:
        time.sleep(0.01)


# Requests and connections ---------------------------------------------------------------------------------------------


def test_log_of_requests(registry: EmbeddedRegistry) -> None:
    ask(registry, "-/user/token/a%2Fb?x=%20", "t", "DELETE")
    ask(registry, "-/user/org.couchdb.user:bob", method="PUT", body={"password": "p"})
    first, second = registry.requests
    assert (first.method, first.path, first.status) == ("DELETE", "/-/user/token/a%2Fb?x=%20", 401)
    assert first.headers["authorization"] == "Bearer t"
    assert (second.method, second.body, second.status) == ("PUT", b'{"password": "p"}', 201)
    with pytest.raises(FrozenInstanceError):
        first.method = "GET"  # type: ignore[misc]
    registry.forget_requests()
    assert registry.requests == ()


def test_keep_alive(registry: EmbeddedRegistry) -> None:
    token = registry.create_token("alice")
    connection = http.client.HTTPConnection("127.0.0.1", registry.port, timeout=60)
    used = set()
    with contextlib.closing(connection):
        for method, path in (("GET", "-/whoami"), ("GET", "x/y/z"), ("DELETE", f"-/npm/v1/tokens/token/{token}")) * 2:
            connection.request(method, "/" + path, headers={"Authorization": f"Bearer {token}"})
            read_answer(connection)
            used.add(connection.sock)
    assert len(used) == 1
    assert [each.status for each in registry.requests] == [200, 404, 204, 401, 404, 401]


def test_many_clients_at_once(registry: EmbeddedRegistry) -> None:
    tokens = [registry.create_token(f"user{number}") for number in range(40)]
    threads = [threading.Thread(target=log_out, args=(registry, token)) for token in tokens]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert registry.revocations == len(tokens) == len(registry.requests)


@pytest.mark.parametrize(
    ("path", "ends"),
    [
        pytest.param("/", "/", id="root"),
        pytest.param("", "/", id="nothing"),
        pytest.param("/npm", "/npm/", id="no slash at the end"),
        pytest.param("repository/npm/", "/repository/npm/", id="no slash at the start"),
    ],
)
def test_url(path: str, ends: str) -> None:
    with EmbeddedRegistry(path=path) as registry:
        assert registry.url == f"http://127.0.0.1:{registry.port}{ends}"
        assert ask(registry, "-/ping").status == 200
        assert ends == "/" or ask(registry, "/-/ping").status == 404


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_ipv6() -> None:
    with EmbeddedRegistry(host="::1") as registry:
        assert registry.url == f"http://[::1]:{registry.port}/"
        with urllib.request.urlopen(registry.url + "-/ping", timeout=60) as answer:
            assert answer.status == 200


# TLS ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("special", "complaint"),
    [
        pytest.param({}, None, id="good"),
        pytest.param({"wrong_name": True}, "IP address mismatch", id="wrong name"),
        pytest.param({"expired": True}, "certificate has expired", id="expired"),
        pytest.param({"unknown_ca": True}, "unable to get local issuer|self.signed|signature", id="unknown CA"),
        pytest.param(
            {"client_certificate": True}, "certificate required|handshake failure", id="no client certificate"
        ),
    ],
)
def test_tls(tmp_path: Path, special: dict[str, bool], complaint: str | None) -> None:
    pytest.importorskip("trustme")
    with EmbeddedRegistry(tls=Tls(tmp_path, **special)) as registry:
        assert registry.url == f"https://127.0.0.1:{registry.port}/"
        assert registry.ca_file.parent == tmp_path
        context = ssl.create_default_context(cafile=str(registry.ca_file))
        if complaint is None:
            with urllib.request.urlopen(registry.url + "-/ping", timeout=60, context=context) as answer:
                assert json.load(answer) == {}
            return
        with pytest.raises(OSError, match=complaint):
            urllib.request.urlopen(registry.url + "-/ping", timeout=60, context=context)
        assert registry.requests == ()


def test_client_certificate(tmp_path: Path) -> None:
    pytest.importorskip("trustme")
    with EmbeddedRegistry(tls=Tls(tmp_path, client_certificate=True)) as registry:
        assert registry.certificates is not None
        context = ssl.create_default_context(cafile=str(registry.ca_file))
        context.load_cert_chain(registry.certificates.client_cert, registry.certificates.client_key)
        with urllib.request.urlopen(registry.url + "-/ping", timeout=60, context=context) as answer:
            assert answer.status == 200


def test_hanging_handshake_holds_nobody_up(tmp_path: Path) -> None:
    pytest.importorskip("trustme")
    with EmbeddedRegistry(tls=Tls(tmp_path)) as registry, socket.create_connection(("127.0.0.1", registry.port)):
        context = ssl.create_default_context(cafile=str(registry.ca_file))
        with urllib.request.urlopen(registry.url + "-/ping", timeout=60, context=context) as answer:
            assert answer.status == 200
        start = time.monotonic()
        registry.stop()
        assert time.monotonic() - start < 20


def test_without_tls_there_is_no_ca_file(registry: EmbeddedRegistry) -> None:
    with pytest.raises(ValueError, match="not on TLS"):
        str(registry.ca_file)


# The recorder ---------------------------------------------------------------------------------------------------------


def open_via(recorder: Recorder, url: str, context: ssl.SSLContext | None = None) -> tuple[int, Any]:
    handlers = [
        urllib.request.ProxyHandler({"http": recorder.url, "https": recorder.url}),
        urllib.request.HTTPSHandler(context=context),
    ]
    request = urllib.request.Request(url, headers={"Authorization": "Bearer secret"})
    with urllib.request.build_opener(*handlers).open(request, timeout=60) as answer:
        return answer.status, json.load(answer)


def test_recorder_as_another_origin() -> None:
    with Recorder() as recorder:
        with urllib.request.urlopen(recorder.url + "-/whoami", timeout=60) as answer:
            assert json.load(answer)["username"] == "stranger"
        (request,) = recorder.requests
        assert (request.method, request.path, request.status) == ("GET", "/-/whoami", 200)
        assert recorder.saw("GET /-/whoami HTTP/1.1")
        assert not recorder.saw("secret")


@pytest.mark.parametrize(
    "host", [pytest.param("127.0.0.1:{}", id="address"), pytest.param("npm.example.com", id="name")]
)
def test_recorder_as_proxy(registry: EmbeddedRegistry, host: str) -> None:
    registry.create_token("alice", "secret")
    with Recorder(hosts={"npm.example.com": registry.port}) as recorder:
        url = f"http://{host.format(registry.port)}/-/whoami?a=b"
        assert open_via(recorder, url) == (200, {"username": "alice"})
        assert recorder.saw("Bearer secret")
        assert recorder.requests[0].path == url
    (request,) = registry.requests
    assert request.path == "/-/whoami?a=b"
    assert not [name for name in request.headers if name.startswith("proxy-")]


def test_recorder_as_tunnel(tmp_path: Path) -> None:
    pytest.importorskip("trustme")
    with EmbeddedRegistry(tls=Tls(tmp_path)) as registry, Recorder() as recorder:
        registry.create_token("alice", "secret")
        context = ssl.create_default_context(cafile=str(registry.ca_file))
        assert open_via(recorder, registry.url + "-/whoami", context) == (200, {"username": "alice"})
        assert [each.method for each in recorder.requests] == ["CONNECT"]
        assert not recorder.saw("secret")


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_recorder_leads_nowhere_else(scheme: str) -> None:
    with Recorder() as recorder, pytest.raises((urllib.error.HTTPError, OSError), match="403"):
        open_via(recorder, f"{scheme}://192.0.2.1:81/")
