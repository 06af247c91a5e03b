# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Yarn's file is read as Yarn reads it, in npm's names, and its secrets are hidden."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, UnreadStore
from ansible_collections.npmops.auth.plugins.module_utils._formats import yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import choose_connection
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._plan import doomed_settings, make_plan, settle
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection

#: printf %s t0ken | sha256sum
LABEL = "<token sha256:b46c09677343261f>"

# 1. Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        pytest.param("npmAuthToken: t0ken", [("_authToken", "t0ken", "npmAuthToken")], id="token"),
        pytest.param("npmAuthIdent: u:p", [("_auth", "u:p", "npmAuthIdent")], id="user and password"),
        pytest.param("npmAuthToken:", [("_authToken", None, "npmAuthToken")], id="nothing written"),
        pytest.param("npmAuthToken: ''", [("_authToken", "", "npmAuthToken")], id="an empty text"),
        pytest.param("npmAuthToken: 012", [("_authToken", "012", "npmAuthToken")], id="a number is a text"),
        pytest.param("'<<': {npmAuthToken: t0ken}", [], id="no merge keys"),
        pytest.param("NPMAUTHTOKEN: //@", [], id="case counts"),
        pytest.param(
            "npmAuthToken: t0ken\nnpmAlwaysAuth: true\nnpmRegistryServer: https://h.example",
            [
                ("_authToken", "t0ken", "npmAuthToken"),
                ("always-auth", "true", "npmAlwaysAuth"),
                ("registry", "https://h.example", "npmRegistryServer"),
            ],
            id="of the default registry",
        ),
        pytest.param(
            "npmPublishRegistry: https://u:p@h.example/b",
            [
                ("@:publish:registry", "https://u:p@h.example/b", "npmPublishRegistry"),
                ("//h.example/b/:_userinfo", "u:p", "npmPublishRegistry (login in its URL)"),
            ],
            id="registry to publish to",
        ),
        pytest.param(
            "npmRegistries:\n  //h.example/b/:\n    npmAuthToken: t0ken\n    npmAlwaysAuth: true",
            [
                ("//h.example/b/:registry", "//h.example/b/", 'npmRegistries."//h.example/b/"'),
                ("//h.example/b/:_authToken", "t0ken", 'npmRegistries."//h.example/b/".npmAuthToken'),
                ("//h.example/b/:always-auth", "true", 'npmRegistries."//h.example/b/".npmAlwaysAuth'),
            ],
            id="registry without a scheme",
        ),
        pytest.param(
            "npmRegistries:\n  http://h.example:80:\n    npmAuthIdent: dTpw",
            [
                ("//h.example/:registry", "http://h.example:80", 'npmRegistries."http://h.example:80"'),
                ("//h.example/:_auth", "dTpw", 'npmRegistries."http://h.example:80".npmAuthIdent'),
            ],
            id="registry with a scheme",
        ),
        pytest.param(
            "npmRegistries:\n  https://u:p@h.example:\n    npmAuthToken: t0ken",
            [
                ("//h.example/:registry", "https://u:p@h.example", 'npmRegistries."https://<password>@h.example"'),
                ("//h.example/:_userinfo", "u:p", 'npmRegistries."https://<password>@h.example" (login in its URL)'),
                ("//h.example/:_authToken", "t0ken", 'npmRegistries."https://<password>@h.example".npmAuthToken'),
            ],
            id="login in a registry's key",
        ),
        pytest.param(
            "npmRegistries:\n  //u:p@h.example: {}",
            [
                ("//h.example/:registry", "//u:p@h.example", 'npmRegistries."//<password>@h.example"'),
                ("//h.example/:_userinfo", "u:p", 'npmRegistries."//<password>@h.example" (login in its URL)'),
            ],
            id="login in a key without a scheme",
        ),
        pytest.param(
            "npmRegistries: {mine: {npmAuthToken: t0ken}}",
            [
                ("//?/:registry", "mine", "npmRegistries.mine"),
                ("//?/:_authToken", "t0ken", "npmRegistries.mine.npmAuthToken"),
            ],
            id="no registry",
        ),
        pytest.param(
            "npmScopes: {a: {npmRegistryServer: 'https://h.example', npmAuthToken: t0ken}}",
            [
                ("@a:registry", "https://h.example", "npmScopes.a.npmRegistryServer"),
                ("//h.example/:@a:_authToken", "t0ken", "npmScopes.a.npmAuthToken"),
            ],
            id="scope with a registry",
        ),
        pytest.param(
            "npmScopes: {'@a': {npmAuthToken: t0ken, npmPublishRegistry: 'https://h.example'}}",
            [
                (":@a:_authToken", "t0ken", 'npmScopes."@a".npmAuthToken'),
                ("@a:publish:registry", "https://h.example", 'npmScopes."@a".npmPublishRegistry'),
            ],
            id="scope at the default registry",
        ),
        pytest.param(
            "npmScopes:\n  a:\n    npmRegistryServer: https://g.example\n    npmRegistryServer: https://h.example\n"
            "    npmAuthIdent: u:p",
            [
                ("@a:registry", "https://g.example", "npmScopes.a.npmRegistryServer"),
                ("@a:registry", "https://h.example", "npmScopes.a.npmRegistryServer"),
                ("//h.example/:@a:_auth", "u:p", "npmScopes.a.npmAuthIdent"),
            ],
            id="the last of two counts",
        ),
        pytest.param(
            "npmScopes: {a: {npmRegistryServer: '${HOST}', npmAuthToken: t0ken}}",
            [
                ("@a:registry", "${HOST}", "npmScopes.a.npmRegistryServer"),
                (":@a:_authToken", "t0ken", "npmScopes.a.npmAuthToken"),
            ],
            id="scope with a registry that refers to a variable",
        ),
        pytest.param(
            "npmRegistryServer: &r https://u:p@h.example\nnpmPublishRegistry: *r",
            [
                ("registry", "https://u:p@h.example", "npmRegistryServer"),
                ("//h.example/:_userinfo", "u:p", "npmRegistryServer (login in its URL)"),
                ("@:publish:registry", "https://u:p@h.example", "npmPublishRegistry"),
            ],
            id="one login behind two names",
        ),
    ],
)
def test_settings_have_npms_names(text: str, settings: list[tuple[str, str | None, str]]) -> None:
    found = yarnrc_yml.parse_settings(text.encode() + b"\n# //@\n")
    assert [(item.name, item.value, item.label) for item in found] == settings


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        pytest.param("httpProxy: http://h.example:81", "http-proxy", "http://h.example:81", id="http proxy"),
        pytest.param("httpsProxy: http://h.example:81", "https-proxy", "http://h.example:81", id="https proxy"),
        pytest.param("httpsCaFilePath: /ca.pem", "cafile", "/ca.pem", id="authorities"),
        pytest.param("caFilePath: /ca.pem", "cafile", "/ca.pem", id="authorities, Yarn 2"),
        pytest.param("enableStrictSsl: false", "strict-ssl", None, id="no validation"),
        pytest.param("enableStrictSsl: true", "strict-ssl", "true", id="validation"),
    ],
)
def test_how_a_registry_is_reached_is_read(line: str, name: str, value: str | None) -> None:
    readings = read_settings(f"npmAuthToken: t0ken\n{line}\n".encode(), yarnrc_yml, {})
    assert [(item.name, item.value) for item in readings] == [("_authToken", "t0ken"), (name, value)]


def test_connection_is_made_of_it() -> None:
    text = "npmAuthToken: t0ken\nenableStrictSsl: false\nhttpProxy: http://p.example:1\nhttpsCaFilePath: /ca.pem\n"
    readings = read_settings(text.encode(), yarnrc_yml, {})
    https = choose_connection(parse_registry("https://h.example"), ConnectionOptions(), readings)
    assert (https.validate, https.ca_file, https.proxy) == (False, "/ca.pem", None)
    http = choose_connection(parse_registry("http://h.example"), ConnectionOptions(), readings)
    assert http.proxy
    assert http.proxy.reveal() == "http://p.example:1"


def test_lock_file_of_yarn_1_is_refused() -> None:
    with pytest.raises(StoreError) as problem:
        yarnrc_yml.parse_settings(b"# a\n# yarn lockfile v1\nnpmAuthToken t0ken\n")
    assert str(problem.value) == "it is a lock file of Yarn 1"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("npmAuthToken: {a: t0ken}", id="a mapping instead of a token"),
        pytest.param("npmAuthToken: [t0ken]", id="a list instead of a token"),
        pytest.param("npmAuthToken: {onConflict: reset}", id="a token without a value"),
        pytest.param("npmAuthToken: {onConflict: reset, value: {a: t0ken}}", id="a mapping as the value of a token"),
        pytest.param("npmAuthToken: {onConflict: [a], value: t0ken}", id="a list instead of a way to merge"),
        pytest.param("npmAuthToken: {onConflict: , value: t0ken}", id="no way to merge"),
        pytest.param("npmAuthIdent: ['u:p']", id="a list instead of a user and password"),
        pytest.param("npmRegistryServer: [//h.example]", id="a list instead of a registry"),
        pytest.param("npmScopes: {a: {npmAuthToken: [t0ken]}}", id="a list instead of the token of a scope"),
        pytest.param("npmRegistries: {//h.example: {npmAuthToken: [t0ken]}}", id="a list instead of one of a registry"),
        pytest.param("npmRegistries: npmAuthToken", id="a text instead of registries"),
        pytest.param("npmScopes: [{npmAuthToken: t0ken}]", id="a list instead of scopes"),
        pytest.param("npmScopes: {onConflict: reset, value: [{npmAuthToken: t0ken}]}", id="a list as their value"),
        pytest.param("npmScopes: {a: [{npmAuthToken: t0ken}]}", id="a list instead of a scope"),
        pytest.param("npmRegistries: {//h.example: npmAuthToken}", id="a text instead of a registry's settings"),
        pytest.param("onConflict: reset\nvalue: [npmAuthToken]", id="a list instead of all settings"),
    ],
)
def test_a_value_that_yarn_refuses_is_reported(text: str) -> None:
    with pytest.raises(StoreError) as problem:
        yarnrc_yml.parse_settings(text.encode() + b"\n# //@\n")
    assert "t0ken" not in str(problem.value)


def test_entries_that_yarn_ignores_beside_a_value_are_reported() -> None:
    with pytest.raises(UnreadStore, match="line 1: Yarn ignores the other entries"):
        yarnrc_yml.parse_settings(b"npmAuthToken: {onConflict: reset, value: t1ken, other: t0ken}\n")


def test_values_that_are_dropped_by_a_hard_reset_are_reported() -> None:
    with pytest.raises(UnreadStore, match="line 1: onConflict: hardReset is not supported"):
        yarnrc_yml.parse_settings(b"npmScopes: {onConflict: hardReset, value: {a: {npmAuthToken: t0ken}}}\n")


SCOPE = [
    ("@a:registry", "https://h.example", "npmScopes.a.npmRegistryServer"),
    ("//h.example/:@a:_authToken", "t0ken", "npmScopes.a.npmAuthToken"),
]
MERGED = [
    pytest.param(
        "npmAuthToken:\n  onConflict: reset\n  value: t0ken # of alice\na: 1\n",
        [("_authToken", "t0ken", "npmAuthToken")],
        "a: 1\n",
        id="token",
    ),
    pytest.param(
        "a: 1\nnpmAuthToken: {value: 't0ken', onConflict: skip}",
        [("_authToken", "t0ken", "npmAuthToken")],
        "a: 1\n",
        id="token in braces, the value first",
    ),
    pytest.param(
        "npmAlwaysAuth: {onConflict: reset, value: true}\nnpmAuthIdent:\n  onConflict: extend\n  value: t0ken\na: 1\n",
        [("always-auth", "true", "npmAlwaysAuth"), ("_auth", "t0ken", "npmAuthIdent")],
        "a: 1\n",
        id="user and password",
    ),
    pytest.param(
        "npmRegistryServer:\n  onConflict: reset\n  value: https://h.example\nnpmAuthToken: t0ken\n",
        [("registry", "https://h.example", "npmRegistryServer"), ("_authToken", "t0ken", "npmAuthToken")],
        "npmRegistryServer:\n  onConflict: reset\n  value: https://h.example\n",
        id="default registry",
    ),
    pytest.param(
        "npmScopes:\n  onConflict: reset\n  value:\n    a:\n      npmRegistryServer: https://h.example\n"
        "      npmAuthToken: t0ken\n",
        SCOPE,
        "",
        id="scopes with a value",
    ),
    pytest.param(
        "npmScopes:\n  onConflict: extend\n  b: {}\n  a:\n    onConflict: reset\n    npmRegistryServer: https://h.example\n"
        "    npmAuthToken: {onConflict: reset, value: t0ken}\n",
        SCOPE,
        "npmScopes:\n  onConflict: extend\n  b: {}\n",
        id="scopes and a scope without a value",
    ),
    pytest.param(
        "npmScopes: {a: {onConflict: reset, value: {npmRegistryServer: {onConflict: reset, value: 'https://h.example'},"
        " npmAuthToken: t0ken}}, b: {}}\n",
        SCOPE,
        "npmScopes: {b: {}}\n",
        id="scope and its registry",
    ),
    pytest.param(
        "npmRegistries:\n  onConflict: reset\n  value:\n    //h.example:\n      onConflict: extend\n"
        "      npmAuthToken: t0ken\na: 1\n",
        [
            ("//h.example/:registry", "//h.example", 'npmRegistries."//h.example"'),
            ("//h.example/:_authToken", "t0ken", 'npmRegistries."//h.example".npmAuthToken'),
        ],
        "a: 1\n",
        id="registries and a registry",
    ),
    pytest.param(
        "onConflict: reset\nvalue:\n  npmRegistryServer: https://h.example\n  npmAuthToken: t0ken\n",
        [("registry", "https://h.example", "npmRegistryServer"), ("_authToken", "t0ken", "npmAuthToken")],
        "onConflict: reset\nvalue:\n  npmRegistryServer: https://h.example\n",
        id="all settings",
    ),
    pytest.param(
        "onConflict: extend\nnpmAuthToken: t0ken\n",
        [("_authToken", "t0ken", "npmAuthToken")],
        "onConflict: extend\n",
        id="all settings without a value",
    ),
    pytest.param(
        "npmAuthToken: t0ken\nnpmScopes: {onConflict: reset}\n",
        [("_authToken", "t0ken", "npmAuthToken")],
        "npmScopes: {onConflict: reset}\n",
        id="no scopes",
    ),
]


@pytest.mark.parametrize(("text", "settings", "left"), MERGED)
def test_values_are_found_where_yarn_merges_files(
    text: str, settings: list[tuple[str, str | None, str]], left: str
) -> None:
    data = text.encode()
    found = yarnrc_yml.parse_settings(data)
    assert [(item.name, item.value, item.label) for item in found] == settings
    assert "t0ken" not in redact(data, yarnrc_yml, {})
    doomed = [item for item in found if item.name not in ("registry", "//h.example/:registry")]
    assert yarnrc_yml.remove(data, doomed).decode() == left


PUBLIC = "//registry.npmjs.org/:@a:_authToken"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        pytest.param("npmScopes: {a: {onConflict: reset, npmAuthToken: t0ken}}", PUBLIC, id="reset of the scope"),
        pytest.param(
            "npmScopes: {onConflict: reset, value: {a: {npmAuthToken: t0ken}}}", PUBLIC, id="reset of all scopes"
        ),
        pytest.param(
            "npmScopes: {onConflict: reset, a: {onConflict: extend, npmAuthToken: t0ken}}",
            ":@a:_authToken",
            id="reset of all scopes, but not of this one",
        ),
        pytest.param(
            "onConflict: reset\nnpmScopes: {a: {npmAuthToken: t0ken}}", ":@a:_authToken", id="reset of all settings"
        ),
        pytest.param("npmScopes: {a: {onConflict: extend, npmAuthToken: t0ken}}", ":@a:_authToken", id="no reset"),
        pytest.param(
            "npmScopes: {a: {npmAuthToken: {onConflict: reset, value: t0ken}}}", ":@a:_authToken", id="of the token"
        ),
    ],
)
def test_a_scope_that_is_reset_has_no_registry_of_another_file(text: str, name: str) -> None:
    assert [item.name for item in yarnrc_yml.parse_settings(text.encode())] == [name]


def test_a_login_without_a_registry_that_hides_those_of_other_files_is_reported() -> None:
    with pytest.raises(UnreadStore, match="line 1: because of onConflict, Yarn ignores the npmRegistryServer"):
        yarnrc_yml.parse_settings(b"onConflict: reset\nvalue: {npmAuthToken: t0ken}\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x: &t t0ken\nnpmAuthToken: {onConflict: reset, value: *t}\n", id="value"),
        pytest.param("x: &t {onConflict: reset, value: t0ken}\nnpmAuthToken: *t\n", id="mapping"),
    ],
)
def test_a_token_behind_an_alias_in_a_mapping_does_not_stay(text: str) -> None:
    data = text.encode()
    (token,) = yarnrc_yml.parse_settings(data)
    with pytest.raises(StoreError, match="line 2: the value of this YAML alias would stay in the file"):
        yarnrc_yml.remove(data, [token])


# 2. References -------------------------------------------------------------------------------------------------------

ENVIRONMENT = {"TOKEN": "t0ken", "EMPTY": "", "A1_": "x"}


@pytest.mark.parametrize(
    ("text", "expanded", "references", "unset"),
    [
        pytest.param("abc", "abc", (), (), id="none"),
        pytest.param("${TOKEN}", "t0ken", ("TOKEN",), (), id="set"),
        pytest.param("a${TOKEN}b${A1_}", "at0kenbx", ("TOKEN", "A1_"), (), id="two"),
        pytest.param("${NONE}", "${NONE}", ("NONE",), ("NONE",), id="not set"),
        pytest.param("${EMPTY}", "", ("EMPTY",), (), id="empty"),
        pytest.param("${TOKEN:-d}", "t0ken", ("TOKEN",), (), id="set, default not taken"),
        pytest.param("${NONE:-d}", "d", (), (), id="default"),
        pytest.param("${NONE-d}", "d", (), (), id="default without a colon"),
        pytest.param("${NONE:-}", "", ("NONE",), (), id="empty default"),
        pytest.param("${NONE:-}x", "x", (), (), id="empty default and more"),
        pytest.param("${EMPTY:-d}", "d", (), (), id="default for nothing"),
        pytest.param("${EMPTY-d}", "", ("EMPTY",), (), id="no default for nothing without a colon"),
        pytest.param("${NONE:-${TOKEN}}!", "t0ken!", ("TOKEN",), (), id="reference as a default"),
        pytest.param("${NONE:-a${NIL:-b}c}d", "abcd", (), (), id="default in a default"),
        pytest.param("${TOKEN:-a${NIL:-b}c\\}}d", "t0kend", ("TOKEN",), (), id="skipped default"),
        pytest.param("${NONE:-${NIL}}", "${NIL}", ("NIL",), ("NIL",), id="default not set"),
        pytest.param("a}b", "a}b", (), (), id="a brace alone"),
        pytest.param("\\${TOKEN} \\\\ \\} \\a", "${TOKEN} \\ } \\a", (), (), id="escapes"),
        pytest.param("$TOKEN", "$TOKEN", (), (), id="no braces"),
        pytest.param("${TOKEN}${1A}", "${TOKEN}${1A}", (), (), id="what Yarn refuses"),
        pytest.param("${NONE:-a", "${NONE:-a", (), (), id="no end, which Yarn refuses"),
        pytest.param("${TOKEN:-a", "t0ken", ("TOKEN",), (), id="no end of what is not taken"),
    ],
)
def test_references_are_replaced_as_yarn_does(
    text: str, expanded: str, references: tuple[str, ...], unset: tuple[str, ...]
) -> None:
    result = yarnrc_yml.expand(text, ENVIRONMENT)
    assert (result.text, result.references, result.unset) == (expanded, references, unset)


def test_a_file_without_a_credential_names_its_registries() -> None:
    data = b"npmRegistryServer: https://npm.example.com/\n"
    assert yarnrc_yml.parse_settings(data) == ()
    assert [(item.name, item.value) for item in yarnrc_yml.parse_all(data)] == [
        ("registry", "https://npm.example.com/")
    ]


@pytest.mark.parametrize(
    ("value", "source", "secret"),
    [
        pytest.param("t0ken", "literal", "t0ken", id="literal"),
        pytest.param("${TOKEN}", "environment", "t0ken", id="reference"),
        pytest.param("${NONE}", "environment", None, id="not set"),
        pytest.param("${NONE:-s3cret}", "literal", "s3cret", id="default"),
        pytest.param("${EMPTY}", "environment", None, id="set to nothing"),
    ],
)
def test_source_of_a_token(value: str, source: str, secret: str | None) -> None:
    readings = read_settings(f'npmAuthToken: "{value}"\n'.encode(), yarnrc_yml, ENVIRONMENT)
    (credential,) = find_credentials(readings)
    assert credential.source == source
    assert (credential.secret.reveal() if credential.secret else None) == secret


@pytest.mark.parametrize(
    ("text", "key"),
    [
        pytest.param('npmRegistries: {"//${TOKEN}.example/": {npmAuthToken: t}}', "//${TOKEN}.example/", id="registry"),
        pytest.param('npmScopes: {"${TOKEN}": {npmAuthToken: t}}', ":@${TOKEN}", id="scope"),
    ],
)
def test_references_in_keys_are_none(text: str, key: str) -> None:
    (credential,) = find_credentials(read_settings(text.encode(), yarnrc_yml, ENVIRONMENT))
    assert credential.key == key


@pytest.mark.parametrize(
    ("server", "urls"),
    [
        pytest.param("${URL}", ["http://h.example/npm/"], id="the whole URL"),
        pytest.param("${NONE:-http://d.example/}", ["http://d.example/"], id="a default"),
        pytest.param("${NONE:-http://${NIL:-d}.example}", ["http://d.example/"], id="a default in a default"),
        pytest.param("${NONE:-http}://d.example", ["http://d.example/"], id="the scheme"),
        pytest.param("http://${TOKEN}.example", ["http://t0ken.example/"], id="a part of the host"),
        pytest.param("http://d.example${NONE:-/npm/}", ["http://d.example/npm/"], id="the path"),
        pytest.param("http://d.example/${TOKEN}", ["http://d.example/t0ken/"], id="a part of the path"),
        pytest.param("http://d.example/a\\\\}", ["http://d.example/a%7D/"], id="an escape"),
        pytest.param("${NONE}", [], id="not set"),
        pytest.param("http://${NONE}/", [], id="a host that is not set"),
    ],
)
def test_registry_of_a_scope_that_refers_to_variables(server: str, urls: list[str]) -> None:
    text = f'npmScopes: {{a: {{npmRegistryServer: "{server}", npmAuthToken: t}}}}'
    readings = read_settings(text.encode(), yarnrc_yml, {**ENVIRONMENT, "URL": "http://h.example/npm/"})
    (credential,) = find_credentials(readings)
    assert [registry.url for registry in Registries(readings).list_all(credential)] == urls


@pytest.mark.parametrize(
    ("text", "paths"),
    [
        pytest.param("a: 1", (), id="none"),
        pytest.param("injectEnvironmentFiles: [a.env, 'b/c.env?']", ("a.env", "b/c.env"), id="a list"),
        pytest.param("injectEnvironmentFiles: a.env?,b.env", ("a.env", "b.env"), id="a text with a comma"),
        pytest.param("injectEnvironmentFiles:", (), id="nothing written"),
        pytest.param("injectEnvironmentFiles: {onConflict: reset, value: [a.env]}", ("a.env",), id="a merged value"),
        pytest.param("onConflict: reset\nvalue: {injectEnvironmentFiles: [a.env]}", ("a.env",), id="all merged"),
        pytest.param("# injectEnvironmentFiles: [a.env]", (), id="a comment"),
    ],
)
def test_files_with_variables(text: str, paths: tuple[str, ...]) -> None:
    assert yarnrc_yml.list_environment_files(text.encode()) == paths


@pytest.mark.parametrize(
    "value",
    [
        pytest.param('["${A:-a.env}"]', id="reference in a list"),
        pytest.param("a.env,${A}", id="reference in a text"),
        pytest.param("[[a.env]]", id="list in a list"),
        pytest.param("{a: b}", id="mapping"),
    ],
)
def test_files_with_variables_that_are_not_known(value: str) -> None:
    with pytest.raises(StoreError, match="line 1: injectEnvironmentFiles contains a path that is not known"):
        yarnrc_yml.list_environment_files(f"injectEnvironmentFiles: {value}\n".encode())


# 3. Altogether -------------------------------------------------------------------------------------------------------

FILE = """\
# Ours: ask the platform team.
npmRegistryServer: "https://npm.example.com/"

npmAuthToken: t0ken # of the robot
# npmAuthToken: t1ken

npmRegistries:
  # the mirror
  //mirror.example.com: {npmAuthToken: "t2ken", npmAlwaysAuth: true}
  "https://bob:s3cret@b.example.com/x":
    npmAuthIdent: 'bob:s4cret'
  //c.example.com:
    npmAlwaysAuth: true
    npmAuthToken: ${TOKEN}

npmScopes:
  org:
    npmRegistryServer: https://org.example.com
    npmAuthToken: >-
      t5ken
httpsProxy: http://bob:s6cret@proxy.example.com:8080
nodeLinker: node-modules
"""
SECRETS = ("t0ken", "t1ken", "t2ken", "s3cret", "s4cret", "t5ken", "s6cret")


def test_a_person_sees_all_but_the_secrets() -> None:
    shown = redact(FILE.encode(), yarnrc_yml, {})
    assert not [secret for secret in SECRETS if secret in shown]
    assert (
        shown
        == """\
# Ours: ask the platform team.
npmRegistryServer: "https://npm.example.com/"

npmAuthToken: <token sha256:b46c09677343261f> # <secret>
# npmAuthToken: <token sha256:d470c28826b53eb3>

npmRegistries:
  # the mirror
  //mirror.example.com: {npmAuthToken: <token sha256:2ea4e584e37ed3c1>, npmAlwaysAuth: true}
  "https://<password>@b.example.com/x":
    npmAuthIdent: <basic auth>
  //c.example.com:
    npmAlwaysAuth: true
    npmAuthToken: ${TOKEN}

npmScopes:
  org:
    npmRegistryServer: https://org.example.com
    npmAuthToken: <token sha256:ed772825c0b9e12c>
httpsProxy: http://<password>@proxy.example.com:8080
nodeLinker: node-modules
"""
    )


def test_all_logins_go_and_all_else_stays() -> None:
    data = FILE.encode()
    plan = make_plan(read_settings(data, yarnrc_yml, {}), Selection(all_registries=True, comments=True))
    assert [target.registry.url if target.registry else None for target in plan.targets] == [
        "https://npm.example.com/",
        "https://npm.example.com/",
        "https://mirror.example.com/",
        "https://b.example.com/x/",
        "https://b.example.com/x/",
        "https://c.example.com/",
        "https://org.example.com/",
    ]
    settlement = settle(plan, ["confirmed"] * len(plan.targets), "confirmed")
    after = yarnrc_yml.remove(data, doomed_settings(settlement))
    assert (
        after.decode()
        == """\
# Ours: ask the platform team.
npmRegistryServer: "https://npm.example.com/"


  # the mirror

npmScopes:
  org:
    npmRegistryServer: https://org.example.com
httpsProxy: http://bob:s6cret@proxy.example.com:8080
nodeLinker: node-modules
"""
    )
    # What stays looks the same before and after.
    before = redact(data, yarnrc_yml, {}).splitlines()
    assert set(redact(after, yarnrc_yml, {}).splitlines()) <= set(before)


def test_scope_is_logged_out_of_with_its_link() -> None:
    data = FILE.encode()
    plan = make_plan(read_settings(data, yarnrc_yml, {}), Selection(scope="@org"))
    settlement = settle(plan, ["confirmed"], "confirmed")
    after = yarnrc_yml.remove(data, doomed_settings(settlement)).decode()
    start, end = FILE.index("npmScopes"), FILE.index("httpsProxy")
    assert after == FILE[:start] + FILE[end:]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("npmAuthToken: ${T}\n", "npmAuthToken: ${T}\n", id="reference"),
        pytest.param("npmAuthToken: ${T:-t0ken}\n", f"npmAuthToken: {LABEL}\n", id="default"),
        pytest.param("npmAuthToken: |\n  t0ken\na: 1\n", f"npmAuthToken: {LABEL}\na: 1\n", id="block of text"),
        pytest.param("x: &t t0ken\nnpmAuthToken: *t\n", f"x: {LABEL}\nnpmAuthToken: <secret>\n", id="alias"),
        pytest.param('{"npmAuthToken":"t0ken","a":1}', f'{{"npmAuthToken":{LABEL},"a":1}}', id="JSON"),
        pytest.param('npmAuthToken: "t0\\x6ben"\n', f"npmAuthToken: {LABEL}\n", id="escapes"),
        pytest.param("npmAuthIdent: u:p\n", "npmAuthIdent: <basic auth>\n", id="user and password"),
        pytest.param("npmAuthToken:\n  t0ken\n", f"npmAuthToken:\n  {LABEL}\n", id="on the next line"),
    ],
)
def test_secret_is_hidden_however_it_is_written(text: str, shown: str) -> None:
    assert redact(text.encode(), yarnrc_yml, {}) == shown
