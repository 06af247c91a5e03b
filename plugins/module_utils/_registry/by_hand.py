# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where does a person end what this run could not end?

Private to this collection. Pure. Products are told by the shape of their URLs and tokens, as their documentation
gives it.
"""

from __future__ import annotations

import re

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, Registry, parse_registry

_BY_PATH = (
    (
        re.compile(r"/api/v4/"),
        "Revoke it in GitLab, under Access tokens of its user, project or group; a deploy token under the project's "
        "repository settings",
    ),
    (
        re.compile(r"/api/npm/"),
        "Revoke it in Artifactory, under Administration, Access Tokens, or in the user's profile",
    ),
    (re.compile(r"/repository/"), "Reset it in Nexus, under User Token in the user's menu, or as its administrator"),
    (re.compile(r"/api/packages/"), "Delete it in Gitea or Forgejo, under Settings, Applications"),
    (re.compile(r"/_packaging/"), "Revoke it in Azure DevOps, under Personal access tokens of its user"),
)
_ANYWHERE = (
    "Revoke it where the registry manages tokens, or ask its administrator; a login token of Verdaccio ends with a "
    "change of its user's password or of the server's secret"
)
_PUBLIC = "Delete it under Access Tokens of its npm account, or with 'npm token revoke'"


def advise_on_token(registry: Registry | None) -> str:
    """One sentence, without its full stop: how a person ends a token of this registry."""
    if registry is None:
        return _ANYWHERE
    if registry.key == parse_registry(PUBLIC_REGISTRY).key:
        return _PUBLIC
    for shape, advice in _BY_PATH:
        if shape.search(registry.path):
            return advice
    return _ANYWHERE
