# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Render the report as an HTML page.

Private to this collection. The page loads nothing: its template, ``report.html.j2``, contains the markup, the style and
the script. The template writes the summary and the first rows, escaped, for readers without JavaScript. The script
reads all rows from a block of JSON and inserts each text as text, never as markup. The Content Security Policy of the
page allows only this script and this style, by their digests.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, StrictUndefined, Template

from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import (
    AUDIT,
    CONDITIONS,
    OPEN,
    STATES,
    TRIPWIRE,
)
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import FAILED, OK, SKIPPED, UNREACHABLE

_TEMPLATE = Path(__file__).with_name("report.html.j2")

_TITLES = {
    "audit": "Audit of npm credentials",
    "offboard": "Offboarding from npm registries",
    "rotate": "Rotation of npm credentials",
}
_LABELS = {
    "open": "May still work",
    "unverified": "Not verified",
    "pending": "Would be revoked",
    "by_hand": "Manual action needed",
    "leftover": "Revoked, still on disk",
    "protected": "Protected",
    "new": "New token in place",
    "done": "Revoked and removed",
}
_LABELS_OF_HOSTS = {
    TRIPWIRE: "Tripwire",
    FAILED: "Failed",
    UNREACHABLE: "Not reached",
    SKIPPED: "Skipped",
    OK: "No credentials",
}
_LABELS_OF_AUDIT = {**_LABELS, "open": "Present"}
_LABELS_OF_CHECK = {**_LABELS, "open": "Would be kept"}
# The minimum width of a part of a bar, in percent: one token among thousands must be visible.
_NARROWEST = 1.5

Row = Mapping[str, Any]


def render_page(document: Mapping[str, Any]) -> str:
    """Render the page of a report.

    :param document: the result of ``build_report``.
    """
    source, template = _load_template()
    labels, icons = _choose_words(document["run"])
    hosts = sorted(document["hosts"], key=_rank_host)
    return template.render(
        report=document,
        title=_TITLES[document["run"]["job"]],
        labels=labels,
        icons=icons,
        states=STATES,
        conditions=CONDITIONS,
        conditioned={**labels, **_LABELS_OF_HOSTS},
        hosts=hosts,
        cells={row["host"]: {cell["registry"]: cell for cell in row["cells"]} for row in document["matrix"]["rows"]},
        registries=_count_by_registry(document),
        style_digest=_digest(source, "style"),
        script_digest=_digest(source, "script"),
        data=embed(
            {
                **pack(document, hosts),
                "labels": list(labels.values()),
                "icons": list(icons.values()),
                "conditionLabels": [{**labels, **_LABELS_OF_HOSTS}[condition] for condition in CONDITIONS],
                "conditionIcons": [{**icons, TRIPWIRE: "alarm"}.get(condition) for condition in CONDITIONS],
            }
        ),
    )


def pack(document: Mapping[str, Any], hosts: Sequence[Row]) -> dict[str, Any]:
    """Return compact data for the script: by columns, each text once, hosts and tokens as numbers."""
    registries = document["matrix"]["registries"]
    box = _Box(
        texts=_Texts(),
        hosts={host["name"]: number for number, host in enumerate(hosts)},
        registries={registry: number for number, registry in enumerate(registries)},
    )
    return {
        "check": document["run"]["check_mode"],
        "states": list(STATES),
        "conditions": list(CONDITIONS),
        "registries": [registry or "" for registry in registries],
        "hosts": _pack_hosts(hosts, {entry["host"]: entry["paths"] for entry in document["tripwires"]}, box),
        "tokens": _pack_tokens(document["tokens"], box),
        "places": _pack_places_of_tokens(document["tokens"], box),
        "logins": _pack_logins(document["credentials"], box),
        "findings": _pack_findings(document["findings"], box),
        "texts": box.texts.texts,
    }


def embed(data: Any) -> str:
    """Return JSON for a script element: nothing in it can close the element or open a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def list_segments(counts: Mapping[str, int], names: Iterable[str]) -> list[dict[str, Any]]:
    """List the parts of a bar, with start and width in percent."""
    present = [(name, counts[name]) for name in names if counts.get(name)]
    total = sum(count for _name, count in present)
    widths = [max(100 * count / total, _NARROWEST) for _name, count in present]
    segments = []
    start = 0.0
    for (name, count), width in zip(present, widths):
        share = 100 * width / sum(widths)
        segments.append({"name": name, "count": count, "start": f"{start:.2f}", "width": f"{share:.2f}"})
        start += share
    return segments


class _Texts:
    """Each text once; number 0 stands for None."""

    def __init__(self) -> None:
        self.texts: list[str | None] = [None]
        self._numbers: dict[str | None, int] = {None: 0}

    def number(self, text: str | None) -> int:
        known = self._numbers.get(text)
        if known is None:
            known = self._numbers[text] = len(self.texts)
            self.texts.append(text)
        return known


@dataclass(frozen=True)
class _Box:
    """The numbers of texts, hosts (in the order of the page) and registries."""

    texts: _Texts
    hosts: Mapping[str, int]
    registries: Mapping[str | None, int]

    def pack_texts(self, rows: Sequence[Row], *names: str) -> dict[str, list[int]]:
        return {name: [self.texts.number(row[name]) for row in rows] for name in names}

    def pack_hosts(self, rows: Sequence[Row]) -> list[int]:
        return [self.hosts[row["host"]] for row in rows]

    def pack_registries(self, rows: Sequence[Row]) -> list[int]:
        return [self.registries[row["registry"]] for row in rows]


def _pack_hosts(hosts: Sequence[Row], tripwires: Mapping[str, Sequence[str]], box: _Box) -> dict[str, Any]:
    return {
        "condition": [CONDITIONS.index(host["condition"]) for host in hosts],
        "tripwires": [[box.texts.number(path) for path in tripwires.get(host["name"], ())] for host in hosts],
        **box.pack_texts(hosts, "name", "problem"),
    }


def _pack_tokens(tokens: Sequence[Row], box: _Box) -> dict[str, Any]:
    return {
        "registry": box.pack_registries(tokens),
        "state": [STATES.index(token["state"]) for token in tokens],
        "alive": [token["alive_before"] for token in tokens],
        "hosts": [token["hosts"] for token in tokens],
        "evidence": [box.texts.number(_say_evidence(token)) for token in tokens],
        "attempts": [[_pack_attempt(attempt, box) for attempt in token["attempts"]] for token in tokens],
        **box.pack_texts(tokens, "fingerprint", "outcome", "by_hand", "format", "identity", "expires", "registry_kind"),
        "effects": [box.texts.number(" ".join(token["side_effects"]) or None) for token in tokens],
    }


def _pack_attempt(attempt: Row, box: _Box) -> list[int]:
    return [box.hosts[attempt["host"]], *(box.texts.number(attempt[name]) for name in ("outcome", "detail", "at"))]


def _pack_places_of_tokens(tokens: Sequence[Row], box: _Box) -> dict[str, Any]:
    numbers = [number for number, token in enumerate(tokens) for _place in token["places"]]
    return {"token": numbers, **_pack_places([place for token in tokens for place in token["places"]], box)}


def _pack_logins(logins: Sequence[Row], box: _Box) -> dict[str, Any]:
    return {
        "registry": box.pack_registries(logins),
        **_pack_places(logins, box),
        **box.pack_texts(logins, "kind", "outcome", "detail", "by_hand"),
    }


def _pack_places(places: Sequence[Row], box: _Box) -> dict[str, Any]:
    return {
        "host": box.pack_hosts(places),
        "line": [place["line"] or 0 for place in places],
        "removed": [int(place["removed"]) for place in places],
        "state": [STATES.index(place["state"]) for place in places],
        **box.pack_texts(places, "account", "path", "client", "level", "source"),
    }


def _pack_findings(findings: Sequence[Row], box: _Box) -> dict[str, Any]:
    return {
        "host": box.pack_hosts(findings),
        "line": [finding["line"] or 0 for finding in findings],
        **box.pack_texts(findings, "severity", "path", "rule", "message"),
    }


def _rank_host(host: Row) -> tuple[int, str]:
    """Sort the worst hosts first."""
    return CONDITIONS.index(host["condition"]), host["name"]


def _count_by_registry(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Count the states of the credentials of each registry."""
    counts: dict[str | None, dict[str, int]] = {registry: {} for registry in document["matrix"]["registries"]}
    for token in document["tokens"]:
        for place in token["places"]:
            states = counts[token["registry"]]
            states[place["state"]] = states.get(place["state"], 0) + 1
    for login in document["credentials"]:
        states = counts[login["registry"]]
        states[login["state"]] = states.get(login["state"], 0) + 1
    return [{"url": registry, "states": states, "total": sum(states.values())} for registry, states in counts.items()]


@lru_cache(maxsize=1)
def _load_template() -> tuple[str, Template]:
    source = _TEMPLATE.read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["segments"] = list_segments
    environment.filters["number"] = "{:,}".format
    environment.filters["moment"] = _say_moment
    environment.filters["duration"] = _say_duration
    environment.filters["address"] = _split_address
    environment.filters["evidence"] = _say_evidence
    return source, environment.from_string(source)


def _digest(source: str, element: str) -> str:
    """Return the digest by which the policy allows the script or style."""
    found = re.search(rf"<{element}>(.*?)</{element}>", source, re.S)
    if not found:
        raise ValueError(f"the template has no {element}")
    return "sha256-" + base64.b64encode(hashlib.sha256(found.group(1).encode()).digest()).decode("ascii")


def _choose_words(run: Row) -> tuple[dict[str, str], dict[str, str]]:
    """Return the label and icon of each state. An audit revokes nothing, so a token raises no alarm."""
    icons = {state: state for state in STATES}
    if run["job"] == AUDIT:
        return _LABELS_OF_AUDIT, {**icons, OPEN: "found"}
    return (_LABELS_OF_CHECK if run["check_mode"] else _LABELS), icons


def _say_evidence(token: Row) -> str:
    """Say in a sentence what is known about a token at its registry."""
    if token["detail"]:
        return str(token["detail"])
    if token["alive_before"] is None:
        return f"Check failed: {token['check_failed']}" if token["check_failed"] else "Not checked."
    return (
        "The registry accepted it during the audit." if token["alive_before"] else "The registry rejected it already."
    )


def _say_moment(time: str | None) -> str:
    return f"{time[:10]} {time[11:19]} UTC" if time else "not recorded"


def _say_duration(seconds: int | None) -> str:
    if seconds is None:
        return "not recorded"
    hours, rest = divmod(seconds, 3600)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{rest // 60} min"] if seconds >= 3600 else [f"{rest // 60} min", f"{rest % 60} s"])


def _split_address(registry: str | None) -> tuple[str, str, str]:
    """Split a URL into scheme, host and path. http and https of a host are two registries."""
    if not registry:
        return "", "no registry", ""
    scheme, slashes, rest = registry.partition("//")
    host, _slash, path = rest.partition("/")
    return (scheme + slashes, host, f"/{path}" if path else "") if host else ("", registry, "")
