# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Gitea and Forgejo: from Gitea 1.27 on, a token revokes itself; all others require the password."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    ALIVE,
    DENIED,
    UNKNOWN,
    Who,
    read_denial,
    read_no_identity,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    TOKEN,
    Driver,
    Question,
    Request,
    Subject,
    Way,
)

_BASE = re.compile(r"(?P<base>/(?:.*/)?)api/packages/")
_NOT_FOUND = "token not found"


def _make_request(method: str, subject: Subject, name: str) -> Request:
    match = _BASE.match(subject.registry.path)
    return Request(method, f"{match.group('base') if match else '/'}api/v1/{name}", TOKEN)


class Gitea(Driver):
    name = "gitea"
    title = "Gitea or Forgejo"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        return (
            Question(_make_request("GET", subject, "token"), _read_token, _read_token_after),
            Question(_make_request("GET", subject, "user"), _read_user),
        )

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        return (Way(_make_request("DELETE", subject, "token")),)

    def explain_unsupported(self, subject: Subject) -> str:
        return "Only Gitea from 1.27 on lets a token revoke itself, and only a personal one."

    def advise_on_token(self, subject: Subject | None) -> str:
        return "Delete it in Gitea or Forgejo, under Settings, Applications"

    def advise_on_password(self, registry: Registry | None) -> str:
        return "Delete the token that is used as the password, in Gitea or Forgejo under Settings, Applications."


def _read_token(answer: Any) -> Who:
    user = (answer.body or {}).get("user")
    login = user.get("login") if isinstance(user, dict) else None
    if answer.status == 200 and isinstance(login, str) and login:
        return Who(ALIVE, name=login[:256])
    if answer.status == 200:
        return Who(UNKNOWN, "its response does not describe a token")
    return read_denial(answer) if answer.status == 401 else read_no_identity(answer)


def _read_token_after(answer: Any) -> Who:
    """Read the answer after a revocation: a token that was known before and is not found now was revoked."""
    said = str((answer.body or {}).get("message", ""))
    return Who(DENIED) if answer.status == 404 and _NOT_FOUND in said else _read_token(answer)


def _read_user(answer: Any) -> Who:
    login = (answer.body or {}).get("login")
    if answer.status == 200 and isinstance(login, str) and login:
        return Who(ALIVE, name=login[:256])
    return read_denial(answer) if answer.status == 401 else read_no_identity(answer)


DRIVER = Gitea()
