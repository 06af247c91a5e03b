# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real Verdaccios that say that they revoke a token, and do not: nothing is claimed of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection, ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import RegistryClient, Trust
from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import revoke_token
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from tests.integration.verdaccio import Verdaccio
from tests.tools import paths


@pytest.fixture(scope="module", params=paths.OLDER_VERDACCIOS)
def older(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Verdaccio]:
    program = paths.OLDER_VERDACCIOS[request.param] / "bin" / "verdaccio"
    with Verdaccio(tmp_path_factory.mktemp("verdaccio"), program) as server:
        yield server


def revoke(server: Verdaccio, token: str) -> Verdict:
    client = RegistryClient(parse_registry(server.url), Connection(ConnectionOptions(use_proxy=False)), Trust())
    try:
        return revoke_token(client, Secret(token), revoke="confirmed", verify_timeout=4)
    finally:
        client.close()


def test_token_stays_valid_and_is_reported(older: Verdaccio) -> None:
    token = older.create_token("vera")
    verdict = revoke(older, token)
    assert (verdict.outcome, verdict.kind) == ("ineffective", "verdaccio")
    assert older.whoami(token).body == {"username": "vera"}


def test_login_token_stays_valid_and_is_reported(older: Verdaccio) -> None:
    token = older.login("wendy")
    verdict = revoke(older, token)
    assert (verdict.outcome, verdict.kind) == ("ineffective", "verdaccio")
    assert older.whoami(token).body == {"username": "wendy"}


def test_a_token_that_nobody_knows_is_already_invalid(older: Verdaccio) -> None:
    assert revoke(older, "bm9ib2R5IGtub3dzIHRoaXMgb25l").outcome == "already_invalid"
