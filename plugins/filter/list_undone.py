# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter list_undone."""

from __future__ import annotations

DOCUMENTATION = r"""
name: list_undone
short_description: Say what a run left undone on each host
version_added: 0.1.0
description:
  - Names the hosts on which something is left undone, each with one sentence to fail with at the end of a run.
  - In check mode, what a real run would do counts as done.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, job
options:
  _input:
    description: What is known of the hosts, as P(npmops.auth.report_data#filter) takes it.
    type: dict
    required: true
  job:
    description: What the run was for. An audit leaves nothing undone but hosts that it could not look at.
    type: str
    choices: [audit, offboard, rotate]
    required: true
  revoke:
    description: What must be known of a token's end, as in M(npmops.auth.npm_logout#module).
    type: str
    choices: [confirmed, accepted, attempted, never]
    default: confirmed
  protected_fingerprints:
    description: Tokens that the run was told to leave alone.
    type: list
    elements: str
    default: []
seealso:
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Say what is left undone
  ansible.builtin.fail:
    msg: "{{ (fleet | npmops.auth.list_undone('offboard'))[inventory_hostname] }}"
  when: inventory_hostname in fleet | npmops.auth.list_undone('offboard')
"""

RETURN = r"""
_value:
  description: A sentence for each host with something undone.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED, REVOKE_CHOICES
from ansible_collections.npmops.auth.plugins.plugin_utils import _undone
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    need_choice,
    need_fingerprints,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import JOBS
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts


@speak_ansible
def list_undone(hosts: Any, job: Any, revoke: Any = CONFIRMED, protected_fingerprints: Any = None) -> dict[str, str]:
    return _undone.list_undone(
        read_hosts(hosts),
        need_choice(job, "job", JOBS),
        need_choice(revoke, "revoke", REVOKE_CHOICES),
        need_fingerprints(protected_fingerprints, "protected_fingerprints"),
    )


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"list_undone": list_undone}
