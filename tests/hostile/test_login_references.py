# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A new token goes into the assignment that a reference leads to: there alone, or nowhere.

Root and its home stand for any account here.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from tests.hostile.accounts import Person, made_account, needs_root
from tests.hostile.odd_files import UNREADABLE, Create
from tests.hostile.run_module import MODULE, ModuleRun, run_module
from tests.hostile.scenario import list_forms
from tests.hostile.system import attacking
from tests.hostile.test_home_references import FILES, NPMRC, OF_CLIENTS, OTHER_SECRET, Home, load_with_its_program
from tests.registry import EmbeddedRegistry, Recorder, make_token

LOGIN = MODULE.replace("npm_logout", "npm_login")
#: Nothing that leads to a home leads there: these are of a project.
OF_HOME = [name for name in FILES if not name.startswith("project/")]
OF_PROJECT = [name for name in FILES if name.startswith("project/")]


class LoginHome(Home):
    """A home whose files refer to a token that is to be replaced by ``new``."""

    new: str

    def log_in(self, *, check_mode: bool = False, **options: Any) -> ModuleRun:
        wish = {"token": self.new, "timeout": 2, "retries": 0, "_ansible_diff": True, **options}
        run = run_module(wish, home=self.path, environment={}, module=LOGIN, check_mode=check_mode)
        assert run.result, run.stderr
        secrets = (self.token, self.new, OTHER_SECRET)
        assert [form for text in secrets for form in list_forms(text) if form in run.output] == []
        return run

    def localize_new(self, text: str) -> str:
        """The text as it is with the new token in the place of the old one."""
        escaped = self.token.replace("_", "\\x5f")
        return self.localize(text).replace(self.token, self.new).replace(escaped, self.new)


@pytest.fixture
def home(tmp_path: Path) -> Iterator[LoginHome]:
    with EmbeddedRegistry() as registry, Recorder() as evil:
        place = LoginHome(tmp_path / "home", registry, evil)
        place.new = make_token()
        registry.create_token("alice", place.token)
        registry.create_token("alice", place.new)
        yield place


def _plant(home: LoginHome, name: str) -> tuple[str, dict[str, Any]]:
    """Plant a file and what refers to it; returns the credential file and the options that name it."""
    store = "project/.npmrc" if name in OF_PROJECT else ".npmrc"
    home.plant({store: NPMRC, "project/package.json": "{}", name: FILES[name][0]})
    return store, {"paths": [f"~/{store}"], "registry": home.registry.url}


@pytest.mark.parametrize("name", FILES)
def test_new_token_takes_the_place_of_the_old_one_in_the_assignment(home: LoginHome, name: str) -> None:
    store, options = _plant(home, name)
    check = home.log_in(check_mode=True, **options)
    assert home.read(name) == home.localize(FILES[name][0])
    run = home.log_in(**options)
    assert not run.failed, run.msg
    assert home.read(store) == home.localize(NPMRC)
    assert home.read(name) == home.localize_new(FILES[name][0])
    assert run.result["replaced"] == [_fingerprint(home.token)]
    assert check.result["diff"] == run.result["diff"]
    (diff,) = run.result["diff"]
    assert diff["before_header"] == f"{home.path}/{name}"
    assert diff["before"].startswith(f"NPM_TOKEN=<token {_fingerprint(home.token)}> (line ")
    assert diff["after"] == diff["before"].replace(_fingerprint(home.token), _fingerprint(home.new))
    again = home.log_in(**options)
    assert (again.failed, again.result["changed"], again.result["diff"]) == (False, False, [])
    load_with_its_program(home, [name])


@pytest.mark.parametrize("name", [name for name in FILES if not name.endswith("fish_variables")])
def test_old_token_stays_beside_the_new_one_until_it_is_revoked(home: LoginHome, name: str) -> None:
    store, options = _plant(home, name)
    run = home.log_in(keep_replaced=True, **options)
    assert not run.failed, run.msg
    assert run.result["replaced"] == [_fingerprint(home.token)]
    kept = home.read(name)
    assert home.token in kept
    assert kept.index(home.token) < kept.index(home.new)
    again = home.log_in(keep_replaced=True, **options)
    assert (again.failed, again.result["changed"]) == (False, False)
    revoked = home.run(
        {
            "fingerprints": run.result["replaced"],
            "clients": ["all"],
            "levels": ["user", "project"],
            "timeout": 2,
            "verify_timeout": 1,
        }
    )
    assert not revoked.failed, revoked.msg
    assert (home.registry.is_valid(home.token), home.registry.is_valid(home.new)) == (False, True)
    assert home.read(store) == home.localize(NPMRC)
    assert home.read(name) == home.localize_new(FILES[name][0])


def _fingerprint(token: str) -> str:
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

    return fingerprint(Secret(token))


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "a command sets it": ({".bashrc": "export NPM_TOKEN=$(op read op://a/b)\n"}, "the command op"),
    "a default value": ({".bashrc": "A=1\nexport NPM_TOKEN=${X:-TOKEN}\n"}, "HOME/.bashrc line 2"),
    "another variable": (
        {".bashrc": "export GITHUB_TOKEN='TOKEN'\nexport NPM_TOKEN=$GITHUB_TOKEN\n"},
        "that of the variable GITHUB_TOKEN",
    ),
    "two values": (
        {".bashrc": "export NPM_TOKEN=TOKEN\n", ".zshrc": "\nexport NPM_TOKEN=OTHERS\n"},
        "two different values (HOME/.bashrc line 1 and HOME/.zshrc line 2)",
    ),
    "two values in one file": (
        {".bashrc": "export NPM_TOKEN=TOKEN\nexport NPM_TOKEN=OTHERS\n"},
        "two different values (HOME/.bashrc line 1 and HOME/.bashrc line 2)",
    ),
    "a command in another file": (
        {".bashrc": "export NPM_TOKEN=TOKEN\n", ".zshrc": "export NPM_TOKEN=`pass npm`\n"},
        "the command pass",
    ),
    "a file that cannot be read": ({".bashrc": "export NPM_TOKEN='TOKEN\n"}, "HOME/.bashrc may set"),
    "another registry in the same file": (
        {".npmrc": NPMRC + "EVIL_KEY:_authToken=${NPM_TOKEN}\n", ".bashrc": "export NPM_TOKEN=TOKEN\n"},
        "HOME/.npmrc line 3 also refers to it for another registry",
    ),
    "another registry in another client's file": (
        {
            ".bashrc": "export NPM_TOKEN=TOKEN\n",
            ".yarnrc.yml": 'npmRegistryServer: "EVIL"\nnpmAuthToken: "${NPM_TOKEN}"\n',
        },
        "HOME/.yarnrc.yml line 2 also refers to it for another registry",
    ),
    "another registry through a variable with its value": (
        {
            ".npmrc": NPMRC + "EVIL_KEY:_authToken=${B_TOKEN}\n",
            ".bashrc": "export NPM_TOKEN=TOKEN\nexport B_TOKEN=$NPM_TOKEN\n",
        },
        "HOME/.npmrc line 3 also refers to it through B_TOKEN for another registry",
    ),
    "another registry through two variables in other files": (
        {
            ".npmrc": NPMRC + "EVIL_KEY:_authToken=${B_TOKEN}\n",
            ".bashrc": "export NPM_TOKEN=TOKEN\n",
            ".zshrc": 'export B_TOKEN="$C_TOKEN"\n',
            ".profile": "export C_TOKEN=${NPM_TOKEN:-none}\n",
        },
        "HOME/.npmrc line 3 also refers to it through B_TOKEN for another registry",
    ),
    "another registry through environment.d": (
        {
            ".npmrc": NPMRC + "EVIL_KEY:_authToken=${NODE_AUTH_TOKEN}\n",
            ".config/environment.d/npm.conf": "NPM_TOKEN=TOKEN\nNODE_AUTH_TOKEN=${NPM_TOKEN}\n",
        },
        "HOME/.npmrc line 3 also refers to it through NODE_AUTH_TOKEN for another registry",
    ),
    "Yarn's own variable": (
        {".bashrc": "export NPM_TOKEN=TOKEN\nexport YARN_NPM_AUTH_TOKEN=$NPM_TOKEN\n"},
        "Yarn reads YARN_NPM_AUTH_TOKEN (HOME/.bashrc line 2) for another registry",
    ),
    "Yarn's own variable, and its own registry": (
        {
            ".bashrc": 'export YARN_NPM_AUTH_TOKEN="${NPM_TOKEN}"\n',
            ".profile": "export NPM_TOKEN=TOKEN\nexport YARN_NPM_REGISTRY_SERVER=EVIL\n",
            ".yarnrc.yml": 'npmRegistryServer: "URL"\n',
        },
        "Yarn reads YARN_NPM_AUTH_TOKEN (HOME/.bashrc line 1) for another registry",
    ),
    "Yarn's own variable, and a scope of another registry": (
        {
            ".bashrc": "export NPM_TOKEN=TOKEN\nexport YARN_NPM_AUTH_TOKEN=$NPM_TOKEN\n",
            ".yarnrc.yml": 'npmRegistryServer: "URL"\nnpmScopes:\n  a:\n    npmRegistryServer: "EVIL"\n',
        },
        "Yarn reads YARN_NPM_AUTH_TOKEN (HOME/.bashrc line 2) for another registry",
    ),
    "Yarn's own variable with a user name": (
        {".zshenv": "export NPM_TOKEN=TOKEN\nexport YARN_NPM_AUTH_IDENT=me:$NPM_TOKEN\n"},
        "Yarn reads YARN_NPM_AUTH_IDENT (HOME/.zshenv line 2) for another registry",
    ),
    "Yarn's own variable in the reference": (
        {".npmrc": NPMRC.replace("NPM_TOKEN", "YARN_NPM_AUTH_TOKEN"), ".bashrc": "export YARN_NPM_AUTH_TOKEN=TOKEN\n"},
        "Yarn reads YARN_NPM_AUTH_TOKEN (HOME/.bashrc line 1) for another registry",
    ),
    "Bun's own variable": (
        {
            ".bashrc": "export NPM_TOKEN=TOKEN\nexport BUN_CONFIG_TOKEN=$NPM_TOKEN\n",
            ".bunfig.toml": '[install]\nregistry = "EVIL"\n',
        },
        "Bun reads BUN_CONFIG_TOKEN (HOME/.bashrc line 2) for another registry",
    ),
    "npm's own variable": (
        {
            ".npmrc": "registry=EVIL\nKEY:_authToken=${NPM_TOKEN}\n",
            ".bashrc": "export NPM_TOKEN=TOKEN\nexport npm_config__authToken=$NPM_TOKEN\n",
        },
        "npm reads npm_config__authToken (HOME/.bashrc line 2) for another registry",
    ),
    "npm's own variable with a registry": (
        {
            ".config/environment.d/npm.conf": "NPM_TOKEN=TOKEN\n",
            ".pam_environment": "npm_config_EVIL_KEY:_authToken DEFAULT=${NPM_TOKEN}\n",
        },
        "(HOME/.pam_environment line 1) for another registry",
    ),
    "pnpm's own variable": (
        {
            ".npmrc": NPMRC,
            ".bashrc": "export NPM_TOKEN=TOKEN\n"
            'export pnpm_config__auth="{\\"EVIL\\":{\\"@\\":{\\"authToken\\":\\"$NPM_TOKEN\\"}}}"\n',
        },
        "pnpm reads pnpm_config__auth (HOME/.bashrc line 2) for another registry",
    ),
    "a condition and one command only": (
        {".bashrc": "A=1\n[ -f x ] && NPM_TOKEN=TOKEN npm i\n"},
        "HOME/.bashrc line 2 sets this variable for one command only",
    ),
    "no export": ({".bashrc": "NPM_TOKEN=TOKEN\n"}, "HOME/.bashrc line 1 sets this variable for one command only"),
    "unset after it": (
        {".bashrc": "export NPM_TOKEN=TOKEN\nunset A NPM_TOKEN\n"},
        "HOME/.bashrc line 2 may set or unset",
    ),
    "unset in another file": (
        {".bashrc": "export NPM_TOKEN=TOKEN\n", ".config/fish/config.fish": "A=1\nset -ge NPM_TOKEN\n"},
        "HOME/.config/fish/config.fish line 2 may set or unset",
    ),
    "eval": ({".bashrc": 'eval "export NPM_TOKEN=$(pass npm)"\n'}, "HOME/.bashrc line 1 may set or unset"),
    "eval beside a plain value": (
        {".bashrc": 'export NPM_TOKEN=TOKEN\neval "export NPM_TOKEN=$(pass npm)"\n'},
        "HOME/.bashrc line 2 may set or unset",
    ),
    "printf -v": ({".bashrc": "printf -v NPM_TOKEN %s TOKEN\n"}, "HOME/.bashrc line 1 may set or unset"),
    "a default that is assigned": (
        {".bashrc": ": ${NPM_TOKEN:=abc}\n"},
        "HOME/.bashrc line 1 sets this variable, but the value is not plain text",
    ),
    "an alias": ({".zshrc": "alias n='NPM_TOKEN=abc npm'\n"}, "HOME/.zshrc line 1 may set or unset"),
    "too many assignments": ({".bashrc": "export NPM_TOKEN=TOKEN\n" * 51}, "HOME/.bashrc sets more than 50 times"),
    "a part of a value": (
        {".npmrc": "KEY:_authToken=npm_${NPM_TOKEN}\n", ".bashrc": "export NPM_TOKEN=TOKEN\n"},
        "HOME/.npmrc line 1 combines several parts into one value",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("check_mode", [True, False], ids=["check mode", "for real"])
def test_what_cannot_get_the_new_token_is_refused_with_file_and_line(
    home: LoginHome, case: str, check_mode: bool
) -> None:
    files, said = REFUSED[case]
    files = {".npmrc": NPMRC, **files}
    home.plant(files)
    run = home.log_in(registry=home.registry.url, check_mode=check_mode)
    assert run.failed
    assert said.replace("HOME", str(home.path)) in run.msg
    assert f"{home.path}/.npmrc line " in run.msg
    assert (run.result["changed"], run.result["diff"]) == (False, [])
    assert {name: home.read(name) for name in files} == {name: home.localize(text) for name, text in files.items()}
    assert len(home.evil.requests) == 0
    if not check_mode:
        assert not list(home.path.rglob("*.npmops*"))


@pytest.mark.parametrize("first", [True, False], ids=["this one first", "the other one first"])
@pytest.mark.parametrize("registry", ["npm_login's option", "each file"])
def test_variable_that_two_files_of_the_run_share_for_two_registries_is_not_changed(
    home: LoginHome, registry: str, first: bool
) -> None:
    files = {
        ".npmrc": NPMRC,
        "w/x.npmrc": "registry=EVIL\nEVIL_KEY:_authToken=${NPM_TOKEN}\n",
        ".bashrc": "export NPM_TOKEN=TOKEN\n",
    }
    home.plant(files)
    paths = ["~/.npmrc", "~/w/x.npmrc"] if first else ["~/w/x.npmrc", "~/.npmrc"]
    options: dict[str, Any] = {} if registry == "each file" else {"registry": home.registry.url}
    run = home.log_in(paths=paths, **options)
    assert run.failed
    assert f"{home.path}/w/x.npmrc line 2 also refers to it for another registry" in run.msg
    unchanged = files if registry == "each file" else [".npmrc", ".bashrc"]
    assert {name: home.read(name) for name in unchanged} == {name: home.localize(files[name]) for name in unchanged}
    assert len(home.evil.requests) == 0


def test_project_below_that_gets_the_variable_for_another_registry(home: LoginHome) -> None:
    """The program direnv loads an ``.envrc`` for the directories below it too."""
    files = {
        "project/.npmrc": NPMRC,
        "project/.envrc": "export NPM_TOKEN=TOKEN\n",
        "project/packages/a/.npmrc": "EVIL_KEY:_authToken=${NPM_TOKEN}\n",
    }
    home.plant({"project/package.json": "{}", "project/packages/a/package.json": "{}", **files})
    paths = ["~/project/.npmrc", "~/project/packages/a/.npmrc"]
    run = home.log_in(paths=paths, registry=home.registry.url)
    assert run.failed
    assert f"{home.path}/project/packages/a/.npmrc line 1 also refers to it for another registry" in run.msg
    assert home.read("project/.envrc") == home.localize(files["project/.envrc"])


def test_projects_side_by_side_have_variables_of_their_own(home: LoginHome) -> None:
    other = "registry=EVIL\nEVIL_KEY:_authToken=${NPM_TOKEN}\n"
    home.plant({"a/package.json": "{}", "a/.npmrc": NPMRC, "a/.env": "NPM_TOKEN=TOKEN\n"})
    home.plant({"b/package.json": "{}", "b/.npmrc": other, "b/.env": "NPM_TOKEN=OTHERS\n"})
    trusted = [home.registry.url, home.evil.url]
    run = home.log_in(paths=["~/a/.npmrc", "~/b/.npmrc"], trusted_registries=trusted, verify=False)
    assert not run.failed, run.msg
    assert home.read("a/.env") == home.read("b/.env") == f"NPM_TOKEN={home.new}\n"
    assert (home.read("a/.npmrc"), home.read("b/.npmrc")) == (home.localize(NPMRC), home.localize(other))


ATTACKS: dict[str, tuple[dict[str, str], str]] = {
    "a secret of the home": ({"project/.npmrc": "KEY:_authToken=${AWS_SECRET}\n"}, "set outside of this project"),
    "a token of the home": ({"project/.npmrc": "KEY:_authToken=${NPM_TOKEN}\n"}, "set outside of this project"),
    "its own file beside it reads one of the home": (
        {"project/.npmrc": "KEY:_authToken=${AWS_SECRET}\n", "project/.envrc": ". ~/.bashrc\n"},
        "set outside of this project",
    ),
    "another registry beside it": (
        {
            "project/.npmrc": "KEY:_authToken=${X}\nEVIL_KEY:_authToken=${X}\n",
            "project/.env": "X=old-value\n",
        },
        "for another registry",
    ),
}


@pytest.mark.parametrize("case", ATTACKS)
def test_project_changes_nothing_outside_of_it(home: LoginHome, case: str) -> None:
    files, said = ATTACKS[case]
    outside = {".bashrc": "export AWS_SECRET=OTHERS\nexport NPM_TOKEN=TOKEN\n"}
    files = {"project/package.json": "{}", **outside, **files}
    home.plant(files)
    run = home.log_in(paths=["~/project/.npmrc"], registry=home.registry.url)
    assert run.failed
    assert said in run.msg
    assert {name: home.read(name) for name in files} == {name: home.localize(text) for name, text in files.items()}
    assert len(home.evil.requests) == 0


def test_projects_example_of_a_file_gets_no_token(home: LoginHome) -> None:
    files = {"project/package.json": "{}", "project/.npmrc": NPMRC, "project/.env": "NPM_TOKEN=TOKEN\n"}
    example = "NPM_TOKEN=your-token-here\n"
    home.plant({**files, "project/.env.example": example})
    run = home.log_in(paths=["~/project/.npmrc"], registry=home.registry.url)
    assert not run.failed, run.msg
    assert home.read("project/.env.example") == example
    assert home.read("project/.env") == home.localize_new("NPM_TOKEN=TOKEN\n")


def test_directory_whose_name_looks_like_that_of_an_example(home: LoginHome) -> None:
    files = {"shop.example.com/.npmrc": NPMRC, "shop.example.com/.env": "NPM_TOKEN=TOKEN\n"}
    home.plant({"shop.example.com/package.json": "{}", **files})
    run = home.log_in(paths=["~/shop.example.com/.npmrc"], registry=home.registry.url)
    assert not run.failed, run.msg
    assert {name: home.read(name) for name in files} == {name: home.localize_new(text) for name, text in files.items()}
    assert home.read("shop.example.com/.npmrc") == home.localize(NPMRC)


def test_home_does_not_write_into_a_project(home: LoginHome) -> None:
    """A cloned project can set a variable to which the home refers: the login stays in the home."""
    home.plant({".npmrc": NPMRC, "project/.env": "NPM_TOKEN=TOKEN\n"})
    run = home.log_in(registry=home.registry.url)
    assert not run.failed, run.msg
    assert home.read("project/.env") == home.localize("NPM_TOKEN=TOKEN\n")
    assert home.read(".npmrc") == home.localize_new("registry=URL\nKEY:_authToken=TOKEN\n")


def test_variable_that_is_set_nowhere_is_replaced_by_the_login(home: LoginHome) -> None:
    home.plant({".npmrc": NPMRC.replace("NPM_TOKEN", "NOWHERE_TOKEN")})
    run = home.log_in(registry=home.registry.url)
    assert not run.failed, run.msg
    assert home.read(".npmrc") == home.localize_new("registry=URL\nKEY:_authToken=TOKEN\n")


BEHIND = {
    "shell": {".npmrc": NPMRC, ".bashrc": "export NPM_TOKEN=TOKEN\n"},
    "another variable": {".npmrc": NPMRC, ".bashrc": "export MINE=TOKEN\nexport NPM_TOKEN=$MINE\n"},
    "csh": {".npmrc": NPMRC, ".cshrc": "setenv NPM_TOKEN TOKEN\n"},
    "fish": {".npmrc": NPMRC, ".config/fish/config.fish": "set -gx NPM_TOKEN TOKEN\n"},
    "environment.d": {".npmrc": NPMRC, ".config/environment.d/a.conf": "NPM_TOKEN=TOKEN\n"},
    "pam_env": {".npmrc": NPMRC, ".pam_environment": "NPM_TOKEN DEFAULT=TOKEN\n"},
    "unit": {".npmrc": NPMRC, ".config/systemd/user/a.service": "[Service]\nEnvironment=NPM_TOKEN=TOKEN\n"},
    "project": {"p/.npmrc": NPMRC, "p/.env": "NPM_TOKEN=TOKEN\n"},
}


@pytest.mark.parametrize("files", [pytest.param(files, id=name) for name, files in BEHIND.items()])
def test_password_in_place_of_a_reference_names_the_token_that_it_replaces(
    home: LoginHome, files: dict[str, str]
) -> None:
    home.plant(files)
    npmrc = next(iter(files))
    wish: dict[str, Any] = {"token": None, "username": "bob", "password": "pa55w0rd", "paths": [f"~/{npmrc}"]}
    for check_mode in (True, False):
        run = home.log_in(**wish, verify=False, registry=home.registry.url, check_mode=check_mode)
        assert (run.failed, run.result["changed"]) == (False, True), run.msg
        assert run.result["replaced"] == [fingerprint(Secret(home.token))]
    assert "NPM_TOKEN" not in home.read(npmrc)
    again = home.log_in(**wish, verify=False, registry=home.registry.url)
    assert (again.result["changed"], again.result["replaced"]) == (False, [])


def test_all_files_that_set_it_to_one_value_get_the_new_one(home: LoginHome) -> None:
    files = {".bashrc": 'export NPM_TOKEN="TOKEN"\n', ".config/environment.d/a.conf": "NPM_TOKEN=TOKEN\n"}
    done = {".zshrc": "export NPM_TOKEN='TOKEN' # done\n"}
    home.plant({".npmrc": NPMRC, **files})
    home.plant({name: text.replace("TOKEN'", f"{home.new}'") for name, text in done.items()})
    run = home.log_in(registry=home.registry.url)
    assert not run.failed, run.msg
    assert {name: home.read(name) for name in files} == {name: home.localize_new(text) for name, text in files.items()}
    assert len(run.result["diff"]) == 2


def test_statement_that_shares_its_line_gets_the_new_value_and_keeps_the_rest(home: LoginHome) -> None:
    text = 'A=OTHERS; export NPM_TOKEN="TOKEN" B=$(date) # mine\n'
    home.plant({".npmrc": NPMRC, ".bashrc": text})
    kept = home.log_in(registry=home.registry.url, keep_replaced=True)
    assert kept.failed
    assert "line 1" in kept.msg
    assert home.read(".bashrc") == home.localize(text)
    run = home.log_in(registry=home.registry.url)
    assert not run.failed, run.msg
    assert home.read(".bashrc") == home.localize_new(text)


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({".bashrc": 'NPM_TOKEN=TOKEN\nexport NPM_TOKEN="$NPM_TOKEN"\n'}, id="passed on"),
        pytest.param({".npm-token": "NPM_TOKEN=TOKEN\n", ".bashrc": "set -a\n. ~/.npm-token\nset +a\n"}, id="set -a"),
        pytest.param({".zshenv": "NPM_TOKEN=TOKEN\n", ".zshrc": "export A NPM_TOKEN\n"}, id="exported in another file"),
        pytest.param({".bashrc": "unset NPM_TOKEN\nexport NPM_TOKEN=TOKEN\n"}, id="unset before"),
        pytest.param({".bashrc": "export NPM_TOKEN=TOKEN\n # NPM_TOKEN=old\n"}, id="comment"),
        pytest.param(
            {".bashrc": "export NPM_TOKEN=TOKEN\nalias d='docker build --build-arg NPM_TOKEN=$NPM_TOKEN'\n"},
            id="passed on to a command",
        ),
        pytest.param({".bashrc": "if [ -f x ]; then\n  export NPM_TOKEN=TOKEN\nfi\n"}, id="in a block"),
        pytest.param(
            {
                ".yarnrc.yml": 'npmRegistryServer: "URL"\n',
                ".bashrc": "export NPM_TOKEN=TOKEN\nexport YARN_NPM_AUTH_TOKEN=$NPM_TOKEN\n",
            },
            id="passed on to Yarn",
        ),
        pytest.param(
            {
                ".profile": "export YARN_NPM_REGISTRY_SERVER=URL\n",
                ".bashrc": "export NPM_TOKEN=TOKEN\nexport YARN_NPM_AUTH_TOKEN=$NPM_TOKEN\n",
            },
            id="passed on to Yarn, whose registry a variable names",
        ),
        pytest.param(
            {
                ".bashrc": "export NPM_TOKEN=TOKEN\nexport NODE_AUTH_TOKEN=$NPM_TOKEN BUN_CONFIG_TOKEN=$NPM_TOKEN\n"
                'export pnpm_config__auth="{\\"URL\\":{\\"@\\":{\\"authToken\\":\\"$NPM_TOKEN\\"}}}"\n'
            },
            id="passed on to others",
        ),
        pytest.param(
            {
                ".bashrc": "export NPM_TOKEN=TOKEN\n",
                ".config/systemd/user/a.service": "[Service]\nExecStart=/bin/docker run -e NPM_TOKEN=x\n",
            },
            id="argument in a unit",
        ),
    ],
)
def test_value_that_npm_reads_is_replaced(home: LoginHome, files: dict[str, str]) -> None:
    home.plant({".npmrc": NPMRC, **files})
    run = home.log_in(registry=home.registry.url)
    assert not run.failed, run.msg
    assert home.read(".npmrc") == home.localize(NPMRC)
    assert {name: home.read(name) for name in files} == {name: home.localize_new(text) for name, text in files.items()}
    again = home.log_in(registry=home.registry.url)
    assert (again.failed, again.result["changed"]) == (False, False)


def test_user_name_and_password_go_into_their_assignments(home: LoginHome) -> None:
    home.registry.add_user("bob", "pa;ss'word")
    npmrc = "KEY:username=${MY_NAME}\nKEY:_password=${MY_PASSWORD}\n"
    home.plant({".npmrc": npmrc, ".bashrc": "export MY_NAME=al\nexport MY_PASSWORD=b2xk\nB=OTHERS\n"})
    login: dict[str, Any] = {"token": None, "username": "bob", "password": "pa;ss'word"}
    run = home.log_in(registry=home.registry.url, **login)
    assert not run.failed, run.msg
    assert home.read(".npmrc") == home.localize(npmrc)
    assert home.read(".bashrc") == home.localize(
        "export MY_NAME=bob\nexport MY_PASSWORD='cGE7c3Mnd29yZA=='\nB=OTHERS\n"
    )
    assert "cGE7c3Mnd29yZA==" not in run.output
    again = home.log_in(registry=home.registry.url, **login)
    assert (again.failed, again.result["changed"]) == (False, False)


@pytest.mark.parametrize("old", ["bob", "alice", "'alice '"])
def test_user_name_that_ends_in_a_space_is_written_once(home: LoginHome, old: str) -> None:
    npmrc = "KEY:username=${MY_NAME}\nKEY:_password=b2xk\n"
    home.plant({".npmrc": npmrc, ".bashrc": f"export MY_NAME={old}\n"})
    login: dict[str, Any] = {"token": None, "username": "alice ", "password": "hidden-word", "verify": False}
    run = home.log_in(registry=home.registry.url, **login)
    assert not run.failed, run.msg
    assert home.read(".bashrc") == "export MY_NAME='alice '\n"
    again = home.log_in(registry=home.registry.url, **login)
    assert (again.failed, again.result["changed"]) == (False, False)


@pytest.mark.parametrize("case", OF_CLIENTS)
def test_references_of_all_clients_get_the_new_token(home: LoginHome, case: str) -> None:
    name, text = OF_CLIENTS[case]
    home.plant({name: text, ".bashrc": "export COMPANY_TOKEN=TOKEN\nexport B=OTHERS\n"})
    run = home.log_in(registry=home.registry.url, paths=[f"~/{name}"])
    assert not run.failed, run.msg
    assert home.read(name) == home.localize(text)
    assert home.read(".bashrc") == home.localize_new("export COMPANY_TOKEN=TOKEN\nexport B=OTHERS\n")
    again = home.log_in(registry=home.registry.url, paths=[f"~/{name}"])
    assert (again.failed, again.result["changed"]) == (False, False)


def _link_elsewhere(home: LoginHome) -> dict[str, str]:
    """A dotfile that is a link, as programs that manage dotfiles have them."""
    home.plant({"dotfiles/bashrc": "export NPM_TOKEN=TOKEN\n"})
    (home.path / ".bashrc").symlink_to("dotfiles/bashrc")
    return {"dotfiles/bashrc": "export NPM_TOKEN=TOKEN\n"}


def test_link_stays_a_link(home: LoginHome) -> None:
    home.plant({".npmrc": NPMRC})
    files = _link_elsewhere(home)
    run = home.log_in(registry=home.registry.url)
    assert not run.failed, run.msg
    assert (home.path / ".bashrc").is_symlink()
    assert {name: home.read(name) for name in files} == {name: home.localize_new(text) for name, text in files.items()}


@pytest.mark.parametrize("create", UNREADABLE)
def test_file_that_cannot_be_read_could_set_another_value(home: LoginHome, create: Create) -> None:
    home.plant({".npmrc": NPMRC, ".zshrc": "export NPM_TOKEN=TOKEN\n"})
    place = create(home.path / ".bashrc")
    run = home.log_in(registry=home.registry.url)
    assert run.failed
    assert f"{place} may set" in run.msg
    assert home.read(".zshrc") == home.localize("export NPM_TOKEN=TOKEN\n")


def test_token_that_is_refused_is_written_nowhere(home: LoginHome) -> None:
    files: Mapping[str, str] = {".npmrc": NPMRC, ".bashrc": "export NPM_TOKEN=TOKEN\n"}
    home.plant(files)
    home.new = make_token()
    run = home.log_in(registry=home.registry.url)
    assert run.failed
    assert "rejected the new login" in run.msg
    assert {name: home.read(name) for name in files} == {name: home.localize(text) for name, text in files.items()}


@pytest.fixture
def account() -> Iterator[Person]:
    """An account for which root logs in."""
    base = Path(tempfile.mkdtemp(prefix="npmops-login-"))
    base.chmod(0o755)
    try:
        with made_account("mallory", base) as person:
            person.home.mkdir()
            person.own(person.home, 0o755)
            yield person
    finally:
        shutil.rmtree(base)


def _plant_of_account(home: LoginHome, account: Person) -> tuple[Path, bytes]:
    """A credential file of the account that refers to a variable, and a file of root's that sets the variable."""
    account.write(account.store, home.localize(NPMRC).encode())
    vault = account.home.parent / "vault"
    data = home.localize("export NPM_TOKEN=TOKEN\nB=OTHERS\n").encode()
    vault.write_bytes(data)
    vault.chmod(0o644)
    return vault, data


@needs_root
@pytest.mark.parametrize("kind", ["symbolic link", "hard link"])
def test_file_of_another_account_is_not_written_for_this_one(home: LoginHome, account: Person, kind: str) -> None:
    vault, data = _plant_of_account(home, account)
    place = account.home / ".bashrc"
    if kind == "hard link":
        os.link(vault, place)
    else:
        place.symlink_to(vault)
        account.own(place)
    run = home.log_in(registry=home.registry.url, users=[account.name])
    assert run.failed
    assert f"{place} line 1" in run.msg
    assert (vault.read_bytes(), vault.stat().st_uid) == (data, 0)
    assert account.store.read_bytes() == home.localize(NPMRC).encode()


@needs_root
def test_file_of_the_account_stays_its_own(home: LoginHome, account: Person) -> None:
    _plant_of_account(home, account)
    place = account.write(account.home / ".bashrc", home.localize("export NPM_TOKEN=TOKEN\n").encode(), 0o640)
    run = home.log_in(registry=home.registry.url, users=[account.name])
    assert not run.failed, run.msg
    assert place.read_text() == home.localize_new("export NPM_TOKEN=TOKEN\n")
    assert (place.stat().st_uid, place.stat().st_gid, place.stat().st_mode & 0o777) == (account.uid, account.gid, 0o640)


@needs_root
def test_file_that_is_swapped_for_a_link_all_the_time_writes_nothing_of_roots(home: LoginHome, account: Person) -> None:
    vault, data = _plant_of_account(home, account)
    place = account.write(account.home / ".bashrc", home.localize("export NPM_TOKEN=TOKEN\n").encode())
    link = account.home / "link"
    link.symlink_to(vault)
    account.own(link)
    with attacking(account, "repeat(lambda: swap(arguments[0], arguments[1]))", place, link):
        for _attempt in range(5):
            home.log_in(registry=home.registry.url, users=[account.name])
    assert (vault.read_bytes(), vault.stat().st_uid, vault.stat().st_nlink) == (data, 0, 1)
