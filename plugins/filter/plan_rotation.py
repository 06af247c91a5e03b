# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter plan_rotation."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_rotation
short_description: Say where the new token of a rotation goes, and who has it
version_added: 0.1.0
description:
  - A rotation puts a new token into every store that holds a token of a registry, and ends the old tokens only when
    every host has the new one. From what audits found, and from what logins said so far, this says where the new token
    is to go, which hosts lack it, and which tokens are the old ones.
  - Nothing is remembered between runs but what stands in the stores. The old tokens stay there, in front of the new
    one, until they are ended.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, registry, fingerprint
options:
  _input:
    description: What is known of the hosts, as P(npmops.auth.gather_results#filter) returns it.
    type: dict
    required: true
  registry:
    description: The registry.
    type: str
    required: true
  fingerprint:
    description: The fingerprint of the new token.
    type: str
    required: true
  protected_fingerprints:
    description: Tokens that are left alone, and are no old ones.
    type: list
    elements: str
    default: []
seealso:
  - plugin: npmops.auth.gather_results
    plugin_type: filter
  - plugin: npmops.auth.elect_holders
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Find the stores that need the new token
  ansible.builtin.set_fact:
    rotation: "{{ fleet | npmops.auth.plan_rotation('https://npm.example.com/', new_fingerprint) }}"
  run_once: true

- name: Put it beside the old one
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    token: "{{ new_token }}"
    keep_replaced: true
    users: ["{{ item.account }}"]
    paths: ["{{ item.path }}"]
  loop: "{{ rotation.stores[inventory_hostname] | default([]) }}"
"""

RETURN = r"""
_value:
  description: How far the rotation has come.
  type: dict
  contains:
    stores:
      description:
        - For each host the stores that take the new token beside the old one, each with C(account) and C(path).
      type: dict
    others:
      description: For each host the stores in which only one token can stand, such as C(.yarnrc.yml).
      type: dict
    tidy:
      description:
        - For each host those of RV(_value.stores) that hold a user name and password for the registry besides.
        - They stay until the old tokens are ended.
      type: dict
    missing:
      description: The hosts that do not have the new token in all of RV(_value.stores), with the reason.
      type: dict
    missing_others:
      description: The same of RV(_value.others).
      type: dict
    sentence:
      description: A sentence that names the hosts of RV(_value.missing), or else those of RV(_value.missing_others);
        empty where all have the new token.
      type: str
    fleet:
      description:
        - What is known of the hosts, narrowed to the old tokens and the new one, for
          P(npmops.auth.elect_holders#filter) and P(npmops.auth.report_data#filter).
        - The new one is V(protected). Where hosts lack it, each old one says so.
      type: dict
"""

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    need_fingerprints,
    need_registry,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._rotation import hold_back, say_missing
from ansible_collections.npmops.auth.plugins.plugin_utils._rotation import plan_rotation as plan


@speak_ansible
def plan_rotation(fleet: Any, registry: Any, fingerprint: Any, protected_fingerprints: Any = None) -> dict[str, Any]:
    if not isinstance(fleet, Mapping):
        raise InputError("fleet", "what gather_results returns is needed")
    (new,) = need_fingerprints([fingerprint], "fingerprint")
    protected = need_fingerprints(protected_fingerprints, "protected_fingerprints")
    rotation = plan(fleet, need_registry(registry, "registry"), new, protected)
    missing = rotation.missing or rotation.missing_others
    return {
        "stores": rotation.stores,
        "others": rotation.others,
        "tidy": rotation.tidy,
        "missing": rotation.missing,
        "missing_others": rotation.missing_others,
        "sentence": say_missing(missing),
        "fleet": hold_back(rotation.fleet, missing, new),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_rotation": plan_rotation}
