# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The options of the modules, and the errors where they make no sense."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import InputError
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, InfoOptions, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._options import (
    LOGOUT_SPEC,
    LogoutOptions,
    StoreOptions,
    forget_misplaced_secrets,
    read_logout_options,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection

FINGERPRINT = "sha256:0123456789abcdef"


def read(**given: Any) -> LogoutOptions:
    """With the parameters that Ansible would hand over."""
    return read_logout_options({name: spec.get("default") for name, spec in LOGOUT_SPEC.items()} | given)


def test_asks_for_little_where_nothing_is_given() -> None:
    assert read() == LogoutOptions(
        selection=Selection(), stores=StoreOptions(), connection=ConnectionOptions(), verify_timeout=10
    )


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param(
            {"registry": "https://npm.example.com/a"}, {"registry": "https://npm.example.com/a/"}, id="registry"
        ),
        pytest.param({"scope": "@x"}, {"scope": "@x"}, id="scope"),
        pytest.param({"scope": "x"}, {"scope": "@x"}, id="scope without its sign"),
        pytest.param({"scope": " @x-y.z_1 "}, {"scope": "@x-y.z_1"}, id="scope in blanks"),
        pytest.param({"all_registries": True}, {"all_registries": True}, id="all registries"),
        pytest.param({"token": " t "}, {"token": Secret("t")}, id="token in blanks"),
        pytest.param({"fingerprints": [FINGERPRINT]}, {"fingerprints": {FINGERPRINT}}, id="fingerprints"),
        pytest.param({"fingerprints": []}, {"fingerprints": frozenset()}, id="no fingerprint"),
        pytest.param({"fingerprints": None}, {"fingerprints": None}, id="all fingerprints"),
        pytest.param({"protected_fingerprints": []}, {"protected": frozenset()}, id="none protected"),
        pytest.param({"protected_fingerprints": [FINGERPRINT]}, {"protected": {FINGERPRINT}}, id="protected"),
        pytest.param({"revoke": "never"}, {"revoke": "never"}, id="revoke"),
        pytest.param({"comments": True}, {"comments": True}, id="comments"),
        pytest.param(
            {"registry": "http://[::1]:4873", "scope": "x"},
            {"registry": "http://[::1]:4873/", "scope": "@x"},
            id="both",
        ),
    ],
)
def test_reads_what_is_selected(given: dict[str, Any], expected: dict[str, Any]) -> None:
    selection = read(**given).selection
    if "registry" in expected:
        expected = {**expected, "registry": parse_registry(expected["registry"])}
    assert {name: getattr(selection, name) for name in expected} == expected


def test_reads_which_registries_are_trusted() -> None:
    url = "https://a.example/npm"
    assert read(trusted_registries=[url, f"{url}/"]).trusted == (parse_registry(url),)
    assert read(trusted_registries=[]).trusted == read().trusted == ()


@pytest.mark.parametrize(
    ("given", "option"),
    [
        *(pytest.param({name: []}, name, id=name) for name in ("users", "paths", "clients", "levels", "fingerprints")),
        pytest.param({"levels": ["project"], "search": []}, "search", id="search alone"),
        pytest.param({"search": []}, None, id="search beside the user's files"),
        pytest.param({"levels": ["project"], "search": [], "paths": ["~/.npmrc"]}, None, id="search beside paths"),
        pytest.param({"exclude": []}, None, id="exclude"),
        pytest.param({"protected_fingerprints": []}, None, id="protected fingerprints"),
        pytest.param({"trusted_registries": []}, None, id="trusted registries"),
        pytest.param({}, None, id="not given"),
    ],
)
def test_an_empty_list_selects_nothing(given: dict[str, Any], option: str | None) -> None:
    assert read(**given).empty_option == option


def test_an_empty_search_adds_no_level() -> None:
    assert read(search=[]).stores.levels == ("user",)


def test_reads_whose_files_are_meant() -> None:
    options = read(users=["alice", "bob"], paths=["~/.npmrc", "/etc/npmrc"], verify_timeout=0)
    assert (options.stores.users, options.stores.paths) == (("alice", "bob"), ("~/.npmrc", "/etc/npmrc"))
    assert options.verify_timeout == 0


@pytest.mark.parametrize("pattern", ["keep", "keep/", "/srv/keep", "~/keep", "*/keep", "**/keep/*", "ke*"])
def test_exclude_can_match(pattern: str) -> None:
    assert read(exclude=[pattern]).stores.exclude == (pattern,)


@pytest.mark.parametrize("pattern", ["a/keep", "./keep", "a/*", "~other/keep", "~", "~/", "/", "/a/../keep", ".."])
def test_exclude_that_matches_nothing_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match=r"entry 1 must (?:be the name of a directory|not contain \.\.)"):
        read(exclude=[pattern])


@pytest.mark.parametrize("pattern", ["/srv//keep", "/srv/./keep", "/srv/././/keep"])
def test_exclude_is_normalized(pattern: str) -> None:
    assert read(exclude=[pattern]).stores.exclude == ("/srv/keep",)


def test_users_are_read_without_the_space_after_a_comma() -> None:
    assert read(users=["alice", " bob"]).stores.users == ("alice", "bob")


def test_reads_how_a_registry_is_reached(tmp_path: Path) -> None:
    file = tmp_path / "pem"
    file.touch()
    given: dict[str, Any] = {
        "validate_certs": False,
        "ca_path": str(tmp_path),
        "client_cert": str(file),
        "client_key": str(file),
        "use_proxy": False,
        "timeout": 1,
        "retries": 0,
    }
    assert read(**given).connection == ConnectionOptions(**given)


@pytest.mark.parametrize(
    ("given", "option", "said"),
    [
        pytest.param({"registry": ""}, "registry", "must start with http", id="registry: empty"),
        pytest.param({"registry": "npm.example.com"}, "registry", "must start with http", id="registry: no scheme"),
        pytest.param(
            {"registry": "ftp://npm.example.com"}, "registry", "must start with http", id="registry: another scheme"
        ),
        pytest.param({"registry": "https://"}, "registry", "host name", id="registry: no host"),
        pytest.param({"registry": "https://h.example:99999/"}, "registry", "port", id="registry: port"),
        pytest.param({"registry": "https://${HOST}/"}, "registry", "host name", id="registry: a reference"),
        pytest.param(
            {"registry": "https://u:hunter2@h.example/"}, "registry", "user name or password", id="registry: user"
        ),
        pytest.param(
            {"registry": "ht\ntps://u:hunter2@h.example/"}, "registry", "user name or pass", id="registry: split"
        ),
        pytest.param({"registry": "https://h.example/?a=hunter2"}, "registry", "query", id="registry: query"),
        pytest.param({"registry": "https://h.example/#hunter2"}, "registry", "fragment", id="registry: fragment"),
        pytest.param(
            {"trusted_registries": ["https://a.example/?hunter2"]},
            "trusted_registries",
            "entry 1 must not contain a query",
            id="trusted: query",
        ),
        pytest.param({"scope": ""}, "scope", "must not be empty", id="scope: empty"),
        pytest.param({"scope": "@"}, "scope", "must not be empty", id="scope: sign alone"),
        pytest.param({"scope": "@a/b"}, "scope", "must be the name of a scope", id="scope: package"),
        pytest.param({"scope": "a b"}, "scope", "must be the name of a scope", id="scope: blank"),
        pytest.param({"scope": "a@b"}, "scope", "must be the name of a scope", id="scope: at sign inside"),
        pytest.param({"scope": "@a:registry"}, "scope", "must be the name of a scope", id="scope: setting"),
        pytest.param({"scope": "a\nb"}, "scope", "must be the name of a scope", id="scope: two lines"),
        pytest.param(
            {"all_registries": True, "registry": "https://h.example/"},
            "all_registries",
            "with registry",
            id="all, registry",
        ),
        pytest.param({"all_registries": True, "scope": "@x"}, "all_registries", "with scope", id="all, scope"),
        pytest.param({"token": ""}, "token", "empty", id="token: empty"),
        pytest.param({"token": " \n"}, "token", "empty", id="token: blank"),
        *(
            pytest.param({"token": text}, "token", "must be one token as text", id=f"token: {name}")
            for name, text in {
                "a list": "['npm_x']",
                "a mapping": "{'a': 'npm_x'}",
                "a boolean": "True",
                "null as text": "null",
                "in quotes": '"npm_x"',
                "a reference": "${NPM_TOKEN}",
                "a variable": "$NPM_TOKEN",
                "encrypted by Ansible Vault": "$ANSIBLE_VAULT;1.1;AES256",
                "a header": "Bearer npm_x",
                "a line of a file": "//h.example/:_authToken=npm_x",
                "two tokens": "npm_x\nnpm_y",
            }.items()
        ),
        pytest.param({"fingerprints": ["hunter2"]}, "fingerprints", "entry 1", id="fingerprint: shape"),
        pytest.param(
            {"trusted_registries": ["https://a.example/", "hunter2"]},
            "trusted_registries",
            "entry 2",
            id="trusted: URL",
        ),
        pytest.param(
            {"trusted_registries": ["https://hunter2@a.example/"]},
            "trusted_registries",
            "entry 1 must not contain a user name",
            id="trusted: login in the URL",
        ),
        pytest.param(
            {"fingerprints": [FINGERPRINT, "sha256:hunter2"]}, "fingerprints", "entry 2", id="fingerprint: second"
        ),
        pytest.param(
            {"protected_fingerprints": [f"{FINGERPRINT}\n"]},
            "protected_fingerprints",
            "entry 1",
            id="fingerprint: line end",
        ),
        pytest.param({"users": ["alice", " "]}, "users", "empty entry", id="users: empty"),
        pytest.param({"paths": [""]}, "paths", "empty entry", id="paths: empty"),
        pytest.param({"exclude": ["a "]}, "exclude", "entry 1 must not begin or end", id="exclude: space at the end"),
        *(
            pytest.param({name: ["/a", " /b"]}, name, "entry 2 must not begin or end with a space", id=f"{name}: space")
            for name in ("paths", "search", "exclude")
        ),
        pytest.param({"verify_timeout": -1}, "verify_timeout", "from 0 to 600", id="verify_timeout: too small"),
        pytest.param({"verify_timeout": 601}, "verify_timeout", "from 0 to 600", id="verify_timeout: too large"),
        pytest.param({"timeout": 0}, "timeout", "from 1 to 600", id="timeout: too small"),
        pytest.param({"timeout": 10**30}, "timeout", "from 1 to 600", id="timeout: too large"),
        pytest.param({"retries": -1}, "retries", "from 0 to 20", id="retries: too small"),
        pytest.param({"retries": 2000}, "retries", "from 0 to 20", id="retries: too large"),
        pytest.param({"ca_path": "/hunter2\0"}, "ca_path", "must exist", id="ca_path: NUL"),
        pytest.param({"client_cert": "/hunter2\0"}, "client_cert", "must exist", id="client_cert: NUL"),
        pytest.param({"client_key": "/hunter2\ud800"}, "client_key", "must exist", id="client_key: half a character"),
        pytest.param({"ca_path": "/none.example/hunter2"}, "ca_path", "must exist", id="ca_path"),
        pytest.param({"client_cert": "/none.example/hunter2"}, "client_cert", "must exist", id="client_cert"),
        pytest.param({"client_key": "/none.example/hunter2"}, "client_key", "must exist", id="client_key"),
        pytest.param({"client_key": "/"}, "client_key", "requires client_cert", id="client_key alone"),
    ],
)
def test_names_the_option_that_means_nothing(given: dict[str, Any], option: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        read(**given)
    sentence = str(caught.value)
    assert caught.value.option == option
    assert sentence.startswith(f"{option} ")
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert said in sentence
    assert "hunter2" not in sentence


@pytest.mark.parametrize("option", ["users", "paths", "search", "exclude", "tripwires"])
@pytest.mark.parametrize(
    "value", [pytest.param("/hunter2\0b", id="NUL"), pytest.param("/hunter2\ud800", id="half a character")]
)
def test_refuses_a_path_that_no_system_takes(option: str, value: str) -> None:
    params = {name: spec.get("default") for name, spec in INFO_SPEC.items()} | {option: ["/a", value]}
    with pytest.raises(InputError) as caught:
        read_info_options(params)
    assert str(caught.value) == f"{option} entry 2 contains a character that no path or user name can contain."


def test_takes_a_path_of_any_bytes() -> None:
    name = os.fsdecode(b"/srv/\xff\n\x1b")
    assert read(paths=[name]).stores.paths == (name,)


def test_shows_no_token() -> None:
    assert "s3cret" not in repr(read(token="t0p-s3cret"))


def test_secrets_are_marked_as_such() -> None:
    assert [name for name, spec in LOGOUT_SPEC.items() if spec.get("no_log")] == ["token"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        pytest.param("registry", "https://al:passw0rd@npm.example.com/", id="login in a URL"),
        pytest.param("scope", "@corp/passw0rd", id="scope"),
        pytest.param("username", "al:passw0rd", id="user name with a password"),
        pytest.param("username", "passw0rd\n", id="user name with a line end"),
        pytest.param("fingerprints", [FINGERPRINT, "passw0rd"], id="fingerprints"),
        pytest.param("trusted_registries", ["https://passw0rd@h.example/"], id="trusted registries"),
        pytest.param("protected_fingerprints", ["passw0rd"], id="protected fingerprints"),
    ],
)
def test_what_is_no_value_of_an_option_is_left_out_of_the_parameters(option: str, value: Any) -> None:
    params = {option: value, "revoke": "never"}
    problem = forget_misplaced_secrets(params)
    assert problem is not None
    assert problem.option == option
    assert "passw0rd" not in f"{problem} {params}"
    assert params["revoke"] == "never"


def test_parameters_that_make_sense_are_left_as_they_are() -> None:
    params = {"registry": "https://npm.example.com/", "username": "al", "scope": None}
    assert forget_misplaced_secrets(params) is None
    assert params == {"registry": "https://npm.example.com/", "username": "al", "scope": None}


# npm_credentials_info ------------------------------------------------------------------------------------------------


def read_info(**given: Any) -> InfoOptions:
    return read_info_options({name: spec.get("default") for name, spec in INFO_SPEC.items()} | given)


def test_paths_of_tripwires() -> None:
    assert read_info().tripwires == ()
    assert read_info(tripwires=["~/a", "/b"]).tripwires == ("~/a", "/b")


@pytest.mark.parametrize("path", ["a", "./a", "~bob/a", "~"])
def test_path_of_a_tripwire_that_means_nothing(path: str) -> None:
    with pytest.raises(InputError, match="tripwires must list absolute paths, or paths that begin with ~/"):
        read_info(tripwires=[path])
