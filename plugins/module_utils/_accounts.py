# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Who is meant, where is their home, and how is something done with no more than their powers?

Private to this collection. Root never touches a file of an account with root's own powers: the home is the account's,
links and races included.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError


@dataclass(frozen=True)
class Account:
    """A login account of this host.

    :ivar home: from the password database; for the connecting account from ``$HOME`` where that is set.
    :ivar is_self: the account that this process runs as.
    :ivar environment: what ``${VAR}`` in its files may refer to. That of this process belongs to the connecting
        account alone: another account's file could name a secret of root's and a registry of its own.
    """

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    is_self: bool
    environment: Mapping[str, str] = field(repr=False)


def find_accounts(users: Sequence[str] | None, all_users: bool = False) -> tuple[tuple[Account, ...], tuple[str, ...]]:
    """Look up accounts; without names, the connecting one.

    :param all_users: every account of the password database whose home is there.
    :returns: the accounts, and the names that this host does not have.
    :raises InputError: another account than the connecting one is meant, and this process is not root.
    """
    own = _find_own()
    if all_users:
        if os.geteuid() != 0:
            raise InputError("all_users", "acting as all accounts takes root (become: true)")
        return _find_all(own), ()
    if users is None:
        return (own,), ()
    found: dict[str, Account] = {}
    absent: list[str] = []
    for name in dict.fromkeys(users):
        entry = _look_up(name)
        if entry is None:
            absent.append(name)
        else:
            found[name] = own if entry.pw_uid == own.uid and name == own.name else _make_account(entry)
    others = [account.name for account in found.values() if not account.is_self]
    if others and os.geteuid() != 0:
        raise InputError("users", f"acting as {', '.join(others)} takes root (become: true)")
    return tuple(found.values()), tuple(absent)


def find_owner(uid: int) -> Account:
    """The account that files of this owner belong to; one without a name where the host knows none."""
    own = _find_own()
    if uid == own.uid:
        return own
    try:
        return _make_account(pwd.getpwuid(uid))
    except KeyError:
        return Account(str(uid), uid, uid, (), "/", False, {})


@contextlib.contextmanager
def acting_as(account: Account) -> Iterator[None]:
    """Do what follows with the account's user, group and groups, and nothing of root's.

    :raises NpmopsError: this process may not change who it is.
    """
    if account.is_self or account.uid == os.geteuid() != 0:
        # Itself, or within another block that acts as it.
        yield
        return
    groups, gid, uid = os.getgroups(), os.getegid(), os.geteuid()
    try:
        os.setgroups(account.groups)
        os.setegid(account.gid)
        os.seteuid(account.uid)
    except OSError:
        with contextlib.suppress(OSError):
            _restore(groups, gid, uid)
        raise NpmopsError(f"This process cannot act as {account.name}.") from None
    try:
        yield
    finally:
        _restore(groups, gid, uid)


def set_group_as_root(descriptor: int, gid: int) -> None:
    """Give an open file a group that the acting account is not in; only where this process is root's.

    :raises OSError: it is not.
    """
    uid = os.geteuid()
    os.seteuid(os.getuid())
    try:
        os.fchown(descriptor, -1, gid)
    finally:
        os.seteuid(uid)


def _restore(groups: list[int], gid: int, uid: int) -> None:
    os.seteuid(uid)
    os.setegid(gid)
    os.setgroups(groups)


def _find_own() -> Account:
    uid = os.geteuid()
    home = os.environ.get("HOME", "")
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        # A container may run as a number without a name.
        return Account(str(uid), uid, os.getegid(), (), home or "/", True, dict(os.environ))
    chosen = home if home.startswith("/") else entry.pw_dir
    return Account(entry.pw_name, uid, entry.pw_gid, (), chosen, True, dict(os.environ))


def _find_all(own: Account) -> tuple[Account, ...]:
    found = {own.name: own}
    for entry in pwd.getpwall():
        if entry.pw_dir != "/" and os.path.isdir(entry.pw_dir):
            found.setdefault(entry.pw_name, _make_account(entry))
    return tuple(found.values())


def _look_up(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except (KeyError, ValueError):  # ValueError: a NUL in the name
        return None


def _make_account(entry: pwd.struct_passwd) -> Account:
    environment = {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name}
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, groups, entry.pw_dir, False, environment)
