# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the options of ``npm_login``.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

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
    read_registry,
    read_scope,
    read_token,
    read_trusted,
    require_username,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Pair, Secret

LOGIN_SPEC: dict[str, Any] = {
    "registry": {"type": "str"},
    "scope": {"type": "str"},
    "token": {"type": "str", "no_log": True},
    "username": {"type": "str"},
    "password": {"type": "str", "no_log": True},
    "verify": {"type": "bool", "default": True},
    "create": {"type": "bool", "default": True},
    "keep_replaced": {"type": "bool", "default": False},
    "users": STORES_SPEC["users"],
    "paths": STORES_SPEC["paths"],
    **CONNECTION_SPEC,
    **DRIVER_SPEC,
}


class LoginOptions(NamedTuple):
    """The options of ``npm_login``.

    :ivar scope: the scope, with ``@``.
    :ivar login: the token, or user name and password.
    :ivar username: None for a token.
    :ivar password: None for a token.
    :ivar keep_replaced: the old tokens stay.
    """

    registry: Registry | None
    scope: str | None
    login: Secret
    username: str | None
    password: Secret | None
    verify: bool
    create: bool
    keep_replaced: bool
    stores: StoreOptions
    connection: ConnectionOptions
    trusted: tuple[Registry, ...] = ()
    driver: DriverOptions = AUTOMATIC


def read_login_options(params: Mapping[str, Any]) -> LoginOptions:
    """:raises InputError: an option is invalid or missing, or excludes another."""
    token = read_token(params["token"])
    username, password = params["username"], params["password"]
    require_username(username)
    if token and (username or password):
        raise InputError("token", "is mutually exclusive with username and password")
    if token is None and username is None and password is None:
        raise InputError("token", "is required, or username and password instead")
    if token is None and not (username and password):
        missing, given = ("password", "username") if username else ("username", "password")
        raise InputError(missing, f"is required with {given}, and must not be empty")
    if token is None and params["keep_replaced"]:
        raise InputError("keep_replaced", "works only with token")
    login = token or Pair(username, password)
    _require_writable("token" if token else "password", params["token"] if token else password)
    return LoginOptions(
        registry=read_registry(params["registry"]),
        scope=read_scope(params["scope"]),
        login=login,
        username=username,
        password=None if token else Secret(password),
        verify=params["verify"],
        create=params["create"],
        keep_replaced=params["keep_replaced"],
        stores=StoreOptions(users=read_names(params, "users"), paths=read_names(params, "paths")),
        connection=read_connection_options(params),
        trusted=read_trusted(params),
        driver=read_driver(params),
    )


def _require_writable(option: str, value: str) -> None:
    if not value.strip().isprintable():
        raise InputError(option, "must not contain a control character")
