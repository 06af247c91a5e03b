# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""`make test` runs every suite, and its summary says what passed, what failed, what was skipped and what is missing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tools.system_packages import PACKAGES, Package, describe, find_missing, read_packages

ROOT = Path(__file__).resolve().parents[3]

# Stands for make: says that it ran, and does what the file of the target's name says.
MAKE = """#!/bin/sh
echo "ran $2"
. "$(dirname "$0")/$2"
"""
PASSING = """<testsuites><testsuite><testcase classname="a" name="b"/></testsuite></testsuites>"""
FAILING = """<testsuites><testsuite>
<testcase classname="tests.a.test_b" name="test_c[d]"><failure message="boom"/></testcase>
<testcase classname="tests.a.test_b" name="test_e"><error message="boom"/></testcase>
<testcase classname="tests.a.test_b" name="test_f"><skipped message="setfacl is not installed"/></testcase>
<testcase classname="tests.a.test_b" name="test_g"><skipped message="setfacl is not installed"/></testcase>
<testcase classname="tests.a.test_b" name="test_h"/></testsuite></testsuites>"""


def run_suites(folder: Path, scripts: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    reports = folder / "reports"
    for name, text in {"make": MAKE, **scripts}.items():
        path = folder / name
        path.write_text(text.replace("REPORTS", str(reports)))
        path.chmod(0o755)
    return subprocess.run(
        [sys.executable, "-m", "tests.tools.run_suites", "--reports", str(reports), *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "MAKE": str(folder / "make")},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


def report(name: str, text: str, status: int = 0) -> str:
    return f"cat >REPORTS/{name}.xml <<'END'\n{text}\nEND\nexit {status}\n"


def test_all_pass(tmp_path: Path) -> None:
    scripts = {"one": report("one", PASSING), "two": report("two", PASSING), "beside": "echo noise; exit 0\n"}
    done = run_suites(tmp_path, scripts, "--beside", "beside", "one", "two")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "every target passed" in done.stdout
    assert done.stdout.splitlines()[-1] == "2 passed, 0 failed, 0 skipped"
    assert "noise" not in done.stdout


def test_others_run_after_one_has_failed(tmp_path: Path) -> None:
    scripts = {"one": report("one", FAILING, 1), "two": report("two", PASSING)}
    done = run_suites(tmp_path, scripts, "one", "two")
    lines = done.stdout.splitlines()
    assert done.returncode == 1
    assert [line for line in lines if line.startswith("ran ")] == ["ran one", "ran two"]
    assert "failed: tests.a.test_b::test_c[d]" in lines
    assert "failed: tests.a.test_b::test_e" in lines
    assert "skipped 2 times: setfacl is not installed" in lines
    assert lines[-2].endswith("; FAILED: one")
    assert lines[-1] == "2 passed, 2 failed, 2 skipped"


@pytest.mark.parametrize(
    ("scripts", "arguments", "ran", "verdict"),
    [
        pytest.param({"one": "exit 2\n", "two": "exit 0\n"}, ["one", "two"], ["one", "two"], "one", id="no report"),
        pytest.param({"one": report("one", "<testsuites>", 0)}, ["one"], ["one"], "one", id="half a report"),
        pytest.param({"one": report("one", FAILING, 0)}, ["one"], ["one"], "one", id="a report that says so alone"),
        pytest.param(
            {"setup": "exit 2\n", "one": "exit 0\n"},
            ["--first", "setup", "one"],
            ["setup"],
            "setup, one",
            id="without set-up nothing runs",
        ),
    ],
)
def test_status_tells(
    tmp_path: Path, scripts: dict[str, str], arguments: list[str], ran: list[str], verdict: str
) -> None:
    done = run_suites(tmp_path, scripts, *arguments)
    assert [line[4:] for line in done.stdout.splitlines() if line.startswith("ran ")] == ran
    assert done.returncode == 1
    assert f"; FAILED: {verdict}\n" in done.stdout


def test_what_runs_beside_counts(tmp_path: Path) -> None:
    scripts = {"one": report("one", PASSING), "beside": "echo pep8 failed; exit 1\n"}
    done = run_suites(tmp_path, scripts, "--beside", "beside", "one")
    assert done.returncode == 1
    assert "pep8 failed" in done.stdout
    assert "; FAILED: beside" in done.stdout


def test_time_of_what_runs_beside_is_its_own(tmp_path: Path) -> None:
    scripts = {"one": f"sleep 3\n{report('one', PASSING)}", "beside": "exit 0\n"}
    done = run_suites(tmp_path, scripts, "--beside", "beside", "one")
    took = {name: int(seconds) for name, seconds in re.findall(r"^(\w+): passed in (\d+) s", done.stdout, re.MULTILINE)}
    assert took["beside"] < took["one"]


# No test is left out --------------------------------------------------------------------------------------------------


def test_every_test_file_is_in_a_target_of_the_makefile() -> None:
    """What is in no suite of `make test`, and in no target of its own either, nobody runs."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    recipes = dict(re.findall(r"^([a-z-]+):.*\n((?:\t.*\n)+)", makefile, re.MULTILINE))
    # `make matrix` runs these with each core.
    run = set((ROOT / "tests/matrix").rglob("test_*.py"))
    for target, recipe in recipes.items():
        for pattern in re.findall(r"(?<=\s)tests/\S+", recipe):
            paths = sorted(ROOT.glob(pattern))
            assert paths, f"{target} runs {pattern}, which is not there"
            run |= {file for path in paths for file in (path.rglob("test_*.py") if path.is_dir() else [path])}
    assert sorted(str(path) for path in (ROOT / "tests").rglob("test_*.py") if path not in run) == []


def test_every_suite_of_make_test_is_a_target_that_runs_tests() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8").replace("\\\n", "")
    listed = re.search(r"^SUITES := (.*)$", makefile, re.MULTILINE)
    assert listed
    for target in listed[1].split():
        assert re.search(rf"^{target}:.*\n(?:\t.*\n)*\t@.*\$\(PYTEST\) .*tests/", makefile, re.MULTILINE), target


# What is missing on a machine -----------------------------------------------------------------------------------------


def test_missing_packages_are_named_with_the_command() -> None:
    missing = [Package("acl", ("setfacl",)), Package("strace", ("strace",))]
    text = describe(missing, is_root=True)
    assert "setfacl (Debian package acl)" in text
    assert "  apt-get install --no-install-recommends acl strace" in text.splitlines()
    assert "  sudo apt-get install --no-install-recommends acl strace" in describe(missing, is_root=False).splitlines()


def test_nothing_is_said_where_nothing_is_missing() -> None:
    assert describe([], is_root=True) == ""
    assert "not root" in describe([], is_root=False)


def test_any_of_the_programs_is_enough(tmp_path: Path) -> None:
    packages = read_packages("# a comment\n\nacl setfacl\nchromium one two\nfonts\n")
    for name in ("setfacl", "two"):
        (tmp_path / name).touch(0o755)
    assert find_missing(packages, str(tmp_path)) == []
    (tmp_path / "two").unlink()
    assert find_missing(packages, str(tmp_path)) == [Package("chromium", ("one", "two"))]


def test_the_list_names_what_tests_skip_without() -> None:
    programs = {program for package in read_packages(PACKAGES.read_text("utf-8")) for program in package.programs}
    assert {"setfacl", "setfattr", "strace", "sshd", "sudo", "useradd", "mkfs.ext4", "openssl", "unshare"} <= programs
