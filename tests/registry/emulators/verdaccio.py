# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Verdaccio 5, 6 and later: tokens of its API are revoked by their key, login tokens cannot be revoked.

Sources: 6.10.4, run; 5.x and @verdaccio/api 9.0.0-next-9.31, read. ``tests/integration`` runs real ones.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator, Issued

FORBIDDEN = make_json(403, {"error": "unauthorized access"})


class Verdaccio(Emulator):
    """Its npm registry is the whole host."""

    names = ("verdaccio.example.com",)
    headers = (("X-Powered-By", "hidden"),)
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        "version": ("6.10", "6.6", "5", "9"),
    }

    def make_value(self, kind: str) -> str:
        # Verdaccio encrypts user and password, or the token's key, with AES.
        return base64.b64encode(secrets.token_bytes(48)).decode()

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        if self.find(call):
            return make_json(200, {"username": self.tokens[call.shown].owner})
        if self.know(call):
            return FORBIDDEN
        return make_json(401, {"error": "Unauthorized"}) if self.set["version"] == "9" else make_json(200, {})

    def log_out(self, call: Call) -> Reply:
        self.require(call, "bearer")
        if self.know(call) and (self.find(call) is None or self.tokens[call.shown].kind == "readonly"):
            return FORBIDDEN
        # The logout revokes nothing.
        return make_json(200, {"ok": "Logged out"})

    def list_tokens(self, call: Call) -> Reply:
        self.require(call, "bearer")
        if self.find(call) is None:
            return FORBIDDEN if self.know(call) else make_json(401, {"error": "authorization required"})
        objects = [
            {"token": f"{item.value[:5]}...{item.value[-5:]}", "key": self._key_of(item), "readonly": False}
            for item in self.tokens.values()
            if item.kind != "login" and item.state == "valid" and not item.facts.get("hidden")
        ]
        return make_json(200, {"objects": objects, "urls": {"next": ""}})

    def delete(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None or found.kind == "readonly":
            return FORBIDDEN
        for item in list(self.tokens.values()):
            if self._key_of(item) == call.found[0]:
                if item.value != call.shown:
                    self.complain(call, "names another token")
                self._drop(item)
        return make_json(200, {})

    def _drop(self, item: Issued) -> None:
        if self.set["version"] in ("6.6", "5"):
            # Before 6.7.3, only the record is removed and the token stays valid.
            item.facts["hidden"] = True
        else:
            self.revoke(item.value)

    @staticmethod
    def _key_of(item: Issued) -> str:
        return f"{item.identity:032x}"

    routes = (
        (None, "GET", "/-/whoami", whoami),
        (None, "DELETE", "/-/user/token/([^/]+)", log_out),
        (None, "GET", "/-/npm/v1/tokens", list_tokens),
        (None, "DELETE", "/-/npm/v1/tokens/token/([^/]+)", delete),
    )
