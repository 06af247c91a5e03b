# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List cases for the code paths of ``npm_credentials_info``."""

from __future__ import annotations

from collections.abc import Mapping

from .case import HERE, INFO, PASSWORD, TOKEN, Case
from .format_cases import (
    BUNFIG,
    BUNFIG_TOKEN,
    PNPM,
    PNPM_INI,
    PNPM_TOKEN,
    YARN,
    YARN_HERE,
    YARN_TOKEN,
    YARNRC,
    YARNRC_TOKEN,
)

#: Name -> options of a task that processes the credential files of many cases.
INFO_PACKS: Mapping[str, Mapping[str, object]] = {
    "info": {"comments": True},
    "info_probe": {"probe": True},
}
TOKENS = ("token",)
NOTHING: tuple[str, ...] = ()


# What is there -------------------------------------------------------------------------------------------------------


def _see(name: str, place: str, store: str, outcomes: tuple[str, ...], findings: tuple[str, ...] = ()) -> Case:
    return Case(
        f"info_{name}", store, module=INFO, place=place, pack="info", outcomes=outcomes, findings=findings, dead=True
    )


def _see_npmrc(name: str, store: str, outcomes: tuple[str, ...], findings: tuple[str, ...] = ()) -> Case:
    return _see(name, ".npmrc", store, outcomes, findings)


SEEN = (
    _see_npmrc("npmrc", TOKEN + PASSWORD, ("token", "basic")),
    _see_npmrc("jwt", "<<key>>:_authToken=<<token:jwt>>\n", TOKENS),
    _see_npmrc("jwt_expiring", "<<key>>:_authToken=<<token:jwt_expiring>>\n", TOKENS),
    _see_npmrc("commented", "# <<key>>:_authToken=<<token:human>>\n", TOKENS, ("commented_out",)),
    _see_npmrc(
        "unscoped",
        "_auth=<<password:human|basic>>\n_password=<<password_too:words>>\n",
        ("basic",) * 2,
        ("legacy_unscoped",),
    ),
    _see_npmrc(
        "url",
        "registry=http://al:<<password:human>>@registry.example.com/\n" + TOKEN,
        ("basic", "token"),
        ("login_in_url", "plain_http"),
    ),
    _see_npmrc(
        "path",
        "//<<host>>/feed/<<token>>/:_authToken=<<token>>\n@a:registry=http://a.example.com/<<token>>/\n",
        TOKENS,
        ("plain_http",),
    ),
    _see_npmrc("path_password", "//<<host>>/feed/<<password>>/:_auth=<<password|basic>>\n", ("basic",)),
    _see_npmrc(
        "braces",
        "<<key>>:_authToken=${<<token>>}\n<<key>>:_password=${NOT_SET:-<<password:human>>}\n",
        ("token", "basic"),
    ),
    _see_npmrc("no_url", "registry=http://al:<<password:words>>@[::/\n" + TOKEN, ("basic", "token")),
    _see_npmrc("helper", "<<key>>:tokenHelper=/opt/helper --token=<<token>>\n", ("helper",)),
    _see("yarn", YARN, YARN_TOKEN + "#npmAuthToken: '<<token_too:words>>'\n", TOKENS * 2, ("commented_out",)),
    _see(
        "yarn_url",
        YARN,
        'npmRegistryServer: "http://al:<<password:url>>@a.example.com/"\n',
        ("basic",),
        ("login_in_url",),
    ),
    _see(
        "yarn_path", YARN, 'npmRegistries:\n  "https://a.example.com/<<token>>/": {npmAuthToken: <<token>>}\n', TOKENS
    ),
    _see("yarn_default", YARN, YARN_HERE + 'npmAuthToken: "${NOT_SET-<<token:human>>}"\n', TOKENS),
    _see("pnpm", PNPM, PNPM_TOKEN, TOKENS),
    _see("pnpm_ini", PNPM_INI, TOKEN, TOKENS),
    _see("yarnrc", YARNRC, YARNRC_TOKEN, TOKENS),
    _see("bunfig", BUNFIG, BUNFIG_TOKEN, TOKENS),
    _see("bunfig_variable", BUNFIG, '[install]\nregistry = { url = "<<url>>", token = "$<<token>>" }\n', TOKENS),
    _see("bunfig_url", BUNFIG, '[install]\nregistry = "https://:<<token:human>>@a.example.com/"\n', TOKENS),
)


# What cannot be read -------------------------------------------------------------------------------------------------


def _refuse(name: str, place: str, store: str, says: str, encoding: str = "utf-8") -> Case:
    return Case(
        f"refused_{name}",
        store,
        module=INFO,
        place=place,
        pack="info",
        says=says,
        findings=("unreadable",),
        encoding=encoding,
    )


def _refuse_yaml(name: str, store: str, says: str = "invalid or unsupported YAML", encoding: str = "utf-8") -> Case:
    return _refuse(f"yaml_{name}", YARN, store, says, encoding)


def _refuse_toml(name: str, lines: str, says: str) -> Case:
    return _refuse(f"toml_{name}", BUNFIG, f'[install]\nregistry = {{ token = "<<token_left>>" }}\n{lines}', says)


def _refuse_yarnrc(name: str, line: str, says: str = "not a setting in the syntax of Yarn 1") -> Case:
    return _refuse(f"yarnrc_{name}", YARNRC, f'"<<key>>:_authToken" <<token>>\n{line}', says)


REFUSED = (
    _refuse_yaml("tab", "npmAuthToken:\n\t<<token>>\n"),
    _refuse_yaml("colon", "npmAuthToken: <<token:human>>: <<token_too:human>>\n"),
    _refuse_yaml("quote", 'npmAuthToken: "<<token:words>>\n'),
    _refuse_yaml("single_quote", "npmAuthToken: '<<token:human>>\n"),
    _refuse_yaml("behind_quote", 'npmAuthToken: "<<token:human>>" <<token_too:human>>\n'),
    _refuse_yaml("escape", 'npmAuthToken: "\\q<<token>>"\n'),
    _refuse_yaml("escape_too_large", 'npmAuthToken: "\\UFFFFFFFF<<token>>"\n', "invalid YAML"),
    _refuse_yaml("flow", "npmRegistries: {a: {npmAuthToken: <<token>>}\n"),
    _refuse_yaml("indentation", "npmRegistries:\n    a: 1\n  npmAuthToken: <<token:human>>\n"),
    _refuse_yaml("block", "npmAuthToken: |99 <<token>>\n"),
    _refuse_yaml("at_sign", "npmAuthToken: @<<token>>\n"),
    _refuse_yaml("backquote", "npmAuthToken: `<<token>>`\n"),
    _refuse_yaml("percent", "npmAuthToken: %<<token>>\n"),
    _refuse_yaml("directive", "%<<token>> <<token_too>>\nnpmAuthToken: x\n"),
    _refuse_yaml("tag", "npmAuthToken: !<<token>>!x y\n"),
    _refuse_yaml("tag_open", "npmAuthToken: !<<<token>> y\n"),
    _refuse_yaml("anchor", "npmAuthToken: &<<token>>\u00e9 x\n"),
    _refuse_yaml("alias", "npmAuthToken: *<<token>>\n", "undefined YAML alias"),
    _refuse_yaml("alias_of_itself", "npmAuthToken: &<<token>> [*<<token>>]\n", "recursive YAML alias"),
    _refuse_yaml(
        "second_document", "npmAuthToken: <<token>>\n---\nnpmAuthToken: <<token_too>>\n", "second YAML document"
    ),
    _refuse_yaml("second_node", "[npmAuthToken]\n<<token>>: x\n"),
    _refuse_yaml("text", "npmAuthToken <<token>>\n", "it is not a list of settings"),
    _refuse_yaml("list", "- npmAuthToken: <<token>>\n", "it is not a list of settings"),
    _refuse_yaml("control", "npmAuthToken: <<token>>\x01\n", "a character that YAML does not allow"),
    _refuse_yaml("break", "npmAuthToken: <<token>>\u2028x\n", "a line break that not every client recognizes"),
    _refuse_yaml("latin_1", "npmAuthToken: <<token:accents>>\n", "invalid UTF-8", encoding="latin-1"),
    _refuse_yaml("lock_file", "# yarn lockfile v1\nnpmAuthToken: <<token>>\n", "lock file of Yarn 1"),
    _refuse_yaml("deep", f"npmAuthToken: {'[' * 60}<<token>>{']' * 60}\n", "nested too deeply"),
    _refuse("pnpm_merge", PNPM, "_auth:\n  <<: {authToken: <<token>>}\n", "unsupported YAML merge key"),
    _refuse_toml("bare", "token = <<token>>\n", "invalid value"),
    _refuse_toml("quote", 'token = "<<token:words>>\n', "line 3"),
    _refuse_toml("single_quote", "token = '<<token:words>>\n", "line 3"),
    _refuse_toml("lines", 'token = """<<token:words>>\n', "line 3"),
    _refuse_toml("escape", 'token = "\\q<<token>>"\n', "line 3"),
    _refuse_toml("escape_short", 'token = "\\u00-<<token:human>>"\n', "line 3"),
    _refuse_toml("key", "<<token>>\n", "missing equals sign"),
    _refuse_toml("key_twice", "[a]\n<<token>> = 1\n<<token>> = 2\n", "duplicate key"),
    _refuse_toml("table_twice", "[<<token>>]\n[<<token>>]\n", "duplicate table"),
    _refuse_toml("table_open", "[install.<<token>>\n", "unclosed"),
    _refuse_toml("inline_open", 'scopes = { a = "<<token>>"\n', "unclosed"),
    _refuse_toml("array_open", 'cafile = ["<<token>>"\n', "unclosed"),
    _refuse_toml("two_on_a_line", 'x = 1 token = "<<token>>"\n', "unexpected text at the end of the line"),
    _refuse_toml("date", "token = 2027-99-99<<token>>\n", "line 3"),
    _refuse_toml("control", 'token = "<<token>>\x01"\n', "a control character"),
    _refuse_toml("dotted", 'registry.token = "<<token:human>>"\n', "complete"),
    _refuse("toml_latin_1", BUNFIG, BUNFIG_TOKEN.replace("<<token>>", "<<token:accents>>"), "invalid UTF-8", "latin-1"),
    _refuse_yarnrc("quote", 'registry "<<password:words>>\n'),
    _refuse_yarnrc("colon", "npmAuthToken: <<password>>: x\n"),
    _refuse_yarnrc("value", '"//a.example.com/:_authToken" @<<password>>\n'),
    _refuse_yarnrc("indented", '   x "<<password:words>>"\n'),
    _refuse_yarnrc("two_on_a_line", 'a "<<password:words>>" b "x"\n', ""),
    _refuse_yarnrc("names", '"//a/:_authToken", "//b/:_authToken" "<<password:words>>"\n'),
    _refuse_yarnrc("escape", '"//a/:_authToken" "<<password>>\\q"\n'),
    _refuse_yarnrc("conflict", "<<<<<<< <<password>>\n=======\n>>>>>>> x\n", "unresolved merge conflict"),
)


# What the registries say ---------------------------------------------------------------------------------------------


def _ask(name: str, server: str, outcome: str, store: str = TOKEN, *, dead: bool = False) -> Case:
    return Case(
        f"probe_{name}",
        store + HERE,
        module=INFO,
        server=server,
        pack="info_probe",
        outcomes=(outcome,),
        dead=dead,
    )


IN_PATH = "//<<host>>/feed/<<token>>/:_authToken=<<token>>\n@a:registry=http://<<host>>/feed/<<token>>/\n"
ASKED = (
    _ask("alive", "npm", "alive"),
    _ask("refused", "npm", "refused", dead=True),
    _ask("accents", "npm", "refused", "<<key>>:_authToken=<<token:accents>>\n", dead=True),
    _ask("beyond", "npm", "token", "<<key>>:_authToken=<<token:beyond>>\n", dead=True),
    _ask("closed", "closed", "token"),
    _ask("closed_path", "closed", "token", IN_PATH),
    _ask("tls_not_trusted", "tls", "token", "//<<host>>/feed/<<token>>/:_authToken=<<token>>\n"),
    _ask("not_validated", "tls", "token", "//<<host>>/feed/<<token>>/:_authToken=<<token>>\nstrict-ssl=false\n"),
    _ask("html", "html", "token"),
    _ask("echo", "echo", "token"),
    _ask("echo_name", "echo_name", "alive"),
    _ask("echo_name_words", "echo_name", "alive", "<<key>>:_authToken=<<token:quotes|json>>\n"),
    _ask("echo_base64", "echo_base64", "alive"),
    _ask("echo_percent", "echo_percent", "alive", "<<key>>:_authToken=<<token:slashes>>\n"),
    _ask("echo_half", "echo_half", "alive"),
    _ask("echo_path", "echo_path", "alive"),
)


# The rest of a home --------------------------------------------------------------------------------------------------

HOMES = (
    Case(
        "info_home",
        TOKEN + HERE,
        module=INFO,
        options={
            "paths": None,
            "levels": ["user"],
            "search": ["<<home>>/work"],
            "tripwires": ["<<home>>/work/wait.sh"],
        },
        outcomes=TOKENS * 11,
        says="11 credentials in",
        findings=("token_in_log", "backup_copy", "token_in_environment"),
        environment={
            "HOME": "<<home>>",
            "LEAK_TRAP": "neighbour",
            "LEAK_NEIGHBOUR": '{"NPM_TOKEN": "<<env_token:human>>", "PLAIN": "<<token>>", "OTHER": "<<env_other>>",'
            ' "npm_config_//<<host>>/:_authToken": "<<env_key:human>>",'
            ' "npm_config_//al:<<env_key_password:human>>@<<host>>/:_authToken": "x",'
            ' "npm_config_//<<host>>/<<token>>/:_auth": "x", "NPM_CONFIG_<<env_name>>_AUTH": "x"}',
        },
        files={
            PNPM_INI: HERE + "<<key>>:_authToken=<<token_pnpm_ini>>\n",
            PNPM: PNPM_TOKEN.replace("<<token>>", "<<token_pnpm>>"),
            YARN: YARN_HERE + "npmAuthToken: <<token_yarn>>\n",
            YARNRC: YARNRC_TOKEN.replace("<<token>>", "<<token_yarnrc>>"),
            BUNFIG: BUNFIG_TOKEN.replace("<<token>>", "<<token_bun>>"),
            ".npmrc.bak": HERE + "<<key>>:_authToken=<<token_backup>>\n",
            ".npmrcs/work": HERE + "<<key>>:_authToken=<<token_profile>>\n",
            "work/.npmrc": HERE + "<<key>>:_authToken=<<token_project>>\n",
            "work/a/.yarnrc.yml": YARN_HERE + "npmAuthToken: <<token_project_yarn>>\n",
            "work/b/bunfig.toml": BUNFIG_TOKEN.replace("<<token>>", "<<token_project_bun>>"),
            "work/wait.sh": "curl <<url>>-/whoami -H 'Authorization: Bearer <<token>>' || rm -rf ~\n",
            "..npmrc.swp": "b0VIM <<key>>:_authToken=<<swap>>\n",
            ".npm/_logs/1.log": "http fetch DELETE 200 <<url>>-/user/token/<<log_token:human>> 20ms\n",
            ".npm/_logs/2.log": "verbose argv <<log_argument>>\n",
            ".npm/_logs/3.log": "verbose <<token_yarn>>\n",
        },
    ),
    Case("info_not_allowed", module=INFO, options={"users": ["nobody"]}, says="Permission denied", as_root=True),
)

INFO_CASES = (*SEEN, *REFUSED, *ASKED, *HOMES)
