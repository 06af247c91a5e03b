# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The text of a known token is found in every line that is not a credential with it."""

from __future__ import annotations

import base64

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._clients import load_format
from ansible_collections.npmops.auth.plugins.module_utils._logout.remaining import KnownTokens, find_text
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

TOKEN = "npm_0123456789abcdefghij"
KEY = "//npm.example.com/"


def find(text: str, form: str = "npmrc", token: str = TOKEN, *, comments: bool = False) -> tuple[int, ...]:
    return find_text(text.encode(), KnownTokens([Secret(token)]), load_format(form), {}, comments=comments)


@pytest.mark.parametrize(
    ("form", "text", "lines"),
    [
        pytest.param("npmrc", f"a=b\nHTTP:{KEY}:_authToken={TOKEN}\n", (2,), id="a key with a scheme in capitals"),
        pytest.param("npmrc", f"{KEY}:_authToken=\n{TOKEN}\n", (2,), id="alone on the line below its key"),
        pytest.param("npmrc", f'{KEY}:_authToken "{TOKEN}"\n', (1,), id="no equals sign"),
        pytest.param("npmrc", f"x=y\r\nheader=Bearer {TOKEN}\r\n", (2,), id="inside another value"),
        pytest.param("npmrc", f"registry=https://npm.example.com/{TOKEN}/\n", (1,), id="in a URL's path"),
        pytest.param("npmrc", f"[section]\n{KEY}:token={TOKEN}\n", (2,), id="another setting in a section"),
        pytest.param("npmrc", f"\n# {KEY}:_authToken={TOKEN}\n", (2,), id="commented out"),
        pytest.param("npmrc", f"{KEY}:_authToken={TOKEN}\n", (), id="a credential"),
        pytest.param("npmrc", f"{TOKEN}\r\r\n{TOKEN}\n{TOKEN} {TOKEN}", (1, 3, 4), id="several lines, each once"),
        pytest.param("npmrc", f"x={base64.b64encode(TOKEN.encode()).decode()}", (1,), id="base64"),
        pytest.param("npmrc", "x=npm_0123456789abcdefghi\n", (), id="another token"),
        pytest.param("yarnrc_yml", f'npmAuthToken: ""\nother:\n  - "{TOKEN}"\n', (3,), id="Yarn"),
        pytest.param("yarnrc_yml", f'npmAuthToken: "{TOKEN}"\n', (), id="Yarn, a credential"),
        pytest.param("yarnrc_yml", f"npmAuthToken: [\n{TOKEN}\n", (2,), id="Yarn, not valid YAML"),
        pytest.param("yarnrc", f'"{KEY}:token" {TOKEN}\n', (1,), id="Yarn 1"),
        pytest.param("pnpm_config", f"a: 1\nauthToken: {TOKEN}\n", (2,), id="pnpm"),
        pytest.param("bunfig", f'[install]\nx = "{TOKEN}"\n', (2,), id="Bun"),
    ],
)
def test_finds_the_line(form: str, text: str, lines: tuple[int, ...]) -> None:
    assert find(text, form) == lines


def test_a_comment_that_the_run_is_about_is_a_credential() -> None:
    assert find(f"# {KEY}:_authToken={TOKEN}\n", comments=True) == ()


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("x=s3cr3t\n", (1,), id="a word by itself"),
        pytest.param("x=s3cr3ts\n", (), id="a part of a word"),
    ],
)
def test_a_short_token_is_found_as_a_word(text: str, lines: tuple[int, ...]) -> None:
    assert find(text, token="s3cr3t") == lines


def test_thousands_of_tokens_cost_little() -> None:
    tokens = [Secret(f"npm_{number:036}") for number in range(5_000)]
    data = b"\n".join(b"%d" % number for number in range(20_000)) + b"\nx=" + tokens[-1].reveal().encode()
    assert find_text(data, KnownTokens(tokens), load_format("npmrc"), {}, comments=False) == (20_001,)
