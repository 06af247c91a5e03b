# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""docs/registries.md says what the drivers do."""

from __future__ import annotations

from pathlib import Path

from tests.registry.names import TestAuthority
from tests.tools.registries_page import PAGE, make_page


def test_page_is_current(tmp_path: Path) -> None:
    """Write it anew with: PYTHONPATH=.work/typing python -m tests.tools.registries_page"""
    assert PAGE.read_text(encoding="utf-8") == make_page(TestAuthority(tmp_path))
