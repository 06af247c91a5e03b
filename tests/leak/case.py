# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A case: one credential file, and what a module does with it.

In stores and options ``<<name>>`` stands for something of the run: ``<<url>>`` and ``<<key>>`` of the case's registry,
``<<store>>``, ``<<home>>``, ``<<ca>>``, ``<<proxy>>``. Any other name is a canary: ``<<token>>``, or
``<<password:human>>`` for one of another shape, or ``<<password:human|base64>>`` for it in another form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOGOUT = "npm_logout"
INFO = "npm_credentials_info"
LOGIN = "npm_login"

TOKEN = "<<key>>:_authToken=<<token>>\n"
HERE = "registry=<<url>>\n"  # else a registry key is one of https
PASSWORD = "<<key>>:username=al\n<<key>>:_password=<<password:human|base64>>\n"

_CONNECTION: Mapping[str, object] = {"paths": ["<<store>>"], "timeout": 10, "retries": 0}
#: Module -> the options that it gets if nothing else is said.
OPTIONS: Mapping[str, Mapping[str, object]] = {
    LOGOUT: {**_CONNECTION, "registry": "<<url>>", "verify_timeout": 0},
    INFO: _CONNECTION,
    LOGIN: {**_CONNECTION, "registry": "<<url>>"},
}

CONFIRMED = ("confirmed",)
FAILED = ("failed",)
# A login in a URL, and the token beside it.
WITH_LOGIN = ("not_applicable", "confirmed")
ANY = "*"  # the result of it is not this test's business


# One case for each of: success, failure, an exception, warnings, output besides the result, a missing library, a diff,
# words that core would hide, and a result of the other module.
_INVOLVING_CORE = frozenset(
    {
        "confirmed",
        "failed",
        "crash_rename",
        "warnings",
        "crash_print",
        "requests_missing",
        "diff",
        "hider",
        "info_home",
        "as_account",
    }
)


@dataclass(frozen=True)
class Case:
    """One store and what is done with it.

    :ivar store: its text; None for none.
    :ivar module: the one that is run on it.
    :ivar place: where in the home it stands.
    :ivar server: the registry, a name of ``servers``.
    :ivar pack: the task that takes all stores of this name's cases at once; empty for a task of its own.
    :ivar options: of the module, on top of ``OPTIONS`` and the pack's; None takes one away. Of a pack, the first.
    :ivar outcomes: the result of each credential in the results, in their order; None where there are no credentials.
        In those of ``npm_credentials_info``, ``alive`` or ``refused``, and the kind where its registry did not tell.
    :ivar says: what the message, or in a pack what is said of this store, must hold: this path was taken.
    :ivar findings: rules of ``npm_credentials_info`` that are among the findings.
    :ivar changed: of the store.
    :ivar dead: the registry does not know the tokens: those whose names begin so.
    :ivar typed: the canaries that the user wrote into the playbook.
    :ivar environment: of the process that the module runs in; what is there is there to be seen.
    :ivar keywords: of the task.
    :ivar files: other files of the home.
    :ivar encoding: of the store.
    :ivar prepare: makes the home special, once the store is written.
    :ivar bare: the managed side has neither ``requests`` nor PyYAML.
    :ivar as_root: another account is acted as.
    """

    name: str
    store: str | None = TOKEN
    module: str = LOGOUT
    place: str = ".npmrc"
    server: str = "npm"
    pack: str = ""
    options: Mapping[str, object] = field(default_factory=dict)
    outcomes: tuple[str, ...] | None = ()
    says: str = ""
    findings: tuple[str, ...] = ()
    changed: bool = False
    dead: bool = False
    typed: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    keywords: Mapping[str, object] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    prepare: Callable[[Path], None] | None = None
    bare: bool = False
    as_root: bool = False

    @property
    def task(self) -> str:
        return self.pack or self.name

    @property
    def involves_core(self) -> bool:
        """Does its way lead through what differs between releases of ansible-core?

        Such as arguments that the user typed, check mode, tasks in the background, and results of all kinds.
        """
        return bool(self.pack or self.typed or self.keywords) or self.name in _INVOLVING_CORE
