# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""cnpmcore: every kind of token revokes itself with npm's logout."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import ALIVE, Who, read_whoami
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    Driver,
    Question,
    Request,
    Subject,
    Way,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import make_logout
from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import normalize_time


class Cnpmcore(Driver):
    name = "cnpmcore"
    title = "cnpmcore"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        return (Question(Request("GET", "-/whoami"), _read_whoami),)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        # Its token list omits granular tokens, and accepts neither read-only nor automation tokens.
        return (make_logout(subject),)

    def advise_on_token(self, subject: Subject | None) -> str:
        return "Run 'npm logout' with it, or delete it on the token page of the registry's website"


def _read_whoami(answer: Any) -> Who:
    who = read_whoami(answer)
    # The registry reports the expiry of granular tokens only.
    return who._replace(expires=normalize_time(answer.body.get("expiredAt"))) if who.state == ALIVE else who


DRIVER = Cnpmcore()
