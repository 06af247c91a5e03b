# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Modules open files as bytes or as UTF-8: an account may not be able to load another codec from root's Python."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
FILES = sorted([*PLUGINS.glob("module_utils/**/*.py"), *PLUGINS.glob("modules/*.py")])


def list_opened_as_text(code: str) -> Iterator[int]:
    """The lines that open a file with the codec of the locale."""
    for node in ast.walk(ast.parse(code)):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name) or node.func.id != "open":
            continue
        mode = node.args[1] if len(node.args) > 1 else ast.Constant("r")
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        values = [
            value.value for value in (mode, named.get("mode"), named.get("encoding")) if isinstance(value, ast.Constant)
        ]
        if "utf-8" not in values and not any("b" in value for value in values if isinstance(value, str)):
            yield node.lineno


@pytest.mark.parametrize("path", FILES, ids=[str(path.relative_to(PLUGINS)) for path in FILES])
def test_no_file_is_opened_with_the_codec_of_the_locale(path: Path) -> None:
    assert list(list_opened_as_text(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    ("code", "lines"),
    [
        pytest.param("open(path)", [1], id="no mode"),
        pytest.param("open(path, 'r')", [1], id="text"),
        pytest.param("open(path, errors='replace')", [1], id="no encoding"),
        pytest.param("open(path, 'rb')", [], id="bytes"),
        pytest.param("open(path, mode='rb')", [], id="bytes by name"),
        pytest.param("open(path, encoding='utf-8')", [], id="UTF-8"),
    ],
)
def test_finds_a_file_that_is_opened_as_text(code: str, lines: list[int]) -> None:
    assert list(list_opened_as_text(code)) == lines
