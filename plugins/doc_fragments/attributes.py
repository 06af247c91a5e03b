# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The attributes that all modules of this collection share."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options: {}
attributes:
  check_mode:
    description: Can run in check mode and report what it would change, without changing anything.
  diff_mode:
    description: Shows file changes with every secret replaced by a placeholder.
  platform:
    description: The operating systems of managed hosts that the module supports.
    platforms: posix
"""

    ACTION_GROUP = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/npmops.auth.npm) in C(module_defaults) to set options for all modules of this collection.
    support: full
    membership:
      - npmops.auth.npm
"""
