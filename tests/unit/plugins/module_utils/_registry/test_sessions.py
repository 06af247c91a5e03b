# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is a person told of a connection? The registry's name, without the token that its path can hold."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Sessions
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret

TOKEN = Secret("npm_0123456789abcdef")


@pytest.mark.parametrize(
    "store",
    [
        pytest.param(b'cert="C1\\nC2"\nkey="K1\\nK2"\n', id="in quotes"),
        pytest.param(b"cert=C1\\nC2\nkey=K1\\nK2\n", id="without quotes"),
        pytest.param(b'//h.example/:cert="C1\\nC2"\n//h.example/:key="K1\\nK2"\n', id="of the registry"),
    ],
)
def test_shows_the_certificate_whose_text_is_in_the_file(store: bytes) -> None:
    (account,), _absent = find_accounts(None)
    sessions = Sessions(ConnectionOptions())
    _registry, _connection, trust = sessions.find_way(
        parse_registry("https://h.example/"), account, read_settings(store, npmrc, {}), ()
    )
    assert trust.certificate == Secret("C1\nC2\nK1\nK2")


@pytest.mark.parametrize(
    ("url", "store", "warning"),
    [
        pytest.param(
            "http://npm.example.com/npm_0123456789abcdef/",
            b"",
            "Tokens for http://npm.example.com/<secret>/ travel over plain http, where others can read them.",
            id="plain http",
        ),
        pytest.param(
            "https://npm.example.com/npm_0123456789abcdef/",
            b"strict-ssl=false\n",
            "The certificate of https://npm.example.com/<secret>/ is not validated.",
            id="not validated",
        ),
        pytest.param(
            "https://npm.example.com/npm/",
            b"strict-ssl=false\n",
            "The certificate of https://npm.example.com/npm/ is not validated.",
            id="nothing to hide",
        ),
    ],
)
def test_warnings(url: str, store: bytes, warning: str) -> None:
    (account,), _absent = find_accounts(None)
    sessions = Sessions(ConnectionOptions(), Concealer([TOKEN]))
    way = sessions.find_way(parse_registry(url), account, read_settings(store, npmrc, {}), ())
    sessions.ask(way, lambda _client: None)
    sessions.close()
    assert sessions.warnings == [warning]
