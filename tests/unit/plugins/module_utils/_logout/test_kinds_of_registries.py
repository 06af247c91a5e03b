# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the results of a run say by the kind of a registry: known from an answer, or foreseen in check mode."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import build_info
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC, read_logout_options
from tests.registry.emulators import Emulator
from tests.registry.names import TestAuthority, use_names
from tests.registry.scenarios import start


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def write_tokens(home: Path, emulator: Emulator, *tokens: str) -> None:
    """Each of them is a login of the registry, though a client takes the last one."""
    lines = [f"//{emulator.names[0]}{emulator.path}:_authToken={token}\n" for token in tokens]
    (home / ".npmrc").write_text("".join(lines))


def make_params(spec: dict[str, Any], authority: TestAuthority, **options: Any) -> dict[str, Any]:
    given = {"ca_path": str(authority.ca_file), "use_proxy": False, "retries": 0, **options}
    return {**{name: entry.get("default") for name, entry in spec.items()}, **given}


def run_logout(authority: TestAuthority, *, check_mode: bool = False, **options: Any) -> dict[str, Any]:
    params = make_params(LOGOUT_SPEC, authority, **{"all_registries": True, "verify_timeout": 0, **options})
    return build_result(log_out(read_logout_options(params), check_mode=check_mode))


def run_info(authority: TestAuthority, **options: Any) -> dict[str, Any]:
    return build_info(inspect_host(read_info_options(make_params(INFO_SPEC, authority, probe=True, **options))))


def test_real_run_and_check_mode_say_the_same(home: Path, authority: TestAuthority) -> None:
    emulator = start("gitlab", authority)
    token = emulator.issue("personal")
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, token)
        (foreseen,) = run_logout(authority, check_mode=True)["credentials"]
        assert emulator.requests == ()
        (found,) = run_logout(authority)["credentials"]
    assert (foreseen["revocation"], found["revocation"]) == ("pending", "confirmed")
    assert foreseen["registry_kind"] == found["registry_kind"] == "gitlab"
    assert foreseen["side_effects"] == found["side_effects"] != []
    # Only GitLab itself knows when.
    assert (foreseen["expires"], found["expires"]) == (None, "2027-01-31T00:00:00Z")


@pytest.mark.parametrize("revoke", ["confirmed", "accepted", "attempted"])
@pytest.mark.parametrize(
    ("kind", "token", "expected"),
    [
        *(pytest.param(kind, "t0ken-of-mine", "unsupported", id=kind) for kind in ("azure", "cloudsmith", "pulp")),
        pytest.param("gitlab", "gldt-t0ken-of-mine", "unsupported", id="a deploy token of GitLab"),
        pytest.param("auto", "t\N{CJK UNIFIED IDEOGRAPH-4E2D}ken", "failed", id="a token that no header can carry"),
    ],
)
def test_check_mode_foretells_a_verdict_that_needs_no_request(
    home: Path, authority: TestAuthority, kind: str, token: str, expected: str, revoke: str
) -> None:
    """Neither run sends a request: the registry does not exist."""
    (home / ".npmrc").write_text(f"//npm.registry.example/:_authToken={token}\n", encoding="utf-8")
    options: dict[str, Any] = {"registry_kind": kind, "revoke": revoke}
    foreseen = run_logout(authority, check_mode=True, **options)
    found = run_logout(authority, **options)
    assert foreseen["credentials"] == found["credentials"]
    assert foreseen["changed"] == found["changed"]
    assert [item["revocation"] for item in found["credentials"]] == [expected]


def test_many_tokens_of_a_host_take_one_request(home: Path, authority: TestAuthority) -> None:
    emulator = start("github", authority)
    tokens = [emulator.issue("ghp_") for _number in range(5)]
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, *tokens)
        result = run_logout(authority)
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed"] * 5, result["msg"]
    assert [request.method for request in emulator.requests].count("POST") == 1
    assert not (home / ".npmrc").exists()


@pytest.mark.parametrize(
    ("keys", "requests"),
    [
        pytest.param(["//npm.pkg.github.com/", "//npm.pkg.github.com/a/", "//npm.pkg.github.com/b"], 1, id="paths"),
        pytest.param(["//npm.pkg.github.com/a/", "//npm.pkg.github.com:443/a"], 1, id="with the port"),
        pytest.param(["//npm.pkg.github.com/a/", "//NPM.pkg.github.com/a/"], 1, id="in capitals"),
    ],
)
def test_registries_of_one_issuer_take_one_request(
    home: Path, authority: TestAuthority, keys: list[str], requests: int
) -> None:
    emulator = start("github", authority)
    tokens = [emulator.issue("ghp_") for _key in keys]
    with emulator, use_names(emulator.ports):
        (home / ".npmrc").write_text(
            "".join(f"{key}:_authToken={token}\n" for key, token in zip(keys, tokens, strict=True))
        )
        result = run_logout(authority)
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed"] * len(keys), result["msg"]
    assert [request.method for request in emulator.requests].count("POST") == requests


def test_registries_of_one_issuer_are_asked_apart_over_other_connections(home: Path, authority: TestAuthority) -> None:
    """A token is not sent over a connection that another file chose."""
    emulator = start("github", authority)
    tokens = [emulator.issue("ghp_") for _number in range(2)]
    with emulator, use_names(emulator.ports):
        for name, token, more in zip("ab", tokens, (f"cafile={authority.ca_file}\n", ""), strict=True):
            (home / name).write_text(f"{more}//npm.pkg.github.com/{name}/:_authToken={token}\n")
        result = run_logout(authority, paths=["~/a", "~/b"], ca_path=None)
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed", "failed"]
    assert [emulator.is_valid(token) for token in tokens] == [False, True]


def test_a_token_that_is_not_of_the_run_is_not_in_the_request(home: Path, authority: TestAuthority) -> None:
    from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

    emulator = start("github", authority)
    tokens = [emulator.issue("ghp_") for _number in range(3)]
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, *tokens)
        result = run_logout(authority, protected_fingerprints=[fingerprint(Secret(tokens[1]))])
    assert [item["revocation"] for item in result["credentials"]] == ["confirmed", "protected", "confirmed"]
    assert [emulator.is_valid(token) for token in tokens] == [False, True, False]


def test_a_limited_issuer_is_not_asked_for_each_token(home: Path, authority: TestAuthority) -> None:
    from tests.registry.emulators import Fault

    headers = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1893456000"))
    emulator = start("github", authority, Fault(limit=429, limit_headers=headers))
    tokens = [emulator.issue("ghp_") for _number in range(5)]
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, *tokens)
        result = run_logout(authority)
    assert [item["revocation"] for item in result["credentials"]] == ["failed"] * 5
    assert "2030-01-01T00:00:00Z" in result["msg"]
    assert [request.method for request in emulator.requests].count("POST") == 1


def test_issuer_api_forbids_the_other_host(home: Path, authority: TestAuthority) -> None:
    emulator = start("github", authority)
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, emulator.issue("ghp_"))
        (found,) = run_logout(authority, issuer_api=False)["credentials"]
        (told,) = run_info(authority, issuer_api=False)["credentials"]
    assert (found["revocation"], found["side_effects"], told["alive"]) == ("unsupported", [], None)
    assert [request for request in emulator.requests if "api." in request.headers["host"]] == []


def test_option_names_the_kind(home: Path, authority: TestAuthority) -> None:
    emulator = start("gitea", authority)
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, emulator.issue())
        (found,) = run_logout(authority, registry_kind="npm")["credentials"]
        assert found["revocation"] == "unsupported"
        (found,) = run_logout(authority, registry_kind="gitea")["credentials"]
        assert found["revocation"] == "confirmed"


@pytest.mark.parametrize(
    ("registry", "kind", "alive", "identity", "expires"),
    [
        pytest.param("gitlab", "personal", True, None, "2027-01-31T00:00:00Z", id="GitLab"),
        pytest.param("artifactory", "reference", True, "alice", "2030-01-01T00:00:00Z", id="Artifactory"),
        pytest.param("github", "ghp_", True, "alice", None, id="GitHub"),
        pytest.param("nexus", "token", True, "alice", None, id="Nexus"),
        pytest.param("gitea", "token", True, "alice", None, id="Gitea"),
        pytest.param("cnpmcore", "granular", True, "alice", "2027-03-01T00:00:00Z", id="cnpmcore"),
        pytest.param("buildkite", "access", True, None, None, id="Buildkite"),
        pytest.param("azure", "token", None, None, None, id="Azure"),
    ],
)
def test_probe(
    registry: str,
    kind: str,
    alive: bool | None,
    identity: str | None,
    expires: str | None,
    home: Path,
    authority: TestAuthority,
) -> None:
    emulator = start(registry, authority)
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, emulator.issue(kind))
        (found,) = run_info(authority)["credentials"]
    assert (found["registry_kind"], found["alive"], found["identity"], found["expires"]) == (
        registry,
        alive,
        identity,
        expires,
    )
    assert [request.method for request in emulator.requests if request.method != "GET"] == []


def test_findings_say_when_a_token_expires(home: Path, authority: TestAuthority) -> None:
    emulator = start("gitlab", authority)
    with emulator, use_names(emulator.ports):
        write_tokens(home, emulator, emulator.issue("personal", expires_at=None))
        assert "never_expires" in [item["rule"] for item in run_info(authority)["findings"]]


def test_password_is_left_by_hand_with_its_page(home: Path, authority: TestAuthority) -> None:
    (home / ".npmrc").write_text(
        "//npm.pkg.github.com/:username=al\n//npm.pkg.github.com/:_password=c2VjcmV0\n"
        "//gitlab.example.com/api/v4/packages/npm/:username=al\n"
        "//gitlab.example.com/api/v4/packages/npm/:_password=c2VjcmV0\n"
    )
    found = run_logout(authority, check_mode=True)["credentials"]
    assert [item["registry_kind"] for item in found] == ["github", "gitlab"]
    assert "https://github.com/settings/tokens" in found[0]["by_hand"]
    assert "Deploy tokens" in found[1]["by_hand"]
