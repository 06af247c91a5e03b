# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Replace both modules on a simulated host by an action that returns the results of a host with one shared token.

The results are in the file NPMOPS_ANSWERS. Each revocation request is written as a line to NPMOPS_REQUESTS.
"""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.action import ActionBase


class ActionModule(ActionBase):  # type: ignore[misc]
    def run(self, tmp: Any = None, task_vars: Any = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        with open(os.environ["NPMOPS_ANSWERS"], encoding="utf-8") as file:
            answers = json.load(file)
        if self._task.action.endswith("npm_credentials_info"):
            return {**result, **answers["info"]}
        if self._task.args.get("revoke") == "never":
            return {**result, **answers["removed"]}
        with open(os.environ["NPMOPS_REQUESTS"], "a", encoding="utf-8") as log:
            log.write("revoke\n")
        return {**result, **answers["revoked"]}
