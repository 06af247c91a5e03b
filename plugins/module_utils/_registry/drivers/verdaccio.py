# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Verdaccio: tokens of its API are in its list; login tokens cannot be revoked."""

from __future__ import annotations

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Subject
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import Npm


class Verdaccio(Npm):
    name = "verdaccio"
    title = "Verdaccio"

    def get_lag(self, subject: Subject) -> str:
        return ""

    def advise_on_token(self, subject: Subject | None) -> str:
        return (
            "Revoke a token of 'npm token create' with 'npm token revoke' (Verdaccio 6.7.3 and newer). To disable a "
            "login token, change its user's password; if the server signs JWTs, wait until the token expires. A change "
            "of the server's secret revokes all tokens"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return "Change the user's password at the registry, which revokes the user's login tokens unless they are JWTs."


DRIVER = Verdaccio()
