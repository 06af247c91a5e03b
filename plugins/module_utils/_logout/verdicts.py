# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Choose the verdict on a credential whose registry is not asked, and the manual steps.

Private to this collection. Pure.
"""

from __future__ import annotations

from ansible_collections.npmops.auth.plugins.module_utils._npm.connection_options import AUTOMATIC, DriverOptions
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import CERTIFICATE, HELPER, TOKEN, Credential
from ansible_collections.npmops.auth.plugins.module_utils._outcomes import (
    FAILED,
    NOT_APPLICABLE,
    PENDING,
    PROTECTED,
    SKIPPED,
    UNRESOLVED,
    Verdict,
)
from ansible_collections.npmops.auth.plugins.module_utils._plan import Target
from ansible_collections.npmops.auth.plugins.module_utils._redaction import show_variable
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import advise_on_password, advise_on_token

PROTECTED_VERDICT = Verdict(PROTECTED, "The fingerprint is protected: the token was neither revoked nor removed.")
PENDING_VERDICT = Verdict(PENDING, "Check mode: a real run would ask the registry to revoke this token.")


def foretell(target: Target, driver: DriverOptions = AUTOMATIC) -> Verdict:
    """Return the verdict on a credential whose registry need not be asked."""
    credential = target.credential
    if target.outcome == PROTECTED:
        return PROTECTED_VERDICT
    if target.outcome == SKIPPED:
        advice = f"{advise_on_token(target.registry, credential.secret, driver)}."
        return Verdict(SKIPPED, "No request was sent (revoke: never): the token was not revoked.", advice)
    if target.outcome == UNRESOLVED and credential.kind == HELPER:
        detail = "A credential helper (tokenHelper) supplies the token: no secret is in the file."
        return Verdict(UNRESOLVED, detail, "Revoke the token that the credential helper supplies.")
    if target.outcome == UNRESOLVED:
        return _say_unresolved(credential)
    if credential.kind == CERTIFICATE:
        detail = (
            "Certificates cannot be revoked at the registry. This one remains valid until it expires, or until the CA "
            "that issued it revokes it."
        )
        is_file = any(reading.name.endswith(":keyfile") for reading in credential.readings)
        rest = ", and delete its key file" if is_file else ""
        return Verdict(NOT_APPLICABLE, detail, f"Ask the CA that issued the certificate to revoke it{rest}.")
    if credential.secret is None:
        return Verdict(NOT_APPLICABLE, "There is nothing to revoke: the file contains a user name without a password.")
    detail = "Passwords cannot be revoked at the registry: this one is still valid."
    return Verdict(NOT_APPLICABLE, detail, advise_on_password(target.registry, driver))


#: In the ``detail`` of a reference whose variable was not searched for.
NOT_LOOKED_UP = "It was not looked up"


def _say_unresolved(credential: Credential) -> Verdict:
    """Return the verdict on a reference whose value is not known."""
    names = ", ".join(dict.fromkeys(show_variable(name) for name in credential.unset))
    noun = _noun(credential)
    by_hand = f"Find where {names} is set, revoke the {noun}, and remove it there."
    if "<" in names:
        detail = (
            "The text in ${...} is not the name of a variable, and may be the secret itself: "
            f"the {noun} was not revoked."
        )
        by_hand = "If the text in ${...} is a secret, revoke it at its registry."
    elif credential.set_by:
        said = " and ".join(credential.set_by)
        detail = f"The environment variable {names} is set {said}. Its value is unknown, so the {noun} was not revoked."
        by_hand = f"Revoke the {noun} at its registry, and remove it from where {names} is set."
    else:
        detail = f"The environment variable {names} is not set on this host: the {noun} was not revoked."
    return Verdict(UNRESOLVED, detail, by_hand)


def advise(target: Target, verdict: Verdict, driver: DriverOptions, *, removed: bool) -> str | None:
    """Return the manual steps. If the lines were removed anyway, another run would not find the token."""
    if verdict.outcome == FAILED and removed:
        return f"{advise_on_token(target.registry, target.credential.secret, driver)}."
    return verdict.by_hand


def _noun(credential: Credential) -> str:
    return "token" if credential.kind == TOKEN else "login"
