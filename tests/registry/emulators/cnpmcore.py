# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""cnpmcore: every kind of token revokes itself with the request of ``npm logout``.

Source: cnpm/cnpmcore 4.35.2, run with Node.js 20, PostgreSQL and redis. The responses were recorded.
"""

from __future__ import annotations

import hashlib
import secrets

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator

FORBIDDEN = '[FORBIDDEN] Read-only Token "%s" can\'t setting'


class Cnpmcore(Emulator):
    """Its npm registry is the whole host."""

    names = ("cnpm.example.com",)

    def make_value(self, kind: str) -> str:
        return f"cnpm_{secrets.token_hex(16)}_{secrets.token_hex(3)}"

    def _deny(self, call: Call) -> Reply:
        found = self.know(call)
        text = "Token expired" if found and found.state == "expired" else "Invalid token"
        return make_json(401, {"error": f"[UNAUTHORIZED] {text}"})

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return self._deny(call)
        body: dict[str, object] = {"username": found.owner}
        if found.kind == "granular":
            body |= {"expiredAt": "2027-03-01T00:00:00.000Z", "key": "k", "cidr_whitelist": []}
        return make_json(200, body)

    def log_out(self, call: Call) -> Reply:
        self.require(call, "bearer")
        known = self.know(call)
        if known and known.state == "expired":
            return self._deny(call)
        found = self.find(call)
        if found is None:
            return make_json(200, {"ok": False})
        if call.found[0] != call.shown:
            return make_json(422, {"error": "[UNPROCESSABLE_ENTITY] invalid token"})
        self.revoke(found.value)
        return make_json(200, {"ok": True})

    def list_tokens(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return self._deny(call)
        if found.kind in ("readonly", "automation"):
            return make_json(403, {"error": FORBIDDEN % call.shown})
        # Granular tokens are not listed. The mask is the first eight characters, without dots.
        objects = [
            {"token": item.value[:8], "key": hashlib.sha512(item.value.encode()).hexdigest()}
            for item in self.tokens.values()
            if item.state == "valid" and item.kind != "granular" and item.owner == found.owner
        ]
        return make_json(200, {"objects": objects, "total": len(objects), "urls": {}})

    def delete(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return self._deny(call)
        if found.kind in ("readonly", "automation"):
            return make_json(403, {"error": FORBIDDEN % call.shown})
        for item in list(self.tokens.values()):
            if call.found[0] in (item.value, hashlib.sha512(item.value.encode()).hexdigest()):
                if item.value != call.shown:
                    self.complain(call, "names another token")
                self.revoke(item.value)
                return make_json(200, {"ok": True})
        # The response repeats the token that was sent.
        return make_json(404, {"error": f'[NOT_FOUND] Token "{call.found[0]}" not exists'})

    def show_root(self, call: Call) -> Reply:
        return make_json(
            200, {"app_version": "4.35.2", "sync_model": "none", "source_registry": "https://npm.example.com"}
        )

    def ping(self, call: Call) -> Reply:
        return make_json(200, {"pong": True, "use": 1})

    routes = (
        (None, "GET", "/-/whoami", whoami),
        (None, "DELETE", "/-/user/token/([^/]+)", log_out),
        (None, "GET", "/-/npm/v1/tokens", list_tokens),
        (None, "DELETE", "/-/npm/v1/tokens/token/([^/]+)", delete),
        (None, "GET", "/", show_root),
        (None, "GET", "/-/ping", ping),
    )
