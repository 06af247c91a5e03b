# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The filters in real playbooks, on each series of ansible-core."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.report.fleets import NPM, hold, hold_password, log_out, make_host, name_token, tell
from tests.tools import paths
from tests.tools.make_cores import ALL, Core, say_missing

# A template that nobody may fill in: in a name, in one that has to be rewritten, and in a sentence.
TEMPLATE = "{{ 6 * 7 }}{% raw %}{{ lookup('ansible.builtin.pipe', 'touch pwned') }}"
FINDING = {"severity": "low", "path": f"/\n{TEMPLATE}", "line": 1, "rule": "backup", "message": f"In {TEMPLATE}."}

SHARED, TRAPPED = hold("shared"), hold("trapped")
OWN = hold("own", path=f"/home/{TEMPLATE}/.npmrc", account=TEMPLATE)
FLEET = {
    "web1": make_host(
        SHARED,
        OWN,
        hold_password(),
        info={"credentials": [SHARED, OWN, hold_password()], "findings": [FINDING]},
        logout=[log_out(tell(SHARED, "failed", detail=f"Of {TEMPLATE}.", by_hand=TEMPLATE))],
        requests=True,
    ),
    "web2": make_host(SHARED, requests=True),
    "web3": {"status": "unreachable", "problem": f"timed out: {TEMPLATE}"},
    "web4": make_host(TRAPPED, tripwires=[f"/{TEMPLATE}/gh-token-monitor.sh"]),
}

# Whatever a filter says of these, it says it in a sentence, and without the word.
SECRET = "hunter2"
WRONG = (
    ("'hunter2'", "choose_hosts", "hosts must be a mapping of host names."),
    (
        "fleet",
        "choose_hosts(protected_fingerprints=['hunter2'])",
        "protected_fingerprints must be 'sha256:' followed by 16 lowercase hex digits, or a list of these.",
    ),
    (
        "fleet",
        "choose_hosts(protected_fingerprints={'hunter2': 1})",
        "protected_fingerprints must be a list of fingerprints.",
    ),
    (
        "fleet",
        "choose_hosts(revoke='hunter2')",
        "revoke must be one of confirmed, accepted, attempted, never.",
    ),
    ("fleet", "choose_hosts(attempts='hunter2')", "attempts must be a whole number of at least 1."),
    ("fleet", "choose_hosts(comments='hunter2')", "comments must be true or false."),
    ("fleet", "report_data(job='hunter2')", "job must be one of audit, offboard, rotate."),
    ("fleet", "report_data(job='audit', started='hunter2')", "started must be a time in ISO 8601 format."),
    ("fleet", "report_data(job='audit', check_mode='hunter2')", "check_mode must be true or false."),
    ("fleet", "report_data(job='audit', collection_version=['hunter2'])", "collection_version must be a string."),
    ("{'schema': 'hunter2'}", "report_html", "report must be the result of report_data."),
    (
        "{'schema': 'npmops.auth/report', 'version': 'hunter2'}",
        "report_csv",
        "report must be of version 1, which this collection writes.",
    ),
    ("report", "report_csv('hunter2')", "table must be one of credentials, tokens, hosts, findings."),
)

# Results of modules are what the filters get: so this one returns the fleet.
MODULE = """#!/usr/bin/python
import json
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule(argument_spec={"path": {"type": "path"}})
with open(module.params["path"], encoding="utf-8") as file:
    module.exit_json(fleet=json.load(file))
"""


def write_file(name: str, template: str) -> dict[str, Any]:
    return {
        "name": f"Write {name}",
        "ansible.builtin.copy": {"content": "{{ " + template + " }}", "dest": name, "mode": "0600"},
    }


def fail(number: int, expression: str) -> dict[str, Any]:
    """A task of which only the error counts."""
    note = "{{ (errors | default([])) + [ansible_failed_result.msg] }}"
    return {
        "block": [{"name": f"Go wrong {number}", "ansible.builtin.set_fact": {"ignored": "{{ " + expression + " }}"}}],
        "rescue": [{"name": f"Note what is said {number}", "ansible.builtin.set_fact": {"errors": note}}],
    }


PLAY = {
    "hosts": "localhost",
    "gather_facts": False,
    "tasks": [
        {"name": "Get the fleet", "tell_fleet": {"path": "fleet.json"}, "register": "told"},
        {"name": "Keep the fleet", "ansible.builtin.set_fact": {"fleet": "{{ told.fleet }}"}},
        {
            "name": "Elect and report",
            "ansible.builtin.set_fact": {
                "choice": "{{ fleet | npmops.auth.choose_hosts(revoke='confirmed', attempts=2) }}",
                "report": "{{ fleet | npmops.auth.report_data(job='offboard', started='2026-03-14 09:30:00', "
                "finished=now(utc=true), protected_fingerprints=[]) }}",
            },
        },
        *(fail(number, f"{value} | npmops.auth.{call}") for number, (value, call, _sentence) in enumerate(WRONG)),
        {
            "name": "Loop over findings",
            "ansible.builtin.set_fact": {"said": "{{ (said | default([])) + [item.message] }}"},
            "loop": "{{ (fleet | npmops.auth.report_data(job='audit')).findings }}",
        },
        write_file("report.html", "report | npmops.auth.report_html"),
        write_file("credentials.csv", "report | npmops.auth.report_csv"),
        write_file(
            "all.json",
            "{'choice': choice, 'calls': choice.hosts.web2.revoke, 'report': report, 'errors': errors, "
            "'said': said, 'hosts': report | npmops.auth.report_csv(table='hosts')} | to_nice_json",
        ),
    ],
}


@dataclass(frozen=True)
class Run:
    """What a run of the playbook has left in its directory."""

    folder: Path
    output: str
    values: Mapping[str, Any]

    def read(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode("utf-8")


@pytest.fixture(scope="module", params=ALL, ids=[core.series for core in ALL])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Run:
    core: Core = request.param
    problem = say_missing(core)
    if problem:
        pytest.skip(problem)
    folder = tmp_path_factory.mktemp("play")
    (folder / "library").mkdir()
    (folder / "library" / "tell_fleet.py").write_text(MODULE, encoding="utf-8")
    (folder / "fleet.json").write_text(json.dumps(FLEET), encoding="utf-8")
    (folder / "play.json").write_text(json.dumps([PLAY]), encoding="utf-8")
    process = subprocess.run(
        [str(core.playbook), "-i", "localhost,", "-c", "local", "play.json"],
        cwd=folder,
        env=make_environment(folder, core),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=250,
        check=False,
    )
    assert process.returncode == 0, process.stdout + process.stderr
    values = json.loads((folder / "all.json").read_text(encoding="utf-8"))
    return Run(folder, process.stdout + process.stderr, values)


def make_environment(folder: Path, core: Core) -> Mapping[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS),
        "ANSIBLE_PYTHON_INTERPRETER": str(core.playbook.parent / "python"),
        "ANSIBLE_LOCALHOST_WARNING": "false",
        "ANSIBLE_NOCOLOR": "1",
    }


def test_election(run: Run) -> None:
    choice = run.values["choice"]
    decisions = {token["fingerprint"]: (token["decision"], token["chosen"]) for token in choice["tokens"]}
    assert decisions == {
        name_token("shared"): ("revoke", "web2"),
        name_token("own"): ("revoke", "web1"),
        name_token("trapped"): ("stuck", None),
    }
    assert run.values["calls"] == [{"registry": None, "fingerprints": [name_token("shared")]}]


def test_report(run: Run) -> None:
    report = run.values["report"]
    assert report["run"]["started"] == "2026-03-14T09:30:00Z"
    assert report["run"]["collection_version"] == "1.0.0"
    assert [entry["host"] for entry in report["tripwires"]] == ["web4"]
    assert {token["outcome"] for token in report["tokens"]} == {"failed", None}
    assert report["credentials"][0]["registry"] == NPM


def test_csv(run: Run) -> None:
    text = run.read("credentials.csv")
    rows = list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    assert text.count("\r\n") == text.count("\n") == len(rows) + 1
    assert [row["host"] for row in rows] == ["web1", "web1", "web1", "web2", "web3", "web4"]
    assert len(run.values["hosts"].splitlines()) == 5


def test_html(run: Run) -> None:
    page = run.read("report.html")
    assert page.startswith("<!DOCTYPE html>\n")
    assert page.rstrip().endswith("</html>")
    assert "1 host has a tripwire" in page


@pytest.mark.parametrize("name", ["all.json", "credentials.csv", "report.html"])
def test_no_template_is_made_of_a_text(run: Run, name: str) -> None:
    text = run.read(name)
    assert text.count("{{ 6 * 7 }}{% raw %}{{ lookup(") == text.count("{% raw %}") > 5
    assert run.values["said"] == [FINDING["message"]]
    assert not (run.folder / "pwned").exists()


def test_wrong_arguments_get_one_sentence(run: Run) -> None:
    for (value, call, sentence), told in zip(WRONG, run.values["errors"], strict=True):
        assert f"npmops.auth.{call.partition('(')[0]}: {sentence}" in told
        # Ansible itself may show the expression.
        assert SECRET not in told.replace(f"{value} | npmops.auth.{call}", "")


def test_nothing_is_warned_of(run: Run) -> None:
    assert "WARNING" not in run.output
    assert "Traceback" not in run.output


def test_every_filter_is_documented() -> None:
    names = sorted(f"npmops.auth.{file.stem}" for file in (paths.ROOT / "plugins" / "filter").glob("*.py"))
    process = subprocess.run(
        [str(paths.ANSIBLE_DOC), "--type", "filter", "--json", *names],
        env={"PATH": os.environ["PATH"], "ANSIBLE_COLLECTIONS_PATH": str(paths.COLLECTIONS), "HOME": str(paths.WORK)},
        capture_output=True,
        text=True,
        timeout=250,
        check=True,
    )
    shown = json.loads(process.stdout)
    assert sorted(shown) == names
    assert [name for name in names if not all(shown[name].get(part) for part in ("doc", "examples", "return"))] == []
