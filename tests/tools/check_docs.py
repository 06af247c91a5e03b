# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that ansible-doc shows every plugin of the installed collection, with the parts that a user looks for."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.tools import paths

# The type of a plugin, its folder, and what ansible-doc must show of it.
TYPES = {
    "module": ("modules", ("doc", "examples", "return", "attributes")),
    "filter": ("filter", ("doc", "examples", "return")),
}


def list_names(folder: str) -> list[str]:
    files = (paths.ROOT / "plugins" / folder).glob("*.py")
    return sorted(f"npmops.auth.{file.stem}" for file in files if file.stem[0] != "_")


def complain(kind: str, names: list[str], parts: tuple[str, ...]) -> list[str]:
    """What ansible-doc does not show, a sentence each."""
    command = [str(paths.ANSIBLE_DOC), "--json", "--type", kind, *names]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        return [f"ansible-doc fails for {', '.join(names)}"]
    shown = json.loads(done.stdout)
    complaints = []
    for name in names:
        plugin = shown.get(name, {})
        missing = [part for part in parts if not (plugin.get(part) or plugin.get("doc", {}).get(part))]
        complaints += [f"{name}: ansible-doc shows no {part}" for part in missing]
    return complaints


def main() -> int:
    complaints = []
    for kind, (folder, parts) in TYPES.items():
        names = list_names(folder)
        found = complain(kind, names, parts) if names else [f"no {kind}s"]
        print("\n".join(found or [f"{len(names)} complete: {', '.join(names)}"]))
        complaints += found
    return 1 if complaints else 0


if __name__ == "__main__":
    sys.exit(main())
