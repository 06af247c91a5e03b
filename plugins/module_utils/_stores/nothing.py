# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe a run with nothing to do, and the files that stay unchanged.

Private to this collection. Pure. Shared by the first look and the report, so that their texts agree.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import show

ANY_REGISTRY = "any registry"
_MOST_PLACES = 3


def say_not_logged_in(where: str) -> str:
    return f"Not logged in to {where}: nothing to do"


def say_not_mapped(scope: str) -> str:
    return f"No registry is mapped to {scope}: nothing to do"


def say_what_is_absent(paths: Sequence[str], users: Sequence[str]) -> str:
    """Name the paths and users of the playbook that the host does not have."""
    said = ""
    if paths:
        said += f". There is no file {enumerate_names([show(path) for path in paths], 'or')}"
    if users:
        said += f". There is no account {enumerate_names([show(name) for name in users], 'or')}"
    return said


def find_absent_paths(paths: Iterable[str], there: Collection[str]) -> tuple[str, ...]:
    """Return the paths at which no account has a file."""
    return tuple(dict.fromkeys(path for path in paths if path not in there))


def describe_file(account: str, path: str) -> dict[str, Any]:
    """Return the result entry of an unchanged file without credentials."""
    return {
        "account": account,
        "path": show(path),
        "changed": False,
        "removed_keys": [],
        "remaining": [],
        "remaining_variables": [],
        "remaining_text": [],
    }


def enumerate_names(names: Sequence[str], word: str = "and") -> str:
    """Join names as ``a, b and c``; of many, the first ones and the number of the others."""
    shown = list(names[:_MOST_PLACES])
    if len(names) > _MOST_PLACES:
        shown.append(f"{len(names) - _MOST_PLACES} more")
    return f" {word} ".join([*([", ".join(shown[:-1])] if shown[1:] else []), shown[-1]])
