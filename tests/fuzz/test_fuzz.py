# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A search for inputs at which what must hold does not.

Each run of the short search is the same. FUZZ_SECONDS makes it a long one: so many seconds for each target, another way
each time, beginning where the last one ended.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl
from ansible_collections.npmops.auth.plugins.module_utils._npm import environment
from tests.fuzz import guided, properties
from tests.fuzz.properties import FORMATS, TARGETS, check_file
from tests.fuzz.seeds import CHOICES, REGRESSIONS, SEEDS, WORDS

SECONDS = int(os.environ.get("FUZZ_SECONDS") or 0)
SEARCH = guided.Search(SECONDS, goes_on=True) if SECONDS else guided.Search(seconds=60, inputs=20_000, seed=1)
EXAMPLES = max(1000, 50 * SECONDS)
# Of one input they make many events and nodes: a short search tries so many times fewer.
SLOWER = {"yarnrc_yml": 10, "pnpm_config_yaml": 10, "bunfig": 4, "yarnrc": 4}


# 1. What hypothesis makes up ------------------------------------------------------------------------------------------


def mix(target: str) -> st.SearchStrategy[bytes]:
    """Inputs of the lines of the target's seeds, of words, and of noise."""
    size = CHOICES.get(target, 0)
    lines = [line for seed in SEEDS[target] for line in seed[size:].splitlines(keepends=True)]
    words = st.lists(st.sampled_from(WORDS), max_size=5).map(b"".join)
    text = st.text(max_size=5).map(lambda text: text.encode("utf-8", "surrogatepass"))
    pieces = st.lists(st.sampled_from(lines) | words | text | st.binary(max_size=5))
    return st.tuples(st.binary(min_size=size, max_size=size), pieces.map(b"".join)).map(b"".join)


def search(target: str, check: Callable[[bytes], None], *phases: Phase) -> None:
    """Look for an input of the target that fails."""

    @settings(
        max_examples=EXAMPLES // SLOWER.get(target, 1),
        derandomize=not SECONDS,
        phases=phases or tuple(Phase),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(mix(target))
    def find(data: bytes) -> None:
        check(data)

    find()


# 2. The searches, what once failed first ------------------------------------------------------------------------------


def test_every_target_has_seeds() -> None:
    assert SEEDS.keys() == TARGETS.keys()


@pytest.mark.parametrize(
    ("target", "data"),
    [
        *(pytest.param(*row, id=name) for name, row in REGRESSIONS.items()),
        *(
            pytest.param(name, data, id=f"seed-{name}-{number}")
            for name in SEEDS
            for number, data in enumerate(SEEDS[name])
        ),
    ],
)
def test_known_input(target: str, data: bytes) -> None:
    TARGETS[target](data)


@pytest.mark.timeout(SECONDS + 120)
@pytest.mark.parametrize("target", TARGETS)
def test_made_up_inputs(target: str) -> None:
    search(target, TARGETS[target])


needs_fuzzer = pytest.mark.skipif(
    not guided.is_installed(), reason="atheris is not to be had for this machine and its Python: requirements/fuzz.txt"
)


@needs_fuzzer
@pytest.mark.timeout(SEARCH.seconds + 120)
@pytest.mark.parametrize("target", TARGETS)
def test_guided_search(target: str) -> None:
    findings = guided.run(target, replace(SEARCH, inputs=SEARCH.inputs // SLOWER.get(target, 1)))
    print(f"{findings.inputs} inputs")
    assert findings.failing is None, (
        f"{findings.report}\nMend it, and keep the input in REGRESSIONS:\n    {(target, findings.failing)},"
    )


# 3. Would they find anything? -----------------------------------------------------------------------------------------

NPMRC = FORMATS["npmrc"]


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"remove": lambda data, doomed: NPMRC.remove(data, doomed).rstrip()}, id="last-line-end-lost"),
        pytest.param(
            {"remove": lambda data, doomed: NPMRC.remove(data, doomed).replace(b"\r", b"\n")}, id="cr-changed"
        ),
        pytest.param({"remove": lambda data, doomed: NPMRC.remove(data, list(doomed)[:1])}, id="the-first-alone-goes"),
        pytest.param({"remove": lambda data, doomed: data}, id="none-goes"),
        pytest.param({"parse_settings": lambda data: NPMRC.parse_settings(data.decode().encode())}, id="raises"),
    ],
)
def test_defect_of_a_format_is_found(changes: dict[str, Any]) -> None:
    with pytest.raises((AssertionError, UnicodeDecodeError)):
        search("npmrc", lambda data: check_file(replace(NPMRC, **changes), data), Phase.generate)


def refuse(url: str) -> Any:
    raise InvalidUrl(f"{url} is no URL")


@pytest.mark.parametrize(
    ("target", "name", "broken"),
    [
        pytest.param("keys", "parse_registry", refuse, id="refusal-shows-the-url"),
        pytest.param("keys", "is_on_walk", lambda key, other: other.startswith(key), id="walk-ends-within-a-name"),
        pytest.param("credentials", "allows_removal", lambda outcome, revoke: outcome == "confirmed", id="goes-early"),
        pytest.param("credentials", "find_companions", lambda readings, credentials: readings, id="taken-twice"),
        pytest.param("credentials", "doomed_settings", lambda settlement: (), id="stays"),
        pytest.param("diff", "redact", lambda data, *_others: data.decode("utf-8", "replace"), id="shown"),
    ],
)
def test_defect_is_found(monkeypatch: pytest.MonkeyPatch, target: str, name: str, broken: Any) -> None:
    monkeypatch.setattr(properties, name, broken)
    with pytest.raises(AssertionError):
        search(target, TARGETS[target], Phase.generate)


def test_secret_in_a_repr_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(environment.Reading, "__repr__", lambda self: f"Reading({self.value})")
    with pytest.raises(AssertionError, match="a secret is shown"):
        search("credentials", TARGETS["credentials"], Phase.generate)


@needs_fuzzer
@pytest.mark.timeout(240)
def test_planted_defect_is_found_by_the_guided_search() -> None:
    found = (guided.run("planted", guided.Search(seconds=20, seed=seed)).failing for seed in (6, 5, 8, 3, 1, 4, 7, 9))
    assert any(found)
