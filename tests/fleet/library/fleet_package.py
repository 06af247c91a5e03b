# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Emulate the package manager of the fleet. A package is a directory from which Python imports once it is installed."""

from __future__ import annotations

import os
import sysconfig

from ansible.module_utils.basic import AnsibleModule


def main() -> None:
    spec = {"name": {"type": "path", "required": True}, "state": {"type": "str", "default": "present"}}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    link = os.path.join(sysconfig.get_paths()["purelib"], "installed.pth")
    missing = not os.path.exists(link)
    if missing and not module.check_mode:
        if not os.path.isdir(module.params["name"]):
            module.fail_json(msg=f"No package matching '{module.params['name']}' is available")
        with open(link, "w", encoding="utf-8") as file:
            file.write(module.params["name"] + "\n")
    module.exit_json(changed=missing)


if __name__ == "__main__":
    main()
