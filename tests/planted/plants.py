# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""List the planted files, and the credentials that must be found in them.

Each ``{token}`` is replaced by a new valid token, ``{url}`` and ``{key}`` by the registry's URL and key, ``{host}`` by
its host and port.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

TOKEN, BASIC, CERTIFICATE, HELPER = "token", "basic", "certificate", "helper"
LITERAL, ENVIRONMENT = "literal", "environment"
ONE_TOKEN = ((TOKEN, LITERAL),)
PASSWORD = "Tr0ub4dor"
PASSWORD_BASE64 = "VHIwdWI0ZG9y"
PAIR_BASE64 = "YWxpY2U6VHIwdWI0ZG9y"

CONFIG = "~/.config/pnpm"
NODE = "~/.nvm/versions/node/v22.1.0"


@dataclass(frozen=True)
class Expected:
    """One credential, as the module must report it."""

    account: str
    path: str
    client: str
    level: str
    kind: str
    source: str


@dataclass(frozen=True)
class Place:
    """A planted file.

    :ivar path: absolute, or relative to the account's home directory with ``~/``.
    :ivar holds: kind and source of each of its credentials, in order.
    :ivar secrets: its secrets other than tokens.
    """

    account: str
    path: str
    client: str
    level: str
    text: str
    holds: tuple[tuple[str, str], ...] = ONE_TOKEN
    secrets: tuple[str, ...] = ()
    mode: int = 0o600


def _plant_npmrc(account: str, path: str, client: str, level: str) -> Place:
    return Place(account, path, client, level, "; kept\nregistry={url}\n{key}:_authToken={token}\nfund=false\n")


ALICES_NPMRC = Place(
    "alice",
    "~/.npmrc",
    "npm",
    "user",
    "; Alice's own\n"
    "registry={url}\n"
    "@work:registry=http://alice:Tr0ub4dor@{host}/\n"
    "{key}:_authToken={token}\n"
    '"{key}:_authToken" = "{token}"\n'
    "{key}:@org:_authToken={token}\n"
    "{key}:_auth=YWxpY2U6VHIwdWI0ZG9y\n"
    "{key}:username=alice\n"
    "{key}:_password=VHIwdWI0ZG9y\n"
    "{key}:email=alice@example.com\n"
    "{key}:certfile=/home/alice/cert.pem\n"
    "{key}:keyfile=/home/alice/key.pem\n"
    "//helper.example.com/:tokenHelper=/usr/local/bin/print-token\n"
    "//ci.example.com/:_authToken=${NO_SUCH_VARIABLE_HERE}\n"
    "_authToken={token}\n"
    "fund=false\n",
    (
        (BASIC, LITERAL),
        (TOKEN, LITERAL),
        (TOKEN, LITERAL),
        (TOKEN, LITERAL),
        (BASIC, LITERAL),
        (BASIC, LITERAL),
        (CERTIFICATE, LITERAL),
        (HELPER, HELPER),
        (TOKEN, ENVIRONMENT),
        (TOKEN, LITERAL),
    ),
    (PASSWORD, PASSWORD_BASE64, PAIR_BASE64),
)

ALICES_YARNRC_YML = Place(
    "alice",
    "~/.yarnrc.yml",
    "yarn",
    "user",
    "# Alice's own\n"
    "nodeLinker: node-modules\n"
    'npmRegistryServer: "{url}"\n'
    "npmAuthToken: {token}\n"
    "npmRegistries:\n"
    "  # the other name of the same\n"
    '  "{key}":\n'
    "    npmAlwaysAuth: true\n"
    '    npmAuthIdent: "alice:Tr0ub4dor"\n'
    "npmScopes:\n"
    "  org:\n"
    '    npmRegistryServer: "{url}"\n'
    '    npmAuthToken: "{token}"\n'
    "  other: {npmRegistryServer: '{url}', npmAuthToken: '{token}'}\n"
    "enableTelemetry: false\n",
    ((TOKEN, LITERAL), (BASIC, LITERAL), (TOKEN, LITERAL), (TOKEN, LITERAL)),
    (PASSWORD,),
)

ALICES_BUNFIG = Place(
    "alice",
    "~/.bunfig.toml",
    "bun",
    "user",
    "# Alice's own\n"
    "[install]\n"
    "optional = true\n"
    'registry = { url = "{url}", token = "{token}" }\n'
    "[install.scopes]\n"
    '"@org" = { username = "alice", password = "Tr0ub4dor", url = "{url}" }\n'
    'other = "http://alice:Tr0ub4dor@{host}/"\n',
    ((TOKEN, LITERAL), (BASIC, LITERAL), (BASIC, LITERAL)),
    (PASSWORD,),
)

PLANTS = (
    ALICES_NPMRC,
    _plant_npmrc("alice", f"{CONFIG}/auth.ini", "pnpm", "user"),
    _plant_npmrc("alice", f"{CONFIG}/rc", "pnpm", "user"),
    ALICES_YARNRC_YML,
    Place("alice", "~/.yarnrc", "yarn_classic", "user", '# kept\n"{key}:_authToken" "{token}"\nlastUpdateCheck 1\n'),
    ALICES_BUNFIG,
    Place(
        "alice",
        "~/.config/.bunfig.toml",
        "bun",
        "user",
        '[install.registry]\nurl = "{url}"\ntoken = "{token}" # kept not\n',
    ),
    _plant_npmrc("alice", "~/.npmrcs/work", "npmrc", "user"),
    _plant_npmrc("alice", "~/.npmrc.bak", "backup", "user"),
    Place("alice", "~/.yarnrc.yml~", "backup", "user", 'npmRegistryServer: "{url}"\nnpmAuthToken: {token}\n'),
    _plant_npmrc("alice", f"{NODE}/etc/npmrc", "npm", "global"),
    _plant_npmrc("alice", f"{NODE}/lib/node_modules/npm/npmrc", "npm", "builtin"),
    _plant_npmrc("alice", "~/work/app/.npmrc", "npm", "project"),
    Place(
        "alice",
        "~/work/app/packages/a/.yarnrc.yml",
        "yarn",
        "project",
        'npmRegistryServer: "{url}"\nnpmAuthToken: {token}\n',
    ),
    Place("alice", "~/work/old/.yarnrc", "yarn_classic", "project", '"{key}:_authToken" {token}\n'),
    Place(
        "alice",
        "~/work/fast/bunfig.toml",
        "bun",
        "project",
        '[install]\nregistry = "http://alice:Tr0ub4dor@{host}/"\n',
        ((BASIC, LITERAL),),
        (PASSWORD,),
    ),
    _plant_npmrc("jenkins", "~/.npmrc", "npm", "user"),
    _plant_npmrc("jenkins", "~/workspace/job/.npmrc", "npm", "project"),
    Place(
        "jenkins",
        "~/runner/_work/_temp/.npmrc",
        "npm",
        "project",
        "{key}:_authToken=${NODE_AUTH_TOKEN}\nregistry={url}\n",
        ((TOKEN, ENVIRONMENT),),
    ),
    _plant_npmrc("root", "~/.npmrc", "npm", "user"),
    replace(_plant_npmrc("root", "/etc/npmrc", "npm", "global"), mode=0o644),
    _plant_npmrc("root", "/usr/local/etc/npmrc", "npm", "global"),
    Place("root", "/etc/yarnrc", "yarn_classic", "global", '"{key}:_authToken" "{token}"\n'),
    _plant_npmrc("root", "/etc/skel/.npmrc", "npm", "global"),
    Place("root", "/etc/skel/.yarnrc.yml", "yarn", "global", 'npmRegistryServer: "{url}"\nnpmAuthToken: {token}\n'),
)

#: Files that no client reads, or not as credentials. They must be reported as findings.
RESIDUE = (
    Place(
        "bob",
        "~/.npmrc",
        "npm",
        "user",
        "registry={url}\n; {key}:_authToken={token}\nstrict-ssl=false\n",
        (),
        mode=0o644,
    ),
    Place(
        "bob",
        "~/.npm/_logs/2026-01-01T00_00_00_000Z-debug-0.log",
        "",
        "",
        "1 http DELETE {url}-/user/token/{token}\n",
        (),
    ),
    Place("bob", "~/.npmrc.swp", "", "", "b0VIM 8.2", ()),
)

#: The rules of the findings on this host.
RULES = {
    "backup_copy",
    "commented_out",
    "legacy_unscoped",
    "login_in_url",
    "no_certificate_check",
    "readable_by_others",
    "skeleton_file",
    "token_in_log",
    "tracked_by_git",
}
