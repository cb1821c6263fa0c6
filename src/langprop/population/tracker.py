"""Tracker: what is known of one policy's performance."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

from langprop.population.record import Record


class Tracker:
    """What is known of one policy's performance: the records of this step, and the decayed past.

    `priority = (past_priority · past_weight + avg_score · count) / (past_weight + count)`, and at
    the end of a step `past_weight = (past_weight + count) · decay`.

    Args:
        past_priority: Priority at the end of the last step.
        past_weight: Weight of it, in samples.

    Raises:
        ValueError: The weight is negative or a number isn't finite.

    Source: Ishida et al. 2024, the policy tracker.
    """

    def __init__(self, past_priority: float = 0.0, past_weight: float = 0.0) -> None:
        if not (math.isfinite(past_priority) and math.isfinite(past_weight) and past_weight >= 0):
            raise ValueError(
                f"a tracker's past must be finite and its weight not negative, "
                f"but got {past_priority=} and {past_weight=}."
            )
        self.past_priority = float(past_priority)
        self.past_weight = float(past_weight)
        self.records: list[Record] = []
        self._count = 0
        self._mean = 0.0

    def tell(self, records: Iterable[Record]) -> None:
        """Append the records of this step.

        Raises:
            ValueError: A score isn't finite.
        """
        new = list(records)
        if not new:
            return
        scores = [record.score for record in new]
        if not all(map(math.isfinite, scores)):
            bad = next(score for score in scores if not math.isfinite(score))
            raise ValueError(f"scores must be finite, but got {bad!r}.")
        mean = _mean(scores)
        self._mean = _between(self._mean, self._count, mean, len(new)) if self._count else mean
        self._count += len(new)
        self.records.extend(new)

    @property
    def count(self) -> int:
        """Samples of this step."""
        return self._count

    @property
    def avg_score(self) -> float:
        """Mean score of this step; 0 without samples."""
        return self._mean

    @property
    def weight(self) -> float:
        """Samples that the priority rests on, the past's decayed."""
        return self.past_weight + self._count

    @property
    def priority(self) -> float:
        """Mean score of this step and the past, weighted; 0 if nothing is known."""
        return _between(self.past_priority, self.past_weight, self._mean, self._count)

    def decay(self, decay: float) -> None:
        """Fold this step into the past and forget its records.

        Raises:
            ValueError: `decay` is outside [0, 1].
        """
        if not 0 <= decay <= 1:
            raise ValueError(f"decay must be between 0 and 1 inclusive, but got {decay!r}.")
        self.past_priority, self.past_weight = self.priority, self.weight * decay
        self.records, self._count, self._mean = [], 0, 0.0

    def state_dict(self) -> dict[str, Any]:
        """The numbers as JSON data. Records aren't saved: they belong to a step that is over."""
        return {
            "past_priority": self.past_priority,
            "past_weight": self.past_weight,
            "count": self._count,
            "avg_score": self._mean,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore saved numbers."""
        self.past_priority, self.past_weight = (
            float(state["past_priority"]),
            float(state["past_weight"]),
        )
        self._count, self._mean = int(state["count"]), float(state["avg_score"])
        self.records = []


def _mean(values: list[float]) -> float:
    try:
        return math.fsum(values) / len(values)
    except OverflowError:  # of the sum, where the scores are huge
        return math.fsum(value / len(values) for value in values)


def _between(a: float, weight_a: float, b: float, weight_b: float) -> float:
    """The weighted mean of two numbers; 0 without weights.

    Rounding never takes it out of the interval: where both are 1, a target of 1 is reached.
    """
    weight = weight_a + weight_b
    if weight == 0:
        return 0.0
    mean = a * (weight_a / weight) + b * (weight_b / weight)
    if weight_a == 0:
        return b
    if weight_b == 0:
        return a
    return min(max(mean, min(a, b)), max(a, b))
