# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say whose files are meant."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  users:
    description:
      - The accounts of the managed host to act on. Each file is read and written with its account's powers.
      - Other accounts than the connecting one take root (C(become)).
      - An account that the host does not have is no error; it is listed in C(absent_users).
      - When not given, the connecting account.
    type: list
    elements: str
    aliases: [user]
  all_users:
    description:
      - Act on every account of the password database whose home is there. Takes root, and excludes O(users).
    type: bool
    default: false
  paths:
    description:
      - The files to look at, in place of those that the clients have in a home. C(~) and relative paths are those of
        each account's home. What a file's name does not tell to be another client's is read as an C(.npmrc).
      - The home is that of the password database, for the connecting account E(HOME) where it is set and does not
        belong to another account. C(become_flags) such as C(-E) can keep the E(HOME) of somebody else.
      - When not given, the files of O(clients) and O(levels), such as C(~/.npmrc); for the connecting account
        E(NPM_CONFIG_USERCONFIG), where that is set.
    type: list
    elements: str
    aliases: [path, userconfig]
  clients:
    description:
      - Whose stores are looked at.
    type: list
    elements: str
    choices:
      npm: C(.npmrc), which the other clients but Yarn 2 and newer read as well.
      pnpm: C(auth.ini), C(rc) and C(config.yaml) in pnpm's folder of configuration.
      yarn: C(.yarnrc.yml), of Yarn 2 and newer.
      yarn_classic: C(.yarnrc), of Yarn 1.
      bun: C(.bunfig.toml) and a project's C(bunfig.toml).
      npmrc: The profiles in C(~/.npmrcs), between which the program C(npmrc) switches.
      backup: Copies that people and editors leave beside these files in a home, such as C(.npmrc.bak).
      all: All of them.
  levels:
    description:
      - How strong the stores are that are looked at.
    type: list
    elements: str
    choices:
      builtin: The C(npmrc) in npm's own folder.
      global: The host's, such as C(/etc/npmrc), what every new account gets a copy of (C(/etc/skel)), and npm's global
        file where the account's own file moves it (C(prefix), C(globalconfig)), or for the connecting account its
        environment (E(NPM_CONFIG_PREFIX), E(NPM_CONFIG_GLOBALCONFIG)).
      user: Those in the accounts' homes.
      project: Those of projects, found by O(search).
      all: All of them.
  search:
    description:
      - Folders to search for stores of projects, which adds V(project) to O(levels). Links are not followed; other file
        systems, C(node_modules), C(.git), caches and the like are left out.
      - Under an absolute path, each store is read and written as the account that owns it; with O(users), only those
        of these accounts are meant. C(~/) stands for the home of each account.
      - A folder that is not there, or that none of the accounts can read, is told of in a warning.
      - When not given, level V(project) searches the homes of the accounts.
    type: list
    elements: str
  exclude:
    description:
      - Folders to leave out of the search, as patterns of a bare name or of a whole path.
    type: list
    elements: str
"""
