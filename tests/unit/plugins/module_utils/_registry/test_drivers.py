# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Each driver against the emulator of its registry, under the registry's real name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import WouldAsk
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import REGISTRY_KINDS
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.client import RegistryClient
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Subject
from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import (
    AUTO,
    KINDS,
    foretell_kind,
    load_driver,
    name_kind,
    name_kind_of_answer,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.revoke import foretell_verdict, revoke_tokens
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms
from tests.registry.clock import SkippingClock
from tests.registry.emulators import EMULATORS, Emulator, Fault
from tests.registry.names import TestAuthority, use_names
from tests.registry.scenarios import PROVABLE, SCENARIOS, Played, Scenario, make_client, play, start


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> TestAuthority:
    return TestAuthority(tmp_path_factory.mktemp("authority"))


def play_all(scenario: Scenario, authority: TestAuthority) -> Iterator[tuple[dict[str, Any], Played]]:
    for way in scenario.list_ways():
        yield way, play(scenario, way, authority)


# The result of each credential ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", [pytest.param(item, id=item.name) for item in SCENARIOS])
def test_outcome(scenario: Scenario, authority: TestAuthority) -> None:
    """Right under each way in which the registry can be, and with no request that its documentation does not have."""
    seen: set[str] = set()
    for way, played in play_all(scenario, authority):
        verdict = played.verdict
        assert verdict.outcome in scenario.outcomes, (way, verdict, played.sent)
        assert played.complaints == (), (way, played.complaints)
        assert played.is_valid is scenario.stays_valid, (way, verdict)
        assert verdict.kind == scenario.registry
        assert scenario.says in f"{verdict.detail} {verdict.by_hand}"
        assert (verdict.by_hand is None) == (verdict.outcome in ("confirmed", "already_invalid"))
        assert bool(verdict.side_effects) <= (verdict.outcome in ("confirmed", "accepted", "ineffective"))
        seen.add(verdict.outcome)
    assert seen == set(scenario.outcomes)


@pytest.mark.parametrize("scenario", [pytest.param(item, id=item.name) for item in SCENARIOS])
def test_check_mode_foretells_what_no_request_can_change(scenario: Scenario, authority: TestAuthority) -> None:
    """The forecast takes no request, and promises nothing for a token that the registry cannot revoke."""
    for way, played in play_all(scenario, authority):
        emulator = start(scenario.registry, authority, scenario.fault, **way)
        token = Secret(emulator.issue(scenario.token, state=scenario.state, **scenario.facts))
        options = scenario.options
        try:
            told = foretell_verdict(parse_registry(emulator.url), token, revoke=scenario.revoke, options=options)
        except WouldAsk:
            assert played.sent, way
            continue
        assert {request.partition(" ")[0] for request in played.sent} <= {"GET"}, (way, played.sent)
        assert told.outcome == "unsupported"
        if played.verdict.outcome == "unsupported":
            assert told._replace(expires=None) == played.verdict._replace(expires=None), way
        else:
            assert played.verdict.outcome in ("already_invalid", "failed"), (way, played.verdict)


def _prepare(scenario: Scenario, **changes: Any) -> Any:
    return pytest.param(replace(scenario, **changes), id=scenario.name)


@pytest.mark.parametrize("scenario", [_prepare(item, fault=Fault(lies=True)) for item in PROVABLE])
def test_a_registry_that_lies_is_not_believed(scenario: Scenario, authority: TestAuthority) -> None:
    for way, played in play_all(scenario, authority):
        # Where the operator documents a delay, nobody can tell it from a lie.
        assert played.verdict.outcome in ("ineffective", "accepted"), (way, played.verdict)
        lag = load_driver(scenario.registry).get_lag(Subject(parse_registry(_url_of(scenario)), Secret("x")))
        assert (played.verdict.outcome == "accepted") == bool(lag)
        assert played.is_valid


@pytest.mark.parametrize("scenario", [_prepare(item, fault=Fault(lag=2)) for item in PROVABLE])
def test_a_registry_that_lags_is_waited_for(scenario: Scenario, authority: TestAuthority) -> None:
    for way, played in play_all(scenario, authority):
        assert played.verdict.outcome == "confirmed", (way, played.verdict)
        assert not played.is_valid


@pytest.mark.parametrize("scenario", [_prepare(item, fault=Fault(lag=10000)) for item in PROVABLE])
def test_a_registry_that_lags_for_longer_proves_nothing(scenario: Scenario, authority: TestAuthority) -> None:
    for way, played in play_all(scenario, authority):
        assert played.verdict.outcome in ("ineffective", "accepted"), (way, played.verdict)


@pytest.mark.parametrize("status", [403, 429])
@pytest.mark.parametrize("scenario", [_prepare(item) for item in PROVABLE])
def test_a_registry_that_limits_requests_fails_with_the_time(
    scenario: Scenario, status: int, authority: TestAuthority
) -> None:
    headers = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1893456000"))
    limited = replace(scenario, fault=Fault(limit=status, limit_headers=headers))
    for way, played in play_all(limited, authority):
        assert played.verdict.outcome == "failed", (way, played.verdict)
        assert "2030-01-01T00:00:00Z" in played.verdict.detail
        assert played.is_valid


@pytest.mark.parametrize("scenario", [_prepare(item, fault=Fault(html=True)) for item in PROVABLE])
def test_a_page_proves_nothing(scenario: Scenario, authority: TestAuthority) -> None:
    for way, played in play_all(scenario, authority):
        assert played.verdict.outcome in ("failed", "unsupported"), (way, played.verdict)
        assert played.is_valid


@pytest.mark.parametrize("scenario", [_prepare(item, state="unknown") for item in PROVABLE])
def test_a_token_of_somebody_else_is_not_confirmed(scenario: Scenario, authority: TestAuthority) -> None:
    """The registry has never issued it, or for another instance."""
    for way, played in play_all(scenario, authority):
        assert played.verdict.outcome in ("already_invalid", "unsupported", "failed"), (way, played.verdict)
        assert not [request for request in played.sent if request.startswith("DELETE")] or (
            played.verdict.outcome != "already_invalid"
        )


@pytest.mark.parametrize("state", ["revoked", "expired"])
@pytest.mark.parametrize("scenario", [_prepare(item) for item in PROVABLE if item.credential != "API access token"])
def test_a_token_that_is_not_valid_needs_no_revocation(
    scenario: Scenario, state: str, authority: TestAuthority
) -> None:
    for way, played in play_all(replace(scenario, state=state), authority):
        if way.get("denial") == 404:
            # Gitea that does not find it: nothing was known of it before.
            assert played.verdict.outcome in ("already_invalid", "unsupported", "failed")
            continue
        # Verdaccio says 403 to a revoked token: where nothing was known of it before, that proves nothing.
        expected = "failed" if scenario.registry == "verdaccio" else "already_invalid"
        assert played.verdict.outcome == expected, (way, played.verdict)
        assert scenario.registry == "verdaccio" or all(request.startswith("GET ") for request in played.sent)


@pytest.mark.parametrize(
    "scenario", [_prepare(item, fault=Fault(echoes=True)) for item in SCENARIOS if item.registry != "github"]
)
def test_an_error_that_repeats_the_token_is_not_repeated(scenario: Scenario, authority: TestAuthority) -> None:
    for state in (scenario.state, "revoked"):
        for _way, played in play_all(replace(scenario, state=state), authority):
            shown = repr(played.verdict)
            tokens = {head for head in played.heads.decode("latin-1").split() if len(head) > 30}
            assert not [form for token in tokens for form in list_forms(Secret(token)) if form in shown]


@pytest.mark.parametrize(
    "scenario", [_prepare(item, revoke="accepted") for item in SCENARIOS if item.outcomes == ("confirmed",)]
)
def test_without_a_proof_nothing_but_the_revocation_is_sent(scenario: Scenario, authority: TestAuthority) -> None:
    for way, played in play_all(scenario, authority):
        if scenario.registry == "verdaccio":
            continue  # its logout says yes and does nothing, which is what this choice believes
        assert played.verdict.outcome == "accepted", (way, played.verdict)
        assert not played.is_valid
        assert not [request for request in played.sent if request.startswith("GET")]


# When a token expires ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("registry", "token", "facts", "expires"),
    [
        pytest.param("gitlab", "personal", {"expires_at": "2027-01-31"}, "2027-01-31T00:00:00Z", id="GitLab says it"),
        pytest.param("gitlab", "personal", {"expires_at": None}, "never", id="GitLab has no end for it"),
        pytest.param("cnpmcore", "granular", {}, "2027-03-01T00:00:00Z", id="cnpmcore says it"),
        pytest.param("cnpmcore", "login", {}, None, id="cnpmcore does not say it"),
        pytest.param("artifactory", "reference", {}, "2030-01-01T00:00:00Z", id="JFrog's reference token says it"),
        pytest.param("artifactory", "reference without expiry", {}, "never", id="JFrog's reference token has no end"),
        pytest.param("artifactory", "jwt without expiry", {}, "never", id="JFrog's JWT has no end"),
        pytest.param("github", "ghp_", {}, None, id="GitHub does not say it"),
    ],
)
def test_expiry(
    registry: str, token: str, facts: dict[str, Any], expires: str | None, authority: TestAuthority
) -> None:
    scenario = Scenario(registry, "token", token, ("confirmed",), facts=facts)
    played = play(scenario, next(iter(scenario.list_ways())), authority)
    assert (played.verdict.outcome, played.verdict.expires) == ("confirmed", expires)


# Where a token goes --------------------------------------------------------------------------------------------------


def _url_of(scenario: Scenario) -> str:
    kind = EMULATORS[scenario.registry]
    return f"https://{kind.names[0]}{kind.path}"


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("https://npm.pkg.github.com.example/", id="longer name"),
        pytest.param("https://npm-pkg.github.com/", id="alike"),
        pytest.param("https://example.npm.pkg.github.com/", id="below it"),
        pytest.param("https://npm.pkg.github.com:8443/", id="another port"),
        pytest.param("https://github.example/npm.pkg.github.com/", id="in the path"),
        pytest.param("https://npm.company.ghe.com/", id="data residency"),
        pytest.param("https://github.example/_registry/npm/", id="server, by its path"),
        pytest.param("https://xpackages.buildkite.com/", id="Buildkite, longer name"),
        pytest.param("https://packages.buildkite.com.example/", id="Buildkite, alike"),
    ],
)
@pytest.mark.parametrize("kind", ["auto", "github", "buildkite"])
def test_no_other_host_gets_an_issuer(url: str, kind: str) -> None:
    """Whatever the option says: only the whole name of the operator's host leads to the operator's API."""
    registry = parse_registry(url)
    driver = load_driver(name_kind(registry, kind) or "npm")
    for token in ("ghp_" + 36 * "x", "ghs_" + 36 * "x", "bkua_" + 40 * "x"):
        subject = Subject(registry, Secret(token))
        requests = [question.request for question in driver.list_questions(subject)]
        requests += [way.request for way in driver.list_ways(subject) if way.request]
        assert not [request for request in requests if request.at_issuer]
        assert driver.make_batch([subject]) is None


class Stranger(Emulator):
    """Says of itself whatever it likes."""

    names = ("npm.example.com",)

    def answer_unknown(self, call: Any) -> Any:
        from tests.registry.behaviour import make_json

        return make_json(404, {"error": "not_found"})


HEADERS = (
    ("X-Nothing", "x"),
    ("X-Artifactory-Id", "x"),
    ("X-Gitlab-Meta", "x"),
    ("X-GitHub-Enterprise-Version", "3.19"),
    ("Server", "Nexus/3"),
    ("X-Powered-By", "verdaccio/6"),
)
TOKENS = ("ghp_" + 36 * "x", "glpat-" + 20 * "x", "AKCp" + 69 * "x", "bkua_" + 40 * "x")


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/", id="at the root"),
        pytest.param("/artifactory/api/npm/npm-local/", id="like Artifactory"),
        pytest.param("/api/v4/projects/7/packages/npm/", id="like GitLab"),
        pytest.param("/api/packages/alice/npm/", id="like Gitea"),
        pytest.param("/repository/npm/", id="like Nexus"),
        pytest.param("/_registry/npm/", id="like GitHub's server"),
        pytest.param("/org/_packaging/feed/npm/registry/", id="like Azure"),
        pytest.param("//gitlab.example.com/api/v4/packages/npm/", id="a host in the path"),
        pytest.param("//artifactory.example.com/artifactory/api/npm/npm/", id="Artifactory's host in the path"),
    ],
)
def test_an_imitation_gets_requests_at_its_own_origin_alone(path: str, authority: TestAuthority) -> None:
    """The names of the real ones lead to emulators that count their requests: none comes."""
    stranger = Stranger(authority.make_context(Stranger.names))
    others = [start(name, authority) for name in ("github", "buildkite", "gitlab", "artifactory")]
    for server in (stranger, *others):
        server.start()
    clock: Any = SkippingClock()
    try:
        with use_names({name: port for server in (stranger, *others) for name, port in server.ports.items()}):
            client = make_client(stranger, authority, clock)
            client.registry = client.registry._replace(path=path)
            for header in HEADERS:
                stranger.headers = (header,)  # type: ignore[misc]
                found = revoke_tokens(
                    client, [Secret(token) for token in TOKENS], revoke="confirmed", verify_timeout=0, clock=clock
                )
                assert {verdict.outcome for verdict in found} <= {"unsupported", "failed"}
            client.close()
    finally:
        for server in (stranger, *others):
            server.stop()
    assert [request for server in others for request in server.requests] == []


def test_no_answer_leads_an_issuer_elsewhere(authority: TestAuthority) -> None:
    """A redirect of the issuer to another host is not followed."""
    from tests.registry.behaviour import Reply

    emulator = start("github", authority)
    stranger = Stranger(authority.make_context(Stranger.names))
    token = emulator.issue("ghp_")
    with emulator, stranger, use_names({**emulator.ports, **stranger.ports}):
        emulator.decide = lambda request: Reply(307, headers=(("Location", f"{stranger.url[:-1]}{request.path}"),))  # type: ignore[method-assign]
        client = make_client(emulator, authority, SkippingClock())
        with pytest.raises(Exception, match="redirects to another origin"):
            revoke_tokens(client, [Secret(token)], revoke="confirmed", verify_timeout=0)
        client.close()
        assert stranger.requests == ()


def test_an_issuer_is_validated_whatever_an_account_says(tmp_path: Path, authority: TestAuthority) -> None:
    """strict-ssl=false of a file does not let somebody else answer in the name of the API."""
    emulator = start("github", authority)
    token = emulator.issue("ghp_")
    with emulator, use_names(emulator.ports):
        client = make_client(emulator, TestAuthority(tmp_path), SkippingClock())
        loose = client._connection._replace(validate=False)
        other = RegistryClient(client.registry, loose, client._trust)
        assert other.ask("GET", "-/whoami", Secret("x"), 1e12).status == 404
        with pytest.raises(Exception, match="TLS certificate"):
            revoke_tokens(other, [Secret(token)], revoke="confirmed", verify_timeout=0)
        client.close()
        other.close()
    assert not [request for request in emulator.requests if token in request.head.decode()]


# Many tokens at once -------------------------------------------------------------------------------------------------


def test_many_tokens_take_one_request(authority: TestAuthority) -> None:
    emulator = start("github", authority)
    tokens = [Secret(emulator.issue("ghp_")) for _number in range(30)]
    dead = Secret(emulator.issue("ghp_", state="revoked"))
    job = Secret(emulator.issue("ghs_"))
    with emulator, use_names(emulator.ports):
        clock: Any = SkippingClock()
        client = make_client(emulator, authority, clock)
        verdicts = revoke_tokens(client, [*tokens, dead, job], revoke="confirmed", verify_timeout=10, clock=clock)
        client.close()
    assert [verdict.outcome for verdict in verdicts] == ["confirmed"] * 30 + ["already_invalid", "accepted"]
    posts = [request for request in emulator.requests if request.method == "POST"]
    assert len(posts) == 1
    assert dead.reveal().encode() not in posts[0].body
    assert emulator.complaints == []


def test_no_more_than_a_thousand_tokens_are_in_a_request(authority: TestAuthority) -> None:
    emulator = start("github", authority)
    tokens = [Secret(emulator.issue("ghp_")) for _number in range(1001)]
    with emulator, use_names(emulator.ports):
        client = make_client(emulator, authority, SkippingClock())
        verdicts = revoke_tokens(client, tokens, revoke="accepted", verify_timeout=0)
        client.close()
    assert {verdict.outcome for verdict in verdicts} == {"accepted"}
    assert [request.status for request in emulator.requests] == [202, 202]
    assert len(emulator.revoked) == 1001


def test_a_refused_request_for_many_fails_for_each(authority: TestAuthority) -> None:
    headers = (("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "1893456000"))
    emulator = start("github", authority, Fault(limit=403, limit_headers=headers))
    tokens = [Secret(emulator.issue("ghp_")) for _number in range(3)]
    with emulator, use_names(emulator.ports):
        client = make_client(emulator, authority, SkippingClock())
        verdicts = revoke_tokens(client, tokens, revoke="confirmed", verify_timeout=0)
        client.close()
    assert {verdict.outcome for verdict in verdicts} == {"failed"}
    assert all("2030-01-01T00:00:00Z" in verdict.detail for verdict in verdicts)


# How a kind is recognised --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [name for name in EMULATORS if name not in ("verdaccio", "cnpmcore", "pulp")])
def test_recognised_by_url(name: str) -> None:
    kind = EMULATORS[name]
    assert name_kind(parse_registry(f"https://{kind.names[0]}{kind.path}")) == name


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        pytest.param("https://gitlab.example/api/v4/groups/9/-/packages/npm/", "gitlab", id="GitLab, group"),
        pytest.param("https://h.example/git/api/v4/packages/npm/", "gitlab", id="GitLab below a path"),
        pytest.param("https://h.example/api/npm/npm/", "artifactory", id="Artifactory at a host of its own"),
        pytest.param("https://example.jfrog.io/artifactory/api/npm/npm/", "artifactory", id="JFrog's cloud"),
        pytest.param("https://h.example/nexus/repository/npm/", "nexus", id="Nexus below a path"),
        pytest.param("https://example.pkgs.visualstudio.com/_packaging/f/npm/registry/", "azure", id="Azure, old name"),
        pytest.param("https://h.example/_registry/npm/", "github", id="GitHub's server"),
        pytest.param("https://npm.example.com/", None, id="any other"),
        pytest.param("https://api.npm.example.com/", None, id="a host that sounds like one"),
        pytest.param("https://pkgs.dev.azure.com.example/", None, id="a longer name"),
        pytest.param("https://x.d.codeartifact.eu.amazonaws.com.example/npm/x/", None, id="a longer name of AWS"),
    ],
)
def test_recognised_by_other_urls(url: str, kind: str | None) -> None:
    assert name_kind(parse_registry(url)) == kind


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        pytest.param({"server": "Nexus/3.77.1-01 (OSS)"}, "nexus", id="Nexus"),
        pytest.param({"x-artifactory-id": "1:2"}, "artifactory", id="Artifactory"),
        pytest.param({"x-powered-by": "hidden"}, "verdaccio", id="Verdaccio"),
        pytest.param({"x-powered-by": "verdaccio/5.33.0"}, "verdaccio", id="older Verdaccio"),
        pytest.param({"x-powered-by": "Express"}, None, id="anything"),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_recognised_by_headers(header: dict[str, str], kind: str | None) -> None:
    assert name_kind_of_answer(header) == kind


@pytest.mark.parametrize(
    ("url", "token", "setting", "kind"),
    [
        pytest.param("https://npm.example.com/", "glpat-" + 20 * "x", AUTO, "gitlab", id="by the token"),
        pytest.param("https://npm.example.com/", "npm_" + 36 * "x", AUTO, "npm", id="by nothing"),
        pytest.param("https://npm.example.com/", "x", "nexus", "nexus", id="by the option"),
        pytest.param(
            "https://h.example/repository/npm/", "x", "verdaccio", "verdaccio", id="by the option, not the path"
        ),
        pytest.param(PUBLIC_REGISTRY, "glpat-x", "gitlab", "npm", id="a host that only its operator can have"),
        pytest.param("https://npm.pkg.github.com/", "x", "npm", "github", id="another one"),
    ],
)
def test_prediction(url: str, token: str, setting: str, kind: str) -> None:
    assert foretell_kind(parse_registry(url), Secret(token), setting) == kind


def test_registry_behind_a_name_of_its_own_is_recognised_by_its_answers(authority: TestAuthority) -> None:
    """Artifactory behind a proxy that hides its path: its header tells, its API is at the same origin."""
    emulator = start("artifactory", authority)
    token = emulator.issue("jwt")
    with emulator, use_names(emulator.ports):
        client = make_client(emulator, authority, SkippingClock())
        client.registry = client.registry._replace(path="/")
        (verdict,) = revoke_tokens(client, [Secret(token)], revoke="confirmed", verify_timeout=0)
        client.close()
    assert (verdict.outcome, verdict.kind) == ("confirmed", "artifactory")


def test_option_has_the_names_of_all_drivers() -> None:
    assert (AUTO, *KINDS) == REGISTRY_KINDS
    assert set(EMULATORS) == set(KINDS)
    for name in KINDS:
        assert load_driver(name).name == name


@pytest.mark.parametrize("name", KINDS)
def test_each_driver_says_what_is_left_by_hand(name: str) -> None:
    registry = parse_registry(f"https://{EMULATORS[name].names[0]}{EMULATORS[name].path}")
    driver = load_driver(name)
    for text in ("x", "ghp_x", "ghs_x", "gldt-x", "glcbt-x", "AKCpx"):
        subject = Subject(registry, Secret(text))
        assert not driver.advise_on_token(subject).endswith(".")
        assert driver.explain_unsupported(subject).endswith(".")
        assert all(sentence.endswith(".") for sentence in driver.list_side_effects(subject))
    assert not driver.advise_on_token(None).endswith(".")
    assert driver.advise_on_password(registry).endswith(".")
