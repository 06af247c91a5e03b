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
  paths:
    description:
      - The C(.npmrc) files to look at. C(~) and relative paths are those of each account's home.
      - The home is that of the password database, for the connecting account E(HOME) where it is set.
      - When not given, C(~/.npmrc); for the connecting account E(NPM_CONFIG_USERCONFIG), where that is set.
    type: list
    elements: str
    aliases: [path, userconfig]
"""
