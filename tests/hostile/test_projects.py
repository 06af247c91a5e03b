# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A cloned project names a registry of the attacker and the secrets of others: the attacker must see none of them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.hostile.run_module import MODULE, ModuleRun, run_module
from tests.hostile.scenario import list_forms
from tests.registry import EmbeddedRegistry, Recorder, make_token
from tests.registry.emulators import Emulator
from tests.registry.names import TestAuthority, make_environment
from tests.registry.scenarios import start

INFO = MODULE.replace("npm_logout", "npm_credentials_info")
LOGIN = MODULE.replace("npm_logout", "npm_login")
LEVELS = {"clients": ["all"], "levels": ["user", "project"], "timeout": 2, "retries": 0}
LOGOUT_OPTIONS: dict[str, Any] = {**LEVELS, "all_registries": True, "verify_timeout": 1}
INFO_OPTIONS: dict[str, Any] = {**LEVELS, "probe": True}


@dataclass(frozen=True)
class Attack:
    """Files of a home and of a project in it, in which TOKEN is the home's, and SECRET a variable of the environment.

    :ivar reported: the file and line that the result names.
    """

    project: Mapping[str, str]
    reported: str
    home: Mapping[str, str] = field(default_factory=dict)


REFERENCES = {
    "npm, a key": Attack({".npmrc": "a=b\nEVIL_KEY:_authToken=${SECRET}\n"}, ".npmrc line 2"),
    "npm, a key and a registry": Attack({".npmrc": "registry=EVIL\nEVIL_KEY:_authToken=${SECRET}\n"}, ".npmrc line 2"),
    "npm, without a key": Attack({".npmrc": "registry=EVIL\n_authToken=${SECRET}\n"}, ".npmrc line 2"),
    "npm, optional": Attack({".npmrc": "EVIL_KEY:_authToken=${SECRET?}\n"}, ".npmrc line 1"),
    "npm, an empty default": Attack({".npmrc": "EVIL_KEY:_authToken=${SECRET-}\n"}, ".npmrc line 1"),
    "npm, a part of the token": Attack({".npmrc": "EVIL_KEY:_authToken=x${SECRET}\n"}, ".npmrc line 1"),
    "npm, a global file of its own": Attack(
        {".npmrc": "globalconfig=GLOBAL\nEVIL_KEY:_authToken=${SECRET}\n", "global": "registry=EVIL\n"}, ".npmrc line 2"
    ),
    "npm, a prefix of its own": Attack(
        {".npmrc": "prefix=PREFIX\nEVIL_KEY:_authToken=${SECRET}\n", "prefix/etc/npmrc": "registry=EVIL\n"},
        ".npmrc line 2",
    ),
    "npm, a second project": Attack(
        {".npmrc": "EVIL_KEY:_authToken=${SECRET}\n", "other/.npmrc": "registry=EVIL\n"}, ".npmrc line 1"
    ),
    "pnpm, a scope's": Attack({".npmrc": "@x:registry=EVIL\nEVIL_KEY:@x:_authToken=${SECRET}\n"}, ".npmrc line 2"),
    "Yarn, the default registry's": Attack(
        {".yarnrc.yml": 'npmRegistryServer: "EVIL"\nnpmAuthToken: "${SECRET}"\n'}, ".yarnrc.yml line 2"
    ),
    "Yarn, a registry's": Attack(
        {".yarnrc.yml": 'npmRegistries:\n  "EVIL":\n    npmAuthToken: "${SECRET}"\n'}, ".yarnrc.yml line 3"
    ),
    "Yarn, a scope's": Attack(
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "EVIL"\n    npmAuthToken: "${SECRET}"\n'},
        ".yarnrc.yml line 4",
    ),
    "Yarn, an empty default": Attack(
        {".yarnrc.yml": 'npmRegistryServer: "EVIL"\nnpmAuthToken: "${SECRET:-}"\n'}, ".yarnrc.yml line 2"
    ),
    "Bun, the default registry's": Attack(
        {"bunfig.toml": '[install]\nregistry = { url = "EVIL", token = "$SECRET" }\n'}, "bunfig.toml line 2"
    ),
    "Bun, a scope's": Attack(
        {"bunfig.toml": '[install.scopes]\nx = { url = "EVIL", token = "$SECRET" }\n'}, "bunfig.toml line 2"
    ),
}
TOKENS = {
    "npm, another default registry": Attack(
        {".npmrc": "a=b\nregistry=EVIL\n"}, ".npmrc line 2", {".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"}
    ),
    "npm, a scope's registry": Attack(
        {".npmrc": "@x:registry=EVIL\n"}, ".npmrc line 1", {".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"}
    ),
    "npm, the registry of a package": Attack(
        {"package.json": '{\n "name": "p",\n "publishConfig": {\n  "registry": "EVIL"}}'},
        "package.json line 4",
        {".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"},
    ),
    "npm, the registry of a package, for a scope": Attack(
        {"package.json": '{"name": "@x/p",\n "publishConfig": {"@x:registry": "EVIL"}}'},
        "package.json line 2",
        {".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"},
    ),
    "Yarn, the registry of a package": Attack(
        {"package.json": '{"publishConfig": {"registry": "EVIL"}}'},
        "package.json line 1",
        {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\nnpmAuthToken: "TOKEN"\n'},
    ),
    "Yarn, the registry of a package, a scope's token": Attack(
        {"package.json": '{"name": "@x/p", "publishConfig": {"registry": "EVIL"}}'},
        "package.json line 1",
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "COMPANY"\n    npmAuthToken: "TOKEN"\n'},
    ),
    "Yarn 1, another default registry": Attack(
        {".yarnrc": 'registry "EVIL"\n'}, ".yarnrc line 1", {".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"}
    ),
    "Yarn, another default registry": Attack(
        {".yarnrc.yml": 'npmRegistryServer: "EVIL"\n'},
        ".yarnrc.yml line 1",
        {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\nnpmAuthToken: "TOKEN"\n'},
    ),
    "Yarn, a scope's registry": Attack(
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "EVIL"\n'},
        ".yarnrc.yml line 3",
        {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\nnpmScopes:\n  x:\n    npmAuthToken: "TOKEN"\n'},
    ),
    "Yarn, a scope that has a registry": Attack(
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "EVIL"\n'},
        ".yarnrc.yml line 3",
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "COMPANY"\n    npmAuthToken: "TOKEN"\n'},
    ),
    "Bun, a scope without a URL": Attack(
        {"bunfig.toml": '[install]\nregistry = "EVIL"\n'},
        "bunfig.toml line 2",
        {".bunfig.toml": '[install]\nregistry = "COMPANY"\n[install.scopes]\nx = { token = "TOKEN" }\n'},
    ),
}


@dataclass
class Field:
    """A home with a project, the company's registry, the attacker's host, and a stand-in of npm's public one."""

    home: Path
    company: EmbeddedRegistry
    evil: Recorder
    public: Emulator
    ca_file: Path
    token: str = field(default_factory=make_token)
    secret: str = field(default_factory=make_token)
    # Root's module looks into every process of the account, also those of tests that run meanwhile.
    variable: str = field(default_factory=lambda: f"SECRET_{uuid.uuid4().hex}")

    @property
    def project(self) -> Path:
        return self.home / "project"

    def plant(self, attack: Attack) -> None:
        self.project.mkdir(parents=True)
        (self.project / "package.json").write_text("{}")
        for folder, files in ((self.home, attack.home), (self.project, attack.project)):
            for name, text in files.items():
                path = folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(self.localize(text))
                path.chmod(0o600)

    def localize(self, text: str) -> str:
        names = {
            "EVIL_KEY": self.evil.url.partition(":")[2],
            "COMPANY_KEY": self.company.url.partition(":")[2],
            "EVIL": self.evil.url,
            "COMPANY": self.company.url,
            "TOKEN": self.token,
            "GLOBAL": str(self.project / "global"),
            "PREFIX": str(self.project / "prefix"),
            "SECRET": self.variable,
        }
        for name, value in names.items():
            text = text.replace(name, value)
        return text

    def run(
        self,
        options: Mapping[str, Any],
        module: str = MODULE,
        variables: Mapping[str, str] | None = None,
        *,
        check_mode: bool = False,
    ) -> ModuleRun:
        environment = {self.variable: self.secret, **make_environment(self.public.ports), **(variables or {})}
        run = run_module(
            {**options, "ca_path": str(self.ca_file)},
            home=self.home,
            environment=environment,
            module=module,
            check_mode=check_mode,
        )
        assert run.result, run.stderr
        assert [form for text in (self.token, self.secret) for form in list_forms(text) if form in run.output] == []
        return run

    def check_evil_saw_nothing(self) -> None:
        assert [(request.method, request.path) for request in self.evil.requests] == []


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def place(tmp_path: Path, authority: TestAuthority) -> Iterator[Field]:
    with EmbeddedRegistry() as company, Recorder() as evil, start("npm", authority) as public:
        yield Field(tmp_path / "home", company, evil, public, authority.ca_file)


@pytest.mark.parametrize("revoke", ["confirmed", "attempted"])
@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in REFERENCES.items()])
def test_project_refers_to_a_secret_of_others(place: Field, attack: Attack, revoke: str) -> None:
    place.plant(attack)
    run = place.run({**LOGOUT_OPTIONS, "revoke": revoke})
    place.check_evil_saw_nothing()
    assert run.outcomes == ["unresolved"]
    assert f"{place.project}/{attack.reported}" in run.output
    assert "trusted_registries" in run.output


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in REFERENCES.items()])
def test_project_refers_to_a_secret_of_others_and_is_probed(place: Field, attack: Attack) -> None:
    place.plant(attack)
    run = place.run(INFO_OPTIONS, INFO)
    place.check_evil_saw_nothing()
    (credential,) = run.result["credentials"]
    assert (credential["alive"], credential["fingerprint"]) == (None, None)


RESOLVED = {
    "the registry of the package": {"package.json": '{"publishConfig": {"registry": "EVIL"}}'},
    "the registry of Yarn 1": {".yarnrc": 'registry "EVIL"\n'},
    "the registry of a scope": {".npmrc": "_authToken=${SECRET}\n@x:registry=EVIL\n"},
}


@pytest.mark.parametrize("revoke", ["confirmed", "accepted"])
@pytest.mark.parametrize("files", [pytest.param(files, id=name) for name, files in RESOLVED.items()])
def test_project_sends_a_secret_of_others_to_the_public_registry_and_elsewhere(
    place: Field, files: Mapping[str, str], revoke: str
) -> None:
    """The public registry is asked, and refuses the secret: it may be valid where only the project sends it."""
    place.plant(Attack({".npmrc": "_authToken=${SECRET}\n", **files}, ""))
    run = place.run({**LOGOUT_OPTIONS, "revoke": revoke})
    place.check_evil_saw_nothing()
    assert run.outcomes == ["failed"]
    assert place.evil.url in run.msg
    assert "SECRET" not in run.msg
    probed = place.run(INFO_OPTIONS, INFO)
    place.check_evil_saw_nothing()
    assert [item["alive"] for item in probed.result["credentials"]] == [None]


@pytest.mark.parametrize("name", ["package.json", "packages/a/package.json"])
def test_token_of_a_project_and_the_registry_of_its_packages(place: Field, name: str) -> None:
    """A package's registry is reported, not asked: anybody who contributes to a project can change it."""
    with EmbeddedRegistry() as other:
        other.create_token("alice", place.token)
        package = '{"publishConfig": {"registry": "%s"}}' % other.url
        place.plant(Attack({".npmrc": "registry=COMPANY\n_authToken=TOKEN\n", name: package}, ""))
        run = place.run(LOGOUT_OPTIONS)
        assert run.outcomes == ["failed"], run.msg
        assert other.is_valid(place.token)
        assert f"{place.project}/{name} line 1" in run.msg


@pytest.mark.parametrize("option", ["file", "search"])
def test_project_is_named_by_the_operator(place: Field, option: str) -> None:
    place.plant(REFERENCES["npm, a key and a registry"])
    chosen = {"paths": [str(place.project / ".npmrc")]} if option == "file" else {"search": [str(place.project)]}
    run = place.run({**LOGOUT_OPTIONS, **chosen, "levels": ["user"]})
    place.check_evil_saw_nothing()
    assert run.outcomes == ["unresolved"]


@pytest.mark.parametrize("revoke", ["confirmed", "accepted"])
@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in TOKENS.items()])
@pytest.mark.parametrize("levels", [["user", "project"], ["user"]], ids=["projects too", "the home alone"])
def test_project_names_a_registry_for_a_token_of_the_home(
    place: Field, attack: Attack, revoke: str, levels: list[str]
) -> None:
    """The company's registry refuses the token, so that it may be another one's."""
    place.plant(attack)
    before = {path: (place.home / path).read_bytes() for path in attack.home}
    run = place.run({**LOGOUT_OPTIONS, "levels": levels, "revoke": revoke})
    place.check_evil_saw_nothing()
    assert run.failed
    assert run.outcomes == ["failed"]
    assert f"{place.evil.url} ({place.project}/{attack.reported})" in run.msg
    assert {path: (place.home / path).read_bytes() for path in attack.home} == before
    (credential,) = run.result["credentials"]
    assert "trusted_registries" in credential["by_hand"]


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in TOKENS.items()])
def test_project_names_a_registry_for_a_token_of_the_home_and_is_probed(place: Field, attack: Attack) -> None:
    place.plant(attack)
    run = place.run(INFO_OPTIONS, INFO)
    place.check_evil_saw_nothing()
    (credential,) = run.result["credentials"]
    assert credential["alive"] is None
    assert f"{place.project}/{attack.reported}" in str(run.result["warnings"])


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in TOKENS.items()])
@pytest.mark.parametrize("option", ["registry", "trusted_registries"])
def test_operator_names_that_registry(place: Field, attack: Attack, option: str) -> None:
    """It knows the token, which is revoked there and removed."""
    with EmbeddedRegistry() as other:
        other.create_token("alice", place.token)
        files = {name: text.replace("EVIL", other.url) for name, text in attack.project.items()}
        place.plant(Attack(files, attack.reported, attack.home))
        options = {**LOGOUT_OPTIONS, option: other.url if option == "registry" else [other.url]}
        if option == "registry":
            options["all_registries"] = False
        run = place.run(options)
        assert run.outcomes == ["confirmed"], run.msg
        assert not run.failed
        assert not other.is_valid(place.token)
        assert [text for path in attack.home if place.token in (text := (place.home / path).read_text())] == []


SCOPE = {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\nnpmScopes:\n  x:\n    npmAuthToken: "TOKEN"\n'}
SCOPES = [pytest.param(Attack({}, "", SCOPE), id="the home"), pytest.param(Attack(SCOPE, ""), id="a project")]


@pytest.mark.parametrize("files", SCOPES)
@pytest.mark.parametrize("knows", ["company", "public"])
def test_scope_of_yarn_without_a_registry_of_its_own(place: Field, files: Attack, knows: str) -> None:
    """Yarn sends its token to npmRegistryServer to publish packages, and to the public registry to get them."""
    if knows == "company":
        place.company.create_token("alice", place.token)
    else:
        place.public.issue(value=place.token)
    place.plant(files)
    (probed,) = place.run(INFO_OPTIONS, INFO).result["credentials"]
    assert probed["alive"] is True
    assert place.company.url in probed["registries"]
    run = place.run(LOGOUT_OPTIONS)
    assert run.outcomes == ["confirmed"], run.msg
    assert place.company.requests != ()
    assert (place.public.requests != ()) is (knows == "public")
    assert not place.company.is_valid(place.token)
    assert [path for path in place.home.rglob(".yarnrc.yml") if place.token in path.read_text()] == []


YARN_HOME = {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\nnpmAuthToken: "TOKEN"\n'}
VARIABLES = [
    pytest.param({".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"}, "npm_config_registry", id="npm"),
    pytest.param({".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"}, "npm_config_@x:registry", id="npm, of a scope"),
    pytest.param(YARN_HOME, "YARN_NPM_REGISTRY_SERVER", id="Yarn"),
]


@pytest.mark.parametrize(("home", "variable"), VARIABLES)
def test_environment_names_another_registry(place: Field, home: dict[str, str], variable: str) -> None:
    """That one is told, not asked, until the operator names it."""
    with EmbeddedRegistry() as other:
        other.create_token("alice", place.token)
        place.plant(Attack({}, "", home))
        variables = {variable: other.url}
        run = place.run(LOGOUT_OPTIONS, variables=variables)
        assert run.outcomes == ["failed"]
        assert f"{other.url} (" in run.msg
        assert "environment" in run.msg
        assert run.result["changed"] is False
        info = place.run(INFO_OPTIONS, INFO, variables=variables)
        assert [item["alive"] for item in info.result["credentials"]] == [None]
        assert f"{other.url} was not asked" in str(info.result["warnings"])
        assert info.result["project_registries"] == []
        assert other.requests == ()
        run = place.run({**LOGOUT_OPTIONS, "trusted_registries": [other.url]}, variables=variables)
        assert run.outcomes == ["confirmed"]
        assert not other.is_valid(place.token)


@pytest.mark.parametrize(("home", "variable"), VARIABLES[::2])
def test_shell_file_names_another_registry(place: Field, home: dict[str, str], variable: str) -> None:
    with EmbeddedRegistry() as other:
        other.create_token("alice", place.token)
        place.plant(Attack({}, "", {**home, ".bashrc": f"alias x=y\nexport {variable}={other.url}\n"}))
        run = place.run(LOGOUT_OPTIONS)
        assert run.outcomes == ["failed"]
        assert f"{other.url} ({variable}, {place.home}/.bashrc line 2)" in run.msg
        assert other.requests == ()
        assert run.result["changed"] is False
        run = place.run({**LOGOUT_OPTIONS, "all_registries": False, "registry": other.url})
        assert run.outcomes == ["confirmed"]
        assert not other.is_valid(place.token)


NPMRC_HOME = {".npmrc": "registry=COMPANY\nCOMPANY_KEY:_authToken=TOKEN\n"}
DEEPER = {
    "npm, a registry": Attack({".npmrc": "registry=COMPANYnpm/\n"}, ".npmrc line 1", NPMRC_HOME),
    "npm, a scope's registry": Attack({".npmrc": "a=b\n@x:registry=COMPANYnpm/\n"}, ".npmrc line 2", NPMRC_HOME),
    "npm, the registry of a package": Attack(
        {"package.json": '{"publishConfig": {"registry": "COMPANYnpm/"}}'}, "package.json line 1", NPMRC_HOME
    ),
    "Bun": Attack({"bunfig.toml": '[install]\nregistry = "COMPANYnpm/"\n'}, "bunfig.toml line 2", NPMRC_HOME),
    "Yarn 4 does not walk up": Attack(
        {".yarnrc.yml": 'npmRegistryServer: "COMPANYnpm/"\n'},
        "",
        {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\nnpmRegistries:\n  "COMPANY":\n    npmAuthToken: "TOKEN"\n'},
    ),
    "another host": Attack({".npmrc": "registry=EVIL\n"}, "", NPMRC_HOME),
}


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in DEEPER.items()])
def test_project_names_a_registry_below_the_key_of_a_token(place: Field, attack: Attack) -> None:
    """A host can have one registry for each path, and only one of them knows the token."""
    place.plant(attack)
    run = place.run({**LOGOUT_OPTIONS, "levels": ["user"]})
    assert run.outcomes == ["failed" if attack.reported else "already_invalid"], run.msg
    assert run.result["changed"] is not bool(attack.reported)
    if attack.reported:
        assert f"{place.company.url}npm/ ({place.project}/{attack.reported})" in run.msg
    assert not [item for item in place.company.requests if item.path.startswith("/npm/")]
    place.check_evil_saw_nothing()


HIDDEN = {
    "a scope's registry": Attack(
        {}, ".npmrc line 2", {".npmrc": "registry=COMPANY\n@x:registry=${NONE}\n_authToken=TOKEN\n"}
    ),
    "a project's": Attack(
        {".npmrc": "registry=https://${NONE}/\n"},
        "project/.npmrc line 1",
        {".npmrc": "registry=COMPANY\n_authToken=TOKEN\n"},
    ),
    "a project's, Yarn": Attack(
        {".yarnrc.yml": 'npmRegistryServer: "${NONE}"\n'}, "project/.yarnrc.yml line 1", YARN_HOME
    ),
    "a project's, a scope of Yarn": Attack(
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "${NONE}"\n'},
        "project/.yarnrc.yml line 3",
        {".yarnrc.yml": 'npmScopes:\n  x:\n    npmRegistryServer: "COMPANY"\n    npmAuthToken: "TOKEN"\n'},
    ),
}


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in HIDDEN.items()])
def test_variable_hides_another_registry(place: Field, attack: Attack) -> None:
    """A line that nobody can tell the registry from may send the token to one that knows it."""
    with EmbeddedRegistry() as other:
        other.create_token("alice", place.token)
        place.plant(attack)
        run = place.run(LOGOUT_OPTIONS)
        assert run.outcomes == ["failed"]
        assert f"{place.home}/{attack.reported}" in run.msg
        assert run.result["changed"] is False
        info = place.run(INFO_OPTIONS, INFO)
        assert [item["alive"] for item in info.result["credentials"]] == [None]
        assert f"{place.home}/{attack.reported}" in str(info.result["warnings"])
        named = {"token": place.token, "registry": other.url, "all_registries": False}
        run = place.run({**LOGOUT_OPTIONS, **named})
        assert run.outcomes == ["confirmed"]
        assert not other.is_valid(place.token)


def test_variable_hides_no_registry_of_a_key(place: Field) -> None:
    home = {".npmrc": "@x:registry=${NONE}\nCOMPANY_KEY:_authToken=TOKEN\nregistry=COMPANY\n"}
    place.plant(Attack({".npmrc": "registry=${NONE}\n"}, "", home))
    assert place.run(LOGOUT_OPTIONS).outcomes == ["already_invalid"]


SCHEMES = {
    "npm": Attack({".npmrc": "registry=COMPANY\n"}, ".npmrc line 1", {".npmrc": "COMPANY_KEY:_authToken=TOKEN\n"}),
    "Yarn": Attack(
        {".yarnrc.yml": 'npmRegistryServer: "COMPANY"\n'},
        ".yarnrc.yml line 1",
        {".yarnrc.yml": 'npmRegistries:\n  "COMPANY_KEY":\n    npmAuthToken: "TOKEN"\n'},
    ),
}


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in SCHEMES.items()])
@pytest.mark.parametrize("module", [MODULE, INFO])
def test_project_lowers_nothing_to_http(place: Field, attack: Attack, module: str) -> None:
    place.company.create_token("alice", place.token)
    place.plant(attack)
    run = place.run(LOGOUT_OPTIONS if module == MODULE else INFO_OPTIONS, module)
    assert place.company.requests == ()
    if module == MODULE:
        assert run.outcomes == ["failed"]
        assert "https assumed" in run.msg
    else:
        assert [item["alive"] for item in run.result["credentials"]] == [None]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        pytest.param(".yarnrc", '"@x:registry" "COMPANY"\n', id="Yarn 1"),
        pytest.param(".bunfig.toml", '[install.scopes]\nx = "COMPANY"\n', id="Bun"),
        pytest.param(".config/pnpm/config.yaml", "registry: COMPANY\n", id="pnpm"),
    ],
)
@pytest.mark.parametrize("clients", ["all", "npm"])
def test_file_of_another_client_in_the_home_gives_the_scheme(place: Field, name: str, text: str, clients: str) -> None:
    place.company.create_token("alice", place.token)
    place.plant(Attack({}, "", {".npmrc": "COMPANY_KEY:_authToken=TOKEN\n", name: text}))
    for check_mode, outcome in ((True, "pending"), (False, "confirmed")):
        run = place.run({**LOGOUT_OPTIONS, "clients": [clients]}, check_mode=check_mode)
        assert [(item["revocation"], item["registry"]) for item in run.result["credentials"]] == [
            (outcome, place.company.url)
        ]


PROXIES = "proxy=EVIL\nhttps-proxy=EVIL\nstrict-ssl=false\n"


@pytest.mark.parametrize("module", [MODULE, INFO])
def test_project_puts_its_proxy_before_a_registry_of_the_home(place: Field, module: str) -> None:
    """The reference is resolved, as the home names the registry; its way there is none of the project's."""
    place.company.create_token("alice", place.secret)
    project = {".npmrc": f"{PROXIES}COMPANY_KEY:_authToken=${{SECRET}}\n"}
    place.plant(Attack(project, "", {".npmrc": "registry=COMPANY\n"}))
    run = place.run(LOGOUT_OPTIONS if module == MODULE else INFO_OPTIONS, module)
    place.check_evil_saw_nothing()
    if module == MODULE:
        assert run.outcomes == ["confirmed"]
        assert not place.company.is_valid(place.secret)
    else:
        assert [item["alive"] for item in run.result["credentials"]] == [True]


def test_secret_in_a_path(place: Field) -> None:
    """A token of the project's own goes to its registry, whose URL asks for a secret of others."""
    place.plant(Attack({".npmrc": "registry=EVIL${SECRET}/\n_authToken=project-token\n"}, ""))
    place.run({**LOGOUT_OPTIONS, "revoke": "attempted"})
    place.run(INFO_OPTIONS, INFO)
    assert not place.evil.saw(place.secret)


LOGINS = {
    "registry": Attack({".npmrc": "registry=EVIL\n"}, ""),
    "scope": Attack({".npmrc": "@x:registry=EVIL\n"}, "", {".npmrc": "registry=COMPANY\n"}),
    "proxy": Attack({".npmrc": f"{PROXIES}registry=COMPANY\n"}, "", {".npmrc": "registry=COMPANY\n"}),
    "http": Attack({".npmrc": "registry=COMPANY\n"}, "", {".npmrc": "COMPANY_KEY:_authToken=old\n"}),
}


@pytest.mark.parametrize("attack", [pytest.param(attack, id=name) for name, attack in LOGINS.items()])
def test_new_login_is_not_sent_where_a_project_wants_it(place: Field, attack: Attack) -> None:
    place.company.create_token("alice", place.token)
    place.plant(attack)
    scope = {"scope": "@x"} if "@x" in str(attack.project) else {}
    options = {"token": place.token, "paths": [str(place.project / ".npmrc")], "timeout": 2, "retries": 0, **scope}
    run = place.run(options, LOGIN)
    place.check_evil_saw_nothing()
    is_sent = "proxy" in str(attack.project)
    assert run.failed is not is_sent
    assert bool(place.company.requests) is is_sent


CREDENTIALS = "[default]\naws_secret_access_key=SECRET_OF_OTHERS\n"
AWS = ".aws/credentials"
ASKS = "registry=EVIL\nEVIL_KEY:_authToken=${aws_secret_access_key}\n"
#: The project's files, and its links, that lead out of it to a file of the home.
LINKS_TO_VARIABLES = {
    ".env": ({".npmrc": ASKS}, {".env": f"../{AWS}"}),
    ".env.local": ({".npmrc": ASKS}, {".env.local": f"../{AWS}"}),
    ".envrc": ({".npmrc": ASKS}, {".envrc": f"../{AWS}"}),
    ".npmrc.env": ({".npmrc": ASKS}, {".npmrc.env": f"../{AWS}"}),
    "a link by a link": ({".npmrc": ASKS}, {".env": "x", "x": f"../{AWS}"}),
    "a link by a directory": ({".npmrc": ASKS}, {".env": "x/credentials", "x": "../.aws"}),
    "a link by the directory above": ({".npmrc": ASKS}, {".env": f"x/{AWS}", "x": ".."}),
    "a subdirectory": ({"sub/.npmrc": ASKS}, {"sub/.env": f"../../{AWS}"}),
    "a file that reads it": ({".npmrc": ASKS, ".envrc": f"source ~/{AWS}\n. ../{AWS}\n"}, {}),
    "an .env file that reads it": ({".npmrc": ASKS, ".env": f"source ~/{AWS}\n"}, {}),
    "Yarn": (
        {".yarnrc.yml": 'npmRegistryServer: "EVIL"\nnpmAuthToken: "${aws_secret_access_key}"\n'},
        {".env": f"../{AWS}"},
    ),
    "Bun": (
        {"bunfig.toml": '[install]\nregistry = { url = "EVIL", token = "$aws_secret_access_key" }\n'},
        {".env": f"../{AWS}"},
    ),
}


def plant_links(place: Field, files: Mapping[str, str], links: Mapping[str, str], home: Mapping[str, str]) -> None:
    home = {name: text.replace("SECRET_OF_OTHERS", place.secret) for name, text in home.items()}
    place.plant(Attack(files, "", home))
    for name, target in links.items():
        (place.project / name).symlink_to(target)


@pytest.mark.parametrize("case", LINKS_TO_VARIABLES)
@pytest.mark.parametrize("revoke", ["confirmed", "attempted"])
def test_project_links_to_the_variables_of_others(place: Field, case: str, revoke: str) -> None:
    files, links = LINKS_TO_VARIABLES[case]
    plant_links(place, files, links, {AWS: CREDENTIALS})
    run = place.run({**LOGOUT_OPTIONS, "revoke": revoke})
    info = place.run(INFO_OPTIONS, INFO)
    place.check_evil_saw_nothing()
    assert run.outcomes == ["unresolved"]
    assert [item["fingerprint"] for item in info.result["credentials"]] in ([None], [])
    assert (place.home / AWS).read_text() == CREDENTIALS.replace("SECRET_OF_OTHERS", place.secret)


@pytest.mark.parametrize("target", ["../.bashrc", "../other/.env"])
def test_project_links_to_a_token_of_others(place: Field, target: str) -> None:
    """The token by npm's own name is neither the project's to send, nor is the file to be edited by the link."""
    text = "export npm_token=SECRET_OF_OTHERS\n"
    files = {".npmrc": "registry=EVIL\nEVIL_KEY:_authToken=${npm_token}\n"}
    plant_links(place, files, {".env": target}, {target.replace("../", ""): text})
    options = {**LOGOUT_OPTIONS, "revoke": "attempted", "exclude": ["other"]}
    run = place.run({**options, "clients": ["environment"], "levels": ["project"]})
    assert (run.outcomes, run.result["changed"]) == ([], False)
    run = place.run({**options, "levels": ["project"]})
    place.check_evil_saw_nothing()
    assert run.outcomes == ["unresolved"]
    assert (place.home / target.replace("../", "")).read_text() == text.replace("SECRET_OF_OTHERS", place.secret)


def test_new_login_is_not_written_through_a_link_of_a_project(place: Field) -> None:
    place.company.create_token("alice", place.token)
    text = "export npm_token=SECRET_OF_OTHERS\n"
    files = {".npmrc": "registry=COMPANY\nCOMPANY_KEY:_authToken=${npm_token}\n"}
    plant_links(place, files, {".env": "../secrets"}, {".npmrc": "registry=COMPANY\n", "secrets": text})
    options = {"token": place.token, "paths": [str(place.project / ".npmrc")], "timeout": 2, "retries": 0}
    run = place.run(options, LOGIN)
    assert run.failed
    assert "a symbolic link to a file outside of its project" in run.msg
    assert (place.home / "secrets").read_text() == text.replace("SECRET_OF_OTHERS", place.secret)


#: The project's link, the file of the home that it leads to, and what the project says of registries.
LINKS_TO_TOKENS = {
    "npm": (".npmrc", ".npmrc", "_authToken=TOKEN\n", {".yarnrc": 'registry "EVIL"\n'}),
    "npm, a package": (".npmrc", ".npmrc", "_authToken=TOKEN\n", RESOLVED["the registry of the package"]),
    "npm, another file": (".npmrc", "mine", "_authToken=TOKEN\n", RESOLVED["the registry of the package"]),
    "pnpm": (".npmrc", ".config/pnpm/rc", "_authToken=TOKEN\n", RESOLVED["the registry of the package"]),
    "Yarn": (
        ".yarnrc.yml",
        ".yarnrc.yml",
        'npmAuthToken: "TOKEN"\n',
        RESOLVED["the registry of the package"],
    ),
    "Bun": (
        "bunfig.toml",
        ".bunfig.toml",
        '[install.scopes]\nx = { token = "TOKEN" }\n',
        {".npmrc": "registry=EVIL\n@x:registry=EVIL\n"},
    ),
}


@pytest.mark.parametrize("case", LINKS_TO_TOKENS)
@pytest.mark.parametrize("selected", ["search", "paths"])
def test_project_links_to_a_file_with_a_token(place: Field, case: str, selected: str) -> None:
    """What the project says of registries beside its link has no say in a token that is not its own."""
    name, target, text, files = LINKS_TO_TOKENS[case]
    plant_links(place, files, {name: f"../{target}"}, {target: text})
    chosen: dict[str, Any] = {"levels": ["project"]}
    if selected == "paths":
        chosen = {"paths": [str(place.project / name)], "levels": ["user"]}
    place.run({**LOGOUT_OPTIONS, **chosen, "revoke": "attempted"})
    place.run({**INFO_OPTIONS, **chosen}, INFO)
    place.check_evil_saw_nothing()
