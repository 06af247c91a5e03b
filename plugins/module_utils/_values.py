# Copyright (c) 2026, the npmops.auth contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Read texts and values as the clients do: white space and numbers as JavaScript, UTF-16 as Bun.

Private to this collection. Pure. npm, pnpm and Yarn are written in JavaScript, and treat white space and numbers as in
ECMA-262. Only Bun reads a file in UTF-16 (little-endian, with a byte order mark).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ansible_collections.npmops.auth.plugins.module_utils._errors import StoreError

# What JavaScript's trim() and \s treat as white space (ECMA-262, WhiteSpace and LineTerminator).
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_UTF_32 = (b"\xff\xfe\0\0", b"\0\0\xfe\xff")
# Every second byte of plain text in UTF-16 is a NUL, and three of four in UTF-32.
_LEAST_SHARE_OF_NULS = 4


def name_utf_16(data: bytes) -> str | None:
    """Return the name of a file's encoding if its byte order mark says UTF-16."""
    return _UTF_16.get(data[:2]) if data[:4] not in _UTF_32 else None


def to_utf_8(data: bytes) -> bytes:
    """Convert UTF-16 with a byte order mark to UTF-8 without one; return other files unchanged.

    Converting the result again does not change it.

    :raises StoreError: the file is in an encoding that no client reads.
    """
    encoding = name_utf_16(data)
    if encoding:
        try:
            data = data[2:].decode(encoding).encode()
        except UnicodeError:
            raise StoreError("it is not valid UTF-16") from None
    if data.startswith(_UTF_32):
        raise StoreError(
            "it is in UTF-32, which no client reads: save the file as UTF-8, or remove its credentials by hand"
        )
    if data and data.count(b"\0") * _LEAST_SHARE_OF_NULS >= len(data):
        raise StoreError("it is not UTF-8 text: save the file as UTF-8, or remove its credentials by hand")
    return data


def encode_like(data: bytes, text: bytes) -> bytes:
    """Convert a text in UTF-8 to the encoding of a file.

    :param data: the file, which ``to_utf_8`` can read.
    """
    encoding = name_utf_16(data)
    return data[:2] + text.decode().encode(encoding) if encoding else text


def is_blank(data: bytes) -> bool:
    """Return whether the document contains only white space (a byte order mark counts as such)."""
    return not data.decode("utf-8", "replace").strip(WHITE_SPACE)


def to_text(value: Any) -> str:
    """Convert a value of ini to text as JavaScript's ``String()`` does (ECMA-262, ToString)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _number_to_text(value)
    if isinstance(value, list):
        return ",".join("" if item is None else to_text(item) for item in value)
    return "[object Object]"


def _number_to_text(number: float) -> str:
    """Convert a number as ECMA-262, Number::toString: plain digits between 1e-6 and 1e21, else an exponent."""
    try:
        double = float(number)
    except OverflowError:
        return "Infinity" if number > 0 else "-Infinity"
    if double in (float("inf"), float("-inf")):
        return "Infinity" if double > 0 else "-Infinity"
    if double == 0:
        return "0"
    _sign, digits, exponent = Decimal(repr(abs(double))).normalize().as_tuple()
    text = "".join(map(str, digits))
    point = len(text) + int(exponent)
    if 0 < point <= 21:
        plain = text.ljust(point, "0") if len(text) <= point else f"{text[:point]}.{text[point:]}"
    elif -6 < point <= 0:
        plain = "0." + "0" * -point + text
    else:
        fraction = "." + text[1:] if len(text) > 1 else ""
        plain = f"{text[0]}{fraction}e{point - 1:+d}"
    return "-" + plain if double < 0 else plain
