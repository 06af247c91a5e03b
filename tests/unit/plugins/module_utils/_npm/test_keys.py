# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The registry that a URL names, and the keys under which npm looks for its credentials."""

from __future__ import annotations

import contextlib

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import (
    PUBLIC_REGISTRY,
    has_userinfo,
    parse_key,
    parse_registry,
    registry_key_of,
    split_name,
    walk_up,
)


@pytest.mark.parametrize(
    ("url", "normal"),
    [
        pytest.param("https://npm.example.com/", "https://npm.example.com/", id="as it should be"),
        pytest.param("https://npm.example.com", "https://npm.example.com/", id="no last slash"),
        pytest.param("https://npm.example.com/a/b", "https://npm.example.com/a/b/", id="path without its last slash"),
        pytest.param("https://npm.example.com/a//b//", "https://npm.example.com/a//b//", id="empty segments stay"),
        pytest.param("https://npm.example.com//", "https://npm.example.com//", id="a path of two slashes"),
        pytest.param("HTTPS://NPM.Example.COM/Path/", "https://npm.example.com/Path/", id="host and scheme lower case"),
        pytest.param(" https://npm.example.com/\n", "https://npm.example.com/", id="white space around it"),
        pytest.param("ht\ttps://npm.exa\nmple.com/a\rb", "https://npm.example.com/ab/", id="tabs, line ends inside"),
        pytest.param("https:npm.example.com", "https://npm.example.com/", id="no slashes"),
        pytest.param("https:///npm.example.com/", "https://npm.example.com/", id="too many slashes"),
        pytest.param("https:\\\\npm.example.com\\a", "https://npm.example.com/a/", id="backslashes"),
        pytest.param("https://npm.example.com:443/", "https://npm.example.com/", id="https' own port"),
        pytest.param("http://npm.example.com:80/", "http://npm.example.com/", id="http's own port"),
        pytest.param("http://npm.example.com:443/", "http://npm.example.com:443/", id="another's own port"),
        pytest.param("https://npm.example.com:/", "https://npm.example.com/", id="empty port"),
        pytest.param("https://npm.example.com:08443/", "https://npm.example.com:8443/", id="port with a leading zero"),
        pytest.param("https://npm.example.com:0/", "https://npm.example.com:0/", id="port 0"),
        pytest.param("https://npm.example.com:65535", "https://npm.example.com:65535/", id="largest port"),
        pytest.param("https://user:pa:ss@npm.example.com/", "https://npm.example.com/", id="user and password go"),
        pytest.param(
            "https://user:p@ss@npm.example.com:81/", "https://npm.example.com:81/", id="at sign in a password"
        ),
        pytest.param("https://npm.example.com/?a=b#c", "https://npm.example.com/", id="query and fragment go"),
        pytest.param("https://npm.example.com?a=/b/", "https://npm.example.com/", id="query without a path"),
        pytest.param("https://npm.example.com/a/../b/./c/", "https://npm.example.com/b/c/", id="dots"),
        pytest.param("https://npm.example.com/../../a", "https://npm.example.com/a/", id="dots above the top"),
        pytest.param("https://npm.example.com/a/..", "https://npm.example.com/", id="dots at the end"),
        pytest.param("https://npm.example.com/a/%2E%2e/b", "https://npm.example.com/b/", id="percent-encoded dots"),
        pytest.param("https://npm.example.com/a%2Fb/", "https://npm.example.com/a%2Fb/", id="percent-encoded slash"),
        pytest.param("https://npm.example.com/a b/\u00e9", "https://npm.example.com/a%20b/%C3%A9/", id="path encoded"),
        pytest.param("https://npm.example.com/~a/@b:c;d=e", "https://npm.example.com/~a/@b:c;d=e/", id="path kept"),
        pytest.param('https://npm.example.com/"<>`{}', "https://npm.example.com/%22%3C%3E%60%7B%7D/", id="quotes"),
        pytest.param("https://npm%2eexample.com/", "https://npm.example.com/", id="percent-encoded host"),
        pytest.param("https://npm.example.com./", "https://npm.example.com./", id="a dot behind the host"),
        pytest.param("https://my_npm.example.com/", "https://my_npm.example.com/", id="underscore in the host"),
        pytest.param("http://localhost:4873/", "http://localhost:4873/", id="localhost"),
        pytest.param("http://127.0.0.1:4873/", "http://127.0.0.1:4873/", id="IPv4"),
        pytest.param("http://[::1]:4873/", "http://[::1]:4873/", id="IPv6"),
        pytest.param("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/", id="IPv6, zeros folded"),
        pytest.param("http://[2001:DB8:0:0:1:0:0:1]:80/", "http://[2001:db8::1:0:0:1]/", id="IPv6, lower case"),
        pytest.param("http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/", id="IPv6 that holds an IPv4"),
        pytest.param("https://m\u00fcnchen.example/", "https://xn--mnchen-3ya.example/", id="international host"),
        pytest.param("https://M\u00dcNCHEN.example/", "https://xn--mnchen-3ya.example/", id="international upper case"),
        pytest.param("https://m%C3%BCnchen.example/", "https://xn--mnchen-3ya.example/", id="and percent-encoded"),
        pytest.param("https://xn--mnchen-3ya.example/", "https://xn--mnchen-3ya.example/", id="in its ASCII form"),
        pytest.param("https://\uff4epm.example/", "https://npm.example/", id="full-width letters"),
        pytest.param("https://npm\u3002example/", "https://npm.example/", id="ideographic full stop"),
    ],
)
def test_reads_urls_as_node_does(url: str, normal: str) -> None:
    registry = parse_registry(url)
    assert registry.url == normal
    assert registry.key == normal.partition(":")[2]
    assert parse_registry(registry.url) == registry


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("", id="nothing"),
        pytest.param("npm.example.com", id="no scheme"),
        pytest.param("//npm.example.com/", id="a registry key"),
        pytest.param("ftp://npm.example.com/", id="another scheme"),
        pytest.param("file:///etc/passwd", id="a file"),
        pytest.param("httpss://npm.example.com/", id="a scheme that only begins so"),
        pytest.param("https://", id="no host"),
        pytest.param("https://user@/", id="user without a host"),
        pytest.param("https://:8080/", id="port without a host"),
        pytest.param("https://npm example.com/", id="blank in the host"),
        pytest.param("https://npm.example.com:80a/", id="port with a letter"),
        pytest.param("https://npm.example.com:-1/", id="negative port"),
        pytest.param("https://npm.example.com:65536/", id="port too large"),
        pytest.param("https://npm.example.com:80:80/", id="two ports"),
        pytest.param("https://npm.example.com:\u0661/", id="a port in other digits"),
        pytest.param("https://npm.example.com:" + "9" * 5000 + "/", id="a port of thousands of digits"),
        pytest.param("https://[::1/", id="IPv6 without its bracket"),
        pytest.param("https://[::1]a/", id="IPv6 with a tail"),
        pytest.param("https://[::g]/", id="no IPv6"),
        pytest.param("https://[1::2::3]/", id="IPv6 folded twice"),
        pytest.param("https://[fe80::1%25eth0]/", id="IPv6 with a zone"),
        pytest.param("https://::1/", id="IPv6 without brackets"),
        pytest.param("https://${NPM_HOST}/", id="a reference"),
        pytest.param("https://npm%00.example.com/", id="percent-encoded NUL"),
        pytest.param("https://npm%2f.example.com/", id="percent-encoded slash in the host"),
        pytest.param("https://npm%40.example.com/", id="percent-encoded at sign in the host"),
        pytest.param("https://a<b>.example.com/", id="angle brackets in the host"),
        pytest.param("https://fa\u00df.example/", id="sharp s: two readings"),
        pytest.param("https://\u03c2.example/", id="final sigma: two readings"),
        pytest.param("https://a\u200db.example/", id="zero width joiner: two readings"),
        pytest.param("https://" + "\u00e9" * 64 + ".example/", id="international label too long"),
        pytest.param("https://\u00e9..example/", id="empty international label"),
        pytest.param("https://\ud800.example/", id="lone surrogate in the host"),
        pytest.param("https://npm.example.com/\ud800/", id="lone surrogate in the path"),
    ],
)
def test_refuses_what_is_no_url_of_a_registry(url: str) -> None:
    with pytest.raises(InvalidUrl) as caught:
        parse_registry(url)
    said = str(caught.value)
    assert said
    assert "example" not in said
    assert "user" not in said


def test_a_port_of_thousands_of_zeros_is_a_port_or_none() -> None:
    with contextlib.suppress(InvalidUrl):
        assert parse_registry("https://npm.example.com:" + "0" * 5000 + "443/").host == "npm.example.com"


def test_a_path_without_end_fills_no_memory() -> None:
    # Each step of the walk up is a text as long as the path: what a file can name must not grow with its square.
    with contextlib.suppress(InvalidUrl):
        registry = parse_registry("https://npm.example.com/" + "a/" * 5_000)
        assert sum(map(len, walk_up(registry.key))) < 10_000_000


@pytest.mark.parametrize(
    ("url", "hostname", "loopback", "address"),
    [
        pytest.param("http://localhost:4873/", "localhost", True, False, id="localhost"),
        pytest.param("http://npm.localhost/", "npm.localhost", True, False, id="below localhost"),
        pytest.param("http://127.0.0.1:4873/", "127.0.0.1", True, True, id="IPv4"),
        pytest.param("http://127.1.2.3/", "127.1.2.3", True, True, id="the whole of 127"),
        pytest.param("http://[::1]:4873/", "::1", True, True, id="IPv6 with a port"),
        pytest.param("http://[::1]/", "::1", True, True, id="IPv6"),
        pytest.param("http://[2001:db8::80]/", "2001:db8::80", False, True, id="another IPv6, that ends like a port"),
        pytest.param("http://10.0.0.1/", "10.0.0.1", False, True, id="another IPv4"),
        pytest.param("http://npm.example.com:80/", "npm.example.com", False, False, id="another host"),
        pytest.param("http://localhost.example.com/", "localhost.example.com", False, False, id="only begins like it"),
        pytest.param("http://notlocalhost/", "notlocalhost", False, False, id="only ends like it"),
        pytest.param("http://127.0.0.1.example.com/", "127.0.0.1.example.com", False, False, id="only looks like it"),
    ],
)
def test_knows_what_is_loopback(url: str, hostname: str, loopback: bool, address: bool) -> None:
    registry = parse_registry(url)
    assert (registry.hostname, registry.is_loopback, registry.is_address) == (hostname, loopback, address)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("https://user:password@npm.example.com/", True, id="user and password"),
        pytest.param("https://user@npm.example.com/", True, id="user"),
        pytest.param(" https:\\\\user@npm.example.com/", True, id="backslashes"),
        pytest.param("https://npm.example.com/@scope/", False, id="at sign in the path"),
        pytest.param("https://npm.example.com/?a@b", False, id="at sign in the query"),
        pytest.param("user@npm.example.com", False, id="no URL"),
    ],
)
def test_sees_a_user_in_a_url(url: str, expected: bool) -> None:
    assert has_userinfo(url) is expected


@pytest.mark.parametrize(
    ("key", "keys"),
    [
        pytest.param("//npm.example.com/", ("//npm.example.com/", "//npm.example.com"), id="host"),
        pytest.param(
            "//npm.example.com:81/a/b/",
            (
                "//npm.example.com:81/a/b/",
                "//npm.example.com:81/a/b",
                "//npm.example.com:81/a/",
                "//npm.example.com:81/a",
                "//npm.example.com:81/",
                "//npm.example.com:81",
            ),
            id="path: with and without each last slash",
        ),
        pytest.param("//h.example//", ("//h.example//", "//h.example/", "//h.example"), id="empty segment"),
        pytest.param("//[::1]:81/", ("//[::1]:81/", "//[::1]:81"), id="IPv6"),
    ],
)
def test_walks_up_as_npm_does(key: str, keys: tuple[str, ...]) -> None:
    assert walk_up(key) == keys


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        pytest.param("//npm.example.com/:_authToken", ("//npm.example.com/", "_authToken"), id="host"),
        pytest.param("//npm.example.com:_authToken", ("//npm.example.com", "_authToken"), id="no last slash"),
        pytest.param("//h.example:81/a:_auth", ("//h.example:81/a", "_auth"), id="port and path"),
        pytest.param("//[::1]:81/:_auth", ("//[::1]:81/", "_auth"), id="IPv6"),
        pytest.param("//h.example/:@org:_authToken", ("//h.example/:@org", "_authToken"), id="pnpm's scope"),
        pytest.param("//h.example/:", ("//h.example/", ""), id="no field"),
        pytest.param(":@org:_authToken", (":@org", "_authToken"), id="Yarn's scope at the default registry"),
        pytest.param("//h.example/", None, id="no colon"),
        pytest.param("//:_authToken", None, id="no host"),
        pytest.param("_authToken", None, id="unscoped"),
        pytest.param("@a:registry", None, id="link of a scope"),
        pytest.param("https://h.example/:_authToken", None, id="a URL is no key"),
        pytest.param("/h.example/:_authToken", None, id="one slash"),
        pytest.param("", None, id="nothing"),
    ],
)
def test_parts_a_name(name: str, parts: tuple[str, str] | None) -> None:
    assert split_name(name) == parts


@pytest.mark.parametrize(
    ("key", "bare", "url"),
    [
        pytest.param("//npm.example.com/", "//npm.example.com/", "https://npm.example.com/", id="host"),
        pytest.param("//npm.example.com", "//npm.example.com", "https://npm.example.com/", id="no last slash"),
        pytest.param("//h.example:81/a", "//h.example:81/a", "https://h.example:81/a/", id="port and path"),
        pytest.param("//h.example/:@org", "//h.example/", "https://h.example/", id="pnpm's scope"),
        pytest.param("//h.example/@org/", "//h.example/", "https://h.example/", id="pnpm's scope, as a path"),
        pytest.param("//h.example/a/@org", "//h.example/a/", "https://h.example/a/", id="scope below a path"),
        pytest.param("//h.example/@org/a/", "//h.example/@org/a/", "https://h.example/@org/a/", id="path below it"),
        pytest.param("//h.example/a:@b/", "//h.example/a:@b/", "https://h.example/a:@b/", id="no scope: a path"),
        pytest.param("//NPM.example.com:443/", "//NPM.example.com:443/", "https://npm.example.com/", id="normalized"),
    ],
)
def test_a_key_names_a_registry_over_https(key: str, bare: str, url: str) -> None:
    assert registry_key_of(key) == bare
    assert parse_key(bare).url == url
    assert parse_key(bare, "http").scheme == "http"


@pytest.mark.parametrize(
    "key", ["///", "//${HOST}/", "//:81/", "//a b/", "//npm.example.com:x/", "//\ud800/", "//h.example/\ud800/"]
)
def test_a_key_may_name_no_registry(key: str) -> None:
    with pytest.raises(InvalidUrl):
        parse_key(key)


def test_the_public_registry_is_a_registry() -> None:
    assert parse_registry(PUBLIC_REGISTRY).url == PUBLIC_REGISTRY
