# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Make module results for the tests, in the format of the modules."""

from __future__ import annotations

import random
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

NPM = "https://npm.example.com/"
OTHER = "https://other.example.com/"

Result = dict[str, Any]


def name_token(token: str) -> str:
    """Compute the fingerprint of a dummy token."""
    return fingerprint(Secret(token))


def hold(token: str, registry: str | None = NPM, account: str = "alice", **changes: Any) -> Result:
    """Make a token as an audit lists it."""
    key = (registry or "").partition(":")[2]
    return {
        "account": account,
        "path": f"/home/{account}/.npmrc",
        "line": 1,
        "client": "npm",
        "level": "user",
        "registry": registry,
        "registry_key": key or None,
        "registries": [registry] if registry else [],
        "settings": [f"{key}:_authToken"],
        "kind": "token",
        "source": "literal",
        "fingerprint": name_token(token),
        "format": "npm",
        "checksum_ok": True,
        "alive": None,
        "identity": None,
        "expires": None,
        "shadowed_by": None,
        "own_connection": False,
        "check_failed": None,
        **changes,
    }


def hold_password(registry: str = NPM, account: str = "alice", **changes: Any) -> Result:
    """Make a password as an audit lists it."""
    settings = [f"{registry.partition(':')[2]}:_auth"]
    return {
        **hold("", registry, account),
        "kind": "basic",
        "fingerprint": None,
        "format": None,
        "settings": settings,
        **changes,
    }


def tell(held: Result, outcome: str, **changes: Any) -> Result:
    """Make the result of a logout for a credential that an audit listed."""
    fields = ("account", "path", "line", "client", "registry", "settings", "kind", "source", "fingerprint")
    gone = outcome in {"confirmed", "already_invalid", "skipped", "pending", "not_applicable"}
    return {
        **{name: held[name] for name in fields},
        "revocation": outcome,
        "detail": f"It came out as {outcome.replace('_', ' ')}.",
        "by_hand": None if outcome in {"confirmed", "already_invalid", "pending"} else "Ask whoever runs the registry",
        "removed": gone,
        **changes,
    }


def log_out(*told: Result, at: str | None = None, **changes: Any) -> Result:
    """Make the result of a logout."""
    return {"changed": True, "revoked": True, "credentials": list(told), "files": [], "at": at, **changes}


def make_host(*held: Result, **changes: Any) -> Result:
    """Make the results that the roles gather from a host."""
    return {"info": {"credentials": list(held), "findings": [], "files": []}, "logout": [], **changes}


# A fleet of any size --------------------------------------------------------------------------------------------------

REGISTRIES = (
    NPM,
    OTHER,
    "https://artifacts.example.com/api/npm/frontend/",
    "https://artifacts.example.com/api/npm/backend/",
    "https://nexus.example.com/repository/npm-private/",
    "https://gitlab.example.com/api/v4/packages/npm/",
    "https://verdaccio.lab.example.com/",
    "http://legacy.example.com:4873/",
)
_ROLES = ("web", "build", "db", "cache", "api", "desk")
_SITES = ("ams", "fra", "iad", "sin")
_PEOPLE = ("alice", "bob", "carol", "dan", "erin", "frank", "grace", "heidi", "jenkins", "gitlab-runner")
_FINDINGS = (
    ("critical", "committed", "The store is tracked by git, and the credential with it."),
    ("high", "readable", "Everybody on the host can read the store."),
    ("high", "plain_http", "The registry is asked over http, where the token can be read on its way."),
    ("medium", "log", "A token stands in npm's log of a command."),
    ("low", "backup", "A backup copy of a store holds a credential."),
    ("info", "legacy_key", "npm 9 and newer refuse this key without a registry."),
)
_DETAILS = {
    "confirmed": "The registry knew the token before, and refuses it now.",
    "already_invalid": "The registry already rejected the token when first asked.",
    "accepted": "The registry reported success, but this could not be verified.",
    "ineffective": "The registry answered success, and still accepts the token.",
    "unsupported": "The registry has no way to revoke this kind of token.",
    "failed": "The registry gave no usable answer: the connection was refused.",
    "protected": "The fingerprint is protected: the token was neither revoked nor removed.",
    "skipped": "No request was sent (revoke: never): the token was not revoked.",
    "pending": "Check mode: a real run would ask the registry to revoke this token.",
    "not_applicable": "Passwords cannot be revoked at the registry: this one is still valid.",
}
_ADVICE = {
    "accepted": "Delete it in the token settings of the registry",
    "ineffective": "Change its user's password, or the server's secret",
    "unsupported": "Revoke it in the token settings of the registry, or ask its administrator",
    "failed": "Run again when the registry can be reached",
    "not_applicable": "Change the password at the registry to disable this login.",
}


def make_fleet(size: int, *, check_mode: bool = False, seed: int = 1) -> dict[str, Result]:
    """Make a fleet after an offboarding: eight registries, three credentials for each host, most of them revoked.

    Every tenth token is shared by many hosts. Some hosts are unreachable, one in a thousand has a tripwire.
    """
    chance = random.Random(seed)
    shared = [(f"shared-{number}", REGISTRIES[number % len(REGISTRIES)]) for number in range(12)]
    outcomes = {token: _draw_outcome(chance) for token in shared}
    ended: set[tuple[str, str]] = set()
    fleet: dict[str, Result] = {}
    for number in range(size):
        name = f"{_ROLES[number % 6]}{number:05d}.{_SITES[number % 4]}.example.com"
        if chance.random() < 0.01:
            fleet[name] = {"status": "unreachable", "problem": "Failed to connect to the host via ssh: timed out"}
            continue
        fleet[name] = _make_host(chance, number, shared, outcomes, ended, check_mode)
    return fleet


def _make_host(
    chance: random.Random,
    number: int,
    shared: list[tuple[str, str]],
    outcomes: dict[tuple[str, str], str],
    ended: set[tuple[str, str]],
    check_mode: bool,
) -> Result:
    held: list[Result] = []
    told: list[Result] = []
    tripped = number % 1000 == 7
    for place in range(3):
        account = chance.choice(_PEOPLE)
        project = f"/home/{account}/src/project-{chance.randrange(40)}/.npmrc"
        changes = {"line": place + 1, "identity": account, "path": project if place == 2 else f"/home/{account}/.npmrc"}
        if place == 1 and chance.random() < 0.15:
            password = hold_password(chance.choice(REGISTRIES), account, line=2)
            held.append(password)
            outcome = "not_applicable"
        else:
            token = chance.choice(shared) if chance.random() < 0.1 else None
            token = token or (f"token-{number}-{place}", chance.choice(REGISTRIES))
            outcome = outcomes.setdefault(token, _draw_outcome(chance))
            held.append(hold(token[0], token[1], account, **changes))
            if token in ended and outcome == "confirmed":
                outcome = "skipped"
            if not tripped:
                ended.add(token)
        if not tripped:
            told.append(_tell(held[-1], "pending" if check_mode and outcome != "not_applicable" else outcome))
    findings = [_make_finding(chance, held[0]) for _finding in range(chance.choice((0, 0, 1, 2)))]
    trouble = {item["revocation"] for item in told} & {"failed", "ineffective"}
    return make_host(
        *held,
        info={"credentials": held, "findings": findings},
        logout=[log_out(*told, at=f"2026-03-14T09:{30 + number % 20}:{number % 60:02d}Z")],
        status="failed" if trouble else "ok",
        problem="Not logged out: the registry did not revoke every token." if trouble else None,
        tripwires=["/home/alice/.config/systemd/user/gh-token-monitor.service"] if tripped else [],
    )


def _tell(held: Result, outcome: str) -> Result:
    advice = _ADVICE.get(outcome)
    removed = outcome in {"confirmed", "already_invalid", "skipped", "pending", "not_applicable"}
    return tell(held, outcome, detail=_DETAILS[outcome], by_hand=advice, removed=removed)


def _draw_outcome(chance: random.Random) -> str:
    names = ("confirmed", "already_invalid", "accepted", "ineffective", "unsupported", "failed", "protected")
    return chance.choices(names, (1900, 80, 4, 3, 4, 5, 6))[0]


def _make_finding(chance: random.Random, held: Result) -> Result:
    severity, rule, message = chance.choices(_FINDINGS, (1, 4, 3, 8, 6, 10))[0]
    return {"severity": severity, "path": held["path"], "line": held["line"], "rule": rule, "message": message}
