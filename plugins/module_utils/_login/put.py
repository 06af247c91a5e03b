# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Put a new login for a registry into the bytes of a credential file.

Private to this collection. Pure. As in npm (``setCredentialsByURI`` of ``@npmcli/config``), a token replaces the other
logins at its key, and vice versa. Unlike in npm, every other byte stays.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Optional, Tuple

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import TOKEN, UNSCOPED, find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import Registries
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import (
    Registry,
    registry_key_of,
    scope_of_key,
    split_name,
    try_parse_registry,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format, Setting
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._values import name_utf_16

Identity = Tuple[bool, Optional[str], str, str]

_OTHER_SPELLINGS = {"_authtoken": "_authToken", "-authtoken": "_authToken"}
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")
_PAIR_FIELDS = ("username", "_password", "_auth")


@dataclass(frozen=True)
class Login:
    """The login to put into a credential file.

    :ivar scope: the scope to map to the registry, with ``@``.
    :ivar token: None for a user name and password.
    :ivar keep: the old logins stay, and a token is put after those of its name: npm uses the last one.
    """

    registry: Registry
    scope: str | None = None
    token: Secret | None = None
    username: str = ""
    password: Secret | None = None
    keep: bool = False


@dataclass(frozen=True)
class Put:
    """The result for one file.

    :ivar data: the new bytes.
    :ivar keys: the names of the settings that are new or have a new value.
    :ivar replaced: fingerprints of the old tokens, even if they are kept.
    :ivar added: those of ``keys`` that are new.
    """

    data: bytes
    keys: tuple[str, ...]
    replaced: tuple[str, ...]
    added: tuple[str, ...] = ()

    def __repr__(self) -> str:
        # The bytes contain secrets.
        return f"Put({len(self.data)} bytes)"


def put_login(
    data: bytes, form: Format, login: Login, environment: Mapping[str, str], defaults: Sequence[Reading] = ()
) -> Put:
    """Put a login into a credential file; change nothing if the file contains the login.

    :param data: the file's bytes; empty for a new file.
    :param form: the file's format.
    :param defaults: settings of levels with lower precedence.
    :raises StoreError: the file cannot get the login, or only with other changes; the message completes a sentence.
    """
    if name_utf_16(data):
        raise StoreError("it is in UTF-16, which npm does not read: save it as UTF-8")
    readings = drop_unread(read_settings(data, form, environment), form)
    fields = find_fields(readings, login.registry, Registries(readings, defaults))
    wanted = list_wanted(login, form)
    changed, added = _compare(wanted, fields, login.registry.key)
    links, missing_links = _compare_link(login, readings)
    superseded = () if login.keep else _find_superseded(fields, login)
    touched = _find_last_lines(changed, fields, form) if login.keep else changed
    write = _write_behind if login.keep else form.write_value
    spans = [write(data, setting, text) for setting, text in touched.items()]
    spans += [form.write_value(data, setting, text) for setting, text in links.items()]
    result = _splice(data, spans)
    result = form.remove(result, superseded) if superseded else result
    for name, text in [*added, *missing_links]:
        if form is not npmrc:
            raise StoreError(
                "it contains no login for this registry that could be replaced, and a login can be added only to an "
                ".npmrc"
            )
        result = npmrc.append(result, name, text, like=data)
    kept = frozenset(reading.setting.identity for reading in readings if reading.references)
    _require_read_back(result, form, login, environment, defaults, kept)
    names = tuple(name for name, _text in [*added, *missing_links])
    keys = [*(setting.label for setting in [*touched, *links]), *names]
    return Put(result, tuple(dict.fromkeys(keys)), _list_replaced(readings, [*changed, *superseded]), names)


def drop_unread(readings: Iterable[Reading], form: Format) -> list[Reading]:
    """Return the settings without comments, and without those of an .npmrc that npm does not read, or not like this."""
    return [
        item
        for item in readings
        if not item.setting.commented
        and item.setting.section is None
        and not (form is npmrc and item.setting.shown and not item.setting.in_url)
    ]


def find_fields(readings: Iterable[Reading], registry: Registry, registries: Registries) -> dict[str, list[Reading]]:
    """Return the login settings that belong to exactly this registry, by field."""
    fields: dict[str, list[Reading]] = {}
    for reading in readings:
        key, field = split_name(reading.name) or (UNSCOPED, reading.name)
        place = registries.find_key(key, registry).rstrip("/")
        if place == registry.key.rstrip("/") or (
            place == UNSCOPED and _is_linked(scope_of_key(key), registry, registries)
        ):
            # npm accepts the other spellings only without a key.
            spelling = field if key else _OTHER_SPELLINGS.get(field, field)
            fields.setdefault(spelling, []).append(reading)
    return fields


def _is_linked(scope: str, registry: Registry, registries: Registries) -> bool:
    """Return whether a login without a URL is for this registry, because of a scope mapping or as the default."""
    try:
        linked = registries.get_linked(scope) if scope else None
    except StoreError:
        return False
    return linked.key == registry.key if linked else registries.is_default(registry)


def list_wanted(login: Login, form: Format) -> dict[str, str]:
    if login.token:
        return {"_authToken": login.token.reveal()}
    password = login.password.reveal() if login.password else ""
    is_plain = getattr(form, "PLAIN_PASSWORDS", False)
    written = password if is_plain else base64.b64encode(password.encode()).decode("ascii")
    return {"username": login.username, "_password": written}


def _compare(
    wanted: Mapping[str, str], fields: Mapping[str, Sequence[Reading]], key: str
) -> tuple[dict[Setting, str], list[tuple[str, str]]]:
    """Return the settings whose value changes, and those that are missing."""
    changed: dict[Setting, str] = {}
    added: list[tuple[str, str]] = []
    for field, text in wanted.items():
        found = [item for item in fields.get(field, ()) if not item.setting.appends]
        changed.update({item.setting: text for item in found if item.value != text})
        if not any(_is_read(item, key) for item in found):
            added.append((f"{key}:{field}", text))
    return changed, added


def _is_read(reading: Reading, registry_key: str) -> bool:
    """Return whether the client uses the setting. npm 9 and newer require a key; only pnpm uses those of a scope."""
    key, _field = split_name(reading.name) or (UNSCOPED, "")
    is_scopes = registry_key_of(key) != key and key.rstrip("/") != registry_key.rstrip("/")
    return bool(reading.setting.shown) or (key != UNSCOPED and not is_scopes)


def _compare_link(login: Login, readings: Sequence[Reading]) -> tuple[dict[Setting, str], list[tuple[str, str]]]:
    if login.scope is None:
        return {}, []
    name = f"{login.scope}:registry"
    found = [item for item in readings if item.name == name]
    changed = {item.setting: login.registry.url for item in found if try_parse_registry(item.value) != login.registry}
    return changed, [] if found else [(name, login.registry.url)]


def _find_superseded(fields: Mapping[str, Sequence[Reading]], login: Login) -> tuple[Setting, ...]:
    """Return the other logins at the key, and the values that a list (``key[]``) would join with the new one."""
    names = _PAIR_FIELDS if login.token else ("_authToken", "_auth")
    others = [item for name in names for item in fields.get(name, ())]
    wanted = ("_authToken",) if login.token else ("username", "_password")
    lists = [item for name in wanted for item in fields.get(name, ()) if item.setting.appends]
    return tuple(item.setting for item in [*others, *lists])


def _find_last_lines(
    changed: Mapping[Setting, str], fields: Mapping[str, Sequence[Reading]], form: Format
) -> dict[Setting, str]:
    """Return the settings that the new value must follow to take effect.

    :raises StoreError: the file cannot contain both logins.
    """
    if form is not npmrc and changed:
        raise StoreError("only an .npmrc can contain both the old and the new login")
    last = {reading.name: reading.setting for found in fields.values() for reading in found}
    behind = {setting: text for setting, text in changed.items() if setting in last.values()}
    if any(reading.setting.appends for found in fields.values() for reading in found):
        raise StoreError(
            "its token is in a list, and npm would ignore a new token after this list: replace the token by hand, or "
            "run without keep_replaced"
        )
    return behind


def _write_behind(data: bytes, setting: Setting, text: str) -> tuple[int, int, bytes]:
    """Return the edit that repeats the setting, with a new value, on the next line."""
    value_start, _value_end, raw = npmrc.write_value(data, setting, text)
    line = data[setting.start : value_start] + raw
    if line.startswith(_BOM):
        line = line[len(_BOM) :]
    ends = _LINE_END.findall(data)
    own_end = data[setting.value_end : setting.end]
    return setting.end, setting.end, line + own_end if own_end else (ends[-1] if ends else b"\n") + line


def _splice(data: bytes, spans: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Replace these spans with other bytes."""
    pieces: list[bytes] = []
    position = 0
    for start, end, raw in sorted(spans):
        pieces += [data[position:start], raw]
        position = end
    return b"".join([*pieces, data[position:]])


def _require_read_back(
    data: bytes,
    form: Format,
    login: Login,
    environment: Mapping[str, str],
    defaults: Sequence[Reading],
    kept: Collection[Identity],
) -> None:
    """Check that a client reads the login that was put there.

    :param kept: the settings that referred to variables before.
    :raises StoreError: a client would read something else.
    """
    readings = drop_unread(read_settings(data, form, environment), form)
    fields = find_fields(readings, login.registry, Registries(readings, defaults))
    for field, text in list_wanted(login, form).items():
        found = fields.get(field, ())
        # Of several lines with the same name, the last one counts.
        counting = {item.name: item for item in found} if login.keep else dict(enumerate(found))
        if not found or any(
            item.value != text or (item.references and item.setting.identity not in kept) for item in counting.values()
        ):
            raise StoreError("the login contains characters that cannot be written into this file")


def _list_replaced(readings: Sequence[Reading], gone: Sequence[Setting]) -> tuple[str, ...]:
    lines = {id(setting) for setting in gone}
    tokens = [
        credential.secret
        for credential in find_credentials(readings)
        if credential.kind == TOKEN
        and credential.secret
        and any(id(reading.setting) in lines for reading in credential.readings)
    ]
    return tuple(dict.fromkeys(fingerprint(token) for token in tokens))
