# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The manual steps for tokens that a run could not revoke."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.by_hand import advise_on_token


@pytest.mark.parametrize(
    ("url", "word"),
    [
        pytest.param(PUBLIC_REGISTRY, "npm account", id="npm's public registry"),
        pytest.param("https://gitlab.example/api/v4/projects/1/packages/npm/", "GitLab", id="GitLab, project"),
        pytest.param("https://gitlab.example/api/v4/packages/npm/", "GitLab", id="GitLab, instance"),
        pytest.param("https://h.example/artifactory/api/npm/npm-local/", "Artifactory", id="Artifactory"),
        pytest.param("https://nexus.example/repository/npm-private/", "Nexus", id="Nexus"),
        pytest.param("https://git.example/api/packages/jane/npm/", "Forgejo", id="Gitea, Forgejo"),
        pytest.param("https://h.example/org/_packaging/feed/npm/registry/", "Azure", id="Azure DevOps"),
        pytest.param("https://npm.example.com/", "administrator", id="any other"),
        pytest.param("https://api.npm.example.com/", "administrator", id="a host that sounds like one"),
        pytest.param(None, "administrator", id="no registry"),
    ],
)
def test_advises_by_product(url: str | None, word: str) -> None:
    advice = advise_on_token(parse_registry(url) if url else None)
    assert word in advice
    assert not advice.endswith(".")
