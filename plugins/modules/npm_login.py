#!/usr/bin/python
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log accounts of a host in to an npm registry with an existing token or password."""

from __future__ import annotations

DOCUMENTATION = r"""
module: npm_login
short_description: Log accounts in to an npm registry
version_added: 1.0.0
description:
  - Puts a token, or a user name and a password, into the C(.npmrc) of accounts. An existing login for the registry is
    replaced in its line. Otherwise a line is added. Every other byte of the file is preserved.
  - If the file refers to a variable (C(${NPM_TOKEN})) that a file of the account sets to a plain value, the new value
    is written into that assignment, and the reference is kept. If the variable is set in a way that cannot be changed,
    nothing is written, and the module fails and names the file and line.
  - Verifies the login with the registry first, and writes nothing if the registry rejects the login.
  - Does not revoke tokens. RV(replaced) lists the replaced tokens, so that M(npmops.auth.npm_logout) can revoke them
    once every host has the new one.
  - Does not create tokens. Create them at the registry.
author:
  - the npmops.auth contributors (@npmops)
requirements:
  - requests (Python library, on the managed host; only with O(verify), and only if the login has to be written)
  - PyYAML (Python library, on the managed host; only if a YAML file contains credentials)
extends_documentation_fragment:
  - npmops.auth.attributes
  - npmops.auth.attributes.action_group
  - npmops.auth.connection
attributes:
  check_mode:
    support: full
    details:
      - Verifies the login with a read-only request, as a real run does, and writes nothing.
  diff_mode:
    support: full
  platform:
    support: full
options:
  registry:
    description:
      - The registry. Give its URL as for C(npm --registry).
      - When not given, the registry of O(scope), else C(registry) of the credential file, else that of the system-wide
        C(npmrc), else npm's public registry.
    type: str
  scope:
    description:
      - Map this scope to the registry (C(@scope:registry)), with or without its C(@).
    type: str
  token:
    description:
      - The token. It replaces every token for exactly this registry, and also a user name and password.
      - Mutually exclusive with O(username) and O(password).
    type: str
  username:
    description:
      - The user name. Requires O(password).
    type: str
  password:
    description:
      - The password. It replaces a token.
    type: str
  verify:
    description:
      - Verify the login with the registry before anything is written.
      - A login that is already in the file is not verified.
    type: bool
    default: true
  create:
    description:
      - Create the file if it does not exist, with mode 0600.
    type: bool
    default: true
  keep_replaced:
    description:
      - Keep the existing logins for the registry in the file, and put the new token on the line after them, so that npm
        uses the new token. The old tokens stay on disk so that they can be revoked later even if the run fails.
      - Works only with O(token). Files other than C(.npmrc) cannot contain two tokens for one registry.
      - If the file refers to a variable, a second assignment with the new token is added on the line after the existing
        one.
      - Run the module without O(keep_replaced) after M(npmops.auth.npm_logout) has revoked and removed the old tokens.
    type: bool
    default: false
  users:
    description:
      - The accounts of the managed host to act on. Each file is read and written with the privileges of its account.
      - Acting on accounts other than the connecting one requires root (C(become=true)).
      - An account that does not exist on the host is skipped without an error. It is listed in RV(absent_users).
      - When not given, the connecting account.
    type: list
    elements: str
    aliases: [user]
  paths:
    description:
      - The files to put the login into. C(~) and relative paths refer to the home directory of each account.
      - The proxy and TLS settings of a file are used only if the file is at the top of the home directory, or in a
        place where a client looks for the files of an account or of the host. Other files may have been written by
        someone else.
      - For a file below a directory with C(package.json), C(node_modules) or C(.git), O(registry) is required if only
        that file names the registry.
      - In a file of pnpm, Yarn or Bun that is not an C(.npmrc), an existing login for the registry is replaced, but no
        login is added.
      - When not given, C(~/.npmrc); for the connecting account E(NPM_CONFIG_USERCONFIG), if it is set.
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
- name: Give the build account a new token
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    token: "{{ new_token }}"
    users: [jenkins]
  become: true

- name: Give the build account a new token, and keep the old one in the file until it is revoked
  npmops.auth.npm_login:
    registry: https://npm.example.com/
    token: "{{ new_token }}"
    users: [jenkins]
    keep_replaced: true
  become: true
  register: login

- name: Revoke the old token, and remove it
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
    - Fingerprints of the tokens that the new login replaces. They are still valid. With O(keep_replaced), they are
      still in the file. Without it, M(npmops.auth.npm_logout) can no longer find them in that file.
  type: list
  elements: str
  returned: always
  sample: ["sha256:0123456789abcdef"]
fingerprint:
  description: Fingerprint of the new token; null for a user name and password.
  type: str
  returned: always
  sample: sha256:fedcba9876543210
identity:
  description: The user name that the registry gave for the login; null if no request was sent.
  type: str
  returned: always
  sample: jenkins
files:
  description:
    - The files that contain the login now, or refer to it; in check mode, the files that would.
    - If a file refers to a variable, the file that sets the variable has a separate entry, with C(client=environment).
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account of the file.
      type: str
      sample: jenkins
    path:
      description: The path of the file.
      type: str
      sample: /home/jenkins/.npmrc
    client:
      description: The client that uses the file.
      type: str
      sample: npm
    registry:
      description: The registry of the login.
      type: str
      sample: https://npm.example.com/
    changed:
      description: Whether the bytes of the file changed; in check mode, whether they would.
      type: bool
      sample: true
    created:
      description: Whether the file was created.
      type: bool
      sample: false
    settings:
      description: The names of the settings, or variables, that are new or have a new value.
      type: list
      elements: str
      sample: ["//npm.example.com/:_authToken"]
    replaced:
      description: Fingerprints of the tokens that were replaced in this file.
      type: list
      elements: str
      sample: ["sha256:0123456789abcdef"]
absent_users:
  description: The accounts in O(users) that do not exist on this host.
  type: list
  elements: str
  returned: always
  sample: []
diff:
  description: One entry for each file that changes, with every secret replaced.
  type: list
  elements: dict
  returned: always
  contains:
    before:
      description: The file before the change; of a file that sets variables, only the statements that change.
      type: str
      sample: "//npm.example.com/:_authToken=<token sha256:0123456789abcdef>\n"
    after:
      description: The file after the change.
      type: str
      sample: "//npm.example.com/:_authToken=<token sha256:fedcba9876543210>\n"
    before_header:
      description: The path of the file, and whether the file is new.
      type: str
      sample: /home/jenkins/.npmrc
    after_header:
      description: The path of the file.
      type: str
      sample: /home/jenkins/.npmrc
msg:
  description: What was done, or what was not done and why.
  type: str
  returned: always
  sample: "Logged in to https://npm.example.com/: 1 file changed"
"""

from ansible_collections.npmops.auth.plugins.module_utils._login.options import LOGIN_SPEC, read_login_options
from ansible_collections.npmops.auth.plugins.module_utils._login.report import build_login_result
from ansible_collections.npmops.auth.plugins.module_utils._login.run import log_in
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, Module, run_module


def main() -> None:
    module = Module(argument_spec=LOGIN_SPEC, supports_check_mode=True)

    def work() -> Finished:
        report = log_in(read_login_options(module.params), check_mode=module.check_mode)
        return Finished(build_login_result(report), report.warnings, failed=bool(report.problems))

    run_module(module, work)


if __name__ == "__main__":
    main()
