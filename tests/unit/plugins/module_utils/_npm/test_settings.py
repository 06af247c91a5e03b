# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Logins in the URLs of registries are found, and only they are removed."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    USERINFO,
    Setting,
    cut,
    make_key,
    may_hold_login,
)


def find_logins(data: bytes) -> list[Setting]:
    return [item for item in npmrc.parse_settings(data) if item.name.endswith(f":{USERINFO}")]


@pytest.mark.parametrize(
    ("line", "name", "left"),
    [
        pytest.param(b"registry=https://u:p@h.example/", "//h.example/", b"registry=https://h.example/", id="registry"),
        pytest.param(b"@a:registry=http://u:p@h.example", "//h.example/", b"@a:registry=http://h.example", id="scope"),
        pytest.param(
            b"registry = 'HTTPS://u:p@H.example/b'",
            "//h.example/b/",
            b"registry = 'HTTPS://H.example/b'",
            id="quoted",
        ),
        pytest.param(
            b"registry=https://u:p@h.example:443/?a#b",
            "//h.example/",
            b"registry=https://h.example:443/?a#b",
            id="default port",
        ),
        pytest.param(
            b"registry=http://u:p@h.example:80/", "//h.example/", b"registry=http://h.example:80/", id="port of http"
        ),
        pytest.param(
            b"registry=http://u:p@h.example:443/",
            "//h.example:443/",
            b"registry=http://h.example:443/",
            id="port of https for http",
        ),
        pytest.param(
            b"registry=https://t0ken@h.example/", "//h.example/", b"registry=https://h.example/", id="no password"
        ),
        pytest.param(
            b"registry=https://u:p@q@h.example/", "//h.example/", b"registry=https://h.example/", id="two at signs"
        ),
        pytest.param(
            b"registry=https://u:${PW}@h.example/", "//h.example/", b"registry=https://h.example/", id="a reference"
        ),
        pytest.param(
            b"registry=https://u:p@${HOST}/", "//${HOST}/", b"registry=https://${HOST}/", id="host is a reference"
        ),
        pytest.param(
            "registry=https://u:p\u00e4@h.example/".encode(),
            "//h.example/",
            b"registry=https://h.example/",
            id="not ASCII",
        ),
        pytest.param(
            b";registry=https://u:p@h.example/", "//h.example/", b";registry=https://h.example/", id="commented out"
        ),
    ],
)
def test_login_is_cut_out_of_a_url(line: bytes, name: str, left: bytes) -> None:
    (login,) = find_logins(line)
    assert login.name == f"{name}:{USERINFO}"
    assert npmrc.remove(line, [login]) == left
    assert not find_logins(left)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b"registry=https://h.example/", id="none"),
        pytest.param(b"registry=https://h.example/@a/", id="at sign in the path"),
        pytest.param(b"registry=https://h.example/?a=b@c", id="at sign in the query"),
        pytest.param(b"proxy=http://u:p@h.example/", id="a proxy is no registry"),
        pytest.param(b"registry", id="no value"),
        pytest.param(b"registry=u:p@h.example", id="no URL"),
    ],
)
def test_no_login_is_seen_where_there_is_none(line: bytes) -> None:
    assert not find_logins(line)


def test_login_that_cannot_be_cut_out_alone_is_refused() -> None:
    line = b'registry="https:\\/\\/u:passw0rd@h.example/"\n'
    (login,) = find_logins(line)
    # All of the URL is hidden where nobody can tell which part of it the login is.
    assert line[login.value_start : login.value_end] == line.partition(b"=")[2].strip()
    with pytest.raises(StoreError) as problem:
        npmrc.remove(line, [login])
    assert "line 1" in str(problem.value)
    assert "passw0rd" not in str(problem.value)


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param("https://h.example", "//h.example/", id="URL"),
        pytest.param(" HTTP://u:p@H.example:80/b?c#d", "//h.example/b/", id="with all that it can have"),
        pytest.param("//h.example:81/b/", "//h.example:81/b/", id="no scheme"),
        pytest.param("https://${HOST}/b/", "//${HOST}/b/", id="a reference in it"),
        pytest.param("${URL}", "//?/", id="a reference"),
        pytest.param("h.example", "//?/", id="no URL"),
        pytest.param("", "//?/", id="nothing"),
    ],
)
def test_key_of_a_url(url: str, key: str) -> None:
    assert make_key(url) == key


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"//h.example/:_authToken", True, id="token"),
        pytest.param(b"npmAuthIdent: x", True, id="in any case"),
        pytest.param(b"password", True, id="password"),
        pytest.param(b"http://u:p@h.example/", True, id="a login in a URL"),
        pytest.param(b"'\\x41uth'", True, id="an escape"),
        pytest.param(b"registry https://h.example/", False, id="a URL"),
        pytest.param(b'"@a:registry" "https://h.example/@a/"', False, id="a scope"),
        pytest.param(b"", False, id="nothing"),
    ],
)
def test_may_hold_login(data: bytes, expected: bool) -> None:
    assert may_hold_login(data) is expected


@pytest.mark.parametrize(
    ("spans", "left"),
    [
        pytest.param([], b"0123456789", id="none"),
        pytest.param([(2, 4)], b"01456789", id="one"),
        pytest.param([(6, 8), (2, 4)], b"014589", id="in any order"),
        pytest.param([(2, 8), (4, 6)], b"0189", id="one within another"),
        pytest.param([(2, 6), (4, 8)], b"0189", id="overlapping"),
        pytest.param([(0, 10)], b"", id="all"),
        pytest.param([(3, 3)], b"0123456789", id="empty"),
    ],
)
def test_cut(spans: list[tuple[int, int]], left: bytes) -> None:
    assert cut(b"0123456789", spans) == left
