# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the results for each credential at each registry in one table, which tests run and the documentation shows."""

from __future__ import annotations

import itertools
import ssl
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import (
    ConnectionOptions,
    DriverOptions,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import Verdict
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import RegistryClient, Trust
from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import revoke_token, say_unreachable
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from tests.registry.clock import SkippingClock
from tests.registry.emulators import EMULATORS, HEALTHY, Emulator, Fault
from tests.registry.names import TestAuthority, use_names

AUTOMATIC = DriverOptions()


@dataclass(frozen=True)
class Scenario:
    """One credential at one registry, with each possible behavior of the registry.

    :ivar registry: the emulator, and the kind that must be recognized.
    :ivar credential: its name in the documentation.
    :ivar token: the emulator's name for it.
    :ivar outcomes: the possible outcomes. Each must occur with at least one behavior.
    :ivar switches: fixed values of the emulator's switches. The others take every value that they have.
    :ivar state: the state of the token before the first request.
    :ivar stays_valid: the registry accepts the token afterwards.
    """

    registry: str
    credential: str
    token: str
    outcomes: tuple[str, ...]
    switches: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    state: str = "valid"
    stays_valid: bool = False
    fault: Fault = HEALTHY
    revoke: str = "confirmed"
    options: DriverOptions = AUTOMATIC
    says: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.registry}, {self.credential}"

    def list_ways(self) -> Iterator[dict[str, Any]]:
        """Yield all combinations of the switches."""
        switches = {**EMULATORS[self.registry].switches, **self.switches}
        for values in itertools.product(*switches.values()):
            yield dict(zip(switches, values, strict=True))


@dataclass(frozen=True)
class Played:
    """The result of a scenario with one behavior.

    :ivar sent: the requests, each as method, host and path, without the token.
    :ivar proof: the request that returned an identity before the revocation and a denial after it, or nothing.
    """

    verdict: Verdict
    sent: tuple[str, ...]
    complaints: tuple[str, ...]
    is_valid: bool
    heads: bytes


def start(name: str, authority: TestAuthority, fault: Fault = HEALTHY, **switches: Any) -> Emulator:
    kind = EMULATORS[name]
    return kind(_make_context(kind, authority), fault, **switches)


def _make_context(kind: type[Emulator], authority: TestAuthority) -> ssl.SSLContext:
    return authority.make_context(kind.names)


def make_client(emulator: Emulator, authority: TestAuthority, clock: Any, **options: Any) -> RegistryClient:
    settings = ConnectionOptions(ca_path=str(authority.ca_file), use_proxy=False, retries=0, timeout=60, **options)
    connection = Connection(options=settings, ca_path=str(authority.ca_file))
    return RegistryClient(parse_registry(emulator.url), connection, Trust(), clock)


def play(scenario: Scenario, way: Mapping[str, Any], authority: TestAuthority) -> Played:
    """Revoke the token at the registry under its real name."""
    clock: Any = SkippingClock()
    emulator = start(scenario.registry, authority, scenario.fault, **way)
    with emulator, use_names(emulator.ports):
        token = emulator.issue(scenario.token, state=scenario.state, **scenario.facts)
        if scenario.state == "unknown":
            emulator.tokens.clear()
        client = make_client(emulator, authority, clock)
        try:
            verdict = revoke_token(
                client,
                Secret(token),
                revoke=scenario.revoke,
                verify_timeout=10,
                clock=clock,
                options=scenario.options,
            )
        except NoAnswer as problem:
            verdict = say_unreachable(client.registry, str(problem), Secret(token), scenario.options)
        finally:
            client.close()
        return Played(
            verdict,
            tuple(
                name_request(request.method, request.headers.get("host", ""), request.path)
                for request in emulator.requests
            ),
            tuple(emulator.complaints),
            emulator.is_valid(token),
            b"\n".join(request.head + request.body for request in emulator.requests),
        )


def name_request(method: str, host: str, path: str) -> str:
    head, found, _token = path.partition("/-/user/token/")
    path = f"{head}{found}<token>" if found else path
    head, found, _key = path.partition("/-/npm/v1/tokens/token/")
    path = f"{head}{found}<key>" if found else path
    return f"{method} {host.partition(':')[0]}{path}"


_PERSONAL = "personal, project or group access token"

#: The scenarios in the documentation.
SCENARIOS: tuple[Scenario, ...] = (
    Scenario("npm", "granular access token", "granular", ("confirmed",)),
    Scenario("npm", "session token of npm login", "session", ("confirmed",)),
    Scenario(
        "npm",
        "granular access token that bypasses two-factor authentication",
        "bypass",
        ("confirmed",),
        {"bypass_may_log_out": (True,)},
    ),
    Scenario(
        "npm",
        "the same, if npm does not allow it to revoke tokens",
        "bypass",
        ("unsupported",),
        {"bypass_may_log_out": (False,)},
        stays_valid=True,
        says="two-factor",
    ),
    Scenario(
        "npm",
        "token whose revocation asks for a one-time password",
        "granular",
        ("failed",),
        state="otp",
        stays_valid=True,
        says="one-time password",
    ),
    Scenario(
        "npm",
        "token whose revocation asks for a login in a browser",
        "granular",
        ("failed",),
        state="web",
        stays_valid=True,
        says="web browser",
    ),
    Scenario(
        "npm",
        "token that is limited to other addresses",
        "granular",
        ("failed",),
        state="outside",
        stays_valid=True,
        says="403",
    ),
    Scenario(
        "verdaccio",
        "token created with npm token create, Verdaccio 6.7.3 and newer",
        "token",
        ("confirmed",),
        {"version": ("6.10", "9")},
    ),
    Scenario(
        "verdaccio",
        "token created with npm token create, older Verdaccio",
        "token",
        ("ineffective",),
        {"version": ("6.6", "5")},
        stays_valid=True,
    ),
    Scenario("verdaccio", "login token", "login", ("ineffective",), stays_valid=True),
    Scenario("verdaccio", "read-only token", "readonly", ("failed",), stays_valid=True, says="403"),
    Scenario(
        "artifactory", "identity or access token (JWT)", "jwt", ("confirmed",), {"version": ("7.111",), "me": (200,)}
    ),
    Scenario("artifactory", "reference token", "reference", ("confirmed",), {"version": ("7.111",), "me": (200,)}),
    Scenario(
        "artifactory",
        "access token without permission to read its own data",
        "jwt",
        ("accepted", "confirmed"),
        {"version": ("7.111",), "me": (403,)},
    ),
    Scenario(
        "artifactory",
        "access token (JWT), Artifactory before 7.53.1",
        "jwt",
        ("accepted", "confirmed"),
        {"version": ("7.50 unknown id", "7.50 missing")},
    ),
    Scenario(
        "artifactory",
        "reference token, Artifactory before 7.53.1",
        "reference",
        ("unsupported",),
        {"version": ("7.50 unknown id", "7.50 missing")},
        stays_valid=True,
    ),
    Scenario(
        "artifactory",
        "access token that expires too soon to be revocable",
        "short",
        ("failed",),
        {"version": ("7.111",)},
        stays_valid=True,
        says="cannot be revoked",
    ),
    Scenario("artifactory", "API key", "api key", ("accepted", "confirmed")),
    Scenario("gitlab", _PERSONAL, "personal", ("confirmed",), {"version": (18,)}),
    Scenario(
        "gitlab", f"{_PERSONAL}, with a custom prefix of the instance", "renamed", ("confirmed",), {"version": (18,)}
    ),
    Scenario("gitlab", f"{_PERSONAL}, GitLab 15.0 to 15.4", "personal", ("accepted",), {"version": (15.3,)}),
    Scenario(
        "gitlab", f"{_PERSONAL}, GitLab before 15.0", "personal", ("unsupported",), {"version": (14,)}, stays_valid=True
    ),
    Scenario(
        "gitlab",
        "personal access token that requires proof of possession (DPoP)",
        "personal",
        ("failed",),
        {"version": (18, 15.3)},
        state="dpop",
        stays_valid=True,
        says="DPoP",
    ),
    Scenario(
        "gitlab",
        "personal access token of a blocked user",
        "personal",
        ("failed",),
        {"version": (18, 15.3)},
        state="blocked",
        stays_valid=True,
        says="403",
    ),
    Scenario(
        "gitlab",
        "OAuth token",
        "oauth",
        ("unsupported",),
        {"version": (18, 15.3)},
        stays_valid=True,
        says="personal access token",
    ),
    Scenario("gitlab", "deploy token", "deploy", ("unsupported",), stays_valid=True, says="deploy token"),
    Scenario("gitlab", "job token", "job", ("unsupported",), stays_valid=True, says="job"),
    Scenario("github", "classic personal access token", "ghp_", ("confirmed",), {"sso": (False,)}),
    Scenario("github", "fine-grained personal access token", "github_pat_", ("confirmed",), {"sso": (False,)}),
    Scenario("github", "OAuth or app token", "gho_", ("confirmed",), {"sso": (False,)}),
    Scenario(
        "github",
        "personal access token of an organization with single sign-on",
        "ghp_",
        ("accepted",),
        {"sso": (True,)},
    ),
    Scenario("github", "GITHUB_TOKEN of a job", "ghs_", ("accepted",)),
    Scenario("github", "token in an older format", "other", ("unsupported",), stays_valid=True),
    Scenario(
        "github",
        "any token, with issuer_api: false",
        "ghp_",
        ("unsupported",),
        stays_valid=True,
        options=DriverOptions(issuer_api=False),
        says="issuer_api",
    ),
    Scenario("nexus", "npm token (NpmToken)", "token", ("confirmed",), {"may_delete": (True,), "whoami": ("real",)}),
    Scenario(
        "nexus", "npm token, Nexus before 3.23", "token", ("accepted",), {"may_delete": (True,), "whoami": ("missing",)}
    ),
    Scenario(
        "nexus",
        "npm token of a user without the privilege to delete it",
        "token",
        ("failed",),
        {"may_delete": (False,)},
        stays_valid=True,
        says="403",
    ),
    Scenario(
        "gitea", "personal access token, Gitea 1.27 and newer", "token", ("confirmed",), {"version": ("gitea 1.27",)}
    ),
    Scenario(
        "gitea",
        "personal access token, older Gitea, and Forgejo",
        "token",
        ("unsupported",),
        {"version": ("gitea 1.26", "forgejo 15")},
        stays_valid=True,
        says="1.27",
    ),
    Scenario("gitea", "job token", "job", ("unsupported",), {"version": ("gitea 1.27",)}, stays_valid=True),
    Scenario("cnpmcore", "login token", "login", ("confirmed",)),
    Scenario("cnpmcore", "read-only token", "readonly", ("confirmed",)),
    Scenario("cnpmcore", "automation token", "automation", ("confirmed",)),
    Scenario("cnpmcore", "granular access token", "granular", ("confirmed",)),
    Scenario("buildkite", "API access token", "access", ("confirmed",), {"denial": (401,)}),
    Scenario(
        "buildkite",
        "API access token, if the API responds with 404 to every revoked or unknown token",
        "access",
        ("accepted",),
        {"denial": (404,)},
    ),
    Scenario("buildkite", "registry token", "registry", ("unsupported",), stays_valid=True),
    Scenario(
        "buildkite",
        "any token, with issuer_api: false",
        "access",
        ("unsupported",),
        stays_valid=True,
        options=DriverOptions(issuer_api=False),
        says="issuer_api",
    ),
    Scenario("azure", "personal access token", "token", ("unsupported",), stays_valid=True),
    Scenario("codeartifact", "authorization token", "token", ("unsupported",), stays_valid=True, says="12 hours"),
    Scenario("google", "access token", "token", ("unsupported",), stays_valid=True, says="hour"),
    Scenario("cloudsmith", "API key or entitlement token", "token", ("unsupported",), stays_valid=True),
    Scenario(
        "pulp",
        "token, with registry_kind: pulp",
        "token",
        ("unsupported",),
        stays_valid=True,
        options=DriverOptions("pulp"),
    ),
)

#: The tokens whose revocation can be verified if the registry has no fault.
PROVABLE = tuple(item for item in SCENARIOS if item.outcomes == ("confirmed",))


def make_faulty(scenario: Scenario, fault: Fault) -> Scenario:
    return replace(scenario, fault=fault)
