# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the assignments of variables that stay although references to them are removed, and the reasons.

Private to this collection. Pure. See ``report``. Imported only where a credential file refers to a variable.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import NamedTuple, Optional, Tuple

from ansible_collections.npmops.auth.plugins.module_utils._clients import ENVIRONMENT
from ansible_collections.npmops.auth.plugins.module_utils._errors import show
from ansible_collections.npmops.auth.plugins.module_utils._logout.report import (
    Report,
    StoreReport,
    name_registry,
    say_once,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import BASIC
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import ALREADY_INVALID, CONFIRMED, PROTECTED
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from ansible_collections.npmops.auth.plugins.module_utils._stores.nothing import enumerate_names

#: A place where a variable is set, and one with its value.
_Place = Tuple[str, Optional[int]]
_Assignment = Tuple[_Place, Optional[Secret]]


class LeftAssignment(NamedTuple):
    """An assignment that stays although a reference to its variable is removed.

    :ivar line: None for the environment of a process.
    :ivar users: the registries of other credentials that use its value.
    :ivar rejected_by: the registry that now rejects the token, if known.
    :ivar is_part: the value is only a part of a credential.
    """

    variables: str
    path: str
    line: int | None
    users: tuple[str, ...]
    rejected_by: str
    is_part: bool = False

    @property
    def place(self) -> str:
        return f"{show(self.path)} line {self.line}" if self.line else show(self.path)


def find_left_assignments(report: Report) -> list[list[LeftAssignment]]:
    """Return for each file the assignments that stay although references to them are removed."""
    edited = {
        (place, target.credential.secret)
        for store, target, _verdict in report.judged
        if store.client == ENVIRONMENT
        for place in target.credential.set_in
    }
    users = _find_users(report)
    parts = _find_parts(report)
    return [list(dict.fromkeys(_list_of(report, store, edited, users, parts))) for store in report.stores]


def _list_of(
    report: Report,
    store: StoreReport,
    edited: Collection[_Assignment],
    users: Mapping[_Assignment, tuple[str, ...]],
    parts: Collection[_Place],
) -> Iterator[LeftAssignment]:
    places = {place for place, _secret in edited}
    for target, verdict in zip(store.plan.targets, store.verdicts) if store.client != ENVIRONMENT else ():
        for path, line in target.credential.set_in if verdict.outcome != PROTECTED else ():
            key = ((path, line), target.credential.secret)
            others = users.get(key, ()) if report.is_done(target, verdict) else ()
            is_rejected = others and verdict.outcome in (CONFIRMED, ALREADY_INVALID)
            # A login contains a user name, too.
            is_edited = key in edited or (target.credential.kind == BASIC and (path, line) in places)
            if others or not is_edited:
                names = report.show_variables(target.credential)
                rejected_by = name_registry(report, target) if is_rejected else ""
                yield LeftAssignment(names, path, line, others, rejected_by, (path, line) in parts)


def warn_of_assignments(report: Report) -> tuple[list[str], frozenset[tuple[str, int | None]]]:
    """Warn of variables that are still set to a token of this run.

    :returns: warnings, and the paths and lines that stay for other credentials.
    """
    left = dict.fromkeys(item for found in find_left_assignments(report) for item in found)
    told = say_once((_advise(item), item.place) for item in left)
    return [f"{where}: {said}" for said, where in told], frozenset(
        (item.path, item.line) for item in left if item.users
    )


def _find_users(report: Report) -> dict[_Assignment, tuple[str, ...]]:
    """Return the registries of the credentials that stay, by the assignments of their values."""
    found: dict[_Assignment, dict[str, None]] = {}
    for store in report.stores:
        judged = zip(store.plan.targets, store.verdicts)
        done = [target.credential for target, verdict in judged if report.is_done(target, verdict)]
        gone = {*store.settlement.removed, *done}
        for target in (*store.plan.targets, *store.plan.bystanders):
            for place in target.credential.set_in if target.credential not in gone else ():
                found.setdefault((place, target.credential.secret), {})[name_registry(report, target)] = None
    return {key: tuple(names) for key, names in found.items()}


def _find_parts(report: Report) -> frozenset[_Place]:
    """Return the places whose values are only parts of credentials."""
    return frozenset(
        place
        for store in report.stores
        for target in (*store.plan.targets, *store.plan.bystanders)
        for reading in target.credential.readings
        for place in (reading.set_in if reading.parts else ())
    )


def _advise(left: LeftAssignment) -> str:
    if not left.line:
        return f"{left.variables} is still set there. Restart the process without it."
    if left.is_part:
        return (
            f"the value of {left.variables} is still set there. A setting combines several parts into one value: "
            "remove it by hand."
        )
    if not left.users:
        return (
            f"{left.variables} is still set there. To remove the assignment, add environment to clients and the level "
            "of the file to levels, or edit the file."
        )
    others = enumerate_names(left.users)
    rejected = f" {left.rejected_by} rejects the token." if left.rejected_by else ""
    return (
        f"{left.variables} is still set there, because a credential for {others} refers to the variable.{rejected} To "
        f"remove the assignment, log out of {others} too."
    )
