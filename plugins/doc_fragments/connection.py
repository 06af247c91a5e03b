# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options of the connection to a registry, and of the kind of the registry."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether to validate the registry's TLS certificate.
      - When not given, C(strict-ssl) of the credential file applies, and V(true) if the file does not set it.
    type: bool
  ca_path:
    description:
      - File or directory on the managed host with the CA certificates (PEM) to trust. They replace C(cafile) and C(ca)
        of the credential file, and the CA certificates of the system.
    type: path
  client_cert:
    description:
      - PEM file on the managed host with a client certificate, and with its key if O(client_key) is not given.
      - When not given, C(certfile) and C(keyfile) of the registry in the credential file are used. They are read with
        the privileges of the account.
    type: path
  client_key:
    description:
      - PEM file on the managed host with the key of O(client_cert).
    type: path
  use_proxy:
    description:
      - Whether to use C(proxy) and C(https-proxy) of the credential file, or else the proxy of the task's environment.
    type: bool
    default: true
  timeout:
    description:
      - Total time for one request in seconds, from 1 to 600.
      - A registry is skipped for the rest of the run after failed requests have taken three times this long.
    type: int
    default: 30
  retries:
    description:
      - How often to repeat a request, from 0 to 20, if the registry is busy (429, 502, 503, 504) or the connection is
        lost.
      - C(Retry-After) is obeyed up to 30 seconds, and one token takes 120 seconds at most.
    type: int
    default: 2
  trusted_registries:
    description:
      - URLs of registries that may be asked about a token although only a project's file names them, such as an
        C(.npmrc) or C(publishConfig) of a C(package.json).
      - The files of a project may come from anyone. A secret from outside a project is never sent to a registry that
        only the files of projects name. A reference in a project's file to a variable that is set outside of the
        project is resolved only if a file in the account's home directory, a system-wide file or this option names the
        registry.
      - npm's public registry is always trusted.
    type: list
    elements: str
  registry_kind:
    description:
      - The kind of the registry, which decides how a token is checked, revoked and verified.
      - With V(auto), the kind is recognized by the registry's URL, else by the headers of its responses, else by the
        form of the token. Every other registry is treated as V(npm).
      - Any other value applies to each registry of the run, except for registries at a host that belongs to one
        operator, such as npm's public registry and GitHub Packages.
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
      - With V(false), such tokens are checked at the registry itself, which is often not possible, and their revocation
        is reported as V(unsupported) with the manual steps.
    type: bool
    default: true
"""
