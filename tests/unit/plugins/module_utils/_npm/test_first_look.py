# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The first look says only what the whole parser says: no credential, and which registry."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.first_look import find_registry, may_hold_credentials

NAMES = (
    *("_authToken", "_auth", "username", "_password", "certfile", "keyfile", "tokenHelper", "cert", "key"),
    *("_authtoken", "-authtoken", "_AUTHTOKEN", "always-auth", "email", "registry", "@a:registry", "fund"),
    *("${NAME}", '"\\u005fauth"'),
)
VALUES = (
    *("t0ken", "https://h.example/", "https://u:p@h.example/", "//u@h", "${VALUE}", "${VALUE:-t0ken}"),
    *('"a b"', "true", ""),
)
LINES = st.tuples(
    st.sampled_from(("", "", "; ", "#", "[section]\n", "\ufeff", " ")),
    st.sampled_from(("", "//h.example/:", "//h.example/@a/:", "//h.example/:@a:")),
    st.sampled_from(NAMES),
    st.sampled_from(("=", " = ", "[]=", "", " ")),
    st.sampled_from(VALUES),
    st.sampled_from(("\n", "\r\n", "\r", " ; x\n")),
).map("".join)
TEXTS = st.lists(LINES, max_size=4).map("".join)
FILES = st.one_of(
    TEXTS.map(str.encode),
    TEXTS.map(lambda text: text.encode("utf-16")),
    TEXTS.map(lambda text: text.encode("utf-16-be")),
    st.binary(max_size=80),
)


@pytest.mark.parametrize(
    ("data", "maybe"),
    [
        pytest.param(b"", False, id="nothing"),
        pytest.param(b"registry=https://h.example/\nfund=false\n", False, id="a registry"),
        pytest.param(b"@a:registry=https://h.example/\n@b:registry=https://h.example/\n", False, id="scope mappings"),
        pytest.param(b"; a comment\n", False, id="a comment"),
        pytest.param(b"//h.example/:_authToken=t0ken\n", True, id="a token"),
        pytest.param(b"; //h.example/:_authToken=t0ken\n", True, id="a token in a comment"),
        pytest.param(b"registry=https://u:p@h.example/\n", True, id="a login in a URL"),
        pytest.param(b'"//h.example/:_\\u0061uthToken"=t0ken\n', True, id="an escape"),
        pytest.param(b"//h.example/:${NAME}=t0ken\n", True, id="a reference"),
        pytest.param("fund=false\n".encode("utf-16"), True, id="UTF-16"),
        pytest.param(b'cert="-----BEGIN"\n', True, id="a certificate"),
    ],
)
def test_says_whether_there_may_be_a_credential(data: bytes, maybe: bool) -> None:
    assert may_hold_credentials(data) is maybe


@settings(max_examples=1000)
@given(FILES)
def test_rules_out_nothing_that_the_parser_finds(data: bytes) -> None:
    if not may_hold_credentials(data):
        assert find_credentials(read_settings(data, npmrc, {"NAME": "_authToken", "VALUE": "t0ken"})) == ()


@pytest.mark.parametrize(
    ("text", "url"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param(
            "fund=false\n@a:registry=https://a.example/\n; registry=https://b.example/\n", "", id="other lines"
        ),
        pytest.param("registry=https://h.example/\r\nfund=false", "https://h.example/", id="a registry"),
        pytest.param(" registry\t= http://h.example:4873/a ", "http://h.example:4873/a", id="white space"),
        pytest.param("registry=https://a.example/\nregistry=https://b.example/", None, id="two registries"),
        pytest.param('registry="https://h.example/"', None, id="quotes"),
        pytest.param("registry=https://h.example/ ; ours", None, id="a comment behind it"),
        pytest.param("registry", None, id="no value"),
        pytest.param("[a]\nregistry=https://h.example/", None, id="a section"),
        pytest.param("registry[]=https://h.example/", None, id="a list"),
        pytest.param("fund\x0bregistry=https://h.example/", None, id="no line end to npm"),
        pytest.param("\u3000registry=https://h.example/", None, id="other white space"),
    ],
)
def test_tells_the_registry_of_plain_lines(text: str, url: str | None) -> None:
    assert find_registry(text.encode()) == url


@settings(max_examples=1000)
@given(FILES)
def test_tells_the_registry_that_the_parser_finds(data: bytes) -> None:
    url = None if may_hold_credentials(data) else find_registry(data)
    if url is not None:
        found = [item for item in read_settings(data, npmrc, {}) if item.name == "registry" and item.value]
        assert [item.value for item in found if not item.setting.commented] == ([url] if url else [])
