# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The checksum of npm's own tokens.

Private to this collection. Pure. A text with the prefix and the right checksum is an npm token and nothing else.
"""

from __future__ import annotations

import re
import zlib

from ansible_collections.npmops.auth.plugins.module_utils._secrets import Secret

_WITH_CHECKSUM = re.compile(r"npm_([0-9A-Za-z]{30})([0-9A-Za-z]{6})\Z")
_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def check_checksum(token: Secret) -> bool | None:
    """Do the last six characters of an ``npm_`` token fit the others? None where the token has no checksum.

    They are the CRC-32 of the 30 characters behind the prefix, in base 62, most significant digit first.
    """
    match = _WITH_CHECKSUM.match(token.reveal())
    if not match:
        return None
    body, checksum = match.groups()
    number = zlib.crc32(body.encode("ascii"))
    digits = ""
    for _place in checksum:
        number, digit = divmod(number, len(_DIGITS))
        digits = _DIGITS[digit] + digits
    return digits == checksum
