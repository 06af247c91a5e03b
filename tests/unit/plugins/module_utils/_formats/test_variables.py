# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which assignments can be removed from a file without a change to something else."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import shell
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import Assignments
from ansible_collections.npmops.auth.plugins.module_utils._formats.variables import list_removable

ONE, TWO = "export A=1\n", "export B=2\n"
PIPE = "export C=3; date\n"
BLOCK = "if true; then\nexport D=4\nexport E=5\nfi\n"


@dataclass
class Counting:
    """A syntax that counts how often a file is read."""

    times: int = 0
    quote = staticmethod(shell.BASH.quote)

    def parse(self, data: bytes) -> Assignments:
        self.times += 1
        return shell.BASH.parse(data)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("", "", id="nothing"),
        pytest.param(ONE + TWO, "AB", id="all"),
        pytest.param(ONE + PIPE, "A", id="one shares its line"),
        pytest.param(BLOCK, "DE", id="each can be removed, but not both"),
        pytest.param("if true; then\nexport D=4\nfi\n" + ONE, "A", id="the only command of its block"),
        pytest.param("export A=1\nexport A=1; date\n", "", id="the same assignment twice, one of them not alone"),
    ],
)
def test_removable_assignments(text: str, expected: str) -> None:
    read = shell.BASH.parse(text.encode())
    assert "".join(item.name for item in list_removable(read.found, read, shell.BASH, text.encode())) == expected


def test_a_file_is_read_a_limited_number_of_times() -> None:
    """Also where its assignments cannot all be removed together."""
    text = "".join(BLOCK.replace("D", f"D{number}").replace("E", f"E{number}") for number in range(200)).encode()
    syntax = Counting()
    read = shell.BASH.parse(text)
    assert list_removable(read.found, read, syntax, text)
    assert syntax.times < 50
