# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is a store once it logs in to a registry with a new login?

Private to this collection. Pure. As npm does it (``setCredentialsByURI`` of ``@npmcli/config``), a token takes the
place of the other logins at its key and the other way round; as npm does not, every other byte stays.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils import _npmrc
from ansible_collections.npmops.auth.plugins.module_utils._credentials import TOKEN, UNSCOPED, find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._errors import InvalidUrl, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._keys import (
    Registry,
    parse_registry,
    registry_key_of,
    split_name,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Registries
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._settings import Format, Setting

_OTHER_SPELLINGS = {"_authtoken": "_authToken", "-authtoken": "_authToken"}
_PAIR_FIELDS = ("username", "_password", "_auth")


@dataclass(frozen=True)
class Login:
    """What a store is to hold.

    :ivar scope: to be linked to the registry, with its ``@``.
    :ivar token: None where there are a user name and a password.
    """

    registry: Registry
    scope: str | None = None
    token: Secret | None = None
    username: str = ""
    password: Secret | None = None


@dataclass(frozen=True)
class Put:
    """What comes of a store.

    :ivar data: its bytes afterwards.
    :ivar keys: the names of the settings that are new or have a new value.
    :ivar replaced: fingerprints of the tokens that stood there.
    :ivar added: those of ``keys`` that are new.
    """

    data: bytes
    keys: tuple[str, ...]
    replaced: tuple[str, ...]
    added: tuple[str, ...] = ()


def put_login(
    data: bytes, form: Format, login: Login, environment: Mapping[str, str], defaults: Sequence[Reading] = ()
) -> Put:
    """Put a login into a store; nothing changes where it is there.

    :param data: the store's bytes; none for a new one.
    :param form: its format.
    :param defaults: settings of weaker levels.
    :raises StoreError: it cannot be done without touching something else; the message is the end of a sentence.
    """
    readings = [item for item in read_settings(data, form, environment) if not item.setting.commented]
    fields = _find_fields(readings, login.registry, Registries(readings, defaults))
    wanted = _list_wanted(login, form)
    changed, added = _compare(wanted, fields, login.registry.key)
    links, missing_links = _compare_link(login, readings)
    superseded = _find_superseded(fields, login)
    result = _replace_values(data, form, {**changed, **links})
    result = form.remove(result, superseded) if superseded else result
    for name, text in [*added, *missing_links]:
        if form is not _npmrc:
            raise StoreError(
                "it holds no login for this registry that could be replaced, and only an .npmrc gets new ones"
            )
        result = _npmrc.append(result, name, text, like=data)
    _require_read_back(result, form, login, environment, defaults)
    names = tuple(name for name, _text in [*added, *missing_links])
    keys = [*(setting.label for setting in [*changed, *links]), *names]
    return Put(result, tuple(dict.fromkeys(keys)), _list_replaced(readings, [*changed, *superseded]), names)


def _find_fields(readings: Iterable[Reading], registry: Registry, registries: Registries) -> dict[str, list[Reading]]:
    """The settings of logins that belong to exactly this registry, by their field."""
    fields: dict[str, list[Reading]] = {}
    is_default = registries.is_default(registry)
    for reading in readings:
        key, field = split_name(reading.name) or (UNSCOPED, reading.name)
        place = registry_key_of(key).rstrip("/")
        if place == registry.key.rstrip("/") or (place == UNSCOPED and is_default):
            # npm takes the other spellings without a key alone.
            spelling = field if key else _OTHER_SPELLINGS.get(field, field)
            fields.setdefault(spelling, []).append(reading)
    return fields


def _list_wanted(login: Login, form: Format) -> dict[str, str]:
    if login.token:
        return {"_authToken": login.token.reveal()}
    password = login.password.reveal() if login.password else ""
    is_plain = getattr(form, "PLAIN_PASSWORDS", False)
    written = password if is_plain else base64.b64encode(password.encode()).decode("ascii")
    return {"username": login.username, "_password": written}


def _compare(
    wanted: Mapping[str, str], fields: Mapping[str, Sequence[Reading]], key: str
) -> tuple[dict[Setting, str], list[tuple[str, str]]]:
    """The settings whose value changes, and those that are missing."""
    changed: dict[Setting, str] = {}
    added: list[tuple[str, str]] = []
    for field, text in wanted.items():
        found = [item for item in fields.get(field, ()) if not item.setting.appends]
        changed.update({item.setting: text for item in found if item.value != text})
        if not any(_is_read(item) for item in found):
            added.append((f"{key}:{field}", text))
    return changed, added


def _is_read(reading: Reading) -> bool:
    """Would its client log in with it? npm 9 and newer take none without a key, and pnpm alone those of a scope."""
    key, _field = split_name(reading.name) or (UNSCOPED, "")
    return bool(reading.setting.shown) or (key != UNSCOPED and registry_key_of(key) == key)


def _compare_link(login: Login, readings: Sequence[Reading]) -> tuple[dict[Setting, str], list[tuple[str, str]]]:
    if login.scope is None:
        return {}, []
    name = f"{login.scope}:registry"
    found = [item for item in readings if item.name == name]
    changed = {item.setting: login.registry.url for item in found if not _leads_to(item.value, login.registry)}
    return changed, [] if found else [(name, login.registry.url)]


def _leads_to(url: str | None, registry: Registry) -> bool:
    try:
        return url is not None and parse_registry(url) == registry
    except InvalidUrl:
        return False


def _find_superseded(fields: Mapping[str, Sequence[Reading]], login: Login) -> tuple[Setting, ...]:
    """The other logins at its key, and the values that a list (``key[]``) would join with the new one."""
    names = _PAIR_FIELDS if login.token else ("_authToken", "_auth")
    others = [item for name in names for item in fields.get(name, ())]
    wanted = ("_authToken",) if login.token else ("username", "_password")
    lists = [item for name in wanted for item in fields.get(name, ()) if item.setting.appends]
    return tuple(item.setting for item in [*others, *lists])


def _replace_values(data: bytes, form: Format, changes: Mapping[Setting, str]) -> bytes:
    spans = sorted(form.write_value(data, setting, text) for setting, text in changes.items())
    pieces: list[bytes] = []
    position = 0
    for start, end, raw in spans:
        pieces += [data[position:start], raw]
        position = end
    return b"".join([*pieces, data[position:]])


def _require_read_back(
    data: bytes, form: Format, login: Login, environment: Mapping[str, str], defaults: Sequence[Reading]
) -> None:
    """:raises StoreError: a client would read something else than what was put there."""
    readings = [item for item in read_settings(data, form, environment) if not item.setting.commented]
    fields = _find_fields(readings, login.registry, Registries(readings, defaults))
    for field, text in _list_wanted(login, form).items():
        if not fields.get(field) or any(item.value != text or item.references for item in fields[field]):
            raise StoreError("the login holds characters that cannot be written there")


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
