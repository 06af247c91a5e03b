# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the logins and references in a registry's URL as Bun does.

Private to this collection. Pure. Follows Bun's ``src/install/npm.rs`` (``Scope::from_api``) and ``src/api/schema.rs``
(``parse_registry_url_string_impl``); verified with Bun 1.4: ``https://user:password@host/``,
``https://:token@host/``, ``https://host/:_authToken=token`` and similar; ``$VAR`` as a whole value, but not
``${VAR}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import unquote

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    USERINFO,
    Expansion,
    Setting,
    cut,
    find_login_in_url,
)

_ORIGIN = re.compile(r"(?i)\s*https?://[^/?#]*")
_SCHEME = re.compile(r"(?i)\A\s*[a-z][a-z0-9+.-]*:[/\\]+")
_LOGIN_IN_PATH = re.compile(r"([:/])(_authToken|_auth|username|_password)=([^:#]*)")
_REFERENCE = re.compile(r"\$([A-Za-z0-9_]+)/*\Z")
_REFERENCE_IN_NAME = re.compile(r"//\$([A-Za-z0-9_]+)/(?=:)")


@dataclass(frozen=True)
class UrlLogin:
    """A login, or a part of one, in a URL; offsets count the bytes of its UTF-8.

    :ivar name: npm's name of the setting, without a key.
    :ivar start: offset of the first byte to remove from the URL.
    """

    name: str
    value: str = field(repr=False)
    start: int
    end: int
    value_start: int
    value_end: int


def find_logins(text: str) -> tuple[UrlLogin, ...]:
    """Find all logins in a URL."""
    in_path = _find_logins_in_path(text)
    rest = cut(text.encode(), [(item.start, item.end) for item in in_path])
    link = Setting("registry", rest.decode(), 1, 0, len(rest), 0, len(rest))
    return (*map(_read_userinfo, find_login_in_url(rest, link)), *in_path)


def remove_logins(text: str, logins: Iterable[UrlLogin]) -> str:
    """Remove these logins from a URL."""
    return cut(text.encode(), [(item.start, item.end) for item in logins]).decode()


def key_of(url: str) -> str:
    """Return the registry key of a URL; for ``$VAR``, one that ``expand_references`` expands."""
    url = remove_logins(url, find_logins(url))
    try:
        return parse_registry(url).key
    except InvalidUrl:
        return f"//{_SCHEME.sub('', url).strip('/')}/"


def expand_references(text: str, environment: Mapping[str, str]) -> Expansion:
    """Replace ``$VAR`` if it is the whole text, or the whole URL in the key of a setting's name."""
    in_name = _REFERENCE_IN_NAME.match(text)
    if in_name:
        url = environment.get(in_name.group(1))
        return Expansion(key_of(url) + text[in_name.end() :] if url else text)
    match = _REFERENCE.match(text)
    if not match:
        return Expansion(text)
    name = match.group(1)
    return Expansion(environment.get(name, text), (name,), () if name in environment else (name,))


def _find_logins_in_path(text: str) -> tuple[UrlLogin, ...]:
    origin = _ORIGIN.match(text)
    found: list[UrlLogin] = []
    counted, length = 0, 0
    for match in _LOGIN_IN_PATH.finditer(text, origin.end()) if origin else ():
        separator, name, value = match.groups()
        length += len(text[counted : match.start()].encode())
        counted = match.start()
        # The slash belongs to the URL.
        start = length + (separator == "/")
        value_start = length + match.start(3) - match.start()
        end = value_start + len(value.encode())
        found.append(UrlLogin(name, value.rstrip("/"), start, end, value_start, end))
    return tuple(found)


def _read_userinfo(login: Setting) -> UrlLogin:
    part = UrlLogin(USERINFO, login.value, login.start, login.end, login.value_start, login.value_end)
    if login.value.startswith(":"):
        # Bun reads a password without a user name as a token.
        return replace(part, name="_authToken", value=unquote(login.value[1:]), value_start=part.value_start + 1)
    return part
