# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Azure Artifacts: a personal access token cannot revoke itself, and is revoked by hand."""

from __future__ import annotations

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver, Subject


class Azure(Driver):
    # The answer to such a token in npm's header says nothing about the token: no question is asked.
    name = "azure"
    title = "Azure Artifacts"

    def explain_unsupported(self, subject: Subject) -> str:
        return "Azure DevOps does not let a personal access token revoke itself."

    def advise_on_token(self, subject: Subject | None) -> str:
        return (
            "Revoke it in Azure DevOps at https://dev.azure.com/<organization>/_usersSettings/tokens, or, as an "
            "administrator, with the token administration API for the token's user"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return (
            "Revoke the personal access token that is used as the password, at "
            "https://dev.azure.com/<organization>/_usersSettings/tokens."
        )


DRIVER = Azure()
