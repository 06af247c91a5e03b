# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The scanner finds what Python's own TOML reader finds, at the right bytes, and refuses what that one refuses."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_edit import Edit, apply
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import Document, Kind, scan
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_values import Scalar

Tree = dict[tuple[Any, ...], Any]


def flatten(value: Any, path: tuple[str | int, ...] = ()) -> Tree:
    """What Python's reader gives, in the shape of ours."""
    if isinstance(value, dict):
        parts: Tree = {} if path == () else {path: "table"}
        for name, item in value.items():
            parts |= flatten(item, (*path, name))
        return parts
    if isinstance(value, list):
        parts = {path: "array"}
        for number, item in enumerate(value):
            parts |= flatten(item, (*path, number))
        return parts
    return {path: repr(value)}


def plain(document: Document) -> Tree:
    return {path: _plain(value) for path, value in document.tree.items()}


# Numbers and dates that are none, and that the scanner takes as they are written; beside them, what Python reads.
NOT_VALID = {"01": "7", "1__0": "8", "2023-02-29": "9", "25:61": "6", "1-1": "5"}


def _plain(value: Any) -> Any:
    if isinstance(value, Kind):
        return "array" if value in (Kind.TABLES, Kind.ARRAY) else "table"
    if not isinstance(value, Scalar):
        return repr(value)
    read = read_with_tomllib(f"a = {NOT_VALID.get(value.text, value.text)}".encode())
    return read[("a",)] if read else value


def read_tree(data: bytes) -> Tree | None:
    try:
        return plain(scan(data))
    except StoreError:
        return None


def read_with_tomllib(data: bytes) -> Tree | None:
    try:
        return flatten(tomllib.loads(data.decode()))
    except (UnicodeDecodeError, ValueError):
        return None


# 1. Documents that are right, as Python reads them --------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("\n \t\n# c\n  # d", id="blank lines and comments"),
        pytest.param("a = 1", id="no last line end"),
        pytest.param("a=1\r\nb=2\r\n# c\r\n[c]\r\n", id="CRLF"),
        pytest.param("a = 1 # c\n[b] # d\nc = 2 \t# e", id="comments behind entries and headers"),
        pytest.param("a-b_1 = 1\n-x = 2\n12 = 3\ntrue = 4\ninf = 5\n1979-05-27 = 6", id="bare keys"),
        pytest.param("1.2 = 3\n1a . b = 4", id="keys that look like numbers"),
        pytest.param('"a b" = 1\n\'c\\d\' = 2\n"" = 3\n\'x\' . "\\u00e9" = 4', id="quoted keys"),
        pytest.param("a.b.c = 1\na.d = 2\n a . \"b\" . 'e' = 3", id="dotted keys"),
        pytest.param('a = "x\\t\\n\\"\\\\\\u0041\\U0001f600"', id="escapes"),
        pytest.param("a = 'c:\\x\\'\nb = ''", id="literal strings"),
        pytest.param('a = """x"""\nb = """\nx\ny\n"""\nc = """x\\\n   \n\t y\\  \n"""', id="long strings"),
        pytest.param('a = """""x"""""\nb = """"x"" y""""\nc = """\\""""""', id="quotes in long strings"),
        pytest.param("a = '''\nx\\n\n'''\nb = '''''x'''''", id="long literal strings"),
        pytest.param("a = \"\"\"\r\nx\r\ny\"\"\"\r\nb = '''\r\nz\r\n'''", id="CRLF in long strings"),
        pytest.param("a = 0\nb = -1\nc = +1_000\nd = 0xdead_BEEF\ne = 0o17\nf = 0b1_0", id="integers"),
        pytest.param("a = 1.5\nb = -0.0\nc = 1e5\nd = 1_0.0_1E-1_0\ne = inf\nf = -inf", id="floats"),
        pytest.param("a = true\nb = false", id="booleans"),
        pytest.param("a = 1979-05-27\nb = 1979-05-27T07:32:00Z\nc = 1979-05-27 07:32:00.5+01:00 # d", id="dates"),
        pytest.param("a = 07:32:00\nb = 1979-05-27t07:32:00\nc = 2024-02-29", id="times and leap days"),
        pytest.param("a = []\nb = [1, 2,]\nc = [ # x\n 1, # y\n\n 'z' # z\n]", id="arrays"),
        pytest.param("a = [[1], ['x', {b = 1}], []]", id="arrays of all kinds"),
        pytest.param("a = {}\nb = {c = 1, d.e = 2, d.f = 3}\nc = {d = {e = {}}}", id="inline tables"),
        pytest.param("[a]\nb = 1\n[c.d]\n[ e . 'f' ]\n[c]\nx = 1", id="tables"),
        pytest.param("[[a]]\nb = 1\n[[a]]\n[a.c]\nd = 2\n[[a.e]]\n[[a.e]]\nf = 3\n[[ b ]]", id="arrays of tables"),
        pytest.param("[a]\nb.c = 1\n[a.b.d]\ne = 2", id="a table within one of dotted keys"),
        pytest.param("[a.b.c]\n[a]\nb.d = 1", id="dotted keys in a table that a header has named"),
        pytest.param("a = 1\n[b]\na = 2\n[b.a2]\na = 3", id="the same name elsewhere"),
        pytest.param("'é' = 1 # \u2028é\na = '\u2028'", id="beyond ASCII"),
        pytest.param('a = "#"\nb = \'#\'\nc = """#\n#"""\n"#" = 1', id="hash signs that begin no comment"),
    ],
)
def test_reads_what_python_reads(text: str) -> None:
    tree = read_tree(text.encode())
    assert tree is not None
    assert tree == read_with_tomllib(text.encode())


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        pytest.param("\ufeffa = 1", {("a",): "1"}, id="byte order mark"),
        pytest.param("a = {b = 1,}", {("a",): "table", ("a", "b"): "1"}, id="a last comma"),
        pytest.param(
            "a = { # x\n  b = 1 # y\n  , # z\r\n  c = 2,\n}",
            {("a",): "table", ("a", "b"): "1", ("a", "c"): "2"},
            id="lines and comments in an inline table",
        ),
        pytest.param('a = "\\e\\x41"', {("a",): r"'\x1bA'"}, id="escapes"),
    ],
)
def test_reads_what_bun_reads_of_a_newer_toml(text: str, tree: Tree) -> None:
    assert read_tree(text.encode()) == tree


def test_times_may_lack_their_seconds() -> None:
    document = scan(b"a = 07:32\nb = 1979-05-27 07:32Z")
    assert document.tree == {("a",): Scalar("07:32"), ("b",): Scalar("1979-05-27 07:32Z")}


def test_keeps_what_is_no_number_and_no_date_as_it_is_written() -> None:
    text = "".join(f"'{value}' = {value} # c\n" for value in NOT_VALID)
    assert scan(text.encode()).tree == {(value,): Scalar(value) for value in NOT_VALID}


# 2. What is none ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"\na = s3cret", "line 2: invalid value", id="text without quotes"),
        pytest.param(b"a =\nb = 1", "line 1: invalid value", id="no value"),
        pytest.param(b"a = 1s3cret", "line 1: invalid value", id="a number with a tail"),
        pytest.param(b"a = [s3cret", "line 1: invalid value", id="text without quotes in an array"),
        pytest.param(b'a = "s3cret', "line 1: unclosed string", id="a string without end"),
        pytest.param(b'a = "s3cret\n"', "line 1: unclosed string", id="a string over two lines"),
        pytest.param(b"a = 's3cret\n'", "line 1: unclosed string", id="a literal string over two lines"),
        pytest.param(b'a = """s3cret""', "line 1: unclosed string", id="a long string without end"),
        pytest.param(b"a = '''s3cret''", "line 1: unclosed string", id="a long literal string without end"),
        pytest.param(b'"s3cret', "line 1: unclosed string", id="a key without end"),
        pytest.param(b'a = "s3cret\\q"', "line 1: invalid escape in a string", id="an unknown escape"),
        pytest.param(b'a = "\\ud800"', "line 1: invalid escape in a string", id="half a character"),
        pytest.param(b'a = "\\U00110000"', "line 1: invalid escape in a string", id="no character"),
        pytest.param(b'a = "\\u00"', "line 1: invalid escape in a string", id="a short escape"),
        pytest.param(b"s3cret", "line 1: missing equals sign after the key", id="a word"),
        pytest.param(b"a: s3cret", "line 1: missing equals sign after the key", id="a colon"),
        pytest.param(b'"""a""" = 1', "line 1: missing equals sign after the key", id="a long string as a key"),
        pytest.param(b"@s3cret = 1", "line 1: missing key", id="a key that needs quotes"),
        pytest.param("é = 1".encode(), "line 1: missing key", id="a letter beyond ASCII"),
        pytest.param(b"a. = 1", "line 1: missing key", id="a dot behind a key"),
        pytest.param(b"a = {,}", "line 1: missing key", id="a comma alone"),
        pytest.param(b"[]", "line 1: missing key", id="a header without a name"),
        pytest.param(b"[a.@b]", "line 1: missing key", id="a header that needs quotes"),
        pytest.param(b"[a\nb = 1", "line 1: unclosed table header", id="a header without end"),
        pytest.param(b"[[a]\n", "line 1: unclosed table header", id="half the end of a header"),
        pytest.param(b"a = 1 b = 's3cret'", "line 1: unexpected text at the end of the line", id="two on a line"),
        pytest.param(b"a = 1 ; ", "line 1: unexpected text at the end of the line", id="a semicolon"),
        pytest.param(b"[a] b = 1", "line 1: unexpected text at the end of the line", id="behind a header"),
        pytest.param(b"a = {b = 1 c = 2}", "line 1: unclosed inline table", id="no comma"),
        pytest.param(b"a = {b = 1", "line 1: unclosed inline table", id="an inline table without end"),
        pytest.param(b"a = [1 2]", "line 1: unclosed array", id="no comma in an array"),
        pytest.param(b"a = [1\n\n", "line 3: unclosed array", id="an array without end"),
        pytest.param(b"a = 1\na = 's3cret'", "line 2: duplicate key", id="a key twice"),
        pytest.param(b"a = {b = 1, b = 2}", "line 1: duplicate key", id="a key twice in an inline table"),
        pytest.param(b"a.b = 1\na = 2", "line 2: duplicate key", id="a table as a value"),
        pytest.param(b"[a]\n[a]", "line 2: duplicate table", id="a table twice"),
        pytest.param(b"a = 1\n[a]", "line 2: duplicate table", id="a value as a table"),
        pytest.param(b"a = {}\n[a]", "line 2: duplicate table", id="an inline table with a header"),
        pytest.param(b"[a]\nb.c = 1\n[a.b]", "line 3: duplicate table", id="dotted keys, then a header"),
        pytest.param(b"[[a]]\n[a]", "line 2: duplicate table", id="an array of tables as a table"),
        pytest.param(b"[a]\n[[a]]", "line 2: duplicate table", id="a table as an array of tables"),
        pytest.param(b"a = []\n[[a]]", "line 2: duplicate table", id="an array as an array of tables"),
        pytest.param(b"a = 1\n[a.b]", "line 2: the header names a value that is not a table", id="through a value"),
        pytest.param(
            b"a = {}\n[a.b]",
            "line 2: the header names a value that is not a table",
            id="through an inline table",
        ),
        pytest.param(b"a = [{}]\n[a.b]", "line 2: the header names a value that is not a table", id="through an array"),
        pytest.param(
            b"a = 1\na.b = 2", "line 2: the key extends a table that is already complete", id="a key through a value"
        ),
        pytest.param(
            b"a = {}\na.b = 2",
            "line 2: the key extends a table that is already complete",
            id="a key through an inline table",
        ),
        pytest.param(
            b"[a.b]\n[a]\nb.c = 1",
            "line 3: the key extends a table that is already complete",
            id="a key through a table",
        ),
        pytest.param(
            b"[a]\nb.c = 1\n[a.d]\n[e]\n[[a.b.f]]\n[a.b.f.g]\na.b = 1\na.b.c = 2",
            "line 8: the key extends a table that is already complete",
            id="after much that is right",
        ),
        pytest.param(
            b"a = {b.c = 1}\n[d]\n[d.e]\nf.g = 1\nf.h = {}\nf.h.i = 2",
            "line 6: the key extends a table that is already complete",
            id="a key through an inline table of dotted keys",
        ),
        pytest.param(b"a = '\xff'", "line 1: invalid UTF-8", id="bytes that are no UTF-8"),
        pytest.param(b"\n# \xff", "line 2: invalid UTF-8", id="the same in a comment"),
        pytest.param(b"a = 's3cret\x00'", "line 1: a control character", id="NUL"),
        pytest.param(b"a = 1\r# b", "line 1: a control character", id="CR alone"),
        pytest.param(b"# \x7f", "line 1: a control character", id="DEL in a comment"),
        pytest.param(b"a =\x0c1", "line 1: a control character", id="form feed"),
        pytest.param(b"a = " + b"[" * 500, "line 1: values are nested too deeply", id="too many brackets"),
        pytest.param(b"a = " + b"{a = " * 500, "line 1: values are nested too deeply", id="too many braces"),
        pytest.param(b"a" + b".a" * 500 + b" = 1", "line 1: the key has too many parts", id="too many dots"),
        pytest.param(b"[a" + b".a" * 500 + b"]", "line 1: the key has too many parts", id="too many dots in a header"),
    ],
)
def test_refuses_what_is_no_toml(data: bytes, sentence: str) -> None:
    with pytest.raises(StoreError) as problem:
        scan(data)
    assert str(problem.value) == sentence
    # Python reads as deeply as its stack goes.
    assert "too" in sentence or read_with_tomllib(data) is None


# 3. Where it is ------------------------------------------------------------------------------------------------------

DOCUMENT = b"""\
# c
a.b = 'x' # d
[e] # f
  # g
  "h i" = { j = "k", l = 1 , } # m
n = [
  # o
  { p = true },
]
"""


def test_reports_where_everything_is() -> None:
    document = scan(DOCUMENT)
    entries = [(item.path, DOCUMENT[item.start : item.end], item.line, item.section) for item in document.entries]
    assert entries == [
        (("a", "b"), b"a.b = 'x'", 2, 0),
        (("e", "h i"), b'"h i" = { j = "k", l = 1 , }', 5, 1),
        (("e", "h i", "j"), b'j = "k"', 5, 1),
        (("e", "h i", "l"), b"l = 1", 5, 1),
        (("e", "n"), b"n = [\n  # o\n  { p = true },\n]", 6, 1),
        (("e", "n", 0, "p"), b"p = true", 8, 1),
    ]
    values = [DOCUMENT[item.value_start : item.end] for item in document.entries]
    assert values == [b"'x'", b'{ j = "k", l = 1 , }', b'"k"', b"1", b"[\n  # o\n  { p = true },\n]", b"true"]
    assert [(item.path, item.section, DOCUMENT[item.start :][:3]) for item in document.headers] == [(("e",), 1, b"[e]")]


def test_says_which_comments_have_a_line_of_their_own() -> None:
    comments = [
        (item.line, item.section, DOCUMENT[item.start : item.end], item.is_own_line) for item in scan(DOCUMENT).comments
    ]
    assert comments == [
        (1, 0, b"# c", True),
        (2, 0, b"# d", False),
        (3, 1, b"# f", False),
        (4, 1, b"# g", True),
        (5, 1, b"# m", False),
        (7, 1, b"# o", False),
    ]


def test_reports_what_is_in_an_inline_table() -> None:
    document = scan(DOCUMENT)
    _dotted, table, first, second, _array, within = document.entries
    assert first.holder == second.holder == table.value_start
    assert table.holder is None
    assert DOCUMENT[within.holder or 0 :].startswith(b"{ p")
    assert {DOCUMENT[start:end] for start, end in document.commas.items()} == {b'j = "k",', b"l = 1 ,"}


def test_shows_no_value() -> None:
    assert "k" not in repr(scan(b"a = 'k'"))


# 4. Without some of it ------------------------------------------------------------------------------------------------


def test_takes_out_an_entry_and_its_header() -> None:
    document = scan(DOCUMENT)
    entries = document.entries[1:]
    assert apply(document, Edit(entries=entries, headers=document.headers)) == b"# c\na.b = 'x' # d\n  # g\n"
    assert apply(document, Edit(comments=document.comments[:1])) == DOCUMENT.partition(b"\n")[2]


@pytest.mark.parametrize(
    ("text", "edit"),
    [
        pytest.param("a = 'x'\nb = 'y'", Edit(parts=[(5, 6)]), id="a value that was to stay as it was"),
        pytest.param("a = 'x'\nb = 'y'", Edit(parts=[(5, 6)], values={("a",): "z"}), id="another value than was meant"),
        pytest.param("a = 'x'\nb = 'y'", Edit(parts=[(4, 5)]), id="half a string"),
        pytest.param("a = 'x'\nb = 'y'", Edit(parts=[(0, 8)]), id="an entry that was to stay"),
        pytest.param("[a]\n[b]\n", Edit(headers=scan(b"[a]\n[b]\n").headers[:1]), id="a table that was to stay"),
    ],
)
def test_refuses_to_change_anything_else(text: str, edit: Edit) -> None:
    with pytest.raises(StoreError) as problem:
        apply(scan(text.encode()), edit)
    assert str(problem.value) == "line 1: removing the credential would change other settings: edit this line by hand"


# 5. Anything ----------------------------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", '"a"', "'c'", '"\\u0061"', "1", "@"])
KEYS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)
STRINGS = st.sampled_from(
    ['"x"', "'y'", '"""\nz"""', "'''\n'''", '""""""', "'''''''", '"\\n"', '"', '"""', '"#"', "''"]
)
SCALARS = st.sampled_from(
    ["1", "-0", "0x1_f", "1.5e3", "inf", "true", "2024-02-29", "07:32:00", "2024-02-29 07:32:00Z", "x", "", *NOT_VALID]
)
VALUES = st.recursive(
    st.one_of(STRINGS, SCALARS),
    lambda values: st.one_of(
        st.lists(values, max_size=3).map(lambda items: "[" + ", ".join(items) + "]"),
        st.lists(values, max_size=3).map(lambda items: "[\n" + ", # c\n".join(items) + "\n]"),
        st.lists(st.tuples(KEYS, values).map(" = ".join), max_size=3).map(lambda items: "{" + ", ".join(items) + "}"),
    ),
    max_leaves=6,
)
LINES = st.one_of(
    st.tuples(KEYS, st.sampled_from([" = ", "=", " "]), VALUES).map("".join),
    KEYS.map("[{}]".format),
    KEYS.map("[[{}]]".format),
    st.sampled_from(["", "# c", " ", "[", "]"]),
)
ENDS = st.sampled_from(["\n", "\n", "\n", " # c\n", "\r\n", "\r", " "])
TEXTS = st.lists(st.tuples(LINES, ENDS).map("".join), max_size=8).map("".join)


@settings(max_examples=1000, suppress_health_check=list(HealthCheck))
@example('a = ["], 01, ["]')
@given(TEXTS)
def test_reads_and_refuses_what_python_does(text: str) -> None:
    def make_valid(text: Any) -> Any:
        return (
            text
            if not isinstance(text, str)
            else re.sub("|".join(NOT_VALID), lambda match: NOT_VALID[match.group()], text)
        )

    tree = read_tree(text.encode())
    # A string can contain such a word too.
    found = None if tree is None else {tuple(map(make_valid, path)): make_valid(value) for path, value in tree.items()}
    assert found == read_with_tomllib(make_valid(text).encode())


@settings(max_examples=500, suppress_health_check=list(HealthCheck))
@given(st.one_of(st.binary(max_size=60), st.text(alphabet="a.\"'=[]{},#\\\n\r1 \t-:é", max_size=40).map(str.encode)))
def test_nothing_is_raised_but_a_sentence(data: bytes) -> None:
    expected = read_with_tomllib(data)
    tree = read_tree(data)
    assert tree == expected or expected is None
