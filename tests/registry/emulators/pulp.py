# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pulp_npm: only passwords, neither tokens nor a logout.

Source: pulp_npm 0.10.2 with pulpcore 3.123.1, run on PostgreSQL 15. A token is always rejected as if there were no
login, and a user name with its password gets 403 for an unknown endpoint.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator


class Pulp(Emulator):
    """A distribution."""

    names = ("pulp.example.com",)
    path = "/npm/internal/"
    passwords: ClassVar[Mapping[str, str]] = {"alice": "a password"}

    def make_value(self, kind: str) -> str:
        return secrets.token_hex(20)

    def find_user(self, call: Call) -> str | None:
        try:
            name, _colon, password = base64.b64decode(call.shown).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return name if call.scheme == "basic" and self.passwords.get(name) == password else None

    def refuse(self, call: Call) -> Reply:
        said = (
            "Invalid username/password." if call.scheme == "basic" else "Authentication credentials were not provided."
        )
        return replace(make_json(401, {"detail": said}), headers=(("WWW-Authenticate", 'Basic realm="api"'),))

    def whoami(self, call: Call) -> Reply:
        name = self.find_user(call)
        return make_json(200, {"username": name}) if name else self.refuse(call)

    def answer_unknown(self, call: Call) -> Reply:
        denied = make_json(403, {"detail": "You do not have permission to perform this action."})
        return denied if self.find_user(call) else self.refuse(call)

    def ping(self, call: Call) -> Reply:
        return make_json(200, {})

    routes = (
        (None, "GET", "/npm/internal/-/whoami", whoami),
        (None, "GET", "/npm/internal/-/ping", ping),
    )
