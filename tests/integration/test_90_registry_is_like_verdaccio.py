# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The embedded registry, when it is to be like Verdaccio, gives the answers of the real one."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from tests.integration.verdaccio import PASSWORD, Answer, Verdaccio, ask
from tests.registry import VERDACCIO, EmbeddedRegistry

Exchange = Callable[["Visitor"], Answer]


class Visitor:
    """Somebody with tokens of all kinds at one registry, who does the same everywhere."""

    def __init__(self, url: str, user: str) -> None:
        self.url, self.user = url, user
        self.first_login = self.log_in()
        self.login = str(self.first_login.body["token"])
        self.first_token = self.create()
        self.token = str(self.first_token.body["token"])
        self.readonly = str(self.create(readonly=True).body["token"])
        self.revoked = str(self.create().body["token"])
        self.drop(self.revoked, self.find_key(self.revoked))

    def ask(self, path: str, method: str = "GET", token: str | None = None, body: object = None) -> Answer:
        return ask(self.url + path, method, token, body)

    def log_in(self, password: str = PASSWORD) -> Answer:
        return self.ask(f"-/user/org.couchdb.user:{self.user}", "PUT", body={"name": self.user, "password": password})

    def create(self, readonly: bool = False, password: str = PASSWORD) -> Answer:
        wish = {"password": password, "readonly": readonly, "cidr_whitelist": []}
        return self.ask("-/npm/v1/tokens", "POST", self.login, wish)

    def find_entry(self, token: str) -> dict[str, Any]:
        """The entry of a token, told by its mask."""
        entries = self.ask("-/npm/v1/tokens", token=self.login).body["objects"]
        (entry,) = [item for item in entries if item["token"] == f"{token[:5]}...{token[-5:]}"]
        return dict(entry)

    def find_key(self, token: str) -> str:
        return str(self.find_entry(token)["key"])

    def drop(self, caller: str | None, key: str) -> Answer:
        return self.ask(f"-/npm/v1/tokens/token/{key}", "DELETE", caller)

    def log_out(self, caller: str | None, token: str) -> Answer:
        return self.ask(f"-/user/token/{quote(token, safe='')}", "DELETE", caller)


# In this order: the later ones see what the earlier ones did.
EXCHANGES: dict[str, Exchange] = {
    "ping": lambda one: one.ask("-/ping"),
    "log in": lambda one: one.first_login,
    "create a token": lambda one: one.first_token,
    "whoami with a login token": lambda one: one.ask("-/whoami", token=one.login),
    "whoami with a token": lambda one: one.ask("-/whoami", token=one.token),
    "whoami with a read-only token": lambda one: one.ask("-/whoami", token=one.readonly),
    "whoami with a token that nobody knows": lambda one: one.ask("-/whoami", token="npm_0123456789"),
    "whoami without a token": lambda one: one.ask("-/whoami"),
    "whoami with a revoked token": lambda one: one.ask("-/whoami", token=one.revoked),
    "profile with a token": lambda one: one.ask("-/npm/v1/user", token=one.token),
    "profile with a token that nobody knows": lambda one: one.ask("-/npm/v1/user", token="npm_0123456789"),
    "profile without a token": lambda one: one.ask("-/npm/v1/user"),
    "profile with a revoked token": lambda one: one.ask("-/npm/v1/user", token=one.revoked),
    "list with a token": lambda one: one.ask("-/npm/v1/tokens", token=one.token),
    "list with a token that nobody knows": lambda one: one.ask("-/npm/v1/tokens", token="npm_0123456789"),
    "list without a token": lambda one: one.ask("-/npm/v1/tokens"),
    "list with a revoked token": lambda one: one.ask("-/npm/v1/tokens", token=one.revoked),
    "create a token with a wrong password": lambda one: one.create(password="wrong"),
    "log out with a login token": lambda one: one.log_out(one.login, one.login),
    "log out with a token": lambda one: one.log_out(one.token, one.token),
    "log out with a token that nobody knows": lambda one: one.log_out("npm_0123456789", "npm_0123456789"),
    "log out with a revoked token": lambda one: one.log_out(one.revoked, one.revoked),
    "log out with a read-only token": lambda one: one.log_out(one.readonly, one.readonly),
    "whoami after a logout, login token": lambda one: one.ask("-/whoami", token=one.login),
    "whoami after a logout, token": lambda one: one.ask("-/whoami", token=one.token),
    "delete with a read-only token": lambda one: one.drop(one.readonly, one.find_key(one.readonly)),
    "delete without a token": lambda one: one.drop(None, "0123456789abcdef0123456789abcdef"),
    "delete with a key that nobody knows": lambda one: one.drop(one.token, "0123456789abcdef0123456789abcdef"),
    "delete by the token itself": lambda one: one.drop(one.token, quote(one.token, safe="")),
    "whoami after that": lambda one: one.ask("-/whoami", token=one.token),
    "delete with its own key": lambda one: one.drop(one.token, one.find_key(one.token)),
    "whoami after its end": lambda one: one.ask("-/whoami", token=one.token),
    "delete another one with a revoked token": lambda one: one.drop(one.token, one.find_key(one.readonly)),
    "log out with a token after its end": lambda one: one.log_out(one.token, one.token),
    "whoami with the others after its end": lambda one: one.ask("-/whoami", token=one.readonly),
}
# What a body says to a person is the registry's own business.
ERRORS = ({"error"}, {"message"})


@pytest.fixture(scope="module")
def answers(verdaccio: Verdaccio) -> dict[str, tuple[Answer, Answer]]:
    with EmbeddedRegistry(VERDACCIO) as registry:
        visitors = (Visitor(verdaccio.url, "vera"), Visitor(registry.url, "vera"))
        return {name: (exchange(visitors[0]), exchange(visitors[1])) for name, exchange in EXCHANGES.items()}


@pytest.fixture(scope="module")
def entries(verdaccio: Verdaccio) -> tuple[tuple[dict[str, Any], str], tuple[dict[str, Any], str]]:
    """The entry of a token in each list, and the token."""
    with EmbeddedRegistry(VERDACCIO) as registry:
        real, embedded = Visitor(verdaccio.url, "wendy"), Visitor(registry.url, "wendy")
        return (
            (real.find_entry(real.token), real.token),
            (embedded.find_entry(embedded.token), embedded.token),
        )


@pytest.mark.parametrize("name", EXCHANGES)
def test_status(answers: dict[str, tuple[Answer, Answer]], name: str) -> None:
    real, embedded = answers[name]
    assert embedded.status == real.status


@pytest.mark.parametrize("name", EXCHANGES)
def test_keys_of_the_body(answers: dict[str, tuple[Answer, Answer]], name: str) -> None:
    """All that the module reads is there or missing alike."""
    real, embedded = answers[name]
    if real.status >= 400:
        assert set(embedded.keys) in ERRORS
        assert set(real.keys) in ERRORS
    else:
        read = {"ok", "token", "key", "username", "name", "objects", "urls", "readonly"}
        assert set(embedded.keys) & read == set(real.keys) & read


def test_names_are_the_same(answers: dict[str, tuple[Answer, Answer]]) -> None:
    for name in ("whoami with a token", "profile with a token"):
        for field in ("username", "name"):
            assert answers[name][0].body.get(field) == answers[name][1].body.get(field)


def test_logout_says_the_same(answers: dict[str, tuple[Answer, Answer]]) -> None:
    for name in ("log out with a token", "log out with a token that nobody knows", "log out with a revoked token"):
        assert answers[name][0].body == answers[name][1].body


def test_shape_of_the_list(answers: dict[str, tuple[Answer, Answer]]) -> None:
    real, embedded = answers["list with a token"]
    assert len(embedded.body["objects"]) == len(real.body["objects"]) == 2
    assert embedded.body["urls"] == real.body["urls"] == {"next": ""}


def test_shape_of_an_entry(entries: tuple[tuple[dict[str, Any], str], tuple[dict[str, Any], str]]) -> None:
    (real, _token), (embedded, _other) = entries
    read = {"token", "key", "readonly"}
    assert read <= set(real)
    assert read <= set(embedded)
    assert {name: type(real[name]) for name in read} == {name: type(embedded[name]) for name in read}
    assert all(re.fullmatch("[0-9a-f]{32}", entry["key"]) for entry in (real, embedded))


def test_shape_of_a_mask(entries: tuple[tuple[dict[str, Any], str], tuple[dict[str, Any], str]]) -> None:
    for entry, token in entries:
        assert entry["token"] == f"{token[:5]}...{token[-5:]}"
