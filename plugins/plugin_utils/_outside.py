# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe copies of the run's tokens for registries that are not part of the run.

Private to this collection. Pure. A run that is limited to one registry leaves these copies in their files and sends
nothing to the other registries. If the same token works at both, a revocation affects the copies as well.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from ansible_collections.npmops.auth.plugins.plugin_utils._fleet_terms import list_some
from ansible_collections.npmops.auth.plugins.plugin_utils._hosts import Credential, Host

_MOST_PLACES = 5


def limit_outside(host: Host, fingerprints: Collection[str]) -> Host:
    """Keep only the copies of tokens that the run processed."""
    kept = (item for item in host.outside if item.token and item.token.fingerprint in fingerprints)
    return replace(host, outside=tuple(kept))


def name_place(credential: Credential) -> str:
    line = f" line {credential.line}" if credential.line else ""
    return f"{credential.path}{line}"


def say_outside(registry: str, copies: Sequence[Credential]) -> tuple[str, str]:
    """Return what is left for a registry that is not part of the run, and the manual step."""
    places = list(dict.fromkeys(map(name_place, copies)))
    where = list_some(places, _MOST_PLACES)
    what = f"A token of this run is also stored for {registry or 'another registry'}, which is not part of this run"
    option = f" with npm_auth_registry: {registry}" if registry else " for that registry"
    return f"{what}. Not changed: {where}.", f"Run again{option}, or replace the token there by hand."
