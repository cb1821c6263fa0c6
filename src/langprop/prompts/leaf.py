"""Leaf: values that aren't opened, as text; and what can be opened."""

from __future__ import annotations

import dataclasses
import re
import sys
from typing import Any


def shorten(text: str, limit: int = 2_000) -> str:
    """Keep head and tail of a text, with a note of what is left out."""
    text, limit = str(text), int(limit)
    note = f"…[{len(text) - limit:,} more characters]…"
    if len(text) <= limit + len(note):  # the note would take as much as it saves
        return text
    tail = limit // 3
    return text[: limit - tail] + note + text[len(text) - tail :]


def is_container(value: Any) -> bool:
    """Whether a value is shown by what it holds."""
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return True
    # Only a generated __repr__, which is wrapped, may be replaced by ours.
    return (
        dataclasses.is_dataclass(value)
        and not isinstance(value, type)
        and hasattr(type(value).__repr__, "__wrapped__")
    )


def is_array(value: Any) -> bool:
    """Whether a value is an array of numpy's."""
    numpy = sys.modules.get("numpy")  # whoever has an array has imported it
    return numpy is not None and isinstance(value, numpy.ndarray)


def closed(value: Any) -> str:
    """A container that is too deep to be opened."""
    if isinstance(value, dict):
        return f"{{… {len(value):,} entries}}" if value else "{}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"[… {len(value):,} items]" if value else repr(value)
    return f"{type(value).__name__}(…)"


def leaf(value: Any, limit: int) -> str:
    """Write what isn't opened, in about `limit` characters."""
    if (
        isinstance(value, int) and value.bit_length() > 13_000
    ):  # Python refuses to write more than 4,300 digits
        return f"<int with about {int(value.bit_length() * 0.30103):,} digits>"
    if type(value) in (str, bytes) and len(value) > limit:
        unit = "characters" if isinstance(value, str) else "bytes"
        tail = limit // 3
        head = limit - tail
        return f"{value[:head]!r}…[{len(value) - limit:,} more {unit}]…{value[-tail:]!r}"
    try:
        text = repr(value)
    except Exception as error:
        return f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    return shorten(_ADDRESS.sub("", text), limit)


_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")  # differs from run to run and says nothing


def order(value: Any) -> tuple[bool, Any, str]:
    """Numbers by value, then the rest by its text."""
    if isinstance(value, (int, float)) and value == value:  # noqa: PLR0124 - NaN has no place in an order
        return (False, value, "")
    return (True, 0, f"{type(value).__name__} {leaf(value, 200)}")


def opaque(value: Any) -> str:
    """Write a value that can't be looked into."""
    return f"<{type(value).__name__}>"
