# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Collect the results of a task from all hosts.

Private to this collection. Pure. Combines the results that the tasks of the roles registered on each host into the
mapping that the filters ``choose_hosts``, ``plan_rotation`` and ``report_data`` take. A host that failed or became
unreachable is kept, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Dict

from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import concerns
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, try_parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED, PROTECTED, allows_removal
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import FAILED, OK, SKIPPED, UNREACHABLE

INFO, LOGOUT, LOGIN, OTHER = "info", "logout", "login", "other"
#: The logout in which the roles remove credentials other than tokens.
CLEAR = "clear"
KINDS = (INFO, LOGOUT, LOGIN, OTHER)

Record = Dict[str, Any]


def gather(
    known: Mapping[str, Record],
    results: Mapping[str, Mapping[str, Any] | None],
    kind: str,
    *,
    at: str | None = None,
    calls: Mapping[str, Any] | None = None,
    registry: Registry | None = None,
    fingerprints: Collection[str] | None = None,
    new: str | None = None,
    protected: Mapping[str, Sequence[str]] | None = None,
) -> dict[str, Record]:
    """Add the results of a task to those of earlier tasks.

    :param known: the result of the earlier calls.
    :param results: what the task registered on each host; None where it did not run.
    :param kind: the module of the results: ``info``, ``logout``, ``clear``, ``login`` or ``other``.
    :param at: the time of the results.
    :param calls: the ``hosts`` of the ``choose_hosts`` result for this task.
    :param registry: keep only credentials for this registry. Copies of the tokens that are kept on any host, for other
        registries, are kept apart under ``outside``.
    :param fingerprints: keep only tokens with these fingerprints; None keeps all credentials.
    :param new: the fingerprint of the new token of a rotation. Its copies for other registries are kept apart, too.
    :param protected: for each host the fingerprints that its variables protect.
    """
    add = {INFO: _add_info, LOGOUT: _add_logouts, LOGIN: _add_logins, CLEAR: _add_clearings, OTHER: _add_other}[kind]
    gathered = dict(known)
    for name, result in results.items():
        record = _start(known.get(name))
        if calls:
            record["asked"] = [*record["asked"], *(calls.get(name) or {}).get("revoke", ())]
        items = _list_items(result)
        add(record, items, at)
        lost = next((item for item in items if item.get("unreachable")), None)
        if lost:
            record.update(status=UNREACHABLE, problem=_say(lost))
        if protected:
            record["protected"] = list(protected.get(name) or ())
        if kind == INFO and record["info"]:
            found = (credential.get("fingerprint") for credential in record["info"]["credentials"])
            record["tokens"] = sorted({str(fingerprint) for fingerprint in found if fingerprint})
        gathered[name] = record
    if kind == INFO:
        audited = {name: gathered[name] for name in results if gathered[name]["info"]}
        gathered.update(_narrow(audited, registry, fingerprints, new))
    return gathered


def _start(record: Record | None) -> Record:
    fresh: Record = {
        "status": OK,
        "problem": None,
        "info": None,
        "outside": [],
        "tokens": [],
        "tripwires": [],
        "absent": [],
        "requests": None,
        "protected": [],
        "logout": [],
        "logins": [],
        "asked": [],
    }
    return {**fresh, **(record or {})}


def _list_items(result: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """List the result itself, or those of a loop, without skipped ones."""
    if result is None or result.get("skipped"):
        return []
    items = result.get("results")
    if items is None:
        return [result]
    return [item for item in items if not item.get("skipped")]


def _add_info(record: Record, items: Sequence[Mapping[str, Any]], _at: str | None) -> None:
    if not items:
        record.update(status=SKIPPED, problem="The host was not audited in this run.")
    for item in items:
        if _has_failed(item):
            record.update(status=FAILED, problem=_say(item))
        if isinstance(item.get("credentials"), Sequence):
            record["info"] = {name: item.get(name) or [] for name in ("credentials", "findings", "project_registries")}
            record["outside"] = []
            record["tripwires"] = item.get("tripwires") or []
            record["absent"] = item.get("absent_users") or []
            record["requests"] = item.get("has_requests")


def _add_logouts(record: Record, items: Sequence[Mapping[str, Any]], at: str | None) -> None:
    for item in items:
        told = item.get("credentials") or []
        # The roles protect more fingerprints in a single call than in the whole run.
        told = [credential for credential in told if credential.get("revocation") != PROTECTED]
        known = {place for earlier in record["logout"] for place in map(_place_of, earlier.get("files") or ())}
        files = [
            _trim(file) for file in item.get("files") or () if file.get("remaining_text") or _place_of(file) in known
        ]
        logout = {"at": at, "credentials": told, "looked_for": _find_looked_for(item), "files": files}
        record["logout"] = [*record["logout"], {name: value for name, value in logout.items() if value or name == "at"}]
        if _has_failed(item) and not any(map(_explains_failure, told)):
            record.update(status=FAILED, problem=_say(item))


def _find_looked_for(item: Mapping[str, Any]) -> Record | None:
    """Find the tokens that a logout looked for. A token that it does not list is no longer on its host.

    Hosts can share a home directory: one host then removes the credentials for all.
    """
    call = _get_item_of_loop(item)
    if not isinstance(call, Mapping) or not _has_succeeded(item):
        return None
    told = item["credentials"]
    spared = {credential.get("fingerprint") for credential in told if credential.get("revocation") == PROTECTED}
    fingerprints = [name for name in call.get("fingerprints") or () if name not in spared]
    return {"fingerprints": fingerprints, "registry": call.get("registry")}


def _get_item_of_loop(result: Mapping[str, Any]) -> Any:
    """Return the item of the loop in which a task returned this result."""
    return result.get(result.get("ansible_loop_var") or "item")


def _has_succeeded(item: Mapping[str, Any]) -> bool:
    """Check that a logout lists all that it found and left nothing unfinished."""
    return isinstance(item.get("credentials"), Sequence) and not item.get("failed") and not item.get("unreachable")


def _add_clearings(record: Record, items: Sequence[Mapping[str, Any]], at: str | None) -> None:
    """Add the logouts that remove credentials other than tokens."""
    for item in items:
        _add_logouts(record, [item], at)
        if _has_succeeded(item):
            record["logout"][-1]["looked_for"] = {"logins": True}


def _trim(file: Mapping[str, Any]) -> Record:
    """Keep the fields that the report needs of a file that contains, or contained, a token's text."""
    return {name: file.get(name) for name in ("account", "path", "remaining_text")}


def _place_of(file: Mapping[str, Any]) -> tuple[Any, Any]:
    return file.get("account"), file.get("path")


def _add_logins(record: Record, items: Sequence[Mapping[str, Any]], _at: str | None) -> None:
    for item in items:
        place = _get_item_of_loop(item) or {}
        problem = _find_login_problem(item, place)
        login = {"account": place.get("account"), "path": place.get("path"), "problem": problem}
        record["logins"] = [*record["logins"], login]
        if problem:
            record.update(status=FAILED, problem=problem)


def _find_login_problem(item: Mapping[str, Any], place: Mapping[str, Any]) -> str | None:
    """Return why the place does not have the new login. A login that found no file succeeds without writing."""
    if _has_failed(item) or item.get("unreachable"):
        return _say(item)
    if _place_of(place) in map(_place_of, item.get("files") or ()):
        return None
    if place.get("account") in (item.get("absent_users") or ()):
        why = "the file belongs to a user ID without an account on this host"
    elif not str(place.get("path")).startswith("/"):
        why = "its path has characters that cannot be printed"
    else:
        why = "the file no longer exists"
    return f"The new token was not written: {why}."


def _add_other(record: Record, items: Sequence[Mapping[str, Any]], _at: str | None) -> None:
    for item in items:
        if _has_failed(item):
            record.update(status=FAILED, problem=_say(item))


def _has_failed(item: Mapping[str, Any]) -> bool:
    return bool(item.get("failed")) and not item.get("unreachable")


def _explains_failure(credential: Mapping[str, Any]) -> bool:
    """Check whether a registry's response explains the failure. The next host may still revoke the token."""
    return not credential.get("removed") and not allows_removal(str(credential.get("revocation")), CONFIRMED)


def _say(item: Mapping[str, Any]) -> str:
    return " ".join(str(item.get("msg") or "Unknown error.").split())


def _narrow(
    records: Mapping[str, Record], registry: Registry | None, fingerprints: Collection[str] | None, new: str | None
) -> dict[str, Record]:
    """Keep the credentials of the run, and apart from them the copies of their tokens for other registries."""

    def is_meant(credential: Mapping[str, Any]) -> bool:
        return (fingerprints is None or credential.get("fingerprint") in fingerprints) and (
            registry is None or is_of(credential, registry)
        )

    # An earlier call may have moved some credentials to "outside".
    found = {name: [*record["info"]["credentials"], *record["outside"]] for name, record in records.items()}
    kept = {name: [item for item in credentials if is_meant(item)] for name, credentials in found.items()}
    # A revocation breaks the logins of all hosts that have the token, so the tokens of all hosts count.
    tokens = {item["fingerprint"] for credentials in kept.values() for item in credentials if item.get("fingerprint")}
    tokens.update([new] if new else ())
    return {
        name: {
            **record,
            "info": {**record["info"], "credentials": kept[name]},
            "outside": [item for item in found[name] if item.get("fingerprint") in tokens and not is_meant(item)],
        }
        for name, record in records.items()
    }


def is_of(credential: Mapping[str, Any], registry: Registry) -> bool:
    """Check whether a credential is for the registry. The modules use the same rule (``concerns``)."""
    key = credential.get("registry_key")
    named = (_read_registry(url) for url in credential.get("registries") or ())
    return concerns(str(key) if key else None, [known for known in named if known], registry)


def _read_registry(url: Any) -> Registry | None:
    """Parse the registry of a result; None if it is not a URL."""
    return try_parse_registry(url) if isinstance(url, str) else None
