# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the cases for each kind of registry under its real name: one that revokes, and one that repeats the token."""

from __future__ import annotations

from collections.abc import Mapping

from .case import CONFIRMED, FAILED, Case

#: Kind of registry -> the shape of its tokens here, and the outcome for one without a fault.
KINDS: Mapping[str, tuple[str, str]] = {
    "npm": ("npm", "confirmed"),
    "verdaccio": ("base64", "confirmed"),
    "artifactory": ("jwt", "confirmed"),
    "gitlab": ("gitlab", "confirmed"),
    "github": ("github", "confirmed"),
    "nexus": ("uuid", "confirmed"),
    "gitea": ("hex", "confirmed"),
    "cnpmcore": ("cnpm", "confirmed"),
    "buildkite": ("npm", "confirmed"),
    "azure": ("npm", "unsupported"),
    "codeartifact": ("npm", "unsupported"),
    "google": ("npm", "unsupported"),
    "cloudsmith": ("npm", "unsupported"),
}
#: The emulator's kind of a token that can be revoked; ``token`` if it has only one kind.
TOKEN_KINDS: Mapping[str, str] = {
    "npm": "granular",
    "artifactory": "jwt",
    "gitlab": "personal",
    "github": "ghp_",
    "cnpmcore": "login",
    "buildkite": "access",
}
#: The prefix of all emulators, because the embedded registry has behaviors with the same names.
DRIVER = "driver_"
#: The suffix of the emulators that reject every request and repeat its content.
ECHOING = "_echoing"

_STORE = "<<key>>:_authToken=<<token:{shape}>>\n"
_ALL: Mapping[str, object] = {"registry": None, "all_registries": True, "ca_path": "<<ca>>"}
#: Name -> options of a task that processes the credential files of many cases.
DRIVER_PACKS: Mapping[str, Mapping[str, object]] = {
    "drivers": {**_ALL, "verify_timeout": 5},
    "echoing_drivers": _ALL,
}


def _make_cases(kind: str) -> tuple[Case, Case]:
    shape, outcome = KINDS[kind]
    store = _STORE.format(shape=shape)
    is_asked = outcome == "confirmed" or kind in ("codeartifact", "google")
    return (
        Case(
            f"driver_{kind}",
            store=store,
            server=DRIVER + kind,
            pack="drivers",
            outcomes=CONFIRMED if outcome == "confirmed" else (outcome,),
            changed=outcome == "confirmed",
        ),
        Case(
            f"echoing_driver_{kind}",
            store=store,
            server=DRIVER + kind + ECHOING,
            pack="echoing_drivers",
            outcomes=("unsupported",) if not is_asked or kind in ("codeartifact", "google") else FAILED,
            says="answered 429" if outcome == "confirmed" else "",
        ),
    )


DRIVER_CASES: tuple[Case, ...] = (
    *(case for kind in KINDS for case in _make_cases(kind)),
    Case(
        "driver_pulp",
        store=_STORE.format(shape="npm"),
        server=DRIVER + "pulp",
        options={**_ALL, "registry_kind": "pulp"},
        outcomes=("unsupported",),
        says="Pulp",
    ),
)
