# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Answers that are not HTTP, or more of it than anybody can hold."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.hostile.scenario import check_run, make_store, run_logout
from tests.hostile.servers import (
    Line,
    RawRegistry,
    Script,
    answer,
    answer_json,
    at_first,
    drip,
    head,
    keep_saying,
    say,
    say_and_reset,
    say_and_wait,
    say_forever,
)
from tests.registry import Behaviour
from tests.registry.behaviour import make_gzip_bomb

WHO = {"username": "alice"}
GIB = 1 << 30
IMPATIENT = {"timeout": 1}
CHUNKED = head("Transfer-Encoding: chunked")
# Nothing but the endpoint under test can tell who a token is, or end it.
NO_OTHER_WAY = Behaviour(user="missing", list="missing", delete="missing")


def flood_headers(line: Line) -> None:
    line.flood(
        itertools.chain([head()[:-2]], (f"X-{number}: {'x' * 1000}\r\n".encode() for number in itertools.count()))
    )


def send_bomb_behind_redirect(line: Line) -> None:
    """A small body that unpacks to gigabytes, behind a redirect that is followed or not."""
    line.send(answer(make_gzip_bomb() * 2, "Location: /", "Content-Encoding: gzip", status="302 Found"))


@dataclass(frozen=True)
class Case:
    """One script, and the outcomes it leads to.

    :ivar first: where the registry is asked who the token is.
    :ivar end: where it is asked to end it.
    :ivar believed: there as well, with revoke=accepted.
    """

    name: str
    script: Script
    first: str = "failed"
    end: str = "failed"
    believed: str = "failed"


def unusable(name: str, script: Script) -> Case:
    """The status is there, and a body that nobody can use: npm takes it for a yes, and it proves nothing."""
    return Case(name, script, "accepted", "failed", "failed")


def lost(name: str, script: Script) -> Case:
    """It leads to a place within the registry's origin where nothing is."""
    return Case(name, script, "accepted", "unsupported", "unsupported")


NO_HTTP = [
    Case("nothing", say(b"")),
    Case("rubbish", say(b"\x00\xff rubbish\r\n\r\n")),
    Case("another protocol", say(b"SSH-2.0-OpenSSH_9.9\r\n")),
    Case("HTTP/0.9", say(b'{"username": "alice"}')),
    Case("HTTP/9.9", say(answer_json(WHO).replace(b"HTTP/1.1", b"HTTP/9.9"))),
    Case("no version", say(b"200 OK\r\n\r\n")),
    Case("lower case", say(answer_json(WHO).replace(b"HTTP/1.1", b"http/1.1"))),
    Case("status in letters", say(answer_json(WHO, status="abc OK"))),
    Case("negative status", say(answer_json(WHO, status="-200 OK"))),
    Case("status 99", say(answer_json(WHO, status="99 Low"))),
    Case("status 1000", say(answer_json(WHO, status="1000 High"))),
    Case("status 999", say(answer_json(WHO, status="999 Highest")), first="accepted"),
    Case("endless status line", say_forever(b"HTTP/1.1 200 ", b"x")),
    Case("endless line without a word", say_forever(b"", b"x")),
    Case("zeros", say_forever(b"", b"\x00")),
    Case("line ends", say_forever(b"", b"\r\n")),
    Case("half a status line", say(b"HTTP/1.1 20")),
    Case("half a status line, and waiting", say_and_wait(b"HTTP/1.1 20")),
    # An empty body is how some registries say yes.
    Case("half a header", say(b"HTTP/1.1 200 OK\r\nContent-Le"), "accepted", "ineffective", "accepted"),
    Case("headers, and waiting", say_and_wait(head("Content-Length: 22"))),
    Case("one byte a second", drip(answer_json(WHO), 1.0)),
    Case("one byte a tenth of a second", drip(answer_json(WHO), 0.1)),
]

HEADERS = [
    Case("endless headers", flood_headers),
    Case("endless header", say_forever(b"HTTP/1.1 200 OK\r\nX: ", b"x")),
    Case("endless folded header", say_forever(b"HTTP/1.1 200 OK\r\nX: x\r\n", b" x\r\n")),
    Case("100 Continue forever", say_forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
    Case("100 Continue with endless headers", say_forever(b"HTTP/1.1 100 Continue\r\n", b"X: x\r\n")),
    Case("103 forever", say_forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), first="accepted"),
    Case("103, then a lie", say(head(status="103 Early Hints") + answer(b"{}")), first="accepted"),
    Case("no length, and waiting", say_and_wait(head() + b'{"username": "alice"}')),
    Case("negative length", say_and_wait(head("Content-Length: -1") + b"{}")),
    Case("length in letters", say_and_wait(head("Content-Length: ten") + b"{}")),
    Case("two lengths", say_and_wait(head("Content-Length: 2", "Content-Length: 3") + b"{} ")),
    Case("a list of lengths", say_and_wait(head("Content-Length: 2, 3") + b"{} ")),
    Case("too short, and waiting", say_and_wait(head("Content-Length: 100") + b"{}")),
    Case("length of 10^5000", say_and_wait(head(f"Content-Length: {'9' * 5000}") + b"{}")),
]

BODIES = [
    Case("length of 10^4000", say(head(f"Content-Length: {'9' * 4000}") + b"{}")),
    Case("too short", say(head("Content-Length: 100") + b'{"username": "alice"}')),
    Case("reset within the headers", say_and_reset(head()[:-2])),
    Case("reset within a body", say_and_reset(head("Content-Length: 100") + b'{"username": "alice"}')),
    Case("reset within a body without a length", say_and_reset(head() + b'{"username": "alice"}')),
    Case("reset within the chunks", say_and_reset(CHUNKED + b"2\r\n{}\r\n")),
    unusable("10 GB", say_forever(head(f"Content-Length: {10 * GIB}"), b"x")),
    unusable("10 GB of JSON", say_forever(head(f"Content-Length: {10 * GIB}"), b"[[],")),
    unusable("without an end", say_forever(head(), b"x")),
    unusable("chunks without an end", say_forever(CHUNKED, b"3e8\r\n" + b"x" * 1000 + b"\r\n")),
    unusable("one endless chunk", say_forever(CHUNKED + b"ffffffffffffffff\r\n", b"x")),
    Case("chunk of negative size", say_forever(CHUNKED + b"-1\r\n", b"x")),
    Case("chunk of large negative size", say_forever(CHUNKED + b"-ffffffff\r\n", b"x")),
    Case("chunk of negative size behind a good one", say_forever(CHUNKED + b"2\r\n{}\r\n-1\r\n", b"x")),
    Case("chunk size in letters", say(CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n")),
    Case("chunk size without an end", say_forever(CHUNKED, b"0")),
    Case("chunk extension without an end", say_forever(CHUNKED + b"2;", b"x")),
    Case("chunks cut off", say(CHUNKED + b"100\r\n{}")),
    Case("chunks cut off behind the first", say(CHUNKED + b"2\r\n{}\r\n")),
    Case("trailers without an end", say_forever(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X: x\r\n")),
    Case("chunks and a length", say(head("Transfer-Encoding: chunked", "Content-Length: 2") + b"{}")),
    Case(
        "gzip that is none", say(answer(b"{}", "Content-Encoding: gzip")), "already_invalid", "ineffective", "accepted"
    ),
    lost("redirect with an endless body", say_forever(head("Location: /", status="302 Found"), b"x")),
    lost("redirect with a gzip bomb", send_bomb_behind_redirect),
    Case("redirect elsewhere with 10 GB", say_forever(head("Location: //127.0.0.2/", status="307 Away"), b"x")),
    Case(
        "401 with an endless body",
        say_forever(head(status="401 No"), b"x"),
        # What it asks for besides a token is not to be read.
        "accepted",
        "failed",
        "failed",
    ),
    Case(
        "404 with an endless body", say_forever(head(status="404 No"), b"x"), "accepted", "unsupported", "unsupported"
    ),
]

CASES = [pytest.param(case, id=case.name) for case in (*NO_HTTP, *HEADERS, *BODIES)]
# What can be taken for a whole answer.
TEMPTING = [pytest.param(case, id=case.name) for case in BODIES]


@pytest.mark.parametrize("case", CASES)
def test_first_question(tmp_path: Path, case: Case) -> None:
    with RawRegistry({"whoami": case.script}, behaviour=NO_OTHER_WAY) as registry:
        token = registry.create_token("alice")
        store = make_store(tmp_path, registry.url, token)
        run = run_logout(store, IMPATIENT)
        check_run(run, store, case.first, limit=5)
        assert registry.is_valid(token) is (case.first != "accepted")
        # Who gives no answer at all is not asked for anything else.
        assert case.first != "failed" or registry.asked.keys() == {"whoami"}


@pytest.mark.parametrize("case", CASES)
def test_request_to_revoke(tmp_path: Path, case: Case) -> None:
    with RawRegistry({"logout": case.script}, behaviour=NO_OTHER_WAY) as registry:
        token = registry.create_token("alice")
        store = make_store(tmp_path, registry.url, token)
        run = run_logout(store, IMPATIENT)
        check_run(run, store, case.end, limit=8)
        assert registry.is_valid(token)


@pytest.mark.parametrize("case", TEMPTING)
def test_question_after_the_revocation(tmp_path: Path, case: Case) -> None:
    """The registry has revoked the token, but its answer is broken: only a rejection proves the revocation."""
    script = at_first(keep_saying(answer_json(WHO)), 1, case.script)
    with RawRegistry({"whoami": script}, behaviour=NO_OTHER_WAY) as registry:
        token = registry.create_token("alice")
        store = make_store(tmp_path, registry.url, token)
        run = run_logout(store, IMPATIENT)
        check_run(run, store, "confirmed" if case.first == "already_invalid" else "accepted", limit=8)
        assert not registry.is_valid(token)


@pytest.mark.parametrize("case", TEMPTING)
def test_request_to_revoke_that_is_believed(tmp_path: Path, case: Case) -> None:
    """With revoke=accepted a yes is enough; half an answer, or none, is no yes."""
    with RawRegistry({"logout": case.script}, behaviour=NO_OTHER_WAY) as registry:
        store = make_store(tmp_path, registry.url, registry.create_token("alice"))
        check_run(run_logout(store, {**IMPATIENT, "revoke": "accepted"}), store, case.believed, limit=5)


@pytest.mark.parametrize("again", [pytest.param(1, id="one"), pytest.param(50, id="fifty")])
def test_100_continue_is_passed_over(tmp_path: Path, again: int) -> None:
    before = b"HTTP/1.1 100 Continue\r\n\r\n" * again
    known = keep_saying(before + answer_json(WHO))
    refused = keep_saying(before + answer_json({}, status="401 Unauthorized"))
    scripts = {"whoami": at_first(known, 1, refused), "logout": keep_saying(before + answer_json({"ok": True}))}
    with RawRegistry(scripts) as registry:
        store = make_store(tmp_path, registry.url)
        check_run(run_logout(store), store, "confirmed", limit=5)


def test_words_behind_an_answer_are_no_answer(tmp_path: Path) -> None:
    """What a registry says without being asked does not answer the next question."""
    script = at_first(
        keep_saying(answer_json(WHO) + answer_json({}, status="401 Unauthorized") * 9), 1, keep_saying(answer_json(WHO))
    )
    with RawRegistry({"whoami": script, "logout": keep_saying(answer_json({"ok": True}))}) as registry:
        store = make_store(tmp_path, registry.url)
        check_run(run_logout(store), store, "ineffective", limit=8)
