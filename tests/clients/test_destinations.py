# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The real clients send a token to the registries that the collection knows of, and to no others."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._accounts import find_accounts
from ansible_collections.npmops.auth.plugins.module_utils._clients import guess_client, load_format
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Outlook, Project
from ansible_collections.npmops.auth.plugins.module_utils._options import StoreOptions
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import Torn
from ansible_collections.npmops.auth.plugins.module_utils._stores.references import References
from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings
from tests.registry import EmbeddedRegistry, Recorder
from tests.tools import paths

from .programs import BUN, NPM, PNPM, YARN, YARN_CLASSIC, Client, list_environment
from .world import SECONDS, TOKEN

NPMS = {
    major: replace(NPM, title=f"npm {major}", command=(paths.NODE, paths.npm_cli(major))) for major in paths.NPM_MAJORS
}
OLD, WALKING = (NPMS[6], NPMS[7], NPMS[8]), tuple(npm for major, npm in NPMS.items() if major > 6)
NEW = (NPMS[9], NPMS[10], NPMS[11], NPMS[12])
YARN_HEAD = "unsafeHttpWhitelist: ['127.0.0.1']\n"


@dataclass(frozen=True)
class Shape:
    """Files of a home and of a project in it, and the clients that send TOKEN to A or to B when asked for a package.

    :ivar home: the last file contains TOKEN, and its client reads the others.
    :ivar question: the arguments of the client, if not those that ask for the package.
    :ivar sends: those that do; all others that are asked send it nowhere.
    """

    home: Mapping[str, str]
    sends: Mapping[str, tuple[Client, ...]]
    asked: tuple[Client, ...] = (*NPMS.values(), PNPM, YARN_CLASSIC, BUN)
    project: Mapping[str, str] = field(default_factory=dict)
    package: str = "@x/first"
    question: tuple[str, ...] = ()


SHAPES = {
    "unscoped, another default registry in a project": Shape(
        {".npmrc": "registry=A_URL\n_authToken=TOKEN\n"},
        {"B": (*OLD, YARN_CLASSIC)},
        project={".npmrc": "registry=B_URL\n"},
    ),
    "unscoped, a scope's registry in a project": Shape(
        {".npmrc": "registry=A_URL\n_authToken=TOKEN\n"},
        {"B": (NPMS[6], YARN_CLASSIC)},
        project={".npmrc": "@x:registry=B_URL\n"},
    ),
    "unscoped, a scope's registry in the home": Shape(
        {".npmrc": "registry=A_URL\n@x:registry=B_URL\n_authToken=TOKEN\n"}, {"B": (NPMS[6], YARN_CLASSIC)}
    ),
    **{
        f"unscoped, Yarn 1's option {option}": Shape(
            {".npmrc": "registry=A_URL\n_authToken=TOKEN\nalways-auth=true\n"},
            {sent: (YARN_CLASSIC,)},
            (YARN_CLASSIC,),
            {".yarnrc": f'"{option}" "B_URL"\n'},
        )
        for option, sent in (
            ("--registry", "B"),
            ("--*.registry", "B"),
            ("--info.registry", "B"),
            ("--install.registry", "A"),
        )
    },
    "in a section, which only pnpm reads": Shape(
        {".npmrc": "registry=A_URL\n@x:registry=B_URL\n[mine]\nB_KEY:_authToken=TOKEN\n"}, {"B": (PNPM,)}
    ),
    "unscoped in a section": Shape(
        {".npmrc": "registry=A_URL\n[mine]\nregistry=B_URL\n_authToken=TOKEN\n"},
        {"B": (PNPM,)},
        (NPMS[6], PNPM, YARN_CLASSIC, BUN),
    ),
    "unscoped, another default registry in a section": Shape(
        {".npmrc": "registry=A_URL\n_authToken=TOKEN\nalways-auth=true\n[mine]\nregistry=B_URL\n"},
        {"A": (NPMS[6], YARN_CLASSIC), "B": (PNPM,)},
        (NPMS[6], PNPM, YARN_CLASSIC, BUN),
    ),
    "a scope's registry in a section": Shape(
        {".npmrc": "registry=A_URL\nB_KEY:_authToken=TOKEN\n[mine]\n@x:registry=B_URL\n"}, {"B": (PNPM,)}
    ),
    "a key with a scheme, which only Yarn 1 reads": Shape(
        {".npmrc": "registry=A_URL\n@x:registry=B_URL\nhttp:B_KEY:_authToken=TOKEN\n"}, {"B": (YARN_CLASSIC,)}
    ),
    "a key whose URL is in a project": Shape(
        {".npmrc": "registry=A_URL\nB_KEY:_authToken=TOKEN\n"},
        {"B": (*NPMS.values(), PNPM, YARN_CLASSIC, BUN)},
        project={".npmrc": "registry=B_URL\n"},
    ),
    "walk up": Shape(
        {".npmrc": "registry=A_URL\nB_KEY:_authToken=TOKEN\n"},
        {"B": (*WALKING, PNPM, BUN)},
        project={".npmrc": "registry=B_URLnpm/repo/\n"},
    ),
    "walk up, from a registry of the home to one of a project": Shape(
        {".npmrc": "registry=B_URL\nB_KEY:_authToken=TOKEN\n"},
        {"B": (*WALKING, PNPM, BUN)},
        project={".npmrc": "registry=B_URLnpm/repo/\n"},
    ),
    "a host in capitals": Shape(
        {".npmrc": "registry=http://LOCALHOST:A_PORT/\n//LOCALHOST:A_PORT/:_authToken=TOKEN\n"},
        {"A": (PNPM, YARN_CLASSIC, BUN)},
    ),
    "two registries": Shape(
        {".npmrc": "registry=A_URL\n@x:registry=B_URL\nA_KEY:_authToken=TOKEN\nB_KEY:_authToken=TOKEN\n"},
        {"B": (*NPMS.values(), PNPM, YARN_CLASSIC, BUN)},
    ),
    "pnpm's scope, whose registry a project moves": Shape(
        {".npmrc": "registry=A_URL\nA_KEY:@x:_authToken=TOKEN\n"}, {}, project={".npmrc": "@x:registry=B_URL\n"}
    ),
    "Yarn, a scope whose registry is in a project": Shape(
        {".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URL"\nnpmScopes: {{x: {{npmAuthToken: TOKEN}}}}\n'},
        {"B": (YARN,)},
        (YARN,),
        {".yarnrc.yml": 'npmScopes: {x: {npmRegistryServer: "B_URL"}}\n'},
    ),
    "Yarn, a scope whose registry a project moves": Shape(
        {".yarnrc.yml": f'{YARN_HEAD}npmScopes: {{x: {{npmRegistryServer: "A_URL", npmAuthToken: TOKEN}}}}\n'},
        {"B": (YARN,)},
        (YARN,),
        {".yarnrc.yml": 'npmScopes: {x: {npmRegistryServer: "B_URL"}}\n'},
    ),
    "Yarn, another default registry in a project": Shape(
        {".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URL"\nnpmAuthToken: TOKEN\n'},
        {"B": (YARN,)},
        (YARN,),
        {".yarnrc.yml": 'npmRegistryServer: "B_URL"\n'},
    ),
    "Yarn, another default registry in a project that says how to merge": Shape(
        {
            ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: {{onConflict: reset, value: "A_URL"}}\n'
            "npmAuthToken: {onConflict: reset, value: TOKEN}\n"
        },
        {"B": (YARN,)},
        (YARN,),
        {".yarnrc.yml": 'npmRegistryServer: {onConflict: extend, value: "B_URL"}\n'},
    ),
    "Yarn, a scope's registry in a project that says how to merge": Shape(
        {
            ".yarnrc.yml": f"{YARN_HEAD}npmScopes: {{onConflict: extend, x: {{onConflict: extend, value: "
            '{npmRegistryServer: "A_URL", npmAuthToken: TOKEN}}}\n'
        },
        {"B": (YARN,)},
        (YARN,),
        {
            ".yarnrc.yml": "npmScopes: {onConflict: extend, value: {x: {onConflict: extend, npmRegistryServer: "
            '{onConflict: reset, value: "B_URL"}}}}\n'
        },
    ),
    "Yarn, a scope's registry that refers to a variable": Shape(
        {
            ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URL"\n'
            'npmScopes: {x: {npmRegistryServer: "${NOWHERE:-B_URL}", npmAuthToken: TOKEN}}\n'
        },
        {"B": (YARN,)},
        (YARN,),
    ),
    "Yarn, a scope's registry whose path refers to a variable": Shape(
        {
            ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URL"\n'
            'npmScopes: {x: {npmRegistryServer: "B_URL${NOWHERE:-npm}/", npmAuthToken: TOKEN}}\n'
        },
        {"B": (YARN,)},
        (YARN,),
    ),
    "Yarn, a scope's registry without a login": Shape(
        {
            ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URL"\nnpmAuthToken: TOKEN\n'
            'npmScopes: {x: {npmRegistryServer: "B_URL"}}\n'
        },
        {"B": (YARN,)},
        (YARN,),
    ),
    **{
        f"Yarn, a scope's token and a registry to publish to: {name}": Shape(
            {
                ".yarnrc.yml": f'{YARN_HEAD}{text}npmScopes: {{x: {{npmRegistryServer: "A_URL", npmAuthToken: TOKEN'
                f"{scope}}}}}\n"
            },
            {"B": (YARN,)},
            (YARN,),
            {".yarnrc.yml": project} if project else {},
            question=("npm", "whoami", "--publish", "--scope", "x"),
        )
        for name, text, scope, project in (
            ("for all scopes", 'npmPublishRegistry: "B_URL"\n', "", ""),
            ("for the scope", "", ', npmPublishRegistry: "B_URL"', ""),
            ("in a project", "", "", 'npmPublishRegistry: "B_URL"\n'),
            ("for the scope, in a project", "", "", 'npmScopes: {x: {npmPublishRegistry: "B_URL"}}\n'),
            ("the server of all scopes", 'npmRegistryServer: "B_URL"\n', "", ""),
            ("the server of all scopes, in a project", "", "", 'npmRegistryServer: "B_URL"\n'),
        )
    },
    "Yarn, a scope's token without a registry, and the server of all scopes to publish to": Shape(
        {".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "B_URL"\nnpmScopes: {{x: {{npmAuthToken: TOKEN}}}}\n'},
        {"B": (YARN,)},
        (YARN,),
        question=("npm", "whoami", "--publish", "--scope", "x"),
    ),
    "Yarn does not walk up": Shape(
        {
            ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URLnpm/"\n'
            'npmRegistries: {"A_URL": {npmAuthToken: TOKEN}}\n'
        },
        {},
        (YARN,),
    ),
    "Bun, a scope without a URL and another default registry in a project": Shape(
        {".bunfig.toml": '[install]\nregistry = "A_URL"\n[install.scopes]\nx = { token = "TOKEN" }\n'},
        {"B": (BUN,)},
        (BUN,),
        {"bunfig.toml": '[install]\nregistry = "B_URL"\n'},
    ),
    "Bun, a scope without a URL, which .npmrc maps to a registry": Shape(
        {
            ".npmrc": "@x:registry=A_URL\n",
            ".bunfig.toml": '[install]\nregistry = "B_URL"\n[install.scopes]\nx = { token = "TOKEN" }\n',
        },
        {"B": (BUN,)},
        (BUN,),
    ),
    "Bun, a scope whose registry a project moves": Shape(
        {".bunfig.toml": '[install.scopes]\nx = { url = "A_URL", token = "TOKEN" }\n'},
        {},
        (BUN,),
        {"bunfig.toml": '[install.scopes]\nx = { url = "B_URL" }\n'},
    ),
}
ASKED = [
    pytest.param(shape, client, id=f"{name}: {client.title}")
    for name, shape in SHAPES.items()
    for client in shape.asked
]


def localize(text: str, a: EmbeddedRegistry, b: EmbeddedRegistry) -> str:
    for name, registry in (("A", a), ("B", b)):
        text = text.replace(f"{name}_URL", registry.url).replace(f"{name}_KEY", registry.url.partition(":")[2])
        text = text.replace(f"{name}_PORT", registry.url.rstrip("/").rpartition(":")[2])
    return text.replace("TOKEN", TOKEN)


def read(path: str, text: str) -> Project:
    form = load_format(guess_client(path)[1])
    return Project(path, read_settings(text.encode(), form, {}, whole=True))


def list_known(home: Mapping[str, str], project: Mapping[str, str]) -> set[str]:
    """The hosts of the registries that the collection knows for the tokens of a home."""
    *others, readings = (read(path, text).readings for path, text in home.items())
    defaults = [item for other in others for item in other]
    outlook = Outlook(readings, defaults, [read(name, text) for name, text in project.items()])
    found = {
        registry.host
        for credential in find_credentials(readings)
        for registry in (
            *Registries(readings, defaults).list_all(credential),
            *(item.registry for item in outlook.find_elsewhere(credential)),
        )
    }
    return {host.replace("localhost", "127.0.0.1") for host in found}


@pytest.mark.parametrize(("shape", "client"), ASKED)
def test_client_sends_the_token_where_it_is_known_to(shape: Shape, client: Client, tmp_path: Path) -> None:
    if not client.is_installed:
        pytest.skip(f"{client.title} does not run on this platform")
    with EmbeddedRegistry() as a, EmbeddedRegistry() as b, Recorder() as outside:
        home, project = (
            {name: localize(text, a, b) for name, text in files.items()} for files in (shape.home, shape.project)
        )
        folder = tmp_path / "home" / "project"
        folder.mkdir(parents=True)
        (folder / "package.json").write_text('{"name": "project", "version": "1.0.0"}\n')
        for place, files in ((folder.parent, home), (folder, project)):
            for name, text in files.items():
                (place / name).write_text(text)
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder.parent), **dict(list_environment(outside.url))}
        environment.update(CI="1", no_proxy="127.0.0.1,localhost", NO_PROXY="127.0.0.1,localhost")
        arguments = tuple(argument.format(package=shape.package) for argument in shape.question or client.question)
        command = client.make_command(arguments)
        subprocess.run(
            command,
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        seen = {
            name for name, registry in (("A", a), ("B", b)) for item in registry.requests if TOKEN.encode() in item.head
        }
        # npm 9 and newer run at no file with a token that has no key.
        refuses = "\n_authToken" in str(shape.home[next(iter(shape.home))]) and client in NEW
        assert bool(a.requests or b.requests) is not refuses
        assert seen == {name for name, clients in shape.sends.items() if client in clients}
        hosts = {parse_registry({"A": a, "B": b}[name].url).host for name in seen}
        assert hosts <= list_known(home, project)
        assert not any(TOKEN.encode() in item.head for item in outside.requests)


@pytest.mark.parametrize(
    "shape", [pytest.param(shape, id=name) for name, shape in SHAPES.items() if "B_" not in str(shape.home)]
)
def test_what_only_a_project_names_is_not_asked(shape: Shape) -> None:
    with EmbeddedRegistry() as a, EmbeddedRegistry() as b:
        ((path, text),) = shape.home.items()
        readings = read(path, localize(text, a, b)).readings
        asked = [registry for item in find_credentials(readings) for registry in Registries(readings).list_all(item)]
        assert asked != []
        assert parse_registry(b.url) not in asked


SETS_YARN = {"YARN_NPM_AUTH_TOKEN": "TOKEN"}
SETS_BUN = {"BUN_CONFIG_TOKEN": "TOKEN"}
NPMRC_OF_B = {".npmrc": "registry=B_URL\n"}
VARIABLES = [
    pytest.param(
        {**NPMRC_OF_B, ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "A_URL"\n'},
        SETS_YARN,
        YARN,
        id="Yarn does not read .npmrc",
    ),
    pytest.param(
        {**NPMRC_OF_B, ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "B_URL"\n'},
        {**SETS_YARN, "YARN_NPM_REGISTRY_SERVER": "A_URL"},
        YARN,
        id="Yarn, a registry in a variable",
    ),
    pytest.param(
        {
            ".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "B_URL"\n',
            "project/.yarnrc.yml": 'npmRegistryServer: "A_URL"\n',
        },
        SETS_YARN,
        YARN,
        id="Yarn, a registry in a project",
    ),
    pytest.param(
        {".yarnrc.yml": f'{YARN_HEAD}npmRegistryServer: "B_URL"\nnpmScopes: {{x: {{npmRegistryServer: "A_URL"}}}}\n'},
        SETS_YARN,
        YARN,
        id="Yarn, a scope's registry",
    ),
    pytest.param(
        {**NPMRC_OF_B, ".bunfig.toml": '[install]\nregistry = "A_URL"\n'}, SETS_BUN, BUN, id="Bun's own file wins"
    ),
    pytest.param({".npmrc": "registry=A_URL\n"}, SETS_BUN, BUN, id="Bun reads .npmrc"),
    pytest.param(NPMRC_OF_B, {**SETS_BUN, "BUN_CONFIG_REGISTRY": "A_URL"}, BUN, id="Bun, a registry in a variable"),
    pytest.param(
        {**NPMRC_OF_B, "project/bunfig.toml": '[install]\nregistry = "A_URL"\n'},
        SETS_BUN,
        BUN,
        id="Bun, a registry in a project",
    ),
    pytest.param(
        {".npmrc": "registry=A_URL\n@x:registry=B_URL\n"}, SETS_BUN, None, id="Bun, not to a scope's registry"
    ),
]


@pytest.mark.parametrize(("files", "variables", "client"), VARIABLES)
def test_token_in_a_variable_is_known_to_go_where_the_client_sends_it(
    files: Mapping[str, str],
    variables: Mapping[str, str],
    client: Client | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The token is set in `.bashrc` and in the environment of the client.

    :param client: the one that sends the token to A; None: Bun sends it nowhere.
    """
    program = client or BUN
    if not program.is_installed:
        pytest.skip(f"{program.title} does not run on this platform")
    with EmbeddedRegistry() as a, EmbeddedRegistry() as b, Recorder() as outside:
        home = tmp_path / "home"
        (home / "project").mkdir(parents=True)
        (home / "project" / "package.json").write_text('{"name": "project", "version": "1.0.0"}\n')
        for name, text in files.items():
            (home / name).write_text(localize(text, a, b))
        variables = {name: localize(value, a, b) for name, value in variables.items()}
        lines = [f"export {name}={value}\n" for name, value in variables.items()]
        (home / ".bashrc").write_text("".join(lines))
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(home), **dict(list_environment(outside.url))}
        environment.update(CI="1", no_proxy="127.0.0.1,localhost", NO_PROXY="127.0.0.1,localhost")
        environment.update(variables)
        subprocess.run(
            program.make_command(tuple(argument.format(package="@x/first") for argument in program.question)),
            cwd=home / "project",
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
        sent = [registry.url for registry in (a, b) if any(TOKEN.encode() in item.head for item in registry.requests)]
        assert sent == ([a.url] if client else [])
        assert a.requests or b.requests
        asked, elsewhere = follow(home, monkeypatch)
        assert set(sent) <= {*asked, *elsewhere}
        is_in_files = any("A_URL" in text for name, text in files.items() if not name.startswith("project"))
        assert (a.url in asked) is is_in_files


def follow(home: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[list[str], list[str]]:
    """Return the registries that would be asked about the only credential of a home, and those that are reported."""
    monkeypatch.setenv("HOME", str(home))
    options = StoreOptions(clients=("environment",), levels=("user",))
    accounts, _absent = find_accounts(None)
    opened = References([], accounts, options, (), Torn(is_dry=True)).follow()
    around = Surroundings(opened)
    ((found, credential),) = [(found, item) for found in opened for item in find_credentials(found.readings)]
    elsewhere = around.find_elsewhere(found, credential, thorough=True)
    return (
        [item.url for item in around.list_asked(found, credential)],
        [item.registry.url for item in elsewhere],
    )
