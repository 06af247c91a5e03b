# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cloudsmith: an API key can only be replaced on all hosts, and the new key is shown on a page.

Sources: cloudsmith-api 2.0.42; docs.cloudsmith.com, api-key.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator


class Cloudsmith(Emulator):
    """An organization's repository."""

    names = ("npm.cloudsmith.io",)
    path = "/example/npm/"
    # The response to an identity request with an entitlement token is not certain.
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {"whoami": (401, 404)}

    def make_value(self, kind: str) -> str:
        return secrets.token_hex(20)

    def answer_unknown(self, call: Call) -> Reply:
        return make_json(self.set["whoami"], {"detail": "Not authenticated"})
