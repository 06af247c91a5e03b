# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A token reaches no stranger, whatever the network does: faults, TLS, redirects, proxies, names, odd tokens."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import trustme

from tests.hostile.scenario import check_output, check_run, make_store, run_logout
from tests.hostile.servers import Mute, RawRegistry, answer_json, head, keep_saying, say
from tests.registry import Answer, Behaviour, EmbeddedRegistry, Recorder, Tls, make_token

# Nothing but the endpoint under test can tell who a token is, or end it.
NO_OTHER_WAY = Behaviour(user="missing", list="missing", delete="missing", other="missing")
IMPATIENT = {"timeout": 1}
# Where the registry has not said yes, it must refuse the token twice, two seconds apart.
PATIENT = {"verify_timeout": 4}


# Faults ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fault:
    """A registry's behaviour, the outcome, and whether the token is valid then."""

    name: str
    behaviour: dict[str, Any]
    outcome: str
    alive: bool = True
    options: dict[str, Any] = field(default_factory=dict)
    limit: float = 6.0


FAULTS = [
    Fault("reset when asked who", {"whoami": "reset"}, "failed"),
    Fault("reset when asked to end", {"logout": "reset"}, "failed"),
    Fault("reset when asked again", {"whoami": Answer(times=1, then="reset")}, "accepted", alive=False),
    Fault("cut off when asked who", {"whoami": "cut"}, "failed"),
    Fault("cut off when asked to end", {"logout": "cut"}, "failed"),
    Fault("cut off when asked again", {"whoami": Answer(times=1, then="cut")}, "accepted", alive=False),
    Fault("done, and cut off before the answer", {"logout": "cut_after_work"}, "confirmed", False, PATIENT, 9),
    Fault("slow when asked who", {"whoami": "slow"}, "failed"),
    Fault("slow when asked to end", {"logout": "slow"}, "confirmed", False, PATIENT, 9),
    Fault("slow when asked again", {"whoami": Answer(times=1, then="slow")}, "accepted", alive=False),
    Fault("a byte a second when asked who", {"whoami": "drip"}, "failed"),
    Fault("a byte a second when asked to end", {"logout": "drip"}, "confirmed", False, PATIENT, 9),
    Fault("endless when asked who", {"whoami": "huge"}, "accepted", alive=False),
    Fault("endless when asked to end", {"logout": "huge"}, "failed"),
    Fault("endless headers when asked who", {"whoami": "endless_headers"}, "failed"),
    Fault("endless headers when asked to end", {"logout": "endless_headers"}, "failed"),
    Fault("gzip bomb when asked who", {"whoami": "gzip_bomb"}, "accepted", alive=False),
    Fault("gzip bomb when asked to end", {"logout": "gzip_bomb"}, "failed"),
    Fault("no JSON when asked who", {"whoami": "not_json"}, "accepted", alive=False),
    Fault("no JSON when asked to end", {"logout": "not_json"}, "failed"),
    Fault("HTML of a portal", {"whoami": "html", "logout": "html"}, "failed"),
    Fault("an error at the server, everywhere", {"whoami": "server_error", "logout": "server_error"}, "failed"),
    # What breaks once is asked again.
    Fault("reset once", {"whoami": Answer("reset", times=1)}, "confirmed", False, {"retries": 1}),
    Fault("cut off once", {"whoami": Answer("cut", times=1)}, "confirmed", False, {"retries": 1}),
    Fault("cut off once at the end", {"logout": Answer("cut", times=1)}, "confirmed", False, {"retries": 1}),
    Fault("bad gateway once", {"whoami": Answer("bad_gateway", times=1)}, "confirmed", False, {"retries": 1}),
    # 429
    Fault("busy, and does not say how long", {"whoami": Answer("too_many")}, "accepted", False, {"retries": 1}),
    Fault("busy once", {"whoami": Answer("too_many", times=1)}, "confirmed", False, {"retries": 1}),
    Fault(
        "busy for a second",
        {"whoami": Answer("too_many", times=1, retry_after="1")},
        "confirmed",
        False,
        {"retries": 1},
    ),
    Fault("busy everywhere", {"whoami": "too_many", "logout": "too_many"}, "failed", True, {"retries": 1}),
    *(
        Fault(
            f"busy with Retry-After {text[:30] or 'nothing'}",
            {"whoami": Answer("too_many", retry_after=text), "logout": Answer("too_many", retry_after=text)},
            "failed",
            options={"retries": 1},
        )
        for text in (
            *("0", "-1", "31", "86400", "99999999999999999999", "9" * 5000, "NaN", "inf", "1e9", "0x10", "1, 2", "1.5"),
            *("Wed, 21 Oct 2099 07:28:00 GMT", "Wed, 99 Foo 0000 99:99:99 XYZ", "\u00b2", "", "soon"),
        )
    ),
]


@pytest.mark.parametrize("fault", [pytest.param(fault, id=fault.name) for fault in FAULTS])
def test_fault(tmp_path: Path, fault: Fault) -> None:
    with EmbeddedRegistry(replace(NO_OTHER_WAY, **fault.behaviour)) as registry:
        token = registry.create_token("alice")
        store = make_store(tmp_path, registry.url, token)
        run = run_logout(store, {**IMPATIENT, **fault.options})
        check_run(run, store, fault.outcome, limit=fault.limit)
        assert registry.is_valid(token) is fault.alive


@contextlib.contextmanager
def closed_port() -> Iterator[int]:
    """A port that nobody listens on, and that nobody else is given meanwhile."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield holder.getsockname()[1]


def test_refused(tmp_path: Path) -> None:
    with closed_port() as port:
        store = make_store(tmp_path, f"http://127.0.0.1:{port}/")
        run = run_logout(store, {"retries": 1})
        check_run(run, store, "failed", limit=4)
        assert "connection refused" in run.msg


def test_name_that_does_not_exist(tmp_path: Path) -> None:
    store = make_store(tmp_path, "http://registry.invalid/")
    check_run(run_logout(store), store, "failed", limit=5)


def test_removal_whatever_came_of_it(tmp_path: Path) -> None:
    """With revoke=attempted the lines go all the same, and the outcome says what was not done."""
    with closed_port() as port:
        store = make_store(tmp_path, f"http://127.0.0.1:{port}/")
        check_run(run_logout(store, {"revoke": "attempted"}), store, "failed", limit=4)


SILENT = [
    pytest.param("http", b"", id="http"),
    pytest.param("https", b"", id="a handshake that does not end"),
    pytest.param("https", b"HTTP/1.1 200 OK\r\n\r\n", id="http where https is expected"),
    pytest.param("https", b"\x16\x03\x03\x40\x00", id="half a handshake"),
    pytest.param("https", b"\x15\x03\x03\x00\x02\x02\x28", id="an alert"),
    pytest.param("http", b"HTTP/1.1 200 OK\r\n", id="an answer before the question"),
]


@pytest.mark.parametrize(("scheme", "words"), SILENT)
def test_silence(tmp_path: Path, scheme: str, words: bytes) -> None:
    with Mute(words) as server:
        store = make_store(tmp_path, f"{scheme}://127.0.0.1:{server.port}/")
        check_run(run_logout(store, IMPATIENT), store, "failed", limit=4)
        assert scheme == "http" or store.token.encode() not in server.heard


# TLS ------------------------------------------------------------------------------------------------------------------

UNTRUSTED = [
    pytest.param({"wrong_name": True}, "is for another", id="wrong name"),
    pytest.param({"unknown_ca": True}, "not trusted", id="unknown CA"),
    pytest.param({"expired": True}, "has expired", id="expired"),
    pytest.param({"client_certificate": True}, "", id="no client certificate"),
]


@pytest.mark.parametrize("place", ["option", "store"])
@pytest.mark.parametrize(("special", "words"), UNTRUSTED)
def test_tls_without_trust(tmp_path: Path, special: dict[str, bool], words: str, place: str) -> None:
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path, **special)) as registry:
        by_option = place == "option"
        more = "" if by_option else f"cafile={registry.ca_file}\n"
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        run = run_logout(store, {"ca_path": str(registry.ca_file)} if by_option else {})
        check_run(run, store, "failed", limit=5)
        assert words in run.msg
        assert registry.requests == ()


@pytest.mark.parametrize("place", ["nothing", "option", "cafile", "ca", "cafile with names"])
def test_tls_with_trust(tmp_path: Path, place: str) -> None:
    """The system does not trust it; whoever names its authority does."""
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path)) as registry:
        authority = registry.ca_file.read_text()
        if place == "cafile with names":
            # As bundles have them, in their CA certificates' own languages.
            registry.ca_file.write_text(f"# Issuer: F\u0151tan\u00fas\u00edtv\u00e1ny\n{authority}", encoding="utf-8")
        escaped = authority.replace("\n", "\\n")
        lines = {"ca": f'ca="{escaped}"\n', "cafile": f"cafile={registry.ca_file}\n"}
        more = lines.get(place.partition(" ")[0], "")
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        run = run_logout(store, {"ca_path": str(registry.ca_file)} if place == "option" else {})
        check_run(run, store, "failed" if place == "nothing" else "confirmed", limit=5)


def test_store_comes_before_the_hosts_own_npmrc(tmp_path: Path) -> None:
    """Whom to trust is said in the store, whatever the global npmrc says, as npm's own levels go."""
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path)) as registry:
        own = registry.ca_file.read_text().replace("\n", "\\n")
        others, everyone = tmp_path / "other.pem", tmp_path / "npmrc"
        others.write_bytes(trustme.CA().cert_pem.bytes())
        everyone.write_text(f"cafile={others}\n")
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=f'ca="{own}"\n')
        run = run_logout(store, npm_config_globalconfig=str(everyone))
        check_run(run, store, "confirmed", limit=5)


HOPELESS = [
    pytest.param("ca=\u0151\n", id="ca that is no ASCII"),
    pytest.param("ca=x\n", id="ca that is no certificate"),
    pytest.param("cafile={folder}\n", id="cafile that is a directory"),
    pytest.param("cafile=/dev/zero\n", id="cafile without an end"),
    pytest.param("cafile={folder}/.npmrc\n", id="cafile that is no certificate"),
    pytest.param("cafile=~nobody/ca.pem\n", id="cafile of another account"),
    pytest.param("cafile={folder}/\\0\n", id="cafile with an odd name"),
    pytest.param('cafile="a\\u0000b"\n', id="cafile with a NUL"),
    pytest.param("https-proxy=http://[::1\n", id="proxy that is no URL"),
    pytest.param("https-proxy=gopher://127.0.0.1:9/\n", id="proxy that nobody speaks to"),
    pytest.param("https-proxy=http://127.0.0.1:99999\n", id="proxy without a port"),
    pytest.param("https-proxy=http://127.0.0.1:9\nnoproxy=[,*.%,999.1.1.1/99,::/\n", id="proxy with odd exceptions"),
    pytest.param("https-proxy=http://\u2100\n", id="proxy with an odd name"),
]


@pytest.mark.parametrize("line", HOPELESS)
def test_store_that_says_nonsense_of_its_connection(tmp_path: Path, line: str) -> None:
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path)) as registry:
        key = registry.url.partition(":")[2]
        more = line.format(folder=tmp_path, key=key)
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        run = run_logout(store, IMPATIENT)
        check_run(run, store, "failed", limit=5)
        assert registry.requests == ()


def test_certificate_that_is_none(tmp_path: Path) -> None:
    """The key to the registry's door is no key: nobody is asked, and both lines stay."""
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path)) as registry:
        key = registry.url.partition(":")[2]
        more = f"{key}:certfile={tmp_path}/.npmrc\n{key}:keyfile={tmp_path}/.npmrc\n"
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        run = run_logout(store, {"ca_path": str(registry.ca_file)})
        check_output(run, store.token)
        assert (run.outcomes, run.failed, store.is_untouched()) == (["not_applicable", "failed"], True, True)
        assert "client certificate cannot be used" in run.msg
        assert registry.requests == ()


@pytest.mark.parametrize("place", ["option", "store"])
def test_tls_unchecked_on_request(tmp_path: Path, place: str) -> None:
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path, wrong_name=True, expired=True)) as registry:
        more = "strict-ssl=false\n" if place == "store" else ""
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        run = run_logout(store, {"validate_certs": False} if place == "option" else {})
        check_run(run, store, "confirmed", limit=5)
        assert "is not validated" in json.dumps(run.result["warnings"])


def test_option_is_stricter_than_the_store(tmp_path: Path) -> None:
    with EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path, expired=True)) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more="strict-ssl=false\n")
        check_run(run_logout(store, {"validate_certs": True}), store, "failed", limit=5)
        assert registry.requests == ()


# Redirects ------------------------------------------------------------------------------------------------------------

# {own}, {port}: ports of the registry and of the other origin; {target}: what was asked for, the token in it.
ELSEWHERE = [
    pytest.param("http://127.0.0.1:{port}{target}", id="another port"),
    pytest.param("http://localhost:{own}{target}", id="another name of the same host"),
    pytest.param("//127.0.0.1:{port}{target}", id="scheme relative"),
    pytest.param("https://127.0.0.1:{own}{target}", id="another scheme"),
    pytest.param("http://alice:x@127.0.0.1:{port}{target}", id="with a user name"),
    pytest.param("http://127.0.0.1:{own}@127.0.0.1:{port}{target}", id="own origin as user name"),
    pytest.param("http://127.0.0.1:{port}\\@127.0.0.1:{own}/", id="other origin as user name"),
    pytest.param("http://127.0.0.1:{port}#@127.0.0.1:{own}/", id="own origin as fragment"),
    pytest.param("http://127.0.0.1:{port}?@127.0.0.1:{own}/", id="own origin as query"),
    pytest.param("\\\\127.0.0.1:{port}\\", id="backslashes"),
    pytest.param("/\\127.0.0.1:{port}/", id="slash and backslash"),
    pytest.param("http:\\\\127.0.0.1:{port}/", id="scheme and backslashes"),
    pytest.param("http:////127.0.0.1:{port}/", id="four slashes"),
    pytest.param("http:/127.0.0.1:{port}/", id="one slash"),
    pytest.param("/..//127.0.0.1:{port}/", id="above the root"),
    pytest.param("\thttp://127.0.0.1:{port}/", id="behind white space"),
    pytest.param("ht\ttp://127.0.0.1:{port}/", id="around white space"),
    pytest.param("http://127.0.0.1:{own}.example.com/", id="own origin as beginning"),
]
NO_PLACE = [
    pytest.param("", id="nothing"),
    pytest.param("http://[::1", id="no URL"),
    pytest.param("http://[x]/", id="no address"),
    pytest.param("http://127.0.0.1:99999/", id="no port"),
    pytest.param("http://127.0.0.1:{own}0000/", id="port that begins like its own"),
    pytest.param("file:///etc/passwd", id="file"),
    pytest.param("javascript:alert(1)", id="script"),
    pytest.param("/a b", id="space"),
    pytest.param("/\x01", id="control character"),
    pytest.param("/\xff\xfe", id="no UTF-8"),
    pytest.param("/%0d%0aX-Injected:%201", id="percent-encoded line ends"),
    pytest.param("/a\r\nX-Injected: 1", id="line ends"),
    pytest.param("/" + "x" * 60_000, id="long"),
    pytest.param("{target}", id="a circle"),
    pytest.param("?", id="a circle with a query"),
]
ENDPOINTS = [pytest.param("whoami", id="who"), pytest.param("logout", id="end")]


@dataclass
class Detour:
    """A registry that leads away, and the origin to which it would."""

    registry: RawRegistry
    elsewhere: Recorder

    def lead(self, endpoint: str, location: str, status: int) -> None:
        def script(line: Any) -> bool:
            places = {"own": self.registry.port, "port": self.elsewhere.port, "target": line.request.path}
            line.send(head(f"Location: {location.format(**places)}", "Content-Length: 0", status=f"{status} Away"))
            return True

        self.registry.scripts[endpoint] = script

    def check(self, token: str) -> None:
        """Nobody but the registry has seen anything, and it has nothing that it was not to be given."""
        assert self.elsewhere.requests == ()
        assert not [each for each in self.registry.requests if "x-injected" in each.headers]
        assert self.registry.connections <= 12
        assert {each.headers.get("authorization") for each in self.registry.requests} == {f"Bearer {token}"}


@contextlib.contextmanager
def open_detour(endpoint: str, location: str, status: int = 302) -> Iterator[Detour]:
    with Recorder() as elsewhere, RawRegistry(behaviour=NO_OTHER_WAY) as registry:
        detour = Detour(registry, elsewhere)
        detour.lead(endpoint, location, status)
        yield detour


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("location", [*ELSEWHERE, *NO_PLACE])
def test_redirect(tmp_path: Path, location: str, endpoint: str) -> None:
    with open_detour(endpoint, location) as detour:
        store = make_store(tmp_path, detour.registry.url, detour.registry.create_token("alice"))
        # Led nowhere at its own origin, the first question is open, and the request to revoke the token is sent anyway.
        outcomes = ("failed", "accepted") if endpoint == "whoami" else ("failed", "unsupported")
        check_run(run_logout(store, IMPATIENT), store, *outcomes, limit=6)
        detour.check(store.token)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("location", ELSEWHERE)
def test_redirect_through_a_proxy(tmp_path: Path, location: str, endpoint: str) -> None:
    """A proxy reads URLs in its own way: it must not get any but the registry's."""
    with open_detour(endpoint, location) as detour, Recorder() as proxy:
        store = make_store(tmp_path, detour.registry.url, detour.registry.create_token("alice"))
        run = run_logout(store, IMPATIENT, HTTP_PROXY=proxy.url, HTTPS_PROXY=proxy.url)
        check_run(run, store, "failed", "accepted", "unsupported", limit=6)
        detour.check(store.token)
        assert proxy.requests
        assert not [each.path for each in proxy.requests if not each.path.startswith(detour.registry.url)]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("status", [300, 301, 302, 303, 305, 307, 308])
def test_redirect_of_any_status(tmp_path: Path, status: int, endpoint: str) -> None:
    with open_detour(endpoint, "http://127.0.0.1:{port}{target}", status) as detour:
        token = detour.registry.create_token("alice")
        store = make_store(tmp_path, detour.registry.url, token)
        check_run(run_logout(store, IMPATIENT), store, "failed", "accepted", limit=6)
        detour.check(token)


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_to_another_host(tmp_path: Path, status: int, endpoint: str) -> None:
    """Another address, where somebody listens: it sees no request, and so neither the header nor the path."""
    with Recorder(host="127.0.0.2") as elsewhere, EmbeddedRegistry() as registry:
        away: dict[str, Any] = {endpoint: Answer("redirect", status=status, location=f"{elsewhere.origin}{{target}}")}
        registry.behave(replace(NO_OTHER_WAY, **away))
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store, IMPATIENT), store, "failed", limit=4)
        assert elsewhere.requests == ()
        assert registry.is_valid(store.token)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_within_the_origin_is_followed(tmp_path: Path, status: int) -> None:
    moved = Answer("redirect", status=status, location="/moved{target}")
    with EmbeddedRegistry(replace(NO_OTHER_WAY, whoami=moved, logout=moved)) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store), store, "confirmed", limit=4)
        assert {each.method for each in registry.requests if "/user/token/" in each.path} == {"DELETE"}


@pytest.mark.parametrize("location", ["http://127.0.0.1:{own}{target}", "http://127.0.0.1:{port}{target}"])
def test_redirect_from_https_to_http(tmp_path: Path, location: str) -> None:
    with Recorder() as elsewhere, EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path)) as registry:
        places = {"own": registry.port, "port": elsewhere.port, "target": "{target}"}
        registry.behave(replace(NO_OTHER_WAY, whoami=Answer("redirect", location=location.format(**places))))
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store, {"ca_path": str(registry.ca_file)}), store, "failed", limit=4)
        assert elsewhere.requests == ()
        assert len(registry.requests) == 1


def test_circle_comes_to_an_end(tmp_path: Path) -> None:
    with EmbeddedRegistry(replace(NO_OTHER_WAY, whoami="redirect")) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        run = run_logout(store)
        check_run(run, store, "failed", limit=4)
        assert "in a loop" in run.msg
        assert len(registry.requests) <= 5


# Credentials that are not the store's ---------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["home", "variable"])
def test_netrc_does_not_count(tmp_path: Path, place: str) -> None:
    netrc = tmp_path / (".netrc" if place == "home" else "other")
    netrc.write_text("machine 127.0.0.1 login mallory password s3cret-of-netrc\ndefault login m password s3cret\n")
    netrc.chmod(0o600)
    with EmbeddedRegistry(NO_OTHER_WAY) as registry:
        token = registry.create_token("alice")
        store = make_store(tmp_path, registry.url, token)
        environment = {"NETRC": str(netrc)} if place == "variable" else {}
        run = run_logout(store, {}, **environment)
        check_run(run, store, "confirmed", limit=4)
        assert {each.headers["authorization"] for each in registry.requests} == {f"Bearer {token}"}
        check_output(run, "s3cret-of-netrc")


# Proxies --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Way:
    """Who names which proxy, and which of the two is used. {one} and {two} are their URLs."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    lines: str = ""
    used: str = ""
    options: Mapping[str, Any] = field(default_factory=dict)


WAYS = [
    Way("HTTP_PROXY", {"HTTP_PROXY": "{one}"}, used="one"),
    Way("http_proxy", {"http_proxy": "{one}"}, used="one"),
    Way("ALL_PROXY", {"ALL_PROXY": "{one}"}, used="one"),
    Way("HTTPS_PROXY alone", {"HTTPS_PROXY": "{one}"}),
    Way("no_proxy names it", {"HTTP_PROXY": "{one}", "no_proxy": "127.0.0.1"}),
    Way("NO_PROXY names it", {"HTTP_PROXY": "{one}", "NO_PROXY": "a.example.com, 127.0.0.1"}),
    Way("no_proxy names its network", {"HTTP_PROXY": "{one}", "no_proxy": "127.0.0.0/8"}),
    Way("no_proxy names all", {"HTTP_PROXY": "{one}", "no_proxy": "*"}),
    Way("no_proxy names another", {"HTTP_PROXY": "{one}", "no_proxy": "npm.example.com"}, used="one"),
    Way("no_proxy is nonsense", {"HTTP_PROXY": "{one}", "no_proxy": "[,%,999.1.1.1/99,::/0"}, used="one"),
    Way("use_proxy is off", {"HTTP_PROXY": "{one}"}, "proxy={two}\n", options={"use_proxy": False}),
    Way("the store's proxy", lines="proxy={two}\n", used="two"),
    Way("the store's proxy before the task's", {"HTTP_PROXY": "{one}"}, "proxy={two}\n", "two"),
    Way("the store's exception", lines="proxy={two}\nnoproxy=127.0.0.1\n"),
    Way("the store's exception to the task's proxy", {"HTTP_PROXY": "{one}"}, "noproxy=127.0.0.1\n"),
    Way("the task's exception to the store's proxy", {"no_proxy": "127.0.0.1"}, "proxy={two}\n"),
    Way("the store's proxy for https", lines="https-proxy={two}\n"),
]


@pytest.mark.parametrize("way", [pytest.param(way, id=way.name) for way in WAYS])
def test_proxy(tmp_path: Path, way: Way) -> None:
    with Recorder() as one, Recorder() as two, EmbeddedRegistry(NO_OTHER_WAY) as registry:
        places = {"one": one.url, "two": two.url}
        token = registry.create_token("alice")
        store = make_store(tmp_path, registry.url, token, more=way.lines.format(**places))
        variables = {name: text.format(**places) for name, text in way.variables.items()}
        run = run_logout(store, way.options, **variables)
        check_run(run, store, "confirmed", limit=5)
        # A proxy of the account's counts as its own also where an exception goes around it.
        is_own = way.lines.startswith("proxy=") and not way.options
        assert run.result["credentials"][0]["own_connection"] is is_own
        assert {name for name, proxy in (("one", one), ("two", two)) if proxy.requests} == ({way.used} - {""})
        assert len(registry.requests) == 3
        assert not [name for each in registry.requests for name in each.headers if name.startswith("proxy-")]


@pytest.mark.parametrize("place", ["task", "store"])
def test_tunnel_hides_the_token(tmp_path: Path, place: str) -> None:
    with Recorder() as proxy, EmbeddedRegistry(NO_OTHER_WAY, tls=Tls(tmp_path)) as registry:
        more = f"https-proxy={proxy.url}\n" if place == "store" else ""
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        variables = {"HTTPS_PROXY": proxy.url} if place == "task" else {}
        check_run(run_logout(store, {"ca_path": str(registry.ca_file)}, **variables), store, "confirmed", limit=5)
        assert {each.method for each in proxy.requests} == {"CONNECT"}
        assert not proxy.saw(store.token)
        assert not [each for each in proxy.requests if "authorization" in each.headers]


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("kind", ["refuses", "says no", "leads away", "is silent"])
def test_broken_proxy(tmp_path: Path, kind: str, scheme: str) -> None:
    """A response of a proxy is not one of the registry: it cannot say that a token is revoked."""
    words = {
        "says no": answer_json({}, status="407 Proxy Authentication Required"),
        "leads away": head("Location: http://127.0.0.2/", "Content-Length: 0", status="302 Found"),
        "is silent": b"",
    }
    with contextlib.ExitStack() as stack:
        if kind == "refuses":
            port = stack.enter_context(closed_port())
        else:
            port = stack.enter_context(Mute(words[kind])).port
        store = make_store(tmp_path, f"{scheme}://127.0.0.1:9/")
        environment = {f"{scheme.upper()}_PROXY": f"http://127.0.0.1:{port}"}
        check_run(run_logout(store, IMPATIENT, **environment), store, "failed", limit=5)


def test_password_of_a_proxy_stays_secret(tmp_path: Path) -> None:
    with Recorder() as proxy, EmbeddedRegistry(NO_OTHER_WAY) as registry:
        url = proxy.url.replace("//", "//proxyuser:pr0xy-passw0rd@")
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=f"proxy={url}\n")
        run = run_logout(store)
        check_run(run, store, "confirmed", limit=4)
        check_output(run, "pr0xy-passw0rd")
        assert proxy.requests
        assert not [each for each in registry.requests if "proxy-authorization" in each.headers]


# Names and addresses --------------------------------------------------------------------------------------------------


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("path", ["/", "/npm/private/"])
def test_ipv6(tmp_path: Path, path: str) -> None:
    with EmbeddedRegistry(NO_OTHER_WAY, path, host="::1") as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store), store, "confirmed", limit=4)
        assert {each.headers["host"] for each in registry.requests} == {f"[::1]:{registry.port}"}


ASCII_NAME = "xn--bcher-kva.example"
IDN = [
    pytest.param(ASCII_NAME, id="ASCII form"),
    pytest.param("b\u00fccher.example", id="as it is read"),
    pytest.param("B\u00dcCHER.Example", id="in capitals"),
    pytest.param("b%C3%BCcher.example", id="percent-encoded"),
    pytest.param("bu\u0308cher\uff0eexample", id="decomposed, with a wide dot"),
]


@pytest.mark.parametrize("place", ["option", "store"])
@pytest.mark.parametrize("name", IDN)
def test_international_name(tmp_path: Path, name: str, place: str) -> None:
    with RawRegistry(behaviour=NO_OTHER_WAY) as registry, Recorder(hosts={ASCII_NAME: registry.port}) as proxy:
        store = make_store(tmp_path, f"http://{ASCII_NAME}/", registry.create_token("alice"))
        if place == "store":
            store.rest = f"registry=http://{name}/\n"
            store.path.write_text(f"{store.rest}//{ASCII_NAME}/:_authToken={store.token}\n", encoding="utf-8")
        options = {"registry": f"http://{name}/"} if place == "option" else {}
        check_run(run_logout(store, options, HTTP_PROXY=proxy.url), store, "confirmed", limit=5)
        assert {each.headers["host"] for each in registry.requests} == {ASCII_NAME}


# Odd tokens -----------------------------------------------------------------------------------------------------------

TOKENS = [
    pytest.param("npm_a/b/../c", id="slashes"),
    pytest.param("npm_%2F%00%zz%", id="percent signs"),
    pytest.param("npm_a?b=c&d", id="question mark"),
    pytest.param("npm_a#b;c", id="number sign"),
    pytest.param("npm_a b  c", id="spaces"),
    pytest.param("npm_a+b/c==", id="base64"),
    pytest.param("npm_\"a\"'b'`c`", id="quotes"),
    pytest.param("npm_\\a\\\\b", id="backslashes"),
    pytest.param("npm_$HOME${HOME", id="dollar signs"),
    pytest.param("npm_{0}%s%(x)s{{ x }}", id="formats"),
    pytest.param("../../../-/whoami", id="a path"),
    pytest.param("gopher://npm.example.com/x", id="a URL"),
    pytest.param("npm_\u00e4\u00df\u00e9", id="Latin"),
    pytest.param("Bearer npm_abcdefgh", id="with its scheme"),
    pytest.param("." * 5 + "a", id="dots"),
    pytest.param("npm_" + "x" * 8000, id="long"),
]


@pytest.mark.parametrize("token", TOKENS)
def test_odd_token(tmp_path: Path, token: str) -> None:
    with EmbeddedRegistry(NO_OTHER_WAY) as registry:
        registry.create_token("alice", token)
        store = make_store(tmp_path, registry.url, token, written=json.dumps(token))
        check_run(run_logout(store), store, "confirmed", limit=4)
        assert not registry.is_valid(token)
        expected = ["/-/whoami", f"/-/user/token/{quote(token, safe='')}", "/-/whoami"]
        assert [each.path for each in registry.requests] == expected


UNSENDABLE = [
    pytest.param("npm_a\r\nX-Injected: 1", id="line end"),
    pytest.param("npm_a\nb", id="line feed"),
    pytest.param("npm_a\x00b", id="NUL"),
    pytest.param("npm_a\x7fb", id="DEL"),
    pytest.param("npm_a\tb", id="tab"),
    pytest.param("npm_\u6f22\u5b57\U0001f511", id="beyond Latin"),
    pytest.param("npm_\ud800abcdefgh", id="half a character"),
    pytest.param("..", id="two dots"),
    pytest.param(".", id="a dot"),
    pytest.param("." * 20, id="twenty dots"),
]


@pytest.mark.parametrize("token", UNSENDABLE)
def test_token_that_cannot_be_sent(tmp_path: Path, token: str) -> None:
    with RawRegistry(behaviour=NO_OTHER_WAY) as registry:
        store = make_store(tmp_path, registry.url, token, written=json.dumps(token))
        run = run_logout(store)
        assert (run.outcomes, run.failed, store.is_untouched()) == (["failed"], True, True)
        assert "an HTTP header or URL cannot carry" in run.msg
        assert registry.connections == 0


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_other_registries_see_nothing(tmp_path: Path, scheme: str) -> None:
    """A store that names many origins: the token of one goes to that one."""
    with contextlib.ExitStack() as stack:
        others = [stack.enter_context(Recorder()) for _number in range(3)]
        tls = Tls(tmp_path) if scheme == "https" else None
        registry = stack.enter_context(EmbeddedRegistry(NO_OTHER_WAY, tls=tls))
        more = "".join(
            f"@s{number}:registry={other.url}\n//127.0.0.1:{other.port}/:_authToken={make_token()}\n"
            for number, other in enumerate(others)
        )
        store = make_store(tmp_path, registry.url, registry.create_token("alice"), more=more)
        options = {"ca_path": str(registry.ca_file)} if tls else {}
        check_run(run_logout(store, options), store, "confirmed", limit=4)
        assert [other.requests for other in others] == [(), (), ()]


def test_https_is_never_left_for_http(tmp_path: Path) -> None:
    """The store says https of this host: the playbook's http does not make the token travel in the open."""
    with RawRegistry({"whoami": say(b"")}, behaviour=NO_OTHER_WAY) as registry:
        token = registry.create_token("alice")
        store = make_store(tmp_path, f"https://127.0.0.1:{registry.port}/", token)
        run = run_logout(store, {"registry": f"http://127.0.0.1:{registry.port}/"})
        check_run(run, store, "failed", limit=4)
        assert registry.requests == ()


def test_one_connection_serves_a_whole_run(tmp_path: Path) -> None:
    """A TLS handshake for each question on each of many tokens would take its time."""
    with RawRegistry({"logout": keep_saying(answer_json({"ok": True}))}, behaviour=NO_OTHER_WAY) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store), store, "ineffective", limit=6)
        assert registry.connections == 1
