# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Check the bytes of an .npmrc for possible credentials, and find the registry that it names, without parsing it.

Private to this collection. Pure. Most files contain no credentials, and parsing costs much more than this check. A
definite answer is the one that the parser would give; in any doubt, the file has to be parsed.
"""

from __future__ import annotations

import re

# The name of each setting of a login contains one of these words, in any case.
_WORDS = (b"auth", b"token", b"passw", b"user", b"cert", b"key")
# An escape or a reference can hide any word; a file in UTF-16 has zero bytes or begins with a byte order mark.
_DISGUISES = (b"\\", b"$", b"\0", b"\xff\xfe", b"\xfe\xff")
# The line that sets npm's registry, and lines that do not set it.
_REGISTRY = r"[ \t]*registry[ \t]*=[ \t]*(https?://[A-Za-z0-9._:/-]+)[ \t]*"
_NO_REGISTRY = r"[ \t]*(?:[;#]|@[A-Za-z0-9._-]+:registry[ \t]*=).*"


def may_hold_credentials(data: bytes) -> bool:
    """Return False only if the parser would find no credential, not even in comments."""
    if any(disguise in data for disguise in _DISGUISES):
        return True
    text = data.lower()
    return any(word in text for word in _WORDS) or _has_login_in_url(text)


def _has_login_in_url(text: bytes) -> bool:
    """Return whether a line, which is one setting, may contain a URL with a login."""
    if b"@" not in text:
        return False
    return any(b"@" in line.partition(b"//")[2] for line in re.split(rb"[\r\n]", text))


def find_registry(data: bytes) -> str | None:
    """Return the URL of npm's ``registry`` in a file without credentials; empty if not set, None if in doubt."""
    if not data.isascii() or b"[" in data:
        return None
    found = ""
    for line in re.split(r"[\r\n]", data.decode("ascii")):
        if "registry" in line.lower() and not re.fullmatch(_NO_REGISTRY, line):
            match = re.fullmatch(_REGISTRY, line)
            if not match or found:
                return None
            found = match.group(1)
    return found
