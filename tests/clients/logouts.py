# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""List what each client's own logout does, as docs/clients.md describes it.

`python -m tests.clients.logouts` prints the table for docs/clients.md.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from .cases import CASES, GONE, PASSWORD_GONE
from .world import Case, Outcome


@dataclass(frozen=True)
class Logout:
    """A client's own logout command, in the world of a case.

    :ivar command: the arguments, with `<URL>` for the URL of the registry.
    :ivar place: the place of the login, for the documentation.
    """

    case: Case
    command: str
    place: str
    outcome: Outcome

    @property
    def arguments(self) -> list[str]:
        return self.command.split()[1:]


_LIKE_NPM = Outcome("success", "revoked", "removed", "comments lost")
_REVOKED_ALONE = Outcome("success", "revoked", "stays", "kept")
_REMOVED_ALONE = Outcome("success", "still valid", "removed", "comments lost")
_NOTHING = Outcome("success", "still valid", "stays", "kept")
_REFUSED = Outcome("error", "still valid", "stays", "kept")
_WORSE = Outcome("success", "still valid", "stays", "comments lost")

_NPM = "npm logout --registry=<URL>"
_PNPM = "pnpm logout --registry=<URL>"
_YARN = "yarn npm logout"
_YARN_SCOPE = "yarn npm logout --scope example"
_YARN_ALL = "yarn npm logout --all"
_CLASSIC = "yarn logout"
_BUN = "bun logout"

_BY_NAME = {case.name: case for case in CASES}
_TABLE = (
    ("npm_user", _NPM, "`~/.npmrc`", _LIKE_NPM),
    ("pnpm_npmrc", _PNPM, "`~/.npmrc`", _REVOKED_ALONE),
    ("pnpm_npmrc_project", _PNPM, "a project's `.npmrc`", _REVOKED_ALONE),
    ("pnpm_npmrc_scope", _PNPM, "`~/.npmrc`, a scope's", _REFUSED),
    ("pnpm_auth_ini", _PNPM, "`<config>/pnpm/auth.ini`", _LIKE_NPM),
    ("pnpm_rc", _PNPM, "`<config>/pnpm/rc`", _REFUSED),
    ("pnpm_yaml", _PNPM, "`<config>/pnpm/config.yaml`", Outcome("success", "revoked", "removed", "layout lost")),
    ("pnpm_yaml_scope", _PNPM, "`<config>/pnpm/config.yaml`, a scope's", _REFUSED),
    ("yarn_top", _YARN, "`~/.yarnrc.yml`, at the top", _NOTHING),
    ("yarn_top", _YARN_ALL, "`~/.yarnrc.yml`, at the top", _NOTHING),
    ("yarn_registry", _YARN, "`~/.yarnrc.yml`, `npmRegistries` with `//host`", _NOTHING),
    ("yarn_registry", _YARN_ALL, "`~/.yarnrc.yml`, `npmRegistries` with `//host`", _REMOVED_ALONE),
    ("yarn_scope", _YARN_SCOPE, "`~/.yarnrc.yml`, `npmScopes`", _REMOVED_ALONE),
    ("yarn_url", _YARN_ALL, "`~/.yarnrc.yml`, in `npmRegistryServer`", _NOTHING),
    ("yarn_project_scope", _YARN_ALL, "a project's `.yarnrc.yml`", _NOTHING),
    ("classic_npmrc", _CLASSIC, "`~/.npmrc`", _NOTHING),
    ("classic_yarnrc", _CLASSIC, "`~/.yarnrc`", _WORSE),
    ("classic_yarnrc_url", _CLASSIC, "`~/.yarnrc`, in `registry`", _WORSE),
    ("bun_npmrc", _BUN, "`~/.npmrc`", _REFUSED),
    ("bun_user_inline", _BUN, "`~/.bunfig.toml`", _REFUSED),
)
LOGOUTS = tuple(Logout(_BY_NAME[name], command, place, outcome) for name, command, place, outcome in _TABLE)

_HEAD = ("client", "command", "where the login is", "it reports", "at the registry", "in the file", "rest of the file")


def make_rows() -> Iterator[str]:
    """Yield the rows of the table: what each client does, and in parentheses what `npm_logout` does."""
    yield _make_row(*_HEAD)
    yield _make_row(*["---"] * len(_HEAD))
    for item in LOGOUTS:
        ours = GONE if item.case.has_token else PASSWORD_GONE
        pairs = zip(_list(item.outcome), _list(ours), strict=True)
        cells = (theirs if theirs == ours else f"**{theirs}** ({ours})" for theirs, ours in pairs)
        yield _make_row(item.case.client.title, f"`{item.command}`", item.place, *cells)


def _list(outcome: Outcome) -> tuple[str, ...]:
    return (outcome.says, outcome.secret, outcome.login, outcome.rest)


def _make_row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print("\n".join(make_rows()))
