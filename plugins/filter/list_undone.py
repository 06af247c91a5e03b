# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter list_undone."""

from __future__ import annotations

DOCUMENTATION = r"""
name: list_undone
short_description: List the unfinished work of a run on each host
version_added: 1.0.0
description:
  - Lists the hosts with unfinished work, each with one sentence for a failure at the end of a run.
  - In check mode, work that a real run would do counts as finished.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, job
options:
  _input:
    description: The results of the hosts, as P(npmops.auth.report_data#filter) takes them.
    type: dict
    required: true
  job:
    description: The purpose of the run. The unfinished work of an audit is the hosts and files that could not be read.
    type: str
    choices: [audit, offboard, rotate]
    required: true
  revoke:
    description: How certain the revocation must be, as in M(npmops.auth.npm_logout).
    type: str
    choices: [confirmed, accepted, attempted, never]
    default: confirmed
  protected_fingerprints:
    description: Protected tokens of the run.
    type: list
    elements: str
    default: []
seealso:
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Fail hosts with unfinished work
  ansible.builtin.fail:
    msg: "{{ (fleet | npmops.auth.list_undone('offboard'))[inventory_hostname] }}"
  when: inventory_hostname in fleet | npmops.auth.list_undone('offboard')
"""

RETURN = r"""
_value:
  description: A sentence for each host with unfinished work.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED
from ansible_collections.npmops.auth.plugins.module_utils._selection import REVOKE_CHOICES
from ansible_collections.npmops.auth.plugins.plugin_utils import _undone
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    need_choice,
    need_fingerprints,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import JOBS
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
