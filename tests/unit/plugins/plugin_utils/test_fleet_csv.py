# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report in a spreadsheet."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_csv import TABLES, defuse, write_csv
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import build_report
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import Run
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts
from tests.report.fleets import NPM, Result, hold, hold_password, log_out, make_fleet, make_host, name_token, tell

SHARED = hold("shared")
FLEET = {
    "a": make_host(
        SHARED,
        hold_password(),
        info={
            "credentials": [SHARED, hold_password()],
            "findings": [
                {"severity": "low", "path": '/a,"b"', "line": 2, "rule": "backup", "message": "One; two, three."}
            ],
        },
        logout=[log_out(tell(SHARED, "confirmed", detail="It refuses."), at="2026-03-14T09:31:00Z")],
    ),
    "b": {"status": "unreachable", "problem": "timed out"},
    "c": make_host(SHARED, tripwires=["/x", "/y"]),
}


def read(fleet: Mapping[str, Result], table: str) -> list[dict[str, str]]:
    text = write_csv(make_report(fleet), table)
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


def make_report(fleet: Mapping[str, Result]) -> dict[str, Any]:
    return build_report(read_hosts(fleet), Run("offboard", False, None, None, None))


@pytest.mark.parametrize(
    ("table", "rows"),
    [
        pytest.param(
            "credentials",
            [
                {"host": "a", "kind": "token", "outcome": "confirmed", "state": "done", "removed": "true", "line": "1"},
                {"host": "a", "kind": "basic", "fingerprint": "", "registry": NPM, "state": "open"},
                {"host": "b", "host_status": "unreachable", "problem": "timed out", "kind": "", "state": ""},
                {"host": "c", "fingerprint": name_token("shared"), "state": "leftover", "asked_by": "a"},
            ],
            id="credentials",
        ),
        pytest.param(
            "tokens", [{"hosts": "2", "places": "2", "detail": "It refuses.", "outcome": "confirmed"}], id="tokens"
        ),
        pytest.param(
            "hosts",
            [
                {"name": "a", "status": "ok", "credentials": "2", "removed": "1", "findings": "1", "tripwires": "0"},
                {"name": "b", "status": "unreachable", "problem": "timed out", "audited": "false", "state": ""},
                {"name": "c", "tripwires": "2", "tripwire_paths": "/x /y", "state": "leftover"},
            ],
            id="hosts",
        ),
        pytest.param(
            "findings",
            [{"host": "a", "severity": "low", "path": '/a,"b"', "line": "2", "message": "One; two, three."}],
            id="findings",
        ),
    ],
)
def test_tables(table: str, rows: list[dict[str, str]]) -> None:
    written = read(FLEET, table)
    assert [{name: row[name] for name in expected} for row, expected in zip(written, rows, strict=True)] == rows


@pytest.mark.parametrize("table", TABLES)
def test_form(table: str) -> None:
    """RFC 4180: CRLF behind each row, and as many cells in each."""
    text = write_csv(make_report(make_fleet(30)), table)
    assert text.endswith("\r\n")
    assert not re.search(r"(?<!\r)\n|\r(?!\n)", text)
    assert len({len(row) for row in csv.reader(io.StringIO(text, newline=""), strict=True)}) == 1


def test_an_empty_fleet_has_headers() -> None:
    assert [write_csv(make_report({}), table).count("\r\n") for table in TABLES] == [1, 1, 1, 1]


def test_no_host_is_lost() -> None:
    fleet = make_fleet(200)
    assert (
        {row["host"] for row in read(fleet, "credentials")}
        == {row["name"] for row in read(fleet, "hosts")}
        == set(fleet)
    )


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        pytest.param("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0", id="equals"),
        pytest.param("+1", "'+1", id="plus"),
        pytest.param("-1", "'-1", id="minus"),
        pytest.param("@SUM(A1)", "'@SUM(A1)", id="at"),
        pytest.param("\t=1", "'\t=1", id="tab"),
        pytest.param("\r=1", "'\r=1", id="carriage return"),
        pytest.param("\n=1", "'\n=1", id="line feed"),
        pytest.param("\uff1d1", "'\uff1d1", id="full-width equals"),
        pytest.param("a=1", "a=1", id="not at the beginning"),
        pytest.param(None, "", id="none"),
        pytest.param(True, "true", id="true"),
        pytest.param(False, "false", id="false"),
        pytest.param(0, "0", id="zero"),
    ],
)
def test_no_cell_is_a_formula(value: Any, cell: str) -> None:
    assert defuse(value) == cell


def test_hostile_names_are_no_formulas() -> None:
    formula = '=HYPERLINK("https://evil.example.com/","x")'
    fleet = {
        formula: make_host(
            hold("t", account=formula, path=formula, identity=formula),
            info={
                "credentials": [hold("t", account=formula, path=formula, identity=formula)],
                "findings": [{"severity": "low", "path": formula, "message": formula}],
            },
            problem=formula,
            tripwires=[formula],
        )
    }
    cells = [cell for table in TABLES for row in read(fleet, table) for cell in row.values()]
    assert [cell for cell in cells if cell.startswith("=")] == []
    assert cells.count(f"'{formula}") > 5
