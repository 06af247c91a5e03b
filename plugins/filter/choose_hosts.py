# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter choose_hosts."""

from __future__ import annotations

DOCUMENTATION = r"""
name: choose_hosts
short_description: Choose the host that revokes each token
version_added: 1.0.0
description:
  - A token that is on many hosts is revoked once. From the results of audits and of logouts so far, this filter decides
    for each token which host revokes it now, which hosts wait, and which hosts may remove their copies.
  - Use the filter once in each round on the controller, with C(run_once), and let each host do its part. When nothing
    is left to do, another round changes nothing.
  - If the chosen host could not reach the registry, or was lost, another host that has the token is chosen.
  - Hosts that reached the registry before come first, then those without problems, then those that have the Python
    library C(requests), then those with the least to do. The same input always gives the same result.
author:
  - the npmops.auth contributors (@npmops)
positional: _input
options:
  _input:
    description:
      - The hosts of this play, by name, the same mapping as P(npmops.auth.report_data#filter) takes.
      - The filter reads the following fields of each entry.
      - C(info), the result of the audit; C(logout), one result or a list of results of M(npmops.auth.npm_logout);
        C(tripwires); C(status).
      - C(requests), whether the host has the Python library. Omit it if this is not known.
      - C(asked), all calls that this filter gave to the host before, as under C(revoke) in RV(_value.hosts), so that a
        host that was lost during a call is not chosen again.
    type: dict
    required: true
  protected_fingerprints:
    description: Tokens that are neither revoked nor removed.
    type: list
    elements: str
    default: []
  revoke:
    description:
      - How certain the revocation must be before other hosts remove their copies, as in
        M(npmops.auth.npm_logout).
      - With V(attempted), they remove their copies when an outcome is known and no other host can be chosen. With
        V(never), they remove them at once.
    type: str
    choices: [confirmed, accepted, attempted, never]
    default: confirmed
  attempts:
    description: How many hosts try to revoke a token, one in each round, before the token is given up.
    type: int
    default: 3
  comments:
    description: Whether commented-out tokens are included. Set it to the same value as C(comments) of the logout.
    type: bool
    default: false
notes:
  - A host with a tripwire, an unreachable host and a skipped host are neither chosen nor do they remove anything.
  - A token that is on a host with a tripwire is not revoked by any host, because malware on that host would notice the
    revocation.
seealso:
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Choose the host that revokes each token
  ansible.builtin.set_fact:
    choice: "{{ fleet | npmops.auth.choose_hosts(protected_fingerprints=shared_tokens) }}"
  run_once: true

- name: Revoke the tokens that are assigned to this host
  npmops.auth.npm_logout:
    fingerprints: "{{ item.fingerprints }}"
    registry: "{{ item.registry | default(omit, true) }}"
  loop: "{{ (choice.hosts[inventory_hostname] | default({})).revoke | default([]) }}"

- name: Remove the copies of revoked tokens
  npmops.auth.npm_logout:
    fingerprints: "{{ item.fingerprints }}"
    registry: "{{ item.registry | default(omit, true) }}"
    revoke: "{{ 'confirmed' if item.ask else 'never' }}"
  loop: "{{ (choice.hosts[inventory_hostname] | default({})).remove | default([]) }}"
"""

RETURN = r"""
_value:
  description: What each host does in this round.
  type: dict
  contains:
    hosts:
      description:
        - For each host that has a token, C(revoke) and C(remove), two lists of calls of M(npmops.auth.npm_logout), and
          C(wait), the fingerprints of tokens that the host keeps for now.
        - A call has C(fingerprints) and C(registry). C(registry) is null unless the host also has the same token for
          another registry, which is not to be processed.
        - A call of C(remove) also has C(ask). If it is true, the host checks the token before it removes its copy.
        - This is so if the registry responded only over a connection that the files of one account chose
          (C(own_connection) in the results of M(npmops.auth.npm_logout)). Such a response counts only for the copies of
          that account.
        - It is also so if other hosts only report V(already_invalid), and a client on this host may send the token to
          another registry.
      type: dict
      sample:
        web1:
          revoke:
            - registry:
              fingerprints: ["sha256:0123456789abcdef"]
          remove: []
          wait: []
    tokens:
      description:
        - For each token C(fingerprint), C(registry), C(outcome), C(chosen), C(asked) (the hosts that were asked
          before), C(removing) and C(waiting) (how many hosts), and C(decision).
        - The decision is V(revoke), V(remove), V(done), V(protected) or V(stuck). A stuck token has a C(reason).
          V(answered), the registry did not revoke it, or copies on some hosts may belong to another registry;
          V(attempts), C(attempts) hosts have tried; V(no_host), no host
          that has the token can send a request; V(tripwire), a host that has the token has a tripwire.
      type: list
      elements: dict
    stuck:
      description: The tokens for which no host is left to choose.
      type: list
      elements: dict
    missing_requests:
      description: Chosen hosts without the library C(requests), which must be installed there first.
      type: list
      elements: str
    finished:
      description: Whether all hosts have finished.
      type: bool
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._selection import REVOKE_CHOICES
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    need_choice,
    need_count,
    need_fingerprints,
    need_flag,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import choose, describe
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts


@speak_ansible
def choose_hosts(
    hosts: Any,
    protected_fingerprints: Any = None,
    revoke: Any = "confirmed",
    attempts: Any = 3,
    comments: Any = False,
) -> dict[str, Any]:
    fleet = read_hosts(hosts)
    with_comments = need_flag(comments, "comments")
    rulings = choose(
        fleet,
        protected=need_fingerprints(protected_fingerprints, "protected_fingerprints"),
        revoke=need_choice(revoke, "revoke", REVOKE_CHOICES),
        attempts=need_count(attempts, "attempts"),
        comments=with_comments,
    )
    return describe(fleet, rulings, comments=with_comments)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"choose_hosts": choose_hosts}
