# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The defaults, READMEs and playbooks of the roles say what their argument specs say."""

from __future__ import annotations

import functools
import re
from pathlib import Path
from typing import Any

import jinja2
import pytest
import yaml
from ansible.plugins.filter.core import FilterModule as CoreFilters
from ansible.plugins.test.core import TestModule as CoreTests

from ansible_collections.npmops.auth.plugins.filter.fleet_step import _STEPS
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC
from ansible_collections.npmops.auth.plugins.module_utils._login.options import LOGIN_SPEC
from ansible_collections.npmops.auth.plugins.module_utils._options import CONNECTION_SPEC, LOGOUT_SPEC

ROOT = Path(__file__).parents[2]
ROLES = ("audit", "offboard", "rotate")
#: The role itself must not be skipped: its decisions are made once for all hosts.
UNLESS_SKIPPED = "{{ __npm_auth_checked is defined and __npm_auth_checked is not skipped }}"
PREFIX = "npm_auth_"
#: What the tasks keep between themselves.
OWN = re.compile(r"__npm_auth_\w+")
USED = re.compile(r"(?<!_)npm_auth_\w+")
#: The hosts of plays. An empty list would mean all.
ALL_HOSTS = "{{ npm_auth_hosts | default('all') }}"
RUN = "(hostvars[hostvars['localhost'].__npm_auth_keeper | default('localhost')].__npm_auth_run | default({}))"
NEXT_HOSTS = f"{{{{ {RUN}.next | default([], true) or ['!all'] }}}}"
#: The steps of the hosts; the others are taken once, on the controller.
OF_HOSTS = {"look", "revoke", "remove_and_clear", "remove_and_tidy", "login", "replace", "verdict"}
#: What a playbook reads, and no role.
OF_PLAYBOOKS = {"npm_auth_hosts", "npm_auth_serial", "npm_auth_become"}
#: Ansible's markup: O(x), V(x), C(x) and the like.
MARKUP = re.compile(r"\b[A-Z]\(([^)#]*)(?:#\w+)?\)")

Spec = dict[str, Any]


def list_tasks(folder: str) -> list[Path]:
    return sorted((ROOT / folder).glob("*.yml"))


@functools.cache
def load(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text(encoding="utf-8"))


def read_spec(role: str) -> dict[str, Spec]:
    options: dict[str, Spec] = load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]["main"]["options"]
    return options


def make_row(name: str, option: Spec) -> str:
    """How a variable is in the table of a README."""
    kind = f"list of {option['elements']}" if option["type"] == "list" else option["type"]
    if option.get("required"):
        default = "required"
    elif "default" in option:
        dumped = yaml.safe_dump(option["default"], default_flow_style=True, width=1000).split(chr(10))[0]
        default = "`" + dumped.replace("|", "\\|") + "`"
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
def test_the_playbook_checks_the_same_and_documents_nothing_else(role: str) -> None:
    assert set(load(f"roles/{role}/meta/argument_specs.yml")["argument_specs"]) == {"main"}
    check = load(f"roles/{role}/tasks/start.yml")[0]["ansible.builtin.validate_argument_spec"]
    assert "'/meta/argument_specs.yml') | from_yaml).argument_specs.main.options" in check["argument_spec"]


@pytest.mark.parametrize("role", ROLES)
def test_variables_are_those_of_the_spec(role: str) -> None:
    """Each variable that a task of the role uses is in its spec, and each of the spec is used."""
    files = [ROOT / f"roles/{role}/tasks/main.yml", *(find_common(step) for step, _vars in list_steps(role))]
    files += [
        find_common(Path(name).stem) for file in files for name in re.findall(r"import_tasks: (\w+\.yml)", read(file))
    ]
    text = "".join(map(read, files))
    used = set(USED.findall(text))
    # The shared tasks read a few that not every role has, and do without.
    optional = set(re.findall(r"(npm_auth_\w+) \| default\(", text)) | {"npm_auth_token"}
    spec = set(read_spec(role))
    assert used - spec <= optional
    assert spec <= used


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def find_common(step: str) -> Path:
    return ROOT / f"roles/common/tasks/{step}.yml"


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
        (task,) = play["tasks"]
        step = play["vars"]["__npm_auth_do"]
        if step in OF_HOSTS:
            assert task["ansible.builtin.import_role"] == {"name": f"npmops.auth.{role}", "tasks_from": "step"}
            assert play["hosts"] == (ALL_HOSTS if step == "look" else NEXT_HOSTS)
            # A batch that fails as a whole would keep the others from saying what is left undone.
            assert ("serial" in play) == (step != "verdict")
            assert "strategy" not in play
        else:
            # Ansible notes for each host of a play that an imported role is complete: long in a large fleet.
            included = task["ansible.builtin.include_role"]
            assert (task["run_once"], included["apply"]) == (True, {"run_once": True})
            assert included["tasks_from"] == ("start" if step == "start" else "step")
            assert play["strategy"] == "ansible.builtin.linear"
            guard = re.sub(r"\s+", " ", play["hosts"]).replace(RUN, "run")
            guarded = "{{ (npm_auth_hosts | default('all')) if run.%s | default(false) else '!all' }}"
            assert guard in (ALL_HOSTS, guarded % "revoking", guarded % "complete")
            assert "serial" not in play
    used = set(USED.findall(read(ROOT / f"playbooks/{role}.yml")))
    assert used - set(read_spec(role)) == OF_PLAYBOOKS


@pytest.mark.parametrize("role", ROLES)
def test_role_does_the_steps_of_the_playbook(role: str) -> None:
    """In the same order, so that a play of one's own does what the playbook does."""
    plays = [play["vars"] for play in load(f"playbooks/{role}.yml")]
    assert list_steps(role) == [(item["__npm_auth_do"], item.get("__npm_auth_step")) for item in plays]


def list_steps(role: str) -> list[tuple[str, str | None]]:
    """The shared files that the role imports, each with the step that it decides about."""

    def walk(tasks: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
        steps: list[tuple[str, str | None]] = []
        for task in tasks:
            if "block" in task:
                steps += walk(task["block"])
            else:
                step = task.get("vars", {}).get("__npm_auth_step")
                steps.append((Path(task["ansible.builtin.import_tasks"]).stem, step))
        return steps

    return walk(load(f"roles/{role}/tasks/main.yml"))


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("file", ["main", "step"])
def test_options_of_the_connection_are_given_once(role: str, file: str) -> None:
    (block,) = load(f"roles/{role}/tasks/{file}.yml")
    defaults = block["module_defaults"]["group/npmops.auth.npm"]
    assert set(defaults) == {*CONNECTION_SPEC}
    for path in list_tasks("roles/common/tasks"):
        for task in yaml.safe_load(read(path)):
            for name, arguments in task.items():
                assert not name.startswith("npmops.auth.") or not set(arguments) & set(defaults)


@pytest.mark.parametrize("role", ROLES)
def test_label_of_an_audit_has_hashes_of_the_values_that_decide(role: str) -> None:
    """Ansible shows the label in results. The new token of a rotation must not be in it."""
    environment = jinja2.Environment(autoescape=False)
    environment.filters.update(CoreFilters().filters())
    environment.tests.update(CoreTests().tests())
    label = load("roles/common/tasks/look.yml")[0]["npmops.auth.npm_credentials_info"]["label"]
    values = {
        "npm_auth_registry": "https://npm.example.com/",
        "npm_auth_fingerprints": ["sha256:0123456789abcdef"],
        "npm_auth_token": "npm_hunter2",
        "npm_auth_revoke": "confirmed",
        "npm_auth_attempts": 3,
    }

    def render(**changes: Any) -> list[str]:
        recorded = {"ansible_facts": {"__npm_auth_began": "2026-03-14T09:30:00Z"}}
        of_run = {"role_name": role, "__npm_auth_checked": {"changed": False}, "__npm_auth_recorded": recorded}
        return environment.from_string(label).render(**of_run, **{**values, **changes}).strip().split(" ")

    assert all(re.fullmatch("[0-9a-f]{16}", text) for text in render()[:-1]), render()
    assert (len(render()), render()[-1]) == (6, "2026-03-14T09:30:00Z")
    decide = {"audit": [0], "offboard": [0, 1, 3, 4], "rotate": [0, 2, 3, 4]}[role]
    for number, name in enumerate(values):
        differs = [one != other for one, other in zip(render(), render(**{name: "x"}), strict=True)]
        assert differs == [place == number and number in decide for place in range(6)], name


def test_step_is_decided_in_one_task() -> None:
    """The bookkeeping on the controller takes one task a step."""
    (task,) = yaml.safe_load(read(find_common("decide")))
    names = task["vars"]["__npm_auth_step_names"]
    decided = {step for role in ROLES for file, step in list_steps(role) if file in ("decide", "decide_first")}
    assert set(names) == decided == set(_STEPS) - {"removed"}


@pytest.mark.parametrize("path", list_tasks("roles/common/tasks"), ids=lambda path: path.stem)
def test_no_host_stops_a_run(path: Path) -> None:
    """What a host does may fail: that is recorded, and the run goes on to its report."""
    for task in yaml.safe_load(read(path)):
        on_hosts = [name for name in task if name.startswith("npmops.auth.") or name == "ansible.builtin.package"]
        assert not on_hosts or (
            task["ignore_errors"] in (True, UNLESS_SKIPPED)
            and task["ignore_unreachable"] is True
            and "register" in task
        )


def test_host_looks_at_its_own_part_alone() -> None:
    """Where each host names what is known of all, a run takes four times as long in a fleet of twice the size."""
    for path in ROOT.glob("roles/*/tasks/*.yml"):
        for task in yaml.safe_load(read(path)):
            if not task.get("run_once") and "block" not in task:
                named = set(OWN.findall(re.sub(r"lookup\('npmops\.auth\.part_of', '\w+'", "", str(task))))
                assert "__npm_auth_run" not in named, path


#: Where Ansible converts what a variable holds by itself, and refuses what is neither true nor false.
WHOLE = re.compile(r"\{\{ npm_auth_\w+(?: \| default\((?:omit|true|false)\))? \}\}")
AS_BOOL = re.compile(r"(?<!_)(npm_auth_\w+)(?! \| bool\b| \| default\((?:true|false)\) \| bool\b| is (?:un)?defined\b)")
QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
FLAGS = {name for role in ROLES for name, option in read_spec(role).items() if option["type"] == "bool"}


def list_texts(node: Any, keys: tuple[str, ...] = ()) -> list[tuple[tuple[str, ...], str]]:
    """Each text of a YAML document, and the keys that lead to it."""
    if isinstance(node, dict):
        return [found for key, value in node.items() for found in list_texts(value, (*keys, str(key)))]
    if isinstance(node, list):
        return [found for value in node for found in list_texts(value, keys)]
    return [(keys, node)] if isinstance(node, str) else []


def converts(keys: tuple[str, ...]) -> bool:
    """Is the value that of a keyword or of an option that Ansible or the module converts to a boolean?"""
    options = {name: option for spec in (INFO_SPEC, LOGIN_SPEC) for name, option in spec.items()}
    is_option = len(keys) > 1 and keys[-2].startswith(("npmops.auth.", "group/npmops.auth."))
    return keys[-1] == "become" or (is_option and options.get(keys[-1], {}).get("type") == "bool")


@pytest.mark.parametrize(
    "path",
    [*ROOT.glob("roles/*/tasks/*.yml"), *ROOT.glob("playbooks/*.yml")],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_text_false_is_not_taken_for_true(path: Path) -> None:
    """``-e npm_auth_x=false`` is a text, and a text that is not empty is true in an expression."""
    flags = {*FLAGS, "npm_auth_become"}
    assert [
        (keys, text)
        for keys, text in list_texts(yaml.safe_load(read(path)))
        if not (WHOLE.fullmatch(text) and converts(keys)) and flags & set(AS_BOOL.findall(QUOTED.sub("''", text)))
    ] == []


def test_execution_environment_names_files_of_the_collection() -> None:
    for path in load("meta/execution-environment.yml")["dependencies"].values():
        assert (ROOT / path).is_file()
