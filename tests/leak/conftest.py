# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Start the runs that the leak tests evaluate: one for each series of ansible-core.

python -m pytest tests/leak -k 2.18     one of them
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tools.make_cores import ALL, Core, say_missing

from .case import Case
from .cases import CASES
from .run import Evidence, run_playbook
from .servers import Servers, start_servers
from .world import build_world

IS_ROOT = os.geteuid() == 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Remove the tests of cases that are not run with a core. Cases that require root are skipped without root."""
    wanted = [item for item in items if _is_wanted(item)]
    config.hook.pytest_deselected(items=[item for item in items if not _is_wanted(item)])
    items[:] = wanted


def _is_wanted(item: pytest.Item) -> bool:
    params: dict[str, Any] = item.callspec.params if hasattr(item, "callspec") else {}
    return not {"case", "evidence"} <= params.keys() or needs_run(params["case"], params["evidence"])


def needs_run(case: Case, core: Core) -> bool:
    """Check whether the case runs with this core.

    All cases run with the oldest and the newest core. A case that involves core runs with every core, and with
    LEAK_ALL=1 all cases do.
    """
    return case.involves_core or core in (ALL[0], ALL[-1]) or bool(os.environ.get("LEAK_ALL"))


def require_root(case: Case) -> None:
    if case.as_root and not IS_ROOT:
        pytest.skip("only root can act as another account")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with start_servers(tmp_path_factory.mktemp("servers")) as started:
        yield started


@pytest.fixture(scope="module", params=ALL, ids=[core.series for core in ALL])
def evidence(request: pytest.FixtureRequest, servers: Servers) -> Iterator[Evidence]:
    """Collect the evidence of a run with this core. LEAK_KEEP=1 keeps its directory."""
    core: Core = request.param
    problem = say_missing(core)
    if problem:
        pytest.skip(problem)
    # Not in pytest's own directory, which other accounts cannot enter.
    root = Path(tempfile.mkdtemp(prefix="npmops-leak-"))
    root.chmod(0o711)
    try:
        cases = [case for case in CASES if needs_run(case, core) and (IS_ROOT or not case.as_root)]
        world = build_world(root, core, servers, cases)
        found = run_playbook(world)
        print(f"\nansible-core {core.series}: {found.seconds:.0f} s", flush=True)
        yield found
    finally:
        if os.environ.get("LEAK_KEEP"):
            print(f"kept: {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)
