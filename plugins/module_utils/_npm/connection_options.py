# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module options that determine how registries are reached.

Private to this collection. Pure. A separate file, because every run reads its options but few contact a registry.
"""

from __future__ import annotations

from typing import NamedTuple


class ConnectionOptions(NamedTuple):
    """The module's options of the same names. ``validate_certs`` is None if the playbook does not set it."""

    validate_certs: bool | None = None
    ca_path: str | None = None
    client_cert: str | None = None
    client_key: str | None = None
    use_proxy: bool = True
    timeout: int = 30
    retries: int = 2


#: The choices of the option ``registry_kind``: ``auto``, and the names of all drivers.
REGISTRY_KINDS = (
    "auto",
    "npm",
    "verdaccio",
    "artifactory",
    "gitlab",
    "github",
    "nexus",
    "gitea",
    "cnpmcore",
    "buildkite",
    "azure",
    "codeartifact",
    "google",
    "cloudsmith",
    "pulp",
)


class DriverOptions(NamedTuple):
    """The module's options of the same names: the kind of the registry, and whether requests may go to another host."""

    registry_kind: str = "auto"
    issuer_api: bool = True


#: The defaults of these options.
AUTOMATIC = DriverOptions()
