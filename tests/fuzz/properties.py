# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check properties of files, keys, credentials and diffs for any input, with one function for each target."""

from __future__ import annotations

import re
import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter

from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl, NpmopsError, StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig, npmrc, pnpm_config, yarnrc, yarnrc_yml
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import choose_connection
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import (
    Credential,
    find_companions,
    find_credentials,
    is_login_field,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, expand, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import (
    Registry,
    has_userinfo,
    is_on_walk,
    parse_key,
    parse_registry,
    split_name,
    walk_up,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import USERINFO, Setting
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import allows_removal
from ansible_collections.npmops.auth.plugins.module_utils._plan import (
    Settlement,
    StorePlan,
    doomed_settings,
    make_plan,
    settle,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import hide_userinfo, redact
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Concealer, Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._selection import REVOKE_CHOICES, Selection
from ansible_collections.npmops.auth.plugins.module_utils._values import to_utf_8
from tests.fuzz.seeds import CHOICES, ENVIRONMENT, PASSWORD, TOKEN

SECRET = ("_authToken", "_auth", "_password", USERINFO)
BOM = b"\xef\xbb\xbf"
LINE_END = re.compile(rb"\r\n|\r|\n")
LINE = re.compile(rb"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")


def check_refusal(problem: NpmopsError) -> None:
    """Check that an error names the place and does not repeat rejected input."""
    assert TOKEN not in f"{problem} {problem!r}", "a refusal shows a secret"


# Files ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Format:
    """Functions that read and edit one kind of file.

    :ivar whole_lines: each setting is a line, and is removed with the whole line.
    """

    parse_settings: Callable[[bytes], Sequence[Setting]]
    remove: Callable[[bytes, Iterable[Setting]], bytes]
    whole_lines: bool = False


#: A new format needs a row here, and seeds in ``seeds``.
FORMATS = {
    "npmrc": Format(lambda data: npmrc.parse(data).settings, npmrc.remove, whole_lines=True),
    "yarnrc_yml": Format(yarnrc_yml.parse_settings, yarnrc_yml.remove),
    "pnpm_config_yaml": Format(pnpm_config.parse_settings, pnpm_config.remove),
    "yarnrc": Format(yarnrc.parse_settings, yarnrc.remove),
    "bunfig": Format(bunfig.parse_settings, bunfig.remove),
}


def check_file(kind: Format, data: bytes) -> None:
    """Check that settings have correct positions, and that a removal removes only the given settings."""
    try:
        settings = kind.parse_settings(data)
    except StoreError as problem:
        check_refusal(problem)
        return
    assert TOKEN not in repr(settings)
    line_ends = [match.end() for match in LINE_END.finditer(data)]
    for item in settings:
        if item.start == item.end and item.name.endswith(USERINFO):
            # The secret cannot be cut out of its URL, so the value is the whole URL.
            assert 0 <= item.value_start < item.value_end <= len(data)
            continue
        assert 0 <= item.start <= item.value_start <= item.value_end <= item.end <= len(data)
        assert item.start < item.end
        first, last = (1 + bisect_right(line_ends, place) for place in (item.start, item.value_end))
        assert first <= item.line <= last
    assert kind.remove(data, ()) == data
    for doomed in (settings, choose(settings, data)):
        check_removal(kind, data, settings, doomed)


def choose(settings: Sequence[Setting], data: bytes) -> list[Setting]:
    """Choose some of the settings, depending on the bytes."""
    bits = zlib.crc32(data)
    return [item for number, item in enumerate(settings) if bits >> number % 32 & 1]


def check_removal(kind: Format, data: bytes, settings: Sequence[Setting], doomed: Sequence[Setting]) -> None:
    try:
        result = kind.remove(data, doomed)
    except StoreError as problem:
        check_refusal(problem)
        return
    identities = {item.identity for item in doomed}
    left, stay = kind.parse_settings(result), [item for item in settings if item.identity not in identities]
    if not kind.whole_lines:
        # A URL changes when its login is removed. A login can be removed with its URL, and the URL with an otherwise
        # empty entry. A file without secrets is not read.
        spans = [(item.start, item.end) for item in settings if item.identity in identities]
        stay = [item for item in stay if not any(start <= item.start and item.end <= end for start, end in spans)]
        left, stay = ([item for item in items if item.name.endswith(SECRET)] for items in (left, stay))
    assert [item.identity for item in left] == [item.identity for item in stay], "another setting went"
    assert kind.remove(result, doomed) == result, "twice is not once"
    rest = iter(data)
    assert all(byte in rest for byte in result), "bytes came from nowhere"
    if kind.whole_lines:
        gone = {item.line for item in settings if item.identity in identities}
        lines = b"".join(line for number, line in enumerate(LINE.findall(data), 1) if number not in gone)
        # The byte order mark belongs to the file, not to the first line.
        mark = BOM if data.startswith(BOM) and 1 in gone else b""
        assert result in (mark + lines, lines), "other bytes went"


# Keys -----------------------------------------------------------------------------------------------------------------


def check_keys(data: bytes) -> None:
    """Check that a URL is parsed, or rejected without repeating it, and that a registry's URL and key parse to it."""
    text = data.decode("utf-8", "surrogateescape")
    for url in (text, f"https://alice:{TOKEN}@{text}"):
        has_userinfo(url)
        hide_userinfo(url)
        assert show(url).isprintable()
        for read in (parse_registry, parse_key):
            try:
                check_registry(read(url))
            except InvalidUrl as problem:
                check_refusal(problem)
    parts = split_name(text)
    assert parts is None or ":".join(parts) == text


def check_registry(registry: Registry) -> None:
    assert registry.scheme in ("http", "https")
    assert registry.host == registry.host.lower()
    assert registry.hostname
    assert not re.search(r"[\s/\\?#@]", registry.host)
    assert registry.path.startswith("/")
    assert registry.path.endswith("/")
    assert registry.url.isascii()
    assert registry.url.isprintable()
    assert not has_userinfo(registry.url)
    assert registry.is_address or not registry.is_loopback or registry.hostname.endswith("localhost")
    assert parse_registry(registry.url) == registry
    assert parse_key(registry.key, registry.scheme) == registry
    keys = walk_up(registry.key)
    assert keys[0] == registry.key
    beginnings = (registry.key[:size] for size in range(len(registry.key), 0, -1))
    assert keys == tuple(key for key in beginnings if is_on_walk(key, registry.key))
    for key in keys:
        assert split_name(f"{key}:_authToken") == (key, "_authToken")


# Credentials ----------------------------------------------------------------------------------------------------------

REGISTRY = parse_registry("https://npm.example.com/a/")
FINGERPRINT = fingerprint(Secret(TOKEN))
SELECTIONS = (
    Selection(),
    Selection(registry=REGISTRY),
    Selection(registry=REGISTRY, scope="@x"),
    Selection(scope="@x"),
    Selection(all_registries=True),
    Selection(all_registries=True, comments=True),
    Selection(token=Secret(TOKEN)),
    Selection(registry=REGISTRY, token=Secret(TOKEN), comments=True),
    Selection(fingerprints=frozenset({FINGERPRINT})),
    Selection(all_registries=True, protected=frozenset({FINGERPRINT})),
)
#: The attributes that identify a credential in another version of the file.
describe = attrgetter("key", "kind", "source", "unset", "secret", "keys")
TOKEN_OUTCOMES = ("confirmed", "already_invalid", "accepted", "ineffective", "unsupported", "failed")


def check_credentials(data: bytes) -> None:
    """Check the removal of credentials.

    Only chosen credentials that may be removed are removed, a second run has nothing to do, and no repr has a secret.
    """
    size = CHOICES["credentials"]
    choices, stored = data[:size].ljust(size, b"\0"), data[size:]
    try:
        stored = to_utf_8(stored)
    except StoreError as problem:
        check_refusal(problem)
        return
    readings = read(stored)
    credentials = find_credentials(readings)
    check_grouping(readings, credentials)
    selected = SELECTIONS[choices[0] % len(SELECTIONS)]
    selection = selected._replace(revoke=REVOKE_CHOICES[choices[1] % len(REVOKE_CHOICES)])
    shown: list[object] = [readings, credentials, selection]
    try:
        plan = make_plan(readings, selection)
        settlement = settle(plan, choose_outcomes(plan, choices), selection.revoke)
        shown += [plan, settlement]
        check_settlement(plan, settlement, choose_outcomes(plan, choices), selection)
        check_what_is_left(stored, plan, settlement, selection, choices)
    except StoreError as problem:
        shown.append(problem)
    if stand_only_as_secrets(stored, credentials):
        assert not [item for item in shown if hold_secret(f"{item!r} {item}")], "a secret is shown"


def read(stored: bytes) -> tuple[Reading, ...]:
    return read_settings(stored, npmrc, ENVIRONMENT)


def check_grouping(readings: Sequence[Reading], credentials: Sequence[Credential]) -> None:
    used = Counter(id(reading) for credential in credentials for reading in credential.readings)
    assert set(used.values()) <= {1}, "a setting belongs to two credentials"
    # The fallback of a reference is a separate reading of the same setting.
    settings = {id(reading.setting) for credential in credentials for reading in credential.readings}
    assert settings <= {id(reading.setting) for reading in readings}
    assert not settings & {id(reading.setting) for reading in find_companions(readings, credentials)}
    for credential in credentials:
        assert (credential.fingerprint is not None) == (credential.kind == "token" and credential.secret is not None)
        assert not (credential.secret and credential.unset)
    for reading in readings:
        found = expand(reading.name + (reading.value or ""), ENVIRONMENT)
        assert set(found.unset) <= set(found.references) - ENVIRONMENT.keys()
        assert not hold_secret(repr(found)), "a secret is shown"


def choose_outcomes(plan: StorePlan, choices: bytes) -> list[str]:
    """Choose an outcome for each target, which is always the same for the same token."""
    outcomes = []
    for target in plan.targets:
        bits = zlib.crc32((target.credential.fingerprint or "").encode() + choices[2:])
        outcomes.append(target.outcome or TOKEN_OUTCOMES[bits % len(TOKEN_OUTCOMES)])
    return outcomes


def check_settlement(plan: StorePlan, settlement: Settlement, outcomes: Sequence[str], selection: Selection) -> None:
    link = f"{selection.scope}:registry"
    assert all(is_login_field(reading.name) or reading.name == link for reading in settlement.doomed)
    assert settlement.removed <= {target.credential for target in plan.targets}
    for target, outcome in zip(plan.targets, outcomes, strict=True):
        credential = target.credential
        assert credential not in settlement.removed or allows_removal(outcome, selection.revoke)
        assert selection.token is None or credential.secret == selection.token
        assert not selection.fingerprints or credential.fingerprint in selection.fingerprints
        assert (outcome == "protected") == (credential.fingerprint in selection.protected)
        assert credential.source != "comment" or selection.comments
        if target.registry:
            choose_connection(target.registry, ConnectionOptions(), plan.readings)


def check_what_is_left(
    stored: bytes, plan: StorePlan, settlement: Settlement, selection: Selection, choices: bytes
) -> None:
    doomed = doomed_settings(settlement)
    result = FORMATS["npmrc"].remove(stored, doomed)
    readings = read(result)
    left = find_credentials(item for item in readings if selection.comments or not item.setting.commented)
    staying = {target.credential for target in plan.targets + plan.bystanders} - settlement.removed
    assert Counter(map(describe, left)) == Counter(map(describe, staying)), "another credential went, or one stayed"
    again = make_plan(readings, selection)
    second = settle(again, choose_outcomes(again, choices), selection.revoke)
    assert not second.doomed, "the second run has something to do"


def stand_only_as_secrets(stored: bytes, credentials: Sequence[Credential]) -> bool:
    """Check that secrets with a recognizable format occur only as the secrets of logins."""
    places = [reading for item in credentials for reading in item.readings if not reading.name.endswith("username")]
    # If a login cannot be separated from the rest of its URL, the whole URL is its value.
    settings = [place.setting for place in places if place.setting.start < place.setting.end]
    values = [stored[setting.value_start : setting.value_end] for setting in settings]
    words = (TOKEN.encode(), b"NPM_TOKEN")
    return all(stored.count(word) == sum(value.count(word) for value in values) for word in words)


def hold_secret(text: str) -> bool:
    return TOKEN in text or ENVIRONMENT["NPM_TOKEN"] in text


# Diffs ----------------------------------------------------------------------------------------------------------------

#: Also in lines that are not settings.
ANNOUNCED = re.compile(
    rf"_(?:authToken|auth|password)[\"' \[\]]*[=: ]\W{{0,9}}({re.escape(TOKEN)}|{re.escape(PASSWORD)})"
)


def check_diff(data: bytes) -> None:
    """Check that the diff of a file contains its lines and no secret."""
    try:
        data = to_utf_8(data)
    except StoreError as problem:
        check_refusal(problem)
        return
    known = [Secret(TOKEN), Secret(PASSWORD)] + [item.secret for item in find_credentials(read(data)) if item.secret]
    shown, knowing = redact(data, npmrc, ENVIRONMENT), redact(data, npmrc, ENVIRONMENT, known)
    for text in (shown, knowing):
        assert len(LINE_END.findall(text.encode("utf-8", "replace"))) == len(LINE_END.findall(data))
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]", text)
        assert ENVIRONMENT["NPM_TOKEN"] not in text or ENVIRONMENT["NPM_TOKEN"].encode() in data
    assert TOKEN not in knowing
    assert PASSWORD not in knowing
    assert TOKEN not in Concealer(known)(data.decode("utf-8", "replace"))
    lines, shown_lines = split(data.decode("utf-8", "replace")), split(shown)
    for line, shown_line in zip(lines, shown_lines, strict=True):
        for secret in ANNOUNCED.findall(line):
            assert line.count(secret) > 1 or secret not in shown_line, "a secret is shown"
    settings = npmrc.parse(data).settings
    for doomed in (settings[:1], choose(settings, data)):
        left = npmrc.remove(data, doomed)
        if not is_text(left):
            continue
        after, before = split(redact(left, npmrc, ENVIRONMENT)), iter(shown_lines)
        assert all(line in before for line in after if line), "a line that stays looks different"


def is_text(data: bytes) -> bool:
    """Check whether the module can read the file again. It does not write a file that it could not read."""
    try:
        to_utf_8(data)
    except StoreError:
        return False
    return True


def split(text: str) -> list[str]:
    """Split a text into lines without byte order marks, because another line can become the first one."""
    return [line.lstrip("\ufeff") for line in re.split("\r\n|\r|\n", text)]


TARGETS: dict[str, Callable[[bytes], None]] = {
    **{name: partial(check_file, kind) for name, kind in FORMATS.items()},
    "keys": check_keys,
    "credentials": check_credentials,
    "diff": check_diff,
}
