# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List cases for the code paths of ``npm_login``.

Canaries that the user types are named after their option: ``<<token>>``, ``<<password>>``. A registry knows the token.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .case import LOGIN, PASSWORD, TOKEN, Case
from .format_cases import BUNFIG, PNPM, PNPM_INI, YARN, YARN_HERE, YARNRC, YARNRC_HERE

#: Name -> options of a task that processes the credential files of many cases.
LOGIN_PACKS: Mapping[str, Mapping[str, object]] = {
    "login_stores": {},
    "login_wrong_stores": {"registry": None, "verify": False},
}
BY_TOKEN: Mapping[str, object] = {"token": "<<token>>"}
OLD = TOKEN.replace("<<token>>", "<<old>>")


def _log_in(name: str, says: str, **more: Any) -> Case:
    """Make a case in which a token replaces another one."""
    case = Case(f"login_{name}", OLD, module=LOGIN, options=BY_TOKEN, outcomes=None, says=says, typed=("token",))
    return replace(case, **more)


def _log_in_by_password(name: str, says: str, password: str, **more: Any) -> Case:
    options = {"username": "al", "password": password}
    return _log_in(name, says, **{"options": options, "typed": ("password",), **more})


LOGINS = (
    _log_in(
        "replaced",
        "1 file changed",
        store=f"{OLD}{PASSWORD}# before: <<old>>\n<<key>>:_authToken=<<older:quotes|json>>\n_auth=<<other:words>>\n"
        "@a:registry=http://al:<<link_password:human>>@a.example.com/\n//b.example.com/:_authToken=<<left:human>>\n",
        options={**BY_TOKEN, "scope": "a"},
        changed=True,
    ),
    _log_in(
        "pending",
        "Would log in to",
        options={"token": "<<token:quotes>>", "keep_replaced": True},
        keywords={"check_mode": True},
        changed=True,
    ),
    _log_in(
        "path",
        "1 file changed",
        store="registry=http://<<host>>/feed/<<old>>/\n//<<host>>/feed/<<old>>/:_authToken=<<old>>\n",
        server="welcome",
        options={**BY_TOKEN, "registry": None},
        changed=True,
    ),
    _log_in_by_password("password", "1 file changed", "<<password:quotes>>", server="welcome", changed=True),
)


# Many stores at once -------------------------------------------------------------------------------------------------


def _store(name: str, place: str, store: str | None, **more: Any) -> Case:
    case = Case(f"login_{name}", store, module=LOGIN, place=place, pack="login_stores", outcomes=None, changed=True)
    return replace(case, **more)


STORES = (
    _store("npmrc", ".npmrc", OLD + "<<key>>:_auth=<<old_password:human|basic>>\n", options=BY_TOKEN, typed=("token",)),
    _store("new", ".npmrc", None),
    _store("yarn", YARN, YARN_HERE + 'npmAuthToken: "<<old:words>>"\n# before: <<other>>\n'),
    _store("yarn_folded", YARN, YARN_HERE + "npmAuthToken: >-\n  <<old:words>>\nx: <<other>>\n"),
    _store(
        "yarn_flow",
        YARN,
        'npmRegistries: {"<<url>>": {npmAuthToken: <<old:human>>}, "//a": {npmAuthToken: <<other:human>>}}\n',
    ),
    _store("yarn_ident", YARN, YARN_HERE + 'npmAuthToken: <<old>>\nnpmAuthIdent: "al:<<old_password:human>>"\n'),
    _store("pnpm", PNPM, '_auth:\n  "<<url>>":\n    "@":\n      authToken: <<old:human>>\n'),
    _store("pnpm_ini", PNPM_INI, OLD),
    _store("yarnrc", YARNRC, YARNRC_HERE + '"<<key>>:_authToken" "<<old:words>>"\n# "<<key>>:_authToken" <<other>>\n'),
    _store("in_url", BUNFIG, '[install]\nregistry = "http://:<<old:human>>@<<host>>/"\n'),
    _store("bunfig", BUNFIG, '[install]\nregistry = { url = "<<url>>", token = """<<old:words>>""" }\n'),
)


def _leave(name: str, place: str, store: str | None, says: str, **more: Any) -> Case:
    return _store(name, place, store, **{"pack": "login_wrong_stores", "says": says, "changed": False, **more})


WRONG_STORES = (
    _leave(
        "invalid", YARN, "npmAuthToken: <<old>>: x\n", "invalid or unsupported YAML", options=BY_TOKEN, typed=("token",)
    ),
    _leave("absent", BUNFIG, None, "only an .npmrc can be created"),
    _leave("no_url", ".npmrc", "registry=<<old>>\n", "must start with http:// or https://"),
    _leave(
        "in_escaped_url",
        BUNFIG,
        '[install]\nregistry = "http://:\\u0078<<old:human>>@<<host>>/"\n',
        "cannot be replaced",
    ),
)


# Registries that do not want it, or say too much ---------------------------------------------------------------------

REGISTRIES = (
    _log_in("refused", "rejected the new login", dead=True),
    _log_in("echo", "Cannot verify the login", server="echo"),
    _log_in("echo_base64", "1 file changed", server="echo_base64", changed=True),
    _log_in("echo_half", "1 file changed", server="echo_half", changed=True),
    _log_in_by_password("echo_password", "1 file changed", "<<password:words>>", server="echo_password", changed=True),
    _log_in(
        "closed_path",
        "Cannot verify the login",
        server="closed",
        store="registry=http://<<host>>/feed/<<old>>/\n//<<host>>/feed/<<old>>/:_authToken=<<old>>\n",
        options={**BY_TOKEN, "registry": None},
    ),
)


# Options that mean nothing -------------------------------------------------------------------------------------------

BAD_INPUT = (
    _log_in("bad_control", "control character", options={"token": "<<token>>\x07"}),
    _log_in("bad_reference", "must be one token as text", options={"token": "${<<token>>}"}),
    _log_in(
        "bad_username",
        "must not contain a colon",
        options={"username": "al:<<user_password:human>>", "password": "<<password:human>>"},
        typed=("user_password", "password"),
    ),
    _log_in(
        "bad_registry",
        "must not contain a user name",
        options={**BY_TOKEN, "registry": "https://al:<<url_password:human>>@registry.example.com/"},
        typed=("token", "url_password"),
    ),
)


# Files that cannot be written, and crashes ---------------------------------------------------------------------------

FAULTS = (
    _log_in("no_folder", "No such file", options={**BY_TOKEN, "paths": ["<<home>>/none/.npmrc"]}),
    _log_in("disk_full", "No space left", environment={"LEAK_TRAP": "disk_full"}),
    _log_in("crash", "Unexpected", environment={"LEAK_TRAP": "digest"}),
)

LOGIN_CASES = (*LOGINS, *STORES, *WRONG_STORES, *REGISTRIES, *BAD_INPUT, *FAULTS)
