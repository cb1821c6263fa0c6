"""Digits: floats with as many as a reader needs."""

from __future__ import annotations

import math

SHORT = 12  # [characters] what is no longer is shown as it is: somebody chose these digits
SIGNIFICANT = 6
DECIMALS = 2  # at the least, of what isn't huge: seconds of a date, metres on a map

_LARGE = 10.0 ** (SIGNIFICANT - DECIMALS)
_HUGE = 1e16  # from which on Python, too, writes an exponent


def rounded(value: float) -> float:
    """A float that looks like another one but has fewer digits.

    What a computation leaves, such as 0.30000000000000004, has six significant digits then, and at
    least two after the point; what Python writes in 12 characters stays as it is. So do NaN and
    infinities.
    """
    if len(repr(value)) <= SHORT or not math.isfinite(value):
        return value
    if _LARGE <= abs(value) < _HUGE:
        return round(value, DECIMALS)
    return float(f"{value:.{SIGNIFICANT}g}")
