# Copyright (c) 2026, the npmops.auth contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How does JavaScript see a text or a value?

Private to this collection. Pure. npm, pnpm and Yarn are written in JavaScript; what they do with white space and with
numbers is what ECMA-262 says.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

# What JavaScript's trim() and \s take for white space (ECMA-262, WhiteSpace and LineTerminator).
WHITE_SPACE = (
    "\t\n\v\f\r \u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)


def is_blank(data: bytes) -> bool:
    """Does the document hold nothing but white space (a byte order mark counts as such)?"""
    return not data.decode("utf-8", "replace").strip(WHITE_SPACE)


def to_text(value: Any) -> str:
    """A value of ini as JavaScript's ``String()`` writes it (ECMA-262, ToString)."""
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
    """ECMA-262, Number::toString: digits as they are between 1e-6 and 1e21, else with an exponent."""
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
