# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Update the state of a run between two steps of a role.

Private to this collection. Pure. Each function returns the state with the results of the last step and with the hosts
of the next step under ``next``. The roles keep the state in one fact, so that a step needs only one task.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Dict

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError, NpmopsError, show
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED
from ansible_collections.npmops.auth.plugins.plugin_utils._clearing import list_clearable
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import REVOKE, STUCK, describe
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet import choose as choose_hosts
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import build_report
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import Run
from ansible_collections.npmops.auth.plugins.plugin_utils._gather import CLEAR, INFO, LOGIN, LOGOUT, OTHER, gather
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts, read_time
from ansible_collections.npmops.auth.plugins.plugin_utils._rotation import hold_back, plan_rotation, say_missing
from ansible_collections.npmops.auth.plugins.plugin_utils._undone import list_undone

State = Dict[str, Any]
#: Takes the names of hosts and of a registered variable; returns what each host registered.
Fetch = Callable[[Collection[str], str], Mapping[str, Any]]

#: The variables with which one host decides for all, in the order of the label of an audit.
_ONE_VALUE = ("npm_auth_registry", "npm_auth_fingerprints", "npm_auth_token", "npm_auth_revoke", "npm_auth_attempts")
_PLAIN_NAME = re.compile(r"[0-9A-Za-z_][0-9A-Za-z_.-]*\Z")


@dataclass(frozen=True)
class Settings:
    """The variables of a role that its steps need.

    :ivar registry: the registry to process; None for all.
    :ivar fingerprints: the tokens to process; None for all.
    :ivar users: the named accounts of an offboarding. At least one host must have one of them.
    :ivar new: the fingerprint of the new token of a rotation.
    """

    job: str
    now: str
    check_mode: bool = False
    registry: Registry | None = None
    fingerprints: frozenset[str] | None = None
    users: tuple[str, ...] = ()
    revoke: str = CONFIRMED
    attempts: int = 3
    new: str | None = None
    levels: frozenset[str] = frozenset()
    version: str | None = None


def _start(began: str) -> State:
    return {
        "began": began,
        "mistake": "",
        "fleet": {},
        "protected": [],
        "choice": {},
        "revoking": False,
        "clearing": [],
        "rotation": {},
        "complete": False,
        "tidying": {},
        "undone": {},
        "next": [],
    }


def collect_found(
    began: str,
    fetch: Fetch,
    settings: Settings,
    batch: Sequence[str],
    others: Sequence[str],
    protects: Mapping[str, Any],
) -> State:
    """Collect the audits. In a play with ``serial``, audits of other batches are out of date and not used.

    :param protects: for each host the fingerprints that its variables protect.
    :raises NpmopsError: a host of the batch was not audited.
    """
    audits = fetch(batch, "__npm_auth_audit")
    _require_all(audits)
    _require_same_values(audits, began)
    fleet = gather({}, dict.fromkeys(others), INFO, protected=protects)
    fleet = gather(
        fleet,
        audits,
        INFO,
        registry=settings.registry,
        fingerprints=settings.fingerprints,
        new=settings.new,
        protected=protects,
    )
    mistake = _find_mistake(fleet.values(), settings.users)
    protected = {item for record in fleet.values() for item in record["protected"]}
    if settings.new:
        protected.add(settings.new)
    return {**_start(began), "fleet": fleet, "protected": sorted(protected), "mistake": mistake}


def _require_all(audits: Mapping[str, Any]) -> None:
    """Refuse to decide for a host that is still to be audited, or that a condition of the role leaves out."""
    missing = [name for name, audit in audits.items() if audit is None or audit.get("skipped")]
    if missing:
        raise NpmopsError(
            f"the host {show(missing[0])} was not searched. The role needs the strategy linear, and processes all "
            "hosts of its play: name these hosts in the play, and not in a condition of the role."
        )


def _require_same_values(audits: Mapping[str, Any], began: str) -> None:
    """Refuse to decide for hosts whose own variables select something else, or whose audit is of another run.

    The label of an audit has a hash of each variable in ``_ONE_VALUE``, and the time at which the run began.
    """
    labels = {name: str(audit["label"]).split(" ") for name, audit in audits.items() if audit.get("label")}
    _require_all(
        {name: None if read_time(label[-1], "label") != began else audits[name] for name, label in labels.items()}
    )
    first = next(iter(labels), "")
    for name, label in labels.items():
        for variable, one, other in zip(_ONE_VALUE, labels[first], label):
            if one != other:
                raise NpmopsError(
                    f"{variable} differs between {show(first)} and {show(name)}: set one value for all hosts, or run "
                    "once for each group of hosts with the same value."
                )


def choose(state: State, settings: Settings) -> State:
    """Choose the host that revokes each token, and those that may remove their copies."""
    hosts = read_hosts(state["fleet"])
    rulings = choose_hosts(
        hosts, protected=state["protected"], revoke=settings.revoke, attempts=settings.attempts, comments=True
    )
    choice = describe(hosts, rulings, comments=True)
    revoking = any(token["decision"] == REVOKE for token in choice["tokens"])
    return {**state, "choice": choice, "revoking": revoking, "next": name_hosts(_list_hosts(choice, "revoke"))}


def collect_revoked(state: State, fetch: Fetch, settings: Settings) -> State:
    """Collect the results of the chosen hosts, and choose again for tokens that could not be revoked."""
    if not state["revoking"]:
        return {**state, "next": []}
    calls = state["choice"]["hosts"]
    results = fetch(_list_hosts(state["choice"], "revoke"), "__npm_auth_revoked")
    fleet = gather(state["fleet"], results, LOGOUT, at=settings.now, calls=calls)
    return choose({**state, "fleet": fleet}, settings)


def decide_removal(state: State, settings: Settings) -> State:
    """Decide what can be removed: copies of revoked tokens, and credentials that are not tokens."""
    unfinished = [item for item in state["choice"]["tokens"] if item["decision"] in (REVOKE, STUCK)]
    removing = _list_hosts(state["choice"], "remove")
    if settings.new:
        # While an old token is valid, only its removal may change its file. In check mode no file has the new token
        # yet.
        tidy = {} if settings.check_mode or unfinished else state["rotation"]["tidy"]
        tidying = {name: places for name, places in tidy.items() if places}
        return {**state, "tidying": tidying, "next": name_hosts([*removing, *tidying])}
    clearing = list_clearable(read_hosts(state["fleet"]), {str(item["fingerprint"]) for item in unfinished})
    return {**state, "clearing": clearing, "next": name_hosts([*removing, *clearing])}


def collect_removed(state: State, fetch: Fetch, settings: Settings) -> State:
    """Collect the results of the removal, build the report, and find the unfinished work on each host."""
    fleet = state["fleet"]
    for names, variable, kind in (
        (_list_hosts(state["choice"], "remove"), "__npm_auth_removed", LOGOUT),
        (state["clearing"], "__npm_auth_cleared", CLEAR),
        (list(state["tidying"]), "__npm_auth_tidied", OTHER),
    ):
        if names:
            fleet = gather(fleet, fetch(names, variable), kind, at=settings.now)
    hosts = read_hosts(fleet)
    began = read_time(state["began"], "began")
    run = Run(settings.job, settings.check_mode, began, settings.now, settings.version, settings.levels, settings.new)
    undone = list_undone(hosts, settings.job, settings.revoke, state["protected"])
    return {
        **state,
        "fleet": fleet,
        "undone": undone,
        "report": build_report(hosts, run, state["protected"]),
        "report_name": f"{settings.job}-{re.sub('[-:]', '', state['began'])}",
        "next": name_hosts(undone),
    }


def plan_logins(state: State, settings: Settings) -> State:
    """Find the files that get the new token in addition to the old one."""
    rotation = _plan(state, settings)
    return {**state, "rotation": rotation, "next": name_hosts(rotation["files"])}


def check_logins(state: State, fetch: Fetch, settings: Settings) -> State:
    """Check whether every host has the new token, and find the files that can contain only one token."""
    fleet = gather(state["fleet"], fetch(list(state["rotation"]["files"]), "__npm_auth_logged_in"), LOGIN)
    state = {**state, "fleet": fleet}
    rotation = _plan(state, settings)
    complete = not rotation["missing"]
    following = rotation["others"] if complete else ()
    return {**state, "rotation": rotation, "complete": complete, "next": name_hosts(following)}


def check_replaced(state: State, fetch: Fetch, settings: Settings) -> State:
    """Decide whether the old tokens may be revoked. From here on the run has only these and the new one."""
    if state["complete"]:
        results = fetch(list(state["rotation"]["others"]), "__npm_auth_replaced")
        state = {**state, "fleet": gather(state["fleet"], results, LOGIN)}
    rotation = _plan(state, settings)
    complete = not rotation["sentence"]
    state = {**state, "fleet": rotation.pop("fleet"), "rotation": rotation, "complete": complete, "next": []}
    return choose(state, settings) if complete else state


def name_hosts(names: Collection[str]) -> list[str]:
    """List hosts as a play names them. A name that is not a valid pattern becomes a regular expression.

    Other hosts that match the expression have nothing to do.
    """
    return [
        name if _PLAIN_NAME.match(name) else f"~^{re.sub('[^0-9A-Za-z_-]', '.', name)}$"
        for name in dict.fromkeys(names)
    ]


def _plan(state: State, settings: Settings) -> State:
    if settings.registry is None or settings.new is None:
        raise InputError("registry", "is required for a rotation, and so is the fingerprint of the new token")
    protected = frozenset(state["protected"])
    rotation = plan_rotation(state["fleet"], settings.registry, settings.new, protected)
    sentence = say_missing(rotation.missing or rotation.missing_others, rotation.elsewhere)
    return {
        "files": rotation.stores,
        "others": rotation.others,
        "tidy": rotation.tidy,
        "missing": {**rotation.elsewhere, **rotation.missing},
        "sentence": sentence,
        "fleet": hold_back(rotation.fleet, sentence, settings.new),
    }


def _list_hosts(choice: Mapping[str, Any], part: str) -> list[str]:
    return [name for name, calls in choice.get("hosts", {}).items() if calls[part]]


def _find_mistake(records: Collection[Mapping[str, Any]], users: Sequence[str]) -> str:
    """Return why the run must stop: no host that responded has any of the named accounts."""
    answered = [set(record["absent"]) for record in records if record["info"]]
    if not users or not answered or not all(absent >= set(users) for absent in answered):
        return ""
    return (
        f"No reachable host has an account of npm_auth_users ({', '.join(users)}). Nothing was changed. Check the "
        "spelling, then run again."
    )
