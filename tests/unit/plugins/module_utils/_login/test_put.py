# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""An .npmrc after a new login was put into it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig, npmrc, yarnrc, yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._login.put import Login, Put, put_login
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

REGISTRY = parse_registry("https://h.example/")
KEY = "//h.example/"
NEW = Login(REGISTRY, token=Secret("new"))
PAIR = Login(REGISTRY, username="al", password=Secret("pw"))
PAIR_LINES = f"{KEY}:username=al\n{KEY}:_password=cHc=\n"


def put(text: str, login: Login = NEW, **environment: str) -> Put:
    return put_login(text.encode(), npmrc, login, environment)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", f"{KEY}:_authToken=new\n", id="new file"),
        pytest.param("a=1\n", f"a=1\n{KEY}:_authToken=new\n", id="added"),
        pytest.param("a=1", f"a=1\n{KEY}:_authToken=new", id="added, no last newline"),
        pytest.param("a=1\r\n", f"a=1\r\n{KEY}:_authToken=new\r\n", id="added, CRLF"),
        pytest.param("\ufeffa=1\n", f"\ufeffa=1\n{KEY}:_authToken=new\n", id="added, byte order mark"),
        pytest.param("a=1\n[s]\nb=2\n", f"a=1\n{KEY}:_authToken=new\n[s]\nb=2\n", id="added before a section"),
        pytest.param("[s]\nb=2", f"{KEY}:_authToken=new\n[s]\nb=2", id="added before the first line"),
        pytest.param(f"{KEY}:_authToken=old\na=1\n", f"{KEY}:_authToken=new\na=1\n", id="in place"),
        pytest.param(f"{KEY}:_authToken = old  ; mine\n", f"{KEY}:_authToken = new  ; mine\n", id="with a comment"),
        pytest.param(f'{KEY}:_authToken="old"', f"{KEY}:_authToken=new", id="quoted"),
        pytest.param(f"{KEY}:_authToken=o\\;ld # x", f"{KEY}:_authToken=new # x", id="escaped"),
        pytest.param(f"{KEY}:_authToken=", f"{KEY}:_authToken=new", id="empty"),
        pytest.param(f"{KEY}:_authToken", f"{KEY}:_authToken=new", id="key alone"),
        pytest.param(f"{KEY[:-1]}:_authToken=old", f"{KEY[:-1]}:_authToken=new", id="no last slash"),
        pytest.param(
            f"{KEY}:_authToken=1\n{KEY}:_authToken=2", f"{KEY}:_authToken=new\n{KEY}:_authToken=new", id="duplicates"
        ),
        pytest.param(
            f"{KEY}:@o:_authToken=old", f"{KEY}:@o:_authToken=new\n{KEY}:_authToken=new", id="of a scope, pnpm's alone"
        ),
        pytest.param(
            f"{KEY}:_authtoken=old", f"{KEY}:_authtoken=old\n{KEY}:_authToken=new", id="a spelling that npm ignores"
        ),
        pytest.param(f"{KEY}:_authToken[]=1\n{KEY}:_authToken[]=2\n", f"{KEY}:_authToken=new\n", id="a list"),
        pytest.param(f"{KEY}:_authToken=1\n{KEY}:_authToken[]=2\n", f"{KEY}:_authToken=new\n", id="made a list"),
        pytest.param(f'{KEY}:_authToken=\u00a0"o;ld"', f"{KEY}:_authToken=\u00a0new", id="quoted behind other blanks"),
        pytest.param(f"{KEY}:_authToken=${{T}}", f"{KEY}:_authToken=new", id="a reference"),
        pytest.param(
            f"{KEY}:username=u\n{KEY}:_password=cA==\n{KEY}:_auth=x\n{KEY}:email=e\n",
            f"{KEY}:email=e\n{KEY}:_authToken=new\n",
            id="in place of a password",
        ),
        pytest.param(
            "registry=https://h.example\n_authToken=old\n",
            f"registry=https://h.example\n_authToken=new\n{KEY}:_authToken=new\n",
            id="unscoped one of the default registry",
        ),
        pytest.param("_authToken=old\n", f"_authToken=old\n{KEY}:_authToken=new\n", id="unscoped one of another"),
        pytest.param(f"{KEY}a/:_authToken=old\n", f"{KEY}a/:_authToken=old\n{KEY}:_authToken=new\n", id="deeper path"),
        pytest.param(f"; {KEY}:_authToken=old\n", f"; {KEY}:_authToken=old\n{KEY}:_authToken=new\n", id="comment"),
        pytest.param(
            f"[s]\n{KEY}:_authToken=old\n", f"{KEY}:_authToken=new\n[s]\n{KEY}:_authToken=old\n", id="under a section"
        ),
        pytest.param(
            f"https:{KEY}:_authToken=old\n",
            f"https:{KEY}:_authToken=old\n{KEY}:_authToken=new\n",
            id="with a scheme, which npm does not read",
        ),
        pytest.param(
            f"{KEY}:_authToken=$T\n",
            f"{KEY}:_authToken=$T\n{KEY}:_authToken=new\n",
            id="a reference that only Bun replaces",
        ),
    ],
)
def test_token(before: str, after: str) -> None:
    assert put(before).data == after.encode()
    assert put(after).data == after.encode()
    assert put(after).keys == ()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", PAIR_LINES, id="new file"),
        pytest.param(f"{KEY}:_authToken=old\na=1\n", f"a=1\n{PAIR_LINES}", id="in place of a token"),
        pytest.param(
            f"{KEY}:username=al\n{KEY}:_password=b2xk # x\n",
            f"{KEY}:username=al\n{KEY}:_password=cHc= # x\n",
            id="a new password",
        ),
        pytest.param(PAIR_LINES, PAIR_LINES, id="the same"),
        pytest.param(
            f"\ufeff{KEY}:_authToken=old\r\n",
            "\ufeff" + PAIR_LINES.replace("\n", "\r\n"),
            id="in place of the only line, CRLF, byte order mark",
        ),
    ],
)
def test_user_name_and_password(before: str, after: str) -> None:
    assert put(before, PAIR).data == after.encode()


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", f"{KEY}:_authToken=new\n@o:registry=https://h.example/\n", id="added"),
        pytest.param(
            "@o:registry=https://i.example/ # x\n",
            f"@o:registry=https://h.example/ # x\n{KEY}:_authToken=new\n",
            id="moved",
        ),
        pytest.param(
            "@o:registry=https://h.example\n", f"@o:registry=https://h.example\n{KEY}:_authToken=new\n", id="the same"
        ),
    ],
)
def test_link_of_a_scope(before: str, after: str) -> None:
    login = Login(REGISTRY, scope="@o", token=Secret("new"))
    assert put(before, login).data == after.encode()


@pytest.mark.parametrize(
    ("before", "login", "replaced"),
    [
        pytest.param("", NEW, [], id="none"),
        pytest.param(f"{KEY}:_authToken=old", NEW, ["old"], id="one"),
        pytest.param(f"{KEY}:_authToken=1\n{KEY}:_authToken=2", NEW, ["1", "2"], id="two"),
        pytest.param(f"{KEY}:_authToken=new", NEW, [], id="the same"),
        pytest.param(f"{KEY}:_authToken=old", PAIR, ["old"], id="by a password"),
        pytest.param("//i.example/:_authToken=old", NEW, [], id="of another registry"),
        pytest.param(f"{KEY}:_authToken=${{T}}", NEW, ["from-env"], id="behind a reference"),
        pytest.param(f"{KEY}:_password=b2xk\n{KEY}:username=u", NEW, [], id="a password has no name"),
    ],
)
def test_says_which_tokens_were_replaced(before: str, login: Login, replaced: list[str]) -> None:
    told = put(before, login, T="from-env").replaced
    assert told == tuple(fingerprint(Secret(token)) for token in replaced)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("", "//h.example/@team/:_authToken=new\n", id="new file"),
        pytest.param("//h.example/@team/:_authToken=old", "//h.example/@team/:_authToken=new", id="in place"),
        pytest.param("//h.example/@team:_authToken=old", "//h.example/@team:_authToken=new", id="no last slash"),
    ],
)
def test_registry_whose_path_looks_like_a_scope(before: str, after: str) -> None:
    login = Login(parse_registry("https://h.example/@team/"), token=Secret("new"))
    assert put(before, login).data == after.encode()
    assert put(after, login).data == after.encode()


def test_names_what_is_new() -> None:
    login = Login(REGISTRY, scope="@o", token=Secret("new"))
    assert put("", login).keys == (f"{KEY}:_authToken", "@o:registry")
    assert put(f"{KEY[:-1]}:_authToken=old", NEW).keys == (f"{KEY[:-1]}:_authToken",)


def test_text_by_which_python_shows_it_holds_no_secret() -> None:
    shown = repr(put(f"{KEY}:_authToken=old", Login(REGISTRY, token=Secret("s3cret"))))
    assert "s3cret" not in shown
    assert "old" not in shown


def test_password_of_bun_is_plain() -> None:
    text = '[install.scopes]\no = {{ url = "https://h.example/", username = "{}", password = "{}" }}\n'
    result = put_login(text.format("u", "old").encode(), bunfig, PAIR, {})
    assert result.data.decode() == text.format("al", "pw")


@pytest.mark.parametrize("username", ["${UNSET}", "a${HOME}"])
def test_user_name_that_refers_to_a_variable_is_refused(username: str) -> None:
    with pytest.raises(StoreError):
        put("", Login(REGISTRY, username=username, password=Secret("pw")), HOME="/root")


def test_token_that_bun_takes_for_a_variable_is_refused() -> None:
    text = b'[install.scopes]\no = { url = "https://h.example/", token = "old" }\n'
    with pytest.raises(StoreError):
        put_login(text, bunfig, Login(REGISTRY, token=Secret("$UNSET")), {})


@pytest.mark.parametrize("token", ["null", "'a'", "a\\${HOME}", "${HOME}"])
def test_what_npm_would_not_read_back_is_refused(token: str) -> None:
    with pytest.raises(StoreError) as problem:
        put("", Login(REGISTRY, token=Secret(token)), HOME="/root")
    assert token not in str(problem.value)


@pytest.mark.parametrize(
    ("form", "before", "after"),
    [
        pytest.param(
            yarnrc_yml,
            "npmRegistryServer: https://h.example\nnpmAuthToken: old # x\n",
            'npmRegistryServer: https://h.example\nnpmAuthToken: "new" # x\n',
            id="Yarn",
        ),
        pytest.param(
            yarnrc_yml,
            "npmScopes:\n  a:\n    onConflict: reset\n    value:\n      npmRegistryServer: {onConflict: reset, value: "
            "'https://h.example'}\n      npmAuthToken: {onConflict: reset, value: old}\n",
            "npmScopes:\n  a:\n    onConflict: reset\n    value:\n      npmRegistryServer: {onConflict: reset, value: "
            "'https://h.example'}\n      npmAuthToken: {onConflict: reset, value: \"new\"}\n",
            id="Yarn, a value that is merged",
        ),
        pytest.param(yarnrc, f'"{KEY}:_authToken" old\n', f'"{KEY}:_authToken" "new"\n', id="Yarn 1"),
        pytest.param(
            bunfig,
            "[install]\nregistry = { url = 'https://h.example', token = 'old' }",
            "[install]\nregistry = { url = 'https://h.example', token = \"new\" }",
            id="Bun",
        ),
        pytest.param(
            bunfig,
            "[install]\nregistry = 'https://:old@h.example/' # x\n",
            "[install]\nregistry = 'https://:new@h.example/' # x\n",
            id="Bun, before the host in the URL",
        ),
        pytest.param(
            bunfig,
            '[install.scopes]\no = "https://h.example/:_authToken=old"\n',
            '[install.scopes]\no = "https://h.example/:_authToken=new"\n',
            id="Bun, in the path of the URL",
        ),
    ],
)
def test_login_in_files_of_other_clients(form: Format, before: str, after: str) -> None:
    assert put_login(before.encode(), form, NEW, {}).data == after.encode()
    with pytest.raises(StoreError, match=r"a login can be added only to an \.npmrc"):
        put_login(b"", form, NEW, {})


@pytest.mark.parametrize(
    ("server", "is_put"),
    [
        pytest.param("${NONE:-https://h.example}", True, id="this registry"),
        pytest.param("${NONE:-https://i.example}", False, id="another registry"),
        pytest.param("${NONE}", False, id="a registry that is not known"),
    ],
)
def test_login_of_a_scope_whose_registry_refers_to_a_variable(server: str, is_put: bool) -> None:
    text = (
        "npmRegistryServer: https://h.example\nnpmAuthToken: old\n"
        f'npmScopes: {{a: {{npmRegistryServer: "{server}", npmAuthToken: old}}}}\n'
    )
    result = put_login(text.encode(), yarnrc_yml, NEW, {})
    assert (b"npmAuthToken: old}" not in result.data) is is_put


def test_token_in_a_url_of_bun_is_escaped() -> None:
    before = b'[install]\nregistry = "https://:old@h.example/"\n'
    result = put_login(before, bunfig, Login(REGISTRY, token=Secret("a/b@c:d%")), {})
    assert result.data == b'[install]\nregistry = "https://:a%2Fb%40c%3Ad%25@h.example/"\n'
    assert result.replaced == (fingerprint(Secret("old")),)


@pytest.mark.parametrize(
    ("before", "token", "problem"),
    [
        pytest.param(
            r'"https://:o\u006cd@h.example/"',
            "new",
            "line 2: the login in this URL cannot be replaced",
            id="URL with an escape",
        ),
        pytest.param(
            '"https://h.example/:_authToken=old"',
            "a/b",
            "contains characters that cannot be written",
            id="path is not unescaped",
        ),
    ],
)
def test_token_in_a_url_of_bun_that_cannot_be_replaced(before: str, token: str, problem: str) -> None:
    text = f"[install]\nregistry = {before}\n"
    with pytest.raises(StoreError, match=problem):
        put_login(text.encode(), bunfig, Login(REGISTRY, token=Secret(token)), {})


def test_mapping_that_is_not_a_url_is_fixed() -> None:
    login = Login(REGISTRY, scope="@o", token=Secret("new"))
    assert put("@o:registry=nonsense\n", login).data.startswith(b"@o:registry=https://h.example/\n")


KEEP = Login(REGISTRY, token=Secret("new"), keep=True)


@pytest.mark.parametrize(
    ("before", "after", "replaced"),
    [
        pytest.param("", f"{KEY}:_authToken=new\n", [], id="new file"),
        pytest.param(
            f"{KEY}:_authToken=old\na=1\n", f"{KEY}:_authToken=old\n{KEY}:_authToken=new\na=1\n", ["old"], id="behind"
        ),
        pytest.param(
            f"a=1\r\n{KEY}:_authToken=old\r\n",
            f"a=1\r\n{KEY}:_authToken=old\r\n{KEY}:_authToken=new\r\n",
            ["old"],
            id="CRLF",
        ),
        pytest.param(
            f"a=1\r\n{KEY}:_authToken=old",
            f"a=1\r\n{KEY}:_authToken=old\r\n{KEY}:_authToken=new",
            ["old"],
            id="no last newline",
        ),
        pytest.param(f"{KEY}:_authToken=old", f"{KEY}:_authToken=old\n{KEY}:_authToken=new", ["old"], id="one line"),
        pytest.param(
            f"\ufeff{KEY}:_authToken=old\n",
            f"\ufeff{KEY}:_authToken=old\n{KEY}:_authToken=new\n",
            ["old"],
            id="byte order mark",
        ),
        pytest.param(
            f' "{KEY}:_authToken"\t= old ; mine\n',
            f' "{KEY}:_authToken"\t= old ; mine\n "{KEY}:_authToken"\t= new\n',
            ["old"],
            id="written otherwise",
        ),
        pytest.param(
            f"{KEY}:_authToken\n", f"{KEY}:_authToken\n{KEY}:_authToken=new\n", ["true"], id="key alone is true to npm"
        ),
        pytest.param(f"{KEY}:_authToken=\n", f"{KEY}:_authToken=\n{KEY}:_authToken=new\n", [], id="empty"),
        pytest.param(
            f"{KEY}:_authToken=1\n{KEY}:_authToken=2\na=1\n",
            f"{KEY}:_authToken=1\n{KEY}:_authToken=2\n{KEY}:_authToken=new\na=1\n",
            ["1", "2"],
            id="behind the last of several",
        ),
        pytest.param(
            f"{KEY}:_authToken=new\n{KEY}:_authToken=old\n",
            f"{KEY}:_authToken=new\n{KEY}:_authToken=old\n{KEY}:_authToken=new\n",
            ["old"],
            id="there, but not last",
        ),
        pytest.param(
            f"{KEY[:-1]}:_authToken=1\n{KEY}:_authToken=2\n{KEY}:@o:_authToken=3\n",
            f"{KEY[:-1]}:_authToken=1\n{KEY[:-1]}:_authToken=new\n{KEY}:_authToken=2\n{KEY}:_authToken=new\n"
            f"{KEY}:@o:_authToken=3\n{KEY}:@o:_authToken=new\n",
            ["1", "2", "3"],
            id="each name of its own",
        ),
        pytest.param(
            "registry=https://h.example\n_authToken=old\n",
            f"registry=https://h.example\n_authToken=old\n_authToken=new\n{KEY}:_authToken=new\n",
            ["old"],
            id="unscoped",
        ),
        pytest.param(
            f"{KEY}:_authToken=${{T}}\n",
            f"{KEY}:_authToken=${{T}}\n{KEY}:_authToken=new\n",
            ["from-env"],
            id="reference",
        ),
        pytest.param(
            f"{KEY}:username=u\n{KEY}:_password=cA==\n",
            f"{KEY}:username=u\n{KEY}:_password=cA==\n{KEY}:_authToken=new\n",
            [],
            id="a password stays as well",
        ),
        pytest.param(
            "//i.example/:_authToken=old\n", f"//i.example/:_authToken=old\n{KEY}:_authToken=new\n", [], id="another's"
        ),
    ],
)
def test_old_tokens_are_kept(before: str, after: str, replaced: list[str]) -> None:
    first, second = put(before, KEEP, T="from-env"), put(after, KEEP, T="from-env")
    assert first.data == after.encode()
    assert (second.data, second.keys) == (after.encode(), ())
    for told in (first, second):
        assert told.replaced == tuple(fingerprint(Secret(token)) for token in replaced)


def test_names_of_what_is_after_the_old_ones() -> None:
    assert put(f"{KEY[:-1]}:_authToken=1\n{KEY[:-1]}:_authToken=2\n", KEEP).keys == (f"{KEY[:-1]}:_authToken",)


def test_afterwards_nothing_is_left_to_tidy_but_the_old_ones() -> None:
    """What the rotation does after the old tokens are revoked: remove them, then put the login there once more."""
    kept = put(f"{KEY}:_auth=x\n{KEY}:_authToken=old\na=1\n", KEEP).data
    old = [item.setting for item in read_settings(kept, npmrc, {}) if item.value == "old"]
    assert put(npmrc.remove(kept, old).decode()).data == f"{KEY}:_authToken=new\na=1\n".encode()


@pytest.mark.parametrize(
    ("before", "form", "problem"),
    [
        pytest.param(f"{KEY}:_authToken[]=old\n", npmrc, "in a list", id="a list"),
        pytest.param(
            'npmRegistryServer: "https://h.example"\nnpmAuthToken: old\n', yarnrc_yml, "only an .npmrc", id="YAML"
        ),
    ],
)
def test_where_no_two_can_stand(before: str, form: Format, problem: str) -> None:
    with pytest.raises(StoreError, match=problem):
        put_login(before.encode(), form, KEEP, {})


TEXT = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_categories=["Cc"]), min_size=1)
LINES = st.lists(
    st.sampled_from(
        [
            "a=1",
            "; x",
            "",
            "[s]",
            f"{KEY}:_authToken=old",
            f"{KEY}:_auth=x",
            f"{KEY}:username=u",
            "registry=https://h.example",
        ]
    )
)


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans(), token=TEXT)
def test_any_document(lines: list[str], end: str, last: bool, token: str) -> None:
    before = (end.join(lines) + (end if last else "")).encode()
    try:
        result = put_login(before, npmrc, Login(REGISTRY, token=Secret(token)), {})
    except StoreError:
        return
    readings = [item for item in read_settings(result.data, npmrc, {}) if item.setting.section is None]
    assert [item.value for item in readings if item.name == f"{KEY}:_authToken"][-1] == token
    assert put_login(result.data, npmrc, Login(REGISTRY, token=Secret(token)), {}).data == result.data
    kept = [line for line in lines if KEY not in line]
    assert [line for line in re.split("\r?\n", result.data.decode()) if line in kept and line] == [
        line for line in kept if line
    ]


@given(lines=LINES, end=st.sampled_from(["\n", "\r\n"]), last=st.booleans(), token=TEXT)
def test_any_document_keeps_all_its_lines(lines: list[str], end: str, last: bool, token: str) -> None:
    before = (end.join(lines) + (end if last else "")).encode()
    login = Login(REGISTRY, token=Secret(token), keep=True)
    try:
        result = put_login(before, npmrc, login, {})
    except StoreError:
        return
    readings = [item for item in read_settings(result.data, npmrc, {}) if item.setting.section is None]
    assert [item.value for item in readings if item.name == f"{KEY}:_authToken"][-1] == token
    assert put_login(result.data, npmrc, login, {}).data == result.data
    left = iter(re.split("\r?\n", result.data.decode()))
    assert all(line in left for line in lines if line)


def test_a_file_in_utf_16_gets_no_login() -> None:
    """npm would not read it."""
    data = b"\xff\xfe" + f"{KEY}:_authToken=old\n".encode("utf-16-le")
    with pytest.raises(StoreError, match="UTF-16, which npm does not read"):
        put_login(data, npmrc, NEW, {})
