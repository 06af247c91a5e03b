# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ask the registries that a token can belong to, one after the other, to revoke it.

Private to this collection. A registry is asked only if a client would send it the token and if the account's own
files, the host's or the operator name it. Registries that only a project names are reported.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer, WouldAsk, show
from ansible_collections.npmops.auth.plugins.module_utils._logout.around import LateSurroundings
from ansible_collections.npmops.auth.plugins.module_utils._logout.verdicts import (
    NOT_LOOKED_UP,
    PENDING_VERDICT,
    PROTECTED_VERDICT,
    foretell,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries, drop_same
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._options import LogoutOptions
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    FAILED,
    INEFFECTIVE,
    UNRESOLVED,
    Verdict,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Target
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Sessions
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import enumerate_names
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Elsewhere, Hidden
    from ansible_collections.npmops.auth.plugins.module_utils._registry.sessions import Way

# These outcomes show that the registry knew the token: no other one has to be asked. A success alone does not show it:
# Verdaccio reports success for any token.
_KNEW_IT = frozenset({CONFIRMED, INEFFECTIVE})
# The time limit for one token at all of its registries.
_MOST_SECONDS = 120.0
_ASSUMED = " No file names the scheme: https assumed."


class _Inquiry:
    """The verdicts of several registries on one token."""

    def __init__(self) -> None:
        self.refused: list[tuple[Registry, Verdict]] = []
        self.accepted: list[tuple[Registry, Verdict]] = []
        self.failed: list[tuple[Registry, Verdict]] = []
        self.until = time.monotonic() + _MOST_SECONDS

    @property
    def keys(self) -> set[str]:
        return {registry.key for registry, _verdict in (*self.refused, *self.accepted, *self.failed)}


class Revoker:
    """Revokes each token once."""

    def __init__(
        self, options: LogoutOptions, check_mode: bool, conceal: Callable[[str], str], surroundings: LateSurroundings
    ) -> None:
        self._options = options
        self._check_mode = check_mode
        self._verdicts: dict[tuple[Way, Secret], Verdict] = {}
        self._sessions = Sessions(options.connection, conceal)
        self._surroundings = surroundings
        self._gathered: list[tuple[OpenStore, Target]] = []
        self._together: dict[Way, dict[Secret, None]] | None = None
        self._asked_together: set[tuple[Way, Secret]] = set()
        self._doubts: list[str] = []

    @property
    def warnings(self) -> Sequence[str]:
        return (*self._sessions.warnings, *self._doubts)

    def require_library(self, targets: Sequence[Target], stray: Secret | None) -> None:
        """:raises MissingLibrary: a token is to be revoked, and ``requests`` is missing."""
        asking = any(target.outcome is None and target.registry for target in targets)
        if not asking and (stray is None or self._options.selection.revoke == "never"):
            return
        if self._check_mode:
            self._sessions.foresee_library()
            return
        from ansible_collections.npmops.auth.plugins.module_utils._registry import client

        client.require_requests()

    def gather(self, targets: Iterable[tuple[OpenStore, Target]]) -> None:
        """Record the tokens of the run, since some registries revoke many with one request."""
        self._gathered = [(found, target) for found, target in targets if target.outcome is None]

    def decide(self, found: OpenStore, target: Target) -> tuple[Registry | None, Verdict]:
        """Return the verdict on a target, and the registry that gave it, if one was asked."""
        credential = target.credential
        token = credential.secret
        if target.outcome == UNRESOLVED and credential.unset and found.store.level == PROJECT:
            return None, self._say_not_resolved(found, target)
        if target.outcome is not None or token is None:
            return None, foretell(target, self._options.driver)
        registries = self._list_registries(found, target)
        if not registries and not found.store.said:
            return None, _say_no_registry(found, target)
        try:
            return self._ask_all(found, target, token, registries)
        except WouldAsk:
            return next(iter(registries), None), PENDING_VERDICT

    def revoke_stray(self, token: Secret, opened: Sequence[OpenStore]) -> Verdict | None:
        """Revoke a token that is in no file.

        :param opened: the files, whose URLs may require https for its registry.
        """
        selection = self._options.selection
        if fingerprint(token) in selection.protected:
            return PROTECTED_VERDICT
        if selection.registry is None or selection.revoke == "never":
            return None
        (account,), _absent = find_accounts(None)
        registry = selection.registry
        for found in opened:
            if found.store.level != PROJECT:
                registry = Registries(found.readings, found.defaults).secure(registry)
        until = time.monotonic() + _MOST_SECONDS
        try:
            return self._ask(registry, _Origin(account, (), ()), token, until)
        except WouldAsk:
            return PENDING_VERDICT

    def close(self) -> None:
        self._sessions.close()

    def _list_registries(self, found: OpenStore, target: Target) -> tuple[Registry, ...]:
        """Return the registries to ask: the one that the operator named, then those of ``list_asked``."""
        selection = self._options.selection
        named = target.registry if selection.registry and (target.on_path or selection.token) else None
        asked = self._surroundings.get().list_asked(found, target.credential)
        likely = target.registry.key if target.registry else None
        # Not as in the plan, which does not know all schemes.
        first = [named] if named else [item for item in asked if item.key == likely]
        return drop_same([*first, *asked])

    def _ask_all(
        self, found: OpenStore, target: Target, token: Secret, registries: Iterable[Registry]
    ) -> tuple[Registry | None, Verdict]:
        inquiry = _Inquiry()
        knew = self._ask_each(found, target, token, registries, inquiry)
        if knew:
            return knew
        around = self._surroundings.get()
        elsewhere = around.find_elsewhere(found, target.credential, thorough=True)
        trusted, rest = around.part_trusted(
            found, target.credential, (item for item in elsewhere if item.registry.key not in inquiry.keys)
        )
        knew = self._ask_each(found, target, token, drop_same(trusted), inquiry)
        return knew or self._conclude(found, target, inquiry, rest, around.find_hidden(found, target.credential))

    def _ask_each(
        self, found: OpenStore, target: Target, token: Secret, registries: Iterable[Registry], inquiry: _Inquiry
    ) -> tuple[Registry, Verdict] | None:
        """:returns: the registry that knew the token and its verdict; other verdicts are added to ``inquiry``."""
        origin = _find_origin(found, target)
        for registry in registries:
            if time.monotonic() > inquiry.until:
                detail = f"{self._sessions.show(registry)} was not asked: time limit reached."
                verdict = Verdict(FAILED, detail, "Run again.")
            else:
                verdict = self._ask(registry, origin, token, inquiry.until)
            if verdict.outcome in _KNEW_IT:
                return registry, verdict
            if verdict.outcome == ALREADY_INVALID:
                inquiry.refused.append((registry, verdict))
            elif verdict.outcome == ACCEPTED:
                inquiry.accepted.append((registry, verdict))
            else:
                inquiry.failed.append((registry, self._say_assumed(found, registry, verdict)))
        return None

    def _conclude(
        self, found: OpenStore, target: Target, inquiry: _Inquiry, rest: Sequence[Elsewhere], hidden: Sequence[Hidden]
    ) -> tuple[Registry | None, Verdict]:
        """Return the verdict if no registry has shown that it knew the token."""
        if inquiry.accepted:
            registry, verdict = inquiry.accepted[0]
            detail = verdict.detail + self._say_without_answer(inquiry)
            # The advice stays, since another run may not find the token.
            told = self._add_unasked(verdict._replace(detail=detail), rest, hidden)._replace(by_hand=verdict.by_hand)
            self._note_accepted(found, target, verdict, told)
            return registry, told
        if inquiry.failed:
            registry, verdict = inquiry.failed[0]
            return registry, self._add_unasked(verdict, rest, hidden)
        if not inquiry.refused:
            return None, self._add_unasked(Verdict(FAILED, "The token was not sent to any registry."), rest, hidden)
        registries = [registry for registry, _verdict in inquiry.refused]
        names = enumerate_names([self._sessions.show(registry) for registry in registries])
        detail = f"{names} already rejected the token when first asked."
        if any(self._is_assumed(found, registry) for registry in registries):
            detail += _ASSUMED
        first = inquiry.refused[0][1]
        verdict = Verdict(
            FAILED if rest or hidden else ALREADY_INVALID,
            detail,
            kind=first.kind,
            expires=first.expires,
            own_connection=any(verdict.own_connection for _registry, verdict in inquiry.refused),
        )
        return registries[0], self._add_unasked(verdict, rest, hidden)

    def _say_without_answer(self, inquiry: _Inquiry) -> str:
        """Name the registries without a usable answer, if another one reported success."""
        if not inquiry.failed:
            return ""
        names = enumerate_names([self._sessions.show(registry) for registry, _verdict in inquiry.failed])
        detail = inquiry.failed[0][1].detail
        return f" A client may also send the token to {names}, which gave no usable response. {detail}"

    def _note_accepted(self, found: OpenStore, target: Target, verdict: Verdict, told: Verdict) -> None:
        """Warn that success proves nothing if the token may belong to a registry that gave no answer."""
        if told.detail != verdict.detail and allows_removal(ACCEPTED, self._options.selection.revoke):
            self._doubts.append(f"{show(found.store.path)} line {target.credential.line}: {told.detail}")

    def _add_unasked(self, verdict: Verdict, rest: Sequence[Elsewhere], hidden: Sequence[Hidden]) -> Verdict:
        if hidden:
            detail = verdict.detail
            lower = "a file with lower precedence"
            lines = [f"{show(item.path) or lower} line {item.line}" for item in hidden if item.line]
            if lines:
                places = enumerate_names(lines)
                detail += f" A client may also send the token to another registry, which a variable names ({places})."
            detail += "".join(f" {item.unread}" for item in hidden if item.unread)
            advice = "Run again with the options token and registry."
            verdict = verdict._replace(detail=detail, by_hand=advice)
        return self._add_elsewhere(verdict, rest)

    def _add_elsewhere(self, verdict: Verdict, rest: Sequence[Elsewhere]) -> Verdict:
        projects = [(item, f"{show(item.path)} line {item.line}") for item in rest if not item.variable]
        variables = [
            (item, show_variable(item.variable) + (f", {show(item.path)} line {item.line}" if item.path else ""))
            for item in rest
            if item.variable
        ]
        for who, places in (("a project's file", projects), ("the environment", variables)):
            if places:
                named = enumerate_names([f"{self._sessions.show(item.registry)} ({place})" for item, place in places])
                detail = (
                    f"{verdict.detail} A client may also send the token to {named}. No request was sent there, "
                    f"because only {who} names it."
                )
                advice = "If you trust that registry, add it to trusted_registries or set registry, then run again."
                verdict = verdict._replace(detail=detail, by_hand=advice)
        return verdict

    def _say_assumed(self, found: OpenStore, registry: Registry, verdict: Verdict) -> Verdict:
        if not self._is_assumed(found, registry):
            return verdict
        return verdict._replace(detail=verdict.detail + _ASSUMED)

    def _is_assumed(self, found: OpenStore, registry: Registry) -> bool:
        is_named = registry == self._options.selection.registry or registry in self._options.trusted
        return not is_named and self._surroundings.get().is_assumed(found, registry)

    def _say_not_resolved(self, found: OpenStore, target: Target) -> Verdict:
        names = ", ".join(dict.fromkeys(show_variable(name) for name in target.credential.unset))
        where = self._sessions.show(target.registry) if target.registry else "the registry of this credential"
        if self._surroundings.get().may_look_up(found, target.credential):
            return foretell(target, self._options.driver)
        detail = (
            f"The secret is in the environment variable {names}. {NOT_LOOKED_UP}, because only this project's "
            f"file names {where}."
        )
        advice = (
            f"If you trust {where}, add it to trusted_registries and run again. Otherwise revoke the token in {names} "
            "by hand."
        )
        return Verdict(UNRESOLVED, detail, advice)

    def _ask(self, registry: Registry, origin: _Origin, token: Secret, until: float) -> Verdict:
        """Return the verdict of one registry.

        :param until: the time limit of the credential, on the monotonic clock.
        :raises WouldAsk: check mode, and the verdict needs a request.
        """
        from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import (
            foretell_verdict,
            say_unreachable,
        )

        if self._check_mode:
            selection = self._options.selection
            return foretell_verdict(registry, token, revoke=selection.revoke, options=self._options.driver)
        way: Way | None = None
        try:
            # An account's own proxy, or a server that its CA certificates admit, may answer instead of the registry:
            # the answer applies to that account alone.
            way = self._find_way(registry, origin)
            known = self._verdicts.get((way, token))
            if known is None or (known.outcome == FAILED and (way, token) not in self._asked_together):
                known = self._ask_once(registry, way, token, until)
        except NoAnswer as problem:
            known = say_unreachable(registry, str(problem), token, self._options.driver)
        return known._replace(own_connection=way is not None and way[1].owner is not None)

    def _ask_once(self, registry: Registry, way: Way, token: Secret, until: float) -> Verdict:
        """:raises NoAnswer: the registry cannot be reached."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import revoke_token, revoke_tokens

        revoke, timeout = self._options.selection.revoke, self._options.verify_timeout
        options = self._options.driver
        tokens = self._list_together(registry, way, token)
        if len(tokens) > 1:
            verdicts = self._sessions.ask(
                way,
                lambda client: revoke_tokens(client, tokens, revoke=revoke, verify_timeout=timeout, options=options),
            )
            self._asked_together.update((way, item) for item in tokens)
            self._verdicts.update({(way, item): verdict for item, verdict in zip(tokens, verdicts)})
        else:
            self._verdicts[way, token] = self._sessions.ask(
                way,
                lambda client: revoke_token(
                    client,
                    token,
                    revoke=revoke,
                    verify_timeout=timeout,
                    options=options,
                    most_seconds=until - time.monotonic(),
                ),
                lambda verdict: verdict.outcome == FAILED,
            )
        return self._verdicts[way, token]

    def _list_together(self, registry: Registry, way: Way, token: Secret) -> list[Secret]:
        """Return the tokens to revoke with one request: this one, and others if the registry's API accepts them."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import takes_many

        if not takes_many(registry, self._options.driver.registry_kind):
            return [token]
        if self._together is None:
            self._together = self._gather_by_way()
        return [
            token,
            *(item for item in self._together.get(way, {}) if item != token and (way, item) not in self._verdicts),
        ]

    def _gather_by_way(self) -> dict[Way, dict[Secret, None]]:
        """Return the tokens for which one request can revoke many, by connection."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import takes_many

        found: dict[Way, dict[Secret, None]] = {}
        for opened, target in self._gathered:
            secret = target.credential.secret
            for registry in self._list_registries(opened, target) if secret else ():
                if secret and takes_many(registry, self._options.driver.registry_kind):
                    with contextlib.suppress(NoAnswer):
                        found.setdefault(self._find_way(registry, _find_origin(opened, target)), {})[secret] = None
        return found

    def _find_way(self, registry: Registry, origin: _Origin) -> Way:
        """:raises NoAnswer: a file for the connection, such as ``cafile``, cannot be read."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import share_issuer

        driver = self._options.driver
        shared = share_issuer(registry, driver.registry_kind, issuer_api=driver.issuer_api)
        return self._sessions.find_way(shared, origin.account, origin.readings, origin.defaults)


class _Origin(NamedTuple):
    """The account whose connection is used, and the settings that its clients use to reach registries."""

    account: Account
    readings: Sequence[Reading]
    defaults: Sequence[Reading]


def _find_origin(found: OpenStore, target: Target) -> _Origin:
    from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import is_from_outside

    # A secret from outside a project must not be sent with the project's proxy or certificates.
    own = () if is_from_outside(found, target.credential) else found.readings
    return _Origin(found.store.account, own, found.defaults)


def _say_no_registry(found: OpenStore, target: Target) -> Verdict:
    """Return the verdict on a token whose key names no registry, or only by an unset variable."""
    from ansible_collections.npmops.auth.plugins.module_utils._npm.unknown import (
        list_unset_in_names,
        list_unset_in_registry,
    )

    names = list_unset_in_names(target.credential, found.store.form, found.store.environment)
    linked = list_unset_in_registry(target.credential, (*found.defaults, *found.readings))
    if linked:
        said = ", ".join(map(show_variable, linked))
        detail = f"The registry of the token is given by {said}, whose value is not known. No request was sent."
        return Verdict(FAILED, detail, "Run again with the options token and registry.")
    if not names:
        detail = (
            "No client sends this token, because the name of its setting does not contain a valid registry address."
        )
        return Verdict(FAILED, detail, "Revoke the token where it was created, then remove the line.")
    variables = ", ".join(map(show_variable, names))
    detail = (
        f"The name of the setting refers to {variables}, whose value is not known, so the registry of the token is not "
        "known either. No request was sent."
    )
    return Verdict(FAILED, detail, "Run again with the options token and registry.")
