# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What may a person see of a store?

Private to this collection. Pure. A diff is built from lines that were redacted first, never from file text that is
masked later. Where in doubt, a value is hidden.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ansible_collections.npmops.auth.plugins.module_utils._environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._keys import split_name
from ansible_collections.npmops.auth.plugins.module_utils._npmrc import Setting, parse
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, fingerprint

_TOKEN_FIELDS = frozenset({"_authToken", "_authtoken", "-authtoken"})
_LABELS = {"_auth": "<basic auth>", "_password": "<password>"}
_HARMLESS_FIELDS = frozenset({"always-auth", "keyfile", "certfile", "auth-type", "tokenHelper", "cafile"})
_SECRET_NAME = re.compile(r"(?i)pass|pwd|secret|token|auth|credential|(?:\A|[-_:.])(?:key|cert|otp)\Z")
_USERINFO = re.compile(r"//[^/\s@]*@")
_SAID_SECRET = re.compile(
    r"(?i)([\w.-]*(?:pass(?:word|wd|phrase)?|pwd|secret|token|auth|credentials?|key)\w*\s*(?:\bis\b|[:=])\s*)(\S+)"
)
_ONLY_REFERENCES = re.compile(r"\s*[\"']?(?:\$\{[^${}]+\})+[\"']?\s*\Z")
_WORD = re.compile(r"[A-Za-z0-9+=_~-]{16,}")
_WORD_WITH_SLASH = re.compile(r"[A-Za-z0-9+/=_~-]{16,}")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def redact(data: bytes, environment: Mapping[str, str]) -> str:
    """The text of an .npmrc with every secret replaced by what it is: ``<token sha256:...>``, ``<password>``.

    :param environment: of the account, to give a token that stands as ``${VAR}`` its fingerprint.
    """
    pieces: list[str] = []
    position = 0
    for reading in read_settings(parse(data).settings, environment):
        setting = reading.setting
        pieces.append(_scan(_decode(data[position : setting.start])))
        pieces.append(_redact_line(data, reading))
        position = setting.value_end
    pieces.append(_scan(_decode(data[position:])))
    return "".join(pieces)


def hide_userinfo(text: str) -> str:
    """A URL or a registry key without the user name and password that may stand in it."""
    return _USERINFO.sub("//<password>@", text)


def show(text: str) -> str:
    """A path or name from a hostile place, on one line."""
    return text if text.isprintable() else ascii(text)


def _redact_line(data: bytes, reading: Reading) -> str:
    setting = reading.setting
    name = _decode(data[setting.start : setting.value_start])
    value = _decode(data[setting.value_start : setting.value_end])
    label = _label(setting, reading, value)
    if label is not None:
        # The name's side is looked through as well: it can hold another secret, or be one.
        indent = value[: len(value) - len(value.lstrip())]
        return _scan(name) + (label if label == value else indent + label)
    if setting.commented or setting.value is True:
        return _scan(name + value)
    return hide_userinfo(_hide_words(name + value, _WORD))


def _label(setting: Setting, reading: Reading, value: str) -> str | None:
    """What stands for a secret value; None where the value may be seen."""
    parts = split_name(reading.name)
    field = parts[1] if parts else reading.name
    if field in _HARMLESS_FIELDS or _ONLY_REFERENCES.match(value):
        return None
    if field in _TOKEN_FIELDS:
        return f"<token {fingerprint(Secret(reading.value))}>" if reading.value and setting.value is not True else value
    if field in _LABELS:
        return _LABELS[field]
    return "<secret>" if _SECRET_NAME.search(field) else None


def _scan(text: str) -> str:
    """Comments and other lines: hide what looks like a secret or is said to be one."""
    text = _SAID_SECRET.sub(r"\1<secret>", hide_userinfo(text))
    return _hide_words(text, _WORD_WITH_SLASH)


def _hide_words(text: str, shape: re.Pattern[str]) -> str:
    return shape.sub(lambda match: "<secret>" if _is_opaque(match.group()) else match.group(), text)


def _is_opaque(word: str) -> bool:
    """Letters and digits mixed, as in a token and not as in a word, a host or a path."""
    return bool(re.search("[0-9]", word) and re.search("[A-Za-z]", word))


def _decode(data: bytes) -> str:
    return _CONTROL.sub("\ufffd", data.decode("utf-8", "replace"))
