# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and edit the .yarnrc of Yarn 1: lines with a name and a value, and objects, which contain no settings.

Private to this collection. Pure. The tokens are those of Yarn's ``src/lockfile/parse.js``; a file without this syntax,
which Yarn 1 reads as YAML, is refused. Names and values are npm's (``src/registries/npm-registry.js``), with four
exceptions: a name can begin with its registry's scheme; a header that Yarn sends to fetch packages (``requestHeaders``
in ``src/fetchers/tarball-fetcher.js``) can be a login; ``--registry`` and ``--<command>.registry`` are options of
Yarn's commands (``src/rc.js``); and ``${VAR}`` is not replaced: ``loadConfig`` of ``src/registries/yarn-registry.js``
does not call ``src/util/env-replace.js``, unlike that of an .npmrc.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import is_login_field
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    Expansion,
    Setting,
    Value,
    cut,
    find_login_in_url,
    is_link,
    make_key,
    may_hold_login,
    require_removed,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import write_quoted as write_value

__all__ = ["ONE_LINE_EACH", "expand", "list_values", "parse_settings", "remove", "write_value"]

ONE_LINE_EACH = True

_BOM = b"\xef\xbb\xbf"
_CONFLICT = (b"<<<<<<<", b"=======", b">>>>>>>")
# Above this number of digits, JavaScript's numbers are not exact.
_MOST_DIGITS = 15
_CR_ALONE = re.compile(rb"\r(?!\n)")
_LINE = re.compile(rb"[^\n]*\n|[^\n]+\Z")
_QUOTED = rb'"(?:[^"\\\n]|\\[^\n])*"'
_WORD = rb"(?!true|false)[a-zA-Z/.-][^: \r\n,]*"
_PAIR = re.compile(
    rb"(?P<indent> *)"
    rb"(?:(?P<name>%s|%s) *(?P<colon>:)? *(?P<value>%s|%s|[0-9]+|true|false)? *)?"
    rb"(?P<comment>#[^\n]*)?\r?\n?\Z" % (_QUOTED, _WORD, _QUOTED, _WORD)
)
_NOT_A_SETTING = "not a setting in the syntax of Yarn 1"
_SCHEME = re.compile(r"(?i)\Ahttps?:(?=//)")
_HEADER = re.compile(r"(?i)(//.*):_header:[^:]*(?:auth|token|secret|key|api|cookie)[^:]*\Z", re.S)
_FLAG = re.compile(r"--(?:[^.]+\.)?registry\Z")
_BEARER = re.compile(r"(?i)\s*bearer\s+")
_BASIC = re.compile(r"(?i)\s*basic\s+")
_COMMENT_SIGNS = re.compile(rb"[# ]*")


@dataclass(frozen=True)
class _Line:
    """One line that is not blank.

    :ivar depth: the number of objects around it.
    :ivar name: name of the setting or object that begins here; empty for a comment.
    :ivar value: None for a comment and for an object.
    :ivar comment: offset of the comment sign, if the whole line is a comment.
    """

    number: int
    depth: int
    start: int
    end: int
    name: str = ""
    value: Any = field(default=None, repr=False)
    value_start: int = 0
    value_end: int = 0
    comment: int | None = None


def parse_settings(data: bytes) -> tuple[Setting, ...]:
    """Return the top-level settings, those in comments, and the logins in registries' URLs."""
    try:
        lines = _read_lines(data)
    except StoreError:
        if may_hold_login(data):
            raise
        # The file contains no login.
        return ()
    settings: list[Setting] = []
    for line in lines:
        if line.comment is not None:
            settings += _read_comment(data, line)
        elif not line.depth and line.value is not None:
            settings.append(_make_setting(line))
    return tuple(part for item in settings for part in (item, *find_login_in_url(data, item)))


def list_values(data: bytes) -> tuple[Value, ...]:
    """Return the values in objects (see ``settings.Format``)."""
    found: list[Value] = []
    names: list[str] = []
    for line in _read_lines(data):
        if line.comment is None:
            names[line.depth :] = [line.name]
            if line.depth and line.value is not None:
                found.append(Value(tuple(names), line.value_start, line.value_end))
    return tuple(found)


def remove(data: bytes, doomed: Iterable[Setting]) -> bytes:
    """Remove settings with their lines, and logins from URLs.

    :raises StoreError: something else would change.
    """
    doomed = tuple(doomed)
    identities = {item.identity for item in doomed}
    gone = [item for item in parse_settings(data) if item.identity in identities]
    if not gone:
        return data
    result = cut(data, [(item.start, item.end) for item in gone])
    require_removed(parse_settings(result), doomed)
    if not _is_rest(data, result, gone):
        raise StoreError(
            f"line {gone[0].line}: removing the credential would change other settings: edit this line by hand"
        )
    return result


def expand(text: str, environment: Mapping[str, str]) -> Expansion:
    """Return the text unchanged: Yarn 1 replaces nothing in a .yarnrc."""
    return Expansion(text)


def _read_lines(data: bytes) -> list[_Line]:
    """:raises StoreError: the syntax is not Yarn 1's; the message does not quote the file."""
    alone = _CR_ALONE.search(data)
    if alone:
        raise StoreError(f"line {_count_lines(data, alone.start())}: the line ends in a lone carriage return")
    if all(mark in data for mark in _CONFLICT):
        raise StoreError(f"line {_count_lines(data, data.index(_CONFLICT[0]))}: unresolved merge conflict")
    lines: list[_Line] = []
    start = len(_BOM) if data.startswith(_BOM) else 0
    # Maximum depth of the next line: one more than that of a line that begins an object.
    deepest = 0
    for number, match in enumerate(_LINE.finditer(data, start), 1):
        found = _PAIR.match(match.group())
        if not found:
            raise StoreError(f"line {number}: {_NOT_A_SETTING}")
        if not found["name"] and not found["comment"]:
            continue
        line = _read_line(found, number, match.start())
        if line.comment is None:
            depth, odd = divmod(len(found["indent"]) if lines or match.start() > start else 0, 2)
            if odd:
                raise StoreError(f"line {number}: {_NOT_A_SETTING}")
            if depth > deepest:
                raise StoreError(f"line {number}: unexpected indentation")
            line = replace(line, depth=depth)
            deepest = depth + (line.value is None)
        lines.append(line)
    return lines


def _count_lines(data: bytes, position: int) -> int:
    return data.count(b"\n", 0, position) + 1


def _read_line(found: re.Match[bytes], number: int, start: int) -> _Line:
    end = start + found.end()
    if found["name"] is None:
        return _Line(number, 0, start, end, comment=start + found.start("comment"))
    name, value = _read_token(found["name"], number), _read_token(found["value"], number)
    # A name alone begins an object if a colon follows.
    if name == "" or (value is None and not found["colon"]):
        raise StoreError(f"line {number}: {_NOT_A_SETTING}")
    place = (start + found.start("value"), start + found.end("value")) if value is not None else (end, end)
    return _Line(number, 0, start, end, name, value, *place)


def _read_token(raw: bytes | None, number: int) -> Any:
    """:raises StoreError: a string contains an escape that JSON does not allow."""
    if raw is None:
        return None
    text = raw.decode("utf-8", "replace")
    if text.startswith('"'):
        try:
            return json.loads(text)
        except ValueError:
            raise StoreError(f"line {number}: {_NOT_A_SETTING}") from None
    if text.isdigit():
        return int(text) if len(text) <= _MOST_DIGITS else float(text)
    return {"true": True, "false": False}.get(text, text)


def _make_setting(line: _Line) -> Setting:
    name, value = _SCHEME.sub("", line.name, count=1), line.value
    header = _HEADER.match(name)
    if isinstance(value, str) and _FLAG.match(name):
        # Not the default registry itself, which npm and other commands still take from "registry".
        name = f"{make_key(value)}:registry"
    elif header and isinstance(value, str):
        login = "_authToken" if _BEARER.match(value) else "_auth"
        name = f"{header.group(1)}:{login}"
        value = _BASIC.sub("", _BEARER.sub("", value, count=1), count=1)
    return Setting(
        name=name,
        value=value,
        line=line.number,
        start=line.start,
        end=line.end,
        value_start=line.value_start,
        value_end=line.value_end,
        shown="" if name == line.name else line.name,
    )


def _read_comment(data: bytes, line: _Line) -> Iterator[Setting]:
    """Yield the commented-out setting if it is a login or a registry's URL."""
    text = _COMMENT_SIGNS.sub(b"", data[line.comment : line.end], count=1)
    found = _PAIR.match(text)
    try:
        inner = _read_line(found, line.number, line.end - len(text)) if found and found["value"] else None
    except StoreError:
        return
    setting = _make_setting(inner) if inner else None
    if setting and (is_login_field(setting.name) or is_link(setting.name)):
        yield setting._replace(commented=True, start=line.start, end=line.end)


def _is_rest(data: bytes, result: bytes, gone: Iterable[Setting]) -> bool:
    """Return whether the result contains the file's other settings and objects unchanged."""
    lost = {item.start for item in gone}
    changed = {item.line for item in gone}
    before = [line for line in _read_lines(data) if line.comment is None and line.start not in lost]
    try:
        after = [line for line in _read_lines(result) if line.comment is None]
    except StoreError:
        return False
    return [(line.name, line.depth) for line in before] == [(line.name, line.depth) for line in after] and all(
        old.value == new.value for old, new in zip(before, after) if old.number not in changed
    )
