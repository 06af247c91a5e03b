# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read what a token's format tells.

Private to this collection. Pure. The formats are those that npm, GitHub, GitLab and JFrog document. They do not prove
that a token is valid or revoked.
"""

from __future__ import annotations

import json
import re
from datetime import datetime, timezone
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, decode_base64

OPAQUE = "opaque"
#: The expiry of a token that does not expire.
NEVER = "never"

_FORMATS = (
    ("npm", re.compile(r"npms?_[0-9A-Za-z]{20,}\Z")),
    ("uuid", re.compile(r"(?i)[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z")),
    ("github", re.compile(r"(?:gh[oprsu]_|github_pat_)\w+\Z")),
    ("gitlab", re.compile(r"(?:glpat|gldt|glcbt)-[\w.-]+\Z")),
    ("artifactory", re.compile(r"(?:cmVmdGtu|AKC)[\w=+/-]+\Z")),
    ("jwt", re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]*\Z")),
)
_REFERENCE = re.compile(r"reftkn:[^:]*:([0-9]{1,12}):")
_TIME = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[T ]([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?Z?)?\Z")
_LATEST = datetime(9999, 1, 1, tzinfo=timezone.utc).timestamp()


def name_format(token: Secret) -> str:
    """Return a token's format: ``npm``, ``uuid``, ``github``, ``gitlab``, ``artifactory``, ``jwt``, ``opaque``."""
    text = token.reveal()
    return next((name for name, shape in _FORMATS if shape.match(text)), OPAQUE)


def read_expiry(token: Secret) -> str | None:
    """Return when a JWT expires (``exp``, RFC 7519), as ISO 8601 in UTC; None if it does not say."""
    expiry = (read_claims(token) or {}).get("exp")
    if isinstance(expiry, bool) or not isinstance(expiry, (int, float)):
        return None
    return format_seconds(expiry)


def read_claims(token: Secret) -> dict[str, Any] | None:
    """Return the claims of a JWT (RFC 7519) without checking its signature; None for other tokens."""
    if name_format(token) != "jwt":
        return None
    payload = decode_base64(token.reveal().split(".")[1].translate({ord("-"): "+", ord("_"): "/"}))
    try:
        claims = json.loads(payload or "")
    except (ValueError, RecursionError):
        return None
    return claims if isinstance(claims, dict) else None


def read_reference_expiry(token: Secret) -> str | None:
    """Return the expiry of a JFrog reference token: base64 of ``reftkn:01:<seconds since 1970, or 0>:<random>``."""
    match = _REFERENCE.match(decode_base64(token.reveal()) or "")
    if not match:
        return None
    return format_seconds(int(match.group(1))) if int(match.group(1)) else NEVER


def format_seconds(seconds: float) -> str | None:
    """Return seconds since 1970 as ISO 8601 in UTC; None if out of range."""
    if not 0 <= seconds < _LATEST:
        return None
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def normalize_time(text: Any) -> str | None:
    """Return a registry's date or time (``2026-01-31``, ``2027-03-01T00:00:00.000Z``) as ISO 8601, else None."""
    match = _TIME.match(text) if isinstance(text, str) else None
    if not match:
        return None
    try:
        time = datetime.strptime(f"{match.group(1)} {match.group(2) or '00:00:00'}", "%Y-%m-%d %H:%M:%S")
    except ValueError:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")
