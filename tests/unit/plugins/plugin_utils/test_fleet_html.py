# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The source of the report page."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections import Counter
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_html import embed, list_segments, render_page
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_report import build_report
from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import Run
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import read_hosts
from tests.report.fleets import Result, hold, hold_password, log_out, make_fleet, make_host, tell

VOID = {"meta", "link", "input", "wbr", "rect", "use", "path", "circle"}


class Page(HTMLParser):
    """What is in a page: its elements with their attributes, its texts, its scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        assert source.startswith("<!DOCTYPE html>\n")
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}
        self.open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            tag, attributes = self.elements[-1]
            self.raw[attributes.get("id") or tag] = data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def render(fleet: Mapping[str, Result], job: str = "offboard", check_mode: bool = False) -> Page:
    run = Run(job, check_mode, "2026-03-14T09:30:00Z", "2026-03-14T11:32:10Z", "1.0.0")
    return Page(render_page(build_report(read_hosts(fleet), run)))


# 1. The page by itself ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 60])
@pytest.mark.parametrize("job", ["audit", "offboard", "rotate"])
def test_the_page_is_well_formed(job: str, size: int) -> None:
    page = render(make_fleet(size), job)
    identifiers = Counter(attributes["id"] for _tag, attributes in page.elements if "id" in attributes)
    assert page.open == []
    assert [name for name, count in identifiers.items() if count > 1] == []


def test_the_page_loads_nothing() -> None:
    page = render(make_fleet(60))
    addresses = [
        value or ""
        for _tag, attributes in page.elements
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster", "background", "formaction")
    ]
    assert addresses
    assert [address for address in addresses if not address.startswith("#") and address != "data:,"] == []
    assert not re.search(r"@import|url\(|@font-face", page.raw["style"])
    assert not re.search(r"\b(?:fetch|XMLHttpRequest|WebSocket|EventSource|sendBeacon|import)\b", page.raw["script"])


def test_the_policy_allows_the_one_script_and_the_one_style() -> None:
    page = render(make_fleet(5))
    (policy,) = [attributes["content"] for _tag, attributes in page.elements if attributes.get("http-equiv")]
    allowed = dict(part.split(" ", 1) for part in (policy or "").split("; "))
    assert allowed == {
        "default-src": "'none'",
        "script-src": f"'{digest(page.raw['script'])}'",
        "style-src": f"'{digest(page.raw['style'])}'",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert {name for _tag, attributes in page.elements for name in attributes if name.startswith("on")} == set()
    assert [tag for tag, attributes in page.elements if "style" in attributes] == []


def digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_script_never_makes_markup_of_a_text() -> None:
    script = render({}).raw["script"]
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|Function\(|DOMParser", script)


# 2. What those see who have no JavaScript -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [
        pytest.param("Offboarding from npm registries", id="title"),
        pytest.param("2026-03-14 09:30:00 UTC", id="time"),
        pytest.param("2 h 2 min", id="duration"),
        pytest.param("Tripwires: isolate this host, then run again", id="tripwires"),
        pytest.param("gh-token-monitor.service", id="a tripwire's path"),
        pytest.param("tokens may still work.", id="headline"),
        pytest.param("Passwords cannot be revoked at the registry: this one is still valid.", id="work"),
        pytest.param("Showing 25 of 60 hosts. Enable JavaScript to see all.", id="that there is more"),
        pytest.param("build00007.sin.example.com", id="a host"),
        pytest.param("The registry knew the token before, and refuses it now.", id="evidence"),
    ],
)
def test_without_script(words: str) -> None:
    assert words in render(make_fleet(60)).text


def test_check_mode_says_so() -> None:
    assert "Check run: nothing was changed" in render(make_fleet(5), check_mode=True).text
    assert "Check run" not in render(make_fleet(5)).text


def test_an_audit_does_not_say_that_a_token_may_still_work() -> None:
    page = render({"a": make_host(hold("t"))}, "audit")
    assert "Present" in page.text
    assert "May still work" not in page.text


@pytest.mark.parametrize(
    ("job", "check_mode", "sentence"),
    [
        pytest.param("audit", False, "An audit makes no changes. See the findings below.", id="audit"),
        pytest.param("audit", True, "An audit makes no changes. See the findings below.", id="audit, check mode"),
        pytest.param("offboard", True, "Nothing is left to do but the real run.", id="check mode"),
        pytest.param("offboard", False, "Nothing is left to do.", id="real run"),
    ],
)
def test_nothing_by_hand_is_said_for_what_it_is(job: str, check_mode: bool, sentence: str) -> None:
    assert sentence in render({}, job, check_mode).text


def test_an_empty_fleet_says_so() -> None:
    text = render({}).text
    assert all(words in text for words in ("No credential was found.", "Nothing is left to do.", "No token was found."))


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        pytest.param(hold("t"), "Not checked.", id="not asked"),
        pytest.param(hold("t", alive=True), "The registry accepted it during the audit.", id="valid"),
        pytest.param(hold("t", alive=False), "The registry rejected it already.", id="revoked"),
    ],
)
def test_evidence_of_an_audit(held: Result, sentence: str) -> None:
    assert sentence in render({"a": make_host(held)}, "audit").text


# 3. Hostile texts -----------------------------------------------------------------------------------------------------

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='alert(3)'{{7*7}}{% x %}&lt;!--"


def make_hostile_fleet() -> dict[str, Result]:
    held = hold("t", account=HOSTILE, path=HOSTILE, identity=HOSTILE, registry=f"https://{HOSTILE}/")
    password = hold_password(HOSTILE, HOSTILE)
    finding = {"severity": "high", "path": HOSTILE, "line": 1, "rule": "readable", "message": HOSTILE}
    told = log_out(
        tell(held, "failed", detail=HOSTILE, by_hand=HOSTILE), tell(password, "not_applicable", detail=HOSTILE)
    )
    return {
        HOSTILE: make_host(
            held,
            password,
            info={"credentials": [held, password], "findings": [finding]},
            logout=told,
            tripwires=[HOSTILE],
            status="failed",
            problem=HOSTILE,
        )
    }


def test_hostile_texts_stay_texts() -> None:
    ordinary, hostile = render({"a": make_host(hold("t"))}), render(make_hostile_fleet())
    assert Counter(tag for tag, _attributes in hostile.elements)["script"] == 2
    assert {tag for tag, _attributes in hostile.elements} - {tag for tag, _attributes in ordinary.elements} <= {
        "strong",
        "details",
        "summary",
        "code",
        "ol",
    }
    assert hostile.raw["script"] == ordinary.raw["script"]
    assert hostile.text.count("<img src=x onerror=alert(2)>") > 5
    assert HOSTILE in json.loads(hostile.raw["data"])["texts"]


@pytest.mark.parametrize("text", ["</script>", "<!--", "<script", "]]>", "&amp;"])
def test_embedded_data_ends_no_element(text: str) -> None:
    embedded = embed({"x": text})
    assert not set("<>&") & set(embedded)
    assert json.loads(embedded) == {"x": text}


# 4. Data for the script -----------------------------------------------------------------------------------------------


def test_data_is_the_whole_report() -> None:
    """Read back as the script reads it, each place, login and finding is that of the report."""
    fleet = make_fleet(80)
    document = build_report(read_hosts(fleet), Run("offboard", False, None, None, None))
    data = json.loads(Page(render_page(document)).raw["data"])
    hosts = [data["texts"][number] for number in data["hosts"]["name"]]
    fingerprints = [data["texts"][number] for number in data["tokens"]["fingerprint"]]
    places = [
        (
            fingerprints[token],
            hosts[host],
            data["texts"][account],
            data["texts"][path],
            line or None,
            data["states"][state],
        )
        for token, host, account, path, line, state in zip(
            *(data["places"][name] for name in ("token", "host", "account", "path", "line", "state")), strict=True
        )
    ]
    assert places == [
        (token["fingerprint"], *(place[name] for name in ("host", "account", "path", "line", "state")))
        for token in document["tokens"]
        for place in token["places"]
    ]
    assert sorted(hosts) == sorted(fleet)
    assert [hosts[host] for host in data["logins"]["host"]] == [login["host"] for login in document["credentials"]]
    assert [data["texts"][number] for number in data["findings"]["message"]] == [
        finding["message"] for finding in document["findings"]
    ]


def test_hosts_that_a_person_must_see_come_first() -> None:
    dead = log_out(tell(hold("d"), "confirmed"))
    fleet = {
        "a-done": make_host(hold("d"), logout=dead),
        "b-empty": make_host(),
        "c-down": {"status": "unreachable"},
        "d-open": make_host(hold("o")),
        "e-tripwire": make_host(tripwires=["/x"]),
        "f-unverified": make_host(hold("u"), logout=log_out(tell(hold("u"), "accepted"))),
    }
    data = json.loads(render(fleet).raw["data"])
    names = [data["texts"][number] for number in data["hosts"]["name"]]
    assert names == ["e-tripwire", "d-open", "f-unverified", "c-down", "a-done", "b-empty"]


@pytest.mark.parametrize(
    ("counts", "widths"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({"a": 3, "b": 0}, {"a": 100.0}, id="one"),
        pytest.param({"a": 1, "b": 3}, {"a": 25.0, "b": 75.0}, id="two"),
        pytest.param({"a": 1, "b": 9999}, {"a": 1.48, "b": 98.52}, id="what is rare can be seen"),
    ],
)
def test_parts_of_a_bar(counts: Mapping[str, int], widths: Mapping[str, float]) -> None:
    segments: list[dict[str, Any]] = list_segments(counts, ["a", "b"])
    assert {part["name"]: float(part["width"]) for part in segments} == pytest.approx(widths)
    assert [float(part["start"]) for part in segments] == pytest.approx([0.0, *widths.values()][: len(segments)])
