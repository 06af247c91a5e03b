# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the outcomes of a revocation, and which of them allow the removal.

Private to this collection. Pure. All modules, roles and reports use the same words.
"""

from __future__ import annotations

from typing import NamedTuple

CONFIRMED = "confirmed"
ALREADY_INVALID = "already_invalid"
ACCEPTED = "accepted"
INEFFECTIVE = "ineffective"
UNSUPPORTED = "unsupported"
FAILED = "failed"
UNRESOLVED = "unresolved"
NOT_APPLICABLE = "not_applicable"
PROTECTED = "protected"
SKIPPED = "skipped"
PENDING = "pending"

#: The outcomes of a token that this run revoked.
REVOKED = frozenset({CONFIRMED, ACCEPTED})

_NO_OBSTACLE = frozenset({CONFIRMED, ALREADY_INVALID, UNRESOLVED, NOT_APPLICABLE, SKIPPED, PENDING})
_ENOUGH = {
    CONFIRMED: _NO_OBSTACLE,
    ACCEPTED: _NO_OBSTACLE | {ACCEPTED},
    "attempted": _NO_OBSTACLE | {ACCEPTED, INEFFECTIVE, UNSUPPORTED, FAILED},
    "never": _NO_OBSTACLE,
}


class Verdict(NamedTuple):
    """The result of one credential.

    :ivar outcome: one of the words above.
    :ivar detail: a human-readable reason.
    :ivar by_hand: the manual steps, or None.
    :ivar own_connection: the registry was asked through a proxy, CA certificates or ``strict-ssl=false`` from the
        account's own files: the outcome is valid only for this account's copies.
    :ivar kind: the kind of the registry that was asked, if any.
    :ivar expires: when the token expires: ISO 8601, ``never``, or None if unknown.
    :ivar side_effects: other effects of the revocation, in sentences.
    """

    outcome: str
    detail: str
    by_hand: str | None = None
    own_connection: bool = False
    kind: str | None = None
    expires: str | None = None
    side_effects: tuple[str, ...] = ()


def allows_removal(outcome: str, revoke: str) -> bool:
    """Return whether an outcome allows the removal of a credential's lines.

    :param revoke: the option of that name, one of ``_selection.REVOKE_CHOICES``.
    """
    return outcome in _ENOUGH[revoke]
