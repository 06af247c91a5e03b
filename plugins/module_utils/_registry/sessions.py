# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keeps the connections of one run, and remembers which registries need not be asked again.

Private to this collection. One session for each registry and way to reach it; a registry that cannot be reached at all
is not tried for every token.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Tuple, TypeVar

from ansible_collections.npmops.auth.plugins.module_utils._accounts import Account, acting_as
from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer, StoreError
from ansible_collections.npmops.auth.plugins.module_utils._files.read import read_file
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection import Connection, choose_connection, is_own
from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import ConnectionOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Reading
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_url
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from ansible_collections.npmops.auth.plugins.module_utils._stores.places import is_of_home, place_in_home

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.client import RegistryClient, Trust

    #: A registry and how to reach it. Accounts whose files leave it to the host and the options have one way to it.
    Way = Tuple[Registry, Connection, Trust]

Answer = TypeVar("Answer")

# So many timeouts may a registry cost, one token after the other, until the rest of them is left to another run; an
# answer that comes within so many seconds costs nothing.
_MOST_TIMEOUTS = 3
_PROMPT = 1.0


class Sessions:
    """The connections of one run.

    :ivar warnings: what a person should know of them.
    """

    def __init__(self, options: ConnectionOptions, conceal: Callable[[str], str] = str) -> None:
        """:param conceal: takes secrets out of a registry's URL, which can hold the token that opens it."""
        self.warnings: list[str] = []
        self._options = options
        self._conceal = conceal
        # Looked for once for each store, which can hold thousands of tokens.
        self._ways: dict[tuple[Registry, str, int, int], tuple[Way, Sequence[Reading], Sequence[Reading]]] = {}
        self._same_trusts: dict[Trust, Trust] = {}
        self._clients: dict[Way, RegistryClient] = {}
        self._unreachable: dict[Way, str] = {}
        self._wasted: dict[Way, float] = {}

    def find_way(
        self, registry: Registry, account: Account, readings: Sequence[Reading], defaults: Sequence[Reading]
    ) -> Way:
        """How a store would reach a registry. What somebody answers on one way proves nothing on another one.

        :param readings: the store's settings; ``defaults``, those of weaker levels.
        :raises NoAnswer: a file that the store names cannot be read.
        """
        place = (registry, account.name, id(readings), id(defaults))
        if place not in self._ways:
            connection = choose_connection(registry, self._options, readings, defaults)
            if is_own(registry, connection, readings, defaults) or _is_at_home(connection.ca_file, account):
                # What is heard on this way is kept apart, also where another account's files say the same.
                connection = connection._replace(owner=account.name)
            trust = _read_trust(connection, account)
            # One for all who have the same: CA certificates are long. With the settings themselves, so that nothing
            # else gets their ids.
            way = (registry, connection, self._same_trusts.setdefault(trust, trust))
            self._ways[place] = way, readings, defaults
        return self._ways[place][0]

    def ask(
        self,
        way: Way,
        question: Callable[[RegistryClient], Answer],
        is_in_vain: Callable[[Answer], bool] = lambda _answer: False,
    ) -> Answer:
        """Put a question to a registry.

        :param is_in_vain: was this answer none? A registry that lets much time go by for such is asked no more.
        :raises NoAnswer: the registry cannot be reached, now or earlier in this run.
        """
        way = _share(way)
        if way in self._unreachable:
            raise NoAnswer(self._unreachable[way])
        try:
            if way not in self._clients:
                self._clients[way] = self._connect(*way)
            started = time.monotonic()
            answer = question(self._clients[way])
        except NoAnswer as problem:
            self._unreachable[way] = str(problem)
            raise
        self._note_cost(way, time.monotonic() - started, is_in_vain(answer))
        return answer

    def close(self) -> None:
        for client in self._clients.values():
            client.close()

    def warn(self, text: str) -> None:
        if text not in self.warnings:
            self.warnings.append(text)

    def show(self, registry: Registry) -> str:
        """Its URL, for a person."""
        return show_url(self._conceal(registry.url))

    def foresee_library(self) -> None:
        """Warn of what a real run would stop at."""
        from importlib.util import find_spec

        if find_spec("requests") is None:
            self.warn("The Python library requests is not installed on this host; it is required to revoke tokens.")

    def _note_cost(self, way: Way, seconds: float, in_vain: bool) -> None:
        """A registry that answers one question and lets the next time out, token after token, is asked no more."""
        self._wasted[way] = self._wasted.get(way, 0) + seconds if in_vain and seconds > _PROMPT else 0
        if self._wasted[way] > _MOST_TIMEOUTS * self._options.timeout:
            self._unreachable[way] = "too many timeouts at this registry"

    def _connect(self, registry: Registry, connection: Connection, trust: Trust) -> RegistryClient:
        from ansible_collections.npmops.auth.plugins.module_utils._registry.client import RegistryClient

        if registry.scheme == "http" and not registry.is_loopback:
            self.warn(f"Tokens for {self.show(registry)} are sent over unencrypted HTTP, where others can read them.")
        if registry.scheme == "https" and not connection.validate:
            self.warn(f"The certificate of {self.show(registry)} is not validated.")
        return RegistryClient(registry, connection, trust)


def _share(way: Way) -> Way:
    """The way itself, whoever chose it: one connection is enough for it."""
    registry, connection, trust = way
    return registry, connection._replace(owner=None), trust


def _read_trust(connection: Connection, account: Account) -> Trust:
    """The contents of the files that a store names, read with the privileges of its account.

    :raises NoAnswer: a file that is there cannot be read.
    """
    from ansible_collections.npmops.auth.plugins.module_utils._registry.client import Trust

    with acting_as(account):
        ca_text = _read_named_file(connection.ca_file, account)
        parts = [_read_named_file(path, account) for path in (connection.cert_file, connection.key_file)]
    if connection.cert_text and connection.key_text:
        parts = [text.replace("\\n", "\n") for text in (connection.cert_text, connection.key_text.reveal())]
    certificate = Secret("\n".join(part for part in parts if part)) if all(parts) else None
    ca_texts = connection.ca_texts or ((ca_text,) if ca_text else ())
    return Trust(tuple(text.replace("\\n", "\n") for text in ca_texts), certificate)


def _is_at_home(path: str | None, account: Account) -> bool:
    """Whether a file that a setting names is one of the account's own, also where the setting is the host's."""
    return path is not None and is_of_home(place_in_home(path, account), account)


def _read_named_file(path: str | None, account: Account) -> str | None:
    if not path:
        return None
    try:
        content = read_file(place_in_home(path, account))
    except StoreError:
        raise NoAnswer("a certificate file that the credential file names cannot be read") from None
    return content.data.decode("utf-8", "replace") if content else None
