"""plain(): what a script answered, as JSON."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from collections.abc import Iterator
from typing import Any

_DIGITS = 100_000  # of a number that is written in decimal, which takes the square of them


def as_json(value: Any) -> str:
    """Write an answer as one line of JSON.

    Tuples and arrays become lists; sets, sorted lists; NaN and infinities, which JSON hasn't, null.
    Keys that aren't texts, and what JSON has no form for, are written as Python would write them.
    """
    try:
        with _long_numbers():
            return json.dumps(_plain(value), allow_nan=False)
    except RecursionError:
        return json.dumps({"error": "the answer is nested too deeply for JSON"})


@contextlib.contextmanager
def _long_numbers() -> Iterator[None]:
    """Let Python write numbers of more than 4,300 digits."""
    if not hasattr(sys, "set_int_max_str_digits"):  # before 3.10.7: it does
        yield
        return
    before = sys.get_int_max_str_digits()
    sys.set_int_max_str_digits(_DIGITS)
    try:
        yield
    finally:
        sys.set_int_max_str_digits(before)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, (str, bool)):
        return value
    if isinstance(value, int):
        return int(value) if value.bit_length() < 3 * _DIGITS else hex(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, dict):
        return {
            key if isinstance(key, str) else str(_key(key)): _plain(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, (set, frozenset)):
        items = [_plain(item) for item in value]
        try:
            return sorted(items)
        except TypeError:  # of several kinds
            return sorted(items, key=json.dumps)
    if hasattr(value, "tolist"):  # arrays and scalars of numpy
        return _plain(value.tolist())
    return repr(value)


def _key(key: Any) -> Any:
    return key if isinstance(key, (int, float)) and not isinstance(key, bool) else repr(key)
