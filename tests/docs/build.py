# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the documentation site in .work/docs: the guides, and the pages of modules, roles and filters.

python -m tests.docs.build

The Markdown files of the repository are the pages. The README is the first one. antsibull-docs writes the reference
from the documentation of the installed collection. No other site is contacted.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from tests.tools import paths

SITE = paths.WORK / "docs"
SOURCE = SITE / "source"
REFERENCE = SOURCE / "collections"
HTML = SITE / "html"
PROGRAMS = paths.WORK / "docs-venv" / "bin"
GUIDES = ("offboard", "incident", "rotate", "recipes", "where", "awx")
EXPLANATIONS = ("registries", "clients", "references", "results", "npm-logout", "performance", "glossary")
PAGES = ("SECURITY.md", "CONTRIBUTING.md", "CODE_OF_CONDUCT.md")
CONTENTS = """

```{{toctree}}
:caption: {caption}
:hidden:

{entries}
```
"""


def list_contents() -> str:
    """Write the menu of the site, in the order of the pages."""
    others = sorted({file.stem for file in (paths.ROOT / "docs").glob("*.md")} - {*GUIDES, *EXPLANATIONS})
    menu = {
        "Guides": [f"docs/{name}" for name in GUIDES],
        "Reference": ["collections/index", *(f"docs/{name}" for name in (*EXPLANATIONS, *others))],
        "Project": [*(Path(page).stem for page in PAGES), "collections/changelog"],
    }
    return "".join(CONTENTS.format(caption=caption, entries="\n".join(names)) for caption, names in menu.items())


def write_guides() -> None:
    """Copy the Markdown files to the same relative paths, so that the links between them remain valid."""
    for file in [*(paths.ROOT / page for page in PAGES), *(paths.ROOT / "docs").glob("*.md")]:
        target = SOURCE / file.relative_to(paths.ROOT)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    first = (paths.ROOT / "README.md").read_text(encoding="utf-8")
    (SOURCE / "index.md").write_text(first + list_contents(), encoding="utf-8")


def run(*command: str) -> None:
    environment = {
        **os.environ,
        "PATH": os.pathsep.join([str(PROGRAMS), os.environ["PATH"]]),
        "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
        "NPMOPS_DOCS_SOURCE": str(SOURCE),
        "NPMOPS_DOCS_GALAXY": str(paths.ROOT / "galaxy.yml"),
    }
    subprocess.run([str(PROGRAMS / command[0]), *command[1:]], env=environment, check=True)


def write_reference() -> None:
    REFERENCE.mkdir(mode=0o755)
    run(
        *("antsibull-docs", "collection", "--use-current", "--squash-hierarchy", "--fail-on-error"),
        *("--no-add-antsibull-docs-version", "--dest-dir", str(REFERENCE), "npmops.auth"),
    )


def main() -> int:
    shutil.rmtree(SITE, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    os.umask(0o022)
    write_guides()
    write_reference()
    # A warning fails the build: a broken link, a page that is not in the menu, invalid markup.
    run(
        *("sphinx-build", "--builder", "html", "--fail-on-warning", "--keep-going", "--quiet"),
        *("--conf-dir", str(Path(__file__).parent), str(SOURCE), str(HTML)),
    )
    print(f"{len(list(HTML.rglob('*.html')))} pages in {HTML}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
