# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The options that say how a registry is reached."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  validate_certs:
    description:
      - Whether to validate the registry's TLS certificate.
      - When not given, the store's C(strict-ssl) counts, and V(true) where there is none.
    type: bool
  ca_path:
    description:
      - File or folder on the managed host with the CA certificates (PEM) to trust, in place of the store's C(cafile)
        and C(ca) and of the system's.
    type: path
  client_cert:
    description:
      - PEM file on the managed host with a client certificate, and its key where O(client_key) is not given.
      - When not given, the store's C(certfile) and C(keyfile) of the registry count; they are read with the account's
        powers.
    type: path
  client_key:
    description:
      - PEM file on the managed host with the key of O(client_cert).
    type: path
  use_proxy:
    description:
      - Whether to use the store's C(proxy) and C(https-proxy), or else the proxy of the task's environment.
    type: bool
    default: true
  timeout:
    description:
      - Seconds for one request as a whole, from 1 to 600.
      - A registry that has cost three times as long over its tokens, one after the other and all in vain, is asked no
        more in this run.
    type: int
    default: 30
  retries:
    description:
      - How often to ask again where the registry is busy (429, 502, 503, 504) or the connection breaks off, from 0 to
        20 times.
      - C(Retry-After) is obeyed up to 30 seconds, and one token takes 120 seconds at most.
    type: int
    default: 2
  trusted_registries:
    description:
      - URLs of registries that may be asked about a token although only a project's file names them.
      - A project is somebody else's text. A secret from outside a project is never sent to a registry that only the
        files of projects name, and a reference in a project's file is resolved from outside that project only where the
        registry is named in the account's home, in the host's files or here.
      - npm's public registry always counts as one of them.
    type: list
    elements: str
"""
