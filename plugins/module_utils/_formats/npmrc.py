# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and edit the settings of an .npmrc file.

Private to this collection. Pure: bytes in, bytes out. Follows npm's ``ini`` package, version 6 (``lib/ini.js``:
``decode`` and ``unsafe``), including its quirks. All bytes outside removed settings are kept.

Other clients read some lines differently, and ``parse_settings`` also returns what they read: pnpm ignores the headers
of sections, so that the lines below are settings; Yarn 1 accepts the scheme in ``http://host/:_authToken``; pnpm knows
neither comments after a value nor escapes; npm 6 also removes the quotes of a value before a comment; Bun replaces
``$VAR`` if it is the whole value.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import is_login_field
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import expand
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    Setting,
    Value,
    cut,
    find_login_in_url,
    is_link,
    require_removed,
)
from ansible_collections.npmops.auth.plugins.module_utils._values import WHITE_SPACE, to_text

__all__ = ["ONE_LINE_EACH", "append", "expand", "list_values", "parse", "parse_settings", "remove", "write_value"]

#: See ``_npm.settings.Format``.
ONE_LINE_EACH = True

_BOM = b"\xef\xbb\xbf"
_CONTENT = re.compile(rb"[^\r\n]+")
_COMMENT_BEHIND = re.compile(r"(?<!\\)(?:\\\\)*[;#]")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_SECTION = re.compile(r"\[([^\]]*)\][%s]*\Z" % WHITE_SPACE)
# JavaScript's "." does not match these two either, so ini ignores such a line.
_NO_VALUE = re.compile("[\u2028\u2029]")
_BARE_REFERENCE = re.compile(r"\$[A-Za-z_][A-Za-z0-9_]*\Z")
# Deeper data is not a real setting, and could exhaust the JSON parser.
_DEEPEST = 50
_KEYWORDS = {"true": True, "false": False, "null": None}


class Document(NamedTuple):
    """An .npmrc file: its bytes, and its settings in file order, including commented-out ones."""

    data: bytes
    settings: tuple[Setting, ...]

    def __repr__(self) -> str:
        return f"Document({len(self.data)} bytes, {len(self.settings)} settings)"

    @property
    def effective(self) -> tuple[Setting, ...]:
        """The settings that npm uses: not in a section, not in a comment."""
        return tuple(item for item in self.settings if item.section is None and not item.commented)


# Cached, so that reading, editing and showing a file parses its old and new bytes only once.
@functools.lru_cache(maxsize=8)
def parse(data: bytes) -> Document:
    """Parse a file's bytes. Never raises: lines that ini ignores are skipped."""
    settings: list[Setting] = []
    section: str | None = None
    line, counted = 1, 0
    for match in _CONTENT.finditer(data):
        start, end = match.span()
        line += _count_line_ends(data[counted:start])
        counted = end
        text = match.group().decode("utf-8", "replace")
        header = _SECTION.match(text) if text.startswith("[") else None
        if header:
            section = to_text(_unsafe(header.group(1)))
            continue
        found = _read_line(data, start, end, text, line, section)
        if found:
            settings.append(found)
    return Document(data, tuple(settings))


def _count_line_ends(gap: bytes) -> int:
    return 1 if gap == b"\n" else len(_LINE_END.findall(gap))


def parse_settings(data: bytes) -> tuple[Setting, ...]:
    """Return the settings that a client uses, those in comments, and the logins in registries' URLs.

    In sections, these are the logins and the URLs of registries.
    """
    return tuple(
        part
        for item in map(_translate, parse(data).settings)
        if item.section is None or is_login_field(item.name) or is_link(item.name)
        for part in (item, *find_login_in_url(data, item))
    )


def _translate(setting: Setting) -> Setting:
    """Return what Yarn 1 or Bun reads, in npm's terms: a key without its scheme, ``${VAR}`` for ``$VAR``."""
    name, value = setting.name, setting.value
    if name.startswith(("http://", "https://")):
        bare = name.partition(":")[2]
        return setting._replace(name=bare, shown=name) if is_login_field(bare) else setting
    if isinstance(value, str) and _BARE_REFERENCE.match(value) and (is_login_field(name) or is_link(name)):
        return setting._replace(value=f"${{{value[1:]}}}", shown=name)
    return setting


def list_values(_data: bytes) -> tuple[Value, ...]:
    """Return nothing: a setting is one line."""
    return ()


def remove(data: bytes, doomed: Iterable[Setting]) -> bytes:
    """Remove settings with their whole lines, and keep every other byte.

    :param data: the document, possibly a newer version of the one that the settings were found in.
    :param doomed: the settings to remove, found in ``data`` by ``identity``.
    :returns: the new bytes. A byte order mark is also removed if it would precede a ``[section]`` or a line without a
        key, which ini would then read differently.
    :raises StoreError: a login cannot be removed from its URL.
    """
    doomed = tuple(doomed)
    names, identities = {item.name for item in doomed}, {item.identity for item in doomed}
    found = (item for item in _parse_all(data) if item.name in names)
    spans = [(item.start, item.end) for item in found if item.identity in identities]
    if data.startswith(_BOM) and not all(start for start, _end in spans):
        # The byte order mark belongs to the file, not to its first line.
        result = _drop_mark_that_hides(cut(data, [(max(start, len(_BOM)), end) for start, end in spans]))
    else:
        result = cut(data, spans)
    require_removed(_parse_all(result), doomed)
    return result


def write_value(data: bytes, setting: Setting, text: str) -> tuple[int, int, bytes]:
    """Return the start and end of a setting's value, and the bytes to write there.

    White space around the value and a comment after it stay.
    """
    if data[setting.value_start - 1 : setting.value_start] != b"=":
        # ini reads a key alone as true.
        return setting.value_end, setting.value_end, b"=" + escape(text)
    raw = data[setting.value_start : setting.value_end].decode("utf-8", "surrogateescape")
    value = raw.strip(WHITE_SPACE)
    start = setting.value_start + _count_bytes(raw[: len(raw) - len(raw.lstrip(WHITE_SPACE))])
    if not _is_in_quotes(value):
        match = _COMMENT_BEHIND.search(value)
        value = value[: match.end() - 1].rstrip(WHITE_SPACE) if match else value
    return start, start + _count_bytes(value), escape(text)


def append(data: bytes, name: str, text: str, like: bytes | None = None) -> bytes:
    """Add a setting at the end of a document, but before the first ``[section]``.

    :param like: the original document, whose line ends are used.
    """
    like = data if like is None else like
    place = _find_first_section(data)
    before, behind = data[:place], data[place:]
    ends = _LINE_END.findall(like)
    line_end = ends[-1] if ends else b"\n"
    if before and not before.endswith((b"\r", b"\n")) and before != _BOM:
        before += line_end
    closed = line_end if behind or not like or like.endswith((b"\r", b"\n")) else b""
    return b"".join([before, name.encode(), b"=", escape(text), closed, behind])


def escape(text: str) -> bytes:
    """Escape a text for ini, without quotes."""
    return re.sub(r"[\\;#]", lambda match: "\\" + match.group(), text).encode()


def _count_bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogateescape"))


def _find_first_section(data: bytes) -> int:
    for match in _CONTENT.finditer(data):
        if _SECTION.match(match.group().decode("utf-8", "replace")):
            return match.start()
    return len(data)


def _parse_all(data: bytes) -> tuple[Setting, ...]:
    """Return the settings as npm's ``ini`` reads them, and as ``parse_settings`` does."""
    return (*parse(data).settings, *parse_settings(data))


def _read_line(
    data: bytes, start: int, content_end: int, text: str, number: int, section: str | None
) -> Setting | None:
    """:param text: the text between the two offsets."""
    body = text.strip(WHITE_SPACE)
    commented = body.startswith((";", "#"))
    if commented:
        # The line without its comment signs.
        text = body.lstrip(";#" + WHITE_SPACE)
    key_text, equals, value_text = text.partition("=")
    if (commented and not equals) or not body or not text or text.startswith("="):
        # A word alone is a setting, but in a comment it is prose.
        return None
    if not value_text.isascii() and _NO_VALUE.search(value_text):
        return None
    raw_name = _unsafe(key_text)
    name = to_text(raw_name)
    appends = isinstance(raw_name, str) and len(name) > 2 and name.endswith("[]")
    if appends:
        name = name[:-2]
    if name == "__proto__":
        return None
    value = _unsafe(value_text) if equals else True
    others: tuple[str, ...] = ()
    if isinstance(value, str):
        others = _list_others(value_text, value)
        value = _KEYWORDS.get(value, value)
    end = _LINE_END.match(data, content_end)
    return Setting(
        name,
        value,
        number,
        start,
        end.end() if end else content_end,
        data.index(b"=", start, content_end) + 1 if equals else content_end,
        content_end,
        appends,
        None if commented else section,
        commented,
        others=others,
    )


def _list_others(text: str, value: str) -> tuple[str, ...]:
    """Return what pnpm and npm 6 read instead of the value, unless it contains white space, as no token does."""
    raw = text.strip(WHITE_SPACE)
    is_quoted = value[:1] == value[-1:] == '"'
    if raw == value and not is_quoted:
        return ()
    found = [] if _is_in_quotes(raw) else [raw]
    found += [to_text(_unquote(value))] if is_quoted else []
    return tuple(other for other in dict.fromkeys(found) if other != value and other.split() == [other])


def _drop_mark_that_hides(data: bytes) -> bytes:
    rest = data[len(_BOM) :]
    first = _CONTENT.match(rest)
    if not first:
        return data
    text = first.group().decode("utf-8", "replace")
    # After a byte order mark, ini recognizes neither a section nor a line without a key.
    return rest if _SECTION.match(text) or text.startswith("=") else data


def _unsafe(text: str) -> Any:
    """Decode a key or a value like ini: quotes, escapes, and a comment after it."""
    text = text.strip(WHITE_SPACE)
    if _is_in_quotes(text):
        return _unquote(text)
    if "\\" not in text and ";" not in text and "#" not in text:
        # Most texts need no more; the loop below takes ten times as long.
        return text
    plain: list[str] = []
    escaping = False
    for char in text:
        if escaping:
            plain.append(char if char in "\\;#" else "\\" + char)
            escaping = False
        elif char in ";#":
            break
        elif char == "\\":
            escaping = True
        else:
            plain.append(char)
    if escaping:
        plain.append("\\")
    return "".join(plain).strip(WHITE_SPACE)


def _is_in_quotes(text: str) -> bool:
    return text[:1] in ("'", '"') and text.endswith(text[:1])


def _unquote(text: str) -> Any:
    if text.startswith("'"):
        text = text[1:-1]
    if text.count("[") + text.count("{") > _DEEPEST:
        return text
    try:
        return json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        return text


def _refuse_constant(_name: str) -> Any:
    """Reject NaN and Infinity, which JavaScript does not accept as JSON."""
    raise ValueError
