# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read the files around those of a run, if they are needed.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from ansible_collections.npmops.auth.plugins.module_utils._clients import PROJECT
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import is_bound
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._options import LogoutOptions
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore

if TYPE_CHECKING:
    from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings


class LateSurroundings:
    """The files around those of a run, which are searched on first use: most runs do not need them."""

    def __init__(self, opened: Sequence[OpenStore], options: LogoutOptions) -> None:
        self._opened = opened
        self._options = options
        self._found: Surroundings | None = None

    def get(self) -> Surroundings:
        if self._found is None:
            from ansible_collections.npmops.auth.plugins.module_utils._stores.surroundings import Surroundings

            self._found = Surroundings(self._opened, self._options.named_registries, self._options.stores.exclude)
        return self._found

    def resolve_references(self, found: OpenStore) -> OpenStore:
        """See ``Surroundings.resolve_references``."""
        is_needed = found.store.level == PROJECT and any(reading.unset for reading in found.readings)
        return self.get().resolve_references(found) if is_needed else found

    def get_lookout(self, found: OpenStore) -> Callable[[Credential], tuple[Registry, ...]]:
        """Return a function that lists where else a client would send a credential, if ``registry`` is set."""
        if self._options.selection.registry is None:
            return lambda _credential: ()
        return lambda credential: () if is_bound(credential) else self.get().list_moved(found, credential)
