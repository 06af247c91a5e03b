# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which registries a credential belongs."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig, npmrc, yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries, concerns
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_registries, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import is_read_key, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Outlook, Project
from ansible_collections.npmops.auth.plugins.module_utils._plan import make_plan
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection


@pytest.mark.parametrize(
    ("key", "registries", "registry", "expected"),
    [
        pytest.param(
            "//h.example/", ["https://h.example/npm/"], "https://h.example/", True, id="key above its registry"
        ),
        pytest.param("//h.example/", ["https://h.example/npm/"], "https://h.example/b/", True, id="walk up"),
        pytest.param("//h.example", [], "https://h.example/b/", True, id="walk up, no last slash"),
        pytest.param("//h.example/npm/", [], "https://h.example/", False, id="a path below"),
        pytest.param("//H.Example/", [], "https://h.example/", True, id="a host in capitals"),
        pytest.param("//h.example:443/", [], "https://h.example/", True, id="the port of https"),
        pytest.param("//h.example:80/", [], "http://h.example/", True, id="the port of http"),
        pytest.param("//h.example:80/", [], "https://h.example/", False, id="the port of the other scheme"),
        pytest.param("//h.example/NPM/", [], "https://h.example/npm/", False, id="a path in capitals"),
        pytest.param("", ["http://h.example/"], "https://h.example/", True, id="default registry, whatever its scheme"),
        pytest.param(None, ["https://h.example/"], "https://h.example/a/", False, id="default registry, another path"),
        pytest.param(None, [], "https://h.example/", False, id="no registry known"),
    ],
)
def test_concerns(key: str | None, registries: list[str], registry: str, expected: bool) -> None:
    assert concerns(key, [parse_registry(url) for url in registries], parse_registry(registry)) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("//h.example/", True),
        ("//h.example", True),
        ("//H.example:443/a", True),
        ("//h.example:80/", True),
        ("//[::1]:4873/", True),
        ("//https://h.example//", False),
        ("//h.example:/", False),
        ("//u@h.example/", False),
        ("//h.example/a/../b/", False),
        ("//${HOST}/", False),
        ("//?/", False),
    ],
)
def test_key_that_a_client_reads(key: str, expected: bool) -> None:
    assert is_read_key(key) is expected


A, B = "https://a.example/", "https://b.example/"


@pytest.mark.parametrize(
    ("defaults", "text", "expected"),
    [
        pytest.param("", f"registry={A}\n_authToken=t\n[s]\nregistry={B}\n", [A, B], id="npm's and pnpm's default"),
        pytest.param("", f"registry={A}\n[s]\n_authToken=t\n", [A], id="pnpm's token, npm's default"),
        pytest.param("", f"[s]\nregistry={B}\n_authToken=t\n", [B], id="all is pnpm's: not the public registry"),
        pytest.param(f"registry={A}\n", "[s]\n_authToken=t\n", [A], id="pnpm's token, a lower level's default"),
        pytest.param(
            f"[s]\nregistry={B}\n", f"registry={A}\n[s]\n_authToken=t\n", [B, A], id="a lower level's section"
        ),
        pytest.param("", "[s]\n_authToken=t\n", ["https://registry.npmjs.org/"], id="no registry at all"),
        pytest.param("", f"[s]\nregistry={B}\n[r]\n//b.example/:_authToken=t\n", [B], id="a key, two sections"),
    ],
)
def test_registries_of_tokens_in_sections(defaults: str, text: str, expected: list[str]) -> None:
    readings = read_settings(text.encode(), npmrc, {})
    (credential,) = find_credentials(readings)
    found = Registries(readings, read_settings(defaults.encode(), npmrc, {})).list_all(credential)
    assert [registry.url for registry in found] == expected


@pytest.mark.parametrize(
    ("npmrc_text", "text", "expected"),
    [
        pytest.param(
            f"@x:registry={A}\n", f'registry = "{B}"\nscopes.x = {{ token = "t" }}\n', [B], id="bunfig's default"
        ),
        pytest.param(f"@x:registry={A}\nregistry={B}\n", 'scopes.x = { token = "t" }\n', [B], id="npm's default"),
        pytest.param(
            f"@x:registry={A}\n",
            'scopes.x = { username = "u", password = "p" }\n',
            ["https://registry.npmjs.org/"],
            id="a password, no default",
        ),
        pytest.param(
            f"@x:registry={A}\n", f'scopes.x = {{ url = "{B}", token = "t" }}\n', [B], id="the scope's own URL"
        ),
        pytest.param(
            f"@x:registry={A}\nregistry={B}\n", 'registry = { token = "t" }\n', [B], id="the default registry's login"
        ),
    ],
)
def test_scope_mappings_of_npmrc_are_not_for_logins_of_bunfig(npmrc_text: str, text: str, expected: list[str]) -> None:
    readings = read_settings(f"[install]\n{text}".encode(), bunfig, {})
    (credential,) = find_credentials(readings)
    registries = Registries(readings, read_settings(npmrc_text.encode(), npmrc, {}))
    assert [registry.url for registry in registries.list_all(credential)] == expected


SERVER_B = f'npmScopes: {{x: {{npmRegistryServer: "{B}", npmAuthToken: t}}}}\n'
PUBLISH_A = f'npmPublishRegistry: "{A}"\n'
SCOPE_A = f'npmScopes: {{x: {{npmPublishRegistry: "{A}"}}}}\n'
PUBLIC = "https://registry.npmjs.org/"


@pytest.mark.parametrize(
    ("text", "project", "sent", "elsewhere"),
    [
        pytest.param(SERVER_B + PUBLISH_A, "", [B, A], [], id="for all scopes"),
        pytest.param(
            f'npmScopes: {{x: {{npmRegistryServer: "{B}", npmPublishRegistry: "{A}", npmAuthToken: t}}}}\n',
            "",
            [B, A],
            [],
            id="for the scope",
        ),
        pytest.param(
            f'{PUBLISH_A}npmScopes: {{"@x": {{npmPublishRegistry: "{B}", npmAuthToken: t}}}}\n',
            "",
            [B, PUBLIC],
            [],
            id="for the scope, not for all, and no other registry",
        ),
        pytest.param(
            f'{SERVER_B.rstrip()[:-1]}, y: {{npmPublishRegistry: "{A}"}}}}\n', "", [B], [], id="for another scope"
        ),
        pytest.param(
            f'{PUBLISH_A}{SERVER_B}npmRegistries: {{"{A}": {{npmAlwaysAuth: true}}}}\n',
            "",
            [B, A],
            [],
            id="a registry with settings of its own",
        ),
        pytest.param(
            f"npmRegistryServer: {A}\n{PUBLISH_A.replace(A, B)}npmScopes: {{x: {{npmAuthToken: t}}}}\n",
            "",
            [B, PUBLIC],
            [],
            id="a server of all scopes that is not used",
        ),
        pytest.param(SERVER_B, PUBLISH_A, [B], [A], id="in a project, for all scopes"),
        pytest.param(SERVER_B, SCOPE_A, [B], [A], id="in a project, for the scope"),
        pytest.param(SERVER_B, SCOPE_A.replace("x:", "y:"), [B], [], id="in a project, for another scope"),
        pytest.param(SERVER_B, "YARN_NPM_PUBLISH_REGISTRY", [B], [A], id="in a variable"),
        pytest.param(
            f"npmRegistryServer: {B}\nnpmAuthToken: t\n", "YARN_NPM_PUBLISH_REGISTRY", [B], [A], id="no scope"
        ),
    ],
)
def test_registry_that_yarn_publishes_to_gets_the_login_of_a_scope(
    text: str, project: str, sent: list[str], elsewhere: list[str]
) -> None:
    readings = read_settings(text.encode(), yarnrc_yml, {}, whole=True)
    (credential,) = find_credentials(readings)
    registries = Registries(readings)
    assert [registry.url for registry in registries.list_all(credential)] == sent
    assert list(registries.list_likely(credential)) == list(registries.list_all(credential))
    named = (
        read_registries({project: A}, is_yarn=True)
        if project.startswith("YARN_")
        else read_settings(project.encode(), yarnrc_yml, {}, whole=True)
    )
    outlook = Outlook(readings, (), [Project("/home/p/.yarnrc.yml", named)])
    assert [item.registry.url for item in outlook.find_elsewhere(credential)] == elsewhere


@pytest.mark.parametrize(
    ("text", "likely"),
    [
        pytest.param(SERVER_B, [B], id="the scope has a server"),
        pytest.param("npmScopes: {x: {npmAuthToken: t}}\n", [A, PUBLIC], id="the scope has no server"),
    ],
)
def test_server_of_all_scopes_gets_the_login_of_a_scope_to_publish(text: str, likely: list[str]) -> None:
    """It is asked, but to log out of it does not revoke the login of a scope that has a server."""
    top = f"npmRegistryServer: {A}\n"
    readings = read_settings(f"{top}npmAuthToken: a\n{text}".encode(), yarnrc_yml, {}, whole=True)
    _own, credential = find_credentials(readings)
    registries = Registries(readings)
    assert {registry.url for registry in registries.list_all(credential)} == {A, *likely}
    assert [registry.url for registry in registries.list_likely(credential)] == likely
    chosen = [item.credential for item in make_plan(readings, Selection(registry=parse_registry(A))).targets]
    assert (credential in chosen) is (A in likely)

    alone = read_settings(text.encode(), yarnrc_yml, {}, whole=True)
    (credential,) = find_credentials(alone)
    outlook = Outlook(
        alone, (), [Project("/home/p/.yarnrc.yml", read_settings(top.encode(), yarnrc_yml, {}, whole=True))]
    )
    assert [item.registry.url for item in outlook.find_elsewhere(credential)] == [A]
    meant = [item.registry.url for item in outlook.find_elsewhere(credential, likely=True)]
    assert meant == [url for url in likely if url == A]


@pytest.mark.parametrize("name", ["npmPublishRegistry", "npmScopes.x.npmPublishRegistry"])
def test_registry_to_publish_to_that_is_not_known_is_reported(name: str) -> None:
    line = PUBLISH_A if name == "npmPublishRegistry" else SCOPE_A
    readings = read_settings(SERVER_B.encode(), yarnrc_yml, {}, whole=True)
    (credential,) = find_credentials(readings)
    project = read_settings(line.replace(A, "${NOWHERE}").encode(), yarnrc_yml, {}, whole=True)
    outlook = Outlook(readings, (), [Project("/home/p/.yarnrc.yml", project)])
    assert [(item.path, item.line) for item in outlook.find_hidden(credential, "")] == [("/home/p/.yarnrc.yml", 1)]
