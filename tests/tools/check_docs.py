# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Check that ansible-doc shows every module of the installed collection, with the parts that a user looks for."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.tools import paths

PARTS = ("doc", "examples", "return")


def main() -> int:
    names = sorted(
        f"npmops.auth.{file.stem}" for file in (paths.ROOT / "plugins" / "modules").glob("*.py") if file.stem[0] != "_"
    )
    if not names:
        print("no modules")
        return 1
    done = subprocess.run(
        [paths.ANSIBLE_DOC, "--json", "--type", "module", *names], stdout=subprocess.PIPE, text=True, check=False
    )
    shown = json.loads(done.stdout) if done.returncode == 0 else {}
    complaints = []
    for name in names:
        missing = [part for part in PARTS if not shown.get(name, {}).get(part)]
        if missing:
            complaints.append(f"{name}: ansible-doc shows no {', no '.join(missing)}")
        elif "attributes" not in shown[name]["doc"]:
            complaints.append(f"{name}: ansible-doc shows no attributes")
    print("\n".join(complaints or [f"{len(names)} complete: {', '.join(names)}"]))
    return 1 if complaints or done.returncode else 0


if __name__ == "__main__":
    sys.exit(main())
