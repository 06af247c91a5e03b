# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""npm_logout does very much in reasonable time, each thing once, and goes on where something is broken."""

from __future__ import annotations

import contextlib
import functools
import os
import pwd
import socket
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import trustme

from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import MOST_BYTES
from tests.hostile.accounts import PASSWD, PREFIX, Person, many_accounts
from tests.hostile.run_module import ModuleRun, run_module
from tests.hostile.scenario import stretch
from tests.hostile.servers import Mute, RawRegistry, answer_json, keep_saying, say_and_wait
from tests.integration.play import Runner, log_out
from tests.registry import Behaviour, make_token

pytestmark = pytest.mark.timeout(900)

# Who is it, end it, who is it now?
REQUESTS_PER_TOKEN = 3
ALL: dict[str, Any] = {"all_registries": True, "verify_timeout": 1, "timeout": 20}


@dataclass
class Login:
    """What a store needs to be logged in to a registry with many tokens."""

    url: str
    tokens: list[str]

    @property
    def link(self) -> str:
        return f"@s{self.url.rpartition(':')[2].strip('/')}:registry={self.url}\n"

    @property
    def lines(self) -> list[str]:
        """npm takes the last of a name; here each is as secret as the other."""
        return [f"{self.url.partition(':')[2]}:_authToken={token}\n" for token in self.tokens]


@dataclass
class Place:
    """A registry, and the tokens that it has given out."""

    registry: RawRegistry
    login: Login

    def count_valid(self) -> int:
        return sum(self.registry.is_valid(token) for token in self.login.tokens)


def open_place(registry: RawRegistry, tokens: int) -> Place:
    return Place(registry, Login(registry.url, [registry.create_token(f"user{number}") for number in range(tokens)]))


@contextlib.contextmanager
def open_places(count: int, tokens: int) -> Iterator[list[Place]]:
    """So many registries, each of which has given out so many tokens."""
    with contextlib.ExitStack() as stack:
        yield [open_place(stack.enter_context(RawRegistry()), tokens) for _number in range(count)]


def write_store(home: Path, logins: Sequence[Login]) -> Path:
    """A store that is logged in everywhere, the registries' lines mixed."""
    store = home / ".npmrc"
    rows = zip(*([login.link, *login.lines] for login in logins), strict=True)
    store.write_text("; the first line\n" + "".join(line for row in rows for line in row))
    return store


def what_is_left(logins: Sequence[Login], still: Sequence[Login] = ()) -> str:
    """The store behind a run: the links of scopes stay, and all else that is no credential."""
    return "; the first line\n" + "".join(
        [login.link for login in logins] + [each for login in still for each in login.lines]
    )


def count_outcomes(run: ModuleRun) -> Counter[str]:
    return Counter(run.outcomes)


def check_cost(run: ModuleRun, limit: float, most_bytes: int = 100 << 20) -> None:
    assert run.stderr == ""
    assert run.seconds < stretch(limit), f"it took {run.seconds:.1f} s"
    assert 0 < run.peak_bytes < most_bytes, f"it took {run.peak_bytes >> 20} MiB"


# Credentials and registries -------------------------------------------------------------------------------------------


def test_two_thousand_credentials_over_fifty_registries(tmp_path: Path) -> None:
    with open_places(50, 40) as places:
        logins = [place.login for place in places]
        store = write_store(tmp_path, logins)
        run = run_module(ALL, home=tmp_path)
        assert not run.failed, run.msg
        assert count_outcomes(run) == {"confirmed": 2000}
        assert "2000 credentials removed, 2000 tokens revoked" in run.msg
        check_cost(run, 45)
        assert [place.count_valid() for place in places] == [0] * 50
        # One connection each, and nothing asked twice.
        assert [place.registry.connections for place in places] == [1] * 50
        assert [len(place.registry.requests) for place in places] == [40 * REQUESTS_PER_TOKEN] * 50
        assert store.read_text() == what_is_left(logins)
        again = run_module(ALL, home=tmp_path)
        assert (again.failed, again.result["changed"], again.outcomes) == (False, False, [])
        assert [place.registry.connections for place in places] == [1] * 50
        shown = {form for login in logins for token in login.tokens for form in (token[:12], token[-12:])}
        assert not [form for form in shown if form in run.stdout + again.stdout]


def test_a_token_that_is_there_a_thousand_times_is_revoked_once(tmp_path: Path) -> None:
    with open_places(1, 1) as (place,):
        store = tmp_path / ".npmrc"
        store.write_text(place.login.link + place.login.lines[0] * 1000)
        run = run_module(ALL, home=tmp_path)
        assert count_outcomes(run) == {"confirmed": 1000}
        assert "1000 credentials removed, 1 token revoked" in run.msg
        check_cost(run, 15)
        assert len(place.registry.requests) == REQUESTS_PER_TOKEN
        assert store.read_text() == place.login.link


def test_one_credential_among_thousands_of_lines(tmp_path: Path) -> None:
    with open_places(1, 1) as (place,):
        rest = "".join(f"setting-{number} = ${{HOME}} {number}\n; comment {number}\n" for number in range(2000))
        store = tmp_path / ".npmrc"
        store.write_text(f"{place.login.link}{rest}{place.login.lines[0]}{rest}")
        run = run_module(ALL, home=tmp_path)
        assert run.outcomes == ["confirmed"], run.result
        check_cost(run, 10)
        assert store.read_text() == f"{place.login.link}{rest}{rest}"


UNITS = [
    pytest.param("//npm.example.com/:_authToken={}\n", id="tokens of one registry"),
    pytest.param("//npm{}.example.com/:_auth=YWxpY2U6czNjcmV0LXBhc3N3b3Jk\n", id="logins"),
    pytest.param("@s{}:registry=https://npm{}.example.com/\n", id="links"),
]


@pytest.mark.parametrize("unit", UNITS)
def test_store_that_is_full(tmp_path: Path, unit: str) -> None:
    """Whoever owns a home can fill it with as much as a store may hold: that takes neither memory nor long."""
    count = MOST_BYTES // len(unit.format(*2 * [f"{0:036d}"]))
    store = tmp_path / ".npmrc"
    store.write_text("".join(unit.format(*2 * [f"{number:036d}"]) for number in range(count)))
    run = run_module({**ALL, "revoke": "never"}, home=tmp_path)
    assert not run.failed, run.msg
    check_cost(run, 20)
    assert len(run.outcomes) == (0 if "@s" in unit else count)


# Broken registries ----------------------------------------------------------------------------------------------------


def test_one_registry_down_among_ten(tmp_path: Path) -> None:
    """The others are done, the run fails at its end and tells all of it, and the second run does only the rest."""
    with open_places(10, 4) as places:
        logins = [place.login for place in places]
        store = write_store(tmp_path, logins)
        down, others = places[3], [*places[:3], *places[4:]]
        down.registry.stop()
        first = run_module({**ALL, "retries": 1}, home=tmp_path)
        assert (first.failed, first.result["changed"], first.result["revoked"]) == (True, True, True)
        check_told(first.result, down, others)
        check_cost(first, 15)
        assert store.read_text() == what_is_left(logins, [down.login])
        assert sum(place.count_valid() for place in others) == 0
        assert [len(place.registry.requests) for place in others] == [4 * REQUESTS_PER_TOKEN] * 9

        second = run_module({**ALL, "retries": 1}, home=tmp_path)
        assert (second.failed, second.result["changed"]) == (True, False)
        assert count_outcomes(second) == {"failed": 4}
        check_cost(second, 10)

        with RawRegistry(port=down.registry.port) as revived:
            for token in down.login.tokens:
                revived.create_token("alice", token)
            third = run_module(ALL, home=tmp_path)
            assert not third.failed, third.msg
            assert count_outcomes(third) == {"confirmed": 4}
            assert len(revived.requests) == 4 * REQUESTS_PER_TOKEN
            assert revived.connections == 1
        assert store.read_text() == what_is_left(logins)
        assert [len(place.registry.requests) for place in others] == [4 * REQUESTS_PER_TOKEN] * 9


def test_playbook_with_one_registry_down_among_ten(tmp_path: Path) -> None:
    """The same with a real ansible-playbook. Its second task finds the registry still down, its last one does not."""
    runner, options = Runner(tmp_path), {**ALL, "retries": 0}
    with open_places(10, 4) as places:
        logins = [place.login for place in places]
        store = write_store(tmp_path, logins)
        down, others = places[3], [*places[:3], *places[4:]]
        down.registry.stop()
        run = runner.run(log_out("first", options), log_out("second", options))
        assert (run["first"]["failed"], run["second"]["failed"]) == (True, True)
        assert (run["first"]["changed"], run["second"]["changed"]) == (True, False)
        check_told(run["first"], down, others)
        check_told(run["second"], down, [])
        with RawRegistry(port=down.registry.port) as revived:
            for token in down.login.tokens:
                revived.create_token("alice", token)
            third = runner.run(log_out("third", options))["third"]
            assert not third["failed"], third["msg"]
            assert not [token for token in down.login.tokens if revived.is_valid(token)]
        assert store.read_text() == what_is_left(logins)
        assert [len(place.registry.requests) for place in others] == [4 * REQUESTS_PER_TOKEN] * 9


def check_told(result: Mapping[str, Any], down: Place, others: Sequence[Place]) -> None:
    told: dict[str, Counter[tuple[str, bool]]] = {}
    for item in result["credentials"]:
        told.setdefault(item["registry"], Counter())[item["revocation"], item["removed"]] += 1
    assert told.pop(down.registry.url) == {("failed", False): 4}
    assert told == {place.registry.url: {("confirmed", True): 4} for place in others}
    assert "connection refused" in result["msg"]
    assert result["files"][0]["remaining"] == [down.registry.url]


@contextlib.contextmanager
def refusing() -> Iterator[str]:
    """Nobody listens, and nobody else is given the port."""
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{holder.getsockname()[1]}/"


@contextlib.contextmanager
def silent() -> Iterator[str]:
    """Who listens does not say a word."""
    with Mute() as server:
        yield f"{server.origin}/"


@contextlib.contextmanager
def hanging(endpoint: str) -> Iterator[str]:
    """One question is never answered."""
    scripts = {"whoami": keep_saying(answer_json({"username": "alice"})), endpoint: say_and_wait(b"")}
    with RawRegistry(scripts, behaviour=Behaviour(list="missing")) as registry:
        yield registry.url


DEAD = [
    pytest.param(refusing, id="nobody listens"),
    pytest.param(silent, id="nobody answers"),
    pytest.param(functools.partial(hanging, "whoami"), id="nobody says who it is"),
    pytest.param(functools.partial(hanging, "logout"), id="nobody answers the request to end it"),
]


@pytest.mark.parametrize("dead", DEAD)
def test_unreachable_registry_with_forty_tokens(
    tmp_path: Path, dead: Callable[[], contextlib.AbstractContextManager[str]]
) -> None:
    """Forty tokens must not cost forty timeouts, and another registry is done all the same."""
    with dead() as url, open_places(1, 40) as (alive,):
        logins = [Login(url, [make_token() for _number in range(40)]), alive.login]
        store = write_store(tmp_path, logins)
        run = run_module({**ALL, "timeout": 2, "retries": 1}, home=tmp_path)
        assert run.failed
        assert count_outcomes(run) == {"confirmed": 40, "failed": 40}
        check_cost(run, 20)
        assert store.read_text() == what_is_left(logins, logins[:1])


# Accounts -------------------------------------------------------------------------------------------------------------

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="acting as other accounts takes root")


@as_root
def test_five_hundred_accounts_in_one_task() -> None:
    """Each has a token of its own, but for a hundred that share one; fifty have no store, and ten are not there."""
    with many_accounts(500) as people, RawRegistry() as registry:
        shared = registry.create_token("everybody")
        key = registry.url.partition(":")[2]
        for number, person in enumerate(people[:450]):
            token = shared if number < 100 else registry.create_token(person.name)
            person.write(person.store, f"registry={registry.url}\n{key}:_authToken={token}\n; {person.name}\n".encode())
        users = [person.name for person in people] + [f"{PREFIX}absent{number}" for number in range(10)]
        run = run_module({"users": users, "verify_timeout": 1, "timeout": 20}, home=Path("/root"))
        assert not run.failed, run.msg
        assert count_outcomes(run) == {"confirmed": 450}
        assert len(run.result["absent_users"]) == 10
        assert len(run.result["files"]) == 450
        assert "450 credentials removed, 351 tokens revoked" in run.msg
        check_cost(run, 30)
        assert registry.connections == 1
        assert len(registry.requests) == 351 * REQUESTS_PER_TOKEN
        for person in people[:450]:
            check_store(person, f"registry={registry.url}\n; {person.name}\n")
        again = run_module({"users": users}, home=Path("/root"))
        assert (again.failed, again.result["changed"]) == (False, False)
        assert len(registry.requests) == 351 * REQUESTS_PER_TOKEN


def check_store(person: Person, text: str) -> None:
    path = person.home / ".npmrc"
    status = path.stat()
    assert path.read_text(encoding="utf-8") == text
    assert (status.st_uid, status.st_gid, status.st_mode & 0o777) == (person.uid, person.uid, 0o600)
    assert [each.name for each in person.home.iterdir()] == [".npmrc"]


@as_root
def test_some_accounts_cannot_be_done_and_the_others_are() -> None:
    with many_accounts(30) as people, RawRegistry() as registry:
        key = registry.url.partition(":")[2]
        for person in people:
            token = registry.create_token(person.name)
            person.write(person.store, f"registry={registry.url}\n{key}:_authToken={token}\n".encode())
        for person in people[:3]:
            (person.home / ".npmrc").unlink()
            (person.home / ".npmrc").mkdir()
        for person in people[3:6]:
            person.home.chmod(0)
        users = [person.name for person in people]
        first = run_module({"users": users}, home=Path("/root"))
        assert (first.failed, first.result["changed"]) == (True, True)
        assert count_outcomes(first) == {"confirmed": 24}
        assert "it is a directory" in first.msg
        asked = len(registry.requests)
        for person in people[3:6]:
            person.home.chmod(0o700)
        second = run_module({"users": users}, home=Path("/root"))
        assert second.failed
        assert count_outcomes(second) == {"confirmed": 3}
        assert len(registry.requests) == asked + 3 * REQUESTS_PER_TOKEN


@as_root
def test_unreachable_registry_of_forty_accounts(tmp_path: Path) -> None:
    """Each names the authority that the whole company trusts, which makes no registry of its own for each of them."""
    with many_accounts(40) as people, Mute() as dead, open_places(1, 1) as (alive,):
        authority = people[0].home.parent / "ca.pem"
        authority.write_bytes(trustme.CA().cert_pem.bytes())
        lines = [f"cafile={authority}\n", alive.login.link, *alive.login.lines]
        for person in people:
            own = Login(f"{dead.origin}/", [make_token()])
            person.write(person.store, "".join([*lines, own.link, *own.lines]).encode())
        run = run_module({**ALL, "users": [person.name for person in people], "timeout": 2}, home=tmp_path)
        assert run.failed
        assert count_outcomes(run) == {"confirmed": 40, "failed": 40}
        check_cost(run, 20)


@as_root
def test_no_account_stays_behind() -> None:
    def come_and_go() -> None:
        with many_accounts(3) as people:
            assert pwd.getpwnam(people[2].name).pw_dir == str(people[2].home)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        come_and_go()
    assert PREFIX.encode() not in PASSWD.read_bytes()
