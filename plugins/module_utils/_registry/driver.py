# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the interface of a driver: the requests to one kind of registry, and the meaning of its answers.

Private to this collection. Pure: requests are values, and drivers do not send them. ``revoke.py`` verifies outcomes
in the same way for all drivers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Callable, ClassVar, NamedTuple
from urllib.parse import quote

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, to_bytes

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import Reply, Who

_JSON = "application/json"
#: How a request sends its token: the scheme of the Authorization header, the name of another header, or not at all.
BEARER, TOKEN, API_KEY, NOWHERE = "Bearer", "token", "X-JFrog-Art-Api", ""


class Subject(NamedTuple):
    """A token, and the registry that it belongs to.

    :ivar issuer_api: whether an issuer on another host may be asked (the option of that name).
    """

    registry: Registry
    token: Secret
    issuer_api: bool = True

    @property
    def encoded(self) -> str:
        """The token as one segment of a URL's path."""
        return quote(to_bytes(self.token), safe="")


class Request(NamedTuple):
    """One request.

    :ivar target: relative to the registry, as in ``-/whoami``; with a leading slash, a path of its origin or issuer.
    :ivar scheme: how the token is sent, one of the above.
    :ivar at_issuer: whether it goes to the driver's issuer instead of the registry.
    :ivar body: sent as JSON; its secrets are revealed only when it is sent.
    """

    method: str
    target: str
    scheme: str = BEARER
    at_issuer: bool = False
    accept: str = _JSON
    body: Mapping[str, Sequence[Secret]] | None = None

    def __repr__(self) -> str:
        return f"Request({self.method})"

    def list_specials(self) -> dict[str, Any]:
        """Return what differs from npm's own requests, as arguments of the client."""
        specials = {"scheme": (self.scheme, BEARER), "accept": (self.accept, _JSON), "body": (self.body, None)}
        return {name: value for name, (value, usual) in specials.items() if value != usual}


def _read_user_name(answer: Any) -> Who:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import read_user_name

    return read_user_name(answer)


def _read_reply(answer: Any) -> Reply:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import read_reply

    return read_reply(answer)


class Question(NamedTuple):
    """A request that asks whose token this is.

    :ivar read: reads the token's state from an answer.
    :ivar read_after: the same after a revocation, if different.
    """

    request: Request
    read: Callable[[Any], Who] = _read_user_name
    read_after: Callable[[Any], Who] | None = None


#: Sends a request of a driver and returns the answer.
Ask = Callable[[Request], Any]


class Way(NamedTuple):
    """One way to revoke a token.

    :ivar request: the request to send; None if ``find`` returns it.
    :ivar read: reads an answer.
    :ivar as_well: whether to try it even after the registry reported success but still accepts the token.
    :ivar find: asks for what the request needs. Returns the request, a reply if no request can be sent, or None if
        this way does not apply to this token.
    """

    request: Request | None = None
    read: Callable[[Any], Reply] = _read_reply
    find: Callable[[Ask, Subject], Request | Reply | None] | None = None
    as_well: bool = False


class Driver:
    """One kind of registry.

    :cvar name: its name in the option ``registry_kind``.
    :cvar title: its usual name.
    :cvar issuer: the host of the same operator that revokes its tokens; no file and no answer can change it.
    :cvar most_at_once: how many tokens one request can revoke.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    issuer: ClassVar[str] = ""
    most_at_once: ClassVar[int] = 1

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        """Return the questions for the user of a token. The next one is asked if one gets no answer."""
        return ()

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        """Return the ways to revoke this token and nothing else; empty if the registry has none."""
        return ()

    def get_lag(self, subject: Subject) -> str:
        """Return how long, according to its operator, the registry may accept a revoked token; empty for never."""
        return ""

    def forbids_revoked(self, subject: Subject) -> bool:
        """Return whether the registry can respond to a revoked token with a 403."""
        return False

    def make_batch(self, subjects: Sequence[Subject]) -> Way | None:
        """Return one way to revoke all of these, if there is one."""
        return None

    def read_expiry(self, token: Secret) -> str | None:
        """Return when the token expires by its format: ISO 8601, ``never``, or None if unknown."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import read_expiry

        return read_expiry(token)

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        """Return the other effects of revoking the token, in sentences."""
        return ()

    def explain_unsupported(self, subject: Subject) -> str:
        """Return why the token cannot be revoked, in a sentence."""
        return "The registry has no way for a client to revoke this token."

    def advise_on_token(self, subject: Subject | None) -> str:
        """Return how to revoke a token by hand, in a sentence without its full stop."""
        raise NotImplementedError

    def advise_on_password(self, registry: Registry | None) -> str:
        """Return what to do by hand about a password, in a sentence."""
        return "Change the password at the registry to disable this login."
