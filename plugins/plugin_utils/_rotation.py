# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find where the new token of a rotation goes, which hosts have it, and whether the old ones may be revoked.

Private to this collection. Pure. The credential files are the only state that is kept between runs: old tokens stay
there with the new one until they are revoked, so that the next run resumes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Tuple

from ansible_collections.npmops.auth.plugins.module_utils._clients import BACKUP, ENVIRONMENT, guess_client
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import BASIC, TOKEN
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import PROTECTED, SKIPPED
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import list_some
from ansible_collections.npmops.auth.plugins.plugin_utils._gather import Record, is_of
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import FAILED, OK, UNREADABLE

_MOST_NAMES = 10
_UNIVERSAL_VARIABLES = "/fish/fish_variables"

Place = Tuple[str, str]


@dataclass(frozen=True)
class Rotation:
    """The state of a rotation.

    :ivar stores: for each host the credential files that get the new token in addition to the old one.
    :ivar others: for each host the credential files that can contain only one token, with the old tokens in them.
    :ivar tidy: for each host those of ``stores`` that also contain a password for the registry, removed at the end.
    :ivar missing: the hosts that do not have the new token in all of their ``stores``, and why.
    :ivar missing_others: the same for their ``others``.
    :ivar elsewhere: the hosts that use an old token for another registry, and where.
    :ivar fleet: the results of the hosts, reduced to the old tokens and the new one, for ``choose_hosts``. Their other
        copies of old tokens are under ``outside``.
    """

    stores: Mapping[str, list[dict[str, str]]]
    others: Mapping[str, list[dict[str, Any]]]
    tidy: Mapping[str, list[dict[str, str]]]
    missing: Mapping[str, str]
    missing_others: Mapping[str, str]
    elsewhere: Mapping[str, str]
    fleet: Mapping[str, Record]


def plan_rotation(
    fleet: Mapping[str, Record], registry: Registry, new: str, protected: Collection[str] = ()
) -> Rotation:
    """Find where the new token goes, and which hosts have it.

    :param fleet: the results of the hosts, with all their credentials.
    :param new: the fingerprint of the new token.
    :param protected: fingerprints of tokens that are neither revoked nor removed.
    """
    spared = {new, *protected}
    old = {name: _find_old(record, registry, spared) for name, record in fleet.items()}
    places = {name: _list_places(fleet[name], credentials) for name, credentials in old.items()}
    single = {name: _list_single(credentials) for name, credentials in old.items()}
    stores = {name: [place for place in found if place not in single[name]] for name, found in places.items()}
    others = {name: [place for place in found if place in single[name]] for name, found in places.items()}
    unled = {name: _find_unled(fleet[name], credentials) for name, credentials in old.items()}
    tokens = {str(item["fingerprint"]) for credentials in old.values() for item in credentials}
    outside = {name: _find_outside(record, registry, tokens) for name, record in fleet.items()}
    elsewhere = {name: _find_elsewhere(record, outside[name], new) for name, record in fleet.items()}
    return Rotation(
        stores={name: _describe_places(found) for name, found in stores.items() if found},
        others={name: _describe_replaced(found, old[name]) for name, found in others.items() if found},
        tidy={
            name: _describe_places(_find_untidy(fleet[name], found, registry, {*protected} - {new}))
            for name, found in stores.items()
        },
        missing={**_find_missing(fleet, stores), **{name: reason for name, reason in unled.items() if reason}},
        missing_others=_find_missing(fleet, others),
        elsewhere={name: reason for name, reason in elsewhere.items() if reason},
        fleet={
            name: _narrow(
                {**_mark_failed(record, unled[name] or elsewhere[name]), "outside": outside[name]},
                old[name],
                _find_new(record, registry, new, old[name]),
                others[name],
            )
            for name, record in fleet.items()
        },
    )


def say_missing(missing: Mapping[str, str], elsewhere: Collection[str] = ()) -> str:
    """Return why no old token was revoked; empty if all may be revoked.

    :param missing: the hosts without the new token.
    :param elsewhere: the hosts that use an old token for another registry.
    """
    reasons = []
    if missing:
        verb = "does" if len(missing) == 1 else "do"
        reasons.append(f"{_name_hosts(missing, verb)} not have the new token ({_list_names(missing)}).")
    if elsewhere:
        verb = "uses" if len(elsewhere) == 1 else "use"
        reasons.append(
            f"{_name_hosts(elsewhere, verb)} an old token for another registry too ({_list_names(elsewhere)})."
        )
    return f"{' '.join(reasons)} No old token was revoked. Fix this, then run again." if reasons else ""


def _name_hosts(names: Collection[str], verb: str) -> str:
    return f"{len(names)} host{'s' if len(names) > 1 else ''} {verb}"


def _list_names(names: Collection[str]) -> str:
    return list_some(sorted(names), _MOST_NAMES)


def hold_back(fleet: Mapping[str, Record], detail: str, new: str) -> dict[str, Record]:
    """Mark the old tokens as not revoked.

    :param detail: why they were not revoked; empty if they may be.
    """
    if not detail:
        return dict(fleet)
    advice = "Fix these hosts or take them out of the inventory, then run again."
    return {
        name: _add_answers(record, _list_kept(record, new), SKIPPED, detail, advice) for name, record in fleet.items()
    }


def _list_kept(record: Record, new: str) -> list[Mapping[str, Any]]:
    """List the old tokens that the new one has not already replaced in their files."""
    told = [item for logout in record.get("logout") or () for item in logout["credentials"]]
    replaced = {_identify(item) for item in told if item.get("removed")}
    held = (item for item in _list_credentials(record) if item["fingerprint"] != new)
    return [item for item in held if _identify(item) not in replaced]


def _identify(credential: Mapping[str, Any]) -> tuple[Any, ...]:
    return (*_place_of(credential), credential.get("line"), credential.get("fingerprint"))


def _find_old(record: Record, registry: Registry, spared: Collection[str]) -> list[Mapping[str, Any]]:
    """List the tokens that the new one replaces, including commented-out tokens."""
    return [
        credential
        for credential in _list_credentials(record)
        if credential.get("kind") == TOKEN
        and credential.get("source") in ("literal", "comment", ENVIRONMENT)
        and credential.get("fingerprint")
        and credential["fingerprint"] not in spared
        and is_of(credential, registry)
    ]


def _find_new(
    record: Record, registry: Registry, new: str, old: Iterable[Mapping[str, Any]]
) -> list[Mapping[str, Any]]:
    """List the new token where the audit found it, and where it was written since."""
    found = [
        credential
        for credential in _list_credentials(record)
        if credential.get("fingerprint") == new and is_of(credential, registry)
    ]
    places = {_place_of(credential) for credential in found}
    took_it = {(login["account"], login["path"]) for login in record.get("logins") or () if not login["problem"]}
    unknown = dict.fromkeys(("line", "format", "checksum_ok", "expires", "alive", "identity"))
    for credential in old:
        place = _place_of(credential)
        if place in took_it - places:
            places.add(place)
            source = "literal" if credential.get("source") == "comment" else credential.get("source")
            found.append({**credential, **unknown, "fingerprint": new, "source": source})
    return found


def _find_outside(record: Record, registry: Registry, old: Collection[str]) -> list[Mapping[str, Any]]:
    """List the copies of old tokens for other registries. An audit of one registry keeps them apart."""
    known = [*_list_credentials(record), *(record.get("outside") or ())]
    return [item for item in known if item.get("fingerprint") in old and not is_of(item, registry)]


def _find_elsewhere(record: Record, outside: Iterable[Mapping[str, Any]], new: str) -> str | None:
    """Return which login for another registry a revocation would break.

    The login already has the new token if the rotation of the other registry has added it.
    """
    if record.get("tripwires"):
        return None
    known = [*_list_credentials(record), *(record.get("outside") or ())]
    added = [item for item in known if item.get("fingerprint") == new]
    for item in outside:
        if _is_in_use(item) and not any(_follows(other, item) for other in added):
            registry = item.get("registry")
            return (
                f"{item.get('path')} line {item.get('line')} has the token {item['fingerprint']} for "
                f"{show_url(str(registry)) if registry else 'another registry'}, which is not part of this rotation: "
                "run the rotation with the same new token for that registry too, or replace the token there by hand, "
                "then run again."
            )
    return None


def _follows(new: Mapping[str, Any], old: Mapping[str, Any]) -> bool:
    """Check whether a token is for the same registry as another one, and comes after it in the same file."""
    key = "registry_key" if old.get("registry_key") else "registry"
    is_behind = (new.get("line") or 0) >= (old.get("line") or 0)
    return _is_in_use(new) and _place_of(new) == _place_of(old) and new.get(key) == old.get(key) and is_behind


def _is_in_use(credential: Mapping[str, Any]) -> bool:
    """Check whether a client reads it: clients read neither comments nor backup copies."""
    return credential.get("source") in ("literal", ENVIRONMENT) and credential.get("client") != BACKUP


def _list_places(record: Record, credentials: Iterable[Mapping[str, Any]]) -> list[Place]:
    """List the credential files in which a client reads these tokens or references to them.

    The same step writes the new token to the assignments to which a file refers.
    """
    if record.get("tripwires"):
        return []
    return list(
        dict.fromkeys(
            _place_of(credential)
            for credential in credentials
            if _is_in_use(credential) and credential.get("client") != ENVIRONMENT
        )
    )


def _find_untidy(
    record: Record, stores: Iterable[Place], registry: Registry, protected: Collection[str]
) -> list[Place]:
    """List the files with a password that the new token replaces, except files with a protected token."""
    held = [item for item in _list_credentials(record) if item.get("source") != "comment" and is_of(item, registry)]
    passwords = {_place_of(item) for item in held if item.get("kind") == BASIC}
    kept = {_place_of(item) for item in held if item.get("fingerprint") in protected}
    return [place for place in stores if place in passwords - kept]


def _place_of(credential: Mapping[str, Any]) -> Place:
    return str(credential.get("account")), str(credential.get("path"))


def _list_single(credentials: Iterable[Mapping[str, Any]]) -> set[Place]:
    """List the files that can contain only one token, or that refer to such a file."""
    return {_place_of(credential) for credential in credentials if not _holds_two(credential)}


def _holds_two(credential: Mapping[str, Any]) -> bool:
    if credential.get("source") == ENVIRONMENT:
        return not any(path.endswith(_UNIVERSAL_VARIABLES) for path, _line in _list_assignments(credential))
    return guess_client(str(credential.get("path")))[1] == "npmrc"


def _list_assignments(credential: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [(str(place.get("path")), place.get("line")) for place in credential.get("set_in") or ()]


def _find_unled(record: Record, credentials: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why assignments of old tokens do not get the new one: no credential file refers to them."""
    if record.get("tripwires"):
        return None
    led = {
        (item.get("account"), *place)
        for item in _list_credentials(record)
        if item.get("client") != ENVIRONMENT
        for place in _list_assignments(item)
    }
    for item in credentials:
        place = (item.get("account"), item.get("path"), item.get("line"))
        if item.get("client") == ENVIRONMENT and place not in led:
            return (
                f"{item.get('path')}: line {item.get('line')} sets a variable to an old token, and no credential file "
                "refers to this variable: set it to the new token by hand, then run again."
            )
    return None


def _mark_failed(record: Record, problem: str | None) -> Record:
    return {**record, "status": FAILED, "problem": problem} if problem and record.get("status", OK) == OK else record


def _describe_places(places: Iterable[Place]) -> list[dict[str, str]]:
    return [{"account": account, "path": path} for account, path in places]


def _describe_replaced(places: Iterable[Place], old: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Describe files in which the new token replaces others. No file has these any more after that."""
    return [
        {
            **place,
            "fingerprints": sorted(
                {item["fingerprint"] for item in old if _place_of(item) == (place["account"], place["path"])}
            ),
        }
        for place in _describe_places(places)
    ]


def _find_missing(fleet: Mapping[str, Record], places: Mapping[str, list[Place]]) -> dict[str, str]:
    reasons = {name: _find_reason(record, places[name]) for name, record in fleet.items()}
    return {name: reason for name, reason in reasons.items() if reason}


def _find_reason(record: Record, places: Iterable[Place]) -> str | None:
    """Return why a host does not have the new token; None if it does, or needs none."""
    if record.get("tripwires"):
        return "Tripwire file found. Host skipped."
    if record.get("status", OK) != OK or record.get("info") is None:
        return str(record.get("problem") or "The host was not audited.")
    for finding in record["info"].get("findings") or ():
        if finding.get("rule") == UNREADABLE:
            # It may contain an old token, which must not be revoked while a client uses it.
            return str(finding.get("message"))
    logins = {(login["account"], login["path"]): login["problem"] for login in record.get("logins") or ()}
    for place in places:
        problem = logins.get(place, "The new token was not written.")
        if problem:
            return f"{place[1]}: {problem}"
    return None


def _narrow(record: Record, old: list[Mapping[str, Any]], new: list[Mapping[str, Any]], others: list[Place]) -> Record:
    """Reduce a host to its old tokens and the new one. Tokens that were replaced in place count as removed."""
    narrowed = {**record, "info": {**record["info"], "credentials": [*old, *new]}} if record.get("info") else record
    done = {
        (login["account"], login["path"])
        for login in record.get("logins") or ()
        if not login["problem"] and (login["account"], login["path"]) in others
    }
    current = [item for item in old if item.get("source") in ("literal", ENVIRONMENT)]
    replaced = [item for item in current if _place_of(item) in done]
    led = {(item.get("account"), *place) for item in replaced for place in _list_assignments(item)}
    replaced += [
        item
        for item in current
        if item.get("client") == ENVIRONMENT and (item.get("account"), item.get("path"), item.get("line")) in led
    ]
    detail = (
        "The file allows only one token: the new token replaced this one. No request to revoke it was sent for this "
        "file."
    )
    advice = "Revoke it at the registry, unless it was revoked because another file contained it."
    narrowed = _add_answers(narrowed, replaced, SKIPPED, detail, advice, removed=True)
    return _add_answers(narrowed, new, PROTECTED, "This is the new token.", None)


def _add_answers(
    record: Record,
    credentials: Iterable[Mapping[str, Any]],
    outcome: str,
    detail: str,
    by_hand: str | None,
    *,
    removed: bool = False,
) -> Record:
    told = [
        {**credential, "revocation": outcome, "detail": detail, "by_hand": by_hand, "removed": removed}
        for credential in credentials
    ]
    return {**record, "logout": [*(record.get("logout") or ()), {"credentials": told}]} if told else record


def _list_credentials(record: Record) -> list[Mapping[str, Any]]:
    return list((record.get("info") or {}).get("credentials") or ())
