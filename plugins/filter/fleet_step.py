# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter fleet_step."""

from __future__ import annotations

DOCUMENTATION = r"""
name: fleet_step
short_description: Decide the next step of a fleet
version_added: 1.0.0
description:
  - Internal filter of the roles of this collection, which keep its result in one fact. It collects the results that the
    last step registered on the hosts, and decides what each host does in the next step.
  - In your own playbooks, use P(npmops.auth.gather_results#filter), P(npmops.auth.choose_hosts#filter) and the other
    filters.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, step
options:
  _input:
    description: The state of the run, as this filter returned it. The step V(found) does not use it.
    type: dict
    required: true
  step:
    description: The step that is finished.
    type: str
    choices: [found, revoked, settled, logged_in, replaced, removed]
    required: true
  variables:
    description: The variables of all hosts, C(hostvars).
    type: dict
  job:
    description: The purpose of the run.
    type: str
    choices: [audit, offboard, rotate]
    default: audit
  now:
    description: The current time in ISO 8601 format.
    type: str
    required: true
  began:
    description: Start of the run in ISO 8601 format.
    type: str
  batch:
    description: The hosts of the play that were audited.
    type: list
    elements: str
  hosts:
    description: All hosts of the play, including those of other batches.
    type: list
    elements: str
  check_mode:
    description: Whether the run uses C(--check).
    type: bool
    default: false
  registry:
    description: The registry of the run.
    type: str
  fingerprints:
    description: The tokens to process. An empty list means none.
    type: list
    elements: str
  users:
    description: The accounts of the run. At least one of them must exist on at least one host.
    type: list
    elements: str
  revoke:
    description: How certain the revocation must be, as in M(npmops.auth.npm_logout).
    type: str
    choices: [confirmed, accepted, attempted, never]
    default: confirmed
  attempts:
    description: How many hosts try to revoke a token.
    type: int
    default: 3
  new_fingerprint:
    description: The fingerprint of the new token of a rotation.
    type: str
  levels:
    description: The configuration levels that were processed.
    type: list
    elements: str
seealso:
  - plugin: npmops.auth.gather_results
    plugin_type: filter
  - plugin: npmops.auth.choose_hosts
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Collect what the hosts found, and choose the host that revokes each token
  ansible.builtin.set_fact:
    run: >-
      {{ {} | npmops.auth.fleet_step('found', hostvars, job='offboard', now=now(utc=true).isoformat(),
                                      hosts=ansible_play_hosts_all, batch=ansible_play_batch) }}
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The state of the run, with C(fleet), C(choice), C(protected), C(undone), C(report) and others, and the hosts
      of the next step under C(next), as a play names them.
    - C(mistake) is a sentence if the run must not go on, or else empty.
  type: dict
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED
from ansible_collections.npmops.auth.plugins.module_utils._selection import REVOKE_CHOICES
from ansible_collections.npmops.auth.plugins.plugin_utils import _steps
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    find_version,
    need_choice,
    need_choices,
    need_count,
    need_fingerprints,
    need_flag,
    need_registry,
    speak_ansible,
    split_list,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import AUDIT, JOBS, LEVELS, ROTATE
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_time

_STEPS = ("found", "revoked", "settled", "logged_in", "replaced", "removed")
_PROTECTED = "npm_auth_protected_fingerprints"


@speak_ansible
def fleet_step(known: Any, step: Any, variables: Any = None, **options: Any) -> dict[str, Any]:
    step = need_choice(step, "step", _STEPS)
    settings = _read_settings(**{name: value for name, value in options.items() if name in _SETTINGS})
    if step != "found" and (not isinstance(known, Mapping) or "fleet" not in known):
        raise InputError("known", "must be what this filter returned")
    return _take(dict(known), step, variables, settings, options)


def _take(
    state: dict[str, Any], step: str, variables: Any, settings: _steps.Settings, options: Mapping[str, Any]
) -> dict[str, Any]:
    def fetch(names: Collection[str], register: str) -> Mapping[str, Any]:
        # Each access combines all variables of the host: read once, and keep none of them.
        results = {str(name): variables[name].get(register) for name in names}
        return {name: result if isinstance(result, Mapping) else None for name, result in results.items()}

    if step == "found":
        return _collect_found(fetch, variables, settings, options)
    if step == "settled":
        # A rotation that is not complete revokes and removes nothing.
        state = _steps.collect_revoked(state, fetch, settings)
        return _steps.decide_removal(state, settings)
    collect = {
        "revoked": _steps.collect_revoked,
        "logged_in": _steps.check_logins,
        "replaced": _steps.check_replaced,
        "removed": _steps.collect_removed,
    }
    return collect[step](state, fetch, settings)


def _collect_found(
    fetch: _steps.Fetch, variables: Any, settings: _steps.Settings, options: Mapping[str, Any]
) -> dict[str, Any]:
    batch = _need_names(options.get("batch"), "batch")
    others = [name for name in _need_names(options.get("hosts"), "hosts") if name not in set(batch)]
    protects = {
        name: sorted(need_fingerprints(variables[name].get(_PROTECTED), _PROTECTED)) for name in (*batch, *others)
    }
    began = read_time(options.get("began"), "began") or settings.now
    state = _steps.collect_found(began, fetch, settings, batch, others, protects)
    if state["mistake"]:
        return state
    if settings.job == ROTATE:
        return _steps.plan_logins(state, settings)
    return state if settings.job == AUDIT else _steps.choose(state, settings)


_SETTINGS = (
    *("job", "now", "check_mode", "registry", "fingerprints", "users", "revoke", "attempts", "new_fingerprint"),
    "levels",
)


def _read_settings(
    now: Any = None,
    job: Any = AUDIT,
    check_mode: Any = False,
    registry: Any = None,
    fingerprints: Any = None,
    users: Any = None,
    revoke: Any = CONFIRMED,
    attempts: Any = 3,
    new_fingerprint: Any = None,
    levels: Any = None,
) -> _steps.Settings:
    return _steps.Settings(
        job=need_choice(job, "job", JOBS),
        now=read_time(now, "now") or "",
        check_mode=need_flag(check_mode, "check_mode"),
        registry=None if registry is None else need_registry(registry, "registry"),
        fingerprints=None if fingerprints is None else need_fingerprints(fingerprints, "fingerprints"),
        users=tuple(_need_names(split_list(users), "users")),
        revoke=need_choice(revoke, "revoke", REVOKE_CHOICES),
        attempts=need_count(attempts, "attempts"),
        new=next(iter(need_fingerprints([new_fingerprint], "new_fingerprint"))) if new_fingerprint else None,
        levels=frozenset(need_choices(levels, "levels", LEVELS)),
        version=find_version(),
    )


def _need_names(value: Any, option: str) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InputError(option, "must be a list of names")
    return [str(name) for name in value]


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"fleet_step": fleet_step}
