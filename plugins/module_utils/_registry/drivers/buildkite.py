# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Buildkite Package Registries: an API access token revokes itself at Buildkite's API, a registry token cannot."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    ALIVE,
    UNKNOWN,
    Reply,
    Who,
    read_denial,
    read_no_identity,
    read_reply,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    Driver,
    Question,
    Request,
    Subject,
    Way,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import WHOAMI

_HOST = "packages.buildkite.com"
_TARGET = "/v2/access-token"


class Buildkite(Driver):
    name = "buildkite"
    title = "Buildkite Package Registries"
    issuer = "api.buildkite.com"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        if not _may_ask_issuer(subject):
            return (WHOAMI,)
        return (Question(Request("GET", _TARGET, at_issuer=True), _read_token, _read_token_after), WHOAMI)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        return (Way(Request("DELETE", _TARGET, at_issuer=True), _read_revocation),) if _may_ask_issuer(subject) else ()

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        return ("The token stops working for everything else at Buildkite that it was used for.",)

    def explain_unsupported(self, subject: Subject) -> str:
        if not subject.issuer_api:
            return "The registry does not revoke tokens itself, and issuer_api=false forbids asking Buildkite's API."
        return "Buildkite's API revokes its own access tokens only, not the tokens of a registry."

    def advise_on_token(self, subject: Subject | None) -> str:
        return (
            "Revoke an API access token under Personal Settings, API Access Tokens in Buildkite, a registry token "
            "under Tokens of its registry"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return "Revoke the token that is used as the password, in Buildkite under Tokens of its registry."


def _may_ask_issuer(subject: Subject) -> bool:
    return subject.issuer_api and subject.registry.host == _HOST


def _read_token(answer: Any) -> Who:
    if answer.status == 200 and (answer.body or {}).get("uuid"):
        return Who(ALIVE)
    if answer.status == 200:
        return Who(UNKNOWN, "its response does not describe a token")
    if answer.status == 401:
        # The API does not know registry tokens, even valid ones.
        reason = read_denial(answer).reason or "Buildkite's API does not know it, and it may be a registry token"
        return Who(UNKNOWN, reason, is_missing=True)
    return read_no_identity(answer)


def _read_token_after(answer: Any) -> Who:
    """Read the answer after a revocation: the API knew the token before, so it is not a registry's."""
    return read_denial(answer) if answer.status == 401 else _read_token(answer)


def _read_revocation(answer: Any) -> Reply:
    reply = read_reply(answer)
    if reply.denied:
        return Reply("Buildkite's API does not know it as an access token", unsupported=True)
    return reply


DRIVER = Buildkite()
