# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The check of words finds what documentation should not say, and nothing else."""

from __future__ import annotations

import pytest

from tests.tools.check_words import WORDS, check_text, read_rules

RULES = read_rules(WORDS.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        pytest.param(
            "README.md", "Put it into a folder.", ["line 1: write 'directory' instead of 'folder'"], id="word"
        ),
        pytest.param("README.md", "Folders", ["line 1: write 'directory' instead of 'Folders'"], id="case and plural"),
        pytest.param("README.md", "a\nThis takes\nroot.", ["line 2: write 'requires root'"], id="over two lines"),
        pytest.param("README.md", "Ends the\ntoken", ["line 1: write 'revoke'"], id="end a token"),
        pytest.param("README.md", "The filter choose_hosts, at the end of the task.", [], id="names and plain words"),
        pytest.param("README.md", "Recommended, amended.", [], id="a part of a word"),
        pytest.param(
            "plugins/modules/x.py",
            'A = "x"\n\nDOCUMENTATION = r"""\nx: a folder\n"""\n',
            ["line 4: write 'directory'"],
            id="documentation of a plugin",
        ),
        pytest.param("plugins/x.py", 'f(f"{folder} is a folder")\n', ["line 1: write 'directory'"], id="message"),
        pytest.param("plugins/x.py", "folder = 1  # a folder\n", ["line 1: write 'directory'"], id="comment"),
        pytest.param("plugins/x.py", 'def f():\n    """A folder."""\n', ["line 2: write"], id="docstring"),
        pytest.param("plugins/x.py", 'f("this store")\n', ["line 1: write 'credential file'"], id="word of users"),
        pytest.param("plugins/x.py", '"""Opens a store."""\n# A store.\n', [], id="word of the code"),
        pytest.param("plugins/x.py", "folders = stores[folder]\n", [], id="names"),
        pytest.param("tests/x.py", 'def f():\n    """A folder."""\n', ["line 2: write"], id="docstring of a test"),
        pytest.param("tests/x.py", 'f("a folder")\n', [], id="data of a test"),
    ],
)
def test_finds_the_words(name: str, text: str, found: list[str]) -> None:
    complaints = check_text(name, text, RULES)
    assert len(complaints) == len(found)
    assert all(part in complaint for part, complaint in zip(found, complaints, strict=True))


def test_every_rule_has_words_to_use() -> None:
    assert RULES
    assert all(rule.instead for rule in RULES)
