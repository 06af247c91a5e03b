# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List cases for the code paths of ``npm_logout``, with the secrets of an ``.npmrc``."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from .case import ANY, CONFIRMED, FAILED, HERE, PASSWORD, TOKEN, WITH_LOGIN, Case
from .decoys import DECOYS

PEM = "-----BEGIN {0}-----\n{1}\n-----END {0}-----\n"

EVERYTHING: Mapping[str, object] = {"registry": None, "all_registries": True}
#: Name -> options of a task that processes the credential files of many cases.
NPMRC_PACKS: Mapping[str, Mapping[str, object]] = {
    "outcomes": EVERYTHING,
    "faults": EVERYTHING,
    "timeouts": {**EVERYTHING, "timeout": 3, "verify_timeout": 5},
    "parrots": EVERYTHING,
    "next_pages": EVERYTHING,
    "places": EVERYTHING,
}


# What can come of a credential ---------------------------------------------------------------------------------------


def _ended(name: str, token: str) -> Case:
    return Case(
        f"confirmed_{name}",
        store=f"# kept\n<<key>>:_authToken={token}\n{HERE}",
        pack="outcomes",
        outcomes=CONFIRMED,
        changed=True,
    )


def _left(name: str, store: str, changed: bool = True) -> Case:
    """Make a case in which no registry is needed."""
    outcome = name.partition("__")[0]
    return Case(name, store=store + HERE, pack="outcomes", outcomes=(outcome,), changed=changed)


OUTCOMES = (
    Case("confirmed", outcomes=CONFIRMED, changed=True),
    _ended("base64", "<<token:base64>>"),
    _ended("uuid", "<<token:uuid>>"),
    _ended("jwt", "<<token:jwt>>"),
    _ended("hex", "<<token:hex>>"),
    _ended("percent", "<<token:percent>>"),
    _ended("slashes", "<<token:slashes>>"),
    _ended("short", "<<token:short>>"),
    _ended("words", "<<token:words>>"),
    _ended("quotes", "<<token:quotes|json>>"),
    Case(
        "confirmed_verdaccio",
        store=f"<<key>>:_authToken=<<token:base64>>\n{HERE}",
        server="verdaccio",
        options={"verify_timeout": 3},
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "confirmed_tls",
        store=TOKEN + HERE + "cafile=<<ca>>\n",
        server="tls",
        pack="outcomes",
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "confirmed_tls_address",
        store=TOKEN + HERE + "cafile=<<ca>>\n",
        server="tls_address",
        pack="outcomes",
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "confirmed_below",
        store="<<key>>:_authToken=<<token:base64>>\n" + HERE,
        server="below",
        options={"registry": None},
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "confirmed_scope",
        store="@corp:registry=<<url>>\n" + TOKEN,
        options={"registry": None, "scope": "@corp"},
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "confirmed_fingerprint",
        store=TOKEN + HERE + "//other.example.com/:_authToken=<<other>>\n",
        options={"registry": None, "fingerprints": ["<<token|fingerprint>>"]},
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "confirmed_commented",
        store="; <<key>>:_authToken=<<token>>\n#<<key>>:_password=<<password:human|base64>>\n",
        options={"comments": True},
        outcomes=("confirmed", "not_applicable"),
        changed=True,
    ),
    Case("already_invalid", dead=True, outcomes=("already_invalid",), changed=True),
    Case(
        "already_invalid_accents",
        store="<<key>>:_authToken=<<token:accents>>\n" + HERE,
        pack="outcomes",
        dead=True,
        outcomes=("already_invalid",),
        changed=True,
    ),
    Case(
        "already_invalid_accents_quoted",
        store="<<key>>:_authToken=<<token:accents|json>>\n" + HERE,
        pack="outcomes",
        dead=True,
        outcomes=("already_invalid",),
        changed=True,
    ),
    Case(
        "failed_latin_1",
        store="<<key>>:_authToken=<<token:accents>>\n" + HERE,
        encoding="latin-1",
        pack="outcomes",
        dead=True,
        outcomes=FAILED,
        says="an HTTP header",
    ),
    Case(
        "failed_beyond",
        store="<<key>>:_authToken=<<token:beyond>>\n" + HERE,
        pack="outcomes",
        dead=True,
        outcomes=FAILED,
        says="an HTTP header",
    ),
    Case("accepted", options={"revoke": "accepted"}, outcomes=("accepted",), changed=True),
    Case(
        "accepted_unproved",
        store=TOKEN + HERE,
        server="no_identity",
        pack="outcomes",
        outcomes=("accepted",),
        says="could not be verified",
    ),
    Case("ineffective", server="lying", outcomes=("ineffective",), says="still accepts the token"),
    Case("unsupported", server="no_endpoints", outcomes=("unsupported",), says="no way for a client"),
    Case("failed", server="forbidden", outcomes=FAILED, says="it answered 403"),
    Case(
        "failed_one_time_password",
        store=TOKEN + HERE,
        server="one_time_password",
        pack="outcomes",
        outcomes=FAILED,
        says="one-time password",
    ),
    Case("attempted", server="server_error", options={"revoke": "attempted"}, outcomes=FAILED, changed=True),
    _left("unresolved", "<<key>>:_authToken=${NOT_SET_HERE}\n"),
    _ended("default", "${NOT_SET_HERE:-<<token>>}"),
    _ended("default_short", "${NOT_SET_HERE-<<token:human>>}"),
    _left("unresolved__in_braces", "<<key>>:_authToken=${<<token>>}\n"),
    _left("unresolved__hex_in_braces", "<<key>>:_authToken=${<<token:hex>>}\n"),
    _left("not_applicable__odd_in_braces", "<<key>>:_password=${<<password:human>>}\n"),  # the fallback is a password
    _left("unresolved__helper", "<<key>>:tokenHelper=/opt/helper --token=<<token>>\n"),
    _left("not_applicable", PASSWORD),
    _left("not_applicable__accents", "<<key>>:username=al\n<<key>>:_password=<<password:beyond|base64>>\n"),
    _left("not_applicable__plain", "<<key>>:username=al\n<<key>>:_password=<<password:quotes>>\n"),
    _left("not_applicable__auth", "<<key>>:_auth=<<password:human|basic>>\n"),
    _left("not_applicable__auth_legacy", "_auth=<<password:accents|basic>>\nemail=al@example.com\n"),
    _left("not_applicable__certificate", "<<key>>:certfile=<<home>>/c.pem\n<<key>>:keyfile=<<home>>/k.pem\n"),
    _left(
        "not_applicable__certificate_text",
        'cert="-----BEGIN CERTIFICATE-----\\nnone\\n-----END CERTIFICATE-----"\n'
        'key="-----BEGIN PRIVATE KEY-----\\n<<password:base64>>\\n-----END PRIVATE KEY-----"\n',
    ),
    _left(
        "not_applicable__certificate_text_unquoted",
        "<<key>>:cert=none\n"
        "<<key>>:key=-----BEGIN PRIVATE KEY-----\\n<<password:base64>>\\n-----END PRIVATE KEY-----\n",
    ),
    Case(
        "certificate_of_no_use",
        store=TOKEN + "<<key>>:certfile=<<home>>/c.pem\n<<key>>:keyfile=<<home>>/k.pem\ncafile=<<ca>>\n"
        'key="-----BEGIN PRIVATE KEY-----\\n<<inline_password:base64>>\\n-----END PRIVATE KEY-----"\n',
        server="tls",
        outcomes=("failed", "not_applicable"),
        says="client certificate cannot be used",
        files={
            "c.pem": PEM.format("CERTIFICATE", "none"),
            "k.pem": PEM.format("PRIVATE KEY", "<<file_password:base64>>"),
        },
    ),
    Case(
        "protected",
        options={"protected_fingerprints": ["<<token|fingerprint>>"]},
        outcomes=("protected",),
        says="protected",
    ),
    Case("skipped", options={"revoke": "never"}, outcomes=("skipped",), changed=True),
    Case(
        "pending",
        store=TOKEN + PASSWORD,
        keywords={"check_mode": True},
        outcomes=("pending", "not_applicable"),
        changed=True,
    ),
    Case(
        "several",
        store=TOKEN
        + PASSWORD
        + "<<key>>:_auth=<<auth_password:human|basic>>\n//closed.invalid/:_authToken=<<far>>\n"
        + HERE,
        options={"registry": None, "all_registries": True},
        outcomes=("confirmed", "not_applicable", "not_applicable", "failed"),
        says="cannot be resolved",
        changed=True,
    ),
    Case(
        "from_environment",
        store="<<key>>:_authToken=${LEAK_TOKEN}\n<<key>>:_password=${LEAK_PASSWORD}\n",
        environment={"LEAK_TOKEN": "<<token>>", "LEAK_PASSWORD": "<<password:human|base64>>"},
        outcomes=("confirmed", "not_applicable"),
        changed=True,
    ),
    Case(
        "from_environment_registry",
        # The names differ from those above, because the module searches other processes and both cases can run at once.
        store="registry=http://${LEAK_URL_USER}:${LEAK_URL_PASSWORD}@<<host>>/\n" + TOKEN,
        environment={"LEAK_URL_USER": "al", "LEAK_URL_PASSWORD": "<<password:human>>"},
        options={"registry": None, "all_registries": True},
        outcomes=WITH_LOGIN,
        changed=True,
    ),
    Case("nothing_to_do", store="x=1\n//other.example.com/:_authToken=<<other>>\n", says="nothing to do"),
)


# What can go wrong on the way ----------------------------------------------------------------------------------------


def _fault(server: str, says: str, outcome: str = "failed", pack: str = "faults", store: str = TOKEN) -> Case:
    return Case(server, store=store + HERE, server=server, pack=pack, outcomes=(outcome,), says=says)


def _parrot(server: str, says: str, outcome: str = "failed", pack: str = "parrots", token: str = "<<token>>") -> Case:
    store = f"<<key>>:_authToken={token}\n{HERE}"
    return Case(server, store=store, server=server, pack=pack, outcomes=(outcome,), says=says, dead=True)


FAULTS = (
    _fault("closed", "connection refused"),
    _fault("reset", "closed unexpectedly"),
    _fault("cut", ""),
    _fault("tls_unknown", "not trusted here", store=TOKEN + "cafile=<<ca>>\n"),
    _fault("elsewhere", "another origin"),
    _fault("circles", "in a loop"),
    _fault("too_many", "it answered 429"),
    _fault("server_error", "it answered 500"),
    _fault("html", "its response is a web page"),
    _fault("not_json", "it reported success"),
    _fault("drip", "within 3 s", pack="timeouts"),
    Case("slow", store=TOKEN + HERE, server="slow", pack="timeouts", outcomes=CONFIRMED, changed=True),
    _fault("endless_headers", ""),
    _fault("gzip_bomb", "", outcome=ANY),
    Case("tls_not_trusted", server="tls", outcomes=FAILED, says="TLS certificate"),
    Case(
        "tls_no_ca",
        store=TOKEN + HERE + "ca=<<password>>\n",
        server="tls",
        pack="faults",
        outcomes=FAILED,
        says="Cannot reach",
    ),
    _parrot("echo", "it answered 403"),
    _parrot("echo_name", "", token="<<token:accents>>"),
    _parrot("mangled_header", "", outcome=ANY),
    _parrot("mangled_status", ""),
    _parrot("mangled_chunks", ""),
    _parrot("mangled_length", "", outcome=ANY),
    _parrot("mangled_encoding", "", outcome=ANY),
    _parrot("mangled_location", ""),
    _parrot("mangled_port", ""),
    _parrot("next_page_at_token", "", outcome=ANY, pack="next_pages"),
    _parrot("next_page_in_brackets", "", outcome=ANY, pack="next_pages"),
    _parrot("next_page_unclosed", "", outcome=ANY, pack="next_pages"),
    Case("requests_missing", bare=True, outcomes=None, says="requests"),
    Case("requests_missing_pending", bare=True, keywords={"check_mode": True}, outcomes=("pending",), changed=True),
)


# Passwords and tokens in URLs ----------------------------------------------------------------------------------------


def _proxy(name: str, line: str, server: str = "npm") -> Case:
    store = f"{TOKEN}{HERE}{line}\nnoproxy=\ncafile=<<ca>>\n"
    return Case(f"proxy_{name}", store=store, server=server, pack="places", outcomes=FAILED, says="Cannot reach")


def _place(name: str, store: str) -> Case:
    return Case(f"userinfo_{name}", store=store, pack="places", outcomes=WITH_LOGIN, changed=True)


def _key_with_userinfo(name: str, password: str) -> Case:
    store = f"//al:{password}@<<host>>/:_authToken=<<token>>\nnoproxy=127.0.0.1\n"
    says = "No client sends this token"
    return Case(f"userinfo_{name}", store=store, pack="places", outcomes=FAILED, says=says)


PLACES = (
    Case(
        "proxy",
        store=TOKEN + HERE + "proxy=http://al:<<password:human>>@<<proxy>>/\nnoproxy=\n",
        pack="places",
        outcomes=CONFIRMED,
        changed=True,
    ),
    _proxy("refused", "proxy=http://al:<<password:human>>@<<closed>>/"),
    _proxy("tls_refused", "https-proxy=http://al:<<password:human>>@<<closed>>/", server="tls"),
    _proxy("at_sign", "proxy=http://al:<<password:url>>@<<closed>>/"),
    _proxy("slashes", "proxy=http://al:<<password:slashes>>@<<closed>>/"),
    _proxy("no_url", "proxy=http://al:<<password:words>>@[::/"),
    _proxy("no_scheme", "proxy=al:<<password:human>>@<<closed>>"),
    _proxy("no_host", "proxy=http://<<password>>/"),
    _proxy("socks", "proxy=socks5://al:<<password:human>>@<<closed>>/"),
    Case(
        "proxy_from_environment",
        environment={"http_proxy": "http://al:<<password:human>>@<<closed>>/"},
        outcomes=FAILED,
        says="Cannot reach",
    ),
    _place("registry", "registry=http://al:<<password:human>>@<<host>>/\n" + TOKEN),
    _place("at_sign", "registry=http://al:<<password:url>>@<<host>>/\n" + TOKEN),
    _place("words", "registry=http://al:<<password:words>>@<<host>>/\n" + TOKEN),
    _place("scope", "@corp:registry=http://al:<<password:human>>@<<host>>/\n" + TOKEN),
    # No URL in the file leads to such a key, so it means https.
    _key_with_userinfo("key", "<<password:human>>"),
    _key_with_userinfo("key_at_sign", "<<password:url>>"),
    _key_with_userinfo("key_words", "<<password:words>>"),
    Case(
        "userinfo_default",
        store="registry=http://al:<<password:human>>@<<host>>/\n" + TOKEN,
        options={"registry": None},
        outcomes=WITH_LOGIN,
        changed=True,
    ),
    Case(
        "userinfo_no_host",
        store="registry=http://al:<<password:human>>@[<<token>>/\n",
        options={"registry": None},
        says="an IPv6 address without a closing bracket",
    ),
    Case(
        "userinfo_no_url",
        store="registry=<<token>>\n",
        options={"registry": None},
        says="must start with http:// or https://",
    ),
    # Feeds with a token in their path, which can only be masked.
    Case(
        "token_in_path",
        store="//<<host>>/feed/<<token>>/:_authToken=<<token>>\n"
        "//<<host>>/feed/<<odd:percent|quoted>>/:_authToken=<<odd:percent>>\n"
        "@corp:registry=http://<<host>>/feed/<<token>>/\n@two:registry=http://<<host>>/feed/<<odd:percent|quoted>>/\n",
        options={"registry": None, "all_registries": True, "revoke": "attempted"},
        dead=True,
        outcomes=("unsupported", "unsupported"),
        changed=True,
    ),
    Case(
        "token_in_path_left",
        store="//<<host>>/feed/<<token>>/:_authToken=<<token>>\n@corp:registry=http://<<host>>/feed/<<token>>/\n",
        options={"registry": None, "scope": "corp"},
        dead=True,
        outcomes=("unsupported",),
        says="no way for a client",
    ),
    Case(
        "password_in_path",
        store="//<<host>>/feed/<<password>>/:username=al\n//<<host>>/feed/<<password>>/:_password=<<password|base64>>\n",
        options={"registry": None, "all_registries": True},
        outcomes=("not_applicable",),
        changed=True,
    ),
    Case(
        "variable_in_path",
        store="//<<host>>/feed/<<password>>/:_authToken=${NOT_SET_HERE}\n//<<host>>/feed/<<password>>/:_auth=<<password|basic>>\n",
        options={"registry": None, "all_registries": True},
        outcomes=("unresolved", "not_applicable"),
        changed=True,
    ),
)


# Options that mean nothing -------------------------------------------------------------------------------------------


def _make_fifo(home: Path) -> None:
    (home / ".npmrc").unlink()
    os.mkfifo(home / ".npmrc")


def _give_away(home: Path) -> None:
    for path in (home, home / ".npmrc"):
        shutil.chown(path, "nobody")


BAD_INPUT = (
    Case(
        "bad_registry_userinfo",
        options={"registry": "https://al:<<typed_password:human>>@registry.example.com/"},
        typed=("typed_password",),
        outcomes=None,
        says="must not contain a user name or password",
    ),
    Case(
        "bad_registry_userinfo_odd",
        options={"registry": "https://al:<<typed_password:url>>@registry.example.com/"},
        typed=("typed_password",),
        outcomes=None,
        says="must not contain a user name or password",
    ),
    Case(
        "bad_registry_host",
        options={"registry": "https://[<<typed>>]/"},
        typed=("typed",),
        outcomes=None,
        says="IPv6",
    ),
    Case(
        "bad_fingerprint",
        options={"fingerprints": ["<<typed>>"]},
        typed=("typed",),
        outcomes=None,
        says="entry 1 must be 'sha256:'",
    ),
    Case(
        "bad_protected_fingerprint",
        options={"protected_fingerprints": ["sha256:0123456789abcdef", "<<typed:quotes>>"]},
        typed=("typed",),
        outcomes=None,
        says="entry 2 must be 'sha256:'",
    ),
    Case(
        "bad_scope",
        options={"registry": None, "scope": "@corp/<<typed>>"},
        typed=("typed",),
        outcomes=None,
        says="must be the name of a scope",
    ),
    Case("bad_path_folder", options={"paths": ["<<home>>"]}, says="it is a directory"),
    Case("bad_path_fifo", prepare=_make_fifo, says="not a regular file"),
    Case("bad_ca_path", options={"ca_path": "<<home>>/none"}, outcomes=None, says="must exist"),
    Case("unreadable", options={"users": ["nobody"]}, says="Permission denied", as_root=True),
)


# The token that the user types ---------------------------------------------------------------------------------------

TYPED = (
    Case("token_in_store", options={"token": "<<token>>"}, typed=("token",), outcomes=CONFIRMED, changed=True),
    Case(
        "token_in_store_odd",
        store="<<key>>:_authToken=<<token:quotes|json>>\nx=1\n",
        options={"token": "<<token:quotes>>"},
        typed=("token",),
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "token_in_no_store",
        store="//other.example.com/:_authToken=<<other>>\n",
        options={"token": "<<token:base64>>"},
        typed=("token",),
        outcomes=CONFIRMED,
    ),
    Case(
        "token_in_no_store_accents",
        store=None,
        options={"token": "<<token:accents>>"},
        dead=True,
        typed=("token",),
        outcomes=("already_invalid",),
    ),
    Case(
        "token_refused",
        store=None,
        server="closed",
        options={"token": "<<token:percent>>"},
        typed=("token",),
        outcomes=FAILED,
        says="connection refused",
    ),
    Case(
        "token_without_registry",
        store=None,
        options={"registry": None, "token": "<<token>>"},
        typed=("token",),
        outcomes=(),
        says="was not revoked",
    ),
    Case(
        "token_pending",
        options={"token": "<<token>>"},
        typed=("token",),
        keywords={"check_mode": True},
        outcomes=("pending",),
        changed=True,
    ),
)


# Crashes on purpose --------------------------------------------------------------------------------------------------


def _crash(trap: str, says: str = "unexpected", outcomes: tuple[str, ...] | None = None) -> Case:
    return Case(f"crash_{trap}", store=TOKEN + "x=1\n", environment={"LEAK_TRAP": trap}, outcomes=outcomes, says=says)


TRAPS = (
    _crash("rename", outcomes=CONFIRMED),
    _crash("fsync", outcomes=CONFIRMED),
    _crash("digest", says="Unexpected"),
    _crash("print", says=""),
    Case(
        "disk_full",
        store=TOKEN + "x=1\n",
        environment={"LEAK_TRAP": "disk_full"},
        outcomes=CONFIRMED,
        says="No space left",
    ),
    Case("requests_crash", environment={"LEAK_TRAP": "requests"}, outcomes=FAILED),
    Case("requests_os_error", environment={"LEAK_TRAP": "requests_os_error"}, outcomes=FAILED),
    Case("requests_panic", environment={"LEAK_TRAP": "requests_panic"}, outcomes=FAILED),
    Case("logging", environment={"LEAK_TRAP": "logging"}, outcomes=CONFIRMED, changed=True),
    Case(
        "warnings",
        store=TOKEN + "strict-ssl=false\n",
        server="tls",
        environment={"PYTHONDEVMODE": "1", "PYTHONWARNINGS": "always"},
        outcomes=CONFIRMED,
        changed=True,
    ),
)


# Other ways to run ---------------------------------------------------------------------------------------------------

MODES = (
    Case("in_background", keywords={"async": 60, "poll": 0}, outcomes=CONFIRMED, changed=True),
    Case("in_pipeline", keywords={"vars": {"ansible_pipelining": True}}, outcomes=CONFIRMED, changed=True),
    Case(
        "userconfig",
        options={"paths": None},
        environment={"NPM_CONFIG_USERCONFIG": "<<store>>"},
        outcomes=CONFIRMED,
        changed=True,
    ),
    Case(
        "as_account", options={"users": ["nobody"]}, prepare=_give_away, outcomes=CONFIRMED, changed=True, as_root=True
    ),
)


# What is shown of the rest of a file ---------------------------------------------------------------------------------

DIFFS = (
    # A secret of one credential file is also a secret in the remarks of another.
    Case(
        "two_stores",
        store=TOKEN + HERE + "# the same as for al: <<password:human>>, ask <<other>>\n",
        options={"registry": None, "all_registries": True, "paths": ["<<home>>/other", "<<store>>"]},
        files={"other": PASSWORD + "<<key>>:_authToken=<<other>>\n" + HERE},
        outcomes=("not_applicable", "already_invalid", "confirmed"),
        changed=True,
    ),
    Case(
        "diff",
        store=TOKEN + "".join(DECOYS.values()),
        options={"use_proxy": False},
        outcomes=CONFIRMED,
        changed=True,
    ),
)


# Tokens that are chosen to hide what the results say -----------------------------------------------------------------

_WORDS = (
    "confirmed",
    "confirme",
    "onfirmed",
    "already_",
    "localhost",
    "The registry",
    "registry",
    "_authToken",
    "<<home>>",
    "<<store>>",
    "<<token|fingerprint>>",
    "<<url>>",
    "<<key>>:_authToken",
    "Y29uZmlybWVk",  # base64 of "confirmed"
    "credential",
    "removed, 1",
)

HIDERS = (
    Case(
        "hider",
        store=TOKEN + "".join(f"//evil{number}.example.com/:_authToken={word}\n" for number, word in enumerate(_WORDS)),
        outcomes=CONFIRMED,
        says="Logged out of <<url>>: 1 credential removed, 1 token revoked",
        changed=True,
    ),
)

NPMRC_CASES = (*OUTCOMES, *FAULTS, *PLACES, *BAD_INPUT, *TYPED, *TRAPS, *MODES, *DIFFS, *HIDERS)
