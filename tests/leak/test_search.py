# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The search finds a canary in whatever form it is planted, and nothing where there is none."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from . import capture
from .canaries import SHAPES, USER, Canary, encode_basic, make_canary
from .capture import ProcessWatch, SyslogWatch
from .cases import CASES
from .search import Find, Search, Source
from .world import list_canaries

PASSWORD = make_canary("test/password", "quotes", "search")
PLAIN = make_canary("test/token", "npm", "search")
ACCENTS = make_canary("test/accents", "accents", "search")
SLASHES = make_canary("test/slashes", "base64", "search")

PLANTED: tuple[tuple[str, Canary, Callable[[str], str]], ...] = (
    ("raw", PLAIN, str),
    ("in a longer word", PLAIN, lambda text: f"xx{text}xx"),
    ("first eight characters", PLAIN, lambda text: text[:8]),
    ("last eight characters", PLAIN, lambda text: text[-8:]),
    ("eight characters of its middle", PLAIN, lambda text: text[17:25]),
    ("masked in its middle", PLAIN, lambda text: f"{text[:8]}...{text[-4:]}"),
    ("base64", PLAIN, lambda text: base64.b64encode(text.encode()).decode()),
    ("base64 without padding", PLAIN, lambda text: base64.b64encode(text.encode()).decode().rstrip("=")),
    ("base64 for URLs", SLASHES, lambda text: base64.urlsafe_b64encode(text.encode()).decode()),
    ("base64 of something longer", PLAIN, lambda text: base64.b64encode(f'{{"token": "{text}"}}'.encode()).decode()),
    ("base64 of something longer by one", PLAIN, lambda text: base64.b64encode(f".{text}.".encode()).decode()),
    ("base64 of something longer by two", PLAIN, lambda text: base64.b64encode(f"..{text}.".encode()).decode()),
    ("login", PASSWORD, lambda text: f"{USER}:{text}"),
    ("base64 of a login", PASSWORD, encode_basic),
    ("hex", PLAIN, lambda text: text.encode().hex()),
    ("percent-encoded", SLASHES, lambda text: quote(text, safe="")),
    ("percent-encoded in lower case", SLASHES, lambda text: quote(text, safe="").replace("%2F", "%2f")),
    ("percent-encoded but for slashes", SLASHES, quote),
    ("percent-encoded with plus for space", PASSWORD, quote_plus),
    ("percent-encoded accents", ACCENTS, lambda text: quote(text, safe="")),
    ("JSON", PASSWORD, json.dumps),
    ("JSON in JSON", PASSWORD, lambda text: json.dumps(json.dumps(text))),
    ("JSON of accents", ACCENTS, json.dumps),
    ("accents as they are", ACCENTS, str),
    ("representation", PASSWORD, repr),
    ("in a shell", PASSWORD, lambda text: "'" + text.replace("'", "'\"'\"'") + "'"),
    ("in a URL", SLASHES, lambda text: f"https://{USER}:{quote(text, safe='')}@npm.example.com/"),
    ("digest of a password", PASSWORD, lambda text: f"sha256:{hashlib.sha256(text.encode()).hexdigest()[:16]}"),
)
HARMLESS: tuple[tuple[str, str], ...] = (
    ("nothing", ""),
    ("fingerprint of a token", f"sha256:{hashlib.sha256(PLAIN.text.encode()).hexdigest()[:16]}"),
    ("what all tokens begin with", "npm_"),
    ("seven characters", PLAIN.text[:7]),
    ("another token", make_canary("test/other", "npm", "search").text),
    ("user", f"//npm.example.com/:username={USER}"),
)


def look(text: str, *more: str) -> list[Find]:
    sources = [Source("stdout", "test", piece.encode()) for piece in (text, *more)]
    return Search([PASSWORD, PLAIN, ACCENTS, SLASHES]).look_through(sources)


@pytest.mark.parametrize(("name", "canary", "write"), PLANTED, ids=[name for name, _canary, _write in PLANTED])
def test_a_planted_canary_is_found(name: str, canary: Canary, write: Callable[[str], str]) -> None:
    finds = look(f"line\nbefore {write(canary.text)} behind\nline")
    assert {find.canary for find in finds} == {canary}


@pytest.mark.parametrize(("name", "text"), HARMLESS, ids=[name for name, _text in HARMLESS])
def test_what_is_no_secret_is_not_found(name: str, text: str) -> None:
    assert look(text) == []


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_is_found(shape: str) -> None:
    canary = make_canary("test/shape", shape, "search")
    (find, *_more) = Search([canary]).look_through([Source("log", "test", f"x {canary.text} y".encode())])
    assert find.piece.decode() == canary.text


def test_a_find_says_where_it_is() -> None:
    (find,) = look(f"before {PLAIN.text} behind")
    assert str(find).startswith("test/token, raw, in stdout (test):")
    assert b"before" in find.context


def test_lines_of_another_source_of_the_same_kind_are_searched_once() -> None:
    assert len(look(PLAIN.text, PLAIN.text)) == 1


def test_canaries_are_the_same_every_time_and_different_from_each_other() -> None:
    assert make_canary("test/token", "npm", "search") == PLAIN
    texts = {make_canary(name, "npm", "search").text for case in CASES for name in list_canaries(case)}
    assert len(texts) == sum(len(list_canaries(case)) for case in CASES)


def test_cases_have_names_of_their_own() -> None:
    assert len({case.name for case in CASES}) == len(CASES)


def test_processes_are_seen_with_arguments_and_environment() -> None:
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', 'import time; time.sleep(0.3)', 'grandchild'])"
    )
    with subprocess.Popen([sys.executable, "-c", code], env={**os.environ, "PLANTED": "in the environment"}) as process:
        watch = ProcessWatch(process.pid)
        watch.start()
        process.wait()
    sources = watch.stop()
    assert any(b"grandchild" in source.data for source in sources if source.kind == "cmdline")
    assert any(b"PLANTED=in the environment" in source.data for source in sources if source.kind == "environ")


def test_the_system_log_is_heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can listen at /dev/log")
    place = tmp_path / "log"
    monkeypatch.setattr(capture, "SYSLOG", place)
    watch = SyslogWatch()
    watch.start()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as client:
        client.sendto(b"<14>Invoked with planted", str(place))
    assert [source.data for source in watch.stop()] == [b"<14>Invoked with planted"]
    assert not place.exists()


def test_somebody_elses_system_log_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can listen at /dev/log")
    place = tmp_path / "log"
    monkeypatch.setattr(capture, "SYSLOG", place)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as owner:
        owner.bind(str(place))
        watch = SyslogWatch()
        watch.start()
        assert watch.stop() == []
    assert watch.problem == f"somebody else listens at {place}"
    assert place.exists()
