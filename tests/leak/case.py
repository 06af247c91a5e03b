# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Define a case: one credential file, and a module that processes it.

In files and options, ``<<name>>`` is replaced by a value of the run: ``<<url>>`` and ``<<key>>`` of the case's
registry, ``<<store>>``, ``<<home>>``, ``<<ca>>``, ``<<proxy>>``. Any other name is a canary: ``<<token>>``, or
``<<password:human>>`` for another shape, or ``<<password:human|base64>>`` for another form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

LOGOUT = "npm_logout"
INFO = "npm_credentials_info"
LOGIN = "npm_login"

TOKEN = "<<key>>:_authToken=<<token>>\n"
HERE = "registry=<<url>>\n"  # without it, a registry key means https
PASSWORD = "<<key>>:username=al\n<<key>>:_password=<<password:human|base64>>\n"

_CONNECTION: Mapping[str, object] = {"paths": ["<<store>>"], "timeout": 10, "retries": 0}
#: Module -> its default options in these tests.
OPTIONS: Mapping[str, Mapping[str, object]] = {
    LOGOUT: {**_CONNECTION, "registry": "<<url>>", "verify_timeout": 0},
    INFO: _CONNECTION,
    LOGIN: {**_CONNECTION, "registry": "<<url>>"},
}

CONFIRMED = ("confirmed",)
FAILED = ("failed",)
# The outcomes for a login in a URL and a token in the same file.
WITH_LOGIN = ("not_applicable", "confirmed")
ANY = "*"  # the outcome does not matter for the test


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
    """One credential file, and the module that processes it.

    :ivar store: the text of the file; None for no file.
    :ivar module: the module that is run.
    :ivar place: the path of the file in the home directory.
    :ivar server: the registry, a name of ``servers``.
    :ivar pack: the task that processes the files of all cases with this pack; empty for a separate task.
    :ivar options: module options in addition to ``OPTIONS`` and those of the pack; None removes an option. In a pack,
        the options of the first case are used.
    :ivar outcomes: the outcome of each credential in the results, in order; None if there are no credentials. For
        ``npm_credentials_info``: ``alive`` or ``refused``, or the kind if the registry did not say.
    :ivar says: a text in the message, or in a pack in the sentence about this file: it proves that the code path ran.
    :ivar findings: rules of ``npm_credentials_info`` that must be among the findings.
    :ivar changed: whether the file changes.
    :ivar dead: the registry does not know the tokens.
    :ivar typed: the canaries that the user wrote into the playbook.
    :ivar environment: environment variables of the module's process, where secrets are expected.
    :ivar keywords: keywords of the task.
    :ivar files: other files in the home directory.
    :ivar encoding: the encoding of the file.
    :ivar prepare: changes the home directory after the file is written.
    :ivar bare: the managed host has neither ``requests`` nor PyYAML.
    :ivar as_root: the module acts as another account.
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
        """Whether the case uses features that differ between releases of ansible-core.

        Such as arguments that the user typed, check mode, background tasks, and results of all kinds.
        """
        return bool(self.pack or self.typed or self.keywords) or self.name in _INVOLVING_CORE
