# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and edit the registries and logins of Bun's bunfig.toml.

Private to this collection. Pure. Follows Bun's ``src/bunfig/bunfig.rs`` (``parse_install_inner``, ``parse_registry``);
verified with Bun 1.4. Bun sends the login of the default registry to its URL. It sends the login of a scope to the
scope's URL, else to the default registry, and only for that scope.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.bunfig_comments import (
    list_headers_above,
    list_remarks,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.bunfig_url import (
    UrlLogin,
    expand_references,
    find_logins,
    key_of,
    remove_logins,
)
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_edit import Edit, add_emptied_tables, apply
from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import (
    Comment,
    Document,
    Entry,
    Kind,
    scan,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    Setting,
    Value,
    is_link,
    may_hold_login,
    require_removed,
    write_quoted,
)

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._formats.toml_reader import Path

__all__ = ["ONE_LINE_EACH", "PLAIN_PASSWORDS", "expand", "list_values", "parse_settings", "remove", "write_value"]

#: See ``_npm.settings.Format``.
ONE_LINE_EACH = False
expand = expand_references
PLAIN_PASSWORDS = True

_REGISTRY = ("install", "registry")
_SCOPES = ("install", "scopes")
_CA_FILE = ("install", "cafile")
_WORDS = (b"registry", b"scopes", b"cafile")
_URL = "url"
_FIELDS = {"token": "_authToken", "username": "username", "password": "_password"}
_BARE = re.compile(r"[A-Za-z0-9_-]+\Z")


@dataclass(frozen=True)
class _Item:
    """A setting and its source.

    :ivar comment: the comment that contains the setting.
    :ivar login: set if the setting is only a part of the entry's value, a URL.
    """

    setting: Setting
    entry: Entry
    comment: Comment | None = None
    login: UrlLogin | None = None


def parse_settings(data: bytes) -> tuple[Setting, ...]:
    """Return the settings of ``[install]`` about registries and logins, including commented-out ones."""
    document = _scan(data)
    return tuple(item.setting for item in _read(document)) if document else ()


def list_values(data: bytes) -> tuple[Value, ...]:
    """See ``_npm.settings.Format``."""
    document = scan(data)
    return tuple(
        Value(tuple(map(str, entry.path)), entry.value_start, entry.end)
        for entry in document.entries
        if document.tree[entry.path] is not Kind.INLINE
    )


def remove(data: bytes, doomed: Iterable[Setting]) -> bytes:
    """Remove settings, each with its line, its comma or its part of a URL.

    Inline tables and a registry's own tables that become empty are also removed, including headers. Commented-out lines
    are removed whole.

    :raises StoreError: the settings cannot be removed without changing something else.
    """
    doomed = tuple(doomed)
    identities = {item.identity for item in doomed}
    document = _scan(data)
    items = _read(document) if document else []
    gone = [item for item in items if item.setting.identity in identities]
    if not document or not gone:
        return data
    stuck = [item.setting for item in gone if item.setting.start == item.setting.end]
    require_removed(stuck, stuck)
    comments = {item.comment for item in gone if item.comment}
    staying = [item for item in items if item.setting.identity not in identities and item.comment not in comments]
    edit = _make_edit(document, gone)
    for attempt in _list_attempts(document, edit):
        result = apply(document, attempt)
        left = _read(scan(result))
        if _count(left) == _count(staying):
            # Without the header of its table, a comment can be the same as one that was removed.
            again = any(item.setting.identity in identities for item in left)
            return remove(result, doomed) if again else result
    raise StoreError(
        f"line {gone[0].setting.line}: removing the credential would change other settings: edit the file by hand"
    )


def write_value(data: bytes, setting: Setting, text: str) -> tuple[int, int, bytes]:
    """See ``_npm.settings.Format``. A login in a URL is percent-encoded (RFC 3986, 2.1).

    :raises StoreError: the URL is written with escapes, so that its parts cannot be located.
    """
    if not setting.in_url:
        return write_quoted(data, setting, text)
    if setting.start == setting.end:
        raise StoreError(f"line {setting.line}: the login in this URL cannot be replaced: edit this line by hand")
    return setting.value_start, setting.value_end, quote(text, safe="").encode()


def _scan(data: bytes) -> Document | None:
    """Scan a document, but only if it has a relevant word, or a backslash, which can hide any word."""
    if b"\\" not in data and not (b"install" in data and any(word in data for word in _WORDS)):
        return None
    try:
        return scan(data)
    except StoreError:
        if may_hold_login(data):
            raise
        return None


def _read(document: Document) -> list[_Item]:
    items: list[_Item] = []
    places = [(entry, path, name) for entry in document.entries for path, name in _find_place(entry)]
    urls = {path: entry for entry, path, name in places if name == _URL}
    for entry, path, _name in places:
        items += _read_entry(document.data, entry, _text_of(urls.get(path)))
    items += _read_remarks(document, urls)
    items += [
        _Item(_make_setting(entry, "cafile"), entry)
        for entry in document.entries
        if entry.path == _CA_FILE and entry.value is not None
    ]
    return sorted(items, key=lambda item: item.setting.value_start)


def _find_place(entry: Entry) -> list[tuple[Path, str]]:
    """Return the path of an entry's registry, and the entry's field in it; or an empty list."""
    length = 3 if entry.path[:2] == _SCOPES else 2
    path, rest = entry.path[:length], entry.path[length:]
    if entry.value is None or not _is_registry(path) or len(rest) > 1:
        return []
    # A registry can be just a URL.
    name = rest[0] if rest else _URL
    return [(path, str(name))] if name == _URL or name in _FIELDS else []


def _is_registry(path: Path) -> bool:
    return path == _REGISTRY or (len(path) == 3 and path[:2] == _SCOPES)


def _text_of(entry: Entry | None) -> str:
    value = entry.value if entry else None
    return value if isinstance(value, str) else value.text if value else ""


def _read_entry(data: bytes, entry: Entry, url: str) -> Iterator[_Item]:
    """Yield the settings of one entry.

    :param url: the URL of its registry as written; empty if there is none.
    """
    ((path, name),) = _find_place(entry)
    scope = _scope_of(path)
    key = key_of(url) if url else ""
    before = f"{key}:{scope}:" if scope else f"{key}:" if key else ""
    if name != _URL:
        yield _Item(_make_setting(entry, before + _FIELDS[name]), entry)
        return
    logins = find_logins(_text_of(entry))
    link = _make_setting(entry, f"{scope}:registry" if scope else "registry")
    yield _Item(link._replace(value=remove_logins(_text_of(entry), logins)), entry)
    first = _find_text(data, entry)
    for login in logins:
        yield _Item(_make_login(link, login, before + login.name, first), entry, login=login)


def _scope_of(path: Path) -> str:
    if path == _REGISTRY:
        return ""
    name = str(path[2])
    # Neither character is valid in a scope's name, and both would change the key.
    return "@" + name[name.startswith("@") :].replace(":", "%3A").replace("/", "%2F")


def _make_setting(entry: Entry, name: str) -> Setting:
    return Setting(
        name=name,
        value=_text_of(entry),
        line=entry.line,
        start=entry.start,
        end=entry.end,
        value_start=entry.value_start,
        value_end=entry.end,
        shown=".".join(part if _BARE.match(part) else json.dumps(part) for part in map(str, entry.path)),
    )


def _make_login(link: Setting, login: UrlLogin, name: str, first: int | None) -> Setting:
    setting = link._replace(name=name, value=login.value, in_url=True)
    if first is None:
        return setting._replace(end=setting.start)
    return setting._replace(
        start=first + login.start,
        end=first + login.end,
        value_start=first + login.value_start,
        value_end=first + login.value_end,
    )


def _find_text(data: bytes, entry: Entry) -> int | None:
    """Return the offset of a string's text; None if it is written with escapes, so that its parts cannot be located."""
    raw = data[entry.value_start : entry.end]
    quotes = 3 if raw.startswith((b'"""', b"'''")) else 1
    return entry.value_start + quotes if raw[quotes:-quotes] == _text_of(entry).encode() else None


def _read_remarks(document: Document, urls: Mapping[Path, Entry]) -> Iterator[_Item]:
    remarks = [(remark, path, name) for remark in list_remarks(document) for path, name in _find_place(remark.entry)]
    said: dict[tuple[int, Path], dict[int, Entry]] = {}
    for remark, path, name in remarks:
        if name == _URL:
            said.setdefault((remark.block, path), {})[remark.comment.start] = remark.entry
    starts = {place: list(entries) for place, entries in said.items()}
    for remark, path, _name in remarks:
        place = (remark.block, path)
        chosen = urls.get(path)
        if place in said:
            # A commented-out registry next to a login is the one that the login was for.
            before = bisect_right(starts[place], remark.comment.start)
            chosen = said[place][starts[place][max(before - 1, 0)]]
        for item in _read_entry(document.data, remark.entry, _text_of(chosen)):
            start, end = remark.comment.start, remark.comment.end
            setting = item.setting._replace(commented=True, start=start, end=end)
            yield replace(item, setting=setting, comment=remark.comment)


def _make_edit(document: Document, gone: Sequence[_Item]) -> Edit:
    entries = {item.entry.start: item.entry for item in gone if not item.comment and not item.login}
    parts: list[tuple[int, int]] = []
    logins: dict[int, list[UrlLogin]] = {}
    for item in gone:
        if item.login and not item.comment:
            parts.append((item.setting.start, item.setting.end))
            logins.setdefault(item.entry.start, []).append(item.login)
    touched = {item.entry.section for item in gone if not item.comment}
    return Edit(
        entries=tuple(entries.values()),
        comments=tuple({item.comment.start: item.comment for item in gone if item.comment}.values()),
        headers=[header for header in document.headers if header.section in touched and _is_registry(header.path)],
        parts=parts,
        values={
            entry.path: remove_logins(_text_of(entry), logins[entry.start])
            for entry in document.entries
            if entry.start in logins
        },
    )


def _list_attempts(document: Document, edit: Edit) -> Iterator[Edit]:
    """Yield the edit, and alternatives in case it would move a remaining comment into another table."""
    yield edit
    # Without a header, comments below it would belong to the table above.
    yield replace(edit, headers=())
    # A commented-out header applies up to the next entry: if that entry is removed, so is the header.
    doomed = {entry.start for entry in add_emptied_tables(document, edit.entries)}
    comments = {comment.start: comment for comment in (*edit.comments, *list_headers_above(document, doomed))}
    yield replace(edit, comments=tuple(comments.values()))
    yield replace(edit, comments=tuple(comments.values()), headers=())


def _count(items: Iterable[_Item]) -> Counter[tuple[bool, str | None, str, str]]:
    """Count settings, except commented-out URLs, which matter only to the logins next to them."""
    settings = (item.setting for item in items)
    return Counter(item.identity for item in settings if not (item.commented and is_link(item.name)))
