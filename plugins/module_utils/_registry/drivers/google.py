# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Google Artifact Registry: revoking a token would revoke more than this token, which expires within an hour."""

from __future__ import annotations

from collections.abc import Sequence

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver, Question, Subject
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import WHOAMI


class Google(Driver):
    name = "google"
    title = "Google Artifact Registry"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        return (WHOAMI,)

    def explain_unsupported(self, subject: Subject) -> str:
        return (
            "Google would revoke the whole login of the user together with this token, which expires an hour after it"
            " was issued."
        )

    def advise_on_token(self, subject: Subject | None) -> str:
        return "Wait until it expires, an hour after it was issued; 'gcloud auth revoke' revokes the whole login"

    def advise_on_password(self, registry: Registry | None) -> str:
        return (
            "Delete the service account key that is used as the password, with 'gcloud iam service-accounts keys "
            "delete'."
        )


DRIVER = Google()
