# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the kinds of registries in the search for a wrong verdict, one row for each way to accept and reject a token."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import unquote

from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import Answer
from tests.fuzz.lying import DROP, EMPTY, LIST, PLAIN_401, REFUSALS, REVOKE, WHO, Kind

NPM_TOKEN = "npm_Abcdefghij0123456789Abcdefghij012345"
VERDACCIO_TOKEN = "AbCdefghijklmnopqrstuv0123456789+/=xyz=="
ROUTES = (
    ("GET", WHO, r"-/whoami"),
    ("DELETE", REVOKE, r"-/user/token/([^/]+)"),
    ("GET", LIST, r"-/npm/v1/tokens"),
    ("DELETE", DROP, r"-/npm/v1/tokens/token/([^/]+)"),
)


def sort(method: str, target: str) -> tuple[str, str] | None:
    """Return the endpoint of a request at npm's public registry."""
    for verb, endpoint, pattern in ROUTES:
        match = re.fullmatch(pattern, target)
        if match and verb == method:
            return endpoint, unquote(match.group(1)) if match.groups() else ""
    return None


def sort_profile(method: str, target: str) -> tuple[str, str] | None:
    """Do the same, with the user's profile in place of whoami."""
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


def sort_itself(
    target: str, method: str = "DELETE", revocation: str = ""
) -> Callable[[str, str], tuple[str, str] | None]:
    """Return a ``sort`` for an endpoint with the token's identity and one that revokes it, often at the same path."""
    endpoints = {("GET", target): (WHO, ""), (method, revocation or target): (REVOKE, "")}
    return lambda verb, asked: endpoints.get((verb, asked))


NPM = Kind("npm", NPM_TOKEN, sort, KNOWN, PLAIN_401, key=hash_of(NPM_TOKEN), entries=LOOK_ALIKES)
KINDS = (
    NPM,
    replace(NPM, name="npm, today", key="01234567-89ab-cdef-0000-0123456789ab"),
    replace(NPM, name="Verdaccio, a login token", denial=REFUSALS["200, nobody"], revokes=False),
    replace(
        NPM,
        name="Verdaccio",
        token=VERDACCIO_TOKEN,
        denial=REFUSALS["403"],
        unknown=REFUSALS["200, nobody"],
        revokes=False,
        key="0" * 32,
        entries=(),
    ),
    replace(NPM, name="Nexus", denial=REFUSALS["200, anonymous"]),
    replace(NPM, name="no whoami", sort=sort_profile, known=Answer(200, {"name": "alice"})),
    replace(NPM, name="npm's public registry", url=PUBLIC_REGISTRY, entries=()),
    replace(NPM, name="cnpmcore", token="cnpm_alice_Abcdefghij0123456789", key="0" * 128),
    Kind(
        "GitLab",
        "glpat-Abcdefghij0123456789",
        sort_itself("/api/v4/personal_access_tokens/self"),
        Answer(200, {"active": True, "revoked": False, "expires_at": "2026-12-31"}),
        Answer(401, {"error": "invalid_token", "error_description": "Token was revoked."}),
        url="https://gitlab.example.com/api/v4/packages/npm/",
        yes=EMPTY,
    ),
    Kind(
        "GitHub",
        "ghp_Abcdefghij0123456789Abcdefghij012345",
        sort_itself("/user", "POST", "/credentials/revoke"),
        Answer(200, {"login": "alice"}),
        Answer(401, {"message": "Bad credentials"}),
        url="https://npm.pkg.github.com/",
        yes=Answer(202, None, is_empty=True),
    ),
    Kind(
        "Gitea",
        "0123456789abcdef0123456789abcdef01234567",
        sort_itself("/api/v1/token"),
        Answer(200, {"id": 1, "name": "ci", "user": {"login": "alice"}}),
        PLAIN_401,
        url="https://git.example.com/api/packages/alice/npm/",
        yes=EMPTY,
    ),
    Kind(
        "Artifactory",
        "cmVmdGtuOjAxOjAwMDAwMDAwMDA6QWJjZGVmZ2hpajAxMjM0NTY3ODlBYmNkZWY=",
        sort_itself("/access/api/v1/tokens/me"),
        Answer(200, {"token_id": "1", "subject": "jfac@01/users/alice"}),
        PLAIN_401,
        url="https://packages.example.com/artifactory/api/npm/npm-local/",
        yes=Answer(200, {}),
    ),
    Kind(
        "Buildkite",
        "bkua_Abcdefghij0123456789",
        sort_itself("/v2/access-token"),
        Answer(200, {"uuid": "1", "scopes": []}),
        PLAIN_401,
        knows_revoked=False,
        url="https://packages.buildkite.com/example/npm/npm/",
        yes=EMPTY,
    ),
    # None of these lets a token revoke itself.
    Kind(
        "Azure",
        "0123456789abcdefghijklmnopqrstuvwxyz0123456789abcdefgh",
        sort,
        PLAIN_401,
        PLAIN_401,
        url="https://pkgs.dev.azure.com/example/_packaging/feed/npm/registry/",
        revocable=False,
    ),
    Kind(
        "CodeArtifact",
        "eyJ2ZXIiOjF9.Abcdefghij0123456789Abcdefghij0123456789",
        sort,
        KNOWN,
        PLAIN_401,
        url="https://example-123456789012.d.codeartifact.eu-central-1.amazonaws.com/npm/example/",
        revocable=False,
    ),
    Kind(
        "Google",
        "ya29.Abcdefghij0123456789Abcdefghij0123456789",
        sort,
        KNOWN,
        PLAIN_401,
        url="https://europe-west1-npm.pkg.dev/example/npm/",
        revocable=False,
    ),
    Kind(
        "Cloudsmith",
        "0123456789abcdef0123456789abcdef01234567",
        sort,
        PLAIN_401,
        PLAIN_401,
        url="https://npm.cloudsmith.io/example/npm/",
        revocable=False,
    ),
    Kind(
        "Pulp",
        "0123456789abcdef0123456789abcdef01234567",
        sort,
        PLAIN_401,
        PLAIN_401,
        options=DriverOptions("pulp"),
        revocable=False,
    ),
)
