# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the options of ``npm_credentials_info``.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._clients import ALL, USER
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import (
    AUTOMATIC,
    ConnectionOptions,
    DriverOptions,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._options import (
    CONNECTION_SPEC,
    DRIVER_SPEC,
    STORES_SPEC,
    StoreOptions,
    read_connection_options,
    read_driver,
    read_names,
    read_store_options,
    read_trusted,
)

INFO_SPEC: dict[str, Any] = {
    "comments": {"type": "bool", "default": False},
    "probe": {"type": "bool", "default": False},
    "tripwires": {"type": "list", "elements": "str"},
    "label": {"type": "str"},
    **STORES_SPEC,
    "clients": {**STORES_SPEC["clients"], "default": [ALL]},
    **DRIVER_SPEC,
    **CONNECTION_SPEC,
}


class InfoOptions(NamedTuple):
    """The options of ``npm_credentials_info``.

    :ivar probe: ask registries whether the tokens are valid.
    :ivar tripwires: files to look for; paths are absolute or begin with ``~/``.
    :ivar label: a text that the result repeats.
    """

    stores: StoreOptions
    connection: ConnectionOptions
    comments: bool
    probe: bool
    tripwires: tuple[str, ...] = ()
    trusted: tuple[Registry, ...] = ()
    driver: DriverOptions = AUTOMATIC
    label: str | None = None


def read_info_options(params: Mapping[str, Any]) -> InfoOptions:
    """:raises InputError: an option is invalid, or conflicts with another."""
    levels = params["levels"]
    if levels is None:
        levels = [USER] if params["paths"] is not None else [ALL]
    return InfoOptions(
        stores=read_store_options({**params, "levels": levels}),
        connection=read_connection_options(params),
        comments=params["comments"],
        probe=params["probe"],
        tripwires=_read_tripwires(params),
        trusted=read_trusted(params),
        driver=read_driver(params),
        label=params["label"],
    )


def _read_tripwires(params: Mapping[str, Any]) -> tuple[str, ...]:
    paths = read_names(params, "tripwires") or ()
    if not all(path.startswith(("/", "~/")) for path in paths):
        raise InputError("tripwires", "must list absolute paths, or paths that begin with ~/")
    # A path with a slash at the end would be a directory only.
    return tuple(path.rstrip("/") or path for path in paths)
