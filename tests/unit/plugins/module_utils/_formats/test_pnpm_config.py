# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pnpm's global file is read as pnpm reads it, in npm's names, and its secrets are hidden."""

from __future__ import annotations

import sys

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import pnpm_config
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._plan import doomed_settings, make_plan, settle
from ansible_collections.npmops.auth.plugins.module_utils._redaction import redact
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection

# 1. Names ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "settings"),
    [
        pytest.param(
            "_auth: {'https://h.example/b': {'@': {authToken: t0ken}}}",
            [
                ("//h.example/b/:registry", "https://h.example/b", '_auth."https://h.example/b"'),
                ("registry", "https://h.example/b", '_auth."https://h.example/b"."@"'),
                ("//h.example/b/:_authToken", "t0ken", '_auth."https://h.example/b"."@".authToken'),
            ],
            id="token of a registry",
        ),
        pytest.param(
            "_auth: {'http://h.example:80/': {'@a': {authToken: t0ken}}}",
            [
                ("//h.example/:registry", "http://h.example:80/", '_auth."http://h.example:80/"'),
                ("@a:registry", "http://h.example:80/", '_auth."http://h.example:80/"."@a"'),
                ("//h.example/:@a:_authToken", "t0ken", '_auth."http://h.example:80/"."@a".authToken'),
            ],
            id="token of a scope",
        ),
        pytest.param(
            "registry: https://g.example/\nregistries: {'@a': 'https://g.example/'}\n"
            "_auth:\n  https://h.example/:\n    '@':\n      authToken: t0ken\n    '@a':\n      authToken: t1ken\n",
            [
                ("registry", "https://g.example/", "registry"),
                ("@a:registry", "https://g.example/", 'registries."@a"'),
                ("//h.example/:registry", "https://h.example/", '_auth."https://h.example/"'),
                ("//h.example/:_authToken", "t0ken", '_auth."https://h.example/"."@".authToken'),
                ("//h.example/:@a:_authToken", "t1ken", '_auth."https://h.example/"."@a".authToken'),
            ],
            id="what is declared goes before what a login tells",
        ),
        pytest.param(
            "registries:\n  https://h.example/:\n    scopes: ['@', '@a']\n    serverType: npm\n# _auth",
            [
                ("//h.example/:registry", "https://h.example/", 'registries."https://h.example/"'),
                ("registry", "https://h.example/", 'registries."https://h.example/".scopes."@"'),
                ("@a:registry", "https://h.example/", 'registries."https://h.example/".scopes."@a"'),
            ],
            id="declared registry",
        ),
        pytest.param(
            "registries: {default: 'https://u:p@h.example/'}",
            [
                ("registry", "https://u:p@h.example/", "registries.default"),
                ("//h.example/:_userinfo", "u:p", "registries.default (login in its URL)"),
            ],
            id="login in a URL",
        ),
        pytest.param(
            "registries: {'https://u:p@h.example/': {scopes: ['@a']}}",
            [
                ("//h.example/:registry", "https://u:p@h.example/", 'registries."https://<password>@h.example/"'),
                ("//h.example/:_userinfo", "u:p", 'registries."https://<password>@h.example/" (login in its URL)'),
                ("@a:registry", "https://u:p@h.example/", 'registries."https://<password>@h.example/".scopes."@a"'),
            ],
            id="login in a key, once",
        ),
        pytest.param(
            "namedRegistries: {work: 'https://u:p@h.example/'}\npnprServer: https://u:p@g.example/",
            [
                ("//h.example/:registry", "https://u:p@h.example/", "namedRegistries.work"),
                ("//h.example/:_userinfo", "u:p", "namedRegistries.work (login in its URL)"),
                ("//g.example/:registry", "https://u:p@g.example/", "pnprServer"),
                ("//g.example/:_userinfo", "u:p", "pnprServer (login in its URL)"),
            ],
            id="other URLs",
        ),
        pytest.param(
            "_auth: {'https://h.example/': {authToken: t0ken, '@': t1ken}}",
            [
                ("//h.example/:registry", "https://h.example/", '_auth."https://h.example/"'),
                ("//h.example/:_authToken", "t0ken", '_auth."https://h.example/".authToken'),
            ],
            id="token without a scope, which pnpm does not read",
        ),
        pytest.param(
            '"//h.example/:_authToken": t0ken\n_authToken: t1ken\n_auth: dTpw',
            [
                ("//h.example/:_authToken", "t0ken", '"//h.example/:_authToken"'),
                ("_authToken", "t1ken", "_authToken"),
                ("_auth", "dTpw", "_auth"),
            ],
            id="npm's names, which pnpm does not read here",
        ),
        pytest.param(
            "registries: {'https://h.example/': {_authToken: t0ken, prefix: a}}",
            [
                ("//h.example/:registry", "https://h.example/", 'registries."https://h.example/"'),
                ("//h.example/:_authToken", "t0ken", 'registries."https://h.example/"._authToken'),
            ],
            id="token in a declaration, which pnpm refuses",
        ),
        pytest.param(
            "_auth: {'https://g.example/': {'@': {authToken: t0ken}}}\n_auth: {'https://h.example/': {}}",
            [
                ("//g.example/:registry", "https://g.example/", '_auth."https://g.example/"'),
                ("registry", "https://g.example/", '_auth."https://g.example/"."@"'),
                ("//g.example/:_authToken", "t0ken", '_auth."https://g.example/"."@".authToken'),
                ("//h.example/:registry", "https://h.example/", '_auth."https://h.example/"'),
            ],
            id="twice, which pnpm refuses",
        ),
        pytest.param(
            "_auth: {'https://h.example/': {'@a': {authToken: }}}",
            [
                ("//h.example/:registry", "https://h.example/", '_auth."https://h.example/"'),
                ("//h.example/:@a:_authToken", None, '_auth."https://h.example/"."@a".authToken'),
            ],
            id="no token, no registry of the scope",
        ),
        pytest.param("_auth:", [("_auth", None, "_auth")], id="nothing"),
        pytest.param("---\n# _auth", [], id="nothing at all"),
        pytest.param(
            "#_auth\nproxy: http://a.example\nhttpProxy: http://b.example\nhttpsProxy: http://c.example\n"
            "noProxy: d.example\ncafile: /ca.pem\nstrictSsl: false",
            [
                ("proxy", "http://a.example", "proxy"),
                ("http-proxy", "http://b.example", "httpProxy"),
                ("https-proxy", "http://c.example", "httpsProxy"),
                ("noproxy", "d.example", "noProxy"),
                ("cafile", "/ca.pem", "cafile"),
                ("strict-ssl", "false", "strictSsl"),
            ],
            id="how a registry is reached",
        ),
    ],
)
def test_settings_have_npms_names(text: str, settings: list[tuple[str, str | None, str]]) -> None:
    found = pnpm_config.parse_settings(text.encode() + b"\n")
    assert [(item.name, item.value, item.label) for item in found] == settings


@pytest.mark.parametrize(
    ("text", "names"),
    [
        pytest.param("# _authToken: t0ken\n", ["//?/:_authToken"], id="at the margin"),
        pytest.param("#     authToken: t0ken\n", ["//?/:_authToken"], id="its registry is commented out"),
        pytest.param(
            "_auth:\n  https://h.example/:\n    '@a':\n      # authToken: t0ken\n      authToken:\n",
            ["//h.example/:@a:_authToken"],
            id="in its place",
        ),
        pytest.param("# registry: https://u:p@h.example/\n", ["//h.example/:_userinfo"], id="login in a URL"),
        pytest.param(
            "pnprServer: https://h.example/\n# pnprServer: https://u:p@h.example/\n",
            ["//h.example/:_userinfo"],
            id="login in the URL of a server",
        ),
    ],
)
def test_commented_out_credentials_are_found(text: str, names: list[str]) -> None:
    found = [item for item in pnpm_config.parse_settings(text.encode()) if item.commented]
    assert [item.name for item in found] == names


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        pytest.param("<<: {_auth: t0ken}\n", "line 1: unsupported YAML merge key", id="at the top"),
        pytest.param("_auth:\n  <<: {authToken: t0ken}\n", "line 2: unsupported YAML merge key", id="in _auth"),
        pytest.param(
            "_auth: {'https://h.example/': {'@': &x {authToken: t0ken}, '@a': {<<: *x}}}\n",
            "line 1: unsupported YAML merge key",
            id="in a login",
        ),
        pytest.param("registries: {<<: {}} # _auth", "line 1: unsupported YAML merge key", id="in registries"),
        pytest.param("- _auth: t0ken\n", "it is not a list of settings", id="a list"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(StoreError) as problem:
        pnpm_config.parse_settings(text.encode())
    assert str(problem.value) == sentence


def test_pyyaml_is_not_asked_for_where_there_is_no_credential(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "yaml", None)
    assert pnpm_config.parse_settings(b"registry: https://npm.example.com/\nstoreDir: /srv/pnpm\n") == ()


# 2. References -------------------------------------------------------------------------------------------------------

ENVIRONMENT = {"TOKEN": "t0ken", "EMPTY": ""}


@pytest.mark.parametrize(
    ("text", "expanded", "references", "unset"),
    [
        pytest.param("abc", "abc", (), (), id="none"),
        pytest.param("a${TOKEN}b", "at0kenb", ("TOKEN",), (), id="set"),
        pytest.param("${NONE}", "${NONE}", ("NONE",), ("NONE",), id="not set"),
        pytest.param("${EMPTY}", "${EMPTY}", ("EMPTY",), ("EMPTY",), id="empty"),
        pytest.param("${TOKEN:-d}", "t0ken", ("TOKEN",), (), id="set, default not taken"),
        pytest.param("${NONE:-d}", "d", (), (), id="default"),
        pytest.param("${EMPTY:-d}", "d", (), (), id="default for nothing"),
        pytest.param("${NONE-d}", "d", (), (), id="default without a colon"),
        pytest.param("${TOKEN-d}", "t0ken", ("TOKEN",), (), id="set, default without a colon not taken"),
        pytest.param("\\${TOKEN}", "${TOKEN}", (), (), id="escaped"),
        pytest.param("\\\\${TOKEN}", "\\t0ken", ("TOKEN",), (), id="escaped backslash"),
        pytest.param("\\\\\\${TOKEN}", "\\${TOKEN}", (), (), id="three backslashes"),
        pytest.param("${} ${a$b} ${a{b}", "${} ${a$b} ${a{b}", (), (), id="no references"),
    ],
)
def test_references_are_replaced_as_pnpm_does(
    text: str, expanded: str, references: tuple[str, ...], unset: tuple[str, ...]
) -> None:
    result = pnpm_config.expand(text, ENVIRONMENT)
    assert (result.text, result.references, result.unset) == (expanded, references, unset)


def test_a_file_without_a_credential_names_its_registries() -> None:
    data = b"registry: https://npm.example.com/\n"
    assert pnpm_config.parse_settings(data) == ()
    assert [(item.name, item.value) for item in pnpm_config.parse_all(data)] == [
        ("registry", "https://npm.example.com/")
    ]


def test_references_in_keys_of_logins_are_none() -> None:
    text = "_auth: {'https://${TOKEN}.example/': {'@${TOKEN}': {authToken: x}}}\n"
    names = [item.name for item in read_settings(text.encode(), pnpm_config, ENVIRONMENT)]
    assert names[-1] == "//${TOKEN}.example/:@${TOKEN}:_authToken"


# 3. Altogether -------------------------------------------------------------------------------------------------------

#: As pnpm 12.1 writes it.
FILE = """\
_auth:
  http://127.0.0.1:4873/:
    '@':
      authToken: t0ken
    '@org':
      authToken: t1ken
  https://npm.example.com/:
    # by hand
    '@two':
      authToken: ${TOKEN:-t2ken}
httpsProxy: http://bob:s3cret@proxy.example.com:80
registries:
  http://127.0.0.1:4873/:
    scopes:
    - '@org'
  https://npm.example.com/:
    scopes:
    - '@two'
    - '@three'
"""


def log_out(selection: Selection) -> str:
    data = FILE.encode()
    plan = make_plan(read_settings(data, pnpm_config, {}), selection)
    settlement = settle(plan, ["confirmed"] * len(plan.targets), "confirmed")
    return pnpm_config.remove(data, doomed_settings(settlement)).decode()


def test_a_person_sees_all_but_the_secrets() -> None:
    assert (
        redact(FILE.encode(), pnpm_config, {})
        == """\
_auth:
  http://127.0.0.1:4873/:
    '@':
      authToken: <token sha256:b46c09677343261f>
    '@org':
      authToken: <token sha256:d470c28826b53eb3>
  https://npm.example.com/:
    # by hand
    '@two':
      authToken: <token sha256:2ea4e584e37ed3c1>
httpsProxy: http://<password>@proxy.example.com:80
registries:
  http://127.0.0.1:4873/:
    scopes:
    - '@org'
  https://npm.example.com/:
    scopes:
    - '@two'
    - '@three'
"""
    )
    assert (
        redact(
            b'{"_auth": {"https://h.example/": {"@": {"authToken": "t0ken"}}}, "registry": "https://u:p@h.example/"}',
            pnpm_config,
            {},
        )
        == '{"_auth": {"https://h.example/": {"@": {"authToken": <token sha256:b46c09677343261f>}}}, '
        '"registry": "https://<password>@h.example/"}'
    )


def test_all_logins_go_and_all_else_stays() -> None:
    start = FILE.index("httpsProxy")
    assert log_out(Selection(all_registries=True)) == "    # by hand\n" + FILE[start:]


def test_scope_is_logged_out_of_with_its_link() -> None:
    after = FILE.replace("    # by hand\n    '@two':\n      authToken: ${TOKEN:-t2ken}\n", "    # by hand\n")
    after = after.replace("  https://npm.example.com/:\n    # by hand", "    # by hand").replace("    - '@two'\n", "")
    assert log_out(Selection(scope="@two")) == after


def test_last_scope_of_a_registry_takes_it_along() -> None:
    after = FILE.replace("  http://127.0.0.1:4873/:\n    scopes:\n    - '@org'\n", "")
    start, end = after.index("  http://127"), after.index("  https://npm")
    assert log_out(Selection(scope="@org")) == after[:start] + after[end:]


def test_a_scope_that_a_login_tells_goes_with_it() -> None:
    data = b"a: 1\n_auth:\n  https://h.example/:\n    '@a':\n      authToken: t0ken\n"
    plan = make_plan(read_settings(data, pnpm_config, {}), Selection(scope="@a"))
    settlement = settle(plan, ["confirmed"], "confirmed")
    assert pnpm_config.remove(data, doomed_settings(settlement)) == b"a: 1\n"
