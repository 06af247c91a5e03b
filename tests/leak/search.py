# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Search everything that a run has left for pieces of canaries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from .canaries import SHORTEST, Canary, list_forms

_CONTEXT = 70


@dataclass(frozen=True)
class Source:
    """Data to search.

    :ivar kind: its kind, such as ``stdout`` or ``syslog``, which decides whether canaries are allowed.
    """

    kind: str
    name: str
    data: bytes


@dataclass(frozen=True)
class Find:
    """A piece of a canary that was found.

    :ivar kind: the kind of the source; ``name`` is its name.
    :ivar piece: the longest matching text.
    :ivar context: the text around it.
    """

    canary: Canary
    label: str
    kind: str
    name: str
    piece: bytes
    context: bytes

    def __str__(self) -> str:
        where = f"{self.kind} ({self.name})"
        return f"{self.canary.name}, {self.label}, in {where}: {self.piece!r}\n    ...{self.context!r}..."


class Search:
    """Searches for every piece of every form of some canaries."""

    def __init__(self, canaries: Iterable[Canary]) -> None:
        # By length: most pieces have eight or ten bytes. The piece of a shorter secret is the whole secret.
        self._known: dict[int, dict[bytes, tuple[Canary, str]]] = defaultdict(dict)
        self._heads: set[bytes] = set()
        for canary in canaries:
            for form in list_forms(canary):
                for piece in form.list_pieces():
                    self._known[len(piece)][piece] = (canary, form.label)
                    self._heads.add(piece[:SHORTEST])

    def look_through(self, sources: Iterable[Source]) -> list[Find]:
        """Return all finds. Text that several sources of one kind share is searched once."""
        finds: list[Find] = []
        seen: set[tuple[str, int]] = set()
        for source in sources:
            for line in source.data.split(b"\n"):
                mark = (source.kind, hash(line))
                if mark not in seen:
                    seen.add(mark)
                    finds += self._look_at(source, line)
        return finds

    def _look_at(self, source: Source, line: bytes) -> list[Find]:
        finds: list[Find] = []
        heads = self._heads
        # Few positions match the beginning of any piece.
        starts = [start for start in range(len(line) - SHORTEST + 1) if line[start : start + SHORTEST] in heads]
        for width, known in self._known.items():
            hits = [start for start in starts if line[start : start + width] in known]
            for start, end in _join(hits, width):
                canary, label = known[line[start : start + width]]
                context = line[max(0, start - _CONTEXT) : end + _CONTEXT]
                finds.append(Find(canary, label, source.kind, source.name, line[start:end], context))
        return finds


def _join(hits: list[int], width: int) -> list[tuple[int, int]]:
    """Join the positions of pieces to spans."""
    spans: list[tuple[int, int]] = []
    for start in hits:
        if spans and start <= spans[-1][1] - width + 1:
            spans[-1] = (spans[-1][0], start + width)
        else:
            spans.append((start, start + width))
    return spans
