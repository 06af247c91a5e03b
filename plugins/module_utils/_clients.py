# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of clients: where each keeps credentials, and in which file format.

Private to this collection. Pure, but for the import of a format that is needed. A new client is a row of ``CLIENTS``,
and a file for its format if it has one of its own. The places are those of each client's documentation and sources:
npm's "npmrc" and "directories", pnpm's "Authentication settings", Yarn's "Settings (.yarnrc.yml)", Yarn 1's "yarnrc",
Bun's "bunfig.toml".
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
#: Weakest first: what a stronger level says counts.
LEVELS = (BUILTIN, GLOBAL, USER, PROJECT)

#: What stands for the account's home and its directory of configuration in the path of a place.
HOME = "~/"
CONFIG = "{config}/"
SKELETON = "/etc/skel"


class Place(NamedTuple):
    """Where a client looks for settings.

    :ivar level: one of ``LEVELS``.
    :ivar path: of a file; begins with ``HOME`` or ``CONFIG`` where it is an account's, and is the file's bare name
        where any directory can hold it. May be a pattern, as ``glob`` has them.
    :ivar form: the name of its format's module.
    """

    level: str
    path: str
    form: str = "npmrc"


class Client(NamedTuple):
    """A program that logs in to npm registries.

    :ivar reads: the clients whose stores it reads as well, weaker than its own.
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
        ),
        reads=(NPM,),
    ),
    YARN: Client(
        (
            Place(USER, "~/.yarnrc.yml", "yarnrc_yml"),
            Place(PROJECT, ".yarnrc.yml", "yarnrc_yml"),
        )
    ),
    YARN_CLASSIC: Client(
        (
            Place(USER, "~/.yarnrc", "yarnrc"),
            Place(PROJECT, ".yarnrc", "yarnrc"),
            Place(GLOBAL, "/etc/yarnrc", "yarnrc"),
            # What Yarn 1 takes for the home of root.
            Place(GLOBAL, "/usr/local/share/.yarnrc", "yarnrc"),
            Place(GLOBAL, "/usr/local/share/.npmrc"),
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
    # The profiles between which the program of this name switches.
    NPMRC: Client((Place(USER, "~/.npmrcs/*"),)),
    # Copies of the others' files: ``list_places`` says where.
    BACKUP: Client((), reads=(NPM,)),
    # The files that set variables: ``_stores/variables.py`` lists them, since only what they say decides which count.
    ENVIRONMENT: Client(()),
}

_BACKUP_SUFFIXES = ("~", ".bak", ".backup", ".old", ".orig", ".save", ".bak.[0-9]*", ".[0-9]*")


def _list_backups() -> Iterator[Place]:
    """The copies that people and editors leave beside an account's stores."""
    for client in (NPM, PNPM, YARN, YARN_CLASSIC, BUN):
        for place in CLIENTS[client].places:
            if place.level == USER:
                yield from (Place(USER, place.path + suffix, place.form) for suffix in _BACKUP_SUFFIXES)


def choose_clients(names: Sequence[str]) -> tuple[str, ...]:
    """The clients that an option names, in the order of the table."""
    return tuple(name for name in CLIENTS if name in names or ALL in names)


def choose_levels(names: Sequence[str]) -> tuple[str, ...]:
    """The levels that an option names, weakest first."""
    return tuple(level for level in LEVELS if level in names or ALL in names)


def list_places(client: str, level: str) -> tuple[Place, ...]:
    """Where a client looks at one level; at the global one, what every new account gets a copy of as well."""
    places = tuple(_list_backups()) if client == BACKUP else CLIENTS[client].places
    found = [place for place in places if place.level == level]
    if level == GLOBAL and client != BACKUP:
        found += [Place(GLOBAL, _put_under_skeleton(place.path), place.form) for place in places if place.level == USER]
    return tuple(found)


def list_fellows(client: str, form: str) -> tuple[str, ...]:
    """The clients whose files can say where a login of this client goes: all that read its files, and what they read.

    :param form: the name of the file's format, which says whose a copy is.
    """
    own = next((name for name in (PNPM, YARN, YARN_CLASSIC, BUN) if _has_form(name, form)), NPM)
    base = own if client in (BACKUP, NPMRC) else client
    readers = [name for name, entry in CLIENTS.items() if name == base or (base in entry.reads and name != BACKUP)]
    return tuple(dict.fromkeys(name for reader in readers for name in (*CLIENTS[reader].reads, reader)))


def _has_form(client: str, form: str) -> bool:
    return form != "npmrc" and any(place.form == form for place in CLIENTS[client].places)


def list_file_names(clients: Sequence[str]) -> dict[str, tuple[str, Place]]:
    """The names of files that projects have, each with its client and place."""
    return {place.path: (client, place) for client in clients for place in list_places(client, PROJECT)}


def guess_client(path: str) -> tuple[str, str]:
    """The client and the format of a file, by its name. A file that no other client would have is npm's.

    :returns: client, name of the format's module.
    """
    folder, name = posixpath.split(path)
    owners = [
        (client, place.form)
        for client, entry in CLIENTS.items()
        if client != BACKUP
        for place in entry.places
        if posixpath.basename(place.path).strip(".") == name.strip(".")
        and (client != PNPM or posixpath.basename(folder) == PNPM)
    ]
    if owners:
        return owners[0]
    if name.endswith((".yml", ".yaml")):
        return (PNPM, "pnpm_config") if posixpath.basename(folder) == PNPM else (YARN, "yarnrc_yml")
    return (BUN, "bunfig") if name.endswith(".toml") else (NPM, "npmrc")


def load_format(name: str) -> Format:
    """The format's module, imported when it is needed."""
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
