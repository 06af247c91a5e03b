# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run the embedded registry by hand: python -m tests.registry --behaviour verdaccio --token alice"""

from __future__ import annotations

import argparse
import contextlib

from .behaviour import PRESETS
from .server import EmbeddedRegistry


def main() -> None:
    parser = argparse.ArgumentParser(description="Run a small npm registry on loopback.")
    parser.add_argument("--behaviour", choices=sorted(PRESETS), default="npm")
    parser.add_argument("--path", default="/", help="where on the host the registry is")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--token", action="append", default=[], metavar="USER", help="give this user a listed token")
    parser.add_argument("--login", action="append", default=[], metavar="USER", help="give this user a session token")
    options = parser.parse_args()
    with EmbeddedRegistry(PRESETS[options.behaviour], options.path, port=options.port) as registry:
        print(registry.url, flush=True)
        for user in options.token:
            print(user, registry.create_token(user), flush=True)
        for user in options.login:
            print(user, registry.login(user), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            registry.stopping.wait()


if __name__ == "__main__":
    main()
