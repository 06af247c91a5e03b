# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Build the results of ``npm_credentials_info``.

Private to this collection. Pure. The results contain names, paths and fingerprints, but no secret.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT, LEVELS
from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._info.findings import Finding
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import COMMENT, TOKEN
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Elsewhere
from ansible_collections.npmops.auth.plugins.module_utils._npm.own_variables import check_checksum
from ansible_collections.npmops.auth.plugins.module_utils._plan import Target
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url
from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import (
    name_format,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import say_what_is_absent
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import Store


@dataclass(frozen=True)
class Found:
    """A credential, and what is known about it.

    :ivar alive: True if a registry accepts it, False if all reject it, None if unknown.
    :ivar identity: its user, according to the registry.
    :ivar own_connection: its registry was asked with a proxy, CA certificates or ``strict-ssl=false`` from the
        account's own files.
    :ivar registry_kind: the kind of its registry, reported or predicted.
    :ivar expires: when it expires: ISO 8601, ``never``, or None if unknown.
    :ivar shadowed_by: path of the credential file that overrides it for the same registry.
    :ivar check_failed: why a registry that was asked gave no usable answer.
    """

    target: Target
    alive: bool | None = None
    identity: str | None = None
    own_connection: bool = False
    registry_kind: str | None = None
    expires: str | None = None
    shadowed_by: str | None = None
    check_failed: str | None = None


@dataclass(frozen=True)
class StoreInventory:
    """A credential file and its credentials."""

    store: Store
    owner: str
    mode: int
    found: tuple[Found, ...]


@dataclass(frozen=True)
class Inventory:
    """What was found on a host.

    :ivar label: the option of this name.
    :ivar tripwires: files that indicate malware that reacts to the revocation of a token.
    :ivar has_requests: whether ``requests`` is installed, to ask registries.
    :ivar empty_option: the option whose empty list selects nothing, if any.
    :ivar project_registries: the registries of its credentials that only project files name.
    :ivar absent_paths: paths of the option ``paths`` at which no account has a file.
    """

    stores: tuple[StoreInventory, ...]
    findings: tuple[Finding, ...]
    absent_users: tuple[str, ...]
    warnings: tuple[str, ...]
    conceal: Callable[[str], str] = str
    tripwires: tuple[str, ...] = ()
    label: str | None = None
    has_requests: bool = True
    empty_option: str | None = None
    project_registries: tuple[Elsewhere, ...] = ()
    absent_paths: tuple[str, ...] = ()


def find_shadows(stores: Sequence[StoreInventory]) -> list[StoreInventory]:
    """Mark each credential that a higher level of its client overrides for the same registry."""
    strongest: dict[tuple[str, str, str], StoreInventory] = {}
    for store in stores:
        for item in store.found:
            if item.target.credential.source == COMMENT:
                continue
            key = _place_of(store, item)
            if key not in strongest or _strength(store) > _strength(strongest[key]):
                strongest[key] = store
    return [_mark_shadowed(store, strongest) for store in stores]


def build_info(inventory: Inventory) -> dict[str, Any]:
    """Return the module's results as documented."""
    credentials = [_describe(inventory, store, item) for store in inventory.stores for item in store.found]
    return {
        "changed": False,
        "credentials": credentials,
        "findings": [_describe_finding(finding) for finding in inventory.findings],
        "files": [_describe_store(store) for store in inventory.stores],
        "tripwires": [show(path) for path in inventory.tripwires],
        "has_requests": inventory.has_requests,
        "label": inventory.label,
        "absent_users": [show(name) for name in inventory.absent_users],
        "project_registries": [
            {"registry": show_url(inventory.conceal(item.registry.url)), "path": show(item.path), "line": item.line}
            for item in inventory.project_registries
        ],
        "msg": (
            f"The option {inventory.empty_option} is an empty list, which selects nothing"
            if inventory.empty_option
            else _summarize(len(credentials), len(inventory.stores), len(inventory.findings))
            + say_what_is_absent(inventory.absent_paths, inventory.absent_users)
        ),
    }


def _mark_shadowed(store: StoreInventory, strongest: dict[tuple[str, str, str], StoreInventory]) -> StoreInventory:
    found: list[Found] = []
    for item in store.found:
        other = strongest.get(_place_of(store, item), store)
        stronger = _strength(other) > _strength(store)
        found.append(replace(item, shadowed_by=other.store.path) if stronger else item)
    return replace(store, found=tuple(found))


def _place_of(store: StoreInventory, item: Found) -> tuple[str, str, str]:
    """Return what competing credentials share. The other readers of a host's file are not known here."""
    registry = item.target.registry
    return (store.store.account.name, store.store.client, registry.key if registry else item.target.credential.key)


def _strength(store: StoreInventory) -> int:
    return LEVELS.index(store.store.level)


def _describe(inventory: Inventory, store: StoreInventory, item: Found) -> dict[str, Any]:
    credential, registry = item.target.credential, item.target.registry
    token = credential.secret if credential.kind == TOKEN else None

    def show_name(name: str) -> str:
        return show_url(inventory.conceal(name))

    return {
        "account": store.store.account.name,
        "path": show(store.store.path),
        "line": credential.line,
        "client": store.store.client,
        "level": store.store.level,
        "registry": show_name(registry.url if registry else credential.key),
        "registry_key": show_name(item.target.key) or None,
        "registries": [show_name(registry.url) for registry in item.target.registries],
        "settings": [show_name(name) for name in credential.keys],
        "kind": credential.kind,
        "source": ENVIRONMENT if store.store.client == ENVIRONMENT else credential.source,
        "set_in": [{"path": show(path), "line": line} for path, line in credential.set_in],
        "fingerprint": credential.fingerprint,
        "format": name_format(token) if token else None,
        "checksum_ok": check_checksum(token) if token else None,
        "registry_kind": item.registry_kind,
        "expires": item.expires,
        "alive": item.alive,
        "identity": show(inventory.conceal(item.identity)) if item.identity else None,
        "own_connection": item.own_connection,
        "shadowed_by": show(item.shadowed_by) if item.shadowed_by else None,
        "check_failed": show(inventory.conceal(item.check_failed)) if item.check_failed else None,
    }


def _describe_finding(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "path": show(finding.path),
        "line": finding.line,
        "rule": finding.rule,
        "message": finding.message,
    }


def _describe_store(store: StoreInventory) -> dict[str, Any]:
    return {
        "account": store.store.account.name,
        "path": show(store.store.path),
        "client": store.store.client,
        "level": store.store.level,
        "owner": store.owner,
        "mode": f"{stat.S_IMODE(store.mode):04o}",
        "credentials": len(store.found),
    }


def _summarize(credentials: int, stores: int, findings: int) -> str:
    return (
        f"{_count(credentials, 'credential')} in {_count(stores, 'file')}, {_count(findings, 'finding')}"
        if stores
        else f"No credential file found, {_count(findings, 'finding')}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
