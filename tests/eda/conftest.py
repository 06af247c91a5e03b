# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Fixtures that the rulebook tests share with the integration tests: accounts and an embedded registry."""

from __future__ import annotations

from tests.integration.conftest import accounts, registry

__all__ = ["accounts", "registry"]
