# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Sonatype Nexus 3: one npm token for each user, which can revoke itself.

Sources: sonatype/nexus-public 3.30.1, ``plugins/nexus-repository-npm``; 3.77.1, ``ApiKeyServiceImpl``;
help.sonatype.com, user-tokens.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator


class Nexus(Emulator):
    """A hosted repository."""

    names = ("nexus.example.com",)
    path = "/repository/npm-internal/"
    headers = (("Server", "Nexus/3.91.0-07 (PRO)"),)
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        # Versions before about 3.23 have no whoami.
        "whoami": ("real", "missing"),
        # Logging out requires a privilege.
        "may_delete": (True, False),
    }

    def make_value(self, kind: str) -> str:
        return f"NpmToken.{uuid.uuid4()}"

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        if self.set["whoami"] == "missing":
            return make_json(404, {"success": False, "error": "Not found"})
        found = self.find(call)
        return make_json(200, {"username": found.owner if found else "anonymous"})

    def log_out(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return make_json(401, {"success": False, "error": "Unauthorized"})
        if not self.set["may_delete"]:
            return make_json(403, {"success": False, "error": "Forbidden"})
        # Revokes the caller's only token, whatever the path names.
        self.revoke(found.value)
        return make_json(200, {"ok": "true"})

    routes = (
        (None, "GET", "/repository/npm-internal/-/whoami", whoami),
        (None, "DELETE", "/repository/npm-internal/-/user/token/([^/]+)", log_out),
    )

    def answer_unknown(self, call: Call) -> Reply:
        if call.request.path.startswith("/service/"):
            # DELETE .../security/user-tokens resets the tokens of all users.
            self.complain(call, "must never be sent")
        return make_json(404, {"success": False, "error": "Not found"})
