# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The accounts that are meant. What is done for an account is done with its privileges alone."""

from __future__ import annotations

import grp
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils import _accounts
from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    acting_as,
    belongs_to_another,
    find_accounts,
    find_owner,
    list_usable,
    set_group_as_root,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as other accounts")
OTHER = "daemon"
OWN_NAME = pwd.getpwuid(os.geteuid()).pw_name


def find_one(name: str | None) -> Account:
    (account,), _absent = find_accounts(None if name is None else [name])
    return account


def powers() -> tuple[int, int, int, int, list[int]]:
    return os.getuid(), os.geteuid(), os.getgid(), os.getegid(), sorted(os.getgroups())


# Who -----------------------------------------------------------------------------------------------------------------


def test_connecting_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    account = find_one(None)
    assert (account.name, account.uid, account.is_self) == (OWN_NAME, os.geteuid(), True)
    assert account.home == str(tmp_path)
    assert account.environment["HOME"] == str(tmp_path)


@pytest.mark.parametrize("home", ["", "relative/home", None], ids=["empty", "relative", "not set"])
def test_home_of_the_connecting_account_without_home(monkeypatch: pytest.MonkeyPatch, home: str | None) -> None:
    """Then the password database says where it is."""
    if home is None:
        monkeypatch.delenv("HOME", raising=False)
    else:
        monkeypatch.setenv("HOME", home)
    assert find_one(None).home == pwd.getpwuid(os.geteuid()).pw_dir


def test_root_home_is_never_the_home_of_another_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """``become_flags: -E`` keeps HOME; what root writes there, that account reads."""
    if os.geteuid() != 0:
        pytest.skip("only root can give a directory away")
    os.chown(tmp_path, pwd.getpwnam(OTHER).pw_uid, -1)
    monkeypatch.setenv("HOME", str(tmp_path))
    account = find_one(None)
    assert account.home == account.environment["HOME"] == pwd.getpwuid(0).pw_dir


def test_root_home_is_never_a_place_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "later"))
    home = find_one(None).home
    assert home == (pwd.getpwuid(0).pw_dir if os.geteuid() == 0 else str(tmp_path / "later"))


FOREIGN = {
    "another account's": (1234, False, True),
    "root's, but not its home": (0, False, False),
    "root's home": (0, True, True),
    "its own": (4321, False, False),
}


@pytest.mark.parametrize(
    ("owner", "is_home", "expected"), [pytest.param(*case, id=name) for name, case in FOREIGN.items()]
)
def test_home_that_belongs_to_another_account(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, owner: int, is_home: bool, expected: bool
) -> None:
    """For an account that is not root: somebody else's HOME, kept by sudo, is not where its files are."""
    status = list(os.stat(tmp_path))
    status[4] = owner
    monkeypatch.setattr(_accounts.os, "stat", lambda _path: os.stat_result(status))
    monkeypatch.setattr(_accounts.os.path, "samefile", lambda _one, _other: is_home)
    assert belongs_to_another(str(tmp_path), 4321) is expected


def test_own_name_is_the_connecting_account(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """To name oneself takes no root, and says the same as to name nobody."""
    monkeypatch.setenv("HOME", str(tmp_path))
    assert find_one(OWN_NAME) == find_one(None)


def test_number_without_a_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As in a container that runs as any number."""

    def know_nobody(uid: int) -> pwd.struct_passwd:
        raise KeyError(uid)

    monkeypatch.setattr(_accounts.pwd, "getpwuid", know_nobody)
    monkeypatch.setenv("HOME", str(tmp_path))
    account = find_one(None)
    assert (account.name, account.home, account.is_self) == (str(os.geteuid()), str(tmp_path), True)
    monkeypatch.delenv("HOME")
    assert find_one(None).home == "/"


@needs_root
def test_other_account() -> None:
    entry = pwd.getpwnam(OTHER)
    account = find_one(OTHER)
    assert (account.uid, account.gid, account.home, account.is_self) == (
        entry.pw_uid,
        entry.pw_gid,
        entry.pw_dir,
        False,
    )
    assert entry.pw_gid in account.groups


@needs_root
def test_environment_of_another_account_holds_nothing_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its file could name one of root's variables, and a registry of its own to send it to."""
    monkeypatch.setenv("NPM_TOKEN", "root-only")
    assert find_one(OTHER).environment == {"HOME": pwd.getpwnam(OTHER).pw_dir, "USER": OTHER, "LOGNAME": OTHER}


def test_environment_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NPM_TOKEN", "root-only")
    assert "root-only" not in repr(find_one(None))


ABSENT = {
    "unknown": "ghost-of-nobody",
    "with a NUL": "a\x00b",
    "a number": "4294967294",
    "with a slash": "../root",
    "half a character": "\ud800",
    "very long": "x" * 5000,
}


@pytest.mark.parametrize("name", [pytest.param(value, id=name) for name, value in ABSENT.items()])
def test_absent_account_is_no_error(name: str) -> None:
    assert find_accounts([name]) == ((), (name,))


def test_order_and_repetitions() -> None:
    """Each is done once, in the order of the playbook."""
    accounts, absent = find_accounts([OWN_NAME, "ghost-two", "ghost-one", OWN_NAME, "ghost-two"])
    assert [account.name for account in accounts] == [OWN_NAME]
    assert absent == ("ghost-two", "ghost-one")


def test_no_accounts_at_all() -> None:
    """An empty list is a list, and not the connecting account."""
    assert find_accounts([]) == ((), ())


def test_others_take_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    with pytest.raises(InputError) as caught:
        find_accounts([OTHER, "ghost-of-nobody"])
    assert str(caught.value) == f"users requires root to act as {OTHER}: set become: true."


def test_absent_ones_take_no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 54321)
    assert find_accounts(["ghost-of-nobody"]) == ((), ("ghost-of-nobody",))


# Acting --------------------------------------------------------------------------------------------------------------


@needs_root
def test_acting_as_another(tmp_path: Path) -> None:
    account = find_one(OTHER)
    before = powers()
    with acting_as(account):
        assert os.geteuid() == account.uid
        assert os.getegid() == account.gid
        assert sorted(os.getgroups()) == sorted(set(account.groups))
        assert 0 not in os.getgroups()
    assert powers() == before


@needs_root
def test_files_are_made_as_the_account(tmp_path: Path) -> None:
    account = find_one(OTHER)
    tmp_path.chmod(0o777)
    for parent in tmp_path.parents:
        if not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    with acting_as(account):
        (tmp_path / "made").write_text("")
    status = (tmp_path / "made").stat()
    assert (status.st_uid, status.st_gid) == (account.uid, account.gid)


@needs_root
def test_root_s_files_are_out_of_reach(tmp_path: Path) -> None:
    """Neither by its number nor by one of its groups."""
    secret = tmp_path / "secret"
    secret.write_text("root-only")
    secret.chmod(0o660)
    for group in (0, *os.getgroups()):
        os.chown(secret, 0, group)
        with acting_as(find_one(OTHER)), pytest.raises(PermissionError):
            secret.read_text()


@needs_root
def test_powers_come_back_after_a_failure() -> None:
    before = powers()
    with pytest.raises(ZeroDivisionError), acting_as(find_one(OTHER)):
        raise ZeroDivisionError
    assert powers() == before


@needs_root
def test_powers_come_back_after_an_interrupt() -> None:
    before = powers()
    with pytest.raises(KeyboardInterrupt), acting_as(find_one(OTHER)):
        raise KeyboardInterrupt
    assert powers() == before


@needs_root
@pytest.mark.parametrize("call", ["setgroups", "setegid", "seteuid"])
def test_half_a_change_is_taken_back(monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    """What cannot be done as the account is not done as something in between."""
    before = powers()
    real = getattr(os, call)
    calls: list[object] = []

    def fail_once(*args: object) -> None:
        calls.append(args)
        if len(calls) == 1:
            raise PermissionError
        real(*args)

    monkeypatch.setattr(os, call, fail_once)
    with pytest.raises(NpmopsError, match=f"cannot switch to the account {OTHER}"), acting_as(find_one(OTHER)):
        raise AssertionError("this must not be reached")
    assert powers() == before


def refuse_user(uid: int) -> None:
    raise PermissionError


@needs_root
def test_account_that_cannot_be_acted_as_is_a_problem_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container without CAP_SETUID: the others are still there."""
    monkeypatch.setattr(os, "seteuid", refuse_user)
    own, other = find_one(None), find_one(OTHER)
    usable, problems = list_usable([own, other])
    assert usable == (own,)
    (problem,) = problems
    assert problem.account == OTHER
    assert problem.message.startswith(f"The module cannot switch to the account {OTHER}. ")


@needs_root
def test_more_groups_than_a_process_can_have(monkeypatch: pytest.MonkeyPatch) -> None:
    """macOS lists an account's groups beyond the 16 that setgroups takes."""
    monkeypatch.setattr(os, "sysconf", lambda _name: 16)
    account = find_one(OTHER)._replace(groups=tuple(range(1000, 1040)))
    before = powers()
    with acting_as(account):
        assert sorted(os.getgroups()) == list(range(1000, 1016))
    assert powers() == before


@needs_root
@pytest.mark.parametrize("problem", [ValueError("too many groups"), OSError(22, "")])
def test_groups_that_are_refused(monkeypatch: pytest.MonkeyPatch, problem: Exception) -> None:
    def refuse(_groups: object) -> None:
        raise problem

    monkeypatch.setattr(os, "setgroups", refuse)
    with pytest.raises(NpmopsError, match="cannot switch to the account"), acting_as(find_one(OTHER)):
        raise AssertionError("this must not be reached")
    assert os.geteuid() == 0


def test_owner_without_a_name_gets_nobody_s_group() -> None:
    """The group of the same number can be anybody's."""
    account = find_owner(4294960001)
    assert (account.uid, account.gid, account.groups) == (4294960001, 65534, ())


def test_acting_as_oneself_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_args: object) -> None:
        raise AssertionError("nothing is to be changed")

    account = find_one(None)
    for call in ("setgroups", "setegid", "seteuid"):
        monkeypatch.setattr(os, call, refuse)
    with acting_as(account):
        assert os.geteuid() == account.uid


WITHOUT_ROOT = """
import os, sys, types
for name, path in (("ansible_collections", []), ("ansible_collections.npmops", []),
                   ("ansible_collections.npmops.auth", [sys.argv[1]])):
    module = types.ModuleType(name); module.__path__ = path; sys.modules[name] = module
from ansible_collections.npmops.auth.plugins.module_utils import _accounts
from ansible_collections.npmops.auth.plugins.module_utils import _errors
import pwd
if os.getuid() == 0:
    os.setgroups([]); os.setgid(65534); os.setuid(65534)
account = _accounts._make_account(pwd.getpwnam("daemon"))
try:
    with _accounts.acting_as(account):
        sys.exit("acted")
except _errors.NpmopsError as problem:
    print(problem)
try:
    _accounts.find_accounts(["daemon"])
except _errors.InputError as problem:
    print(problem)
"""


def test_without_root() -> None:
    """A real process without privileges: it says so, and is still who it was."""
    root = Path(__file__).resolve().parents[4]
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_ROOT, str(root)], capture_output=True, text=True, check=False, timeout=120
    )
    assert run.stderr == ""
    assert run.stdout.splitlines() == [
        "The module cannot switch to the account daemon. Containers can prevent this: run the module on the host "
        "itself, or leave out this account.",
        "users requires root to act as daemon: set become: true.",
    ]


@needs_root
def test_group_that_only_root_can_give(tmp_path: Path) -> None:
    account = find_one(OTHER)
    path = tmp_path / "file"
    path.write_text("")
    os.chown(path, account.uid, account.gid)
    with path.open() as file, acting_as(account):
        set_group_as_root(file.fileno(), grp.getgrnam("root").gr_gid)
        assert os.geteuid() == account.uid
    assert (path.stat().st_uid, path.stat().st_gid) == (account.uid, 0)


@needs_root
def test_group_without_success(tmp_path: Path) -> None:
    """Root's privileges are given back all the same."""
    account = find_one(OTHER)
    with acting_as(account):
        with pytest.raises(OSError, match="Bad file descriptor"):
            set_group_as_root(9999, 0)
        assert os.geteuid() == account.uid
    assert os.geteuid() == 0


@needs_root
def test_all_users_has_the_accounts_that_a_directory_service_does_not_list(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The owner of a directory where its home is, not the owner of any other directory."""
    homes = {"listed": 1001, "unlisted": 1002, "example.com": 0, "example.com/domain": 1003, "a/deep": 1005}
    others = {"unknown": 1009, "shared": 1004, "a": 1006}
    for name, uid in {**homes, **others}.items():
        (tmp_path / name).mkdir(parents=True, exist_ok=True)
        os.chown(tmp_path / name, uid, uid)
    (tmp_path / "link").symlink_to(tmp_path / "a" / "deep")
    entries = {
        uid: pwd.struct_passwd((name, "", uid, uid, "", str(tmp_path / name), "")) for name, uid in homes.items()
    }
    entries[0] = pwd.getpwuid(0)
    entries[1004] = pwd.struct_passwd(("elsewhere", "", 1004, 1004, "", "/nowhere", ""))
    monkeypatch.setattr(_accounts, "_HOMES", str(tmp_path))
    monkeypatch.setattr(_accounts.pwd, "getpwall", lambda: [entries[0], entries[1001]])
    monkeypatch.setattr(_accounts.pwd, "getpwuid", lambda uid: entries[uid])
    monkeypatch.setattr(_accounts.os, "getgrouplist", lambda _name, gid: [gid])
    found, _absent = find_accounts(None, all_users=True)
    assert [account.name for account in found] == ["root", "listed", "example.com/domain", "unlisted"]


@needs_root
def test_all_users_where_a_directory_of_homes_cannot_be_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_accounts, "_HOMES", str(tmp_path / "none"))
    monkeypatch.setattr(_accounts.pwd, "getpwall", list)
    assert [account.is_self for account in find_accounts(None, all_users=True)[0]] == [True]
