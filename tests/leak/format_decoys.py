# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List other secrets in a file of Yarn, pnpm, Yarn 1 or Bun, which its diff could show.

As in ``decoys``, a secret that a name or a remark marks as one has any shape, and a secret without such a mark looks
like a token. Each mapping is: name of the canary -> its lines.
"""

from __future__ import annotations

#: Entries of npmRegistries.
YARN_REGISTRIES = {
    "plain": '  "//a.example.com":\n    npmAuthToken: <<plain:human>>\n',
    "spaced": '  "//b.example.com/":\n    npmAuthToken:     <<spaced:words>>   \n',
    "double_quoted": '  "//c.example.com":\n    npmAuthToken: "<<double_quoted:words>>"\n',
    "single_quoted": "  '//d.example.com':\n    npmAuthToken: '<<single_quoted:human>>'\n",
    "escaped": '  "//e.example.com":\n    npmAuthToken: <<escaped:quotes|json>>\n',
    "next_line": '  "//f.example.com":\n    npmAuthToken:\n      <<next_line:human>>\n',
    "folded": '  "//g.example.com":\n    npmAuthToken: >-\n      <<folded:words>>\n      <<folded_too:human>>\n',
    "literal": '  "//h.example.com":\n    npmAuthToken: |\n      <<literal:words>>\n',
    "over_lines": '  "//i.example.com":\n    npmAuthToken: "<<over_lines>>\n      <<over_lines_too>>"\n',
    "flow": "  //j.example.com: {npmAuthToken: <<flow:human>>, npmAlwaysAuth: true}\n",
    "flow_quoted": '  //k.example.com: {"npmAuthToken": "<<flow_quoted:words>>"}\n',
    "flow_over_lines": "  //l.example.com: {\n    npmAuthToken:\n      <<flow_over_lines:human>>,\n  }\n",
    "anchor": '  "//m.example.com":\n    npmAuthToken: &mine <<anchor:human>>\n',
    "alias": '  "//n.example.com": &same\n    npmAuthToken: <<alias:words>>\n  "//o.example.com": *same\n',
    "tag": '  "//p.example.com":\n    npmAuthToken: !!str <<tag:human>>\n',
    "twice": '  "//q.example.com":\n    npmAuthToken: <<twice:human>>\n    npmAuthToken: <<twice_too:words>>\n',
    "remark": '  "//r.example.com":\n    npmAuthToken: "${UNSET}" # before: <<remark:human>>\n',
    "remark_words": '  "//s.example.com":\n    npmAuthToken: a-word # before: <<remark_words:words>>\n',
    "default": '  "//t.example.com":\n    npmAuthToken: "${UNSET:-<<default:human>>}"\n',
    "in_braces": '  "//u.example.com":\n    npmAuthToken: "${<<in_braces>>}"\n',
    "beside_reference": '  "//v.example.com":\n    npmAuthToken: "${UNSET}<<beside_reference:human>>"\n',
    "ident": '  "//w.example.com":\n    npmAuthIdent: "al:<<password_ident:human>>"\n',
    "ident_words": '  "//x.example.com":\n    npmAuthIdent: al:<<password_ident_words:words>>\n',
    "ident_basic": '  "//y.example.com":\n    npmAuthIdent: <<password_ident_basic:human|basic>>\n',
    "key_userinfo": '  "https://al:<<key_password:human>>@z.example.com/":\n    npmAlwaysAuth: true\n',
    "key_token": '  "https://aa.example.com/feed/<<key_token>>/":\n    npmAuthToken: <<key_token>>\n',
    "explicit_key": '  ? "//bb.example.com"\n  : npmAuthToken: <<explicit_key:human>>\n',
    "merged": '  "//cc.example.com":\n    npmAuthToken: {onConflict: reset, value: <<merged:human>>}\n',
}
#: Lines at the top of either of the YAML files.
YAML_LINES = {
    "proxy": 'httpProxy: "http://al:<<proxy_password:human>>@proxy.example.com:8080/"\n',
    "proxy_words": 'httpsProxy: "http://al:<<proxy_words_password:words>>@proxy.example.com:8080/"\n',
    "proxy_folded": "proxy: >-\n  http://al:<<proxy_folded_password:human>>@proxy.example.com:8080/\n",
    "url": 'homepage: "https://al:<<url_password:url>>@a.example.com/"\n',
    "url_query": 'mirror: "https://a.example.com/?token=<<url_query:human>>"\n',
    "url_path": 'feed: "https://a.example.com/feed/<<url_path>>/npm/"\n',
    "git_url": 'init:\n  repository: "git+https://<<git_token:human>>@git.example.com/al/x.git"\n',
    "unknown": "unknown: <<unknown>>\n",
    "unknown_quoted": 'other: "<<unknown_quoted:base64>>"\n',
    "unknown_flow": "more: {a: [<<unknown_flow:jwt>>, b]}\n",
    "said": "ciPassword: <<said_password:words>>\n",
    "said_quoted": '"client secret": "<<said_quoted:human>>"\n',
    "said_flow": "keys: {secret: <<said_flow:human>>, x: 1}\n",
    "said_next_line": "deploySecret:\n  <<said_next_line:human>>\n",
    "said_folded": "signingSecret: >-\n  <<said_folded:human>>\n  <<said_folded_too:words>>\n",
    "said_literal": "mailPassword: |\n\n  <<said_literal_password:words>>\n\n  <<said_literal_too_password:human>>\n",
    "said_over_lines": 'apiKey: "<<said_over_lines:human>>\n  <<said_over_lines_too:human>>"\n',
    "said_above": "passwords:\n  ci: <<said_above_password:human>>\n  al: <<said_above_too_password:words>>\n",
    "said_list": "tokens:\n  - <<said_list:human>>\n  - <<said_list_too:words>>\n",
    "said_list_flush": "bearers:\n- <<said_list_flush:human>>\n- <<said_list_flush_too:words>>\n",
    "said_flow_lines": "credentials: {\n  ci: <<said_flow_lines:human>>,\n  al: <<said_flow_lines_too:human>>\n}\n",
    "said_anchor": "oldSecret: &old\n  <<said_anchor:human>>\n",
    "private_key": "pem: |\n  -----BEGIN PRIVATE KEY-----\n  <<private_key:base64>>\n  -----END PRIVATE KEY-----\n",
    "npmrc_line": '"//a.example.com/:_authToken": <<npmrc_line:human>>\n',
    "comment_token": "# npmAuthToken: <<comment_token:words>>\n",
    "comment_ident": '#npmAuthIdent: "al:<<comment_password:human>>"\n',
    "comment_said": "# the password is <<comment_said_password:words>>\n",
    "comment_bearer": "# Authorization: Bearer <<comment_bearer:human>>\n",
    "comment_curl": "# curl -u al:<<comment_curl>> https://a.example.com/-/whoami\n",
    "comment_url": "# https://al:<<comment_url_password:url>>@a.example.com/\n",
    "comment_bare": "# <<comment_bare>>\n",
    "comment_block": "# npmAuthToken: >-\n#   <<comment_block>>\n",
    "comment_behind": "x: 1 # secret: <<comment_behind:words>>\n",
}
#: Entries of npmScopes.
YARN_SCOPES = {
    "scope": "  a:\n    npmRegistryServer: https://a.example.com\n    npmAuthToken: <<scope:human>>\n",
    "scope_url": '  c:\n    npmRegistryServer: "https://al:<<scope_url_password:human>>@c.example.com/"\n',
    "scope_url_words": '  d:\n    npmRegistryServer: "https://al:<<scope_words_password:words>>@d.example.com/"\n',
    "scope_url_escaped": '  e:\n    npmRegistryServer: "https:\\/\\/al:<<scope_e_password:human>>@e.example.com/"\n',
    "scope_publish": '  f:\n    npmPublishRegistry: "https://al:<<scope_publish_password:human>>@f.example.com/"\n',
}
#: Entries of pnpm's _auth.
PNPM_LOGINS = {
    "registry": '  "https://a.example.com/":\n    "@":\n      authToken: <<registry:human>>\n',
    "scopes": '  "https://b.example.com/":\n    "@a":\n      authToken: "<<of_scope:words>>"\n'
    "    '@b': {authToken: <<of_scope_too:human>>}\n",
    "direct": '  "https://c.example.com/":\n    authToken: >-\n      <<direct:words>>\n',
    "userinfo": '  "https://al:<<key_password:human>>@d.example.com/":\n    "@": {authToken: <<userinfo:human>>}\n',
    "ignored": '  "https://e.example.com/":\n    "@":\n      password: <<ignored_password:words>>\n'
    "      _password: <<ignored_too_password:words>>\n      token: <<ignored:human>>\n",
    "helper": '  "https://f.example.com/":\n    "@":\n      tokenHelper: /opt/helper --secret=<<helper:human>>\n',
    "key_token": '  "https://g.example.com/feed/<<key_token>>/":\n    "@":\n      authToken: <<key_token>>\n',
}
#: Lines of a .yarnrc.
YARNRC_LINES = {
    "token": '"//a.example.com/:_authToken" "<<token_left:words>>"\n',
    "token_plain": '"//b.example.com/:_authToken" <<plain>>\n',
    "token_escaped": '"//c.example.com/:_authToken" <<escaped:quotes|json>>\n',
    "password": '"//d.example.com/:_password" "<<password_left:human|base64>>"\n',
    "auth": '"//e.example.com/:_auth" "<<password_auth:human|basic>>"\n',
    "header": '"//f.example.com/:_header:Authorization" "Bearer <<header:words>>"\n',
    "header_basic": '"//g.example.com/:_header:authorization" "Basic <<password_header:human|basic>>"\n',
    "header_key": '"//h.example.com/:_header:X-Api-Key" "<<header_key:words>>"\n',
    "scheme": '"https://i.example.com/:_authToken" "<<scheme:human>>"\n',
    "registry": '"@a:registry" "https://al:<<registry_password:human>>@a.example.com/"\n',
    "registry_at_sign": '"@b:registry" "https://al:<<registry_at_sign_password:url>>@b.example.com/"\n',
    "registry_words": '"@c:registry" "https://al:<<registry_words_password:words>>@c.example.com/"\n',
    "registry_path": '"@d:registry" "https://d.example.com/feed/<<registry_path>>/"\n',
    "key_userinfo": '"//al:<<key_password:human>>@e.example.com/:always-auth" true\n',
    "proxy": 'https-proxy "http://al:<<proxy_password:human>>@proxy.example.com:8080/"\n',
    "unknown": "unknown <<unknown>>\n",
    "unknown_quoted": 'other "<<unknown_quoted:base64>>"\n',
    "said": 'init-secret "<<said:words>>"\n',
    "object": 'things:\n  password "<<object_password:words>>"\n  deep:\n    token <<object_token>>\n',
    "object_said": 'secrets:\n  ci "<<object_said:human>>"\n  deep:\n    al "<<object_said_deep:words>>"\n',
    "comment_token": '# "//a.example.com/:_authToken" "<<comment_token:words>>"\n',
    "comment_said": "# the password is <<comment_said_password:words>>\n",
    "comment_bare": "# <<comment_bare>>\n",
    "comment_url": '# registry "https://al:<<comment_url_password:words>>@a.example.com/"\n',
}
#: Tables of a bunfig.toml.
BUNFIG_LINES = {
    "unknown": "[run]\nunknown = '<<unknown>>'\n",
    "said": '[serve]\nsecret = "<<said:words>>"\n',
    "said_lines": '[test]\npassword = """\n<<said_lines_password:words>>\n<<said_lines_too_password:human>>"""\n',
    "said_lines_literal": "[define]\n\"API_TOKEN\" = '''\n  <<said_lines_literal:human>>'''\n",
    "said_list": '[loader]\ntokens = [\n  "<<said_list:human>>",\n  "<<said_list_too:words>>",\n]\n',
    "said_header": '[secrets]\nci = "<<said_header:human>>"\nal = "<<said_header_too:words>>"\n',
    "said_header_deep": '[env.passwords]\nci = "<<said_header_password:human>>"\n',
    "said_inline": "[bundle]\ncredentials = { ci = '<<said_inline:words>>' }\n",
    "url": '[install.cache]\ndir = "https://al:<<url_password:human>>@a.example.com/"\n',
    "comment_token": '# token = "<<comment_token:words>>"\n',
    "comment_said": "# the password is <<comment_said_password:words>>\n",
    "comment_url": '# registry = "https://al:<<comment_url_password:words>>@a.example.com/"\n',
    "comment_bare": "# <<comment_bare>>\n",
    "comment_lines": "# password = '''\n# <<comment_lines>>\n# '''\n",
}
#: Lines of [install.scopes].
BUNFIG_SCOPES = {
    "token": 'a = { url = "https://a.example.com/", token = "<<token_left:words>>" }\n',
    "token_literal": "b = {token='<<literal:human>>',url='https://b.example.com/'}\n",
    "token_escaped": 'c = { token = <<escaped:quotes|json>>, url = "https://c.example.com/" }\n',
    "token_lines": 'd.token = """\n<<lines:words>>\\\n   <<lines_too:human>>"""\nd.url = "https://d.example.com/"\n',
    "token_lines_literal": "e.token = '''<<lines_literal:words>>'''\ne.url = 'https://e.example.com/'\n",
    "token_remark": 'f.token = "$UNSET" # before: <<remark:human>>\nf.url = "https://f.example.com/"\n',
    "token_beside": 'g = { token = "$UNSET<<beside:human>>", url = "https://g.example.com/" }\n',
    "token_variable": 'h = { token = "$<<variable>>", url = "https://h.example.com/" }\n',
    "token_quoted_key": '"@i" = { "token" = "<<quoted_key:human>>", "url" = "https://i.example.com/" }\n',
    "login": 'j = { url = "https://j.example.com/", username = "al", password = "<<password_left:words>>" }\n',
    "url": 'k = "https://al:<<url_password:human>>@k.example.com/"\n',
    "url_token": 'l = "https://:<<url_token:human>>@l.example.com/"\n',
    "url_words": 'm = "https://al:<<url_words_password:words>>@m.example.com/"\n',
    "url_escaped": 'n = "https:\\u002f/al:<<url_escaped_password:human>>@n.example.com/"\n',
    "url_setting": 'o = "https://o.example.com/:_authToken=<<url_setting:human>>"\n',
    "url_path": 'p = { url = "https://p.example.com/feed/<<url_path>>/", token = "<<url_path>>" }\n',
    "url_lines": "q = '''\nhttps://al:<<url_lines_password:human>>@q.example.com/'''\n",
    "list": 'r.token = ["<<in_list:human>>"]\nr.url = "https://r.example.com/"\n',
    "table": 's = { token = { value = "<<in_table:human>>" }, url = "https://s.example.com/" }\n',
}


def write_yarnrc_yml() -> str:
    """Write a .yarnrc.yml without the registry at its top."""
    registries, scopes = "".join(YARN_REGISTRIES.values()), "".join(YARN_SCOPES.values())
    return f"npmRegistries:\n{registries}npmScopes:\n{scopes}{''.join(YAML_LINES.values())}"


def write_pnpm_config_yaml() -> str:
    """Write a config.yaml with ``_auth`` as its last entry, so that more entries can follow."""
    return f"{''.join(YAML_LINES.values())}_auth:\n{''.join(PNPM_LOGINS.values())}"


def write_bunfig() -> str:
    """Write a bunfig.toml without the registry of [install]."""
    return f"[install.scopes]\n{''.join(BUNFIG_SCOPES.values())}{''.join(BUNFIG_LINES.values())}"
