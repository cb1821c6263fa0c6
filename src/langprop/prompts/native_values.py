"""Values in the code of a template: what may stand there, and copies that may be changed."""

from __future__ import annotations

import ast
import keyword
import re
import sys
from typing import Any

MAX_LITERAL = 100_000  # [characters]
_MAX_NESTING = 50
_MAX_DEPTH = 100

_NUMBER = r"[+-]?\s*(?:\d\w*\.?\w*|\.\d\w*)(?:(?<=[eE])[+-]\d+)?"
_TOKEN = re.compile(
    rf"""[\s,:]+ | (?P<open>[\[({{]) | (?P<close>[\])}}]) | (?:True|False|None)\b
    | {_NUMBER}(?:\s*{_NUMBER})?
    | [bBuUrR]{{0,2}}(?:'''(?:[^\\]|\\.)*?''' | \"""(?:[^\\]|\\.)*?\"""
        | '(?:[^'\\\n]|\\.)*' | "(?:[^"\\\n]|\\.)*")""",
    re.VERBOSE | re.DOTALL,
)


def literal(text: str) -> ast.expr | None:
    """A Python literal as a syntax tree; None if the text is something else.

    The text may come from anywhere. Only what can't trouble the parser reaches it.
    """
    text = text.strip()
    if not text or len(text) > MAX_LITERAL:
        return None
    place = depth = 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            return None
        depth += (token["open"] is not None) - (token["close"] is not None)
        if not 0 <= depth <= _MAX_NESTING:
            return None
        place = token.end()
    try:
        tree = ast.parse(text, mode="eval").body
        ast.literal_eval(tree)
    except (SyntaxError, ValueError, TypeError, MemoryError, RecursionError):
        return None
    return tree


def is_name(text: str, *, dotted: bool = False) -> bool:
    """Whether a text is a name in Python, or several with dots between them."""
    parts = text.split(".") if dotted else [text]
    return all(part.isidentifier() and not keyword.iskeyword(part) for part in parts)


def own_copy(value: Any) -> Any:
    """Copy containers and arrays of plain types, so that a program may change them.

    Objects of other types are shared, as is what lies deeper than 100 levels.
    """
    return _copy(value, {}, 0)


def _copy(value: Any, known: dict[int, Any], depth: int) -> Any:
    kind = type(value)
    if kind in (str, int, float, bool, bytes, type(None)) or depth > _MAX_DEPTH:
        return value
    if id(value) in known:
        return known[id(value)]
    if kind is dict:
        copies = known[id(value)] = {}
        for key, item in value.items():
            copies[key] = _copy(item, known, depth + 1)
        return copies
    if kind is list:
        items = known[id(value)] = []
        items.extend(_copy(item, known, depth + 1) for item in value)
        return items
    if kind is tuple:
        return tuple(_copy(item, known, depth + 1) for item in value)
    if kind in (set, bytearray):
        return known.setdefault(id(value), value.copy())
    numpy = sys.modules.get("numpy")  # whoever has an array has imported it
    if numpy is not None and kind is numpy.ndarray:
        return known.setdefault(id(value), value.copy())
    return value
