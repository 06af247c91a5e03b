#!/usr/bin/python
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Log accounts of a host out of npm registries."""

from __future__ import annotations

DOCUMENTATION = r"""
module: npm_logout
short_description: Log out of npm registries
version_added: 0.1.0
description:
  - Ends a token at its registry, proves that the registry refuses it, and removes the credentials from the C(.npmrc).
    Nothing else in the file is touched, to the byte.
  - Does on a managed host what C(npm logout) does on one machine, for the files of pnpm, Yarn and Bun as well
    (O(clients)). Neither node nor any of the clients is needed there.
  - First all files are read, then the tokens are ended, then the files are edited. A token whose end is not known well
    enough, as O(revoke) has it, stays where it is and the task fails at its end, so that a second run can finish.
  - A file is replaced as a whole, with its owner, permissions, ACL and extended attributes. A file that cannot be
    replaced but can be written, such as a mount point in a container, is written in place. Where no copy of the new
    text can be kept beside it meanwhile, a warning says so. A file that would be deleted is then left empty.
  - Where a file cannot be edited at all, its tokens are revoked all the same, the file stays as it is, and the task
    fails at its end. Check mode foresees this, except for a full disk.
  - RV(ignore:changed) tells whether a file's bytes change, and nothing else.
author:
  - the npmops.auth contributors (@npmops)
requirements:
  - requests (Python library, on the managed host; only where a token is to be ended)
  - PyYAML (Python library, on the managed host; only where a YAML file holds credentials)
extends_documentation_fragment:
  - npmops.auth.attributes
  - npmops.auth.attributes.action_group
  - npmops.auth.connection
  - npmops.auth.stores
attributes:
  check_mode:
    support: full
    details:
      - Sends no request. Tokens that would be ended are reported as V(pending), and their removal is taken for granted.
  diff_mode:
    support: full
  platform:
    support: full
options:
  registry:
    description:
      - Log out of this registry, the URL that npm would be given. All credentials under which npm would log in there
        go, those of parent paths included.
      - When not given, the C(registry) of the store, else that of the host's global C(npmrc), else npm's public
        registry (U(https://registry.npmjs.org/)).
    type: str
  scope:
    description:
      - Log out of the registry that is linked to this scope, with or without its C(@), and remove the link.
      - Where the scope has no link there is nothing to do. A link whose registry has no login of its own goes alone.
      - With O(registry), that registry is meant, and the link goes only if it points there.
    type: str
  all_registries:
    description:
      - Log out of every registry in the store. Links of scopes stay.
      - Excludes O(registry) and O(scope).
    type: bool
    default: false
  token:
    description:
      - Act on this token only, wherever it is in the files. O(registry) beside it says only where to revoke it.
      - A token that is in none of the files is revoked at O(registry). Without O(registry) there is nothing to do, and
        RV(msg) says that the token was not revoked.
    type: str
  fingerprints:
    description:
      - Act only on tokens with these fingerprints, whatever their registry; O(registry) or O(scope) narrow it.
      - An empty list selects no token, so that there is nothing to do. The same goes for an empty list in O(users),
        O(paths), O(clients) and O(levels).
      - A fingerprint is C(sha256:) and the first 16 hex digits of the SHA-256 of the token, as this module returns it.
    type: list
    elements: str
  protected_fingerprints:
    description:
      - Tokens with these fingerprints are neither ended nor removed, such as one that a whole company shares.
    type: list
    elements: str
  revoke:
    description:
      - What must be known of a token's end before its lines go.
    type: str
    choices:
      confirmed: The registry knew the token before and refuses it now, or refused it from the start.
      accepted: The registry said yes, which is what C(npm logout) believes, or it refuses the token.
      attempted: Asked and verified as with V(confirmed), but removed whatever came of it.
      never: No request is sent; the token stays alive.
    default: confirmed
  comments:
    description:
      - Also take commented-out credentials for credentials.
    type: bool
    default: false
  clients:
    default: [npm]
  levels:
    default: [user]
  registry_kind:
    description:
      - What kind of registry it is, which decides how a token is revoked and how that is verified.
      - With V(auto), the kind is told by the registry's URL, else by the headers of its answers, else by the token's
        form. Every other registry is asked as V(npm) is.
      - Any other value is taken for each registry that the run is about, but for those at a host that only its operator
        can have, such as npm's public registry and GitHub Packages.
    type: str
    choices:
      - auto
      - npm
      - verdaccio
      - artifactory
      - gitlab
      - github
      - nexus
      - gitea
      - cnpmcore
      - buildkite
      - azure
      - codeartifact
      - google
      - cloudsmith
      - pulp
    default: auto
  issuer_api:
    description:
      - Whether an operator's API on another host may be asked about the tokens of its registry, C(api.github.com) for
        C(npm.pkg.github.com) and C(api.buildkite.com) for C(packages.buildkite.com). These hosts are fixed.
      - With V(false), such tokens are reported as V(unsupported) with what is left by hand.
    type: bool
    default: true
  verify_timeout:
    description:
      - Seconds to keep asking, with growing pauses, whether the registry rejects a token, from 0 to 600.
      - Below 3 seconds, a registry that says 403 of a revoked token, as Verdaccio does, cannot be verified. Its 403
        counts when it is said twice, two seconds apart.
    type: int
    default: 10
notes:
  - There is no backup option, since a backup would keep the credential.
  - A file that holds nothing but white space afterwards is deleted, as npm does, unless a symbolic link leads to it.
  - In the files of another account than the connecting one, C(${VAR}) is never read from the environment of the task.
seealso:
  - module: npmops.auth.npm_credentials_info
  - name: npm logout
    description: What npm itself does.
    link: https://docs.npmjs.com/cli/commands/npm-logout
"""

EXAMPLES = r"""
- name: Log alice out of the company registry
  npmops.auth.npm_logout:
    registry: https://npm.example.com/
    users: [alice]
  become: true

- name: Log out of the registry of a scope, and remove the link between them
  npmops.auth.npm_logout:
    scope: "@example"

- name: Incident, end and remove every credential of these accounts, commented-out ones too
  npmops.auth.npm_logout:
    all_registries: true
    users: [alice, jenkins]
    clients: [all]
    levels: [user, project]
    comments: true
    revoke: attempted
  become: true

- name: Offboard alice, every client and the stores of her projects, but not the host's own such as /etc/npmrc
  npmops.auth.npm_logout:
    all_registries: true
    users: [alice]
    clients: [all]
    levels: [user, project]
    comments: true
  become: true

- name: A token leaked and is known by value, end it and remove it from all files, the host's own included
  npmops.auth.npm_logout:
    registry: https://npm.example.com/
    token: "{{ leaked_token }}"
    users: [alice, jenkins]
    clients: [all]
    levels: [all]
    comments: true
  become: true

- name: See what would be done, and change nothing
  npmops.auth.npm_logout:
    all_registries: true
  check_mode: true
  diff: true

- name: Log out everywhere, but spare the token that the whole company shares
  npmops.auth.npm_logout:
    all_registries: true
    protected_fingerprints: ["sha256:0123456789abcdef"]
"""

RETURN = r"""
revoked:
  description: Whether this run ended at least one token.
  type: bool
  returned: always
  sample: true
credentials:
  description:
    - The credentials that the run was about. A O(token) that stands in no store is one of them, without account, path,
      line and client, where it is ended or would be.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account in whose store it stands, or null.
      type: str
      sample: alice
    path:
      description: The store, or null.
      type: str
      sample: /home/alice/.npmrc
    line:
      description: Number of its first line, from 1, or null.
      type: int
      sample: 4
    client:
      description: Whose store it is, or null.
      type: str
      sample: npm
    registry:
      description: The registry that it logs in to.
      type: str
      sample: https://npm.example.com/
    registry_key:
      description:
        - The part of its settings' names that names its registry, without a scope.
        - Null where it belongs to whatever the default registry is.
      type: str
      sample: //npm.example.com/
    registries:
      description: The registries to which the clients that read the file would send it.
      type: list
      elements: str
      sample: ["https://npm.example.com/"]
    settings:
      description: The names of its settings.
      type: list
      elements: str
      sample: ["//npm.example.com/:_authToken"]
    kind:
      description: V(token), V(basic), V(certificate) or V(helper).
      type: str
      sample: token
    source:
      description: V(literal), V(environment), V(helper) or V(comment).
      type: str
      sample: literal
    fingerprint:
      description: The name of a token; null for anything else, and where the token is not in the file.
      type: str
      sample: sha256:0123456789abcdef
    revocation:
      description:
        - V(confirmed), this run ended the token, and the registry now refuses it.
        - V(already_invalid), the registry refused it from the start.
        - V(accepted), the registry answered success; not verified, or it has no way to verify.
        - V(ineffective), the registry answered success and still accepts the token.
        - V(unsupported), the registry has no way to end this kind of token.
        - V(failed), no usable answer.
        - V(unresolved), the value is an environment reference that is not set here, or a helper program.
        - V(not_applicable), nothing to end at the registry.
        - V(protected), its fingerprint is in O(protected_fingerprints).
        - V(skipped), O(revoke=never).
        - V(pending), check mode.
      type: str
      sample: confirmed
    detail:
      description: What came of it, a sentence for a person.
      type: str
      sample: The registry knew the token before, and refuses it now.
    by_hand:
      description:
        - What is left to do by hand. Null where the registry rejects the token (V(confirmed), V(already_invalid)) and
          the file could be edited.
      type: str
      sample: null
    registry_kind:
      description:
        - The kind of its registry, one of the choices of O(registry_kind). V(npm) is also said of a registry of no kind
          that is known.
        - Before a registry was asked, the kind that its URL or the token's form tells.
      type: str
      sample: gitlab
    expires:
      description:
        - When the token expires, in UTC, or V(never); null where that is not known.
        - Read from a JWT, from a reference token of JFrog, or from the answer of the registry.
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
          files chose. The outcome counts for this account's copies alone: whoever answers there may not be
          the registry.
        - The options of the task and the host's own files, such as C(/etc/npmrc), belong to no account.
      type: bool
      sample: false
    removed:
      description: Whether its lines went; in check mode, whether they would.
      type: bool
      sample: true
files:
  description: The stores that were there.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account whose store it is.
      type: str
      sample: alice
    path:
      description: The store.
      type: str
      sample: /home/alice/.npmrc
    changed:
      description: Whether its bytes changed; in check mode, whether they would.
      type: bool
      sample: true
    removed_keys:
      description: The names of the settings that went.
      type: list
      elements: str
      sample: ["//npm.example.com/:_authToken"]
    remaining:
      description: The registries that still hold credentials there.
      type: list
      elements: str
      sample: ["https://other.example.com/"]
    remaining_text:
      description:
        - The numbers of the lines that still hold the text of a token that this run is about, outside of credentials.
          No client reads such a line as a login, so that it is left to you.
      type: list
      elements: int
      sample: []
absent_users:
  description: Those of O(users) that this host does not have.
  type: list
  elements: str
  returned: always
  sample: []
diff:
  description: One entry for each store that changes, every secret replaced.
  type: list
  elements: dict
  returned: always
  contains:
    before:
      description: The store before.
      type: str
      sample: "//npm.example.com/:_authToken=<token sha256:0123456789abcdef>\n"
    after:
      description: The store after.
      type: str
      sample: ""
    before_header:
      description: The store's path.
      type: str
      sample: /home/alice/.npmrc
    after_header:
      description: The store's path, and whether it was deleted.
      type: str
      sample: /home/alice/.npmrc (deleted)
msg:
  description: What was done, or what was not and why.
  type: str
  returned: always
  sample: "Logged out of https://npm.example.com/: 1 credential removed, 1 token revoked"
"""

from ansible_collections.npmops.auth.plugins.module_utils._logout.report import build_result, list_warnings
from ansible_collections.npmops.auth.plugins.module_utils._logout.run import log_out
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, Module, run_module
from ansible_collections.npmops.auth.plugins.module_utils._options import LOGOUT_SPEC, read_logout_options


def main() -> None:
    module = Module(argument_spec=LOGOUT_SPEC, supports_check_mode=True)

    def work() -> Finished:
        options = read_logout_options(module.params)
        report = log_out(options, check_mode=module.check_mode)
        return Finished(build_result(report), list_warnings(report), failed=bool(report.failures))

    run_module(module, work)


if __name__ == "__main__":
    main()
