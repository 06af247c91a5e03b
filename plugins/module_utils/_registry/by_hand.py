# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Tell what is known of a credential without a request, such as the manual steps.

Private to this collection. Pure. The answers come from the registry's driver, which is imported on demand.
"""

from __future__ import annotations

from typing import NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import AUTOMATIC, DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret


class Outlook(NamedTuple):
    """What to expect of a credential.

    :ivar kind: the kind of its registry.
    :ivar expires: when a token expires by its format: ISO 8601, ``never``, or None.
    :ivar side_effects: other effects of revoking the token, in sentences.
    """

    kind: str
    expires: str | None = None
    side_effects: tuple[str, ...] = ()


def foresee(registry: Registry | None, token: Secret | None = None, options: DriverOptions = AUTOMATIC) -> Outlook:
    """Return what to expect of a credential, without a request."""
    from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Subject
    from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import foretell_kind, load_driver

    driver = load_driver(foretell_kind(registry, token, options.registry_kind))
    if token is None or registry is None:
        return Outlook(driver.name)
    subject = Subject(registry, token, options.issuer_api)
    can_revoke = bool(driver.list_ways(subject))
    effects = tuple(driver.list_side_effects(subject)) if can_revoke else ()
    return Outlook(driver.name, driver.read_expiry(token), effects)


def advise_on_token(registry: Registry | None, token: Secret | None = None, options: DriverOptions = AUTOMATIC) -> str:
    """Return how to revoke a token of this registry by hand, in a sentence without its full stop."""
    from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Subject
    from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import foretell_kind, load_driver

    driver = load_driver(foretell_kind(registry, token, options.registry_kind))
    return driver.advise_on_token(Subject(registry, token or _NO_TOKEN, options.issuer_api) if registry else None)


def advise_on_password(registry: Registry | None, options: DriverOptions = AUTOMATIC) -> str:
    """Return what to do by hand about a password of this registry, in a sentence."""
    from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import foretell_kind, load_driver

    return load_driver(foretell_kind(registry, None, options.registry_kind)).advise_on_password(registry)


_NO_TOKEN = Secret("")
