# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module does what `npm logout` does, from npm 6 to npm 12, but for what is listed.

Each case of `cases.py` is run for real: once with the module, and with npm, against the embedded registry. Versions of
npm in a row that are to do the same are represented by the first, the last and one more, which changes with the case.
ALL_NPMS=1 runs each case with each npm.
Compared are the requests sent, the tokens dead afterwards, success or failure, the file (its settings as that npm reads
them, and its bytes) and its mode. Each way in which npm differs has a name in `differences.py`; one that is not listed
for a case fails the test, and so does one that is listed and does not show any more.
"""

from __future__ import annotations

import itertools
import os
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from tests.tools.paths import NPM_MAJORS

from .cases import CASES, RICH_CASE, RICH_LEFT
from .differences import KNOWN_DIFFERENCES
from .module import log_out_with_module
from .npm import log_out_with_npm, read_as_npm, run_npm
from .world import SAME, UNTOUCHED, Case, Deviation, Seen, make_world

pytestmark = pytest.mark.timeout(600)

PLAIN_ASPECTS = ("sent", "revoked", "failed", "logged")
FILES = ("left", "project_left")
ASPECTS = (*PLAIN_ASPECTS, *FILES, "mode")
# These may well be in what the module says: they are words.
NO_SECRETS = {"true", "${NPM_TOKEN}"}

by_case = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
by_major = pytest.mark.parametrize("major", NPM_MAJORS, ids=lambda major: f"npm{major}")


def find_deviations(case: Case, major: int) -> list[Deviation]:
    """The known differences that this npm is to show in this case."""
    return [deviation for deviation in case.npm if major in choose_majors(deviation)]


def choose_majors(deviation: Deviation) -> tuple[int, ...]:
    return KNOWN_DIFFERENCES[deviation.name].majors if deviation.majors is None else deviation.majors


def choose_npms(number: int, case: Case) -> Iterator[int]:
    """The versions with which the case of this number is run."""
    for _deviations, group in itertools.groupby(NPM_MAJORS, lambda major: find_deviations(case, major)):
        majors = list(group)
        chosen = {majors[0], majors[-1], majors[number % len(majors)]}
        yield from majors if os.environ.get("ALL_NPMS") else sorted(chosen)


by_case_and_npm = pytest.mark.parametrize(
    ("case", "major"),
    [
        pytest.param(case, major, id=f"{case.name}-npm{major}")
        for number, case in enumerate(CASES)
        for major in choose_npms(number, case)
    ],
)


# Running -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, repr=False)
class Runs:
    """All runs of the selected tests, under way on every core while the first of them are compared."""

    module: Future[tuple[dict[str, Seen], str]]
    npm: dict[tuple[str, int], Future[Seen]]

    def see_module(self, case: Case) -> Seen:
        problem = self.module.exception()
        if problem:
            pytest.fail(f"the playbook did not run: {problem}", pytrace=False)
        seen = self.module.result()[0][case.name]
        if seen.crash:
            pytest.fail(f"the module crashed: {seen.crash}", pytrace=False)
        return seen

    def see_npm(self, case: Case, major: int) -> Seen:
        return self.npm[case.name, major].result()


@pytest.fixture(scope="module")
def runs(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runs]:
    selected = [_get_parameters(item) for item in request.session.items if item.path == request.path]
    cases = {params["case"].name: params["case"] for params in selected if "case" in params}
    cases[RICH_CASE.name] = RICH_CASE
    pairs = [(params["case"], params["major"]) for params in selected if {"case", "major"} <= params.keys()]
    folder = tmp_path_factory.mktemp("conformance")
    pool = ThreadPoolExecutor(os.cpu_count() or 2)
    try:
        yield Runs(
            pool.submit(log_out_with_module, list(cases.values()), folder),
            {
                (case.name, major): pool.submit(log_out_with_npm, case, major, folder / f"npm{major}" / case.name)
                for case, major in pairs
            },
        )
    finally:
        pool.shutdown(cancel_futures=True)


def _get_parameters(item: pytest.Item) -> dict[str, Any]:
    return item.callspec.params if hasattr(item, "callspec") else {}


# Comparing -----------------------------------------------------------------------------------------------------------


def list_sayings(deviation: Deviation, case: Case) -> dict[str, Any]:
    """What a deviation says of which aspect."""
    said = {name: getattr(deviation, name) for name in ASPECTS if getattr(deviation, name) is not SAME}
    found = {"left": case.text, "project_left": case.project}
    return {name: found[name] if value is UNTOUCHED else value for name, value in said.items()}


def list_problems(case: Case, major: int, ours: Seen, theirs: Seen) -> list[str]:
    """How this npm differs from what the module does, otherwise than listed."""
    deviations = find_deviations(case, major)
    expected = ours
    problems = []
    for deviation in deviations:
        sayings = list_sayings(deviation, case)
        expected = replace(expected, **sayings)
        if not deviation.lost and all(getattr(ours, name) == value for name, value in sayings.items()):
            problems.append(f"{deviation.name} does not show: the module does the same")
    for name in PLAIN_ASPECTS:
        if getattr(theirs, name) != getattr(expected, name):
            problems.append(_say(name, theirs, expected, ours))
    if None not in (theirs.mode, expected.mode) and theirs.mode != expected.mode:
        problems.append(_say("mode", theirs, expected, ours))
    lost = [text for deviation in deviations for text in deviation.lost]
    for name in FILES:
        problems += _compare_file(name, major, theirs, expected, ours, lost if name == "left" else [])
    return problems


def _compare_file(name: str, major: int, theirs: Seen, expected: Seen, ours: Seen, lost: list[str]) -> list[str]:
    text, wanted, our_text = (getattr(seen, name) for seen in (theirs, expected, ours))
    problems = [f"{name}: {piece!r} is not lost" for piece in lost if piece not in our_text or piece in (text or piece)]
    if text == wanted:
        return problems
    if text is None or wanted is None or not _are_same_settings(major, text, wanted):
        return [*problems, _say(name, theirs, expected, ours)]
    if wanted == our_text and not lost:
        return [*problems, f"{name}: the same settings in another text, {_say(name, theirs, expected, ours)}"]
    return problems


def _are_same_settings(major: int, text: str, other: str) -> bool:
    settings, wanted = read_as_npm(major, [text, other])
    return settings == wanted


def _say(name: str, theirs: Seen, expected: Seen, ours: Seen) -> str:
    values = [getattr(seen, name) for seen in (theirs, expected, ours)]
    return "{}: npm {!r}, expected {!r}, the module {!r}".format(name, *values)


# Tests ---------------------------------------------------------------------------------------------------------------


@by_case
def test_module(case: Case, runs: Runs) -> None:
    """The module does what the case says, to the byte, and shows no token."""
    seen = runs.see_module(case)
    expected = replace(
        seen,
        sent=case.sent,
        revoked=case.revoked,
        failed=case.failed,
        left=case.left,
        project_left=case.project_left,
        mode=None if case.left is None else case.mode,
    )
    assert {name: getattr(seen, name) for name in ASPECTS} == {name: getattr(expected, name) for name in ASPECTS}
    assert [token for token in case.tokens - NO_SECRETS if token in seen.output] == []


@by_case_and_npm
def test_npm_and_module(case: Case, major: int, runs: Runs) -> None:
    """This npm does what the module does, but for the listed differences, and these still show."""
    problems = list_problems(case, major, runs.see_module(case), runs.see_npm(case, major))
    assert not problems, "\n".join(problems)


@by_major
def test_npm_reads_what_the_module_leaves(major: int, runs: Runs, tmp_path: Path) -> None:
    """To this npm, the account is logged out, and everything else is set as before."""
    left = runs.see_module(RICH_CASE).left
    assert left == RICH_LEFT
    with make_world(replace(RICH_CASE, text=left), tmp_path) as world:
        names = ("registry", "init-license", "init-author-name")
        values = [run_npm(major, world, "config", "get", name).stdout.strip() for name in names]
        assert [world.generalize(value) for value in values] == ["http://main.example/", "MIT", "Alice"]
        assert run_npm(major, world, "whoami").returncode != 0
        assert [request for request in world.main.requests if "authorization" in request.headers] == []


def test_ansible_shows_no_token(runs: Runs) -> None:
    shown = runs.module.result()[1]
    assert [token for case in CASES for token in case.tokens - NO_SECRETS if token in shown] == []


def test_cases_have_names_of_their_own() -> None:
    names = [case.name for case in CASES]
    assert [name for name in names if names.count(name) > 1] == []


@by_case
def test_deviations_are_told_apart(case: Case) -> None:
    """No two deviations of a case speak of the same aspect for the same npm, and each says something."""
    for major in NPM_MAJORS:
        deviations = find_deviations(case, major)
        said = [name for deviation in deviations for name in list_sayings(deviation, case)]
        assert len(said) == len(set(said)), f"npm {major}"
        assert all(list_sayings(deviation, case) or deviation.lost for deviation in deviations), f"npm {major}"


def test_each_npm_runs_every_kind_of_case() -> None:
    """Each npm has cases in which it does as the module does, and all in which it is the first or last to differ."""
    plain = Counter(
        major
        for number, case in enumerate(CASES)
        for major in choose_npms(number, case)
        if not find_deviations(case, major)
    )
    assert min(plain[major] for major in NPM_MAJORS) >= 5
    for number, case in enumerate(CASES):
        chosen = set(choose_npms(number, case))
        for major, following in itertools.pairwise(NPM_MAJORS):
            if find_deviations(case, major) != find_deviations(case, following):
                assert {major, following} <= chosen


@pytest.mark.parametrize("name", KNOWN_DIFFERENCES)
def test_known_difference_has_its_cases(name: str) -> None:
    """The versions that a difference names are those of the cases that show it."""
    deviations = [deviation for case in CASES for deviation in case.npm if deviation.name == name]
    shown = {major for deviation in deviations for major in choose_majors(deviation)}
    assert shown == set(KNOWN_DIFFERENCES[name].majors)
    assert KNOWN_DIFFERENCES[name].sentence


PLAIN_CASE = CASES[0]
PLAIN_SEEN = Seen(PLAIN_CASE.sent, PLAIN_CASE.revoked, False, PLAIN_CASE.left, None, PLAIN_CASE.mode, frozenset(), "")


@pytest.mark.parametrize(
    "change",
    [
        {"sent": ()},
        {"revoked": frozenset()},
        {"failed": True},
        {"left": None},
        {"left": f"{PLAIN_CASE.left}fund=false\n"},
        {"left": f"{PLAIN_CASE.left}; a comment\n"},
        {"project_left": ""},
        {"mode": 0o644},
        {"logged": PLAIN_CASE.tokens},
    ],
    ids=str,
)
def test_unlisted_difference_is_a_problem(change: dict[str, Any]) -> None:
    assert list_problems(PLAIN_CASE, 12, PLAIN_SEEN, PLAIN_SEEN) == []
    assert list_problems(PLAIN_CASE, 12, PLAIN_SEEN, replace(PLAIN_SEEN, **change)) != []


@pytest.mark.parametrize(
    "deviation",
    [
        Deviation("not_logged_in_is_an_error", failed=True),
        Deviation("not_logged_in_is_an_error", failed=False),
        Deviation("key_found_by_walking_up_stays", left=UNTOUCHED),
        Deviation("file_gets_mode_0600", mode=PLAIN_CASE.mode),
        Deviation("file_is_written_anew", lost=("registry",)),
        Deviation("file_is_written_anew", lost=("; a comment that never was",)),
    ],
    ids=lambda deviation: deviation.name,
)
def test_listed_difference_that_does_not_show_is_a_problem(deviation: Deviation) -> None:
    case = replace(PLAIN_CASE, npm=(deviation,))
    assert list_problems(case, 12, PLAIN_SEEN, PLAIN_SEEN) != []
