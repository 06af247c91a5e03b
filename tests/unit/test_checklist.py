# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/checklist.md names exists: files, commands and variables."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DOCUMENT = (ROOT / "docs" / "checklist.md").read_text(encoding="utf-8")
NAMES = sorted({*re.findall(r"`([^`]+)`", DOCUMENT)})
PATHS = [name for name in NAMES if re.fullmatch(r"[\w.-]+(?:/[\w.-]+)*", name) and ("/" in name or "." in name)]
TARGETS = [name.split()[1] for name in NAMES if re.fullmatch(r"make [\w-]+", name)]


def test_there_is_much_to_check() -> None:
    assert len(PATHS) > 20
    assert len(TARGETS) > 5


@pytest.mark.parametrize("name", PATHS)
def test_file_exists(name: str) -> None:
    assert (ROOT / name).exists()


@pytest.mark.parametrize("target", TARGETS)
def test_target_exists(target: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert re.search(rf"^{target}:", makefile, re.M)


def test_no_test_of_sanity_is_ignored() -> None:
    assert list(ROOT.glob("tests/sanity/ignore*")) == []
