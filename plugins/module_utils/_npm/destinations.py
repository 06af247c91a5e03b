# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the registries to which the clients of a file would send a credential.

Private to this collection. Pure. The modules and the fleet's filters use these functions, and `tests/clients` compares
the results with what the real clients send.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import UNSCOPED, Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import (
    PUBLIC_REGISTRY,
    Registry,
    hostname_of,
    is_key_of,
    is_read_key,
    is_same_host,
    is_same_key,
    parse_key,
    parse_registry,
    registry_key_of,
    scope_of_key,
    try_parse_registry,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import PUBLISH, is_link

#: Precedes the names of settings in sections of an .npmrc, where only pnpm sees them.
_IN_SECTION = "[]"
#: How ``Setting.shown`` begins for Yarn 4's settings of a scope and of a registry.
_YARN_SCOPES, _YARN_REGISTRIES = "npmScopes.", "npmRegistries."
#: The same for all settings of Bun's own file.
_BUN = "install."


def concerns(registry_key: str | None, registries: Iterable[Registry], registry: Registry) -> bool:
    """Return whether a credential belongs to the registry that the operator named.

    :param registry_key: the credential's key without a scope, as in ``Registries.find_key`` and the results; empty or
        None if it belongs to a default registry.
    :param registries: the registries to which the clients of its file would send it.
    :param registry: the one that the operator named.
    """
    is_found = bool(registry_key) and is_key_of(str(registry_key), registry)
    return is_found or any(known.key == registry.key for known in registries)


class Registries:
    """The registries that a file names, and those that files of lower levels name where it names none."""

    def __init__(
        self, readings: Sequence[Reading], defaults: Sequence[Reading] = (), beside: Sequence[Reading] = ()
    ) -> None:
        """:param defaults: the settings that the file's client reads at lower levels, the lowest first.

        :param beside: settings of other clients in the home. Only the schemes of their URLs are used.
        """
        own = [item for item in readings if not item.setting.commented]
        self._stored = last_by_name([*defaults, *own])
        self._levels = [_list_links(last_by_name(level)) for level in (own, [*beside, *defaults])]
        self._known: dict[str, list[Registry]] = {}
        for registry in _list_links(self._stored):
            self._known.setdefault(hostname_of(registry.key), []).append(registry)

    def get_default(self) -> Registry:
        """Return npm's ``registry``: the file's, else that of a lower level, else the public one.

        :raises StoreError: the setting is not a URL.
        """
        reading = self._stored.get("registry")
        return self._parse(reading) if reading else parse_registry(PUBLIC_REGISTRY)

    def get_linked(self, scope: str) -> Registry | None:
        """Return the registry that a scope is mapped to, if any.

        :raises StoreError: the scope mapping is not a URL.
        """
        reading = self._stored.get(f"{scope}:registry")
        return self._parse(reading) if reading else None

    def is_default(self, registry: Registry) -> bool:
        try:
            return self.get_default().key == registry.key
        except StoreError:
            return False

    def shares_default_login(self, credential: Credential) -> bool:
        """Return whether npm would use this credential for the default registry."""
        try:
            default = self.get_default()
        except StoreError:
            return False
        return concerns(self.find_key(credential.key, default), self.list_likely(credential), default)

    def find_key(self, key: str, chosen: Registry | None = None) -> str:
        """Return a credential's key without its scope. What looks like pnpm's scope may end a registry's path.

        :param chosen: another registry, which the file need not name.
        """
        named = [*self._known.get(hostname_of(key), ()), *([chosen] if chosen else [])]
        return key if any(is_same_key(key, registry) for registry in named) else registry_key_of(key)

    def locate(self, credential: Credential) -> Registry | None:
        """Return the registry to which a credential most likely belongs; None if no client sends it anywhere."""
        return next(iter(self.list_all(credential)), None)

    def list_likely(self, credential: Credential) -> tuple[Registry, ...]:
        """Return the registries that the credential is meant for."""
        found = self.list_all(credential)
        published = name_published(credential)
        if published:
            # The server of all scopes has a login of its own.
            is_meant = self._lacks_server(credential) or any(name in self._stored for name in published[:2])
            return found if is_meant else found[:1]
        return found[:1] if self.find_key(credential.key) == UNSCOPED else found

    def list_all(self, credential: Credential) -> tuple[Registry, ...]:
        """Return the registries to which a client of the file would send a credential, the most likely first."""
        try:
            key = self.find_key(credential.key)
            if key == UNSCOPED:
                if is_of_default(credential):
                    return (self.secure(self.get_default()),)
                if any(reading.setting.section is not None for reading in credential.readings):
                    return self._list_for_section()
                found = self._list_without_key(scope_of_key(credential.key), is_yarn=_shows(credential, _YARN_SCOPES))
            elif not is_read_key(key):
                return ()
            else:
                found = self._list_with_key(key, is_exact=_shows(credential, _YARN_REGISTRIES))
            published = self._list_published(credential)
            # Without a server, Yarn gets packages from the public registry: less likely.
            return drop_same((*published, *found) if self._lacks_server(credential) else (*found, *published))
        except (InvalidUrl, StoreError):
            return ()

    def is_scheme_assumed(self, registry: Registry) -> bool:
        """Return whether no URL of these files gives the scheme for this host."""
        return not any(known.host == registry.host for level in self._levels for known in level)

    def bring_to_scheme(self, registry: Registry) -> Registry:
        """Return the registry with the scheme that these files give."""
        return Registry(self._find_scheme(registry.key), registry.host, registry.path)

    def can_move(self, credential: Credential) -> bool:
        """Return whether another file can determine the credential's registry."""
        return self.find_key(credential.key) == UNSCOPED or name_moved_scope(credential) is not None

    def list_links(self) -> tuple[Reading, ...]:
        """Return the effective settings that name registries."""
        return tuple(item for item in self._stored.values() if is_link(item.name))

    def list_places(self, credential: Credential) -> tuple[str, ...]:
        """Return the names of the settings that decide a credential's registry; empty: all that ``is_used`` accepts."""
        moved = name_moved_scope(credential)
        if moved:
            return (moved, *name_published(credential))
        if self.find_key(credential.key) != UNSCOPED:
            return ()
        if is_of_default(credential):
            return ("registry",)
        scope = scope_of_key(credential.key)
        return (f"{scope}:registry", "registry") if scope else ("registry", "")

    def can_depend_on_project(self, credential: Credential) -> bool:
        """Return whether a project can name another registry to which a client sends it.

        All clients but Yarn 4 use a login for each registry below its key, and a project can name one there.
        """
        if self.can_move(credential):
            return True
        key = self.find_key(credential.key)
        if not is_read_key(key) or not _shows(credential, _YARN_REGISTRIES):
            return is_read_key(key)
        return not any(is_key_of(key, registry) for registry in self._known.get(hostname_of(key), ()))

    def secure(self, registry: Registry) -> Registry:
        """Return the registry, with https if any URL of its host in these files has https."""
        known = self._known.get(hostname_of(registry.key), ())
        is_secure = any(item.scheme == "https" and item.host == registry.host for item in known)
        return Registry("https", registry.host, registry.path) if is_secure else registry

    def _list_without_key(self, scope: str, *, is_yarn: bool) -> tuple[Registry, ...]:
        """Return the registries for a login without a URL.

        Yarn has such logins for a scope. npm 6 and Yarn send one without a scope to all registries in use.
        """
        if scope:
            default = parse_registry(PUBLIC_REGISTRY) if is_yarn else self.get_default()
            return (self.secure(self.get_linked(scope) or default),)
        links = [
            try_parse_registry(item.value) for item in self._stored.values() if is_link(item.name) and is_used(item)
        ]
        return drop_same(self.secure(registry) for registry in (self.get_default(), *links) if registry)

    def _lacks_server(self, credential: Credential) -> bool:
        key = credential.key
        return self.find_key(key) == UNSCOPED and f"{scope_of_key(key)}:registry" not in self._stored

    def _list_published(self, credential: Credential) -> tuple[Registry, ...]:
        """Return the registry to which Yarn publishes the packages of a scope, with the scope's own login."""
        named = [self._stored[name] for name in name_published(credential) if name in self._stored]
        registry = try_parse_registry(named[0].value) if named else None
        return (self.secure(registry),) if registry else ()

    def _list_for_section(self) -> tuple[Registry, ...]:
        """Return the registries for a login without a URL in a section, which only pnpm sends, to its default."""
        defaults = [self._stored[name] for name in (f"{_IN_SECTION}registry", "registry") if name in self._stored]
        found = map(self._parse, defaults) if defaults else [self.get_default()]
        return drop_same(map(self.secure, found))

    def _list_with_key(self, key: str, *, is_exact: bool) -> tuple[Registry, ...]:
        known = self._known.get(hostname_of(key), ())
        exact = [registry for registry in known if is_same_key(key, registry)]
        using = [] if is_exact else [registry for registry in known if is_key_of(key, registry)]
        found = drop_same(self.secure(registry) for registry in (*exact, *using))
        return found or (parse_key(key, self._find_scheme(key)),)

    def _find_scheme(self, key: str) -> str:
        """Return the scheme of the URLs with the same host and port at the highest level that has one."""
        for level in self._levels:
            schemes = {registry.scheme for registry in level if is_same_host(key, registry)}
            if schemes:
                return "https" if "https" in schemes else "http"
        return "https"

    @staticmethod
    def _parse(reading: Reading) -> Registry:
        where = f"line {reading.setting.line}: the setting {reading.name}"
        if reading.unset:
            raise StoreError(f"{where} refers to an environment variable whose value is not known")
        try:
            return parse_registry(reading.value or "")
        except InvalidUrl as problem:
            raise StoreError(f"{where} {problem}") from None


def is_bound(credential: Credential) -> bool:
    """Return whether the credential's own key alone determines its registry."""
    return credential.key.startswith("//") and not scope_of_key(credential.key)


def is_of_default(credential: Credential) -> bool:
    """Return whether a client sends this login without a registry to the default registry only.

    Bun does so with those of its own file, even for a scope: it does not use the scope mappings of .npmrc for them.
    """
    return _shows(credential, _BUN) or any(reading.of_default for reading in credential.readings)


def name_link(credential: Credential) -> str:
    """Return the setting that names the registry of a login without one."""
    scope = scope_of_key(credential.key)
    return f"{scope}:registry" if scope and not is_of_default(credential) else "registry"


def name_moved_scope(credential: Credential) -> str | None:
    """Return the registry setting of a Yarn scope, which a project can override: Yarn merges its files' scopes."""
    scope = scope_of_key(credential.key)
    return f"{scope}:registry" if scope and _shows(credential, _YARN_SCOPES) else None


def name_published(credential: Credential) -> tuple[str, ...]:
    """Return the settings that name where Yarn publishes the packages of a scope, the first one present counts."""
    moved = name_moved_scope(credential)
    return (moved.replace(":", ":publish:"), PUBLISH, "registry") if moved else ()


def is_used(link: Reading) -> bool:
    """Return whether the setting is a registry beside the default: a scope's, an option's, to publish to, or pnpm's."""
    setting = link.setting
    return link.name.startswith("@") or setting.shown.startswith("--") or setting.section is not None


def _shows(credential: Credential, beginning: str) -> bool:
    return any((item.referrer or item.setting.shown).startswith(beginning) for item in credential.readings)


def _list_links(stored: dict[str, Reading]) -> list[Registry]:
    found = [try_parse_registry(item.value) for item in stored.values() if is_link(item.name)]
    return [registry for registry in found if registry]


def drop_same(registries: Iterable[Registry]) -> tuple[Registry, ...]:
    """Return the first registry of each key."""
    found: dict[str, Registry] = {}
    for registry in registries:
        found.setdefault(registry.key, registry)
    return tuple(found.values())


def last_by_name(readings: Sequence[Reading]) -> dict[str, Reading]:
    return {
        item.name if item.setting.section is None else f"{_IN_SECTION}{item.name}": item
        for item in readings
        if item.value
    }
