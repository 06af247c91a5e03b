# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of this collection, and turn its errors into ``fail_json``.

Private to this collection. Only this file calls ``fail_json``: for an ``NpmopsError`` with its message, for any other
exception with its code lines but without its text, which could contain a secret.
"""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible.module_utils.basic import AnsibleModule, missing_required_lib

from ansible_collections.npmops.auth.plugins.module_utils._errors import (
    InputError,
    MissingLibrary,
    NpmopsError,
    describe_unexpected,
    end_sentence,
    say_restored,
)
from ansible_collections.npmops.auth.plugins.module_utils._options import forget_misplaced_secrets

# Ansible's imports are never freed: exclude them from repeated garbage collection.
if hasattr(gc, "freeze"):  # not in PyPy
    gc.freeze()


class Module(AnsibleModule):  # type: ignore[misc]
    """An Ansible module that checks its arguments before Ansible writes them to the system's log."""

    misplaced: InputError | None = None

    def _log_invocation(self) -> None:
        self.misplaced = forget_misplaced_secrets(self.params)
        super()._log_invocation()


class Finished(NamedTuple):
    """The results of a module.

    :ivar failed: something could not be completed; the results are still returned.
    """

    result: dict[str, Any]
    warnings: tuple[str, ...] = ()
    failed: bool = False


def run_module(module: Module, work: Callable[[], Finished]) -> None:
    """Do a module's work and exit with its results."""
    if module.misplaced:
        module.fail_json(msg=str(module.misplaced))
        return
    finished = _attempt(work)
    # Outside of any except block: inside one, fail_json would show the exception and its causes.
    for warning in finished.warnings:
        module.warn(warning)
    if finished.failed:
        module.fail_json(**finished.result)
    module.exit_json(**finished.result)


def _attempt(work: Callable[[], Finished]) -> Finished:
    try:
        return work()
    except Exception as problem:  # noqa: BLE001 - its text, or that of its causes, may hold a secret
        said, restored = _say(problem), say_restored(problem)
        result = {"changed": True, "msg": f"{end_sentence(said)} {restored}"} if restored else {"msg": said}
        return Finished(result, failed=True)


def _say(problem: Exception) -> str:
    if isinstance(problem, MissingLibrary):
        return str(missing_required_lib(problem.name, reason="to contact registries"))
    if isinstance(problem, NpmopsError):
        return str(problem)
    said = describe_unexpected(problem)
    return f"{said[0].upper()}{said[1:]}; no file was partially written. Run again, and report this."
