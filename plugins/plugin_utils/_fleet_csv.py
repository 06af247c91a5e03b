# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Write the report as CSV.

Private to this collection. Pure. Follows RFC 4180: a header, commas, CRLF, doubled quotes. Names can come from a
malicious home directory, and spreadsheets evaluate a cell that begins with ``=``: such a cell gets an apostrophe in
front, which spreadsheets do not show.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# The last four are full-width forms, which some spreadsheets read as the first four.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")

_Row = Mapping[str, Any]

CREDENTIALS, TOKENS, HOSTS, FINDINGS = "credentials", "tokens", "hosts", "findings"

_COLUMNS = {
    CREDENTIALS: (
        *("host", "host_status", "problem", "account", "path", "line", "client", "level", "kind", "source", "registry"),
        *("fingerprint", "format", "identity", "expires", "state", "outcome", "removed", "asked_by", "at", "detail"),
        "by_hand",
    ),
    TOKENS: (
        *("fingerprint", "registry", "state", "outcome", "detail", "asked_by", "at", "hosts", "places", "format"),
        *("checksum_ok", "identity", "expires", "alive_before", "check_failed", "registry_kind", "side_effects"),
    ),
    HOSTS: (
        *(
            "name",
            "status",
            "condition",
            "problem",
            "audited",
            "state",
            "credentials",
            "removed",
            "findings",
            "tripwires",
        ),
        "tripwire_paths",
    ),
    FINDINGS: ("severity", "host", "path", "line", "rule", "message"),
}
TABLES = tuple(_COLUMNS)


def write_csv(document: Mapping[str, Any], table: str) -> str:
    """Write one table of the report, one of ``TABLES``."""
    list_rows: dict[str, Callable[[Mapping[str, Any]], Iterator[_Row]]] = {
        CREDENTIALS: _list_credentials,
        TOKENS: _list_tokens,
        HOSTS: _list_hosts,
        FINDINGS: lambda document: iter(document["findings"]),
    }
    columns = _COLUMNS[table]
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([defuse(row.get(column)) for column in columns] for row in list_rows[table](document))
    return file.getvalue()


def defuse(value: Any) -> str:
    """Return the text of a cell that spreadsheets do not evaluate."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return f"'{text}" if text.startswith(_BEGINS_FORMULA) else text


def _list_credentials(document: Mapping[str, Any]) -> Iterator[_Row]:
    """Yield a row for each credential in each place, and one for each host without credentials."""
    by_host: dict[str, list[_Row]] = {}
    for token in document["tokens"]:
        shared = {name: value for name, value in token.items() if name not in ("places", "state", "hosts")}
        for place in token["places"]:
            evidence = {} if place["outcome"] == token["outcome"] else _find_evidence(token, place)
            by_host.setdefault(place["host"], []).append({**shared, **evidence, **place, "kind": "token"})
    for credential in document["credentials"]:
        by_host.setdefault(credential["host"], []).append(credential)
    for host in document["hosts"]:
        told = {"host": host["name"], "host_status": host["status"], "problem": host["problem"]}
        for row in by_host.get(host["name"], [{}]):
            yield {**row, **told}


def _find_evidence(token: _Row, place: _Row) -> _Row:
    """Find the evidence for a place whose outcome is not that of its token."""
    attempts = [attempt for attempt in token["attempts"] if attempt["outcome"] == place["outcome"]]
    attempts.sort(key=lambda attempt: bool(attempt["host"] != place["host"]))
    found = attempts[0] if attempts else {}
    return {"detail": found.get("detail"), "by_hand": None, "asked_by": found.get("host"), "at": found.get("at")}


def _list_tokens(document: Mapping[str, Any]) -> Iterator[_Row]:
    for token in document["tokens"]:
        yield {**token, "places": len(token["places"]), "side_effects": " ".join(token["side_effects"])}


def _list_hosts(document: Mapping[str, Any]) -> Iterator[_Row]:
    tripwires = {entry["host"]: " ".join(entry["paths"]) for entry in document["tripwires"]}
    for host in document["hosts"]:
        yield {**host, "tripwire_paths": tripwires.get(host["name"])}
