# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Collect all cases, and the tasks that process the files of many of them."""

from __future__ import annotations

from collections.abc import Mapping

from .case import Case
from .driver_cases import DRIVER_CASES, DRIVER_PACKS
from .format_cases import FORMAT_CASES, FORMAT_PACKS
from .info_cases import INFO_CASES, INFO_PACKS
from .login_cases import LOGIN_CASES, LOGIN_PACKS
from .npmrc_cases import NPMRC_CASES, NPMRC_PACKS
from .reference_cases import REFERENCE_CASES

CASES: tuple[Case, ...] = (
    *NPMRC_CASES,
    *FORMAT_CASES,
    *INFO_CASES,
    *LOGIN_CASES,
    *DRIVER_CASES,
    *REFERENCE_CASES,
)
#: Name -> options of a task, in addition to its module's ``OPTIONS``.
PACKS: Mapping[str, Mapping[str, object]] = {
    **NPMRC_PACKS,
    **FORMAT_PACKS,
    **INFO_PACKS,
    **LOGIN_PACKS,
    **DRIVER_PACKS,
}
