# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No order of a registry's answers leads to a verdict that claims more than the registry's own state.

Each run of the short search is the same; FUZZ_SECONDS makes it a long one, each time another way.
"""

from __future__ import annotations

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import revoke_token
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from tests.fuzz.kinds import KINDS
from tests.fuzz.lying import Kind, Revoke, make_machine

SECONDS = int(os.environ.get("FUZZ_SECONDS") or 0)
EXAMPLES = max(60, 25 * SECONDS)


def search(kinds: tuple[Kind, ...], revoke_token: Revoke, examples: int = EXAMPLES) -> None:
    run_state_machine_as_test(
        make_machine(kinds, revoke_token),
        settings=settings(
            max_examples=examples,
            stateful_step_count=20,
            derandomize=not SECONDS,
            deadline=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("kind", [pytest.param(kind, id=kind.name) for kind in KINDS])
def test_verdict_claims_no_more_than_the_registry_knows(kind: Kind) -> None:
    search((kind,), revoke_token)


# Would it find anything? ----------------------------------------------------------------------------------------------


def ask(client: Any, method: str, target: str, token: Secret) -> Any:
    try:
        return client.ask(method, target, token, 1e9)
    except NoAnswer:
        return None


def judge(outcome: str) -> Verdict:
    return Verdict(outcome, "It was.", None if outcome in ("confirmed", "already_invalid") else "Do.")


def believe_a_yes(client: Any, token: Secret, **_options: Any) -> Verdict:
    answer = ask(client, "DELETE", "-/user/token/x", token)
    return judge("confirmed" if answer is not None and answer.is_success else "failed")


def believe_one_refusal(client: Any, token: Secret, **_options: Any) -> Verdict:
    before = ask(client, "GET", "-/whoami", token)
    ask(client, "DELETE", "-/user/token/x", token)
    after = ask(client, "GET", "-/whoami", token)
    known = before is not None and before.status == 200
    return judge("confirmed" if known and after is not None and after.status in (401, 403) else "failed")


def believe_any_401(client: Any, token: Secret, **_options: Any) -> Verdict:
    answer = ask(client, "GET", "-/whoami", token)
    return judge("already_invalid" if answer is not None and answer.status == 401 else "failed")


def revoke_what_looks_alike(client: Any, token: Secret, **_options: Any) -> Verdict:
    answer = ask(client, "GET", "-/npm/v1/tokens", token)
    for entry in (answer.body or {}).get("objects", ()) if answer is not None else ():
        if token.reveal().startswith(entry["token"].partition(".")[0]):
            ask(client, "DELETE", f"-/npm/v1/tokens/token/{entry['key']}", token)
    return judge("failed")


def never_believe(_client: Any, _token: Secret, **_options: Any) -> Verdict:
    return judge("failed")


def claim_a_yes(_client: Any, _token: Secret, **_options: Any) -> Verdict:
    return judge("accepted")


@pytest.mark.parametrize(
    "defect",
    [
        pytest.param(defect, id=defect.__name__)
        for defect in (
            believe_a_yes,
            believe_one_refusal,
            believe_any_401,
            revoke_what_looks_alike,
            never_believe,
            claim_a_yes,
        )
    ],
)
def test_defect_of_a_revocation_is_found(defect: Revoke) -> None:
    with pytest.raises(AssertionError):
        search(KINDS[:1], defect, 300)
