"""Figures and settings as the plain values that other programs take."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from langprop.prompts.fence import sendable

MAX_TEXT = 500  # [characters] of a text; services refuse long ones

_ODD = re.compile(r"[^A-Za-z0-9_.\-/ ]")


def numbers(metrics: Mapping[str, Any]) -> dict[str, float]:
    """The figures that are numbers; those in mappings by names such as "cost/usd".

    Truth values are 0 and 1, and an integer that no float can hold is infinite.
    """
    return {name: value for name, value in _flat(metrics, "/") if isinstance(value, (int, float))}


def texts(metrics: Mapping[str, Any]) -> dict[str, str]:
    """The figures that are texts, cut."""
    return {name: cut(value) for name, value in _flat(metrics, "/") if isinstance(value, str)}


def settings(config: Mapping[str, Any]) -> dict[str, float | str]:
    """Settings by names such as "trainer.max_steps"; None is left out, and lists are texts."""
    return {
        name: cut(value) if isinstance(value, str) else value
        for name, value in _flat(config, ".")
        if value is not None
    }


def cut(text: str, length: int = MAX_TEXT) -> str:
    """A text that can be sent as UTF-8, cut."""
    text = sendable(text[: length + 1])
    return text if len(text) <= length else text[: length - 1] + "…"


def key(name: str, length: int = 250) -> str:
    """A name of letters, digits and `_ . - /` and blanks, as services want it."""
    return _ODD.sub("_", name)[:length] or "_"


def plain(value: Any, depth: int = 20) -> Any:
    """A value as JSON data, whatever it is."""
    value = _scalar(value)
    if value is None or isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, str):
        return sendable(value)
    if depth and isinstance(value, Mapping):
        return {sendable(str(name)): plain(each, depth - 1) for name, each in value.items()}
    if depth and isinstance(value, (list, tuple, set, frozenset)):
        return [plain(each, depth - 1) for each in value]
    return cut(str(value))


def _flat(values: Mapping[str, Any], joint: str, prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        full = sendable(f"{prefix}{name}")
        if isinstance(value, Mapping) and full.count(joint) < 20:  # a loop has to end
            yield from _flat(value, joint, full + joint)
        else:
            figure = _scalar(value)
            known = figure is None or isinstance(figure, (int, float, str))
            yield full, figure if known else cut(str(figure))


def _scalar(value: Any) -> Any:
    """A number of numpy's as one of Python's, and what is no JSON number as a float."""
    if hasattr(value, "item") and getattr(value, "ndim", None) == 0:
        value = value.item()
    if isinstance(value, bool) or not isinstance(value, int):
        return value
    try:
        float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf
    return int(value)
