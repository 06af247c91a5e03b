# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write the result of each task to the file in LEAK_RESULTS, one JSON object for each line."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: leak_results
type: notification
short_description: Writes every result as a line of JSON
description: Writes every result, as a callback gets it, as a line of JSON.
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "leak_results"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def _write(self, event: str, result: Any) -> None:
        # Up to 2.18, only the names with an underscore exist. Later versions warn about them.
        task = getattr(result, "task", None) or result._task
        values = getattr(result, "result", None) or result._result
        line = json.dumps({"event": event, "task": task.name, "result": values}, default=repr)
        with open(os.environ["LEAK_RESULTS"], "a", encoding="utf-8") as file:
            file.write(line + "\n")
