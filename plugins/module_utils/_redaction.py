# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Show a credential file without its secrets.

Private to this collection. Pure. A diff is built from lines that were redacted first, never from file text that is
masked later. Where in doubt, a value is hidden.
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
# A line's byte order marks are white space to npm, and would hide from us what it begins with.
_LINE = re.compile(rb"(?=[^\r\n])(?:\xef\xbb\xbf)*([^\r\n]*)")
# Where the user name and the password of a URL can begin, also in the spellings that JSON allows.
_BEFORE_AUTHORITY = re.compile(r"(?i)(?:https?:(?:\\?/|\\u002f|\\u005c|\\)*|//)([^/\\?#\s]*)")
# As a proxy may be written: "user:password@host", without a scheme.
# Two expressions, each of which takes linear time.
_BEFORE_SIGN = re.compile(r"(?<![^\s/\\@])[^\s/\\@]+@(?=[\w.-]+:\d)")
_BARE_LOGIN = re.compile(r"(?<![^\s=\"'])[^\s/\\@:=\"'<>]+:(?=[^\s/\\@])")
# A colon in the brackets of an IPv6 address is not in front of a port.
_NAMED_PORT = re.compile(r":(?!\d*\Z)(?![^\[]*\])")
_SAYS_SECRET = re.compile(
    r"(?i)(?:pass(?!word>@)|pwd|secret|token|auth(?!or(?!i[sz]))|cred|bearer|otp|api-?key|(?<![a-z])keys?(?![a-z]))[\w.-]*"
)
# What can follow such a word and is none: yes or no, and a mapping by registry.
_NO_SECRET = re.compile(
    r"""(?ix) [\s"'=:]* (?:
        (?:true|false) ["']? \s* (?: \Z | [}\]] | , \s* ["']? \w+ ["']? \s* : )
        | \{ \s* ["']? (?:https?:)? //
    )"""
)
_GLUED_SECRET = re.compile(r"((?:_authToken|_authtoken|_auth|_password|token)\s*[=:]\s*).+", re.S)
_BEHIND_A_NAME = " \t\"'=:"
_NO_VALUE = _BEHIND_A_NAME + ".,;!?()[]{}<>-"
# What is in braces and is no name is a default value, or a token that was put there by mistake.
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ONLY_REFERENCES = re.compile(r"\s*[\"']?(?:\$\{[A-Za-z_][A-Za-z0-9_]*\??\})+[\"']?\s*\Z")
_ANY_REFERENCES = re.compile(r"\s*[\"']?(?:\$\{[^${}]+\})+[\"']?\s*\Z")
_WORD = re.compile(r"[A-Za-z0-9+_~-]{16,}={0,2}")
_WORD_WITH_SLASH = re.compile(r"[A-Za-z0-9+/_~-]{16,}={0,2}")
# What a JWT (RFC 7519) begins with is base64 of "{", and each of its parts can be too short to look like a secret.
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]*\.[\w-]+(?:\.[\w-]*)*")
# The forms that npm, GitHub and GitLab document.
_SURE_TOKEN = re.compile(
    rf"(?<![A-Za-z0-9])(?:npms?_[0-9A-Za-z]{{36}}|gh[oprsu]_\w{{36}}|glpat-[\w-]{{20}})|{_JWT.pattern}"
)
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
    """What is shown in the place of some bytes."""

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
    """The text of a store with every secret replaced by a placeholder: ``<token sha256:...>``, ``<password>``.

    A line that stays looks the same before and after.

    :param form: the store's format.
    :param environment: of the account, to give a token that stands as ``${VAR}`` its fingerprint.
    :param known: secrets that are hidden wherever else they stand.
    """
    data = to_utf_8(data)
    readings = read_settings(data, form, environment)
    said = list(_find_said(data, form))
    redact_all = _redact_lines if form.ONE_LINE_EACH else _redact_values
    return _hide_known(redact_all(data, readings, said, conceal), known)


def hide_userinfo(text: str) -> str:
    """A text without the user names and passwords in its URLs and registry keys."""
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
            # "user:pass/word@host", "user:pass word@host": no URL any more, and no less a secret.
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
    """A registry's URL or key: without a user's name and password, and without what a missing line end glued to it.

    A token in its path is hidden where it looks like nothing else; one of another form may be a feed's name.
    """
    return show(_SURE_TOKEN.sub("<secret>", _GLUED_SECRET.sub(r"\1<secret>", hide_userinfo(text))))


def show_variable(name: str) -> str:
    """The name of an environment variable, if it is one and does not look like a token.

    One of npm's settings counts as one: ``npm_config_//host/:_authToken``.
    """
    if "//" in name:
        return _hide_words(show_url(name), _WORD)
    return name if _VARIABLE.match(name) and _hide_words(name, _WORD) == name else "<secret>"


def _find_said(data: bytes, form: Format) -> Iterator[_Shown]:
    """The values that a name announces as secrets, which may be on another line."""
    try:
        values = form.list_values(data)
    except StoreError:
        return
    for value in values:
        text = _decode(data[value.start : value.end])
        if any(map(_says_secret, value.names)) and not _YES_OR_NO.match(text):
            yield _Shown(value.start, value.end, "<secret>")


def _says_secret(name: str) -> bool:
    """Whether a name announces a secret. The names of a registry and of a scope do not."""
    return not name.startswith("@") and "//" not in name and bool(_SAYS_SECRET.search(name))


def _redact_lines(
    data: bytes, readings: Iterable[Reading], said: Sequence[_Shown], conceal: Callable[[str], str]
) -> str:
    """A file of settings that are one line each: each line is redacted by itself."""
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
            pieces.append(_redact_around(data, start, end, said, conceal))
        position = end
    pieces.append(_decode(data[position:]))
    return "".join(pieces)


def _redact_values(
    data: bytes, readings: Iterable[Reading], said: Sequence[_Shown], conceal: Callable[[str], str]
) -> str:
    """A file whose settings stand anywhere: the values of logins, those that say what they are, then the rest."""
    hidden = [*_find_logins(data, readings), *said]
    # Of two that begin at the same place, the login comes first.
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
    """A part of a file, with what is shown in the place of values, which are sorted and may overlap."""
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
    """:param behind: it begins behind a secret, so that a remark on the same line can hold another one."""
    text = _decode(data)
    lines = _LINE_END.split(_hide_remark(text) if behind else text)
    return "".join(line if line in ("\r\n", "\r", "\n") else _hide(conceal(line), _WORD_WITH_SLASH) for line in lines)


def _hide_remark(text: str) -> str:
    """A text without the comment on its first line."""
    line_end = len(_LINE_END.split(text, 1)[0])
    sign = _COMMENT_SIGN.search(text, 0, line_end)
    return text[: sign.end()] + "<secret>" + text[line_end:] if sign and sign.end() < line_end else text


def _field_of(reading: Reading) -> str:
    parts = split_name(reading.name)
    return parts[1] if parts else reading.name


def _redact_setting(data: bytes, start: int, end: int, reading: Reading, conceal: Callable[[str], str]) -> str:
    """One line; a setting's name and value are looked at each by itself."""
    setting = reading.setting
    name, value = conceal(_decode(data[start : setting.value_start])), _decode(data[setting.value_start : end])
    field = _field_of(reading)
    shape = _WORD_WITH_SLASH if setting.commented else _WORD
    if field in _HARMLESS_FIELDS or not value.strip() or _ONLY_REFERENCES.match(value):
        return _hide_words(hide_userinfo(name), _WORD) + _hide(value, shape, references=True)
    if field in _TOKEN_FIELDS or field in _LABELS:
        # The name's side is looked through as well: it can hold another secret, or be one.
        indent = value[: len(value) - len(value.lstrip())]
        return _hide_words(hide_userinfo(name), _WORD) + indent + _label(field, reading)
    if reading.value and hide_userinfo(reading.value) != reading.value and hide_userinfo(value) == value:
        # Written in a way that only its client sees through.
        return _hide(name, shape) + "<secret>"
    if not _IS_PLACE.match(value):
        # No URL and no path, so that no part of a longer word needs to be seen.
        value = _hide_words(value, _LONG_WORD)
    if not name.startswith(("//", "@")):
        shape = _WORD_WITH_SLASH
    return _hide(name + conceal(value), shape)


def _label(field: str, reading: Reading) -> str:
    if field in _LABELS:
        return _LABELS[field]
    # What is left of a reference to nothing is no token, and has no fingerprint anywhere else either.
    known = reading.value and not reading.unset
    return f"<token {fingerprint(Secret(reading.value or ''))}>" if known else "<token>"


def _hide(text: str, shape: re.Pattern[str], *, references: bool = False) -> str:
    """Hide what looks like a secret, and all that follows a word that announces one."""
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
    text = _JWT.sub("<secret>", text)
    return shape.sub(lambda match: "<secret>" if _is_opaque(match.group()) else match.group(), text)


def _is_opaque(word: str) -> bool:
    """Letters and digits mixed, as in a token and not as in a word, a host or a path."""
    return bool(re.search("[0-9]", word) and re.search("[A-Za-z]", word))


def _hide_known(text: str, known: Iterable[Secret]) -> str:
    """Hide secrets wherever else they stand; where there are very many, only where they are words by themselves."""
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
