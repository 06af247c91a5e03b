# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""AWS CodeArtifact: a token expires after at most twelve hours, and cannot be revoked on its own."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver, Question, Subject
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import WHOAMI


class CodeArtifact(Driver):
    name = "codeartifact"
    title = "AWS CodeArtifact"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        return (WHOAMI,)

    def explain_unsupported(self, subject: Subject) -> str:
        return "AWS does not revoke single CodeArtifact tokens; this one expires at most 12 hours after it was issued."

    def advise_on_token(self, subject: Subject | None) -> str:
        return (
            "Wait until it expires, at most 12 hours after it was issued, or deny its identity access to CodeArtifact"
            " in IAM"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return (
            "Wait until the token that is used as the password expires, at most 12 hours after it was issued, or deny"
            " its identity access to CodeArtifact in IAM."
        )


DRIVER = CodeArtifact()
