# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter list_clearable."""

from __future__ import annotations

DOCUMENTATION = r"""
name: list_clearable
short_description: List the hosts where credentials other than tokens can be removed
version_added: 1.0.0
description:
  - Lists the hosts with passwords, certificates, references or credential helpers that can be removed now.
  - Hosts that could not be reached, were not audited, or have a tripwire are not listed. Neither are hosts with a
    certificate and a token that is still to be revoked, because the registry may require the certificate.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, unfinished
options:
  _input:
    description: The results of the hosts, as P(npmops.auth.gather_results#filter) returns them.
    type: dict
    required: true
  unfinished:
    description: Fingerprints of the tokens that are still to be revoked.
    type: list
    elements: str
    default: []
seealso:
  - plugin: npmops.auth.choose_hosts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Find hosts where passwords can be removed
  ansible.builtin.set_fact:
    clearable: "{{ fleet | npmops.auth.list_clearable(choice.stuck | map(attribute='fingerprint') | list) }}"
  run_once: true
"""

RETURN = r"""
_value:
  description: The names of the hosts.
  type: list
  elements: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.plugin_utils import _clearing
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import need_fingerprints, speak_ansible
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts


@speak_ansible
def list_clearable(hosts: Any, unfinished: Any = None) -> list[str]:
    return _clearing.list_clearable(read_hosts(hosts), need_fingerprints(unfinished, "unfinished"))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"list_clearable": list_clearable}
