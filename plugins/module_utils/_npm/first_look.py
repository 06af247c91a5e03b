# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Rule out, from the bytes of an .npmrc alone, that it holds a credential, and tell the registry that it names.

Private to this collection. Pure. Most files that a run looks at hold none, and to parse a file costs much more than
this look. What is said here is what the parser would say; where that is not certain, nothing is said.
"""

from __future__ import annotations

import re

# The names of all settings of a login hold one of these words, whatever their case.
_WORDS = (b"auth", b"token", b"passw", b"user", b"cert", b"key")
# An escape or a reference can stand for any word; a file in UTF-16 has zero bytes or begins with its mark.
_DISGUISES = (b"\\", b"$", b"\0", b"\xff\xfe", b"\xfe\xff")
# The line that says npm's registry, and those that say nothing of it.
_REGISTRY = r"[ \t]*registry[ \t]*=[ \t]*(https?://[A-Za-z0-9._:/-]+)[ \t]*"
_NO_REGISTRY = r"[ \t]*(?:[;#]|@[A-Za-z0-9._-]+:registry[ \t]*=).*"


def may_hold_credentials(data: bytes) -> bool:
    """False only where the whole parser would find no credential, in comments either."""
    if any(disguise in data for disguise in _DISGUISES):
        return True
    text = data.lower()
    return any(word in text for word in _WORDS) or _has_login_in_url(text)


def _has_login_in_url(text: bytes) -> bool:
    """Whether there is a URL with a login in it. A setting is one line, and so is that."""
    if b"@" not in text:
        return False
    return any(b"@" in line.partition(b"//")[2] for line in re.split(rb"[\r\n]", text))


def find_registry(data: bytes) -> str | None:
    """The URL of npm's ``registry`` in a file without credentials; empty where there is none, None where in doubt."""
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
