# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which registries a package.json names for publishing, and in which line."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import NPM, YARN
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._stores import packages, surroundings
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import open_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.packages import list_packages, parse_package
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import list_user_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings

B = "https://b.example/"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param('{"publishConfig": {"registry": "%s"}}' % B, [("registry", B, 1)], id="registry"),
        pytest.param(
            '{\n"registry": "x",\n"publishConfig": {\n"access": "public",\n"registry": "%s"}}' % B,
            [("registry", B, 5)],
            id="its line",
        ),
        pytest.param('{"publishConfig": {"@x:registry": "%s"}}' % B, [("@x:registry", B, 1)], id="of a scope"),
        pytest.param(
            '{"name": "@x/p", "publishConfig": {"registry": "%s"}}' % B,
            [("registry", B, 1), ("@x:registry", B, 1)],
            id="of a package in a scope",
        ),
        pytest.param('\ufeff{"publishConfig": {"registry": "%s"}}' % B, [("registry", B, 1)], id="byte order mark"),
        pytest.param('{"publishConfig": {"access": "public", "tag": "registry"}}', [], id="none"),
        pytest.param('{"publishConfig": {"registry": ["%s"], "@x:registry": ""}}' % B, [], id="no text"),
        pytest.param('{"publishConfig": {"xregistry": "%s", "a/b:registry": "%s"}}' % (B, B), [], id="other names"),
        pytest.param('{"publishConfig": "%s"}' % B, [], id="no mapping"),
        pytest.param('{"config": {"registry": "%s"}}' % B, [], id="another mapping"),
        pytest.param('["publishConfig"]', [], id="a list"),
        pytest.param('{"publishConfig": {"registry": "%s"}' % B, [], id="cut off"),
        pytest.param('{"publish\\u0043onfig": {"registry": "%s"}}' % B, [("registry", B, 1)], id="escape in the key"),
        pytest.param(
            '{"a": %s, "publishConfig": {"registry": "%s"}}' % ("7" * 6000, B), [("registry", B, 1)], id="a long number"
        ),
        pytest.param('{"name": {}, "publishConfig": {"registry": "%s"}}' % B, [("registry", B, 1)], id="an odd name"),
    ],
)
def test_registries_of_a_package(text: str, expected: list[tuple[str, str, int]]) -> None:
    found = parse_package(text.encode())
    assert [(item.name, item.value, item.setting.line) for item in found] == expected


def test_not_utf_8() -> None:
    """Node replaces such bytes."""
    text = '{"author": "\xe9", "publishConfig": {"registry": "%s"}}' % B
    assert [item.value for item in parse_package(text.encode("latin-1"))] == [B]


def test_packages_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    package = json.dumps({"publishConfig": {"registry": B}})
    for name, text in {"a": package, "b/c": package, "d": "{}", "e": "{", "node_modules/f": package}.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text(text)
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "package.json").symlink_to("nowhere")
    (account,), _absent = find_accounts(None)
    found = [item.path for item in list_packages(account, [])]
    assert found == [str(tmp_path / name / "package.json") for name in ("a", "b/c")]
    assert [item.path for item in list_packages(account, ["b"])] == [str(tmp_path / "a" / "package.json")]


def test_packages_that_are_too_many_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of those that were not read may name the registry of the token."""
    (tmp_path / ".npmrc").write_text("_authToken=t0ken0123456\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(packages, "_MOST_FILES", 2)
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.json").write_text(json.dumps({"publishConfig": {"registry": B}}))
    (account,), _absent = find_accounts(None)
    *found, rest = list_packages(account, [])
    assert [item.path for item in found] == [str(tmp_path / name / "package.json") for name in ("a", "b")]
    told = f"There are too many package.json files: {tmp_path}/c/package.json and those after it were not read."
    assert (rest.readings, rest.unread) == ((), told)
    assert find_unread(account) == [told]


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        pytest.param("package.json", "[" * 100_000 + '"publishConfig"', "it is nested too deeply", id="a deep package"),
        pytest.param("package.json", " " * 1024 * 1024 + "{}", "it is larger than 1 MiB", id="a large package"),
        pytest.param(".npmrc", "#" * 1024 * 1025, "it is larger than 1 MiB", id="a large file of a project"),
        pytest.param(".npmrc", "a=b\n" * 20_001, "it has more than 20000 lines", id="a file with many lines"),
    ],
)
def test_files_that_clients_read_and_this_collection_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, text: str, why: str
) -> None:
    """Each may name the registry of the token."""
    (tmp_path / ".npmrc").write_text("_authToken=t0ken0123456\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / name).write_text(text)
    (account,), _absent = find_accounts(None)
    assert find_unread(account) == [f"{tmp_path}/a/{name} cannot be read: {why}."]


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"# \xe9\nnpmRegistryServer: https://b.example/\n", id="a byte that is not UTF-8"),
        pytest.param(b"npmRegistryServer:\thttps://b.example/\n&\n", id="a syntax that is not read"),
    ],
)
def test_file_of_a_project_that_cannot_be_parsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: bytes) -> None:
    """Yarn may be able to."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".yarnrc.yml").write_text("npmAuthToken: t0ken0123456\n")
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / ".yarnrc.yml").write_bytes(data)
    (account,), _absent = find_accounts(None)
    (told,) = find_unread(account, YARN)
    assert told.startswith(f"{tmp_path}/a/.yarnrc.yml cannot be read: ")


def test_projects_that_the_operator_excludes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """npm still sends the token from there."""
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".npmrc").write_text("_authToken=t0ken0123456\n")
    (tmp_path / "keep").mkdir()
    (account,), _absent = find_accounts(None)
    told = f"{tmp_path}/keep is a mount point or left out by exclude, so its projects were not read."
    assert find_unread(account, exclude=["~/keep"]) == [told]
    assert find_unread(account, exclude=["~/other"]) == []


def test_projects_with_too_many_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(surroundings, "_MOST_SETTINGS", 3)
    (tmp_path / ".npmrc").write_text("_authToken=t0ken0123456\n")
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / ".npmrc").write_text("a=1\nb=2\n")
    (account,), _absent = find_accounts(None)
    assert find_unread(account) == [f"There are too many settings: {tmp_path}/b/.npmrc and later files were not read."]


def find_unread(account: Account, client: str = NPM, exclude: Sequence[str] = ()) -> list[str]:
    """What the token of the account's file may depend on."""
    (opened,), _problems = open_stores(list_user_stores(account, client))
    (credential,) = find_credentials(opened.readings)
    around = Surroundings([opened], exclude=exclude)
    return [item.unread for item in around.find_hidden(opened, credential)]
