# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Cloudsmith: an API key can only be replaced, on every host, which must be done by hand."""

from __future__ import annotations

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver, Subject


class Cloudsmith(Driver):
    # How the registry answers a question with an entitlement token is unknown: no question is asked.
    name = "cloudsmith"
    title = "Cloudsmith"

    def explain_unsupported(self, subject: Subject) -> str:
        return (
            "Cloudsmith can only replace a user's API key, which affects every host that uses it, and only "
            "administrators can revoke an entitlement token."
        )

    def advise_on_token(self, subject: Subject | None) -> str:
        return (
            "Replace an API key under Settings, API Key of its user in Cloudsmith; delete an entitlement token with "
            "'cloudsmith entitlements delete'"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return "Replace the API key that is used as the password, under Settings, API Key of its user in Cloudsmith."


DRIVER = Cloudsmith()
