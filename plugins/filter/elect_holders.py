# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter elect_holders."""

from __future__ import annotations

DOCUMENTATION = r"""
name: elect_holders
short_description: Decide which host ends which token
version_added: 0.1.0
description:
  - A token that stands on many hosts is ended once. From what audits found, and from what logouts said so far, this
    decides for each token which one host ends it now, which hosts wait, and which may remove their copies.
  - Use it once a round on the controller, with C(run_once), and let each host do its part. A round after the one
    in which nothing is left to do changes nothing.
  - An elected host that could not reach the registry, or was lost, is not asked again; the next holder is.
  - Hosts that reached the registry before come first, then those in good health, then those that have the Python
    library C(requests), then those with the least to do. The same input always gives the same answer.
author:
  - the npmops.auth contributors (@npmops)
positional: _input
options:
  _input:
    description:
      - The hosts of this play, by name, the same mapping as P(npmops.auth.report_data#filter) takes.
      - From each entry this takes C(info), the result of the audit; C(logout), one result or a list of results of
        M(npmops.auth.npm_logout); C(tripwires); C(status); and the two that follow.
      - C(requests), whether the host has the Python library; leave it out where that is not known.
      - C(asked), all calls that this filter gave to the host before, as RV(_value.hosts) has them under C(end), so
        that a host that was lost while it was asked counts as asked.
    type: dict
    required: true
  protected_fingerprints:
    description: Tokens that are neither ended nor removed.
    type: list
    elements: str
    default: []
  revoke:
    description:
      - What must be known of a token's end before other hosts remove their copies, as in
        M(npmops.auth.npm_logout#module).
      - With V(attempted) they do so when an outcome is known and nobody is left to ask, with V(never) at once.
    type: str
    choices: [confirmed, accepted, attempted, never]
    default: confirmed
  attempts:
    description: How many holders are asked about one token, one a round, before it is given up.
    type: int
    default: 3
  comments:
    description: Whether commented-out tokens count. They do where the logout has C(comments=true) as well.
    type: bool
    default: false
notes:
  - A host on which a tripwire was found, that is unreachable or that was skipped is neither elected nor told to remove
    anything.
  - A token that stands on a host with a tripwire is ended by nobody, since what waits there for its death would see it
    wherever it was ended.
seealso:
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Elect a holder for each token
  ansible.builtin.set_fact:
    election: "{{ fleet | npmops.auth.elect_holders(protected_fingerprints=shared_tokens) }}"
  run_once: true

- name: End the tokens that this host was elected for
  npmops.auth.npm_logout:
    fingerprints: "{{ item.fingerprints }}"
    registry: "{{ item.registry | default(omit, true) }}"
  loop: "{{ (election.hosts[inventory_hostname] | default({})).end | default([]) }}"

- name: Remove the copies of tokens that are ended
  npmops.auth.npm_logout:
    fingerprints: "{{ item.fingerprints }}"
    registry: "{{ item.registry | default(omit, true) }}"
    revoke: never
  loop: "{{ (election.hosts[inventory_hostname] | default({})).remove | default([]) }}"
"""

RETURN = r"""
_value:
  description: Who does what now.
  type: dict
  contains:
    hosts:
      description:
        - For each host that holds a token, C(end) and C(remove), two lists of calls of M(npmops.auth.npm_logout), and
          C(wait), the fingerprints that it leaves alone for now.
        - A call has C(fingerprints) and C(registry), which is null unless the host has the same token for another
          registry as well, which is not meant.
        - A call of C(remove) has C(ask) too. It is true where the registry answered only over a connection that the
          files of one account chose (C(own_connection) in the results of M(npmops.auth.npm_logout)). Such an answer
          counts for the copies of that account alone, so that each host asks before it removes its copy.
      type: dict
      sample:
        web1:
          end:
            - registry:
              fingerprints: ["sha256:0123456789abcdef"]
          remove: []
          wait: []
    tokens:
      description:
        - For each token C(fingerprint), C(registry), C(outcome), C(elected), C(asked) (the hosts that were asked
          before), C(removing) and C(waiting) (how many hosts), and C(decision).
        - The decision is V(end), V(remove), V(done), V(protected) or V(stuck). What is stuck has a C(reason).
          V(answered), the registry did not end it; V(attempts), enough holders were asked; V(no_holder), no host that
          holds it can be asked; V(tripwire), a host that holds it has a tripwire.
      type: list
      elements: dict
    stuck:
      description: Those of C(tokens) that nobody is left to ask.
      type: list
      elements: dict
    missing_requests:
      description: Hosts that were elected and have no C(requests), so that it must be installed there first.
      type: list
      elements: str
    finished:
      description: Whether no host has anything to do now.
      type: bool
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._outcomes import REVOKE_CHOICES
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    need_choice,
    need_count,
    need_fingerprints,
    need_flag,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import describe, elect
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts


@speak_ansible
def elect_holders(
    hosts: Any,
    protected_fingerprints: Any = None,
    revoke: Any = "confirmed",
    attempts: Any = 3,
    comments: Any = False,
) -> dict[str, Any]:
    fleet = read_hosts(hosts)
    with_comments = need_flag(comments, "comments")
    rulings = elect(
        fleet,
        protected=need_fingerprints(protected_fingerprints, "protected_fingerprints"),
        revoke=need_choice(revoke, "revoke", REVOKE_CHOICES),
        attempts=need_count(attempts, "attempts"),
        comments=with_comments,
    )
    return describe(fleet, rulings, comments=with_comments)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"elect_holders": elect_holders}
