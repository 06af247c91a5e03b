# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the text of known tokens in the lines of a file that are not credentials.

Private to this collection. Pure. No client reads such a line as a login. It cannot be removed as a setting; its
number is reported.
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
# Shorter tokens are part of too many words. Those of at least four characters are searched as whole words.
_SHORTEST = 8
_SHORTEST_WORD = 4


class KnownTokens:
    """Tokens and the texts in which they can appear, prepared once for all files of a run."""

    def __init__(self, tokens: Iterable[Secret]) -> None:
        self.tokens = frozenset(tokens)
        # Indexed by their first bytes, since there can be thousands of tokens.
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
        """Yield the offsets of these texts."""
        there = self._long.keys() & {data[index : index + _SHORTEST] for index in range(len(data) - _SHORTEST + 1)}
        words = sorted((word for beginning in there for word in self._long[beginning]), key=len, reverse=True)
        for shape in (b"|".join(map(re.escape, words)), self._short):
            if shape:
                yield from (match.start() for match in re.finditer(shape, data))


def find_text(
    data: bytes, known: KnownTokens, form: Format, environment: Mapping[str, str], *, comments: bool
) -> tuple[int, ...]:
    """Return the numbers of the lines that contain one of these tokens outside of a credential.

    :param comments: commented-out credentials count as credentials.
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
    """Yield the spans of the credentials with these tokens, which are reported as credentials."""
    try:
        readings = read_settings(data, form, environment)
    except StoreError:
        return
    for credential in find_credentials(item for item in readings if comments or not item.setting.commented):
        if credential.secret in tokens:
            yield from ((reading.setting.start, reading.setting.end) for reading in credential.readings)
