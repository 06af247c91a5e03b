# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the words of the report: jobs, states of a credential, conditions of a host, severities.

Private to this collection. Pure. ``docs/report.schema.json`` lists the same words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import FAILED, OK, SKIPPED, UNREACHABLE

AUDIT = "audit"
ROTATE = "rotate"
JOBS = (AUDIT, "offboard", ROTATE)

OPEN, UNVERIFIED, PLANNED, BY_HAND, LEFTOVER, SPARED, NEW, DONE = (
    "open",
    "unverified",
    "pending",
    "by_hand",
    "leftover",
    "protected",
    "new",
    "done",
)
#: The states of a credential, worst first. The new token of a rotation is ``new``.
STATES = (OPEN, UNVERIFIED, PLANNED, BY_HAND, LEFTOVER, SPARED, NEW, DONE)

TRIPWIRE = "tripwire"
#: The conditions of a host: the worst of its status and of its credentials. Worst first.
CONDITIONS = (
    TRIPWIRE,
    OPEN,
    UNVERIFIED,
    FAILED,
    UNREACHABLE,
    SKIPPED,
    PLANNED,
    BY_HAND,
    LEFTOVER,
    SPARED,
    NEW,
    DONE,
    OK,
)

#: Worst first. Other severities of an audit come last.
SEVERITIES = ("critical", "high", "medium", "low", "info")

#: The configuration levels; the files of the first two belong to the host and not to an account.
LEVELS = ("builtin", "global", "user", "project", "all")
LEVELS_OF_HOST = frozenset({"builtin", "global", "all"})

ALARM, ATTENTION, NOTICE, CLEAR = "alarm", "attention", "notice", "clear"
SERIOUSNESS = (ALARM, ATTENTION, NOTICE, CLEAR)


@dataclass(frozen=True)
class Run:
    """The run that the report describes. Times are in UTC and ISO 8601 format.

    :ivar levels: the configuration levels that were processed.
    :ivar new: the fingerprint of the new token of a rotation.
    """

    job: str
    check_mode: bool
    started: str | None
    finished: str | None
    collection_version: str | None
    levels: frozenset[str] = frozenset()
    new: str | None = None


def list_some(texts: Sequence[str], most: int) -> str:
    """List the first texts, and say how many more there are."""
    more = f" and {len(texts) - most} more" if len(texts) > most else ""
    return f"{', '.join(texts[:most])}{more}"
