# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which files of an account, and of the host, hold npm's settings?

Private to this collection. The places are those of npm's documentation ("npmrc", "folders") and of its
``@npmcli/config``; node itself is never run to find them.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils import _npmrc
from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.module_utils._settings import Format

_DEFAULT_PATH = "~/.npmrc"
_DISTRIBUTION_PATH = "/etc/npmrc"


@dataclass(frozen=True)
class Store:
    """A file that can hold credentials.

    :ivar client: whose file it is, ``npm``.
    """

    account: Account
    client: str
    path: str
    form: Format


def find_stores(account: Account, paths: Sequence[str] | None) -> tuple[Store, ...]:
    """The stores of an account.

    :param paths: the option of that name; None for npm's own place.
    :raises InputError: a path that names another account's home.
    """
    if paths is None:
        moved = get_npm_variable("userconfig", account.environment) if account.is_self else None
        paths = [moved or _DEFAULT_PATH]
    places = dict.fromkeys(resolve_path(path, account) for path in paths)
    return tuple(Store(account, "npm", path, _npmrc) for path in places)


def resolve_path(path: str, account: Account) -> str:
    """``~`` and relative paths are those of the account's home.

    :raises InputError: ``~name``, whose files are not this account's.
    """
    if path.startswith("~") and path != "~" and not path.startswith("~/"):
        raise InputError("paths", f"{path} names the home of another account; name the account in users instead")
    return place_in_home(path, account)


def place_in_home(path: str, account: Account) -> str:
    """Where a path leads that a file of the account names: ``~`` alone stands for its home, as npm has it."""
    relative = path[2:].lstrip("/") if path.startswith("~/") else "" if path == "~" else path
    return os.path.normpath(os.path.join(account.home, relative))


def find_global_npmrc(account: Account, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Where npm's global configuration can be, as this account's npm would look for it; the first that exists counts.

    :param readings: the settings of the account's own store, which can move it.
    """
    values = {item.name: item.value for item in readings if item.value and not item.setting.commented}
    environment = account.environment
    moved = get_npm_variable("globalconfig", environment) or values.get("globalconfig")
    if moved:
        return (place_in_home(moved, account),)
    prefix = values.get("prefix") or environment.get("PREFIX") or _find_node_prefix()
    if not prefix:
        return (_DISTRIBUTION_PATH,)
    place = os.path.join(place_in_home(prefix, account), "etc", "npmrc")
    return (environment.get("DESTDIR", "") + place, _DISTRIBUTION_PATH)


def get_npm_variable(name: str, environment: Mapping[str, str]) -> str | None:
    """A setting of npm's from the environment: ``npm_config_<name>``, in any case."""
    wanted = f"npm_config_{name}"
    return next((value for key, value in environment.items() if key.lower() == wanted and value), None)


def _find_node_prefix() -> str | None:
    node = shutil.which("node")
    return os.path.dirname(os.path.dirname(os.path.realpath(node))) if node else None
