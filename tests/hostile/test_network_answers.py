# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are proper HTTP, and lie, garble, lure, or have no end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from tests.hostile.scenario import check_run, make_store, run_logout
from tests.hostile.servers import Line, RawRegistry, Script, answer, answer_json, at_first, keep_saying, say
from tests.registry import Behaviour, Recorder, make_token

WHO = {"username": "alice"}
DENIED = answer_json({"error": "Unauthorized"}, status="401 Unauthorized")
IMPATIENT = {"timeout": 5, "verify_timeout": 0}


# Who is it? -----------------------------------------------------------------------------------------------------------


def nest(opening: str, depth: int) -> bytes:
    return opening.encode() * depth


BODIES = [
    # No object, or none that says anything: it proves nothing.
    pytest.param(b"", "accepted", id="nothing"),
    pytest.param(b"null", "accepted", id="null"),
    pytest.param(b"[]", "accepted", id="list"),
    pytest.param(b'"alice"', "accepted", id="text"),
    pytest.param(b"NaN", "accepted", id="NaN"),
    pytest.param(b'{"username": "alice"', "accepted", id="not closed"),
    pytest.param(b'{"username": "alice"} {}', "accepted", id="two objects"),
    pytest.param(b'{"username": "\xff"}', "accepted", id="no UTF-8"),
    pytest.param(b"<!DOCTYPE html><title>Sign in</title>", "accepted", id="HTML"),
    pytest.param(nest("[", 1_000_000), "accepted", id="nested lists"),
    pytest.param(nest('{"a":', 200_000), "accepted", id="nested objects"),
    pytest.param(
        b'{"username":' + nest("[", 100_000) + nest("]", 100_000) + b"}", "accepted", id="closed nested lists"
    ),
    pytest.param(b'{"username": ' + b"9" * 1_000_000 + b"}", "accepted", id="number of a million digits"),
    pytest.param(b'{"a": [' + b"[]," * 300_000 + b"[]]}", "accepted", id="many empty lists"),
    pytest.param(b'{"username": "' + b"x" * 2_000_000 + b'"}', "accepted", id="name beyond the limit"),
    # An object without a name is how Verdaccio says no; one with something else in its place says nothing.
    pytest.param(b"{}", "already_invalid", id="no name"),
    pytest.param(b'{"username": null}', "already_invalid", id="name null"),
    pytest.param(b'{"error": "down for maintenance"}', "accepted", id="something else"),
    pytest.param(b'{"username": 5}', "accepted", id="name a number"),
    pytest.param(b'{"username": true}', "accepted", id="name true"),
    pytest.param(b'{"username": ["alice"]}', "accepted", id="name a list"),
    pytest.param(b'{"username": {"name": "alice"}}', "accepted", id="name an object"),
]


@pytest.mark.parametrize(("body", "outcome"), BODIES)
def test_identity(tmp_path: Path, body: bytes, outcome: str) -> None:
    """The registry would say yes to anything: what proves nothing must not lead to a removal."""
    scripts = {"whoami": keep_saying(answer(body)), "logout": keep_saying(answer_json({"ok": True}))}
    with RawRegistry(scripts, behaviour=Behaviour(list="missing")) as registry:
        store = make_store(tmp_path, registry.url)
        check_run(run_logout(store, IMPATIENT), store, outcome, limit=6)


@pytest.mark.parametrize(("body", "outcome"), BODIES)
def test_identity_after_the_revocation(tmp_path: Path, body: bytes, outcome: str) -> None:
    whoami = at_first(keep_saying(answer_json(WHO)), 1, keep_saying(answer(body)))
    with RawRegistry({"whoami": whoami}, behaviour=Behaviour(list="missing")) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        expected = "confirmed" if outcome == "already_invalid" else "accepted"
        check_run(run_logout(store, IMPATIENT), store, expected, limit=6)


NAMES = [
    pytest.param("alice\r\n\r\n{}", id="line ends"),
    pytest.param("\x1b[2J\x1b]0;pwned\x07", id="terminal escapes"),
    pytest.param("\x00\x01\x7f\x9b", id="control characters"),
    pytest.param("\u202egro.elpmaxe", id="right to left"),
    pytest.param("\ud800", id="lone surrogate"),
    pytest.param("{{ lookup('pipe', 'id') }}", id="template"),
    pytest.param("x" * 300_000, id="300 KB"),
    pytest.param("</script><b>", id="markup"),
]


@pytest.mark.parametrize("name", NAMES)
def test_name_stays_out_of_the_output(tmp_path: Path, name: str) -> None:
    fields = [f"X-Name: {name}"] if name.isprintable() and len(name) < 100 and name.isascii() else []
    known = keep_saying(answer_json({"username": name, "msg": name, "exception": name}, *fields))
    refused = keep_saying(answer_json({"error": name}, *fields, status="401 Unauthorized"))
    with RawRegistry({"whoami": at_first(known, 1, refused)}) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        run = run_logout(store, IMPATIENT)
        check_run(run, store, "confirmed", limit=6)
        shown = json.dumps(name)[1:-1]
        assert name[:40] not in run.stdout
        assert shown[:40] not in run.stdout
        assert len(run.stdout) < 10_000


# The list of tokens ---------------------------------------------------------------------------------------------------


def mask(token: str) -> str:
    return f"{token[:8]}...{token[-4:]}"


@dataclass(frozen=True)
class Lists:
    """What a list of tokens holds, given the token that is looked for; and the result of it."""

    make: Callable[[str], object]
    outcome: str
    deleted: str | None = None  # the key that is asked to be deleted; {token} means the token


def entry(**fields: object) -> Lists:
    """A list of one entry that is to lead nowhere."""
    return Lists(lambda token: {"objects": [{"token": mask(token), **fields}], "urls": {}}, "unsupported")


NOWHERE = [
    pytest.param(Lists(lambda token: [], "unsupported"), id="a list alone"),
    pytest.param(Lists(lambda token: {}, "unsupported"), id="nothing in it"),
    pytest.param(Lists(lambda token: {"objects": None, "urls": None}, "unsupported"), id="null"),
    pytest.param(Lists(lambda token: {"objects": "npm_", "urls": "x"}, "unsupported"), id="texts"),
    pytest.param(
        Lists(lambda token: {"objects": {"key": token}, "urls": []}, "unsupported"), id="an object of entries"
    ),
    pytest.param(
        Lists(lambda token: {"objects": [None, 1, "x", [], [token], True, {}], "urls": {"next": 5}}, "unsupported"),
        id="entries of all types",
    ),
    pytest.param(entry(), id="no key"),
    pytest.param(entry(key=None), id="key null"),
    pytest.param(entry(key=7), id="key a number"),
    pytest.param(entry(key=["x"]), id="key a list"),
    pytest.param(entry(key=""), id="key empty"),
    pytest.param(entry(key="."), id="key a dot"),
    pytest.param(entry(key=".."), id="key two dots"),
    pytest.param(entry(key="k", token=None), id="mask null"),
    pytest.param(entry(key="k", token=5), id="mask a number"),
    pytest.param(entry(key="k", token=[]), id="mask a list"),
    pytest.param(entry(key="k", token="..."), id="mask that fits all"),
    pytest.param(entry(key="k", token="npm_..."), id="mask that fits all of npm's"),
    pytest.param(entry(key="k", token="***...***"), id="mask of masks"),
    pytest.param(entry(key="k", token="." * 1_000_000), id="mask of a million dots"),
    pytest.param(
        Lists(lambda token: {"objects": [{"key": k, "token": mask(token)} for k in "ab"], "urls": {}}, "failed"),
        id="two that look like it",
    ),
    pytest.param(
        Lists(
            lambda token: {"objects": [{"key": "k", "token": mask(token)}] + [{"key": "x"}] * 1_000_000}, "unsupported"
        ),
        id="a million entries",
    ),
    pytest.param(
        Lists(lambda token: {"objects": [{"key": "k", "token": mask(token), "x": [0] * 400_000}]}, "unsupported"),
        id="an entry of a megabyte",
    ),
]

DELETED = [
    pytest.param(entry(key="../../-/user/token/x"), "../../-/user/token/x", id="a path"),
    pytest.param(entry(key="k?x=1#y"), "k?x=1#y", id="query and fragment"),
    pytest.param(entry(key="%2e%2e"), "%2e%2e", id="percent-encoded dots"),
    pytest.param(entry(key="k\r\nX-Injected: 1"), "k\r\nX-Injected: 1", id="line ends"),
    pytest.param(entry(key="http://127.0.0.2/"), "http://127.0.0.2/", id="a URL"),
    pytest.param(entry(key="\u00e9\u20ac"), "\u00e9\u20ac", id="non-ASCII"),
    pytest.param(entry(key="k" * 10_000), "k" * 10_000, id="long"),
]


@pytest.mark.parametrize("lists", NOWHERE)
def test_list_that_leads_nowhere(tmp_path: Path, lists: Lists) -> None:
    token = make_token()
    scripts = {"list": keep_saying(answer_json(lists.make(token)))}
    with RawRegistry(scripts, behaviour=Behaviour(logout="missing")) as registry:
        registry.create_token("alice", token)
        store = make_store(tmp_path, registry.url, token)
        check_run(run_logout(store, IMPATIENT), store, lists.outcome, limit=6)
        assert registry.asked["delete"] == 0
        assert registry.is_valid(token)


@pytest.mark.parametrize(("lists", "key"), DELETED)
def test_key_in_a_list_is_a_name_and_nothing_else(tmp_path: Path, lists: Lists, key: str) -> None:
    token = make_token()
    scripts = {"list": keep_saying(answer_json(lists.make(token)))}
    with RawRegistry(scripts, behaviour=Behaviour(logout="missing", delete="missing")) as registry:
        registry.create_token("alice", token)
        store = make_store(tmp_path, registry.url, token)
        check_run(run_logout(store, IMPATIENT), store, "unsupported", limit=6)
        (path,) = (each.path for each in registry.requests if each.method == "DELETE" and "/tokens/" in each.path)
        assert unquote(path.removeprefix("/-/npm/v1/tokens/token/")) == key
        assert "/" not in path.removeprefix("/-/npm/v1/tokens/token/")
        assert not [each for each in registry.requests if "x-injected" in each.headers]


def test_key_that_is_no_text(tmp_path: Path) -> None:
    """JSON can contain a lone surrogate, which a URL cannot."""
    token = make_token()
    scripts = {"list": keep_saying(answer_json(entry(key="\ud800").make(token)))}
    with RawRegistry(scripts, behaviour=Behaviour(logout="missing", delete="missing")) as registry:
        registry.create_token("alice", token)
        store = make_store(tmp_path, registry.url, token)
        check_run(run_logout(store, IMPATIENT), store, "unsupported", "failed", limit=6)


# The next page --------------------------------------------------------------------------------------------------------

ELSEWHERE = [
    pytest.param("{elsewhere}-/npm/v1/tokens", id="another origin"),
    pytest.param("//127.0.0.1:{port}/-/npm/v1/tokens", id="another origin, scheme relative"),
    pytest.param("https://127.0.0.1:{own}/", id="another scheme"),
    pytest.param("http://127.0.0.1:{own}@127.0.0.1:{port}/", id="own origin as user name"),
    pytest.param("http://127.0.0.1:{port}\\@127.0.0.1:{own}/", id="other origin as user name"),
    pytest.param("http://127.0.0.1:{port}#@127.0.0.1:{own}/", id="own origin as fragment"),
    pytest.param("http://127.0.0.1:{port}?@127.0.0.1:{own}/", id="own origin as query"),
    pytest.param("\\\\127.0.0.1:{port}\\", id="backslashes"),
    pytest.param("/\\127.0.0.1:{port}/", id="slash and backslash"),
    pytest.param("http:\\\\127.0.0.1:{port}/", id="scheme and backslashes"),
    pytest.param("http:////127.0.0.1:{port}/", id="four slashes"),
    pytest.param("/-//127.0.0.1:{port}/", id="other origin below"),
    pytest.param("/-/../..//127.0.0.1:{port}/", id="other origin above"),
]

NO_PAGE = [
    pytest.param("http://[::1", id="no URL"),
    pytest.param("http://[x]/", id="no address"),
    pytest.param("http://127.0.0.1:99999/", id="no port"),
    pytest.param("http://127.0.0.1:port/", id="port in letters"),
    pytest.param("http://\u2100.example.com/", id="name that is normalised"),
    pytest.param("file:///etc/passwd", id="file"),
    pytest.param("data:application/json,{{}}", id="data"),
    pytest.param("javascript:alert(1)", id="script"),
    pytest.param("/-/npm/v1/tokens?\r\nX-Injected: 1", id="line ends"),
    pytest.param("/-/npm/v1/tokens?\x00", id="NUL"),
    pytest.param("/-/npm/v1/tokens?a b", id="space"),
    pytest.param("/-/npm/v1/tokens?\u20ac", id="non-ASCII"),
    pytest.param("/-/npm/v1/tokens?\ud800", id="lone surrogate"),
    pytest.param("/-/npm/v1/tokens?" + "x" * 100_000, id="long"),
    pytest.param("/-/npm/v1/tokens", id="itself"),
    pytest.param("-/npm/v1/tokens?page=1", id="relative"),
    pytest.param("?page=1", id="query alone"),
    pytest.param("#", id="fragment alone"),
]


@pytest.mark.parametrize("following", [*ELSEWHERE, *NO_PAGE])
def test_next_page(tmp_path: Path, following: str) -> None:
    """The token goes to its own registry alone, and asking comes to an end."""
    check_next_page(tmp_path, following)


@pytest.mark.parametrize("following", ELSEWHERE)
def test_next_page_through_a_proxy(tmp_path: Path, following: str) -> None:
    """A proxy reads URLs in its own way: it must not get any but the registry's."""
    with Recorder() as proxy:
        own = check_next_page(tmp_path, following, proxy.url)
        assert proxy.requests
        assert not [each.path for each in proxy.requests if not each.path.startswith(own)]


def check_next_page(folder: Path, following: str, proxy: str | None = None) -> str:
    """Log out of a registry whose list goes on there; returns the registry's URL."""
    token = make_token()
    with Recorder() as elsewhere, RawRegistry(behaviour=Behaviour(logout="missing")) as registry:
        places = {"elsewhere": elsewhere.url, "port": elsewhere.port, "own": registry.port}
        page = {"objects": [{"key": "k", "token": "other"}], "urls": {"next": following.format(**places)}}
        registry.scripts["list"] = keep_saying(answer_json(page))
        registry.create_token("alice", token)
        store = make_store(folder, registry.url, token)
        run = run_logout(store, IMPATIENT, **({"HTTP_PROXY": proxy, "HTTPS_PROXY": proxy} if proxy else {}))
        check_run(run, store, "unsupported", "failed", limit=8)
        assert elsewhere.requests == ()
        assert not [each for each in registry.requests if "x-injected" in each.headers]
        assert registry.is_valid(token)
        return registry.url


def test_pages_without_an_end(tmp_path: Path) -> None:
    """All that is read of them, kept, would be beyond the memory that a run may take."""
    page = answer_json({"objects": [{"key": "a"}] * 20_000, "urls": {"next": "/-/npm/v1/tokens?page=0000"}})

    def script(line: Line) -> bool:
        line.send(page.replace(b"0000", b"%04d" % (line.count + 1)))
        return True

    with RawRegistry({"list": script}, behaviour=Behaviour(logout="missing")) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        run = run_logout(store, IMPATIENT)
        check_run(run, store, "unsupported", "failed", limit=60)
        assert 1 < registry.asked["list"] <= 100


def test_circle_of_pages_is_seen(tmp_path: Path) -> None:
    def script(line: Line) -> bool:
        following = f"/-/npm/v1/tokens?page={(line.count + 1) % 3}"
        line.send(answer_json({"objects": [], "urls": {"next": following}}))
        return True

    with RawRegistry({"list": script}, behaviour=Behaviour(logout="missing")) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store, IMPATIENT), store, "unsupported", limit=6)
        assert registry.asked["list"] <= 4


# What a registry says of the request to revoke a token ----------------------------------------------------------------

ENDS: list[Any] = [
    pytest.param(answer_json({"ok": False}), "failed", "failed", id="no"),
    pytest.param(answer_json({"ok": True}), "ineffective", "accepted", id="yes"),
    pytest.param(answer_json({"ok": "false"}), "failed", "failed", id="no as a text"),
    pytest.param(answer_json({"success": False}), "failed", "failed", id="no in another word"),
    pytest.param(answer(b"OK"), "failed", "accepted", id="a text"),
    pytest.param(answer(b"<!DOCTYPE html><title>Sign in</title>"), "failed", "failed", id="HTML"),
    pytest.param(answer(b"\xef\xbb\xbf\n<html>"), "failed", "failed", id="HTML behind a byte order mark"),
    pytest.param(answer("<html>".encode("utf-16")), "failed", "failed", id="HTML in UTF-16"),
    pytest.param(answer(b'{"ok": true, "ok": false}'), "failed", "failed", id="yes and no"),
    pytest.param(answer(b"", status="204 No Content"), "ineffective", "accepted", id="204"),
    pytest.param(answer(b"", status="202 Accepted"), "ineffective", "accepted", id="202"),
    pytest.param(answer(b"", status="299 Odd"), "ineffective", "accepted", id="299"),
    pytest.param(answer(b"", status="304 Not Modified"), "failed", "failed", id="304"),
    pytest.param(answer(b"", status="418 Teapot"), "failed", "failed", id="418"),
    # Some refuse a valid token here: the registry still knows it.
    pytest.param(DENIED, "failed", "failed", id="401"),
]


@pytest.mark.parametrize("believing", [pytest.param(False, id="confirmed"), pytest.param(True, id="accepted")])
@pytest.mark.parametrize(("said", "proven", "believed"), ENDS)
def test_revocation(tmp_path: Path, said: bytes, proven: str, believed: str, believing: bool) -> None:
    with RawRegistry({"logout": keep_saying(said)}, behaviour=Behaviour(list="missing")) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        run = run_logout(store, {**IMPATIENT, "revoke": "accepted" if believing else "confirmed"})
        check_run(run, store, believed if believing else proven, limit=6)


# What a registry says to the request to revoke a token (rows), and from then on to the question whose it is (columns).
# It accepts the token all the while: no pair may have it taken for revoked.
YES = answer_json({"ok": True})
OTHERS = {
    "200, HTML": answer(b"<!DOCTYPE html><title>Sign in</title>"),
    "301 in circles": answer(b"", "Location: {path}", status="301 Moved Permanently"),
    "302 to another origin": answer(b"", "Location: http://127.0.0.1:9/", status="302 Found"),
    "303": answer(b"", status="303 See Other"),
    "401, OTP": answer_json({"error": "invalid OTP"}, "WWW-Authenticate: OTP", status="401 Unauthorized"),
    "401, ipaddress": answer_json({}, "WWW-Authenticate: Bearer, ipaddress", status="401 Unauthorized"),
    "401, DPoP": answer_json({"error": "dpop_error", "error_description": "x"}, status="401 Unauthorized"),
    "401, authUrl": answer_json(
        {"authUrl": "https://x.example/a", "doneUrl": "https://x.example/d"}, status="401 Unauthorized"
    ),
    "401, HTML": answer(b"<html>Log in", "WWW-Authenticate: Basic", status="401 Unauthorized"),
    "403, HTML": answer(b"<html>Blocked", status="403 Forbidden"),
    "404": answer_json({"error": "not_found"}, status="404 Not Found"),
    "429": answer_json({}, status="429 Too Many Requests"),
    "500": answer_json({}, status="500 Internal Server Error"),
    "503": answer(b"<html>", status="503 Service Unavailable"),
    "cut off": answer(b'{"ok": true}')[:-3],
}
FORBIDDEN = answer_json({"error": "forbidden"}, status="403 Forbidden")
REPLIES = {
    "200": YES,
    "202": answer(b"", status="202 Accepted"),
    "204": answer(b"", status="204 No Content"),
    "401": DENIED,
    "403": FORBIDDEN,
    **OTHERS,
}


def say_once_known(word: bytes, rest: bytes, path: bytes) -> Script:
    """Say one thing once, then another; an answer that is cut off takes the connection with it."""
    scripts = [
        (say if each == OTHERS["cut off"] else keep_saying)(each.replace(b"{path}", path)) for each in (word, rest)
    ]
    return at_first(scripts[0], 1, scripts[1])


@pytest.mark.parametrize("after", [pytest.param(value, id=name) for name, value in OTHERS.items()])
@pytest.mark.parametrize("reply", [pytest.param(value, id=name) for name, value in REPLIES.items()])
def test_no_answer_revokes_a_token(tmp_path: Path, reply: bytes, after: bytes) -> None:
    token = make_token()
    target = f"/-/user/token/{token}".encode()
    scripts = {
        "whoami": say_once_known(answer_json(WHO), after, b"/-/whoami"),
        "logout": say_once_known(reply, reply, target),
    }
    with RawRegistry(scripts, behaviour=Behaviour(list="missing")) as registry:
        registry.create_token("alice", token)
        store = make_store(tmp_path, registry.url, token)
        check_run(run_logout(store, IMPATIENT), store, "accepted", "failed", "unsupported", limit=6)
        assert registry.is_valid(token)


def forbid(token: str, everybody: bool) -> Script:
    """Forbid this token from the second time on, and every other one too or not."""

    def script(line: Line) -> Any:
        is_this = line.request.headers.get("authorization") == f"Bearer {token}"
        return keep_saying(FORBIDDEN if is_this or everybody else DENIED)(line)

    return at_first(keep_saying(answer_json(WHO)), 1, script)


@pytest.mark.parametrize("everybody", [pytest.param(True, id="everybody"), pytest.param(False, id="this token alone")])
@pytest.mark.parametrize(
    ("reply", "is_yes"),
    [pytest.param(value, name in ("200", "202", "204"), id=name) for name, value in REPLIES.items() if name != "404"],
)
def test_forbidden_counts_behind_a_yes_alone(tmp_path: Path, reply: bytes, is_yes: bool, everybody: bool) -> None:
    token = make_token()
    logout = say_once_known(reply, reply, f"/-/user/token/{token}".encode())
    scripts = {"whoami": forbid(token, everybody), "logout": logout}
    outcome = ("accepted" if everybody else "confirmed") if is_yes else "failed"
    with RawRegistry(scripts, behaviour=Behaviour(list="missing")) as registry:
        store = make_store(tmp_path, registry.url, token)
        check_run(run_logout(store, {**IMPATIENT, "verify_timeout": 3}), store, outcome, limit=10)


COOKIES = [
    pytest.param(("Set-Cookie: session=abc; Path=/",), id="plain"),
    pytest.param(("Set-Cookie: session=abc; Domain=127.0.0.1; Path=/; Max-Age=999999",), id="with its domain"),
    pytest.param(tuple(f"Set-Cookie: c{number}=x" for number in range(80)), id="eighty"),
]


@pytest.mark.parametrize("fields", COOKIES)
def test_cookies_do_not_come_back(tmp_path: Path, fields: tuple[str, ...]) -> None:
    scripts = {
        "whoami": at_first(keep_saying(answer_json(WHO, *fields)), 1, keep_saying(DENIED)),
        "logout": keep_saying(answer_json({"ok": True}, *fields)),
    }
    with RawRegistry(scripts) as registry:
        store = make_store(tmp_path, registry.url)
        check_run(run_logout(store, IMPATIENT), store, "confirmed", limit=6)
        assert len(registry.requests) == 3
        assert not [each for each in registry.requests if "cookie" in each.headers]
