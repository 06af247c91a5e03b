# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Look up one part of a fact, such as the part of one host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: part_of
short_description: Read one part of a large fact
version_added: 1.0.0
description:
  - Follows keys into a fact, and reads no other part of the fact.
  - If an expression names a variable, Ansible processes the whole variable. If each of ten thousand hosts reads its own
    part of a fact about all hosts, this would take most of the time of a run.
author:
  - the npmops.auth contributors (@npmops)
options:
  _terms:
    description:
      - The name of the fact, then the keys that lead to the part.
      - In a list, a key leads to V(true) if it is one of the items. Otherwise there is no such part.
      - The fact must be set by C(ansible.builtin.set_fact) or C(register). It is returned unchanged. Templates in it
        are not evaluated.
    type: list
    elements: str
    required: true
  default:
    description: The value to return if there is no such part. If it is not set, a missing part is an error.
    type: raw
seealso:
  - plugin: npmops.auth.choose_hosts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Revoke the tokens that are assigned to this host
  npmops.auth.npm_logout:
    fingerprints: "{{ item.fingerprints }}"
    registry: "{{ item.registry or omit }}"
  loop: "{{ lookup('npmops.auth.part_of', 'choice', 'hosts', inventory_hostname, 'revoke', default=[]) }}"

- name: Report that requests is missing
  ansible.builtin.debug:
    msg: A token is to be revoked here, and requests is not installed.
  when: lookup('npmops.auth.part_of', 'choice', 'missing_requests', inventory_hostname, default=false)
"""

RETURN = r"""
_value:
  description: The part.
  type: raw
"""

from collections.abc import Mapping, Sequence
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase

_MISSING = object()


class LookupModule(LookupBase):  # type: ignore[misc]
    def run(self, terms: Sequence[str], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[Any]:
        unknown = set(kwargs) - {"default"}
        if unknown or not terms:
            raise AnsibleLookupError("npmops.auth.part_of requires the name of a fact, and keys")
        part: Any = variables or {}
        for term in terms:
            part = _follow(part, term)
        if part is _MISSING:
            if "default" not in kwargs:
                raise AnsibleLookupError(f"npmops.auth.part_of found no {' / '.join(map(str, terms))}")
            part = kwargs["default"]
        return [part]


def _follow(whole: Any, key: str) -> Any:
    if isinstance(whole, Mapping):
        return whole.get(key, _MISSING)
    if isinstance(whole, Sequence) and not isinstance(whole, str):
        return key in whole or _MISSING
    return _MISSING
