# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the registries to which a credential is sent from within the projects of its account.

Private to this collection. Pure. Project files are not trusted: registries that only they name are reported, not asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import (
    Registries,
    is_used,
    last_by_name,
    name_moved_scope,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import (
    Registry,
    is_read_key,
    parse_key,
    registry_key_of,
    split_name,
    try_parse_registry,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import is_link


class Project(NamedTuple):
    """One file of a project, or a source of environment variables.

    :ivar readings: its settings, with references to variables not resolved.
    :ivar sets_variables: it is a file that sets variables or, with an empty path, the environment itself.
    :ivar unread: a sentence about files that a client reads, and this collection does not.
    :ivar reader: the path of the project's file that makes npm read this one; empty if that is not why.
    """

    path: str
    readings: tuple[Reading, ...]
    sets_variables: bool = False
    unread: str = ""
    reader: str = ""


class Elsewhere(NamedTuple):
    """A registry that only a project's file or the environment names, and the place.

    :ivar variable: the environment variable that names it; empty for a file.
    """

    registry: Registry
    path: str
    line: int
    variable: str = ""


class Hidden(NamedTuple):
    """A line that may name a credential's registry by a variable whose value is not known.

    :ivar path: empty for a file of a lower level.
    :ivar unread: a sentence about files that were not read; the line is 0.
    """

    path: str
    line: int
    unread: str = ""


class Outlook:
    """A file's credentials as the clients read them from within the projects of its account."""

    def __init__(self, readings: Sequence[Reading], defaults: Sequence[Reading], projects: Iterable[Project]) -> None:
        """:param readings: of the file; ``defaults``, of lower levels."""
        projects = tuple(projects)
        self._unread = [Hidden(project.path, 0, project.unread) for project in projects if project.unread]
        self._own = Registries(readings, defaults)
        self._own_ids = {id(item) for item in readings}
        self._views = [
            (project, links, _view(project, readings, defaults))
            for project in projects
            for links in [_select_links(project.readings)]
            if links
        ]

    def find_elsewhere(self, credential: Credential, *, likely: bool = False) -> tuple[Elsewhere, ...]:
        """Return the registries to which a client would send a credential only from within projects.

        :param likely: only those that the login of a scope is meant for.
        """
        own = {registry.key for registry in self._own.list_all(credential)}
        moved = name_moved_scope(credential)
        found: dict[str, Elsewhere] = {}
        for project, links, view in self._views:
            listed = view.list_likely(credential) if likely and moved else view.list_all(credential)
            reached = {registry.key for registry in listed}
            for item in links:
                registry = try_parse_registry(item.value)
                if registry and registry.key not in own and (registry.key in reached or item.name == moved):
                    variable = item.setting.shown if project.sets_variables else ""
                    found.setdefault(registry.key, Elsewhere(registry, project.path, item.setting.line, variable))
        return tuple(found.values())

    def find_hidden(self, credential: Credential, path: str) -> tuple[Hidden, ...]:
        """Return the lines, and the files that were not read, that can send a credential to an unknown registry.

        :param path: of the credential's own file.
        """
        wanted = self._own.list_places(credential)
        others = [
            (project.path, item) for project, links, _view in self._views for item in last_by_name(links).values()
        ]
        # A file of the home is a lower level of a project's file: it is named by its path.
        known = {item.setting for _place, item in others}
        own = [
            (path if id(item) in self._own_ids else "", item)
            for item in self._own.list_links()
            if id(item) in self._own_ids or item.setting not in known
        ]
        found = [
            Hidden(place, item.setting.line)
            for place, item in (*own, *others)
            if item.unset and any(item.name == name or (not name and is_used(item)) for name in wanted)
        ]
        unread = self._unread if self._own.can_depend_on_project(credential) else []
        return tuple(dict.fromkeys((*found, *unread)))


def _view(project: Project, readings: Sequence[Reading], defaults: Sequence[Reading]) -> Registries:
    """Return the registries with a project's file, or with the file of a lower level that it makes npm read."""
    if project.reader:
        return Registries(readings, [*defaults, *project.readings])
    return Registries(project.readings, [*defaults, *readings])


def _select_links(readings: Iterable[Reading]) -> list[Reading]:
    return [item for item in readings if is_link(item.name) and not item.setting.commented]


def list_named(readings: Iterable[Reading]) -> frozenset[str]:
    """Return the keys of all registries that these settings name, by a URL or by the key of a login."""
    effective = [item for item in readings if not item.setting.commented]
    named = (try_parse_registry(item.value) for item in _select_links(effective))
    found = {registry.key for registry in named if registry}
    for item in effective:
        parts = split_name(item.name)
        key = registry_key_of(parts[0]) if parts else ""
        if key and is_read_key(key):
            found.add(parse_key(key).key)
    return frozenset(found)
