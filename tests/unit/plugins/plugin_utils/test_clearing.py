# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts from which credentials that are not tokens may be removed now."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.filter.list_clearable import list_clearable
from tests.report.fleets import OTHER, Result, hold, hold_password, make_host, name_token

SHARED, PASSWORD = hold("shared"), hold_password()
CERTIFICATE = hold_password(kind="certificate", settings=["//npm.example.com/:certfile"])
REFERENCE = hold("", fingerprint=None, source="environment")
UNFINISHED = [name_token("shared")]


@pytest.mark.parametrize(
    ("host", "unfinished", "clearable"),
    [
        pytest.param(make_host(), [], False, id="nothing there"),
        pytest.param(make_host(SHARED), [], False, id="a token alone"),
        pytest.param(make_host(PASSWORD), [], True, id="a password"),
        pytest.param(make_host(REFERENCE), [], True, id="a reference"),
        pytest.param(make_host(CERTIFICATE), [], True, id="a certificate"),
        pytest.param(make_host(SHARED, PASSWORD), UNFINISHED, True, id="a password beside a valid token"),
        pytest.param(make_host(SHARED, CERTIFICATE), UNFINISHED, False, id="a certificate beside a valid token"),
        pytest.param(make_host(hold("t", OTHER), CERTIFICATE), UNFINISHED, True, id="beside a token that is revoked"),
        pytest.param(make_host(CERTIFICATE), UNFINISHED, True, id="a valid token elsewhere"),
        pytest.param(make_host(PASSWORD, status="failed"), [], True, id="on a host that failed at something"),
        pytest.param(make_host(PASSWORD, status="unreachable"), [], False, id="on a host that is down"),
        pytest.param(make_host(PASSWORD, status="skipped"), [], False, id="on a host that was not looked at"),
        pytest.param(make_host(PASSWORD, tripwires=["/x"]), [], False, id="on a host with a tripwire"),
    ],
)
def test_host(host: Result, unfinished: list[str], clearable: bool) -> None:
    assert list_clearable({"a": host, "b": make_host()}, unfinished) == (["a"] if clearable else [])
