# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the format of a token says about it."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._npm.own_variables import check_checksum
from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import (
    name_format,
    read_expiry,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

FITS = "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"
FITS_NOT = "npm_NFX6dCpmIWvQ7megnY0AtQwkoKzWcEXAMPLE"


def encode(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def make_jwt(payload: Any) -> str:
    return ".".join([encode(b'{"alg":"HS256","typ":"JWT"}'), encode(json.dumps(payload).encode()), encode(b"\xfb\xff")])


@pytest.mark.parametrize(
    ("token", "name"),
    [
        pytest.param(FITS, "npm", id="npm"),
        pytest.param("npms_" + 40 * "a", "npm", id="npm's longer ones"),
        pytest.param("npm_short", "opaque", id="too short for npm"),
        pytest.param("01234567-89ab-cdef-0123-456789ABCDEF", "uuid", id="uuid"),
        pytest.param("NpmToken.01234567-89ab-cdef-0123-456789abcdef", "opaque", id="Nexus"),
        *[pytest.param(f"{prefix}_{36 * 'x'}", "github", id=prefix) for prefix in ("ghp", "gho", "ghu", "ghs", "ghr")],
        pytest.param("github_pat_11AAAA_bbbb", "github", id="github_pat"),
        *[pytest.param(f"{prefix}-{20 * 'x'}", "gitlab", id=prefix) for prefix in ("glpat", "gldt", "glcbt")],
        pytest.param("cmVmdGtu" + 56 * "x", "artifactory", id="reference token"),
        pytest.param("AKCp" + 69 * "x", "artifactory", id="API key"),
        pytest.param(make_jwt({}), "jwt", id="jwt"),
        pytest.param("eyJhbGciOiJIUzI1NiJ9", "opaque", id="one part of a jwt"),
        pytest.param("hunter2", "opaque", id="anything"),
        pytest.param("", "opaque", id="nothing"),
    ],
)
def test_format(token: str, name: str) -> None:
    assert name_format(Secret(token)) == name


@pytest.mark.parametrize(
    ("token", "fits"),
    [
        pytest.param(FITS, True, id="fits"),
        pytest.param(FITS_NOT, False, id="fits not"),
        pytest.param(FITS_NOT[:-6] + "0m6oPY", True, id="fixed checksum"),
        pytest.param(FITS + "x", None, id="longer"),
        pytest.param("npms_" + FITS[4:], None, id="of another kind"),
        pytest.param("hunter2", None, id="anything"),
    ],
)
def test_checksum(token: str, fits: bool | None) -> None:
    assert check_checksum(Secret(token)) is fits


@pytest.mark.parametrize(
    ("payload", "expires"),
    [
        pytest.param({"exp": 1893456000}, "2030-01-01T00:00:00Z", id="seconds"),
        pytest.param({"exp": 1893456000.9}, "2030-01-01T00:00:00Z", id="with a fraction"),
        pytest.param({"exp": 0}, "1970-01-01T00:00:00Z", id="long ago"),
        pytest.param({}, None, id="never"),
        pytest.param({"exp": "1893456000"}, None, id="text"),
        pytest.param({"exp": True}, None, id="bool"),
        pytest.param({"exp": -1}, None, id="before time"),
        pytest.param({"exp": 1e300}, None, id="after time"),
        pytest.param({"exp": float("nan")}, None, id="no number"),
        pytest.param([], None, id="list"),
        pytest.param(None, None, id="null"),
    ],
)
def test_expiry(payload: Any, expires: str | None) -> None:
    assert read_expiry(Secret(make_jwt(payload))) == expires


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("eyJ.####.x", id="no base64"),
        pytest.param(f"eyJhb.{encode(b'no JSON')}.x", id="no JSON"),
        pytest.param(f"eyJhb.{encode(50000 * b'[')}.x", id="deep"),
        pytest.param(FITS, id="no JWT"),
    ],
)
def test_no_expiry(token: str) -> None:
    assert read_expiry(Secret(token)) is None
