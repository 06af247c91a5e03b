# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Values that variables must not have, and texts that are numbers."""

from __future__ import annotations

from typing import Any

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.npmops.auth.plugins.filter.find_mistakes import find_mistakes
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import need_count

NULL = "npm_auth_x is null: give it a value, or leave it out."
EMPTY = "npm_auth_x is empty: give it a value, or leave it out."
ENTRY = "npm_auth_x has an empty entry: give each entry a value."


@pytest.mark.parametrize(
    ("value", "mistakes"),
    [
        pytest.param(None, [NULL], id="null"),
        pytest.param("", [EMPTY], id="empty text"),
        pytest.param(" \t", [EMPTY], id="blanks"),
        pytest.param(["alice", None], [ENTRY], id="null in a list"),
        pytest.param(["alice", " "], [ENTRY], id="blanks in a list"),
        pytest.param("alice,", [ENTRY], id="empty entry of a text with commas"),
        pytest.param(
            "__omit_place_holder__1234",
            ["npm_auth_x is omitted: give it a value, or leave it out."],
            id="omitted in ansible-core 2.18",
        ),
        pytest.param([], [], id="an empty list selects nothing"),
        pytest.param("alice,bob", [], id="text with commas"),
        pytest.param(["alice"], [], id="list"),
        pytest.param([7], [], id="list of numbers"),
        pytest.param({}, [], id="not given"),
        pytest.param(False, [], id="false"),
        pytest.param(0, [], id="zero"),
    ],
)
def test_variable_without_a_value(value: Any, mistakes: list[str]) -> None:
    assert find_mistakes({"npm_auth_other": "https://npm.example.com/", "npm_auth_x": value}) == mistakes


@pytest.mark.parametrize(
    ("values", "of_b", "mistakes"),
    [
        pytest.param({"npm_auth_users": ["x"]}, {"npm_auth_users": ["y"]}, [], id="other accounts"),
        pytest.param(
            {"npm_auth_users": ["x"]},
            {"npm_auth_users": None},
            ["For the host b, npm_auth_users is null: give it a value, or leave it out."],
            id="null on the second host",
        ),
        pytest.param(
            {"npm_auth_levels": ["all"]},
            {"npm_auth_levels": ""},
            ["For the host b, npm_auth_levels is empty: give it a value, or leave it out."],
            id="empty on the second host",
        ),
        pytest.param(
            {},
            {"npm_auth_user": ["x"]},
            ["npm_auth_user is not a variable of this collection. Did you mean npm_auth_users?"],
            id="misspelled on the second host",
        ),
    ],
)
def test_values_of_other_hosts(values: dict[str, Any], of_b: dict[str, Any], mistakes: list[str]) -> None:
    assert find_mistakes(values, {"a": {}, "b": of_b}, ["a", "b"], "a") == mistakes


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        pytest.param("npm_auth_user", "npm_auth_users", id="singular"),
        pytest.param("npm_auth_protected_fingerprint", "npm_auth_protected_fingerprints", id="singular of two words"),
        pytest.param("npm_auth_protect_fingerprints", "npm_auth_protected_fingerprints", id="two letters"),
        pytest.param("npm_auth_protect", "npm_auth_protected_fingerprints", id="the beginning of one"),
        pytest.param("npm_auth_host", "npm_auth_hosts", id="of the playbooks"),
        pytest.param("npm_auth_users", None, id="right"),
        pytest.param("npm_auth_token", None, id="of another role"),
        pytest.param("npm_auth_serial", None, id="right, of the playbooks"),
        pytest.param("npm_auth_vault_of_the_builders", None, id="the inventory's own"),
    ],
)
def test_misspelled_names(name: str, meant: str | None) -> None:
    expected = [f"{name} is not a variable of this collection. Did you mean {meant}?"] if meant else []
    assert find_mistakes({}, given=[name]) == expected


def test_name_beside_the_right_one() -> None:
    assert find_mistakes({}, given=["npm_auth_tokens", "npm_auth_token"]) == []


def test_filter_says_what_is_wrong() -> None:
    with pytest.raises(AnsibleFilterError, match="values must be a mapping of variables"):
        find_mistakes([])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param(2, 2, id="number"),
        pytest.param("2", 2, id="digits"),
        pytest.param(" 2\n", 2, id="digits between blanks"),
        pytest.param("0", None, id="zero as text"),
        pytest.param("two", None, id="word"),
        pytest.param("-1", None, id="negative"),
        pytest.param("2.0", None, id="fraction"),
        pytest.param("²", None, id="digit that is not of ASCII"),
        pytest.param(True, None, id="boolean"),
        pytest.param(None, None, id="null"),
    ],
)
def test_number_as_text(value: Any, expected: int | None) -> None:
    if expected is not None:
        assert need_count(value, "attempts") == expected
        return
    with pytest.raises(InputError, match="attempts must be a whole number of at least 1"):
        need_count(value, "attempts")
