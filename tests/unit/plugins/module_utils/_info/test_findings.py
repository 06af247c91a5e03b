# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The security findings about a credential file."""

from __future__ import annotations

import re
import stat
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig, npmrc
from ansible_collections.npmops.auth.plugins.module_utils._info.findings import (
    RULES,
    SEVERITIES,
    Finding,
    StoreFacts,
    examine,
    examine_expiry,
    make_finding,
    sort_findings,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format

TOKEN = "//h.example/:_authToken=t0ken"


def make_facts(*lines: str, form: Format = npmrc, **changes: object) -> StoreFacts:
    """A store that nothing is wrong with but what the lines say."""
    readings = read_settings("\n".join(lines).encode(), form, {})
    facts = StoreFacts(
        path="/home/a/.npmrc",
        client="npm",
        level="user",
        mode=stat.S_IFREG | 0o600,
        owner="a",
        is_foreign=False,
        is_tracked=False,
        readings=readings,
        credentials=find_credentials(readings),
    )
    return replace(facts, **changes)  # type: ignore[arg-type]


def rules_of(facts: StoreFacts) -> list[tuple[str, int | None]]:
    return [(finding.rule, finding.line) for finding in examine(facts)]


@pytest.mark.parametrize(
    ("lines", "changes", "found"),
    [
        pytest.param([TOKEN], {}, [], id="nothing"),
        pytest.param([TOKEN], {"mode": 0o100644}, [("readable_by_others", None)], id="readable by all"),
        pytest.param([TOKEN], {"mode": 0o100640}, [("readable_by_others", None)], id="readable by its group"),
        pytest.param([TOKEN], {"mode": 0o100602}, [("readable_by_others", None)], id="writable by others"),
        pytest.param(["fund=false"], {"mode": 0o100644}, [], id="readable, without credentials"),
        pytest.param(["fund=false"], {"is_foreign": True, "owner": "b"}, [("foreign_owner", None)], id="of another"),
        pytest.param([TOKEN], {"is_tracked": True}, [("tracked_by_git", None)], id="tracked"),
        pytest.param(["fund=false"], {"is_tracked": True}, [], id="tracked, without credentials"),
        pytest.param([TOKEN], {"client": "backup"}, [("backup_copy", None)], id="backup"),
        pytest.param(
            [TOKEN], {"level": "global", "path": "/etc/skel/.npmrc"}, [("skeleton_file", None)], id="skeleton"
        ),
        pytest.param(["registry=http://h.example/"], {}, [("plain_http", 1)], id="http"),
        pytest.param(["", "@a:registry=http://h.example/"], {}, [("plain_http", 2)], id="http of a scope"),
        pytest.param(["registry=http://127.0.0.1:4873/"], {}, [], id="http on loopback"),
        pytest.param(["registry=https://h.example/"], {}, [], id="https"),
        pytest.param([";registry=http://h.example/"], {}, [], id="http in a comment"),
        pytest.param(["registry=nonsense"], {}, [], id="no URL"),
        pytest.param(["registry=https://u:p@h.example/"], {}, [("login_in_url", 1)], id="login in a URL"),
        pytest.param([f"; {TOKEN}"], {}, [("commented_out", 1)], id="commented out"),
        pytest.param(["_authToken=t"], {}, [("legacy_unscoped", 1)], id="unscoped"),
        pytest.param(["_auth=t", "email=e"], {}, [("legacy_unscoped", 1)], id="unscoped pair"),
        pytest.param(["strict-ssl=false"], {}, [("no_certificate_check", 1)], id="strict-ssl off"),
        pytest.param(["strict-ssl=null"], {}, [("no_certificate_check", 1)], id="strict-ssl null"),
        pytest.param(["strict-ssl="], {}, [], id="strict-ssl empty"),
        pytest.param(["strict-ssl=true"], {}, [], id="strict-ssl on"),
        pytest.param(["[s]", "_authToken=t"], {}, [], id="unscoped in a section, where only pnpm reads it"),
        pytest.param(
            ["[s]", TOKEN, "strict-ssl=false"],
            {"mode": 0o100644},
            [("readable_by_others", None)],
            id="in a section, which only pnpm reads",
        ),
    ],
)
def test_finds(lines: list[str], changes: dict[str, object], found: list[tuple[str, int | None]]) -> None:
    assert rules_of(make_facts(*lines, **changes)) == found


@pytest.mark.parametrize(
    "url", ["https://:t0ken@h.example/", "https://u:p@h.example/", "https://h.example/:_authToken=t"]
)
def test_finds_a_login_that_bun_reads_in_a_url(url: str) -> None:
    facts = make_facts("[install]", f'registry = "{url}"', form=bunfig, client="bun")
    assert rules_of(facts) == [("login_in_url", 2)]


def test_token_of_bun_beside_a_url_is_none_in_it() -> None:
    facts = make_facts("[install]", 'registry = { url = "https://h.example/", token = "t" }', form=bunfig, client="bun")
    assert rules_of(facts) == []


def test_each_thing_is_said_once() -> None:
    facts = make_facts("_authToken=t ; one", "_authToken=t ; two", mode=0o100644)
    assert len(examine(facts)) == len(set(examine(facts))) == 3


@pytest.mark.parametrize("rule", RULES)
def test_message_is_a_sentence_without_gaps(rule: str) -> None:
    finding = make_finding(
        rule, "/p", 3, mode="0644", owner="bob", names="NPM_TOKEN", problem="It is gone.", days="3 days", expires="x"
    )
    assert finding.severity in SEVERITIES
    assert finding.message.endswith(".")
    assert "{" not in finding.message


def test_mode_and_owner_are_named() -> None:
    facts = make_facts(TOKEN, mode=0o100644, is_foreign=True, owner="bob")
    messages = " ".join(finding.message for finding in examine(facts))
    assert "0644" in messages
    assert "bob" in messages
    assert "t0ken" not in messages


def test_worst_comes_first() -> None:
    given = [Finding("low", "/a", 1, "r", ""), Finding("high", "/b", None, "r", ""), Finding("high", "/a", 2, "r", "")]
    assert [(item.severity, item.path) for item in sort_findings(given)] == [
        ("high", "/a"),
        ("high", "/b"),
        ("low", "/a"),
    ]


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"unreadable"}))
def test_each_sentence_says_what_to_do(rule: str) -> None:
    _severity, message = RULES[rule]
    assert re.search(r"(: |, so )(set|change|replace|revoke|remove|restart|log in|log out)\b", message)


@pytest.mark.parametrize(
    ("expires", "found"),
    [
        pytest.param(None, [], id="not known"),
        pytest.param("2026-12-31T00:00:01Z", [], id="30 days and more"),
        pytest.param("2026-12-30T12:00:00Z", [("expires_soon", "29 days")], id="29 days"),
        pytest.param("2026-12-02T06:00:00Z", [("expires_soon", "1 day:")], id="a day"),
        pytest.param("2026-12-01T00:00:01Z", [("expires_soon", "0 days")], id="today"),
        pytest.param("2026-12-01T00:00:00Z", [("expired", "2026-12-01T00:00:00Z")], id="over"),
        pytest.param("never", [("never_expires", "never")], id="never"),
    ],
)
def test_expiry(expires: str | None, found: list[tuple[str, str]]) -> None:
    now = datetime(2026, 12, 1, tzinfo=UTC)
    findings = list(examine_expiry("/home/a/.npmrc", 3, expires, now))
    assert [(item.rule, item.line) for item in findings] == [(rule, 3) for rule, _said in found]
    assert all(said in item.message for item, (_rule, said) in zip(findings, found, strict=True))
