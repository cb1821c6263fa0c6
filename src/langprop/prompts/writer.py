"""Writer: one attempt to write a value at one level of detail; see `abbreviate`."""

from __future__ import annotations

import dataclasses
import itertools
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from langprop.prompts.detail import Detail
from langprop.prompts.digits import rounded
from langprop.prompts.leaf import closed, is_array, is_container, leaf, order

WIDTH = 88  # [characters] a longer container is broken into lines
MAX_FOCUS = 8  # places that are shown whatever is left out around them
FOCUS_TEXT = 80  # [characters] shown of a string in focus at the least
FOCUS_ITEMS = 6  # shown of a container in focus at the least

Path = tuple[Any, ...]
"""The way to a place in a value: keys of dicts, indices, names of attributes."""

Tree = dict[Any, Any]
"""Paths by their first step, then by their second, ...; empty where a path ends."""


class TooLongError(Exception):
    """The text outgrew its budget: try again with less of the value."""


def tree_of(paths: Iterable[Path]) -> Tree | None:
    """Paths as a tree; None if there are none."""
    tree: Tree = {}
    for path in itertools.islice(paths, MAX_FOCUS):
        node = tree
        for step in path:
            node = node.setdefault(step, {})
    return tree or None


class Writer:
    """One attempt at one level of detail. Its cost is bounded by the budget, not by the value.

    Args:
        detail: How much is shown.
        budget: Characters.
        exact: Whether floats keep all of their digits.
    """

    def __init__(self, detail: Detail, budget: int, *, exact: bool = False) -> None:
        self.detail = detail
        self.exact = exact
        self.left = budget
        self.path: set[int] = set()  # ids of the containers that are open: finds cycles

    def spend(self, text: str) -> str:
        """Take a text from the budget.

        Raises:
            TooLongError: Nothing is left.
        """
        self.left -= len(text)
        if self.left < 0:
            raise TooLongError
        return text

    def number(self, value: Any) -> Any:
        """A float with as many digits as are shown; anything else as it is."""
        return rounded(value) if type(value) is float and not self.exact else value

    def distinct(self, value: Any, depth: int, indent: int) -> str:
        """Write a key or an item of a set: with all digits, since others are unlike it."""
        exact, self.exact = self.exact, True
        try:
            return self.write(value, depth, indent)
        finally:
            self.exact = exact

    def write(self, value: Any, depth: int, indent: int, focus: Tree | None = None) -> str:
        """Write a value.

        Args:
            value: Anything.
            depth: Containers around it.
            indent: Blanks in front of the lines that follow the first.
            focus: Places within it that must be shown; empty if it is such a place, else None.

        Raises:
            TooLongError: It takes more than the budget.
        """
        numpy = sys.modules.get("numpy")
        if is_array(value):
            # rows of a np.matrix are matrices
            return self.array(sys.modules["numpy"].asarray(value), indent, focus)
        if numpy is not None and isinstance(value, numpy.generic) and value.dtype.kind in "biufc":
            return self.spend(f"np.{value.dtype.name}({self.number(value.item())!r})")
        if isinstance(value, (str, bytes, int, float)) or not is_container(value):
            limit = self.detail.text if focus is None else max(FOCUS_TEXT, self.detail.text)
            if isinstance(value, (str, bytes)) and min(len(value), limit) > self.left:
                raise TooLongError
            return self.spend(leaf(self.number(value), limit))
        if id(value) in self.path:
            return self.spend("<the same object again>")
        if depth >= self.detail.depth and focus is None:
            return self.spend(closed(value))
        self.path.add(id(value))
        try:
            return self.container(value, depth, indent, focus)
        finally:
            self.path.discard(id(value))

    def container(self, value: Any, depth: int, indent: int, focused: Tree | None) -> str:
        """Write what holds items."""
        kind = type(value)
        inner = indent + 4
        focus = focused or {}
        keep = self.detail.items
        if focused is not None and not focus:  # it is a place that must be shown: with its keys
            keep = max(keep, FOCUS_ITEMS)
        elif depth >= self.detail.depth:  # it is only on the way to such a place
            keep = 0

        def named(pair: tuple[str, Any]) -> str:
            text = self.write(pair[1], depth + 1, inner, focus.get(pair[0]))
            return self.spend(pair[0] + "=") + text

        def keyed(pair: tuple[Any, Any]) -> str:
            key = self.distinct(pair[0], depth + 1, inner)
            below = _get(focus, pair[0]) if focus else None
            return f"{key}{self.spend(': ')}{self.write(pair[1], depth + 1, inner, below)}"

        def numbered(pair: tuple[int, Any]) -> str:
            return self.write(pair[1], depth + 1, inner, focus.get(pair[0]))

        if isinstance(value, dict):
            places = _places(value, focus)
            parts = self.some(value.items(), len(value), keyed, keep, places)
            head, tail = ("{", "}") if kind is dict else (kind.__name__ + "({", "})")
            return self.join(head, parts, tail, indent, flat=False)
        if (isinstance(value, tuple) and hasattr(kind, "_fields")) or not isinstance(
            value, (list, tuple, set, frozenset)
        ):
            if isinstance(value, tuple):
                pairs = list(zip(kind._fields, value, strict=False))
            else:  # a dataclass
                names = [item.name for item in dataclasses.fields(value) if item.repr]
                pairs = [(name, getattr(value, name, "?")) for name in names]
            places = [place for place, (name, _) in enumerate(pairs) if name in focus]
            parts = self.some(pairs, len(pairs), named, keep, places)
            return self.join(kind.__name__ + "(", parts, ")", indent, flat=False)
        if isinstance(value, (set, frozenset)):
            if not value:
                return self.spend(f"{kind.__name__}()")
            items: Iterable[Any] = value
            if len(value) <= 1_000:  # the order of a set differs from run to run
                items = sorted(value, key=order)
            head, tail = ("{", "}") if kind is set else (kind.__name__ + "({", "})")
            parts = self.some(
                items, len(value), lambda item: self.distinct(item, depth + 1, inner), keep
            )
        else:
            head, tail = (
                ("[", "]") if isinstance(value, list) else ("(", ",)" if len(value) == 1 else ")")
            )
            if kind not in (list, tuple):
                head, tail = f"{kind.__name__}({head}", tail + ")"
            if focus:
                places = [n for n in focus if isinstance(n, int) and 0 <= n < len(value)]
                pairs_ = _Numbered(value)
                parts = self.some(pairs_, len(value), numbered, keep, places)
            else:
                parts = self.some(
                    value, len(value), lambda item: self.write(item, depth + 1, inner), keep
                )
        flat = not any(is_container(item) for item in itertools.islice(value, 20))
        return self.join(head, parts, tail, indent, flat=flat)

    def some(
        self,
        items: Iterable[Any],
        count: int,
        write: Callable[[Any], str],
        keep: int,
        focus: Iterable[int] = (),
    ) -> list[str]:
        """Head and tail of the items and those in focus, and notes of what was left out.

        Args:
            items: The items.
            count: How many there are.
            write: Writes one.
            keep: How many are shown beside those in focus.
            focus: Places of those that must be shown.
        """
        if min(count, keep) > self.left:  # an item takes a character at the least
            raise TooLongError
        if count <= keep + 1 and keep:  # leaving out one item would save nothing
            return [write(item) for item in items]
        head = (keep + 1) // 2
        tail = keep - head
        if not hasattr(items, "__getitem__") and count > 100_000:
            tail = 0  # without an index, the tail costs a walk over all items
        chosen = sorted({*range(min(head, count)), *focus, *range(count - tail, count)})
        parts: list[str] = []
        after = 0
        for place, item in _at(items, chosen):
            if place > after:
                parts.append(self.spend(f"… {place - after:,} more …"))
            parts.append(write(item))
            after = place + 1
        if after < count:
            parts.append(self.spend(f"… {count - after:,} more …"))
        return parts

    def join(self, head: str, parts: list[str], tail: str, indent: int, *, flat: bool) -> str:
        """On one line if it fits, else one item per line; plain items fill their lines."""
        one = head + ", ".join(parts) + tail
        if len(one) + indent <= WIDTH and "\n" not in one:
            self.spend(head + tail + "  " * max(0, len(parts) - 1))
            return one
        pad = " " * (indent + 4)
        lines: list[str] = []
        for part in parts:
            # A line begins at `pad`; a plain item joins the line before it while there is room.
            if flat and lines and "\n" not in part and len(lines[-1]) + len(part) + 3 <= WIDTH:
                lines[-1] += f" {part},"
            else:
                lines.append(f"{pad}{part},")
        # What stands between the parts: they are paid for.
        self.spend(head + tail + "  " * len(parts) + pad * len(lines) + pad)
        return "\n".join([head, *lines, " " * indent + tail.lstrip(",")])

    def array(self, value: Any, indent: int, focus: Tree | None) -> str:
        """Write a numpy array, with its shape and dtype."""
        # An item takes a character at the least.
        if self.detail.digits == 0 and value.size > self.left:
            raise TooLongError
        shape = (
            "" if self.detail.digits == 0 and value.ndim == 1 else f", shape={tuple(value.shape)}"
        )
        return (
            self.spend("array(")
            + self.rows(value, indent, focus)
            + self.spend(f"{shape}, dtype={value.dtype})")
        )

    def rows(self, value: Any, indent: int, focus: Tree | None) -> str:
        """Write the items of an array."""
        if value.ndim == 0:
            return self.item(value[()])
        inner = focus or {}
        places = [n for n in inner if isinstance(n, int) and 0 <= n < len(value)]

        def row(pair: tuple[int, Any]) -> str:
            below = inner.get(pair[0])
            return self.rows(pair[1], indent + 4, below)

        if value.ndim == 1:
            parts = self.some(value, len(value), self.item, self.detail.items, places)
        else:
            parts = self.some(_Numbered(value), len(value), row, self.detail.items, places)
        return self.join("[", parts, "]", indent, flat=value.ndim == 1)

    def item(self, value: Any) -> str:
        """One item of an array, without the name of its dtype."""
        value = value.item() if hasattr(value, "dtype") else value
        if self.detail.digits and isinstance(value, float):
            return self.spend(format(value, f".{self.detail.digits}g"))
        return self.spend(leaf(self.number(value), self.detail.text))


class _Numbered:
    """A sequence whose items come with their places."""

    def __init__(self, values: Any) -> None:
        self.values = values

    def __iter__(self) -> Iterator[tuple[int, Any]]:
        return enumerate(self.values)

    def __getitem__(self, place: int) -> tuple[int, Any]:
        return place, self.values[place]


def _at(items: Any, places: list[int]) -> Iterator[tuple[int, Any]]:
    """The items at some places, in order; those that aren't there are passed over."""
    if hasattr(items, "__getitem__"):
        for place in places:
            yield place, items[place]
        return
    walk, done = iter(items), 0
    for place in places:
        for item in itertools.islice(walk, place - done, place - done + 1):
            yield place, item
        done = place + 1


def _get(focus: Tree, key: Any) -> Any:
    try:
        return focus.get(key)
    except Exception:  # a key's own comparison
        return None


def _places(value: dict[Any, Any], focus: Tree) -> list[int]:
    """Places of the keys in focus."""
    if not focus:
        return []
    walk = enumerate(itertools.islice(value, 100_000))
    return [place for place, key in walk if _get(focus, key) is not None]
