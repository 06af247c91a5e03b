# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which settings does the .yarnrc of Yarn 1 hold, and what is it without one of them?

Private to this collection. Pure. The syntax is that of Yarn's lockfile; what Yarn 1 reads as YAML because it is not in
this syntax is refused. Names and values are npm's (``src/registries/npm-registry.js``) but for three things: a name may
begin with the scheme of its registry; a header that Yarn sends to fetch packages (``requestHeaders`` in
``src/fetchers/tarball-fetcher.js``) can be a login; and ``${VAR}`` is not replaced: ``loadConfig`` of
``src/registries/yarn-registry.js`` does not call ``src/util/env-replace.js``, as that of an .npmrc does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError
from ansible_collections.npmops.auth.plugins.module_utils._formats.yarn_lockfile import Comment, Lockfile, Pair, parse
from ansible_collections.npmops.auth.plugins.module_utils._npm.credentials import is_login_field
from ansible_collections.npmops.auth.plugins.module_utils._npm.environment import Expansion
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import (
    Setting,
    Value,
    cut,
    find_login_in_url,
    is_link,
    may_hold_login,
    require_removed,
)
from ansible_collections.npmops.auth.plugins.module_utils._npm.settings import write_quoted as write_value

__all__ = ["ONE_LINE_EACH", "expand", "list_values", "parse_settings", "remove", "write_value"]

#: See ``_settings.Format``.
ONE_LINE_EACH = True

_SCHEME = re.compile(r"(?i)\Ahttps?:(?=//)")
_HEADER = re.compile(r"(?i)(//.*):_header:[^:]*(?:auth|token|secret|key|api|cookie)[^:]*\Z", re.S)
_BEARER = re.compile(r"(?i)\s*bearer\s+")
_BASIC = re.compile(r"(?i)\s*basic\s+")
_COMMENT_SIGNS = re.compile(rb"[# ]*")


def parse_settings(data: bytes) -> tuple[Setting, ...]:
    """The settings at the top of the file, those in comments, and the logins in registries' URLs."""
    found = _parse(data)
    if not found:
        return ()
    settings = [_make_setting(pair) for pair in found.pairs if not isinstance(pair.value, dict)]
    settings += [setting for comment in found.comments for setting in _read_comment(data, comment)]
    settings.sort(key=lambda item: item.start)
    return tuple(part for item in settings for part in (item, *find_login_in_url(data, item)))


def list_values(data: bytes) -> tuple[Value, ...]:
    """See ``_settings.Format``: those within objects."""
    return tuple(Value(*place) for place in parse(data).inner)


def remove(data: bytes, doomed: Iterable[Setting]) -> bytes:
    """Take settings out of a file, each with its line, and a login out of its URL.

    :raises StoreError: it cannot be done without touching something else.
    """
    doomed = tuple(doomed)
    identities = {item.identity for item in doomed}
    gone = [item for item in parse_settings(data) if item.identity in identities]
    if not gone:
        return data
    result = cut(data, [(item.start, item.end) for item in gone])
    require_removed(parse_settings(result), doomed)
    if not _is_rest(data, result, gone):
        raise StoreError(f"line {gone[0].line}: it cannot be taken out and leave the rest as it is")
    return result


def expand(text: str, environment: Mapping[str, str]) -> Expansion:
    """Yarn 1 takes what stands in a .yarnrc as it is."""
    return Expansion(text)


def _parse(data: bytes) -> Lockfile | None:
    try:
        found = parse(data)
        _require_one_each(found.pairs)
    except StoreError:
        if may_hold_login(data):
            raise
        # Nothing that anybody could miss.
        return None
    return found


def _require_one_each(pairs: Iterable[Pair]) -> None:
    counts = Counter(pair.line for pair in pairs for _name in pair.names)
    crowded = [line for line, count in counts.items() if count > 1]
    if crowded:
        raise StoreError(f"line {min(crowded)}: more than one setting stands on it")


def _make_setting(pair: Pair) -> Setting:
    written = pair.names[0]
    name, value = _SCHEME.sub("", written, count=1), pair.value
    header = _HEADER.match(name)
    if header and isinstance(value, str):
        field = "_authToken" if _BEARER.match(value) else "_auth"
        name = f"{header.group(1)}:{field}"
        value = _BASIC.sub("", _BEARER.sub("", value, count=1), count=1)
    return Setting(
        name=name,
        value=value,
        line=pair.line,
        start=pair.start,
        end=pair.end,
        value_start=pair.value_start,
        value_end=pair.value_end,
        shown="" if name == written else written,
    )


def _read_comment(data: bytes, comment: Comment) -> Iterator[Setting]:
    """What a person would get by taking the comment signs away, if it is a login or the URL of a registry."""
    text = _COMMENT_SIGNS.sub(b"", data[comment.sign : comment.end], count=1)
    try:
        pairs = parse(text).pairs
    except StoreError:
        return
    offset = comment.end - len(text)
    if len(pairs) == 1 and len(pairs[0].names) == 1 and not isinstance(pairs[0].value, dict):
        setting = _make_setting(pairs[0])
        if is_login_field(setting.name) or is_link(setting.name):
            yield replace(
                setting,
                commented=True,
                line=comment.line,
                start=comment.start,
                end=comment.end,
                value_start=setting.value_start + offset,
                value_end=setting.value_end + offset,
            )


def _is_rest(data: bytes, result: bytes, gone: Iterable[Setting]) -> bool:
    """Does the result hold the other pairs of the file, objects among them, as they were?"""
    starts = {item.start for item in gone}
    changed = {item.line for item in gone}
    before = [pair for pair in parse(data).pairs if pair.start not in starts]
    try:
        after = parse(result).pairs
    except StoreError:
        return False
    return [pair.names for pair in before] == [pair.names for pair in after] and all(
        old.value == new.value for old, new in zip(before, after) if old.line not in changed
    )
