# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""npm's public registry of 2026.

Sources: npm/api-documentation ``api/registry.npmjs.com/token.yaml``; npm/documentation ``about-access-tokens.mdx``,
``revoking-access-tokens.mdx``; npm/cli (logout, and issue 8900). The response to a token that bypasses two-factor
authentication is from a report about another forbidden action.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, ClassVar
from urllib.parse import urlsplit

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY
from tests.registry.behaviour import Reply, make_json
from tests.registry.tokens import make_token

from .base import Call, Emulator

UNAUTHORIZED = make_json(401, {"error": "Unauthorized"})
BYPASSES = "Granular access tokens that bypass two-factor authentication may not perform this action."


class Npm(Emulator):
    """The public registry."""

    names = (urlsplit(PUBLIC_REGISTRY).hostname or "",)
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        # It is not certain whether a token that bypasses two-factor authentication may revoke itself.
        "bypass_may_log_out": (False, True),
        # The response to the logout of an invalid token is not certain.
        "unknown": (401, 404),
    }

    def make_value(self, kind: str) -> str:
        return make_token()

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return UNAUTHORIZED
        if found.state == "outside":
            # The token is valid, but its list of IP addresses does not include this one.
            return make_json(403, {"error": "Forbidden"})
        return make_json(200, {"username": found.owner})

    def log_out(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if call.found[0] != call.shown:
            self.complain(call, "names another token than it shows")
        if found is None:
            return UNAUTHORIZED if self.set["unknown"] == 401 else make_json(404, {"error": "not_found"})
        if found.state == "outside":
            return make_json(403, {"error": "Forbidden"})
        if found.state == "otp":
            return replace(
                make_json(401, {"error": "You must provide a one-time pass."}), headers=(("WWW-Authenticate", "OTP"),)
            )
        if found.state == "web":
            # A security key requires the browser.
            links = {"authUrl": "https://npm.example.com/auth/1", "doneUrl": "https://npm.example.com/done/1"}
            return make_json(401, links)
        if found.kind == "bypass" and not self.set["bypass_may_log_out"]:
            return make_json(403, {"error": BYPASSES})
        self.revoke(found.value)
        return make_json(200, {"ok": True})

    def refuse_tokens(self, call: Call) -> Reply:
        """Accept only session tokens. The endpoints list the granular tokens of the user, never the session tokens."""
        found = self.find(call)
        if found is None:
            return UNAUTHORIZED
        if found.kind != "session":
            self.complain(call, "asks an endpoint that takes session tokens only")
            return make_json(403, {"error": "Forbidden"})
        return make_json(200, {"objects": [], "total": 0, "urls": {}})

    routes = (
        (None, "GET", "/-/whoami", whoami),
        (None, "DELETE", "/-/user/token/([^/]+)", log_out),
        (None, "GET", "/-/npm/v1/tokens", refuse_tokens),
    )
