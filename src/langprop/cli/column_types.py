"""Column types: what the values of a column are, for an annotation and a docstring."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from langprop.cli.skeleton import example, literal

_FEW = 10
"""Different values that a docstring lists, and whole numbers that may be classes."""
_LISTED = 20
"""Classes that are listed as a Literal."""
_LONG = 50
"""Length of a text that is listed."""


@dataclass
class ColumnType:
    """What the values of a column are.

    Attributes:
        rows: How many rows have the column.
        count: How many of them have a value in it.
        nans: How many of these are NaN.
        infinite: How many are infinite.
        values: Different ones, at the most one more than are listed.
        low: Of finite numbers, the least.
        high: Of finite numbers, the largest.
        first: The first one.
        optional: Whether some are missing.
    """

    rows: int = 0
    count: int = 0
    nans: int = 0
    infinite: int = 0
    values: dict[Any, None] = field(default_factory=dict)
    low: float = math.inf
    high: float = -math.inf
    first: Any = None
    optional: bool = False
    _kinds: set[str] = field(default_factory=set)

    def see(self, value: Any) -> None:
        """Take a value into account."""
        self.rows += 1
        if value is None:
            self.optional = True
            return
        if not self.count:
            self.first = value
        self.count += 1
        kind = _kind(value)
        self._kinds.add(kind)
        if kind in ("bool", "int", "str") and len(self.values) <= _LISTED:
            self.values[value] = None
        if kind in ("int", "float"):
            if value != value:  # noqa: PLR0124 - NaN
                self.nans += 1
            elif value in (math.inf, -math.inf):
                self.infinite += 1
            else:
                self.low, self.high = min(self.low, value), max(self.high, value)

    @property
    def annotation(self) -> str:
        """Such as `int` or `list[float]`; "" where they are of several types."""
        kinds = self._kinds
        if kinds == {"int", "float"}:
            return "float"
        if len(kinds) > 1 and all(kind.startswith("list") for kind in kinds):
            return "list[float]" if kinds == {"list[int]", "list[float]"} else "list"
        return next(iter(kinds)) if len(kinds) == 1 else ""

    @property
    def is_class(self) -> bool:
        """Whether it looks like one of some classes, as a label: a text, or few whole numbers."""
        if self.annotation == "int":
            return len(self.values) <= min(_FEW, self.count // 3)
        return self.annotation != "float"

    @property
    def is_number(self) -> bool:
        """Whether it is measured, as a label: an answer may be nearly right."""
        return self.annotation in ("int", "float") and not self.is_class

    def as_label(self) -> str:
        """The annotation of what is returned; "" for none."""
        short = all(not isinstance(value, str) or len(value) <= _LONG for value in self.values)
        few = len(self.values) <= min(_LISTED, self.count // 2)
        if self.annotation in ("int", "str") and self.is_class and short and few:
            return f"Literal[{', '.join(map(literal, _in_order(self.values)))}]"
        return self.annotation

    def as_parameter(self) -> str:
        """The annotation of a parameter; "" for none."""
        if not self.annotation:
            return ""
        return f"{self.annotation} | None" if self.optional else self.annotation

    def describe(self) -> str:
        """In words, for a docstring; "" where there is nothing to tell."""
        odd = {"None": self.optional, "NaN": self.nans, "infinite": self.infinite}
        missing = f" May be {' or '.join(name for name in odd if odd[name])}."
        missing = missing if any(odd.values()) else ""
        if not self.count:
            return "Always None."
        if self.annotation in ("int", "float") and self.low <= self.high:
            if self.low == self.high:
                return f"{example(self.low)}.{missing}"
            return f"From {example(self.low)} to {example(self.high)}.{missing}"
        if self.annotation == "bool":
            return f"True or False.{missing}"
        short = all(not isinstance(value, str) or len(value) <= _LONG for value in self.values)
        if self.annotation == "str" and short and len(self.values) <= min(_FEW, self.count // 2):
            return f"One of {', '.join(map(example, _in_order(self.values)))}.{missing}"
        return f"Such as {example(self.first)}.{missing}"


def _kind(value: Any) -> str:
    if isinstance(value, (bool, int, float, str, dict)):
        return type(value).__name__
    if isinstance(value, list):
        inner = {type(item).__name__ for item in value}
        if inner == {"int", "float"}:
            inner = {"float"}
        one = inner.pop() if len(inner) == 1 else ""
        return f"list[{one}]" if one in ("bool", "int", "float", "str") else "list"
    if type(value).__module__ == "numpy":
        return "np.ndarray"
    return type(value).__name__ if type(value).__module__ == "builtins" else ""


def _in_order(values: Iterable[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (str(type(value)), value))
