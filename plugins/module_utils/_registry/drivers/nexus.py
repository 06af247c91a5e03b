# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Sonatype Nexus: each user has one npm token, which revokes itself with npm's logout."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver, Question, Subject, Way
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import WHOAMI, make_logout


class Nexus(Driver):
    name = "nexus"
    title = "Sonatype Nexus"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        return (WHOAMI,)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        return (make_logout(subject),)

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        return ("Nexus has one npm token for each user: its copies on other hosts and repositories stop working.",)

    def advise_on_token(self, subject: Subject | None) -> str:
        return (
            "Run 'npm logout' as that user, or ask the administrator to disable and enable the user, which revokes "
            "all keys of the user. 'User Token, Reset' in Nexus does not affect npm tokens"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return (
            "Change the password in Nexus; if it is a user token (name code and pass code), reset it under User Token "
            "in the user's menu."
        )


DRIVER = Nexus()
