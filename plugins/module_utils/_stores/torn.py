# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finish the writes in place of interrupted runs, and delete their temporary files.

Private to this collection. Imported only if a run left a file beside a credential file.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence

from ansible_collections.npmops.auth.plugins.module_utils._accounts import acting_as
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, Problem, show
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import explain
from ansible_collections.npmops.auth.plugins.module_utils._files.glance import leads_away
from ansible_collections.npmops.auth.plugins.module_utils._files.in_place import EDITED, TORN, finish
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import Copy, list_copies, sweep
from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
from ansible_collections.npmops.auth.plugins.module_utils._npm.first_look import may_hold_credentials
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store


def finish_all(stores: Sequence[Store], *, is_dry: bool) -> tuple[list[Problem], list[str], list[str]]:
    """:returns: problems, warnings and restored paths, as in ``open.Torn``."""
    problems: list[Problem] = []
    warnings: list[str] = []
    restored: list[str] = []
    for store in stores:
        # Ignore failures: reading the file reports the error, and revoking and removing are more urgent.
        with contextlib.suppress(NpmopsError, OSError, ValueError), acting_as(store.account):
            path = os.path.realpath(store.path)
            if leads_away(store.path, store.account.uid) or _is_of_others(store, path):
                continue
            for copy in list_copies(path):
                beside = os.path.join(os.path.dirname(path), copy.name)
                found, text = _finish(path, copy, show(beside), _say_how(store), is_dry=is_dry)
                if found == _BROKEN:
                    problems.append(Problem(store.account.name, store.path, text))
                elif found == EDITED and (store.client == ENVIRONMENT or _may_hold_credentials(beside)):
                    problems.append(Problem(store.account.name, beside, f"{text} It may contain credentials."))
                elif text:
                    warnings.append(text)
                if found == TORN:
                    restored.append(path)
            if not is_dry:
                sweep(path, os.stat(path).st_uid if os.path.exists(path) else None)
    return problems, list(dict.fromkeys(warnings)), restored


_BROKEN = "broken"


def _is_of_others(store: Store, path: str) -> bool:
    """Return whether a file that sets variables is in another account's directory, which can contain anything.

    A shell file can read files from any directory.
    """
    return store.client == ENVIRONMENT and os.stat(os.path.dirname(path)).st_uid != store.account.uid


def _may_hold_credentials(path: str) -> bool:
    content = read_file(path)
    return content is not None and may_hold_credentials(content.data)


def _say_how(store: Store) -> str:
    """Return the run that restores a file."""
    return f"npm_logout{' with environment in clients' if store.client == ENVIRONMENT else ''}"


def _finish(path: str, copy: Copy, beside: str, how: str, *, is_dry: bool) -> tuple[str, str]:
    """:param beside: the path of the copy, as shown to the user.

    :param how: the run that restores a file.

    :returns: the state of the file, and the message about it.
    """
    shown = show(path)
    killed = f"{shown} is incomplete, because a run was killed while it wrote the file."
    try:
        found = finish(path, copy, is_dry=is_dry)
    except FileNotFoundError:
        found = EDITED
    except (NpmopsError, OSError) as problem:
        return _BROKEN, f"{killed} The complete text in {beside} could not be restored: {explain(problem)}."
    if found == EDITED:
        return EDITED, (
            f"A run was killed while it wrote {shown}, and the file was changed afterwards. The text that the run "
            f"wrote is in {beside}: compare both files, then delete {beside}."
        )
    if found == TORN and is_dry:
        return _BROKEN, f"{killed} The complete text is in {beside}: run {how}, without check mode, to restore it."
    return found, f"{killed} It was restored from {beside}." if found else ""
