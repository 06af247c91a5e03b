# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of registries that the search for a wrong verdict plays: one row for each way to say yes and no."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from urllib.parse import unquote

from ansible_collections.npmops.auth.plugins.module_utils._registry.http import Answer
from tests.fuzz.lying import DROP, LIST, PLAIN_401, REFUSALS, REVOKE, WHO, Kind

NPM_TOKEN = "npm_Abcdefghij0123456789Abcdefghij012345"
VERDACCIO_TOKEN = "AbCdefghijklmnopqrstuv0123456789+/=xyz=="
ROUTES = (
    ("GET", WHO, r"-/whoami"),
    ("DELETE", REVOKE, r"-/user/token/([^/]+)"),
    ("GET", LIST, r"-/npm/v1/tokens"),
    ("DELETE", DROP, r"-/npm/v1/tokens/token/([^/]+)"),
)


def sort(method: str, target: str) -> tuple[str, str] | None:
    """npm's own endpoints."""
    for verb, endpoint, pattern in ROUTES:
        match = re.fullmatch(pattern, target)
        if match and verb == method:
            return endpoint, unquote(match.group(1)) if match.groups() else ""
    return None


def sort_profile(method: str, target: str) -> tuple[str, str] | None:
    """The same, but for the user's profile in place of whoami."""
    return sort(method, {"-/npm/v1/user": "-/whoami", "-/whoami": "-/nowhere"}.get(target, target))


def hash_of(token: str) -> str:
    return hashlib.sha512(token.encode()).hexdigest()


#: Entries of other tokens that look like npm's token above.
LOOK_ALIKES = (
    {"key": hash_of("another"), "token": "npm_Abcd...2345"},
    {"key": "0a1b", "token": "npm_Abcd"},
    {"key": "2c3d", "token": "npm_Ab...45"},
    {"key": "4e5f", "token": "npm_Abcdefghij..."},
    {"key": "6a7b", "token": "npm_Abcd...9999"},
)
KNOWN = Answer(200, {"username": "alice"})

NPM = Kind("npm", NPM_TOKEN, sort, KNOWN, PLAIN_401, key=hash_of(NPM_TOKEN), entries=LOOK_ALIKES)
KINDS = (
    NPM,
    replace(NPM, name="npm, today", key="01234567-89ab-cdef-0000-0123456789ab"),
    replace(NPM, name="Verdaccio, a login token", denial=REFUSALS["200, nobody"], revokes=False),
    replace(
        NPM, name="Verdaccio", token=VERDACCIO_TOKEN, denial=REFUSALS["403"], revokes=False, key="0" * 32, entries=()
    ),
    replace(NPM, name="Nexus", denial=REFUSALS["200, anonymous"]),
    replace(NPM, name="no whoami", sort=sort_profile, known=Answer(200, {"name": "alice"})),
)
