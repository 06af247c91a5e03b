# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check the documentation: modules in ansible-doc, tests in SECURITY.md, tables in every Markdown file.

ansible-doc must show every module of the installed collection with its documentation, examples and return values. Every
test that SECURITY.md names must exist. Every table must be well-formed.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import subprocess
import sys

from tests.tools import paths

PARTS = ("doc", "examples", "return")
CODE = re.compile(r"`([^`]+)`")
#: The end of a table cell, and the line below the header.
BAR = re.compile(r"(?<!\\)\|")
DASHES = re.compile(r"\s*\|(?:\s*:?-+:?\s*\|)+\s*\Z")


def list_modules() -> list[str]:
    modules = (paths.ROOT / "plugins" / "modules").glob("*.py")
    return sorted(f"npmops.auth.{file.stem}" for file in modules if file.stem[0] != "_")


def check_modules(names: list[str]) -> list[str]:
    """List the parts of these modules that ansible-doc does not show."""
    done = subprocess.run(
        [paths.ANSIBLE_DOC, "--json", "--type", "module", *names], stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        return [f"ansible-doc ended with {done.returncode}"]
    shown = json.loads(done.stdout)
    complaints = []
    for name in names:
        missing = [part for part in PARTS if not shown.get(name, {}).get(part)]
        if missing:
            complaints.append(f"{name}: ansible-doc shows no {', no '.join(missing)}")
        elif "attributes" not in shown[name]["doc"]:
            complaints.append(f"{name}: ansible-doc shows no attributes")
    return complaints


@functools.cache
def list_tests(file: str) -> frozenset[str]:
    """List the test functions of a file; none if the file does not exist."""
    path = paths.ROOT / file
    body = ast.parse(path.read_bytes()).body if path.is_file() else []
    return frozenset(item.name for item in body if isinstance(item, ast.FunctionDef) and item.name.startswith("test_"))


def list_named_tests(text: str) -> list[str]:
    """List the tests that a text names, as files or ``file::function``."""
    return [code for code in CODE.findall(text) if "test_" in code]


def check_tests(document: str) -> list[str]:
    """List the tests that a document names but that do not exist, and the threats in its tables without a test."""
    complaints = []
    for name in dict.fromkeys(list_named_tests(document)):
        file, _colons, function = name.partition("::")
        tests = list_tests(file)
        if not tests or (function and function not in tests):
            complaints.append(f"SECURITY.md: there is no test {name}")
    rows = [
        line for line in document.splitlines() if line.startswith("| ") and not line.startswith(("| threat", "| ---"))
    ]
    complaints += [f"SECURITY.md: no test is named for: {row}" for row in rows if not list_named_tests(row)]
    return complaints if rows else ["SECURITY.md: no threats"]


def list_documents() -> list[str]:
    """List the Markdown files of the repository, without those in directories that tools create."""
    folders = ("", "demo/", "docs/", "roles/", "playbooks/", "plugins/", "changelogs/", "tests/")
    files = {file for folder in folders for file in (paths.ROOT / folder).glob("**/*.md" if folder else "*.md")}
    names = (file.relative_to(paths.ROOT).as_posix() for file in files)
    return sorted(name for name in names if "/node_modules/" not in name and not name.startswith("tests/output/"))


def check_tables(name: str, document: str) -> list[str]:
    """List the rows outside of tables, and those whose number of cells differs from the header of the table.

    A table is a header, a line of dashes, and rows without an empty line between them.
    """
    complaints = []
    lines = document.splitlines()
    width = 0
    fenced = False
    for number, line in enumerate(lines, 1):
        fenced ^= line.lstrip().startswith("```")
        if fenced or not line.lstrip().startswith("|"):
            width = 0
            continue
        cells = len(BAR.findall(line.strip()[1:]))
        if not width:
            rule = lines[number] if number < len(lines) else ""
            if not DASHES.match(rule):
                complaints.append(f"{name}: line {number}: this row belongs to no table")
                continue
            width = cells
        if cells != width:
            complaints.append(f"{name}: line {number}: {cells} cells, and the table has {width} columns")
    return complaints


def main() -> int:
    modules = list_modules()
    document = (paths.ROOT / "SECURITY.md").read_text(encoding="utf-8")
    complaints = check_tests(document) + (check_modules(modules) if modules else ["no modules"])
    for name in list_documents():
        complaints += check_tables(name, (paths.ROOT / name).read_text(encoding="utf-8"))
    summary = (
        f"{len(modules)} complete: {', '.join(modules)}; SECURITY.md names {len(set(list_named_tests(document)))} tests"
    )
    print("\n".join(complaints or [summary]))
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
