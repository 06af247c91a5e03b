# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""JFrog Artifactory: access tokens revoke themselves at the platform that issued them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    ALIVE,
    UNKNOWN,
    Reply,
    Who,
    explain_status,
    read_denial,
    read_no_identity,
    read_reply,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import (
    API_KEY,
    Driver,
    Question,
    Request,
    Subject,
    Way,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import WHOAMI, make_logout
from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import (
    NEVER,
    read_claims,
    read_expiry,
    read_reference_expiry,
)
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

_BASE = re.compile(r"(?P<base>/(?:.*/)?)api/npm/")
_KEY = "AKCp"


class Artifactory(Driver):
    name = "artifactory"
    title = "JFrog Artifactory"

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        # Some versions lack the first question, others the second.
        return (*(() if _is_key(subject) else (Question(Request("GET", _me(subject)), _read_me),)), WHOAMI)

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        if _is_key(subject):
            return (Way(Request("DELETE", f"{_find_base(subject)}artifactory/api/security/apiKey", API_KEY)),)
        identifier = (read_claims(subject.token) or {}).get("jti")
        by_id = Request("DELETE", f"{_tokens(subject)}{quote(str(identifier), safe='')}") if identifier else None
        return (
            Way(Request("DELETE", _me(subject)), _read_revocation),
            *((Way(by_id, _read_revocation),) if by_id else ()),
            make_logout(subject),
        )

    def get_lag(self, subject: Subject) -> str:
        return "a while"

    def read_expiry(self, token: Secret) -> str | None:
        claims = read_claims(token)
        if claims is not None:
            return read_expiry(token) or (NEVER if "exp" not in claims else None)
        return read_reference_expiry(token)

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        if _is_key(subject):
            return ("The API key stops working for everything else that its user used it for.",)
        return ("The token stops working for everything else on the JFrog platform that it was used for.",)

    def advise_on_token(self, subject: Subject | None) -> str:
        if subject and _is_key(subject):
            return "Revoke the API key in Artifactory, under Edit Profile of its user"
        return "Revoke it in Artifactory, under Administration, Access Tokens, or in the user's profile"

    def advise_on_password(self, registry: Registry | None) -> str:
        return (
            "Change the password in Artifactory, or revoke the access token or API key that is used as the password "
            "in the user's profile."
        )


def _find_base(subject: Subject) -> str:
    """Return the path of the platform, of which Artifactory is a part."""
    match = _BASE.match(subject.registry.path)
    base = match.group("base") if match else "/"
    return base[: -len("artifactory/")] if base.endswith("/artifactory/") else base


def _tokens(subject: Subject) -> str:
    return f"{_find_base(subject)}access/api/v1/tokens/"


def _me(subject: Subject) -> str:
    return f"{_tokens(subject)}me"


def _is_key(subject: Subject) -> bool:
    return subject.token.reveal().startswith(_KEY)


def _read_me(answer: Any) -> Who:
    body = answer.body or {}
    if answer.status == 200 and body.get("token_id"):
        return Who(ALIVE, name=_find_name(body))
    if answer.status == 200:
        # A web page: the platform is elsewhere.
        return Who(UNKNOWN, "its response does not describe a token", is_missing=True)
    if answer.status == 403:
        return Who(UNKNOWN, explain_status(answer), is_missing=True)
    return read_denial(answer) if answer.status == 401 else read_no_identity(answer)


def _find_name(body: dict[str, Any]) -> str | None:
    """Return the user in a subject like ``jfac@01abc/users/alice``."""
    _issuer, found, name = str(body.get("subject", "")).rpartition("/users/")
    return name[:256] if found and name else None


def _read_revocation(answer: Any) -> Reply:
    if answer.status == 204:
        # Not a success: "already revoked or unknown".
        return Reply("the token is unknown there, or already revoked", missing=True)
    if answer.status == 400:
        return Reply("it answered 400: another JFrog platform has issued the token, or it cannot be revoked")
    if answer.status == 403:
        return Reply(f"{explain_status(answer)}: the token cannot be revoked, or cannot revoke itself")
    if answer.is_page:
        return Reply("its response is a web page", missing=answer.status == 200)
    return read_reply(answer)


DRIVER = Artifactory()
