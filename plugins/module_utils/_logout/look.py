# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Detect a run that has nothing to do, with as few imports as possible.

Private to this collection. Every run on every host pays for the imports of this file. It decides only the simple case:
each file is absent, or an ordinary .npmrc whose bytes rule out a credential. ``run``, which decides all others, would
return the same result.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    acting_as,
    find_accounts,
    list_usable,
)
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT, NPM, PROJECT, USER
from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._files.glance import Glance, glance_at, may_hold_leftovers
from ansible_collections.npmops.auth.plugins.module_utils._npm.first_look import find_registry, may_hold_credentials
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_moves, find_stores, warn_of_moves
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

# A registry's URL that cannot contain a secret, since its path has only short words.
_PLAIN_URL = r"https?://[a-z0-9.-]{1,100}(?::[0-9]{1,5})?/(?:[a-z0-9.-]{1,15}/)*"


def look(options: LogoutOptions) -> dict[str, Any] | None:
    """Return the result of a run that has nothing to do; None if the whole run is needed.

    :raises InputError: the options do not fit this host, with the same message as in the whole run.
    """
    if options.selection.token or options.empty_option or options.stores.search is not None:
        return None
    if ENVIRONMENT in options.stores.clients:
        return None
    named, absent = find_accounts(options.stores.users, options.stores.all_users)
    usable, unusable = list_usable(named)
    accounts = find_moves(usable, options.stores)
    stores = find_stores(accounts, options.stores) if not unusable else ()
    found = [_look_at(store) for store in stores]
    there = [(store, seen) for store, seen in zip(stores, found) if seen and seen.data is not None]
    where = _name_registry(options, there)
    if (
        unusable
        or warn_of_moves(accounts, options.stores)
        or None in found
        or where is None
        or len({seen.identity for _store, seen in there}) < len(there)
    ):
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
    """Return what is known of a file that is absent or contains no credential; None for any other."""
    with acting_as(store.account):
        seen = glance_at(store.path)
        if seen is None or may_hold_leftovers(os.path.dirname(store.path)):
            return None
    if seen.data is not None and (store.format != "npmrc" or may_hold_credentials(seen.data)):
        return None
    # A project can make npm read another file.
    if store.level == PROJECT and seen.data and (b"globalconfig" in seen.data or b"prefix" in seen.data):
        return None
    return seen


def _name_registry(options: LogoutOptions, there: Sequence[tuple[Store, Glance]]) -> str | None:
    """Return the beginning of the message; None if it needs a parsed file, or a URL may contain a secret."""
    selection = options.selection
    if selection.scope:
        return None if there else say_not_mapped(selection.scope)
    names: set[str | None] = {selection.registry.url} if selection.registry else set()
    if there and not (selection.registry or selection.all_registries or selection.fingerprints):
        names = {_find_default(store, seen.data or b"") for store, seen in there}
    if not names:
        return say_not_logged_in(ANY_REGISTRY)
    url = names.pop()
    return say_not_logged_in(url) if url and not names and re.fullmatch(_PLAIN_URL, url) else None


def _find_default(store: Store, data: bytes) -> str | None:
    """Return the URL of the default registry of a file without credentials; None if the whole run is needed."""
    from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, try_parse_registry

    said = find_registry(data)
    if said is None or (store.client, store.level) != (NPM, USER):
        return None
    # A global npmrc can name another registry, or give https for this one's host.
    if not said.startswith("https:"):
        if b"prefix" in data or b"globalconfig" in data or _is_any_global(store.account):
            return None
        # Another URL of the host can give https, too, and an escape can hide it.
        if said and (b"%" in data or data.lower().count(said.split("/")[2].lower().encode()) > 1):
            return None
    registry = try_parse_registry(said or PUBLIC_REGISTRY)
    return registry.url if registry else None


def _is_any_global(account: Account) -> bool:
    """Return whether there may be a global npmrc."""
    from ansible_collections.npmops.auth.plugins.module_utils._stores.global_files import find_global_npmrc

    with acting_as(account):
        seen = [glance_at(path) for path in find_global_npmrc(account, ())]
    return not all(item and item.data is None for item in seen)
