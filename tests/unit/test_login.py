# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told of a new login? Names, without the secrets that others have put into them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._login import log_in
from ansible_collections.npmops.auth.plugins.module_utils._login_report import build_login_result
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGIN_SPEC, LoginOptions, read_login_options

OLD, NEW = "npm_0123456789abcdef", "npm_fedcba9876543210"
STORE = f"registry=http://npm.example.com/{OLD}/\n//npm.example.com/{OLD}/:_authToken={OLD}\n"


def make_options(path: Path) -> LoginOptions:
    defaults = {name: option.get("default") for name, option in LOGIN_SPEC.items()}
    return read_login_options({**defaults, "token": NEW, "paths": [str(path)], "verify": False})


def test_a_token_in_a_registry_s_path_is_not_told(tmp_path: Path) -> None:
    store = tmp_path / ".npmrc"
    store.write_text(STORE)
    result = build_login_result(log_in(make_options(store), check_mode=True))
    assert result["files"][0]["registry"] == "http://npm.example.com/<secret>/"
    assert result["files"][0]["keys"] == ["//npm.example.com/<secret>/:_authToken"]
    assert result["msg"] == "Would log in to http://npm.example.com/<secret>/: 1 file to change"
    assert OLD not in repr(result)


def test_a_token_in_the_path_of_a_registry_that_cannot_be_asked_is_not_told(tmp_path: Path) -> None:
    store = tmp_path / ".npmrc"
    store.write_text(STORE)
    with pytest.raises(StoreError) as problem:
        log_in(replace(make_options(store), verify=True), check_mode=True)
    assert str(problem.value).startswith("http://npm.example.com/<secret>/ could not be asked whose login this is")
