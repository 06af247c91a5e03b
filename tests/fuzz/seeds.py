# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List the initial inputs of a search, the words that it tries, and the inputs that failed in the past.

They are escaped bytes, because many contain special line endings, byte order marks or invalid UTF-8.
"""

from __future__ import annotations

TOKEN = "npm_0aB1cD2eF3gH4iJ5kL6mN7oP8qR9sT0uV1wX"
PASSWORD = "hunter2"
ENVIRONMENT = {
    "HOST": "npm.example.com",
    "NPM_TOKEN": "npm_0fR0mTheEnV1r0nMent000000000000000000",
    "EMPTY": "",
    "TWICE": "${HOST}",
}

#: The number of bytes before a file that choose its processing: the selection, ``revoke``, two for the outcomes.
CHOICES = {"credentials": 4}

_NPMRC = (
    b"registry=https://npm.example.com/\n//npm.example.com/:_authToken=%(token)s\n",
    b'; a comment\r\n//npm.example.com/:_authToken = "%(token)s" ; behind it\r\n[section]\r\na=b\r\n',
    b"\xef\xbb\xbf//npm.example.com/:_authToken=%(token)s\n[section]\n//npm.example.com/:_authToken=x\n",
    b"//npm.example.com/a/:username=alice\n//npm.example.com/a/:_password=%(password)s\n//npm.example.com/a/:email=a@b",
    b"#//npm.example.com/:_authToken=%(token)s\n;;  //npm.example.com/:_auth=YWxpY2U6aHVudGVyMg==\n",
    b"_auth=YWxpY2U6aHVudGVyMg==\nusername=alice\n_password=%(password)s\n-authtoken=%(token)s\nalways-auth=true",
    b"//npm.example.com/:_authToken[]=%(token)s\nca[]=\"two\\nlines\"\nkey\n=value\n'a'='[1,{}]'\n",
    b"//${HOST}/:_authToken=${NPM_TOKEN}\n//${NONE?}/:_authToken=a\\${NPM_TOKEN}\n_authToken=${%(token)s}\n",
    b"@x:registry=https://127.0.0.1:4873/\n//127.0.0.1:4873/:certfile=/c\n//127.0.0.1:4873/:keyfile=/k\n",
    b"//npm.example.com/:tokenHelper=/usr/bin/helper\nproxy=http://alice:%(password)s@proxy.example.com:8080/\n",
)
_YARNRC_YML = (
    b'# of alice\nnpmRegistryServer: "https://npm.example.com"\nnpmAuthToken: %(token)s # mine\nnodeLinker: pnp\n',
    b"npmRegistries:\r\n  //npm.example.com:\r\n    npmAlwaysAuth: true\r\n    npmAuthIdent: 'alice:%(password)s'\r\n",
    b"npmScopes: {x: {npmAuthToken: '%(token)s', npmRegistryServer: https://a:%(password)s@npm.example.com}, y: {}}\n",
    b"\xef\xbb\xbf---\nnpmScopes:\n  x:\n    npmAuthToken: >-\n      %(token)s\n# npmAuthToken: %(token)s\n",
    b"a: &a\n  npmAuthToken: ${NPM_TOKEN:-%(token)s}\nnpmRegistries:\n  ? https://npm.example.com/\n  : *a\n",
)
_PNPM_CONFIG_YAML = (
    b'_auth:\n  https://npm.example.com/:\n    "@":\n      authToken: %(token)s\nsaveExact: true\n',
    b"registries: {default: 'https://a:%(password)s@npm.example.com/'}\n"
    b"_auth: {'//npm.example.com/': {'@x': {authToken: %(token)s}}}",
)
_YARNRC = (
    b'# yarn\n"//npm.example.com/:_authToken" "%(token)s"\n'
    b'registry "https://a:%(password)s@npm.example.com/"\nlastUpdateCheck 1\n',
    b"--install.x y\r\n//npm.example.com/:_password: %(password)s\r\n"
    b'a:\r\n  b "c"\r\n# "//npm.example.com/:_authToken" %(token)s',
)
_BUNFIG = (
    b'[install] # mine\nregistry = { url = "https://npm.example.com/", token = "%(token)s" }\n'
    b'[install.scopes]\nx = "$NPM_TOKEN"\n',
    b'[install.registry]\nurl = "https://a:%(password)s@npm.example.com"\n# token = "%(token)s"\n'
    b"[install.scopes.\"@x\"]\ntoken = '%(token)s'\n",
    b'install.scopes.x = { username = "alice", password = """%(password)s""", url = "https://npm.example.com" }\r\n'
    b"[[a]]\r\nb = 1e3\r\n",
)


def _fill(files: tuple[bytes, ...]) -> tuple[bytes, ...]:
    return tuple(file % {b"token": TOKEN.encode(), b"password": PASSWORD.encode()} for file in files)


NPMRC = _fill(_NPMRC)

URLS = (
    b"https://npm.example.com/",
    b"HTTP://u:p@NPM.example.com:0443/a/../b%2e%2E/?q#f",
    b"http://[::ffff:127.0.0.1]:4873/x",
    b"https://b\xc3\xbccher.example/\xc3\xbc//",
    b"https:\\\\npm.example.com\\a\t\n",
    b"http://127.0.0.1:80/%zz",
    b"//npm.example.com/a/:@org:_authToken",
)

#: The initial inputs for each target.
SEEDS: dict[str, tuple[bytes, ...]] = {
    "npmrc": NPMRC,
    "yarnrc_yml": _fill(_YARNRC_YML),
    "pnpm_config_yaml": _fill(_PNPM_CONFIG_YAML),
    "yarnrc": _fill(_YARNRC),
    "bunfig": _fill(_BUNFIG),
    "keys": URLS,
    "credentials": tuple(bytes([number, 0, 1, 2]) + file for number, file in enumerate(NPMRC)),
    "diff": NPMRC,
}

#: Words that a search takes long to find.
WORDS = (
    *(b"//npm.example.com/", b"//npm.example.com/a/", b"//127.0.0.1:4873/", b"https://", b"http://", b"[::1]", b"xn--"),
    *(b":_authToken=", b":_auth=", b":_password=", b":username=", b":email=", b":certfile=", b":keyfile="),
    *(b":tokenHelper=", b":@org", b"_authToken=", b"-authtoken=", b"registry=", b"@x:registry=", b"[]=", b"[a]\n"),
    *(b"${NPM_TOKEN}", b"${HOST}", b"${EMPTY}", b"${NONE}", b"${NONE?}", b"\\${", TOKEN.encode(), PASSWORD.encode()),
    *(b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xc2\xa0", b"\xc3\x9f", b"\r\n", b"\n", b"\r", b"\n;", b"\n#", b"%2e%2e"),
    *(b'"\\ud800"', b"'[[1]]'", b"__proto__", b"true", b"null"),
)

#: Inputs that failed in the past: the defect -> the target and its input.
REGRESSIONS: dict[str, tuple[str, bytes]] = {
    "token in the place of a variable's name, shown": ("credentials", b"\0\0\0\0_authToken=${%s}\n" % TOKEN.encode()),
    "line that begins with a mark, shown in another way": ("diff", b"\xef\xbb\xbfa=b\n${NONE?}"),
    "file that is mostly NUL, a login's": ("credentials", bytes(8)),
    "fallback of a reference, a login's": (
        "credentials",
        b"\0\0\0\0_auth=x${NPM_TOKEN-auth=y}z\n//h/:_authToken=${NPM_TOKEN-auth}",
    ),
    "file that is mostly NUL, shown": ("diff", b"//npm.example.com/:tokenHelper=/a" + bytes(30) + b"\n"),
    "file that is mostly NUL without its logins": (
        "credentials",
        b"\0\0\0\0//npm.example.com/:_authToken=%s\na=" % TOKEN.encode() + bytes(12),
    ),
}
