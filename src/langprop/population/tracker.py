"""Tracker: what is known of one policy's performance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

from langprop.population.moments import Moments, between
from langprop.population.record import Record


class Tracker:
    """What is known of one policy's performance: the records of this step, and the decayed past.

    `priority = (past_priority · past_weight + avg_score · count) / (past_weight + count)`, and at
    the end of a step `past_weight = (past_weight + count) · decay`. The squared distances from the
    mean are kept with the same weights, so that the priority has a standard error.

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
        self.past_squares = self.past_weight
        self.past_spread: float | None = None if past_weight else 0.0
        self.records: list[Record] = []
        self._count = 0
        self._mean = 0.0
        self._spread: float | None = 0.0

    def tell(self, records: Iterable[Record]) -> None:
        """Append the records of this step.

        Raises:
            ValueError: A score isn't finite.
        """
        new = list(records)
        self.tell_scores([record.score for record in new])
        self.records.extend(new)

    def tell_scores(self, scores: Sequence[float]) -> None:
        """Take in scores of this step whose records are kept elsewhere, or nowhere.

        Raises:
            ValueError: A score isn't finite; none is taken in then.
        """
        if not scores:
            return
        check_finite(scores)
        step = self._step.plus(Moments.of(list(scores)))
        self._count, self._mean, self._spread = self._count + len(scores), step.mean, step.spread

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
        return between(self.past_priority, self.past_weight, self._mean, self._count)

    @property
    def moments(self) -> Moments:
        """Mean and spread of the scores that the priority rests on."""
        return self.past.plus(self._step)

    @property
    def past(self) -> Moments:
        """Mean and spread of the scores before this step."""
        return Moments(self.past_weight, self.past_squares, self.past_priority, self.past_spread)

    @property
    def stderr(self) -> float:
        """Standard error of the priority; infinite while fewer than two samples are known.

        Samples count as drawn independently of each other. A past of unknown spread (of an older
        checkpoint, say) is taken to vary as the samples since then.
        """
        return self.moments.stderr

    @property
    def _step(self) -> Moments:
        return Moments(self._count, self._count, self._mean, self._spread)

    def decay(self, decay: float) -> None:
        """Fold this step into the past and forget its records.

        Raises:
            ValueError: `decay` is outside [0, 1].
        """
        if not 0 <= decay <= 1:
            raise ValueError(f"decay must be between 0 and 1 inclusive, but got {decay!r}.")
        past = self.moments.decayed(decay)
        self.past_squares = past.squares
        self.past_spread = past.spread if past.weight else 0.0
        self.past_priority, self.past_weight = self.priority, self.weight * decay
        self.records, self._count, self._mean, self._spread = [], 0, 0.0, 0.0

    def state_dict(self) -> dict[str, Any]:
        """The numbers as JSON data. Records aren't saved: they belong to a step that is over."""
        return {
            "past_priority": self.past_priority,
            "past_weight": self.past_weight,
            "past_squares": self.past_squares,
            "past_spread": self.past_spread,
            "count": self._count,
            "avg_score": self._mean,
            "spread": self._spread,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore saved numbers; those of the spread may be missing, as in older checkpoints."""
        self.past_priority, self.past_weight = (
            float(state["past_priority"]),
            float(state["past_weight"]),
        )
        self._count, self._mean = int(state["count"]), float(state["avg_score"])
        self.past_squares = float(state.get("past_squares", self.past_weight))
        self.past_spread = _spread(state.get("past_spread"), self.past_weight)
        self._spread = _spread(state.get("spread"), self._count)
        self.records = []


class Objective(Tracker):
    """What is known of one objective of a policy's scores: a tracker that holds no records.

    Args:
        factor: Weight of the objective in the score. (The `weight` of a tracker are its samples.)
    """

    def __init__(self, factor: float = 1.0) -> None:
        super().__init__()
        self.factor = factor

    def state_dict(self) -> dict[str, Any]:
        """The numbers as JSON data."""
        return {**super().state_dict(), "factor": self.factor}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore saved numbers."""
        super().load_state_dict(state)
        self.factor = float(state["factor"])


def check_finite(scores: Iterable[float]) -> None:
    """See whether scores can be told.

    Raises:
        ValueError: One isn't finite.
    """
    if not all(map(math.isfinite, scores)):
        bad = next(score for score in scores if not math.isfinite(score))
        raise ValueError(f"scores must be finite, but got {bad!r}.")


def _spread(saved: Any, weight: float) -> float | None:
    if not weight:
        return 0.0
    known = saved is not None and 0 <= float(saved) < math.inf
    return float(saved) if known else None
