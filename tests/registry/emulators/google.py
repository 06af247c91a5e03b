# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Google Artifact Registry: revoking a token would revoke the whole grant, so no revocation must be requested.

Sources: issue trackers (a user's token is revoked together with its refresh token). It is not certain whether a token
of a service account can be revoked.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator


class Google(Emulator):
    """A repository of a location."""

    names = ("europe-west1-npm.pkg.dev",)
    path = "/example/npm/"
    # It is not documented which requests it answers.
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {"whoami": ("missing", "real")}

    def make_value(self, kind: str) -> str:
        return f"ya29.{secrets.token_urlsafe(80)}"

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return make_json(401, {"error": {"code": 401, "status": "UNAUTHENTICATED"}})
        return make_json(200, {"username": "google"}) if self.set["whoami"] == "real" else make_json(404, {})

    routes = ((None, "GET", "/example/npm/-/whoami", whoami),)
