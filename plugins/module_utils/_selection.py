# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define which credentials a run selects.

Private to this collection. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

#: How certain a revocation must be before the lines are removed. The first is the default.
REVOKE_CHOICES = ("confirmed", "accepted", "attempted", "never")


class Selection(NamedTuple):
    """The credentials that a run selects: the options of the same names.

    :ivar scope: with its ``@``.
    :ivar fingerprints: None for all; empty for none.
    """

    registry: Registry | None = None
    scope: str | None = None
    all_registries: bool = False
    token: Secret | None = None
    fingerprints: frozenset[str] | None = None
    protected: frozenset[str] = frozenset()
    revoke: str = REVOKE_CHOICES[0]
    comments: bool = False
