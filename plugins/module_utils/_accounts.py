# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the selected accounts and their homes, and act with only their privileges.

Private to this collection. Root never touches an account's files with root's own privileges: the account controls its
home, and can place links or cause races there.
"""

from __future__ import annotations

import contextlib
import os
import pwd
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError, Problem

# The group of a user ID without an account is unknown: use the usual ID of nobody's group.
_NO_GROUP = 65534
_HOMES = "/home"


class Move(NamedTuple):
    """A variable that moves a client's files, as a file of the account or of the host sets it.

    :ivar name: in lower case.
    :ivar path: empty if the file must not be read, or its path is not known.
    :ivar place: the file and the line that set it, for a warning.
    """

    name: str
    path: str
    place: str


class Account(NamedTuple):
    """A login account of this host.

    :ivar home: from the password database; for the connecting account from ``$HOME`` if that is absolute and does not
        belong to another account.
    :ivar is_self: whether this process runs as the account.
    :ivar environment: the variables that ``${VAR}`` in its files may refer to. Only the connecting account has this
        process's environment: another account's file could send root's secrets to any registry.
    :ivar moves: what ``find_moves`` found.
    """

    name: str
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str
    is_self: bool
    environment: Mapping[str, str]
    moves: tuple[Move, ...] = ()

    def __repr__(self) -> str:
        # The environment can hold secrets.
        return f"Account({self.name})"


def find_accounts(users: Sequence[str] | None, all_users: bool = False) -> tuple[tuple[Account, ...], tuple[str, ...]]:
    """Look up the named accounts, or without names the connecting account.

    :param all_users: every account of the password database whose home exists, and the owners of homes next to these.
    :returns: the accounts, and the names that do not exist on this host.
    :raises InputError: accounts other than the connecting one are selected, and this process is not root.
    """
    own = _find_own()
    if all_users:
        if os.geteuid() != 0:
            raise InputError("all_users", "requires root: set become: true")
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
        raise InputError("users", f"requires root to act as {', '.join(others)}: set become: true")
    return tuple(found.values()), tuple(absent)


def list_usable(accounts: Iterable[Account]) -> tuple[tuple[Account, ...], list[Problem]]:
    """Return the accounts that this process can act as, and a problem for each of the others.

    Such problems occur in a container that may not change its user, or that does not map the account's user ID.
    """
    usable: list[Account] = []
    problems: list[Problem] = []
    for account in accounts:
        try:
            with acting_as(account):
                usable.append(account)
        except NpmopsError as problem:
            problems.append(Problem(account.name, account.home, str(problem)))
    return tuple(usable), problems


def find_owner(uid: int) -> Account:
    """Return the account with this user ID, or one named after the number if the host has none."""
    own = _find_own()
    if uid == own.uid:
        return own
    try:
        return _make_account(pwd.getpwuid(uid))
    except KeyError:
        return Account(str(uid), uid, _NO_GROUP, (), "/", False, {})


@contextlib.contextmanager
def acting_as(account: Account) -> Iterator[None]:
    """Run the ``with`` block with the user and groups of the account, without root's privileges.

    :raises NpmopsError: this process may not change its user or groups.
    """
    if account.is_self or account.uid == os.geteuid() != 0:
        # The process already acts as the account.
        yield
        return
    groups, gid, uid = os.getgroups(), os.getegid(), os.geteuid()
    try:
        _set_groups(account.groups)
        os.setegid(account.gid)
        os.seteuid(account.uid)
    except (OSError, ValueError):
        with contextlib.suppress(OSError, ValueError):
            _restore(groups, gid, uid)
        raise NpmopsError(
            f"The module cannot switch to the account {account.name}. Containers can prevent this: run the module on "
            "the host itself, or leave out this account."
        ) from None
    try:
        yield
    finally:
        _restore(groups, gid, uid)


def set_group_as_root(descriptor: int, gid: int) -> None:
    """Give an open file a group that the acting account is not in, which requires root as the real user.

    :raises OSError: the real user is not root.
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
    _set_groups(groups)


def _set_groups(groups: Sequence[int]) -> None:
    """Set the groups, up to the limit: macOS lists more than a process can have. Fewer groups are fewer privileges."""
    os.setgroups(groups[: os.sysconf("SC_NGROUPS_MAX")])


def belongs_to_another(folder: str, uid: int) -> bool:
    """Return whether a directory that this process's environment names belongs to another account.

    sudo and su can keep the caller's environment (``become_flags: -E``). The caller could read what is written there.
    A directory of root's other than root's home, as in a container or a test, counts as nobody's.
    """
    try:
        owner = os.stat(folder).st_uid
        if owner != 0 or uid == 0:
            return owner != uid
        return os.path.samefile(pwd.getpwuid(0).pw_dir, folder)
    except KeyError:
        return False
    except (OSError, ValueError):
        # Anyone might create the missing directory.
        return uid == 0


def _find_own() -> Account:
    uid = os.geteuid()
    environment = dict(os.environ)
    home = environment.get("HOME", "")
    if not home.startswith("/") or belongs_to_another(home, uid):
        home = ""
    try:
        entry = pwd.getpwuid(uid)
    except KeyError:
        # A container may run as a user ID without an account.
        return Account(str(uid), uid, os.getegid(), (), home or "/", True, environment)
    home = home or entry.pw_dir
    return Account(entry.pw_name, uid, entry.pw_gid, (), home, True, {**environment, "HOME": home})


def _find_all(own: Account) -> tuple[Account, ...]:
    found = {own.name: own}
    for entry in pwd.getpwall():
        if entry.pw_dir != "/" and os.path.isdir(entry.pw_dir):
            found.setdefault(entry.pw_name, _make_account(entry))
    parents = {os.path.dirname(os.path.normpath(account.home)) for account in found.values()}
    for entry in _list_beside(parents | {_HOMES}, {account.uid for account in found.values()}):
        found.setdefault(entry.pw_name, _make_account(entry))
    return tuple(found.values())


def _list_beside(parents: set[str], known: set[int]) -> Iterator[pwd.struct_passwd]:
    """Yield the accounts with homes next to known ones: a directory service (SSSD, LDAP) need not list its accounts."""
    for parent in sorted(parents - {"/"}):
        for path, uid in _list_owners(parent):
            # A domain can have its own directory below /home.
            for home, owner in _list_owners(path) if parent == _HOMES and uid == 0 else [(path, uid)]:
                with contextlib.suppress(KeyError, OSError, ValueError):
                    if owner not in known and os.path.samefile(pwd.getpwuid(owner).pw_dir, home):
                        known.add(owner)
                        yield pwd.getpwuid(owner)


def _list_owners(folder: str) -> list[tuple[str, int]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(
                (entry.path, entry.stat(follow_symlinks=False).st_uid)
                for entry in entries
                if entry.is_dir(follow_symlinks=False)
            )
    except OSError:
        return []


def _look_up(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except (KeyError, ValueError):  # ValueError: a NUL in the name
        return None


def _make_account(entry: pwd.struct_passwd) -> Account:
    environment = {"HOME": entry.pw_dir, "USER": entry.pw_name, "LOGNAME": entry.pw_name}
    groups = tuple(os.getgrouplist(entry.pw_name, entry.pw_gid))
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid, groups, entry.pw_dir, False, environment)
