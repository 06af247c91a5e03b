# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How is a registry to be reached: options first, then the store, then the host's global npmrc."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc as _npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection, choose_connection, is_own
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry

HTTPS = "https://npm.example.com/a/"
HTTP = "http://npm.example.com/a/"
ENVIRONMENT = {"PROXY": "http://proxy.example:81/", "EMPTY": ""}


def read(lines: Sequence[str]) -> tuple[Reading, ...]:
    return read_settings("\n".join(lines).encode(), _npmrc, ENVIRONMENT)


def choose(
    lines: Sequence[str] = (), defaults: Sequence[str] = (), registry: str = HTTPS, **options: Any
) -> Connection:
    return choose_connection(parse_registry(registry), ConnectionOptions(**options), read(lines), read(defaults))


def test_asks_for_nothing_special_where_nothing_is_said() -> None:
    assert choose() == Connection(options=ConnectionOptions())


@pytest.mark.parametrize(
    ("lines", "defaults", "option", "expected"),
    [
        pytest.param([], [], None, True, id="nobody says"),
        pytest.param(["strict-ssl=false"], [], None, False, id="the store says no"),
        pytest.param(["strict-ssl=true"], [], None, True, id="the store says yes"),
        pytest.param(["strict-ssl"], [], None, True, id="the store says it without a value"),
        pytest.param(["strict-ssl="], [], None, True, id="the store says nothing: yes to npm"),
        pytest.param(['strict-ssl=""'], [], None, True, id="the store says nothing in quotes: yes to npm"),
        pytest.param(['strict-ssl=" "'], [], None, True, id="the store says a blank: yes to npm"),
        pytest.param(["strict-ssl=null"], [], None, False, id="the store says null: no to npm"),
        pytest.param(["strict-ssl=yes"], [], None, True, id="the store says something else"),
        pytest.param(["strict-ssl=${NONE}"], [], None, True, id="a variable that is not set"),
        pytest.param(["strict-ssl=true", "strict-ssl=false"], [], None, False, id="the last counts: no"),
        pytest.param(["strict-ssl=false", "strict-ssl=true"], [], None, True, id="the last counts: yes"),
        pytest.param(["#strict-ssl=false"], [], None, True, id="commented out"),
        pytest.param([], ["strict-ssl=false"], None, False, id="the global file says no"),
        pytest.param(["strict-ssl=true"], ["strict-ssl=false"], None, True, id="the store before the global file"),
        pytest.param(["strict-ssl=false"], [], True, True, id="the playbook says yes"),
        pytest.param(["strict-ssl=true"], [], False, False, id="the playbook says no"),
    ],
)
def test_validates_certificates(lines: list[str], defaults: list[str], option: bool | None, expected: bool) -> None:
    assert choose(lines, defaults, validate_certs=option).validate is expected


@pytest.mark.parametrize(
    ("lines", "defaults", "expected"),
    [
        pytest.param(["cafile=/store.pem"], [], ("/store.pem", ()), id="file"),
        pytest.param([], ["cafile=/global.pem"], ("/global.pem", ()), id="file of the global npmrc"),
        pytest.param(["cafile=/store.pem"], ["cafile=/global.pem"], ("/store.pem", ()), id="the store's file first"),
        pytest.param(["cafile=null"], ["cafile=/global.pem"], (None, ()), id="the store takes the file back"),
        pytest.param(['ca="A\\nB"'], [], (None, ("A\nB",)), id="text"),
        pytest.param(["ca[]=A", "ca[]=B"], [], (None, ("A", "B")), id="several texts"),
        pytest.param(["ca=null"], [], (None, ()), id="none"),
        pytest.param([], ["ca=G"], (None, ("G",)), id="text of the global npmrc"),
        pytest.param(["ca=S"], ["ca=G"], (None, ("S",)), id="the store's text first"),
        pytest.param(["#ca=S", "#cafile=/c"], [], (None, ()), id="commented out"),
    ],
)
def test_trusts_what_the_store_says(
    lines: list[str], defaults: list[str], expected: tuple[str | None, tuple[str, ...]]
) -> None:
    connection = choose(lines, defaults)
    assert (connection.ca_file, connection.ca_texts) == expected


def test_trusts_what_the_playbook_says_alone() -> None:
    connection = choose(["cafile=/store.pem", "ca=S"], ["ca=G"], ca_path="/option.pem")
    assert (connection.ca_path, connection.ca_file, connection.ca_texts) == ("/option.pem", None, ())


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["//npm.example.com/a/:certfile=/c", "//npm.example.com/a/:keyfile=/k"], ("/c", "/k"), id="pair"),
        pytest.param(["//npm.example.com:certfile=/c", "//npm.example.com:keyfile=/k"], ("/c", "/k"), id="further up"),
        pytest.param(
            [
                *("//npm.example.com/:certfile=/far", "//npm.example.com/:keyfile=/far"),
                *("//npm.example.com/a/:certfile=/near", "//npm.example.com/a/:keyfile=/near"),
            ],
            ("/near", "/near"),
            id="the nearest",
        ),
        pytest.param(["//npm.example.com/a/:certfile=/c"], (None, None), id="half of it"),
        pytest.param(
            ["//npm.example.com/a/:certfile=/c", "//npm.example.com/:keyfile=/k"], (None, None), id="two halves of two"
        ),
        pytest.param(["//h.example/:certfile=/c", "//h.example/:keyfile=/k"], (None, None), id="another host's"),
        pytest.param(["certfile=/c", "keyfile=/k"], (None, None), id="unscoped"),
        pytest.param(
            ["#//npm.example.com/:certfile=/c", "#//npm.example.com/:keyfile=/k"], (None, None), id="commented out"
        ),
    ],
)
def test_shows_the_certificate_of_the_registry(lines: list[str], expected: tuple[str | None, str | None]) -> None:
    connection = choose(lines)
    assert (connection.cert_file, connection.key_file) == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["cert=c", "key=k"], ("c", "k"), id="at the top: npm shows it to every registry"),
        pytest.param(["//npm.example.com/:cert=c", "//npm.example.com/:key=k"], ("c", "k"), id="of the registry"),
        pytest.param(
            ["cert=c", "key=k", "//npm.example.com/:cert=d", "//npm.example.com/:key=l"], ("d", "l"), id="the nearest"
        ),
        pytest.param(
            ["cert=c", "key=k", "//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k"],
            (None, None),
            id="files of the registry come first",
        ),
        pytest.param(["cert=c"], (None, None), id="half of it"),
        pytest.param(["#cert=c", "#key=k"], (None, None), id="commented out"),
    ],
)
def test_shows_the_certificate_whose_text_is_in_the_file(
    lines: list[str], expected: tuple[str | None, str | None]
) -> None:
    connection = choose(lines)
    assert (connection.cert_text, connection.key_text and connection.key_text.reveal()) == expected
    assert "key_text=Secret()" in repr(connection) or expected == (None, None)
    assert choose(lines, client_cert="/option.pem").cert_text is None
    with_option = choose(lines, client_cert="/option.pem")
    assert (with_option.cert_file, with_option.key_file) == (None, None)


@pytest.mark.parametrize(
    ("lines", "defaults", "registry", "expected"),
    [
        pytest.param([], [], HTTPS, None, id="none"),
        pytest.param(["proxy=http://p:1"], [], HTTPS, "http://p:1", id="proxy for https"),
        pytest.param(["proxy=http://p:1"], [], HTTP, "http://p:1", id="proxy for http"),
        pytest.param(["proxy=http://p:1", "https-proxy=http://s:1"], [], HTTPS, "http://s:1", id="https has its own"),
        pytest.param(["proxy=http://p:1", "https-proxy=http://s:1"], [], HTTP, "http://p:1", id="not for http"),
        pytest.param(["http-proxy=http://h:1"], [], HTTP, "http://h:1", id="http-proxy for http"),
        pytest.param(["http-proxy=http://h:1"], [], HTTPS, None, id="not for https"),
        pytest.param(["proxy=${PROXY}"], [], HTTPS, "http://proxy.example:81/", id="a reference"),
        pytest.param([], ["proxy=http://g:1"], HTTPS, "http://g:1", id="of the global npmrc"),
        pytest.param(["proxy=http://p:1"], ["proxy=http://g:1"], HTTPS, "http://p:1", id="the store's first"),
        pytest.param(["proxy=null"], [], HTTPS, None, id="null is none"),
        pytest.param(["proxy=null"], ["proxy=http://g:1"], HTTPS, None, id="the store takes it back with null"),
        pytest.param(["proxy=false"], ["proxy=http://g:1"], HTTPS, None, id="the store takes it back with false"),
        pytest.param(["#proxy=http://p:1"], [], HTTPS, None, id="commented out"),
    ],
)
def test_takes_the_proxy_of_the_scheme(
    lines: list[str], defaults: list[str], registry: str, expected: str | None
) -> None:
    connection = choose(lines, defaults, registry)
    assert (connection.proxy and connection.proxy.reveal()) == expected
    assert choose(lines, defaults, registry, use_proxy=False).proxy is None


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(["noproxy=a.example,b.example"], "a.example,b.example", id="noproxy"),
        pytest.param(["no-proxy=a.example"], "a.example", id="no-proxy"),
        pytest.param(["noproxy[]=a.example", "noproxy[]=b.example"], "a.example,b.example", id="list"),
        pytest.param(["noproxy="], "", id="an empty value overrides the host's"),
        pytest.param([], "host.example", id="the host's"),
    ],
)
def test_knows_where_no_proxy_is_needed(lines: list[str], expected: str | None) -> None:
    assert choose(lines, ["noproxy=host.example"]).no_proxy == expected


def test_shows_no_password() -> None:
    assert "s3cret" not in repr(choose(["proxy=http://user:t0p-s3cret@proxy.example:81"]))


PROXY = "https-proxy=http://proxy.example:81/"
CA = "cafile=/etc/ssl/company.pem"


@pytest.mark.parametrize(
    ("own", "hosts", "options", "expected"),
    [
        pytest.param([], [], {}, False, id="nobody says anything"),
        pytest.param([PROXY], [], {}, True, id="its proxy"),
        pytest.param([PROXY], [PROXY], {}, False, id="its proxy, which is the host's"),
        pytest.param([PROXY], ["https-proxy=http://other.example/"], {}, True, id="its proxy, not the host's"),
        pytest.param([], [PROXY, CA, "strict-ssl=false"], {}, False, id="all of it the host's"),
        pytest.param(["https-proxy=null"], [PROXY], {}, False, id="no proxy where the host has one"),
        pytest.param([PROXY], [], {"use_proxy": False}, False, id="its proxy, and the option forbids it"),
        pytest.param(["proxy=http://proxy.example:81/"], [], {}, True, id="its proxy for all"),
        pytest.param([CA], [], {}, True, id="its CA file"),
        pytest.param(["ca[]=PEM"], [], {}, True, id="its CA"),
        pytest.param([CA], [CA], {}, False, id="its CA file, which is the host's"),
        pytest.param(["ca=PEM"], [CA], {}, True, id="its CA, not the host's"),
        pytest.param([CA], [], {"ca_path": "/etc/ssl/other.pem"}, False, id="its CA file, and the option's counts"),
        pytest.param([CA], [], {"validate_certs": False}, False, id="its CA file, and the option validates nothing"),
        pytest.param(["strict-ssl=false"], [], {}, True, id="it does not validate"),
        pytest.param(["strict-ssl=false"], ["strict-ssl=false"], {}, False, id="neither does the host"),
        pytest.param(["strict-ssl=true"], ["strict-ssl=false"], {}, False, id="it validates, the host does not"),
        pytest.param(["strict-ssl=false"], [], {"validate_certs": True}, False, id="the option validates"),
        pytest.param(["strict-ssl=false"], [], {"validate_certs": False}, False, id="the option does not validate"),
        pytest.param(["strict-ssl=false", CA], [CA], {}, True, id="it does not validate with the host's CA file"),
        pytest.param(["noproxy=npm.example.com"], [PROXY], {}, False, id="its exception to the host's proxy"),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k"], [], {}, False, id="its certificate"
        ),
        pytest.param([f"#{PROXY}", f";{CA}"], [], {}, False, id="commented out"),
    ],
)
def test_connection_is_the_accounts_own(
    own: list[str], hosts: list[str], options: dict[str, Any], expected: bool
) -> None:
    registry = parse_registry(HTTPS)
    of_host = tuple(item._replace(of_host=True) for item in read(hosts))
    effective = [item for item in read(own) if not item.setting.commented]
    for readings, defaults in ((read(own), of_host), ((), (*of_host, *effective))):
        connection = choose_connection(registry, ConnectionOptions(**options), readings, defaults)
        assert is_own(registry, connection, readings, defaults) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param("proxy=http://proxy.example:81/", True, id="proxy"),
        pytest.param("strict-ssl=false", False, id="without TLS there is nothing to validate"),
        pytest.param(CA, False, id="without TLS there is no CA"),
    ],
)
def test_connection_over_http_is_the_accounts_own(line: str, expected: bool) -> None:
    registry = parse_registry(HTTP)
    connection = choose_connection(registry, ConnectionOptions(), read([line]))
    assert is_own(registry, connection, read([line])) is expected
