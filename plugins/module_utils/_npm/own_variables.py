# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the credentials in a variable by its name, or by a value that can only be an npm token.

Private to this collection. Pure. npm 7 and newer and pnpm read ``npm_config_//host/:_authToken`` from the environment,
and pnpm reads a mapping of registries from ``pnpm_config__auth``.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator

from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import USERINFO, make_key
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

# Names without a registry, and the clients whose default registry gets the token, the most likely last. No client reads
# the last three names by itself: any of them can be meant.
_READERS = (
    (re.compile(r"(?i)yarn_npm_auth_(?:token|ident)\Z"), ("yarn",)),
    (re.compile(r"(?i)(?:bun|npm)_config_token\Z"), ("bun",)),
    (re.compile(r"(?i)pnpm_config__?auth_?token\Z"), ("pnpm",)),
    (re.compile(r"(?i)npm_config__?auth_?token\Z"), ("npm",)),
    (re.compile(r"(?i)(?:npm|node_auth|npm_auth)_token\Z"), ("yarn", "yarn_classic", "pnpm", "bun", "npm")),
)
NAMES_WITH_KEY = re.compile(r"(?i:p?npm_config_)(//.+:_(?:authToken|auth|password))\Z")
MAPPING = re.compile(r"(?i)pnpm_config__auth\Z")
_IDENT = re.compile(r"(?i)yarn_npm_auth_ident\Z")
_LOGIN_IN_URL = re.compile(r"(?i)\s*(https?:)//([^/\\?#]+)@(.*)", re.S)
_PLACEHOLDER = re.compile(r"[$<>{}*]")
_WITH_CHECKSUM = re.compile(r"npm_([0-9A-Za-z]{30})([0-9A-Za-z]{6})\Z")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_FIELDS = {"authToken": "_authToken", "_authToken": "_authToken", "_auth": "_auth", "_password": "_password"}


def find_readers(name: str) -> tuple[str, ...]:
    """Return the clients for whose default registry a token is that is set by this name, the most likely last.

    Empty if the name contains a registry, or is not a client's own.
    """
    return next((clients for shape, clients in _READERS if shape.match(name)), ())


def find_own_settings(name: str, value: str) -> list[tuple[str, str]]:
    """Return the settings that a variable gives a client, with their values; for a mapping, also the registries' URLs.

    For a name without a registry, the setting has none either: see ``find_readers``.
    """
    value = value.strip()
    if MAPPING.match(name):
        return _read_mapping(value)
    if read_registries({name: value}, is_yarn=False) or read_registries({name: value}, is_yarn=True):
        return find_login_in_value(value)
    if _IDENT.match(name):
        return [("_auth", value)] if ":" in value and not _PLACEHOLDER.search(value) else []
    if _is_plausible(value):
        key = NAMES_WITH_KEY.match(name)
        if key:
            return [(key.group(1), value)]
        if find_readers(name):
            return [("_authToken", value)]
    return [(f"{parse_registry(PUBLIC_REGISTRY).key}:_authToken", value)] if check_checksum(Secret(value)) else []


def find_login_in_value(url: str) -> list[tuple[str, str]]:
    """Return the login in the URL of a registry, and the URL without it, as settings.

    For Bun, a password without a user name is a token.
    """
    match = _LOGIN_IN_URL.match(url)
    if not match or _PLACEHOLDER.search(match.group(2)):
        return []
    scheme, login, rest = match.groups()
    key = make_key(url)
    found = (f"{key}:_authToken", login[1:]) if login.startswith(":") else (f"{key}:{USERINFO}", login)
    return [found, (f"{key}:registry", f"{scheme}//{rest}")]


def check_checksum(token: Secret) -> bool | None:
    """Return whether the checksum of an ``npm_`` token is right; None if the token has none.

    Its last six characters are the CRC-32 of the 30 after the prefix, in base 62, most significant digit first.
    """
    match = _WITH_CHECKSUM.match(token.reveal())
    if not match:
        return None
    body, checksum = match.groups()
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _place in checksum:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits == checksum


def is_of_npm(name: str, value: str = "") -> bool:
    """Return whether a variable is a client's own, by a name without a registry, or has an npm token as its value."""
    return bool(find_readers(name) or (value and check_checksum(Secret(value.strip()))))


def _is_plausible(value: str) -> bool:
    """Return whether the value can be a token, unlike a placeholder or a short text."""
    return bool(re.match(r"[\x21-\x7e]{8,4096}\Z", value)) and not _PLACEHOLDER.search(value)


def _read_mapping(text: str) -> list[tuple[str, str]]:
    """Read ``{"https://host/": {"@": {"authToken": "..."}}}``: ``@`` is the registry itself, other names are scopes."""
    try:
        registries = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found: list[tuple[str, str]] = []
    for url, scopes in _list_items(registries):
        logins = list(_list_logins(make_key(url), scopes))
        # Only the URL gives the registry's scheme.
        found += [*logins, *([(f"{make_key(url)}:registry", url)] if logins and "://" in url else [])]
    return found


def _list_logins(key: str, scopes: object) -> Iterator[tuple[str, str]]:
    for scope, login in _list_items(scopes):
        for field, value in _list_items(login):
            if field in _FIELDS and isinstance(value, str) and value.strip() and not _PLACEHOLDER.search(value):
                yield f"{key}:{_FIELDS[field]}" if scope == "@" else f"{key}:{scope}:{_FIELDS[field]}", value


def _list_items(value: object) -> list[tuple[str, object]]:
    return list(value.items()) if isinstance(value, dict) else []
