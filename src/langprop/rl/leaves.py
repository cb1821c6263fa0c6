"""Leaves: an observation as a row of named numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from math import isfinite
from typing import Any

import numpy as np

from langprop.rl.course import Course

MOST = 24
"""Numbers that are told one by one; a larger array is one leaf."""


def leaves(values: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """The parts of plain data, each with its name as a policy would write it.

    Args:
        values: A number, text, array, or a mapping or sequence of such.
        name: Of the whole.

    Yields:
        Name and value; arrays and lists of up to 24 numbers come number by number.
    """
    if isinstance(values, Mapping):
        for key, value in values.items():
            yield from leaves(value, f"{name}[{key!r}]")
    elif isinstance(values, np.ndarray):
        if values.ndim and values.size <= MOST:
            for place in np.ndindex(values.shape):
                yield f"{name}[{', '.join(map(str, place))}]", values[place].item()
        else:
            yield name, values if values.ndim else values.item()
    elif isinstance(values, (list, tuple)) and len(values) <= MOST:
        for place, value in enumerate(values):
            yield from leaves(value, f"{name}[{place}]")
    elif isinstance(values, np.generic):
        yield name, values.item()
    else:
        yield name, values


class Ranges:
    """The lowest and highest value of each number that is observed in an episode, and its course.

    Observations are looked at some at a time: one by one, that would take a part of the time of an
    episode.

    Args:
        seen: The first observation, as the arguments of a policy.
        rewards: Of the episode; whoever has the list appends to it.
    """

    def __init__(self, seen: Sequence[Any], rewards: Sequence[float] = ()) -> None:
        self.plain = all(type(each) is float for each in seen)
        self.known = self.plain or _count(seen) <= MOST
        self._kept: list[Sequence[Any]] = []
        self._lowest: list[float | None] = []
        self._highest: list[float | None] = []
        self._course = Course(rewards)

    def note(self, seen: Sequence[Any]) -> None:
        """Look at an observation."""
        if not self.plain:
            if not self.known:
                return
            seen = [value for _, value in leaves(seen)]
        kept = self._kept
        kept.append(seen)
        if len(kept) >= 32:
            self._fold()

    def all(self) -> list[tuple[float, float] | None]:
        """Lowest and highest of each leaf; None for those that are no numbers.

        Empty for observations of another size each time, and for large ones.
        """
        if self._kept:
            self._fold()
        if not self.known:
            return []
        return [
            None if low is None or high is None else (low, high)
            for low, high in zip(self._lowest, self._highest, strict=True)
        ]

    def course(self) -> Course:
        """Some of the observations; none where `all` gives nothing."""
        if self._kept:
            self._fold()
        self._course.take(())  # the last reward may have come after the last observation
        return self._course if self.known else Course()

    def _fold(self) -> None:
        width = len(self._lowest) or len(self._kept[0])
        if not {width}.issuperset(map(len, self._kept)):
            self.known = self.plain = False
            self._kept.clear()
            return
        lowest, highest = [], []
        for place, column in enumerate(zip(*self._kept, strict=True)):
            numbers = _numbers(column)
            if self._lowest:
                numbers += [x for x in (self._lowest[place], self._highest[place]) if x is not None]
            lowest.append(min(numbers, default=None))
            highest.append(max(numbers, default=None))
        self._lowest, self._highest = lowest, highest
        self._course.take(self._kept)
        self._kept.clear()


def _numbers(column: Sequence[Any]) -> list[float]:
    """What can be compared: no text, and no NaN. Of finite floats, two are enough."""
    try:
        if isfinite(sum(column)):  # at the speed of C: this is a part of the time of an episode
            return [min(column), max(column)]
    except (TypeError, OverflowError):  # text or None; an int that no float can hold
        pass
    return [x for x in column if isinstance(x, (int, float)) and x == x]  # noqa: PLR0124 - NaN


def _count(values: Any) -> int:
    """How many leaves there are, large arrays with all of their numbers."""
    if isinstance(values, Mapping):
        return sum(map(_count, values.values()))
    if isinstance(values, np.ndarray):
        return int(values.size)
    return sum(map(_count, values)) if isinstance(values, (list, tuple)) else 1
