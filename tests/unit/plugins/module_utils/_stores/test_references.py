# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The values that references get, and what that may cost."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import Credential, find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions
from ansible_collections.npmops.auth.plugins.module_utils._stores import variables
from ansible_collections.npmops.auth.plugins.module_utils._stores.locate import find_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore, Torn, open_stores
from ansible_collections.npmops.auth.plugins.module_utils._stores.references import References
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings

OTHERS = "wJalrXUtnFEMIexample"
# With the checksum of npm's own tokens.
TOKEN = "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"
COMPANY = "registry=https://npm.company.example/\n"
PUBLIC = parse_registry(PUBLIC_REGISTRY)


class Followed:
    """The files of a home after their references were followed, and what is known of the files around them."""

    def __init__(self, trusted: tuple[str, ...] = (), **options: Any) -> None:
        wish = StoreOptions(**{"clients": ("npm", "environment"), "levels": ("user", "project"), **options})
        accounts, _absent = find_accounts(None)
        stores = find_stores(accounts, wish)
        opened, _problems = open_stores(stores)
        registries = tuple(parse_registry(url) for url in trusted)
        torn = Torn(is_dry=True)
        self.opened = References(opened, accounts, wish, registries, torn).follow()
        self.problems = torn.problems
        self.around = Surroundings(self.opened, registries)

    def list_all(self) -> list[tuple[OpenStore, Credential]]:
        return [(found, item) for found in self.opened for item in find_credentials(found.readings)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("NPM_CONFIG_USERCONFIG", raising=False)
    return tmp_path


def plant(home: Path, files: Mapping[str, str]) -> None:
    for name, text in files.items():
        path = home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("PUBLIC", PUBLIC.key))


@pytest.mark.parametrize(
    ("name", "value", "home_file", "trusted", "is_asked"),
    [
        pytest.param("AWS_SECRET_ACCESS_KEY", OTHERS, COMPANY, (), False, id="another program's"),
        pytest.param("npm_config_//npm.company.example/:_authToken", OTHERS, COMPANY, (), False, id="for a registry"),
        pytest.param("NPM_TOKEN", OTHERS, COMPANY, (), True, id="a name of npm's"),
        pytest.param("DEPLOY", TOKEN, COMPANY, (), True, id="a value of npm's"),
        pytest.param("DEPLOY", OTHERS, f"registry={PUBLIC_REGISTRY}\n", (), True, id="the home names the registry"),
        pytest.param("DEPLOY", OTHERS, COMPANY, (PUBLIC_REGISTRY,), True, id="the operator names the registry"),
    ],
)
@pytest.mark.parametrize("is_set", ["in a file", "in the environment"])
def test_cloned_project_sends_no_secret_of_another_program_to_the_public_registry(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    value: str,
    home_file: str,
    trusted: tuple[str, ...],
    is_asked: bool,
    is_set: str,
) -> None:
    plant(home, {".npmrc": home_file, "src/clone/.npmrc": f"PUBLIC:_authToken=${{{name}}}\n"})
    if is_set == "in the environment":
        monkeypatch.setenv(name, value)
    else:
        plant(home, {".config/environment.d/a.conf": f"{name}={value}\n"})
    followed = Followed(trusted)
    clone, *files = followed.list_all()
    found, credential = clone
    assert found.store.path == str(home / "src" / "clone" / ".npmrc")
    secret = credential.secret.reveal() if credential.secret else None
    asked = [item.url for item in followed.around.list_asked(*clone)]
    assert (secret, asked) == ((value, [PUBLIC.url]) if is_asked else (None, [PUBLIC.url]))
    # What is a credential can be removed.
    assert len(files) == (is_asked and is_set == "in a file")
    assert followed.around.may_look_up(*clone) or not is_asked


YARN = "npmRegistryServer: https://npm.company.example/\nnpmAuthToken: ${DEPLOY}\n"
DEPLOY = f"DEPLOY={OTHERS}\n"


@pytest.mark.parametrize(
    ("files", "set_in"),
    [
        pytest.param(
            {".yarnrc.yml": f"{YARN}injectEnvironmentFiles: [.secrets]\n", ".secrets": DEPLOY},
            ".secrets",
            id="the home's list, the home's reference",
        ),
        pytest.param(
            {".yarnrc.yml": f"{YARN}injectEnvironmentFiles: ['.secrets?']\n", ".secrets": DEPLOY},
            ".secrets",
            id="an optional file",
        ),
        pytest.param(
            {".yarnrc.yml": YARN, "p/.yarnrc.yml": "injectEnvironmentFiles: [a.env]\n", "p/a.env": DEPLOY},
            "p/a.env",
            id="a project's list, the home's reference",
        ),
        pytest.param(
            {"p/.yarnrc.yml": f"{YARN}injectEnvironmentFiles: [sub/a.env]\n", "p/sub/a.env": DEPLOY},
            "p/sub/a.env",
            id="a project's list, its own reference",
        ),
        pytest.param(
            {"p/.yarnrc.yml": f"{YARN}injectEnvironmentFiles: [.env]\n", "p/.env": DEPLOY}, "p/.env", id="twice"
        ),
    ],
)
def test_files_that_yarn_injects_set_variables(home: Path, files: Mapping[str, str], set_in: str) -> None:
    plant(home, files)
    (found, credential), (other, assignment) = Followed(clients=("yarn", "environment")).list_all()
    assert credential.secret
    assert credential.secret.reveal() == OTHERS
    assert credential.set_in == ((str(home / set_in), 1),)
    # It can be removed, and belongs to the same registry.
    assert other.store.path == str(home / set_in)
    assert Registries(other.readings, other.defaults).list_all(assignment) == Registries(
        found.readings, found.defaults
    ).list_all(credential)


def test_reference_to_be_read_in_two_ways_gives_each_token_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEPLOY", OTHERS)
    plant(
        home, {".npmrc": f"{COMPANY}//npm.company.example/:_authToken=${{DEPLOY}}#x\n", ".bashrc": f"export {DEPLOY}"}
    )
    found = [(other.store.path.rpartition("/")[2], item.secret) for other, item in Followed().list_all()]
    assert [(name, secret and secret.reveal()) for name, secret in found] == [
        (".npmrc", OTHERS),
        (".npmrc", f"{OTHERS}#x"),
        (".bashrc", OTHERS),
    ]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("$DEPLOY", id="as Bun writes it"),
        pytest.param('"$DEPLOY"', id="in quotes"),
        pytest.param("${DEPLOY}", id="as npm writes it"),
    ],
)
def test_reference_of_an_npmrc_is_followed(home: Path, value: str) -> None:
    plant(home, {".npmrc": f"{COMPANY}//npm.company.example/:_authToken={value}\n", ".bashrc": f"export {DEPLOY}"})
    (_found, credential), (_other, assignment) = Followed().list_all()
    assert credential.secret
    assert credential.secret.reveal() == OTHERS
    assert credential.set_in == assignment.set_in == ((str(home / ".bashrc"), 1),)


@pytest.mark.parametrize(
    ("list_", "files", "links", "said"),
    [
        pytest.param("../a.env", {"a.env": DEPLOY}, {}, "a.env, which cannot be read: it is outside", id="outside"),
        pytest.param(
            "sub/a.env",
            {"a.env": DEPLOY},
            {"p/sub": ".."},
            "a.env, which cannot be read: it is outside",
            id="directory",
        ),
        pytest.param(
            "b.env",
            {"a.env": DEPLOY},
            {"p/b.env": "../a.env"},
            "b.env, which cannot be read: it is",
            id="link to a file",
        ),
        pytest.param("'${A}'", {}, {}, "p/.yarnrc.yml, which cannot be read: line 1", id="a path that is not known"),
        pytest.param(
            "x.env",
            {"rc": "injectEnvironmentFiles: [x.env]\n"},
            {"p/.yarnrc.yml": "../rc"},
            "p/.yarnrc.yml, which cannot be read: it is a symbolic link",
            id="link to a list",
        ),
    ],
)
def test_files_that_yarn_injects_and_that_are_not_followed_may_set_any_variable(
    home: Path, list_: str, files: Mapping[str, str], links: Mapping[str, str], said: str
) -> None:
    rc = {} if "p/.yarnrc.yml" in links else {"p/.yarnrc.yml": f"injectEnvironmentFiles: [{list_}]\n"}
    plant(home, {".yarnrc.yml": YARN, **rc, **files})
    for name, target in links.items():
        (home / name).parent.mkdir(exist_ok=True)
        (home / name).symlink_to(target)
    (credential,) = [item for _found, item in Followed(clients=("yarn", "environment")).list_all()]
    assert credential.secret is None
    (text,) = credential.set_by
    assert said in text


@pytest.mark.parametrize(
    "list_",
    [
        pytest.param("none.env", id="in the project"),
        pytest.param("../none.env", id="outside"),
        pytest.param("'none.env?'", id="optional"),
    ],
)
def test_files_that_yarn_injects_and_that_do_not_exist_set_nothing(home: Path, list_: str) -> None:
    plant(home, {".yarnrc.yml": YARN, "p/.yarnrc.yml": f"injectEnvironmentFiles: [{list_}]\n"})
    (credential,) = [item for _found, item in Followed(clients=("yarn", "environment")).list_all()]
    assert (credential.secret, credential.set_by) == (None, ())


@pytest.mark.parametrize(
    ("client", "files", "asked"),
    [
        pytest.param(
            "bun",
            {
                ".npmrc": "@x:registry=https://other.example/\n",
                ".bunfig.toml": '[install]\nregistry = "https://npm.company.example/"\n'
                'scopes.x = { token = "$DEPLOY" }\n',
            },
            ["https://npm.company.example/"],
            id="Bun's scope, which .npmrc maps to another registry",
        ),
    ],
)
def test_registries_of_a_variable_are_those_of_its_reference(
    home: Path, client: str, files: Mapping[str, str], asked: list[str]
) -> None:
    plant(home, {**files, ".bashrc": f"export DEPLOY={OTHERS}\n"})
    followed = Followed(clients=(client, "environment"))
    found = followed.list_all()
    assert [item.secret.reveal() for _found, item in found if item.secret] == [OTHERS, OTHERS]
    assert [[item.url for item in followed.around.list_asked(*each)] for each in found] == [asked, asked]


@pytest.mark.parametrize(
    ("files", "values", "unset"),
    [
        pytest.param(
            {".bashrc": "export DEPLOY=old\n", "p/.env.yarn": "DEPLOY=new\n"},
            {"old": [".bashrc"], "new": ["p/.env.yarn"]},
            [],
            id="another value",
        ),
        pytest.param(
            {".bashrc": "export DEPLOY=old\n", "p/.envrc": "export DEPLOY=old\n"},
            {"old": [".bashrc", "p/.envrc"]},
            [],
            id="the same value",
        ),
        pytest.param(
            {".bashrc": "export DEPLOY=old MINE=new\n", "p/.envrc": "export DEPLOY=$MINE\n"},
            {"old": [".bashrc"], "new": [".bashrc"]},
            [],
            id="the value of another variable of the home",
        ),
        pytest.param(
            {".bashrc": "export DEPLOY=old\n", "p/.envrc": "export DEPLOY=$(pass deploy)\n"},
            {"old": [".bashrc"]},
            ["p/.envrc"],
            id="a command",
        ),
        pytest.param(
            {".bashrc": "export DEPLOY=old\n", "p/.env": "DEPLOY=new\n", "p/.npmrc": "_authToken=${DEPLOY}\n"},
            {"old": [".bashrc"], "new": ["p/.env"]},
            [],
            id="a project with a reference of its own",
        ),
    ],
)
@pytest.mark.parametrize("clients", [("yarn",), ("npm", "yarn", "environment")])
def test_reference_in_the_home_has_the_values_of_projects_too(
    home: Path, clients: tuple[str, ...], files: Mapping[str, str], values: Mapping[str, list[str]], unset: list[str]
) -> None:
    plant(home, {".yarnrc.yml": YARN, **files})
    found = [item for store, item in Followed(clients=clients).list_all() if store.store.client == "yarn"]
    known = {item.secret.reveal(): [path for path, _line in item.set_in] for item in found if item.secret}
    assert known == {value: [str(home / path) for path in paths] for value, paths in values.items()}
    assert [str(home / path) in said for path in unset for item in found for said in item.set_by] == [True] * len(unset)


def test_reference_in_a_project_does_not_have_the_values_of_other_projects(home: Path) -> None:
    plant(home, {".yarnrc.yml": YARN, "p/.yarnrc.yml": YARN, ".bashrc": "DEPLOY=old\n", "q/.env": "DEPLOY=new\n"})
    found = [item for store, item in Followed(clients=("yarn",)).list_all() if store.store.level == "project"]
    assert [item.secret.reveal() for item in found if item.secret] == ["old"]


def test_variables_that_refer_to_each_other_in_circles_take_little_time(home: Path) -> None:
    """Each line of a short file can refer to a variable that as many lines set."""
    names = "ABCDEF"
    lines = [
        f"export {name}=${other}\n" for name, other in zip(names, f"{names[1:]}A", strict=True) for _line in range(40)
    ]
    plant(home, {".npmrc": "//h.example/:_authToken=${A}\n", ".bashrc": "".join([*lines, f"export F={TOKEN}\n"])})
    started = time.process_time()
    secrets = [item.secret.reveal() for _found, item in Followed(levels=("user",)).list_all() if item.secret]
    assert time.process_time() - started < 5
    assert set(secrets) == {TOKEN}


def test_file_of_variables_that_is_one_too_many_is_reported(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(variables, "MOST_FILES", 60)
    plant(home, {".npmrc": "//h.example/:_authToken=${SET_LATE}\n"})
    plant(home, {f"p{number:04}/.env": "A=1\n" for number in range(60)})
    plant(home, {"zz/.env": f"SET_LATE={OTHERS}\nNPM_TOKEN={TOKEN}\n"})
    followed = Followed()
    (problem,) = followed.problems
    assert "too many files set variables" in problem.message
    (credential,) = [item for _found, item in followed.list_all()]
    assert [said for item in credential.readings for said in item.set_by if "too many files" in said]


def test_all_files_of_a_large_directory_are_read(home: Path) -> None:
    plant(home, {f".config/environment.d/{number:04}.conf": "A=1\n" for number in range(600)})
    plant(home, {".config/environment.d/zz.conf": f"NPM_TOKEN={TOKEN}\n"})
    assert [item.secret.reveal() for _found, item in Followed().list_all() if item.secret] == [TOKEN]
