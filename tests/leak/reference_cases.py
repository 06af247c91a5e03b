# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List cases in which references lead the three modules to files with many secrets of other programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .case import HERE, INFO, LOGIN, Case

#: Names and shapes of other secrets, and the line of each syntax that sets one.
_OTHERS = {
    "AWS_SECRET_ACCESS_KEY": "base64",
    "DATABASE_PASSWORD": "human",
    "GITHUB_TOKEN": "github",
    "LOOKS_LIKE_NPM": "npm",
    "SESSION_KEY": "hex",
}
_SH, _CSH, _FISH, _PLAIN, _UNIT = (
    "export {}='{}'\n",
    "setenv {} '{}'\n",
    "set -gx {} '{}'\n",
    "{}={}\n",
    "Environment={}={}\n",
)
#: File -> its syntax, and the variable that holds a token.
_FILES = {
    ".bashrc": (_SH, "T_BASH"),
    ".cshrc": (_CSH, "T_CSH"),
    ".config/fish/config.fish": (_FISH, "T_FISH"),
    ".config/environment.d/a.conf": (_PLAIN, "T_CONF"),
    ".config/systemd/user/a.service": (_UNIT, "T_UNIT"),
}
_HOME: Mapping[str, str] = {"HOME": "<<home>>"}
_ALL: Mapping[str, object] = {
    "paths": None,
    "registry": None,
    "all_registries": True,
    "clients": ["all"],
    "levels": ["user", "project"],
}


def _add_others(line: str, text: str, role: str) -> str:
    """Add other secrets above and below the text of a file."""
    lines = [
        line.format(name, f"<<{role}_{number}:{shape}>>") for number, (name, shape) in enumerate(_OTHERS.items(), 1)
    ]
    return "".join([*lines[:2], text, *lines[2:]])


def _write_files(old: str = "token") -> dict[str, str]:
    return {
        name: _add_others(line, line.format(variable, f"<<{old}_{variable.lower()}>>"), variable.lower())
        for name, (line, variable) in _FILES.items()
    }


_REFERRING = HERE + "".join(f"<<key>>:_authToken=${{{variable}}}\n" for _line, variable in _FILES.values())
_ONE = HERE + "<<key>>:_authToken=${T}\n"


def _follow(name: str, store: str | None, files: Mapping[str, str], **more: Any) -> Case:
    more.setdefault("options", _ALL)
    return Case(f"references_{name}", store, environment=_HOME, files=files, **more)


def _refer(name: str, line: str, says: str, outcomes: tuple[str, ...], **more: Any) -> Case:
    """Make a case with one variable, set by one line of a shell."""
    return _follow(name, _ONE, {".bashrc": _add_others(_SH, line, "others")}, says=says, outcomes=outcomes, **more)


FOLLOWED = (
    _follow("removed", _REFERRING, _write_files(), outcomes=("confirmed",) * 10, changed=True),
    _follow(
        "pending",
        _REFERRING,
        _write_files(),
        outcomes=("pending",) * 10,
        changed=True,
        says="Would log out",
        keywords={"check_mode": True},
    ),
    _follow(
        "info",
        _REFERRING,
        _write_files(),
        module=INFO,
        options={"paths": None, "clients": ["all"], "levels": ["user"]},
        outcomes=("token",) * 10,
        says="10 credentials in",
    ),
    _refer("command", "export T=$(curl -u al:<<command:human>> <<url>>)\n", "the command curl", ("unresolved",)),
    _refer("default", "export T=${X:-<<token>>}\n", "not a plain value", ("unresolved",)),
    _refer("unreadable", "export T='<<token>>\n\n", "cannot be read", ("unresolved",)),
    _refer("shared", "A='<<first:human>>'; export T=<<token>>\n", "shares its line", ("confirmed",) * 2, changed=True),
    _follow(
        "attack",
        None,
        {
            ".bashrc": _add_others(_SH, "", "others"),
            "work/.npmrc": HERE + "<<key>>:_authToken=${AWS_SECRET_ACCESS_KEY}\n",
        },
        outcomes=("unresolved",),
        says="AWS_SECRET_ACCESS_KEY",
    ),
)


def _log_in(name: str, store: str, files: Mapping[str, str], says: str, **options: object) -> Case:
    return Case(
        f"references_login_{name}",
        store,
        module=LOGIN,
        environment=_HOME,
        files=files,
        options={"paths": None, "token": "<<token>>", **options},
        outcomes=None,
        says=says,
        typed=("token",),
    )


def _log_in_beside(name: str, line: str, says: str, **options: object) -> Case:
    return _log_in(name, _ONE, {".bashrc": _add_others(_SH, line, "others")}, says, **options)


LOGINS = (
    _log_in("replaced", HERE + "<<key>>:_authToken=${T_UNIT}\n", _write_files("old"), "1 file changed"),
    _log_in("kept", HERE + "<<key>>:_authToken=${T_CSH}\n", _write_files("old"), "1 file changed", keep_replaced=True),
    _log_in_beside("command", "export T=$(curl -u al:<<command:human>> <<url>>)\n", "the command curl"),
    _log_in_beside("two", "export T=<<old>>\nexport T='<<older:human>>'\n", "two different values"),
    _log_in_beside("unverified", "export T=<<old>>\n", "Nothing was written", registry="<<url>>x/"),
)

REFERENCE_CASES = (*FOLLOWED, *LOGINS)
