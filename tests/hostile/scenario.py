# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Set up one file with one token, run npm_logout, and check what must be true after every run."""

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

#: Small values, so that tests can check that the module ends in time.
OPTIONS: dict[str, Any] = {"timeout": 2, "retries": 0, "verify_timeout": 1}
MOST_BYTES = 150 * 1024 * 1024
_PYTHON = ForkingPython()
atexit.register(_PYTHON.close)
# The number of first and last characters of each token that are also searched for.
SHOWN = 10
ENOUGH = {
    "confirmed": {"confirmed", "already_invalid"},
    "accepted": {"confirmed", "already_invalid", "accepted"},
    "attempted": {"confirmed", "already_invalid", "accepted", "ineffective", "unsupported", "failed"},
}


def list_forms(token: str) -> set[str]:
    """List every form in which a token could appear in an output."""
    raw = token.encode("utf-8", "surrogatepass")
    forms = {token, quote(raw, safe=""), quote(raw), quote_plus(raw), json.dumps(token)[1:-1], repr(token)[1:-1]}
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms |= {encode(raw).decode().rstrip("="), encode(b"Bearer " + raw).decode().rstrip("=")}
    return forms | {token[:SHOWN], token[-SHOWN:]}


@dataclass
class Store:
    """An .npmrc with one token, and its state before the run."""

    home: Path
    url: str
    token: str
    more: str = ""
    written: str | None = None  # the token as written in the file, if it must be quoted

    def __post_init__(self) -> None:
        self.path = self.home / ".npmrc"
        self.rest = f"; of {self.home.name}\nregistry={self.url}\n{self.more}"
        key = self.url.partition(":")[2]
        self.path.write_bytes(f"{self.rest}{key}:_authToken={self.written or self.token}\n".encode())
        self.before = self._look()

    def is_untouched(self) -> bool:
        """Check whether it is the same file with the same bytes and was not written."""
        return self._look() == self.before

    def has_lost_token(self) -> bool:
        """Check whether only the token was removed."""
        return self.path.read_bytes() == self.rest.encode()

    def _look(self) -> tuple[bytes, int, int, int]:
        status = self.path.stat()
        return self.path.read_bytes(), status.st_ino, status.st_mtime_ns, status.st_mode


def make_store(home: Path, url: str, token: str | None = None, **options: Any) -> Store:
    return Store(home, url, token or make_token(), **options)


def run_logout(store: Store, options: Mapping[str, Any] | None = None, **environment: str) -> ModuleRun:
    return _PYTHON.run({**OPTIONS, **(options or {})}, home=store.home, environment=environment)


def stretch(limit: float) -> float:
    """Extend a limit if more processes than processors are running. The attacks last longer than the result."""
    return limit * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def check_run(run: ModuleRun, store: Store, *outcomes: str, limit: float) -> None:
    """Check that the outcome is one of these, and that the rest of the result agrees with it.

    :param limit: the time limit of the run on an idle machine, in seconds.
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
    """Check that the output is exactly one line of JSON with printable characters and without a token."""
    assert run.stderr == ""
    assert run.stdout.strip().isprintable()
    assert run.result, run.stdout
    assert "exception" not in run.result, run.result
    assert "Traceback" not in run.stdout
    for token in tokens:
        assert not [form for form in list_forms(token) if form in run.stdout]
