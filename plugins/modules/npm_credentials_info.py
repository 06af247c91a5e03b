#!/usr/bin/python
# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find every npm credential on a host without showing one."""

from __future__ import annotations

DOCUMENTATION = r"""
module: npm_credentials_info
short_description: Find npm credentials on a host
version_added: 0.1.0
description:
  - Lists the credentials for npm registries that the accounts of a host keep, in the files of npm, pnpm, Yarn and Bun,
    and what about them should worry somebody. No secret is shown; a token is named by its fingerprint.
  - Nothing is changed. No request is sent, unless O(probe) asks for it.
  - Neither node nor any of the clients is needed on the host, and none is run. Files in YAML that hold credentials
    take PyYAML.
  - A long search can run in the background, with C(async) and C(poll).
author:
  - the npmops.auth contributors (@npmops)
requirements:
  - requests (Python library, on the managed host; only with O(probe))
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
      - It changes nothing in either mode.
  diff_mode:
    support: N/A
  platform:
    support: full
options:
  clients:
    default: [all]
  levels:
    description:
      - How strong the stores are that are looked at.
      - When not given, V(all); with O(paths), V(user).
  comments:
    description:
      - Also list commented-out credentials. They are among the RV(findings) in any case.
    type: bool
    default: false
  probe:
    description:
      - Ask each registry whose token it is, and so whether it is alive. Nothing else is sent.
      - The registries that one account names are asked for five minutes at most; a warning says where that was not
        enough.
    type: bool
    default: false
  registry_kind:
    description:
      - What kind of registry it is, which decides how a token is asked about.
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
      - With V(false), such tokens are asked about at the registry itself, which mostly cannot tell.
    type: bool
    default: true
  tripwires:
    description:
      - Files whose being there says that a worm waits for a token to die. They are looked for and listed in
        RV(tripwires), not opened.
      - Their paths are absolute, or begin with C(~/), which stands for the home of each account of the host; without
        root, of the connecting account.
    type: list
    elements: str
notes:
  - A file that cannot be read is told of in a warning and in RV(findings), and the others are listed all the same.
seealso:
  - module: npmops.auth.npm_logout
"""

EXAMPLES = r"""
- name: See all npm credentials of this host
  npmops.auth.npm_credentials_info:
    all_users: true
  become: true
  register: npm

- name: Name the tokens, their registries and where they stand
  ansible.builtin.debug:
    msg: "{{ item.fingerprint }} {{ item.registry }} {{ item.account }} {{ item.path }}:{{ item.line }}"
  loop: "{{ npm.credentials | selectattr('fingerprint') }}"
  loop_control:
    label: "{{ item.path }}"

- name: Ask the registries which of alice's tokens are alive
  npmops.auth.npm_credentials_info:
    users: [alice]
    probe: true
  become: true

- name: Search the work folders of a build host for stores of projects, in the background
  npmops.auth.npm_credentials_info:
    search: [/srv/builds]
    exclude: ["*/archive"]
  become: true
  async: 3600
  poll: 10
"""

RETURN = r"""
credentials:
  description: The credentials that were found, in the order of RV(stores).
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account in whose store it stands; for a file of the host, the connecting account.
      type: str
      sample: alice
    path:
      description: The store.
      type: str
      sample: /home/alice/.npmrc
    line:
      description: Number of its first line, from 1.
      type: int
      sample: 4
    client:
      description: Whose store it is, one of the choices of O(clients).
      type: str
      sample: npm
    level:
      description: How strong the store is, V(builtin), V(global), V(user) or V(project).
      type: str
      sample: user
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
    format:
      description:
        - What a token looks like, V(npm), V(uuid), V(github), V(gitlab), V(artifactory), V(jwt) or V(opaque).
        - Null where there is no fingerprint.
      type: str
      sample: npm
    checksum_ok:
      description: Whether the checksum of an C(npm_) token fits; null for any other.
      type: bool
      sample: true
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
    alive:
      description: Whether its registry accepts the token; null without O(probe), and where it could not tell.
      type: bool
      sample: true
    identity:
      description: The user name that the registry gave, or null.
      type: str
      sample: alice
    own_connection:
      description:
        - Whether the registry was asked through a proxy, CA certificates or C(strict-ssl=false) that the account's own
          files chose. What it says counts for this account alone: whoever answers there may not be the
          registry.
        - The options of the task and the host's own files, such as C(/etc/npmrc), belong to no account.
      type: bool
      sample: false
    shadowed_by:
      description:
        - The store of a stronger level that holds another credential for the same registry, or null. Its client takes
          that one; where the level is V(project), only inside the project.
      type: str
      sample: null
    check_failed:
      description: Why a registry that was asked about the token gave no usable answer; null where it answered or was
        not asked.
      type: str
      sample: null
project_registries:
  description:
    - The registries to which clients would send one of these credentials, and that only a project's file names. They
      are not asked about it unless O(trusted_registries) names them.
  type: list
  elements: dict
  returned: always
  contains:
    registry:
      description: The URL, ready for O(trusted_registries).
      type: str
      sample: https://npm.example.com/
    path:
      description: The project's file that names it.
      type: str
      sample: /home/alice/work/app/.npmrc
    line:
      description: Number of the line, from 1.
      type: int
      sample: 1
findings:
  description: What should worry somebody, the worst first.
  type: list
  elements: dict
  returned: always
  contains:
    severity:
      description: V(high), V(medium) or V(low).
      type: str
      sample: high
    path:
      description: The file that it is about.
      type: str
      sample: /home/alice/.npmrc
    line:
      description: Number of the line, from 1, or null.
      type: int
      sample: null
    rule:
      description:
        - V(readable_by_others), others than its owner can read the store.
        - V(foreign_owner), another account owns the store.
        - V(tracked_by_git), the store is tracked by git.
        - V(plain_http), a registry is asked over plain http.
        - V(skeleton_store), every new account gets a copy of the store.
        - V(token_in_log), a log of npm's holds a token.
        - V(token_in_environment), a process of the account has a token in its environment.
        - V(login_in_url), a login stands in the URL of a registry.
        - V(backup_copy), a copy of a store lies beside it.
        - V(no_certificate_check), C(strict-ssl) is off.
        - V(never_expires), a token has no end.
        - V(expires_soon), a token expires within 30 days.
        - V(expired), the date of a token is over.
        - V(unreadable), a store could not be read.
        - V(legacy_unscoped), a setting names no registry, which npm 9 and newer refuse.
        - V(commented_out), a credential stands in a comment.
      type: str
      sample: readable_by_others
    message:
      description: A sentence for a person.
      type: str
      sample: 'Others than its owner can read this store (mode 0644): set it to 0600, or remove its credentials.'
stores:
  description: The stores that were there.
  type: list
  elements: dict
  returned: always
  contains:
    account:
      description: The account whose store it is; for a file of the host, the connecting account.
      type: str
      sample: alice
    path:
      description: The store.
      type: str
      sample: /home/alice/.npmrc
    client:
      description: Whose store it is.
      type: str
      sample: npm
    level:
      description: How strong it is.
      type: str
      sample: user
    owner:
      description: The account that owns the file.
      type: str
      sample: alice
    mode:
      description: Its permissions.
      type: str
      sample: "0600"
    credentials:
      description: How many credentials it holds.
      type: int
      sample: 1
tripwires:
  description: Those of O(tripwires) that are there.
  type: list
  elements: str
  returned: always
  sample: []
has_requests:
  description:
    - Whether the Python that runs modules on this host finds the library C(requests), without which no registry can be
      asked from here.
  type: bool
  returned: always
  sample: true
absent_users:
  description: Those of O(users) that this host does not have.
  type: list
  elements: str
  returned: always
  sample: []
msg:
  description: How much was found.
  type: str
  returned: always
  sample: 3 credentials in 2 stores, 1 finding
"""

from ansible_collections.npmops.auth.plugins.module_utils._info.inventory import build_info
from ansible_collections.npmops.auth.plugins.module_utils._info.run import inspect_host
from ansible_collections.npmops.auth.plugins.module_utils._module import Finished, Module, run_module
from ansible_collections.npmops.auth.plugins.module_utils._options import INFO_SPEC, read_info_options


def main() -> None:
    module = Module(argument_spec=INFO_SPEC, supports_check_mode=True)

    def work() -> Finished:
        inventory = inspect_host(read_info_options(module.params))
        return Finished(build_info(inventory), inventory.warnings)

    run_module(module, work)


if __name__ == "__main__":
    main()
