# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A small registry on loopback for tests, with selectable behaviors."""

from __future__ import annotations

from .behaviour import (
    CNPM,
    LYING,
    NEXUS,
    NO_ENDPOINTS,
    NPM,
    NPM_2019,
    NPM_GRANULAR,
    PRESETS,
    VERDACCIO,
    VERDACCIO_OLD,
    Answer,
    Behaviour,
)
from .loopback import Request
from .recorder import Recorder
from .server import EmbeddedRegistry
from .tls import Tls
from .tokens import make_token

__all__ = [
    "CNPM",
    "LYING",
    "NEXUS",
    "NO_ENDPOINTS",
    "NPM",
    "NPM_2019",
    "NPM_GRANULAR",
    "PRESETS",
    "VERDACCIO",
    "VERDACCIO_OLD",
    "Answer",
    "Behaviour",
    "EmbeddedRegistry",
    "Recorder",
    "Request",
    "Tls",
    "make_token",
]
