# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List files in which clients keep logins, and the expected text after a logout."""

from __future__ import annotations

from .programs import BUN, NPM, PNPM, YARN, YARN_CLASSIC
from .world import BASIC, HOST, IDENT, PASSWORD, REMARK, TOKEN, URL, USER, Case, Outcome

GONE = Outcome("success", "revoked", "removed", "kept")  # the result of npm_logout for a token
PASSWORD_GONE = Outcome("success", "still valid", "removed", "kept")  # for a password, which no logout revokes

PROJECT = {"levels": ["project"], "search": ["~/project"]}


# .npmrc, in the hands of all who read it ---------------------------------------------------------------------------

NPMRC = f"""\
; {REMARK}
registry = "{URL}"
//{HOST}/:_authToken={TOKEN}
  # another one
//other.example/:_authToken = another-token
fund=false
"""
NPMRC_LEFT = NPMRC.replace(f"//{HOST}/:_authToken={TOKEN}\n", "")
NPMRC_URL = NPMRC_LEFT.replace("http://", f"http://{IDENT}@")

NPM_CASES = (
    Case("npm_user", NPM, ".npmrc", NPMRC, NPMRC_LEFT),
    Case("npm_project", NPM, "project/.npmrc", NPMRC, NPMRC_LEFT, PROJECT),
)

# pnpm ----------------------------------------------------------------------------------------------------------------

PNPM_USER = {"clients": ["pnpm"]}
PNPM_NPMRC_SCOPE = f"""\
; {REMARK}
@example:registry={URL}
//{HOST}/:@example:_authToken={TOKEN}
"""
PNPM_YAML = f"""\
# {REMARK}
registry: {URL} # of the company
_auth:
  http://other.example/:
    '@': {{authToken: another-token}}
  {URL}:
    # of alice
    "@":
      authToken: {TOKEN}

saveExact: true
"""
PNPM_YAML_LEFT = PNPM_YAML.replace(
    f"""\
  {URL}:
    # of alice
    "@":
      authToken: {TOKEN}
""",
    # A comment belongs to no setting.
    "    # of alice\n",
)
PNPM_YAML_ALONE = f"""\
# {REMARK}
registry: {URL}
_auth: {{"{URL}": {{"@": {{authToken: "{TOKEN}"}}}}}}
saveExact: true
"""
PNPM_YAML_SCOPE = f"""\
# {REMARK}
registries:
  {URL}:
    scopes: ['@example']
_auth:
  {URL}:
    '@example':
      authToken: {TOKEN}
"""

PNPM_CASES = (
    Case("pnpm_npmrc", PNPM, ".npmrc", NPMRC, NPMRC_LEFT),
    Case("pnpm_npmrc_project", PNPM, "project/.npmrc", NPMRC, NPMRC_LEFT, PROJECT),
    Case("pnpm_npmrc_scope", PNPM, ".npmrc", PNPM_NPMRC_SCOPE, f"; {REMARK}\n@example:registry={URL}\n"),
    Case("pnpm_auth_ini", PNPM, ".config/pnpm/auth.ini", NPMRC, NPMRC_LEFT, PNPM_USER),
    Case("pnpm_auth_ini_xdg", PNPM, "config/pnpm/auth.ini", NPMRC, NPMRC_LEFT, PNPM_USER, xdg=True),
    Case(
        "pnpm_rc",
        PNPM,
        "config/pnpm/rc",
        NPMRC,
        NPMRC_LEFT,
        PNPM_USER,
        xdg=True,
        used=False,
        beside={".npmrc": f"registry={URL}\n"},
    ),
    Case("pnpm_yaml", PNPM, "config/pnpm/config.yaml", PNPM_YAML, PNPM_YAML_LEFT, PNPM_USER, xdg=True),
    Case(
        "pnpm_yaml_alone",
        PNPM,
        ".config/pnpm/config.yaml",
        PNPM_YAML_ALONE,
        f"# {REMARK}\nregistry: {URL}\nsaveExact: true\n",
        PNPM_USER,
    ),
    Case(
        "pnpm_yaml_scope",
        PNPM,
        "config/pnpm/config.yaml",
        PNPM_YAML_SCOPE,
        PNPM_YAML_SCOPE.partition("_auth:")[0],
        PNPM_USER,
        xdg=True,
    ),
)

# Yarn 4 --------------------------------------------------------------------------------------------------------------

YARN_USER = {"clients": ["yarn"]}
YARN_PROJECT = {**YARN_USER, **PROJECT}
YARN_HEAD = f"""\
# {REMARK}
unsafeHttpWhitelist: ['127.0.0.1']
npmRegistryServer: "{URL}" # of the company
"""
YARN_TAIL = """\
enableColors: false
"""
YARN_TOP = f"{YARN_HEAD}npmAuthToken: '{TOKEN}'\n{YARN_TAIL}"
YARN_TOP_IDENT = f"{YARN_HEAD}npmAuthIdent: {IDENT}\n{YARN_TAIL}"
YARN_REGISTRY = f"""\
{YARN_HEAD}
npmRegistries:
  //other.example: {{npmAuthToken: another-token}}
  //{HOST}:
    npmAlwaysAuth: true
    npmAuthToken: {TOKEN} # of alice
{YARN_TAIL}"""
YARN_REGISTRY_ALONE = f"""\
{YARN_HEAD}npmRegistries:
  "{URL}":
    npmAuthIdent: "{BASIC}"
{YARN_TAIL}"""
YARN_SCOPE = f"""\
{YARN_HEAD}npmScopes:
  example:
    npmRegistryServer: {URL}
    npmAuthToken: {TOKEN}
{YARN_TAIL}"""
YARN_SCOPE_IDENT = YARN_SCOPE.replace(f"npmAuthToken: {TOKEN}", f'npmAuthIdent: "{IDENT}"')
YARN_SCOPE_LEFT = YARN_SCOPE.replace(f"    npmAuthToken: {TOKEN}\n", "")
YARN_MERGED_TOP = f"""\
{YARN_HEAD.replace(f'"{URL}"', f'{{onConflict: reset, value: "{URL}"}}')}\
npmAuthToken:
  onConflict: reset
  value: {TOKEN} # of alice
{YARN_TAIL}"""
YARN_MERGED_REGISTRY = f"""\
{YARN_HEAD}npmRegistries:
  onConflict: reset
  value:
    "{URL}":
      onConflict: extend
      npmAuthToken: {TOKEN}
{YARN_TAIL}"""
YARN_MERGED_SCOPE = f"""\
{YARN_HEAD}npmScopes:
  onConflict: extend
  example:
    onConflict: reset
    value:
      npmRegistryServer: {{onConflict: reset, value: "{URL}"}}
      npmAuthToken: {{onConflict: skip, value: "{TOKEN}"}}
{YARN_TAIL}"""
YARN_MERGED_ALL = f"""\
# {REMARK}
onConflict: reset
value:
  unsafeHttpWhitelist: ['127.0.0.1']
  npmRegistryServer: "{URL}"
  npmAuthToken: {TOKEN}
"""
YARN_EMPTY = f"{YARN_HEAD}{YARN_TAIL}"
YARN_URL = YARN_EMPTY.replace("http://", f"http://{IDENT}@")

YARN_CASES = (
    Case("yarn_top", YARN, ".yarnrc.yml", YARN_TOP, YARN_EMPTY, YARN_USER),
    Case("yarn_top_ident", YARN, ".yarnrc.yml", YARN_TOP_IDENT, YARN_EMPTY, YARN_USER),
    Case(
        "yarn_registry",
        YARN,
        ".yarnrc.yml",
        YARN_REGISTRY,
        YARN_REGISTRY.replace(f"  //{HOST}:\n    npmAlwaysAuth: true\n    npmAuthToken: {TOKEN} # of alice\n", ""),
        YARN_USER,
    ),
    Case("yarn_registry_alone", YARN, ".yarnrc.yml", YARN_REGISTRY_ALONE, YARN_EMPTY, YARN_USER),
    Case("yarn_scope", YARN, ".yarnrc.yml", YARN_SCOPE, YARN_SCOPE_LEFT, YARN_USER),
    Case("yarn_scope_ident", YARN, ".yarnrc.yml", YARN_SCOPE_IDENT, YARN_SCOPE_LEFT, YARN_USER),
    Case(
        "yarn_merged_top",
        YARN,
        ".yarnrc.yml",
        YARN_MERGED_TOP,
        YARN_MERGED_TOP.replace(f"npmAuthToken:\n  onConflict: reset\n  value: {TOKEN} # of alice\n", ""),
        YARN_USER,
    ),
    Case("yarn_merged_registry", YARN, ".yarnrc.yml", YARN_MERGED_REGISTRY, YARN_EMPTY, YARN_USER),
    Case(
        "yarn_merged_scope",
        YARN,
        ".yarnrc.yml",
        YARN_MERGED_SCOPE,
        YARN_MERGED_SCOPE.replace(f'      npmAuthToken: {{onConflict: skip, value: "{TOKEN}"}}\n', ""),
        YARN_USER,
    ),
    Case(
        "yarn_merged_all",
        YARN,
        ".yarnrc.yml",
        YARN_MERGED_ALL,
        YARN_MERGED_ALL.replace(f"  npmAuthToken: {TOKEN}\n", ""),
        YARN_USER,
    ),
    Case("yarn_url", YARN, ".yarnrc.yml", YARN_URL, YARN_EMPTY, YARN_USER),
    Case("yarn_project_top", YARN, "project/.yarnrc.yml", YARN_TOP, YARN_EMPTY, YARN_PROJECT),
    Case("yarn_project_scope", YARN, "project/.yarnrc.yml", YARN_SCOPE, YARN_SCOPE_LEFT, YARN_PROJECT),
)

# Yarn 1 --------------------------------------------------------------------------------------------------------------

CLASSIC_USER = {"clients": ["yarn_classic"]}
CLASSIC_PROJECT = {**CLASSIC_USER, **PROJECT}
CLASSIC = f"""\
# {REMARK}
registry "{URL}" # of the company
"//{HOST}/:_authToken" {TOKEN}
"//other.example/:_authToken" "another-token"
save-prefix "~"
"""
CLASSIC_LEFT = CLASSIC.replace(f'"//{HOST}/:_authToken" {TOKEN}\n', "")
CLASSIC_URL = CLASSIC_LEFT.replace("http://", f"http://{IDENT}@")

CLASSIC_CASES = (
    Case("classic_npmrc", YARN_CLASSIC, ".npmrc", NPMRC, NPMRC_LEFT),
    Case("classic_npmrc_url", YARN_CLASSIC, ".npmrc", NPMRC_URL, NPMRC_LEFT),
    Case("classic_npmrc_project", YARN_CLASSIC, "project/.npmrc", NPMRC, NPMRC_LEFT, PROJECT),
    Case("classic_yarnrc", YARN_CLASSIC, ".yarnrc", CLASSIC, CLASSIC_LEFT, CLASSIC_USER, used=False),
    Case("classic_yarnrc_url", YARN_CLASSIC, ".yarnrc", CLASSIC_URL, CLASSIC_LEFT, CLASSIC_USER),
    Case("classic_project", YARN_CLASSIC, "project/.yarnrc", CLASSIC, CLASSIC_LEFT, CLASSIC_PROJECT, used=False),
    Case("classic_project_url", YARN_CLASSIC, "project/.yarnrc", CLASSIC_URL, CLASSIC_LEFT, CLASSIC_PROJECT),
)

# Bun -----------------------------------------------------------------------------------------------------------------

BUN_USER = {"clients": ["bun"]}
BUN_PROJECT = {**BUN_USER, **PROJECT}


def bunfig(install: str, scopes: str = "") -> str:
    """Write a bunfig.toml with these lines and others."""
    return f"""\
# {REMARK}
telemetry = false

[install]
cache = "/nowhere" # but here
{install}
[install.scopes]
"@other" = {{ url = "http://other.example/", token = "another-token" }}
{scopes}"""


REGISTRY = f'registry = "{URL}"\n'
BUN_FORMS = {
    "inline": (
        bunfig(f'registry = {{ url = "{URL}", token = "{TOKEN}" }} # of alice\n'),
        bunfig(f'registry = {{ url = "{URL}" }} # of alice\n'),
    ),
    "url": (bunfig(f'registry = "http://{IDENT}@{HOST}/"\n'), bunfig(REGISTRY)),
    "table": (
        bunfig(f'[install.registry]\nurl = "{URL}"\nusername = "{USER}"\npassword = "{PASSWORD}"\n'),
        bunfig(f'[install.registry]\nurl = "{URL}"\n'),
    ),
    "scope_inline": (
        bunfig(REGISTRY, f'example = {{ token = "{TOKEN}", url = "{URL}" }}\n'),
        bunfig(REGISTRY, f'example = {{ url = "{URL}" }}\n'),
    ),
    "scope_url": (
        bunfig(REGISTRY, f'"@example" = "http://:{TOKEN}@{HOST}/"\n'),
        bunfig(REGISTRY, f'"@example" = "{URL}"\n'),
    ),
    "scope_table": (
        bunfig(REGISTRY, f'\n[install.scopes.example]\nurl = "{URL}"\ntoken = "{TOKEN}"\n'),
        bunfig(REGISTRY, f'\n[install.scopes.example]\nurl = "{URL}"\n'),
    ),
}

BUN_CASES = (
    *(Case(f"bun_user_{form}", BUN, ".bunfig.toml", text, left, BUN_USER) for form, (text, left) in BUN_FORMS.items()),
    *(
        Case(f"bun_project_{form}", BUN, "project/bunfig.toml", text, left, BUN_PROJECT)
        for form, (text, left) in BUN_FORMS.items()
    ),
    Case("bun_config", BUN, "config/.bunfig.toml", *BUN_FORMS["inline"], BUN_USER, xdg=True),
    Case(
        "bun_user_beside_config",
        BUN,
        ".bunfig.toml",
        *BUN_FORMS["inline"],
        BUN_USER,
        xdg=True,
        used=False,
        beside={"config/.bunfig.toml": bunfig(REGISTRY)},
    ),
    Case("bun_npmrc", BUN, ".npmrc", NPMRC, NPMRC_LEFT),
    Case("bun_npmrc_url", BUN, ".npmrc", NPMRC_URL, NPMRC_LEFT),
    Case("bun_npmrc_config", BUN, "config/.npmrc", NPMRC, NPMRC_LEFT, BUN_USER, xdg=True),
    Case("bun_npmrc_project", BUN, "project/.npmrc", NPMRC, NPMRC_LEFT, PROJECT),
)

CASES = (*NPM_CASES, *PNPM_CASES, *YARN_CASES, *CLASSIC_CASES, *BUN_CASES)
