# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Emulators of the registries that the collection supports, one file for each kind."""

from __future__ import annotations

from .artifactory import Artifactory
from .azure import Azure
from .base import HEALTHY, Emulator, Fault
from .buildkite import Buildkite
from .cloudsmith import Cloudsmith
from .cnpmcore import Cnpmcore
from .codeartifact import CodeArtifact
from .gitea import Gitea
from .github import GitHub, GitHubServer
from .gitlab import GitLab
from .google import Google
from .nexus import Nexus
from .npm import Npm
from .pulp import Pulp
from .verdaccio import Verdaccio

#: By the name of the driver that must be chosen for it.
EMULATORS: dict[str, type[Emulator]] = {
    "npm": Npm,
    "verdaccio": Verdaccio,
    "artifactory": Artifactory,
    "gitlab": GitLab,
    "github": GitHub,
    "nexus": Nexus,
    "gitea": Gitea,
    "cnpmcore": Cnpmcore,
    "buildkite": Buildkite,
    "azure": Azure,
    "codeartifact": CodeArtifact,
    "google": Google,
    "cloudsmith": Cloudsmith,
    "pulp": Pulp,
}

__all__ = ["EMULATORS", "HEALTHY", "Emulator", "Fault", "GitHubServer"]
