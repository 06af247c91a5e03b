# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read and remove the credentials in a file that sets variables.

Private to this collection. Pure. Such files also contain secrets of other programs: only the assignments that are
known to be credentials are settings here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats import assignments
from ansible_collections.npmops.auth.plugins.module_utils._formats.assignments import Assignment, Assignments, Syntax
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Expansion, Setting, Value

#: How many statements are tried one by one if they cannot all be removed together.
_MOST_TRIES = 20


@dataclass(frozen=True)
class VariablesFormat:
    """The format of one file (see ``_npm.settings.Format``).

    :ivar wanted: name and value of the assignments that are credentials.
    """

    syntax: Syntax
    wanted: frozenset[tuple[str, str]]
    ONE_LINE_EACH = False

    def __repr__(self) -> str:
        return f"VariablesFormat({len(self.wanted)})"

    def parse_settings(self, data: bytes) -> tuple[Setting, ...]:
        """Return the assignments that are credentials."""
        found = self.syntax.parse(data).found
        return tuple(make_setting(item) for item in found if (item.name, item.value) in self.wanted)

    @staticmethod
    def list_values(_data: bytes) -> tuple[Value, ...]:
        """Return no values: the rest of the file is not examined."""
        return ()

    def remove(self, data: bytes, doomed: Iterable[Setting]) -> bytes:
        """Return the file without the statements of these assignments.

        :raises StoreError: one of them shares its line, or something else would change.
        """
        doomed = list(doomed)
        for item in doomed:
            if is_url(item.value):
                raise StoreError(f"line {item.line}: the value is also the URL of a registry: remove the login by hand")
        identities = {(item.name, item.value) for item in doomed}
        gone = [item for item in self.syntax.parse(data).found if (item.name, item.value) in identities]
        return assignments.remove(data, gone, self.syntax.parse) if gone else data

    def write_value(self, data: bytes, setting: Setting, text: str, /) -> tuple[int, int, bytes]:
        """See ``_npm.settings.Format``."""
        return setting.value_start, setting.value_end, self.syntax.quote(text)

    @staticmethod
    def expand(text: str, environment: Mapping[str, str]) -> Expansion:
        """Return a plain literal unchanged."""
        return Expansion(text)


def is_url(value: object) -> bool:
    """Return whether the value of a variable is a URL, of which a login is only a part."""
    return isinstance(value, str) and value.strip().lower().startswith(("http://", "https://"))


def make_setting(item: Assignment) -> Setting:
    """Return an assignment as a setting with the variable's name."""
    return Setting(
        name=item.name,
        value=item.value,
        line=item.line,
        start=item.start,
        end=item.end,
        value_start=item.value_start,
        value_end=item.value_end,
        shown=item.name,
    )


def list_removable(items: Sequence[Assignment], before: Assignments, syntax: Syntax, data: bytes) -> list[Assignment]:
    """List the assignments whose statements can be removed without changing anything else.

    The number of attempts is limited: what was not tried does not count as removable.

    :param before: all assignments of the file.
    """
    if not items:
        return []
    statements: dict[object, list[Assignment]] = {}
    for item in before.found:
        statements.setdefault(item.identity, []).append(item)
    wanted = {item.identity: item for item in items}
    left = [item for name, item in wanted.items() if _is_alone(statements[name], before.blocks)]
    if _is_removed(left, syntax, data):
        good = {item.identity for item in left}
    else:
        good = {item.identity for item in left[:_MOST_TRIES] if _is_removed([item], syntax, data)}
    return [item for item in items if item.identity in good]


def _is_alone(statements: Sequence[Assignment], blocks: Sequence[int]) -> bool:
    try:
        assignments.require_alone(statements, blocks)
    except StoreError:
        return False
    return True


def _is_removed(items: Sequence[Assignment], syntax: Syntax, data: bytes) -> bool:
    try:
        assignments.remove(data, items, syntax.parse)
    except StoreError:
        return False
    return True
