# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generated .npmrc files: read as npm's own ini reads them, and changed in no byte but those of what is removed.

The files are made of the pieces on which parsers disagree (quotes, escapes, comments, lists, sections, line ends, byte
order marks, white space beyond ASCII, invalid UTF-8) and of noise.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._formats.npmrc import Document, Setting, parse, remove
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.first_look import find_registry, may_hold_credentials
from ansible_collections.npmops.auth.plugins.module_utils._values import to_text
from tests.tools import paths

BOM = b"\xef\xbb\xbf"
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
SECTION_LINE = re.compile(rb"(?:\A|[\r\n])\[([^\]\r\n]*)\]")
#: How many different files there must have been, and how many to ask for so that there are.
FILES, EXAMPLES = 20_000, 23_000

# 1. Files ------------------------------------------------------------------------------------------------------------


def _pieces(text: str) -> tuple[str, ...]:
    """The words of a text, in which escapes stand for what cannot be seen."""
    return tuple(word.encode("ascii").decode("unicode_escape") for word in text.split())


NAMES = _pieces(r"""
    //npm.example.com/:_authToken //npm.example.com/:_authToken[] @a:registry registry email ${A} ${A?} a=b
    a a a a[] a[] A b 1 [] x[] []a a\x20[]\x20 a[][] a.b a\\.b a. .a \x20 \xa0 \ufeffa \u2028a a\u2028 a\x85 \xe9 \x00
    __proto__ __proto__[] __proto__.a constructor toString hasOwnProperty length
    "a" 'a' '"a"' "a[]" "\\u0061" "\\ud800" "a\\u005b\\u005d" "a 'a " ' '' "" '"' "'" "a"\x20b "a"[] "a"\x20;\x20c
    '1' '1e3' '1e21' '-0' '.5' '0.5' 'true' 'null' '[1,2]' '[[],null,[3.5]]' '{"a":1}' '["a","b","[]"]' '"__proto__"'
    a\\;b a\\#b a\\\\ a\\ \\ \\; a;b a#b [a] [a a]
""") + ("",)
SIGNS = _pieces(r"= = = = \x20=\x20 \t=\xa0 == =\x20= =\u2028 =\ufeff \x0b=\x0c") + ("", "")
VALUES = _pieces(r"""
    t0ken npm_0123456789abcdef https://npm.example.com/ true false null undefined TRUE true\x20;\x20c a=b 0 \x20
    "t" 't' '"t"' "t"\x20;\x20c 't'\x20#\x20c "t t" 't t' "t' ' " '' "" '"' "'" "a\\nb" "\\u0074" "\\q" "a\tb"
    "\\ud83d\\ude00" "\\ud800" "\\ude00\\ud83d" "true" 'true' 'false' 'null' "null" '"null"' "" '""'
    '0' '-0' '1' '01' '+1' '.5' '1.' '1.50' '0.1' '1e2' '1E+2' '1e21' '1e20' '1e-6' '1e-7' '5e-324' '1e400' '-1e400'
    '9007199254740993' '123456789012345678901234567890' '-1.7976931348623157e308' 'NaN' 'Infinity' '-Infinity' '0x10'
    '\x201\x20' '\xa01' '\t[1]' '[]' '[1,"x",[null,true]]' '[1,]' '{}' '{"a":1,"a":2}' '{"__proto__":1}' '[{}]' [] {}
    a;b a#b a\\;b a\\#b a\\\\;b a\\b a\\ \\ \\\\ ; # \\; \\\\\\# ${A} \\${A} ${A?}
    \xe9 \u2028 a\u2028b \u2029 a\xa0 \ufeffa\ufeff a\x85 \u180ea \u200ba a\x00b a\x1fb \U0001f600 \x1ca
""") + ("", "")
INDENTS = _pieces(r"\x20 \t \xa0 \ufeff \u2003 \x00 \x1f ; # ;\x20 #\x20#\x20 \\; \u2028; \ufeff# = \x20=") + ("",) * 8
TAILS = _pieces(r"\x20 \x20;\x20c # \\ \x20\\;\x20x \u2003 \u2028 ] ' [] \x85") + ('"', *("",) * 8)
ENDS = _pieces(r"\n \n \n \r\n \r\n \r \n\n \r\r\n \n\r \n\x20\n \r\n\r\n") + ("",)
SECTIONS = _pieces(r"""
    [a] [b] [] [\x20] [a.b] [a\\.b] [.] [__proto__] [__proto__.a] ['a'] ["a"] ["__proto__"] [1] ['null'] ['1e3']
    [a]\x20 [a]\xa0 [a]\u2028 [a]\ufeff [a]\x85 [a]x \x20[a] \ufeff[a] [a;b] [a\x20;\x20b] [a\\;b] [registry] [length]
    [a a] [a]] [[a]] [x]=1 [a]= [a]\x20;\x20c [//npm.example.com/:_authToken] [@a:registry] [x[]]
""")
NOISE = (
    "\"'\\;#=[]{}.,:$?_ \t\r\n\x00\x0b\x0c\x1c\x1f\x7f\x85\u00a0\u2028\u2029\u3000\ufeff\ufffd\u00e9\U0001f600"
    "aeflnrstuE019+-"
)
RAW = (
    b"\xff",
    b"\xc3",
    b"\xe2\x80",
    b"\xed\xa0\x80",
    b"\xf0\x9f\x98",
    b"\xc0\xaf",
    b"\x80",
    BOM,
    b"\xef\xbb",
    b"=",
    b"a",
)


def _join(*pieces: Sequence[str]) -> st.SearchStrategy[bytes]:
    """One of each, one behind the other."""
    return st.tuples(*map(st.sampled_from, pieces)).map(lambda parts: "".join(parts).encode())


LINES = st.one_of(
    _join(NAMES, SIGNS, VALUES, ENDS),
    _join(INDENTS, NAMES, SIGNS, VALUES, TAILS, ENDS),
    _join(INDENTS, NAMES, SIGNS, VALUES, TAILS, ENDS),
    _join(("a", "a[]", "'a'", ";a"), ("=",), VALUES, ENDS),
    _join(INDENTS, NAMES, SIGNS, VALUES, ENDS),
    _join(SECTIONS, ENDS),
    st.tuples(_join(INDENTS, NAMES, SIGNS), st.sampled_from(RAW), _join(VALUES, ENDS)).map(b"".join),
    st.text(NOISE, max_size=12).map(str.encode),
    st.lists(st.sampled_from(RAW), max_size=6).map(b"".join),
)
BEGINNINGS = st.sampled_from((b"", b"", b"", b"", BOM, BOM, BOM + BOM))
FILE = st.tuples(BEGINNINGS, st.lists(LINES, min_size=2, max_size=8).map(b"".join)).map(b"".join)


# 2. What ini reads ---------------------------------------------------------------------------------------------------

MAPPING = {"mapping": True}
NOTHING = {"nothing": True}

Top = dict[str, Any]


class Ini:
    """npm's ini, in a process that lives as long as the tests."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def read(self, *files: bytes) -> list[Top | None]:
        """What stands at the top of each file; None where ini throws."""
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(json.dumps([base64.b64encode(data).decode("ascii") for data in files]) + "\n")
        self._process.stdin.flush()
        return [None if found is None else dict(found) for found in json.loads(self._process.stdout.readline())]


@pytest.fixture(scope="module")
def ini() -> Iterator[Ini]:
    command = [paths.NODE, Path(__file__).with_name("read_ini.js"), paths.INI]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8") as process:
        yield Ini(process)
        assert process.stdin
        process.stdin.close()


# 3. The tests --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("value", [b'""', b"false", b"'0'", b"null", b"x"])
def test_section_with_the_name_of_a_setting(ini: Ini, value: bytes) -> None:
    """ini replaces what is false to JavaScript."""
    check_reading(ini, parse(b"a.b=" + value + b"\n[a.b]\n"), Counter())


@pytest.mark.timeout(600)
def test_generated_files(ini: Ini) -> None:
    seen: set[bytes] = set()
    count: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        database=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(FILE, st.integers(1, 2**8 - 1))
    def check(data: bytes, chosen: int) -> None:
        seen.add(data)
        document = parse(data)
        check_reading(ini, document, count)
        doomed = [item for number, item in enumerate(document.settings) if chosen >> number % 8 & 1]
        check_removal(ini, document, doomed, count)
        if not may_hold_credentials(data):
            count["files without a credential at first sight"] += 1
            readings = read_settings(data, npmrc, {})
            assert find_credentials(readings) == ()
            url = find_registry(data)
            said = [item.value for item in readings if item.name == "registry" and not item.setting.commented]
            assert url is None or [value for value in said if value] == ([url] if url else [])

    check()
    print(f"\n{len(seen)} different files: {', '.join(f'{number} {what}' for what, number in sorted(count.items()))}")
    assert len(seen) >= FILES
    # They must be worth comparing.
    assert count["settings compared"] > FILES
    assert count["settings reshaped"] < FILES / 50
    assert count["files at which ini throws"] < FILES / 50
    assert count["lines removed"] > FILES
    assert count["marks removed"] > 0
    assert count["files without a credential at first sight"] > 0


def check_reading(ini: Ini, document: Document, count: Counter[str]) -> None:
    """Ours and ini find the same settings at the top of a file."""
    (theirs,) = ini.read(document.data)
    if theirs is None:
        # npm itself stops there; it is enough that ours does not.
        count["files at which ini throws"] += 1
        return
    ours = put_together(document)
    for name in ours.keys() | theirs.keys():
        own, their = ours.get(name, NOTHING), theirs.get(name, NOTHING)
        if own != their and is_reshaped(name, ours, theirs, document):
            count["settings reshaped"] += name in ours
            continue
        count["settings compared"] += 1
        assert (name, own) == (name, their)


def check_removal(ini: Ini, document: Document, doomed: Sequence[Setting], count: Counter[str]) -> None:
    """The lines of what is removed go; every other byte stays, and ini reads the rest as before."""
    data = document.data
    result = remove(data, doomed)

    identities = {item.identity for item in doomed}
    gone = {item.line for item in document.settings if item.identity in identities}
    mark = BOM if data.startswith(BOM) and 1 in gone else b""
    lines = LINE.findall(data)
    rest = b"".join(line for number, line in enumerate(lines, 1) if number not in gone)
    assert result in (mark + rest, rest)

    # A comment in the place of each removed line shows what ini makes of the others.
    told = mark + b"".join(b";\n" if number in gone else line for number, line in enumerate(lines, 1))
    found, wanted = ini.read(result, told)
    assert found == wanted
    if result != mark + rest:
        first = LINE.findall(rest)[0]
        marked, unmarked = ini.read(mark + first, first)
        could_have_stayed = marked == unmarked
        assert not could_have_stayed or first.startswith(b"=")
        count["marks removed"] += 1

    kept = [item for item in document.settings if item.identity not in identities]
    assert list(map(_describe, parse(result).settings)) == list(map(_describe, kept))
    assert remove(result, doomed) == result
    count["lines removed"] += len(gone)


def _describe(setting: Setting) -> tuple[Any, ...]:
    return (*setting.identity, setting.appends)


def put_together(document: Document) -> Top:
    """The last of a name wins, `name[]` adds to a list, and so does `name` where there is a list already."""
    top: Top = {}
    for setting in document.effective:
        value = show(setting.value)
        if setting.appends:
            before = top.setdefault(setting.name, [])
            top[setting.name] = before if isinstance(before, list) else [before]
        if isinstance(top.get(setting.name), list):
            top[setting.name] = [*top[setting.name], value]
        else:
            top[setting.name] = value
    return top


def show(value: Any) -> Any:
    """A value as read_ini.js shows it."""
    if isinstance(value, list):
        return [show(item) for item in value]
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return {"number": to_text(value)}
    return MAPPING if isinstance(value, dict) else value


def is_reshaped(name: str, ours: Top, theirs: Top, document: Document) -> bool:
    """Is this one of the names that ini makes into a mapping, or out of one, after it has read the lines?

    THE ONE EXCEPTION to "the same settings". To ini a section is a mapping at the top, and null is one as well. It
    moves those with a dot in their name below one another, and so takes away, or overwrites, what has such a name or
    the name in front of the dot, or an item of a list.

    No login comes of it, since npm takes neither a mapping nor null for a text. A login can go of it, and ours still
    finds that one: a secret that npm overlooks is a secret.
    """
    sections = {name.decode("utf-8", "replace").strip() for name in SECTION_LINE.findall(document.data)}
    # A section takes the place of a value of its name that is false to JavaScript.
    emptied = {key for key, value in ours.items() if key in sections and value in ("", False, {"number": "0"})}
    moved = [key for key, value in ours.items() if "." in key and (value in (None, MAPPING) or key in emptied)]
    if name in moved:
        return True
    if theirs.get(name, NOTHING) in (None, MAPPING):
        return bool(moved) or bool(SECTION_LINE.search(document.data))
    # What is moved below a list, and what is under a section that is called like it, changes its items.
    items_changed = bool(moved) or any(item.section == name for item in document.settings)
    return isinstance(ours.get(name), list) and items_changed
