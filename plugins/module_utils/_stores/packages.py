# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read to which registries an account's packages are published.

Private to this collection. npm 6 and the Yarns send a login without a registry of its own to the one that
``publishConfig`` of a ``package.json`` names.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._clients import NPM, list_file_names
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError, UnreadStore, show
from ansible_collections.npmops.auth.plugins.module_utils._files.descriptors import explained
from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.outlook import Project
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Setting
from ansible_collections.npmops.auth.plugins.module_utils._stores.projects import list_projects_named

_NAME = "package.json"
_PUBLISH = "publishConfig"
_LINK = re.compile(r"(?:@[^/:]+:)?registry\Z")
# A home has fewer packages of its own; installed ones are not searched.
_MOST_FILES = 5000


def list_packages(account: Account, exclude: Sequence[str]) -> list[Project]:
    """Read the registries that the packages in an account's home name."""
    place = list_file_names((NPM,))[".npmrc"]
    paths = [store.path for store in list_projects_named(account, {_NAME: place}, exclude)]
    found = [item for path in paths[:_MOST_FILES] for item in read_package(account, path)]
    if len(paths) > _MOST_FILES:
        told = f"There are too many package.json files: {show(paths[_MOST_FILES])} and those after it were not read."
        found.append(Project(os.path.join(account.home, ""), (), unread=told))
    return found


def read_package(account: Account, path: str) -> list[Project]:
    """Read one package; nothing if it names no registry, or if no client can read it."""
    try:
        with acting_as(account):
            content = read_file(path)
        with explained("read", path):
            readings = tuple(parse_package(content.data)) if content and _may_publish(content.data) else ()
    except UnreadStore as problem:
        return [Project(path, (), unread=f"{problem}.")]
    except NpmopsError:
        return []
    return [Project(path, readings)] if readings else []


def _may_publish(data: bytes) -> bool:
    """Return whether a package can have the key, which escapes can hide."""
    return _PUBLISH.encode() in data or b"\\u" in data


def find_beside(path: str) -> str:
    """Return the path of the ``package.json`` beside a credential file."""
    return os.path.join(os.path.dirname(path), _NAME)


def parse_package(data: bytes) -> Iterator[Reading]:
    """Read the registries of a ``package.json`` as settings; for a scoped package, also as the scope's registry.

    :raises UnreadStore: it is nested more deeply than Python reads.
    """
    # As node reads it: bytes that are not UTF-8 are replaced, and no number is too long.
    text = data.decode("utf-8", "replace").lstrip("\ufeff")
    try:
        package = json.loads(text, parse_int=str)
    except ValueError:
        return
    except RecursionError:
        raise UnreadStore("it is nested too deeply") from None
    publish = package.get(_PUBLISH) if isinstance(package, dict) else None
    for name, value in publish.items() if isinstance(publish, dict) else ():
        if not _LINK.match(name) or not isinstance(value, str) or not value:
            continue
        start = text.find(f'"{name}"', text.find(f'"{_PUBLISH}"'))
        line = text.count("\n", 0, max(start, 0)) + 1
        title = package.get("name")
        scope = title.partition("/")[0] if isinstance(title, str) and title.startswith("@") else ""
        for each in dict.fromkeys((name, f"{scope}:registry" if scope and name == "registry" else name)):
            yield Reading(Setting(each, value, line, 0, 0, 0, 0), each, value)
