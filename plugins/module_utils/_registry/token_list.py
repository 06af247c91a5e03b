# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Finds the entry of npm's token list that is a given token.

Private to this collection. A list may be of any length and of any page: it is asked for at the registry's origin alone.
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
# What is masked between the shown ends of a token in a list, and how much must be shown to tell it by.
_MASK = re.compile(r"\.{3,}|\u2026|\*+")
# All tokens of a kind begin with the same prefix, which distinguishes none of them: "npm_", "vsr_pat_", "glpat-", the
# header of a JWT.
_COMMON_BEGINNING = re.compile(r"eyJ[\w-]*\.?|(?:[A-Za-z]{2,12}[_.-]){1,3}")
_TELLING_AT_LEAST = 8
_SHA512 = re.compile(r"[0-9A-Fa-f]{128}\Z")


def find_in_list(ask: Ask, subject: Subject) -> Request | Reply | None:
    """The request that revokes the token by its entry in the registry's list; None where no entry is this token."""
    keys, problem = _search_list(ask, subject)
    if len(keys) > 1:
        return Reply("several tokens in its token list match, and none was revoked", was_asked=False)
    if problem:
        return Reply(problem, was_asked=False)
    return Request("DELETE", f"{_TOKENS}/token/{quote(keys[0].encode('utf-8'), safe='')}") if keys else None


def _search_list(ask: Ask, subject: Subject) -> tuple[list[str], str]:
    """The keys of the entries that are this token or can be, and why there is none where that may change.

    A list may be of any length: nothing is kept of it but what is found, and no more than two of what looks alike.
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
        # What looks alike may do so even more on a page that was not seen.
        return exact, str(reason) if is_empty else ""
    return exact or alike, ""


class _CutShort(Exception):
    """The list goes on, and cannot be read on. Its text says why where that may change."""


def _read_pages(ask: Ask, subject: Subject) -> Iterator[list[dict[str, Any]]]:
    """The entries of the registry's list of tokens, page by page.

    :raises _CutShort: that is not all of it.
    """
    target = _TOKENS
    seen: set[str] = set()
    while target not in seen and len(seen) < _MOST_PAGES:
        seen.add(target)
        try:
            answer = ask(Request("GET", target))
        except NoAnswer as reason:
            # Also where the next page is at another origin, which is never asked.
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
    """The next page of a list. npm takes ``/-/...`` for a path below the registry, whatever path that has itself.

    :raises ValueError: it is no URL, or longer than any server takes.
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
    """Whether both ends of a token that an entry shows fit, and show enough to distinguish it from others."""
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
