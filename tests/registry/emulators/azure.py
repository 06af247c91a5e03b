# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Azure Artifacts: a personal access token cannot revoke itself.

Sources: MicrosoftDocs/vsts-rest-api-specs ``specification/tokenAdmin/7.1``, azure-devops-docs
``admin-revoke-user-pats.md``. The response to a personal access token in a Bearer header is not documented, and a 401
there would not prove anything about the token, so a driver sends no request.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any, ClassVar

from tests.registry.behaviour import Reply, make_json

from .base import Call, Emulator


class Azure(Emulator):
    """An organization's feed."""

    names = ("pkgs.dev.azure.com",)
    path = "/example/_packaging/feed/npm/registry/"
    switches: ClassVar[Mapping[str, tuple[Any, ...]]] = {"bearer": (401, 203)}

    def make_value(self, kind: str) -> str:
        return secrets.token_hex(26)

    def answer_unknown(self, call: Call) -> Reply:
        return make_json(
            self.set["bearer"], {"message": "TF400813: The user is not authorized to access this resource."}
        )
