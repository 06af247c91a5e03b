# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is said of a connection, and for whom an answer counts that came over one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
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
            "Tokens for http://npm.example.com/<secret>/ are sent over unencrypted HTTP, where others can read them.",
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


URL = "http://npm.example.com/"


@pytest.mark.parametrize(
    ("lines", "of_host", "owners"),
    [
        pytest.param(b"proxy=http://proxy.example/\n", False, ["alice", "bob"], id="their own files"),
        pytest.param(b"proxy=http://proxy.example/\n", True, [None, None], id="the host's file"),
        pytest.param(b"a=b\n", False, [None, None], id="nobody says anything"),
    ],
)
def test_own_connections_are_kept_apart(lines: bytes, of_host: bool, owners: list[str | None]) -> None:
    """What is heard on them counts for one account alone; the connection itself is shared."""
    (account,), _absent = find_accounts(None)
    sessions = Sessions(ConnectionOptions())
    readings = tuple(item._replace(of_host=of_host) for item in read_settings(lines, npmrc, {}))
    ways = [
        sessions.find_way(parse_registry(URL), account._replace(name=name), readings, ()) for name in ("alice", "bob")
    ]
    assert [connection.owner for _registry, connection, _trust in ways] == owners
    assert (ways[0] == ways[1]) == (owners[0] is None)
    clients = [sessions.ask(way, lambda client: client) for way in ways]
    sessions.close()
    assert clients[0] is clients[1]


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        pytest.param("{home}/ca.pem", "alice", id="in the home"),
        pytest.param("~/ca.pem", "alice", id="in the home, by its short name"),
        pytest.param("{elsewhere}/ca.pem", None, id="elsewhere"),
    ],
)
def test_ca_file_of_the_host_in_a_home_is_the_accounts_own(tmp_path: Path, path: str, owner: str | None) -> None:
    (account,), _absent = find_accounts(None)
    home, elsewhere = tmp_path / "home", tmp_path / "elsewhere"
    for folder in (home, elsewhere):
        folder.mkdir()
        (folder / "ca.pem").write_text("")
    lines = f"cafile={path.format(home=home, elsewhere=elsewhere)}\n"
    readings = tuple(item._replace(of_host=True) for item in read_settings(lines.encode(), npmrc, {}))
    way = Sessions(ConnectionOptions()).find_way(
        parse_registry("https://npm.example.com/"), account._replace(name="alice", home=str(home)), (), readings
    )
    assert way[1].owner == owner
