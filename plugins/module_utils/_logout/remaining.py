# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the text of known tokens in the lines of a file that are not credentials.

Private to this collection. Pure. Such a line is not a login to any client, so that it cannot be removed by what it
means; it is reported by its number.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import find_credentials
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import read_settings
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import Format
from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret, list_forms

_LINE_END = re.compile(rb"\r\n|\r|\n")
# Shorter tokens are parts of too many words: those of at least four characters count as words by themselves.
_SHORTEST = 8
_SHORTEST_WORD = 4


class KnownTokens:
    """Tokens, and the texts under which they can turn up: put together once for all files of a run."""

    def __init__(self, tokens: Iterable[Secret]) -> None:
        self.tokens = frozenset(tokens)
        # By their first bytes: there can be thousands of tokens.
        self._long: dict[bytes, set[bytes]] = {}
        short: set[bytes] = set()
        for token in self.tokens:
            for form in list_forms(token):
                word = form.encode("utf-8", "replace")
                self._long.setdefault(word[:_SHORTEST], set()).add(word)
            text = token.reveal()
            if _SHORTEST_WORD <= len(text) < _SHORTEST:
                short.add(re.escape(text.encode("utf-8", "replace")))
        self._short = rb"(?<![\w-])(?:%s)(?![\w-])" % b"|".join(sorted(short)) if short else b""

    def find_places(self, data: bytes) -> Iterator[int]:
        """The offsets at which one of these texts is."""
        there = self._long.keys() & {data[index : index + _SHORTEST] for index in range(len(data) - _SHORTEST + 1)}
        words = sorted((word for beginning in there for word in self._long[beginning]), key=len, reverse=True)
        for shape in (b"|".join(map(re.escape, words)), self._short):
            if shape:
                yield from (match.start() for match in re.finditer(shape, data))


def find_text(
    data: bytes, known: KnownTokens, form: Format, environment: Mapping[str, str], *, comments: bool
) -> tuple[int, ...]:
    """The numbers of the lines that hold the text of one of these tokens and no credential with it.

    :param comments: do commented-out credentials count as credentials?
    """
    places = sorted(set(known.find_places(data)))
    if not places:
        return ()
    spans = list(_list_spans(data, known.tokens, form, environment, comments=comments))
    starts = [0, *(match.end() for match in _LINE_END.finditer(data))]
    lines = (bisect_right(starts, place) for place in places if not any(start <= place < end for start, end in spans))
    return tuple(dict.fromkeys(lines))


def _list_spans(
    data: bytes, tokens: frozenset[Secret], form: Format, environment: Mapping[str, str], *, comments: bool
) -> Iterator[tuple[int, int]]:
    """Where the credentials are that hold these tokens: those are reported as what they are."""
    try:
        readings = read_settings(data, form, environment)
    except StoreError:
        return
    for credential in find_credentials(item for item in readings if comments or not item.setting.commented):
        if credential.secret in tokens:
            yield from ((reading.setting.start, reading.setting.end) for reading in credential.readings)
