# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""pulp_npm: passwords only. It has neither tokens nor a logout.

Source: pulp/pulp_npm 0.10.
"""

from __future__ import annotations

import base64
import binascii
import secrets
from collections.abc import Mapping
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

    def whoami(self, call: Call) -> Reply:
        try:
            name, _colon, password = base64.b64decode(call.shown).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            name = password = ""
        if call.scheme != "basic" or self.passwords.get(name) != password:
            return make_json(401, {"detail": "Authentication credentials were not provided."})
        return make_json(200, {"username": name})

    def ping(self, call: Call) -> Reply:
        return make_json(200, {})

    routes = (
        (None, "GET", "/npm/internal/-/whoami", whoami),
        (None, "GET", "/npm/internal/-/ping", ping),
    )
