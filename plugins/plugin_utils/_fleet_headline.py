# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the headline of the report and its notes.

Private to this collection. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import (
    ALARM,
    ATTENTION,
    AUDIT,
    BY_HAND,
    CLEAR,
    DONE,
    LEFTOVER,
    LEVELS,
    LEVELS_OF_HOST,
    NEW,
    NOTICE,
    OPEN,
    PLANNED,
    ROTATE,
    SERIOUSNESS,
    SEVERITIES,
    SPARED,
    UNVERIFIED,
    Run,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import FAILED, SKIPPED, UNREACHABLE

#: Removed from the headline where it is not true.
NO_COPY = ", and no copy left on disk"


def list_notes(run: Run) -> list[str]:
    """List what a reader must know before the numbers."""
    if run.job == AUDIT or not run.levels & LEVELS_OF_HOST:
        return []
    return [
        "This run included system-wide files, such as /etc/npmrc, which belong to no account "
        f"(npm_auth_levels: {', '.join(sorted(run.levels, key=LEVELS.index))})."
    ]


def say_headline(
    summary: Mapping[str, Any],
    unknown: Sequence[str],
    texts: int,
    outside: Sequence[str],
    unreadable: int,
    run: Run,
) -> tuple[str, str]:
    """Return how serious the result is (one of ``SERIOUSNESS``), and its headline.

    :param texts: the number of files that still contain the text of a token.
    :param outside: where tokens of the run are still on disk for registries that are not part of the run.
    :param unreadable: the number of files that could not be read.
    """
    hosts, credentials, tokens = summary["hosts"], summary["credentials"], summary["tokens"]
    sentences = []
    level = CLEAR
    if summary["tripwires"]:
        level = ALARM
        plural = "s have a tripwire: isolate them" if summary["tripwires"] > 1 else " has a tripwire: isolate it"
        sentences.append(f"{summary['tripwires']:,} host{plural}, then run again.")
    told, sentence = _say_state(credentials, tokens, run)
    level = min(level, told, key=SERIOUSNESS.index)
    if texts:
        level = min(level, ATTENTION, key=SERIOUSNESS.index)
        sentence = sentence.replace(NO_COPY, "")
        sentence += f" The text of a token is still in {_count(texts, 'file')}, outside of a credential."
    if outside:
        level = min(level, ATTENTION, key=SERIOUSNESS.index)
        sentence = f"{sentence.replace(NO_COPY, '')} {_say_outside(outside)}"
    sentences.append(sentence)
    if unknown:
        level = min(level, ATTENTION, key=SERIOUSNESS.index)
        several = f"any of {len(unknown)} accounts, such as {unknown[0]}"
        names = f"the account {unknown[0]}" if len(unknown) == 1 else several
        sentences.append(f"No reachable host has {names}.")
    gaps = _say_gaps(hosts, unreadable)
    if gaps:
        level = min(level, ATTENTION, key=SERIOUSNESS.index)
        sentences += gaps
    severe = sum(summary["findings"]["severities"][name] for name in SEVERITIES[:2])
    if severe and run.job == AUDIT:
        level = min(level, ATTENTION, key=SERIOUSNESS.index)
        sentences.append(f"{_count(severe, 'finding')} of high severity.")
    return level, " ".join(sentences)


def _say_outside(places: Sequence[str]) -> str:
    entries = "1 credential entry" if len(places) == 1 else f"{len(places):,} credential entries"
    verb, others = ("stays", "another registry") if len(places) == 1 else ("stay", "other registries")
    more = f" and {len(places) - 1:,} more" if len(places) > 1 else ""
    return f"{entries} with the same token for {others} {verb} on disk ({places[0]}{more})."


def _say_gaps(hosts: Mapping[str, Any], unreadable: int) -> list[str]:
    """List what is unknown after the run."""
    gaps = []
    missed = hosts[FAILED] + hosts[UNREACHABLE]
    if missed:
        gaps.append(f"{_count(missed, 'host')} of {hosts['total']:,} failed or could not be reached.")
    if hosts[SKIPPED]:
        verb = "was" if hosts[SKIPPED] == 1 else "were"
        gaps.append(f"{_count(hosts[SKIPPED], 'host')} of {hosts['total']:,} {verb} not processed in this run.")
    if unreadable:
        gaps.append(f"{_count(unreadable, 'file')} could not be read and may contain credentials.")
    return gaps


def _say_state(credentials: Mapping[str, Any], tokens: Mapping[str, Any], run: Run) -> tuple[str, str]:
    states = credentials["states"]
    if not credentials["total"]:
        return CLEAR, "No credential was found."
    if run.job == AUDIT:
        others = credentials["others"]
        sentence = f"{_count(tokens['total'], 'token')} in {_count(credentials['of_tokens'], 'place')}"
        return NOTICE, f"{sentence}, and {_count(others, 'other credential')}." if others else f"{sentence}."
    if run.check_mode:
        pending = _count(tokens["states"][PLANNED], "token")
        removed = _count(credentials["removed"], "credential entry", "credential entries")
        sentence = f"A real run would revoke {pending} and remove {removed}."
        stay = f" {_count(states[OPEN], 'credential')} would be kept." if states[OPEN] else ""
        return ATTENTION if stay else NOTICE, sentence + stay
    spared = tokens["states"][SPARED]
    kept = f" {_count(spared, 'protected token')} {'was' if spared == 1 else 'were'} not revoked." if spared else ""
    if states[OPEN]:
        risky = tokens["states"][OPEN]
        total = tokens["total"]
        known = f"{risky:,} of {total:,} tokens" if total > 1 else "1 token"
        sentence = f"{known} may still work." if risky else ""
        return ALARM, sentence or f"{_count(states[OPEN], 'credential')} still in place."
    if states[UNVERIFIED]:
        unverified = _count(tokens["states"][UNVERIFIED], "token")
        return ATTENTION, f"The registry reported success for {unverified}, but the revocation could not be verified."
    if states[LEFTOVER]:
        revoked = _count(tokens["states"][DONE] + tokens["states"][LEFTOVER], "token")
        return ATTENTION, f"{revoked} revoked; {_count(states[LEFTOVER], 'copy', 'copies')} still on disk.{kept}"
    if states[BY_HAND]:
        return ATTENTION, f"{_count(states[BY_HAND], 'login')} may still be valid at the registry."
    if not tokens["states"][DONE] and run.job == ROTATE:
        return CLEAR, "No old token was found. Nothing was revoked or removed."
    if not tokens["states"][DONE]:
        return CLEAR, "Everything that was found is protected. Nothing was revoked or removed."
    new = f" The new token is in {_count(states[NEW], 'place')}." if states[NEW] else ""
    return (
        CLEAR,
        f"{_count(tokens['states'][DONE], 'token')} revoked at the registry{NO_COPY}.{new}{kept}",
    )


def _count(number: int, noun: str, nouns: str | None = None) -> str:
    return f"{number:,} {noun if number == 1 else nouns or noun + 's'}"
