# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Keep the connections of one run, and remember which registries to skip.

Private to this collection. There is one session for each registry and way to reach it. An unreachable registry is not
tried again for every token.
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

    #: A registry and how to reach it. Accounts whose own files do not affect the connection share one way.
    Way = Tuple[Registry, Connection, Trust]

Answer = TypeVar("Answer")

# A registry whose unusable answers take as long as this many timeouts, token after token, is skipped for the rest of
# the run. A usable answer, or one within ``_PROMPT`` seconds, restarts the count.
_MOST_TIMEOUTS = 3
_PROMPT = 1.0


class Sessions:
    """The connections of one run.

    :ivar warnings: warnings about them.
    """

    def __init__(self, options: ConnectionOptions, conceal: Callable[[str], str] = str) -> None:
        """:param conceal: hides secrets in a registry's URL, which can contain a token that grants access."""
        self.warnings: list[str] = []
        self._options = options
        self._conceal = conceal
        # Kept for each credential file, which can contain thousands of tokens.
        self._ways: dict[tuple[Registry, str, int, int], tuple[Way, Sequence[Reading], Sequence[Reading]]] = {}
        self._same_trusts: dict[Trust, Trust] = {}
        self._clients: dict[Way, RegistryClient] = {}
        self._unreachable: dict[Way, str] = {}
        self._wasted: dict[Way, float] = {}

    def find_way(
        self, registry: Registry, account: Account, readings: Sequence[Reading], defaults: Sequence[Reading]
    ) -> Way:
        """Return how to reach a registry with a file's settings. An answer on one way proves nothing on another.

        :param readings: the file's settings; ``defaults``: those with lower precedence.
        :raises NoAnswer: a file that the settings name cannot be read.
        """
        place = (registry, account.name, id(readings), id(defaults))
        if place not in self._ways:
            connection = choose_connection(registry, self._options, readings, defaults)
            if is_own(registry, connection, readings, defaults) or _is_at_home(connection.ca_file, account):
                # Answers on this way are valid for this account only, even if another account's files say the same.
                connection = connection._replace(owner=account.name)
            trust = _read_trust(connection, account)
            # Equal trusts share one object: CA certificates are long. The settings are kept so that their ids are
            # not reused.
            way = (registry, connection, self._same_trusts.setdefault(trust, trust))
            self._ways[place] = way, readings, defaults
        return self._ways[place][0]

    def ask(
        self,
        way: Way,
        question: Callable[[RegistryClient], Answer],
        is_in_vain: Callable[[Answer], bool] = lambda _answer: False,
    ) -> Answer:
        """Ask a registry a question.

        :param is_in_vain: whether an answer is unusable. A registry that takes too long for such answers is skipped.
        :raises NoAnswer: the registry cannot be reached, or could not earlier in this run.
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
        """Return the registry's URL for a message."""
        return show_url(self._conceal(registry.url))

    def foresee_library(self) -> None:
        """Warn if a real run would fail for lack of a library."""
        from importlib.util import find_spec

        if find_spec("requests") is None:
            self.warn(
                "The Python library requests is not installed on this host. It is required to revoke tokens (Debian: "
                "python3-requests)."
            )

    def _note_cost(self, way: Way, seconds: float, in_vain: bool) -> None:
        """Skip a registry that answers one question and lets the next time out, token after token."""
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
    """Return the way without its owner, so that all owners share a connection."""
    registry, connection, trust = way
    return registry, connection._replace(owner=None), trust


def _read_trust(connection: Connection, account: Account) -> Trust:
    """Read the files that the settings name, with the privileges of the account.

    :raises NoAnswer: an existing file cannot be read.
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
    """Return whether a file is in the account's home, even if a system-wide setting names it."""
    return path is not None and is_of_home(place_in_home(path, account), account)


def _read_named_file(path: str | None, account: Account) -> str | None:
    if not path:
        return None
    try:
        content = read_file(place_in_home(path, account))
    except StoreError:
        raise NoAnswer("a certificate file that the credential file names cannot be read") from None
    return content.data.decode("utf-8", "replace") if content else None
