# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Find the entry of a token in npm's token list.

Private to this collection. A list may have any length and name any next page: only the registry's origin is asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urljoin

from ansible_collections.npmops.auth.plugins.module_utils._errors import NoAnswer
from ansible_collections.npmops.auth.plugins.module_utils._npm.keys import Registry
from ansible_collections.npmops.auth.plugins.module_utils._registry.answers import (
    NO_SUCH_ENDPOINT,
    Reply,
)
from ansible_collections.npmops.auth.plugins.module_utils._registry.driver import Ask, Request, Subject
from ansible_collections.npmops.auth.plugins.module_utils._secrets import to_bytes

_TOKENS = "-/npm/v1/tokens"
_MOST_PAGES = 100
_LONGEST_TARGET = 8192
# The mask between the shown ends of a listed token. ``_TELLING_AT_LEAST`` characters must be shown to identify it.
_MASK = re.compile(r"\.{3,}|\u2026|\*+")
# A prefix that all tokens of a kind share does not identify one: "npm_", "vsr_pat_", "glpat-", the header of a JWT.
_COMMON_BEGINNING = re.compile(r"eyJ[\w-]*\.?|(?:[A-Za-z]{2,12}[_.-]){1,3}")
_TELLING_AT_LEAST = 8
_SHA512 = re.compile(r"[0-9A-Fa-f]{128}\Z")


def find_in_list(ask: Ask, subject: Subject) -> Request | Reply | None:
    """Return the request that revokes the token by its entry in the registry's list; None if no entry matches."""
    keys, problem = _search_list(ask, subject)
    if len(keys) > 1:
        return Reply("several tokens in its token list match, and none was revoked", was_asked=False)
    if problem:
        return Reply(problem, was_asked=False)
    return Request("DELETE", f"{_TOKENS}/token/{quote(keys[0].encode('utf-8'), safe='')}") if keys else None


def _search_list(ask: Ask, subject: Subject) -> tuple[list[str], str]:
    """Return the keys of the entries that match the token, and why there are none if that may change.

    A list may have any length: only the exact match and at most two similar entries are kept.
    """
    text, digest = subject.token.reveal(), hashlib.sha512(to_bytes(subject.token)).hexdigest()
    exact: list[str] = []
    alike: list[str] = []
    is_empty = True
    try:
        for entries in _read_pages(ask, subject):
            is_empty = is_empty and not entries
            exact = exact or [entry["key"] for entry in entries if _is_key_of(entry["key"], text, digest)][:1]
            alike = (alike + [entry["key"] for entry in entries if _looks_like(entry, text)])[:2]
    except _CutShort as reason:
        # An unread page may contain a better match than the similar entries.
        return exact, str(reason) if is_empty else ""
    return exact or alike, ""


class _CutShort(Exception):
    """The rest of the list cannot be read. The text says why if that may change."""


def _read_pages(ask: Ask, subject: Subject) -> Iterator[list[dict[str, Any]]]:
    """Yield the entries of the registry's token list, page by page.

    :raises _CutShort: the list is incomplete.
    """
    target = _TOKENS
    seen: set[str] = set()
    while target not in seen and len(seen) < _MOST_PAGES:
        seen.add(target)
        try:
            answer = ask(Request("GET", target))
        except NoAnswer as reason:
            # Also if the next page is at another origin, which is never asked.
            raise _CutShort(f"cannot read its token list: {reason}") from None
        if answer.status != 200 or answer.body is None:
            may_change = answer.status not in NO_SUCH_ENDPOINT and answer.status != 200
            raise _CutShort(f"its token list answered {answer.status}" if may_change else "")
        objects = answer.body.get("objects")
        yield [item for item in objects if _is_entry(item)] if isinstance(objects, list) else []
        urls = answer.body.get("urls")
        following = urls.get("next") if isinstance(urls, dict) else None
        if not isinstance(following, str) or not following:
            return
        try:
            target = _follow(subject.registry, target, following)
        except ValueError:
            break
    raise _CutShort


def _follow(registry: Registry, target: str, following: str) -> str:
    """Return the URL of a list's next page. npm resolves ``/-/...`` below the registry, whatever the registry's path.

    :raises ValueError: it is not a URL, or longer than servers accept.
    """
    if len(following) > _LONGEST_TARGET:
        raise ValueError
    if following.startswith("/-/"):
        return following[1:]
    if following.startswith("?"):
        return target.partition("?")[0] + following
    return urljoin(urljoin(registry.url, target), following)


def _is_entry(item: Any) -> bool:
    key = item.get("key") if isinstance(item, dict) else None
    return isinstance(key, str) and bool(key.strip(".")) and not re.search("[\ud800-\udfff]", key)


def _is_key_of(key: str, token: str, digest: str) -> bool:
    return key == token or key.lower() == digest


def _looks_like(entry: dict[str, Any], token: str) -> bool:
    """Return whether the shown ends of an entry's token match and are long enough to identify it."""
    masked = entry.get("token")
    if not isinstance(masked, str) or _SHA512.match(entry["key"]):
        return False
    if masked == token:
        return True
    shown = _MASK.split(masked)
    if len(shown) != 2 or not all(shown) or sum(map(len, shown)) > len(token):
        return False
    beginning, end = shown
    common = _COMMON_BEGINNING.match(token)
    telling = max(0, len(beginning) - (common.end() if common else 0)) + len(end)
    return telling >= _TELLING_AT_LEAST and token.startswith(beginning) and token.endswith(end)
