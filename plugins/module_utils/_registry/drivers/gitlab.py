# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""GitLab: personal, project, group and impersonation access tokens revoke themselves; others cannot."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    ALIVE,
    DENIED,
    NO_SUCH_ENDPOINT,
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
from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import NEVER, normalize_time

_API = re.compile(r"(?P<base>/(?:.*/)?)api/v4/")
_PROJECT = re.compile(r"/api/v4/projects/[^/]+/packages/npm/\Z")
_NOT_PERSONAL = "requires token type to be a personal access token"
_ANY_TARBALL = "npmops-auth/-/npmops-auth-0.0.0.tgz"


def _make_self(method: str, subject: Subject) -> Request:
    # Never use .../rotate: with a revoked token, it revokes the token's whole family.
    match = _API.match(subject.registry.path)
    return Request(method, f"{match.group('base') if match else '/'}api/v4/personal_access_tokens/self")


class GitLab(Driver):
    name = "gitlab"
    title = "GitLab"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        text = subject.token.reveal()
        if text.startswith("glcbt-"):
            # GitLab treats a finished job's token as anonymous: no answer proves anything.
            return ()
        is_personal = text.startswith("glpat-")
        itself = Question(_make_self("GET", subject), lambda answer: _read_self(answer, is_personal))
        tarball = Question(Request("GET", _ANY_TARBALL), _read_tarball)
        others = () if is_personal or not _PROJECT.search(subject.registry.path) else (tarball,)
        return others if text.startswith("gldt-") else (itself, *others)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        if subject.token.reveal().startswith(("gldt-", "glcbt-")):
            return ()
        return (Way(_make_self("DELETE", subject), _read_revocation),)

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        return (
            "GitLab sends an email about it to the token's owner.",
            "The token stops working for everything else that it was used for, such as git and the API.",
        )

    def explain_unsupported(self, subject: Subject) -> str:
        text = subject.token.reveal()
        if text.startswith("gldt-"):
            return "GitLab does not let a deploy token revoke itself."
        if text.startswith("glcbt-"):
            return "GitLab does not let a job's token revoke itself; it expires when the job is over."
        return "GitLab does not let this kind of token revoke itself."

    def advise_on_token(self, subject: Subject | None) -> str:
        text = subject.token.reveal() if subject else ""
        if text.startswith("gldt-"):
            return "Revoke it in GitLab under Settings, Repository, Deploy tokens of its project or group"
        if text.startswith("glcbt-"):
            return "Cancel its job in GitLab, or wait until the job is over"
        return (
            "Revoke it in GitLab, under Access tokens of its user, project or group; a deploy token under the "
            "project's repository settings"
        )

    def advise_on_password(self, registry: Registry | None) -> str:
        return (
            "Revoke the access token or deploy token that is used as the password, in GitLab under Access tokens or "
            "under Settings, Repository, Deploy tokens."
        )


def _read_self(answer: Any, is_personal: bool) -> Who:
    body = answer.body or {}
    if answer.status == 200 and body.get("active") is True and body.get("revoked") is False:
        return Who(ALIVE, expires=normalize_time(body["expires_at"]) if body.get("expires_at") else NEVER)
    if answer.status == 200 and (body.get("active") is False or body.get("revoked") is True):
        return Who(DENIED)
    if answer.status == 200:
        return Who(UNKNOWN, "its response does not describe a token")
    if answer.status == 401 and not is_personal and "error" not in body:
        # "401 Unauthorized" is also the answer to any token that is not a personal one.
        who = read_denial(answer)
        return Who(UNKNOWN, who.reason or "it does not know the token as a personal access token", is_missing=True)
    return read_denial(answer) if answer.status == 401 else read_no_identity(answer)


def _read_tarball(answer: Any) -> Who:
    """Read the answer to a deploy token: 401 if it is invalid; the file, 404 or 403 if it is valid."""
    if answer.status == 401:
        return read_denial(answer)
    return Who(UNKNOWN, "its response does not name the owner of the token")


def _read_revocation(answer: Any) -> Reply:
    reply = read_reply(answer)
    said = str((answer.body or {}).get("message", ""))
    if answer.status == 400 and _NOT_PERSONAL in said:
        return Reply("it revokes personal access tokens only", unsupported=True)
    if answer.status in NO_SUCH_ENDPOINT:
        return Reply("it is older than GitLab 15.0", missing=True)
    return reply


DRIVER = GitLab()
