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
from ansible_collections.npmops.auth.plugins.module_utils._errors import NpmopsError
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


def list_packages(account: Account, exclude: Sequence[str]) -> tuple[list[Project], str]:
    """Read the registries that the packages in an account's home name.

    :returns: those, and the path of the first package that was not read because there are too many, or "".
    """
    place = list_file_names((NPM,))[".npmrc"]
    paths = [store.path for store in list_projects_named(account, {_NAME: place}, exclude)]
    found = [item for path in paths[:_MOST_FILES] for item in read_package(account, path)]
    return found, paths[_MOST_FILES] if len(paths) > _MOST_FILES else ""


def read_package(account: Account, path: str) -> list[Project]:
    """Read one package; nothing if it names no registry or cannot be read."""
    try:
        with acting_as(account):
            content = read_file(path)
    except NpmopsError:
        return []
    readings = tuple(parse_package(content.data)) if content and _PUBLISH.encode() in content.data else ()
    return [Project(path, readings)] if readings else []


def find_beside(path: str) -> str:
    """Return the path of the ``package.json`` beside a credential file."""
    return os.path.join(os.path.dirname(path), _NAME)


def parse_package(data: bytes) -> Iterator[Reading]:
    """Read the registries of a ``package.json`` as settings; for a scoped package, also as the scope's registry."""
    try:
        text = data.decode("utf-8-sig")
        package = json.loads(text)
    except (ValueError, RecursionError):
        return
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
