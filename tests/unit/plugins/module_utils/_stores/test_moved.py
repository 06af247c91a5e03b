# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The files of projects beside .npmrc: those that it makes npm read, and pnpm-workspace.yaml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._logout.look import look
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._options import (
    LOGOUT_SPEC,
    StoreOptions,
    read_logout_options,
)
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry import revoke
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import DENIED, Who
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import open_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings

LOGIN = "//h.example/:_authToken=t0ken-0123456789\n"
LEVELS = ["user", "project"]


def write(home: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def look_around(home: Path, monkeypatch: pytest.MonkeyPatch, **params: Any) -> tuple[list[str], list[str]]:
    """Return the files with credentials, and the warnings, of both modules."""
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("npm_config_globalconfig", str(home / "no-global"))
    defaults = {name: option.get("default") for name, option in INFO_SPEC.items()}
    listed = inspect_host(read_info_options({**defaults, "levels": LEVELS, **params}))
    files = [os.path.relpath(item.store.path, home) for item in listed.stores if item.found]
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    options = read_logout_options({**defaults, "levels": LEVELS, "all_registries": True, "revoke": "never", **params})
    report = log_out(options, check_mode=True)
    assert files == [os.path.relpath(item.path, home) for item in report.stores if item.plan.targets]
    assert listed.warnings == report.warnings
    assert (look(options) is not None) <= (report.warnings == ())
    return files, [text.replace(str(home), "~") for text in report.warnings]


def tell(named: str, line: int = 1) -> str:
    return f"~/p/.npmrc line {line} makes npm read {named}, which was not read. Add it to paths."


@pytest.mark.parametrize(
    ("text", "named", "told"),
    [
        pytest.param("userconfig=../auth", "auth", [tell("~/auth")], id="the account's file"),
        pytest.param("userconfig=~/auth", "auth", [tell("~/auth")], id="in the home"),
        pytest.param("userconfig=${HOME}/auth", "auth", [tell("~/auth")], id="a reference"),
        pytest.param('\n"userconfig" = "../auth"', "auth", [tell("~/auth", 2)], id="in quotes"),
        pytest.param("userconfig=../none\nuserconfig=../auth", "auth", [tell("~/auth", 2)], id="the last one counts"),
        pytest.param("globalconfig=../g", "g", [tell("~/g")], id="the global file"),
        pytest.param("prefix=../px", "px/etc/npmrc", [tell("~/px/etc/npmrc")], id="the global file of a prefix"),
        pytest.param("prefix=px", "p/px/etc/npmrc", [tell("~/p/px/etc/npmrc")], id="another directory of the project"),
        pytest.param("userconfig=link", "auth", [tell("~/p/link")], id="a link of the project to a file elsewhere"),
        pytest.param("prefix=${NOT_SET}/x", "x", [tell("a file that a variable names")], id="a variable"),
        pytest.param("userconfig=../none", "auth", [], id="no file"),
        pytest.param("userconfig=../auth\0", "auth", [], id="no path"),
        pytest.param("; userconfig=../auth", "auth", [], id="a comment"),
        pytest.param("[a]\nuserconfig=../auth", "auth", [], id="in a section"),
        pytest.param("userconfig=~/.npmrc", "auth", [], id="a file that is read anyway"),
    ],
)
def test_file_elsewhere_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, named: str, told: list[str]
) -> None:
    write(tmp_path, {".npmrc": "fund=false\n", "p/.npmrc": f"{text}\n", named: LOGIN})
    (tmp_path / "p" / "link").symlink_to("../auth")
    assert look_around(tmp_path, monkeypatch) == ([], told)


def test_file_elsewhere_that_the_operator_names_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {"p/.npmrc": "globalconfig=../auth\n", "auth": LOGIN})
    assert look_around(tmp_path, monkeypatch, paths=["~/auth"]) == (["auth"], [])


@pytest.mark.parametrize("name", ["userconfig", "globalconfig"])
def test_file_beside_the_project_s_is_read_as_the_project_s(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write(tmp_path, {"p/.npmrc": f"{name}=auth\n", "p/auth": f"{LOGIN}//i.example/:_authToken=${{VAULT}}\n"})
    monkeypatch.setenv("VAULT", "secret-of-the-account")
    assert look_around(tmp_path, monkeypatch) == (["p/auth"], [])
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    report = log_out(read_logout_options({**defaults, "levels": LEVELS, "all_registries": True}), check_mode=True)
    (found,) = [item for item in report.stores if item.path.endswith("auth")]
    assert [verdict.outcome for verdict in found.verdicts] == ["pending", "unresolved"]


def test_file_beside_the_project_s_that_cannot_be_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {"p/.npmrc": "userconfig=auth\n"})
    (tmp_path / "p" / "auth").write_bytes(b"\xff\xfea")
    monkeypatch.setenv("HOME", str(tmp_path))
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    report = log_out(read_logout_options({**defaults, "levels": LEVELS, "all_registries": True}), check_mode=True)
    assert [problem.path for problem in report.problems] == [str(tmp_path / "p" / "auth")]


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param(
            "registry: http://u:pw@h.example/ # ours\n", "registry: http://h.example/ # ours\n", id="registry"
        ),
        pytest.param(
            "packages: [a]\nregistries: {default: 'http://u:pw@h.example/'}\n",
            "packages: [a]\nregistries: {default: 'http://h.example/'}\n",
            id="the default of several",
        ),
        pytest.param(
            'namedRegistries:\n  a: "http://u:pw@h.example/"\n',
            'namedRegistries:\n  a: "http://h.example/"\n',
            id="a named one",
        ),
    ],
)
def test_login_in_a_url_of_pnpm_workspace_yaml_is_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, left: str
) -> None:
    write(tmp_path, {"p/pnpm-workspace.yaml": text, "q/pnpm-workspace.yaml": "packages: [b]\n"})
    found = look_around(tmp_path, monkeypatch, clients=["npm", "pnpm"])
    assert found == (["p/pnpm-workspace.yaml"], [])
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    options = read_logout_options({**defaults, "clients": ["pnpm"], "levels": LEVELS, "all_registries": True})
    (report, _clean) = log_out(options, check_mode=False).stores
    assert [verdict.outcome for verdict in report.verdicts] == ["not_applicable"]
    assert (tmp_path / "p" / "pnpm-workspace.yaml").read_text() == left


A, B = "https://a.example/", "https://b.example/"
UNSCOPED = f"registry={A}\n_authToken=t0ken-0123456789\n"


@pytest.mark.parametrize(
    ("files", "told"),
    [
        pytest.param({"p/.npmrc": "globalconfig=../g", "g": f"@x:registry={B}"}, [B], id="a scope, global"),
        pytest.param({"p/.npmrc": "prefix=~/x", "x/etc/npmrc": f"@x:registry={B}"}, [B], id="a scope, prefix"),
        pytest.param({"p/pnpm-workspace.yaml": f"registries: {{default: '{B}'}}"}, [B], id="pnpm-workspace.yaml"),
        pytest.param({"p/pnpm-workspace.yaml": f"registry: {B}"}, [B], id="pnpm-workspace.yaml, registry"),
        pytest.param({"p/.npmrc": "globalconfig=../g", "g": f"registry={B}"}, [], id="the home's default is stronger"),
        pytest.param({"p/.npmrc": "userconfig=../u", "u": f"@x:registry={B}"}, [], id="npm does not read ~/.npmrc"),
        pytest.param(
            {"p/.npmrc": "globalconfig=${NOT_SET}/x"},
            ["~/p/.npmrc line 1 makes npm read a file that a variable names, which was not read."],
            id="a variable",
        ),
        pytest.param(
            {"p/.npmrc": "globalconfig=../g", "g": "\ud800"}, ["~/g cannot be read: "], id="a file that is not read"
        ),
        pytest.param(
            {".npmrc": "registry=" + A, "p/.npmrc": "userconfig=../u\n_authToken=t", "u": f"registry={B}"},
            [B],
            id="the project's token",
        ),
        pytest.param(
            {".npmrc": "registry=" + A, "p/.npmrc": "userconfig=u\n_authToken=t", "p/u": f"registry={B}"},
            [B],
            id="the project's token, a file beside",
        ),
        pytest.param(
            {
                ".npmrc": "registry=" + A,
                "p/.npmrc": "userconfig=../u\n_authToken=t",
                "q/.npmrc": "userconfig=../u",
                "u": f"registry={B}",
            },
            [B],
            id="the project's token, two projects",
        ),
    ],
)
def test_registry_that_a_project_names_in_another_file_counts_for_a_token(
    tmp_path: Path, files: dict[str, str], told: list[str]
) -> None:
    for name, text in {".npmrc": UNSCOPED, **files}.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\xff\xfea" if text == "\ud800" else f"{text}\n".encode())
    environment = {"HOME": str(tmp_path), "npm_config_globalconfig": str(tmp_path / "no-global")}
    account = Account("me", os.geteuid(), os.getegid(), (), str(tmp_path), True, environment)
    is_of_home = ".npmrc" not in files
    levels = ("user",) if is_of_home else ("user", "project")
    opened, _problems = open_stores(find_stores([account], StoreOptions(levels=levels)))
    (found,) = [item for item in opened if find_credentials(item.readings)]
    (credential,) = find_credentials(found.readings)
    around = Surroundings(opened)
    elsewhere = [item.registry.url for item in around.find_elsewhere(found, credential, thorough=True)]
    hidden = [item.unread.replace(str(tmp_path), "~") for item in around.find_hidden(found, credential)]
    said = [*elsewhere, *hidden]
    assert len(said) == len(told)
    assert all(text.startswith(expected) for text, expected in zip(said, told))  # noqa: B905


def test_token_that_is_rejected_is_kept_where_a_project_makes_npm_read_an_unknown_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, {".npmrc": UNSCOPED, "p/.npmrc": "prefix=${NOT_SET}/x\n"})
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("npm_config_globalconfig", str(tmp_path / "no-global"))
    monkeypatch.setattr(revoke, "revoke_token", lambda *_args, **_options: Verdict("already_invalid", "It was."))
    monkeypatch.setattr(revoke, "ask_who", lambda *_args, **_options: Who(DENIED))
    said = f"{tmp_path}/p/.npmrc line 1 makes npm read a file that a variable names, which was not read."
    defaults = {name: option.get("default") for name, option in LOGOUT_SPEC.items()}
    report = log_out(read_logout_options({**defaults, "all_registries": True}), check_mode=False)
    (verdict,) = report.stores[0].verdicts
    assert (verdict.outcome, verdict.detail) == (
        "failed",
        f"{A} already rejected the token when first asked. {said}",
    )
    defaults = {name: option.get("default") for name, option in INFO_SPEC.items()}
    listed = inspect_host(read_info_options({**defaults, "probe": True}))
    assert [item.alive for item in listed.stores[0].found] == [None]
    assert listed.warnings == (
        f"{said} Add it to paths.",
        f"The registry of the token in {tmp_path}/.npmrc line 2 is not known. {said}",
    )
