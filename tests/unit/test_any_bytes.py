# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whatever bytes a file holds: nothing is raised but a sentence for a person, twice is once, and no secret is shown."""

from __future__ import annotations

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ansible_collections.npmops.auth.plugins.module_utils import _npmrc
from ansible_collections.npmops.auth.plugins.module_utils._connection import ConnectionOptions, choose_connection
from ansible_collections.npmops.auth.plugins.module_utils._credentials import (
    find_companions,
    find_credentials,
    is_login_field,
)
from ansible_collections.npmops.auth.plugins.module_utils._environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._keys import has_userinfo, parse_registry, walk_up
from ansible_collections.npmops.auth.plugins.module_utils._npmrc import parse, remove
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import CONFIRMED, FAILED
from ansible_collections.npmops.auth.plugins.module_utils._plan import Selection, doomed_settings, make_plan, settle
from ansible_collections.npmops.auth.plugins.module_utils._redaction import hide_userinfo, redact, show
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._values import is_blank

ENVIRONMENT = {"TOKEN": "t0ken", "HOST": "npm.example.com", "EMPTY": ""}
NPM = parse_registry("https://npm.example.com/a/")

examples = settings(max_examples=200, suppress_health_check=list(HealthCheck))


def words(text: str) -> st.SearchStrategy[str]:
    return st.sampled_from([word.replace("_B_", " ") for word in text.split()] + [""])


HOSTS = words(
    "npm.example.com npm.example.com npm.example.com other.example ${HOST} ${NONE} [::1] NPM.example.com u:p@h a_B_b"
)
PATHS = words("/ / / /a/ /a /a//b /../ /%2e/ /\u00e9 //")
FIELDS = words(
    "_authToken _authToken _auth _password username email always-auth certfile keyfile tokenHelper @o:_authToken x"
)
KEYS = st.tuples(words("// // // https:// /"), HOSTS, words(":81 :0443 :x"), PATHS, words(": : : :"), FIELDS).map(
    "".join
)
URLS = st.tuples(words("https:// https:// http:// ftp:// https:"), words("u:p@"), HOSTS, words(":81 :443"), PATHS).map(
    "".join
)
NAMES = st.one_of(
    KEYS,
    words(
        "registry @x:registry @y:registry _authToken _auth _password username -authtoken email ca cafile proxy noproxy"
    ),
    st.text(max_size=4),
)
VALUES = st.one_of(
    words("t0ken u${NONE} ${TOKEN} ${NONE?} ${EMPTY} true false null '1' '[1,[2]]' '{}' \"\\ud800\""), URLS, st.text()
)
LINES = st.one_of(
    st.tuples(words("# ; _B_"), NAMES, words("= = = _B_=_B_ []= :"), VALUES, words("_B_;c \\ ' \"")).map("".join),
    words("[a] [] [a_B_b"),
    st.text(),
).map(lambda text: text.encode("utf-8", "replace"))
FILES = st.one_of(
    st.lists(st.tuples(LINES, st.sampled_from([b"\n", b"\r\n", b"\r"])).map(b"".join), max_size=12).map(b"".join),
    st.binary(max_size=200),
)
SELECTIONS = st.sampled_from(
    [
        Selection(),
        Selection(registry=NPM),
        Selection(registry=NPM, scope="@x"),
        Selection(scope="@x"),
        Selection(all_registries=True),
        Selection(all_registries=True, comments=True),
        Selection(all_registries=True, revoke="never"),
        Selection(token=Secret("t0ken")),
        Selection(fingerprints=frozenset({fingerprint(Secret("t0ken"))})),
        Selection(all_registries=True, protected=frozenset({fingerprint(Secret("t0ken"))})),
    ]
)


def read(data: bytes) -> tuple[Reading, ...]:
    return read_settings(data, _npmrc, ENVIRONMENT)


@examples
@given(FILES)
def test_reading_raises_nothing(data: bytes) -> None:
    document = parse(data)
    assert all(data[item.start : item.end].strip(b"\r\n") for item in document.settings)
    assert remove(data, ()) == data
    assert remove(data, document.settings) == remove(remove(data, document.settings), document.settings)
    is_blank(data)
    readings = read(data)
    credentials = find_credentials(readings)
    assert all(isinstance(item.fingerprint, str) for item in credentials if item.kind == "token" and item.secret)
    find_companions(readings, credentials)


@examples
@given(FILES, st.sampled_from([CONFIRMED, FAILED]), SELECTIONS)
def test_planning_raises_nothing_but_a_sentence(data: bytes, outcome: str, selection: Selection) -> None:
    readings = read(data)
    try:
        plan = make_plan(readings, selection)
    except StoreError:
        return
    settlement = settle(plan, [target.outcome or outcome for target in plan.targets], "confirmed")
    link = f"{selection.scope}:registry"
    assert all(is_login_field(reading.name) or reading.name == link for reading in settlement.doomed)
    for target in plan.targets:
        if target.registry:
            choose_connection(target.registry, ConnectionOptions(), readings)


@examples
@given(FILES, SELECTIONS)
def test_twice_is_once(data: bytes, selection: Selection) -> None:
    try:
        plan = make_plan(read(data), selection)
    except StoreError:
        return
    outcomes = [target.outcome or CONFIRMED for target in plan.targets]
    after = remove(data, doomed_settings(settle(plan, outcomes, "confirmed")))
    again = make_plan(read(after), selection)
    outcomes = [target.outcome or FAILED for target in again.targets]
    assert all(outcome == "protected" for outcome in outcomes)
    assert doomed_settings(settle(again, outcomes, "confirmed")) == ()


@examples
@given(FILES, st.integers(0, 2**12))
def test_a_diff_shows_the_removed_lines_alone(data: bytes, chosen: int) -> None:
    doomed = [item for number, item in enumerate(parse(data).settings) if chosen >> number & 1]
    before = iter(redact(data, _npmrc, ENVIRONMENT).splitlines())
    after = redact(remove(data, doomed), _npmrc, ENVIRONMENT).splitlines()
    assert all(line.lstrip("\ufeff") in (other.lstrip("\ufeff") for other in before) for line in after)


SECRET = "hunter2"
SECRET_FIELDS = st.sampled_from(["_authToken", "_auth", "_password"])
SECRET_LINES = st.tuples(
    words("# ; _B_ \ufeff \u2028 ' \" a"),
    words("//npm.example.com/: //npm.example.com: //${HOST}/:@o: '//h/: \"//h/:"),
    SECRET_FIELDS,
    words("' \" [] _B_"),
    st.sampled_from(["=", " = ", ":", ": ", " ", "=="]),
    words('\' " a ; # \\ _B_ [" {"a":" \u2028 ${TOKEN}'),
    st.just(SECRET),
    words('\' " b ; # \\ _B_ "] "} \u2028 ${TOKEN}'),
).map("".join)


@examples
@given(FILES, SECRET_LINES, FILES)
def test_shows_no_secret(before: bytes, line: str, after: bytes) -> None:
    assume(SECRET.encode() not in before + after)
    shown = redact(before + b"\n" + line.encode() + b"\n" + after, _npmrc, ENVIRONMENT)
    assert SECRET not in shown


@examples
@given(st.one_of(URLS, KEYS, st.text(), st.text(st.characters(categories=["Cs", "Po", "Sm"]))))
def test_a_url_is_one_or_is_said_to_be_none(text: str) -> None:
    has_userinfo(text)
    hide_userinfo(text)
    assert show(text).isprintable()
    try:
        registry = parse_registry(text)
    except InvalidUrl:
        return
    assert parse_registry(registry.url) == registry
    assert registry.key in walk_up(registry.key)
    assert not has_userinfo(registry.url)
