# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""To which registries would the clients of a file send a credential?

Private to this collection. Pure. Modules and the fleet's filters share these answers.
"""

from __future__ import annotations

from collections.abc import Iterable

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, is_key_of


def concerns(registry_key: str | None, registries: Iterable[Registry], registry: Registry) -> bool:
    """Is this a credential of the registry that the operator named?

    :param registry_key: the credential's own key, without a scope, as ``Registries.find_key`` and the results have it;
        empty or None where it belongs to a default registry.
    :param registries: the registries to which the clients of its file would send it.
    :param registry: the one that the operator named.
    """
    if registry_key:
        return is_key_of(registry_key, registry)
    return any(known.key == registry.key for known in registries)
