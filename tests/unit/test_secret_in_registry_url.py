# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A secret in a registry's URL is kept out of everything that is said of that registry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import build_info
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._login.options import LOGIN_SPEC, read_login_options
from ansible_collections.npmops.auth.plugins.module_utils._login.run import log_in
from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result, list_warnings
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC, read_logout_options

TOKEN = "npm_Zq3Zq3Zq3Zq3Zq3Zq3Zq3Zq3Zq3Zq3Zq3Zq3"
# Nobody listens there.
URL = f"https://127.0.0.1:1/{TOKEN}/"


def fill(spec: Mapping[str, Mapping[str, Any]], **params: Any) -> dict[str, Any]:
    return {**{name: option.get("default") for name, option in spec.items()}, "retries": 0, **params}


def inspect() -> list[str]:
    inventory = inspect_host(read_info_options(fill(INFO_SPEC, levels=["user"], probe=True)))
    return [*inventory.warnings, str(build_info(inventory))]


def revoke() -> list[str]:
    report = log_out(read_logout_options(fill(LOGOUT_SPEC, all_registries=True)), check_mode=False)
    return [*list_warnings(report), str(build_result(report))]


def put() -> list[str]:
    with pytest.raises(StoreError) as problem:
        log_in(read_login_options(fill(LOGIN_SPEC, token="another-token")), check_mode=False)
    return [str(problem.value)]


@pytest.mark.parametrize("work", [inspect, revoke, put])
def test_token_in_the_url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, work: Callable[[], list[str]]) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NPM_CONFIG_USERCONFIG", raising=False)
    key = URL.partition(":")[2]
    (tmp_path / ".npmrc").write_text(f"strict-ssl=false\nregistry={URL}\n{key}:_authToken={TOKEN}\n")
    said = " ".join(work())
    assert "https://127.0.0.1:1/<secret>/" in said
    assert TOKEN not in said
