# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define where each client keeps credentials, and in which file format.

Private to this collection. Pure, except that formats are imported on demand. A new client needs a row in ``CLIENTS``,
and a module for its format if that is new. The places come from each client's documentation and sources: npm's
"npmrc" and "directories", pnpm's "Authentication settings", Yarn's "Settings (.yarnrc.yml)", Yarn 1's "yarnrc", Bun's
"bunfig.toml".
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format

NPM = "npm"
PNPM = "pnpm"
YARN = "yarn"
YARN_CLASSIC = "yarn_classic"
BUN = "bun"
NPMRC = "npmrc"
ENVIRONMENT = "environment"
BACKUP = "backup"
ALL = "all"

BUILTIN = "builtin"
GLOBAL = "global"
USER = "user"
PROJECT = "project"
#: Lowest precedence first.
LEVELS = (BUILTIN, GLOBAL, USER, PROJECT)

#: Prefixes of a place's path: the account's home and its configuration directory.
HOME = "~/"
CONFIG = "{config}/"
SKELETON = "/etc/skel"


class Place(NamedTuple):
    """Where a client looks for settings.

    :ivar level: one of ``LEVELS``.
    :ivar path: the path of a file. Begins with ``HOME`` or ``CONFIG`` if the file is an account's, and is a bare file
        name if any directory can contain the file. May be a ``glob`` pattern.
    :ivar form: the name of its format's module.
    """

    level: str
    path: str
    form: str = "npmrc"


class Client(NamedTuple):
    """A program that logs in to npm registries.

    :ivar reads: the clients whose files it also reads, with lower precedence than its own.
    """

    places: tuple[Place, ...]
    reads: tuple[str, ...] = ()


CLIENTS: dict[str, Client] = {
    NPM: Client(
        (
            Place(USER, "~/.npmrc"),
            Place(PROJECT, ".npmrc"),
            Place(GLOBAL, "/etc/npmrc"),
            Place(GLOBAL, "/usr/etc/npmrc"),
            Place(GLOBAL, "/usr/local/etc/npmrc"),
            Place(GLOBAL, "~/.nvm/versions/node/*/etc/npmrc"),
            Place(BUILTIN, "/usr/lib/node_modules/npm/npmrc"),
            Place(BUILTIN, "/usr/local/lib/node_modules/npm/npmrc"),
            Place(BUILTIN, "/usr/share/nodejs/npm/npmrc"),
            Place(BUILTIN, "~/.nvm/versions/node/*/lib/node_modules/npm/npmrc"),
        )
    ),
    PNPM: Client(
        (
            Place(USER, "{config}/pnpm/auth.ini"),
            Place(USER, "{config}/pnpm/rc"),
            Place(USER, "{config}/pnpm/config.yaml", "pnpm_config"),
            Place(PROJECT, "pnpm-workspace.yaml", "pnpm_config"),
        ),
        reads=(NPM,),
    ),
    YARN: Client(
        (
            Place(USER, "~/.yarnrc.yml", "yarnrc_yml"),
            Place(PROJECT, ".yarnrc.yml", "yarnrc_yml"),
            # Yarn, like Yarn 1, reads the files of all directories above.
            Place(GLOBAL, "/.yarnrc.yml", "yarnrc_yml"),
            Place(GLOBAL, "/home/.yarnrc.yml", "yarnrc_yml"),
        )
    ),
    YARN_CLASSIC: Client(
        (
            Place(USER, "~/.yarnrc", "yarnrc"),
            Place(PROJECT, ".yarnrc", "yarnrc"),
            Place(GLOBAL, "/etc/yarnrc", "yarnrc"),
            # Yarn 1 uses this directory as root's home.
            Place(GLOBAL, "/usr/local/share/.yarnrc", "yarnrc"),
            Place(GLOBAL, "/usr/local/share/.npmrc"),
            Place(GLOBAL, "/.npmrc"),
            Place(GLOBAL, "/.yarnrc", "yarnrc"),
            Place(GLOBAL, "/home/.npmrc"),
            Place(GLOBAL, "/home/.yarnrc", "yarnrc"),
        ),
        reads=(NPM,),
    ),
    BUN: Client(
        (
            Place(USER, "~/.bunfig.toml", "bunfig"),
            Place(USER, "{config}/.bunfig.toml", "bunfig"),
            Place(USER, "{config}/.npmrc"),
            Place(PROJECT, "bunfig.toml", "bunfig"),
        ),
        reads=(NPM,),
    ),
    # The profiles between which the program npmrc switches.
    NPMRC: Client((Place(USER, "~/.npmrcs/*"),)),
    # Copies of the other clients' files: see ``list_places``.
    BACKUP: Client((), reads=(NPM,)),
    # Files that set variables: ``_stores/variables.py`` lists them, since their content decides which of them count.
    ENVIRONMENT: Client(()),
}

_BACKUP_SUFFIXES = ("~", ".bak", ".backup", ".old", ".orig", ".save", ".bak.[0-9]*", ".[0-9]*")


def _list_backups() -> Iterator[Place]:
    """Yield the copies that users and editors leave next to an account's files."""
    for client in (NPM, PNPM, YARN, YARN_CLASSIC, BUN):
        for place in CLIENTS[client].places:
            if place.level == USER:
                yield from (Place(USER, place.path + suffix, place.form) for suffix in _BACKUP_SUFFIXES)


def choose_clients(names: Sequence[str]) -> tuple[str, ...]:
    """Return the clients that an option names, in table order."""
    return tuple(name for name in CLIENTS if name in names or ALL in names)


def choose_levels(names: Sequence[str]) -> tuple[str, ...]:
    """Return the levels that an option names, lowest precedence first."""
    return tuple(level for level in LEVELS if level in names or ALL in names)


def list_places(client: str, level: str) -> tuple[Place, ...]:
    """Return where a client looks at one level. The global level includes ``SKELETON``, which new homes copy."""
    places = tuple(_list_backups()) if client == BACKUP else CLIENTS[client].places
    found = [place for place in places if place.level == level]
    if level == GLOBAL and client != BACKUP:
        found += [Place(GLOBAL, _put_under_skeleton(place.path), place.form) for place in places if place.level == USER]
    return tuple(found)


def list_fellows(client: str, form: str) -> tuple[str, ...]:
    """Return the clients whose files can tell the registry of a login of this client.

    These are the clients that read its files, and those whose files they read.

    :param form: the name of the file's format, which tells the original client of a copy.
    """
    own = next((name for name in (PNPM, YARN, YARN_CLASSIC, BUN) if _has_form(name, form)), NPM)
    base = own if client in (BACKUP, NPMRC) else client
    readers = [name for name, entry in CLIENTS.items() if name == base or (base in entry.reads and name != BACKUP)]
    return tuple(dict.fromkeys(name for reader in readers for name in (*CLIENTS[reader].reads, reader)))


def _has_form(client: str, form: str) -> bool:
    return form != "npmrc" and any(place.form == form for place in CLIENTS[client].places)


def list_file_names(clients: Sequence[str]) -> dict[str, tuple[str, Place]]:
    """Return the names of project files, each with its client and place."""
    return {place.path: (client, place) for client in clients for place in list_places(client, PROJECT)}


def guess_client(path: str) -> tuple[str, str]:
    """Guess the client and the format of a file from its name. The default is npm.

    :returns: client, name of the format's module.
    """
    folder, name = posixpath.split(path)
    owners = [
        (client, place.form)
        for client, entry in CLIENTS.items()
        if client != BACKUP
        for place in entry.places
        if posixpath.basename(place.path).strip(".") == name.strip(".")
        and (client != PNPM or place.level == PROJECT or posixpath.basename(folder) == PNPM)
    ]
    if owners:
        return owners[0]
    if name.endswith((".yml", ".yaml")):
        return (PNPM, "pnpm_config") if posixpath.basename(folder) == PNPM else (YARN, "yarnrc_yml")
    return (BUN, "bunfig") if name.endswith(".toml") else (NPM, "npmrc")


def load_format(name: str) -> Format:
    """Import and return the module of a format."""
    if name == "yarnrc_yml":
        from ansible_collections.npmops.auth.plugins.module_utils._formats import yarnrc_yml

        return yarnrc_yml
    if name == "pnpm_config":
        from ansible_collections.npmops.auth.plugins.module_utils._formats import pnpm_config

        return pnpm_config
    if name == "yarnrc":
        from ansible_collections.npmops.auth.plugins.module_utils._formats import yarnrc

        return yarnrc
    if name == "bunfig":
        from ansible_collections.npmops.auth.plugins.module_utils._formats import bunfig

        return bunfig
    from ansible_collections.npmops.auth.plugins.module_utils._formats import npmrc

    return npmrc


def _put_under_skeleton(path: str) -> str:
    return posixpath.join(SKELETON, path.replace(HOME, "", 1).replace(CONFIG, ".config/", 1))
