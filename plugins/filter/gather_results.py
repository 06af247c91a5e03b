# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter gather_results."""

from __future__ import annotations

DOCUMENTATION = r"""
name: gather_results
short_description: Collect the results of a task from all hosts
version_added: 1.0.0
description:
  - Takes the results that a task of this collection registered on each host, and creates or extends the mapping that
    P(npmops.auth.choose_hosts#filter), P(npmops.auth.plan_rotation#filter) and P(npmops.auth.report_data#filter) take.
  - A host that failed or was lost stays in the mapping, with the reason, so that the run can continue without the host
    and the report names it. The tasks need C(ignore_errors) and C(ignore_unreachable) for this.
  - With the kind V(info), the variable C(npm_auth_protected_fingerprints) of each host is included, so that a token
    that is protected on one host can be protected on all hosts.
  - The roles of this collection use this filter between their tasks.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, names, variables, register, kind
options:
  _input:
    description: The mapping that the previous call returned; an empty mapping at first.
    type: dict
    required: true
  names:
    description: The names of the hosts, such as C(ansible_play_hosts_all).
    type: list
    elements: str
    required: true
  variables:
    description: The variables of all hosts, C(hostvars).
    type: dict
    required: true
  register:
    description: The variable in which the task registered its result. The task may be a loop.
    type: str
    required: true
  kind:
    description: The module of the results.
    type: str
    choices:
      info: M(npmops.auth.npm_credentials_info).
      logout: M(npmops.auth.npm_logout).
      login: M(npmops.auth.npm_login), in a loop over mappings with C(account) and C(path).
      other: Any other module.
    required: true
  at:
    description: Time of the results in ISO 8601 format.
    type: str
  calls:
    description: The result of P(npmops.auth.choose_hosts#filter) for this task, so that a host that was lost during
      the task is not chosen again.
    type: dict
  registry:
    description:
      - Keep only credentials for this registry.
      - Copies of the same tokens for other registries are kept apart, because a revocation affects them, too.
    type: str
  fingerprints:
    description: Keep only tokens with these fingerprints. An empty list means none; when not given, everything is kept.
    type: list
    elements: str
seealso:
  - plugin: npmops.auth.choose_hosts
    plugin_type: filter
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Find npm credentials
  npmops.auth.npm_credentials_info:
    all_users: true
    comments: true
  register: found
  ignore_errors: true
  ignore_unreachable: true

- name: Collect results from all hosts
  ansible.builtin.set_fact:
    fleet: "{{ {} | npmops.auth.gather_results(ansible_play_hosts_all, hostvars, 'found', 'info') }}"
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - For each host C(info), C(outside) (copies of tokens in C(info), of this host or of another one, for registries
      that the run does not process), C(tokens) (the fingerprints of all tokens that the audit found, including tokens
      that the run does not process), C(logout), C(logins), C(tripwires), C(absent), C(requests), C(protected),
      C(asked), C(status) and C(problem).
  type: dict
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    need_choice,
    need_fingerprints,
    need_registry,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._gather import INFO, KINDS, gather
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_time

_PROTECTED = "npm_auth_protected_fingerprints"


@speak_ansible
def gather_results(
    known: Any,
    names: Any,
    variables: Any,
    register: str,
    kind: Any,
    at: Any = None,
    calls: Any = None,
    registry: Any = None,
    fingerprints: Any = None,
) -> dict[str, Any]:
    if not isinstance(known, Mapping) or isinstance(names, str) or not isinstance(names, Iterable):
        raise InputError("names", "must be a list of names, and the input what earlier calls returned")
    kind = need_choice(kind, "kind", KINDS)
    results: dict[str, Mapping[str, Any] | None] = {}
    protected: dict[str, list[str]] = {}
    for name in names:
        # Each access combines all variables of the host: read once, and keep none of them.
        own = variables[name]
        result = own.get(register)
        results[str(name)] = result if isinstance(result, Mapping) else None
        protected[str(name)] = sorted(need_fingerprints(own.get(_PROTECTED), _PROTECTED))
    return gather(
        known,
        results,
        kind,
        at=read_time(at, "at"),
        calls=(calls or {}).get("hosts"),
        registry=None if registry is None else need_registry(registry, "registry"),
        fingerprints=None if fingerprints is None else need_fingerprints(fingerprints, "fingerprints"),
        protected=protected if kind == INFO else None,
    )


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"gather_results": gather_results}
