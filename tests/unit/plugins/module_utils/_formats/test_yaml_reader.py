# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Only the removed entries of a YAML file change. What cannot be done is refused, and shows no value.

The documents are Yarn's; how pnpm's are edited is the same code.
"""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import yaml_reader, yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting

SECRETS = ("_authToken", "_auth", "_userinfo")
BOM = b"\xef\xbb\xbf"


def find(data: bytes, *names: str) -> list[Setting]:
    """The settings with these names, or else all that hold a secret and are in no comment."""
    found = yarnrc_yml.parse_settings(data)
    if names:
        return [item for item in found if item.name in names]
    return [item for item in found if item.name.endswith(SECRETS) and not item.commented]


def remove(data: bytes, *names: str) -> bytes:
    return yarnrc_yml.remove(data, find(data, *names))


# 1. Written by indentation -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("a: 1\nnpmAuthToken: t0ken\nb: 2\n", "a: 1\nb: 2\n", id="between others"),
        pytest.param("npmAuthToken: t0ken\nb: 2\n", "b: 2\n", id="first"),
        pytest.param("a: 1\nnpmAuthToken: t0ken", "a: 1\n", id="last, without a line end"),
        pytest.param("npmAuthToken: t0ken\nb: 2", "b: 2", id="a missing line end stays missing"),
        pytest.param("npmAuthToken: t0ken\n", "", id="alone"),
        pytest.param("a: 1\r\nnpmAuthToken: t0ken\r\nb: 2\r\n", "a: 1\r\nb: 2\r\n", id="CRLF"),
        pytest.param("a: 1\rnpmAuthToken: t0ken\rb: 2\r", "a: 1\rb: 2\r", id="CR"),
        pytest.param('"npmAuthToken": "t0ken"\nb: 2\n', "b: 2\n", id="quoted key"),
        pytest.param("'npmAuthToken': 't0ken'\nb: 2\n", "b: 2\n", id="single quotes"),
        pytest.param('"npmAuth\\u0054oken": t0ken\nb: 2\n', "b: 2\n", id="escaped key"),
        pytest.param("npmAuthToken:   t0ken   # mine\nb: 2\n", "b: 2\n", id="a comment on its line goes"),
        pytest.param("npmAuthToken:\n  t0ken\nb: 2\n", "b: 2\n", id="value on the next line"),
        pytest.param("npmAuthToken: |\n  t0ken\n\nb: 2\n", "\nb: 2\n", id="block of text"),
        pytest.param("npmAuthToken: >-\n  t0\n  ken\nb: 2\n", "b: 2\n", id="folded text"),
        pytest.param('npmAuthToken: "t0\\\n  ken"\nb: 2\n', "b: 2\n", id="quoted over two lines"),
        pytest.param("npmAuthToken: t0\n  ken\nb: 2\n", "b: 2\n", id="plain over two lines"),
        pytest.param("npmAuthToken: t0ken\nnpmAuthToken: t1ken\nb: 2\n", "b: 2\n", id="twice"),
        pytest.param("npmAuthToken: !!str t0ken\nb: 2\n", "b: 2\n", id="tag"),
        pytest.param("npmAuthToken: &t t0ken\nb: 2\n", "b: 2\n", id="anchor that nothing refers to"),
        pytest.param("a: &x 1\nnpmAuthToken: t0ken\nb: *x\n", "a: &x 1\nb: *x\n", id="anchors elsewhere"),
        pytest.param("---\nnpmAuthToken: t0ken\nb: 2\n...\n", "---\nb: 2\n...\n", id="marks of a document"),
        pytest.param("%YAML 1.2\n---\nnpmAuthToken: t0ken\n", "%YAML 1.2\n---\n", id="directive"),
        pytest.param(
            "\u00e4: \u00e4\nnpmAuthToken: t0k\u00e4n\n\u00f6: \U0001f512\n",
            "\u00e4: \u00e4\n\u00f6: \U0001f512\n",
            id="not ASCII",
        ),
        pytest.param(
            "# top\n\nnpmAuthToken: t0ken\n\n# end\n", "# top\n\n\n# end\n", id="comments and blank lines stay"
        ),
        pytest.param("? [a, b]\n: c\nnpmAuthToken: t0ken\n", "? [a, b]\n: c\n", id="complex key elsewhere"),
        pytest.param("a: |\n  npmAuthToken: x\nnpmAuthToken: t0ken\n", "a: |\n  npmAuthToken: x\n", id="in a text"),
        pytest.param("a: b\n c\nnpmAuthToken: t0ken\n", "a: b\n c\n", id="behind a plain text of two lines"),
        pytest.param("a: |+\n  x\n\nnpmAuthToken: t0ken\nb: 2\n", "a: |+\n  x\n\nb: 2\n", id="behind kept line ends"),
        pytest.param(
            "npmRegistries:\n  //h:\n    npmAuthToken: t0ken\n    npmAlwaysAuth: true\n",
            "npmRegistries:\n  //h:\n    npmAlwaysAuth: true\n",
            id="something stays",
        ),
        pytest.param("npmRegistries:\n  //h:\n    npmAuthToken: t0ken\nb: 2\n", "b: 2\n", id="emptied"),
        pytest.param(
            "npmRegistries:\n  //g:\n    npmAuthToken: t0ken\n  //h:\n    npmAlwaysAuth: true\n",
            "npmRegistries:\n  //h:\n    npmAlwaysAuth: true\n",
            id="emptied in part",
        ),
        pytest.param(
            "npmRegistries:\n  //g: {}\n  //h:\n    npmAuthToken: t0ken\n",
            "npmRegistries:\n  //g: {}\n",
            id="what was empty before stays",
        ),
        pytest.param(
            "npmRegistries: # ours\n  # one\n\n  //h: # h\n    # two\n    npmAuthToken: t0ken\n    # three\n"
            "  # four\nb: 2\n",
            "  # one\n\n    # two\n    # three\n  # four\nb: 2\n",
            id="comments between stay",
        ),
        pytest.param(
            "npmRegistries: !!map\n  //h:\n    &x\n    # one\n    npmAuthToken: t0ken\nb: 2\n",
            "    # one\nb: 2\n",
            id="tag and anchor of what is emptied",
        ),
        pytest.param(
            "npmScopes:\n  a:\n    npmAuthToken: t0ken\n    npmAuthIdent: u:p\n  b: &b\n    npmAuthIdent: dTpw\n",
            "",
            id="all of several",
        ),
    ],
)
def test_lines_of_an_entry_go(before: str, after: str) -> None:
    assert remove(before.encode()) == after.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(b"npmAuthToken: t0ken\nb: 2\n", b"b: 2\n", id="before the first entry"),
        pytest.param(b"b: 2\nnpmAuthToken: t0ken\n", b"b: 2\n", id="before another entry"),
        pytest.param(b"npmAuthToken: t0ken\n", b"", id="nothing left"),
        pytest.param(b"#a\nnpmAuthToken: t0ken\n", b"#a\n", id="before a comment"),
    ],
)
def test_byte_order_mark_stays(before: bytes, after: bytes) -> None:
    assert remove(BOM + before) == BOM + after


# 2. In brackets and braces -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("{npmAuthToken: t0ken, b: 2}", "{b: 2}", id="first"),
        pytest.param("{a: 1, npmAuthToken: t0ken}", "{a: 1}", id="last"),
        pytest.param("{a: 1, npmAuthToken: t0ken,}", "{a: 1, }", id="last, with a comma behind"),
        pytest.param("{a: 1, npmAuthToken: t0ken, b: 2}", "{a: 1, b: 2}", id="between"),
        pytest.param("{npmAuthToken: t0ken, npmAuthIdent: u:p, b: 2}", "{b: 2}", id="first two"),
        pytest.param("{a: 1, npmAuthToken: t0ken, npmAuthIdent: u:p}", "{a: 1}", id="last two"),
        pytest.param("{npmAuthToken: t0ken, b: 2, npmAuthIdent: u:p}", "{b: 2}", id="first and last"),
        pytest.param("{npmAuthToken: t0ken, npmAuthIdent: u:p}", "{}", id="all"),
        pytest.param("{ npmAuthToken: t0ken }", "{ }", id="alone"),
        pytest.param("--- {npmAuthToken: t0ken}\n", "--- {}\n", id="behind the mark of a document"),
        pytest.param('{"a":1,"npmAuthToken":"t0ken"}', '{"a":1}', id="JSON, last"),
        pytest.param('{"npmAuthToken":"t0ken","a":1}', '{"a":1}', id="JSON, first"),
        pytest.param(
            '{\n  "a": 1,\n  "npmAuthToken": "t0ken",\n  "b": 2\n}\n',
            '{\n  "a": 1,\n  "b": 2\n}\n',
            id="lines",
        ),
        pytest.param('{\n  "a": 1,\n  "npmAuthToken": "t0ken"\n}\n', '{\n  "a": 1\n}\n', id="last line"),
        pytest.param(
            "{\n  a: 1, # one\n  # two\n  npmAuthToken: t0ken # three\n  # four\n}\n",
            "{\n  a: 1 # one\n  # two\n  # four\n}\n",
            id="comments of other lines stay",
        ),
        pytest.param(
            "{\n  npmAuthToken: t0ken # one\n  # two\n  , b: 2\n}\n",
            "{\n  # two\n   b: 2\n}\n",
            id="comma on another line",
        ),
        pytest.param("npmRegistries: {//h: {npmAuthToken: t0ken}}\nb: 2\n", "b: 2\n", id="emptied"),
        pytest.param(
            "npmRegistries: {//g: {a: 1}, //h: {npmAuthToken: t0ken}}\n",
            "npmRegistries: {//g: {a: 1}}\n",
            id="emptied in part",
        ),
        pytest.param(
            "npmRegistries:\n  //h: {npmAuthToken: t0ken}\n  //g: {}\n", "npmRegistries:\n  //g: {}\n", id="in a block"
        ),
        pytest.param(
            "npmRegistries: {\n  //h: {npmAuthToken: t0ken},\n  //g: {npmAlwaysAuth: true}\n}\n",
            "npmRegistries: {\n  //g: {npmAlwaysAuth: true}\n}\n",
            id="over several lines",
        ),
        pytest.param("{? npmAuthToken : t0ken, b: 2}", "{? b: 2}", id="question mark"),
        pytest.param("{a: [1, 2], npmAuthToken: t0ken}", "{a: [1, 2]}", id="a list stays"),
        pytest.param(
            "{npmAuthToken: t0ken, 'a,b': '# no, comment'}", "{'a,b': '# no, comment'}", id="commas in quotes"
        ),
    ],
)
def test_entry_goes_with_one_comma(before: str, after: str) -> None:
    assert remove(before.encode()) == after.encode()


# 3. Aliases and the like --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            "npmRegistries:\n  //g: &x\n    npmAuthToken: t0ken\n  //h: *x\nb: 2\n", "b: 2\n", id="both are emptied"
        ),
        pytest.param(
            "npmRegistries:\n  //g: &x\n    npmAuthToken: t0ken\n    npmAlwaysAuth: true\n  //h: *x\n",
            "npmRegistries:\n  //g: &x\n    npmAlwaysAuth: true\n  //h: *x\n",
            id="both keep something",
        ),
        pytest.param(
            "x: &x {npmAuthToken: t0ken}\nnpmRegistries: {//h: *x}\nb: 2\n", "b: 2\n", id="anchored elsewhere"
        ),
        pytest.param(
            "npmAuthToken: &t t0ken\nnpmScopes:\n  a:\n    npmAuthToken: *t\nb: 2\n",
            "b: 2\n",
            id="alias of a token that goes",
        ),
        pytest.param(
            "x:\n- &x\n  npmAuthToken: t0ken\n- 1\nnpmRegistries: {//h: *x}\n", "x:\n- 1\n", id="anchored in a list"
        ),
        pytest.param("&k npmAuthToken: t0ken\nb: 2\n", "b: 2\n", id="anchored key"),
        pytest.param("a: &k npmAuthToken\n*k : t0ken\nb: 2\n", "a: &k npmAuthToken\nb: 2\n", id="alias for a key"),
    ],
)
def test_anchors_and_aliases(before: str, after: str) -> None:
    assert remove(before.encode()) == after.encode()


@pytest.mark.parametrize(
    ("text", "names", "sentence"),
    [
        pytest.param(
            "npmRegistries:\n  //g: &x\n    npmAuthToken: t0ken\n  //h: *x\n",
            ["//g/:_authToken"],
            "line 3: a YAML alias uses the credential as another setting: edit this line by hand",
            id="one of two that are one",
        ),
        pytest.param(
            "npmAuthToken: &t t0ken\nb: *t\n",
            [],
            "line 2: a YAML alias refers to the credential: edit this line by hand",
            id="something else refers to it",
        ),
        pytest.param(
            "x: &t t0ken\nnpmAuthToken: *t\n",
            [],
            "line 2: the value of this YAML alias would stay in the file: edit it by hand",
            id="secret is elsewhere",
        ),
        pytest.param(
            "? npmAuthToken\n: t0ken\n",
            [],
            "line 1: the entry shares its line with another one: edit this line by hand",
            id="question mark",
        ),
        pytest.param(
            "--- !!map\n? npmRegistries\n: //h:\n    npmAuthToken: t0ken\n",
            [],
            "line 2: the entry shares its line with another one: edit this line by hand",
            id="question mark before a mapping",
        ),
        pytest.param(
            "x:\n- //h: &x\n    npmAuthToken: t0ken\nnpmRegistries: {//h: *x}\n",
            [],
            "line 2: the entry shares its line with another one: edit this line by hand",
            id="mapping beside the dash of a list",
        ),
        pytest.param(
            'npmAuthToken: "t0ken"#t1ken\n',
            [],
            "line 1: the entry shares its line with another one: edit this line by hand",
            id="something glued to it",
        ),
        pytest.param(
            "{? npmAuthToken : t0ken}",
            [],
            "removing the credential would change other settings: edit the file by hand",
            id="question mark in braces",
        ),
        pytest.param(
            "{a: b,#c\n npmAuthToken: t0ken}",
            [],
            "removing the credential would change other settings: edit the file by hand",
            id="comment that only a comma makes one",
        ),
        pytest.param(
            "npmAuthToken: t0ken\n...\n",
            [],
            "removing the credential would change other settings: edit the file by hand",
            id="end of a document that holds nothing",
        ),
        pytest.param(
            "a: |\n  x\nnpmRegistries:\n  # one\n  //h:\n    npmAuthToken: t0ken\n",
            [],
            "removing the credential would change other settings: edit the file by hand",
            id="comment that would become text",
        ),
        pytest.param(
            'npmRegistryServer: "https://u:t0ken\\x40h.example/"\n',
            [],
            "line 1: removing the credential would change other settings: edit this line by hand",
            id="escaped login",
        ),
        pytest.param(
            'npmRegistries:\n  "https:\\x2f/u:p@h.example/t0ken/":\n    npmAuthToken: t0ken\n',
            [],
            "line 2: removing the credential would change other settings: edit this line by hand",
            id="escaped login in a key that holds a token",
        ),
        pytest.param(
            "npmRegistries: {https://u:t0ken@h.example/: {a: b}, 'https://h.example/': {a: b}}\n",
            [],
            "line 1: without its login, this URL would duplicate another entry: edit it by hand",
            id="two keys would be the same",
        ),
    ],
)
def test_what_cannot_be_removed_alone_is_refused(text: str, names: list[str], sentence: str) -> None:
    data = text.encode()
    doomed = find(data, *names)
    assert doomed
    with pytest.raises(StoreError) as problem:
        yarnrc_yml.remove(data, doomed)
    assert str(problem.value) == sentence


# 4. What is not read at all ------------------------------------------------------------------------------------------

T0KEN = "npmAuthToken: t0ken\n"


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"npmAuthToken: t0k\xff\n", "line 1: invalid UTF-8", id="not UTF-8"),
        pytest.param(b"a: 1\nnpmAuthToken: t0ken\x00\n", "line 2: a character that YAML does not allow", id="NUL"),
        pytest.param(
            "a: 1\r\nnpmAuthToken: t0ken\x85".encode(),
            "line 2: a line break that not every client recognizes",
            id="NEL",
        ),
        pytest.param(
            "npmAuthToken: t0ken\u2028".encode(), "line 1: a line break that not every client recognizes", id="U+2028"
        ),
        pytest.param(b"npmAuthToken:\tt0ken\n", "line 1: invalid or unsupported YAML", id="tab"),
        pytest.param(b"npmAuthToken: t0ken: t1ken\n", "line 1: invalid or unsupported YAML", id="two colons"),
        pytest.param(b"npmAuthToken: 't0ken\n", "line 2: invalid or unsupported YAML", id="open quote"),
        pytest.param(b"npmAuthToken: @t0ken\n", "line 1: invalid or unsupported YAML", id="at sign"),
        pytest.param(b'npmAuthToken: "t0ken\\UFFFFFFFF"\n', "invalid YAML", id="escape out of range"),
        pytest.param(b"npmAuthToken: t0ken\n---\na: 1\n", "line 2: a second YAML document", id="two documents"),
        pytest.param(b"npmAuthToken: *t0ken\n", "line 1: undefined YAML alias", id="alias of nothing"),
        pytest.param(
            b"npmRegistries: &t0ken\n  //h: *t0ken\nnpmAuthToken: t0ken\n",
            "line 2: recursive YAML alias",
            id="alias of itself",
        ),
        pytest.param(b"npmAuthToken:t0ken\n", "it is not a list of settings", id="a text"),
        pytest.param(b"- npmAuthToken: t0ken\n", "it is not a list of settings", id="a list"),
        pytest.param(b"a: " + b"[" * 60 + b"\nnpmAuthToken: t0ken\n", "line 1: nested too deeply", id="deep"),
        pytest.param(
            b"x: &x {"
            + b"npmAuthToken: t0ken," * 200
            + b"}\nnpmRegistries: {"
            + b"".join(b"//h%d: *x," % n for n in range(200))
            + b"}\n",
            "it has more than 20000 settings",
            id="aliases that multiply",
        ),
    ],
)
def test_what_is_not_understood_is_refused(data: bytes, sentence: str) -> None:
    with pytest.raises(StoreError) as problem:
        yarnrc_yml.parse_settings(data)
    assert str(problem.value) == sentence
    # Neither is PyYAML's own message, which quotes the line, in reach of whoever prints the exception.
    assert problem.value.__cause__ is None
    assert problem.value.__suppress_context__ or problem.value.__context__ is None


def test_too_many_values_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_reader, "_MOST_EVENTS", 100)
    with pytest.raises(StoreError) as problem:
        yarnrc_yml.parse_settings(b"npmAuthToken: t0ken\na: [" + b"b," * 100 + b"]\n")
    assert str(problem.value) == "line 2: too many values"


def test_pyyaml_is_not_asked_for_where_there_is_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    data = b"nodeLinker: pnp\nnpmRegistryServer: https://npm.example.com/\nnpmScopes: {a: {npmAlwaysAuth: true}}\n"
    assert yarnrc_yml.parse_settings(data) == ()
    assert yarnrc_yml.remove(data, [Setting("_authToken", "t0ken", 1, 0, 1, 0, 1)]) == data


def test_missing_pyyaml_is_said_in_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    with pytest.raises(StoreError) as problem:
        yarnrc_yml.parse_settings(T0KEN.encode())
    assert str(problem.value) == "PyYAML is not installed on this host (Debian: python3-yaml)"


# 5. Comments ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("# npmAuthToken: t0ken\n", ["_authToken"], id="nothing else"),
        pytest.param("a: 1\n#npmAuthToken: t0ken\n", ["_authToken"], id="without a blank"),
        pytest.param("## 'npmAuthToken' : \"t0ken\"  # mine\r\n", ["_authToken"], id="quotes and a comment"),
        pytest.param("# npmAuthIdent: u:p", ["_auth"], id="no line end"),
        pytest.param(
            "npmRegistries:\n  //h:\n    # npmAuthToken: t0ken\n    a: 1\n", ["//h/:_authToken"], id="of a registry"
        ),
        pytest.param(
            "npmRegistries:\n  //h:\n    a: 1\n    # npmAuthToken: t0ken\nb: 2\n",
            ["//h/:_authToken"],
            id="behind a registry's last",
        ),
        pytest.param(
            "npmRegistries:\n  //h:\n    a: 1\n# npmAuthToken: t0ken\nb: 2\n", ["_authToken"], id="at the margin"
        ),
        pytest.param(
            "npmRegistries:\n  //h:\n    a: 1\n  # npmAuthToken: t0ken\n", ["//?/:_authToken"], id="between registries"
        ),
        pytest.param(
            "# npmRegistries:\n#   //h:\n#     npmAuthToken: t0ken\n",
            ["//?/:_authToken"],
            id="its registry is commented out",
        ),
        pytest.param("npmRegistries:\n  //h: {\n    # npmAuthToken: t0ken\n  }\n", ["//?/:_authToken"], id="in braces"),
        pytest.param(
            "# npmRegistryServer: https://u:t0ken@h.example/\n", ["//h.example/:_userinfo"], id="login in a URL"
        ),
        pytest.param(
            "# npmPublishRegistry: https://u:t0ken@h.example/\n", ["//h.example/:_userinfo"], id="login in another URL"
        ),
        pytest.param("a: |\n  # npmAuthToken: t0ken\n", [], id="in a text"),
        pytest.param("a: 'b\n  # npmAuthToken: t0ken\n  c'\n", [], id="in quotes"),
        pytest.param("# npmAuthToken: see the wiki\n", [], id="prose"),
        pytest.param("# npmAuthToken:\n", [], id="no value"),
        pytest.param("# npmAuthToken: |\n", [], id="no plain value"),
        pytest.param("a: 1 # npmAuthToken: t0ken\n", [], id="behind an entry"),
        pytest.param("# other: https://u:p@h.example/\n", [], id="another key"),
    ],
)
def test_commented_out_credentials_are_found(text: str, names: list[str]) -> None:
    found = [item for item in yarnrc_yml.parse_settings(text.encode()) if item.commented]
    assert [item.name for item in found] == names


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("# npmAuthToken: t0ken\n", "", id="alone"),
        pytest.param("a: 1\n  # npmAuthToken: t0ken\r\nb: 2\n", "a: 1\nb: 2\n", id="between"),
        pytest.param("#a\nb: {\n  #npmAuthToken: t0ken\n}\n", "#a\nb: {\n}\n", id="in braces"),
        pytest.param(
            "# npmRegistryServer: https://u:p@h.example/\n", "# npmRegistryServer: https://h.example/\n", id="login"
        ),
    ],
)
def test_commented_out_credentials_go_with_their_line(before: str, after: str) -> None:
    data = before.encode()
    doomed = [item for item in yarnrc_yml.parse_settings(data) if item.commented]
    assert yarnrc_yml.remove(data, doomed) == after.encode()


# 6. Whatever is written ----------------------------------------------------------------------------------------------

CREDENTIAL_KEYS = ("npmAuthToken", "npmAuthIdent")


@st.composite
def write_document(draw: st.DrawFn) -> bytes:
    """A file of Yarn's, in any style, with secrets t0, t1, ... and comments c0, c1, ..."""
    count = iter(range(1000))
    anchors: list[str] = []

    def pick(*choices: str) -> str:
        return draw(st.sampled_from(choices))

    def write_text(text: str, styles: str) -> str:
        style = pick(*styles)
        return {"p": text, "d": f'"{text}"', "s": f"'{text}'"}[style]

    def write_value(secret: bool, indent: int, flow: bool) -> str:
        text = f"t{next(count)}" if secret else pick("1", "true", "\u00e4\U0001f512", "a#b", "x-y")
        way = pick("", "", "", "", "anchor", "alias", "tag", "block", "lines")
        if way == "alias" and anchors:
            return f"*{pick(*anchors)} "
        if way == "block" and not flow:
            return f"{pick('|', '>', '|-', '>+')}\n{' ' * (indent + 2)}{text}"
        if way == "lines" and not flow:
            return f"\n{' ' * (indent + 2)}{text}"
        before = ""
        if way == "anchor":
            anchors.append(f"a{next(count)}")
            before = f"&{anchors[-1]} "
        return before + ("!!str " if way == "tag" else "") + write_text(text, "pds")

    def write_entries(level: int, indent: int, flow: bool) -> list[str]:
        keys = {
            0: ["npmAuthToken", "npmAuthIdent", "npmRegistries", "npmScopes", "nodeLinker", "npmRegistryServer"],
            1: ["//h.example", "https://g.example/b", "k"],
            2: ["npmAuthToken", "npmAuthIdent", "npmAlwaysAuth"],
        }[level]
        chosen = draw(st.lists(st.sampled_from(keys), min_size=1, max_size=5, unique=level != 2))
        return [write_entry(key, level, indent, flow) for key in chosen]

    def write_entry(key: str, level: int, indent: int, flow: bool) -> str:
        head = write_text(key, "pds") + ":"
        if level == 1 or key in ("npmRegistries", "npmScopes"):
            return head + write_mapping(level + 1, indent, flow)
        if key == "npmRegistryServer":
            return f"{head} https://{pick('', 'u:p@')}r{next(count)}.example/"
        return f"{head} {write_value(key in CREDENTIAL_KEYS, indent, flow)}"

    def write_comment() -> str:
        return f"{pick('', '  ', '    ')}# c{next(count)}"

    def write_mapping(level: int, indent: int, flow: bool) -> str:
        if flow or draw(st.booleans()):
            comma = pick(",", ", ", f",\n{' ' * (indent + 2)}", f", # c{next(count)}\n{' ' * (indent + 2)}")
            return " {" + comma.join(write_entries(level, indent, True)) + pick("", "", ",", " ") + "}"
        return pick("", " ", " # c") + "\n" + write_block(level, indent + 2)

    def write_block(level: int, indent: int) -> str:
        lines = []
        for entry in write_entries(level, indent, False):
            if draw(st.integers(0, 3)) == 0:
                lines.append(pick("", write_comment()))
            lines.append(" " * indent + entry)
        return "\n".join(lines)

    text = pick("", "", "---\n", "# c\n") + write_block(0, 0) + pick("\n", "\n", "", "\n# c\n", "\n\n", "\n...\n")
    return (BOM if draw(st.integers(0, 9)) == 0 else b"") + text.replace("\n", pick("\n", "\n", "\r\n")).encode()


def load(data: bytes) -> Any:
    """What PyYAML itself makes of a file: texts, lists, and tuples of pairs."""
    return simplify(yaml.compose(data, Loader=yaml.BaseLoader))


def simplify(node: yaml.Node | None) -> Any:
    if isinstance(node, yaml.MappingNode):
        return tuple((simplify(key), simplify(value)) for key, value in node.value)
    return node.value if node else ()


def prune(value: Any, secrets: frozenset[str]) -> Any:
    """The same without the entries that are these secrets, and without what is empty for that reason."""
    if not isinstance(value, tuple):
        return value
    kept = []
    for key, child in value:
        if key in CREDENTIAL_KEYS and child.strip() in secrets:
            continue
        rest = prune(child, secrets)
        if rest or not isinstance(child, tuple):
            kept.append((key, rest))
    return tuple(kept)


def is_subsequence(part: bytes, whole: bytes) -> bool:
    rest = iter(whole)
    return all(byte in rest for byte in part)


def assert_safe(message: str) -> None:
    """One line without any of the secrets."""
    assert message.isprintable()
    assert not re.search(r"\bt\d", message)


examples = settings(max_examples=150, suppress_health_check=list(HealthCheck), deadline=None)


@examples
@given(write_document(), st.randoms(use_true_random=False))
def test_any_document_is_left_as_it_was_but_for_what_goes(data: bytes, chance: Any) -> None:
    try:
        whole = load(data)
        found = [item for item in find(data) if not item.name.endswith("_userinfo")]
    except (yaml.YAMLError, StoreError):
        return
    doomed = [item for item in found if chance.random() < 0.7]
    secrets = frozenset(str(item.value).strip() for item in doomed)
    try:
        result = yarnrc_yml.remove(data, doomed)
    except StoreError as problem:
        assert_safe(str(problem))
        return
    assert (load(result) or ()) == prune(whole, secrets)
    assert is_subsequence(result, data)
    if not re.search(rb": [|>]", data):
        # Within a block of text it is no comment.
        assert result.count(b"# c") >= len(re.findall(rb"\n *# c", data))
    assert yarnrc_yml.remove(result, doomed) == result
    assert not {item.identity for item in find(result)} & {item.identity for item in doomed}


@examples
@given(
    write_document(),
    st.integers(0, 500),
    st.integers(0, 3),
    st.sampled_from(" #:,-?*&!|>'\"%@`{}[]\t\r\n\\\x00\u2028\ufeff"),
)
def test_a_damaged_document_is_refused_or_left_as_it_was(data: bytes, position: int, length: int, damage: str) -> None:
    data = data[:position] + damage.encode() + data[position + length :]
    try:
        doomed = find(data)
        result = yarnrc_yml.remove(data, doomed)
    except StoreError as problem:
        assert_safe(str(problem))
        return
    assert is_subsequence(result, data)
    assert not {item.identity for item in find(result)} & {item.identity for item in doomed}
