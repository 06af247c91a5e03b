# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the options of the modules.

Private to this collection. Turns a module's parameters into values, or reports in one sentence which option is wrong,
before any file is read. The message does not contain the value, which may be a misplaced secret.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._clients import (
    ALL,
    CLIENTS,
    LEVELS,
    NPM,
    PROJECT,
    USER,
    choose_clients,
    choose_levels,
)
from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, InvalidUrl
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import (
    AUTOMATIC,
    REGISTRY_KINDS,
    ConnectionOptions,
    DriverOptions,
)
from ansible_collections.npmops.auth.plugins.module_utils._selection import REVOKE_CHOICES, Selection

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

_SAME_DIRECTORY = re.compile(r"/(?:\.?/)+")
_QUERY = re.compile("[?#]")
_LEFT_OUT = "(left out: not a value of this option)"
_SCOPE = re.compile(r"@[^\s@/:\\]+\Z")
# Ansible converts a list, a mapping or a boolean to text. A registry rejects such a text, and the text of a reference:
# that must not count as a rejection of the token.
_NOT_A_TOKEN = re.compile(
    r"""(?isx) [\r\n] | _authToken | \$\{ | \A (?: \$ | Bearer\s ) | \A (?: (["']) .* \1 | \[ .* ] | { .* } ) \Z
    | \A (?: true | false | yes | no | none | null ) \Z"""
)
# More would only prolong a run if a registry does not answer.
_MOST_RETRIES = 20
_MOST_SECONDS = 600

#: The options for connections to registries; documented in the fragment ``connection``.
CONNECTION_SPEC: dict[str, Any] = {
    "validate_certs": {"type": "bool"},
    "ca_path": {"type": "path"},
    "client_cert": {"type": "path"},
    "client_key": {"type": "path", "no_log": False},
    "use_proxy": {"type": "bool", "default": True},
    "timeout": {"type": "int", "default": 30},
    "retries": {"type": "int", "default": 2},
    "trusted_registries": {"type": "list", "elements": "str"},
}

#: The options for the kind of a registry and its issuer.
DRIVER_SPEC: dict[str, Any] = {
    "registry_kind": {"type": "str", "default": "auto", "choices": list(REGISTRY_KINDS)},
    "issuer_api": {"type": "bool", "default": True},
}

#: The options that select credential files; documented in the fragment ``stores``.
STORES_SPEC: dict[str, Any] = {
    "users": {"type": "list", "elements": "str", "aliases": ["user"]},
    "all_users": {"type": "bool", "default": False},
    "paths": {"type": "list", "elements": "str", "aliases": ["path", "userconfig"]},
    "clients": {"type": "list", "elements": "str", "choices": [*CLIENTS, ALL]},
    "levels": {"type": "list", "elements": "str", "choices": [*LEVELS, ALL]},
    "search": {"type": "list", "elements": "str"},
    "exclude": {"type": "list", "elements": "str"},
}

LOGOUT_SPEC: dict[str, Any] = {
    "registry": {"type": "str"},
    "scope": {"type": "str"},
    "all_registries": {"type": "bool", "default": False},
    "token": {"type": "str", "no_log": True},
    "fingerprints": {"type": "list", "elements": "str"},
    "protected_fingerprints": {"type": "list", "elements": "str"},
    "revoke": {"type": "str", "default": REVOKE_CHOICES[0], "choices": list(REVOKE_CHOICES)},
    "comments": {"type": "bool", "default": False},
    "verify_timeout": {"type": "int", "default": 10},
    **STORES_SPEC,
    "clients": {**STORES_SPEC["clients"], "default": [NPM]},
    "levels": {**STORES_SPEC["levels"], "default": [USER]},
    **DRIVER_SPEC,
    **CONNECTION_SPEC,
}


class StoreOptions(NamedTuple):
    """The module options of these names.

    :ivar users: None for the connecting account.
    :ivar paths: None for the clients' own locations.
    :ivar clients: names of ``_clients.CLIENTS``.
    :ivar levels: some of ``_clients.LEVELS``.
    :ivar search: directories; None for the accounts' homes.
    """

    users: tuple[str, ...] | None = None
    all_users: bool = False
    paths: tuple[str, ...] | None = None
    clients: tuple[str, ...] = (NPM,)
    levels: tuple[str, ...] = (USER,)
    search: tuple[str, ...] | None = None
    exclude: tuple[str, ...] = ()

    @property
    def empty_option(self) -> str | None:
        """The option whose empty list selects no file."""
        for option in ("users", "paths", "clients", "levels"):
            if getattr(self, option) == ():
                return option
        return "search" if self.search == () and self.levels == (PROJECT,) and self.paths is None else None


class LogoutOptions(NamedTuple):
    """``npm_logout``'s parameters."""

    selection: Selection
    stores: StoreOptions
    connection: ConnectionOptions
    verify_timeout: int
    trusted: tuple[Registry, ...] = ()
    driver: DriverOptions = AUTOMATIC

    @property
    def named_registries(self) -> tuple[Registry, ...]:
        """The registries that the operator names, which may be asked whatever file names them."""
        return (*self.trusted, *([self.selection.registry] if self.selection.registry else []))

    @property
    def empty_option(self) -> str | None:
        """The option whose empty list selects nothing."""
        return self.stores.empty_option or ("fingerprints" if self.selection.fingerprints == frozenset() else None)


def read_logout_options(params: Mapping[str, Any]) -> LogoutOptions:
    """Read the options of ``npm_logout``.

    :raises InputError: an option is invalid, or conflicts with another.
    """
    _require_one_choice(params)
    selection = Selection(
        registry=read_registry(params["registry"]),
        scope=read_scope(params["scope"]),
        all_registries=params["all_registries"],
        token=read_token(params["token"]),
        fingerprints=_read_fingerprints(params, "fingerprints"),
        protected=_read_fingerprints(params, "protected_fingerprints") or frozenset(),
        revoke=params["revoke"],
        comments=params["comments"],
    )
    return LogoutOptions(
        selection=selection,
        stores=read_store_options(params),
        connection=read_connection_options(params),
        verify_timeout=_read_number(params, "verify_timeout", 0, _MOST_SECONDS),
        trusted=read_trusted(params),
        driver=read_driver(params),
    )


def forget_misplaced_secrets(params: dict[str, Any]) -> InputError | None:
    """Remove invalid values from the parameters, which Ansible logs and returns: they may be secrets.

    :returns: the error for the first of them.
    """
    found: InputError | None = None
    for option, read in _READERS.items():
        try:
            read(params)
        except InputError as problem:
            found = found or problem
            params[option] = [_LEFT_OUT] if isinstance(params[option], list) else _LEFT_OUT
    return found


def read_store_options(params: Mapping[str, Any]) -> StoreOptions:
    """Read the options that select credential files.

    :raises InputError: an entry is invalid, or ``users`` and ``all_users`` are both given.
    """
    users, search = read_names(params, "users"), read_names(params, "search")
    if params["all_users"] and users is not None:
        raise InputError("all_users", "is mutually exclusive with users")
    if search is not None and not all(folder.startswith(("/", "~")) for folder in search):
        raise InputError("search", "must list absolute paths, or paths that begin with ~/")
    levels = choose_levels(params["levels"])
    if search and PROJECT not in levels:
        levels = (*levels, PROJECT)
    return StoreOptions(
        users=users,
        all_users=params["all_users"],
        paths=read_names(params, "paths"),
        clients=choose_clients(params["clients"]),
        levels=levels,
        search=search,
        exclude=_read_exclude(params),
    )


def _read_exclude(params: Mapping[str, Any]) -> tuple[str, ...]:
    """:raises InputError: a pattern cannot match a directory."""
    patterns = [_SAME_DIRECTORY.sub("/", pattern) for pattern in read_names(params, "exclude") or ()]
    for number, pattern in enumerate(patterns, 1):
        is_path = "/" in pattern.rstrip("/")
        if (is_path and not pattern.startswith(("/", "~/", "*"))) or pattern.strip("/") in ("", "~", "."):
            advice = "a path that begins with /, ~/ or *"
            raise InputError("exclude", f"entry {number} must be the name of a directory without a slash, or {advice}")
        if ".." in pattern.split("/"):
            raise InputError("exclude", f"entry {number} must not contain ..")
    return tuple(patterns)


def read_connection_options(params: Mapping[str, Any]) -> ConnectionOptions:
    """Read the options for connections to registries.

    :raises InputError: a file is unreadable, a number is out of range, or ``client_cert`` is missing.
    """
    for option in ("ca_path", "client_cert", "client_key"):
        path = params[option]
        if path is not None and not (_is_name(path) and os.access(path, os.R_OK)):
            raise InputError(option, "must exist on the managed host and be readable")
    if params["client_key"] and not params["client_cert"]:
        raise InputError("client_key", "requires client_cert")
    return ConnectionOptions(
        validate_certs=params["validate_certs"],
        ca_path=params["ca_path"],
        client_cert=params["client_cert"],
        client_key=params["client_key"],
        use_proxy=params["use_proxy"],
        timeout=_read_number(params, "timeout", 1, _MOST_SECONDS),
        retries=_read_number(params, "retries", 0, _MOST_RETRIES),
    )


def read_driver(params: Mapping[str, Any]) -> DriverOptions:
    return DriverOptions(registry_kind=params["registry_kind"], issuer_api=params["issuer_api"])


def _require_one_choice(params: Mapping[str, Any]) -> None:
    for option in ("registry", "scope"):
        if params["all_registries"] and params[option] is not None:
            raise InputError("all_registries", f"is mutually exclusive with {option}")


def read_registry(value: str | None) -> Registry | None:
    if value is None:
        return None
    try:
        return _parse_url(value)
    except InvalidUrl as problem:
        raise InputError("registry", str(problem)) from None


def read_trusted(params: Mapping[str, Any]) -> tuple[Registry, ...]:
    found: list[Registry] = []
    for number, value in enumerate(params.get("trusted_registries") or (), 1):
        try:
            found.append(_parse_url(value))
        except InvalidUrl as problem:
            raise InputError("trusted_registries", f"entry {number} {problem}") from None
    return tuple(dict.fromkeys(found))


def _parse_url(value: str) -> Registry:
    """:raises InvalidUrl: the text is not only the address of a registry."""
    from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import has_userinfo, parse_registry

    if has_userinfo(value):
        raise InvalidUrl("must not contain a user name or password")
    if _QUERY.search(value):
        raise InvalidUrl("must not contain a query or a fragment")
    return parse_registry(value)


def read_scope(value: str | None) -> str | None:
    if value is None:
        return None
    scope = "@" + value.strip().lstrip("@")
    if scope == "@":
        raise InputError("scope", "must not be empty")
    if not _SCOPE.match(scope):
        raise InputError("scope", "must be the name of a scope, such as @example")
    return scope


def read_token(value: str | None) -> Secret | None:
    if value is None:
        return None
    text = value.strip()
    if not text:
        raise InputError("token", "must not be empty")
    if _NOT_A_TOKEN.search(text):
        raise InputError("token", "must be one token as text, without quotes: not a list, a boolean or a reference")
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

    return Secret(text)


def require_username(value: str | None) -> None:
    if value and (":" in value or not value.isprintable()):
        raise InputError("username", "must not contain a colon or a control character")


def _read_fingerprints(params: Mapping[str, Any], option: str) -> frozenset[str] | None:
    values = params.get(option)
    if values is None:
        return None
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import is_fingerprint

    for number, value in enumerate(values, 1):
        if not is_fingerprint(value):
            raise InputError(option, f"entry {number} must be 'sha256:' followed by 16 lowercase hex digits")
    return frozenset(values)


def read_names(params: Mapping[str, Any], option: str) -> tuple[str, ...] | None:
    values = params[option]
    if values is None:
        return None
    if not all(value.strip() for value in values):
        raise InputError(option, "must not contain an empty entry")
    if option == "users":
        # Ansible leaves the space in "alice, bob", and no user name begins or ends with one.
        values = [value.strip() for value in values]
    for number, value in enumerate(values, 1):
        # A path can end with a space. At the beginning, the space is that of "~/.npmrc, ~/other".
        if value[0].isspace() or (option == "exclude" and value[-1].isspace()):
            raise InputError(option, f"entry {number} must not begin or end with a space")
        if not _is_name(value):
            raise InputError(option, f"entry {number} contains a character that no path or user name can contain")
    return tuple(values)


def _is_name(text: str) -> bool:
    """Return whether the text can be a path or a user name on this system."""
    try:
        return b"\0" not in os.fsencode(text)
    except UnicodeError:
        return False


def _read_number(params: Mapping[str, Any], option: str, least: int, most: int) -> int:
    number: int = params[option]
    if not least <= number <= most:
        raise InputError(option, f"must be a number from {least} to {most}")
    return number


_READERS: dict[str, Callable[[Mapping[str, Any]], object]] = {
    "registry": lambda params: read_registry(params.get("registry")),
    "trusted_registries": read_trusted,
    "scope": lambda params: read_scope(params.get("scope")),
    "username": lambda params: require_username(params.get("username")),
    "fingerprints": lambda params: _read_fingerprints(params, "fingerprints"),
    "protected_fingerprints": lambda params: _read_fingerprints(params, "protected_fingerprints"),
}
