#!/usr/bin/python
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log accounts of a host in to an npm registry with a login that is there already."""

from __future__ import annotations

DOCUMENTATION = r"""
module: npm_login
short_description: Put a login for an npm registry into the stores of accounts
version_added: 0.1.0
description:
  - Puts a token, or a user name and a password, into the C(.npmrc) of accounts. A login of the registry that stands
    there is replaced in its line; otherwise a line is added. Every other byte stays.
  - Asks the registry first whether it accepts the login, and writes nothing where it does not.
  - No token is ended. Those that were replaced are named, so that M(npmops.auth.npm_logout) can end them once every
    host has the new one.
  - Does not make tokens. Where they come from is the registry's business.
author:
  - the npmops.auth contributors (@npmops)
requirements:
  - requests (Python library, on the managed host; only with O(verify), where something is to be written)
  - PyYAML (Python library, on the managed host; only where a YAML file holds credentials)
extends_documentation_fragment:
  - npmops.auth.attributes
  - npmops.auth.attributes.action_group
  - npmops.auth.connection
attributes:
  check_mode:
    support: full
    details:
      - Asks the registry as a real run does, which changes nothing there, and writes nothing.
  diff_mode:
    support: full
  platform:
    support: full
options:
  registry:
    description:
      - The registry, the URL that npm would be given.
      - When not given, the one that is linked to O(scope), else the C(registry) of the store, else that of the host's
        global C(npmrc), else npm's public registry.
    type: str
  scope:
    description:
      - Link this scope to the registry, with or without its C(@).
    type: str
  token:
    description:
      - The token. It takes the place of every token that belongs to exactly this registry, and of a user name and
        password.
      - Excludes O(username) and O(password).
    type: str
  username:
    description:
      - The user name, with O(password).
    type: str
  password:
    description:
      - The password. It takes the place of a token.
    type: str
  verify:
    description:
      - Ask the registry whose login it is before anything is written. It must know it.
      - A store that has the login already is not asked for.
    type: bool
    default: true
  create:
    description:
      - Make a file that is not there, readable by its owner alone.
    type: bool
    default: true
  keep_replaced:
    description:
      - Keep the logins that the registry has in the file, and put the new token into the line behind them, where npm
        takes it. So the old tokens are on disk until they can be ended, even if something fails on the way.
      - With a token only. Files other than an C(.npmrc) cannot hold two.
      - Run the module without it once they are ended, and M(npmops.auth.npm_logout) has removed them.
    type: bool
    default: false
  users:
    description:
      - The accounts of the managed host to act on. Each file is read and written with its account's powers.
      - Other accounts than the connecting one take root (C(become)).
      - An account that the host does not have is no error; it is listed in RV(absent_users).
      - When not given, the connecting account.
    type: list
    elements: str
    aliases: [user]
  paths:
    description:
      - The files to put the login into. C(~) and relative paths are those of each account's home.
      - In a file of pnpm, Yarn or Bun that is no C(.npmrc), a login of the registry is replaced, and none is added.
      - When not given, C(~/.npmrc); for the connecting account E(NPM_CONFIG_USERCONFIG), where that is set.
    type: list
    elements: str
    aliases: [path, userconfig]
notes:
  - There is no backup option, since a backup would keep the old credential.
seealso:
  - module: npmops.auth.npm_logout
  - module: npmops.auth.npm_credentials_info
"""

EXAMPLES = r"""
- name: Give the build account its new token
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    token: "{{ new_token }}"
    users: [jenkins]
  become: true

- name: Give it a new token, and keep the old one in its file, where npm_logout finds it
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    token: "{{ new_token }}"
    users: [jenkins]
    keep_replaced: true
  become: true
  register: login

- name: End the old token, and remove it
  npmops.auth.npm_logout:
    registry: https://npm.example.com/
    fingerprints: "{{ login.replaced }}"
    users: [jenkins]
    clients: [all]
    levels: [user, project]
  become: true
  when: login.replaced | length > 0

- name: Log in with a password, for the packages of one scope
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    scope: "@example"
    username: alice
    password: "{{ password }}"
"""

RETURN = r"""
replaced:
  description:
    - Fingerprints of the tokens that stood where the new login stands; they are as alive as before. With
      O(keep_replaced), they still stand there; without it, M(npmops.auth.npm_logout) no more finds them in that file.
  type: list
  elements: str
  returned: always
  sample: ["sha256:0123456789abcdef"]
fingerprint:
  description: The name of the new token; null for a user name and password.
  type: str
  returned: always
  sample: sha256:fedcba9876543210
identity:
  description: Whose login it is, as the registry said; null where it was not asked.
  type: str
  returned: always
  sample: jenkins
files:
  description: The files that hold the login now; in check mode, that would.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account whose file it is.
      type: str
      sample: jenkins
    path:
      description: The file.
      type: str
      sample: /home/jenkins/.npmrc
    client:
      description: Whose store it is.
      type: str
      sample: npm
    registry:
      description: The registry.
      type: str
      sample: https://npm.example.com/
    changed:
      description: Whether its bytes changed; in check mode, whether they would.
      type: bool
      sample: true
    created:
      description: Whether it was made.
      type: bool
      sample: false
    settings:
      description: The names of the settings that are new or have a new value.
      type: list
      elements: str
      sample: ["//npm.example.com/:_authToken"]
    replaced:
      description: Fingerprints of the tokens that stood there.
      type: list
      elements: str
      sample: ["sha256:0123456789abcdef"]
absent_users:
  description: Those of O(users) that this host does not have.
  type: list
  elements: str
  returned: always
  sample: []
diff:
  description: One entry for each file that changes, every secret replaced.
  type: list
  elements: dict
  returned: always
  contains:
    before:
      description: The file before.
      type: str
      sample: "//npm.example.com/:_authToken=<token sha256:0123456789abcdef>\n"
    after:
      description: The file after.
      type: str
      sample: "//npm.example.com/:_authToken=<token sha256:fedcba9876543210>\n"
    before_header:
      description: The file's path, and whether it is new.
      type: str
      sample: /home/jenkins/.npmrc
    after_header:
      description: The file's path.
      type: str
      sample: /home/jenkins/.npmrc
msg:
  description: What was done, or what was not and why.
  type: str
  returned: always
  sample: "Logged in to https://npm.example.com/: 1 file changed"
"""

from ansible_collections.npmops.auth.plugins.module_utils._login.report import build_login_result
from ansible_collections.npmops.auth.plugins.module_utils._login.run import log_in
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, Module, run_module
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGIN_SPEC, read_login_options


def main() -> None:
    module = Module(argument_spec=LOGIN_SPEC, supports_check_mode=True)

    def work() -> Finished:
        report = log_in(read_login_options(module.params), check_mode=module.check_mode)
        return Finished(build_login_result(report), report.warnings, failed=bool(report.problems))

    run_module(module, work)


if __name__ == "__main__":
    main()
