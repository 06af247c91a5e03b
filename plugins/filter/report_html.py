# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter report_html."""

from __future__ import annotations

DOCUMENTATION = r"""
name: report_html
short_description: Write the report as one HTML page
version_added: 1.0.0
description:
  - Writes the report as one page that loads no external resources. A content security policy enforces this. The page
    can be opened from a disk, sent as a file, and printed.
  - All rows can be filtered and sorted, also with ten thousand hosts. Without JavaScript the page shows the summary,
    the manual steps and the first rows.
author:
  - the npmops.auth contributors (@npmops)
positional: _input
options:
  _input:
    description: The report, as P(npmops.auth.report_data#filter) returns it.
    type: dict
    required: true
seealso:
  - plugin: npmops.auth.report_data
    plugin_type: filter
"""

EXAMPLES = r"""
- name: Write the report as HTML
  ansible.builtin.copy:
    content: "{{ report | npmops.auth.report_html }}"
    dest: "{{ playbook_dir }}/report.html"
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

from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import need_report, speak_ansible
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_html import render_page


@speak_ansible
def report_html(report: Any) -> str:
    return render_page(need_report(report))


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"report_html": report_html}
