# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Pulp: its npm registry accepts only passwords, and has no tokens."""

from __future__ import annotations

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver, Subject


class Pulp(Driver):
    # It refuses every token: no question is asked.
    name = "pulp"
    title = "Pulp"

    def explain_unsupported(self, subject: Subject) -> str:
        return "Pulp's npm registry does not use tokens."

    def advise_on_token(self, subject: Subject | None) -> str:
        return "Remove the line: Pulp accepts only user names and passwords"

    def advise_on_password(self, registry: Registry | None) -> str:
        return "Change the password of the user in Pulp to disable this login."


DRIVER = Pulp()
