# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Record the result of each task for the tests, in addition to Ansible's output."""

from __future__ import annotations

import json
import os
from typing import Any

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
name: npmops_record
type: notification
short_description: Write down what each task returns
version_added: 1.0.0
description:
  - Appends one JSON object a result to the file that the environment variable E(NPMOPS_RECORD) names.
author:
  - the npmops.auth contributors (@npmops)
"""


class CallbackModule(CallbackBase):  # type: ignore[misc]
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "npmops_record"
    CALLBACK_NEEDS_ENABLED = True

    def v2_runner_on_ok(self, result: Any) -> None:
        self._write("ok", result)

    def v2_runner_on_failed(self, result: Any, ignore_errors: bool = False) -> None:
        self._write("failed", result)

    def v2_runner_on_unreachable(self, result: Any) -> None:
        self._write("unreachable", result)

    def v2_runner_on_skipped(self, result: Any) -> None:
        self._write("skipped", result)

    def _write(self, status: str, result: Any) -> None:
        # ansible-core 2.19 and newer have the attributes without an underscore.
        task = getattr(result, "task", None) or result._task
        values = getattr(result, "result", None) or result._result
        line = json.dumps({"task": task.get_name(), "status": status, "result": values}, default=str)
        with open(os.environ["NPMOPS_RECORD"], "a", encoding="utf-8") as file:
            file.write(line + "\n")
