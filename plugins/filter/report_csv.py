# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter report_csv."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_csv
short_description: Write a table of the report as CSV
version_added: 1.0.0
description:
  - Writes one table of the report in the format of RFC 4180, with a header, commas and CRLF.
  - A cell that a spreadsheet would treat as a formula, because it begins with C(=), C(+), C(-), C(@), one of their
    full-width forms, a tab or a line end, gets an apostrophe in front.
author:
  - the npmops.auth contributors (@npmops)
positional: _input, table
options:
  _input:
    description: The report, as P(npmops.auth.report_data#filter) returns it.
    type: dict
    required: true
  table:
    description: The table to write.
    type: str
    choices:
      credentials: A row for each credential entry, and a row for each host without credentials.
      tokens: A row for each token.
      hosts: A row for each host.
      findings: A row for each finding.
    default: credentials
seealso:
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write all credentials as CSV
  ansible.builtin.copy:
    content: "{{ report | npmops.auth.report_csv }}"
    dest: "{{ playbook_dir }}/credentials.csv"
    mode: "0600"
  delegate_to: localhost
  run_once: true

- name: Write the security findings as CSV
  ansible.builtin.copy:
    content: "{{ report | npmops.auth.report_csv('findings') }}"
    dest: "{{ playbook_dir }}/findings.csv"
    mode: "0600"
  delegate_to: localhost
  run_once: true
"""

RETURN = r"""
_value:
  description: The text of the file.
  type: str
"""

from collections.abc import Callable
from typing import Any

from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import need_choice, need_report, speak_ansible
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_csv import CREDENTIALS, TABLES, write_csv


@speak_ansible
def report_csv(report: Any, table: Any = CREDENTIALS) -> str:
    return write_csv(need_report(report), need_choice(table, "table", TABLES))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report_csv": report_csv}
