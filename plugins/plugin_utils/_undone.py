# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the unfinished work of a run on each host.

Private to this collection. Pure. A host with unfinished work fails at the end of the run with one sentence. The report
covers all hosts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Tuple

from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ALREADY_INVALID,
    PROTECTED,
    SKIPPED,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import (
    Copy,
    Responses,
    find_copies,
    find_responses,
    was_asked,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import AUDIT
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import (
    FAILED,
    UNREACHABLE,
    Answer,
    Credential,
    Host,
    Token,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import SKIPPED as SKIPPED_HOST

_Responses = Mapping[Token, Responses]
# By token, and by whether the copy may belong to another registry.
_Reasons = Mapping[Tuple[Token, bool], str]


def list_undone(hosts: Sequence[Host], job: str, revoke: str, protected: Collection[str]) -> dict[str, str]:
    """Return a sentence for each host with unfinished work.

    :param job: an ``audit`` changes nothing: credentials in place are not unfinished work.
    :param revoke: how certain the revocation must be, as in ``npm_logout``.
    :param protected: fingerprints of tokens that are neither revoked nor removed.
    """
    held = find_copies(hosts)
    responses = {token: find_responses(copies) for token, copies in held.items()}
    reasons = {
        (token, doubtful): reason
        for doubtful in (False, True)
        for token, reason in _find_reasons(held, revoke, doubtful=doubtful).items()
    }
    sentences = {host.name: _find_sentence(host, job, revoke, protected, responses, reasons) for host in hosts}
    return {name: sentence for name, sentence in sentences.items() if sentence}


def _find_reasons(held: Mapping[Token, Sequence[Copy]], revoke: str, *, doubtful: bool) -> dict[Token, str]:
    """Find why tokens remain on hosts that sent no request.

    :param doubtful: on hosts where a client may send the token to another registry.
    """
    found: dict[Token, str] = {}
    for token, copies in held.items():
        for copy in copies:
            for answer in copy.neutral:
                if doubtful and answer.outcome == ALREADY_INVALID:
                    other = "A client on this host may send the token to another registry. Run again."
                    found[token] = f"Result on {copy.host.name}: {_say(answer)} {other}"
                elif was_asked(answer.outcome) and allows_removal(answer.outcome, revoke):
                    allowed = f"although the result on {copy.host.name} allows this"
                    found[token] = f"The copy here was not removed, {allowed}. Run again."
                elif was_asked(answer.outcome):
                    found.setdefault(token, f"Result on {copy.host.name}: {_say(answer)}")
        if any(copy.host.tripwires for copy in copies):
            found[token] = "The token is also on a host with a tripwire. Isolate that host, then run again."
    return found


def _say(answer: Answer) -> str:
    return f"{answer.detail} {answer.by_hand.rstrip('.')}." if answer.by_hand else str(answer.detail)


def _find_sentence(
    host: Host, job: str, revoke: str, protected: Collection[str], responses: _Responses, reasons: _Reasons
) -> str | None:
    if host.tripwires:
        return f"Tripwire file found ({host.tripwires[0]}). Host skipped. Isolate the host, then run again."
    if host.status == UNREACHABLE:
        return f"Host unreachable: {host.problem}"
    if host.status in (FAILED, SKIPPED_HOST):
        return host.problem or "The host was not processed in this run."
    unreadable = host.unreadable[0] if host.unreadable else None
    if job == AUDIT:
        return unreadable
    left = [item for item in host.credentials if _is_undone(item, revoke, protected, responses)]
    return _say_left(left, len(host.credentials), reasons, responses) if left else unreadable


def _is_undone(credential: Credential, revoke: str, protected: Collection[str], responses: _Responses) -> bool:
    token = credential.token
    if token is None:
        return not credential.removed
    told = responses[token].list_for(credential)
    if token.fingerprint in protected or PROTECTED in told:
        return False
    if not credential.removed:
        return True
    if revoke in ("attempted", "never"):
        return False
    # The file no longer contains the token; the outcome says whether it is revoked.
    return not any(outcome != SKIPPED and allows_removal(outcome, revoke) for outcome in told)


def _say_left(left: Sequence[Credential], total: int, reasons: _Reasons, responses: _Responses) -> str:
    first = left[0]
    told = [answer for answer in first.answers if answer.outcome != SKIPPED] or first.answers
    why = _say(told[-1]) if told else "No request to revoke the token was sent."
    if not told and first.token:
        why = reasons.get((first.token, responses[first.token].is_doubtful(first)), why)
    if total == len(left) == 1:
        return f"The only credential here, in {first.path}, could not be processed: {why}"
    return f"{len(left)} of {total} credentials here could not be processed. First, in {first.path}: {why}"
