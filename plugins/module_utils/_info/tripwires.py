# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the files of a worm that acts when a token is revoked.

Private to this collection. Some worms leave a program in a home that checks again and again whether a stolen token is
valid, and deletes the home when it is not. The files are never opened: that a file of that name exists is enough.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import HOME
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import place_in_home


def find_tripwires(paths: Sequence[str], accounts: Iterable[Account]) -> tuple[str, ...]:
    """Those of the files that are there.

    :param paths: absolute ones, and ones that begin with ``~/``, which are looked for in each home.
    :param accounts: whose homes; where this process is root's, those of all accounts: the token of one account can be
        what another one's trap waits for.
    """
    if not paths:
        return ()
    found = [path for path in paths if not path.startswith(HOME) and os.path.lexists(path)]
    in_homes = [path for path in paths if path.startswith(HOME)]
    for account in find_accounts(None, all_users=True)[0] if os.geteuid() == 0 else accounts:
        # Nobody can look into the home of whoever cannot be acted as; that is reported with their credential files.
        with contextlib.suppress(NpmopsError), acting_as(account):
            places = (place_in_home(path, account) for path in in_homes)
            found += [place for place in places if os.path.lexists(place)]
    return tuple(dict.fromkeys(found))
