# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What cannot be meant is said in one sentence that names the option; nothing is changed, nobody is asked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.integration.files import Snapshot, plant, take_snapshot
from tests.integration.play import Run, Runner, log_out
from tests.registry import EmbeddedRegistry

FINGERPRINT = "sha256:0123456789abcdef"

# The options, beside a store that holds a token; and a part of the sentence.
ERRORS: dict[str, tuple[Mapping[str, Any], str]] = {
    "a registry that is no URL": ({"registry": "npm.example.com"}, "registry must start with http:// or https://"),
    "a registry on ftp": ({"registry": "ftp://npm.example.com/"}, "registry must start with http:// or https://"),
    "a registry without a host": ({"registry": "https://"}, "registry "),
    "a registry with a blank in its host": ({"registry": "https://npm example com/"}, "registry has no host name"),
    "a registry with a port that is none": ({"registry": "https://npm.example.com:99999/"}, "registry has a port"),
    "a registry with a password": (
        {"registry": "https://bob:hidden-word@npm.example.com/"},
        "registry must not contain a user",
    ),
    "an empty registry": ({"registry": ""}, "registry "),
    "a scope without a name": ({"scope": "@"}, "scope must not be empty"),
    "an empty scope": ({"scope": ""}, "scope must not be empty"),
    "a package in place of a scope": ({"scope": "@example/package"}, "scope must be the name of a scope"),
    "all registries and one": (
        {"all_registries": True, "registry": "https://npm.example.com/"},
        "all_registries is mutually exclusive",
    ),
    "all registries and a scope": (
        {"all_registries": True, "scope": "@example"},
        "all_registries is mutually exclusive",
    ),
    "a token that is empty": ({"token": ""}, "token must not be empty"),
    "a fingerprint of the wrong length": ({"fingerprints": [FINGERPRINT, FINGERPRINT[:-1]]}, "fingerprints entry 2"),
    "a fingerprint in capitals": ({"fingerprints": [FINGERPRINT.upper()]}, "fingerprints entry 1"),
    "a token in place of a fingerprint": ({"fingerprints": ["hidden-word-0123456789"]}, "fingerprints entry 1"),
    "a protected fingerprint that is none": (
        {"protected_fingerprints": ["sha256:"]},
        "protected_fingerprints entry",
    ),
    "an unknown outcome word": ({"revoke": "surely"}, "revoke"),
    "a time that is negative": ({"verify_timeout": -1}, "verify_timeout must be a number from 0 to 600"),
    "a time that is none": ({"verify_timeout": "soon"}, "verify_timeout"),
    "no time for a request": ({"timeout": 0}, "timeout must be a number from 1 to 600"),
    "a negative number of retries": ({"retries": -1}, "retries must be a number from 0 to 20"),
    "authorities that are not there": ({"ca_path": "/nowhere/ca.pem"}, "ca_path must exist"),
    "a client certificate that is not there": (
        {"client_cert": "/nowhere/cert.pem"},
        "client_cert must exist",
    ),
    "a key without its certificate": ({"client_key": __file__}, "client_key requires client_cert"),
    "an account without a name": ({"users": [""]}, "users must not contain an empty entry"),
    "a path without a name": ({"paths": [" "]}, "paths must not contain an empty entry"),
    "another account's home": (
        {"paths": ["~root/.npmrc"]},
        "paths contains ~root/.npmrc, which is in the home directory of another account",
    ),
    "a path that is a folder": ({"paths": ["/"]}, "paths: / cannot be read: it is a directory"),
    "a path that is a device": ({"paths": ["/dev/null"]}, "paths: /dev/null cannot be read: it is"),
    "a path below a file": ({"paths": [f"{__file__}/.npmrc"]}, "cannot be read: Not a directory"),
    "an option that there is not": ({"registries": ["https://npm.example.com/"]}, "registries"),
}
# Stores whose own settings do not say which registry is meant: the sentence names file and line.
BAD_STORES: dict[str, tuple[tuple[str, ...], Mapping[str, Any], str]] = {
    "a default registry that is no URL": (
        ("; x", "registry=npm.example.com"),
        {},
        "line 2: the setting registry",
    ),
    "a default registry that is not set here": (("registry=${NOWHERE}",), {}, "line 1: the setting registry refers to"),
    "a link that is no URL": (
        ("@x:registry=nothing",),
        {"scope": "x"},
        "line 1: the setting @x:registry must start with",
    ),
}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, dict[str, Snapshot], dict[str, Path], int]:
    folder = tmp_path_factory.mktemp("stores")
    with EmbeddedRegistry() as registry:
        token = registry.create_token("alice")
        login = f"{registry.url.removeprefix('http:')}:_authToken={token}"
        good = plant(folder / "good", f"registry={registry.url}", login)
        stores = dict.fromkeys(ERRORS, good)
        for number, (name, (lines, _options, _part)) in enumerate(BAD_STORES.items()):
            stores[name] = plant(folder / f"bad-{number}", *lines, login)
        before = {name: take_snapshot(store) for name, store in stores.items()}
        options = {name: value[0] for name, value in ERRORS.items()} | {
            name: value[1] for name, value in BAD_STORES.items()
        }
        tasks = [log_out(name, {"paths": [str(stores[name])], **options[name]}) for name in options]
        run = Runner(tmp_path_factory.mktemp("run")).run(*tasks)
        assert registry.is_valid(token)
        return run, before, stores, len(registry.requests)


PARTS = {name: value[1] for name, value in ERRORS.items()} | {name: value[2] for name, value in BAD_STORES.items()}


@pytest.mark.parametrize("name", PARTS)
def test_error(world: tuple[Run, dict[str, Snapshot], dict[str, Path], int], name: str) -> None:
    run, before, stores, _sent = world
    result = run[name]
    assert result["failed"]
    assert not result.get("changed")
    assert PARTS[name] in result["msg"]
    assert "\n" not in result["msg"]
    assert "unexpected" not in result["msg"]
    assert "hidden-word" not in str(result.get("msg"))
    assert take_snapshot(stores[name]) == before[name]


def test_nobody_was_asked(world: tuple[Run, dict[str, Snapshot], dict[str, Path], int]) -> None:
    assert world[3] == 0


def test_no_traceback(world: tuple[Run, dict[str, Snapshot], dict[str, Path], int]) -> None:
    assert "Traceback" not in world[0].output


def test_secret_in_the_wrong_place_is_not_shown(world: tuple[Run, dict[str, Snapshot], dict[str, Path], int]) -> None:
    assert "hidden-word" not in world[0].output


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody who is not")
def test_other_accounts_without_root(runner: Runner) -> None:
    python = "/usr/bin/python3"
    if not Path(python).exists():
        pytest.skip("nobody, who cannot read this checkout, has no Python")
    become = {"ansible_become_flags": "-s /bin/sh", "ansible_python_interpreter": python}
    task = log_out("it", {"users": ["daemon"]}, become=True, become_user="nobody", become_method="su", vars=become)
    result = runner.run(task)["it"]
    assert result["failed"]
    assert result["msg"] == "users requires root to act as daemon: set become: true."
