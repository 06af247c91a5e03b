# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the arguments of a filter.

Private to this collection. Every error is one sentence that names the argument and does not repeat its value.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from pathlib import Path
from typing import Any, TypeVar, cast

from ansible import template
from ansible.errors import AnsibleFilterError
from ansible.utils.unsafe_proxy import wrap_var

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, InvalidUrl, NpmopsError
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, has_userinfo, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._secrets import is_fingerprint
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import SCHEMA, VERSION

_DIGITS = re.compile(r"\s*[0-9]{1,9}\s*\Z")
#: The placeholder of ansible-core 2.18 for an omitted variable.
_OMITTED = "__omit_place_holder__"
_TEMPLATES_EVERYTHING = not hasattr(template, "trust_as_template")

_Filter = TypeVar("_Filter", bound=Callable[..., Any])


def speak_ansible(function: _Filter) -> _Filter:
    """Turn an error in a filter's input into ``AnsibleFilterError``, which Ansible shows as one sentence.

    The owner of a home directory can choose names in the result. ansible-core 2.18 evaluates braces in a fact as a
    template, so the result is marked as unsafe there. Newer versions evaluate only text that is marked as a template.
    """

    @wraps(function)
    def call(*args: Any, **keywords: Any) -> Any:
        try:
            result = function(*args, **keywords)
        except NpmopsError as problem:
            raise AnsibleFilterError(f"npmops.auth.{function.__name__}: {problem}") from None
        return wrap_var(result) if _TEMPLATES_EVERYTHING else result

    return cast("_Filter", call)


def find_mistake(name: str, value: Any) -> str | None:
    """Return why a variable must not have this value; None if it may.

    Modules read null as an option that is not given, so the run would process more than intended. An empty list is a
    value: it selects nothing.
    """
    if value is None:
        return f"{name} is null: give it a value, or leave it out."
    if isinstance(value, str) and value.startswith(_OMITTED):
        return f"{name} is omitted: give it a value, or leave it out."
    if isinstance(value, str) and not value.strip():
        return f"{name} is empty: give it a value, or leave it out."
    items = split_list(value) if isinstance(value, (str, list, tuple)) else ()
    if any(item is None or (isinstance(item, str) and not item.strip()) for item in items):
        return f"{name} has an empty entry: give each entry a value."
    return None


def need_choice(value: Any, option: str, choices: Sequence[str]) -> str:
    if not isinstance(value, str) or value not in choices:
        raise InputError(option, f"must be one of {', '.join(choices)}")
    return str(value)


def split_list(value: Any) -> Any:
    """Split a string at commas, as for list options of modules: ``-e npm_auth_users=alice,bob``."""
    return [item.strip() for item in value.split(",")] if isinstance(value, str) else value


def need_choices(value: Any, option: str, choices: Sequence[str]) -> list[str]:
    if value is None:
        return []
    value = split_list(value)
    if not isinstance(value, Sequence) or not set(map(str, value)) <= set(choices):
        raise InputError(option, f"must be a list of some of {', '.join(choices)}")
    return [str(item) for item in value]


def need_flag(value: Any, option: str) -> bool:
    if not isinstance(value, bool):
        raise InputError(option, "must be true or false")
    return value


def need_count(value: Any, option: str) -> int:
    """Accept a number as a string of digits too, as module options do: ``-e npm_auth_attempts=2``."""
    if isinstance(value, str) and _DIGITS.match(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(option, "must be a whole number of at least 1")
    return int(value)


def need_fingerprints(value: Any, option: str) -> frozenset[str]:
    if value is None:
        return frozenset()
    value = split_list(value)
    if not isinstance(value, Sequence):
        raise InputError(option, "must be a list of fingerprints")
    if not all(isinstance(item, str) and is_fingerprint(item) for item in value):
        raise InputError(option, "must be 'sha256:' followed by 16 lowercase hex digits, or a list of these")
    return frozenset(str(item) for item in value)


def need_registry(value: Any, option: str) -> Registry:
    if not isinstance(value, str) or has_userinfo(value):
        raise InputError(option, "must be the URL of a registry, without a user name or password")
    try:
        return parse_registry(value)
    except InvalidUrl as problem:
        raise InputError(option, str(problem)) from None


def find_version() -> str | None:
    """Return the version of the installed collection; None in a checkout."""
    try:
        manifest = json.loads((Path(__file__).parents[2] / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def need_report(value: Any) -> Mapping[str, Any]:
    """Check that a value is a document of ``report_data`` in the current version."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        raise InputError("report", "must be the result of report_data")
    if value.get("version") != VERSION:
        raise InputError("report", f"must be of version {VERSION}, which this collection writes")
    return value
