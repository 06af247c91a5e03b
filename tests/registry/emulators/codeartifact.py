# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""AWS CodeArtifact: a token expires after at most twelve hours, and cannot be revoked individually.

Source: docs.aws.amazon.com, codeartifact, tokens-authentication.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator


class CodeArtifact(Emulator):
    """A repository of a domain."""

    names = ("example-123456789012.d.codeartifact.eu-central-1.amazonaws.com",)
    path = "/npm/example/"
    # It is not documented which requests it answers.
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {"whoami": ("missing", "real")}

    def make_value(self, kind: str) -> str:
        return f"eyJ2ZXIiOjF9.{secrets.token_urlsafe(64)}"

    def whoami(self, call: Call) -> Reply:
        self.require(call, "bearer")
        found = self.find(call)
        if found is None:
            return make_json(401, {"message": "Unauthenticated: request did not include a valid token"})
        return make_json(200, {"username": "aws"}) if self.set["whoami"] == "real" else make_json(404, {})

    routes = ((None, "GET", "/npm/example/-/whoami", whoami),)
