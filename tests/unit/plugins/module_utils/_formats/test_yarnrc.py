# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A .yarnrc is read as Yarn 1 reads it, and only the setting is removed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import yarnrc
from ansible_collections.npmops.auth.plugins.module_utils._formats.yarnrc import parse_settings, remove
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

BOM = b"\xef\xbb\xbf"
TOKEN = b'"//npm.example.com/:_authToken" "t0ken"\n'


def read(data: bytes) -> list[tuple[str, Any]]:
    return [(item.name, item.value) for item in parse_settings(data) if not item.commented]


def is_login(setting: Setting) -> bool:
    return setting.name.rpartition(":")[2].startswith("_")


# 1. Reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"\n\n \n# c\n", [], id="blank lines and comments"),
        pytest.param(b"a b", [("a", "b")], id="no last line end"),
        pytest.param(b"a b\r\nc d\r\n", [("a", "b"), ("c", "d")], id="CRLF"),
        pytest.param(BOM + b"a b\n", [("a", "b")], id="byte order mark"),
        pytest.param(b"  a b\n", [("a", "b")], id="blanks at the beginning of the file"),
        pytest.param(b"a  b  # c", [("a", "b")], id="blanks and a comment behind it"),
        pytest.param(b"a: b\nc:d\ne :f", [("a", "b"), ("c", "d"), ("e", "f")], id="colons"),
        pytest.param(b'"a b" "c: d"', [("a b", "c: d")], id="quotes"),
        pytest.param(rb'"\u0061\"" "\\"', [('a"', "\\")], id="escapes"),
        pytest.param(b"a b#c", [("a", "b#c")], id="a hash sign in a word"),
        pytest.param(b'a b"c"', [("a", 'b"c"')], id="quotes in a word"),
        pytest.param(b"/a ./b\n-c .d", [("/a", "./b"), ("-c", ".d")], id="words that are paths"),
        pytest.param(b"a 12\nb 007", [("a", 12), ("b", 7)], id="numbers"),
        pytest.param(b"a 12345678901234567890", [("a", 12345678901234567890.0)], id="a number beyond a double"),
        pytest.param(b"a true\nb false", [("a", True), ("b", False)], id="booleans"),
        pytest.param(b'a "true"', [("a", "true")], id="a quoted boolean is text"),
        pytest.param(b"a b\na c", [("a", "b"), ("a", "c")], id="duplicates are all there"),
        pytest.param(b"a:\n  b c\n  d:\n    e f\ng h", [("g", "h")], id="objects are no settings"),
        pytest.param(b"a:\n  b:\n    c d\n  e f\ng h", [("g", "h")], id="objects in objects"),
        pytest.param(b"".join(b"  " * n + b"auth:\n" for n in range(60)) + b"g h", [("g", "h")], id="many objects"),
        pytest.param(b"a:\n\n  b c\ng h", [("g", "h")], id="a blank line before an object's"),
        pytest.param(b"a:\n  # c\n  b c\ng h", [("g", "h")], id="a comment in an object"),
        pytest.param(b"a:\nb c", [("b", "c")], id="an object without anything"),
        pytest.param(b'a "${B}"', [("a", "${B}")], id="references"),
        pytest.param('a "é"'.encode(), [("a", "é")], id="UTF-8"),
        pytest.param(b'a "b\xff"', [("a", "b\ufffd")], id="bytes that are no UTF-8"),
        pytest.param(b'"a\xff" b', [("a\ufffd", "b")], id="bytes that are no UTF-8 in a name"),
    ],
)
def test_reads_pairs(data: bytes, expected: list[tuple[str, Any]]) -> None:
    assert read(data) == expected


@pytest.mark.parametrize(
    ("line", "name", "value", "shown"),
    [
        pytest.param(TOKEN, "//npm.example.com/:_authToken", "t0ken", "", id="token"),
        pytest.param(b'"_authToken" t0ken', "_authToken", "t0ken", "", id="token of the default registry"),
        pytest.param(
            b'"https://npm.example.com/:_authToken" t0ken',
            "//npm.example.com/:_authToken",
            "t0ken",
            "https://npm.example.com/:_authToken",
            id="a name with a scheme",
        ),
        pytest.param(
            b'"//npm.example.com:81/a/:_header:Authorization" "Bearer t0ken"',
            "//npm.example.com:81/a/:_authToken",
            "t0ken",
            "//npm.example.com:81/a/:_header:Authorization",
            id="a header with a token",
        ),
        pytest.param(
            b'"//npm.example.com/:_header:authorization" "Basic dTpw"',
            "//npm.example.com/:_auth",
            "dTpw",
            "//npm.example.com/:_header:authorization",
            id="a header with a password",
        ),
        pytest.param(
            b'"//npm.example.com/:_header:X-Api-Key" "k3y"',
            "//npm.example.com/:_auth",
            "k3y",
            "//npm.example.com/:_header:X-Api-Key",
            id="a header with something secret",
        ),
        pytest.param(
            b'"//npm.example.com/:_header:X-Team" "a"',
            "//npm.example.com/:_header:X-Team",
            "a",
            "",
            id="another header",
        ),
        *(
            pytest.param(
                b'"%s" "https://npm.example.com/"' % name,
                "//npm.example.com/:registry",
                "https://npm.example.com/",
                name.decode(),
                id=case,
            )
            for name, case in (
                (b"--registry", "an option of all commands"),
                (b"--*.registry", "an option of all commands, with an asterisk"),
                (b"--install.registry", "an option of one command"),
            )
        ),
        pytest.param(b"--install.check-files true", "--install.check-files", True, "", id="another option"),
        pytest.param(b"--registry true", "--registry", True, "", id="an option without its value"),
    ],
)
def test_names_logins_and_registries_as_npm_does(line: bytes, name: str, value: str | bool, shown: str) -> None:
    (setting,) = parse_settings(line)
    assert (setting.name, setting.value, setting.shown) == (name, value, shown)


@pytest.mark.parametrize("name", ["@a:registry", "--registry", "--*.registry", "--install.registry"])
def test_finds_a_login_in_a_url(name: str) -> None:
    data = f'"{name}" "https://u:p@npm.example.com/"\n'.encode()
    _link, login = parse_settings(data)
    assert (login.name, login.value) == ("//npm.example.com/:_userinfo", "u:p")
    assert remove(data, [login]) == data.replace(b"u:p@", b"")


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        pytest.param(b"# " + TOKEN, [("//npm.example.com/:_authToken", "t0ken")], id="token"),
        pytest.param(b"##" + TOKEN, [("//npm.example.com/:_authToken", "t0ken")], id="two signs"),
        pytest.param(b"  # " + TOKEN, [("//npm.example.com/:_authToken", "t0ken")], id="indented"),
        pytest.param(b"a:\n  b c\n  #" + TOKEN, [("//npm.example.com/:_authToken", "t0ken")], id="in an object"),
        pytest.param(b"#" + TOKEN[:-1] + b"\r\n", [("//npm.example.com/:_authToken", "t0ken")], id="CRLF"),
        pytest.param(b"#" + TOKEN[:-1] + b" # c", [("//npm.example.com/:_authToken", "t0ken")], id="a comment behind"),
        pytest.param(
            b'# registry "https://u:p@npm.example.com/"',
            [("registry", "https://u:p@npm.example.com/"), ("//npm.example.com/:_userinfo", "u:p")],
            id="a login in a URL",
        ),
        pytest.param(b"# yarn lockfile v1\n# a b\n# see below", [], id="prose"),
        pytest.param(b"a b # " + TOKEN, [], id="behind a setting"),
        pytest.param(b"# //npm.example.com/:_authToken t0ken", [], id="without quotes"),
        pytest.param(b'# "_auth" "t0ken\\q"', [], id="with an escape that JSON does not know"),
    ],
)
def test_reads_what_is_commented_out(line: bytes, expected: list[tuple[str, str]]) -> None:
    found = [item for item in parse_settings(line) if item.commented]
    assert [(item.name, item.value) for item in found] == expected
    assert not remove(line, found) or not expected or b"t0ken" not in remove(line, found)


def test_reports_where_everything_is() -> None:
    data = BOM + b'registry "https://u:p@h.example/"\r\n# "_auth" YTpi\n' + TOKEN[:-1]
    places = [
        (item.line, data[item.start : item.end], data[item.value_start : item.value_end])
        for item in parse_settings(data)
    ]
    assert places == [
        (1, b'registry "https://u:p@h.example/"\r\n', b'"https://u:p@h.example/"'),
        (1, b"u:p@", b"u:p"),
        (2, b'# "_auth" YTpi\n', b"YTpi"),
        (3, TOKEN[:-1], b'"t0ken"'),
    ]


def test_takes_a_reference_as_it_is() -> None:
    (reading,) = read_settings(b'"//npm.example.com/:_authToken" "${TOKEN}"', yarnrc, {"TOKEN": "t0ken"})
    assert (reading.value, reading.references, reading.unset) == ("${TOKEN}", (), ())


# 2. What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(
            b"a b\n_authToken s3cret",
            "line 2: not a setting in the syntax of Yarn 1",
            id="a word it does not know",
        ),
        pytest.param(
            b"//npm.example.com/:_authToken s3cret",
            "line 1: not a setting in the syntax of Yarn 1",
            id="a name without quotes",
        ),
        pytest.param(
            b'"//npm.example.com/:_authToken": https://s3cret',
            "line 1: not a setting in the syntax of Yarn 1",
            id="YAML",
        ),
        pytest.param(
            b'"_auth" "s3cret',
            "line 1: not a setting in the syntax of Yarn 1",
            id="quotes that do not end",
        ),
        pytest.param(
            b'"_auth" "s3cret\\q"',
            "line 1: not a setting in the syntax of Yarn 1",
            id="an unknown escape",
        ),
        pytest.param(b'"_auth"\n', "line 1: not a setting in the syntax of Yarn 1", id="no value"),
        pytest.param(b'"_auth" "s3cret" b', "line 1: not a setting in the syntax of Yarn 1", id="half a pair"),
        pytest.param(b'"_auth",', "line 1: not a setting in the syntax of Yarn 1", id="a comma at the end"),
        pytest.param(b'"" "_auth"', "line 1: not a setting in the syntax of Yarn 1", id="an empty name"),
        pytest.param(b'"_auth" 1\t', "line 1: not a setting in the syntax of Yarn 1", id="a tab"),
        pytest.param(
            b'"_auth" 1\na:\n   b c',
            "line 3: not a setting in the syntax of Yarn 1",
            id="an odd number of blanks",
        ),
        pytest.param(b'a b\n  "_auth" s3cret', "line 2: unexpected indentation", id="indented"),
        pytest.param(b'a:\n    "_auth" s3cret', "line 2: unexpected indentation", id="indented too deeply"),
        pytest.param(b'a b\r"_auth" s3cret', "line 1: the line ends in a lone carriage return", id="CR alone"),
        pytest.param(
            b'a b\n"_auth" s3cret "c" d',
            "line 2: not a setting in the syntax of Yarn 1",
            id="two on a line",
        ),
        pytest.param(
            b'"_auth", "_password" s3cret',
            "line 1: not a setting in the syntax of Yarn 1",
            id="one for two names",
        ),
        pytest.param(
            b'"_auth" "<<<<<<<"\na "======="\nb ">>>>>>>"',
            "line 1: unresolved merge conflict",
            id="a merge conflict",
        ),
    ],
)
def test_refuses_what_yarn_does_not_read(data: bytes, sentence: str) -> None:
    with pytest.raises(StoreError) as problem:
        parse_settings(data)
    assert str(problem.value) == sentence


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"registry https://npm.example.com/\n", id="a URL without quotes"),
        pytest.param(b"yarn-path: ./yarn.js\n\tb", id="a tab"),
    ],
)
def test_what_cannot_be_read_and_holds_no_login_is_left_alone(data: bytes) -> None:
    assert parse_settings(data) == ()
    assert remove(data, parse_settings(TOKEN)) == data


# 3. Removing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "left"),
    [
        pytest.param(TOKEN, b"", id="all"),
        pytest.param(b"a b\n" + TOKEN + b"c d\n", b"a b\nc d\n", id="a line"),
        pytest.param(b"a b\n" + TOKEN[:-1], b"a b\n", id="the last line"),
        pytest.param(b"a b\r\n" + TOKEN[:-1] + b"\r\nc d", b"a b\r\nc d", id="CRLF"),
        pytest.param(BOM + TOKEN + b"c d", BOM + b"c d", id="behind a byte order mark"),
        pytest.param(
            b"# mine\n" + TOKEN[:-1] + b" # too\n\n# c\n", b"# mine\n\n# c\n", id="with its own comment alone"
        ),
        pytest.param(TOKEN + TOKEN, b"", id="twice the same"),
        pytest.param(
            b'registry "https://u:p@npm.example.com/a" # c\n',
            b'registry "https://npm.example.com/a" # c\n',
            id="a login in a URL",
        ),
        pytest.param(b"a:\n  b c\n" + TOKEN + b"d:\n  e f\n", b"a:\n  b c\nd:\n  e f\n", id="between objects"),
        pytest.param(b'a:\n  "_auth" c\n', b'a:\n  "_auth" c\n', id="objects stay"),
        pytest.param(b"\xff#\n"[1:] + TOKEN + b'a "\xff\xc3"\n', b'#\na "\xff\xc3"\n', id="bytes that are no UTF-8"),
        pytest.param(b'"_auth" YTpi\nemail "a@b.example"\n', b'email "a@b.example"\n', id="an address stays"),
        pytest.param(b"# " + TOKEN + b"# prose\n", b"# prose\n", id="commented out"),
        pytest.param(b"a:\n  # " + TOKEN + b"  b c\n", b"a:\n  b c\n", id="commented out in an object"),
    ],
)
def test_takes_logins_out_and_leaves_the_rest(data: bytes, left: bytes) -> None:
    doomed = [item for item in parse_settings(data) if is_login(item)]
    assert remove(data, doomed) == left
    assert remove(left, doomed) == left


def test_what_is_commented_out_stays_if_it_is_not_meant() -> None:
    doomed = [item for item in parse_settings(TOKEN) if is_login(item)]
    assert remove(TOKEN + b"# " + TOKEN, doomed) == b"# " + TOKEN


def test_login_that_cannot_be_cut_out_alone_is_refused() -> None:
    data = b'registry "https:\\/\\/u:passw0rd@npm.example.com/"\n'
    with pytest.raises(StoreError) as problem:
        remove(data, [item for item in parse_settings(data) if is_login(item)])
    assert str(problem.value) == ("line 1: removing the credential would change other settings: edit this line by hand")


@pytest.mark.parametrize(
    ("data", "result"),
    [
        pytest.param(b"a b\nc d", b"a b", id="a pair less"),
        pytest.param(b"a b", b"a c", id="another value"),
        pytest.param(b"a:\n  b c", b"a:\n  b d", id="another object"),
        pytest.param(b"a b", b"a", id="no pairs any more"),
    ],
)
def test_a_result_that_says_something_else_is_refused(
    monkeypatch: pytest.MonkeyPatch, data: bytes, result: bytes
) -> None:
    monkeypatch.setattr(yarnrc, "cut", lambda _data, _spans: result)
    with pytest.raises(StoreError) as problem:
        remove(TOKEN + data, parse_settings(TOKEN))
    assert str(problem.value) == "line 1: removing the credential would change other settings: edit this line by hand"


# 4. Showing -----------------------------------------------------------------------------------------------------------


def test_shows_what_a_person_may_see() -> None:
    data = (
        b'registry "https://u:passw0rd@npm.example.com/" # c\n'
        b'"//npm.example.com/:_authToken" "t0ken"\n'
        b'"//npm.example.com/:_header:Authorization": "Bearer t0ken"\n'
        b'"//npm.example.com/:_password" "hunter2"\n'
        b'# "//npm.example.com/:_auth" dTpw\n'
        b"env:\n"
        b'  NPM_TOKEN "hunter2"\n'
        b"strict-ssl false\n"
    )
    assert redact(data, yarnrc, {}).splitlines() == [
        'registry "https://<password>@npm.example.com/" # c',
        f'"//npm.example.com/:_authToken" <token {fingerprint(Secret("t0ken"))}>',
        f'"//npm.example.com/:_header:Authorization": <token {fingerprint(Secret("t0ken"))}>',
        '"//npm.example.com/:_password" <password>',
        '# "//npm.example.com/:_auth" <basic auth>',
        "env:",
        "  NPM_TOKEN <secret>",
        "strict-ssl false",
    ]


# 5. Anything ----------------------------------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        "registry",
        '"@a:registry"',
        '"//npm.example.com/:_authToken"',
        '"https://npm.example.com/:_auth"',
        '"//h/:_header:Authorization"',
        '"_password"',
        '"https://u:p@npm.example.com/"',
        '"https:\\/\\/u:p@h/"',
        '"Bearer x"',
        "12",
        "true",
        '"\\ud800"',
        '"é"',
        "a",
        '"',
        "",
        "#",
    ]
)
LINES = st.tuples(st.sampled_from(["", "", "", "# ", "  ", "\ufeff"]), WORDS, st.sampled_from([" ", ": ", ", "]), WORDS)
FILES = st.one_of(
    st.lists(
        st.tuples(LINES.map("".join), st.sampled_from(["\n", "\n", "\r\n", " # c\n", "\n\n", "\r", ":\n", " "])).map(
            "".join
        ),
        max_size=6,
    ).map(lambda lines: "".join(lines).encode()),
    st.binary(max_size=60),
)
examples = settings(max_examples=500, suppress_health_check=list(HealthCheck))


@examples
@given(FILES, st.integers(0, 2**10))
def test_takes_out_what_is_meant_or_says_why_not(data: bytes, chosen: int) -> None:
    try:
        found = parse_settings(data)
        doomed = [item for number, item in enumerate(found) if chosen >> number & 1]
        left = remove(data, doomed)
    except StoreError:
        return
    identities = {item.identity for item in doomed}
    assert remove(left, doomed) == left
    assert not any(item.identity in identities for item in parse_settings(left))
    lines = iter(data.split(b"\n"))
    whole = [line for line in left.split(b"\n") if line.removeprefix(BOM) and b"://" not in line]
    assert all(any(line.removeprefix(BOM) == other.removeprefix(BOM) for other in lines) for line in whole)


@examples
@given(FILES)
def test_nothing_is_raised_but_a_sentence(data: bytes) -> None:
    try:
        found = parse_settings(data)
    except StoreError:
        return
    assert all(data[item.value_start : item.value_end] for item in found)


@examples
@given(
    FILES,
    st.sampled_from(["", "# ", "##"]),
    st.sampled_from(['"//npm.example.com/:_authToken" ', '"_password": ', '"_auth" ', '"//h/:_header:Authorization" ']),
    st.sampled_from(['"hunter2"', "hunter2", '"a \\" hunter2"', '"Bearer hunter2" # hunter2']),
    FILES,
)
def test_shows_no_secret(before: bytes, sign: str, name: str, value: str, after: bytes) -> None:
    data = before + f"\n{sign}{name}{value}\n".encode() + after
    try:
        shown = redact(data, yarnrc, {})
    except StoreError as problem:
        shown = str(problem)
    assert "hunter2" not in shown
