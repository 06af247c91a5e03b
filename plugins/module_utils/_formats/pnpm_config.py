# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and edit the settings of pnpm's global ``config.yaml``, and of a project's ``pnpm-workspace.yaml``.

Private to this collection. Pure. The rules are those of pnpm 11.10 to 12.21: ``pnpm11/config/reader/src``
(``loadNpmrcFiles.ts``: ``parseJsonAuth``), ``pnpm/crates/config/src`` (``npmrc_auth.rs``: ``JsonAuth``,
``workspace_yaml.rs``, ``workspace_yaml/registries.rs``) and ``pnpm/crates/env-replace``. ``pnpm login`` 12.1 to
12.15 wrote tokens there, to ``_auth.<url>.<scope>.authToken``, with the scope ``@`` for the registry itself; all
versions since 11.10 read them. Credentials that pnpm ignores or rejects in this file are also found.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_reader import (
    MAPPING,
    SCALAR,
    SEQUENCE,
    Document,
    Entry,
    Node,
    list_pairs,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_settings import (
    LINK,
    Dialect,
    Link,
    Section,
    list_values,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import is_login_field
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    WITH_FALLBACK,
    Expansion,
    make_key,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import write_quoted as write_value

__all__ = ["ONE_LINE_EACH", "expand", "list_values", "parse_all", "parse_settings", "remove", "write_value"]

#: See ``_npm.settings.Format``.
ONE_LINE_EACH = False

# Keys in double quotes can be written with escapes.
_HINT = re.compile(rb"_auth|authToken|_password|username|tokenHelper|PRIVATE KEY|//[^/\\?#\r\n]*@|\\[xuU/]")
_SECRETS = {"authToken": "_authToken", "_authToken": "_authToken", "_auth": "_auth", "_password": "_password"}
_TOP = {
    "registry": "registry",
    "pnprServer": LINK,
    "proxy": "proxy",
    "httpProxy": "http-proxy",
    "httpsProxy": "https-proxy",
    "noProxy": "noproxy",
    "noproxy": "noproxy",
    "cafile": "cafile",
    "strictSsl": "strict-ssl",
    "npmrcAuthFile": "npmrc-auth-file",
}
#: A registry without a scope, in ``_auth`` and in ``registries``.
_NO_SCOPE = "@"
_REFERENCE = re.compile(r"(\\*)\$\{([^${}]+)\}")


def expand(text: str, environment: Mapping[str, str]) -> Expansion:
    """Replace ``${VAR}``, ``${VAR-fallback}`` and ``${VAR:-fallback}``.

    An odd number of backslashes before a reference keeps it literal. An empty variable counts as unset. If a fallback
    applies, the value is in the file and not a reference. pnpm before 12.7 replaces nothing in tokens.
    """
    references: list[str] = []
    unset: list[str] = []

    def replace(match: re.Match[str]) -> str:
        escapes, inside = match.groups()
        before = escapes[: len(escapes) // 2]
        if len(escapes) % 2:
            return before + match.group()[len(escapes) :]
        fallback = WITH_FALLBACK.match(inside)
        name = fallback.group(1) if fallback else inside
        value = environment.get(name)
        if not value and fallback:
            return before + fallback.group(3)
        references.append(name)
        if not value:
            unset.append(name)
        return before + (value or "${%s}" % name)

    return Expansion(_REFERENCE.sub(replace, text), tuple(references), tuple(unset))


def _list_places(document: Document) -> Iterator[Section | Link]:
    root = document.root
    if root and root.kind != MAPPING and (root.text or root.entries):
        raise StoreError("it is not a list of settings")
    own = {key: key for key, _entry in _list_plain_pairs(root) if is_login_field(key)}
    yield Section(root, (), {**_TOP, **own})
    declared = {key for key, _entry in list_pairs(root) if key == "registry"}
    for key, entry in list_pairs(root):
        for place in _list_registries(key, entry) if key in ("registries", "namedRegistries") else ():
            declared.update([place.name] if isinstance(place, Link) else place.names.values())
            yield place
    for key, entry in list_pairs(root):
        if key == "_auth":
            yield from _list_logins(entry, declared)


def _list_registries(name: str, top: Entry) -> Iterator[Section | Link]:
    """Yield the parts of ``registries`` or ``namedRegistries``: a URL for each scope, or settings for each URL."""
    pairs = list(_list_plain_pairs(top.value))
    routes = {key for key, entry in pairs if entry.value.resolved.kind == SCALAR}
    names = {key: _name_route(key) if name == "registries" else LINK for key in routes}
    yield Section(top.value, (name,), names, top.head.end)
    for key, entry in pairs:
        if entry.value.resolved.kind != MAPPING:
            continue
        prefix, url = make_key(key), entry.head.resolved
        yield Link(f"{prefix}:registry", (name, key), url)
        fields = [field for field, _entry in _list_plain_pairs(entry.value)]
        names = {field: f"{prefix}:{field}" for field in fields if is_login_field(f"{prefix}:{field}")}
        yield Section(entry.value, (name, key), names, entry.head.end)
        for field, scopes in _list_plain_pairs(entry.value):
            if field == "scopes" and scopes.value.resolved.kind == SEQUENCE:
                for item in scopes.value.resolved.entries:
                    scope = item.value.resolved.text or ""
                    yield Link(_name_route(scope), (name, key, field, scope), url, item)


def _list_logins(top: Entry, declared: set[str]) -> Iterator[Section | Link]:
    """Yield the parts of ``_auth``. A login also sets the registry of a scope that has none declared."""
    for key, entry in _list_plain_pairs(top.value):
        prefix, url = _escape(make_key(key)), entry.head.resolved
        yield Link(f"{prefix}:registry", ("_auth", key), url)
        yield Section(entry.value, ("_auth", key), {"authToken": f"{prefix}:_authToken"}, entry.head.end)
        for scope, login in _list_plain_pairs(entry.value):
            if login.value.resolved.kind == MAPPING:
                pairs = list(_list_plain_pairs(login.value))
                path = ("_auth", key, scope)
                holds_token = any(field == "authToken" and item.value.resolved.text for field, item in pairs)
                if holds_token and _name_route(scope) not in declared:
                    # This mapping exists only as long as the token.
                    yield Link(_name_route(scope), path, url)
                of_scope = "" if scope == _NO_SCOPE else f"{_escape(scope)}:"
                yield Section(login.value, path, {"authToken": f"{prefix}:{of_scope}_authToken"}, login.head.end)


def _list_plain_pairs(node: Node | None) -> Iterator[tuple[str, Entry]]:
    """:raises StoreError: the mapping has a merge key."""
    for key, entry in list_pairs(node):
        if key == "<<":
            raise StoreError(f"line {entry.head.line}: unsupported YAML merge key")
        yield key, entry


def _name_route(scope: str) -> str:
    return "registry" if scope in (_NO_SCOPE, "default") else f"{scope}:registry"


def _escape(key: str) -> str:
    """Escape a key so that ``expand`` does not change it."""
    return key.replace("${", "\\${")


_DIALECT = Dialect(_HINT, _list_places, _SECRETS)
#: See ``settings.Format``; ``parse_all`` also reads a file without credentials.
parse_settings, parse_all, remove = _DIALECT.parse_settings, _DIALECT.parse_all, _DIALECT.remove
