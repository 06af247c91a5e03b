# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""To which registries a credential belongs."""

from __future__ import annotations

import pytest

from ansible_collections.npmops.auth.plugins.module_utils._npm.destinations import concerns
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import is_read_key, parse_registry


@pytest.mark.parametrize(
    ("key", "registries", "registry", "expected"),
    [
        pytest.param(
            "//h.example/", ["https://h.example/npm/"], "https://h.example/", True, id="key above its registry"
        ),
        pytest.param("//h.example/", ["https://h.example/npm/"], "https://h.example/b/", True, id="walk up"),
        pytest.param("//h.example", [], "https://h.example/b/", True, id="walk up, no last slash"),
        pytest.param("//h.example/npm/", [], "https://h.example/", False, id="a path below"),
        pytest.param("//H.Example/", [], "https://h.example/", True, id="a host in capitals"),
        pytest.param("//h.example:443/", [], "https://h.example/", True, id="the port of https"),
        pytest.param("//h.example:80/", [], "http://h.example/", True, id="the port of http"),
        pytest.param("//h.example:80/", [], "https://h.example/", False, id="the port of the other scheme"),
        pytest.param("//h.example/NPM/", [], "https://h.example/npm/", False, id="a path in capitals"),
        pytest.param("", ["http://h.example/"], "https://h.example/", True, id="default registry, whatever its scheme"),
        pytest.param(None, ["https://h.example/"], "https://h.example/a/", False, id="default registry, another path"),
        pytest.param(None, [], "https://h.example/", False, id="no registry known"),
    ],
)
def test_concerns(key: str | None, registries: list[str], registry: str, expected: bool) -> None:
    assert concerns(key, [parse_registry(url) for url in registries], parse_registry(registry)) is expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("//h.example/", True),
        ("//h.example", True),
        ("//H.example:443/a", True),
        ("//h.example:80/", True),
        ("//[::1]:4873/", True),
        ("//https://h.example//", False),
        ("//h.example:/", False),
        ("//u@h.example/", False),
        ("//h.example/a/../b/", False),
        ("//${HOST}/", False),
        ("//?/", False),
    ],
)
def test_key_that_a_client_reads(key: str, expected: bool) -> None:
    assert is_read_key(key) is expected
