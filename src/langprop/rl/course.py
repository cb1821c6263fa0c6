"""Course: a few observations of an episode, however long it gets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

_MOST = 64  # observations that are kept
_BEFORE, _AROUND = 2, 6  # steps that are shown before the highest reward, and in all


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
    """Keeps some observations that are evenly spread, and those around the highest reward.

    It keeps every observation at first, and every second one of them whenever there are too many.

    Args:
        rewards: Of the episode; whoever has the list appends to it.

    Attributes:
        rows: Steps before an observation, and its leaves.
        around: The same of consecutive observations, around the highest reward.
    """

    def __init__(self, rewards: Sequence[float] = ()) -> None:
        self.rows: list[tuple[int, Sequence[Any]]] = []
        self.around: list[tuple[int, Sequence[Any]]] = []
        self._rewards = rewards
        self._highest = -math.inf
        self._looked = 0  # at so many rewards
        self._last: list[Sequence[Any]] = []  # observations
        self._every = 1
        self._count = 0

    def take(self, seen: Sequence[Sequence[Any]]) -> None:
        """The next observations, in order."""
        self._look_for_more(seen)
        first = -self._count % self._every
        self.rows += [
            (self._count + place, seen[place]) for place in range(first, len(seen), self._every)
        ]
        self._count += len(seen)
        while len(self.rows) > _MOST:
            self.rows = self.rows[::2]
            self._every *= 2

    def _look_for_more(self, seen: Sequence[Sequence[Any]]) -> None:
        """Keep what was seen around the highest reward among these, if there was none as high."""
        known = [*self._last, *seen]  # a reward may be close to the observations before
        begin, end = self._count - len(self._last), self._count + len(seen)
        rewards = self._rewards[self._looked : end]
        highest = max(rewards, default=-math.inf)
        if highest > self._highest:
            self._highest = highest
            first = self._looked + rewards.index(highest) - _BEFORE
            first = max(0, min(first - begin, len(known) - _AROUND))
            self.around = list(enumerate(known[first : first + _AROUND], begin + first))
        self._looked += len(rewards)
        self._last = known[-_AROUND:]


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
