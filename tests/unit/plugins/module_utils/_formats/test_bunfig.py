# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A bunfig.toml is read as Bun reads it, and only the login is removed."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig as _bunfig
from ansible_collections.npmops.auth.plugins.module_utils._formats.bunfig import parse_settings, remove
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import scan
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting, is_link
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

BOM = b"\xef\xbb\xbf"
KEY = "//npm.example.com/"


def read(text: str, *, commented: bool = False) -> list[tuple[str, object]]:
    return [(item.name, item.value) for item in parse_settings(text.encode()) if item.commented is commented]


def is_login(setting: Setting) -> bool:
    return not is_link(setting.name) and setting.name != "cafile"


def log_out(data: bytes, *, comments: bool = False) -> bytes:
    return remove(data, [item for item in parse_settings(data) if is_login(item) and comments >= item.commented])


# 1. Reading -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", [], id="nothing"),
        pytest.param("[install]\nexact = true\n", [], id="nothing of interest"),
        pytest.param("[test]\nregistry = 'https://npm.example.com/'\ntoken = 't0ken'", [], id="another table"),
        pytest.param(
            "[install]\nregistry = 'https://npm.example.com/'",
            [("registry", "https://npm.example.com/")],
            id="a URL alone",
        ),
        pytest.param(
            '[install]\nregistry = "https://u:p@npm.example.com/a"',
            [("registry", "https://npm.example.com/a"), (f"{KEY}a/:_userinfo", "u:p")],
            id="a login in a URL",
        ),
        pytest.param(
            '[install]\nregistry = { url = "https://npm.example.com/", token = "t0ken" }',
            [("registry", "https://npm.example.com/"), (f"{KEY}:_authToken", "t0ken")],
            id="an inline table",
        ),
        pytest.param(
            'install.registry = { token = "t0ken", username = "u", url = "https://npm.example.com/", password = "p" }',
            [
                (f"{KEY}:_authToken", "t0ken"),
                (f"{KEY}:username", "u"),
                ("registry", "https://npm.example.com/"),
                (f"{KEY}:_password", "p"),
            ],
            id="the URL somewhere",
        ),
        pytest.param(
            '[install.registry]\nurl = "https://npm.example.com/"\ntoken = "t0ken"',
            [("registry", "https://npm.example.com/"), (f"{KEY}:_authToken", "t0ken")],
            id="a table",
        ),
        pytest.param(
            '[install]\nregistry.token = "t0ken"\nregistry.url = "https://npm.example.com/"',
            [(f"{KEY}:_authToken", "t0ken"), ("registry", "https://npm.example.com/")],
            id="dotted keys",
        ),
        pytest.param(
            'install = { "registry" = { \'token\' = "t0ken" } }', [("_authToken", "t0ken")], id="tables in tables"
        ),
        pytest.param(
            '[install]\nregistry = { token = "t", username = "u", password = "p" }',
            [("_authToken", "t"), ("username", "u"), ("_password", "p")],
            id="no URL",
        ),
        pytest.param(
            '[install.scopes]\na = { url = "https://npm.example.com/", token = "t" }',
            [("@a:registry", "https://npm.example.com/"), (f"{KEY}:@a:_authToken", "t")],
            id="a scope",
        ),
        pytest.param(
            '[install.scopes."@a"]\nurl = "https://npm.example.com/"\nusername = "u"\npassword = "p"',
            [("@a:registry", "https://npm.example.com/"), (f"{KEY}:@a:username", "u"), (f"{KEY}:@a:_password", "p")],
            id="a scope's table",
        ),
        pytest.param(
            '[install.scopes]\na = "https://u:p@npm.example.com/"\n"@b" = "https://npm.example.com/b/"',
            [
                ("@a:registry", "https://npm.example.com/"),
                (f"{KEY}:@a:_userinfo", "u:p"),
                ("@b:registry", "https://npm.example.com/b/"),
            ],
            id="scopes' URLs alone",
        ),
        pytest.param('[install]\nscopes.a.token = "t"', [(":@a:_authToken", "t")], id="a scope without a URL"),
        pytest.param('[install.scopes]\n"a:b/c".token = "t"', [(":@a%3Ab%2Fc:_authToken", "t")], id="no scope's name"),
        pytest.param('[install.scopes]\n"@" = { token = "t" }', [(":@:_authToken", "t")], id="a scope without a name"),
        pytest.param(
            '[install]\ncafile = "/etc/ca.pem"\nregistry = { token = 12, username = true }',
            [("cafile", "/etc/ca.pem"), ("_authToken", "12"), ("username", "true")],
            id="values that are no strings",
        ),
        pytest.param(
            "[install]\nregistry = [ 'https://npm.example.com/' ]\nscopes.a.token = ['t']\nscopes.b = []",
            [],
            id="lists",
        ),
        pytest.param('[[install.scopes.a]]\ntoken = "t"', [], id="an array of tables"),
        pytest.param('[install.registry.url]\ntoken = "t"', [], id="too deep"),
        pytest.param('[install.registry]\nemail = "t"', [], id="a field that Bun does not know"),
        pytest.param('[install]\nregistry = { token = "\\u0074" }', [("_authToken", "t")], id="escapes"),
        pytest.param(
            '["inst\\u0061ll"]\nregistry = { token = "t" }',
            [("_authToken", "t")],
            id="escapes in a name",
        ),
        pytest.param('\ufeff[install]\r\nregistry = { token = "t" }\r\n', [("_authToken", "t")], id="BOM and CRLF"),
    ],
)
def test_reads_registries_and_logins(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text) == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param(
            "https://:t0k%2Fen@npm.example.com/",
            [("@a:registry", "https://npm.example.com/"), (f"{KEY}:@a:_authToken", "t0k/en")],
            id="a token without a user",
        ),
        pytest.param(
            "https://u:p@q@npm.example.com/",
            [("@a:registry", "https://npm.example.com/"), (f"{KEY}:@a:_userinfo", "u:p@q")],
            id="two at signs",
        ),
        pytest.param(
            "https://npm.example.com/a/:_authToken=t0ken",
            [("@a:registry", "https://npm.example.com/a/"), (f"{KEY}a/:@a:_authToken", "t0ken")],
            id="a token in the path",
        ),
        pytest.param(
            "https://npm.example.com/a:_auth=dTpw",
            [("@a:registry", "https://npm.example.com/a"), (f"{KEY}a/:@a:_auth", "dTpw")],
            id="a login in the path",
        ),
        pytest.param(
            "https://npm.example.com/:username=u:_password=é/#a",
            [
                ("@a:registry", "https://npm.example.com/#a"),
                (f"{KEY}:@a:username", "u"),
                (f"{KEY}:@a:_password", "é"),
            ],
            id="user and password in the path",
        ),
        pytest.param(
            "https://npm.example.com/_authToken=t0k/en",
            [("@a:registry", "https://npm.example.com/"), (f"{KEY}:@a:_authToken", "t0k/en")],
            id="a token behind a slash",
        ),
        pytest.param(
            "https://u:p@npm.example.com/:_authToken=t0ken",
            [
                ("@a:registry", "https://npm.example.com/"),
                (f"{KEY}:@a:_userinfo", "u:p"),
                (f"{KEY}:@a:_authToken", "t0ken"),
            ],
            id="both",
        ),
        pytest.param(
            "https://npm.example.com:81/a:b/?c=d", [("@a:registry", "https://npm.example.com:81/a:b/?c=d")], id="none"
        ),
        pytest.param("npm.example.com/:_authToken=t", [("@a:registry", "npm.example.com/:_authToken=t")], id="no URL"),
    ],
)
def test_reads_logins_in_urls(url: str, expected: list[tuple[str, str]]) -> None:
    data = f'[install.scopes]\na = "{url}"\n'.encode()
    assert [(item.name, item.value) for item in parse_settings(data)] == expected
    left = log_out(data)
    assert left.decode() == f'[install.scopes]\na = "{expected[0][1]}"\n'
    assert log_out(left) == left


@pytest.mark.parametrize(
    ("url", "key"),
    [
        pytest.param("npm.example.com", "//npm.example.com/", id="no scheme"),
        pytest.param("https://a b/", "//a b/", id="no host"),
        pytest.param("ftp://npm.example.com/", "//npm.example.com/", id="another scheme"),
        pytest.param("$URL", "//$URL/", id="a reference"),
        pytest.param("$URL/", "//$URL/", id="a reference and a slash"),
    ],
)
def test_a_url_that_is_none_has_a_key_all_the_same(url: str, key: str) -> None:
    assert read(f'[install]\nregistry = {{ url = "{url}", token = "t" }}')[1] == (f"{key}:_authToken", "t")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param('[install]\nregistry = "https://u:p@a.example/"', "install.registry (login in its URL)", id="URL"),
        pytest.param('[install]\nregistry = {token = "t"}', "install.registry.token", id="token"),
        pytest.param('[install.scopes]\n"@a".token = "t"', 'install.scopes."@a".token', id="scope"),
        pytest.param('[install.scopes]\n"a\\nb".token = "t"', 'install.scopes."a\\nb".token', id="on one line"),
    ],
)
def test_says_what_bun_calls_it(text: str, shown: str) -> None:
    assert parse_settings(text.encode())[-1].label == shown


# 2. What is commented out ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param(
            '[install.registry]\nurl = "https://npm.example.com/"\n# token = "t0ken" # c',
            [(f"{KEY}:_authToken", "t0ken")],
            id="a token in a table",
        ),
        pytest.param(
            '[install.registry]\n##  token = "t0ken"\nurl = "https://npm.example.com/"',
            [(f"{KEY}:_authToken", "t0ken")],
            id="a token before its URL",
        ),
        pytest.param(
            '[install]\n# registry = "https://u:p@npm.example.com/"',
            [("registry", "https://npm.example.com/"), (f"{KEY}:_userinfo", "u:p")],
            id="a login in a URL",
        ),
        pytest.param(
            '[install]\n#registry = { url = "https://npm.example.com/", token = "t0ken" }',
            [("registry", "https://npm.example.com/"), (f"{KEY}:_authToken", "t0ken")],
            id="an inline table",
        ),
        pytest.param(
            '[install.scopes]\n# "@a" = { token = "t0ken" }', [(":@a:_authToken", "t0ken")], id="a scope without a URL"
        ),
        pytest.param('# install.scopes.a.token = "t0ken"', [(":@a:_authToken", "t0ken")], id="dotted keys"),
        pytest.param(
            '[install.registry]\nurl = "https://a.example/"\n# url = "https://b.example/"\n\n# token = "t0ken"',
            [("registry", "https://b.example/"), ("//b.example/:_authToken", "t0ken")],
            id="next to another URL",
        ),
        pytest.param(
            '[install.registry]\n# token = "t0ken"\n# url = "https://b.example/"\nurl = "https://a.example/"',
            [("//b.example/:_authToken", "t0ken"), ("registry", "https://b.example/")],
            id="before another URL",
        ),
        pytest.param(
            '[install.registry]\n# url = "https://b.example/"\nurl = "https://a.example/"\n# token = "t0ken"',
            [("registry", "https://b.example/"), ("//a.example/:_authToken", "t0ken")],
            id="not next to another URL",
        ),
        pytest.param(
            '[install]\n# registry = { url = "https://a.example/", token = "a" }\n'
            '# registry = { token = "b", url = "https://b.example/" }',
            [
                ("registry", "https://a.example/"),
                ("//a.example/:_authToken", "a"),
                ("//b.example/:_authToken", "b"),
                ("registry", "https://b.example/"),
            ],
            id="several registries",
        ),
        pytest.param(
            '[install.registry]\nurl = "https://a.example/"\n# [install.scopes.b]\n# url = "https://b.example/"\n'
            '# token = "t0ken"\n',
            [("@b:registry", "https://b.example/"), ("//b.example/:@b:_authToken", "t0ken")],
            id="a whole table",
        ),
        pytest.param(
            '[install.registry]\n# [install.scopes.b]\nurl = "https://a.example/"\n# token = "t0ken"\n',
            [("//a.example/:_authToken", "t0ken")],
            id="a header that nothing follows",
        ),
        pytest.param('[install]\n# token = "t0ken"\n# install registry', [], id="not below its table"),
        pytest.param("[install.registry]\n# token = t0ken\n# token\n# the = b = c", [], id="prose"),
        pytest.param('[install.registry]\nusername = "u" # token = "t0ken"', [], id="behind a setting"),
        pytest.param('[install]\nregistry = {\n# token = "t0ken"\n}', [], id="in an inline table"),
    ],
)
def test_reads_what_is_commented_out(text: str, expected: list[tuple[str, str]]) -> None:
    assert read(text, commented=True) == expected


# 3. References --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token", "value", "references", "unset"),
    [
        pytest.param("$TOKEN", "t0ken", ("TOKEN",), (), id="set"),
        pytest.param("$NONE", "$NONE", ("NONE",), ("NONE",), id="not set"),
        pytest.param("$EMPTY", None, ("EMPTY",), ("EMPTY",), id="set to nothing"),
        pytest.param("$1a", "one", ("1a",), (), id="a digit first"),
        pytest.param("${TOKEN}", "${TOKEN}", (), (), id="braces mean nothing"),
        pytest.param("x$TOKEN", "x$TOKEN", (), (), id="not at the beginning"),
        pytest.param("$TOKEN-x", "$TOKEN-x", (), (), id="not all of it"),
        pytest.param("$$TOKEN", "$$TOKEN", (), (), id="two signs"),
        pytest.param("$", "$", (), (), id="no name"),
    ],
)
def test_replaces_references_as_bun_does(
    token: str, value: str | None, references: tuple[str, ...], unset: tuple[str, ...]
) -> None:
    data = f'[install]\nregistry = {{ token = "{token}" }}'.encode()
    (reading,) = read_settings(data, _bunfig, {"TOKEN": "t0ken", "EMPTY": "", "1a": "one"})
    assert (reading.value, reading.references, reading.unset) == (value, references, unset)


@pytest.mark.parametrize(
    ("environment", "name"),
    [
        pytest.param({"URL": "https://u:p@npm.example.com/a/:_auth=b"}, f"{KEY}a/:@a:_authToken", id="set"),
        pytest.param({}, "//$URL/:@a:_authToken", id="not set"),
        pytest.param({"URL": ""}, "//$URL/:@a:_authToken", id="set to nothing"),
    ],
)
def test_a_reference_can_be_the_url(environment: dict[str, str], name: str) -> None:
    data = b'[install.scopes]\na = { url = "$URL/", token = "t0ken" }'
    _link, token = read_settings(data, _bunfig, environment)
    assert token.name == name


# 4. Removing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "left"),
    [
        pytest.param(
            b'[install.registry]\nurl = "https://a.example/"\ntoken = "t" # c\n# d\n\n[test]\n',
            b'[install.registry]\nurl = "https://a.example/"\n# d\n\n[test]\n',
            id="a line with its comment",
        ),
        pytest.param(
            b'[install]\nregistry.url = "https://a.example/"\nregistry.token = "t"',
            b'[install]\nregistry.url = "https://a.example/"\n',
            id="the last line",
        ),
        pytest.param(
            b'a = 1\r\n  install.registry.token = "t"\r\nb = 2\r\n', b"a = 1\r\nb = 2\r\n", id="CRLF and indented"
        ),
        pytest.param(BOM + b'install.registry.token = "t"\n# c\n', BOM + b"# c\n", id="behind a byte order mark"),
        pytest.param(
            b'a = 1\ninstall.registry.token = """\n\nt"""\nb = 2\n', b"a = 1\nb = 2\n", id="a value of several lines"
        ),
        pytest.param(
            b'[install]\nregistry = { url = "https://a.example/", token = "t" } # c\n',
            b'[install]\nregistry = { url = "https://a.example/" } # c\n',
            id="last in an inline table",
        ),
        pytest.param(
            b'[install]\nregistry = { token = "t", url = "https://a.example/" }\n',
            b'[install]\nregistry = { url = "https://a.example/" }\n',
            id="first in an inline table",
        ),
        pytest.param(
            b'[install]\nregistry = {token="t",url="https://a.example/",username="u",password="p"}\n',
            b'[install]\nregistry = {url="https://a.example/"}\n',
            id="around another without blanks",
        ),
        pytest.param(
            b'[install]\nregistry = { url = "https://a.example/", token = "t", }\n',
            b'[install]\nregistry = { url = "https://a.example/", }\n',
            id="before a last comma",
        ),
        pytest.param(
            b'[install]\nexact = true\nregistry = { token = "t" } # c\ndev = true\n',
            b"[install]\nexact = true\ndev = true\n",
            id="an inline table of a token alone",
        ),
        pytest.param(
            b'[install]\nscopes = { a = { token = "t" }, b = "https://b.example/" }\n',
            b'[install]\nscopes = { b = "https://b.example/" }\n',
            id="within another inline table",
        ),
        pytest.param(
            b'[install]\nscopes = { a = { token = "t" }, b.token = "t" }\n', b"[install]\n", id="tables in tables"
        ),
        pytest.param(
            b'[install]\nregistry = {\n  # mine\n  url = "https://a.example/", # b\n  token = "t", # c\n}\n',
            b'[install]\nregistry = {\n  # mine\n  url = "https://a.example/", # b\n}\n',
            id="an inline table of several lines",
        ),
        pytest.param(
            b'[install]\nregistry = {\n  url = "https://a.example/", # b\n  # c\n  token = "t"\n}\n',
            b'[install]\nregistry = {\n  url = "https://a.example/" # b\n  # c\n}\n',
            id="the last of several lines",
        ),
        pytest.param(
            b'[install]\nregistry = {\n  token = "t" # c\n  , url = "https://a.example/"\n}\n',
            b'[install]\nregistry = {\n   # c\n   url = "https://a.example/"\n}\n',
            id="a comment before the comma",
        ),
        pytest.param(
            b'[install]\nregistry = { # c\n  token = "t",\n  username = "u"\n}\n',
            b"[install]\nregistry = { # c\n}\n",
            id="a comment in an inline table that is left empty",
        ),
        pytest.param(
            b'# a\n[install.registry] # b\n# c\ntoken = "t"\n\n[test]\nx = 1\n',
            b"# a\n# c\n\n[test]\nx = 1\n",
            id="a registry's table",
        ),
        pytest.param(
            b'[install.scopes.a]\ntoken = "t"\n[install.scopes.b]\nurl = "https://b.example/"\n',
            b'[install.scopes.b]\nurl = "https://b.example/"\n',
            id="a scope's table",
        ),
        pytest.param(b'[install.scopes]\na.token = "t"\n', b"[install.scopes]\n", id="the scopes' own table stays"),
        pytest.param(
            b'[install.registry]\ntoken = "t"\nemail = "a"\n',
            b'[install.registry]\nemail = "a"\n',
            id="a table with something else stays",
        ),
        pytest.param(
            b'[install.registry]\ntoken = "t"\n[install.registry.x]\ny = 1\n',
            b"[install.registry.x]\ny = 1\n",
            id="a table within it stays",
        ),
        pytest.param(
            b'[install.registry]\ntoken = "t"\n# token = "u"\n',
            b'[install.registry]\n# token = "u"\n',
            id="a header stays for what is commented out below it",
        ),
        pytest.param(
            b'[install]\n[install.registry]\ntoken = "t"\n# registry = "https://a.example/"\n',
            b'[install]\n# registry = "https://a.example/"\n',
            id="a header does not stay for a URL that is commented out",
        ),
        pytest.param(
            b'[install]\nregistry = "https://u:p@a.example/b?c#d" # e\n',
            b'[install]\nregistry = "https://a.example/b?c#d" # e\n',
            id="a login in a URL",
        ),
        pytest.param(
            '[install]\nregistry = { url = """https://ü:p@a.example/é/:_authToken=ß""", token = "t" }\n'.encode(),
            '[install]\nregistry = { url = """https://a.example/é/""" }\n'.encode(),
            id="logins in a URL of long quotes",
        ),
        pytest.param(
            b'[install.scopes]\na = { token = "t" }\n"@a" = { token = "t" }\n',
            b"[install.scopes]\n",
            id="a scope twice",
        ),
        pytest.param(
            b'[install.scopes]\na = { token = "$T" }\n# c\nb = { token = "t", url = "$U" }\n',
            b'[install.scopes]\n# c\nb = { url = "$U" }\n',
            id="references",
        ),
    ],
)
def test_takes_logins_out_and_leaves_the_rest(data: bytes, left: bytes) -> None:
    assert log_out(data) == left
    assert log_out(left) == left


@pytest.mark.parametrize(
    ("data", "left"),
    [
        pytest.param(
            b'[install.registry]\nurl = "https://a.example/"\n# token = "t" # b\n# c\n',
            b'[install.registry]\nurl = "https://a.example/"\n# c\n',
            id="a line",
        ),
        pytest.param(
            b'[install]\n# registry = { url = "https://a.example/", token = "t" }\nexact = true\n',
            b"[install]\nexact = true\n",
            id="an inline table",
        ),
        pytest.param(
            b'[install]\n# registry = "https://u:p@a.example/"\n# registry = "https://a.example/"',
            b'[install]\n# registry = "https://a.example/"',
            id="a URL with a login",
        ),
        pytest.param(
            b'[install]\n# registry = "https://\\u0075:p@a.example/"\n', b"[install]\n", id="a URL with escapes"
        ),
        pytest.param(
            b'[install.registry]\n# token = "t"\n', b"[install.registry]\n", id="a table without anything else"
        ),
        pytest.param(b'[install.registry]\ntoken = "t"\n# token = "u"\n', b"", id="a table with a token"),
        pytest.param(
            b'[install]\n# [install.registry]\nregistry.token = "t"\n# token = "u"\nexact = true\n',
            b'[install]\n# token = "u"\nexact = true\n',
            id="a login between a header that is commented out and an entry of another table",
        ),
        pytest.param(
            b'[install]\n# [install.registry]\n# token = "u"\nregistry = { token = "t" }\n# token = "v"\n',
            b'[install]\n# token = "v"\n',
            id="an inline table between entries that are commented out",
        ),
    ],
)
def test_takes_out_what_is_commented_out(data: bytes, left: bytes) -> None:
    assert log_out(data, comments=True) == left
    assert log_out(left, comments=True) == left


def test_link_of_a_scope_goes_with_its_login() -> None:
    data = b'[install.scopes]\na = "https://u:p@a.example/"\n[install.scopes.b]\nurl = "https://b.example/"\n# c\n'
    assert remove(data, parse_settings(data)) == b"[install.scopes]\n# c\n"


def test_nothing_to_take_out_changes_nothing() -> None:
    data = b'[install]\nregistry = { url = "https://a.example/", token = "t" }\n'
    other = b'[install]\nregistry = { url = "https://b.example/", token = "t" }\n'
    assert remove(data, []) == data
    assert remove(data, parse_settings(other)) == data
    assert remove(b"[test]\n", parse_settings(data)) == b"[test]\n"


# 5. What is refused ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        pytest.param(b"[install]\nregistry = { token = s3cret }", "line 2: invalid value", id="no quotes"),
        pytest.param(
            b"[install]\nregistry = 's3cret\npassword'", "line 2: unclosed string", id="a string over two lines"
        ),
        pytest.param(
            b"[install.registry]\n[install.registry]\ntoken = 's3cret'",
            "line 2: duplicate table",
            id="a table twice",
        ),
        pytest.param(b"[install.registry]\ntoken = 's3cret\xff'", "line 2: invalid UTF-8", id="no UTF-8"),
    ],
)
def test_refuses_what_is_no_toml(data: bytes, sentence: str) -> None:
    with pytest.raises(StoreError) as problem:
        parse_settings(data)
    assert str(problem.value) == sentence


def test_what_cannot_be_read_and_holds_no_login_is_left_alone() -> None:
    data = b"[install]\nregistry = https://npm.example.com/\n"
    assert parse_settings(data) == ()
    assert remove(data, parse_settings(b'install.registry.token = "t"')) == data


def test_login_that_cannot_be_cut_out_alone_is_refused() -> None:
    data = b'[install]\nregistry = "https://\\u0075:passw0rd@a.example/"\n'
    with pytest.raises(StoreError) as problem:
        log_out(data)
    assert str(problem.value) == ("line 2: removing the credential would change other settings: edit this line by hand")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param('url = "https://a.example/"\n# token = "s3cret"', id="a token that is commented out"),
        pytest.param('url = "https://a.example/"\ntoken = "s3cret"', id="a token"),
        pytest.param('url = "https://u:s3cret@a.example/"', id="a login in the URL"),
    ],
)
def test_a_login_must_not_become_another_registrys(text: str) -> None:
    data = f"[install.registry]\n{text}\n".encode()
    with pytest.raises(StoreError) as problem:
        remove(data, [item for item in parse_settings(data) if item.name == "registry"])
    assert str(problem.value) == "line 2: removing the credential would change other settings: edit the file by hand"
    assert "s3cret" not in str(problem.value)


# 6. Showing -----------------------------------------------------------------------------------------------------------


def test_shows_what_a_person_may_see() -> None:
    token = f"<token {fingerprint(Secret('t0ken'))}>"
    data = (
        b"[install]\n"
        b'registry = { url = "https://u:hunter2@npm.example.com/", token = "t0ken", password = \'hunter2\' } # mine\n'
        b'# registry = "https://u:hunter2@npm.example.com/"\n'
        b"\n"
        b"[install.scopes]\n"
        b'a = "https://:t0ken@a.example/"\n'
        b'b = "https://b.example/:_authToken=t0ken"\n'
        b'c = { token = """\nt0k\\\n  en""", username = "bob" }\n'
        b'd = "https://\\u0075:hunter2@d.example/"\n'
        b'f = { token = "$TOKEN" }\n'
        b'g = { token = "$NONE" }\n'
        b'# e = { token = "t0ken" }\n'
        b"# the token is hunter2\n"
    )
    assert redact(data, _bunfig, {"TOKEN": "t0ken"}).splitlines() == [
        "[install]",
        'registry = { url = "https://<password>@npm.example.com/", '
        f"token = {token}, password = <password> }} # <secret>",
        '# registry = "https://<password>@npm.example.com/"',
        "",
        "[install.scopes]",
        f'a = "https://:{token}@a.example/"',
        f'b = "https://b.example/:_authToken={token}"',
        f'c = {{ token = {token}, username = "bob" }}',
        "d = <password>",
        f"f = {{ token = {token} }}",
        "g = { token = <token> }",
        f"# e = {{ token = {token} }}",
        "# the token <secret>",
    ]


# 7. Anything ----------------------------------------------------------------------------------------------------------

URLS = st.tuples(
    st.sampled_from(["https://", "http://", "", "$U"]),
    st.sampled_from(["", "", "u:p@", ":t@", "u@"]),
    st.sampled_from(["npm.example.com", "b.example", "", "\\u0061"]),
    st.sampled_from(["/", "", "/a/:_authToken=t", "/_auth=u/", "/:username=u:_password=p", "/é"]),
).map("".join)
QUOTED = st.one_of(URLS, st.sampled_from(["t", "$T", "", "\\n"])).flatmap(
    lambda text: st.sampled_from([f'"{text}"', f"'{text}'", f'"""{text}"""', f'"""\n{text}"""'])
)
FIELDS = st.sampled_from(["url", "token", "username", "password", "email", "'a'.b", "url", "token"])
ENTRIES = st.lists(st.tuples(FIELDS, QUOTED), max_size=4, unique_by=lambda entry: entry[0]).map(
    lambda entries: [f"{name} = {value}" for name, value in entries]
)
TABLES = st.one_of(
    ENTRIES.map(lambda entries: "{ " + ", ".join(entries) + " }"),
    ENTRIES.map(lambda entries: "{" + "".join(f"{entry}," for entry in entries) + "}"),
    ENTRIES.map(lambda entries: "{\n  " + ", # c\n  ".join(entries) + "\n}"),
    ENTRIES.map(lambda entries: "{\n  " + ",\n  ".join(entries) + "\n}"),
)
COMMENTS = st.one_of(
    st.tuples(st.sampled_from(["", "", 'scopes."@a".', "[", "registry = "]), ENTRIES.map("".join)).map("".join),
    st.tuples(st.sampled_from(["registry", "a", "scopes.b", "install.registry"]), st.one_of(QUOTED, TABLES))
    .map(" = ".join)
    .filter(lambda text: "\n" not in text),
    st.sampled_from(["[install.registry]", "[install.scopes.a]", "prose", ""]),
).map(lambda text: "# " + text.replace("\n", ""))
ENDS = st.sampled_from(["\n", "\n", "\n\n", " # c\n", "\r\n", "\n# d\n"])


def make_table(header: str, names: list[str], values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    lines = st.lists(
        st.tuples(st.sampled_from(names), values, ENDS, st.lists(COMMENTS, max_size=1)),
        max_size=4,
        unique_by=lambda line: line[0],
    )
    return lines.map(
        lambda lines: (
            header
            + "".join(
                f"{name} = {value}{end}" + "".join(f"{comment}\n" for comment in comments)
                for name, value, end, comments in lines
            )
        )
    )


FILES = st.one_of(
    st.tuples(
        make_table("[install]\n", ["registry", "cafile", "exact", "'registry'.x"], st.one_of(QUOTED, TABLES)),
        make_table("[install.scopes]\n", ["a", '"@a"', "b", "c.token", "c.url"], st.one_of(QUOTED, QUOTED, TABLES)),
        make_table('[install.scopes."@d"]\n', ["token", "url", "password", "x.y"], QUOTED),
        make_table("[x]\n", ["token", "y"], st.one_of(QUOTED, TABLES)),
    ),
    st.tuples(
        make_table("[install]\n", ["scopes.a", "scopes.b.token", "scopes.b.url", "cafile"], st.one_of(QUOTED, TABLES)),
        make_table("[install.registry] # c\n", ["token", "url", "username"], QUOTED),
        make_table("[install.registry.x]\n", ["token"], QUOTED),
        make_table("[install.scopes.e]\r\n", ["token", "url"], QUOTED),
    ),
).map(lambda tables: "".join(tables).encode())
examples = settings(max_examples=100, suppress_health_check=list(HealthCheck))


@examples
@example(
    b'[install]\n# registry = "https://h.example/"\n[install.registry]\ntoken = "t"\n# registry = "https://h.example/"\n',
    3,
)
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
    after = [item.identity for item in parse_settings(left)]
    assert not identities.intersection(after)
    assert all(item.identity in after for item in found if not item.commented and item.identity not in identities)
    # Nothing new, and nothing in another order.
    rest = iter(data)
    assert all(byte in rest for byte in left)


@examples
@given(FILES)
def test_all_logins_can_go(data: bytes) -> None:
    try:
        found = parse_settings(data)
    except StoreError:
        return
    assume(found)
    stuck = [item.identity for item in found if item.start == item.end]
    left = remove(data, [item for item in found if is_login(item) and item.identity not in stuck])
    assert {item.identity for item in parse_settings(left) if is_login(item)} == set(stuck)
    before = {path: value for path, value in scan(data).tree.items() if path[:1] != ("install",)}
    assert {path: value for path, value in scan(left).tree.items() if path[:1] != ("install",)} == before


@examples
@given(FILES, FILES, st.sampled_from(["", "# "]))
def test_shows_no_secret(before: bytes, after: bytes, sign: str) -> None:
    lines = [
        f'{sign}scopes.z = {{ token = "hunter2" }}',
        f"{sign}scopes.y.password = 'hunter2' # token hunter2",
        f'{sign}scopes.x = "https://u:hunter2@npm.example.com/"',
        f'{sign}scopes.w = "http://npm.example.com/:_authToken=hunter2"',
        'scopes.v = { url = "https://\\u0061:hunter2@h.example/", password = """\nhunter2\n""" }',
    ]
    data = "\n".join(["[install]", *lines, ""]).encode() + before.partition(b"\n")[2] + after
    try:
        shown = redact(data, _bunfig, {})
    except StoreError as problem:
        shown = str(problem)
    assert "hunter2" not in shown
