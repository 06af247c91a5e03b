# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Limit the processor time of a test, which does not depend on the load of the machine."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import ParamSpec

P = ParamSpec("P")


def takes_at_most(seconds: float) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Fail a test that takes more seconds of processor time."""

    def limit(test: Callable[P, None]) -> Callable[P, None]:
        @functools.wraps(test)
        def run(*args: P.args, **kwargs: P.kwargs) -> None:
            started = time.process_time()
            test(*args, **kwargs)
            taken = time.process_time() - started
            assert taken < seconds, f"it took {taken:.1f} s of processor time"

        return run

    return limit
