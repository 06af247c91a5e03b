# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter report_data."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_data
short_description: Create one report from the results of all hosts
version_added: 1.0.0
description:
  - Creates one document from the results of all hosts, to be written as JSON. The file C(docs/report.schema.json) of
    this collection describes the document.
  - Only known fields are included. Text that an account may control (names, paths, sentences) is sanitized. A token
    appears only by its fingerprint.
  - In check mode the document is the same, with V(pending) where a real run would send a request.
author:
  - the npmops.auth contributors (@npmops)
positional: _input
options:
  _input:
    description:
      - The hosts of the run, by name. Each entry is a mapping, and each of its fields may be missing or null.
      - C(info), the result of the audit (C(npm_credentials_info)), with the credentials of the run.
      - C(outside), copies of the same tokens for registries that are not part of the run, which stay on disk.
      - C(logout), one result of M(npmops.auth.npm_logout), a list of them in their order, or what a loop registered.
        A result may have C(at), its time.
      - C(tripwires), the paths of the tripwires on the host.
      - C(status), V(ok) (the default), V(failed), V(unreachable) or V(skipped), and C(problem), a sentence or null.
    type: dict
    required: true
  job:
    description: The purpose of the run.
    type: str
    choices: [audit, offboard, rotate]
    required: true
  started:
    description: Start of the run in ISO 8601 format. UTC if it has no time zone.
    type: str
  finished:
    description: End of the run in ISO 8601 format.
    type: str
  check_mode:
    description: Whether the run used C(--check).
    type: bool
    default: false
  protected_fingerprints:
    description: Protected tokens of the run.
    type: list
    elements: str
    default: []
  levels:
    description: The configuration levels that were processed. If they include system-wide files, the report states this
      at the top.
    type: list
    elements: str
  new_fingerprint:
    description: The fingerprint of the new token of a rotation.
    type: str
  collection_version:
    description: The version in the report. By default the version of this collection, if it is installed.
    type: str
seealso:
  - plugin: npmops.auth.report_html
    plugin_type: filter
  - plugin: npmops.auth.report_csv
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the report
  ansible.builtin.copy:
    content: "{{ fleet | npmops.auth.report_data(job='audit', started=began, finished=now(utc=true)) | to_nice_json }}"
    dest: "{{ playbook_dir }}/report.json"
    mode: "0600"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description:
    - The report, with C(schema), C(version), C(run), C(summary), C(tripwires), C(by_hand), C(tokens), C(credentials)
      (those that are not tokens), C(findings), C(hosts) and C(matrix).
    - Its C(summary) has C(level), which is V(alarm), V(attention), V(notice) or V(clear), and C(headline), a sentence.
  type: dict
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import (
    find_version,
    need_choice,
    need_choices,
    need_fingerprints,
    need_flag,
    speak_ansible,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import build_report
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import JOBS, LEVELS, Run
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts, read_time


@speak_ansible
def report_data(
    hosts: Any,
    job: Any,
    started: Any = None,
    finished: Any = None,
    check_mode: Any = False,
    protected_fingerprints: Any = None,
    collection_version: Any = None,
    levels: Any = None,
    new_fingerprint: Any = None,
) -> dict[str, Any]:
    if collection_version is not None and not isinstance(collection_version, str):
        raise InputError("collection_version", "must be a string")
    run = Run(
        job=need_choice(job, "job", JOBS),
        check_mode=need_flag(check_mode, "check_mode"),
        started=read_time(started, "started"),
        finished=read_time(finished, "finished"),
        collection_version=collection_version or find_version(),
        levels=frozenset(need_choices(levels, "levels", LEVELS)),
        new=next(iter(need_fingerprints([new_fingerprint], "new_fingerprint"))) if new_fingerprint else None,
    )
    return build_report(read_hosts(hosts), run, need_fingerprints(protected_fingerprints, "protected_fingerprints"))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report_data": report_data}
