#!/usr/bin/python
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find npm credentials on a host without showing secrets."""

from __future__ import annotations

DOCUMENTATION = r"""
module: npm_credentials_info
short_description: Find npm credentials on a host
version_added: 1.0.0
description:
  - Lists the npm credentials in the files of npm, pnpm, Yarn and Bun on a host, and reports security findings. Secrets
    are never shown. A token is identified by its fingerprint.
  - Changes nothing. Sends no request unless O(probe) is V(true).
  - The host needs neither Node.js nor any of the clients. None of them is run.
  - A long search can run in the background, with C(async) and C(poll).
author:
  - the npmops.auth contributors (@npmops)
requirements:
  - requests (Python library, on the managed host; only with O(probe))
  - PyYAML (Python library, on the managed host; only if a YAML file contains credentials)
extends_documentation_fragment:
  - npmops.auth.attributes
  - npmops.auth.attributes.action_group
  - npmops.auth.connection
  - npmops.auth.stores
attributes:
  check_mode:
    support: full
    details:
      - Changes nothing in either mode.
  diff_mode:
    support: N/A
  platform:
    support: full
options:
  clients:
    default: [all]
  levels:
    description:
      - Configuration levels to search.
      - When not given, V(all); with O(paths), V(user).
  comments:
    description:
      - Also list commented-out credentials. RV(findings) includes them in any case.
    type: bool
    default: false
  probe:
    description:
      - Check with each registry whether the token is valid, and for which user. No other request is sent.
      - The registries of one account are checked for five minutes at most. A warning is given if this time was not
        enough.
    type: bool
    default: false
  tripwires:
    description:
      - Files whose presence indicates malware that reacts to token revocation. Those that exist are listed in
        RV(tripwires). They are not opened.
      - Paths are absolute, or begin with C(~/), the home directory of each account of the host. Without root, only the
        home directory of the connecting account is searched.
    type: list
    elements: str
  label:
    description:
      - A text that the result repeats, so that a play can check which run or which variables a result belongs to.
    type: str
notes:
  - A file that cannot be read is reported in a warning and in RV(findings). The other files are still listed.
seealso:
  - module: npmops.auth.npm_logout
"""

EXAMPLES = r"""
- name: List all npm credentials of this host
  npmops.auth.npm_credentials_info:
    all_users: true
  become: true
  register: npm

- name: Show the tokens, their registries, and the files that contain them
  ansible.builtin.debug:
    msg: "{{ item.fingerprint }} {{ item.registry }} {{ item.account }} {{ item.path }}:{{ item.line }}"
  loop: "{{ npm.credentials | selectattr('fingerprint') }}"
  loop_control:
    label: "{{ item.path }}"

- name: Check which of alice's tokens are valid
  npmops.auth.npm_credentials_info:
    users: [alice]
    probe: true
  become: true

- name: Search the work directories of a build host for project files, in the background
  npmops.auth.npm_credentials_info:
    search: [/srv/builds]
    exclude: ["*/archive"]
  become: true
  async: 3600
  poll: 10
"""

RETURN = r"""
credentials:
  description: The credentials that were found, in the order of RV(files).
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account whose file contains the credential; for a system-wide file, the connecting account.
      type: str
      sample: alice
    path:
      description: The path of the file.
      type: str
      sample: /home/alice/.npmrc
    line:
      description: Number of the first line of the credential, from 1.
      type: int
      sample: 4
    client:
      description: The client that uses the file, one of the choices of O(clients).
      type: str
      sample: npm
    level:
      description: The configuration level of the file, V(builtin), V(global), V(user) or V(project).
      type: str
      sample: user
    registry:
      description: The registry that the credential logs in to.
      type: str
      sample: https://npm.example.com/
    registry_key:
      description:
        - The registry key in the names of the settings, without a scope.
        - Null if the credential belongs to the default registry.
      type: str
      sample: //npm.example.com/
    registries:
      description: The registries to which the clients that read the file would send the credential.
      type: list
      elements: str
      sample: ["https://npm.example.com/"]
    settings:
      description: The names of the settings of the credential.
      type: list
      elements: str
      sample: ["//npm.example.com/:_authToken"]
    kind:
      description: V(token), V(basic), V(certificate) or V(helper).
      type: str
      sample: token
    source:
      description:
        - V(literal), V(environment), V(helper) or V(comment). V(environment) is a reference to an environment variable,
          and the assignment of such a variable.
      type: str
      sample: literal
    set_in:
      description: The places where the variables that the value refers to are set. The line is null for a running
        process.
      type: list
      elements: dict
      sample: [{"path": "/home/alice/.bashrc", "line": 12}]
    fingerprint:
      description: Fingerprint of the token; null for other kinds and for tokens that are not in the file.
      type: str
      sample: sha256:0123456789abcdef
    format:
      description:
        - The form of the token, V(npm), V(uuid), V(github), V(gitlab), V(artifactory), V(jwt) or V(opaque).
        - Null if there is no fingerprint.
      type: str
      sample: npm
    checksum_ok:
      description: Whether the checksum of an C(npm_) token is correct; null for other tokens.
      type: bool
      sample: true
    registry_kind:
      description:
        - The kind of its registry, one of the choices of O(registry_kind). V(npm) is also the kind of every registry
          that is not recognized.
        - Before a request was sent, the kind that the URL or the form of the token indicates.
      type: str
      sample: gitlab
    expires:
      description:
        - When the token expires, in UTC, or V(never); null if this is not known.
        - Read from a JWT, from a JFrog reference token, or from the registry's response.
      type: str
      sample: "2027-01-31T12:00:00Z"
    alive:
      description: Whether the registry accepts the token; null without O(probe), or if this is not known.
      type: bool
      sample: true
    identity:
      description: The user name that the registry gave, or null.
      type: str
      sample: alice
    own_connection:
      description:
        - Whether the registry was asked through a proxy, CA certificates or C(strict-ssl=false) that the account's own
          files name. The result then counts only for this account, because the response may not come from the
          registry.
        - The options of the task and system-wide files, such as C(/etc/npmrc), belong to no account.
      type: bool
      sample: false
    shadowed_by:
      description:
        - The file with higher precedence that contains another credential for the same registry, or null. The client
          uses the other credential. If that file is of the level V(project), this is so only inside the project.
      type: str
      sample: null
    check_failed:
      description: Why the check of the token failed; null if the registry gave a usable response or no request was
        sent.
      type: str
      sample: null
project_registries:
  description:
    - The registries to which clients would send one of these credentials, and that only a project's file names. Such a
      credential is not sent to them unless O(trusted_registries) lists them.
  type: list
  elements: dict
  returned: always
  contains:
    registry:
      description: The URL, ready for O(trusted_registries).
      type: str
      sample: https://npm.example.com/
    path:
      description: The project's file that names the registry.
      type: str
      sample: /home/alice/work/app/.npmrc
    line:
      description: Number of the line, from 1.
      type: int
      sample: 1
findings:
  description: Security findings, most severe first.
  type: list
  elements: dict
  returned: always
  contains:
    severity:
      description: V(high), V(medium) or V(low).
      type: str
      sample: high
    path:
      description: The file with the problem.
      type: str
      sample: /home/alice/.npmrc
    line:
      description: Number of the line, from 1, or null.
      type: int
      sample: null
    rule:
      description:
        - V(readable_by_others), the file is readable by other users.
        - V(foreign_owner), the file is owned by another account.
        - V(tracked_by_git), the file is tracked by git.
        - V(plain_http), a registry uses unencrypted HTTP.
        - V(skeleton_file), every new account gets a copy of the file.
        - V(token_in_log), an npm log contains a token.
        - V(token_in_environment), a process of the account has a token in its environment.
        - V(login_in_url), a login is part of the URL of a registry.
        - V(backup_copy), a backup copy of a file contains credentials.
        - V(no_certificate_check), TLS verification is disabled (C(strict-ssl=false)).
        - V(never_expires), a token never expires.
        - V(expires_soon), a token expires within 30 days.
        - V(expired), a token has expired.
        - V(unreadable), a file could not be read.
        - V(legacy_unscoped), a setting names no registry, which npm 9 and newer refuse.
        - V(commented_out), a credential is in a comment.
      type: str
      sample: readable_by_others
    message:
      description: Human-readable description of the problem, and what to do.
      type: str
      sample: 'This file is readable by other users (mode 0644): set mode 0600, or remove the credentials.'
files:
  description: The credential files that were found.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account of the file; for a system-wide file, the connecting account.
      type: str
      sample: alice
    path:
      description: The path of the file.
      type: str
      sample: /home/alice/.npmrc
    client:
      description: The client that uses the file.
      type: str
      sample: npm
    level:
      description: The configuration level of the file.
      type: str
      sample: user
    owner:
      description: The account that owns the file.
      type: str
      sample: alice
    mode:
      description: The permissions of the file.
      type: str
      sample: "0600"
    credentials:
      description: Number of credentials in the file.
      type: int
      sample: 1
tripwires:
  description: The files of O(tripwires) that exist.
  type: list
  elements: str
  returned: always
  sample: []
has_requests:
  description:
    - Whether the Python library C(requests) is installed on this host for the Python that runs modules. It is required
      to send requests to registries.
  type: bool
  returned: always
  sample: true
label:
  description: The text of O(label).
  type: str
  returned: always
  sample: null
absent_users:
  description: The accounts in O(users) that do not exist on this host.
  type: list
  elements: str
  returned: always
  sample: []
msg:
  description: Number of credentials, files and findings, and the paths and accounts that do not exist.
  type: str
  returned: always
  sample: 3 credentials in 2 files, 1 finding
"""

from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import build_info
from ansible_collections.npmops.auth.plugins.module_utils._info.options import INFO_SPEC, read_info_options
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, Module, run_module


def main() -> None:
    module = Module(argument_spec=INFO_SPEC, supports_check_mode=True)

    def work() -> Finished:
        inventory = inspect_host(read_info_options(module.params))
        return Finished(build_info(inventory), inventory.warnings)

    run_module(module, work)


if __name__ == "__main__":
    main()
