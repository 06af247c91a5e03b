# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the variables without a known value on which the registry of a credential depends.

Private to this collection. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import UNSCOPED, Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import last_by_name, name_link
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import registry_key_of
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format


def list_unset_in_names(credential: Credential, form: Format, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the unset variables to which the names of a credential's settings refer."""
    names = (reading.setting.name for reading in credential.readings)
    return tuple(dict.fromkeys(variable for name in names for variable in form.expand(name, environment).unset))


def list_unset_in_registry(credential: Credential, readings: Sequence[Reading]) -> tuple[str, ...]:
    """Return the unset variables to which the registry of a credential without a URL refers.

    :param readings: the settings of the file and of lower levels, the lowest first.
    """
    if registry_key_of(credential.key) != UNSCOPED:
        return ()
    link = last_by_name([item for item in readings if not item.setting.commented]).get(name_link(credential))
    return link.unset if link else ()
