# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret is passed on without being shown, and is identified by its fingerprint."""

from __future__ import annotations

import base64
import copy
import dataclasses
import json
import logging
import pickle
import pprint
import traceback
from collections.abc import Callable

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._secrets import (
    Concealer,
    Pair,
    Secret,
    decode_base64,
    fingerprint,
    is_fingerprint,
    list_forms,
    reveals,
    to_bytes,
)
from tests.tools.limits import takes_at_most

TEXT = "t0p-s3cret"


@dataclasses.dataclass
class Holder:
    secret: Secret


def raise_and_format(secret: Secret) -> str:
    try:
        raise ValueError(secret)
    except ValueError:
        return traceback.format_exc()


def log(secret: Secret) -> str:
    return logging.LogRecord("a", logging.INFO, "a", 1, "%s", (secret,), None).getMessage()


@pytest.mark.parametrize(
    "show",
    [
        pytest.param(repr, id="repr"),
        pytest.param(str, id="str"),
        pytest.param(lambda secret: f"{secret}", id="f-string"),
        pytest.param(lambda secret: f"{secret!r:>30}", id="f-string with repr"),
        pytest.param(lambda secret: f"{secret:>30}", id="f-string with a width"),
        pytest.param(lambda secret: f"{secret} {secret!s}", id="format"),
        pytest.param(lambda secret: "%s %r" % (secret, secret), id="percent"),
        pytest.param(lambda secret: repr([secret, {secret: secret}]), id="in a list and a mapping"),
        pytest.param(lambda secret: repr(Holder(secret)), id="in a dataclass"),
        pytest.param(lambda secret: repr(dataclasses.asdict(Holder(secret))), id="asdict"),
        pytest.param(lambda secret: pprint.pformat(Holder(secret)), id="pprint"),
        pytest.param(lambda secret: json.dumps(secret, default=str), id="JSON with a default"),
        pytest.param(lambda secret: repr(pickle.dumps(secret)), id="pickle"),
        pytest.param(lambda secret: repr(pickle.dumps(secret, 0)), id="pickle, protocol 0"),
        pytest.param(lambda secret: repr(pickle.loads(pickle.dumps([secret]))), id="pickled and read"),
        pytest.param(lambda secret: repr(copy.deepcopy([secret])), id="deep copy"),
        pytest.param(lambda secret: repr(getattr(secret, "__dict__", {})), id="attributes"),
        pytest.param(raise_and_format, id="exception"),
        pytest.param(log, id="log"),
    ],
)
def test_shows_itself_nowhere(show: Callable[[Secret], str]) -> None:
    shown = show(Secret(TEXT))
    assert "s3cret" not in shown
    assert base64.b64encode(TEXT.encode()).decode() not in shown


def test_is_no_json() -> None:
    with pytest.raises(TypeError) as caught:
        json.dumps({"a": Secret(TEXT)})
    assert "s3cret" not in str(caught.value)


def test_reveals_its_text_when_asked() -> None:
    assert Secret(TEXT).reveal() == TEXT


def test_is_equal_by_value() -> None:
    assert Secret(TEXT) == Secret(TEXT)
    assert len({Secret(TEXT), Secret(TEXT), Secret("other")}) == 2
    assert Secret(TEXT) != Secret("other")
    assert Secret(TEXT) != TEXT


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # printf %s TEXT | sha256sum
        pytest.param("t0ken", "sha256:b46c09677343261f", id="ASCII"),
        pytest.param("\u00e9", "sha256:4a99557e4033c353", id="UTF-8"),
        pytest.param("", "sha256:e3b0c44298fc1c14", id="nothing"),
    ],
)
def test_fingerprint_is_the_start_of_the_sha256(text: str, expected: str) -> None:
    assert fingerprint(Secret(text)) == expected
    assert is_fingerprint(expected)


def test_a_lone_surrogate_has_a_fingerprint() -> None:
    assert is_fingerprint(fingerprint(Secret("\ud800")))
    assert to_bytes(Secret("a\ud800")) == b"a\xed\xa0\x80"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("sha256:0123456789abcdef", True, id="as it should be"),
        pytest.param("0123456789abcdef", False, id="no name of the digest"),
        pytest.param("sha256:0123456789abcde", False, id="a digit short"),
        pytest.param("sha256:0123456789abcdef0", False, id="a digit long"),
        pytest.param("sha256:0123456789ABCDEF", False, id="capitals"),
        pytest.param("sha256:0123456789abcdeg", False, id="no hex digit"),
        pytest.param("sha256:0123456789abcdef\n", False, id="line end behind it"),
        pytest.param(" sha256:0123456789abcdef", False, id="blank before it"),
        pytest.param("sha512:0123456789abcdef", False, id="another digest"),
    ],
)
def test_knows_a_fingerprint(text: str, expected: bool) -> None:
    assert is_fingerprint(text) is expected


@pytest.mark.parametrize(
    ("text", "decoded"),
    [
        pytest.param("dXNlcjpwYXNz", "user:pass", id="base64"),
        pytest.param("cGFzc3dvcmQ=", "password", id="padded"),
        pytest.param("cGFzc3dvcmQ", "password", id="padding left out"),
        pytest.param("cGFz c3dv", None, id="blank"),
        pytest.param("npm_token", None, id="another alphabet"),
        pytest.param("//79", None, id="no text behind it"),
        pytest.param("\u00e9", None, id="beyond ASCII"),
        pytest.param("a", None, id="too short"),
    ],
)
def test_decodes_base64(text: str, decoded: str | None) -> None:
    assert decode_base64(text) == decoded


@pytest.mark.parametrize(
    ("text", "forms"),
    [
        pytest.param(
            'a+b/c="d\\e',
            {'a+b/c="d\\e', "a%2Bb%2Fc%3D%22d%5Ce", "a%2bb%2fc%3d%22d%5ce", 'a+b/c=\\"d\\\\e'},
            id="quoting",
        ),
        pytest.param("p\u00e4ssword", {"p\u00e4ssword", "p%C3%A4ssword", "p\\u00e4ssword"}, id="beyond ASCII"),
        pytest.param("dXNlcjpodW50ZXIyMg==", {"user:hunter22", "hunter22", "user%3Ahunter22"}, id="decoded base64"),
        pytest.param("hunter22", {"hunter22", "aHVudGVyMjI="}, id="encoded base64"),
        pytest.param("a b c d e", {"a+b+c+d+e", "a%20b%20c%20d%20e"}, id="blanks"),
    ],
)
def test_knows_every_form_of_a_secret(text: str, forms: set[str]) -> None:
    assert forms <= list_forms(Secret(text))


@pytest.mark.parametrize("text", ["", "a", "true", "seven77"])
def test_takes_nothing_short_for_a_form(text: str) -> None:
    assert all(len(form) >= 8 for form in list_forms(Secret(text)))


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("https://h.example/a+b+c+d+e/npm/", "https://h.example/<secret>/npm/", id="raw"),
        pytest.param("https://h.example/a%2Bb%2Bc%2Bd%2Be/", "https://h.example/<secret>/", id="percent-encoded"),
        pytest.param("a+b+c+d+ea+b+c+d+e", "<secret><secret>", id="twice"),
        pytest.param("a+b+c+d+f", "a+b+c+d+f", id="another one with the same beginning"),
        pytest.param("//h.example/", "//h.example/", id="none"),
        pytest.param("", "", id="nothing"),
    ],
)
def test_conceals_secrets_in_names(text: str, shown: str) -> None:
    assert Concealer([Secret("a+b+c+d+e"), Secret("x")])(text) == shown


def test_conceals_the_longest_of_those_that_fit() -> None:
    assert Concealer([Secret("token-12"), Secret("token-12345")])("//token-12345/") == "//<secret>/"


@takes_at_most(20)
def test_conceals_thousands() -> None:
    conceal = Concealer(Secret(f"npm_{number:036}") for number in range(5_000))
    assert {conceal(f"//h.example/npm_{number:036}/") for number in range(5_000)} == {"//h.example/<secret>/"}


LOGIN = Pair("adelaide-of-build", 'Pass "word" 1')


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        pytest.param("npm_0123456789abcdef", Secret("npm_0123456789abcdef"), id="all of it"),
        pytest.param("of npm_0123456789abcdef!", Secret("npm_0123456789abcdef"), id="among words"),
        pytest.param("npm_0123456789", Secret("npm_0123456789abcdef"), id="its beginning"),
        pytest.param("89abcdef", Secret("npm_0123456789abcdef"), id="its end"),
        pytest.param("npm_01...56789abc...", Secret("npm_0123456789abcdef"), id="masked"),
        pytest.param("bnBtXzAxMjM0NTY3ODlhYmNkZWY=", Secret("npm_0123456789abcdef"), id="base64"),
        pytest.param("tok%2Fen%2F", Secret("a/tok/en/b"), id="percent-encoded"),
        pytest.param("t0ken", Secret("t0ken"), id="a short one"),
        pytest.param('Pass "word" 1', LOGIN, id="password"),
        pytest.param('"word" 1', LOGIN, id="end of a password"),
        pytest.param('Pass \\"wor', LOGIN, id="password, escaped"),
        pytest.param("YWRlbGFpZGUtb2YtYnVpbGQ6UGFzcyAid29yZCIgMQ==", LOGIN, id="user and password"),
        pytest.param("p4ss", Pair("adelaide", "p4ss"), id="short password"),
        pytest.param("passw0rd1", Secret("adelaide:passw0rd1"), id="password of a pair that is none of base64"),
    ],
)
def test_a_name_that_holds_a_piece_of_a_secret_reveals_it(name: str, secret: Secret) -> None:
    assert reveals(name, secret)


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        pytest.param("jenkins", Secret("npm_0123456789abcdef"), id="any other"),
        pytest.param("npm_0123", Secret("npm_012x456789abcdef"), id="seven characters of it"),
        pytest.param("jenkins", Secret("jen"), id="too short a token"),
        pytest.param("", Secret("npm_0123456789abcdef"), id="none"),
        pytest.param("adelaide-of-build", LOGIN, id="user name in front of a password"),
        pytest.param("adelaide-of-build", Secret("adelaide-of-build:passw0rd"), id="user name in front of a colon"),
    ],
)
def test_a_name_that_holds_none_reveals_nothing(name: str, secret: Secret) -> None:
    assert not reveals(name, secret)
