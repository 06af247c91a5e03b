# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which registries a package.json names for publishing, and in which line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import NPM
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Hidden
from ansible_collections.npmops.auth.plugins.module_utils._stores import packages
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
        pytest.param("[" * 100_000 + '"publishConfig"', [], id="deep"),
        pytest.param('{"name": {}, "publishConfig": {"registry": "%s"}}' % B, [("registry", B, 1)], id="an odd name"),
    ],
)
def test_registries_of_a_package(text: str, expected: list[tuple[str, str, int]]) -> None:
    found = parse_package(text.encode())
    assert [(item.name, item.value, item.setting.line) for item in found] == expected


def test_not_utf_8() -> None:
    assert list(parse_package('{"publishConfig": {"registry": "\xe9"}}'.encode("latin-1"))) == []


def test_packages_of_a_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    package = json.dumps({"publishConfig": {"registry": B}})
    for name, text in {"a": package, "b/c": package, "d": "{}", "e": "{", "node_modules/f": package}.items():
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "package.json").write_text(text)
    (tmp_path / "g").mkdir()
    (tmp_path / "g" / "package.json").symlink_to("nowhere")
    (account,), _absent = find_accounts(None)
    found = [item.path for item in list_packages(account, [])[0]]
    assert found == [str(tmp_path / name / "package.json") for name in ("a", "b/c")]
    assert [item.path for item in list_packages(account, ["b"])[0]] == [str(tmp_path / "a" / "package.json")]


def test_packages_that_are_too_many_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of those that were not read may name the registry of the token."""
    (tmp_path / ".npmrc").write_text("_authToken=t0ken0123456\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setattr(packages, "_MOST_FILES", 2)
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "package.json").write_text(json.dumps({"publishConfig": {"registry": B}}))
    (account,), _absent = find_accounts(None)
    found, unread = list_packages(account, [])
    assert ([item.path for item in found], unread) == (
        [str(tmp_path / name / "package.json") for name in ("a", "b")],
        str(tmp_path / "c" / "package.json"),
    )
    (opened,), _problems = open_stores(list_user_stores(account, NPM))
    (credential,) = find_credentials(opened.readings)
    assert Surroundings([opened]).find_hidden(opened, credential) == (Hidden(unread, 0),)
