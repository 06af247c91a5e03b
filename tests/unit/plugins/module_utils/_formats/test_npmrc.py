# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings of an .npmrc, and the file without one of them, as npm's ini reads it."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats.npmrc import (
    Setting,
    parse,
    parse_settings,
    remove,
)
from ansible_collections.npmops.auth.plugins.module_utils._values import is_blank, to_text

BOM = b"\xef\xbb\xbf"


def read(data: bytes) -> list[tuple[str, Any]]:
    return [(item.name, item.value) for item in parse(data).effective]


# 1. Reading ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\n \t\n\r\n", [], id="blank lines"),
        pytest.param(b"a=b", [("a", "b")], id="no last newline"),
        pytest.param(b"a=b\n", [("a", "b")], id="LF"),
        pytest.param(b"a=b\r\nc=d\r\n", [("a", "b"), ("c", "d")], id="CRLF"),
        pytest.param(b"a=b\rc=d\r", [("a", "b"), ("c", "d")], id="CR alone"),
        pytest.param(b"a=b\n\rc=d\r\r\n\ne=f", [("a", "b"), ("c", "d"), ("e", "f")], id="line ends of all kinds"),
        pytest.param(b" \ta = b \t", [("a", "b")], id="white space around key and value"),
        pytest.param("\u00a0a\u2003=\u3000b\ufeff".encode(), [("a", "b")], id="white space beyond ASCII"),
        pytest.param(b"a\x85=b\x1c", [("a\ufffd", "b\x1c")], id="what Python alone takes for white space stays"),
        pytest.param("a\u0085=b\u200b".encode(), [("a\u0085", "b\u200b")], id="NEL and zero width space are none"),
        pytest.param(b"a=b=c", [("a", "b=c")], id="the first equals sign counts"),
        pytest.param(b"a==", [("a", "=")], id="a value that is an equals sign"),
        pytest.param(b"a=", [("a", "")], id="no value"),
        pytest.param(b"a", [("a", True)], id="a key alone is true"),
        pytest.param(b"=b", [], id="no key: no setting"),
        pytest.param(b" =b", [("", "b")], id="white space for a key: the empty key"),
        pytest.param(b"; a=b\n# a=b\n  ; a=b\n", [], id="comments"),
        pytest.param("\ufeff;a=b\n\u00a0#a=b".encode(), [], id="comments behind white space beyond ASCII"),
        pytest.param(b"a=b ; c", [("a", "b")], id="comment behind a value"),
        pytest.param(b"a=b#c", [("a", "b")], id="hash starts a comment inside a value"),
        pytest.param(b"a;b=c", [("a", "c")], id="comment inside a key"),
        pytest.param(rb"a=b\;c\#d\\e", [("a", "b;c#d\\e")], id="escaped comment signs and backslash"),
        pytest.param(rb"a=b\c\$", [("a", r"b\c\$")], id="other escapes stay"),
        pytest.param(rb"a=b" + b"\\", [("a", "b\\")], id="a backslash at the end"),
        pytest.param(rb"a\;b=c", [("a;b", "c")], id="escaped comment sign in a key"),
        pytest.param(b"a=1", [("a", "1")], id="digits are text"),
        pytest.param(b"a=true\nb=false\nc=null", [("a", True), ("b", False), ("c", None)], id="keywords"),
        pytest.param(b"a=TRUE\nb=undefined", [("a", "TRUE"), ("b", "undefined")], id="other words are text"),
        pytest.param(b"a=true ; c", [("a", True)], id="keyword with a comment behind it"),
        pytest.param(b"a=${B}\n${C}=d", [("a", "${B}"), ("${C}", "d")], id="references stay as written"),
        pytest.param("a=\u00e9\U0001f600".encode(), [("a", "\u00e9\U0001f600")], id="UTF-8"),
        pytest.param(b"a=\xff\xc3", [("a", "\ufffd\ufffd")], id="bytes that are no UTF-8"),
        pytest.param(b"\xffa=b", [("\ufffda", "b")], id="bytes that are no UTF-8 in a key"),
        pytest.param(b"a\x00=b\x00c", [("a\x00", "b\x00c")], id="NUL"),
        pytest.param(b"a=1\na=2", [("a", "1"), ("a", "2")], id="duplicates are all there"),
        pytest.param(b"__proto__=1\n__proto__[]=2\n'__proto__'=3", [], id="__proto__ is never a setting"),
        pytest.param(b"constructor=1\ntoString=2", [("constructor", "1"), ("toString", "2")], id="other JS names are"),
    ],
)
def test_reads_lines(data: bytes, expected: list[tuple[str, Any]]) -> None:
    assert read(data) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('"b"', "b", id="double quotes"),
        pytest.param("'b'", "b", id="single quotes"),
        pytest.param('" b ; # "', " b ; # ", id="quotes keep white space and comment signs"),
        pytest.param(r'"b\u006e\"\\"', 'bn"\\', id="JSON escapes in double quotes"),
        pytest.param(r'"\ud83d\ude00"', "\U0001f600", id="surrogate pair"),
        pytest.param(r'"\ud800"', "\ud800", id="lone surrogate"),
        pytest.param(r'"b\q"', r'"b\q"', id="no JSON: the quotes stay"),
        pytest.param('"b\tc"', '"b\tc"', id="a bare tab is no JSON: the quotes stay"),
        pytest.param(r"'b\u006e'", r"b\u006e", id="no escapes in single quotes"),
        pytest.param("'\"b\"'", "b", id="single around double quotes: JSON inside"),
        pytest.param('"t" ; c', '"t"', id="a comment behind quotes: the quotes stay"),
        pytest.param('"b', '"b', id="quotes that do not end"),
        pytest.param('b"', 'b"', id="quotes that do not begin"),
        pytest.param('"', '"', id="one double quote"),
        pytest.param("'", "", id="one single quote is empty"),
        pytest.param('""', "", id="empty double quotes"),
        pytest.param("''", "", id="empty single quotes"),
        pytest.param('"true"', True, id="a quoted keyword is one as well"),
        pytest.param("'null'", None, id="null in single quotes"),
        pytest.param("'12'", 12, id="a number in single quotes"),
        pytest.param("'1.50'", 1.5, id="a fraction in single quotes"),
        pytest.param("'01'", "01", id="a leading zero is no JSON number"),
        pytest.param("'NaN'", "NaN", id="NaN is no JSON"),
        pytest.param("'Infinity'", "Infinity", id="Infinity is no JSON"),
        pytest.param("'-Infinity'", "-Infinity", id="-Infinity is no JSON"),
        pytest.param("'[1,\"b\"]'", [1, "b"], id="a JSON list in single quotes"),
        pytest.param("'{\"b\":1}'", {"b": 1}, id="a JSON object in single quotes"),
        pytest.param("{}", "{}", id="JSON without quotes is text"),
        pytest.param("b\u00a0", "b", id="white space at the end"),
    ],
)
def test_reads_values(text: str, expected: Any) -> None:
    (setting,) = parse(f"a={text}".encode()).settings
    assert (setting.value, type(setting.value)) == (expected, type(expected))


@pytest.mark.parametrize(
    ("text", "others"),
    [
        pytest.param("t", (), id="plain"),
        pytest.param(' "t" ', (), id="quotes: the same for all"),
        pytest.param("'t;u'", (), id="comment sign in quotes: the same for all"),
        pytest.param(r'"t\u0075"', (), id="JSON escapes: the same for all"),
        pytest.param("t ; mine", (), id="pnpm's value contains a blank: not a token"),
        pytest.param("t#u;v", ("t#u;v",), id="comment sign within: pnpm has no comments there"),
        pytest.param("#t", ("#t",), id="comment sign at the beginning"),
        pytest.param(r"t\;u", (r"t\;u",), id="escape: pnpm has none"),
        pytest.param(r"t\\u", (r"t\\u",), id="escaped backslash"),
        pytest.param(r"t\u", (), id="a backslash that escapes nothing"),
        pytest.param('"t" ; mine', ("t",), id="comment after quotes: npm 6 removes them"),
        pytest.param('"t";mine', ('"t";mine', "t"), id="comment right after quotes"),
        pytest.param('"t u";mine', (), id="blank in quotes"),
        pytest.param("null", (), id="keyword"),
        pytest.param("null;", ("null;",), id="keyword and comment sign"),
        pytest.param("${T}#u", ("${T}#u",), id="reference"),
        pytest.param('"t', (), id="quotes that do not end"),
        pytest.param('"', (), id="one quote"),
    ],
)
def test_reads_values_as_pnpm_and_npm_6(text: str, others: tuple[str, ...]) -> None:
    (setting,) = parse(f"a={text}".encode()).settings
    assert setting.others == others


@pytest.mark.parametrize(
    ("text", "name", "appends"),
    [
        pytest.param('"a"', "a", False, id="double quotes"),
        pytest.param("'a'", "a", False, id="single quotes"),
        pytest.param(r'"\u0061"', "a", False, id="JSON escapes"),
        pytest.param('"//npm.example.com/:_authToken"', "//npm.example.com/:_authToken", False, id="registry key"),
        pytest.param("a[]", "a", True, id="list"),
        pytest.param("a [] ", "a ", True, id="list with blanks"),
        pytest.param('"a[]"', "a", True, id="quoted list"),
        pytest.param("a[][]", "a[]", True, id="list of a list"),
        pytest.param("[]", "[]", False, id="brackets alone are a name"),
        pytest.param("a]", "a]", False, id="one bracket"),
        pytest.param("'12'", "12", False, id="number"),
        pytest.param("'1e21'", "1e+21", False, id="large number, as JavaScript writes it"),
        pytest.param("'true'", "true", False, id="boolean"),
        pytest.param("'null'", "null", False, id="null"),
        pytest.param("'[1,null,[2]]'", "1,,2", False, id="JSON list"),
        pytest.param("'{}'", "[object Object]", False, id="JSON object"),
        pytest.param(r'"\ud800"', "\ud800", False, id="lone surrogate"),
    ],
)
def test_reads_names(text: str, name: str, appends: bool) -> None:
    (setting,) = parse(f"{text}=b".encode()).settings
    assert (setting.name, setting.appends) == (name, appends)


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[a]\nb=c", id="section"),
        pytest.param(b"[]\nb=c", id="section without a name"),
        pytest.param(b"[a]  \nb=c", id="blanks behind it"),
        pytest.param("[a]\u2028\ufeff\nb=c".encode(), id="white space beyond ASCII behind it"),
        pytest.param(b"[__proto__]\nb=c", id="__proto__"),
        pytest.param(b"['a']\nb=c", id="quoted"),
        pytest.param(b"\n;\n[a]\r\n\r\nb=c", id="comments and blank lines around it"),
    ],
)
def test_ignores_what_is_under_a_section(data: bytes) -> None:
    assert read(data) == []
    assert [item.name for item in parse(data).settings] == ["b"]


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(b" [a]", id="a blank before it"),
        pytest.param(BOM + b"[a]", id="a byte order mark before it"),
        pytest.param(b"[a] ; c", id="a comment behind it"),
        pytest.param(b"[a]]", id="two brackets behind it"),
        pytest.param(b"[a", id="no bracket behind it"),
        pytest.param(b"[a]=", id="a value"),
    ],
)
def test_takes_no_other_line_for_a_section(line: bytes) -> None:
    assert read(line + b"\nb=c")[-1] == ("b", "c")


def test_names_the_section() -> None:
    data = b"a=1\n[x]\nb=2\n['y;']\nc=3\n['1e3']\nd=4\n"
    assert [(item.name, item.section) for item in parse(data).settings] == [
        ("a", None),
        ("b", "x"),
        ("c", "y;"),
        ("d", "1000"),
    ]


KEY = "//npm.example.com/"


@pytest.mark.parametrize(
    ("text", "expected", "left"),
    [
        pytest.param(f"[s]\n{KEY}:_authToken=t\n", [(f"{KEY}:_authToken", "t")], "[s]\n", id="token"),
        pytest.param(f"[{KEY}]\n_authToken=t\n", [("_authToken", "t")], f"[{KEY}]\n", id="token without a key"),
        pytest.param(
            "[s]\n@a:registry=https://u:p@npm.example.com/\n",
            [("@a:registry", "https://u:p@npm.example.com/"), (f"{KEY}:_userinfo", "u:p")],
            "[s]\n",
            id="registry with a login",
        ),
        pytest.param("[s]\nstrict-ssl=false\n", [], "[s]\nstrict-ssl=false\n", id="another setting is npm's alone"),
        pytest.param(f"http:{KEY}:_authToken=t\n", [(f"{KEY}:_authToken", "t")], "", id="Yarn 1's scheme, http"),
        pytest.param(f"https:{KEY}:_password=t\n", [(f"{KEY}:_password", "t")], "", id="Yarn 1's scheme, https"),
        pytest.param(f"#https:{KEY}:_authToken=t\n", [(f"{KEY}:_authToken", "t")], "", id="commented out"),
        pytest.param(f"{KEY}:_authToken=$T\n", [(f"{KEY}:_authToken", "${T}")], "", id="Bun's reference"),
        pytest.param(f'{KEY}:_authToken="$T_1" ;\n', [(f"{KEY}:_authToken", '"$T_1"')], "", id="in quotes that stay"),
        pytest.param(f"{KEY}:_authToken='$T_1'\n", [(f"{KEY}:_authToken", "${T_1}")], "", id="Bun's, in quotes"),
        pytest.param(f"{KEY}:_authToken=a$T\n", [(f"{KEY}:_authToken", "a$T")], "", id="not the whole value"),
        pytest.param("registry=$T\n", [("registry", "${T}")], "", id="Bun's reference to a registry"),
        pytest.param("prefix=$HOME\n", [("prefix", "$HOME")], "", id="not a login"),
        pytest.param(f"https:{KEY}:a=t\n", [(f"https:{KEY}:a", "t")], "", id="not a login"),
        pytest.param(f"HTTPS:{KEY}:_authToken=t\n", [(f"HTTPS:{KEY}:_authToken", "t")], "", id="not Yarn's spelling"),
    ],
)
def test_reads_and_removes_what_only_other_clients_read(text: str, expected: list[tuple[str, Any]], left: str) -> None:
    found = parse_settings(text.encode())
    assert [(item.name, item.value) for item in found] == expected
    assert all(item.label in text for item in found if not item.in_url)
    assert remove(text.encode(), found) == left.encode()
    assert remove(text.encode(), parse(text.encode()).settings) != text.encode()


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param("a=b\u2028c".encode(), [], id="line separator in a value"),
        pytest.param("a=\u2029".encode(), [], id="paragraph separator at the end of a value"),
        pytest.param("a=\u2028b".encode(), [], id="line separator at the beginning of a value"),
        pytest.param("a\u2028b=c".encode(), [("a\u2028b", "c")], id="line separator in a key"),
        pytest.param("a\u2028".encode(), [("a", True)], id="line separator behind a key alone"),
    ],
)
def test_u2028_in_a_value_makes_the_line_none(data: bytes, expected: list[tuple[str, Any]]) -> None:
    assert read(data) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"# a=b", [("a", "b")], id="hash"),
        pytest.param(b";a=b", [("a", "b")], id="semicolon"),
        pytest.param(b" ;# ; a=b", [("a", "b")], id="several signs"),
        pytest.param("\ufeff#\u00a0a=b".encode(), [("a", "b")], id="behind a byte order mark"),
        pytest.param(b"#a=b ; c", [("a", "b")], id="a comment in the comment"),
        pytest.param(b"# a", [], id="a word is prose"),
        pytest.param(b"#", [], id="nothing"),
        pytest.param(b"# =b", [], id="no key"),
        pytest.param(b"# [a]", [], id="section"),
        pytest.param("#a=b\u2028c".encode(), [], id="line separator in the value"),
        pytest.param(b"#__proto__=b", [], id="__proto__"),
    ],
)
def test_finds_commented_out_settings(data: bytes, expected: list[tuple[str, Any]]) -> None:
    document = parse(data)
    assert document.effective == ()
    assert [(item.name, item.value) for item in document.settings] == expected
    assert all(item.commented and item.section is None for item in document.settings)


def test_a_comment_under_a_section_belongs_to_no_section() -> None:
    (setting,) = parse(b"[a]\n#b=c").settings
    assert (setting.commented, setting.section) == (True, None)


@pytest.mark.parametrize(
    ("data", "line", "content", "value"),
    [
        pytest.param(b"a=b\n", 1, b"a=b\n", b"b", id="LF"),
        pytest.param(b"x\r\n\r\n a = b \r\ny", 3, b" a = b \r\n", b" b ", id="CRLF"),
        pytest.param(b"x\r\ra=b\ry", 3, b"a=b\r", b"b", id="CR"),
        pytest.param(b"x\n\ra=b", 3, b"a=b", b"b", id="LF CR are two line ends"),
        pytest.param(BOM + b"a=b", 1, BOM + b"a=b", b"b", id="byte order mark"),
        pytest.param(b"\xff\n# a=b=c ; d\n", 2, b"# a=b=c ; d\n", b"b=c ; d", id="comment"),
        pytest.param(b"a\n", 1, b"a\n", b"", id="a key alone"),
        pytest.param(b"a=\n", 1, b"a=\n", b"", id="no value"),
    ],
)
def test_knows_the_bytes_of_a_setting(data: bytes, line: int, content: bytes, value: bytes) -> None:
    (setting,) = [item for item in parse(data).settings if item.name == "a"]
    assert setting.line == line
    assert data[setting.start : setting.end] == content
    assert data[setting.value_start : setting.value_end] == value


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"%b=b\na=%b" % (nested, nested), id=str(len(nested)))
        for nested in (b"'" + b"[" * depth + b"]" * depth + b"'" for depth in (100, 300, 450, 700, 990, 5_000, 100_000))
    ],
)
def test_brackets_without_end_are_no_way_to_stop_it(data: bytes) -> None:
    document = parse(data)
    assert all(isinstance(to_text(item.value), str) for item in document.settings)
    assert remove(data, document.settings) == b""


@pytest.mark.parametrize("digits", [pytest.param(400, id="beyond a float"), pytest.param(5_000, id="beyond an int")])
def test_digits_without_end_are_no_way_to_stop_it(digits: int) -> None:
    data = b"a='" + b"9" * digits + b"'\n'" + b"9" * digits + b"'=b"
    document = parse(data)
    assert to_text(document.settings[0].value)
    assert remove(data, document.settings) == b""


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param("t", "t", id="text"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(None, "null", id="null"),
        pytest.param({"a": 1}, "[object Object]", id="mapping"),
        pytest.param([], "", id="empty list"),
        pytest.param(["a", None, [1, [True]], {}], "a,,1,true,[object Object]", id="list"),
        pytest.param(0, "0", id="zero"),
        pytest.param(-0.0, "0", id="minus zero"),
        pytest.param(12, "12", id="integer"),
        pytest.param(-12.5, "-12.5", id="negative"),
        pytest.param(1.0, "1", id="a fraction that is none"),
        pytest.param(0.000001, "0.000001", id="the smallest without an exponent"),
        pytest.param(0.0000001, "1e-7", id="an exponent below it"),
        pytest.param(1.5e-7, "1.5e-7", id="a fraction with an exponent"),
        pytest.param(10**20, "100000000000000000000", id="the largest without an exponent"),
        pytest.param(10**21, "1e+21", id="an exponent above it"),
        pytest.param(-1.25e25, "-1.25e+25", id="negative with an exponent"),
        pytest.param(12345678901234567890, "12345678901234567000", id="more digits than a double has"),
        pytest.param(9007199254740993, "9007199254740992", id="the first integer that a double cannot hold"),
        pytest.param(float("inf"), "Infinity", id="infinity"),
        pytest.param(float("-inf"), "-Infinity", id="minus infinity"),
        pytest.param(10**400, "Infinity", id="an integer beyond a double"),
        pytest.param(-(10**400), "-Infinity", id="a negative integer beyond a double"),
    ],
)
def test_writes_values_as_javascript_does(value: Any, text: str) -> None:
    assert to_text(value) == text


def test_shows_no_value() -> None:
    document = parse(b"//npm.example.com/:_authToken=t0p-s3cret\n")
    assert "s3cret" not in repr(document) + str(document) + repr(document.settings) + f"{document.settings[0]}"
    assert repr(document.settings[0]) == "Setting(line=1)"


# 2. Removing ---------------------------------------------------------------------------------------------------------


def named(data: bytes, name: str) -> list[Setting]:
    return [item for item in parse(data).settings if item.name == name]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"a=b\nx=t\nc=d\n", b"a=b\nc=d\n", id="a line in the middle"),
        pytest.param(b"x=t\nc=d\n", b"c=d\n", id="the first line"),
        pytest.param(b"a=b\nx=t", b"a=b\n", id="the last line, without its newline"),
        pytest.param(b"a=b\nx=t\nc=d", b"a=b\nc=d", id="a missing last newline stays missing"),
        pytest.param(b"x=t", b"", id="the only line"),
        pytest.param(b"a=b\r\nx=t\r\nc=d\r\n", b"a=b\r\nc=d\r\n", id="CRLF"),
        pytest.param(b"a=b\rx=t\rc=d", b"a=b\rc=d", id="CR"),
        pytest.param(b"a=b\rx=t\n\nc=d", b"a=b\r\nc=d", id="mixed line ends"),
        pytest.param(b"x=t\n\n\nc=d", b"\n\nc=d", id="blank lines stay"),
        pytest.param(b"; login\nx=t ; mine\n; end\n", b"; login\n; end\n", id="its own comment goes, others stay"),
        pytest.param(b" \"x\" = 't'\t\n#y=t2\n", b"#y=t2\n", id="quotes and blanks"),
        pytest.param(b"\xff=\xfe\nx=t\n\xc3\n", b"\xff=\xfe\n\xc3\n", id="bytes that are no UTF-8"),
        pytest.param("\u2028=1\nx=t\na=\u2028\n".encode(), "\u2028=1\na=\u2028\n".encode(), id="line separators"),
        pytest.param(b"x=t\nx=u\nx=t\n", b"", id="duplicates"),
        pytest.param(b"x[]=t\na=b\nx[]=u\n", b"a=b\n", id="lists"),
        pytest.param(b"x\na=b\n", b"a=b\n", id="a key alone"),
        pytest.param(b"a=b\n", b"a=b\n", id="nothing to remove"),
        pytest.param(BOM + b"x=t\na=b\n", BOM + b"a=b\n", id="the byte order mark stays"),
        pytest.param(BOM + b"x=t", BOM, id="the byte order mark stays alone"),
        pytest.param(BOM + b"x=t\n\n[s]\n", BOM + b"\n[s]\n", id="it stays before a blank line"),
        pytest.param(BOM + b"x=t\n;[s]\n", BOM + b";[s]\n", id="it stays before a comment"),
        pytest.param(BOM + b"x=t\n[s\n", BOM + b"[s\n", id="it stays before what is no section"),
        pytest.param(BOM + b"a=b\nx=t\n[s]\n", BOM + b"a=b\n[s]\n", id="it stays where its line stays"),
        pytest.param(BOM + b"x=t\n[s]\nc=d\n", b"[s]\nc=d\n", id="it goes before a section"),
        pytest.param(BOM + b"x=t\nx=u\r\n[s] \r\n", b"[s] \r\n", id="it goes before a section, two lines down"),
        pytest.param(BOM + b"x=t\n=c\n", b"=c\n", id="it goes before a line that is none for want of a key"),
        pytest.param(BOM + BOM + b"x=t\na=b\n", BOM + b"a=b\n", id="a second mark belongs to its line"),
    ],
)
def test_removes_whole_lines_and_nothing_else(data: bytes, expected: bytes) -> None:
    result = remove(data, named(data, "x"))
    assert result == expected
    assert remove(result, named(data, "x")) == expected


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        pytest.param(b"x=t\n", b"a=b\nx=t\nc=d\n", b"a=b\nc=d\n", id="it has moved"),
        pytest.param(b"x=t\n", b'"x" = t\r\n', b"", id="it is written in another way"),
        pytest.param(b"x=t\n", b"x=u\n", b"x=u\n", id="it has another value: another setting"),
        pytest.param(b"x=t\n", b"y=t\n", b"y=t\n", id="it has another name: another setting"),
        pytest.param(b"x=t\n", b"#x=t\n", b"#x=t\n", id="it is commented out: another setting"),
        pytest.param(b"x=t\n", b"[s]\nx=t\n", b"[s]\nx=t\n", id="under a section: another setting"),
        pytest.param(b"#x=t\n", b";; x = t\nx=t\n", b"x=t\n", id="a commented-out one goes alone"),
        pytest.param(b"x=t\n", b"", b"", id="it has gone"),
    ],
)
def test_finds_settings_again_in_a_newer_version(old: bytes, new: bytes, expected: bytes) -> None:
    assert remove(new, named(old, "x")) == expected


@pytest.mark.parametrize(
    ("data", "blank"),
    [
        pytest.param(b"", True, id="nothing"),
        pytest.param(b" \r\n\t\n", True, id="white space"),
        pytest.param(BOM + "\u00a0\u2028\n".encode(), True, id="byte order mark and white space beyond ASCII"),
        pytest.param(b";", False, id="comment"),
        pytest.param(b"\xff", False, id="a byte that is no UTF-8"),
        pytest.param(b"\x00", False, id="NUL"),
    ],
)
def test_blank_is_what_holds_nothing_but_white_space(data: bytes, blank: bool) -> None:
    assert is_blank(data) is blank
