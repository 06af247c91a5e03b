# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The checks of antsibull-nox, as antsibull-nox.toml configures them. `make gates` runs them.

By hand: `pip install -r requirements/gates.txt`, then `nox --no-venv`, and `nox -s docs-check`.
"""

from __future__ import annotations

import antsibull_nox
import nox

nox.options.envdir = ".work/nox"
antsibull_nox.load_antsibull_nox_toml()
