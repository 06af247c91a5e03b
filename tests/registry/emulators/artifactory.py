# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JFrog Artifactory: access tokens revoke themselves at the platform that issued them.

Sources: jfrog.com/help, revoke-token-by-id, revoke-token-by-value, revocable-expiry-threshold,
authenticate-using-npm-login; docs.jfrog.com, jfrog-platform-deprecations (API keys); trufflesecurity/trufflehog,
``pkg/detectors/artifactoryreferencetoken`` (the content of a reference token).
"""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import SIGN_IN, Call, Emulator

NO_CONTENT = Reply(204)
REVOCABLE_FROM = 6 * 3600


def _encode(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def make_jwt(identifier: str, seconds: int | None) -> str:
    now = int(time.time())
    claims: dict[str, object] = {"sub": "jfac@01/users/alice", "iat": now, "jti": identifier}
    if seconds is not None:
        claims["exp"] = now + seconds
    return f"{_encode({'alg': 'RS256', 'typ': 'JWT'})}.{_encode(claims)}.{secrets.token_urlsafe(32)}"


def make_reference(expiry: int) -> str:
    text = f"reftkn:01:{expiry:010d}:"
    return base64.b64encode((text + secrets.token_hex(24)[: 48 - len(text)]).encode()).decode()


class Artifactory(Emulator):
    """A repository of packages below the platform's URL."""

    names = ("artifactory.example.com",)
    path = "/artifactory/api/npm/npm-local/"
    token_headers = ("x-jfrog-art-api",)
    headers = (("X-Artifactory-Id", "0123456789:abcdef"), ("Server", "Artifactory/7.111.4"))
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        # ``me`` since 7.53.1. It is not certain whether an older version reads it as a token ID and responds with 204.
        "version": ("7.111", "7.50 unknown id", "7.50 missing"),
        # It is not certain whether /api/npm/ has a whoami endpoint.
        "whoami": ("missing", "real"),
        # It is not certain whether a login token may query itself. A 403 means that it is valid.
        "me": (200, 403),
        # It is not certain whether a revocation is delayed.
        "not_revocable": (403, 400),
    }

    def make_value(self, kind: str) -> str:
        if kind == "reference":
            return make_reference(1893456000)
        if kind == "reference without expiry":
            return make_reference(0)
        if kind == "api key":
            return f"AKCp{secrets.token_hex(35)}"[:73]
        seconds = {"jwt": 30 * 86400, "short": 3600, "jwt without expiry": None}[kind]
        return make_jwt(secrets.token_hex(16), seconds)

    def is_new(self) -> bool:
        return bool(self.set["version"] == "7.111")

    def show_me(self, call: Call) -> Reply:
        self.require(call, "bearer")
        if not self.is_new():
            return make_json(404, {"errors": [{"code": "NOT_FOUND", "message": "Token with id: me not found"}]})
        found = self.find(call)
        if found is None or found.kind == "api key":
            return make_json(401, {"errors": [{"code": "UNAUTHORIZED", "message": "Invalid token"}]})
        if self.set["me"] == 403:
            return make_json(403, {"errors": [{"code": "FORBIDDEN", "message": "Insufficient permissions"}]})
        return make_json(200, {"token_id": str(found.identity), "subject": f"jfac@01/users/{found.owner}"})

    def revoke_me(self, call: Call) -> Reply:
        self.require(call, "bearer")
        known = self.know(call)
        if self.set["version"] == "7.50 unknown id":
            return NO_CONTENT if self.find(call) else make_json(401, {})
        if self.set["version"] == "7.50 missing":
            return make_json(404, {"errors": [{"code": "NOT_FOUND"}]})
        return self._revoke(call, known.value if known else "")

    def revoke_by_id(self, call: Call) -> Reply:
        self.require(call, "bearer")
        claims = call.shown.split(".")[1]
        meant = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["jti"]
        if call.found[0] != meant:
            self.complain(call, "names another token")
        return self._revoke(call, call.shown)

    def _revoke(self, call: Call, value: str) -> Reply:
        found = self.find(call)
        if found is None:
            return make_json(401, {"errors": [{"code": "UNAUTHORIZED", "message": "Invalid token"}]})
        if found.state == "foreign":
            return make_json(
                400, {"errors": [{"code": "BAD_REQUEST", "message": "Token was issued by another service"}]}
            )
        if found.kind == "short":
            # Shorter than revocable-expiry-threshold.
            return make_json(self.set["not_revocable"], {"errors": [{"message": "Token is not revocable"}]})
        self.revoke(value)
        return make_json(200, {"message": "Token revoked"})

    def revoke_key(self, call: Call) -> Reply:
        self.require(call, "x-jfrog-art-api")
        found = self.find(call)
        if found is None or found.kind != "api key":
            return make_json(401, {"errors": [{"status": 401, "message": "Bad credentials"}]})
        self.revoke(found.value)
        return make_json(200, {"info": "Api key for user 'alice' has been successfully revoked"})

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        if self.set["whoami"] == "missing":
            return make_json(404, {"errors": [{"status": 404, "message": "Not Found"}]})
        found = self.find(call)
        return make_json(200, {"username": found.owner}) if found else make_json(401, {"errors": [{"status": 401}]})

    routes = (
        (None, "GET", "/access/api/v1/tokens/me", show_me),
        (None, "DELETE", "/access/api/v1/tokens/me", revoke_me),
        (None, "DELETE", "/access/api/v1/tokens/([^/]+)", revoke_by_id),
        (None, "DELETE", "/artifactory/api/security/apiKey", revoke_key),
        (None, "GET", "/artifactory/api/npm/npm-local/-/whoami", whoami),
    )

    def answer_unknown(self, call: Call) -> Reply:
        if call.request.path.startswith("/artifactory/api/npm/"):
            return make_json(404, {"errors": [{"status": 404, "message": "Not Found"}]})
        # The platform's sign-in page, for any unknown path.
        return SIGN_IN
