# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Measure the time, memory and traffic of the modules, compared with well-known programs."""

import sys

from tests.tools.paths import WORK

# Without pytest, this makes the collection importable under its name.
if "ansible_collections" not in sys.modules:
    sys.path.insert(0, str(WORK / "typing"))
