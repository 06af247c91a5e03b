# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The settings that together log in to a registry."""

from __future__ import annotations

from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc, pnpm_config, yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import (
    UNSCOPED,
    Credential,
    find_companions,
    find_credentials,
    is_login_field,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format

ENVIRONMENT = {"TOKEN": "t0ken", "HOST": "npm.example.com", "EMPTY": ""}
KEY = "//npm.example.com/"
CERT = r"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
PRIVATE_KEY = r"-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----"


def readings(*lines: str) -> tuple[Reading, ...]:
    """The settings of a file, commented-out ones included."""
    return read_settings("\n".join(lines).encode(), npmrc, ENVIRONMENT)


def find(*lines: str) -> list[tuple[str, str, list[int]]]:
    """Kind, key and line numbers of each credential."""
    found = find_credentials(readings(*lines))
    return [(item.kind, item.key, [reading.setting.line for reading in item.readings]) for item in found]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], [], id="nothing"),
        pytest.param(["registry=https://npm.example.com/", "email=a@example.com"], [], id="no credential"),
        pytest.param([f"{KEY}:_authToken=t"], [("token", KEY, [1])], id="token"),
        pytest.param(["//h.example:81/a:_authToken=t"], [("token", "//h.example:81/a", [1])], id="no last slash"),
        pytest.param([f"{KEY}:_auth=dTpw"], [("basic", KEY, [1])], id="_auth alone"),
        pytest.param([f"{KEY}:username=u", f"{KEY}:_password=cA=="], [("basic", KEY, [1, 2])], id="user and password"),
        pytest.param(
            [f"{KEY}:_password=cA==", f"{KEY}:username=u"], [("basic", KEY, [1, 2])], id="in the file's order"
        ),
        pytest.param([f"{KEY}:_password=cA=="], [("basic", KEY, [1])], id="password alone is a secret"),
        pytest.param([f"{KEY}:username=u"], [("basic", KEY, [1])], id="user name alone is what is left of a login"),
        pytest.param(["username=u"], [("basic", UNSCOPED, [1])], id="unscoped user name alone"),
        pytest.param(
            [f"{KEY}:_authToken=t", f"{KEY}:username=u"], [("token", KEY, [1])], id="user name beside a token"
        ),
        pytest.param(
            [f"{KEY}:certfile=/c", f"{KEY}:keyfile=/k"], [("certificate", KEY, [1, 2])], id="certificate pair"
        ),
        pytest.param([f"{KEY}:certfile=/c"], [], id="certificate alone"),
        pytest.param([f"{KEY}:keyfile=/k"], [], id="key file alone"),
        pytest.param([f"{KEY}:tokenHelper=/bin/h"], [("helper", KEY, [1])], id="helper"),
        pytest.param(
            ["//h.example/:@org:_authToken=t"], [("token", "//h.example/:@org", [1])], id="pnpm's token of a scope"
        ),
        pytest.param(
            [f"{KEY}:_authToken=t", f"{KEY}:_auth=dTpw", f"{KEY}:username=u", f"{KEY}:_password=p"],
            [("token", KEY, [1]), ("basic", KEY, [2]), ("basic", KEY, [3, 4])],
            id="several kinds at one key",
        ),
        pytest.param(
            [f"{KEY}:_authToken=t", "a=b", f"{KEY}:_authToken=u"],
            [("token", KEY, [1]), ("token", KEY, [3])],
            id="a duplicate is a credential of its own",
        ),
        pytest.param(
            [f"{KEY}:_authToken[]=t", f"{KEY}:_authToken[]=u"],
            [("token", KEY, [1]), ("token", KEY, [2])],
            id="a list is several tokens",
        ),
        pytest.param(
            [f"{KEY}:_password=p", f"{KEY}:username=u", f"{KEY}:_password=q", f"{KEY}:username=v"],
            [("basic", KEY, [1]), ("basic", KEY, [2, 3, 4])],
            id="user names go with the last password",
        ),
        pytest.param(
            [f"{KEY}:certfile=/c", f"{KEY}:keyfile=/k", f"{KEY}:certfile=/d"],
            [("certificate", KEY, [1, 2, 3])],
            id="duplicates of a certificate go with it",
        ),
        pytest.param(
            ["//a.example/:_authToken=t", "//b.example/:_authToken=t"],
            [("token", "//a.example/", [1]), ("token", "//b.example/", [2])],
            id="one token at two keys",
        ),
        pytest.param(
            ["//a.example/:username=u", "//b.example/:_password=p"],
            [("basic", "//a.example/", [1]), ("basic", "//b.example/", [2])],
            id="user and password of two keys are no pair",
        ),
        pytest.param([f'"{KEY}:_authToken" = "t"'], [("token", KEY, [1])], id="quoted key and value"),
        pytest.param([r'"//npm.example.com\/:_authToken"=t'], [("token", KEY, [1])], id="JSON escape in a key"),
        pytest.param(["//${HOST}/:_authToken=t"], [("token", KEY, [1])], id="reference in a key"),
        pytest.param([f"{KEY}:_authToken"], [("token", KEY, [1])], id="a key alone is the token true"),
        pytest.param([f"{KEY}:_authToken="], [], id="empty token"),
        pytest.param([f"{KEY}:_authToken=null"], [], id="null"),
        pytest.param([f"{KEY}:_authToken=false"], [], id="false"),
        pytest.param([f"{KEY}:_authToken=${{EMPTY}}"], [("token", KEY, [1])], id="a variable set to nothing"),
        pytest.param([f"{KEY}:_authToken=${{NONE}}"], [("token", KEY, [1])], id="a variable that is not set"),
        pytest.param([f"{KEY}:_authtoken=t"], [], id="npm knows no lower case at a key"),
        pytest.param([f"{KEY}:-authtoken=t"], [], id="nor the old spelling"),
        pytest.param(["_authToken=t"], [("token", UNSCOPED, [1])], id="unscoped _authToken"),
        pytest.param(["_authtoken=t"], [("token", UNSCOPED, [1])], id="unscoped _authtoken"),
        pytest.param(["-authtoken=t"], [("token", UNSCOPED, [1])], id="unscoped -authtoken"),
        pytest.param(["_auth=dTpw"], [("basic", UNSCOPED, [1])], id="unscoped _auth"),
        pytest.param(["username=u", "_password=p"], [("basic", UNSCOPED, [1, 2])], id="unscoped user and password"),
        pytest.param(["certfile=/c", "keyfile=/k"], [], id="no unscoped pair of certificate files"),
        pytest.param(["cert=c", "key=k"], [("certificate", UNSCOPED, [1, 2])], id="unscoped certificate and key"),
        pytest.param(
            [f'cert="{CERT}"', f'key="{PRIVATE_KEY}"'], [("certificate", UNSCOPED, [1, 2])], id="the same, in PEM"
        ),
        pytest.param(["key=${NONE}", "cert=c"], [("certificate", UNSCOPED, [1, 2])], id="the same, from a variable"),
        pytest.param([f"key={PRIVATE_KEY}"], [("certificate", UNSCOPED, [1])], id="a private key alone is a secret"),
        pytest.param(["cert=c"], [], id="a certificate alone is none"),
        pytest.param(["key=value", "# key = value"], [], id="a word that is no private key"),
        pytest.param(
            [f"{KEY}:cert=c", f"{KEY}:key=k"], [("certificate", KEY, [1, 2])], id="pnpm's certificate of a registry"
        ),
        pytest.param(
            ["cert=c", "key=k", "key=l"],
            [("certificate", UNSCOPED, [1, 3]), ("certificate", UNSCOPED, [2])],
            id="a duplicate key is a secret of its own",
        ),
        pytest.param(["tokenHelper=/bin/h"], [], id="no unscoped helper"),
        pytest.param(["@a:_authToken=t", "HTTPS://h.example/:_authToken=t"], [], id="no registry key"),
        pytest.param([f"https:{KEY}:_authToken=t"], [("token", KEY, [1])], id="Yarn 1's key with a scheme"),
        pytest.param(["[s]", f"{KEY}:_authToken=t"], [("token", KEY, [2])], id="in a section, which only pnpm reads"),
        pytest.param(["//:_authToken=t"], [], id="a key without a host"),
        pytest.param([f"#{KEY}:_authToken=t"], [("token", KEY, [1])], id="commented out"),
        pytest.param(
            [f"{KEY}:username=u", f";{KEY}:_password=p"],
            [("basic", KEY, [1]), ("basic", KEY, [2])],
            id="a commented-out half makes no pair with the other",
        ),
    ],
)
def test_groups_settings(lines: list[str], expected: list[tuple[str, str, list[int]]]) -> None:
    assert find(*lines) == expected


def test_finds_them_in_the_order_of_the_file() -> None:
    lines = [
        "//b.example/:_authToken=t",
        "//a.example/:_auth=x",
        "//b.example/:_auth=x",
        "_auth=x",
        "//a.example/:_authToken=t",
    ]
    assert [item.line for item in find_credentials(readings(*lines))] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("line", "source", "secret", "unset"),
    [
        pytest.param(f"{KEY}:_authToken=t", "literal", "t", (), id="literal token"),
        pytest.param(f"{KEY}:_authToken", "literal", "true", (), id="a key alone"),
        pytest.param(f"{KEY}:_authToken='12'", "literal", "12", (), id="a number"),
        pytest.param(rf'{KEY}:_authToken="t\u006f\/k="', "literal", "to/k=", (), id="JSON-escaped token"),
        pytest.param(f"{KEY}:_authToken=${{TOKEN}}", "environment", "t0ken", (), id="from a variable"),
        pytest.param(f"{KEY}:_authToken=a${{TOKEN}}", "environment", "at0ken", (), id="in part from a variable"),
        pytest.param(f"{KEY}:_authToken=${{NONE}}", "environment", None, ("NONE",), id="from one that is not set"),
        pytest.param(f"{KEY}:_authToken=${{NONE?}}", "environment", None, ("NONE",), id="the same, with ?"),
        pytest.param(f"{KEY}:_authToken=${{EMPTY}}", "environment", None, ("EMPTY",), id="from one set to nothing"),
        pytest.param(f"{KEY}:_authToken=t${{NONE?}}", "environment", "t", (), id="a token and ? of nothing"),
        pytest.param(rf"{KEY}:_authToken=\${{TOKEN}}", "literal", "${TOKEN}", (), id="escaped, so it is no reference"),
        pytest.param(f"#{KEY}:_authToken=t", "comment", "t", (), id="comment"),
        pytest.param(f"#{KEY}:_authToken=${{TOKEN}}", "comment", "t0ken", (), id="comment with a reference"),
        pytest.param(f"{KEY}:_auth=dTpw", "literal", "dTpw", (), id="basic"),
        pytest.param(f"{KEY}:_auth=${{NONE}}", "environment", None, ("NONE",), id="basic, not set"),
        pytest.param(f"{KEY}:_password=cA==", "literal", "cA==", (), id="password, as stored"),
        pytest.param(f"{KEY}:tokenHelper=/bin/h", "helper", None, (), id="helper"),
        pytest.param(f"#{KEY}:tokenHelper=/bin/h", "comment", None, (), id="helper in a comment"),
    ],
)
def test_knows_where_the_secret_is(line: str, source: str, secret: str | None, unset: tuple[str, ...]) -> None:
    (found,) = find_credentials(readings(line))
    assert (found.source, found.secret and found.secret.reveal(), found.unset) == (source, secret, unset)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f'key="{PRIVATE_KEY}"', id="in quotes"),
        pytest.param(f"key={PRIVATE_KEY}", id="without quotes"),
    ],
)
def test_a_private_key_is_a_secret(line: str) -> None:
    (found,) = find_credentials(readings("cert=c", line))
    assert found.secret is not None
    assert found.secret.reveal().replace("\\n", "\n") == PRIVATE_KEY.replace("\\n", "\n")
    assert (found.source, found.fingerprint) == ("literal", None)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        pytest.param(npmrc, "{key}:_authToken={value}\n", id="npmrc"),
        pytest.param(yarnrc_yml, 'npmAuthToken: "{value}"\n', id="Yarn"),
        pytest.param(pnpm_config, '_auth: {{"https:{key}": {{"@": {{authToken: "{value}"}}}}}}\n', id="pnpm"),
    ],
)
@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("${NONE:-npm_f}", [("literal", "npm_f")], id="not set"),
        pytest.param("${NONE-npm_f}", [("literal", "npm_f")], id="not set, no colon"),
        pytest.param("${TOKEN:-npm_f}", [("environment", "t0ken"), ("literal", "npm_f")], id="set"),
        pytest.param("${TOKEN-npm_f}", [("environment", "t0ken"), ("literal", "npm_f")], id="set, no colon"),
    ],
)
def test_a_fallback_is_a_token_of_the_file(
    form: Format, text: str, value: str, expected: list[tuple[str, str]]
) -> None:
    """pnpm 12 and Yarn 4 send the fallback wherever the variable is not set."""
    found = find_credentials(read_settings(text.format(key=KEY, value=value).encode(), form, ENVIRONMENT))
    assert [(item.source, item.secret and item.secret.reveal()) for item in found] == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param("t#u", [("literal", "t"), ("literal", "t#u")], id="pnpm has no comments"),
        pytest.param('"t" ; mine', [("literal", '"t"'), ("literal", "t")], id="npm 6 removes the quotes"),
        pytest.param("#t", [("literal", "#t")], id="nothing for npm, a token for pnpm"),
        pytest.param("${TOKEN}#u", [("environment", "t0ken"), ("environment", "t0ken#u")], id="reference"),
        pytest.param("${NONE}#u", [("environment", None)], id="reference that is not set"),
    ],
)
def test_each_text_that_a_client_reads_is_a_token(value: str, expected: list[tuple[str, str | None]]) -> None:
    found = find_credentials(readings(f"{KEY}:_authToken={value}"))
    assert [(item.source, item.secret and item.secret.reveal()) for item in found] == expected


def test_a_certificate_file_holds_no_secret() -> None:
    (found,) = find_credentials(readings(f"{KEY}:certfile=/c", f"{KEY}:keyfile=/k"))
    assert (found.source, found.secret, found.fingerprint) == ("literal", None, None)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        # printf %s t0ken | sha256sum
        pytest.param(f"{KEY}:_authToken=t0ken", "sha256:b46c09677343261f", id="token"),
        pytest.param(f"{KEY}:_authToken=${{TOKEN}}", "sha256:b46c09677343261f", id="the same from a variable"),
        pytest.param(f"{KEY}:_authToken=${{NONE}}", None, id="not known here"),
        pytest.param(f"{KEY}:_auth=dTpw", None, id="none for basic"),
        pytest.param(f"{KEY}:_password=cA==", None, id="none for a password"),
        pytest.param(f"{KEY}:tokenHelper=/bin/h", None, id="none for a helper"),
    ],
)
def test_only_tokens_have_a_fingerprint(line: str, expected: str | None) -> None:
    (found,) = find_credentials(readings(line))
    assert found.fingerprint == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([f"{KEY}:username=u", f"{KEY}:_password=p"], (f"{KEY}:username", f"{KEY}:_password"), id="each"),
        pytest.param(
            [f"{KEY}:certfile=/c", f"{KEY}:certfile=/c", f"{KEY}:keyfile=/k"],
            (f"{KEY}:certfile", f"{KEY}:keyfile"),
            id="once",
        ),
        pytest.param(["//${HOST}/:_authToken=t"], ("//${HOST}/:_authToken",), id="as the file has it"),
        pytest.param([f'"{KEY}:_authToken"=t'], (f"{KEY}:_authToken",), id="without quotes"),
    ],
)
def test_names_its_settings(lines: list[str], expected: tuple[str, ...]) -> None:
    (found,) = find_credentials(readings(*lines))
    assert found.keys == expected


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([f"{KEY}:_authToken=t", f"{KEY}:email=e", f"{KEY}:always-auth=true"], [2, 3], id="npm's own"),
        pytest.param([f"{KEY}:username=u", f"{KEY}:_authToken=t"], [1], id="a user name without a password"),
        pytest.param([f"{KEY}:_authToken=t", f"{KEY}:certfile=/c"], [2], id="half a certificate"),
        pytest.param([f"{KEY}:_authToken=t", f"{KEY}:_auth="], [2], id="an empty one"),
        pytest.param([f"{KEY}:_authToken=t", f"{KEY}:email=e", f"{KEY}:email=f"], [2, 3], id="duplicates"),
        pytest.param([f"{KEY}:_authToken=t", "//other.example/:email=e", "email=e"], [], id="of another key"),
        pytest.param(["_authToken=t", "email=e", "always-auth=true", f"{KEY}:email=e"], [2, 3], id="unscoped"),
        pytest.param([f"{KEY}:_authToken=t", f"#{KEY}:email=e"], [], id="a commented-out one is of another login"),
        pytest.param([f"{KEY}:_authToken=t", f"{KEY}:foo=e", f"{KEY}:cafile=/c"], [], id="what is of no login"),
        pytest.param(["//h.example/:_authToken=t", "//h.example:email=e"], [], id="of the key without its slash"),
    ],
)
def test_finds_what_goes_along(lines: list[str], expected: list[int]) -> None:
    found = readings(*lines)
    first: list[Credential] = [item for item in find_credentials(found) if item.kind == "token"]
    assert [reading.setting.line for reading in find_companions(found, first)] == expected


def test_what_other_logins_can_use_stays_with_them() -> None:
    """Yarn 1 sends the token of another registry only beside a top-level always-auth."""
    found = readings("_authToken=t", "email=e", "always-auth=true", "username=u", "//other.example/:_authToken=t")
    first = find_credentials(found)[:1]
    assert [reading.name for reading in find_companions(found, first)] == ["email", "always-auth", "username"]
    assert [reading.name for reading in find_companions(found, first, others_stay=True)] == ["username"]


def test_companions_of_comments_are_comments() -> None:
    found = readings(f"#{KEY}:_authToken=t", f"#{KEY}:email=e", f"{KEY}:email=e")
    assert [reading.setting.line for reading in find_companions(found, find_credentials(found))] == [2]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        pytest.param(f"{KEY}:_authToken", True, id="at a key"),
        pytest.param(f"{KEY}:email", True, id="a companion"),
        pytest.param("_auth", True, id="unscoped"),
        pytest.param("registry", False, id="registry"),
        pytest.param(f"{KEY}:cafile", False, id="something else at a key"),
        pytest.param("tokenHelper", False, id="only known at a key"),
    ],
)
def test_knows_the_fields_of_a_login(name: str, expected: bool) -> None:
    assert is_login_field(name) is expected


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(f"{KEY}:_authToken=t0p-s3cret", id="token"),
        pytest.param(f"{KEY}:_auth=t0p-s3cret", id="basic"),
        pytest.param("_password=t0p-s3cret", id="password"),
        pytest.param(f"{KEY}:_authToken=${{t0p-s3cret}}", id="token in the place of a variable's name"),
    ],
)
def test_shows_no_secret(line: str) -> None:
    found: Any = find_credentials(readings(line))
    assert "s3cret" not in f"{found!r} {found[0]} {found[0].secret} {found[0].readings}"
