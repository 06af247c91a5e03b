# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define defects that a search must find. They prove that a search without findings is meaningful."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial

from ansible_collections.npmops.auth.plugins.module_utils._formats.npmrc import remove
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting
from tests.fuzz.properties import BOM, FORMATS, check_file


def remove_but_keep_mark(data: bytes, doomed: Iterable[Setting]) -> bytes:
    """Do what ``remove`` does, with a defect: a byte order mark stays before a ``[section]``, which is then invalid."""
    kept = remove(data, doomed)
    return BOM + kept if data.startswith(BOM) and not kept.startswith(BOM) else kept


#: Targets like those of ``properties``.
PLANTED: dict[str, Callable[[bytes], None]] = {
    "planted": partial(check_file, replace(FORMATS["npmrc"], remove=remove_but_keep_mark)),
}
