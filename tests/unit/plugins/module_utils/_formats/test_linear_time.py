# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Four times as long a text takes no more than about four times as long to read, whatever is in it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import csh, fish, shell, systemd_unit
from ansible_collections.npmops.auth.plugins.module_utils._formats.variables import list_removable
from ansible_collections.npmops.auth.plugins.module_utils._npm.first_look import may_hold_credentials
from ansible_collections.npmops.auth.plugins.module_utils._redaction import hide_userinfo

SIZE = 8_000
LONGER = 4
# Sixteen would be the square.
MOST_TIMES = 9
GRAIN = 0.02


def remove_each(data: bytes) -> None:
    """Which statements can be removed is looked at for each of them."""
    read = shell.BASH.parse(data)
    list_removable(read.found, read, shell.BASH, data)


def hide(data: bytes) -> None:
    hide_userinfo(data.decode())


@pytest.mark.parametrize(
    ("read", "start", "unit"),
    [
        pytest.param(fish.parse, b"set -x A ", b"a", id="fish, a long word"),
        pytest.param(csh.parse, b"setenv A ", b"a", id="csh, a long word"),
        pytest.param(csh.parse, b"setenv A ", b"\\a", id="csh, escapes"),
        pytest.param(csh.parse, b"setenv A ", b"'a'", id="csh, quotations"),
        pytest.param(csh.parse, b"if (", b"a|", id="csh, operators in a condition"),
        pytest.param(shell.BASH.parse, b"export A=", b"${B:-", id="shell, values in values"),
        pytest.param(remove_each, b"", b"export A=a;export A=b\n", id="shell, statements that share their lines"),
        pytest.param(remove_each, b"", b"if a; then export A=a\nfi\n", id="shell, the only commands of their blocks"),
        pytest.param(remove_each, b"", b"export A=a\n", id="shell, statements that can be removed"),
        pytest.param(systemd_unit.parse, b"Environment=A=", b"a", id="unit, a long word"),
        pytest.param(hide, b"", b"=a:", id="logins without a sign"),
        pytest.param(hide, b"", b"a:", id="colons"),
        pytest.param(hide, b"", b"a:b@", id="signs"),
        pytest.param(may_hold_credentials, b"", b"/", id="slashes"),
        pytest.param(may_hold_credentials, b"@", b"/", id="slashes after a sign"),
    ],
)
def test_time_is_linear(read: Callable[[bytes], object], start: bytes, unit: bytes) -> None:
    times = []
    for size in (SIZE, SIZE * LONGER):
        data = start + unit * (size // len(unit))
        started = time.process_time()
        with contextlib.suppress(StoreError):
            read(data)
        times.append(time.process_time() - started)
    assert times[1] <= MOST_TIMES * max(times[0], GRAIN), times
