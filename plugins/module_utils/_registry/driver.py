# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The interface of a driver: what is asked of one kind of registry, and what its answers mean.

Private to this collection. Pure: requests are values, and a driver sends none. How an outcome is proven is the same
for all drivers (``revoke.py``).
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
#: How a request shows its token: the scheme of the Authorization header, the name of another header, or not at all.
BEARER, TOKEN, API_KEY, NOWHERE = "Bearer", "token", "X-JFrog-Art-Api", ""


class Subject(NamedTuple):
    """A token, and the registry that it belongs to.

    :ivar issuer_api: may an issuer on another host be asked? The option of that name.
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

    :ivar target: below the registry, as in ``-/whoami``; from a slash on, a path of its origin; at an issuer, of that.
    :ivar scheme: how it shows the token, one of the above.
    :ivar at_issuer: it goes to the driver's issuer in place of the registry.
    :ivar body: sent as JSON; the secrets in it are written out only when it is sent.
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
        """What makes it another request than one of npm's, as the client takes it."""
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

    :ivar read: what an answer says of a token.
    :ivar read_after: what it says behind a revocation, where that differs.
    """

    request: Request
    read: Callable[[Any], Who] = _read_user_name
    read_after: Callable[[Any], Who] | None = None


#: Sends one request of a driver, and gives the answer.
Ask = Callable[[Request], Any]


class Way(NamedTuple):
    """One way to revoke a token.

    :ivar request: what is sent; None where it has to be found first.
    :ivar read: what an answer means.
    :ivar as_well: tried also where the registry said yes to the way before, and still accepts the token.
    :ivar find: asks for what the request needs; gives the request, or the reply that there is none to be sent, or None
        where this way is not one for this token.
    """

    request: Request | None = None
    read: Callable[[Any], Reply] = _read_reply
    find: Callable[[Ask, Subject], Request | Reply | None] | None = None
    as_well: bool = False


class Driver:
    """One kind of registry.

    :cvar name: as the option ``registry_kind`` has it.
    :cvar title: as people call it.
    :cvar issuer: the host of the same operator that revokes its tokens; nothing that is read or answered can change it.
    :cvar most_at_once: so many tokens are revoked with one request.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    issuer: ClassVar[str] = ""
    most_at_once: ClassVar[int] = 1

    def list_questions(self, subject: Subject) -> Sequence[Question]:
        """The questions for the user of a token. The next one is asked if this one gets no answer."""
        return ()

    def list_ways(self, subject: Subject) -> Sequence[Way]:
        """How this token, and nothing else, is revoked. None where the registry has no way to do it."""
        return ()

    def get_lag(self, subject: Subject) -> str:
        """How long the registry may go on accepting a revoked token, as its operator says; empty where it must not."""
        return ""

    def forbids_revoked(self, subject: Subject) -> bool:
        """Whether the registry can respond to a revoked token with a 403."""
        return False

    def make_batch(self, subjects: Sequence[Subject]) -> Way | None:
        """One way for all of these, where there is one."""
        return None

    def read_expiry(self, token: Secret) -> str | None:
        """When the token expires, by its form: ISO 8601, ``never``, or None where the form does not say."""
        from ansible_collections.npmops.auth.plugins.module_utils._registry.token_format import read_expiry

        return read_expiry(token)

    def list_side_effects(self, subject: Subject) -> Sequence[str]:
        """What else happens when the token is revoked, in sentences."""
        return ()

    def explain_unsupported(self, subject: Subject) -> str:
        """Why nothing can be asked for, in a sentence."""
        return "The registry has no way for a client to revoke this token."

    def advise_on_token(self, subject: Subject | None) -> str:
        """How a person revokes a token, in a sentence without its full stop."""
        raise NotImplementedError

    def advise_on_password(self, registry: Registry | None) -> str:
        """What a person does about a password, in a sentence."""
        return "Change the password at the registry to disable this login."
