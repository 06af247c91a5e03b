# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plays of docs/where.md, on the directories of runners and containers as their programs lay them out."""

from __future__ import annotations

import json
import os
import pwd
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.hostile.system import mounted
from tests.integration.files import plant
from tests.integration.play import Run, Runner
from tests.registry import EmbeddedRegistry
from tests.tools.paths import ROOT

DOCUMENT = (ROOT / "docs" / "where.md").read_text(encoding="utf-8")
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.M | re.S)
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)
PLAYS = {title: BLOCK.findall(text) for title, text in SECTION.findall(DOCUMENT)}
USER = pwd.getpwuid(os.geteuid()).pw_name


def run_play(title: str, registry: EmbeddedRegistry, runner: Runner, home: Path, *arguments: str) -> Run:
    """Run the play of a section, for the embedded registry, this account and the test's own directories."""
    (text,) = PLAYS[title]
    for documented, here in (
        ("https://npm.example.com/", registry.url),
        ("/opt/actions-runner", str(home.parent / "actions-runner")),
        (r"\[(?:runner|gitlab-runner|alice|alice, bob)\]", f"[{USER}]"),
        # Only the test's home is this image: the files of the machine itself stay as they are.
        ("all_users: true", f"users: [{USER}]"),
        (r"levels: \[all\]", "levels: [user, project]"),
    ):
        text = re.sub(documented, here, text)
    (play,) = yaml.safe_load(text)
    kept = {
        name: value for name, value in play.items() if name not in ("name", "hosts", "become", "connection", "tasks")
    }
    report = {"npm_auth_report_dir": str(home.parent / "reports")}
    return runner.run(*play.get("tasks", ()), arguments=arguments, environment={"HOME": str(home)}, vars=report, **kept)


def write_login(path: Path, registry: EmbeddedRegistry, value: str, *lines: str) -> Path:
    return plant(path, *lines, f"{registry.url.removeprefix('http:')}:_authToken={value}")


def list_remaining(folder: Path, *words: str) -> list[str]:
    files = [file for file in folder.rglob("*") if file.is_file() and "ansible" not in str(file.relative_to(folder))]
    return [f"{file}: {word}" for file in files for word in words if word in file.read_text(errors="replace")]


def test_github_runner(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    home, program = tmp_path / "home", tmp_path / "actions-runner"
    tokens = [registry.create_token("ci") for _number in range(3)]
    write_login(home / ".npmrc", registry, tokens[0], f"registry={registry.url}")
    plant(program / ".env", "LANG=C.UTF-8", f"NODE_AUTH_TOKEN={tokens[1]}")
    write_login(program / "_work" / "_temp" / ".npmrc", registry, "${NODE_AUTH_TOKEN}", f"registry={registry.url}")
    write_login(program / "_work" / "app" / "app" / ".npmrc", registry, tokens[2])

    result = run_play("GitHub Actions: self-hosted runners", registry, runner, home)[
        "Revoke and remove the tokens of the runner"
    ]

    assert not result["failed"], result["msg"]
    assert [registry.is_valid(token) for token in tokens] == [False] * 3
    assert list_remaining(home, "_authToken") == list_remaining(program, "_authToken", *tokens) == []
    assert (program / ".env").read_text() == "LANG=C.UTF-8\n"


def test_gitlab_runner(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    home = tmp_path / "home"
    tokens = [registry.create_token("ci") for _number in range(2)]
    checkout = home / "builds" / "aB3dE5fG" / "0" / "group" / "app"
    write_login(home / ".npmrc", registry, tokens[0], f"registry={registry.url}")
    write_login(checkout / ".npmrc", registry, tokens[1])
    write_login(checkout / "packages" / "a" / ".npmrc", registry, "${CI_JOB_TOKEN}")

    result = run_play("GitLab: runners with the shell executor", registry, runner, home)[
        "Revoke and remove the tokens of the runner"
    ]

    assert not result["failed"], result["msg"]
    assert sorted(item["revocation"] for item in result["credentials"]) == ["confirmed", "confirmed", "unresolved"]
    assert [registry.is_valid(token) for token in tokens] == [False] * 2
    assert list_remaining(home, "_authToken") == []


@pytest.mark.parametrize("mount", [pytest.param(False, id="image"), pytest.param(True, id="mounted file")])
def test_container(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path, mount: bool) -> None:
    home = tmp_path / "home"
    token = registry.create_token("build")
    npmrc = write_login(home / ".npmrc", registry, token, f"registry={registry.url}", "fund=false")
    outside = plant(tmp_path / "outside" / "npmrc", *npmrc.read_text().splitlines())
    title, task = "Container images", "Revoke and remove all tokens in the image"

    if mount:
        if os.geteuid() != 0:
            pytest.skip("only root can mount a file")
        with mounted(npmrc, "bind", kind="none", device=str(outside)):
            result = run_play(title, registry, runner, home)[task]
        npmrc = outside
    else:
        result = run_play(title, registry, runner, home)[task]

    assert not result["failed"], result["msg"]
    assert npmrc.read_text() == f"registry={registry.url}\nfund=false\n"
    assert not registry.is_valid(token)


def test_options_set_once(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path) -> None:
    token = registry.create_token("alice")
    npmrc = write_login(tmp_path / "home" / ".npmrc", registry, token, f"registry={registry.url}")

    run = run_play("Set options once", registry, runner, tmp_path / "home")

    assert [item["kind"] for item in run["List what is there"]["credentials"]] == ["token"]
    assert run["Log out"]["credentials"][0]["revocation"] == "confirmed"
    assert npmrc.read_text() == f"registry={registry.url}\n"


@pytest.mark.parametrize(
    ("tag", "alive"), [pytest.param("npm", False, id="its tag"), pytest.param("other", True, id="other tag")]
)
def test_role_with_a_tag(registry: EmbeddedRegistry, runner: Runner, tmp_path: Path, tag: str, alive: bool) -> None:
    token = registry.create_token("alice")
    npmrc = write_login(tmp_path / "home" / ".npmrc", registry, token, f"registry={registry.url}")

    run_play("Roles with tags", registry, runner, tmp_path / "home", "--tags", tag)

    assert registry.is_valid(token) == alive
    assert ("_authToken" in npmrc.read_text()) == alive
    assert bool(list(tmp_path.glob("reports/*/report.html"))) != alive


def test_each_play_has_a_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert [title for title, blocks in PLAYS.items() if blocks and f'"{title}"' not in source] == []


def test_survey_of_awx() -> None:
    survey = json.loads((ROOT / "docs" / "awx-survey.json").read_text(encoding="utf-8"))
    spec = yaml.safe_load((ROOT / "roles" / "offboard" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))
    options: dict[str, Any] = spec["argument_specs"]["main"]["options"]
    assert {*survey} == {"name", "description", "spec"}
    for question in survey["spec"]:
        option = options[question["variable"]]
        # A question that is left empty would give an empty text, which means none.
        assert question["required"]
        answers = question["default"].split("\n") if question["type"] == "multiselect" else [question["default"]]
        if question["type"] == "text":
            assert option["type"] == "list"
        else:
            assert {*answers} <= {*question["choices"]} <= {*option["choices"]}
            assert (question["type"] == "multiselect") == (option["type"] == "list")
            assert option["default"] == (answers if option["type"] == "list" else answers[0])
