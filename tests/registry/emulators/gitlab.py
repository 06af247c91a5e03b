# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""GitLab: personal access tokens revoke themselves; deploy and job tokens cannot.

Sources: gitlabhq ``doc/api/personal_access_tokens.md``, ``lib/api/personal_access_tokens/self_information.rb``,
``lib/api/api_guard.rb``, ``lib/gitlab/auth/auth_finders.rb``, ``lib/api/npm_project_packages.rb``.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator

SELF = "/api/v4/personal_access_tokens/self"
UNKNOWN = make_json(401, {"message": "401 Unauthorized"})
NO_CONTENT = Reply(204)
PERSONAL = ("personal", "renamed", "old")


def _denied(description: str) -> Reply:
    # For a token that it knows, api_guard.rb responds with the error of RFC 6750.
    return make_json(401, {"error": "invalid_token", "error_description": description})


class GitLab(Emulator):
    """A project's npm registry."""

    names = ("gitlab.example.com",)
    path = "/api/v4/projects/7/packages/npm/"
    token_headers = ("private-token",)
    headers = (("X-Gitlab-Meta", '{"version":"1"}'),)
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        # It is not certain whether a revoked deploy token gets 401, because it is then looked up as a personal token.
        "deploy_refusal": (401, 404),
        # GET exists since 15.5, DELETE since 15.0.
        "version": (18, 15.3, 14),
    }

    def make_value(self, kind: str) -> str:
        body = secrets.token_urlsafe(15)
        prefixes = {"personal": "glpat-", "renamed": "corp-", "deploy": "gldt-", "job": "glcbt-64_", "old": ""}
        return secrets.token_hex(32) if kind == "oauth" else f"{prefixes[kind]}{body}"

    def refuse(self, call: Call) -> Reply | None:
        """Return the response of the API for a rejected caller; None if the caller is accepted."""
        found = self.know(call)
        if found is None or found.kind in ("deploy", "job"):
            return UNKNOWN
        if found.state == "revoked" and self.find(call) is None:
            return _denied("Token was revoked. You have to re-authorize from the user.")
        if found.state == "expired":
            return _denied("Token is expired. You can either do re-authorization or token refresh.")
        if found.state == "dpop":
            # The user requires proof of possession: the token is valid, but a copy of it is useless.
            return make_json(401, {"error": "dpop_error", "error_description": "DPoP header is missing"})
        if found.state == "blocked":
            return make_json(403, {"message": "403 Forbidden - Your account has been blocked."})
        if found.kind == "oauth":
            message = "400 Bad request - This endpoint requires token type to be a personal access token"
            return make_json(400, {"message": message})
        return None

    def show_self(self, call: Call) -> Reply:
        self.require(call, "private-token", "bearer")
        refusal = self.refuse(call)
        if refusal:
            return refusal
        if self.set["version"] < 15.5:
            return make_json(404, {"error": "404 Not Found"})
        facts = self.tokens[call.shown].facts
        return make_json(
            200,
            {
                "id": 42,
                "name": "laptop",
                "revoked": False,
                "active": True,
                "scopes": ["read_api"],
                "user_id": 24,
                "expires_at": facts.get("expires_at", "2027-01-31"),
            },
        )

    def revoke_self(self, call: Call) -> Reply:
        self.require(call, "private-token", "bearer")
        if call.request.body:
            self.complain(call, "has a body")
        if self.set["version"] < 15:
            return make_json(404, {"error": "404 Not Found"})
        refusal = self.refuse(call)
        if refusal:
            return refusal
        self.revoke(call.shown)
        return NO_CONTENT

    def fetch_tarball(self, call: Call) -> Reply:
        """Serve the route that deploy tokens may use. Its responses to personal tokens prove nothing."""
        self.require(call, "bearer")
        found = self.know(call)
        if found is None or found.state == "revoked":
            return UNKNOWN if self.set["deploy_refusal"] == 401 else make_json(404, {"message": "404 Not Found"})
        if found.kind == "job":
            # A request with an expired job token counts as anonymous.
            return make_json(404, {"message": "404 Project Not Found"})
        return make_json(found.facts.get("tarball", 404), {"message": "404 Package Not Found"})

    routes = (
        (None, "GET", SELF, show_self),
        (None, "DELETE", SELF, revoke_self),
        (None, "GET", r"/api/v4/projects/7/packages/npm/([^/]+)/-/([^/]+)", fetch_tarball),
    )

    def answer_unknown(self, call: Call) -> Reply:
        if "/rotate" in call.request.path or call.request.method not in ("GET", "DELETE"):
            # Rotating a revoked token revokes its whole token family.
            self.complain(call, "must never be sent")
        return replace(make_json(404, {"error": "404 Not Found"}))
