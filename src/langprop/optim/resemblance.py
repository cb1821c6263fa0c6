"""Resemblance: how much two inputs differ, at a glance."""

from __future__ import annotations

import math
import sys
from collections.abc import Mapping, Sequence
from typing import Any

MAX_ITEMS = 12  # of one container
MAX_DEPTH = 4
MAX_TEXT = 200  # [characters]


def distance(a: Any, b: Any, depth: int = 0) -> float:
    """How much two values differ: 0 for alike, 1 for nothing in common.

    Only the first items of containers are looked at, so that the cost doesn't grow with them. Never
    raises.
    """
    try:
        return _distance(a, b, depth)
    except Exception:  # values of any type, which compare in any way
        return 1.0


def _distance(a: Any, b: Any, depth: int) -> float:
    if isinstance(a, bool) and isinstance(b, bool):
        return float(a != b)
    if isinstance(a, (int, float)) and isinstance(b, (int, float)):
        gap = abs(float(a) - float(b)) / (1.0 + max(abs(float(a)), abs(float(b))))
        return min(1.0, gap) if math.isfinite(gap) else float(repr(a) != repr(b))
    if isinstance(a, str) and isinstance(b, str):
        return _of_texts(a[:MAX_TEXT], b[:MAX_TEXT])
    numpy = sys.modules.get("numpy")  # whoever has an array has imported it
    if numpy is not None and isinstance(a, numpy.ndarray) and isinstance(b, numpy.ndarray):
        if a.shape != b.shape:
            return 1.0
        return _of_sequences(a.reshape(-1)[:64].tolist(), b.reshape(-1)[:64].tolist(), depth)
    if depth >= MAX_DEPTH:
        return 0.0
    if isinstance(a, Mapping) and isinstance(b, Mapping):
        return _of_mappings(a, b, depth)
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
        return _of_sequences(a, b, depth)
    return 0.0 if type(a) is type(b) and bool(a == b) else 1.0


def _of_texts(a: str, b: str) -> float:
    if a == b:
        return 0.0
    common = len(set(a) & set(b)) / max(1, len(set(a) | set(b)))
    start = next((n for n, pair in enumerate(zip(a, b, strict=False)) if pair[0] != pair[1]), 0)
    longest = max(len(a), len(b))
    return 1.0 - (common + start / longest + min(len(a), len(b)) / longest) / 3.0


def _of_sequences(a: Sequence[Any], b: Sequence[Any], depth: int) -> float:
    longest = max(len(a), len(b))
    if not longest:
        return 0.0
    pairs = list(zip(a[:MAX_ITEMS], b[:MAX_ITEMS], strict=False))
    items = sum(distance(one, other, depth + 1) for one, other in pairs)
    missing = 1.0 - min(len(a), len(b)) / longest
    return (items / max(1, len(pairs)) + missing) / 2.0


def _of_mappings(a: Mapping[Any, Any], b: Mapping[Any, Any], depth: int) -> float:
    count = max(len(a), len(b))
    if not count:
        return 0.0
    keys = [key for key, _ in zip(a, range(MAX_ITEMS), strict=False) if key in b]
    items = sum(distance(a[key], b[key], depth + 1) for key in keys)
    missing = 1.0 - len(keys) / min(count, MAX_ITEMS)
    return (items / max(1, len(keys)) + missing) / 2.0
