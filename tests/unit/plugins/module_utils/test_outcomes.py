# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which outcome of a credential is enough to remove it."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils import _outcomes
from ansible_collections.npmops.auth.plugins.module_utils._selection import REVOKE_CHOICES

ALL = {
    *("confirmed", "already_invalid", "accepted", "ineffective", "unsupported", "failed", "unresolved"),
    *("not_applicable", "protected", "skipped", "pending"),
}
ALWAYS = {"confirmed", "already_invalid", "unresolved", "not_applicable", "skipped", "pending"}


@pytest.mark.parametrize("outcome", sorted(ALL))
@pytest.mark.parametrize(
    ("revoke", "enough"),
    [
        pytest.param("confirmed", ALWAYS, id="confirmed"),
        pytest.param("accepted", ALWAYS | {"accepted"}, id="accepted"),
        pytest.param("attempted", ALL - {"protected"}, id="attempted"),
        pytest.param("never", ALWAYS, id="never"),
    ],
)
def test_what_allows_removal(revoke: str, enough: set[str], outcome: str) -> None:
    assert _outcomes.allows_removal(outcome, revoke) is (outcome in enough)


def test_the_words_are_those_of_the_documentation() -> None:
    words = {value for name, value in vars(_outcomes).items() if name.isupper() and isinstance(value, str)}
    assert words == ALL
    assert set(REVOKE_CHOICES) == {"confirmed", "accepted", "attempted", "never"}


def test_only_two_outcomes_revoke_a_token() -> None:
    assert frozenset({"confirmed", "accepted"}) == _outcomes.REVOKED
