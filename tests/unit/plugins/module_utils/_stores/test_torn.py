# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a killed run has begun to write in place is finished before a file is read, and is reported."""

from __future__ import annotations

import contextlib
import importlib.abc
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import MissingLibrary, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files import in_place
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import make_temporary_name, name_copy
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._login import run as login
from ansible_collections.npmops.auth.plugins.module_utils._login.options import LOGIN_SPEC, read_login_options
from ansible_collections.npmops.auth.plugins.module_utils._login.report import build_login_result
from ansible_collections.npmops.auth.plugins.module_utils._logout import run as logout
from ansible_collections.npmops.auth.plugins.module_utils._logout.look import look
from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result, list_warnings
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, _attempt
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC, read_logout_options
from ansible_collections.npmops.auth.plugins.module_utils._registry import client
from ansible_collections.npmops.auth.plugins.module_utils._stores import open as opening

NEW = b"".join(b"line%d = %d\n" % (number, number) for number in range(1000))
OLD = b"//h.example/:_authToken=t0ken\n" + NEW
TORN = NEW[:4096] + OLD[4096:]
REGISTRY = "https://other.example/"


ASSIGNMENTS = b"".join(b"export LINE%d=%d\n" % (number, number) for number in range(1000))


def tear(path: Path, old: bytes, new: bytes) -> Path:
    """Leave a file as a run leaves it that is killed after one page; returns the copy beside it."""
    copy = path.with_name(name_copy(make_temporary_name(), path.name, len(old)))
    copy.touch(0o600)
    copy.write_bytes(new)
    path.write_bytes(new[:4096] + old[4096:])
    os.utime(copy, ns=(path.stat().st_mtime_ns,) * 2)
    return copy


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """As a run leaves it that is killed after one page."""
    monkeypatch.setenv("HOME", str(tmp_path))
    path = tmp_path / ".npmrc"
    tear(path, OLD, NEW)
    return path


def run_logout(*, check_mode: bool = False) -> tuple[dict[str, Any], tuple[str, ...]]:
    params = {name: spec.get("default") for name, spec in LOGOUT_SPEC.items()}
    options = read_logout_options({**params, "registry": REGISTRY})
    assert look(options) is None
    report = log_out(options, check_mode=check_mode)
    return build_result(report), list_warnings(report)


def list_names(store: Path) -> list[str]:
    return sorted(path.name for path in store.parent.iterdir())


def test_logout_restores_the_file_first(store: Path) -> None:
    (copy,) = store.parent.glob(".npmops-*")
    result, warnings = run_logout()
    assert (store.read_bytes(), list_names(store)) == (NEW, [".npmrc"])
    assert warnings == (
        f"{store} is incomplete, because a run was killed while it wrote the file. It was restored from {copy}.",
    )
    assert (result["changed"], result["files"][0]["changed"], result["diff"]) == (True, True, [])
    assert result["msg"].startswith(f"Not logged in to {REGISTRY}")


def test_check_mode_says_that_the_file_is_incomplete(store: Path) -> None:
    """What is in it is neither what was there nor what will be: no diff of it is shown."""
    names = list_names(store)
    result, warnings = run_logout(check_mode=True)
    assert (store.read_bytes(), list_names(store), warnings) == (TORN, names, ())
    assert (result["changed"], result["files"], result["diff"]) == (False, [], [])
    assert "is incomplete, because a run was killed while it wrote the file. The complete text is in" in result["msg"]
    assert "run npm_logout, without check mode, to restore it." in result["msg"]


def test_file_that_cannot_be_restored_is_not_processed(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_file_fd: int, _before: bytes, _after: bytes) -> None:
        raise OSError(5, "a text that is not for people")

    monkeypatch.setattr(in_place, "_overwrite", fail)
    result, _warnings = run_logout()
    assert (store.read_bytes(), result["files"]) == (TORN, [])
    assert "could not be restored: Input/output error." in result["msg"]


def test_file_that_was_edited_since_is_processed_as_it_is(store: Path) -> None:
    (copy,) = store.parent.glob(".npmops-*")
    store.write_bytes(b"mine = 1\n")
    for _twice in range(2):
        result, warnings = run_logout()
        assert (store.read_bytes(), list_names(store)) == (b"mine = 1\n", [copy.name, ".npmrc"])
        assert warnings == (
            f"A run was killed while it wrote {store}, and the file was changed afterwards. The text that the run "
            f"wrote is in {copy}: compare both files, then delete {copy}.",
        )
        assert not result["changed"]


def test_copy_with_credentials_is_a_failure_until_it_is_deleted(store: Path) -> None:
    """The file without a login is not all that there is: the host is not clean."""
    (copy,) = store.parent.glob(".npmops-*")
    copy.write_bytes(NEW + b"//h.example/:_authToken=t0ken\n")
    store.write_bytes(b"mine = 1\n")
    params = {name: spec.get("default") for name, spec in LOGOUT_SPEC.items()}
    options = read_logout_options({**params, "registry": REGISTRY})
    (failure,) = log_out(options, check_mode=False).failures
    assert f"is in {copy}: compare both files, then delete {copy}. It may contain credentials." in failure
    copy.unlink()
    assert log_out(options, check_mode=False).failures == ()


def test_file_that_is_gone_since_is_not_created(store: Path) -> None:
    store.unlink()
    _result, warnings = run_logout()
    assert not store.exists()
    assert len(warnings) == 1
    assert "A run was killed while it wrote" in warnings[0]


@pytest.mark.parametrize("check_mode", [False, True], ids=["for real", "check mode"])
def test_login_restores_the_file_first(store: Path, check_mode: bool) -> None:
    params = {name: spec.get("default") for name, spec in LOGIN_SPEC.items()}
    options = read_login_options({**params, "registry": REGISTRY, "token": "npm_new", "verify": False})
    report = login.log_in(options, check_mode=check_mode)
    if check_mode:
        assert store.read_bytes() == TORN
        assert [problem.path for problem in report.problems] == [str(store)]
        return
    assert store.read_bytes() == NEW + b"//other.example/:_authToken=npm_new\n"
    assert len(report.warnings) == 1
    assert build_login_result(report)["changed"]


def _lack_requests() -> None:
    raise MissingLibrary("requests")


def _refuse(*_arguments: object, **_options: object) -> None:
    raise StoreError("https://h.example/ rejected the new login. Nothing was written.")


def _break(*_arguments: object, **_options: object) -> None:
    raise RuntimeError("a text that is not for people")


def _log_out() -> Finished:
    params = {name: spec.get("default") for name, spec in LOGOUT_SPEC.items()}
    wish = {**params, "all_registries": True, "paths": ["~/.npmrc", "~/other"]}
    return Finished(build_result(log_out(read_logout_options(wish), check_mode=False)))


def _log_in() -> Finished:
    params = {name: spec.get("default") for name, spec in LOGIN_SPEC.items()}
    options = read_login_options({**params, "registry": REGISTRY, "token": "npm_new"})
    return Finished(build_login_result(login.log_in(options, check_mode=False)))


@pytest.mark.parametrize(
    ("work", "place", "name", "fail", "said"),
    [
        pytest.param(_log_out, client, "require_requests", _lack_requests, "requests", id="logout, missing library"),
        pytest.param(_log_out, logout, "_plan_stores", _break, "nexpected RuntimeError", id="logout, unexpected"),
        pytest.param(_log_in, login, "_verify", _refuse, "rejected the new login", id="login that is refused"),
        pytest.param(_log_in, login, "_plan", _break, "nexpected RuntimeError", id="login, unexpected"),
    ],
)
def test_run_that_fails_later_names_the_file_that_it_restored(
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    work: Callable[[], Finished],
    place: Any,
    name: str,
    fail: Callable[..., None],
    said: str,
) -> None:
    (store.parent / "other").write_text("//h.example/:_authToken=another-token\n")
    monkeypatch.setattr(place, name, fail)
    finished = _attempt(work)
    assert store.read_bytes() == NEW
    assert (finished.failed, finished.result["changed"]) == (True, True)
    assert said in finished.result["msg"]
    assert finished.result["msg"].endswith(f"restored what a killed run had left incomplete: {store}.")
    assert "changed" not in _attempt(work).result


def test_audit_says_that_the_file_is_incomplete(store: Path) -> None:
    params = {name: spec.get("default") for name, spec in INFO_SPEC.items()}
    inventory = inspect_host(read_info_options({**params, "levels": ["user"], "clients": ["npm"]}))
    assert store.read_bytes() == TORN
    assert inventory.stores == ()
    assert ("unreadable", str(store)) in [(finding.rule, finding.path) for finding in inventory.findings]


def test_nothing_is_imported_with_the_privileges_of_an_account(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What Ansible sends is in a directory that only the connecting account can read."""

    class Closed(importlib.abc.MetaPathFinder):
        def find_spec(self, name: str, *_rest: object) -> None:
            raise PermissionError(13, name)

    @contextlib.contextmanager
    def act(_account: object) -> Iterator[None]:
        closed = Closed()
        sys.meta_path.insert(0, closed)
        yield
        sys.meta_path.remove(closed)

    place = opening.__name__.replace(".open", ".torn")
    monkeypatch.delitem(sys.modules, place, raising=False)
    monkeypatch.setattr(opening, "acting_as", act)
    run_logout()
    assert (place in sys.modules, store.read_bytes(), list_names(store)) == (True, NEW, [".npmrc"])


@pytest.fixture
def bashrc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of variables of which a killed run has written one page, and a credential file that refers to one."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text(f"registry={REGISTRY}\n//other.example/:_authToken=${{NPM_TOKEN}}\n")
    path = tmp_path / ".bashrc"
    tear(path, b"export NPM_TOKEN=t0ken-of-mine\n" + ASSIGNMENTS, ASSIGNMENTS)
    return path


def _run(work: str, *, check_mode: bool = False) -> tuple[dict[str, Any], list[str]]:
    """:returns: the results, and what is told as a warning or a failure."""
    spec = {"login": LOGIN_SPEC, "info": INFO_SPEC}.get(work, LOGOUT_SPEC)
    params: dict[str, Any] = {name: option.get("default") for name, option in spec.items()}
    if work == "info":
        inventory = inspect_host(read_info_options({**params, "levels": ["user"], "clients": ["npm"]}))
        return {"changed": False}, list(inventory.warnings)
    if work == "login":
        options = read_login_options({**params, "registry": REGISTRY, "token": "npm_new", "verify": False})
        done = login.log_in(options, check_mode=check_mode)
        return build_login_result(done), [*done.warnings, *(problem.message for problem in done.problems)]
    clients = {"clients": ["npm", "environment"]} if work == "logout, with its assignments" else {}
    wish = {**params, "registry": REGISTRY, "revoke": "never", **clients}
    report = log_out(read_logout_options(wish), check_mode=check_mode)
    return build_result(report), [*list_warnings(report), *report.failures]


WORK = ["logout", "logout, with its assignments", "login"]


@pytest.mark.parametrize("work", WORK)
def test_file_of_variables_is_restored_before_it_is_read(bashrc: Path, work: str) -> None:
    (copy,) = bashrc.parent.glob(".npmops-*")
    result, told = _run(work)
    assert bashrc.read_bytes() == ASSIGNMENTS
    assert list(bashrc.parent.glob(".npmops-*")) == []
    assert result["changed"]
    said = f"{bashrc} is incomplete, because a run was killed while it wrote the file. It was restored from {copy}."
    assert told.count(said) == 1


@pytest.mark.parametrize("work", [*WORK, "info"])
def test_incomplete_file_of_variables_is_not_followed_in_check_mode(bashrc: Path, work: str) -> None:
    torn, names = bashrc.read_bytes(), list_names(bashrc)
    _result, told = _run(work, check_mode=True)
    assert (bashrc.read_bytes(), list_names(bashrc)) == (torn, names)
    said = f"{bashrc} is incomplete, because a run was killed while it wrote the file. The complete text is in"
    assert len([text for text in told if text.startswith(said)]) == 1
    assert "run npm_logout with environment in clients, without check mode, to restore it." in " ".join(told)


def test_copy_of_a_file_of_variables_may_hold_credentials(bashrc: Path) -> None:
    """Whatever is in it: such files hold the secrets of other programs."""
    (copy,) = bashrc.parent.glob(".npmops-*")
    bashrc.write_bytes(b"mine=1\n")
    _result, told = _run("logout")
    assert bashrc.read_bytes() == b"mine=1\n"
    assert f"is in {copy}: compare both files, then delete {copy}. It may contain credentials." in " ".join(told)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
def test_copy_beside_a_file_of_variables_in_the_directory_of_somebody_else(bashrc: Path) -> None:
    """A shell file can read a file of any directory, whose owner could have left anything there."""
    theirs = bashrc.parent / "theirs"
    theirs.mkdir()
    bashrc.write_text(f". {theirs}/secrets\n")
    copy = tear(theirs / "secrets", b"export NPM_TOKEN=t0ken-of-mine\n" + ASSIGNMENTS, ASSIGNMENTS)
    os.chown(theirs, 1234, 1234)
    before = (theirs / "secrets").read_bytes()
    _result, told = _run("logout, with its assignments")
    assert ((theirs / "secrets").read_bytes(), copy.exists()) == (before, True)
    assert "incomplete" not in " ".join(told)
