# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes ``docs/registries.md`` from what the drivers did at the emulators.

Run it with ``PYTHONPATH=.work/typing python -m tests.tools.registries_page``.

No row says more than a test saw: each is a scenario of ``tests/registry/scenarios.py``, played in each way in which its
registry can be.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterable
from pathlib import Path

from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry, parse_registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Subject
from ansible_collections.npmops.auth.plugins.module_utils._registry.kinds import KINDS, load_driver
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret
from tests.registry.emulators import EMULATORS
from tests.registry.names import TestAuthority
from tests.registry.scenarios import SCENARIOS, Played, Scenario, play

PAGE = Path(__file__).parents[2] / "docs" / "registries.md"
_ID = re.compile(r"[0-9a-f]{32}")
_AGAIN = "Fix this and run again, or revoke the token by hand: "
_UNLESS = ", unless you know that it is revoked."
_HEAD = """<!--
Copyright (c) 2026, the npmops.auth contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What happens at which registry

`npm_logout` recognizes a registry by its URL, else by the headers of its answers, else by the form of the token;
`registry_kind` overrides that. Every registry of another kind is asked as npm's own is. A request goes to the origin of
the registry, or to the API of the same operator that is named below, which `issuer_api: false` forbids.

This page is written by `tests/tools/registries_page.py` from what the tests saw at emulators of these registries, which
answer as the documentation or the source of each registry says. Where something is not documented, both ways are
tested, and the table has both outcomes. None of the services themselves was asked, except for Verdaccio: the tests run
6.10.4, 6.7.2 and 5.33.0.

Not in the table: a token that its registry rejects when first asked is `already_invalid`, and one that its registry
does not answer about, or only that it was asked too often, is `failed`.

"""
_TABLE = """| registry | credential | sent to revoke it | outcome | verified with | delay | also happens | by hand |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
_FOOT = """
A delay means that a registry which still accepts the token after `verify_timeout` is reported as `accepted`, not as
`ineffective`: after that time, run the module again, which then reports `already_invalid`.

## Passwords

There is nothing to revoke for a password (`_password`, `_auth`): it is removed from the file, and `by_hand` says what
is left to do.

| registry | by hand |
| --- | --- |
"""


def make_page(authority: TestAuthority) -> str:
    rows = [
        _make_row(scenario, [play(scenario, way, authority) for way in scenario.list_ways()]) for scenario in SCENARIOS
    ]
    passwords = [
        f"| {driver.title} | {_escape(driver.advise_on_password(_registry_of(driver.name)))} |"
        for driver in map(load_driver, KINDS)
    ]
    return _HEAD + _TABLE + "\n".join(rows) + "\n" + _FOOT + "\n".join(passwords) + "\n"


def _make_row(scenario: Scenario, played: list[Played]) -> str:
    driver = load_driver(scenario.registry)
    sent = [_name(request, scenario.registry) for item in played for request in item.sent]
    changes = _list_once(request for request in sent if not request.startswith("`GET "))
    is_proven = any(item.verdict.outcome == "confirmed" for item in played)
    questions = _list_once(
        _name(item.sent[-1], scenario.registry) for item in played if item.verdict.outcome == "confirmed"
    )
    effects = _list_once(effect for item in played for effect in item.verdict.side_effects)
    by_hand = _list_once(item.verdict.by_hand for item in played if item.verdict.by_hand)
    outcomes = [f"`{outcome}`" for outcome in dict.fromkeys(item.verdict.outcome for item in played)]
    is_revoked = bool(changes) and not scenario.stays_valid
    lag = driver.get_lag(Subject(_registry_of(scenario.registry), Secret("x"))) if is_revoked else ""
    cells = (
        driver.title,
        scenario.credential,
        ", ".join(changes) or "nothing",
        " or ".join(outcomes),
        ", ".join(questions) if is_proven else "",
        lag,
        " ".join(effects),
        _shorten(by_hand[0]) if by_hand else "",
    )
    return f"| {' | '.join(cells)} |"


def _name(request: str, kind: str) -> str:
    """A request with its path, and its host where that is another one than the registry's."""
    method, address = request.split(" ", 1)
    host, path = address.partition("/")[::2]
    path = _ID.sub("<id>", f"/{path}")
    if host == EMULATORS[kind].names[0]:
        prefix = EMULATORS[kind].path
        return f"`{method} {path.removeprefix(prefix) if path.startswith(prefix + '-') else path}`"
    return f"`{method} {path}` at {host}"


def _shorten(advice: str) -> str:
    """What is to be done, without when."""
    advice = advice.removeprefix(_AGAIN).replace(_UNLESS, ".")
    return _escape(advice[:1].upper() + advice[1:])


def _escape(text: str) -> str:
    return text.replace("<", "&lt;").replace(">", "&gt;")


def _registry_of(kind: str) -> Registry:
    return parse_registry(f"https://{EMULATORS[kind].names[0]}{EMULATORS[kind].path}")


def _list_once(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))


def main() -> int:
    with tempfile.TemporaryDirectory() as directory:
        PAGE.write_text(make_page(TestAuthority(Path(directory))), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
