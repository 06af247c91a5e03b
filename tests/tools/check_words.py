# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that texts avoid the words in words.txt, which lists a plainer word for each.

proselint checks the Markdown files for general style errors. It does not support a project vocabulary, and does not
read YAML files, templates and the strings of Python files, which contain most of the texts that users read.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.tools import paths

WORDS = Path(__file__).with_name("words.txt")
#: The files that are checked.
FILES = (
    "*.md",
    ".github/**/*.md",
    "Makefile",
    "galaxy.yml",
    "changelogs/changelog.yaml",
    "changelogs/fragments/*.yml",
    "demo/*",
    "docs/**/*.md",
    "docs/**/*.rst",
    "extensions/**/*.yml",
    "playbooks/*.yml",
    "plugins/**/*.py",
    "plugins/**/*.j2",
    "roles/**/*.md",
    "roles/**/*.yml",
    "tests/**/*.py",
)
USERS = "[users]"


@dataclass(frozen=True)
class Rule:
    """A pattern to avoid, and the words to use instead.

    :ivar users: applies only to texts that users read.
    """

    pattern: re.Pattern[str]
    instead: str
    users: bool = False


@dataclass(frozen=True)
class Text:
    """A piece of a file.

    :ivar users: whether users read it.
    :ivar line: the number of its first line.
    """

    text: str
    line: int = 1
    users: bool = True


def read_rules(text: str) -> list[Rule]:
    everywhere, _head, users = text.partition(f"{USERS}\n")
    return [rule for part, is_users in ((everywhere, False), (users, True)) for rule in _read_part(part, is_users)]


def _read_part(text: str, users: bool) -> Iterator[Rule]:
    for line in text.splitlines():
        if line and not line.startswith("#"):
            pattern, _arrow, instead = line.partition(" => ")
            yield Rule(re.compile(rf"\b{pattern}\b", re.I), instead.strip(), users)


def list_texts(name: str, text: str) -> Iterator[Text]:
    """Yield the texts of a file: the strings and comments of a Python file, or the whole content of any other file.

    Of tests, only docstrings and comments are included: other strings are data.
    """
    if not name.endswith(".py"):
        yield Text(text)
        return
    tree = ast.parse(text)
    docstrings = {id(node) for node in _find_docstrings(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            is_docstring = id(node) in docstrings
            if is_docstring or not name.startswith("tests/"):
                yield Text(node.value, node.lineno, users=not is_docstring)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield Text(token.string, token.start[0], users=False)


def _find_docstrings(tree: ast.AST) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef)):
            first = node.body[0] if node.body else None
            if isinstance(first, ast.Expr):
                yield first.value


def check_text(name: str, text: str, rules: list[Rule]) -> list[str]:
    """List each match with the words to use instead. A match may span two lines."""
    complaints = []
    for part in list_texts(name, text):
        flat = re.sub(r"\s", " ", part.text)
        for rule in rules:
            for match in rule.pattern.finditer(flat) if part.users or not rule.users else ():
                number = part.line + part.text.count("\n", 0, match.start())
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
