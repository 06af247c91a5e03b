# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find files of malware that reacts to the revocation of a token.

Private to this collection. Some worms leave a program in a home directory that repeatedly checks whether a stolen token
is valid, and deletes the directory if not. The files are never opened: their existence is enough.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import HOME
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import place_in_home


def find_tripwires(
    paths: Sequence[str], accounts: Iterable[Account], skipped: list[str] | None = None
) -> tuple[str, ...]:
    """Return the files that exist.

    :param paths: absolute paths, or paths that begin with ``~/``, which are looked for in each home directory.
    :param accounts: the accounts whose home directories are searched. Root searches those of all accounts, because
        malware in one account can wait for the revocation of another account's token.
    :param skipped: receives the names of the accounts that the process cannot act as.
    """
    if not paths:
        return ()
    found = [path for path in paths if not path.startswith(HOME) and os.path.lexists(path)]
    in_homes = [path for path in paths if path.startswith(HOME)]
    for account in find_accounts(None, all_users=True)[0] if os.geteuid() == 0 else accounts:
        try:
            with acting_as(account):
                places = (place_in_home(path, account) for path in in_homes)
                found += [place for place in places if os.path.lexists(place)]
        except NpmopsError:
            if skipped is not None:
                skipped.append(account.name)
    return tuple(dict.fromkeys(found))
