"""Abbreviate values: a text that a reader can judge, however large or odd the value is."""

from __future__ import annotations

import dataclasses
import itertools
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from typing import Any

WIDTH = 88  # [characters] a longer container is broken into lines


class _TooLongError(Exception):
    """The text outgrew its budget: try again with less of the value."""


@dataclasses.dataclass(frozen=True)
class _Detail:
    """How much of a value is shown.

    Attributes:
        items: Items of one container; the middle is left out.
        text: Characters of one string or number; the middle is left out.
        depth: Levels of nesting.
        digits: Significant digits of array items; 0 for all.
    """

    items: int
    text: int
    depth: int
    digits: int = 0


# From everything to hardly anything; the first one that fits is taken.
_DETAILS = (
    _Detail(1_000_000, 1_000_000, 30),
    _Detail(40, 400, 12, digits=6),
    _Detail(20, 160, 8, digits=6),
    _Detail(10, 80, 6, digits=5),
    _Detail(6, 40, 5, digits=4),
    _Detail(4, 32, 4, digits=4),
    _Detail(3, 24, 3, digits=3),
    _Detail(2, 16, 2, digits=3),
    _Detail(1, 16, 1, digits=3),
)


def abbreviate(value: Any, budget: int = 1_000) -> str:
    """Show a value in at most about `budget` characters.

    What fits is shown whole, as Python would write it. Otherwise containers, strings and arrays
    keep their head and tail, with a note of what is left out; arrays also say their shape and
    dtype. Never raises, whatever the value's own methods do.

    Args:
        value: Anything.
        budget: Characters, at least 20.

    Returns:
        Text, of several lines where one would be longer than 88 characters.
    """
    budget = max(20, budget)
    for detail in _DETAILS:
        try:
            return _Writer(detail, budget).write(value, 0, 0)
        except _TooLongError:
            continue
        except Exception:  # a value's own method failed in a way that its leaf didn't contain
            return _opaque(value)
    return shorten(_opaque(value), budget)


def assignments(values: Mapping[str, Any], budget: int = 2_000, joint: str = "\n") -> str:
    """Show named values as `name = value`, with a fair share of the budget each."""
    share = budget // max(1, len(values))
    return joint.join(f"{name} = {abbreviate(value, share)}" for name, value in values.items())


def shorten(text: str, limit: int = 2_000) -> str:
    """Keep head and tail of a text, with a note of what is left out."""
    text = str(text)
    note = f"…[{len(text) - limit:,} more characters]…"
    if len(text) <= limit + len(note):  # the note would take as much as it saves
        return text
    tail = limit // 3
    return text[: limit - tail] + note + text[-tail:]


class _Writer:
    """One attempt at one level of detail. Its cost is bounded by the budget, not by the value."""

    def __init__(self, detail: _Detail, budget: int) -> None:
        self.detail = detail
        self.left = budget
        self.path: set[int] = set()  # ids of the containers that are open: finds cycles

    def spend(self, text: str) -> str:
        self.left -= len(text)
        if self.left < 0:
            raise _TooLongError
        return text

    def write(self, value: Any, depth: int, indent: int) -> str:
        numpy = sys.modules.get("numpy")  # whoever has an array has imported it
        if numpy is not None and isinstance(value, numpy.ndarray):
            return self.array(numpy.asarray(value), indent)  # rows of a np.matrix are matrices
        if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biufc":
            return self.spend(f"np.{value.dtype.name}({value.item()!r})")
        if isinstance(value, (str, bytes, int, float)) or not _is_container(value):
            return self.spend(_leaf(value, self.detail.text))
        if id(value) in self.path:
            return self.spend("<the same object again>")
        if depth >= self.detail.depth:
            return self.spend(_closed(value))
        self.path.add(id(value))
        try:
            return self.container(value, depth, indent)
        finally:
            self.path.discard(id(value))

    def container(self, value: Any, depth: int, indent: int) -> str:
        kind = type(value)
        inner = indent + 4
        if isinstance(value, dict):
            head = "" if kind is dict else kind.__name__ + "("
            parts = self.some(value.items(), len(value), lambda pair: self.pair(pair, depth, inner))
            return self.join(head + "{", parts, "}" + (")" if head else ""), indent, flat=False)
        if isinstance(value, tuple) and hasattr(kind, "_fields"):
            pairs = list(zip(kind._fields, value, strict=False))
            parts = self.some(pairs, len(pairs), lambda pair: self.field(pair, depth, inner))
            return self.join(kind.__name__ + "(", parts, ")", indent, flat=False)
        if isinstance(value, (set, frozenset)):
            if not value:
                return self.spend(f"{kind.__name__}()")
            items: Iterable[Any] = value
            if len(value) <= 1_000:  # the order of a set differs from run to run
                items = sorted(value, key=_order)
            head, tail = ("{", "}") if kind is set else (kind.__name__ + "({", "})")
        elif isinstance(value, (list, tuple)):
            items = value
            head, tail = (
                ("[", "]") if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
            )
            if kind not in (list, tuple):
                head, tail = f"{kind.__name__}({head}", tail + ")"
        else:  # a dataclass
            names = [item.name for item in dataclasses.fields(value) if item.repr]
            pairs = [(name, getattr(value, name, "?")) for name in names]
            parts = self.some(pairs, len(pairs), lambda pair: self.field(pair, depth, inner))
            return self.join(kind.__name__ + "(", parts, ")", indent, flat=False)
        parts = self.some(items, len(value), lambda item: self.write(item, depth + 1, inner))
        flat = not any(_is_container(item) for item in itertools.islice(value, 20))
        return self.join(head, parts, tail, indent, flat=flat)

    def pair(self, pair: tuple[Any, Any], depth: int, indent: int) -> str:
        key = self.write(pair[0], depth + 1, indent)
        return f"{key}{self.spend(': ')}{self.write(pair[1], depth + 1, indent)}"

    def field(self, pair: tuple[str, Any], depth: int, indent: int) -> str:
        return f"{self.spend(pair[0] + '=')}{self.write(pair[1], depth + 1, indent)}"

    def some(self, items: Iterable[Any], count: int, write: Callable[[Any], str]) -> list[str]:
        """Head and tail of the items, and a note of what was left out."""
        keep = self.detail.items
        if count <= keep + 1:  # leaving out one item would save nothing
            return [write(item) for item in items]
        head = (keep + 1) // 2
        tail = keep - head
        parts = [write(item) for item in itertools.islice(items, head)]
        note = self.spend(f"… {count - keep:,} more …")
        if tail and hasattr(items, "__getitem__"):
            return [*parts, note, *(write(item) for item in items[-tail:])]
        if tail and count <= 100_000:  # without an index, the tail costs a walk over all items
            rest = itertools.islice(items, count - tail, None)
            return [*parts, note, *(write(item) for item in rest)]
        return [*parts, note]

    def join(self, head: str, parts: list[str], tail: str, indent: int, *, flat: bool) -> str:
        """On one line if it fits, else one item per line; plain items fill their lines."""
        one = head + ", ".join(parts) + tail
        if len(one) + indent <= WIDTH and "\n" not in one:
            self.spend(head + tail + "  " * len(parts))
            return one
        pad = " " * (indent + 4)
        lines: list[str] = []
        for part in parts:
            # A line begins at `pad`; a plain item joins the line before it while there is room.
            if flat and lines and "\n" not in part and len(lines[-1]) + len(part) + 3 <= WIDTH:
                lines[-1] += f" {part},"
            else:
                lines.append(f"{pad}{part},")
        self.spend(head + tail + pad * len(lines))
        return "\n".join([head, *lines, " " * indent + tail.lstrip(",")])

    def array(self, value: Any, indent: int) -> str:
        if (
            self.detail.digits == 0 and value.size > self.left
        ):  # an item takes a character at the least
            raise _TooLongError
        shape = (
            "" if self.detail.digits == 0 and value.ndim == 1 else f", shape={tuple(value.shape)}"
        )
        return (
            self.spend("array(")
            + self.rows(value, indent)
            + self.spend(f"{shape}, dtype={value.dtype})")
        )

    def rows(self, value: Any, indent: int) -> str:
        if value.ndim == 0:
            return self.item(value[()])
        write = self.item if value.ndim == 1 else lambda row: self.rows(row, indent + 4)
        parts = self.some(value, len(value), write)
        return self.join("[", parts, "]", indent, flat=value.ndim == 1)

    def item(self, value: Any) -> str:
        """One item of an array, without the name of its dtype."""
        value = value.item() if hasattr(value, "dtype") else value
        if self.detail.digits and isinstance(value, float):
            return self.spend(format(value, f".{self.detail.digits}g"))
        return self.spend(_leaf(value, self.detail.text))


def _is_container(value: Any) -> bool:
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        return True
    # Only a generated __repr__, which is wrapped, may be replaced by ours.
    return (
        dataclasses.is_dataclass(value)
        and not isinstance(value, type)
        and hasattr(type(value).__repr__, "__wrapped__")
    )


def _closed(value: Any) -> str:
    """A container that is too deep to be opened."""
    if isinstance(value, dict):
        return f"{{… {len(value):,} entries}}" if value else "{}"
    if isinstance(value, (list, tuple, set, frozenset)):
        return f"[… {len(value):,} items]" if value else repr(value)
    return f"{type(value).__name__}(…)"


def _leaf(value: Any, limit: int) -> str:
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


def _order(value: Any) -> tuple[bool, Any, str]:
    """Numbers by value, then the rest by its text."""
    if isinstance(value, (int, float)) and value == value:  # noqa: PLR0124 - NaN has no place in an order
        return (False, value, "")
    return (True, 0, f"{type(value).__name__} {_leaf(value, 200)}")


def _opaque(value: Any) -> str:
    return f"<{type(value).__name__}>"
