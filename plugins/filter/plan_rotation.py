# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter plan_rotation."""

from __future__ import annotations

DOCUMENTATION = r"""
name: plan_rotation
short_description: Plan where to put the new token of a rotation
version_added: 1.0.0
description:
  - A rotation puts a new token into every credential file that has a token for a registry, and revokes the old tokens
    only when every host has the new one. From the results of audits and of logins so far, this filter decides which
    files get the new token, which hosts do not have it yet, and which tokens are old.
  - Runs keep no state except the credential files. The old tokens stay in the files, above the new one, until they are
    revoked.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, registry, fingerprint
options:
  _input:
    description: The results of the hosts, as P(npmops.auth.gather_results#filter) returns them.
    type: dict
    required: true
  registry:
    description: The registry of the rotation.
    type: str
    required: true
  fingerprint:
    description: The fingerprint of the new token.
    type: str
    required: true
  protected_fingerprints:
    description: Tokens that are kept, and do not count as old tokens.
    type: list
    elements: str
    default: []
seealso:
  - plugin: npmops.auth.gather_results
    plugin_type: filter
  - plugin: npmops.auth.choose_hosts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Find the files that need the new token
  ansible.builtin.set_fact:
    rotation: "{{ fleet | npmops.auth.plan_rotation('https://npm.example.com/', new_fingerprint) }}"
  run_once: true

- name: Put the new token after the old one
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    token: "{{ new_token }}"
    keep_replaced: true
    users: ["{{ item.account }}"]
    paths: ["{{ item.path }}"]
  loop: "{{ rotation.files[inventory_hostname] | default([]) }}"
"""

RETURN = r"""
_value:
  description: The state of the rotation.
  type: dict
  contains:
    files:
      description:
        - For each host the files that get the new token after the old one, each with C(account) and C(path).
      type: dict
    others:
      description:
        - For each host the files that can contain only one token, such as C(.yarnrc.yml), each with C(account) and
          C(path), and C(fingerprints), those of the old tokens in the file.
      type: dict
    tidy:
      description:
        - For each host the files of RV(_value.files) that also contain a user name and password for the registry.
        - User names and passwords are kept until the old tokens are revoked.
      type: dict
    missing:
      description: The hosts that do not have the new token in all of RV(_value.files), with the reason.
      type: dict
    missing_others:
      description: The same for RV(_value.others).
      type: dict
    elsewhere:
      description:
        - The hosts that use an old token for another registry, with the place.
        - A revocation of the token would break this login.
      type: dict
    sentence:
      description: A sentence that names the hosts of RV(_value.missing), or else the hosts of
        RV(_value.missing_others), and the hosts of RV(_value.elsewhere). Empty if all old tokens may be revoked.
      type: str
    fleet:
      description:
        - The results of the hosts, reduced to the old tokens and the new one, for
          P(npmops.auth.choose_hosts#filter) and P(npmops.auth.report_data#filter).
        - The new token is V(protected). If RV(_value.sentence) is not empty, it is the result of each old token.
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
        raise InputError("fleet", "must be what gather_results returns")
    (new,) = need_fingerprints([fingerprint], "fingerprint")
    protected = need_fingerprints(protected_fingerprints, "protected_fingerprints")
    rotation = plan(fleet, need_registry(registry, "registry"), new, protected)
    sentence = say_missing(rotation.missing or rotation.missing_others, rotation.elsewhere)
    return {
        "files": rotation.stores,
        "others": rotation.others,
        "tidy": rotation.tidy,
        "missing": rotation.missing,
        "missing_others": rotation.missing_others,
        "elsewhere": rotation.elsewhere,
        "sentence": sentence,
        "fleet": hold_back(rotation.fleet, sentence, new),
    }


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"plan_rotation": plan_rotation}
