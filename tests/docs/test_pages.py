# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pages of the documentation site in Chromium: light, dark and narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.docs.build import HTML, SITE
from tests.report.browser import Browser, find_chromium
from tests.tools import paths

AXE = paths.NODE_MODULES / "axe-core" / "axe.min.js"
SHOTS = SITE / "screenshots"
PAGES = sorted(HTML.rglob("*.html"))
#: What is asked of axe-core: whether text can be read. The rest is the theme's.
CONTRAST = """
    axe.run("article", {runOnly: ["color-contrast"]}).then((results) =>
        results.violations.flatMap(({nodes}) => nodes.map(({html, failureSummary}) => [html, failureSummary])))
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    if not program:
        pytest.skip("no Chromium is installed (Debian: apt-get install chromium-headless-shell)")
    SHOTS.mkdir(parents=True, exist_ok=True)
    with Browser(program) as started:
        yield started


def name_page(path: Path) -> str:
    return path.relative_to(HTML).with_suffix("").as_posix()


def test_there_are_pages() -> None:
    names = [name_page(path) for path in PAGES]
    assert {"index", "docs/offboard", "collections/npm_logout_module", "collections/offboard_role"} <= {*names}


def test_guides_name_each_document() -> None:
    guides = (paths.ROOT / "docs" / "docsite" / "rst" / "guides.rst").read_text(encoding="utf-8")
    named = re.findall(r"/docs/([\w-]+)\.md>`__", guides)
    assert sorted(named) == sorted(file.stem for file in (paths.ROOT / "docs").glob("*.md"))


@pytest.mark.parametrize(
    "look",
    [
        pytest.param({"width": 1440, "height": 900}, id="light"),
        pytest.param({"width": 1440, "height": 900, "dark": True}, id="dark"),
        pytest.param({"width": 390, "height": 844}, id="narrow"),
    ],
)
@pytest.mark.parametrize("path", [pytest.param(path, id=name_page(path)) for path in PAGES])
def test_page(browser: Browser, path: Path, look: dict[str, Any], request: pytest.FixtureRequest) -> None:
    page = browser.open_page(path, **look)
    page.take_screenshot(SHOTS / f"{request.node.callspec.id.replace('/', '-')}.png")
    try:
        assert page.run("document.documentElement.scrollWidth") <= look["width"]
        assert page.list_complaints() == []
        assert [url for url in page.list_requests() if not url.startswith(("file:", "data:"))] == []
        assert "ERROR" not in page.run("document.querySelector('article').innerText")
        if AXE.exists():
            page.run(AXE.read_text(encoding="utf-8"))
            assert page.run(CONTRAST) == []
    finally:
        page.close()
