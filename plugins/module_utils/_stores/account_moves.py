# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the variables that move a client's files, in the files that set variables for an account.

Private to this collection. Only plain literals and paths in the home are values; others are reported.
"""

from __future__ import annotations

import os
import re
from collections.abc import Container, Iterator

from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    Move,
    acting_as,
    belongs_to_another,
)
from ansible_collections.npmops.auth.plugins.module_utils._clients import GLOBAL
from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import Assignment
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import (
    GLOBALCONFIG,
    MOVED,
    MOVING,
    PREFIX,
    UNIT,
    XDG,
    place_in_home,
    read_at_once,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.variables import VariableFile, VariableFiles

# A path in the home, also as the default for a variable that is not set.
_IN_HOME = re.compile(
    rb"\"?(?:\$\{(\w+):?-)?\"?(~|\$HOME|\$\{HOME\}|@\{HOME\}|%h)?\"?(/[\w./+@-]*)\"?\}?\"?\Z", re.ASCII
)


def list_moves(account: Account) -> tuple[Move, ...]:
    """List the variables that move a client's files, except for those of the connecting account's environment."""
    files = VariableFiles()
    own = account.environment if account.is_self else {}
    known = {name.lower() for name, value in own.items() if value}
    found = (*files.list_of_account(account), *files.list_of_host(account))
    return tuple(dict.fromkeys(move for item in found for move in _list_of(item, account, known)))


def _list_of(item: VariableFile, account: Account, known: Container[str]) -> Iterator[Move]:
    data = item.content.data if item.content else b""
    path = show(item.store.path)
    hint = MOVING.search(data) if item.problem else None
    if hint:
        line = data.count(b"\n", 0, hint.start()) + 1
        yield Move(hint.group(1).decode().lower(), "", f"{path} line {line}")
    for entry in item.read.found:
        name = entry.name.lower()
        if name in MOVED and name not in known and entry.exported and entry.value != "":
            value = _find_value(entry, data, account)
            found = _place(name, value, account) if value else ""
            if found and not _may_read(found, account):
                if item.store.format == UNIT or not os.path.lexists(found):
                    continue
                found = ""
            if not found or _can_read(found, item, account):
                yield Move(GLOBALCONFIG if name == PREFIX else name, found, f"{path} line {entry.line}")


def _place(name: str, value: str, account: Account) -> str:
    path = place_in_home(value, account)
    return os.path.join(path, "etc", "npmrc") if name == PREFIX else f"{path}/" if name == XDG else path


def _may_read(path: str, account: Account) -> bool:
    """Return whether root may: another account could replace the file, or read what is written there."""
    return account.uid != 0 or not belongs_to_another(os.path.dirname(path), account.uid)


def _can_read(path: str, item: VariableFile, account: Account) -> bool:
    """Return whether the account can read what a file of the host names, such as one for a service."""
    if item.store.level != GLOBAL or path.endswith("/"):
        return True
    with acting_as(account):
        return bool(read_at_once(path))


def _find_value(entry: Assignment, data: bytes, account: Account) -> str:
    """Return the value if it is a plain literal or a path in the home."""
    if entry.value is not None:
        return entry.value
    match = _IN_HOME.match(data[entry.value_start : entry.value_end])
    if not match or (match.group(1) or entry.name.encode()) != entry.name.encode():
        return ""
    return (account.home if match.group(2) else "") + os.fsdecode(match.group(3))
