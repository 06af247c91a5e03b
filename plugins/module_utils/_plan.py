# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which credentials of a file to revoke and remove, and what may go once the outcomes are known.

Private to this collection. Pure: settings and options in, decisions out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import (
    BASIC,
    CERTIFICATE,
    COMMENT,
    ENVIRONMENT,
    HELPER,
    TOKEN,
    UNSCOPED,
    Credential,
    find_companions,
    find_credentials,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries, concerns
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, is_on_walk, try_parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    CONFIRMED,
    NOT_APPLICABLE,
    PROTECTED,
    SKIPPED,
    UNRESOLVED,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection


class Target(NamedTuple):
    """A credential that the run is about.

    :ivar registry: where its token is to be revoked; None where its key names no registry.
    :ivar outcome: what is known without asking; None for a token that its registry must be asked to end.
    :ivar on_path: it logs npm in to the one registry that the run is about.
    :ivar key: its registry key without a scope; empty for a credential of a default registry.
    :ivar registries: where the clients of the file would send it.
    """

    credential: Credential
    registry: Registry | None
    outcome: str | None
    on_path: bool
    key: str = ""
    registries: tuple[Registry, ...] = ()


class StorePlan(NamedTuple):
    """What to do with one store.

    :ivar registry: the one registry the run is about, or None.
    :ivar targets: in the order of the file.
    :ivar bystanders: the store's other credentials.
    :ivar links: the ``@scope:registry`` settings that go when the last credential of their registry has gone.
    :ivar readings: all settings that count.
    """

    registry: Registry | None
    targets: tuple[Target, ...]
    bystanders: tuple[Target, ...]
    links: tuple[Reading, ...]
    readings: tuple[Reading, ...]


class Settlement(NamedTuple):
    """What goes from a store, now that the outcomes are known.

    :ivar removed: the credentials among the plan's targets that go.
    :ivar doomed: the settings that go, with companions and links.
    :ivar remaining: the URL, or else the key, of each registry that still holds a credential in the store.
    """

    removed: frozenset[Credential]
    doomed: tuple[Reading, ...]
    remaining: tuple[str, ...]


def make_plan(
    readings: Sequence[Reading],
    selection: Selection,
    defaults: Sequence[Reading] = (),
    elsewhere: Callable[[Credential], tuple[Registry, ...]] = lambda _credential: (),
) -> StorePlan:
    """Decide what a run is about in one store.

    :param readings: the store's top-level settings, commented-out ones included.
    :param defaults: the settings of the host's global npmrc.
    :param elsewhere: the registries to which a client would send a credential because of another file.
    :raises StoreError: the registry to log out of is not to be told from the store.
    """
    counted = tuple(item for item in readings if selection.comments or not item.setting.commented)
    registries = Registries(counted, defaults)
    registry = _choose_registry(selection, registries)
    # A token that is given by value is meant wherever it is; a registry beside it says only where to revoke it.
    narrowed = selection.scope is not None or (registry is not None and not selection.token)
    targets: list[Target] = []
    bystanders: list[Target] = []
    for credential in find_credentials(counted):
        reached = (*registries.list_likely(credential), *elsewhere(credential))
        on_path = registry is not None and _concerns(credential, registry, selection, registries, reached)
        target = Target(
            credential,
            registry if registry and (on_path or selection.token) else registries.locate(credential),
            _foresee(credential, selection),
            on_path,
            registries.find_key(credential.key),
            reached,
        )
        wanted = (on_path or not narrowed) and _is_selected(credential, selection)
        (targets if wanted else bystanders).append(target)
    return StorePlan(registry, tuple(targets), tuple(bystanders), _find_links(counted, selection, registry), counted)


def settle(plan: StorePlan, outcomes: Sequence[str], revoke: str) -> Settlement:
    """Decide what goes.

    :param outcomes: one for each of the plan's targets.
    :param revoke: the option of that name.
    """
    kept: set[str] = set()
    removed: list[Credential] = []
    for target, outcome in zip(plan.targets, outcomes):
        if allows_removal(outcome, revoke) and not is_held_back(target.credential, outcome, revoke):
            removed.append(target.credential)
        elif outcome != PROTECTED and target.registry:
            kept.add(target.registry.key)
    # The registry could not be asked again without the certificate that opens its door.
    removed = [item for item in removed if item.kind != CERTIFICATE or not any(_opens(item, key) for key in kept)]
    return _settle_removal(plan, frozenset(removed))


def is_held_back(credential: Credential, outcome: str, revoke: str) -> bool:
    """Whether a reference stays because something on this host sets its variable to a value that is not known."""
    return outcome == UNRESOLVED and bool(credential.set_by) and revoke in (CONFIRMED, ACCEPTED)


def list_shared_lines(plan: StorePlan, settlement: Settlement, outcomes: Sequence[str], revoke: str) -> tuple[int, ...]:
    """The lines with a credential that may go, but is one of several in its value, of which another one stays."""
    pairs = list(zip(plan.targets, outcomes))
    unsettled = {
        id(reading.setting)
        for target, outcome in pairs
        if outcome != PROTECTED and not allows_removal(outcome, revoke)
        for reading in target.credential.readings
    }
    return tuple(
        dict.fromkeys(
            reading.setting.line
            for target, outcome in pairs
            if allows_removal(outcome, revoke) and target.credential not in settlement.removed
            for reading in target.credential.readings
            if reading.value != (reading.setting.value or "").strip() and id(reading.setting) not in unsettled
        )
    )


def _opens(certificate: Credential, key: str) -> bool:
    """Whether npm shows this certificate to the registry with this key. One without a key is shown to all of them."""
    return certificate.key == UNSCOPED or is_on_walk(certificate.key, key)


def _settle_removal(plan: StorePlan, removed: frozenset[Credential]) -> Settlement:
    removed = removed - _find_held(plan, removed)
    remaining = [target for target in plan.targets + plan.bystanders if target.credential not in removed]
    occupied = {_group_of(target.credential) for target in remaining}
    emptied = [credential for credential in removed if _group_of(credential) not in occupied]
    doomed = [reading for credential in removed for reading in credential.readings]
    others_stay = any(target.credential.source != COMMENT for target in remaining)
    doomed += find_companions(plan.readings, emptied, others_stay=others_stay)
    if not any(target.on_path for target in remaining):
        doomed += plan.links
    return Settlement(
        removed,
        tuple(sorted({id(item.setting): item for item in doomed}.values(), key=lambda item: item.setting.line)),
        tuple(dict.fromkeys(target.registry.url if target.registry else target.credential.key for target in remaining)),
    )


def _find_held(plan: StorePlan, removed: frozenset[Credential]) -> set[Credential]:
    """What cannot go because its setting holds a credential that stays: a variable's value, and its fallback."""
    staying = [target.credential for target in plan.targets if target.credential not in removed]
    others = [item.credential for item in plan.bystanders]
    staying += [item for item in others if item.source != ENVIRONMENT]
    held = {id(reading.setting) for credential in staying for reading in credential.readings}
    # What is only in the environment does not go with a fallback in the line, but with another value of the variable.
    shared = {id(reading.setting) for item in others for reading in item.readings if item.source == ENVIRONMENT}
    return {
        item
        for item in removed
        for reading in item.readings
        if id(reading.setting) in held or (item.source == ENVIRONMENT and id(reading.setting) in shared)
    }


def doomed_settings(settlement: Settlement) -> tuple[Setting, ...]:
    """The settings to take out of the file."""
    return tuple(reading.setting for reading in settlement.doomed)


def _choose_registry(selection: Selection, registries: Registries) -> Registry | None:
    if selection.registry:
        return registries.secure(selection.registry)
    if selection.scope:
        linked = registries.get_linked(selection.scope)
        return registries.secure(linked) if linked else None
    if selection.all_registries or selection.token or selection.fingerprints is not None:
        return None
    return registries.secure(registries.get_default())


def _concerns(
    credential: Credential,
    registry: Registry,
    selection: Selection,
    registries: Registries,
    reached: Sequence[Registry],
) -> bool:
    # As the operator writes it, so that the fleet's filters, which know no file, mean the same credentials.
    named = selection.registry or registry
    if not concerns(registries.find_key(credential.key, named), reached, named):
        return False
    by_scope_alone = selection.scope is not None and selection.registry is None
    if by_scope_alone and not registries.is_default(registry):
        # The login of the default registry is none of the scope's, even if the walk up ends there.
        return not registries.shares_default_login(credential)
    return True


def _is_selected(credential: Credential, selection: Selection) -> bool:
    if selection.token and credential.secret != selection.token:
        return False
    if selection.fingerprints is not None and credential.fingerprint not in selection.fingerprints:
        return False
    return credential.kind == TOKEN or not (selection.token or selection.fingerprints is not None)


def _foresee(credential: Credential, selection: Selection) -> str | None:
    if credential.fingerprint in selection.protected:
        return PROTECTED
    if credential.kind == HELPER or credential.unset:
        return UNRESOLVED
    if credential.kind in (BASIC, CERTIFICATE):
        return NOT_APPLICABLE
    return SKIPPED if selection.revoke == "never" else None


def _find_links(readings: Sequence[Reading], selection: Selection, registry: Registry | None) -> tuple[Reading, ...]:
    name = f"{selection.scope}:registry"
    links = [item for item in readings if item.name == name and not item.setting.commented]
    if selection.registry and registry:
        links = [item for item in links if _points_to(item, registry)]
    return tuple(links) if registry else ()


def _points_to(link: Reading, registry: Registry) -> bool:
    linked = try_parse_registry(link.value)
    return linked is not None and linked.key == registry.key


def _group_of(credential: Credential) -> tuple[str, bool]:
    return (credential.key, credential.source == COMMENT)
