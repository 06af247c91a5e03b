# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The tables of the documentation are whole."""

from __future__ import annotations

import pytest

from tests.tools import paths
from tests.tools.check_docs import check_tables, list_documents

TABLE = "| threat | defence |\n| --- | --- |\n| a | b |\n"


@pytest.mark.parametrize("name", list_documents())
def test_tables_of_the_repository_are_whole(name: str) -> None:
    assert check_tables(name, (paths.ROOT / name).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "line"),
    [
        pytest.param(f"{TABLE}\n| c | d |\n", 5, id="an empty line cuts it in two"),
        pytest.param(f"{TABLE}text\n| c | d |\n", 5, id="text cuts it in two"),
        pytest.param(f"{TABLE}| c |\n", 4, id="a cell is missing"),
        pytest.param(f"{TABLE}| c | d | e |\n", 4, id="a cell too many"),
        pytest.param("| a | b |\n| c | d |\n", 1, id="no line below the head"),
    ],
)
def test_names_the_row_that_is_in_no_table(text: str, line: int) -> None:
    assert check_tables("x.md", text)[0].startswith(f"x.md: line {line}: ")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(TABLE, id="whole"),
        pytest.param(f"{TABLE}\n{TABLE}", id="two tables"),
        pytest.param(f"{TABLE}| a \\| b | c |\n", id="a bar in a cell"),
        pytest.param("```\n| no | table |\n```\n", id="in a block of code"),
    ],
)
def test_takes_whole_tables(text: str) -> None:
    assert check_tables("x.md", text) == []
