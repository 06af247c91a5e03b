# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the hosts where passwords, certificates, references and credential helpers can be removed now.

Private to this collection. Pure.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import CERTIFICATE
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import SKIPPED, UNREACHABLE, Host


def list_clearable(hosts: Sequence[Host], unfinished: Collection[str]) -> list[str]:
    """List the names of the hosts.

    :param unfinished: fingerprints of tokens that are still to be revoked.
    """
    return [host.name for host in hosts if _is_clearable(host, unfinished)]


def _is_clearable(host: Host, unfinished: Collection[str]) -> bool:
    if host.status in (UNREACHABLE, SKIPPED) or host.tripwires:
        return False
    others = [credential for credential in host.credentials if credential.token is None]
    waits = any(credential.token.fingerprint in unfinished for credential in host.credentials if credential.token)
    # The registry may require the certificate for another request about the token.
    return bool(others) and not (waits and any(credential.kind == CERTIFICATE for credential in others))
