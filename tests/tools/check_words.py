# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that the documentation avoids the words in words.txt, each of which has a plainer one."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.tools import paths

WORDS = Path(__file__).with_name("words.txt")
#: The files that are checked as a whole. Of a Python file, that is its documentation for ansible-doc.
FILES = (
    "*.md",
    "CHANGELOG.rst",
    "Makefile",
    "galaxy.yml",
    "changelogs/fragments/*.yml",
    "demo/*",
    "docs/*.md",
    "playbooks/*.yml",
    "plugins/doc_fragments/*.py",
    "plugins/filter/*.py",
    "plugins/lookup/*.py",
    "plugins/modules/*.py",
    "roles/*/README.md",
    "roles/*/meta/*.yml",
    "roles/*/tasks/*.yml",
)
DOCUMENTS = ("DOCUMENTATION", "EXAMPLES", "RETURN", "ACTION_GROUP")


@dataclass(frozen=True)
class Rule:
    """A pattern to avoid, and the words to use instead."""

    pattern: re.Pattern[str]
    instead: str


def read_rules(text: str) -> list[Rule]:
    lines = (line.partition(" => ") for line in text.splitlines() if line and not line.startswith("#"))
    return [Rule(re.compile(rf"\b{pattern}\b", re.I), instead.strip()) for pattern, _arrow, instead in lines]


def list_texts(name: str, text: str) -> Iterator[tuple[int, str]]:
    """The texts to check, each with the number of its first line."""
    if not name.startswith("plugins/"):
        yield 1, text
        return
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Constant):
            continue
        if isinstance(node.targets[0], ast.Name) and node.targets[0].id in DOCUMENTS:
            yield node.value.lineno, str(node.value.value)


def check_text(name: str, text: str, rules: list[Rule]) -> list[str]:
    """What to write instead, for each match. A match may continue on the next line."""
    complaints = []
    for first, part in list_texts(name, text):
        flat = re.sub(r"\s", " ", part)
        for rule in rules:
            for match in rule.pattern.finditer(flat):
                number = first + part.count("\n", 0, match.start())
                complaints.append(f"{name}: line {number}: write {rule.instead!r} instead of {match.group()!r}")
    return complaints


def main() -> int:
    rules = read_rules(WORDS.read_text(encoding="utf-8"))
    files = sorted({file for pattern in FILES for file in paths.ROOT.glob(pattern) if file.is_file()})
    complaints = []
    for file in files:
        name = file.relative_to(paths.ROOT).as_posix()
        complaints += check_text(name, file.read_text(encoding="utf-8"), rules)
    print("\n".join(complaints or [f"{len(files)} files avoid {len(rules)} patterns"]))
    return 1 if complaints or not files else 0


if __name__ == "__main__":
    sys.exit(main())
