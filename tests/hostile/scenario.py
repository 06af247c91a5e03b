# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One file, one token, one run of npm_logout, and the checks that hold of every run."""

from __future__ import annotations

import atexit
import base64
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

from tests.hostile.forked import ForkingPython
from tests.hostile.run_module import ModuleRun
from tests.registry import make_token

#: Small, so that what must end in time can be seen to.
OPTIONS: dict[str, Any] = {"timeout": 2, "retries": 0, "verify_timeout": 1}
MOST_BYTES = 150 * 1024 * 1024
_PYTHON = ForkingPython()
atexit.register(_PYTHON.close)
# Of each token, so many of its first and last characters are looked for as well.
SHOWN = 10
ENOUGH = {
    "confirmed": {"confirmed", "already_invalid"},
    "accepted": {"confirmed", "already_invalid", "accepted"},
    "attempted": {"confirmed", "already_invalid", "accepted", "ineffective", "unsupported", "failed"},
}


def list_forms(token: str) -> set[str]:
    """Every text under which a token could turn up in an output."""
    raw = token.encode("utf-8", "surrogatepass")
    forms = {token, quote(raw, safe=""), quote(raw), quote_plus(raw), json.dumps(token)[1:-1], repr(token)[1:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {encode(raw).decode().rstrip("="), encode(b"Bearer " + raw).decode().rstrip("=")}
    return forms | {token[:SHOWN], token[-SHOWN:]}


@dataclass
class Store:
    """An .npmrc with one token in it, and what it was before the run."""

    home: Path
    url: str
    token: str
    more: str = ""
    written: str | None = None  # the token as it is in the file, where it has to be quoted

    def __post_init__(self) -> None:
        self.path = self.home / ".npmrc"
        self.rest = f"; of {self.home.name}\nregistry={self.url}\n{self.more}"
        key = self.url.partition(":")[2]
        self.path.write_bytes(f"{self.rest}{key}:_authToken={self.written or self.token}\n".encode())
        self.before = self._look()

    def is_untouched(self) -> bool:
        """Is it the same file, with the same bytes, never written to?"""
        return self._look() == self.before

    def has_lost_token(self) -> bool:
        """Is the token gone, and all else there?"""
        return self.path.read_bytes() == self.rest.encode()

    def _look(self) -> tuple[bytes, int, int, int]:
        status = self.path.stat()
        return self.path.read_bytes(), status.st_ino, status.st_mtime_ns, status.st_mode


def make_store(home: Path, url: str, token: str | None = None, **options: Any) -> Store:
    return Store(home, url, token or make_token(), **options)


def run_logout(store: Store, options: Mapping[str, Any] | None = None, **environment: str) -> ModuleRun:
    return _PYTHON.run({**OPTIONS, **(options or {})}, home=store.home, environment=environment)


def stretch(limit: float) -> float:
    """More seconds where more processes than processors want to run; the attacks go on for longer than that."""
    return limit * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def check_run(run: ModuleRun, store: Store, *outcomes: str, limit: float) -> None:
    """The outcome is one of these, and all that follows from it is so.

    :param limit: seconds that the run may take on an idle machine.
    """
    check_output(run, store.token)
    assert run.rc == (1 if run.failed else 0)
    assert run.seconds < stretch(limit), f"it took {run.seconds:.1f} s; {run.msg}"
    assert 0 < run.peak_bytes < MOST_BYTES, f"it took {run.peak_bytes >> 20} MiB; {run.msg}"
    (outcome,) = run.outcomes or ["none"]
    assert outcome in outcomes, run.result
    if outcome in ENOUGH[run.result["invocation"]["module_args"]["revoke"]]:
        assert store.has_lost_token()
        assert (run.failed, run.result["changed"]) == (False, True)
    else:
        assert store.is_untouched()
        assert (run.failed, run.result["changed"]) == (True, False)
        assert run.result["credentials"][0]["by_hand"]
    assert run.result["revoked"] is (outcome in ("confirmed", "accepted"))


def check_output(run: ModuleRun, *tokens: str) -> None:
    """One line of JSON, of printable characters, with no token in it, and nothing beside it."""
    assert run.stderr == ""
    assert run.stdout.strip().isprintable()
    assert run.result, run.stdout
    assert "exception" not in run.result, run.result
    assert "Traceback" not in run.stdout
    for token in tokens:
        assert not [form for form in list_forms(token) if form in run.stdout]
