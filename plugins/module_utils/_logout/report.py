# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe what a run did with each credential file, in the words that all of its results use.

Private to this collection. Pure. Uses only names, places, fingerprints and outcomes, which are not secrets. Text that
a file's owner can choose is made harmless here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account
from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import Problem, show
from ansible_collections.npmops.auth.plugins.module_utils._files.replace import Edit
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import AUTOMATIC, DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    FAILED,
    INEFFECTIVE,
    PROTECTED,
    REVOKED,
    UNSUPPORTED,
    Verdict,
    allows_removal,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Settlement, StorePlan, Target, is_held_back
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url, show_variable
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import enumerate_names

#: The outcomes of tokens that may still be valid, and that `attempted` removes.
PERHAPS_VALID = frozenset({INEFFECTIVE, UNSUPPORTED, FAILED})


class StoreReport(NamedTuple):
    """What was done with one credential file.

    :ivar verdicts: one for each of the plan's targets.
    :ivar other_names: the number of other hard links to the old file.
    :ivar is_stuck: the file could not be edited.
    :ivar is_restored: the edit of an interrupted run was completed before the file was read.
    :ivar remaining_text: the lines that still contain a token of this run outside of credentials.
    """

    account: Account
    client: str
    path: str
    form: Format
    plan: StorePlan
    verdicts: tuple[Verdict, ...]
    settlement: Settlement
    edit: Edit
    other_names: int
    is_stuck: bool = False
    remaining_text: tuple[int, ...] = ()
    is_restored: bool = False


@dataclass(frozen=True)
class Report:
    """What a run did.

    :ivar stray: the token that the playbook gives by value and that is in no credential file, and its verdict.
    :ivar conceal: removes secrets from a name that is not trusted.
    :ivar empty_option: the option whose empty list selects nothing, or None.
    :ivar driver: the options for the kind of registry.
    :ivar absent_paths: those of the option ``paths`` without a file.
    :ivar is_restored: a file was restored before the files were read.
    """

    check_mode: bool
    selection: Selection
    stores: tuple[StoreReport, ...]
    problems: tuple[Problem, ...]
    absent_users: tuple[str, ...]
    stray: tuple[Secret, Verdict] | None
    warnings: tuple[str, ...]
    conceal: Callable[[str], str] = str
    empty_option: str | None = None
    absent_paths: tuple[str, ...] = ()
    # Thousands of credentials can have the same few names.
    _shown: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    driver: DriverOptions = AUTOMATIC
    is_restored: bool = False

    def show_variables(self, credential: Credential) -> str:
        """Return the variables that a credential refers to."""
        names = dict.fromkeys(name for reading in credential.readings for name in reading.references)
        return ", ".join(show_variable(self.conceal(name)) for name in names)

    def show_name(self, name: str) -> str:
        """Return a registry's URL or a setting's name without the secrets in it."""
        if name not in self._shown:
            self._shown[name] = show_url(self.conceal(name))
        return self._shown[name]

    @property
    def changed(self) -> bool:
        return self.is_restored or any(store.edit.changed for store in self.stores)

    @property
    def judged(self) -> tuple[tuple[StoreReport, Target, Verdict], ...]:
        """The credentials that the run was about, and the verdict on each."""
        return tuple(
            (store, target, verdict)
            for store in self.stores
            for target, verdict in zip(store.plan.targets, store.verdicts)
        )

    @property
    def failures(self) -> tuple[str, ...]:
        """Each reason why something was left undone, with its places; empty if everything was done."""
        sentences = [problem.message for problem in self.problems]
        undone = [(say(verdict), locate(store, target)) for store, target, verdict in self.unsettled]
        sentences += [f"{where}: {said}" for said, where in say_once(undone)]
        if self.stray and not is_settled(self.stray[1], self.selection.revoke):
            sentences.append(f"The token {fingerprint(self.stray[0])}: {say(self.stray[1])}")
        return tuple(sentences)

    @property
    def unsettled(self) -> tuple[tuple[StoreReport, Target, Verdict], ...]:
        """The credentials that should have been removed but were not, with their verdicts."""
        return tuple(item for item in self.judged if not self.is_done(*item[1:]))

    def is_done(self, target: Target, verdict: Verdict) -> bool:
        """Return whether the verdict allows the removal of the credential."""
        revoke = self.selection.revoke
        return is_settled(verdict, revoke) and not is_held_back(target.credential, verdict.outcome, revoke)


def list_remaining(report: Report, store: StoreReport) -> tuple[str, ...]:
    """Return the registries that still have credentials in a file.

    An assignment that stays for another registry's credential no longer counts as a login of this one.
    """
    if store.client != ENVIRONMENT or store.is_stuck:
        return store.settlement.remaining
    gone = set(store.settlement.removed)
    for target, verdict in zip(store.plan.targets, store.verdicts):
        whole = all(item.value == str(item.setting.value).strip() for item in target.credential.readings)
        if whole and verdict.outcome != PROTECTED and report.is_done(target, verdict):
            gone.add(target.credential)
    left = [item for item in store.plan.targets + store.plan.bystanders if item.credential not in gone]
    return tuple(dict.fromkeys(item.registry.url if item.registry else item.credential.key for item in left))


def name_registry(report: Report, target: Target) -> str:
    return report.show_name(target.registry.url if target.registry else target.credential.key)


def count_revoked(report: Report) -> int:
    return count_tokens(report, REVOKED)


def count_tokens(report: Report, outcomes: Collection[str]) -> int:
    """Return the number of tokens with one of these outcomes; a token in several places counts once."""
    tokens = {
        (target.registry, target.credential.secret)
        for _store, target, verdict in report.judged
        if verdict.outcome in outcomes
    }
    return len(tokens) + bool(report.stray and report.stray[1].outcome in outcomes)


def is_settled(verdict: Verdict, revoke: str) -> bool:
    return verdict.outcome == PROTECTED or allows_removal(verdict.outcome, revoke)


def say(verdict: Verdict) -> str:
    return f"{verdict.detail} {verdict.by_hand}" if verdict.by_hand else verdict.detail


def locate(store: StoreReport, target: Target) -> str:
    return f"{show(store.path)} line {target.credential.line}"


def locate_lines(store: StoreReport, lines: Collection[int]) -> str:
    return f"{show(store.path)} line{'s' if len(lines) > 1 else ''} {enumerate_names(list(map(str, lines)))}"


def say_once(found: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return each text once, with all its places.

    :param found: pairs of a text and a place.
    """
    places: dict[str, list[str]] = {}
    for said, where in found:
        places.setdefault(said, []).append(where)
    return [(said, enumerate_names(where)) for said, where in places.items()]
