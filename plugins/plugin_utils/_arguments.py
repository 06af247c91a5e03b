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
#: What ansible-core 2.18 has in place of a variable that is omitted.
_OMITTED = "__omit_place_holder__"
_TEMPLATES_EVERYTHING = not hasattr(template, "trust_as_template")

_Filter = TypeVar("_Filter", bound=Callable[..., Any])


def speak_ansible(function: _Filter) -> _Filter:
    """Turn what is wrong with a filter's input into the one error that Ansible shows as a sentence.

    What it returns is no template: names in it were chosen by whoever owns a home, and ansible-core 2.18 would
    evaluate what is in their braces where the result becomes a fact. Newer ones evaluate only what is marked as one.
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
    """Why a variable must not be given like this; None where it may.

    Modules take null for an option that is not given, so that the run would be about more than was meant. An empty list
    is a value: it selects nothing.
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
    """A text is a list with commas, as it is for the options of modules: ``-e npm_auth_users=alice,bob``."""
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
    """A text of digits is a number, as it is for the options of modules: ``-e npm_auth_attempts=2``."""
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
        raise InputError(option, "must be 'sha256:' followed by 16 lowercase hex digits, in each entry")
    return frozenset(str(item) for item in value)


def need_registry(value: Any, option: str) -> Registry:
    if not isinstance(value, str) or has_userinfo(value):
        raise InputError(option, "must be the URL of a registry, without a user name or password")
    try:
        return parse_registry(value)
    except InvalidUrl as problem:
        raise InputError(option, str(problem)) from None


def find_version() -> str | None:
    """The version of the collection that this file was installed with; None in a checkout."""
    try:
        manifest = json.loads((Path(__file__).parents[2] / "MANIFEST.json").read_text(encoding="utf-8"))
        return str(manifest["collection_info"]["version"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def need_report(value: Any) -> Mapping[str, Any]:
    """The document of ``report_data``, in the version that this collection writes."""
    if not isinstance(value, Mapping) or value.get("schema") != SCHEMA:
        raise InputError("report", "must be what report_data returns")
    if value.get("version") != VERSION:
        raise InputError("report", f"must be of version {VERSION}, which this collection writes")
    return value
