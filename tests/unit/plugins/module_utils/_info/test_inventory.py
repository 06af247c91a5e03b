# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The description of the credentials that were found."""

from __future__ import annotations

import json

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._info.findings import make_finding
from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import (
    Found,
    Inventory,
    StoreInventory,
    build_info,
    find_shadows,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._plan import make_plan
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store

TOKEN = "//h.example/:_authToken=s3cret-t0ken"
NPM_TOKEN = "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"


def make_store(
    *lines: str, path: str = "/home/a/.npmrc", level: str = "user", client: str = "npm", name: str = "a"
) -> StoreInventory:
    account = Account(name, 1000, 1000, (), f"/home/{name}", False, {})
    plan = make_plan(read_settings("\n".join(lines).encode(), npmrc, {}), Selection(all_registries=True, comments=True))
    store = Store(account, client, path, level=level)
    return StoreInventory(store, name, 0o100600, tuple(Found(target) for target in plan.targets))


def make_inventory(*stores: StoreInventory) -> Inventory:
    return Inventory(tuple(stores), (), (), ())


def test_credential_is_named_and_not_shown() -> None:
    info = build_info(make_inventory(make_store("", TOKEN)))
    assert info["credentials"] == [
        {
            "account": "a",
            "path": "/home/a/.npmrc",
            "line": 2,
            "client": "npm",
            "level": "user",
            "registry": "https://h.example/",
            "registry_key": "//h.example/",
            "registries": ["https://h.example/"],
            "settings": ["//h.example/:_authToken"],
            "kind": "token",
            "source": "literal",
            "set_in": [],
            "fingerprint": fingerprint(Secret("s3cret-t0ken")),
            "format": "opaque",
            "checksum_ok": None,
            "registry_kind": None,
            "expires": None,
            "alive": None,
            "identity": None,
            "own_connection": False,
            "check_failed": None,
            "shadowed_by": None,
        }
    ]
    assert info["files"] == [
        {
            "account": "a",
            "path": "/home/a/.npmrc",
            "client": "npm",
            "level": "user",
            "owner": "a",
            "mode": "0600",
            "credentials": 1,
        }
    ]
    assert info["changed"] is False
    assert "s3cret" not in json.dumps(info)


def test_form_of_a_token() -> None:
    (told,) = build_info(make_inventory(make_store(f"//h.example/:_authToken={NPM_TOKEN}")))["credentials"]
    assert (told["format"], told["checksum_ok"]) == ("npm", True)


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("//h.example/:_auth=YTpi", id="basic"),
        pytest.param("//h.example/:tokenHelper=/bin/x", id="helper"),
        pytest.param("//h.example/:_authToken=${NO_SUCH}", id="unset reference"),
    ],
)
def test_what_is_no_token_in_the_file_has_no_form(line: str) -> None:
    (told,) = build_info(make_inventory(make_store(line)))["credentials"]
    assert (told["fingerprint"], told["format"], told["checksum_ok"], told["expires"]) == (None, None, None, None)


def test_names_hold_no_secret() -> None:
    store = make_store("//h.example/s3cret-t0ken/:_authToken=s3cret-t0ken")
    info = build_info(Inventory((store,), (), (), (), Concealer([Secret("s3cret-t0ken")])))
    assert "s3cret" not in json.dumps(info)


USER = make_store(TOKEN)
GLOBAL = make_store(TOKEN, path="/p/etc/npmrc", level="global")
PROJECT = make_store(TOKEN, path="/home/a/p/.npmrc", level="project")


@pytest.mark.parametrize(
    ("stores", "shadowed_by"),
    [
        pytest.param([USER], [None], id="one"),
        pytest.param([USER, GLOBAL], [None, "/home/a/.npmrc"], id="global under user"),
        pytest.param([make_store(f"; {TOKEN}"), GLOBAL], [None, None], id="a comment shadows nothing"),
        pytest.param([GLOBAL, PROJECT, USER], ["/home/a/p/.npmrc", None, "/home/a/p/.npmrc"], id="the strongest"),
        pytest.param(
            [USER, make_store("//i.example/:_authToken=t", path="/g", level="global")],
            [None, None],
            id="of another registry",
        ),
        pytest.param(
            [USER, make_store(TOKEN, path="/g", level="global", client="pnpm")], [None, None], id="of another client"
        ),
        pytest.param(
            [USER, make_store(TOKEN, path="/g", level="global", name="b")], [None, None], id="of another account"
        ),
        pytest.param([USER, make_store(TOKEN, path="/home/a/other")], [None, None], id="of the same level"),
    ],
)
def test_shadows(stores: list[StoreInventory], shadowed_by: list[str | None]) -> None:
    info = build_info(make_inventory(*find_shadows(stores)))
    assert [told["shadowed_by"] for told in info["credentials"]] == shadowed_by


@pytest.mark.parametrize(
    ("inventory", "msg"),
    [
        pytest.param(make_inventory(), "No credential file found, 0 findings", id="nothing"),
        pytest.param(make_inventory(make_store("")), "0 credentials in 1 file, 0 findings", id="empty store"),
        pytest.param(
            Inventory((USER, PROJECT), (make_finding("backup_copy", "/b"),), (), ()),
            "2 credentials in 2 files, 1 finding",
            id="some",
        ),
    ],
)
def test_message(inventory: Inventory, msg: str) -> None:
    assert build_info(inventory)["msg"] == msg


def test_tripwires_are_reported() -> None:
    info = build_info(Inventory((), (), (), (), tripwires=("/home/a/wire", "/home/b\n/wire"), has_requests=False))
    assert info["tripwires"] == ["/home/a/wire", "'/home/b\\n/wire'"]
    assert info["has_requests"] is False


def test_findings_are_reported() -> None:
    inventory = Inventory((), (make_finding("tracked_by_git", "/home/a\n/.npmrc", 3),), ("gone",), ())
    info = build_info(inventory)
    assert info["absent_users"] == ["gone"]
    assert info["findings"] == [
        {
            "severity": "high",
            "path": "'/home/a\\n/.npmrc'",
            "line": 3,
            "rule": "tracked_by_git",
            "message": "This file is tracked by git: every clone has its credentials, so revoke them.",
        }
    ]
