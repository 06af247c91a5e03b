# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""No piece of a secret comes out of a run, on any core, whatever happens."""

from __future__ import annotations

import pytest

from .case import OPTIONS, Case
from .cases import CASES
from .checks import list_detours, list_leaks
from .conftest import require_root
from .run import Evidence
from .world import PLANTED, list_canaries

# One run of a whole playbook is before the first test of each core.
pytestmark = pytest.mark.timeout(900)

CANARIES = tuple((case, name) for case in CASES for name in list_canaries(case))
# Where the planted canary has to be found, or that place is not looked at.
PLACES = (
    "stdout",
    "log",
    "results",
    "playbook",
    "arguments",
    "cmdline",
    "environ",
    "homes",
    "local temporary folder",
    "remote temporary folder",
    "temporary folder",
    "home of who runs it",
    "background results",
)


def test_the_playbook_completes(evidence: Evidence) -> None:
    assert evidence.status == 0


@pytest.mark.parametrize("place", PLACES)
def test_every_place_is_looked_at(evidence: Evidence, place: str) -> None:
    assert place in {find.kind for find in evidence.finds if find.canary.name == PLANTED}


def test_the_system_log_is_looked_at(evidence: Evidence) -> None:
    if evidence.syslog_problem:
        pytest.skip(evidence.syslog_problem)
    invoked = [message for message in evidence.heard if b"Invoked with" in message]
    assert all(any(module.encode() in message for message in invoked) for module in OPTIONS)
    assert any(find.kind == "syslog" for find in evidence.finds if find.canary.name == PLANTED)


def test_what_is_packed_is_looked_at(evidence: Evidence) -> None:
    packed = {name.rpartition("/")[2] for name in evidence.packed}
    assert {"_secrets.py", "bunfig.py", "yarnrc_yml.py", *(f"{module}.py" for module in OPTIONS)} <= packed


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_the_case_takes_its_path(evidence: Evidence, case: Case) -> None:
    """Else that nothing leaks says nothing. No token of a store's owner hides what became of another."""
    require_root(case)
    assert list(list_detours(evidence, case)) == []


@pytest.mark.parametrize(("case", "name"), CANARIES, ids=[name for _case, name in CANARIES])
def test_no_secret_comes_out(evidence: Evidence, case: Case, name: str) -> None:
    require_root(case)
    leaks = list_leaks(evidence, case, name)
    assert not leaks, "\n".join(str(find) for find in leaks[:8])


@pytest.mark.parametrize("name", [name for case, name in CANARIES if name.rpartition("/")[2] in case.typed])
def test_what_was_typed_is_found_where_it_was_typed(evidence: Evidence, name: str) -> None:
    """The search sees these canaries: that they are nowhere else is no accident."""
    kinds = {find.kind for find in evidence.finds if find.canary.name == name}
    assert {"playbook", "arguments"} <= kinds
