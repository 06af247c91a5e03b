# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter find_mistakes."""

from __future__ import annotations

DOCUMENTATION = r"""
name: find_mistakes
short_description: Find variables without a value or with misspelled names
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

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.plugin_utils._arguments import find_mistake, speak_ansible

_OF_PLAYBOOKS = frozenset({"npm_auth_hosts", "npm_auth_serial", "npm_auth_become"})
# As difflib measures it: npm_auth_user is close to npm_auth_users, npm_auth_user_of_ci is not.
_CLOSE = 0.9
_PREFIX = "npm_auth_"


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
    names = dict.fromkeys(given)
    for other in (name for name in hosts if name != host and variables is not None):
        # Each access combines all variables of the host.
        theirs = variables[other]
        names.update(dict.fromkeys(name for name in theirs if str(name).startswith(_PREFIX)))
        found += _find_on_other_host(other, [name for name in values if name in theirs], theirs)
    found += _find_misspelled(names)
    return list(dict.fromkeys(mistake for mistake in found if mistake))


def _find_misspelled(given: Collection[str]) -> Iterator[str]:
    """Find names that differ from those of variables by a letter or two: their values would be ignored."""
    known = _list_variables() if given else frozenset()
    for name in sorted(set(given) - known):
        close = get_close_matches(name, known, 1, _CLOSE) or [
            other for other in sorted(known) if other.startswith(name)
        ]
        # A variable of the inventory can be the source of the right one.
        if close and close[0] not in given:
            yield f"{name} is not a variable of this collection. Did you mean {close[0]}?"


@cache
def _list_variables() -> frozenset[str]:
    """List the variables of all roles and playbooks; an inventory can have those of several."""
    specs = (Path(__file__).parents[2] / "roles").glob("*/meta/argument_specs.yml")
    options = [yaml.safe_load(spec.read_text(encoding="utf-8"))["argument_specs"] for spec in specs]
    return _OF_PLAYBOOKS.union(*(entry["main"]["options"] for entry in options if "main" in entry))


def _find_on_other_host(host: str, names: Sequence[str], values: Mapping[str, Any]) -> Iterator[str]:
    for name in names:
        mistake = find_mistake(name, values[name])
        if mistake:
            yield f"For the host {host}, {mistake}"


class FilterModule:
    def filters(self) -> dict[str, Callable[..., Any]]:
        return {"find_mistakes": find_mistakes}
