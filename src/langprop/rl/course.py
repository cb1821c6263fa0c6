"""Course: a few observations of an episode, evenly spread, however long it gets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

_MOST = 64  # observations that are kept


class Part(NamedTuple):
    """Steps of an episode that are told together.

    Attributes:
        first: Its first step, counted from 0.
        last: Its last one.
        seen: The leaves of what was observed before the first one.
    """

    first: int
    last: int
    seen: Sequence[Any]


class Course:
    """Keeps every observation at first, and every second one of them whenever there are too many.

    Attributes:
        rows: Steps before an observation, and its leaves.
    """

    def __init__(self) -> None:
        self.rows: list[tuple[int, Sequence[Any]]] = []
        self._every = 1
        self._count = 0

    def take(self, seen: Sequence[Sequence[Any]]) -> None:
        """The next observations, in order."""
        first = -self._count % self._every
        self.rows += [
            (self._count + place, seen[place]) for place in range(first, len(seen), self._every)
        ]
        self._count += len(seen)
        while len(self.rows) > _MOST:
            self.rows = self.rows[::2]
            self._every *= 2


def parts(rows: Sequence[tuple[int, Sequence[Any]]], n_steps: int, most: int) -> list[Part]:
    """An episode in parts of the same number of steps, but for the last one.

    Args:
        rows: Of its course.
        n_steps: Its steps; what was observed after the last one begins no part.
        most: How many parts there may be.
    """
    begins = [(step, seen) for step, seen in rows if step < n_steps]
    begins = begins[:: -(-len(begins) // most) or 1]
    ends = [step - 1 for step, _ in begins[1:]] + [n_steps - 1]
    return [Part(step, end, seen) for (step, seen), end in zip(begins, ends, strict=True)]
