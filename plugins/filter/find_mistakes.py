# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter find_mistakes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: find_mistakes
short_description: Find variables that are given without a value
version_added: 1.0.0
description:
  - Internal filter of the roles of this collection. A variable that is null or empty would be treated as not given, and
    the run would process more than intended.
author:
  - the npmops.auth contributors (@npmops)
options:
  _input:
    description: The variables of a role and their values, without those that are not given.
    type: dict
    required: true
"""

EXAMPLES = r"""
- name: Find variables without a value
  ansible.builtin.debug:
    msg: "{{ {'npm_auth_registry': ''} | npmops.auth.find_mistakes }}"
"""

RETURN = r"""
_value:
  description: A sentence for each variable without a value. The sentences do not repeat values.
  type: list
  elements: str
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import find_mistake, speak_ansible


@speak_ansible
def find_mistakes(values: Any) -> list[str]:
    if not isinstance(values, Mapping):
        raise InputError("values", "must be a mapping of variables")
    mistakes = (find_mistake(str(name), value) for name, value in values.items())
    return [mistake for mistake in mistakes if mistake]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"find_mistakes": find_mistakes}
