#!/usr/bin/python
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log accounts of a host out of npm registries."""

from __future__ import annotations

DOCUMENTATION = r"""
module: npm_logout
short_description: Log out of npm registries
version_added: 1.0.0
description:
  - Revokes a token at its registry, verifies that the registry rejects the token, and removes the credential from
    C(.npmrc). Every other byte of the file is preserved.
  - Does on a managed host what C(npm logout) does on one machine, for the files of pnpm, Yarn and Bun as well
    (O(clients)). The host needs neither Node.js nor any of the clients.
  - First all files are read, then the tokens are revoked, then the files are edited. A token whose revocation is not
    confirmed to the degree that O(revoke) requires is kept, and the task fails at the end so that a second run can
    finish.
  - A file is replaced as a whole, with its owner, permissions, ACL and extended attributes. A file that cannot be
    replaced but can be written, such as a mount point in a container, is written in place. If no copy of the new text
    can be kept next to the file during that time, a warning says so. A file that is written in place and would
    otherwise be deleted is left empty. If a run is killed during that time, the next run restores the file from the
    copy. Until then, check mode fails for this file.
  - If a file cannot be edited at all, its tokens are still revoked, the file is left unchanged, and the task fails at
    the end. Check mode predicts this, except for a full disk.
  - RV(ignore:changed) refers to files only. If a token was revoked but no file changed, RV(ignore:changed) is V(false)
    and RV(revoked) is V(true).
author:
  - the npmops.auth contributors (@npmops)
requirements:
  - requests (Python library, on the managed host; only if a token is to be revoked)
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
      - Sends no request. Tokens that the registry would be asked to revoke are reported as V(pending), and are expected
        to be removed. Tokens of a kind that the registry cannot revoke are reported as V(unsupported), as in a run
        without check mode.
  diff_mode:
    support: full
  platform:
    support: full
options:
  registry:
    description:
      - Log out of this registry. Give its URL as for C(npm --registry). All credentials that npm would use for this
        registry are removed, including those for parent paths.
      - When not given, C(registry) of the credential file, else that of the system-wide C(npmrc), else npm's public
        registry (U(https://registry.npmjs.org/)).
    type: str
  scope:
    description:
      - Log out of the registry of this scope, with or without its C(@), and remove the scope mapping
        (C(@scope:registry)).
      - If the scope has no mapping, there is nothing to do. If the registry has no separate login, only the mapping is
        removed.
      - With O(registry), that registry is processed, and the mapping is removed only if it names that registry.
    type: str
  all_registries:
    description:
      - Log out of every registry found in the file. Scope mappings are kept.
      - Mutually exclusive with O(registry) and O(scope).
    type: bool
    default: false
  token:
    description:
      - Act on this token only, wherever it is in the files. O(registry) then only says where to revoke it.
      - A token that is in none of the files is revoked at O(registry). Without O(registry) there is nothing to do, and
        RV(msg) says that the token was not revoked.
    type: str
  fingerprints:
    description:
      - Act only on tokens with these fingerprints, for any registry. O(registry) or O(scope) restricts the selection.
      - An empty list selects no token, so there is nothing to do. The same applies to an empty list in O(users),
        O(paths), O(clients) and O(levels).
      - A fingerprint is C(sha256:) and the first 16 hex digits of the SHA-256 of the token, as this module returns it.
    type: list
    elements: str
  protected_fingerprints:
    description:
      - Tokens with these fingerprints are neither revoked nor removed, such as one that a whole company shares.
    type: list
    elements: str
  revoke:
    description:
      - How certain the revocation must be before the credential is removed.
    type: str
    choices:
      confirmed: The registry accepted the token before and rejects it now, or rejected it when first asked.
      accepted: The registry reported success, which is what C(npm logout) relies on, or it rejects the token.
      attempted: Revokes and verifies as with V(confirmed), but removes the credential in any case.
      never: No request is sent. The token remains valid.
    default: confirmed
  comments:
    description:
      - Also process commented-out credentials.
    type: bool
    default: false
  clients:
    default: [npm]
  levels:
    default: [user]
  verify_timeout:
    description:
      - Maximum time in seconds to poll, with growing pauses, until the registry rejects the token, from 0 to 600.
      - Below 3 seconds, the revocation cannot be verified at a registry that responds with 403 to a revoked token, as
        Verdaccio does. A 403 is accepted as a rejection only if the registry sends it twice, two seconds apart, and
        sends a different response, such as 401, to a token that does not exist.
    type: int
    default: 10
notes:
  - There is no backup option, since a backup would keep the credential.
  - A file that is empty after the removal is deleted (as npm does), unless it is reached through a symbolic link.
  - In the files of accounts other than the connecting one, C(${VAR}) is never resolved from the environment of the
    task.
seealso:
  - module: npmops.auth.npm_credentials_info
  - name: npm logout
    description: The command of npm itself.
    link: https://docs.npmjs.com/cli/commands/npm-logout
"""

EXAMPLES = r"""
- name: Log alice out of the company registry
  npmops.auth.npm_logout:
    registry: https://npm.example.com/
    users: [alice]
  become: true

- name: Log out of the registry of a scope, and remove the scope mapping
  npmops.auth.npm_logout:
    scope: "@example"

- name: Incident, revoke and remove all credentials of these accounts, including commented-out ones
  npmops.auth.npm_logout:
    all_registries: true
    users: [alice, jenkins]
    clients: [all]
    levels: [user, project]
    comments: true
    revoke: attempted
  become: true

- name: Offboard alice, the files of all clients and of her projects, but not system-wide files such as /etc/npmrc
  npmops.auth.npm_logout:
    all_registries: true
    users: [alice]
    clients: [all]
    levels: [user, project]
    comments: true
  become: true

- name: Revoke a leaked token whose value is known, and remove it from all files, including system-wide files
  npmops.auth.npm_logout:
    registry: https://npm.example.com/
    token: "{{ leaked_token }}"
    users: [alice, jenkins]
    clients: [all]
    levels: [all]
    comments: true
  become: true

- name: Show what would be done, without changing anything
  npmops.auth.npm_logout:
    all_registries: true
  check_mode: true
  diff: true

- name: Log out of all registries, but keep the token that the whole company shares
  npmops.auth.npm_logout:
    all_registries: true
    protected_fingerprints: ["sha256:0123456789abcdef"]
"""

RETURN = r"""
revoked:
  description: Whether this run revoked at least one token.
  type: bool
  returned: always
  sample: true
credentials:
  description:
    - The credentials that were processed. A O(token) that is in no file is included with null account, path, line and
      client, if it is revoked or would be revoked.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account whose file contains the credential, or null.
      type: str
      sample: alice
    path:
      description: The credential file, or null.
      type: str
      sample: /home/alice/.npmrc
    line:
      description: Number of the first line of the credential, from 1, or null.
      type: int
      sample: 4
    client:
      description: The client that uses the file, or null.
      type: str
      sample: npm
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
    revocation:
      description:
        - V(confirmed), this run revoked the token, and the registry now rejects it.
        - V(already_invalid), every registry to which a client could send the token rejected it when first asked.
        - V(accepted), the registry reported success, but this was not or could not be verified.
        - V(ineffective), the registry reported success and still accepts the token.
        - V(unsupported), the registry has no way to revoke this kind of token.
        - V(failed), the registry could not be reached, gave no usable response, or refused the request, for example
          because it requires a one-time password. Also if it rejected the token, and another registry may know it.
        - V(unresolved), the value is a reference to an environment variable whose value is not known, or a credential
          helper. A reference to a variable that is set nowhere on this host is removed, with a warning. If a command or
          the like sets the variable, O(revoke=confirmed) and O(revoke=accepted) keep the reference, and the task fails.
        - V(not_applicable), there is nothing to revoke at the registry, as for a password.
        - V(protected), its fingerprint is in O(protected_fingerprints).
        - V(skipped), O(revoke=never).
        - V(pending), check mode, a real run would ask the registry to revoke the token.
      type: str
      sample: confirmed
    detail:
      description: Human-readable description of the outcome.
      type: str
      sample: The registry knew the token before, and rejects it now.
    by_hand:
      description:
        - The remaining manual steps. Null if the registry rejects the token (V(confirmed), V(already_invalid)) and the
          file could be edited.
      type: str
      sample: null
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
    side_effects:
      description: What else the revocation did, or in check mode would do, in sentences.
      type: list
      elements: str
      sample: ["GitLab sends an email about it to the token's owner."]
    own_connection:
      description:
        - Whether the registry was asked through a proxy, CA certificates or C(strict-ssl=false) that the account's own
          files name. The outcome then counts only for the copies of this account, because the response may not come
          from the registry.
        - The options of the task and system-wide files, such as C(/etc/npmrc), belong to no account.
      type: bool
      sample: false
    removed:
      description: Whether its lines were removed; in check mode, whether they would be.
      type: bool
      sample: true
files:
  description: The credential files that exist.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account of the file.
      type: str
      sample: alice
    path:
      description: The path of the file.
      type: str
      sample: /home/alice/.npmrc
    changed:
      description: Whether the bytes of the file changed; in check mode, whether they would.
      type: bool
      sample: true
    removed_keys:
      description: Names of the removed settings.
      type: list
      elements: str
      sample: ["//npm.example.com/:_authToken"]
    remaining:
      description: The registries for which the file still contains credentials.
      type: list
      elements: str
      sample: ["https://other.example.com/"]
    remaining_variables:
      description:
        - The assignments of variables that this file refers to and that are still set. They are in files that this run
          does not edit or in running processes, or are kept because credentials for other registries refer to the same
          variable.
        - The line is null for a process. C(registries) lists the other registries.
      type: list
      elements: dict
      sample: [{"variable": "NPM_TOKEN", "path": "/etc/environment", "line": 2, "registries": []}]
    remaining_text:
      description:
        - The numbers of the lines that still contain the text of a token of this run, outside of credentials. No client
          reads such a line as a login. Edit these lines manually.
      type: list
      elements: int
      sample: []
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
      description: The file before the change.
      type: str
      sample: "//npm.example.com/:_authToken=<token sha256:0123456789abcdef>\n"
    after:
      description: The file after the change.
      type: str
      sample: ""
    before_header:
      description: The path of the file.
      type: str
      sample: /home/alice/.npmrc
    after_header:
      description: The path of the file, and whether the file was deleted.
      type: str
      sample: /home/alice/.npmrc (deleted)
msg:
  description: What was done, or what was not done and why.
  type: str
  returned: always
  sample: "Logged out of https://npm.example.com/: 1 credential removed, 1 token revoked"
"""

from ansible_collections.npmops.auth.plugins.module_utils._logout.look import look
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, Module, run_module
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC, read_logout_options


def main() -> None:
    module = Module(argument_spec=LOGOUT_SPEC, supports_check_mode=True)

    def work() -> Finished:
        options = read_logout_options(module.params)
        result = look(options)
        if result is not None:
            return Finished(result)
        from ansible_collections.npmops.auth.plugins.module_utils._logout.results import build_result, list_warnings
        from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out

        report = log_out(options, check_mode=module.check_mode)
        return Finished(build_result(report), list_warnings(report), failed=bool(report.failures))

    run_module(module, work)


if __name__ == "__main__":
    main()
