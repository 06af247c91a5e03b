# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Define the kinds of registry, and recognise the kind of one.

Private to this collection. Pure. The kind is recognised by the URL, then by the headers of an answer, then by the
token's format. Paths and headers can be imitated: a driver chosen by one asks only the registry's own origin. An issuer
on another host is asked only for a registry with the full host name of its operator.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Callable, NamedTuple

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import PUBLIC_REGISTRY, Registry, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Driver
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

AUTO, DEFAULT = "auto", "npm"
# Compiled on use: most runs have one registry and no answer.
_NEVER = r"(?!)"


def _load_npm() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.npm import DRIVER

    return DRIVER


def _load_verdaccio() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.verdaccio import DRIVER

    return DRIVER


def _load_artifactory() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.artifactory import DRIVER

    return DRIVER


def _load_gitlab() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.gitlab import DRIVER

    return DRIVER


def _load_github() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.github import DRIVER

    return DRIVER


def _load_nexus() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.nexus import DRIVER

    return DRIVER


def _load_gitea() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.gitea import DRIVER

    return DRIVER


def _load_cnpmcore() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.cnpmcore import DRIVER

    return DRIVER


def _load_buildkite() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.buildkite import DRIVER

    return DRIVER


def _load_azure() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.azure import DRIVER

    return DRIVER


def _load_codeartifact() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.codeartifact import DRIVER

    return DRIVER


def _load_google() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.google import DRIVER

    return DRIVER


def _load_cloudsmith() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.cloudsmith import DRIVER

    return DRIVER


def _load_pulp() -> Driver:
    from ansible_collections.npmops.auth.plugins.module_utils._registry.drivers.pulp import DRIVER

    return DRIVER


class Kind(NamedTuple):
    """One kind of registry.

    :ivar load: imports its driver.
    :ivar host: the whole host, including the port, of a registry that only its operator can run.
    :ivar path: the beginning of the path of a registry that anyone can run.
    :ivar header: name of a header of its answers, and what its value begins with.
    :ivar token: what its tokens begin with.
    :ivar takes_many: the hosts of its registries for which one request to the issuer revokes many tokens.
    :ivar is_like_npm: whether it has npm's endpoints, so that a token's format is enough to choose its driver.
    """

    load: Callable[[], Driver]
    host: str = _NEVER
    path: str = _NEVER
    header: tuple[str, str] = ("", _NEVER)
    token: str = _NEVER
    takes_many: str = _NEVER
    is_like_npm: bool = False


#: One row for each driver.
KINDS: dict[str, Kind] = {
    DEFAULT: Kind(_load_npm, host=re.escape(parse_registry(PUBLIC_REGISTRY).host)),
    "verdaccio": Kind(_load_verdaccio, header=("x-powered-by", r"(?i)hidden\Z|verdaccio/")),
    "artifactory": Kind(
        _load_artifactory,
        path=r"(?:/.*)?/api/npm/[^/]+/",
        header=("x-artifactory-id", r"."),
        token=r"cmVmdGtu|AKCp",
    ),
    "gitlab": Kind(
        _load_gitlab,
        path=r"(?:/.*)?/api/v4/(?:packages/npm|projects/[^/]+/packages/npm|groups/[^/]+/-/packages/npm)/",
        header=("x-gitlab-meta", r"."),
        token=r"gl(?:pat|dt|cbt)-",
    ),
    "github": Kind(
        _load_github,
        host=r"npm\.pkg\.github\.com|npm\.[a-z0-9-]+\.ghe\.com",
        path=r"/_registry/npm/",
        header=("x-github-enterprise-version", r"."),
        token=r"gh[oprsu]_|github_pat_",
        takes_many=r"npm\.pkg\.github\.com",
    ),
    "nexus": Kind(
        _load_nexus,
        path=r"(?:/.*)?/repository/[^/]+/",
        header=("server", r"Nexus/"),
        token=r"NpmToken\.",
        is_like_npm=True,
    ),
    "gitea": Kind(_load_gitea, path=r"(?:/.*)?/api/packages/[^/]+/npm/"),
    "cnpmcore": Kind(_load_cnpmcore, token=r"cnpm_[0-9A-Za-z]+_", is_like_npm=True),
    "buildkite": Kind(_load_buildkite, host=r"packages\.buildkite\.com"),
    "azure": Kind(
        _load_azure,
        host=r"pkgs\.dev\.azure\.com|[a-z0-9-]+\.pkgs\.visualstudio\.com",
        path=r"(?:/.*)?/_packaging/[^/]+/npm/",
    ),
    "codeartifact": Kind(_load_codeartifact, host=r"[a-z0-9-]+\.d\.codeartifact\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?"),
    "google": Kind(_load_google, host=r"[a-z0-9-]+-npm\.pkg\.dev"),
    "cloudsmith": Kind(_load_cloudsmith, host=r"npm\.cloudsmith\.io"),
    "pulp": Kind(_load_pulp),
}


def load_driver(kind: str) -> Driver:
    return KINDS[kind].load()


def name_kind(registry: Registry | None, setting: str = AUTO) -> str | None:
    """Return the kind by the URL or the option ``registry_kind``; None if neither tells it.

    A host that only its operator can run is of that operator's kind, whatever the option says.
    """
    if registry is None:
        return None if setting == AUTO else setting
    for name, kind in KINDS.items():
        if re.fullmatch(kind.host, registry.host):
            return name
    if setting != AUTO:
        return setting
    return next((name for name, kind in KINDS.items() if re.match(kind.path, registry.path)), None)


def name_kind_of_answer(headers: Mapping[str, str]) -> str | None:
    """Return the kind by an answer's headers, whose names are in lower case."""
    return next(
        (name for name, kind in KINDS.items() if re.match(kind.header[1], headers.get(kind.header[0], ""))), None
    )


def name_kind_of_token(token: Secret, *, only_like_npm: bool = False) -> str | None:
    """Return the kind whose tokens look like this one."""
    text = token.reveal()
    fitting = (name for name, kind in KINDS.items() if re.match(kind.token, text) and kind.is_like_npm >= only_like_npm)
    return next(fitting, None)


def foretell_kind(registry: Registry | None, token: Secret | None, setting: str = AUTO) -> str:
    """Return the kind to expect, without a request."""
    return name_kind(registry, setting) or (name_kind_of_token(token) if token else None) or DEFAULT


def takes_many(registry: Registry, setting: str = AUTO) -> bool:
    """Return whether one request revokes many tokens of this registry."""
    name = name_kind(registry, setting)
    return name is not None and bool(re.fullmatch(KINDS[name].takes_many, registry.host))


def share_issuer(registry: Registry, setting: str = AUTO, *, issuer_api: bool = True) -> Registry:
    """Return one registry for all of its host if their issuer revokes the tokens of all; else the registry itself."""
    return registry._replace(path="/") if issuer_api and takes_many(registry, setting) else registry
