# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Buildkite Package Registries, and the API of the same operator on another host.

Source: buildkite.com/docs/apis/rest-api/access-token.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator

REGISTRY, API = "packages.buildkite.com", "api.buildkite.com"


class Buildkite(Emulator):
    """Both hosts."""

    names = (REGISTRY, API)
    path = "/example/npm/npm/"
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {
        # The response of the API to a revoked token is not certain.
        "denial": (401, 404),
        # It is not certain whether the registry has a whoami endpoint, and how it responds to its own tokens.
        "whoami": ("missing", "real"),
    }

    def make_value(self, kind: str) -> str:
        return f"bkua_{secrets.token_hex(20)}" if kind == "access" else f"bkpt_{secrets.token_hex(20)}"

    def _refuse(self) -> Reply:
        return make_json(
            self.set["denial"], {"message": "Authentication required. Please supply a valid API Access Token"}
        )

    def show(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None or found.kind != "access":
            return self._refuse()
        return make_json(200, {"uuid": "b63254c0-3271-4a98-8270-7cfbd6c2f14e", "scopes": ["read_packages"]})

    def revoke_itself(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None or found.kind != "access":
            return self._refuse()
        self.revoke(found.value)
        return Reply(204)

    def whoami(self, call: Call) -> Reply:
        if self.set["whoami"] == "missing":
            return make_json(404, {"message": "Not Found"})
        found = self.find(call)
        return make_json(200, {"username": found.owner}) if found else make_json(401, {"message": "Unauthorized"})

    routes = (
        (API, "GET", "/v2/access-token", show),
        (API, "DELETE", "/v2/access-token", revoke_itself),
        (REGISTRY, "GET", "/example/npm/npm/-/whoami", whoami),
    )
