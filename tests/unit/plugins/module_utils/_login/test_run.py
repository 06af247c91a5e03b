# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The files after a login, and what is reported about them."""

from __future__ import annotations

import itertools
import os
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils import _accounts
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files import read as _files
from ansible_collections.npmops.auth.plugins.module_utils._files import replace as _replace
from ansible_collections.npmops.auth.plugins.module_utils._files.leftovers import sweep
from ansible_collections.npmops.auth.plugins.module_utils._login import run as _login
from ansible_collections.npmops.auth.plugins.module_utils._login.options import LOGIN_SPEC, read_login_options
from ansible_collections.npmops.auth.plugins.module_utils._login.report import build_login_result
from ansible_collections.npmops.auth.plugins.module_utils._login.run import log_in
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._registry import revoke
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import ALIVE, Who
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from tests.hostile.held_up import wait_until_held_up

REGISTRY = "https://npm.example.com/"
NAME = "//npm.example.com/:_authToken"
TOKEN = "the-new-token-1234567890"
LINE = f"{NAME}={TOKEN}\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("HOME", str(folder))
    monkeypatch.delenv("NPM_CONFIG_USERCONFIG", raising=False)
    return folder


def log_in_with(*, check_mode: bool = False, **params: Any) -> dict[str, Any]:
    """The module's results; ``failed`` where something was left undone."""
    defaults = {name: option.get("default") for name, option in LOGIN_SPEC.items()}
    wish = {**defaults, "registry": REGISTRY, "token": TOKEN, "verify": False, **params}
    report = log_in(read_login_options(wish), check_mode=check_mode)
    return {**build_login_result(report), "failed": bool(report.problems)}


def link_to_file(home: Path) -> list[str]:
    (home / ".npmrc").write_text("a=1\n")
    (home / "link").symlink_to(".npmrc")
    return ["~/.npmrc", "~/link"]


def link_to_directory_with_file(home: Path) -> list[str]:
    (home / "a").mkdir()
    (home / "b").symlink_to("a")
    (home / "a" / ".npmrc").write_text("a=1\n")
    return ["~/b/.npmrc", "~/a/.npmrc"]


def link_to_directory(home: Path) -> list[str]:
    (home / "a").mkdir()
    (home / "b").symlink_to("a")
    return ["~/a/.npmrc", "~/b/.npmrc"]


@pytest.mark.parametrize("check_mode", [True, False], ids=["check mode", "for real"])
@pytest.mark.parametrize("prepare", [link_to_file, link_to_directory_with_file, link_to_directory])
def test_one_file_under_two_names_is_one(home: Path, prepare: Callable[[Path], list[str]], check_mode: bool) -> None:
    result = log_in_with(paths=prepare(home), check_mode=check_mode)
    assert not result["failed"], result["msg"]
    assert [item["changed"] for item in result["files"]] == [True]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as other accounts")
def test_account_that_cannot_be_acted_as_leaves_the_others(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a container that may not change its user."""

    def refuse(_uid: int) -> None:
        raise PermissionError

    monkeypatch.setattr(os, "seteuid", refuse)
    result = log_in_with(users=["daemon", "root"])
    assert (home / ".npmrc").read_text() == LINE
    assert result["failed"]
    assert "cannot switch to the account daemon." in result["msg"]
    assert [item["account"] for item in result["files"]] == ["root"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a directory away")
@pytest.mark.parametrize("variable", ["HOME", "NPM_CONFIG_USERCONFIG"])
def test_login_of_root_is_never_written_for_another_account(
    home: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """``become_flags: -E`` keeps the environment of whoever becomes root."""
    theirs = home.parent / "theirs"
    theirs.mkdir()
    os.chown(theirs, 1234, 1234)
    monkeypatch.setenv(variable, str(theirs / ".npmrc") if variable == "NPM_CONFIG_USERCONFIG" else str(theirs))
    root = SimpleNamespace(pw_name="root", pw_uid=0, pw_gid=0, pw_dir=str(home))
    monkeypatch.setattr(_accounts.pwd, "getpwuid", lambda _uid: root)
    if variable == "HOME":
        assert not log_in_with()["failed"]
        assert (home / ".npmrc").read_text() == LINE
    else:
        with pytest.raises(InputError, match=r"npm_config_userconfig .* another account's directory"):
            log_in_with()
    assert os.listdir(theirs) == []


@pytest.mark.parametrize("name", [".npmrc", "examples/.npmrc", "../unpacked/.npmrc"])
def test_new_login_does_not_pass_the_proxy_of_a_cloned_project(
    home: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Whether the directory of the file is the top of the clone or not, also without a mark of a project."""
    ways: list[tuple[str, str | None, bool]] = []

    def note(_sessions: Any, way: Any, *_arguments: Any) -> Who:
        registry, connection = way[:2]
        ways.append((registry.url, connection.proxy and connection.proxy.reveal(), connection.validate))
        return Who(ALIVE, name="alice")

    monkeypatch.setattr(_login.Sessions, "ask", note)
    clone = home / "src" / "clone"
    (clone / ".git").mkdir(parents=True)
    (clone / name).parent.mkdir(exist_ok=True)
    evil = "proxy=http://evil.example:8080\nhttps-proxy=http://evil.example:8080\nstrict-ssl=false\n"
    (clone / name).write_text(f"registry={REGISTRY}\n{NAME}=bait-token-0001\n{evil}")
    result = log_in_with(paths=[f"~/src/clone/{name}"], verify=True)
    assert not result["failed"], result["msg"]
    assert ways == [(REGISTRY, None, True)]


@pytest.mark.parametrize("call", ["listxattr", "fsync"])
def test_whatever_one_file_raises_the_others_are_done(home: Path, monkeypatch: pytest.MonkeyPatch, call: str) -> None:
    edit_file = _login.edit_file

    def fail_once(content: Any, *arguments: Any) -> Any:
        if content.path.endswith("second"):
            raise AttributeError(call, TOKEN)
        return edit_file(content, *arguments)

    for name in ("first", "second", "third"):
        (home / name).write_text("a=1\n")
    monkeypatch.setattr(_login, "edit_file", fail_once)
    result = log_in_with(paths=["~/first", "~/second", "~/third"])
    assert result["failed"]
    assert "unexpected AttributeError" in result["msg"]
    assert TOKEN not in result["msg"]
    assert [os.path.basename(item["path"]) for item in result["files"] if item["changed"]] == ["first", "third"]


@pytest.mark.parametrize(
    "meanwhile",
    [
        pytest.param(None, id="cannot be written"),
        pytest.param("B=1\n", id="assignment removed"),
        pytest.param("export NPM_TOKEN=old\nexport NPM_TOKEN=other\n", id="second value"),
    ],
)
def test_credential_file_keeps_its_login_where_the_assignment_could_not_be_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch, meanwhile: str | None
) -> None:
    edit_file = _login.edit_file

    def interfere(content: Any, *arguments: Any) -> Any:
        if content.path.endswith(".bashrc"):
            if meanwhile is None:
                raise StoreError("disk failure")
            (home / ".bashrc").write_text(meanwhile)
        return edit_file(content, *arguments)

    key = NAME.rpartition("_")[0]
    text = f"{key}username=bob\n{key}_password=b2xk\n{NAME}=${{NPM_TOKEN}}\n"
    (home / ".npmrc").write_text(text)
    for name in (".bashrc", ".zshrc"):
        (home / name).write_text("export NPM_TOKEN=old\n")
    monkeypatch.setattr(_login, "edit_file", interfere)
    result = log_in_with()
    assert result["failed"]
    assert not result["changed"]
    assert (home / ".npmrc").read_text() == text
    assert (home / ".bashrc").read_text() == (meanwhile or "export NPM_TOKEN=old\n")
    assert (home / ".zshrc").read_text() == "export NPM_TOKEN=old\n"
    assert f"{home}/.npmrc was not changed, because {home}/.bashrc could not be changed." in result["msg"]


def test_variable_that_only_bun_replaces_keeps_its_value(home: Path) -> None:
    """npm reads $NPM_TOKEN as the text, so the new login has to be in the file itself."""
    (home / ".npmrc").write_text(f"{NAME}=$NPM_TOKEN\n")
    (home / ".bashrc").write_text("export NPM_TOKEN=old\n")
    result = log_in_with()
    assert not result["failed"], result["msg"]
    assert (home / ".npmrc").read_text() == f"{NAME}=$NPM_TOKEN\n{NAME}={TOKEN}\n"
    assert (home / ".bashrc").read_text() == "export NPM_TOKEN=old\n"


@pytest.fixture
def three(home: Path) -> Path:
    """A credential file whose variable three files set."""
    (home / ".npmrc").write_text(f"registry={REGISTRY}\n{NAME}=${{NPM_TOKEN}}\n")
    for name in (".bashrc", ".zshrc", ".kshrc"):
        (home / name).write_text("export NPM_TOKEN=old\n")
    return home


def _interfere(monkeypatch: pytest.MonkeyPatch, name: str, act: Callable[[int], None]) -> None:
    """Do something when a file is about to be edited; ``act`` gets the number of the edit."""
    edit_file, count = _login.edit_file, itertools.count(1)

    def interfere(content: Any, *arguments: Any) -> Any:
        if content.path.endswith(name):
            act(next(count))
        return edit_file(content, *arguments)

    monkeypatch.setattr(_login, "edit_file", interfere)


def _fail(_number: int = 0) -> None:
    raise StoreError("disk failure")


def test_assignments_get_the_new_login_all_or_none(three: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _interfere(monkeypatch, ".kshrc", _fail)
    result = log_in_with(scope="@mine")
    assert (result["failed"], result["changed"], result["diff"]) == (True, False, [])
    assert {(three / name).read_text() for name in (".bashrc", ".zshrc", ".kshrc")} == {"export NPM_TOKEN=old\n"}
    for name in (".bashrc", ".zshrc"):
        said = f"The old value was restored in {three}/{name}, because {three}/.kshrc could not be changed."
        assert result["msg"].count(said) == 1
    assert [(item["changed"], item["settings"], item["replaced"]) for item in result["files"]] == [(False, [], [])] * 2


def test_assignments_get_their_old_value_again_where_the_credential_file_fails(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _interfere(monkeypatch, ".npmrc", _fail)
    result = log_in_with(scope="@mine")
    assert (result["failed"], result["changed"]) == (True, False)
    assert {(three / name).read_text() for name in (".bashrc", ".zshrc", ".kshrc")} == {"export NPM_TOKEN=old\n"}
    assert (
        f"The old value was restored in {three}/.kshrc, because {three}/.npmrc could not be changed." in result["msg"]
    )


@pytest.mark.parametrize("how", ["cannot be written", "edited", "deleted", "edited at the last moment"])
def test_assignment_that_cannot_get_its_old_value_again_is_named(
    three: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    mine = "export NPM_TOKEN=mine\n"

    def act(number: int) -> None:
        if number == 1:
            (three / ".bashrc").write_text(mine) if how == "edited" else (three / ".bashrc").unlink()
        _fail()

    def act_again(number: int) -> None:
        if number == 2:
            _fail() if how == "cannot be written" else (three / ".bashrc").write_text(mine)

    if how in ("edited", "deleted"):
        _interfere(monkeypatch, ".zshrc", act)
    else:
        _interfere(monkeypatch, ".zshrc", _fail)
        _interfere(monkeypatch, ".bashrc", act_again)
    result = log_in_with()
    assert (result["failed"], result["changed"]) == (True, True)
    reason = "disk failure" if how == "cannot be written" else "it was changed during the run"
    said = f"{three}/.bashrc contains the new login, and the old value could not be restored: {reason}."
    assert said in result["msg"]
    assert (three / ".zshrc").read_text() == "export NPM_TOKEN=old\n"
    if how.startswith("edited"):
        assert (three / ".bashrc").read_text() == mine


def test_two_variables_of_one_file_get_their_old_values_again(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("A", "B"):
        (home / name).write_text(f"registry={REGISTRY}\n{NAME}=${{{name}}}\n")
    (home / ".bashrc").write_text("export A=old\nexport B=old\n")
    (home / ".zshrc").write_text("export A=old\nexport B=old\n")
    _interfere(monkeypatch, ".zshrc", _fail)
    result = log_in_with(paths=["~/A", "~/B"])
    assert (result["failed"], result["changed"]) == (True, False)
    assert (home / ".bashrc").read_text() == "export A=old\nexport B=old\n"


def test_assignment_that_another_credential_file_needs_keeps_the_new_login(
    three: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one has all that it needs."""
    _interfere(monkeypatch, "/other", _fail)
    (three / "other").write_text(f"registry={REGISTRY}\n{NAME}=${{NPM_TOKEN}}\n//npm.example.com/:username=bob\n")
    result = log_in_with(paths=["~/.npmrc", "~/other"])
    assert (result["failed"], result["changed"]) == (True, True)
    assert "old value" not in result["msg"]
    assert {(three / name).read_text() for name in (".bashrc", ".zshrc", ".kshrc")} == {f"export NPM_TOKEN={TOKEN}\n"}


@pytest.mark.parametrize(
    ("users", "said"),
    [
        pytest.param(["nobody-here"], "No credential file found. There is no account nobody-here", id="alone"),
        pytest.param(
            ["root", "nobody-here"],
            f"Already logged in to {REGISTRY}: nothing to do. There is no account nobody-here",
            id="beside another one",
        ),
    ],
)
@pytest.mark.skipif(os.geteuid() != 0, reason="only root acts as other accounts")
def test_account_that_the_host_does_not_have_is_named(home: Path, users: list[str], said: str) -> None:
    (home / ".npmrc").write_text(LINE)
    result = log_in_with(users=users)
    assert (result["msg"], result["absent_users"]) == (said, ["nobody-here"])


def test_missing_directory_is_reported_in_check_mode_as_well(home: Path) -> None:
    told = [log_in_with(paths=["~/none/.npmrc"], check_mode=check_mode) for check_mode in (True, False)]
    assert told[0] == told[1]
    assert told[0]["failed"]
    assert told[0]["files"] == []
    assert f"{home}/none" in told[0]["msg"]


def test_token_that_a_project_sets_for_a_reference_in_the_home_is_not_replaced(home: Path) -> None:
    (home / ".npmrc").write_text(f"{NAME}=${{DEPLOY}}\n")
    (home / ".bashrc").write_text("export DEPLOY=first-token\n")
    (home / "p").mkdir()
    (home / "p" / ".env").write_text("DEPLOY=second-token\n")
    result = log_in_with(token=None, username="al", password="pw")
    assert result["replaced"] == [fingerprint(Secret("first-token"))]
    assert (home / "p" / ".env").read_text() == "DEPLOY=second-token\n"


def test_tells_what_it_replaced_in_fact(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another token is there when the file is written than when it was read."""
    path = home / ".npmrc"
    path.write_text(f"{NAME}=first-token\n")
    edit_file = _replace.edit_file

    def edit_later(*arguments: Any) -> Any:
        path.write_text(f"{NAME}=second-token\n")
        return edit_file(*arguments)

    monkeypatch.setattr(_login, "edit_file", edit_later)
    result = log_in_with()
    assert path.read_text() == LINE
    assert result["replaced"] == [fingerprint(Secret("second-token"))]


@pytest.mark.parametrize(
    ("text", "left", "replaced"),
    [
        pytest.param(LINE, LINE, [], id="the same login"),
        pytest.param(f"a=1\n{NAME}=second-token\n", f"a=1\n{LINE}", ["second-token"], id="another login"),
        pytest.param("a=1\n", f"a=1\n{LINE}", [], id="no login"),
    ],
)
def test_file_that_another_run_creates_meanwhile_is_edited(
    home: Path, monkeypatch: pytest.MonkeyPatch, text: str, left: str, replaced: list[str]
) -> None:
    path = home / ".npmrc"
    create_file = _login.create_file

    def create_later(*arguments: Any) -> Any:
        path.write_text(text)
        return create_file(*arguments)

    monkeypatch.setattr(_login, "create_file", create_later)
    result = log_in_with()
    assert not result.get("failed")
    assert path.read_text() == left
    assert result["replaced"] == [fingerprint(Secret(token)) for token in replaced]
    ((changed, created),) = [(file["changed"], file["created"]) for file in result["files"]]
    assert (changed, created) == (text != left, False)


def test_link_to_nowhere_is_not_created_through(home: Path) -> None:
    (home / ".npmrc").symlink_to(home / "none")
    result = log_in_with()
    assert result["failed"]
    assert not (home / "none").exists()


def test_file_that_goes_meanwhile_is_no_success(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = home / ".npmrc"
    path.write_text("a=1\n")
    edit_file = _replace.edit_file

    def edit_later(*arguments: Any) -> Any:
        path.unlink()
        return edit_file(*arguments)

    monkeypatch.setattr(_login, "edit_file", edit_later)
    result = log_in_with()
    assert result["failed"]
    assert (result["changed"], result["files"]) == (False, [])


@pytest.mark.parametrize("late", [b"b=2\n", f"{NAME}=old\n".encode()], ids=["something else", "the same login"])
def test_what_is_appended_late_brings_no_second_login(home: Path, monkeypatch: pytest.MonkeyPatch, late: bytes) -> None:
    path = home / ".npmrc"
    path.write_text("a=1\n")
    replace = _replace._put_in_place
    writers: list[threading.Thread] = []
    begun = threading.Event()

    def append(file: str) -> None:
        begun.set()
        with open(file, "ab") as late_writer:
            late_writer.write(late)

    def replace_while_somebody_waits(place: Any, file: Any, *others: Any) -> Any:
        if not writers:
            writers.append(threading.Thread(target=append, args=(f"/proc/self/fd/{file.fd}",), daemon=True))
            writers[0].start()
            wait_until_held_up(writers[0], begun)
        return replace(place, file, *others)

    monkeypatch.setattr(_replace, "_put_in_place", replace_while_somebody_waits)
    log_in_with()
    writers[0].join(120)
    assert path.read_bytes() == b"a=1\n" + LINE.encode() + late.replace(b"old", TOKEN.encode())


@pytest.mark.parametrize("name", [TOKEN, f"user of {TOKEN}"])
def test_registry_that_answers_with_the_token(home: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    who = revoke.Who(revoke.ALIVE, "", name=name)
    monkeypatch.setattr(revoke, "ask_who", lambda _client, _token, **_options: who)
    result = log_in_with(verify=True)
    assert result["identity"] == name.replace(TOKEN, "<secret>")
    assert TOKEN not in str(result)


def test_names_the_new_token_without_a_file(home: Path) -> None:
    assert log_in_with(create=False)["fingerprint"] == fingerprint(Secret(TOKEN))
    assert log_in_with(token=None, username="al", password="pw", create=False)["fingerprint"] is None


def test_new_file_is_its_owners_alone(home: Path) -> None:
    umask = os.umask(0)
    try:
        log_in_with()
    finally:
        os.umask(umask)
    assert (home / ".npmrc").stat().st_mode & 0o777 == 0o600


def test_registry_that_the_store_has_with_https_is_not_asked_over_http(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / ".npmrc").write_text(f"registry={REGISTRY}\n")
    asked: list[str] = []

    def ask_who(client: Any, _token: Secret, **_options: object) -> revoke.Who:
        asked.append(client.registry.url)
        return revoke.Who(revoke.ALIVE, "", name="al")

    monkeypatch.setattr(revoke, "ask_who", ask_who)
    log_in_with(registry=REGISTRY.replace("https", "http"), verify=True)
    assert asked == [REGISTRY]
    assert (home / ".npmrc").read_text().endswith(LINE)


@pytest.mark.parametrize("text", [None, "a=1\n", LINE], ids=["new file", "to change", "as it should be"])
def test_what_a_killed_run_left_is_swept_away(home: Path, text: str | None) -> None:
    if text is not None:
        (home / ".npmrc").write_text(text)
    stray = home / ".npmops-0123456789abcdef.tmp"
    stray.write_text(LINE)
    log_in_with(check_mode=True)
    assert stray.exists()
    log_in_with()
    assert not stray.exists()


def sweep_away(path: Path) -> None:
    """Another run, that did not see the lock."""
    for name in path.parent.glob(".npmops-*"):
        name.unlink()


@pytest.mark.parametrize("sweep", [pytest.param(sweep, id="late"), pytest.param(sweep_away, id="early")])
def test_new_file_while_another_run_sweeps(
    home: Path, monkeypatch: pytest.MonkeyPatch, sweep: Callable[[Path], None]
) -> None:
    write_all = _files.write_all
    calls: list[int] = []

    def write_and_sweep(descriptor: int, data: bytes) -> None:
        write_all(descriptor, data)
        calls.append(descriptor)
        if len(calls) == 1:
            sweep(home / ".npmrc")

    monkeypatch.setattr(_files, "write_all", write_and_sweep)
    result = log_in_with()
    assert not result["failed"], result["msg"]
    assert (home / ".npmrc").read_text() == LINE
    assert os.listdir(home) == [".npmrc"]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
def test_file_that_could_not_be_given_back_is_reported_in_check_mode_as_well() -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder, ".npmrc")
        Path(folder).chmod(0o777)
        path.write_text("a=1\n")
        path.chmod(0o644)
        results = [log_in_with(users=["nobody"], paths=[str(path)], check_mode=mode) for mode in (True, False)]
        assert results[0] == results[1]
        assert results[0]["failed"]
        assert path.read_text() == "a=1\n"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can act as another account")
@pytest.mark.parametrize("text", [None, "a=1\n"], ids=["new file", "there"])
def test_closed_directory_is_reported_in_check_mode_as_well(text: str | None) -> None:
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        path = Path(folder, ".npmrc")
        Path(folder).chmod(0o755)
        if text is not None:
            path.write_text(text)
        results = [log_in_with(users=["nobody"], paths=[str(path)], check_mode=mode) for mode in (True, False)]
        assert results[0] == results[1]
        assert results[0]["failed"]
        assert str(path) in results[0]["msg"]
        assert (path.read_text() if path.exists() else None) == text


def test_a_token_in_the_path_of_a_registry_is_not_shown(home: Path) -> None:
    old = "npm_0123456789abcdef"
    (home / ".npmrc").write_text(f"registry={REGISTRY}{old}/\n//npm.example.com/{old}/:_authToken={old}\n")
    result = log_in_with(registry=None, check_mode=True)
    assert result["files"][0]["registry"] == "https://npm.example.com/<secret>/"
    assert result["files"][0]["settings"] == ["//npm.example.com/<secret>/:_authToken"]
    assert result["msg"] == "Would log in to https://npm.example.com/<secret>/: 1 file to change"
    assert old not in repr(result)


def test_a_token_in_the_path_of_a_registry_that_cannot_be_asked_is_not_shown(home: Path) -> None:
    old = "npm_0123456789abcdef"
    (home / ".npmrc").write_text(f"registry={REGISTRY}{old}/\n//npm.example.com/{old}/:_authToken={old}\n")
    with pytest.raises(StoreError) as problem:
        log_in_with(registry=None, verify=True, check_mode=True)
    assert str(problem.value).startswith("Cannot verify the login at https://npm.example.com/<secret>/: ")


@pytest.mark.parametrize("option", ["users", "paths"])
def test_an_empty_selection_logs_in_nowhere(home: Path, option: str) -> None:
    result = log_in_with(**{option: []})
    assert (result["failed"], result["changed"], result["files"]) == (False, False, [])
    assert result["msg"] == f"The option {option} is an empty list, which selects nothing: nothing to do"
    assert list(home.iterdir()) == []


@pytest.mark.usefixtures("home")
def test_issuer_is_asked_only_where_the_option_permits_it(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[DriverOptions] = []

    def ask_who(_client: object, _token: Secret, *, options: DriverOptions) -> Who:
        seen.append(options)
        return Who(ALIVE, name="alice")

    monkeypatch.setattr(revoke, "ask_who", ask_who)
    for params in ({}, {"issuer_api": False, "registry_kind": "github"}):
        assert not log_in_with(verify=True, check_mode=True, **params)["failed"]
    assert seen == [DriverOptions("auto", True), DriverOptions("github", False)]
