# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which credentials a run is about, as a value.

Private to this collection. Pure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

#: How certain a revocation must be before the lines go; by default, the first.
REVOKE_CHOICES = ("confirmed", "accepted", "attempted", "never")


class Selection(NamedTuple):
    """Which credentials a run is about: the options of the same names.

    :ivar scope: with its ``@``.
    :ivar fingerprints: None for all; no token where it is empty.
    """

    registry: Registry | None = None
    scope: str | None = None
    all_registries: bool = False
    token: Secret | None = None
    fingerprints: frozenset[str] | None = None
    protected: frozenset[str] = frozenset()
    revoke: str = REVOKE_CHOICES[0]
    comments: bool = False
