# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitHub Packages, and the API of the same operator on another host.

Sources: docs.github.com, ``rest/credentials/revoke``, ``rest/apps/installations``,
``working-with-the-npm-registry``, ``github-credential-types``; github.blog changelog of 2026-03-26 (the kinds).
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json
from tests.registry.loopback import Request

from .base import Call, Emulator, Handler

REGISTRY, API = "npm.pkg.github.com", "api.github.com"
REVOCABLE = ("ghp_", "github_pat_", "gho_", "ghu_", "ghr_")
MOST_AT_ONCE = 1000
BAD = make_json(401, {"message": "Bad credentials", "documentation_url": "https://docs.example.com/rest"})
_ALPHABET = string.ascii_letters + string.digits


class GitHub(Emulator):
    """Both hosts."""

    names: ClassVar[tuple[str, ...]] = (REGISTRY, API)
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        # An organization can require single sign-on. The token is valid even then.
        "sso": (False, True),
    }

    def make_value(self, kind: str) -> str:
        body = "".join(secrets.choice(_ALPHABET) for _place in range(36))
        return f"{kind}{body}" if kind != "other" else secrets.token_hex(20)

    def show_user(self, call: Call) -> Reply:
        self.require(call, "bearer", "token")
        found = self.find(call)
        if found is None:
            return BAD
        if found.kind == "ghs_":
            return make_json(403, {"message": "Resource not accessible by integration"})
        if self.set["sso"]:
            return make_json(403, {"message": "Resource protected by organization SAML enforcement."})
        return make_json(200, {"login": found.owner, "id": 1})

    def revoke_credentials(self, call: Call) -> Reply:
        headers = call.request.headers
        if "authorization" in headers:
            # "This endpoint does not accept authentication."
            return make_json(403, {"message": "This endpoint cannot be used with authentication"})
        if headers.get("accept") != "application/vnd.github+json":
            self.complain(call, "does not ask for application/vnd.github+json")
        if headers.get("content-type", "").partition(";")[0] != "application/json":
            self.complain(call, "does not say that its body is JSON")
        body = call.body
        values = body.get("credentials") if isinstance(body, dict) else None
        if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
            return make_json(422, {"message": "Validation Failed"})
        if len(values) > MOST_AT_ONCE or set(body) != {"credentials"}:
            return make_json(422, {"message": "Validation Failed"})
        for value in values:
            if value in self.tokens and value.startswith(REVOCABLE):
                self.revoke(value)
        return Reply(202)

    def revoke_installation(self, call: Call) -> Reply:
        self.require(call, "bearer", "token")
        found = self.find(call)
        if found is None:
            return BAD
        if found.kind != "ghs_":
            return make_json(403, {"message": "Resource not accessible by personal access token"})
        self.revoke(found.value)
        return Reply(204)

    routes: ClassVar[Sequence[tuple[str | None, str, str, Handler]]] = (
        (API, "GET", "/user", show_user),
        (API, "POST", "/credentials/revoke", revoke_credentials),
        (API, "DELETE", "/installation/token", revoke_installation),
    )

    def _take_apart(self, request: Request) -> Call:
        call = super()._take_apart(request)
        if call.host == API and not request.headers.get("user-agent"):
            self.complain(call, "has no user agent")
        return call


class GitHubServer(GitHub):
    """GitHub Enterprise Server: its API requires another credential, so nothing must be sent there.

    Source: docs.github.com, enterprise-server@3.19, ``rest/credentials/revoke``.
    """

    names = ("npm.github.example.com",)
    routes = ()
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {}
    headers = (("X-GitHub-Enterprise-Version", "3.19.0"),)
