# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter find_mistakes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: find_mistakes
short_description: Find variables without a value, with different values on the hosts, or with misspelled names
version_added: 1.0.0
description:
  - Internal filter of the roles of this collection. A variable that is null or empty would be treated as not given, and
    the run would process more than intended.
author:
  - the npmops.auth contributors (@npmops)
options:
  _input:
    description: The variables of a role and their values, without those that are not given.
    type: dict
    required: true
  variables:
    description: The variables of all hosts, C(hostvars).
    type: dict
  hosts:
    description: The hosts of the run.
    type: list
    elements: str
  host:
    description: The host to which the values belong, C(inventory_hostname).
    type: str
  given:
    description: The names of all variables that begin with C(npm_auth_).
    type: list
    elements: str
"""

EXAMPLES = r"""
- name: Find variables without a value
  ansible.builtin.debug:
    msg: "{{ {'npm_auth_registry': ''} | npmops.auth.find_mistakes }}"
"""

RETURN = r"""
_value:
  description: A sentence for each mistake. The sentences do not repeat values.
  type: list
  elements: str
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import find_mistake, speak_ansible, split_list

#: The variables that a role reads once for all hosts, with their defaults in the roles.
_ONE_VALUE = {
    "npm_auth_registry": None,
    "npm_auth_fingerprints": None,
    "npm_auth_token": None,
    "npm_auth_revoke": "confirmed",
    "npm_auth_attempts": 3,
}
_OF_PLAYBOOKS = frozenset({"npm_auth_hosts", "npm_auth_serial", "npm_auth_become"})
# As difflib measures it: npm_auth_user is close to npm_auth_users, npm_auth_user_of_ci is not.
_CLOSE = 0.9
_NOT_GIVEN: Mapping[str, Any] = {}


@speak_ansible
def find_mistakes(
    values: Any,
    variables: Any = None,
    hosts: Sequence[str] = (),
    host: str = "",
    given: Sequence[str] = (),
) -> list[str]:
    if not isinstance(values, Mapping):
        raise InputError("values", "must be a mapping of variables")
    found = [find_mistake(str(name), value) for name, value in values.items()]
    if variables is not None:
        found += _find_on_other_hosts(values, variables, [name for name in hosts if name != host], host)
    found += _find_misspelled(given)
    return [mistake for mistake in found if mistake]


def _find_misspelled(given: Sequence[str]) -> Iterator[str]:
    """Find names that differ from those of variables by a letter or two: their values would be ignored."""
    known = _list_variables() if given else frozenset()
    for name in sorted(set(given) - known):
        for meant in get_close_matches(name, known, 1, _CLOSE):
            yield f"{name} is not a variable of this collection: use {meant}."


@cache
def _list_variables() -> frozenset[str]:
    """List the variables of all roles and playbooks; an inventory can have those of several."""
    specs = (Path(__file__).parents[2] / "roles").glob("*/meta/argument_specs.yml")
    options = [yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"] for spec in specs]
    return _OF_PLAYBOOKS.union(*(entry["main"]["options"] for entry in options if "main" in entry))


def _find_on_other_hosts(values: Mapping[str, Any], variables: Any, others: Sequence[str], host: str) -> Iterator[str]:
    """Find values of other hosts that are missing, or that the run would not follow. Each variable is reported once."""
    own = variables[host]
    names = [name for name, value in values.items() if _is_from_inventory(name, value, own)]
    for other in others:
        # Each access combines all variables of the host.
        given = variables[other]
        for name in tuple(names):
            value = given.get(name, _ONE_VALUE.get(name, _NOT_GIVEN))
            mistake = find_mistake(name, value) if name in given else None
            if mistake:
                yield f"For the host {other}, {mistake}"
            elif name in _ONE_VALUE and not _is_same(value, _get_effective(name, values[name])):
                yield (
                    f"{name} differs between {host} and {other}: set one value for all hosts, or run once for each "
                    "group of hosts with the same value."
                )
            else:
                continue
            names.remove(name)


def _is_from_inventory(name: str, value: Any, own: Mapping[str, Any]) -> bool:
    """Check that no variable of the play or of the role overrides the values of the hosts."""
    if name in own:
        return _is_same(own[name], value)
    return name not in _ONE_VALUE or _is_same(_get_effective(name, value), _ONE_VALUE[name])


def _get_effective(name: str, value: Any) -> Any:
    return _ONE_VALUE[name] if value == _NOT_GIVEN else value


def _is_same(one: Any, other: Any) -> bool:
    """Compare the values of a variable: ``a,b`` is the list of both, and ``3`` can be a number or text."""
    first, second = (
        sorted(map(str, value)) if isinstance(value, list) else str(value) for value in map(split_list, (one, other))
    )
    return bool(first == second)


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"find_mistakes": find_mistakes}
