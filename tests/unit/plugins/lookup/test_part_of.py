# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A host gets its own part of a fact about the fleet, whatever the size of the fleet."""

from __future__ import annotations

from typing import Any, NoReturn

import pytest
from ansible.errors import AnsibleLookupError

from ansible_collections.npmops.auth.plugins.lookup.part_of import LookupModule

FACTS = {
    "choice": {"hosts": {"a.example.com": {"revoke": [{"registry": None}], "remove": []}}, "missing_requests": ["b"]},
    "undone": {"a.example.com": "It could not be reached."},
    "nothing": None,
}


class Whole(dict):  # type: ignore[type-arg]
    """Can be asked for one key, and for nothing that takes longer the larger it is."""

    def _refuse(self, *_arguments: Any) -> NoReturn:
        raise AssertionError("all of it was looked at")

    __iter__ = __eq__ = __repr__ = keys = items = values = copy = _refuse


def take(*terms: str, **options: Any) -> Any:
    (part,) = LookupModule().run(list(terms), FACTS, **options)
    return part


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param(["undone", "a.example.com"], "It could not be reached.", id="text"),
        pytest.param(["choice", "hosts", "a.example.com", "revoke"], [{"registry": None}], id="list"),
        pytest.param(["choice", "hosts", "a.example.com", "remove"], [], id="empty list"),
        pytest.param(["choice", "missing_requests", "b"], True, id="item of a list"),
        pytest.param(["nothing"], None, id="null"),
    ],
)
def test_part(terms: list[str], expected: Any) -> None:
    assert take(*terms, default="other") == expected
    assert take(*terms) == expected


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(["unknown"], id="fact"),
        pytest.param(["unknown", "hosts"], id="key of no fact"),
        pytest.param(["choice", "hosts", "c", "revoke"], id="host"),
        pytest.param(["choice", "missing_requests", "a.example.com"], id="item of a list"),
        pytest.param(["choice", "missing_requests", "b", "more"], id="key of an item"),
        pytest.param(["undone", "a.example.com", "It"], id="part of a text"),
        pytest.param(["nothing", "a.example.com"], id="key of null"),
    ],
)
def test_no_such_part(terms: list[str]) -> None:
    assert take(*terms, default=[]) == []
    with pytest.raises(AnsibleLookupError, match=f"found no {' / '.join(terms)}$"):
        take(*terms)


@pytest.mark.parametrize(
    ("terms", "options"),
    [pytest.param([], {}, id="no name"), pytest.param(["undone"], {"defualt": []}, id="unknown option")],
)
def test_wrong_use(terms: list[str], options: dict[str, Any]) -> None:
    with pytest.raises(AnsibleLookupError, match=r"requires the name of a fact, and keys$"):
        take(*terms, **options)


def test_nothing_else_is_looked_at() -> None:
    fleet = Whole(a=Whole(revoke=["this"]))
    (part,) = LookupModule().run(["fleet", "a", "revoke"], Whole(fleet=fleet))
    assert part == ["this"]
