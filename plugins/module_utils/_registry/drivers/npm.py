# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""npm's public registry, and registries of unknown kinds with npm's own endpoints."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, Registry, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    Ask,
    Driver,
    Question,
    Request,
    Subject,
    Way,
)

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import Reply, Who

_BYPASSES = "bypass two-factor authentication"


def _read_whoami(answer: Any) -> Who:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import read_whoami

    return read_whoami(answer)


def _read_profile(answer: Any) -> Who:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import read_user_name

    return read_user_name(answer, "name")


# Imports in functions are needed only if the registry is asked.
WHOAMI = Question(Request("GET", "-/whoami"), _read_whoami)
_PROFILE = Question(Request("GET", "-/npm/v1/user"), _read_profile)


def make_logout(subject: Subject) -> Way:
    """Return the way that ``npm logout`` uses."""
    return Way(Request("DELETE", f"-/user/token/{subject.encoded}"), _read_logout)


def is_public(registry: Registry) -> bool:
    """Return whether it is npm's public registry, at any path."""
    return registry.host == parse_registry(PUBLIC_REGISTRY).host


class Npm(Driver):
    name = "npm"
    title = "npm"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        # There, the profile may accept only session tokens, and refuse other valid ones.
        return (WHOAMI,) if is_public(subject.registry) else (WHOAMI, _PROFILE)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        if is_public(subject.registry):
            # Its list accepts only session tokens, and contains none of them.
            return (make_logout(subject),)
        return (make_logout(subject), Way(find=_find_in_list, as_well=True))

    def get_lag(self, subject: Subject) -> str:
        return "up to an hour" if is_public(subject.registry) else ""

    def forbids_revoked(self, subject: Subject) -> bool:
        # There, a 403 means that the token is valid, but not allowed from this address.
        return not is_public(subject.registry)

    def advise_on_token(self, subject: Subject | None) -> str:
        if subject and is_public(subject.registry):
            return "Delete it under Access Tokens of its npm account, or with 'npm token revoke'"
        return "Revoke it in the token settings of the registry, or ask its administrator"

    def advise_on_password(self, registry: Registry | None) -> str:
        if registry and is_public(registry):
            return "Change the password of the npm account. That does not revoke its tokens."
        return super().advise_on_password(registry)


def _find_in_list(ask: Ask, subject: Subject) -> Request | Reply | None:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.token_list import find_in_list

    return find_in_list(ask, subject)


def _read_logout(answer: Any) -> Reply:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import read_reply

    reply = read_reply(answer)
    if answer.status == 403 and any(_BYPASSES in str(text) for text in (answer.body or {}).values()):
        reason = "it does not let a token that bypasses two-factor authentication revoke tokens"
        return reply._replace(reason=reason, unsupported=True)
    return reply


DRIVER = Npm()
