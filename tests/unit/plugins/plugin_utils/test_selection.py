# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which credentials a registry concerns: the module and the fleet agree, whatever is in the file."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import (
    Found,
    Inventory,
    StoreInventory,
    build_info,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._plan import make_plan
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store
from ansible_collections.npmops.auth.plugins.plugin_utils._gather import gather

HOSTS = ("a.example", "A.example", "b.example:8443", "a.example:443", "a.example:80", "[::1]:4873")
PATHS = ("/", "", "/npm/", "/npm", "/npm/team/", "/@team/", "/:@x")
REGISTRIES = st.builds(
    "{}://{}{}".format, st.sampled_from(["http", "https"]), st.sampled_from(HOSTS), st.sampled_from(PATHS[:-1])
)
LINES = st.one_of(
    st.builds("registry={}".format, REGISTRIES),
    st.builds("@{}:registry={}".format, st.sampled_from("xy"), REGISTRIES),
    st.builds(
        "//{}{}:{}=t0ken".format,
        st.sampled_from(HOSTS),
        st.sampled_from(PATHS),
        st.sampled_from(["_authToken", "_auth"]),
    ),
    st.sampled_from(
        ["_authToken=t0ken", "_auth=t0ken", "//https://a.example//:_authToken=t0ken", "//${NONE}/:_authToken=t0ken"]
    ),
)
STORE = Store(Account("alice", 1, 1, (), "/home/alice", False, {}), "npm", "/home/alice/.npmrc")


@settings(max_examples=400, deadline=None)
@given(lines=st.lists(LINES, max_size=8), chosen=REGISTRIES)
def test_module_and_fleet_mean_the_same_credentials(lines: list[str], chosen: str) -> None:
    registry = parse_registry(chosen)
    readings = read_settings("\n".join(lines).encode(), npmrc, {})
    try:
        targets = make_plan(readings, Selection(registry=registry)).targets
    except StoreError:
        targets = ()
    everything = make_plan(readings, Selection(all_registries=True)).targets
    found = StoreInventory(STORE, "alice", 0o600, tuple(Found(target) for target in everything))
    info = build_info(Inventory((found,), (), (), ()))
    record = gather({}, {"host": info}, "info", registry=registry)["host"]
    assert [item["line"] for item in record["info"]["credentials"]] == [target.credential.line for target in targets]
