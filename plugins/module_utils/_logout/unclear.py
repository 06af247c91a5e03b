# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Describe a credential that may belong to the selected registry, because its own registry is not known.

Private to this collection.
"""

from __future__ import annotations

from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import Credential
from ansible_collections.npmops.auth.plugins.module_utils._npm.unknown import (
    list_unset_in_names,
    list_unset_in_registry,
)
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._stores.open import OpenStore


def say_unclear(found: OpenStore, credential: Credential, *, by_scope: bool) -> str:
    """Return the rest of a sentence that begins with the file; empty if no unset variable decides on the registry.

    :param by_scope: the registry is selected by a scope, to which a login for the default registry does not belong.
    """
    names = list_unset_in_names(credential, found.store.form, found.store.environment)
    if not names and not by_scope:
        names = list_unset_in_registry(credential, (*found.defaults, *found.readings))
    if not names:
        return ""
    variables = ", ".join(map(show_variable, names))
    return (
        f"line {credential.line}: the registry of the credential is given by {variables}, whose value is not known, so "
        "the credential may belong to the selected registry. Set the variable in the environment of the task."
    )
