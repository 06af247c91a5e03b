# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The defaults, READMEs and playbooks of the roles say what their argument specs say."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC

ROOT = Path(__file__).parents[2]
ROLES = ("audit", "offboard", "rotate")
PREFIX = "npm_auth_"
#: What the tasks keep between themselves.
OWN = re.compile(r"__npm_auth_\w+")
USED = re.compile(r"(?<!_)npm_auth_\w+")
#: The hosts of plays. An empty list would mean all.
ALL_HOSTS = "{{ npm_auth_hosts | default('all') }}"
NEXT_HOSTS = "{{ (hostvars['localhost'].__npm_auth_next | default([])) or ['!all'] }}"
#: What a playbook reads, and no role.
OF_PLAYBOOKS = {"npm_auth_hosts", "npm_auth_serial", "npm_auth_become"}
#: Ansible's markup: O(x), V(x), C(x) and the like.
MARKUP = re.compile(r"\b[A-Z]\(([^)#]*)(?:#\w+)?\)")

Spec = dict[str, Any]


def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def read_spec(role: str) -> dict[str, Spec]:
    options: dict[str, Spec] = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return options


def make_row(name: str, option: Spec) -> str:
    """How a variable stands in the table of a README."""
    kind = f"list of {option['elements']}" if option["type"] == "list" else option["type"]
    if option.get("required"):
        default = "required"
    elif "default" in option:
        default = f"`{yaml.safe_dump(option['default'], default_flow_style=True, width=1000).split(chr(10))[0]}`"
    else:
        default = ""
    text = MARKUP.sub(r"`\1`", " ".join(option["description"]))
    if "choices" in option:
        text += f" One of {', '.join(f'`{choice}`' for choice in option['choices'])}."
    return f"| `{name}` | {kind} | {default} | {text} |"


@pytest.mark.parametrize("role", ROLES)
def test_defaults(role: str) -> None:
    expected = {name: option["default"] for name, option in read_spec(role).items() if "default" in option}
    assert load(f"roles/{role}/defaults/main.yml") == expected


@pytest.mark.parametrize("role", ROLES)
def test_table_of_the_readme(role: str) -> None:
    rows = [
        line
        for line in (ROOT / "roles" / role / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith(f"| `{PREFIX}")
    ]
    assert rows == [make_row(name, option) for name, option in read_spec(role).items()]


@pytest.mark.parametrize("role", ROLES)
def test_entry_point_of_the_playbook_checks_the_same(role: str) -> None:
    spec = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]
    assert set(spec) == {"main", "start"}
    assert spec["start"] == spec["main"]


@pytest.mark.parametrize("role", ROLES)
def test_variables_are_those_of_the_spec(role: str) -> None:
    """Each that a task of the role uses is in its spec; each of the spec is used."""
    own = list_tasks(f"roles/{role}/tasks")
    shared = {path.stem: path for path in (ROOT / "roles/common/tasks").glob("*.yml")}
    text = "".join(path.read_text(encoding="utf-8") for path in own)
    text += "".join(shared[name].read_text(encoding="utf-8") for name in re.findall(r"common/tasks/(\w+)", text))
    used = set(USED.findall(text))
    # The shared tasks read a few that not every role has, and do without.
    optional = set(re.findall(r"(npm_auth_\w+) \| default\(", text))
    spec = set(read_spec(role))
    assert used - spec <= optional
    assert spec <= used


def list_tasks(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("*.yml"))


@pytest.mark.parametrize("role", ROLES)
def test_variables_are_spelt_alike_in_all_roles(role: str) -> None:
    for name, option in read_spec(role).items():
        for other in ROLES:
            theirs = read_spec(other).get(name)
            assert theirs is None or (theirs["type"], theirs.get("choices")) == (option["type"], option.get("choices"))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", ["clients", "levels", "revoke"])
def test_choices_are_those_of_the_modules(role: str, name: str) -> None:
    option = read_spec(role).get(PREFIX + name)
    if option is None:
        assert (role, name) == ("audit", "revoke")
        return
    spec = LOGOUT_SPEC if name == "revoke" else INFO_SPEC
    assert option["choices"] == spec[name]["choices"]


def test_new_token_is_a_plain_text() -> None:
    """Ansible shows the value of an argument with choices, or of a wrong type."""
    assert read_spec("rotate")["npm_auth_token"].keys() == {"description", "type", "required"}
    assert read_spec("rotate")["npm_auth_token"]["type"] == "str"


@pytest.mark.parametrize("role", ROLES)
def test_playbook(role: str) -> None:
    """What is decided for all is decided once, under the one strategy that can; the rest takes any, and batches."""
    plays = load(f"playbooks/{role}.yml")
    for play in plays:
        assert play["become"] == "{{ npm_auth_become | default(true) }}"
        assert play["gather_facts"] is False
        decides = all(is_done_once(role, read_step(task)) for task in play["tasks"] if read_step(task))
        looks = "look" in str(play["tasks"])
        assert play["hosts"] == (ALL_HOSTS if decides or looks else NEXT_HOSTS)
        assert (play.get("strategy") == "ansible.builtin.linear") == decides
        # A batch that fails as a whole would keep the others from saying what is left undone.
        assert ("serial" in play) == (not decides and "verdict" not in str(play["tasks"]))
    text = (ROOT / f"playbooks/{role}.yml").read_text(encoding="utf-8")
    assert set(USED.findall(text)) - set(read_spec(role)) == OF_PLAYBOOKS


def read_step(task: dict[str, Any]) -> str | None:
    """The step that a task of a playbook takes its role for."""
    role = task.get("ansible.builtin.include_role") or task.get("ansible.builtin.import_role")
    return role["tasks_from"] if role else None


def is_done_once(role: str, step: str) -> bool:
    return all(item.get("run_once") for item in flatten(role, step))


@pytest.mark.parametrize("role", ROLES)
def test_what_is_decided_takes_one_host(role: str) -> None:
    """Ansible notes for each host of a play that an imported role is complete: a long time in a large fleet."""
    for play in load(f"playbooks/{role}.yml"):
        for task in play["tasks"]:
            if read_step(task) and "strategy" in play:
                assert (task["run_once"], task["ansible.builtin.include_role"]["apply"]) == (True, {"run_once": True})
            elif read_step(task):
                assert "ansible.builtin.import_role" in task


@pytest.mark.parametrize("role", ROLES)
def test_each_step_says_for_which_hosts_the_next_one_is(role: str) -> None:
    """Or else the hosts of the one before would do it."""
    plays = load(f"playbooks/{role}.yml")
    for before, play in itertools.pairwise(plays):
        if play["hosts"] == NEXT_HOSTS:
            step = read_step(before["tasks"][-1])
            assert "__npm_auth_next" in flatten(role, step)[-1].get("ansible.builtin.set_fact", {})


def flatten(role: str, step: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for task in load(f"roles/{role}/tasks/{step}.yml"):
        file = task.get("ansible.builtin.import_tasks")
        if file:
            found += flatten("common" if "common" in file else role, Path(file).stem)
        else:
            found.append(task)
    return found


@pytest.mark.parametrize("role", ROLES)
def test_role_does_the_steps_of_the_playbook(role: str) -> None:
    """In the same order, so that a play of one's own does what the playbook does."""
    steps = [read_step(task) for play in load(f"playbooks/{role}.yml") for task in play["tasks"] if read_step(task)]
    assert list_steps(load(f"roles/{role}/tasks/main.yml")) == steps


def list_steps(tasks: list[dict[str, Any]]) -> list[str]:
    steps: list[str] = []
    for task in tasks:
        steps += list_steps(task["block"]) if "block" in task else [Path(task["ansible.builtin.import_tasks"]).stem]
    return steps


@pytest.mark.parametrize(
    "path",
    [path for folder in ("common", *ROLES) for path in list_tasks(f"roles/{folder}/tasks")],
    ids=lambda path: f"{path.parts[-3]}-{path.stem}",
)
def test_no_host_stops_a_run(path: Path) -> None:
    """What a host does may fail: it is noted, and the run goes on to its report."""
    for task in yaml.safe_load(path.read_text(encoding="utf-8")):
        on_hosts = [name for name in task if name.startswith("npmops.auth.") or name == "ansible.builtin.package"]
        assert not on_hosts or (task["ignore_errors"] is task["ignore_unreachable"] is True and "register" in task)


def test_host_looks_at_its_own_part_alone() -> None:
    """Where each host names what is known of all, a run takes four times as long in a fleet of twice the size."""
    of_all = {
        name
        for path in ROOT.glob("roles/*/tasks/*.yml")
        for task in load_once(path)
        for name, value in task.get("ansible.builtin.set_fact", {}).items()
        if re.search(r"npmops\.auth\.\w+\(|_rotation\.|__npm_auth_sent", str(value))
    }
    assert {"__npm_auth_fleet", "__npm_auth_election", "__npm_auth_rotation", "__npm_auth_undone"} < of_all
    for path in ROOT.glob("roles/*/tasks/*.yml"):
        for task in yaml.safe_load(path.read_text(encoding="utf-8")):
            if "register" in task or "ansible.builtin.fail" in task:
                named = set(OWN.findall(re.sub(r"lookup\('npmops\.auth\.part_of', '\w+'", "", str(task))))
                assert named & of_all == set(), path


def load_once(path: Path) -> list[dict[str, Any]]:
    """The tasks of a file that are done once for all hosts."""
    return [task for task in yaml.safe_load(path.read_text(encoding="utf-8")) if task.get("run_once")]


@pytest.mark.parametrize("role", ROLES)
def test_what_is_kept_is_forgotten_at_the_start(role: str) -> None:
    """A second run of a role in the same play must not take what the first decided for its own."""
    steps = list_steps(load(f"roles/{role}/tasks/main.yml"))
    kept = {name for step in steps for task in flatten(role, step) for name in task.get("ansible.builtin.set_fact", {})}
    begun = {name for task in flatten(role, "start") for name in task.get("ansible.builtin.set_fact", {})}
    # These are set anew before they are read, or for a playbook alone.
    assert kept - begun <= {"__npm_auth_next", "__npm_auth_report", "__npm_auth_report_folder"}


def test_execution_environment_names_files_of_the_collection() -> None:
    for path in load("meta/execution-environment.yml")["dependencies"].values():
        assert (ROOT / path).is_file()
