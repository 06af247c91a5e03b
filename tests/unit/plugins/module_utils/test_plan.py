# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is to be revoked and removed, and what may be removed once the outcomes are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    ACCEPTED,
    ALREADY_INVALID,
    CONFIRMED,
    FAILED,
    INEFFECTIVE,
    NOT_APPLICABLE,
    PENDING,
    PROTECTED,
    SKIPPED,
    UNRESOLVED,
    UNSUPPORTED,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import (
    StorePlan,
    doomed_settings,
    list_shared_lines,
    make_plan,
    settle,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import Selection
from tests.tools.limits import takes_at_most

NPM = "https://npm.example.com/"
PUBLIC = parse_registry(PUBLIC_REGISTRY)
ENVIRONMENT = {"HOST": "npm.example.com", "TOKEN": "t0ken", "REG": "https://npm.example.com/"}


def read(lines: Sequence[str]) -> tuple[Reading, ...]:
    return read_settings("\n".join(lines).encode(), npmrc, ENVIRONMENT)


def plan(lines: Sequence[str], defaults: Sequence[str] = (), **selection: Any) -> StorePlan:
    if isinstance(selection.get("registry"), str):
        selection["registry"] = parse_registry(selection["registry"])
    if isinstance(selection.get("token"), str):
        selection["token"] = Secret(selection["token"])
    for name in ("fingerprints", "protected"):
        if name in selection:
            selection[name] = frozenset(fingerprint(Secret(token)) for token in selection[name])
    return make_plan(read(lines), Selection(**selection), read(defaults))


def lines_gone(found: StorePlan, outcome: str = CONFIRMED, revoke: str = "confirmed") -> list[int]:
    """The numbers of the lines that go where every token comes to this outcome."""
    outcomes = [target.outcome or outcome for target in found.targets]
    return [setting.line for setting in doomed_settings(settle(found, outcomes, revoke))]


# 1. What goes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], [], id="empty file"),
        pytest.param(["//npm.example.com/:_authToken=t"], [1], id="token"),
        pytest.param(["//npm.example.com:_authToken=t"], [1], id="key without its last slash"),
        pytest.param(["//other.example/:_authToken=t"], [], id="another host"),
        pytest.param(["//npm.example.com:8443/:_authToken=t"], [], id="another port"),
        pytest.param(["//npm.example.com/team/:_authToken=t"], [], id="a path below"),
        pytest.param(["//example.com/:_authToken=t"], [], id="the domain above"),
        pytest.param(["//npm.example.com/:_auth=dTpw"], [1], id="_auth alone"),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k"], [1, 2], id="certificate alone"
        ),
        pytest.param(
            ["//npm.example.com/:username=u", "//npm.example.com/:_password=p"], [1, 2], id="user and password"
        ),
        pytest.param(["//npm.example.com/:tokenHelper=/h"], [1], id="helper"),
        pytest.param(["//npm.example.com/:@org:_authToken=t"], [1], id="pnpm's token of a scope"),
        pytest.param(
            ["//npm.example.com/:_authToken=t", "//npm.example.com/:email=e", "//npm.example.com/:always-auth=true"],
            [1, 2, 3],
            id="with email and always-auth",
        ),
        pytest.param(["//npm.example.com/:email=e", "//npm.example.com/:always-auth=true"], [], id="those alone stay"),
        pytest.param(
            ["//npm.example.com/:_authToken=t", "//npm.example.com:email=e"], [1], id="email of the key without slash"
        ),
        pytest.param(
            ["//npm.example.com/:_authToken=t", "a=b", "//npm.example.com/:_authToken=u"], [1, 3], id="duplicates"
        ),
        pytest.param(
            ["//npm.example.com/:_authToken=t", "//npm.example.com:_authToken=u"], [1, 2], id="all on the way up"
        ),
        pytest.param(['"//npm.example.com/:_authToken" = "t"'], [1], id="quoted"),
        pytest.param([r'"\u002f/npm.example.com/:_authToken"=t'], [1], id="escaped key"),
        pytest.param(["//${HOST}/:_authToken=t"], [1], id="reference in the key"),
        pytest.param(["//npm.example.com/:_authToken=${TOKEN}"], [1], id="reference in the value"),
        pytest.param(["//npm.example.com/:_authToken=${NONE}"], [1], id="reference that is not set"),
        pytest.param(["//npm.example.com/:_authToken=${NONE?}"], [1], id="reference that is not set, with ?"),
        pytest.param(["//npm.example.com/:_authToken"], [1], id="a key alone"),
        pytest.param(["//npm.example.com/:_authToken='[1,[\"t\"]]'"], [1], id="JSON list"),
        pytest.param(["//npm.example.com/:_authToken='{\"t\":[1]}'"], [], id="JSON object: nested data, no token"),
        pytest.param(["[s]", "//npm.example.com/:_authToken=t", "a=b"], [2], id="in a section, as pnpm reads it"),
        pytest.param(["[s]", "registry=https://npm.example.com/", "_authToken=t"], [3], id="all in a section"),
        pytest.param(["https://npm.example.com/:_authToken=t"], [1], id="with a scheme, as Yarn 1 reads it"),
        pytest.param(["#//npm.example.com/:_authToken=t"], [], id="commented out"),
        pytest.param(["_authToken=t", "email=e"], [], id="unscoped is of the default registry"),
        pytest.param(["//NPM.example.com/:_authToken=t"], [1], id="a host in capitals, as pnpm and Bun take it"),
        pytest.param(["@a:registry=https://npm.example.com/", "//npm.example.com/:_authToken=t"], [2], id="links stay"),
    ],
)
def test_logs_out_of_a_named_registry(lines: list[str], expected: list[int]) -> None:
    found = plan(lines, registry=NPM)
    assert lines_gone(found) == expected
    assert found.registry == parse_registry(NPM)


TEAM = "https://npm.example.com/@team/"
TEAMS_LOGIN = ["@t:registry=https://npm.example.com/@team", "//npm.example.com/@team/:_authToken=t"]


@pytest.mark.parametrize(
    ("lines", "selection", "expected", "registry"),
    [
        pytest.param(TEAMS_LOGIN, {"registry": TEAM}, [2], TEAM, id="by its URL"),
        pytest.param(TEAMS_LOGIN[1:], {"registry": TEAM}, [1], TEAM, id="by a URL that the store does not have"),
        pytest.param(TEAMS_LOGIN, {"scope": "@t"}, [1, 2], TEAM, id="by its scope"),
        pytest.param([*TEAMS_LOGIN, f"registry={NPM}"], {"scope": "@t"}, [1, 2], TEAM, id="beside the host's own"),
        pytest.param([*TEAMS_LOGIN, f"registry={NPM}"], {"all_registries": True}, [2], TEAM, id="with all"),
        pytest.param([*TEAMS_LOGIN, f"registry={NPM}"], {}, [], None, id="none of the host's own"),
        pytest.param([*TEAMS_LOGIN[1:], f"registry={NPM}"], {}, [1], NPM, id="no registry's path: pnpm's scope"),
    ],
)
def test_registry_whose_path_looks_like_a_scope(
    lines: list[str], selection: dict[str, Any], expected: list[int], registry: str | None
) -> None:
    found = plan(lines, **selection)
    assert lines_gone(found) == expected
    assert [target.registry.url for target in found.targets if target.registry] == ([registry] if registry else [])


@pytest.mark.parametrize(
    "lines",
    [
        pytest.param(["//npm.example.com/a/b/:_authToken=t"], id="the key itself"),
        pytest.param(["//npm.example.com/a/b:_authToken=t"], id="without its last slash"),
        pytest.param(["//npm.example.com/a/:_authToken=t"], id="one up"),
        pytest.param(["//npm.example.com/a:_authToken=t"], id="one up, without its last slash"),
        pytest.param(["//npm.example.com/:_authToken=t"], id="the host"),
        pytest.param(["//npm.example.com:_authToken=t"], id="the host, without its last slash"),
        pytest.param(["//npm.example.com/a/b/:_authToken=t", "//npm.example.com/:_auth=x"], id="several"),
    ],
)
@pytest.mark.parametrize("registry", ["https://npm.example.com/a/b/", "https://npm.example.com/a/b"])
def test_walks_up(lines: list[str], registry: str) -> None:
    found = plan(lines, registry=registry)
    assert lines_gone(found) == list(range(1, len(lines) + 1))
    assert {target.registry for target in found.targets} == {parse_registry("https://npm.example.com/a/b/")}
    assert lines_gone(plan([], registry=registry)) == []


@pytest.mark.parametrize(
    ("lines", "defaults", "registry", "expected"),
    [
        pytest.param([], [], PUBLIC.url, [], id="npm's public registry where none is named"),
        pytest.param([f"{PUBLIC.key}:_authToken=t"], [], PUBLIC.url, [1], id="and its token"),
        pytest.param(
            ["registry=https://a.example", "//a.example/:_authToken=t"], [], "https://a.example/", [2], id="store"
        ),
        pytest.param(
            ["//b.example/:_authToken=t"], ["registry=https://b.example/"], "https://b.example/", [1], id="global"
        ),
        pytest.param(
            ["registry=https://a.example/", "//a.example/:_authToken=t", "//b.example/:_authToken=t"],
            ["registry=https://b.example/"],
            "https://a.example/",
            [2],
            id="the store before the global file",
        ),
        pytest.param(
            ["registry=https://a.example/", "registry=https://b.example/", "//b.example/:_authToken=t"],
            [],
            "https://b.example/",
            [3],
            id="the last of two",
        ),
        pytest.param(["registry=${REG}", "//npm.example.com/:_authToken=t"], [], NPM, [2], id="a reference"),
        pytest.param(["#registry=https://a.example/"], [], PUBLIC.url, [], id="commented out"),
        pytest.param(["registry=", f"{PUBLIC.key}:_authToken=t"], [], PUBLIC.url, [2], id="empty"),
        pytest.param(
            ["registry=https://u:p@a.example/", "//a.example/:_authToken=t"],
            [],
            "https://a.example/",
            [1, 2],
            id="with a login in its URL, which goes alone",
        ),
        pytest.param(
            ["registry=http://a.example/npm/repo/", "//a.example/:_authToken=t"],
            [],
            "http://a.example/npm/repo/",
            [2],
            id="found by walking up",
        ),
        pytest.param(
            ["_authToken=t", "_auth=x", "username=u", "_password=p", "email=e", "always-auth=true", "_authtoken=t"],
            [],
            PUBLIC.url,
            [1, 2, 3, 4, 5, 6, 7],
            id="unscoped ones belong to it",
        ),
    ],
)
def test_logs_out_of_the_default_registry(
    lines: list[str], defaults: list[str], registry: str, expected: list[int]
) -> None:
    found = plan(lines, defaults)
    assert found.registry is not None
    assert (found.registry.url, lines_gone(found)) == (registry, expected)


def test_unscoped_ones_are_revoked_at_the_default_registry() -> None:
    (target,) = plan(["registry=https://a.example/npm", "_authToken=t"], registry="https://a.example/npm/").targets
    assert (target.registry, target.on_path) == (parse_registry("https://a.example/npm/"), True)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([], [], id="no link: nothing"),
        pytest.param(
            ["registry=https://a.example/", "//a.example/:_authToken=t"], [], id="no link: the default registry's stays"
        ),
        pytest.param(
            ["@y:registry=https://b.example/", "//b.example/:_authToken=t"], [], id="the link of another scope"
        ),
        pytest.param(["@x:registry=https://b.example/", "//b.example/:_authToken=t"], [1, 2], id="link and token go"),
        pytest.param(["@x:registry=https://b.example/"], [1], id="a link alone goes"),
        pytest.param(["@x:registry="], [], id="an empty link is none"),
        pytest.param(["#@x:registry=https://b.example/", "//b.example/:_authToken=t"], [], id="a commented-out one"),
        pytest.param(
            ["@x:registry=https://c.example/", "@x:registry=https://b.example/", "//b.example/:_authToken=t"],
            [1, 2, 3],
            id="duplicate links all go, the last counts",
        ),
        pytest.param(
            ["@x:registry=https://b.example/", "@y:registry=https://b.example/", "//b.example/:_authToken=t"],
            [1, 3],
            id="the link of another scope to the same registry stays",
        ),
        pytest.param(["@x:registry=${REG}", "//npm.example.com/:_authToken=t"], [1, 2], id="a reference in the link"),
        pytest.param(
            [
                "registry=https://a.example/npm/",
                "@x:registry=https://a.example/x/",
                "//a.example/:_authToken=t",
            ],
            [2],
            id="no login of its own on the default registry's host: the link alone goes",
        ),
        pytest.param(
            [
                "registry=https://a.example/npm/",
                "@x:registry=https://a.example/npm/x/",
                "//a.example/npm/:_authToken=t",
                "//a.example/npm/x/:_authToken=u",
            ],
            [2, 4],
            id="only its own login goes",
        ),
        pytest.param(
            ["registry=https://a.example/", "@x:registry=https://a.example/", "//a.example/:_authToken=t", "_auth=x"],
            [2, 3, 4],
            id="linked to the default registry: its login goes",
        ),
        pytest.param(
            ["registry=nonsense", "@x:registry=https://b.example/", "//b.example/:_authToken=t", "_auth=x"],
            [2, 3],
            id="a default registry that is no URL does not disturb",
        ),
    ],
)
def test_logs_out_of_a_scope(lines: list[str], expected: list[int]) -> None:
    gone = lines_gone(plan(lines, scope="@x"))
    assert gone == expected
    rest = [line for number, line in enumerate(lines, 1) if number not in gone]
    assert lines_gone(plan(rest, scope="@x")) == [], "the second run finds something"


def test_a_link_in_the_global_file_counts() -> None:
    found = plan(["//b.example/:_authToken=t"], ["@x:registry=https://b.example/"], scope="@x")
    assert lines_gone(found) == [1]


@pytest.mark.parametrize(
    ("link", "expected"),
    [
        pytest.param("https://npm.example.com/", [1, 2], id="there"),
        pytest.param("https://npm.example.com", [1, 2], id="there, without its last slash"),
        pytest.param("http://npm.example.com/", [1, 2], id="there, over http"),
        pytest.param("https://other.example/", [2], id="elsewhere"),
        pytest.param("nonsense", [2], id="nowhere"),
        pytest.param("", [2], id="nothing"),
    ],
)
def test_with_registry_the_link_goes_only_if_it_points_there(link: str, expected: list[int]) -> None:
    lines = [f"@x:registry={link}", "//npm.example.com/:_authToken=t"]
    assert lines_gone(plan(lines, scope="@x", registry=NPM)) == expected


@pytest.mark.parametrize("scope", [None, "@x"])
def test_with_registry_a_login_shared_with_the_default_registry_goes(scope: str | None) -> None:
    lines = ["registry=https://a.example/npm/", "@x:registry=https://a.example/x/", "//a.example/:_authToken=t"]
    gone = lines_gone(plan(lines, registry="https://a.example/x/", scope=scope))
    assert gone == ([2, 3] if scope else [3])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(
            ["//a.example/:_authToken=t", "b=c", "//b.example/x:_auth=x", "_auth=x", "@x:registry=https://a.example/"],
            [1, 3, 4],
            id="every login goes, links stay",
        ),
        pytest.param(["#//a.example/:_authToken=t"], [], id="no comments"),
        pytest.param(["[s]", "//b.example/:_auth=x", "[t]", "_authToken=t"], [2, 4], id="in sections"),
        pytest.param(["registry=nonsense", "//a.example/:_authToken=t"], [2], id="a registry that is no URL"),
    ],
)
def test_logs_out_everywhere(lines: list[str], expected: list[int]) -> None:
    found = plan(lines, all_registries=True)
    assert lines_gone(found) == expected
    assert found.registry is None


def test_comments_count_where_they_shall() -> None:
    lines = [
        "#//npm.example.com/:_authToken=t",
        "; //npm.example.com/:email=e",
        "# a note",
        "//npm.example.com/:_auth=x",
    ]
    assert lines_gone(plan(lines, registry=NPM, comments=True)) == [1, 2, 4]
    assert lines_gone(plan(lines, registry=NPM)) == [4]
    assert plan(["#registry=https://b.example/"], comments=True).registry == PUBLIC


# 2. Which tokens -----------------------------------------------------------------------------------------------------

THREE = [
    "//a.example/:_authToken=t1",
    "//b.example/:_authToken=t2",
    "//c.example/:_authToken=t1",
    "//a.example/:_auth=t1",
    "//b.example/:certfile=/c",
    "//b.example/:keyfile=/k",
    "//b.example/:tokenHelper=/h",
]


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        pytest.param({"token": "t1"}, [1, 3], id="token: wherever it is, tokens only"),
        pytest.param({"token": "none"}, [], id="token that is not there"),
        pytest.param({"fingerprints": ["t1"]}, [1, 3], id="fingerprint: whatever the registry"),
        pytest.param({"fingerprints": ["t1", "t2", "t3"]}, [1, 2, 3], id="several fingerprints"),
        pytest.param({"fingerprints": ["t3"]}, [], id="fingerprint that is not there"),
        pytest.param({"token": "t1", "fingerprints": ["t2"]}, [], id="both must fit"),
        pytest.param({"token": "t1", "registry": "https://a.example/"}, [1, 3], id="a token is meant wherever it is"),
        pytest.param(
            {"fingerprints": ["t1"], "registry": "https://c.example/"}, [3], id="registry narrows fingerprints"
        ),
        pytest.param({"fingerprints": ["t1"], "scope": "@x"}, [], id="a scope without a link leaves nothing"),
        pytest.param({"all_registries": True, "fingerprints": ["t2"]}, [2], id="all registries, by fingerprint"),
        pytest.param({"all_registries": True, "protected": ["t1"]}, [2, 4, 5, 6, 7], id="protected ones stay"),
        pytest.param({"token": "t1", "protected": ["t1"]}, [], id="protected even by value"),
        pytest.param({"registry": "https://a.example/", "protected": ["t1"]}, [4], id="only tokens are protected"),
    ],
)
def test_selects_tokens(selection: dict[str, Any], expected: list[int]) -> None:
    assert lines_gone(plan(THREE, **selection)) == expected


@pytest.mark.parametrize("selection", [{}, {"registry": "https://a.example/"}, {"all_registries": True}])
def test_no_fingerprint_selects_nothing(selection: dict[str, Any]) -> None:
    assert lines_gone(plan(THREE, fingerprints=[], **selection)) == []


def test_a_scope_narrows_fingerprints() -> None:
    lines = ["@x:registry=https://a.example/", *THREE]
    assert lines_gone(plan(lines, scope="@x", fingerprints=["t1"])) == [2]


def test_selects_a_token_in_a_variable() -> None:
    assert lines_gone(plan(["//a.example/:_authToken=${TOKEN}"], token="t0ken")) == [1]


# 3. What is known without asking, and where the rest is asked --------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "selection", "outcome"),
    [
        pytest.param(["//npm.example.com/:_authToken=t"], {}, None, id="token: to be asked"),
        pytest.param(["//npm.example.com/:_authToken=${TOKEN}"], {}, None, id="token in a variable: to be asked"),
        pytest.param(["//npm.example.com/:_authToken=t"], {"revoke": "never"}, SKIPPED, id="revoke=never"),
        pytest.param(["//npm.example.com/:_authToken=t"], {"protected": ["t"]}, PROTECTED, id="protected"),
        pytest.param(
            ["//npm.example.com/:_authToken=t"],
            {"protected": ["t"], "revoke": "never"},
            PROTECTED,
            id="protected first",
        ),
        pytest.param(["//npm.example.com/:_authToken=${NONE}"], {}, UNRESOLVED, id="variable that is not set"),
        pytest.param(
            ["//npm.example.com/:_authToken=${NONE}"], {"revoke": "never"}, UNRESOLVED, id="the same with revoke=never"
        ),
        pytest.param(["//npm.example.com/:_auth=${NONE}"], {}, UNRESOLVED, id="basic, not set"),
        pytest.param(["//npm.example.com/:tokenHelper=/h"], {}, UNRESOLVED, id="helper"),
        pytest.param(["//npm.example.com/:_auth=x"], {}, NOT_APPLICABLE, id="basic"),
        pytest.param(["//npm.example.com/:_auth=x"], {"revoke": "never"}, NOT_APPLICABLE, id="basic, revoke=never"),
        pytest.param(["//npm.example.com/:_password=x"], {}, NOT_APPLICABLE, id="password"),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k"], {}, NOT_APPLICABLE, id="certificate"
        ),
        pytest.param(["//npm.example.com/:_authToken=t"], {"revoke": "attempted"}, None, id="revoke=attempted"),
    ],
)
def test_foresees_outcomes(lines: list[str], selection: dict[str, Any], outcome: str | None) -> None:
    (target,) = plan(lines, registry=NPM, **selection).targets
    assert target.outcome == outcome


@pytest.mark.parametrize(
    ("lines", "url"),
    [
        pytest.param(["//a.example/:_authToken=t"], "https://a.example/", id="https where no URL says otherwise"),
        pytest.param(["//a.example/x:_authToken=t"], "https://a.example/x/", id="with its path"),
        pytest.param(["//a.example:81/:_authToken=t"], "https://a.example:81/", id="with its port"),
        pytest.param(["//[::1]:81/:_authToken=t"], "https://[::1]:81/", id="IPv6"),
        pytest.param(["//a.example/:@o:_authToken=t"], "https://a.example/", id="pnpm's token of a scope"),
        pytest.param(["//A.example/:_authToken=t"], "https://a.example/", id="a key in capitals"),
        pytest.param(["registry=http://a.example/", "//a.example/:_authToken=t"], "http://a.example/", id="registry"),
        pytest.param(["@x:registry=http://a.example", "//a.example/:_authToken=t"], "http://a.example/", id="link"),
        pytest.param(
            ["registry=http://a.example/npm/", "//a.example/:_authToken=t"],
            "http://a.example/npm/",
            id="the registry that uses it, below its key",
        ),
        pytest.param(
            ["@x:registry=http://a.example/npm/", "@y:registry=http://a.example/", "//a.example:_authToken=t"],
            "http://a.example/",
            id="the one whose key it is before one below",
        ),
        pytest.param(
            ["@x:registry=http://a.example/npm/", "@y:registry=http://a.example/", "//a.example/:_authToken=t"],
            "http://a.example/",
            id="the same with the key's last slash",
        ),
        pytest.param(
            ["registry=http://a.example/x/", "//a.example/y/:_authToken=t"],
            "http://a.example/y/",
            id="the scheme of another URL of the same host and port",
        ),
        pytest.param(
            ["registry=http://a.example/", "@x:registry=https://a.example/x/", "//a.example/:_authToken=t"],
            "https://a.example/",
            id="https where any URL of the host says so",
        ),
        pytest.param(
            ["registry=http://a.example:81/", "@x:registry=https://a.example/", "//a.example:81/:_authToken=t"],
            "http://a.example:81/",
            id="another port is another host",
        ),
        pytest.param(
            ["#registry=http://a.example/", "//a.example/:_authToken=t"], "https://a.example/", id="no comments"
        ),
        pytest.param(["a=http://a.example/", "//a.example/:_authToken=t"], "https://a.example/", id="no other setting"),
        pytest.param(
            ["x:registry=http://a.example/", "//a.example/:_auth=x"], "https://a.example/", id="no such scope"
        ),
        pytest.param(["@x:a=http://a.example/", "//a.example/:_auth=x"], "https://a.example/", id="no such field"),
        pytest.param(["_authToken=t"], PUBLIC.url, id="unscoped: the default registry"),
        pytest.param(["registry=http://a.example/", "_authToken=t"], "http://a.example/", id="unscoped: the store's"),
        pytest.param(["registry=nonsense", "_authToken=t"], None, id="unscoped, and the registry is no URL"),
        pytest.param(["//${NONE}/:_authToken=t"], None, id="a key that names no host"),
        pytest.param([r'"//a.example/\ud800/:_authToken"=t'], None, id="a key that no URL can hold"),
        pytest.param([f"//a.example:{'9' * 5000}/:_authToken=t"], None, id="a port of thousands of digits"),
    ],
)
def test_finds_the_registry_of_a_key(lines: list[str], url: str | None) -> None:
    (target,) = plan(lines, all_registries=True).targets
    assert (target.registry and target.registry.url) == url


@pytest.mark.parametrize(
    ("registry", "store", "url"),
    [
        pytest.param("http://a.example/", "registry=https://a.example/", "https://a.example/", id="https in the store"),
        pytest.param("http://a.example/x", "@x:registry=https://a.example/", "https://a.example/x/", id="in a link"),
        pytest.param(
            "https://a.example/", "registry=http://a.example/", "https://a.example/", id="https in the option"
        ),
        pytest.param("http://a.example/", "registry=http://a.example/", "http://a.example/", id="http in both"),
        pytest.param("http://a.example/", "registry=https://b.example/", "http://a.example/", id="another host"),
        pytest.param("http://a.example/", "#registry=https://a.example/", "http://a.example/", id="commented out"),
    ],
)
def test_https_is_never_downgraded(registry: str, store: str, url: str) -> None:
    (target,) = plan([store, "//a.example/:_authToken=t"], registry=registry).targets
    assert target.registry is not None
    assert target.registry.url == url


def test_https_of_the_global_file_counts() -> None:
    lines = ["@x:registry=http://a.example/", "//a.example/:_authToken=t"]
    (target,) = plan(lines, ["registry=https://a.example/"], scope="@x").targets
    assert target.registry == parse_registry("https://a.example/")


def test_no_token_goes_to_the_registry_of_another_key() -> None:
    lines = [
        "registry=https://a.example/",
        "@x:registry=https://b.example/",
        "//a.example/:_authToken=t",
        "//b.example/:_authToken=u",
    ]
    found = plan(lines, all_registries=True)
    assert [(target.credential.key, target.registry and target.registry.url) for target in found.targets] == [
        ("//a.example/", "https://a.example/"),
        ("//b.example/", "https://b.example/"),
    ]
    (target,) = plan(lines, scope="@x").targets
    assert (target.credential.key, target.registry) == ("//b.example/", parse_registry("https://b.example/"))


@pytest.mark.parametrize(
    ("lines", "selection", "said"),
    [
        pytest.param(
            ["a=b", "registry=ftp://a.example/"], {}, "line 2: the setting registry must start with", id="no URL"
        ),
        pytest.param(["registry=${NONE}"], {}, "line 1: the setting registry refers to an environment", id="not set"),
        pytest.param(["registry"], {}, "line 1: the setting registry must start with", id="a key alone"),
        pytest.param(
            ["@x:registry=nonsense"], {"scope": "@x"}, "line 1: the setting @x:registry must start with", id="link"
        ),
        pytest.param(
            ["@x:registry=${NONE}"], {"scope": "@x"}, "line 1: the setting @x:registry refers", id="link, not set"
        ),
    ],
)
def test_says_where_a_registry_is_not_to_be_told(lines: list[str], selection: dict[str, Any], said: str) -> None:
    with pytest.raises(StoreError) as caught:
        plan(lines, **selection)
    assert said in str(caught.value)


def test_does_not_repeat_a_url_that_is_none() -> None:
    with pytest.raises(StoreError) as caught:
        plan(["registry=https://user:s3cret@a b.example/"])
    assert "s3cret" not in str(caught.value)


def test_registries_of_a_store() -> None:
    registries = Registries(read(["registry=https://a.example/npm", "@x:registry=https://b.example/", "x:registry=c"]))
    assert registries.get_default().url == "https://a.example/npm/"
    assert registries.is_default(parse_registry("http://a.example/npm/"))
    assert not registries.is_default(parse_registry("https://a.example/"))
    linked = registries.get_linked("@x")
    assert linked is not None
    assert linked.url == "https://b.example/"
    assert registries.get_linked("@y") is None
    (shared, own) = find_credentials(read(["//a.example/:_auth=x", "//b.example/:_auth=x"]))
    assert registries.shares_default_login(shared)
    assert not registries.shares_default_login(own)


# 4. What may go, now that the outcomes are known ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "revokes"),
    [
        pytest.param(CONFIRMED, {"confirmed", "accepted", "attempted"}, id=CONFIRMED),
        pytest.param(ALREADY_INVALID, {"confirmed", "accepted", "attempted"}, id=ALREADY_INVALID),
        pytest.param(ACCEPTED, {"accepted", "attempted"}, id=ACCEPTED),
        pytest.param(INEFFECTIVE, {"attempted"}, id=INEFFECTIVE),
        pytest.param(UNSUPPORTED, {"attempted"}, id=UNSUPPORTED),
        pytest.param(FAILED, {"attempted"}, id=FAILED),
        pytest.param(PENDING, {"confirmed", "accepted", "attempted"}, id=PENDING),
        pytest.param(PROTECTED, set(), id=PROTECTED),
    ],
)
@pytest.mark.parametrize("revoke", ["confirmed", "accepted", "attempted"])
def test_removes_what_is_revoked_well_enough(outcome: str, revokes: set[str], revoke: str) -> None:
    found = plan(["//npm.example.com/:_authToken=t", "//npm.example.com/:email=e"], registry=NPM, revoke=revoke)
    assert lines_gone(found, outcome, revoke) == ([1, 2] if revoke in revokes else [])


@pytest.mark.parametrize(
    ("lines", "selection", "outcomes", "expected", "remaining"),
    [
        pytest.param(
            ["//npm.example.com/:_authToken=t", "//npm.example.com/:_authToken=u", "//npm.example.com/:email=e"],
            {"registry": NPM},
            [CONFIRMED, FAILED],
            [1],
            [NPM],
            id="companions stay while another credential of their key does",
        ),
        pytest.param(
            [
                "registry=https://npm.example.com/",
                "_auth=x",
                "email=e",
                "always-auth=true",
                "//h.example/:_authToken=t",
            ],
            {"registry": NPM},
            [NOT_APPLICABLE],
            [2],
            ["https://h.example/"],
            id="email and always-auth stay while another credential can use them",
        ),
        pytest.param(
            ["registry=https://npm.example.com/", "_auth=x", "email=e", "always-auth=true", "#//h.example/:_auth=t"],
            {"registry": NPM},
            [NOT_APPLICABLE],
            [2, 3, 4],
            [],
            id="a commented-out credential uses neither",
        ),
        pytest.param(
            ["registry=https://npm.example.com/", "cert=c", "key=k", "//npm.example.com/:_authToken=t"],
            {"registry": NPM},
            [NOT_APPLICABLE, CONFIRMED],
            [2, 3, 4],
            [],
            id="a certificate at the top goes with the default registry",
        ),
        pytest.param(
            ["cert=c", "key=k", "//h.example/:_authToken=t"],
            {"all_registries": True},
            [NOT_APPLICABLE, FAILED],
            [],
            [PUBLIC_REGISTRY, "https://h.example/"],
            id="a certificate at the top stays while any registry must be asked again",
        ),
        pytest.param(
            ["//npm.example.com/:_authToken=t", "//npm.example.com:_authToken=u", "//npm.example.com/:email=e"],
            {"registry": NPM},
            [CONFIRMED, FAILED],
            [1, 3],
            [NPM],
            id="companions go although another key's credential stays",
        ),
        pytest.param(
            ["@x:registry=https://npm.example.com/", "//npm.example.com/:_authToken=t"],
            {"scope": "@x"},
            [FAILED],
            [],
            [NPM],
            id="the link is held back with its token",
        ),
        pytest.param(
            ["@x:registry=https://npm.example.com/", "//npm.example.com/:_authToken=t", "//npm.example.com:_auth=x"],
            {"scope": "@x"},
            [INEFFECTIVE, NOT_APPLICABLE],
            [3],
            [NPM],
            id="the link is held back by one of two",
        ),
        pytest.param(
            ["@x:registry=https://npm.example.com/", "//npm.example.com/:_authToken=t"],
            {"scope": "@x", "protected": ["t"]},
            [PROTECTED],
            [],
            [NPM],
            id="the link is held back by a protected token",
        ),
        pytest.param(
            [
                "@x:registry=https://npm.example.com/",
                "//npm.example.com/:_authToken=t",
                "//npm.example.com:_authToken=u",
            ],
            {"scope": "@x", "fingerprints": ["t"]},
            [CONFIRMED],
            [2],
            [NPM],
            id="the link is held back by a token that was not selected",
        ),
        pytest.param(
            ["@x:registry=https://npm.example.com/", "//npm.example.com/:_authToken=t", "//b.example/:_authToken=u"],
            {"scope": "@x"},
            [CONFIRMED],
            [1, 2],
            ["https://b.example/"],
            id="other registries hold no link back",
        ),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k", "//npm.example.com/:_authToken=t"],
            {"registry": NPM},
            [NOT_APPLICABLE, FAILED],
            [],
            [NPM],
            id="a certificate is held back while a token is left",
        ),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k", "//npm.example.com/a/:_authToken=t"],
            {"registry": f"{NPM}a/"},
            [NOT_APPLICABLE, FAILED],
            [],
            [f"{NPM}a/"],
            id="also where the token's key is below",
        ),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k", "//npm.example.com/:_authToken=t"],
            {"registry": NPM},
            [NOT_APPLICABLE, CONFIRMED],
            [1, 2, 3],
            [],
            id="a certificate goes with the token",
        ),
        pytest.param(
            ["//npm.example.com/:certfile=/c", "//npm.example.com/:keyfile=/k", "//b.example/:_authToken=t"],
            {"all_registries": True},
            [NOT_APPLICABLE, FAILED],
            [1, 2],
            ["https://b.example/"],
            id="another registry's token holds no certificate back",
        ),
        pytest.param(
            ["//npm.example.com/:_auth=x", "//npm.example.com/:_authToken=t"],
            {"registry": NPM},
            [NOT_APPLICABLE, FAILED],
            [1],
            [NPM],
            id="a password is not held back",
        ),
        pytest.param(
            ["//${NONE}/:_authToken=t", "//${NONE}/:certfile=/c", "//${NONE}/:keyfile=/k"],
            {"all_registries": True},
            [FAILED, NOT_APPLICABLE],
            [2, 3],
            ["//${NONE}/"],
            id="a key that names no registry remains by its name",
        ),
        pytest.param(
            ["//a.example/:_authToken=t", "//b.example/:_authToken=u", "//a.example:_authToken=v"],
            {"registry": NPM},
            [],
            [],
            ["https://a.example/", "https://b.example/"],
            id="each remaining registry is named once",
        ),
        pytest.param(
            ["#//npm.example.com/:_authToken=t", "//npm.example.com/:_authToken=u", "#//npm.example.com/:email=e"],
            {"registry": NPM, "comments": True},
            [FAILED, CONFIRMED],
            [2],
            [NPM],
            id="comments are a group of their own",
        ),
        pytest.param(
            ["#//npm.example.com/:_authToken=t", "//npm.example.com/:_authToken=u", "//npm.example.com/:email=e"],
            {"registry": NPM, "comments": True},
            [FAILED, CONFIRMED],
            [2, 3],
            [NPM],
            id="a comment holds no companion back",
        ),
        pytest.param(
            [
                "@x:registry=https://npm.example.com/",
                "#@x:registry=https://npm.example.com/",
                "#registry=https://b.example/",
            ],
            {"scope": "@x", "comments": True},
            [],
            [1],
            [],
            id="commented-out links stay",
        ),
    ],
)
def test_settles(
    lines: list[str], selection: dict[str, Any], outcomes: list[str], expected: list[int], remaining: list[str]
) -> None:
    found = plan(lines, **selection)
    settlement = settle(found, outcomes, "confirmed")
    assert [setting.line for setting in doomed_settings(settlement)] == expected
    assert list(settlement.remaining) == remaining
    assert {reading.setting.line for item in settlement.removed for reading in item.readings} <= set(expected)


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        pytest.param([CONFIRMED, CONFIRMED], [1], id="both are revoked"),
        pytest.param([CONFIRMED, FAILED], [], id="the second one may be valid"),
        pytest.param([FAILED, CONFIRMED], [], id="the first one may be valid"),
    ],
)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("${TOKEN:-f4llback}", id="a variable, and a fallback"),
        pytest.param("t0ken#other", id="npm's value, and pnpm's"),
        pytest.param('"t0ken" ; mine', id="npm's value, and npm 6's"),
    ],
)
def test_a_line_goes_only_with_every_token_in_it(value: str, outcomes: list[str], expected: list[int]) -> None:
    found = plan([f"//npm.example.com/:_authToken={value}"], registry=NPM)
    settlement = settle(found, outcomes, "confirmed")
    assert [setting.line for setting in doomed_settings(settlement)] == expected
    assert len(settlement.removed) == 2 * len(expected)
    # Why this line stays is said of the token that may be valid.
    assert list_shared_lines(found, settlement, outcomes, "confirmed") == ()
    assert list(settlement.remaining) == ([] if expected else [NPM])


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        pytest.param("f4llback", [1], id="the fallback: the variable's value is not in the file"),
        pytest.param("t0ken", [], id="the value: the line holds another token"),
    ],
)
def test_a_token_by_value_goes_with_its_line_unless_that_holds_another(token: str, expected: list[int]) -> None:
    found = plan(["//npm.example.com/:_authToken=${TOKEN:-f4llback}"], token=token)
    assert lines_gone(found) == expected


def test_nothing_is_left_of_a_login_that_npm_would_use() -> None:
    # What walking up, duplicates and unscoped names together can make of one registry.
    lines = [
        "registry=https://npm.example.com/a/",
        "//npm.example.com/a/:_authToken=t",
        "//npm.example.com/a/:_authToken=u",
        "//npm.example.com/a:_auth=x",
        "//npm.example.com/:username=u",
        "//npm.example.com/:_password=p",
        "//npm.example.com:certfile=/c",
        "//npm.example.com:keyfile=/k",
        "_auth=x",
        "-authtoken=t",
    ]
    found = plan(lines)
    assert lines_gone(found) == [2, 3, 4, 5, 6, 7, 8, 9, 10]
    assert found.bystanders == ()
    again = plan(lines[:1])
    assert (again.targets, again.bystanders, again.links) == ((), (), ())


def test_shows_no_secret() -> None:
    found = plan(["//npm.example.com/:_authToken=t0p-s3cret", "_auth=t0p-s3cret"], token="t0p-s3cret")
    selection = Selection(token=Secret("t0p-s3cret"))
    assert "s3cret" not in f"{found!r} {settle(found, [CONFIRMED], 'confirmed')!r} {selection!r}"


@takes_at_most(60)
@pytest.mark.parametrize(
    ("number", "path"),
    [pytest.param(300, "a/" * 500, id="long paths"), pytest.param(6_000, "", id="many registries")],
)
def test_a_hostile_file_does_not_stop_it(number: int, path: str) -> None:
    lines = [f"@x{item}:registry=https://h{item}.example/{path}" for item in range(number)]
    lines += [f"//h{item}.example/:_authToken=t" for item in range(number)]
    assert len(plan(lines, all_registries=True).targets) == number


@pytest.mark.parametrize(
    ("fingerprints", "expected"),
    [
        pytest.param(["old"], [], id="another value stays"),
        pytest.param(["old", "t0ken"], [1], id="all values are revoked"),
    ],
)
def test_a_reference_goes_only_with_every_value_of_its_variable(fingerprints: list[str], expected: list[int]) -> None:
    (reading,) = read(["//npm.example.com/:_authToken=${TOKEN}"])
    names = frozenset(fingerprint(Secret(token)) for token in fingerprints)
    found = make_plan([reading, reading._replace(value="old")], Selection(fingerprints=names))
    outcomes = [CONFIRMED] * len(found.targets)
    settlement = settle(found, outcomes, "confirmed")
    assert [setting.line for setting in doomed_settings(settlement)] == expected
    # A revoked value that stays because of another one is told by its line.
    assert list_shared_lines(found, settlement, outcomes, "confirmed") == (() if expected else (1,))
