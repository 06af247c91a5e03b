# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Decide which credentials of a file to revoke and remove, and what to remove once the outcomes are known.

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
    """A credential of a file, and its registries.

    :ivar registry: where to revoke its token; None if its key names no registry.
    :ivar outcome: the outcome if no request is needed; None for a token that the registry must be asked to revoke.
    :ivar on_path: whether it logs npm in to the selected registry.
    :ivar key: its registry key without a scope; empty for a credential of a default registry.
    :ivar registries: those to which the clients of the file would send it.
    """

    credential: Credential
    registry: Registry | None
    outcome: str | None
    on_path: bool
    key: str = ""
    registries: tuple[Registry, ...] = ()


class StorePlan(NamedTuple):
    """What to do with one credential file.

    :ivar registry: the one selected registry, or None.
    :ivar targets: the selected credentials, in file order.
    :ivar bystanders: the file's other credentials.
    :ivar links: the scope mappings to remove together with the last credential of their registry.
    :ivar readings: all settings; commented-out ones only with the option ``comments``.
    """

    registry: Registry | None
    targets: tuple[Target, ...]
    bystanders: tuple[Target, ...]
    links: tuple[Reading, ...]
    readings: tuple[Reading, ...]


class Settlement(NamedTuple):
    """What to remove from a credential file, given the outcomes.

    :ivar removed: the credentials among the plan's targets to remove.
    :ivar doomed: the settings to remove, with companions and scope mappings.
    :ivar remaining: the URL, or else the key, of each registry that still has a credential in the file.
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
    """Select the credentials of one file to revoke and remove.

    :param readings: the file's top-level settings, including commented-out ones.
    :param defaults: the settings of the host's global npmrc.
    :param elsewhere: the registries to which a client would send a credential because of another file.
    :raises StoreError: the registry to log out of cannot be determined from the file.
    """
    counted = tuple(item for item in readings if selection.comments or not item.setting.commented)
    registries = Registries(counted, defaults)
    registry = _choose_registry(selection, registries)
    # A token given by value is selected wherever it is; the option ``registry`` only says where to revoke it.
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
    """Decide what to remove.

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
    # Without its client certificate, the registry of a kept token could not be asked again.
    removed = [item for item in removed if item.kind != CERTIFICATE or not any(_opens(item, key) for key in kept)]
    return _settle_removal(plan, frozenset(removed))


def is_held_back(credential: Credential, outcome: str, revoke: str) -> bool:
    """Return whether a reference stays because something on this host sets its variable to an unknown value.

    An assignment of such a value stays in any case.
    """
    return (
        outcome == UNRESOLVED
        and bool(credential.set_by)
        and (revoke in (CONFIRMED, ACCEPTED) or bool(credential.set_in))
    )


def list_shared_lines(plan: StorePlan, settlement: Settlement, outcomes: Sequence[str], revoke: str) -> tuple[int, ...]:
    """Return the lines with a removable credential in a value that also contains one that stays."""
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
            if allows_removal(outcome, revoke)
            and target.credential not in settlement.removed
            and not is_held_back(target.credential, outcome, revoke)
            for reading in target.credential.readings
            if reading.value != (reading.setting.value or "").strip() and id(reading.setting) not in unsettled
        )
    )


def _opens(certificate: Credential, key: str) -> bool:
    """Return whether npm presents this certificate to the registry with this key. One without a key goes to all."""
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
    """Return what must stay because another credential of its setting stays: a variable's value, and its fallback."""
    staying = [target.credential for target in plan.targets if target.credential not in removed]
    others = [item.credential for item in plan.bystanders]
    staying += [item for item in others if item.source != ENVIRONMENT]
    held = {id(reading.setting) for credential in staying for reading in credential.readings}
    # A bystander in the environment holds back another value of the variable, but not a fallback in the line.
    shared = {id(reading.setting) for item in others for reading in item.readings if item.source == ENVIRONMENT}
    return {
        item
        for item in removed
        for reading in item.readings
        if id(reading.setting) in held or (item.source == ENVIRONMENT and id(reading.setting) in shared)
    }


def doomed_settings(settlement: Settlement) -> tuple[Setting, ...]:
    """Return the settings to remove from the file."""
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
    # As the operator writes it, so that the fleet's filters, which read no file, select the same credentials.
    named = selection.registry or registry
    if not concerns(registries.find_key(credential.key, named), reached, named):
        return False
    by_scope_alone = selection.scope is not None and selection.registry is None
    if by_scope_alone and not registries.is_default(registry):
        # The default registry's login does not belong to the scope, even if npm's search up the path reaches it.
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
