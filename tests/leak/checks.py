# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that a case took its code path, and that secrets are only where they are allowed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from .case import ANY, INFO, LOGOUT, Case
from .run import Evidence
from .search import Find
from .world import World

#: Where a secret that the user typed is expected: the playbook, and the arguments that core sends and prints.
_TYPED = frozenset({"playbook", "arguments", "secrets for the controller"})
#: Where the environment of a process is expected. The playbook's directory contains the script that sets it.
_ENVIRONMENT = frozenset({"playbook", "environ"})


def list_leaks(evidence: Evidence, case: Case, name: str) -> list[Find]:
    """List the pieces of a canary that are not allowed where they were found."""
    return [find for find in evidence.finds if find.canary.name == name and not _is_allowed(find, case)]


def _is_allowed(find: Find, case: Case) -> bool:
    role = find.canary.role
    if role in case.typed:
        # Core sends the secret unchanged. Any other form would come from the module.
        return find.kind in _TYPED and find.label != "base64"
    in_environment = any(f"<<{role}" in value for value in case.environment.values())
    return in_environment and find.kind in _ENVIRONMENT


def list_detours(evidence: Evidence, case: Case) -> Iterator[str]:
    """Yield unexpected results of a case, which mean that its code path was not tested."""
    result = evidence.results.get(case.task)
    if result is None:
        yield "there is no result"
        return
    world = evidence.world
    credentials = _pick(result.get("credentials"), case, world)
    outcomes = None if credentials is None else tuple(map(_get_outcome, credentials))
    if outcomes != case.outcomes and (outcomes is None or case.outcomes != (ANY,) or len(outcomes) != 1):
        yield f"outcomes {outcomes}, not {case.outcomes}"
    findings = _pick(result.get("findings", ()), case, world) or []
    missing = set(case.findings) - {finding["rule"] for finding in findings}
    if missing:
        yield f"it does not find {missing}"
    said = _collect_words(result, credentials, findings, case, world)
    if world.render(case.says, case) not in said:
        yield f"it does not say {world.render(case.says, case)!r}, but {said!r}"
    if _is_changed(result, case, world) != case.changed:
        yield f"changed is not {case.changed}"
    for item in credentials or ():
        yield from _list_hidden(item)


def _pick(items: Any, case: Case, world: World) -> list[dict[str, Any]] | None:
    """Select the items about the credential file of a case."""
    if items is None or not case.pack:
        return None if items is None else list(items)
    return [item for item in items if item["path"] == str(world.get_store(case))]


def _get_outcome(credential: dict[str, Any]) -> str:
    if "revocation" in credential:
        return str(credential["revocation"])
    return {True: "alive", False: "refused"}.get(credential["alive"], str(credential["kind"]))


def _collect_words(
    result: dict[str, Any],
    credentials: list[dict[str, Any]] | None,
    findings: list[dict[str, Any]],
    case: Case,
    world: World,
) -> str:
    message = str(result.get("msg"))
    if case.module == LOGOUT:
        told = " ".join(f"{item['detail']} {item['by_hand']}" for item in credentials or ())
    else:
        told = " ".join(item["message"] for item in findings)
    if not case.pack:
        return f"{message} {told}" if case.module == INFO else message
    # Each sentence of a message begins with the path of its file.
    sentences = message.split(str(world.root))
    own = str(world.get_store(case))[len(str(world.root)) :]
    return " ".join([told, *(sentence for sentence in sentences if sentence.startswith(own))])


def _is_changed(result: dict[str, Any], case: Case, world: World) -> bool:
    files = result.get("files", ())
    return any(item.get("changed") for item in files if item["path"] == str(world.get_store(case)))


def _list_hidden(item: dict[str, Any]) -> Iterator[str]:
    """Yield the parts of a credential's description that core has masked."""
    for name in ("account", "path", "kind", "revocation", "detail", "by_hand", "fingerprint"):
        text = str(item.get(name))
        if "REDACTED" in text or "****" in text or "VALUE_SPECIFIED" in text:
            yield f"{name} is hidden: {text}"
