# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write ``docs/registries.md`` from the results of the drivers with the emulators.

Run it with ``PYTHONPATH=.work/typing python -m tests.tools.registries_page``.

Each row is the observed result of a scenario in ``tests/registry/scenarios.py``, which is run with each possible
behavior of its registry.
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
_IF_VALID = "If the token is still valid: "
_HEAD = """<!--
Copyright (c) 2026, the npmops.auth contributors
GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
SPDX-License-Identifier: GPL-3.0-or-later
-->

# What happens at which registry

The URL of a registry decides its kind. If the URL does not, the headers of its responses decide, and then the format of
the token. A registry of no known kind is treated like npm's own. `registry_kind` overrides this, except for hosts
that belong to one operator, such as npm's public registry.

Requests go to the origin of the registry. For GitHub Packages and Buildkite they go to the operator's API on another
host, which the table names. `issuer_api: false` forbids that.

`tests/tools/registries_page.py` writes this page from the results of tests. The tests run against emulators, which were
built from the documentation or the source of each registry. If a fact is not documented, both possibilities are tested,
and the table shows both outcomes. Only Verdaccio is tested for real: the tests run 6.10.4, 6.7.2 and 5.33.0. The
emulators of Pulp and cnpmcore follow the responses of real servers (pulp_npm 0.10.2, cnpmcore 4.35.2).

The table does not repeat two cases that are the same for every registry: a token that its registry rejects when first
asked is `already_invalid`, and a token is `failed` if its registry does not respond or limits the number of requests.

"""
_TABLE = """| registry | credential | request to revoke it | outcome | verified with | delay | side effects | by hand |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
_FOOT = """
If a registry has a delay and still accepts the token after `verify_timeout`, the outcome is `accepted` and not
`ineffective`. Run the module again after the delay. It then reports `already_invalid`.

## Passwords

A password (`_password`, `_auth`) cannot be revoked. It is removed from the file, and `by_hand` has the manual steps.

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
        ", ".join(changes) or "none",
        " or ".join(outcomes),
        ", ".join(questions) if is_proven else "",
        lag,
        " ".join(effects),
        _shorten(by_hand[0]) if by_hand else "",
    )
    return f"| {' | '.join(cells)} |"


def _name(request: str, kind: str) -> str:
    """Describe a request by its path, and by its host if that is not the registry's host."""
    method, address = request.split(" ", 1)
    host, path = address.partition("/")[::2]
    path = _ID.sub("<id>", f"/{path}")
    if host == EMULATORS[kind].names[0]:
        prefix = EMULATORS[kind].path
        return f"`{method} {path.removeprefix(prefix) if path.startswith(prefix + '-') else path}`"
    return f"`{method} {path}` at {host}"


def _shorten(advice: str) -> str:
    """Return the manual action without its condition."""
    advice = advice.removeprefix(_AGAIN).removeprefix(_IF_VALID)
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
