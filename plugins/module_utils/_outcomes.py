# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The outcomes of a revocation, and when an outcome allows the removal.

Private to this collection. Pure. The same words in every module, role and report.
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
    :ivar own_connection: the registry was asked through a proxy, CA certificates or ``strict-ssl=false`` that the
        account's own files chose: the outcome counts for this account's copies alone.
    :ivar kind: of the registry that was asked; None where none was.
    :ivar expires: when the token expires: ISO 8601, ``never``, or None where that is not known.
    :ivar side_effects: what else happens because of the revocation, in sentences.
    """

    outcome: str
    detail: str
    by_hand: str | None = None
    own_connection: bool = False
    kind: str | None = None
    expires: str | None = None
    side_effects: tuple[str, ...] = ()


def allows_removal(outcome: str, revoke: str) -> bool:
    """Whether an outcome is enough to remove the lines of a credential.

    :param revoke: the option of that name, one of ``_selection.REVOKE_CHOICES``.
    """
    return outcome in _ENOUGH[revoke]
