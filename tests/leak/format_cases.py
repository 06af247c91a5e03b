# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List cases for the code paths of ``npm_logout`` with the files of pnpm, Yarn and Bun."""

from __future__ import annotations

from collections.abc import Mapping

from .case import CONFIRMED, FAILED, WITH_LOGIN, Case
from .format_decoys import YARNRC_LINES, write_bunfig, write_pnpm_config_yaml, write_yarnrc_yml

YARN = ".yarnrc.yml"
PNPM = ".config/pnpm/config.yaml"
PNPM_INI = ".config/pnpm/auth.ini"
YARNRC = ".yarnrc"
BUNFIG = ".bunfig.toml"

YARN_HERE = 'npmRegistryServer: "<<url>>"\n'
YARN_TOKEN = YARN_HERE + "npmAuthToken: <<token>>\n"
PNPM_TOKEN = '_auth:\n  "<<url>>":\n    "@":\n      authToken: <<token>>\n'
YARNRC_HERE = 'registry "<<url>>"\n'
YARNRC_TOKEN = YARNRC_HERE + '"<<key>>:_authToken" <<token>>\n'
BUNFIG_TOKEN = '[install]\nregistry = { url = "<<url>>", token = "<<token>>" }\n'

EVERYTHING: Mapping[str, object] = {"registry": None, "all_registries": True}
#: Name -> options of a task that processes the credential files of many cases.
FORMAT_PACKS: Mapping[str, Mapping[str, object]] = {
    "formats": {**EVERYTHING, "comments": True},
    # Three in each, because a message has at most three sentences.
    "stuck_by_aliases": EVERYTHING,
    "refused_stores": EVERYTHING,
    "stuck_by_attempts": {**EVERYTHING, "revoke": "attempted"},
    "format_diffs": {},
}
LEFT = ("not_applicable",)


# Ended, and not ------------------------------------------------------------------------------------------------------


def _end(name: str, place: str, store: str, outcomes: tuple[str, ...] = CONFIRMED) -> Case:
    return Case(f"formats_{name}", store, place=place, pack="formats", outcomes=outcomes, changed=True)


ENDED = (
    _end("yarn", YARN, YARN_TOKEN),
    _end("yarn_folded", YARN, YARN_HERE + "npmAuthToken: >-\n  <<token>>\nx: 1\n"),
    _end("yarn_literal", YARN, YARN_HERE + "npmAuthToken: |-\n  <<token:words>>\n"),
    _end("yarn_quotes", YARN, YARN_HERE + "npmAuthToken: <<token:quotes|json>>\n"),
    _end("yarn_anchor", YARN, YARN_HERE + "npmAuthToken: &mine <<token:uuid>>\n"),
    _end("yarn_flow", YARN, 'npmRegistries: {"<<url>>": {npmAuthToken: <<token:base64>>, npmAlwaysAuth: true}}\n'),
    _end("yarn_scope", YARN, 'npmScopes:\n  a:\n    npmRegistryServer: "<<url>>"\n    npmAuthToken: "<<token:jwt>>"\n'),
    _end("yarn_ident", YARN, YARN_HERE + 'npmAuthIdent: "al:<<password:human>>"\n', LEFT),
    _end("yarn_url", YARN, 'npmRegistryServer: "http://al:<<password:human>>@<<host>>/"\n', LEFT),
    _end("pnpm", PNPM, PNPM_TOKEN),
    _end("pnpm_scope", PNPM, '_auth: {"<<url>>": {"@a": {authToken: "<<token:words>>"}}}\n'),
    _end(
        "pnpm_url", PNPM, '_auth:\n  "http://al:<<password:human>>@<<host>>/":\n    authToken: <<token>>\n', WITH_LOGIN
    ),
    _end("pnpm_ini", PNPM_INI, "registry=<<url>>\n<<key>>:_authToken=<<token:hex>>\n"),
    _end("yarnrc", YARNRC, YARNRC_TOKEN),
    _end("yarnrc_quotes", YARNRC, YARNRC_HERE + '"<<key>>:_authToken" <<token:quotes|json>>\n'),
    _end("yarnrc_header", YARNRC, YARNRC_HERE + '"<<key>>:_header:Authorization" "Bearer <<token>>"\n'),
    _end("yarnrc_url", YARNRC, 'registry "http://al:<<password:words>>@<<host>>/"\n', LEFT),
    _end("bunfig", BUNFIG, BUNFIG_TOKEN),
    _end("bunfig_lines", BUNFIG, '[install.registry]\nurl = "<<url>>"\ntoken = """\n<<token:words>>"""\n'),
    _end("bunfig_url", BUNFIG, '[install]\nregistry = "http://al:<<password:human>>@<<host>>/"\n', LEFT),
    _end("bunfig_url_token", BUNFIG, '[install]\nregistry = "http://:<<token>>@<<host>>/"\n'),
    _end("bunfig_scope", BUNFIG, '[install.scopes]\na = { token = <<token:quotes|json>>, url = "<<url>>" }\n'),
)


def _fail(name: str, place: str, store: str, server: str, says: str) -> Case:
    return Case(f"failed_{name}", store, place=place, server=server, pack="formats", outcomes=FAILED, says=says)


FAILURES = (
    _fail("yarn", YARN, YARN_TOKEN, "forbidden", "it answered 403"),
    _fail("pnpm", PNPM, PNPM_TOKEN, "reset", "closed unexpectedly"),
    _fail("yarnrc", YARNRC, YARNRC_TOKEN, "server_error", "it answered 500"),
    _fail("bunfig", BUNFIG, BUNFIG_TOKEN, "closed", "connection refused"),
    _fail("yarn_echo", YARN, YARN_TOKEN, "echo", "it answered 403"),
    _fail("pnpm_path", PNPM, PNPM_TOKEN.replace("<<url>>", "<<url>>feed/<<token>>/"), "closed", "connection refused"),
)


# Commented out -------------------------------------------------------------------------------------------------------


def _comment(name: str, place: str, store: str, count: int = 1) -> Case:
    outcomes = ("already_invalid",) * count
    return Case(f"commented_{name}", store, place=place, pack="formats", outcomes=outcomes, changed=True, dead=True)


COMMENTED = (
    _comment("yarn", YARN, YARN_HERE + "# npmAuthToken: <<token:human>>\nx: 1\n#npmAuthToken: '<<too:words>>'\n", 2),
    _comment("pnpm", PNPM, '_auth:\n  "<<url>>":\n    "@":\n      # authToken: <<token:human>>\n      x: y\n'),
    _comment("yarnrc", YARNRC, '# "<<key>>:_authToken" "<<token:words>>"\n' + YARNRC_HERE),
    _comment("bunfig", BUNFIG, '[install.registry]\nurl = "<<url>>"\n# token = "<<token:words>>"\n'),
)


# What cannot be read: npm_credentials_info takes every path to that ---------------------------------------------------


def _refuse(name: str, place: str, store: str, says: str) -> Case:
    return Case(f"refused_{name}", store, place=place, pack="refused_stores", says=says)


REFUSED = (
    _refuse(
        "yarn", YARN, YARN_TOKEN + "npmAuthToken: <<other:human>>: <<third:words>>\n", "invalid or unsupported YAML"
    ),
    _refuse("bunfig", BUNFIG, BUNFIG_TOKEN + "password = '<<other_password:words>>\n", "line 3"),
    _refuse("yarnrc", YARNRC, YARNRC_TOKEN + "npmAuthToken: <<other>>: x\n", "not a setting in the syntax of Yarn 1"),
)


# What cannot be cut out ----------------------------------------------------------------------------------------------


def _stick(pack: str, name: str, place: str, store: str, says: str, outcomes: tuple[str, ...] = CONFIRMED) -> Case:
    return Case(f"stuck_{name}", store, place=place, pack=f"stuck_by_{pack}", outcomes=outcomes, says=says)


# Each has a token in the name of the entry that cannot be removed, if the format allows it.
STUCK = (
    _stick(
        "aliases",
        "alias_stays",
        YARN,
        YARN_HERE + "npmAuthToken: &mine <<token>>\nother: *mine\n",
        "a YAML alias refers to the credential: edit this line by hand",
    ),
    _stick(
        "aliases",
        "two_in_one",
        YARN,
        'npmRegistries:\n  "<<url>>": &same\n    npmAuthToken: <<token>>\n  "<<url>>feed/<<token>>/": *same\n',
        "uses the credential as another setting",
        ("confirmed", "unsupported"),
    ),
    _stick(
        "aliases",
        "same_key",
        YARN,
        'npmRegistries:\n  "<<url>>": {}\n  "http://al:<<password:human>>@<<host>>/": {}\n',
        "this URL would duplicate another entry",
        LEFT,
    ),
    _stick(
        "attempts",
        "target_stays",
        YARN,
        'x: &mine <<token>>\nnpmRegistries:\n  "<<url>>feed/<<token>>/":\n    npmAuthToken: *mine\n',
        "would stay in the file",
        ("unsupported",),
    ),
    _stick(
        "attempts",
        "yarn_url",
        YARN,
        'npmRegistries:\n  "http:\\x2f/al:<<password:human>>@<<host>>/feed/<<token>>/":\n    npmAuthToken: <<token>>\n',
        "removing the credential would change other settings",
        ("not_applicable", "unsupported"),
    ),
    _stick(
        "attempts",
        "bunfig_url",
        BUNFIG,
        '[install.scopes."<<token>>"]\nurl = "http:\\u002f/al:<<password:human>>@<<host>>/"\ntoken = "<<token>>"\n',
        "removing the credential would change other settings",
        ("not_applicable", "confirmed"),
    ),
)


# What is shown of the rest of a file ---------------------------------------------------------------------------------


def _show(name: str, place: str, store: str) -> Case:
    return Case(
        f"diff_{name}",
        store,
        place=place,
        pack="format_diffs",
        keywords={"check_mode": True},
        outcomes=("pending",),
        changed=True,
    )


DIFFS = (
    _show("yarn", YARN, YARN_TOKEN + write_yarnrc_yml()),
    _show("pnpm", PNPM, write_pnpm_config_yaml() + '  "<<url>>":\n    "@":\n      authToken: <<token>>\n'),
    _show("yarnrc", YARNRC, YARNRC_TOKEN + "".join(YARNRC_LINES.values())),
    _show("bunfig", BUNFIG, BUNFIG_TOKEN + write_bunfig()),
)


# All clients at all levels -------------------------------------------------------------------------------------------

HOMES = (
    Case(
        "all_clients",
        environment={"HOME": "<<home>>"},
        options={"paths": None, "clients": ["all"], "levels": ["all"], "search": ["<<home>>/work"]},
        outcomes=("confirmed",) * 11,
        changed=True,
        files={
            PNPM_INI: "registry=<<url>>\n<<key>>:_authToken=<<token_pnpm_ini>>\n",
            PNPM: PNPM_TOKEN.replace("<<token>>", "<<token_pnpm>>"),
            YARN: YARN_HERE + "npmAuthToken: <<token_yarn>>\n",
            YARNRC: YARNRC_HERE + '"<<key>>:_authToken" <<token_yarnrc>>\n',
            BUNFIG: BUNFIG_TOKEN.replace("<<token>>", "<<token_bun>>"),
            ".npmrc.bak": "registry=<<url>>\n<<key>>:_authToken=<<token_backup>>\n",
            ".npmrcs/work": "registry=<<url>>\n<<key>>:_authToken=<<token_profile>>\n",
            "work/.npmrc": "registry=<<url>>\n<<key>>:_authToken=<<token_project>>\n",
            "work/a/.yarnrc.yml": YARN_HERE + "npmAuthToken: <<token_project_yarn>>\n",
            "work/b/bunfig.toml": BUNFIG_TOKEN.replace("<<token>>", "<<token_project_bun>>"),
        },
    ),
    Case(
        "pyyaml_missing",
        YARN_TOKEN,
        place=YARN,
        bare=True,
        options={"revoke": "never"},
        says="PyYAML is not installed on this host",
    ),
)

FORMAT_CASES = (*ENDED, *FAILURES, *COMMENTED, *REFUSED, *STUCK, *DIFFS, *HOMES)
