# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run a module of this collection, and turn its errors into ``fail_json``.

Private to this collection. The one place where errors become ``fail_json``: a domain error with its sentence, anything
else with the places it came through and nothing of its text, which could hold a secret.
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

# What Ansible has imported stays until the end: to search all of it for garbage again and again finds nothing.
if hasattr(gc, "freeze"):  # PyPy has no such thing
    gc.freeze()


class Module(AnsibleModule):  # type: ignore[misc]
    """Looks at its arguments before Ansible writes them to the system's log."""

    misplaced: InputError | None = None

    def _log_invocation(self) -> None:
        self.misplaced = forget_misplaced_secrets(self.params)
        super()._log_invocation()


class Finished(NamedTuple):
    """What a module has to say at its end.

    :ivar failed: something was left undone; the results are returned all the same.
    """

    result: dict[str, Any]
    warnings: tuple[str, ...] = ()
    failed: bool = False


def run_module(module: Module, work: Callable[[], Finished]) -> None:
    """Do a module's work and leave the process with its results."""
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
