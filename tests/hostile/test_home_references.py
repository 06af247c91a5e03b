# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Tokens that are set in the environment: found behind their references, revoked, and removed from the files.

Root and its home stand for any account here. `tests/hostile/test_projects.py` attacks with projects as well.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY
from tests.hostile.odd_files import ODD_FILES, Create
from tests.hostile.run_module import MODULE, ModuleRun, run_module
from tests.hostile.scenario import list_forms
from tests.registry import EmbeddedRegistry, Recorder, make_token

INFO = MODULE.replace("npm_logout", "npm_credentials_info")
OPTIONS: dict[str, Any] = {"all_registries": True, "timeout": 2, "retries": 0, "verify_timeout": 1}
EVERYTHING = {**OPTIONS, "clients": ["all"], "levels": ["user", "project"]}
OTHER_SECRET = "AKIA0123456789SECRETOFOTHERS"
NPMRC = "registry=URL\nKEY:_authToken=${NPM_TOKEN}\n"


@dataclass
class Home:
    """A home whose files refer to TOKEN by a variable, beside secrets of other programs."""

    path: Path
    registry: EmbeddedRegistry
    evil: Recorder
    token: str = field(default_factory=make_token)

    def plant(self, files: Mapping[str, str]) -> None:
        for name, text in files.items():
            path = self.path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(self.localize(text).encode("utf-8", "surrogateescape"))
            path.chmod(0o600)

    def localize(self, text: str) -> str:
        names = {
            "EVIL_KEY": self.evil.url.partition(":")[2],
            "EVIL": self.evil.url,
            "KEY": self.registry.url.partition(":")[2],
            "URL": self.registry.url,
            "=TOKEN": f"={self.token}",
            " TOKEN": f" {self.token}",
            ":TOKEN": f":{self.token.replace('_', chr(92) + 'x5f')}" if "SETUVAR" in text else f":{self.token}",
            "'TOKEN": f"'{self.token}",
            '"TOKEN': f'"{self.token}',
            "OTHERS": OTHER_SECRET,
        }
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    def read(self, name: str) -> str:
        return (self.path / name).read_bytes().decode("utf-8", "surrogateescape")

    def run(
        self,
        options: Mapping[str, Any],
        module: str = MODULE,
        environment: Mapping[str, str] | None = None,
        check_mode: bool = False,
    ) -> ModuleRun:
        run = run_module(
            {**options, "_ansible_diff": True},
            home=self.path,
            environment=environment or {},
            module=module,
            check_mode=check_mode,
        )
        assert run.result, run.stderr
        shown = [form for text in (self.token, OTHER_SECRET) for form in list_forms(text) if form in run.output]
        assert shown == []
        return run


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    with EmbeddedRegistry() as registry, Recorder() as evil:
        place = Home(tmp_path / "home", registry, evil)
        registry.create_token("alice", place.token)
        yield place


#: A file, its text, and what is left of it.
FILES = {
    ".profile": ("A=OTHERS\nexport NPM_TOKEN=TOKEN\nB=OTHERS\n", "A=OTHERS\nB=OTHERS\n"),
    ".bash_profile": ("NPM_TOKEN='TOKEN'; export NPM_TOKEN\nB=OTHERS\n", "B=OTHERS\n"),
    ".bash_login": ("declare -x NPM_TOKEN=TOKEN # mine\n# kept\n", "# kept\n"),
    ".bashrc": (
        "if true; then\n  export NPM_TOKEN=TOKEN\n  B=OTHERS\nfi\n\udcff\n",
        "if true; then\n  B=OTHERS\nfi\n\udcff\n",
    ),
    ".bash_aliases": ('export NPM_TOKEN="TOKEN"\nalias a=b\n', "alias a=b\n"),
    ".zshenv": ("export NPM_TOKEN=TOKEN\npath=(a b)\n", "path=(a b)\n"),
    ".zprofile": ("typeset -gx NPM_TOKEN=TOKEN\ntrue\n", "true\n"),
    ".zshrc": ("export NPM_TOKEN=TOKEN\n", ""),
    ".zlogin": ("export NPM_TOKEN=TOKEN\ntrue\n", "true\n"),
    ".kshrc": ("export NPM_TOKEN=TOKEN\ntrue\n", "true\n"),
    ".mkshrc": ("export NPM_TOKEN=TOKEN\ntrue\n", "true\n"),
    ".cshrc": ("setenv NPM_TOKEN TOKEN\nsetenv B OTHERS\n", "setenv B OTHERS\n"),
    ".tcshrc": ("setenv NPM_TOKEN 'TOKEN'\nsetenv B OTHERS\n", "setenv B OTHERS\n"),
    ".login": ("setenv NPM_TOKEN TOKEN\nsetenv B OTHERS\n", "setenv B OTHERS\n"),
    ".config/fish/config.fish": ("set -gx NPM_TOKEN TOKEN\nset -gx B OTHERS\n", "set -gx B OTHERS\n"),
    ".config/fish/conf.d/npm.fish": ("set -x NPM_TOKEN 'TOKEN'\nset -gx B OTHERS\n", "set -gx B OTHERS\n"),
    ".config/fish/fish_variables": ("# c\nSETUVAR --export NPM_TOKEN:TOKEN\nSETUVAR B:c\n", "# c\nSETUVAR B:c\n"),
    ".config/environment.d/npm.conf": ("NPM_TOKEN=TOKEN\nB=OTHERS\n", "B=OTHERS\n"),
    ".pam_environment": ("NPM_TOKEN DEFAULT=TOKEN\nB DEFAULT=OTHERS\n", "B DEFAULT=OTHERS\n"),
    ".config/systemd/user/a.service": (
        "[Service]\nExecStart=/bin/true\nEnvironment=NPM_TOKEN=TOKEN\nEnvironment=B=OTHERS\n",
        "[Service]\nExecStart=/bin/true\nEnvironment=B=OTHERS\n",
    ),
    ".config/systemd/user/b.service.d/c.conf": (
        '[Service]\nEnvironment="NPM_TOKEN=TOKEN"\nUser=x\n',
        "[Service]\nUser=x\n",
    ),
    "project/.env": ("NPM_TOKEN=TOKEN\nB=OTHERS\n", "B=OTHERS\n"),
    "project/.env.local": ("NPM_TOKEN='TOKEN'\nB=OTHERS\n", "B=OTHERS\n"),
    "project/.envrc": ("export NPM_TOKEN=TOKEN\nexport B=OTHERS\n", "export B=OTHERS\n"),
    "project/.npmrc.env": ("NPM_TOKEN=TOKEN\nB=OTHERS\n", "B=OTHERS\n"),
}
CHECKED_BY = {
    "dash -n": [".profile"],
    "bash -n": [".bash_profile", ".bash_login", ".bashrc", ".bash_aliases", "project/.envrc"],
    "zsh -n": [".zshenv", ".zprofile", ".zshrc", ".zlogin"],
    "mksh -n": [".kshrc", ".mkshrc"],
    "tcsh -n": [".cshrc", ".tcshrc", ".login"],
    "fish -n": [".config/fish/config.fish", ".config/fish/conf.d/npm.fish"],
    "systemd-analyze verify": [".config/systemd/user/a.service"],
}


def load_with_its_program(home: Home, names: Collection[str]) -> None:
    """Each file is still one that its shell, or systemd, reads without an error."""
    for command, checked in CHECKED_BY.items():
        for name in set(checked).intersection(names):
            subprocess.run(
                [*command.split(), home.path / name], check=True, timeout=60, env={"PATH": os.environ["PATH"]}
            )


@pytest.mark.parametrize("name", FILES)
def test_token_is_found_revoked_and_removed(home: Home, name: str) -> None:
    text, left = FILES[name]
    home.plant({".npmrc": NPMRC, name: text})
    run = home.run(EVERYTHING)
    assert not run.failed, run.msg
    assert run.outcomes == ["confirmed", "confirmed"]
    assert not home.registry.is_valid(home.token)
    assert home.read(name) == home.localize(left)
    again = home.run(EVERYTHING)
    assert (again.failed, again.result["changed"], again.outcomes) == (False, False, [])


def test_home_with_all_of_them_is_found_at_once_and_clean_after_one_run(home: Home) -> None:
    """Each file has a token of its own, to which a file of npm's refers by a variable of its own."""
    tokens = {name: make_token() for name in FILES}
    npmrc = "registry=URL\n"
    for number, (name, (text, _left)) in enumerate(FILES.items()):
        home.registry.create_token("alice", tokens[name])
        written = tokens[name].replace("_", "\\x5f") if name.endswith("fish_variables") else tokens[name]
        text = text.replace("NPM_TOKEN", f"TOKEN_{number}").replace("=TOKEN_", "=T_").replace("TOKEN_", "T_")
        home.plant({name: text.replace("TOKEN", written)})
        npmrc += f"KEY:_authToken=${{T_{number}}}\n"
    home.plant({".npmrc": npmrc})
    found = home.run({"timeout": 2}, INFO).result["credentials"]
    assert {item["fingerprint"] for item in found if item["client"] == "environment"} == {
        item["fingerprint"] for item in found if item["client"] == "npm"
    }
    assert len({item["fingerprint"] for item in found}) == len(FILES)
    run = home.run(EVERYTHING)
    assert not run.failed, run.msg
    assert [name for name, token in tokens.items() if home.registry.is_valid(token)] == []
    assert {name: home.read(name) for name in FILES} == {
        name: home.localize(left) for name, (_text, left) in FILES.items()
    }
    load_with_its_program(home, FILES)
    again = home.run(EVERYTHING)
    assert (again.failed, again.result["changed"]) == (False, False)


def test_without_the_client_environment_the_token_is_revoked_and_the_place_is_reported(home: Home) -> None:
    home.plant({".npmrc": NPMRC, ".bashrc": "export A=1\nexport NPM_TOKEN=TOKEN\n"})
    run = home.run(OPTIONS)
    assert not home.registry.is_valid(home.token)
    assert home.read(".bashrc") == home.localize("export A=1\nexport NPM_TOKEN=TOKEN\n")
    (credential,) = run.result["credentials"]
    assert credential["set_in"] == [{"path": f"{home.path}/.bashrc", "line": 2}]
    assert (credential["source"], credential["revocation"]) == ("environment", "confirmed")
    assert run.result["files"][0]["remaining_variables"] == [
        {"variable": "NPM_TOKEN", "path": f"{home.path}/.bashrc", "line": 2, "registries": []}
    ]
    assert run.result["files"][0]["remaining"] == []
    assert f"{home.path}/.bashrc line 2: NPM_TOKEN is still set there." in str(run.result["warnings"])


SHARED = {
    "in one file": ({".npmrc": NPMRC + "EVIL_KEY:_authToken=${NPM_TOKEN}\n"}, ["npm"]),
    "in another client's file": (
        {".npmrc": NPMRC, ".yarnrc.yml": 'npmRegistryServer: "EVIL"\nnpmAuthToken: "${NPM_TOKEN}"\n'},
        ["npm", "yarn"],
    ),
    "in a file that the run is not about": (
        {".npmrc": NPMRC, ".yarnrc.yml": 'npmRegistryServer: "EVIL"\nnpmAuthToken: "${NPM_TOKEN}"\n'},
        ["npm", "environment"],
    ),
    "through another variable": (
        {
            ".npmrc": NPMRC + "EVIL_KEY:_authToken=${B_TOKEN}\n",
            ".profile": "export B_TOKEN=$NPM_TOKEN\n",
        },
        ["npm"],
    ),
}


# The run sees a file that it is not about only where it looks for assignments.
SHARED_RUNS = [(case, True) for case in SHARED] + [
    (case, False) for case, (_files, clients) in SHARED.items() if "environment" not in clients
]


@pytest.mark.parametrize("alive", [True, False], ids=["valid", "revoked before"])
@pytest.mark.parametrize(("case", "with_assignments"), SHARED_RUNS)
def test_assignment_that_another_registry_uses_stays_and_is_reported(
    home: Home, case: str, with_assignments: bool, alive: bool
) -> None:
    files, clients = SHARED[case]
    home.plant({**files, ".bashrc": "export A=1\nexport NPM_TOKEN=TOKEN\n"})
    if not alive:
        home.registry.revoke(home.token)
    chosen = list(dict.fromkeys([*clients, *(["environment"] if with_assignments else [])]))
    wish = {"registry": home.registry.url, "timeout": 2, "retries": 0, "verify_timeout": 1, "clients": chosen}
    run = home.run(wish)
    assert not run.failed, run.msg
    assert home.read(".bashrc") == home.localize("export A=1\nexport NPM_TOKEN=TOKEN\n")
    assert home.read(".npmrc") == home.localize(files[".npmrc"].replace("KEY:_authToken=${NPM_TOKEN}\n", "", 1))
    # No file says the scheme of a key.
    other = home.evil.url if "EVIL" in files.get(".yarnrc.yml", "") else home.evil.url.replace("http:", "https:")
    (warning,) = run.result["warnings"]
    assert (
        f"{home.path}/.bashrc line 2: NPM_TOKEN is still set there, because a credential for {other} refers to the "
        f"variable. {home.registry.url} rejects the token. To remove the assignment, log out of {other} too."
    ) in str(warning)
    assert ("the text of a token remains in" in run.msg) is with_assignments
    (npmrc,) = [item for item in run.result["files"] if item["path"] == f"{home.path}/.npmrc"]
    place = {"variable": "NPM_TOKEN", "path": f"{home.path}/.bashrc", "line": 2}
    assert npmrc["remaining_variables"] == [{**place, "registries": [other]}]
    assert len(home.evil.requests) == 0
    again = home.run(wish)
    assert (again.failed, again.result["changed"], again.result.get("warnings")) == (False, False, None)


COMBINED = {
    "beginning in the file": (
        {".npmrc": "registry=URL\nKEY:_authToken=HEAD${STAGE}\n", ".bashrc": "export STAGE=TAIL\n"},
        {".npmrc": "registry=URL\n"},
        [1],
    ),
    "end in the file": (
        {".npmrc": "registry=URL\nKEY:_authToken=${STAGE}TAIL\n", ".bashrc": "A=1\nexport STAGE=HEAD\n"},
        {".npmrc": "registry=URL\n"},
        [2],
    ),
    "two variables": (
        {".npmrc": "registry=URL\nKEY:_authToken=${A}${B}\n", ".bashrc": "export A=HEAD\nexport B=TAIL\n"},
        {".npmrc": "registry=URL\n"},
        [1, 2],
    ),
    "a client's own name": (
        {".npmrc": "registry=URL\nKEY:_authToken=HEAD${NPM_TOKEN}\n", ".bashrc": "export NPM_TOKEN=TAIL\n"},
        {".npmrc": "registry=URL\n"},
        [1],
    ),
    "Yarn": (
        {
            ".yarnrc.yml": 'a: b\nnpmRegistryServer: "URL"\nnpmAuthToken: "HEAD${STAGE}"\n',
            ".bashrc": "export STAGE=TAIL\n",
        },
        {".yarnrc.yml": 'a: b\nnpmRegistryServer: "URL"\n'},
        [1],
    ),
    "a project": (
        {
            "project/.npmrc": "registry=URL\nKEY:_authToken=HEAD${STAGE}\n",
            "project/.env": "STAGE=TAIL\n",
            ".npmrc": "registry=URL\n",
        },
        {"project/.npmrc": "registry=URL\n"},
        [1],
    ),
}


@pytest.mark.parametrize(("files", "left", "lines"), [pytest.param(*case, id=name) for name, case in COMBINED.items()])
@pytest.mark.parametrize("clients", [["all"], ["npm", "yarn"]], ids=["with environment", "without"])
def test_variable_that_is_a_part_of_a_token_is_neither_asked_about_nor_removed(
    home: Home, files: Mapping[str, str], left: Mapping[str, str], lines: list[int], clients: list[str]
) -> None:
    halves = {"HEAD": home.token[:20], "TAIL": home.token[20:]}
    files = {name: text.replace("HEAD", halves["HEAD"]).replace("TAIL", halves["TAIL"]) for name, text in files.items()}
    home.plant(files)
    run = home.run({**EVERYTHING, "clients": clients})
    assert (run.failed, run.outcomes) == (False, ["confirmed"]), run.msg
    asked = {
        value for item in home.registry.requests for name, value in item.headers.items() if name == "authorization"
    }
    assert asked == {f"Bearer {home.token}"}
    for name, text in {**files, **left}.items():
        assert home.read(name) == home.localize(text)
    remaining = [item for file in run.result["files"] for item in file["remaining_variables"]]
    assert [item["line"] for item in remaining] == lines
    (warning,) = run.result["warnings"]
    assert "combines several parts into one value: remove it by hand." in str(warning)
    if "NPM_TOKEN" not in files.get(".bashrc", ""):
        again = home.run({**EVERYTHING, "clients": clients})
        assert (again.failed, again.outcomes) == (False, [])


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        pytest.param(".npmrc", "KEY:username=${WHO}\nKEY:_password=${PW}\n", "", id="npm"),
        pytest.param(
            ".yarnrc.yml",
            'npmRegistryServer: "URL"\nnpmAuthIdent: "${WHO}:${PW}"\n',
            'npmRegistryServer: "URL"\n',
            id="Yarn",
        ),
        pytest.param(".npmrc", "registry=SCHEME//${WHO}:${PW}@HOST\n", "registry=URL\n", id="URL"),
    ],
)
def test_variable_of_a_user_name_is_not_removed_with_the_password(home: Home, name: str, text: str, left: str) -> None:
    scheme, _slashes, host = home.registry.url.partition("//")
    text = text.replace("SCHEME", scheme).replace("HOST", host)
    home.plant({name: text, ".bashrc": "export WHO=bob\nexport PW=c2VjcmV0MQ==\n"})
    run = home.run(EVERYTHING)
    assert not run.failed, run.msg
    assert home.read(".bashrc") == "export WHO=bob\n"
    assert not left or home.read(name) == home.localize(left)
    assert not any("still set" in str(item) for item in run.result.get("warnings", []))


def test_two_files_set_it_to_two_tokens(home: Home) -> None:
    other = make_token()
    home.registry.create_token("alice", other)
    home.plant({".npmrc": NPMRC, ".bashrc": "export NPM_TOKEN=TOKEN\n", ".zshrc": f"export NPM_TOKEN={other}\n"})
    run = home.run(OPTIONS)
    assert run.outcomes == ["confirmed", "confirmed"]
    assert not home.registry.is_valid(home.token)
    assert not home.registry.is_valid(other)


@pytest.mark.parametrize(
    ("revoke", "is_removed"), [("confirmed", True), ("accepted", True), ("attempted", True), ("never", True)]
)
def test_set_nowhere(home: Home, revoke: str, is_removed: bool) -> None:
    # No process on this machine has a variable of this name.
    home.plant({".npmrc": NPMRC.replace("NPM_TOKEN", "NOWHERE_TOKEN")})
    run = home.run({**OPTIONS, "revoke": revoke})
    assert not run.failed
    assert run.outcomes == ["unresolved"]
    assert ("NOWHERE_TOKEN" not in home.read(".npmrc")) is is_removed
    sentence = "emoved a reference to NOWHERE_TOKEN, which is not set on this host: the token was not revoked"
    assert sentence in run.msg
    assert "ogged out" not in run.msg


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param("export NPM_TOKEN=$(op read op://a/b)\n", "by the command op", id="command"),
        pytest.param("export NPM_TOKEN=`pass npm`\n", "by the command pass", id="command in backticks"),
        pytest.param("export NPM_TOKEN=${X:-OTHERS}\n", "to something that is not a plain value", id="default value"),
        pytest.param("export NPM_TOKEN='TOKEN\n", "which cannot be read", id="file that cannot be read"),
        pytest.param("alias npm='NPM_TOKEN=TOKEN npm'\n", "not a plain value", id="alias"),
        pytest.param("# c\neval 'export NPM_TOKEN=TOKEN'\n", ".bashrc line 2", id="eval"),
    ],
)
@pytest.mark.parametrize("revoke", ["confirmed", "accepted", "attempted", "never"])
def test_set_by_something_else(home: Home, text: str, said: str, revoke: str) -> None:
    # No process on this machine has a variable of this name.
    text = text.replace("NPM_TOKEN", "HIDDEN_TOKEN")
    home.plant({".npmrc": NPMRC.replace("NPM_TOKEN", "HIDDEN_TOKEN"), ".bashrc": text})
    run = home.run({**EVERYTHING, "revoke": revoke})
    stays = revoke in ("confirmed", "accepted")
    assert run.failed is stays
    assert run.outcomes == ["unresolved"]
    assert ("HIDDEN_TOKEN" in home.read(".npmrc")) is stays
    assert said in run.output
    assert f"{home.path}/.bashrc" in run.output
    assert "Revoke the token at its registry, and remove it from where HIDDEN_TOKEN is set." in run.output
    assert home.read(".bashrc") == home.localize(text)
    assert "ogged out of" not in run.msg or stays


def test_value_of_a_process_beside_an_alias_is_not_the_only_one(home: Home) -> None:
    """An alias can set another value than the one that a process of the account has."""
    text = "alias npm='ALIASED_TOKEN=TOKEN npm'\n"
    home.plant({".npmrc": NPMRC.replace("NPM_TOKEN", "ALIASED_TOKEN"), ".bashrc": text})
    process = subprocess.Popen(["sleep", "60"], env={"ALIASED_TOKEN": "another-token-of-hers"})
    try:
        run = home.run(EVERYTHING)
    finally:
        process.kill()
        process.wait(10)
    assert run.failed
    assert sorted(run.outcomes) == ["already_invalid", "unresolved"]
    assert "ALIASED_TOKEN" in home.read(".npmrc")
    assert home.registry.is_valid(home.token)


UNKNOWN = {
    "a file that cannot be read": (
        {".npmrc": NPMRC, ".bashrc": "export NPM_TOKEN=TOKEN\n", ".zshrc": "export NPM_TOKEN='TOKEN\n"},
        ".zshrc, which cannot be read",
    ),
    "a file that cannot be read, and a fallback": (
        {
            ".yarnrc.yml": 'npmRegistryServer: "URL"\nnpmAuthToken: "${NPM_TOKEN:-none}"\n',
            ".zshrc": "export NPM_TOKEN='TOKEN\n",
        },
        ".zshrc, which cannot be read",
    ),
    "the second part of a value": (
        {
            ".npmrc": NPMRC.replace("${NPM_TOKEN}", "${NPM_PRE}${NPM_SUF}"),
            ".bashrc": "export NPM_PRE=npm_abcdef\nexport NPM_SUF=$(pass npm)\n",
        },
        "by the command pass",
    ),
    "more values than are followed": (
        {".npmrc": NPMRC, ".bashrc": "".join(f"export NPM_TOKEN=token-{number:03}\n" for number in range(25))},
        "to more than 20 values",
    ),
}


@pytest.mark.parametrize(("files", "said"), [pytest.param(*case, id=name) for name, case in UNKNOWN.items()])
def test_reference_stays_where_a_part_of_it_is_not_known(home: Home, files: Mapping[str, str], said: str) -> None:
    home.plant(files)
    run = home.run(EVERYTHING)
    assert run.failed
    assert said in run.msg
    assert "NPM_" in home.read(next(iter(files)))


def test_value_beside_a_command_is_revoked_and_the_reference_stays(home: Home) -> None:
    home.plant({".npmrc": NPMRC, ".bashrc": "export NPM_TOKEN=TOKEN\n", ".zshrc": "export NPM_TOKEN=$(pass npm)\n"})
    run = home.run(EVERYTHING)
    assert run.failed
    assert "by the command pass" in run.msg
    assert not home.registry.is_valid(home.token)
    assert home.read(".npmrc") == home.localize(NPMRC)
    assert home.read(".bashrc") == ""
    removed = {
        (item["path"].rpartition("/")[2], item["revocation"]): item["removed"] for item in run.result["credentials"]
    }
    assert removed == {
        (".npmrc", "confirmed"): False,
        (".npmrc", "unresolved"): False,
        (".bashrc", "confirmed"): True,
    }


#: A file that sets the variable in two steps, and its text with the two halves of the token.
STEPS = [
    pytest.param(
        ".profile", 'export NPM_TOKEN=HEAD\nexport NPM_TOKEN="${NPM_TOKEN}TAIL"\n', id="sh: named in its value"
    ),
    pytest.param(".bashrc", "export NPM_TOKEN=HEAD\nNPM_TOKEN+=TAIL\n", id="bash: added"),
    pytest.param(".zshrc", "export NPM_TOKEN=TAIL\nexport NPM_TOKEN=HEAD$NPM_TOKEN\n", id="zsh: set before it"),
    pytest.param(
        ".bash_profile", "export NPM_TOKEN=HEAD\nNPM_TOKEN=${NPM_TOKEN}TAIL npm i\n", id="bash: for one command"
    ),
    pytest.param(".bash_aliases", "A=HEAD\nA=${A}TAIL\nexport NPM_TOKEN=$A\n", id="bash: another variable"),
    pytest.param(".cshrc", "set x = HEAD\nset x = ${x}TAIL\nsetenv NPM_TOKEN $x\n", id="csh: set"),
    pytest.param(".login", "setenv NPM_TOKEN HEAD\nsetenv NPM_TOKEN ${NPM_TOKEN}TAIL\n", id="csh: setenv"),
    pytest.param(
        ".config/fish/config.fish", "set -gx NPM_TOKEN HEAD\nset -gx NPM_TOKEN {$NPM_TOKEN}TAIL\n", id="fish: braces"
    ),
    pytest.param(".config/fish/conf.d/a.fish", "set -gx NPM_TOKEN HEAD\nset -a NPM_TOKEN TAIL\n", id="fish: added"),
    pytest.param("project/.env", "NPM_TOKEN=HEAD\nNPM_TOKEN=${NPM_TOKEN}TAIL\n", id=".env"),
    pytest.param("project/.envrc", "export NPM_TOKEN=HEAD\nNPM_TOKEN+=TAIL\n", id=".envrc"),
    pytest.param(".config/environment.d/a.conf", "NPM_TOKEN=HEAD\nNPM_TOKEN=${NPM_TOKEN}TAIL\n", id="environment.d"),
    pytest.param(".pam_environment", "NPM_TOKEN DEFAULT=HEAD\nNPM_TOKEN OVERRIDE=${NPM_TOKEN}TAIL\n", id="pam_env"),
]


@pytest.mark.parametrize("with_reference", [True, False], ids=["reference", "own name"])
@pytest.mark.parametrize(("name", "text"), STEPS)
def test_value_that_is_set_in_several_steps_is_neither_asked_about_nor_removed(
    home: Home, name: str, text: str, with_reference: bool
) -> None:
    npmrc = NPMRC if with_reference else "registry=URL\n"
    text = text.replace("HEAD", home.token[:20]).replace("TAIL", home.token[20:])
    home.plant({".npmrc": npmrc, "project/.npmrc" if name.startswith("project") else ".npmrc": npmrc, name: text})
    is_found = with_reference or ("A}" not in text and "x}" not in text)
    for revoke in ("confirmed", "attempted"):
        run = home.run({**EVERYTHING, "revoke": revoke})
        assert (run.failed, set(run.outcomes)) == ((True, {"unresolved"}) if is_found else (False, set()))
        assert home.registry.requests == ()
        assert home.read(name) == text
        stays = revoke == "confirmed" or not with_reference
        assert home.read(".npmrc") == home.localize(npmrc if stays else NPMRC.partition("KEY")[0])
        assert f"{home.path}/{name} lines 1 and 2" in run.msg or not is_found
        assert "also contains a credential" not in run.msg
    assert home.registry.is_valid(home.token)


def test_value_that_is_set_anew_after_steps_is_revoked_and_removed(home: Home) -> None:
    home.plant({".npmrc": NPMRC, ".bashrc": "NPM_TOKEN=a\nNPM_TOKEN+=b\nexport NPM_TOKEN=TOKEN\n"})
    run = home.run(EVERYTHING)
    assert run.failed
    assert not home.registry.is_valid(home.token)
    assert home.read(".bashrc") == "NPM_TOKEN=a\nNPM_TOKEN+=b\n"


def test_what_only_mentions_a_variable_sets_it_nowhere(home: Home) -> None:
    text = "# export GONE_TOKEN=x\nunset GONE_TOKEN\necho $GONE_TOKEN\n[ $GONE_TOKEN = a ] || MY_GONE_TOKEN=b\n"
    home.plant({".npmrc": NPMRC.replace("NPM_TOKEN", "GONE_TOKEN"), ".bashrc": text})
    run = home.run(OPTIONS)
    assert (run.failed, run.outcomes) == (False, ["unresolved"])
    assert "GONE_TOKEN" not in home.read(".npmrc")


def test_reference_to_another_variable_is_followed(home: Home) -> None:
    home.plant({".npmrc": NPMRC, ".bashrc": "export MINE=TOKEN\nexport NPM_TOKEN=$MINE\n"})
    run = home.run(OPTIONS)
    assert run.outcomes == ["confirmed"]
    assert not home.registry.is_valid(home.token)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        pytest.param(
            "export MINE=plain-token-of-a-company\nexport NPM_TOKEN=$MINE\nB=OTHERS\n",
            "export NPM_TOKEN=$MINE\nB=OTHERS\n",
            id="one",
        ),
        pytest.param(
            "A=plain-token-of-a-company\nexport M=$A\nexport NPM_TOKEN=${M}\nB=OTHERS\n",
            "export M=$A\nexport NPM_TOKEN=${M}\nB=OTHERS\n",
            id="two",
        ),
    ],
)
def test_variable_whose_value_another_one_has_is_removed(home: Home, text: str, left: str) -> None:
    home.token = "plain-token-of-a-company"
    home.registry.create_token("alice", home.token)
    home.plant({".npmrc": NPMRC, ".bashrc": text})
    run = home.run(EVERYTHING)
    assert not run.failed, run.msg
    assert run.outcomes == ["confirmed", "confirmed"]
    assert home.read(".bashrc") == home.localize(left)
    again = home.run(EVERYTHING)
    assert (again.failed, again.result["changed"]) == (False, False)


def test_file_that_another_one_reads_is_read(home: Home) -> None:
    home.plant({".npmrc": NPMRC, ".bashrc": ". ~/.secrets\n", ".secrets": "export NPM_TOKEN=TOKEN\nexport B=1\n"})
    run = home.run(EVERYTHING)
    assert run.outcomes == ["confirmed", "confirmed"]
    assert home.read(".secrets") == "export B=1\n"


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("A=1; export NPM_TOKEN=TOKEN\n", id="after another command"),
        pytest.param("export NPM_TOKEN=TOKEN A=1\n", id="beside another variable"),
        pytest.param("if true; then\nexport NPM_TOKEN=TOKEN\nfi\n", id="only command of its block"),
    ],
)
def test_assignment_that_shares_its_line_is_revoked_and_refused_with_file_and_line(home: Home, text: str) -> None:
    home.plant({".npmrc": NPMRC, ".bashrc": text})
    run = home.run(EVERYTHING)
    assert run.failed
    assert not home.registry.is_valid(home.token)
    assert home.read(".bashrc") == home.localize(text)
    line = 2 if text.startswith("if") else 1
    assert f"{home.path}/.bashrc" in run.msg
    assert f"line {line}" in run.msg


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("export NPM_TOKEN=TOKEN\n", id="a name of npm's"),
        pytest.param("export NODE_AUTH_TOKEN=TOKEN\n", id="a name of setup-node's"),
        pytest.param("export BUN_CONFIG_TOKEN=TOKEN\n", id="a name of Bun's"),
        pytest.param("export NPM_CONFIG_TOKEN=TOKEN\n", id="another name of Bun's"),
    ],
)
def test_name_of_a_client_counts_without_a_reference(home: Home, text: str) -> None:
    home.plant({".npmrc": "registry=URL\n", ".bashrc": text + "export B=OTHERS\n"})
    run = home.run(EVERYTHING)
    assert run.outcomes == ["confirmed"]
    assert home.read(".bashrc") == home.localize("export B=OTHERS\n")


YARN_TOKEN = "export YARN_NPM_AUTH_TOKEN=TOKEN\n"
BUN_TOKEN = "export BUN_CONFIG_TOKEN=TOKEN\n"
YARN_FILE = {".yarnrc.yml": 'npmRegistryServer: "URL"\n'}
OTHERS_NPMRC = {".npmrc": "registry=EVIL\n"}


@pytest.mark.parametrize("clients", [["all"], ["yarn", "bun", "environment"]], ids=["all", "few clients"])
@pytest.mark.parametrize(
    "files",
    [
        pytest.param({**OTHERS_NPMRC, **YARN_FILE, ".bashrc": YARN_TOKEN}, id="Yarn does not read .npmrc"),
        pytest.param(
            {**OTHERS_NPMRC, ".bunfig.toml": '[install]\nregistry = "URL"\n', ".bashrc": BUN_TOKEN},
            id="Bun's own file wins",
        ),
        pytest.param(
            {".npmrc": "registry=URL\n", ".yarnrc.yml": 'npmRegistryServer: "EVIL"\n', ".bashrc": BUN_TOKEN},
            id="Bun does not read Yarn's file",
        ),
        pytest.param(
            {
                ".npmrc": "registry=URL\n",
                ".yarnrc.yml": 'npmRegistryServer: "EVIL"\n',
                ".profile": "export NPM_TOKEN=TOKEN\n",
            },
            id="a name of npm's",
        ),
        pytest.param(
            {
                **OTHERS_NPMRC,
                ".yarnrc.yml": 'npmRegistryServer: "URL"\nnpmAuthToken: "${MINE}"\n',
                ".bashrc": "export MINE=TOKEN\n",
            },
            id="a reference of Yarn's",
        ),
        pytest.param(
            {
                "project/.npmrc": "registry=EVIL\n",
                "project/.yarnrc.yml": 'npmRegistryServer: "URL"\n',
                "project/.env": "YARN_NPM_AUTH_TOKEN=TOKEN\n",
            },
            id="Yarn, a project's variable",
        ),
        pytest.param(
            {
                **OTHERS_NPMRC,
                "project/bunfig.toml": '[install]\nregistry = "URL"\n',
                "project/.env": "BUN_CONFIG_TOKEN=TOKEN\n",
            },
            id="Bun, a project's variable",
        ),
    ],
)
def test_variable_of_a_client_is_for_the_default_registry_of_that_client(
    home: Home, files: dict[str, str], clients: list[str]
) -> None:
    home.plant(files)
    run = home.run({**EVERYTHING, "clients": clients})
    assert not run.failed, run.msg
    assert set(run.outcomes) == {"confirmed"}
    assert not home.registry.is_valid(home.token)
    assert home.evil.requests == ()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(YARN_TOKEN + "export YARN_NPM_REGISTRY_SERVER=URL\n", id="Yarn"),
        pytest.param("export BUN_CONFIG_REGISTRY=URL\n" + BUN_TOKEN, id="Bun"),
        pytest.param("export NPM_CONFIG_REGISTRY=URL\n" + BUN_TOKEN, id="Bun, a name of npm's"),
    ],
)
def test_registry_that_a_variable_beside_the_token_names_is_reported(home: Home, text: str) -> None:
    """A client never sends the token to the registry of the files instead."""
    home.plant({".npmrc": "registry=EVIL\n", ".yarnrc.yml": 'npmRegistryServer: "EVIL"\n', ".bashrc": text})
    info = home.run({"timeout": 2, "probe": True}, INFO)
    assert f"{home.registry.url} was not asked about a token in {home.path}/.bashrc" in str(info.result["warnings"])
    for check_mode in (True, False):
        run = home.run(EVERYTHING, check_mode=check_mode)
        assert (run.failed, run.outcomes, run.result["changed"]) == (True, ["failed"], False)
        assert f"{home.registry.url} (" in run.msg
        line = 1 + text.partition("REGISTRY")[0].count("\n")
        assert f"{home.path}/.bashrc line {line})" in run.msg
    assert home.registry.requests == ()
    run = home.run({**EVERYTHING, "trusted_registries": [home.registry.url]})
    assert run.outcomes == ["confirmed"], run.msg
    assert home.evil.requests == ()


def test_registry_that_a_variable_and_the_home_name_is_asked(home: Home) -> None:
    text = BUN_TOKEN + "export BUN_CONFIG_REGISTRY=URL\n"
    home.plant({".npmrc": "registry=EVIL\n@x:registry=URL\n", ".bashrc": text})
    run = home.run(EVERYTHING)
    assert run.outcomes == ["confirmed"], run.msg
    assert home.evil.requests == ()


def test_variable_of_bun_is_not_for_the_registry_of_a_scope(home: Home) -> None:
    home.registry.revoke(home.token)
    home.plant({".npmrc": "registry=URL\n@x:registry=EVIL\n", ".bashrc": BUN_TOKEN})
    run = home.run(EVERYTHING)
    assert run.outcomes == ["already_invalid"], run.msg
    assert home.evil.requests == ()


@pytest.mark.parametrize(
    ("project", "home_files", "text"),
    [
        pytest.param(
            {".yarnrc.yml": 'npmRegistryServer: "URL"\n'},
            {".yarnrc.yml": 'npmRegistryServer: "EVIL"\n'},
            YARN_TOKEN,
            id="Yarn",
        ),
        pytest.param(
            {"bunfig.toml": '[install]\nregistry = "URL"\n'}, {".npmrc": "registry=EVIL\n"}, BUN_TOKEN, id="Bun"
        ),
        pytest.param({".npmrc": "registry=URL\n"}, {".npmrc": "registry=EVIL\n"}, "export NPM_TOKEN=TOKEN\n", id="npm"),
    ],
)
def test_project_that_names_another_registry_for_a_variable_is_reported(
    home: Home, project: dict[str, str], home_files: dict[str, str], text: str
) -> None:
    with EmbeddedRegistry() as first:
        own = {name: said.replace("EVIL", first.url) for name, said in home_files.items()}
        home.plant({**own, **{f"project/{name}": said for name, said in project.items()}, ".bashrc": text})
        run = home.run({**EVERYTHING, "levels": ["user"]})
        assert (run.failed, run.outcomes, run.result["changed"]) == (True, ["failed"], False)
        ((name, _said),) = project.items()
        assert f"{home.registry.url} ({home.path}/project/{name} line" in run.msg
        assert first.requests != ()
    assert home.registry.requests == ()


@pytest.mark.parametrize(
    ("files", "name", "user"),
    [
        pytest.param({".npmrc": "registry=${RU}\n"}, "RU", "u", id="npm, a reference"),
        pytest.param({".bunfig.toml": '[install]\nregistry = "$RU"\n'}, "RU", "", id="Bun, a reference and a token"),
        pytest.param({".yarnrc.yml": 'npmRegistryServer: "${RU}"\n'}, "RU", "u", id="Yarn, a reference"),
        pytest.param({}, "npm_config_registry", "u", id="a name of npm's"),
        pytest.param({}, "BUN_CONFIG_REGISTRY", "u", id="a name of Bun's"),
        pytest.param({}, "YARN_NPM_REGISTRY_SERVER", "u", id="a name of Yarn's"),
    ],
)
def test_login_in_the_url_that_a_variable_holds_is_found(
    home: Home, files: dict[str, str], name: str, user: str
) -> None:
    """The URL is not removed with the login."""
    url = home.registry.url.replace("//", f"//{user}:{home.token}@")
    home.plant({**files, ".bashrc": f"A=1\nexport {name}={url}\n"})
    (found,) = home.run({"timeout": 2}, INFO).result["credentials"]
    assert (found["path"], found["line"], found["source"]) == (f"{home.path}/.bashrc", 2, "environment")
    assert (found["registry"], found["kind"]) == (home.registry.url, "basic" if user else "token")
    run = home.run(EVERYTHING)
    assert (run.failed, run.outcomes) == (True, ["not_applicable" if user else "confirmed"])
    assert "line 2: the value is also the URL of a registry" in run.msg
    assert home.token in home.read(".bashrc")


def test_user_and_password_in_the_variable_of_yarn_are_removed(home: Home) -> None:
    home.plant({**OTHERS_NPMRC, **YARN_FILE, ".bashrc": "A=1\nexport YARN_NPM_AUTH_IDENT=u:TOKEN\n"})
    run = home.run(EVERYTHING)
    assert (run.failed, run.outcomes, home.read(".bashrc")) == (False, ["not_applicable"], "A=1\n")
    assert [item["registry"] for item in run.result["credentials"]] == [home.registry.url]


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        pytest.param("project/.env", "npm_config_KEY:_authToken=TOKEN\nB=OTHERS\n", "B=OTHERS\n", id="key, .env"),
        pytest.param("project/.env", "NPM_CONFIG_KEY:_authToken='TOKEN'\n", "", id="key, quoted"),
        pytest.param(".pam_environment", "npm_config_KEY:_authToken DEFAULT=TOKEN\n", "", id="key, pam_env"),
        pytest.param(
            ".bashrc", 'export pnpm_config__auth=\'{"URL":{"@":{"authToken":"TOKEN"}}}\'\nB=1\n', "B=1\n", id="mapping"
        ),
        pytest.param(
            "project/.env", 'PNPM_CONFIG__AUTH=\'{"URL":{"@":{"authToken":"TOKEN"}}}\'\n', "", id="mapping, .env"
        ),
        pytest.param(
            ".config/systemd/user/a.service",
            '[Service]\nEnvironment=\'pnpm_config__auth={"URL": {"@org": {"authToken": "TOKEN"}}}\'\n',
            "[Service]\n",
            id="mapping, scope, unit",
        ),
    ],
)
def test_setting_of_a_client_in_a_variable(home: Home, name: str, text: str, left: str) -> None:
    # No form and no reference says that it is npm's.
    home.token = "plain-token-of-a-company"
    home.registry.create_token("alice", home.token)
    home.plant({".npmrc": "registry=URL\n", name: text})
    check = home.run({"timeout": 2}, INFO).result["credentials"]
    assert [(item["registry"], item["path"]) for item in check] == [(home.registry.url, f"{home.path}/{name}")]
    run = home.run(EVERYTHING)
    assert not run.failed, run.msg
    assert run.outcomes == ["confirmed"]
    assert home.read(name) == home.localize(left)


def test_mapping_stays_as_long_as_one_of_its_tokens_does(home: Home) -> None:
    other = make_token()
    home.registry.create_token("alice", other)
    text = f'export pnpm_config__auth=\'{{"URL":{{"@":{{"authToken":"TOKEN"}},"@o":{{"authToken":"{other}"}}}}}}\'\n'
    home.plant({".npmrc": "registry=URL\n", ".bashrc": text})
    names = [item["fingerprint"] for item in home.run({"timeout": 2}, INFO).result["credentials"]]
    kept = home.run({**EVERYTHING, "all_registries": False, "fingerprints": names[:1]})
    assert home.read(".bashrc") == home.localize(text)
    assert (kept.outcomes, home.registry.is_valid(home.token) + home.registry.is_valid(other)) == (["confirmed"], 1)
    run = home.run(EVERYTHING)
    assert not run.failed, run.msg
    assert home.read(".bashrc") == ""
    assert other not in run.output


@pytest.mark.parametrize("stays", ["another registry", "protected", "check mode"])
def test_mapping_with_the_token_of_another_registry_is_reported_with_file_and_line(home: Home, stays: str) -> None:
    with EmbeddedRegistry() as other:
        token = make_token()
        other.create_token("alice", token)
        mapping = f'{{"URL":{{"@":{{"authToken":"TOKEN"}}}},"{other.url}":{{"@":{{"authToken":"{token}"}}}}}}'
        text = f"B=1\nexport pnpm_config__auth='{mapping}'\n"
        home.plant({".npmrc": "registry=URL\n", ".bashrc": text})
        options: dict[str, Any] = {**EVERYTHING, "all_registries": False, "registry": home.registry.url}
        if stays == "protected":
            found = home.run({"timeout": 2}, INFO).result["credentials"]
            protected = [item["fingerprint"] for item in found if item["registry"] == other.url]
            options.update(registry=None, all_registries=True, protected_fingerprints=protected)
        run = home.run(options, check_mode=stays == "check mode")
        assert run.failed
        assert f"{home.path}/.bashrc line 2: the assignment also contains a credential that is kept" in run.msg
        assert "no credential file" not in run.msg
        assert home.read(".bashrc") == home.localize(text)
        assert home.registry.is_valid(home.token) is (stays == "check mode")
        assert other.is_valid(token)
        assert token not in run.output


def test_mapping_says_the_scheme_of_its_registry(home: Home) -> None:
    home.plant({".bashrc": 'export pnpm_config__auth=\'{"URL":{"@":{"authToken":"TOKEN"}}}\'\n'})
    run = home.run({**EVERYTHING, "levels": ["user"]})
    assert run.outcomes == ["confirmed"]
    assert [item["registry"] for item in run.result["credentials"]] == [home.registry.url]
    assert home.read(".bashrc") == ""


@pytest.mark.parametrize("value", ["<your-token>", "${NPM_SECRET}", "{{ npm_token }}", "****"])
def test_placeholder_in_a_mapping_is_not_a_token(home: Home, value: str) -> None:
    text = f'export pnpm_config__auth=\'{{"URL":{{"@":{{"authToken":"{value}"}}}}}}\'\n'
    home.plant({".bashrc": text})
    run = home.run(EVERYTHING)
    assert (run.failed, run.outcomes, run.result["changed"]) == (False, [], False)
    assert home.registry.requests == ()


@pytest.mark.parametrize(
    ("link", "target"),
    [
        pytest.param("project/.env", "project/.env.shared", id="beside it in the project"),
        pytest.param(".env", "dotfiles/env", id="in the home itself"),
    ],
)
def test_link_to_a_file_of_the_same_owner_is_followed(home: Home, link: str, target: str) -> None:
    home.plant({".npmrc": "registry=URL\n", target: "NPM_TOKEN=TOKEN\nB=OTHERS\n"})
    (home.path / link).symlink_to(os.path.relpath(target, os.path.dirname(link)))
    run = home.run({**EVERYTHING, "levels": ["project"], "clients": ["environment"]})
    assert not home.registry.is_valid(home.token)
    assert home.read(target) == home.localize("B=OTHERS\n")
    assert not run.failed, run.msg


#: How the files of each client refer to a variable.
OF_CLIENTS = {
    "pnpm, auth.ini": (".config/pnpm/auth.ini", "registry=URL\nKEY:_authToken=${COMPANY_TOKEN}\n"),
    "pnpm, rc": (".config/pnpm/rc", "registry=URL\nKEY:_authToken=${COMPANY_TOKEN:-none-at-all}\n"),
    "pnpm, YAML": (
        ".config/pnpm/config.yaml",
        '_auth:\n  "URL":\n    "@":\n      authToken: "${COMPANY_TOKEN}"\n',
    ),
    "Yarn": (".yarnrc.yml", 'npmRegistryServer: "URL"\nnpmAuthToken: "${COMPANY_TOKEN}"\n'),
    "Yarn, with a fallback": (".yarnrc.yml", 'npmRegistryServer: "URL"\nnpmAuthToken: "${COMPANY_TOKEN-none}"\n'),
    "Yarn, with an empty fallback": (".yarnrc.yml", 'npmRegistryServer: "URL"\nnpmAuthToken: "${COMPANY_TOKEN:-}"\n'),
    "Yarn, scope": (
        ".yarnrc.yml",
        'npmScopes:\n  a:\n    npmRegistryServer: "URL"\n    npmAuthToken: "${COMPANY_TOKEN}"\n',
    ),
    "Bun": (".bunfig.toml", '[install]\nregistry = { url = "URL", token = "$COMPANY_TOKEN" }\n'),
    "Bun, scope": (".bunfig.toml", '[install.scopes]\na = { url = "URL", token = "$COMPANY_TOKEN" }\n'),
    "profile": (".npmrcs/work", "registry=URL\nKEY:_authToken=${COMPANY_TOKEN}\n"),
}


@pytest.mark.parametrize("case", OF_CLIENTS)
def test_references_of_all_clients_are_followed(home: Home, case: str) -> None:
    name, text = OF_CLIENTS[case]
    home.token = "plain-token-of-a-company"
    home.registry.create_token("alice", home.token)
    home.plant({name: text, ".bashrc": "export COMPANY_TOKEN=TOKEN\nexport B=OTHERS\n"})
    found = home.run({"timeout": 2}, INFO).result["credentials"]
    assert len({item["fingerprint"] for item in found} - {None}) >= 1
    run = home.run(EVERYTHING)
    assert "confirmed" in run.outcomes, run.msg
    assert not home.registry.is_valid(home.token)
    assert home.read(".bashrc") == home.localize("export B=OTHERS\n")
    again = home.run(EVERYTHING)
    assert (again.failed, again.result["changed"]) == (False, False)


def test_token_by_its_form_counts_under_any_name(home: Home) -> None:
    home.plant({".bashrc": "export ANY=TOKEN\nexport B=OTHERS\n"})
    (credential,) = home.run({"timeout": 2}, INFO).result["credentials"]
    assert (credential["client"], credential["settings"], credential["checksum_ok"]) == ("environment", ["ANY"], True)
    assert credential["registry"] == PUBLIC_REGISTRY


def test_value_of_a_process_counts_where_no_file_sets_it(home: Home) -> None:
    home.plant({".npmrc": NPMRC.replace("NPM_TOKEN", "PROCESS_TOKEN")})
    sleeper = subprocess.Popen(["sleep", "60"], env={"PROCESS_TOKEN": home.token, "PATH": os.defpath})
    try:
        run = home.run(OPTIONS)
    finally:
        sleeper.kill()
        sleeper.wait()
    assert run.outcomes == ["confirmed"]
    assert not home.registry.is_valid(home.token)
    (credential,) = run.result["credentials"]
    assert credential["set_in"] == [{"path": f"/proc/{sleeper.pid}/environ", "line": None}]
    assert f"/proc/{sleeper.pid}/environ: PROCESS_TOKEN is still set there. Restart" in str(run.result["warnings"])


def test_process_that_still_has_the_value_is_a_finding_with_its_fingerprint(home: Home) -> None:
    home.plant({".npmrc": "KEY:_authToken=${MINE}\n", ".bashrc": "export MINE=TOKEN\n"})
    sleeper = subprocess.Popen(["sleep", "60"], env={"MINE": home.token, "PATH": os.defpath})
    try:
        run = home.run({"timeout": 2}, INFO)
    finally:
        sleeper.kill()
        sleeper.wait()
    (name,) = {item["fingerprint"] for item in run.result["credentials"]}
    messages = [item["message"] for item in run.result["findings"] if item["rule"] == "token_in_environment"]
    assert any(f"MINE ({name})" in message for message in messages)


ATTACKS = {
    "a secret of others": {"project/.npmrc": "EVIL_KEY:_authToken=${AWS_SECRET}\n"},
    "a token of the home": {"project/.npmrc": "EVIL_KEY:_authToken=${NPM_TOKEN}\n"},
    "the default registry": {"project/.npmrc": "registry=EVIL\n_authToken=${NPM_TOKEN}\n"},
    "a part of a token": {"project/.npmrc": "EVIL_KEY:_authToken=x${AWS_SECRET}\n"},
    "its own variable that refers to another one": {
        "project/.npmrc": "EVIL_KEY:_authToken=${X}\n",
        "project/.env": "X=$AWS_SECRET\n",
    },
    "a shell file that reads one of the home": {
        "project/.npmrc": "EVIL_KEY:_authToken=${AWS_SECRET}\n",
        "project/.envrc": ". ~/.bashrc\n",
    },
}


@pytest.mark.parametrize("module", [MODULE, INFO])
@pytest.mark.parametrize("attack", [pytest.param(files, id=name) for name, files in ATTACKS.items()])
def test_project_gets_no_variable_that_is_set_outside_of_it(home: Home, attack: Mapping[str, str], module: str) -> None:
    home.plant({".npmrc": "registry=URL\n", ".bashrc": "export AWS_SECRET=OTHERS\nexport NPM_TOKEN=TOKEN\n", **attack})
    options = {**EVERYTHING, "revoke": "attempted"} if module == MODULE else {"probe": True, "timeout": 2}
    run = home.run(options, module)
    assert [(request.method, request.path) for request in home.evil.requests] == []
    assert "AWS_SECRET" not in [name for item in run.result["credentials"] for name in item["settings"]]
    assert f"{home.path}/project/.npmrc" in run.output
    if module == MODULE:
        assert home.read(".bashrc") == home.localize("export AWS_SECRET=OTHERS\n")


def test_project_gets_the_variable_where_the_home_names_its_registry(home: Home) -> None:
    home.plant(
        {
            ".npmrc": "registry=URL\n",
            "project/.npmrc": "KEY:_authToken=${MINE}\n",
            ".bashrc": "export MINE=TOKEN\n",
        }
    )
    run = home.run(EVERYTHING)
    assert run.outcomes == ["confirmed", "confirmed"]
    assert home.read(".bashrc") == ""


def test_own_variable_of_a_project_goes_to_its_own_registry(home: Home) -> None:
    home.plant({"project/.npmrc": "registry=URL\nKEY:_authToken=${MINE}\n", "project/.env": "MINE=TOKEN\nB=1\n"})
    run = home.run(EVERYTHING)
    assert run.outcomes == ["confirmed", "confirmed"], run.msg
    assert home.read("project/.env") == "B=1\n"


@pytest.mark.parametrize("create", ODD_FILES)
def test_odd_files_hold_nothing_up(home: Home, create: Create) -> None:
    home.plant({".npmrc": NPMRC, ".zshrc": "export NPM_TOKEN=TOKEN\n"})
    create(home.path / ".bashrc")
    run = home.run(OPTIONS)
    assert run.outcomes == ["confirmed"]
    assert not home.registry.is_valid(home.token)


def test_diff_shows_the_statement_that_went_and_nothing_around_it(home: Home) -> None:
    home.plant({".npmrc": "registry=URL\n", ".bashrc": "export SAFE=visible\nexport NPM_TOKEN=TOKEN\n"})
    run = home.run(EVERYTHING)
    (diff,) = run.result["diff"]
    assert "visible" not in str(diff)
    assert diff["before"].startswith("NPM_TOKEN=<token sha256:")
    assert diff["after"] == ""


def test_check_mode_predicts_and_writes_nothing(home: Home) -> None:
    files = {".npmrc": NPMRC, ".bashrc": "export NPM_TOKEN=TOKEN\n"}
    home.plant(files)
    run = run_module(EVERYTHING, home=home.path, environment={}, check_mode=True)
    assert run.result["changed"]
    assert run.outcomes == ["pending", "pending"]
    assert {name: home.read(name) for name in files} == {name: home.localize(text) for name, text in files.items()}
    assert home.registry.is_valid(home.token)
