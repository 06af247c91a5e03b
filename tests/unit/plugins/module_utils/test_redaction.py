# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is shown of a credential file: everything but secrets."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig, npmrc, pnpm_config, yarnrc, yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
from ansible_collections.npmops.auth.plugins.module_utils._redaction import (
    hide_userinfo,
    redact,
    show,
    show_url,
    show_variable,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from tests.tools.limits import takes_at_most

ENVIRONMENT = {"TOKEN": "t0ken", "FIELD": "_authToken"}
#: printf %s t0ken | sha256sum
LABEL = "<token sha256:b46c09677343261f>"


def see(text: str | bytes) -> str:
    return redact(text.encode() if isinstance(text, str) else text, npmrc, ENVIRONMENT)


# 1. Placeholders of secrets ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("//npm.example.com/:_authToken=t0ken\n", f"//npm.example.com/:_authToken={LABEL}\n", id="token"),
        pytest.param("//h.example/:_auth=dTpw\n", "//h.example/:_auth=<basic auth>\n", id="basic"),
        pytest.param(
            "//h.example/:username=jane\n//h.example/:_password=cA==\n",
            "//h.example/:username=jane\n//h.example/:_password=<password>\n",
            id="user and password",
        ),
        pytest.param("_authToken=t0ken", f"_authToken={LABEL}", id="unscoped token"),
        pytest.param("_authtoken=t0ken", f"_authtoken={LABEL}", id="unscoped token, lower case"),
        pytest.param("-authtoken=t0ken", f"-authtoken={LABEL}", id="unscoped token, the old way"),
        pytest.param("_auth=dTpw\n_password=cA==", "_auth=<basic auth>\n_password=<password>", id="unscoped basic"),
        pytest.param(
            "key=x\n//h.example/:key=y", "key=<private key>\n//h.example/:key=<private key>", id="private key"
        ),
        pytest.param("//h.example/:@o:_authToken=t0ken", f"//h.example/:@o:_authToken={LABEL}", id="pnpm's"),
        pytest.param("//h.example/:_authToken='t0ken'\r\n", f"//h.example/:_authToken={LABEL}\r\n", id="quoted"),
        pytest.param(r'//h.example/:_authToken="t\u0030ken"', f"//h.example/:_authToken={LABEL}", id="JSON-escaped"),
        pytest.param("//h.example/:_authToken=t0ken ; mine", f"//h.example/:_authToken={LABEL}", id="with a comment"),
        pytest.param("//h.example/:_authToken[]=t0ken", f"//h.example/:_authToken[]={LABEL}", id="list"),
        pytest.param('"//h.example/:_authToken"=t0ken', f'"//h.example/:_authToken"={LABEL}', id="quoted key"),
        pytest.param("//h.example/:${FIELD}=t0ken", f"//h.example/:${{FIELD}}={LABEL}", id="reference in the key"),
        pytest.param("#//h.example/:_authToken=t0ken", f"#//h.example/:_authToken={LABEL}", id="commented out"),
        pytest.param("[s]\n//h.example/:_authToken=t0ken", f"[s]\n//h.example/:_authToken={LABEL}", id="in a section"),
        pytest.param(
            "https://h.example/:_authToken=t0ken", f"https://h.example/:_authToken={LABEL}", id="with a scheme"
        ),
        pytest.param(
            "//h.example/:_authToken=a${TOKEN}", "//h.example/:_authToken=<token sha256:", id="in part a reference"
        ),
        pytest.param(
            "//h.example/:_authToken=a${NONE}\n",
            "//h.example/:_authToken=<token>\n",
            id="in part a reference to nothing",
        ),
        pytest.param("https-proxy=http://u:p@h.example:81/", "https-proxy=http://<password>@h.example:81/", id="proxy"),
        pytest.param("registry=https://u:p@h.example/", "registry=https://<password>@h.example/", id="registry"),
        pytest.param("NPM_TOKEN=abc", "NPM_TOKEN=<secret>", id="a name that says secret"),
    ],
)
def test_says_what_kind_of_secret_it_was(text: str, shown: str) -> None:
    assert see(text).startswith(shown)


# 2. No secret --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("secret", ["hunter2", "correcthorse", "npm_0123456789abcdefghijABCDEFGHIJ012345"])
@pytest.mark.parametrize(
    "text",
    [
        # Credentials
        pytest.param("//npm.example.com/:_authToken=%s", id="token"),
        pytest.param("//npm.example.com:_authToken = %s", id="token, key without its last slash"),
        pytest.param("//h.example/:_authToken=\u00a0'%s'\u2003", id="token in white space"),
        pytest.param('//h.example/:_authToken="%s', id="token with half its quotes"),
        pytest.param("//h.example/:_authToken==%s", id="token behind two signs"),
        pytest.param("//h.example/:_authToken=a;%s", id="token behind a comment sign"),
        pytest.param("//h.example/:_authToken= ; %s", id="token behind nothing and a comment sign"),
        pytest.param("//h.example/:_authToken=#%s", id="token behind nothing and a hash"),
        pytest.param("//h.example/:_authToken=true ; %s", id="token behind a keyword and a comment sign"),
        pytest.param("//h.example/:_authToken=null ; %s", id="token behind null and a comment sign"),
        pytest.param("//h.example/:_authToken=${TOKEN} ; %s", id="token behind a reference and a comment sign"),
        pytest.param("//h.example/:_authToken='[\"%s\"]'", id="token in JSON"),
        pytest.param("//h.example/:_auth=%s", id="basic"),
        pytest.param("//h.example/:_password=%s", id="password"),
        pytest.param("_auth=%s", id="unscoped basic"),
        pytest.param("_password=%s", id="unscoped password"),
        pytest.param("//h.example/:_authToken: %s", id="token behind a colon"),
        pytest.param("//h.example/:_authToken:%s", id="token behind a colon alone"),
        pytest.param("//h.example/:_authToken %s", id="token behind a blank"),
        pytest.param('"//h.example/:_authToken" "%s"', id="token in Yarn's syntax"),
        pytest.param("//h.example/:_authToken=a\u2028%s", id="token behind a line separator"),
        pytest.param("=//h.example/:_authToken=%s", id="token in a line without a key"),
        pytest.param("//h.example/:_authtoken=%s", id="token, npm does not know the spelling"),
        pytest.param("//h.example/:_passwd=%s", id="password, npm does not know the spelling"),
        pytest.param("\ufeff//h.example/:_authToken=%s", id="byte order mark"),
        pytest.param("\ufeff${%s}", id="byte order mark before what somebody took for a reference"),
        pytest.param("a=b\r//h.example/:_authToken=%s\r", id="CR"),
        # Names
        pytest.param("npm_config_token=%s", id="token in a name"),
        pytest.param("export NPM_TOKEN=%s", id="a shell's"),
        pytest.param("api-key=%s", id="key"),
        pytest.param("key=%s", id="client key"),
        pytest.param("otp=%s", id="one-time password"),
        pytest.param("authorization=Bearer %s", id="header"),
        pytest.param("client.secret=%s", id="secret in a name"),
        pytest.param("use-auth=true %s", id="behind yes"),
        pytest.param("use-auth=true ; %s", id="behind yes and a comment sign"),
        pytest.param("use-auth=true, %s", id="behind yes and a comma"),
        pytest.param("auth={x: true, password: %s}", id="in a mapping"),
        pytest.param("# auth: {'https://h.example/': {pass: %s}}", id="in a mapping by registry"),
        pytest.param("# auth: {'https://u:%s@h.example/': {}}", id="in the key of a mapping by registry"),
        # URLs
        pytest.param("registry=https://user:%s@h.example/", id="URL"),
        pytest.param("registry=https://%s@h.example/", id="URL, user alone"),
        pytest.param("registry=https://user:a@%s@h.example/", id="URL, at sign in the password"),
        pytest.param("registry=https://user:a %s@h.example/", id="URL, blank in the password"),
        pytest.param(r'registry="https:\/\/user:%s@h.example\/"', id="URL, JSON-escaped slashes"),
        pytest.param(r'registry="https:\u002f\u002fuser:%s@h.example/"', id="URL, JSON-escaped letters"),
        pytest.param(r'registry="http\u0073:\/\/user:%s@h.example/"', id="URL, JSON-escaped scheme"),
        pytest.param(r"registry=https:\\user:%s@h.example/", id="URL, backslashes"),
        pytest.param("registry=https:user:%s@h.example/", id="URL, no slashes"),
        pytest.param("registry=https://h.example/?token=%s", id="URL, query"),
        pytest.param("proxy=http://user:%s@h.example:3128", id="proxy"),
        pytest.param("//user:%s@h.example/:_authToken=t", id="key"),
        pytest.param("//user:%s@h.example/:email=t", id="key of a harmless field"),
        pytest.param("//user:%s@h.example", id="key alone"),
        # Lines glued together
        pytest.param("registry=https://h.example///h.example/:_authToken=%s", id="a missing newline: token"),
        pytest.param("registry=https://h.example//h.example/:_password=%s", id="a missing newline: password"),
        pytest.param("email=a@h.example _auth=%s", id="a missing newline: unscoped"),
        pytest.param("//h.example/:_authToken=t//h.example/:_password=%s", id="a missing newline: two secrets"),
        # Comments and sections
        pytest.param("# //h.example/:_authToken=%s", id="comment: token"),
        pytest.param("# old: //h.example/:_password = %s", id="comment: password"),
        pytest.param("# registry=https://user:%s@h.example/", id="comment: URL"),
        pytest.param("# see https://user:%s@h.example/", id="comment: URL in prose"),
        pytest.param("# a=1 //h.example/:_authToken=%s", id="comment: token behind a setting"),
        pytest.param("; password: %s", id="comment: colon"),
        pytest.param(";password:%s", id="comment: colon, no blanks"),
        pytest.param("# my npm password is %s", id="comment: is"),
        pytest.param("# the password is: %s", id="comment: is, with a colon"),
        pytest.param("# password:: %s", id="comment: two colons"),
        pytest.param("# password -> %s", id="comment: arrow"),
        pytest.param("# password: correct %s battery", id="comment: a phrase"),
        pytest.param('# {"token": "%s"}', id="comment: JSON"),
        pytest.param("# token='%s'", id="comment: shell"),
        pytest.param("# curl -H 'Authorization: Bearer %s'", id="comment: header"),
        pytest.param("# npm_password=%s", id="comment: variable"),
        pytest.param("# deploy key: %s", id="comment: key"),
        pytest.param("# supabaseKey: %s", id="comment: key in camel case"),
        pytest.param("//h.example/:_authToken=\n%s", id="the value on the next line"),
        pytest.param("//h.example/:_authToken\n=%s", id="the sign on the next line"),
        pytest.param("[//user:%s@h.example/]", id="section: URL"),
        pytest.param("[_authToken=%s]", id="section: setting"),
        pytest.param("[s]\n//h.example/:_authToken=%s", id="section: token under it"),
    ],
)
def test_shows_no_secret(text: str, secret: str) -> None:
    shown = see(f"a=b\n{text.replace('%s', secret)}\nc=d\n")
    assert secret not in shown
    assert shown.startswith("a=b\n")
    assert shown.endswith("\nc=d\n")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# %s", id="comment"),
        pytest.param("foo=%s", id="value"),
        pytest.param("%s=foo", id="name"),
        pytest.param("%s", id="a line of its own"),
        pytest.param("[%s]", id="section"),
        pytest.param("registry=https://h.example/%s/npm/", id="path"),
        pytest.param("//h.example/%s/:_authToken=t", id="path of a key"),
        pytest.param("email=a@h.example ; %s", id="comment behind a value"),
    ],
)
@pytest.mark.parametrize(
    "secret",
    [
        pytest.param("npm_0123456789abcdefghijABCDEFGHIJ012345", id="npm"),
        pytest.param("npm_rlXykWZeiNNCiiaanXnkksumIROnlSmytbxA", id="npm, no digit"),
        pytest.param("glpat-pDwGwHqXDgLVXZxscBfn", id="GitLab, no digit"),
        pytest.param("gldt-pDwGwHqXDgLVXZxscBfn", id="GitLab's deploy token, no digit"),
        pytest.param(f"github_pat_{'aBcDeFgHiJkLmNoPqRsTuV'}_{'w' * 59}", id="GitHub, fine-grained, no digit"),
        pytest.param("ghp_0123456789abcdefghijABCDEFGHIJ012345", id="GitHub"),
        pytest.param("glpat-0123456789abcdefghij", id="GitLab"),
        pytest.param("01234567-89ab-cdef-0123-456789abcdef", id="UUID"),
        pytest.param("0123456789abcdef0123456789abcdef01234567", id="hex"),
        pytest.param("eyJhbGciOiJ9.eyJqdGkiOjEx.c2lnbmF0dXI", id="JWT of short parts"),
    ],
)
def test_shows_no_word_that_looks_like_a_token(text: str, secret: str) -> None:
    assert secret not in see(text.replace("%s", secret))


@pytest.mark.parametrize(
    ("text", "secret", "hidden"),
    [
        pytest.param("foo=xhunter2y", "hunter2", "hunter2", id="value of another setting"),
        pytest.param("# hunter2", "hunter2", "hunter2", id="comment"),
        pytest.param("hunter2=1", "hunter2", "hunter2", id="name"),
        pytest.param("foo=dTpodW50ZXIy", "dTpodW50ZXIy", "dTpodW50ZXIy", id="basic auth as stored"),
        pytest.param("# u:hunter2", "dTpodW50ZXIy", "hunter2", id="password behind basic auth"),
        pytest.param("# hunter2", "aHVudGVyMg==", "hunter2", id="password behind base64"),
    ],
)
def test_hides_known_secrets_wherever_else_they_stand(text: str, secret: str, hidden: str) -> None:
    assert hidden in redact(text.encode(), npmrc, {})
    assert hidden not in redact(text.encode(), npmrc, {}, [Secret(secret)])


@pytest.mark.parametrize(
    ("form", "text", "shown"),
    [
        # YAML
        pytest.param(yarnrc_yml, "dbPassword: hunter2\n", "dbPassword: <secret>\n", id="yaml: name"),
        pytest.param(yarnrc_yml, "secret:\n  hunter2\nx: 1\n", "secret:\n  <secret>\nx: 1\n", id="yaml: next line"),
        pytest.param(yarnrc_yml, "secret: |\n\n  a\n\n  b\nx: 1\n", "secret: <secret>\nx: 1\n", id="yaml: block"),
        pytest.param(yarnrc_yml, 'secret: "a\n  b"\nx: 1\n', "secret: <secret>\nx: 1\n", id="yaml: quotes over lines"),
        pytest.param(yarnrc_yml, "secret: &x\n  a\ny: *x\n", "secret: <secret>\ny: *x\n", id="yaml: anchor"),
        pytest.param(yarnrc_yml, "tokens:\n- a\n- b\n", "tokens:\n- <secret>\n- <secret>\n", id="yaml: list"),
        pytest.param(
            yarnrc_yml,
            "tokens:\n  ci:\n    x: a\n",
            "tokens:\n  ci:\n    x: <secret>\n",
            id="yaml: name further out",
        ),
        pytest.param(yarnrc_yml, "{tokens: {\n a: b }}\n", "{tokens: {\n a: <secret> }}\n", id="yaml: braces"),
        pytest.param(
            pnpm_config,
            "_auth:\n  https://h.example/:\n    '@':\n      password: hunter2\n",
            "_auth:\n  https://h.example/:\n    '@':\n      password: <secret>\n",
            id="yaml: a field that pnpm ignores",
        ),
        pytest.param(
            yarnrc_yml, "npmAuthToken: ${A} # was hunter2\n", "npmAuthToken: ${A} # <secret>\n", id="yaml: remark"
        ),
        pytest.param(
            yarnrc_yml,
            "secret: hunter2 # or hunter3\nx: 1 # y\n",
            "secret: <secret> # <secret>\nx: 1 # y\n",
            id="yaml: remark behind a name",
        ),
        pytest.param(
            yarnrc_yml,
            "npmRegistries:\n  https://auth.example/:\n    x: y\n",
            "npmRegistries:\n  https://auth.example<secret>\n    x: y\n",
            id="yaml: registry whose name says nothing",
        ),
        # TOML
        pytest.param(
            bunfig, "[a]\nsecret = '''\nx\ny'''\nb = 1\n", "[a]\nsecret = <secret>\nb = 1\n", id="toml: lines"
        ),
        pytest.param(
            bunfig, "[secrets]\na = 'x'\n[b]\nc = 'x'\n", "[secrets]\na = <secret>\n[b]\nc = 'x'\n", id="toml: table"
        ),
        pytest.param(bunfig, "tokens = [\n  'a',\n]\n", "tokens = <secret>\n", id="toml: array"),
        pytest.param(bunfig, "tokens = {\na = 'b' }\n", "tokens = {\na = <secret> }\n", id="toml: inline table"),
        pytest.param(
            bunfig,
            "[install]\nregistry.token = '$A' # was hunter2\n",
            "[install]\nregistry.token = <token> # <secret>\n",
            id="toml: remark",
        ),
        # Yarn 1
        pytest.param(
            yarnrc,
            "secrets:\n  a b\n  c:\n    d e\n",
            "secrets:\n  a <secret>\n  c:\n    d <secret>\n",
            id="yarn 1: object",
        ),
    ],
)
def test_hides_what_another_line_says_is_a_secret(form: Format, text: str, shown: str) -> None:
    assert redact(text.encode(), form, {}) == shown


@pytest.mark.parametrize(
    ("form", "text"),
    [
        pytest.param(yarnrc_yml, "npmAlwaysAuth: true\ntoken: False\nsecret:\n", id="yes, no and nothing"),
        pytest.param(yarnrc_yml, "npmScopes:\n  a:\n    npmRegistryServer: https://h.example/\n", id="scope"),
        pytest.param(pnpm_config, "registries:\n  '@auth':\n    https://h.example/\n", id="scope with a word"),
        pytest.param(yarnrc_yml, "# the token:\n# ask Bob\nx: 1 # y\n", id="comments"),
        pytest.param(yarnrc_yml, "a: [b, {c: d}]\n", id="list"),
        pytest.param(bunfig, "[install]\nexact = true # y\n[a]\ntoken = false\n", id="toml"),
        pytest.param(yarnrc, "a:\n  b c\n  token true\n", id="yarn 1"),
    ],
)
def test_shows_what_no_line_says_is_a_secret(form: Format, text: str) -> None:
    assert redact(text.encode(), form, {}) == text


def test_hides_words_in_a_file_that_is_none_of_its_format() -> None:
    """No credential is in such a file, or it would be refused."""
    assert redact(b"a: b: c\nsecret: hunter2\n", yarnrc_yml, {}) == "a: b: c\nsecret: <secret>\n"


# 3. Everything else --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="nothing"),
        pytest.param("\n\r\n \t\n", id="blank lines"),
        pytest.param(
            "registry=https://npm.example.com/\r\n@x:registry = 'https://b.example:8443/a/b'\r\n", id="registries"
        ),
        pytest.param("save-exact=true\nfund = false\ncache=/var/cache/npm\nprefix=${HOME}/.npm-global", id="settings"),
        pytest.param("//h.example/:username=jane\n//h.example/:email=jane@example.com", id="user and mail"),
        pytest.param(
            "//h.example/:always-auth=true\nalways-auth=false\nauth-type=web", id="fields that only sound secret"
        ),
        pytest.param("//h.example/:certfile=/etc/npm/c.pem\n//h.example/:keyfile=~/k.pem\ncafile=/c", id="files"),
        pytest.param("//h.example/:tokenHelper=/usr/local/bin/helper", id="helper"),
        pytest.param(
            "//h.example/:_authToken=${NPM_TOKEN}\n_auth = ${A}${B}\n//h.example/:_password='${C}'", id="references"
        ),
        pytest.param("//h.example/:_authToken=\n//h.example/:_authToken", id="no token"),
        pytest.param("# company registry, ask the platform team\n; do not edit", id="comments"),
        pytest.param("# see https://docs.example.com/npm/setup#login", id="comment with a URL"),
        pytest.param("#//h.example/:always-auth=true\n# registry=https://h.example/", id="commented-out settings"),
        pytest.param("# always-auth: true\n# {'use-auth': true, audit: false}", id="yes behind what sounds secret"),
        pytest.param("# _auth: {'https://h.example/': {}}", id="mapping by registry behind what sounds secret"),
        pytest.param("[section]\nname = value\n[other.section]", id="sections"),
        pytest.param("# the token:\n# ask Bob", id="a word at the end of a line says nothing of the next line"),
        pytest.param("init-author-name=Jane Doe\ninit-author-email=jane@example.com", id="author"),
        pytest.param("# author: Jane Doe", id="comment with an author"),
        pytest.param("omit[]=dev\nomit[]=optional", id="lists"),
        pytest.param("\u00e9\u00a0=\U0001f600\u2028", id="beyond ASCII"),
        pytest.param("a=b", id="no last newline"),
        pytest.param("node-options=--max-old-space-size=4096", id="equals sign in a value"),
        pytest.param("fetch-retry-maxtimeout=60000\nfetch-timeout=300000", id="long names of numbers"),
    ],
)
def test_shows_what_is_no_secret(text: str) -> None:
    assert see(text) == text


def test_makes_control_characters_and_broken_text_visible() -> None:
    assert see(b"a=\x1b[31m\xff\x00\x7f\tb\x0c\r\n") == "a=\ufffd[31m\ufffd\ufffd\ufffd\tb\ufffd\r\n"


def test_a_kept_line_looks_the_same_before_and_after() -> None:
    before = "# the token:\n//h.example/:_authToken=t0ken\n# ask Bob\n//h.example/:email=e\nkey\n=b\n"
    after = "# the token:\n# ask Bob\nkey\n=b\n"
    kept = [line for line in see(before).splitlines() if "h.example" not in line]
    assert see(after).splitlines() == kept


# 4. Hostile files ----------------------------------------------------------------------------------------------------


@takes_at_most(60)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("# " + "key" * 600, id="a word that says secret again and again"),
        pytest.param("# " + "a" * 20_000, id="one long word"),
        pytest.param("# " + "a.-" * 10_000, id="dots and dashes"),
        pytest.param("# key" + " " * 50_000, id="blanks behind a name"),
        pytest.param("# " + "token is " * 5_000, id="said again and again"),
        pytest.param("a=" + "//" * 50_000, id="slashes"),
        pytest.param("a=" + "//a" * 50_000 + "@", id="almost a user"),
        pytest.param("_authToken=" + "${" * 50_000, id="references without an end"),
        pytest.param("_authToken=" + "${A}" * 50_000 + "x", id="many references"),
        pytest.param("_authToken=" + "\\" * 100_000 + "${A}", id="backslashes"),
        pytest.param("a=" + "x1" * 100_000, id="one long token"),
        pytest.param("a='" + "[" * 400 + "]" * 400 + "'", id="nested lists"),
        pytest.param("//" * 20_000 + ":_auth", id="a key of slashes"),
        pytest.param("a=" + "eyJ" * 50_000, id="almost a JWT"),
        pytest.param("a=" + "eyJ-a." * 50_000, id="a JWT without an end"),
    ],
)
def test_a_hostile_line_does_not_stop_it(text: str) -> None:
    assert see(text)


@takes_at_most(60)
@pytest.mark.parametrize(
    ("form", "text"),
    [
        pytest.param(yarnrc_yml, "secret: x " + "# " * 50_000, id="comment signs"),
        pytest.param(yarnrc_yml, "secrets:\n" + "- x # y\n" * 5_000, id="remarks"),
        pytest.param(yarnrc, "secrets:\n" + "".join(f"  a{number} x\n" for number in range(5_000)), id="objects"),
    ],
)
def test_a_hostile_file_does_not_stop_it(form: Format, text: str) -> None:
    assert redact(text.encode(), form, {})


@takes_at_most(60)
def test_a_file_full_of_secrets_does_not_stop_it() -> None:
    lines = [f"//h.example/:_authToken=npm_{number:036}" for number in range(20_000)]
    known = [Secret(line.partition("=")[2]) for line in lines]
    assert "npm_" not in redact("\n".join(lines).encode(), npmrc, {}, known)


# 5. Pieces -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("//h.example/:_authToken", "//h.example/:_authToken", id="nothing to hide"),
        pytest.param("https://u:p@h.example/", "https://<password>@h.example/", id="URL"),
        pytest.param("//u@h.example/:_auth", "//<password>@h.example/:_auth", id="key"),
        pytest.param("https://u:p@q@h.example/", "https://<password>@h.example/", id="at sign in the password"),
        pytest.param("https://u:p/https://q@h.example/", "https://<password>@h.example/", id="slashes in the password"),
        pytest.param("https://h.example/@scope/name", "https://h.example/@scope/name", id="scope in a path"),
        pytest.param("http://[::1]:4873/@team/", "http://[::1]:4873/@team/", id="scope after an IPv6 address"),
        pytest.param("//h.example/:@org:_authToken", "//h.example/:@org:_authToken", id="pnpm's scope"),
        pytest.param("jane@example.com", "jane@example.com", id="mail address"),
    ],
)
def test_hides_the_user_of_a_url(text: str, shown: str) -> None:
    assert hide_userinfo(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("https://u:p@h.example/", "https://<password>@h.example/", id="user"),
        pytest.param("https://h.example/npm_" + "a1" * 18 + "/npm/", "https://h.example/<secret>/npm/", id="npm's"),
        pytest.param("//h.example/ghp_" + "a1" * 18 + "/:_auth", "//h.example/<secret>/:_auth", id="GitHub's"),
        pytest.param("https://h.example/glpat-" + "a1" * 10 + "/", "https://h.example/<secret>/", id="GitLab's"),
        pytest.param("https://h.example/eyJhbGciOiJ9.eyJq.c2ln/", "https://h.example/<secret>/", id="JWT"),
        pytest.param("https://h.example/npm_group/", "https://h.example/npm_group/", id="name of a feed"),
        pytest.param("https://h.example/" + "0a" * 20 + "/", "https://h.example/" + "0a" * 20 + "/", id="hex"),
        pytest.param(
            "https://h.example/01234567-89ab-cdef-0123-456789abcdef/npm/",
            "https://h.example/01234567-89ab-cdef-0123-456789abcdef/npm/",
            id="UUID",
        ),
    ],
)
def test_names_a_registry_without_what_can_only_be_a_secret(text: str, shown: str) -> None:
    assert show_url(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("/home/jane/.npmrc", "/home/jane/.npmrc", id="path"),
        pytest.param("/home/jos\u00e9/.npmrc", "/home/jos\u00e9/.npmrc", id="beyond ASCII"),
        pytest.param("a b", "a b", id="blank"),
        pytest.param("a\nb", r"'a\nb'", id="line end"),
        pytest.param("\x1b[31m", r"'\x1b[31m'", id="escape sequence"),
        pytest.param("a\u202eb", r"'a\u202eb'", id="direction override"),
        pytest.param("a\u2028b", r"'a\u2028b'", id="line separator"),
        pytest.param("\udcff", r"'\udcff'", id="a byte that is no UTF-8"),
    ],
)
def test_shows_hostile_text_on_one_line(text: str, shown: str) -> None:
    assert show(text) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        pytest.param("NPM_TOKEN", "NPM_TOKEN", id="variable"),
        pytest.param("npm_rlXykWZeiNNCiiaanXnkksumIROnlSmytbxA", "<secret>", id="token of npm without a digit"),
        pytest.param("ghp_rlXykWZeiNNCiiaanXnkksumIROnlSmytbxA", "<secret>", id="token of GitHub without a digit"),
    ],
)
def test_shows_the_names_of_variables(name: str, shown: str) -> None:
    assert show_variable(name) == shown
