# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show a credential file without its secrets.

Private to this collection. Pure. A diff is built from lines that were redacted first, never from file text that is
masked later. If in doubt, a value is hidden.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, show
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading, read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import split_name
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import USERINFO, Format
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, decode_base64, fingerprint
from ansible_collections.npmops.auth.plugins.module_utils._values import to_utf_8

_TOKEN_FIELDS = frozenset({"_authToken", "_authtoken", "-authtoken"})
_LABELS = {"_auth": "<basic auth>", "_password": "<password>", USERINFO: "<password>", "key": "<private key>"}
_HARMLESS_FIELDS = frozenset({"always-auth", "keyfile", "certfile", "auth-type", "tokenHelper", "cafile"})
# npm treats byte order marks as white space: skip them to see how the line begins.
_LINE = re.compile(rb"(?=[^\r\n])(?:\xef\xbb\xbf)*([^\r\n]*)")
# Where the user name and the password of a URL can begin, also in JSON's spellings.
_BEFORE_AUTHORITY = re.compile(r"(?i)(?:https?:(?:\\?/|\\u002f|\\u005c|\\)*|//)([^/\\?#\s]*)")
# A proxy may be written as "user:password@host", without a scheme.
# Two expressions, so that each takes linear time.
_BEFORE_SIGN = re.compile(r"(?<![^\s/\\@])[^\s/\\@]+@(?=[\w.-]+:\d)")
_BARE_LOGIN = re.compile(r"(?<![^\s=\"'])[^\s/\\@:=\"'<>]+:(?=[^\s/\\@])")
# A colon in the brackets of an IPv6 address does not precede a port.
_NAMED_PORT = re.compile(r":(?!\d*\Z)(?![^\[]*\])")
_SAYS_SECRET = re.compile(
    r"(?i)(?:pass(?!word>@)|pwd|secret|token|auth(?!or(?!i[sz]))|cred|bearer|otp|api-?key|(?<![a-z])keys?(?![a-z])"
    r"|(?-i:(?<=[a-z])Keys?(?![a-z])))[\w.-]*"
)
# What can follow such a word and is not a secret: true or false, and a mapping by registry.
_NO_SECRET = re.compile(
    r"""(?ix) [\s"'=:]* (?:
        (?:true|false) ["']? \s* (?: \Z | [}\]] | , \s* ["']? \w+ ["']? \s* : )
        | \{ \s* ["']? (?:https?:)? //
    )"""
)
_GLUED_SECRET = re.compile(r"((?:_authToken|_authtoken|_auth|_password|token)\s*[=:]\s*).+", re.S)
_BEHIND_A_NAME = " \t\"'=:"
_NO_VALUE = _BEHIND_A_NAME + ".,;!?()[]{}<>-"
# Text in braces that is not a name is a default value or a misplaced token.
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ONLY_REFERENCES = re.compile(r"\s*[\"']?(?:\$\{[A-Za-z_][A-Za-z0-9_]*\??\})+[\"']?\s*\Z")
_ANY_REFERENCES = re.compile(r"\s*[\"']?(?:\$\{[^${}]+\})+[\"']?\s*\Z")
_WORD = re.compile(r"[A-Za-z0-9+_~-]{16,}={0,2}")
_WORD_WITH_SLASH = re.compile(r"[A-Za-z0-9+/_~-]{16,}={0,2}")
# A JWT (RFC 7519) begins with the base64 of '{"', and each of its parts can be too short to look like a secret.
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]*\.[\w-]+(?:\.[\w-]*)*")
# The token formats that npm, GitHub and GitLab document.
_SURE_TOKEN = re.compile(
    rf"(?<![A-Za-z0-9])(?:npms?_[0-9A-Za-z]{{36,}}|gh[oprsu]_\w{{36,}}|github_pat_\w{{22,}}|bkua_\w{{40,}}"
    rf"|gl(?:pat|dt|rt|cbt|ptt|ft|imt|agent|soat|ffct|oas)-[\w-]{{20,}})|{_JWT.pattern}"
)
# A line of an ``.npmrc`` with one word, or with a value and no key: it may be the value of the line above.
_VALUE_ALONE = re.compile(r"\s*(?:=\s*|(?![/@#;\[]))(\S*[^\s:])\s*\Z")
_YES_OR_NO = re.compile(r"(?i)[\"']?(?:true|false)?[\"']?\Z")
_LINE_END = re.compile(r"(\r\n|\r|\n)")
_COMMENT_SIGN = re.compile(r"[ \t]#[# \t]*")
_REPEATED = re.compile("(?:<secret>){2,}")
_LONG_WORD = re.compile(r"(?<![^\s\"'])(?!--)[^\s\"']{16,}")
_IS_PLACE = re.compile(r"\s*[\"']?(?:[A-Za-z][A-Za-z+.-]*:[/\\]|[/\\~.])")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_SHORTEST_KNOWN = 4
_MOST_SEARCHED = 200
_ANY_WORD = re.compile(r"[^\s\"'=:,;<>]+")


class _Shown(NamedTuple):
    """The text to show in place of some bytes."""

    start: int
    end: int
    shown: str


def redact(
    data: bytes,
    form: Format,
    environment: Mapping[str, str],
    known: Iterable[Secret] = (),
    conceal: Callable[[str], str] = str,
) -> str:
    """Return a file's text with placeholders for secrets: ``<token sha256:...>``, ``<password>``.

    An unchanged line looks the same before and after an edit.

    :param form: the file's format.
    :param environment: the account's, for the fingerprint of a token given as ``${VAR}``.
    :param known: secrets to hide wherever else they are.
    """
    data = to_utf_8(data)
    readings = read_settings(data, form, environment)
    said = list(_find_said(data, form))
    redact_all = _redact_lines if form.ONE_LINE_EACH else _redact_values
    return _hide_known(redact_all(data, readings, said, conceal), known)


def hide_userinfo(text: str) -> str:
    """Hide the user names and passwords in the URLs and registry keys of a text."""
    pieces: list[str] = []
    position = 0
    last_at = text.rfind("@")
    for match in _BEFORE_AUTHORITY.finditer(text):
        start, end = match.span(1)
        if start < position:
            continue
        authority = match.group(1)
        at = start + authority.rfind("@") if "@" in authority else -1
        if at < 0 and last_at > end and _NAMED_PORT.search(authority):
            # "user:pass/word@host", "user:pass word@host": not a valid URL, but still a secret.
            at = last_at
        if at >= 0:
            pieces += [text[position:start], "<password>"]
            position = at
    pieces.append(text[position:])
    return _BEFORE_SIGN.sub(_hide_bare_login, "".join(pieces))


def _hide_bare_login(match: re.Match[str]) -> str:
    login = _BARE_LOGIN.search(match.string, *match.span())
    return f"{match.string[match.start() : login.start()]}<password>@" if login else match.group()


def show_url(text: str) -> str:
    """Return a registry's URL or key without user name, password and a secret appended by a missing line end.

    A token in its path is hidden only if its format is unmistakable; other words may be a feed's name.
    """
    return show(_SURE_TOKEN.sub("<secret>", _GLUED_SECRET.sub(r"\1<secret>", hide_userinfo(text))))


def show_variable(name: str) -> str:
    """Return the name of an environment variable, or ``<secret>`` if it is not one or looks like a token.

    npm's settings count as variables: ``npm_config_//host/:_authToken``.
    """
    if "//" in name:
        return _hide_words(show_url(name), _WORD)
    return name if _VARIABLE.match(name) and _hide_words(name, _WORD) == name else "<secret>"


def _find_said(data: bytes, form: Format) -> Iterator[_Shown]:
    """Yield the values whose names announce secrets, also on another line."""
    try:
        values = form.list_values(data)
    except StoreError:
        return
    for value in values:
        text = _decode(data[value.start : value.end])
        if any(map(_says_secret, value.names)) and not _YES_OR_NO.match(text):
            yield _Shown(value.start, value.end, "<secret>")


def _says_secret(name: str) -> bool:
    """Return whether a name announces a secret. The names of registries and scopes do not."""
    return not name.startswith("@") and "//" not in name and bool(_SAYS_SECRET.search(name))


def _redact_lines(
    data: bytes, readings: Iterable[Reading], said: Sequence[_Shown], conceal: Callable[[str], str]
) -> str:
    """Redact a file whose settings are one line each, line by line."""
    by_start = {reading.setting.start: reading for reading in readings}
    pieces: list[str] = []
    position = 0
    for match in _LINE.finditer(data):
        start, end = match.span(1)
        pieces.append(_decode(data[position:start]))
        reading = by_start.get(match.start())
        if reading and reading.setting.value_start < reading.setting.value_end:
            pieces.append(_redact_setting(data, start, end, reading, conceal))
        else:
            alone = _VALUE_ALONE.match(_decode(data[start:end]))
            shown = _redact_around(data, start, end, said, conceal)
            pieces.append(f"{alone.string[: alone.start(1)]}<secret>" if alone and "=" not in alone[1] else shown)
        position = end
    pieces.append(_decode(data[position:]))
    return "".join(pieces)


def _redact_values(
    data: bytes, readings: Iterable[Reading], said: Sequence[_Shown], conceal: Callable[[str], str]
) -> str:
    """Redact a file whose settings can be anywhere: logins, other announced secrets, then the rest."""
    hidden = [*_find_logins(data, readings), *said]
    # If two begin at the same position, the login comes first.
    return _redact_around(data, 0, len(data), sorted(hidden, key=lambda item: item.start), conceal)


def _find_logins(data: bytes, readings: Iterable[Reading]) -> Iterator[_Shown]:
    for reading in readings:
        setting = reading.setting
        field = _field_of(reading)
        if field in _TOKEN_FIELDS | _LABELS.keys():
            value = _decode(data[setting.value_start : setting.value_end])
            is_reference = _ONLY_REFERENCES.match(value)
            shown = _hide(value, _WORD, references=True) if is_reference else _label(field, reading)
            yield _Shown(setting.value_start, setting.value_end, shown)


def _redact_around(data: bytes, start: int, end: int, hidden: Sequence[_Shown], conceal: Callable[[str], str]) -> str:
    """Redact a part of a file, with replacements for some values, which are sorted and may overlap."""
    pieces: list[str] = []
    position = start
    number = bisect_left(hidden, _Shown(start, start, ""))
    for item in hidden[number:]:
        if item.start >= end:
            break
        if item.start >= position:
            pieces += [_redact_text(data[position : item.start], conceal, behind=position > start), item.shown]
        position = max(position, min(item.end, end))
    pieces.append(_redact_text(data[position:end], conceal, behind=position > start))
    return _REPEATED.sub("<secret>", "".join(pieces))


def _redact_text(data: bytes, conceal: Callable[[str], str], *, behind: bool) -> str:
    """Redact a text.

    :param behind: whether it follows a secret, so that a comment on the same line can contain another one.
    """
    text = _decode(data)
    lines = _LINE_END.split(_hide_remark(text) if behind else text)
    return "".join(line if line in ("\r\n", "\r", "\n") else _hide(conceal(line), _WORD_WITH_SLASH) for line in lines)


def _hide_remark(text: str) -> str:
    """Hide the comment on the first line of a text."""
    line_end = len(_LINE_END.split(text, 1)[0])
    sign = _COMMENT_SIGN.search(text, 0, line_end)
    return text[: sign.end()] + "<secret>" + text[line_end:] if sign and sign.end() < line_end else text


def _field_of(reading: Reading) -> str:
    parts = split_name(reading.name)
    return parts[1] if parts else reading.name


def _redact_setting(data: bytes, start: int, end: int, reading: Reading, conceal: Callable[[str], str]) -> str:
    """Redact one line, the name and the value of its setting separately."""
    setting = reading.setting
    name, value = conceal(_decode(data[start : setting.value_start])), _decode(data[setting.value_start : end])
    field = _field_of(reading)
    shape = _WORD_WITH_SLASH if setting.commented else _WORD
    if field in _HARMLESS_FIELDS or not value.strip() or _ONLY_REFERENCES.match(value):
        return _hide_words(hide_userinfo(name), _WORD) + _hide(value, shape, references=True)
    if field in _TOKEN_FIELDS or field in _LABELS:
        # Redact the name as well: it can contain another secret, or be one.
        indent = value[: len(value) - len(value.lstrip())]
        return _hide_words(hide_userinfo(name), _WORD) + indent + _label(field, reading)
    if reading.value and hide_userinfo(reading.value) != reading.value and hide_userinfo(value) == value:
        # The raw text encodes a login that only the client decodes.
        return _hide(name, shape) + "<secret>"
    if not _IS_PLACE.match(value):
        # Not a URL or path, so that long words can be hidden as a whole.
        value = _hide_words(value, _LONG_WORD)
    if not name.startswith(("//", "@")):
        shape = _WORD_WITH_SLASH
    return _hide(name + conceal(value), shape)


def _label(field: str, reading: Reading) -> str:
    if field in _LABELS:
        return _LABELS[field]
    # An unresolved reference is not a token, and has no fingerprint elsewhere either.
    known = reading.value and not reading.unset
    return f"<token {fingerprint(Secret(reading.value or ''))}>" if known else "<token>"


def _hide(text: str, shape: re.Pattern[str], *, references: bool = False) -> str:
    """Hide what looks like a secret, and everything after a word that announces one."""
    text = hide_userinfo(text)
    if references and _ONLY_REFERENCES.match(text):
        return _hide_words(text, shape)
    if _ANY_REFERENCES.match(text):
        return "<secret>"
    said = next((found for found in _SAYS_SECRET.finditer(text) if not _NO_SECRET.match(text, found.end())), None)
    if said:
        rest = text[said.end() :]
        if rest.strip(_NO_VALUE):
            gap = len(rest) - len(rest.lstrip(_BEHIND_A_NAME))
            text = text[: said.end() + gap] + "<secret>"
    return _hide_words(text, shape)


def _hide_words(text: str, shape: re.Pattern[str]) -> str:
    text = _SURE_TOKEN.sub("<secret>", text)
    return shape.sub(lambda match: "<secret>" if _is_opaque(match.group()) else match.group(), text)


def _is_opaque(word: str) -> bool:
    """Return whether letters and digits are mixed, as in a token, unlike a word, host or path."""
    return bool(re.search("[0-9]", word) and re.search("[A-Za-z]", word))


def _hide_known(text: str, known: Iterable[Secret]) -> str:
    """Hide known secrets anywhere; if there are very many, hide the shorter ones only as whole words."""
    words = sorted({form for secret in known for form in _list_spellings(secret)}, key=len, reverse=True)
    for word in words[:_MOST_SEARCHED]:
        text = text.replace(word, "<secret>")
    rest = frozenset(words[_MOST_SEARCHED:])
    if not rest:
        return text
    return _ANY_WORD.sub(lambda match: "<secret>" if match.group() in rest else match.group(), text)


def _list_spellings(secret: Secret) -> set[str]:
    text = secret.reveal()
    decoded = decode_base64(text) or ""
    words = (text, text.partition(":")[2], decoded, decoded.partition(":")[2])
    return {word for word in words if len(word) >= _SHORTEST_KNOWN}


def _decode(data: bytes) -> str:
    return _CONTROL.sub("\ufffd", data.decode("utf-8", "replace"))
