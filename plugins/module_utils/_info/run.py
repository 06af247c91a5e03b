# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the credentials of a host and the findings about them.

Private to this collection. Changes nothing, and asks registries only with the option ``probe``.
"""

from __future__ import annotations

import importlib.util
import pwd
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timezone
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._accounts import (
    Account,
    acting_as,
    find_accounts,
    list_usable,
)
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer, Problem, StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._info.findings import (
    Finding,
    StoreFacts,
    examine,
    examine_expiry,
    make_finding,
    sort_findings,
)
from ansible_collections.npmops.auth.plugins.module_utils._info.git import is_tracked
from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import (
    Found,
    Inventory,
    StoreInventory,
    find_shadows,
)
from ansible_collections.npmops.auth.plugins.module_utils._info.options import InfoOptions
from ansible_collections.npmops.auth.plugins.module_utils._info.residue import find_residue
from ansible_collections.npmops.auth.plugins.module_utils._info.tripwires import find_tripwires
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import COMMENT, TOKEN, Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Elsewhere, Hidden
from ansible_collections.npmops.auth.plugins.module_utils._plan import Target, make_plan
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Sessions
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import (
    find_moves,
    find_stores,
    open_moved,
    warn_of_moves,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import enumerate_names
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import (
    OpenStore,
    Torn,
    has_references,
    list_absent_paths,
    open_stores,
)
from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import warn_of_search
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings, is_from_outside

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Way

# Seconds for the registries of one account, so that a user cannot block the run with very slow ones.
_MOST_SECONDS = 300.0
_NOT_KNOWN: tuple[None, None] = (None, None)
_NOT_ASKED: tuple[None, None, bool] = (None, None, False)
_EVERYTHING = Selection(all_registries=True, comments=True)


def inspect_host(options: InfoOptions) -> Inventory:
    """Run ``npm_credentials_info``.

    :raises InputError: the options do not fit this host.
    :raises MissingLibrary: ``probe`` requires ``requests``, which is not installed.
    """
    named, absent = find_accounts(options.stores.users, options.stores.all_users)
    if options.stores.empty_option:
        return _select_nothing(options, named, absent)
    usable, unusable = list_usable(named)
    accounts = find_moves(usable, options.stores)
    stores = find_stores(accounts, options.stores)
    torn = Torn(is_dry=True)
    torn.finish(stores)
    opened, problems = open_stores(torn.drop_broken(stores))
    moved = open_moved(opened, problems, torn)
    problems = [*unusable, *torn.problems, *problems]
    absent_paths = list_absent_paths(stores, opened, problems) if options.stores.paths is not None else ()
    if ENVIRONMENT in options.stores.clients or has_references(opened):
        from ansible_collections.npmops.auth.plugins.module_utils._stores.references import References

        known = len(torn.problems)
        opened = References(opened, accounts, options.stores, options.trusted, torn).follow()
        problems += torn.problems[known:]
    surroundings = Surroundings(opened, options.trusted, options.stores.exclude)
    opened = [surroundings.resolve_references(found) for found in opened]
    targets = [_find_targets(found, problems, surroundings) for found in opened]
    conceal = Concealer(_collect_secrets(targets))
    prober = _Prober(options, conceal, surroundings)
    listed = [_take_stock(found, its_targets, prober, options) for found, its_targets in zip(opened, targets)]
    prober.close()
    skipped: list[str] = []
    tripwires = find_tripwires(options.tripwires, accounts, skipped)
    return Inventory(
        stores=tuple(find_shadows(listed)),
        findings=sort_findings(
            [*_collect_findings(accounts, opened, targets, problems, conceal), *_examine_expiries(listed)]
        ),
        absent_users=absent,
        warnings=(
            *warn_of_search(accounts, options.stores),
            *torn.warnings,
            *warn_of_moves(accounts, options.stores),
            *moved,
            *prober.warnings,
            *(problem.message for problem in problems),
            *_warn_of_skipped(skipped),
        ),
        conceal=conceal,
        tripwires=tripwires,
        has_requests=importlib.util.find_spec("requests") is not None,
        label=options.label,
        project_registries=_list_project_registries(opened, targets, surroundings),
        absent_paths=absent_paths,
    )


def _list_project_registries(
    opened: Sequence[OpenStore], targets: Sequence[Sequence[Target]], surroundings: Surroundings
) -> tuple[Elsewhere, ...]:
    """Return the registries that would get a credential of these files and that only a project's file names."""
    listed: dict[Elsewhere, None] = {}
    for found, its_targets in zip(opened, targets):
        for credential in {target.credential.key: target.credential for target in its_targets}.values():
            elsewhere = surroundings.find_elsewhere(found, credential, thorough=False)
            rest = surroundings.part_trusted(found, credential, elsewhere)[1]
            listed.update((item, None) for item in rest if not item.variable)
    return tuple(listed)


def _warn_of_skipped(accounts: Sequence[str]) -> Iterator[str]:
    if accounts:
        yield (
            f"The home directories of {enumerate_names([show(name) for name in accounts])} were not searched for "
            "tripwires, because the module cannot act as these accounts."
        )


def _select_nothing(options: InfoOptions, accounts: Sequence[Account], absent: tuple[str, ...]) -> Inventory:
    return Inventory(
        stores=(),
        findings=(),
        absent_users=absent,
        warnings=(),
        tripwires=find_tripwires(options.tripwires, accounts),
        has_requests=importlib.util.find_spec("requests") is not None,
        label=options.label,
        empty_option=options.stores.empty_option,
    )


def _find_targets(found: OpenStore, problems: list[Problem], surroundings: Surroundings) -> tuple[Target, ...]:
    try:

        def look_out(credential: Credential) -> tuple[Registry, ...]:
            return surroundings.list_moved(found, credential, thorough=False)

        return make_plan(found.readings, _EVERYTHING, found.defaults, look_out).targets
    except StoreError as problem:
        store = found.store
        problems.append(Problem(store.account.name, store.path, f"{show(store.path)}, {problem}"))
        return ()


def _take_stock(found: OpenStore, targets: Sequence[Target], prober: _Prober, options: InfoOptions) -> StoreInventory:
    listed = [target for target in targets if options.comments or target.credential.source != COMMENT]
    return StoreInventory(
        store=found.store,
        owner=_name_owner(found.content.owner),
        mode=found.content.mode,
        found=tuple(prober.describe(found, target) for target in listed),
    )


def _collect_findings(
    accounts: Sequence[Account],
    opened: Sequence[OpenStore],
    targets: Sequence[Sequence[Target]],
    problems: Sequence[Problem],
    conceal: Callable[[str], str],
) -> list[Finding]:
    findings = [make_finding("unreadable", problem.path, problem=problem.message) for problem in problems]
    for found, its_targets in zip(opened, targets):
        findings += examine(_collect_facts(found, its_targets))
    tokens = [
        target.credential.secret
        for its_targets in targets
        for target in its_targets
        if target.credential.kind == TOKEN and target.credential.secret
    ]
    findings += find_residue(accounts, _collect_secrets(targets), conceal, tokens)
    return list(dict.fromkeys(findings))


def _examine_expiries(stores: Sequence[StoreInventory]) -> Iterator[Finding]:
    now = datetime.now(timezone.utc)
    for store in stores:
        for item in store.found:
            yield from examine_expiry(store.store.path, item.target.credential.line, item.expires, now)


def _collect_facts(found: OpenStore, targets: Sequence[Target]) -> StoreFacts:
    store, content = found.store, found.content
    with acting_as(store.account):
        tracked = bool(targets) and is_tracked(content.path)
    return StoreFacts(
        path=store.path,
        client=store.client,
        level=store.level,
        mode=content.mode,
        owner=_name_owner(content.owner),
        is_foreign=content.owner not in (store.account.uid, 0),
        is_tracked=tracked,
        readings=found.readings,
        credentials=tuple(target.credential for target in targets),
    )


def _collect_secrets(targets: Sequence[Sequence[Target]]) -> tuple[Secret, ...]:
    found = (target.credential.secret for its_targets in targets for target in its_targets)
    return tuple(dict.fromkeys(secret for secret in found if secret))


def _name_owner(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


class _Prober:
    """Asks registries for the user of each token, once for each token and connection."""

    def __init__(self, options: InfoOptions, conceal: Callable[[str], str], surroundings: Surroundings) -> None:
        self._probe = options.probe
        self._sessions = Sessions(options.connection, conceal)
        self._known: dict[tuple[Way, Secret], tuple[bool | None, str | None]] = {}
        self._spent: dict[str, float] = {}
        self._failure: str | None = None
        self._surroundings = surroundings
        self._driver = options.driver
        # The registry's kind and the token's expiry, as the registry reported them.
        self._told: dict[Secret, tuple[str | None, str | None]] = {}

    @property
    def warnings(self) -> Sequence[str]:
        return self._sessions.warnings

    def describe(self, found: OpenStore, target: Target) -> Found:
        """Describe a credential from its format and its registry's answer."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import foresee

        self._failure = None
        token = target.credential.secret if target.credential.kind == TOKEN else None
        foreseen = foresee(target.registry, token, self._driver)
        alive, identity, own = self.probe(found, target)
        kind, expires = self._told.get(token, (None, None)) if token else (None, None)
        return Found(
            target,
            alive,
            identity,
            own,
            check_failed=self._failure if alive is None else None,
            registry_kind=kind or foreseen.kind,
            expires=expires or foreseen.expires,
        )

    def probe(self, found: OpenStore, target: Target) -> tuple[bool | None, str | None, bool]:
        """Return whether the token is valid, its user, and whether the account's own files set the connection.

        The first is None unless a registry accepts the token or all reject it; the second, unless one accepts it.
        """
        token = target.credential.secret
        if not self._probe or target.credential.kind != TOKEN or token is None:
            return _NOT_ASKED
        registries = self._surroundings.list_asked(found, target.credential)
        first = self._probe_each(found, target, token, registries)
        if first[0]:
            return first
        elsewhere = self._surroundings.find_elsewhere(found, target.credential, thorough=first[0] is False)
        trusted, rest = self._surroundings.part_trusted(found, target.credential, elsewhere)
        hidden = self._surroundings.find_hidden(found, target.credential) if first[0] is False else ()
        self._warn_of_unasked(found, target, rest, hidden)
        second = self._probe_each(found, target, token, trusted) if trusted else first
        if second[0]:
            return second
        is_refused = first[0] is False and second[0] is False and not (rest or hidden)
        return (False if is_refused else None), None, first[2] or second[2]

    def _warn_of_unasked(
        self, found: OpenStore, target: Target, elsewhere: Sequence[Elsewhere], hidden: Sequence[Hidden]
    ) -> None:
        path, line = show(found.store.path), target.credential.line
        for item in elsewhere:
            place = f"a project's file ({show(item.path)} line {item.line}) names it"
            if item.variable:
                where = f" ({show(item.path)} line {item.line})" if item.path else ""
                place = f"the environment variable {show_variable(item.variable)}{where} names it"
            self._sessions.warn(
                f"{self._sessions.show(item.registry)} was not asked about a token in {path}, because only {place}. "
                "If you trust that registry, add it to trusted_registries."
            )
        for place_of in hidden:
            if place_of.unread:
                self._sessions.warn(f"The registry of the token in {path} line {line} is not known. {place_of.unread}")
                continue
            self._sessions.warn(
                f"A client may also send the token in {path} line {line} to another registry, which a variable names "
                f"({show(place_of.path) or 'a file with lower precedence'} line {place_of.line}). No request was sent "
                "there."
            )

    def _probe_each(
        self, found: OpenStore, target: Target, token: Secret, registries: Sequence[Registry]
    ) -> tuple[bool | None, str | None, bool]:
        """Return the answer of the first registry that accepts the token; False if all reject it."""
        # A secret from outside the project must not pass the project's proxy, nor rely on its certificates.
        readings = () if is_from_outside(found, target.credential) else found.readings
        said: list[bool | None] = []
        own = False
        for registry in registries:
            answer = self._probe_one(registry, found, readings, token)
            if answer[0]:
                return answer
            said.append(answer[0])
            own = own or answer[2]
        return (False if said and all(alive is False for alive in said) else None), None, own

    def _probe_one(
        self, registry: Registry, found: OpenStore, readings: Sequence[Reading], token: Secret
    ) -> tuple[bool | None, str | None, bool]:
        name = found.store.account.name
        if not self._has_time(name):
            return _NOT_ASKED
        started = time.monotonic()
        try:
            way = self._sessions.find_way(registry, found.store.account, readings, found.defaults)
            if self._known.get((way, token), _NOT_KNOWN) == _NOT_KNOWN:
                self._known[way, token] = self._ask(way, token)
            if self._known[way, token] == _NOT_KNOWN:
                self._failure = f"{self._sessions.show(registry)} gave no usable response."
            return (*self._known[way, token], way[1].owner is not None)
        except NoAnswer as problem:
            self._failure = f"Cannot reach {self._sessions.show(registry)}: {problem}."
            self._sessions.warn(self._failure)
            return _NOT_ASKED
        finally:
            self._spent[name] = self._spent.get(name, 0) + time.monotonic() - started

    def _has_time(self, name: str) -> bool:
        if self._spent.get(name, 0) < _MOST_SECONDS:
            return True
        self._sessions.warn(
            f"The registries of {name} took longer than {_MOST_SECONDS / 60:g} minutes: some tokens were not checked. "
            "Run again, or select fewer files."
        )
        return False

    def close(self) -> None:
        self._sessions.close()

    def _ask(self, way: Way, token: Secret) -> tuple[bool | None, str | None]:
        """:raises NoAnswer: the registry cannot be reached."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import ALIVE, DENIED, UNKNOWN
        from ansible_collections.npmops.auth.plugins.module_utils._registry.client import require_requests
        from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import ask_who, is_sendable

        require_requests()
        if not is_sendable(token):
            return _NOT_KNOWN
        driver = self._driver
        who = self._sessions.ask(
            way, lambda client: ask_who(client, token, options=driver), lambda who: who.state == UNKNOWN
        )
        if who.state == ALIVE or token not in self._told:
            self._told[token] = (who.kind, who.expires)
        return {ALIVE: True, DENIED: False}.get(who.state), who.name
