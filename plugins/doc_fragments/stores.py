# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that select accounts and credential files."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  users:
    description:
      - The accounts of the managed host to act on. Each file is read and written with the privileges of its account.
      - Acting on accounts other than the connecting one requires root (C(become=true)).
      - An account that does not exist on the host is skipped without an error. It is listed in C(absent_users).
      - When not given, the connecting account.
    type: list
    elements: str
    aliases: [user]
  all_users:
    description:
      - Act on every account of the password database whose home directory exists. Requires root. Mutually exclusive
        with O(users).
      - A directory service such as SSSD or LDAP may not list its accounts. An account that is not listed is found only
        if its home directory is in C(/home), in a directory in C(/home) that root owns, or next to the home directory
        of a listed account. Name all other accounts in O(users).
    type: bool
    default: false
  paths:
    description:
      - The files to process instead of those that the clients have in a home directory. C(~) and relative paths refer
        to the home directory of each account. Files with unrecognized names are parsed as C(.npmrc).
      - A file below a directory with C(package.json), C(node_modules) or C(.git) is treated as the file of a project,
        which somebody else may have written, unless a client looks there for the files of an account or of the host.
        Its proxy and TLS settings are not used for a secret from elsewhere, and its references to variables are
        resolved only for a registry that the account's own files, the host's files or the options name.
      - The home directory is that of the password database. For the connecting account, it is E(HOME) if that is set
        and does not belong to another account. C(become_flags) such as C(-E) can keep the E(HOME) of another account.
      - When not given, the files of O(clients) and O(levels), such as C(~/.npmrc); for the connecting account
        E(NPM_CONFIG_USERCONFIG), if it is set. The files that variables in the account's own or the host's shell files
        name are processed as well.
    type: list
    elements: str
    aliases: [path, userconfig]
  clients:
    description:
      - Clients whose credential files are searched.
    type: list
    elements: str
    choices:
      npm: C(.npmrc). All other clients read it too, except Yarn 2 and newer.
      pnpm: C(auth.ini), C(rc) and C(config.yaml) in pnpm's configuration directory, the file that C(npmrcAuthFile) in
        C(config.yaml) names, and a project's C(pnpm-workspace.yaml).
      yarn: C(.yarnrc.yml), of Yarn 2 and newer.
      yarn_classic: C(.yarnrc), of Yarn 1.
      bun: C(.bunfig.toml) and a project's C(bunfig.toml).
      npmrc: The profiles in C(~/.npmrcs) of the program C(npmrc), which switches between them.
      backup: Backup copies of these files in home directories, such as C(.npmrc.bak).
      environment: Files that set environment variables, such as C(~/.bashrc), C(~/.config/environment.d/*.conf) and a
        project's C(.env). An assignment is processed only if a credential file refers to its variable, if the variable
        is one of a client's own, or if the value can only be an npm token.
      all: All of them.
  levels:
    description:
      - Configuration levels to search.
    type: list
    elements: str
    choices:
      builtin: The C(npmrc) in npm's own directory.
      global: System-wide files such as C(/etc/npmrc), and C(/etc/skel), which is copied into the home directory of
        every new account. Also npm's global file at another path, if the account's own file (C(prefix),
        C(globalconfig)) or, for the connecting account, its environment (E(NPM_CONFIG_PREFIX),
        E(NPM_CONFIG_GLOBALCONFIG)) names that path.
      user: The files in the home directories of the accounts.
      project: The files of projects, found by O(search).
      all: All of them.
  search:
    description:
      - Directories to search for project files. Setting this option adds V(project) to O(levels). Symbolic links are
        not followed. Other file systems, C(node_modules), C(.git), caches and the like are left out.
      - In a directory with an absolute path, each file is read and written with the privileges of the account that owns
        the file. With O(users), only the files of these accounts are processed. C(~/) is the home directory of each
        account.
      - A missing or unreadable directory causes a warning.
      - When not given, the level V(project) searches the home directories of the accounts.
    type: list
    elements: str
  exclude:
    description:
      - Directories to leave out of the search, as shell patterns for the name or for the whole path of a directory.
      - A path begins with C(/), with C(~/) for the home directory of each account, or with C(*).
    type: list
    elements: str
"""
