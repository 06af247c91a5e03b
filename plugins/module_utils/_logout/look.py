# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""See whether a run has anything to do at all, with as few imports as that takes.

Private to this collection. Every idle run on every host pays for what this file imports. Only a plain case is decided
here: each file is absent, or an ordinary .npmrc whose bytes rule out a credential. Everything else is left to ``run``,
which would return the same result in the plain case.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

from ansible_collections.npmops.auth.plugins.module_utils._accounts import acting_as, find_accounts, list_usable
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._files.glance import Glance, glance_at, may_hold_leftovers
from ansible_collections.npmops.auth.plugins.module_utils._npm.first_look import may_hold_credentials
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import (
    ANY_REGISTRY,
    describe_file,
    find_absent_paths,
    say_not_logged_in,
    say_not_mapped,
    say_what_is_absent,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._options import LogoutOptions

# A registry's URL in which there is nothing that could be a secret: short words alone.
_PLAIN_URL = r"https?://[a-z0-9.-]{1,100}(?::[0-9]{1,5})?/(?:[a-z0-9.-]{1,15}/)*"


def look(options: LogoutOptions) -> dict[str, Any] | None:
    """The result of a run that has nothing to do; None where only the whole run can tell.

    :raises InputError: the options do not fit this host, as the whole run would say.
    """
    if options.selection.token or options.empty_option or options.stores.search is not None:
        return None
    if ENVIRONMENT in options.stores.clients:
        return None
    named, absent = find_accounts(options.stores.users, options.stores.all_users)
    accounts, unusable = list_usable(named)
    stores = find_stores(accounts, options.stores) if not unusable else ()
    found = [_look_at(store) for store in stores]
    there = [(store, seen) for store, seen in zip(stores, found) if seen and seen.data is not None]
    where = _name_registry(options, is_any_there=bool(there))
    if unusable or None in found or where is None or len({seen.identity for _store, seen in there}) < len(there):
        return None
    paths = () if options.stores.paths is None else [store.path for store in stores]
    return {
        "changed": False,
        "revoked": False,
        "credentials": [],
        "files": [describe_file(store.account.name, store.path) for store, _seen in there],
        "absent_users": [show(name) for name in absent],
        "diff": [],
        "msg": where + say_what_is_absent(find_absent_paths(paths, {store.path for store, _seen in there}), absent),
    }


def _look_at(store: Store) -> Glance | None:
    """A file that is absent or holds no credential; None for any other."""
    with acting_as(store.account):
        seen = glance_at(store.path)
        if seen is None or may_hold_leftovers(os.path.dirname(store.path)):
            return None
    if seen.data is not None and (store.format != "npmrc" or may_hold_credentials(seen.data)):
        return None
    return seen


def _name_registry(options: LogoutOptions, *, is_any_there: bool) -> str | None:
    """The beginning of the message; None where the files, or a closer look at a URL, are needed for it."""
    selection = options.selection
    if selection.registry:
        return say_not_logged_in(selection.registry.url) if re.fullmatch(_PLAIN_URL, selection.registry.url) else None
    if is_any_there and (selection.scope or not (selection.all_registries or selection.fingerprints)):
        return None
    return say_not_mapped(selection.scope) if selection.scope else say_not_logged_in(ANY_REGISTRY)
