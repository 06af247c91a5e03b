# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What docs/clients.md finds surprising is still so: which of several logins is sent, and to which registry."""

from __future__ import annotations

import codecs
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.hostile.run_module import run_module
from tests.registry import Recorder
from tests.tools import paths

from .cases import NPMRC, PNPM_YAML_ALONE, YARN_HEAD, YARN_SCOPE, YARN_TOP, bunfig
from .programs import BUN, NPM, PNPM, YARN, YARN_CLASSIC, Client
from .world import BASIC, HOST, IDENT, TOKEN, URL, USER, Case, Login, World, make_world

WEAK = "npm_theWeakerTokenOfTheseTests"
NPMRC_URL_ALONE = f"registry = http://{IDENT}@main.example/\n"
TWICE = f"Basic {BASIC}, Basic {BASIC}"
BUNFIG = bunfig(f'registry = {{ url = "{URL}", token = "{TOKEN}" }}\n')


YARN_REFERENCE = YARN_TOP.replace(f"'{TOKEN}'", "${MY_TOKEN}")
SECRETS_ENV = f"MY_TOKEN={TOKEN}\n"
NPM_6 = replace(NPM, title="npm 6", command=(paths.NODE, paths.npm_cli(6)))


def write(value: str) -> str:
    return NPMRC.replace(TOKEN, value)


def weaken(text: str) -> str:
    return text.replace(TOKEN, WEAK)


def fall_back(text: str, operator: str) -> str:
    """The token as what counts where a variable is not set."""
    return text.replace(TOKEN, f"${{NOT_SET_ANYWHERE{operator}{TOKEN}}}")


@dataclass(frozen=True)
class Fact:
    """Files, by their paths in the home, and what the registry is sent then; None: no login."""

    client: Client
    files: Mapping[str, str]
    sent: str | None
    xdg: bool = False


FACTS = {
    "npm: the project's file wins": Fact(NPM, {"project/.npmrc": NPMRC, ".npmrc": weaken(NPMRC)}, f"Bearer {TOKEN}"),
    "pnpm: the project's file wins": Fact(PNPM, {"project/.npmrc": NPMRC, ".npmrc": weaken(NPMRC)}, f"Bearer {TOKEN}"),
    "pnpm: auth.ini wins over the home's file": Fact(
        PNPM, {".config/pnpm/auth.ini": NPMRC, ".npmrc": weaken(NPMRC)}, f"Bearer {TOKEN}"
    ),
    "Yarn 4: a file above the home": Fact(YARN, {"../.yarnrc.yml": YARN_TOP}, f"Bearer {TOKEN}"),
    "Yarn 4: the registry in a file above the home": Fact(
        YARN,
        {
            ".yarnrc.yml": f"npmAuthToken: {TOKEN}\n",
            "../.yarnrc.yml": f"{YARN_HEAD}npmRegistryServer: '{URL}'\nnpmAlwaysAuth: true\n",
        },
        f"Bearer {TOKEN}",
    ),
    "Yarn 1: a file of npm's above the home": Fact(YARN_CLASSIC, {"../.npmrc": NPMRC}, f"Bearer {TOKEN}"),
    "Yarn 1: the registry in a file above the home": Fact(
        YARN_CLASSIC,
        {".npmrc": f"_authToken={TOKEN}\nalways-auth=true\n", "../.yarnrc": f'registry "{URL}"\n'},
        f"Bearer {TOKEN}",
    ),
    "pnpm: a login in a URL is sent twice": Fact(PNPM, {".npmrc": NPMRC_URL_ALONE}, TWICE),
    "pnpm: a fallback in .npmrc is the token": Fact(PNPM, {".npmrc": fall_back(NPMRC, ":-")}, f"Bearer {TOKEN}"),
    "pnpm: a fallback without a colon as well": Fact(PNPM, {".npmrc": fall_back(NPMRC, "-")}, f"Bearer {TOKEN}"),
    "pnpm: a fallback in auth.ini is the token": Fact(
        PNPM, {".config/pnpm/auth.ini": fall_back(NPMRC, ":-")}, f"Bearer {TOKEN}"
    ),
    "pnpm: a fallback in config.yaml is the token": Fact(
        PNPM, {".config/pnpm/config.yaml": fall_back(PNPM_YAML_ALONE, "-")}, f"Bearer {TOKEN}"
    ),
    "pnpm: config.yaml names a file": Fact(
        PNPM,
        {
            "file": NPMRC,
            ".config/pnpm/config.yaml": "npmrcAuthFile: ${HOME}/file\n",
            ".npmrc": weaken(NPMRC),
        },
        f"Bearer {TOKEN}",
    ),
    "pnpm: ~ in config.yaml is not the home": Fact(
        PNPM,
        {"project/~/file": NPMRC, ".config/pnpm/config.yaml": "npmrcAuthFile: ~/file\n", "file": weaken(NPMRC)},
        f"Bearer {TOKEN}",
    ),
    "pnpm: config.yaml names a file in the working directory": Fact(
        PNPM, {"project/file": NPMRC, ".config/pnpm/config.yaml": "npmrcAuthFile: file\n"}, f"Bearer {TOKEN}"
    ),
    "pnpm: a login in a URL in pnpm-workspace.yaml": Fact(
        PNPM, {"project/pnpm-workspace.yaml": f"registry: http://{IDENT}@main.example/\n"}, TWICE
    ),
    "pnpm: the same for the default registry of several": Fact(
        PNPM, {"project/pnpm-workspace.yaml": f"registries: {{default: 'http://{IDENT}@main.example/'}}\n"}, TWICE
    ),
    "pnpm: the same for a scope": Fact(
        PNPM, {"project/pnpm-workspace.yaml": f"registries: {{'@example': 'http://{IDENT}@main.example/'}}\n"}, TWICE
    ),
    "pnpm: a token in pnpm-workspace.yaml is not sent": Fact(
        PNPM, {"project/pnpm-workspace.yaml": PNPM_YAML_ALONE, ".npmrc": f"registry = {URL}\n"}, None
    ),
    "pnpm: pnpm-workspace.yaml names the registry of a token of the home": Fact(
        PNPM,
        {
            "project/pnpm-workspace.yaml": f"registries: {{default: '{URL}'}}\n",
            ".npmrc": f"//{HOST}/:_authToken={TOKEN}\n",
        },
        f"Bearer {TOKEN}",
    ),
    "pnpm: pnpm-workspace.yaml names no other file": Fact(
        PNPM,
        {"project/pnpm-workspace.yaml": "npmrcAuthFile: ../file\n", "file": weaken(NPMRC), ".npmrc": NPMRC},
        f"Bearer {TOKEN}",
    ),
    "npm: a project names another file than the home's": Fact(
        NPM,
        {"project/.npmrc": "userconfig=../file\n", "file": f"registry = {URL}\n", ".npmrc": NPMRC},
        None,
    ),
    "npm: a project names another global file, and the home's is stronger": Fact(
        NPM, {"project/.npmrc": "globalconfig=../file\n", "file": weaken(NPMRC), ".npmrc": NPMRC}, f"Bearer {TOKEN}"
    ),
    "pnpm: a project names no other file": Fact(
        PNPM, {"project/.npmrc": "userconfig=../file\n", "file": weaken(NPMRC), ".npmrc": NPMRC}, f"Bearer {TOKEN}"
    ),
    "Yarn 1: a project names no other file": Fact(
        YARN_CLASSIC,
        {"project/.npmrc": "userconfig=../file\n", "file": weaken(NPMRC), ".npmrc": NPMRC},
        f"Bearer {TOKEN}",
    ),
    "Bun: a project names no other file": Fact(
        BUN, {"project/.npmrc": "userconfig=../file\n", "file": weaken(NPMRC), ".npmrc": NPMRC}, f"Bearer {TOKEN}"
    ),
    "npm: a fallback is not known": Fact(NPM, {".npmrc": fall_back(NPMRC, ":-")}, f"Bearer {fall_back(TOKEN, ':-')}"),
    "Bun: a fallback is not known": Fact(BUN, {".npmrc": fall_back(NPMRC, ":-")}, f"Bearer {fall_back(TOKEN, ':-')}"),
    "Yarn 4: a fallback is the token": Fact(YARN, {".yarnrc.yml": fall_back(YARN_TOP, "-")}, f"Bearer {TOKEN}"),
    "Yarn 4: the project's file wins": Fact(
        YARN, {"project/.yarnrc.yml": YARN_TOP, ".yarnrc.yml": weaken(YARN_TOP)}, f"Bearer {TOKEN}"
    ),
    "Yarn 4: an empty entry hides the login at the top": Fact(
        YARN, {".yarnrc.yml": f"{YARN_TOP}npmRegistries: {{//main.example: {{}}}}\n"}, None
    ),
    "Yarn 4: a file that the home's file lists sets a variable": Fact(
        YARN,
        {
            ".yarnrc.yml": f"{YARN_REFERENCE}injectEnvironmentFiles: {{onConflict: reset, value: [.secrets.env]}}\n",
            ".secrets.env": SECRETS_ENV,
        },
        f"Bearer {TOKEN}",
    ),
    "Yarn 4: a file that a project's file lists sets a variable of the home's file": Fact(
        YARN,
        {
            ".yarnrc.yml": YARN_REFERENCE,
            "project/.yarnrc.yml": "injectEnvironmentFiles: none.env?,sub/secrets.env\n",
            "project/sub/secrets.env": SECRETS_ENV,
        },
        f"Bearer {TOKEN}",
    ),
    "Yarn 4: a path that refers to a variable is followed": Fact(
        YARN,
        {
            ".yarnrc.yml": YARN_REFERENCE,
            "project/.yarnrc.yml": 'injectEnvironmentFiles: ["${NOWHERE:-secrets.env}"]\n',
            "project/secrets.env": SECRETS_ENV,
        },
        f"Bearer {TOKEN}",
    ),
    "pnpm: a comment sign within a value is part of it": Fact(
        PNPM, {".npmrc": write(f"{TOKEN}#x;y")}, f"Bearer {TOKEN}#x;y"
    ),
    "pnpm: the same in auth.ini": Fact(PNPM, {".config/pnpm/auth.ini": write(f"{TOKEN}#x;y")}, f"Bearer {TOKEN}#x;y"),
    "pnpm: a comment sign at the beginning as well": Fact(PNPM, {".npmrc": write(f"#{TOKEN}")}, f"Bearer #{TOKEN}"),
    "pnpm: a backslash before it as well": Fact(PNPM, {".npmrc": write(rf"{TOKEN}\;x")}, rf"Bearer {TOKEN}\;x"),
    **{
        f"{client.title}: a comment sign within a value begins a comment": Fact(
            client, {".npmrc": write(f"{TOKEN}#x;y")}, f"Bearer {TOKEN}"
        )
        for client in (NPM_6, NPM, YARN_CLASSIC, BUN)
    },
    "npm 6: quotes before a comment are not part of the value": Fact(
        NPM_6, {".npmrc": write(f'"{TOKEN}" ; mine')}, f"Bearer {TOKEN}"
    ),
    **{
        f"{client.title}: quotes before a comment are part of the value": Fact(
            client, {".npmrc": write(f'"{TOKEN}" ; mine')}, f'Bearer "{TOKEN}"'
        )
        for client in (NPM, YARN_CLASSIC, BUN)
    },
    "Yarn 1: the project's file wins": Fact(
        YARN_CLASSIC, {"project/.npmrc": NPMRC, ".npmrc": weaken(NPMRC)}, f"Bearer {TOKEN}"
    ),
    "Bun: the project's file wins": Fact(
        BUN, {"project/bunfig.toml": BUNFIG, ".bunfig.toml": weaken(BUNFIG)}, f"Bearer {TOKEN}"
    ),
    "Bun: an .npmrc in the configuration's folder hides the home's": Fact(
        BUN, {"config/.npmrc": f"registry = {URL}\n", ".npmrc": NPMRC}, None, xdg=True
    ),
}
MOVES = {
    "userconfig": ("userconfig=../file\n", "file"),
    "globalconfig": ("globalconfig=../file\n", "file"),
    "prefix": ("prefix=~/prefix\n", "prefix/etc/npmrc"),
}


@contextmanager
def make(client: Client, files: Mapping[str, str], folder: Path, xdg: bool = False) -> Iterator[World]:
    if not client.is_installed:
        pytest.skip(f"{client.title} does not run on this platform")
    (path, text), *rest = files.items()
    with make_world(Case("fact", client, path, text, "", xdg=xdg, beside=dict(rest)), folder) as world:
        world.registry.create_token(USER, WEAK)
        yield world


@pytest.mark.parametrize("fact", FACTS.values(), ids=FACTS)
def test_login_that_is_sent(fact: Fact, tmp_path: Path) -> None:
    with make(fact.client, fact.files, tmp_path, fact.xdg) as world:
        world.ask("@example/package")
        sent = {item.headers.get("authorization") for item in world.registry.requests if "example" in item.path}
        assert sent == {fact.sent}


def test_pnpm_takes_its_registry_from_a_login(tmp_path: Path) -> None:
    text = PNPM_YAML_ALONE.replace(f"registry: {URL}\n", "")
    with make(PNPM, {".config/pnpm/config.yaml": text}, tmp_path) as world:
        assert world.run("config", "get", "registry").stdout.strip() == world.localize(URL)
        world.store.unlink()
        assert world.run("config", "get", "registry").stdout.strip() != world.localize(URL)


@pytest.mark.parametrize(
    "left",
    [
        pytest.param(f"_auth:\n  {URL}:\n", id="a registry without scopes"),
        pytest.param(f"_auth:\n  {URL}:\n    '@':\n", id="a scope without a login"),
        pytest.param(f"_auth:\n  {URL}:\n    '@': {{}}\n", id="a login without a token"),
    ],
)
def test_pnpm_does_not_run_with_half_a_login(left: str, tmp_path: Path) -> None:
    """What must not be left of an entry of `_auth`."""
    with make(PNPM, {".config/pnpm/config.yaml": left}, tmp_path) as world:
        assert "Invalid `_auth` setting" in world.run("config", "list").stderr


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("npmAuthToken:\n", id="no token"),
        pytest.param("npmAuthToken: [a]\n", id="a list"),
        pytest.param("npmAuthToken: {a: b}\n", id="a mapping"),
        pytest.param("npmAuthToken: {onConflict: reset}\n", id="no value"),
        pytest.param("npmAuthToken: {onConflict: reset, value: {onConflict: reset, value: a}}\n", id="a value twice"),
        pytest.param("npmAuthToken: {onConflict: , value: a}\n", id="no way to merge"),
        pytest.param("npmScopes: [a]\n", id="a list of scopes"),
        pytest.param("npmScopes: {a: [b]}\n", id="a list in a scope"),
        pytest.param("npmRegistries: a\n", id="a text instead of registries"),
    ],
)
def test_yarn_does_not_run_with_half_a_login(text: str, tmp_path: Path) -> None:
    with make(YARN, {".yarnrc.yml": f"{YARN_HEAD}{text}"}, tmp_path) as world:
        assert world.run("config", "get", "npmRegistryServer").returncode != 0


def test_yarn_takes_no_registry_of_the_file_for_a_scope_without_one(tmp_path: Path) -> None:
    text = YARN_SCOPE.replace(f"    npmRegistryServer: {URL}\n", "")
    with make(YARN, {".yarnrc.yml": text}, tmp_path) as world:
        scopes = json.loads(world.run("config", "get", "npmScopes", "--json").stdout)
        world.store.unlink()
        built_in = json.loads(world.run("config", "get", "npmRegistryServer", "--json").stdout)
        assert scopes["example"]["npmRegistryServer"] == built_in


@pytest.mark.parametrize(
    ("text", "is_reset"),
    [
        pytest.param("npmScopes: {example: {onConflict: reset, npmAuthToken: a}}\n", True, id="of the scope"),
        pytest.param("npmScopes: {onConflict: reset, value: {example: {npmAuthToken: a}}}\n", True, id="of all scopes"),
        pytest.param(
            "npmScopes: {onConflict: reset, example: {onConflict: extend, npmAuthToken: a}}\n",
            False,
            id="of all scopes, but not of this one",
        ),
        pytest.param("onConflict: reset\nnpmScopes: {example: {npmAuthToken: a}}\n", False, id="of all settings"),
        pytest.param("npmScopes: {example: {onConflict: extend, npmAuthToken: a}}\n", False, id="none"),
    ],
)
def test_yarn_takes_no_registry_of_another_file_for_a_scope_after_a_reset(
    text: str, is_reset: bool, tmp_path: Path
) -> None:
    with make(YARN, {"project/.yarnrc.yml": text, ".yarnrc.yml": YARN_SCOPE}, tmp_path) as world:
        scopes = json.loads(world.run("config", "get", "npmScopes", "--json").stdout)
        assert (scopes["example"]["npmRegistryServer"] == world.localize(URL)) is not is_reset


@pytest.mark.parametrize(
    ("text", "is_reset"),
    [
        pytest.param("onConflict: reset\nnpmAuthToken: a\n", True, id="reset"),
        pytest.param("onConflict: extend\nnpmAuthToken: a\n", False, id="none"),
    ],
)
def test_yarn_takes_no_default_registry_of_another_file_after_a_reset(
    text: str, is_reset: bool, tmp_path: Path
) -> None:
    with make(YARN, {"project/.yarnrc.yml": text, ".yarnrc.yml": YARN_TOP}, tmp_path) as world:
        server = json.loads(world.run("config", "get", "npmRegistryServer", "--json").stdout)
        assert (server == world.localize(URL)) is not is_reset


def test_yarn_drops_values_in_a_hard_reset(tmp_path: Path) -> None:
    text = YARN_SCOPE.replace("  example:\n", "  example:\n    onConflict: hardReset\n")
    with make(YARN, {".yarnrc.yml": text}, tmp_path) as world:
        scopes = json.loads(world.run("config", "get", "npmScopes", "--json", "--no-redacted").stdout)
        assert scopes["example"]["npmAuthToken"] is None


@pytest.mark.parametrize(
    ("major", "name"), [pytest.param(major, name, id=f"npm {major}: {name}") for major in (6, 12) for name in MOVES]
)
def test_npm_reads_a_file_that_a_project_names(major: int, name: str, tmp_path: Path) -> None:
    text, path = MOVES[name]
    npm = replace(NPM, command=(paths.NODE, paths.npm_cli(major)))
    with make(npm, {"project/.npmrc": text, path: NPMRC}, tmp_path) as world:
        assert world.ask("@example/package") is Login.KNOWN


@pytest.mark.parametrize(
    ("client", "name", "path", "text"),
    [
        pytest.param(NPM, "NPM_CONFIG_USERCONFIG", "file", NPMRC, id="npm: its user file"),
        pytest.param(NPM, "NPM_CONFIG_PREFIX", "prefix/etc/npmrc", NPMRC, id="npm: its prefix"),
        pytest.param(PNPM, "PNPM_CONFIG_NPMRC_AUTH_FILE", "file", NPMRC, id="pnpm"),
        pytest.param(YARN, "YARN_RC_FILENAME", ".file.yml", YARN_TOP, id="Yarn 4"),
        pytest.param(BUN, "XDG_CONFIG_HOME", "config/.npmrc", NPMRC, id="Bun"),
    ],
)
def test_login_in_a_file_that_a_variable_names(client: Client, name: str, path: str, text: str, tmp_path: Path) -> None:
    named = path if client is YARN else f"$HOME/{path.partition('/')[0]}"
    with make(client, {path: text, ".profile": f'export {name}="{named}"\n'}, tmp_path) as world:
        environment = {**world.environment, name: named.replace("$HOME", str(world.home))}
        world.run(*(item.format(package="@example/package") for item in client.question), environment=environment)
        assert {item.headers.get("authorization") for item in world.registry.requests} == {f"Bearer {TOKEN}"}
        options = {"registry": world.localize(URL), "clients": [client.key, "npm"], "levels": ["user", "global"]}
        done = run_module(options, home=world.home, environment={})
        assert [item["path"] for item in done.result["credentials"]] == [str(world.store)]
        assert not world.registry.is_valid(TOKEN)


UNSCOPED = {".npmrc": f"registry={URL}\n_authToken={TOKEN}\n"}
WITH_KEY = {".npmrc": f"registry={URL}\n//{HOST}/:_authToken={TOKEN}\n"}
PUBLISH_CLASSIC = ("publish", "--non-interactive", "--new-version", "1.0.1")


@pytest.mark.parametrize(
    ("client", "command", "files", "is_sent"),
    [
        pytest.param(NPM_6, ("publish",), UNSCOPED, True, id="npm 6"),
        pytest.param(NPM_6, ("publish",), WITH_KEY, False, id="npm 6, a token with a key"),
        pytest.param(NPM, ("publish",), UNSCOPED, False, id="npm 12"),
        pytest.param(YARN_CLASSIC, PUBLISH_CLASSIC, UNSCOPED, True, id="Yarn 1"),
        pytest.param(YARN, ("npm", "publish"), {".yarnrc.yml": YARN_TOP}, True, id="Yarn 4"),
        pytest.param(YARN, ("npm", "publish"), {".yarnrc.yml": YARN_SCOPE}, True, id="Yarn 4, a scope's token"),
    ],
)
def test_login_that_is_sent_where_a_package_is_published(
    client: Client, command: tuple[str, ...], files: Mapping[str, str], is_sent: bool, tmp_path: Path
) -> None:
    """A token without a registry of its own goes to the one that the package names."""
    with make(client, files, tmp_path) as world, Recorder() as other:
        package = {"name": "@example/package", "version": "1.0.0", "publishConfig": {"registry": other.url}}
        (world.project / "package.json").write_text(json.dumps(package))
        (world.project / "yarn.lock").touch()
        if client is YARN:
            world.run("install", "--no-immutable")
        said = world.run(*command)
        seen = [item for item in other.requests if TOKEN in item.headers.get("authorization", "")]
        assert bool(seen) is is_sent, said.stdout
        assert world.registry.requests == ()


@pytest.mark.skipif(os.geteuid() != 0, reason="it is so for root only")
def test_yarn_classic_has_another_home_for_root(tmp_path: Path) -> None:
    with make(YARN_CLASSIC, {".yarnrc": ""}, tmp_path) as world:
        environment = world.environment
        del environment["FAKEROOTKEY"]
        shown = world.run("global", "dir", environment=environment).stdout
        assert shown.strip() == "/usr/local/share/.config/yarn/global"
        assert world.run("global", "dir").stdout.strip() == f"{world.home}/.config/yarn/global"


def test_bun_reads_utf_16_with_a_mark(tmp_path: Path) -> None:
    with make(BUN, {".npmrc": NPMRC}, tmp_path) as world:
        world.store.write_bytes(codecs.BOM_UTF16_LE + world.store.read_text().encode("utf-16-le"))
        assert world.ask("@example/package") is Login.KNOWN


@pytest.mark.parametrize(
    ("client", "value", "sent"),
    [
        pytest.param(BUN, "$MY_TOKEN", TOKEN, id="Bun"),
        pytest.param(BUN, "'$MY_TOKEN'", TOKEN, id="Bun, in quotes"),
        pytest.param(BUN, "npm_$MY_TOKEN", "npm_$MY_TOKEN", id="Bun, not the whole value"),
        *(
            pytest.param(client, "$MY_TOKEN", "$MY_TOKEN", id=client.title)
            for client in (NPM_6, NPM, PNPM, YARN_CLASSIC)
        ),
    ],
)
def test_bun_alone_replaces_a_variable_without_braces(client: Client, value: str, sent: str, tmp_path: Path) -> None:
    with make(client, {".npmrc": write(value)}, tmp_path) as world:
        arguments = [argument.format(package="@example/package") for argument in client.question]
        world.run(*arguments, environment={**world.environment, "MY_TOKEN": TOKEN})
        assert {item.headers.get("authorization") for item in world.registry.requests} == {f"Bearer {sent}"}


@pytest.mark.parametrize("name", ["BUN_CONFIG_TOKEN", "NPM_CONFIG_TOKEN", "NPM_TOKEN"])
def test_variables_that_bun_reads_without_a_reference(name: str, tmp_path: Path) -> None:
    with make(BUN, {".npmrc": f"registry = {URL}\n"}, tmp_path) as world:
        environment = {**world.environment, name: TOKEN}
        world.run("add", "@example/package", environment=environment)
        sent = {item.headers.get("authorization") for item in world.registry.requests if "example" in item.path}
        assert sent == {None if name == "NPM_TOKEN" else f"Bearer {TOKEN}"}
