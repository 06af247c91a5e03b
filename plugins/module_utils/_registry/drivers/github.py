# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitHub Packages: tokens are revoked by GitHub's API, at a fixed host of its own.

The API of a GitHub Enterprise Server requires another credential: its tokens are revoked by hand. No host is derived
from the name of a registry.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    ALIVE,
    UNKNOWN,
    Who,
    read_denial,
    read_no_identity,
    read_reply,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    NOWHERE,
    Driver,
    Question,
    Request,
    Subject,
    Way,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import WHOAMI, make_logout

_HOST = "npm.pkg.github.com"
_ACCEPT = "application/vnd.github+json"
_REVOCABLE = ("ghp_", "github_pat_", "gho_", "ghu_", "ghr_")
_INSTALLATION = "ghs_"


class GitHub(Driver):
    name = "github"
    title = "GitHub Packages"
    issuer = "api.github.com"
    most_at_once = 1000

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        if not _may_ask_issuer(subject):
            return (WHOAMI,)
        return (Question(Request("GET", "/user", at_issuer=True, accept=_ACCEPT), _read_user),)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        if subject.registry.host != _HOST:
            return (make_logout(subject),)
        if not _may_ask_issuer(subject):
            return ()
        if subject.token.reveal().startswith(_INSTALLATION):
            return (Way(Request("DELETE", "/installation/token", at_issuer=True, accept=_ACCEPT)),)
        return (_make_revocation([subject]),) if _is_revocable(subject) else ()

    def make_batch(self, subjects: Sequence[Subject]) -> Way | None:
        taken = [subject for subject in subjects if _may_ask_issuer(subject) and _is_revocable(subject)]
        return _make_revocation(taken) if len(taken) == len(subjects) else None

    def get_lag(self, subject: Subject) -> str:
        return "a while"

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        if subject.registry.host != _HOST:
            return ()
        elsewhere = "The token stops working for git and the API of GitHub as well, which cannot be undone."
        if subject.token.reveal().startswith(_INSTALLATION):
            return (elsewhere,)
        email = "GitHub sends an email about it to the token's owner, and notes it in the owner's security log."
        return (email, elsewhere)

    def explain_unsupported(self, subject: Subject) -> str:
        if subject.registry.host != _HOST:
            return "The API of this GitHub server requires another credential to revoke this token."
        if not subject.issuer_api:
            return "GitHub Packages does not revoke tokens itself, and issuer_api=false forbids asking GitHub's API."
        return "GitHub's API does not revoke this kind of token."

    def advise_on_token(self, subject: Subject | None) -> str:
        if subject and subject.token.reveal().startswith(_INSTALLATION):
            return "Wait until the token expires, when its job is over or after one hour"
        if subject and subject.registry.host != _HOST:
            return "Delete it in the settings of its owner, under Developer settings, Personal access tokens"
        return "Delete it at https://github.com/settings/tokens"

    def advise_on_password(self, registry: Registry | None) -> str:
        return "Delete the personal access token that is used as the password, at https://github.com/settings/tokens."


def _may_ask_issuer(subject: Subject) -> bool:
    return subject.issuer_api and subject.registry.host == _HOST


def _is_revocable(subject: Subject) -> bool:
    return subject.token.reveal().startswith(_REVOCABLE)


def _make_revocation(subjects: Sequence[Subject]) -> Way:
    # The API refuses a request with an Authorization header.
    body = {"credentials": [subject.token for subject in subjects]}
    return Way(Request("POST", "/credentials/revoke", NOWHERE, at_issuer=True, accept=_ACCEPT, body=body), read_reply)


def _read_user(answer: Any) -> Who:
    login = (answer.body or {}).get("login")
    if answer.status == 200 and isinstance(login, str) and login:
        return Who(ALIVE, name=login[:256])
    if answer.status == 200:
        return Who(UNKNOWN, "its response does not name a user")
    return read_denial(answer) if answer.status == 401 else read_no_identity(answer)


DRIVER = GitHub()
