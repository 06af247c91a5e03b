# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and edit the settings of a client's YAML file.

Private to this collection. Pure. A client's ``Dialect`` says where settings can be in its file; the rest is the same
for all clients. PyYAML is imported only if a file can contain a credential.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError, UnreadStore
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_edit import Removal, cut_out
from ansible_collections.npmops.auth.plugins.module_utils._formats.yaml_reader import (
    SCALAR,
    Comment,
    Document,
    Entry,
    Node,
    find_comments,
    list_pairs,
    parse,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import is_login_field
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    UNKNOWN_KEY,
    Setting,
    Value,
    find_login_in_url,
    is_link,
    make_key,
    require_removed,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url

#: Used instead of a name: the value is a registry's URL, and the name is ``//host/path/:registry``.
LINK = "//:registry"

# One alias can repeat a thousand entries a thousand times.
_MOST_SETTINGS = 20_000
_SIMPLE_KEY = re.compile(r"[A-Za-z_][\w-]*\Z")
_COMMENTED = re.compile(
    rb"""
    \#+ (?P<gap>[ \t]*) (?P<quote>["']?) (?P<key>[\w/:@.\[\]-]+?) (?P=quote) [ \t]* : [ \t]+
    (?: "(?P<double>[^"\\\r\n]+)" | '(?P<single>[^'\r\n]+)' | (?P<plain>[^\s"'\#|>&*!\[{][^\s]*) )
    [ \t]* (?:[ \t]\#[^\r\n]*)? [\r\n]* \Z
    """,
    re.X,
)


@dataclass(frozen=True, eq=False, repr=False)
class Section:
    """A mapping with entries that are settings.

    :ivar node: the mapping, or an alias of it; None if the file has none.
    :ivar path: the keys that lead to the mapping.
    :ivar names: npm's name, or ``LINK``, for each key.
    :ivar start: offset from which comments can belong to the mapping.
    """

    node: Node | None
    path: tuple[str, ...]
    names: Mapping[str, str]
    start: int = 0


@dataclass(frozen=True, eq=False, repr=False)
class Link:
    """A setting whose value, a URL, is a key in the file.

    :ivar node: the URL.
    :ivar entry: what to remove with the setting; None if nothing can be removed.
    """

    name: str
    path: tuple[str, ...]
    node: Node
    entry: Entry | None = None


@dataclass(frozen=True)
class Dialect:
    """Where settings are in a client's file.

    :ivar hint: matches in every file with a credential.
    :ivar list_places: yields the sections and links of a document.
    :ivar secret_keys: npm's field for each key with a secret, for comments outside of sections.
    :ivar find_value: returns the node of a setting's value, where the client accepts more than the value itself.
    :ivar marks: see ``cut_out``.
    """

    hint: re.Pattern[bytes]
    list_places: Callable[[Document], Iterator[Section | Link]]
    secret_keys: Mapping[str, str]
    find_value: Callable[[str, Node], Node] = lambda _name, node: node
    marks: Collection[str] = ()

    def parse_settings(self, data: bytes) -> tuple[Setting, ...]:
        """See ``settings.Format``. A file without credentials is not parsed, and has no settings."""
        return self.parse_all(data) if self.hint.search(data) else ()

    def parse_all(self, data: bytes) -> tuple[Setting, ...]:
        """Return the settings of any file, even one that only names registries."""
        return tuple(item.setting for item in _Finder(parse(data), self).find())

    def remove(self, data: bytes, doomed: Iterable[Setting]) -> bytes:
        """See ``settings.Format``."""
        doomed = tuple(doomed)
        if not doomed or not self.hint.search(data):
            return data
        identities = {item.identity for item in doomed}
        document = parse(data)
        found = _Finder(document, self).find()
        chosen = [item for item in found if item.setting.identity in identities]
        _require_whole(found, chosen)
        result = cut_out(document, [item.removal for item in chosen if item.removal], self.marks)
        require_removed([item.setting for item in _Finder(result, self).find()], doomed)
        return result.data


@dataclass(frozen=True, eq=False, repr=False)
class _Found:
    """A setting, and what to cut to remove it."""

    setting: Setting
    removal: Removal | None


@dataclass
class _Finder:
    """Collects the settings of one document."""

    document: Document
    dialect: Dialect
    found: list[_Found] = field(default_factory=list)
    sections: list[Section] = field(default_factory=list)
    logins: set[int] = field(default_factory=set)

    def find(self) -> list[_Found]:
        for place in self.dialect.list_places(self.document):
            if isinstance(place, Section):
                self._take_section(place)
            else:
                self._take(place.name, place.path, place.node, place.entry)
        self._take_comments()
        self.found.sort(key=lambda item: item.setting.line)
        return self.found

    def _take_section(self, section: Section) -> None:
        self.sections.append(section)
        for key, entry in list_pairs(section.node):
            if key not in section.names:
                continue
            value = self.dialect.find_value(key, entry.value).resolved
            if value.kind == SCALAR:
                name = _name_link(value) if section.names[key] == LINK else section.names[key]
                self._take(name, (*section.path, key), value, entry)

    def _take(self, name: str, path: tuple[str, ...], node: Node, entry: Entry | None) -> None:
        start, end = (entry.head.start, entry.end) if entry else (node.start, node.end)
        line = entry.head.line if entry else node.line
        shown = ".".join(map(_show_key, path))
        setting = Setting(name, node.text, line, start, end, node.start, node.end, shown=shown)
        self._add(setting, Removal(setting, entry=entry) if entry else None)
        # Aliases and several scopes can share one URL, and thus one login.
        if node.start not in self.logins:
            for login in find_login_in_url(self.document.data, setting):
                self.logins.add(node.start)
                self._add(login, Removal(login, node=node))

    def _take_comments(self) -> None:
        columns: dict[int, list[Section]] = {}
        for section in sorted(self.sections, key=lambda item: item.start):
            if section.node is None or section.node.is_block:
                column = section.node.entries[0].head.column if section.node else 0
                columns.setdefault(column, []).append(section)
        starts = {column: [section.start for section in sections] for column, sections in columns.items()}
        for comment in find_comments(self.document, _COMMENTED):
            column = comment.match.start() - comment.start
            number = bisect_right(starts.get(column, ()), comment.match.start())
            owner = columns[column][number - 1] if number else None
            self._take_comment(comment, owner if owner and _is_entry_of(owner, comment) else None)

    def _take_comment(self, comment: Comment, owner: Section | None) -> None:
        match = comment.match
        key = match["key"].decode("utf-8", "replace")
        group = next(name for name in ("double", "single", "plain") if match[name])
        value = match[group].decode("utf-8", "replace")
        name = owner.names.get(key) if owner else None
        path = owner.path if owner and name else ()
        if name == LINK:
            name = f"{make_key(value)}:registry"
        elif name is None and key in self.dialect.secret_keys:
            name = f"{UNKNOWN_KEY}:{self.dialect.secret_keys[key]}"
        if name is None or not (is_login_field(name) or is_link(name)):
            return
        span, shown = (comment.start, comment.end), ".".join(map(_show_key, (*path, key)))
        setting = Setting(name, value, comment.line, *span, *match.span(group), commented=True, shown=shown)
        logins = find_login_in_url(self.document.data, setting)
        if is_login_field(name):
            self._add(setting, Removal(setting, span=span))
        for login in logins:
            self._add(login, Removal(login, span=(login.start, login.end)))

    def _add(self, setting: Setting, removal: Removal | None) -> None:
        if len(self.found) == _MOST_SETTINGS:
            raise UnreadStore(f"it has more than {_MOST_SETTINGS} settings")
        self.found.append(_Found(setting, removal))


def list_values(data: bytes) -> tuple[Value, ...]:
    """See ``_npm.settings.Format``."""
    root = parse(data).root
    return tuple(_list_texts(root, ())) if root else ()


def _list_texts(node: Node, names: tuple[str, ...]) -> Iterator[Value]:
    if node.text:
        yield Value(names, node.start, node.end)
    for entry in node.entries:
        name = (entry.key.resolved.text or "",) if entry.key else ()
        yield from _list_texts(entry.value, (*names, *name))


def _require_whole(found: Iterable[_Found], chosen: Iterable[_Found]) -> None:
    """:raises StoreError: through an alias, a removed entry is another setting as well."""
    entries = {item.removal.entry for item in chosen if item.removal and item.removal.entry}
    taken = set(chosen)
    for item in found:
        if item.removal and item.removal.entry in entries and item not in taken:
            raise StoreError(
                f"line {item.setting.line}: a YAML alias uses the credential as another setting: edit this line by hand"
            )


def _is_entry_of(section: Section, comment: Comment) -> bool:
    """Return whether a comment in this mapping's column would be an entry of it without the ``#``."""
    is_within = section.node is None or not section.path or comment.match.start() < section.node.outer_end
    return is_within and len(comment.match["gap"]) <= 1


def _name_link(node: Node) -> str:
    return f"{make_key(node.text or '')}:registry"


def _show_key(key: str) -> str:
    """Return a part of a path for display, without the login in a URL."""
    return key if _SIMPLE_KEY.match(key) else f'"{show_url(key)}"'
